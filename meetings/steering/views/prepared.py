"""The agenda that has prepared itself, one item of it, and the steering group's start page. No person is on them."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from meetings.models import Meeting, Proposal
from meetings.queries import access_meeting, is_guest_only
from meetings.queries.attendance import sent_mark
from meetings.queries.deadlines import deadlines_for, send_by
from meetings.rules import is_arranger
from meetings.states import AHEAD, ActionState, ItemKind, MeetingState
from meetings.steering.queries.around import last_day
from meetings.steering.queries.prepared import (
    PreparedItem,
    StartPage,
    prepare,
    sending_checks,
    start_page,
    steering_groups,
    steers,
)
from meetings.steering.views.words import shown_figures
from notifications.actions import mark_read
from notifications.queries import notifications_about
from workspace.doors import AnyHatRequest, hat_page
from workspace.models import Membership
from workspace.rules import Hat
from workspace.swedish import NUMBERS, say_count, say_date

NONE_PLANNED = "Inget möte är planerat."


# ---------- the whole agenda ----------
@require_GET
@hat_page
def prepared(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Every item with what is collected for it. Somebody invited to one item sees that one alone."""
    meeting = access_meeting(request.hat, pk)
    items = prepare(request.hat, meeting)
    if isinstance(request.hat, Membership):
        mark_read(by=request.hat, notifications=notifications_about(request.hat, "meeting.papers_due", pk))
    context = page_context(request.hat, meeting, items)
    context["items"] = [item_context(one) for one in items if one.is_open]
    if is_arranger(request.hat, meeting.group) and meeting.state in AHEAD:
        context["sending"] = sending_context(meeting, items)
    return render(request, "steering/prepared.html", context)


@require_GET
@hat_page
def prepared_item(request: AnyHatRequest, pk: int, item: int) -> HttpResponse:
    """One item alone; the same 404 for one that the hat is outside of as for one that does not exist."""
    meeting = access_meeting(request.hat, pk)
    items = prepare(request.hat, meeting, only=item)
    found = next((one for one in items if one.item.pk == item and one.is_open), None)
    if found is None:
        raise Http404
    context = page_context(request.hat, meeting, items)
    context["one"], context["alone"] = item_context(found), True
    return render(request, "steering/prepared_item.html", context)


def page_context(hat: Hat, meeting: Meeting, items: list[PreparedItem]) -> dict[str, Any]:
    guest = is_guest_only(hat, meeting)
    own = [one for one in items if one.is_open]
    ready = sum(one.is_prepared for one in own)
    ahead = meeting.state in AHEAD
    return {
        "meeting": meeting,
        "is_guest": guest,
        "listed": [one for one in items if not guest or one.is_open],
        "says": prepared_sentence(ready, len(own)),
        "is_ahead": ahead,
        "today": timezone.localdate(),
        "wire": wire(meeting, ready, len(own)),
    }


def wire(meeting: Meeting, ready: int, of: int) -> dict[str, str]:
    """The page's own line: it is read as it was opened, and does not change by itself."""
    says = prepared_sentence(ready, of) if meeting.state in AHEAD else str(meeting.get_state_display()) + "."
    return {"state": "ok", "text": f"{sent_sentence(meeting)} {says}".strip()}


def prepared_sentence(ready: int, of: int) -> str:
    """«Fem av åtta punkter är förberedda.»"""
    if not of:
        return "Dagordningen är tom."
    if ready == of:
        return "Punkten är förberedd." if of == 1 else "Alla punkter är förberedda."
    if of == 1:
        return "Punkten är inte förberedd än."
    number = NUMBERS[ready] if ready < len(NUMBERS) else str(ready)
    number = "Ingen" if ready == 0 else number.capitalize()
    whole = NUMBERS[of] if of < len(NUMBERS) else str(of)
    return f"{number} av {whole} punkter är {'förberedd' if ready < 2 else 'förberedda'}."


def sent_sentence(meeting: Meeting) -> str:
    """When the agenda was sent, or is to be."""
    if meeting.state == MeetingState.CALLED and meeting.called_at:
        return f"Dagordningen skickades {say_date(timezone.localdate(meeting.called_at))}."
    if meeting.state != MeetingState.PLANNED:
        return ""
    until = send_by(meeting)
    return f"Dagordningen {'skulle ha skickats' if is_late(meeting) else 'ska skickas senast'} {say_date(until)}."


