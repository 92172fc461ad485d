"""Web push as a push service gets it: to whom, what it says, how often, and what breaks on the way."""

import json
import time
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from py_vapid import Vapid02
from pytest_django.fixtures import Settings

from notifications.actions import close_notices, mark_read
from notifications.actions.push import ask_for_trial, remove_browser, send_pushes
from notifications.models import KindChoice, Notification, PushBrowser, QuietHours
from notifications.queries import notifications_of
from notifications.states import DigestRhythm, Urgency
from tests.cast import SECRET_NAME, SECRET_TEXT, Cast, sent
from tests.notifications.push_service import Browser, PushService, Said, base64url, unbase64
from tests.notifications.pushing import NOON, SITE, VAPID_KEY, kind_of, later, service, tell, turn_on
from tests.referrals.races import at_once
from workspace.models import Agency, Membership, UserAccount

__all__ = ["service"]
pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
WORDS = {"title": "Samverkansrum", "body": "Du har något att läsa.", "url": f"{SITE}/handelser/"}


def paths(service: PushService) -> list[str]:
    return sorted(push.path for push in service.pushes)


# ---------- what it says ----------
def test_the_browser_reads_neutral_words_and_nothing_else(cast: Cast, service: PushService) -> None:
    """Whatever another agency did, and however hostile its names are."""
    Agency.objects.filter(pk=cast.soc.agency_id).update(name="Socialtjänsten Hemligby", short_name="Hemligby")
    browser = service.browser()
    turn_on(cast.psyk, browser)
    referral = sent(cast)
    assert Notification.objects.filter(membership=cast.psyk).exists()
    tell(cast.psyk)
    assert send_pushes() == 1
    (push,) = service.pushes
    said = browser.read(push.body)
    assert said == WORDS
    everything = json.dumps(said) + str(push.headers)
    for word in ("Hemligby", SECRET_NAME, SECRET_TEXT, referral.number, "R-1042", "emiss", "sykiatri", "psyk"):
        assert word not in everything, word


def test_every_push_is_of_the_same_size_whatever_has_come(cast: Cast, service: PushService) -> None:
    for number, hat in enumerate((cast.soc, cast.psyk, cast.fk)):
        turn_on(hat, service.browser(str(number)))
        for thing in range(number + 1):
            tell(hat, number=f"R-{10 ** (number * 3)}", thing=thing)
    assert send_pushes() == 3
    assert len({len(push.body) for push in service.pushes}) == 1
    told = {tuple(sorted(name for name in push.headers)) for push in service.pushes}
    assert told == {
        (
            *("Accept-Encoding", "Authorization", "Connection", "Content-Encoding", "Content-Length", "Content-Type"),
            *("Host", "TTL", "Topic", "Urgency", "User-Agent"),
        )
    }
    assert {(push.headers["Urgency"], push.headers["Topic"]) for push in service.pushes} == {("normal", "nytt")}


def test_the_signature_is_ours_for_this_service_and_less_than_a_day(cast: Cast, service: PushService) -> None:
    turn_on(cast.soc, service.browser())
    tell(cast.soc)
    send_pushes()
    (push,) = service.pushes
    assert Vapid02.verify(push.headers["Authorization"])
    parts = dict(part.split("=", 1) for part in push.headers["Authorization"].removeprefix("vapid ").split(","))
    ours = Vapid02.from_raw(VAPID_KEY.encode())
    point = ours.private_key.public_key().public_numbers()
    assert unbase64(parts["k"]) == b"\x04" + point.x.to_bytes(32, "big") + point.y.to_bytes(32, "big")
    claims = json.loads(unbase64(parts["t"].split(".")[1]))
    assert claims["aud"] == service.url and claims["sub"] == SITE
    assert 0 < claims["exp"] - NOON.timestamp() <= 24 * 3600


# ---------- to whom ----------
@pytest.mark.parametrize("urgency", list(Urgency))
def test_by_default_only_what_waits_for_somebody_is_pushed(cast: Cast, service: PushService, urgency: Urgency) -> None:
    turn_on(cast.soc, service.browser())
    tell(cast.soc, urgency=urgency)
    assert send_pushes() == (1 if urgency == Urgency.ACT else 0)


