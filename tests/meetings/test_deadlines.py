"""Deadlines backwards from a steering group's meeting: which days, who is reminded, and that it is said once."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from meetings.actions import calls
from meetings.actions.deadlines import remind_of_agenda
from meetings.actions.room import start_meeting
from meetings.actions.series import cancel_meeting, move_meeting
from meetings.models import (
    AgendaItem,
    Attendance,
    Decision,
    Group,
    ItemGuest,
    Meeting,
    MeetingEvent,
    Proposal,
    SeatHolder,
)
from meetings.queries.deadlines import deadlines_of
from meetings.states import AHEAD, DecisionState, GroupKind, ItemKind, MeetingState
from notifications.models import Notification
from tests.cast import Cast
from tests.meetings.cast import Room, in_days, make_group, make_item, make_meeting, make_room, put_in
from tests.referrals.races import at_once
from tests.steering.stage import Steering, make_steering
from workspace.clocks import day_off
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
AsHat = Callable[[Hat], Client]
Told = set[tuple[str, int]]
# Thursday 10 December at one: proposals 19 November, agenda 26 November, read 7 December.
NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
DAYS = 39


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def stage(clock: time_machine.Traveller, cast: Cast) -> Steering:
    made = make_steering(cast, days=DAYS)
    Group.objects.filter(pk=made.group.pk).update(chair=cast.soc_manager, secretary=cast.fk)
    made.group.refresh_from_db()
    made.meeting.refresh_from_db()
    return made


@contextmanager
def on(clock: time_machine.Traveller, month: int, day: int) -> Iterator[None]:
    clock.move_to(datetime(2026, month, day, 8, tzinfo=UTC), tick=False)
    yield


def told() -> Told:
    kinds = ("meeting.proposals_due", "meeting.agenda_due", "meeting.papers_due")
    rows = Notification.objects.filter(kind__in=kinds, closed_at=None)
    return set(rows.values_list("kind", "membership"))


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def swept() -> Told:
    """What a sweep tells, twice run."""
    Notification.objects.all().delete()
    remind_of_agenda()
    first = list(Notification.objects.values_list("pk", flat=True))
    assert remind_of_agenda() == 0 and list(Notification.objects.values_list("pk", flat=True)) == first
    return told()


def seated(stage: Steering) -> Told:
    cast = stage.cast
    return {("meeting.proposals_due", one.pk) for one in (cast.soc_manager, cast.soc_2, cast.psyk_manager, cast.fk)}


def arrangers(stage: Steering) -> Told:
    return {("meeting.agenda_due", one.pk) for one in (stage.cast.soc_manager, stage.cast.fk)}


# ---------- the days ----------
@pytest.mark.parametrize(
    ("meeting", "proposals", "agenda", "documents"),
    [
        (date(2026, 12, 10), date(2026, 11, 19), date(2026, 11, 26), date(2026, 12, 7)),
        # A Monday: 3 days before is a Friday. 21 and 14 days before are Mondays.
        (date(2027, 2, 15), date(2027, 1, 25), date(2027, 2, 1), date(2027, 2, 12)),
        # 14 days before 15 January is New Year's Day: back to 30 December (New Year's Eve is off). 21: Christmas Day.
        (date(2027, 1, 15), date(2026, 12, 23), date(2026, 12, 30), date(2027, 1, 12)),
        # After Easter: 3 days before is Easter Sunday, back over Good Friday to Maundy Thursday.
        (date(2027, 3, 31), date(2027, 3, 10), date(2027, 3, 17), date(2027, 3, 25)),
    ],
)
def test_deadlines_lie_21_14_and_3_days_before_moved_back_to_a_working_day(
    meeting: date, proposals: date, agenda: date, documents: date
) -> None:
    found = deadlines_of(meeting)
    assert (found.proposals, found.agenda, found.documents) == (proposals, agenda, documents)


@given(st.dates(date(2000, 1, 1), date(2090, 12, 31)))
def test_each_deadline_is_a_working_day_in_order_and_with_no_working_day_lost(day: date) -> None:
    found = deadlines_of(day)
    for got, before in ((found.proposals, 21), (found.agenda, 14), (found.documents, 3)):
        nominal = day - timedelta(days=before)
        assert got <= nominal and not day_off(got)
        assert all(day_off(got + timedelta(days=n)) for n in range(1, (nominal - got).days + 1))
    assert found.proposals <= found.agenda < found.documents < day


# ---------- shown ----------
def test_the_dates_stand_on_the_meetings_page_and_on_the_agenda_to_everybody_in_the_group(
    stage: Steering, as_hat: AsHat
) -> None:
    dates = (
        "Förslag senast 19 nov. 2026 , dagordningen skickas senast 26 nov. 2026 , underlaget är läst senast 7 dec. 2026"
    )
    for hat in (stage.cast.fk, stage.steering, stage.cast.chair, stage.cast.coordinator):
        for path in ("", "bit/dagordning/", "dagordning/skriv-ut/"):
            assert dates in text_of(as_hat(hat).get(f"/moten/{stage.meeting.pk}/{path}").content.decode())
    ItemGuest.objects.create(item=make_item(stage.meeting), membership=stage.cast.psyk)
    assert "Förslag senast" not in as_hat(stage.cast.psyk).get(f"/moten/{stage.meeting.pk}/").content.decode()


def test_what_is_late_and_what_is_done_is_said(stage: Steering, as_hat: AsHat, clock: time_machine.Traveller) -> None:
    path = f"/moten/{stage.meeting.pk}/"
    with on(clock, 11, 27):
        html = as_hat(stage.cast.chair).get(path).content.decode()
        said = text_of(html)
        assert "Tiden för förslag gick ut 19 nov. 2026" in said
        assert "dagordningen skulle ha skickats 26 nov. 2026" in said and 'class="late">dagordningen' in html
        assert "Dagordningen skulle ha skickats 26 nov. 2026" in said  # in the list too
        calls.call_meeting(by=stage.cast.chair, meeting=stage.meeting)
        said = text_of(as_hat(stage.cast.chair).get(path).content.decode())
        assert "dagordningen skickades 27 nov. 2026" in said and "Tiderna hålls" in said


@pytest.mark.parametrize("state", list(MeetingState))
def test_dates_stand_only_while_the_meeting_is_ahead(stage: Steering, as_hat: AsHat, state: MeetingState) -> None:
    put_in(stage.meeting, state)
    html = as_hat(stage.cast.chair).get(f"/moten/{stage.meeting.pk}/").content.decode()
    assert ("underlaget är läst senast" in html) == (state in AHEAD)


def test_other_groups_have_no_such_dates(stage: Steering, as_hat: AsHat) -> None:
    room = make_room(stage.cast)
    assert "underlaget är läst" not in as_hat(room.cast.soc).get(f"/moten/{room.meeting.pk}/").content.decode()


# ---------- reminded ----------
def test_who_holds_a_seat_is_told_a_week_before_the_proposals_day_and_once(
    stage: Steering, clock: time_machine.Traveller
) -> None:
    with on(clock, 11, 11):
        assert swept() == set()
    with on(clock, 11, 12):
        assert swept() == seated(stage)
    with on(clock, 11, 13):
        assert swept() == set()
    assert MeetingEvent.objects.filter(meeting=stage.meeting, verb="remind_proposals").count() == 1
    assert Notification.objects.filter(acting_agency__isnull=False).count() == 0


def test_a_sweep_that_stood_still_says_it_until_the_day_and_not_after(
    stage: Steering, clock: time_machine.Traveller
) -> None:
    with on(clock, 11, 20):
        assert swept() == set()
    with on(clock, 11, 19):
        assert swept() == seated(stage)


def test_arrangers_are_told_three_days_before_and_on_the_day_while_the_agenda_is_not_sent(
    stage: Steering, clock: time_machine.Traveller, as_hat: AsHat
) -> None:
    with on(clock, 11, 22):
        assert swept() == set()
    with on(clock, 11, 23):
        assert swept() == arrangers(stage)
    with on(clock, 11, 24):
        assert swept() == set()
    with on(clock, 11, 26):
        assert swept() == arrangers(stage)
        said = as_hat(stage.cast.fk).get("/handelser/").content.decode()
        assert "agordningen till mötet 10 dec. 2026 ska skickas" in said
    with on(clock, 11, 27):
        assert swept() == set()
    verbs = MeetingEvent.objects.filter(meeting=stage.meeting, verb__startswith="remind_agenda")
    assert list(verbs.values_list("verb", flat=True)) == ["remind_agenda", "remind_agenda_day"]


def test_the_reminder_is_closed_when_the_agenda_is_sent_and_none_follows(
    stage: Steering, clock: time_machine.Traveller
) -> None:
    with on(clock, 11, 23):
        assert swept() == arrangers(stage)
        calls.call_meeting(by=stage.cast.chair, meeting=stage.meeting)
        assert told() == set() and Notification.objects.filter(kind="meeting.agenda_due").count() == 2
    with on(clock, 11, 26):
        assert swept() == set()


@pytest.mark.parametrize("state", sorted(set(MeetingState) - {MeetingState.PLANNED}))
def test_of_a_meeting_that_is_not_planned_nobody_is_told_to_send_it(
    stage: Steering, clock: time_machine.Traveller, state: MeetingState
) -> None:
    Meeting.objects.filter(pk=stage.meeting.pk).update(state=state)
    with on(clock, 11, 26):
        assert swept() == set()
    with on(clock, 11, 13):
        assert swept() == (seated(stage) if state == MeetingState.CALLED else set())


def test_another_kind_of_group_is_left_alone(stage: Steering, clock: time_machine.Traveller) -> None:
    Group.objects.filter(pk=stage.group.pk).update(kind=GroupKind.COOPERATION)
    with on(clock, 11, 13):
        assert swept() == set()
    with on(clock, 11, 26):
        assert swept() == set()


def test_a_meeting_that_was_moved_to_another_day_is_said_anew(stage: Steering, clock: time_machine.Traveller) -> None:
    with on(clock, 11, 13):
        assert swept() == seated(stage)
        starts = timezone.localtime(stage.meeting.starts_at) + timedelta(days=7)
        move_meeting(by=stage.cast.chair, meeting=stage.meeting, starts_at=starts, ends_at=starts + timedelta(hours=2))
        assert swept() == set()
    with on(clock, 11, 20):
        assert swept() == seated(stage)


def test_who_is_called_is_reminded_once_to_read_by_the_documents_day(
    stage: Steering, clock: time_machine.Traveller, as_hat: AsHat
) -> None:
    cast = stage.cast
    calls.call_meeting(by=cast.chair, meeting=stage.meeting)
    asked = set(
        Attendance.objects.filter(meeting=stage.meeting, asked_at__isnull=False).values_list("member", flat=True)
    )
    stage.meeting.attendances.filter(member=cast.fk).update(answer="not_coming", answered_at=timezone.now())
    ItemGuest.objects.create(item=make_item(stage.meeting), membership=cast.psyk)
    with on(clock, 12, 3):
        assert swept() == set()
    with on(clock, 12, 4):
        assert swept() == {("meeting.papers_due", pk) for pk in asked - {cast.fk.pk}} != set()
        html = as_hat(cast.soc_manager).get("/handelser/").content.decode()
        assert "äs underlaget till mötet 10 dec. 2026" in html
        assert as_hat(cast.soc_manager).get(f"/moten/{stage.meeting.pk}/underlag/").status_code == 200
        read = Notification.objects.filter(kind="meeting.papers_due", read_at__isnull=False)
        assert set(read.values_list("membership", flat=True)) == {cast.soc_manager.pk}
        start_meeting(by=cast.chair, meeting=stage.meeting)
        assert told() == set()
    assert MeetingEvent.objects.filter(verb="remind_documents").count() == 1


def test_nobody_is_reminded_to_read_what_is_not_sent_or_after_the_day(
    stage: Steering, clock: time_machine.Traveller
) -> None:
    with on(clock, 12, 4):
        assert swept() == arrangers(stage)
    calls.call_meeting(by=stage.cast.chair, meeting=stage.meeting)
    with on(clock, 12, 8):
        assert swept() == set()
    with on(clock, 12, 7):
        assert swept() != set()


@pytest.mark.parametrize("how", ["begins", "moved", "called off", "the day has passed"])
def test_the_reminder_to_propose_is_taken_away_when_it_is_no_longer_so(
    stage: Steering, clock: time_machine.Traveller, how: str
) -> None:
    with on(clock, 11, 13):
        assert swept() == seated(stage)
        gone = SeatHolder.objects.filter(membership=stage.cast.soc_2)
        gone.update(to_on=timezone.localdate() - timedelta(days=1))
        if how == "begins":
            start_meeting(by=stage.cast.chair, meeting=stage.meeting)
        elif how == "moved":
            starts = timezone.localtime(stage.meeting.starts_at) + timedelta(days=30)
            ends = starts + timedelta(hours=2)
            move_meeting(by=stage.cast.chair, meeting=stage.meeting, starts_at=starts, ends_at=ends)
        elif how == "called off":
            cancel_meeting(by=stage.cast.chair, meeting=stage.meeting, reason="Sjukdom.")
    if how == "the day has passed":
        with on(clock, 11, 19):
            remind_of_agenda()
            assert told() == seated(stage)
        with on(clock, 11, 20):
            remind_of_agenda()
    assert told() == set()


def test_where_no_membership_arranges_nobody_is_told_until_somebody_does(
    stage: Steering, clock: time_machine.Traveller
) -> None:
    Group.objects.filter(pk=stage.group.pk).update(chair=None, secretary=None)
    with on(clock, 11, 26):
        assert swept() == set() and not MeetingEvent.objects.filter(verb__startswith="remind").exists()
        Group.objects.filter(pk=stage.group.pk).update(chair=stage.cast.fk)
        assert swept() == {("meeting.agenda_due", stage.cast.fk.pk)}


@pytest.mark.django_db(transaction=True)
def test_sweeps_at_the_same_moment_say_it_once(cast: Cast) -> None:
    stage = make_steering(cast, days=24)
    for number in range(3):
        group = make_group(cast, f"Styrgrupp {number}", GroupKind.STEERING)
        assert group.chair is not None
        make_meeting(group, days=24)
    results = at_once(*[remind_of_agenda] * 4)
    assert sum(results) == 1, results  # the other groups have no seats
    assert MeetingEvent.objects.filter(verb="remind_proposals").count() == 1
    assert told() == seated(stage) and Notification.objects.count() == len(seated(stage))


# ---------- ready to be sent ----------
def checks(client: Client, meeting: Meeting) -> str:
    return client.get(f"/moten/{meeting.pk}/bit/klart/").content.decode()


DONE = '<span class="i i-check" role="img" aria-label="Klart"></span><span>'
LEFT = '<span class="ring" role="img" aria-label="Återstår"></span><span>'


def test_proposals_that_wait_and_decisions_that_are_followed_stand_in_the_list(stage: Steering, as_hat: AsHat) -> None:
    client = as_hat(stage.cast.chair)
    html = checks(client, stage.meeting)
    assert f"{DONE}Inget förslag väntar på svar" in html and f"{DONE}Besluten följs upp" in html
    for number, says in ((1, "Ett förslag väntar på svar"), (2, "Två förslag väntar på svar")):
        Proposal.objects.create(group=stage.group, title=f"Nr {number}", member=stage.cast.fk)
        assert f"{LEFT}{says}" in checks(client, stage.meeting)
    AgendaItem.objects.filter(meeting=stage.meeting, kind=ItemKind.DECISION_REVIEW).delete()
    assert "Beslut att följa upp" not in checks(client, stage.meeting)
    followed(stage)
    html = checks(client, stage.meeting)
    assert f"{LEFT}Beslut att följa upp saknas på dagordningen" in html
    answer = client.post(f"/moten/{stage.meeting.pk}/dagordning/forberedd/", {"kind": "decision_review"})
    item = AgendaItem.objects.get(meeting=stage.meeting, kind=ItemKind.DECISION_REVIEW)
    assert answer["Location"] == f"/moten/{stage.meeting.pk}/#punkt-{item.pk}"
    assert f"{DONE}Besluten följs upp" in checks(client, stage.meeting)


def followed(stage: Steering, kind: ItemKind = ItemKind.ORDINARY, days: int = -30) -> Decision:
    held = put_in(make_meeting(stage.group, days=days), MeetingState.HELD)
    return Decision.objects.create(
        item=make_item(held, "Förra gången", kind),
        agency=stage.cast.fk.agency,
        text="Vi provar.",
        state=DecisionState.OPEN,
        owner=stage.cast.fk.agency,
        due_on=in_days(60).date(),
    )


def test_quorum_is_told_from_the_answers_so_far(stage: Steering, as_hat: AsHat) -> None:
    client = as_hat(stage.cast.chair)
    Group.objects.filter(pk=stage.group.pk).update(quorum=3)
    assert f"{DONE}Minst tre myndigheter behövs, ingen har sagt att de kommer" in checks(client, stage.meeting)
    calls.call_meeting(by=stage.cast.chair, meeting=stage.meeting)
    stage.meeting.attendances.filter(member=stage.cast.fk).update(answer="coming", answered_at=timezone.now())
    assert f"{DONE}Minst tre myndigheter behövs, en har sagt att de kommer" in checks(client, stage.meeting)
    stage.meeting.attendances.filter(member=stage.cast.psyk_manager).update(
        answer="not_coming", answered_at=timezone.now()
    )
    assert f"{LEFT}Minst tre myndigheter behövs, två kan komma" in checks(client, stage.meeting)


def test_another_group_is_asked_none_of_it(room: Room, as_hat: AsHat) -> None:
    html = checks(as_hat(room.cast.soc), room.meeting)
    assert [words for words in ("väntar på svar", "Tiderna", "behövs", "följs upp") if words in html] == []


def test_a_new_meeting_gets_the_item_for_decisions_also_where_the_template_has_none(stage: Steering) -> None:
    stage.group.template.filter(kind=ItemKind.DECISION_REVIEW).delete()

    def opened(days: int) -> list[AgendaItem]:
        return list(make_meeting(stage.group, days=days).items.filter(kind=ItemKind.DECISION_REVIEW))

    followed(stage, ItemKind.CASE)
    assert opened(70) == []
    assert [followed(stage, days=-60)] and [item.section for item in opened(80)] == ["follow_up"]
    Decision.objects.exclude(item__kind=ItemKind.CASE).update(state=DecisionState.DONE)
    assert opened(90) == []
