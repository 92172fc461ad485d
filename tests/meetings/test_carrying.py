"""What comes back at the next meeting, once, and what does not (4minitz's rule)."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from meetings.actions import follow_up
from meetings.actions.carrying import carry_on
from meetings.actions.room import finish_meeting
from meetings.models import ActionItem, AgendaItem, Meeting, TemplateItem
from meetings.states import ActionState, ItemKind, MeetingState, Section
from tests.meetings.cast import Room, make_item, make_meeting, put_in
from tests.meetings.minutes_stage import make_case

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
S = MeetingState


def talked(item: AgendaItem, **fields: Any) -> AgendaItem:
    """An item that the meeting has had time for."""
    now = timezone.now()
    AgendaItem.objects.filter(pk=item.pk).update(started_at=now, ended_at=now, **fields)
    item.refresh_from_db()
    return item


def action_on(room: Room, item: AgendaItem, **fields: Any) -> ActionItem:
    fields = {"agency": room.cast.psyk.agency, "due_on": timezone.localdate(), "text": "Ring"} | fields
    return ActionItem.objects.create(item=item, member=room.cast.soc, author=room.cast.soc.agency, **fields)


def held(room: Room) -> Meeting:
    """The meeting is over, and everything on its own agenda has been talked about."""
    meeting = put_in(room.meeting, S.HELD)
    for item in AgendaItem.objects.filter(meeting=meeting):
        talked(item)
    return meeting


def came(meeting: Meeting) -> list[str]:
    found = AgendaItem.objects.filter(meeting=meeting, carried_from__isnull=False).order_by("position")
    return list(found.values_list("title", flat=True))


def test_an_item_with_an_open_action_comes_back_as_it_was_with_an_empty_note(room: Room) -> None:
    item = talked(make_item(held(room)), note="Vi sa mycket.", note_version=3, presenter=room.cast.fk)
    action_on(room, item)
    again = make_meeting(room.group, days=30).items.get(carried_from=item)
    assert (again.title, again.section, again.purpose, again.minutes, again.presenter) == (
        item.title, item.section, item.purpose, item.minutes, room.cast.fk,
    )  # fmt: skip
    assert (again.note, again.note_version, again.started_at) == ("", 0, None)
    order = list(again.meeting.items.values_list("section", flat=True))
    assert order == sorted(order, key=list(Section).index)
    assert list(again.meeting.items.values_list("position", flat=True)) == [1, 2, 3, 4, 5]


def test_what_there_was_no_time_for_comes_back_and_what_is_settled_does_not(room: Room) -> None:
    meeting = held(room)
    make_item(meeting, "Hanns inte med")
    talked(make_item(meeting, "Talat om"))
    done = talked(make_item(meeting, "Allt klart"))
    action_on(room, done, state=ActionState.DONE)
    action_on(room, done, state=ActionState.DROPPED)
    assert came(make_meeting(room.group, days=30)) == ["Hanns inte med"]


def test_neither_a_case_nor_what_stands_there_anyway_comes_back(room: Room) -> None:
    meeting = held(room)
    make_case(room, meeting)
    for item in AgendaItem.objects.filter(meeting=meeting, kind=ItemKind.ORDINARY, title="Nästa möte"):
        AgendaItem.objects.filter(pk=item.pk).update(started_at=None, ended_at=None)
    for kind in (ItemKind.GENDER_EQUALITY, ItemKind.ACTION_REVIEW):
        action_on(room, AgendaItem.objects.get(meeting=meeting, kind=kind))
    make_item(meeting, "RUNDA: nytt sedan sist")
    TemplateItem.objects.filter(group=room.group, title="Nästa möte").update(title="Nästa Möte")
    assert came(make_meeting(room.group, days=30)) == []


def test_it_comes_back_once_however_often_it_is_asked(room: Room) -> None:
    meeting = held(room)
    make_item(meeting)
    following = make_meeting(room.group, days=30)
    for _ in range(3):
        carry_on(meeting)
    make_meeting(room.group, days=60)
    assert AgendaItem.objects.filter(carried_from__isnull=False).count() == 1 and len(came(following)) == 1


def test_it_comes_back_for_as_long_as_the_action_is_open(room: Room) -> None:
    first = talked(make_item(held(room)))
    action = action_on(room, first)
    for days in (30, 60, 90):
        Meeting.objects.filter(state=S.HELD).update(starts_at=timezone.now() - timedelta(days=400 - days))
        following = make_meeting(room.group, days=days)
        assert came(following) == [first.title]
        put_in(following, S.HELD)
        Meeting.objects.filter(pk=following.pk).update(starts_at=timezone.now() - timedelta(days=300 - days))
        for item in following.items.all():
            talked(item)
    follow_up.close_action(by=room.cast.psyk, action_item=action)
    assert came(make_meeting(room.group, days=120)) == []


def test_what_went_to_a_meeting_that_was_called_off_comes_at_the_one_after(room: Room) -> None:
    meeting = held(room)
    make_item(meeting)
    called_off, after = make_meeting(room.group, days=30), make_meeting(room.group, days=60)
    assert (len(came(called_off)), len(came(after))) == (1, 0)
    put_in(called_off, S.CANCELLED)
    assert [found.pk for found in carry_on(called_off)] == [after.pk]
    assert len(came(after)) == 1


def test_a_meeting_opened_before_the_last_one_ended_is_filled_when_it_ends(room: Room) -> None:
    following = make_meeting(room.group, days=30)
    meeting = put_in(room.meeting, S.IN_PROGRESS)
    make_item(meeting, "Hanns inte med")
    assert came(following) == []
    AgendaItem.objects.filter(meeting=meeting, kind=ItemKind.GENDER_EQUALITY).update(gender_answer="no_deviation")
    finish_meeting(by=room.cast.soc, meeting=meeting)
    assert came(following) == ["Hanns inte med"]


def test_another_groups_meeting_gets_nothing(room: Room) -> None:
    make_item(held(room))
    other = type(room.group).objects.create(cooperation=room.cast.cooperation, kind="project", name="En annan")
    assert came(make_meeting(other, days=30)) == []


# ---------- settled before the meeting ----------
def test_when_the_last_action_is_done_an_untouched_item_goes_from_a_planned_meeting(room: Room) -> None:
    item = talked(make_item(held(room)))
    one, two = action_on(room, item), action_on(room, item)
    following = make_meeting(room.group, days=30)
    follow_up.close_action(by=room.cast.psyk, action_item=one)
    assert came(following) == [item.title]
    follow_up.drop_action(by=room.cast.psyk, action_item=two, reason="Behövs inte.")
    assert came(following) == []
    assert list(following.items.values_list("position", flat=True)) == [1, 2, 3, 4]
    follow_up.reopen_action(by=room.cast.psyk, action_item=two)
    assert came(following) == [item.title]


@pytest.mark.parametrize("touch", ["title", "called", "guest", "no_time"])
def test_what_somebody_has_touched_or_read_stays(room: Room, touch: str) -> None:
    item = make_item(held(room))
    if touch != "no_time":
        talked(item)
    action = action_on(room, item)
    following = make_meeting(room.group, days=30)
    again = following.items.get(carried_from=item)
    if touch == "title":
        AgendaItem.objects.filter(pk=again.pk).update(title="Skrivet om")
    elif touch == "called":
        put_in(following, S.CALLED)
    elif touch == "guest":
        again.guests.create(membership=room.cast.psyk_manager)
    follow_up.close_action(by=room.cast.psyk, action_item=action)
    assert len(came(following)) == 1


def test_a_full_agenda_takes_no_more(room: Room) -> None:
    meeting = held(room)
    AgendaItem.objects.bulk_create(
        AgendaItem(meeting=meeting, position=at, title=f"Punkt {at}") for at in range(5, 215)
    )
    assert make_meeting(room.group, days=30).items.count() == 200
