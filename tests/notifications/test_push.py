"""Web push as a person turns it on, tries it and takes it away on the page; what a browser may give, and the key."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from pytest_django.fixtures import Settings

from notifications.actions.push import send_pushes
from notifications.models import PushBrowser
from notifications.sending.pushing import server_key
from notifications.views.push import name_of
from tests.cast import Cast
from tests.daphne import ROOT
from tests.front.test_demo import clean_environment
from tests.notifications.push_service import Browser, PushService, base64url, point_of
from tests.notifications.pushing import later, service, tell, turn_on
from workspace.models import AuditEntry
from workspace.rules import Hat

__all__ = ["service"]
pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

AsHat = Callable[[Hat], Client]
PAGE, ON = "/aviseringar/", "/aviseringar/webblasare/"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36"
KNOWN = "https://fcm.googleapis.com/fcm/send/hemlig-adress"


def page(client: Client) -> str:
    return client.get(PAGE).content.decode()


def press(client: Client, browser: Browser, **more: str) -> str:
    """Press the button; what the page then says."""
    answer = client.post(ON, {**browser.gives, **more}, headers={"User-Agent": CHROME}, follow=True)
    assert answer.status_code == 200
    return str(answer.content.decode())


# ---------- turning it on ----------
def test_a_browser_that_is_turned_on_stands_in_the_list_and_is_pushed_to(
    cast: Cast, as_hat: AsHat, service: PushService
) -> None:
    client = as_hat(cast.soc)
    before = page(client)
    assert "Avisera i den här webbläsaren" in before and f'data-key="{server_key()}"' in before
    said = press(client, service.browser())
    assert "Den här webbläsaren aviseras från och med nu." in said
    assert "Chrome på Windows" in said and "Har inte aviserats än." in said
    row = PushBrowser.objects.get()
    assert row.user == cast.soc.user and f'data-push-row="{row.address_digest}"' in said
    with later(seconds=30):
        tell(cast.soc)
        assert send_pushes() == 1
        assert "Aviserades senast" in page(client)
    assert "Chrome" not in page(as_hat(cast.psyk)), "somebody else's"


def test_its_address_lies_sealed_and_no_log_or_page_holds_it(
    cast: Cast, as_hat: AsHat, service: PushService, caplog: pytest.LogCaptureFixture
) -> None:
    client = as_hat(cast.soc)
    press(client, Browser(KNOWN))
    row = PushBrowser.objects.get()
    assert "hemlig-adress" not in row.address + row.address_digest + page(client) + caplog.text
    assert AuditEntry.objects.filter(what="push", object_id=row.pk, user_id=cast.soc.user_id).count() == 1


def test_the_same_browser_again_is_one_and_takes_the_keys_it_has_now(
    cast: Cast, as_hat: AsHat, service: PushService
) -> None:
    client = as_hat(cast.soc)
    press(client, service.browser())
    newer = service.browser()
    press(client, newer)
    assert PushBrowser.objects.get().public_key == newer.gives["public_key"]
    with later(seconds=30):
        tell(cast.soc)
        send_pushes()
    (push,) = service.pushes
    assert newer.read(push.body)["title"] == "Samverkansrum"


def test_a_browser_tells_one_person_the_last_who_turned_it_on(cast: Cast, as_hat: AsHat, service: PushService) -> None:
    press(as_hat(cast.soc), service.browser())
    press(as_hat(cast.psyk), service.browser())
    assert PushBrowser.objects.get().user == cast.psyk.user
    with later(seconds=30):
        tell(cast.soc)
        assert send_pushes() == 0


def test_the_same_form_sent_three_times_is_one_act(cast: Cast, as_hat: AsHat, service: PushService) -> None:
    client = as_hat(cast.soc)
    for _ in range(3):
        press(client, service.browser(), once="nyckel")
    assert PushBrowser.objects.count() == AuditEntry.objects.filter(what="push").count() == 1


def test_no_more_than_ten(cast: Cast, as_hat: AsHat, service: PushService) -> None:
    client = as_hat(cast.soc)
    for number in range(10):
        press(client, service.browser(str(number)))
    assert "Du har redan 10 webbläsare." in press(client, service.browser("elva"))
    assert "från och med nu" in press(client, service.browser("9")), "one that is there already"
    assert PushBrowser.objects.count() == 10


# ---------- what is refused ----------
ODD_ADDRESSES = [
    "http://fcm.googleapis.com/push",
    "https://fcm.googleapis.com:8443/push",
    "https://user:pass@fcm.googleapis.com/push",
    "https://fcm.googleapis.com.tjuv.se/push",
    "https://tjuv.se/fcm.googleapis.com",
    "https://push.apple.com/x",
    "https://evilpush.apple.com/x",
    "https://169.254.169.254/latest/meta-data",
    "https://localhost/push",
    "https://[::1]/push",
    "https://fcm.googleapis.com\\@tjuv.se/",
    "https://fcm.googleapis.com/\r\nX-Hemlig: 1",
    "https://fcm.googleapis.com/ö",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "",
    "x" * 3000,
    "https://fcm.googleapis.com/\x00",
]


def test_an_address_that_is_not_a_known_push_service_is_refused_with_a_sentence(
    cast: Cast, as_hat: AsHat, service: PushService
) -> None:
    client = as_hat(cast.soc)
    for address in ODD_ADDRESSES:
        said = press(client, Browser(address))
        assert "inte en av dem som får användas" in said or "gav ingen adress" in said, address
    assert not PushBrowser.objects.exists()


def test_the_known_ones_are_taken(cast: Cast, as_hat: AsHat, service: PushService) -> None:
    client = as_hat(cast.soc)
    for address in (KNOWN, "https://web.push.apple.com/x", "https://a.b.push.apple.com/x?y=1"):
        assert "från och med nu" in press(client, Browser(address)), address


GOOD = Browser("http://127.0.0.1/push").gives
P384 = ec.generate_private_key(ec.SECP384R1())


ODD_KEYS = [
    ("public_key", ""),
    ("public_key", "å"),
    ("public_key", base64url(b"\x04" + bytes(64))),  # no point of the curve
    ("public_key", base64url(b"\x04" + b"\xff" * 64)),
    ("public_key", base64url(point_of(P384))),
    ("public_key", GOOD["public_key"][:-4]),
    ("public_key", base64url(b"\x02" + point_of(ec.derive_private_key(7, ec.SECP256R1()))[1:33])),  # compressed
    ("secret", ""),
    ("secret", base64url(b"x" * 15)),
    ("secret", base64url(b"x" * 17)),
    ("secret", "<script>"),
]


def test_keys_that_are_none_are_refused_with_a_sentence(cast: Cast, as_hat: AsHat, service: PushService) -> None:
    client = as_hat(cast.soc)
    for name, value in ODD_KEYS:
        assert "Webbläsaren gav ingen användbar nyckel." in press(client, service.browser(), **{name: value}), value
    assert not PushBrowser.objects.exists()


# ---------- a trial, and taking away ----------
def test_a_trial_comes_within_a_minute(cast: Cast, as_hat: AsHat, service: PushService) -> None:
    client = as_hat(cast.soc)
    press(client, service.browser())
    said = client.post(f"{ON}{PushBrowser.objects.get().pk}/prov/", follow=True).content.decode()
    assert "Ett prov skickas inom en minut." in said
    assert send_pushes() == 1 and send_pushes() == 0
    assert "Ett prov skickas" not in page(client)


def test_a_browser_taken_away_is_told_no_more(cast: Cast, as_hat: AsHat, service: PushService) -> None:
    row, client = turn_on(cast.soc, service.browser()), as_hat(cast.soc)
    tell(cast.soc)
    said = client.post(f"{ON}{row.pk}/ta-bort/", follow=True).content.decode()
    assert "Webbläsaren aviseras inte längre." in said
    assert send_pushes() == 0
    assert AuditEntry.objects.filter(what="push.end", object_id=row.pk).count() == 1


def test_somebody_elses_browser_is_as_one_that_is_not_there(cast: Cast, as_hat: AsHat, service: PushService) -> None:
    row = turn_on(cast.soc, service.browser())
    for hat in (cast.soc_2, cast.soc_manager, cast.psyk, cast.coordinator):
        client = as_hat(hat)
        for path in ("prov", "ta-bort"):
            theirs, missing = (client.post(f"{ON}{pk}/{path}/") for pk in (row.pk, 987_654))
            assert theirs.status_code == missing.status_code == 404
    kept = PushBrowser.objects.get()
    assert (kept.pk, kept.trial_at) == (row.pk, None)
    assert send_pushes() == 0


def test_a_role_that_is_told_of_nothing_is_not_offered_it(cast: Cast, as_hat: AsHat, service: PushService) -> None:
    assert "webbläsare" not in page(as_hat(cast.coordinator))


# ---------- the key ----------
def test_without_a_key_the_page_says_so(cast: Cast, as_hat: AsHat, service: PushService, settings: Settings) -> None:
    row = turn_on(cast.soc, service.browser())
    settings.VAPID_KEY = ""
    client = as_hat(cast.soc)
    said = page(client)
    assert "Det går inte att slå på här." in said and "data-key" not in said and "push.js" not in said
    assert "Det går inte att slå på här." in press(client, service.browser("b"))
    assert PushBrowser.objects.get() == row and f"{ON}{row.pk}/ta-bort/" in said


def keys() -> dict[str, str]:
    key = ec.derive_private_key(12345, ec.SECP256R1())
    plain, clear = serialization.PrivateFormat, serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, plain.PKCS8, clear).decode()
    return {
        "pem": pem,
        "pem in one line": pem.replace("\n", "\\n"),
        "sec1": key.private_bytes(serialization.Encoding.PEM, plain.TraditionalOpenSSL, clear).decode(),
        "der": base64url(key.private_bytes(serialization.Encoding.DER, plain.PKCS8, clear)),
        "raw": base64url((12345).to_bytes(32, "big")),
        "padded": base64url((12345).to_bytes(32, "big")) + "=\n",
    }


def test_the_key_is_read_however_it_is_written(settings: Settings) -> None:
    found = set()
    for text in keys().values():
        settings.VAPID_KEY = text
        found.add(server_key())
    assert found == {base64url(point_of(ec.derive_private_key(12345, ec.SECP256R1())))}


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "hemlig nyckel",
        base64url(bytes(32)),
        base64url(b"\xff" * 32),
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        P384.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
    ],
)
def test_a_key_that_is_none_is_as_no_key_and_said_in_the_log_without_it(
    settings: Settings, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings.VAPID_KEY = text
    assert server_key() == ""
    assert text not in "".join(record.message for record in caplog.records).replace("VAPID_KEY is no private key", "")


def started(**environment: str) -> str:
    """The key of a process that starts with these variables."""
    call = "import django; django.setup(); from notifications.sending.pushing import server_key; print(server_key())"
    done = subprocess.run(
        [sys.executable, "-c", call],
        cwd=ROOT,
        env={**clean_environment(**environment), "DJANGO_SETTINGS_MODULE": "workspace.settings"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.strip()


def test_the_key_is_made_at_the_first_start_and_kept(tmp_path: Path) -> None:
    first = started(DATA_DIR=str(tmp_path))
    assert len(first) == 87 and started(DATA_DIR=str(tmp_path)) == first
    assert (tmp_path / "vapid_key").stat().st_mode & 0o777 == 0o600
    assert started(DATA_DIR=str(tmp_path / "other")) != first


def test_in_production_it_is_given_or_push_is_not_offered_and_no_start_is_refused(tmp_path: Path) -> None:
    production = {"ALLOWED_HOSTS": "samverkan.exempel.se", "SECRET_KEY": "x" * 50, "DATA_DIR": str(tmp_path)}
    assert started(**production) == ""
    assert not (tmp_path / "vapid_key").exists()
    assert started(**production, VAPID_KEY=keys()["raw"]) != ""
    assert started(**production, VAPID_KEY="trasig") == ""


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (CHROME, "Chrome på Windows"),
        (f"{CHROME} Edg/141.0", "Edge på Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox på Linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1 Version/18 Safari/605.1", "Safari på Mac"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/141 Mobile Safari/537.36", "Chrome på Android"),
        ("<script>hemlig</script>", "En webbläsare"),
        ("", "En webbläsare"),
    ],
)
def test_a_browser_is_named_as_people_know_it(agent: str, name: str) -> None:
    assert name_of(agent) == name
