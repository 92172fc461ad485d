"""When a calendar mail goes out, and when not: a minute's quiet, who wants none, a server that is down, two at once."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from meetings.actions.series import cancel_meeting, change_day, move_meeting
from meetings.calendar.actions.keeping import keep_all
from meetings.calendar.actions.mailing import send_calendar_mails
from meetings.calendar.models import CalendarMail, Entry, PersonalCalendar
from meetings.calendar.states import Method
from meetings.models import Attendance, Meeting, SeatHolder, Series
from meetings.states import Answer, MeetingState
from tests.calendar.mailbox import sent, stockholm, who
from tests.calendar.stage import (
    TUESDAYS,
    at,
    changed,
    empty_room,
    give_addresses,
    later,
    make_series,
    open_day,
    open_single,
    own,
    when,
)
from tests.cast import Cast
from tests.meetings.cast import Room
from tests.notifications.post import TAKEN, PostOffice, hang_up
from tests.referrals.races import at_once
from workspace.models import UserAccount
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db, pytest.mark.embedded, pytest.mark.usefixtures("november")]

GOERS = ["fk", "psyk", "samordnare", "soc"]


@pytest.fixture
def room(cast: Cast, post: PostOffice) -> Room:
    give_addresses()
    return empty_room(cast)


def move(room: Room, meeting: Meeting, hour: int) -> None:
    starts_at, ends_at = when(TUESDAYS[0], hour, hour + 1)
    fresh = Meeting.objects.get(pk=meeting.pk)
    move_meeting(by=room.cast.soc, meeting=fresh, starts_at=starts_at, ends_at=ends_at)
    keep_all()


def wants(hat: Hat, by_mail: bool) -> None:
    PersonalCalendar.objects.update_or_create(user=hat.user, defaults={"by_mail": by_mail})


# ---------- a minute ----------
def test_nothing_goes_out_before_a_minute_of_quiet(room: Room, post: PostOffice) -> None:
    open_single(room.group, TUESDAYS[0])
    assert sent(post, minutes=0.9) == []
    assert who(sent(post, minutes=1)) == GOERS


def test_changes_within_a_minute_are_one_mail_of_the_last(room: Room, post: PostOffice) -> None:
    meeting = open_single(room.group, TUESDAYS[0])
    sent(post)
    with later(10):
        for hour in (9, 10, 11):
            move(room, meeting, hour)
            assert send_calendar_mails() == 0
        found = sent(post)
    assert who(found) == GOERS
    assert {one.subject for one in found} == {"Ändrat möte i Samverkansrum tisdag 17 nov. 2026 kl. 11.00"}
    assert all(one.sequences == [3] for one in found)


def test_what_is_changed_back_within_the_minute_is_no_mail(room: Room, post: PostOffice) -> None:
    meeting = open_single(room.group, TUESDAYS[0])
    sent(post)
    changed(meeting, place="Stadshuset", place_is_neutral=True)
    keep_all()
    changed(meeting, place_is_neutral=False)
    assert sent(post) == []
    assert own(room.cast.soc)[0].sequence == own(room.cast.soc)[0].mailed == 2


def test_a_meeting_cancelled_and_restored_within_the_minute_is_no_mail(room: Room, post: PostOffice) -> None:
    meeting = open_single(room.group, TUESDAYS[0])
    sent(post)
    changed(meeting, state=MeetingState.CANCELLED)
    keep_all()
    changed(meeting, state=MeetingState.CALLED)
    assert sent(post) == []


def test_who_comes_and_goes_within_the_minute_hears_nothing(room: Room, post: PostOffice) -> None:
    meeting = open_single(room.group, TUESDAYS[0])
    keep_all()
    changed(meeting, state=MeetingState.CANCELLED)
    assert sent(post) == []
    assert not CalendarMail.objects.exists()


def test_several_days_changed_at_once_are_one_mail_of_the_whole_series(room: Room, post: PostOffice) -> None:
    series = make_series(room.group)
    sent(post)
    for on in TUESDAYS[1:3]:
        change_day(by=room.cast.soc, series=series, on=on, day=on + timedelta(days=1))
    found = sent(post)
    assert who(found) == GOERS
    for one in found:
        master, *children = one.events
        assert "rrule" in master
        assert [stockholm(child["recurrence-id"].dt) for child in children] == ["20261215T130000", "20270119T130000"]
        assert one.subject == "Ändrat möte i Samverkansrum onsdag 16 dec. 2026 kl. 13.00"


def test_a_day_waits_for_another_of_its_series_that_has_just_changed(room: Room, post: PostOffice) -> None:
    series = make_series(room.group)
    sent(post)
    change_day(by=room.cast.soc, series=series, on=TUESDAYS[1], day=TUESDAYS[1] + timedelta(days=1))
    keep_all()
    with later(0.9):
        change_day(by=room.cast.soc, series=series, on=TUESDAYS[2], day=TUESDAYS[2] + timedelta(days=1))
        assert sent(post, minutes=0.5) == []
        found = sent(post, minutes=1)
    assert who(found) == GOERS and {len(one.events) for one in found} == {3}


def test_several_days_called_off_at_once_are_one_mail(room: Room, post: PostOffice) -> None:
    series = make_series(room.group)
    sent(post)
    for on in TUESDAYS[1:3]:
        change_day(by=room.cast.soc, series=series, on=on, day=None)
    found = sent(post)
    assert who(found) == GOERS and {one.method for one in found} == {"CANCEL"}
    assert {len(one.events) for one in found} == {2}


# ---------- what is over ----------
def test_nothing_is_mailed_about_what_is_over(room: Room, post: PostOffice) -> None:
    single = open_single(room.group, TUESDAYS[0])
    keep_all()
    with at(TUESDAYS[0], 16):
        assert sent(post) == []
        changed(single, state=MeetingState.NOT_HELD)
        SeatHolder.objects.all().delete()
        assert sent(post) == []
    assert not CalendarMail.objects.exists()


def test_an_occurrence_that_was_never_held_is_not_mailed_afterwards(room: Room, post: PostOffice) -> None:
    meeting = open_day(make_series(room.group), TUESDAYS[0])
    sent(post)
    with at(TUESDAYS[1]):
        changed(meeting, state=MeetingState.NOT_HELD)
        assert sent(post) == []
    assert {row.sequence for row in Entry.objects.all()} == {0}


def test_a_mail_that_waited_until_the_meeting_was_over_is_not_sent(room: Room, post: PostOffice) -> None:
    post.stop()
    open_single(room.group, TUESDAYS[0])
    sent(post)
    post.start()
    with at(TUESDAYS[0], 16):
        assert send_calendar_mails() == 0
    assert CalendarMail.objects.filter(sent_at__isnull=True).count() == 4 and post.raw == []


# ---------- who wants none ----------
def test_who_has_turned_it_off_gets_none_until_it_is_turned_on(room: Room, post: PostOffice) -> None:
    cast = room.cast
    wants(cast.soc, False)
    meeting, gone = open_single(room.group, TUESDAYS[0]), open_single(room.group, TUESDAYS[1])
    assert set(who(sent(post))) == set(GOERS) - {"soc"}
    changed(gone, state=MeetingState.CANCELLED)
    sent(post)
    assert not CalendarMail.objects.filter(user=cast.soc.user).exists()
    wants(cast.soc, True)
    (one,) = sent(post)
    assert (one.to, one.method) == ("soc@exempel.se", "REQUEST"), "never what was never told taken back"
    assert one.subject == "Möte i Samverkansrum tisdag 17 nov. 2026 kl. 13.00"
    wants(cast.soc, False)
    move(room, meeting, 10)
    assert {(*who([one]), one.method) for one in sent(post)} == {
        (name, "CANCEL" if name == "soc" else "REQUEST") for name in GOERS
    }
    wants(cast.soc, True)
    (one,) = sent(post)
    assert one.subject == "Möte i Samverkansrum tisdag 17 nov. 2026 kl. 10.00"


@pytest.mark.parametrize("email", ["", "soc@exempel.se\r\nBcc: tjuv@exempel.se", "soc, tjuv@exempel.se", "x"])
def test_without_an_address_nothing_is_written_until_there_is_one(room: Room, post: PostOffice, email: str) -> None:
    open_single(room.group, TUESDAYS[0])
    UserAccount.objects.filter(pk=room.cast.soc.user_id).update(email=email)
    assert set(who(sent(post))) == set(GOERS) - {"soc"}
    assert not CalendarMail.objects.filter(user=room.cast.soc.user_id).exists()
    give_addresses()
    assert who(sent(post)) == ["soc"]


def test_a_closed_account_gets_none_and_an_outsider_never(room: Room, post: PostOffice) -> None:
    make_series(room.group)
    open_single(room.group, TUESDAYS[0] + timedelta(days=1))
    keep_all()
    UserAccount.objects.filter(pk=room.cast.psyk.user_id).update(is_active=False)
    found = sent(post)
    assert set(who(found)) == {"fk", "samordnare", "soc"} and len(found) == 6
    assert own(room.cast.outsider) == [] and own(room.cast.soc_manager) == []


# ---------- what breaks on the way ----------
def test_mails_wait_for_a_server_that_is_down_and_the_last_word_is_what_comes(room: Room, post: PostOffice) -> None:
    meeting = open_single(room.group, TUESDAYS[0])
    gone = open_single(room.group, TUESDAYS[1])
    post.stop()
    assert sent(post) == []
    assert CalendarMail.objects.count() == 8
    move(room, meeting, 10)
    cancel_meeting(by=room.cast.soc, meeting=gone, reason="Sjukt")
    assert sent(post) == []
    assert CalendarMail.objects.count() == 4, "what has been overtaken is dropped, and what nobody heard of"
    post.start()
    found = sent(post)
    assert who(found) == GOERS
    assert {stockholm(one.event.start) for one in found} == {"20261117T100000"}


def test_a_mail_that_may_have_come_is_taken_back(room: Room, post: PostOffice) -> None:
    meeting = open_single(room.group, TUESDAYS[0])
    post.on_mail = hang_up
    keep_all()
    with later():
        assert send_calendar_mails() == 0
    post.on_mail = lambda connection: TAKEN
    changed(meeting, state=MeetingState.CANCELLED)
    keep_all()
    with later():
        assert send_calendar_mails() == 4
    assert set(CalendarMail.objects.values_list("method", flat=True)) == {Method.CANCEL}


def test_a_line_that_breaks_gives_the_same_mail_again(room: Room, post: PostOffice) -> None:
    open_single(room.group, TUESDAYS[0])
    SeatHolder.objects.exclude(membership=room.cast.soc).delete()
    wants(room.cast.coordinator, False)
    post.on_mail = hang_up
    keep_all()
    with later():
        assert send_calendar_mails() == 0
    post.on_mail = lambda connection: TAKEN
    with later(2.9):
        assert send_calendar_mails() == 0, "it rests first"
    with later(3):
        assert send_calendar_mails() == 1
    assert len(post.raw) == 2 and len(set(post.ids)) == 1
    first, second = post.mails
    assert [part.get_payload() for part in first.walk()][2:] == [part.get_payload() for part in second.walk()][2:]


def test_an_occurrence_called_off_is_not_lost_when_another_mail_of_the_series_overtakes_it(
    room: Room, post: PostOffice
) -> None:
    series = make_series(room.group)
    sent(post)
    post.stop()
    change_day(by=room.cast.soc, series=series, on=TUESDAYS[1], day=None)
    sent(post)
    change_day(by=room.cast.soc, series=series, on=TUESDAYS[2], day=TUESDAYS[2] + timedelta(days=1))
    sent(post)
    Series.objects.update(to_on=TUESDAYS[3])
    sent(post)
    post.start()
    found = sent(post)
    assert who(found) == [name for name in GOERS for _ in "12"]
    assert [one.method for one in found] == ["CANCEL", "REQUEST"] * 4
    assert {len(one.events) for one in found if one.method == "REQUEST"} == {2}


def test_a_server_that_says_not_now_for_an_hour_gets_each_mail_in_the_end(room: Room, post: PostOffice) -> None:
    open_single(room.group, TUESDAYS[0])
    keep_all()
    post.on_mail = lambda connection: "451 greylisted"
    for minute in range(2, 62):
        with later(minute):
            assert send_calendar_mails() == 0
    assert len(post.raw) == 4 * 4, "after 2, 3, 8 and 38 minutes"
    post.on_mail = lambda connection: TAKEN
    sent_at = []
    for minute in range(62, 170):
        with later(minute):
            sent_at += [minute] * send_calendar_mails()
    assert sent_at == [158] * 4 and len(set(post.ids)) == 4


def test_a_mail_that_is_never_taken_is_given_up_once_and_told_as_new_at_the_next_change(
    room: Room, post: PostOffice, caplog: pytest.LogCaptureFixture
) -> None:
    series = make_series(room.group)
    sent(post)
    post.on_mail = lambda connection: "550 Hemlig Person"
    change_day(by=room.cast.soc, series=series, on=TUESDAYS[1], day=TUESDAYS[1] + timedelta(days=1))
    keep_all()
    for minute in range(2, 180, 3):
        with later(minute):
            assert send_calendar_mails() == 0
    assert len(post.raw) == 4 + 4 * 5
    errors = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert len(errors) == 4 and all("is given up: SMTPDataError" in error for error in errors)
    assert "Hemlig" not in caplog.text and "exempel.se" not in caplog.text
    assert not CalendarMail.objects.filter(sent_at__isnull=True).exists()
    post.on_mail = lambda connection: TAKEN
    with later(200):
        assert send_calendar_mails() == 0
        change_day(by=room.cast.soc, series=series, on=TUESDAYS[2], day=TUESDAYS[2] + timedelta(days=1))
        found = sent(post)
    assert who(found) == GOERS and {len(one.events) for one in found} == {3}, "with the day that was lost"


@pytest.mark.django_db(transaction=True)
def test_two_processes_at_once_write_each_entry_and_send_each_mail_once(room: Room, post: PostOffice) -> None:
    series = make_series(room.group)
    change_day(by=room.cast.soc, series=series, on=TUESDAYS[1], day=TUESDAYS[1] + timedelta(days=1))
    for _ in range(3):
        at_once(keep_all, keep_all)
    assert Entry.objects.count() == 8
    assert set(PersonalCalendar.objects.values_list("version", flat=True)) == {1}
    with later():
        results = at_once(send_calendar_mails, send_calendar_mails, keep_all)
    assert sum(results[:2]) == 4 == len(post.raw) == CalendarMail.objects.count()
    assert len({to for (to,) in post.recipients}) == 4


# ---------- the numbers ----------
def queries() -> int:
    keep_all()
    with later(), CaptureQueriesContext(connection) as captured:
        send_calendar_mails()
    return len(captured)


def test_a_person_costs_as_many_queries_with_thirty_meetings_as_with_one(room: Room, post: PostOffice) -> None:
    post.stop()
    for hat in (room.cast.psyk, room.cast.fk, room.cast.coordinator):
        wants(hat, False)
    open_single(room.group, TUESDAYS[0])
    first = queries()
    for days in range(1, 31):
        open_single(room.group, TUESDAYS[0] + timedelta(days=days))
    assert queries() == first <= 15
    assert CalendarMail.objects.count() == 31


def test_what_is_never_to_be_told_is_not_looked_at_each_minute(room: Room, post: PostOffice) -> None:
    cast, series = room.cast, make_series(room.group, to_on=TUESDAYS[1])
    single = open_single(room.group, TUESDAYS[2])
    for hat in (cast.soc, cast.psyk, cast.fk):
        Attendance.objects.create(meeting=single, member=hat, answer=Answer.NOT_COMING)
    keep_all()
    Entry.objects.filter(user=cast.fk.user_id).update(starts_at=when(TUESDAYS[0])[0], mailed=None)
    wants(cast.soc, False)
    with at(TUESDAYS[1], 16):
        Series.objects.filter(pk=series.pk).update(place="Stadshuset")
        sent(post)
        assert sent(post) == []
        changed(single, place="Stadshuset", place_is_neutral=True)
        keep_all()
        with later():
            send_calendar_mails()
            with CaptureQueriesContext(connection) as captured:
                assert send_calendar_mails() == 0
    assert len(captured) == 4 and not any("FOR UPDATE" in query["sql"] for query in captured.captured_queries)
