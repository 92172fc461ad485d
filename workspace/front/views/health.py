"""Whether this process can do its work, and what it has counted. Asked by machines; answered before all else."""

import hmac
import ipaddress

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, JsonResponse
from django.views.decorators.cache import never_cache
from prometheus_client import CONTENT_TYPE_LATEST

from workspace import metrics as counted
from workspace.front.queries.running import Waiting, migrations_missing, wire_answers
from workspace.live import is_away

# Whatever a proxy adds, of which ours always adds the first: a call with one of these is not from this machine.
BY_PROXY = {"X-Forwarded-Proto", "X-Forwarded-For", "Forwarded", "Via"}


@never_cache
def health(request: HttpRequest) -> HttpResponse:
    """200 while this role can serve, else 503. A lost wire is said, but pages then ask by themselves: still 200."""
    said = {"role": settings.SERVE_ROLE, "database": "ok", "migrations": "ok"}
    try:
        if migrations_missing():
            said["migrations"] = "missing"
    except DatabaseError:
        said |= {"database": "away", "migrations": "unknown"}
    if settings.SERVE_ROLE != "web":
        said["wire"] = "away" if is_away() or not wire_answers() else "ok"
    fit = said["database"] == said["migrations"] == "ok"
    return JsonResponse(said, status=200 if fit else 503)


@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """For this machine itself, or with METRICS_TOKEN; to others it does not exist."""
    if not may_read(request):
        return HttpResponseNotFound()
    waiting = [Waiting()] if settings.SERVE_ROLE != "sockets" else []
    return HttpResponse(counted.as_text(*waiting), content_type=CONTENT_TYPE_LATEST)


def may_read(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
    if settings.METRICS_TOKEN and hmac.compare_digest(given, settings.METRICS_TOKEN.encode()):
        return True
    try:
        here = ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
    return here and not BY_PROXY & set(request.headers)
