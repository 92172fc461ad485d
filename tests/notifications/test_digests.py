"""The neutral mail: one a day, says nothing, comes also when something broke on the way.

When there is one to send: test_digest_rhythm.py. Nobody here has quiet hours, so that the tests hold at any hour.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from datetime import date, time, timedelta

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from notifications.actions import queue_digests, send_digests
from notifications.models import DigestMail, Notification, QuietHours
from tests.cast import SECRET_NAME, SECRET_TEXT, Cast, sent
from tests.daphne import ROOT, server_environment
from tests.notifications.post import TAKEN, PostOffice, hang_up
from tests.processes import reaper
from tests.referrals.races import at_once
from workspace.models import Agency, CooperationRole, Membership, UserAccount

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

SITE = "https://samverkan.exempel.se"


@pytest.fixture
def post(settings: Settings) -> Generator[PostOffice]:
    settings.SITE_URL, settings.SITE_HOST = SITE, "samverkan.exempel.se"
    settings.DEFAULT_FROM_EMAIL = "Samverkansrum <samverkansrum@samverkan.exempel.se>"
    with PostOffice().serving(settings) as office:
        yield office


def address(member: Membership, email: str) -> int:
    """Give the person behind a hat an address, and no quiet hours. Returns the hat's number."""
    UserAccount.objects.filter(pk=member.user_id).update(email=email)
    QuietHours.objects.update_or_create(
        user=member.user, defaults={"begins": time(0), "ends": time(0), "days_off": False}
    )
    return member.pk


def queue(*memberships: int, day: date | None = None) -> None:
    """Owe each person behind these hats that day's mail."""
    users = sorted(set(Membership.objects.filter(pk__in=memberships).values_list("user", flat=True)))
    day = day or timezone.localdate()
    DigestMail.objects.bulk_create([DigestMail(user_id=pk, day=day) for pk in users], ignore_conflicts=True)


def remind(*roles: CooperationRole) -> None:
    queue_digests(day=timezone.localdate(), roles=[role.pk for role in roles])


def later(**span: float) -> time_machine.travel:
    return time_machine.travel(timezone.now() + timedelta(**span), tick=False)


def one() -> DigestMail:
    return DigestMail.objects.get()


# ---------- who, and how often ----------
def test_one_mail_a_person_and_day_whatever_the_hats_and_however_often_asked(cast: Cast, post: PostOffice) -> None:
    first, second = cast.two_hats
    address(first, "tva@exempel.se")
    queue(first.pk, second.pk)
    queue(second.pk)
    assert send_digests() == 1
    queue(first.pk)
    assert send_digests() == 0
    assert post.recipients == [["tva@exempel.se"]]
    with time_machine.travel(timezone.now() + timedelta(days=1), tick=False):
        queue(first.pk)
        assert send_digests() == 1
    assert len(set(post.ids)) == 2


def test_of_roles_nobody_without_an_address_or_with_a_closed_account_is_written_down(cast: Cast) -> None:
    roles = [cast.coordinator, cast.chair]
    UserAccount.objects.filter(cooperation_roles__in=roles).update(email="")
    remind(*roles)
    UserAccount.objects.filter(cooperation_roles__in=roles).update(email="roll@exempel.se")
    UserAccount.objects.filter(pk=cast.coordinator.user_id).update(is_active=False)
    remind(*roles)
    remind(*roles)
    assert one().user_id == cast.chair.user_id


def test_an_account_closed_in_the_meantime_gets_none(cast: Cast, post: PostOffice) -> None:
    queue(address(cast.soc, "soc@exempel.se"), address(cast.fk, "fk@exempel.se"))
    UserAccount.objects.filter(pk=cast.soc.user_id).update(is_active=False)
    assert send_digests() == 1
    assert post.recipients == [["fk@exempel.se"]]


def test_what_has_waited_a_week_and_what_lies_ahead_is_not_sent(cast: Cast, post: PostOffice) -> None:
    today, people = timezone.localdate(), (cast.soc, cast.psyk, cast.fk, cast.psyk_2)
    for days, member in zip((-7, -6, 0, 1), people, strict=True):
        queue(address(member, f"{member.pk}@exempel.se"), day=today + timedelta(days=days))
    assert send_digests() == 2
    told = set(DigestMail.objects.filter(sent_at__isnull=False).values_list("day", flat=True))
    assert told == {today - timedelta(days=6), today}


