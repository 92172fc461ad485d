"""The agenda's verbs: items are put on it, changed, ordered, taken off, and somebody is invited to one of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from meetings.actions.standing import (
    PREPARED,
    as_item,
    end_of_section,
    fitting_section,
    keep_from_last,
    put_in_order,
    refuse_last,
)
from meetings.actions.steps import lock_meeting, notice_of, require_arranger, topics_of, write_event
from meetings.models import AgendaItem, ItemGuest, Meeting, Proposal
from meetings.queries.agenda import can_be_invited, can_be_prepared, can_change_agenda, holds_a_seat
from meetings.rules import can_change_content
from meetings.states import ItemKind, MeetingState, ProposalState, Purpose, Section
from notifications.actions import close_notices, deliver
from workspace.actions import action
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import CooperationRole, Membership
from workspace.rules import Hat

MOST_ITEMS = 200
PART = "agenda"
GONE = "Punkten finns inte kvar på dagordningen. Så här ser den ut nu."
NOT_OURS = "Ett ärende ändras av myndigheten som la upp det."


@dataclass(frozen=True)
class ItemInput:
    """What is said of an item: `minutes` planned, and who presents it (neither: everybody)."""

    title: str
    section: Section
    purpose: Purpose
    minutes: int
    presenter: Membership | None = None
    presenter_role: CooperationRole | None = None


def _items(by: Hat, meeting: Meeting, *, in_draft: bool = False) -> tuple[Meeting, list[AgendaItem]]:
    """The meeting, locked, and its agenda in order, for somebody who may change it now; `in_draft`: also of a held
    meeting whose minutes are a draft."""
    locked = lock_meeting(meeting)
    require_arranger(by, locked)
    is_draft = in_draft and locked.state == MeetingState.HELD and can_change_content(locked)
    if not can_change_agenda(locked) and not is_draft:
        raise NotAllowed("Mötet är slut, så dagordningen går inte att ändra.")
    return locked, list(AgendaItem.objects.filter(meeting=locked).order_by("position", "pk"))


def _one_of(items: Sequence[AgendaItem], pk: int) -> AgendaItem:
    for item in items:
        if item.pk == pk:
            return item
    raise SomebodyWasFaster(GONE)


def _check_presenter(meeting: Meeting, data: ItemInput) -> None:
    if data.presenter is not None and not holds_a_seat(data.presenter, meeting):
        raise NotAllowed("Den som ska hålla i punkten behöver ha en plats i gruppen.")
    if data.presenter_role is not None and data.presenter_role.cooperation_id != meeting.group.cooperation_id:
        raise NotAllowed("Den samordnaren hör inte till gruppens samverkan.")


# ---------- items ----------
@action
def add_item(*, by: Hat, meeting: Meeting, data: ItemInput) -> AgendaItem:
    """Put an item last in its section; in a meeting that has begun last of all, so that nothing moves under it.

    Locks the meeting, writes the history, hints at the agenda. Tells nobody. Refuses whoever does not arrange the
    meeting, a meeting that is over, more than 200 items, a presenter without a seat, and an order that leaves gender
    equality last.
    """
    locked, items = _items(by, meeting)
    item = write_item(locked, items, data)
    if locked.state != MeetingState.IN_PROGRESS:
        refuse_last(items)
    write_event(locked, "add_item", by=by)
    deliver([], topics_of(locked, None, PART))
    return item


def write_item(meeting: Meeting, items: list[AgendaItem], data: ItemInput) -> AgendaItem:
    """An item among a locked meeting's others, for a verb that has asked who may. Refuses as `add_item`."""
    if len(items) >= MOST_ITEMS:
        raise NotAllowed(f"En dagordning har högst {MOST_ITEMS} punkter. Ta bort någon först.")
    _check_presenter(meeting, data)
    has_begun = meeting.state == MeetingState.IN_PROGRESS
    at = len(items) if has_begun else end_of_section(items, data.section)
    item = AgendaItem(
        meeting=meeting,
        section=items[-1].section if has_begun and items else data.section,
        position=0,
        title=data.title,
        purpose=data.purpose,
        minutes=data.minutes,
        presenter=data.presenter,
        presenter_role=data.presenter_role,
    )
    item.save()
    items.insert(at, item)
    put_in_order(items)
    return item


