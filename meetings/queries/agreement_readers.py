"""Who may read what of an agreement: the one rule, for the page, the fragment, the paper and the action list (L8, L15).

An agency's own section always. Another agency's while what it disclosed to us lives. The participant's own words: every
agency that is in the conversation, for the participant tells them. What is common: with the convener's own section.
Whoever was sent the agreement wrongly, and has had it taken back, is out of it and reads its own section alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from meetings.models import Agreement, AgreementCopy, Conversation, Party, Section, SectionReader
from meetings.queries.conversations import Access, party_lives, told_for
from meetings.states import PartyKind
from workspace.models import Agency, Membership
from workspace.rules import disclosure_lives


def party_is_out(path: str) -> Q:
    """Rows whose party has had its copies taken back, and has got none since. `path` leads to the party's key."""
    copies = AgreementCopy.objects.filter(party=OuterRef(path))
    taken, held = copies.filter(withdrawn_at__isnull=False), copies.filter(withdrawn_at__isnull=True)
    return Q(Exists(taken)) & ~Q(Exists(held))


def agreeing_parties(conversation: Conversation) -> list[Party]:
    """The caseworkers' parties that the agreement is between now, the convener's first."""
    found = (
        Party.objects.filter(party_lives(), conversation=conversation, kind=PartyKind.CASEWORKER)
        .filter(~party_is_out("pk"))
        .select_related("agency__organisation", "function", "member__user", "ground", "conversation")
        .order_by("pk")
    )
    return sorted(found, key=lambda party: (party.agency_id != conversation.agency_id, party.pk))


def participant_party(conversation: Conversation) -> Party:
    return Party.objects.get(conversation=conversation, kind=PartyKind.PARTICIPANT)


def told_of_agreement(conversation: Conversation) -> set[int]:
    """Who is told what every caseworker of the agreement is to know."""
    return {pk for party in agreeing_parties(conversation) for pk in told_for(party)}


def find_agreement(conversation: Conversation) -> Agreement | None:
    return Agreement.objects.filter(conversation=conversation).select_related("lead").first()


@dataclass(frozen=True)
class Reader:
    """What one agency may read of an agreement now. `until`: by party, when what it told us can be read no more."""

    agency_id: int
    is_open: bool
    convener_id: int  # the convener's agency
    until: dict[int, datetime] = field(default_factory=dict)
    agencies: dict[int, int] = field(default_factory=dict)  # the agency of each party

    def reads(self, party_id: int) -> bool:
        """The text of a party's part. The participant's, which has no agency, is read by all that are in it."""
        agency = self.agencies.get(party_id)
        if agency == self.agency_id:
            return True
        return self.is_open and (agency is None or party_id in self.until)

    @property
    def reads_common(self) -> bool:
        """Goals, days and what the participant is to do: the convener's to tell."""
        if not self.is_open:
            return False
        told = any(self.agencies.get(party) == self.convener_id for party in self.until)
        return self.agency_id == self.convener_id or told

    @property
    def ends_at(self) -> datetime | None:
        """When the first of what is read can be read no more."""
        return min(self.until.values(), default=None)


def is_out(member: Membership, conversation: Conversation) -> bool:
    """The agreement has been taken back from the member's agency, which has got no other since."""
    own = AgreementCopy.objects.filter(party__conversation=conversation, party__agency=member.agency_id)
    newest = own.order_by("-party", "-version__number").first()
    if newest is None or newest.withdrawn_at is None:
        return False
    # A party that was let in again after that begins anew.
    later = Party.objects.filter(party_lives(), conversation=conversation, agency=member.agency_id)
    return not later.filter(pk__gt=newest.party_id).exists()


def reader_of(access: Access) -> Reader:
    """What the member's agency may read now of the agreement of the conversation it has this access to."""
    conversation, member = access.conversation, access.member
    is_open = access.is_open and not is_out(member, conversation)
    agencies = {
        pk: agency
        for pk, agency in Party.objects.filter(conversation=conversation).values_list("pk", "agency")
        if agency is not None
    }
    until = living_readers(conversation, member.agency_id) if is_open else {}
    return Reader(member.agency_id, is_open, conversation.agency_id, until, agencies)


def living_readers(conversation: Conversation, agency_id: int) -> dict[int, datetime]:
    """The parties whose sections an agency may read now, with when the disclosure ends."""
    rows = SectionReader.objects.filter(
        disclosure_lives("disclosure__"), section__agreement__conversation=conversation, agency=agency_id
    )
    return dict(rows.order_by("disclosure__ends_at").values_list("section__party", "disclosure__ends_at"))


def not_told(section: Section | None, party: Party, others: Iterable[Party]) -> list[Agency]:
    """The other agencies of the agreement that cannot read a party's section now."""
    told: set[int] = set()
    if section is not None and section.shared_at is not None:
        rows = SectionReader.objects.filter(disclosure_lives("disclosure__"), section=section)
        told = set(rows.values_list("agency", flat=True))
    return [
        other.agency
        for other in others
        if other.agency is not None and other.agency_id != party.agency_id and other.agency_id not in told
    ]
