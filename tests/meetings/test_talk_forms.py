"""Every form of the conversations, sent as it should not be: empty, from elsewhere, unreadable, endless, with GET."""

from collections.abc import Callable

import pytest
from django.test import Client

from tests.addresses import OF_CONVENER, OF_TALKS, POST_ONLY
from tests.cast import Cast
from tests.meetings.talk_forms import TALK_FORMS, TEXTS, talk_forms
from tests.meetings.world import written
from tests.referrals.journeys import footprint, undone
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
AsHat = Callable[[Hat], Client]
BAD = {"null": "x\x00y", "bell": "x\x07y", "turned": "x\u202ey", "endless": "x" * 5001}
ODD = ["9" * 25, "-1", "\x00", "²", "x" * 5000, "99999-12-31"]
# What a form asks for that has no field of its own name.
BUTTONS = {
    "book_interpreter", "remove_party", "withdraw_time", "invite_late", "hold_conversation", "share_section",
    "send_agreement", "remove_commitment", "close_commitment", "reopen_commitment", "refer_commitment",
}  # fmt: skip
# An empty text is an answer too: taken back, or nothing chosen.
MAY_BE_EMPTY = {"write_own_words", "write_section", "write_common", "support_needs", "outside_contact"}


@pytest.fixture
def rows() -> Callable[[], object]:
    """All that could have been changed; a refused form shows the page: its reading and its notice's."""
    return lambda: (footprint() | {"AuditEntry": 0, "unread": 0}, written())


def test_every_form_of_the_conversations_is_here(cast: Cast) -> None:
    assert list(talk_forms(cast)) == TALK_FORMS
    shown = {"conversation", "conversation_fragment", "invitation", "agreement", "agreement_fragment", "find_talk_time"}
    papers = {"agreement_version", "agreement_pdf", "agreement_letter", "invitation_letter", "conversation_ics"}
    assert OF_TALKS - shown - papers <= set(TALK_FORMS)
    assert OF_CONVENER <= OF_TALKS


@pytest.mark.parametrize("name", TALK_FORMS)
def test_a_form_without_its_token_does_nothing(
    cast: Cast, as_hat: AsHat, rows: Callable[[], object], name: str
) -> None:
    hat, path, data = talk_forms(cast)[name]()
    client = Client(enforce_csrf_checks=True)
    client.cookies.update(as_hat(hat).cookies)
    before = rows()
    got = client.post(path, {**data, "once": "a"})
    assert got.status_code == 403 and "Sidan hann bli för gammal" in got.content.decode()
    assert rows() == before


@pytest.mark.parametrize("name", TALK_FORMS)
def test_looking_at_a_form_does_nothing(cast: Cast, as_hat: AsHat, rows: Callable[[], object], name: str) -> None:
    hat, path, data = talk_forms(cast)[name]()
    if name == "help_request":
        return  # opening it is what tells the participant that somebody has read it
    before = rows()
    got = as_hat(hat).get(path, data)
    assert got.status_code == (405 if name in POST_ONLY else 200)
    assert rows() == before


@pytest.mark.parametrize("name", TALK_FORMS)
def test_an_empty_form_says_what_is_missing_and_does_nothing(
    cast: Cast, as_hat: AsHat, rows: Callable[[], object], name: str
) -> None:
    hat, path, _ = talk_forms(cast)[name]()
    before = rows()
    got = as_hat(hat).post(path, {"once": "a"})  # the key is in every form of ours
    assert got.status_code < 500
    if name in BUTTONS | MAY_BE_EMPTY:
        return
    page = got.content.decode()
    assert got.status_code in {200, 403, 422}, got.status_code
    assert "ds-error-summary" in page or 'aria-invalid="true"' in page or "går inte att läsa" in page
    assert "This field" not in page and "Detta fält" not in page
    assert rows() == before or name == "help_request"


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("name", TEXTS)
def test_a_text_nobody_can_read_is_refused_at_its_field(
    cast: Cast, as_hat: AsHat, rows: Callable[[], object], name: str, bad: str
) -> None:
    hat, path, data = talk_forms(cast)[name]()
    client = as_hat(hat)
    for field in TEXTS[name]:
        before = rows()
        got = client.post(path, {**data, field: BAD[bad], "once": f"a-{field}"})
        page = got.content.decode()
        assert got.status_code in {200, 422}, (field, got.status_code)
        assert "ds-validation-message" in page or 'aria-invalid="true"' in page, field
        assert rows() == before or name == "help_request", field


@pytest.mark.parametrize("name", TALK_FORMS)
def test_no_value_of_any_field_makes_the_server_fail(cast: Cast, as_hat: AsHat, name: str) -> None:
    hat, path, data = talk_forms(cast)[name]()
    client = as_hat(hat)
    client.raise_request_exception = False
    around = ("once", "kallelse", "part", "tid", "slag", "onskan", "version", "base", "base_version", "tillbaka")
    failed = []
    for value in ODD:
        for changed in ({field: value} for field in data):
            with undone():  # one that is accepted does not stand in the way of the next
                if client.post(path, {**data, **changed}).status_code >= 500:
                    failed.append((changed, value))
        extra = dict.fromkeys(around, value)
        with undone():
            asked = (client.post(path, {**data, **extra}), client.get(path, {**data, **extra}))
        failed += [(extra, value) for got in asked if got.status_code >= 500]
    assert failed == []


@pytest.mark.parametrize("name", TEXTS)
def test_signs_that_mean_something_to_a_browser_are_only_signs(cast: Cast, as_hat: AsHat, name: str) -> None:
    hat, path, data = talk_forms(cast)[name]()
    client = as_hat(hat)
    client.raise_request_exception = False
    for field in TEXTS[name]:
        got = client.post(path, {**data, field: "🙂 e\u0301 مرحبا <b>&amp;</b> {{ 7 }}", "once": field}, follow=True)
        assert got.status_code < 500 and "<b>&amp;</b>" not in got.content.decode(), field
