"""Addresses of the meetings' floor: meetings, conversations, their times and calls, agreements."""

from meetings.urls import agreements, conversations, meetings, plans, times

urlpatterns = [
    *meetings.urlpatterns,
    *conversations.urlpatterns,
    *times.urlpatterns,
    *plans.urlpatterns,
    *agreements.urlpatterns,
]
