"""Addresses of the front door: the staff's pages, somebody's way, and the participant's own."""

from workspace.front.urls import own_page, own_way, staff, way, way_activities, way_plan, way_shares

urlpatterns = [
    *staff.urlpatterns,
    *way.urlpatterns,
    *way_plan.urlpatterns,
    *way_activities.urlpatterns,
    *way_shares.urlpatterns,
    *own_page.urlpatterns,
    *own_way.urlpatterns,
]
