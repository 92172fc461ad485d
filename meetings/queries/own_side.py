"""What a participant has in conversations: the next ones, what is asked of them, their questions (R28)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from django.db.models import F, QuerySet
from django.http import Http404
from django.utils import timezone

from meetings.models import (
    Conversation,
    ConversationRequest,
    Invitation,
    InvitationAnswer,
    OwnQuestion,
    Party,
    TimeOption,
)
from meetings.queries.conversations import parties_of
from meetings.queries.invitations import answer_of, newest_invitation
from meetings.queries.times import open_options, works_of
from meetings.states import ACTIVE, ConversationState, PartyKind
from workspace.models import Participant

T = TypeVar("T")
SAID_FOR = timedelta(days=30)  # how long the page says that a conversation was called off, or a wish answered


@dataclass(frozen=True)
class OwnTalk:
    """An active conversation as its participant meets it. `works` holds their answer to each time, where there is one.

    No invitation and no options: it is being prepared.
    """

    conversation: Conversation
    invitation: Invitation | None
    answer: InvitationAnswer | None
    options: list[TimeOption]
    works: dict[int, bool]
    parties: list[Party]

    @property
    def minutes(self) -> int:
        """How long it lasts."""
        if self.invitation is None:
            return self.conversation.minutes
        return int((self.invitation.ends_at - self.invitation.starts_at).total_seconds() // 60)

    @property
    def has_begun(self) -> bool:
        return self.invitation is not None and self.invitation.starts_at <= timezone.now()

    @property
    def is_over(self) -> bool:
        return self.invitation is not None and self.invitation.ends_at <= timezone.now()


def _own(participant: Participant) -> QuerySet[Conversation]:
    return Conversation.objects.filter(participant=participant).select_related("agency", "convener__user")


def own_talks(participant: Participant) -> list[OwnTalk]:
    """The participant's active conversations, the soonest first, those without a time last."""
    found = _own(participant).filter(state__in=sorted(ACTIVE))
    return [_talk(conversation) for conversation in found.order_by(F("starts_at").asc(nulls_last=True), "pk")]


def _talk(conversation: Conversation) -> OwnTalk:
    party = own_party(conversation)
    invitation = newest_invitation(party) if conversation.state == ConversationState.INVITED else None
    options = open_options(conversation)
    return OwnTalk(
        conversation=conversation,
        invitation=invitation,
        answer=answer_of(invitation) if invitation else None,
        options=options,
        works=works_of(party, options),
        parties=parties_of(conversation),
    )


def own_party(conversation: Conversation) -> Party:
    """The participant's own part in a conversation."""
    return Party.objects.get(conversation=conversation, kind=PartyKind.PARTICIPANT)


def ended_talk(participant: Participant) -> Conversation | None:
    """The newest conversation, where it was called off or closed within the last month and nothing came after it."""
    newest = _own(participant).order_by("-made_at", "-pk").first()
    if newest is None or newest.state not in {ConversationState.CANCELLED, ConversationState.CLOSED}:
        return None
    return newest if newest.last_act_at > timezone.now() - SAID_FOR else None


def newest_wish(participant: Participant) -> ConversationRequest | None:
    """The participant's own newest wish for a conversation: one that waits, or that was answered lately."""
    wish = (
        ConversationRequest.objects.filter(participant=participant, browser__isnull=False)
        .order_by("-made_at", "-pk")
        .first()
    )
    if wish is None or (wish.answered_at and wish.answered_at < timezone.now() - SAID_FOR):
        return None
    return wish


# ---------- questions ----------
def own_questions(participant: Participant) -> list[OwnQuestion]:
    """The questions the participant has and has not removed, the oldest first."""
    found = OwnQuestion.objects.filter(participant=participant, removed_at__isnull=True)
    return list(found.select_related("conversation"))


# ---------- the ways to one thing: the participant's own, or the same 404 as for what does not exist ----------
def access_own_question(participant: Participant, pk: int) -> OwnQuestion:
    return _or_404(OwnQuestion.objects.filter(participant=participant, removed_at__isnull=True, pk=pk).first())


def access_own_conversation(participant: Participant, pk: int) -> Conversation:
    return _or_404(_own(participant).filter(pk=pk).first())


def access_own_invitation(participant: Participant, pk: int) -> Invitation:
    """A call to the participant's own part."""
    own = Invitation.objects.filter(party__kind=PartyKind.PARTICIPANT, conversation__participant=participant)
    return _or_404(own.select_related("conversation", "party").filter(pk=pk).first())


def _or_404(found: T | None) -> T:
    if found is None:
        raise Http404
    return found
