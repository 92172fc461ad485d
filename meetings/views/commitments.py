"""What parties take on: written in the draft, and done, taken up again or made a referral from the lists."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from meetings.actions import commitments as actions
from meetings.forms.agreements import CommitmentForm
from meetings.models import Commitment, Party
from meetings.queries.agreement_readers import participant_party
from meetings.queries.commitments import (
    access_commitment,
    access_drafted,
    closable,
    commitments_listed,
    people_of,
    referable,
)
from meetings.queries.conversations import Access, access_conversation
from meetings.states import ActionState, PartyKind
from referrals.states import ReferralState
from workspace.doors import AnyHatRequest, MemberRequest, do_once, log_reads, member_page
from workspace.errors import NotAllowed
from workspace.rules import Hat, is_caseworker


# ---------- in the lists ----------
def task_rows(hat: Hat, found: Sequence[Commitment]) -> list[dict[str, Any]]:
    """Tasks with what this hat may do to each."""
    to_close, to_refer, today = closable(hat, found), referable(hat, found), timezone.localdate()
    return [
        {
            "task": one,
            "conversation": one.section.agreement.conversation,
            "party": one.section.party,
            "is_participants": one.section.party.kind == PartyKind.PARTICIPANT,
            "is_open": one.state == ActionState.OPEN,
            "is_late": one.state == ActionState.OPEN and one.due_on < today,
            "may_close": one.pk in to_close,
            "may_refer": one.pk in to_refer and (one.state == ActionState.OPEN or one.referral_id is not None),
        }
        for one in found
    ]


def listed_rows(request: AnyHatRequest, whose: str) -> list[dict[str, Any]]:
    """The tasks of agreements for the list across meetings; logs the read."""
    found = commitments_listed(request.hat, whose)
    log_reads(request, "conversation.tasks", None, people_of(found))
    return task_rows(request.hat, found)


# ---------- in the draft ----------
def posted(request: MemberRequest) -> QueryDict | None:
    """What was sent, also where nothing was ticked."""
    return request.POST if request.method == "POST" else None


def _own_parties(access: Access) -> list[Party]:
    """Whose tasks this member writes: its own agency's, and the participant's where it convenes."""
    own = [access.party] if access.party is not None and access.party.left_at is None else []
    return [*own, participant_party(access.conversation)] if access.convenes and own else own


def _form_page(
    request: MemberRequest, access: Access, form: CommitmentForm, perform: Callable[[], str], **words: Any
) -> HttpResponse:
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return do_once(request, words["name"], perform)
            except NotAllowed as refusal:
                form.add_error(None, refusal.sentence)
                status = 403
    log_reads(request, "conversation", access.conversation.pk, [access.conversation.participant_id])
    context = {"form": form, "conversation": access.conversation, **words}
    return render(request, "meetings/agreement_act.html", context, status=status)


@member_page
def add(request: MemberRequest, pk: int) -> HttpResponse:
    """Write down what one's own agency takes on, or, as the convener, what the participant does."""
    access = access_conversation(request.hat, pk)
    parties = _own_parties(access)
    if not parties or not is_caseworker(request.hat):
        raise Http404
    form = CommitmentForm(posted(request), parties=parties, initial={"party": str(parties[0].pk)})

    def perform() -> str:
        data, party = form.cleaned_data, form.chosen or parties[0]
        actions.add_commitment(
            by=request.hat, conversation=access.conversation, party=party, text=data["text"], due_on=data["due_on"]
        )
        messages.success(request, "Uppgiften är sparad.")
        return reverse("agreement", args=[pk])

    words = {"title": "Ny uppgift", "button": "Spara uppgiften", "name": f"add_commitment {pk}"}
    return _form_page(request, access, form, perform, **words)


@member_page
def change(request: MemberRequest, pk: int) -> HttpResponse:
    """Write a task anew in the draft."""
    access, found = _drafted(request, pk)
    initial = {"text": found.text, "due_on": found.due_on}
    form = CommitmentForm(posted(request), parties=[found.section.party], known=found, initial=initial)

    def perform() -> str:
        data = form.cleaned_data
        actions.change_commitment(by=request.hat, commitment=found, text=data["text"], due_on=data["due_on"])
        messages.success(request, "Uppgiften är ändrad.")
        return reverse("agreement", args=[access.conversation.pk])

    words = {"title": "Ändra uppgiften", "button": "Spara uppgiften", "name": f"change_commitment {pk}"}
    return _form_page(request, access, form, perform, **words)


@require_POST
@member_page
def remove(request: MemberRequest, pk: int) -> HttpResponse:
    """Take a task out of the draft."""
    access, found = _drafted(request, pk)

    def perform() -> str:
        actions.remove_commitment(by=request.hat, commitment=found)
        messages.success(request, "Uppgiften är borttagen.")
        return reverse("agreement", args=[access.conversation.pk])

    return do_once(request, f"remove_commitment {pk}", perform)


def _drafted(request: MemberRequest, pk: int) -> tuple[Access, Commitment]:
    """A task that this hat may write in; the same 404 for anybody else's and for none."""
    found = access_drafted(request.hat, pk)
    access = access_conversation(request.hat, found.section.agreement.conversation_id)
    if found.section.party_id not in {party.pk for party in _own_parties(access)}:
        raise Http404
    return access, found


# ---------- done ----------
def _back(request: MemberRequest, found: Commitment) -> str:
    """To where the form stood: the list («uppgifter»), or the agreement."""
    if request.POST.get("tillbaka") == "uppgifter":
        return reverse("actions")
    return reverse("agreement", args=[found.section.agreement.conversation_id])


@require_POST
@member_page
def close(request: MemberRequest, pk: int) -> HttpResponse:
    """Done, with one click. Undone in the list."""
    found = access_commitment(request.hat, pk)

    def perform() -> str:
        actions.close_commitment(by=request.hat, commitment=found)
        messages.success(request, "Uppgiften är klar.")
        return _back(request, found)

    return do_once(request, f"close_commitment {pk}", perform)


@require_POST
@member_page
def reopen(request: MemberRequest, pk: int) -> HttpResponse:
    """Undo."""
    found = access_commitment(request.hat, pk)

    def perform() -> str:
        actions.reopen_commitment(by=request.hat, commitment=found)
        messages.success(request, "Uppgiften är öppen igen.")
        return _back(request, found)

    return do_once(request, f"reopen_commitment {pk}", perform)


@require_POST
@member_page
def refer(request: MemberRequest, pk: int) -> HttpResponse:
    """A task becomes a referral: a draft with its text as the question. Again: the same draft."""
    found = access_commitment(request.hat, pk)

    def perform() -> str:
        referral = actions.refer_commitment(by=request.hat, commitment=found)
        name = "draft_text" if referral.state == ReferralState.DRAFT and not referral.sent_at else "referral"
        return reverse(name, args=[referral.pk])

    return do_once(request, f"refer_commitment {pk}", perform)