def test_where_two_wait_for_somebody_they_go_on_two_days(cast: Cast, post: PostOffice) -> None:
    today, hat = timezone.localdate(), address(cast.soc, "soc@exempel.se")
    queue(hat, day=today - timedelta(days=1))
    queue(hat, day=today)
    assert [send_digests(), send_digests()] == [1, 0]
    with time_machine.travel(timezone.now() + timedelta(days=1), tick=False):
        assert [send_digests(), send_digests()] == [1, 0]
    assert len(set(post.ids)) == 2


def test_a_rolled_back_act_leaves_no_mail(cast: Cast, post: PostOffice) -> None:
    UserAccount.objects.filter(pk=cast.coordinator.user_id).update(email="sam@exempel.se")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        remind(cast.coordinator)
        raise ZeroDivisionError
    assert not DigestMail.objects.exists()
    assert send_digests() == 0


# ---------- what it says ----------
def test_the_mail_says_that_there_is_something_when_and_where(cast: Cast, post: PostOffice) -> None:
    with time_machine.travel("2026-11-23 09:15+01:00", tick=False):
        queue(address(cast.soc, "soc@exempel.se"))
        send_digests()
    (mail,) = post.mails
    assert mail["Subject"] == "Samverkansrum: du har något att läsa"
    assert mail["To"] == "soc@exempel.se"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "text/plain"
    words = mail.get_content()
    assert "Du har något att läsa i Samverkansrum." in words
    assert "Det kom måndag 23 nov. 2026 kl. 09.15." in words
    assert SITE in words.splitlines()


def test_no_name_title_agency_or_number_reaches_the_mail(cast: Cast, post: PostOffice) -> None:
    hostile = "Elak\r\nBcc: tjuv@exempel.se"
    Agency.objects.filter(pk=cast.psyk.agency_id).update(name="Psykiatrin hemliga", short_name=hostile)
    UserAccount.objects.filter(pk=cast.psyk.user_id).update(first_name=hostile, last_name="<b>Titel</b>")
    cast.soc.refresh_from_db()
    referral = sent(cast)
    told = list(Notification.objects.values_list("membership_id", flat=True))
    assert cast.psyk.pk in told
    address(cast.psyk, "psyk@exempel.se")
    queue(*told)
    assert send_digests() == 1
    (raw,), (mail,) = post.raw, post.mails
    everything = raw.decode() + mail.get_content() + str(mail["Subject"]) + str(mail["From"])
    planted = ("Elak", "Bcc", "tjuv", "Titel", "hemliga", "sykiatri", cast.psyk.user.username)
    for word in (*planted, SECRET_NAME, SECRET_TEXT, referral.number, "emiss"):
        assert word not in everything.replace("psyk@exempel.se", ""), word
    assert post.recipients == [["psyk@exempel.se"]]


@pytest.mark.parametrize(
    "email",
    ["soc@exempel.se\nBcc: tjuv@exempel.se", "soc@exempel.se, tjuv@exempel.se", "soc@exempel.se\r\n\r\nhej", "x"],
)
def test_an_address_that_is_none_gets_nothing_and_stops_nobody(cast: Cast, post: PostOffice, email: str) -> None:
    bad = address(cast.soc, email)
    queue(bad, address(cast.fk, "fk@exempel.se"))
    assert send_digests() == 1
    assert post.recipients == [["fk@exempel.se"]]
    row = DigestMail.objects.get(user=cast.soc.user_id)
    assert (row.sent_at, row.tries, row.last_error) == (None, 1, "ValidationError")


# ---------- what breaks on the way ----------
def test_mails_wait_for_a_server_that_is_down_however_long(cast: Cast, post: PostOffice) -> None:
    post.stop()
    queue(address(cast.soc, "soc@exempel.se"), address(cast.fk, "fk@exempel.se"))
    for _ in range(7):
        assert send_digests() == 0
    waiting = set(DigestMail.objects.values_list("tries", "claimed_at", "last_error"))
    assert waiting == {(0, None, "ConnectionRefusedError")}
    post.start()
    assert send_digests() == 2
    assert set(DigestMail.objects.values_list("tries", "last_error")) == {(1, "")}


