"""How the standing item on gender equality is closed: with a decision, or with no deviation and why (R15)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from meetings.forms.decisions import DecisionForm
from meetings.models import AgendaItem, Decision, Meeting
from meetings.queries.deciding import DecisionInput
from meetings.queries.standing import answer_seen
from meetings.states import GenderAnswer
from workspace.forms import PlainText

LONGEST = 1000  # characters: what the item keeps of its answer
BOTH = "Skriv antingen ett beslut eller varför ni inte ser någon avvikelse, inte båda."


class GenderClosingForm(DecisionForm):
    """One answer of two. What stood there before is known, so that going from one to the other is not both at once."""

    answer = forms.ChoiceField(
        label="Vad kommer ni fram till?",
        choices=GenderAnswer.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Välj Beslut eller Ingen avvikelse.",
            "invalid_choice": "Välj Beslut eller Ingen avvikelse.",
        },
    )
    reason = PlainText(
        label="Varför ser ni ingen avvikelse?",
        max_length=LONGEST,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    indicator = forms.ChoiceField(
        label="Vi ser det på",
        required=False,
        error_messages={"invalid_choice": "Välj ett mått i listan."},
    )
    seen = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        meeting: Meeting,
        item: AgendaItem,
        indicators: Sequence[tuple[str, str]],
        known: Decision | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, meeting=meeting, item=item, **kwargs)
        self.item, self.known = item, known
        text = self.fields["text"]
        text.label, text.required = "Vi beslutar att", False
        self.fields["who"].help_text = self.fields["why"].help_text = ""  # said once under the row
        text.longest = LONGEST  # type: ignore[attr-defined]
        self.fields["indicator"].choices = self._measures(indicators)  # type: ignore[attr-defined]
        if not self.is_bound:
            self.initial = {**self.initial, **self._as_it_was(), "seen": answer_seen(item)}

    def _measures(self, indicators: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """The month's own, and the one that was chosen before though the month has it no more."""
        kept = self.known.indicator if self.known else ""
        gone = [(kept, "Måttet som valdes förra gången")] if kept and kept not in dict(indicators) else []
        return [("", "Inget mått"), *indicators, *gone]

    def _as_it_was(self) -> dict[str, Any]:
        found: dict[str, Any] = {"answer": self.item.gender_answer}
        if self.item.gender_answer == GenderAnswer.NO_DEVIATION:
            return found | {"reason": self.item.gender_text, "text": ""}
        if self.item.gender_answer and self.known is None:
            return found | {"text": self.item.gender_text}
        if self.known is None:
            return found
        one = self.known
        who = f"m{one.responsible_id}" if one.responsible_id else f"a{one.owner_id}" if one.owner_id else ""
        votes = {f"vote_{row.attendance_id}": row.vote for row in one.votes.all()}
        dissents = {f"dissent_{row.attendance_id}": row.dissent for row in one.votes.all()}
        own = {name: getattr(one, name) for name in ("text", "proposals", "why", "procedure", "due_on", "indicator")}
        return found | own | votes | dissents | {"who": f"r{one.owner_role_id}" if one.owner_role_id else who}

    # ---------- one of two ----------
    def clean(self) -> dict[str, Any]:
        data = super().clean()
        answer = data.get("answer")
        if answer == GenderAnswer.NO_DEVIATION:
            self._clean_reason(data)
        elif answer == GenderAnswer.DECISION:
            self._clean_decision(data)
        return data

    def _clean_reason(self, data: dict[str, Any]) -> None:
        """Of a decision that is not made nothing is asked; words for one that were not there before are too much."""
        for name in [name for name in self.errors if name not in {"answer", "reason", "seen"}]:
            del self.errors[name]
        typed = data.get("text") or str(self.data.get(self.add_prefix("text"), "")).strip()
        if typed and typed not in self._stood(GenderAnswer.DECISION):
            self.add_error("answer", ValidationError(f"{BOTH} Under Beslut står det text."))
        if not data.get("reason") and "reason" not in self.errors:
            self.add_error("reason", "Skriv varför ni inte ser någon avvikelse.")

    def _clean_decision(self, data: dict[str, Any]) -> None:
        typed = data.get("reason") or str(self.data.get(self.add_prefix("reason"), "")).strip()
        self.errors.pop("reason", None)
        if typed and typed not in self._stood(GenderAnswer.NO_DEVIATION):
            self.add_error("answer", ValidationError(f"{BOTH} Under Ingen avvikelse står det text."))
        if not data.get("text") and "text" not in self.errors:
            self.add_error("text", "Skriv vad ni beslutar.")

    def _stood(self, answer: GenderAnswer) -> set[str]:
        """The words of an answer that stood when the page was made: not typed now. Line ends are one kind."""
        if self.item.gender_answer != answer:
            return set()
        return {self.item.gender_text, self.item.gender_text.replace("\n", "\r\n")}

    # ---------- what it says ----------
    @property
    def is_decision(self) -> bool:
        return bool(self.cleaned_data["answer"] == GenderAnswer.DECISION)

    def decision_input(self) -> DecisionInput:
        return replace(super().decision_input(), indicator=self.cleaned_data["indicator"])
