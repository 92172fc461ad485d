"""What stands beside the goals: what was answered, what waits, who came to the meetings. Aggregates only.

See `known`: only of agencies that have agreed, as things were at the month's end.
"""

from datetime import date, datetime
from typing import Any

from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, QuerySet, Value, When

from meetings.figures.queries.known import Moment
from meetings.models import Group
from meetings.queries.matrix import attendance_matrix
from referrals.models import ReferralLeg
from referrals.states import Outcome, ReferralState
from workspace.clocks import end_of, start_of
from workspace.models import Agency
from workspace.pathway.models import SurveyAnswer, SurveyRequest

BANDS: tuple[tuple[int, int | None], ...] = ((0, 30), (31, 90), (91, None))  # calendar days since it was sent
# The questions, and which answers count as each code.
RATED = {"high": (4, 5), "low": (1, 2, 3)}
QUESTIONS = ("useful", "listened", "equal")
# Where somebody stands who has been referred: an outcome; no answer yet; or ended or sent back without any decision.
ANSWERED = tuple(outcome.value for outcome in Outcome)
NOT_ANSWERED = ("waiting", "ended")
DECIDED = (ReferralState.DECIDED, ReferralState.CLOSED)


def count_answers(at: Moment) -> dict[tuple[str, str, tuple[str, ...]], int]:
    """The anonymous answers by kind of activity, gender and what was said of each question, up to the month. One query.

    An answer tells no agency, so it is counted while all that ask in the cooperation have agreed (`asked_by_others`).
    """
    answers = SurveyAnswer.objects.filter(cooperation=at.cooperation, month__lte=at.month)
    rows = answers.order_by().values_list("kind", "gender", *QUESTIONS).annotate(count=Count("pk"))
    found: dict[tuple[str, str, tuple[str, ...]], int] = {}
    for kind, gender, useful, listened, equal, count in rows:
        said = (kind, gender, (_rated(useful), _rated(listened), equal))
        found[said] = found.get(said, 0) + count
    return found


def asked_by_others(at: Moment) -> bool:
    """Whether somebody has been asked after an activity of an agency that hasn't agreed to the figures. One query."""
    asked = SurveyRequest.objects.filter(activity__enrolment__cooperation=at.cooperation, asked_on__lte=at.last)
    return asked.exclude(activity__enrolment__agency__in=at.agencies).exists()


def _rated(value: int) -> str:
    return next(code for code, values in RATED.items() if value in values)


def count_waiting(at: Moment) -> list[tuple[str, list[int]]]:
    """Referrals without an answer at the month's end, by receiving agency (its code) and days since. Two queries.

    As the sender knows it: a leg's own answer and end, which are what has been told (see referrals/queries/waiting).
    """
    after = end_of(at.last)
    asked = {f"band_{number}": Count("pk", filter=_aged(at.last, *band)) for number, band in enumerate(BANDS)}
    rows = _sent_legs(at).filter(_unanswered(after)).values_list("receiver__agency").annotate(**asked)
    found: dict[int, list[int]] = {agency: counts for agency, *counts in rows}
    agencies = Agency.objects.filter(pk__in=found).order_by("code").values_list("pk", "code")
    return [(code, found[pk]) for pk, code in agencies]


def _sent_legs(at: Moment) -> QuerySet[ReferralLeg]:
    """What had been sent by the month's end between agencies that have agreed."""
    return ReferralLeg.objects.filter(
        sent_at__lt=end_of(at.last), referral__sender__agency__in=at.agencies, receiver__agency__in=at.agencies
    ).order_by()


def _unanswered(after: datetime) -> Q:
    """The sender had no answer by then, and still waited for one."""
    return (Q(answered_at__isnull=True) | Q(answered_at__gte=after)) & (
        Q(ended_at__isnull=True) | Q(ended_at__gte=after)
    )


def count_referred(at: Moment) -> dict[tuple[str, str, str], int]:
    """Those who had been referred by the month's end, by receiving agency (its code), sex and how it went. One query.

    Each participant once, at the receiver of the referral that was sent last between agencies that have agreed; so no
    person stands in two cells, and the cells add up to all. The same person at two agencies is two, never matched.
    Followed or only counted, as in `count_waiting`. As the sender knows it: the leg's own answer and end, and
    `told_state` and `told_outcome`, which hold for the leg that was sent last in its referral.
    """
    after = end_of(at.last)
    legs = _sent_legs(at)
    later = Q(sent_at__gt=OuterRef("sent_at")) | Q(sent_at=OuterRef("sent_at"), pk__gt=OuterRef("pk"))
    sent_later = legs.filter(later, referral__participant=OuterRef("referral__participant"))
    sent_again = ReferralLeg.objects.filter(
        referral=OuterRef("referral"), position__gt=OuterRef("position"), sent_at__isnull=False
    )
    decided = Q(answered_at__lt=after, referral__told_state__in=DECIDED, referral__told_outcome__in=ANSWERED)
    waiting, ended = (Value(code) for code in NOT_ANSWERED)
    stands = Case(
        When(_unanswered(after), then=waiting),
        When(decided & ~Exists(sent_again), then=F("referral__told_outcome")),
        default=ended,
        output_field=CharField(),
    )
    rows = legs.filter(~Exists(sent_later)).annotate(stands=stands)
    cells = rows.values_list("receiver__agency__code", "referral__participant__gender", "stands")
    return {(code, gender, stood): count for code, gender, stood, count in cells.annotate(count=Count("pk"))}


def _aged(today: date, least: int, most: int | None) -> Q:
    sent = Q(sent_at__lt=end_of(date.fromordinal(today.toordinal() - least)))
    return sent & Q(sent_at__gte=start_of(date.fromordinal(today.toordinal() - most))) if most is not None else sent


def count_attendance(at: Moment) -> list[dict[str, Any]]:
    """Group by group, which of the agreed agencies were represented, in the twelve months that end with this one."""
    groups = Group.objects.filter(cooperation=at.cooperation).order_by("name", "pk")
    found = []
    for group in groups:
        lines = attendance_matrix(group, at.last).lines
        shown = [
            [line.agency.name, line.total.represented, line.total.held]
            for line in lines
            if line.agency.pk in at.agencies and line.total.held
        ]
        if shown:
            found.append({"group": group.name, "lines": shown})
    return found
