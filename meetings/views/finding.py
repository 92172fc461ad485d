"""«Hitta en tid»: what suits all who are to come to a conversation, or to a group's meeting."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from meetings.forms.finding import LengthForm, chosen_in_address, times_chosen
from meetings.queries.finding import Day, Findings, find_for_conversation, find_for_group
from meetings.queries.times import MOST_AT_ONCE, end_after
from meetings.schedule import say_clock
from meetings.states import ConversationState
from meetings.views.groups import arranged
from meetings.views.times import arranging
from workspace.doors import AnyHatRequest, MemberRequest, hat_page, log_reads, member_page
from workspace.errors import NotAllowed

Linked = list[tuple[Day, list[tuple[datetime, str]]]]  # each day, with its times and where they lead


def _linked(days: list[Day], url: Callable[[datetime], str]) -> Linked:
    return [(day, [(at, url(at)) for at in day.starts]) for day in days]


@require_GET
@member_page
def find_for_talk(request: MemberRequest, pk: int) -> HttpResponse:
    """For a conversation: each time leads to the form of proposed times, with those chosen before."""
    access = arranging(request, pk)
    conversation = access.conversation
    if conversation.state != ConversationState.PREPARING:
        raise NotAllowed("Tider söks innan kallelsen skickas. Ändra tiden i stället, om samtalet är kallat.")
    form = LengthForm(request.GET if "minuter" in request.GET else None, also=conversation.minutes)
    minutes, chosen = form.minutes, times_chosen(request.GET)
    propose = reverse("propose_times", args=[pk])
    fits = minutes == conversation.minutes and len(chosen) < MOST_AT_ONCE

    def url(at: datetime) -> str:
        return f"{propose}?{chosen_in_address([*chosen, at])}" if fits else ""

    found = find_for_conversation(conversation, minutes, by=request.hat, chosen=chosen)
    log_reads(request, "conversation", pk, [conversation.participant_id])
    context: dict[str, Any] = {
        "conversation": conversation,
        "back": reverse("conversation", args=[pk]),
        "own": f"{propose}?{chosen_in_address(chosen)}" if chosen else propose,
        "chosen": chosen,
        "is_full": len(chosen) >= MOST_AT_ONCE,
        "other_length": minutes != conversation.minutes,
    }
    return _page(request, form, found, _linked(found.days, url), **context)


@require_GET
@hat_page
def find_for_meeting(request: AnyHatRequest, pk: int) -> HttpResponse:
    """For a group: each time leads to the form of a meeting outside the series."""
    group = arranged(request, pk)
    form = LengthForm(request.GET if "minuter" in request.GET else None)
    minutes, new = form.minutes, reverse("new_meeting", args=[pk])

    def url(at: datetime) -> str:
        begins, ends = timezone.localtime(at), timezone.localtime(end_after(at, minutes))
        clocks = {"fran": say_clock(begins.time()), "till": say_clock(ends.time())}
        return f"{new}?{urlencode({'dag': begins.date().isoformat(), **clocks})}"

    found = find_for_group(group, minutes, by=request.hat)
    return _page(request, form, found, _linked(found.days, url), group=group, own=new)


def _page(
    request: AnyHatRequest | MemberRequest, form: LengthForm, found: Findings, days: Linked, **words: Any
) -> HttpResponse:
    context = {"form": form, "found": found, "days": days, "minutes": form.minutes, **words}
    return render(request, "meetings/find_time.html", context)
