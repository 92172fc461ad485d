"""The register of decisions: who reads what of it, across years, filtered, searched and taken along."""

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from meetings.models import AgendaItem, Decision, DecisionVote, Meeting
from meetings.states import DecisionState, ItemKind, Procedure, Vote
from meetings.steering.queries import register
from meetings.steering.views import decisions as views
from tests.cast import Cast
from tests.meetings.cast import Room, make_item, make_meeting, make_room
from tests.meetings.minutes_stage import CASE_WORDS, make_held
from tests.steering.stage import Steering, make_steering, there
from workspace.models import Cooperation
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
AsHat = Callable[[Hat], Client]
D = DecisionState


@pytest.fixture
def stage(cast: Cast) -> Steering:
    return make_steering(cast)


@pytest.fixture
def room(cast: Cast) -> Room:
    """The cooperation group of the same cooperation: soc, psyk and fk sit there too."""
    return make_room(cast)


def made(meeting: Meeting, text: str, **fields: object) -> Decision:
    return Decision.objects.create(item=make_item(meeting, f"Om {text}"), text=text, **fields)


def followed(stage: Steering, text: str, days: int, **fields: object) -> Decision:
    day = timezone.localdate() + timedelta(days=days)
    known = {"owner": stage.cast.psyk.agency, "due_on": day, "state": D.OPEN}
    return made(stage.meeting, text, **(known | fields))


def texts(client: Client, **asked: object) -> list[str]:
    html = client.get(f"/beslut/?{urlencode(asked)}").content.decode()
    return [unescape(text) for text in re.findall(r'<a href="/beslut/\d+/">([^<]*)</a>', html)]


def everybody(stage: Steering) -> dict[str, Hat]:
    return {**stage.cast.members, **stage.roles}


# ---------- who reads ----------
def test_who_reads_which_decisions(stage: Steering, room: Room, as_hat: AsHat) -> None:
    steering, other = made(stage.meeting, "Styrgruppens"), made(room.meeting, "Samverkansgruppens")
    both, neither = {steering.text, other.text}, set[str]()
    expected = {
        "soc": {other.text},
        "soc_2": both,
        "soc_manager": {steering.text},
        "psyk": {other.text},
        "psyk_2": {other.text},
        "psyk_manager": {steering.text},
        "fk": both,
        "outsider": neither,
        "chair": {steering.text},
        "coordinator": both,
        "steering": {steering.text},
        "evaluator": neither,
        "elected": neither,
    }
    for name, hat in everybody(stage).items():
        client = as_hat(hat)
        assert set(texts(client)) == expected[name], name
        for one in (steering, other):
            status = 200 if one.text in expected[name] else 404
            assert client.get(f"/beslut/{one.pk}/").status_code == status, name
            for path in ("/beslut.xlsx", "/beslut.csv"):
                assert client.get(path).status_code == 200
            said = client.get("/beslut.csv").content.decode()
            assert (one.text in said) == (one.text in expected[name]), name


def test_another_cooperations_roles_read_nothing(stage: Steering, as_hat: AsHat) -> None:
    one = made(stage.meeting, "Styrgruppens")
    elsewhere = Cooperation.objects.create(name="Samverkan Norr", state=stage.cast.cooperation.state)
    for role in stage.roles.values():
        type(role).objects.filter(pk=role.pk).update(cooperation=elsewhere)
        role.refresh_from_db()
        client = as_hat(role)
        assert texts(client) == [] and client.get(f"/beslut/{one.pk}/").status_code == 404


def test_no_person_can_ever_be_there(stage: Steering, room: Room, as_hat: AsHat) -> None:
    held = make_held(room)  # with a decision of a case, laid on the table
    assert Decision.objects.filter(item__kind=ItemKind.CASE).exists()
    case = held.case_item.decisions.all()[0]
    # Even one that wrongly says that somebody answers for it.
    Decision.objects.filter(pk=case.pk).update(
        responsible=room.cast.soc, owner=room.cast.soc.agency, due_on=timezone.localdate(), state=D.OPEN
    )
    for name, hat in everybody(stage).items():
        client = as_hat(hat)
        pages = [client.get("/beslut/"), client.get("/beslut.csv"), client.get(f"/beslut/?{urlencode({'sok': 'maj'})}")]
        assert client.get(f"/beslut/{case.pk}/").status_code == 404, name
        for word in CASE_WORDS:
            assert not any(word in page.content.decode() for page in pages), (name, word)


