"""What is written of a decision in the room: how it was come to, who sees to it, and how each one voted."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from meetings.models import AgendaItem, Attendance, Meeting
from meetings.queries.deciding import (
    DecisionInput,
    VoteInput,
    answering_roles,
    person_voting,
    proposed_for,
    voters_of,
    words_of,
)
from meetings.queries.follow_up import can_be_responsible
from meetings.states import Procedure, Vote
from workspace.forms import DayField, PlainText, ahead
from workspace.models import Agency, CooperationRole, Membership
from workspace.states import CooperationRoleKind

WHO_LACKS = "Välj vem som ansvarar för att det blir gjort till den dagen."
DAY_LACKS = "Skriv en sista dag, så att beslutet kan följas upp."
VOTES = [("", "–"), *Vote.choices]


@dataclass(frozen=True)
class VoteRow:
    """One person who is there, with the two fields about them."""

    who: str
    vote: forms.BoundField
    dissent: forms.BoundField


class DecisionForm(forms.Form):
    """A decision under an item. Words alone are enough; the form begins with what was proposed.

    Who answers is one choice: an agency (a and a number), somebody there (m), or a role of the cooperation (r).
    """

    text = PlainText(
        label="Vad beslutades?",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Skriv vad som beslutades."},
    )
    proposals = PlainText(
        label="Vilka förslag fanns?",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Får lämnas tomt.",
    )
    why = PlainText(
        label="Varför?",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Skälen för beslutet. Får lämnas tomt.",
    )
    procedure = forms.ChoiceField(
        label="Hur kom ni fram till det?",
        choices=Procedure.choices,
        widget=forms.RadioSelect,
        required=False,
        initial=Procedure.UNANIMOUS,
        error_messages={"invalid_choice": "Välj ett av alternativen."},
    )
    who = forms.ChoiceField(
        label="Vem ansvarar?",
        required=False,
        help_text="Med en som ansvarar och en sista dag kommer beslutet tillbaka tills det är klart.",
        error_messages={"invalid_choice": "Välj någon i listan."},
    )
    due_on = DayField(label="Senast", required=False)

    def __init__(self, *args: Any, meeting: Meeting, item: AgendaItem, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {f"m{one.pk}": one for one in can_be_responsible(meeting, item)}
        self.agencies: dict[str, Agency] = {}
        self.roles: dict[str, CooperationRole] = {f"r{one.pk}": one for one in answering_roles(meeting)}
        self.fields["who"].choices = self._choices()  # type: ignore[attr-defined]
        self.voters = list(voters_of(meeting))
        for row in self.voters:
            self.fields[f"vote_{row.pk}"] = forms.ChoiceField(
                label=f"Röst, {said_of(row)}",
                choices=VOTES,
                required=False,
                error_messages={"invalid_choice": "Välj ja, nej eller avstår."},
            )
            self.fields[f"dissent_{row.pk}"] = PlainText(
                label=f"Reservation, {said_of(row)}", max_length=1000, required=False
            )
        if not self.is_bound:
            wanted, proposals = words_of(proposed_for(item))
            self.initial = {"text": wanted, "proposals": proposals, **self.initial}

    def _choices(self) -> list[tuple[str, str]]:
        choices = [("", "Ingen, beslutet gäller utan att följas upp")]
        for key, person in self.people.items():
            agency = f"a{person.agency_id}"
            if agency not in self.agencies:
                self.agencies[agency] = person.agency
                choices.append((agency, f"{person.agency.name}, ingen särskild"))
            choices.append((key, f"{person.agency.name}, {person.user}"))
        for key, role in self.roles.items():
            label = str(CooperationRoleKind(role.role).label).capitalize()
            choices.append((key, f"{label}, {role.user}"))
        return choices

    def clean_due_on(self) -> date | None:
        day: date | None = self.cleaned_data["due_on"]
        if day is not None:
            ahead(day)
        return day

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("who") and not data.get("due_on") and "due_on" not in self.errors:
            self.add_error("due_on", DAY_LACKS)
        if data.get("due_on") and not data.get("who") and "who" not in self.errors:
            self.add_error("who", WHO_LACKS)
        self._clean_votes(data)
        return data

    def _clean_votes(self, data: dict[str, Any]) -> None:
        votes = [data.get(f"vote_{row.pk}") for row in self.voters]
        voting: set[int | None] = set()
        for row in self.voters:
            person = person_voting(row)
            if person and data.get(f"vote_{row.pk}"):
                if person.pk in voting:
                    self.add_error(f"vote_{row.pk}", f"{person} har redan röstat i en annan roll.")
                voting.add(person.pk)
        against = votes.count(Vote.AGAINST)
        procedure = data.get("procedure") or Procedure.UNANIMOUS
        if procedure == Procedure.UNANIMOUS and against:
            self.add_error("procedure", ValidationError("Någon röstade nej. Välj Röstning, eller ändra rösten."))
        elif procedure == Procedure.VOTE and not any(votes):
            self.add_error("procedure", ValidationError("Skriv hur var och en röstade."))
        elif against > votes.count(Vote.FOR):
            self.add_error("text", "Fler röstade nej än ja. Skriv det beslut som de flesta stod bakom.")

    # ---------- for the page ----------
    def plain_fields(self) -> Iterator[forms.BoundField]:
        """Every field but those of the votes, in order."""
        own = self.vote_names()
        return (self[name] for name in self.fields if name not in own)

    def vote_rows(self) -> list[VoteRow]:
        """Who is there, with their fields."""
        return [VoteRow(said_of(row), self[f"vote_{row.pk}"], self[f"dissent_{row.pk}"]) for row in self.voters]

    def vote_names(self) -> set[str]:
        return {f"{kind}_{row.pk}" for row in self.voters for kind in ("vote", "dissent")}

    @property
    def has_votes(self) -> bool:
        """Something is said of the votes: then they are shown unfolded."""
        return self.is_bound and any(self[name].value() for name in self.vote_names())

    # ---------- what it says ----------
    def decision_input(self) -> DecisionInput:
        """What was written, for `decide`. Call it on a valid form."""
        data = self.cleaned_data
        responsible: Membership | None = self.people.get(data["who"])
        votes = [VoteInput(row.pk, data[f"vote_{row.pk}"], data[f"dissent_{row.pk}"]) for row in self.voters]
        return DecisionInput(
            text=data["text"],
            proposals=data["proposals"],
            why=data["why"],
            procedure=Procedure(data["procedure"] or Procedure.UNANIMOUS),
            votes=[one for one in votes if one.vote or one.dissent],
            owner=responsible.agency if responsible else self.agencies.get(data["who"]),
            responsible=responsible,
            owner_role=self.roles.get(data["who"]),
            due_on=data["due_on"],
        )


class BriefDecisionForm(forms.Form):
    """In the room: the words alone. Everything else has a page of its own."""

    text = DecisionForm.base_fields["text"]


def said_of(row: Attendance) -> str:
    """«Karin Öberg, Soc Piteå» or «Lars Berg, ordförande»."""
    if row.member is not None:
        return f"{row.member.user}, {row.member.agency.short_name}"
    return f"{row.role.user}, {CooperationRoleKind(row.role.role).label}" if row.role else ""
