"""The live room: one page that follows the meeting, and the verbs on it."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from meetings.actions import room as actions
from meetings.forms.room import GenderEqualityForm, GoForm
from meetings.models import AgendaItem, Meeting
from meetings.queries import access_meeting, is_guest_only
from meetings.queries.meetings import ItemShown
from meetings.queries.room import (
    RoomShown,
    access_item,
    can_hold_pen,
    can_resume,
    can_take_pen,
    circle_and_rest,
    left_over,
    name_of,
    presence_of,
    room_of,
    time_left,
)
from meetings.queries.standing import answer_seen, has_more_than_words
from meetings.rules import can_change_content, can_lead, has_pen, is_arranger
from meetings.states import GenderAnswer, ItemKind, MeetingState
from meetings.views.cases import case_context
from meetings.views.follow_up import outcomes_context
from meetings.views.notes import note_context
from notifications.actions import mark_read
from notifications.queries import notifications_about
from workspace.doors import AnyHatRequest, do_once, hat_page
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Membership

Context = dict[str, Any]


def frame_context(request: AnyHatRequest, meeting: Meeting, chosen: int | None = None) -> Context:
    """What every piece of the room knows. `chosen` is an item to show whatever the address says.

    After the meeting, until its minutes go, an item that is chosen is shown as it was, to be put right.
    """
    asked = request.GET.get("punkt", "")
    if chosen is None and asked.isdecimal() and len(asked) < 10:
        chosen = int(asked)
    room = room_of(request.hat, meeting, chosen)
    runs, held = meeting.state == MeetingState.IN_PROGRESS, meeting.state == MeetingState.HELD
    opens = runs or (held and can_change_content(meeting))
    return {
        "meeting": meeting,
        "room": room,
        "shown": room.shown if opens else None,
        "topic": f"meeting:{meeting.pk}",
        "query": _query(room) if opens else "",
        "opens_items": opens,
        "is_ahead": meeting.state in {MeetingState.PLANNED, MeetingState.CALLED},
        "is_running": runs,
        "is_held": held,
        "leads": can_lead(request.hat, meeting),
        "has_pen": has_pen(request.hat, meeting),
        "can_resume": held and can_resume(meeting),
    }


def _query(room: RoomShown) -> str:
    """What the page's regions tell when they are fetched anew: the item chosen, and the case that they show."""
    said: dict[str, int] = {}
    if room.shown is not None and not room.follows:
        said["punkt"] = room.shown.item.pk
    if room.shown is not None and room.shown.item.kind == ItemKind.CASE and room.shown.access == "circle":
        said["visar"] = room.shown.item.pk
    return f"?{urlencode(said)}" if said else ""


def _has_ended(request: AnyHatRequest, room: RoomShown) -> bool:
    """The page shows a case that this hat no longer takes part in: then it goes at once, also under its hands."""
    cases = [one for one in room.items if one.item.kind == ItemKind.CASE and one.access == "outside"]
    return request.GET.get("visar") in {str(one.item.pk) for one in cases}


# ---------- the pieces ----------
def _head(request: AnyHatRequest, meeting: Meeting, context: Context) -> Context:
    room: RoomShown = context["room"]
    shown: ItemShown | None = context["shown"]
    found: Context = {"time": None, "sees": [], "sees_not": [], "pen_name": "", "can_take_pen": False}
    if not context["is_running"] and shown is None:
        return found
    if room.current is not None and shown is room.current:
        found["time"] = time_left(room.current, timezone.now())
    if shown is not None and shown.item.kind == ItemKind.CASE and shown.access == "circle":
        found["sees"], found["sees_not"] = circle_and_rest(meeting, shown.item)
    holds = can_hold_pen(request.hat, meeting)
    pen_name = name_of(meeting.pen) if holds else ""
    return found | {"pen_name": pen_name, "can_take_pen": can_take_pen(request.hat, meeting)}


def _agenda(request: AnyHatRequest, meeting: Meeting, context: Context) -> Context:
    """That gender equality is missing, for whoever may put it back: the meeting does not end without it (R15)."""
    may = context["opens_items"] and is_arranger(request.hat, meeting.group)
    there = any(one.item.kind == ItemKind.GENDER_EQUALITY for one in context["room"].items)
    return {"lacks_gender": may and not there}


def _stage(request: AnyHatRequest, meeting: Meeting, context: Context) -> Context:
    """The words where there is no item to show: before, after, and outside."""
    waits = left_over(request.hat, meeting, context["has_pen"]) if context["is_held"] else []
    return {"is_guest": is_guest_only(request.hat, meeting), "left_over": waits}


