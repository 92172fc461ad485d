"""Wishes for a conversation: asked for by a party of an earlier one, and answered by the participant's own desk."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from meetings.actions.requests import answer_request, request_conversation
from meetings.forms.conversations import AnswerForm, AskForm
from meetings.models import ConversationRequest
from meetings.queries.conversations import access_conversation
from meetings.queries.talks import access_request
from meetings.states import RequestState
from meetings.views.conversations import talk_act
from notifications.actions import mark_read
from notifications.queries import notifications_about
from workspace.doors import MemberRequest, do_once, log_reads, member_page
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.rules import is_caseworker


@member_page
def ask(request: MemberRequest, pk: int) -> HttpResponse:
    """Ask for a new conversation from an earlier one. 404 for its convener, who can plan one."""
    access = access_conversation(request.hat, pk)
    if access.convenes or access.party is None or not is_caseworker(request.hat):
        raise Http404
    form = AskForm(request.POST or None)

    def act() -> None:
        found = access.conversation
        request_conversation(
            by=request.hat, participant=found.participant, reason=form.cleaned_data["reason"], earlier=found
        )

    return talk_act(
        request,
        access,
        form,
        act,
        name="ask_conversation",
        title="Önska ett samtal",
        button="Skicka önskan",
        done="Önskan är skickad. Ni får svar här.",
        others=[access.conversation.agency],
    )


@member_page
def answer(request: MemberRequest, pk: int) -> HttpResponse:
    """Answer a wish. Yes leads to the form of a new conversation. Answered: what was said."""
    wish = access_request(request.hat, pk)
    if wish is None:
        raise Http404
    mark_read(by=request.hat, notifications=notifications_about(request.hat, "request.", pk))
    form, status = AnswerForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        asked = wish
        try:
            return do_once(request, f"answer_request {pk}", lambda: _answered(request, asked, form))
        except (NotAllowed, SomebodyWasFaster) as refusal:
            form.add_error(None, refusal.sentence)
            status = refusal.status
            wish = access_request(request.hat, pk) or wish
    log_reads(request, "request", pk, [wish.participant_id])
    context = {"form": form, "wish": wish, "waits": wish.state == RequestState.WAITING, "person": wish.participant}
    return render(request, "meetings/talk_request.html", context, status=status)


def _answered(request: MemberRequest, wish: ConversationRequest, form: AnswerForm) -> str:
    data = form.cleaned_data
    answer_request(by=request.hat, request=wish, accepted=data["accepted"], answer=data["answer"])
    if data["accepted"]:
        messages.success(request, "Svaret är skickat. Planera samtalet här.")
        return f"{reverse('new_conversation', args=[wish.participant_id])}?onskan={wish.pk}"
    messages.success(request, "Svaret är skickat.")
    return reverse("answer_request", args=[wish.pk])
