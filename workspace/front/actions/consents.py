"""Withdrawing a consent: one act over the ground floor, the referrals and the meetings (house.md 1, 3)."""

from collections.abc import Collection

from meetings.actions import grounds as meetings
from notifications.actions import deliver
from referrals import actions as referrals
from workspace.actions import action, end_rows, lock_participant
from workspace.errors import NotAllowed
from workspace.models import Consent, Membership
from workspace.rules import is_caseworker


@action
def withdraw_consent(*, by: Membership, consent: Consent, row_ids: Collection[int]) -> None:
    """Register that a person takes back a consent, or some of its rows. Works forward, at once (L8).

    Locks the participant, then the rows; marks them withdrawn and ends what rests on them; open referrals whose
    identity or question did become withdrawn; their receivers are told, and their open pages close within a second. So
    do the cases on meetings that rested on it, for whoever they were disclosed to.
    What was disclosed stays in the history; disclosures on other grounds are untouched. Rows already withdrawn are
    left as they are. Refuses anybody but a caseworker of the agency that obtained the consent.
    """
    if not is_caseworker(by) or by.agency_id != consent.agency_id:
        raise NotAllowed("Bara den som har hämtat in samtycket kan registrera att det tas tillbaka.")
    participant = lock_participant(consent.participant_id)
    own = set(consent.rows.values_list("pk", flat=True))
    rows = end_rows(by=by, participant=participant, row_ids=own & set(row_ids))
    notices, topics = referrals.on_ground_lost(rows, by=by)
    case_notices, case_topics = meetings.on_ground_lost(rows, by=by)
    deliver([*notices, *case_notices], [*topics, *case_topics])
