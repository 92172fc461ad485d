"""Times and calls of a conversation: what its page shows of them, and the forms of the times."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from meetings.actions.conversation_steps import NOT_CONVENER
from meetings.actions.times import HAS_TIME, answer_times, propose_times, withdraw_time
from meetings.forms.finding import chosen_in_address, rows_of_times, times_chosen
from meetings.forms.times import SuggestedForm, TimesAnswerForm, TimesForm, say_off
from meetings.models import Party, TimeAnswer, TimeOption
from meetings.queries.conversations import Access, access_conversation, parties_of
from meetings.queries.invitations import (
    access_party,
    answer_of,
    calls_shown,
    gets_letter,
    letters_open,
    newest_invitation,
    say_counts,
)
from meetings.queries.times import (
    MUST_COME,
    access_option,
    name_of,
    newest_answers,
    open_options,
    suggestion,
    works_of,
)
from meetings.states import ACTIVE, ConversationState
from workspace.clocks import day_off
from workspace.doors import MemberRequest, do_once, log_reads, member_page
from workspace.errors import NotAllowed
from workspace.rules import is_caseworker

S = ConversationState
ANSWERABLE = {S.INVITED, S.HELD}
REGISTER = "part"  # in an address: the party that an answer is written down for


# ---------- what the conversation's page shows ----------
def arranges(access: Access) -> bool:
    """Whether this hat may do what the convener does."""
    return access.is_open and access.convenes and is_caseworker(access.member)


def own_part(access: Access) -> Party | None:
    """The party that this hat answers for; None for whoever only looks."""
    party = access.party
    return party if party is not None and party.left_at is None and is_caseworker(access.member) else None


@dataclass(frozen=True)
class OptionShown:
    """One proposed time: what one's own party has said of it and, for the convener, what the others have."""

    option: TimeOption
    off: str  # why nobody works that day; "" on a working day
    own: bool | None
    answers: list[tuple[str, TimeAnswer | None, bool]]  # whose, what, and whether it is the convener's own


def times_context(request: MemberRequest, access: Access) -> dict[str, Any]:
    """What `_talk_times.html` and `_talk_calls.html` show. Pieces of the conversation's page."""
    return {"times": _times(access), "calls": _calls(access)}


def _times(access: Access) -> dict[str, Any]:
    conversation, own = access.conversation, own_part(access)
    options = open_options(conversation)
    if conversation.state != S.PREPARING:
        return {"pk": conversation.pk, "is_open": False}
    may = arranges(access)
    parties = parties_of(conversation) if access.convenes else []
    answers = newest_answers(options)
    known = {pk: row.works for (pk, of), row in answers.items() if own is not None and of == own.pk}
    return {
        "pk": conversation.pk,
        "is_open": True,
        "options": [_option(option, parties, known.get(option.pk), answers) for option in options],
        "convenes": access.convenes,
        "arranges": may,
        "suggestion": suggestion(conversation) if may else None,
        "form": TimesAnswerForm(options=options, known=known) if own and options else None,
        "has_answered": bool(known),
        "has_answered_all": bool(known) and all(option.pk in known for option in options),
        "registers": [(party, name_of(party)) for party in parties if gets_letter(party)] if may and options else [],
    }


def _option(
    option: TimeOption, parties: list[Party], own: bool | None, answers: dict[tuple[int, int], TimeAnswer]
) -> OptionShown:
    asked = [party for party in parties if party.kind in MUST_COME or (option.pk, party.pk) in answers]
    return OptionShown(
        option,
        off=day_off(timezone.localdate(option.starts_at)),
        own=own,
        answers=[
            (
                party.name or name_of(party),
                answers.get((option.pk, party.pk)),
                party.agency_id == option.conversation.agency_id,
            )
            for party in asked
        ],
    )


def _calls(access: Access) -> dict[str, Any]:
    conversation, own = access.conversation, own_part(access)
    invitation = newest_invitation(own) if own else None
    may, state = arranges(access), conversation.state
    rows = calls_shown(conversation) if access.convenes and conversation.round else []
    return {
        "pk": conversation.pk,
        "has_begun": conversation.starts_at is not None and conversation.starts_at <= timezone.now(),
        "rows": rows,
        "counts": say_counts(rows) if rows else "",
        "arranges": may,
        "may_invite": may and state == S.PREPARING,
        "may_change": may and state == S.INVITED,
        "may_cancel": may and state in ACTIVE,
        "may_register": may and state in ANSWERABLE,
        "letters": may and letters_open(conversation),
        "gets_letter": [row.party.pk for row in rows if gets_letter(row.party)],
        "own": invitation,
        "own_answer": answer_of(invitation) if invitation else None,
        "answerable": state in ANSWERABLE,
    }


