"""The steering group's start page: the next meeting and how far it is prepared, and what waits for whom."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meetings.actions.minutes import send_minutes
from meetings.models import AgendaItem, Group, Meeting, Proposal
from meetings.states import GenderAnswer, GroupKind, ItemKind, MeetingState
from tests.cast import Cast
from tests.meetings.cast import make_group, make_item, make_meeting
from tests.meetings.minutes_stage import attend
from tests.steering.prepared_pages import START, decision, held, words
from tests.steering.stage import Steering, freeze, make_steering
from workspace.models import Cooperation, CooperationRole
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db]
AsHat = Callable[[Hat], Client]


@pytest.fixture
def stage(cast: Cast) -> Steering:
    return make_steering(cast)


def answered(meeting: Meeting, answer: GenderAnswer) -> None:
    AgendaItem.objects.create(
        meeting=meeting, kind=ItemKind.GENDER_EQUALITY, position=1, title="Jämställdhet",
        gender_answer=answer, gender_text="Vi såg inget.",
    )  # fmt: skip


def to_approve(stage: Steering, hat: Hat, number: int = 1) -> None:
    """Minutes that wait for this hat."""
    for ago in range(number):
        meeting = held(stage.group, 20 + ago)
        answered(meeting, GenderAnswer.NO_DEVIATION)
        row = attend(meeting, hat, None if isinstance(hat, CooperationRole) else stage.soc_seat)
        send_minutes(by=stage.cast.coordinator, meeting=meeting, adjusters={row.pk})


# ---------- who ----------
def test_it_is_for_those_who_steer_or_hold_a_seat_there(stage: Steering, as_hat: AsHat) -> None:
    cast = stage.cast
    opens: list[Hat] = [cast.chair, stage.steering, cast.coordinator, cast.soc_manager, cast.psyk_manager]
    opens += [cast.fk, cast.soc_2]
    closed: list[Hat] = [cast.soc, cast.psyk, cast.outsider, stage.evaluator, stage.elected, *cast.two_hats]
    for hat in opens:
        assert as_hat(hat).get(START).status_code == 200, hat
    for hat in closed:
        assert as_hat(hat).get(START).status_code == 404, hat
    assert as_hat(cast.chair).post(START).status_code == 405
    assert Client().get(START).status_code == 302


def test_without_a_group_the_chair_is_told_so_and_others_find_nothing(cast: Cast, as_hat: AsHat) -> None:
    assert "Samverkan har ingen styrgrupp än." in words(as_hat(cast.chair), START)
    assert as_hat(cast.coordinator).get(START).status_code == 404
    assert as_hat(cast.soc_manager).get(START).status_code == 404


def test_a_group_that_has_ended_is_not_there(stage: Steering, as_hat: AsHat) -> None:
    Group.objects.filter(pk=stage.group.pk).update(ended_on=timezone.localdate())
    assert as_hat(stage.cast.soc_manager).get(START).status_code == 404
    assert "Samverkan har ingen styrgrupp än." in words(as_hat(stage.cast.chair), START)


def test_another_cooperations_chair_sees_nothing_of_it(stage: Steering, as_hat: AsHat) -> None:
    decision(held(stage.group, 30), "Ett beslut här", due=3, owner_role=stage.cast.chair)
    foreign = CooperationRole.objects.create(
        user=stage.cast.outsider.user, cooperation=Cooperation.objects.get(name="Samverkan Arvidsjaur"), role="chair"
    )
    said = words(as_hat(foreign), START)
    assert "Ett beslut här" not in said
    assert "Rum Älven" not in said


# ---------- the next meeting ----------
def test_the_next_meeting_says_where_when_and_how_far_it_is_prepared(stage: Steering, as_hat: AsHat) -> None:
    said = words(as_hat(stage.steering), START)
    assert "Rum Älven" in said
    assert "13.00–15.00" in said
    assert "Sex av åtta punkter är förberedda." in said
    assert "Dagordningen ska skickas senast" in said
    freeze(stage)
    assert "Alla punkter är förberedda." in words(as_hat(stage.steering), START)
    item = make_item(stage.meeting, "Lokaler")
    assert "Åtta av nio punkter är förberedda." in words(as_hat(stage.steering), START)
    assert item.pk


def test_when_the_agenda_has_been_sent_it_says_when(stage: Steering, as_hat: AsHat) -> None:
    Meeting.objects.filter(pk=stage.meeting.pk).update(state=MeetingState.CALLED, called_at=timezone.now())
    said = words(as_hat(stage.cast.chair), START)
    assert "Dagordningen skickades" in said
    assert "Skicka dagordningen" not in said


def test_an_agenda_that_should_have_gone_out_is_late(stage: Steering, as_hat: AsHat) -> None:
    make_meeting(stage.group, days=3)
    said = words(as_hat(stage.cast.chair), START)
    assert "Dagordningen skulle ha skickats" in said
    assert said.index("Nästa möte") < said.index("Senare")


def test_without_a_meeting_ahead_it_says_so(stage: Steering, as_hat: AsHat) -> None:
    Meeting.objects.filter(pk=stage.meeting.pk).update(state=MeetingState.CANCELLED)
    assert "Inget möte är planerat." in words(as_hat(stage.cast.chair), START)


# ---------- what waits ----------
def test_only_who_arranges_is_asked_to_send_and_to_answer_proposals(stage: Steering, as_hat: AsHat) -> None:
    for title in ("Lokaler", "Praktik"):
        Proposal.objects.create(group=stage.group, title=title, member=stage.cast.soc_manager)
    for role in (stage.cast.chair, stage.cast.coordinator):
        said = words(as_hat(role), START)
        assert "Skicka dagordningen till" in said, role
        assert "Två förslag att svara på" in said, role
    for hat in (stage.steering, stage.cast.soc_manager, stage.cast.fk):
        assert "Inget väntar på dig." in words(as_hat(hat), START)


def test_decisions_that_i_answer_for_wait_for_me_alone(stage: Steering, as_hat: AsHat) -> None:
    before = held(stage.group, 30)
    soc = stage.cast.soc.agency
    decision(before, "Ordförandens beslut", due=9, owner_role=stage.cast.chair)
    decision(before, "Soc gör det här", due=-4, owner=soc)
    decision(before, "Soc chefen gör det här", due=4, owner=soc, responsible=stage.cast.soc_manager)
    decision(before, "Om ett halvår", due=180, owner=soc)

    def waiting(hat: Hat) -> list[str]:
        box = as_hat(hat).get(START).content.decode().partition('id="vantar"')[2].partition("</section>")[0]
        return [text for text in TEXTS if text in box]

    TEXTS = ("Ordförandens beslut", "Soc gör det här", "Soc chefen gör det här", "Om ett halvår")
    assert waiting(stage.cast.chair) == ["Ordförandens beslut"]
    assert waiting(stage.cast.soc_manager) == ["Soc gör det här", "Soc chefen gör det här"]
    assert waiting(stage.cast.soc_2) == ["Soc gör det här"]
    assert waiting(stage.steering) == waiting(stage.cast.fk) == []


def test_minutes_to_approve_wait_for_the_adjuster(stage: Steering, as_hat: AsHat) -> None:
    to_approve(stage, stage.cast.soc_manager)
    assert "Justera protokollet från" in words(as_hat(stage.cast.soc_manager), START)
    assert "Justera protokollet från" not in words(as_hat(stage.cast.fk), START)


def test_the_latest_decisions_stand_there_newest_first(stage: Steering, as_hat: AsHat) -> None:
    before = held(stage.group, 30)
    for text in ("Första", "Andra", "Tredje", "Fjärde", "Femte", "Sjätte"):
        decision(before, f"{text} beslutet")
    said = words(as_hat(stage.steering), START)
    assert "Första beslutet" not in said
    assert said.index("Sjätte beslutet") < said.index("Andra beslutet")


# ---------- three in a row ----------
def test_three_in_a_row_without_deviation_are_shown_to_the_chair(stage: Steering, as_hat: AsHat) -> None:
    words_of = "stängt punkten med ”ingen avvikelse” 3 möten i rad."
    for ago in (90, 60):
        answered(held(stage.group, ago), GenderAnswer.NO_DEVIATION)
    assert "i rad" not in words(as_hat(stage.cast.chair), START)
    answered(held(stage.group, 30), GenderAnswer.NO_DEVIATION)
    assert words_of in words(as_hat(stage.cast.chair), START)
    for hat in (stage.steering, stage.cast.soc_manager, stage.cast.coordinator):
        assert words_of not in words(as_hat(hat), START)
    Group.objects.filter(pk=stage.group.pk).update(chair=stage.cast.soc_manager)
    assert words_of in words(as_hat(stage.cast.soc_manager), START)
    answered(held(stage.group, 10), GenderAnswer.DECISION)
    assert "i rad" not in words(as_hat(stage.cast.chair), START)


def test_the_chair_of_groups_in_several_cooperations_sees_them_all(stage: Steering, as_hat: AsHat) -> None:
    elsewhere = stage.cast.outsider.agency.cooperations.get()
    Group.objects.filter(pk=stage.group.pk).update(chair=stage.cast.soc_manager)
    for number, of in enumerate((stage.cast.cooperation, elsewhere)):
        group = make_group(stage.cast, f"Arbetsgrupp {number}", GroupKind.COOPERATION)
        Group.objects.filter(pk=group.pk).update(chair=stage.cast.soc_manager, cooperation=of)
        for ago in (90, 60, 30):
            answered(held(group, ago), GenderAnswer.NO_DEVIATION)
    said = words(as_hat(stage.cast.soc_manager), START)
    assert "Arbetsgrupp 0" in said and "Arbetsgrupp 1" in said


# ---------- as many questions ----------
def test_the_page_asks_as_much_for_thirty_rows_as_for_one(stage: Steering, as_hat: AsHat) -> None:
    freeze(stage)
    counts: dict[str, set[int]] = {"chair": set(), "seat": set()}
    before = held(stage.group, 60)
    for number in (1, 29):
        for at in range(number):
            decision(before, f"Beslut {at}", due=at, owner_role=stage.cast.chair)
            decision(before, f"Beslut {at}", due=at, owner=stage.cast.soc.agency)
            Proposal.objects.create(group=stage.group, title=f"Förslag {at}", member=stage.cast.soc_manager)
            make_item(stage.meeting, f"Punkt {at}")
            Meeting.objects.create(
                group=stage.group,
                starts_at=timezone.now() + timedelta(days=60 + at + number),
                ends_at=timezone.now() + timedelta(days=60 + at + number, hours=1),
            )
        to_approve(stage, stage.cast.soc_manager, number)
        to_approve(stage, stage.cast.chair, number)
        for who, hat in (("chair", stage.cast.chair), ("seat", stage.cast.soc_manager)):
            client = as_hat(hat)
            client.get(START)
            with CaptureQueriesContext(connection) as asked:
                client.get(START)
            counts[who].add(len(asked))
    assert all(len(found) == 1 for found in counts.values()), counts
