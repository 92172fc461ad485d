"""The register of decisions, one decision with what has become of it since, and the two as files."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from meetings.actions import decisions as actions
from meetings.models import Decision
from meetings.queries.decisions import (
    access_group_decision,
    can_report,
    count_votes,
    how_said,
    is_late,
    owner_said,
    reports_of,
)
from meetings.queries.meetings import is_guest_only
from meetings.rules import is_arranger
from meetings.states import DecisionState
from meetings.steering.forms.decisions import IndicatorForm, RegisterForm, ReopenForm, ReportForm
from meetings.steering.queries.measures import Changed, changed_since, indicators
from meetings.steering.queries.readers import reads_month
from meetings.steering.queries.register import (
    MOST_IN_FILE,
    Choices,
    Line,
    Sought,
    author_said,
    choices_for,
    found_for,
    late_count,
    limits_of,
    line_of,
    minutes_choices,
    minutes_for,
    reads_minutes_only,
)
from notifications.actions import mark_read
from notifications.queries import notifications_about
from workspace.doors import AnyHatRequest, do_once, download, hat_page
from workspace.errors import NotAllowed
from workspace.models import Membership
from workspace.rules import Hat
from workspace.swedish import say_count
from workspace.tables import FORMS, Table

ROWS = 50
CLOSED = {DecisionState.DONE, DecisionState.DROPPED}
COLUMNS = ["Möte", "Grupp", "Punkt", "Beslut", "Förslag", "Skäl", "Hur", "Ansvarig", "Sista dag", "Läge", "Skrivet av"]


# ---------- the register ----------
def _choices(hat: Hat) -> Choices:
    return minutes_choices(hat) if reads_minutes_only(hat) else choices_for(hat)


@require_GET
@hat_page
def decisions(request: AnyHatRequest) -> HttpResponse:
    """All decisions this hat may read, across years, newest first. Late ones are marked."""
    form = RegisterForm(request.GET, choices=_choices(request.hat))
    hat, late = request.hat, 0
    found: Sequence[Line] | QuerySet[Decision]
    if reads_minutes_only(hat):
        found = minutes_for(hat, form.sought)
    else:
        found, late = found_for(hat, form.sought), late_count(hat)
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    shown: list[Any] = list(page.object_list)
    lines = [line_of(one) if isinstance(one, Decision) else one for one in shown]
    asks = urlencode(form.asks)
    context = {
        "form": form,
        "page": page,
        "lines": lines,
        "query": f"{asks}&" if asks else "",
        "asks": f"?{asks}" if asks else "",
        "asked": bool(asks),
        "limits": limits_of(hat, form.sought, page.paginator.count),
        "minutes_only": reads_minutes_only(hat),
        "headline": f"{_many(late)} är {'sent' if late == 1 else 'sena'}" if late else "Beslut",
        "counted": _many(page.paginator.count),
    }
    return render(request, "steering/decisions.html", context)


def _many(number: int) -> str:
    """«Ett beslut», «Två beslut»."""
    return "Ett beslut" if number == 1 else say_count(number, "beslut", "beslut").capitalize()


@require_GET
@hat_page
def decisions_file(request: AnyHatRequest, form: str) -> HttpResponse:
    """What the register shows with the same filters, as a file."""
    sought = RegisterForm(request.GET, choices=_choices(request.hat)).sought
    lines, limits = _lines(request.hat, sought)
    rows = [_cells(line) for line in lines] + [["", "", "", limit, *[""] * (len(COLUMNS) - 4)] for limit in limits]
    table = Table("Beslut", COLUMNS, rows)
    write, kind = FORMS[form]
    return download(write(table), kind, f"beslut-{timezone.localdate()}.{form}")


def _lines(hat: Hat, sought: Sought) -> tuple[list[Line], list[str]]:
    """The rows of the file, and what it does not hold."""
    if reads_minutes_only(hat):
        said = minutes_for(hat, sought)
        return said[:MOST_IN_FILE], limits_of(hat, sought, len(said))
    found = found_for(hat, sought)
    return [line_of(one) for one in found[:MOST_IN_FILE]], limits_of(hat, sought, found.count())


def _cells(line: Line) -> list[Any]:
    return [
        *(line.on, line.group, line.item, line.text, line.proposals, line.why, line.how, line.owner, line.due_on),
        *(line.label, line.author),
    ]


# ---------- one decision ----------
@require_GET
@hat_page
def decision(request: AnyHatRequest, pk: int) -> HttpResponse:
    """One decision, how it was come to, and what has become of it since. Its notices are read by coming."""
    found = access_group_decision(request.hat, pk)
    if isinstance(request.hat, Membership):
        mark_read(by=request.hat, notifications=notifications_about(request.hat, "decision.", pk))
    return _page(request, found)


def _act(request: AnyHatRequest, found: Decision, name: str, said: str, perform: Callable[[], None]) -> HttpResponse:
    """Do a verb once, say that it is done, and stay at the decision."""

    def once() -> str:
        perform()
        messages.success(request, said)
        return reverse("decision", args=[found.pk])

    return do_once(request, f"{name} {found.pk}", once)


def _page(request: AnyHatRequest, found: Decision, **forms: Any) -> HttpResponse:
    """The page; `forms` are those with errors, which it shows unfolded."""
    hat, meeting = request.hat, found.item.meeting
    votes = list(found.votes.select_related("attendance__member__user", "attendance__member__agency").order_by("pk"))
    cooperation, arranges = meeting.group.cooperation, is_arranger(hat, meeting.group)
    reads = reads_month(hat, meeting.group)
    measures = indicators(cooperation) if reads and arranges else []
    may = can_report(hat, found)
    context = {
        "decision": found,
        "meeting": meeting,
        "opens_meeting": not is_guest_only(hat, meeting),
        "author": author_said(found),
        "how": how_said(found),
        "counted": count_votes(votes),
        "votes": votes,
        "owner": owner_said(found),
        "is_late": is_late(found),
        "reports": reports_of(found),
        "report_form": ReportForm(auto_id="id_rapport_%s") if may and found.state == DecisionState.OPEN else None,
        "reopen_form": ReopenForm(auto_id="id_oppna_%s") if may and found.state in CLOSED else None,
        "changed": _changed(found, reads),
        "reads_month": reads,
        "indicator_form": IndicatorForm(decision=found, measures=measures) if measures else None,
    }
    failed = next((form for form in forms.values() if form.errors), None)
    context |= forms | {"form": failed}
    return render(request, "steering/decision.html", context, status=422 if failed else 200)


def _changed(found: Decision, reads: bool) -> Changed | None:
    """What the chosen measure says of then and now, for a hat that reads the figures."""
    if not reads or not found.indicator:
        return None
    return changed_since(found.item.meeting.group.cooperation, found.indicator, found.made_at)


@require_POST
@hat_page
def report(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Say what has become of it."""
    found = access_group_decision(request.hat, pk)
    form = ReportForm(request.POST, auto_id="id_rapport_%s")
    if not can_report(request.hat, found):
        raise NotAllowed(actions.NOT_YOURS)
    if not form.is_valid():
        return _page(request, found, report_form=form)

    def perform() -> None:
        data = form.cleaned_data
        state = DecisionState(data["state"])
        actions.report_decision(by=request.hat, decision=found, text=data["text"], state=state, due_on=data["due_on"])

    return _act(request, found, "report_decision", "Uppföljningen är sparad.", perform)


@require_POST
@hat_page
def reopen(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Follow it again."""
    found = access_group_decision(request.hat, pk)
    form = ReopenForm(request.POST, auto_id="id_oppna_%s")
    if not can_report(request.hat, found):
        raise NotAllowed(actions.NOT_YOURS)
    if not form.is_valid():
        return _page(request, found, reopen_form=form)

    def perform() -> None:
        data = form.cleaned_data
        actions.reopen_decision(by=request.hat, decision=found, text=data["text"], due_on=data["due_on"])

    return _act(request, found, "reopen_decision", "Beslutet följs upp igen.", perform)


@require_POST
@hat_page
def indicator(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Choose the measure that shows whether it helped."""
    found = access_group_decision(request.hat, pk)
    measures = indicators(found.item.meeting.group.cooperation)
    form = IndicatorForm(request.POST, decision=found, measures=measures)
    if not is_arranger(request.hat, found.item.meeting.group):
        raise NotAllowed(actions.NOT_ARRANGER)
    if not form.is_valid():
        return _page(request, found, indicator_form=form)

    def perform() -> None:
        actions.choose_indicator(by=request.hat, decision=found, indicator=form.cleaned_data["indicator"])

    return _act(request, found, "choose_indicator", "Måttet är valt.", perform)
