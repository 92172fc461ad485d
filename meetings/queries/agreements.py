"""A version of an agreement as one reader may see it, and the participant's own copies (R36)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.http import Http404

from meetings.models import (
    Agreement,
    AgreementAnswer,
    AgreementCopy,
    AgreementVersion,
    Commitment,
    Conversation,
    Party,
)
from meetings.queries.agreement_drafts import Part, Task, label_of_party, said_of
from meetings.queries.agreement_lacks import (
    WRITTEN_IN,
    answers_by_party,
    is_newest,
    sections_by_party,
    waited_for,
)
from meetings.queries.agreement_readers import Reader, find_agreement, participant_party, reader_of
from meetings.queries.conversations import Access
from meetings.states import AgreementState, AgreementVerdict, PartyKind
from workspace.models import Participant
from workspace.swedish import say_list

DIFFERS_AGENCY = "Vill ha en ändring"
WAITS = "Har inte svarat"


# ---------- a version ----------
@dataclass
class AnswerShown:
    """What a party has answered, or that it has not."""

    party_id: int
    is_participant: bool
    is_ours: bool
    name: str
    shape: str
    verdict: str
    label: str
    text: str
    row: AgreementAnswer | None
    copy: AgreementCopy


@dataclass
class VersionShown:
    """A version as it was sent, with nothing in it that this reader may not read now."""

    version: AgreementVersion
    agreement: Agreement
    conversation: Conversation
    copy: AgreementCopy
    head: dict[str, Any] | None
    parts: list[Part]
    answers: list[AnswerShown]
    is_newest: bool
    waits: list[Party]
    earlier: list[AgreementCopy]
    expires_at: datetime | None = None
    is_open: bool = True

    @property
    def my_answer(self) -> AnswerShown | None:
        return next((row for row in self.answers if row.is_ours), None)

    @property
    def participant_answer(self) -> AnswerShown | None:
        return next((row for row in self.answers if row.is_participant), None)

    @property
    def may_answer(self) -> bool:
        return self.is_open and self.is_newest and self.agreement.state == AgreementState.SENT

    @property
    def is_confirmed(self) -> bool:
        return self.is_newest and self.agreement.state == AgreementState.CONFIRMED


def copies_of(access: Access) -> list[AgreementCopy]:
    """The versions that lie with the member's agency and have not been taken back, newest first."""
    rows = AgreementCopy.objects.filter(
        party__conversation=access.conversation, party__agency=access.member.agency_id, withdrawn_at__isnull=True
    )
    return list(rows.select_related("version__agreement__lead", "party").order_by("-version__number", "-pk"))


def access_version(access: Access, number: int | None = None) -> VersionShown:
    """A version that lies with the member's agency, the newest where none is named; else 404, as for none."""
    copies = copies_of(access)
    copy = next((copy for copy in copies if number is None or copy.version.number == number), None)
    if copy is None:
        raise Http404
    reader = reader_of(access)
    version, tasks = copy.version, _rows_of(copy.version)
    parts = [_part_then(part, reader, tasks) for part in version.content["parts"]]
    if not reader.is_open:
        parts = [part for part in parts if part.is_ours]
    head = head_then(version) if reader.reads_common else None
    agreement = version.agreement
    return VersionShown(
        version,
        agreement,
        access.conversation,
        copy,
        head,
        parts,
        _answers(version, reader) if reader.is_open else [],
        is_newest(version),
        waited_for(version),
        [one for one in copies if one.pk != copy.pk],
        reader.ends_at,
        reader.is_open,
    )


def _rows_of(version: AgreementVersion) -> dict[int, Commitment]:
    return Commitment.objects.in_bulk([task["id"] for part in version.content["parts"] for task in part["tasks"]])


def _part_then(part: dict[str, Any], reader: Reader | None, rows: dict[int, Commitment]) -> Part:
    """A part of a version; without a reader, to the participant, who reads all that was sent."""
    pk, is_participant = part["party"], part["kind"] == PartyKind.PARTICIPANT
    ours = reader is not None and not is_participant and reader.agencies.get(pk) == reader.agency_id
    shown = Part(pk, is_participant, ours, part["agency"] or "Deltagaren", part["shape"])
    shown.may_read = reader is None or reader.reads(pk)
    shown.expires_at = reader.until.get(pk) if reader else None
    if shown.may_read:
        shown.text, shown.taken_down_by = part["text"], part["taken_down_by"]
    if shown.may_read and (reader is None or reader.reads_common or not is_participant):
        shown.tasks = [
            Task(task["text"], date.fromisoformat(task["due_on"]), rows.get(task["id"])) for task in part["tasks"]
        ]
    return shown


def head_then(version: AgreementVersion) -> dict[str, Any]:
    """The head of a version, its days as days."""
    head = version.content["head"]
    next_on, held = head["next_on"], head["held"]
    return {
        **head,
        "next_on": date.fromisoformat(next_on) if next_on else None,
        "held": datetime.fromisoformat(held) if held else None,
    }


