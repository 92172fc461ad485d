"""The shape of what is written about people and consents. No form saves anything."""

import re
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from workspace.clocks import year_after
from workspace.models import Agency, Category, Consent, Function, Membership, Municipality, Participant
from workspace.queries import (
    absences_of,
    categories,
    desks_of,
    municipalities,
    namesakes,
    partner_agencies,
    stand_ins_for,
)
from workspace.rules import is_manager
from workspace.states import ConsentForm as HowGiven
from workspace.states import Gender
from workspace.swedish import parse_date, say_date, say_list

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
# What a word processor leaves between the letters: soft hyphens, breaks of no width, marks of byte order.
UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff")) | dict.fromkeys(map(ord, "\u00a0\u202f"), " ")
TOLD_BY_SENDER = ("identity", "question", "social", "work", "health", "economy")
PROTECTED = (
    "Personen registreras inte. Samverkansrum kan ännu inte hålla skyddade personuppgifter så säkert som det krävs. "
    "Sköt samverkan i er egen akt."
)


class PlainText(forms.CharField):
    """Text as people write it: no control characters, line ends made one kind.

    Pasted from Word it loses what nobody sees: soft hyphens and breaks of no width go, spaces that hold words together
    become plain, so that a text is found, compared and counted as it reads. Joiners (U+200C, U+200D) stay: in Persian
    and in emoji they change what is seen.
    What is too long is refused with a sentence; a browser's own limit would cut what is pasted without a word.
    """

    def __init__(self, *, max_length: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.longest = max_length

    def to_python(self, value: Any) -> str:
        seen = value.translate(UNSEEN) if isinstance(value, str) else value
        return str(super().to_python(seen)).replace("\r\n", "\n").replace("\r", "\n")

    def validate(self, value: str) -> None:
        super().validate(value)
        if CONTROL.search(value):
            raise ValidationError("Texten har tecken som inte går att visa. Ta bort dem eller skriv om texten.")
        if len(value) > self.longest:
            over = len(value) - self.longest
            raise ValidationError(f"Texten är {over} tecken för lång. Högst {self.longest} får plats.")


class DayField(forms.CharField):
    """A day, in the ways people write one. `has_been` says which way a day without a year looks."""

    def __init__(self, *, has_been: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.has_been = has_been

    def to_python(self, value: Any) -> date | None:  # type: ignore[override]
        text = super().to_python(value)
        if not text:
            return None
        day = parse_date(text) or self._without_year(text)
        if day is None or not 1900 <= day.year <= 2100:
            example = say_date(year_after(timezone.localdate()))
            raise ValidationError(f"”{text[:30]}” är inget datum. Skriv till exempel {example}.")
        return day

    def _without_year(self, text: str) -> date | None:
        """«12 december» is the next one, or the last one where the day has been."""
        today = timezone.localdate()
        year = parse_date(f"{text} {today.year}")
        if year is None or (year <= today if self.has_been else year >= today):
            return year
        return parse_date(f"{text} {today.year + (-1 if self.has_been else 1)}")

    def prepare_value(self, value: Any) -> Any:
        return say_date(value) if isinstance(value, date) else value


def ahead(day: date) -> None:
    """Refuse a day that has been, and guess what was meant."""
    today = timezone.localdate()
    if day < today:
        meant = day
        while meant < today:
            meant = year_after(meant)
        raise ValidationError(f"{say_date(day)} har redan varit. Menade du {say_date(meant)}?")


def not_ahead(day: date) -> None:
    if day > timezone.localdate():
        raise ValidationError(f"{say_date(day)} har inte varit än. Skriv dagen då det hände.")


class ParticipantForm(forms.Form):
    function = forms.ModelChoiceField(
        Function.objects.none(), label="Enhet", empty_label=None, error_messages={"required": "Välj enhet."}
    )
    first_name = PlainText(label="Förnamn", max_length=80, error_messages={"required": "Skriv förnamnet."})
    last_name = PlainText(label="Efternamn", max_length=80, error_messages={"required": "Skriv efternamnet."})
    birth_year = forms.IntegerField(
        label="Födelseår",
        help_text="Fyra siffror. Personnummer behövs inte här.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "short"}),
        error_messages={
            "required": "Skriv födelseåret.",
            "invalid": "Skriv fyra siffror, till exempel 1984.",
        },
    )
    gender = forms.ChoiceField(
        label="Kön",
        choices=Gender.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Välj ett alternativ."},
    )
    municipality = forms.ModelChoiceField(
        Municipality.objects.none(),
        label="Kommun",
        empty_label="Välj kommun",
        error_messages={"required": "Välj kommunen där personen bor."},
    )
    phone = PlainText(label="Telefon", max_length=40, required=False, help_text="Får lämnas tomt.")
    is_protected = forms.BooleanField(label="Personen har skyddade personuppgifter", required=False)
    is_another = forms.BooleanField(label="Det är en annan person", required=False)

    def __init__(self, *args: Any, member: Membership, known: Participant | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.member, self.known = member, known
        desks = desks_of(member)
        self.fields["function"].queryset = desks  # type: ignore[attr-defined]
        self.fields["municipality"].queryset = municipalities()  # type: ignore[attr-defined]
        self.initial.setdefault("function", desks.first())
        self.initial.setdefault("municipality", member.agency.municipality_id)
        if len(desks) == 1:
            self.fields["function"].widget = forms.HiddenInput()

    def clean_birth_year(self) -> int:
        year: int = self.cleaned_data["birth_year"]
        if not 1900 <= year <= timezone.localdate().year:
            raise ValidationError(f"{year} kan inte stämma. Skriv födelseåret med fyra siffror, till exempel 1984.")
        return year

    def clean(self) -> dict[str, Any]:
        """Ask before somebody is registered twice at the same agency."""
        data: dict[str, Any] = super().clean() or {}
        name = f"{data.get('first_name', '')} {data.get('last_name', '')}"
        if not data.get("is_another") and namesakes(self.member, name, data.get("birth_year"), besides=self.known):
            self.add_error("is_another", f"Det finns redan {name}, född {data['birth_year']}, hos er. Är det en annan?")
        return data

    def clean_is_protected(self) -> bool:
        if self.cleaned_data["is_protected"]:
            raise ValidationError(PROTECTED)
        return False


class OccasionForm(forms.Form):
    """What every consent says, whomever it reaches: what for, until when, how and when it was given, and its limits."""

    purpose = PlainText(
        label="Till vilken nytta?",
        max_length=200,
        help_text="Till exempel: ordna en samtalskontakt",
        error_messages={"required": "Skriv vad det ska leda till."},
    )
    valid_until = DayField(label="Gäller till och med", error_messages={"required": "Skriv en sista dag."})
    form = forms.ChoiceField(
        choices=[c for c in HowGiven.choices if c[0] != HowGiven.WORKBOOK],
        widget=forms.RadioSelect,
        error_messages={"required": "Välj hur personen sa ja."},
    )
    given_on = DayField(has_been=True, label="Vilken dag?", error_messages={"required": "Skriv dagen."})
    limits = PlainText(required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, participant: Participant, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name, today = participant.first_name, timezone.localdate()
        self.fields["form"].label = f"Hur sa {name} ja?"
        self.fields["limits"].label = f"Vad vill {name} inte att ni berättar?"
        self.fields["valid_until"].help_text = f"Till exempel {say_date(year_after(today))}"
        self.initial.setdefault("given_on", today)

    def clean_valid_until(self) -> date:
        day: date = self.cleaned_data["valid_until"]
        ahead(day)
        return day

    def clean_given_on(self) -> date:
        day: date = self.cleaned_data["given_on"]
        not_ahead(day)
        return day

    def said(self) -> dict[str, str]:
        """These words of the spoken sentence; an empty word is a gap."""
        purpose, until = str(self["purpose"].value() or ""), str(self["valid_until"].value() or "")
        until = "" if "valid_until" in self.errors else until
        return {"purpose": purpose[:1].lower() + purpose[1:], "valid_until": until}


class ConsentRecordForm(OccasionForm):
    """One consent to one recipient: each ticked category becomes a row."""

    recipient = forms.ModelChoiceField(
        Agency.objects.none(),
        label="Till vem?",
        empty_label="Välj mottagare",
        error_messages={"required": "Välj vem ni får berätta för."},
    )
    categories = forms.ModelMultipleChoiceField(
        Category.objects.none(),
        label="Om vad?",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Kryssa för vad ni får berätta om."},
    )
    may_answer = forms.MultipleChoiceField(
        label="Vad får mottagaren berätta tillbaka?",
        help_text="Det personen säger till er. Det gäller först när mottagaren själv har bekräftat det.",
        choices=[("status", "Hur det går"), ("answer", "Svar med text")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    follow_up = forms.BooleanField(
        label="Samordnaren får följa upp remissen",
        help_text="Samordnaren ser nummer, vems tur det är och antal dagar. Aldrig namnet eller vad det gäller.",
        required=False,
    )

    field_order = ("recipient", "categories", "purpose", "valid_until", "form", "given_on", "limits", "may_answer")

    def __init__(self, *args: Any, member: Membership, participant: Participant, **kwargs: Any) -> None:
        super().__init__(*args, participant=participant, **kwargs)
        self.fields["recipient"].queryset = partner_agencies(member)  # type: ignore[attr-defined]
        self.fields["categories"].queryset = categories().filter(pk__in=TOLD_BY_SENDER)  # type: ignore[attr-defined]
        self.fields["categories"].widget = CategoryPicks()
        self.fields["categories"].widget.choices = self.fields["categories"].choices  # type: ignore[attr-defined]
        self.fields["may_answer"].widget = SpokenPicks(SPOKEN_ANSWERS)
        self.fields["may_answer"].widget.choices = self.fields["may_answer"].choices  # type: ignore[attr-defined]
        self.fields["follow_up"].widget.attrs["data-spoken-as"] = "följa nummer och datum"

    @property
    def spoken(self) -> dict[str, str]:
        """What the form says so far, as words of the spoken sentence; an empty word is a gap."""
        chosen = {str(code) for code in self["categories"].value() or []}
        known: Any = self.fields["categories"]
        told = [category.spoken for category in known.queryset if category.pk in chosen]
        left = [category.spoken for category in known.queryset if category.pk not in chosen]
        agencies: Any = self.fields["recipient"]
        named = {str(agency.pk): agency.name for agency in agencies.queryset}
        back = [SPOKEN_ANSWERS[code] for code in self["may_answer"].value() or [] if code in SPOKEN_ANSWERS]
        return {
            "recipient": named.get(str(self["recipient"].value()), ""),
            "categories": say_list(told),
            "left_out": say_list(left, "eller") if told else "",
            "may_answer": say_list(back),
            **self.said(),
        }


SPOKEN_ANSWERS = {"status": "hur det går med remissen", "answer": "vad de svarar"}


class SpokenPicks(forms.CheckboxSelectMultiple):
    """Check boxes that know how they sound in the spoken sentence."""

    def __init__(self, spoken: dict[str, str]) -> None:
        super().__init__()
        self.spoken = spoken

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        option["attrs"]["data-spoken-as"] = self.spoken[str(value)]
        return option


class MeetingConsentForm(OccasionForm):
    """One consent for talk at meetings: every agency named there may tell every other (L5, R5)."""

    agencies = forms.ModelMultipleChoiceField(
        Agency.objects.none(),
        label="Vilka får tala med varandra om personen på möten?",
        help_text="Er egen myndighet är alltid med. De andra bekräftar själva innan de berättar något.",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Kryssa för minst en myndighet."},
    )
    joint = forms.BooleanField(label="Det gäller också när gruppen träffar en annan grupp", required=False)
    field_order = ("agencies", "joint")

    def __init__(self, *args: Any, member: Membership, participant: Participant, **kwargs: Any) -> None:
        super().__init__(*args, participant=participant, **kwargs)
        field: Any = self.fields["agencies"]
        field.queryset = partner_agencies(member)
        field.widget = SpokenPicks({str(agency.pk): agency.name for agency in field.queryset})
        field.widget.choices = field.choices
        self.fields["joint"].widget.attrs["data-spoken-as"] = "när gruppen träffar en annan grupp"

    @property
    def spoken(self) -> dict[str, str]:
        chosen = {str(pk) for pk in self["agencies"].value() or []}
        known: Any = self.fields["agencies"]
        named = [agency.name for agency in known.queryset if str(agency.pk) in chosen]
        return {"agencies": say_list(named), **self.said()}


class CategoryPicks(forms.CheckboxSelectMultiple):
    """Check boxes that explain their category, and know how it sounds in the spoken sentence."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        category = getattr(value, "instance", None)
        if category is not None:
            option["hint"] = category.explanation
            option["attrs"]["data-spoken-as"] = category.spoken
        return option


class WithdrawForm(forms.Form):
    """Which rows of a consent a person takes back."""

    rows = forms.MultipleChoiceField(
        label="Vad tar personen tillbaka?",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Kryssa för vad som tas tillbaka."},
    )

    def __init__(self, *args: Any, consent: Consent, rows: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.consent = consent
        self.fields["rows"].choices = rows  # type: ignore[attr-defined]
        self.initial.setdefault("rows", [pk for pk, _ in rows])


class ReasonForm(forms.Form):
    reason = PlainText(
        label="Varför behöver du öppna?",
        max_length=500,
        help_text="Skälet sparas och syns i loggen.",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Skriv varför du behöver öppna."},
    )


class AbsenceForm(forms.Form):
    """When a member is away, and who stands in."""

    from_on = DayField(label="Första dagen", error_messages={"required": "Skriv första dagen."})
    to_on = DayField(label="Sista dagen", error_messages={"required": "Skriv sista dagen."})
    stand_in = forms.ModelChoiceField(
        Membership.objects.none(),
        label="Vem tar över?",
        empty_label="Ingen särskild, resten av enheten",
        required=False,
        error_messages={
            "invalid_choice": "Välj någon som har plats vid din enhet. Andra kan inte öppna det som kommer."
        },
    )

    def __init__(self, *args: Any, member: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.member = member
        field: Any = self.fields["stand_in"]
        field.queryset = stand_ins_for(member)
        field.label_from_instance = lambda colleague: str(colleague.user)
        if is_manager(member):
            field.empty_label = "Ingen särskild"
        self.fields["from_on"].help_text = f"Till exempel {say_date(timezone.localdate())}"

    def clean_to_on(self) -> date:
        day: date = self.cleaned_data["to_on"]
        ahead(day)
        return day

    def clean(self) -> dict[str, Any]:
        """Days in their order, and none of them within another absence."""
        data: dict[str, Any] = super().clean() or {}
        first, last = data.get("from_on"), data.get("to_on")
        if not first or not last:
            return data
        if last < first:
            self.add_error("to_on", f"{say_date(last)} är före {say_date(first)}. Skriv sista dagen du är borta.")
            return data
        other = absences_of(self.member).filter(from_on__lte=last, to_on__gte=first).first()
        if other is not None:
            span = f"{say_date(other.from_on)} till {say_date(other.to_on)}"
            self.add_error(
                "from_on", f"Du är redan frånvarande {span}. Ta bort den frånvaron först, om den inte stämmer."
            )
        return data
