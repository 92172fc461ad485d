"""The page «Kalender»: calls by mail, the reminder, and addresses to subscribe to (issue 8.1)."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meetings.calendar.actions.feeds import TOO_MANY, make_address
from meetings.calendar.models import Entry, FeedAddress, PersonalCalendar
from tests.calendar.calendar_forms import make_address as some_address
from tests.calendar.calendar_forms import make_entry
from tests.cast import Cast
from tests.referrals.races import at_once, outcomes
from workspace.models import AuditEntry
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db]
AsHat = Callable[[Hat], Client]


def words(got: Any) -> str:
    """What a page says, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", got.content.decode()).split())


def token_in(got: Any) -> str:
    found = re.search(r'value="http://testserver/kalender/([\w-]+)\.ics"', got.content.decode())
    assert found
    return found[1]


def once_in(got: Any, action: str) -> str:
    found = re.search(rf'action="{re.escape(action)}".*?name="once" value="([^"]+)"', got.content.decode(), re.DOTALL)
    assert found
    return found[1]


def live(hat: Hat) -> list[str]:
    return [one.name for one in FeedAddress.objects.filter(user=hat.user, ended_at=None).order_by("pk")]


# ---------- whose ----------
@pytest.mark.embedded
def test_everybody_with_a_hat_has_their_own_page_and_nobody_sees_anothers(cast: Cast, as_hat: AsHat) -> None:
    some_address(cast.soc, "sokens", "Sokens telefon")
    hats = [*cast.members.values(), *cast.two_hats, cast.coordinator, cast.chair]
    for hat in hats:
        got = as_hat(hat).get("/kalender/")
        assert got.status_code == 200 and "<h1>Kalender</h1>" in got.content.decode()
        assert ("Sokens telefon" in words(got)) == (hat == cast.soc)
        assert '<a href="/kalender/">Kalender</a>' in got.content.decode()
    assert Client().get("/kalender/").headers["Location"] == "/logga-in/?next=/kalender/"


@pytest.mark.embedded
def test_an_address_is_taken_away_by_its_owner_alone_whatever_hat(cast: Cast, as_hat: AsHat) -> None:
    first, other = cast.two_hats
    address = some_address(first, "tva-hattar")
    for hat in (*cast.members.values(), cast.coordinator):
        gone, missing = (as_hat(hat).post(f"/kalender/adress/{pk}/ta-bort/") for pk in (address.pk, 987_654))
        assert (gone.status_code, gone.content) == (missing.status_code, missing.content)
        assert gone.status_code == 404
    assert Client().get("/kalender/tva-hattar.ics").status_code == 200
    got = as_hat(other).post(f"/kalender/adress/{address.pk}/ta-bort/", follow=True)
    assert "Adressen är borttagen." in words(got)
    assert Client().get("/kalender/tva-hattar.ics").status_code == 404
    assert AuditEntry.objects.filter(what="feed_address.end", object_id=address.pk).count() == 1


# ---------- an address ----------
@pytest.mark.embedded
def test_a_new_address_works_is_shown_once_and_lies_nowhere(cast: Cast, as_hat: AsHat) -> None:
    make_entry(cast.soc)
    client = as_hat(cast.soc)
    got = client.post("/kalender/adress/", {"name": "  Outlook   på jobbet "})
    token = token_in(got)
    assert got.status_code == 200 and len(token) == 43 and "no-store" in got.headers["Cache-Control"]
    assert f'href="webcal://testserver/kalender/{token}.ics"' in got.content.decode()
    assert b"BEGIN:VEVENT" in Client().get(f"/kalender/{token}.ics").content
    page = client.get("/kalender/")
    assert token not in page.content.decode() and live(cast.soc) == ["Outlook på jobbet"]
    assert AuditEntry.objects.filter(what="feed_address").count() == 1
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            assert token not in str(cursor.fetchall()), table


@pytest.mark.embedded
def test_the_page_says_when_an_address_was_fetched_from(cast: Cast, as_hat: AsHat) -> None:
    some_address(cast.soc, "en", "Telefonen")
    at = timezone.localtime()
    some_address(cast.soc, "en-till", "Outlook", read_at=at, made_at=at - timedelta(days=1))
    said = words(as_hat(cast.soc).get("/kalender/"))
    assert "Telefonen Gjord i dag. Har inte hämtats än." in said
    assert f"Outlook Gjord i går. Hämtades i dag {at:%H.%M} eller senare." in said


