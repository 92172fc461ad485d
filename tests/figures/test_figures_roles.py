"""Who sees and does what with figures: every hat, every address, both methods. No person anywhere (R26, R31)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from meetings.figures.models import Freezing, Goal, PublishedFigure, Snapshot
from tests.cast import SECRET_NAME, SECRET_TEXT, Cast, make_user, sent
from tests.figures.frozen import frozen
from tests.figures.stage import agreed
from tests.pathway.stage import enrolled
from tests.referrals.journeys import undone
from workspace.models import AuditEntry, Cooperation, CooperationRole
from workspace.rules import Hat
from workspace.states import CooperationRoleKind

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
AsHat = Callable[[Hat], Client]
READ = ("figures", "figures_month", "figures_goal", "figures_goal_bars", "figures_goal_curve", "figures_xlsx",
        "figures_csv", "figures_finsam", "figures_finsam_xlsx")  # fmt: skip
ARRANGE = ("figures_new_goal", "figures_end_goal", "figures_threshold", "figures_published", "figures_planned",
           "figures_freeze")  # fmt: skip
OWN = ("figures_agreement", "figures_agree", "figures_end_agreement")
READERS = {"coordinator", "chair", "steering", "evaluator", "elected"}
MANAGERS = {"soc_manager", "psyk_manager"}
MISSING = 987_654_321


@dataclass
class Figures:
    """A frozen month with one of everything, and who might ask for it."""

    cast: Cast
    snapshot: Snapshot
    goal: Goal
    freezing: Freezing
    published: PublishedFigure
    hats: dict[str, Hat]

    def keys(self, name: str) -> list[int]:
        if name in {
            "figures",
            "figures_new_goal",
            "figures_planned",
            "figures_agreement",
        }:
            return []
        if name in {"figures_agree", "figures_end_agreement"}:
            return [self.cast.cooperation.pk]
        if name in {"figures_end_goal", "figures_threshold", "figures_published"}:
            return [self.goal.pk]
        if name == "figures_remove_published":
            return [self.published.pk]
        if name == "figures_freezing":
            return [self.freezing.pk]
        return [self.snapshot.pk, self.goal.pk] if name.startswith("figures_goal") else [self.snapshot.pk]

    def path(self, name: str) -> str:
        return reverse(name, args=self.keys(name))


# name, whose the page is (get), whose the act is (post), what is sent
ROWS: list[tuple[str, set[str], set[str], dict[str, Any]]] = [
    *((name, READERS, set(), {}) for name in READ),
    ("figures_change", set(), {"coordinator", "chair"}, {"text": "Vi ändrar"}),
    ("figures_new_goal", {"coordinator"}, {"coordinator"}, {
        "name": "Nytt", "event": "success", "population": "discharged", "target": "5"}),
    ("figures_end_goal", {"coordinator"}, {"coordinator"}, {}),
    ("figures_threshold", {"coordinator"}, {"coordinator"}, {"threshold": "4", "agreement": "A", "reason": "B"}),
    ("figures_published", {"coordinator"}, {"coordinator"}, {"source": "R", "total": "5"}),
    ("figures_remove_published", set(), {"coordinator"}, {}),
    ("figures_planned", {"coordinator"}, {"coordinator"}, {"month": "", "woman": "1", "man": "1"}),
    ("figures_freeze", {"coordinator"}, {"coordinator"}, {"reason": "Fel kommun"}),
    ("figures_freezing", {"coordinator"}, set(), {}),
    ("figures_agreement", MANAGERS, set(), {}),
    ("figures_agree", set(), MANAGERS, {}),
    ("figures_end_agreement", set(), MANAGERS, {}),
]  # fmt: skip


@pytest.fixture
def figures(cast: Cast) -> Figures:
    agreed(cast.cooperation, cast.soc_desk.agency)
    snapshot = frozen(cast.cooperation)
    goal = Goal.objects.get(cooperation=cast.cooperation, event="plan_made")
    freezing = Freezing.objects.create(
        cooperation=cast.cooperation, month=snapshot.month, reason="x", asked_by=cast.coordinator, total=1,
        finished_at=snapshot.made_at,
    )  # fmt: skip
    published = PublishedFigure.objects.create(goal=goal, source="R", total=9)
    hats: dict[str, Hat] = {**cast.members, "coordinator": cast.coordinator, "chair": cast.chair}
    for kind in ("steering", "evaluator", "elected"):
        hats[kind] = CooperationRole.objects.create(
            cooperation=cast.cooperation, user=make_user(kind), role=CooperationRoleKind(kind)
        )
    elsewhere = Cooperation.objects.get(name="Samverkan Arvidsjaur")
    for kind in ("coordinator", "evaluator"):
        hats[f"{kind} elsewhere"] = CooperationRole.objects.create(
            cooperation=elsewhere, user=make_user(f"{kind}2"), role=CooperationRoleKind(kind)
        )
    return Figures(cast, snapshot, goal, freezing, published, hats)


def test_the_table_names_every_address_of_the_figures() -> None:
    from meetings.figures.urls import urlpatterns

    assert sorted(one.name or "" for one in urlpatterns) == sorted(name for name, *_ in ROWS)


def expected(figures: Figures, name: str, who: str, method: str, may: set[str], acts: bool) -> set[int]:
    """What is answered. Another cooperation's role has its own pages where an address names nothing of this one's."""
    if method == "get" and not may and acts:
        return {405}
    if method == "post" and not acts:
        return {405}
    if who.endswith("elsewhere") and not figures.keys(name):
        return {200, 302, 422} if who.split()[0] in may else {404}
    return {200, 302, 409, 422} if who in may else {404}


def walk(figures: Figures, as_hat: AsHat, method: str) -> Iterator[tuple[str, str, int, set[int]]]:
    for who, hat in figures.hats.items():
        client = as_hat(hat)
        for name, readers, doers, data in ROWS:
            may, acts = (readers, bool(doers)) if method == "get" else (doers, bool(doers))
            with undone():
                got = client.get(figures.path(name)) if method == "get" else client.post(figures.path(name), data)
            yield who, name, got.status_code, expected(figures, name, who, method, may, acts)


@pytest.mark.parametrize("method", ["get", "post"])
def test_every_hat_at_every_address(figures: Figures, as_hat: AsHat, method: str) -> None:
    found = list(walk(figures, as_hat, method))
    wrong = [f"{who} {method} {name}: {status}" for who, name, status, right in found if status not in right]
    assert len(found) == len(figures.hats) * len(ROWS) and not wrong, "\n".join(wrong)


def test_what_is_hidden_and_what_does_not_exist_answer_alike(figures: Figures, as_hat: AsHat) -> None:
    client = as_hat(figures.hats["coordinator elsewhere"])
    for name, *_ in ROWS:
        keys = figures.keys(name)
        if not keys:
            continue
        hidden, missing = (client.get(reverse(name, args=[key, *keys[1:]])) for key in (keys[0], MISSING))
        assert (hidden.status_code, hidden.content) == (missing.status_code, missing.content), name


def test_nobody_signed_out_sees_anything(figures: Figures) -> None:
    for name, *_ in ROWS:
        got = Client().get(figures.path(name))
        assert got.status_code in {302, 405} and "manad" not in got.get("Location", "").split("?")[0], name


def test_those_who_only_read_find_no_form_and_no_way_to_one(figures: Figures, as_hat: AsHat) -> None:
    for who in ("evaluator", "elected", "steering"):
        client = as_hat(figures.hats[who])
        for name in ("figures", "figures_goal", "figures_finsam"):
            html = client.get(figures.path(name)).content.decode()
            main = html[html.index("<main") : html.index("</main>")]
            assert 'method="post"' not in main, (who, name)
            assert not [one for one in ARRANGE if figures.path(one) in main], (who, name)
            assert "Hämta till Excel" in main or name == "figures_goal"


def test_the_evaluator_and_the_elected_begin_at_the_figures_and_read_decisions_and_routines(
    figures: Figures, as_hat: AsHat
) -> None:
    for who in ("evaluator", "elected"):
        client = as_hat(figures.hats[who])
        assert client.get("/")["Location"] == "/uppfoljning/"
        html = client.get("/uppfoljning/").content.decode()
        nav = html[html.index('class="nav"') : html.index("</nav>")]
        assert [path for path in ("/uppfoljning/", "/beslut/", "/rutiner/") if f'href="{path}"' in nav] and nav.count(
            "<a "
        ) == 3
        for path in ("/deltagare/", "/remisser/", "/bevaka/", f"/deltagare/{figures.cast.person.pk}/"):
            assert client.get(path).status_code == 404, (who, path)


def test_no_person_is_on_any_page_or_in_any_file_and_nothing_is_logged(figures: Figures, as_hat: AsHat) -> None:
    sent(figures.cast)
    enrolled(figures.cast)
    before = AuditEntry.objects.count()
    for who in ("coordinator", "elected"):
        client = as_hat(figures.hats[who])
        shown = b"".join(client.get(figures.path(name)).content for name in READ if not name.endswith("xlsx"))
        words = (SECRET_NAME, SECRET_TEXT, "Åström", "1984")
        assert not [word for word in words if word in shown.decode()], who
    assert AuditEntry.objects.count() == before


def test_huge_numbers_in_addresses_are_a_page_that_does_not_exist(figures: Figures, as_hat: AsHat) -> None:
    client = as_hat(figures.cast.coordinator)
    for name, *_ in ROWS:
        keys = figures.keys(name)
        for at in range(len(keys)):
            odd = [int("9" * 25) if place == at else key for place, key in enumerate(keys)]
            for ask in (client.get, client.post):
                assert ask(reverse(name, args=odd)).status_code in {404, 405}, name
