"""The PDF and the print: tagged, in Swedish, and without a word that their reader may not see (peers.md 1)."""

import io
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from meetings.actions.approvals import approve_minutes
from meetings.models import AgendaItem, Decision, MinutesRecipient
from tests.meetings.cast import Room, make_item
from tests.meetings.minutes_stage import CASE_WORDS, OPEN_ACTION, OPEN_DECISION, OWN, SAID, Held, make_held, sent_by_soc
from workspace.models import AuditEntry, Disclosure
from workspace.rules import Hat
from workspace.states import EndReason

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]


@pytest.fixture
def held(room: Room) -> Held:
    return make_held(room)


def pdf(held: Held, client: Client, version: int = 1) -> Any:
    return client.get(f"/moten/{held.meeting.pk}/protokoll/{version}/pdf/")


def reader(got: Any) -> PdfReader:
    assert (got.status_code, got.headers["Content-Type"]) == (200, "application/pdf")
    return PdfReader(io.BytesIO(got.content))


def text_of(got: Any) -> str:
    """All that the paper says, without line breaks."""
    return " ".join(" ".join(page.extract_text() for page in reader(got).pages).split())


def leaked(text: str) -> list[str]:
    return [word for word in CASE_WORDS if word in text]


def test_an_agency_outside_gets_a_paper_without_the_case(held: Held, as_hat: AsHat) -> None:
    sent_by_soc(held)
    text = text_of(pdf(held, as_hat(held.room.cast.fk)))
    assert leaked(text) == []
    for words in (
        "Protokoll, Samverkansgruppen Piteå",
        "Er verksamhet deltog inte.",
        OPEN_DECISION,
        OPEN_ACTION,
        "Saknade representant",
        "Två av tre myndigheter var med.",
        "Version 1, skickad",
        "Inte justerat.",
        "av Fk Testsson, Försäkringskassan Norr.",
    ):
        assert words in text, (words, text)


def test_the_circle_gets_its_case_on_paper_and_a_role_never(held: Held, as_hat: AsHat) -> None:
    cast = held.room.cast
    sent_by_soc(held)
    assert leaked(text_of(pdf(held, as_hat(cast.soc)))) == [SAID, OWN]
    assert leaked(text_of(pdf(held, as_hat(cast.psyk)))) == [SAID]
    assert leaked(text_of(pdf(held, as_hat(cast.coordinator)))) == []
    Disclosure.objects.filter(pk=held.question.pk).update(ended_at=timezone.now(), ended_why=EndReason.WITHDRAWN)
    assert leaked(text_of(pdf(held, as_hat(cast.psyk)))) == []


def test_it_is_tagged_and_says_that_it_is_in_swedish(held: Held, as_hat: AsHat) -> None:
    sent_by_soc(held)
    got = pdf(held, as_hat(held.room.cast.fk))
    root: Any = reader(got).trailer["/Root"]
    assert "/StructTreeRoot" in root and root["/MarkInfo"]["/Marked"]
    assert str(root["/Lang"]).startswith("sv")
    assert reader(got).metadata.title.startswith("Protokoll Samverkansgruppen Piteå")  # type: ignore[union-attr]
    day = timezone.localdate(held.meeting.starts_at)
    assert f'filename="protokoll-{day}-version-1.pdf"' in got.headers["Content-Disposition"]


def test_the_print_says_what_the_pdf_says(held: Held, as_hat: AsHat) -> None:
    cast = held.room.cast
    sent_by_soc(held)
    for hat in (cast.soc, cast.psyk, cast.fk, cast.coordinator):
        client = as_hat(hat)
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(sys.modules, "weasyprint", None)
            without = pdf(held, client).content.decode()
        printed = client.get(f"/moten/{held.meeting.pk}/protokoll/1/utskrift/").content.decode()
        screen = client.get(f"/moten/{held.meeting.pk}/protokoll/1/").content.decode()
        assert leaked(without) == leaked(printed) == leaked(screen), hat
        assert "PDF kan inte göras på den här servern" in without


def test_a_pdf_is_a_read_and_is_written_down(held: Held, as_hat: AsHat) -> None:
    cast = held.room.cast
    minutes = sent_by_soc(held)
    pdf(held, as_hat(cast.psyk))
    entry = AuditEntry.objects.get(what="minutes", membership_id=cast.psyk.pk)
    assert (entry.act, entry.participant_id, entry.object_id) == ("read", cast.person.pk, held.meeting.pk)
    assert MinutesRecipient.objects.get(minutes=minutes, attendance=held.psyk).read_at


def test_the_paper_of_a_version_stays_whatever_happens_to_the_meeting(held: Held, as_hat: AsHat) -> None:
    cast = held.room.cast
    minutes = sent_by_soc(held)
    approve_minutes(by=cast.soc, minutes=minutes)

    def said() -> str:
        return text_of(pdf(held, as_hat(cast.fk))).partition("Framtagen ur")[0]

    before = said()
    assert "Justerat " in before and minutes.digest in text_of(pdf(held, as_hat(cast.fk))).replace(" ", "")
    AgendaItem.objects.filter(pk=held.item.pk).update(note="Ändrad", title="Ändrad", position=1)
    Decision.objects.filter(item=held.item).delete()
    assert said() == before


@pytest.mark.long
def test_two_hundred_items_and_a_long_note_come_out_on_paper(held: Held, as_hat: AsHat) -> None:
    words = "Ord från Word – ”så här”\u00ad\u200b. " * 2000  # some 50 kB
    AgendaItem.objects.filter(pk=held.item.pk).update(note=words)
    while AgendaItem.objects.filter(meeting=held.meeting).count() < 200:
        make_item(held.meeting, "<b>En punkt</b> till & en till")
    sent_by_soc(held)
    text = text_of(pdf(held, as_hat(held.room.cast.fk)))
    assert text.count("så här") == 2000 and "200. <b>En punkt</b> till & en till" in text
