"""The mail or SMS to a participant: only that there is something to read, in the words and the way they chose (L50)."""

import random
from collections.abc import Generator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage as Outgoing
from django.db import transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from notifications.actions import queue_participant_mail, send_participant_mails
from notifications.actions.digests import write_digest
from notifications.actions.participants import write_neutral
from notifications.models import DigestMail, ParticipantMail
from notifications.rules import stop_token
from tests.cast import SECRET_NAME, Cast, make_participant
from tests.meetings.talks import make_phone
from tests.notifications.post import TAKEN, PostOffice, hang_up
from tests.referrals.races import at_once
from workspace.models import Agency, Contact, Function, Participant, UserAccount
from workspace.states import Channel, NeutralWords

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

SITE, HOST = "https://samverkan.exempel.se", "samverkan.exempel.se"
GATEWAY = "sms.exempel.se"
EMAIL, PHONE = "hemlig.person@exempel.se", "070-123 45 67"
HEADERS = {
    *("Content-Type", "MIME-Version", "Content-Transfer-Encoding", "Subject", "From", "To", "Date", "Message-ID"),
    "Auto-Submitted",
}


@pytest.fixture
def post(settings: Settings) -> Generator[PostOffice]:
    at_home(settings)
    with PostOffice().serving(settings) as office:
        yield office


def at_home(settings: Settings) -> None:
    settings.SITE_URL, settings.SITE_HOST, settings.SMS_GATEWAY = SITE, HOST, GATEWAY
    settings.DEFAULT_FROM_EMAIL = f"Samverkansrum <samverkansrum@{HOST}>"


def choose(
    person: Participant, channel: Channel = Channel.EMAIL, address: str = "", words: NeutralWords = NeutralWords.PLAIN
) -> None:
    address = address or (PHONE if channel == Channel.SMS else EMAIL)
    chosen = {"channel": channel, "address": address, "words": words}
    Contact.objects.update_or_create(participant=person, defaults=chosen)


def queue(person: Participant) -> None:
    with transaction.atomic():
        queue_participant_mail(participant=person)


def later(**span: float) -> time_machine.travel:
    return time_machine.travel(timezone.now() + timedelta(**span), tick=False)


# ---------- who, and how often ----------
@pytest.mark.parametrize("channel", [None, Channel.NONE, Channel.LETTER])
def test_who_chose_no_mail_is_not_written_down(cast: Cast, post: PostOffice, channel: Channel | None) -> None:
    if channel:
        choose(cast.person, channel)
    queue(cast.person)
    assert not ParticipantMail.objects.exists()
    assert send_participant_mails() == 0


def test_however_much_happens_one_waits_and_one_is_sent_in_half_an_hour(cast: Cast, post: PostOffice) -> None:
    choose(cast.person)
    for _ in range(3):
        queue(cast.person)
    assert ParticipantMail.objects.count() == 1
    assert send_participant_mails() == 1
    assert send_participant_mails() == 0
    queue(cast.person)
    with later(minutes=29):
        assert send_participant_mails() == 0
    with later(minutes=31):
        assert send_participant_mails() == 1
    assert len(set(post.ids)) == 2 == len(post.raw)
    assert post.recipients == [[EMAIL]] * 2


def test_the_half_hour_is_each_participants_own(cast: Cast, post: PostOffice) -> None:
    other = make_participant(cast.soc_desk, "Annan")
    for person in (cast.person, other):
        choose(person)
        queue(person)
    assert send_participant_mails() == 2


def test_who_has_been_on_the_page_since_is_not_told(cast: Cast, post: PostOffice) -> None:
    choose(cast.person)
    queue(cast.person)
    with later(minutes=2):
        make_phone(cast)
        assert send_participant_mails() == 0
    assert not ParticipantMail.objects.exists()


def test_what_happens_after_the_visit_is_told_though_a_mail_waited_before_it(cast: Cast, post: PostOffice) -> None:
    choose(cast.person)
    queue(cast.person)
    with later(minutes=2):
        make_phone(cast)
    with later(minutes=3):
        queue(cast.person)
        assert send_participant_mails() == 1


