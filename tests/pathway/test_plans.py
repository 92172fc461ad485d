"""The action plan: own words first, the path on or why there is none, shown, answered, and kept (R36, R37, R107)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.cast import Cast
from tests.meetings.talk_calls import at_once
from tests.meetings.talks import make_phone
from tests.pathway.plan_forms import every_form
from tests.pathway.plan_stage import GOAL, OWN_WORDS, STEP, STRENGTH, Planned, end, planned, step_of
from tests.pathway.stage import enrolled
from tests.referrals.journeys import undone
from workspace import actions
from workspace.errors import NotAllowed, Refusal
from workspace.front.actions.way_plan import answer_plan, show_plan
from workspace.models import AuditEntry
from workspace.pathway.actions.plan_steps import change_goal, change_step, drop_step, finish_step
from workspace.pathway.actions.plans import (
    THEIR_OWN,
    freeze_plan,
    write_obstacles,
    write_own_words,
    write_path,
)
from workspace.pathway.errors import TextHasMoved
from workspace.pathway.models import ActionPlan, EnrolmentRecord, PlanAnswer, PlanEvent, PlanVersion
from workspace.pathway.queries.plans import (
    NO_GOAL,
    NO_PATH,
    NO_STEP,
    base_of,
    obstacles_base,
    path_base,
    read_plan,
    step_base,
)
from workspace.pathway.states import PlanVerb, PlanVerdict
from workspace.rules import Hat

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]


def page_of(made: Planned) -> str:
    return reverse("way_plan", args=[made.way.pk])


def words(made: Planned) -> str:
    return reverse("write_plan_words", args=[made.way.pk])


# ---------- the page ----------
def test_the_plan_opens_with_the_participants_words_and_ends_with_obstacles(cast: Cast, as_hat: AsHat) -> None:
    made = planned(cast)
    write_obstacles(by=cast.soc, enrolment=made.way, obstacles="Bussen går sällan", base="")
    body = as_hat(cast.soc).get(page_of(made)).content.decode()
    order = [OWN_WORDS, STRENGTH, GOAL, f"{STEP} soc", "Vägen vidare", "Arbetsförmedlingen", "Bussen går sällan"]
    places = [body.index(text) for text in order]
    assert places == sorted(places)
    assert "Oklart ansvar" in body and f"Nedskrivet av {cast.soc.user}" in body
    assert cast.person.first_name not in body.partition("<title>")[2].partition("</title>")[0]
    assert "None" not in body


def test_an_empty_plan_has_a_page_that_says_what_is_lacking(cast: Cast, as_hat: AsHat) -> None:
    way = enrolled(cast)
    body = as_hat(cast.soc).get(reverse("way_plan", args=[way.pk])).content.decode()
    assert all(sentence in body for sentence in (NO_GOAL, NO_STEP, NO_PATH)) and "None" not in body
    assert reverse("show_plan", args=[way.pk]) not in body
    assert not ActionPlan.objects.exists(), "looking makes no plan"


def test_the_plan_costs_the_same_for_one_step_as_for_thirty(cast: Cast, django_assert_num_queries: Any) -> None:
    made = planned(cast)
    made.show()
    with django_assert_num_queries(6):
        read_plan(made.way)
    for number in range(30):
        made.steps[str(number)] = type(made.step("soc")).objects.create(
            goal=made.goal, text=f"{number}", responsible=cast.psyk.agency, due_on=made.step("soc").due_on
        )
    with django_assert_num_queries(6):
        read_plan(made.way)


# ---------- the participant's words ----------
def test_staff_take_words_down_until_the_participant_has_written(cast: Cast, as_hat: AsHat) -> None:
    made, phone, client = planned(cast), make_phone(cast), as_hat(cast.soc)
    got = client.post(words(made), {"own_words": "Nytt", "strengths": "", "version": 2})
    assert got.status_code == 302 and read_plan(made.way).plan.own_words == "Nytt"
    own: dict[str, Any] = {"enrolment": made.way, "own_words": OWN_WORDS, "strengths": STRENGTH}
    write_own_words(by=phone.browser, **own, version=3)
    got = client.post(words(made), {"own_words": "Personalens", "strengths": "", "version": 4})
    assert got.status_code == 403
    assert THEIR_OWN in got.content.decode() and "Personalens" in got.content.decode()
    assert client.get(words(made)).status_code == 403
    body = client.get(page_of(made)).content.decode()
    assert "har skrivit det här själv" in body and words(made) not in body
    plan = ActionPlan.objects.get()
    assert (plan.own_words, plan.taken_down_by) == (OWN_WORDS, None)


def test_the_second_of_two_writers_loses_nothing(cast: Cast, as_hat: AsHat) -> None:
    made = planned(cast)
    write_own_words(by=cast.soc_2, enrolment=made.way, own_words="Kollegans", strengths="", version=2)
    got = as_hat(cast.soc).post(words(made), {"own_words": "Mina", "strengths": "Starka", "version": 2})
    body = got.content.decode()
    assert got.status_code == 409
    assert all(text in body for text in ("Kollegans", "Mina", "Starka", 'name="version" value="3"'))


@pytest.mark.parametrize("what", ["path", "obstacles", "goal", "step"])
def test_what_staff_write_is_begun_from_a_text_that_nobody_has_moved(cast: Cast, as_hat: AsHat, what: str) -> None:
    made, client = planned(cast), as_hat(cast.soc)
    way, plan, step = made.way, ActionPlan.objects.get(), made.step("soc")
    url, data = {
        "path": (reverse("write_plan_path", args=[way.pk]), {"path_other": "Min skola", "base": path_base(plan)}),
        "obstacles": (reverse("write_plan_obstacles", args=[way.pk]), {"obstacles": "Mina hinder", "base": ""}),
        "goal": (reverse("change_plan_goal", args=[way.pk, made.goal.pk]), {"text": "Mitt", "base": base_of(GOAL)}),
        "step": (
            reverse("change_plan_step", args=[way.pk, step.pk]),
            {
                "text": "Mitt steg",
                "responsible": str(cast.soc.agency_id),
                "due_on": step.due_on.isoformat(),
                "base": step_base(step),
            },
        ),
    }[what]
    by: dict[str, Any] = {"by": cast.soc_2}
    if what == "path":
        write_path(**by, enrolment=way, path_kind="", path_other="Kollegans", no_path_reason="", base=data["base"])
    elif what == "obstacles":
        write_obstacles(**by, enrolment=way, obstacles="Kollegans", base="")
    elif what == "goal":
        change_goal(**by, goal=made.goal, text="Kollegans", base=data["base"])
    else:
        change_step(**by, step=step, new=step_of(cast.psyk.agency, "Kollegans"), base=data["base"])
    got = client.post(url, data)
    body = got.content.decode()
    assert got.status_code == 409
    assert "Någon sparade den här först" in body and "Kollegans" in body
    assert all(value in body for name, value in data.items() if name not in {"base", "responsible", "due_on"})


# ---------- the path on ----------
def test_the_path_is_one_of_three_and_counts(cast: Cast, as_hat: AsHat) -> None:
    way, client = enrolled(cast), as_hat(cast.soc)
    url = reverse("write_plan_path", args=[way.pk])

    def write(**data: str) -> int:
        return client.post(
            url, {"base": path_base(ActionPlan.objects.filter(enrolment=way).first()), **data}
        ).status_code

    def counted() -> bool:
        return EnrolmentRecord.objects.get(enrolment=way, superseded_at=None).path_identified

    assert write(no_path_reason="Vi väntar på svar") == 302 and not counted()
    assert write(path_kind="social_insurance_agency") == 302 and counted()
    assert write(path_kind="social_insurance_agency", path_other="Skola") == 422
    assert write(path_other="Skola", no_path_reason="Vet inte") == 422
    assert write(path_kind="finns_inte") == 422 and counted()
    assert write() == 302 and not counted()


# ---------- history ----------
def test_the_history_says_who_did_what_and_holds_no_text_but_a_dropped_steps_reason(cast: Cast, as_hat: AsHat) -> None:
    made, phone = planned(cast), make_phone(cast)
    drop_step(by=cast.soc_2, step=made.step("psyk"), reason="Behövs inte längre")
    answer_plan(by=phone.browser, version=made.show(), verdict=PlanVerdict.CONFIRMED)
    V = PlanVerb
    assert [(event.verb, event.member or event.browser) for event in PlanEvent.objects.all()] == [
        (V.WRITE, cast.soc),
        (V.PATH, cast.soc),
        (V.GOAL, cast.soc),
        (V.STEP, cast.soc),
        (V.STEP, cast.soc),
        (V.DISPUTE, cast.soc),
        (V.STEP_DROPPED, cast.soc_2),
        (V.SEND, cast.soc),
        (V.CONFIRM, phone.browser),
    ]
    body = as_hat(cast.soc).get(page_of(made)).content.decode()
    assert "Varför: Behövs inte längre" in body and f"{cast.soc_2.user} tog bort ett steg" in body
    assert f"{cast.person.first_name} sa att planen stämmer" in body
    assert AuditEntry.objects.filter(what__startswith="way.plan_").count() == 9
    stored = "".join(PlanEvent.objects.values_list("reason", flat=True))
    assert STEP not in stored and OWN_WORDS not in stored


# ---------- who may, and after the discharge ----------
def footprint() -> tuple[Any, ...]:
    return (
        list(ActionPlan.objects.values()),
        list(PlanEvent.objects.order_by("pk").values("pk")),
        PlanVersion.objects.count(),
        PlanAnswer.objects.count(),
    )


def test_every_role_before_and_after_the_discharge_with_every_form(cast: Cast, as_hat: AsHat) -> None:
    made = planned(cast)
    made.show()
    finish_step(by=cast.soc, step=made.step("psyk"))
    change_goal(by=cast.soc, goal=made.goal, text=GOAL + "x", base=base_of(GOAL))
    change_goal(by=cast.soc, goal=made.goal, text=GOAL, base=base_of(GOAL + "x"))
    drop_step(by=cast.soc_2, step=made.step("disputed"), reason="x")
    forms = every_form(made)
    forms.pop("change_plan_step")  # dropped here; walked in test_plan_steps.py
    hats: dict[str, Hat] = {**cast.members, "coordinator": cast.coordinator, "chair": cast.chair}
    actions.state_reason(by=cast.soc_manager, participant=cast.person, reason="Klagomål")
    refused_of_all = {"remove_plan_goal"}  # has steps: a sentence
    for ended in (False, True):
        for name, hat in hats.items():
            client, reads = as_hat(hat), name in {"soc", "soc_2", "soc_manager"}
            writes = name in {"soc", "soc_2"} and not ended
            for form, (url, data) in forms.items():
                with undone():
                    if ended:
                        end(made.way)
                    before = footprint()
                    got = client.post(url, data)
                    taken = writes and form not in refused_of_all
                    expected = 302 if taken else 403 if reads else 404
                    assert got.status_code == expected, (ended, name, form, got.status_code)
                    assert (footprint() != before) == taken, (ended, name, form)
                    if not reads:
                        body = got.content.decode()
                        assert not any(text in body for text in (OWN_WORDS, GOAL, STEP, cast.person.first_name))


def test_a_plan_of_somebody_discharged_is_read_and_has_no_buttons(cast: Cast, as_hat: AsHat) -> None:
    made, phone = planned(cast), make_phone(cast)
    version = made.show()
    end(made.way)
    body = as_hat(cast.soc).get(page_of(made)).content.decode()
    assert OWN_WORDS in body and GOAL in body and "är utskriven" in body
    main = body.partition('<main id="innehall"')[2]
    assert "<form" not in main and "/plan/ord/" not in main and "/plan/vag/" not in main
    for act in (
        lambda: show_plan(by=cast.soc, enrolment=made.way),
        lambda: freeze_plan(by=cast.soc, enrolment=made.way),
        lambda: answer_plan(by=phone.browser, version=version, verdict=PlanVerdict.CONFIRMED),
        lambda: write_own_words(by=phone.browser, enrolment=made.way, own_words="x", strengths="", version=2),
    ):
        with pytest.raises(NotAllowed, match="utskriven"):
            act()


# ---------- two at once ----------
@pytest.mark.postgres
def test_two_who_show_the_plan_at_once_make_one_version(cast: Cast, committed_db: None) -> None:
    made = planned(cast)
    refused = at_once(made.show, lambda: show_plan(by=cast.soc_2, enrolment=made.way))
    assert len(refused) == 1 and PlanVersion.objects.count() == 1


@pytest.mark.postgres
def test_the_participant_and_staff_who_write_at_once_lose_nothing(cast: Cast, committed_db: None) -> None:
    way, phone = enrolled(cast), make_phone(cast)
    words: dict[str, Any] = {"enrolment": way, "strengths": "", "version": 1}
    refused: list[Refusal] = at_once(
        lambda: write_own_words(by=phone.browser, own_words="Miras ord", **words),
        lambda: write_own_words(by=cast.soc, own_words="Elins text", **words),
    )
    (said,) = refused
    plan = ActionPlan.objects.get()
    if plan.taken_down_by is None:
        assert plan.own_words == "Miras ord" and said.sentence == THEIR_OWN
    else:
        assert isinstance(said, TextHasMoved) and "Elins text" in said.theirs


def test_nothing_typed_makes_a_page_fail(cast: Cast, as_hat: AsHat) -> None:
    made, client = planned(cast), as_hat(cast.soc)
    made.show()
    for form, (url, data) in every_form(made).items():
        for field in (*data, "once"):
            for value in ("9" * 30, "-1", "\x00", "²", "x" * 5001, "29 feb 2027"):
                with undone():
                    got = client.post(url, {**data, field: value})
                    assert got.status_code < 500, (form, field, value)
    assert obstacles_base(ActionPlan.objects.get()) == ""
