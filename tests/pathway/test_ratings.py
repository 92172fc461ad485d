"""The self-assessment, from inside: kept once a day, of the way that goes on; staff's only while they are let to."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from notifications.models import Notification
from tests.cast import Cast, make_participant
from tests.meetings.talks import Phone, make_phone
from tests.pathway.activity_stage import ROLES, day, discharge_by_hand, hats, way_in
from workspace.actions import state_reason
from workspace.errors import NotAllowed
from workspace.models import AuditEntry
from workspace.pathway.actions.ratings import hide_ratings, rate, show_ratings
from workspace.pathway.models import Enrolment, SelfRating
from workspace.pathway.queries.ratings import MOST_DAYS, own_rated_days, ratings_shown
from workspace.pathway.states import Statement
from workspace.rules import Hat

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]
FIVE = {statement.value: 4 for statement in Statement}
CURVE = "Alla tal i kurvan"


def rated(cast: Cast, *, days: int = 1) -> tuple[Enrolment, Phone]:
    """A way with so many rated days, the last one today."""
    way, phone = way_in(cast), make_phone(cast)
    SelfRating.objects.bulk_create(
        SelfRating(enrolment=way, rated_on=day(-number), statement=statement, value=1 + number % 10)
        for number in range(1, days)
        for statement in Statement
    )
    rate(by=phone.browser, values=FIVE)
    return way, phone


# ---------- what is kept ----------
def test_a_second_rating_on_the_same_day_takes_the_place_of_the_first(cast: Cast) -> None:
    _, phone = rated(cast)
    rate(by=phone.browser, values={"everyday": 9})
    (only,) = SelfRating.objects.all()
    assert (only.statement, only.value) == ("everyday", 9)
    with time_machine.travel(timezone.now() + timedelta(days=1), tick=False):
        rate(by=phone.browser, values=FIVE)
    assert SelfRating.objects.count() == 6
    assert [len(found.values) for found in own_rated_days(cast.person)] == [1, 5]


@pytest.mark.parametrize("values", [{}, {"everyday": 0}, {"everyday": 11}, {"other": 5}, {"everyday": 5, "people": -1}])
def test_values_that_are_none_are_refused(cast: Cast, values: dict[str, int]) -> None:
    way_in(cast)
    with pytest.raises(NotAllowed):
        rate(by=make_phone(cast).browser, values=values)
    assert not SelfRating.objects.exists()


def test_ratings_belong_to_the_way_that_goes_on(cast: Cast) -> None:
    phone = make_phone(cast)
    with pytest.raises(NotAllowed):
        rate(by=phone.browser, values=FIVE)
    first = way_in(cast, days=90)
    rate(by=phone.browser, values=FIVE)
    discharge_by_hand(first, day(0))
    with pytest.raises(NotAllowed):
        rate(by=phone.browser, values=FIVE)
    with time_machine.travel(timezone.now() + timedelta(days=10), tick=False):
        second = way_in(cast, days=5)
        rate(by=phone.browser, values=FIVE)
        assert second.ratings.count() == first.ratings.count() == 5
        assert len(own_rated_days(cast.person)) == 2, "the participant sees both"


def test_the_audit_says_that_it_was_rated_and_not_what(cast: Cast) -> None:
    way, _ = rated(cast)
    (row,) = AuditEntry.objects.filter(what="rating.write")
    assert (row.object_id, row.participant_id) == (way.pk, cast.person.pk)
    assert not Notification.objects.exists()


# ---------- who sees it ----------
def seen(cast: Cast, as_hat: AsHat, way: Enrolment) -> dict[str, tuple[bool, int]]:
    """For each role: whether the page of the way shows the numbers, and the status of the picture's address."""
    found = {}
    for role in ROLES:
        client = as_hat(hats(cast)[role])
        page = client.get(reverse("way", args=[way.pk]))
        picture = client.get(reverse("way_ratings_picture", args=[way.pk]))
        found[role] = (CURVE in page.content.decode(), picture.status_code)
    return found


