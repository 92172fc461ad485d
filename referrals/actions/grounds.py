"""What a lost ground does to referrals. Called by the front's act that withdraws a consent (house.md 3)."""

from collections.abc import Sequence

from django.db.models import Max

from notifications.actions import Notice, close_notices
from referrals.actions.answers import end_answer
from referrals.actions.moves import move, notice, topics
from referrals.models import Referral, ReferralSection
from referrals.rules import ANSWER, STATUS, VITAL, audience_for
from referrals.states import Side, Verb
from workspace.live import Hint
from workspace.models import ConsentRow, Membership


def on_ground_lost(rows: Sequence[ConsentRow], *, by: Membership) -> tuple[list[Notice], list[tuple[str, Hint]]]:
    """End what rests on withdrawn consent rows. Inside an action that has locked the participant and the rows.

    A referral whose identity or question rested on one becomes withdrawn if it was open, with history and audit row;
    the receiver's earlier notices of it are closed and one new says that access has ended. A referral that lost only
    another section, or follow-up, stays as it is. Returns the notices and the hints for open pages; delivers nothing.
    """
    lost = ReferralSection.objects.filter(disclosure__consent_row__in=rows).select_related("leg")
    by_referral: dict[int, list[ReferralSection]] = {}
    for section in lost:
        by_referral.setdefault(section.leg.referral_id, []).append(section)
    referrals = (
        Referral.objects.select_for_update(of=("self",))
        .filter(pk__in=by_referral)
        .select_related("sender__agency", "receiver__agency", "participant__function")
        .order_by("pk")
    )
    notices: list[Notice] = []
    hints: list[tuple[str, Hint]] = []
    for referral in referrals:
        hints += topics(referral)
        if not _lost_vital(referral, by_referral[referral.pk]):
            continue
        # What the receiver was told it may answer was about this referral, and ends with it.
        end_answer(by, referral, (STATUS, ANSWER))
        if referral.is_open:
            move(referral, Verb.GROUND_WITHDRAWN, Side.SYSTEM, by=by, turn=None)
        told = audience_for(referral, Side.RECEIVER).values_list("pk", flat=True)
        close_notices(kind_prefix="referral.", object_id=referral.pk, memberships=told)
        notices.append(notice(referral, "referral.access_ended", Side.RECEIVER, by=by))
    return notices, hints


def _lost_vital(referral: Referral, lost: Sequence[ReferralSection]) -> bool:
    """Identity or question of the leg last sent is among what was lost. Earlier legs have had their answer."""
    last_sent = referral.legs.filter(sent_at__isnull=False).aggregate(Max("position"))["position__max"]
    return any(
        section.category_id in VITAL
        and section.author_id == referral.sender.agency_id
        and section.leg.position == last_sent
        for section in lost
    )