@pytest.mark.embedded
def test_the_form_sent_twice_leaves_one_address_and_that_is_the_one_shown_last(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.soc)
    first, second = (token_in(client.post("/kalender/adress/", {"name": "Outlook"})) for _ in range(2))
    assert live(cast.soc) == ["Outlook"]
    assert Client().get(f"/kalender/{first}.ics").status_code == 404
    assert Client().get(f"/kalender/{second}.ics").status_code == 200  # and from now on it is kept
    third = token_in(client.post("/kalender/adress/", {"name": "Outlook"}))
    assert live(cast.soc) == ["Outlook", "Outlook"]
    for token in (second, third):
        assert Client().get(f"/kalender/{token}.ics").status_code == 200


@pytest.mark.embedded
def test_the_sixth_address_is_refused_with_a_sentence_and_the_name_stands(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.soc)
    names = [f"Program {number}" for number in range(5)]
    for name in names:
        token_in(client.post("/kalender/adress/", {"name": name}))
    got = client.post("/kalender/adress/", {"name": "Klockan"})
    assert TOO_MANY in words(got) and 'value="Klockan"' in got.content.decode() and live(cast.soc) == names
    assert 'action="/kalender/adress/"' not in client.get("/kalender/").content.decode()
    client.post(f"/kalender/adress/{FeedAddress.objects.get(name='Program 2').pk}/ta-bort/")
    token_in(client.post("/kalender/adress/", {"name": "Klockan"}))
    some_address(cast.psyk, "annans")
    assert live(cast.soc) == ["Program 0", "Program 1", "Program 3", "Program 4", "Klockan"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_several_made_at_the_same_moment_no_more_than_five_live(cast: Cast) -> None:
    for number in range(4):
        some_address(cast.soc, f"nummer-{number}", f"Program {number}")
    made = at_once(*(lambda n=n: make_address(by=cast.soc, name=f"Ny {n}") for n in range(4)))
    assert outcomes(made)["NotAllowed"] == 3 and len(live(cast.soc)) == 5
    FeedAddress.objects.all().delete()
    tokens = at_once(*(lambda: make_address(by=cast.soc, name="Samma") for _ in range(4)))
    assert live(cast.soc) == ["Samma"]
    assert sorted(Client().get(f"/kalender/{token}.ics").status_code for token in tokens) == [200, 404, 404, 404]


@pytest.mark.embedded
@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Skriv var kalendern ska läsas"),
        ("   ", "Skriv var kalendern ska läsas"),
        ("å" * 61, "1 tecken för lång. Högst 60 får plats."),
        ("a\x00b", "tecken"),
        ("a\u202eb", "Texten har tecken som inte går att visa."),
    ],
)
def test_a_name_that_will_not_do_is_answered_with_a_sentence(
    cast: Cast, as_hat: AsHat, name: str, sentence: str
) -> None:
    got = as_hat(cast.soc).post("/kalender/adress/", {"name": name})
    assert got.status_code == 422 and sentence in words(got) and "<title>1 fel: Kalender" in got.content.decode()
    assert live(cast.soc) == []


def test_a_name_is_text_and_nothing_else(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.soc)
    for got in (client.post("/kalender/adress/", {"name": "<b>O&'\"</b>"}), client.get("/kalender/")):
        assert "<b>O" not in got.content.decode() and "&lt;b&gt;O&amp;" in got.content.decode()


@pytest.mark.embedded
def test_the_page_costs_the_same_for_one_address_and_for_five(cast: Cast, as_hat: AsHat) -> None:
    client, costs = as_hat(cast.soc), []
    for number in range(5):
        some_address(cast.soc, f"nummer-{number}", f"Program {number}")
        with CaptureQueriesContext(connection) as asked:
            client.get("/kalender/")
        costs.append(len(asked))
    assert len(set(costs)) == 1


# ---------- calls and the reminder ----------
@pytest.mark.embedded
def test_it_says_where_calls_go_and_what_to_do_without_an_address(cast: Cast, as_hat: AsHat) -> None:
    said = words(as_hat(cast.soc).get("/kalender/"))
    assert "Ditt konto har ingen e-postadress" in said and "Be den som sköter Samverkansrum" in said
    cast.soc.user.email = "soc@exempel.se"
    cast.soc.user.save()
    said = words(as_hat(cast.soc).get("/kalender/"))
    assert "Kallelser skickas till soc@exempel.se" in said and "ingen e-postadress" not in said


