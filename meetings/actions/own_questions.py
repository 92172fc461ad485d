"""The participant's own questions: theirs alone until they show them (R28)."""

from django.utils import timezone

from meetings.actions.conversation_steps import hints_of, lock_conversation, notice_of, write_event
from meetings.models import Conversation, OwnQuestion
from meetings.queries.conversations import told_of
from meetings.queries.own_side import own_questions
from notifications.actions import deliver
from workspace.actions import action, lock_participant, record_act
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Browser
from workspace.states import AuditAct

MOST = 20  # questions at a time
PART = "questions"  # the region of the conversation's page that shows them
NOT_YOURS = "Frågan finns inte."


@action
def ask_question(*, by: Browser, text: str) -> OwnQuestion:
    """Write down a question that only the participant sees. Writes an audit row; tells nobody.

    Refuses more than `MOST` at a time.
    """
    participant = lock_participant(by.participant_id)
    if len(own_questions(participant)) >= MOST:
        raise NotAllowed(f"Du har {MOST} frågor nu. Ta bort en först.")
    question = OwnQuestion.objects.create(participant=participant, text=text)
    record_act(by=by, act=AuditAct.WRITE, what="own_question.ask", object_id=question.pk)
    return question


@action
def show_question(*, by: Browser, question: OwnQuestion, conversation: Conversation) -> None:
    """Show a question to everybody in a conversation that is still to be.

    Locks the participant, then the conversation; writes its history and an audit row; then the caseworkers in it are
    told. A question that is shown already stays as it is. Refuses another's question, one that has been removed, and a
    conversation that is another's, or over.
    """
    participant = lock_participant(by.participant_id)
    conversation = lock_conversation(conversation)
    row = OwnQuestion.objects.select_for_update().get(pk=question.pk)
    if row.participant_id != participant.pk or conversation.participant_id != participant.pk:
        raise NotAllowed(NOT_YOURS)
    if row.removed_at is not None:
        raise SomebodyWasFaster("Frågan är borta.")
    if row.shown_at is not None:
        return
    if not conversation.is_active:
        raise SomebodyWasFaster("Samtalet blir inte av, eller så har det redan varit. Bara du ser frågan.")
    row.conversation, row.shown_at = conversation, timezone.now()
    row.save(update_fields=["conversation", "shown_at"])
    write_event(conversation, "question", by=by)
    notice = notice_of("conversation.question", conversation, told_of(conversation), by=by)
    deliver([notice], hints_of(conversation, PART))


@action
def remove_question(*, by: Browser, question: OwnQuestion) -> None:
    """Take a question away. Who has read it has read it; from now on nobody sees it.

    Locks the participant and, where it was shown, the conversation, whose history says so; writes an audit row. Tells
    nobody, but pages that show it change. Once. Refuses another's question.
    """
    participant = lock_participant(by.participant_id)
    row = OwnQuestion.objects.select_related("conversation").get(pk=question.pk)  # as it is under the lock
    if row.participant_id != participant.pk:
        raise NotAllowed(NOT_YOURS)
    shown_in = row.conversation
    conversation = lock_conversation(shown_in) if shown_in else None
    mine = OwnQuestion.objects.filter(pk=question.pk, removed_at__isnull=True)
    if not mine.update(removed_at=timezone.now()):
        return
    if conversation is None:
        record_act(by=by, act=AuditAct.WRITE, what="own_question.remove", object_id=question.pk)
        return
    write_event(conversation, "question_removed", by=by)
    deliver([], hints_of(conversation, PART))
