"""«Hur har jag det?» on the participant's page: the form, the curve with its table, and who may see it."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.cast import Cast
from tests.meetings.talks import make_phone
from tests.pathway.activity_stage import day, discharge_by_hand, way_in
from workspace.front.views.own_ratings import LINES, draw
from workspace.models import AuditEntry
from workspace.pathway.actions.ratings import rate
from workspace.pathway.models import Enrolment, SelfRating
from workspace.pathway.queries.ratings import RatedDay, own_rated_days
from workspace.pathway.states import Statement

pytestmark = pytest.mark.django_db
OWN, RATINGS = "/min-sida/", "/min-sida/hur-jag-har-det/"
FIVE = {"everyday": "1", "wellbeing": "10", "people": "5", "belief": "5", "closer": "7"}


def test_the_numbers_are_kept_and_shown_as_a_curve_with_its_table(cast: Cast) -> None:
    way_in(cast)
    phone = make_phone(cast)
    assert RATINGS in phone.client.get(OWN).content.decode()
    assert "Här kommer din kurva när du har svarat." in phone.client.get(RATINGS).content.decode()
    assert phone.client.get(reverse("own_ratings_picture")).status_code == 404
    got = phone.client.post(RATINGS, FIVE, follow=True)
    page = got.content.decode()
    assert "Dina siffror är sparade." in page and "Du har svarat i dag." in page
    assert re.findall(r'<td role="cell" class="n" data-h="[^"]+">(\d+)</td>', page) == list(FIVE.values())
    assert page.count(" checked") == 5, "what was said today can be changed"
    picture = phone.client.get(reverse("own_ratings_picture"))
    assert picture.headers["Content-Type"] == "image/svg+xml" and picture.status_code == 200


def test_the_same_form_twice_is_one_rating(cast: Cast) -> None:
    way_in(cast)
    phone = make_phone(cast)
    for _ in range(2):
        assert phone.client.post(RATINGS, {**FIVE, "once": "samma"}).status_code == 302
    assert SelfRating.objects.count() == 5
    assert AuditEntry.objects.filter(what="rating.write").count() == 1


def test_a_statement_may_be_left_out_and_not_all(cast: Cast) -> None:
    way_in(cast)
    phone = make_phone(cast)
    empty = phone.client.post(RATINGS, {})
    assert empty.status_code == 422 and "Välj minst en siffra." in empty.content.decode()
    assert phone.client.post(RATINGS, {"people": "3"}).status_code == 302
    assert "inget svar" in phone.client.get(RATINGS).content.decode()
    assert SelfRating.objects.get().value == 3


@pytest.mark.parametrize("value", ["0", "11", "-1", "x", "1e9", "²", "9" * 30, "x\x00y", "x" * 5001])
def test_no_value_makes_it_fail(cast: Cast, value: str) -> None:
    way_in(cast)
    got = make_phone(cast).client.post(RATINGS, {**FIVE, "people": value})
    assert got.status_code == 422 and "Välj en siffra från 1 till 10." in got.content.decode()
    assert not SelfRating.objects.exists()


def test_showing_and_not_showing_works_at_once(cast: Cast) -> None:
    way = way_in(cast)
    phone = make_phone(cast)
    assert "Bara du ser" in phone.client.get(RATINGS).content.decode()
    shown = phone.client.post(reverse("own_ratings_show"), follow=True).content.decode()
    assert "Nu ser din handläggare din kurva." in shown and "Sluta visa" in shown
    way.refresh_from_db()
    assert way.ratings_shown_at is not None
    hidden = phone.client.post(reverse("own_ratings_hide"), follow=True).content.decode()
    assert "Nu ser ingen annan din kurva." in hidden and "Visa min kurva för min handläggare" in hidden
    way.refresh_from_db()
    assert way.ratings_shown_at is None


def test_it_is_not_shown_by_looking(cast: Cast) -> None:
    way_in(cast)
    phone = make_phone(cast)
    for name in ("own_ratings_show", "own_ratings_hide"):
        assert phone.client.get(reverse(name)).status_code == 302
    assert not Enrolment.objects.filter(ratings_shown_at__isnull=False).exists()


def test_whoever_is_on_no_way_has_no_such_part_and_is_kindly_refused(cast: Cast) -> None:
    phone = make_phone(cast)
    assert "Hur har jag det?" not in phone.client.get(OWN).content.decode()
    for address in (RATINGS, reverse("own_ratings_show")):
        got = phone.client.post(address, FIVE)
        assert got.status_code == 403 and "Du är inte inskriven." in got.content.decode()


def test_after_a_discharge_the_curve_stays_and_can_still_be_hidden(cast: Cast) -> None:
    way = way_in(cast)
    phone = make_phone(cast)
    phone.client.post(RATINGS, FIVE)
    phone.client.post(reverse("own_ratings_show"))
    discharge_by_hand(way, day(0))
    assert "Se din kurva" in phone.client.get(OWN).content.decode()
    page = phone.client.get(RATINGS).content.decode()
    assert "Alla siffror" in page and 'name="people"' not in page and "Sluta visa" in page
    assert phone.client.get(reverse("own_ratings_picture")).status_code == 200
    assert phone.client.post(reverse("own_ratings_hide")).status_code == 302


def test_of_an_earlier_way_it_says_what_the_caseworker_sees(cast: Cast) -> None:
    first = way_in(cast)
    phone = make_phone(cast)
    phone.client.post(RATINGS, FIVE)
    discharge_by_hand(first, day(0))
    with time_machine.travel(timezone.now() + timedelta(days=10), tick=False):
        way_in(cast, days=5)
        client = make_phone(cast).client
        client.post(RATINGS, FIVE)
        client.post(reverse("own_ratings_show"))
        page = client.get(RATINGS).content.decode()
        assert "Din handläggare ser det du har svarat sedan" in page
        assert page.count('<th role="rowheader"') == 2


def test_no_address_of_the_curve_names_anybody_and_others_are_led_to_the_code(cast: Cast) -> None:
    way_in(cast)
    phone = make_phone(cast)
    phone.client.post(RATINGS, FIVE)
    addresses = [reverse(f"own_ratings{name}") for name in ("", "_picture", "_show", "_hide")]
    assert not any(re.search(r"\d", address) for address in addresses)
    for address in addresses:
        assert Client().get(address).status_code == 302
    assert "no-store" in phone.client.get(reverse("own_ratings_picture")).headers["Cache-Control"]


# ---------- the picture ----------
def test_each_line_has_dashes_and_a_letter_that_the_page_names(cast: Cast) -> None:
    way_in(cast)
    phone = make_phone(cast)
    phone.client.post(RATINGS, FIVE)
    page = phone.client.get(RATINGS).content.decode()
    days = [
        RatedDay(day(number - 40), {name: 1 + (number + at) % 10 for at, name in enumerate(FIVE)})
        for number in range(0, 40, 7)
    ]
    drawn = draw(days).render()
    for (letter, _, dashes, words), statement in zip(LINES, Statement, strict=True):
        assert f"stroke-dasharray: {dashes}" in drawn
        assert f"<strong>{letter}</strong> {statement.label}: {words}" in page
        assert re.search(rf">{letter}<", drawn), letter
    assert len({dashes for _, _, dashes, _ in LINES}) == len(list(Statement))


@pytest.mark.parametrize("days", [1, 2, 100])
def test_a_curve_of_any_length_can_be_drawn(cast: Cast, days: int) -> None:
    drawn = draw([RatedDay(day(number), {"people": 1 + number % 10}) for number in range(days)]).render()
    assert "<svg" in drawn and "nan" not in drawn.lower()
    assert draw([]) is None


def test_lines_that_end_in_the_same_place_share_their_letters(cast: Cast) -> None:
    drawn = draw([RatedDay(day(0), dict.fromkeys(FIVE, 4))]).render()
    assert ">A B C D E<" in drawn


def test_a_day_is_a_swedish_day(cast: Cast) -> None:
    """Half past eleven in the evening in Piteå is the same day there, whatever it is in Greenwich."""
    way_in(cast)
    phone = make_phone(cast)
    with time_machine.travel("2028-02-29 23:30+01:00", tick=False):
        SelfRating.objects.all().delete()
        rate(by=phone.browser, values={"people": 4})
        (only,) = own_rated_days(cast.person)
        assert (only.on.month, only.on.day) == (2, 29)


def test_the_page_costs_as_much_for_thirty_days_as_for_one(cast: Cast) -> None:
    way = way_in(cast)
    phone = make_phone(cast)
    phone.client.post(RATINGS, FIVE)

    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert phone.client.get(RATINGS).status_code == 200
        return len(asked)

    phone.client.get(RATINGS)
    one = cost()
    for number in range(1, 30):
        SelfRating.objects.create(enrolment=way, rated_on=day(-number), statement="people", value=7)
    assert cost() == one
