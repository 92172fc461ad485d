"""Enrolment, phases and discharge."""

from django.urls import URLPattern, path

from workspace.front.views import way, way_discharge

urlpatterns: list[URLPattern] = [
    path("deltagare/<int:pk>/vagen/ny/", way.enrol_participant, name="enrol"),
    path("vagen/<int:pk>/", way.way_page, name="way"),
    path("vagen/<int:pk>/bild/", way.way_picture, name="way_picture"),
    path("vagen/<int:pk>/fas/", way.phase_decide, name="phase_decide"),
    path("vagen/<int:pk>/utskrivning/", way_discharge.discharge_page, name="discharge"),
    path("vagen/<int:pk>/utskrivning/ratta/", way_discharge.correct_page, name="correct_discharge"),
    path("vagen/<int:pk>/tackat-nej/", way_discharge.treatment_declined, name="treatment_declined"),
]
