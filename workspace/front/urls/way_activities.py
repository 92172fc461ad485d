"""Activities, follow-ups and self-assessment, as staff see them."""

from django.urls import path

from workspace.front.views import way_activities

urlpatterns = [
    path("vagen/<int:pk>/aktivitet/", way_activities.new_activity, name="new_activity"),
    path("vagen/<int:pk>/kurva/", way_activities.ratings_picture, name="way_ratings_picture"),
    path("vagen/aktivitet/<int:pk>/andra/", way_activities.change_activity, name="change_activity"),
    path("vagen/aktivitet/<int:pk>/avsluta/", way_activities.end_activity, name="end_activity"),
    path("vagen/aktivitet/<int:pk>/stall-in/", way_activities.cancel_activity, name="cancel_activity"),
    path("vagen/aktivitet/<int:pk>/uppfoljning/", way_activities.new_follow_up, name="new_follow_up"),
    path("vagen/uppfoljning/<int:pk>/", way_activities.follow_up, name="follow_up"),
    path("vagen/uppfoljning/<int:pk>/dag/", way_activities.change_follow_up_day, name="move_follow_up"),
    path("vagen/uppfoljning/<int:pk>/ta-bort/", way_activities.remove_follow_up, name="remove_follow_up"),
]
