"""What the participant does with an agreement: their own words, their answer to it, their tasks."""

from django.http import HttpResponse
from django.shortcuts import redirect

from meetings.actions.agreements import answer_agreement, close_commitment, reopen_commitment, write_own_words
from meetings.states import AgreementVerdict
from workspace.doors import VisitRequest
from workspace.errors import Refusal
from workspace.front.forms import DiffersForm, OwnWordsForm
from workspace.front.queries.own_agreement import access_own_copy, access_own_task, access_words
from workspace.front.views.own_frame import do_there, home, own_view, show
from workspace.front.views.own_page import refused_there

NO_ANSWER = "Det går inte att svara nu. Läs texten igen."
NOT_NOW = "Det gick inte. Så här ser det ut nu."


@own_view
def words(request: VisitRequest, pk: int) -> HttpResponse:
    """The situation in one's own words, for the agreement that is being written."""
    now = access_words(request.participant, pk)
    initial = {"text": now.text, "version": now.version}
    form = OwnWordsForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method != "POST" or not form.is_valid():
        return show(request, "own_words", form=form, words=now, status=422 if form.errors else 200)

    def refused(refusal: Refusal) -> HttpResponse:
        """What was typed stays, above it what somebody else wrote meanwhile; the next try is on top of that."""
        fresh = access_words(request.participant, pk)
        if fresh.version == form.cleaned_data["version"]:
            return refused_there(request, refusal, NOT_NOW)
        again = OwnWordsForm(initial={"text": form.cleaned_data["text"], "version": fresh.version})
        says = "Texten har ändrats. Läs den nya först."
        return show(
            request, "own_words", form=again, words=fresh, refused=says, theirs=fresh.text, status=refusal.status
        )

    return do_there(
        request,
        f"own_words {pk}",
        lambda: write_own_words(by=request.browser, conversation=now.conversation, **form.cleaned_data),
        home("ord", "ord"),
        refused,
    )


@own_view
def agree(request: VisitRequest, pk: int) -> HttpResponse:
    """«Det stämmer»."""
    copy = access_own_copy(request.participant, pk)
    if request.method != "POST":
        return redirect("own")
    return do_there(
        request,
        f"own_agree {pk}",
        lambda: answer_agreement(by=request.browser, copy=copy, verdict=AgreementVerdict.CONFIRMED),
        home("stammer", "bestamt", pk),
        lambda refusal: refused_there(request, refusal, NO_ANSWER),
    )


@own_view
def differ(request: VisitRequest, pk: int) -> HttpResponse:
    """«Jag ser det annorlunda», and how."""
    copy = access_own_copy(request.participant, pk)
    form = DiffersForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return show(request, "own_differs", form=form, copy=copy, status=422 if form.errors else 200)
    return do_there(
        request,
        f"own_differ {pk}",
        lambda: answer_agreement(
            by=request.browser, copy=copy, verdict=AgreementVerdict.DIFFERS, text=form.cleaned_data["text"]
        ),
        home("annorlunda", "bestamt", pk),
        lambda refusal: show(request, "own_differs", form=form, copy=copy, refused=NO_ANSWER, status=refusal.status),
    )


@own_view
def task_done(request: VisitRequest, pk: int) -> HttpResponse:
    """«Klar»."""
    task = access_own_task(request.participant, pk)
    if request.method != "POST":
        return redirect("own")
    return do_there(
        request,
        f"own_task_done {pk}",
        lambda: close_commitment(by=request.browser, commitment=task),
        home("klar", "uppgifter"),
        lambda refusal: refused_there(request, refusal, NOT_NOW),
    )


@own_view
def task_undo(request: VisitRequest, pk: int) -> HttpResponse:
    """«Ångra»."""
    task = access_own_task(request.participant, pk)
    if request.method != "POST":
        return redirect("own")
    return do_there(
        request,
        f"own_task_undo {pk}",
        lambda: reopen_commitment(by=request.browser, commitment=task),
        home("inte-klar", "uppgifter"),
        lambda refusal: refused_there(request, refusal, NOT_NOW),
    )
