"""What the participant's page shows, level 1: what may be seen on a lost phone (R28, R77, R78).

No surname, no birth year, nothing of what a consent says, nobody's reading. An agency whose name alone would tell of
care or support is called by what it is to anybody.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.http import Http404

from meetings.models import TimeOption
from meetings.queries.own_side import OwnTalk
from meetings.states import Answer, PartyKind
from workspace.models import Agency, Consent, ConsentRow, HelpRequest, Membership, Participant, Visit
from workspace.queries import consent_numbers
from workspace.rules import active_on, row_lives
from workspace.states import AgencyKind

# «Vuxenpsykiatrin» on a phone that somebody has found says what it must not.
PLAIN_NAMES = {AgencyKind.REGION_PSYCHIATRY: "Vården", AgencyKind.DISABILITY_ACT: "Kommunen"}
ALONG = {
    PartyKind.SUPPORT: "Din stödperson",
    PartyKind.INTERPRETER: "Tolk",
    PartyKind.EMPLOYER: "Arbetsgivare",
}


@dataclass(frozen=True)
class Somebody:
    """Who comes, as the participant's page says it. `shape` is the agency's; "" says nothing."""

    name: str
    shape: str


def plain_name(agency: Agency) -> str:
    """The agency's name as it may stand on a lost phone."""
    return PLAIN_NAMES.get(AgencyKind(agency.kind), agency.short_name)


def shape_of(agency: Agency) -> str:
    """The agency's shape, where its name may stand too."""
    return "" if AgencyKind(agency.kind) in PLAIN_NAMES else agency.shape


def company_of(talk: OwnTalk) -> list[Somebody]:
    """Who comes to a conversation, the participant first: of a caseworker the first name and where from."""
    found = []
    for party in talk.parties:
        if party.kind == PartyKind.PARTICIPANT:
            found.append(Somebody("Du", "person"))
        elif party.agency is not None:
            first = party.member.user.first_name if party.member else ""
            name = f"{first}, {plain_name(party.agency)}" if first else plain_name(party.agency)
            found.append(Somebody(name, shape_of(party.agency)))
        else:
            found.append(Somebody(ALONG[PartyKind(party.kind)], ""))
    return found


ANSWERS = {Answer.COMING: "Jag kommer", Answer.OTHER_TIME: "Annan tid", Answer.NOT_COMING: "Jag kan inte"}
NEW_FOR = timedelta(days=30)  # at somebody's first visit
LENGTHS = {30: "en halv timme", 60: "en timme", 90: "en och en halv timme", 120: "två timmar"}


@dataclass(frozen=True)
class ShownTalk:
    """A conversation with the words that its piece of the page is made of."""

    talk: OwnTalk
    company: list[Somebody]
    times: list[tuple[TimeOption, bool | None]]  # each proposed time with the answer to it, where there is one
    length: str
    answer: str  # the participant's own, in the button's words


def shown(talk: OwnTalk) -> ShownTalk:
    return ShownTalk(
        talk=talk,
        company=company_of(talk),
        times=[(option, talk.works.get(option.pk)) for option in talk.options],
        length=LENGTHS.get(talk.minutes, f"{talk.minutes} minuter"),
        answer=ANSWERS[Answer(talk.answer.answer)] if talk.answer else "",
    )


# ---------- consents ----------
@dataclass(frozen=True)
class Yes:
    """A consent by its number: what it says is shown at the office."""

    number: int
    consent: Consent
    rows: list[int]  # those that can be withdrawn
    until: date


def yeses_of(participant: Participant) -> list[Yes]:
    """The consents that live, each under the number it has among all that the participant has given."""
    rows: dict[int, list[ConsentRow]] = {}
    for row in ConsentRow.objects.filter(row_lives(), participant=participant).order_by("pk"):
        rows.setdefault(row.consent_id, []).append(row)
    numbers, given = consent_numbers(participant), Consent.objects.filter(pk__in=rows).order_by("pk")
    return [
        Yes(numbers[consent.pk], consent, [row.pk for row in mine], max(row.valid_until for row in mine))
        for consent in given
        if (mine := rows[consent.pk])
    ]


def access_yes(participant: Participant, pk: int) -> Yes:
    """One of the participant's living consents, or the same 404 as for one that does not exist."""
    found = next((yes for yes in yeses_of(participant) if yes.consent.pk == pk), None)
    if found is None:
        raise Http404
    return found


# ---------- somebody to talk to ----------
@dataclass(frozen=True)
class Talker:
    """Whom to phone: a first name, where they work, and the number."""

    name: str
    agency: str
    phone: str


def talker_of(participant: Participant, first: Membership | None = None) -> Talker | None:
    """Who answers the phone: whoever convenes the next conversation, else the first at the participant's own desk."""
    desk = Membership.objects.filter(active_on(), seats__function=participant.function, user__is_active=True)
    members = [first] if first else []
    members += desk.select_related("user", "agency").order_by("-seats__kind", "seats__order", "pk")
    for member in members:
        if member.user.phone:
            return Talker(member.user.first_name, plain_name(member.agency), member.user.phone)
    return None


def own_help(participant: Participant) -> list[HelpRequest]:
    """What the participant has asked for, the newest first."""
    found = HelpRequest.objects.filter(participant=participant)
    return list(found.select_related("answered_by__user", "answered_by__agency")[:10])


def signed(asked: HelpRequest) -> str:
    """Who has answered: a first name, and where they work."""
    by = asked.answered_by
    return ", ".join(filter(None, [by.user.first_name, plain_name(by.agency)])) if by else ""


def last_visit(visit: Visit) -> datetime:
    """When the participant's visit before this one began, in any browser: what came after that is new."""
    before = Visit.objects.filter(browser__participant=visit.browser.participant_id, began_at__lt=visit.began_at)
    return before.order_by("-began_at").values_list("began_at", flat=True).first() or visit.began_at - NEW_FOR
