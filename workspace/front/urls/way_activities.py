"""Activities, follow-ups and self-assessment, as staff see them."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
