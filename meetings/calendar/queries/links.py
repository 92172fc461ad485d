"""Where the links that stand in calendars lead: to which meeting or conversation, and for whom."""

import uuid
from dataclasses import dataclass

from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from meetings.calendar.models import Entry
from meetings.models import Conversation, Meeting, Series
from meetings.queries.conversations import conversations_visible_to
from meetings.queries.meetings import meetings_visible_to
from meetings.rules import of_hat
from meetings.states import NEVER_HELD
from workspace.rules import Hat


@dataclass(frozen=True)
class Lead:
    """Where a link leads, and as which hat."""

    hat: Hat
    path: str


def own_entry(hat: Hat, thing: Meeting | Conversation) -> Entry | None:
    """The hat's own entry of just this thing; not one of a series, whose uid stands for all its days."""
    of = {"meeting": thing} if isinstance(thing, Meeting) else {"conversation": thing}
    return Entry.objects.filter(of_hat(hat), ended_at__isnull=True, instead_of__isnull=True, **of).first()


def uid_for(hat: Hat, name: str, pk: int) -> uuid.UUID:
    """What a thing is called in the calendar of somebody who has no entry of it. `name`: of the address of its page.

    The same each time; only who has the product's key can tell what it is of.
    """
    digest = salted_hmac("meetings.calendar.uid", f"{hat.hat_key} {name} {pk}", algorithm="sha256").digest()
    return uuid.UUID(bytes=digest[:16], version=5)


def find_lead(hats: list[Hat], uid: uuid.UUID) -> Lead | None:
    """Where a link leads one of these hats, which are one person's; the first of them is asked first.

    None for what is somebody else's, and for what is of a hat that they do not have any more.
    """
    own = Entry.objects.filter(user=hats[0].user_id, uid=uid).select_related("series")
    entry = own.order_by(F("instead_of").asc(nulls_first=True)).first()
    if entry is None:
        return next((Lead(hat, path) for hat in hats if (path := _downloaded(hat, uid))), None)
    hat = next((hat for hat in hats if hat.hat_key == entry.hat_key), None)
    return Lead(hat, _path_of(entry)) if hat is not None else None


def _path_of(entry: Entry) -> str:
    if entry.meeting_id is not None:
        return reverse("meeting", args=[entry.meeting_id])
    if entry.series is not None:
        return _path_of_series(entry.series)
    return reverse("conversation", args=[entry.conversation_id])


def _path_of_series(series: Series) -> str:
    """The series' next meeting that is not over; the group's page where there is none."""
    ahead = Meeting.objects.filter(series=series, ends_at__gt=timezone.now()).exclude(state__in=NEVER_HELD)
    meeting = ahead.order_by("starts_at", "pk").first()
    return reverse("meeting", args=[meeting.pk]) if meeting else reverse("group", args=[series.group_id])


def _downloaded(hat: Hat, uid: uuid.UUID) -> str:
    """The page of what this hat may have downloaded by this uid; "" for none. Asked of what the hat may open only."""
    for name, found in (("meeting", meetings_visible_to(hat)), ("conversation", conversations_visible_to(hat))):
        for pk in found.order_by().values_list("pk", flat=True):
            if uid_for(hat, name, pk) == uid:
                return reverse(name, args=[pk])
    return ""
