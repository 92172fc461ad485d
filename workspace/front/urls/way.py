"""Enrolment, phases and discharge."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
