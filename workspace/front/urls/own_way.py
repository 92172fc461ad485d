"""The way on the participant's own page."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
