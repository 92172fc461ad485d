"""A person's meetings as a calendar program asks for them: by a private address, without session, cookie or sign-in."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_safe

from meetings.calendar.actions.feeds import note_read
from meetings.calendar.queries.feeds import feed_texts, find_feed
from meetings.ical.writing import feed
from workspace.actions.accounts import digest_of

KIND = "text/calendar; charset=utf-8"


@require_safe
@sensitive_variables("token")
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """The feed, or 304 where the program has it already. An address that is none, or no more, is missing like any.

    The version is read before the events: what changes in between is given under the older one, and so again.
    """
    found = find_feed(digest_of(token))
    if found is None:
        raise Http404
    if found.to_be_noted:
        note_read(address=found.address)
    response = get_conditional_response(request, found.etag)
    if response is None:
        response = HttpResponse(feed(feed_texts(found.user, found.first)), content_type=KIND)
    response.headers["ETag"] = found.etag
    response.headers["Cache-Control"] = "private, no-cache"
    return response
