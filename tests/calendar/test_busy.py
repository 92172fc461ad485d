"""«Mina upptagna tider»: a person gives their own calendar, sees what became of it, and takes it away. Theirs alone."""

import io
import json
import logging
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import serializers
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meetings.calendar.actions.busy import SALT
from meetings.calendar.queries.busy import busy_context
from meetings.calendar.states import BusyProblem
from meetings.models import BusySource, BusyTime
from tests.calendar.hostile import CALENDAR, SECRET_WORDS
from tests.cast import Cast
from tests.ical.busy_files import AT_NINE, AT_TEN, NOW, STOCKHOLM, calendar, event
from workspace.models import AuditEntry
from workspace.outside.sealing import opened
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db]
AsHat = Callable[[Hat], Client]
PAGE, REMOVE, SHOWN = "/kalender/upptagen/", "/kalender/upptagen/ta-bort/", "/kalender/"
ADDRESS = "https://kalender.exempel.se/hemlig-nyckel/min.ics"
HOUR = (datetime(2026, 11, 3, 9, tzinfo=STOCKHOLM), datetime(2026, 11, 3, 10, tzinfo=STOCKHOLM))


@pytest.fixture(autouse=True)
def a_monday() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def words(got: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", got.content.decode()).split())


def upload(raw: bytes, name: str = "min.ics") -> dict[str, Any]:
    return {"file": SimpleUploadedFile(name, raw, "text/calendar")}


def times_of(hat: Hat) -> list[tuple[datetime, datetime]]:
    return list(BusyTime.objects.filter(user=hat.user).values_list("starts_at", "ends_at"))


def source_of(hat: Hat, **columns: Any) -> BusySource:
    return BusySource.objects.create(user=hat.user, **columns)


def everything() -> str:
    """All that the database holds, in text."""
    tables = (model for model in serializers.python.apps.get_models() if not model._meta.proxy)
    return "".join(serializers.serialize("json", model._default_manager.all()) for model in tables)


# ---------- given ----------
@pytest.mark.embedded
def test_an_address_is_kept_sealed_and_never_shown_again(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.soc)
    before = words(client.get(SHOWN))
    assert "Mina upptagna tider" in before and "Lägg till min kalender" in before and "Ta bort" not in before
    assert "Vi sparar bara från när till när du är upptagen" in before
    assert "Andra ser bara om en tid passar alla, aldrig varför den inte gör det." in before
    got = client.post(PAGE, {"address": ADDRESS.replace("https", "webcal")}, follow=True)
    assert got.redirect_chain == [(SHOWN, 302)]
    assert "Adressen är sparad. Tiderna hämtas inom tio minuter." in words(got)
    assert "kalender.exempel.se" in words(got) and "Hämtas inom tio minuter." in words(got)
    source = BusySource.objects.get()
    assert opened(source.sealed_address, salt=SALT) == ADDRESS and source.host == "kalender.exempel.se"
    assert (source.tried_at, source.fetched_at, source.problem) == (None, None, "") and times_of(cast.soc) == []
    for page in (got, client.get(PAGE)):
        assert "hemlig-nyckel" not in page.content.decode()
    assert "hemlig-nyckel" not in everything()


@pytest.mark.embedded
def test_a_file_is_read_at_once_and_only_the_times_are_kept(
    cast: Cast, as_hat: AsHat, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = as_hat(cast.soc)
    got = client.post(PAGE, upload(CALENDAR, "Hemligmarkering.ics"), follow=True)
    assert got.redirect_chain == [(SHOWN, 302)] and "Filen är läst. Bara tiderna är sparade." in words(got)
    assert "En fil Lästes i dag, 08.00. 1 upptagen tid fram till 31 jan. 2027." in words(got)
    assert times_of(cast.soc) == [HOUR]
    kept = everything() + got.content.decode() + caplog.text
    assert not [word for word in SECRET_WORDS if word in kept]


def test_what_could_not_be_read_of_a_file_is_said(cast: Cast, as_hat: AsHat) -> None:
    odd = [event("DTSTART:i morgon", uid=str(each)) for each in range(2)]
    got = as_hat(cast.soc).post(PAGE, upload(calendar(event(AT_NINE, AT_TEN), *odd)), follow=True)
    assert "2 händelser gick inte att läsa och räknas inte." in words(got)
    got = as_hat(cast.soc).post(PAGE, upload(calendar(odd[0])), follow=True)
    assert "0 upptagna tider" in words(got) and "En händelse gick inte att läsa och räknas inte." in words(got)


def test_a_new_calendar_takes_the_old_one_s_place_and_its_times_with_it(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.soc)
    client.post(PAGE, upload(CALENDAR))
    shown = words(client.get(PAGE))
    assert "Det du ger nu ersätter filen som lästes. De gamla tiderna tas bort genast." in shown
    client.post(PAGE, {"address": ADDRESS})
    assert times_of(cast.soc) == [] and BusySource.objects.get().fetched_at is None
    BusySource.objects.update(problem=BusyProblem.GONE, unread=3, tried_at=timezone.now())
    client.post(PAGE, upload(calendar()))
    source = BusySource.objects.get()
    assert (source.sealed_address, source.host, source.problem, source.unread) == ("", "", "", 0)


# ---------- what is wrong with it ----------
@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("http://exempel.se/a.ics", BusyProblem.SCHEME),
        ("file:///etc/passwd", BusyProblem.SCHEME),
        ("https://anna:hemligt@exempel.se/", BusyProblem.PASSWORD),
        ("https://exempel.se:8443/", BusyProblem.PORT),
        ("https://127.0.0.1/", BusyProblem.HOST),
        ("https://localhost/", BusyProblem.HOST),
        ("https://exempel.se/a b", BusyProblem.ADDRESS),
    ],
)
def test_an_address_that_may_not_be_fetched_is_refused_at_once_and_stays_typed(
    cast: Cast, as_hat: AsHat, address: str, problem: BusyProblem
) -> None:
    got = as_hat(cast.soc).post(PAGE, {"address": address})
    assert got.status_code == 422 and problem.label in words(got) and "En sak behöver rättas" in words(got)
    assert f'value="{address}"' in got.content.decode()
    assert not BusySource.objects.exists()


