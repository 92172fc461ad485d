"""Answers out of what calendar programs send, and out of what nobody should: pure reading."""

import gzip
import time
from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from meetings.ical.replies import LARGEST, MOST_EVENTS, Reply, read_file, read_mail, replies_in
from tests.calendar.answers import CLIENTS, SECRET, Said

STOCKHOLM = timezone.get_default_timezone()
STARTS = datetime(2026, 12, 8, 13, tzinfo=STOCKHOLM)
OCCURRENCE = datetime(2027, 1, 12, 13, tzinfo=STOCKHOLM)
UID = "7f1c2a52-5d6e-4a4a-9f0b-2d1d5c3f6e10"
EVA = "eva.ek@kommun.example"
STAMP = datetime(2026, 11, 2, 8, 12, 5, tzinfo=UTC)
COMMENT = "Kommer; tar bussen, men\när sen 🚌"
SAID = Said(UID, EVA, STARTS, comment=COMMENT, stamp=STAMP, sequence=3)


def calendar(*lines: str, method: str = "METHOD:REPLY", events: int = 1) -> bytes:
    """A calendar file of our own making, with exactly these lines in each event."""
    event = ["BEGIN:VEVENT", f"UID:{UID}", *lines, "END:VEVENT"]
    return "\r\n".join(
        ["BEGIN:VCALENDAR", *([method] if method else []), *event * events, "END:VCALENDAR", ""]
    ).encode()


def one(*lines: str, attendee: str = f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{EVA}", method: str = "METHOD:REPLY") -> Reply:
    [found] = replies_in(calendar(attendee, *lines, method=method), address=EVA)
    return found


def mail(content: bytes, kind: str = "text/calendar; method=REPLY", more: str = "", sender: str = EVA) -> bytes:
    head = f"From: {sender}\r\n{more}MIME-Version: 1.0\r\nContent-Type: {kind}\r\n"
    return head.encode() + b"Content-Transfer-Encoding: base64\r\n\r\n" + b64encode(content)


# ---------- the seven programs ----------
@pytest.mark.parametrize("client", CLIENTS)
def test_each_program_is_understood(client: str) -> None:
    found = read_mail(SAID.as_mail(client))

    assert found.sender == EVA and not found.failed
    assert found.replies == (
        Reply(
            uid=UID,
            address=EVA,
            partstat="ACCEPTED",
            comment="Kommer; tar bussen, men är sen 🚌",
            stamp=STAMP,
            sequence=None if client == "gmail" else 3,
        ),
    )
    assert SECRET not in str(found)


@pytest.mark.parametrize("client", CLIENTS)
def test_each_program_names_the_occurrence(client: str) -> None:
    [found] = read_mail(SAID.but(instead_of=OCCURRENCE, partstat="DECLINED").as_mail(client)).replies

    assert (found.instead_of, found.partstat) == (OCCURRENCE, "DECLINED")


@pytest.mark.parametrize("client", CLIENTS)
def test_a_proposed_time_comes_with_the_counter(client: str) -> None:
    proposed = STARTS + timedelta(days=7), STARTS + timedelta(days=7, hours=1)
    said = SAID.but(method="COUNTER", starts_at=proposed[0], ends_at=proposed[1], partstat="TENTATIVE")

    [found] = read_mail(said.as_mail(client)).replies

    assert found.counters and found.proposed == proposed


@pytest.mark.parametrize("client", CLIENTS)
def test_the_same_message_has_the_same_digest_and_the_saved_file_says_the_same(client: str) -> None:
    assert read_mail(SAID.as_mail(client)).digest == read_mail(b"Received: x\r\n" + SAID.as_mail(client)).digest
    assert read_mail(SAID.but().as_mail(client)).digest != read_mail(SAID.as_mail(client)).digest
    for raw in (SAID.as_file(client), SAID.as_mail(client)):
        if client != "nextcloud" or raw.startswith(b"X-"):  # whose method stands in the mail alone
            assert [reply.partstat for reply in read_file(raw, EVA.upper()).replies] == ["ACCEPTED"]


# ---------- what programs spell as they like ----------
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("RECURRENCE-ID:20270112T120000Z", OCCURRENCE),
        ("recurrence-id;tzid=europe/stockholm:20270112T130000", OCCURRENCE),
        ('RECURRENCE-ID;TZID="W. Europe Standard Time":20270112T130000', OCCURRENCE),
        ("RECURRENCE-ID;TZID=Customized Time Zone:20270112T130000", OCCURRENCE),
        ("RECURRENCE-ID;TZID=FLE Standard Time:20270112T140000", OCCURRENCE),  # Helsinki
        ("RECURRENCE-ID;TZID=../../etc/passwd:20270112T130000", OCCURRENCE),
        ("RECURRENCE-ID:20270112T130000", OCCURRENCE),
        ("RECURRENCE-ID;VALUE=DATE:20270112", OCCURRENCE.replace(hour=0)),
        ("RECURRENCE-ID;VALUE=DATE;TZID=America/New_York:20270112", OCCURRENCE.replace(hour=0)),
        ("RECURRENCE-ID:20270230T130000", None),
        ("RECURRENCE-ID:00010101T000000Z", None),
        ("RECURRENCE-ID:99991231T235959", None),
        ("RECURRENCE-ID:i morgon", None),
    ],
)
def test_an_occurrence_is_found_however_it_is_written(line: str, expected: datetime | None) -> None:
    assert one(line).instead_of == expected


