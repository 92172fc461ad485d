"""The agenda of a meeting: shown, printed, and changed by those who arrange it."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.views.decorators.http import require_POST

from meetings.actions import agenda as actions
from meetings.actions.agenda import ItemInput
from meetings.forms.agenda import GuestForm, ItemForm
from meetings.models import AgendaItem, Meeting
from meetings.queries import access_meeting, attends, is_guest_only, items_of
from meetings.queries.agenda import (
    access_guest,
    can_be_invited,
    can_change_agenda,
    guests_of,
    minutes_over,
    presenters_of,
    presenting_roles,
)
from meetings.queries.circles import can_put_case
from meetings.queries.follow_up import people_of, review_of
from meetings.queries.meetings import ItemShown
from meetings.queries.proposals import group_to_propose_in, proposals_on
from meetings.rules import is_arranger
from meetings.states import AHEAD, ItemKind
from meetings.views.proposals import proposals_context
from meetings.views.sending import deadline_words, sending_context
from workspace.doors import AnyHatRequest, do_once, hat_page, log_reads
from workspace.errors import NotAllowed
from workspace.models import Membership
from workspace.swedish import NUMBERS, say_count


# ---------- what is shown ----------
def agenda_context(request: AnyHatRequest, meeting: Meeting) -> dict[str, Any]:
    """The agenda as this hat may see it, its deadlines, what is left before it is sent, and what members propose.

    Logs the reading of actions that are about a person. Constant number of queries.
    """
    shown = items_of(request.hat, meeting)
    review = None
    if any(row.item.kind == ItemKind.ACTION_REVIEW and row.access == "open" for row in shown):
        review = review_of(request.hat, meeting)
        log_reads(request, "meeting.actions", meeting.pk, people_of(review.open_ones))
    arranges = is_arranger(request.hat, meeting.group)
    read = [row.item for row in shown if row.access == "open"]
    guests, proposed = guests_of(read), proposals_on(read)
    over = minutes_over(meeting, shown)
    length = (meeting.ends_at - meeting.starts_at) // timedelta(minutes=1)
    return {
        "agenda": {
            "rows": [
                row_of(row, shown[at - 1] if at else None, guests) | {"proposal": proposed.get(row.item.pk)}
                for at, row in enumerate(shown)
            ],
            "number": say_count(len(shown), "punkt", "punkter").capitalize(),
            "length": say_length(length),
            "over": over if over > 0 else 0,
            "may_change": arranges and can_change_agenda(meeting),
            "may_put_case": isinstance(request.hat, Membership) and can_put_case(request.hat, meeting),
            "propose_in": group_to_propose_in(request.hat, meeting) if meeting.state in AHEAD else None,
            "review": review,
            "review_says": review_sentence(review.done, review.late, len(review.open_ones)) if review else "",
            "deadlines": [] if is_guest_only(request.hat, meeting) else deadline_words(meeting),
        },
        "sending": SimpleLazyObject(lambda: sending_context(meeting, shown) if arranges else {}),
        "proposals": SimpleLazyObject(lambda: proposals_context(request, meeting)),
    }


def row_of(row: ItemShown, before: ItemShown | None, guests: dict[int, list[Any]]) -> dict[str, Any]:
    """One item in words. Of what the reader is outside of: that it is there, and when."""
    item, outside = row.item, row.access == "outside"
    first = before is None or before.item.section != item.section
    found: dict[str, Any] = {
        "shown": row,
        "item": item,
        "outside": outside,
        "title": title_of(row),
        "part": item.get_section_display() if first else "",
        "presenter": "" if outside else presenter_of(item),
        "purpose": "" if outside else item.get_purpose_display(),
        "stands": item.kind == ItemKind.GENDER_EQUALITY,
        "reviews": item.kind == ItemKind.ACTION_REVIEW and not outside,
        "is_case": item.kind == ItemKind.CASE,
        "came_from": None,
        "guests": [] if outside else guests.get(item.pk, []),
    }
    if item.carried_from is not None and not outside:
        found["came_from"] = item.carried_from.meeting.starts_at
    return found


def title_of(row: ItemShown) -> str:
    if row.access == "outside" and row.item.kind == ItemKind.CASE:
        return "Ett ärende som din myndighet inte är med på"
    return row.title


def presenter_of(item: AgendaItem) -> str:
    hat = item.presenter or item.presenter_role
    return str(hat.user) if hat else "Alla"


def review_sentence(done: int, late: int, still: int) -> str:
    """«Sex klara, två sena. De sena ligger först.»"""
    parts = []
    if done:
        parts.append(f"{NUMBERS[done] if done < len(NUMBERS) else done} {'klar' if done == 1 else 'klara'} sedan sist")
    if late:
        parts.append(f"{NUMBERS[late] if late < len(NUMBERS) else late} {'sen' if late == 1 else 'sena'}")
    if still - late:
        parts.append(
            f"{say_count(still - late, 'öppen', 'öppna')} till" if late else say_count(still, "öppen", "öppna")
        )
    sentence = ", ".join(parts)
    if not sentence:
        return "Inga uppgifter är öppna."
    last = " De sena ligger först." if late and still > late else ""
    return f"{sentence[:1].upper()}{sentence[1:]}.{last}"


def say_length(minutes: int) -> str:
    """«2 timmar», «1 timme 30 minuter»."""
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours} {'timme' if hours == 1 else 'timmar'}"] if hours else []
    return " ".join(parts + ([f"{rest} minuter"] if rest else []))


@hat_page
def agenda_print(request: AnyHatRequest, pk: int) -> HttpResponse:
    """The agenda to print: the same as on the page, so nothing that the reader may not see."""
    meeting = access_meeting(request.hat, pk)
    return render(request, "meetings/agenda_print.html", {"meeting": meeting} | agenda_context(request, meeting))


# ---------- one item ----------
def arranged(request: AnyHatRequest, pk: int) -> Meeting:
    """A meeting this hat arranges; 403 for one it only takes part in."""
    meeting = access_meeting(request.hat, pk)
    if not is_arranger(request.hat, meeting.group):
        raise NotAllowed("Det är ordföranden, sekreteraren och samordnaren som ordnar mötet.")
    return meeting


def one_item(request: AnyHatRequest, meeting: Meeting, pk: int, *, closed: bool = False) -> AgendaItem:
    """An item of the meeting; 404 for another's, and for one the hat is outside of unless `closed` is well too."""
    shown = attends(request.hat, meeting, AgendaItem(pk=pk))
    if shown.access == "outside" and not closed:
        raise Http404
    shown.item.meeting = meeting
    return shown.item