def _note(request: AnyHatRequest, meeting: Meeting, context: Context) -> Context:
    shown: ItemShown | None = context["shown"]
    if shown is None or shown.item.kind == ItemKind.CASE or shown.access == "outside":
        return {"note": None}
    return {"note": note_context(request, meeting, shown)}


def _gender(request: AnyHatRequest, meeting: Meeting, context: Context) -> Context:
    shown: ItemShown | None = context["shown"]
    if shown is None or shown.item.kind != ItemKind.GENDER_EQUALITY or shown.access == "outside":
        return {"gender": None}
    item = shown.item
    may = context["leads"] and can_change_content(meeting)
    initial = {"answer": item.gender_answer, "text": item.gender_text, "seen": answer_seen(item)}
    form = GenderEqualityForm(initial=initial, prefix="g") if may and not has_more_than_words(item) else None
    label = GenderAnswer(item.gender_answer).label if item.gender_answer else ""
    return {"gender": {"item": item, "label": label, "form": form, "elsewhere": may and form is None}}


def _case(request: AnyHatRequest, meeting: Meeting, context: Context) -> Context:
    shown: ItemShown | None = context["shown"]
    if shown is None or shown.item.kind != ItemKind.CASE or shown.access != "circle":
        return {"case_shown": None}
    return {"case_shown": shown} | case_context(request, meeting, shown)


def _outcomes(request: AnyHatRequest, meeting: Meeting, context: Context) -> Context:
    shown: ItemShown | None = context["shown"]
    if shown is None or shown.access == "outside":
        return {"outcomes_shown": None}
    return {"outcomes_shown": shown} | outcomes_context(request, meeting, shown)


def _presence(request: AnyHatRequest, meeting: Meeting, context: Context) -> Context:
    return {"presence": presence_of(meeting, context["room"], timezone.now())}


PIECES: dict[str, tuple[str, Callable[[AnyHatRequest, Meeting, Context], Context]]] = {
    "huvud": ("_room_head", _head),
    "dagordning": ("_room_agenda", _agenda),
    "lage": ("_room_stage", _stage),
    "anteckning": ("_room_note", _note),
    "jamstalldhet": ("_room_gender", _gender),
    "utfall": ("_room_outcomes", _outcomes),
    "arende": ("_room_case", _case),
    "har": ("_room_presence", _presence),
}


def page_context(request: AnyHatRequest, meeting: Meeting, chosen: int | None = None, **more: Any) -> Context:
    """The whole room, as the fragments show it piece by piece."""
    context = frame_context(request, meeting, chosen)
    for _, piece_context in PIECES.values():
        context |= piece_context(request, meeting, context)
    return context | more


@hat_page
def room(request: AnyHatRequest, pk: int) -> HttpResponse:
    """The room of one meeting: before it begins, while it goes on, and after. That it has begun is read by coming."""
    found = access_meeting(request.hat, pk)
    if isinstance(request.hat, Membership):
        mark_read(by=request.hat, notifications=notifications_about(request.hat, "meeting.started", pk))
    return render(request, "meetings/room.html", page_context(request, found))


@hat_page
def room_fragment(request: AnyHatRequest, pk: int, piece: str) -> HttpResponse:
    """One region of the room, as it is now. 204 where the writer's page shows that already."""
    if piece not in PIECES:
        raise Http404
    found = access_meeting(request.hat, pk)
    name, piece_context = PIECES[piece]
    context = frame_context(request, found)
    context |= piece_context(request, found, context)
    seen = request.GET.get("sett")
    if piece == "anteckning" and seen and context["note"] and context["note"]["seen"] == seen:
        return HttpResponse(status=204)
    response = render(request, f"meetings/{name}.html", context)
    if _has_ended(request, context["room"]):
        response["X-Access-Ended"] = "1"
    return response


# ---------- verbs ----------
def act(request: AnyHatRequest, meeting: Meeting, name: str, perform: Callable[[], str | None]) -> HttpResponse:
    """Do a verb once and go back to the room. `perform` may return what to say to whoever did it.

    Somebody was faster: the room as it is now, and a line that says so. Refused: the room, with the reason on top.
    """

    def once() -> str:
        said = perform()
        if said:
            messages.success(request, said)
        return reverse("room", args=[meeting.pk])

    try:
        return do_once(request, f"{name} {meeting.pk}", once)
    except SomebodyWasFaster as refusal:
        messages.info(request, refusal.sentence)
        return redirect("room", pk=meeting.pk)
    except NotAllowed as refusal:
        now = access_meeting(request.hat, meeting.pk)
        context = page_context(request, now, refused=refusal.sentence)
        return render(request, "meetings/room.html", context, status=refusal.status)


