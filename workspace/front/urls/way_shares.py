"""What is told other agencies of somebody's way."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
