"""Each party's own call, and its answer; the call itself: sent, moved, cancelled, held (issue 5.4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from meetings.actions.conversation_steps import (
    FASTER,
    GONE,
    ByParty,
    clear_party,
    hints_of,
    may_tell,
    notice_of,
    party_fields,
    require_convener,
    require_party,
    step,
    write_event,
)
from meetings.actions.plans import plan_held
from meetings.actions.times import PAST, answered_notice, lock_talk, party_registered_for
from meetings.models import Conversation, Invitation, InvitationAnswer, Party
from meetings.queries.conversations import parties_of, talk_followers, told_for, told_of
from meetings.queries.invitations import answer_of, gets_letter, letters_open, newest_invitation
from meetings.queries.times import end_after
from meetings.states import Answer, ConversationState, ConversationVerb, How
from notifications.actions import Notice, deliver, queue_participant_mail
from workspace.actions import action, record_act
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Membership
from workspace.queries import needs_of
from workspace.states import AuditAct

CALLS = "calls"  # the part of the page that shows them
LONGEST_COMMENT, LONGEST_REASON = 300, 300  # characters, as the columns
INTERPRETER = "Tolk behövs och är inte bokad. Boka tolk först, eller säg att kallelsen ska skickas ändå."
NO_PLACE = {How.PLACE: "Skriv var ni ses.", How.PHONE: "Skriv vilket nummer som gäller.", How.LINK: "Skriv länken."}
ANSWERS_IN = {ConversationState.INVITED, ConversationState.HELD}  # after the conversation: kept, and marked
NO_ANSWER: dict[str, str] = {
    ConversationState.PREPARING: "Kallelsen är inte skickad än.",
    ConversationState.CANCELLED: "Samtalet är inställt. Då behövs inget svar.",
    ConversationState.CLOSED: "Samtalet är stängt. Då behövs inget svar.",
}
MOVED = "Tiden är ändrad. Här är den nya kallelsen. Svara på den."


@dataclass(frozen=True)
class Appointment:
    """When and how the parties meet."""

    starts_at: datetime
    how: str
    where: str = ""
    link: str = ""
    where_is_neutral: bool = False

    def fields(self, minutes: int) -> dict[str, Any]:
        """As columns of a conversation. What another way of meeting needs is left empty."""
        return {
            "starts_at": self.starts_at,
            "ends_at": end_after(self.starts_at, minutes),
            "how": self.how,
            "where": self.where if self.how != How.LINK else "",
            "where_is_neutral": may_tell(self.how, self.where, self.where_is_neutral),
            "link": self.link if self.how == How.LINK else "",
        }


def _check(meeting: Appointment) -> None:
    if meeting.how not in How.values:
        raise NotAllowed("Välj hur ni ses.")
    if not (meeting.link if meeting.how == How.LINK else meeting.where).strip():
        raise NotAllowed(NO_PLACE[How(meeting.how)])
    if meeting.starts_at <= timezone.now():
        raise NotAllowed(PAST)


def _call(conversation: Conversation, parties: Sequence[Party], by: Membership) -> list[Invitation]:
    """One call to each party, in the conversation's round, as it stands now. Whoever sends it comes."""
    assert conversation.starts_at is not None and conversation.ends_at is not None
    calls = Invitation.objects.bulk_create(
        Invitation(
            conversation=conversation,
            party=party,
            round=conversation.round,
            starts_at=conversation.starts_at,
            ends_at=conversation.ends_at,
            how=conversation.how,
            where=conversation.where,
            link=conversation.link,
            sent_by=by,
            read_at=timezone.now() if party.member_id == by.pk else None,
        )
        for party in parties
    )
    own = [call for call in calls if call.party.member_id == by.pk]
    InvitationAnswer.objects.bulk_create(
        InvitationAnswer(invitation=call, answer=Answer.COMING, **party_fields(by)) for call in own
    )
    return calls


@action
def invite(*, by: Membership, conversation: Conversation, meeting: Appointment, unbooked_anyway: bool = False) -> None:
    """Call everybody: the conversation gets its time, and each party its own call.

    Locks the participant and the conversation. Writes the calls, the history and the audit; queues the participant's
    mail; tells the caseworkers. Refuses whoever does not convene, a time that has been, no place, and a needed
    interpreter that is not booked unless `unbooked_anyway` (L55). Proposed times are history from then on.
    """
    conversation = lock_talk(conversation)
    require_convener(by, conversation)
    _check(meeting)
    lacks = needs_of(conversation.participant).interpreter and conversation.interpreter_booked_at is None
    if lacks and not unbooked_anyway:
        raise NotAllowed(INTERPRETER)
    fields = meeting.fields(conversation.minutes)
    step(conversation, ConversationVerb.INVITE, by=by, round=conversation.round + 1, **fields)
    _call(conversation, parties_of(conversation), by)
    queue_participant_mail(participant=conversation.participant)
    deliver([notice_of("conversation.invited", conversation, told_of(conversation), by=by)], hints_of(conversation))


