"""How often a group meets, and when one meeting is at another time or not at all."""

from datetime import date, datetime, timedelta
from typing import TypedDict

from django.utils import timezone

from meetings.actions.calls import fill_seats, tell
from meetings.actions.carrying import carried_topics
from meetings.actions.grounds import cut_short, end_untalked
from meetings.actions.opening import open_meeting
from meetings.actions.openings import open_next
from meetings.actions.steps import (
    FASTER,
    REMINDED,
    close_reminders,
    lock_meeting,
    require_arranger,
    step,
    topics_of,
    write_event,
)
from meetings.models import Attendance, Group, Meeting, Series, SeriesException
from meetings.queries.attendance import day_of, seats_shown
from meetings.queries.groups import asked_members, groups_to_join, meeting_followers, overlapping
from meetings.queries.series import exceptions_of, follow, opened_ahead, rule_of, running_series
from meetings.rules import is_arranger
from meetings.schedule import Exceptions, days_between, occurrences, span
from meetings.states import AHEAD, Answer, GroupKind, MeetingVerb
from notifications.actions import Notice, Topics, deliver
from workspace.actions import action, record_act
from workspace.clocks import day_off
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.queries import absences_on
from workspace.rules import Hat
from workspace.states import AuditAct
from workspace.swedish import say_date, say_time

NOT_YOURS = "Det är ordföranden, sekreteraren och samordnaren som ordnar gruppens möten."
HAS_BEEN = "Den tiden har redan varit. Välj en tid framåt."


class Where(TypedDict):
    """Where a meeting is, as its columns."""

    place: str
    place_is_neutral: bool
    link: str


