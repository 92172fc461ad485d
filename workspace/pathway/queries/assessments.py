"""The assessment of a way as it reads: nine areas, two voices, what stood before. Ask only where it may be read."""

from dataclasses import dataclass, field

from workspace.pathway.models import AreaText, Enrolment
from workspace.pathway.states import Area, Voice

FORM_VERSION = 1  # of the questions below: a new wording is the next number, old answers stay with the old (R34)
# What is asked in each area, in words that are easy to read.
QUESTIONS = {
    Area.WORK: "Vad har du jobbat med? Vad har du gått för skola?",
    Area.INCOME: "Hur får du pengar i dag? Räcker de?",
    Area.HOUSING: "Hur bor du? Trivs du?",
    Area.HEALTH: "Hur mår du? Vad hjälper dig att må bra?",
    Area.EVERYDAY: "Hur ser en vanlig dag ut? Vad går bra?",
    Area.NETWORK: "Vilka har du runt dig? Vem hjälper dig?",
    Area.LEISURE: "Vad gör du gärna? Vad är du bra på?",
    Area.LANGUAGE: "Vilka språk talar du? Hur går det att läsa och skriva?",
    Area.WISHES: "Vad vill du ska bli annorlunda?",
}


@dataclass
class VoiceShown:
    """What one voice has said in one area: the newest text, and those before it, the latest first."""

    newest: AreaText | None = None
    earlier: list[AreaText] = field(default_factory=list)
    is_theirs: bool = False  # the participant has written here themselves

    @property
    def text(self) -> str:
        return self.newest.text if self.newest else ""

    @property
    def number(self) -> int:
        return self.newest.number if self.newest else 0


@dataclass(frozen=True)
class AreaShown:
    area: Area
    label: str
    question: str
    participant: VoiceShown
    staff: VoiceShown

    def voice(self, voice: Voice) -> VoiceShown:
        return self.participant if voice == Voice.PARTICIPANT else self.staff


def read_assessment(enrolment: Enrolment) -> list[AreaShown]:
    """The nine areas in their order, written in or not. One query."""
    found: dict[tuple[str, str], VoiceShown] = {}
    texts = AreaText.objects.filter(enrolment=enrolment).select_related("written_by__user").order_by("-number")
    for text in texts:
        shown = found.setdefault((text.area, text.voice), VoiceShown())
        shown.is_theirs |= text.browser_id is not None
        if shown.newest is None:
            shown.newest = text
        else:
            shown.earlier.append(text)
    return [
        AreaShown(
            area,
            area.label,
            QUESTIONS[area],
            found.get((area, Voice.PARTICIPANT), VoiceShown()),
            found.get((area, Voice.STAFF), VoiceShown()),
        )
        for area in Area
    ]


def read_area(enrolment: Enrolment, area: Area) -> AreaShown:
    """One of them."""
    return next(shown for shown in read_assessment(enrolment) if shown.area == area)
