"""The forms of a person's calendar, and what the tests of secrecy open of it."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from meetings.calendar.models import Entry, FeedAddress
from meetings.ical.events import Event
from meetings.ical.writing import event_text
from meetings.models import BusySource, Conversation, Group, Meeting
from meetings.rules import hat_fields
from tests.calendar.replying import entry_of, said_of
from tests.cast import Cast
from tests.meetings.calling import call
from tests.meetings.cast import make_room
from workspace.actions.accounts import digest_of
from workspace.models import Cooperation, UserAccount
from workspace.rules import Hat

Form = Callable[[], tuple[Hat, str, dict[str, Any]]]
MISSING_UID, MISSING = uuid.UUID("7f1c2a52-5d6e-4a4a-9f0b-2d1d5c3f6e10"), 987_654


def make_address(hat: Hat, token: str, name: str = "Outlook på jobbet", **more: Any) -> FeedAddress:
    return FeedAddress.objects.create(user=hat.user, name=name, digest=digest_of(token), **more)


def some_meeting() -> Meeting:
    """A meeting to hang entries on that are about nothing else."""
    starts_at = timezone.now()
    group, _ = Group.objects.get_or_create(cooperation=Cooperation.objects.all()[0], name="Gruppen")
    return Meeting.objects.create(group=group, starts_at=starts_at, ends_at=starts_at + timedelta(hours=1))


def make_entry(hat: Hat, thing: Meeting | Conversation | None = None, *, days: int = 7, **more: Any) -> Entry:
    """An entry of a hat, with its text, without asking whether it is called."""
    starts_at = timezone.now().replace(microsecond=0) + timedelta(days=days)
    times = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=1)}
    of = {"conversation": thing} if isinstance(thing, Conversation) else {"meeting": thing or some_meeting()}
    entry = Entry(user=hat.user, **hat_fields(hat), **{**times, **of, **more})
    if "text" not in more:
        url = f"https://samverkan.exempel.se/kalender/{entry.uid}/"
        moments = entry.starts_at, entry.ends_at
        entry.text = event_text(Event(str(entry.uid), entry.sequence, timezone.now(), *moments, url, entry.place))
    entry.save()
    return entry


def make_keys(cast: Cast, name: str, *, missing: bool) -> Any:
    """The key in an address of soc's own calendar."""
    if name == "calendar_link":
        if missing:
            return MISSING_UID
        kept = Entry.objects.filter(user=cast.soc.user).first()
        return (kept or make_entry(cast.soc)).uid
    if missing:
        return MISSING
    found = FeedAddress.objects.filter(user=cast.soc.user).first()
    return (found or make_address(cast.soc, "hemlig-adress")).pk


def calendar_forms(cast: Cast) -> dict[str, Form]:
    """Address name -> who posts what where. Called, each makes what it needs."""

    def removal() -> tuple[Hat, str, dict[str, Any]]:
        return cast.soc, f"/kalender/adress/{make_address(cast.soc, 'hemlig-adress').pk}/ta-bort/", {}

    def busy_removal() -> tuple[Hat, str, dict[str, Any]]:
        BusySource.objects.create(user=cast.soc.user, host="exempel.se")
        return cast.soc, "/kalender/upptagen/ta-bort/", {}

    def reply() -> tuple[Hat, str, dict[str, Any]]:
        meeting = call(make_room(cast))
        UserAccount.objects.filter(pk=cast.psyk.user_id).update(email="psyk@kommun.example")
        said = said_of(entry_of(cast.psyk, meeting))
        return cast.psyk, "/kalender/svar/", {"reply": SimpleUploadedFile("svar.ics", said.as_file())}

    return {
        "choose_calls": lambda: (cast.coordinator, "/kalender/val/", {"reminder": "60"}),
        "end_feed_address": removal,
        "busy_calendar": lambda: (cast.chair, "/kalender/upptagen/", {"address": "https://exempel.se/min.ics"}),
        "remove_busy_calendar": busy_removal,
        "upload_reply": reply,
    }


CALENDAR_FORMS = ["choose_calls", "end_feed_address", "busy_calendar", "remove_busy_calendar", "upload_reply"]
