"""The shared notes: a field for the pen's holder, saved while it is typed in, and the page where two texts meet."""

import re
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from meetings.actions.notes import merge_note, save_note
from meetings.forms.room import MergeForm, NoteForm
from meetings.models import AgendaItem, Meeting, NoteVersion
from meetings.queries.meetings import ItemShown
from meetings.queries.room import (
    access_item,
    author_of,
    can_hold_pen,
    count_waiting,
    last_version,
    name_of,
    note_item,
    to_merge,
    waiting_texts,
)
from meetings.rules import can_change_content, has_pen
from meetings.states import MeetingState
from workspace.doors import AnyHatRequest, do_once, hat_page
from workspace.errors import SomebodyWasFaster
from workspace.swedish import say_time


def note_context(request: AnyHatRequest, meeting: Meeting, shown: ItemShown) -> dict[str, Any]:
    """An item's note as this hat sees it: the field, or the text as it grows; and what waits to be merged."""
    item, writes = shown.item, has_pen(request.hat, meeting) and can_change_content(meeting)
    last, waits = last_version(item), waiting_texts(item)
    own = [row for row in waits if row.hat_key == request.hat.hat_key]
    return {
        "item": item,
        "number": shown.number,
        "writes": writes,
        "form": NoteForm(initial={"text": item.note, "base_version": item.note_version}),
        "saved": last,
        "waits": [{"author": author_of(row), "row": row} for row in waits] if writes else [],
        "own_waits": own if not writes else [],
        "pen_name": name_of(meeting.pen),
        "can_take_pen": not writes and can_hold_pen(request.hat, meeting),
        "seen": _seen(meeting, item, item.note_version, len(waits)) if writes else "",
        "guest": not can_hold_pen(request.hat, meeting),
    }


def _seen(meeting: Meeting, item: AgendaItem, version: int, waiting: int) -> str:
    """What the writer's field shows, in short: asked for again with the same, there is nothing new to fetch."""
    return f"{item.pk}.{version}.{meeting.pen_id}.{waiting}"


