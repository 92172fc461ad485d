"""One cell at a time: what it says, or why it cannot be read. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from difflib import SequenceMatcher

from workspace.front.importing.sheets import Column, Fault, Row, SheetRead
from workspace.swedish import parse_date, say_date, say_list

EXAMPLE_DAY = "2026-11-05"
EARLIEST = date(2000, 1, 1)
LIKE_ENOUGH = 0.55
SHOWN = 40
PHONE = re.compile(r"\+?[\d\s()/–-]+")
# Shapes that are dates to a reader, though perhaps of a day that does not exist.
SHAPED_AS_DAY = re.compile(r"\d{4}-\d{1,2}-\d{1,2}|\d{8}|\d{1,2}[/.]\d{1,2}[ /.]\d{4}")
SHORT_DAY = re.compile(r"(\d{1,2})[/.](\d{1,2})[\s.-]*(\d{2})")


class RowCheck:
    """Collects the faults of one row. A column is faulted once: its first fault is the one to mend."""

    def __init__(self, read: SheetRead, row: Row, today: date) -> None:
        self.read, self.row, self.today = read, row, today
        self.faults: dict[str, Fault] = {}
        self.columns = {column.name: column for column in read.sheet.columns}
        for column in read.sheet.columns:
            self._check_text(column, row.cells[column.name])

    def __getitem__(self, column: str) -> str:
        return self.row.cells[column]

    def fault(self, column: str, sentence: str) -> None:
        """Note what is wrong, unless something already is."""
        self.faults.setdefault(column, Fault(self.read.file, sentence, self.row.number, column))

    def sound(self, *columns: str) -> bool:
        """Nothing is wrong with these columns so far."""
        return not any(column in self.faults for column in columns)

    def said(self, column: str) -> str:
        """The cell between quotation marks, or "det som står" where it may tell of a person."""
        text = self[column]
        if self.columns[column].private:
            return "Det som står här"
        return f"”{text if len(text) <= SHOWN else text[:SHOWN] + '…'}”"

    def _check_text(self, column: Column, text: str) -> None:
        name = column.name
        if not text:
            if column.required:
                self.fault(name, EMPTY.get(name, "Cellen är tom. Fyll i den."))
        elif any(unicodedata.category(letter) in {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"} for letter in text):
            self.fault(name, "Cellen har ett tecken som inte syns, till exempel en radbrytning. Skriv om cellen.")
        elif "\N{REPLACEMENT CHARACTER}" in text:
            self.fault(name, "Ett tecken i cellen är trasigt (�). Skriv om cellen och spara som CSV UTF-8.")
        elif looks_like_formula(text):
            self.fault(name, f"{self.said(name)} ser ut som en formel. Skriv bara text.")
        elif len(text) > column.longest:
            self.fault(name, f"Texten är {len(text)} tecken. Den får vara högst {column.longest}. Korta den.")

    def day(self, column: str) -> date | None:
        """The cell as a day, not in the future. None if it is blank or wrong."""
        if not self[column] or not self.sound(column):
            return None
        day = parse_date(self[column])
        if day is None:
            self.fault(column, self._why_no_day(column))
        elif day > self.today:
            self.fault(column, f"{say_date(day)} ligger i framtiden. Skriv dagen då det hände, eller rätta året.")
        elif day < EARLIEST:
            self.fault(column, f"{self.said(column)} ligger för långt tillbaka. Rätta året.")
        else:
            return day
        return None

    def _why_no_day(self, column: str) -> str:
        text = " ".join(self[column].split())
        if SHAPED_AS_DAY.fullmatch(text):
            return f"{self.said(column)} finns inte i kalendern. Skriv en dag som finns, till exempel {EXAMPLE_DAY}."
        return f"{self.said(column)} är inget datum. Skriv till exempel {guessed_day(text) or EXAMPLE_DAY}."

    def one_of(self, column: str, words: Iterable[str], *, what: str) -> str:
        """The cell casefolded, if it is one of the words. Empty otherwise; a wrong one is faulted with them all."""
        text = self[column].casefold()
        if not text or not self.sound(column):
            return ""
        wanted = {word.casefold(): word for word in words}
        if text in wanted:
            return text
        self.fault(column, f"{self.said(column)} är {what}. Skriv {say_list(list(wanted.values()), 'eller')}.")
        return ""


EMPTY = {
    "Samtycke": (
        "Samtycke saknas, och utan det kan remissen inte föras in. "
        f"Skriv dagen då personen lämnade det, till exempel {EXAMPLE_DAY}."
    ),
    "Skickad": f"Cellen är tom. Skriv dagen då remissen skickades, till exempel {EXAMPLE_DAY}.",
}


def looks_like_formula(text: str) -> bool:
    """What a spreadsheet would run: it must not travel further. Telephone numbers and a lone dash are fine."""
    if text[0] in "=@":
        return True
    return text[0] in "+-" and not PHONE.fullmatch(text)


def guessed_day(text: str) -> str:
    """What somebody who wrote «5/11 -26» meant. Empty if there is no telling."""
    short = SHORT_DAY.fullmatch(text)
    if short is None:
        return ""
    try:
        return date(2000 + int(short[3]), int(short[2]), int(short[1])).isoformat()
    except ValueError:
        return ""


def nearest(text: str, names: dict[str, str]) -> str:
    """« Menade du psyk-pitea?», or nothing when none is near. `names` maps what may be written to what to suggest."""
    best, score = "", LIKE_ENOUGH
    for name, suggestion in names.items():
        likeness = SequenceMatcher(None, text.casefold(), name.casefold()).ratio()
        if likeness > score:
            best, score = suggestion, likeness
    return f" Menade du {best}?" if best else ""
