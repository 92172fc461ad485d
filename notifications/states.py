"""How much a notice asks of its reader, and how often a mail says that there is something to read. Pure data."""

from enum import Enum

from django.db import models


class Urgency(models.IntegerChoices):
    """In the order of consequence: the bell shows them so."""

    ACT = 1, "Väntar på dig"  # the reader, or their desk, must do something
    KNOW = 2, "Ändrar något för dig"  # a day, a right or a plan is another than before
    NEWS = 3, "Bra att veta"


class Reader(Enum):
    """Who at an agency a kind can reach, so that nobody has to choose about what never comes to them."""

    ANYBODY = "anybody"
    DESK = "desk"  # who works with the participants; managers have work lists instead
    MANAGER = "manager"


class DigestRhythm(models.TextChoices):
    """How often a mail tells of notices that are still unread. `NEVER` is a choice, and never a mail's."""

    DAILY = "daily", "Högst en gång om dagen"
    WEEKLY = "weekly", "En gång i veckan"
    NEVER = "never", "Aldrig"


class WebhookProblem(models.TextChoices):
    """Why an agency's own system did not get a message, or why its address is refused. A status is a number instead."""

    ADDRESS = "address", "Det är ingen adress som går att läsa. Kopiera den en gång till."
    SCHEME = "scheme", "Adressen ska börja med https://."
    PASSWORD = "password", "Adressen har ett namn eller lösenord i sig. Ge adressen utan."
    PORT = "port", "Adressen har ett portnummer. Ge en adress utan."
    HOST = "host", "Adressen leder inte till en publik server."
    INSIDE = "inside", "Adressen leder till ett internt nät, och dit skickas inget."
    UNKNOWN_HOST = "unknown_host", "Servern i adressen finns inte."
    NO_ANSWER = "no_answer", "Mottagaren svarade inte, eller inte som den ska."
    SLOW = "slow", "Mottagaren svarade inte inom tio sekunder."
    CERTIFICATE = "certificate", "Mottagaren kunde inte visa att den är den rätta (certifikatet)."
    REDIRECT = "redirect", "Mottagaren skickade vidare till en annan adress, och den följs inte."
    SEALED = "sealed", "Serverns egen nyckel är bytt. Ta bort kopplingen och gör den igen."
    STOPPED = "stopped", "Kopplingen stoppades innan meddelandet hade skickats."
    FAULT = "fault", "Något gick fel hos oss. Den som sköter Samverkansrum ser det i loggen."
