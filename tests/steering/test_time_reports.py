"""An agency's time report: who reads and writes it, its lines, sent and taken back, sums and files (R53, R97)."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meetings.steering.actions.time_reports import save_report, send_report
from meetings.steering.models import CoFinancing, TimeEntry, TimeReport
from meetings.steering.queries.time_reports import entries_of, state_of_report
from meetings.steering.states import ReportState, TimeSource
from tests.cast import Cast, make_member
from tests.referrals.races import at_once, outcomes
from tests.steering.papers import agree, posted, report_of, words
from tests.steering.stage import Steering, make_steering
from workspace.models import Absence, AuditEntry, CooperationRole, Membership
from workspace.rules import Hat
from workspace.states import CooperationRoleKind

AsHat = Callable[[Hat], Client]
MONTH = date(2026, 10, 1)
MEETING = "Samverkansgruppen Piteå, 15 okt."
READS_LINES = {"soc", "soc_manager"}
READS_SUMS = {"coordinator", "chair"}


@pytest.fixture
def stage(cast: Cast) -> Steering:
    return make_steering(cast)


def add(
    report: TimeReport, source: str = "meeting", text: str = MEETING, minutes: int = 180, **fields: Any
) -> TimeEntry:
    usual = {"key": f"{source}:{text}"[:60], "people": 2, "on": date(2026, 10, 15) if source == "meeting" else None}
    return TimeEntry.objects.create(report=report, source=source, text=text, minutes=minutes, **(usual | fields))


@pytest.fixture
def report(cast: Cast) -> TimeReport:
    """soc's October: a meeting, conversations, and a line of its own."""
    made = report_of(agree(cast), MONTH, comment="Hemlig kommentar")
    add(made)
    add(made, "conversation", "Trepartssamtal, 3 st.", 150, people=1)
    add(made, "own", "Resa till Luleå", 60, people=1, is_changed=True)
    return made


def sent(report: TimeReport) -> TimeReport:
    send_report(by=report.agreement.reporter, report=report)  # type: ignore[arg-type]
    report.refresh_from_db()
    return report


# ---------- who ----------
@pytest.mark.django_db
@pytest.mark.parametrize("state", ["draft", "sent"])
def test_who_reads_lines_and_who_sums(stage: Steering, report: TimeReport, as_hat: AsHat, state: str) -> None:
    if state == "sent":
        sent(report)
    hats: dict[str, Hat] = {**stage.cast.members, **stage.roles}
    for name, hat in hats.items():
        client = as_hat(hat)
        got, csv = client.get(f"/tid/{report.pk}/"), client.get(f"/tid/{report.pk}/rapport.csv")
        sums = client.get("/tid/2026-10/summor.csv")
        assert got.status_code == (200 if name in READS_LINES | READS_SUMS else 404), name
        assert csv.status_code == (200 if name in READS_LINES else 404), name
        assert sums.status_code == (200 if name in READS_SUMS else 404), name
        page = got.content.decode()
        assert (MEETING in page) == (name in READS_LINES), name
        assert ("Resa till Luleå" in page) == (name in READS_LINES), name
        if name in READS_SUMS:
            seen = words(got.content + client.get("/tid/").content + sums.content)
            assert "Hemlig" not in seen and "okt." not in seen and "3 st." not in seen, name
            assert ("6 tim 30 min" in seen) == (state == "sent") == ("6,50" in seen), name
        listed = client.get("/tid/").status_code
        managers = {name for name in hats if name.endswith("_manager")}
        assert listed == (200 if name in READS_LINES | READS_SUMS | managers else 404), name


@pytest.mark.django_db
def test_the_reporter_writes_and_the_manager_reads(report: TimeReport, cast: Cast, as_hat: AsHat) -> None:
    manager, reporter = as_hat(cast.soc_manager), as_hat(cast.soc)
    assert "Spara och skicka" in reporter.get(f"/tid/{report.pk}/").content.decode()
    page = words(manager.get(f"/tid/{report.pk}/").content)
    assert "Spara" not in page and "Soc Testsson skulle ha skickat den 15 nov. 2026" in page
    for path in ("", "ta-tillbaka/"):
        assert manager.post(f"/tid/{report.pk}/{path}", {"gor": "skicka"}).status_code == 404
    assert as_hat(cast.chair).post(f"/tid/{report.pk}/", {"gor": "skicka"}).status_code == 404
    report.refresh_from_db()
    assert report.state == ReportState.DRAFT


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["nobody named", "left", "away alone"])
def test_the_manager_writes_where_no_reporter_is_there(report: TimeReport, cast: Cast, as_hat: AsHat, how: str) -> None:
    today = timezone.localdate()
    if how == "nobody named":
        CoFinancing.objects.update(reporter=None)
    elif how == "left":
        yesterday = today - timedelta(days=1)
        Membership.objects.filter(pk=cast.soc.pk).update(from_on=yesterday, to_on=yesterday)
    else:
        Absence.objects.create(membership=cast.soc, from_on=today, to_on=today)
    client, path = as_hat(cast.soc_manager), f"/tid/{report.pk}/"
    assert client.post(path, posted(client, path) | {"gor": "skicka"}).status_code == 302
    report.refresh_from_db()
    assert (report.state, report.member) == (ReportState.SENT, cast.soc_manager)
    assert as_hat(cast.soc_2).get(path).status_code == 404


