"""The coordinator's board: referrals without persons (house.md 3)."""

from django.db.models import Case, Exists, F, OuterRef, QuerySet, When

from referrals.models import Referral, ReferralSection
from referrals.queries.visible import TURN_BY_STATE, with_people, with_what_is_known
from referrals.rules import FOLLOW_UP, VITAL
from referrals.states import OPEN_STATES, Side
from workspace.models import Consent, CooperationRole
from workspace.rules import Hat, disclosure_lives, is_coordinator


def board_of(role: Hat) -> QuerySet[Referral]:
    """The coordinator's rows: open referrals whose consent lets this cooperation follow them up (house.md 3)."""
    if not is_coordinator(role):
        return Referral.objects.none()
    followed = ReferralSection.objects.filter(
        disclosure_lives("disclosure__"),
        leg__referral=OuterRef("pk"),
        category=FOLLOW_UP,
        disclosure__recipient_cooperation=role.cooperation_id,
    )
    rows = with_people(Referral.objects.filter(Exists(followed), sent_at__isnull=False))
    at_sender = [state for state, side in TURN_BY_STATE.items() if side == Side.SENDER]
    return (
        with_what_is_known(rows, None)
        .filter(shown_state__in=OPEN_STATES)
        .annotate(
            shown_turn_agency=Case(
                When(shown_state=F("state"), then=F("turn__agency")),
                When(shown_state__in=at_sender, then=F("sender__agency")),
                default=F("receiver__agency"),
            )
        )
        .order_by("sent_at", "pk")
    )


def board_counted_only(role: CooperationRole) -> int:
    """How many open referrals of the cooperation's agencies are only counted: they lack consent to follow-up."""
    of_cooperation = Referral.objects.filter(
        sender__agency__cooperations=role.cooperation_id,
        receiver__agency__cooperations=role.cooperation_id,
        sent_at__isnull=False,
    )
    open_ones = with_what_is_known(of_cooperation, None).filter(shown_state__in=OPEN_STATES)
    return open_ones.exclude(pk__in=board_of(role).values("pk")).count()


def resting_on(consent: Consent) -> QuerySet[Referral]:
    """The open referrals whose identity or question rests on this consent: they close if it is withdrawn."""
    sections = ReferralSection.objects.filter(disclosure__consent_row__consent=consent, category__in=VITAL)
    return Referral.objects.filter(pk__in=sections.values("leg__referral"), turn__isnull=False).order_by("pk")


def boards_of(referral: Referral) -> list[int]:
    """The cooperations whose boards hold this referral."""
    return list(
        ReferralSection.objects.filter(
            leg__referral=referral, category=FOLLOW_UP, disclosure__recipient_cooperation__isnull=False
        )
        .values_list("disclosure__recipient_cooperation", flat=True)
        .distinct()
    )
