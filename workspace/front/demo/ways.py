"""The demo's ways: Mira in her second phase, Linnéa near the first one's limit, Åke discharged; and who came before."""

from random import Random
from typing import Any, NamedTuple

from workspace.pathway.states import Outcome, YesNo
from workspace.states import Gender

BY, MANAGER, COORDINATOR = "soc-pitea", "soc-pitea-chef", "samordnare"
UNIT, UNIT_MANAGER = "amv-pitea", "amv-pitea-chef"
MIRA, LINNEA, AKE = "mira", "linnea", "ake"
TOLD, TOLD_PURPOSE, TOLD_DAYS = "af-pitea", "hitta en plats för arbetsträning", 180

OWN_WORDS = "Jag vill komma ut och träffa folk, och göra något där det märks att jag är där."
STRENGTHS = "Jag är noggrann och bra på att laga saker. Jag ger inte upp."
OWN_AREAS = {
    "everyday": "Morgnarna är svåra. Efter klockan tio går det bra.",
    "wishes": "Jag vill ha en plats där jag får laga saker.",
}
STAFF_AREAS = {
    "work": "Har gått fordonsprogrammet och arbetat två somrar på en verkstad.",
    "housing": "Bor i egen lägenhet sedan 2024.",
}


class StepGiven(NamedTuple):
    """A step: what, which agency (none: disputed), by when in working days from today, and whether it is done."""

    text: str
    agency: str
    days: int
    done: bool = False


GOAL = "Mira arbetstränar fyra timmar om dagen till sommaren"
STEPS = (
    StepGiven("Besöka Sinnesverkstaden tillsammans", "soc-pitea", -8, done=True),
    StepGiven("Hitta en plats där man lagar saker", "af-pitea", 15),
    StepGiven("Ta reda på vad som händer med ersättningen", "fk-norr", 10),
    StepGiven("Hjälp att ta sig dit de första veckorna", "", 12),
)
WHERE, HOURS = "Sinnesverkstaden", 8
# Her own ratings: working days ago, and a value for each of the five statements.
RATINGS = ((24, (3, 4, 3, 3, 2)), (17, (4, 4, 4, 3, 3)), (10, (4, 5, 5, 5, 4)), (3, (5, 6, 6, 5, 6)))
NEXT_PHASE = "Kartläggningen är klar, och Mira vill prova."

# What is remembered of those who came before: when it was taken in (working days ago), how many, and how long before
# that day the last one was discharged (calendar days).
BEFORE = ((250, 130, 10), (95, 110, 4))
PLANNED = {Gender.WOMAN: 4, Gender.MAN: 5}
CHANGE = "Kvinnor får frågan om praktik lika tidigt som män. Arbetsmarknadsenheten följer upp i februari."

OUTCOMES = {
    Outcome.WORK: 22,
    Outcome.STUDIES: 18,
    Outcome.SICKNESS_COMPENSATION: 13,
    Outcome.ACTIVITY_COMPENSATION: 9,
    Outcome.DISABILITY_ACT: 12,
    Outcome.CARE: 10,
    Outcome.BACK_TO_EMPLOYMENT_SERVICE: 11,
    Outcome.MOVED: 5,
}


def people_before(number: int, seed: int) -> list[dict[str, Any]]:
    """So many invented discharges, the same each time. `enrolled` and `ended` are calendar days before the last one."""
    chance = Random(seed)
    found = []
    for _ in range(number):
        made = chance.random() < 0.94
        completed = made and chance.random() < 0.5
        time = chance.random() < 0.7
        outcomes, weights = list(OUTCOMES), list(OUTCOMES.values())
        outcome = chance.choices(outcomes[:2], weights[:2])[0] if completed and chance.random() < 0.8 else None
        ended = chance.randrange(0, 300)
        found.append(
            {
                "gender": Gender.WOMAN if chance.random() < 0.46 else Gender.MAN,
                "birth_year": chance.randrange(1958, 2005),
                "enrolled": ended + chance.randrange(90, 600),
                "ended": ended,
                "plan_made": made,
                "plan_completed": completed,
                "completed_time": time,
                "path_identified": chance.random() < 0.9,
                "outcome": outcome or chance.choices(outcomes, weights)[0],
                "increased": chance.choices([YesNo.YES, YesNo.NO, ""], [64, 18, 18])[0],
                "picture": chance.choices([YesNo.YES, YesNo.NO], [80, 20])[0] if time else "",
            }
        )
    return found
