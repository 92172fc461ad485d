"""A month's time report comes when the month has ended, filled with what is recorded (R53)."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from meetings.models import Conversation, Meeting, Party
from meetings.states import ConversationState, PartyKind
from meetings.steering.actions.time_filling import make_time_reports
from meetings.steering.models import CoFinancing, TimeEntry, TimeReport
from tests.cast import SECRET_NAME, Cast, make_participant
from tests.meetings.cast import Room, make_room
from tests.meetings.minutes_stage import attend
from tests.pathway.stage import enrolled
from tests.referrals.races import at_once
from tests.steering.papers import agree, held, posted, report_of, words
from workspace.models import Agency, AuditEntry, CooperationAgency
from workspace.pathway.models import Activity, ActivityKind, FollowUp
from workspace.rules import Hat
from workspace.states import CooperationState

AsHat = Callable[[Hat], Client]
OCTOBER, SEPTEMBER, NOVEMBER = date(2026, 10, 1), date(2026, 9, 1), date(2026, 11, 1)
NOW = timezone.make_aware(datetime(2026, 11, 3, 12))


@pytest.fixture(autouse=True)
def _in_november() -> Any:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def room(cast: Cast) -> Room:
    CooperationAgency.objects.update(from_on=date(2025, 1, 1))
    return make_room(cast)


def at(day: int, hour: int = 13, month: int = 10) -> datetime:
    return timezone.make_aware(datetime(2026, month, day, hour))


def talk(cast: Cast, starts: datetime, *others: Agency, minutes: int = 45, state: str = "held") -> Conversation:
    """A conversation that soc convened about a person of its own."""
    person = make_participant(cast.soc_desk)
    made = Conversation.objects.create(
        participant=person,
        agency=cast.soc.agency,
        convener=cast.soc,
        state=state,
        desks="",
        about="Hemligt",
        starts_at=starts,
        ends_at=starts + timedelta(minutes=minutes),
        held_at=starts if state == ConversationState.HELD else None,
    )
    members = {member.agency_id: member for member in cast.members.values()}
    for agency in others:
        member = members[agency.pk]
        Party.objects.create(
            conversation=made,
            kind=PartyKind.CASEWORKER,
            agency=agency,
            function=agency.functions.first(),
            member=member,
        )
    return made


def followed_up(cast: Cast, on: date | None) -> FollowUp:
    way = enrolled(cast, on=date(2026, 6, 1), person=make_participant(cast.soc_desk, "Uppföljd", "Åström"))
    kind = ActivityKind.objects.get(pk="work_placement")
    activity = Activity.objects.create(enrolment=way, kind=kind, from_on=date(2026, 8, 1), hours=10, made_by=cast.soc)
    return FollowUp.objects.create(activity=activity, due_on=date(2026, 10, 5), done_on=on)


def lines(report: TimeReport) -> list[tuple[str, str, int, int]]:
    rows = TimeEntry.objects.filter(report=report).order_by("on", "source", "pk")
    return sorted((one.source, one.text, one.people, one.minutes) for one in rows)


def made(agreement: CoFinancing, month: date = OCTOBER) -> TimeReport:
    make_time_reports()
    return TimeReport.objects.get(agreement=agreement, month=month)


# ---------- what is filled in ----------
@pytest.mark.django_db
def test_meetings_count_by_people_and_length_and_name_nobody(room: Room, as_hat: AsHat) -> None:
    cast, agreement = room.cast, agree(room.cast)
    meeting = held(room.group, at(15))
    for hat, seat in ((cast.soc, room.soc_seat), (cast.soc_2, room.soc_seat), (cast.psyk, room.psyk_seat)):
        attend(meeting, hat, seat)
    attend(held(room.group, at(20)), cast.soc, room.soc_seat, present=False)
    attend(held(room.group, at(1, 0)), cast.soc, room.soc_seat)  # the first moment of the month
    attend(held(room.group, at(30, 23, month=9)), cast.soc, room.soc_seat)
    attend(held(room.group, at(1, 0, month=11)), cast.soc, room.soc_seat)
    report = made(agreement)
    assert lines(report) == [
        ("meeting", "Samverkansgruppen Piteå, 1 okt.", 1, 90),
        ("meeting", "Samverkansgruppen Piteå, 15 okt.", 2, 180),
    ]
    page = words(as_hat(cast.soc_manager).get(f"/tid/{report.pk}/").content)
    assert "4 tim 30 min av avtalade 40 tim" in page and "Soc2" not in page


@pytest.mark.django_db
def test_a_meeting_nobody_ended_in_time_counts_as_long_as_it_was_planned(room: Room) -> None:
    agreement = agree(room.cast)
    meeting = held(room.group, at(15))
    Meeting.objects.filter(pk=meeting.pk).update(finished_at=at(17))
    attend(meeting, room.cast.soc, room.soc_seat)
    assert lines(made(agreement)) == [("meeting", "Samverkansgruppen Piteå, 15 okt.", 1, 90)]


@pytest.mark.django_db
def test_a_meeting_of_another_cooperation_and_a_guest_of_an_item_are_not_counted(room: Room) -> None:
    cast, agreement = room.cast, agree(room.cast)
    attend(held(room.group, at(15)), cast.soc)
    elsewhere = cast.outsider.agency.cooperations.get()
    mine = agree(cast, cast.fk)
    meeting = held(room.group, at(16))
    attend(meeting, cast.fk, room.fk_seat)
    other = CoFinancing.objects.create(cooperation=elsewhere, agency=cast.fk.agency, hours=5, from_on=date(2026, 1, 1))
    make_time_reports()
    assert lines(TimeReport.objects.get(agreement=agreement)) == []
    assert len(lines(TimeReport.objects.get(agreement=mine))) == 1
    assert lines(TimeReport.objects.get(agreement=other)) == []


@pytest.mark.django_db
def test_conversations_are_one_line_for_the_month_for_whoever_took_part(room: Room, as_hat: AsHat) -> None:
    cast = room.cast
    ours, theirs = agree(cast), agree(cast, cast.psyk)
    talk(cast, at(5), cast.psyk.agency)
    talk(cast, at(6), cast.psyk.agency, minutes=60)
    talk(cast, at(7))
    talk(cast, at(8), cast.psyk.agency, state="cancelled")
    left = talk(cast, at(9), cast.psyk.agency)
    Party.objects.filter(conversation=left).update(left_at=timezone.now())
    talk(cast, at(5, month=9), cast.psyk.agency)
    make_time_reports()
    report = TimeReport.objects.get(agreement=ours)
    assert lines(report) == [("conversation", "Trepartssamtal, 4 st.", 1, 195)]
    assert lines(TimeReport.objects.get(agreement=theirs)) == [("conversation", "Trepartssamtal, 2 st.", 1, 105)]
    for client in (as_hat(cast.soc_manager), as_hat(cast.coordinator)):
        page = client.get(f"/tid/{report.pk}/").content.decode()
        assert SECRET_NAME not in page and "Hemligt" not in page and "Åström" not in page
    assert TimeEntry.objects.get(report=report).on is None


@pytest.mark.django_db
def test_a_conversation_counts_in_one_cooperation_where_all_who_took_part_are_in_it(room: Room) -> None:
    cast = room.cast
    elsewhere = cast.outsider.agency.cooperations.get()
    both = [agree(cast, cast.fk)]
    both.append(CoFinancing.objects.create(cooperation=elsewhere, agency=cast.fk.agency, hours=5, from_on=OCTOBER))
    talk(cast, at(5), cast.fk.agency)
    make_time_reports()
    counted = [lines(TimeReport.objects.get(agreement=one)) for one in both]
    assert counted == [[("conversation", "Trepartssamtal, 1 st.", 1, 45)], []]


@pytest.mark.django_db
def test_follow_ups_are_one_line_of_an_hour_each(room: Room) -> None:
    agreement = agree(room.cast)
    for on in (date(2026, 10, 1), date(2026, 10, 31), date(2026, 11, 1), None):
        followed_up(room.cast, on)
    report = made(agreement)
    assert lines(report) == [("activity", "Uppföljningar av aktiviteter, 2 st., 1 tim per uppföljning", 1, 120)]


@pytest.mark.django_db
def test_a_follow_up_is_the_time_of_the_agency_that_did_it(room: Room) -> None:
    cast = room.cast
    ours, theirs = agree(cast), agree(cast, cast.psyk)
    FollowUp.objects.filter(pk=followed_up(cast, date(2026, 10, 1)).pk).update(done_by=cast.psyk)
    make_time_reports()
    assert lines(TimeReport.objects.get(agreement=ours)) == []
    assert [row[3] for row in lines(TimeReport.objects.get(agreement=theirs))] == [60]


@pytest.mark.django_db
def test_where_one_agreement_follows_another_nothing_is_counted_in_both(room: Room) -> None:
    first = agree(room.cast, to_on=date(2026, 10, 15))
    second = agree(room.cast, from_on=date(2026, 10, 16))
    for number in (15, 16):
        attend(held(room.group, at(number)), room.cast.soc, room.soc_seat)
    make_time_reports()
    found = [lines(TimeReport.objects.get(agreement=one)) for one in (first, second)]
    assert [[text for _, text, _, _ in rows] for rows in found] == [
        ["Samverkansgruppen Piteå, 15 okt."],
        ["Samverkansgruppen Piteå, 16 okt."],
    ]


# ---------- when ----------
@pytest.mark.django_db
def test_reports_are_made_of_agreements_that_held_then_once_and_by_the_sweep_alone(room: Room, as_hat: AsHat) -> None:
    cast = room.cast
    holds = [agree(cast), agree(cast, cast.psyk, from_on=date(2026, 10, 31))]
    agree(cast, cast.fk, from_on=NOVEMBER)
    agree(cast, cast.fk, from_on=date(2026, 1, 1), to_on=date(2026, 9, 30))
    as_hat(cast.soc_manager).get("/tid/")
    as_hat(cast.chair).get("/tid/")
    assert not TimeReport.objects.exists()
    assert make_time_reports() == 2 and make_time_reports() == 0
    assert set(TimeReport.objects.values_list("agreement", "month")) == {(one.pk, OCTOBER) for one in holds}
    assert AuditEntry.objects.filter(what="time_report.make").count() == 2
    with time_machine.travel(timezone.make_aware(datetime(2026, 11, 30, 23)), tick=True):
        assert make_time_reports() == 0
    with time_machine.travel(timezone.make_aware(datetime(2026, 12, 1, 0, 5)), tick=True):
        assert make_time_reports() == 3


@pytest.mark.django_db
def test_months_that_no_sweep_has_seen_are_made_up_but_nothing_before_the_first(room: Room) -> None:
    agreement = agree(room.cast)
    report_of(agreement, date(2026, 7, 1))
    assert make_time_reports() == 3
    months = TimeReport.objects.order_by("month").values_list("month", flat=True)
    assert [month.month for month in months] == [7, 8, 9, 10]


@pytest.mark.django_db
def test_neither_an_agency_that_has_left_nor_a_cooperation_that_has_ended_is_asked(room: Room) -> None:
    cast = room.cast
    agree(cast)
    agree(cast, cast.psyk)
    Agency.objects.filter(pk=cast.psyk.agency_id).update(left_on=date(2026, 10, 20))
    assert make_time_reports() == 1
    TimeReport.objects.all().delete()
    cast.cooperation.state = CooperationState.ENDED
    cast.cooperation.save()
    assert make_time_reports() == 0


@pytest.mark.django_db(transaction=True)
def test_sweeps_at_the_same_moment_make_one_report_of_each(cast: Cast) -> None:
    CooperationAgency.objects.update(from_on=date(2025, 1, 1))
    room = make_room(cast)
    attend(held(room.group, at(15)), cast.soc, room.soc_seat)
    for member in (cast.soc, cast.psyk, cast.fk):
        agree(cast, member)
    assert sum(at_once(*[make_time_reports] * 3)) == 3
    assert TimeReport.objects.count() == 3 and TimeEntry.objects.count() == 1


# ---------- filled anew ----------
@pytest.mark.django_db
def test_filling_anew_keeps_what_was_changed_by_hand_and_never_doubles(room: Room, as_hat: AsHat) -> None:
    cast, agreement = room.cast, agree(room.cast)
    changed, plain, gone = (held(room.group, at(number)) for number in (5, 15, 20))
    for meeting in (changed, plain, gone):
        attend(meeting, cast.soc, room.soc_seat)
    report = made(agreement)
    client, path = as_hat(cast.soc), f"/tid/{report.pk}/"
    form = posted(client, path)
    entry = TimeEntry.objects.get(key=f"meeting:{changed.pk}")
    form |= {f"hours_{entry.pk}": "0", "new_text": "Resa till Luleå", "new_hours": "1,5", "gor": "spara"}
    assert client.post(path, form).status_code == 302
    # Somebody was there too, one meeting was never held, and one has come to.
    attend(plain, cast.soc_2, room.soc_seat)
    attend(changed, cast.soc_2, room.soc_seat)
    Meeting.objects.filter(pk=gone.pk).update(state="cancelled")
    attend(held(room.group, at(25)), cast.soc, room.soc_seat)
    for _ in range(2):
        assert client.post(path, posted(client, path) | {"gor": "fyll"}).status_code == 302
    assert lines(report) == [
        ("meeting", "Samverkansgruppen Piteå, 15 okt.", 2, 180),
        ("meeting", "Samverkansgruppen Piteå, 25 okt.", 1, 90),
        ("meeting", "Samverkansgruppen Piteå, 5 okt.", 1, 0),
        ("own", "Resa till Luleå", 1, 90),
    ]


@pytest.mark.django_db
def test_filling_asks_as_much_for_thirty_meetings_as_for_one(room: Room, django_assert_max_num_queries: Any) -> None:
    agreement = agree(room.cast)
    for number in range(1, 31):
        attend(held(room.group, at(number)), room.cast.soc, room.soc_seat)
    with django_assert_max_num_queries(90):  # one write for each line, with its savepoint; the questions are few
        report = made(agreement)
    assert len(lines(report)) == 30
