"""Lists of referrals: the member's, the manager's, the coordinator's."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from referrals.filters import BoardFilter, ReferralFilter
from referrals.models import Referral
from referrals.queries import (
    access_work_list_item,
    board_counted_only,
    board_of,
    referrals_visible_to,
    turn_shown,
    work_list_of,
)
from referrals.rules import class_is_shown, side_of
from referrals.states import Outcome, ReferralState, Side
from workspace import actions
from workspace.clocks import days_since
from workspace.doors import MemberRequest, RoleRequest, do_once, log_reads, member_page, role_page
from workspace.forms import ReasonForm
from workspace.models import Membership
from workspace.rules import is_coordinator, is_manager
from workspace.swedish import say_count

PAGE = 30


def row_of(referral: Referral, member: Membership) -> dict[str, Any]:
    """One line of a list, as the member's side may see it; the words reveal nothing of an unopened person."""
    state = ReferralState(referral.shown_state)  # type: ignore[attr-defined]
    outcome = referral.shown_outcome  # type: ignore[attr-defined]
    turn = turn_shown(referral, state)
    ours = side_of(member, referral) == Side.SENDER
    return {
        "referral": referral,
        "ours": ours,
        "them": referral.receiver if ours else referral.sender,
        "state": state,
        "label": Outcome(outcome).label if outcome else state.label,
        "turn": turn,
        "our_turn": turn is not None and turn.agency_id == member.agency_id,
        "person": referral.participant if ours else None,
        "kind": referral.kind if ours else None,
        "days": days_since(referral.sent_at) if referral.sent_at and turn else None,
    }


@member_page
def referrals(request: MemberRequest, fragment: bool = False) -> HttpResponse:
    """The member's referrals, newest first. Names are shown for one's own participants only."""
    found = referrals_visible_to(request.hat).order_by("-shown_at", "-pk")
    chosen = ReferralFilter(request.GET, queryset=found, agency=request.hat.agency)
    page = Paginator(chosen.qs, PAGE).get_page(request.GET.get("page"))
    rows = [row_of(referral, request.hat) for referral in page]
    log_reads(request, "referrals", None, [row["person"].pk for row in rows if row["person"]])
    query = request.GET.copy()
    query.pop("page", None)
    context = {"rows": rows, "page": page, "filter": chosen, "query": f"{query.urlencode()}&" if query else ""}
    return render(request, "referrals/_list.html" if fragment else "referrals/list.html", context)


@member_page
def work_list(request: MemberRequest, fragment: bool = False) -> HttpResponse:
    """What waits at a manager's agency: number, clock and holder. No person, so nothing to log."""
    if not is_manager(request.hat):
        raise Http404
    page = Paginator(work_list_of(request.hat), PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "agency": request.hat.agency}
    return render(request, "referrals/_work_list.html" if fragment else "referrals/work_list.html", context)


@member_page
def open_with_reason(request: MemberRequest, pk: int) -> HttpResponse:
    """A manager says why, and may open the referral for an hour."""
    referral = access_work_list_item(request.hat, pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():

        def perform() -> str:
            actions.state_reason(by=request.hat, participant=referral.participant, reason=form.cleaned_data["reason"])
            return reverse("referral", args=[pk])

        return do_once(request, f"state_reason {pk}", perform)
    return render(request, "referrals/open_with_reason.html", {"form": form, "referral": referral})


def board_row(referral: Referral) -> dict[str, Any]:
    """One line of the board: number, desks, class, step, turn, days. Nothing else reaches the template."""
    state = ReferralState(referral.shown_state)  # type: ignore[attr-defined]
    return {
        "pk": referral.pk,
        "number": referral.number,
        "sender": referral.sender.agency,
        "receiver": referral.receiver.agency,
        "class": referral.kind.get_referral_class_display() if class_is_shown(referral) else "",
        "label": state.label,
        "turn": turn_shown(referral, state),
        "days": days_since(referral.sent_at) if referral.sent_at else 0,
        "state": state,
    }


TABS = (
    ("alla", "Öppna", lambda row: True),
    ("inte-mottagna", "Inte mottagna", lambda row: row["state"] == ReferralState.SENT),
    ("30", "Väntat över 30 dagar", lambda row: row["days"] > 30),
    ("90", "Väntat över 90 dagar", lambda row: row["days"] > 90),
)


def board_context(request: RoleRequest) -> dict[str, Any]:
    role = request.hat
    if not is_coordinator(role):
        raise Http404
    chosen = BoardFilter(request.GET, queryset=board_of(role), cooperation=role.cooperation)
    rows = [board_row(referral) for referral in chosen.qs]
    query = request.GET.copy()
    tab = query.pop("urval", ["alla"])[-1]
    query.pop("page", None)
    current = next((t for t in TABS if t[0] == tab), TABS[0])
    page = Paginator([row for row in rows if current[2](row)], PAGE).get_page(request.GET.get("page"))
    waits: dict[str, int] = {}
    for row in rows:
        if row["turn"]:
            waits[row["turn"].agency.name] = waits.get(row["turn"].agency.name, 0) + 1
    counted = board_counted_only(role)
    rest = f"urval={current[0]}&{query.urlencode()}".rstrip("&")
    return {
        "tabs": [(t[0], t[1], sum(1 for row in rows if t[2](row)), t[0] == current[0]) for t in TABS],
        "tab": current,
        "filter": chosen,
        "page": page,
        "most": max(waits, key=lambda name: waits[name]) if waits else "",
        "open": say_count(len(rows), "remiss är öppen", "remisser är öppna").capitalize(),
        "counted": counted,
        "query": f"{rest}&",
        "filters": query.urlencode(),
        "topic": f"board:{role.cooperation_id}",
        "address": request.get_full_path().partition("?")[2],
    }


@role_page
def board(request: RoleRequest, fragment: bool = False) -> HttpResponse:
    """The coordinator's board, as house.md 3 lets it be seen. No person, so nothing to log."""
    return render(request, "referrals/_board.html" if fragment else "referrals/board.html", board_context(request))
