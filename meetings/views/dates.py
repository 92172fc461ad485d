"""The date of a calendar file taken into the form of a meeting: filled in, and nothing saved (issue 8.5)."""

from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from meetings.forms.series import FILE, FROM_FILE, CalendarFileForm
from meetings.ical.dates import LARGEST, TOO_LARGE, NoDate, date_in
from workspace.doors import AnyHatRequest

TYPED = ("day", "begins", "ends", "place", "link", "joined_group")
DONE = "Datum och tid är hämtade ur filen. Läs igenom och spara."
ONLY_DAY = "Mötet i filen är hela dagen, så bara dagen är hämtad. Skriv tiderna och spara."
NO_END = "Dag och början är hämtade ur filen, men den säger inte när mötet slutar samma dag. Skriv det och spara."


@dataclass(frozen=True)
class Taken:
    """What the form begins with: what was typed, and over it what the file says. `said`: what was done."""

    form: CalendarFileForm
    values: dict[str, Any] = field(default_factory=dict)
    said: str = ""


NOT_ASKED = Taken(CalendarFileForm())


def asks_for_file(request: AnyHatRequest) -> bool:
    """Also where a file was chosen and the form was sent by its own button: then it is meant, and not read yet."""
    return request.method == "POST" and (FROM_FILE in request.POST or FILE in request.FILES)


def take_date(request: AnyHatRequest) -> Taken:
    """What a form of a meeting is to begin with when a file has been asked for; its errors say why nothing was taken.

    A place from a file is not neutral until somebody says so.
    """
    form = CalendarFileForm(request.POST, request.FILES)
    typed: dict[str, Any] = {name: request.POST.get(name, "") for name in TYPED}
    typed["place_is_neutral"] = "place_is_neutral" in request.POST
    if not form.is_valid():
        return Taken(form, typed)
    file = form.cleaned_data[FILE]
    try:
        if file.size > LARGEST:
            raise NoDate(TOO_LARGE)
        found = date_in(file.read(), timezone.now())
    except NoDate as why:
        form.add_error(FILE, str(why))
        return Taken(form, typed)
    values = {**typed, "day": found.day}
    said = ONLY_DAY
    if found.begins:
        values |= {"begins": found.begins, "ends": found.ends or ""}
        said = DONE if found.ends else NO_END
    if found.place:
        values |= {"place": found.place, "place_is_neutral": False}
        said += " Platsen också."
    return Taken(form, values, f"{said} {found.note}".strip())
