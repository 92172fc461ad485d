"""Decisions and actions: in the room where they are made, and the list across meetings where they are done."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from meetings.actions import decisions as deciding
from meetings.actions import follow_up as actions
from meetings.actions.referring import refer_action as start_referral_of
from meetings.forms.decisions import BriefDecisionForm, DecisionForm
from meetings.forms.follow_up import ActionForm, DropForm
from meetings.models import ActionItem, AgendaItem, Decision, Meeting
from meetings.queries import access_meeting, attends, is_guest_only
from meetings.queries.deciding import can_decide, lacks_quorum, needs_quorum, proposed_for, words_of
from meetings.queries.decisions import count_votes, how_said, is_late, owner_said, with_votes
from meetings.queries.drafting import person_of
from meetings.queries.follow_up import (
    access_action,
    access_decision,
    actions_listed,
    actions_visible_to,
    can_be_responsible,
    can_close,
    can_rewrite,
    decisions_visible_to,
    people_of,
    referable,
)
from meetings.queries.meetings import ItemShown
from meetings.rules import can_change_content, goes_to_meetings
from meetings.states import ActionState, ItemKind, MeetingState
from meetings.views.commitments import listed_rows
from referrals.states import ReferralState
from workspace.doors import AnyHatRequest, MemberRequest, do_once, hat_page, log_reads, member_page
from workspace.errors import NotAllowed
from workspace.models import Membership
from workspace.rules import Hat
from workspace.swedish import say_count

ROWS = 50
WHOSE = (("mina", "Mina"), ("var", "Vår myndighets"), ("alla", "Alla i mina grupper"))


# ---------- in the room ----------
def outcomes_context(request: AnyHatRequest, meeting: Meeting, shown: ItemShown) -> dict[str, Any]:
    """«Beslut och uppgifter» of one item: what this hat may read, and the forms where it may write.

    Logs the reading of what is about a person. Of a case the forms are the case's own: there they lead nowhere.
    """
    item, hat = shown.item, request.hat
    empty: dict[str, Any] = {"decisions": [], "actions": [], "may_write": False}
    if shown.access == "outside":
        return empty | {"action_form": None, "decision_form": None}
    decisions = list(with_votes(decisions_visible_to(hat).filter(item=item)))
    made = list(actions_visible_to(hat).filter(item=item).order_by("made_at", "pk"))
    log_reads(request, "meeting.outcomes", item.pk, people_of([*decisions, *made]))
    is_open = meeting.state in {MeetingState.IN_PROGRESS, MeetingState.HELD} and can_change_content(meeting)
    writes = is_open and item.kind != ItemKind.CASE
    opens = bool(decisions) and item.kind != ItemKind.CASE and not is_guest_only(hat, meeting)
    return {
        "decisions": [decision_row(hat, row, is_open, opens) for row in decisions],
        "actions": action_rows(hat, made),
        "may_write": writes,
        "action_form": action_form(meeting, item) if writes else None,
        "decision_form": _brief_form(item) if writes and can_decide(hat, meeting, item) else None,
        "outcomes_item": item,
    }


def _brief_form(item: AgendaItem) -> BriefDecisionForm:
    """The words alone, which begin with what was proposed while nothing is decided yet."""
    return BriefDecisionForm(initial={"text": words_of(proposed_for(item))[0]}, auto_id="id_beslut_%s")


def decision_row(hat: Hat, decision: Decision, is_open: bool, opens: bool) -> dict[str, Any]:
    """A decision as the room shows it. `is_open`: what is written there can change; `opens`: it has a page for this
    hat. With its votes, no query."""
    return {
        "decision": decision,
        "may_remove": is_open and can_rewrite(hat, decision),
        "how": how_said(decision),
        "votes": count_votes(decision.votes.all()),
        "dissent": [person_of(vote.attendance) for vote in decision.votes.all() if vote.dissent],
        "owner": owner_said(decision),
        "is_late": is_late(decision),
        "has_page": opens,
    }


def action_form(meeting: Meeting, item: AgendaItem, data: Any = None, known: ActionItem | None = None) -> ActionForm:
    """The form for something to be done under an item. Its fields have names of their own beside other forms."""
    return ActionForm(data, people=can_be_responsible(meeting, item), known=known, auto_id="id_uppgift_%s")


def action_rows(hat: Hat, found: list[ActionItem]) -> list[dict[str, Any]]:
    """Actions with what this hat may do to each. Two queries for any number."""
    to_refer = referable(hat, found)
    today = timezone.localdate()
    return [
        {
            "action": one,
            "is_open": one.state == ActionState.OPEN,
            "is_late": one.state == ActionState.OPEN and one.due_on < today,
            "is_case": one.item.kind == ItemKind.CASE,
            "may_close": can_close(hat, one),
            "may_change": one.state == ActionState.OPEN
            and one.item.kind != ItemKind.CASE
            and can_change_content(one.item.meeting)
            and can_rewrite(hat, one),
            "may_refer": one.pk in to_refer and (one.state == ActionState.OPEN or one.referral_id is not None),
            "drop_form": DropForm(auto_id=f"stryk{one.pk}_%s"),
        }
        for one in found
    ]


def _in_room(item: AgendaItem) -> str:
    """The room, where it is while it goes on; after the meeting the item that is put right."""
    meeting = item.meeting
    if meeting.state == MeetingState.HELD and can_change_content(meeting):
        return f"{reverse('room', args=[meeting.pk])}?punkt={item.pk}"
    if meeting.state != MeetingState.IN_PROGRESS:
        return reverse("meeting", args=[meeting.pk])
    chosen = f"?punkt={item.pk}" if item.pk != meeting.current_item_id else ""
    return f"{reverse('room', args=[meeting.pk])}{chosen}"


def _back(request: AnyHatRequest, item: AgendaItem) -> str:
    """To where the form stood: the list («uppgifter»), or the meeting."""
    return reverse("actions") if request.POST.get("tillbaka") == "uppgifter" else _in_room(item)


def _item(request: AnyHatRequest, pk: int, item_pk: int) -> tuple[Meeting, AgendaItem]:
    """An item of a meeting this hat may open; 403 where it is outside of it."""
    meeting = access_meeting(request.hat, pk)
    shown = attends(request.hat, meeting, AgendaItem(pk=item_pk))
    if shown.access == "outside":
        raise NotAllowed("Din myndighet är inte med på den här punkten.")
    shown.item.meeting = meeting
    return meeting, shown.item


def _form_page(request: AnyHatRequest, item: AgendaItem, form: Any, title: str, button: str) -> HttpResponse:
    """A page of its own for a form with errors, so that nothing typed is lost."""
    context = {"meeting": item.meeting, "form": form, "title": title, "button": button, "back": _in_room(item)}
    return render(request, "meetings/outcome_form.html", context, status=422 if form.errors else 200)


@hat_page
def add_decision(request: AnyHatRequest, pk: int, item_pk: int) -> HttpResponse:
    """Write down a decision: in the room its words alone, here all of it, also what was wrong with the words."""
    meeting, item = _item(request, pk, item_pk)
    if request.method != "POST":
        _require_writing(request.hat, meeting, item)
        return _decision_page(request, item, DecisionForm(meeting=meeting, item=item, auto_id="id_beslut_%s"))
    form = DecisionForm(request.POST, meeting=meeting, item=item, auto_id="id_beslut_%s")
    if not form.is_valid():
        return _decision_page(request, item, form)

    def perform() -> str:
        deciding.decide(by=request.hat, item=item, data=form.decision_input())
        return _back(request, item)

    return do_once(request, f"add_decision {item_pk}", perform)


def _require_writing(hat: Hat, meeting: Meeting, item: AgendaItem) -> None:
    """Refuse the page of a form that could not be saved: nobody is to write in vain."""
    if item.kind == ItemKind.CASE:
        raise NotAllowed("Det som sägs om en person läggs på bordet, så att det är klart vem som får läsa det.")
    if meeting.state not in deciding.WRITING:
        raise NotAllowed("Mötet har inte börjat. Beslut och uppgifter skrivs när punkten tas upp.")
    if not can_change_content(meeting):
        raise NotAllowed(deciding.FROZEN)
    deciding.check_deciding(hat, meeting, item)


def _decision_page(request: AnyHatRequest, item: AgendaItem, form: DecisionForm) -> HttpResponse:
    meeting = item.meeting
    lacks = lacks_quorum(meeting)
    context = {
        "meeting": meeting,
        "item": item,
        "form": form,
        "rows": form.vote_rows(),
        "back": _in_room(item),
        "quorum_lacks": lacks,
        "quorum_needed": bool(lacks) and needs_quorum(meeting, item),
    }
    return render(request, "meetings/decision_form.html", context, status=422 if form.errors else 200)


@require_POST
@hat_page
def add_action(request: AnyHatRequest, pk: int, item_pk: int) -> HttpResponse:
    """Write down something to be done."""
    meeting, item = _item(request, pk, item_pk)
    form = action_form(meeting, item, request.POST)
    if not form.is_valid():
        return _form_page(request, item, form, "Ny uppgift", "Spara uppgiften")

    def perform() -> str:
        actions.add_action(by=request.hat, item=item, **form.said)
        return _back(request, item)

    return do_once(request, f"add_action {item_pk}", perform)


@require_POST
@hat_page
def remove_decision(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Take away a decision that was written wrongly."""
    decision = access_decision(request.hat, pk)

    def perform() -> str:
        deciding.remove_decision(by=request.hat, decision=decision)
        messages.success(request, "Beslutet är borttaget.")
        return _back(request, decision.item)

    return do_once(request, f"remove_decision {pk}", perform)


