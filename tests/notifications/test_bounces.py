"""Mails that come back later (RFC 3464): known by the mail they return, and by nothing that anybody could guess."""

import io
import time
from collections.abc import Callable, Generator
from datetime import timedelta
from email.message import EmailMessage

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from meetings.calendar.actions.keeping import keep_all
from meetings.calendar.actions.mailing import send_calendar_mails
from notifications.actions import send_digests
from notifications.actions.bounces import Bounce, take_bounce
from notifications.models import MailTrouble, SentMail
from tests.calendar.dovecot import Dovecot, needs_dovecot
from tests.calendar.replying import give_addresses
from tests.cast import Cast
from tests.meetings.calling import call_quietly
from tests.meetings.cast import make_room
from tests.notifications.test_posting import NOON, SOC, StrictOffice, later, owe, post
from workspace.models import UserAccount
from workspace.rules import Hat

__all__ = ["post"]
pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

AsHat = Callable[[Hat], Client]
SECRET = "Hemlig serverns ord"


def bounce(original: EmailMessage, status: str = "5.1.1", action: str = "failed", *, whole: bool = True) -> bytes:
    """As Postfix writes it; `whole` False: as Exchange does, with the head alone."""
    sent = original.as_bytes()
    kind, returned = "message/rfc822", sent
    if not whole:
        kind, returned = "text/rfc822-headers", sent.split(b"\n\n")[0] + b"\n"
    parts = [
        b"Content-Type: text/plain\r\n\r\nI'm sorry. " + SECRET.encode(),
        b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.exempel.se\r\n\r\n"
        + f"Final-Recipient: rfc822; {original['To']}\r\nAction: {action}\r\nStatus: {status}\r\n".encode()
        + b"Diagnostic-Code: smtp; 550 "
        + SECRET.encode()
        + b"\r\n",
        b"Content-Type: " + kind.encode() + b"\r\n\r\n" + returned,
    ]
    head = (
        b"From: MAILER-DAEMON@mx.exempel.se\r\nTo: samverkansrum@samverkan.exempel.se\r\nSubject: Undelivered\r\n"
        b"Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="gr\xc3\xa4ns"\r\n\r\n'
    ).replace(b"gr\xc3\xa4ns", b"grans")
    return head + b"".join(b"--grans\r\n" + part + b"\r\n" for part in parts) + b"--grans--\r\n"


@pytest.fixture
def digest(cast: Cast, post: StrictOffice) -> EmailMessage:
    """The mail of a day to soc, which the server took."""
    owe(cast.soc)
    assert send_digests() == 1
    return post.mails[0]


