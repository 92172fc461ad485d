"""What was agreed, as the participant's page shows it: the newest version in their hands, their own words and tasks."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Q
from django.http import Http404
from django.utils import timezone

from meetings.models import AgreementAnswer, AgreementCopy, Commitment, Conversation, Party
from meetings.queries.agreement_drafts import Task
from meetings.queries.agreement_lacks import WRITTEN_IN
from meetings.queries.agreements import OwnWords, head_then, own_copies, own_words_of, shown_to_participant
from meetings.queries.commitments import own_commitments
from meetings.states import AgreementState, PartyKind
from workspace.front.queries.own_page import Somebody, plain_name, shape_of
from workspace.models import Participant

SHOWN = 30  # days of earlier agreements on the page
WORDS_ASKED_FOR = timedelta(days=60)  # after a conversation without an agreement nobody asks for more words


@dataclass(frozen=True)
class AgreedPart:
    who: Somebody
    text: str
    tasks: list[Task]


@dataclass(frozen=True)
class Agreed:
    """A version as it was sent to the participant, with their own newest answer to it."""

    copy: AgreementCopy
    reason: str  # why it is a new version
    own_words: str
    taken_down: bool
    head: dict[str, Any]
    parts: list[AgreedPart]
    lead: str  # of a SIP: who leads it
    answer: AgreementAnswer | None
    may_answer: bool
    is_confirmed: bool


@dataclass(frozen=True)
class Held:
    """An agreement that the participant has, by its day: the newest version in their hands."""

    copy: AgreementCopy
    day: date
    waits: bool  # they have not answered it, and can


def agreements_of(participant: Participant) -> list[Held]:
    """The agreements that the participant has, the newest first. Two queries for any number."""
    copies = own_copies(participant)[:SHOWN]
    answers = AgreementAnswer.objects.filter(
        version__in=[copy.version_id for copy in copies], party__kind=PartyKind.PARTICIPANT
    )
    answered = set(answers.values_list("version", flat=True))
    return [Held(copy, _day_of(copy), _is_sent(copy) and copy.version_id not in answered) for copy in copies]


def _day_of(copy: AgreementCopy) -> date:
    return timezone.localdate(head_then(copy.version)["held"] or copy.version.sent_at)


def _is_sent(copy: AgreementCopy) -> bool:
    return bool(copy.version.agreement.state == AgreementState.SENT)


def read_agreed(copy: AgreementCopy) -> Agreed:
    """One of them as it was sent, with what each has answered."""
    shown = shown_to_participant(copy)
    parties = Party.objects.filter(conversation=shown.conversation).select_related("agency").in_bulk()
    parts, own_words, taken_down = [], "", False
    for part in shown.parts:
        text = part.text
        if part.is_participant:
            own_words, taken_down, text = text, bool(part.taken_down_by), ""
        if text or part.tasks:
            parts.append(AgreedPart(_who(parties.get(part.party_id)), text, part.tasks))
    own, head = shown.participant_answer, shown.head or {}
    lead = head.get("lead")
    return Agreed(
        copy=copy,
        reason=shown.version.reason,
        own_words=own_words,
        taken_down=taken_down,
        head=head,
        parts=parts,
        lead=next((plain_name(one.agency) for one in parties.values() if one.agency and one.agency.name == lead), ""),
        answer=own.row if own else None,
        may_answer=shown.may_answer,
        is_confirmed=shown.is_confirmed,
    )


def _who(party: Party | None) -> Somebody:
    if party is None or party.agency is None:
        return Somebody("Du", "person")
    return Somebody(plain_name(party.agency), shape_of(party.agency))


def access_own_copy(participant: Participant, pk: int) -> AgreementCopy:
    """A version in the participant's own hands, or the same 404 as for one that does not exist."""
    copy = (
        AgreementCopy.objects.filter(
            pk=pk,
            party__kind=PartyKind.PARTICIPANT,
            party__conversation__participant=participant,
            withdrawn_at__isnull=True,
        )
        .select_related("version__agreement__conversation", "party__conversation")
        .first()
    )
    if copy is None:
        raise Http404
    return copy


def taken_back(participant: Participant) -> AgreementCopy | None:
    """The newest version sent to the participant, where it has been taken back."""
    newest = (
        AgreementCopy.objects.filter(party__kind=PartyKind.PARTICIPANT, party__conversation__participant=participant)
        .order_by("-version__sent_at", "-pk")
        .first()
    )
    return newest if newest is not None and newest.withdrawn_at else None


# ---------- the participant's own words, for the agreement that is being written ----------
def words_wanted(participant: Participant) -> list[OwnWords]:
    """Of each conversation whose agreement is still to be sent: what the participant has said, the oldest first."""
    to_be_written = Q(agreement__isnull=True) | Q(agreement__state=AgreementState.DRAFT)
    found = Conversation.objects.filter(
        to_be_written,
        participant=participant,
        state__in=WRITTEN_IN,
        starts_at__gte=timezone.now() - WORDS_ASKED_FOR,
    ).order_by("starts_at", "pk")
    return [words for words in map(own_words_of, found) if words.may_write]


def access_words(participant: Participant, pk: int) -> OwnWords:
    """Those of one conversation, or the same 404 as for one that does not exist."""
    found = next((words for words in words_wanted(participant) if words.conversation.pk == pk), None)
    if found is None:
        raise Http404
    return found


# ---------- the participant's own tasks ----------
def access_own_task(participant: Participant, pk: int) -> Commitment:
    """A task of the participant's own, or the same 404 as for one that does not exist."""
    task = next((row for row in own_commitments(participant) if row.pk == pk), None)
    if task is None:
        raise Http404
    return task