def test_a_visit_of_somebody_else_or_from_before_stops_nothing(cast: Cast, post: PostOffice) -> None:
    choose(cast.person)
    make_phone(cast)
    with later(minutes=1):
        queue(cast.person)
    with later(minutes=2):
        make_phone(cast, make_participant(cast.soc_desk, "Annan"))
        assert send_participant_mails() == 1


def test_channel_address_and_words_are_those_chosen_when_it_is_sent(cast: Cast, post: PostOffice) -> None:
    choose(cast.person)
    queue(cast.person)
    choose(cast.person, Channel.SMS, "070-765 43 21", NeutralWords.REMINDER)
    assert send_participant_mails() == 1
    assert post.recipients == [["0707654321@sms.exempel.se"]]
    queue(cast.person)
    choose(cast.person, Channel.NONE)
    with later(minutes=40):
        assert send_participant_mails() == 0
    assert not ParticipantMail.objects.filter(sent_at__isnull=True).exists()


def test_sms_waits_where_the_operator_has_no_service(cast: Cast, post: PostOffice, settings: Settings) -> None:
    settings.SMS_GATEWAY = ""
    choose(cast.person, Channel.SMS)
    queue(cast.person)
    assert send_participant_mails() == 0
    assert ParticipantMail.objects.get().tries == 0


def test_a_rolled_back_act_leaves_no_mail(cast: Cast, post: PostOffice) -> None:
    choose(cast.person)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        queue_participant_mail(participant=cast.person)
        raise ZeroDivisionError
    assert send_participant_mails() == 0


# ---------- what it says ----------
@pytest.mark.parametrize("words", NeutralWords)
def test_the_mail_is_the_words_that_were_chosen_and_nothing_else(
    cast: Cast, post: PostOffice, words: NeutralWords
) -> None:
    choose(cast.person, words=words)
    queue(cast.person)
    assert send_participant_mails() == 1
    (mail,) = post.mails
    assert set(mail.keys()) == HEADERS
    assert (mail["Subject"], mail["To"], mail["Auto-Submitted"]) == (words.label, EMAIL, "auto-generated")
    plain = words == NeutralWords.PLAIN
    body = f"{words.label}\n\n{SITE}/min-sida/" if plain else words.label
    assert mail.get_content().splitlines() == body.splitlines()
    bare = f"samverkansrum@{HOST}"
    assert mail["From"] == (f"Samverkansrum <{bare}>" if plain else bare)


@pytest.mark.parametrize("words", NeutralWords)
def test_an_sms_is_a_mail_to_the_number_with_the_words_alone(cast: Cast, post: PostOffice, words: NeutralWords) -> None:
    choose(cast.person, Channel.SMS, "+46 70-123 45 67", words)
    queue(cast.person)
    assert send_participant_mails() == 1
    (mail,) = post.mails
    assert post.recipients == [["+46701234567@sms.exempel.se"]]
    assert (mail["Subject"], mail.get_content().strip()) == ("", words.label)
    assert set(mail.keys()) == HEADERS


HOSTILE = (
    "Elak\r\nBcc: tjuv@exempel.se",
    "Hemlig\nSubject: Psykiatrin",
    "Hemlig\r\n\r\nAnnan kropp",
    "Åsa Örn Ǿ𝔘 Hemlig",
    "Hemlig\u2028Bcc: tjuv@exempel.se",
    "Hemlig\x0bTo: tjuv@exempel.se\x00",
    "=?utf-8?q?Hemlig=0ABcc=3Atjuv?=",
    "<b>Hemlig</b> ‮ltit",
)
HOSTILE_ADDRESSES = (
    "hemlig@exempel.se\r\nBcc: tjuv@exempel.se",
    "hemlig@exempel.se\nTo: tjuv@exempel.se",
    "hemlig@exempel.se, tjuv@exempel.se",
    "hemlig@exempel.se;tjuv@exempel.se",
    "Hemlig <hemlig@exempel.se>",
    '"hemlig\x0b\x0cBcc"@exempel.se',
    '"hemlig Bcc: tjuv"@exempel.se',
    "hemlig@exempel.se\u2028",
    "hemlig@[127.0.0.1]",
    "hemlig\x00@exempel.se",
    "hemlig@",
    "hemlig",
    "0701234567\r\nBcc: tjuv@exempel.se",
    "0701234567@tjuv.se,0701",
    "٠٧٠١٢٣٤٥٦٧",
    "07012345678901234567",
    "112",
)
GOOD = ("a.b+c@exempel.se", "x@under.exempel.se", "070-123 45 67", "+46 70 123 45 67")
NEEDLES = ("hemlig", "elak", "tjuv", "bcc:", "psyk", "socialtj", "titel", "0702468024", "örn", "2026-77")


