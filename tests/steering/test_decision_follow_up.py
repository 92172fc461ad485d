"""A decision is followed until it is closed: who says what has become of it, and what its measure says since."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from meetings.actions import decisions as actions
from meetings.models import AgendaItem, Decision, DecisionReport, Meeting, SeatHolder
from meetings.queries.decisions import can_report
from meetings.states import DecisionState, ItemKind, MeetingState, MinutesState
from meetings.steering.queries.measures import indicators
from notifications.models import Notification
from tests.cast import Cast
from tests.meetings.cast import make_item, make_room, put_in
from tests.steering.stage import Steering, freeze, last_months, make_steering, running
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import CooperationRole
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
AsHat = Callable[[Hat], Client]
D = DecisionState


@pytest.fixture
def stage(cast: Cast) -> Steering:
    return make_steering(cast)


def due(days: int) -> date:
    return timezone.localdate() + timedelta(days=days)


@pytest.fixture
def decision(stage: Steering) -> Decision:
    """Psyk's to do, named: its manager. The minutes are sent: what happens afterwards happens all the same."""
    item = make_item(running(stage), "Väntetider")
    made = Decision.objects.create(
        item=item,
        agency=stage.cast.soc.agency,
        member=stage.cast.soc_manager,
        text="Vi öppnar en kvällsmottagning",
        owner=stage.cast.psyk.agency,
        responsible=stage.cast.psyk_manager,
        due_on=due(10),
        state=D.OPEN,
    )
    put_in(item.meeting, MeetingState.HELD)
    Meeting.objects.filter(pk=item.meeting_id).update(minutes_state=MinutesState.SENT)
    return made


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def everybody(stage: Steering) -> dict[str, Hat]:
    return {**stage.cast.members, **stage.roles, "elsewhere": stage.cast.two_hats[1]}


def report(text: str = "Vi har börjat", state: str = "open", due_on: str = "") -> dict[str, str]:
    return {"text": text, "state": state, "due_on": due_on}


SEES = {"soc_manager", "soc_2", "psyk_manager", "fk", "chair", "coordinator", "steering"}


# ---------- who, in which state ----------
@pytest.mark.parametrize("state", list(DecisionState))
def test_who_says_what_has_happened_and_to_what(
    stage: Steering, decision: Decision, as_hat: AsHat, state: DecisionState
) -> None:
    may = {"psyk_manager", "chair", "coordinator"}
    for name, hat in everybody(stage).items():
        Decision.objects.filter(pk=decision.pk).update(state=state)
        client, before = as_hat(hat), DecisionReport.objects.count()
        got = client.post(f"/beslut/{decision.pk}/rapport/", report()).status_code
        allowed = 302 if state == D.OPEN else 409
        assert got == (allowed if name in may else 403 if name in SEES else 404), name
        assert DecisionReport.objects.count() - before == (got == 302), name
        Decision.objects.filter(pk=decision.pk).update(state=state)
        got = client.post(f"/beslut/{decision.pk}/oppna/", {"text": "Det blev fel"}).status_code
        allowed = 302 if state in {D.DONE, D.DROPPED} else 409
        assert got == (allowed if name in may else 403 if name in SEES else 404), name
        assert client.get(f"/beslut/{decision.pk}/").status_code == (200 if name in SEES else 404), name


def test_an_owner_without_anybody_named_is_each_of_its_seats(stage: Steering, decision: Decision) -> None:
    Decision.objects.filter(pk=decision.pk).update(owner=stage.cast.soc.agency, responsible=None)
    decision.refresh_from_db()
    assert {name for name, hat in everybody(stage).items() if can_report(hat, decision)} == {
        *("soc_manager", "soc_2", "chair", "coordinator")
    }
    SeatHolder.objects.filter(membership=stage.cast.soc_2).update(to_on=due(-1))
    assert not can_report(stage.cast.soc_2, decision)


def test_a_role_that_owns_it_says_so_also_after_a_change_of_people(stage: Steering, decision: Decision) -> None:
    Decision.objects.filter(pk=decision.pk).update(owner=None, responsible=None, owner_role=stage.cast.chair)
    decision.refresh_from_db()
    CooperationRole.objects.filter(pk=stage.cast.chair.pk).update(to_on=due(-1))
    new = CooperationRole.objects.create(
        cooperation=stage.cast.cooperation, user=stage.steering.user, role=stage.cast.chair.role
    )
    assert can_report(new, decision) and not can_report(stage.steering, decision)
    assert not can_report(stage.evaluator, decision) and not can_report(stage.cast.psyk_manager, decision)


