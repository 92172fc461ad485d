"""The minutes in Word: real headings, lists and a table, in Swedish, and no word that their reader may not see."""

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import docx
import pytest
from django.test import Client
from django.utils import timezone
from docx.oxml.ns import qn

from meetings.actions.approvals import approve_minutes
from meetings.actions.minutes import correct_minutes
from meetings.actions.withdrawing import withdraw_minutes
from meetings.models import AgendaItem, Decision, Minutes, MinutesRecipient
from tests.meetings.cast import Room
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
from tests.pdf_ua import outline_of
from workspace.documents import DOCX
from workspace.models import AuditEntry, Disclosure
from workspace.rules import Hat
from workspace.states import EndReason

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]
ENDS = {"page": "", "pdf": "pdf/", "word": "word/"}
TYPED = (
    "Två platser är klara.\nEn tredje är på väg.\n\nDet här återstår:\n- lokal\n- handledare\n- språkstöd på samiska\n"
    "\nOrdningen är:\n3. ring\n4. boka\n\n- ett ensamt streck är ingen lista"
)


@pytest.fixture
def held(room: Room) -> Held:
    return make_held(room)


def word(held: Held, client: Client, version: int = 1) -> Any:
    return client.get(f"/moten/{held.meeting.pk}/protokoll/{version}/word/")


def opened(got: Any) -> Any:
    assert (got.status_code, got.headers["Content-Type"]) == (200, DOCX)
    return docx.Document(io.BytesIO(got.content))


def lines_of(got: Any) -> list[tuple[str, str]]:
    """The style and the words of each paragraph, tables left out."""
    return [(line.style.name, line.text) for line in opened(got).paragraphs if line.text]


def text_of(got: Any) -> str:
    made = opened(got)
    cells = [cell.text for table in made.tables for row in table.rows for cell in row.cells]
    return " ".join([*(line.text for line in made.paragraphs), *cells])


def words_of(got: Any) -> list[str]:
    """Each heading, paragraph, line of a list and cell, in the order of the document."""
    said: list[str] = []
    for block in opened(got).iter_inner_content():
        said += [cell.text for row in block.rows for cell in row.cells] if hasattr(block, "rows") else [block.text]
    return [" ".join(text.split()) for text in said if text and not text.startswith("Framtagen ur")]


def leaked(got: Any) -> list[str]:
    """What of the case stands anywhere in the file, also where Word shows nothing."""
    packed = zipfile.ZipFile(io.BytesIO(got.content))
    everything = " ".join(packed.read(name).decode("utf-8", "replace") for name in packed.namelist())
    return [word for word in CASE_WORDS if word in everything]


def written(held: Held, note: str) -> None:
    AgendaItem.objects.filter(pk=held.item.pk).update(note=note)


# ---------- who ----------
def test_it_opens_for_whoever_reads_the_page_and_for_nobody_else(held: Held, as_hat: AsHat) -> None:
    cast = held.room.cast
    guest = cast.two_hats[1]
    invite(held.item, guest)
    sent_by_soc(held, left_out=(held.coordinator,))
    at = f"/moten/{held.meeting.pk}/protokoll/1/"
    for hat, status in ((cast.soc, 200), (cast.psyk, 200), (cast.fk, 200), (guest, 404), (cast.outsider, 404)):
        client = as_hat(hat)
        got = {name: client.get(at + end).status_code for name, end in ENDS.items()}
        assert got == dict.fromkeys(ENDS, status), hat
    assert word(held, as_hat(cast.soc), version=2).status_code == 404
    assert as_hat(cast.soc).post(f"/moten/{held.meeting.pk}/protokoll/1/word/").status_code == 405
    assert "Logga in" in Client().get(f"/moten/{held.meeting.pk}/protokoll/1/word/", follow=True).content.decode()


def test_whoever_it_was_taken_back_from_gets_no_file(held: Held, as_hat: AsHat) -> None:
    cast = held.room.cast
    minutes = sent_by_soc(held)
    row = MinutesRecipient.objects.get(minutes=minutes, attendance=held.fk)
    assert word(held, as_hat(cast.fk)).status_code == 200
    withdraw_minutes(by=cast.soc, minutes=minutes, recipients={row.pk}, reason="skickat av misstag")
    for end in ("word/", "pdf/"):
        assert as_hat(cast.fk).get(f"/moten/{held.meeting.pk}/protokoll/1/{end}").status_code == 404
    assert word(held, as_hat(cast.psyk)).status_code == 200


