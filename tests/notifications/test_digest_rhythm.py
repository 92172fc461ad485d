"""When a mail says that there is something to read: for what lies unread, at most once a day, never in quiet hours."""

from collections.abc import Generator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from notifications.actions import (
    Notice,
    close_notices,
    deliver,
    follow_thing,
    mark_read,
    queue_digests,
    queue_unread,
    save_choices,
    send_digests,
)
from notifications.models import DigestMail, Notification, QuietHours
from notifications.queries import notifications_of
from notifications.registry import all_kinds
from notifications.rules import ROLE_REMINDERS, Choice
from notifications.states import DigestRhythm, Urgency
from tests.cast import Cast, make_cast, make_member
from tests.notifications.post import PostOffice
from tests.referrals.races import at_once
from workspace.models import Membership, UserAccount

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
STOCKHOLM = ZoneInfo("Europe/Stockholm")
TUESDAY = date(2027, 3, 2)
D, W, N = DigestRhythm
NEWS, KNOW, ACT = "referral.accepted", "referral.message", "referral.sent"


def at(day: date, hour: int = 9, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), STOCKHOLM)


@pytest.fixture
def clock() -> Generator[Any]:
    with time_machine.travel(at(TUESDAY), tick=False) as traveller:
        yield traveller


@pytest.fixture
def cast(clock: Any, db: None) -> Cast:
    made = make_cast()
    for user in UserAccount.objects.all():
        UserAccount.objects.filter(pk=user.pk).update(email=f"{user.username}@exempel.se")
    return made


@pytest.fixture
def post(settings: Settings) -> Generator[PostOffice]:
    with PostOffice().serving(settings) as office:
        yield office


def tell(kind: str, *members: Membership, pk: int = 7) -> None:
    deliver([Notice(kind, "R-1", pk, None, frozenset(one.pk for one in members))])


def wants(member: Membership, mail: DigestRhythm, *kinds: str) -> None:
    save_choices(by=member, choices=dict.fromkeys(kinds, Choice(True, mail, False)))


def mails() -> set[tuple[str, date, str]]:
    return {(row.user.username, row.day, row.rhythm) for row in DigestMail.objects.select_related("user")}


def swept(clock: Any, moment: datetime) -> int:
    """How many mails are written down at a moment. They are sent at once, as far as the next sweep knows."""
    clock.move_to(moment)
    written = queue_unread()
    DigestMail.objects.filter(sent_at__isnull=True).update(sent_at=moment)
    return written


# ---------- daily ----------
def test_what_has_lain_unread_for_half_an_hour_is_mailed_once(cast: Cast, clock: Any) -> None:
    tell(ACT, cast.psyk, cast.psyk_2)
    assert swept(clock, at(TUESDAY, 9, 29)) == 0
    assert swept(clock, at(TUESDAY, 9, 30)) == 2
    assert mails() == {("psyk", TUESDAY, D), ("psyk2", TUESDAY, D)}
    assert {tuple(row.kinds) for row in DigestMail.objects.all()} == {(ACT,)}
    assert swept(clock, at(TUESDAY, 9, 40)) == 0


@pytest.mark.parametrize("kind", sorted(all_kinds()))
def test_whoever_chooses_nothing_is_mailed_by_how_urgent_a_kind_is(cast: Cast, clock: Any, kind: str) -> None:
    tell(kind, cast.soc)
    assert swept(clock, at(TUESDAY, 10)) == (all_kinds()[kind].urgency != Urgency.NEWS)


@pytest.mark.parametrize(
    "how", ["read", "closed", "unfollowed", "off the page", "no mail", "no address", "closed account", "hat ended"]
)
def test_nothing_is_mailed_of_what_need_not_or_may_not_be_read(cast: Cast, clock: Any, how: str) -> None:
    if how == "unfollowed":
        follow_thing(by=cast.soc, about="referral", object_id=7, follows=False)
    if how == "off the page":
        save_choices(by=cast.soc, choices={KNOW: Choice(False, D, False)})
    if how == "no mail":
        wants(cast.soc, N, KNOW)
    tell(KNOW, cast.soc)
    if how == "read":
        mark_read(by=cast.soc, notifications=notifications_of(cast.soc))
    if how == "closed":
        close_notices(kind_prefix=KNOW, object_id=7)
    people = UserAccount.objects.filter(pk=cast.soc.user_id)
    if how == "no address":
        people.update(email="")
    if how == "closed account":
        people.update(is_active=False)
    if how == "hat ended":
        Membership.objects.filter(pk=cast.soc.pk).update(
            from_on=TUESDAY - timedelta(days=9), to_on=TUESDAY - timedelta(days=1)
        )
    assert swept(clock, at(TUESDAY, 10)) == 0 and not mails()


