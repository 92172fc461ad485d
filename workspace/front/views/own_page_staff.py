"""What staff does about the participant's page: the link and the code, how to reach and meet, and level 2."""

import re
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from workspace import actions
from workspace.doors import MemberRequest, do_once, log_reads, member_page
from workspace.front.forms import LANGUAGES, ContactForm, NeedsForm, OutsideContactForm
from workspace.models import ConsentRow, Membership, Participant
from workspace.queries import (
    access_participant,
    consent_numbers,
    consents_visible_to,
    contact_of,
    days_read,
    needs_of,
    outside_contact_of,
    page_state,
    rows_visible_to,
    who_has_read,
)
from workspace.rules import is_caseworker, is_manager
from workspace.swedish import say_list

DAYS = 14  # shown at a time, of those on which somebody has read


# ---------- the link and the code ----------
@member_page
def own_page_staff(request: MemberRequest, pk: int) -> HttpResponse:
    """How things stand with the participant's page, and what can be done about it."""
    person = access_participant(request.hat, pk)
    log_reads(request, "own_page", person.pk, [person.pk])
    context = {"person": person, "state": page_state(person), "allowed": is_caseworker(request.hat)}
    return render(request, "front/own_staff.html", context)


@require_POST
@never_cache
@member_page
@sensitive_variables()
def make_link(request: MemberRequest, pk: int) -> HttpResponse:
    """Make a link and show it, in this answer only. Sent again it makes a new one."""
    person = access_participant(request.hat, pk)
    token = actions.make_page_link(by=request.hat, participant=person)
    return _shown_once(request, person, link=request.build_absolute_uri(reverse("own_link", args=[token])))


@require_POST
@never_cache
@member_page
@sensitive_variables()
def make_code(request: MemberRequest, pk: int) -> HttpResponse:
    """Make a code and show it, in this answer only. Sent again it makes a new one."""
    person = access_participant(request.hat, pk)
    digits = actions.make_page_code(by=request.hat, participant=person)
    return _shown_once(request, person, code=f"{digits[:3]} {digits[3:]}")


def _shown_once(request: MemberRequest, person: Participant, **secret: str) -> HttpResponse:
    log_reads(request, "own_page", person.pk, [person.pk])
    return render(request, "front/own_shown_once.html", {"person": person, **secret})


@require_POST
@member_page
def close(request: MemberRequest, pk: int) -> HttpResponse:
    """Close the page in every browser, at once."""
    person = access_participant(request.hat, pk)
    actions.close_page(by=request.hat, participant=person)
    messages.success(request, "Sidan är stängd. Länk och kod gäller inte längre.")
    return redirect("own_page_staff", pk=person.pk)


# ---------- how to reach, and how to meet ----------
CONTACT = ("channel", "address", "words", "large_text", "easy_read")
NEEDS = ("interpreter", "language", "hearing_loop", "pick_up", "calm_room", "easy_read", "large_print", "breaks")


def _back(request: MemberRequest, person: Participant) -> str:
    """Where the page was opened from: a conversation, by its number in the address, else the participant."""
    number = request.GET.get("tillbaka", "")
    if number.isascii() and number.isdecimal() and len(number) < 19:
        return reverse("conversation", args=[int(number)])
    return reverse("participant", args=[person.pk])


@member_page
def contact(request: MemberRequest, pk: int) -> HttpResponse:
    """How the participant wants to be told, and how the page is to look."""
    person = access_participant(request.hat, pk)
    initial = {name: getattr(contact_of(person), name) for name in CONTACT}
    back = _back(request, person)
    form = ContactForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():

        def perform() -> str:
            actions.save_contact(by=request.hat, participant=person, **form.cleaned_data)
            messages.success(request, "Valen är sparade.")
            return back

        return do_once(request, f"save_contact {pk}", perform)
    log_reads(request, "contact", person.pk, [person.pk])
    context = {"person": person, "form": form, "back": back, "allowed": is_caseworker(request.hat)}
    return render(request, "front/contact.html", context)


@member_page
def support_needs(request: MemberRequest, pk: int) -> HttpResponse:
    """What makes a meeting work for the participant: what is needed, never why."""
    person = access_participant(request.hat, pk)
    initial = {name: getattr(needs_of(person), name) for name in NEEDS}
    back = _back(request, person)
    form = NeedsForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():

        def perform() -> str:
            actions.save_needs(by=request.hat, participant=person, **form.cleaned_data)
            messages.success(request, "Behoven är sparade.")
            return back

        return do_once(request, f"save_needs {pk}", perform)
    log_reads(request, "needs", person.pk, [person.pk])
    context = {"person": person, "form": form, "back": back, "languages": LANGUAGES}
    context["allowed"] = is_caseworker(request.hat)
    return render(request, "front/needs.html", context)


