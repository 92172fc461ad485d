"""Which figures a hat may read: a cooperation's, for its roles; an agency's own agreement, for its manager."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import Http404

from meetings.figures.models import (
    FiguresAgreement,
    Freezing,
    Goal,
    PlannedEnrolment,
    PublishedFigure,
    Snapshot,
    WhatWeChange,
)
from meetings.figures.rules import follows_figures
from workspace.models import Cooperation, CooperationAgency, CooperationRole
from workspace.rules import Hat, active_on, is_manager


def access_figures(hat: Hat) -> Cooperation:
    """The cooperation whose figures this role follows; a 404 for every agency's hat."""
    if not isinstance(hat, CooperationRole) or not follows_figures(hat):
        raise Http404
    return hat.cooperation


def goals_of(cooperation: Cooperation) -> QuerySet[Goal]:
    """The goals that hold today, in their order. None before the first have been made (`ensure_goals`)."""
    return Goal.objects.filter(cooperation=cooperation, ended_on__isnull=True).order_by("order", "pk")


def access_goal(hat: Hat, pk: int) -> Goal:
    """A goal of the cooperation, also one that has ended, or the same 404 as for one that does not exist."""
    goal = Goal.objects.filter(cooperation=access_figures(hat), pk=pk).select_related("cooperation").first()
    if goal is None:
        raise Http404
    return goal


def access_published(hat: Hat, pk: int) -> PublishedFigure:
    """What was written of a report, or the same 404 as for what does not exist."""
    found = PublishedFigure.objects.filter(goal__cooperation=access_figures(hat), pk=pk)
    figure = found.select_related("goal__cooperation").first()
    if figure is None:
        raise Http404
    return figure


def planned_of(cooperation: Cooperation) -> QuerySet[PlannedEnrolment]:
    """What is planned, the oldest month first."""
    return PlannedEnrolment.objects.filter(cooperation=cooperation).order_by("month", "gender")


def changes_of(cooperation: Cooperation) -> QuerySet[WhatWeChange]:
    """What is changed because of the figures, by month, the newest first."""
    changes = WhatWeChange.objects.filter(snapshot__cooperation=cooperation)
    return (
        changes.select_related("owner", "made_by__user", "snapshot")
        .defer("snapshot__counts", "snapshot__shown")
        .order_by("-snapshot__month", "-made_at", "-pk")
    )


def changes_in_month(snapshot: Snapshot) -> QuerySet[WhatWeChange]:
    """What is changed because of the figures of its month, in whichever version, the newest first."""
    return changes_of(snapshot.cooperation).filter(snapshot__month=snapshot.month)


def freezing_of(cooperation: Cooperation) -> Freezing | None:
    """The correction that was asked for last, whether it goes on or not."""
    return Freezing.objects.filter(cooperation=cooperation).order_by("-asked_at", "-pk").first()


# ---------- an agency's own ----------
@dataclass(frozen=True)
class OwnAgreement:
    """A cooperation that the manager's agency is in, and whether it is counted in its figures."""

    cooperation: Cooperation
    agreement: FiguresAgreement | None


def agreements_of(hat: Hat) -> list[OwnAgreement]:
    """Every cooperation a manager's agency takes part in today, and those it still has an agreement in. By name."""
    if not is_manager(hat):
        raise Http404
    living = FiguresAgreement.objects.filter(agency=hat.agency_id, ended_at__isnull=True).select_related(
        "made_by__user"
    )
    by_cooperation = {agreement.cooperation_id: agreement for agreement in living}
    parties = CooperationAgency.objects.filter(active_on(), agency=hat.agency_id).values_list("cooperation", flat=True)
    cooperations = Cooperation.objects.filter(pk__in={*parties, *by_cooperation}).order_by("name")
    return [OwnAgreement(one, by_cooperation.get(one.pk)) for one in cooperations]


def access_own_cooperation(hat: Hat, pk: int) -> OwnAgreement:
    """One of those, or a 404."""
    found = next((own for own in agreements_of(hat) if own.cooperation.pk == pk), None)
    if found is None:
        raise Http404
    return found
