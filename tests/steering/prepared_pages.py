"""What the tests of a prepared agenda share: its addresses, its words, and things to be found on it."""

import re
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from meetings.models import ActionItem, AgendaItem, Attendance, Decision, Group, GroupSeat, Meeting
from meetings.states import ActionState, DecisionState, ItemKind, MeetingState
from referrals.models import Referral
from tests.cast import Cast
from tests.meetings.cast import in_days, make_item
from workspace.models import Membership

START = "/styrgrupp/"


def address(meeting: Meeting, item: AgendaItem | None = None) -> str:
    return f"/moten/{meeting.pk}/underlag/" + (f"{item.pk}/" if item else "")


def item_of(meeting: Meeting, kind: ItemKind) -> AgendaItem:
    return AgendaItem.objects.get(meeting=meeting, kind=kind)


def words(client: Client, path: str) -> str:
    """The page's own text, without the frame around it."""
    got = client.get(path)
    assert got.status_code == 200, (path, got.status_code)
    return text_of(got.content.decode().partition("<main")[2].partition("</main>")[0])


def text_of(markup: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", markup)).strip()


def part(client: Client, meeting: Meeting, kind: ItemKind) -> str:
    """What stands under an item on the whole page."""
    body = client.get(address(meeting)).content.decode()
    found = body.partition(f'id="punkt-{item_of(meeting, kind).pk}"')[2].partition("</section>")[0]
    assert found
    return text_of(f"<section {found}")


def held(
    group: Group, days_ago: int = 30, *there: tuple[Membership, GroupSeat], joined: Group | None = None
) -> Meeting:
    """A meeting that was held that many days ago, and who was there."""
    at = timezone.now() - timedelta(days=days_ago)
    meeting = Meeting.objects.create(
        group=group,
        joined_group=joined,
        starts_at=at,
        ends_at=at + timedelta(hours=2),
        started_at=at,
        finished_at=at + timedelta(hours=2),
        state=MeetingState.HELD,
    )
    for member, seat in there:
        Attendance.objects.create(meeting=meeting, member=member, seat=seat, present_how="ticked", present_at=at)
    return meeting


def action(meeting: Meeting, cast: Cast, text: str, *, due: int, **fields: Any) -> ActionItem:
    """Something to be done by the psychiatry, due that many days from today."""
    item = AgendaItem.objects.filter(meeting=meeting).exclude(kind=ItemKind.CASE).first() or make_item(meeting)
    return ActionItem.objects.create(
        item=item,
        author=cast.soc.agency,
        member=cast.soc,
        text=text,
        agency=cast.psyk.agency,
        due_on=timezone.localdate() + timedelta(days=due),
        **fields,
    )


def done(row: ActionItem, state: ActionState = ActionState.DONE, reason: str = "") -> None:
    ActionItem.objects.filter(pk=row.pk).update(state=state, reason=reason, closed_at=timezone.now())


def decision(meeting: Meeting, text: str, *, due: int | None = None, **fields: Any) -> Decision:
    """A decision of a held meeting; followed where it has a day. `fields`: owner or owner_role."""
    item = AgendaItem.objects.filter(meeting=meeting).exclude(kind=ItemKind.CASE).first() or make_item(meeting)
    return Decision.objects.create(
        item=item,
        text=text,
        state=DecisionState.STANDS if due is None else DecisionState.OPEN,
        due_on=None if due is None else timezone.localdate() + timedelta(days=due),
        **fields,
    )


def disputed(referral: Referral, days: int) -> None:
    Referral.objects.filter(pk=referral.pk).update(disputed_at=in_days(-days))
