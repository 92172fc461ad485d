"""A month is frozen at its end, reproducible to the last byte; a correction is the next version of it and all later."""

import json
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meetings.figures.actions.freezing import (
    ask_for_correction,
    carry_on,
    correct_months,
    correct_next,
    freeze_ended_months,
    freeze_month,
)
from meetings.figures.actions.goals import add_goal
from meetings.figures.actions.planned import plan_enrolments
from meetings.figures.errors import DoesNotHold, FreezingGoesOn
from meetings.figures.models import Freezing, Goal, Snapshot
from meetings.figures.queries import months_of, recount, report_of, series_of, snapshot_of, versions_of
from meetings.figures.report.canonical import digest_of
from meetings.figures.states import Event, Population, Verdict
from tests.cast import Cast
from tests.figures.stage import AUGUST, OCTOBER, SEPTEMBER, Way, agreed, know, learn, moment, norrsken
from tests.referrals.races import at_once
from workspace.clocks import start_of
from workspace.errors import NotAllowed
from workspace.models import AuditEntry, Cooperation

JULY = date(2014, 7, 1)
LATE = moment(2014, 10, 20)


def some(cast: Cast, number: int = 20) -> Cooperation:
    """Women and men of Piteå, known since July 2014, of an agency that agreed then."""
    agreed(cast.cooperation, cast.soc_desk.agency, at=moment(2014, 7, 3))
    ways = [Way(gender=gender) for gender in ("woman", "man")] * number
    know(cast.cooperation, cast.soc_desk.agency, ways, moment(2014, 7, 5))
    return cast.cooperation


def texts(snapshot: Snapshot) -> tuple[str, str, str]:
    return snapshot.counts, snapshot.shown, snapshot.digest


def months(cooperation: Cooperation) -> list[tuple[date, int]]:
    return sorted(Snapshot.objects.filter(cooperation=cooperation).values_list("month", "version"))


# ---------- at the month's end ----------
def test_the_sweep_freezes_every_ended_month_once(cast: Cast) -> None:
    cooperation = some(cast)
    with time_machine.travel(LATE, tick=False):
        assert freeze_ended_months() == 3
        assert freeze_ended_months() == 0
    assert months(cooperation) == [(JULY, 1), (AUGUST, 1), (SEPTEMBER, 1)]
    snapshot = snapshot_of(cooperation, AUGUST)
    assert snapshot.cutoff_at == start_of(SEPTEMBER)
    assert (snapshot.reason, snapshot.made_by) == ("", None)


def test_a_month_is_frozen_when_it_has_ended_and_what_was_written_last_is_in(cast: Cast) -> None:
    cooperation = some(cast)
    with time_machine.travel(start_of(SEPTEMBER), tick=False):
        assert freeze_ended_months() == 1, "July; August's last writers may not be done"
        with pytest.raises(DoesNotHold):
            freeze_month(cooperation=cooperation, month=SEPTEMBER)
    with time_machine.travel(start_of(SEPTEMBER) + timedelta(minutes=5), tick=False):
        assert freeze_ended_months() == 1


def test_nothing_is_frozen_before_there_is_something_to_count_and_an_agreement(cast: Cast) -> None:
    know(cast.cooperation, cast.soc_desk.agency, [Way()], moment(2014, 5, 1))
    with time_machine.travel(LATE, tick=False):
        assert freeze_ended_months() == 0
        agreed(cast.cooperation, cast.soc_desk.agency, at=moment(2014, 8, 3))
        assert freeze_ended_months() == 2
    assert [month for month, _ in months(cast.cooperation)] == [AUGUST, SEPTEMBER]


def test_a_sweep_that_is_weeks_late_gives_the_same_bytes(cast: Cast) -> None:
    cooperation = some(cast)
    with time_machine.travel(moment(2014, 8, 1), tick=False):
        freeze_ended_months()
    with time_machine.travel(moment(2014, 9, 1), tick=False), transaction.atomic():
        freeze_ended_months()
        on_time = texts(snapshot_of(cooperation, AUGUST))
        transaction.set_rollback(True)
    record = know(cooperation, cast.soc_desk.agency, [Way(ended_on=None)] * 30, moment(2014, 9, 14))[0]
    learn(record, moment(2014, 9, 15), gender="man")
    with time_machine.travel(LATE, tick=False):
        freeze_ended_months()
    assert texts(snapshot_of(cooperation, AUGUST)) == on_time


