"""What the lists of conversations show, and what comes next in each (R11)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from meetings.models import Conversation, ConversationRequest, Party, TimeAnswer, TimeOption
from meetings.queries.conversations import conversations_visible_to, party_lives
from meetings.states import ACTIVE, CLOSES_AFTER_TIME, CLOSES_UNPLANNED, ConversationState, PartyKind, RequestState
from workspace.clocks import start_of
from workspace.models import Agency, Membership, Participant
from workspace.queries import participants_visible_to
from workspace.rules import Hat, is_caseworker
from workspace.swedish import say_date, say_list, say_time, say_weekday_date

LISTED = 50  # wishes on one list; more than a desk ever has


@dataclass
class Facts:
    """What the answer to «what comes next» rests on."""

    parties: list[Party] = field(default_factory=list)  # those who are in it now
    options: set[int] = field(default_factory=set)  # proposed times that can still be had
    time_answers: set[tuple[int, int]] = field(default_factory=set)  # (option, party)


@dataclass
class TalkRow:
    """A conversation in a list, as one member may see it."""

    conversation: Conversation
    agencies: list[Agency]  # whose caseworkers are in it besides one's own
    says: str
    ours: bool


# ---------- what comes next ----------
def facts_of(conversations: Sequence[Conversation]) -> dict[int, Facts]:
    """The facts of any number of conversations, in three queries."""
    pks = [one.pk for one in conversations]
    found = {pk: Facts() for pk in pks}
    living = Party.objects.filter(party_lives(), conversation__in=pks).select_related("agency").order_by("pk")
    for party in living:
        found[party.conversation_id].parties.append(party)
    live = TimeOption.objects.filter(conversation__in=pks, withdrawn_at__isnull=True, starts_at__gt=timezone.now())
    for pk, option in live.values_list("conversation", "pk"):
        found[pk].options.add(option)
    answers = TimeAnswer.objects.filter(option__in=live.values("pk"))
    for pk, option, who in answers.values_list("option__conversation", "option", "party"):
        found[pk].time_answers.add((option, who))
    return found


def _who(party: Party) -> str:
    return party.agency.name if party.agency else "deltagaren"


def unanswered(conversation: Conversation, facts: Facts) -> list[Party]:
    """Those who have not said of every proposed time whether it works: the participant and the other agencies.

    The convener asks, and those on paper answer through the convener.
    """
    asked = [p for p in facts.parties if p.kind in {PartyKind.PARTICIPANT, PartyKind.CASEWORKER}]
    return [
        party
        for party in asked
        if party.agency_id != conversation.agency_id
        and any((option, party.pk) not in facts.time_answers for option in facts.options)
    ]


def say_when(conversation: Conversation) -> str:
    """«torsdag 26 nov. 2026 kl. 10.00»; empty before it has a time."""
    at = conversation.starts_at
    return f"{say_weekday_date(timezone.localdate(at))} kl. {say_time(at)}" if at else ""


def next_step(member: Membership, conversation: Conversation, facts: Facts) -> str:
    """What comes next and whose turn it is, in one sentence to this member (design.md 1)."""
    convenes = conversation.agency_id == member.agency_id
    if conversation.state == ConversationState.PREPARING:
        return _about_times(member, conversation, facts, convenes)
    when = say_when(conversation)
    if conversation.state == ConversationState.INVITED:
        if conversation.ends_at and conversation.ends_at > timezone.now():
            return f"Samtalet är {when}"
        return "Tiden har varit. Skriv om samtalet blev av" if convenes else f"Samtalet var {when}"
    if conversation.state == ConversationState.HELD:
        return f"Samtalet hölls {when}"
    return "Samtalet är inställt" if conversation.state == ConversationState.CANCELLED else "Samtalet är stängt"


def _about_times(member: Membership, conversation: Conversation, facts: Facts, convenes: bool) -> str:
    who = conversation.agency.name
    if not facts.options:
        return "Föreslå tider för samtalet" if convenes else f"{who} ska föreslå tider"
    waited = unanswered(conversation, facts)
    begun = {party for _, party in facts.time_answers}
    own = next((party for party in waited if party.agency_id == member.agency_id), None)
    if own is not None:
        return "Svara också på de nya tiderna" if own.pk in begun else "Svara på vilka tider som passar er"
    if not waited:
        return "Alla har svarat. Välj tid" if convenes else f"Alla har svarat. {who} ska välja tid"
    silent, partly = [one for one in waited if one.pk not in begun], [one for one in waited if one.pk in begun]
    said = [(silent, "har inte svarat på tiderna"), (partly, "har inte svarat på alla tider")]
    return ". ".join(f"{_first_up(say_list([_who(one) for one in who]))} {words}" for who, words in said if who)


def _first_up(text: str) -> str:
    return text[:1].upper() + text[1:]


def why_closed(conversation: Conversation) -> str:
    """Why the clock closed a conversation, in plain words to staff and participant; empty while it is not closed."""
    if conversation.state != ConversationState.CLOSED:
        return ""
    if conversation.starts_at:
        day = say_date(timezone.localdate(conversation.starts_at))
        return (
            f"Samtalet skulle vara {day}. Ingen har skrivit att det blev av. Därför stängdes det efter "
            f"{CLOSES_AFTER_TIME} dagar."
        )
    return f"Ingenting hände i samtalet på {CLOSES_UNPLANNED} dagar. Därför stängdes det."


def stale_conversations() -> QuerySet[Conversation]:
    """The conversations that the clock closes: not said to be held long after their time, or never given a time."""
    today = timezone.localdate()
    late = Q(state=ConversationState.INVITED, ends_at__lt=start_of(today - timedelta(days=CLOSES_AFTER_TIME)))
    never = Q(state=ConversationState.PREPARING, last_act_at__lt=start_of(today - timedelta(days=CLOSES_UNPLANNED)))
    return Conversation.objects.filter(late | never).order_by("pk")


# ---------- lists ----------
def rows_of(member: Membership, conversations: Sequence[Conversation]) -> list[TalkRow]:
    """Conversations as rows to one member. Three queries for any number."""
    facts = facts_of(conversations)
    rows = []
    for one in conversations:
        told = facts[one.pk]
        others = {p.agency_id: p.agency for p in told.parties if p.agency and p.agency_id != member.agency_id}
        says = next_step(member, one, told)
        rows.append(TalkRow(one, list(others.values()), says, one.agency_id == member.agency_id))
    return rows


def talks_listed(member: Membership, *, over: bool) -> QuerySet[Conversation]:
    """The conversations that this hat may open: those that are over, newest first, or those that go on.

    Of those that go on the soonest comes first, and those without a time last.
    """
    found = conversations_visible_to(member)
    if over:
        return found.exclude(state__in=ACTIVE).order_by("-made_at", "-pk")
    return found.filter(state__in=ACTIVE).order_by(F("starts_at").asc(nulls_last=True), "-made_at", "-pk")


def conversations_of(member: Membership, participant: Participant) -> list[TalkRow]:
    """For the participant's page: its conversations, those that go on first, then newest first."""
    found = list(conversations_visible_to(member).filter(participant=participant).order_by("-made_at", "-pk"))
    return rows_of(member, sorted(found, key=lambda one: not one.is_active))


def active_with(participant: Participant, desks: str) -> Conversation | None:
    """The active conversation of a participant with exactly these desks."""
    return Conversation.objects.filter(participant=participant, desks=desks, state__in=ACTIVE).first()


# ---------- requests ----------
def requests_visible_to(hat: Hat) -> QuerySet[ConversationRequest]:
    """The wishes that a caseworker answers: about participants the hat may open."""
    found = ConversationRequest.objects.select_related(
        "participant__function__agency", "earlier", "member__agency", "answered_by__user", "led_to"
    ).order_by("-made_at", "-pk")
    if not is_caseworker(hat):
        return found.none()
    return found.filter(participant__in=participants_visible_to(hat).values("pk"))


def access_request(hat: Hat, pk: int) -> ConversationRequest | None:
    """A wish that this hat may answer; None for hidden and missing."""
    return requests_visible_to(hat).filter(pk=pk).first()


def requests_waiting(member: Membership, participant: Participant | None = None) -> list[ConversationRequest]:
    """The wishes that wait for an answer from this hat, newest first; of one participant where one is named."""
    found = requests_visible_to(member).filter(state=RequestState.WAITING)
    return list(found.filter(participant=participant) if participant else found[:LISTED])
