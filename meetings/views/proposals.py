"""What members want to talk about: the backlog of a group."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from meetings.actions import proposals as actions
from meetings.forms.agenda import ProposalForm, ReturnProposalForm
from meetings.models import Proposal
from meetings.queries import access_group, access_meeting
from meetings.queries.agenda import access_proposal, meetings_ahead, proposals_visible_to, proposals_waiting
from meetings.rules import is_arranger
from meetings.states import ProposalState, Purpose
from workspace.doors import AnyHatRequest, MemberRequest, do_once, hat_page, member_page


@hat_page
def proposals(request: AnyHatRequest, pk: int) -> HttpResponse:
    """A group's backlog: all that waits to those who arrange, and to everybody their own with its answer."""
    return _backlog(request, pk)


def _backlog(request: AnyHatRequest, pk: int, bound: dict[int, ReturnProposalForm] | None = None) -> HttpResponse:
    group = access_group(request.hat, pk)
    arranges, bound = is_arranger(request.hat, group), bound or {}
    visible = proposals_visible_to(request.hat).filter(group=group)
    found: list[Proposal] = [
        one for one in visible if one.state == ProposalState.WAITING or one.hat_key == request.hat.hat_key
    ]
    rows = [
        {
            "proposal": one,
            "own": one.hat_key == request.hat.hat_key,
            "waits": one.state == ProposalState.WAITING,
            "form": bound.get(one.pk) or ReturnProposalForm(auto_id=f"f{one.pk}_%s"),
        }
        for one in found
    ]
    context: dict[str, Any] = {
        "group": group,
        "rows": rows,
        "arranges": arranges,
        "waiting": proposals_waiting([group.pk]),
        "next": meetings_ahead(request.hat, group).first(),
        "form": next(iter(bound.values()), None),
    }
    return render(request, "meetings/proposals.html", context, status=422 if bound else 200)


@member_page
def new_proposal(request: MemberRequest, pk: int) -> HttpResponse:
    """Propose something. It waits in the backlog, also while no meeting is ahead."""
    group = access_group(request.hat, pk)
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


def _back(request: AnyHatRequest, proposal: Proposal) -> str:
    """To the page the form stood on: a meeting's, or the group's backlog."""
    meeting = request.POST.get("meeting", "")
    if meeting.isdecimal() and len(meeting) < 10:
        return f"{reverse('meeting', args=[int(meeting)])}#forslag"
    return reverse("proposals", args=[proposal.group_id])


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
        return _backlog(request, proposal.group_id, {pk: form})

    def perform() -> str:
        actions.return_proposal(by=request.hat, proposal=proposal, reason=form.cleaned_data["reason"])
        messages.success(request, "Förslaget är tillbaka hos den som föreslog.")
        return _back(request, proposal)

    return do_once(request, f"return_proposal {pk}", perform)


@require_POST
@member_page
def take_back_proposal(request: MemberRequest, pk: int) -> HttpResponse:
    """Take back one's own proposal."""
    proposal = access_proposal(request.hat, pk)

    def perform() -> str:
        actions.take_back_proposal(by=request.hat, proposal=proposal)
        messages.success(request, "Förslaget är borttaget.")
        return _back(request, proposal)  # type: ignore[arg-type]

    return do_once(request, f"take_back_proposal {pk}", perform)
