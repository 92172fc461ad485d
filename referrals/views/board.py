"""The coordinator's board, what is done from it, and what the steering group sees of disputed responsibility."""

import re
from datetime import date
from statistics import median_low
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from referrals import actions
from referrals.errors import TooManyFilters
from referrals.filters import TABS, BoardFilter, in_tab, kept_query
from referrals.forms import FilterNameForm, RemindForm
from referrals.models import Referral
from referrals.queries import (
    END,
    MOST,
    Place,
    access_saved_filter,
    board_counted_only,
    board_of,
    count_some,
    disputes_of,
    last_reminded,
    page_of_board,
    saved_filters_of,
    sees_disputes,
    waited_for,
)
from referrals.rules import class_is_shown
from referrals.states import ReferralState
from workspace.clocks import days_since
from workspace.doors import RoleRequest, do_once, role_page
from workspace.pathway.queries.plans import disputed_steps_of
from workspace.rules import is_coordinator
from workspace.swedish import say_count, say_list

PAGE = 30
MOST_DISPUTES = 100
PLACE = re.compile(r"(\d{4}-\d\d-\d\d)?_(\d{1,18})", re.ASCII)


# ---------- what is chosen ----------
class Selection(NamedTuple):
    """What a coordinator has asked the board for."""

    filter: BoardFilter
    filtered: QuerySet[Referral]  # under every tab
    late_by_agency: dict[str, int]
    tab: str
    rows: QuerySet[Referral]  # under the chosen one
    query: dict[str, str]  # as it stands in addresses, without the place


def selection_of(request: RoleRequest) -> Selection:
    """The selection in the request's address. Opens on what is late, where anything is. 404 but for a coordinator."""
    role = request.hat
    if not is_coordinator(role):
        raise Http404
    chosen = BoardFilter(request.GET, queryset=board_of(role), cooperation=role.cooperation)
    filtered = chosen.qs
    late = waited_for(in_tab(filtered, "sena"))
    kept = kept_query(request.GET, role.cooperation)
    tab = kept.get("urval") or ("sena" if late else "alla")
    return Selection(chosen, filtered, late, tab, in_tab(filtered, tab), {**kept, "urval": tab})


def place_of(text: str) -> Place | None:
    """A place as it stands in an address: «2026-03-01_812», «_812» without a last day; None for anything else."""
    found = PLACE.fullmatch(text)
    if not found:
        return None
    try:
        return Place(date.fromisoformat(found[1]) if found[1] else date.max, int(found[2]))
    except ValueError:
        return None


def in_address(place: Place) -> str:
    return f"{'' if place.day == date.max else place.day}_{place.pk}"


def places_asked(request: RoleRequest) -> dict[str, Place | None]:
    """From where the page is read: `efter` a place, or `fore` one; `fore=slut` is the last page."""
    before = request.GET.get("fore", "")
    return {"after": place_of(request.GET.get("efter", "")), "before": END if before == "slut" else place_of(before)}


# ---------- what is shown ----------
def board_row(referral: Referral) -> dict[str, Any]:
    """One line of the board: number, desks, class, step, turn, days. Nothing else reaches the template."""
    return {
        "pk": referral.pk,
        "number": referral.number,
        "sender": referral.sender.agency,
        "receiver": referral.receiver.agency,
        "class": referral.kind.get_referral_class_display() if class_is_shown(referral) else "",
        "label": ReferralState(referral.told_state).label,
        "turn": referral.told_turn,
        "disputed": referral.disputed_at is not None,
        "due_on": referral.told_due_on,
        "days": days_since(referral.sent_at) if referral.sent_at else 0,
    }


def say_figure(number: int) -> str:
    return "över 1 000" if number > MOST else str(number)


