"""The shape of what people choose about notices, and of what a manager says of the agency's own system."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from notifications.models import QuietHours
from notifications.registry import NoticeKind
from notifications.rules import ROLE_REMINDERS, Choice, default_choice, may_leave_page
from notifications.states import DigestRhythm, WebhookProblem
from workspace.forms import DayField, PlainText
from workspace.outside.addresses import LONGEST, Refused, checked

CLOCK = re.compile(r"([0-9]{1,2})(?:[.:]?([0-9]{2}))?(?:[.:][0-9]{2})?")


class ChoicesForm(forms.Form):
    """How each kind reaches somebody: three fields a kind, and one for the mail of all under a heading at once. A kind
    whose mail is not sent along is not chosen about.

    What is not among `kinds` is not read: a form made by hand chooses nothing else.
    """

    def __init__(self, *args: Any, kinds: Sequence[NoticeKind], chosen: Mapping[str, Choice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kinds, self.chosen = kinds, chosen
        self.subjects = list(dict.fromkeys(kind.subject for kind in kinds))
        for number in range(len(self.subjects)):
            self.fields[f"all-{number}"] = forms.ChoiceField(
                label="Mejl om allt här",
                choices=[("", "Som vald för varje händelse"), *DigestRhythm.choices],
                required=False,
                error_messages={"invalid_choice": "Välj hur ofta det ska komma mejl."},
            )
        for kind in kinds:
            now, wrong = chosen[kind.code], f"Välj hur ofta det ska komma mejl om ”{kind.label}”."
            self.fields[f"mail-{kind.code}"] = forms.ChoiceField(
                label="Mejl",
                choices=DigestRhythm.choices,
                initial=now.mail,
                error_messages={"invalid_choice": wrong, "required": wrong},
            )
            self.fields[f"push-{kind.code}"] = _tick("Direkt i webbläsaren", now.push)
            if may_leave_page(kind.urgency):
                self.fields[f"page-{kind.code}"] = _tick("På sidan", now.on_page)
        if self.is_bound:
            for code in (kind.code for kind in kinds if f"mail-{kind.code}" not in self.data):
                for name in ("mail", "push", "page"):
                    self.fields.pop(f"{name}-{code}", None)

    def choices(self) -> dict[str, Choice]:
        """What was chosen, by kind, of those that are now something else than before."""
        said = self.cleaned_data
        at_once = {subject: said[f"all-{number}"] for number, subject in enumerate(self.subjects)}
        found = {
            kind.code: Choice(
                said.get(f"page-{kind.code}", True),
                DigestRhythm(at_once[kind.subject] or said[f"mail-{kind.code}"]),
                said[f"push-{kind.code}"],
            )
            for kind in self.kinds
            if f"mail-{kind.code}" in said
        }
        return {code: choice for code, choice in found.items() if choice != self.chosen[code]}

    def groups(self) -> list[dict[str, Any]]:
        """The kinds under their headings, with their fields, how many are chosen otherwise, whether one is faulty."""
        found: dict[str, dict[str, Any]] = {
            subject: {"name": subject, "at_once": self[f"all-{number}"], "rows": [], "changed": 0, "is_open": False}
            for number, subject in enumerate(self.subjects)
        }
        for kind in self.kinds:
            group = found[kind.subject]
            names = [f"{name}-{kind.code}" for name in ("page", "push", "mail")]
            fields = [self[name] for name in names if name in self.fields]
            group["rows"].append({"kind": kind, "fields": fields, "stays": not may_leave_page(kind.urgency)})
            group["changed"] += self.chosen[kind.code] != default_choice(kind.urgency)
            group["is_open"] |= self.is_bound and any(field.errors for field in [group["at_once"], *fields])
        return list(found.values())


def _tick(label: str, initial: bool) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False, initial=initial)


class RoleForm(forms.Form):
    """Whether a role in a cooperation is mailed when the chasing reaches it."""

    mail = forms.BooleanField(
        label="Mejla mig när en remiss som jag följer är försenad",
        required=False,
        help_text="Högst ett mejl om dagen. Det säger bara att det finns något att läsa.",
    )

    def choices(self) -> dict[str, Choice]:
        mail = DigestRhythm.DAILY if self.cleaned_data["mail"] else DigestRhythm.NEVER
        return {ROLE_REMINDERS: Choice(True, mail, False)}


class ClockField(forms.CharField):
    """A time of day, in the ways people write one: 18, 18.00, 18:00, 1800."""

    def to_python(self, value: Any) -> time | None:  # type: ignore[override]
        if isinstance(value, time):
            return value
        text = super().to_python(value)
        if not text:
            return None
        found = CLOCK.fullmatch(text.strip())
        hour, minute = (int(found[1]), int(found[2] or 0)) if found else (24, 0)
        if hour > 23 or minute > 59:
            raise ValidationError("Det är ingen tid. Skriv till exempel 18.00.")
        return time(hour, minute)

    def prepare_value(self, value: Any) -> Any:
        return f"{value:%H.%M}" if isinstance(value, time) else value


class QuietForm(forms.Form):
    """When somebody is left in peace."""

    begins = ClockField(
        label="Från klockan",
        error_messages={"required": "Skriv när de tysta timmarna börjar."},
        widget=forms.TextInput({"class": "short"}),
    )
    ends = ClockField(
        label="Till klockan",
        error_messages={"required": "Skriv när de tysta timmarna slutar."},
        widget=forms.TextInput({"class": "short"}),
    )
    days_off = forms.BooleanField(label="Hela dagen på helger och helgdagar", required=False)

    def __init__(self, *args: Any, hours: QuietHours | None, **kwargs: Any) -> None:
        now = hours or QuietHours()
        super().__init__(*args, **kwargs)
        self.initial = {"begins": now.begins, "ends": now.ends, "days_off": now.days_off}


# ---------- agencies' own systems ----------
class WebhookForm(forms.Form):
    """Where the agency's own system listens."""

    address = PlainText(
        label="Adress till ert system",
        help_text="Börjar med https://. Den som sköter systemet har den.",
        max_length=LONGEST,
        error_messages={"required": "Skriv adressen där ert system tar emot meddelanden."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "url", "spellcheck": "false"}),
    )

    def clean_address(self) -> str:
        text = str(self.cleaned_data["address"])
        try:
            checked(text, inside=settings.WEBHOOK_HOSTS)
        except Refused as refused:
            raise ValidationError(WebhookProblem(refused.code).label) from None
        return text


class SinceForm(forms.Form):
    """From when everything is sent again."""

    day = DayField(label="Från och med dagen", has_been=True, error_messages={"required": "Skriv en dag."})
    begins = ClockField(
        label="Klockan",
        required=False,
        help_text="Får lämnas tomt: då från dygnets början.",
        widget=forms.TextInput({"class": "short"}),
    )

    def clean(self) -> dict[str, Any]:
        """Adds `since`, the moment."""
        data: dict[str, Any] = super().clean() or {}
        if not self.errors:
            data["since"] = timezone.make_aware(datetime.combine(data["day"], data["begins"] or time(0)))
            if data["since"] > timezone.now():
                self.add_error("day", "Det har inte varit än. Skriv från när allt ska skickas igen.")
        return data
