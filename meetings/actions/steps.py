"""What every verb of a meeting keeps: the lock, the table, the history, the audit row, the hints (house.md 4)."""

from collections.abc import Iterable

from django.db.models import F
from django.utils import timezone

from meetings.models import AgendaItem, Case, Meeting, MeetingEvent
from meetings.queries import sides_of
from meetings.queries.deadlines import AGENDA_DUE, PAPERS_DUE, PROPOSALS_DUE
from meetings.rules import can_lead, hat_fields, is_arranger
from meetings.states import GroupKind, MeetingState, MeetingVerb, Side, transition_of
from notifications.actions import Notice, clear_notices, close_notices
from workspace.actions import record_act
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.live import Hint, changed
from workspace.models import Agency, Membership
from workspace.rules import Hat
from workspace.states import AuditAct
from workspace.swedish import say_date

FASTER = "Någon hann före. Så här ser det ut nu."
CALLS = ("meeting.called", "meeting.deputy_asked", "meeting.moved")  # what asks somebody whether they come
OVER = {MeetingState.HELD, MeetingState.CANCELLED, MeetingState.NOT_HELD}
REMINDED = (PROPOSALS_DUE, AGENDA_DUE, PAPERS_DUE)  # what is said backwards from a steering group's meeting


def lock_meeting(meeting: Meeting) -> Meeting:
    """The meeting as it is now, locked. After the participant and the consent rows, before the counters."""
    return (
        Meeting.objects.select_for_update(of=("self",))
        .select_related(
            "group__cooperation", "joined_group", "current_item", "pen__member__user", "pen__role__user", "series"
        )
        .get(pk=meeting.pk)
    )


def require_arranger(by: Hat, meeting: Meeting) -> None:
    if not is_arranger(by, meeting.group):
        raise NotAllowed("Det är ordföranden, sekreteraren och samordnaren som ordnar mötet.")


def require_leader(by: Hat, meeting: Meeting) -> None:
    if not can_lead(by, meeting):
        raise NotAllowed("Det är den som leder mötet eller har pennan som gör det. Du kan ta över pennan.")


def step(meeting: Meeting, verb: MeetingVerb, *, by: Hat | None, text: str = "") -> None:
    """Move a locked meeting by the table and write its history and audit row.

    What is over asks nobody any longer whether they come.

    Refuses a hat that is not on the side the table names, and `SomebodyWasFaster` where the meeting no longer is where
    the page thought. `by` None is the clock.
    """
    row = transition_of(meeting.state, verb)
    if row is None:
        raise SomebodyWasFaster(FASTER)
    if by is not None and row.side == Side.ARRANGER:
        require_arranger(by, meeting)
    if by is not None and row.side == Side.LEADER:
        require_leader(by, meeting)
    target = row.target or MeetingState(meeting.state)
    if not Meeting.objects.filter(pk=meeting.pk, state=meeting.state).update(state=target):
        raise SomebodyWasFaster(FASTER)
    meeting.state = target
    if verb != MeetingVerb.MOVE and meeting.group.kind == GroupKind.STEERING:
        # Sent, begun or called off: nobody is to be reminded of what is done, or too late, any longer.
        close_reminders(meeting, *([AGENDA_DUE] if verb == MeetingVerb.CALL else REMINDED))
    if target in OVER:
        clear_notices(kinds=(*CALLS, "meeting.started"), object_id=meeting.pk)
        for case in Case.objects.filter(item__meeting=meeting):
            clear_notices(kinds=["case.cut_short"], object_id=case.pk)
    write_event(meeting, verb, by=by, text=text)


def close_reminders(meeting: Meeting, *kinds: str) -> None:
    """Take reminders of a meeting's deadlines away from all who were given them. One statement for each kind."""
    for kind in kinds:
        close_notices(kind_prefix=kind, object_id=meeting.pk)


def write_event(meeting: Meeting, verb: str, *, by: Hat | None, text: str = "") -> None:
    """One row of the meeting's history and one audit row. Neither names a person that a case is about."""
    MeetingEvent.objects.create(meeting=meeting, verb=verb, text=text, at=timezone.now(), **hat_fields(by))
    record_act(by=by, act=AuditAct.WRITE, what=f"meeting.{verb}", object_id=meeting.pk)


def topics_of(meeting: Meeting, item: AgendaItem | None = None, part: str = "") -> list[tuple[str, Hint]]:
    """The hints that a meeting has changed, to everybody who may hear of it; under a case item only to its circle.

    `part` names the regions of the room that show it, so that the others stay as they are.
    """
    return [changed("meeting", meeting.pk, side, part) for side in sides_of(meeting, item)]


def notice_of(kind: str, meeting: Meeting, recipients: Iterable[int], *, by: Hat | None = None) -> Notice:
    """A notice about a meeting: named by its day, since a meeting has no number. Never to who acts.

    `recipients` are memberships. The acting agency is the member's; a role and the system have none.
    """
    agency: Agency | None = by.agency if isinstance(by, Membership) else None
    told = frozenset(recipients) - ({by.pk} if isinstance(by, Membership) else set())
    number = say_date(timezone.localdate(meeting.starts_at))
    return Notice(kind, number, meeting.pk, agency, told)


def next_position(meeting: Meeting) -> int:
    """A position after every item of the meeting."""
    last = AgendaItem.objects.filter(meeting=meeting).order_by("-position").values_list("position", flat=True).first()
    return (last or 0) + 1


def make_room_at(meeting: Meeting, position: int) -> None:
    """Move the items from a position on one step down. Call it with the meeting locked."""
    AgendaItem.objects.filter(meeting=meeting, position__gte=position).update(position=F("position") + 1)
