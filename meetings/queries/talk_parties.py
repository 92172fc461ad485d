"""Whom a conversation can be held with: desks and people, and what the person's consent reaches (L5, L6, L9)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from django.db.models import QuerySet

from meetings.models import Conversation, Party
from meetings.queries.conversations import IDENTITY, QUESTION, party_lives
from meetings.states import PartyKind
from workspace.models import Agency, ConsentRow, Function, FunctionMember, Membership, Participant
from workspace.queries import desks_reached_from, live_rows
from workspace.rules import active_on
from workspace.states import AgencyKind, MemberRole

Pair = tuple[ConsentRow, ConsentRow]  # what lets an agency know who, and what
# A SIP is made by both principals (L20). These kinds are a municipality's; the region has its psychiatry.
MUNICIPAL = {AgencyKind.SOCIAL_SERVICES, AgencyKind.DISABILITY_ACT, AgencyKind.LABOUR_MARKET_UNIT}
REGIONAL = {AgencyKind.REGION_PSYCHIATRY}


@dataclass
class DeskChoice:
    """A desk of another agency, who can come from there, and whether the person's consent reaches the agency."""

    desk: Function
    covered: bool
    people: list[Membership] = field(default_factory=list)


def has_both_principals(agencies: Iterable[Agency]) -> bool:
    """Whether a municipality's and a region's agency are among these, as a SIP needs (L20)."""
    kinds = {AgencyKind(agency.kind) for agency in agencies}
    return bool(kinds & MUNICIPAL) and bool(kinds & REGIONAL)


def covering(rows: Iterable[ConsentRow]) -> dict[int, Pair]:
    """By agency, the two rows that let it know who and what: those that last longest. Asks nothing of the database."""
    best = {(row.recipient_id, row.category_id): row for row in sorted(rows, key=lambda row: row.valid_until)}
    agencies = {agency for agency, _ in best if agency is not None}
    return {
        agency: (best[agency, IDENTITY], best[agency, QUESTION])
        for agency in agencies
        if (agency, IDENTITY) in best and (agency, QUESTION) in best
    }


def _caseworkers() -> QuerySet[Membership]:
    worn = Membership.objects.filter(active_on(), agency__left_on__isnull=True, user__is_active=True)
    return worn.exclude(role=MemberRole.MANAGER)


def who_can_come(desk: Function) -> QuerySet[Membership]:
    """The caseworkers of a desk who can sign in today."""
    found = _caseworkers().filter(seats__function=desk).select_related("user", "agency").distinct()
    return found.order_by("user__first_name", "user__last_name", "pk")


def desks_to_ask(by: Membership, participant: Participant, besides: Collection[int] = ()) -> list[DeskChoice]:
    """The desks that can be asked to a conversation about a participant, those that the consent reaches first.

    `besides`: agencies that are in it already. A desk where nobody can come is left out. Three queries for any number.
    """
    reached = set(covering(live_rows(participant, by.agency)))
    desks = desks_reached_from(by.agency_id).exclude(agency__in=list(besides)).distinct()
    choices = {desk.pk: DeskChoice(desk, desk.agency_id in reached) for desk in desks}
    seats = (
        FunctionMember.objects.filter(function__in=list(choices), membership__in=_caseworkers().values("pk"))
        .select_related("membership__user", "membership__agency")
        .order_by("membership__user__first_name", "membership__user__last_name", "membership")
    )
    for seat in seats:
        choices[seat.function_id].people.append(seat.membership)
    found = [choice for choice in choices.values() if choice.people]
    return sorted(found, key=lambda choice: not choice.covered)


def others_in(conversation: Conversation, than: int) -> list[Agency]:
    """The agencies in a conversation now but for one, by name."""
    living = Party.objects.filter(party_lives(), conversation=conversation, kind=PartyKind.CASEWORKER)
    return list(Agency.objects.filter(pk__in=living.values("agency")).exclude(pk=than).order_by("name"))


def desk_set(conversation: Conversation) -> list[int]:
    """The desks of the caseworkers who are in a conversation now."""
    living = Party.objects.filter(party_lives(), conversation=conversation, kind=PartyKind.CASEWORKER)
    return sorted(pk for pk in living.values_list("function", flat=True) if pk is not None)
