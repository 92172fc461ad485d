"""What is late is chased: whom, when, how (issue "Samverkansrum runs", 3; peers.md 3.2). Recipients are exact sets."""

from collections.abc import Callable, Generator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine

from notifications.actions import queue_unread
from notifications.models import DigestMail, Notification
from referrals import actions
from referrals.models import Referral, Reminder, StepTime
from referrals.states import AnswerScope, DelayCode, Outcome, PauseCode, ReferralState, Verb
from tests.cast import Cast, make_cast
from tests.referrals.days import END, START, Told, away, colleague, leave_desk, morning, sweep, swept, told, with_times
from tests.referrals.journeys import bring_to, do, walk, withdraw
from workspace.clocks import add_working_days
from workspace.models import FunctionMember, UserAccount
from workspace.states import MemberRole

pytestmark = [pytest.mark.django_db]
S, V = ReferralState, Verb
NONE = AnswerScope.NONE
DUE, SECOND, MANAGER = date(2027, 3, 8), date(2027, 3, 15), date(2027, 3, 22)
COORDINATOR = date(2027, 3, 31)  # not the 29th: Easter lies between
PSYK = ("psyk", "psyk2")


@pytest.fixture
def clock() -> Generator[Any]:
    with time_machine.travel(morning(START), tick=False) as traveller:
        yield traveller


@pytest.fixture
def cast(clock: Any, db: None) -> Cast:
    return with_times(make_cast())


def levels(*names: str, manager: str, coordinator: bool = False) -> dict[date, Told]:
    """All that is told of one step from START whose turn is these people's."""
    found = {
        DUE: told("due", "due", *names),
        SECOND: told("second", "overdue", *names),
        MANAGER: told("manager", "overdue_manager", manager),
    }
    if coordinator:
        found[COORDINATOR] = told("coordinator", "", roles=("samordnare",))
    return found


# ---------- who, level by level ----------
@pytest.mark.embedded
def test_the_desk_twice_then_its_manager_then_the_coordinator_and_nobody_else(cast: Cast, clock: Any) -> None:
    bring_to(cast, S.SENT, follow_up=True)
    assert swept(clock, START + timedelta(days=1), END) == levels(*PSYK, manager="psykchef", coordinator=True)
    assert not Notification.objects.filter(membership=cast.outsider).exists()


def test_no_coordinator_without_consent_to_follow_up_or_after_it_is_withdrawn(cast: Cast, clock: Any) -> None:
    bring_to(cast, S.SENT)
    assert swept(clock, START + timedelta(days=1), END) == levels(*PSYK, manager="psykchef")


def test_no_coordinator_where_consent_to_follow_up_has_been_withdrawn(cast: Cast, clock: Any) -> None:
    bring_to(cast, S.SENT, follow_up=True)
    withdraw(cast, "follow_up")
    assert swept(clock, START + timedelta(days=1), END) == levels(*PSYK, manager="psykchef")


@pytest.mark.parametrize("verbs", [(V.ACKNOWLEDGE,), (V.ACKNOWLEDGE, V.ACCEPT), (V.ACKNOWLEDGE, V.ACCEPT, V.DECIDE)])
def test_a_step_of_a_silent_receiver_is_told_nobody_else(cast: Cast, clock: Any, verbs: tuple[Verb, ...]) -> None:
    walk(cast, bring_to(cast, S.SENT, follow_up=True), *verbs, scope=NONE)
    assert swept(clock, START + timedelta(days=1), END) == levels("psyk", manager="psykchef")


def test_a_day_that_the_sender_does_not_know_of_is_not_told_the_coordinator(cast: Cast, clock: Any) -> None:
    referral = bring_to(cast, S.SENT, follow_up=True)
    actions.set_new_date(by=cast.psyk, referral=referral, code=DelayCode.QUEUE, until_on=date(2027, 3, 9))
    found = swept(clock, START + timedelta(days=1), END)
    assert [sorted(level for level, _ in one.reminders)[0] for one in found.values()] == ["due", "second", "manager"]


def test_whoever_has_the_work_is_reminded_and_not_the_rest_of_the_desk(cast: Cast, clock: Any) -> None:
    referral = bring_to(cast, S.SENT)
    do(cast.psyk_2, referral, V.ACKNOWLEDGE)
    assert swept(clock, START + timedelta(days=1), END) == levels("psyk2", manager="psykchef")


