"""What the participant takes part in, and how a placement is followed up (R61, R73, R76, R77, R108).

Nothing here tells anybody: the acts that do lie in `workspace/front/actions/way_activities.py`. None of it is counted
of a way (`write_record`), so no record is written.
"""

from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from django.utils import timezone

from workspace.actions import action, lock_participant
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Membership
from workspace.pathway.actions.enrolments import audit, require_own_way
from workspace.pathway.errors import DatesDoNotFit
from workspace.pathway.models import Activity, ActivityKind, Enrolment, FollowUp, SurveyRequest
from workspace.pathway.queries.activities import fault_of_kind
from workspace.pathway.queries.enrolments import present_stay
from workspace.pathway.schedule import fault_of_days, fault_of_follow_up, follow_up_days, next_follow_up_day
from workspace.pathway.states import EnrolmentState
from workspace.swedish import say_date

MOST_HOURS = 40  # a week
DISCHARGED = "Personen är utskriven. Aktiviteterna går inte att ändra längre."
CANCELLED = "Aktiviteten är inställd. Så här ser det ut nu."
NOT_FOLLOWED = "Den här aktiviteten är inte på en arbetsplats och följs inte upp här."
COUNTED = "Den månaden är slut och räknad. Ställ in aktiviteten och lägg till den på nytt i stället."
DONE = "Uppföljningen är redan gjord. Så här ser det ut nu."


@dataclass(frozen=True)
class ActivityInput:
    """What somebody takes part in. `hours` a week are of the person's own ability, and 0 is one of them (R108)."""

    kind: ActivityKind
    from_on: date
    to_on: date | None
    hours: int
    where: str = ""
    no_displacement: bool = False


# ---------- activities ----------
@action
def add_activity(*, by: Membership, enrolment: Enrolment, given: ActivityInput) -> Activity:
    """Write what the participant takes part in; others may go on at the same time.

    Locks the participant; writes the activity, for a placement the days on which it is to be followed up, and an audit
    row. Tells nobody. Refuses whoever is no caseworker of the participant's agency, a way that has ended, a kind that
    belongs to another phase (R61), days outside the enrolment or in the wrong order, hours outside 0–40, and a
    placement without a place.
    """
    way = _open_way(by, enrolment)
    _check(way, given, None)
    activity = Activity.objects.create(enrolment=way, made_by=by, **_fields(given))
    if given.kind.is_placement:
        _propose(activity, follow_up_days(given.from_on, given.to_on))
    audit(by, "activity.add", way)
    return activity


@action
def change_activity(*, by: Membership, activity: Activity, given: ActivityInput) -> None:
    """Correct an activity. Its kind may stay though the phase has moved on.

    Locks the participant; follow-ups that are not done and lie outside the new days go, and where the days or the kind
    are others, those that are missing after the last one are proposed; writes an audit row. Tells nobody. Refuses as
    `add_activity`, one that is cancelled, a beginning after a follow-up that is done, another kind or beginning where
    a month that has ended counts it (what is frozen must be the same when it is counted again), and another kind once
    the participant has been asked how it was: the answer, which nobody can find, has the old one.
    """
    way, now = _open_activity(by, activity)
    _check(way, given, now)
    if now.kind_id != given.kind.pk and SurveyRequest.objects.filter(activity=now).exists():
        raise NotAllowed("Enkäten om aktiviteten är skickad. Därför går det inte att byta vad det var.")
    if (now.kind_id, now.from_on) != (given.kind.pk, given.from_on):
        _require_uncounted(now.from_on, given.from_on)
    follow_ups = FollowUp.objects.filter(activity=now)
    first = follow_ups.filter(done_on__isnull=False).order_by("done_on").first()
    if first is not None and first.done_on is not None and first.done_on < given.from_on:
        raise DatesDoNotFit(f"En uppföljning är gjord {say_date(first.done_on)}. Börja inte efter den dagen.")
    same_days = (now.from_on, now.to_on, now.kind_id) == (given.from_on, given.to_on, given.kind.pk)
    Activity.objects.filter(pk=now.pk).update(**_fields(given))
    now.refresh_from_db()
    if not same_days:
        _fit_follow_ups(now)
    audit(by, "activity.change", way)


