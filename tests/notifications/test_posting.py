"""What a mail server says no to: tried again, or not that day; whom it does not reach, and who is told of that."""

from collections.abc import Callable, Generator
from datetime import datetime, time, timedelta

import pytest
import time_machine
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from notifications.actions import send_digests
from notifications.actions.posting import Refusal, note_trouble
from notifications.models import DigestMail, MailTrouble, QuietHours, SentMail
from tests.cast import Cast, make_member
from tests.notifications.post import PostOffice
from workspace.actions.accounts import set_email
from workspace.models import Membership, UserAccount
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

AsHat = Callable[[Hat], Client]
NOON = datetime(2026, 11, 24, 12, tzinfo=timezone.get_default_timezone())  # a Tuesday
SOC = "soc@exempel.se"
GONE, FULL, LATER = "550 5.1.1 no such user, hemlig person", "552 5.2.2 over quota", "451 4.7.1 greylisted"


class StrictOffice(PostOffice):
    """Also says what is answered to a recipient and to a sender, before any mail."""

    def __init__(self) -> None:
        super().__init__()
        self.on_recipient = self.on_sender = "250 OK"
        self.asked = 0

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, to: str, options: list[str]) -> str:
        self.asked += 1
        if self.on_recipient.startswith("250"):
            envelope.rcpt_tos.append(to)
        return self.on_recipient

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, sender: str, options: list[str]
    ) -> str:
        envelope.mail_from = sender
        return self.on_sender


@pytest.fixture
def post(settings: Settings) -> Generator[StrictOffice]:
    """A mail server, on a Tuesday at noon."""
    settings.SITE_URL, settings.SITE_HOST = "https://samverkan.exempel.se", "samverkan.exempel.se"
    settings.DEFAULT_FROM_EMAIL = "Samverkansrum <samverkansrum@samverkan.exempel.se>"
    with StrictOffice().serving(settings) as office, time_machine.travel(NOON, tick=False):
        yield office


def owe(member: Hat, address: str = SOC) -> DigestMail:
    """Owe somebody today's mail; they have no quiet hours."""
    UserAccount.objects.filter(pk=member.user_id).update(email=address)
    quiet = {"begins": time(0), "ends": time(0), "days_off": False}
    QuietHours.objects.update_or_create(user=member.user, defaults=quiet)
    return DigestMail.objects.create(user=member.user, day=timezone.localdate())


def later(**span: float) -> time_machine.travel:
    return time_machine.travel(NOON + timedelta(**span), tick=False)


def send_in(**span: float) -> int:
    with later(**span):
        return send_digests()


def trouble() -> MailTrouble:
    return MailTrouble.objects.get()


# ---------- no for now ----------
def test_a_no_for_now_is_tried_five_times_with_longer_and_longer_rests(cast: Cast, post: StrictOffice) -> None:
    post.on_recipient = LATER
    owe(cast.soc)
    for tries, minutes in enumerate((0, 1, 6, 36, 156), 1):
        if minutes:
            send_in(minutes=minutes, seconds=-5)
            assert post.asked == tries - 1, minutes
        assert not MailTrouble.objects.exists()
        send_in(minutes=minutes)
        assert post.asked == tries
    assert (trouble().code, trouble().is_final, trouble().concerns) == ("4.7.1", False, "")
    post.on_recipient = "250 OK"
    assert send_in(minutes=600) == 0, "given up"


@pytest.mark.parametrize("answer", ["451 later", "450 4.2.1 busy", "554 5.7.1 looks like spam", "550 5.4.1 no access"])
def test_what_says_nothing_of_the_address_is_tried_again(cast: Cast, post: StrictOffice, answer: str) -> None:
    post.on_recipient = answer
    owe(cast.soc)
    assert send_digests() == 0 and not MailTrouble.objects.exists()
    post.on_recipient = "250 OK"
    assert send_in(minutes=1) == 1


