"""Withdrawing a consent: one act over the ground floor, the ways, the referrals and the meetings (house.md 1, 3)."""

from collections.abc import Collection, Sequence

from django.utils import timezone

from meetings.actions import conversation_grounds as conversations
from meetings.actions import grounds as meetings
from notifications.actions import Notice, deliver
from referrals import actions as referrals
from workspace.actions import action, end_rows, lock_participant
from workspace.errors import NotAllowed
from workspace.front.actions import way_shares
from workspace.models import Browser, Consent, ConsentRow, Membership, Participant
from workspace.queries import present_at_desk
from workspace.rules import is_caseworker
from workspace.swedish import say_date


@action
def withdraw_consent(*, by: Membership | Browser, consent: Consent, row_ids: Collection[int]) -> None:
    """Take back a consent, or some of its rows: the person, or staff who register it. Works forward, at once (L8).

    Locks the participant, then the rows; marks them withdrawn and ends what rests on them; open referrals whose
    identity or question did become withdrawn; their receivers are told, and their open pages close within a second. So
    do the cases on meetings, the conversations and the parts of a way that rested on it, for whoever they were
    disclosed to. Where the person does it, those who told are told too: the participant's desk at least, where nothing
    else says it there.
    What was disclosed stays in the history; disclosures on other grounds are untouched. Rows already withdrawn are
    left as they are. Refuses anybody but a caseworker of the agency that obtained the consent, and the participant.
    """
    if isinstance(by, Browser):
        if by.participant_id != consent.participant_id:
            raise NotAllowed("Det går inte att ta tillbaka någon annans ja.")
    elif not is_caseworker(by) or by.agency_id != consent.agency_id:
        raise NotAllowed("Bara den som har hämtat in samtycket kan registrera att det tas tillbaka.")
    participant = lock_participant(consent.participant_id)
    own = set(consent.rows.values_list("pk", flat=True))
    rows = end_rows(by=by, participant=participant, row_ids=own & set(row_ids))
    notices, topics = referrals.on_ground_lost(rows, by=by, agency=consent.agency)
    case_notices, case_topics = meetings.on_ground_lost(rows, by=by, agency=consent.agency)
    talk_notices, talk_topics = conversations.on_ground_lost(rows, by=by)
    way_notices, way_topics = way_shares.on_ground_lost(rows)
    told = [*notices, *case_notices, *talk_notices, *way_notices]
    if isinstance(by, Browser):
        told += _tell_desk(participant, rows, told)
    deliver(told, [*topics, *case_topics, *talk_topics, *way_topics])


def _tell_desk(participant: Participant, rows: Sequence[ConsentRow], told: Sequence[Notice]) -> list[Notice]:
    """One notice to the participant's desk, where it is party to what was taken back and hears of it in no other way.

    Without it nobody there would know, since nobody registered it.
    """
    ours = participant.function.agency_id
    is_party = any(ours in {row.consent.agency_id, row.discloser_id, row.recipient_id} for row in rows)
    desk = present_at_desk(participant.function)
    if not is_party or desk & {pk for notice in told for pk in notice.recipients}:
        return []
    return [Notice("consent.withdrawn", say_date(timezone.localdate()), participant.pk, None, frozenset(desk))]
