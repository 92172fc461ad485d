"""The shared notes: autosave with a version, two tabs, a pen taken over, pasted text. No word is ever lost."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from meetings.actions.notes import has_grown, save_note
from meetings.actions.room import take_pen
from meetings.models import LONGEST_NOTE, AgendaItem, Attendance, ItemGuest, Meeting, NoteVersion
from meetings.states import ItemKind, MeetingState, MinutesState
from meetings.views.notes import side_by_side
from tests.cast import SECRET_TEXT, Cast, make_member
from tests.meetings.cast import Room, make_item, make_room, put_in
from tests.meetings.rooms import circle_of, running
from tests.referrals.races import at_once
from workspace.models import AuditEntry
from workspace.rules import Hat

AsHat = Callable[[Hat], Client]
pytestmark = pytest.mark.django_db
SCRIPT = {"X-Autosave": "1"}


def autosave(client: Client, item: AgendaItem, text: str, base: int, waiting: Any = "") -> Any:
    form = {"text": text, "base_version": base, "waiting": waiting}
    return client.post(f"/moten/punkt/{item.pk}/anteckning/", form, headers=SCRIPT)


def current(room: Room) -> AgendaItem:
    item = Meeting.objects.get(pk=room.meeting.pk).current_item
    assert item is not None
    return item


def test_the_note_grows_for_its_readers_while_it_is_written(room: Room, as_hat: AsHat) -> None:
    running(room)
    item, soc, fk = current(room), as_hat(room.cast.soc), as_hat(room.cast.fk)
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        answer = autosave(soc, item, "Vi talade om praktik", 0).json()
    assert (answer["version"], answer["saved"]) == (1, timezone.localtime(now).strftime("%H.%M"))
    assert autosave(soc, item, "Vi talade om praktikplatser\n<b>nu</b>", 1).json()["version"] == 2
    read = fk.get(f"/moten/{room.meeting.pk}/rum/bit/anteckning/").content.decode()
    assert (
        'class="doc asis">Vi talade om praktikplatser\n&lt;b&gt;nu&lt;/b&gt;</div>' in read and "<textarea" not in read
    )
    written = soc.get(f"/moten/{room.meeting.pk}/rum/").content.decode()
    assert "Skriv inga namn på deltagare här. Det som rör en person hör hemma i ett ärende." in written
    assert "Läses av alla i gruppen" in written and "<textarea" in written


def test_what_the_writers_page_shows_already_is_not_sent_again(room: Room, as_hat: AsHat) -> None:
    running(room)
    item, soc = current(room), as_hat(room.cast.soc)
    seen = autosave(soc, item, "Ett", 0).json()["seen"]
    address = f"/moten/{room.meeting.pk}/rum/bit/anteckning/"
    assert soc.get(f"{address}?sett={seen}").status_code == 204
    autosave(soc, item, "Ett två", 1)
    assert soc.get(f"{address}?sett={seen}").status_code == 200
    seen = autosave(soc, item, "Ett två tre", 2).json()["seen"]
    take_pen(by=room.cast.fk, meeting=room.meeting)
    assert soc.get(f"{address}?sett={seen}").status_code == 200
    assert as_hat(room.cast.psyk).get(f"{address}?sett={seen}").status_code == 200


# ---------- two tabs, and a network that is cut ----------
def test_two_tabs_that_wrote_from_the_same_version_both_keep_their_words(room: Room, as_hat: AsHat) -> None:
    running(room)
    item, soc = current(room), as_hat(room.cast.soc)
    autosave(soc, item, "Grunden.", 0)
    assert autosave(soc, item, "Grunden. Första fliken.", 1).status_code == 200
    met = autosave(soc, item, "Grunden. Andra fliken.", 1)
    assert met.status_code == 409
    assert met.json()["merge"] == f"/moten/punkt/{item.pk}/anteckning/slaihop/"
    # The second tab writes on: its own text grows, and nobody else's is touched.
    again = autosave(soc, item, "Grunden. Andra fliken skriver vidare.", 1, met.json()["waiting"])
    assert (again.status_code, again.json()["waiting"]) == (409, met.json()["waiting"])
    third = autosave(soc, item, "Grunden. Tredje fliken.", 1)
    assert third.json()["waiting"] != met.json()["waiting"]
    assert AgendaItem.objects.get(pk=item.pk).note == "Grunden. Första fliken."
    kept = set(NoteVersion.objects.filter(item=item, version=None).values_list("text", flat=True))
    assert kept == {"Grunden. Andra fliken skriver vidare.", "Grunden. Tredje fliken."}


def test_a_save_whose_answer_was_lost_goes_through_when_it_is_sent_again(room: Room, as_hat: AsHat) -> None:
    running(room)
    item, soc = current(room), as_hat(room.cast.soc)
    autosave(soc, item, "Ett", 0)
    assert autosave(soc, item, "Ett", 0).json()["version"] == 1
    assert autosave(soc, item, "Ett, och mer", 0).json()["version"] == 2
    assert not NoteVersion.objects.filter(version=None).exists()


def test_merging_shows_both_texts_and_saves_what_was_made_of_them(room: Room, as_hat: AsHat) -> None:
    running(room)
    item, soc = current(room), as_hat(room.cast.soc)
    autosave(soc, item, "Lika rad\nfem platser på lagret", 0)
    waiting = autosave(soc, item, "Lika rad\nsex platser på lagret\nny rad", 0).json()["waiting"]
    room_page = soc.get(f"/moten/{room.meeting.pk}/rum/").content.decode()
    address = f"/moten/punkt/{item.pk}/anteckning/slaihop/"
    assert "väntar. Slå ihop</a>" in room_page and address in room_page
    shown = soc.get(address).content.decode()
    assert shown.count("Bara här") == 3 and "<mark>fem</mark> platser på lagret" in shown
    assert "Lika rad\nfem platser på lagret\nsex platser på lagret\nny rad</textarea>" in shown
    row = NoteVersion.objects.get(pk=waiting)
    form = {"base_version": 1, "waiting": waiting, "waiting_seen": row.saved_at.isoformat()}
    assert soc.post(address, {**form, "text": "Lika rad\nsex platser\nny rad"}).status_code == 302
    item.refresh_from_db()
    row.refresh_from_db()
    assert (item.note, item.note_version) == ("Lika rad\nsex platser\nny rad", 2)
    assert row.merged_at is not None and row.text.startswith("Lika rad\nsex platser på")
    assert soc.get(address).status_code == 302


def test_a_merge_that_meets_a_newer_text_keeps_what_was_typed(room: Room, as_hat: AsHat) -> None:
    running(room)
    item, soc = current(room), as_hat(room.cast.soc)
    autosave(soc, item, "Ett", 0)
    waiting = autosave(soc, item, "Två", 0).json()["waiting"]
    seen = NoteVersion.objects.get(pk=waiting).saved_at.isoformat()
    address = f"/moten/punkt/{item.pk}/anteckning/slaihop/"
    form = {"base_version": 1, "waiting": waiting, "waiting_seen": seen, "text": "Ett och två"}
    autosave(soc, item, "Ett, och nytt", 1)
    late = soc.post(address, form)
    assert late.status_code == 409
    text = late.content.decode()
    assert "Texten ändrades medan du läste" in text and "Ett och två</textarea>" in text and "Ett, och nytt" in text
    autosave(soc, item, "Två, och mer", 0, waiting)
    assert soc.post(address, {**form, "base_version": 2}).status_code == 409
    assert AgendaItem.objects.get(pk=item.pk).note == "Ett, och nytt"
    too_long = soc.post(address, {**form, "text": "x" * (LONGEST_NOTE + 7)})
    assert too_long.status_code == 422 and "7 tecken för lång" in too_long.content.decode()


# ---------- the pen ----------
def test_what_was_typed_when_the_pen_was_taken_waits_for_its_new_holder(room: Room, as_hat: AsHat) -> None:
    running(room)
    item, soc, fk = current(room), as_hat(room.cast.soc), as_hat(room.cast.fk)
    autosave(soc, item, "Ett", 0)
    take_pen(by=room.cast.fk, meeting=room.meeting)
    assert autosave(soc, item, "Ett och det jag skrev just då", 1).status_code == 409
    assert AgendaItem.objects.get(pk=item.pk).note == "Ett"
    address = f"/moten/punkt/{item.pk}/anteckning/slaihop/"
    assert "Socs text från" in fk.get(f"/moten/{room.meeting.pk}/rum/").content.decode()
    own = soc.get(f"/moten/{room.meeting.pk}/rum/").content.decode()
    assert "Din text från" in own and "<textarea" not in own.split('id="rum-anteckning"')[1].split("</section>")[0]
    assert "Ta över pennan" in soc.get(address).content.decode()
    assert "det jag skrev just då" not in as_hat(room.cast.psyk).get(address, follow=True).content.decode()
    row = NoteVersion.objects.get(version=None)
    form = {"base_version": 1, "waiting": row.pk, "waiting_seen": row.saved_at.isoformat(), "text": "Allt"}
    assert soc.post(address, form).status_code == 403
    assert fk.post(address, form).status_code == 302
    assert AgendaItem.objects.get(pk=item.pk).note == "Allt"
    # What is left when the meeting has ended can still be merged.
    autosave(soc, item, "Allt, och en sak till", 2)
    put_in(room.meeting, MeetingState.HELD)
    assert "väntar. Slå ihop" in fk.get(f"/moten/{room.meeting.pk}/rum/").content.decode()


def test_only_who_may_hold_the_pen_can_send_a_text(room: Room, as_hat: AsHat) -> None:
    meeting = running(room)
    item, cast = current(room), room.cast
    guest = make_member(cast.outsider.agency, "guest", None)
    ItemGuest.objects.create(item=item, membership=guest)
    case = make_item(meeting, SECRET_TEXT, ItemKind.CASE)
    circle_of(room, case, room.soc_seat)
    answers = {
        "guest": autosave(as_hat(guest), item, "x", 0),
        "outsider": autosave(as_hat(cast.outsider), item, "x", 0),
        "missing": autosave(as_hat(cast.outsider), AgendaItem(pk=999999), "x", 0),
        "outside a case": autosave(as_hat(cast.fk), case, "x", 0),
        "in its circle": autosave(as_hat(cast.soc), case, "x", 0),
    }
    assert {name: answer.status_code for name, answer in answers.items()} == {
        "guest": 403,
        "outsider": 404,
        "missing": 404,
        "outside a case": 404,
        "in its circle": 403,
    }
    assert answers["outsider"].content == answers["missing"].content
    assert not NoteVersion.objects.exists() and SECRET_TEXT not in answers["outside a case"].content.decode()


@pytest.mark.parametrize("state", MeetingState)
@pytest.mark.parametrize("minutes", [MinutesState.DRAFT, MinutesState.SENT])
def test_notes_are_written_from_the_beginning_until_the_minutes_are_sent(
    room: Room, state: MeetingState, minutes: MinutesState, as_hat: AsHat
) -> None:
    running(room)
    item = current(room)
    put_in(room.meeting, state)
    Meeting.objects.filter(pk=room.meeting.pk).update(minutes_state=minutes)
    may = state in {MeetingState.IN_PROGRESS, MeetingState.HELD} and minutes == MinutesState.DRAFT
    answer = autosave(as_hat(room.cast.soc), item, "x", 0)
    assert answer.status_code == (200 if may else 403)
    assert AgendaItem.objects.get(pk=item.pk).note == ("x" if may else "")


# ---------- what people paste ----------
def test_pasted_word_text_loses_only_what_nobody_can_see(room: Room, as_hat: AsHat) -> None:
    running(room)
    item = current(room)
    pasted = "\ufeffRubrik\u2028Sam\u00adverkan\u200b\x0bny\u2029sida\r\nslut\rår\x00 "
    pasted += "\x07“citat” – 👩\u200d💻\u00a0kr\t1"
    assert autosave(as_hat(room.cast.soc), item, pasted, 0).status_code == 200
    kept = AgendaItem.objects.get(pk=item.pk).note
    assert kept == "Rubrik\nSamverkan\nny\nsida\nslut\når “citat” – 👩\u200d💻 kr\t1"


def test_50_kB_are_kept_and_what_is_too_long_is_refused_with_its_text(room: Room, as_hat: AsHat) -> None:
    running(room)
    item, soc = current(room), as_hat(room.cast.soc)
    text = "Möte på Älvvägen.\n" * 2800
    assert len(text.encode()) > 50_000 and autosave(soc, item, text, 0).status_code == 200
    assert AgendaItem.objects.get(pk=item.pk).note == text
    long = autosave(soc, item, "å" * (LONGEST_NOTE + 3), 1)
    assert long.status_code == 422 and "3 tecken för lång" in long.json()["says"]
    form = {"text": "å" * (LONGEST_NOTE + 3), "base_version": 1}
    page = soc.post(f"/moten/punkt/{item.pk}/anteckning/", {**form, "once": "k"})
    assert page.status_code == 422 and "å" * LONGEST_NOTE in page.content.decode()
    assert AgendaItem.objects.get(pk=item.pk).note == text


def test_without_a_script_the_form_saves_and_leads_back_or_to_the_merge(room: Room, as_hat: AsHat) -> None:
    meeting = running(room)
    item, other, soc = current(room), meeting.items.all()[1], as_hat(room.cast.soc)
    address = f"/moten/punkt/{item.pk}/anteckning/"
    form = {"text": "Ett", "base_version": 0, "once": "a"}
    for _ in range(2):
        assert soc.post(address, form).headers["Location"] == f"/moten/{meeting.pk}/rum/"
    assert AgendaItem.objects.get(pk=item.pk).note_version == 1
    late = soc.post(address, {"text": "Två", "base_version": 0, "once": "b"})
    assert late.headers["Location"] == f"{address}slaihop/"
    back = soc.post(f"/moten/punkt/{other.pk}/anteckning/", {"text": "x", "base_version": 0, "once": "c"})
    assert back.headers["Location"] == f"/moten/{meeting.pk}/rum/?punkt={other.pk}"


# ---------- how much is kept ----------
def test_saves_within_a_minute_share_a_row_while_the_text_only_grows(room: Room) -> None:
    running(room)
    item, by = current(room), room.cast.soc
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        for version, text in enumerate(["Vi", "Vi möttes", "I dag: Vi möttes"]):
            save_note(by=by, item=item, text=text, base_version=version)
        save_note(by=by, item=item, text="I dag möttes vi", base_version=3)
        clock.move_to(now + timedelta(seconds=61))
        save_note(by=by, item=item, text="I dag möttes vi.", base_version=4)
    rows = NoteVersion.objects.filter(item=item).values_list("version", "text")
    assert list(rows) == [(3, "I dag: Vi möttes"), (4, "I dag möttes vi"), (5, "I dag möttes vi.")]
    assert AuditEntry.objects.filter(what="meeting.note").count() == 3


@given(st.text("ab\n", max_size=8), st.text("ab\n", max_size=8))
def test_a_text_has_grown_only_if_taking_one_stretch_away_gives_the_old(old: str, new: str) -> None:
    size = len(new) - len(old)
    cuts = [new[:at] + new[at + size :] for at in range(len(old) + 1)] if size >= 0 else []
    assert has_grown(old, new) == (old in cuts)


@given(st.text("ab \n", max_size=30), st.text("ab \n", max_size=30))
def test_both_texts_stand_whole_side_by_side_and_no_word_is_missing_from_the_merged(ours: str, theirs: str) -> None:
    left, right, both = side_by_side(ours, theirs)
    assert "\n".join("".join(text for text, _ in line.words) for line in left) == ours
    assert "\n".join("".join(text for text, _ in line.words) for line in right) == theirs
    for line in (*ours.split("\n"), *theirs.split("\n")):
        assert line in both


# ---------- at the same moment ----------
def test_two_saves_at_once_leave_one_note_and_one_that_waits(committed_db: None, cast: Cast) -> None:
    room = make_room(cast)
    running(room)
    item = current(room)
    for number in range(10):
        base = AgendaItem.objects.get(pk=item.pk).note_version
        texts = [f"{number} från ena\n", f"{number} från andra\n"]
        at_once(*[partial(save_note, by=cast.soc, item=item, text=text, base_version=base) for text in texts])
        now = AgendaItem.objects.get(pk=item.pk)
        waits = NoteVersion.objects.filter(item=item, version=None).order_by("-pk")[0]
        assert now.note_version == base + 1 and {now.note, waits.text} == set(texts)
    assert NoteVersion.objects.filter(item=item, version=None).count() == 10
    assert Attendance.objects.filter(meeting=room.meeting).count() == 1
