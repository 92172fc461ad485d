"""Figures as files: exactly what the page shows, hidden in the same words, and nothing more."""

import csv
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from meetings.figures.actions.goals import ensure_goals
from meetings.figures.models import Goal, PublishedFigure, Snapshot, WhatWeChange
from meetings.figures.suppression import ANY, Band
from tests.cast import Cast
from tests.figures.frozen import PITEA, frozen
from tests.figures.test_figures_page import page, text_of
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
AsHat = Callable[[Hat], Client]
WOMEN, MEN = (ANY, "woman"), (ANY, "man")
HIDE = {("plan_made", WOMEN): None, ("plan_made", MEN): Band(90, None), ("plan_made", (PITEA, "woman")): None}


def base(snapshot: Snapshot) -> str:
    return f"/uppfoljning/manad/{snapshot.pk}/"


def sheet_of(content: bytes) -> list[list[Any]]:
    sheet = load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def csv_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


def test_the_file_holds_what_the_page_shows_of_a_goal(cast: Cast, as_hat: AsHat) -> None:
    got = as_hat(cast.chair).get(f"{base(frozen(cast.cooperation))}siffror.xlsx")
    assert re.search(r'filename="uppfoljning-2014-08-version-1.xlsx"', got["Content-Disposition"])
    heads, *rows = sheet_of(got.content)
    assert heads[:6] == ["Avsnitt", "Vad", "Kommun", "Grupp", "Mått", "Värde"]
    first = [row[2:6] for row in rows if row[:2] == ["Mål", "Arbete eller studier"]]
    assert first[:2] == [
        ["Alla", "Totalt", "Mål", "50 % av dem som har fullföljt sin plan"],
        ["Alla", "Totalt", "Läge", "Uppfyllt"],
    ]
    numbers = {tuple(row[:3]): row[3] for row in first}
    assert numbers["Alla", "Kvinnor", "Andel, %"] == 86 and numbers["Alla", "Män", "Antal"] == 48
    assert numbers["Piteå", "Totalt", "Andel, %"] == 83 and numbers["Arvidsjaur", "Kvinnor", "Av"] == 20
    assert [row[1] for row in first if row[0] == "Piteå"][::4] == ["Kvinnor", "Män", "Totalt"]


def test_both_kinds_of_file_say_the_same(cast: Cast, as_hat: AsHat) -> None:
    snapshot, client = frozen(cast.cooperation, hide=HIDE), as_hat(cast.coordinator)
    sheet = sheet_of(client.get(f"{base(snapshot)}siffror.xlsx").content)
    lines = csv_of(client.get(f"{base(snapshot)}siffror.csv").content)
    assert [[str(cell) for cell in row[:6]] for row in sheet] == [line[:6] for line in lines]


def test_what_is_hidden_is_hidden_in_the_file_in_the_same_words(cast: Cast, as_hat: AsHat) -> None:
    snapshot = frozen(cast.cooperation, hide=HIDE)
    _, *rows = sheet_of(as_hat(cast.coordinator).get(f"{base(snapshot)}siffror.xlsx").content)
    made = {tuple(row[2:5]): row[5] for row in rows if row[1] == "Har en handlingsplan"}
    assert made["Alla", "Kvinnor", "Andel, %"] == made["Alla", "Kvinnor", "Antal"] == "dolt"
    assert made["Alla", "Kvinnor", "Av"] == made[PITEA, "Kvinnor", "Antal"] == "dolt"
    assert made["Alla", "Män", "Andel, %"] == "över 90 %" and made["Alla", "Män", "Antal"] == "dolt"
    assert made["Alla", "Totalt", "Antal"] == 208


def test_no_number_is_in_the_file_that_is_not_on_the_pages(cast: Cast, as_hat: AsHat) -> None:
    snapshot, client = frozen(cast.cooperation, hide=HIDE), as_hat(cast.coordinator)
    goals = Goal.objects.filter(cooperation=cast.cooperation)
    paths = [base(snapshot), *(f"{base(snapshot)}mal/{goal.pk}/" for goal in goals)]
    shown = {number for path in paths for number in re.findall(r"\d+", text_of(page(client, path)))}
    _, *rows = sheet_of(client.get(f"{base(snapshot)}siffror.xlsx").content)
    # Shares have no base where they are hidden, so nothing but the page's own numbers can stand here.
    told = {number for row in rows for number in re.findall(r"\d+", str(row[5]))}
    assert told <= shown and len(told) > 60


def test_the_file_has_every_section_of_the_page(cast: Cast, as_hat: AsHat) -> None:
    snapshot = frozen(cast.cooperation)
    _, *rows = sheet_of(as_hat(cast.coordinator).get(f"{base(snapshot)}siffror.xlsx").content)
    assert list(dict.fromkeys(row[0] for row in rows)) == [
        "Utskrivna", "Mål", "Vad hände sedan", "Planerade och inskrivna", "Ledtid", "Remisser som väntar", "Närvaro",
        "Enkät",
    ]  # fmt: skip
    WhatWeChange.objects.create(snapshot=snapshot, text="=Vi ringer", owner=cast.soc.agency, made_by=cast.coordinator)
    _, *rows = sheet_of(as_hat(cast.coordinator).get(f"{base(snapshot)}siffror.xlsx").content)
    (change,) = [row for row in rows if row[0] == "Vad vi ändrar"]
    assert (change[1], change[5].lstrip("'")) == ("Socialtjänsten Piteå", "=Vi ringer")
    waiting = [row[4:6] for row in rows if row[0] == "Remisser som väntar" and row[1].startswith("Vux")]
    assert waiting[2][1] == "färre än 5" and waiting[3][1] == 13


def test_what_somebody_wrote_is_never_run_as_a_formula(cast: Cast, as_hat: AsHat) -> None:
    ensure_goals(cooperation=cast.cooperation)
    goal = Goal.objects.filter(cooperation=cast.cooperation).first()
    assert goal is not None
    Goal.objects.filter(pk=goal.pk).update(name="=1+1")
    PublishedFigure.objects.create(goal=goal, source="@SUM(A1)", total=85)
    snapshot, client = frozen(cast.cooperation), as_hat(cast.coordinator)
    lines = csv_of(client.get(f"{base(snapshot)}siffror.csv").content)
    assert not [cell for line in lines for cell in line if cell.startswith(("=", "@"))]
    book = load_workbook(io.BytesIO(client.get(f"{base(snapshot)}siffror.xlsx").content))
    sheet = book.active
    assert sheet is not None and not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


# ---------- Finsam ----------
def test_the_worksheet_counts_participants_per_intervention_and_says_that_consent_is_separate(
    cast: Cast, as_hat: AsHat
) -> None:
    snapshot, client = frozen(cast.cooperation), as_hat(cast.coordinator)
    said = text_of(page(client, f"{base(snapshot)}finsam/"))
    assert "Praktik 20 25 45" in said and "Arbetsträning dolt dolt 12" in said
    assert "kräver ett eget samtycke" in said and "registreras anonymt" in said
    got = client.get(f"{base(snapshot)}finsam.xlsx")
    assert sheet_of(got.content) == [
        ["Insats", "Kvinnor", "Män", "Totalt"],
        ["Praktik", 20, 25, 45],
        ["Arbetsträning", "dolt", "dolt", 12],
    ]


def test_the_worksheet_is_calm_when_there_is_nothing_to_count(cast: Cast, as_hat: AsHat) -> None:
    snapshot = frozen(cast.cooperation, enrolled=None)
    said = text_of(page(as_hat(cast.coordinator), f"{base(snapshot)}finsam/"))
    assert "Ingen har deltagit i någon insats än" in said
