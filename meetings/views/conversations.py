"""A conversation's page and its pieces, the list of conversations, and what the convener changes."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from meetings.actions.conversations import (
    NOT_ACTIVE,
    book_interpreter,
    change_conversation,
    decide_form,
    plan_conversation,
)
from meetings.errors import AlreadyActive, CircleNotCovered
from meetings.forms.conversations import DecideForm, NewTalkForm, change_form
from meetings.models import Conversation, ConversationRequest
from meetings.queries.conversations import Access, access_conversation, find_access
from meetings.queries.plans import open_plan
from meetings.queries.talk_page import expires_at, read_ended, read_talk
from meetings.queries.talk_parties import desks_to_ask
from meetings.queries.talks import access_request, requests_waiting, rows_of, talks_listed
from meetings.states import ConversationKind
from meetings.views.agreements import agreement_box
from meetings.views.times import times_context
from notifications.actions import mark_read
from notifications.queries import follow_shown, notifications_about
from workspace.doors import MemberRequest, do_once, log_reads, member_page
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Participant
from workspace.queries import access_participant
from workspace.rules import is_caseworker

ROWS = 50


# ---------- the page ----------
def _shown(request: MemberRequest, access: Access) -> dict[str, Any]:
    return {"talk": read_talk(access)}


PIECES: dict[str, tuple[str, Callable[[MemberRequest, Access], dict[str, Any]]]] = {
    "huvud": ("_talk_head", _shown),
    "parter": ("_talk_parties", _shown),
    "fragor": ("_talk_questions", _shown),
    "tider": ("_talk_times", times_context),
    "kallelser": ("_talk_calls", times_context),
    "overenskommelse": ("_talk_agreement", agreement_box),
}


def frame_of(access: Access) -> dict[str, Any]:
    """What every piece and page of a conversation stands in."""
    return {
        "conversation": access.conversation,
        "person": access.conversation.participant,
        "access": access,
        "expires_at": expires_at(access.party, access),
    }


def log_talk(request: MemberRequest, access: Access) -> None:
    log_reads(request, "conversation", access.conversation.pk, [access.conversation.participant_id])


@member_page
def conversation(request: MemberRequest, pk: int) -> HttpResponse:
    """A conversation's page. Where access has ended: when, who convened, and what the own agency has written."""
    access = find_access(request.hat, pk)
    if access is None:
        raise Http404
    mark_read(by=request.hat, notifications=notifications_about(request.hat, "conversation.", pk))
    if not access.is_open:
        ended = read_ended(access)
        if ended.own_text:
            log_talk(request, access)  # what the agency itself wrote is about the person too
        return render(request, "meetings/talk_ended.html", {"ended": ended})
    log_talk(request, access)
    context = {
        **frame_of(access),
        **_shown(request, access),
        **times_context(request, access),
        **agreement_box(request, access),
        "topic": f"conversation:{pk}",
    }
    if is_caseworker(request.hat):
        context["follow"] = follow_shown(request.hat, "conversation", pk, adds=True)
    return render(request, "meetings/talk.html", context)


@member_page
def conversation_fragment(request: MemberRequest, pk: int, piece: str) -> HttpResponse:
    """One region of the page as it is now. Where access has ended it is a 404, and the page asks what it is now."""
    access = access_conversation(request.hat, pk)
    if piece not in PIECES:
        raise Http404
    template, context = PIECES[piece]
    log_talk(request, access)
    shown = {**frame_of(access), **context(request, access), "piece": piece, "template": f"meetings/{template}.html"}
    return render(request, "meetings/_talk_piece.html", shown)


# ---------- the list ----------
@member_page
def conversations(request: MemberRequest) -> HttpResponse:
    """What the hat's desk has: wishes that wait, and conversations that go on, the soonest first, or that are over."""
    over = request.GET.get("visa") == "tidigare"
    page = Paginator(talks_listed(request.hat, over=over), ROWS).get_page(request.GET.get("page"))
    found = list(page.object_list)
    wishes = [] if over else requests_waiting(request.hat)
    people = [one.participant_id for one in found] + [one.participant_id for one in wishes]
    log_reads(request, "conversations", None, people)
    context = {
        "rows": rows_of(request.hat, found),
        "wishes": wishes,
        "page": page,
        "over": over,
        "query": "visa=tidigare&" if over else "",
    }
    return render(request, "meetings/talks.html", context)


# ---------- forms about a conversation ----------
def arranged(request: MemberRequest, pk: int) -> Access:
    """A conversation that the hat's agency convenes and that goes on; 404 for everybody else."""
    access = access_conversation(request.hat, pk)
    if not (access.convenes and is_caseworker(request.hat)):
        raise Http404
    if not access.conversation.is_active:
        raise SomebodyWasFaster(NOT_ACTIVE)
    return access


