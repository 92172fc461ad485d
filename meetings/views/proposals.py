"""What members want to talk about: the backlog of a group."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from meetings.actions import proposals as actions
from meetings.forms.agenda import MergeForm, ProposalForm, ReturnProposalForm
from meetings.models import Meeting, Proposal
from meetings.queries import access_group, access_meeting
from meetings.queries.proposals import (
    access_proposal,
    answered_to,
    can_propose,
    group_to_propose_in,
    meetings_ahead,
    proposals_visible_to,
    proposals_waiting,
    still_there,
    waiting_in,
)
from meetings.rules import is_arranger
from meetings.states import AHEAD, ProposalState, Purpose
from notifications.actions import mark_read
from notifications.queries import notifications_about
from workspace.doors import AnyHatRequest, do_once, hat_page
from workspace.models import Membership
from workspace.rules import Hat


# ---------- what is shown ----------
def row_of(one: Proposal, hat: Hat, there: set[str]) -> dict[str, Any]:
    """A proposal, what was merged into it, and whether those who proposed are still in the group."""
    return {
        "proposal": one,
        "own": one.hat_key == hat.hat_key,
        "left": one.hat_key not in there,
        "merged": [{"proposal": other, "left": other.hat_key not in there} for other in one.merged.all()],
    }


def proposals_context(request: AnyHatRequest, meeting: Meeting) -> dict[str, Any]:
    """What waits, beside the agenda: to those who arrange all of it, to others their own and how many there are."""
    own = group_to_propose_in(request.hat, meeting)
    if meeting.state not in AHEAD or (isinstance(request.hat, Membership) and own is None):
        return {}
    groups = meeting.group_ids
    found = proposals_visible_to(request.hat).filter(group__in=groups, state=ProposalState.WAITING)
    waiting = list(found)
    there = still_there(groups, waiting)
    return {
        "rows": [
            row_of(one, request.hat, there) | {"form": ReturnProposalForm(auto_id=f"f{one.pk}_%s")} for one in waiting
        ],
        "waiting": proposals_waiting(groups),
        "arranges": is_arranger(request.hat, meeting.group),
        "group": own or meeting.group_id,
    }


@hat_page
def proposals_fragment(request: AnyHatRequest, pk: int) -> HttpResponse:
    """The proposals beside the agenda, as they are now."""
    meeting = access_meeting(request.hat, pk)
    context = {"meeting": meeting, "proposals": proposals_context(request, meeting)}
    return render(request, "meetings/_proposals.html", context)


@hat_page
def proposals(request: AnyHatRequest, pk: int) -> HttpResponse:
    """A group's backlog: all that waits to those who arrange, and to everybody their own with its answer."""
    access_group(request.hat, pk)
    if isinstance(request.hat, Membership):
        mark_read(by=request.hat, notifications=notifications_about(request.hat, "proposal.", pk))
    return _backlog(request, pk)


def _backlog(request: AnyHatRequest, pk: int, at: int = 0, bound: ReturnProposalForm | None = None) -> HttpResponse:
    """The backlog's page. `bound` is what was sent about the proposal `at` and has to be put right."""
    group = access_group(request.hat, pk)
    waiting = list(proposals_visible_to(request.hat).filter(group=group, state=ProposalState.WAITING))
    answered = answered_to(request.hat, group)
    there = still_there([pk], [*waiting, *answered])
    rows = [row_of(one, request.hat, there) for one in waiting]
    for row in rows:
        pk_of = row["proposal"].pk
        row["form"] = bound if bound and pk_of == at else ReturnProposalForm(auto_id=f"f{pk_of}_%s")
    context: dict[str, Any] = {
        "group": group,
        "rows": rows,
        "answered": [row_of(one, request.hat, there) for one in answered],
        "arranges": is_arranger(request.hat, group),
        "may_propose": can_propose(request.hat, group),
        "waiting": proposals_waiting([pk]),
        "next": meetings_ahead(request.hat, group).first(),
        "form": bound,
    }
    return render(request, "meetings/proposals.html", context, status=422 if bound else 200)


