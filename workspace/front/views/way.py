"""Somebody's way: enrolment, the page of it all, its picture, and what is decided about a phase."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET
from pygal import HorizontalStackedBar

from notifications.actions import mark_read
from notifications.queries import notifications_about
from workspace.doors import MemberRequest, do_once, log_reads, member_page
from workspace.errors import NotAllowed, Refusal, SomebodyWasFaster
from workspace.front.actions.way import begin_next_phase, extend_phase
from workspace.front.queries.way import headline
from workspace.front.views.way_activities import activities_context
from workspace.front.views.way_plan import assessment_context, plan_context
from workspace.front.views.way_shares import shares_context
from workspace.models import Membership
from workspace.pathway.actions.enrolments import enrol
from workspace.pathway.actions.phases import DECIDED, ENDED
from workspace.pathway.forms.enrolments import DecideForm, EnrolForm
from workspace.pathway.models import Enrolment, PhaseStay
from workspace.pathway.queries import access_way, cooperations_open_to, ways_of
from workspace.pathway.queries.discharges import discharges_of
from workspace.pathway.queries.phases import newest_decision, stays_of
from workspace.pathway.queries.shares import agencies_told
from workspace.pathway.rules import is_ending
from workspace.pathway.states import EnrolmentState, Part, PhaseVerb
from workspace.pictures import BRAND, INK, SHEET, frame, picture
from workspace.queries import access_participant
from workspace.rules import is_caseworker
from workspace.swedish import say_date

WIDTH, ROW = 440, 48  # units; the page scales the picture
LATE = "#fae6c6"
OTHERS = "Det är handläggare hos den myndighet som har personen inskriven som gör det här."


def require_caseworker(member: Membership) -> None:
    """A manager who has stated a reason reads, and decides nothing."""
    if not is_caseworker(member):
        raise NotAllowed(OTHERS)


def tell_at(form: forms.Form, field: str, refusal: Refusal) -> None:
    """Show what an action refused of the input at its field; a refusal of another kind is no fault of the form's."""
    if refusal.status != 422:
        raise refusal
    form.add_error(field if field in form.fields else None, refusal.sentence)


# ---------- enrolment ----------
@member_page
def enrol_participant(request: MemberRequest, pk: int) -> HttpResponse:
    """Enrol somebody in a cooperation. One way at a time; after a discharge there may be a new one."""
    person = access_participant(request.hat, pk)
    require_caseworker(request.hat)
    now = ways_of(person).filter(state=EnrolmentState.ONGOING).first()
    if now is not None:
        raise SomebodyWasFaster("Personen är redan inskriven.")
    form = EnrolForm(request.POST or None, member=request.hat)
    if request.method == "POST" and form.is_valid():

        def perform() -> str:
            way = enrol(by=request.hat, participant=person, **form.cleaned_data)
            messages.success(request, f"{person.full_name} är inskriven i {way.cooperation.name}.")
            return reverse("way", args=[way.pk])

        try:
            return do_once(request, f"enrol {pk}", perform)
        except Refusal as refusal:
            tell_at(form, "enrolled_on", refusal)
    log_reads(request, "enrol", person.pk, [person.pk])
    open_to = cooperations_open_to(request.hat).exists()
    return render(request, "pathway/enrol.html", {"person": person, "form": form, "open_to": open_to})


# ---------- the page ----------
@require_GET
@member_page
def way_page(request: MemberRequest, pk: int) -> HttpResponse:
    """Where somebody is on their way, how they came there, and every part of it."""
    way = access_way(request.hat, pk)
    log_reads(request, "way", pk, [way.participant_id or 0])
    mark_read(by=request.hat, notifications=notifications_about(request.hat, "way.phase", pk))
    context = way_context(request, way)
    for piece in (plan_context, assessment_context, activities_context, shares_context):
        context |= piece(request, way)
    return render(request, "pathway/way.html", context)


def way_context(request: MemberRequest, way: Enrolment) -> dict[str, Any]:
    """The frame of the page: the answer, the phases with what was decided, and how it ended."""
    stays, versions = stays_of(way), discharges_of(way)
    ended = versions[0] if versions else None
    stay = next((each for each in stays if each.to_on is None), None)
    return {
        "way": way,
        "person": way.participant,
        "says": headline(way, stay, ended),
        "stay": stay,
        "is_ending": stay is not None and is_ending(stay, timezone.localdate()),
        "stays": stays,
        "ended": ended,
        "earlier": versions[1:],
        "may_act": is_caseworker(request.hat),
        "is_ongoing": way.state == EnrolmentState.ONGOING,
        "also_read": agencies_told(way, Part.PHASE),
        "alternative": alternative(stays),
    }


@require_GET
@member_page
def way_picture(request: MemberRequest, pk: int) -> HttpResponse:
    """The phases in time: a bar for each."""
    way = access_way(request.hat, pk)
    log_reads(request, "way", pk, [way.participant_id or 0])
    return picture(draw(stays_of(way), timezone.localdate()))