def test_a_sweep_cut_off_between_months_goes_on_where_it_was(cast: Cast) -> None:
    cooperation = some(cast)
    with time_machine.travel(LATE, tick=False):
        freeze_month(cooperation=cooperation, month=JULY)
        assert freeze_ended_months() == 2
        assert months(cooperation) == [(JULY, 1), (AUGUST, 1), (SEPTEMBER, 1)]


def test_a_month_is_frozen_in_one_version_however_often_it_is_asked(cast: Cast) -> None:
    first = freeze_month(cooperation=some(cast), month=AUGUST)
    again = freeze_month(cooperation=cast.cooperation, month=date(2014, 8, 31))
    assert again == first
    with pytest.raises(IntegrityError), transaction.atomic():
        Snapshot.objects.create(
            cooperation=cast.cooperation, month=AUGUST, version=1, cutoff_at=timezone.now(), counts="", shown="",
            digest="",
        )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_two_processes_at_once_freeze_each_month_once(cast: Cast) -> None:
    cooperation = some(cast)
    with time_machine.travel(LATE, tick=False):
        done = at_once(freeze_ended_months, freeze_ended_months)
    assert months(cooperation) == [(JULY, 1), (AUGUST, 1), (SEPTEMBER, 1)], done
    for snapshot in Snapshot.objects.all():
        assert recount(snapshot).digest == snapshot.digest


# ---------- bit for bit ----------
def test_a_month_counted_again_is_the_same_to_the_last_byte_whatever_has_happened_since(cast: Cast) -> None:
    cooperation = norrsken(cast)
    plan_enrolments(by=cast.coordinator, cooperation=cooperation, month=date(2014, 3, 1), counts={"woman": 4, "man": 5})
    with time_machine.travel(LATE):
        frozen = [freeze_month(cooperation=cooperation, month=month) for month in (AUGUST, SEPTEMBER)]
    agency = cast.soc_desk.agency
    know(cooperation, agency, [Way(gender="unknown")] * 3 + [Way(place="Arvidsjaur")] * 2, moment(2014, 10, 21))
    changed = cooperation.enrolments.first()
    assert changed is not None
    learn(changed.records.get(), moment(2014, 10, 22), outcome="moved", plan_made=False)
    plan_enrolments(by=cast.coordinator, cooperation=cooperation, month=date(2014, 3, 1), counts={"woman": 40})
    Goal.objects.filter(cooperation=cooperation, event=Event.PICTURE).update(ended_on=date(2014, 10, 21), target=3)
    cast.cooperation.figures_agreements.update(ended_at=moment(2014, 10, 23))
    for snapshot in frozen:
        again = recount(snapshot)
        assert (again.counts, again.shown, again.digest) == texts(snapshot)
        assert snapshot.digest == digest_of(snapshot.counts, snapshot.shown)


def test_what_is_frozen_is_canonical_and_holds_no_float(cast: Cast) -> None:
    snapshot = freeze_month(cooperation=norrsken(cast), month=AUGUST)
    for text in (snapshot.counts, snapshot.shown):
        content = json.loads(text, parse_float=pytest.fail)
        assert json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")) == text


def test_what_is_shown_holds_no_small_number_that_the_counts_hold(cast: Cast) -> None:
    """223 discharges: only three in Arvidsjaur did not find their way, and only three there said no (issue 6, 8)."""
    snapshot = freeze_month(cooperation=norrsken(cast), month=AUGUST)
    shown = json.loads(snapshot.shown)
    small = [
        (code, row)
        for name in ("discharged", "enrolled")
        for code, question in shown[name]["questions"].items()
        for row in question["cells"]
        if row[-1] is not None and 0 < row[-1] < 5
    ]
    assert small == []
    five = report_of(snapshot).goals[4]
    pitea, arvidsjaur = five.municipalities[1], five.municipalities[0]
    assert (arvidsjaur.did, arvidsjaur.share, arvidsjaur.base) == (None, None, 71)
    assert (pitea.did, five.total.share, five.verdict) == (None, 89, Verdict.NOT_MET)