@pytest.mark.parametrize("urgency", list(Urgency))
@pytest.mark.parametrize("wanted", [True, False])
def test_what_a_person_has_chosen_of_a_kind_holds(
    cast: Cast, service: PushService, urgency: Urgency, wanted: bool
) -> None:
    turn_on(cast.soc, service.browser("soc"))
    turn_on(cast.psyk, service.browser("psyk"))  # has chosen nothing
    KindChoice.objects.create(user=cast.soc.user, kind=kind_of(urgency), mail=DigestRhythm.NEVER, push=wanted)
    tell(cast.soc, cast.psyk, urgency=urgency)
    send_pushes()
    assert paths(service) == ["/push/psyk"] * (urgency == Urgency.ACT) + ["/push/soc"] * wanted


def test_only_whom_it_is_for_in_a_hat_that_holds(cast: Cast, service: PushService) -> None:
    """Not a colleague, an outsider, a closed account or an ended hat; each of one's browsers, whatever hat is told."""
    for name, member in cast.members.items():
        turn_on(member, service.browser(name))
    turn_on(cast.two_hats[0], service.browser("a"))
    turn_on(cast.two_hats[0], service.browser("b"))
    tell(cast.soc, cast.psyk, cast.fk, cast.two_hats[1])
    UserAccount.objects.filter(pk=cast.psyk.user_id).update(is_active=False)
    Membership.objects.filter(pk=cast.fk.pk).update(to_on=NOON.date() - timedelta(days=1))
    assert send_pushes() == 3
    assert paths(service) == ["/push/a", "/push/b", "/push/soc"]


def test_what_has_been_read_or_closed_meanwhile_is_not_pushed(cast: Cast, service: PushService) -> None:
    for hat in (cast.soc, cast.psyk, cast.fk):
        turn_on(hat, service.browser(hat.user.username))
    tell(cast.soc, cast.psyk, cast.fk)
    mark_read(by=cast.soc, notifications=notifications_of(cast.soc))
    with transaction.atomic():
        close_notices(kind_prefix="referral.", object_id=1, memberships=[cast.psyk.pk])
    assert send_pushes() == 1
    assert paths(service) == ["/push/fk"]


def test_what_came_before_a_browser_was_turned_on_is_not_pushed(cast: Cast, service: PushService) -> None:
    tell(cast.soc)
    with later(seconds=5):
        PushBrowser.objects.filter(pk=turn_on(cast.soc, service.browser()).pk).update(told_until=timezone.now())
        assert send_pushes() == 0


# ---------- quiet hours, and how often ----------
@pytest.mark.parametrize(
    ("own", "told_at", "pushed_at"),
    [
        (None, "2026-11-24 20:00", "2026-11-25 07:00"),  # nothing chosen: 18–7
        (None, "2026-11-27 19:00", "2026-11-30 07:00"),  # a Friday evening
        (("22:00", "23:00", False), "2026-11-24 20:00", "2026-11-24 20:00"),
        (("22:00", "23:00", False), "2026-11-28 12:00", "2026-11-28 12:00"),  # a Saturday, with days off like others
        (("11:00", "14:00", True), "2026-11-24 12:00", "2026-11-24 14:00"),
    ],
)
def test_quiet_hours_are_waited_out(
    cast: Cast, service: PushService, own: tuple[str, str, bool] | None, told_at: str, pushed_at: str
) -> None:
    told, pushed = (timezone.make_aware(datetime.fromisoformat(text)) for text in (told_at, pushed_at))
    turn_on(cast.soc, service.browser())
    if own:
        QuietHours.objects.create(user=cast.soc.user, begins=own[0], ends=own[1], days_off=own[2])
    with time_machine.travel(told, tick=False):
        tell(cast.soc)
    if pushed > told:
        for moment in (told, told + (pushed - told) / 2, pushed - timedelta(minutes=1)):
            with time_machine.travel(moment, tick=False):
                assert send_pushes() == 0, moment
    with time_machine.travel(pushed, tick=False):
        assert send_pushes() == 1


