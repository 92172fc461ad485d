"""Invitations by mail: to each their own, with nothing of what it is about (L50), through a real mail server."""

from datetime import timedelta

import pytest

from meetings.actions.attendance import answer_call
from meetings.actions.calls import call_meeting
from meetings.actions.groups import end_holder, seat_members
from meetings.actions.series import cancel_meeting, change_day, change_series, move_meeting
from meetings.models import Group, ItemGuest, Meeting, SeatHolder, Series
from meetings.states import Answer, MeetingState
from tests.calendar.mailbox import sent, stockholm, who
from tests.calendar.stage import (
    NOW,
    ORGANIZER,
    SITE,
    TUESDAYS,
    at,
    changed,
    empty_room,
    give_addresses,
    make_series,
    open_day,
    open_single,
    own,
    when,
)
from tests.cast import Cast
from tests.meetings.cast import Room, make_item
from tests.notifications.post import PostOffice
from workspace.models import Agency, UserAccount

pytestmark = [pytest.mark.django_db, pytest.mark.embedded, pytest.mark.usefixtures("november")]

GOERS = ["fk", "psyk", "samordnare", "soc"]


@pytest.fixture
def room(cast: Cast, post: PostOffice) -> Room:
    give_addresses()
    return empty_room(cast)


# ---------- the mail itself ----------
def test_each_gets_an_invitation_of_their_own_as_outlook_google_and_apple_read_it(room: Room, post: PostOffice) -> None:
    open_single(room.group, TUESDAYS[1])
    found = sent(post)
    assert who(found) == GOERS
    assert len({one.uid for one in found}) == 4, "a uid for each"
    for one in found:
        assert one.subject == "Möte i Samverkansrum tisdag 15 dec. 2026 kl. 13.00"
        assert one.mail["From"] == f"Samverkansrum <{ORGANIZER}>"
        assert one.mail["Auto-Submitted"] == "auto-generated"
        assert one.mail["Message-ID"].endswith("@samverkan.exempel.se>")
        parts = [(part.get_content_type(), part.get_content_disposition()) for part in one.mail.walk()]
        assert parts == [
            ("multipart/mixed", None),
            ("multipart/alternative", None),
            ("text/plain", None),
            ("text/calendar", None),
            ("application/ics", "attachment"),
        ]
        params = dict(one.calendar_part.get_params(header="content-type"))
        assert (params["method"], params["charset"]) == ("REQUEST", "utf-8")
        attached = list(one.mail.walk())[-1]
        assert attached.get_filename() == "mote.ics"
        assert attached.get_content().decode() == one.calendar_part.get_content()
        event = one.event
        attendee = event["attendee"]
        assert str(attendee) == f"mailto:{one.to}", "one attendee, and it is the reader"
        assert attendee.params["PARTSTAT"] == "NEEDS-ACTION"
        assert attendee.params["RSVP"] == ("FALSE" if one.to.startswith("samordnare") else "TRUE")
        assert str(event["organizer"]) == f"mailto:{ORGANIZER}"
        assert stockholm(event.start) == "20261215T130000"
        assert "BEGIN:VTIMEZONE" in one.text and "TZID:Europe/Stockholm" in one.text
        assert "Tisdag 15 dec. 2026 kl. 13.00–15.00" in one.body
        assert f"{SITE}/kalender/{one.uid}/" in one.body.splitlines()


def test_nothing_of_group_people_place_or_agency_reaches_a_mail(room: Room, post: PostOffice) -> None:
    hostile = "Elak\r\nBcc: tjuv@exempel.se"
    Group.objects.update(name=hostile)
    Agency.objects.update(short_name="Psykiatrin hemliga")
    UserAccount.objects.update(first_name=hostile, last_name="Namnsson")
    meeting = open_single(room.group, TUESDAYS[0], state=MeetingState.PLANNED)
    call_meeting(by=room.cast.soc, meeting=meeting)
    answer_call(by=room.cast.soc, meeting=meeting, answer=Answer.NOT_COMING, comment="Hemligt sjuk")
    for one in sent(post):
        everything = f"{one.mail.as_string()} {one.body} {one.text} {one.subject}"
        for word in ("Elak", "tjuv", "Bcc", "hemlig", "Hemlig", "Namnsson", "Rum Piteå", "sykiatr", "grupp"):
            assert word not in everything, word


