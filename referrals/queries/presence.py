"""Whether the other side has a referral's page open: by agency, never by person, and never more than may be known."""

from datetime import datetime, timedelta

from django.utils import timezone

from referrals.models import Referral, ReferralPresence
from referrals.queries.answers import living_answer, question_lives
from referrals.rules import STATUS, can_be_present, side_of
from referrals.states import Side
from workspace.models import Membership
from workspace.queries import desks_of

HERE_FOR = timedelta(seconds=75)  # since a page last said so: three of its 25 seconds


def other(side: Side) -> Side:
    return Side.RECEIVER if side == Side.SENDER else Side.SENDER


def know_of_each_other(member: Membership, referral: Referral) -> bool:
    """Whether this hat may say that it has a referral it can open on its screen, and see that the other side has.

    While the receiver may read the question and may tell how it goes: then the sender reads more of it than this. A
    former receiver, a desk that it has gone on from, a manager and a role have no part in it.
    """
    if not can_be_present(member, referral):
        return False
    if side_of(member, referral) == Side.RECEIVER and not desks_of(member).filter(pk=referral.receiver_id).exists():
        return False
    return question_lives(referral) and living_answer(referral, STATUS) is not None


def is_open_at(referral: Referral, side: Side) -> bool:
    """Somebody there has said so within the time."""
    since = timezone.now() - HERE_FOR
    return ReferralPresence.objects.filter(referral=referral, side=side, seen_at__gt=since).exists()


def other_side_until(member: Membership, referral: Referral) -> datetime | None:
    """Until when the other side counts as having it open, unless it says so again; None where it has not, or where
    that may not be known."""
    if not know_of_each_other(member, referral):
        return None
    there = other(side_of(member, referral))
    row = ReferralPresence.objects.filter(referral=referral, side=there, seen_at__gt=timezone.now() - HERE_FOR).first()
    return row.seen_at + HERE_FOR if row else None
