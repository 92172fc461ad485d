"""A consent for talk at meetings: one occasion, every agency named in it, in every direction (L5, L6, R5)."""

from collections.abc import Sequence
from datetime import date

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from workspace import actions
from workspace.actions.consents import RowInput
from workspace.doors import MemberRequest, do_once, log_reads, member_page
from workspace.forms import MeetingConsentForm
from workspace.models import Agency
from workspace.queries import access_participant, categories


def rows_between(ours: Agency, others: Sequence[Agency], *, joint: bool, purpose: str, until: date) -> list[RowInput]:
    """Ours to each: who it is, and talk at meetings. Each to every other, us too: talk at meetings.

    A row whose discloser is another agency is what the person says of it: no ground until an officer there confirms it.
    """
    by_code = {category.pk: category for category in categories()}
    talk = [by_code["meeting"], by_code["joint_meeting"]] if joint else [by_code["meeting"]]
    rows = [RowInput(ours, other, by_code["identity"], purpose, until) for other in others]
    for teller in (ours, *others):
        for listener in (ours, *others):
            if teller != listener:
                rows += [RowInput(teller, listener, category, purpose, until) for category in talk]
    return rows


@member_page
def new_meeting_consent(request: MemberRequest, pk: int) -> HttpResponse:
    """Write down whom a person lets talk with each other at meetings."""
    person = access_participant(request.hat, pk)
    form = MeetingConsentForm(request.POST or None, member=request.hat, participant=person)
    after = reverse("participant", args=[person.pk])
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data

        def perform() -> str:
            actions.record_consent(
                by=request.hat,
                agency=request.hat.agency,
                participant=person,
                form=data["form"],
                given_on=data["given_on"],
                limits=data["limits"],
                rows=rows_between(
                    request.hat.agency,
                    list(data["agencies"]),
                    joint=data["joint"],
                    purpose=data["purpose"],
                    until=data["valid_until"],
                ),
            )
            messages.success(request, "Samtycket för möten är registrerat.")
            return after

        return do_once(request, "record_meeting_consent", perform)
    log_reads(request, "participant", person.pk, [person.pk])
    return render(request, "front/meeting_consent.html", {"form": form, "person": person, "back": after})
