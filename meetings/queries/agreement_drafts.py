"""An agreement as it stands while it is written, with nothing in it that its reader may not see (L15)."""

from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from meetings.models import Agreement, AgreementCopy, Commitment, Conversation, Party, Section
from meetings.queries.agreement_lacks import WRITTEN_IN, sections_by_party, tasks_by_party
from meetings.queries.agreement_readers import (
    Reader,
    agreeing_parties,
    find_agreement,
    is_out,
    not_told,
    participant_party,
    reader_of,
)
from meetings.queries.conversations import Access
from meetings.states import ActionState, AgreementState, PartyKind
from workspace.models import Agency, Membership
from workspace.queries import grounds_for


@dataclass
class Task:
    """Something a party is to do. `row` where it still stands in the list of tasks."""

    text: str
    due_on: date
    row: Commitment | None = None

    @property
    def is_done(self) -> bool:
        return self.row is not None and self.row.state == ActionState.DONE


@dataclass
class Part:
    """One party's part, as a reader sees it. `may_read` False: it is there, and that is all that is said."""

    party_id: int
    is_participant: bool
    is_ours: bool
    name: str
    shape: str
    may_read: bool = False
    text: str = ""
    taken_down_by: str = ""
    tasks: list[Task] = field(default_factory=list)
    section: Section | None = None
    not_told: list[Agency] = field(default_factory=list)  # of our own part: who cannot read it
    expires_at: datetime | None = None


@dataclass
class DraftShown:
    """An agreement as it stands now, to one member. `common` None: the convener has not told us."""

    conversation: Conversation
    agreement: Agreement | None
    parts: list[Part]
    common: dict[str, Any] | None
    reader: Reader
    party: Party | None
    taken_back: AgreementCopy | None

    @property
    def own(self) -> Part | None:
        return next((part for part in self.parts if part.is_ours), None)

    @property
    def expires_at(self) -> datetime | None:
        return self.reader.ends_at


def read_draft(access: Access) -> DraftShown:
    """The agreement as it stands, with nothing in it that this member may not read."""
    conversation = access.conversation
    agreement, reader = find_agreement(conversation), reader_of(access)
    parties = agreeing_parties(conversation) if reader.is_open else []
    own = access.party
    if own is not None and own.pk not in {party.pk for party in parties}:
        parties = [*parties, own]
    sections, tasks = sections_by_party(agreement), tasks_by_party(agreement)
    shown = [participant_party(conversation), *parties] if reader.is_open else parties
    parts = [_part_now(reader, party, sections.get(party.pk), tasks.get(party.pk, [])) for party in shown]
    for part in parts:
        if part.is_ours and reader.is_open:
            mine = next(party for party in parties if party.pk == part.party_id)
            part.not_told = not_told(part.section, mine, parties)
    common = head_now(agreement, conversation) if reader.reads_common else None
    return DraftShown(conversation, agreement, parts, common, reader, own, taken_back_from(access))


def _part_now(reader: Reader, party: Party, section: Section | None, tasks: list[Commitment]) -> Part:
    is_participant = party.kind == PartyKind.PARTICIPANT
    part = Part(
        party.pk,
        is_participant,
        is_ours=not is_participant and party.agency_id == reader.agency_id,
        name=label_of_party(party),
        shape=party.agency.shape if party.agency else "person",
        section=section,
        expires_at=reader.until.get(party.pk),
    )
    # A section that was never written or shared is nobody's but its own.
    part.may_read = reader.reads(party.pk)
    if part.may_read and section is not None:
        part.text = section.text
        part.taken_down_by = said_of(section.taken_down_by)
    if part.may_read and (reader.reads_common or not is_participant):
        part.tasks = [Task(row.text, row.due_on, row) for row in tasks]
    return part


def said_of(member: Membership | None) -> str:
    """«Elin Hedberg, Socialtjänsten Piteå»."""
    return f"{member.user}, {member.agency.name}" if member else ""


def head_now(agreement: Agreement | None, conversation: Conversation) -> dict[str, Any]:
    """What is common to an agreement as it stands, as it is frozen in a version."""
    return {
        "kind": conversation.kind,
        "agency": conversation.agency.name,
        "held": conversation.starts_at,
        "goals": agreement.goals if agreement else "",
        "needs": agreement.needs if agreement else "",
        "others": agreement.others if agreement else "",
        "lead": agreement.lead.name if agreement and agreement.lead else "",
        "next_on": agreement.next_on if agreement else None,
    }


def common_version(agreement: Agreement | None) -> str:
    """Which text of what is common a save begins from, in short."""
    if agreement is None:
        return ""
    said = [agreement.goals, str(agreement.next_on), agreement.needs, agreement.others, str(agreement.lead_id)]
    return "" if not any(said[i] for i in (0, 2, 3)) and said[1] == said[4] == "None" else digest_of("\0".join(said))


def digest_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def taken_back_from(access: Access) -> AgreementCopy | None:
    """The copy that was taken back from the member's agency, where it has got no other since."""
    if not is_out(access.member, access.conversation):
        return None
    own = AgreementCopy.objects.filter(
        party__conversation=access.conversation, party__agency=access.member.agency_id, withdrawn_at__isnull=False
    )
    return own.order_by("-withdrawn_at", "-pk").first()


def may_write(access: Access, shown: DraftShown) -> bool:
    """Whether the member's agency writes its own part now."""
    is_draft = shown.agreement is None or shown.agreement.state == AgreementState.DRAFT
    return shown.reader.is_open and is_draft and access.conversation.state in WRITTEN_IN


def needs_ground(party: Party, others: list[Party]) -> bool:
    """Another agency than the convener's that has not said on what ground it may tell the others of today."""
    if party.agency_id == party.conversation.agency_id:
        return False
    agencies = [other.agency for other in others if other.agency is not None and other.agency_id != party.agency_id]
    return party.ground is None or any(party.ground not in grounds_for(agency) for agency in agencies)


def label_of_party(party: Party) -> str:
    return party.agency.name if party.agency else "Deltagaren"
