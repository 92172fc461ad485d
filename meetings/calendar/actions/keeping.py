"""Every person's calendar kept as it should be, so that no other action has to think of it.

What is wanted is reckoned from the groups and conversations as they are, compared with the entries, and the difference
written. So it may run at any time, again, and in two processes at once.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from meetings.calendar.actions.reconciling import reconcile
from meetings.calendar.models import CalendarMail, Entry, PersonalCalendar, ReceivedReply
from meetings.calendar.queries.events import form_of_texts, own_event_of
from meetings.calendar.queries.occasions import LAST_DAY, entries_too_long, series_to_keep
from meetings.calendar.queries.wanted import MET_IN, Wanted, wanted_of_conversation, wanted_of_group
from meetings.calendar.states import PAST, Outcome
from meetings.ical.writing import event_text
from meetings.models import Conversation, ConversationEvent, Group, Meeting, MeetingEvent, Series
from meetings.states import Answer
from workspace.actions import action
from workspace.models import AuditEntry, UserAccount

LATELY = timedelta(minutes=10)
KEPT = (
    *("meeting_id", "sequence", "time_sequence", "starts_at", "ends_at", "place", "recurrence", "answer", "asks"),
    *("changed_at", "mailed", "ended_at"),
)


# ---------- which ----------
def keep_lately() -> int:
    """Keep the calendars of the groups and conversations where something has happened in the last ten minutes.

    Each in its own transaction; returns how many. May run again, and is run every minute.
    """
    since = timezone.now() - LATELY
    events = MeetingEvent.objects.filter(at__gte=since)
    acts = AuditEntry.objects.filter(at__gte=since)  # a series, seats and who sits there have no history of their own
    series = Series.objects.filter(pk__in=_objects(acts.filter(what__startswith="series.")))
    groups = {*events.values_list("meeting__group", flat=True), *series.values_list("group", flat=True)}
    talks = ConversationEvent.objects.filter(at__gte=since).values_list("conversation", flat=True)
    return _keep(groups | _objects(acts.filter(what__startswith="group.")), set(talks))


def _objects(acts: Any) -> set[int]:
    return {pk for pk in acts.values_list("object_id", flat=True) if pk is not None}


def keep_all() -> int:
    """Keep the calendars of every group that meets and every conversation that is called, and whatever has an entry
    ahead: also what changes with no act, as when a day comes or a consent has run out. Feeds that were written in
    another form, as under another SITE_URL, are written anew first.

    Each in its own transaction; returns how many. May run again.
    """
    now = timezone.now()
    running = Series.objects.filter(Q(to_on__isnull=True) | Q(to_on__gte=timezone.localdate()))
    live = Entry.objects.filter(ended_at__isnull=True, ends_at__gt=now)
    groups = {
        *running.values_list("group", flat=True),
        *Meeting.objects.filter(ends_at__gt=now).values_list("group", flat=True),
        *live.filter(series__isnull=False).values_list("series__group", flat=True),
        *entries_too_long().values_list("series__group", flat=True),
        *live.filter(meeting__isnull=False).values_list("meeting__group", flat=True),
    }
    called = Conversation.objects.filter(state__in=MET_IN, ends_at__gt=now).values_list("pk", flat=True)
    for calendar in PersonalCalendar.objects.exclude(form=form_of_texts()).select_related("user").order_by("pk"):
        rewrite_texts(user=calendar.user)
    return _keep(groups, {*called, *live.filter(conversation__isnull=False).values_list("conversation", flat=True)})


def _keep(groups: Collection[int], conversations: Collection[int]) -> int:
    for pk in sorted(groups):
        keep_group(group=pk)
    for pk in sorted(conversations):
        keep_conversation(conversation=pk)
    return len(groups) + len(conversations)


# ---------- one ----------
@action
def keep_group(*, group: int) -> None:
    """Make everybody's entries of a group's series and meetings what they should be.

    Locks the group. Writes the entries, and the version of the feeds that say something else than before. Tells nobody:
    the mails follow from the entries. A number of queries that grows with nothing.
    """
    found = Group.objects.select_for_update(of=("self",)).filter(pk=group).first()
    if found is None:
        return
    now = timezone.now()
    wanted = wanted_of_group(found, now)
    ahead = Q(series__group=group) | Q(meeting__group=group)
    rows = _locked(
        Q(series__in=series_to_keep(found, now))
        | ahead & Q(ends_at__gt=now)
        | Q(series__isnull=True, meeting__in={one.meeting for one in wanted if one.meeting and not one.series})
    )
    _write(rows, wanted, now)


@action
def keep_conversation(*, conversation: int) -> None:
    """Make the caseworkers' entries of a conversation what they should be. As `keep_group`; locks the conversation."""
    found = Conversation.objects.select_for_update(of=("self",)).filter(pk=conversation).first()
    if found is None:
        return
    now = timezone.now()
    _write(_locked(Q(conversation=found)), wanted_of_conversation(found, now), now)


