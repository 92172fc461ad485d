"""An answer from one's own calendar as a file: what the page says was written, or why not."""

import gzip
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from meetings.calendar.models import ReceivedReply
from meetings.ical.replies import LARGEST
from meetings.states import Answer
from tests.calendar.answers import CLIENTS, SECRET, Said
from tests.calendar.replying import answer_of, entry_of, give_addresses, said_of, written
from tests.calendar.stage import make_series
from tests.cast import Cast
from tests.meetings.calling import call_quietly, text_of
from tests.meetings.cast import Room, make_room
from workspace.models import UserAccount
from workspace.rules import Hat
from workspace.swedish import say_time, say_weekday_date

AsHat = Callable[[Hat], Client]
URL = "/kalender/svar/"


@pytest.fixture
def room(cast: Cast) -> Room:
    give_addresses()
    room = call_quietly(make_room(cast))
    for hat in (cast.psyk, cast.soc, cast.coordinator):
        hat.user.refresh_from_db()
    return room


@pytest.fixture
def said(room: Room) -> Said:
    return said_of(entry_of(room.cast.psyk, room.meeting))


def upload(client: Client, content: bytes, name: str = "svar.ics", once: str = "") -> tuple[int, str]:
    """The page after the file is sent: its status, and what it says."""
    data: dict[str, Any] = {"reply": SimpleUploadedFile(name, content), "once": once}
    answer = client.post(URL, data, follow=True)
    return answer.status_code, text_of(answer.content.decode())


@pytest.mark.parametrize("client", [one for one in CLIENTS if one != "nextcloud"])
def test_the_file_of_each_program_is_taken(room: Room, said: Said, as_hat: AsHat, client: str) -> None:
    status, text = upload(as_hat(room.cast.psyk), said.but(comment="Tar bussen").as_file(client))

    at = timezone.localtime(room.meeting.starts_at)
    assert status == 200
    assert f"Vi har skrivit att du kommer {say_weekday_date(at.date())} kl. {say_time(at)}." in text
    assert answer_of(room.cast.psyk, room.meeting) == (Answer.COMING, "Tar bussen")
    assert SECRET not in text


@pytest.mark.parametrize("client", CLIENTS)
def test_the_saved_mail_of_each_program_is_taken(room: Room, said: Said, as_hat: AsHat, client: str) -> None:
    """Also one that a server in between sent in its own name: who gives it is signed in."""
    raw = said.but(partstat="DECLINED", sender="Moln <noreply@moln.example>").as_mail(client)

    _, text = upload(as_hat(room.cast.psyk), raw, "svar.eml")

    assert "Vi har skrivit att du inte kan" in text
    assert answer_of(room.cast.psyk, room.meeting)[0] == Answer.NOT_COMING


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda said: said.but(uid="7f1c2a52-5d6e-4a4a-9f0b-2d1d5c3f6e10"), "Svaret gäller ingen kallelse"),
        (lambda said: said.but(partstat="TENTATIVE"), "Ett kanske skrivs inte."),
    ],
)
def test_what_is_not_written_is_said_with_its_reason(
    room: Room, said: Said, as_hat: AsHat, make: Callable[[Said], Said], sentence: str
) -> None:
    before = written()

    status, text = upload(as_hat(room.cast.psyk), make(said).as_file())

    assert status == 200 and f"Vi skrev inget. {sentence}" in text
    assert written() == before


def test_another_person_s_answer_is_not_one_s_own(room: Room, said: Said, as_hat: AsHat) -> None:
    before, raw = written(), said.as_file()

    _, text = upload(as_hat(room.cast.soc), raw)

    assert "Vi skrev inget. Svaret är någon annans" in text and written() == before
    # And it does not stand in the way of whom it is of.
    assert "Vi har skrivit" in upload(as_hat(room.cast.psyk), raw)[1]


def test_an_older_answer_and_the_same_again_are_said(room: Room, said: Said, as_hat: AsHat) -> None:
    psyk, raw = as_hat(room.cast.psyk), said.as_file()
    upload(psyk, raw)

    assert "Det svaret har vi redan läst. Vi har skrivit att du kommer" in upload(psyk, raw)[1]
    older = said.but(partstat="DECLINED", stamp=timezone.now() - timedelta(hours=1)).as_file()
    assert "Vi skrev inget. Du har svarat något annat senare." in upload(psyk, older)[1]
    assert answer_of(room.cast.psyk, room.meeting)[0] == Answer.COMING