@action
def change_item(*, by: Hat, item: AgendaItem, data: ItemInput) -> None:
    """Change what is said of an item. Another section moves it to that section's end. Tells nobody.

    Refuses as `add_item`, a case (its agency changes it), and another title for gender equality, which stands and is
    never last (R15).
    """
    locked, items = _items(by, item.meeting)
    found = _one_of(items, item.pk)
    if found.kind == ItemKind.CASE:
        raise NotAllowed(NOT_OURS)
    if found.kind == ItemKind.GENDER_EQUALITY and data.title != found.title:
        raise NotAllowed("Jämställdhet är en stående punkt och behåller sitt namn.")
    if (data.presenter, data.presenter_role) != (found.presenter, found.presenter_role):
        _check_presenter(locked, data)
    if data.section != found.section:
        items.remove(found)
        found.section = data.section
        items.insert(end_of_section(items, data.section), found)
        refuse_last(items)
    found.title, found.purpose, found.minutes = data.title, data.purpose, data.minutes
    found.presenter, found.presenter_role = data.presenter, data.presenter_role
    found.save(update_fields=["section", "title", "purpose", "minutes", "presenter", "presenter_role"])
    put_in_order(items)
    write_event(locked, "change_item", by=by)
    deliver([], topics_of(locked, None, PART))


@action
def remove_item(*, by: Hat, item: AgendaItem) -> None:
    """Take an item off the agenda. A proposal it came from waits again; whoever was invited to it is not any more.

    Refuses gender equality (R15) and what would leave it last, a case, and an item that has begun or holds notes,
    decisions or actions.
    """
    locked, items = _items(by, item.meeting)
    found = _one_of(items, item.pk)
    if found.kind == ItemKind.GENDER_EQUALITY:
        raise NotAllowed("Jämställdhet står på varje dagordning. Punkten kan besvaras, men inte tas bort.")
    if found.kind == ItemKind.CASE:
        raise NotAllowed(NOT_OURS)
    written = found.note_version or found.decisions.exists() or found.actions.exists() or found.versions.exists()
    if found.started_at or written:
        raise NotAllowed("Punkten har börjat, så den kan inte tas bort.")
    guests = list(found.guests.values_list("membership", flat=True))
    hints = topics_of(locked, None, PART)  # asked before: whoever was a guest is told too
    Proposal.objects.filter(item=found).update(state=ProposalState.WAITING, item=None)
    items.remove(found)
    refuse_last(items)
    found.delete()
    _close_invitations(locked, guests)
    put_in_order(items)
    write_event(locked, "remove_item", by=by)
    deliver([], hints)


# ---------- what the product prepares ----------
@action
def restore_standing(*, by: Hat, meeting: Meeting) -> AgendaItem:
    """Put gender equality back on an agenda that has lost it (R15). Otherwise as `add_prepared`.

    Also of a held meeting while its minutes are a draft: they are not sent without it.
    """
    return add_prepared(by=by, meeting=meeting, kind=ItemKind.GENDER_EQUALITY)


@action
def add_prepared(*, by: Hat, meeting: Meeting, kind: ItemKind) -> AgendaItem:
    """Put an item that the product prepares at the end of the follow-up, once; again gives the one that stands there.

    Locks the meeting, writes the history, hints at the agenda. Tells nobody. Never so that gender equality is last.
    Refuses whoever does not arrange the meeting, a meeting that is over, a full agenda, and a kind that is not
    prepared for the group (gender equality and the actions are for all, the rest for a steering group; R93).
    """
    locked, items = _items(by, meeting, in_draft=kind == ItemKind.GENDER_EQUALITY)
    if kind not in can_be_prepared(locked.group):
        raise NotAllowed("Den punkten förbereds inte för den här gruppen.")
    there = next((item for item in items if item.kind == kind), None)
    if there is not None:
        return there
    if len(items) >= MOST_ITEMS:
        raise NotAllowed(f"En dagordning har högst {MOST_ITEMS} punkter. Ta bort någon först.")
    item = as_item(PREPARED[kind], locked)
    items.insert(end_of_section(items, item.section), item)
    keep_from_last(items)
    item.save()
    put_in_order(items)
    write_event(locked, "add_prepared", by=by)
    deliver([], topics_of(locked, None, PART))
    return item


