"""The demo's cooperation group: who sits in it, the year behind it, its last meeting and its next."""

from datetime import time
from typing import NamedTuple

from meetings.states import Purpose, Section

GROUP = "Samverkansgruppen Piteå"
PLACE = "Stadshuset, rum Älven"  # tells nothing of whom or why, so it may stand in calendars
WEEKDAY, BEGINS, ENDS = 1, time(13), time(15)  # the third Tuesday
MONTHS_OFF = [7]
YEAR = 335  # calendar days that the group has met: the agencies have cooperated a little longer
CHAIR, SECRETARY, ARRANGER = "soc-pitea", "af-pitea", "samordnare"
MUNICIPALITY = "Piteå"


class SeatGiven(NamedTuple):
    """A desk's seat, and which of the year's meetings, 0 the last one, nobody came to from it."""

    agency: str
    ordinary: str
    deputies: tuple[str, ...]
    missed: tuple[int, ...] = ()


SEATS = (
    SeatGiven("soc-pitea", "soc-pitea", ("soc-pitea-2",)),
    SeatGiven("psyk-pitea", "psyk-pitea", ("psyk-pitea-2",), missed=(0, 1, 3, 6, 7)),
    SeatGiven("lss-pitea", "lss-pitea", ("lss-pitea-2",), missed=(5,)),
    SeatGiven("af-pitea", "af-pitea", ("af-pitea-2",)),
    SeatGiven("fk-norr", "fk-norr", ("fk-norr-2",), missed=(2, 8)),
    SeatGiven("amv-pitea", "amv-pitea", ("tva-hattar/amv-pitea",), missed=(4,)),
)


class ItemGiven(NamedTuple):
    """An item beside the template's. A presenter without a member is the coordinator."""

    title: str
    presenter: str
    purpose: Purpose
    minutes: int
    note: str = ""
    decision: str = ""


class ActionGiven(NamedTuple):
    """Who gets what to do, by when in working days from today (negative: late), and whether it is done."""

    text: str
    agency: str
    who: str
    days: int
    done: bool = False


# The template's items of the last meeting: the start of the title, and what was written.
NOTES = (
    ("Runda", "Socialtjänsten har en ny handläggare från december. Försäkringskassan har längre svarstider i höst."),
    ("Uppgifter", "Tre uppgifter är klara. Två tas upp igen nästa gång."),
    ("Nästa möte", "Nästa möte blir som vanligt den tredje tisdagen."),
)
NO_DEVIATION = "Siffrorna är som förra månaden."
GENDER = "Fler män än kvinnor har fått praktik i höst, sju mot tre. Vi följer det en månad till innan vi ändrar något."
LAST_ITEMS = (
    ItemGiven(
        "Gemensam blankett för praktik",
        "af-pitea",
        Purpose.DECISION,
        15,
        "Fyra blanketter används i dag. Arbetsförmedlingens täcker det mesta men saknar en rad om anpassningar.",
        "Vi provar Arbetsförmedlingens blankett med en rad om anpassningar till och med mars.",
    ),
    ItemGiven(
        "Väntan på svar från psykiatrin",
        "",
        Purpose.DISCUSSION,
        20,
        "Ingen från psykiatrin var med. Frågan kommer tillbaka.",
    ),
)
ACTIONS = (  # under the items above, in turn
    ActionGiven("Lägga till en rad om anpassningar i blanketten", "af-pitea", "af-pitea", -4),
    ActionGiven("Fråga psykiatrins chef vem som kan komma i stället", "soc-pitea", "soc-pitea", 3),
    ActionGiven("Skicka den gamla blanketten till alla", "amv-pitea", "amv-pitea", -8, done=True),
    ActionGiven("Ta reda på hur länge ett svar brukar dröja", "psyk-pitea", "psyk-pitea", -2),
)
NEXT_ITEMS = (ItemGiven("Praktikplatser i vår", "af-pitea", Purpose.DECISION, 15),)
NEXT_AT = ("13.15", "13.30", "13.50", "14.10", "14.35")  # when the last meeting went to its next item
SECTION = Section.MATTERS


class ProposalGiven(NamedTuple):
    by: str
    title: str
    why: str


PROPOSALS = (
    ProposalGiven("fk-norr", "Väntrum för tolksamtal", "Flera har fått vänta i korridoren när tolken ringer upp."),
    ProposalGiven("af-pitea", "Studiebesök på Norrskensverkstaden", "De tar gärna emot oss i februari."),
)


class CaseGiven(NamedTuple):
    """A person on the next meeting's agenda, and whom the consent lets talk with each other."""

    person: str
    by: str
    circle: tuple[str, ...]
    question: str
    purpose: str


CASE = CaseGiven(
    "mira",
    "soc-pitea",
    ("soc-pitea", "psyk-pitea", "lss-pitea", "fk-norr"),
    "Mira vill börja arbetsträna i januari, två timmar om dagen. Hur ordnar vi resan och ersättningen?",
    "börja arbetsträna",
)
