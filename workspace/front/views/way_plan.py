"""The assessment and the action plan as staff read them, and what the way's page shows of them."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from notifications.actions import mark_read
from notifications.queries import notifications_about
from workspace.doors import HatRequest, MemberRequest, do_once, log_reads, member_page
from workspace.errors import Refusal
from workspace.front.actions import way_plan as actions
from workspace.front.views.way_plan_writing import act_page, posted, writable
from workspace.pathway.actions.plans import write_answer
from workspace.pathway.forms.plans import RegisterAnswerForm
from workspace.pathway.models import Enrolment
from workspace.pathway.queries.assessments import read_assessment
from workspace.pathway.queries.enrolments import access_way
from workspace.pathway.queries.plans import access_version, agencies_by_pk, path_then, read_plan
from workspace.pathway.queries.shares import agencies_told
from workspace.pathway.states import EnrolmentState, Part, PlanVerdict
from workspace.rules import Hat, is_caseworker, owns


def writes_in(hat: Hat | None, way: Enrolment) -> bool:
    """Whether this hat writes on the way: a caseworker of its agency, while it goes on."""
    is_ours = hat is not None and is_caseworker(hat) and way.participant is not None and owns(hat, way.participant)
    return is_ours and way.state == EnrolmentState.ONGOING


# ---------- pieces of the way's page ----------
def plan_context(request: HatRequest, way: Enrolment) -> dict[str, Any]:
    """What `pathway/_way_plan.html` shows. The page that includes it logs the read."""
    return {"plan_box": {"way": way, "shown": read_plan(way), "writes": writes_in(request.hat, way)}}


def assessment_context(request: HatRequest, way: Enrolment) -> dict[str, Any]:
    """What `pathway/_way_assessment.html` shows. The page that includes it logs the read."""
    areas = read_assessment(way)
    return {
        "assessment_box": {
            "way": way,
            "areas": areas,
            "own": sum(bool(area.participant.text) for area in areas),
            "staff": sum(bool(area.staff.text) for area in areas),
            "writes": writes_in(request.hat, way),
        }
    }


# ---------- the pages ----------
@require_GET
@member_page
def way_assessment(request: MemberRequest, pk: int) -> HttpResponse:
    """Nine areas, in each the participant's words and staff's beside each other (R33, R35)."""
    way = access_way(request.hat, pk)
    log_reads(request, "way", way.pk, [way.participant_id or 0])
    context = assessment_context(request, way) | {"way": way, "person": way.participant, "agency": request.hat.agency}
    context["also_read"] = agencies_told(way, Part.ASSESSMENT, Part.HEALTH)
    return render(request, "pathway/assessment.html", context)


@require_GET
@member_page
def way_plan(request: MemberRequest, pk: int) -> HttpResponse:
    """The plan as it stands: the participant's words first, the path on last, beside it what they have been shown."""
    way = access_way(request.hat, pk)
    mark_read(by=request.hat, notifications=notifications_about(request.hat, "way.plan_", way.pk))
    return _plan_page(request, way)


def _plan_page(request: MemberRequest, way: Enrolment, refused: str = "", status: int = 200) -> HttpResponse:
    log_reads(request, "way", way.pk, [way.participant_id or 0])
    context = plan_context(request, way)
    context |= {"way": way, "person": way.participant, "agency": request.hat.agency, "refused": refused}
    context["also_read"] = agencies_told(way, Part.PLAN)
    context |= context["plan_box"]
    return render(request, "pathway/plan.html", context, status=status)


@require_GET
@member_page
def plan_version(request: MemberRequest, pk: int, number: int) -> HttpResponse:
    """The plan as it was shown once, with what the participant said of it."""
    way = access_way(request.hat, pk)
    found = access_version(way, number)
    log_reads(request, "way", way.pk, [way.participant_id or 0])
    context = {
        "way": way,
        "person": way.participant,
        "agency": request.hat.agency,
        "found": found,
        "path": path_then(found.content),
        "goals": goals_then(found.content),
    }
    return render(request, "pathway/plan_version.html", context)


def goals_then(content: dict[str, Any]) -> list[dict[str, Any]]:
    """The goals of a version, each step with its agency as it is known now, and its day."""
    agencies = agencies_by_pk(content)

    def said(step: dict[str, Any]) -> dict[str, Any]:
        return step | {"agency": agencies.get(step["responsible"]), "due": date.fromisoformat(step["due_on"])}

    return [goal | {"steps": [said(step) for step in goal["steps"]]} for goal in content["goals"]]


# ---------- shown to the participant, and their answer ----------
@require_POST
@member_page
def show_plan(request: MemberRequest, pk: int) -> HttpResponse:
    """«Visa planen för …»: what is lacking is said on the plan's own page."""
    way = access_way(request.hat, pk)
    return at_once(
        request,
        way,
        lambda: actions.show_plan(by=request.hat, enrolment=way),
        f"show_plan {pk}",
        "Planen är visad. Deltagaren kan läsa den och svara på sin sida.",
    )


def at_once(request: MemberRequest, way: Enrolment, act: Callable[[], object], name: str, done: str) -> HttpResponse:
    """What a button on the plan's page does without asking more. What is refused is said there."""

    def perform() -> str:
        act()
        messages.success(request, done)
        return reverse("way_plan", args=[way.pk])

    try:
        return do_once(request, name, perform)
    except Refusal as refusal:
        return _plan_page(request, way, refused=refusal.sentence, status=refusal.status)


@member_page
def register_answer(request: MemberRequest, pk: int, number: int) -> HttpResponse:
    """Staff write in what the participant said of the plan, in person."""
    way = writable(request, pk)
    found = access_version(way, number)
    if found.answer is not None and found.answer.browser_id is not None:
        raise Http404  # theirs to change
    form = RegisterAnswerForm(posted(request))

    def act() -> None:
        verdict = PlanVerdict(form.cleaned_data["verdict"])
        write_answer(by=request.hat, version=found.version, verdict=verdict, text=form.cleaned_data["text"])

    return act_page(
        request,
        way,
        form,
        act,
        name=f"register_plan_answer {pk} {number}",
        title="Deltagarens svar",
        lede="Skriv in det deltagaren sa om planen när ni träffades. Det syns att det är du som har skrivit in det.",
        button="Spara svaret",
        done="Svaret är sparat.",
    )
