from django.apps import AppConfig


class SteeringConfig(AppConfig):
    name = "meetings.steering"
    label = "steering"
