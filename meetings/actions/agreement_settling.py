"""When everybody has answered: the agreement is confirmed."""

from dataclasses import replace

from meetings.actions.conversation_steps import ByParty, notice_of, write_event
from meetings.models import Agreement, Conversation
from meetings.queries.agreement_lacks import newest_version, waited_for
from meetings.queries.agreement_readers import find_agreement, told_of_agreement
from meetings.states import AgreementState
from notifications.actions import Notice, clear_notices, queue_participant_mail
from workspace.models import Browser


def settle(conversation: Conversation, *, by: ByParty | None) -> list[Notice]:
    """Confirm the agreement of a locked conversation where its newest version waits for nobody. Inside an action.

    Writes the state, the history and the audit row, and lets the participant know by mail, unless it was they who
    acted. Returns what to tell; the caller delivers.
    """
    agreement = find_agreement(conversation)
    version = newest_version(agreement)
    if agreement is None or version is None or agreement.state != AgreementState.SENT or waited_for(version):
        return []
    Agreement.objects.filter(pk=agreement.pk).update(state=AgreementState.CONFIRMED)
    clear_notices(kinds=["agreement.differs"], object_id=conversation.pk)
    write_event(conversation, "agreement_confirmed", by=by)
    if not isinstance(by, Browser):
        queue_participant_mail(participant=conversation.participant)
    notice = notice_of("agreement.confirmed", conversation, told_of_agreement(conversation), by=by)
    return [replace(notice, acting_agency=None)]