# ---------- across years, filtered ----------
def test_newest_first_across_years_and_filtered(stage: Steering, room: Room, as_hat: AsHat) -> None:
    old = make_meeting(stage.group, days=-800)
    first, client = made(old, "Det första"), as_hat(stage.cast.fk)
    late, ahead = followed(stage, "Det sena", -3), followed(stage, "Det som kommer", 30)
    done = followed(stage, "Det gjorda", -30, state=D.DONE, owner=stage.cast.soc.agency)
    role = followed(stage, "Rollens", 5, owner=None, owner_role=stage.cast.chair)
    other = made(room.meeting, "Samverkansgruppens")
    everything = texts(client)
    assert everything[-1] == first.text and len(everything) == 6
    year = timezone.localdate(stage.meeting.starts_at).year
    asked: list[tuple[dict[str, object], set[str]]] = [
        ({"ar": timezone.localdate(old.starts_at).year}, {first.text}),
        ({"ar": year, "grupp": stage.group.pk}, {late.text, ahead.text, done.text, role.text}),
        ({"grupp": room.group.pk}, {other.text}),
        ({"lage": "foljs"}, {late.text, ahead.text, role.text}),
        ({"lage": "sena"}, {late.text}),
        ({"lage": "genomforda"}, {done.text}),
        ({"lage": "galler"}, {first.text, other.text}),
        ({"lage": "inte-langre"}, set()),
        ({"ansvar": f"a{stage.cast.soc.agency_id}"}, {done.text}),
        ({"ansvar": "rchair"}, {role.text}),
        ({"lage": "sena", "ansvar": f"a{stage.cast.psyk.agency_id}"}, {late.text}),
    ]
    for question, expected in asked:
        assert set(texts(client, **question)) == expected, question
    page = client.get("/beslut/").content.decode()
    assert "Ett beslut är sent" in page and page.count(">Sent<") == 1


@pytest.mark.parametrize(
    "odd",
    [
        {"ar": "99999999999999999999"},
        {"ar": "-1"},
        {"ar": "tjugo"},
        {"grupp": "9" * 40},
        {"lage": "kanske"},
        {"ansvar": "a" + "9" * 40},
        {"ansvar": "x"},
        {"page": "9" * 40},
        {"page": "-3"},
        {"sok": "%_\\'\""},
        {"sok": "\x00ö"},
        {"sok": "x" * 5000},
    ],
)
def test_what_nobody_can_ask_for_is_as_if_it_was_not_asked(stage: Steering, as_hat: AsHat, odd: dict[str, str]) -> None:
    made(stage.meeting, "Styrgruppens")
    client = as_hat(stage.cast.chair)
    for path in ("/beslut/", "/beslut.csv", "/beslut.xlsx"):
        assert client.get(f"{path}?{urlencode(odd)}").status_code == 200
    if "sok" not in odd:
        assert texts(client, **odd) == ["Styrgruppens"]


def test_search_finds_every_word_wherever_it_stands_whatever_its_case(stage: Steering, as_hat: AsHat) -> None:
    one = made(stage.meeting, "Öppna ÅRETS mottagning", why="Kvinnor väntar längre", proposals="Älvsbyn först")
    made(stage.meeting, "Något annat")
    client = as_hat(stage.cast.chair)
    for words in ("öppna", "ÖPPNA", "årets", "LÄNGRE", "älvsbyn", "om öppna", "kvinnor mottagning", "  väntar  "):
        assert texts(client, sok=words) == [one.text], words
    for words in ("finns inte", "öppna något", "%"):
        assert texts(client, sok=words) == [], words
    page = client.get("/beslut/?sok=finns+inte").content.decode()
    assert "Inget beslut passar det du frågade efter" in page


def test_fifty_a_page_and_the_filters_follow_along(stage: Steering, as_hat: AsHat) -> None:
    item = make_item(stage.meeting, "Mycket")
    Decision.objects.bulk_create(Decision(item=item, text=f"Beslut {number}") for number in range(51))
    client = as_hat(stage.cast.chair)
    assert len(texts(client)) == 50 and len(texts(client, page=2)) == 1
    page = client.get("/beslut/?lage=galler").content.decode()
    assert "lage=galler&amp;page=2" in page or "lage=galler&page=2" in page
    assert 'href="/beslut.xlsx?lage=galler"' in page


