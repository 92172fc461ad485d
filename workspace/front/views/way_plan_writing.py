"""Writing in the assessment and the plan: each a page with one form, begun from a text that somebody may have moved."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse

from workspace.doors import MemberRequest, do_once, log_reads, member_page
from workspace.errors import NotAllowed, Refusal
from workspace.pathway.actions import plans
from workspace.pathway.actions.assessments import ENDED, THEIR_OWN, write_area
from workspace.pathway.forms.plans import AreaForm, ObstaclesForm, PathForm, WordsForm
from workspace.pathway.models import Enrolment
from workspace.pathway.queries.assessments import read_area
from workspace.pathway.queries.enrolments import access_way
from workspace.pathway.queries.plans import (
    obstacles_base,
    path_base,
    path_said,
    plan_of,
    words_are_theirs,
    words_said,
)
from workspace.pathway.queries.shares import agencies_told
from workspace.pathway.states import Area, EnrolmentState, Part, Voice
from workspace.rules import is_caseworker

# What the page began from has moved: the form anew on top of the newer text, and that text. None where it has not.
Moved = Callable[[], tuple[forms.Form, str] | None]
OTHERS = "Det är handläggare hos den myndighet som har personen inskriven som skriver här."
VOICES = {"deltagaren": Voice.PARTICIPANT, "vi": Voice.STAFF}


def posted(request: MemberRequest) -> QueryDict | None:
    """What was sent, also where nothing was ticked."""
    return request.POST if request.method == "POST" else None


def writable(request: MemberRequest, pk: int) -> Enrolment:
    """A way that this hat writes on: a sentence for whoever may only read it, and where it has ended."""
    way = access_way(request.hat, pk)
    if not is_caseworker(request.hat):
        raise NotAllowed(OTHERS)
    if way.state != EnrolmentState.ONGOING:
        raise NotAllowed(ENDED)
    return way


def act_page(
    request: MemberRequest,
    way: Enrolment,
    form: forms.Form,
    act: Callable[[], object],
    *,
    moved: Moved | None = None,
    back: str = "way_plan",
    **words: Any,
) -> HttpResponse:
    """One page with one form: done once, or shown again with what was written and why it was refused.

    `words`: name, title, button, done; perhaps lede.
    """
    theirs, status, address = None, 200, reverse(back, args=[way.pk])
    if request.method == "POST" and form.is_valid():

        def perform() -> str:
            act()
            messages.success(request, words["done"])
            return address

        try:
            return do_once(request, words["name"], perform)
        except Refusal as refusal:
            newer = moved() if moved else None
            if newer is None:
                form.add_error(None, refusal.sentence)
            else:
                form, theirs = newer
            status = refusal.status
    elif request.method == "POST":
        status = 422
    log_reads(request, "way", way.pk, [way.participant_id or 0])
    is_assessment = back == "way_assessment"
    context = {"form": form, "way": way, "person": way.participant, "agency": request.hat.agency, "theirs": theirs}
    context |= {"back": address, "back_label": "Kartläggning" if is_assessment else "Handlingsplan", **words}
    context["also_read"] = agencies_told(way, *((Part.ASSESSMENT, Part.HEALTH) if is_assessment else (Part.PLAN,)))
    return render(request, "pathway/plan_act.html", context, status=status)


# ---------- the assessment ----------
@member_page
def area(request: MemberRequest, pk: int, area: str, voice: str) -> HttpResponse:
    """Write in one area: staff's own words, or the participant's as staff take them down."""
    if area not in Area.values or voice not in VOICES:
        raise Http404
    way = writable(request, pk)
    whose, which = VOICES[voice], Area(area)
    shown = read_area(way, which).voice(whose)
    if whose == Voice.PARTICIPANT and shown.is_theirs and request.method != "POST":
        raise NotAllowed(THEIR_OWN)
    is_own = whose == Voice.PARTICIPANT
    label = "Vad säger deltagaren?" if is_own else "Vad skriver ni?"
    form = AreaForm(posted(request), initial={"text": shown.text, "version": shown.number}, label=label)

    def act() -> None:
        write_area(by=request.hat, enrolment=way, area=which, voice=whose, **form.cleaned_data)

    def moved() -> tuple[forms.Form, str] | None:
        now = read_area(way, which).voice(whose)
        if now.number == form.cleaned_data["version"] or (is_own and now.is_theirs):
            return None
        kept = {"text": form.cleaned_data["text"], "version": now.number}
        return AreaForm(initial=kept, label=label), now.text

    theirs = "Skriv med deltagarens egna ord. Det syns att det är du som har skrivit ner dem."
    return act_page(
        request,
        way,
        form,
        act,
        moved=moved,
        back="way_assessment",
        name=f"write_area {pk} {area} {voice}",
        title=which.label,
        lede=theirs if is_own else "Skriv det som behövs. Deltagarens egna ord står bredvid.",
        button="Spara",
        done="Texten är sparad. Den som stod före finns kvar.",
    )


# ---------- words, obstacles, the path on ----------
@member_page
def words(request: MemberRequest, pk: int) -> HttpResponse:
    """Take down what the participant wants and is good at, in their words."""
    way = writable(request, pk)
    plan = plan_of(way)
    if plan is not None and words_are_theirs(plan) and request.method != "POST":
        raise NotAllowed(THEIR_OWN)
    initial = {"own_words": plan.own_words, "strengths": plan.strengths, "version": plan.version} if plan else {}
    form = WordsForm(posted(request), initial=initial or {"version": 1})

    def moved() -> tuple[forms.Form, str] | None:
        now = plan_of(way)
        if now is None or now.version == form.cleaned_data["version"] or words_are_theirs(now):
            return None
        return WordsForm(initial=form.cleaned_data | {"version": now.version}), words_said(now)

    return act_page(
        request,
        way,
        form,
        lambda: plans.write_own_words(by=request.hat, enrolment=way, **form.cleaned_data),
        moved=moved,
        name=f"write_plan_words {pk}",
        title="Deltagarens egna ord",
        lede="Planen börjar med vad deltagaren vill och är bra på. Det syns att det är du som har skrivit ner det.",
        button="Spara",
        done="Deltagarens ord är sparade.",
    )


@member_page
def obstacles(request: MemberRequest, pk: int) -> HttpResponse:
    """What can stand in the way, where staff want to note it."""
    way = writable(request, pk)
    plan = plan_of(way)
    initial = {"obstacles": plan.obstacles if plan else "", "base": obstacles_base(plan)}
    form = ObstaclesForm(posted(request), initial=initial)

    def moved() -> tuple[forms.Form, str] | None:
        now = plan_of(way)
        if now is None or obstacles_base(now) == form.cleaned_data["base"]:
            return None
        return ObstaclesForm(initial=form.cleaned_data | {"base": obstacles_base(now)}), now.obstacles

    return act_page(
        request,
        way,
        form,
        lambda: plans.write_obstacles(by=request.hat, enrolment=way, **form.cleaned_data),
        moved=moved,
        name=f"write_plan_obstacles {pk}",
        title="Hinder",
        lede="Läses bara av er. Det står inte i planen som deltagaren får.",
        button="Spara",
        done="Texten är sparad.",
    )


@member_page
def path(request: MemberRequest, pk: int) -> HttpResponse:
    """Where the way leads, or why there is no path yet (R37)."""
    way = writable(request, pk)
    plan = plan_of(way)
    names = ("path_kind", "path_other", "no_path_reason")
    initial = {name: getattr(plan, name, "") for name in names} | {"base": path_base(plan)}
    form = PathForm(posted(request), initial=initial)

    def moved() -> tuple[forms.Form, str] | None:
        now = plan_of(way)
        if now is None or path_base(now) == form.cleaned_data["base"]:
            return None
        return PathForm(initial=form.cleaned_data | {"base": path_base(now)}), path_said(now)

    return act_page(
        request,
        way,
        form,
        lambda: plans.write_path(by=request.hat, enrolment=way, **form.cleaned_data),
        moved=moved,
        name=f"write_plan_path {pk}",
        title="Vägen vidare",
        lede="Vart leder planen? Finns det ingen väg än, skriv varför.",
        button="Spara",
        done="Vägen vidare är sparad.",
    )