def test_a_case_stands_only_in_its_circles_file_and_only_while_access_lasts(held: Held, as_hat: AsHat) -> None:
    cast = held.room.cast
    sent_by_soc(held)
    assert leaked(word(held, as_hat(cast.soc))) == [SAID, OWN]
    assert leaked(word(held, as_hat(cast.psyk))) == [SAID]
    assert leaked(word(held, as_hat(cast.fk))) == leaked(word(held, as_hat(cast.coordinator))) == []
    assert "Er verksamhet deltog inte." in text_of(word(held, as_hat(cast.fk)))
    assert "Du deltog inte." in text_of(word(held, as_hat(cast.coordinator)))
    Disclosure.objects.filter(pk=held.question.pk).update(ended_at=timezone.now(), ended_why=EndReason.WITHDRAWN)
    assert leaked(word(held, as_hat(cast.psyk))) == []
    assert "Ni har inte längre tillgång till det här ärendet." in text_of(word(held, as_hat(cast.psyk)))


def test_a_file_is_a_read_and_is_written_down_as_the_pdf_is(held: Held, as_hat: AsHat) -> None:
    cast = held.room.cast
    minutes = sent_by_soc(held)
    word(held, as_hat(cast.psyk))
    entry = AuditEntry.objects.get(what="minutes", membership_id=cast.psyk.pk)
    assert (entry.act, entry.participant_id, entry.object_id) == ("read", cast.person.pk, held.meeting.pk)
    assert MinutesRecipient.objects.get(minutes=minutes, attendance=held.psyk).read_at


def test_the_page_leads_to_the_file(held: Held, as_hat: AsHat) -> None:
    sent_by_soc(held)
    page = as_hat(held.room.cast.fk).get(f"/moten/{held.meeting.pk}/protokoll/1/").content.decode()
    assert f'<a href="/moten/{held.meeting.pk}/protokoll/1/word/">Hämta som Word</a>' in page


# ---------- what ----------
def test_it_has_a_title_a_language_and_a_name_of_its_own(held: Held, as_hat: AsHat) -> None:
    sent_by_soc(held)
    got = word(held, as_hat(held.room.cast.fk))
    known, styles = opened(got).core_properties, opened(got).styles.element
    day = timezone.localdate(held.meeting.starts_at)
    assert known.title.startswith("Protokoll Samverkansgruppen Piteå ")
    assert (known.language, known.author, known.comments) == ("sv-SE", "Samverkansgruppen Piteå", "")
    assert timezone.now().replace(tzinfo=None) - known.created.replace(tzinfo=None) < timedelta(minutes=5)
    assert {lang.get(qn("w:val")) for lang in styles.iter(qn("w:lang"))} == {"sv-SE"}
    assert f'filename="protokoll-{day}-version-1.docx"' in got.headers["Content-Disposition"]


def test_its_headings_are_words_own_and_come_in_order(held: Held, as_hat: AsHat) -> None:
    minutes = sent_by_soc(held)
    found = [line for line in lines_of(word(held, as_hat(held.room.cast.soc))) if line[0].startswith("Heading")]
    assert found[:2] == [("Heading 1", "Protokoll, Samverkansgruppen Piteå"), ("Heading 2", "Närvaro")]
    items = [text for style, text in found if style == "Heading 2" and text[0].isdigit()]
    assert len(items) == len(minutes.parts.all()) and [text.split(".")[0] for text in items] == [
        str(number) for number in range(1, len(items) + 1)
    ]
    assert found[-1] == ("Heading 2", "Justering")
    levels = [int(style[-1]) for style, _ in found]
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_who_was_there_is_a_table_whose_headings_come_again_on_each_page(held: Held, as_hat: AsHat) -> None:
    sent_by_soc(held)
    table = opened(word(held, as_hat(held.room.cast.fk))).tables[0]
    rows = [[cell.text for cell in row.cells] for row in table.rows]
    assert rows[0] == ["Verksamhet", "Deltog"]
    assert ["Försäkringskassan Norr", "Saknade representant"] in rows and ["Samordnare", "Samordnare Testsson"] in rows
    heads = [row._tr.trPr is not None and row._tr.trPr.find(qn("w:tblHeader")) is not None for row in table.rows]
    assert heads == [True] + [False] * (len(rows) - 1)


def test_a_note_becomes_paragraphs_and_real_lists_and_loses_no_word(held: Held, as_hat: AsHat) -> None:
    written(held, TYPED)
    sent_by_soc(held)
    got = word(held, as_hat(held.room.cast.fk))
    lines = lines_of(got)
    start = lines.index(("Normal", "Två platser är klara.\nEn tredje är på väg."))
    assert lines[start + 1 : start + 9] == [
        ("Normal", "Det här återstår:"),
        ("List Bullet", "lokal"),
        ("List Bullet", "handledare"),
        ("List Bullet", "språkstöd på samiska"),
        ("Normal", "Ordningen är:"),
        ("List Number", "ring"),
        ("List Number", "boka"),
        ("Normal", "- ett ensamt streck är ingen lista"),
    ]
    assert 'startOverride w:val="3"' in opened(got).part.numbering_part.blob.decode()


