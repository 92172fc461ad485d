"""Anybody with a part in it can ask for a conversation, and is answered (R11)."""

from django.utils import timezone

from meetings.actions.conversation_steps import FASTER, GONE, ByParty, party_fields
from meetings.actions.conversations import answered_notices, request_hints
from meetings.models import Conversation, ConversationRequest
from meetings.queries.conversations import convener_told, desk_told, find_access
from meetings.states import RequestState
from notifications.actions import Notice, clear_notices, deliver, queue_participant_mail
from workspace.actions import action, lock_participant, record_act
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Browser, Membership, Participant
from workspace.queries import participants_visible_to
from workspace.rules import is_caseworker
from workspace.states import AuditAct
from workspace.swedish import say_date

ALREADY = "Ni har redan önskat ett samtal. Ni får svar här när det är bestämt."
ALREADY_OWN = "Du har redan önskat ett samtal. Du får svar här."


@action
def request_conversation(
    *, by: ByParty, participant: Participant, reason: str, earlier: Conversation | None = None
) -> ConversationRequest:
    """Ask for a conversation: the participant on their page, or a caseworker of another agency from an earlier one.

    Locks the participant; writes the wish and an audit row; tells the convener of the earlier one, or who stands in;
    for the participant whoever is there at their desk. Refuses another participant's browser, an agency that has no
    place in the earlier one or convenes it, and a second wish while one waits.
    """
    person = lock_participant(participant.pk)
    _check_asker(by, person, earlier)
    waiting = ConversationRequest.objects.filter(participant=person, state=RequestState.WAITING)
    if isinstance(by, Browser):
        told, earlier = desk_told(person.function), None
        already = waiting.filter(browser__isnull=False).exists()
    else:
        assert earlier is not None
        told = convener_told(earlier)
        already = waiting.filter(member__agency=by.agency_id).exists()
    if already:
        raise NotAllowed(ALREADY_OWN if isinstance(by, Browser) else ALREADY)
    wish = ConversationRequest.objects.create(participant=person, earlier=earlier, reason=reason, **party_fields(by))
    record_act(by=by, act=AuditAct.WRITE, what="request.ask", object_id=wish.pk, participant_id=person.pk)
    notice = Notice("request.asked", say_date(timezone.localdate()), wish.pk, None, frozenset(told))
    deliver([notice], request_hints(wish))
    return wish


def _check_asker(by: ByParty, person: Participant, earlier: Conversation | None) -> None:
    if isinstance(by, Browser):
        if by.participant_id != person.pk:
            raise NotAllowed(GONE)
        return
    access = find_access(by, earlier.pk) if earlier is not None else None
    if access is None or not access.is_open or access.conversation.participant_id != person.pk:
        raise NotAllowed(GONE)
    if access.convenes or access.party is None or not is_caseworker(by):
        raise NotAllowed("Handläggarna hos de andra som är med kan önska ett samtal. Ni kan planera ett själva.")


@action
def answer_request(*, by: Membership, request: ConversationRequest, accepted: bool, answer: str) -> None:
    """Answer a wish. Yes: a conversation is planned next. No: with a reason, which whoever asked can read.

    Locks the participant; writes the answer and an audit row, once. Tells the party that asked, while its agency can
    still read the earlier conversation; the participant hears that there is something to read. Refuses a hat that may
    not open the participant, a no without words, and a wish that has been answered.
    """
    person = lock_participant(request.participant_id)
    if not is_caseworker(by) or not participants_visible_to(by).filter(pk=person.pk).exists():
        raise NotAllowed("Det är deltagarens egna handläggare som svarar på önskan.")
    if not accepted and not answer:
        raise NotAllowed("Skriv varför samtalet inte blir av.")
    answered = ConversationRequest.objects.filter(pk=request.pk, state=RequestState.WAITING).update(
        state=RequestState.ACCEPTED if accepted else RequestState.DECLINED,
        answer=answer,
        answered_at=timezone.now(),
        answered_by=by,
    )
    if not answered:
        raise SomebodyWasFaster(FASTER)
    clear_notices(kinds=["request.asked"], object_id=request.pk)
    record_act(by=by, act=AuditAct.WRITE, what="request.answer", object_id=request.pk, participant_id=person.pk)
    wish = ConversationRequest.objects.select_related("earlier", "member").get(pk=request.pk)
    if wish.member is None:
        queue_participant_mail(participant=person)
    deliver(answered_notices(wish, by=by), request_hints(wish))
