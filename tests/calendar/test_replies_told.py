"""What the person is told of an answer from their calendar that was not written, on «Kalender»."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meetings.actions import calls
from meetings.actions.openings import open_next
from meetings.calendar.models import Entry
from meetings.calendar.queries.replies import reply_notice
from tests.calendar.answers import Said
from tests.calendar.replying import answers_of, entry_of, give_addresses, said_of, take, take_raw
from tests.calendar.stage import NOW, empty_room, make_series
from tests.cast import Cast
from tests.meetings.calling import call_quietly, text_of
from tests.meetings.cast import Room, make_room
from workspace.rules import Hat

AsHat = Callable[[Hat], Client]
pytestmark = pytest.mark.usefixtures("november")
NOTICE = "Ditt svar i kalendern den 2 nov. 2026 skrevs inte: "
ELSE = "Svaret är någon annans, eller skickat från en annan adress än den du har här."


@pytest.fixture
def room(cast: Cast) -> Room:
    give_addresses()
    return call_quietly(make_room(cast))


@pytest.fixture
def said(room: Room) -> Said:
    return said_of(entry_of(room.cast.psyk, room.meeting))


def told(client: Client) -> str:
    """The sentence on the page, or nothing."""
    text = text_of(client.get("/kalender/").content.decode())
    return (
        text[text.index("Ditt svar i kalendern") :].partition("Ladda upp")[0].strip() if "skrevs inte" in text else ""
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"partstat": "TENTATIVE"}, "Ett kanske skrivs inte. Svara ja eller nej när du vet."),
        ({"sender": "Eva <falsk@annan.example>"}, ELSE),
        ({"address": "soc@kommun.example"}, ELSE),
    ],
)
def test_an_answer_by_mail_that_was_not_written_is_said_with_its_day(
    room: Room, said: Said, as_hat: AsHat, change: dict[str, str], sentence: str
) -> None:
    psyk = as_hat(room.cast.psyk)
    assert told(psyk) == ""

    take(said.but(**change))

    assert told(psyk) == NOTICE + sentence
    assert told(as_hat(room.cast.soc)) == "" and told(as_hat(room.cast.coordinator)) == ""


def test_one_that_is_not_believed_or_too_old_is_said(room: Room, said: Said, as_hat: AsHat) -> None:
    psyk = as_hat(room.cast.psyk)

    take_raw(said.as_mail("exchange").replace(b"dmarc=pass", b"dmarc=fail"))
    assert told(psyk) == f"{NOTICE}Avsändaren går inte att lita på."

    Entry.objects.update(sequence=2, time_sequence=2)
    assert take(said.but(sequence=1)) == ("old", "moved")
    assert told(psyk) == f"{NOTICE}Tiden är ändrad. Svara på den nya kallelsen."


def test_nothing_is_said_of_an_unknown_uid(room: Room, said: Said, as_hat: AsHat) -> None:
    assert take(said.but(uid="7f1c2a52-5d6e-4a4a-9f0b-2d1d5c3f6e10")) == ("refused", "unknown")

    assert told(as_hat(room.cast.psyk)) == ""


def test_what_was_written_since_is_said_no_more(room: Room, said: Said, as_hat: AsHat) -> None:
    take(said.but(partstat="TENTATIVE"))
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        assert take(said.but(stamp=timezone.now())) == ("taken", "")

        assert told(as_hat(room.cast.psyk)) == ""


def test_it_is_said_for_fourteen_days(room: Room, said: Said) -> None:
    take(said.but(partstat="TENTATIVE"))
    user = room.cast.psyk.user

    with time_machine.travel(timezone.now() + timedelta(days=14, minutes=-1), tick=False):
        assert reply_notice(user).startswith(NOTICE)
    with time_machine.travel(timezone.now() + timedelta(days=14, minutes=1), tick=False):
        assert reply_notice(user) == ""


def test_it_costs_one_query_with_thirty_answers_as_with_one(room: Room, said: Said) -> None:
    for each in range(31):
        take(said.but(partstat="TENTATIVE"))
        if each in {0, 30}:
            with CaptureQueriesContext(connection) as queries:
                assert reply_notice(room.cast.psyk.user)
            assert len(queries) == 1


# ---------- an answer to a series ----------
def test_a_proposed_time_for_a_series_is_said_to_be_of_its_next_meeting(cast: Cast, as_hat: AsHat) -> None:
    give_addresses()
    room = empty_room(cast)
    series = make_series(room.group)
    meeting = open_next(series=series)
    assert meeting is not None
    calls.call_meeting(by=cast.soc, meeting=meeting)
    said = said_of(entry_of(cast.psyk, series), "TENTATIVE", method="COUNTER")

    file = SimpleUploadedFile("svar.ics", said.as_file())
    text = text_of(as_hat(cast.psyk).post("/kalender/svar/", {"reply": file}, follow=True).content.decode())

    assert "Ditt förslag på en annan tid gäller nästa möte i serien." in text and "samma svar" not in text
    assert list(answers_of(cast.psyk).values()) == ["other_time"]