def built(outgoing: Outgoing) -> EmailMessage:
    """As the server gets it."""
    return message_from_bytes(outgoing.message().as_bytes(), policy=policy.default)


def is_clean(mail: EmailMessage, to: str, words: set[str], stop: str = "") -> None:
    """`stop`: the way to stop such mails. Its token is letters that say nothing, and now and then look like a word."""
    headers = HEADERS | ({"List-Unsubscribe", "List-Unsubscribe-Post"} if stop else set())
    assert set(mail.keys()) == headers and len(mail.keys()) == len(headers)
    assert mail["To"].addresses[0].addr_spec == to and len(mail["To"].addresses) == 1
    assert mail["Subject"] in words | {""}
    said = [mail.get_content(), *(str(value) for name, value in mail.items() if name != "To")]
    assert sum(text.count(stop) for text in said if stop) == (2 if stop else 0)
    found = [word for word in NEEDLES for text in said if word in (text.replace(stop, "") if stop else text).lower()]
    assert found == [], said


def test_ten_thousand_hostile_participants_leak_nothing_and_inject_nothing(settings: Settings) -> None:
    at_home(settings)
    own, labels = random.Random(5), {str(words.label) for words in NeutralWords}
    written = refused = 0
    for _ in range(10_000):
        name, address = f"{own.choice(HOSTILE)}{own.randrange(10**6)}", own.choice((*HOSTILE_ADDRESSES, *GOOD, *GOOD))
        agency = Agency(name=f"Socialtjänsten {name}", short_name=name)
        person = Participant(pk=own.randrange(1, 10**6), first_name=name, last_name="Titel", phone="0702468024")
        person.function = Function(name=f"Psykiatrin {name}", agency=agency)
        channel, words = own.choice((Channel.EMAIL, Channel.SMS)), own.choice(list(NeutralWords))
        contact = Contact(
            participant=person, channel=channel, address=own.choice((address, address, name)), words=words
        )
        address = contact.address
        mail = ParticipantMail(participant=person, made_at=timezone.now() + timedelta(seconds=own.randrange(10**6)))
        try:
            sent = built(write_neutral(mail, contact, None))
        except ValidationError:
            assert address not in GOOD or (channel == Channel.SMS) == ("@" in address), repr(address)
            refused += 1
            continue
        assert address in GOOD
        digits = address.replace(" ", "").replace("-", "")
        is_clean(sent, f"{digits}@{GATEWAY}" if channel == Channel.SMS else address, labels)
        assert sent.get_content().strip() in {str(words.label), f"{words.label}\n\n{SITE}/min-sida/"}
        written += 1
    assert written > 500 and refused > 500


def test_ten_thousand_hostile_colleagues_leak_nothing_and_inject_nothing(settings: Settings) -> None:
    at_home(settings)
    own = random.Random(6)
    written = refused = 0
    for _ in range(10_000):
        name = f"{own.choice(HOSTILE)}{own.randrange(10**6)}"
        address = own.choice((*HOSTILE_ADDRESSES, *GOOD[:2], *GOOD[:2]))
        user = UserAccount(pk=own.randrange(1, 10**6), username=name, first_name=name, last_name="Titel", email=address)
        mail = DigestMail(user=user, day=timezone.localdate() - timedelta(days=own.randrange(999)))
        try:
            sent = built(write_digest(mail, None))
        except ValidationError:
            assert address not in GOOD, repr(address)
            refused += 1
            continue
        assert address in GOOD[:2]
        stop = f"{SITE}/mejlstopp/{stop_token(user.pk, mail.day)}/"
        is_clean(sent, address, {"Samverkansrum: du har något att läsa"}, stop)
        written += 1
    assert written > 500 and refused > 500