def test_what_the_sender_owes_is_chased_at_the_sender(cast: Cast, clock: Any) -> None:
    bring_to(cast, S.RETURNED)
    assert swept(clock, START + timedelta(days=1), END) == levels("soc", manager="socchef")


def test_for_an_agency_without_an_account_the_senders_desk_is_reminded(cast: Cast, clock: Any) -> None:
    agency = cast.psyk_desk.agency
    agency.by_letter = True
    agency.save()
    referral = bring_to(cast, S.DRAFT)
    actions.send_referral(by=cast.soc, referral=referral, way="letter")
    assert swept(clock, START + timedelta(days=1), END) == levels("soc", "soc2", manager="socchef")


# ---------- who is there ----------
def test_nobody_at_the_desk_leads_to_the_manager_who_can_open_what_the_notice_leads_to(cast: Cast, clock: Any) -> None:
    bring_to(cast, S.SENT)
    leave_desk(cast.psyk, cast.psyk_2)
    found = swept(clock, START + timedelta(days=1), END)
    kind = "overdue_manager"
    assert found == {
        DUE: told("due", kind, "psykchef"),
        SECOND: told("second", kind, "psykchef"),
        MANAGER: told("manager", kind, "psykchef"),
    }


def test_a_desk_whose_only_member_has_a_closed_account_is_its_managers(cast: Cast, clock: Any) -> None:
    bring_to(cast, S.ACCEPTED)
    leave_desk(cast.psyk_2)
    UserAccount.objects.filter(pk=cast.psyk.user_id).update(is_active=False)
    found = swept(clock, START + timedelta(days=1), SECOND)
    assert found == {
        DUE: told("due", "overdue_manager", "psykchef"),
        SECOND: told("second", "overdue_manager", "psykchef"),
    }


def test_a_stand_in_is_reminded_instead_of_whoever_is_away(cast: Cast, clock: Any) -> None:
    colleague(cast, "psyk3", cast.psyk_desk)
    bring_to(cast, S.ACCEPTED)
    away(cast.psyk, stand_in=cast.psyk_2)
    assert swept(clock, START + timedelta(days=1), END) == levels("psyk2", manager="psykchef")


def test_without_a_stand_in_the_rest_of_the_desk_is_reminded(cast: Cast, clock: Any) -> None:
    colleague(cast, "psyk3", cast.psyk_desk)
    bring_to(cast, S.ACCEPTED)
    away(cast.psyk)
    assert swept(clock, START + timedelta(days=1), END) == levels("psyk2", "psyk3", manager="psykchef")


def test_a_stand_in_who_cannot_open_it_or_is_away_too_is_not_told(cast: Cast, clock: Any) -> None:
    colleague(cast, "psyk3", cast.psyk_desk)
    without_seat = colleague(cast, "psyk4", None)
    bring_to(cast, S.ACCEPTED)
    away(cast.psyk, stand_in=without_seat)
    away(cast.psyk_2, stand_in=cast.psyk)
    assert swept(clock, START + timedelta(days=1), END) == levels("psyk3", manager="psykchef")


def test_where_the_manager_is_away_another_manager_is_told(cast: Cast, clock: Any) -> None:
    colleague(cast, "chef2", None, MemberRole.MANAGER)
    bring_to(cast, S.SENT)
    away(cast.psyk_manager, stand_in=cast.psyk)
    assert swept(clock, START + timedelta(days=1), END) == levels(*PSYK, manager="chef2")


def test_who_has_come_to_the_desk_meanwhile_is_told_the_next_level_and_who_has_left_is_not(
    cast: Cast, clock: Any
) -> None:
    bring_to(cast, S.SENT)
    swept(clock, START + timedelta(days=1), DUE)
    leave_desk(cast.psyk)
    colleague(cast, "psyk3", cast.psyk_desk)
    assert swept(clock, DUE + timedelta(days=1), SECOND) == {SECOND: told("second", "overdue", "psyk2", "psyk3")}


