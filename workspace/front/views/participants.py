"""The member's own participants."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from meetings.queries.plans import open_plan
from meetings.queries.talks import conversations_of, requests_waiting
from referrals.queries import referrals_of
from workspace import actions
from workspace.doors import MemberRequest, do_once, log_reads, member_page
from workspace.forms import CONTROL, ParticipantForm
from workspace.front.actions import way
from workspace.front.queries.way import ways_shown
from workspace.models import Consent, ConsentRow, Membership, Participant
from workspace.pathway.queries.shares import ways_told_to
from workspace.queries import (
    access_participant,
    consent_numbers,
    consents_visible_to,
    needs_of,
    participants_found,
    rows_visible_to,
)
from workspace.rules import can_register_participant
from workspace.swedish import say_date, say_list

PAGE = 30


@member_page
def participants(request: MemberRequest) -> HttpResponse:
    """The list, sorted as a telephone book; search folds spelling and looks at one's own people only."""
    text = CONTROL.sub("", request.GET.get("sok", ""))[:80]
    page = Paginator(participants_found(request.hat, text), PAGE).get_page(request.GET.get("page"))
    log_reads(request, "participants", None, [person.pk for person in page])
    told = ways_told_to(request.hat).exists()
    context = {"page": page, "text": text, "query": f"sok={text}&" if text else "", "told": told}
    return render(request, "front/participants.html", context)


@member_page
def new_participant(request: MemberRequest) -> HttpResponse:
    """Register a participant. What was typed stays when something is wrong."""
    form = ParticipantForm(request.POST or None, member=request.hat)
    if request.method == "POST" and form.is_valid():
        data = {key: value for key, value in form.cleaned_data.items() if not key.startswith("is_")}

        def perform() -> str:
            participant = actions.register_participant(by=request.hat, **data)
            messages.success(request, f"{participant.full_name} är registrerad.")
            return reverse("participant", args=[participant.pk])

        return do_once(request, "register_participant", perform)
    allowed = can_register_participant(request.hat)
    return render(request, "front/new_participant.html", {"form": form, "allowed": allowed})


@member_page
def change_participant(request: MemberRequest, pk: int) -> HttpResponse:
    """Correct what was registered about a person."""
    person = access_participant(request.hat, pk)
    names = ("function", "first_name", "last_name", "gender", "birth_year", "municipality", "phone")
    initial = {name: getattr(person, name) for name in names}
    form = ParticipantForm(request.POST or None, member=request.hat, known=person, initial=initial)
    if request.method == "POST" and form.is_valid():

        def perform() -> str:
            data = {name: form.cleaned_data[name] for name in names}
            way.change_participant(by=request.hat, participant=person, **data)
            messages.success(request, "Uppgifterna är ändrade.")
            return reverse("participant", args=[person.pk])

        return do_once(request, f"change_participant {pk}", perform)
    log_reads(request, "participant", person.pk, [person.pk])
    allowed = can_register_participant(request.hat)
    return render(request, "front/new_participant.html", {"form": form, "allowed": allowed, "person": person})


def consents_shown(member: Membership, participant: Participant) -> list[dict[str, Any]]:
    """The consents of a participant, each with the rows the member's agency may see, as plain data."""
    found: list[Consent] = list(consents_visible_to(member, participant))
    today, numbers = timezone.localdate(), consent_numbers(participant)
    rows: dict[int, list[ConsentRow]] = {}
    for row in rows_visible_to(member, found):
        rows.setdefault(row.consent_id, []).append(row)
    shown = []
    for consent in found:
        here = rows.get(consent.pk, [])
        living = [row for row in here if row.lives_on(today)]
        shown.append(
            {
                "consent": consent,
                "number": numbers[consent.pk],
                "told": _told(living or here),
                "rows": here,
                "lives": bool(living),
                "ours": consent.agency_id == member.agency_id,
            }
        )
    return shown


def _told(rows: list[ConsentRow]) -> str:
    """Who tells whom, until when, in one sentence: the line that the rows are folded under."""
    hearers: dict[str, list[str]] = {}
    for row in rows:
        names = hearers.setdefault(row.discloser.short_name, [])
        hearer = row.recipient.short_name if row.recipient else "samordnaren"
        if hearer not in names:
            names.append(hearer)
    until = max((row.valid_until for row in rows), default=None)
    last = f", till och med {say_date(until)}" if until else ""
    if all({name, *heard} == set(hearers) for name, heard in hearers.items()):
        return f"{say_list(list(hearers))} berättar för varandra{last}"
    together: dict[tuple[str, ...], list[str]] = {}
    for name, heard in hearers.items():
        together.setdefault(tuple(sorted(heard)), []).append(name)
    told = [f"{say_list(names)} berättar för {say_list(list(heard))}" for heard, names in together.items()]
    return f"{'; '.join(told)}{last}"


@member_page
def participant(request: MemberRequest, pk: int) -> HttpResponse:
    """One person: what we know, what the person has said yes to, and the referrals."""
    person = access_participant(request.hat, pk)
    context = {
        "person": person,
        "consents": consents_shown(request.hat, person),
        "referrals": list(referrals_of(request.hat, person)),
        "talks": conversations_of(request.hat, person),
        "wishes": requests_waiting(request.hat, person),
        "plan": open_plan(person),
        "ways": ways_shown(person),
        "needs": needs_of(person),
    }
    log_reads(request, "participant", person.pk, [person.pk])
    return render(request, "front/participant.html", context)