def test_somebody_named_who_gave_up_the_seat_still_reads_and_answers(
    stage: Steering, decision: Decision, as_hat: AsHat
) -> None:
    SeatHolder.objects.filter(membership=stage.cast.psyk_manager).update(to_on=due(-1))
    client = as_hat(stage.cast.psyk_manager)
    page = client.get(f"/beslut/{decision.pk}/")
    assert page.status_code == 200 and f'href="/moten/{decision.item.meeting_id}/"' not in page.content.decode()
    assert client.post(f"/beslut/{decision.pk}/rapport/", report()).status_code == 302


# ---------- what is said ----------
def test_reports_are_added_one_after_the_other_and_tell_nobody(
    stage: Steering, decision: Decision, as_hat: AsHat
) -> None:
    client = as_hat(stage.cast.psyk_manager)
    Decision.objects.filter(pk=decision.pk).update(told_ahead_at=timezone.now(), told_late_at=timezone.now())
    path = f"/beslut/{decision.pk}/"
    client.post(f"{path}rapport/", report("Lokalen är klar", due_on=str(due(40))))
    decision.refresh_from_db()
    assert (decision.state, decision.due_on) == (D.OPEN, due(40))
    assert not decision.told_ahead_at and not decision.told_late_at, "the reminders begin anew"
    client.post(f"{path}rapport/", report("Vi har öppnat", "done"))
    decision.refresh_from_db()
    assert decision.state == D.DONE and decision.closed_at is not None and decision.due_on == due(40)
    client.post(f"{path}oppna/", {"text": "Vi fick stänga", "due_on": str(due(60))})
    decision.refresh_from_db()
    assert decision.state == D.OPEN and not decision.closed_at and decision.due_on == due(60)
    rows = list(DecisionReport.objects.values_list("text", "state", "due_on", "member"))
    own = stage.cast.psyk_manager.pk
    assert rows == [
        ("Lokalen är klar", D.OPEN, due(40), own),
        ("Vi har öppnat", D.DONE, due(40), own),
        ("Vi fick stänga", D.OPEN, due(60), own),
    ]
    page = text_of(client.get(path).content.decode())
    assert page.index("Vi fick stänga") < page.index("Vi har öppnat") < page.index("Lokalen är klar")
    assert not Notification.objects.exists()


def test_what_has_been_said_stays(decision: Decision, stage: Steering) -> None:
    actions.report_decision(by=stage.cast.psyk_manager, decision=decision, text="Klart", state=D.DONE)
    for change in (
        lambda: DecisionReport.objects.update(text="Inte klart"),
        lambda: DecisionReport.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert DecisionReport.objects.get().text == "Klart"


def test_two_who_close_it_at_once_are_one(decision: Decision, stage: Steering) -> None:
    actions.report_decision(by=stage.cast.psyk_manager, decision=decision, text="Klart", state=D.DONE)
    with pytest.raises(SomebodyWasFaster):
        actions.report_decision(by=stage.cast.chair, decision=decision, text="Struket", state=D.DROPPED)
    assert DecisionReport.objects.count() == 1


def test_a_form_sent_twice_reports_once(decision: Decision, stage: Steering, as_hat: AsHat) -> None:
    client, data = as_hat(stage.cast.psyk_manager), report() | {"once": "a" * 32}
    for _ in range(2):
        assert client.post(f"/beslut/{decision.pk}/rapport/", data).status_code == 302
    assert DecisionReport.objects.count() == 1


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (report(text=""), "Skriv vad som har hänt."),
        (report(state=""), "Välj ett av alternativen."),
        (report(state="stands"), "Välj ett av alternativen."),
        (report(due_on="igår"), "är inget datum"),
        (report(due_on="2020-01-01"), "har redan varit"),
        (report(state="done", due_on="2099-01-01"), "En ny dag behövs bara om det pågår"),
        (report(text="x" * 1001), "tecken för lång"),
    ],
)
def test_bad_reports_are_said_and_keep_what_was_typed(
    decision: Decision, stage: Steering, as_hat: AsHat, data: dict[str, str], sentence: str
) -> None:
    answer = as_hat(stage.cast.psyk_manager).post(f"/beslut/{decision.pk}/rapport/", data)
    page = unescape(answer.content.decode())
    assert answer.status_code == 422 and sentence in page and data["text"] in page
    assert not DecisionReport.objects.exists()
    answer = as_hat(stage.cast.fk).post(f"/beslut/{decision.pk}/rapport/", data)
    assert answer.status_code == 403