@pytest.mark.parametrize(
    ("attendee", "address", "partstat"),
    [
        ("ATTENDEE;PARTSTAT=accepted:MAILTO:Eva.Ek@Kommun.example", EVA, "ACCEPTED"),
        (f'attendee;partstat="DECLINED";CN="Ek; Eva: chef, x":Mailto:{EVA}', EVA, "DECLINED"),
        (f'ATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO="mailto:b@c.se":{EVA}', EVA, "DELEGATED"),
        (f"ATTENDEE;PARTSTAT=TENTATIVE;EMAIL={EVA}:/principals/17", EVA, "TENTATIVE"),
        (f"ATTENDEE:mailto:{EVA}", EVA, ""),
        (f"ATTENDEE;PARTSTAT=ACCEPTED:invalid:nomail\r\nATTENDEE;PARTSTAT=DECLINED:mailto:{EVA}", EVA, "DECLINED"),
        ("ATTENDEE;PARTSTAT=DECLINED:mailto:bo@kommun.example", "bo@kommun.example", "DECLINED"),
        ("ATTENDEE;PARTSTAT=DECLINED:mailto:\u212aim@kommun.example", "\u212aim@kommun.example", "DECLINED"),
    ],
)
def test_the_attendee_is_found_however_it_is_written(attendee: str, address: str, partstat: str) -> None:
    found = one(attendee=attendee)

    assert (found.address, found.partstat) == (address, partstat)


