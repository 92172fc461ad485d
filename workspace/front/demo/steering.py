"""The demo's steering group: who sits in it, two meetings behind it, what they decided, and the next one."""

from datetime import time
from typing import NamedTuple

from meetings.steering.states import DocumentKind

GROUP = "Styrgruppen"
PLACE = "Stadshuset, Kommunstyrelsens rum"
MUNICIPALITY = "Piteå"
CHAIR, ARRANGER = "ordforande", "samordnare"
BEGINS, ENDS = time(9), time(11)
QUORUM = 3
BEGAN = 175  # working days ago, when the group was made: after the first routine, before the first meeting
FIRST, SECOND = 68, 40  # working days ago: the meetings that were held
AHEAD = 17  # calendar days or a few more until the next

# A desk's seat and who has it. LSS-handläggningen has none, which the agenda says.
SEATS = (
    ("soc-pitea", "soc-pitea-chef"),
    ("psyk-pitea", "psyk-pitea-chef"),
    ("af-pitea", "af-pitea-chef"),
    ("fk-norr", "fk-norr-chef"),
    ("amv-pitea", "amv-pitea-chef"),
)
MISSED = {SECOND: ("fk-norr-chef",)}
ADJUSTER = "soc-pitea-chef"


class DecisionGiven(NamedTuple):
    """What was decided under which kind of item, who answers for it, and by when: working days from today."""

    kind: str
    text: str
    proposals: str
    why: str
    owner: str
    days: int
    indicator: str = ""
    against: tuple[str, ...] = ()
    dissent: str = ""


DECISIONS = {
    FIRST: DecisionGiven(
        "gender_equality",
        "Varje myndighet frågar kvinnor och män om praktik vid samma samtal.",
        "Samordnaren föreslog samma fråga till alla. Arbetsförmedlingen föreslog att vänta ett halvår.",
        "Fler män än kvinnor har fått arbete eller studier.",
        "amv-pitea-chef",
        12,
        "goal:completed_plan.work_or_studies.all",
        ("af-pitea-chef",),
        "Arbetsförmedlingen vill se ett halvårs siffror till först.",
    ),
    SECOND: DecisionGiven(
        "disputes",
        "En remiss som två myndigheter lämnar tillbaka tas upp mellan cheferna inom tio arbetsdagar.",
        "Socialtjänsten föreslog tio arbetsdagar.",
        "Sex remisser var utan ansvarig i mer än en månad.",
        "soc-pitea-chef",
        -3,
    ),
}
NO_DEVIATION = "Skillnaderna är så små att slumpen räcker som förklaring."
NOTES = {
    FIRST: "Arbetsmarknadsenheten börjar i januari och berättar vid nästa möte.",
    SECOND: "Försäkringskassan var inte med. Frågan om väntetider tas upp igen.",
}


class ProposalGiven(NamedTuple):
    by: str
    title: str
    why: str
    wanted: str
    link: str = ""


PROPOSALS = (
    ProposalGiven(
        "psyk-pitea-chef",
        "Gemensam introduktion för nya handläggare",
        "Sex nya handläggare börjar i vår, på fyra myndigheter.",
        "Vi ger samordnaren i uppdrag att hålla en introduktion i mars.",
    ),
    ProposalGiven(
        "af-pitea-chef",
        "Plats för trepartssamtal",
        "Samtalen hålls i korridorsrum där det hörs ut.",
        "Arbetsförmedlingen upplåter ett rum på tisdagar.",
    ),
)


class DocumentGiven(NamedTuple):
    """A routine or a mandate, when it was published (working days ago), and who has adopted and read it."""

    kind: DocumentKind
    title: str
    text: str
    published: int
    adopted: tuple[str, ...]
    read: tuple[str, ...]


DOCUMENTS = (
    DocumentGiven(
        DocumentKind.ROUTINE,
        "Remiss mellan myndigheter",
        "Den som skickar en remiss skriver vad frågan gäller och när svar behövs.\n\n"
        "Den som tar emot säger inom fem arbetsdagar om remissen är rätt adresserad.\n\n"
        "Ingen remiss lämnas tillbaka utan ett skäl och ett förslag på annan mottagare.",
        170,
        ("soc-pitea-chef", "psyk-pitea-chef", "amv-pitea-chef"),
        ("soc-pitea", "psyk-pitea", "amv-pitea"),
    ),
    DocumentGiven(
        DocumentKind.MANDATE,
        "Vad samverkan gör och inte gör",
        "Samverkan Piteå samordnar insatser för den som behöver stöd från flera myndigheter.\n\n"
        "Samverkan fattar inga beslut om ersättning eller insatser. Det gör varje myndighet.",
        168,
        ("soc-pitea-chef", "af-pitea-chef"),
        ("soc-pitea", "af-pitea", "lss-pitea"),
    ),
)
# Who puts in time: the agency's manager, hours a month, and the budget line.
TIME = (
    ("soc-pitea-chef", 24, "Projekt 4711"),
    ("psyk-pitea-chef", 12, "Kostnadsställe 3120"),
    ("af-pitea-chef", 16, "Verksamhet 62"),
)
