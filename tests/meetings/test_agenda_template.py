"""The agenda that a group's next meetings begin with: who changes it, and that no opened meeting changes."""

from collections.abc import Callable

import pytest
from django.test import Client

from meetings.models import TemplateItem
from meetings.states import ItemKind
from tests.cast import Cast
from tests.meetings.cast import Room, make_meeting
from tests.meetings.test_agenda import FORM, hats, titles
from tests.steering.stage import Steering, make_steering
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
AsHat = Callable[[Hat], Client]


@pytest.fixture
def stage(cast: Cast) -> Steering:
    return make_steering(cast)


def template_titles(room: Room) -> list[str]:
    return list(TemplateItem.objects.filter(group=room.group).order_by("position").values_list("title", flat=True))


def test_the_groups_own_agenda_is_changed_by_arrangers_and_touches_no_opened_meeting(room: Room, as_hat: AsHat) -> None:
    path, before = f"/moten/grupp/{room.group.pk}/dagordning/", titles(room.meeting)
    client = as_hat(room.cast.soc)
    assert "Möten som redan är öppnade ändras inte" in client.get(path).content.decode()
    client.post(f"{path}ny/", FORM)
    line = TemplateItem.objects.get(title="Väntrum")
    client.post(f"{path}{line.pk}/andra/", FORM | {"title": "Väntrum för tolk", "section": "opening"})
    assert template_titles(room)[1] == "Väntrum för tolk"
    client.post(f"{path}{line.pk}/flytta/", {"vart": "upp"})
    assert template_titles(room)[0] == "Väntrum för tolk"
    client.post(f"{path}ordna/", {"item": line.pk, "after": TemplateItem.objects.get(title="Nästa möte").pk})
    assert template_titles(room)[-1] == "Väntrum för tolk"
    assert titles(make_meeting(room.group, days=40))[-1] == "Väntrum för tolk" and titles(room.meeting) == before
    client.post(f"{path}{line.pk}/ta-bort/")
    assert "Väntrum för tolk" not in template_titles(room)


def test_gender_equality_stays_on_the_groups_own_agenda(room: Room, as_hat: AsHat) -> None:
    path = f"/moten/grupp/{room.group.pk}/dagordning/"
    line = TemplateItem.objects.get(group=room.group, kind=ItemKind.GENDER_EQUALITY)
    client = as_hat(room.cast.coordinator)
    assert client.post(f"{path}{line.pk}/ta-bort/").status_code == 403
    client.post(f"{path}{line.pk}/andra/", FORM | {"title": "Fika"})
    assert "Jämställdhet" in template_titles(room)


def test_who_reads_and_who_changes_the_groups_own_agenda(room: Room, as_hat: AsHat) -> None:
    path, line = f"/moten/grupp/{room.group.pk}/dagordning/", TemplateItem.objects.filter(group=room.group).first()
    assert line is not None
    for name, hat in hats(room).items():
        arranges, sees = name in {"soc", "psyk", "coordinator"}, name in {"soc_2", "psyk_2", "fk"}
        client = as_hat(hat)
        assert client.get(path).status_code == (200 if arranges or sees else 404), name
        expected = 302 if arranges else 403 if sees else 404
        got = {
            client.post(f"{path}ny/", FORM).status_code,
            client.post(f"{path}{line.pk}/andra/", FORM).status_code,
            client.post(f"{path}{line.pk}/flytta/", {"vart": "ner"}).status_code,
            client.post(f"{path}ordna/", {"item": line.pk}).status_code,
        }
        assert got == {expected}, name


def test_what_the_product_prepares_is_offered_once_each_to_who_arranges(stage: Steering, as_hat: AsHat) -> None:
    path = f"/moten/grupp/{stage.group.pk}/dagordning/"
    client = as_hat(stage.cast.chair)
    assert "Det här kan förberedas av sig självt" not in client.get(path).content.decode()  # all stand there
    TemplateItem.objects.filter(group=stage.group, kind__in=("figures", "disputes")).delete()
    html = client.get(path).content.decode()
    assert "Det här kan förberedas av sig självt" in html
    assert 'value="figures"' in html and 'value="disputes"' in html and 'value="representation"' not in html
    for hat in (stage.cast.fk, stage.steering):
        read = as_hat(hat)
        assert "Det här kan förberedas" not in read.get(path).content.decode()
        assert read.post(f"{path}forberedd/", {"kind": "figures"}).status_code == 403
    assert as_hat(stage.evaluator).post(f"{path}forberedd/", {"kind": "figures"}).status_code == 404
    client.post(f"{path}forberedd/", {"kind": "figures"})
    answer = client.post(f"{path}forberedd/", {"kind": "figures"})
    line = TemplateItem.objects.get(group=stage.group, kind=ItemKind.FIGURES)
    assert answer["Location"] == f"{path}#punkt-{line.pk}"
    assert (line.title, line.section, line.minutes) == ("Mål och väntetider", "follow_up", 20)
    lines = list(TemplateItem.objects.filter(group=stage.group).order_by("position"))
    assert [one.position for one in lines] == list(range(1, len(lines) + 1))
    assert lines[-1].title == "Nästa möte" and lines[-2] == line
    assert "Förbereds av sig självt" in client.get(path).content.decode()
    assert make_meeting(stage.group, days=60).items.filter(kind=ItemKind.FIGURES).count() == 1
    for wrong in ("case", "ordinary", "", "x"):
        assert client.post(f"{path}forberedd/", {"kind": wrong}).status_code == 404


def test_a_group_that_does_not_steer_is_offered_only_what_every_agenda_can_have(room: Room, as_hat: AsHat) -> None:
    path = f"/moten/grupp/{room.group.pk}/dagordning/"
    client = as_hat(room.cast.soc)
    html = client.get(path).content.decode()
    assert 'value="decision_review"' in html and 'value="figures"' not in html
    assert client.post(f"{path}forberedd/", {"kind": "figures"}).status_code == 404
    TemplateItem.objects.filter(group=room.group, kind=ItemKind.GENDER_EQUALITY).delete()
    assert 'value="gender_equality"' in client.get(path).content.decode()
    client.post(f"{path}forberedd/", {"kind": "gender_equality"})
    assert template_titles(room) == ["Runda: nytt sedan sist", "Uppgifter sedan sist", "Jämställdhet", "Nästa möte"]


def test_a_prepared_line_is_moved_and_taken_away_as_any_other(stage: Steering, as_hat: AsHat) -> None:
    path, client = f"/moten/grupp/{stage.group.pk}/dagordning/", as_hat(stage.cast.coordinator)
    line = TemplateItem.objects.get(group=stage.group, kind=ItemKind.REPRESENTATION)
    assert client.post(f"{path}{line.pk}/flytta/", {"vart": "upp"}).status_code == 302
    assert client.post(f"{path}{line.pk}/andra/", FORM | {"title": "Vilka som är med"}).status_code == 302
    line.refresh_from_db()
    assert (line.title, line.kind) == ("Vilka som är med", ItemKind.REPRESENTATION)
    assert client.post(f"{path}{line.pk}/ta-bort/").status_code == 302
    assert 'value="representation"' in client.get(path).content.decode()
