"""Taking a copy of a referral to one's own case file (L40, L41)."""

from referrals.models import Referral
from referrals.states import ReferralState
from workspace.actions import action, record_act
from workspace.errors import NotAllowed
from workspace.models import Membership
from workspace.states import AuditAct


@action
def file_referral(*, by: Membership, referral: Referral) -> None:
    """Somebody who may read a referral takes a copy of it to the agency's own case file. Writes one audit row.

    Nothing else changes and nobody is told: what an agency keeps is its own. Refuses a draft that was never sent,
    which is a working note.
    """
    if referral.state == ReferralState.DRAFT and referral.sent_at is None:
        raise NotAllowed("Remissen är ett utkast. Den kan föras till akten när den är skickad.")
    record_act(
        by=by,
        act=AuditAct.WRITE,
        what="referral.filed",
        object_id=referral.pk,
        participant_id=referral.participant_id,
    )