@pytest.mark.django_db
def test_the_contact_for_the_money_reads_and_takes_the_file(report: TimeReport, cast: Cast, as_hat: AsHat) -> None:
    CoFinancing.objects.update(contact=cast.soc_2)
    client = as_hat(cast.soc_2)
    assert "Spara" not in words(client.get(f"/tid/{report.pk}/").content)
    assert client.get(f"/tid/{report.pk}/rapport.csv").status_code == 200


@pytest.mark.django_db
def test_a_role_of_another_cooperation_sees_nothing(report: TimeReport, cast: Cast, as_hat: AsHat) -> None:
    elsewhere = cast.outsider.agency.cooperations.get()
    role = CooperationRole.objects.create(
        cooperation=elsewhere, user=cast.outsider.user, role=CooperationRoleKind.COORDINATOR
    )
    client = as_hat(role)
    hidden, missing = (client.get(f"/tid/{pk}/") for pk in (report.pk, 987_654))
    assert hidden.status_code == missing.status_code == 404 and hidden.content == missing.content
    assert client.get("/tid/2026-10/summor.csv").status_code == 404
    assert "Socialtjänsten Piteå" not in words(client.get("/tid/").content)
    for path in ("/tid/99999999999999999999/", "/tid/2026-13/summor.csv", "/tid/99999999-10/summor.csv"):
        assert client.get(path).status_code == 404, path


# ---------- lines ----------
@pytest.mark.django_db
def test_lines_are_changed_set_to_nought_added_and_taken_away(report: TimeReport, cast: Cast, as_hat: AsHat) -> None:
    meeting, talks, own = entries_of(report)
    client, path = as_hat(cast.soc), f"/tid/{report.pk}/"
    form = posted(client, path)
    assert (form[f"hours_{meeting.pk}"], form[f"people_{meeting.pk}"]) == ("3:00", "2")
    form |= {f"hours_{meeting.pk}": "4,5", f"people_{meeting.pk}": "3", f"hours_{talks.pk}": "0"}
    form |= {f"remove_{own.pk}": "on", "comment": "Ny", "gor": "spara", "once": "a"}
    form |= {"new_text": "Utbildning", "new_on": "20 oktober 2026", "new_people": "4", "new_hours": "1:30"}
    for _ in range(2):
        assert client.post(path, form).status_code == 302
    found = [(one.text, one.people, one.minutes, one.on, one.is_changed) for one in entries_of(report)]
    assert found == [
        (MEETING, 3, 270, date(2026, 10, 15), True),
        ("Trepartssamtal, 3 st.", 1, 0, None, True),
        ("Utbildning", 4, 90, date(2026, 10, 20), True),
    ]
    page = words(client.get(path).content)
    assert "6 tim av avtalade 40 tim. 34 tim mindre än avtalat." in page
    assert AuditEntry.objects.filter(what="time_report.change", object_id=report.pk).count() == 1


