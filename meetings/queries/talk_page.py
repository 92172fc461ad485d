"""A conversation's page to one member: who is in it, what the participant asks, and what the convener must see to.

The participant's needs, the wished form of meeting and what each agency's access rests on are the convener's alone.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone

from meetings.models import Conversation, ConversationRequest, Invitation, OwnQuestion, Party, Section
from meetings.queries.conversations import Access, conversations_visible_to, ended_of, parties_of
from meetings.queries.invitations import say_hindered
from meetings.queries.talk_parties import has_both_principals
from meetings.queries.talks import facts_of, next_step, why_closed
from meetings.states import ON_PAPER, ConversationKind, ConversationState, PartyKind
from workspace.models import SupportNeeds
from workspace.queries import needs_of
from workspace.rules import is_caseworker
from workspace.states import InterpreterKind
from workspace.swedish import say_date

NEEDS = (
    ("hearing_loop", "Hörselslinga"),
    ("pick_up", "Hämtning"),
    ("calm_room", "Lugnt rum"),
    ("easy_read", "Lättläst text"),
    ("large_print", "Stor stil"),
    ("breaks", "Pauser"),
)


@dataclass
class PartyShown:
    """A party as one member may see it, and what they may do about it."""

    party: Party
    ours: bool
    until: datetime | None  # how long another agency can read, or could: to the convener alone
    may_change: bool
    may_remove: bool

    @property
    def on_paper(self) -> bool:
        return self.party.kind in ON_PAPER


@dataclass
class TalkShown:
    """Everything of a conversation's own that one member may read now."""

    access: Access
    says: str
    why: str = ""
    parties: list[PartyShown] = field(default_factory=list)
    hindered: list[str] = field(default_factory=list)  # who wants another time or cannot come: to the convener alone
    lost: list[PartyShown] = field(default_factory=list)  # who has been in it: to the convener alone
    questions: list[OwnQuestion] = field(default_factory=list)
    expires_at: datetime | None = None
    arranges: bool = False  # may change the conversation
    warnings: list[str] = field(default_factory=list)
    needs: SupportNeeds | None = None
    needs_said: list[str] = field(default_factory=list)
    needs_ground: bool = False
    may_ask: bool = False
    request: ConversationRequest | None = None  # the newest wish of the own agency

    @property
    def conversation(self) -> Conversation:
        return self.access.conversation

    @property
    def is_ahead(self) -> bool:
        """Called, and not begun."""
        begins = self.conversation.starts_at
        invited = self.conversation.state == ConversationState.INVITED
        return invited and begins is not None and begins > timezone.now()

    @property
    def interpreter_to_add(self) -> bool:
        """An interpreter is needed, and none is a party who gets a call."""
        needed = self.arranges and self.needs is not None and self.needs.interpreter != ""
        return needed and all(shown.party.kind != PartyKind.INTERPRETER for shown in self.parties)

    @property
    def interpreter_lacks(self) -> bool:
        needed = self.needs is not None and self.needs.interpreter != ""
        return needed and self.conversation.interpreter_booked_at is None and self.conversation.is_active


def say_needs(needs: SupportNeeds) -> list[str]:
    """What makes a meeting work, in words: «Tolk på plats, arabiska», «Pauser». Never why."""
    said = []
    if needs.interpreter:
        said.append(f"{InterpreterKind(needs.interpreter).label}, {needs.language}")
    return said + [word for name, word in NEEDS if getattr(needs, name)]


def expires_at(party: Party | None, access: Access) -> datetime | None:
    """When another agency's access ends at the latest; None for the convener's."""
    if access.convenes or party is None:
        return None
    return min((told.ends_at for told in (party.identity, party.question) if told is not None), default=None)