def test_the_same_form_twice_is_one(room: Room, said: Said, as_hat: AsHat) -> None:
    psyk = as_hat(room.cast.psyk)
    upload(psyk, said.as_file(), once="nyckel")
    before = written()

    status, text = upload(psyk, said.but(partstat="DECLINED").as_file(), once="nyckel")

    assert status == 200 and "Vi skrev" not in text
    assert written() == before and ReceivedReply.objects.count() == 1


def test_an_answer_to_the_series_says_what_it_means(room: Room, as_hat: AsHat) -> None:
    entry = entry_of(room.cast.psyk, make_series(room.group))

    _, text = upload(as_hat(room.cast.psyk), said_of(entry).as_file())

    assert "på de möten i serien som är öppna" in text and "De som öppnas senare får samma svar." in text


def test_a_role_has_no_answer_and_is_told(room: Room, as_hat: AsHat) -> None:
    entry = entry_of(room.cast.coordinator, room.meeting)

    assert "I din roll svarar man inte" in upload(as_hat(room.cast.coordinator), said_of(entry).as_file())[1]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "Filen är inget svar på en kallelse."),
        (b"hej", "Filen är inget svar på en kallelse."),
        (bytes(range(256)), "Filen är inget svar på en kallelse."),
        (gzip.compress(b"BEGIN:VCALENDAR"), "Filen är inget svar på en kallelse."),
        (b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR", "Filen är inget svar på en kallelse."),
        (b"x" * LARGEST, "Filen är inget svar på en kallelse."),
        (
            b"Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR" + b"\n" * 900_000,
            "Filen är inget svar på en kallelse.",
        ),
        (b"Content-Disposition: attachment; filename*=idna''a.ics\r\n\r\nx", "Filen är inget svar på en kallelse."),
        (b"Content-Type: x/y; name*=undefined''a.ics\r\n\r\nx", "Filen är inget svar på en kallelse."),
        (b"Content-Type: multipart/x; boundary*=idna''a.b\r\n\r\nx", "Filen är inget svar på en kallelse."),
        (b"x" * (LARGEST + 1), "Filen är större än 1 MB."),
        (None, "Välj filen med ditt svar."),
    ],
)
def test_bad_files_get_a_sentence_at_the_field(room: Room, as_hat: AsHat, content: bytes | None, sentence: str) -> None:
    files = {} if content is None else {"reply": SimpleUploadedFile("svar.ics", content)}

    answer = as_hat(room.cast.psyk).post(URL, files)

    assert answer.status_code == 422
    page = answer.content.decode()
    assert sentence in page and "1 fel:" in page and 'aria-invalid="true"' in page
    assert ReceivedReply.objects.count() == 0


@pytest.mark.parametrize("email", ["", "psyk@kommun.example"])
@pytest.mark.parametrize("client", ["exchange", "apple"])
def test_who_is_signed_in_may_be_called_by_another_address(
    room: Room, said: Said, as_hat: AsHat, email: str, client: str
) -> None:
    """Also one that our server did not vouch for."""
    UserAccount.objects.filter(pk=room.cast.psyk.user_id).update(email=email)
    other = said.but(address="eva@gamla-kommun.example")

    assert "Vi har skrivit att du kommer" in upload(as_hat(room.cast.psyk), other.as_file(client))[1]
    saved = b"Authentication-Results: mx; dmarc=fail\r\n" + other.but(partstat="DECLINED").as_mail(client)
    assert "Vi har skrivit att du inte kan" in upload(as_hat(room.cast.psyk), saved, "svar.eml")[1]


def test_the_form_stands_on_a_page_of_its_own(room: Room, as_hat: AsHat) -> None:
    page = as_hat(room.cast.psyk).get(URL).content.decode()

    assert "Svarade du i din kalender men syns det inte här?" in text_of(page)
    assert 'enctype="multipart/form-data"' in page
    assert Client().get(URL).status_code == 302
