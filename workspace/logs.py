"""The log as one JSON object a line, and the one line that each request leaves there (docs/running.md)."""

import json
import logging
import re
import secrets
import time
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse

from workspace import metrics
from workspace.redaction import WordlessFormatter, redact, route_of, said

log = logging.getLogger("samverkansrum.requests")

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
FROM_PROXY = re.compile(r"[0-9a-f]{32}")  # nginx's $request_id
request_id: ContextVar[str] = ContextVar("request_id", default="")


class JsonLines(WordlessFormatter):
    """Only the fields named here: what others hang on a record (Django the whole request) is never written."""

    FIELDS = ("method", "route", "status", "ms", "hat")

    def __init__(self, role: str) -> None:
        super().__init__()
        self.role = role

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "role": self.role,
            "process": record.process,
            "says": redact(said(record)),
        }
        if request := request_id.get():
            line["request"] = request
        line |= {name: getattr(record, name) for name in self.FIELDS if hasattr(record, name)}
        if record.exc_info:
            line["error"] = redact(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)


class RequestLog:
    """Gives each request an id, counts it and, in production, says once what became of it.

    Says the name of the route, never the address; whose hat it was by its key, never by name.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        before = request_id.set(given if FROM_PROXY.fullmatch(given) else secrets.token_hex(16))
        started = time.perf_counter()
        try:
            response = self.get_response(request)
            self._note(request, response.status_code, time.perf_counter() - started)
            return response
        finally:
            request_id.reset(before)

    @staticmethod
    def _note(request: HttpRequest, status: int, seconds: float) -> None:
        route = route_of(request)
        metrics.note_request(route, status, seconds)
        method = request.method if request.method in METHODS else "OTHER"
        hat = getattr(request, "hat", None)
        fields = {"method": method, "route": route, "status": status, "ms": round(1000 * seconds, 1)}
        log.info("%s %s %s", method, route, status, extra=fields | ({"hat": hat.hat_key} if hat else {}))
