"""Who may open which conversation, who its parties are, and who is told (R11, L14).

Two ways in, and no third. The convener's agency: whoever may open the participant. Another agency: the desk of its
party, while both disclosures live. When they have ended the desk keeps the day, who convened, and
what it has itself written, and reads nothing else.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, QuerySet
from django.http import Http404
from django.utils import timezone

from meetings.models import Conversation, Party
from meetings.states import PartyKind
from notifications.queries import followers_of
from workspace.models import Function, Membership
from workspace.queries import desks_of, participants_visible_to, present_at_desk, present_of
from workspace.rules import Hat, disclosure_lives
from workspace.states import MemberRole

IDENTITY, QUESTION = "identity", "meeting"  # the categories that a conversation discloses


def party_lives(prefix: str = "") -> Q:
    """Parties that are in the conversation now and may know of it. `prefix` is the path to the party.

    The convener's agency, and those on paper, rest on no disclosure of their own; another agency's does on two, and it
    is out when it has left Samverkansrum.
    """
    told = disclosure_lives(f"{prefix}identity__") & disclosure_lives(f"{prefix}question__")
    told &= Q(**{f"{prefix}agency__left_on__isnull": True})
    ours = Q(**{f"{prefix}agency": F(f"{prefix}conversation__agency")})
    no_agency = Q(**{f"{prefix}agency__isnull": True})
    return Q(**{f"{prefix}left_at__isnull": True}) & (ours | no_agency | told)


def _own_party(member: Membership) -> Q:
    """Parties of the member's agency that this hat may act for: its desk's, or in person."""
    return Q(kind=PartyKind.CASEWORKER, agency=member.agency_id) & (
        Q(function__in=desks_of(member).values("pk")) | Q(member=member)
    )


def own_parties(member: Membership) -> QuerySet[Party]:
    """The caseworkers' parties this hat may act for that are in their conversations now."""
    return Party.objects.filter(_own_party(member), party_lives())


def conversations_visible_to(hat: Hat) -> QuerySet[Conversation]:
    """The conversations this hat may open now. A role in a cooperation opens none."""
    found = Conversation.objects.select_related(
        "participant__function__agency", "participant__municipality", "agency", "convener__user", "plan"
    )
    if not isinstance(hat, Membership):
        return found.none()
    ours = Q(agency=hat.agency_id, participant__in=participants_visible_to(hat).values("pk"))
    theirs = Party.objects.filter(_own_party(hat), party_lives()).exclude(conversation__agency=hat.agency_id)
    return found.filter(ours | Q(pk__in=theirs.values("conversation")))


@dataclass(frozen=True)
class Access:
    """A hat's place in a conversation. `ended_at`: when its agency's access ended (None: it lives)."""

    conversation: Conversation
    member: Membership
    party: Party | None  # the agency's caseworker party; None: its own has left, or a colleague only looks
    ended_at: datetime | None

    @property
    def is_open(self) -> bool:
        return self.ended_at is None

    @property
    def convenes(self) -> bool:
        """Of the convener's agency: arranges the conversation."""
        return self.conversation.agency_id == self.member.agency_id


def party_of(member: Membership, conversation: Conversation) -> Party | None:
    """The caseworker party of the member's agency, the newest where one has left."""
    return (
        Party.objects.filter(_own_party(member), conversation=conversation)
        .select_related("agency", "function", "member__user", "identity", "question", "ground", "conversation")
        .order_by(F("left_at").desc(nulls_first=True), "-pk")
        .first()
    )


def ended_of(party: Party) -> datetime | None:
    """When a party of another agency lost its access; None while it lives. Asks nothing of the database."""
    now, moments = timezone.now(), [party.left_at] if party.left_at else []
    for told in (party.identity, party.question):
        if told is not None and (told.ended_at is not None or told.ends_at <= now):
            moments.append(min(told.ended_at or told.ends_at, told.ends_at))
    return min(moments, default=None)