def alternative(stays: list[PhaseStay]) -> str:
    """What the picture says, for who doesn't see it."""
    told = []
    for stay in stays:
        until = f"till {say_date(stay.to_on)}" if stay.to_on else "och pågår"
        told.append(f"{stay.phase} från {say_date(stay.from_on)} {until}.")
    return f"En stapel för varje fas. {' '.join(told)} Alla dagar står i tabellen."


# ---------- the picture ----------
def lengths(stay: PhaseStay, today: date) -> tuple[int, int, int]:
    """Calendar days of a phase: within its limit, past it, and left until it. Both ends count."""
    last = stay.to_on or max(today, stay.from_on)
    gone = (last - stay.from_on).days + 1
    if stay.limit_on is None:
        return gone, 0, 0
    over = max(0, min(gone, (last - stay.limit_on).days))
    left = max(0, (stay.limit_on - last).days) if stay.to_on is None else 0
    return gone - over, over, left


def draw(stays: list[PhaseStay], today: date) -> Any:
    """A bar for each phase from its first day; None without any.

    Filled is time within the limit, light with a thick edge time past it, a dashed edge what is left; each with its
    number of days, so that no colour need be told from another.
    """
    if not stays:
        return None
    rows, first = list(reversed(stays)), stays[0].from_on
    parts = [lengths(stay, today) for stay in rows]
    before = [(stay.from_on - first).days for stay in rows]
    whole = max(start + sum(part) for start, part in zip(before, parts, strict=True))
    edges = (
        ".serie-0 rect {fill: none; stroke: none} "
        f".serie-1 .bar rect {{stroke: {INK}}} .serie-2 .bar rect {{stroke: {INK}; stroke-width: 3}} "
        f".serie-3 .bar rect {{stroke: {INK}; stroke-dasharray: 4, 3}}"
    )
    ticks = {0: first, whole // 2: first + timedelta(days=whole // 2), whole: first + timedelta(days=whole - 1)}
    chart = HorizontalStackedBar(
        **frame((SHEET, BRAND, LATE, SHEET), edges, width=WIDTH, value_colors=(SHEET, SHEET, INK, INK)),
        height=70 + ROW * len(rows),
        show_legend=False,
        print_values=True,
        print_zeroes=False,
        range=(0, whole),
        y_labels=[{"value": place, "label": say_date(day)} for place, day in ticks.items()],
        margin_right=60,
    )
    chart.x_labels = [str(stay.phase) for stay in rows]
    chart.add("", [start or None for start in before], formatter=lambda _: "")
    for place in range(3):
        chart.add("", [part[place] or None for part in parts], formatter=number)
    return chart


def number(days: float | None) -> str:
    return f"{days:.0f}" if days else ""


# ---------- the phase ----------
@member_page
def phase_decide(request: MemberRequest, pk: int) -> HttpResponse:
    """What happens with the phase: more time, the next one, or the end, which has a page of its own."""
    way = access_way(request.hat, pk)
    require_caseworker(request.hat)
    stay = next((each for each in stays_of(way) if each.to_on is None), None)
    if way.state != EnrolmentState.ONGOING or stay is None:
        raise SomebodyWasFaster(ENDED)
    newest = newest_decision(way)
    form = DecideForm(request.POST or None, stay=stay, seen=newest)
    if request.method == "POST":
        sent_from = request.POST.get("seen", "")
        if sent_from != str(newest):
            raise SomebodyWasFaster(DECIDED)
        if form.is_valid():
            answer = _decide(request, way, form)
            if answer is not None:
                return answer
    log_reads(request, "way", pk, [way.participant_id or 0])
    context = {
        "way": way,
        "person": way.participant,
        "stay": stay,
        "form": form,
        "says": headline(way, stay, None),
        "also_read": agencies_told(way, Part.PHASE),
    }
    return render(request, "pathway/phase_decide.html", context)


def _decide(request: MemberRequest, way: Enrolment, form: DecideForm) -> HttpResponse | None:
    """Do what was chosen; None where it was refused for a day, which the form now says."""
    data, back = form.cleaned_data, reverse("way", args=[way.pk])
    if data["what"] == PhaseVerb.END:
        return redirect("discharge", pk=way.pk)
    extends = data["what"] == PhaseVerb.EXTEND

    def perform() -> str:
        words = {"reason": data["reason"], "seen": data["seen"]}
        if extends:
            extend_phase(by=request.hat, enrolment=way, limit_on=data["limit_on"], **words)
            messages.success(request, f"{form.stay.phase} får pågå till {say_date(data['limit_on'])}.")
        else:
            begin_next_phase(by=request.hat, enrolment=way, phase=data["phase"], from_on=data["from_on"], **words)
            messages.success(request, f"{data['phase']} började {say_date(data['from_on'])}.")
        return back

    try:
        return do_once(request, f"phase_decide {way.pk}", perform)
    except Refusal as refusal:
        tell_at(form, "limit_on" if extends else "from_on", refusal)
    return None