def _locked(which: Q) -> list[Entry]:
    """In one order: a mail may be written of the same rows just now."""
    return list(Entry.objects.select_for_update(of=("self",)).filter(which).order_by("pk"))


def _write(rows: list[Entry], wanted: list[Wanted], now: datetime) -> None:
    before = {row.pk: _state(row) for row in rows}
    made = reconcile(rows, wanted, now)
    changed = [row for row in rows if _state(row) != before[row.pk]]
    if not made and not changed:
        return
    feeds = _write_texts([*made, *changed])
    Entry.objects.bulk_create(made)
    Entry.objects.bulk_update(changed, [name.removesuffix("_id") for name in (*KEPT, "text")])
    _raise_versions(feeds)


def _state(row: Entry) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in KEPT)


# ---------- what the feeds say ----------
def _write_texts(rows: Iterable[Entry]) -> set[int]:
    """Write what the feed says of each entry, unsaved, and return the users of whom it is something else than before.

    Nothing of what has ended or what its owner does not come to.
    """
    rows = list(rows)
    users = {row.user_id for row in rows}
    reminders = dict(PersonalCalendar.objects.filter(user__in=users).values_list("user", "reminder"))
    changed = set()
    for row in rows:
        text = ""
        if row.ended_at is None and row.answer != Answer.NOT_COMING:
            minutes = reminders.get(row.user_id)
            reminder = timedelta(minutes=minutes) if minutes is not None else None
            text = event_text(own_event_of(row), reminder=reminder)
        if text != row.text:
            row.text = text
            changed.add(row.user_id)
    return changed


def _raise_versions(users: Collection[int]) -> None:
    """Locked in the order of the users, so that two groups with the same people never wait for each other crosswise."""
    if not users:
        return
    form = form_of_texts()
    rows = [PersonalCalendar(user_id=pk, form=form) for pk in sorted(users)]
    PersonalCalendar.objects.bulk_create(rows, ignore_conflicts=True)
    list(PersonalCalendar.objects.select_for_update().filter(pk__in=users).order_by("pk"))
    PersonalCalendar.objects.filter(pk__in=users).update(version=F("version") + 1)


@action
def forget_old() -> None:
    """Delete what nobody needs after 60 days: mails sent or of no more use, and answers that do not wait.

    What tells of a call that still stands is kept as long: whether it has been sent, and what was answered to it.
    """
    now = timezone.now()
    since, last = now - PAST, (timezone.localdate(now) - PAST).isoformat()
    goes_on = Q(last__isnull=True) | Q(last__gte=last)
    stands = Entry.objects.annotate(last=LAST_DAY).filter(
        Q(recurrence__isnull=True, ends_at__gt=since) | Q(recurrence__isnull=False) & goes_on, ended_at__isnull=True
    )
    old = Q(sent_at__lt=since) | Q(over_at__lt=since)
    CalendarMail.objects.filter(old).exclude(uid__in=stands.values("uid")).delete()
    replies = ReceivedReply.objects.filter(got_at__lt=since).exclude(outcome=Outcome.WAITING)
    replies.exclude(entry__isnull=False, entry__in=stands.values("pk")).delete()


@action
def rewrite_texts(*, user: UserAccount) -> None:
    """Write a person's whole feed anew, when the reminder they want is another, or the form that all are written in.
    Raises its version if it says something else then."""
    rows = _locked(Q(user=user, ended_at__isnull=True))
    changed = _write_texts(rows)
    Entry.objects.bulk_update(rows, ["text"])
    _raise_versions(changed)
    PersonalCalendar.objects.filter(user=user).update(form=form_of_texts())