def test_a_day_full_of_events_gives_one_mail_and_the_next_day_one_for_what_is_new(cast: Cast, clock: Any) -> None:
    for hour in range(9, 17):
        clock.move_to(at(TUESDAY, hour))
        tell(ACT, cast.psyk, pk=hour)
        swept(clock, at(TUESDAY, hour, 45))
    assert mails() == {("psyk", TUESDAY, D)}
    wednesday = TUESDAY + timedelta(days=1)
    swept(clock, at(wednesday, 7))
    assert mails() == {("psyk", TUESDAY, D), ("psyk", wednesday, D)}
    for days in (2, 3, 6):  # nothing has come since: silence
        assert swept(clock, at(TUESDAY + timedelta(days=days), 12)) == 0


def test_what_was_too_new_for_a_mail_is_for_the_next(cast: Cast, clock: Any) -> None:
    tell(ACT, cast.psyk)
    clock.move_to(at(TUESDAY, 9, 29))
    tell(KNOW, cast.psyk)
    assert swept(clock, at(TUESDAY, 9, 31)) == 1
    mark_read(by=cast.psyk, notifications=notifications_of(cast.psyk).filter(kind=ACT))
    assert swept(clock, at(TUESDAY + timedelta(days=1), 9)) == 1
    assert DigestMail.objects.latest("pk").kinds == [KNOW]


def test_two_hats_of_one_person_are_one_mail(cast: Cast, clock: Any) -> None:
    for hat in cast.two_hats:
        tell(ACT, hat)
    assert swept(clock, at(TUESDAY, 10)) == 1 and mails() == {("twohats", TUESDAY, D)}


# ---------- weekly ----------
def test_weekly_kinds_come_on_monday_morning_for_what_came_before(cast: Cast, clock: Any) -> None:
    wants(cast.soc, W, NEWS, KNOW)
    tell(KNOW, cast.soc)
    sunday, monday = TUESDAY + timedelta(days=5), TUESDAY + timedelta(days=6)
    for day in range(5):
        assert swept(clock, at(TUESDAY + timedelta(days=day), 12)) == 0
    assert swept(clock, at(sunday, 12)) == swept(clock, at(monday, 6, 59)) == 0
    tell(NEWS, cast.soc)  # before anybody is at work on Monday: it is for the Monday after
    assert swept(clock, at(monday, 7)) == 1
    assert mails() == {("soc", monday, W)} and DigestMail.objects.get().kinds == [KNOW]
    assert swept(clock, at(monday, 12)) == swept(clock, at(monday + timedelta(days=1), 12)) == 0
    assert swept(clock, at(monday + timedelta(days=7), 7)) == 1
    assert DigestMail.objects.latest("pk").kinds == [NEWS]


def test_where_monday_is_a_day_off_it_comes_on_the_day_after(cast: Cast, clock: Any) -> None:
    wants(cast.soc, W, KNOW)
    clock.move_to(at(date(2027, 3, 24)))
    tell(KNOW, cast.soc)
    easter_monday = date(2027, 3, 29)
    assert swept(clock, at(easter_monday, 12)) == 0
    assert swept(clock, at(easter_monday + timedelta(days=1), 7)) == 1


def test_daily_and_weekly_on_the_same_monday_are_one_mail(cast: Cast, clock: Any) -> None:
    wants(cast.soc, W, KNOW)
    tell(KNOW, cast.soc)
    monday = TUESDAY + timedelta(days=6)
    clock.move_to(at(monday, 6))
    tell(ACT, cast.soc)
    assert swept(clock, at(monday, 7)) == 1 and swept(clock, at(monday, 9)) == 0
    assert mails() == {("soc", monday, D)} and DigestMail.objects.get().kinds == [KNOW, ACT]
    assert swept(clock, at(monday + timedelta(days=7), 9)) == 0


# ---------- quiet hours ----------
@pytest.mark.parametrize(
    ("told_at", "mailed_at"),
    [
        (at(TUESDAY, 17, 45), at(TUESDAY + timedelta(days=1), 7)),
        (at(TUESDAY, 2), at(TUESDAY, 7)),
        (at(date(2027, 3, 5), 18), at(date(2027, 3, 8), 7)),  # Friday evening: Monday
        (at(date(2027, 3, 25), 18), at(date(2027, 3, 30), 7)),  # before Good Friday: after Easter
        (at(date(2027, 3, 27), 23, 50), at(date(2027, 3, 30), 7)),  # the night the clock changes
        (at(date(2027, 10, 30), 23, 50), at(date(2027, 11, 1), 7)),
    ],
)
def test_mail_waits_until_the_quiet_hours_are_over(
    cast: Cast, clock: Any, told_at: datetime, mailed_at: datetime
) -> None:
    clock.move_to(told_at)
    tell(ACT, cast.psyk)
    moment = told_at
    while moment < mailed_at:
        assert swept(clock, moment) == 0, moment
        moment = (moment.astimezone(ZoneInfo("UTC")) + timedelta(minutes=50)).astimezone(STOCKHOLM)
    assert swept(clock, mailed_at) == 1


