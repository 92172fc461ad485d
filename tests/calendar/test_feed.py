"""A person's feed by a private address: what it holds, when it is new, and for whom it is missing (issue 8.1)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meetings.calendar.models import Entry, FeedAddress, PersonalCalendar
from tests.calendar.calendar_forms import make_address, make_entry
from tests.cast import Cast
from workspace.models import Agency
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
AsHat = Callable[[Hat], Client]
TOKEN = "hemlig-adress_1234567890"
PATH = f"/kalender/{TOKEN}.ics"


def asked(path: str = PATH, etag: str = "", method: str = "get") -> Any:
    """What a calendar program gets, which keeps no cookie."""
    return getattr(Client(), method)(path, headers={"if-none-match": etag} if etag else {})


def raise_version(hat: Hat) -> None:
    calendar, _ = PersonalCalendar.objects.get_or_create(user=hat.user)
    PersonalCalendar.objects.filter(pk=calendar.pk).update(version=calendar.version + 1)


def rule(to_days: int | None) -> dict[str, Any]:
    """A series that ends that many days from today, or never."""
    to_on = None if to_days is None else (timezone.localdate() + timedelta(days=to_days)).isoformat()
    return {"rule": {"to_on": to_on}, "without": [], "declined": []}


def uids(got: Any) -> list[str]:
    return [str(event["uid"]) for event in icalendar.Calendar.from_ical(got.content).walk("VEVENT")]


def questions(path: str = PATH, etag: str = "") -> list[str]:
    with CaptureQueriesContext(connection) as asked_for:
        asked(path, etag)
    return [query["sql"] for query in asked_for.captured_queries]


# ---------- what it holds ----------
def test_a_feed_gives_the_persons_own_living_events_in_order_and_nothing_else(cast: Cast) -> None:
    make_address(cast.soc, TOKEN)
    later, sooner = make_entry(cast.soc, days=9), make_entry(cast.soc, days=3)
    make_entry(cast.psyk)
    make_entry(cast.soc, ended_at=timezone.now())
    make_entry(cast.soc, text="")
    got = asked()
    assert got.status_code == 200 and got.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert uids(got) == [str(sooner.uid), str(later.uid)]
    assert {str(e["summary"]) for e in icalendar.Calendar.from_ical(got.content).walk("VEVENT")} == {
        "Möte i Samverkansrum"
    }


def test_both_hats_of_a_person_stand_in_one_feed(cast: Cast) -> None:
    make_address(cast.two_hats[0], TOKEN)
    both = {str(make_entry(hat).uid) for hat in cast.two_hats}
    assert set(uids(asked())) == both


def test_the_past_is_bounded_but_a_series_stands_with_its_days_that_differ(cast: Cast) -> None:
    make_address(cast.soc, TOKEN)
    make_entry(cast.soc, days=-68)  # 60 days, and at most a week more
    kept = [make_entry(cast.soc, days=-59)]
    kept.append(make_entry(cast.soc, days=-300, recurrence=rule(None)))
    kept.append(make_entry(cast.soc, days=-200, uid=kept[1].uid, instead_of=timezone.now() - timedelta(days=201)))
    kept.append(make_entry(cast.soc, days=-300, recurrence=rule(-59)))
    gone = [make_entry(cast.soc, days=-400, recurrence=rule(None), ended_at=timezone.now())]
    gone.append(make_entry(cast.soc, days=-400, recurrence=rule(-68)))
    for number, series in enumerate(gone):
        make_entry(cast.soc, days=-390, uid=series.uid, instead_of=timezone.now() - timedelta(days=391 + number))
    assert sorted(uids(asked())) == sorted(str(entry.uid) for entry in kept)


def test_somebody_who_has_no_meetings_has_an_empty_calendar(cast: Cast) -> None:
    make_address(cast.soc, TOKEN)
    got = asked()
    assert got.status_code == 200 and uids(got) == []
    assert got.content.startswith(b"BEGIN:VCALENDAR\r\n") and got.content.endswith(b"END:VCALENDAR\r\n")
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT6H" in got.content


# ---------- when it is new ----------
def test_unchanged_is_304_and_the_mark_changes_when_the_version_does_and_not_otherwise(cast: Cast) -> None:
    make_address(cast.soc, TOKEN)
    make_entry(cast.soc)
    first = asked()
    etag = first.headers["ETag"]
    assert etag.startswith('"') and etag.endswith('"')
    for sent in (etag, f"W/{etag}", f'"annan", {etag}', "*"):
        again = asked(etag=sent)
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag), sent
    raise_version(cast.psyk)
    FeedAddress.objects.update(read_at=timezone.now() - timedelta(hours=2))
    assert asked(etag=etag).status_code == 304
    raise_version(cast.soc)
    changed = asked(etag=etag)
    assert changed.status_code == 200 and changed.headers["ETag"] != etag


def test_the_mark_does_not_tell_the_addresses_of_one_person_apart(cast: Cast) -> None:
    make_address(cast.soc, TOKEN)
    make_address(cast.soc, "en-annan-adress", "Telefonen")
    one, other = asked(), asked("/kalender/en-annan-adress.ics")
    assert (one.headers["ETag"], one.content) == (other.headers["ETag"], other.content)


def test_what_falls_out_of_the_bounded_past_is_noticed_on_a_monday(cast: Cast) -> None:
    make_address(cast.soc, TOKEN)
    sunday = datetime(2027, 3, 7, 22, tzinfo=ZoneInfo("Europe/Stockholm"))
    with time_machine.travel(sunday, tick=False):
        make_entry(cast.soc, days=-65)
        etag = asked().headers["ETag"]
        assert len(uids(asked())) == 1 and asked(etag=etag).status_code == 304
    with time_machine.travel(sunday + timedelta(hours=3), tick=False):
        got = asked(etag=etag)
        assert got.status_code == 200 and uids(got) == []


def test_nothing_but_the_answer_itself_is_to_be_kept_and_no_cookie_is_set(cast: Cast) -> None:
    make_address(cast.soc, TOKEN)
    first = asked()
    for got in (first, asked(etag=first.headers["ETag"])):
        assert got.headers["Cache-Control"] == "private, no-cache"
        assert got.headers["Referrer-Policy"] == "same-origin"
        assert not got.cookies


def test_head_says_the_same_as_get(cast: Cast) -> None:
    make_address(cast.soc, TOKEN)
    make_entry(cast.soc)
    got, head = asked(), asked(method="head")
    assert (head.status_code, head.headers, head.content) == (200, got.headers, b"")
    assert asked(etag=got.headers["ETag"], method="head").status_code == 304
    assert asked(method="post").status_code == asked("/kalender/finns-inte.ics", method="post").status_code == 405


# ---------- what it costs ----------
@pytest.mark.parametrize("events", [1, 30])
def test_an_unchanged_feed_is_one_query_and_a_changed_one_two_however_long(cast: Cast, events: int) -> None:
    make_address(cast.soc, TOKEN, read_at=timezone.now())
    for day in range(events):
        make_entry(cast.soc, days=day)
    etag = asked().headers["ETag"]
    assert len(questions()) == 2
    only = questions(etag=etag)
    assert len(only) == 1 and only[0].strip().startswith("SELECT")


def test_that_an_address_is_read_is_written_at_most_once_an_hour(cast: Cast) -> None:
    address = make_address(cast.soc, TOKEN)
    now = timezone.now().replace(microsecond=0)
    etag = ""
    for minutes, noted in ((0, 0), (15, 0), (59, 0), (61, 61), (75, 61), (122, 122)):
        with time_machine.travel(now + timedelta(minutes=minutes), tick=False):
            etag = asked(etag=etag).headers["ETag"]
            address.refresh_from_db()
            assert address.read_at == now + timedelta(minutes=noted), minutes


# ---------- for whom it is missing ----------
def test_unknown_revoked_and_of_a_closed_account_are_missing_in_the_same_way(cast: Cast, as_hat: AsHat) -> None:
    address = make_address(cast.soc, TOKEN)
    make_address(cast.psyk, "av-ett-stangt-konto")
    make_entry(cast.soc)
    etag = asked().headers["ETag"]
    as_hat(cast.soc).post(f"/kalender/adress/{address.pk}/ta-bort/")
    cast.psyk.user.is_active = False
    cast.psyk.user.save()
    paths = [
        PATH,
        "/kalender/av-ett-stangt-konto.ics",
        "/kalender/har-aldrig-funnits.ics",
        f"/kalender/{'x' * 500}.ics",
    ]
    for method in ("get", "head"):
        answers = [asked(path, etag, method) for path in paths]
        assert {got.status_code for got in answers} == {404}
        assert len({got.content for got in answers}) == 1
        assert all(got.headers == answers[0].headers for got in answers) and not any(got.cookies for got in answers)
    assert all(len(questions(path)) == 1 for path in paths)
    assert not Entry.objects.filter(ended_at__isnull=False).exists()


def test_who_has_no_hat_to_wear_today_has_no_feed_until_there_is_one(cast: Cast) -> None:
    today = timezone.localdate()
    yesterday, tomorrow = today - timedelta(days=1), today + timedelta(days=1)
    hats: dict[str, Hat] = {"m": cast.soc, "r": cast.coordinator}
    for token, hat in hats.items():
        make_address(hat, token * 30, read_at=timezone.now())
        for dates, status in (
            ({"from_on": yesterday, "to_on": yesterday}, 404),
            ({"to_on": today}, 200),
            ({"to_on": None, "from_on": tomorrow}, 404),
            ({"from_on": today}, 200),
        ):
            type(hat).objects.filter(pk=hat.pk).update(**dates)
            assert asked(f"/kalender/{token * 30}.ics").status_code == status, (token, dates)
        assert len(questions(f"/kalender/{token * 30}.ics")) == 2
    Agency.objects.filter(pk=cast.soc.agency_id).update(left_on=yesterday)
    assert asked(f"/kalender/{'m' * 30}.ics").status_code == 404
    assert len(questions(f"/kalender/{'m' * 30}.ics")) == 1


@pytest.mark.parametrize("token", ["%00", "åäö", "a/b", "a b", "..", "a'--"])
def test_an_odd_address_is_missing_and_no_failure(cast: Cast, token: str) -> None:
    assert asked(f"/kalender/{token}.ics").status_code == 404


def test_an_address_is_the_same_to_whoever_is_signed_in(cast: Cast, as_hat: AsHat) -> None:
    make_address(cast.soc, TOKEN)
    make_entry(cast.soc)
    for hat in (cast.soc, cast.outsider, cast.coordinator):
        assert as_hat(hat).get(PATH).content == asked().content
    client = Client()  # signed in, and no hat chosen: is not led to choose one, with the address in another
    client.force_login(cast.two_hats[0].user, backend="workspace.sign_in.PasswordBackend")
    assert client.get(PATH).status_code == 200
