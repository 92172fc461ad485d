"""The page of a month: how many goals are met first, then each with its numbers, never a total alone."""

import re
from collections.abc import Callable
from datetime import date
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from meetings.figures.actions.freezing import freeze_month
from meetings.figures.actions.goals import ensure_goals
from meetings.figures.models import Goal, PublishedFigure
from meetings.figures.suppression import ANY, Band
from tests.addresses import said
from tests.cast import Cast
from tests.figures.frozen import ALL, ARVIDSJAUR, PITEA, frozen
from tests.figures.stage import AUGUST, discharges, moment, norrsken
from workspace.models import AuditEntry
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
AsHat = Callable[[Hat], Client]
PAGE = "/uppfoljning/"
WOMEN, MEN = (ANY, "woman"), (ANY, "man")


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def page(client: Client, path: str = PAGE) -> str:
    got = client.get(path)
    assert got.status_code == 200, path
    return got.content.decode()


def goals_of(html: str) -> dict[str, str]:
    """Each goal's section by its name, in the page's order."""
    sections = re.findall(r'<section class="goal".*?</section>', html, re.DOTALL)
    return {text_of(re.findall(r"<h2.*?</h2>", one, re.DOTALL)[0]): one for one in sections}


def rows_of(html: str) -> list[list[str]]:
    """The lines of the first table: cells in words, heads too."""
    body = re.findall(r"<tbody.*?</tbody>", html, re.DOTALL)[0]
    rows = re.findall(r"<tr.*?</tr>", body, re.DOTALL)
    return [[text_of(cell) for cell in re.findall(r"<t[hd][ >].*?</t[hd]>", row, re.DOTALL)] for row in rows]


def heads_of(html: str) -> list[str]:
    head = re.findall(r"<thead.*?</thead>", html, re.DOTALL)[0]
    return [text_of(cell) for cell in re.findall(r"<th[ >].*?</th>", head, re.DOTALL)]


# ---------- the answer first ----------
def test_the_page_says_first_how_many_goals_are_met_then_how_many_were_discharged(cast: Cast, as_hat: AsHat) -> None:
    frozen(cast.cooperation, made_at=moment(2014, 9, 2))
    html = page(as_hat(cast.coordinator))
    words = text_of(html[html.index("<main") :])
    answer, people = words.index("Ett av fem mål är uppfyllt"), words.index("223 personer har skrivits ut.")
    frozen_at = words.index("Siffror t.o.m. 31 aug. 2014, låsta 2 sep. 2014, version 1")
    assert answer < people < frozen_at < words.index("Arbete eller studier")


@pytest.mark.parametrize(
    ("met", "goals", "said"),
    [(0, 5, "Inget av fem mål är uppfyllt"),
     (1, 5, "Ett av fem mål är uppfyllt"), (3, 5, "Tre av fem mål är uppfyllda"),
     (5, 5, "Alla fem mål är uppfyllda"), (1, 1, "Målet är uppfyllt"), (0, 1, "Målet är inte uppfyllt"),
     (0, 0, "Inga mål är satta")],
)  # fmt: skip
def test_the_answer_is_a_sentence_for_every_number_of_goals(
    cast: Cast, as_hat: AsHat, met: int, goals: int, said: str
) -> None:
    ensure_goals(cooperation=cast.cooperation)
    own = list(Goal.objects.filter(cooperation=cast.cooperation))
    for at, goal in enumerate(own):
        ended = None if at < goals else date(2010, 1, 1)
        Goal.objects.filter(pk=goal.pk).update(target=1 if at < met else 100, ended_on=ended)
    frozen(cast.cooperation)
    assert f"<h1>{said}</h1>" in page(as_hat(cast.coordinator))


def test_the_five_goals_have_the_report_s_own_numbers(cast: Cast, as_hat: AsHat) -> None:
    """Piteå, Arvidsjaur and total in per cent, of which the report printed the last one wrong (R84–R88)."""
    frozen(cast.cooperation)
    found = goals_of(page(as_hat(cast.coordinator)))
    shares = {
        name: [row[-1].split(" %")[0] for row in rows_of(html)] for name, html in found.items()
    }  # Alla, Arvidsjaur, Piteå
    assert list(shares.values()) == [
        ["85", "88", "83"], ["78", "95", "71"], ["80", "89", "75"], ["93", "90", "95"], ["89", "96", "86"],
    ]  # fmt: skip
    states = [re.findall(r'data-g="(\w+)"', html)[0] for html in found.values()]
    assert states == ["yes", "no", "no", "no", "no"]