def item_form(request: AnyHatRequest, meeting: Meeting, known: AgendaItem | None = None) -> ItemForm:
    groups = meeting.group_ids
    people, roles = presenters_of(groups), presenting_roles(meeting.group)
    return ItemForm(request.POST or None, people=people, roles=roles, known=known)


def on_agenda(meeting: Meeting, anchor: str = "dagordning") -> str:
    return f"{reverse('meeting', args=[meeting.pk])}#{anchor}"


@hat_page
def add_item(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Put an item on the agenda."""
    meeting = arranged(request, pk)
    form = item_form(request, meeting)
    if request.method == "POST" and form.is_valid():

        def perform() -> str:
            item = actions.add_item(by=request.hat, meeting=meeting, data=ItemInput(**form.said))
            messages.success(request, "Punkten står på dagordningen.")
            return on_agenda(meeting, f"punkt-{item.pk}")

        return do_once(request, f"add_item {pk}", perform)
    context = {"meeting": meeting, "form": form}
    return render(request, "meetings/item_form.html", context, status=422 if form.errors else 200)


@hat_page
def change_item(request: AnyHatRequest, pk: int, item_pk: int) -> HttpResponse:
    """Change an item; on the same page it is taken away, and somebody is invited to it."""
    meeting = arranged(request, pk)
    item = one_item(request, meeting, item_pk)
    form = item_form(request, meeting, item)
    if request.method == "POST" and form.is_valid():

        def perform() -> str:
            actions.change_item(by=request.hat, item=item, data=ItemInput(**form.said))
            messages.success(request, "Punkten är ändrad.")
            return on_agenda(meeting, f"punkt-{item.pk}")

        return do_once(request, f"change_item {item_pk}", perform)
    return item_page(request, meeting, item, form)


def item_page(
    request: AnyHatRequest, meeting: Meeting, item: AgendaItem, form: ItemForm, guest_form: GuestForm | None = None
) -> HttpResponse:
    bound = guest_form or form
    context = {
        "meeting": meeting,
        "item": item,
        "form": form,
        "guests": guests_of([item]).get(item.pk, []),
        "guest_form": guest_form or GuestForm(people=can_be_invited(meeting), auto_id="id_gast_%s"),
        "errors_of": bound,
        "removable": item.kind not in {ItemKind.GENDER_EQUALITY, ItemKind.CASE},
    }
    return render(request, "meetings/item_form.html", context, status=422 if bound.errors else 200)


@require_POST
@hat_page
def remove_item(request: AnyHatRequest, pk: int, item_pk: int) -> HttpResponse:
    """Take an item off the agenda."""
    meeting = access_meeting(request.hat, pk)
    item = one_item(request, meeting, item_pk)

    def perform() -> str:
        actions.remove_item(by=request.hat, item=item)
        messages.success(request, "Punkten är borttagen.")
        return on_agenda(meeting)

    return do_once(request, f"remove_item {item_pk}", perform)


@require_POST
@hat_page
def move_item(request: AnyHatRequest, pk: int, item_pk: int) -> HttpResponse:
    """One step up or down, back to the same button: a browser gives focus to what the address names."""
    meeting = access_meeting(request.hat, pk)
    item = one_item(request, meeting, item_pk, closed=True)
    up = request.POST.get("vart") == "upp"

    def perform() -> str:
        actions.move_item(by=request.hat, item=item, up=up)
        return on_agenda(meeting, f"{'upp' if up else 'ner'}-{item_pk}")

    return do_once(request, f"move_item {item_pk}", perform)


@require_POST
@hat_page
def place_item(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Where an item was dropped: straight after another, or first."""
    meeting = access_meeting(request.hat, pk)
    numbers = [request.POST.get(name, "") for name in ("item", "after")]
    item_pk, after = (int(text) if text.isdecimal() and len(text) < 10 else None for text in numbers)
    item = one_item(request, meeting, item_pk or 0, closed=True)

    def perform() -> str:
        actions.place_item(by=request.hat, item=item, after=after)
        return on_agenda(meeting, f"punkt-{item.pk}")

    return do_once(request, f"place_item {item.pk}", perform)


# ---------- guests ----------
@require_POST
@hat_page
def invite_to_item(request: AnyHatRequest, pk: int, item_pk: int) -> HttpResponse:
    """Invite somebody to one item."""
    meeting = arranged(request, pk)
    item = one_item(request, meeting, item_pk)
    form = GuestForm(request.POST, people=can_be_invited(meeting), auto_id="id_gast_%s")
    if not form.is_valid():
        people, roles = presenters_of([meeting.group_id]), presenting_roles(meeting.group)
        return item_page(request, meeting, item, ItemForm(people=people, roles=roles, known=item), form)

    def perform() -> str:
        guest = form.cleaned_data["membership"]
        actions.invite_to_item(by=request.hat, item=item, membership=guest)
        messages.success(request, f"{guest.user} är inbjuden till punkten och ser bara den.")
        return reverse("change_item", args=[pk, item_pk])

    return do_once(request, f"invite_to_item {item_pk}", perform)


@require_POST
@hat_page
def take_back_invitation(request: AnyHatRequest, pk: int, item_pk: int, guest_pk: int) -> HttpResponse:
    """Somebody is not invited any more."""
    meeting = arranged(request, pk)
    item = one_item(request, meeting, item_pk)
    guest = access_guest(item, guest_pk)

    def perform() -> str:
        actions.take_back_invitation(by=request.hat, guest=guest)
        messages.success(request, f"{guest.membership.user} är inte inbjuden längre.")
        return reverse("change_item", args=[pk, item_pk])

    return do_once(request, f"take_back_invitation {guest_pk}", perform)
