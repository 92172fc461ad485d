"""What the coordinator and the chair do with figures, each a form with a page of its own."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from meetings.figures.actions.changes import write_change
from meetings.figures.actions.freezing import ask_for_correction
from meetings.figures.actions.goals import add_goal, end_goal, lower_threshold
from meetings.figures.actions.planned import plan_enrolments
from meetings.figures.actions.published import remove_published, write_published
from meetings.figures.forms import (
    ChangeForm,
    EndForm,
    FreezeForm,
    GoalForm,
    PlannedForm,
    PublishedForm,
    ThresholdForm,
)
from meetings.figures.models import Goal
from meetings.figures.queries import access_goal, access_published, planned_of
from meetings.figures.queries.pages import (
    access_freezing,
    access_snapshot,
    municipalities_of,
    newest_version,
    parties_of,
)
from meetings.figures.rules import can_lower_threshold, decides_changes
from meetings.figures.views.page import page_context
from meetings.figures.views.words import say_end, say_month
from workspace.doors import AnyHatRequest, do_once, hat_page
from workspace.errors import Refusal
from workspace.models import Cooperation
from workspace.rules import is_coordinator

Page = Callable[..., HttpResponse]


def cooperation_of(request: AnyHatRequest) -> Cooperation:
    """The coordinator's cooperation. For every other hat these pages do not exist."""
    if not is_coordinator(request.hat):
        raise Http404
    return request.hat.cooperation


def goal_arranged(request: AnyHatRequest, pk: int) -> Goal:
    cooperation_of(request)
    return access_goal(request.hat, pk)


def form_page(
    request: AnyHatRequest,
    name: str,
    form: forms.Form,
    act: Callable[[], str],
    *,
    template: str = "figures/form.html",
    **context: Any,
) -> HttpResponse:
    """Show a form; sent and right, do its act once. What the action refuses stands above the form, nothing is lost."""
    if request.method == "POST" and form.is_valid():
        try:
            return do_once(request, name, act)
        except Refusal as refusal:
            if refusal.status not in {409, 422}:
                raise
            form.add_error(None, refusal.sentence)
    status = 422 if form.errors else 200
    return render(request, template, {"form": form, "back": reverse("figures"), **context}, status=status)


def saved(request: AnyHatRequest, said: str, url: str) -> str:
    messages.success(request, said)
    return url


# ---------- goals ----------
@hat_page
def new_goal(request: AnyHatRequest) -> HttpResponse:
    """Add a goal to the cooperation's."""
    cooperation = cooperation_of(request)
    form = GoalForm(request.POST or None)

    def act() -> str:
        data = form.cleaned_data
        goal = add_goal(by=request.hat, cooperation=cooperation, **data)
        return saved(request, f"{goal.name} är tillagt. Det räknas från nästa månad som låses.", reverse("figures"))

    lede = "Ett mål är en definition: bland vilka, vad och hur stor andel. Det räknas ur det som redan är gjort."
    return form_page(request, "new_goal", form, act, title="Lägg till ett mål", lede=lede, button="Lägg till målet")


@hat_page
def goal_end(request: AnyHatRequest, pk: int) -> HttpResponse:
    """End a goal: months that are frozen keep it."""
    goal = goal_arranged(request, pk)
    form = EndForm(request.POST if request.method == "POST" else None)

    def act() -> str:
        end_goal(by=request.hat, goal=goal)
        return saved(request, f"{goal.name} är avslutat.", reverse("figures"))

    lede = f"{goal.name} räknas inte i månader som låses från och med i dag. Månader som är låsta behåller det."
    return form_page(request, "end_goal", form, act, title="Avsluta målet", lede=lede, button="Avsluta målet")


