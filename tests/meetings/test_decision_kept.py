"""A decision that was written: taken away again, frozen in the minutes, and what it costs to show."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meetings.actions import decisions as actions
from meetings.actions.decisions import DecisionInput
from meetings.models import AgendaItem, Decision, DecisionReport, DecisionVote, Meeting, SeatHolder
from meetings.queries.drafting import draft_of, told_of_decision
from meetings.queries.standing import answering_decision
from meetings.states import (
    DecisionState,
    GenderAnswer,
    ItemKind,
    MeetingState,
)
from notifications.models import Notification
from tests.cast import Cast
from tests.meetings.cast import make_item, put_in
from tests.meetings.test_decision_making import due, path_of, row_of, text_of, written
from tests.steering.stage import Steering, make_steering, running
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
AsHat = Callable[[Hat], Client]
S, D = MeetingState, DecisionState


@pytest.fixture
def stage(cast: Cast) -> Steering:
    return make_steering(cast)


@pytest.fixture
def item(stage: Steering) -> AgendaItem:
    """An ordinary item of the steering group's meeting, which goes on with everybody there."""
    item = make_item(running(stage), "Väntetider")
    Meeting.objects.filter(pk=item.meeting_id).update(pen=row_of(item, stage.cast.soc_manager))
    return item


# ---------- taken away ----------
def test_a_decision_goes_with_its_votes_and_who_was_told_is_told_no_more(
    stage: Steering, item: AgendaItem, as_hat: AsHat
) -> None:
    client = as_hat(stage.cast.soc_manager)
    client.post(path_of(item), written(stage, item))
    made = Decision.objects.get()
    assert client.post(f"/moten/beslut/{made.pk}/ta-bort/").status_code == 302
    assert not Decision.objects.exists() and not DecisionVote.objects.exists()
    assert not Notification.objects.filter(closed_at__isnull=True, kind__startswith="decision.").exists()


@pytest.mark.parametrize("left", [False, True])
def test_what_was_told_leaves_also_who_has_left_the_seat(stage: Steering, item: AgendaItem, left: bool) -> None:
    cast = stage.cast
    made = actions.decide(by=cast.chair, item=item, data=DecisionInput("x", owner=cast.psyk.agency, due_on=due()))
    assert told_now() == {("decision.given", cast.psyk_manager.pk)}
    if left:
        SeatHolder.objects.filter(membership=cast.psyk_manager).update(to_on=timezone.localdate() - timedelta(days=1))
    actions.remove_decision(by=cast.chair, decision=made)
    assert told_now() == set()


def told_now() -> set[tuple[str, int]]:
    found = Notification.objects.filter(closed_at__isnull=True, kind__startswith="decision.")
    return set(found.values_list("kind", "membership"))


def test_what_was_told_is_closed_with_the_decision_or_a_new_day_and_not_while_it_goes_on(
    stage: Steering, item: AgendaItem
) -> None:
    cast = stage.cast
    cases = ((D.OPEN, None, True), (D.OPEN, due(60), False), (D.DONE, None, False), (D.DROPPED, None, False))
    for state, day, stays in cases:
        data = DecisionInput("x", owner=cast.psyk.agency, due_on=due())
        made = actions.decide(by=cast.chair, item=item, data=data)
        actions.report_decision(by=cast.psyk_manager, decision=made, text="Så här är det", state=state, due_on=day)
        still = Notification.objects.filter(closed_at__isnull=True, kind="decision.given", object_id=made.pk)
        assert still.exists() is stays, (state, day)


def test_one_that_somebody_has_reported_on_stays(stage: Steering, item: AgendaItem, as_hat: AsHat) -> None:
    made = actions.decide(
        by=stage.cast.soc_manager, item=item, data=DecisionInput("x", owner=stage.cast.fk.agency, due_on=due())
    )
    actions.report_decision(by=stage.cast.fk, decision=made, text="Vi har börjat", state=D.OPEN)
    answer = as_hat(stage.cast.soc_manager).post(f"/moten/beslut/{made.pk}/ta-bort/")
    assert answer.status_code == 403 and "vad som har hänt" in answer.content.decode()
    assert Decision.objects.exists() and DecisionReport.objects.count() == 1