@hat_page
def change_action(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Write an action anew, while its minutes are a draft."""
    found = access_action(request.hat, pk)
    meeting = access_meeting(request.hat, found.item.meeting_id)
    if not can_rewrite(request.hat, found):
        raise NotAllowed("Det är myndigheten som skrev det, eller den som ordnar mötet, som kan ändra det.")
    form = action_form(meeting, found.item, request.POST or None, known=found)
    if request.method != "POST" or not form.is_valid():
        log_reads(request, "meeting.outcomes", found.item_id, people_of([found]))
        return _form_page(request, found.item, form, "Ändra uppgiften", "Spara")

    def perform() -> str:
        actions.change_action(by=request.hat, action_item=found, **form.said)
        messages.success(request, "Uppgiften är ändrad.")
        return _back(request, found.item)

    return do_once(request, f"change_action {pk}", perform)


# ---------- the list ----------
@require_GET
@hat_page
def list_actions(request: AnyHatRequest, fragment: bool = False) -> HttpResponse:
    """What is to be done across meetings: late first, and what was done in the last thirty days."""
    if not goes_to_meetings(request.hat):
        raise Http404
    return _list(request, fragment=fragment)


def _list(request: AnyHatRequest, fragment: bool = False, drop: tuple[int, DropForm] | None = None) -> HttpResponse:
    choices = WHOSE if isinstance(request.hat, Membership) else WHOSE[2:]
    chosen = request.GET.get("vilka", "")
    whose = chosen if chosen in dict(choices) else choices[0][0]
    page = Paginator(actions_listed(request.hat, whose), ROWS).get_page(request.GET.get("page"))
    found = list(page.object_list)
    log_reads(request, "meeting.actions", None, people_of(found))
    rows = action_rows(request.hat, found)
    if drop is not None:
        for row in rows:
            if row["action"].pk == drop[0]:
                row["drop_form"] = drop[1]
    agreed = listed_rows(request, whose) if page.number == 1 else []
    late = sum(row["is_late"] for row in [*rows, *agreed])
    context = {
        "rows": rows,
        "agreed": agreed,
        "page": page,
        "query": f"vilka={whose}&",
        "choices": [(code, label, code == whose) for code, label in choices],
        "headline": f"{say_count(late, 'uppgift är sen', 'uppgifter är sena').capitalize()}" if late else "Uppgifter",
        "form": drop[1] if drop else None,
    }
    template = "_actions" if fragment else "actions"
    return render(request, f"meetings/{template}.html", context, status=422 if drop else 200)


@require_POST
@hat_page
def close_action(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Done, with one click. Undone in the list."""
    found = access_action(request.hat, pk)

    def perform() -> str:
        actions.close_action(by=request.hat, action_item=found)
        messages.success(request, "Uppgiften är klar.")
        return _back(request, found.item)

    return do_once(request, f"close_action {pk}", perform)


@require_POST
@hat_page
def drop_action(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Not to be done after all, with the reason; of a case without one, since it could tell of a person."""
    found = access_action(request.hat, pk)
    form = DropForm(request.POST, auto_id=f"stryk{pk}_%s")
    if found.item.kind != ItemKind.CASE and not form.is_valid():
        return _list(request, drop=(pk, form))

    def perform() -> str:
        reason = form.cleaned_data["reason"] if form.is_valid() else ""
        actions.drop_action(by=request.hat, action_item=found, reason=reason)
        messages.success(request, "Uppgiften är struken.")
        return _back(request, found.item)

    return do_once(request, f"drop_action {pk}", perform)


@require_POST
@hat_page
def reopen_action(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Undo."""
    found = access_action(request.hat, pk)

    def perform() -> str:
        actions.reopen_action(by=request.hat, action_item=found)
        messages.success(request, "Uppgiften är öppen igen.")
        return _back(request, found.item)

    return do_once(request, f"reopen_action {pk}", perform)


@require_POST
@member_page
def refer_action(request: MemberRequest, pk: int) -> HttpResponse:
    """An action becomes a referral: a draft with its text as the question. Again: the same draft."""
    found = access_action(request.hat, pk)

    def perform() -> str:
        referral = start_referral_of(by=request.hat, action_item=found)
        name = "draft_text" if referral.state == ReferralState.DRAFT and not referral.sent_at else "referral"
        return reverse(name, args=[referral.pk])

    return do_once(request, f"refer_action {pk}", perform)
