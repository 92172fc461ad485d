"""Following a referral, a meeting or a conversation. At the front door, since each floor says who may open its own."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from meetings.queries import access_meeting
from meetings.queries.conversations import access_conversation
from notifications.actions import follow_thing
from referrals.queries import access_referral
from workspace.doors import MemberRequest, do_once, member_page
from workspace.errors import NotAllowed
from workspace.models import Membership
from workspace.rules import is_caseworker

# By what it is about: the rule of its page. Each raises the same 404 for hidden as for missing.
MAY_OPEN: dict[str, Callable[[Membership, int], object]] = {
    "referral": access_referral,
    "meeting": access_meeting,
    "conversation": access_conversation,
}
# A manager is told of none of their acts, and who opens one for a stated reason only reads.
ABOUT_PERSONS = {"referral", "conversation"}


@require_POST
@member_page
def follow(request: MemberRequest, about: str, pk: int) -> HttpResponse:
    """Follow a thing that one may open, or be left in peace about it."""
    if about not in MAY_OPEN:
        raise Http404
    MAY_OPEN[about](request.hat, pk)
    if about in ABOUT_PERSONS and not is_caseworker(request.hat):
        raise NotAllowed("Det är handläggarna som får händelser om det här, så det är de som följer det.")
    follows = request.POST.get("folj") == "1"

    def perform() -> str:
        follow_thing(by=request.hat, about=about, object_id=pk, follows=follows)
        messages.success(request, "Du följer det nu." if follows else "Du följer det inte längre.")
        return f"{reverse(about, args=[pk])}#folj"

    return do_once(request, f"follow {about} {pk} {follows:d}", perform)