@pytest.mark.parametrize("answer", ["550 5.1.8 who are you", "530 5.7.0 sign in first"])
def test_a_no_to_ourselves_is_nobodys_trouble(cast: Cast, post: StrictOffice, answer: str) -> None:
    post.on_sender = answer
    owe(cast.soc)
    assert send_digests() == 0 and not MailTrouble.objects.exists()
    post.on_sender = "250 OK"
    assert send_in(minutes=1) == 1


# ---------- no for good ----------
@pytest.mark.parametrize(
    ("answer", "code", "concerns"),
    [
        (GONE, "5.1.1", "address"),
        (FULL, "5.2.2", "full"),
        ("550 unknown", "550", "address"),
        ("553 5.1.3 x", "5.1.3", "address"),
    ],
)
def test_a_no_to_the_address_for_good_is_not_asked_again_that_day(
    cast: Cast, post: StrictOffice, caplog: pytest.LogCaptureFixture, answer: str, code: str, concerns: str
) -> None:
    post.on_recipient = answer
    row = owe(cast.soc)
    for minutes in (0, 1, 6, 36, 156, 600):
        assert send_in(minutes=minutes) == 0
    assert post.asked == 1
    assert (trouble().user_id, trouble().code, trouble().concerns) == (cast.soc.user_id, code, concerns)
    assert (trouble().since, trouble().times, trouble().address) == (NOON, 1, SOC)
    row.refresh_from_db()
    assert (row.sent_at, row.tries, row.claimed_at) == (None, 1, None)
    assert code in caplog.text and "hemlig" not in caplog.text and SOC not in caplog.text
    assert send_in(hours=12, minutes=1) == 0 and post.asked == 2, "the next day once more"
    assert (trouble().since, trouble().times) == (NOON, 2)


def test_an_answer_after_the_whole_mail_counts_as_well(cast: Cast, post: StrictOffice) -> None:
    post.on_mail = lambda server: "550 5.2.1 mailbox closed"
    owe(cast.soc)
    assert send_digests() == 0 == send_in(minutes=10)
    assert len(post.raw) == 1 and trouble().code == "5.2.1"


def test_an_address_that_is_none_is_a_trouble_without_asking_anybody(cast: Cast, post: StrictOffice) -> None:
    owe(cast.soc, "soc exempel")
    assert send_digests() == 0
    assert (post.asked, trouble().code, trouble().concerns) == (0, "5.1.3", "address")


def test_one_no_stops_nobody_elses(cast: Cast, post: StrictOffice) -> None:
    owe(cast.soc, "soc exempel")
    owe(cast.fk, "fk@exempel.se")
    assert send_digests() == 1
    assert post.recipients == [["fk@exempel.se"]]


# ---------- over ----------
def test_a_mail_that_gets_through_ends_it(cast: Cast, post: StrictOffice) -> None:
    post.on_recipient = GONE
    owe(cast.soc)
    send_digests()
    post.on_recipient = "250 OK"
    assert send_in(days=1) == 1
    assert not MailTrouble.objects.exists()


def test_another_address_ends_it_and_the_mail_of_that_day_goes_there(
    cast: Cast, post: StrictOffice, as_hat: AsHat
) -> None:
    post.on_recipient = GONE
    owe(cast.soc)
    send_digests()
    assert SOC in as_hat(cast.soc).get("/aviseringar/").content.decode()
    set_email(user=cast.soc.user, address="ny@exempel.se")
    assert "Mejl når" not in as_hat(cast.soc).get("/aviseringar/").content.decode()
    assert "Mejl når" not in as_hat(cast.soc_manager).get("/enheten/").content.decode()
    post.on_recipient = "250 OK"
    assert send_in(minutes=10) == 1
    assert post.recipients == [["ny@exempel.se"]] and not MailTrouble.objects.exists()


def test_no_to_an_address_that_is_theirs_no_more_is_nothing(cast: Cast, post: StrictOffice) -> None:
    UserAccount.objects.filter(pk=cast.soc.user_id).update(email="ny@exempel.se")
    assert not note_trouble(user=cast.soc.user_id, address=SOC, refusal=Refusal("5.1.1", True))
    assert not MailTrouble.objects.exists()


