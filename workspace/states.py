"""Closed lists of the ground floor. Pure data; what a city or an agreement may change lies in the database instead."""

from django.db.models import TextChoices


class AgencyKind(TextChoices):
    SOCIAL_SERVICES = "social_services", "socialtjänst"
    REGION_PSYCHIATRY = "region_psychiatry", "psykiatri"
    DISABILITY_ACT = "disability_act", "LSS"
    PUBLIC_EMPLOYMENT_SERVICE = "public_employment_service", "Arbetsförmedlingen"
    SOCIAL_INSURANCE_AGENCY = "social_insurance_agency", "Försäkringskassan"
    LABOUR_MARKET_UNIT = "labour_market_unit", "arbetsmarknadsenhet"


# The shape that stands before the name wherever an agency is mentioned (design.md 5).
AGENCY_SHAPES = {
    AgencyKind.SOCIAL_SERVICES: "soc",
    AgencyKind.REGION_PSYCHIATRY: "psyk",
    AgencyKind.DISABILITY_ACT: "lss",
    AgencyKind.PUBLIC_EMPLOYMENT_SERVICE: "af",
    AgencyKind.SOCIAL_INSURANCE_AGENCY: "fk",
    AgencyKind.LABOUR_MARKET_UNIT: "amv",
}


class MemberRole(TextChoices):
    CASEWORKER = "caseworker", "handläggare"
    MANAGER = "manager", "chef"
    REGISTRAR = "registrar", "registrator"


class SeatKind(TextChoices):
    ORDINARY = "ordinary", "ordinarie"
    DEPUTY = "deputy", "ersättare"


class CooperationState(TextChoices):
    SET_UP = "set_up", "förbereds"
    RUNNING = "running", "pågår"
    ENDED = "ended", "avslutad"


class CooperationRoleKind(TextChoices):
    COORDINATOR = "coordinator", "samordnare"
    CHAIR = "chair", "ordförande"
    STEERING = "steering", "styrgrupp"
    EVALUATOR = "evaluator", "följeutvärderare"
    ELECTED = "elected", "förtroendevald"


class Gender(TextChoices):
    """Legal sex, for the statistics that 2001:100 14 § asks for (L57). Women first, everywhere."""

    WOMAN = "woman", "Kvinna"
    MAN = "man", "Man"
    UNKNOWN = "unknown", "Uppgift saknas"


class ConsentForm(TextChoices):
    WRITTEN = "written", "Skriftligt"
    ORAL = "oral", "Muntligt"
    ELECTRONIC = "electronic", "Elektroniskt"
    WORKBOOK = "workbook", "Enligt arbetsbok"


class EndReason(TextChoices):
    """Why a disclosure ended."""

    WITHDRAWN = "withdrawn", "Samtycket är återkallat"
    RECALLED = "recalled", "Remissen är återtagen"
    TAKEN_BACK = "taken_back", "Den som berättade har tagit tillbaka det"


class AuditAct(TextChoices):
    READ = "read", "läste"
    REFRESH = "refresh", "läste igen"
    WRITE = "write", "skrev"
    DISCLOSE = "disclose", "lämnade ut"
    OPEN_WITH_REASON = "open_with_reason", "öppnade med skäl"
    REFUSED = "refused", "nekades"
    SIGN_IN = "sign_in", "loggade in"
    IMPORT = "import", "förde in"


# ---------- the participant's page ----------
class Channel(TextChoices):
    """How the participant hears that there is something to read. None is a choice like the others (L50)."""

    NONE = "none", "Inte alls"
    EMAIL = "email", "Mejl"
    SMS = "sms", "Sms"
    LETTER = "letter", "Brev"


class NeutralWords(TextChoices):
    """What a mail or SMS says, word for word. The participant chooses; none says from whom or about what (L50)."""

    PLAIN = "plain", "Du har något att läsa i Samverkansrum."
    SHORT = "short", "Du har något att läsa."
    REMINDER = "reminder", "Påminnelse: titta på din sida."


class InterpreterKind(TextChoices):
    SPOKEN = "spoken", "Tolk på plats"
    PHONE = "phone", "Tolk på telefon"
    SCREEN = "screen", "Tolk på skärm"
    SIGN = "sign", "Teckenspråkstolk"
    WRITTEN = "written", "Skrivtolk"


class HelpKind(TextChoices):
    HELP = "help", "Jag behöver hjälp"
    DISADVANTAGE = "disadvantage", "Jag känner mig missgynnad"
