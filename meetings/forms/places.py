"""A place, and whether it may stand in calendars, which colleagues see (L50)."""

from typing import Any

from django import forms

from meetings.states import How

FRESH = "on"  # what a browser sends of a box without a value of its own
NEW_PLACE = "Platsen är ny. Kryssa i igen om den också får stå i kalendrar."


class TickedFor(forms.CheckboxInput):
    """A box whose value is the place that it was ticked for before."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return str(data.get(name, ""))


def neutral_field() -> forms.CharField:
    """Whether a place may stand in calendars. Never ticked by itself."""
    return forms.CharField(
        label="Platsen får stå i kalendrar",
        required=False,
        widget=TickedFor,
        help_text="Bara om den inte säger något om vilka ni är eller varför ni ses, till exempel Stadshuset, rum 3. "
        "Kollegor kan se din kalender.",
    )


class NeutralPlace(forms.Form):
    """For a form with a place and its tick. A tick from before is none for another place: it is asked for anew."""

    place_name, tick_name = "place", "place_is_neutral"

    def get_initial_for_field(self, field: forms.Field, field_name: str) -> Any:
        found = super().get_initial_for_field(field, field_name)
        if field_name == self.tick_name and found is True:
            return super().get_initial_for_field(self.fields[self.place_name], self.place_name) or ""
        return found

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        ticked, place = data.get(self.tick_name), data.get(self.place_name)
        is_place = data.get("how", How.PLACE) == How.PLACE
        if ticked and place and is_place and ticked not in {FRESH, place}:
            typed: Any = self.data
            typed = typed.copy()
            del typed[self.tick_name]
            self.data = typed
            self.add_error(self.tick_name, NEW_PLACE)
        data[self.tick_name] = bool(ticked and place)  # not of a place to come
        return data