def is_late(meeting: Meeting) -> bool:
    """Should have been sent."""
    return meeting.state == MeetingState.PLANNED and send_by(meeting) < timezone.localdate()


def sending_context(meeting: Meeting, items: list[PreparedItem]) -> dict[str, Any]:
    return {
        "checks": sending_checks(meeting, [one.shown for one in items]),
        "says": sent_sentence(meeting),
        "is_late": is_late(meeting),
        "again": meeting.state == MeetingState.CALLED,
        "seen": sent_mark(meeting),
    }


# ---------- one item in words ----------
def item_context(one: PreparedItem) -> dict[str, Any]:
    """An item as the page says it."""
    hat = one.item.presenter or one.item.presenter_role
    return {
        "one": one,
        "item": one.item,
        "number": one.shown.number,
        "kind": one.item.kind,
        "title": one.shown.title,
        "starts_at": one.shown.starts_at,
        "stands": one.item.kind == ItemKind.GENDER_EQUALITY,
        "presenter": str(hat.user) if hat else "",
        "figures": shown_figures(one.figures) if one.figures and one.item.kind == ItemKind.FIGURES else None,
        "month": one.figures if one.item.kind == ItemKind.GENDER_EQUALITY else None,
        "month_end": last_day(one.figures.snapshot) if one.figures and one.figures.snapshot else None,
        "actions_say": actions_sentence(one),
        "disputed": sum(row.number for row in one.disputes or []),
        "proposals": [(proposal, proposer(proposal)) for proposal in one.proposals],
    }


def proposer(proposal: Proposal) -> str:
    """«Anna Ek, Socialtjänsten», or a role by its name."""
    if proposal.member is not None:
        return f"{proposal.member.user}, {proposal.member.agency.short_name}"
    return f"{proposal.role.user}, {proposal.role.get_role_display()}" if proposal.role else ""


def actions_sentence(one: PreparedItem) -> str:
    """«Fyra klara, två sena, en öppen.»"""
    if one.actions is None or not one.actions.rows:
        return ""
    forms = (
        (ActionState.DONE.value, "klar", "klara"),
        ("late", "sen", "sena"),
        (ActionState.OPEN.value, "öppen", "öppna"),
        (ActionState.DROPPED.value, "struken", "strukna"),
    )
    counted = [(one.actions.count(kind), single, many) for kind, single, many in forms]
    parts = [say_count(number, single, many) for number, single, many in counted if number]
    return f"{', '.join(parts).capitalize()}."


# ---------- the start page ----------
@require_GET
@hat_page
def steering(request: AnyHatRequest) -> HttpResponse:
    """What waits for the chair and the steering group, and how far their next meeting is prepared."""
    groups = list(steering_groups(request.hat))
    if not steers(request.hat, groups):
        raise Http404
    page = start_page(request.hat, groups)
    deadlines = deadlines_for(page.next) if page.next else None
    context = {
        "page": page,
        "headline": headline(page),
        "next_says": prepared_sentence(page.ready, page.of) if page.next else "",
        "sent_says": sent_sentence(page.next) if page.next else "",
        "is_late": page.next is not None and is_late(page.next),
        "deadlines": deadlines,
        "proposals_open": deadlines is not None and timezone.localdate() <= deadlines.proposals,
        "to_send": to_send(page),
        "wire": wire(page.next, page.ready, page.of)
        if page.next
        else {"state": "ok", "text": "Inget möte är planerat."},
        "waits": bool(page.to_approve or page.mine or page.proposals or to_send(page)),
    }
    return render(request, "steering/steering.html", context)


def to_send(page: StartPage) -> Meeting | None:
    """The next meeting, while its agenda is not sent, for whoever arranges it."""
    if page.next is None or page.next.state != MeetingState.PLANNED:
        return None
    return page.next if page.next.group_id in {group.pk for group in page.arranged} else None


def headline(page: StartPage) -> str:
    """The name of the group, or what several are."""
    return page.groups[0].name if len(page.groups) == 1 else "Styrgrupp"
