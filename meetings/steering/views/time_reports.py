"""Time reports: an agency's months and their lines, a cooperation's sums per agency, and both as files."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from meetings.steering.actions.time_reports import Line, refill_report, reopen_report, save_report, send_report
from meetings.steering.forms.time_reports import ReportForm, decimal_hours, say_hours
from meetings.steering.models import TimeReport
from meetings.steering.queries.co_financing import access_arranged, agreements_read_by
from meetings.steering.queries.time_reports import (
    SUMMED,
    AgencySum,
    access_month,
    access_own_report,
    access_report,
    can_write_report,
    due_on,
    entries_of,
    months_of,
    own_reports,
    state_of_report,
    sums_by_month,
    sums_of,
)
from meetings.steering.states import ReportState
from notifications.actions import mark_read
from notifications.queries import notifications_about
from workspace.doors import AnyHatRequest, do_once, download, hat_page
from workspace.errors import Refusal
from workspace.models import CooperationRole, Membership
from workspace.rules import is_manager
from workspace.swedish import FULL_MONTHS
from workspace.tables import CSV, Table, Value, as_csv

MONTHS = 12  # on a page


def say_month(month: date) -> str:
    """«oktober 2026»."""
    return f"{FULL_MONTHS[month.month - 1]} {month.year}"


# ---------- the list ----------
@require_GET
@hat_page
def time_reports(request: AnyHatRequest) -> HttpResponse:
    """An agency's months, the newest first; for the coordinator and the chair every month with its agencies."""
    hat = request.hat
    if isinstance(hat, CooperationRole):
        return _months(request, hat)
    agreements = agreements_read_by(hat)
    if not agreements and not is_manager(hat):
        raise Http404
    page = Paginator(own_reports(hat), MONTHS).get_page(request.GET.get("page"))
    waiting = [one for one in page.object_list if one.state == ReportState.DRAFT]
    rows = [
        {
            "report": one,
            "month": say_month(one.month),
            "hours": say_hours(one.minutes),  # type: ignore[attr-defined]
            "due_on": due_on(one.month),
            "is_late": one.state == ReportState.DRAFT and due_on(one.month) < timezone.localdate(),
        }
        for one in page.object_list
    ]
    several = len({one.cooperation_id for one in agreements}) > 1
    context = {"agreements": agreements, "page": page, "rows": rows, "waiting": len(waiting), "several": several}
    return render(request, "steering/time_reports.html", context)


def _months(request: AnyHatRequest, hat: CooperationRole) -> HttpResponse:
    cooperation = access_arranged(hat)
    page = Paginator(months_of(cooperation), MONTHS).get_page(request.GET.get("page"))
    found = sums_by_month(hat, page.object_list)
    months = [
        {
            "month": month,
            "name": say_month(month),
            "rows": [_sum_row(row) for row in rows],
            "sent": sum(row.is_sent for row in rows),
            "missing": [row.report.agreement.agency for row in rows if not row.is_sent],
            "due_on": due_on(month),
            "is_open": due_on(month) >= timezone.localdate(),
        }
        for month, rows in found.items()
    ]
    context = {"months": months, "page": page, "cooperation": cooperation, "sources": SUMMED}
    return render(request, "steering/time_months.html", context)


def _sum_row(row: AgencySum) -> dict[str, Any]:
    return {
        "report": row.report,
        "agreement": row.report.agreement,
        "is_sent": row.is_sent,
        "total": say_hours(row.total),
        "sources": [(label, say_hours(minutes)) for label, minutes in row.sources],
    }


# ---------- one report ----------
@hat_page
def time_report(request: AnyHatRequest, pk: int) -> HttpResponse:
    """A month: its lines for the agency, to be changed while it is a draft; for the cooperation its sums."""
    report = access_report(request.hat, pk)
    if not isinstance(request.hat, Membership):
        if request.method == "POST":
            raise Http404
        (row,) = sums_of([report])
        context = {**_sum_row(row), "month": say_month(report.month), "due_on": due_on(report.month)}
        return render(request, "steering/time_sums.html", context)
    writes = can_write_report(request.hat, report)
    if request.method == "POST":
        return _write(request, report) if writes else _refuse()
    mark_read(by=request.hat, notifications=notifications_about(request.hat, "time_report.", pk))
    form = _form(report, None) if writes and report.state == ReportState.DRAFT else None
    return _page(request, report, form)


def _refuse() -> HttpResponse:
    raise Http404


def _form(report: TimeReport, data: QueryDict | dict[str, Any] | None) -> ReportForm:
    entries = entries_of(report)
    initial = {"base": state_of_report(report, entries), "comment": report.comment}
    if data is not None:
        # A line that came while somebody wrote is as it is: it was never on their page.
        usual = {f"{name}_{one.pk}": value for one in entries for name, value in _usual(one)}
        data = {**usual, **(data.dict() if isinstance(data, QueryDict) else data)}
    return ReportForm(data, entries=entries, month=report.month, initial=initial)


def _usual(entry: Any) -> list[tuple[str, str]]:
    return [("hours", f"{entry.minutes // 60}:{entry.minutes % 60:02}"), ("people", str(entry.people))]