# ---------- corrections ----------
def test_a_correction_is_the_next_version_of_its_month_and_of_every_later_one(cast: Cast) -> None:
    cooperation = some(cast)
    with time_machine.travel(moment(2014, 11, 20), tick=False):
        freeze_ended_months()
        record = cooperation.enrolments.first().records.get()  # type: ignore[union-attr]
        learn(record, timezone.now(), path_identified=False)
        freezing = ask_for_correction(by=cast.coordinator, cooperation=cooperation, month=AUGUST, reason="Fel i en väg")
        assert (freezing.total, freezing.done) == (3, 0)
    with time_machine.travel(moment(2014, 11, 21), tick=False):
        assert correct_next(freezing=freezing)
        freezing.refresh_from_db()
        assert (freezing.done, freezing.finished_at) == (1, None)
        assert freeze_ended_months() == 2, "the sweep carries on what was cut off"
        assert carry_on(freezing) == 0
    freezing.refresh_from_db()
    assert (freezing.done, freezing.total) == (3, 3) and freezing.finished_at is not None
    assert months(cooperation) == [
        *[(JULY, 1), (AUGUST, 1), (AUGUST, 2), (SEPTEMBER, 1), (SEPTEMBER, 2), (OCTOBER, 1), (OCTOBER, 2)]
    ]
    second = snapshot_of(cooperation, AUGUST)
    assert (second.version, second.reason, second.made_by) == (2, "Fel i en väg", cast.coordinator)
    assert second.cutoff_at == moment(2014, 11, 20)
    counts = [json.loads(snapshot.counts) for snapshot in versions_of(cooperation, AUGUST)]
    told = [one["discharged"]["questions"]["discharged.path_identified.all"]["counts"] for one in counts]
    assert [dict_of(rows)["Piteå", "woman", "yes"] for rows in told] == [19, 20]
    assert recount(second).digest == second.digest
    assert AuditEntry.objects.filter(what="figures.freeze").count() == 3


def dict_of(rows: list[list[Any]]) -> dict[tuple[str, ...], int]:
    return {tuple(words): count for *words, count in rows}


def test_who_may_ask_for_a_correction_and_when(cast: Cast) -> None:
    cooperation = some(cast)
    freeze_month(cooperation=cooperation, month=AUGUST)
    ask = {"cooperation": cooperation, "month": AUGUST, "reason": "Fel"}
    for hat in (*cast.members.values(), cast.chair):
        with pytest.raises(NotAllowed):
            ask_for_correction(by=hat, **ask)
    for wrong in ({"reason": " "}, {"reason": "x" * 501}, {"month": JULY}, {"month": date(2030, 1, 1)}):
        with pytest.raises(DoesNotHold):
            ask_for_correction(by=cast.coordinator, **{**ask, **wrong})
    ask_for_correction(by=cast.coordinator, **ask)
    with pytest.raises(FreezingGoesOn):
        ask_for_correction(by=cast.coordinator, **ask)
    assert Freezing.objects.count() == 1


def test_an_import_corrects_at_once_and_freezes_what_never_was(cast: Cast) -> None:
    cooperation = some(cast)
    freeze_month(cooperation=cooperation, month=SEPTEMBER)
    made = correct_months(cooperation=cooperation, month=JULY, reason="Utskrivningar har lästs in")
    assert [(one.month, one.version) for one in made] == [(JULY, 1), (SEPTEMBER, 2)]
    assert {one.reason for one in made} == {"Utskrivningar har lästs in"}


# ---------- what is read ----------
def test_months_and_series_are_of_the_latest_versions_and_ask_once(cast: Cast) -> None:
    cooperation = some(cast)
    freeze_month(cooperation=cooperation, month=JULY)
    goal = Goal.objects.get(cooperation=cooperation, event=Event.PLAN_MADE)
    one = queries(
        lambda: (list(months_of(cooperation)), series_of(cooperation, goal), report_of(snapshot_of(cooperation)))
    )
    correct_months(cooperation=cooperation, month=JULY, reason="Om")
    freeze_month(cooperation=cooperation, month=AUGUST)
    freeze_month(cooperation=cooperation, month=SEPTEMBER)
    many = queries(
        lambda: (list(months_of(cooperation)), series_of(cooperation, goal), report_of(snapshot_of(cooperation)))
    )
    assert one == many
    assert [(row.month, row.version) for row in months_of(cooperation)] == [(SEPTEMBER, 1), (AUGUST, 1), (JULY, 2)]
    series = series_of(cooperation, goal)
    assert [(point.month, point.version) for point in series.points] == [(JULY, 2), (AUGUST, 1), (SEPTEMBER, 1)]
    assert [point.rows[-1].of for point in series.points] == ["40 av 40"] * 3
    assert (series.name, series.target) == ("Har en handlingsplan", 100)


