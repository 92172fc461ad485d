"""Whether a receiver tells the sender, now."""

from datetime import date, timedelta

from django.db.models import Min
from django.utils import timezone

from referrals.models import Referral
from referrals.rules import STATUS, VITAL
from referrals.states import SectionRole
from workspace.models import Disclosure
from workspace.rules import disclosure_lives


def living_answer(referral: Referral, category: str) -> Disclosure | None:
    """The disclosure under which the receiver tells the sender this category now."""
    return (
        Disclosure.objects.filter(
            disclosure_lives(),
            sections__leg__referral=referral,
            category=category,
            discloser=referral.receiver.agency_id,
            recipient=referral.sender.agency_id,
        )
        .order_by("-pk")
        .first()
    )


def is_told(referral: Referral) -> bool:
    """The sender learns the receiver's step: by leave, or because the sender itself registers what came by letter."""
    return referral.receiver.agency.by_letter or living_answer(referral, STATUS) is not None


def question_lives(referral: Referral) -> bool:
    """The receiver may read who it is about and what is asked, in the leg last sent."""
    leg = referral.legs.filter(sent_at__isnull=False).order_by("-position").first()
    if leg is None:
        return False
    live = leg.sections.filter(
        disclosure_lives("disclosure__"),
        category__in=VITAL,
        role=SectionRole.LEG,
        author=referral.sender.agency_id,
    )
    return set(live.values_list("category", flat=True)) == VITAL


def ground_ends_on(referral: Referral) -> date | None:
    """The last calendar day on which the receiver may read the question; None for one that was never sent."""
    leg = referral.legs.filter(sent_at__isnull=False).order_by("-position").first()
    if leg is None:
        return None
    ends = leg.sections.filter(category__in=VITAL, role=SectionRole.LEG, author=referral.sender.agency_id).aggregate(
        first=Min("disclosure__ends_at")
    )["first"]
    return timezone.localdate(ends) - timedelta(days=1) if ends else None
