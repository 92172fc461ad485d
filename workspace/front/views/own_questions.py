"""The participant's own questions: written, shown, taken away."""

from django.http import HttpResponse
from django.shortcuts import redirect

from meetings.actions.own_questions import ask_question, remove_question, show_question
from meetings.queries.own_side import access_own_conversation, access_own_question
from workspace.doors import VisitRequest
from workspace.front.forms import QuestionForm
from workspace.front.views.own_frame import do_there, home, own_view
from workspace.front.views.own_page import own_again, refused_there


@own_view
def ask(request: VisitRequest) -> HttpResponse:
    """Write down a question."""
    if request.method != "POST":
        return redirect("own")
    form = QuestionForm(request.POST, auto_id="fraga_%s")
    if not form.is_valid():
        return own_again(request, question_form=form, status=422)
    return do_there(
        request,
        "own_ask",
        lambda: ask_question(by=request.browser, text=form.cleaned_data["text"]),
        home("fraga", "fragor"),
        lambda refusal: own_again(request, question_form=form, refused=refusal.sentence, status=refusal.status),
    )


@own_view
def show_all(request: VisitRequest, pk: int) -> HttpResponse:
    """«Visa för alla»: everybody who comes to the conversation that the button names."""
    question = access_own_question(request.participant, pk)
    named = request.POST.get("samtal", "")
    if request.method != "POST":
        return redirect("own")
    conversation = access_own_conversation(
        request.participant, int(named) if named.isdecimal() and len(named) < 10 else 0
    )
    return do_there(
        request,
        f"own_show {pk}",
        lambda: show_question(by=request.browser, question=question, conversation=conversation),
        home("visad", "fragor"),
        lambda refusal: refused_there(request, refusal, refusal.sentence),
    )


@own_view
def remove(request: VisitRequest, pk: int) -> HttpResponse:
    """«Ta bort»."""
    question = access_own_question(request.participant, pk)
    if request.method != "POST":
        return redirect("own")
    return do_there(
        request,
        f"own_remove {pk}",
        lambda: remove_question(by=request.browser, question=question),
        home("borta", "fragor"),
        lambda refusal: refused_there(request, refusal, refusal.sentence),
    )
