"""The shape of an enrolment, of what is decided about a phase, and of a discharge."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from workspace.clocks import add_months
from workspace.forms import DayField, PlainText, ahead, not_ahead
from workspace.models import Cooperation, Membership
from workspace.pathway.models import Discharge, Enrolment, Phase, PhaseStay
from workspace.pathway.queries import cooperations_open_to
from workspace.pathway.queries.phases import phases_after
from workspace.pathway.rules import takes_in
from workspace.pathway.states import DischargeReason, Income, Outcome, PhaseVerb, YesNo
from workspace.states import AgencyKind, CooperationState
from workspace.swedish import say_date

CHOOSE = "Välj ett alternativ."
LIST_ERRORS = {"required": "Välj något i listan.", "invalid_choice": "Välj något i listan."}
PICK_ERRORS = {"required": CHOOSE, "invalid_choice": CHOOSE}
NOTHING, OTHER = "none", "other"  # «no authority» and «another one», «does not want to answer»
MOST = 10**15  # of a hidden number: what a page can have been made from


class Seen(forms.IntegerField):
    """What the page was made from. One that cannot be read is one that no longer holds."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> int:
        try:
            return int(super().clean(value) or 0)
        except ValidationError:
            return 0


def _seen() -> Seen:
    return Seen(required=False, min_value=0, max_value=MOST)


def _reason(label: str, hint: str, required: str = "") -> PlainText:
    return PlainText(
        label=label,
        help_text=hint,
        max_length=500,
        required=bool(required),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": required} if required else None,
    )


