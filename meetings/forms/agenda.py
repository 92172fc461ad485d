"""What is written about items, lines of a group's own agenda, proposals, and who is invited."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import QuerySet

from meetings.models import AgendaItem, Proposal, TemplateItem
from meetings.states import ItemKind, Purpose, Section
from workspace.forms import PlainText
from workspace.models import CooperationRole, Membership

LONGEST_ITEM = 480  # minutes
NO_NAMES = "Skriv inga namn på deltagare här. Ärenden om en person läggs som ärende."
EVERYBODY = "Alla"


class Title(PlainText):
    """One line: what was pasted with line ends or runs of spaces becomes one too."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label="Rubrik",
            max_length=120,
            help_text=NO_NAMES,
            error_messages={"required": "Skriv vad punkten handlar om."},
            **kwargs,
        )

    def to_python(self, value: Any) -> str:
        return " ".join(super().to_python(value).split())


def purpose_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        label="Vad ska punkten leda till?",
        choices=Purpose.choices,
        initial=Purpose.DISCUSSION,
        widget=forms.RadioSelect,
        error_messages={"required": "Välj ett alternativ."},
    )


def minutes_field() -> forms.IntegerField:
    return forms.IntegerField(
        label="Minuter",
        min_value=1,
        max_value=LONGEST_ITEM,
        initial=10,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "short"}),
        error_messages={
            "required": "Skriv hur många minuter punkten behöver.",
            "invalid": "Skriv antalet minuter med siffror, till exempel 15.",
            "min_value": "En punkt behöver minst en minut.",
            "max_value": f"En punkt kan vara högst {LONGEST_ITEM} minuter. Skriv ett mindre tal.",
        },
    )


class ItemForm(forms.Form):
    """An item of an agenda, or a line of the agenda that a group's meetings begin with.

    The presenter is one choice: nobody named, a seat holder (m and a number) or a coordinator (r and a number).
    """

    title = Title()
    section = forms.ChoiceField(label="Del av mötet", choices=Section.choices, initial=Section.MATTERS)
    purpose = purpose_field()
    minutes = minutes_field()
    presenter = forms.ChoiceField(label="Vem håller i punkten?", required=False)

    def __init__(
        self,
        *args: Any,
        people: Iterable[Membership],
        roles: Iterable[CooperationRole],
        known: AgendaItem | TemplateItem | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.known = known
        hats: list[Membership | CooperationRole] = [*roles, *people]
        if known is not None:
            # Somebody who has left the group since stays until another is chosen.
            hats += [hat for hat in (known.presenter, known.presenter_role) if hat is not None]
            self._begin_from(known)
        self.hats = {hat.hat_key: hat for hat in hats}
        field: Any = self.fields["presenter"]
        field.choices = [("", EVERYBODY), *((key, named(hat)) for key, hat in self.hats.items())]
        field.error_messages["invalid_choice"] = "Välj någon som har plats i gruppen."
        if known is not None and known.kind == ItemKind.GENDER_EQUALITY:
            self.fields["title"].disabled = True
            self.fields["title"].help_text = "Stående punkt. Den kan besvaras, men inte byta namn eller tas bort."

    def _begin_from(self, known: AgendaItem | TemplateItem) -> None:
        hat = known.presenter or known.presenter_role
        said: dict[str, Any] = {name: getattr(known, name) for name in ("title", "section", "purpose", "minutes")}
        self.initial = {**said, "presenter": hat.hat_key if hat else "", **self.initial}

    @property
    def said(self) -> dict[str, Any]:
        """What was said, by the names of `ItemInput`."""
        data = self.cleaned_data
        hat = self.hats.get(data["presenter"])
        return {
            "title": data["title"],
            "section": Section(data["section"]),
            "purpose": Purpose(data["purpose"]),
            "minutes": data["minutes"],
            "presenter": hat if isinstance(hat, Membership) else None,
            "presenter_role": hat if isinstance(hat, CooperationRole) else None,
        }


def named(hat: Membership | CooperationRole) -> str:
    """A person as a choice: name, and for whom."""
    where = hat.agency.name if isinstance(hat, Membership) else hat.get_role_display()
    return f"{hat.user}, {where}"


class ProposalForm(forms.Form):
    """What a member wants to talk about."""

    title = Title()
    why = PlainText(
        label="Varför?",
        max_length=1000,
        required=False,
        help_text="Får lämnas tomt. Skriv inga namn på deltagare.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    wanted = PlainText(
        label="Vilket beslut vill du ha?",
        max_length=1000,
        required=False,
        help_text="Så som du vill att det ska stå i protokollet. Får lämnas tomt.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    link = forms.URLField(
        label="Länk till underlag",
        max_length=300,
        required=False,
        assume_scheme="https",
        help_text="Till en sida som alla i gruppen kan öppna. Får lämnas tom.",
        widget=forms.TextInput(attrs={"inputmode": "url"}),
        error_messages={
            "invalid": "Länken går inte att läsa. Klistra in hela adressen, med https.",
            "max_length": "Länken är för lång. Högst 300 tecken får plats.",
        },
    )
    purpose = purpose_field()
    minutes = minutes_field()

    def clean_link(self) -> str:
        link: str = self.cleaned_data["link"]
        if link and not link.startswith(("https://", "http://")):
            raise forms.ValidationError("Länken behöver börja med https.")
        return link


class MergeForm(forms.Form):
    """Which of the others that wait a proposal goes into."""

    into = forms.ChoiceField(
        label="Vilket förslag ska vara kvar?",
        help_text="Det visar vad som slogs ihop med det. De som föreslog får veta det.",
        error_messages={
            "required": "Välj det förslag som ska vara kvar.",
            "invalid_choice": "Det går inte att välja. Välj ett annat förslag som väntar i samma grupp.",
        },
    )

    def __init__(self, *args: Any, others: Iterable[Proposal], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.others = {str(one.pk): one for one in others}
        field: Any = self.fields["into"]
        field.choices = [("", "Välj förslag"), *((key, said_by(one)) for key, one in self.others.items())]

    @property
    def kept(self) -> Proposal:
        return self.others[self.cleaned_data["into"]]


def said_by(proposal: Proposal) -> str:
    """A proposal as a choice: what, and who."""
    hat = proposal.member or proposal.role
    return f"{proposal.title} ({hat.user})" if hat else proposal.title


class ReturnProposalForm(forms.Form):
    reason = PlainText(
        label="Varför lämnar du tillbaka förslaget?",
        max_length=500,
        help_text="Läses av den som föreslog.",
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Skriv varför, så att den som föreslog förstår."},
    )


class GuestForm(forms.Form):
    """Somebody invited to one item."""

    membership = forms.ModelChoiceField(
        Membership.objects.none(),
        label="Bjud in någon till punkten",
        empty_label="Välj person",
        error_messages={
            "required": "Välj vem du vill bjuda in.",
            "invalid_choice": "Den personen går inte att bjuda in. Välj någon i listan.",
        },
    )

    def __init__(self, *args: Any, people: QuerySet[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["membership"]
        field.queryset = people
        field.label_from_instance = lambda person: f"{person.agency.name}, {person.user}"