def _answers(version: AgreementVersion, reader: Reader | None) -> list[AnswerShown]:
    """Each party's newest answer. Its words are read by whoever reads its part; that it has answered, by all."""
    given = answers_by_party(version)
    copies = AgreementCopy.objects.filter(version=version).select_related("party__agency").order_by("pk")
    found = []
    for copy in copies:
        party, row = copy.party, given.get(copy.party_id)
        is_participant = party.kind == PartyKind.PARTICIPANT
        if copy.withdrawn_at is not None and row is None and not is_participant:
            continue
        ours = is_participant if reader is None else party.agency_id == reader.agency_id
        found.append(
            AnswerShown(
                party.pk,
                is_participant,
                ours,
                label_of_party(party),
                party.agency.shape if party.agency else "person",
                row.verdict if row else "",
                label_of(row, is_participant),
                row.text if row and (reader is None or reader.reads(party.pk)) else "",
                row,
                copy,
            )
        )
    return found


def label_of(row: AgreementAnswer | None, is_participant: bool) -> str:
    if row is None:
        return WAITS
    if row.verdict == AgreementVerdict.DIFFERS and not is_participant:
        return DIFFERS_AGENCY
    return AgreementVerdict(row.verdict).label


def withdrawable_from(conversation: Conversation) -> list[Party]:
    """The parties that hold a version and can have it taken back: all but the convener's own."""
    copies = AgreementCopy.objects.filter(party__conversation=conversation, withdrawn_at__isnull=True)
    held = Party.objects.filter(pk__in=copies.values("party")).exclude(agency=conversation.agency_id)
    return list(held.select_related("agency", "function", "member").order_by("pk"))


def participants_copy(shown: VersionShown) -> AgreementCopy | None:
    """The participant's copy of a version, where it has not been taken back."""
    rows = AgreementCopy.objects.filter(version=shown.version, party__kind=PartyKind.PARTICIPANT)
    return rows.filter(withdrawn_at__isnull=True).select_related("version", "party__conversation").first()


def say_differing(shown: VersionShown) -> str:
    """Who sees something differently in the newest version, and what can be done; empty where nobody does."""
    if not shown.is_newest or shown.agreement.state == AgreementState.DRAFT or not shown.is_open:
        return ""
    rows = [row for row in shown.answers if row.verdict == AgreementVerdict.DIFFERS and row.copy.withdrawn_at is None]
    if not rows:
        return ""
    # An agency's part waits for a correction; what the participant sees differently may stand.
    ways = "Läs och rätta, eller låt det stå." if all(row.is_participant for row in rows) else "Läs och rätta."
    return f"{say_list([row.name for row in rows])} ser något annorlunda. {ways}"


# ---------- the participant's own page ----------
def own_copies(participant: Participant) -> list[AgreementCopy]:
    """The newest version of each agreement that lies with the participant, newest first."""
    rows = (
        AgreementCopy.objects.filter(
            party__kind=PartyKind.PARTICIPANT,
            party__conversation__participant=participant,
            withdrawn_at__isnull=True,
        )
        .select_related("version__agreement__conversation__agency", "party")
        .order_by("-version__sent_at", "-pk")
    )
    newest: dict[int, AgreementCopy] = {}
    for copy in rows:
        newest.setdefault(copy.version.agreement_id, copy)
    return list(newest.values())


def shown_to_participant(copy: AgreementCopy) -> VersionShown:
    """A version as the participant reads it: all that was sent, what each has answered, and their own answer."""
    version = copy.version
    rows = _rows_of(version)
    agreement = version.agreement
    earlier = AgreementCopy.objects.filter(
        party=copy.party_id, withdrawn_at__isnull=True, version__number__lt=version.number
    )
    return VersionShown(
        version,
        agreement,
        agreement.conversation,
        copy,
        head_then(version),
        [_part_then(part, None, rows) for part in version.content["parts"]],
        _answers(version, None),
        is_newest(version),
        waited_for(version),
        list(earlier.select_related("version").order_by("-version__number")),
    )


@dataclass(frozen=True)
class OwnWords:
    """What the participant has said of the situation. `version`: what a save of the own page's field begins from."""

    conversation: Conversation
    text: str
    version: int
    taken_down_by: str
    may_write: bool


def own_words_of(conversation: Conversation) -> OwnWords:
    """The situation in the participant's own words as it stands now."""
    agreement = find_agreement(conversation)
    section = sections_by_party(agreement).get(participant_party(conversation).pk)
    is_draft = agreement is None or agreement.state == AgreementState.DRAFT
    return OwnWords(
        conversation,
        section.text if section else "",
        section.version if section else 0,
        said_of(section.taken_down_by) if section else "",
        is_draft and conversation.state in WRITTEN_IN,
    )