def test_women_men_and_total_stand_in_that_order_with_numerator_and_base_everywhere(cast: Cast, as_hat: AsHat) -> None:
    frozen(cast.cooperation)
    first = next(iter(goals_of(page(as_hat(cast.coordinator))).values()))
    assert heads_of(first)[1:] == ["Kvinnor", "Män", "Totalt"]
    assert rows_of(first) == [
        ["Alla", "86 % 37 av 43", "84 % 48 av 57", "85 % 85 av 100"],
        [ARVIDSJAUR, "85 % 17 av 20", "90 % 18 av 20", "88 % 35 av 40"],
        [PITEA, "87 % 20 av 23", "81 % 30 av 37", "83 % 50 av 60"],
    ]
    assert "50 % av dem som har fullföljt sin plan" in text_of(first)


def test_those_who_did_not_answer_stand_beside_the_percentage(cast: Cast, as_hat: AsHat) -> None:
    frozen(cast.cooperation)
    asked = goals_of(page(as_hat(cast.coordinator)))["Mina möjligheter har ökat"]
    assert "80 % av alla som har skrivits ut och svarat" in text_of(asked)
    assert "Inte svarat: 44, 20 %." in text_of(asked) and "140 av 179 44 inte svarat" in text_of(asked)


def test_those_whose_sex_is_not_known_are_a_row_of_their_own_before_the_total(cast: Cast, as_hat: AsHat) -> None:
    ways = discharges()
    unknown = [type(way)(way.place, "unknown", way.enrolled_on, way.ended_on, way.facts) for way in ways[:12]]
    frozen(cast.cooperation, ways=[*unknown, *ways[12:]])
    html = next(iter(goals_of(page(as_hat(cast.coordinator))).values()))
    assert heads_of(html)[1:] == ["Kvinnor", "Män", "Uppgift saknas", "Totalt"]


# ---------- what is hidden ----------
def test_a_hidden_number_is_said_to_be_hidden_and_a_share_becomes_a_band(cast: Cast, as_hat: AsHat) -> None:
    hide = {
        ("plan_made", WOMEN): None,
        ("plan_made", MEN): Band(90, None),
        ("plan_made", (PITEA, "man")): Band(80, 95),
        ("increased", ALL): None,
    }
    frozen(cast.cooperation, hide=hide)
    found = goals_of(page(as_hat(cast.coordinator)))
    made = found["Har en handlingsplan"]
    assert rows_of(made)[0] == ["Alla", "dolt", "över 90 %", "93 % 208 av 223"]
    assert rows_of(made)[2][2] == "80–95 %"
    assert not {"89", "119", "124"} & set(re.findall(r"\d+", text_of(" ".join(rows_of(made)[0]))))
    asked = found["Mina möjligheter har ökat"]
    assert 'data-g="na"' in asked and "Inte svarat: dolt." in text_of(asked) and "179" not in text_of(asked)


def test_an_exact_number_never_reaches_any_page(cast: Cast, as_hat: AsHat) -> None:
    """`counts` holds 987654, which nothing may show."""
    snapshot = frozen(cast.cooperation)
    base = f"/uppfoljning/manad/{snapshot.pk}/"
    goal = Goal.objects.filter(cooperation=cast.cooperation).first()
    assert goal is not None
    client = as_hat(cast.coordinator)
    for path in (PAGE, base, f"{base}mal/{goal.pk}/", f"{base}finsam/", f"{base}siffror.xlsx", f"{base}siffror.csv"):
        words = said(client.get(path).content)
        # Of the key of a form, and of a packed file's bytes, chance writes any three digits.
        assert "987654" not in words and not re.search(r"(?<![0-9A-Za-z_-])987", words)


def test_a_goal_that_stands_as_of_an_earlier_month_says_so_and_why(cast: Cast, as_hat: AsHat) -> None:
    frozen(cast.cooperation, as_of=date(2014, 6, 1))
    html = next(iter(goals_of(page(as_hat(cast.coordinator))).values()))
    assert "Talen gäller till och med 30 juni 2014. Nyare tal hade berättat om enskilda personer." in text_of(html)


