"""The standing item on gender equality: its page with the month's figures, how it is closed, and its whole history."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from meetings.actions.gender import close_gender_item
from meetings.models import AgendaItem, Meeting
from meetings.queries.deciding import lacks_quorum, needs_quorum
from meetings.queries.meetings import groups_visible_to, is_guest_only
from meetings.queries.standing import answering_decision
from meetings.rules import can_change_content, can_lead, is_arranger
from meetings.states import GenderAnswer, MeetingState
from meetings.steering.forms.gender import GenderClosingForm
from meetings.steering.queries.around import MeetingFigures
from meetings.steering.queries.gender import (
    EMPTY_SHOWN,
    access_gender_history,
    access_gender_item,
    before_of,
    empty_in_a_row,
    follows_groups,
    history_of,
    last_no_deviation,
    made_here,
    streaks_in,
)
from meetings.steering.queries.measures import indicators
from meetings.steering.queries.prepared import prepare
from meetings.steering.queries.readers import reads_month
from meetings.steering.views.gender_tables import lacks_of, short_words, tables_of, talk_of
from meetings.steering.views.words import shown_figures
from workspace.doors import AnyHatRequest, do_once, hat_page
from workspace.errors import NotAllowed, Refusal, SomebodyWasFaster
from workspace.rules import Hat

Context = dict[str, Any]
OPEN_STATES = {MeetingState.IN_PROGRESS, MeetingState.HELD}
ENDED = {MeetingState.CANCELLED, MeetingState.NOT_HELD}


# ---------- the page ----------
@require_GET
@hat_page
def gender_item(request: AnyHatRequest, pk: int) -> HttpResponse:
    """The item of one meeting: since last time, the month's figures, what to talk about, and how it is closed."""
    meeting, item = access_gender_item(request.hat, pk)
    return _page(request, meeting, item)


@require_GET
@hat_page
def gender_answer_fragment(request: AnyHatRequest, pk: int) -> HttpResponse:
    """How it is closed, as it is now."""
    meeting, item = access_gender_item(request.hat, pk)
    return render(request, "steering/_gender_answer.html", {"meeting": meeting} | answer_context(request.hat, item))


def _page(
    request: AnyHatRequest, meeting: Meeting, item: AgendaItem, form: GenderClosingForm | None = None, status: int = 200
) -> HttpResponse:
    hat = request.hat
    listed = prepare(hat, meeting, only=item.pk)
    own = next(one for one in listed if one.item.pk == item.pk)
    guest = is_guest_only(hat, meeting)
    context = {
        "meeting": meeting,
        "topic": f"meeting:{meeting.pk}",
        "is_guest": guest,
        "listed": [one for one in listed if not guest or one.is_open],
        "alone": True,
        "place": f"{own.shown.number} av {len(listed)}",
        "before": before_of(hat, meeting),
        "last_no_deviation": last_no_deviation(meeting),
        "ended_meeting": meeting.state in ENDED,
        **figures_context(own.figures),
        "figures_closed": own.closed,
        **answer_context(hat, item),
        **_row_context(hat, meeting),
        **closing_context(hat, meeting, item, form),
    }
    return render(request, "steering/gender.html", context, status=status)


def figures_context(found: MeetingFigures | None) -> Context:
    """The month that the meeting has: as it stood when the agenda was sent, and as it has been corrected since."""
    if found is None:
        return {"figures": None, "tables": [], "lacks": [], "talk": None}
    report, corrected = found.report, found.corrected_report
    newest = corrected or report
    return {
        "figures": shown_figures(found),
        "tables": tables_of(report) if report else [],
        "corrected_tables": tables_of(corrected) if corrected else [],
        "lacks": lacks_of(report) if report else [],
        "talk": talk_of(newest) if newest else None,
        "talk_version": corrected.version if corrected else 0,
    }


def answer_context(hat: Hat, item: AgendaItem) -> Context:
    """How the item is closed now, with the decisions under it."""
    label = GenderAnswer(item.gender_answer).label if item.gender_answer else ""
    return {"item": item, "answer_label": label, "made": made_here(hat, item)}