def queries(ask: Any) -> int:
    with CaptureQueriesContext(connection) as context:
        ask()
    return len(context)


def test_a_goal_that_is_added_counts_from_then_on(cast: Cast) -> None:
    cooperation = some(cast)
    freeze_month(cooperation=cooperation, month=JULY)
    with time_machine.travel(moment(2014, 8, 20)):
        goal = add_goal(
            by=cast.coordinator, cooperation=cooperation, name="Går vidare", population=Population.DISCHARGED,
            event=Event.SUCCESS, target=60,
        )  # fmt: skip
    freeze_month(cooperation=cooperation, month=AUGUST)
    assert [point.month for point in series_of(cooperation, goal).points] == [AUGUST]
    result = report_of(snapshot_of(cooperation)).goals[-1]
    assert (result.name, result.total.of, result.verdict) == ("Går vidare", "40 av 40", Verdict.MET)


def test_an_outcome_changed_after_the_snapshot_changes_nothing_in_it(cast: Cast) -> None:
    cooperation = some(cast)
    snapshot = freeze_month(cooperation=cooperation, month=AUGUST)
    before = report_of(snapshot)
    for enrolment in cooperation.enrolments.all()[:12]:
        learn(enrolment.records.get(), moment(2014, 9, 3), outcome="moved")
    assert report_of(snapshot_of(cooperation, AUGUST)) == before
    assert freeze_month(cooperation=cooperation, month=AUGUST) == snapshot
    september = report_of(freeze_month(cooperation=cooperation, month=SEPTEMBER))
    assert (before.goals[0].total.of, september.goals[0].total.of) == ("40 av 40", "28 av 40")


# ---------- the command ----------
def test_the_command_freezes_and_corrects_a_month(cast: Cast) -> None:
    cooperation = some(cast)
    out = StringIO()
    call_command("freeze_month", cooperation.name, "2014-08", stdout=out)
    snapshot = snapshot_of(cooperation)
    assert out.getvalue() == f"2014-08, version 1: {snapshot.digest}\n"
    call_command("freeze_month", cooperation.name, "2014-08", stdout=(again := StringIO()))
    assert again.getvalue() == "Månaden är redan låst. Skriv --reason för att räkna om den.\n"
    call_command("freeze_month", cooperation.name, "2014-08", "--reason", "Fel kön", stdout=(third := StringIO()))
    assert third.getvalue().startswith("2014-08, version 2: ")
    assert months(cooperation) == [(AUGUST, 1), (AUGUST, 2)]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["Ingen", "2014-08"], "Det finns ingen samverkan som heter Ingen."),
        (["Samverkan Piteå", "2014-13"], "Skriv månaden som år och månad, till exempel 2014-08."),
        (["Samverkan Piteå", "augusti"], "Skriv månaden som år och månad, till exempel 2014-08."),
        (["Samverkan Piteå", "9999-12"], "Månaden är inte slut."),
        (["Samverkan Piteå", "2014-08", "--reason", "x" * 501], "Skriv skälet med högst 500 tecken."),
    ],
)
def test_the_command_says_what_is_wrong(cast: Cast, given: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("freeze_month", *given)


class Screen(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_month_that_takes_over_a_second_shows_how_far_it_has_come(cast: Cast) -> None:
    heard: list[tuple[int, int]] = []
    freeze_month(cooperation=some(cast), month=AUGUST, watch=lambda done, total: heard.append((done, total)))
    assert heard[-1][0] == heard[-1][1] and len(heard) >= 5
    assert [done for done, _ in heard] == sorted(done for done, _ in heard)
