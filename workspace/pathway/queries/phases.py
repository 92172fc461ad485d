"""The phases of somebody's way: where they have been, what was decided, and which limits are near."""

from datetime import timedelta

from django.db.models import F, Max, Prefetch, Q, QuerySet
from django.utils import timezone

from workspace.models import Membership
from workspace.pathway.models import Enrolment, Phase, PhaseDecision, PhaseStay
from workspace.pathway.rules import is_ending, to_tell
from workspace.pathway.states import EnrolmentState
from workspace.queries import participants_visible_to


def stays_of(enrolment: Enrolment) -> list[PhaseStay]:
    """Every phase of a way in its order, each with what was decided and by whom."""
    decisions = PhaseDecision.objects.select_related("made_by__user")
    return list(enrolment.stays.select_related("phase").prefetch_related(Prefetch("decisions", decisions)))


def newest_decision(enrolment: Enrolment) -> int:
    """The key of what was last decided of a way: a page says which it was made from. 0 where nothing was."""
    return PhaseDecision.objects.filter(stay__enrolment=enrolment).aggregate(newest=Max("pk"))["newest"] or 0


def phases_after(phase: Phase) -> QuerySet[Phase]:
    """The phases that may follow one: nobody goes back."""
    return Phase.objects.filter(order__gt=phase.order).order_by("order")


def _limited() -> QuerySet[PhaseStay]:
    """The phases that go on and have a limit, the nearest first."""
    return (
        PhaseStay.objects.filter(
            enrolment__state=EnrolmentState.ONGOING,
            enrolment__participant__isnull=False,
            to_on__isnull=True,
            limit_on__isnull=False,
        )
        .select_related("phase", "enrolment__participant__function__agency")
        .order_by("limit_on", "pk")
    )


def stays_ending(member: Membership) -> list[PhaseStay]:
    """The phases that are to be decided about soon or now, of participants this hat may open; the most late first."""
    today = timezone.localdate()
    mine = participants_visible_to(member).values("pk")
    return [stay for stay in _limited().filter(enrolment__participant__in=mine) if is_ending(stay, today)]


def stays_to_tell() -> list[PhaseStay]:
    """The phases whose limit is near or there, and nobody has been told. For the sweep."""
    today = timezone.localdate()
    longest = Phase.objects.aggregate(days=Max("warn_days"))["days"] or 0
    near = _limited().filter(limit_on__lte=today + timedelta(days=longest))
    said = Q(told_over_for=F("limit_on")) | Q(warned_for=F("limit_on"), limit_on__gt=today)
    here = near.filter(enrolment__participant__function__agency__left_on__isnull=True)
    return [stay for stay in here.exclude(said) if to_tell(stay, today)]


def open_stays_of(enrolments: list[Enrolment]) -> dict[int, PhaseStay]:
    """The phase each of these ways is in now, by the way."""
    found = PhaseStay.objects.filter(enrolment__in=enrolments, to_on__isnull=True).select_related("phase")
    return {stay.enrolment_id: stay for stay in found}
