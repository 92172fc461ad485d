"""`manage.py read_replies`: a real mailbox, read by the command as an operator runs it."""

import io
import logging
from collections.abc import Generator

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django.fixtures import Settings

from meetings.calendar.actions import reply_mailbox
from meetings.calendar.actions.reply_mailbox import read_mailbox
from meetings.calendar.models import ReceivedReply
from meetings.ical.replies import LARGEST
from meetings.states import Answer
from tests.calendar.answers import CLIENTS, Said
from tests.calendar.dovecot import PASSWORD, Dovecot, needs_dovecot
from tests.calendar.replying import answer_of, entry_of, give_addresses, said_of, written
from tests.cast import Cast
from tests.meetings.calling import call_quietly
from tests.meetings.cast import Room, make_room
from tests.processes import free_port
from tests.services import Postgres

pytestmark = needs_dovecot
SEEN, UNSEEN = True, False


@pytest.fixture(scope="module")
def server() -> Generator[Dovecot]:
    dovecot = Dovecot().start()
    yield dovecot
    dovecot.stop()


@pytest.fixture
def mailbox(server: Dovecot, settings: Settings) -> Dovecot:
    server.empty()
    settings.REPLY_MAILBOX = server.url
    return server


@pytest.fixture
def room(cast: Cast) -> Room:
    give_addresses()
    return call_quietly(make_room(cast))


@pytest.fixture
def said(room: Room) -> Said:
    return said_of(entry_of(room.cast.psyk, room.meeting))


def read() -> str:
    out = io.StringIO()
    call_command("read_replies", stdout=out)
    return out.getvalue().strip()


def counted(taken: int = 0, waiting: int = 0, ignored: int = 0, refused: int = 0, broken: int = 0) -> str:
    return (
        f"Inskrivna: {taken}. Väntar: {waiting}. Utan verkan: {ignored}. "
        f"Avvisade: {refused}. Gick inte att läsa: {broken}."
    )


def test_every_program_s_answer_is_read_once(mailbox: Dovecot, room: Room, said: Said) -> None:
    mailbox.put(*(said.but(comment=client).as_mail(client) for client in CLIENTS))

    assert read() == counted(taken=7)
    assert answer_of(room.cast.psyk, room.meeting) == (Answer.COMING, CLIENTS[-1])
    assert mailbox.seen() == [SEEN] * 7
    before = written()
    assert read() == counted() and written() == before


def test_what_became_of_each_is_counted(mailbox: Dovecot, room: Room, said: Said) -> None:
    deputy = said_of(entry_of(room.cast.psyk_2, room.meeting), "DECLINED")
    raw = said.as_mail()
    mailbox.put(
        raw,
        raw,
        said.but(partstat="TENTATIVE").as_mail(),
        deputy.as_mail(),
        said.but(sender="falsk@annan.example").as_mail(),
        b"From: a@b.example\r\nSubject: Autosvar\r\n\r\nHej!\r\n",
        b"\r\n",
    )

    assert read() == counted(taken=1, waiting=1, ignored=4, refused=1)
    assert mailbox.seen() == [SEEN] * 7


def test_a_mail_that_is_too_large_is_refused_unread(
    mailbox: Dovecot, room: Room, said: Said, caplog: pytest.LogCaptureFixture
) -> None:
    mailbox.put(said.as_mail() + b"\r\n" + b"x" * LARGEST, said.but(partstat="DECLINED").as_mail())

    assert read() == counted(taken=1, refused=1)
    assert answer_of(room.cast.psyk, room.meeting)[0] == Answer.NOT_COMING
    assert "calendar reply refused: too_large" in caplog.messages
    assert mailbox.seen() == [SEEN, SEEN]