@member_page
def outside_contact(request: MemberRequest) -> HttpResponse:
    """Who at the agency hears participants' calls for help. For managers; for others the page does not exist."""
    if not is_manager(request.hat):
        raise Http404
    named = outside_contact_of(request.hat.agency)
    form = OutsideContactForm(request.POST or None, member=request.hat, initial={"contact": named})
    if request.method == "POST" and form.is_valid():

        def perform() -> str:
            actions.name_outside_contact(by=request.hat, contact=form.cleaned_data["contact"])
            messages.success(request, "Valet är sparat.")
            return reverse("outside_contact")

        return do_once(request, "name_outside_contact", perform)
    return render(request, "front/outside_contact.html", {"form": form, "named": named})


# ---------- level 2: shown to the participant, at the office ----------
@member_page
def level_two(request: MemberRequest, pk: int) -> HttpResponse:
    """All the participant has said yes to, and who has read about them: agency, desk, time; nobody's name (L37).

    Made to be turned towards the participant. Rows of consents that go past the member's agency are not here: nobody
    sees another's rows, and the screen is the member's.
    """
    person = access_participant(request.hat, pk)
    log_reads(request, "level_two", person.pk, [person.pk])
    page = Paginator(days_read(person), DAYS).get_page(request.GET.get("page"))
    context = {
        "person": person,
        "contact": contact_of(person),
        "consents": _consents(request.hat, person),
        "page": page,
        "days": who_has_read(person, list(page), request.hat.agency),
    }
    return render(request, "front/level_two.html", context)


# Of a purpose that is something to do; any other is said after a colon, which suits every word.
TO_DO = re.compile(r"(?:[^\W\d_]{2,}a|få|se|ge|gå|må|nå|bli|be|ta)\b")
# How the categories sound to whoever they are about, where the words of the form do not do.
HEARD = {
    "question": "vad jag behöver hjälp med",
    "answer": "svaret på remissen",
    "follow_up": "nummer och dagar, men inte mitt namn",
}


def _consents(member: Membership, person: Participant) -> list[dict[str, Any]]:
    """Each consent as sentences: who tells whom what, what for, until when, and whether it has been taken back."""
    numbers = consent_numbers(person)
    consents = sorted(consents_visible_to(member, person), key=lambda consent: numbers[consent.pk])
    rows: dict[int, list[ConsentRow]] = {}
    for row in rows_visible_to(member, consents):
        rows.setdefault(row.consent_id, []).append(row)
    return [
        {"consent": consent, "number": numbers[consent.pk], "parts": _parts(rows.get(consent.pk, []))}
        for consent in consents
    ]


Way = tuple[str, str]  # who tells, whom


def _parts(rows: list[ConsentRow]) -> list[dict[str, Any]]:
    """The rows of a consent in as few sentences as they can be said in.

    First what one tells one of, under the same conditions; then those who are told the same by the same; then those who
    tell each other the same.
    """
    told: dict[tuple[Any, ...], dict[Way, list[ConsentRow]]] = {}
    for row in rows:
        ended = timezone.localdate(row.withdrawn_at) if row.withdrawn_at else None
        whom = row.recipient.name if row.recipient else f"samordnaren i {row.recipient_cooperation}"
        ways = told.setdefault((row.purpose, row.valid_until, ended), {})
        ways.setdefault((row.discloser.name, whom), []).append(row)
    parts = []
    for ways in told.values():
        alike: dict[tuple[str, ...], list[Way]] = {}
        for way, of in ways.items():
            alike.setdefault(tuple(row.category_id for row in of), []).append(way)
        for same in alike.values():
            parts += [_part(tells, ways[same[0]]) for tells in _tellings(same)]
    return parts


def _tellings(ways: list[Way]) -> list[tuple[str, str]]:
    """Who tells whom, where all tell the same: each other, or each its own."""
    everybody = list(dict.fromkeys(name for way in ways for name in way))
    if len(ways) > 1 and len(ways) == len(everybody) * (len(everybody) - 1):
        return [(say_list(everybody), "varandra")]
    whom: dict[str, list[str]] = {}
    for teller, told in ways:
        whom.setdefault(teller, []).append(told)
    return [(teller, say_list(told)) for teller, told in whom.items()]


def _part(tells: tuple[str, str], rows: list[ConsentRow]) -> dict[str, Any]:
    """Who tells whom what, and what for, as the words of one sentence."""
    row = rows[0]
    purpose = row.purpose[:1].lower() + row.purpose[1:]
    spoken = re.sub(r"^(för )?att ", "", purpose)
    return {
        "row": row,
        "who": tells[0],
        "whom": tells[1],
        "about": say_list([HEARD.get(each.category_id, each.category.spoken) for each in rows]),
        "purpose": spoken.rstrip("."),
        "is_to_do": spoken != purpose or bool(TO_DO.match(spoken)),
        "lives": row.lives_on(timezone.localdate()),
    }