@action
def end_activity(*, by: Membership, activity: Activity, to_on: date) -> None:
    """End an activity before it was to end, or one that had no last day. `to_on` is its last day.

    Locks the participant; follow-ups that were to be done later go; writes an audit row. Tells nobody: when the day has
    passed the participant is asked how it was. Refuses as `change_activity`, a day before the activity began or after
    the one it was to end on, and one that has ended already.
    """
    way, now = _open_activity(by, activity)
    if now.to_on is not None and now.to_on < timezone.localdate():
        raise SomebodyWasFaster("Aktiviteten är redan slut. Så här ser det ut nu.")
    if now.to_on is not None and to_on > now.to_on:
        raise DatesDoNotFit(f"Den slutar redan {say_date(now.to_on)}. Ändra aktiviteten om den ska bli längre.")
    _check_days(way, now.from_on, to_on)
    Activity.objects.filter(pk=now.pk).update(to_on=to_on)
    _untold(now).filter(due_on__gt=to_on).delete()
    audit(by, "activity.end", way)


@action
def cancel_activity(*, by: Membership, activity: Activity) -> None:
    """Say that an activity was not to be. It stays to be read, and is never counted, followed up or asked about.

    Locks the participant; writes an audit row. A survey that was sent can't be answered any more; that it was sent
    stays, for a frozen month has counted it. Tells nobody. Refuses as `change_activity`.
    """
    way, now = _open_activity(by, activity)
    Activity.objects.filter(pk=now.pk).update(cancelled_at=timezone.now())
    audit(by, "activity.cancel", way)


@action
def end_with_way(*, activity: Activity) -> bool:
    """End what would go on after a discharge, on its day; what was to begin later is cancelled. For the sweep.

    Locks the participant; writes an audit row. Tells nobody. False where there is nothing to do any more.
    """
    way = activity.enrolment
    lock_participant(way.participant_id or 0)
    way.refresh_from_db()
    now = Activity.objects.filter(pk=activity.pk, cancelled_at__isnull=True).first()
    if now is None or way.ended_on is None or (now.to_on is not None and now.to_on <= way.ended_on):
        return False
    if now.from_on > way.ended_on:
        Activity.objects.filter(pk=now.pk).update(cancelled_at=timezone.now())
    else:
        Activity.objects.filter(pk=now.pk).update(to_on=way.ended_on)
    audit(None, "activity.end", way)
    return True


# ---------- follow-ups ----------
@action
def add_follow_up(*, by: Membership, activity: Activity, due_on: date) -> FollowUp:
    """One more day to follow up a placement. Locks the participant; writes an audit row; tells nobody.

    Refuses as `change_activity`, what is no placement, and a day that has been or lies outside the activity.
    """
    way, now = _open_activity(by, activity)
    if not now.kind.is_placement:
        raise NotAllowed(NOT_FOLLOWED)
    _check_follow_up(now, due_on)
    follow_up = FollowUp.objects.create(activity=now, due_on=due_on)
    audit(by, "follow_up.add", way)
    return follow_up


@action
def move_follow_up(*, by: Membership, follow_up: FollowUp, due_on: date) -> None:
    """Another day for a follow-up; when that one comes it is said anew. Locks and refuses as `add_follow_up`."""
    way, now = _open_follow_up(by, follow_up)
    _check_follow_up(now.activity, due_on)
    FollowUp.objects.filter(pk=now.pk).update(due_on=due_on, told_on=None)
    audit(by, "follow_up.move", way)


@action
def remove_follow_up(*, by: Membership, follow_up: FollowUp) -> None:
    """Take away a follow-up that is not to be done. Locks and refuses as `add_follow_up`; one that is done stays."""
    way, now = _open_follow_up(by, follow_up)
    FollowUp.objects.filter(pk=now.pk).delete()
    audit(by, "follow_up.remove", way)


@action
def record_follow_up(*, by: Membership, follow_up: FollowUp, done_on: date, text: str) -> None:
    """Write how it goes on a placement, and when somebody asked (R77).

    Locks the participant; where no follow-up is left to do, the next is proposed a month later, within the activity;
    writes an audit row. Tells nobody. Refuses as `change_activity`, no text, a day to come or before the activity.
    """
    way, now = _open_follow_up(by, follow_up)
    today, activity = timezone.localdate(), now.activity
    if not text:
        raise NotAllowed("Skriv hur det går.")
    if done_on > today:
        raise DatesDoNotFit(f"{say_date(done_on)} har inte varit än. Skriv dagen då ni följde upp.")
    if done_on < activity.from_on:
        raise DatesDoNotFit(f"Aktiviteten började {say_date(activity.from_on)}. Välj den dagen eller en senare.")
    FollowUp.objects.filter(pk=now.pk).update(done_on=done_on, text=text, done_by=by)
    if activity.kind.is_placement and not activity.follow_ups.filter(done_on__isnull=True).exists():
        after = next_follow_up_day(done_on, activity.to_on)
        if after is not None:
            _propose(activity, [after])
    audit(by, "follow_up.record", way)