@pytest.mark.usefixtures("committed_db")
def test_a_mail_that_breaks_stops_no_other_and_is_tried_again(
    mailbox: Dovecot, room: Room, said: Said, postgres_server: Postgres, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody else holds what the first answer needs for longer than the database waits."""
    other = said_of(entry_of(room.cast.fk, room.meeting))
    mailbox.put(said.but(comment="Hemlig kommentar").as_mail(), other.as_mail())
    with psycopg.connect(postgres_server.owner_url) as owner, connection.cursor() as cursor:
        owner.execute("SELECT 1 FROM workspace_useraccount WHERE id = %s FOR UPDATE", [room.cast.psyk.user_id])
        cursor.execute("SET lock_timeout = '300ms'")
        assert read() == counted(taken=1, broken=1)
        cursor.execute("RESET lock_timeout")

    assert answer_of(room.cast.fk, room.meeting)[0] == Answer.COMING
    assert mailbox.seen() == [UNSEEN, SEEN]
    assert "OperationalError" in caplog.text and "Hemlig" not in caplog.text and "kommun.example" not in caplog.text
    assert ReceivedReply.objects.count() == 1

    assert read() == counted(taken=1)
    assert mailbox.seen() == [SEEN, SEEN]


@pytest.mark.usefixtures("committed_db")
def test_a_mail_that_breaks_twice_stands_in_no_other_s_way(
    mailbox: Dovecot, room: Room, said: Said, postgres_server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reply_mailbox, "MOST", 1)
    other = said_of(entry_of(room.cast.fk, room.meeting))
    mailbox.put(said.as_mail(), other.as_mail())
    with psycopg.connect(postgres_server.owner_url) as owner, connection.cursor() as cursor:
        owner.execute("SELECT 1 FROM workspace_useraccount WHERE id = %s FOR UPDATE", [room.cast.psyk.user_id])
        cursor.execute("SET lock_timeout = '300ms'")
        assert read() == counted(broken=1) and mailbox.seen() == [UNSEEN, UNSEEN]
        assert read() == counted(broken=1) and mailbox.seen() == [SEEN, UNSEEN]
        cursor.execute("RESET lock_timeout")

    assert read() == counted(taken=1) and mailbox.seen() == [SEEN, SEEN]
    assert answer_of(room.cast.fk, room.meeting)[0] == Answer.COMING
    assert read() == counted()


def test_mails_in_letters_of_no_known_kind_are_read_as_nothing(mailbox: Dovecot, room: Room, said: Said) -> None:
    mailbox.put(
        *(
            f"Content-Disposition: attachment; filename*={name}''a.ics\r\n\r\nx".encode()
            for name in ("idna", "undefined")
        ),
        b"Content-Type: multipart/mixed; boundary*=idna''a.b\r\n\r\nx",
        b"Content-Type: text/calendar; method=REPLY\r\n\r\nBEGIN:VCALENDAR" + b"\r\n" * 450_000,
        said.as_mail(),
    )

    assert read() == counted(taken=1, ignored=4)
    assert mailbox.seen() == [SEEN] * 5


def test_where_our_server_is_named_it_must_vouch_for_the_sender(
    mailbox: Dovecot, room: Room, said: Said, settings: Settings
) -> None:
    settings.REPLY_AUTHSERV = "mx.samverkan.example"
    mailbox.put(said.as_mail("apple"), said.but(partstat="DECLINED").as_mail("exchange"))

    assert read() == counted(taken=1, refused=1)
    assert answer_of(room.cast.psyk, room.meeting)[0] == Answer.NOT_COMING
    assert set(ReceivedReply.objects.values_list("why", flat=True)) == {"", "forged"}


def test_what_was_cut_short_is_not_taken_twice(mailbox: Dovecot, room: Room, said: Said) -> None:
    """Taken, and the line broke before the mail was marked."""
    mailbox.put(said.as_mail())
    read()
    before = written()
    mailbox.unmark()

    assert read() == counted(ignored=1)
    assert written() == before and mailbox.seen() == [SEEN]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("gone", "Brevlådan i REPLY_MAILBOX svarar inte. Inget är läst, och inget är förlorat."),
        ("password", "Brevlådan i REPLY_MAILBOX tar inte emot kontot eller lösenordet."),
        ("folder", "Mappen i REPLY_MAILBOX finns inte eller går inte att öppna."),
        ("none", "Ingen brevlåda är angiven. Skriv den i REPLY_MAILBOX, till exempel"),
        ("host", "REPLY_MAILBOX är ingen brevlåda. Skriv till exempel"),
        ("secure", "Brevlådan i REPLY_MAILBOX svarar inte."),
    ],
)
def test_a_mailbox_that_cannot_be_read_is_said_and_nothing_is_lost(
    mailbox: Dovecot,
    room: Room,
    said: Said,
    settings: Settings,
    change: str,
    sentence: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    mailbox.put(said.as_mail())
    settings.REPLY_MAILBOX = {
        "gone": mailbox.url.replace(str(mailbox.port), str(free_port())),
        "password": mailbox.url_of(password="fel-lösenord"),
        "folder": mailbox.url_of(folder="Finns inte"),
        "none": "",
        "host": "imap:///INBOX",
        "secure": mailbox.url.replace("imap:", "imaps:"),
    }[change]

    with caplog.at_level(logging.DEBUG), pytest.raises(CommandError) as refused:
        read()

    assert str(refused.value).startswith(sentence) and refused.value.returncode == 1
    told = f"{refused.value}{refused.value.__cause__}{caplog.text}"
    assert PASSWORD not in told and "hemligt" not in told and "fel-l" not in told
    assert mailbox.seen() == [UNSEEN] and ReceivedReply.objects.count() == 0
    settings.REPLY_MAILBOX = mailbox.url
    assert read() == counted(taken=1)


def test_the_server_dies_between_two_readings(mailbox: Dovecot, room: Room, said: Said) -> None:
    mailbox.put(said.as_mail())
    mailbox.stop()
    with pytest.raises(CommandError):
        read()

    mailbox.start()
    assert read() == counted(taken=1)


def test_the_sweep_reads_nothing_where_no_mailbox_is_named(db: None, settings: Settings) -> None:
    settings.REPLY_MAILBOX = ""

    assert dict(read_mailbox()) == {}


def test_it_reads_the_inbox_where_no_folder_is_named(mailbox: Dovecot, room: Room, settings: Settings) -> None:
    settings.REPLY_MAILBOX = mailbox.url.rpartition("/")[0]

    assert read() == counted()
