"""The pictures of a goal: images from the server that say what their tables say, readable without colour."""

import re
from collections.abc import Callable
from datetime import date
from xml.etree import ElementTree

import pytest
from django.test import Client

from meetings.figures.models import Goal, Snapshot
from meetings.figures.suppression import ANY, Band
from tests.cast import Cast
from tests.figures.frozen import ALL, frozen
from tests.figures.stage import discharges
from tests.figures.test_figures_page import page
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
AsHat = Callable[[Hat], Client]
WOMEN, MEN = (ANY, "woman"), (ANY, "man")
JULY = date(2014, 7, 1)


def made(cast: Cast, event: str) -> Goal:
    return Goal.objects.get(cooperation=cast.cooperation, event=event)


def address(snapshot: Snapshot, goal: Goal, name: str = "staplar") -> str:
    return f"/uppfoljning/manad/{snapshot.pk}/mal/{goal.pk}/{name}.svg"


def drawing(client: Client, path: str) -> ElementTree.Element:
    got = client.get(path)
    assert got.status_code == 200 and got["Content-Type"] == "image/svg+xml"
    svg = got.content.decode()
    assert "<script" not in svg and "href=" not in svg and "pygal" not in svg.casefold().replace("pygal-chart", "")
    return ElementTree.fromstring(svg)


def pieces(svg: ElementTree.Element) -> list[tuple[str, float]]:
    """The bars' pieces that are drawn: whose, and how long."""
    found = [(node.get("class", ""), node) for node in svg.iter()]
    rects = [(kind.split()[-1], float(node.get("width", "0"))) for kind, node in found if kind.startswith("rect ")]
    return [piece for piece in rects if piece[0] != "none"]


def words(svg: ElementTree.Element) -> list[str]:
    return [node.text for node in svg.iter() if node.tag.endswith("}text") and node.text]


def test_the_bars_have_names_numbers_and_the_target_s_line(cast: Cast, as_hat: AsHat) -> None:
    snapshot = frozen(cast.cooperation)
    svg = drawing(as_hat(cast.chair), address(snapshot, made(cast, "work_or_studies")))
    assert {"Kvinnor", "Män", "Totalt", "86 %", "84 %", "85 %", "Mål 50 %"} <= set(words(svg))
    lengths = dict(pieces(svg))
    assert set(lengths) == {"woman", "man", "total"}
    assert lengths["woman"] / lengths["man"] == pytest.approx(86 / 84)
    assert [node.get("class") for node in svg.iter() if node.get("class") in {"halo", "target"}] == ["halo", "target"]


def test_every_bar_has_an_edge_so_that_no_colour_need_be_told_from_another(cast: Cast, as_hat: AsHat) -> None:
    snapshot = frozen(cast.cooperation)
    css = as_hat(cast.chair).get(address(snapshot, made(cast, "work_or_studies"))).content.decode()
    assert re.search(r"\.rect\s*{\s*stroke:\s*#232d2c !important", css) and "prefers-color-scheme" in css


def test_what_is_hidden_has_no_bar_and_a_band_is_drawn_as_far_as_it_is_sure(cast: Cast, as_hat: AsHat) -> None:
    snapshot = frozen(cast.cooperation, hide={("plan_made", WOMEN): None, ("plan_made", MEN): Band(90, None)})
    svg = drawing(as_hat(cast.chair), address(snapshot, made(cast, "plan_made")))
    assert "dolt" in words(svg) and "över 90 %" in words(svg)
    drawn = pieces(svg)
    assert [whose for whose, _ in drawn] == ["total", "man", "maybe"]
    lengths = dict(drawn)
    assert lengths["man"] / lengths["total"] == pytest.approx(90 / 93)
    assert lengths["maybe"] / lengths["total"] == pytest.approx(10 / 93)


def test_a_picture_says_no_number_that_its_table_does_not(cast: Cast, as_hat: AsHat) -> None:
    snapshot = frozen(cast.cooperation, hide={("plan_made", WOMEN): None, ("plan_made", MEN): Band(90, None)})
    client, goal = as_hat(cast.chair), made(cast, "plan_made")
    told = {number for text in words(drawing(client, address(snapshot, goal))) for number in re.findall(r"\d+", text)}
    assert told <= {"0", "90", "93", "100"}


