"""Who is to approve the minutes and who gets them, what should be changed, and why something is taken back."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from meetings.models import Attendance, MinutesRecipient
from meetings.queries.minutes import present_choices, said_of
from workspace.forms import DayField, PlainText
from workspace.swedish import say_date


class SendMinutesForm(forms.Form):
    """`possible` are those the minutes can be sent to; `earlier` those they were taken back from once."""

    adjusters = forms.MultipleChoiceField(
        label="Vem ska justera?",
        help_text="De läser igenom protokollet och säger att det stämmer. Välj bland dem som var med.",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Välj minst en som ska justera."},
    )
    recipients = forms.MultipleChoiceField(
        label="Vem får protokollet?",
        help_text="Ta bort krysset för den som inte ska ha det.",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Välj vem som ska få protokollet."},
    )
    reason = PlainText(
        label="Vad är rättat?",
        help_text="Står i protokollet. Skriv inget om enskilda deltagare.",
        max_length=500,
        error_messages={"required": "Skriv vad som är rättat."},
    )

    def __init__(
        self, *args: Any, possible: Sequence[Attendance], chair_id: int | None, is_correction: bool, **kwargs: Any
    ) -> None:
        earlier: Collection[int] = kwargs.pop("earlier", ())
        super().__init__(*args, **kwargs)
        self.possible = {row.pk for row in possible}
        present = present_choices(possible)
        self.fields["adjusters"].choices = [(str(row.pk), said_of(row)) for row in present]  # type: ignore[attr-defined]
        self.fields["recipients"].choices = [(str(row.pk), said_of(row)) for row in possible]  # type: ignore[attr-defined]
        chair = [str(row.pk) for row in present if chair_id and row.member_id == chair_id]
        self.initial.setdefault("adjusters", chair)
        self.initial.setdefault("recipients", [str(row.pk) for row in possible if row.pk not in earlier])
        if not is_correction:
            del self.fields["reason"]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        without = set(data.get("adjusters", [])) - set(data.get("recipients", []))
        if without and data.get("recipients"):
            self.add_error("recipients", ValidationError("Den som ska justera måste få protokollet."))
        return data

    @property
    def adjuster_ids(self) -> set[int]:
        return {int(pk) for pk in self.cleaned_data["adjusters"]}

    @property
    def left_out(self) -> set[int]:
        return self.possible - {int(pk) for pk in self.cleaned_data["recipients"]}


class ObjectForm(forms.Form):
    comment = PlainText(
        label="Vad ska ändras?",
        help_text="Läses av alla som fick protokollet. Skriv inget om någon enskild person.",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Skriv vad som ska ändras."},
    )


class CorrectForm(forms.Form):
    reason = PlainText(
        label="Vad ska rättas?",
        help_text="Står i den nya versionen. Skriv inget om någon enskild person.",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Skriv vad som ska rättas."},
    )


class AddendumForm(forms.Form):
    text = PlainText(
        label="Vad ska läggas till?",
        help_text="Protokollet står kvar som det är. Tillägget står efter det och går inte att ta bort.",
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": "Skriv vad som ska läggas till."},
    )


class PostForm(forms.Form):
    """The notice that formal minutes are approved. `approved_on` is the first day it can stand."""

    posted_on = DayField(label="När anslogs det?", error_messages={"required": "Skriv vilken dag."})
    where = PlainText(
        label="Var?",
        help_text="Till exempel kommunens anslagstavla på webben.",
        max_length=300,
        error_messages={"required": "Skriv var det är anslaget."},
    )

    def __init__(self, *args: Any, approved_on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.approved_on = approved_on
        self.initial.setdefault("posted_on", timezone.localdate())

    def clean_posted_on(self) -> date:
        day: date = self.cleaned_data["posted_on"]
        if not self.approved_on <= day <= timezone.localdate():
            raise ValidationError(f"Skriv en dag från justeringen {say_date(self.approved_on)} till och med i dag.")
        return day


class ReplaceAdjusterForm(forms.Form):
    leaves = forms.ChoiceField(
        label="Vem justerar inte?",
        error_messages={"required": "Välj vem.", "invalid_choice": "Den har redan svarat. Välj en annan."},
    )
    comes = forms.ChoiceField(
        label="Vem justerar i stället?",
        help_text="Någon som var med och har fått protokollet.",
        error_messages={"required": "Välj vem.", "invalid_choice": "Välj någon i listan."},
    )

    def __init__(
        self, *args: Any, waited: Sequence[MinutesRecipient], others: Sequence[MinutesRecipient], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, rows in (("leaves", waited), ("comes", others)):
            choices = [(str(row.pk), said_of(row.attendance)) for row in rows]
            first = [("", "Välj")] if len(choices) > 1 else []
            self.fields[name].choices = first + choices  # type: ignore[attr-defined]


class WithdrawMinutesForm(forms.Form):
    recipients = forms.MultipleChoiceField(
        label="Vem ska inte ha det?",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Välj vem protokollet ska återkallas för."},
    )
    reason = PlainText(
        label="Varför återkallas det?",
        help_text="De som det återkallas för får läsa det. Skriv inget om någon enskild person.",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Skriv varför protokollet återkallas."},
    )

    def __init__(self, *args: Any, rows: Sequence[MinutesRecipient], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(row.pk), said_of(row.attendance)) for row in rows]
        self.fields["recipients"].choices = choices  # type: ignore[attr-defined]
