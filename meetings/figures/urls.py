"""The figures of a cooperation."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
