"""The stage of answers by calendar: people with addresses, entries laid without the reconciliation, and the taking."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from meetings.calendar.actions.replies import take_mail
from meetings.calendar.models import Entry, ReceivedReply
from meetings.ical.replies import read_mail
from meetings.models import Attendance, Conversation, Meeting, MeetingEvent, Series
from meetings.queries.series import rule_of
from meetings.rules import hat_fields
from meetings.schedule import occurrences, span
from tests.calendar.answers import Said
from tests.cast import Cast
from workspace.clocks import add_months
from workspace.models import Membership, UserAccount
from workspace.rules import Hat

Outcome = tuple[str, str]


def give_addresses() -> None:
    for user in UserAccount.objects.all():
        UserAccount.objects.filter(pk=user.pk).update(email=f"{user.username.capitalize()}@kommun.example")


def address_of(hat: Hat) -> str:
    hat.user.refresh_from_db()
    return hat.user.email.lower()


def entry_of(hat: Hat, thing: Meeting | Conversation | Series, **more: Any) -> Entry:
    """An entry of somebody, whoever they are: of a series from its next day on."""
    fields: dict[str, Any] = hat_fields(hat)
    if isinstance(thing, Series):
        [day, *_] = occurrences(rule_of(thing), timezone.localdate(), add_months(timezone.localdate(), 12))
        starts_at, ends_at = span(day, thing.begins, thing.ends)
        fields |= {"series": thing, "starts_at": starts_at, "ends_at": ends_at}
    else:
        kind = "meeting" if isinstance(thing, Meeting) else "conversation"
        fields |= {kind: thing, "starts_at": thing.starts_at, "ends_at": thing.ends_at}
    return Entry.objects.create(user=hat.user, **{**fields, **more})


def said_of(entry: Entry, partstat: str = "ACCEPTED", **more: Any) -> Said:
    """An answer to an entry by whoever it is of."""
    fields: dict[str, Any] = {
        "address": UserAccount.objects.get(pk=entry.user_id).email,
        "starts_at": entry.starts_at,
        "ends_at": entry.ends_at,
        "sequence": entry.sequence,
    }
    return Said(str(entry.uid), partstat=partstat, **{**fields, **more})


def take(said: Said, client: str = "exchange") -> Outcome:
    """Take a mail, and say what became of its one answer."""
    [(row, is_new)] = take_raw(said.as_mail(client))
    return (row.outcome, row.why) if is_new else ("again", row.outcome)


def take_raw(raw: bytes) -> list[tuple[ReceivedReply, bool]]:
    return take_mail(read_mail(raw))


def answers_of(hat: Membership) -> dict[datetime, str]:
    rows = Attendance.objects.filter(member=hat).exclude(answer="")
    return {timezone.localtime(at): answer for at, answer in rows.values_list("meeting__starts_at", "answer")}


def answer_of(hat: Membership, meeting: Meeting) -> tuple[str, str]:
    row = Attendance.objects.filter(member=hat, meeting=meeting).first()
    return (row.answer, row.comment) if row else ("", "")


def written() -> tuple[Any, ...]:
    """All that an answer could change, to be compared before and after."""
    return (
        list(Attendance.objects.order_by("pk").values()),
        MeetingEvent.objects.count(),
        list(Conversation.objects.order_by("pk").values("state", "last_act_at")),
    )


def everybody(cast: Cast) -> dict[str, Hat]:
    return {**cast.members, "coordinator": cast.coordinator, "chair": cast.chair}