def test_a_place_that_is_marked_neutral_is_told_and_a_link_never(room: Room, post: PostOffice) -> None:
    make_series(room.group, link="https://video.exempel.se/hemligt")
    for one in sent(post):
        assert "LOCATION:Rum Älven" in one.text
        assert "video" not in one.mail.as_string() + one.text


# ---------- a series ----------
def test_a_series_is_one_invitation_with_its_rule(room: Room, post: PostOffice) -> None:
    make_series(room.group, months_off=[7])
    found = sent(post)
    assert who(found) == GOERS
    for one in found:
        assert one.subject == "Möte i Samverkansrum tisdag 17 nov. 2026 kl. 13.00"
        assert "RRULE:FREQ=MONTHLY" in one.text and one.sequences == [0]
        assert "Mötet återkommer. Tredje tisdagen varje månad 13–15, inte juli." in one.body
    assert sent(post) == []


def test_a_moved_day_of_a_series_is_one_occurrence_and_called_off_it_is_taken_back(
    room: Room, post: PostOffice
) -> None:
    series = make_series(room.group)
    first = {one.to: one for one in sent(post)}
    change_day(by=room.cast.soc, series=series, on=TUESDAYS[2], day=TUESDAYS[2] + timedelta(days=1))
    moved = sent(post)
    assert who(moved) == GOERS
    for one in moved:
        assert one.method == "REQUEST" and one.uid == first[one.to].uid
        assert one.subject == "Ändrat möte i Samverkansrum onsdag 20 jan. 2027 kl. 13.00"
        assert stockholm(one.event["recurrence-id"].dt) == "20270119T130000"
        assert stockholm(one.event.start) == "20270120T130000" and "rrule" not in one.event
        assert one.sequences == [1]
    change_day(by=room.cast.soc, series=series, on=TUESDAYS[2], day=None)
    off = sent(post)
    assert who(off) == GOERS
    for one in off:
        assert one.method == "CANCEL" and one.uid == first[one.to].uid
        assert one.subject == "Inställt möte i Samverkansrum onsdag 20 jan. 2027 kl. 13.00"
        assert stockholm(one.event["recurrence-id"].dt) == "20270119T130000"
        assert str(one.event["attendee"]) == f"mailto:{one.to}" and str(one.event["status"]) == "CANCELLED"
        assert one.sequences > [1]
    assert "20270119T130000" in own(room.cast.soc)[0].text, "the feed leaves it out"
    change_day(by=room.cast.soc, series=series, on=TUESDAYS[2], day=TUESDAYS[2])
    again = sent(post)
    assert who(again) == GOERS
    for one, before in zip(again, off, strict=True):
        assert one.method == "REQUEST" and one.sequences > before.sequences
        assert one.subject == "Möte i Samverkansrum tisdag 19 jan. 2027 kl. 13.00"
        assert stockholm(one.event.start) == stockholm(one.event["recurrence-id"].dt) == "20270119T130000"
    assert sent(post) == []


def test_a_day_that_is_called_off_before_it_was_ever_another_is_taken_back_alone(room: Room, post: PostOffice) -> None:
    series = make_series(room.group)
    meeting = open_day(series, TUESDAYS[0])
    sent(post)
    cancel_meeting(by=room.cast.soc, meeting=meeting, reason="Sjukt")
    found = sent(post)
    assert who(found) == GOERS and {one.method for one in found} == {"CANCEL"}
    assert {stockholm(one.event["recurrence-id"].dt) for one in found} == {"20261117T130000"}
    assert sent(post) == []


def test_who_is_called_late_gets_the_days_that_are_off_left_out_of_the_series(room: Room, post: PostOffice) -> None:
    series = make_series(room.group)
    change_day(by=room.cast.soc, series=series, on=TUESDAYS[1], day=None)
    found = sent(post)
    assert {one.method for one in found} == {"REQUEST"} and len(found) == 4
    assert all("EXDATE;TZID=Europe/Stockholm:20261215T130000" in one.text for one in found)