def read_talk(access: Access) -> TalkShown:
    """A conversation's page to one member. About a dozen queries for any number of parties and questions."""
    conversation, member = access.conversation, access.member
    facts = facts_of([conversation])[conversation.pk]
    shown = TalkShown(access, next_step(member, conversation, facts), why=_why(conversation))
    shown.arranges = access.convenes and is_caseworker(member) and conversation.is_active
    parties = parties_of(conversation)
    shown.parties = [_party(access, party, shown.arranges) for party in parties]
    shown.expires_at = expires_at(access.party, access)
    shown.questions = list(
        OwnQuestion.objects.filter(conversation=conversation, removed_at__isnull=True).order_by("shown_at", "pk")
    )
    if access.convenes:
        _for_the_convener(shown, parties)
    elif is_caseworker(member) and access.party is not None:
        shown.needs_ground = access.party.ground_id is None
        # Of another desk's conversation nothing is said here, not even within the agency.
        here = conversations_visible_to(member).filter(participant=conversation.participant_id)
        asked = ConversationRequest.objects.filter(earlier__in=here.values("pk"), member__agency=member.agency)
        shown.request = asked.select_related("led_to", "answered_by__agency").order_by("-made_at", "-pk").first()
        waits = shown.request is not None and shown.request.state == "waiting"
        shown.may_ask = not waits
    return shown


def _why(conversation: Conversation) -> str:
    if conversation.state == ConversationState.CANCELLED:
        return conversation.ended_why
    return why_closed(conversation)


def _party(access: Access, party: Party, arranges: bool) -> PartyShown:
    ours = party.agency_id == access.member.agency_id
    theirs = party.agency_id is not None and party.agency_id != access.conversation.agency_id
    own = access.party is not None and access.party.pk == party.pk
    ends = [told.ends_at for told in (party.identity, party.question) if told is not None]
    return PartyShown(
        party,
        ours=ours,
        until=min(ends, default=None) if theirs and access.convenes else None,
        may_change=own and is_caseworker(access.member) and access.conversation.is_active,
        may_remove=arranges and (theirs or party.kind in ON_PAPER),
    )


def _for_the_convener(shown: TalkShown, parties: list[Party]) -> None:
    conversation = shown.conversation
    shown.needs = needs_of(conversation.participant)
    shown.needs_said = say_needs(shown.needs)
    shown.hindered = say_hindered(conversation)
    here = {party.pk for party in parties}
    been = Party.objects.filter(conversation=conversation, kind=PartyKind.CASEWORKER).exclude(pk__in=here)
    been = been.select_related("agency", "function", "member__user", "identity", "question").order_by("pk")
    shown.lost = [PartyShown(party, False, party.left_at or ended_of(party), False, False) for party in been]
    if conversation.is_active:
        shown.warnings = _warnings(conversation, parties)


def _warnings(conversation: Conversation, parties: list[Party]) -> list[str]:
    """What stands in the way of holding the conversation, to its convener."""
    agencies = [party.agency for party in parties if party.agency is not None]
    others = [party for party in parties if party.agency_id not in {None, conversation.agency_id}]
    if not others:
        return ["Ingen annan myndighet är med längre. Lägg till en, eller ställ in samtalet."]
    said = []
    if conversation.kind == ConversationKind.SIP and not has_both_principals(agencies):
        said.append("Ett SIP-möte behöver både kommunen och regionen.")
    for party in others:
        ends = min(told.ends_at for told in (party.identity, party.question) if told is not None)
        if party.agency and conversation.ends_at and ends < conversation.ends_at:
            last = say_date(timezone.localdate(ends - timedelta(seconds=1)))
            said.append(f"{party.agency.name} kan läsa till och med {last}, före samtalet. Förnya samtycket.")
    return said


def party_in(conversation: Conversation, pk: int) -> Party | None:
    """Somebody who is in a conversation now, or None."""
    return next((party for party in parties_of(conversation) if party.pk == pk), None)


# ---------- access that has ended ----------
@dataclass
class TalkEnded:
    """What an agency keeps when its access has ended: who convened, when it ended, and its own words."""

    ended_at: datetime
    agency: str
    day: datetime | None
    own_text: str


def read_ended(access: Access) -> TalkEnded:
    """Nothing about the participant, and nothing that others wrote."""
    own = Section.objects.filter(
        party__conversation=access.conversation, party__agency=access.member.agency_id
    ).exclude(text="")
    # The day it was called to: a later one is news that it no longer has a part in.
    calls = Invitation.objects.filter(conversation=access.conversation, party__agency=access.member.agency_id).order_by(
        "-round", "-pk"
    )
    return TalkEnded(
        ended_at=access.ended_at or timezone.now(),
        agency=access.conversation.agency.name,
        day=calls.values_list("starts_at", flat=True).first(),
        own_text="\n\n".join(own.order_by("pk").values_list("text", flat=True)),
    )