@action
def note_told(*, follow_up: FollowUp, on: date) -> None:
    """Note that a follow-up has been said to be due, inside the sweep's action that has locked the participant."""
    FollowUp.objects.filter(pk=follow_up.pk).update(told_on=on)


# ---------- shared ----------
def _open_way(by: Membership, enrolment: Enrolment) -> Enrolment:
    """The way as it is now, with its participant locked; refuses another's, and one that has ended."""
    if enrolment.participant_id is None:
        raise NotAllowed(DISCHARGED)
    require_own_way(by, lock_participant(enrolment.participant_id))
    now = Enrolment.objects.get(pk=enrolment.pk)
    if now.state != EnrolmentState.ONGOING:
        raise SomebodyWasFaster(DISCHARGED)
    return now


def _open_activity(by: Membership, activity: Activity) -> tuple[Enrolment, Activity]:
    way = _open_way(by, activity.enrolment)
    now = Activity.objects.select_related("kind").get(pk=activity.pk)
    if now.cancelled_at is not None:
        raise SomebodyWasFaster(CANCELLED)
    return way, now


def _open_follow_up(by: Membership, follow_up: FollowUp) -> tuple[Enrolment, FollowUp]:
    way, activity = _open_activity(by, follow_up.activity)
    now = FollowUp.objects.filter(pk=follow_up.pk).first()
    if now is None:
        raise SomebodyWasFaster("Uppföljningen är borttagen. Så här ser det ut nu.")
    if now.done_on is not None:
        raise SomebodyWasFaster(DONE)
    now.activity = activity
    return way, now


def _check(way: Enrolment, given: ActivityInput, known: Activity | None) -> None:
    stay = present_stay(way)
    fault = fault_of_kind(given.kind, stay) if stay else DISCHARGED
    if fault and (known is None or known.kind_id != given.kind.pk):
        raise NotAllowed(fault)
    if not 0 <= given.hours <= MOST_HOURS:
        raise NotAllowed("Skriv hela timmar, från 0 till 40.")
    if given.kind.is_placement and not given.where:
        raise NotAllowed("Skriv var det är.")
    _check_days(way, given.from_on, given.to_on)


def _require_uncounted(*days: date) -> None:
    this_month = timezone.localdate().replace(day=1)
    if any(day < this_month for day in days):
        raise DatesDoNotFit(COUNTED)


def _check_days(way: Enrolment, from_on: date, to_on: date | None) -> None:
    fault = fault_of_days(way.enrolled_on, from_on, to_on, timezone.localdate())
    if fault is not None:
        raise DatesDoNotFit(fault[1])


def _check_follow_up(activity: Activity, due_on: date) -> None:
    fault = fault_of_follow_up(due_on, activity.from_on, activity.to_on, timezone.localdate())
    if fault:
        raise DatesDoNotFit(fault)


def _fields(given: ActivityInput) -> dict[str, object]:
    """Where it is and whether it takes an ordinary job is asked of placements only (R76)."""
    return {
        "kind": given.kind,
        "from_on": given.from_on,
        "to_on": given.to_on,
        "hours": given.hours,
        "where": given.where,
        "no_displacement": given.no_displacement and given.kind.is_placement,
    }


def _fit_follow_ups(activity: Activity) -> None:
    """After other days or another kind: take away what does not fit, and propose what is missing at the end."""
    undone = _untold(activity)
    if not activity.kind.is_placement:
        undone.delete()
        return
    undone.filter(due_on__lt=activity.from_on).delete()
    if activity.to_on is not None:
        undone.filter(due_on__gt=activity.to_on).delete()
    latest = FollowUp.objects.filter(activity=activity).order_by("-due_on").first()
    days = follow_up_days(activity.from_on, activity.to_on)
    _propose(activity, [day for day in days if latest is None or day > latest.due_on])


def _untold(activity: Activity) -> QuerySet[FollowUp]:
    """Follow-ups that may go by themselves: not done, and nobody has been told of them."""
    return FollowUp.objects.filter(activity=activity, done_on__isnull=True, told_on__isnull=True)


def _propose(activity: Activity, days: list[date]) -> None:
    """What is written in afterwards is not followed up on days that have been."""
    today = timezone.localdate()
    FollowUp.objects.bulk_create(FollowUp(activity=activity, due_on=day) for day in days if day >= today)