def test_what_was_sent_is_remembered_for_two_weeks(cast: Cast, post: StrictOffice) -> None:
    owe(cast.soc)
    assert send_digests() == 1
    kept = SentMail.objects.get()
    assert (kept.message_id, kept.user_id, kept.address) == (post.ids[0], cast.soc.user_id, SOC)
    with later(days=15):
        owe(cast.fk, "fk@exempel.se")
        assert send_digests() == 1
    assert SentMail.objects.get().user_id == cast.fk.user_id


# ---------- who is told ----------
def note(member: Membership, code: str = "5.1.1") -> None:
    UserAccount.objects.filter(pk=member.user_id).update(email=f"{member.pk}@exempel.se")
    final = code.startswith(("5.1.", "5.2."))
    note_trouble(user=member.user_id, address=f"{member.pk}@exempel.se", refusal=Refusal(code, final))


@pytest.mark.parametrize(
    ("code", "to_manager", "to_reader"),
    [
        ("5.1.1", "Be den som sköter Samverkansrum att rätta adressen.", "att rätta den."),
        ("5.2.2", "Brevlådan är full. Be Soc Testsson att tömma den.", "Töm den, så kommer mejlen igen."),
        ("4.4.2", "Be den som sköter Samverkansrum att se efter varför.", "att se efter varför."),
    ],
)
def test_the_manager_and_the_reader_see_since_when_and_what_to_do(
    cast: Cast, as_hat: AsHat, code: str, to_manager: str, to_reader: str
) -> None:
    with time_machine.travel(NOON, tick=False):
        note(cast.soc, code)
    with later(days=3):
        said = as_hat(cast.soc_manager).get("/enheten/").content.decode()
        assert "Mejl når inte fram till Soc Testsson, sedan 24 nov." in said and to_manager in said
        own = as_hat(cast.soc).get("/aviseringar/").content.decode()
        assert "Mejl når dig inte sedan 24 nov." in own and to_reader in own


def test_names_stay_within_the_agency_and_with_its_managers(cast: Cast, as_hat: AsHat) -> None:
    note(cast.soc)
    note(cast.two_hats[0])
    for hat in (cast.soc_2, cast.psyk, cast.fk, cast.outsider, cast.coordinator, cast.chair):
        client = as_hat(hat)
        assert client.get("/enheten/").status_code == 404
        for path in ("/aviseringar/", "/idag/", "/"):
            assert "Mejl når" not in client.get(path, follow=True).content.decode(), (hat, path)
    assert "Mejl når" not in as_hat(cast.psyk_manager).get("/enheten/").content.decode()


def test_who_has_left_the_agency_or_closed_the_account_is_not_listed(cast: Cast, as_hat: AsHat) -> None:
    note(cast.soc)
    note(cast.soc_2)
    today = timezone.localdate()
    Membership.objects.filter(pk=cast.soc.pk).update(from_on=today - timedelta(days=9), to_on=today - timedelta(days=1))
    UserAccount.objects.filter(pk=cast.soc_2.user_id).update(is_active=False)
    assert "Mejl når" not in as_hat(cast.soc_manager).get("/enheten/").content.decode()


def test_the_managers_page_asks_as_often_for_one_as_for_thirty(cast: Cast, as_hat: AsHat) -> None:
    client, numbers = as_hat(cast.soc_manager), []
    note(cast.soc)
    client.get("/enheten/")
    for more in (29, 0):
        with CaptureQueriesContext(connection) as asked:
            said = client.get("/enheten/").content.decode()
        numbers.append((said.count("Mejl når inte fram till"), len(asked)))
        for number in range(more):
            note(make_member(cast.soc.agency, f"kollega{number}", cast.soc_desk))
    (one, few), (all_of_them, as_many) = numbers
    assert (one, all_of_them) == (1, 30) and few == as_many
