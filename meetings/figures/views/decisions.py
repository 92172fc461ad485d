"""The steering groups' decisions, for whoever follows the figures: to read and to take along. No person."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from meetings.figures.queries import access_figures
from meetings.queries.decisions import steering_decisions
from workspace.doors import AnyHatRequest, download, hat_page
from workspace.tables import XLSX, Table, as_xlsx

PAGE = 50
COLUMNS = ["Möte", "Grupp", "Punkt", "Beslut", "Skrivet av"]


@require_GET
@hat_page
def decisions(request: AnyHatRequest) -> HttpResponse:
    """What the steering groups' approved minutes say was decided (R26, R31)."""
    found = steering_decisions(access_figures(request.hat))
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    return render(request, "figures/decisions.html", {"page": page})


@require_GET
@hat_page
def decisions_file(request: AnyHatRequest) -> HttpResponse:
    """All of them as a file."""
    found = steering_decisions(access_figures(request.hat))
    table = Table("Beslut", COLUMNS, [[one.on, one.group, one.item, one.text, one.author] for one in found])
    return download(as_xlsx(table), XLSX, f"beslut-{timezone.localdate()}.xlsx")