@pytest.mark.embedded
def test_the_choices_are_kept_and_sent_twice_they_are_made_once(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.soc)
    once = once_in(client.get("/kalender/"), "/kalender/val/")
    for _ in range(2):
        got = client.post("/kalender/val/", {"reminder": "1440", "once": once}, follow=True)
    assert "Valen är sparade." not in words(got)  # of the second, which did nothing
    kept = PersonalCalendar.objects.get(user=cast.soc.user)
    assert (kept.by_mail, kept.reminder) == (False, 1440)
    assert 'value="1440" selected' in got.content.decode()
    assert AuditEntry.objects.filter(what="calendar").count() == 1
    client.post("/kalender/val/", {"by_mail": "on", "reminder": ""})
    kept.refresh_from_db()
    assert (kept.by_mail, kept.reminder) == (True, None)


@pytest.mark.embedded
@pytest.mark.parametrize("reminder", ["7", "x", "-15", "\x00", "9" * 30])
def test_a_reminder_that_is_not_offered_is_refused(cast: Cast, as_hat: AsHat, reminder: str) -> None:
    got = as_hat(cast.soc).post("/kalender/val/", {"by_mail": "on", "reminder": reminder})
    assert got.status_code == 422 and "Välj något av det som står här." in words(got)
    assert not PersonalCalendar.objects.exists()


def test_a_new_reminder_is_in_the_feed_at_once_and_the_same_one_changes_nothing(cast: Cast, as_hat: AsHat) -> None:
    some_address(cast.soc, "adressen")
    make_entry(cast.soc)
    make_entry(cast.soc, ended_at=timezone.now())
    client = as_hat(cast.soc)
    marks = [Client().get("/kalender/adressen.ics").headers["ETag"]]
    for reminder, trigger in (("15", b"TRIGGER:-PT15M"), ("15", b"TRIGGER:-PT15M"), ("60", b"TRIGGER:-PT1H")):
        client.post("/kalender/val/", {"reminder": reminder})
        got = Client().get("/kalender/adressen.ics")
        assert got.content.count(trigger) == got.content.count(b"BEGIN:VALARM") == 1
        marks.append(got.headers["ETag"])
    assert marks[0] != marks[1] == marks[2] != marks[3]
    client.post("/kalender/val/", {"reminder": ""})
    assert b"VALARM" not in Client().get("/kalender/adressen.ics").content
    assert Entry.objects.filter(text="").count() == 0


@pytest.mark.embedded
def test_who_subscribes_and_is_called_by_mail_is_told_of_doubles_and_may_end_the_mails(
    cast: Cast, as_hat: AsHat
) -> None:
    cast.soc.user.email = "soc@exempel.se"
    cast.soc.user.save()
    client = as_hat(cast.soc)
    client.post("/kalender/val/", {"by_mail": "on", "reminder": "60"})
    assert "två gånger" not in words(client.get("/kalender/"))
    shown_once = client.post("/kalender/adress/", {"name": "Telefonen"})
    for got in (shown_once, client.get("/kalender/")):
        assert "varje möte två gånger" in words(got) and "Stäng av kallelser i e-posten" in words(got)
    form = re.search(r'name="reminder" value="(\d*)"', got.content.decode())
    assert form and form[1] == "60"
    client.post("/kalender/val/", {"reminder": form[1]})
    kept = PersonalCalendar.objects.get(user=cast.soc.user)
    assert (kept.by_mail, kept.reminder) == (False, 60)
    assert "två gånger" not in words(client.get("/kalender/"))


def test_everything_on_the_page_has_a_name_and_every_button_is_a_forms(cast: Cast, as_hat: AsHat) -> None:
    some_address(cast.soc, "adressen", "Telefonen")
    body = as_hat(cast.soc).get("/kalender/").content.decode()
    for field in ("by_mail", "reminder", "name"):
        assert f'<label class="ds-label" for="id_{field}">' in body and f'name="{field}" id="id_{field}"' in body
    assert 'aria-label="Ta bort adressen Telefonen"' in body
    assert not re.search(r'<a[^>]*role="button"|<div[^>]*onclick|tabindex="[1-9]', body)
