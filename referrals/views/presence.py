"""That the other side has a referral's page open: the page says so of itself, and shows it of the other."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from referrals.actions.presence import say_open
from referrals.models import Referral
from referrals.queries import access_referral
from referrals.queries.presence import other_side_until
from referrals.rules import side_of
from referrals.states import Side
from workspace.doors import MemberRequest, member_page
from workspace.models import Membership


def presence_context(member: Membership, referral: Referral) -> dict[str, Any]:
    """Who has it open besides one's own, and for how many seconds that holds; nothing to log, since it names nobody."""
    until = other_side_until(member, referral)
    who = "Mottagaren" if side_of(member, referral) == Side.SENDER else "Avsändaren"
    left = max(1, round((until - timezone.now()).total_seconds())) if until else 0
    return {"referral": referral, "open_at": who if until else "", "left": left}


@member_page
def presence(request: MemberRequest, pk: int) -> HttpResponse:
    """The line as it is now."""
    found = access_referral(request.hat, pk)
    return render(request, "referrals/_presence.html", presence_context(request.hat, found))


@require_POST
@member_page
def here(request: MemberRequest, pk: int) -> HttpResponse:
    """The page says that it is open, and gets the line as it is now. One that closes says nothing of the others."""
    found = access_referral(request.hat, pk)
    if request.POST.get("leaving") != "1":
        say_open(by=request.hat, referral=found)
    return render(request, "referrals/_presence.html", presence_context(request.hat, found))