def lock_groups(*groups: Group | None) -> None:
    """Before the meeting, so that two acts on one group's times wait for each other."""
    keys = [group.pk for group in groups if group]
    list(Group.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk"))


def require_group_arranger(by: Hat, group: Group) -> None:
    if not is_arranger(by, group):
        raise NotAllowed(NOT_YOURS)
    if group.ended_on is not None:
        raise NotAllowed("Gruppen är avslutad och har inga fler möten.")


# ---------- one meeting ----------
@action
def move_meeting(
    *,
    by: Hat,
    meeting: Meeting,
    starts_at: datetime,
    ends_at: datetime,
    place: str = "",
    place_is_neutral: bool = False,
    link: str = "",
) -> Meeting:
    """Give one meeting another time or place, and ask everybody asked again where the time is another.

    They answered another time, so answers given are cleared; the history says from when to when. Tells everybody
    asked; where only `place_is_neutral` is another, nobody, since nothing they know has changed. Refuses a time that
    has been, one where a group of the meeting already meets, a meeting that has begun, and one that somebody has moved
    since `meeting` was read.
    """
    lock_groups(meeting.group, meeting.joined_group)
    locked = lock_meeting(meeting)
    require_arranger(by, locked)
    if locked.starts_at != meeting.starts_at:
        raise SomebodyWasFaster(f"Någon hann före. Mötet är redan flyttat till {_said(locked.starts_at)}.")
    where = Where(place=place, place_is_neutral=place_is_neutral, link=link)
    notices = shift(locked, by=by, starts_at=starts_at, ends_at=ends_at, where=where)
    deliver(notices, topics_of(locked))
    return locked


def shift(
    meeting: Meeting,
    *,
    by: Hat | None,
    starts_at: datetime,
    ends_at: datetime,
    where: Where,
    series: Series | None = None,
    occurs_on: date | None = None,
) -> list[Notice]:
    """Move a locked meeting and return whom to tell. `series` and `occurs_on` where it follows a changed series."""
    if (starts_at, ends_at) == (meeting.starts_at, meeting.ends_at):
        return _replace(meeting, by=by, where=where, series=series, occurs_on=occurs_on)
    if starts_at <= timezone.now():
        raise NotAllowed(HAS_BEEN)
    refuse_overlap(meeting.group, meeting.joined_group, starts_at, ends_at, besides=meeting)
    step(meeting, MeetingVerb.MOVE, by=by, text=f"Från {_said(meeting.starts_at)} till {_said(starts_at)}.")
    if timezone.localdate(starts_at) != timezone.localdate(meeting.starts_at):
        close_reminders(meeting, *REMINDED)  # they name the day it was; said anew of the new one
    _write(meeting, series, occurs_on, starts_at=starts_at, ends_at=ends_at, **where)
    told = _tell_all("meeting.moved", meeting, by)
    _ask_again(meeting)
    return [told, *fill_seats(meeting, seats_shown(meeting), set(), by=by), *cut_short(meeting)]


def _tell_all(kind: str, meeting: Meeting, by: Hat | None) -> Notice:
    """To everybody asked, and to whoever follows the meeting and may open it."""
    return tell(kind, meeting, asked_members(meeting), by=by, followers=meeting_followers(meeting))


def _ask_again(meeting: Meeting) -> None:
    """What was answered was about another time. Who is away on the new day can't come to that either."""
    rows, now = Attendance.objects.filter(meeting=meeting), timezone.now()
    rows.filter(asked_at__isnull=False).update(asked_at=now)
    rows.update(answer="", comment="", answered_at=None, is_late=False, by_absence=False)
    away = absences_on(day_of(meeting)).values("membership")
    rows.filter(asked_at__isnull=False, member__in=away).update(
        answer=Answer.NOT_COMING, answered_at=now, by_absence=True
    )


def _replace(
    meeting: Meeting, *, by: Hat | None, where: Where, series: Series | None, occurs_on: date | None
) -> list[Notice]:
    """Another place at the same time: what people answered still holds. Its history lets the calendars be kept."""
    same = (where["place"], where["link"]) == (meeting.place, meeting.link)
    if not same:
        step(meeting, MeetingVerb.MOVE, by=by, text=f"Ny plats: {where['place'] or 'via länk'}.")
    elif where["place_is_neutral"] != meeting.place_is_neutral:
        if meeting.state not in AHEAD:
            raise SomebodyWasFaster(FASTER)
        write_event(meeting, "place_in_calendars", by=by)
    _write(meeting, series, occurs_on, **where)
    return [] if same else [_tell_all("meeting.new_place", meeting, by)]


def _write(meeting: Meeting, series: Series | None, occurs_on: date | None, **fields: object) -> None:
    if series is not None:
        fields |= {"series": series, "occurs_on": occurs_on}
    Meeting.objects.filter(pk=meeting.pk).update(**fields)
    for name, value in fields.items():
        setattr(meeting, name, value)


def _said(at: datetime) -> str:
    return f"{say_date(timezone.localdate(at))}, {say_time(at)}"


def refuse_overlap(
    group: Group,
    joined: Group | None,
    starts_at: datetime,
    ends_at: datetime,
    besides: Meeting | None = None,
) -> None:
    """One of the groups already meets then, by itself or joined to another. Call it with the groups locked."""
    groups = [one.pk for one in (group, joined) if one]
    other = overlapping(groups, starts_at, ends_at, besides)
    if other is not None:
        raise NotAllowed(f"Gruppen har redan ett möte då, {_said(other.starts_at)}. Välj en annan tid.")


@action
def cancel_meeting(*, by: Hat, meeting: Meeting, reason: str) -> None:
    """Cancel a meeting that has not begun, say why in its history, tell everybody asked, and open the next."""
    lock_groups(meeting.group, meeting.joined_group)
    locked = lock_meeting(meeting)
    require_arranger(by, locked)
    notices = call_off(locked, by=by, reason=reason)
    open_next(series=locked.series, by=by)
    deliver(notices, [*topics_of(locked), *carried_topics(locked)])


def call_off(meeting: Meeting, *, by: Hat | None, reason: str) -> list[Notice]:
    """Cancel a locked meeting, end what was told for its cases, and return whom to tell."""
    step(meeting, MeetingVerb.CANCEL, by=by, text=reason)
    end_untalked(meeting, by=by)
    return [_tell_all("meeting.cancelled", meeting, by)]


@action
def open_extra_meeting(
    *,
    by: Hat,
    group: Group,
    starts_at: datetime,
    ends_at: datetime,
    place: str = "",
    place_is_neutral: bool = False,
    link: str = "",
    joined_group: Group | None = None,
) -> Meeting:
    """Open a meeting outside the series, perhaps together with another group (R5). Tells nobody: the call does.

    Refuses who does not arrange both groups, a joint meeting of or with a steering group or of groups with different
    minutes, a time that has been, and one where either group already meets.
    """
    lock_groups(group, joined_group)
    require_group_arranger(by, group)
    if joined_group is not None and GroupKind.STEERING in {group.kind, joined_group.kind}:
        raise NotAllowed("En styrgrupp har egna regler för beslut och protokoll, så den har inga gemensamma möten.")
    if joined_group is not None and group.minutes_mode != joined_group.minutes_mode:
        raise NotAllowed("Grupperna har olika slags protokoll, så de kan inte ha gemensamma möten.")
    if joined_group is not None and joined_group not in groups_to_join(by, group):
        raise NotAllowed("Ett gemensamt möte kan du ha med en grupp som du också ordnar möten för. Be samordnaren.")
    if starts_at <= timezone.now():
        raise NotAllowed(HAS_BEEN)
    refuse_overlap(group, joined_group, starts_at, ends_at)
    return open_meeting(
        by=by,
        group=group,
        starts_at=starts_at,
        ends_at=ends_at,
        place=place,
        place_is_neutral=place_is_neutral,
        link=link,
        joined_group=joined_group,
    )


# ---------- a series ----------
@action
def create_series(*, by: Hat, group: Group, plan: Series, exceptions: Exceptions) -> Series:
    """Save a group's first series (`plan`, not saved before) with its exceptions, and open its first meeting.

    Refuses where the group has a series already, and exceptions that put two meetings on one day.
    """
    lock_groups(group)
    require_group_arranger(by, group)
    if running_series(group):
        raise SomebodyWasFaster("Gruppen har redan en serie. Ändra den i stället.")
    _save(by, group, plan, exceptions)
    open_next(series=plan, by=by)
    return plan


def _save(by: Hat, group: Group, plan: Series, exceptions: Exceptions) -> None:
    refuse_doubles(plan, exceptions)
    plan.group = group
    plan.save(force_insert=True)
    SeriesException.objects.bulk_create(
        SeriesException(series=plan, on=on, moved_to=moved_to) for on, moved_to in exceptions.items()
    )
    record_act(by=by, act=AuditAct.WRITE, what="series.create", object_id=plan.pk)


def refuse_doubles(series: Series, exceptions: Exceptions) -> None:
    """Refuse days moved to where the series already meets, and two moved to the same day."""
    moved = [day for day in exceptions.values() if day]
    if not moved:
        return
    ahead = days_between(rule_of(series), exceptions, min(moved), max(moved))
    days = [one.day for one in ahead]
    double = next((day for day in moved if days.count(day) > 1), None)
    if double:
        raise NotAllowed(f"Två möten hamnar på samma dag, {say_date(double)}. Välj en annan dag för det ena.")


@action
def change_series(*, by: Hat, series: Series, plan: Series, exceptions: Exceptions) -> Series:
    """From `plan.from_on` on the group meets as the plan says: the old series ends, the new one begins.

    Meetings opened ahead on the old one's days follow to the new one's day of the same month (or week); where there is
    none they are cancelled. Answers to a moved meeting are cleared and asked for again. Tells everybody asked.
    """
    group = series.group
    lock_groups(group)
    require_group_arranger(by, group)
    old = running_series(group)
    if series not in old:
        raise SomebodyWasFaster(FASTER)
    opened = list(opened_ahead(old, plan.from_on))
    Series.objects.filter(pk__in=[one.pk for one in old]).update(to_on=plan.from_on - timedelta(days=1))
    _save(by, group, plan, exceptions)
    notices, topics = _follow(opened, plan, exceptions, by)
    open_next(series=plan, by=by)
    deliver(notices, topics)
    return plan


def _follow(opened: list[Meeting], plan: Series, exceptions: Exceptions, by: Hat) -> tuple[list[Notice], Topics]:
    days = follow(rule_of(plan), exceptions, opened)
    notices, topics = [], []
    for meeting in opened:
        locked, match = lock_meeting(meeting), days[meeting.pk]
        starts_at, ends_at = span(match.day, plan.begins, plan.ends) if match else (None, None)
        if match is None or starts_at is None or ends_at is None or starts_at <= timezone.now():
            notices += call_off(locked, by=by, reason="Serien har ändrats.")
        else:
            notices += shift(
                locked,
                by=by,
                starts_at=starts_at,
                ends_at=ends_at,
                where=_where(plan),
                series=plan,
                occurs_on=match.on,
            )
        topics += topics_of(locked)
    return notices, topics


@action
def change_day(*, by: Hat, series: Series, on: date, day: date | None) -> Meeting | None:
    """Let one day of a series be another day, or none: `day` is where it goes, None for no meeting, `on` itself to
    keep it. The opened meeting of that day follows and is returned. Tells everybody asked.

    Refuses a day the series does not give, one that has been, and one where the series already meets.
    """
    group = series.group
    lock_groups(group)
    require_group_arranger(by, group)
    if not occurrences(rule_of(series), on, on):
        raise SomebodyWasFaster("Serien har inget möte den dagen längre. Så här ser den ut nu.")
    if day is not None and day < timezone.localdate():
        raise NotAllowed(HAS_BEEN)
    refuse_doubles(series, {**exceptions_of(series), on: day})
    if day == on:
        SeriesException.objects.filter(series=series, on=on).delete()
    else:
        SeriesException.objects.update_or_create(series=series, on=on, defaults={"moved_to": day})
    record_act(by=by, act=AuditAct.WRITE, what="series.change_day", object_id=series.pk)
    notices: list[Notice] = []
    topics: Topics = []
    meeting = opened_ahead([series], on).filter(occurs_on=on).first()
    if meeting is not None:
        meeting = lock_meeting(meeting)
        notices = _follow_day(meeting, series, on, day, by)
        topics = topics_of(meeting)
    open_next(series=series, by=by)
    deliver(notices, topics)
    return meeting


def _follow_day(meeting: Meeting, series: Series, on: date, day: date | None, by: Hat) -> list[Notice]:
    if day is None:
        off = day_off(on)
        return call_off(meeting, by=by, reason=f"{say_date(on)} är {off.lower()}." if off else "Inget möte den dagen.")
    starts_at, ends_at = span(day, series.begins, series.ends)
    return shift(meeting, by=by, starts_at=starts_at, ends_at=ends_at, where=_where(meeting))


def _where(known: Series | Meeting) -> Where:
    return Where(place=known.place, place_is_neutral=known.place_is_neutral, link=known.link)
