"""Each agency's own note: nobody else reads it, no word is lost, and none is forgotten; and the paper for its file."""

import shutil
import sys
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from meetings.actions.case_notes import save_note
from meetings.models import Attendance, Case, CaseNote, CircleSeat
from meetings.queries.cases import notes_owed, took_part
from meetings.states import MeetingState
from tests.cast import SECRET_NAME, SECRET_TEXT
from tests.meetings.cases import OWN_NOTE, SAID, AsHat, confirmed, held, leaks, meeting_consent, put, running, said
from tests.meetings.cast import Room, make_meeting, put_in
from workspace.front.actions.consents import withdraw_consent
from workspace.models import AuditEntry, Consent

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(room: Room) -> Case:
    meeting_consent(room.cast)
    return running(room, put(room))


def at(name: str, case: Case) -> str:
    return reverse(name, args=[case.pk])


def saved(text: str, version: int = 0, **more: str) -> dict[str, str]:
    return {"text": text, "base_version": str(version), **more}


def test_the_own_note_is_read_by_the_own_agency_alone(room: Room, case: Case, as_hat: AsHat) -> None:
    psyk, soc = as_hat(room.cast.psyk), as_hat(room.cast.soc)
    assert psyk.post(at("case_note", case), saved(OWN_NOTE)).status_code == 302
    for path in (at("case", case), at("case_fragment", case), at("case_table", case)):
        assert OWN_NOTE not in soc.get(path).content.decode()
    assert OWN_NOTE in as_hat(room.cast.psyk_2).get(at("case", case)).content.decode()
    # what is suggested for the table is the own agency's, and is disclosed to nobody before it is sent
    assert OWN_NOTE in psyk.get(at("case_table", case)).content.decode()
    assert not case.table.exists()
    assert not CaseNote.objects.filter(agency=room.cast.soc.agency).exists()


def test_lay_on_the_table_saves_the_note_first_and_then_asks(room: Room, case: Case, as_hat: AsHat) -> None:
    client = as_hat(room.cast.soc)
    got = client.post(at("case_note", case), saved(SAID, lay="1", rum="1"))
    assert got.headers["Location"] == at("case_table", case) + "?rum=1"
    assert not case.table.exists()
    got = client.post(got.headers["Location"], {"text": SAID, "rum": "1", "once": "x"})
    assert got.headers["Location"] == f"/moten/{room.meeting.pk}/rum/"
    client.post(at("case_table", case), {"text": SAID, "rum": "1", "once": "x"})  # the same form again
    assert case.table.count() == 1


def test_two_colleagues_at_once_lose_no_word(room: Room, case: Case, as_hat: AsHat) -> None:
    one, other = as_hat(room.cast.soc), as_hat(room.cast.soc_2)
    one.post(at("case_note", case), saved("Den enas text"))
    got = other.post(at("case_note", case), saved("Den andras text"))
    body = got.content.decode()
    assert got.status_code == 409
    assert "Den enas text" in body and "Den andras text" in body and 'value="1"' in body
    assert CaseNote.objects.get().text == "Den enas text"
    assert other.post(at("case_note", case), saved("Den enas text\nDen andras text", 1)).status_code == 302
    assert CaseNote.objects.get().version == 2


def test_the_script_saves_and_is_told_of_a_newer_text(room: Room, case: Case, as_hat: AsHat) -> None:
    client, script = as_hat(room.cast.soc), {"headers": {"X-Autosave": "1"}}
    got = client.post(at("case_note", case), saved("Ett"), **script)  # type: ignore[arg-type]
    assert got.json()["version"] == 1
    got = client.post(at("case_note", case), saved("Ett, två", 1), **script)  # type: ignore[arg-type]
    assert got.json()["version"] == 2
    got = client.post(at("case_note", case), saved("Ett, tre", 1), **script)  # type: ignore[arg-type]
    assert got.status_code == 403 and got.headers["Content-Type"].startswith("text/plain")
    assert "Din text finns kvar" in got.content.decode()
    got = client.post(at("case_note", case), saved("x" * 8001, 2), **script)  # type: ignore[arg-type]
    assert got.status_code == 422 and "för lång" in got.json()["says"]
    assert CaseNote.objects.get().text == "Ett, två"


def test_no_note_needed_is_a_choice_that_a_text_takes_back(room: Room, case: Case, as_hat: AsHat) -> None:
    client = as_hat(room.cast.psyk)
    assert client.post(at("case_no_note", case), {"base_version": "0"}).status_code == 302
    assert CaseNote.objects.get().none_needed
    assert "Ni behöver ingen" in client.get(at("case", case)).content.decode()
    client.post(at("case_note", case), saved("Ändå något", 1))
    note = CaseNote.objects.get()
    assert note.text == "Ändå något" and not note.none_needed
    assert client.post(at("case_no_note", case), {"base_version": "2"}).status_code == 403
    assert CaseNote.objects.get().text == "Ändå något"
    assert client.post(at("case_no_note", case), {"base_version": "nej"}).status_code == 403