def test_a_schedule_that_truly_changes_is_a_new_uid_and_the_old_one_ends(room: Room, post: PostOffice) -> None:
    series = make_series(room.group)
    first = {one.to: one.uid for one in sent(post)}
    plan = Series(weekday=3, begins=when(TUESDAYS[0])[0].time(), ends=series.ends, from_on=TUESDAYS[1])
    plan.begins = series.begins
    change_series(by=room.cast.soc, series=series, plan=plan, exceptions={})
    found = sent(post)
    assert who(found) == [name for name in GOERS for _ in "12"]
    old = [one for one in found if one.uid == first[one.to]]
    new = [one for one in found if one.uid != first[one.to]]
    assert {one.method for one in found} == {"REQUEST"} and len(old) == len(new) == 4
    assert all("UNTIL=20261214T225900Z" in one.text and one.sequences == [1] for one in old)
    assert all("BYDAY=3TH" in one.text and one.sequences == [0] for one in new)
    assert {one.subject.split(" i ")[0] for one in old} == {"Ändrat möte"}
    with at(TUESDAYS[2]):
        assert sent(post) == [], "what is over is told no more"


def test_a_sequence_of_an_occurrence_is_never_below_its_series(room: Room, post: PostOffice) -> None:
    series = make_series(room.group)
    sent(post)
    change_day(by=room.cast.soc, series=series, on=TUESDAYS[1], day=TUESDAYS[1] + timedelta(days=1))
    sent(post)
    for last in (TUESDAYS[3], None, TUESDAYS[2]):
        Series.objects.filter(pk=series.pk).update(to_on=last)
        found = sent(post)
        assert who(found) == GOERS
        for one in found:
            master, child = one.events
            assert "rrule" in master and "recurrence-id" in child
            assert child["sequence"] >= master["sequence"]
    for hat in (room.cast.soc, room.cast.psyk, room.cast.coordinator):
        master, child = own(hat, instead_of=None) + own(hat, instead_of__isnull=False)
        assert child.sequence >= master.sequence == 3


# ---------- who comes and who goes ----------
def test_who_is_added_late_is_invited_and_who_is_removed_gets_it_taken_back(room: Room, post: PostOffice) -> None:
    make_series(room.group)
    sent(post)
    with at(NOW + timedelta(days=1)):
        seat_members(by=room.cast.soc, seat=room.fk_seat, ordinary=room.cast.two_hats[0], deputies=[])
        found = sent(post)
        assert sent(post) == []
    assert [(*who([one]), one.method, one.subject) for one in found] == [
        ("fk", "CANCEL", "Återtagen kallelse till möte i Samverkansrum tisdag 17 nov. 2026 kl. 13.00"),
        ("twohats", "REQUEST", "Möte i Samverkansrum tisdag 17 nov. 2026 kl. 13.00"),
    ]
    assert found[0].sequences == [1] and "recurrence-id" not in found[0].event
    assert "Du behöver inte komma." in found[0].body


def test_who_comes_back_gets_the_same_uid_with_a_higher_sequence(room: Room, post: PostOffice) -> None:
    make_series(room.group)
    (first,) = [one for one in sent(post) if who([one]) == ["fk"]]
    holder = SeatHolder.objects.get(seat=room.fk_seat, membership=room.cast.fk)
    end_holder(by=room.cast.soc, holder=holder)
    (off,) = sent(post)
    SeatHolder.objects.filter(pk=holder.pk).update(to_on=None)
    (back,) = sent(post)
    assert back.uid == off.uid == first.uid and first.sequences < off.sequences < back.sequences
    assert (first.method, off.method, back.method) == ("REQUEST", "CANCEL", "REQUEST")


def test_a_deputy_is_invited_when_asked_and_let_go_when_the_ordinary_comes_after_all(
    room: Room, post: PostOffice
) -> None:
    cast = room.cast
    meeting = open_single(room.group, TUESDAYS[0], state=MeetingState.PLANNED)
    call_meeting(by=cast.psyk, meeting=meeting)
    assert who(sent(post)) == GOERS
    answer_call(by=cast.soc, meeting=meeting, answer=Answer.NOT_COMING)
    (one,) = sent(post)
    assert (who([one]), one.method) == (["soc2"], "REQUEST")
    answer_call(by=cast.soc, meeting=meeting, answer=Answer.COMING)
    (one,) = sent(post)
    assert (who([one]), one.method) == (["soc2"], "CANCEL")
    assert one.subject == "Återtagen kallelse till möte i Samverkansrum tisdag 17 nov. 2026 kl. 13.00"


