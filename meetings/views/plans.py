"""When the next conversation is due: agreed, changed, postponed, set aside."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from meetings.actions.plans import ENDED, make_plan, postpone_plan, set_aside_plan
from meetings.forms.plans import PlanForm, PostponeForm, SetAsideForm
from meetings.models import ConversationPlan
from meetings.queries.plans import access_plan, open_plan
from meetings.states import PlanState, SetAside
from workspace.doors import MemberRequest, do_once, log_reads, member_page
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Participant
from workspace.queries import access_participant
from workspace.rules import is_caseworker


def _act(
    request: MemberRequest, person: Participant, form: forms.Form, act: Callable[[], object], **words: Any
) -> HttpResponse:
    """One page with one form: done once, or shown again with what was written and why it was refused."""
    back = reverse("participant", args=[person.pk])
    if not is_caseworker(request.hat):
        raise NotAllowed("Det är handläggare som bestämmer när nästa samtal ska vara.")
    if request.method == "POST" and form.is_valid():

        def perform() -> str:
            act()
            messages.success(request, words["done"])
            return back

        try:
            return do_once(request, words["name"], perform)
        except NotAllowed as refusal:
            form.add_error(None, refusal.sentence)
    log_reads(request, "plan", person.pk, [person.pk])
    return render(request, words["template"], {"form": form, "person": person, "back": back, **words})


@member_page
def new_plan(request: MemberRequest, pk: int) -> HttpResponse:
    """Agree when the next conversation is to be; what held before ends."""
    person = access_participant(request.hat, pk)
    known = open_plan(person)
    form = PlanForm(request.POST or None, known=known)
    return _act(
        request,
        person,
        form,
        lambda: make_plan(by=request.hat, participant=person, **form.said),
        name=f"new_plan {pk}",
        template="meetings/plan_form.html",
        done="Det är sparat när nästa samtal ska vara.",
        plan=known,
    )


def _holding(request: MemberRequest, pk: int) -> ConversationPlan:
    plan = access_plan(request.hat, pk)
    if plan.state != PlanState.OPEN:
        raise SomebodyWasFaster(ENDED)
    return plan


@member_page
def postpone(request: MemberRequest, pk: int) -> HttpResponse:
    """A later day, with the reason."""
    plan = _holding(request, pk)
    form = PostponeForm(request.POST or None, plan=plan)

    def act() -> None:
        data = form.cleaned_data
        postpone_plan(by=request.hat, plan=plan, due_on=data["due_on"], reason=data["reason"])

    return _act(
        request,
        plan.participant,
        form,
        act,
        name=f"postpone_plan {pk}",
        template="meetings/plan_postpone.html",
        done="Samtalet är uppskjutet.",
        plan=plan,
    )


@member_page
def not_needed(request: MemberRequest, pk: int) -> HttpResponse:
    """No conversation is needed, by a code."""
    plan = _holding(request, pk)
    form = SetAsideForm(request.POST or None)
    return _act(
        request,
        plan.participant,
        form,
        lambda: set_aside_plan(by=request.hat, plan=plan, code=SetAside(form.cleaned_data["code"])),
        name=f"set_aside_plan {pk}",
        template="meetings/plan_set_aside.html",
        done="Det är sparat att samtalet inte behövs.",
        plan=plan,
    )
