"""What somebody takes part in on their way, and when it is followed up. Cancelled activities are never counted."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Prefetch, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.http import Http404
from django.utils import timezone

from workspace.models import Membership, Participant
from workspace.pathway.models import Activity, ActivityKind, Enrolment, FollowUp, PhaseStay, SurveyRequest
from workspace.pathway.queries.enrolments import access_way
from workspace.pathway.states import EnrolmentState
from workspace.queries import participants_visible_to
from workspace.swedish import say_list


@dataclass(frozen=True)
class ActivityRow:
    """An activity with what stands beside it on the page."""

    activity: Activity
    follow_ups: list[FollowUp]
    is_asked: bool  # the participant has been asked how it was; whether they answered is nobody's to see

    @property
    def is_cancelled(self) -> bool:
        return self.activity.cancelled_at is not None

    @property
    def is_planned(self) -> bool:
        return not self.is_cancelled and self.activity.from_on > timezone.localdate()

    @property
    def has_ended(self) -> bool:
        return not self.is_cancelled and self.activity.to_on is not None and self.activity.to_on < timezone.localdate()

    @property
    def goes_on(self) -> bool:
        return not (self.is_cancelled or self.is_planned or self.has_ended)


# ---------- of one way ----------
def activities_of(enrolment: Enrolment) -> QuerySet[Activity]:
    """All that is written of a way, the newest first; cancelled ones too. Ask only where the way may be opened."""
    return Activity.objects.filter(enrolment=enrolment).select_related("kind").order_by("-from_on", "-pk")


def activity_rows(enrolment: Enrolment) -> list[ActivityRow]:
    """The same with their follow-ups, in as many queries however many they are."""
    follow_ups = FollowUp.objects.select_related("done_by__user").order_by("due_on", "pk")
    found = activities_of(enrolment).prefetch_related(Prefetch("follow_ups", queryset=follow_ups))
    asked = set(SurveyRequest.objects.filter(activity__enrolment=enrolment).values_list("activity", flat=True))
    return [ActivityRow(one, list(one.follow_ups.all()), one.pk in asked) for one in found]


def access_activity(member: Membership, pk: int) -> Activity:
    """An activity on a way that this member may open, or the same 404 as for one that does not exist."""
    found = Activity.objects.filter(pk=pk).select_related("kind").first()
    way = access_way(member, found.enrolment_id if found else 0)
    if found is None:
        raise Http404
    found.enrolment = way
    return found


def access_follow_up(member: Membership, pk: int) -> FollowUp:
    """A follow-up of such an activity, or the same 404."""
    found = FollowUp.objects.filter(pk=pk).select_related("done_by__user").first()
    activity = access_activity(member, found.activity_id if found else 0)
    if found is None:
        raise Http404
    found.activity = activity
    return found


# ---------- kinds and phases ----------
def kinds() -> QuerySet[ActivityKind]:
    """Every kind, with its phases at hand."""
    return ActivityKind.objects.prefetch_related("phases")


def kinds_in(stay: PhaseStay | None) -> list[ActivityKind]:
    """What can be done in the phase somebody is in (R61); nothing once the way has ended."""
    return list(ActivityKind.objects.filter(phases=stay.phase_id)) if stay else []


def fault_of_kind(kind: ActivityKind, stay: PhaseStay) -> str:
    """Why a kind of activity does not belong to the phase somebody is in; "" where it does."""
    phases = list(kind.phases.all())
    if stay.phase_id in {phase.pk for phase in phases}:
        return ""
    where = say_list([phase.name for phase in phases]) or "ingen fas"
    return f"{kind.name} hör till {where}. Personen är i {stay.phase.name} nu."


# ---------- follow-ups ----------
def open_follow_ups() -> QuerySet[FollowUp]:
    """Those still to be done, the first due first: of activities that are not cancelled, on ways that go on."""
    return (
        FollowUp.objects.filter(done_on__isnull=True, activity__cancelled_at__isnull=True)
        .filter(activity__enrolment__state=EnrolmentState.ONGOING, activity__enrolment__participant__isnull=False)
        .select_related("activity__kind", "activity__enrolment__participant__function__agency")
        .order_by("due_on", "pk")
    )


def follow_ups_until(member: Membership, until: date, most: int) -> list[FollowUp]:
    """What is to be followed up, of the participants this member may open: the first of what is due now, and the first
    of what is due after today up to a day, at most so many of each. One query."""
    people = participants_visible_to(member).values("pk")
    is_due = ExpressionWrapper(Q(due_on__lte=timezone.localdate()), output_field=BooleanField())
    place = Window(RowNumber(), partition_by=[is_due], order_by=["due_on", "pk"])
    found = open_follow_ups().filter(due_on__lte=until, activity__enrolment__participant__in=people)
    return list(found.annotate(place=place).filter(place__lte=most))


def follow_ups_to_tell() -> QuerySet[FollowUp]:
    """Those that are due and that nobody has been told of. For the sweep."""
    return open_follow_ups().filter(
        due_on__lte=timezone.localdate(),
        told_on__isnull=True,
        activity__enrolment__participant__function__agency__left_on__isnull=True,
    )


def next_follow_up(participant: Participant) -> FollowUp | None:
    """The next one, today or later, for the participant's own page."""
    mine = open_follow_ups().filter(activity__enrolment__participant=participant)
    return mine.filter(due_on__gte=timezone.localdate()).first()


# ---------- the end of activities ----------
ASKED_WITHIN = timedelta(days=60)  # calendar days after the end: later nobody remembers how it was


def activities_past_their_way() -> QuerySet[Activity]:
    """Those that would go on after the participant was discharged. For the sweep."""
    past = Q(to_on__isnull=True) | Q(to_on__gt=F("enrolment__ended_on"))
    return Activity.objects.filter(
        past, enrolment__state=EnrolmentState.DISCHARGED, enrolment__participant__isnull=False, cancelled_at=None
    ).select_related("enrolment")


def activities_to_ask_about() -> QuerySet[Activity]:
    """Those that have ended lately, and of which the participant has not been asked. For the sweep."""
    today = timezone.localdate()
    return Activity.objects.filter(
        ~Exists(SurveyRequest.objects.filter(activity=OuterRef("pk"))),
        enrolment__participant__isnull=False,
        cancelled_at__isnull=True,
        to_on__lt=today,
        to_on__gte=today - ASKED_WITHIN,
    ).select_related("enrolment")