def test_a_state_that_is_no_answer_is_refused_by_the_verb_itself(decision: Decision, stage: Steering) -> None:
    with pytest.raises(NotAllowed):
        actions.report_decision(by=stage.cast.chair, decision=decision, text="x", state=D.STANDS)


# ---------- what its measure says ----------
def test_the_page_compares_the_month_that_stood_with_the_newest(
    stage: Steering, decision: Decision, as_hat: AsHat
) -> None:
    older, newer = last_months(2)
    freeze(stage, older)
    code, name = indicators(stage.cast.cooperation)[0]
    Decision.objects.filter(pk=decision.pk).update(indicator=code, made_at=timezone.now())
    for name_of, hat in (("chair", stage.cast.chair), ("fk", stage.cast.fk)):
        page = text_of(as_hat(hat).get(f"/beslut/{decision.pk}/").content.decode())
        assert name in page and "Inga nyare siffror är låsta sedan dess." in page, name_of
        assert "inte att det beror på beslutet" in page
    freeze(stage, newer, made_at=timezone.now())
    page = text_of(as_hat(stage.cast.chair).get(f"/beslut/{decision.pk}/").content.decode())
    for word in ("När beslutet togs, t.o.m.", "Nu, t.o.m.", "Kvinnor", "Män", "Kvinnor och män", "i procentenheter"):
        assert word in page, word


def test_a_measure_that_cannot_be_compared_is_said(stage: Steering, decision: Decision, as_hat: AsHat) -> None:
    path = f"/beslut/{decision.pk}/"
    assert "Inget mått är valt" in as_hat(stage.cast.chair).get(path).content.decode()
    Decision.objects.filter(pk=decision.pk).update(indicator="fanns-en-gang")
    assert "går inte att jämföra" in as_hat(stage.cast.chair).get(path).content.decode()


def test_only_arrangers_choose_the_measure_among_those_there_are(
    stage: Steering, decision: Decision, as_hat: AsHat
) -> None:
    freeze(stage)
    code, _ = indicators(stage.cast.cooperation)[0]
    path = f"/beslut/{decision.pk}/matt/"
    for name, hat in everybody(stage).items():
        Decision.objects.filter(pk=decision.pk).update(indicator="")
        got = as_hat(hat).post(path, {"indicator": code}).status_code
        may = name in {"chair", "coordinator"}
        assert got == (302 if may else 403 if name in SEES else 404), name
        decision.refresh_from_db()
        assert decision.indicator == (code if may else ""), name
    client = as_hat(stage.cast.chair)
    for bad in ("fanns-inte", "x" * 500, "'; DROP TABLE"):
        answer = client.post(path, {"indicator": bad})
        assert answer.status_code == 422 and "Välj ett mått i listan" in answer.content.decode()
    assert client.post(path, {"indicator": ""}).status_code == 302


# ---------- never a person ----------
def test_a_case_s_decision_has_no_page_for_anybody(stage: Steering, decision: Decision, as_hat: AsHat) -> None:
    AgendaItem.objects.filter(pk=decision.item_id).update(kind=ItemKind.CASE)
    room = make_room(stage.cast)
    for name, hat in {**everybody(stage), "psyk_2": room.cast.psyk_2}.items():
        client = as_hat(hat)
        missing = client.get("/beslut/987654321/")
        answer = client.get(f"/beslut/{decision.pk}/")
        assert (answer.status_code, answer.content) == (404, missing.content), name
        for act in ("rapport", "oppna", "matt"):
            assert client.post(f"/beslut/{decision.pk}/{act}/", report()).status_code == 404, (name, act)