@action
def invite_late(*, by: Membership, conversation: Conversation, party: Party) -> Invitation:
    """Call somebody who was added after the call: an invitation of their own, not an update. Nobody else hears of it.

    Locks as `invite`. Writes the call in the round that stands, the history and the audit; tells whoever is there for
    a caseworker's party. Refuses whoever does not convene, a conversation that is not called or has begun, a party that
    is gone, and one that has been called already.
    """
    conversation = lock_talk(conversation)
    require_convener(by, conversation)
    if conversation.state != ConversationState.INVITED or conversation.starts_at is None:
        raise NotAllowed("Kalla alla först. Den som kommer till efter det kallas för sig.")
    if conversation.starts_at <= timezone.now():
        raise NotAllowed("Samtalet har redan börjat. Då kan ingen kallas.")
    found = next((one for one in parties_of(conversation) if one.pk == party.pk), None)
    if found is None:
        raise NotAllowed("Den parten är inte med i samtalet längre.")
    if Invitation.objects.filter(party=found, round=conversation.round).exists():
        raise NotAllowed("Den parten har redan fått sin kallelse.")
    [made] = _call(conversation, [found], by)
    write_event(conversation, "invite_late", by=by)
    notices = [notice_of("conversation.invited", conversation, told_for(found), by=by)]
    deliver(notices, hints_of(conversation, CALLS))
    return made


@action
def move_conversation(
    *, by: Membership, conversation: Conversation, meeting: Appointment, interpreter_booked: bool | None = None
) -> bool:
    """Change when or how the parties meet: a new round, with a new call to each; the answers begin anew.

    False where nothing but `where_is_neutral` is another: that is kept and stands in the history, and nobody is called.

    Locks as `invite`. Writes the calls, the history and the audit; queues the participant's mail; tells who had been
    called that it has moved, and who had not that they are called. `interpreter_booked` is what the convener says where
    an interpreter is needed: an earlier booking was for the earlier time. Refuses as `invite`, where nothing has been
    said of the interpreter, and where nothing is changed.
    """
    conversation = lock_talk(conversation)
    require_convener(by, conversation)
    _check(meeting)
    fields = meeting.fields(conversation.minutes)
    other = {name for name, value in fields.items() if getattr(conversation, name) != value}
    if not other:
        raise NotAllowed("Tiden och platsen är redan så. Ändra något, eller gå tillbaka.")
    if other == {"where_is_neutral"}:
        return _tell_calendars(conversation, by, meeting.where_is_neutral)
    if needs_of(conversation.participant).interpreter:
        if interpreter_booked is None:
            raise NotAllowed("Säg om tolken är bokad till den tiden.")
        fields |= _booking(conversation, by, interpreter_booked)
    called = set(Invitation.objects.filter(conversation=conversation).values_list("party", flat=True))
    step(conversation, ConversationVerb.MOVE, by=by, round=conversation.round + 1, **fields)
    parties = parties_of(conversation)
    _call(conversation, parties, by)
    queue_participant_mail(participant=conversation.participant)
    deliver(_moved(conversation, parties, called, by), hints_of(conversation))
    return True


def _tell_calendars(conversation: Conversation, by: Membership, where_is_neutral: bool) -> bool:
    if conversation.state != ConversationState.INVITED:
        raise SomebodyWasFaster(FASTER)
    Conversation.objects.filter(pk=conversation.pk).update(where_is_neutral=where_is_neutral)
    write_event(conversation, "place_in_calendars", by=by)
    deliver([], hints_of(conversation))
    return False


def _booking(conversation: Conversation, by: Membership, booked: bool) -> dict[str, Any]:
    if not booked:
        return {"interpreter_booked_at": None, "interpreter_booked_by": None}
    at, who = conversation.interpreter_booked_at, conversation.interpreter_booked_by
    return {"interpreter_booked_at": at or timezone.now(), "interpreter_booked_by": who or by}


def _moved(conversation: Conversation, parties: list[Party], called: set[int], by: Membership) -> list[Notice]:
    told = {pk for party in parties if party.pk in called for pk in told_for(party)}
    late = {pk for party in parties if party.pk not in called for pk in told_for(party)} - told
    following = talk_followers(conversation) - late
    notices = [notice_of("conversation.moved", conversation, told, by=by, followers=following)]
    return [*notices, notice_of("conversation.invited", conversation, late, by=by)] if late else notices


@action
def cancel_conversation(*, by: Membership, conversation: Conversation, reason: str) -> None:
    """Cancel, with a reason that every party reads.

    Locks as `invite`. Writes the reason, the history and the audit; queues the participant's mail; tells the
    caseworkers. Refuses whoever does not convene, no reason, and a conversation that is over.
    """
    conversation = lock_talk(conversation)
    require_convener(by, conversation)
    if not 0 < len(reason.strip()) <= LONGEST_REASON:
        raise NotAllowed(f"Skriv varför samtalet ställs in, med högst {LONGEST_REASON} tecken.")
    step(conversation, ConversationVerb.CANCEL, by=by, ended_why=reason.strip())
    queue_participant_mail(participant=conversation.participant)
    told, following = told_of(conversation), talk_followers(conversation)
    notices = [notice_of("conversation.cancelled", conversation, told, by=by, followers=following)]
    deliver(notices, hints_of(conversation))


