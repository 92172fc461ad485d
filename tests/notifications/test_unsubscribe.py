"""No more mails, by the address in a mail: one click without sign-in (RFC 8058), which names nothing to anybody."""

import re
from collections.abc import Callable, Generator
from datetime import date
from urllib.parse import urlsplit

import pytest
from django.core.signing import Signer
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from notifications.actions import queue_digests, send_digests
from notifications.models import DigestMail, KindChoice, QuietHours
from notifications.registry import all_kinds
from notifications.rules import ROLE_REMINDERS, stop_token
from tests.cast import Cast
from tests.notifications.post import PostOffice
from workspace.models import AuditEntry, UserAccount
from workspace.redaction import redact
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
AsHat = Callable[[Hat], Client]
KINDS = ["referral.message", "referral.sent"]
ASKS, DONE, UNKNOWN = "Vill du sluta få mejl?", "Du får inga fler sådana mejl.", "Adressen fungerar inte."
DAY = date(2027, 3, 1)


@pytest.fixture
def post(settings: Settings) -> Generator[PostOffice]:
    settings.SITE_URL, settings.SITE_HOST = "https://samverkan.exempel.se", "samverkan.exempel.se"
    with PostOffice().serving(settings) as office:
        yield office


def mailed(hat: Hat, kinds: list[str] = KINDS) -> str:
    """The way out of a mail that was for these kinds."""
    DigestMail.objects.create(user=hat.user, day=DAY, kinds=kinds)
    return f"/mejlstopp/{stop_token(hat.user_id, DAY)}/"


def mails(hat: Hat) -> dict[str, str]:
    return dict(KindChoice.objects.filter(user=hat.user_id).values_list("kind", "mail"))


def labels() -> list[str]:
    return [kind.label for kind in all_kinds().values()] + [*all_kinds()]