@pytest.mark.parametrize(
    "text", ["\x00", "https://exempel.se/\x07", "https://exempel.se/" + "a" * 3000, "å" * 3000, " "]
)
def test_odd_text_in_the_address_is_refused_with_a_sentence(cast: Cast, as_hat: AsHat, text: str) -> None:
    got = as_hat(cast.soc).post(PAGE, {"address": text})
    assert got.status_code == 422 and "behöver rättas" in words(got) and not BusySource.objects.exists()


def test_one_of_address_and_file_is_asked_for(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.soc)
    none, both = client.post(PAGE, {}), client.post(PAGE, {"address": ADDRESS, **upload(CALENDAR)})
    assert none.status_code == both.status_code == 422 and not BusySource.objects.exists()
    assert "Ge adressen, eller välj en fil." in words(none)
    assert "Ge adressen eller filen, inte båda." in words(both) and ADDRESS in both.content.decode()


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"", BusyProblem.NO_CALENDAR),
        (b"%PDF-1.7 kalender", BusyProblem.NO_CALENDAR),
        (b"PK\x03\x04" + b"\0" * 2000, BusyProblem.NO_CALENDAR),
        (CALENDAR[:-30], BusyProblem.BROKEN),
        (b"BEGIN:VCALENDAR" + b"x" * 5_000_000, BusyProblem.TOO_LARGE),
        (calendar(*[event(AT_NINE, AT_TEN, uid=str(each)) for each in range(5001)]), BusyProblem.TOO_MUCH),
    ],
)
def test_a_file_that_is_no_calendar_is_refused_and_what_was_given_before_stays(
    cast: Cast, as_hat: AsHat, raw: bytes, problem: BusyProblem
) -> None:
    client = as_hat(cast.soc)
    client.post(PAGE, upload(CALENDAR))
    got = client.post(PAGE, upload(raw))
    assert got.status_code == 422 and problem.label in words(got)
    assert times_of(cast.soc) == [HOUR]


def test_a_field_that_is_no_file_is_no_server_error(cast: Cast, as_hat: AsHat) -> None:
    got = as_hat(cast.soc).post(PAGE, {"file": "min.ics"})
    assert got.status_code == 422 and "Ge adressen, eller välj en fil." in words(got)
    hostile = io.BytesIO(CALENDAR)
    hostile.name = "../../<script>.ics"
    got = as_hat(cast.soc).post(PAGE, {"file": hostile}, follow=True)
    assert "<script>.ics" not in got.content.decode() and times_of(cast.soc) == [HOUR]


# ---------- how it stands ----------
@pytest.mark.parametrize("problem", BusyProblem)
def test_every_problem_is_said_with_what_to_do_and_since_when(cast: Cast, as_hat: AsHat, problem: BusyProblem) -> None:
    then = NOW - timedelta(days=2)
    source_of(cast.soc, sealed_address="x", host="exempel.se", tried_at=NOW, fetched_at=then, problem=problem)
    BusyTime.objects.create(user=cast.soc.user, starts_at=HOUR[0], ends_at=HOUR[1])
    said = words(as_hat(cast.soc).get(SHOWN))
    assert f"exempel.se Försöket i dag, 08.00 gick inte. {problem.label} Hämtades senast 31 okt. 2026, 08.00." in said
    assert "1 upptagen tid fram till 29 jan. 2027." in said and problem.label.endswith(".")
    BusySource.objects.update(fetched_at=None)
    assert "Inga upptagna tider är hämtade än." in words(as_hat(cast.soc).get(SHOWN))


def test_a_file_that_has_grown_old_says_so(cast: Cast, as_hat: AsHat) -> None:
    as_hat(cast.soc).post(PAGE, upload(CALENDAR))
    with time_machine.travel(NOW + timedelta(days=91), tick=False):
        assert "Tiderna har gått ut. Ge kalendern igen." in words(as_hat(cast.soc).get(SHOWN))


