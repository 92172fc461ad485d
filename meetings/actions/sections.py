"""The parts of an agreement while it is a draft: each written by its own party, and shared as an act of disclosure."""

from dataclasses import dataclass
from datetime import date

from django.db.models import F
from django.utils import timezone

from meetings.actions.conversation_steps import (
    READS,
    ByParty,
    hints_of,
    lock_conversation,
    notice_of,
    require_convener,
    require_party,
    write_event,
)
from meetings.errors import CircleNotCovered, TextHasMoved
from meetings.models import Agreement, Conversation, Party, Section, SectionReader
from meetings.queries.agreement_drafts import common_version, needs_ground
from meetings.queries.agreement_lacks import WRITTEN_IN, principals_in
from meetings.queries.agreement_readers import agreeing_parties, is_out, not_told, participant_party
from meetings.queries.conversations import IDENTITY, QUESTION, convener_told
from meetings.states import AgreementState, ConversationKind
from notifications.actions import deliver
from workspace.actions import action, lock_live_rows, lock_participant, make_disclosure
from workspace.errors import NotAllowed
from workspace.live import Hint, changed
from workspace.models import Agency, Browser, Category, ConsentRow, Ground, Membership
from workspace.swedish import say_date

PART = "agreement"
CONSENT = "consent"
NOT_CALLED = "Överenskommelsen skrivs från det att samtalet är kallat."
SENT = "Överenskommelsen är skickad. Den ändras genom en rättelse."
NO_GROUND = "Säg först på vilken grund ni får berätta."
TAKEN_BACK = "Överenskommelsen är återkallad för er."
THEIR_OWN = "Deltagaren har själv skrivit det här. Det är bara deltagaren som kan ändra det."


# ---------- what the verbs share ----------
def open_draft(conversation: Conversation) -> Agreement:
    """The agreement of a locked conversation, to be written in: made with a section for each party by whoever is first.

    Refuses a conversation that has not been called or was called off, and an agreement that has been sent.
    """
    if conversation.state not in WRITTEN_IN:
        raise NotAllowed(NOT_CALLED)
    agreement, _ = Agreement.objects.get_or_create(conversation=conversation)
    if agreement.state != AgreementState.DRAFT:
        raise NotAllowed(SENT)
    for party in [participant_party(conversation), *agreeing_parties(conversation)]:
        Section.objects.get_or_create(party=party, defaults={"agreement": agreement})
    return agreement


def require_agreeing(by: ByParty, conversation: Conversation) -> Party:
    """The party this actor acts for in the agreement; refuses whoever has none, or had the agreement taken back."""
    party = require_party(by, conversation)
    if isinstance(by, Membership) and is_out(by, conversation):
        raise NotAllowed(TAKEN_BACK)
    return party


def hints_for(conversation: Conversation, section: Section) -> list[tuple[str, Hint]]:
    """To those who read a section: that something is written in it is itself news, which nobody else may have."""
    agency = section.party.agency_id
    if agency is None or section.shared_at is not None:
        return hints_of(conversation, PART)
    return [changed("conversation", conversation.pk, f"myndighet{agency}", PART)]


def _save(section: Section, text: str, version: int, taken_down_by: Membership | None) -> None:
    """Write where the version is the one begun from; `TextHasMoved` where a newer one came between."""
    own = Section.objects.filter(pk=section.pk)
    moved = own.filter(version=version).update(
        text=text, version=F("version") + 1, taken_down_by=taken_down_by, saved_at=timezone.now()
    )
    if not moved:
        section.refresh_from_db()
        if section.text != text:
            raise TextHasMoved(section.text, section.version)


# ---------- writing ----------
@action
def write_own_words(*, by: ByParty, conversation: Conversation, text: str, version: int) -> None:
    """The situation in the participant's own words: by the participant, or taken down by the convener, which is said.

    Locks the conversation, opens the agreement, writes the text, the history and the audit row; hints at every agency
    in it, who all read it. Tells nobody. Refuses any other agency, the convener over what the participant has written
    themselves, an agreement that is sent, and `TextHasMoved` where a newer text came between. Source: R36.
    """
    conversation = lock_conversation(conversation)
    taken_down_by = None
    if isinstance(by, Browser):
        require_party(by, conversation)
    else:
        require_convener(by, conversation)
        taken_down_by = by
    agreement = open_draft(conversation)
    section = Section.objects.select_related("party").get(agreement=agreement, party=participant_party(conversation))
    if taken_down_by is not None and section.text and section.taken_down_by_id is None:
        raise NotAllowed(THEIR_OWN)
    _save(section, text, version, taken_down_by if text else None)
    write_event(conversation, "own_words", by=by)
    deliver([], hints_of(conversation, PART))


@action
def write_section(*, by: Membership, conversation: Conversation, text: str, version: int) -> None:
    """An agency writes its own part. What it has shared stays shared, with the same readers.

    Locks the conversation, opens the agreement, writes the text, the history and the audit row; hints at those who read
    it. Tells nobody. Refuses whoever is no caseworker of a party, and as `write_own_words`.
    """
    conversation = lock_conversation(conversation)
    party = require_agreeing(by, conversation)
    agreement = open_draft(conversation)
    section = Section.objects.select_related("party").get(agreement=agreement, party=party)
    _save(section, text, version, None)
    write_event(conversation, "section_write", by=by)
    deliver([], hints_for(conversation, section))


@dataclass(frozen=True)
class Common:
    """What is common to an agreement, as the convener wrote it."""

    goals: str = ""
    next_on: date | None = None
    needs: str = ""
    others: str = ""
    lead: Agency | None = None


