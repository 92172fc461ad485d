"""The forms of the participant's page, what staff writes down for it, and the answer to a call for help."""

import re
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from workspace.forms import PlainText
from workspace.models import Membership
from workspace.queries import outside_contacts
from workspace.states import Channel, HelpKind, InterpreterKind, NeutralWords
from workspace.swedish import say_list


def _text(label: str, longest: int, rows: int, required: str = "", hint: str = "") -> PlainText:
    """A text of some lines; `required` is what is said when it is empty."""
    return PlainText(
        label=label,
        max_length=longest,
        help_text=hint,
        required=bool(required),
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={"required": required} if required else None,
    )


class QuestionForm(forms.Form):
    text = _text("Skriv en ny fråga", 500, 2, "Skriv din fråga först.")


class WishForm(forms.Form):
    text = _text("Vad vill du prata om?", 1000, 3, "Skriv vad du vill prata om.")


class DiffersForm(forms.Form):
    text = _text("Vad ser du annorlunda?", 4000, 4, "Skriv vad du ser annorlunda.")


class OwnWordsForm(forms.Form):
    """The situation in one's own words. `version` is the one the page began from."""

    text = _text("Så här är det för mig", 4000, 6, "Skriv några ord först.")
    version = forms.IntegerField(min_value=0, max_value=10**6, widget=forms.HiddenInput)


class CommentForm(forms.Form):
    text = _text("Vill du säga något mer?", 300, 2)


class HelpForm(forms.Form):
    """What one needs. Whoever feels wronged says of what."""

    kind = forms.ChoiceField(
        label="Vad gäller det?",
        choices=HelpKind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Välj ett av svaren.", "invalid_choice": "Välj ett av svaren."},
    )
    text = _text("Berätta", 4000, 5)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("kind") == HelpKind.DISADVANTAGE and "text" in data and not data["text"]:
            self.add_error("text", "Skriv vad som har hänt.")
        return data


class AnswerHelpForm(forms.Form):
    text = _text(
        "Ditt svar", 4000, 5, "Skriv ditt svar.", "Deltagaren läser det på sin sida. Skriv kort och med enkla ord."
    )


# ---------- what staff writes down for the participant ----------
PHONE = re.compile(r"\+[1-9]\d{6,14}")
SWEDISH_MOBILE = re.compile(r"\+467\d{8}")
is_email = EmailValidator("Mejladressen går inte att läsa. Skriv till exempel namn@exempel.se.")
SENDABLE = re.compile(r"""[^\s\x00-\x1f\x7f",;:<>()\[\]\\]+""")  # what the post office sends to
LANGUAGE = re.compile(r"[^\W\d_]+(?:[ -][^\W\d_]+){0,3}")  # a name, in letters: no place for a diagnosis
# Suggested while typing; any other can be written.
LANGUAGES = (
    *("arabiska", "bosniska", "dari", "engelska", "farsi", "finska", "kurmanji", "lulesamiska", "meänkieli"),
    *("nordsamiska", "pashto", "polska", "romani", "ryska", "serbiska", "somaliska", "sorani", "spanska"),
    *("svenskt teckenspråk", "sydsamiska", "thailändska", "tigrinska", "turkiska", "ukrainska", "vietnamesiska"),
)


def channels() -> list[tuple[str, str]]:
    """The ways to tell a participant; SMS only where there is something that sends it."""
    return [(code, name) for code, name in Channel.choices if code != Channel.SMS or settings.SMS_GATEWAY]


def phone_number(text: str) -> str:
    """A number as it is dialled from anywhere: + and figures. Refuses what no SMS can reach."""
    number = re.sub(r"[\s()./-]", "", text.replace("(0)", ""))
    if number.startswith("00"):
        number = "+" + number[2:]
    elif number.startswith("0"):
        number = "+46" + number[1:]
    if not number.isascii() or not PHONE.fullmatch(number):
        raise ValidationError("Numret går inte att läsa. Skriv till exempel 070-123 45 67 eller +47 412 34 567.")
    if number.startswith("+46") and not SWEDISH_MOBILE.fullmatch(number):
        raise ValidationError("Numret är inget svenskt mobilnummer. Ett sådant börjar med 07 och har tio siffror.")
    return number