# ---------- every form of times and calls ----------
def arranging(request: MemberRequest, pk: int) -> Access:
    """A conversation that this hat convenes; a kind refusal for its other parties, 404 for everybody else."""
    access = access_conversation(request.hat, pk)
    if not arranges(access):
        raise NotAllowed(NOT_CONVENER)
    return access


def act_page(
    request: MemberRequest,
    access: Access,
    template: str,
    form: forms.Form,
    act: Callable[[], str | None],
    *,
    name: str,
    done: str,
    **words: Any,
) -> HttpResponse:
    """One page with one form: done once, or shown again with what was written and why it was refused.

    `act` may return a word of warning, said after it is done.
    """
    conversation = access.conversation
    back = reverse("conversation", args=[conversation.pk])
    if request.method == "POST" and form.is_valid():

        def perform() -> str:
            warning = act()
            messages.success(request, f"{done} {warning}" if warning else done)
            return back

        try:
            return do_once(request, f"{name} {conversation.pk}", perform)
        except NotAllowed as refusal:
            form.add_error(None, refusal.sentence)
    log_reads(request, "conversation", conversation.pk, [conversation.participant_id])
    context = {"form": form, "conversation": conversation, "back": back, **words}
    return render(request, f"meetings/{template}.html", context)


# ---------- times ----------
@member_page
def propose(request: MemberRequest, pk: int) -> HttpResponse:
    """Propose times. Those that «Hitta en tid» found stand in the address."""
    access = arranging(request, pk)
    chosen = times_chosen(request.GET)
    form = TimesForm(request.POST or None, initial=rows_of_times(chosen))

    def act() -> str:
        propose_times(by=request.hat, conversation=access.conversation, starts=form.starts)
        return say_off(form.starts)

    done, shown = "Tiderna är föreslagna.", _times(access)
    words = {"times": shown, "chosen": chosen_in_address(chosen)}
    return act_page(request, access, "talk_times", form, act, name="propose_times", done=done, **words)


@require_POST
@member_page
def add_suggested(request: MemberRequest, pk: int) -> HttpResponse:
    """Propose the times that the system suggested, as they were shown."""
    access = arranging(request, pk)
    form = SuggestedForm(request.POST)
    if not form.is_valid():
        raise NotAllowed("Förslagen går inte att läsa. Skriv tiderna själv.")

    def perform() -> str:
        propose_times(by=request.hat, conversation=access.conversation, starts=form.cleaned_data["starts"])
        messages.success(request, "Tiderna är föreslagna.")
        return reverse("conversation", args=[pk])

    return do_once(request, f"add_suggested {pk}", perform)


@require_POST
@member_page
def withdraw(request: MemberRequest, pk: int) -> HttpResponse:
    """Take a proposed time away. `pk` is the option's."""
    access, option = access_option(request.hat, pk)

    def perform() -> str:
        withdraw_time(by=request.hat, option=option)
        messages.success(request, "Tiden är borttagen.")
        return reverse("conversation", args=[access.conversation.pk])

    return do_once(request, f"withdraw_time {pk}", perform)


def party_in_address(request: MemberRequest, access: Access) -> Party | None:
    """The party that an answer is written down for; None for one's own."""
    number = request.GET.get(REGISTER, "")
    if not number:
        return None
    if not arranges(access):
        raise NotAllowed(NOT_CONVENER)
    if not number.isdecimal() or len(number) > 9:
        raise Http404
    return access_party(access, int(number))


@member_page
def answer(request: MemberRequest, pk: int) -> HttpResponse:
    """Say which times work, for one's own party or, with «?part=», written down for one on paper."""
    access = access_conversation(request.hat, pk)
    conversation, party = access.conversation, party_in_address(request, access)
    asked = party or own_part(access)
    if asked is None:
        raise NotAllowed("Det är handläggarna som är med i samtalet som svarar.")
    if conversation.state in HAS_TIME:
        raise NotAllowed(HAS_TIME[conversation.state])
    options = open_options(conversation)
    form = TimesAnswerForm(
        request.POST or None, options=options, known=works_of(asked, options), registers=party is not None
    )

    def act() -> None:
        answer_times(by=request.hat, conversation=conversation, works=form.works, party=party, way=form.way)

    return act_page(
        request,
        access,
        "talk_register",
        form,
        act,
        name=f"answer_times {asked.pk}",
        done="Svaret är sparat.",
        title="Svara på tiderna" if party is None else "Registrera svar på tiderna",
        whose=(party.name or name_of(party)) if party else "",
        nothing="" if options else "Inga tider är föreslagna just nu.",
    )
