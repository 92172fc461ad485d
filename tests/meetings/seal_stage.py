"""Minutes that are signed and sealed, what is read of them, and whether anything of it has changed."""

from io import StringIO
from typing import Any

from django.core.management import CommandError, call_command
from django.db import models
from django.test import Client
from django.urls import reverse

from meetings.actions.approvals import approve_minutes
from meetings.models import (
    Group,
    Minutes,
    MinutesAddendum,
    MinutesApproval,
    MinutesPart,
    MinutesPosting,
    MinutesSeal,
)
from meetings.states import MinutesMode
from tests.meetings.cast import Room
from tests.meetings.minutes_stage import Held, make_held, sent_by_soc

KEPT: tuple[type[models.Model], ...] = (
    Minutes,
    MinutesPart,
    MinutesApproval,
    MinutesSeal,
    MinutesAddendum,
    MinutesPosting,
)


def formal(room: Room) -> Room:
    """The room's group, whose minutes from now on are formal."""
    Group.objects.filter(pk=room.group.pk).update(minutes_mode=MinutesMode.FORMAL)
    room.group.refresh_from_db()
    room.meeting.group.refresh_from_db()
    return room


def formal_held(room: Room) -> Held:
    held = make_held(formal(room))
    held.meeting.refresh_from_db()
    return held


def locked(held: Held) -> Minutes:
    """Sent by soc to all, signed by soc and psyk, and so sealed."""
    minutes = sent_by_soc(held, held.soc, held.psyk)
    for hat in (held.room.cast.soc, held.room.cast.psyk):
        approve_minutes(by=hat, minutes=minutes)
    held.meeting.refresh_from_db()
    return minutes


def verify() -> tuple[int, str]:
    """What `manage.py verify_minutes` ends with and says."""
    out = StringIO()
    try:
        call_command("verify_minutes", stdout=out)
    except CommandError as error:
        return error.returncode, out.getvalue() + str(error)
    return 0, out.getvalue()


def rows() -> dict[str, list[dict[str, Any]]]:
    """Every row that a seal stands on."""
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in KEPT}


def read(held: Held, client: Client, version: int = 1) -> str:
    """What a recipient reads of a version: its text."""
    return client.get(reverse("minutes_text_fragment", args=[held.meeting.pk, version])).content.decode()
