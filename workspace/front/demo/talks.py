"""The demo's three-party conversations: Mira's last one and her next, and one that waits for the social services."""

from typing import NamedTuple

PERSON, CONVENER, OTHER, OTHER_AGENCY = "mira", "soc-pitea", "af-pitea", "af-pitea"
PURPOSE = "börja arbetsträna"
PLACE = "Stadshuset, rum Älven"  # tells nothing of whom or why, so it may stand in calendars
EVERY = 3  # months

ABOUT_LAST = "Hur kan Mira börja arbetsträna, och vad behöver hon för att det ska gå?"
OWN_WORDS = (
    "Jag vill komma ut och träffa folk. Jag orkar två timmar om dagen. Jag är bra på att laga saker. "
    "På morgonen är det svårt."
)
GOALS = "Mira provar att arbetsträna två timmar om dagen från januari."
CONVENER_PART = "Vi följer med till platsen första gången."
OTHER_PART = "Vi söker en plats där man lagar saker, och som ligger nära bussen."


class TaskGiven(NamedTuple):
    """A task of the agreement: whose, what, by when in working days from today, and whether it is done."""

    party: str  # «deltagaren», or who at the agency writes it
    text: str
    days: int
    done: bool = False


TASKS = (
    TaskGiven("deltagaren", "Prova två timmar på Sinnesverkstaden", 8),
    TaskGiven(CONVENER, "Fråga om hjälp att åka dit", -2, done=True),
    TaskGiven(CONVENER, "Följa med första gången", 6),
    TaskGiven(OTHER, "Ta reda på vad som händer med Miras ersättning", 4),
)

WISH = "Jag undrar vad som händer med mina pengar om jag börjar."
ABOUT_NEXT = "Hur det går på Sinnesverkstaden, och vad som händer med ersättningen."
AHEAD, AT = 4, "10.00"  # working days from today, and the clock
QUESTION_SHOWN = "Får jag behålla min ersättning om jag börjar arbetsträna?"
QUESTION_OWN = "Kan jag börja klockan 10 i stället för 8?"

# Another agency's participant: the social services are asked which times work.
THEIRS, THEIR_CONVENER, THEY_ASK, THEIR_AGENCY = "ove", "af-pitea", "soc-pitea", "soc-pitea"
THEIR_ABOUT = "Vad som händer när praktiken tar slut i februari."
THEIR_PURPOSE = "planera vägen efter praktiken"
THEIR_DAYS = (6, 7, 9)
