"""What the start page costs: as many questions for thirty referrals and ten of the rest as for one of each, and few."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.cast import Cast, make_member, make_participant
from tests.front.busy import add_meetings, add_referrals, add_talks, add_ways
from tests.meetings.cast import make_room
from workspace.models import Absence, HelpRequest, OutsideContact
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
AsHat = Callable[[Hat], Client]
MOST = 25  # bars.md section 2; with the page's frame, and the transaction around the audit's rows


def cost(client: Client) -> int:
    client.get("/")
    with CaptureQueriesContext(connection) as seen:
        assert client.get("/").status_code == 200
    return len(seen)


def test_a_busy_caseworkers_start_page_asks_as_often_as_with_one_row_of_each_kind(cast: Cast, as_hat: AsHat) -> None:
    """With 30 referrals, 10 meetings held and 10 ahead, 40 conversations and 10 ways."""
    room, client = make_room(cast), as_hat(cast.soc)

    def add(number: int) -> None:
        add_referrals(cast, number)
        if number <= 10:
            add_meetings(room, number)
            add_talks(cast, number)
            add_ways(cast, number)

    add(1)
    page = client.get("/")
    assert {row.title for row in page.context["waiting"]} == {
        "Bestäm om fas 3",
        "Följ upp praktiken",
        "Justera protokollet",
        "Planera trepartssamtal",
        "Rätta remissen som Vuxenpsykiatrin skickade tillbaka",
        "Skriv er anteckning om ett ärende",
        "Skriv er del av överenskommelsen",
        "Skriv om samtalet blev av",
        "Skriv vad som har hänt med beslutet",
        "Soc bokar lokalen",
        "Svara om du kommer",
        "Uppgift 1",
    }
    assert len(page.context["coming"]) == 6
    one = cost(client)
    for number in range(2, 16):
        add(number)
    assert len(client.get("/").context["waiting"]) == 30
    assert cost(client) == one <= MOST


def test_who_may_hear_calls_for_help_is_asked_only_where_this_hat_could(cast: Cast, as_hat: AsHat) -> None:
    """The daily team costs the same whoever has asked for help; who is named pays for knowing whom they hear."""
    client = as_hat(cast.soc)
    before = cost(client)
    for number in range(5):
        person = make_participant(cast.soc_desk, f"Fraga{number}")
        HelpRequest.objects.create(participant=person, kind="help", text="Hemligt")
    assert cost(client) == before and not client.get("/").context["waiting"]
    named = make_member(cast.soc.agency, "utanfor", None)
    OutsideContact.objects.create(agency=cast.soc.agency, membership=named)
    hears = as_hat(named)
    assert len(hears.get("/").context["waiting"]) == 5
    assert cost(hears) <= MOST + 8
    today, stand_in = timezone.localdate(), make_member(cast.soc.agency, "stalle", None)
    Absence.objects.create(membership=named, stand_in=stand_in, from_on=today, to_on=today)
    assert len(as_hat(stand_in).get("/").context["waiting"]) == 5
    assert not as_hat(named).get("/").context["waiting"]
