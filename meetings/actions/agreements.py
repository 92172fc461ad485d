"""A version in a party's hands: read, answered, taken to a file or out on paper. And what the own page needs (R36)."""

from dataclasses import replace

from django.utils import timezone

from meetings.actions.agreement_settling import settle
from meetings.actions.commitments import close_commitment, reopen_commitment
from meetings.actions.conversation_steps import (
    FASTER,
    GONE,
    ByParty,
    clear_party,
    hints_of,
    lock_conversation,
    notice_of,
    party_fields,
    require_convener,
    write_event,
)
from meetings.actions.sections import PART, TAKEN_BACK, require_agreeing, write_own_words
from meetings.models import Agreement, AgreementAnswer, AgreementCopy, Conversation
from meetings.queries.agreement_lacks import answers_by_party, is_newest
from meetings.queries.agreement_readers import told_of_agreement
from meetings.queries.conversations import convener_told
from meetings.states import AgreementState, AgreementVerdict, PartyKind, Way
from notifications.actions import Notice, deliver
from workspace.actions import action, lock_participant, record_act
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Browser, Membership
from workspace.rules import is_caseworker
from workspace.states import AuditAct

__all__ = [
    "answer_agreement",
    "close_commitment",
    "file_agreement",
    "make_letter",
    "read_copy",
    "reopen_commitment",
    "write_own_words",
]

NEXT_COMES = "En ny version är på väg. Vänta på den, och svara då."
ALL_ANSWERED = "Alla har redan svarat. Den som kallade till samtalet kan rätta överenskommelsen."


@action
def read_copy(*, by: ByParty, copy: AgreementCopy) -> None:
    """Note the first time a party opens its own copy; for anybody else, also its manager, it does nothing."""
    if isinstance(by, Browser):
        ours = copy.party.kind == PartyKind.PARTICIPANT and copy.party.conversation.participant_id == by.participant_id
    else:
        ours = copy.party.agency_id == by.agency_id and is_caseworker(by)
    if ours:
        own = AgreementCopy.objects.filter(pk=copy.pk, read_at__isnull=True, withdrawn_at__isnull=True)
        own.update(read_at=timezone.now())


@action
def answer_agreement(*, by: ByParty, copy: AgreementCopy, verdict: str, text: str = "", way: str = "") -> None:
    """A party answers the newest version: an agency for its own part, the participant for the whole.

    Locks the participant and the conversation. Writes the answer, the history and the audit row; the newest answer of a
    party counts until all have answered. An agency's is told to the convener, the participant's to every caseworker.
    An agency that wants a change is waited for; what the participant sees differently is noted, and stands in the
    whole. When all have answered the agreement is confirmed, and everybody is told. `way`: how the participant's answer
    came, where the convener writes it down.

    Refuses another party's copy, one that was taken back or has a newer version, an answer without words to one who
    sees it differently, and an agreement that is confirmed. `SomebodyWasFaster` where it has moved meanwhile.
    """
    lock_participant(copy.party.conversation.participant_id)
    conversation = lock_conversation(copy.party.conversation)
    _require_answering(by, conversation, copy, way)
    _require_waiting(conversation, copy)
    verdict, text = AgreementVerdict(verdict), text.strip()
    if verdict == AgreementVerdict.DIFFERS and not text:
        raise NotAllowed("Skriv vad du ser annorlunda.")
    text = text if verdict == AgreementVerdict.DIFFERS else ""
    last = answers_by_party(copy.version).get(copy.party_id)
    if last is not None and (last.verdict, last.text) == (verdict, text):
        return
    AgreementAnswer.objects.create(
        version=copy.version, party=copy.party, verdict=verdict, text=text, way=way, **party_fields(by)
    )
    write_event(conversation, "agreement_answer", by=by)
    clear_party(conversation, copy.party, ["agreement.sent", "agreement.corrected"])
    notices = [_told(by, conversation, copy, verdict), *settle(conversation, by=by)]
    deliver(notices, hints_of(conversation, PART))


def _require_answering(by: ByParty, conversation: Conversation, copy: AgreementCopy, way: str) -> None:
    """Their own party's copy; the participant's also by the convener, who says how the answer came."""
    is_participants = copy.party.kind == PartyKind.PARTICIPANT
    if isinstance(by, Browser):
        if not is_participants or by.participant_id != conversation.participant_id or way:
            raise NotAllowed(GONE)
        return
    if is_participants:
        require_convener(by, conversation)
        if way not in Way.values:
            raise NotAllowed("Välj hur svaret kom.")
    elif require_agreeing(by, conversation).pk != copy.party_id or way:
        raise NotAllowed("Var och en svarar för sin egen del.")


def _require_waiting(conversation: Conversation, copy: AgreementCopy) -> None:
    fresh = AgreementCopy.objects.get(pk=copy.pk)
    state = Agreement.objects.values_list("state", flat=True).get(conversation=conversation)
    if fresh.withdrawn_at is not None:
        raise NotAllowed("Överenskommelsen är återkallad." if copy.party.agency_id is None else TAKEN_BACK)
    if state == AgreementState.CONFIRMED:
        raise NotAllowed(ALL_ANSWERED)
    if state == AgreementState.DRAFT:
        raise NotAllowed(NEXT_COMES)
    if not is_newest(copy.version):
        raise SomebodyWasFaster(FASTER)


def _told(by: ByParty, conversation: Conversation, copy: AgreementCopy, verdict: AgreementVerdict) -> Notice:
    if copy.party.kind == PartyKind.PARTICIPANT:
        told = told_of_agreement(conversation)
        return replace(notice_of("agreement.participant_answered", conversation, told, by=by), acting_agency=None)
    kind = "agreement.answered" if verdict == AgreementVerdict.CONFIRMED else "agreement.differs"
    return notice_of(kind, conversation, convener_told(conversation), by=by)


@action
def file_agreement(*, by: Membership, copy: AgreementCopy) -> None:
    """A member takes its agency's copy to the agency's own file. The audit (L40). Refuses another agency's copy."""
    if copy.party.agency_id != by.agency_id or copy.withdrawn_at is not None:
        raise NotAllowed(GONE)
    _record(by, "agreement.filed", copy)


@action
def make_letter(*, by: Membership, copy: AgreementCopy) -> None:
    """The convener makes the participant's copy as a letter. Marks when; the audit. Refuses other agencies."""
    conversation = lock_conversation(copy.party.conversation)
    require_convener(by, conversation)
    if copy.party.kind != PartyKind.PARTICIPANT or copy.withdrawn_at is not None:
        raise NotAllowed("Det finns ingen överenskommelse att skicka till deltagaren.")
    AgreementCopy.objects.filter(pk=copy.pk).update(letter_at=timezone.now())
    _record(by, "agreement.letter", copy)


def _record(by: Membership, what: str, copy: AgreementCopy) -> None:
    conversation = copy.party.conversation
    record_act(
        by=by,
        act=AuditAct.WRITE,
        what=what,
        object_id=conversation.pk,
        participant_id=conversation.participant_id,
    )