@hat_page
def goal_threshold(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Let a goal without health content be shown in smaller numbers, by a named agreement (L58)."""
    goal = goal_arranged(request, pk)
    if not can_lower_threshold(goal.event):
        raise Http404
    known = {"threshold": goal.threshold, "agreement": goal.threshold_agreement, "reason": goal.threshold_reason}
    form = ThresholdForm(request.POST or None, initial=known)

    def act() -> str:
        data = form.cleaned_data
        lower_threshold(
            by=request.hat,
            goal=goal,
            threshold=int(data["threshold"]),
            agreement=data["agreement"],
            reason=data["reason"],
        )
        return saved(request, "Gränsen är ändrad. Den gäller från nästa månad som låses.", reverse("figures"))

    lede = f"{goal.name}. Antal under 5 visas inte, om inte ett avtal säger något annat."
    return form_page(request, "threshold", form, act, title="Gräns för små antal", lede=lede, button="Spara gränsen")


@hat_page
def published(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Write what a report has said of a goal. A total that its parts can't give is refused, and kept as such."""
    goal = goal_arranged(request, pk)
    form = PublishedForm(request.POST or None, municipalities=municipalities_of(goal.cooperation))

    def act() -> str:
        data = form.cleaned_data
        kept = write_published(by=request.hat, goal=goal, source=data["source"], total=data["total"], parts=form.parts)
        if kept.refused_because:
            messages.warning(request, f"{kept.total} % godtogs inte. {kept.refused_because}")
        else:
            messages.success(request, "Siffran är sparad. Den står bredvid den som är räknad.")
        return reverse("figures_published", args=[goal.pk])

    return form_page(
        request,
        "published",
        form,
        act,
        template="figures/published.html",
        title="Publicerad siffra",
        lede=f"{goal.name}. Skriv vad en rapport säger, så står det bredvid det som är räknat.",
        button="Spara siffran",
        goal=goal,
        figures=list(goal.published.all()),
    )


@require_POST
@hat_page
def published_remove(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Take away what was written of a report."""
    cooperation_of(request)
    figure = access_published(request.hat, pk)

    def act() -> str:
        goal = figure.goal_id
        remove_published(by=request.hat, figure=figure)
        return saved(request, "Siffran är borttagen.", reverse("figures_published", args=[goal]))

    return do_once(request, "remove_published", act)


# ---------- planned ----------
@hat_page
def planned(request: AnyHatRequest) -> HttpResponse:
    """Write how many were meant to be enrolled, month by month (R89)."""
    cooperation = cooperation_of(request)
    form = PlannedForm(request.POST or None)

    def act() -> str:
        plan_enrolments(by=request.hat, cooperation=cooperation, month=form.chosen, counts=form.counts)
        return saved(request, f"Planen för {say_month(form.chosen)} är sparad.", reverse("figures_planned"))

    rows: dict[Any, dict[str, int]] = {}
    for row in planned_of(cooperation):
        rows.setdefault(row.month, {})[row.gender] = row.count
    return form_page(
        request,
        "planned",
        form,
        act,
        template="figures/planned.html",
        title="Planerade inskrivningar",
        lede="Så många som var tänkta att skrivas in. De står bredvid dem som skrevs in.",
        button="Spara planen",
        rows=[(say_month(month).capitalize(), counts) for month, counts in sorted(rows.items(), reverse=True)],
    )


# ---------- a new version ----------
@hat_page
def freeze(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Have a month, and every later one, counted again with what is known now."""
    cooperation = cooperation_of(request)
    snapshot = access_snapshot(request.hat, pk)
    form = FreezeForm(request.POST or None)

    def act() -> str:
        asked = ask_for_correction(
            by=request.hat, cooperation=cooperation, month=snapshot.month, reason=form.cleaned_data["reason"]
        )
        return reverse("figures_freezing", args=[asked.pk])

    lede = (
        f"Siffrorna t.o.m. {say_end(snapshot.month)} räknas om med det som är känt nu. "
        "Alla senare månader räknas också om. Det som var låst finns kvar som tidigare versioner."
    )
    return form_page(
        request, "freeze", form, act, title="Lås en ny version", lede=lede, button="Lås en ny version",
        snapshot=snapshot,
    )  # fmt: skip


@require_GET
@hat_page
def freezing(request: AnyHatRequest, pk: int) -> HttpResponse:
    """How far a correction has come: a page, and for htmx its fragment, which stops asking when it is done."""
    found = access_freezing(request.hat, pk)
    newest = newest_version(found) if found.finished_at else None
    template = "figures/_freezing.html" if request.htmx else "figures/freezing.html"
    return render(request, template, {"freezing": found, "newest": newest})


# ---------- what is changed ----------
@require_POST
@hat_page
def change(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Write what is changed because of a month's figures (R95): the coordinator and the chair."""
    snapshot = access_snapshot(request.hat, pk)
    if not decides_changes(request.hat):
        raise Http404
    form = ChangeForm(request.POST, agencies=parties_of(snapshot.cooperation))
    if not form.is_valid():
        return render(request, "figures/figures.html", page_context(request.hat, snapshot, form), status=422)

    def act() -> str:
        data = form.cleaned_data
        write_change(by=request.hat, snapshot=snapshot, text=data["text"], owner=data["owner"])
        return saved(request, "Det är sparat.", reverse("figures_month", args=[pk]))

    return do_once(request, "figures_change", act)
