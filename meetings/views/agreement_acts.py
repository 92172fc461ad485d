"""What is done with an agreement as a whole: sent, answered, corrected, taken back, put on paper."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from meetings.actions.agreement_sending import correct_agreement, send_agreement, withdraw_copies
from meetings.actions.agreements import answer_agreement, file_agreement, make_letter
from meetings.forms.agreements import AnswerForm, CorrectForm, RegisterAnswerForm, SendForm, WithdrawForm
from meetings.queries.agreement_drafts import read_draft
from meetings.queries.agreement_lacks import Lack, lacks_of, needs_words, newest_version
from meetings.queries.agreement_readers import agreeing_parties
from meetings.queries.agreements import (
    VersionShown,
    access_version,
    participants_copy,
    shown_to_participant,
    withdrawable_from,
)
from meetings.queries.conversations import Access, access_conversation
from meetings.queries.letters import postal_address
from meetings.states import AgreementState, ConversationKind
from meetings.views.agreements import is_convener, log_person, place_in
from meetings.views.commitments import posted
from meetings.views.sections import act_page
from workspace.doors import MemberRequest, do_once, download, member_page
from workspace.errors import NotAllowed
from workspace.papers import make_pdf


def convened(request: MemberRequest, pk: int) -> Access:
    """A conversation this hat arranges; 404 for anybody else."""
    access = access_conversation(request.hat, pk)
    if not is_convener(access):
        raise Http404
    return access


@member_page
def send(request: MemberRequest, pk: int) -> HttpResponse:
    """Read through before it is sent: what each will read, and what lacks, each with where it is put right."""
    access = convened(request, pk)
    draft = read_draft(access)
    found = draft.agreement
    if found is None or found.state != AgreementState.DRAFT:
        raise Http404
    is_sip = access.conversation.kind == ConversationKind.SIP
    lacks = lacks_of(found)
    form = SendForm(posted(request), asks_words=needs_words(found), asks_next=not is_sip and found.next_on is None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():

            def perform() -> str:
                data = form.cleaned_data
                send_agreement(
                    by=request.hat,
                    conversation=access.conversation,
                    no_words=data.get("no_words", False),
                    no_next=data.get("no_next", False),
                )
                messages.success(request, "Överenskommelsen är skickad.")
                return reverse("agreement", args=[pk])

            try:
                return do_once(request, f"send_agreement {pk}", perform)
            except NotAllowed as refusal:
                form.add_error(None, refusal.sentence)
                status = 403
    log_person(request, access)
    context = {
        "form": form,
        "conversation": access.conversation,
        "draft": draft,
        "is_sip": is_sip,
        "lacks": [{"lack": lack, "address": _address(lack, pk)} for lack in lacks],
        "asks": needs_words(found) or (not is_sip and found.next_on is None),
        "before": newest_version(found),
        "told": [party.agency for party in agreeing_parties(access.conversation)],
    }
    return render(request, "meetings/agreement_send.html", context, status=status)


def _address(lack: Lack, pk: int) -> str:
    return reverse(lack.page, args=[pk])


# ---------- answers ----------
@member_page
def answer(request: MemberRequest, pk: int, number: int) -> HttpResponse:
    """An agency answers for its own part: it is right, or something should be changed."""
    access = access_conversation(request.hat, pk)
    shown = access_version(access, number)
    if shown.my_answer is None:
        raise Http404
    wanted = {"verdict": "differs"} if request.GET.get("svar") == "andring" else {}
    form = AnswerForm(posted(request), initial=wanted)

    def act() -> None:
        data = form.cleaned_data
        answer_agreement(by=request.hat, copy=shown.copy, verdict=data["verdict"], text=data["text"])

    return act_page(
        request,
        access,
        form,
        act,
        name=f"answer_agreement {number}",
        title="Svara för er del",
        lede="Ni svarar för er egen del. De andra svarar för sin.",
        button="Svara",
        done="Ert svar är sparat.",
    )


@member_page
def register_answer(request: MemberRequest, pk: int, number: int) -> HttpResponse:
    """The convener writes down what the participant answered by letter, by phone or in person."""
    access = convened(request, pk)
    copy = participants_copy(access_version(access, number))
    if copy is None:
        raise Http404
    form = RegisterAnswerForm(posted(request))

    def act() -> None:
        data = form.cleaned_data
        answer_agreement(by=request.hat, copy=copy, verdict=data["verdict"], text=data["text"], way=data["way"])

    return act_page(
        request,
        access,
        form,
        act,
        name=f"register_agreement_answer {number}",
        title="Skriv in deltagarens svar",
        lede="För den som svarar på papper, på telefon eller när ni ses.",
        button="Spara svaret",
        done="Deltagarens svar är sparat.",
    )


# ---------- corrected, taken back ----------
@member_page
def correct(request: MemberRequest, pk: int) -> HttpResponse:
    """Open a sent agreement again, with the reason."""
    access = convened(request, pk)
    form = CorrectForm(posted(request))

    def act() -> None:
        correct_agreement(by=request.hat, conversation=access.conversation, reason=form.cleaned_data["reason"])

    return act_page(
        request,
        access,
        form,
        act,
        name="correct_agreement",
        title="Rätta överenskommelsen",
        lede="Alla får en ny version när du skickar den. Den förra går att läsa tills dess.",
        button="Öppna för rättelse",
        done="Överenskommelsen är öppen för rättelse.",
    )


@member_page
def withdraw(request: MemberRequest, pk: int) -> HttpResponse:
    """Take the agreement back from somebody who should not have had it."""
    access = convened(request, pk)
    parties = withdrawable_from(access.conversation)
    form = WithdrawForm(posted(request), parties=parties)

    def act() -> None:
        withdraw_copies(
            by=request.hat, conversation=access.conversation, parties=form.chosen, reason=form.cleaned_data["reason"]
        )

    return act_page(
        request,
        access,
        form,
        act,
        name="withdraw_agreement",
        title="Återkalla överenskommelsen",
        lede="För den som har fått den av misstag.",
        button="Återkalla",
        done="Överenskommelsen är återkallad.",
        warns="De kan inte längre öppna den, inte heller på en sida som redan är öppen eller som PDF. De får veta att "
        "den är återkallad och varför. Det de redan har läst eller skrivit ut går inte att ta tillbaka här.",
        nobody=not parties,
    )


# ---------- paper ----------
@require_POST
@member_page
def pdf(request: MemberRequest, pk: int, number: int) -> HttpResponse:
    """«För till akt»: a version as the agency may read it now, for its own file. The act comes first."""
    access = place_in(request, pk)
    shown = access_version(access, number)
    file_agreement(by=request.hat, copy=shown.copy)
    log_person(request, access)
    context = paper_context(request, access, shown)
    return _paper("meetings/agreement_paper.html", context, request, f"overenskommelse-{number}")


@require_POST
@member_page
def letter(request: MemberRequest, pk: int, number: int) -> HttpResponse:
    """The whole as a letter to the participant, in plain words. The convener's to make; it is marked when."""
    access = convened(request, pk)
    copy = participants_copy(access_version(access, number))
    if copy is None:
        raise Http404
    make_letter(by=request.hat, copy=copy)
    log_person(request, access)
    context = paper_context(request, access, shown_to_participant(copy))
    context |= {"phone": request.hat.user.phone, "address": postal_address(access.conversation.participant)}
    return _paper("meetings/agreement_letter.html", context, request, f"brev-{number}")


def paper_context(request: MemberRequest, access: Access, shown: VersionShown) -> dict[str, Any]:
    return {
        "version": shown,
        "conversation": access.conversation,
        "person": access.conversation.participant if shown.is_open else None,
        "agency": request.hat.agency,
        "by": str(request.user),
        "made_at": timezone.now(),
        "is_sip": access.conversation.kind == ConversationKind.SIP,
    }


def _paper(template: str, context: dict[str, Any], request: MemberRequest, name: str) -> HttpResponse:
    made = make_pdf(render_to_string(template, context))
    if made is None:
        return render(request, template, {**context, "no_pdf": True})
    return download(made, "application/pdf", f"{name}.pdf")