class EnrolForm(forms.Form):
    cooperation = forms.ModelChoiceField(
        Cooperation.objects.none(), label="Samverkan", empty_label="Välj samverkan", error_messages=LIST_ERRORS
    )
    enrolled_on = DayField(has_been=True, label="Inskriven", error_messages={"required": "Skriv dagen."})
    income_before = forms.ChoiceField(
        label="Vad lever personen på nu?", choices=[("", "Välj"), *Income.choices], error_messages=LIST_ERRORS
    )

    def __init__(self, *args: Any, member: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["cooperation"]
        field.queryset = cooperations_open_to(member)
        self.initial.setdefault("enrolled_on", timezone.localdate())
        self.initial.setdefault("cooperation", field.queryset.filter(state=CooperationState.RUNNING).first())

    def clean_cooperation(self) -> Cooperation:
        chosen: Cooperation = self.cleaned_data["cooperation"]
        if not takes_in(chosen):
            why = "förbereds ännu" if chosen.state == CooperationState.SET_UP else "är avslutad"
            raise ValidationError(f"{chosen.name} {why} och skriver inte in någon.")
        return chosen

    def clean_enrolled_on(self) -> date:
        day: date = self.cleaned_data["enrolled_on"]
        not_ahead(day)
        return day


class DecideForm(forms.Form):
    """What happens with a phase: more time, the next phase, or the end, which has a page of its own."""

    what = forms.ChoiceField(label="Vad händer nu?", widget=forms.RadioSelect, error_messages=PICK_ERRORS)
    limit_on = DayField(label="Ny sista dag", required=False)
    phase = forms.ModelChoiceField(
        Phase.objects.none(), label="Fas", empty_label="Välj fas", required=False, error_messages=LIST_ERRORS
    )
    from_on = DayField(has_been=True, label="Den fasen började", required=False)
    reason = _reason("Varför?", "Måste skrivas när fasen får mer tid. Annars får det lämnas tomt.")
    seen = _seen()

    def __init__(self, *args: Any, stay: PhaseStay, seen: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stay = stay
        later = phases_after(stay.phase)
        first = later.first()
        choices = [(PhaseVerb.EXTEND.value, f"Mer tid i {str(stay.phase).lower()}")] if stay.limit_on else []
        if first:
            choices.append((PhaseVerb.NEXT.value, "Nästa fas börjar"))
        what: Any = self.fields["what"]
        what.choices = [*choices, (PhaseVerb.END.value, "Personen skrivs ut")]
        phase: Any = self.fields["phase"]
        phase.queryset = later
        self.initial = {"phase": first, "from_on": timezone.localdate(), "seen": seen, **self.initial}
        if stay.limit_on:
            latest = add_months(max(stay.limit_on, timezone.localdate()), 1)
            self.fields["limit_on"].help_text = f"Bara för mer tid. Till exempel {say_date(latest)}"
        else:
            del self.fields["limit_on"]
        if not first:
            del self.fields["phase"], self.fields["from_on"]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        {PhaseVerb.EXTEND: self._extends, PhaseVerb.NEXT: self._goes_on}.get(data.get("what", ""), lambda _: None)(data)
        return data

    def _extends(self, data: dict[str, Any]) -> None:
        """A later day that has not been, and why."""
        if "reason" in data and not data["reason"]:
            self.add_error("reason", "Skriv varför det behövs mer tid.")
        if "limit_on" not in data:
            return
        day, now = data["limit_on"], self.stay.limit_on
        if day is None:
            self.add_error("limit_on", "Skriv den nya sista dagen.")
        elif now is not None and day <= now and now >= timezone.localdate():
            self.add_error("limit_on", f"Sista dagen är redan {say_date(now)}. Välj en dag efter den.")
        else:
            try:
                ahead(day)
            except ValidationError as error:
                self.add_error("limit_on", error)

    def _goes_on(self, data: dict[str, Any]) -> None:
        """A later phase, from a day that has been and lies after the present phase's first."""
        if "phase" in data and data["phase"] is None:
            self.add_error("phase", "Välj fas.")
        if "from_on" not in data:
            return
        day, began = data["from_on"], self.stay.from_on
        if day is None:
            self.add_error("from_on", "Skriv dagen då fasen började.")
        elif day <= began:
            self.add_error("from_on", f"{self.stay.phase} började {say_date(began)}. Välj en dag efter den.")
        else:
            try:
                not_ahead(day)
            except ValidationError as error:
                self.add_error("from_on", error)


ANSWERS = [*YesNo.choices, (NOTHING, "Vill inte svara")]
NEXT = [
    ("", "Välj"),
    *((kind.value, kind.label[:1].upper() + kind.label[1:]) for kind in AgencyKind),
    (OTHER, "En annan instans"),
    (NOTHING, "Ingen myndighet"),
]


def _pick(label: str, choices: list[Any], lacks: str, hint: str = "") -> forms.ChoiceField:
    errors = {"required": lacks, "invalid_choice": lacks}
    return forms.ChoiceField(
        label=label, choices=choices, help_text=hint, widget=forms.RadioSelect, error_messages=errors
    )


ASKED = "Fråga personen. Skriv svaret som det är."
UNASKED = "Välj vad personen svarar."


class DischargeForm(forms.Form):
    """How a way ended. `is_correction` asks why it is written again; `cleared` says that treatment has been asked for,
    or declined."""

    ended_on = DayField(has_been=True, label="Utskriven", error_messages={"required": "Skriv dagen."})
    reason = _pick("Varför slutar det här?", DischargeReason.choices, "Välj varför det slutar.")
    completed_time = _pick("Var personen med hela sin planerade tid?", YesNo.choices, "Välj ja eller nej.")
    outcome = _pick("Vad kom sedan?", Outcome.choices, "Välj vad som kom sedan.")
    next_kind = forms.ChoiceField(label="Nästa myndighet", choices=NEXT, error_messages=LIST_ERRORS)
    next_other = PlainText(
        label="Vilken instans?", max_length=120, required=False, help_text="Bara om du valde En annan instans."
    )
    income_after = forms.ChoiceField(
        label="Vad lever personen på efter?", choices=[("", "Välj"), *Income.choices], error_messages=LIST_ERRORS
    )
    increased = _pick("Har dina möjligheter ökat?", ANSWERS, UNASKED, ASKED)
    picture = _pick("Ser du vad du kan göra framöver?", ANSWERS, UNASKED, ASKED)
    correction_reason = _reason("Varför rättas utskrivningen?", "Skälet står kvar.", "Skriv varför den rättas.")
    seen = _seen()

    def __init__(
        self, *args: Any, way: Enrolment, cleared: bool, known: Discharge | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.way, self.cleared, self.known = way, cleared, known
        if known is None:
            del self.fields["correction_reason"], self.fields["seen"]
            self.initial.setdefault("ended_on", timezone.localdate())
            return
        self.initial = {
            **{name: getattr(known, name) for name in ("ended_on", "reason", "outcome", "next_other", "income_after")},
            "completed_time": YesNo.YES if known.completed_time else YesNo.NO,
            "next_kind": known.next_kind or (OTHER if known.next_other else NOTHING),
            "increased": known.increased or NOTHING,
            "picture": known.picture or NOTHING,
            "seen": known.number,
            **self.initial,
        }

    @property
    def lacks_treatment(self) -> bool:
        """It was refused because treatment has neither been asked for nor declined."""
        return self.is_bound and self.data.get("reason") == DischargeReason.NEEDS_TREATMENT and not self._may_end()

    def _may_end(self) -> bool:
        was = self.known is not None and self.known.reason == DischargeReason.NEEDS_TREATMENT
        return self.cleared or was

    def clean_ended_on(self) -> date:
        day: date = self.cleaned_data["ended_on"]
        not_ahead(day)
        if day < self.way.enrolled_on:
            began = say_date(self.way.enrolled_on)
            raise ValidationError(f"Personen skrevs in {began}. Utskrivningen kan inte vara före den dagen.")
        return day

    def clean_reason(self) -> str:
        reason: str = self.cleaned_data["reason"]
        if reason == DischargeReason.NEEDS_TREATMENT and not self._may_end():
            raise ValidationError("Skicka en remiss till psykiatrin först, eller registrera att personen tackar nej.")
        return reason

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("reason") == DischargeReason.COMPLETED and data.get("completed_time") == YesNo.NO:
            self.add_error("completed_time", "Orsaken säger att personen har fullföljt sin tid. Ändra det ena.")
        if data.get("next_kind") == OTHER and data.get("next_other") == "":
            self.add_error("next_other", "Skriv vilken instans det är.")
        written = data.get("next_other")
        is_new = written and written != (self.known.next_other if self.known else "")
        if is_new and data.get("next_kind") not in {None, OTHER}:
            self.add_error("next_kind", "Du har skrivit en instans. Välj En annan instans, eller ta bort texten.")
        return data

    @property
    def said(self) -> dict[str, Any]:
        """What was said, by the names of `Ending`."""
        data = self.cleaned_data
        chosen, plain = data["next_kind"], ("ended_on", "reason", "outcome", "income_after")
        return {
            **{name: data[name] for name in plain},
            **{name: "" if data[name] == NOTHING else data[name] for name in ("increased", "picture")},
            "next_kind": "" if chosen in {OTHER, NOTHING} else chosen,
            "next_other": data["next_other"] if chosen == OTHER else "",
            "completed_time": data["completed_time"] == YesNo.YES,
        }


class DeclinedForm(forms.Form):
    """The day the participant said no to being referred for treatment."""

    declined_on = DayField(has_been=True, label="När sa personen nej?", error_messages={"required": "Skriv dagen."})

    def __init__(self, *args: Any, way: Enrolment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.way = way
        self.initial.setdefault("declined_on", way.treatment_declined_on or timezone.localdate())

    def clean_declined_on(self) -> date:
        day: date = self.cleaned_data["declined_on"]
        not_ahead(day)
        if day < self.way.enrolled_on:
            raise ValidationError(f"Personen skrevs in {say_date(self.way.enrolled_on)}. Skriv en senare dag.")
        return day
