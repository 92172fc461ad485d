"""An action becomes a referral with one click: a draft at the desk of the participant, to the agency that is to act."""

from django.http import Http404

from meetings.models import ActionItem
from meetings.queries.follow_up import desk_for, referable
from referrals.actions import save_draft, start_referral
from referrals.models import Referral, ReferralKind
from workspace.actions import action, lock_participant
from workspace.errors import NotAllowed
from workspace.models import Membership

ANY_QUESTION = "other"  # the kind of referral that can go to any agency


@action
def refer_action(*, by: Membership, action_item: ActionItem) -> Referral:
    """Start a draft with the action's text as the question, or give the one that was started before.

    Locks the participant and the action, starts the draft (its history and audit row), and remembers it. Tells nobody:
    a draft is only its own desk's. 404 for an action that is not of a participant this hat may open; refuses where the
    agency no longer has a seat.
    """
    participant = action_item.item.case.participant if action_item.pk in referable(by, [action_item]) else None
    if participant is None:
        raise Http404
    lock_participant(participant.pk)
    found = ActionItem.objects.select_for_update(of=("self",)).select_related("referral").get(pk=action_item.pk)
    if found.referral is not None:
        return found.referral
    desk = desk_for(action_item)
    if desk is None:
        raise NotAllowed(f"{action_item.agency.name} har ingen plats i gruppen längre. Skriv remissen hos deltagaren.")
    kind = ReferralKind.objects.get(pk=ANY_QUESTION)
    referral = start_referral(by=by, participant=participant, receiver=desk, kind=kind)
    save_draft(by=by, referral=referral, texts={"question": action_item.text}, answer_wished_on=None)
    found.referral = referral
    found.save(update_fields=["referral"])
    return referral
