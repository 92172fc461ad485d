"""The assessment and the action plan, as staff write them."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
