from django.apps import AppConfig


class CalendarConfig(AppConfig):
    name = "meetings.calendar"
    label = "calendar"