def test_a_mail_the_server_refuses_is_tried_five_times(
    cast: Cast, post: PostOffice, caplog: pytest.LogCaptureFixture
) -> None:
    post.on_mail = lambda connection: f"451 not now, {SECRET_NAME}"
    queue(address(cast.soc, "soc@exempel.se"))
    for tries in range(1, 6):
        with later(hours=3 * tries):
            assert send_digests() == 0
        assert (one().tries, one().last_error) == (tries, "SMTPDataError")
    post.on_mail = lambda connection: TAKEN
    with later(hours=24):
        assert send_digests() == 0
    assert len(post.raw) == 5
    assert "SMTPDataError" in caplog.text
    assert SECRET_NAME not in caplog.text and "soc@exempel.se" not in caplog.text


def test_a_line_that_breaks_before_the_answer_gives_the_same_mail_again(cast: Cast, post: PostOffice) -> None:
    queue(address(cast.soc, "soc@exempel.se"))
    post.on_mail = hang_up
    assert send_digests() == 0
    assert one().last_error == "SMTPServerDisconnected"
    post.on_mail = lambda connection: TAKEN
    with later(minutes=1):
        assert send_digests() == 1
        assert len(post.raw) == 2 and len(set(post.ids)) == 1
        assert send_digests() == 0


@pytest.mark.django_db(transaction=True)
def test_a_sender_killed_in_the_middle_is_made_up_for_after_ten_minutes(cast: Cast, post: PostOffice) -> None:
    queue(address(cast.soc, "soc@exempel.se"))
    asked: list[subprocess.Popen[bytes]] = []

    def kill_the_sender(connection: object) -> str:
        os.kill(asked[0].pid, signal.SIGKILL)
        return TAKEN

    post.on_mail = kill_the_sender
    call = "import django; django.setup(); from notifications.actions import send_digests; send_digests()"
    env = server_environment(EMAIL_URL=post.url, SITE_URL=SITE)
    asked.append(subprocess.Popen([sys.executable, "-c", call], cwd=ROOT, env=env, stdin=subprocess.DEVNULL))
    reaper.watch(asked[0].pid, signal.SIGTERM)
    assert asked[0].wait(30) == -signal.SIGKILL
    reaper.forget(asked[0].pid)
    assert (one().tries, one().sent_at) == (1, None)
    assert one().claimed_at is not None

    post.on_mail = lambda connection: TAKEN
    assert send_digests() == 0
    with time_machine.travel(timezone.now() + timedelta(minutes=11), tick=False):
        assert send_digests() == 1
    assert len(post.raw) == 2 and len(set(post.ids)) == 1
    assert one().tries == 2


@pytest.mark.django_db(transaction=True)
def test_two_processes_at_once_send_each_mail_once(cast: Cast, post: PostOffice) -> None:
    hats = [address(member, f"{name}@exempel.se") for name, member in cast.members.items()]
    queue(*hats)
    results = at_once(send_digests, send_digests)
    assert sum(results) == len(hats) == len(post.raw)
    assert len({recipient for (recipient,) in post.recipients}) == len(hats)
    assert set(DigestMail.objects.values_list("tries", flat=True)) == {1}


@pytest.mark.django_db(transaction=True)
def test_two_acts_at_once_queue_one_mail(cast: Cast, post: PostOffice) -> None:
    roles = [cast.coordinator, cast.chair]
    UserAccount.objects.filter(cooperation_roles__in=roles).update(email="roll@exempel.se")

    def act(order: list[CooperationRole]) -> None:
        with transaction.atomic():
            remind(*order)

    for _ in range(5):
        at_once(lambda: act(roles), lambda: act(roles[::-1]))
    assert DigestMail.objects.count() == len(roles)


@pytest.mark.django_db(transaction=True)
def test_sending_inside_a_transaction_is_refused_since_the_claim_would_not_be_kept(
    cast: Cast, post: PostOffice
) -> None:
    queue(address(cast.soc, "soc@exempel.se"))
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        send_digests()
    assert post.raw == []
