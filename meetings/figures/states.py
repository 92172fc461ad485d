"""Closed lists of the figures: what a goal may be made of, and what may be said of it. Pure data."""

from django.db.models import TextChoices


class Population(TextChoices):
    """Of whom a goal speaks."""

    DISCHARGED = "discharged", "alla som har skrivits ut"
    COMPLETED_PLAN = "completed_plan", "dem som har fullföljt sin plan"
    COMPLETED_TIME = "completed_time", "dem som har fullföljt sin tid"


class Event(TextChoices):
    """What a goal counts."""

    WORK_OR_STUDIES = "work_or_studies", "Arbete eller studier"
    INCREASED = "increased", "Mina möjligheter har ökat"
    PICTURE = "picture", "Jag ser vad jag kan göra"
    PLAN_MADE = "plan_made", "Har en handlingsplan"
    PATH_IDENTIFIED = "path_identified", "Har hittat sin väg"
    SUCCESS = "success", "Arbete, studier, ersättning, vård eller LSS"


# Events that only an answer tells: without one nobody knows, and non-response is counted (R90).
ANSWERED_EVENTS = frozenset({Event.INCREASED, Event.PICTURE})
# Events that say something about health: their threshold can't be lowered (L58; a benefit granted tells of it too).
HEALTH_EVENTS = frozenset({Event.INCREASED, Event.SUCCESS})


class Span(TextChoices):
    """Which discharges a goal counts, up to the month's end.

    All, and nothing else: two spans side by side would tell of the few people who lie between them.
    """

    ALL = "all", "Sedan starten"


class Verdict(TextChoices):
    MET = "met", "Uppfyllt"
    NOT_MET = "not_met", "Inte uppfyllt"
    CANNOT = "cannot", "Kan inte räknas"


class Did(TextChoices):
    """Where somebody of the discharged stands to a goal."""

    YES = "yes", "Ja"
    NO = "no", "Nej"
    NO_ANSWER = "no_answer", "Inte svarat"
    OUTSIDE = "outside", "Räknas inte i målet"
