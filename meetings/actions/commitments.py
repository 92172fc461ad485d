"""What a party takes on: written in the draft, then done, reminded of, and perhaps made a referral (R36)."""

from dataclasses import replace
from datetime import date

from django.http import Http404
from django.utils import timezone

from meetings.actions.conversation_steps import (
    FASTER,
    GONE,
    ByParty,
    clear_party,
    hints_of,
    lock_conversation,
    notice_of,
    require_convener,
    require_open,
    write_event,
)
from meetings.actions.sections import PART, hints_for, open_draft, require_agreeing
from meetings.models import Commitment, Conversation, Party, Section
from meetings.queries.agreement_readers import participant_party
from meetings.queries.commitments import (
    access_commitment,
    can_close,
    commitments_in_force,
    commitments_to_remind,
    referable,
    reminder_of,
)
from meetings.queries.conversations import told_for
from meetings.states import ActionState, PartyKind
from notifications.actions import deliver, queue_participant_mail
from referrals.actions import save_draft, start_referral
from referrals.models import Referral, ReferralKind
from workspace.actions import action, lock_participant
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Browser, Membership

NOT_YOURS = "Var och en skriver sina egna uppgifter. Deltagarens skriver den som kallar till samtalet."
ANY_QUESTION = "other"  # the kind of referral that can go to any agency


# ---------- written in the draft ----------
def _section_of(by: Membership, conversation: Conversation, party: Party) -> Section:
    """The part of a locked conversation's agreement that this member may write tasks in."""
    own = require_agreeing(by, conversation)
    if party.kind == PartyKind.PARTICIPANT:
        require_convener(by, conversation)
        party = participant_party(conversation)
    elif party.pk != own.pk:
        raise NotAllowed(NOT_YOURS)
    agreement = open_draft(conversation)
    return Section.objects.select_related("party").get(agreement=agreement, party=party)


@action
def add_commitment(*, by: Membership, conversation: Conversation, party: Party, text: str, due_on: date) -> Commitment:
    """Write down what a party takes on, and by when (the whole day counts): an agency its own, the convener also the
    participant's, as was agreed with them.

    Locks the conversation, opens the agreement, writes the history and the audit row; hints at those who read the part.
    Tells nobody: the sending does. Refuses another party's part, and an agreement that is sent.
    """
    conversation = lock_conversation(conversation)
    section = _section_of(by, conversation, party)
    made = Commitment.objects.create(section=section, text=text, due_on=due_on)
    write_event(conversation, "commitment_add", by=by)
    deliver([], hints_for(conversation, section))
    return made


@action
def change_commitment(*, by: Membership, commitment: Commitment, text: str, due_on: date) -> None:
    """Write a task anew in the draft. With another day it is reminded of anew. Otherwise as `add_commitment`."""
    conversation, section, found = _lock_in_draft(by, commitment)
    if found.due_on != due_on:
        found.reminded_on = None
    found.text, found.due_on = text, due_on
    found.save(update_fields=["text", "due_on", "reminded_on"])
    write_event(conversation, "commitment_change", by=by)
    deliver([], hints_for(conversation, section))


@action
def remove_commitment(*, by: Membership, commitment: Commitment) -> None:
    """Take a task out of the draft. One that was sent before stays as a row, and leaves the lists.

    Otherwise as `add_commitment`.
    """
    conversation, section, found = _lock_in_draft(by, commitment)
    if found.sent_at is None:
        found.delete()
    else:
        found.removed_at = timezone.now()
        found.save(update_fields=["removed_at"])
    write_event(conversation, "commitment_remove", by=by)
    deliver([], hints_for(conversation, section))


def _lock_in_draft(by: Membership, commitment: Commitment) -> tuple[Conversation, Section, Commitment]:
    conversation = lock_conversation(commitment.section.agreement.conversation)
    section = _section_of(by, conversation, commitment.section.party)
    found = Commitment.objects.filter(pk=commitment.pk, section=section, removed_at__isnull=True).first()
    if found is None:
        raise SomebodyWasFaster(FASTER)
    return conversation, section, found


# ---------- done ----------
@action
def close_commitment(*, by: ByParty, commitment: Commitment) -> None:
    """A task is done: said by its own party, the participant too, or of the participant's by the convener.

    Locks the conversation, writes the history and the audit row, hints at the agencies in it. Tells nobody: the list
    shows it. Refuses other parties; `SomebodyWasFaster` where it is no longer open or part of the agreement.
    """
    _move(by, commitment, ActionState.OPEN, ActionState.DONE, "commitment_close")


