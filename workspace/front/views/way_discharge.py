"""How a way ends: the discharge, its correction, and the participant's no to being referred for treatment."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from workspace.doors import MemberRequest, do_once, log_reads, member_page
from workspace.errors import Refusal, SomebodyWasFaster
from workspace.front.actions import way as acts
from workspace.front.queries.way import treatment_referral
from workspace.front.views.way import require_caseworker, tell_at
from workspace.pathway.actions.discharges import CORRECTED, Ending, register_treatment_declined
from workspace.pathway.actions.phases import ENDED
from workspace.pathway.forms.enrolments import DeclinedForm, DischargeForm
from workspace.pathway.models import Enrolment
from workspace.pathway.queries import access_way
from workspace.pathway.queries.discharges import discharges_of, plan_facts
from workspace.pathway.states import EnrolmentState
from workspace.swedish import say_date


def _ongoing(request: MemberRequest, pk: int) -> Enrolment:
    way = access_way(request.hat, pk)
    require_caseworker(request.hat)
    if way.state != EnrolmentState.ONGOING:
        raise SomebodyWasFaster(ENDED)
    return way


def _context(request: MemberRequest, way: Enrolment, form: DischargeForm) -> dict[str, Any]:
    log_reads(request, "way", way.pk, [way.participant_id or 0])
    return {
        "way": way,
        "person": way.participant,
        "form": form,
        "plan": plan_facts(way),
        "referral": treatment_referral(way),
    }


def _cleared(way: Enrolment) -> bool:
    return way.treatment_declined_on is not None or treatment_referral(way) is not None


@member_page
def discharge_page(request: MemberRequest, pk: int) -> HttpResponse:
    """End a way. What the plan says is shown and not asked."""
    way = _ongoing(request, pk)
    form = DischargeForm(request.POST or None, way=way, cleared=_cleared(way))
    if request.method == "POST" and form.is_valid():

        def perform() -> str:
            ending = Ending(**form.said)
            acts.discharge(by=request.hat, enrolment=way, ending=ending)
            messages.success(request, f"Utskrivningen {say_date(ending.ended_on)} är sparad.")
            return reverse("way", args=[way.pk])

        try:
            return do_once(request, f"discharge {pk}", perform)
        except Refusal as refusal:
            tell_at(form, "ended_on", refusal)
    return render(request, "pathway/discharge.html", _context(request, way, form))


@member_page
def correct_page(request: MemberRequest, pk: int) -> HttpResponse:
    """Write a discharge again, with why. The old version stays to be read."""
    way = access_way(request.hat, pk)
    require_caseworker(request.hat)
    versions = discharges_of(way)
    if not versions:
        raise SomebodyWasFaster("Personen är inte utskriven.")
    form = DischargeForm(request.POST or None, way=way, cleared=_cleared(way), known=versions[0])
    if request.method == "POST" and request.POST.get("seen", "") != str(versions[0].number):
        raise SomebodyWasFaster(CORRECTED)
    if request.method == "POST" and form.is_valid():

        def perform() -> str:
            data = form.cleaned_data
            acts.correct_discharge(
                by=request.hat,
                enrolment=way,
                ending=Ending(**form.said),
                correction_reason=data["correction_reason"],
                seen=data["seen"],
            )
            messages.success(request, "Utskrivningen är rättad. Den tidigare står kvar under.")
            return reverse("way", args=[way.pk])

        try:
            return do_once(request, f"correct_discharge {pk}", perform)
        except Refusal as refusal:
            tell_at(form, "ended_on", refusal)
    return render(request, "pathway/discharge_correct.html", _context(request, way, form))


@member_page
def treatment_declined(request: MemberRequest, pk: int) -> HttpResponse:
    """The participant's own no to being referred for treatment, with its day."""
    way = _ongoing(request, pk)
    form = DeclinedForm(request.POST or None, way=way)
    if request.method == "POST" and form.is_valid():

        def perform() -> str:
            register_treatment_declined(by=request.hat, enrolment=way, declined_on=form.cleaned_data["declined_on"])
            messages.success(request, "Det är sparat att personen tackar nej.")
            return reverse("discharge", args=[way.pk])

        try:
            return do_once(request, f"treatment_declined {pk}", perform)
        except Refusal as refusal:
            tell_at(form, "declined_on", refusal)
    log_reads(request, "way", pk, [way.participant_id or 0])
    return render(request, "pathway/discharge_declined.html", {"way": way, "person": way.participant, "form": form})