@require_POST
@hat_page
def start(request: AnyHatRequest, pk: int) -> HttpResponse:
    found = access_meeting(request.hat, pk)

    def perform() -> None:
        actions.start_meeting(by=request.hat, meeting=found)

    return act(request, found, "start_meeting", perform)


@require_POST
@hat_page
def go(request: AnyHatRequest, pk: int) -> HttpResponse:
    """The next item, or a chosen one, from the item that the page showed."""
    found = access_meeting(request.hat, pk)
    form = GoForm(request.POST)
    if not form.is_valid():
        return redirect("room", pk=pk)
    leaving, to = form.cleaned_data["leaving"], form.cleaned_data["to"]

    def perform() -> None:
        actions.go_to_item(by=request.hat, meeting=found, leaving=leaving, to=to)

    return act(request, found, f"go_to_item {leaving}", perform)


@require_POST
@hat_page
def extend(request: AnyHatRequest, pk: int) -> HttpResponse:
    found = access_meeting(request.hat, pk)
    form = GoForm(request.POST)
    if not form.is_valid():
        return redirect("room", pk=pk)

    def perform() -> None:
        actions.extend_item(by=request.hat, meeting=found, item=form.cleaned_data["leaving"])

    return act(request, found, "extend_item", perform)


@require_POST
@hat_page
def finish(request: AnyHatRequest, pk: int) -> HttpResponse:
    found = access_meeting(request.hat, pk)

    def perform() -> None:
        actions.finish_meeting(by=request.hat, meeting=found)

    return act(request, found, "finish_meeting", perform)


@require_POST
@hat_page
def resume(request: AnyHatRequest, pk: int) -> HttpResponse:
    found = access_meeting(request.hat, pk)

    def perform() -> None:
        actions.resume_meeting(by=request.hat, meeting=found)

    return act(request, found, "resume_meeting", perform)


@require_POST
@hat_page
def pen(request: AnyHatRequest, pk: int) -> HttpResponse:
    found = access_meeting(request.hat, pk)

    def perform() -> str:
        actions.take_pen(by=request.hat, meeting=found)
        return "Du har pennan."

    return act(request, found, "take_pen", perform)


@require_POST
@hat_page
def gender(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Answer the standing item; what is missing is said on the room's page. Nothing typed is lost, nor where somebody
    was faster."""
    found, item = access_item(request.hat, pk)
    form = GenderEqualityForm(request.POST, prefix="g")
    if not form.is_valid():
        return _gender_again(request, found, item, form, {"gender_errors": form}, 422)

    def perform() -> str:
        data = form.cleaned_data
        answer = GenderAnswer(data["answer"])
        actions.answer_gender_equality(by=request.hat, item=item, answer=answer, text=data["text"], seen=data["seen"])
        messages.success(request, "Svaret om jämställdhet är sparat.")
        return reverse("room", args=[found.pk])

    try:
        return do_once(request, f"answer_gender_equality {found.pk}", perform)
    except (NotAllowed, SomebodyWasFaster) as refusal:
        now, item = access_item(request.hat, pk)
        return _gender_again(request, now, item, form, {"refused": refusal.sentence}, refusal.status)


def _gender_again(
    request: AnyHatRequest, meeting: Meeting, item: AgendaItem, form: GenderEqualityForm, more: Context, status: int
) -> HttpResponse:
    """The room at the item with what was typed, beside the answer that stands there now: sent again, it is meant in
    the place of that."""
    context = page_context(request, meeting, chosen=item.pk)
    if context["gender"] and context["gender"]["form"]:
        data = request.POST.copy()
        data[form.add_prefix("seen")] = answer_seen(item)
        form.data = data
        context["gender"]["form"] = form
    return render(request, "meetings/room.html", context | more, status=status)


@require_POST
@hat_page
def here(request: AnyHatRequest, pk: int) -> HttpResponse:
    """The page says that its reader is here. From a script nothing is answered; from the button, the room."""
    found = access_meeting(request.hat, pk)
    actions.say_here(by=request.hat, meeting=found, is_leaving=request.POST.get("leaving") == "1")
    return redirect("room", pk=pk) if request.POST.get("once") else HttpResponse(status=204)
