"""What somebody may paste into a decision: two hundred pages, a script, a formula. Nothing is lost and nothing runs."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from meetings.models import AgendaItem, Decision, DecisionReport
from meetings.states import DecisionState
from tests.cast import Cast
from tests.meetings.cast import make_item
from tests.steering.stage import Steering, make_steering, running
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
AsHat = Callable[[Hat], Client]
PAGES = ("Gruppen har talat länge om väntetiderna och är ense om det mesta.\n" * 45) * 200  # about 600,000 characters
SCRIPT = "<script>alert('x')</script><img src=x onerror=alert(1)>"
FORMULA = '=HYPERLINK("http://ond.example";"Klicka")'


@pytest.fixture
def stage(cast: Cast) -> Steering:
    return make_steering(cast)


@pytest.fixture
def item(stage: Steering) -> AgendaItem:
    return make_item(running(stage), "Väntetider")


def followed(stage: Steering, item: AgendaItem, text: str = "Vi provar", **fields: object) -> Decision:
    return Decision.objects.create(
        item=item,
        text=text,
        owner=stage.cast.fk.agency,
        due_on=timezone.localdate() + timedelta(days=5),
        state=DecisionState.OPEN,
        **fields,
    )


@pytest.mark.parametrize("field", ["text", "why", "proposals"])
def test_two_hundred_pages_are_refused_with_a_sentence_and_kept(
    stage: Steering, item: AgendaItem, as_hat: AsHat, field: str
) -> None:
    data = {"text": "Vi provar", field: PAGES}
    answer = as_hat(stage.cast.chair).post(f"/moten/{item.meeting_id}/punkt/{item.pk}/beslut/", data)
    page = unescape(answer.content.decode())
    assert answer.status_code == 422 and "tecken för lång. Högst 2000 får plats" in page and PAGES.strip() in page
    assert not Decision.objects.exists()


def test_two_hundred_pages_of_what_has_happened_are_kept_too(stage: Steering, item: AgendaItem, as_hat: AsHat) -> None:
    made, client = followed(stage, item), as_hat(stage.cast.fk)
    answer = client.post(f"/beslut/{made.pk}/rapport/", {"state": "open", "text": PAGES})
    page = unescape(answer.content.decode())
    assert answer.status_code == 422 and "Högst 1000 får plats" in page and PAGES.strip() in page
    assert not DecisionReport.objects.exists()


def test_a_script_is_a_text_wherever_it_stands(stage: Steering, item: AgendaItem, as_hat: AsHat) -> None:
    client = as_hat(stage.cast.chair)
    path = f"/moten/{item.meeting_id}/punkt/{item.pk}/beslut/"
    row = item.meeting.attendances.get(member=stage.cast.fk)
    data = {"text": SCRIPT, "why": SCRIPT, "proposals": SCRIPT, f"dissent_{row.pk}": SCRIPT}
    assert client.post(path, data).status_code == 302
    made = Decision.objects.get()
    Decision.objects.filter(pk=made.pk).update(
        owner=stage.cast.fk.agency, due_on=timezone.localdate(), state=DecisionState.OPEN
    )
    AgendaItem.objects.filter(pk=item.pk).update(title=SCRIPT)
    as_hat(stage.cast.fk).post(f"/beslut/{made.pk}/rapport/", {"state": "open", "text": SCRIPT})
    for page in (
        f"/beslut/{made.pk}/",
        "/beslut/",
        "/beslut/?sok=" + "%3Cscript%3Ealert%281%29",
        f"/moten/{item.meeting_id}/rum/?punkt={item.pk}",
        path,
    ):
        html = client.get(page).content.decode()
        assert "<script>alert" not in html and "<img src=x" not in html, page


def test_a_formula_is_a_text_in_the_files(stage: Steering, item: AgendaItem, as_hat: AsHat) -> None:
    followed(stage, item, FORMULA, why="+1", proposals="@SUM(A1)")
    client = as_hat(stage.cast.chair)
    lines = list(csv.reader(io.StringIO(client.get("/beslut.csv").content.decode("utf-8-sig")), delimiter=";"))
    assert (lines[1][3], lines[1][4], lines[1][5]) == (f"'{FORMULA}", "'@SUM(A1)", "'+1")
    sheet = load_workbook(io.BytesIO(client.get("/beslut.xlsx").content)).active
    assert sheet is not None
    assert (sheet.cell(2, 4).value, sheet.cell(2, 4).data_type) == (FORMULA, "s")


def test_what_a_word_processor_leaves_is_taken_away_and_odd_characters_are_said(
    stage: Steering, item: AgendaItem, as_hat: AsHat
) -> None:
    client = as_hat(stage.cast.chair)
    path = f"/moten/{item.meeting_id}/punkt/{item.pk}/beslut/"
    assert client.post(path, {"text": "Vi\u00a0öpp\u00adnar\u200b"}).status_code == 302
    assert Decision.objects.get().text == "Vi öppnar"
    answer = client.post(path, {"text": "Vi \u202eöppnar"})
    assert answer.status_code == 422 and "tecken som inte går att visa" in answer.content.decode()