def say_late(late: dict[str, int], narrowed: bool) -> str:
    """The sentence a Monday begins with: how many are late, and with whom most of them lie."""
    number = sum(late.values())
    start = "I urvalet är " if narrowed else ""
    if not number:
        return f"{start}ingen remiss sen." if narrowed else "Ingen remiss är sen."
    if number > MOST:
        told = f"{start}över 1 000 remisser sena." if narrowed else "Över 1 000 remisser är sena."
    elif narrowed:
        told = f"{start}{say_count(number, 'remiss sen', 'remisser sena')}."
    else:
        told = f"{say_count(number, 'remiss är sen', 'remisser är sena')}."
        told = told[:1].upper() + told[1:]
    return f"{told} {say_who(late, number)}".strip()


def say_who(late: dict[str, int], number: int) -> str:
    most = max(late.values())
    top = sorted(name for name, waits in late.items() if waits == most)
    if len(late) == 1:
        return f"{'Den' if number == 1 else 'Alla'} väntar på {top[0]}."
    if len(top) > 2:
        names = sorted(late)
        return f"De väntar på {say_list(names) if len(names) == 3 else f'{len(names)} olika myndigheter'}."
    among = "Av de 1 000 som är mest försenade väntar flest på" if number > MOST else "Flest väntar på"
    return f"{among} {say_list(top)}."


def board_context(
    request: RoleRequest, remind_form: forms.Form | None = None, name_form: forms.Form | None = None
) -> dict[str, Any]:
    """Everything the board and its fragment show, as plain data. Its figures count the very rows that its tabs list."""
    role, chosen = request.hat, selection_of(request)
    asked = places_asked(request)
    page = page_of_board(chosen.rows, PAGE, **asked)
    reminded = last_reminded([referral.pk for referral in page.rows])
    ticked = set(request.POST.getlist("remiss")) if request.method == "POST" else set()
    everything = request.GET.get("valda") == "alla"
    rows = [
        {**board_row(one), "reminded": reminded.get(one.pk), "ticked": everything or str(one.pk) in ticked}
        for one in page.rows
    ]
    here = address_of(chosen.query, request)
    figures = {tab: count_some(in_tab(chosen.filtered, tab)) for tab in TABS if tab != "sena"}
    figures["sena"] = sum(chosen.late_by_agency.values())
    filters = {name: value for name, value in chosen.query.items() if name != "urval"}
    return {
        "tabs": [
            (label, say_figure(figures[tab]), urlencode({"urval": tab, **filters}), tab == chosen.tab)
            for tab, label in TABS.items()
        ],
        "tab": (chosen.tab, TABS[chosen.tab]),
        "sentence": say_late(chosen.late_by_agency, bool(filters)),
        "filter": chosen.filter,
        "filtered": bool(filters),
        "rows": rows,
        "ticked": sum(1 for row in rows if row["ticked"]),
        "before": in_address(page.before) if page.before else "",
        "after": in_address(page.after) if page.after else "",
        "counted": board_counted_only(role),
        "most": MOST,
        "query": urlencode(chosen.query),
        "here": here,
        "address": f"{here}&valda=alla" if everything else here,
        "saved": saved_filters_of(role),
        "remind_form": remind_form or RemindForm(auto_id="id_paminn_%s"),
        "name_form": name_form or FilterNameForm(auto_id="id_urval_%s"),
        "topic": f"board:{role.cooperation_id}",
    }


def address_of(query: dict[str, str], request: RoleRequest) -> str:
    """The selection and the page, without anything else that stood in the address."""
    places = places_asked(request)
    if places["before"]:
        return urlencode({**query, "fore": request.GET["fore"]})
    return urlencode({**query, "efter": request.GET["efter"]}) if places["after"] else urlencode(query)


@role_page
def board(request: RoleRequest, fragment: bool = False) -> HttpResponse:
    """The coordinator's board, as house.md 3 lets it be seen. No person, so nothing to log."""
    return render(request, "referrals/_board.html" if fragment else "referrals/board.html", board_context(request))


# ---------- what is done ----------
def back_to_board(request: RoleRequest) -> str:
    return f"{reverse('board')}?{address_of(selection_of(request).query, request)}"


