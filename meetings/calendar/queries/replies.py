"""What an answer from a calendar is about, whether it still counts, and which of those that wait can be given now."""

from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from meetings.calendar.models import Entry, ReceivedReply
from meetings.calendar.states import Outcome, Why
from meetings.models import Attendance, Meeting, Series
from meetings.queries.attendance import ANSWERED_TO
from meetings.queries.series import days_of
from meetings.schedule import span
from meetings.states import AHEAD, Answer
from workspace.clocks import start_of
from workspace.models import UserAccount
from workspace.queries import active_hats
from workspace.swedish import say_date

TOLD_FOR = timedelta(days=14)
# What somebody has said of a thing; a refused answer says nothing, nor does one that was too old when it came.
SPOKEN = (Outcome.TAKEN, Outcome.WAITING, Outcome.NOTHING)


def entry_lives(entry: Entry) -> bool:
    """The person behind it may still sign in under that hat."""
    return entry.user.is_active and entry.hat_key in active_hats({entry.hat_key})


def begins_on(series: Series, day: date) -> datetime:
    """When the occurrence of a day begins by the series' rule, also where it has been moved."""
    return span(day, series.begins, series.ends)[0]


def gives(series: Series, day: date) -> bool:
    """Whether the series has an occurrence on the day: one that is opened, or by its rule and not left out."""
    if Meeting.objects.filter(series=series, occurs_on=day).exists():
        return True
    return bool(days_of(series, day, day)) and not series.exceptions.filter(on=day, moved_to__isnull=True).exists()


def meeting_of(reply: ReceivedReply) -> Meeting | None:
    """The meeting that is answered; None where the occurrence has not been opened."""
    entry = reply.entry
    assert entry is not None
    if reply.instead_of is None:
        return entry.meeting
    return Meeting.objects.filter(series=entry.series_id, occurs_on=timezone.localdate(reply.instead_of)).first()


def meetings_to_fill(entry: Entry) -> QuerySet[Meeting]:
    """The meetings ahead of a series, in the order they are locked."""
    return Meeting.objects.filter(series=entry.series_id, state__in=AHEAD, ends_at__gt=timezone.now()).order_by("pk")


def days_answered(entry: Entry) -> set[datetime]:
    """The occurrences of a series that have an answer of their own, as they begin by the rule."""
    rows = ReceivedReply.objects.filter(entry=entry, instead_of__isnull=False, outcome__in=SPOKEN)
    return {at for at in rows.values_list("instead_of", flat=True) if at}


def has_newer(reply: ReceivedReply) -> bool:
    """Whether something that was said later has come already, of just the same."""
    same = ReceivedReply.objects.filter(entry=reply.entry, instead_of=reply.instead_of, outcome__in=SPOKEN)
    return same.filter(stamp__gt=reply.stamp).exclude(pk=reply.pk).exists()


def is_written_by_reply(reply: ReceivedReply, at: datetime) -> bool:
    """Whether what stands there since a moment was written for an answer from a calendar."""
    same = Q(instead_of=reply.instead_of) | Q(instead_of__isnull=True)
    return ReceivedReply.objects.filter(same, entry=reply.entry, taken_at__gte=at).exists()


def reply_notice(user: UserAccount) -> str:
    """What became of the person's newest answer that was not written, in words; empty where there is none. One query.

    Not of one older than `TOLD_FOR`, nor where they have answered the same since.
    """
    mine = ReceivedReply.objects.filter(entry__user=user, got_at__gt=timezone.now() - TOLD_FOR)
    since = ReceivedReply.objects.filter(entry=OuterRef("entry"), got_at__gt=OuterRef("got_at"))
    answered = since.filter(outcome__in=(Outcome.TAKEN, Outcome.WAITING))
    unwritten = mine.filter(outcome__in=(Outcome.REFUSED, Outcome.OLD, Outcome.NOTHING)).exclude(Exists(answered))
    row = unwritten.exclude(why="").order_by("got_at", "pk").last()
    if row is None:
        return ""
    day = say_date(timezone.localdate(row.got_at))
    return f"Ditt svar i kalendern den {day} skrevs inte: {Why(row.why).label}"


def replies_due() -> list[ReceivedReply]:
    """The waiting answers that can be given now, or never any more, the first to come first. One query.

    Yes can be said by who holds a seat; all else by who has been asked.
    """
    mine = Attendance.objects.filter(member=OuterRef("entry__member"), meeting__state__in=ANSWERED_TO)
    known = mine.filter(Q(asked_at__isnull=False) | ~Q(answer=""))
    occurrence = {"meeting__series": OuterRef("entry__series"), "meeting__starts_at": OuterRef("starts_at")}
    opened = Meeting.objects.filter(series=OuterRef("entry__series"), starts_at=OuterRef("starts_at"))
    answered = Attendance.objects.filter(meeting=OuterRef("pk"), member=OuterRef(OuterRef("entry__member")))
    ahead = Meeting.objects.filter(series=OuterRef("entry__series"), state__in=AHEAD, ends_at__gt=timezone.now())
    says_yes = Q(answer=Answer.COMING)
    of_one = Q(starts_at__isnull=False) & (
        Exists(known.filter(meeting=OuterRef("entry__meeting")))
        | Exists(known.filter(**occurrence))
        | says_yes & Exists(opened)
    )
    asked = mine.filter(meeting__series=OuterRef("entry__series"), asked_at__isnull=False, answer="")
    of_series = Q(starts_at__isnull=True) & (
        Exists(asked) | says_yes & Exists(ahead.exclude(Exists(answered.exclude(answer=""))))
    )
    passed = Q(starts_at__lt=start_of(timezone.localdate())) | Q(entry__series__to_on__lt=timezone.localdate())
    over = Q(entry__ended_at__isnull=False) | passed
    return list(
        ReceivedReply.objects.filter(of_one | of_series | over, outcome=Outcome.WAITING).order_by("got_at", "pk")
    )