# ---------- in the mail ----------
def test_a_mail_carries_the_headers_of_one_click_and_no_kind(cast: Cast, post: PostOffice) -> None:
    UserAccount.objects.filter(pk=cast.soc.user_id).update(email="soc@exempel.se")
    QuietHours.objects.create(user=cast.soc.user, begins="00:00", ends="00:00", days_off=False)
    DigestMail.objects.create(user=cast.soc.user, day=timezone.localdate(), kinds=KINDS)
    assert send_digests() == 1
    [mail], [raw] = post.mails, post.raw
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    found = re.fullmatch(r"<(https://samverkan\.exempel\.se/mejlstopp/[\w.=-]+/)>", mail["List-Unsubscribe"].strip())
    assert found and found[1] in mail.get_content()
    everything = raw.decode() + mail.get_content()
    assert not [word for word in labels() if word in everything]
    stop = Client(enforce_csrf_checks=True)
    answer = stop.post(urlsplit(found[1]).path, {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200 and DONE in answer.content.decode()
    assert mails(cast.soc) == dict.fromkeys(KINDS, "never")


# ---------- one click ----------
def test_asking_changes_nothing_and_the_button_stops_what_the_mail_was_for(cast: Cast) -> None:
    path, stranger = mailed(cast.soc), Client(enforce_csrf_checks=True)
    for method in (stranger.get, stranger.head):
        assert method(path).status_code == 200
    assert ASKS in stranger.get(path).content.decode() and mails(cast.soc) == {}
    for _ in range(2):
        assert stranger.post(path).status_code == 200
    assert mails(cast.soc) == {"referral.message": "never", "referral.sent": "never"}
    assert set(KindChoice.objects.values_list("kind", "on_page", "push")) == {
        ("referral.message", True, False), ("referral.sent", True, True)
    }  # fmt: skip
    acts = AuditEntry.objects.filter(what="notices.stop_mails", membership_id=None, cooperation_role_id=None)
    assert acts.count() == 2


def test_page_and_push_stay_as_they_were_chosen(cast: Cast) -> None:
    path = mailed(cast.soc)
    KindChoice.objects.create(user=cast.soc.user, kind="referral.message", on_page=False, mail="weekly", push=True)
    Client().post(path)
    row = KindChoice.objects.get(kind="referral.message")
    assert (row.on_page, row.mail, row.push) == (False, "never", True)


def test_it_names_nothing_to_whoever_is_not_signed_in_as_the_reader(cast: Cast, as_hat: AsHat) -> None:
    path = mailed(cast.soc)
    for client in (Client(), as_hat(cast.psyk), as_hat(cast.coordinator)):
        for answer in (client.get(path), client.post(path)):
            words = answer.content.decode()
            own = words.split("<main", 1)[1]
            assert not [word for word in labels() if word in own]
            assert cast.soc.user.first_name not in own and cast.soc.user.username not in own
            assert "no-store" in answer["Cache-Control"]


def test_the_reader_signed_in_sees_the_kinds_and_chooses_for_each(cast: Cast, as_hat: AsHat) -> None:
    path, client = mailed(cast.soc), as_hat(cast.soc)
    words = client.get(path).content.decode()
    for code in KINDS:
        assert all_kinds()[code].label in words
    assert words.count("<select") == len(KINDS)
    client.post("/aviseringar/", {"mail-referral.message": "weekly", "page-referral.message": "on"})
    assert mails(cast.soc) == {"referral.message": "weekly"}


def test_somebody_with_two_hats_is_not_asked_to_choose_one_first(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.two_hats[0].user, backend="workspace.sign_in.PasswordBackend")
    assert ASKS in client.get(mailed(cast.two_hats[0])).content.decode()


def test_a_role_stops_its_reminders(cast: Cast) -> None:
    UserAccount.objects.filter(pk=cast.coordinator.user_id).update(email="sam@exempel.se")
    Client().post(mailed(cast.coordinator, [ROLE_REMINDERS]))
    assert mails(cast.coordinator) == {ROLE_REMINDERS: "never"}
    queue_digests(day=timezone.localdate(), roles=[cast.coordinator.pk])
    assert not DigestMail.objects.exclude(day=DAY).exists()


def test_of_a_mail_that_is_known_no_longer_everything_is_stopped(cast: Cast) -> None:
    Client().post(f"/mejlstopp/{stop_token(cast.soc.user_id, DAY)}/")
    assert set(mails(cast.soc).values()) == {"never"}
    usual = {code for code, kind in all_kinds().items() if kind.urgency < 3}
    assert usual <= set(mails(cast.soc))


# ---------- hostile ----------
def forged(cast: Cast) -> list[str]:
    good = stop_token(cast.soc.user_id, DAY)
    own = Signer(salt="notifications.stop", sep=".")
    return [
        *("x", "1-20270301", "1-20270301.", ".", "..", "%00", "å" * 300, "1" * 5000, "../../etc/passwd"),
        *(good[:-1], good + "a", good.swapcase(), good.replace("-2027", "-2028"), f"9{good}"),
        stop_token(10**18, DAY), stop_token(-1, DAY),
        Signer(salt="another", sep=".").sign(f"{cast.soc.user_id}-20270301"),
        *(own.sign(text) for text in ("", "-", "1", "x-20270301", f"{cast.soc.user_id}-x", "1-20279901")),
    ]  # fmt: skip


def test_a_token_that_is_none_of_ours_gets_a_kind_page_and_changes_nothing(cast: Cast, as_hat: AsHat) -> None:
    mailed(cast.soc)
    for client in (Client(), as_hat(cast.soc)):
        for token in forged(cast):
            for answer in (client.get(f"/mejlstopp/{token}/"), client.post(f"/mejlstopp/{token}/")):
                assert answer.status_code == 404, token
            if "/" not in token:
                assert UNKNOWN in answer.content.decode(), token
    assert not KindChoice.objects.exists()


def test_nothing_else_is_let_past_the_forgery_check(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.soc.user, backend="workspace.sign_in.PasswordBackend")
    for path in ("/aviseringar/", "/aviseringar/aterstall/", "/aviseringar/tysta-timmar/", "/folj/meeting/1/"):
        assert client.post(path).status_code == 403, path


def test_the_address_never_reaches_a_log(cast: Cast) -> None:
    token = stop_token(cast.soc.user_id, DAY)
    for line in (f"GET /mejlstopp/{token}/ 200", f"next=%2Fmejlstopp%2F{token}%2F"):
        assert token not in redact(line) and token.split(".")[1] not in redact(line)
