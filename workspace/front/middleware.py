"""What is answered before all else: the machines that ask how this process is doing."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound

from workspace.front.views.health import health, metrics

PROBES = {"/health/": health, "/metrics": metrics}


class Probes:
    """Answers /health/ and /metrics under any name and without a session: a load balancer asks by address.

    In the role `sockets` nothing else exists.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        probe = PROBES.get(request.path_info)
        if probe:
            return probe(request)
        if settings.SERVE_ROLE == "sockets":
            return HttpResponseNotFound()
        return self.get_response(request)
