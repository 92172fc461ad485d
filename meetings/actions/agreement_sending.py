"""The agreement is sent in a version that stays, opened again to be corrected, and taken back (L11, L41)."""

import json
from collections.abc import Collection
from typing import Any

from django.utils import timezone

from meetings.actions.agreement_settling import settle
from meetings.actions.conversation_steps import (
    FASTER,
    hints_of,
    lock_conversation,
    notice_of,
    require_convener,
    write_event,
)
from meetings.actions.sections import PART
from meetings.models import (
    Agreement,
    AgreementCopy,
    AgreementVersion,
    Commitment,
    Conversation,
    Party,
    SectionReader,
)
from meetings.queries.agreement_drafts import digest_of, head_now, said_of
from meetings.queries.agreement_lacks import (
    WRITTEN_IN,
    lacks_of,
    needs_words,
    newest_version,
    sections_by_party,
    tasks_by_party,
)
from meetings.queries.agreement_readers import agreeing_parties, find_agreement, participant_party, told_of_agreement
from meetings.queries.conversations import told_for
from meetings.states import AgreementState, PartyKind
from notifications.actions import clear_notices, close_notices, deliver, queue_participant_mail
from workspace.actions import action, end_disclosures, lock_participant
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Disclosure, Membership
from workspace.states import EndReason

NO_WORDS = "Skriv ner vad deltagaren säger, eller kryssa för att deltagaren inte vill skriva något."
NO_NEXT = "Skriv vilken dag nästa samtal är, eller kryssa för att det inte blir något nytt."


@action
def send_agreement(
    *, by: Membership, conversation: Conversation, no_words: bool = False, no_next: bool = False
) -> AgreementVersion:
    """Freeze the draft as the next version and send a copy to each party.

    Locks the participant and the conversation. In order: the version with its digest, a copy to the participant and to
    each agency, the tasks stand in the lists from now on, the state, the history and the audit; every caseworker is
    told (from the second version on: that it is corrected), and the participant gets a mail that there is something to
    read. `no_words`, `no_next`: the sender has said that the participant wants to write nothing, that there is to be no
    further conversation. Refuses whoever does not convene, and what lacks (`lacks_of`); `SomebodyWasFaster` where it is
    sent already.
    """
    participant = lock_participant(conversation.participant_id)
    conversation = lock_conversation(conversation)
    require_convener(by, conversation)
    agreement = find_agreement(conversation)
    if agreement is None or conversation.state not in WRITTEN_IN:
        raise NotAllowed("Det finns ingen överenskommelse att skicka än.")
    if agreement.state != AgreementState.DRAFT:
        raise SomebodyWasFaster(FASTER)
    _require_whole(agreement, no_words=no_words, no_next=no_next)
    before, now = newest_version(agreement), timezone.now()
    content = _content(agreement, no_words=no_words, no_next=no_next)
    version = AgreementVersion.objects.create(
        agreement=agreement,
        number=before.number + 1 if before else 1,
        reason=agreement.correcting if before else "",
        sent_at=now,
        sent_by=by,
        content=content,
        digest=digest_of(json.dumps(content, sort_keys=True, ensure_ascii=False)),
    )
    parties = [participant_party(conversation), *agreeing_parties(conversation)]
    AgreementCopy.objects.bulk_create(AgreementCopy(version=version, party=party) for party in parties)
    Commitment.objects.filter(
        section__party__in=parties, section__agreement=agreement, sent_at__isnull=True, removed_at__isnull=True
    ).update(sent_at=now)
    Agreement.objects.filter(pk=agreement.pk).update(state=AgreementState.SENT, correcting="")
    write_event(conversation, "agreement_send", by=by)
    queue_participant_mail(participant=participant)
    kind = "agreement.corrected" if before else "agreement.sent"
    deliver([notice_of(kind, conversation, told_of_agreement(conversation), by=by)], hints_of(conversation, PART))
    return version


def _require_whole(agreement: Agreement, *, no_words: bool, no_next: bool) -> None:
    lacks = lacks_of(agreement)
    if lacks:
        raise NotAllowed(lacks[0].sentence)
    if needs_words(agreement) and not no_words:
        raise NotAllowed(NO_WORDS)
    if agreement.next_on is None and not no_next:
        raise NotAllowed(NO_NEXT)


