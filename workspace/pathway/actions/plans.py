"""The action plan: the participant's words, obstacles, the path on, what the participant is shown and says of it."""

import json

from django.db.models import F

from workspace.actions import action
from workspace.errors import NotAllowed
from workspace.models import Browser, Membership
from workspace.pathway.actions.assessments import THEIR_OWN, Writer, open_way, record
from workspace.pathway.actions.records import write_record
from workspace.pathway.errors import TextHasMoved
from workspace.pathway.models import ActionPlan, Enrolment, PlanAnswer, PlanEvent, PlanStep, PlanVersion
from workspace.pathway.queries.plans import (
    OBSTACLES,
    content_of,
    obstacles_base,
    path_base,
    path_said,
    read_plan,
    words_are_theirs,
    words_said,
)
from workspace.pathway.states import PlanVerb, PlanVerdict

ONE_PATH = "Välj en myndighet eller skriv en annan väg, inte båda."
PATH_OR_WHY = "Skriv vägen vidare, eller varför det inte finns någon än. Inte båda."
NOTHING_NEW = "Deltagaren har redan fått planen så som den är nu."
NEWER = "Det finns en nyare plan. Läs den först."
ANSWERED = "Deltagaren har själv svarat på den här planen."
NO_WORDS = "Skriv vad deltagaren ser annorlunda."
VERDICTS = {PlanVerdict.CONFIRMED: PlanVerb.CONFIRM, PlanVerdict.DIFFERS: PlanVerb.DIFFER}


# ---------- what the verbs share ----------
def open_plan(way: Enrolment) -> ActionPlan:
    """The plan of a locked way, to be written in: made by whoever is first."""
    return ActionPlan.objects.get_or_create(enrolment=way)[0]


def note(
    plan: ActionPlan, verb: PlanVerb, *, by: Writer, way: Enrolment, step: PlanStep | None = None, reason: str = ""
) -> None:
    """One row of the plan's history and one of the audit, in the transaction of the caller."""
    PlanEvent.objects.create(
        plan=plan,
        verb=verb,
        member=by if isinstance(by, Membership) else None,
        browser=by if isinstance(by, Browser) else None,
        step=step,
        reason=reason,
    )
    record(by, f"plan_{verb}", way)


# ---------- writing ----------
@action
def write_own_words(*, by: Writer, enrolment: Enrolment, own_words: str, strengths: str, version: int) -> None:
    """What the participant wants and is good at, in their own words: written by them, or taken down by staff.

    Locks the participant, makes the plan where there is none, writes the words, the history and an audit row; nothing
    where they are the same. Tells nobody. `version` is the one begun from, 1 where nothing is written. Refuses others,
    a way that has ended, staff over what the participant has written themselves, and `TextHasMoved` where newer words
    came between. Source: R35, R107.
    """
    way = open_way(by, enrolment)
    plan = open_plan(way)
    if isinstance(by, Membership) and words_are_theirs(plan):
        raise NotAllowed(THEIR_OWN)
    same = (plan.own_words, plan.strengths) == (own_words, strengths)
    if same and (isinstance(by, Membership) or plan.taken_down_by_id is None):
        return
    if plan.version != version and not same:
        raise TextHasMoved(words_said(plan), plan.version)
    taken_down_by = by if isinstance(by, Membership) and (own_words or strengths) else None
    ActionPlan.objects.filter(pk=plan.pk).update(
        own_words=own_words, strengths=strengths, taken_down_by=taken_down_by, version=F("version") + 1
    )
    note(plan, PlanVerb.WRITE, by=by, way=way)


@action
def write_obstacles(*, by: Membership, enrolment: Enrolment, obstacles: str, base: str) -> None:
    """What stands in the way, where staff want to note it: never asked for, and not shown to the participant (R107).

    As `write_own_words`; `base` is what `obstacles_base` said of the text that was begun from.
    """
    way = open_way(by, enrolment)
    plan = open_plan(way)
    if plan.obstacles == obstacles:
        return
    if obstacles_base(plan) != base:
        raise TextHasMoved(plan.obstacles, obstacles_base(plan))
    ActionPlan.objects.filter(pk=plan.pk).update(obstacles=obstacles)
    note(plan, PlanVerb.WRITE, by=by, way=way, reason=OBSTACLES)


