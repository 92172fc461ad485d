"""The agenda that a group's next meetings begin with: who changes it, and that no opened meeting changes."""

from collections.abc import Callable

import pytest
from django.test import Client

from meetings.models import TemplateItem
from meetings.states import ItemKind
from tests.meetings.cast import Room, make_meeting
from tests.meetings.test_agenda import FORM, hats, titles
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
AsHat = Callable[[Hat], Client]


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
