"""Every kind of notice, as the code knows them: its words, how urgent it is, where it leads, and what it is about."""

import re

import pytest
from django.urls import reverse

from notifications.registry import NoticeKind, all_kinds
from notifications.rules import default_choice, may_leave_page
from notifications.states import DigestRhythm, Reader, Urgency
from tests.cast import SECRET_NAME
from workspace.models import Agency, Participant

KINDS = sorted(all_kinds().values())
ABOUT = {
    *("referral", "meeting", "group", "case", "decision", "conversation", "request", "participant", "document"),
    *("time_report", "help", "way", "follow_up"),
}
SUBJECTS = {
    *("Remisser", "Möten", "Protokoll", "Beslut och uppgifter", "Samtal", "Överenskommelser"),
    *("Dokument och tidrapporter", "Deltagare och väg"),
}
ENGLISH = re.compile(r"\b(?:the|and|you|meeting|referral|has|been|none)\b", re.IGNORECASE)
of_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)


@of_kind
def test_a_kind_says_in_words_what_has_happened_and_where_it_leads(kind: NoticeKind) -> None:
    assert kind.says.format(number="R-1042") and "{" not in kind.says.replace("{number}", "")
    assert kind.says.strip() == kind.says and not kind.says.endswith(".")
    assert reverse(kind.address, args=[7])
    assert len(kind.code) <= 40 and len(kind.about) <= 20  # as the columns have room


@of_kind
def test_a_kind_has_a_plain_label_under_a_heading(kind: NoticeKind) -> None:
    assert kind.label[0].isupper() and kind.label[-1] not in ".!?" and 8 <= len(kind.label) <= 45, kind.label
    assert kind.subject in SUBJECTS
    for words in (kind.says, kind.label, kind.subject):
        assert not ENGLISH.search(words) and "{" not in kind.label


@of_kind
def test_a_kind_states_its_urgency_and_what_its_number_is_of(kind: NoticeKind) -> None:
    assert kind.urgency in Urgency and kind.about in ABOUT and kind.reader in Reader
    assert kind.about != "agreement", "its number is a conversation's"


def test_labels_under_one_heading_are_told_apart() -> None:
    said = [(kind.subject, kind.label) for kind in KINDS]
    assert len(said) == len(set(said))


def test_kinds_that_lead_to_one_page_by_one_number_are_about_one_thing() -> None:
    things: dict[str, set[str]] = {}
    for kind in KINDS:
        things.setdefault(kind.address, set()).add(kind.about)
    assert {address: about for address, about in things.items() if len(about) > 1} == {}


@pytest.mark.django_db
def test_no_word_of_a_kind_names_somebody_or_a_thing_of_theirs() -> None:
    names = {SECRET_NAME.casefold(), *(word.casefold() for word in Agency.objects.values_list("name", flat=True))}
    names |= {word.casefold() for word in Participant.objects.values_list("first_name", flat=True)}
    for kind in KINDS:
        for words in (kind.says, kind.label):
            assert not any(name in words.casefold() for name in names)
            assert not re.search(r"psyk|social|försäkring|vård|diagnos|missbruk", words, re.IGNORECASE), words


def test_who_chooses_nothing_is_told_by_how_urgent_it_is() -> None:
    said = {urgency: default_choice(urgency) for urgency in Urgency}
    assert {urgency: (one.on_page, one.mail, one.push) for urgency, one in said.items()} == {
        Urgency.ACT: (True, DigestRhythm.DAILY, True),
        Urgency.KNOW: (True, DigestRhythm.DAILY, False),
        Urgency.NEWS: (True, DigestRhythm.NEVER, False),
    }
    assert [urgency for urgency in Urgency if not may_leave_page(urgency)] == [Urgency.ACT]
