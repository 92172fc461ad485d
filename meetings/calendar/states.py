"""What a person chooses of their calendar, and what becomes of an answer by mail. Pure data."""

from datetime import timedelta

from django.db.models import IntegerChoices, TextChoices

PAST = timedelta(days=60)  # how far back a feed goes
QUIET = timedelta(minutes=1)  # changes within it are one mail
MOST_ADDRESSES = 5  # feeds a person may have at a time


class Reminder(IntegerChoices):
    """Minutes before."""

    QUARTER = 15, "15 minuter innan"
    HOUR = 60, "1 timme innan"
    DAY = 1440, "1 dag innan"


class Method(TextChoices):
    """RFC 5546."""

    REQUEST = "REQUEST", "kallelse"
    CANCEL = "CANCEL", "återtagen"


class Outcome(TextChoices):
    """What became of an answer that came from a calendar."""

    TAKEN = "taken", "tagen"
    WAITING = "waiting", "väntar på att mötet öppnas"
    OLD = "old", "äldre än det som redan är svarat"
    NOTHING = "nothing", "säger inget som ska skrivas"
    REFUSED = "refused", "avvisad"


class Why(TextChoices):
    """Why an answer from a calendar became what it became: a code in the row and in the log."""

    NO_REPLY = "no_reply", "Filen är inget svar på en kallelse. Spara svaret som .ics eller .eml och försök igen."
    FORGED = "forged", "Avsändaren går inte att lita på."
    UNKNOWN = "unknown", "Svaret gäller ingen kallelse som du har fått härifrån."
    SENDER = "sender", "Svaret är någon annans, eller skickat från en annan adress än den du har här."
    ACCOUNT = "account", "Uppdraget som kallelsen gällde är avslutat."
    ENDED = "ended", "Du är inte längre kallad."
    OVER = "over", "Mötet är inställt eller avslutat. Då behövs inget svar."
    NO_DAY = "no_day", "Det är inget möte i serien den dagen."
    NOT_ASKED = "not_asked", "Du har inte fått frågan om du kommer."
    MOVED = "moved", "Tiden är ändrad. Svara på den nya kallelsen."
    OLDER = "older", "Du har svarat något annat senare. Det svaret gäller."
    MAYBE = "maybe", "Ett kanske skrivs inte. Svara ja eller nej när du vet."
    ROLE = "role", "I din roll svarar man inte på kallelsen."
    NOT_ALLOWED = "not_allowed", "Svaret gick inte att skriva. Öppna mötet och svara där."


class BusyProblem(TextChoices):
    """Why a person's own calendar gave no busy times: a code in the row and in the log, and what they can do."""

    ADDRESS = "address", "Det är ingen adress som går att läsa. Kopiera den en gång till ur kalenderprogrammet."
    SCHEME = "scheme", "Adressen ska börja med https:// eller webcal://. Kopiera den ur kalenderprogrammet."
    PASSWORD = "password", "Adressen har ett namn eller lösenord i sig. Ge den adress som kalendern är publicerad på."
    PORT = (
        "port",
        "Adressen har ett portnummer, och då hämtas inget. Ge adressen som kalendern är publicerad på.",
    )
    HOST = "host", "Adressen leder inte till en publik server. Ge den adress som kalendern är publicerad på."
    INSIDE = "inside", "Adressen leder till ett internt nät, och därifrån hämtas inget. Ladda upp en fil i stället."
    UNKNOWN_HOST = "unknown_host", "Servern i adressen finns inte. Kopiera adressen en gång till ur kalenderprogrammet."
    NO_ANSWER = "no_answer", "Servern svarade inte som den ska. Ett nytt försök görs varje timme."
    SLOW = "slow", "Servern svarade för långsamt. Ett nytt försök görs varje timme."
    CERTIFICATE = (
        "certificate",
        "Servern kunde inte visa att den är den rätta. Kopiera adressen en gång till.",
    )
    REDIRECT = (
        "redirect",
        "Adressen skickar vidare till en annan, och den följs inte. Ge den andra adressen.",
    )
    GONE = "gone", "Kalendern är inte publicerad där längre. Publicera den igen och ge den nya adressen."
    COMPRESSED = (
        "compressed",
        "Servern skickade kalendern packad, och den packas inte upp. Ladda upp en fil.",
    )
    TOO_LARGE = (
        "too_large",
        "Kalendern är större än 5 MB. Publicera bara när du är upptagen, eller en kortare tid.",
    )
    NO_CALENDAR = (
        "no_calendar",
        "Det är ingen kalender i formatet .ics. Välj det formatet i kalenderprogrammet.",
    )
    BROKEN = "broken", "Kalendern är avbruten eller trasig. Publicera den igen, eller spara filen på nytt."
    TOO_MUCH = "too_much", "Kalendern har fler händelser än vi kan räkna på. Publicera eller spara en kortare tid."
    SEALED = "sealed", "Adressen går inte att läsa längre, eftersom nyckeln som låser den är bytt. Ge adressen igen."