NOBODY = dict.fromkeys(ROLES, (False, 404))
DESK = NOBODY | dict.fromkeys(("soc", "soc_2"), (True, 200))


def test_staff_see_the_curve_while_the_participant_lets_them_and_not_before_or_after(cast: Cast, as_hat: AsHat) -> None:
    way, phone = rated(cast)
    state_reason(by=cast.soc_manager, participant=cast.person, reason="Klagomål")
    assert seen(cast, as_hat, way) == NOBODY
    page = as_hat(cast.soc).get(reverse("way", args=[way.pk])).content.decode()
    assert "Så har" in page and "väljer att visa den" in page, "a calm sentence"
    show_ratings(by=phone.browser)
    assert seen(cast, as_hat, way) == DESK, "and a manager sees none, whatever the reason"
    hide_ratings(by=phone.browser)
    assert seen(cast, as_hat, way) == NOBODY
    assert list(AuditEntry.objects.filter(what__startswith="rating.").values_list("what", flat=True)) == [
        "rating.write",
        "rating.show",
        "rating.hide",
    ]


def test_each_reading_of_the_curve_is_logged(cast: Cast, as_hat: AsHat) -> None:
    way, phone = rated(cast)
    client, reads = as_hat(cast.soc), AuditEntry.objects.filter(what="way_ratings", act="read")
    client.get(reverse("way", args=[way.pk]))
    client.get(reverse("way_ratings_picture", args=[way.pk]))
    assert not reads.exists(), "nothing was shown"
    show_ratings(by=phone.browser)
    client.get(reverse("way", args=[way.pk]))
    assert reads.count() == 1
    got = client.get(reverse("way_ratings_picture", args=[way.pk]))
    assert reads.count() == 2 and got.headers["Content-Type"] == "image/svg+xml"
    assert "no-store" in got.headers["Cache-Control"], "a browser keeps no picture that may be taken back"


def test_shown_of_one_way_is_not_shown_of_the_next_and_taken_back_is_of_all(cast: Cast) -> None:
    first, phone = rated(cast)
    show_ratings(by=phone.browser)
    discharge_by_hand(first, day(0))
    assert ratings_shown(cast.soc, first) is not None, "it stays shown after a discharge"
    with time_machine.travel(timezone.now() + timedelta(days=10), tick=False):
        second = way_in(cast, days=5)
        rate(by=phone.browser, values=FIVE)
        for way in (first, second):
            assert ratings_shown(cast.soc, way) is None, "until the participant says so again"
        show_ratings(by=phone.browser)
        assert [len(ratings_shown(cast.soc, way) or []) for way in (first, second)] == [1, 1]
        hide_ratings(by=phone.browser)
        assert not Enrolment.objects.filter(ratings_shown_at__isnull=False).exists()


def test_another_persons_numbers_are_not_in_the_curve(cast: Cast) -> None:
    way, phone = rated(cast)
    other = make_participant(cast.soc_desk, "Annan", "Person")
    theirs = way_in(cast, person=other)
    SelfRating.objects.create(enrolment=theirs, rated_on=day(-1), statement="people", value=7)
    show_ratings(by=phone.browser)
    assert [found.on for found in ratings_shown(cast.soc, way) or []] == [day(0)]
    assert ratings_shown(cast.soc, theirs) is None


def test_the_way_page_costs_as_much_for_thirty_days_as_for_one(cast: Cast, as_hat: AsHat) -> None:
    way, phone = rated(cast)
    show_ratings(by=phone.browser)
    client = as_hat(cast.soc)

    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(reverse("way", args=[way.pk])).status_code == 200
        return len(asked)

    client.get(reverse("way", args=[way.pk]))
    one = cost()
    for number in range(1, MOST_DAYS + 30):
        SelfRating.objects.create(enrolment=way, rated_on=day(-number), statement="people", value=7)
    assert cost() == one
    assert len(ratings_shown(cast.soc, way) or []) == MOST_DAYS