@require_POST
@hat_page
def save(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Save a note. From the script (X-Autosave) the answer is plain data, from the form a page."""
    item = note_item(request.hat, pk)
    meeting = item.meeting
    form, is_script = NoteForm(request.POST), bool(request.headers.get("X-Autosave"))
    if not form.is_valid():
        if not is_script:
            context = {"meeting": meeting, "item": item, "form": form}
            return render(request, "meetings/note.html", context, status=422)
        return JsonResponse({"says": " ".join(str(e) for errors in form.errors.values() for e in errors)}, status=422)
    data = form.cleaned_data

    def perform() -> NoteVersion:
        return save_note(
            by=request.hat,
            item=item,
            text=data["text"],
            base_version=data["base_version"],
            waiting=data["waiting"],
        )

    if is_script:
        return _plain(meeting, item, perform())
    return do_once(request, f"save_note {pk}", lambda: _next_page(request, meeting, item, perform()))


def _plain(meeting: Meeting, item: AgendaItem, row: NoteVersion) -> JsonResponse:
    if row.version is None:
        return JsonResponse({"waiting": row.pk, "merge": reverse("note_merge", args=[item.pk])}, status=409)
    seen = _seen(meeting, item, row.version, count_waiting(item))
    return JsonResponse({"version": row.version, "saved": say_time(row.saved_at), "seen": seen})


def _next_page(request: AnyHatRequest, meeting: Meeting, item: AgendaItem, row: NoteVersion) -> str:
    if row.version is None:
        return reverse("note_merge", args=[item.pk])
    messages.success(request, "Anteckningen är sparad.")
    return room_address(meeting, item)


def room_address(meeting: Meeting, item: AgendaItem) -> str:
    """The room where this item is shown: following, if the meeting is at it."""
    return reverse("room", args=[meeting.pk]) + ("" if item.pk == meeting.current_item_id else f"?punkt={item.pk}")


# ---------- where two texts meet ----------
class Line(NamedTuple):
    """A line of one of the texts: in pieces of words, each in both texts or only here."""

    is_own: bool  # not in the other text, or not so
    words: list[tuple[str, bool]]


LONG_LINE = 4000  # characters: a longer line is not compared word by word, which grows with its square


def _words(ours: str, theirs: str) -> tuple[Line, Line]:
    """Two lines that stand in the same place, and which of their words the other has not."""
    if max(len(ours), len(theirs)) > LONG_LINE:
        return Line(True, [(ours, True)]), Line(True, [(theirs, True)])
    a, b = re.findall(r"\s+|\S+", ours), re.findall(r"\s+|\S+", theirs)
    left: list[tuple[str, bool]] = []
    right: list[tuple[str, bool]] = []
    for kind, i, j, k, m in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if j > i:
            left.append(("".join(a[i:j]), kind != "equal"))
        if m > k:
            right.append(("".join(b[k:m]), kind != "equal"))
    return Line(True, left), Line(True, right)


def side_by_side(ours: str, theirs: str) -> tuple[list[Line], list[Line], str]:
    """Both texts in lines with what only one of them has, and a text that holds every line of both."""
    a, b = ours.split("\n"), theirs.split("\n")
    left: list[Line] = []
    right: list[Line] = []
    both: list[str] = []
    for kind, i, j, k, m in SequenceMatcher(None, a, b).get_opcodes():
        if kind == "equal":
            left += [Line(False, [(line, False)]) for line in a[i:j]]
            right += [Line(False, [(line, False)]) for line in b[k:m]]
            both += a[i:j]
            continue
        for own, other in zip(a[i:j], b[k:m], strict=False):
            one, two = _words(own, other)
            left.append(one)
            right.append(two)
        pairs = min(j - i, m - k)
        left += [Line(True, [(line, True)]) for line in a[i + pairs : j]]
        right += [Line(True, [(line, True)]) for line in b[k + pairs : m]]
        # A line that the other has and goes on with is there once; else both stand, one after the other.
        both += [line for line in a[i:j] if line and not any(other.startswith(line) for other in b[k:m])]
        both += [line for line in b[k:m] if line and not any(line != own and own.startswith(line) for own in a[i:j])]
    return left, right, "\n".join(both)


@hat_page
def merge(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Both texts side by side, and a field with both. Whoever has not the pen reads its own text there."""
    meeting, item = access_item(request.hat, pk)
    holds = has_pen(request.hat, meeting) and can_change_content(meeting)
    waits = to_merge(request.hat, item, holds)
    if request.method == "POST":
        return _merge(request, meeting, item, waits)
    if waits is None:
        return redirect("room", pk=meeting.pk)
    return _merge_page(request, meeting, item, waits)


def _merge(request: AnyHatRequest, meeting: Meeting, item: AgendaItem, waits: NoteVersion | None) -> HttpResponse:
    form = MergeForm(request.POST)
    if not form.is_valid():
        if waits is None:
            raise Http404
        return _merge_page(request, meeting, item, waits, form, status=422)
    data = form.cleaned_data

    def perform() -> str:
        merge_note(by=request.hat, item=item, **data)
        messages.success(request, "Texterna är ihopslagna.")
        more = to_merge(request.hat, item, holds_pen=True)
        return reverse("note_merge", args=[item.pk]) if more else room_address(meeting, item)

    try:
        return do_once(request, f"merge_note {item.pk}", perform)
    except SomebodyWasFaster as refusal:
        _, item = access_item(request.hat, item.pk)
        waits = to_merge(request.hat, item, has_pen(request.hat, meeting))
        return _merge_page(request, meeting, item, waits, form, refused=refusal.sentence, status=409)


def _merge_page(
    request: AnyHatRequest,
    meeting: Meeting,
    item: AgendaItem,
    waits: NoteVersion | None,
    form: MergeForm | None = None,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    left, right, both = side_by_side(item.note, waits.text if waits else item.note)
    fresh = {
        "base_version": item.note_version,
        "waiting": waits.pk if waits else None,
        "waiting_seen": waits.saved_at.isoformat() if waits else "",
    }
    if form is None:
        form = MergeForm(initial={**fresh, "text": both})
    elif refused:
        # What was typed stays; what it is measured against is what the page shows now.
        form = MergeForm({**fresh, "text": form.cleaned_data["text"]})
    context = {
        "meeting": meeting,
        "item": item,
        "waits": waits,
        "author": author_of(waits) if waits else "",
        "is_own": waits is not None and waits.hat_key == request.hat.hat_key,
        "left": left,
        "right": right,
        "form": form,
        "writes": has_pen(request.hat, meeting),
        "pen_name": name_of(meeting.pen),
        "runs": meeting.state == MeetingState.IN_PROGRESS,
        "refused": refused,
    }
    return render(request, "meetings/note_merge.html", context, status=status)
