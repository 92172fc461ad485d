"""What a draft still needs."""

from collections.abc import Iterable
from dataclasses import dataclass

from referrals.models import Referral, ReferralLeg
from referrals.rules import IDENTITY, QUESTION, TEXT_CATEGORIES
from workspace.models import Category, ConsentRow
from workspace.queries import categories, live_rows


def current_leg(referral: Referral) -> ReferralLeg:
    """The leg being written or travelled now. Alone: an act asks for it several times, and seldom what it refers to."""
    return referral.legs.order_by("-position")[0]


@dataclass
class NeededGround:
    """A section of a draft, and the consent row it may rest on; None where the ground is missing."""

    category: Category
    row: ConsentRow | None


def needed_grounds(
    referral: Referral, rows: Iterable[ConsentRow] | None = None, *, everything: bool = False
) -> list[NeededGround]:
    """What sending this draft takes: identity, the question, and each background section that has text.

    `rows` are the live consent rows, locked by the one who sends; read here for a page that only shows them.
    `everything` asks for all that could be written, to show what the person lets us tell.
    """
    leg = current_leg(referral)
    written = set(leg.sections.exclude(text="").values_list("category_id", flat=True))
    needed = {IDENTITY, QUESTION} | (set(TEXT_CATEGORIES) if everything else written & set(TEXT_CATEGORIES))
    if rows is None:
        rows = live_rows(referral.participant, referral.sender.agency)
    best: dict[str, ConsentRow] = {}
    for row in rows:
        if row.recipient_id == referral.receiver.agency_id:
            held = best.get(row.category_id)
            if held is None or held.valid_until < row.valid_until:
                best[row.category_id] = row
    return [NeededGround(c, best.get(c.pk)) for c in categories() if c.pk in needed]


def noted_answer(referral: Referral) -> set[str]:
    """What the sender has noted that the person lets the receiver tell back: "status", "answer". No ground yet."""
    rows = live_rows(referral.participant, referral.receiver.agency).filter(recipient=referral.sender.agency_id)
    return {row.category_id for row in rows}


def lacking_sections(referral: Referral) -> list[str]:
    """The sections that this kind must have, and that have no text yet, by name."""
    written = current_leg(referral).sections.exclude(text="").values("category")
    return list(referral.kind.needs.exclude(pk__in=written).values_list("name", flat=True))
