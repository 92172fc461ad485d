"""Actions: made in the meeting, by one agency each, and then done, dropped or taken up again."""

from dataclasses import replace
from datetime import date
from typing import Any

from django.utils import timezone

from meetings.actions.carrying import carry_on, take_away_settled
from meetings.actions.decisions import (
    PART,
    add_decision,
    author_of,
    check_rewriting,
    remove_decision,
    writable,
    write_act,
)
from meetings.actions.steps import FASTER, lock_meeting, notice_of, topics_of
from meetings.models import ActionItem, AgendaItem, Meeting, TableText
from meetings.queries.follow_up import can_be_responsible, can_close, seated_agencies
from meetings.queries.meetings import circle_agencies
from meetings.rules import hat_fields
from meetings.states import ActionState, ItemKind, MeetingState
from notifications.actions import Notice, clear_notices, deliver
from workspace.actions import action
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.live import Hint
from workspace.models import Agency, Membership
from workspace.rules import Hat

__all__ = ["add_decision", "remove_decision"]  # whoever writes what a meeting came to finds all its verbs here


# ---------- made in the meeting ----------
@action
def add_action(
    *,
    by: Hat,
    item: AgendaItem,
    text: str,
    agency: Agency,
    responsible: Membership | None,
    due_on: date,
    said: TableText | None = None,
) -> ActionItem:
    """Write down something to be done: what, by which agency, who there, by when (the whole day counts).

    Locks the meeting, writes the history, tells whoever it was given to (with nobody named: all who hold the agency's
    seats), hints at those who see the item. Refuses as `add_decision`, an agency without a seat (of a case: outside
    its circle), and somebody who does not hold one of its seats.
    """
    made, notices = write_action(
        by=by, item=item, text=text, agency=agency, responsible=responsible, due_on=due_on, said=said
    )
    deliver(notices, topics_of(made.item.meeting, made.item, PART))
    return made


def write_action(
    *,
    by: Hat,
    item: AgendaItem,
    text: str,
    agency: Agency,
    responsible: Membership | None,
    due_on: date,
    said: TableText | None = None,
) -> tuple[ActionItem, list[Notice]]:
    """The same for a verb that delivers by itself: returns its notices. Call it inside an action."""
    meeting = writable(by, item, said)
    _check_agency(meeting, item, agency, responsible)
    made = ActionItem.objects.create(
        item=item,
        author=author_of(by),
        text=text,
        agency=agency,
        responsible=responsible,
        due_on=due_on,
        said=said,
        **hat_fields(by),
    )
    write_act(meeting, item, "add_action", by=by)
    return made, [_given(by, meeting, made)]


def _check_agency(meeting: Meeting, item: AgendaItem, agency: Agency, responsible: Membership | None) -> None:
    agencies = circle_agencies(item) if item.kind == ItemKind.CASE else set(seated_agencies(meeting))
    if agency.pk not in agencies:
        raise NotAllowed(f"{agency.name} är inte med på punkten, så den kan inte få uppgiften.")
    if responsible is None:
        return
    if responsible.agency_id != agency.pk or not can_be_responsible(meeting, item).filter(pk=responsible.pk).exists():
        raise NotAllowed(f"Den personen har ingen plats för {agency.name}. Välj någon annan, eller bara myndigheten.")


def _given(by: Hat, meeting: Meeting, made: ActionItem) -> Notice:
    """To whoever it was given to; with nobody named to all who hold the agency's seats and can read it."""
    told = [made.responsible_id] if made.responsible_id else []
    if not told:
        holders = can_be_responsible(meeting, made.item).filter(agency=made.agency)
        told = list(holders.values_list("pk", flat=True))
    return replace(notice_of("meeting.action_given", meeting, told, by=by), acting_agency=None)


