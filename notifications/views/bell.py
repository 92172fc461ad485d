"""The bell, and the list of what has been told: unread first by consequence, then what is read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.signing import BadSignature, Signer
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from notifications.actions import mark_read
from notifications.actions.reading import mark_all_read, mark_unread, undo_marking
from notifications.models import Notification
from notifications.queries import last_seq, marked_at, notifications_of, read_before, unread_first
from notifications.registry import all_kinds
from notifications.states import Urgency
from workspace.doors import MemberRequest, do_once, member_page
from workspace.models import Agency, Membership
from workspace.swedish import say_count, say_time

PAGE = 30  # rows of what is read
MOST_UNREAD = 200  # rows at once of what is not; more come as these are read
JUST_NOW = timedelta(minutes=2)  # how long lägesraden says «Nyss»
LONGEST = 18  # digits of a number that fits the database
# Several notices of one thing in one line: «3 nya i R-1042».
THING = {
    "referral": "i {number}",
    "meeting": "om mötet {number}",
    "conversation": "om samtalet {number}",
    "case": "om ett ärende på mötet {number}",
}
START = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Line:
    """A notice in words: who, what, where it leads."""

    pk: int
    at: datetime
    agency: Agency | None
    says: str
    url: str

    @property
    def row_id(self) -> str:
        return f"notis-{self.pk}"


@dataclass
class Thing:
    """What is unread about one thing, the newest first."""

    key: str
    words: str
    lines: list[Line]

    @property
    def newest(self) -> Line:
        return self.lines[0]

    @property
    def row_id(self) -> str:
        return f"sak-{self.key}"

    @property
    def says(self) -> str:
        return f"{len(self.lines)} nya {self.words}" if len(self.lines) > 1 else self.newest.says


@dataclass(frozen=True)
class Section:
    urgency: Urgency
    things: list[Thing]


def said(notification: Notification) -> Line:
    kind = all_kinds()[notification.kind]
    return Line(
        notification.pk,
        notification.made_at,
        notification.acting_agency,
        kind.says.format(number=notification.number),
        reverse(kind.address, args=[notification.object_id]),
    )


def sections_of(unread: Iterable[Notification]) -> list[Section]:
    """By consequence, and each thing once: under what asks most of it. `unread` comes in that order, the things of a
    section by their newest line."""
    things: dict[str, Thing] = {}
    found: dict[Urgency, list[Thing]] = {urgency: [] for urgency in Urgency}
    for row in unread:
        about = all_kinds()[row.kind].about
        key = f"{about}-{row.object_id}"
        if key not in things:
            words = THING.get(about, "om samma sak").format(number=row.number)
            things[key] = Thing(key, words, [])
            found[Urgency(row.urgency)].append(things[key])
        things[key].lines.append(said(row))
    for thing in things.values():
        thing.lines.sort(key=lambda line: (line.at, line.pk), reverse=True)
    for rows in found.values():
        rows.sort(key=lambda thing: (thing.newest.at, thing.newest.pk), reverse=True)
    return [Section(urgency, rows) for urgency, rows in found.items() if rows]


def number_in(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= LONGEST else None


def list_context(request: MemberRequest) -> dict[str, Any]:
    """The list from its beginning, or from a number on where somebody reads further back. Two queries."""
    before = number_in(request.GET.get("fore", ""))
    unread = list(unread_first(request.hat, MOST_UNREAD + 1)) if before is None else []
    rows = list(read_before(request.hat, before, PAGE + 1))
    return {
        "before": before,
        "sections": sections_of(unread[:MOST_UNREAD]),
        "more_unread": len(unread) > MOST_UNREAD,
        "newest": max((row.seq for row in unread), default=0),
        "read": [said(row) for row in rows[:PAGE]],
        "older": rows[PAGE - 1].seq if len(rows) > PAGE else None,
    }


@member_page
def notifications(request: MemberRequest) -> HttpResponse:
    """Everything this hat has been told and can still open. Names nobody, so nothing to log."""
    mark = request.GET.get("angra", "")
    moment = moment_in(request.hat, mark)
    marked = marked_at(request.hat, moment) if moment else 0
    context = list_context(request) | {"mark": mark, "marked": say_count(marked, "händelse", "händelser")}
    return render(request, "notifications/list.html", context | {"can_undo": marked > 0})


@member_page
def notifications_fragment(request: MemberRequest) -> HttpResponse:
    """The list alone, as it is now."""
    return render(request, "notifications/_list.html", list_context(request))


@member_page
def bell(request: MemberRequest) -> HttpResponse:
    """The bell as it is now, with the newest unread notice of the last minutes as a line for lägesraden.

    Not one about what the page already shows (`topic`): that page has changed by itself.
    """
    topic = request.GET.get("topic", "")[:40]
    context: dict[str, Any] = {"topic": topic}
    newest = notifications_of(request.hat).filter(read_at__isnull=True, made_at__gte=timezone.now() - JUST_NOW).first()
    if newest is not None and topic != f"{newest.kind.partition('.')[0]}:{newest.object_id}":
        line = said(newest)
        text = f"{line.agency.name} {line.says}." if line.agency else f"{line.says[:1].upper()}{line.says[1:]}."
        context["wire"] = {"state": "news", "text": text, "url": line.url, "time": say_time(line.at)}
    return render(request, "_bell.html", context)


# ---------- marks ----------
def _signer(hat: Membership) -> Signer:
    return Signer(salt=f"notifications.marked.{hat.hat_key}")


def mark_of(hat: Membership, moment: datetime) -> str:
    """What names one «Markera alla», as this hat alone can hand it back."""
    return _signer(hat).sign(str((moment - START) // MICROSECOND))


def moment_in(hat: Membership, mark: str) -> datetime | None:
    """The moment of a mark that is this hat's; None for none, or somebody else's."""
    try:
        return START + int(_signer(hat).unsign(mark)) * MICROSECOND
    except BadSignature:
        return None


@require_POST
@member_page
def read_all(request: MemberRequest) -> HttpResponse:
    """Mark all that the page showed as read, once however often it is sent, and offer to undo it."""
    shown = number_in(request.POST.get("till", ""))
    up_to = last_seq(request.hat) if shown is None else shown

    def perform() -> str:
        moment = mark_all_read(by=request.hat, up_to=up_to)
        there = reverse("notifications")
        if moment is None:
            return there
        return f"{there}?{urlencode({'angra': mark_of(request.hat, moment)})}"

    return do_once(request, "read_all", perform)


@require_POST
@member_page
def undo_read_all(request: MemberRequest) -> HttpResponse:
    """What one «Markera alla» marked is unread again."""
    moment = moment_in(request.hat, request.POST.get("marke", ""))
    if moment is None:
        messages.error(request, "Det går inte att ångra här. Öppna händelserna på nytt och försök en gång till.")
        return redirect("notifications")

    def perform() -> str:
        found = undo_marking(by=request.hat, moment=moment)
        again = f"{say_count(found, 'händelse är oläst', 'händelser är olästa').capitalize()} igen."
        messages.success(request, again if found else "Det fanns inget kvar att ångra.")
        return reverse("notifications")

    return do_once(request, "undo_read_all", perform)


@require_POST
@member_page
def mark(request: MemberRequest) -> HttpResponse:
    """Mark some of what this hat has been told as read, or as unread. Another hat's are not there to be marked.

    A script that has sent the form refreshes the list itself.
    """
    chosen = [pk for text in request.POST.getlist("notis")[:MOST_UNREAD] if (pk := number_in(text)) is not None]
    rows = notifications_of(request.hat).filter(pk__in=chosen)
    if request.POST.get("som") == "olast":
        mark_unread(by=request.hat, notifications=rows)
    else:
        mark_read(by=request.hat, notifications=rows)
    return HttpResponse(status=204) if request.htmx else redirect("notifications")
