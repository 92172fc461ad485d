"""A page that is open says so. No act: nothing of it in history or audit, and nobody is told but the page opposite."""

from django.utils import timezone

from referrals.models import Referral, ReferralPresence
from referrals.queries.presence import is_open_at, know_of_each_other, other
from referrals.rules import listening, side_of
from workspace.actions import action
from workspace.live import changed, push_on_commit
from workspace.models import Membership

PART = "presence"


@action
def say_open(*, by: Membership, referral: Referral) -> None:
    """Somebody has the referral's page open, said every 25 seconds; kept as their side's moment, never as a person's.

    Nothing is kept where the sides may not know of each other. A hint to the other side when it was not open before;
    none when it closes, since that is computed.
    """
    if not know_of_each_other(by, referral):
        return
    side = side_of(by, referral)
    was_open = is_open_at(referral, side)
    ReferralPresence.objects.bulk_create(
        [ReferralPresence(referral=referral, side=side, seen_at=timezone.now())],
        update_conflicts=True,
        unique_fields=["referral", "side"],
        update_fields=["seen_at"],
    )
    if not was_open:
        push_on_commit([changed("referral", referral.pk, listening(referral, other(side)), PART)])
