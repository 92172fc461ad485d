"""Addresses of the calendar's floor, one block per noun."""

from django.urls import URLPattern, path

from meetings.calendar.views import busy, calendar, downloads, feeds, replies

urlpatterns: list[URLPattern] = [
    # ---------- a person's calendar ----------
    path("kalender/", calendar.calendar, name="calendar"),
    path("kalender/val/", calendar.choose, name="choose_calls"),
    path("kalender/adress/", calendar.new_address, name="make_feed_address"),
    path("kalender/adress/<int:pk>/ta-bort/", calendar.remove_address, name="end_feed_address"),
    path("kalender/<slug:token>.ics", feeds.calendar_feed, name="calendar_feed"),
    path("kalender/<uuid:uid>/", calendar.calendar_link, name="calendar_link"),
    # ---------- an answer as a file ----------
    path("kalender/svar/", replies.upload_reply, name="upload_reply"),
    # ---------- busy times of one's own calendar ----------
    path("kalender/upptagen/", busy.busy, name="busy_calendar"),
    path("kalender/upptagen/ta-bort/", busy.remove, name="remove_busy_calendar"),
    # ---------- one meeting as a file ----------
    path("moten/<int:pk>/kalender.ics", downloads.meeting_ics, name="meeting_ics"),
    path("samtal/<int:pk>/kalender.ics", downloads.conversation_ics, name="conversation_ics"),
]
