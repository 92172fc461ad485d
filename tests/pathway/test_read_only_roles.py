"""The evaluator and the elected boards follow figures, decisions and routines, and open nothing else (R26, R31)."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from meetings.figures.rules import follows_figures
from meetings.models import Case
from tests.addresses import OWN_WAY_IN, addresses, said
from tests.calendar.calendar_forms import MISSING_UID
from tests.cast import SECRET_NAME, SECRET_TEXT, Cast, make_user, sent
from tests.meetings.cases import meeting_consent, put, running
from tests.meetings.cast import Room, make_room
from tests.meetings.talks import ABOUT, make_talk
from tests.pathway.share_stage import full_way, markers_in, tell, way_consent
from workspace.front.context import navigation
from workspace.models import AuditEntry, Consent, CooperationRole
from workspace.pathway.models import Enrolment, PartShare
from workspace.rules import OWN_PATH, Hat
from workspace.states import CooperationRoleKind

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]
ROLES = (CooperationRoleKind.EVALUATOR, CooperationRoleKind.ELECTED)

# A person's own, whatever hat they wear: of the calendar, what they have chosen and given themselves.
OWN_ACCOUNT = {"choose_hat", "set_password", "calendar", "choose_calls", "make_feed_address", "end_feed_address"}
OWN_ACCOUNT |= {"busy_calendar", "remove_busy_calendar", "upload_reply"}
OWN_ACCOUNT |= {"push_on", "push_trial", "push_off"}
OWN_ACCOUNT |= {"notice_choices", "notice_role_choice", "notice_quiet_hours", "reset_notice_choices"}
# `metrics` is for this machine, whoever sits at it: counts, and no id.
FOR_ANYBODY = {"health", "metrics", "service_worker"} | OWN_WAY_IN
FIGURES = "figures"
# What steering groups have decided in approved minutes, and what the agencies have agreed to work by.
DECIDED = {"decisions", "decisions_xlsx", "decisions_csv", "documents"}
# Neither a page nor a refusal: the start page leads to the figures, the sign-in to the start page, the hat's switch to
# a hat one has, and the participant's page to its code, whoever asks.
LED_ON = {"today", "account_login", "account_signup", "switch_hat"}


@pytest.fixture
def room(cast: Cast) -> Room:
    return make_room(cast)


def role(room: Room, kind: CooperationRoleKind) -> CooperationRole:
    return CooperationRole.objects.create(cooperation=room.cast.cooperation, user=make_user(f"roll-{kind}"), role=kind)


def full_house(room: Room) -> dict[str, int]:
    """Something of every kind, and by the beginning of an address what its key points at."""
    cast = room.cast
    referral = sent(cast)
    talk = make_talk(cast)
    meeting_consent(cast)
    case: Case = running(room, put(room))
    way: Enrolment = full_way(cast)
    way_consent(cast)
    share: PartShare = tell(cast, way)[0]
    activity = way.activities.order_by("pk")[0]
    return {
        "deltagare/": cast.person.pk,
        "samtycken/": Consent.objects.order_by("pk")[0].pk,
        "remisser/": referral.pk,
        "samtal/": talk.conversation.pk,
        "moten/grupp/": room.group.pk,
        "moten/arende/": case.pk,
        "moten/punkt/": case.item_id,
        "moten/": room.meeting.pk,
        "delat/": way.pk,
        "vagen/aktivitet/": activity.pk,
        "vagen/uppfoljning/": activity.follow_ups.get().pk,
        "vagen/berattat/": share.pk,
        "vagen/": way.pk,
    }


WORDS = {"piece": "huvud", "token": "x", "area": "work", "voice": "staff", "uid": MISSING_UID}


def every_address(keys: dict[str, int]) -> Iterator[tuple[str, str]]:
    """(name, address) of every address of the product, filled with what is there."""
    for name, route, parameters in addresses():
        begins = [start for start in keys if route.startswith(start)]
        number = keys[max(begins, key=len)] if begins else 1
        given: dict[str, Any] = {one: WORDS.get(one, number if one == parameters[0] else 1) for one in parameters}
        yield name, reverse(name, kwargs=given)


def may_open(name: str) -> bool:
    """Figures, decisions, what is for anybody, and the participant's page, which no hat opens: it asks for the code."""
    return name in OWN_ACCOUNT | FOR_ANYBODY | DECIDED or name.startswith(FIGURES)


@pytest.mark.parametrize("kind", ROLES)
def test_they_open_the_figures_what_was_decided_and_nothing_else(
    room: Room, as_hat: AsHat, kind: CooperationRoleKind
) -> None:
    keys = full_house(room)
    client = as_hat(role(room, kind))
    opened, elsewhere = set(), {}
    for name, path in every_address(keys):
        if name == "account_logout":
            continue
        for method in ("get", "post"):
            answer: Any = getattr(client, method)(path)
            if answer.status_code == 200:
                opened.add(name)
                text = said(answer.getvalue())
                assert SECRET_NAME not in text and SECRET_TEXT not in text and ABOUT not in text, (method, name)
                assert not markers_in(text), (method, name)
            elif path.startswith(OWN_PATH):
                assert answer.status_code in {302, 403, 405} | {404, 410}, name
            elif answer.status_code not in {404, 405, 410} and not may_open(name):
                elsewhere[method, name] = answer.status_code
    assert {name for name in opened if not may_open(name)} == set()
    assert not [(what, status) for what, status in elsewhere.items() if what[1] not in LED_ON]
    assert not AuditEntry.objects.filter(cooperation_role_id__isnull=False, participant_id__isnull=False).exists()


@pytest.mark.parametrize("kind", ROLES)
def test_they_begin_at_the_figures_and_find_two_more_pages_in_the_head(
    room: Room, as_hat: AsHat, kind: CooperationRoleKind
) -> None:
    hat = role(room, kind)
    assert follows_figures(hat)
    assert [page["label"] for page in navigation(hat, "/")] == ["Uppföljning", "Beslut", "Rutiner"]
    answer = as_hat(hat).get("/")
    assert answer.status_code == 302 and answer.headers["Location"] == reverse("figures")


def test_who_steers_and_who_coordinates_find_the_figures_too(room: Room) -> None:
    for hat in (room.cast.coordinator, room.cast.chair):
        assert reverse("figures") in [page["url"] for page in navigation(hat, "/")]
    for member in (room.cast.soc, room.cast.soc_manager):
        assert "Uppföljning" not in [page["label"] for page in navigation(member, "/")]