@action
def reopen_commitment(*, by: ByParty, commitment: Commitment) -> None:
    """Undo: a task that was done is open again. Otherwise as `close_commitment`."""
    _move(by, commitment, ActionState.DONE, ActionState.OPEN, "commitment_reopen")


def _move(by: ByParty, commitment: Commitment, source: ActionState, target: ActionState, verb: str) -> None:
    conversation = lock_conversation(commitment.section.agreement.conversation)
    party = commitment.section.party
    if isinstance(by, Browser):
        if party.kind != PartyKind.PARTICIPANT or by.participant_id != conversation.participant_id:
            raise NotAllowed(GONE)
    else:
        require_open(by, conversation)
        if not can_close(by, commitment):
            raise NotAllowed("Det är den som har uppgiften som säger när den är klar.")
    living = commitments_in_force().filter(pk=commitment.pk, state=source)
    closed_at = timezone.now() if target == ActionState.DONE else None
    if not Commitment.objects.filter(pk__in=living.values("pk")).update(state=target, closed_at=closed_at):
        raise SomebodyWasFaster(FASTER)
    write_event(conversation, verb, by=by)
    _clear_due(conversation, party)
    deliver([], hints_of(conversation, PART))


def _clear_due(conversation: Conversation, party: Party) -> None:
    """A party is reminded of no task of the conversation any longer, where none of its own that is due is open.

    A notice names the conversation and not which task, so while one is due it stays.
    """
    own = commitments_in_force().filter(section__party=party, state=ActionState.OPEN)
    if not own.filter(due_on__lte=timezone.localdate()).exists():
        clear_party(conversation, party, ("agreement.task_due", "agreement.task_late"))


# ---------- a referral ----------
@action
def refer_commitment(*, by: Membership, commitment: Commitment) -> Referral:
    """Start a draft referral with an agency's task as the question, or give the one that was started before.

    Locks the participant and the task, starts the draft at the participant's desk (its history and audit row) to the
    desk of the task's party, and remembers it. Tells nobody: a draft is only its own desk's. 404 for a task that is not
    another agency's, or of a participant this hat may not open.
    """
    access_commitment(by, commitment.pk)
    party, participant = commitment.section.party, commitment.section.agreement.conversation.participant
    if commitment.pk not in referable(by, [commitment]) or party.function is None:
        raise Http404
    lock_participant(participant.pk)
    found = Commitment.objects.select_for_update(of=("self",)).select_related("referral").get(pk=commitment.pk)
    if found.referral is not None:
        return found.referral
    kind = ReferralKind.objects.get(pk=ANY_QUESTION)
    referral = start_referral(by=by, participant=participant, receiver=party.function, kind=kind)
    save_draft(by=by, referral=referral, texts={"question": found.text}, answer_wished_on=None)
    found.referral = referral
    found.save(update_fields=["referral"])
    return referral


# ---------- reminding ----------
def remind_of_commitments(today: date | None = None) -> int:
    """Remind of every task whose day has come, one transaction each. Returns how many were reminded of."""
    today = today or timezone.localdate()
    return sum(remind_of(commitment=row, today=today) for row in commitments_to_remind(today))


@action
def remind_of(*, commitment: Commitment, today: date) -> bool:
    """Say that a task is to be done today, or that it is late: to its party alone.

    Locks the participant and the conversation and asks again. Writes the day, so that it is said at most once a day,
    and tells whoever is there for the party; the participant gets a mail that there is something to read. Never for a
    party whose access has ended, nor of what is done or left out. Returns whether anybody was reminded.
    """
    participant = lock_participant(commitment.section.agreement.conversation.participant_id)
    conversation = lock_conversation(commitment.section.agreement.conversation)
    found = commitments_in_force().filter(pk=commitment.pk, state=ActionState.OPEN).first()
    kind = reminder_of(found, today) if found is not None else ""
    if found is None or not kind:
        return False
    Commitment.objects.filter(pk=found.pk).update(reminded_on=today)
    party = found.section.party
    if party.kind == PartyKind.PARTICIPANT:
        queue_participant_mail(participant=participant)
        return True
    deliver([replace(notice_of(kind, conversation, told_for(party)), acting_agency=None)])
    return True