@require_POST
@role_page
def remind(request: RoleRequest) -> HttpResponse:
    """Remind the desks of the chosen rows, once each. What is not on this board is left out without a word."""
    back = back_to_board(request)
    form = RemindForm(request.POST, auto_id="id_paminn_%s")
    chosen = [int(pk) for pk in request.POST.getlist("remiss") if pk.isdecimal() and len(pk) <= 18]
    if not chosen:
        form.add_error(None, "Välj minst en remiss i listan.")
    if not form.is_valid():
        return render(request, "referrals/board.html", board_context(request, remind_form=form), status=422)

    def perform() -> str:
        found = list(board_of(request.hat).filter(pk__in=chosen))
        today = timezone.localdate()
        times = last_reminded([referral.pk for referral in found]).values()
        already = sum(1 for at in times if timezone.localdate(at) == today)
        reached, left = actions.remind_from_board(role=request.hat, referrals=found, text=form.cleaned_data["text"])
        say = messages.success if reached else messages.warning
        say(request, say_reminded(reached, left, already))
        return back

    return do_once(request, "remind_from_board", perform)  # type: ignore[arg-type]


def say_reminded(reached: int, left: int, already: int) -> str:
    """«4 påminda, 1 lämnad: den är redan påmind i dag.»"""
    if not reached and not left:
        return "Ingen påmind. Det du valde finns inte längre på tavlan."
    told = f"{reached or 'Ingen'} {'påminda' if reached > 1 else 'påmind'}"
    if not left:
        return f"{told}."
    one = left == 1
    why = f"{'den' if one else 'de'} är redan {'påmind' if one else 'påminda'} i dag"
    if not already:
        why = f"{'den' if one else 'de'} går inte att nå här"
    elif already < left:
        why += " eller går inte att nå här"
    return f"{told}, {left} {'lämnad' if one else 'lämnade'}: {why}."


@require_POST
@role_page
def save_filter(request: RoleRequest) -> HttpResponse:
    """Keep the selection that is shown, under a name."""
    back, query = back_to_board(request), selection_of(request).query
    form = FilterNameForm(request.POST, auto_id="id_urval_%s")

    def perform() -> str:
        name = form.cleaned_data["name"]
        actions.save_filter(role=request.hat, name=name, query=urlencode(query))
        messages.success(request, f"Urvalet ”{name}” är sparat.")
        return back

    if form.is_valid():
        try:
            return do_once(request, "save_filter", perform)  # type: ignore[arg-type]
        except TooManyFilters as refusal:
            form.add_error("name", refusal.sentence)
    return render(request, "referrals/board.html", board_context(request, name_form=form), status=422)


@require_POST
@role_page
def drop_filter(request: RoleRequest) -> HttpResponse:
    """Remove one of the role's own saved selections."""
    back, pk = back_to_board(request), request.POST.get("filter", "")

    def perform() -> str:
        saved = access_saved_filter(request.hat, int(pk) if pk.isdecimal() and len(pk) <= 18 else 0)
        actions.drop_filter(saved=saved)
        messages.success(request, f"Urvalet ”{saved.name}” är borttaget.")
        return back

    return do_once(request, "drop_filter", perform)  # type: ignore[arg-type]


# ---------- the steering group ----------
@role_page
def disputes(request: RoleRequest) -> HttpResponse:
    """Disputed responsibility (R67): number, agencies, days; of plans' steps how many. No persons: nothing to log."""
    if not sees_disputes(request.hat):
        raise Http404
    found = disputes_of(request.hat)
    days = [days_since(at) for at in found.values_list("disputed_at", flat=True) if at]
    rows = [
        {
            "number": referral.number,
            "sender": referral.sender.agency,
            "receiver": referral.receiver.agency,
            "days": days_since(referral.disputed_at) if referral.disputed_at else 0,
        }
        for referral in found[:MOST_DISPUTES]
    ]
    context = {"rows": rows, "number": len(days), "median": median_low(days) if days else 0}
    context["steps"] = disputed_steps_of(request.hat.cooperation_id)
    return render(request, "referrals/disputes.html", context)