def _content(agreement: Agreement, *, no_words: bool, no_next: bool) -> dict[str, Any]:
    """The whole as plain data: what is common, and each party's part, the participant's first."""
    conversation = agreement.conversation
    head = head_now(agreement, conversation)
    head |= {
        "held": conversation.starts_at.isoformat() if conversation.starts_at else "",
        "next_on": agreement.next_on.isoformat() if agreement.next_on else "",
        "no_next": agreement.next_on is None and no_next,
        "no_words": needs_words(agreement) and no_words,
    }
    sections, tasks = sections_by_party(agreement), tasks_by_party(agreement)
    parts = []
    for party in [participant_party(conversation), *agreeing_parties(conversation)]:
        section = sections.get(party.pk)
        parts.append(
            {
                "party": party.pk,
                "kind": party.kind,
                "agency": party.agency.name if party.agency else "",
                "shape": party.agency.shape if party.agency else "person",
                "text": section.text if section else "",
                "taken_down_by": said_of(section.taken_down_by) if section else "",
                "tasks": [
                    {"id": row.pk, "text": row.text, "due_on": row.due_on.isoformat()}
                    for row in tasks.get(party.pk, [])
                ],
            }
        )
    return {"head": head, "parts": parts}


@action
def correct_agreement(*, by: Membership, conversation: Conversation, reason: str) -> None:
    """Open a sent agreement again, to be sent as the next version; the earlier one stays readable meanwhile.

    Locks the conversation, writes the reason, the history and the audit row; nobody is asked to answer what is to be
    another. Tells nobody: the sending does. Refuses
    whoever does not convene, and no reason; `SomebodyWasFaster` where it is open already.
    """
    conversation = lock_conversation(conversation)
    require_convener(by, conversation)
    if not reason.strip():
        raise NotAllowed("Skriv vad som ska rättas.")
    sent = Agreement.objects.filter(conversation=conversation).exclude(state=AgreementState.DRAFT)
    if not sent.update(state=AgreementState.DRAFT, correcting=reason.strip()):
        raise SomebodyWasFaster(FASTER)
    asked = ["agreement.sent", "agreement.corrected", "agreement.differs"]
    clear_notices(kinds=asked, object_id=conversation.pk)
    write_event(conversation, "agreement_correct", by=by)
    deliver([], hints_of(conversation, PART))


@action
def withdraw_copies(*, by: Membership, conversation: Conversation, parties: Collection[Party], reason: str) -> None:
    """Take the agreement back from those it should not have been sent to.

    Locks the participant and the conversation. In order: every version there is so far is closed to them, what others
    had told these agencies for the agreement ends, what they were told of it leaves their notices, the history and the
    audit; they are told that it is taken back (the participant by a mail). Where they were the last ones waited for,
    the agreement is confirmed.

    Refuses whoever does not convene, nobody chosen, no reason, and the convener's own agency. `SomebodyWasFaster` where
    it has been done already.
    """
    participant = lock_participant(conversation.participant_id)
    conversation = lock_conversation(conversation)
    require_convener(by, conversation)
    if not reason.strip():
        raise NotAllowed("Skriv varför den återkallas. De som fick den får läsa det.")
    if not parties:
        raise NotAllowed("Välj vem överenskommelsen ska återkallas för.")
    if any(party.agency_id == conversation.agency_id for party in parties):
        raise NotAllowed("Er egen myndighet har alltid tillgång till överenskommelsen.")
    held = AgreementCopy.objects.filter(
        version__agreement__conversation=conversation, party__in=parties, withdrawn_at__isnull=True
    )
    if set(held.values_list("party", flat=True)) != {party.pk for party in parties}:
        raise SomebodyWasFaster("Den är redan återkallad. Så här ser det ut nu.")
    held.update(withdrawn_at=timezone.now(), withdrawn_reason=reason.strip())
    _end_reading(conversation, parties)
    write_event(conversation, "agreement_withdraw", by=by)
    told = {pk for party in parties for pk in told_for(party)}
    notices = [notice_of("agreement.withdrawn", conversation, told, by=by)]
    if any(party.kind == PartyKind.PARTICIPANT for party in parties):
        queue_participant_mail(participant=participant)
    deliver([*notices, *settle(conversation, by=by)], hints_of(conversation, PART))


def _end_reading(conversation: Conversation, parties: Collection[Party]) -> None:
    """What these agencies were told for the agreement ends, and its notices leave their lists."""
    agencies = [party.agency_id for party in parties if party.agency_id is not None]
    readers = SectionReader.objects.filter(section__agreement__conversation=conversation, agency__in=agencies)
    told = Disclosure.objects.filter(pk__in=readers.values("disclosure"))
    end_disclosures(told, why=EndReason.RECALLED, at=timezone.now())
    members = Membership.objects.filter(agency__in=agencies).values_list("pk", flat=True)
    close_notices(kind_prefix="agreement.", object_id=conversation.pk, memberships=members)
