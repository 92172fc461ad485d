"""Decisions and actions: made in the meeting, by one agency each; actions are then done, dropped or taken up again."""

from dataclasses import replace
from datetime import date
from typing import Any

from django.utils import timezone

from meetings.actions.carrying import carry_on, take_away_settled
from meetings.actions.steps import FASTER, lock_meeting, notice_of, topics_of, write_event
from meetings.models import ActionItem, AgendaItem, Decision, Meeting, TableText
from meetings.queries import attends
from meetings.queries.follow_up import can_be_responsible, can_close, can_rewrite, seated_agencies
from meetings.queries.meetings import circle_agencies
from meetings.rules import can_change_content, hat_fields
from meetings.states import ActionState, ItemKind, MeetingState
from notifications.actions import Notice, deliver
from workspace.actions import action, record_act
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.live import Hint
from workspace.models import Agency, Membership
from workspace.rules import Hat
from workspace.states import AuditAct

PART = "outcomes"
FROZEN = "Anteckningarna är skickade för justering. Det som står i dem ändras genom en rättelse."
WRITING = {MeetingState.IN_PROGRESS, MeetingState.HELD}


# ---------- made in the meeting ----------
def _writable(by: Hat, item: AgendaItem, said: TableText | None) -> Meeting:
    """The meeting of an item this hat may write under, locked."""
    meeting = lock_meeting(item.meeting)
    if attends(by, meeting, item).access == "outside":
        raise NotAllowed("Din myndighet är inte med på den här punkten.")
    if meeting.state not in WRITING:
        raise NotAllowed("Mötet har inte börjat. Beslut och uppgifter skrivs när punkten tas upp.")
    if not can_change_content(meeting):
        raise NotAllowed(FROZEN)
    if item.kind == ItemKind.CASE and said is None:
        raise NotAllowed("Det som sägs om en person läggs på bordet, så att det är klart vem som får läsa det.")
    return meeting


def _write(meeting: Meeting, item: AgendaItem, verb: str, *, by: Hat) -> None:
    """The history and the audit. Of a case the audit alone: all who are called read the meeting's history, and that
    something happens under a case is itself news, which only its circle may have."""
    if item.kind != ItemKind.CASE:
        write_event(meeting, verb, by=by)
        return
    what, person = f"meeting.{verb}", item.case.participant_id
    record_act(by=by, act=AuditAct.WRITE, what=what, object_id=meeting.pk, participant_id=person)


def _author(by: Hat) -> Agency | None:
    return by.agency if isinstance(by, Membership) else None


@action
def add_decision(*, by: Hat, item: AgendaItem, text: str, said: TableText | None = None) -> Decision:
    """Write down what was decided under an item, in the agency's name (a coordinator's has none).

    Locks the meeting, writes the history, hints at those who see the item. Tells nobody: they are there. `said` is
    what was laid on the table, and only under a case. Refuses somebody outside the item, a meeting that has not begun,
    and minutes that are on their way.
    """
    decision = write_decision(by=by, item=item, text=text, said=said)
    deliver([], topics_of(decision.item.meeting, decision.item, PART))
    return decision


def write_decision(*, by: Hat, item: AgendaItem, text: str, said: TableText | None = None) -> Decision:
    """The same for a verb that delivers by itself. Call it inside an action."""
    meeting = _writable(by, item, said)
    decision = Decision.objects.create(item=item, agency=_author(by), text=text, said=said, **hat_fields(by))
    _write(meeting, item, "add_decision", by=by)
    return decision


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
    meeting = _writable(by, item, said)
    _check_agency(meeting, item, agency, responsible)
    made = ActionItem.objects.create(
        item=item,
        author=_author(by),
        text=text,
        agency=agency,
        responsible=responsible,
        due_on=due_on,
        said=said,
        **hat_fields(by),
    )
    _write(meeting, item, "add_action", by=by)
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
    found.text, found.agency, found.responsible, found.due_on = text, agency, responsible, due_on
    found.save(update_fields=["text", "agency", "responsible", "due_on"])
    _write(meeting, found.item, "change_action", by=by)
    deliver([_given(by, meeting, found)] if moved else [], topics_of(meeting, found.item, PART))


@action
def remove_decision(*, by: Hat, decision: Decision) -> None:
    """Take away a decision that was written wrongly, while the minutes are a draft. What lies on the table stays there.

    Refuses whoever is neither of its agency nor (outside cases) arranges the meeting.
    """
    meeting = lock_meeting(decision.item.meeting)
    _check_rewriting(by, meeting, decision)
    if not Decision.objects.filter(pk=decision.pk).delete()[0]:
        raise SomebodyWasFaster(FASTER)
    _write(meeting, decision.item, "remove_decision", by=by)
    deliver([], topics_of(meeting, decision.item, PART))


def _rewritable(by: Hat, action_item: ActionItem) -> tuple[Meeting, ActionItem]:
    meeting = lock_meeting(action_item.item.meeting)
    _check_rewriting(by, meeting, action_item)
    found = ActionItem.objects.select_related("item__meeting", "item__case").get(pk=action_item.pk)
    return meeting, found


def _check_rewriting(by: Hat, meeting: Meeting, row: ActionItem | Decision) -> None:
    if not can_rewrite(by, row):
        raise NotAllowed("Det är myndigheten som skrev det, eller den som ordnar mötet, som kan ändra det.")
    if not can_change_content(meeting):
        raise NotAllowed(FROZEN)


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
    hints = topics_of(meeting, action_item.item, PART)
    deliver([], [*hints, *_agenda_hints(take_away_settled(meeting.group))])


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
    _write(meeting, action_item.item, verb, by=by)
    return meeting


def _agenda_hints(meetings: list[Meeting]) -> list[tuple[str, Hint]]:
    return [hint for meeting in meetings for hint in topics_of(meeting, None, "agenda")]
