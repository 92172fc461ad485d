"""What the participant answers about conversations: comes or not, which times suit; and asks for one."""

from django.http import HttpResponse
from django.shortcuts import redirect

from meetings.actions.invitations import answer_invitation
from meetings.actions.requests import request_conversation
from meetings.actions.times import answer_times
from meetings.queries.own_side import access_own_conversation, access_own_invitation
from meetings.queries.times import open_options
from meetings.states import Answer
from workspace.doors import VisitRequest
from workspace.front.forms import CommentForm, WishForm
from workspace.front.views.own_frame import do_there, home, own_view, show
from workspace.front.views.own_page import own_again, refused_there

NO_TIMES = "Tiderna går inte att svara på nu."
SAID_OF = {Answer.COMING: "kommer", Answer.OTHER_TIME: "annan", Answer.NOT_COMING: "kan-inte"}


@own_view
def answer(request: VisitRequest, pk: int) -> HttpResponse:
    """«Jag kommer», «Annan tid», «Jag kan inte», with a word about it if wished. The newest answer counts."""
    invitation = access_own_invitation(request.participant, pk)
    form, said = CommentForm(request.POST), request.POST.get("answer", "")
    if request.method != "POST":
        return redirect("own")
    if said not in SAID_OF:
        return own_again(request, refused="Välj ett av svaren.", status=422)
    if not form.is_valid():
        return own_again(request, comment_form=form, commented=pk, status=422)
    return do_there(
        request,
        f"own_answer {pk}",
        lambda: answer_invitation(
            by=request.browser, invitation=invitation, answer=said, comment=form.cleaned_data["text"]
        ),
        home(SAID_OF[Answer(said)], "samtal", invitation.conversation_id),
        lambda refusal: refused_there(request, refusal, "Det gick inte att svara. Så här ser det ut nu."),
    )


@own_view
def times(request: VisitRequest, pk: int) -> HttpResponse:
    """Which of the proposed times suit. A time that nothing is said of stays as it was."""
    conversation = access_own_conversation(request.participant, pk)
    if request.method != "POST":
        return redirect("own")
    said = {option.pk: request.POST.get(f"tid-{option.pk}") for option in open_options(conversation)}
    works = {option: value == "ja" for option, value in said.items() if value in {"ja", "nej"}}
    if not works:
        says = "Säg om tiderna passar." if said else NO_TIMES
        return own_again(request, refused=says, status=422)
    return do_there(
        request,
        f"own_times {pk}",
        lambda: answer_times(by=request.browser, conversation=conversation, works=works),
        home("tider", "samtal", pk),
        lambda refusal: refused_there(request, refusal, NO_TIMES),
    )


@own_view
def wish(request: VisitRequest) -> HttpResponse:
    """Ask for a conversation. Says who reads it; the answer comes on the page."""
    form = WishForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        return do_there(
            request,
            "own_wish",
            lambda: request_conversation(
                by=request.browser, participant=request.participant, reason=form.cleaned_data["text"]
            ),
            home("samtal", "be-om"),
            lambda refusal: refused_there(request, refusal, "Du har redan skrivit. Du får svar här."),
        )
    return show(request, "own_wish", form=form, status=422 if form.errors else 200)
