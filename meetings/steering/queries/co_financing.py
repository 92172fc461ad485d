"""What each agency has agreed to put into a cooperation, and who reports it (R7, R18, R97)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone

from meetings.figures.rules import decides_changes
from meetings.models import GroupSeat
from meetings.states import GroupKind
from meetings.steering.models import CoFinancing, TimeReport
from workspace.clocks import ONE_DAY, add_months
from workspace.models import Absence, Agency, Cooperation, CooperationRole, Membership
from workspace.queries import managers_of, present_of
from workspace.rules import Hat, active_on, is_manager


def access_arranged(hat: Hat) -> Cooperation:
    """The cooperation whose co-financing this hat arranges, its coordinator or chair; a 404 for everybody else."""
    if not isinstance(hat, CooperationRole) or not decides_changes(hat):
        raise Http404
    return hat.cooperation


def agreements_of(cooperation: Cooperation) -> QuerySet[CoFinancing]:
    """The cooperation's agreements, by agency and day."""
    return CoFinancing.objects.filter(cooperation=cooperation).select_related(
        "agency", "cooperation", "reporter__user", "contact__user"
    )


def access_agreement(hat: Hat, pk: int) -> CoFinancing:
    """One agreement that this hat arranges, or the same 404 as for one that does not exist."""
    agreement = agreements_of(access_arranged(hat)).filter(pk=pk).first()
    if agreement is None:
        raise Http404
    return agreement


@dataclass
class AgreementRow:
    """An agreement in the list, and what is lacking."""

    agreement: CoFinancing
    has_seat: bool  # in a steering group of the cooperation, today (R7)
    reporter_left: bool

    @property
    def has_ended(self) -> bool:
        return self.agreement.to_on is not None and self.agreement.to_on < timezone.localdate()


def agreement_rows(cooperation: Cooperation) -> list[AgreementRow]:
    """The agreements, those that hold first. Three queries for any number."""
    agreements = list(agreements_of(cooperation))
    seats = GroupSeat.objects.filter(
        active_on(), group__cooperation=cooperation, group__kind=GroupKind.STEERING, group__ended_on__isnull=True
    )
    seated = set(seats.values_list("function__agency", flat=True))
    there = set(
        _active().filter(pk__in=[one.reporter_id for one in agreements if one.reporter_id]).values_list("pk", flat=True)
    )
    rows = [
        AgreementRow(one, one.agency_id in seated, bool(one.reporter_id) and one.reporter_id not in there)
        for one in agreements
    ]
    return sorted(rows, key=lambda row: row.has_ended)


def agencies_without_steering_seat(rows: Iterable[AgreementRow]) -> list[Agency]:
    """Agencies that co-finance today and have no seat in any of the cooperation's steering groups (R7)."""
    today = timezone.localdate()
    return [
        row.agreement.agency
        for row in rows
        if not row.has_ended and not row.has_seat and row.agreement.from_on <= today
    ]


def overlapping_agreement(
    cooperation: Cooperation, agency: Agency, from_on: date, to_on: date | None, besides: int | None = None
) -> CoFinancing | None:
    """Another agreement of the agency that holds on some day of a period."""
    found = CoFinancing.objects.filter(cooperation=cooperation, agency=agency).exclude(
        pk__in=[besides] if besides else []
    )
    found = found.filter(Q(to_on__isnull=True) | Q(to_on__gte=from_on))
    return (found.filter(from_on__lte=to_on) if to_on else found).order_by("from_on").first()


def months_reported(agreement: CoFinancing) -> tuple[date, date] | None:
    """The first and the last month that has a time report."""
    months = list(TimeReport.objects.filter(agreement=agreement).order_by("month").values_list("month", flat=True))
    return (months[0], months[-1]) if months else None


def people_for(agencies: QuerySet[Agency], known: CoFinancing | None = None) -> QuerySet[Membership]:
    """Who can be named in an agreement: everybody who works at one of these agencies today; of a known agreement's, at
    that agency, and whoever is named there although they have left."""
    found = Q(pk__in=_active().filter(agency__in=agencies.values("pk")).values("pk"))
    if known is not None:
        found = Q(pk__in=_active().filter(agency=known.agency_id).values("pk"))
        found |= Q(pk__in=[pk for pk in (known.reporter_id, known.contact_id) if pk])
    return (
        Membership.objects.filter(found)
        .select_related("user", "agency")
        .order_by("agency__name", "user__first_name", "user__last_name", "pk")
    )


# ---------- who reports ----------
def _active() -> QuerySet[Membership]:
    """Hats that can be worn today by somebody who can sign in."""
    return Membership.objects.filter(active_on(), agency__left_on__isnull=True, user__is_active=True)


def reporter_of(agreement: CoFinancing) -> Membership | None:
    """The named reporter, while they work there."""
    return _active().filter(pk__in=[agreement.reporter_id or 0], agency=agreement.agency_id).first()


def _managers(agreement: CoFinancing) -> set[int]:
    return set(managers_of(agreement.agency).values_list("pk", flat=True))


def writers_of(agreement: CoFinancing) -> set[int]:
    """Who writes the agency's time reports: the reporter, and who stands in today. The managers where neither is there,
    and where nobody is named or who was has left."""
    reporter = reporter_of(agreement)
    if reporter is None:
        return _managers(agreement)
    present = present_of([reporter])
    return {reporter.pk} | (present or _managers(agreement))


def reminded_of(agreement: CoFinancing) -> set[int]:
    """Who is reminded: the reporter or who stands in, else the managers who are there, else all managers."""
    reporter = reporter_of(agreement)
    present = present_of([reporter]) if reporter else set()
    return present or managers_told(agreement)


def managers_told(agreement: CoFinancing) -> set[int]:
    """The agency's managers or who stands in for them today; all of them where nobody is there."""
    managers = list(managers_of(agreement.agency))
    return present_of(managers) or {manager.pk for manager in managers}


def read_as_member(hat: Membership, prefix: str = "") -> Q:
    """Agreements of the member's agency that it reads: a manager's all, else those where it is the reporter, stands in
    for the reporter today, or is the contact for the money. `prefix` is the path to the agreement."""
    own = Q(**{f"{prefix}agency": hat.agency_id})
    if is_manager(hat):
        return own
    today = timezone.localdate()
    away = Absence.objects.filter(stand_in=hat, from_on__lte=today, to_on__gte=today).values("membership")
    named = (
        Q(**{f"{prefix}reporter": hat.pk}) | Q(**{f"{prefix}contact": hat.pk}) | Q(**{f"{prefix}reporter__in": away})
    )
    return own & named


def agreements_read_by(hat: Membership) -> list[CoFinancing]:
    """The agency's own agreements that this member reads, the newest first."""
    found = CoFinancing.objects.filter(read_as_member(hat)).select_related(
        "cooperation", "agency", "reporter__user", "contact__user"
    )
    return list(found.order_by("cooperation__name", "-from_on", "pk"))


# ---------- which months ----------
def in_force(month: date) -> Q:
    """Agreements that hold on some day of a month, of agencies that are still there."""
    last = add_months(month, 1) - ONE_DAY
    holds = Q(from_on__lte=last) & (Q(to_on__isnull=True) | Q(to_on__gte=month))
    return holds & Q(agency__left_on__isnull=True)
