"""Lists of referrals: the member's and the manager's."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from notifications.actions import mark_read
from notifications.queries import dead_messages_at, mail_troubles_at, notifications_about
from referrals.filters import ReferralFilter
from referrals.models import Referral
from referrals.queries import access_work_list_item, referrals_visible_to, turn_shown, work_list_of
from referrals.rules import side_of
from referrals.states import Outcome, ReferralState, Side
from workspace import actions
from workspace.clocks import days_since
from workspace.doors import MemberRequest, do_once, log_reads, member_page
from workspace.forms import ReasonForm
from workspace.models import Membership
from workspace.rules import is_manager

PAGE = 30


def row_of(referral: Referral, member: Membership) -> dict[str, Any]:
    """One line of a list, as the member's side may see it; the words reveal nothing of an unopened person."""
    state = ReferralState(referral.shown_state)  # type: ignore[attr-defined]
    outcome = referral.shown_outcome  # type: ignore[attr-defined]
    side = side_of(member, referral)
    turn = turn_shown(referral, state, side)
    ours = side == Side.SENDER
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
        "due_on": referral.shown_due_on if turn else None,  # type: ignore[attr-defined]
        "disputed": ours and referral.disputed_at is not None,
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
    if not fragment:
        context["troubles"] = mail_troubles_at(request.hat)
        context["dead_messages"] = dead_messages_at(request.hat)
    return render(request, "referrals/_work_list.html" if fragment else "referrals/work_list.html", context)


@member_page
def open_with_reason(request: MemberRequest, pk: int) -> HttpResponse:
    """A manager says why, and may open the referral for an hour."""
    referral = access_work_list_item(request.hat, pk)
    mark_read(by=request.hat, notifications=notifications_about(request.hat, "referral.overdue_manager", pk))
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():

        def perform() -> str:
            actions.state_reason(by=request.hat, participant=referral.participant, reason=form.cleaned_data["reason"])
            return reverse("referral", args=[pk])

        return do_once(request, f"state_reason {pk}", perform)
    return render(request, "referrals/open_with_reason.html", {"form": form, "referral": referral})