def find_access(hat: Hat, pk: int) -> Access | None:
    """The hat's place in a conversation, open or ended; None for whoever has none, and for one that is not there.

    Ended is for a desk that has been in it: it keeps the day, who convened, and what it has itself written.
    """
    if not isinstance(hat, Membership):
        return None
    conversation = conversations_visible_to(hat).filter(pk=pk).first()
    if conversation is not None:
        return Access(conversation, hat, party_of(hat, conversation), None)
    kept = (
        Party.objects.filter(_own_party(hat), conversation__pk=pk)
        .exclude(conversation__agency=hat.agency_id)
        .select_related("conversation__agency", "agency", "function", "member__user", "identity", "question", "ground")
        .order_by("-pk")
        .first()
    )
    if kept is None:
        return None
    return Access(kept.conversation, hat, kept, ended_of(kept) or timezone.now())


def access_conversation(hat: Hat, pk: int) -> Access:
    """A conversation this hat may open now, or the same 404 as for one that does not exist."""
    access = find_access(hat, pk)
    if access is None or not access.is_open:
        raise Http404
    return access


def parties_of(conversation: Conversation) -> list[Party]:
    """Everybody who is in it now: the participant first, then caseworkers, then those on paper."""
    order = list(PartyKind)
    found = (
        Party.objects.filter(party_lives(), conversation=conversation)
        .select_related("agency", "function", "member__user", "member__agency", "identity", "question", "ground")
        .order_by("pk")
    )
    return sorted(found, key=lambda party: (order.index(PartyKind(party.kind)), party.pk))


def agencies_in(conversation: Conversation) -> list[int]:
    """The agencies that may know of the conversation now, the convener's first."""
    living = Party.objects.filter(party_lives(), conversation=conversation, kind=PartyKind.CASEWORKER)
    others = living.exclude(agency=conversation.agency_id).order_by("agency")
    return [conversation.agency_id, *others.values_list("agency", flat=True)]


# ---------- who is told ----------
def told_for(party: Party) -> set[int]:
    """Who is told for a caseworker party: the person named, or who stands in; if nobody is there, the whole desk."""
    if party.member is None or party.function is None:
        return set()
    return present_of([party.member]) or desk_told(party.function)


def told_of(conversation: Conversation, besides: int | None = None) -> set[int]:
    """Who is told something that every caseworker of the conversation is to know. `besides`: an agency left out."""
    parties = Party.objects.filter(party_lives(), conversation=conversation, kind=PartyKind.CASEWORKER).select_related(
        "member", "function"
    )
    return {pk for party in parties if party.agency_id != besides for pk in told_for(party)}


def talk_followers(conversation: Conversation) -> frozenset[int]:
    """The memberships that follow the conversation and may open it now, by the same rule as `conversations_visible_to`.

    A manager, who opens a person by stating a reason for an hour, is told of nothing.
    """
    living = Party.objects.filter(party_lives(), conversation=conversation, kind=PartyKind.CASEWORKER)
    others = living.exclude(agency=conversation.agency_id)
    person = conversation.participant_id
    ours = Q(agency=conversation.agency_id) & (Q(seats__function__participants=person) | Q(helps=person))
    theirs = Q(agency__in=others.values("agency"))
    theirs &= Q(seats__function__in=others.values("function")) | Q(pk__in=others.values("member"))
    found = followers_of("conversation", conversation.pk).filter(ours | theirs).exclude(role=MemberRole.MANAGER)
    return frozenset(found.values_list("pk", flat=True))


def convener_told(conversation: Conversation) -> set[int]:
    """Who is told on the convener's side: the convener, or who stands in; else the participant's whole desk."""
    return present_of([conversation.convener]) or desk_told(conversation.participant.function)


def desk_told(desk: Function) -> set[int]:
    """Who is told at a desk: those who are there; if nobody is, all. Nobody at an agency that has left."""
    return present_at_desk(desk)
