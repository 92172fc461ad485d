"""The PDF and the print: tagged, in Swedish, and without a word that their reader may not see (peers.md 1)."""

import io
import sys
from collections.abc import Callable
from time import monotonic
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from meetings.actions.approvals import approve_minutes
from meetings.actions.minutes import correct_minutes
from meetings.actions.withdrawing import withdraw_minutes
from meetings.models import AgendaItem, Decision, MinutesRecipient
from meetings.models.agenda import LONGEST_NOTE
from tests.meetings.cast import Room, make_item
from tests.meetings.minutes_stage import (
    CASE_WORDS,
    OPEN_ACTION,
    OPEN_DECISION,
    OWN,
    SAID,
    Held,
    invite,
    make_held,
    sent_by_soc,
)
from tests.pdf_ua import faults_of, outline_of
from tests.pdf_ua import text_of as aloud
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


# ---------- read aloud ----------
TYPED = (
    "Två platser är klara.\nEn tredje är på väg.\n\nDet här återstår:\n- lokal\n- handledare för åtta\n"
    "\nOrdningen är:\n3. ring\n4. boka\n\n- ett ensamt streck är ingen lista"
)


def written(held: Held, note: str) -> None:
    AgendaItem.objects.filter(pk=held.item.pk).update(note=note)


def test_every_reader_gets_a_paper_without_a_fault(held: Held, as_hat: AsHat) -> None:
    """Notes in paragraphs and lists, decisions, tasks, a case, approvals and a correction: PDF/UA-1, by our checker."""
    cast = held.room.cast
    written(held, TYPED)
    minutes = sent_by_soc(held)
    approve_minutes(by=cast.soc, minutes=minutes)
    correct_minutes(by=cast.soc, meeting=held.meeting, reason="Åsa var också där")
    held.meeting.refresh_from_db()
    sent_by_soc(held, reason="Åsa var också där")
    for hat in (cast.soc, cast.psyk, cast.fk, cast.coordinator):
        for version in (1, 2):
            got = pdf(held, as_hat(hat), version)
            assert faults_of(got.content) == [], (hat, version)
            assert leaked(aloud(got.content)) == leaked(text_of(got))
    assert "Åsa var också där" in aloud(got.content)


def test_it_is_read_aloud_as_headings_a_table_and_lists_in_order(held: Held, as_hat: AsHat) -> None:
    written(held, TYPED)
    sent_by_soc(held)
    said = outline_of(pdf(held, as_hat(held.room.cast.fk)).content)
    assert said[0] == ("H1", "Protokoll, Samverkansgruppen Piteå")
    at = said.index(("H2", "Närvaro"))
    assert said[at + 1 : at + 3] == [("TH", "Verksamhet"), ("TH", "Deltog")]
    absent = said.index(("TH", "Försäkringskassan Norr"))
    assert said[absent + 1] == ("TD", "Saknade representant")
    at = said.index(("P", "Två platser är klara. En tredje är på väg."))
    assert said[at + 1 : at + 13] == [
        ("P", "Det här återstår:"),
        *(("Lbl", "•"), ("LBody", "lokal"), ("Lbl", "•"), ("LBody", "handledare för åtta")),
        ("P", "Ordningen är:"),
        *(("Lbl", "3."), ("LBody", "ring"), ("Lbl", "4."), ("LBody", "boka")),
        ("P", "- ett ensamt streck är ingen lista"),
        ("H3", "Beslut"),
    ]
    decided = said.index(("H3", "Beslut"))
    assert said[decided + 1 : decided + 3] == [("Lbl", "•"), ("LBody", f"{OPEN_DECISION} Vuxenpsykiatrin Piteå")]
    assert said[decided + 3] == ("H3", "Uppgifter")
    parts = [text for kind, text in said if kind == "H2" and text[0].isdigit()]
    assert [text.split(".")[0] for text in parts] == [str(number) for number in range(1, len(parts) + 1)]
    assert "Sida 1 av" not in " ".join(text for _, text in said)


def test_a_note_of_five_pages_has_no_fault_and_loses_no_word(held: Held, as_hat: AsHat) -> None:
    note = "\n\n".join(f"Stycke {n}. {'Vi såg över åtgärderna och följde upp dem. ' * 12}" for n in range(40))
    written(held, f"{note}\n\n- först\n- sist")
    sent_by_soc(held)
    got = pdf(held, as_hat(held.room.cast.fk))
    assert len(reader(got).pages) >= 6
    assert faults_of(got.content) == []
    assert aloud(got.content).count("Vi såg över åtgärderna och följde upp dem.") == 480


def test_the_longest_note_there_can_be_comes_out_in_reasonable_time(held: Held, as_hat: AsHat) -> None:
    """100,000 letters in one piece, some thirty pages; the time is some five times what it takes on a slow machine."""
    words = "Å i åa ä e ö. "
    written(held, (words * (LONGEST_NOTE // len(words) + 1))[:LONGEST_NOTE].strip())
    sent_by_soc(held)
    began = monotonic()
    got = pdf(held, as_hat(held.room.cast.fk))
    assert monotonic() - began < 60
    assert " ".join(aloud(got.content).split()).count("Å i åa ä e ö.") == LONGEST_NOTE // len(words)


@pytest.mark.parametrize("hat", ["outsider", "guest", "withdrawn"])
def test_whoever_may_not_read_the_page_gets_no_paper(held: Held, as_hat: AsHat, hat: str) -> None:
    cast = held.room.cast
    guest = cast.two_hats[1]
    invite(held.item, guest)
    minutes = sent_by_soc(held)
    row = MinutesRecipient.objects.get(minutes=minutes, attendance=held.fk)
    withdraw_minutes(by=cast.soc, minutes=minutes, recipients={row.pk}, reason="Skickat av misstag")
    who = {"outsider": cast.outsider, "guest": guest, "withdrawn": cast.fk}[hat]
    assert pdf(held, as_hat(who)).status_code == 404
    assert pdf(held, as_hat(cast.psyk)).status_code == 200


@pytest.mark.long
def test_five_notes_of_the_longest_kind_come_out_on_paper(held: Held, as_hat: AsHat) -> None:
    """Two hundred pages of pasted text: half a million letters."""
    note = ("En rad med åäö som någon har klistrat in i protokollet.\n" * 1800)[:LONGEST_NOTE]
    written(held, note)
    for number in range(4):
        item = make_item(held.meeting, f"Inklistrat {number}")
        AgendaItem.objects.filter(pk=item.pk).update(note=note)
    sent_by_soc(held)
    got = pdf(held, as_hat(held.room.cast.fk))
    assert len(reader(got).pages) > 150
    assert faults_of(got.content) == []


@pytest.mark.long
def test_two_hundred_items_and_a_long_note_come_out_on_paper(held: Held, as_hat: AsHat) -> None:
    words = "Ord från Word – ”så här”\u00ad\u200b. " * 2000  # some 50 kB
    AgendaItem.objects.filter(pk=held.item.pk).update(note=words)
    while AgendaItem.objects.filter(meeting=held.meeting).count() < 200:
        make_item(held.meeting, "<b>En punkt</b> till & en till")
    sent_by_soc(held)
    text = text_of(pdf(held, as_hat(held.room.cast.fk)))
    assert text.count("så här") == 2000 and "200. <b>En punkt</b> till & en till" in text
