"""Answers from calendars to one meeting: who may, what is written, and what is refused and logged."""

import logging
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from meetings.actions import attendance, series
from meetings.calendar.actions.replies import apply_waiting
from meetings.calendar.models import ReceivedReply
from meetings.calendar.queries.replies import replies_due
from meetings.models import Attendance, MeetingEvent
from meetings.states import Answer, MeetingState
from tests.calendar.answers import CLIENTS, Said
from tests.calendar.replying import (
    address_of,
    answer_of,
    entry_of,
    everybody,
    give_addresses,
    said_of,
    take,
    take_raw,
    written,
)
from tests.cast import Cast
from tests.meetings.calling import away, call_quietly, last, told
from tests.meetings.cast import Room, in_days, make_room, put_in
from workspace.models import Absence, Agency, Membership, UserAccount

S = MeetingState
YESTERDAY = timedelta(days=1)


@pytest.fixture
def room(cast: Cast) -> Room:
    """A meeting that everybody is called to, and people with addresses."""
    give_addresses()
    return call_quietly(make_room(cast))


@pytest.fixture
def said(room: Room) -> Said:
    """psyk accepts."""
    return said_of(entry_of(room.cast.psyk, room.meeting))


# ---------- what is written ----------
@pytest.mark.embedded
@pytest.mark.parametrize(
    ("partstat", "answer"), [("ACCEPTED", Answer.COMING), ("DECLINED", Answer.NOT_COMING), ("DELEGATED", "not_coming")]
)
def test_each_program_s_answer_is_written_as_the_person_s_own(
    room: Room, said: Said, partstat: str, answer: str
) -> None:
    for client in CLIENTS:
        assert take(said.but(partstat=partstat, comment=f"Skrivet i {client}"), client) == ("taken", ""), client

        assert answer_of(room.cast.psyk, room.meeting) == (answer, f"Skrivet i {client}")
        event = MeetingEvent.objects.latest("pk")
        assert (event.verb, event.member) == ("answer", room.cast.psyk)


@pytest.mark.parametrize("partstat", ["TENTATIVE", "NEEDS-ACTION", "IN-PROCESS", "X-KANSKE"])
def test_perhaps_is_kept_and_nothing_is_answered_for_anybody(room: Room, said: Said, partstat: str) -> None:
    before = written()

    assert take(said.but(partstat=partstat, comment="Kanske")) == ("nothing", "maybe")
    assert written() == before


def test_a_proposed_time_is_another_time_with_the_day_first(room: Room, said: Said) -> None:
    starts_at = in_days(14).replace(year=2026, month=12, day=15, hour=14)
    since = last()
    counter = said.but(
        method="COUNTER", partstat="TENTATIVE", starts_at=starts_at, ends_at=starts_at + timedelta(hours=1)
    )

    assert take(counter.but(comment="Går det?")) == ("taken", "")
    words = "Föreslår tisdag 15 dec. 2026 kl. 14.00–15.00."
    assert answer_of(room.cast.psyk, room.meeting) == (Answer.OTHER_TIME, f"{words} Går det?")
    assert told(room.meeting, since) == {("meeting.other_time", room.cast.soc.pk)}

    assert take(counter.but(comment="x" * 10_000)) == ("taken", "")
    comment = answer_of(room.cast.psyk, room.meeting)[1]
    assert len(comment) == 300 and comment.startswith(words) and comment.endswith("x…")

    raw = counter.but(starts_at=starts_at, ends_at=starts_at - timedelta(hours=3)).as_mail()
    [(row, _)] = take_raw(raw)
    assert row.comment == "Föreslår en annan tid."


def test_a_no_calls_the_deputy_as_on_the_page(room: Room, said: Said) -> None:
    since = last()

    take(said.but(partstat="DECLINED"))

    assert told(room.meeting, since) == {
        ("meeting.deputy_asked", room.cast.psyk_2.pk),
        ("meeting.cannot_come", room.cast.soc.pk),
    }


@pytest.mark.parametrize("state", list(S))
def test_who_may_answer_when(room: Room, state: MeetingState) -> None:
    """Whoever was asked and holds a seat; a deputy who was not may say yes; a role has no answer."""
    put_in(room.meeting, state)
    before = written()
    for name, hat in everybody(room.cast).items():
        expected = ("taken", "")
        if state in {S.HELD, S.CANCELLED, S.NOT_HELD}:
            expected = ("refused", "over")
        elif name in {"soc_manager", "psyk_manager", "outsider"}:
            expected = ("refused", "not_asked")
        if name in {"coordinator", "chair"}:
            expected = ("nothing", "role")

        with transaction.atomic():
            assert take(said_of(entry_of(hat, room.meeting))) == expected, name
            assert (written() == before) is (expected != ("taken", "")), name
            transaction.set_rollback(True)