@action
def write_path(
    *, by: Membership, enrolment: Enrolment, path_kind: str, path_other: str, no_path_reason: str, base: str
) -> None:
    """Where the way leads: an agency's kind or another way, or why there is none yet (R37).

    Locks the participant, writes the path, the history, an audit row and what is counted. Tells nobody. Refuses more
    than one of the three, and as `write_own_words`; `base` is what `path_base` said of what was begun from.
    """
    way = open_way(by, enrolment)
    plan = open_plan(way)
    if path_kind and path_other:
        raise NotAllowed(ONE_PATH)
    if no_path_reason and (path_kind or path_other):
        raise NotAllowed(PATH_OR_WHY)
    if (plan.path_kind, plan.path_other, plan.no_path_reason) == (path_kind, path_other, no_path_reason):
        return
    if path_base(plan) != base:
        raise TextHasMoved(path_said(plan), path_base(plan))
    ActionPlan.objects.filter(pk=plan.pk).update(
        path_kind=path_kind, path_other=path_other, no_path_reason=no_path_reason
    )
    note(plan, PlanVerb.PATH, by=by, way=way)
    write_record(way)


# ---------- shown, and answered ----------
@action
def freeze_plan(*, by: Membership, enrolment: Enrolment) -> PlanVersion:
    """Keep the plan as it is now, for the participant to read; call it inside the act that tells them so (R36).

    Locks the participant; writes the version, the history, an audit row and what is counted. Refuses what
    `PlanShown.lacks` names, a plan that is as it was shown, others than staff of the way, and a way that has ended.
    """
    way = open_way(by, enrolment)
    shown = read_plan(way)
    if shown.lacks:
        raise NotAllowed(" ".join(shown.lacks))
    if shown.newest is not None and not shown.changed:
        raise NotAllowed(NOTHING_NEW)
    plan = open_plan(way)
    version = PlanVersion.objects.create(
        plan=plan,
        number=shown.newest.version.number + 1 if shown.newest else 1,
        content=json.dumps(content_of(plan, shown.goals), ensure_ascii=False, sort_keys=True),
        made_by=by,
    )
    note(plan, PlanVerb.SEND, by=by, way=way)
    write_record(way)
    return version


@action
def write_answer(*, by: Writer, version: PlanVersion, verdict: PlanVerdict, text: str = "") -> bool:
    """What the participant says of the plan they were shown: on their page, or to staff who write it in.

    Locks the participant; adds the answer, the history and an audit row. False where it is the answer they have given
    already. Tells nobody by itself. Refuses an older version, «Jag ser det annorlunda» without words, staff where the
    participant has answered that version themselves, others, and a way that has ended. Source: R36.
    """
    way = open_way(by, version.plan.enrolment)
    if PlanVersion.objects.filter(plan=version.plan_id, number__gt=version.number).exists():
        raise NotAllowed(NEWER)
    if verdict == PlanVerdict.DIFFERS and not text:
        raise NotAllowed(NO_WORDS)
    answers = PlanAnswer.objects.filter(version=version)
    if isinstance(by, Membership) and answers.filter(browser__isnull=False).exists():
        raise NotAllowed(ANSWERED)
    latest = answers.order_by("-pk").first()
    by_browser = isinstance(by, Browser)
    if latest and (latest.verdict, latest.text, latest.browser_id is not None) == (verdict, text, by_browser):
        return False
    PlanAnswer.objects.create(
        version=version,
        verdict=verdict,
        text=text,
        browser=by if isinstance(by, Browser) else None,
        registered_by=by if isinstance(by, Membership) else None,
    )
    note(version.plan, VERDICTS[verdict], by=by, way=way)
    return True