class ContactForm(forms.Form):
    """How the participant hears that there is something to read, and how the page is to look: their own choice."""

    channel = forms.ChoiceField(
        label="Hur ska vi säga till?",
        widget=forms.RadioSelect,
        error_messages={"required": "Välj ett sätt.", "invalid_choice": "Välj ett av sätten."},
    )
    address = PlainText(label="Mejladress", max_length=254, required=False)
    words = forms.ChoiceField(
        label="Vad ska det stå?",
        help_text="Precis de här orden, aldrig från vem eller om vad. I mejl följs den första av en länk till sidan.",
        choices=NeutralWords.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Välj orden.", "invalid_choice": "Välj en av meningarna."},
    )
    large_text = forms.BooleanField(label="Större text på sidan", required=False)
    easy_read = forms.BooleanField(label="Lättläst på sidan", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["channel"]
        field.choices = channels()
        ways = {Channel.EMAIL: "mejladress", Channel.SMS: "mobilnummer", Channel.LETTER: "postadress"}
        named = [ways[Channel(code)] for code, _ in field.choices if code in ways]
        self.fields["address"].label = say_list(named, "eller").capitalize()
        self.fields["address"].help_text = "Lämna tomt om ni inte ska säga till."

    def clean(self) -> dict[str, Any]:
        """The address is one of the channel's kind."""
        data: dict[str, Any] = super().clean() or {}
        channel, address = data.get("channel"), data.get("address")
        if channel is None or address is None:
            return data
        try:
            data["address"] = self._address(channel, address)
        except ValidationError as error:
            self.add_error("address", error)
        return data

    def _address(self, channel: str, address: str) -> str:
        if channel == Channel.EMAIL:
            if not address:
                raise ValidationError("Skriv mejladressen, eller välj ett annat sätt.")
            is_email(address if SENDABLE.fullmatch(address) else "")
            return address
        if channel == Channel.SMS:
            if not address:
                raise ValidationError("Skriv mobilnumret, eller välj ett annat sätt.")
            return phone_number(address)
        return address if channel == Channel.LETTER else ""


class NeedsForm(forms.Form):
    """What makes a meeting work: what is needed, never why. So there is no text to write."""

    interpreter = forms.ChoiceField(
        label="Tolk",
        choices=[("", "Ingen tolk"), *InterpreterKind.choices],
        required=False,
        error_messages={"invalid_choice": "Välj ett av sätten."},
    )
    language = PlainText(
        label="Språk",
        max_length=60,
        required=False,
        help_text="Bara språkets namn, till exempel arabiska.",
        widget=forms.TextInput(attrs={"list": "sprak", "autocomplete": "off"}),
    )
    hearing_loop = forms.BooleanField(label="Hörselslinga", required=False)
    pick_up = forms.BooleanField(label="Hämtning", required=False)
    calm_room = forms.BooleanField(label="Lugnt rum", required=False)
    easy_read = forms.BooleanField(label="Lättläst", required=False)
    large_print = forms.BooleanField(label="Stor stil", required=False)
    breaks = forms.BooleanField(label="Pauser", required=False)

    def clean_language(self) -> str:
        language: str = self.cleaned_data["language"]
        if language and not LANGUAGE.fullmatch(language):
            raise ValidationError("Skriv bara språkets namn, med bokstäver. Till exempel arabiska.")
        return language

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("interpreter") and data.get("language") == "":
            self.add_error("language", "Skriv vilket språk tolken ska tala eller teckna.")
        return data


class OutsideContactForm(forms.Form):
    contact = forms.ModelChoiceField(
        Membership.objects.none(),
        label="Vem tar emot?",
        required=False,
        empty_label="Enhetens chefer",
        help_text="Den som arbetar med deltagaren får aldrig se det. Då går det till cheferna i stället.",
        error_messages={"invalid_choice": "Välj någon som arbetar hos er i dag."},
    )

    def __init__(self, *args: Any, member: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["contact"]
        field.queryset = outside_contacts(member.agency)
        field.label_from_instance = lambda colleague: f"{colleague.user}, {colleague.get_role_display()}"