def test_a_deputy_s_no_waits_until_they_are_asked(room: Room) -> None:
    entry = entry_of(room.cast.psyk_2, room.meeting)

    assert take(said_of(entry, "DECLINED", comment="Ledig")) == ("waiting", "not_asked")
    assert apply_waiting() == 0 and replies_due() == []

    attendance.answer_call(by=room.cast.psyk, meeting=room.meeting, answer=Answer.NOT_COMING)
    assert apply_waiting() == 1
    assert answer_of(room.cast.psyk_2, room.meeting) == (Answer.NOT_COMING, "Ledig")
    assert apply_waiting() == 0


# ---------- refused and logged ----------
def end_hat(room: Room) -> None:
    gone = timezone.localdate() - YESTERDAY
    Membership.objects.filter(pk=room.cast.psyk.pk).update(from_on=gone, to_on=gone)


def close_account(room: Room) -> None:
    UserAccount.objects.filter(pk=room.cast.psyk.user_id).update(is_active=False)


def leave(room: Room) -> None:
    Agency.objects.filter(pk=room.cast.psyk.agency_id).update(left_on=timezone.localdate() - YESTERDAY)


def lose_address(room: Room) -> None:
    UserAccount.objects.filter(pk=room.cast.psyk.user_id).update(email="")


REFUSED: dict[str, tuple[str, Callable[[Said], Said], Callable[[Room], None] | None]] = {
    "an unknown uid": ("unknown", lambda said: said.but(uid="7f1c2a52-5d6e-4a4a-9f0b-2d1d5c3f6e10"), None),
    "no uid of ours": ("unknown", lambda said: said.but(uid="040000008200E00074C5B7101A82E008"), None),
    "another sender": ("sender", lambda said: said.but(sender="Eva <falsk@annan.example>"), None),
    "another's entry": ("sender", lambda said: said.but(address="soc@kommun.example"), None),
    "another attendee": (
        "sender",
        lambda said: said.but(address="soc@kommun.example", sender="psyk@kommun.example"),
        None,
    ),
    "two senders": ("sender", lambda said: said.but(sender="psyk@kommun.example, soc@kommun.example"), None),
    "a name like an address": ("sender", lambda said: said.but(sender='"psyk@kommun.example" <x@y.example>'), None),
    "a server in between": ("sender", lambda said: said.but(sender="Eva Ek <noreply@moln.example>"), None),
    "a closed account": ("account", lambda said: said, close_account),
    "a hat that has ended": ("account", lambda said: said, end_hat),
    "an agency that left": ("account", lambda said: said, leave),
    "no address": ("sender", lambda said: said.but(address="", sender="<>"), lose_address),
}


@pytest.mark.parametrize("name", REFUSED)
def test_unknown_and_forged_senders_are_refused_and_logged(
    room: Room, said: Said, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    code, change, prepare = REFUSED[name]
    if prepare:
        prepare(room)
    before, since = written(), last()
    raw = change(said.but(comment="Hemlig kommentar", partstat="DECLINED")).as_mail()

    with caplog.at_level(logging.DEBUG):
        found = take_raw(raw)

    if name == "no address":  # then there is nobody who answers at all
        assert found == [] or found[0][0].outcome == "refused"
        assert written() == before
        return
    [(row, _)] = found
    assert (row.outcome, row.why, row.answer, row.comment) == ("refused", code, "", "")
    assert (written(), last()) == (before, since)
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("samverkansrum")]
    assert lines == [f"calendar reply {row.pk} refused: {code}"]


def test_a_sender_whom_our_own_server_calls_forged_is_refused(room: Room, said: Said) -> None:
    raw, before = said.as_mail("exchange"), written()

    [(row, _)] = take_raw(raw.replace(b"dmarc=pass", b"dmarc=fail"))
    assert (row.outcome, row.why) == ("refused", "forged") and written() == before
    # What the forger sent does not stand in the way of the same words from whom they are of.
    [(row, is_new)] = take_raw(raw)
    assert is_new and row.outcome == "taken"


@pytest.mark.parametrize("address", ["PSYK@KOMMUN.EXAMPLE", "Psyk@kommun.example"])
def test_letters_of_an_address_may_be_large_or_small(room: Room, said: Said, address: str) -> None:
    assert take(said.but(address=address)) == ("taken", "")


# ---------- once, and the newest ----------
def test_the_same_message_is_taken_once(room: Room, said: Said) -> None:
    raw = said.as_mail("gmail")
    take_raw(raw)
    before, rows = written(), ReceivedReply.objects.count()

    [(row, is_new)] = take_raw(b"Received: from another.example\r\n" + raw)

    assert not is_new and row.outcome == "taken"
    assert (written(), ReceivedReply.objects.count()) == (before, rows)


def test_what_was_said_earlier_is_ignored_when_it_comes_later(room: Room, said: Said) -> None:
    now = timezone.now()
    assert take(said.but(partstat="DECLINED", stamp=now - timedelta(minutes=5))) == ("taken", "")

    assert take(said.but(stamp=now - timedelta(minutes=6))) == ("old", "older")
    assert take(said.but(partstat="TENTATIVE", stamp=now - timedelta(minutes=7))) == ("old", "older")
    assert answer_of(room.cast.psyk, room.meeting)[0] == Answer.NOT_COMING
    # Two answers in a row, both read at once: the later is later, though the first was written down after it.
    assert take(said.but(stamp=now - timedelta(minutes=4))) == ("taken", "")
    assert answer_of(room.cast.psyk, room.meeting)[0] == Answer.COMING


