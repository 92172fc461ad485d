"""What the participant does with their plan and the assessment: their own words, and their answer to the plan."""

from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from workspace.doors import VisitRequest
from workspace.errors import Refusal
from workspace.front.actions.way_plan import answer_plan
from workspace.front.queries.own_plan import (
    access_own_area,
    access_own_version,
    access_own_way,
    own_areas,
    own_plan,
)
from workspace.front.views.own_frame import SAID, do_there, home, own_view, show
from workspace.front.views.own_page import refused_there
from workspace.pathway.actions.assessments import write_area
from workspace.pathway.actions.plans import write_own_words
from workspace.pathway.forms.plans import OwnAreaForm, OwnDiffersForm, OwnPlanWordsForm
from workspace.pathway.states import PlanVerdict, Voice

NO_ANSWER = "Det går inte att svara nu. Läs planen igen."
NOT_NOW = "Det gick inte. Så här ser det ut nu."
MOVED = "Texten har ändrats. Läs den nya först."
SAVED = "Dina ord är sparade."


# ---------- the plan ----------
@own_view
def words(request: VisitRequest) -> HttpResponse:
    """What one wants and is good at, first in the plan."""
    way, now = access_own_way(request.participant), own_plan(request.participant)
    if now is None:
        raise Http404
    initial: dict[str, Any] = {"version": now.version}
    if now.plan is not None:
        initial |= {"own_words": now.plan.own_words, "strengths": now.plan.strengths}
    form = OwnPlanWordsForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method != "POST" or not form.is_valid():
        return show(request, "own_plan_words", form=form, status=422 if form.errors else 200)

    def refused(refusal: Refusal) -> HttpResponse:
        """What was typed stays, above it what somebody else wrote meanwhile; the next try is on top of that."""
        fresh = own_plan(request.participant)
        if fresh is None or fresh.plan is None or fresh.version == form.cleaned_data["version"]:
            return refused_there(request, refusal, NOT_NOW)
        again = OwnPlanWordsForm(initial=form.cleaned_data | {"version": fresh.version})
        theirs = [text for text in (fresh.plan.own_words, fresh.plan.strengths) if text]
        return show(request, "own_plan_words", form=again, refused=MOVED, theirs=theirs, status=refusal.status)

    return do_there(
        request,
        "own_plan_words",
        lambda: write_own_words(by=request.browser, enrolment=way, **form.cleaned_data),
        home("plan-ord", "plan"),
        refused,
    )


@own_view
def agree(request: VisitRequest, pk: int) -> HttpResponse:
    """«Planen stämmer»."""
    version = access_own_version(request.participant, pk)
    if request.method != "POST":
        return redirect("own")
    return do_there(
        request,
        f"own_plan_agree {pk}",
        lambda: answer_plan(by=request.browser, version=version, verdict=PlanVerdict.CONFIRMED),
        home("plan-stammer", "plan"),
        lambda refusal: refused_there(request, refusal, NO_ANSWER),
    )


@own_view
def differ(request: VisitRequest, pk: int) -> HttpResponse:
    """«Jag ser det annorlunda», and how."""
    version = access_own_version(request.participant, pk)
    form = OwnDiffersForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return show(request, "own_plan_differs", form=form, status=422 if form.errors else 200)
    return do_there(
        request,
        f"own_plan_differ {pk}",
        lambda: answer_plan(
            by=request.browser, version=version, verdict=PlanVerdict.DIFFERS, text=form.cleaned_data["text"]
        ),
        home("plan-annorlunda", "plan"),
        lambda refusal: show(request, "own_plan_differs", form=form, refused=NO_ANSWER, status=refusal.status),
    )


# ---------- «Om mig» ----------
@own_view
def areas(request: VisitRequest) -> HttpResponse:
    """Nine areas with what one has said oneself. What staff write is not here (R35)."""
    way = access_own_way(request.participant)
    said = SAVED if request.GET.get(SAID) == "om-mig" else ""
    return show(request, "own_assessment", areas=own_areas(way), said=said)


@own_view
def area(request: VisitRequest, area: str) -> HttpResponse:
    """Write in one of them."""
    way = access_own_way(request.participant)
    now = access_own_area(way, area)

    def fields(**initial: object) -> OwnAreaForm:
        return OwnAreaForm(initial=initial, label="Så här är det för mig")

    form: forms.Form = fields(text=now.text, version=now.number)
    if request.method == "POST":
        form = OwnAreaForm(request.POST, label="Så här är det för mig")
    if request.method != "POST" or not form.is_valid():
        return show(request, "own_assessment_area", form=form, area=now, status=422 if form.errors else 200)
    text, version = form.cleaned_data["text"], form.cleaned_data["version"]

    def refused(refusal: Refusal) -> HttpResponse:
        """As in `words`."""
        fresh = access_own_area(way, area)
        if fresh.number == version:
            return refused_there(request, refusal, NOT_NOW)
        again = fields(text=text, version=fresh.number)
        return show(
            request,
            "own_assessment_area",
            form=again,
            area=fresh,
            refused=MOVED,
            theirs=fresh.text,
            status=refusal.status,
        )

    return do_there(
        request,
        f"own_area {area}",
        lambda: write_area(
            by=request.browser, enrolment=way, area=now.area, voice=Voice.PARTICIPANT, text=text, version=version
        ),
        f"{reverse('own_areas')}?{SAID}=om-mig#{area}",
        refused,
    )
