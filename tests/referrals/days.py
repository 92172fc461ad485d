"""Days of the sweep: the cast with addresses for mail, a clock to turn, and exactly who was told what on a day."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Max
from django.utils import timezone

from notifications.actions import queue_unread
from notifications.models import DigestMail, Notification
from referrals.actions import chase, return_from_left_agencies
from referrals.models import Reminder, StepTime
from tests.cast import Cast, make_member
from workspace.front.actions.expiry import expire_disclosures
from workspace.models import Absence, Function, Membership, UserAccount
from workspace.states import MemberRole

START = date(2027, 3, 1)  # a Monday; Good Friday is 26 March, Easter Monday the 29th
END = date(2027, 4, 2)
STOCKHOLM = ZoneInfo("Europe/Stockholm")
STEPS = ("sent", "received", "accepted", "waiting", "decided", "returned")


def morning(day: date) -> datetime:
    return datetime.combine(day, time(7), STOCKHOLM)


def days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def with_times(cast: Cast) -> Cast:
    """Five working days for every step, then 5, 10 and 15 to the levels; and an address for everybody's mail."""
    StepTime.objects.all().delete()
    for step in STEPS:
        StepTime.objects.create(step=step, length=5, unit="working_days", source="förvald tid")
    for user in UserAccount.objects.all():
        user.email = f"{user.username}@exempel.se"
        user.save(update_fields=["email"])
    return cast


@dataclass
class Told:
    """Who was told what on a day, by name. Everything in the tables, so what is not here was not told."""

    notices: set[tuple[str, str]] = field(default_factory=set)
    reminders: set[tuple[str, str]] = field(default_factory=set)
    mails: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.notices or self.reminders or self.mails)


def told(level: str, kind: str, *names: str, roles: tuple[str, ...] = ()) -> Told:
    """One level, as it should be: a notice, a reminder and a mail each; a role has no notices."""
    everybody = {*names, *roles}
    return Told({(f"referral.{kind}", name) for name in names}, {(level, name) for name in everybody}, everybody)


def told_since(marks: tuple[int, ...]) -> dict[date, Told]:
    """What each day has told whom since the marks, without the days that told nothing."""
    found: dict[date, Told] = defaultdict(Told)
    notice, reminder, mail = marks
    for one in Notification.objects.filter(pk__gt=notice).select_related("membership__user"):
        found[timezone.localdate(one.made_at)].notices.add((one.kind, one.membership.user.username))
    for row in Reminder.objects.filter(pk__gt=reminder).select_related("member__user", "role__user"):
        found[row.made_on].reminders.add((row.level, name_of(row)))
    for post in DigestMail.objects.filter(pk__gt=mail).select_related("user"):
        found[post.day].mails.add(post.user.username)
    return dict(sorted(found.items()))


def marks() -> tuple[int, ...]:
    tables: list[Any] = [Notification, Reminder, DigestMail]
    return tuple(table.objects.aggregate(last=Max("pk"))["last"] or 0 for table in tables)


def name_of(row: Reminder) -> str:
    hat = row.member or row.role
    assert hat is not None
    return hat.user.username


def sweep() -> int:
    """What runs by itself, in its order, but for the mail server. Errors are raised. Returns how much was done."""
    return return_from_left_agencies() + expire_disclosures() + chase()


def swept(clock: Any, first: date, last: date) -> dict[date, Told]:
    """Sweep every day, again where something was done, and then mail; what each day told whom."""
    before = marks()
    # What was told before has been read.
    Notification.objects.filter(read_at__isnull=True).update(read_at=timezone.now())
    for day in days(first, last):
        clock.move_to(morning(day))
        if sweep():
            clock.shift(timedelta(hours=3))
            assert chase() == 0
        queue_unread()
        DigestMail.objects.update(sent_at=timezone.now())
    return told_since(before)


def colleague(cast: Cast, username: str, desk: Function | None, role: MemberRole = MemberRole.CASEWORKER) -> Membership:
    """One more at the psychiatry, with an address for mail."""
    member = make_member(cast.psyk.agency, username, desk, role)
    UserAccount.objects.filter(pk=member.user_id).update(email=f"{username}@exempel.se")
    return member


def away(member: Membership, stand_in: Membership | None = None, first: date = START, last: date = END) -> None:
    Absence.objects.create(membership=member, from_on=first, to_on=last, stand_in=stand_in)


def leave_desk(*members: Membership) -> None:
    for member in members:
        member.seats.all().delete()