def test_a_hostile_address_is_never_sent_and_stops_nobody(cast: Cast, post: PostOffice) -> None:
    for number, address in enumerate(HOSTILE_ADDRESSES):
        if "\x00" in address:
            continue  # no database takes it
        person = make_participant(cast.soc_desk, f"Elak{number}")
        choose(person, own_channel(address), address)
        queue(person)
    choose(cast.person)
    queue(cast.person)
    assert send_participant_mails() == 1
    assert post.recipients == [[EMAIL]]
    rows = ParticipantMail.objects.exclude(participant=cast.person)
    given_up = {(None, 5, "ValidationError")}
    assert set(rows.values_list("sent_at", "tries", "last_error")) == given_up, "at once: it will never be one"


def own_channel(address: str) -> Channel:
    return Channel.EMAIL if "hemlig" in address else Channel.SMS


def test_what_was_given_up_does_not_stand_in_the_way_of_the_next(cast: Cast, post: PostOffice) -> None:
    choose(cast.person, address="x")
    queue(cast.person)
    send_participant_mails()
    choose(cast.person)
    assert send_participant_mails() == 0
    queue(cast.person)
    assert send_participant_mails() == 1


# ---------- what breaks on the way ----------
def test_mails_wait_for_a_server_that_is_down_and_nothing_is_claimed(cast: Cast, post: PostOffice) -> None:
    post.stop()
    choose(cast.person)
    queue(cast.person)
    for _ in range(7):
        assert send_participant_mails() == 0
    row = ParticipantMail.objects.get()
    assert (row.tries, row.claimed_at, row.last_error) == (0, None, "ConnectionRefusedError")
    post.start()
    assert send_participant_mails() == 1


def test_a_mail_the_server_refuses_is_tried_five_times(
    cast: Cast, post: PostOffice, caplog: pytest.LogCaptureFixture
) -> None:
    post.on_mail = lambda connection: f"451 not now, {SECRET_NAME}"
    choose(cast.person)
    queue(cast.person)
    for tries in range(1, 6):
        with later(hours=3 * tries):
            assert send_participant_mails() == 0
        assert ParticipantMail.objects.get().tries == tries
    post.on_mail = lambda connection: TAKEN
    with later(hours=24):
        assert send_participant_mails() == 0 and len(post.raw) == 5
    assert "SMTPDataError" in caplog.text and SECRET_NAME not in caplog.text and EMAIL not in caplog.text


def test_a_line_that_breaks_before_the_answer_gives_the_same_mail_again(cast: Cast, post: PostOffice) -> None:
    choose(cast.person)
    queue(cast.person)
    post.on_mail = hang_up
    assert send_participant_mails() == 0
    post.on_mail = lambda connection: TAKEN
    with later(minutes=1):
        assert send_participant_mails() == 1
    assert len(post.raw) == 2 and len(set(post.ids)) == 1


@pytest.mark.django_db(transaction=True)
def test_two_processes_at_once_send_each_mail_once(cast: Cast, post: PostOffice) -> None:
    people = [make_participant(cast.soc_desk, f"Person{number}") for number in range(6)]
    for number, person in enumerate(people):
        choose(person, address=f"p{number}@exempel.se")
        queue(person)
    assert sum(at_once(send_participant_mails, send_participant_mails)) == 6 == len(post.raw)
    assert set(ParticipantMail.objects.values_list("tries", flat=True)) == {1}


@pytest.mark.django_db(transaction=True)
def test_two_acts_and_a_sweep_at_once_queue_without_a_fault(cast: Cast, post: PostOffice) -> None:
    choose(cast.person)
    for _ in range(6):
        at_once(lambda: queue(cast.person), lambda: queue(cast.person), send_participant_mails)
    assert ParticipantMail.objects.filter(sent_at__isnull=True).count() <= 1
    assert len(post.raw) == 1
    with later(minutes=31):
        send_participant_mails()
        assert not ParticipantMail.objects.filter(sent_at__isnull=True).exists()


@pytest.mark.django_db(transaction=True)
def test_sending_inside_a_transaction_is_refused_since_the_claim_would_not_be_kept(
    cast: Cast, post: PostOffice
) -> None:
    choose(cast.person)
    queue(cast.person)
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        send_participant_mails()
    assert post.raw == []
