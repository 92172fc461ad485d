"""Closed lists of the participant's way. Pure data; phases and kinds of activity lie in the database instead."""

from django.db.models import TextChoices


class EnrolmentState(TextChoices):
    ONGOING = "ongoing", "Pågår"
    DISCHARGED = "discharged", "Utskriven"


class PhaseVerb(TextChoices):
    """What was decided about a phase (R59)."""

    BEGIN = "begin", "Fasen började"
    EXTEND = "extend", "Fasen fick längre tid"
    NEXT = "next", "Nästa fas"
    END = "end", "Avslut"


class Area(TextChoices):
    """The nine areas of the assessment (R33). Health is disclosed by itself."""

    WORK = "work", "Arbete och utbildning"
    INCOME = "income", "Ekonomi och försörjning"
    HOUSING = "housing", "Boende"
    HEALTH = "health", "Hälsa"
    EVERYDAY = "everyday", "Vardag"
    NETWORK = "network", "Familj och nätverk"
    LEISURE = "leisure", "Fritid och intressen"
    LANGUAGE = "language", "Språk och att läsa och skriva"
    WISHES = "wishes", "Vad jag vill"


class Voice(TextChoices):
    """Whose words: the participant's are never changed by staff (R35)."""

    PARTICIPANT = "participant", "Deltagarens egna ord"
    STAFF = "staff", "Handläggarens ord"


class StepState(TextChoices):
    OPEN = "open", "Kvar att göra"
    DONE = "done", "Klart"
    DROPPED = "dropped", "Görs inte"


class PlanVerb(TextChoices):
    """What stands in a plan's history."""

    WRITE = "write", "skrev i planen"
    GOAL = "goal", "skrev ett mål"
    GOAL_REMOVED = "goal_removed", "tog bort ett mål"
    STEP = "step", "skrev ett steg"
    STEP_DONE = "step_done", "gjorde ett steg klart"
    STEP_OPEN = "step_open", "öppnade ett steg igen"
    STEP_DROPPED = "step_dropped", "tog bort ett steg"
    DISPUTE = "dispute", "sa att ansvaret är oklart"
    SETTLE = "settle", "sa vem som har ansvaret"
    PATH = "path", "skrev vägen vidare"
    SEND = "send", "visade planen för deltagaren"
    CONFIRM = "confirm", "sa att planen stämmer"
    DIFFER = "differ", "ser det annorlunda"


class PlanVerdict(TextChoices):
    CONFIRMED = "confirmed", "Planen stämmer"
    DIFFERS = "differs", "Jag ser det annorlunda"


class DischargeReason(TextChoices):
    """Why the way ended here (R39, R60)."""

    COMPLETED = "completed", "Har fullföljt sin tid"
    NEEDS_TREATMENT = "needs_treatment", "Behöver vård eller behandling först"
    OTHER_SUPPORT = "other_support", "Annat stöd passar bättre"
    OWN_WISH = "own_wish", "Vill inte fortsätta"
    MOVED = "moved", "Har flyttat"


class Outcome(TextChoices):
    """What came of it. A benefit granted, care and LSS count as success (R70)."""

    WORK = "work", "Arbete"
    STUDIES = "studies", "Studier"
    SICKNESS_COMPENSATION = "sickness_compensation", "Sjukersättning"
    ACTIVITY_COMPENSATION = "activity_compensation", "Aktivitetsersättning"
    DISABILITY_ACT = "disability_act", "LSS-insats"
    CARE = "care", "Vård"
    BACK_TO_EMPLOYMENT_SERVICE = "back_to_employment_service", "Åter till Arbetsförmedlingen"
    MOVED = "moved", "Flyttat"


WORK_OR_STUDIES = frozenset({Outcome.WORK, Outcome.STUDIES})
SUCCESS = WORK_OR_STUDIES | {
    Outcome.SICKNESS_COMPENSATION,
    Outcome.ACTIVITY_COMPENSATION,
    Outcome.DISABILITY_ACT,
    Outcome.CARE,
}


class Income(TextChoices):
    """What somebody lives on (R68, R69)."""

    WAGE = "wage", "Lön"
    STUDY_SUPPORT = "study_support", "Studiemedel"
    UNEMPLOYMENT_BENEFIT = "unemployment_benefit", "A-kassa"
    ACTIVITY_SUPPORT = "activity_support", "Aktivitetsstöd"
    SICKNESS_BENEFIT = "sickness_benefit", "Sjukpenning"
    SICKNESS_COMPENSATION = "sickness_compensation", "Sjukersättning"
    ACTIVITY_COMPENSATION = "activity_compensation", "Aktivitetsersättning"
    INCOME_SUPPORT = "income_support", "Försörjningsstöd"
    WITHOUT_BENEFIT = "without_benefit", "Ingen egen inkomst eller ersättning"
    OTHER = "other", "Annat"
    NOT_STATED = "not_stated", "Uppgift saknas"


class YesNo(TextChoices):
    """An answer to a question at discharge. Empty is no answer, and is counted as such (R90)."""

    YES = "yes", "Ja"
    NO = "no", "Nej"


class Part(TextChoices):
    """What can be told to another agency, part by part."""

    PHASE = "phase", "Var på vägen"
    PLAN = "plan", "Handlingsplanen"
    ASSESSMENT = "assessment", "Kartläggningen"
    HEALTH = "health", "Kartläggningen: hälsa"
    ACTIVITIES = "activities", "Aktiviteter"


class Equal(TextChoices):
    """The question about women and men, after every activity (R43)."""

    YES = "yes", "Ja"
    PARTLY = "partly", "Delvis"
    NO = "no", "Nej"
    UNSURE = "unsure", "Vet inte"


class Statement(TextChoices):
    """What the participant rates from 1 to 10, time after time (R40)."""

    EVERYDAY = "everyday", "Jag klarar min vardag"
    WELLBEING = "wellbeing", "Jag mår bra"
    PEOPLE = "people", "Jag har människor omkring mig"
    BELIEF = "belief", "Jag tror på mig själv"
    CLOSER = "closer", "Jag är på väg mot arbete eller studier"