@pytest.mark.parametrize("method", ["REQUEST", "PUBLISH", "CANCEL", "ADD", "REFRESH", "DECLINECOUNTER", "", "REPLY;X"])
def test_other_methods_say_nothing(method: str) -> None:
    lines = (f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{EVA}",)

    assert replies_in(calendar(*lines, method=f"METHOD:{method}"), address=EVA) == ()
    assert read_mail(mail(calendar(*lines, method=f"METHOD:{method}"))).replies == ()


def test_the_method_may_stand_in_the_mail_alone() -> None:
    lines = calendar(f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{EVA}", method="")

    assert len(read_mail(mail(lines, "text/calendar; METHOD=reply")).replies) == 1
    assert read_mail(mail(lines, "text/calendar")).replies == ()
    assert read_mail(mail(lines, "text/calendar; method=REQUEST")).replies == ()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
def test_line_ends_and_folds_are_of_any_kind(end: str) -> None:
    text = calendar(f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{EVA}", "COMMENT:Jag är på väg, å").decode()
    folded = end.join(end.join((line[:20], f" {line[20:]}")) if len(line) > 20 else line for line in text.splitlines())

    [found] = replies_in(b"\xef\xbb\xbf" + folded.encode(), address=EVA)

    assert (found.address, found.comment) == (EVA, "Jag är på väg, å")


def test_a_letter_that_is_folded_in_its_middle_is_put_together() -> None:
    whole = "COMMENT:Vi ses på ön".encode()
    at = whole.index("ö".encode()) + 1
    raw = calendar(f"ATTENDEE:mailto:{EVA}", "COMMENT:X").replace(b"COMMENT:X", whole[:at] + b"\r\n\t" + whole[at:])

    assert replies_in(raw, address=EVA)[0].comment == "Vi ses på ön"


@pytest.mark.parametrize(
    ("codec", "charset"),
    [
        ("latin-1", "iso-8859-1"),
        ("latin-1", "utf-8"),
        ("latin-1", "nagot-annat"),
        ("utf-8", "iso-8859-1"),
        ("utf-8", "zlib_codec"),
        ("utf-16", "utf-16"),
        ("cp1252", "windows-1252"),
        ("latin-1", "punycode"),
    ],
)
def test_a_comment_is_read_whatever_its_letters_are_called(codec: str, charset: str) -> None:
    raw = calendar(f"ATTENDEE:mailto:{EVA}", "COMMENT:Åker från Älvsbyn").decode().encode(codec)

    [found] = read_mail(mail(raw, f"text/calendar; method=REPLY; charset={charset}")).replies

    assert found.comment == "Åker från Älvsbyn"


# ---------- who says it ----------
@pytest.mark.parametrize(
    ("headers", "sender"),
    [
        (f"From: {EVA}", EVA),
        ("From: =?utf-8?q?Eva_=C3=85?= <EVA.EK@kommun.example>", EVA),
        (f'From: "{EVA}" <falsk@annan.example>', "falsk@annan.example"),
        (f"From: {EVA}, bo@kommun.example", ""),
        (f"From: {EVA}\r\nFrom: bo@kommun.example", ""),
        ("Subject: ingen", ""),
        ("From: \udcff\udcfe <", ""),
    ],
)
def test_a_mail_is_from_the_one_it_is_from(headers: str, sender: str) -> None:
    raw = (
        headers.encode(errors="surrogateescape") + b"\r\n" + mail(calendar(f"ATTENDEE:mailto:{EVA}")).split(b"\n", 1)[1]
    )

    assert read_mail(raw).sender == sender


@pytest.mark.parametrize(
    ("header", "failed"),
    [
        ("Authentication-Results: mx; spf=pass; dmarc=pass\r\n", False),
        ("Authentication-Results: mx; dkim=fail; DMARC = Fail (p=reject)\r\n", True),
        ("Authentication-Results: mx;\r\n spf=fail;\r\n dmarc=fail\r\n", True),
        ("Authentication-Results: mx; dmarc=pass\r\nAuthentication-Results: x; dmarc=fail\r\n", False),
        ("Authentication-Results: mx; dmarc=fail\r\nAuthentication-Results: x; dmarc=pass\r\n", True),
        ("", False),
        ("Authentication-Results: mx; spf=softfail; dkim=none (unsigned)\r\n", True),
        ("Authentication-Results: mx; spf=fail; dkim=fail; dkim=pass header.d=x.example\r\n", False),
        ("Authentication-Results: mx; spf=pass; dkim=fail\r\n", False),
        (
            'Authentication-Results: mx; spf=fail (dkim=pass) smtp.mailfrom="a; dkim=pass"@x.example; dkim=none\r\n',
            True,
        ),
        ("Authentication-Results: mx; spf=none\r\n", False),
        ("Authentication-Results: mx; none\r\n", False),
        ("Authentication-Results: spf=pass smtp.mailfrom=x; dkim=none; dmarc=none;compauth=fail reason=001\r\n", True),
        ("Authentication-Results: spf=none; dkim=none; dmarc=pass action=none;compauth=pass reason=100\r\n", False),
        ('Authentication-Results: mx; "(; dmarc=fail\r\n', False),
    ],
)
def test_what_the_nearest_server_judged_of_the_sender_counts(header: str, failed: bool) -> None:
    assert read_mail(mail(calendar(f"ATTENDEE:mailto:{EVA}"), more=header)).failed is failed


@pytest.mark.parametrize(
    ("header", "believed"),
    [
        ("mx.exempel.se; spf=none; dmarc=pass", True),
        ("MX.exempel.se 1; dkim=pass header.i=@kommun.example", True),
        ("mx.exempel.se; dkim=pass header.s=k header.d=mail.kommun.example; spf=fail", True),
        ("mx.exempel.se; spf=pass smtp.mailfrom=studs@kommun.example", True),
        ("mx.exempel.se; spf=pass smtp.mailfrom=annan.example; dkim=pass header.d=annankommun.example", False),
        ("mx.exempel.se; spf=pass smtp.helo=kommun.example", False),
        ("mx.exempel.se; dkim=fail header.d=kommun.example; dkim=pass header.d=annan.example", False),
        ("mx.exempel.se; dkim=pass; dmarc=fail", False),
        ('mx.exempel.se; spf=pass smtp.mailfrom="x@kommun.example smtp.mailfrom=kommun.example"@annan.example', False),
        ("mx.exempel.se (dmarc=pass); spf=pass smtp.mailfrom=annan.example (smtp.mailfrom=kommun.example)", False),
        ("annan.example; dmarc=pass\r\nAuthentication-Results: mx.exempel.se; dmarc=pass", False),
        ("dmarc=pass", False),
        ("", False),
        (None, False),
    ],
)
def test_where_our_server_is_named_only_what_it_vouches_for_is_believed(header: str | None, believed: bool) -> None:
    more = "" if header is None else f"Authentication-Results: {header}\r\n"
    raw = mail(calendar(f"ATTENDEE:mailto:{EVA}"), more=more)

    assert read_mail(raw, authserv="mx.exempel.se").failed is not believed


# ---------- what nobody should send ----------
def nested(depth: int) -> bytes:
    parts = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n" for n in range(depth))
    return f"From: {EVA}\r\nMIME-Version: 1.0\r\n{parts}".encode() + mail(calendar(f"ATTENDEE:mailto:{EVA}"))


HOSTILE = {
    "gzip": gzip.compress(b"BEGIN:VCALENDAR\r\n" * 60_000),
    "a mail of gzip": mail(gzip.compress(calendar(f"ATTENDEE:mailto:{EVA}"))),
    "deep": nested(900),
    "abyss": nested(12_000),
    "open": b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\n" * 70_000,
    "quotes": calendar('ATTENDEE;CN="' + '"' * 15_000),
    "parameters": calendar(*["ATTENDEE;" + "X=1;" * 4_000 + ":x"] * 60),
    "folds": b"BEGIN:VCALENDAR\nMETHOD:REPLY\nBEGIN:VEVENT\nUID:" + b"\n " * 500_000,
    "a long line": calendar(f"ATTENDEE:mailto:{EVA}{'x' * 900_000}"),
    "nothing": b"",
    "noughts": bytes(200_000),
    "all bytes": bytes(range(256)) * 2_000,
    "boundary": b"Content-Type: multipart/mixed; boundary=\r\n\r\n--\r\n",
    "strange base64": mail(b"x").replace(b"eA==", b"%%%%" * 1000),
    "words": b"Content-Type: text/calendar; charset*=''%ff%fe; method*0=RE; method*1=PLY\r\n\r\nBEGIN:VCALENDAR",
    "empty lines": b"Content-Type: text/calendar; method=REPLY\r\n\r\nBEGIN:VCALENDAR" + b"\n" * 900_000,
    "empty lines alone": b"BEGIN:VCALENDAR" + b"\n" * 900_000,
    "empty lines, coded": mail(b"BEGIN:VCALENDAR" + b"\n" * 700_000),
    "a type of many parameters": b"Content-Type: text/calendar" + b";a" * 500_000 + b"\r\n\r\nx",
    "folded parameters": b"Content-Type: multipart/mixed;\r\n" + b" a;\r\n" * 200_000 + b"\r\nx",
    "many senders": b"From: " + b"<" * 900_000 + b"\r\n\r\nx",
    "brackets": b"From: " + b"(" * 4_000 + b"\r\n\r\nx",
    "a boundary of no charset": b"Content-Type: multipart/mixed; boundary*=idna''a.b\r\n\r\nx",
    "attached mail": b"Content-Type: message/rfc822\r\n\r\n" + mail(calendar(f"ATTENDEE:mailto:{EVA}")),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_says_nothing_and_is_soon_done(name: str) -> None:
    began = time.perf_counter()

    assert read_mail(HOSTILE[name]).replies == ()
    assert [one for one in read_file(HOSTILE[name], EVA).replies if one.partstat] == []
    assert time.perf_counter() - began < 5


STRANGE_NAMES = ["idna''a.ics", "undefined''a.ics", "\0''a.ics", "hex''%zz.ics", "nagot-annat''a.ics"]


@pytest.mark.parametrize("name", STRANGE_NAMES)
@pytest.mark.parametrize("header", ["Content-Disposition: attachment; filename", "Content-Type: text/x; name"])
def test_a_file_name_in_letters_of_no_known_kind_hides_no_other_part(name: str, header: str) -> None:
    answer = mail(calendar(f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{EVA}")).split(b"\r\n", 2)[2]
    parts = (f"{header}*={name}\r\n\r\nx".encode(), answer)
    raw = f"From: {EVA}\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n".encode()
    raw += b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"

    for found in (read_mail(raw), read_file(raw, EVA)):
        assert [one.partstat for one in found.replies] == ["ACCEPTED"]


def test_more_than_a_megabyte_is_not_read() -> None:
    raw = SAID.as_mail("exchange")

    assert read_mail(raw + b"x" * (LARGEST - len(raw))).replies != ()
    assert read_mail(raw + b"x" * (LARGEST - len(raw) + 1)).replies == ()
    assert read_file(calendar(f"ATTENDEE:mailto:{EVA}") + b" " * LARGEST, EVA).replies == ()


def test_a_thousand_events_are_bounded_and_occurrences_come_first() -> None:
    many = replies_in(calendar(f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{EVA}", events=1000), address=EVA)
    both = calendar(f"ATTENDEE:mailto:{EVA}").replace(b"END:VCALENDAR\r\n", b"") + calendar(
        f"ATTENDEE:mailto:{EVA}", "RECURRENCE-ID:20270112T120000Z"
    ).replace(b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\n", b"")

    assert len(many) == MOST_EVENTS
    assert [reply.instead_of for reply in replies_in(both, address=EVA)] == [OCCURRENCE, None]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Rad ett\\nRad två\\, och\\; tre", "Rad ett Rad två, och; tre"),
        ("X\x00Y\x07\x1b[31m\u202eZ\u2028W\ufeff", "X Y [31m Z W"),
        ("👩\u200d👧 kommer 🚌", "👩\u200d👧 kommer 🚌"),
        ("a" * 10_000, "a" * 299 + "…"),
        ("ord " * 2_000, ("ord " * 75)[:299].rstrip() + "…"),
        ("   ", ""),
    ],
)
def test_a_comment_is_one_line_of_what_can_be_seen(written: str, kept: str) -> None:
    found = one(f"COMMENT:{written}").comment

    assert found == kept and len(found) <= 300


@pytest.mark.parametrize(("written", "number"), [("7", 7), (" 0 ", 0), ("-1", None), ("x", None), ("9" * 40, None)])
def test_a_sequence_is_a_number_or_none(written: str, number: int | None) -> None:
    assert one(f"SEQUENCE:{written}").sequence == number


def test_lines_that_cannot_be_read_are_as_if_they_were_not_there() -> None:
    found = one("COMMENT;=:x", "DTSTAMP:nu", ";;;", "X-A;B", "COMMENT:Kvar", "DTSTART;TZID=:x")

    assert (found.comment, found.stamp) == ("Kvar", None)


def test_an_event_without_attendee_or_uid_is_no_answer() -> None:
    assert replies_in(calendar("COMMENT:x"), address=EVA) == ()
    assert replies_in(calendar(f"ATTENDEE:mailto:{EVA}").replace(b"UID:", b"X-UID:"), address=EVA) == ()
