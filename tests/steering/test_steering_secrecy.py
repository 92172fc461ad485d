"""A steering member sees aggregates only, never a person: over every address there is, with keys that exist."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from django.urls import reverse

from meetings.figures.models import Snapshot
from meetings.models import AgendaItem, Meeting
from meetings.states import MeetingState
from referrals.models import Referral
from referrals.states import ReferralState
from tests.addresses import OF_ABSENCE, OF_CONSENT, OF_REFERRAL, OF_STAFF, POST_ONLY, addresses, said
from tests.cast import Cast, make_participant
from tests.referrals.journeys import bring_to
from tests.steering.prepared_pages import START, action, address, decision, disputed, held
from tests.steering.stage import Steering, freeze, make_role, make_steering
from tests.world import MARKERS, World, answer, make_whole_world
from workspace.models import AuditEntry, Participant
from workspace.rules import Hat
from workspace.states import CooperationRoleKind

pytestmark = [pytest.mark.django_db]
AsHat = Callable[[Hat], Client]
PLAIN = sorted({f"/{route}" for _, route, parameters in addresses() if not parameters} - {"/logga-ut/", "/health/"})


@pytest.fixture
def stage(cast: Cast) -> Steering:
    return make_steering(cast)


def told(stage: Steering) -> Referral:
    """A steering group with all that could be collected for it, one referral of a named person in dispute."""
    before = held(stage.group, 30, (stage.cast.soc_manager, stage.soc_seat))
    action(before, stage.cast, "Räkna platserna", due=-3)
    decision(before, "Öppna en lokal", due=3, owner_role=stage.cast.chair)
    referral = bring_to(
        stage.cast,
        ReferralState.RETURNED,
        health="Hemlig hälsa",
        person=make_participant(stage.cast.soc_desk, "Hemlighild"),
    )
    disputed(referral, 12)
    if not Snapshot.objects.filter(cooperation=stage.cast.cooperation).exists():
        freeze(stage)
    return referral


def own_pages(stage: Steering) -> Iterator[str]:
    yield START
    for meeting in Meeting.objects.filter(group=stage.group):
        yield address(meeting)
        yield from (address(meeting, item) for item in AgendaItem.objects.filter(meeting=meeting))


def of_people() -> list[str]:
    """What nobody who steers may read: names, phone numbers, and what is written of somebody."""
    people = Participant.objects.all()
    assert people.exists()
    found = {word for one in people for word in (one.first_name, one.phone) if word}
    return sorted({*found, *MARKERS} - {""})


@pytest.mark.parametrize("who", ["chair", "steering", "evaluator", "elected"])
def test_no_page_of_the_product_names_a_person_to_who_steers(cast: Cast, as_hat: AsHat, who: str) -> None:
    world = make_whole_world(cast)
    stage = make_steering(cast)
    own = told(stage)
    client, secrets = as_hat(stage.roles[who]), of_people()
    numbers = {world.sent.number, world.draft.number, own.number} - {""}
    paths = [*PLAIN, *own_pages(stage)]
    paths += [world.path(name, world.sent) for name in sorted(OF_STAFF - OF_ABSENCE - POST_ONLY)]
    paths += [reverse(name, args=[own.pk]) for name in ("referral", "case_file") if name not in POST_ONLY]
    before = AuditEntry.objects.filter(participant_id__isnull=False).count()
    opened = []
    for path in paths:
        got = client.get(path)
        seen = said(got.content) + str(got.headers)
        assert got.status_code < 500, path
        assert not [word for word in secrets if word in seen], (who, path)
        # R67: on the page of what is disputed its number stands, and nowhere else.
        if path != "/styrgrupp/ansvar/":
            assert not [number for number in numbers if number in seen], (who, path)
        if got.status_code == 200:
            opened.append(path)
    assert AuditEntry.objects.filter(participant_id__isnull=False).count() == before
    follows = who in {"evaluator", "elected"}
    assert (START in opened) is not follows
    assert (address(stage.meeting) in opened) is not follows


@pytest.mark.parametrize("who", ["chair", "steering", "evaluator", "elected"])
def test_nothing_that_is_posted_answers_with_a_person(cast: Cast, as_hat: AsHat, who: str) -> None:
    world = make_whole_world(cast)
    roles: dict[str, Hat] = {
        "chair": cast.chair,
        "steering": make_role(cast, "styr", CooperationRoleKind.STEERING),
        "evaluator": make_role(cast, "folj", CooperationRoleKind.EVALUATOR),
        "elected": make_role(cast, "namnd", CooperationRoleKind.ELECTED),
    }
    client, secrets = as_hat(roles[who]), of_people()
    form = {key: value for key, value in world.form.items() if key != "once"}
    for name in sorted(OF_STAFF - OF_ABSENCE):
        status, headers, body, _ = answer(client, "post", world.path(name, world.sent), form)
        assert status < 500, name
        seen = said(body) + str(headers)
        assert not [word for word in secrets if word in seen], (who, name)
        if name in OF_REFERRAL | OF_CONSENT:
            assert status in {404, 405}, name


def test_the_outsider_finds_nothing_of_the_steering_group(stage: Steering, as_hat: AsHat) -> None:
    told(stage)
    client = as_hat(stage.cast.outsider)
    gone = client.get("/moten/987654/underlag/")
    assert gone.status_code == 404
    for path in own_pages(stage):
        got = client.get(path)
        assert (got.status_code, got.content) == (404, gone.content), path


@pytest.mark.parametrize("state", list(MeetingState))
def test_what_is_prepared_holds_no_person_in_any_state(stage: Steering, as_hat: AsHat, state: MeetingState) -> None:
    referral = told(stage)
    Meeting.objects.filter(pk=stage.meeting.pk).update(state=state)
    secrets = [*of_people(), referral.number]
    for hat in (stage.cast.chair, stage.steering, stage.cast.coordinator, stage.cast.soc_manager, stage.cast.fk):
        for path in own_pages(stage):
            got = as_hat(hat).get(path)
            assert got.status_code == 200, (hat, path)
            assert not [word for word in secrets if word in got.content.decode()], (hat, path)


def test_the_worlds_own_words_are_there_to_be_leaked(cast: Cast, as_hat: AsHat) -> None:
    """What these tests look for is really on pages that others open."""
    world: World = make_whole_world(cast)
    body = as_hat(cast.soc).get(world.path("referral", world.sent)).content.decode()
    assert [word for word in of_people() if word in body]
