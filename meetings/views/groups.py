"""The meetings' first page, a group's page, and its seats."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from meetings.actions.groups import (
    add_seat,
    change_group,
    create_group,
    end_group,
    end_holder,
    end_seat,
    seat_members,
)
from meetings.actions.series import require_group_arranger
from meetings.forms.groups import ChangeGroupForm, EndSeatForm, GroupForm, HoldersForm, SeatForm
from meetings.models import Group
from meetings.queries import access_group
from meetings.queries.groups import (
    SeatRow,
    agencies_without_seat,
    coming_meetings,
    earlier_meetings,
    gap_of,
    holders_in,
    my_groups,
    places_of,
    seat_rows,
)
from meetings.queries.matrix import groups_followed
from meetings.queries.series import coming_days, series_sentences
from meetings.rules import goes_to_meetings, is_arranger
from meetings.states import GROUPS_WITH_CASES, GroupKind
from notifications.actions import mark_read
from notifications.queries import notifications_about
from workspace.doors import AnyHatRequest, do_once, hat_page
from workspace.errors import NotAllowed
from workspace.models import Membership
from workspace.rules import is_coordinator

DAYS_SHOWN = 6  # of a series, on the group's page


def saved(request: AnyHatRequest, name: str, act: Callable[[], object], said: str, url: str) -> HttpResponse:
    """Do a form's act once, say so, and go on."""

    def perform() -> str:
        act()
        messages.success(request, said)
        return url

    return do_once(request, name, perform)


def arranged(request: AnyHatRequest, pk: int) -> Group:
    """A group the hat arranges; 404 where it may not open it, and a sentence where others arrange it."""
    group = access_group(request.hat, pk)
    require_group_arranger(request.hat, group)
    return group


@hat_page
def meetings(request: AnyHatRequest) -> HttpResponse:
    """The hat's groups, and its meetings ahead, soonest first. For a role without meetings it does not exist."""
    if not goes_to_meetings(request.hat):
        raise Http404
    groups = my_groups(request.hat)
    context = {
        "groups": groups,
        "rows": coming_meetings(request.hat),
        "warns": [row for row in groups if row.gap and row.gap.warns],
        "creates": is_coordinator(request.hat),
        "followed": groups_followed(request.hat),
    }
    return render(request, "meetings/list.html", context)


@hat_page
def group(request: AnyHatRequest, pk: int) -> HttpResponse:
    """A group: the next meeting first, then what is lacking, the days ahead, who sits there, and what has been."""
    found = access_group(request.hat, pk)
    if isinstance(request.hat, Membership):
        mark_read(by=request.hat, notifications=notifications_about(request.hat, "group.", pk))
    return render(request, "meetings/group.html", _group_context(request, found))


def _group_context(request: AnyHatRequest, group: Group) -> dict[str, Any]:
    seats = seat_rows(group)
    rows = coming_meetings(request.hat, group)
    return {
        "group": group,
        "places": places_of(group),
        "arranges": is_arranger(request.hat, group) and group.ended_on is None,
        "next": rows[0] if rows else None,
        "later": rows[1:],
        "off": [row for row in rows if row.off],
        "days": coming_days(group, DAYS_SHOWN),
        "series": series_sentences(group),
        "gap": gap_of(group),
        "seats": seats,
        "thin": [row for row in seats if row.lacks],
        "without_seat": agencies_without_seat(group, seats),
        "unled": _unled(group),
        "earlier": earlier_meetings(request.hat, group),
        "has_cases": group.kind in GROUPS_WITH_CASES,
    }


def _unled(group: Group) -> list[str]:
    """Which of its offices nobody with a seat holds."""
    seated = {member.pk for member in holders_in(group)}
    offices = (("ordförande", group.chair_id), ("sekreterare", group.secretary_id))
    return [name for name, pk in offices if pk not in seated]


# ---------- the group ----------
@hat_page
def new_group(request: AnyHatRequest) -> HttpResponse:
    """A new group of the coordinator's cooperation. For everybody else the page does not exist."""
    hat = request.hat
    if not is_coordinator(hat):
        raise Http404
    form = GroupForm(request.POST or None, cooperation=hat.cooperation)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data

        def perform() -> str:
            made = create_group(
                by=hat,
                cooperation=hat.cooperation,
                kind=GroupKind(data["kind"]),
                name=data["name"],
                municipalities=data["municipalities"],
                quorum=data["quorum"],
                minutes_mode=data["minutes_mode"],
            )
            messages.success(request, "Gruppen är skapad. Ge myndigheterna platser i den.")
            return reverse("group_seats", args=[made.pk])

        return do_once(request, "create_group", perform)
    return _form(request, "meetings/group_form.html", form, {})