def test_as_many_questions_for_thirty_as_for_one(stage: Steering, as_hat: AsHat) -> None:
    rows = there(stage)
    client = as_hat(stage.cast.fk)

    def one_more(number: int) -> None:
        decision = followed(stage, f"Beslut {number}", -1, procedure=Procedure.VOTE, agency=stage.cast.soc.agency)
        votes = [DecisionVote(decision=decision, attendance=row, vote=Vote.FOR) for row in rows.values()]
        DecisionVote.objects.bulk_create(votes)

    def asked(path: str) -> int:
        client.get(path)
        with CaptureQueriesContext(connection) as questions:
            assert client.get(path).status_code == 200
        return len(questions)

    paths = ("/beslut/", "/beslut/?sok=beslut", "/beslut.xlsx")
    one_more(0)
    before = [asked(path) for path in paths]
    for number in range(1, 30):
        one_more(number)
    assert [asked(path) for path in paths] == before and len(texts(client)) == 30


# ---------- taken along ----------
def test_the_files_hold_what_the_page_shows(stage: Steering, as_hat: AsHat) -> None:
    rows = there(stage)
    one = followed(stage, "Öppna mottagningen", 9, why="Kvinnor väntar", procedure=Procedure.VOTE)
    followed(stage, "Något annat", 9, state=D.DONE)
    for row, vote in zip(rows.values(), (Vote.FOR, Vote.FOR, Vote.AGAINST), strict=False):
        DecisionVote.objects.create(decision=one, attendance=row, vote=vote, dissent="Nej tack" if vote == "no" else "")
    client = as_hat(stage.cast.chair)
    answer = client.get("/beslut.csv?lage=foljs")
    assert answer["Content-Type"].startswith("text/csv") and "attachment" in answer["Content-Disposition"]
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert lines[0][:4] == ["Möte", "Grupp", "Punkt", "Beslut"] and len(lines) == 2
    assert "Röstning: 2 ja, 1 nej" in lines[1] and stage.cast.psyk.agency.name in lines[1] and "Följs upp" in lines[1]
    sheet = load_workbook(io.BytesIO(client.get("/beslut.xlsx?lage=foljs").content)).active
    assert sheet is not None
    assert [row[3] for row in sheet.iter_rows(values_only=True)] == ["Beslut", "Öppna mottagningen"]


def test_what_is_not_searched_and_not_in_the_file_is_said(
    stage: Steering, as_hat: AsHat, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        followed(stage, f"Beslut {number}", 9)
    client = as_hat(stage.cast.chair)
    assert "Sökningen gäller" not in client.get("/beslut/?sok=beslut").content.decode()
    monkeypatch.setattr(register, "MOST_SEARCHED", 2)
    for path in ("/beslut/?sok=beslut", "/beslut.csv?sok=beslut"):
        assert "Sökningen gäller de 2 senaste besluten." in client.get(path).content.decode(), path
    for module in (register, views):
        monkeypatch.setattr(module, "MOST_IN_FILE", 2)
    assert "Filen har de 2 senaste besluten. 1 äldre är inte med." in client.get("/beslut/").content.decode()
    lines = client.get("/beslut.csv").content.decode("utf-8-sig").splitlines()
    assert len(lines) == 4 and "1 äldre är inte med" in lines[3]


def test_a_joint_meetings_decisions_stand_under_both_groups(stage: Steering, room: Room, as_hat: AsHat) -> None:
    both = followed(stage, "Gemensamt", 9)
    Meeting.objects.filter(pk=stage.meeting.pk).update(joined_group=room.group)
    for group in (stage.group, room.group):
        assert texts(as_hat(stage.cast.coordinator), grupp=group.pk) == [both.text]


def test_the_figures_old_addresses_are_gone(stage: Steering, as_hat: AsHat) -> None:
    client = as_hat(stage.evaluator)
    assert client.get("/uppfoljning/beslut/").status_code == 404
    assert client.get("/beslut/").status_code == 200
    assert AgendaItem.objects.filter(meeting=stage.meeting).exists()
