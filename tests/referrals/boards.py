"""Many rows on the coordinator's board at the price of one: copies of a followed referral, and what a page shows."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

from django.test import Client
from django.utils import timezone

from referrals.models import Referral, ReferralLeg, ReferralSection
from referrals.states import ReferralState
from tests.cast import Cast
from tests.referrals.journeys import bring_to

LABELS = {
    "sena": "Sena", "veckan": "Den här veckan", "obesvarade": "Obesvarade", "stannat": "Stannat av",
    "olost": "Oklart ansvar", "alla": "Öppna",
}  # fmt: skip


def followed(cast: Cast, state: str = "sent") -> Referral:
    return bring_to(cast, ReferralState(state), follow_up=True)


def copies(of: Referral, number: int, **values: Any) -> list[Referral]:
    """More referrals like one, on the same consent to follow-up. Values said once count for all."""
    section = ReferralSection.objects.get(leg__referral=of, category="follow_up")
    fields = {field.attname: getattr(of, field.attname) for field in Referral._meta.concrete_fields}
    made = Referral.objects.bulk_create(Referral(**{**fields, "id": None, **values}) for _ in range(number))
    legs = ReferralLeg.objects.bulk_create(
        ReferralLeg(referral=one, receiver_id=one.receiver_id, sent_at=one.sent_at) for one in made
    )
    ReferralSection.objects.bulk_create(
        ReferralSection(
            leg=leg, category_id="follow_up", author_id=section.author_id, disclosure_id=section.disclosure_id
        )
        for leg in legs
    )
    return made


def due(days: int | None) -> dict[str, Any]:
    return {"told_due_on": None if days is None else timezone.localdate() + timedelta(days=days)}


def page(client: Client, query: str = "") -> str:
    got = client.get(f"/bevaka/?{query}")
    assert got.status_code == 200
    return got.content.decode()


def rows_on(body: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'id="rad-(\d+)"', body)]


def figures_on(body: str) -> dict[str, str]:
    """What stands above the list, by tab."""
    return {
        tab: found[1] if (found := re.search(rf"<b>([^<]*)</b>{label}</a>", body)) else "missing"
        for tab, label in LABELS.items()
    }


def link(body: str, words: str) -> str:
    """The query of the link with these words; "" where there is none."""
    found = re.search(rf'href="/bevaka/\?([^"]*)"[^>]*>{words}</a>', body)
    return unescape(found[1]) if found else ""


def walk_board(client: Client, query: str, words: str = "Nästa") -> list[int]:
    """Every row of every page, as somebody who presses on meets them."""
    met, body = [], page(client, query)
    while True:
        met += rows_on(body)
        following = link(body, words)
        if not following:
            return met
        body = page(client, following)
