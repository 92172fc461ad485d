"""The shape of what is asked of «Hitta en tid», and of a time that it found."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.utils import timezone

from meetings.forms.times import parse_suggested
from meetings.queries.finding import LENGTHS
from meetings.queries.times import MOST_AT_ONCE
from meetings.schedule import parse_time
from workspace.swedish import parse_date


class LengthForm(forms.Form):
    """How long the meeting is to be. Asked by GET."""

    minuter = forms.TypedChoiceField(label="Hur länge?", coerce=int, widget=forms.RadioSelect)

    def __init__(self, *args: Any, also: int = LENGTHS[1], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.usual = also
        lengths = sorted({*LENGTHS, also})
        self.fields["minuter"].choices = [(number, f"{number} minuter") for number in lengths]  # type: ignore[attr-defined]
        self.initial.setdefault("minuter", also)

    @property
    def minutes(self) -> int:
        """What was asked for; the usual length for anything else."""
        return int(self.cleaned_data["minuter"]) if self.is_valid() else self.usual


def times_chosen(query: QueryDict) -> list[datetime]:
    """The times that an address holds («?tid=…»), each once, at most as many as are proposed in one go."""
    found = (parse_suggested(text[:40]) for text in query.getlist("tid")[:MOST_AT_ONCE])
    now = timezone.now()
    return list(dict.fromkeys(at for at in found if at is not None and at > now))


def chosen_in_address(starts: Sequence[datetime]) -> str:
    """Times as `times_chosen` reads them; empty for none."""
    return urlencode([("tid", at.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")) for at in starts])


def rows_of_times(starts: Sequence[datetime]) -> dict[str, Any]:
    """Times as what the form of proposed times begins with."""
    local = [timezone.localtime(at) for at in starts]
    days = {f"day_{number}": at.date() for number, at in enumerate(local, start=1)}
    return days | {f"begins_{number}": at.time() for number, at in enumerate(local, start=1)}


def time_found(query: QueryDict) -> dict[str, Any]:
    """A time in an address («?dag=2026-12-01&fran=13.00&till=14.00») as what the form of a meeting begins with."""
    day = parse_date(query.get("dag", ""))
    clocks = {name: parse_time(query.get(key, "")) for name, key in (("begins", "fran"), ("ends", "till"))}
    return {name: value for name, value in {"day": day, **clocks}.items() if value is not None}
