"""A consent for meetings that runs out by itself: the notices that would lead nowhere are closed by the sweep."""

from collections.abc import Generator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from meetings.actions.cases import change_circle
from notifications.models import Notification
from notifications.queries import unread_count
from tests.cast import SECRET_TEXT, Cast
from tests.meetings.cases import AsHat, meeting_consent, put
from tests.meetings.cast import Room, make_room
from tests.referrals.days import START, morning
from workspace.front.actions.expiry import expire_disclosures
from workspace.front.tasks import SWEEPS
from workspace.models import AuditEntry, Membership

pytestmark = pytest.mark.django_db
LAST_DAY = START + timedelta(days=3)
AFTER = LAST_DAY + timedelta(days=1)


@pytest.fixture
def clock() -> Generator[Any]:
    with time_machine.travel(morning(START), tick=False) as traveller:
        yield traveller


@pytest.fixture
def room(clock: Any, cast: Cast) -> Room:
    return make_room(cast)


def told() -> set[int]:
    """Who still has an open notice of a case."""
    found = Notification.objects.filter(kind="case.added", closed_at__isnull=True)
    return set(found.values_list("membership", flat=True))


def pks(*members: Membership) -> set[int]:
    return {member.pk for member in members}


def consent_until(room: Room, until: date, *others: Membership) -> None:
    meeting_consent(room.cast, *(member.agency for member in others), until=until)


def test_the_notice_of_a_case_is_closed_for_the_agency_whose_ground_has_run_out(
    room: Room, clock: Any, as_hat: AsHat
) -> None:
    cast = room.cast
    consent_until(room, LAST_DAY, cast.psyk)
    consent_until(room, LAST_DAY + timedelta(days=60), cast.fk)
    case = put(room, room.psyk_seat, room.fk_seat)
    page = reverse("case", args=[case.pk])
    lasting = pks(cast.soc_2, cast.fk, cast.two_hats[0])
    assert told() == lasting | pks(cast.psyk, cast.psyk_2)
    clock.move_to(morning(LAST_DAY))
    expire_disclosures()
    assert told() == lasting | pks(cast.psyk, cast.psyk_2), "the last day is a day of the consent"
    assert SECRET_TEXT in as_hat(cast.psyk).get(page).content.decode()
    clock.move_to(morning(AFTER))
    assert as_hat(cast.psyk).get(page).status_code == 404
    assert page in as_hat(cast.psyk).get("/handelser/").content.decode(), "the link that this is about"
    sent = Notification.objects.count()
    assert expire_disclosures() == 1
    assert told() == lasting
    assert page not in as_hat(cast.psyk).get("/handelser/").content.decode()
    assert unread_count(cast.psyk) == 0
    assert page in as_hat(cast.fk).get("/handelser/").content.decode()
    assert Notification.objects.count() == sent, "nobody is told: the page said from the start when it would end"
    row = AuditEntry.objects.get(what="case.lapsed")
    assert (row.object_id, row.participant_id, row.user_id) == (case.pk, cast.person.pk, None)
    assert expire_disclosures() == 0
    assert AuditEntry.objects.filter(what="case.lapsed").count() == 1, "repeated, harmlessly"


def test_who_has_been_let_in_again_keeps_the_new_notice(room: Room, clock: Any) -> None:
    cast = room.cast
    consent_until(room, LAST_DAY, cast.psyk)
    consent_until(room, LAST_DAY + timedelta(days=60), cast.fk)
    case = put(room, room.psyk_seat, room.fk_seat)
    clock.move_to(morning(AFTER))
    expire_disclosures()
    consent_until(room, AFTER + timedelta(days=60), cast.psyk, cast.fk)
    change_circle(by=cast.soc, case=case, seats=[room.psyk_seat, room.fk_seat])
    assert pks(cast.psyk, cast.psyk_2) <= told()
    assert expire_disclosures() == 0
    assert pks(cast.psyk, cast.psyk_2) <= told()


def test_a_case_without_identity_never_runs_out(room: Room, clock: Any) -> None:
    type(room.group).objects.filter(pk=room.group.pk).update(anonymous_cases=True)
    room.meeting.group.refresh_from_db()
    put(room, question="Hur gör vi när någon flyttar?", anonymous=True)
    before = told()
    clock.move_to(morning(START + timedelta(days=400)))
    assert expire_disclosures() == 0
    assert told() == before != set()


def test_it_is_part_of_the_sweep_and_costs_one_question_while_nothing_has_run_out(room: Room) -> None:
    assert expire_disclosures in SWEEPS

    def cost() -> int:
        with CaptureQueriesContext(connection) as seen:
            expire_disclosures()
        return len(seen)

    consent_until(room, LAST_DAY, room.cast.psyk)
    few = cost()
    put(room)
    assert cost() == few == 4  # referrals, cases, conversations, ways