# ---------- order ----------
@action
def move_item(*, by: Hat, item: AgendaItem, up: bool) -> None:
    """Move an item one step. At the end of the agenda nothing happens. Refuses as `place_item`."""
    locked, items = _items(by, item.meeting)
    found = _one_of(items, item.pk)
    at = items.index(found) + (-1 if up else 1)
    if 0 <= at < len(items):
        _place(by, locked, items, found, at)


@action
def place_item(*, by: Hat, item: AgendaItem, after: int | None) -> None:
    """Move an item to straight after another (its number), or first. A case may be moved: its place is known to all.

    Its section follows where it lands, so that the sections keep their order. Locks the meeting, writes the history,
    hints at the agenda, tells nobody. Refuses whoever does not arrange it, a meeting that is over, and an order that
    leaves gender equality last (R15).
    """
    locked, items = _items(by, item.meeting)
    found = _one_of(items, item.pk)
    others = [other for other in items if other is not found]
    at = 0 if after is None else others.index(_one_of(others, after)) + 1
    if items.index(found) != at:
        _place(by, locked, items, found, at)


def _place(by: Hat, meeting: Meeting, items: list[AgendaItem], item: AgendaItem, at: int) -> None:
    items.remove(item)
    items.insert(at, item)
    refuse_last(items)
    section = fitting_section(
        item.section, [other.section for other in items[:at]], [o.section for o in items[at + 1 :]]
    )
    if section != item.section:
        item.section = section
        item.save(update_fields=["section"])
    put_in_order(items)
    write_event(meeting, "move_item", by=by)
    deliver([], topics_of(meeting, None, PART))


# ---------- guests ----------
@action
def invite_to_item(*, by: Hat, item: AgendaItem, membership: Membership) -> ItemGuest:
    """Invite somebody of the cooperation's agencies to one item, and to nothing else of the meeting (R3, R25).

    Writes the history, tells that person, hints at the agenda. Once: again gives the same row. Refuses whoever does
    not arrange the meeting, a meeting that is over, a case (its agency chooses the circle), somebody outside the
    cooperation, and somebody who has a seat already.
    """
    locked, items = _items(by, item.meeting)
    found = _one_of(items, item.pk)
    if found.kind == ItemKind.CASE:
        raise NotAllowed(NOT_OURS)
    if not can_be_invited(locked).filter(pk=membership.pk).exists():
        raise NotAllowed("Den personen går inte att bjuda in: antingen med i gruppen redan, eller utanför samverkan.")
    guest, is_new = ItemGuest.objects.get_or_create(item=found, membership=membership)
    if is_new:
        write_event(locked, "invite_to_item", by=by)
        told = replace(notice_of("meeting.invited_to_item", locked, [membership.pk], by=by), acting_agency=None)
        deliver([told], topics_of(locked, None, PART))
    return guest


@action
def take_back_invitation(*, by: Hat, guest: ItemGuest) -> None:
    """Somebody is not invited to an item any more: the page and the notice go. Refuses as `invite_to_item`."""
    locked, items = _items(by, guest.item.meeting)
    found = _one_of(items, guest.item_id)
    if found.kind == ItemKind.CASE:
        raise NotAllowed(NOT_OURS)
    hints = topics_of(locked, None, PART)
    if ItemGuest.objects.filter(pk=guest.pk).delete()[0]:
        _close_invitations(locked, [guest.membership_id])
        write_event(locked, "take_back_guest", by=by)
        deliver([], hints)


def _close_invitations(meeting: Meeting, memberships: Sequence[int]) -> None:
    """Take the notice away from those who are guests of no other item of the meeting."""
    still = ItemGuest.objects.filter(item__meeting=meeting, membership__in=memberships)
    gone = set(memberships) - set(still.values_list("membership", flat=True))
    close_notices(kind_prefix="meeting.", object_id=meeting.pk, memberships=gone)
