"""The shape of how often a group meets, and of when one meeting is."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from meetings.forms.places import NeutralPlace, neutral_field
from meetings.models import Group, Meeting, Series
from meetings.queries.groups import groups_to_join
from meetings.queries.series import SHOWN, rule_of
from meetings.schedule import (
    EARLIEST,
    LATEST,
    MONTH_NAMES,
    Exceptions,
    coming,
    days_between,
    parse_time,
    same_week,
    say_clock,
    span,
    week_after,
)
from meetings.states import Ordinal, Repeats
from workspace.clocks import add_months, day_off
from workspace.forms import DayField, PlainText, ahead
from workspace.rules import Hat
from workspace.swedish import WEEKDAYS, say_date, say_weekday_date

RHYTHMS = {
    "monthly-1": "Varje månad",
    "monthly-2": "Varannan månad",
    "monthly-3": "Var tredje månad",
    "weekly-1": "Varje vecka",
    "weekly-2": "Varannan vecka",
    "weekly-3": "Var tredje vecka",
    "weekly-4": "Var fjärde vecka",
}


YEARS_AHEAD = 2  # nobody books a meeting later than that on purpose


def within_reach(day: date) -> None:
    """Refuse a day that has been, and one so far away that it must be a slip."""
    ahead(day)
    last = add_months(timezone.localdate(), 12 * YEARS_AHEAD)
    if day > last:
        raise ValidationError(f"{say_date(day)} är för långt fram. Senast {say_date(last)} går att välja.")


class TimeOfDayField(forms.CharField):
    """A time of day, in the ways people write one."""

    def to_python(self, value: Any) -> time | None:  # type: ignore[override]
        if isinstance(value, time):
            return value
        text = super().to_python(value)
        if not text:
            return None
        at = parse_time(text)
        if at is None:
            raise ValidationError(f"”{text[:30]}” är ingen tid. Skriv till exempel 13.00.")
        if not EARLIEST <= at <= LATEST:
            raise ValidationError(f"Skriv en tid mellan {say_clock(EARLIEST)} och {say_clock(LATEST)}.")
        return at

    def prepare_value(self, value: Any) -> Any:
        return say_clock(value) if isinstance(value, time) else value


class PlaceForm(NeutralPlace):
    """Where: a room, a link, or both. And from when to when on the clock."""

    begins = TimeOfDayField(
        label="Börjar",
        error_messages={"required": "Skriv när mötet börjar."},
        widget=forms.TextInput({"class": "short"}),
    )
    ends = TimeOfDayField(
        label="Slutar",
        error_messages={"required": "Skriv när mötet slutar."},
        widget=forms.TextInput({"class": "short"}),
    )
    place = PlainText(label="Plats", max_length=120, required=False, help_text="Får lämnas tom.")
    place_is_neutral = neutral_field()
    link = forms.URLField(
        label="Länk",
        max_length=300,
        required=False,
        assume_scheme="https",
        help_text="Till ett videomöte. Får lämnas tom.",
        widget=forms.TextInput(attrs={"inputmode": "url"}),
        error_messages={
            "invalid": "Länken går inte att läsa. Klistra in hela adressen, med https.",
            "max_length": "Länken är för lång. Högst 300 tecken får plats.",
        },
    )

    def clean_link(self) -> str:
        link: str = self.cleaned_data["link"]
        if link and not link.startswith(("https://", "http://")):
            raise ValidationError("Länken behöver börja med https.")
        return link

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        begins, ends = data.get("begins"), data.get("ends")
        if begins and ends and ends <= begins:
            self.add_error("ends", f"Mötet slutar innan det börjar, {say_clock(begins)}. Skriv en senare tid.")
        return data


class SeriesForm(PlaceForm):
    """«Tredje tisdagen 13–15, inte juli»."""

    rhythm = forms.ChoiceField(
        label="Hur ofta?",
        choices=list(RHYTHMS.items()),
        initial="monthly-1",
        help_text="Ses ni vecka för vecka spelar valet i månaden ingen roll.",
    )
    ordinal = forms.ChoiceField(
        label="Vilken i månaden?",
        choices=[(value, label.capitalize()) for value, label in Ordinal.choices],
        initial=Ordinal.THIRD,
        required=False,
    )
    weekday = forms.ChoiceField(
        label="Veckodag",
        choices=[(str(number), name.capitalize()) for number, name in enumerate(WEEKDAYS)],
        initial="1",
        error_messages={"required": "Välj veckodag."},
    )
    from_on = DayField(label="Från och med", error_messages={"required": "Skriv första dagen."})
    to_on = DayField(label="Till och med", required=False, help_text="Lämnas tomt om serien fortsätter.")
    months_off = forms.TypedMultipleChoiceField(
        label="Månader utan möten",
        choices=[(number, name.capitalize()) for number, name in enumerate(MONTH_NAMES, start=1)],
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    field_order = (
        *("rhythm", "ordinal", "weekday", "begins", "ends"),
        *("from_on", "to_on", "months_off", "place", "place_is_neutral", "link"),
    )

    def __init__(self, *args: Any, series: Series | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("from_on", timezone.localdate())
        self.fields["from_on"].help_text = f"Till exempel {say_date(timezone.localdate() + timedelta(days=14))}"
        if series is not None:
            for name in ("ordinal", "begins", "ends", "months_off", "place", "place_is_neutral", "link", "to_on"):
                self.initial.setdefault(name, getattr(series, name))
            self.initial.setdefault("weekday", str(series.weekday))
            rhythm = f"{series.repeats}-{series.interval}"
            if rhythm in RHYTHMS:
                self.initial.setdefault("rhythm", rhythm)

    def clean_from_on(self) -> date:
        day: date = self.cleaned_data["from_on"]
        within_reach(day)
        return day

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        first, last = data.get("from_on"), data.get("to_on")
        if first and last and last < first:
            self.add_error("to_on", f"{say_date(last)} är före {say_date(first)}. Skriv en senare dag.")
        if len(data.get("months_off", [])) == 12:
            self.add_error("months_off", "Alla månader är borta. Lämna minst en kvar.")
        if not self.errors and not coming(rule_of(self.plan()), {}, data["from_on"], 1):
            self.add_error("to_on", "Serien ger inget möte alls. Ändra dagarna.")
        return data

    def plan(self) -> Series:
        """What was written, as a series that is not saved."""
        data = self.cleaned_data
        repeats, _, interval = data["rhythm"].partition("-")
        return Series(
            repeats=Repeats(repeats),
            interval=int(interval),
            ordinal=data["ordinal"] or Ordinal.THIRD,
            weekday=int(data["weekday"]),
            months_off=sorted(data["months_off"]),
            **{
                name: data[name] for name in ("begins", "ends", "from_on", "to_on", "place", "place_is_neutral", "link")
            },
        )


# ---------- days off ----------
KEEP, NONE = "behall", "inget"


def choices_for(on: date, taken: set[date]) -> list[tuple[str, str]]:
    """Where a meeting on a day off can go, what is proposed first: near it the same week, the week after, or nowhere.

    Not to a day where the series meets already, and not back in time.
    """
    today = timezone.localdate()
    near = [day for day in (same_week(on), week_after(on)) if day and day != on and day > today and day not in taken]
    return [
        *((day.isoformat(), f"Flytta till {say_weekday_date(day)}") for day in dict.fromkeys(near)),
        (NONE, "Inget möte"),
        (KEEP, f"Ha mötet ändå, {say_weekday_date(on)}"),
    ]


class DaysOffForm(forms.Form):
    """What becomes of each of the coming meetings that falls on a day off: proposed away, and chosen by a person."""

    def __init__(self, data: Mapping[str, Any] | None, *, plan: Series) -> None:
        super().__init__(data, prefix="dag")
        self.days = coming(rule_of(plan), {}, max(plan.from_on, timezone.localdate()), SHOWN)
        taken = {one.day for one in self.days}
        self.off = [one.on for one in self.days if day_off(one.on)]
        for on in self.off:
            choices = choices_for(on, taken)
            self.fields[on.isoformat()] = forms.ChoiceField(
                label=f"{say_weekday_date(on).capitalize()} är {day_off(on).lower()}",
                choices=choices,
                initial=choices[0][0],
                widget=forms.RadioSelect,
                error_messages={"required": "Välj vad som händer med mötet."},
            )

    def clean(self) -> dict[str, Any]:
        """Two meetings on one day are refused at the second."""
        data: dict[str, Any] = super().clean() or {}
        seen: set[date] = set()
        for on, day in self._chosen(data).items():
            if day and day in seen:
                self.add_error(on.isoformat(), f"{say_date(day)} är redan vald för ett annat möte. Välj något annat.")
            if day:
                seen.add(day)
        return data

    def _chosen(self, values: Mapping[str, Any]) -> dict[date, date | None]:
        found: dict[date, date | None] = {}
        for on in self.off:
            value = values.get(on.isoformat()) or KEEP
            if value != KEEP:
                found[on] = None if value == NONE else date.fromisoformat(value)
        return found

    @property
    def exceptions(self) -> Exceptions:
        """What was chosen, and before that what is proposed."""
        if self.is_bound and self.is_valid():
            return self._chosen(self.cleaned_data)
        return self._chosen({name: field.initial for name, field in self.fields.items()})


class DayForm(forms.Form):
    """One day of a series: another day, or no meeting."""

    where = forms.ChoiceField(
        label="Vad händer med mötet?", widget=forms.RadioSelect, error_messages={"required": "Välj ett alternativ."}
    )
    day = DayField(label="Vilken dag?", required=False, help_text="Om du väljer en annan dag.")

    def __init__(self, *args: Any, series: Series, on: date, now_on: date | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on = on
        month = timedelta(days=31)
        taken = {one.day for one in days_between(rule_of(series), {}, on - month, on + month)} - {on}
        near = choices_for(on, taken) if day_off(on) else [(NONE, "Inget möte")]
        keep = [(KEEP, f"Som vanligt, {say_weekday_date(on)}")]
        field: Any = self.fields["where"]
        field.choices = [*(one for one in near if one[0] != KEEP), ("annan", "Flytta till en annan dag"), *keep]
        self.initial.setdefault("where", near[0][0] if day_off(on) and now_on == on else "annan")

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("where") == "annan" and not data.get("day") and "day" not in self.errors:
            self.add_error("day", "Skriv vilken dag mötet flyttas till.")
        elif data.get("where") == "annan" and data.get("day"):
            try:
                within_reach(data["day"])
            except ValidationError as error:
                self.add_error("day", error)
        return data

    @property
    def chosen(self) -> date | None:
        """The day it becomes; None for no meeting."""
        where = self.cleaned_data["where"]
        if where == "annan":
            return self.cleaned_data["day"]
        return {NONE: None, KEEP: self.on}[where] if where in {NONE, KEEP} else date.fromisoformat(where)


# ---------- one meeting ----------
class MeetingTimeForm(PlaceForm):
    """When and where one meeting is."""

    day = DayField(label="Dag", error_messages={"required": "Skriv vilken dag."})
    field_order = ("day", "begins", "ends", "place", "place_is_neutral", "link")

    def __init__(self, *args: Any, meeting: Meeting | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if meeting is not None:
            begins, ends = timezone.localtime(meeting.starts_at), timezone.localtime(meeting.ends_at)
            self.initial = {
                "day": begins.date(),
                "begins": begins.time(),
                "ends": ends.time(),
                "place": meeting.place,
                "place_is_neutral": meeting.place_is_neutral,
                "link": meeting.link,
                **self.initial,
            }

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        within_reach(day)
        return day

    @property
    def span(self) -> tuple[datetime, datetime]:
        data = self.cleaned_data
        return span(data["day"], data["begins"], data["ends"])


FILE, FROM_FILE = "kalenderfil", "fran_fil"  # the file, and the button that reads it


class CalendarFileForm(forms.Form):
    """The meeting as a calendar file, to take day and time from. Stands within the form that it fills in."""

    kalenderfil = forms.FileField(
        label="Ta datum och tid ur en kalenderfil",
        help_text="En fil som slutar på .ics, till exempel ur en inbjudan. Inget sparas förrän du sparar mötet.",
        widget=forms.FileInput(attrs={"accept": ".ics,text/calendar"}),
        error_messages={
            "required": "Välj en fil först.",
            "empty": "Filen är tom. Välj en annan.",
            "missing": "Välj en fil först.",
            "invalid": "Filen kom inte fram. Välj den igen.",
            "max_length": "Filens namn är för långt. Döp om den och välj den igen.",
        },
    )


class ExtraMeetingForm(MeetingTimeForm):
    """A meeting outside the series, perhaps with another group (R5)."""

    joined_group = forms.ChoiceField(label="Gemensamt möte med", required=False)

    def __init__(self, *args: Any, hat: Hat, group: Group, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.groups = {str(other.pk): other for other in groups_to_join(hat, group)}
        field: Any = self.fields["joined_group"]
        field.choices = [("", "Ingen annan grupp"), *((key, other.name) for key, other in self.groups.items())]
        if not self.groups:
            del self.fields["joined_group"]

    @property
    def joined(self) -> Group | None:
        return self.groups.get(self.cleaned_data.get("joined_group", ""))


class CancelForm(forms.Form):
    reason = PlainText(
        label="Varför ställs mötet in?",
        max_length=300,
        help_text="Alla som är kallade ser det. Skriv inget om enskilda personer.",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Skriv varför, så att ingen behöver undra."},
    )
