"""When a conversation is due: agreed, postponed, set aside."""

from django.urls import URLPattern, URLResolver, path

from meetings.views import plans

urlpatterns: list[URLPattern | URLResolver] = [
    path("deltagare/<int:pk>/samtal/plan/", plans.new_plan, name="new_plan"),
    path("samtal/plan/<int:pk>/skjut-upp/", plans.postpone, name="postpone_plan"),
    path("samtal/plan/<int:pk>/behovs-inte/", plans.not_needed, name="set_aside_plan"),
]
