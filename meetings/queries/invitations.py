"""Each party's own call: the newest, who has read it, who has answered what (issue 5.4)."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import Http404
from django.utils import timezone

from meetings.models import Conversation, Invitation, InvitationAnswer, Party
from meetings.queries.conversations import Access, access_conversation, parties_of
from meetings.queries.times import name_of
from meetings.states import ON_PAPER, Answer, ConversationState, PartyKind
from workspace.rules import Hat

# A letter says when it is, or that it is cancelled.
LETTERS_IN = {ConversationState.INVITED, ConversationState.CANCELLED}


def newest_invitation(party: Party) -> Invitation | None:
    """A party's own call: of the newest round it has been called to."""
    found = Invitation.objects.filter(party=party).select_related("conversation", "party__agency")
    return found.order_by("-round", "-pk").first()


def answer_of(invitation: Invitation) -> InvitationAnswer | None:
    """The answer that counts: the newest. The earlier ones are kept."""
    return (
        InvitationAnswer.objects.filter(invitation=invitation)
        .select_related("member__user", "member__agency")
        .order_by("-at", "-pk")
        .first()
    )


def access_invitation(hat: Hat, pk: int) -> tuple[Access, Invitation]:
    """A call this hat may know of: any for the convener's agency, its own for another. Else the same 404."""
    invitation = (
        Invitation.objects.select_related("conversation", "party__agency", "party__member__user", "sent_by__user")
        .filter(pk=pk)
        .first()
    )
    if invitation is None:
        raise Http404
    access = access_conversation(hat, invitation.conversation_id)
    if not access.convenes and (access.party is None or access.party.pk != invitation.party_id):
        raise Http404
    return access, invitation


def access_party(access: Access, pk: int) -> Party:
    """Somebody who is in the conversation now, or 404."""
    found = next((party for party in parties_of(access.conversation) if party.pk == pk), None)
    if found is None:
        raise Http404
    return found


def gets_letter(party: Party) -> bool:
    """Who can be called on paper: everybody but those who read their call here."""
    by_letter = party.agency is not None and party.agency.by_letter
    return party.kind in ON_PAPER or party.kind == PartyKind.PARTICIPANT or by_letter


def is_on_paper(party: Party) -> bool:
    """Who has no page here at all: a letter, or a phone call, is the only way."""
    return party.kind in ON_PAPER or (party.agency is not None and party.agency.by_letter)


def letters_open(conversation: Conversation) -> bool:
    return conversation.state in LETTERS_IN


@dataclass(frozen=True)
class CallShown:
    """One party's call as the convener sees it."""

    party: Party
    name: str
    invitation: Invitation | None  # None: added after the call, and not called yet
    answer: InvitationAnswer | None
    earlier: list[InvitationAnswer]  # the answers it replaced, of this round, the newest first
    can_have_letter: bool
    needs_letter: bool  # on paper, and none has been made
    on_paper: bool = False  # has no page here at all


def calls_shown(conversation: Conversation) -> list[CallShown]:
    """Everybody who is in the conversation now, with their newest call and what they have answered to it."""
    calls = {
        row.party_id: row
        for row in Invitation.objects.filter(conversation=conversation, round=conversation.round).order_by("pk")
    }
    answers = _answers(calls.values())
    found = []
    for party in parties_of(conversation):
        call = calls.get(party.pk)
        said = answers.get(call.pk, []) if call else []
        found.append(
            CallShown(
                party=party,
                name=party.name or name_of(party),
                invitation=call,
                answer=said[0] if said else None,
                earlier=said[1:],
                can_have_letter=gets_letter(party) and call is not None and letters_open(conversation),
                needs_letter=is_on_paper(party) and call is not None and call.letter_at is None,
                on_paper=is_on_paper(party),
            )
        )
    return found


def _answers(calls: Iterable[Invitation]) -> dict[int, list[InvitationAnswer]]:
    rows = InvitationAnswer.objects.filter(invitation__in=[call.pk for call in calls])
    found: dict[int, list[InvitationAnswer]] = {}
    for row in rows.select_related("member__user", "member__agency").order_by("-at", "-pk"):
        found.setdefault(row.invitation_id, []).append(row)
    return found


HINDERED = {Answer.OTHER_TIME: "vill ha en annan tid", Answer.NOT_COMING: "kan inte komma"}


def say_hindered(conversation: Conversation) -> list[str]:
    """«Deltagaren kan inte komma», of each who has answered so to the call that holds now; before the time is over."""
    if conversation.state != ConversationState.INVITED or not conversation.ends_at:
        return []
    if conversation.ends_at <= timezone.now():
        return []
    said = [(call, call.answer.answer) for call in calls_shown(conversation) if call.answer]
    return [f"{name_of(call.party)} {HINDERED[Answer(word)]}" for call, word in said if word in HINDERED]


def say_counts(calls: list[CallShown]) -> str:
    """«2 av 3 kommer», of those who have been called."""
    coming = sum(1 for call in calls if call.answer and call.answer.answer == Answer.COMING)
    return f"{coming} av {sum(1 for call in calls if call.invitation)} kommer"
