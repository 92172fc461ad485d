"""Time reports that are not sent are reminded of: seven days and one day ahead, and then the manager is told (R53)."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meetings.steering.actions.co_financing import Terms, change_agreement
from meetings.steering.actions.time_reminders import remind_of_time_reports
from meetings.steering.actions.time_reports import send_report
from meetings.steering.models import TimeReport
from meetings.steering.states import ReportState
from notifications.models import Notification
from tests.cast import Cast
from tests.referrals.races import at_once
from tests.steering.papers import agree, report_of, told
from workspace.models import Absence, Membership
from workspace.rules import Hat

AsHat = Callable[[Hat], Client]
MONTH = date(2026, 10, 1)  # due on 15 November
DUE, LATE = "time_report.due", "time_report.late"


def november(day: int) -> date:
    return date(2026, 11, day)


@pytest.fixture
def report(cast: Cast) -> TimeReport:
    return report_of(agree(cast), MONTH)


def leave(member: Membership) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    Membership.objects.filter(pk=member.pk).update(from_on=yesterday, to_on=yesterday)


def away(member: Membership, stand_in: Membership | None = None) -> None:
    today = timezone.localdate()
    Absence.objects.create(membership=member, from_on=today, to_on=today, stand_in=stand_in)


@pytest.mark.django_db
def test_it_is_said_seven_days_and_one_day_ahead_and_the_day_after_to_the_manager(report: TimeReport) -> None:
    said = {}
    for day in range(1, 31):
        if remind_of_time_reports(november(day)):
            newest = Notification.objects.latest("pk")
            said[day] = (newest.kind, newest.number, newest.membership.user.username, newest.object_id)
        assert remind_of_time_reports(november(day)) == 0
    assert said == {
        8: (DUE, "15 nov. 2026", "soc", report.pk),
        14: (DUE, "15 nov. 2026", "soc", report.pk),
        16: (LATE, "15 nov. 2026", "socchef", report.pk),
    }
    assert Notification.objects.count() == 3


@pytest.mark.django_db
@pytest.mark.parametrize(("day", "kinds"), [(10, [DUE]), (15, [DUE]), (25, [LATE])])
def test_what_no_sweep_saw_is_said_late_but_never_twice(report: TimeReport, day: int, kinds: list[str]) -> None:
    for _ in range(3):
        remind_of_time_reports(november(day))
    assert list(Notification.objects.values_list("kind", flat=True)) == kinds


@pytest.mark.django_db
def test_a_sent_report_is_not_reminded_of_and_what_was_said_is_closed(cast: Cast, report: TimeReport) -> None:
    remind_of_time_reports(november(8))
    remind_of_time_reports(november(16))
    assert (told(DUE), told(LATE)) == ({"soc"}, {"socchef"})
    send_report(by=cast.soc, report=report)
    assert (told(DUE), told(LATE)) == (set(), set())
    TimeReport.objects.update(told_manager_at=None)
    assert remind_of_time_reports(november(17)) == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("how", "due", "late"),
    [
        ("there", {"soc"}, {"socchef"}),
        ("nobody named", {"socchef"}, {"socchef"}),
        ("left", {"socchef"}, {"socchef"}),
        ("away with a stand-in", {"soc2"}, {"socchef"}),
        ("away alone", {"socchef"}, {"socchef"}),
        ("account closed", {"socchef"}, {"socchef"}),
        ("manager gone", {"soc"}, set()),
        ("both gone", set(), set()),
        ("manager away", {"soc"}, {"socchef"}),
    ],
)
def test_exactly_these_are_told(cast: Cast, report: TimeReport, how: str, due: set[str], late: set[str]) -> None:
    if how == "nobody named":
        report.agreement.reporter = None
        report.agreement.save()
    elif how in {"left", "both gone"}:
        leave(cast.soc)
    elif how == "account closed":
        cast.soc.user.is_active = False
        cast.soc.user.save()
    elif how.startswith("away"):
        away(cast.soc, cast.soc_2 if "stand-in" in how else None)
    elif how == "manager away":
        away(cast.soc_manager)
    if how in {"manager gone", "both gone"}:
        leave(cast.soc_manager)
    remind_of_time_reports(november(14))
    assert told(DUE) == due
    remind_of_time_reports(november(16))
    assert told(LATE) == late
    report.refresh_from_db()
    assert (report.told_last_at is not None, report.told_manager_at is not None) == (bool(due), bool(late))


@pytest.mark.django_db
def test_whoever_is_told_can_open_and_write_the_report(cast: Cast, report: TimeReport, as_hat: AsHat) -> None:
    away(cast.soc, cast.soc_2)
    remind_of_time_reports(november(14))
    assert told(DUE) == {"soc2"}
    client = as_hat(cast.soc_2)
    page = client.get("/handelser/").content.decode()
    assert "r tidrapport ska skickas senast 15 nov. 2026" in page and f"/tid/{report.pk}/" in page
    assert "Spara och skicka" in client.get(f"/tid/{report.pk}/").content.decode()


@pytest.mark.django_db
def test_a_reporter_who_is_changed_loses_what_was_said_to_them(cast: Cast, report: TimeReport) -> None:
    remind_of_time_reports(november(14))
    remind_of_time_reports(november(16))
    terms = Terms(40, "", cast.soc_2, None, report.agreement.from_on, None)
    change_agreement(by=cast.coordinator, agreement=report.agreement, terms=terms)
    assert (told(DUE), told(LATE)) == (set(), {"socchef"})


@pytest.mark.django_db
def test_a_sweep_that_is_cut_off_says_what_is_missing_and_no_more(cast: Cast) -> None:
    for member in (cast.soc, cast.psyk, cast.fk):
        report_of(agree(cast, member), MONTH)
    # What breaks the second: a row that no counter knows of.
    broken = Notification.objects.create(membership=cast.psyk, seq=1, kind="other", number="1", object_id=1)
    with pytest.raises(IntegrityError):
        remind_of_time_reports(november(14))
    noted = TimeReport.objects.filter(told_last_at__isnull=False)
    assert [one.agreement.agency for one in noted] == [cast.soc.agency] and told(DUE) == {"soc"}
    broken.delete()
    assert remind_of_time_reports(november(14)) == 2
    assert told(DUE) == {"soc", "psyk", "fk"} and Notification.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_sweeps_at_the_same_moment_say_it_once(cast: Cast) -> None:
    for member in (cast.soc, cast.psyk, cast.fk):
        report_of(agree(cast, member), MONTH)
    assert sum(at_once(*[lambda: remind_of_time_reports(november(14))] * 3)) == 3
    assert sorted(Notification.objects.values_list("membership__user__username", flat=True)) == ["fk", "psyk", "soc"]


@pytest.mark.django_db
def test_a_sweep_with_nothing_to_say_asks_once_for_any_number(cast: Cast) -> None:
    agreement, first = agree(cast), date(2020, 1, 1)
    for number in range(30):
        month = date(first.year + number // 12, number % 12 + 1, 1)
        report_of(agreement, month, told_manager_at=timezone.now())
    report_of(agreement, date(2026, 11, 1))
    with CaptureQueriesContext(connection) as seen:
        assert remind_of_time_reports(november(14)) == 0
    assert len(seen) == 1
    assert TimeReport.objects.filter(state=ReportState.DRAFT).count() == 31
