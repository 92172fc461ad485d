"""Every form of the participant's page, sent as it should not be: again, from elsewhere, empty, unreadable, endless."""

from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from tests.addresses import OF_OWN, OWN
from tests.cast import Cast
from tests.front.own_forms import OWN_FORMS, OWN_TEXTS, OWN_WAY_FORMS, READ_ONLY, own_forms
from tests.meetings.talks import Phone, make_phone
from tests.referrals.journeys import undone
from workspace.rules import OWN_PATH
from workspace.states import AuditAct

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
BAD = {"null": "x\x00y", "bell": "x\x07y", "turned": "x\u202ey", "endless": "x" * 5001}


@pytest.fixture
def phone(cast: Cast) -> Phone:
    return make_phone(cast)


def rows() -> dict[str, list[Any]]:
    """Every row of the product, but what is written by looking: the keys of forms, and sessions."""
    found = {}
    for model in apps.get_models():
        if model.__name__ not in {"IdempotencyKey", "Session", "Permission", "ContentType"}:
            found[model.__name__] = list(model._default_manager.order_by("pk").values())
    return found


def but_reads(found: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Without the audit and what is marked as read: a refused form shows the page again, and that is a reading."""
    kept = {name: list(lines) for name, lines in found.items() if name not in {"AuditEntry", "Visit"}}
    for name in ("Invitation", "AgreementCopy"):
        kept[name] = [line | {"read_at": None} for line in kept[name]]
    return kept


def test_every_form_of_the_page_is_here(cast: Cast, phone: Phone) -> None:
    assert list(own_forms(cast, phone)) == OWN_FORMS
    assert set(OWN_FORMS) == OF_OWN | OWN - READ_ONLY


@pytest.mark.parametrize("name", OWN_FORMS)
def test_the_same_form_three_times_has_one_effect_and_one_answer(cast: Cast, phone: Phone, name: str) -> None:
    path, data = own_forms(cast, phone)[name]()
    before = rows()

    def post() -> tuple[int, str, dict[str, list[Any]]]:
        got = phone.client.post(path, {**data, "once": "samma nyckel"})
        return got.status_code, got.headers.get("Location", ""), rows()

    first = post()
    assert first[0] == 302 and first[1].startswith(OWN_PATH), first[:2]
    assert first[2] != before
    assert post() == first
    assert post() == first


@pytest.mark.parametrize("name", OWN_WAY_FORMS)
def test_said_again_in_a_new_form_nothing_is_changed_or_told_twice(cast: Cast, phone: Phone, name: str) -> None:
    """Without the first form's key: what already is so is no act, so it has no line in the audit of acts."""
    path, data = own_forms(cast, phone)[name]()
    assert phone.client.post(path, {**data, "once": "a"}).status_code == 302
    before = rows()
    again = phone.client.post(path, {**data, "once": "b"})
    assert again.status_code < 500
    after = rows()
    acts = [[line for line in found["AuditEntry"] if line["act"] != AuditAct.READ] for found in (before, after)]
    assert acts[0] == acts[1]
    assert but_reads(after) == but_reads(before)


@pytest.mark.parametrize("name", OWN_FORMS)
def test_without_a_visit_a_form_does_nothing_and_leads_to_the_code(cast: Cast, phone: Phone, name: str) -> None:
    path, data = own_forms(cast, phone)[name]()
    before = rows()
    client = Client()
    got = client.post(path, {**data, "once": "a"})
    page = got.content.decode()
    assert got.status_code == 403 and cast.person.first_name not in page
    looked = client.get(path)
    assert looked.status_code == 302 and looked.headers["Location"].startswith(reverse("own_code"))
    assert rows() == before


@pytest.mark.parametrize("name", OWN_FORMS)
def test_a_form_from_elsewhere_is_refused_on_a_page_that_says_nothing(cast: Cast, phone: Phone, name: str) -> None:
    path, data = own_forms(cast, phone)[name]()
    before = rows()
    client = Client(enforce_csrf_checks=True)
    client.cookies.update(phone.client.cookies)
    client.cookies.pop("csrftoken", None)
    got = client.post(path, {**data, "once": "a"})
    assert got.status_code == 403
    assert "Sidan hann bli för gammal" in got.content.decode()
    assert cast.person.first_name not in got.content.decode()
    assert rows() == before


@pytest.mark.parametrize("name", OWN_FORMS)
def test_an_empty_form_is_no_failure(cast: Cast, phone: Phone, name: str) -> None:
    """What is a button alone does what it says; what asks for something says what is missing, and does nothing."""
    path, data = own_forms(cast, phone)[name]()
    before = rows()
    got = phone.client.post(path, {"once": "a"})
    assert got.status_code < 500
    if data and name != "own_look":
        assert got.status_code in {404, 422}, got.status_code
        assert but_reads(rows()) == but_reads(before)


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize(("name", "field"), OWN_TEXTS)
def test_a_text_nobody_can_read_is_refused_at_its_field(
    cast: Cast, phone: Phone, name: str, field: str, bad: str
) -> None:
    path, data = own_forms(cast, phone)[name]()
    before = rows()
    got = phone.client.post(path, {**data, field: BAD[bad], "once": "a"})
    page = got.content.decode()
    assert got.status_code == 422
    assert 'aria-invalid="true"' in page and "ds-validation-message" in page
    assert but_reads(rows()) == but_reads(before)


@pytest.mark.parametrize("name", OWN_FORMS)
def test_no_value_of_any_field_makes_the_page_fail(cast: Cast, phone: Phone, name: str) -> None:
    path, data = own_forms(cast, phone)[name]()
    phone.client.raise_request_exception = False
    fields = (*data, "once", "version", "answer", "kind", "samtal", "easy", "large", "back", "tid-1")
    for value in ("9" * 25, "-1", "\x00", "²", "x" * 5000, "1e9"):
        for field in fields:
            with undone():  # one that is accepted does not stand in the way of the next
                got = phone.client.post(path, {**data, field: value})
            assert got.status_code < 500, (field, value)


@pytest.mark.parametrize(("name", "field"), OWN_TEXTS)
def test_odd_signs_that_can_be_read_are_kept_as_written(cast: Cast, phone: Phone, name: str, field: str) -> None:
    text = "Åäö 🙂 e\u0301 \u200bمرحبا <b>&amp;</b> {{ 7 }}"
    path, data = own_forms(cast, phone)[name]()
    got = phone.client.post(path, {**data, field: text, "once": "a"}, follow=True)
    assert got.status_code in {200, 422}
    assert "<b>&amp;</b>" not in got.content.decode()