# ---------- changed while the minutes are a draft ----------
@action
def change_action(
    *, by: Hat, action_item: ActionItem, text: str, agency: Agency, responsible: Membership | None, due_on: date
) -> None:
    """Write an action anew while its minutes are a draft. Tells whoever it is newly given to.

    Refuses whoever is neither of its author's agency nor arranges the meeting, and what was laid on the table.
    """
    meeting, found = _rewritable(by, action_item)
    if found.item.kind == ItemKind.CASE:
        raise NotAllowed("Det som är lagt på bordet ändras inte. Stryk uppgiften och skriv en ny.")
    if found.state != ActionState.OPEN:
        raise SomebodyWasFaster(FASTER)
    _check_agency(meeting, found.item, agency, responsible)
    moved = (found.agency_id, found.responsible_id) != (agency.pk, responsible.pk if responsible else None)
    before = found.agency
    found.text, found.agency, found.responsible, found.due_on = text, agency, responsible, due_on
    found.save(update_fields=["text", "agency", "responsible", "due_on"])
    _clear_given(meeting, before)
    write_act(meeting, found.item, "change_action", by=by)
    deliver([_given(by, meeting, found)] if moved else [], topics_of(meeting, found.item, PART))


def _rewritable(by: Hat, action_item: ActionItem) -> tuple[Meeting, ActionItem]:
    meeting = lock_meeting(action_item.item.meeting)
    check_rewriting(by, meeting, action_item)
    found = ActionItem.objects.select_related("item__meeting", "item__case").get(pk=action_item.pk)
    return meeting, found


# ---------- done ----------
@action
def close_action(*, by: Hat, action_item: ActionItem) -> None:
    """An action is done. What came back on a planned agenda for its sake goes again, if nobody has touched it.

    Writes the history (of a case the audit alone), hints at those who see the item and at the agenda that changed.
    Tells nobody: the list shows it. Refuses whoever is neither of the agency it was given to nor arranges the meetings;
    `SomebodyWasFaster` where it is no longer open.
    """
    _end(by, action_item, "close_action", state=ActionState.DONE, closed_at=timezone.now())


@action
def drop_action(*, by: Hat, action_item: ActionItem, reason: str) -> None:
    """An action is not to be done any more, with the reason. Under a case no reason is kept: it could tell of a person.

    Otherwise as `close_action`.
    """
    kept = "" if action_item.item.kind == ItemKind.CASE else reason
    _end(by, action_item, "drop_action", state=ActionState.DROPPED, closed_at=timezone.now(), reason=kept)


def _end(by: Hat, action_item: ActionItem, verb: str, **fields: Any) -> None:
    meeting = _move(by, action_item, verb, {ActionState.OPEN}, **fields)
    _clear_given(meeting, action_item.agency)
    hints = topics_of(meeting, action_item.item, PART)
    deliver([], [*hints, *_agenda_hints(take_away_settled(meeting.group))])


def _clear_given(meeting: Meeting, agency: Agency) -> None:
    """Nobody at the agency is asked for an action of the meeting any longer, where none of its own is open. A notice
    names the meeting and not which action, so while one is open it stays."""
    if not ActionItem.objects.filter(item__meeting=meeting, agency=agency, state=ActionState.OPEN).exists():
        members = Membership.objects.filter(agency=agency).values_list("pk", flat=True)
        clear_notices(kinds=["meeting.action_given"], object_id=meeting.pk, memberships=members)


@action
def reopen_action(*, by: Hat, action_item: ActionItem) -> None:
    """Undo: an action that was done or dropped is open again, and its item comes back at the next meeting.

    Otherwise as `close_action`.
    """
    closed = {ActionState.DONE, ActionState.DROPPED}
    meeting = _move(by, action_item, "reopen_action", closed, state=ActionState.OPEN, closed_at=None, reason="")
    last = Meeting.objects.filter(group=meeting.group_id, state=MeetingState.HELD).order_by("-starts_at", "-pk").first()
    changed = carry_on(last) if last else []
    deliver([], [*topics_of(meeting, action_item.item, PART), *_agenda_hints(changed)])


def _move(by: Hat, action_item: ActionItem, verb: str, sources: set[ActionState], **fields: Any) -> Meeting:
    meeting = lock_meeting(action_item.item.meeting)
    if not can_close(by, action_item):
        raise NotAllowed(f"Det är {action_item.agency.name}, eller den som ordnar mötet, som säger när den är klar.")
    if not ActionItem.objects.filter(pk=action_item.pk, state__in=sources).update(**fields):
        raise SomebodyWasFaster(FASTER)
    write_act(meeting, action_item.item, verb, by=by)
    return meeting


def _agenda_hints(meetings: list[Meeting]) -> list[tuple[str, Hint]]:
    return [hint for meeting in meetings for hint in topics_of(meeting, None, "agenda")]