@pytest.mark.parametrize("state", [MeetingState.CALLED, MeetingState.CANCELLED])
def test_nothing_is_written_of_a_case_that_nobody_talks_of(room: Room, as_hat: AsHat, state: MeetingState) -> None:
    meeting_consent(room.cast)
    case = put(room)
    put_in(room.meeting, state)
    client = as_hat(room.cast.soc)
    assert client.post(at("case_note", case), saved("Text")).status_code == 403
    got = client.post(at("case_table", case), {"text": "Text"})
    assert "Mötet har inte börjat" in got.content.decode()
    assert not CaseNote.objects.exists() and not case.table.exists()


# ---------- owed ----------
def test_a_note_is_owed_until_it_is_written_or_said_not_to_be_needed(room: Room, case: Case) -> None:
    cast = room.cast
    assert notes_owed(cast.soc) == []  # the talk goes on
    held(case)
    assert [one.pk for one in notes_owed(cast.soc)] == [one.pk for one in notes_owed(cast.psyk)] == [case.pk]
    assert notes_owed(cast.fk) == notes_owed(cast.outsider) == notes_owed(cast.soc_manager) == []
    save_note(by=cast.soc, case=case, text=OWN_NOTE, version=0)
    assert notes_owed(cast.soc) == notes_owed(cast.soc_2) == []
    assert [one.pk for one in notes_owed(cast.psyk)] == [case.pk]


def test_a_note_is_owed_also_by_who_has_lost_access_since(room: Room, case: Case, as_hat: AsHat) -> None:
    case, consent = held(case), Consent.objects.get()
    rows = list(consent.rows.values_list("pk", flat=True))
    withdraw_consent(by=room.cast.soc, consent=consent, row_ids=rows)
    assert [one.pk for one in notes_owed(room.cast.psyk)] == [case.pk]
    assert as_hat(room.cast.psyk).post(at("case_note", case), saved("Vi hörde")).status_code == 302
    assert notes_owed(room.cast.psyk) == []


def test_what_is_owed_costs_as_much_for_one_case_as_for_many(room: Room, case: Case) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            notes_owed(room.cast.psyk)
        return len(queries)

    held(case)
    one = cost()
    for number in range(5):
        meeting = make_meeting(room.group, days=30 + number)
        held(put(room, meeting=meeting))
    assert len(notes_owed(room.cast.psyk)) == 6 and cost() == one


# ---------- the file ----------
def test_the_paper_holds_the_own_note_and_what_lay_on_the_table(
    room: Room, case: Case, as_hat: AsHat, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = room.cast
    confirmed(case, cast.psyk)
    said(case, cast.psyk)
    save_note(by=cast.soc, case=case, text=OWN_NOTE, version=0)
    monkeypatch.setitem(sys.modules, "weasyprint", None)  # a server that makes no PDF
    client = as_hat(cast.soc)
    paper = client.post(at("case_filed", case)).content.decode()
    for text in (OWN_NOTE, SAID, SECRET_NAME, SECRET_TEXT, "OSL 12:2", "Vuxenpsykiatrin Piteå"):
        assert text in paper, text
    assert "PDF kan inte göras på den här servern" in paper
    assert CaseNote.objects.get().filed_at is not None
    assert AuditEntry.objects.filter(what="case.filed", object_id=case.pk, membership_id=cast.soc.pk).exists()
    theirs = as_hat(cast.psyk).post(at("case_filed", case)).content.decode()
    assert OWN_NOTE not in theirs and SAID in theirs
    assert "None" not in paper + theirs
    client.post(at("case_note", case), saved("Mer", 1))
    assert CaseNote.objects.get().filed_at is None  # what is written since is not in the file


def test_the_paper_is_a_pdf(room: Room, case: Case, as_hat: AsHat) -> None:
    got = as_hat(room.cast.soc).post(at("case_filed", case))
    kind = got.headers["Content-Type"]
    assert kind == "application/pdf" or (kind.startswith("text/html") and shutil.which("pango-view") is None)
    if kind == "application/pdf":
        assert SECRET_NAME not in got.headers["Content-Disposition"]


def test_the_names_of_who_was_there_are_those_of_the_circle(room: Room, case: Case) -> None:
    for hat in (room.cast.soc, room.cast.psyk, room.cast.fk):
        Attendance.objects.create(
            meeting=room.meeting, member=hat, present_how="joined", present_at=timezone.now() - timedelta(minutes=5)
        )
    part = took_part(case)
    assert {row.agency.pk for row in part} == {room.cast.soc.agency_id, room.cast.psyk.agency_id}
    assert {name for row in part for name in row.names} == {str(room.cast.soc.user), str(room.cast.psyk.user)}
    assert CircleSeat.objects.count() == 2 and leaks(str(part)) == []