def test_a_guest_of_an_item_is_invited_without_being_asked_and_let_go(room: Room, post: PostOffice) -> None:
    meeting = open_single(room.group, TUESDAYS[0])
    sent(post)
    guest = ItemGuest.objects.create(item=make_item(meeting), membership=room.cast.soc_manager)
    (one,) = sent(post)
    assert (who([one]), one.method) == (["socchef"], "REQUEST")
    assert one.event["attendee"].params["RSVP"] == "FALSE" and "Logga in för att läsa mer:" in one.body
    guest.delete()
    (one,) = sent(post)
    assert (who([one]), one.method) == (["socchef"], "CANCEL")


def test_a_cancelled_meeting_is_taken_back_from_all_who_were_called(room: Room, post: PostOffice) -> None:
    meeting = open_single(room.group, TUESDAYS[0])
    sent(post)
    cancel_meeting(by=room.cast.soc, meeting=meeting, reason="Hemligt skäl")
    found = sent(post)
    assert who(found) == GOERS
    assert {(one.method, one.subject) for one in found} == {
        ("CANCEL", "Inställt möte i Samverkansrum tisdag 17 nov. 2026 kl. 13.00")
    }
    assert "Hemligt" not in "".join(one.mail.as_string() + one.text for one in found)
    changed(meeting, state=MeetingState.CALLED)
    again = sent(post)
    assert [one.uid for one in again] == [one.uid for one in found]
    assert all(one.sequences == [2] and one.method == "REQUEST" for one in again)


# ---------- answers ----------
def test_who_has_said_yes_is_not_asked_again_when_the_place_changes(room: Room, post: PostOffice) -> None:
    cast = room.cast
    meeting = open_single(room.group, TUESDAYS[0], state=MeetingState.PLANNED)
    call_meeting(by=cast.soc, meeting=meeting)
    sent(post)
    answer_call(by=cast.soc, meeting=meeting, answer=Answer.COMING)
    answer_call(by=cast.fk, meeting=meeting, answer=Answer.NOT_COMING)
    assert who(sent(post)) == ["twohats"], "an answer by itself changes nobody's calendar but the deputy's"
    changed(meeting, place="Stadshuset", place_is_neutral=True)
    found = {who([one])[0]: one for one in sent(post)}
    assert sorted(found) == ["psyk", "samordnare", "soc", "twohats"], "who does not come is not told of a place"
    assert found["soc"].event["attendee"].params["PARTSTAT"] == "ACCEPTED"
    assert found["psyk"].event["attendee"].params["PARTSTAT"] == "NEEDS-ACTION"
    assert all("LOCATION:Stadshuset" in one.text and one.sequences == [1] for n, one in found.items() if n != "twohats")


def test_a_new_time_is_told_to_who_had_said_no_too(room: Room, post: PostOffice) -> None:
    cast = room.cast
    meeting = open_single(room.group, TUESDAYS[0], state=MeetingState.PLANNED)
    call_meeting(by=cast.soc, meeting=meeting)
    answer_call(by=cast.fk, meeting=meeting, answer=Answer.COMING)
    sent(post)
    answer_call(by=cast.fk, meeting=meeting, answer=Answer.NOT_COMING)
    sent(post)
    starts_at, ends_at = when(TUESDAYS[1], 9, 10)
    move_meeting(by=cast.soc, meeting=Meeting.objects.get(pk=meeting.pk), starts_at=starts_at, ends_at=ends_at)
    found = {who([one])[0]: one for one in sent(post)}
    assert {"fk", "psyk", "soc", "samordnare"} <= set(found)
    assert found["fk"].subject == "Ändrat möte i Samverkansrum tisdag 15 dec. 2026 kl. 09.00"
    assert found["fk"].event["attendee"].params["PARTSTAT"] == "NEEDS-ACTION"
    (row,) = own(cast.fk)
    assert row.time_sequence == row.sequence