def test_many_things_are_one_push_and_the_next_waits_five_minutes(cast: Cast, service: PushService) -> None:
    turn_on(cast.soc, service.browser())
    for thing in range(20):
        tell(cast.soc, thing=thing)
    assert send_pushes() == 1 and send_pushes() == 0
    with later(minutes=1):
        tell(cast.soc, thing=21)
        assert send_pushes() == 0
    with later(minutes=4, seconds=59):
        tell(cast.soc, thing=22)
        assert send_pushes() == 0
    with later(minutes=5):
        assert send_pushes() == 1 and send_pushes() == 0
    with later(minutes=11):
        assert send_pushes() == 0, "nothing has come since"
    assert len(service.pushes) == 2


def test_what_waits_and_is_read_meanwhile_is_dropped(cast: Cast, service: PushService) -> None:
    turn_on(cast.soc, service.browser())
    tell(cast.soc)
    send_pushes()
    with later(minutes=1):
        tell(cast.soc, thing=2)
        mark_read(by=cast.soc, notifications=notifications_of(cast.soc))
    with later(minutes=6):
        assert send_pushes() == 0
    assert len(service.pushes) == 1


def test_a_trial_goes_out_also_in_quiet_hours_and_says_the_same(cast: Cast, service: PushService) -> None:
    browser = service.browser()
    row, other = turn_on(cast.soc, browser), turn_on(cast.soc, service.browser("b"))
    with time_machine.travel(NOON + timedelta(hours=10), tick=False):
        ask_for_trial(by=cast.soc, browser=row)
        ask_for_trial(by=cast.psyk, browser=other)  # somebody else's
        assert send_pushes() == 1 and send_pushes() == 0
    (push,) = service.pushes
    assert push.path == "/push/a" and browser.read(push.body) == WORDS


# ---------- what breaks on the way ----------
@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_its_service_no_longer_knows_is_removed(cast: Cast, service: PushService, status: int) -> None:
    turn_on(cast.soc, service.browser("gone"))
    kept = turn_on(cast.soc, service.browser("kept"))
    service.on_push = lambda push: Said(status if push.path == "/push/gone" else 201)
    tell(cast.soc)
    assert send_pushes() == 1
    assert PushBrowser.objects.get() == kept


@pytest.mark.parametrize("status", [400, 403, 429, 500, 503])
def test_a_push_is_tried_five_times_with_longer_and_longer_rests(cast: Cast, service: PushService, status: int) -> None:
    turn_on(cast.soc, service.browser())
    service.on_push = lambda push: Said(status)
    tell(cast.soc)
    for tried, minutes in enumerate((0, 1, 6, 36, 156), 1):
        if minutes:
            with later(minutes=minutes, seconds=-5):
                assert send_pushes() == 0 and len(service.pushes) == tried - 1, minutes
        with later(minutes=minutes):
            assert send_pushes() == 0
        assert len(service.pushes) == tried
    service.on_push = lambda push: Said()
    with later(minutes=400):
        assert send_pushes() == 0, "given up"
    with later(hours=20):
        tell(cast.soc, thing=2)
        assert send_pushes() == 1, "the next thing begins anew"


@pytest.mark.parametrize(
    ("wait", "minutes"),
    [("600", 10), ("5", 1), ("999999", 120), ("Tue, 24 Nov 2026 11:30:00 GMT", 30), ("-7", 1), ("soon", 1)],
)
def test_a_service_may_ask_for_a_longer_rest_within_bounds(
    cast: Cast, service: PushService, wait: str, minutes: int
) -> None:
    turn_on(cast.soc, service.browser())
    service.on_push = lambda push: Said(429, wait)
    tell(cast.soc)
    send_pushes()
    service.on_push = lambda push: Said()
    with later(minutes=minutes, seconds=-5):
        assert send_pushes() == 0
    with later(minutes=minutes):
        assert send_pushes() == 1


def test_a_redirect_is_not_followed(cast: Cast, service: PushService) -> None:
    turn_on(cast.soc, service.browser())
    service.on_push = lambda push: Said(307)
    tell(cast.soc)
    assert send_pushes() == 0
    assert paths(service) == ["/push/a"]