@action
def hold_conversation(*, by: Membership, conversation: Conversation) -> None:
    """Say that the conversation was held. Its plan goes on from there.

    Locks as `invite`. Writes the history and the audit; tells the caseworkers. Refuses whoever does not convene, and a
    conversation that has not begun, has no time, or is over.
    """
    conversation = lock_talk(conversation)
    require_convener(by, conversation)
    begins = conversation.starts_at
    if conversation.state == ConversationState.INVITED and begins is not None and begins > timezone.now():
        raise NotAllowed("Samtalet har inte börjat än.")
    step(conversation, ConversationVerb.HOLD, by=by, held_at=timezone.now())
    plan_held(conversation=conversation)
    told, following = told_of(conversation), talk_followers(conversation)
    notices = [notice_of("conversation.held", conversation, told, by=by, followers=following)]
    deliver(notices, hints_of(conversation))


# ---------- one's own call ----------
@action
def read_invitation(*, by: ByParty, invitation: Invitation) -> None:
    """Note that a party has opened its own call: once, by the party itself and nobody else.

    Writes the moment and an audit row; hints at the convener's page; tells nobody. It is no act of the conversation, so
    nothing is kept open by it. Refuses whoever has another part, or none.
    """
    conversation = lock_talk(invitation.conversation)
    if require_party(by, conversation).pk != invitation.party_id:
        raise NotAllowed(GONE)
    if not Invitation.objects.filter(pk=invitation.pk, read_at__isnull=True).update(read_at=timezone.now()):
        return
    record_act(
        by=by,
        act=AuditAct.WRITE,
        what="conversation.read_invitation",
        object_id=conversation.pk,
        participant_id=conversation.participant_id,
    )
    deliver([], hints_of(conversation, CALLS))


@action
def answer_invitation(*, by: ByParty, invitation: Invitation, answer: str, comment: str = "", way: str = "") -> None:
    """Say whether a party comes. A second answer replaces the first, which is kept. A late one is kept and marked.

    `way`: registered by the convener for the party, and how it came. Locks the participant and the conversation, so
    that of two answers at once one is the newest. Writes the answer, the history and the audit; tells the convener's
    side, where something has changed. Refuses whoever has another part or none, an earlier round, a conversation that
    is cancelled or closed; registering without a known way, or for whoever answers here.
    """
    conversation = lock_talk(invitation.conversation)
    if way:
        party = party_registered_for(by, conversation, invitation.party, way)
    else:
        party = require_party(by, conversation)
        if party.pk != invitation.party_id:
            raise NotAllowed(GONE)
    if conversation.state not in ANSWERS_IN or conversation.starts_at is None:
        raise NotAllowed(NO_ANSWER.get(conversation.state, GONE))
    newest = newest_invitation(party)
    if newest is None or newest.pk != invitation.pk:
        raise NotAllowed(MOVED)
    if answer not in Answer.values:
        raise NotAllowed("Välj Jag kommer, Annan tid eller Jag kan inte.")
    if len(comment) > LONGEST_COMMENT:
        raise NotAllowed(f"Kommentaren är för lång. Högst {LONGEST_COMMENT} tecken får plats.")
    before, now = answer_of(invitation), timezone.now()
    InvitationAnswer.objects.create(
        invitation=newest,
        answer=answer,
        comment=comment,
        way=way,
        is_late=now >= conversation.starts_at,
        at=now,
        **party_fields(by),
    )
    write_event(conversation, "register_answer" if way else "answer", by=by)
    clear_party(conversation, party, ["conversation.invited", "conversation.moved"])
    is_news = before is None or (before.answer, before.comment) != (answer, comment)
    kinds = ("conversation.participant_answered", "conversation.answered")
    deliver([answered_notice(kinds, conversation, party, by)] if is_news else [], hints_of(conversation, CALLS))


@action
def note_letter(*, by: Membership, invitation: Invitation) -> None:
    """Note that the convener makes a letter of a party's call, before it is made.

    Locks as `invite`. Writes the moment, the history and the audit; tells nobody. Refuses whoever does not convene, a
    party that has left or reads its call here, an earlier round, and a conversation neither called nor cancelled.
    """
    conversation = lock_talk(invitation.conversation)
    require_convener(by, conversation)
    if not letters_open(conversation):
        raise NotAllowed("Brev görs av en kallelse som gäller, eller när samtalet är inställt.")
    party = next((one for one in parties_of(conversation) if one.pk == invitation.party_id), None)
    if party is None:
        raise NotAllowed("Den parten är inte med i samtalet längre.")
    if not gets_letter(party):
        raise NotAllowed("Den parten läser sin kallelse här.")
    newest = newest_invitation(party)
    if newest is None or newest.pk != invitation.pk:
        raise NotAllowed("Tiden är ändrad. Gör brevet av den nya kallelsen.")
    Invitation.objects.filter(pk=invitation.pk).update(letter_at=timezone.now())
    write_event(conversation, "letter", by=by)
    deliver([], hints_of(conversation, CALLS))