def test_the_standing_item_is_unanswered_when_the_decision_that_was_its_answer_goes(stage: Steering) -> None:
    item = AgendaItem.objects.get(meeting=running(stage), kind=ItemKind.GENDER_EQUALITY)
    first, second = (
        actions.decide(by=stage.cast.chair, item=item, data=DecisionInput(text)) for text in ("Ett", "Två")
    )
    AgendaItem.objects.filter(pk=item.pk).update(gender_answer=GenderAnswer.DECISION, gender_text="Ett")
    actions.remove_decision(by=stage.cast.chair, decision=first)
    item.refresh_from_db()
    assert (item.gender_answer, item.gender_text) == ("", ""), "the answer went, though another decision is there"
    AgendaItem.objects.filter(pk=item.pk).update(gender_answer=GenderAnswer.DECISION, gender_text="Två")
    third = actions.decide(by=stage.cast.chair, item=item, data=DecisionInput("Tre"))
    actions.remove_decision(by=stage.cast.chair, decision=third)
    item.refresh_from_db()
    assert item.gender_text == "Två", "another decision of the item is not its answer"
    actions.remove_decision(by=stage.cast.chair, decision=second)
    item.refresh_from_db()
    assert (item.gender_answer, item.gender_text) == ("", "")


def test_of_two_with_the_same_words_the_newest_is_the_answer(stage: Steering) -> None:
    item = AgendaItem.objects.get(meeting=running(stage), kind=ItemKind.GENDER_EQUALITY)
    first = actions.decide(by=stage.cast.chair, item=item, data=DecisionInput("Lika"))
    newest = actions.decide(by=stage.cast.chair, item=item, data=DecisionInput("Lika"))
    AgendaItem.objects.filter(pk=item.pk).update(gender_answer=GenderAnswer.DECISION, gender_text="Lika")
    item.refresh_from_db()
    assert answering_decision(item) == newest
    actions.remove_decision(by=stage.cast.chair, decision=first)
    item.refresh_from_db()
    assert item.gender_text == "Lika"


def test_no_deviation_stays_when_a_decision_goes(stage: Steering) -> None:
    item = AgendaItem.objects.get(meeting=running(stage), kind=ItemKind.GENDER_EQUALITY)
    made = actions.decide(by=stage.cast.chair, item=item, data=DecisionInput("Ett"))
    AgendaItem.objects.filter(pk=item.pk).update(gender_answer=GenderAnswer.NO_DEVIATION, gender_text="Lika")
    actions.remove_decision(by=stage.cast.chair, decision=made)
    item.refresh_from_db()
    assert (item.gender_answer, item.gender_text) == (GenderAnswer.NO_DEVIATION, "Lika")


# ---------- the minutes, and what it costs ----------
def test_the_minutes_freeze_how_it_was_come_to(stage: Steering, item: AgendaItem, as_hat: AsHat) -> None:
    as_hat(stage.cast.soc_manager).post(path_of(item), written(stage, item))
    line = next(part.content["decisions"][0] for part in draft_of(item.meeting).parts if part.content["decisions"])
    told = "\n".join(told_of_decision(line))
    assert "Förslag: Soc: öppna. Fk: vänta." in told and "Skäl: Kvinnor väntar längre" in told
    assert "Röstning: 2 ja, 1 nej, 1 avstår (" in told and "Vi vill vänta på budgeten" in told
    assert f"Ansvarig: {stage.cast.psyk.agency.name}, {stage.cast.psyk_manager.user}, senast" in told
    put_in(item.meeting, S.HELD)
    page = text_of(as_hat(stage.cast.chair).get(f"/moten/{item.meeting_id}/protokoll/").content.decode())
    assert "Röstning: 2 ja, 1 nej, 1 avstår" in page


def test_a_version_from_before_says_nothing_of_it(stage: Steering) -> None:
    assert told_of_decision({"author": {}, "at": "", "text": "Ja", "said": None}) == []
    assert told_of_decision({"proposals": "", "why": "", "how": "Alla var överens", "votes": [], "owner": ""}) == []


def test_the_room_asks_as_much_for_thirty_decisions_as_for_one(
    stage: Steering, item: AgendaItem, as_hat: AsHat
) -> None:
    client = as_hat(stage.cast.soc_manager)
    path = f"/moten/{item.meeting_id}/rum/bit/utfall/?punkt={item.pk}"

    def asked() -> int:
        client.get(path)
        with CaptureQueriesContext(connection) as questions:
            assert client.get(path).status_code == 200
        return len(questions)

    client.post(path_of(item), written(stage, item))
    one = asked()
    for _ in range(29):
        client.post(path_of(item), written(stage, item))
    assert Decision.objects.count() == 30 and asked() == one
