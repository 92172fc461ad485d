from django.apps import AppConfig


class FiguresConfig(AppConfig):
    name = "meetings.figures"
    label = "figures"