# ---------- taken ----------
@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("status", ["5.1.1", "5.1.10", "5.2.2", "5.7.1", "4.4.7"])
def test_a_mail_that_has_failed_is_its_readers_trouble(
    cast: Cast, digest: EmailMessage, whole: bool, status: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Also of 4.x.x, once the server has given up."""
    assert take_bounce(bounce(digest, status, whole=whole)) == Bounce.NOTED
    found = MailTrouble.objects.get()
    assert (found.user_id, found.code, found.by_bounce) == (cast.soc.user_id, status, True)
    assert status in caplog.text and SECRET not in caplog.text and SOC not in caplog.text


@pytest.mark.parametrize(("status", "action"), [("4.4.7", "delayed"), ("2.0.0", "delivered"), ("2.1.5", "relayed")])
def test_one_that_is_only_late_or_has_come_is_none(digest: EmailMessage, status: str, action: str) -> None:
    assert take_bounce(bounce(digest, status, action)) == Bounce.DELAYED
    assert not MailTrouble.objects.exists()


def test_a_call_to_a_meeting_that_comes_back_is_known_too(cast: Cast, post: StrictOffice) -> None:
    give_addresses()
    call_quietly(make_room(cast))
    keep_all()
    with later(minutes=2):
        assert send_calendar_mails() > 0
    cast.psyk.user.refresh_from_db()
    mail = next(one for one in post.mails if one["To"] == cast.psyk.user.email)
    assert take_bounce(bounce(mail)) == Bounce.NOTED
    assert MailTrouble.objects.get().user_id == cast.psyk.user_id


def test_a_report_without_the_mail_is_known_by_what_it_answers(cast: Cast, digest: EmailMessage) -> None:
    raw = (
        bounce(digest)
        .replace(b"message/rfc822", b"text/plain")
        .replace(b"Subject: Undelivered", b"In-Reply-To: " + digest["Message-ID"].encode())
    )
    assert take_bounce(raw) == Bounce.NOTED


def test_since_the_first_and_the_manager_sees_it(cast: Cast, digest: EmailMessage, as_hat: AsHat) -> None:
    for minutes in (1, 2):
        with later(minutes=minutes):
            take_bounce(bounce(digest))
    found = MailTrouble.objects.get()
    assert (found.since, found.times) == (NOON + timedelta(minutes=1), 2)
    said = as_hat(cast.soc_manager).get("/enheten/").content.decode()
    assert "Mejl når inte fram till Soc Testsson" in said and SECRET not in said


def test_that_the_server_takes_one_more_mail_ends_it_only_after_two_days_without_a_bounce(
    cast: Cast, digest: EmailMessage, post: StrictOffice, as_hat: AsHat
) -> None:
    def listed() -> bool:
        return "Mejl når inte fram" in as_hat(cast.soc_manager).get("/enheten/").content.decode()

    take_bounce(bounce(digest))
    with later(days=1):
        owe(cast.soc)
        assert send_digests() == 1
        assert listed()
        take_bounce(bounce(post.mails[1]))
        assert MailTrouble.objects.get().since == NOON
    with later(days=2):
        owe(cast.soc)
        assert send_digests() == 1
    with later(days=3, hours=23):
        assert listed()
    with later(days=4, minutes=1):
        assert not listed()
        owe(cast.soc)
        assert send_digests() == 1
        assert not MailTrouble.objects.exists()


# ---------- not taken ----------
def test_what_is_forged_or_of_somebody_elses_mail_changes_nothing(
    cast: Cast, digest: EmailMessage, caplog: pytest.LogCaptureFixture
) -> None:
    """Who knows the address, the day and the product, but has not had the mail."""
    guesses = ["", "<>", "<1@samverkan.exempel.se>", "<" + "0" * 32 + "@samverkan.exempel.se>", "<å@exempel.se>"]
    guesses += [digest["Message-ID"].upper(), digest["Message-ID"].replace("samverkan", "annan"), "<" + "x" * 5000]
    raw, ours = bounce(digest), digest["Message-ID"].encode()
    assert ours in raw
    for guess in guesses:
        assert take_bounce(raw.replace(ours, guess.encode())) == Bounce.FOREIGN, guess
    assert not MailTrouble.objects.exists()
    assert "bounce of no mail ignored: foreign" in caplog.text


def test_a_bounce_of_an_address_they_have_no_more_is_nothing(cast: Cast, digest: EmailMessage) -> None:
    UserAccount.objects.filter(pk=cast.soc.user_id).update(email="ny@exempel.se")
    assert take_bounce(bounce(digest)) == Bounce.MOVED
    assert not MailTrouble.objects.exists()


def test_a_bounce_of_a_mail_of_last_month_is_foreign(cast: Cast, digest: EmailMessage) -> None:
    SentMail.objects.all().delete()
    assert take_bounce(bounce(digest)) == Bounce.FOREIGN


HOSTILE = {
    "nothing": b"",
    "no mail": b"\x00\xff" * 1000,
    "a plain answer": b"From: a@exempel.se\r\nIn-Reply-To: <x@y>\r\n\r\nHej",
    "a report of something else": b"Content-Type: multipart/report; report-type=disposition-notification\r\n\r\n",
    "a report that says nothing": b'Content-Type: multipart/report; boundary="a"\r\n\r\n--a\r\n\r\n--a--',
    "a status that is text": b'Content-Type: multipart/report; boundary="a"\r\n\r\n--a\r\n'
    b"Content-Type: message/delivery-status\r\n\r\n\xff\xfe\r\n--a--",
    "many parameters": b"Content-Type: multipart/report; " + b"a=b; " * 200_000 + b"\r\n\r\n",
    "many parameters, folded": b"Content-Type: multipart/report" + b";\r\n a=b" * 100_000 + b"\r\n\r\n",
    "parts within parts": b'Content-Type: multipart/report; boundary="a"\r\n\r\n'
    + b'--a\r\nContent-Type: multipart/mixed; boundary="a"\r\n\r\n' * 5000,
    "many ids": b'Content-Type: multipart/report; boundary="a"\r\nReferences: '
    + b"<a@b> " * 100_000
    + b"\r\n\r\n--a\r\nContent-Type: message/delivery-status\r\n\r\nX: y\r\n\r\nAction: failed\r\n"
    + b"Status: 5.1.1\r\n--a--",
    "an odd charset": b"Content-Type: multipart/report; name*=idna''%C3; boundary=a\r\n\r\n--a\r\n--a--",
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_whatever_somebody_sends_raises_nothing_takes_no_time_and_changes_nothing(cast: Cast, raw: bytes) -> None:
    began = time.monotonic()
    assert take_bounce(raw) in {None, Bounce.FOREIGN}
    assert time.monotonic() - began < 3
    assert not MailTrouble.objects.exists()


# ---------- by the mailbox ----------
@pytest.fixture(scope="module")
def server() -> Generator[Dovecot]:
    dovecot = Dovecot().start()
    yield dovecot
    dovecot.stop()


@needs_dovecot
def test_the_command_reads_bounces_beside_answers_and_each_once(
    cast: Cast, digest: EmailMessage, server: Dovecot, settings: Settings
) -> None:
    server.empty()
    settings.REPLY_MAILBOX = server.url
    late = bounce(digest, "4.4.7", "delayed")
    server.put(late, bounce(digest), b"From: a@b.example\r\nSubject: Autosvar\r\n\r\nHej!\r\n")
    out = io.StringIO()
    with time_machine.travel(timezone.now(), tick=True):
        call_command("read_replies", stdout=out)
        assert (
            out.getvalue().strip().endswith("Utan verkan: 2. Avvisade: 0. Gick inte att läsa: 0. Mejl som studsat: 1.")
        )
        assert MailTrouble.objects.get().user_id == cast.soc.user_id
        call_command("read_replies", stdout=out)
    assert MailTrouble.objects.get().times == 1
    assert server.seen() == [True, True, True]
