"""How Swedish text sorts and is found, and how dates and counts are said. Pure functions."""

import unicodedata
from datetime import date, datetime, timedelta

from django.utils import timezone

MONTHS = ("jan.", "feb.", "mars", "april", "maj", "juni", "juli", "aug.", "sep.", "okt.", "nov.", "dec.")
FULL_MONTHS = (
    *("januari", "februari", "mars", "april", "maj", "juni"),
    *("juli", "augusti", "september", "oktober", "november", "december"),
)
WEEKDAYS = ("måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag")
NUMBERS = ("noll", "en", "två", "tre", "fyra", "fem", "sex", "sju", "åtta", "nio", "tio", "elva", "tolv")

# å, ä and ö are letters of their own after z; a Sámi letter comes after the letter it grew from.
_OWN_PLACE = {
    **{"å": "{a", "ä": "{b", "æ": "{b", "ö": "{c", "ø": "{c"},
    **{"č": "c{", "đ": "d{", "ŋ": "n{", "š": "s{", "ŧ": "t{", "ž": "z{"},
}
_PLAIN = {"đ": "d", "ŋ": "n", "ŧ": "t", "ø": "o", "æ": "a", "-": " "}


def search_key(text: str) -> str:
    """Folded for search: case, accents and å/a, ö/o differences fall away, as do hyphens."""
    plain = "".join(_PLAIN.get(letter, letter) for letter in text.casefold())
    stripped = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    return " ".join(stripped.split())


def sort_key(last_name: str, first_name: str) -> str:
    """Folded for sorting the way a Swedish telephone book does, on any database."""

    def fold(text: str) -> str:
        composed = unicodedata.normalize("NFC", text.casefold().replace("-", " "))
        folded = "".join(_OWN_PLACE.get(letter) or search_key(letter) or " " for letter in composed).strip()
        return folded.replace(" ", "!")  # so that the space after a name sorts before one inside it: Berg, Berg-Lind

    return f"{fold(last_name)} {fold(first_name)}"[:200]


def say_date(day: date) -> str:
    """«21 nov. 2026»."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def say_weekday_date(day: date) -> str:
    """«måndag 28 dec. 2026»."""
    return f"{WEEKDAYS[day.weekday()]} {say_date(day)}"


def say_full_date(day: date) -> str:
    """«21 november 2026»: for participants, who read months written out."""
    return f"{day.day} {FULL_MONTHS[day.month - 1]} {day.year}"


def say_full_weekday(day: date, today: date | None = None) -> str:
    """«torsdag 26 november»; with its year where it isn't within half a year."""
    far = abs((day - (today or timezone.localdate())).days) > 183
    said = say_full_date(day)
    return f"{WEEKDAYS[day.weekday()]} {said if far else said.rpartition(' ')[0]}"


def say_hour(at: datetime) -> str:
    """«klockan 10», «klockan 13.30»."""
    at = timezone.localtime(at)
    return f"klockan {at.hour}" + (f".{at.minute:02}" if at.minute else "")


def say_day(day: date, today: date | None = None) -> str:
    """«i dag», «i går», else the date."""
    today = today or timezone.localdate()
    if day == today:
        return "i dag"
    if day == today - timedelta(days=1):
        return "i går"
    return say_date(day)


def say_time(at: datetime) -> str:
    """«08.52»."""
    return timezone.localtime(at).strftime("%H.%M")


def say_moment(at: datetime) -> str:
    """«i dag, 08.52» or «30 okt. 2026, 14.20»."""
    return f"{say_day(timezone.localdate(at))}, {say_time(at)}"


# What is counted on a page and is «ett».
NEUTER = ("ärende", "samtycke", "fel", "möte", "beslut", "förslag", "dokument", "mått", "protokoll", "meddelande")


def say_count(number: int, one: str, many: str) -> str:
    """«en sak», «fyra saker», «13 saker»: numbers up to twelve in words."""
    word = NUMBERS[number] if 0 <= number < len(NUMBERS) else str(number)
    if number == 1 and one.endswith(NEUTER):
        word = "ett"
    return f"{word} {one if number == 1 else many}"


def say_list(words: list[str], last: str = "och") -> str:
    """«a», «a och b», «a, b och c»."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def parse_date(text: str) -> date | None:
    """A day as people write it: 2027-05-24, 24 maj 2027, 24/5 2027, 24.5.2027, 20270524. None if it is no day."""
    cleaned = " ".join(text.casefold().replace(",", " ").split())
    for pattern in ("%Y-%m-%d", "%Y%m%d", "%d/%m %Y", "%d/%m/%Y", "%d.%m.%Y"):
        try:
            return datetime.strptime(cleaned, pattern).date()
        except ValueError:
            continue
    parts = cleaned.replace(".", "").split()
    if len(parts) == 3 and parts[0].isdigit() and parts[2].isdigit() and len(parts[2]) == 4:
        for number, month in enumerate(MONTHS, start=1):
            if len(parts[1]) >= 3 and parts[1][:3] == month[:3]:
                try:
                    return date(int(parts[2]), number, int(parts[0]))
                except ValueError:
                    return None
    return None