@pytest.mark.django_db
def test_saving_without_a_change_marks_nothing_as_changed(report: TimeReport, cast: Cast, as_hat: AsHat) -> None:
    client, path = as_hat(cast.soc), f"/tid/{report.pk}/"
    assert client.post(path, posted(client, path)).status_code == 302
    assert TimeEntry.objects.filter(is_changed=True).count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("hours", "-1", "Noll går bra, men inte mindre"),
        ("hours", "", "Skriv timmar som 1:30"),
        ("hours", "många", "Skriv timmar som 1:30"),
        ("hours", "1:75", "Skriv timmar som 1:30"),
        ("hours", "٣", "Skriv timmar som 1:30"),
        ("hours", "2001", "Så många timmar kan inte stämma"),
        ("hours", "9" * 60, "Skriv timmar som 1:30"),
        ("people", "-2", "mellan 0 och 999"),
        ("people", "9" * 60, "mellan 0 och 999"),
        ("people", "1,5", "mellan 0 och 999"),
        ("comment", "å" * 501, "1 tecken för lång"),
        ("new_text", "a\0b", "tecken som inte går att visa"),
        ("new_text", "Bara text", "Skriv timmar som 1:30"),
        ("new_hours", "2", "Skriv vad tiden gick åt till"),
        ("new_on", "1 november 2026", "Rapporten gäller oktober 2026"),
        ("new_on", "igår", "är inget datum"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    report: TimeReport, cast: Cast, as_hat: AsHat, field: str, typed: str, sentence: str
) -> None:
    meeting = entries_of(report)[0]
    before = list(TimeEntry.objects.order_by("pk").values())
    client, path = as_hat(cast.soc), f"/tid/{report.pk}/"
    name = f"{field}_{meeting.pk}" if field in {"hours", "people"} else field
    form = posted(client, path) | {name: typed, "gor": "skicka"}
    form.setdefault("comment", "Det jag skrev")
    got = client.post(path, form)
    assert got.status_code == 422 and sentence in words(got.content)
    assert "None" not in words(got.content) and "behöver rättas" in words(got.content)
    assert "\0" in typed or not typed or typed in got.content.decode()
    assert list(TimeEntry.objects.order_by("pk").values()) == before
    report.refresh_from_db()
    assert report.state == ReportState.DRAFT


@pytest.mark.django_db
def test_own_lines_have_an_end(report: TimeReport, cast: Cast, as_hat: AsHat) -> None:
    for number in range(29):
        add(report, "own", f"Rad {number}", 5, people=1)
    client, path = as_hat(cast.soc), f"/tid/{report.pk}/"
    form = posted(client, path) | {"new_text": "En till", "new_hours": "1"}
    got = client.post(path, form)
    assert got.status_code == 422 and "högst 30 egna rader" in words(got.content)
    assert 'value="En till"' in got.content.decode()


@pytest.mark.django_db
def test_what_somebody_else_saved_meanwhile_is_not_overwritten_unseen(
    report: TimeReport, cast: Cast, as_hat: AsHat
) -> None:
    meeting = entries_of(report)[0]
    client, path = as_hat(cast.soc), f"/tid/{report.pk}/"
    form = posted(client, path) | {f"hours_{meeting.pk}": "9:15", "comment": "Min"}
    added = add(report, "own", "Någon annans rad", 30, people=1)
    got = client.post(path, form)
    page = got.content.decode()
    assert got.status_code == 409 and "Någon annan har ändrat rapporten" in words(got.content)
    assert 'value="9:15"' in page and "Min" in page and "Någon annans rad" in page and 'value="0:30"' in page
    assert TimeEntry.objects.get(pk=meeting.pk).minutes == 180
    again = form | {f"hours_{added.pk}": "0:30", f"people_{added.pk}": "1"}
    report.refresh_from_db()
    again["base"] = state_of_report(report, entries_of(report))
    assert again["base"] in page
    assert client.post(path, again).status_code == 302
    assert TimeEntry.objects.get(pk=meeting.pk).minutes == 555


# ---------- sent, and taken back ----------
@pytest.mark.django_db
def test_a_sent_report_is_locked_says_by_whom_and_can_be_taken_back(
    report: TimeReport, cast: Cast, as_hat: AsHat
) -> None:
    client, path = as_hat(cast.soc), f"/tid/{report.pk}/"
    form = posted(client, path) | {"comment": "Allt med", "gor": "skicka", "once": "a"}
    for _ in range(2):
        assert client.post(path, form).status_code == 302
    report.refresh_from_db()
    assert (report.state, report.member, report.comment) == (ReportState.SENT, cast.soc, "Allt med")
    page = words(client.get(path).content)
    assert "av Soc Testsson" in page and "Spara" not in page
    late = client.post(path, form | {"once": "b", "comment": "Efteråt"})
    assert late.status_code == 409 and "redan skickad" in words(late.content) and "Efteråt" in words(late.content)
    assert client.post(f"{path}ta-tillbaka/", {"once": "c"}).status_code == 302
    assert client.post(f"{path}ta-tillbaka/", {"once": "d"}).status_code == 409
    report.refresh_from_db()
    assert (report.state, report.member, report.sent_at, report.comment) == (ReportState.DRAFT, None, None, "Allt med")
    assert "Spara och skicka" in client.get(path).content.decode()
    whats = AuditEntry.objects.filter(what__startswith="time_report.").order_by("pk").values_list("what", flat=True)
    assert list(whats) == ["time_report.change", "time_report.send", "time_report.reopen"]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_send_or_save_at_once_one_is_told_that_somebody_was_faster(cast: Cast) -> None:
    made = report_of(agree(cast), MONTH)
    base = state_of_report(made, [])

    def save(comment: str) -> None:
        save_report(by=cast.soc, report=made, lines=[], comment=comment, base=base)

    assert outcomes(at_once(lambda: save("A"), lambda: save("B"))) == {"done": 1, "SomebodyWasFaster": 1}
    results = at_once(*[lambda: send_report(by=cast.soc, report=made)] * 2)
    assert outcomes(results) == {"done": 1, "SomebodyWasFaster": 1}