@action
def write_common(*, by: Membership, conversation: Conversation, common: Common, version: str) -> None:
    """The convener writes what is common: goals and the next day; of a SIP also needs, others' measures and who leads.

    `version` is what `common_version` said of the text that was begun from. Otherwise as `write_section`, with hints to
    those who read the convener's part. Refuses other agencies, and a SIP led by one with no duties in it (L20).
    """
    conversation = lock_conversation(conversation)
    require_convener(by, conversation)
    agreement = open_draft(conversation)
    if common_version(agreement) != version:
        raise TextHasMoved(common_said(agreement), 0)
    is_sip = conversation.kind == ConversationKind.SIP
    if is_sip and common.lead and common.lead not in principals_in(agreeing_parties(conversation)):
        raise NotAllowed("Planen leds av kommunen eller regionen. Välj någon av dem som är med.")
    agreement.goals, agreement.next_on = common.goals, common.next_on
    if is_sip:
        agreement.needs, agreement.others, agreement.lead = common.needs, common.others, common.lead
    agreement.save(update_fields=["goals", "next_on", "needs", "others", "lead"])
    write_event(conversation, "common_write", by=by)
    section = Section.objects.filter(agreement=agreement, party__agency=conversation.agency_id).order_by("-pk").first()
    deliver([], hints_for(conversation, section) if section else [])


def common_said(agreement: Agreement) -> str:
    """What is common, as one text: for whoever wrote at the same time."""
    lines = [("Mål", agreement.goals), ("Insatser som behövs", agreement.needs), ("Vad andra gör", agreement.others)]
    lines.append(("Leder planen", agreement.lead.name if agreement.lead else ""))
    lines.append(("Nästa samtal", say_date(agreement.next_on) if agreement.next_on else ""))
    return "\n".join(f"{label}: {text}" for label, text in lines if text)


# ---------- sharing ----------
@action
def share_section(*, by: Membership, conversation: Conversation) -> None:
    """Disclose the agency's own part to every other agency of the agreement: all or nobody. Again: to new ones.

    Locks the participant, the live consent rows and the conversation, and asks again under the locks. Writes one
    disclosure and one reader for each other agency that cannot read it now, the history, the audit; tells the convener.
    The convener's sharing covers what is common too, and rests on consent; another agency's rests on the ground its
    officer has stated. Refuses an empty part, no ground stated, and `CircleNotCovered` naming who lacks (L3, L6, L15).
    """
    lock_participant(conversation.participant_id)
    rows = lock_live_rows(conversation.participant_id, by.agency_id)
    conversation = lock_conversation(conversation)
    party = require_agreeing(by, conversation)
    agreement = open_draft(conversation)
    section = Section.objects.select_related("party").get(agreement=agreement, party=party)
    if not (section.text or _has_tasks(section) or (party.agency_id == conversation.agency_id and agreement.goals)):
        raise NotAllowed("Skriv något i er del, eller en uppgift, innan ni lägger fram den.")
    others = [other for other in agreeing_parties(conversation) if other.agency_id != party.agency_id]
    ground, reason = _ground(party, others)
    listeners = [other.agency for other in others if other.agency is not None]
    covered = _covered(rows, listeners, conversation, party) if ground.pk == CONSENT else {}
    left = not_told(section, party, others)
    for agency in left:
        _tell(by, conversation, section, agency, ground, covered.get(agency.pk), reason)
    Section.objects.filter(pk=section.pk).update(shared_at=section.shared_at or timezone.now())
    write_event(conversation, "section_share", by=by)
    told = convener_told(conversation)
    deliver([notice_of("agreement.shared", conversation, told, by=by)], hints_of(conversation, PART))


def _has_tasks(section: Section) -> bool:
    return section.commitments.filter(removed_at__isnull=True).exists()


def _ground(party: Party, others: list[Party]) -> tuple[Ground, str]:
    """On what the agency tells: the convener on consent, another on what its officer has stated, if it still holds."""
    if party.agency_id == party.conversation.agency_id:
        return Ground.objects.get(pk=CONSENT), ""
    if party.ground is None:
        raise NotAllowed(NO_GROUND)
    if needs_ground(party, others):
        raise NotAllowed("Grunden ni sagt gäller inte för alla som är med nu. Säg en annan grund.")
    return party.ground, party.ground_reason


def _covered(
    rows: list[ConsentRow], others: list[Agency], conversation: Conversation, party: Party
) -> dict[int, ConsentRow]:
    """The rows that let the agency tell each of the others, the longest lasting; or the refusal naming who lacks.

    The convener must also be let to tell who it is about.
    """
    by_category: dict[str, dict[int, ConsentRow]] = {IDENTITY: {}, QUESTION: {}}
    for row in sorted(rows, key=lambda row: row.valid_until):
        if row.recipient_id and row.category_id in by_category:
            by_category[row.category_id][row.recipient_id] = row
    needed = [QUESTION, IDENTITY] if party.agency_id == conversation.agency_id else [QUESTION]
    lacking = [agency.name for agency in others if any(agency.pk not in by_category[code] for code in needed)]
    if lacking:
        raise CircleNotCovered(lacking)
    return by_category[QUESTION]


def _tell(
    by: Membership,
    conversation: Conversation,
    section: Section,
    agency: Agency,
    ground: Ground,
    row: ConsentRow | None,
    reason: str,
) -> None:
    day = say_date(timezone.localdate(conversation.starts_at or conversation.made_at))
    disclosure = make_disclosure(
        by=by,
        participant=conversation.participant,
        discloser=by.agency,
        recipient=agency,
        category=Category.objects.get(pk=QUESTION),
        purpose=row.purpose if row else f"Överenskommelse från samtalet {day}",
        ground=ground,
        consent_row=row,
        reason=reason,
        ends_at=timezone.now() + READS,
    )
    SectionReader.objects.create(section=section, agency=agency, disclosure=disclosure)
