"""The way on the participant's own page."""

from django.urls import path

from workspace.front.views import own_plan, own_ratings, own_survey

urlpatterns = [
    # ---------- the plan, and about me ----------
    path("min-sida/plan/ord/", own_plan.words, name="own_plan_words"),
    path("min-sida/plan/<int:pk>/stammer/", own_plan.agree, name="own_plan_agree"),
    path("min-sida/plan/<int:pk>/annorlunda/", own_plan.differ, name="own_plan_differ"),
    path("min-sida/om-mig/", own_plan.areas, name="own_areas"),
    path("min-sida/om-mig/<slug:area>/", own_plan.area, name="own_area"),
    # ---------- how it was, and how I have it ----------
    path("min-sida/hur-var-det/<int:pk>/", own_survey.survey, name="own_survey"),
    path("min-sida/hur-jag-har-det/", own_ratings.ratings, name="own_ratings"),
    path("min-sida/hur-jag-har-det/kurva/", own_ratings.ratings_picture, name="own_ratings_picture"),
    path("min-sida/hur-jag-har-det/visa/", own_ratings.show_curve, name="own_ratings_show"),
    path("min-sida/hur-jag-har-det/sluta-visa/", own_ratings.hide_curve, name="own_ratings_hide"),
]
