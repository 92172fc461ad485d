"""Which agencies have been represented, over twelve months: a picture and its table. Agencies only, never persons."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET
from pygal import Dot

from meetings.queries.matrix import AgencyLine, Cell, Matrix, access_attendance, attendance_matrix, groups_followed
from workspace.doors import AnyHatRequest, hat_page
from workspace.pictures import BRAND, INK, SHEET, frame, picture
from workspace.swedish import MONTHS, say_count, say_list

WIDTH, ROW = 720, 44  # units; the page scales the picture
LARGEST = 1.4  # what a dot that fills its square would stand for: the largest here is 1, so that none touch


@require_GET
@hat_page
def matrix(request: AnyHatRequest, pk: int) -> HttpResponse:
    """The table, and the picture of it. No person, so nothing to log."""
    group = access_attendance(request.hat, pk)
    found = attendance_matrix(group)
    lines = [
        {
            "agency": line.agency,
            "cells": list(zip([month_name(month) for month in found.months], line.cells, strict=True)),
            "total": line.total,
        }
        for line in found.lines
    ]
    context = {
        "group": group,
        "is_followed": groups_followed(request.hat).filter(pk=pk).exists(),
        "months": found.months,
        "lines": lines,
        "held": found.held,
        "headline": headline(found),
        "has_picture": found.held > 0 and bool(lines),
        "alternative": alternative(found),
    }
    return render(request, "meetings/matrix.html", context)


@require_GET
@hat_page
def matrix_picture(request: AnyHatRequest, pk: int) -> HttpResponse:
    """The dots of the table; 404 where the page has no picture."""
    found = attendance_matrix(access_attendance(request.hat, pk))
    if not found.held or not found.lines:
        raise Http404
    return picture(draw(found))


# ---------- words ----------
def month_name(month: Any) -> str:
    """«nov.», and with the year where a year begins."""
    name = MONTHS[month.month - 1]
    return f"{name} {month.year}" if month.month == 1 else name


def absent(found: Matrix) -> list[AgencyLine]:
    """Those that have been away from some meeting, the most first."""
    away = [line for line in found.lines if line.total.represented < line.total.held]
    return sorted(away, key=lambda line: line.total.represented - line.total.held)


def headline(found: Matrix) -> str:
    """The answer first."""
    if not found.held:
        return "Inga möten är hållna ännu"
    away = absent(found)
    if not away:
        return "Alla myndigheter har varit med"
    if len(away) == 1:
        return f"{away[0].agency.name} har saknats på {say_count(_missed(away[0]), 'möte', 'möten')}"
    return f"{say_count(len(away), 'myndighet', 'myndigheter').capitalize()} har saknats på något möte"


def _missed(line: AgencyLine) -> int:
    return line.total.held - line.total.represented


def alternative(found: Matrix) -> str:
    """What the picture says, for who doesn't see it."""
    told = [f"{line.agency.name} {line.total.text}" for line in found.lines]
    return (
        f"En prick för varje myndighet och månad. Möten med representant: {say_list(told)}. Alla tal står i tabellen."
    )


# ---------- the picture ----------
def draw(found: Matrix) -> Any:
    """A dot for each agency and month: filled and as large as the share of meetings they were at, a ring for none."""
    rings = f".dot.negative {{fill: {SHEET}; stroke: {INK}; stroke-width: 2.5}}"
    chart = Dot(
        **frame((BRAND,) * len(found.lines), rings, width=WIDTH, text=13),
        height=70 + ROW * len(found.lines),
        show_legend=False,
        range=(0, LARGEST),
    )
    chart.x_labels = [MONTHS[month.month - 1] for month in found.months]
    for line in found.lines:
        values = [{"value": dot(cell), "formatter": said(cell)} if dot(cell) else None for cell in line.cells]
        chart.add(line.agency.name, values)
    return chart


def dot(cell: Cell) -> float:
    """The size of a dot: the share of the meetings; below nought is a ring, as large as all; 0 is none at all."""
    if cell.empty:
        return 0
    return cell.represented / cell.held or -1


def said(cell: Cell) -> Any:
    """What the table says, whatever the size is."""
    return lambda _: cell.text