# ---------- when ----------
def test_the_most_exact_interval_counts_and_an_agencys_own_before_everybodys(cast: Cast, clock: Any) -> None:
    common = {"step": "sent", "unit": "working_days", "source": "egen"}
    kind, psyk = "counselling_contact", cast.psyk.agency
    StepTime.objects.create(agency=psyk, length=2, second_after=1, manager_after=2, coordinator_after=3, **common)
    bring_to(cast, S.SENT, follow_up=True)
    found = swept(clock, START + timedelta(days=1), date(2027, 3, 10))
    assert [day.day for day in found] == [3, 4, 5, 8]

    StepTime.objects.create(
        agency=psyk, kind_id=kind, length=1, second_after=2, manager_after=4, coordinator_after=6, **common
    )
    StepTime.objects.create(kind_id=kind, length=9, **common)
    bring_to(cast, S.SENT, follow_up=True)
    found = swept(clock, date(2027, 3, 11), date(2027, 3, 20))
    assert [day.day for day in found] == [11, 15, 17, 19]


def test_a_new_date_is_waited_for_and_then_it_begins_with_the_first_level(cast: Cast, clock: Any) -> None:
    referral = bring_to(cast, S.ACCEPTED)
    swept(clock, START + timedelta(days=1), SECOND)
    actions.set_new_date(by=cast.psyk, referral=referral, code=DelayCode.QUEUE, until_on=date(2027, 4, 5))
    found = swept(clock, SECOND + timedelta(days=1), date(2027, 4, 30))
    assert {day: (one.reminders, {kind for kind, _ in one.notices}) for day, one in found.items()} == {
        date(2027, 4, 5): ({("due", "psyk")}, {"referral.due"}),
        date(2027, 4, 12): ({("second", "psyk")}, {"referral.overdue"}),
        date(2027, 4, 19): ({("manager", "psykchef")}, {"referral.overdue_manager"}),
    }


@pytest.mark.parametrize("since", [date(2027, 3, 3), SECOND], ids=["in time", "when already late"])
def test_nobody_is_reminded_while_time_stands_still_and_then_it_begins_anew(
    cast: Cast, clock: Any, since: date
) -> None:
    referral = bring_to(cast, S.ACCEPTED)
    swept(clock, START + timedelta(days=1), since)
    until = date(2027, 4, 2)
    actions.pause_clock(by=cast.psyk, referral=referral, code=PauseCode.PERSON_ASKED, until_on=until)
    found = swept(clock, since + timedelta(days=1), date(2027, 5, 7))
    first = min(found)
    assert first > until
    assert [(day, one.reminders) for day, one in found.items()] == [
        (first, {("due", "psyk")}),
        (add_working_days(first, 5), {("second", "psyk")}),
        (add_working_days(first, 10), {("manager", "psykchef")}),
    ]


def test_a_reminder_by_hand_counts_and_the_next_level_waits(cast: Cast, clock: Any) -> None:
    referral = bring_to(cast, S.SENT)
    swept(clock, START + timedelta(days=1), date(2027, 3, 12))
    actions.remind_by_hand(by=cast.soc, referral=referral, text="Hur går det?")
    found = swept(clock, date(2027, 3, 13), END)
    assert [(day, {level for level, _ in one.reminders}) for day, one in found.items()] == [
        (date(2027, 3, 19), {"second"}),
        (date(2027, 3, 30), {"manager"}),
    ]


@pytest.mark.parametrize("reached", [set[str](), {"due"}], ids=["after an import", "after a stop"])
def test_nobody_gets_several_levels_at_once_however_late_it_is(cast: Cast, clock: Any, reached: set[str]) -> None:
    bring_to(cast, S.SENT, follow_up=True)
    if reached:
        swept(clock, START + timedelta(days=1), DUE)
    again = date(2027, 6, 1)
    found = swept(clock, again, date(2027, 6, 30))
    gaps = [("due", 0), ("second", 5), ("manager", 10), ("coordinator", 15)]
    if reached:
        gaps = [(level, gap - 5) for level, gap in gaps[1:]]
    expected = [(add_working_days(again, gap), {level}) for level, gap in gaps]
    assert [(day, {level for level, _ in one.reminders}) for day, one in found.items()] == expected


def test_what_falls_due_on_a_day_off_is_reminded_of_on_the_next_working_day(cast: Cast, clock: Any) -> None:
    referral = bring_to(cast, S.ACCEPTED)
    actions.set_new_date(by=cast.psyk, referral=referral, code=DelayCode.QUEUE, until_on=date(2027, 3, 26))
    found = swept(clock, START + timedelta(days=1), date(2027, 4, 1))
    assert list(found) == [date(2027, 3, 30)]


# ---------- what is never chased ----------
ENDED = [S.RECALLED, S.CANCELLED, S.WITHDRAWN, S.CLOSED]


