"""What the demo's people have said yes and no to."""

from typing import NamedTuple

from workspace.front.demo.cast import PITEA
from workspace.states import ConsentForm


class ConsentGiven(NamedTuple):
    """One occasion. `days_left` counts calendar days from today; `back` is what the receiver may tell the sender."""

    key: str
    person: str
    by: str
    days_ago: int
    at: str
    to: str
    tells: tuple[str, ...]
    purpose: str
    days_left: int
    form: ConsentForm = ConsentForm.WRITTEN
    limits: str = ""
    back: tuple[str, ...] = ()
    # The cooperation whose coordinator may follow the referral by its number.
    follow_up: str = PITEA
    by_import: bool = False


BASE = ("identity", "question")
F = ConsentForm
CONSENTS = (
    ConsentGiven(
        "mira-psyk",
        "mira",
        "soc-pitea",
        19,
        "10.15",
        "psyk-pitea",
        (*BASE, "social", "health"),
        "ordna en samtalskontakt",
        154,
        limits="Ingenting om ekonomi och ingenting om tidigare insatser.",
        back=("status", "answer"),
    ),
    ConsentGiven(
        "mira-fk", "mira", "soc-pitea", 56, "13.30", "fk-norr", (*BASE, "work"), "söka aktivitetsersättning", 120
    ),
    ConsentGiven(
        "linnea-lss",
        "linnea",
        "soc-pitea",
        52,
        "09.40",
        "lss-pitea",
        (*BASE, "social"),
        "söka ledsagarservice",
        12,
        limits="Ingenting om förra praktiken.",
        back=("status", "answer"),
    ),
    ConsentGiven(
        "linnea-fk",
        "linnea",
        "soc-pitea",
        14,
        "14.05",
        "fk-norr",
        (*BASE, "work", "social"),
        "samordna rehabiliteringen",
        200,
        F.ELECTRONIC,
        back=("status", "answer"),
    ),
    ConsentGiven(
        "ake-fk",
        "ake",
        "soc-pitea",
        16,
        "10.30",
        "fk-norr",
        (*BASE, "health", "work"),
        "pröva rätten till sjukersättning",
        170,
        limits="Åke säger nej till att vi berättar om hans ekonomi.",
    ),
    ConsentGiven("ake-amv", "ake", "soc-pitea", 11, "15.10", "amv-pitea", BASE, "ordna arbetsträning", 90, F.ORAL),
    ConsentGiven(
        "ante-psyk",
        "ante",
        "soc-pitea-2",
        4,
        "11.20",
        "psyk-pitea",
        (*BASE, "health"),
        "få en bedömning",
        180,
        limits="Ánte vill själv berätta om sin familj.",
    ),
    ConsentGiven(
        "nadia-psyk",
        "nadia",
        "soc-pitea-2",
        21,
        "13.00",
        "psyk-pitea",
        (*BASE, "health", "social"),
        "ordna en samtalskontakt",
        110,
        F.ORAL,
    ),
    # Read from a workbook once, and not yet confirmed by the agency.
    ConsentGiven(
        "orjan-af",
        "orjan",
        "soc-pitea",
        9,
        "08.45",
        "af-pitea",
        BASE,
        "remissen i arbetsboken",
        352,
        F.WORKBOOK,
        follow_up="",
        by_import=True,
    ),
    ConsentGiven(
        "maija-soc",
        "maija",
        "psyk-pitea",
        2,
        "14.30",
        "soc-pitea",
        (*BASE, "social"),
        "söka boendestöd",
        175,
        limits="Inget om diagnoser eller mediciner.",
        back=("status", "answer"),
    ),
    ConsentGiven(
        "maija-af", "maija", "psyk-pitea", 8, "10.00", "af-pitea", (*BASE, "work"), "utreda arbetsförmågan", 160
    ),
    ConsentGiven(
        "sixten-af", "sixten", "psyk-pitea", 61, "09.15", "af-pitea", (*BASE, "work"), "pröva lönestöd", 60, F.ORAL
    ),
    ConsentGiven("emil-soc", "emil", "lss-pitea", 20, "10.45", "soc-pitea", (*BASE, "social"), "söka boendestöd", 130),
    # Ran out three days ago: access has ended, and the referral waits for a renewal.
    ConsentGiven("emil-amv", "emil", "lss-pitea", 34, "13.15", "amv-pitea", (*BASE, "work"), "ordna arbetsträning", -3),
    ConsentGiven(
        "inga-psyk",
        "inga",
        "lss-pitea",
        37,
        "09.00",
        "psyk-pitea",
        (*BASE, "social", "health"),
        "få en utredning",
        140,
        back=("status", "answer"),
    ),
    ConsentGiven(
        "inga-amv", "inga", "lss-pitea", 55, "14.00", "amv-pitea", BASE, "hitta en praktikplats", 75, F.ELECTRONIC
    ),
    ConsentGiven(
        "ove-soc", "ove", "af-pitea", 17, "09.30", "soc-pitea", (*BASE, "work"), "reda ut boendestödet", 100, F.ORAL
    ),
    ConsentGiven(
        "samira-psyk", "samira", "af-pitea", 63, "11.00", "psyk-pitea", (*BASE, "work"), "få en utredning", 45
    ),
    # No to follow-up: the coordinator counts the referral and sees no row.
    ConsentGiven(
        "gunbritt-psyk",
        "gunbritt",
        "fk-norr",
        5,
        "10.10",
        "psyk-pitea",
        (*BASE, "health"),
        "få ett underlag för rehabiliteringen",
        150,
        limits="Samordnaren ska inte följa remissen.",
        follow_up="",
    ),
    ConsentGiven(
        "tuva-psyk", "tuva", "amv-pitea", 48, "13.45", "psyk-pitea", (*BASE, "work"), "ordna en samtalskontakt", 115
    ),
    ConsentGiven(
        "daniel-af",
        "daniel",
        "tva-hattar/amv-pitea",
        13,
        "09.20",
        "af-pitea",
        (*BASE, "work"),
        "utreda arbetsförmågan",
        165,
    ),
    ConsentGiven("tuva-af", "tuva", "amv-pitea", 21, "09.30", "af-pitea", (*BASE, "work"), "söka lönestöd", 150),
    ConsentGiven("samira-soc", "samira", "af-pitea", 31, "10.15", "soc-pitea", BASE, "söka boendestöd", 140),
    ConsentGiven("nadia-lss", "nadia", "soc-pitea-2", 16, "13.10", "lss-pitea", BASE, "söka daglig verksamhet", 120),
    ConsentGiven("orjan-fk", "orjan", "soc-pitea", 8, "09.50", "fk-norr", BASE, "samordna rehabiliteringen", 100),
    ConsentGiven("inga-fk", "inga", "lss-pitea", 29, "10.40", "fk-norr", BASE, "söka aktivitetsersättning", 110),
    ConsentGiven("ove-psyk", "ove", "af-pitea", 26, "14.20", "psyk-pitea", BASE, "ordna en samtalskontakt", 90),
)