# ---------- members ----------
@hat_page
def new_proposal(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Propose something. It waits in the backlog, also while no meeting is ahead."""
    group = access_group(request.hat, pk)
    if not can_propose(request.hat, group):
        raise Http404
    form = ProposalForm(request.POST or None)
    ahead = meetings_ahead(request.hat, group).first()
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data

        def perform() -> str:
            data["purpose"] = Purpose(data["purpose"])
            actions.propose_item(by=request.hat, group=group, **data)
            messages.success(request, "Förslaget väntar på den som ordnar mötet.")
            return reverse("proposals", args=[pk])

        return do_once(request, f"propose_item {pk}", perform)
    context = {"group": group, "form": form, "next": ahead}
    return render(request, "meetings/proposal_form.html", context, status=422 if form.errors else 200)


@require_POST
@hat_page
def take_back_proposal(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Take back one's own proposal."""
    proposal = access_proposal(request.hat, pk)

    def perform() -> str:
        actions.take_back_proposal(by=request.hat, proposal=proposal)
        messages.success(request, "Förslaget är borttaget.")
        return _back(request, proposal)

    return do_once(request, f"take_back_proposal {pk}", perform)


def _back(request: AnyHatRequest, proposal: Proposal) -> str:
    """To the page the form stood on: a meeting's, or the group's backlog."""
    meeting = request.POST.get("meeting", "")
    if meeting.isdecimal() and len(meeting) < 10:
        return f"{reverse('meeting', args=[int(meeting)])}#forslag"
    return reverse("proposals", args=[proposal.group_id])


# ---------- arrangers ----------
@require_POST
@hat_page
def accept_proposal(request: AnyHatRequest, pk: int, proposal_pk: int) -> HttpResponse:
    """Take up a proposal in this meeting."""
    meeting = access_meeting(request.hat, pk)
    proposal = access_proposal(request.hat, proposal_pk)

    def perform() -> str:
        item = actions.accept_proposal(by=request.hat, proposal=proposal, meeting=meeting)
        messages.success(request, "Förslaget står på dagordningen.")
        return f"{reverse('meeting', args=[pk])}#punkt-{item.pk}"

    return do_once(request, f"accept_proposal {proposal_pk}", perform)


@require_POST
@hat_page
def return_proposal(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Hand a proposal back, with the reason."""
    proposal = access_proposal(request.hat, pk)
    form = ReturnProposalForm(request.POST, auto_id=f"f{pk}_%s")
    if not form.is_valid():
        if not is_arranger(request.hat, proposal.group):
            raise Http404
        return _backlog(request, proposal.group_id, pk, form)

    def perform() -> str:
        actions.return_proposal(by=request.hat, proposal=proposal, reason=form.cleaned_data["reason"])
        messages.success(request, "Förslaget är tillbaka hos den som föreslog.")
        return _back(request, proposal)

    return do_once(request, f"return_proposal {pk}", perform)


@require_POST
@hat_page
def move_proposal(request: AnyHatRequest, pk: int) -> HttpResponse:
    """One step up or down, back to the same button: a browser gives focus to what the address names."""
    proposal = access_proposal(request.hat, pk)
    up = request.POST.get("vart") == "upp"

    def perform() -> str:
        actions.move_proposal(by=request.hat, proposal=proposal, up=up)
        return f"{reverse('proposals', args=[proposal.group_id])}#{'upp' if up else 'ner'}-{pk}"

    return do_once(request, f"move_proposal {pk}", perform)


@hat_page
def merge_proposal(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Let a proposal go into another that waits in the same group: the page where the other is chosen."""
    proposal = access_proposal(request.hat, pk)
    if not is_arranger(request.hat, proposal.group):
        raise Http404
    found = waiting_in(proposal.group).exclude(pk=pk).select_related("member__user", "member__agency", "role__user")
    form = MergeForm(request.POST or None, others=found)
    if request.method == "POST" and form.is_valid():
        into = form.kept

        def perform() -> str:
            actions.merge_proposal(by=request.hat, proposal=proposal, into=into)
            messages.success(request, "Förslagen är ihopslagna. De som föreslog ser det.")
            return f"{reverse('proposals', args=[proposal.group_id])}#forslag-{into.pk}"

        return do_once(request, f"merge_proposal {pk}", perform)
    context = {"proposal": proposal, "group": proposal.group, "form": form}
    return render(request, "meetings/proposal_merge.html", context, status=422 if form.errors else 200)