def test_a_lowered_threshold_stands_with_its_agreement_and_reason(cast: Cast, as_hat: AsHat) -> None:
    ensure_goals(cooperation=cast.cooperation)
    Goal.objects.filter(cooperation=cast.cooperation, event="plan_made").update(
        threshold=3, threshold_agreement="Samverkansavtalet 12 mars", threshold_reason="Ingen kan kännas igen"
    )
    frozen(cast.cooperation)
    found = goals_of(page(as_hat(cast.coordinator)))
    said = text_of(found["Har en handlingsplan"])
    assert "Antal från 3 visas. Samverkansavtalet 12 mars. Ingen kan kännas igen" in said
    assert "Antal under 3" in said and "Antal under 5" in text_of(found["Har hittat sin väg"])


def test_a_published_figure_stands_beside_and_a_refused_one_with_its_reason(cast: Cast, as_hat: AsHat) -> None:
    frozen(cast.cooperation)
    first, *_, last = Goal.objects.filter(cooperation=cast.cooperation).order_by("order")
    PublishedFigure.objects.create(goal=first, source="slutrapporten", total=85)
    why = "Med 86 % av 152 i Piteå och 96 % av 71 i Arvidsjaur blir totalen 89 %."
    PublishedFigure.objects.create(goal=last, source="slutrapporten", total=96, refused_because=why)
    found = goals_of(page(as_hat(cast.coordinator)))
    assert f"96 % godtogs inte. Så stod det i slutrapporten. {why}" in text_of(found["Har hittat sin väg"])
    assert "85 % står i slutrapporten." in text_of(found["Arbete eller studier"])


def test_each_goal_says_how_it_is_counted(cast: Cast, as_hat: AsHat) -> None:
    frozen(cast.cooperation)
    html = goals_of(page(as_hat(cast.coordinator)))["Jag ser vad jag kan göra"]
    said = text_of(html[html.index("<details") :])
    for words in ("Dem som har fullföljt sin tid.", "Sedan starten, till och med 31 aug. 2014.", "Inte svarat",
                  "En halv procent avrundas uppåt.", "Antal under 5", "färre än 10"):  # fmt: skip
        assert words in said, words


# ---------- the other tables ----------
def test_the_other_tables_say_what_the_month_holds(cast: Cast, as_hat: AsHat) -> None:
    moved = {("moved", (ARVIDSJAUR, "woman")): None, ("moved", (ARVIDSJAUR, "man")): None}
    frozen(cast.cooperation, hide=moved)
    said = text_of(page(as_hat(cast.coordinator)))
    for words in (
        "Arbete 9 16 25", "Alla 64 88 152", "Flyttat dolt dolt", "juni – juli 2014 7 6 9 8 16 14",
        "Från inskrivning till handlingsplan", "Kvinnor 70 55 10 5 14 60", "Totalt 160 115 30 15 18 75",
        "Vuxenpsykiatrin Piteå 6 5 färre än 5 13", "Socialtjänsten Piteå 5 av 6", "Har svarat 50 % 15 av 30",
    ):  # fmt: skip
        assert words in said, words
    assert "None" not in said and "True" not in said


def test_a_municipality_whose_every_outcome_is_hidden_is_said_in_a_sentence(cast: Cast, as_hat: AsHat) -> None:
    """And where nobody of all was silent, no line of that goal says that it hides who was."""
    codes = ("work", "studies", "compensation", "disability_act", "care", "back_to_employment_service", "moved")
    lines = [(ARVIDSJAUR, gender) for gender in (ANY, "woman", "man")]
    hide = dict.fromkeys((code, line) for code in codes for line in lines)
    hide[("work_or_studies", (PITEA, "woman"))] = None
    frozen(cast.cooperation, hide=hide, as_of=date(2014, 7, 1))
    html = page(as_hat(cast.coordinator))
    assert "Arvidsjaur: talen är för små för att visas." in text_of(html)
    first = next(iter(goals_of(html).values()))
    assert rows_of(first)[2][1] == "dolt" and "inte svarat:" not in first


def test_a_month_with_nothing_in_it_is_said_calmly(cast: Cast, as_hat: AsHat) -> None:
    nothing: dict[str, object] = dict.fromkeys(("discharged", "enrolled", "surveys"))
    nothing |= {"periods": [], "planned": [], "attendance": [], "waiting": {"rows": []}}
    frozen(cast.cooperation, ways=[], **nothing)
    html = page(as_hat(cast.coordinator))
    said = text_of(html)
    assert "Hur många som har skrivits ut visas inte" in said and "None" not in said
    assert "<h1>Målen kan inte räknas ännu</h1>" in html and "<img" not in html


