"""What an agency puts into a cooperation is agreed on, changed and ended (R18, R97)."""

from dataclasses import dataclass
from datetime import date

from meetings.figures.rules import decides_changes
from meetings.queries.groups import agencies_of
from meetings.steering.errors import DoesNotHold
from meetings.steering.models import CoFinancing, TimeReport
from meetings.steering.queries.co_financing import (
    months_reported,
    overlapping_agreement,
    people_for,
    reminded_of,
    writers_of,
)
from notifications.actions import close_notices
from notifications.models import Notification
from workspace.actions import action, record_act
from workspace.clocks import ONE_DAY, add_months
from workspace.errors import NotAllowed
from workspace.models import Agency, Cooperation, CooperationRole, Membership
from workspace.queries import managers_of
from workspace.rules import Hat
from workspace.states import AuditAct
from workspace.swedish import say_date

MOST_HOURS = 9_999  # a month


@dataclass(frozen=True)
class Terms:
    """What is agreed: hours a month, how it is booked, who reports, who sees to the money, from when until when."""

    hours: int
    budget_line: str
    reporter: Membership | None
    contact: Membership | None
    from_on: date
    to_on: date | None


def _require_arranger(by: Hat, cooperation: Cooperation) -> None:
    if not isinstance(by, CooperationRole) or not decides_changes(by) or by.cooperation_id != cooperation.pk:
        raise NotAllowed("Det är samordnaren och ordföranden som skriver avtalen om tid.")


def _check(cooperation: Cooperation, agency: Agency, terms: Terms, known: CoFinancing | None = None) -> None:
    if not 1 <= terms.hours <= MOST_HOURS:
        raise DoesNotHold(f"Timmarna är mellan 1 och {MOST_HOURS} i månaden.")
    if terms.to_on is not None and terms.to_on < terms.from_on:
        raise DoesNotHold(f"{say_date(terms.to_on)} är före {say_date(terms.from_on)}. Skriv sista dagen.")
    other = overlapping_agreement(cooperation, agency, terms.from_on, terms.to_on, known.pk if known else None)
    if other is not None:
        until = f"till {say_date(other.to_on)}" if other.to_on else "tills vidare"
        raise DoesNotHold(
            f"{agency.name} har redan ett avtal från {say_date(other.from_on)} {until}. Avsluta det först."
        )
    named = [one for one in (terms.reporter, terms.contact) if one]
    if any(one.agency_id != agency.pk for one in named):
        raise DoesNotHold("Välj någon som arbetar hos samma myndighet.")
    # Whoever was named before and has left may stand there until somebody else is chosen.
    before = {known.reporter_id, known.contact_id} if known else set()
    fresh = [one.pk for one in named if one.pk not in before]
    there = people_for(Agency.objects.filter(pk=agency.pk)).filter(pk__in=fresh)
    if len(set(fresh)) != there.count():
        raise DoesNotHold("Någon du har valt arbetar inte kvar. Välj någon annan.")


@action
def agree_on_time(*, by: Hat, cooperation: Cooperation, agency: Agency, terms: Terms) -> CoFinancing:
    """Write down how much time an agency puts in. Months that end from now on get a time report of it.

    Locks the cooperation. Audit row; tells nobody. Refuses whoever is neither its coordinator nor its chair, an agency
    that is not in it today, one that has an agreement in the same time, hours outside 1–9,999, and people of another
    agency. Units: hours a month; calendar days, both included. Source: R18, R97.
    """
    _require_arranger(by, cooperation)
    Cooperation.objects.select_for_update(of=("self",)).get(pk=cooperation.pk)
    if not agencies_of(cooperation).filter(pk=agency.pk).exists():
        raise DoesNotHold("Välj en myndighet som är med i samverkan.")
    _check(cooperation, agency, terms)
    made = CoFinancing.objects.create(cooperation=cooperation, agency=agency, **vars(terms))
    record_act(by=by, act=AuditAct.WRITE, what="co_financing.agree", object_id=made.pk)
    return made


@action
def change_agreement(*, by: Hat, agreement: CoFinancing, terms: Terms) -> None:
    """Change what was agreed, or end it by its last day. The agency stays.

    Locks the cooperation. Closes what was told of its reports to whoever no longer writes them; audit row; tells
    nobody. Refuses as `agree_on_time`, and a period that leaves out a month that has a report.
    """
    _require_arranger(by, agreement.cooperation)
    Cooperation.objects.select_for_update(of=("self",)).get(pk=agreement.cooperation_id)
    found = (
        CoFinancing.objects.select_for_update(of=("self",)).select_related("agency", "cooperation").get(pk=agreement.pk)
    )
    _check(found.cooperation, found.agency, terms, found)
    reported = months_reported(found)
    if reported is not None:
        first, last = reported
        if terms.from_on >= add_months(first, 1) or (terms.to_on is not None and terms.to_on < last):
            until = add_months(last, 1) - ONE_DAY
            raise DoesNotHold(f"Det finns tidrapporter från {say_date(first)} till {say_date(until)}. De måste rymmas.")
    for name, value in vars(terms).items():
        setattr(found, name, value)
    found.save()
    _close_for_others(found)
    record_act(by=by, act=AuditAct.WRITE, what="co_financing.change", object_id=found.pk)


def _close_for_others(agreement: CoFinancing) -> None:
    """Whoever was reminded and can open the reports no longer."""
    keep = writers_of(agreement) | reminded_of(agreement)
    keep |= set(managers_of(agreement.agency).values_list("pk", flat=True))
    reports = list(TimeReport.objects.filter(agreement=agreement).values_list("pk", flat=True))
    told = Notification.objects.filter(
        kind__startswith="time_report.", object_id__in=reports, closed_at__isnull=True
    ).exclude(membership__in=keep)
    for pk, member in told.values_list("object_id", "membership"):
        close_notices(kind_prefix="time_report.", object_id=pk, memberships=[member])
