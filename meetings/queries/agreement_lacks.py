"""What an agreement lacks before it can be sent, and whom a version that was sent waits for (L20)."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from meetings.models import (
    Agreement,
    AgreementAnswer,
    AgreementCopy,
    AgreementVersion,
    Commitment,
    Conversation,
    Party,
    Section,
)
from meetings.queries.agreement_readers import agreeing_parties, not_told, participant_party
from meetings.queries.conversations import party_lives
from meetings.states import AgreementVerdict, ConversationKind, ConversationState, PartyKind
from workspace.models import Agency
from workspace.states import AgencyKind
from workspace.swedish import say_date, say_list

WRITTEN_IN = {ConversationState.INVITED, ConversationState.HELD}
# The principals that make a SIP: the municipality and the region (L20).
MUNICIPAL = {AgencyKind.SOCIAL_SERVICES, AgencyKind.DISABILITY_ACT, AgencyKind.LABOUR_MARKET_UNIT}
PRINCIPALS = MUNICIPAL | {AgencyKind.REGION_PSYCHIATRY}


@dataclass(frozen=True)
class Lack:
    """Something to be done before the agreement can be sent. `page`: the name of the address where it is done."""

    sentence: str
    page: str = "agreement"
    says: str = "Se överenskommelsen"


# Nothing is agreed before they have met; and one that was never said to be held would close by itself.
NOT_HELD = ("hold_conversation", "Samtalet är genomfört")


def principals_in(parties: Sequence[Party]) -> list[Agency]:
    """The agencies of a municipality or a region among the parties: they have duties in a SIP, and one leads it."""
    return [party.agency for party in parties if party.agency is not None and party.agency.kind in PRINCIPALS]


def sections_by_party(agreement: Agreement | None) -> dict[int, Section]:
    if agreement is None:
        return {}
    rows = Section.objects.filter(agreement=agreement).select_related("taken_down_by__user", "taken_down_by__agency")
    return {section.party_id: section for section in rows}


def tasks_by_party(agreement: Agreement | None) -> dict[int, list[Commitment]]:
    """What each party is to do as the agreement stands now, by party, soonest first."""
    found: dict[int, list[Commitment]] = {}
    if agreement is not None:
        rows = Commitment.objects.filter(section__agreement=agreement, removed_at__isnull=True)
        for row in rows.select_related("section").order_by("due_on", "pk"):
            found.setdefault(row.section.party_id, []).append(row)
    return found


def needs_words(agreement: Agreement) -> bool:
    """The participant has written nothing of their own: sent only where they do not want to."""
    party = participant_party(agreement.conversation)
    return not Section.objects.filter(agreement=agreement, party=party).exclude(text="").exists()


def lacks_of(agreement: Agreement) -> list[Lack]:
    """All that is lacking but what the sender may tick away (`needs_words`, a next day outside a SIP)."""
    conversation = agreement.conversation
    parties, tasks = agreeing_parties(conversation), tasks_by_party(agreement)
    found = _not_held(conversation) + _next_day(agreement)
    found += _sip_lacks(agreement, parties, tasks) if conversation.kind == ConversationKind.SIP else []
    if conversation.kind != ConversationKind.SIP and not agreement.goals and not any(tasks.values()):
        found.append(Lack("Skriv minst ett mål eller en uppgift.", "write_common", "Skriv mål"))
    return found + _unshared(agreement, parties)


def _not_held(conversation: Conversation) -> list[Lack]:
    if conversation.state == ConversationState.HELD:
        return []
    ahead = conversation.starts_at is not None and conversation.starts_at > timezone.now()
    says = "Samtalet har inte varit än. Skriv först att det är genomfört."
    return [Lack(says if ahead else "Skriv först att samtalet är genomfört.", *NOT_HELD)]


def _next_day(agreement: Agreement) -> list[Lack]:
    """The next day may have passed since it was written."""
    day = agreement.next_on
    if day is None or day > timezone.localdate():
        return []
    what = "Planen följs upp" if agreement.conversation.kind == ConversationKind.SIP else "Nästa samtal är"
    return [Lack(f"{what} {say_date(day)}. Skriv en dag som ligger framåt.", "write_common", "Skriv en ny dag")]


def _unshared(agreement: Agreement, parties: Sequence[Party]) -> list[Lack]:
    sections, found = sections_by_party(agreement), []
    for party in parties:
        section = sections.get(party.pk)
        left = not_told(section, party, parties)
        if section is not None and section.shared_at is not None and not left:
            continue
        ours = party.agency_id == agreement.conversation.agency_id
        others = f" för {say_list([agency.name for agency in left])}" if section and section.shared_at else ""
        assert party.agency is not None
        if ours:
            found.append(Lack(f"Er egen del är inte framlagd{others}.", "share_section", "Lägg fram er del"))
        else:
            found.append(Lack(f"{party.agency.name} har inte lagt fram sin del{others}."))
    return found


def _sip_lacks(agreement: Agreement, parties: Sequence[Party], tasks: dict[int, list[Commitment]]) -> list[Lack]:
    """The four mandatory parts, and the day to follow the plan up."""
    found, common = [], ("write_common", "Skriv det gemensamma")
    if not agreement.needs:
        found.append(Lack("Skriv vilka insatser som behövs.", *common))
    busy = {party.agency.organisation_id for party in parties if party.agency and tasks.get(party.pk)}
    lazy = [agency for agency in principals_in(parties) if agency.organisation_id not in busy]
    for agency in {agency.organisation_id: agency for agency in lazy}.values():
        ours = agency.pk == agreement.conversation.agency_id
        says = Lack("Skriv vad ni själva ska göra.", "add_commitment", "Skriv en uppgift")
        found.append(says if ours else Lack(f"{agency.name} har inte skrivit vad den ska göra."))
    if not agreement.others:
        found.append(Lack("Skriv vad andra gör, till exempel familjen. Skriv ”inget” om det är så.", *common))
    if agreement.lead_id not in {agency.pk for agency in principals_in(parties)}:
        found.append(Lack("Välj vem som leder planen: kommunen eller regionen.", *common))
    if agreement.next_on is None:
        found.append(Lack("Skriv vilken dag planen följs upp.", *common))
    return found


# ---------- what a version waits for ----------
def newest_version(agreement: Agreement | None) -> AgreementVersion | None:
    if agreement is None:
        return None
    return AgreementVersion.objects.filter(agreement=agreement).order_by("-number").first()


def answers_by_party(version: AgreementVersion) -> dict[int, AgreementAnswer]:
    """The newest answer of each party to a version."""
    rows = AgreementAnswer.objects.filter(version=version).select_related("member__user", "party").order_by("at", "pk")
    return {row.party_id: row for row in rows}


def waited_for(version: AgreementVersion) -> list[Party]:
    """Whose answer is missing: agencies with a living copy that have not confirmed, and the participant.

    The participant is waited for also where its copy was taken back: nothing is agreed without them. An agency that has
    lost its access is not.
    """
    answers = answers_by_party(version)
    copies = AgreementCopy.objects.filter(party_lives("party__"), version=version).select_related("party__agency")
    found = []
    for copy in copies:
        answer = answers.get(copy.party_id)
        if copy.party.kind == PartyKind.PARTICIPANT:
            missing = answer is None
        else:
            missing = copy.withdrawn_at is None and (answer is None or answer.verdict != AgreementVerdict.CONFIRMED)
        if missing:
            found.append(copy.party)
    return found


def is_newest(version: AgreementVersion) -> bool:
    later = AgreementVersion.objects.filter(agreement=version.agreement_id, number__gt=version.number)
    return not later.exists()