def test_before_anything_is_frozen_the_page_says_when_it_will_be(cast: Cast, as_hat: AsHat) -> None:
    assert "Inga siffror är låsta ännu" in page(as_hat(cast.coordinator))


def test_a_month_that_the_engine_froze_is_shown_whole(cast: Cast, as_hat: AsHat) -> None:
    """The 223 discharges as they may be shown: every page, picture and file of the month answers."""
    snapshot = freeze_month(cooperation=norrsken(cast), month=AUGUST)
    client, base = as_hat(cast.coordinator), f"/uppfoljning/manad/{snapshot.pk}/"
    html = page(client, base)
    found = goals_of(html)
    assert [re.findall(r'data-g="(\w+)"', one)[0] for one in found.values()] == ["yes", "no", "no", "no", "no"]
    assert "85 %" in found["Arbete eller studier"] and "None" not in text_of(html)
    images = re.findall(r'<img[^>]* src="([^"]+)"', html)
    goals = re.findall(rf'href="({base}mal/\d+/)"', html)
    assert len(images) == len(goals) == 5
    for path in (*images, *goals, f"{base}siffror.xlsx", f"{base}siffror.csv", f"{base}finsam/", f"{base}finsam.xlsx"):
        assert client.get(path).status_code == 200, path


# ---------- months and versions ----------
def test_every_month_and_version_can_be_chosen_and_the_newest_comes_first(cast: Cast, as_hat: AsHat) -> None:
    july = frozen(cast.cooperation, date(2014, 7, 1), ways=discharges()[:180])
    first = frozen(cast.cooperation)
    second = frozen(cast.cooperation, version=2, reason="Tre hade fel kommun")
    client = as_hat(cast.chair)
    html = page(client)
    options = [text_of(one) for one in re.findall(r"<option.*?</option>", html, re.DOTALL) if "version" in one]
    assert options == ["Augusti 2014, version 2", "Augusti 2014, version 1", "Juli 2014, version 1"]
    assert "Därför finns version 2: Tre hade fel kommun" in text_of(html)
    assert f"/uppfoljning/manad/{second.pk}/mal/" in html
    got = client.get(PAGE, {"manad": str(july.pk)})
    assert got.status_code == 302 and got["Location"] == f"/uppfoljning/manad/{july.pk}/"
    assert "180 personer har skrivits ut" in page(client, got["Location"])
    assert "version 1" in page(client, f"/uppfoljning/manad/{first.pk}/")
    for odd in ("x", "-1", "9" * 40, "1.5", "²"):
        assert client.get(PAGE, {"manad": odd}).status_code == 404, odd
    assert client.get(f"/uppfoljning/manad/{'9' * 30}/").status_code == 404


# ---------- how it is read ----------
def test_the_page_asks_as_often_for_many_goals_and_months_as_for_few(cast: Cast, as_hat: AsHat) -> None:
    frozen(cast.cooperation)
    client = as_hat(cast.coordinator)

    def asked() -> int:
        with CaptureQueriesContext(connection) as found:
            page(client)
        return len(found)

    page(client)
    few = asked()
    own = Goal.objects.filter(cooperation=cast.cooperation)
    for at, goal in enumerate(list(own)):
        PublishedFigure.objects.create(goal=goal, source=f"rapport {at}", total=at)
    for population in ("completed_plan", "completed_time"):
        for event in ("increased", "picture", "plan_made", "path_identified"):
            Goal.objects.get_or_create(
                cooperation=cast.cooperation, population=population, event=event, defaults={"name": event, "target": 50}
            )
    for month in range(1, 13):
        frozen(cast.cooperation, date(2015, month, 1))
    assert asked() == few <= 16


def test_nothing_is_logged_for_there_is_nobody_to_read_about(cast: Cast, as_hat: AsHat) -> None:
    frozen(cast.cooperation)
    client, before = as_hat(cast.coordinator), AuditEntry.objects.count()
    page(client)
    assert AuditEntry.objects.count() == before


def test_the_month_is_the_same_whenever_it_is_read(cast: Cast, as_hat: AsHat) -> None:
    """What is done afterwards changes nothing of what is frozen: the page reads one row."""
    snapshot = frozen(cast.cooperation, AUGUST)
    client = as_hat(cast.coordinator)
    before = goals_of(page(client, f"/uppfoljning/manad/{snapshot.pk}/"))
    Goal.objects.filter(cooperation=cast.cooperation).update(name="Något annat", target=1)
    assert goals_of(page(client, f"/uppfoljning/manad/{snapshot.pk}/")) == before
