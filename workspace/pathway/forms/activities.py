"""What staff writes of an activity and of how it goes. No form saves anything."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from workspace.forms import DayField, PlainText
from workspace.pathway.models import Activity, ActivityKind, Enrolment, FollowUp, PhaseStay
from workspace.pathway.queries.activities import fault_of_kind, kinds, kinds_in
from workspace.pathway.schedule import fault_of_days, fault_of_follow_up
from workspace.swedish import say_date

HOURS = "Skriv hela timmar, från 0 till 40."


class ActivityForm(forms.Form):
    """Offers what belongs to the phase; what belongs to another is refused with its phase named (R61)."""

    kind = forms.ModelChoiceField(
        ActivityKind.objects.none(),
        label="Vad?",
        error_messages={"required": "Välj en aktivitet.", "invalid_choice": "Välj en av aktiviteterna."},
    )
    where = PlainText(label="Var?", max_length=120, required=False, help_text="Behövs för en plats i arbetslivet.")
    from_on = DayField(label="Från", error_messages={"required": "Skriv den första dagen."})
    to_on = DayField(label="Till och med", required=False, help_text="Lämna tomt om det inte är bestämt.")
    hours = forms.IntegerField(
        label="Timmar i veckan, av sin egen förmåga",
        min_value=0,
        max_value=40,
        help_text="0 går bra. Den som är sjukskriven kan vara kvar.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "short"}),
        error_messages={
            "required": "Skriv hur många timmar. 0 går bra.",
            "invalid": HOURS,
            "min_value": HOURS,
            "max_value": HOURS,
        },
    )
    no_displacement = forms.BooleanField(
        label="Vi har sett efter att det inte tränger undan ett vanligt jobb",
        required=False,
        help_text="Gäller en plats i arbetslivet.",
    )

    def __init__(
        self, *args: Any, way: Enrolment, stay: PhaseStay | None, known: Activity | None = None, **kwargs: Any
    ) -> None:
        if known is not None:
            kwargs["initial"] = {
                "kind": known.kind_id,
                **{name: getattr(known, name) for name in ("where", "from_on", "to_on", "hours", "no_displacement")},
            }
        super().__init__(*args, **kwargs)
        self.way, self.stay, self.known = way, stay, known
        field: Any = self.fields["kind"]
        field.queryset = kinds()
        offered = kinds_in(stay)
        if known is not None and known.kind not in offered:
            offered.append(known.kind)
        field.widget.choices = [("", "Välj aktivitet"), *((kind.pk, kind.name) for kind in offered)]
        self.fields["from_on"].help_text = f"Till exempel {say_date(timezone.localdate())}"

    def clean_kind(self) -> ActivityKind:
        kind: ActivityKind = self.cleaned_data["kind"]
        if self.known is not None and self.known.kind_id == kind.pk:
            return kind
        fault = fault_of_kind(kind, self.stay) if self.stay else "Personen är utskriven."
        if fault:
            raise ValidationError(fault)
        return kind

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        kind, first = data.get("kind"), data.get("from_on")
        if kind is not None and kind.is_placement and data.get("where") == "":
            self.add_error("where", "Skriv var det är, till exempel arbetsplatsens namn.")
        if first is not None and "to_on" in data:
            fault = fault_of_days(self.way.enrolled_on, first, data["to_on"], timezone.localdate())
            if fault is not None:
                self.add_error(*fault)
        return data


class EndForm(forms.Form):
    to_on = DayField(label="Sista dagen", error_messages={"required": "Skriv den sista dagen."})

    def __init__(self, *args: Any, activity: Activity, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.activity = activity
        self.fields["to_on"].help_text = f"Till exempel {say_date(timezone.localdate())}"

    def clean_to_on(self) -> date:
        day: date = self.cleaned_data["to_on"]
        if day < self.activity.from_on:
            first = say_date(self.activity.from_on)
            raise ValidationError(f"Aktiviteten börjar {first}. Ställ in den om den inte blev av.")
        if self.activity.to_on is not None and day > self.activity.to_on:
            last = say_date(self.activity.to_on)
            raise ValidationError(f"Den slutar redan {last}. Ändra aktiviteten om den ska bli längre.")
        return day


class FollowUpDayForm(forms.Form):
    due_on = DayField(label="Dag", error_messages={"required": "Skriv dagen."})

    def __init__(self, *args: Any, activity: Activity, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.activity = activity
        self.fields["due_on"].help_text = f"Till exempel {say_date(timezone.localdate())}"

    def clean_due_on(self) -> date:
        day: date = self.cleaned_data["due_on"]
        fault = fault_of_follow_up(day, self.activity.from_on, self.activity.to_on, timezone.localdate())
        if fault:
            raise ValidationError(fault)
        return day


class FollowUpForm(forms.Form):
    done_on = DayField(label="När följde ni upp?", has_been=True, error_messages={"required": "Skriv dagen."})
    text = PlainText(
        label="Hur går det?",
        max_length=2000,
        help_text="Trivsel, arbetsmiljö, timmar och vad som behöver ändras.",
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": "Skriv hur det går."},
    )

    def __init__(self, *args: Any, follow_up: FollowUp, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.follow_up = follow_up

    def clean_done_on(self) -> date:
        day: date = self.cleaned_data["done_on"]
        if day > timezone.localdate():
            raise ValidationError(f"{say_date(day)} har inte varit än. Skriv dagen då ni följde upp.")
        if day < self.follow_up.activity.from_on:
            first = say_date(self.follow_up.activity.from_on)
            raise ValidationError(f"Aktiviteten började {first}. Välj den dagen eller en senare.")
        return day
