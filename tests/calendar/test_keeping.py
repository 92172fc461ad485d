"""The calendars kept as they should be: what changes an entry, what ends it, and what the feed says meanwhile."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from django_tasks.base import Task
from pytest_django.fixtures import Settings

from meetings.actions.calls import call_meeting
from meetings.actions.groups import end_group, end_holder
from meetings.actions.series import change_day, change_series, move_meeting
from meetings.calendar.actions.keeping import forget_old, keep_all, keep_lately, rewrite_texts
from meetings.calendar.models import CalendarMail, Entry, PersonalCalendar, ReceivedReply
from meetings.models import Attendance, Meeting, SeatHolder, Series
from meetings.states import Answer, MeetingState
from tests.calendar.mailbox import sent
from tests.calendar.stage import (
    TUESDAYS,
    at,
    changed,
    empty_room,
    give_addresses,
    kept,
    later,
    make_series,
    open_day,
    open_single,
    own,
    when,
)
from tests.cast import Cast
from tests.meetings.cast import Room
from tests.notifications.post import PostOffice
from workspace.front import tasks
from workspace.front.actions.absences import end_absence, register_absence

pytestmark = [pytest.mark.django_db, pytest.mark.embedded, pytest.mark.usefixtures("november")]


@pytest.fixture
def room(cast: Cast) -> Room:
    return empty_room(cast)


def versions() -> dict[str, int]:
    return dict(PersonalCalendar.objects.values_list("user__username", "version"))


def unfolded(row: Entry) -> str:
    return row.text.replace("\r\n ", "")


# ---------- one occurrence ----------
def test_a_day_moved_before_it_is_opened_is_an_occurrence_of_its_own(room: Room) -> None:
    series = make_series(room.group)
    keep_all()
    change_day(by=room.cast.soc, series=series, on=TUESDAYS[2], day=TUESDAYS[2] + timedelta(days=1))
    keep_all()
    master, child = own(room.cast.soc, instead_of=None) + own(room.cast.soc, instead_of__isnull=False)
    assert child.uid == master.uid and child.instead_of == when(TUESDAYS[2])[0]
    assert child.starts_at == when(TUESDAYS[2] + timedelta(days=1))[0] and child.meeting is None
    assert (master.sequence, child.sequence, child.time_sequence) == (0, 1, 1)
    assert "RECURRENCE-ID;TZID=Europe/Stockholm:20270119T130000" in unfolded(child)


def test_an_opened_meeting_that_is_as_the_rule_says_has_no_entry_of_its_own(room: Room) -> None:
    meeting = open_day(make_series(room.group), TUESDAYS[0], state=MeetingState.CALLED)
    assert {len(rows) for rows in kept().values()} == {1}
    starts_at, ends_at = when(TUESDAYS[0], 14, 16)
    move_meeting(by=room.cast.soc, meeting=meeting, starts_at=starts_at, ends_at=ends_at, place="Rum Älven")
    assert {len(rows) for rows in kept().values()} == {2}
    (child,) = own(room.cast.soc, instead_of__isnull=False)
    assert (child.starts_at, child.meeting_id, child.place) == (starts_at, meeting.pk, "")
    starts_at, ends_at = when(TUESDAYS[0])
    changed(meeting, starts_at=starts_at, ends_at=ends_at, place_is_neutral=True)
    keep_all()
    (same,) = own(room.cast.soc, instead_of__isnull=False)
    assert same.pk == child.pk, "what has been told apart is told apart"
    assert (same.starts_at, same.place, same.sequence) == (starts_at, "Rum Älven", child.sequence + 1)


def test_a_moved_day_that_is_opened_keeps_its_entry(room: Room) -> None:
    series = make_series(room.group)
    moved = TUESDAYS[0] + timedelta(days=1)
    change_day(by=room.cast.soc, series=series, on=TUESDAYS[0], day=moved)
    keep_all()
    before = Entry.objects.filter(instead_of__isnull=False).count()
    meeting = Meeting.objects.get(series=series)
    assert timezone.localdate(meeting.starts_at) == moved
    keep_all()
    children = Entry.objects.filter(instead_of__isnull=False)
    assert children.count() == before == 4
    assert set(children.values_list("meeting", "sequence")) == {(meeting.pk, 0)}


def test_what_one_person_declines_raises_no_sequence(room: Room) -> None:
    meeting = open_day(make_series(room.group), TUESDAYS[0], state=MeetingState.CALLED)
    changed(meeting, starts_at=when(TUESDAYS[0], 14)[0])
    keep_all()
    known = versions()
    Attendance.objects.create(meeting=meeting, member=room.cast.fk, answer=Answer.NOT_COMING)
    keep_all()
    master, child = own(room.cast.fk, instead_of=None) + own(room.cast.fk, instead_of__isnull=False)
    assert (child.text, child.sequence, master.sequence) == ("", 0, 0)
    assert "EXDATE;TZID=Europe/Stockholm:20261117T130000" in unfolded(master)
    assert versions() == known | {"fk": known["fk"] + 1}, "only the feed that says something else"


# ---------- what ends ----------
def test_a_group_that_ends_leaves_what_has_been(room: Room) -> None:
    series = make_series(room.group)
    with at(TUESDAYS[1] - timedelta(days=1)):
        open_day(series, TUESDAYS[1], state=MeetingState.CALLED)
        keep_all()
        end_group(by=room.cast.coordinator, group=room.group)
        keep_all()
        (row,) = own(room.cast.soc)
        assert "UNTIL=20261214T225900Z" in unfolded(row) and row.sequence == 1


@pytest.mark.parametrize("days", [0, 1])
def test_a_series_that_ends_after_its_first_day_ends_in_the_calendar_too(
    room: Room, post: PostOffice, days: int
) -> None:
    """Also where the clock stood still until the day after, and there is nothing left of the group."""
    give_addresses()
    make_series(room.group, to_on=None)
    sent(post)
    with at(TUESDAYS[0] + timedelta(days=2)):
        end_group(by=room.cast.coordinator, group=room.group)
    with at(TUESDAYS[0] + timedelta(days=2 + days)):
        found = sent(post)
        (row,) = own(room.cast.soc)
        assert "UNTIL=20261119T225900Z" in unfolded(row) and versions()["soc"] == 2
        assert len(found) == 4 and {one.method for one in found} == {"REQUEST"}
        for one in found:
            assert one.subject == "Avslutat återkommande möte i Samverkansrum" and "UNTIL=20261119T225900Z" in one.text
            assert "Fler gånger blir det inte." in one.body and "kl." not in one.body and "Svara" not in one.body
        assert sent(post) == []


def test_a_series_that_changes_from_today_ends_in_the_calendar_though_it_is_over(room: Room, post: PostOffice) -> None:
    give_addresses()
    series = make_series(room.group)
    first = {one.uid for one in sent(post)}
    with at(TUESDAYS[0] + timedelta(days=2)):
        plan = Series(
            weekday=3, begins=series.begins, ends=series.ends, from_on=timezone.localdate(), place="", months_off=[]
        )
        change_series(by=room.cast.soc, series=series, plan=plan, exceptions={})
        found = sent(post)
        assert len(found) == 8 and {one.method for one in found} == {"REQUEST"}
        assert all(("UNTIL=20261118T225900Z" in one.text) == (one.uid in first) for one in found)
        old, new = own(room.cast.soc)
        assert "UNTIL=20261118T225900Z" in unfolded(old) and "UNTIL" not in unfolded(new)
        assert sent(post) == []


def test_who_leaves_and_comes_back_has_the_same_row_with_a_higher_sequence(room: Room) -> None:
    make_series(room.group)
    keep_all()
    (row,) = own(room.cast.fk)
    holder = SeatHolder.objects.get(seat=room.fk_seat, membership=room.cast.fk)
    end_holder(by=room.cast.soc, holder=holder)
    keep_all()
    gone = Entry.objects.get(pk=row.pk)
    assert gone.ended_at is not None and gone.sequence == 1 and gone.text == ""
    SeatHolder.objects.filter(pk=holder.pk).update(to_on=None)
    keep_all()
    (back,) = own(room.cast.fk)
    assert (back.pk, back.uid, back.sequence) == (row.pk, row.uid, 2) and back.text


def test_a_series_that_ends_takes_its_occurrences_with_it(room: Room) -> None:
    series = make_series(room.group)
    change_day(by=room.cast.soc, series=series, on=TUESDAYS[2], day=TUESDAYS[2] + timedelta(days=1))
    keep_all()
    assert len(own(room.cast.fk)) == 2
    SeatHolder.objects.filter(membership=room.cast.fk).delete()
    keep_all()
    assert own(room.cast.fk) == []
    assert len(own(room.cast.psyk)) == 2


def test_what_has_been_is_left_alone(room: Room) -> None:
    series = make_series(room.group)
    meeting = open_day(series, TUESDAYS[0])
    changed(meeting, starts_at=when(TUESDAYS[0], 14)[0])
    keep_all()
    before = list(Entry.objects.order_by("pk").values())
    with at(TUESDAYS[0] + timedelta(days=1)):
        changed(meeting, state=MeetingState.CANCELLED, place="Annat", place_is_neutral=True)
        keep_all()
        assert list(Entry.objects.order_by("pk").values()) == before


def test_who_is_away_is_not_called_and_who_comes_back_is(room: Room) -> None:
    cast = room.cast
    meeting = open_single(room.group, TUESDAYS[0], state=MeetingState.PLANNED)
    call_meeting(by=cast.soc, meeting=meeting)
    keep_all()
    absence = register_absence(by=cast.fk, from_on=TUESDAYS[0], to_on=TUESDAYS[0])
    keep_all()
    assert own(cast.fk)[0].text == "" and own(cast.two_hats[0])[0].text, "the deputy is asked at once"
    end_absence(by=cast.fk, absence=absence)
    keep_all()
    assert own(cast.fk)[0].text and own(cast.fk)[0].sequence == 0


# ---------- when ----------
def test_what_has_just_happened_is_kept_within_a_minute_and_the_rest_by_the_sweep(room: Room) -> None:
    open_single(room.group, TUESDAYS[0])
    assert keep_lately() == 1
    assert Entry.objects.count() == 4
    Entry.objects.all().delete()
    with later(11):
        assert keep_lately() == 0
        assert keep_all() == 1
    assert Entry.objects.count() == 4


def test_a_series_and_seats_have_no_history_and_are_kept_within_a_minute_too(room: Room) -> None:
    series = make_series(room.group)
    open_day(series, TUESDAYS[0])
    with later(20):
        assert keep_lately() == 0
        change_day(by=room.cast.soc, series=series, on=TUESDAYS[2], day=TUESDAYS[2] + timedelta(days=1))
        assert keep_lately() == 1 and len(own(room.cast.fk)) == 2
    with later(40):
        assert keep_lately() == 0
        end_holder(by=room.cast.soc, holder=SeatHolder.objects.get(membership=room.cast.fk))
        assert keep_lately() == 1 and own(room.cast.fk) == []


def test_keeping_again_changes_nothing(room: Room) -> None:
    series = make_series(room.group)
    open_single(room.group, TUESDAYS[1] + timedelta(days=1))
    change_day(by=room.cast.soc, series=series, on=TUESDAYS[2], day=TUESDAYS[2] + timedelta(days=1))
    keep_all()
    before = list(Entry.objects.order_by("pk").values()), versions()
    for moment in (timezone.now() + timedelta(hours=1), when(TUESDAYS[1])[0], when(TUESDAYS[3])[0]):
        with time_machine.travel(moment, tick=False):
            keep_all()
            keep_lately()
        assert (list(Entry.objects.order_by("pk").values()), versions()) == before


def test_what_nobody_needs_is_forgotten_after_sixty_days(room: Room, post: PostOffice) -> None:
    give_addresses()
    make_series(room.group, to_on=TUESDAYS[2])
    make_series(room.group, weekday=3)  # goes on
    open_single(room.group, TUESDAYS[0])
    sent(post)
    single, series = own(room.cast.soc, series=None)[0], own(room.cast.soc, series__isnull=False)[0]
    for name, entry, outcome in (("a", single, "taken"), ("b", series, "taken"), ("c", None, "refused")):
        ReceivedReply.objects.create(digest=name, entry=entry, outcome=outcome)
    ReceivedReply.objects.create(digest="d", entry=single, outcome="waiting")
    for day, mails, replies in (
        (TUESDAYS[0] + timedelta(days=44), 12, ["a", "b", "c", "d"]),
        (TUESDAYS[0] + timedelta(days=59), 12, ["a", "b", "d"]),
        (TUESDAYS[0] + timedelta(days=61), 8, ["b", "d"]),
        (TUESDAYS[2] + timedelta(days=60), 8, ["b", "d"]),
        (TUESDAYS[2] + timedelta(days=61), 4, ["d"]),
    ):
        with at(day):
            forget_old()
        assert CalendarMail.objects.count() == mails, day
        assert sorted(ReceivedReply.objects.values_list("digest", flat=True)) == replies, day
    assert forget_old in tasks.SWEEPS


@pytest.mark.django_db(transaction=True)
def test_the_clock_runs_them(room: Room) -> None:
    assert keep_all in tasks.SWEEPS
    assert keep_lately in tasks.EACH_MINUTE
    assert isinstance(tasks.each_minute, Task)
    open_single(room.group, TUESDAYS[0])
    tasks.each_minute.call()
    assert Entry.objects.count() == 4


# ---------- the feed ----------
def test_a_reminder_is_written_into_the_whole_feed_of_one_person(room: Room) -> None:
    make_series(room.group)
    open_single(room.group, TUESDAYS[0] + timedelta(days=1))
    keep_all()
    PersonalCalendar.objects.filter(user=room.cast.soc.user).update(reminder=60)
    rewrite_texts(user=room.cast.soc.user)
    assert all("TRIGGER:-PT1H" in row.text and row.sequence == 0 for row in own(room.cast.soc))
    assert not any("VALARM" in row.text for row in own(room.cast.psyk))
    assert versions() == {"soc": 2, "psyk": 1, "fk": 1, "samordnare": 1}
    rewrite_texts(user=room.cast.soc.user)
    assert versions()["soc"] == 2
    series = make_series(room.group, weekday=3)
    keep_all()
    assert "TRIGGER:-PT1H" in own(room.cast.soc, series=series)[0].text


def test_under_a_new_address_of_the_site_every_feed_is_written_anew_once(room: Room, settings: Settings) -> None:
    make_series(room.group)
    keep_all()
    before = versions()
    settings.SITE_URL = "https://ny.exempel.se"
    keep_all()
    assert all("URL:https://ny.exempel.se/kalender/" in unfolded(row) for row in Entry.objects.all())
    assert versions() == {name: version + 1 for name, version in before.items()}
    keep_all()
    assert versions() == {name: version + 1 for name, version in before.items()}
    assert {row.sequence for row in Entry.objects.all()} == {0}
