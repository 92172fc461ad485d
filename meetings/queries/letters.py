"""What a party's letter says. The page of it is given this and nothing else, so that it can say no more (L14).

The participant and an agency read what it is about. Who comes along reads when and where: no topic, no other party, no
agency, since each of those can tell why. An interpreter and an employer's supervisor learn no last name.
"""

from dataclasses import dataclass, field

from django.utils import timezone

from meetings.models import Conversation, Invitation, Party
from meetings.queries.conversations import parties_of
from meetings.queries.times import name_of
from meetings.schedule import MONTH_NAMES
from meetings.states import ConversationState, How, PartyKind
from workspace.models import Participant, SupportNeeds
from workspace.queries import contact_of, needs_of
from workspace.states import Channel
from workspace.swedish import WEEKDAYS, say_list, say_time

WHERE = {How.PLACE: "Plats", How.PHONE: "Telefon", How.LINK: "Länk"}
NEEDS = {
    "hearing_loop": "hörselslinga",
    "pick_up": "hämtning",
    "calm_room": "ett lugnt rum",
    "easy_read": "lättläst text",
    "large_print": "stor stil",
    "breaks": "pauser",
}


@dataclass
class Letter:
    """A letter: to whom, from whom, what it says, and whom to call."""

    title: str
    to: str
    contact: str
    phone: str
    sender: str = ""  # an agency; only for those who may know which
    address: list[str] = field(default_factory=list)  # where it is posted
    says: list[str] = field(default_factory=list)  # before the facts
    facts: list[tuple[str, str]] = field(default_factory=list)
    about: str = ""
    reply: list[str] = field(default_factory=list)
    is_large: bool = False


def letter_of(invitation: Invitation) -> Letter:
    """The letter to one party, of its own call."""
    conversation, party = invitation.conversation, invitation.party
    convener = conversation.convener.user
    letter = Letter(title="Kallelse till ett samtal", to=party.name, contact=str(convener), phone=convener.phone)
    _WRITERS[PartyKind(party.kind)](letter, conversation, party)
    if letter.sender and not letter.phone:
        letter.contact = f"{convener} hos {letter.sender}"
    if conversation.state == ConversationState.CANCELLED:
        return _cancelled(letter, conversation, invitation)
    letter.facts = [*_when(invitation), *letter.facts]
    return letter


def _when(invitation: Invitation) -> list[tuple[str, str]]:
    day = timezone.localdate(invitation.starts_at)
    said = f"{WEEKDAYS[day.weekday()]} {day.day} {MONTH_NAMES[day.month - 1]} {day.year}"
    clock = f"klockan {say_time(invitation.starts_at)} till {say_time(invitation.ends_at)}"
    return [("Dag", said), ("Tid", clock), (WHERE[How(invitation.how)], invitation.link or invitation.where)]


def _cancelled(letter: Letter, conversation: Conversation, invitation: Invitation) -> Letter:
    """That it will not be, instead. The reason is for those who read what it was about."""
    letter.title = "Samtalet är inställt"
    knows = invitation.party.kind in {PartyKind.PARTICIPANT, PartyKind.CASEWORKER}
    letter.says = [letter.says[0], "Samtalet blir inte av."] if letter.says else ["Samtalet blir inte av."]
    if knows and conversation.ended_why:
        letter.says.append(f"Därför: {conversation.ended_why}")
    letter.facts, letter.about, letter.reply = _when(invitation)[:2], "", ["Du behöver inte svara."]
    return letter


def postal_address(participant: Participant) -> list[str]:
    """The lines of the address that a participant who wants letters has given; none for whoever wants no letters."""
    contact = contact_of(participant)
    lines = contact.address.split(",") if contact.channel == Channel.LETTER else []
    return [line.strip() for line in lines if line.strip()]


# ---------- to whom ----------
def _to_participant(letter: Letter, conversation: Conversation, party: Party) -> None:
    person = conversation.participant
    needs, contact = needs_of(person), contact_of(person)
    letter.to, letter.sender = person.full_name, conversation.agency.name
    letter.address = postal_address(person)
    letter.is_large = contact.large_text or needs.large_print
    letter.says = [f"Hej {person.first_name}.", "Du är kallad till ett samtal.", "Här står när det är."]
    letter.facts = [("De som kommer", _others(conversation, party))]
    letter.about = conversation.about
    if needs.interpreter:
        booked = conversation.interpreter_booked_at is not None
        kind = f"{needs.get_interpreter_display()}, {needs.language}"
        letter.facts.append(("Tolk", f"{kind}. {'Tolken är bokad.' if booked else 'Vi ordnar tolk.'}"))
    wished = [word for name, word in NEEDS.items() if getattr(needs, name)]
    if wished:
        letter.facts.append(("Du vill ha", say_list(wished)))
    letter.reply = ["Kommer du? Säg till oss.", "Du kan också be om en annan tid.", "Säg till om du inte kan."]


def _to_agency(letter: Letter, conversation: Conversation, party: Party) -> None:
    """A caseworker of an agency that signs in nowhere: it rests on the same disclosures as one that reads it here."""
    person = conversation.participant
    letter.to = f"{party.member.user if party.member else ''}, {party.agency}".lstrip(", ")
    letter.sender = conversation.agency.name
    letter.says = ["Ni är kallade till ett trepartssamtal."]
    letter.facts = [
        ("Gäller", f"{person.full_name}, född {person.birth_year}"),
        ("De som kommer", _others(conversation, party)),
    ]
    letter.about = conversation.about
    letter.reply = ["Svara om ni kommer, vill ha en annan tid eller inte kan."]


def _to_support(letter: Letter, conversation: Conversation, party: Party) -> None:
    letter.title = "Inbjudan till ett samtal"
    letter.says = ["Hej.", f"{conversation.participant.first_name} vill ha dig med som stöd vid ett samtal."]
    letter.reply = ["Svara om du kommer eller inte kan."]


def _to_interpreter(letter: Letter, conversation: Conversation, party: Party) -> None:
    letter.title = "Tolk till ett samtal"
    letter.says = ["Hej.", "Du behövs som tolk vid ett samtal."]
    letter.facts = _interpreting(needs_of(conversation.participant))
    letter.reply = ["Svara om du kommer eller inte kan."]


def _interpreting(needs: SupportNeeds) -> list[tuple[str, str]]:
    if not needs.interpreter:
        return []
    return [("Språk", needs.language), ("Slag", str(needs.get_interpreter_display()))]


def _to_employer(letter: Letter, conversation: Conversation, party: Party) -> None:
    letter.title = "Inbjudan till ett samtal"
    letter.says = ["Hej.", f"Du är inbjuden till ett samtal med {conversation.participant.first_name}."]
    letter.facts = [("Din del", party.part)] if party.part else []
    letter.reply = ["Svara om du kommer eller inte kan."]


def _others(conversation: Conversation, party: Party) -> str:
    """Who else comes: agencies by name, others by what they are."""
    return say_list([name_of(other) for other in parties_of(conversation) if other.pk != party.pk])


_WRITERS = {
    PartyKind.PARTICIPANT: _to_participant,
    PartyKind.CASEWORKER: _to_agency,
    PartyKind.SUPPORT: _to_support,
    PartyKind.INTERPRETER: _to_interpreter,
    PartyKind.EMPLOYER: _to_employer,
}