@hat_page
def group_change(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Change a group."""
    found = arranged(request, pk)
    form = ChangeGroupForm(request.POST or None, group=found)
    if request.method == "POST" and form.is_valid():
        return saved(
            request,
            f"change_group {pk}",
            lambda: change_group(by=request.hat, group=found, **form.cleaned_data),
            "Gruppen är ändrad.",
            reverse("group", args=[pk]),
        )
    return _form(request, "meetings/group_form.html", form, {"group": found})


@require_POST
@hat_page
def group_end(request: AnyHatRequest, pk: int) -> HttpResponse:
    """End a group."""
    found = arranged(request, pk)
    return saved(
        request,
        f"end_group {pk}",
        lambda: end_group(by=request.hat, group=found),
        "Gruppen är avslutad. Möten som låg framåt är inställda.",
        reverse("group", args=[pk]),
    )


def _form(request: AnyHatRequest, template: str, form: Any, context: dict[str, Any]) -> HttpResponse:
    """A page with a form on it, again with its errors where it has some."""
    status = 422 if form.is_bound and form.errors else 200
    return render(request, template, {"form": form, **context}, status=status)


# ---------- seats ----------
@hat_page
def group_seats(request: AnyHatRequest, pk: int) -> HttpResponse:
    """The group's seats, and a form for one more."""
    found = arranged(request, pk)
    form = SeatForm(request.POST or None, group=found)
    if request.method == "POST" and form.is_valid():

        def perform() -> str:
            seat = add_seat(by=request.hat, group=found, **form.cleaned_data)
            messages.success(request, "Platsen är sparad. Välj vilka som sitter på den.")
            return reverse("group_seat", args=[pk, seat.pk])

        return do_once(request, f"add_seat {pk}", perform)
    seats = seat_rows(found)
    context = {"group": found, "seats": seats, "without_seat": agencies_without_seat(found, seats)}
    return _form(request, "meetings/seats.html", form, context)


def _seat_of(found: Group, seat: int) -> SeatRow:
    row = next((row for row in seat_rows(found) if row.seat.pk == seat), None)
    if row is None:
        raise Http404
    return row


@hat_page
def group_seat(request: AnyHatRequest, pk: int, seat: int) -> HttpResponse:
    """Who sits on one seat."""
    found = arranged(request, pk)
    row = _seat_of(found, seat)
    sitting = [one for one in [*row.ordinary, *row.deputies] if one.to_on is None]
    form = HoldersForm(request.POST or None, seat=row.seat, sitting=sitting)
    if request.method == "POST" and form.is_valid():
        try:
            return saved(
                request,
                f"seat_members {seat}",
                lambda: seat_members(
                    by=request.hat, seat=row.seat, ordinary=form.cleaned_data["ordinary"], deputies=form.deputies
                ),
                "Platsen är sparad.",
                reverse("group_seats", args=[pk]),
            )
        except NotAllowed as refusal:
            form.add_error(None, refusal.sentence)
    return _seat_page(request, found, row, form, EndSeatForm())


def _seat_page(
    request: AnyHatRequest, found: Group, row: SeatRow, form: HoldersForm, end_form: EndSeatForm
) -> HttpResponse:
    sitting = [one for one in [*row.ordinary, *row.deputies] if one.to_on is None]
    context = {"group": found, "row": row, "sitting": sitting, "form": form, "end_form": end_form}
    wrong = (form.is_bound and form.errors) or (end_form.is_bound and end_form.errors)
    return render(request, "meetings/seat.html", context, status=422 if wrong else 200)


@require_POST
@hat_page
def seat_end(request: AnyHatRequest, pk: int, seat: int) -> HttpResponse:
    """End a seat after a day."""
    found = arranged(request, pk)
    row = _seat_of(found, seat)
    form = EndSeatForm(request.POST)
    if form.is_valid():
        return saved(
            request,
            f"end_seat {seat}",
            lambda: end_seat(by=request.hat, seat=row.seat, last_on=form.cleaned_data["last_on"]),
            "Platsen har fått en sista dag.",
            reverse("group_seats", args=[pk]),
        )
    return _seat_page(request, found, row, HoldersForm(seat=row.seat, sitting=[*row.ordinary, *row.deputies]), form)


@require_POST
@hat_page
def holder_end(request: AnyHatRequest, pk: int, seat: int, holder: int) -> HttpResponse:
    """Somebody leaves a seat."""
    row = _seat_of(arranged(request, pk), seat)
    gone = next((one for one in [*row.ordinary, *row.deputies] if one.pk == holder), None)
    if gone is None:
        raise Http404
    return saved(
        request,
        f"end_holder {holder}",
        lambda: end_holder(by=request.hat, holder=gone),
        f"{gone.membership.user} har lämnat platsen.",
        reverse("group_seat", args=[pk, seat]),
    )