# ---------- files ----------
@pytest.mark.django_db
def test_the_file_for_the_finance_people_reads_in_swedish_excel_and_runs_nothing(
    report: TimeReport, cast: Cast, as_hat: AsHat
) -> None:
    CoFinancing.objects.update(budget_line="=HYPERLINK(1)")
    got = as_hat(cast.soc).get(f"/tid/{report.pk}/rapport.csv")
    assert got.headers["Content-Disposition"] == 'attachment; filename="tidrapport-2026-10-utkast.csv"'
    assert got.content.startswith(b"\xef\xbb\xbf")
    assert got.content.decode("utf-8-sig").split("\r\n") == [
        "Dag;Aktivitet;Antal personer;Timmar;Kontering",
        f"2026-10-15;{MEETING};2;3,00;'=HYPERLINK(1)",
        ";Trepartssamtal, 3 st.;1;2,50;'=HYPERLINK(1)",
        ";Resa till Luleå;1;1,00;'=HYPERLINK(1)",
        "",
    ]


@pytest.mark.django_db
def test_the_cooperation_s_file_has_two_sums_per_agency_and_none_that_tells_of_participants(
    report: TimeReport, cast: Cast, as_hat: AsHat
) -> None:
    sent(report)
    report_of(agree(cast, cast.psyk, hours=10), MONTH)
    got = as_hat(cast.chair).get("/tid/2026-10/summor.csv").content.decode("utf-8-sig")
    today = timezone.localdate().isoformat()
    assert got.split("\r\n") == [
        "Månad;Myndighet;Möten, samtal och aktiviteter;Egna rader;Timmar;Avtalade timmar;Kontering;Skickad",
        f"2026-10;Socialtjänsten Piteå;5,50;1,00;6,50;40;4711-22;{today}",
        "2026-10;Vuxenpsykiatrin Piteå;;;;10;4711-22;nej",
        "",
    ]


# ---------- lists ----------
@pytest.mark.django_db
def test_the_coordinator_sees_month_by_month_who_has_sent_and_who_has_not(
    report: TimeReport, cast: Cast, as_hat: AsHat
) -> None:
    sent(report)
    report_of(agree(cast, cast.psyk, hours=10), MONTH)
    report_of(report.agreement, date(2026, 9, 1))
    page = words(as_hat(cast.coordinator).get("/tid/").content)
    assert page.index("Oktober 2026 1 av 2 har skickat") < page.index("September 2026 0 av 1 har skickat")
    assert "Socialtjänsten Piteå 5 tim 30 min 1 tim 6 tim 30 min 40 tim" in page
    assert "Vuxenpsykiatrin Piteå Skulle ha skickats 15 nov. 2026 10 tim" in page


@pytest.mark.django_db
def test_an_agency_s_months_stand_newest_first(report: TimeReport, cast: Cast, as_hat: AsHat) -> None:
    sent(report_of(report.agreement, date(2026, 9, 1)))
    page = words(as_hat(cast.soc_manager).get("/tid/").content)
    assert "En tidrapport är inte skickad" in page
    assert page.index("Oktober 2026 6 tim 30 min 40 tim") < page.index("September 2026 0 tim 40 tim Skickad")


@pytest.mark.django_db
def test_the_lists_and_a_report_ask_as_much_for_thirty_as_for_one(
    report: TimeReport, cast: Cast, as_hat: AsHat
) -> None:
    clients = [as_hat(hat) for hat in (cast.soc, cast.soc_manager, cast.coordinator)]
    counts: list[list[int]] = []
    for numbers in (range(1), range(1, 30)):
        for number in numbers:
            add(report, "meeting", f"Möte {number}")
            member = make_member(cast.soc.agency, f"r{number}", None)
            first = date(2100, 1, 1) + timedelta(days=number)
            other = agree(cast, member, from_on=first, to_on=first)
            sent(report_of(other, MONTH))
            report_of(report.agreement, date(2020 + number // 12, number % 12 + 1, 1))
        found = []
        for client in clients:
            for path in ("/tid/", f"/tid/{report.pk}/"):
                with CaptureQueriesContext(connection) as seen:
                    assert client.get(path).status_code == 200
                found.append(len(seen))
        counts.append(found)
    assert counts[0] == counts[1]
    assert TimeEntry.objects.filter(report=report, source=TimeSource.MEETING).count() == 31