def test_where_no_share_is_shown_there_is_no_picture_and_none_is_asked_for(cast: Cast, as_hat: AsHat) -> None:
    hide = dict.fromkeys([("increased", line) for line in (WOMEN, MEN, ALL)])
    snapshot, client = frozen(cast.cooperation, hide=hide), as_hat(cast.chair)
    goal = made(cast, "increased")
    assert client.get(address(snapshot, goal)).status_code == 404
    assert client.get(address(snapshot, goal, "over-tid")).status_code == 404
    assert address(snapshot, goal) not in page(client)
    assert "over-tid.svg" not in page(client, f"/uppfoljning/manad/{snapshot.pk}/mal/{goal.pk}/")


def test_every_picture_of_the_pages_has_its_words_and_answers(cast: Cast, as_hat: AsHat) -> None:
    frozen(cast.cooperation, JULY, ways=discharges()[:180])
    snapshot, client = frozen(cast.cooperation), as_hat(cast.chair)
    paths = ["/uppfoljning/", f"/uppfoljning/manad/{snapshot.pk}/mal/{made(cast, 'picture').pk}/"]
    found = [image for path in paths for image in re.findall(r"<img[^>]*>", page(client, path))]
    assert len(found) == 5 + 2
    for image in found:
        alt, src = re.findall(r'alt="([^"]+)"', image), re.findall(r'src="([^"]+)"', image)
        assert "Alla tal står i tabellen." in alt[0] and "kvinnor" in alt[0]
        drawing(client, src[0])


# ---------- over time ----------
def test_the_way_over_time_has_a_line_for_each_group_with_its_own_dashes(cast: Cast, as_hat: AsHat) -> None:
    frozen(cast.cooperation, date(2014, 6, 1), ways=discharges()[:120])
    frozen(cast.cooperation, JULY, ways=discharges()[:180], hide={("picture", MEN): None})
    snapshot, client = frozen(cast.cooperation), as_hat(cast.chair)
    goal = made(cast, "picture")
    svg = drawing(client, address(snapshot, goal, "over-tid"))
    named = {"Kvinnor, streckad", "Män, prickad", "Totalt, hel", "Mål 90 %", "juni 2014", "juli", "aug."}
    assert named <= set(words(svg))
    dots = [node for node in svg.iter() if "dot" in node.get("class", "").split()]
    assert len(dots) == 8  # three months and three groups, but for the men of July
    html = page(client, f"/uppfoljning/manad/{snapshot.pk}/mal/{goal.pk}/")
    months = re.findall(r'scope="row">(3\d \w+\.? 2014)</th>', html)
    assert months == ["31 aug. 2014", "31 juli 2014", "30 juni 2014"]


def test_a_goal_over_time_is_told_by_each_month_s_latest_version(cast: Cast, as_hat: AsHat) -> None:
    frozen(cast.cooperation, JULY, ways=discharges()[:100])
    frozen(cast.cooperation, JULY, 2, ways=discharges(), reason="Kom in sent")
    snapshot, client = frozen(cast.cooperation), as_hat(cast.chair)
    html = page(client, f"/uppfoljning/manad/{snapshot.pk}/mal/{made(cast, 'plan_made').pk}/")
    assert html.count("208 av 223") == 3  # the goal itself, and both months


def test_two_years_of_months_are_drawn_with_fewer_names(cast: Cast, as_hat: AsHat) -> None:
    for month in range(1, 13):
        frozen(cast.cooperation, date(2013, month, 1))
        snapshot = frozen(cast.cooperation, date(2014, month, 1))
    svg = drawing(as_hat(cast.chair), address(snapshot, made(cast, "plan_made"), "over-tid"))
    names = [word for word in words(svg) if word.split()[0] in {"jan.", "juni", "dec.", "mars", "maj", "okt."}]
    assert 2 <= len(names) <= 12
