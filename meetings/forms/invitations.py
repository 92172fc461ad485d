"""The shape of a call, of a change of it, and of the answer to it."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from meetings.forms.places import NeutralPlace, neutral_field
from meetings.forms.series import TimeOfDayField, within_reach
from meetings.forms.times import WaysForm, moment_of
from meetings.models import Conversation
from meetings.states import Answer, How
from workspace.forms import DayField, PlainText

BUTTONS = {Answer.COMING: "Jag kommer", Answer.OTHER_TIME: "Annan tid", Answer.NOT_COMING: "Jag kan inte"}
CHOOSE = "Välj Jag kommer, Annan tid eller Jag kan inte."
UNBOOKED = "Tolk behövs och är inte bokad. Skicka ändå."
BOOK_FIRST = "Boka tolk först, eller kryssa här för att skicka ändå."


class MeetForm(NeutralPlace):
    """When and how the parties meet."""

    place_name, tick_name = "where", "where_is_neutral"

    day = DayField(label="Dag", error_messages={"required": "Skriv vilken dag."})
    begins = TimeOfDayField(
        label="Börjar",
        error_messages={"required": "Skriv när samtalet börjar."},
        widget=forms.TextInput({"class": "short"}),
    )
    how = forms.ChoiceField(
        label="Hur ses ni?",
        choices=How.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Välj hur ni ses.", "invalid_choice": "Välj hur ni ses."},
    )
    where = PlainText(
        label="Plats eller telefonnummer",
        max_length=200,
        required=False,
        help_text="Står i allas kallelse, också på papper. Skriv adress och rum, inte vilken verksamhet det är.",
    )
    where_is_neutral = neutral_field()
    link = forms.URLField(
        label="Länk",
        max_length=300,
        required=False,
        assume_scheme="https",
        help_text="Om ni ses med länk.",
        widget=forms.TextInput(attrs={"inputmode": "url"}),
        error_messages={
            "invalid": "Länken går inte att läsa. Klistra in hela adressen, med https.",
            "max_length": "Länken är för lång. Högst 300 tecken får plats.",
        },
    )

    def __init__(
        self, *args: Any, conversation: Conversation, starts_at: datetime | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        known = ("how", "where", "where_is_neutral", "link")
        self.initial = {**{name: getattr(conversation, name) for name in known}, **self.initial}
        if starts_at is not None:
            begins = timezone.localtime(starts_at)
            self.initial = {"day": begins.date(), "begins": begins.time(), **self.initial}

    def clean_link(self) -> str:
        link: str = self.cleaned_data["link"]
        if link and not link.startswith(("https://", "http://")):
            raise ValidationError("Länken behöver börja med https.")
        return link

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        how = data.get("how")
        if how == How.LINK and not data.get("link") and "link" not in self.errors:
            self.add_error("link", "Klistra in länken.")
        if how in {How.PLACE, How.PHONE} and not data.get("where") and "where" not in self.errors:
            self.add_error("where", "Skriv var ni ses." if how == How.PLACE else "Skriv vilket nummer som gäller.")
        if data.get("day"):
            try:
                within_reach(data["day"])
            except ValidationError as error:
                self.add_error("day", error)
        if data.get("day") and data.get("begins") and self.starts_at <= timezone.now():
            self.add_error("begins", "Den tiden har redan varit. Skriv en senare tid.")
        return data

    @property
    def starts_at(self) -> datetime:
        return moment_of(self.cleaned_data["day"], self.cleaned_data["begins"])


class InviteForm(MeetForm):
    """The call. Where an interpreter is needed and not booked, it is asked about first."""

    unbooked = forms.BooleanField(label=UNBOOKED, required=False)

    def __init__(self, *args: Any, lacks_interpreter: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if lacks_interpreter:
            self.fields["unbooked"].required = True
            self.fields["unbooked"].error_messages["required"] = BOOK_FIRST
        else:
            del self.fields["unbooked"]


class MoveForm(MeetForm):
    """A change of time or place. An interpreter that was booked was booked for the earlier time."""

    interpreter = forms.ChoiceField(
        label="Är tolken bokad till den tiden?",
        choices=[("booked", "Ja, tolken är bokad"), ("unbooked", "Nej, ändra ändå")],
        widget=forms.RadioSelect,
        error_messages={"required": "Svara om tolken är bokad till den tiden."},
    )

    def __init__(self, *args: Any, needs_interpreter: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not needs_interpreter:
            del self.fields["interpreter"]

    @property
    def interpreter_booked(self) -> bool | None:
        said = self.cleaned_data.get("interpreter")
        return None if said is None else said == "booked"


class CancelTalkForm(forms.Form):
    reason = PlainText(
        label="Varför ställs samtalet in?",
        max_length=300,
        help_text="Alla som är kallade läser det. Skriv inget om personen.",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Skriv varför, så att ingen behöver undra."},
    )


class HoldForm(forms.Form):
    """«Samtalet är genomfört»: nothing to fill in."""


class InvitationAnswerForm(forms.Form):
    """Whether a party comes. Its three buttons are the answers, so nothing has to be chosen first."""

    comment = PlainText(
        label="Kommentar",
        required=False,
        max_length=300,
        help_text="Om du väljer Annan tid: skriv vilka tider som passar. Läses bara av den som kallar.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    answer = forms.ChoiceField(
        choices=Answer.choices,
        widget=forms.HiddenInput,
        error_messages={"required": CHOOSE, "invalid_choice": CHOOSE},
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        wants = data.get("answer") == Answer.OTHER_TIME
        if wants and not data.get("comment") and "comment" not in self.errors:
            self.add_error("comment", "Skriv vilka tider som passar.")
        return data


class RegisterAnswerForm(WaysForm):
    """An answer that came by letter, by phone or in person."""

    answer = forms.ChoiceField(
        label="Vad blev svaret?",
        choices=Answer.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Välj vad svaret blev.", "invalid_choice": "Välj vad svaret blev."},
    )
    comment = PlainText(
        label="Kommentar",
        required=False,
        max_length=300,
        help_text="Till exempel vilka tider som passar. Läses bara av den som kallar.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    field_order = ("answer", "way", "comment")