def _row_context(hat: Hat, meeting: Meeting) -> Context:
    """«Ingen avvikelse» many times in a row, to those who prepare and lead; asked while the item is not closed."""
    shown_to = is_arranger(hat, meeting.group) or follows_groups(hat)
    asked = shown_to and meeting.state not in ENDED and meeting.state != MeetingState.HELD
    empty = empty_in_a_row(meeting.group) if asked else 0
    return {"empty": empty if empty >= EMPTY_SHOWN else 0}


def closing_context(hat: Hat, meeting: Meeting, item: AgendaItem, form: GenderClosingForm | None) -> Context:
    """The form, for whoever may close the item now; for anybody else what is waited for."""
    may = meeting.state in OPEN_STATES and can_lead(hat, meeting) and can_change_content(meeting)
    if not may:
        return {"form": None, "waits": _waits(hat, meeting)}
    lacking = lacks_quorum(meeting) if needs_quorum(meeting, item) else ""
    return {"form": form or closing_form(meeting, item), "waits": "", "quorum_lacks": lacking}


def _waits(hat: Hat, meeting: Meeting) -> str:
    if meeting.state in ENDED:
        return "Mötet blev inte av, så punkten stängdes aldrig."
    if meeting.state not in OPEN_STATES:
        return "Punkten stängs under mötet, med ett beslut eller med Ingen avvikelse och varför."
    if not can_change_content(meeting):
        return "Protokollet är skickat. En rättelse blir en ny version av det."
    return "Den som leder mötet eller har pennan skriver vad ni kommer fram till."


def closing_form(meeting: Meeting, item: AgendaItem, data: Any = None) -> GenderClosingForm:
    known = answering_decision(item) if item.gender_answer == GenderAnswer.DECISION else None
    return GenderClosingForm(
        data, meeting=meeting, item=item, indicators=indicators(meeting.group.cooperation), known=known
    )


# ---------- it is closed ----------
@require_POST
@hat_page
def close(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Close the item. What is missing is said at its field; nothing typed is lost, nor where somebody was faster."""
    meeting, item = access_gender_item(request.hat, pk)
    form = closing_form(meeting, item, request.POST)
    if not form.is_valid():
        return _page(request, meeting, item, form, status=422)

    def perform() -> str:
        data = form.cleaned_data
        if form.is_decision:
            close_gender_item(by=request.hat, item=item, decision=form.decision_input(), seen=data["seen"])
        else:
            close_gender_item(by=request.hat, item=item, reason=data["reason"], seen=data["seen"])
        messages.success(request, "Punkten om jämställdhet är stängd.")
        return reverse("gender_item", args=[meeting.pk])

    try:
        return do_once(request, f"close_gender_item {pk}", perform)
    except (NotAllowed, SomebodyWasFaster) as refusal:
        return _refused(request, pk, refusal)


def _refused(request: AnyHatRequest, pk: int, refusal: Refusal) -> HttpResponse:
    """The page as it is now, with the reason on top and what was typed still in the form."""
    meeting, item = access_gender_item(request.hat, pk)
    form = closing_form(meeting, item, _as_seen_now(request, meeting, item))
    form.is_valid()
    form.add_error(None, refusal.sentence)
    return _page(request, meeting, item, form, status=refusal.status)


def _as_seen_now(request: AnyHatRequest, meeting: Meeting, item: AgendaItem) -> Any:
    """What was typed, beside the answer that stands there now: sent again, it is meant in the place of that."""
    data = request.POST.copy()
    data["seen"] = closing_form(meeting, item).initial["seen"]
    return data


# ---------- its history ----------
@require_GET
@hat_page
def history(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Every meeting of a group: what the figures said then, and how the item was closed. One page."""
    group = access_gender_history(request.hat, pk)
    reads = reads_month(request.hat, group)
    rows = history_of(request.hat, group)
    held = [row for row in rows if row.meeting.state == MeetingState.HELD]
    follows = follows_groups(request.hat)
    context = {
        "group": group,
        "rows": [{"row": row, "words": short_words(row.difference) if reads else ""} for row in rows],
        "empty": held[0].empty if held and held[0].is_long else 0,
        "streaks": streaks_in(group.cooperation) if follows else [],
        "opens_group": groups_visible_to(request.hat).filter(pk=group.pk).exists(),
    }
    return render(request, "steering/gender_history.html", context)
