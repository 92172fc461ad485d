from django.urls import path

from notifications import views

urlpatterns = [
    path("handelser/", views.notifications, name="notifications"),
    path("handelser/klocka/", views.bell, name="bell"),
    path("handelser/lasta/", views.read_all, name="read_all"),
]