def test_everybody_has_quiet_hours_of_their_own(cast: Cast, clock: Any) -> None:
    own = {
        cast.soc: (time(8), time(20), False),  # works nights
        cast.psyk: (time(0), time(0), False),  # none at all
        cast.fk: (time(0), time(0), True),
    }
    for member, (begins, ends, days_off) in own.items():
        QuietHours.objects.create(user=member.user, begins=begins, ends=ends, days_off=days_off)
    people = [*own, cast.outsider]
    for number, (day, hour, expected) in enumerate(
        [
            (TUESDAY, 12, {"psyk", "fk", "outsider"}),
            (TUESDAY + timedelta(days=1), 22, {"soc", "psyk", "fk"}),
            (TUESDAY + timedelta(days=4), 12, {"psyk"}),  # a Saturday
            (TUESDAY + timedelta(days=4), 23, {"soc", "psyk"}),
        ]
    ):
        clock.move_to(at(day, hour) - timedelta(hours=1))
        DigestMail.objects.all().delete()
        Notification.objects.all().delete()
        tell(ACT, *people, pk=number)
        swept(clock, at(day, hour))
        assert {name for name, *_ in mails()} == expected, (day, hour)


def test_a_mail_that_was_written_down_waits_too_and_is_not_lost_over_a_long_weekend(
    cast: Cast, clock: Any, post: PostOffice
) -> None:
    clock.move_to(at(date(2027, 3, 25), 17, 50))
    queue_digests(day=timezone.localdate(), roles=[cast.coordinator.pk])
    for moment in (at(date(2027, 3, 25), 18), at(date(2027, 3, 28), 12), at(date(2027, 3, 30), 6, 50)):
        clock.move_to(moment)
        queue_digests(day=timezone.localdate(), roles=[cast.coordinator.pk])
        assert send_digests() == 0
    clock.move_to(at(date(2027, 3, 30), 7))
    assert send_digests() == 1 and len(post.raw) == 1
    assert send_digests() == 0


# ---------- at most one, whatever happens ----------
def test_no_new_mail_is_written_down_while_one_waits(cast: Cast, clock: Any, post: PostOffice) -> None:
    post.stop()
    for days in range(3):
        clock.move_to(at(TUESDAY + timedelta(days=days)))
        tell(ACT, cast.psyk, pk=days)
        clock.move_to(at(TUESDAY + timedelta(days=days), 10))
        queue_unread()
        send_digests()
    assert mails() == {("psyk", TUESDAY, D)}
    post.start()
    assert [send_digests(), send_digests()] == [1, 0] and len(post.raw) == 1


def test_a_role_and_a_hat_of_one_person_share_the_mail_of_the_day(cast: Cast, clock: Any) -> None:
    both = make_member(cast.soc.agency, cast.coordinator.user, cast.soc_desk)
    for days in (0, 1):
        today = TUESDAY + timedelta(days=days)
        clock.move_to(at(today))
        tell(ACT, both, pk=days)
        if days:
            swept(clock, at(today, 10))
        queue_digests(day=today, roles=[cast.coordinator.pk])
        swept(clock, at(today, 11))
        DigestMail.objects.filter(day=today).update(sent_at=timezone.now())
    kinds = dict(DigestMail.objects.values_list("day", "kinds"))
    assert kinds == {TUESDAY: [ROLE_REMINDERS], TUESDAY + timedelta(days=1): [ACT]}


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_write_one_mail_each(cast: Cast, clock: Any) -> None:
    members = list(cast.members.values())
    with transaction.atomic():
        tell(ACT, *members)
    clock.move_to(at(TUESDAY, 10))
    at_once(queue_unread, queue_unread)
    assert DigestMail.objects.count() == len({member.user_id for member in members})


def test_one_sweep_asks_as_much_for_thirty_people_as_for_one(cast: Cast, clock: Any) -> None:
    def queries(*members: Membership) -> int:
        DigestMail.objects.all().delete()
        tell(ACT, *members)
        clock.shift(timedelta(minutes=31))
        with CaptureQueriesContext(connection) as seen:
            queue_unread()
        assert DigestMail.objects.count() == len(members)
        return sum(query["sql"].startswith("SELECT") for query in seen.captured_queries)

    crowd = [make_member(cast.psyk.agency, f"manga{number}", None) for number in range(30)]
    UserAccount.objects.filter(username__startswith="manga").update(email="m@exempel.se")
    assert queries(crowd[0]) == 1
    mark_read(by=crowd[0], notifications=notifications_of(crowd[0]))
    assert queries(*crowd) == 1
