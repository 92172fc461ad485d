"""Addresses of the front door: the staff's pages, and the participant's own."""

from workspace.front.urls import own_page, staff

urlpatterns = [*staff.urlpatterns, *own_page.urlpatterns]
