"""A three-party conversation of soc's participant with psyk and, where wished, fk, laid without walking there."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from meetings.models import (
    Agreement,
    Conversation,
    ConversationEvent,
    Invitation,
    Party,
    Section,
)
from meetings.states import ConversationKind, ConversationState, PartyKind
from tests.cast import Cast, give_consent
from tests.meetings.cast import in_days
from workspace import actions
from workspace.actions import make_disclosure
from workspace.clocks import end_of
from workspace.doors import BROWSER_COOKIE, VISIT_COOKIE
from workspace.models import Agency, Browser, Category, Consent, ConsentRow, Function, Ground, Membership, Participant

S = ConversationState
ABOUT = "Hemlig fråga om praktik"  # what outsiders must never read
OWN_WORDS = "Hemliga egna ord"


@dataclass
class Talk:
    """A conversation, its parties by name, and the consents it rests on."""

    cast: Cast
    conversation: Conversation
    parties: dict[str, Party]
    consents: dict[int, Consent] = field(default_factory=dict)  # by the agency that is told

    @property
    def person(self) -> Participant:
        return self.conversation.participant

    def fresh(self) -> Conversation:
        self.conversation.refresh_from_db()
        return self.conversation


def talk_consent(
    cast: Cast, recipient: Agency, person: Participant | None = None, until: date | None = None
) -> Consent:
    """That soc may tell who it is about and talk at meetings, and that the other may talk back."""
    return give_consent(
        cast, person=person, recipient=recipient, codes=("identity", "meeting"), back=("meeting",), until=until
    )


def _told(cast: Cast, person: Participant, recipient: Agency, consent: Consent, code: str) -> Any:
    row = ConsentRow.objects.get(consent=consent, category=code, recipient=recipient)
    return make_disclosure(
        by=cast.soc,
        participant=person,
        discloser=cast.soc.agency,
        recipient=recipient,
        category=Category.objects.get(pk=code),
        purpose=row.purpose,
        ground=Ground.objects.get(pk="consent"),
        consent_row=row,
        ends_at=end_of(row.valid_until),
    )


def make_talk(
    cast: Cast,
    state: ConversationState = S.PREPARING,
    *,
    kind: ConversationKind = ConversationKind.CONVERSATION,
    with_fk: bool = False,
    days: int = 7,
    person: Participant | None = None,
) -> Talk:
    """soc convenes its participant and psyk. INVITED and HELD have a time, calls in round 1; HELD lies in the past."""
    person = person or cast.person
    others: list[tuple[str, Function, Membership]] = [("psyk", cast.psyk_desk, cast.psyk)]
    if with_fk:
        others.append(("fk", cast.fk_desk, cast.fk))
    desks = sorted([cast.soc_desk.pk, *(desk.pk for _, desk, _ in others)])
    starts = in_days(-2 if state == S.HELD else days) if state in {S.INVITED, S.HELD} else None
    conversation = Conversation.objects.create(
        participant=person,
        agency=cast.soc.agency,
        convener=cast.soc,
        kind=kind,
        state=state,
        desks=" ".join(map(str, desks)),
        about=ABOUT,
        where="Stadshuset, rum Älven",
        starts_at=starts,
        ends_at=starts + timedelta(hours=1) if starts else None,
        round=1 if starts else 0,
        held_at=timezone.now() if state == S.HELD else None,
    )
    ConversationEvent.objects.create(conversation=conversation, verb="plan", member=cast.soc)
    parties = {
        "participant": Party.objects.create(conversation=conversation, kind=PartyKind.PARTICIPANT),
        "soc": Party.objects.create(conversation=conversation, **_desk(cast.soc_desk, cast.soc)),
    }
    consents = {}
    for name, desk, member in others:
        consents[desk.agency_id] = consent = talk_consent(cast, desk.agency, person)
        parties[name] = Party.objects.create(
            conversation=conversation,
            identity=_told(cast, person, desk.agency, consent, "identity"),
            question=_told(cast, person, desk.agency, consent, "meeting"),
            **_desk(desk, member),
        )
    if starts:
        _call(conversation, list(parties.values()), starts)
    return Talk(cast, conversation, parties, consents)


def _desk(desk: Function, member: Membership) -> dict[str, Any]:
    return {"kind": PartyKind.CASEWORKER, "agency": desk.agency, "function": desk, "member": member}


def _call(conversation: Conversation, parties: list[Party], starts: datetime) -> None:
    Invitation.objects.bulk_create(
        Invitation(
            conversation=conversation,
            party=party,
            round=1,
            starts_at=starts,
            ends_at=starts + timedelta(hours=1),
            how=conversation.how,
            where=conversation.where,
            sent_by=conversation.convener,
        )
        for party in parties
    )


def make_agreement(talk: Talk) -> Agreement:
    """A draft with a section for each party; the participant's holds their own words."""
    agreement = Agreement.objects.create(conversation=talk.conversation, goals="Hemligt mål")
    for name, party in talk.parties.items():
        text = OWN_WORDS if name == "participant" else ""
        Section.objects.create(agreement=agreement, party=party, text=text, version=1 if text else 0)
    return agreement


# ---------- the participant's own page ----------
@dataclass
class Phone:
    """The participant's phone: a browser without JavaScript, bound and within a visit."""

    client: Client
    browser: Browser
    digits: str


def make_phone(cast: Cast, person: Participant | None = None, *, visit: bool = True) -> Phone:
    """A phone that has opened the link; with `visit`, also given the code."""
    person = person or cast.person
    token = actions.make_page_link(by=cast.soc, participant=person)
    digits = actions.make_page_code(by=cast.soc, participant=person)
    client = Client()
    client.post(f"/min-sida/lank/{token}/")
    browser = Browser.objects.latest("pk")
    assert BROWSER_COOKIE in client.cookies
    if visit:
        client.post("/min-sida/kod/", {"kod": digits})
        assert VISIT_COOKIE in client.cookies
    return Phone(client, browser, digits)