def decided_and_closed_in_silence(cast: Cast) -> Referral:
    referral = bring_to(cast, S.SENT, follow_up=True)
    return walk(cast, referral, V.ACKNOWLEDGE, V.ACCEPT, V.DECIDE, V.CLOSE, scope=NONE)


@pytest.mark.parametrize(
    "make", [*ENDED, decided_and_closed_in_silence, S.DRAFT], ids=lambda made: getattr(made, "__name__", str(made))
)
def test_what_has_ended_or_was_never_sent_is_never_reminded_of(
    cast: Cast, clock: Any, make: ReferralState | Callable[[Cast], Referral]
) -> None:
    referral = make(cast) if callable(make) else bring_to(cast, make, follow_up=True)
    Referral.objects.filter(pk=referral.pk, turn=None).update(due_on=DUE)  # whatever its day was
    assert swept(clock, DUE, date(2027, 3, 12)) == {}
    clock.move_to(morning(date(2027, 6, 1)))
    sweep()
    assert not Reminder.objects.exclude(level__startswith="ground").exists()


def test_a_step_that_is_taken_on_its_last_day_is_not_reminded_of_afterwards(cast: Cast, clock: Any) -> None:
    referral = bring_to(cast, S.ACCEPTED)
    swept(clock, START + timedelta(days=1), DUE)
    actions.decide_referral(by=cast.psyk, referral=referral, outcome=Outcome.GRANTED)
    found = swept(clock, DUE + timedelta(days=1), SECOND)
    assert {day: one.reminders for day, one in found.items()} == {SECOND: {("due", "soc")}}


# ---------- by hand ----------
def mailed_later(clock: Any) -> set[str]:
    """Who the sweep writes a mail to, when nobody has opened anything for half an hour."""
    assert not DigestMail.objects.exists()
    clock.shift(timedelta(minutes=31))
    queue_unread()
    return set(DigestMail.objects.values_list("user__username", flat=True))


def test_a_reminder_by_hand_reaches_those_who_are_there_once_a_day(cast: Cast, clock: Any) -> None:
    referral = bring_to(cast, S.SENT)
    Notification.objects.all().delete()
    away(cast.psyk)
    actions.remind_by_hand(by=cast.soc, referral=referral, text="Hur går det?")
    with pytest.raises(Exception, match="redan påmint i dag"):
        actions.remind_by_hand(by=cast.soc_2, referral=referral, text="Nå?")
    rows = set(Reminder.objects.values_list("level", "member", "text", "by"))
    assert rows == {("by_hand", cast.psyk_2.pk, "Hur går det?", cast.soc.pk)}
    assert set(Notification.objects.values_list("kind", "membership")) == {("referral.reminded", cast.psyk_2.pk)}
    assert mailed_later(clock) == {"psyk2"}


def test_a_reminder_by_hand_to_a_desk_where_nobody_is_waits_for_them_all(cast: Cast, clock: Any) -> None:
    referral = bring_to(cast, S.SENT)
    for member in (cast.psyk, cast.psyk_2):
        away(member)
    Notification.objects.all().delete()
    actions.remind_by_hand(by=cast.soc, referral=referral, text="Hur går det?")
    assert set(Notification.objects.values_list("membership__user__username", flat=True)) == set(PSYK)


def test_the_coordinator_reminds_the_desk_whose_turn_it_is_as_far_as_is_told(cast: Cast, clock: Any) -> None:
    FunctionMember.objects.filter(membership=cast.soc_2).delete()
    ours, theirs = bring_to(cast, S.RETURNED, follow_up=True), bring_to(cast, S.SENT, follow_up=True)
    silent = walk(cast, bring_to(cast, S.SENT, follow_up=True), V.ACKNOWLEDGE, V.ACCEPT, V.DECIDE, V.CLOSE, scope=NONE)
    ended = bring_to(cast, S.CLOSED, follow_up=True)
    Notification.objects.all().delete()
    every = [ours, theirs, silent, ended]
    assert actions.remind_from_board(role=cast.coordinator, referrals=every, text="Hur går det?") == (3, 1)
    assert actions.remind_from_board(role=cast.coordinator, referrals=every, text="Hur går det?") == (0, 4)
    told_of = set(Notification.objects.values_list("object_id", "membership__user__username"))
    assert told_of == {(ours.pk, "soc"), *((one.pk, name) for one in (theirs, silent) for name in PSYK)}
    assert mailed_later(clock) == {"soc", *PSYK}
