"""The plan and «Om mig» on the participant's own page: their words, what they were shown, their answer, no secrets."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.cast import Cast, make_participant
from tests.meetings.talks import Phone, make_phone
from tests.pathway.plan_stage import GOAL, OWN_WORDS, STAFF_WORDS, STEP, STRENGTH, end, planned, step_of
from tests.pathway.stage import enrolled
from tests.referrals.journeys import undone
from workspace.models import Agency, AuditEntry
from workspace.pathway.actions.assessments import write_area
from workspace.pathway.actions.plan_steps import add_step, change_goal, change_step, finish_step
from workspace.pathway.actions.plans import write_obstacles, write_own_words, write_path
from workspace.pathway.models import ActionPlan, AreaText, PlanAnswer
from workspace.pathway.queries.plans import base_of, path_base, step_base
from workspace.pathway.states import Area, PlanVerdict, Voice
from workspace.rules import Hat
from workspace.states import AgencyKind

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]
OWN = "/min-sida/"
WORDS = "/min-sida/plan/ord/"


def page(phone: Phone, url: str = OWN) -> str:
    response = phone.client.get(url)
    assert response.status_code == 200, (url, response.status_code)
    return response.content.decode()


# ---------- the plan ----------
def test_somebody_on_no_way_has_no_plan_and_no_page_about_themselves(cast: Cast) -> None:
    phone = make_phone(cast)
    assert "Min plan" not in page(phone)
    for url in (WORDS, reverse("own_areas"), reverse("own_area", args=["work"])):
        assert phone.client.get(url).status_code == phone.client.post(url).status_code == 404


def test_before_the_plan_is_shown_only_ones_own_words_are_there(cast: Cast) -> None:
    planned(cast)
    body = page(make_phone(cast))
    assert OWN_WORDS in body and STRENGTH in body and "Skrivet åt dig." in body
    assert GOAL not in body and STEP not in body and "Arbetsförmedlingen" not in body
    assert "När planen är klar kan du läsa den här." in body


def test_a_shown_plan_opens_with_own_words_and_names_no_care(cast: Cast) -> None:
    made = planned(cast)
    write_obstacles(by=cast.soc, enrolment=made.way, obstacles="Hemligt hinder", base="")
    made.show()
    body = page(make_phone(cast))
    order = [OWN_WORDS, STRENGTH, GOAL, f"{STEP} soc", "Arbetsförmedlingen", "Stämmer planen?"]
    places = [body.index(text) for text in order]
    assert places == sorted(places)
    assert "Läs din plan. Säg om den stämmer." in body
    assert "Vården" in body and "Vi har inte bestämt vem som gör det." in body
    for gone in ("psykiatri", "Psykiatri", "Vuxenpsyk", "Hemligt hinder", cast.person.last_name, "None"):
        assert gone not in body, gone


@pytest.mark.parametrize(
    ("kind", "said", "never"),
    [
        (AgencyKind.REGION_PSYCHIATRY, "Vården", "sykiatri"),
        (AgencyKind.DISABILITY_ACT, "Kommunen", "LSS"),
    ],
)
def test_a_step_and_a_path_of_care_or_support_is_said_as_what_it_is_to_anybody(
    cast: Cast, kind: AgencyKind, said: str, never: str
) -> None:
    made = planned(cast)
    Agency.objects.filter(pk=cast.psyk.agency_id).update(kind=kind, name=f"Team {never}", short_name=never)
    base = path_base(ActionPlan.objects.get())
    write_path(by=cast.soc, enrolment=made.way, path_kind=kind, path_other="", no_path_reason="", base=base)
    made.show()
    body = page(make_phone(cast)).partition("Min plan")[2]
    assert body.count(said) == 2 and never not in body


def test_a_step_that_is_done_says_so_and_a_change_is_not_there_until_it_is_shown(cast: Cast) -> None:
    made, phone = planned(cast), make_phone(cast)
    made.show()
    finish_step(by=cast.soc, step=made.step("soc"))
    change_goal(by=cast.soc, goal=made.goal, text="Ett nytt mål", base=base_of(GOAL))
    add_step(by=cast.soc, goal=made.goal, step=step_of(cast.soc.agency, "Ett nytt steg"))
    body = page(phone)
    assert "Klart" in body and GOAL in body and "Ett nytt" not in body
    made.show()
    assert "Ett nytt mål" in page(phone) and "Ett nytt steg" in page(phone)


def test_no_path_says_why(cast: Cast) -> None:
    made, phone = planned(cast), make_phone(cast)
    base = path_base(ActionPlan.objects.get())
    write_path(by=cast.soc, enrolment=made.way, path_kind="", path_other="", no_path_reason="Vi får se", base=base)
    made.show()
    assert "Vi vet inte än vad som kommer sedan." in page(phone) and "Vi får se" in page(phone)


# ---------- own words ----------
def test_the_participant_writes_and_staff_no_longer_do(cast: Cast, as_hat: AsHat) -> None:
    made, phone = planned(cast), make_phone(cast)
    got = phone.client.post(WORDS, {"own_words": "Jag vill rida", "strengths": "Jag är lugn", "version": 2})
    assert (got.status_code, got.headers["Location"]) == (302, "/min-sida/?sagt=plan-ord#plan")
    body = page(phone, got.headers["Location"])
    assert "Jag vill rida" in body and "Dina ord är sparade." in body and "Skrivet åt dig." not in body
    plan = ActionPlan.objects.get()
    assert plan.taken_down_by is None and plan.own_words == "Jag vill rida"
    assert AuditEntry.objects.filter(what="way.plan_write", participant_id=cast.person.pk).count() == 2
    refused = as_hat(cast.soc).post(reverse("write_plan_words", args=[made.way.pk]), {"own_words": "x", "version": 3})
    assert refused.status_code == 403


def test_what_staff_wrote_meanwhile_is_shown_and_nothing_typed_is_lost(cast: Cast) -> None:
    made, phone = planned(cast), make_phone(cast)
    write_own_words(by=cast.soc, enrolment=made.way, own_words="Nyare text", strengths="", version=2)
    got = phone.client.post(WORDS, {"own_words": "Mina egna", "strengths": "Lugn", "version": 2})
    body = got.content.decode()
    assert got.status_code == 409
    assert all(text in body for text in ("Texten har ändrats.", "Nyare text", "Mina egna", "Lugn", 'value="3"'))


# ---------- the answer ----------
def test_the_participant_confirms_or_sees_it_differently_and_may_change_their_mind(cast: Cast, as_hat: AsHat) -> None:
    made, phone = planned(cast), make_phone(cast)
    pk = made.show().pk
    differ = reverse("own_plan_differ", args=[pk])
    assert phone.client.post(differ, {"text": ""}).status_code == 422
    got = phone.client.post(differ, {"text": "Fel häst"}, follow=True)
    assert "Vi har fått det du skrev." in got.content.decode() and "Fel häst" in got.content.decode()
    assert "Läs din plan" not in got.content.decode()
    got = phone.client.post(reverse("own_plan_agree", args=[pk]), follow=True)
    assert "Du har sagt att planen stämmer." in got.content.decode()
    answers = list(PlanAnswer.objects.order_by("pk").values_list("verdict", "browser"))
    assert answers == [(PlanVerdict.DIFFERS, phone.browser.pk), (PlanVerdict.CONFIRMED, phone.browser.pk)]
    staff = as_hat(cast.soc).get(reverse("way_plan", args=[made.way.pk])).content.decode()
    assert "säger att planen stämmer" in staff


def test_another_participants_plan_is_the_same_answer_as_a_missing_one(cast: Cast) -> None:
    planned(cast).show()
    other = planned(cast, person=make_participant(cast.soc_desk, "Annan", "Person"))
    theirs, phone = other.show().pk, make_phone(cast)
    for name in ("own_plan_agree", "own_plan_differ"):
        for method in ("get", "post"):
            found = []
            for pk in (theirs, theirs + 99, 10**20):
                got = getattr(phone.client, method)(reverse(name, args=[pk]), {"text": "Nej"})
                text = got.content.decode()
                found.append((got.status_code, text.replace(str(got.wsgi_request.META.get("CSRF_COOKIE")), "")))
            assert {status for status, _ in found} == {404}
            assert all("Annan" not in text and GOAL not in text for _, text in found)
            assert len({len(text) for _, text in found}) == 1
    assert not PlanAnswer.objects.exists()


def test_an_older_version_is_answered_no_more(cast: Cast) -> None:
    made, phone = planned(cast), make_phone(cast)
    first = made.show().pk
    change_step(by=cast.soc, step=made.step("soc"), new=step_of(cast.fk.agency), base=step_base(made.step("soc")))
    made.show()
    assert phone.client.post(reverse("own_plan_agree", args=[first])).status_code == 404
    assert not PlanAnswer.objects.exists()


def test_after_the_discharge_the_plan_is_read_and_nothing_is_written(cast: Cast) -> None:
    made, phone = planned(cast), make_phone(cast)
    pk = made.show().pk
    end(made.way)
    plan = page(phone).partition("Min plan")[2].partition("</section>")[0]
    assert OWN_WORDS in plan and GOAL in plan and "<form" not in plan and "href" not in plan
    for url, data in (
        (reverse("own_plan_agree", args=[pk]), {}),
        (reverse("own_plan_differ", args=[pk]), {"text": "Nej"}),
        (WORDS, {"own_words": "x", "version": 2}),
        (reverse("own_area", args=["work"]), {"text": "x", "version": 0}),
    ):
        assert phone.client.post(url, data).status_code == 404
    assert not PlanAnswer.objects.exists() and not AreaText.objects.exists()


# ---------- «Om mig» ----------
def test_the_nine_areas_hold_the_participants_words_and_never_staffs(cast: Cast) -> None:
    way, phone = enrolled(cast), make_phone(cast)
    write_area(by=cast.soc, enrolment=way, area=Area.HEALTH, voice=Voice.STAFF, text=STAFF_WORDS, version=0)
    write_area(by=cast.soc, enrolment=way, area=Area.HEALTH, voice=Voice.PARTICIPANT, text=OWN_WORDS, version=0)
    body = page(phone, reverse("own_areas"))
    assert all(area.label in body for area in Area)
    assert OWN_WORDS in body and "Skrivet åt dig." in body
    for area in Area:
        assert STAFF_WORDS not in page(phone, reverse("own_area", args=[area.value]))
    assert STAFF_WORDS not in body
    url = reverse("own_area", args=["health"])
    got = phone.client.post(url, {"text": "Jag mår bra", "version": 1})
    assert (got.status_code, got.headers["Location"]) == (302, "/min-sida/om-mig/?sagt=om-mig#health")
    body = page(phone, got.headers["Location"])
    assert "Jag mår bra" in body and "Dina ord är sparade." in body and "Skrivet åt dig." not in body


def test_two_who_write_about_the_same_area_lose_nothing(cast: Cast) -> None:
    way, phone = enrolled(cast), make_phone(cast)
    write_area(by=cast.soc, enrolment=way, area=Area.WORK, voice=Voice.PARTICIPANT, text="Nyare", version=0)
    got = phone.client.post(reverse("own_area", args=["work"]), {"text": "Mitt eget", "version": 0})
    body = got.content.decode()
    assert got.status_code == 409 and "Nyare" in body and "Mitt eget" in body and 'value="1"' in body


def test_bad_input_is_a_sentence_at_its_field(cast: Cast) -> None:
    made, phone = planned(cast), make_phone(cast)
    pk = made.show().pk
    forms: list[tuple[str, str, dict[str, Any]]] = [
        (WORDS, "own_words", {"version": 2}),
        (reverse("own_area", args=["work"]), "text", {"version": 0}),
        (reverse("own_plan_differ", args=[pk]), "text", {}),
    ]
    for url, field, data in forms:
        for bad in ("", "x" * 5001, "a\x00b", "a\u202eb"):
            got = phone.client.post(url, {**data, field: bad})
            assert got.status_code == 422 and 'aria-invalid="true"' in got.content.decode(), (url, bad[:5])
        for version in ("9" * 30, "-1", "²", "\x00", ""):
            with undone():
                got = phone.client.post(url, {field: "Ord", "version": version})
                assert got.status_code in {302, 409}, (url, version)
    assert phone.client.get("/min-sida/om-mig/finns-inte/").status_code == 404
    assert not AreaText.objects.exists() and not PlanAnswer.objects.exists()