def talk_act(
    request: MemberRequest, access: Access, form: forms.Form, act: Callable[[], object], **words: Any
) -> HttpResponse:
    """One page with one form: done once, or shown again with what was written and why it was refused."""
    pk, status = access.conversation.pk, 200
    if request.method == "POST" and form.is_valid():

        def perform() -> str:
            act()
            messages.success(request, words["done"])
            return reverse("conversation", args=[pk])

        try:
            return do_once(request, f"{words['name']} {pk}", perform)
        except CircleNotCovered as refusal:
            words["lacking"] = refusal.lacking
            form.add_error(None, refusal.sentence)
        except (NotAllowed, SomebodyWasFaster) as refusal:
            words["known"] = refusal.pk if isinstance(refusal, AlreadyActive) else None
            status = refusal.status
            form.add_error(None, refusal.sentence)
        access = access_conversation(request.hat, pk)  # whoever lost it meanwhile sees nothing more of it
    log_talk(request, access)
    template = words.pop("template", "meetings/talk_party.html")
    return render(request, template, {"form": form, **frame_of(access), **words}, status=status)


@member_page
def change(request: MemberRequest, pk: int) -> HttpResponse:
    """What it is about and, before the call, its kind, length and place."""
    access = arranged(request, pk)
    form = change_form(access.conversation, request.POST or None)

    def act() -> None:
        data = dict(form.cleaned_data)
        change_conversation(by=request.hat, conversation=access.conversation, **data)

    words = {"name": "change_conversation", "title": "Ändra samtalet", "button": "Spara", "done": "Samtalet är ändrat."}
    return talk_act(request, access, form, act, **words)


@member_page
def decide(request: MemberRequest, pk: int) -> HttpResponse:
    """What was decided about a wished form of meeting (L52)."""
    access = arranged(request, pk)
    if not access.conversation.wished_form:
        raise Http404
    form = DecideForm(request.POST or None, initial={"decision": access.conversation.form_decision})

    def act() -> None:
        decide_form(by=request.hat, conversation=access.conversation, decision=form.cleaned_data["decision"])

    words = {"name": "decide_form", "title": "Önskat sätt att träffas", "button": "Spara", "done": "Svaret är sparat."}
    return talk_act(request, access, form, act, **words, wish=access.conversation.wished_form, only_ours=True)


@require_POST
@member_page
def interpreter(request: MemberRequest, pk: int) -> HttpResponse:
    """The interpreter is booked, or is not after all."""
    access = arranged(request, pk)
    booked = request.POST.get("bokad", "1") != "0"

    def perform() -> str:
        book_interpreter(by=request.hat, conversation=access.conversation, booked=booked)
        messages.success(request, "Tolken är bokad." if booked else "Tolken är inte bokad längre.")
        return reverse("conversation", args=[pk])

    return do_once(request, f"book_interpreter {pk}", perform)


# ---------- a new one ----------
@member_page
def new_conversation(request: MemberRequest, pk: int) -> HttpResponse:
    """Plan a conversation about one's own participant. Whoever the consent does not reach is named; nothing is lost."""
    person = access_participant(request.hat, pk)
    if not is_caseworker(request.hat):
        raise Http404
    wish = _wish(request, person)
    choices = desks_to_ask(request.hat, person)
    form = NewTalkForm(request.POST or None, choices=choices, agency=request.hat.agency)
    words: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():

        def perform() -> str:
            made = _plan(request, person, form, wish)
            messages.success(request, "Samtalet är planerat. Föreslå tider.")
            return reverse("conversation", args=[made.pk])

        try:
            return do_once(request, f"plan_conversation {pk}", perform)
        except CircleNotCovered as refusal:
            words["lacking"] = refusal.lacking
            form.add_error(None, refusal.sentence)
        except AlreadyActive as refusal:
            words["known"] = refusal.pk
            form.add_error(None, refusal.sentence)
        except (NotAllowed, SomebodyWasFaster) as refusal:
            form.add_error(None, refusal.sentence)
    log_reads(request, "conversation_form", None, [person.pk])
    return render(request, "meetings/talk_form.html", {"form": form, "person": person, "wish": wish, **words})


def _wish(request: MemberRequest, person: Participant) -> ConversationRequest | None:
    """The wish that the form came from (?onskan=12), if it is this person's and has not led anywhere yet."""
    number = request.GET.get("onskan", "")
    wish = access_request(request.hat, int(number)) if number.isdecimal() and len(number) < 18 else None
    return wish if wish and wish.participant_id == person.pk and wish.led_to_id is None else None


def _plan(
    request: MemberRequest, person: Participant, form: NewTalkForm, wish: ConversationRequest | None
) -> Conversation:
    data = form.cleaned_data
    return plan_conversation(
        by=request.hat,
        participant=person,
        kind=ConversationKind(data["kind"]),
        others=form.chosen,
        request=wish,
        plan=open_plan(person),
        **{
            name: data[name] for name in ("about", "minutes", "how", "where", "where_is_neutral", "link", "wished_form")
        },
    )
