"""The product-wide tests of secrecy: what there is to learn, every address of it, and what an answer is."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from referrals.models import Referral
from referrals.states import ReferralState
from tests.addresses import (
    OF_CALENDAR,
    OF_CONSENT,
    OF_FIGURES,
    OF_FOLLOW,
    OF_HELP,
    OF_MEETINGS,
    OF_OWN,
    OF_OWN_WAY,
    OF_PAPERS,
    OF_PERSON,
    OF_PUSH,
    OF_TALKS,
    OF_WAYS,
    OF_WEBHOOK,
)
from tests.calendar.calendar_forms import make_keys
from tests.cast import SECRET_NAME, SECRET_TEXT, Cast, draft
from tests.meetings.talk_world import TALK_MARKERS, TalkWorld, make_talk_world
from tests.meetings.world import MeetingWorld, make_world
from tests.notifications.push_forms import make_keys as push_keys
from tests.notifications.webhook_forms import make_keys as webhook_keys
from tests.pathway.way_world import WAY_MARKERS, WayWorld, make_way_world
from tests.referrals.journeys import bring_to
from tests.steering.paper_forms import PaperWorld, make_paper_world
from workspace.models import Consent

MARKERS = (SECRET_NAME, SECRET_TEXT, "Åström", "Hemlig hälsa", "Samtalskontakt", *TALK_MARKERS, *WAY_MARKERS)
MISSING = 987_654


@dataclass
class World:
    """A person with a consent, a referral that was sent and a draft that was not, and cases at meetings: soc's."""

    cast: Cast
    sent: Referral
    draft: Referral
    consent: Consent
    # Made where a test asks for their addresses: they take a while.
    meetings: MeetingWorld | None = None
    talks: TalkWorld | None = None
    ways: WayWorld | None = None
    papers: PaperWorld | None = None

    def path(self, name: str, referral: Referral, *, missing: bool = False) -> str:
        keys: list[Any] = [referral.pk]
        if name in OF_PERSON:
            keys = [self.cast.person.pk]
        elif name in OF_CONSENT:
            keys = [self.consent.pk]
        elif name in OF_MEETINGS:
            assert self.meetings is not None
            keys = self.meetings.keys(name)
        elif name in OF_WAYS | OF_FIGURES | OF_OWN_WAY:
            assert self.ways is not None
            return reverse(name, args=self.ways.keys(name, MISSING if missing else None))
        elif name in OF_FOLLOW:
            keys = ["referral", referral.pk]
        elif name in OF_PUSH:
            return reverse(name, args=[push_keys(self.cast, missing=missing)])
        elif name in OF_CALENDAR:
            return reverse(name, args=[make_keys(self.cast, name, missing=missing)])
        elif name in OF_WEBHOOK:
            return reverse(name, args=webhook_keys(self.cast, name, missing=missing))
        elif name in OF_PAPERS:
            assert self.papers is not None
            keys = self.papers.keys(name)
        elif name in OF_TALKS | OF_OWN | OF_HELP:
            assert self.talks is not None
            keys = self.talks.keys(name)
        if missing:
            keys[-1] = MISSING
        pieces = {
            "referral_fragment": ["lage"], "room_fragment": ["dagordning"], "conversation_fragment": ["fragor"],
        }.get(name, [])  # fmt: skip
        return reverse(name, args=[*keys, *pieces])

    @property
    def form(self) -> dict[str, Any]:
        """What every form would accept from somebody with the right."""
        rows = [str(pk) for pk in self.consent.rows.values_list("pk", flat=True)]
        soon = timezone.localdate() + timedelta(days=40)
        return {
            "scope": "status", "outcome": "granted", "code": "wrong_receiver", "reason": "Därför", "rows": rows,
            "receiver": self.cast.psyk_desk.pk, "kind": "other", "question": "Ändrad", "ground": "consent",
            "recipient": self.cast.psyk.agency_id, "categories": ["identity"], "purpose": "se", "form": "oral",
            "valid_until": "2099-12-31", "given_on": "2026-01-01", "agencies": [self.cast.psyk.agency_id],
            "text": "Ändrad", "base_version": "1", "title": "Ändrad", "section": "matters", "minutes": "5",
            "answer": "coming", "vart": "upp", "day": "2099-12-31", "begins": "9", "ends": "10", "confirmed": "on",
            "beslut-text": "Ändrad", "g-answer": "decision", "g-text": "Ändrad", "comment": "Ändrad",
            "about": "Ändrad", "how": "place", "where": "Ändrad", "decision": "Ändrad", "due_on": str(soon),
            "often": "3", "day_1": str(soon), "begins_1": "9", "way": "letter", "verdict": "confirmed",
            "goals": "Ändrad", "accepted": "1", "channel": "none", "words": "plain", "member": self.cast.soc_2.pk,
            "bokad": "1", "no_next": "on",
        }  # fmt: skip


def make_small_world(cast: Cast) -> World:
    """Without meetings and conversations."""
    referral = bring_to(cast, ReferralState.SENT, health="Hemlig hälsa", follow_up=True)
    return World(cast, referral, draft(cast), Consent.objects.latest("pk"))


def make_whole_world(cast: Cast) -> World:
    world = make_small_world(cast)
    world.meetings = make_world(cast)
    world.talks = make_talk_world(cast)
    world.ways = make_way_world(cast)
    world.papers = make_paper_world(cast)
    push_keys(cast, missing=False)
    for name in OF_CALENDAR:
        make_keys(cast, name, missing=False)
    webhook_keys(cast, "resend_webhook_message", missing=False)
    return world


def answer(client: Client, method: str, path: str, data: dict[str, Any] | None = None) -> tuple[Any, ...]:
    """All of an answer that could differ between what is hidden and what does not exist."""
    got: Any = client.get(path) if method == "get" else client.post(path, data or {})
    headers = {name: value for name, value in got.headers.items() if name != "Expires"}
    return got.status_code, headers, got.content, sorted(got.cookies)