@pytest.mark.parametrize("number", [0, 1, 30])
def test_the_page_asks_one_question_about_them_however_many_they_are(cast: Cast, number: int) -> None:
    source_of(cast.soc, host="exempel.se", fetched_at=NOW)
    for each in range(number):
        begins = NOW + timedelta(days=each, hours=1)
        BusyTime.objects.create(user=cast.soc.user, starts_at=begins, ends_at=begins + timedelta(hours=1))
        BusyTime.objects.create(user=cast.psyk.user, starts_at=begins, ends_at=begins + timedelta(hours=1))
    with CaptureQueriesContext(
        connection,
    ) as asked:
        shown = busy_context(cast.soc.user)["busy"]
    assert shown.times == number and len(asked) == 1


# ---------- whose ----------
@pytest.mark.embedded
def test_everybody_with_a_hat_gives_their_own_and_nobody_sees_changes_or_removes_anothers(
    cast: Cast, as_hat: AsHat
) -> None:
    hats = [*cast.members.values(), cast.two_hats[0], cast.coordinator, cast.chair]
    for hat in hats:
        client = as_hat(hat)
        assert "exempel.se" not in words(client.get(SHOWN)) and "exempel.se" not in words(client.get(PAGE))
        assert client.post(PAGE, {"address": f"https://{hat.user.username}.exempel.se/"}).status_code == 302
    assert BusySource.objects.count() == len(hats)
    for hat in hats:
        BusyTime.objects.create(user=hat.user, starts_at=HOUR[0], ends_at=HOUR[1])
    for number, hat in enumerate(hats):
        client = as_hat(hat)
        hosts = set(re.findall(r"(\w+)\.exempel\.se", words(client.get(SHOWN))))
        assert hosts == {hat.user.username}
        # Whatever is sent along, it is one's own that goes.
        others = {"user": hats[0].user_id, "pk": hats[0].user_id, "source": hats[0].user_id}
        assert client.post(REMOVE, others).headers["Location"] == SHOWN
        assert BusySource.objects.count() == BusyTime.objects.count() == len(hats) - number - 1
        assert not BusySource.objects.filter(user=hat.user).exists()


@pytest.mark.embedded
def test_a_person_with_two_hats_has_one_calendar(cast: Cast, as_hat: AsHat) -> None:
    first, second = cast.two_hats
    as_hat(first).post(PAGE, {"address": ADDRESS})
    assert "kalender.exempel.se" in words(as_hat(second).get(SHOWN))
    as_hat(second).post(PAGE, upload(CALENDAR))
    assert BusySource.objects.count() == 1 and times_of(first) == [HOUR]


def test_nobody_gets_there_without_signing_in_or_by_a_link(cast: Cast, as_hat: AsHat) -> None:
    source_of(cast.soc, host="exempel.se")
    for got in (Client().get(PAGE), Client().post(PAGE, {"address": ADDRESS}), Client().post(REMOVE)):
        assert got.status_code == 302 and got.headers["Location"].startswith("/logga-in/")
    assert as_hat(cast.soc).get(REMOVE).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.soc.user, backend="workspace.sign_in.PasswordBackend")
    assert strict.post(REMOVE).status_code == strict.post(PAGE, {"address": ADDRESS}).status_code == 403
    assert BusySource.objects.get().host == "exempel.se"


# ---------- taken away, and again ----------
@pytest.mark.embedded
def test_taking_away_takes_address_and_times_at_once_and_twice_is_as_once(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.soc)
    client.post(PAGE, upload(CALENDAR))
    as_hat(cast.psyk).post(PAGE, upload(CALENDAR))
    got = client.post(REMOVE, {"once": "nyckel"}, follow=True)
    assert "Din kalender och dina upptagna tider är borttagna." in words(got) and "Ta bort" not in words(got)
    assert times_of(cast.soc) == [] and times_of(cast.psyk) == [HOUR]
    client.post(PAGE, upload(CALENDAR))
    assert client.post(REMOVE, {"once": "nyckel"}).status_code == 302  # the same form: it has been done
    assert times_of(cast.soc) == [HOUR]
    assert client.post(REMOVE).status_code == client.post(REMOVE).status_code == 302
    written = AuditEntry.objects.filter(what__startswith="busy", membership_id=cast.soc.pk).order_by("pk")
    assert [(row.what, row.object_id) for row in written] == [
        (what, cast.soc.user_id) for what in ("busy", "busy.end", "busy", "busy.end")
    ]


def test_the_same_form_again_gives_nothing_twice(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.soc)
    for _ in range(2):
        assert client.post(PAGE, {"once": "nyckel", "address": ADDRESS}).headers["Location"] == SHOWN
    sealed = BusySource.objects.get().sealed_address
    client.post(PAGE, {"once": "nyckel", "address": "https://annan.exempel.se/"})
    assert BusySource.objects.get().sealed_address == sealed
    assert AuditEntry.objects.filter(what="busy").count() == 1
    assert (
        json.loads(serializers.serialize("json", BusySource.objects.all()))[0]["fields"]["host"]
        == "kalender.exempel.se"
    )
