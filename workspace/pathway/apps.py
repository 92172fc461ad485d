from django.apps import AppConfig


class PathwayConfig(AppConfig):
    name = "workspace.pathway"
    label = "pathway"
