"""No more mails: by the address in a mail, signed in or not (RFC 8058)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from notifications.actions import stop_mails
from notifications.forms import ChoicesForm
from notifications.queries import choices_of, kinds_for, mail_stopped_by
from workspace.models import UserAccount
from workspace.queries import hats_of


@csrf_exempt  # a mail program posts it by itself, without having been here: the token is what lets it
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks, and changes nothing: mail programs follow links by themselves. POST stops what the mail was for.

    What that was is said to nobody but the reader themselves, signed in. A token that is none of ours: 404, with a
    sentence on what to do instead.
    """
    named = mail_stopped_by(token)
    context: dict[str, Any] = {"frame": "base.html" if request.user.is_authenticated else "_plain.html"}
    if named is None:
        return render(request, "notifications/unsubscribe.html", context | {"is_unknown": True}, status=404)
    user, codes = named
    if request.method == "POST":
        stop_mails(user=user, kinds=codes)
        context["is_done"] = True
    if request.user == user:
        context["groups"] = _form(user, codes).groups()
    return render(request, "notifications/unsubscribe.html", context)


def _form(user: UserAccount, codes: list[str]) -> ChoicesForm:
    """The kinds of the mail, as they are chosen now."""
    kinds = [kind for kind in kinds_for(hats_of(user)) if kind.code in codes]
    chosen = choices_of([user.pk], codes)
    return ChoicesForm(kinds=kinds, chosen={kind.code: chosen[user.pk, kind.code] for kind in kinds})
