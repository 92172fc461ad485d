"""What the clock has to say of minutes that wait: for a signature, for the fourteenth day, for the notice (L42)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from meetings.models import Meeting, MeetingEvent, Minutes, MinutesPosting, MinutesSeal
from meetings.queries.minutes import approve_by, newest_version
from meetings.queries.sealing import POSTED_WITHIN, is_formal
from meetings.states import MeetingState, MinutesMode, MinutesState
from workspace.clocks import ONE_DAY, add_working_days

REMIND_AFTER = (3, 7)  # working days from the sending: the adjusters who have not signed
TELL_AFTER = 10  # working days from the sending: whoever arranges the meeting
BEFORE_LAST = timedelta(days=3)  # calendar days before the fourteenth
WATCH = "minutes_watch"  # the line of history that remembers what was said


@dataclass(frozen=True)
class Due:
    """Something to say now. `key` is what the history remembers it by; `kind` of notice, to the adjusters or not."""

    key: str
    kind: str
    to_adjusters: bool = False


def meetings_to_watch() -> list[Meeting]:
    """Held meetings whose minutes wait: unsigned, or formal, approved and without a notice."""
    posted = MinutesPosting.objects.filter(minutes__meeting=OuterRef("pk"))
    formal = Minutes.objects.filter(meeting=OuterRef("pk"), head__mode=MinutesMode.FORMAL)
    sent = Q(minutes_state=MinutesState.SENT)
    draft = Q(minutes_state=MinutesState.DRAFT, group__minutes_mode=MinutesMode.FORMAL)
    approved = Q(minutes_state=MinutesState.APPROVED) & Exists(formal) & ~Exists(posted)
    return list(Meeting.objects.filter(sent | draft | approved, state=MeetingState.HELD).order_by("pk"))


def due_now(meeting: Meeting, today: date) -> list[Due]:
    """What is to be said of a meeting's minutes today and has not been, each thing once; of a row of reminders that
    nobody sent in time only the last."""
    said = set(MeetingEvent.objects.filter(meeting=meeting, verb=WATCH).values_list("text", flat=True))
    return [due for due in _all_due(meeting, today) if due.key not in said]


def _all_due(meeting: Meeting, today: date) -> Iterator[Due]:
    newest = newest_version(meeting)
    if newest is not None and meeting.minutes_state == MinutesState.SENT:
        yield from _signing(meeting, newest, today)
    formal = is_formal(newest) if newest else meeting.group.minutes_mode == MinutesMode.FORMAL
    if not formal:
        return
    last = approve_by(meeting)
    if meeting.minutes_state != MinutesState.APPROVED:
        if today > last:
            yield Due(f"late {last}", "meeting.minutes_late")
        elif today >= last - BEFORE_LAST:
            yield Due(f"due {last}", "meeting.minutes_due")
    elif newest is not None:
        yield from _posting(newest, today)


def _signing(meeting: Meeting, newest: Minutes, today: date) -> Iterator[Due]:
    """Counted from the sending, or from when somebody was last asked in another's place."""
    replaced = MeetingEvent.objects.filter(meeting=meeting, verb="minutes_replace", at__gt=newest.sent_at)
    last = replaced.order_by("-at").first()
    since = timezone.localdate(last.at if last else newest.sent_at)
    passed = [days for days in (*REMIND_AFTER, TELL_AFTER) if today >= add_working_days(since, days)]
    if passed:
        key = f"sign {passed[-1]} v{newest.version} {since}"
        unsigned = passed[-1] == TELL_AFTER
        yield Due(key, "meeting.minutes_unsigned" if unsigned else "meeting.minutes_to_sign", not unsigned)


def _posting(newest: Minutes, today: date) -> Iterator[Due]:
    seal = MinutesSeal.objects.filter(minutes=newest).first()
    if seal is None or MinutesPosting.objects.filter(minutes=newest).exists():
        return
    approved_on = timezone.localdate(seal.sealed_at)
    if today > approved_on + POSTED_WITHIN:
        yield Due(f"post late v{newest.version}", "meeting.minutes_to_post_late")
    elif today >= approved_on + ONE_DAY:
        yield Due(f"post v{newest.version}", "meeting.minutes_to_post")