def test_a_perhaps_that_was_said_later_is_not_undone_by_an_earlier_yes(room: Room, said: Said) -> None:
    now = timezone.now()
    take(said.but(partstat="TENTATIVE", stamp=now - timedelta(minutes=5)))

    assert take(said.but(stamp=now - timedelta(minutes=6))) == ("old", "older")


def test_a_clock_that_goes_ahead_does_not_shut_out_what_is_said_later(room: Room, said: Said) -> None:
    assert take(said.but(stamp=timezone.now() + timedelta(days=400))) == ("taken", "")
    assert take(said.but(partstat="DECLINED", stamp=timezone.now() + timedelta(days=300))) == ("taken", "")


def test_an_answer_given_here_later_wins_and_one_given_earlier_does_not(room: Room, said: Said) -> None:
    now, psyk = timezone.now(), room.cast.psyk
    attendance.answer_call(by=psyk, meeting=room.meeting, answer=Answer.NOT_COMING)

    assert take(said.but(stamp=now - timedelta(minutes=10))) == ("old", "older")
    assert answer_of(psyk, room.meeting)[0] == Answer.NOT_COMING
    with time_machine.travel(now + timedelta(hours=1)):
        assert take(said.but(stamp=now + timedelta(minutes=50))) == ("taken", "")
    assert answer_of(psyk, room.meeting)[0] == Answer.COMING


def test_a_no_because_of_an_absence_is_no_answer_of_one_s_own(room: Room, said: Said) -> None:
    absence: Absence = away(room.cast.psyk, room.meeting)
    attendance.on_absence(absence=absence)

    assert take(said.but(stamp=timezone.now() - timedelta(hours=1))) == ("taken", "")


def test_an_answer_to_an_earlier_time_is_none(room: Room) -> None:
    entry = entry_of(room.cast.psyk, room.meeting, sequence=3, time_sequence=2)

    assert take(said_of(entry, sequence=1)) == ("old", "moved")
    assert take(said_of(entry, sequence=1), "gmail") == ("taken", "")  # which names no sequence
    assert take(said_of(entry, "DECLINED", sequence=2)) == ("taken", "")


def test_an_answer_to_a_meeting_that_has_just_moved_is_none(room: Room, said: Said) -> None:
    """The entry is kept a minute later; the answer was about the time that the entry still has."""
    series.move_meeting(
        by=room.cast.soc, meeting=room.meeting, starts_at=in_days(9), ends_at=in_days(9, 15), place="", link=""
    )
    before = written()

    assert take(said) == ("old", "moved")
    assert written() == before


def test_an_answer_after_the_beginning_is_late(room: Room, said: Said) -> None:
    with time_machine.travel(room.meeting.starts_at + timedelta(minutes=5)):
        assert take(said) == ("taken", "")

    assert Attendance.objects.get(member=room.cast.psyk).is_late


def test_a_call_that_was_taken_back_is_not_answered(room: Room) -> None:
    entry = entry_of(room.cast.psyk, room.meeting, ended_at=timezone.now())

    assert take(said_of(entry)) == ("refused", "ended")


@pytest.mark.parametrize(
    "comment", ["a\x00b", "rad\r\nSubject: x\r\n\r\nny", "\u202e\ufeff", "🚌" * 10_000, "<b>&amp;"]
)
def test_whatever_a_comment_holds_is_kept_as_text(room: Room, said: Said, comment: str) -> None:
    assert take(said.but(comment=comment)) == ("taken", "")

    kept = answer_of(room.cast.psyk, room.meeting)[1]
    assert len(kept) <= 300 and "\n" not in kept and "\r" not in kept and "\x00" not in kept


def test_a_message_with_a_thousand_events_is_bounded(room: Room, said: Said) -> None:
    raw = said.as_file("exchange")
    event = raw[raw.index(b"BEGIN:VEVENT") : raw.index(b"END:VCALENDAR")]
    mail = said.as_mail("thunderbird").replace(
        b"BEGIN:VTIMEZONE", event.replace(b"\r\n", b"\n") * 1000 + b"BEGIN:VTIMEZONE"
    )

    found = take_raw(mail)

    assert len(found) == 100 and ReceivedReply.objects.count() == 100
    assert answer_of(room.cast.psyk, room.meeting)[0] == Answer.COMING


def test_a_reply_tells_nothing_of_the_person_in_its_row_s_name(room: Room, said: Said) -> None:
    [(row, _)] = take_raw(said.as_mail())

    assert str(row) == f"received reply {row.pk}"
    assert address_of(room.cast.psyk) not in str(ReceivedReply.objects.values())