def test_decisions_and_tasks_say_whose_they_are_and_until_when(held: Held, as_hat: AsHat) -> None:
    sent_by_soc(held)
    lines = lines_of(word(held, as_hat(held.room.cast.fk)))
    at = lines.index(("Heading 3", "Beslut"))
    assert lines[at + 1] == ("List Bullet", f"{OPEN_DECISION}\nVuxenpsykiatrin Piteå")
    assert lines[at + 2] == ("Heading 3", "Uppgifter")
    assert lines[at + 3][1].startswith(f"{OPEN_ACTION}\nSocialtjänsten Piteå, Soc Testsson, senast ")


def test_it_says_what_the_paper_says(held: Held, as_hat: AsHat) -> None:
    """The same words in the same order, to every reader, but for the moment when each was made."""
    cast = held.room.cast
    written(held, TYPED)
    approve_minutes(by=cast.soc, minutes=sent_by_soc(held))
    correct_minutes(by=cast.soc, meeting=held.meeting, reason="Åsa var där")
    held.meeting.refresh_from_db()
    sent_by_soc(held, reason="Åsa var där")
    for hat in (cast.soc, cast.psyk, cast.fk, cast.coordinator):
        for version in (1, 2):
            pdf = as_hat(hat).get(f"/moten/{held.meeting.pk}/protokoll/{version}/pdf/").content
            paper = [text for kind, text in outline_of(pdf) if kind != "Lbl" and not text.startswith("Framtagen ur")]
            assert words_of(word(held, as_hat(hat), version)) == paper, (hat, version)
            assert ("Justerat" in " ".join(paper), "Åsa var där" in " ".join(paper)) == (version == 1, version == 2)


def test_what_was_sent_stays_whatever_happens_to_the_meeting(held: Held, as_hat: AsHat) -> None:
    sent_by_soc(held)
    before = lines_of(word(held, as_hat(held.room.cast.fk)))[:-1]
    AgendaItem.objects.filter(pk=held.item.pk).update(note="Ändrad", title="Ändrad", position=1)
    Decision.objects.filter(item=held.item).delete()
    assert lines_of(word(held, as_hat(held.room.cast.fk)))[:-1] == before


# ---------- bad input ----------
def test_nothing_typed_is_run_and_letters_that_xml_cannot_hold_are_left_out(held: Held, as_hat: AsHat) -> None:
    shown = '=cmd|"/c calc"!A1 <w:fldSimple w:instr="INCLUDETEXT x"/> {{ DDEAUTO }} https://example.org/ ]]> 😀'
    written(held, shown.replace("]]>", "\x0b\x1f\ufffe]]>"))
    AgendaItem.objects.filter(pk=held.item.pk).update(title="<b>Fet</b> & \x07ful")
    sent_by_soc(held)
    got = word(held, as_hat(held.room.cast.fk))
    text = text_of(got)
    assert shown in text and "<b>Fet</b> & ful" in text
    packed = zipfile.ZipFile(io.BytesIO(got.content))
    body = packed.read("word/document.xml").decode()
    assert not [tag for tag in ("<w:fldSimple", "<w:instrText", "<w:hyperlink", "<w:object") if tag in body]
    assert not [name for name in packed.namelist() if "vba" in name.lower() or "thumbnail" in name]
    assert not [name for name in packed.namelist() if b'TargetMode="External"' in packed.read(name)]


def test_a_hundred_thousand_letters_in_one_note_come_out_in_word(held: Held, as_hat: AsHat) -> None:
    words = ("Å i åa ä e ö. " * 20 + "\n- en rad\n- en till\n\n") * 330
    written(held, words[:100_000])
    sent_by_soc(held)
    assert text_of(word(held, as_hat(held.room.cast.fk))).count("Å i åa ä e ö.") == words[:100_000].count(
        "Å i åa ä e ö."
    )


def test_a_number_that_no_version_has_is_the_same_404(held: Held, as_hat: AsHat) -> None:
    sent_by_soc(held)
    client = as_hat(held.room.cast.soc)
    for pk, version in ((held.meeting.pk, 0), (held.meeting.pk, 10**25), (10**25, 1)):
        assert client.get(f"/moten/{pk}/protokoll/{version}/word/").status_code == 404
    assert Minutes.objects.count() == 1