def test_a_service_that_hangs_holds_up_nobody_elses(
    cast: Cast, service: PushService, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty browsers of one that says nothing: eight are tried at once, and the rest left without using up a try."""
    monkeypatch.setattr("notifications.sending.pushing.push.__kwdefaults__", {"seconds": 4.0})
    settings.PUSH_HOSTS = ["127.0.0.1", "localhost"]
    slow = service.url.replace("127.0.0.1", "localhost")
    service.on_push = lambda push: Said(hangs=30 if "slow" in push.path else 0)
    for number in range(10):
        turn_on(cast.soc, Browser(f"{slow}/slow/{number}"))
        turn_on(cast.psyk, Browser(f"{slow}/slow/psyk{number}"))
        if number < 5:
            turn_on(cast.fk, service.browser(str(number)))
    tell(cast.soc, cast.psyk, cast.fk)
    began = time.monotonic()
    assert send_pushes() == 5
    assert time.monotonic() - began < 20
    assert sorted(PushBrowser.objects.exclude(user=cast.fk.user).values_list("tries", flat=True)) == [0] * 12 + [1] * 8


def test_a_service_that_is_down_uses_up_a_try_and_is_asked_again(cast: Cast, service: PushService) -> None:
    turn_on(cast.soc, Browser("http://127.0.0.1:9/push/a"))
    tell(cast.soc)
    assert send_pushes() == 0
    row = PushBrowser.objects.get()
    assert (row.tries, row.claimed_at, row.not_before) == (1, None, NOON + timedelta(minutes=1))


def test_a_sender_that_died_is_made_up_for_after_ten_minutes(cast: Cast, service: PushService) -> None:
    row = turn_on(cast.soc, service.browser())
    tell(cast.soc)
    PushBrowser.objects.filter(pk=row.pk).update(claimed_at=NOON, tries=1)
    with later(minutes=9):
        assert send_pushes() == 0
    with later(minutes=11):
        assert send_pushes() == 1


@pytest.mark.django_db(transaction=True)
def test_two_processes_at_once_push_each_browser_once(cast: Cast, service: PushService) -> None:
    for number in range(30):
        turn_on((cast.soc, cast.psyk, cast.fk)[number % 3], service.browser(str(number)))
    tell(cast.soc, cast.psyk, cast.fk)
    assert sum(at_once(send_pushes, send_pushes)) == 30
    assert len(service.pushes) == len(set(paths(service))) == 30


def test_a_browser_taken_away_while_it_is_pushed_to_stays_away(cast: Cast, service: PushService) -> None:
    row = turn_on(cast.soc, service.browser())
    tell(cast.soc)
    remove_browser(by=cast.soc, browser=row)
    assert send_pushes() == 0 and service.pushes == []


def test_nothing_is_pushed_without_a_key_and_a_changed_secret_key_ends_all(
    cast: Cast, service: PushService, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    turn_on(cast.soc, service.browser("hemlig-adress"))
    tell(cast.soc)
    for key in ("", "ingen nyckel", base64url(b"x" * 31)):
        settings.VAPID_KEY = key
        assert send_pushes() == 0 and service.pushes == []
    settings.VAPID_KEY, settings.SECRET_KEY = VAPID_KEY, "another" * 10
    assert send_pushes() == 0
    assert not PushBrowser.objects.exists(), "the seal opens no more"
    assert "hemlig-adress" not in caplog.text


def test_the_list_is_asked_once_and_each_push_costs_the_same_few_questions(cast: Cast, service: PushService) -> None:
    costs = []
    for count in (1, 9):
        for number in range(count):
            for hat in (cast.soc, cast.psyk, cast.fk):
                turn_on(hat, service.browser(f"{hat.pk}-{count}-{number}"))
        PushBrowser.objects.update(not_before=NOON, told_until=NOON - timedelta(minutes=1))
        tell(cast.soc, cast.psyk, cast.fk, thing=count)
        with later(minutes=count), CaptureQueriesContext(connection) as asked:
            costs.append((send_pushes(), len(asked)))
    (few, cheap), (many, dear) = costs
    assert (few, many) == (3, 30)
    assert dear - cheap == 7 * (many - few), costs


def test_the_service_worker_is_there_for_anybody_and_never_fetches(client: Client) -> None:
    answer = client.get("/sw.js")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/javascript; charset=utf-8")
    assert answer["Cache-Control"] == "no-cache"
    assert not any(word in answer.content for word in (b"fetch(", b'"fetch"', b"caches"))