def _write(request: AnyHatRequest, report: TimeReport) -> HttpResponse:
    """Save what was typed, and where that was asked for fill anew or send, all in one act."""
    assert isinstance(request.hat, Membership)
    hat, wanted = request.hat, request.POST.get("gor", "")
    form = _form(report, request.POST)
    if report.state != ReportState.DRAFT:
        form.is_valid()
        form.add_error(
            None, "Rapporten är redan skickad. Ta tillbaka den om något ska ändras. Det du skrev står kvar här."
        )
        return _page(request, report, form, status=409)

    def act() -> str:
        data = form.cleaned_data
        save_report(by=hat, report=report, lines=_lines(form), comment=data["comment"], base=data["base"])
        said = "Rapporten är sparad."
        if wanted == "fyll":
            refill_report(by=hat, report=report)
            said = "Rapporten är sparad och ifylld på nytt."
        if wanted == "skicka":
            send_report(by=hat, report=report)
            said = f"Tidrapporten för {say_month(report.month)} är skickad."
        messages.success(request, said)
        return reverse("time_report", args=[report.pk])

    refused = 0
    if form.is_valid():
        try:
            return do_once(request, "time_report", act)
        except Refusal as refusal:
            if refusal.status not in {409, 422}:
                raise
            refused = refusal.status
            form.add_error(None, refusal.sentence)
            form.data = {**form.data, "base": form.initial["base"]}
    return _page(request, report, form, refused or 422)


def _lines(form: ReportForm) -> list[Line]:
    data = form.cleaned_data
    lines = [
        Line(
            pk=one.pk,
            minutes=data[f"hours_{one.pk}"],
            people=data[f"people_{one.pk}"],
            text=one.text,
            on=one.on,
            is_removed=bool(data.get(f"remove_{one.pk}")),
        )
        for one in form.entries
    ]
    if form.has_new:
        people = 1 if data["new_people"] is None else data["new_people"]
        lines.append(Line(None, data["new_hours"], people, data["new_text"], data["new_on"]))
    return lines


def _page(request: AnyHatRequest, report: TimeReport, form: ReportForm | None, status: int = 200) -> HttpResponse:
    entries = entries_of(report)
    total, agreed = sum(one.minutes for one in entries), report.agreement.hours * 60
    context = {
        "report": report,
        "month": say_month(report.month),
        "due_on": due_on(report.month),
        "form": form,
        "lines": [(one, say_hours(one.minutes)) for one in entries],
        "total": say_hours(total),
        "agreed": say_hours(agreed),
        "differs": say_hours(abs(total - agreed)),
        "is_over": total > agreed,
        "is_even": total == agreed,
        "is_sent": report.state == ReportState.SENT,
        "is_late": due_on(report.month) < timezone.localdate(),
        "writes": can_write_report(request.hat, report),
    }
    return render(request, "steering/time_report.html", context, status=status)


@require_POST
@hat_page
def reopen(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Take a sent report back."""
    report = access_own_report(request.hat, pk)
    hat = request.hat
    if not isinstance(hat, Membership) or not can_write_report(hat, report):
        raise Http404

    def act() -> str:
        reopen_report(by=hat, report=report)
        messages.success(request, "Rapporten är ett utkast igen. Skicka den när den är rätt.")
        return reverse("time_report", args=[pk])

    return do_once(request, "time_report_reopen", act)


# ---------- files ----------
@require_GET
@hat_page
def report_csv(request: AnyHatRequest, pk: int) -> HttpResponse:
    """The lines for the finance people, as Swedish Excel reads them. Of the agency's own only."""
    report = access_own_report(request.hat, pk)
    line = report.agreement.budget_line
    rows: list[list[Value]] = [
        [one.on or "", one.text, one.people, decimal_hours(one.minutes), line] for one in entries_of(report)
    ]
    columns = ["Dag", "Aktivitet", "Antal personer", "Timmar", "Kontering"]
    draft = "" if report.state == ReportState.SENT else "-utkast"
    return download(as_csv(Table("Tidrapport", columns, rows)), CSV, f"tidrapport-{report.month:%Y-%m}{draft}.csv")


@require_GET
@hat_page
def sums_csv(request: AnyHatRequest, year: int, number: int) -> HttpResponse:
    """A month's agencies with their two sums: no day and no line."""
    month, found = access_month(request.hat, year, number)
    columns = ["Månad", "Myndighet", *SUMMED, "Timmar", "Avtalade timmar", "Kontering", "Skickad"]
    return download(
        as_csv(Table("Tidrapporter", columns, [_sum_line(row) for row in found])),
        CSV,
        f"tidrapporter-{month:%Y-%m}.csv",
    )


def _sum_line(row: AgencySum) -> list[Value]:
    agreement = row.report.agreement
    hours = [decimal_hours(minutes) if row.is_sent else "" for _, minutes in row.sources]
    total = decimal_hours(row.total) if row.is_sent else ""
    sent: Value = timezone.localdate(row.report.sent_at) if row.report.sent_at else "nej"
    month = f"{row.report.month:%Y-%m}"
    return [month, agreement.agency.name, *hours, total, agreement.hours, agreement.budget_line, sent]
