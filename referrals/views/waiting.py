"""Waiting in pictures with their tables. A picture shows exactly its table's numbers, hidden cells too."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET
from pygal import XY, HorizontalStackedBar

from referrals.queries.waiting import (
    BANDS,
    DAYS,
    GROUPS,
    MOST,
    SHARE_DAYS,
    TOGETHER,
    AnswerRow,
    AnswerTimes,
    OpenAges,
    Period,
    Withheld,
    answer_times_of,
    follows_waiting,
    open_ages_of,
)
from workspace.doors import RoleRequest, role_page
from workspace.pictures import BRAND, INK, INK_2, SHEET, frame, picture
from workspace.small_cells import SUM, Hidden, Shown
from workspace.states import Gender
from workspace.swedish import say_list

PERIODS = ((Period.YEAR, "Senaste 12 månaderna"), (Period.YEAR_BEFORE, "12 månaderna dessförinnan"))
BAND_NAMES = [f"{least}–{most}" if most else f"över {least - 1}" for least, most in BANDS]

# Every bar has an edge of ink and its number, every curve its own dashes, so that no colour need be told from another.
BAND_COLOURS, BAND_INKS = ("#e0ebed", "#a0c1c8", BRAND, "#fae6c6"), (INK, INK, SHEET, INK)
CURVES = {
    GROUPS[Gender.WOMAN]: (BRAND, "9, 4", "streckad"),
    GROUPS[Gender.MAN]: (INK_2, "2, 4", "prickad"),
    TOGETHER: (INK, "none", "hel"),
}
WIDTH = 440  # units; the page scales it


@require_GET
@role_page
def waiting(request: RoleRequest) -> HttpResponse:
    """The age of open referrals and the time to answer. No person, so nothing to log."""
    return render(request, "referrals/waiting.html", waiting_context(request))


@require_GET
@role_page
def age_picture(request: RoleRequest) -> HttpResponse:
    """The bars of the table of ages; 404 where the page has no such table."""
    return picture(draw_ages(waiting_context(request)["age_rows"]))


@require_GET
@role_page
def answer_picture(request: RoleRequest) -> HttpResponse:
    """The curves of the table of answers; 404 where the page has none."""
    return picture(draw_answers(waiting_context(request)["curves"]))


def waiting_context(request: RoleRequest) -> dict[str, Any]:
    """What the page and both pictures show."""
    if not follows_waiting(request.hat):
        raise Http404
    period = next((code for code, _ in PERIODS if code == request.GET.get("period")), Period.YEAR)
    ages, times = open_ages_of(request.hat), answer_times_of(request.hat, period)
    together = times.rows[-1] if times.rows else None
    rows, curves = age_rows(ages), curves_of(times)
    return {
        "headline": headline(together),
        "periods": [(code, label, code == period) for code, label in PERIODS],
        "period": period,
        "ages": ages,
        "bands": BAND_NAMES,
        "age_rows": rows,
        "has_bars": any(sum(bar_of(row)) for row in rows if row["agency"]),
        "age_alternative": age_alternative(ages),
        "times": times,
        "share_days": SHARE_DAYS,
        "answer_rows": answer_rows(times),
        "curves": curves,
        "curve_days": [
            (day, [said(row.shares[day], "%") for row in times.rows if row.label in curves])
            for day in DAYS
            if any(isinstance(row.shares[day], int) for row in times.rows)
        ],
        "answer_alternative": answer_alternative(together, curves),
        "most": f"{MOST:,}".replace(",", "\xa0"),
        "cooperation": request.hat.cooperation,
    }


# ---------- words ----------
def headline(together: AnswerRow | None) -> str:
    """The answer first."""
    if together is None or together.median in (Withheld.FEW, Withheld.ALSO):
        return "Så länge väntar remisserna"
    if together.median == Withheld.NOT_YET:
        return "Mindre än hälften har fått svar"
    if together.median == 0:
        return "Hälften får svar samma dag"
    return f"Hälften får svar inom {together.median} {'dag' if together.median == 1 else 'dagar'}"


def said(value: Shown | Withheld, unit: str = "") -> dict[str, Any]:
    """A cell: its words, and whether they stand for a number."""
    hidden = isinstance(value, Hidden | Withheld)
    return {"text": str(value) if hidden or not unit else f"{value}\xa0{unit}", "hidden": hidden}


def age_rows(ages: OpenAges) -> list[dict[str, Any]]:
    """A line for each receiver, then all together."""
    if ages.cells is None:
        return []
    lines = []
    for at, agency in [*enumerate(ages.agencies), (SUM, None)]:
        values = [ages.cells[at, place] for place in range(len(BANDS))]
        cells = list(zip(BAND_NAMES, map(said, values), strict=True))
        total = ages.cells[at, SUM]
        lines.append({"agency": agency, "values": values, "sum": total, "cells": cells, "total": said(total)})
    return lines


def answer_rows(times: AnswerTimes) -> list[dict[str, Any]]:
    """The lines of the table of answers, each cell with the head of its column; last those only counted, if any."""
    names = ["Skickade", "Fått svar", "Väntar ännu", "Avslutade utan svar", "Median, dagar"]
    names += [f"Svar inom {day} dagar" for day in SHARE_DAYS]
    lines = []
    for row in times.rows:
        cells = [said(value) for value in (row.sent, row.answered, row.waiting, row.ended, row.median)]
        cells += [said(row.shares[day], "%") for day in SHARE_DAYS]
        lines.append((row.label, cells))
    if times.rows and times.unknown:
        only = [said(times.unknown), *(said(Withheld.ONLY_COUNTED) for _ in names[1:])]
        lines.append((f"{GROUPS[Gender.UNKNOWN]}, ej i totalt", only))
    return [
        {"label": label, "cells": list(zip(names, cells, strict=True)), "sum": label == TOGETHER}
        for label, cells in lines
    ]


def curves_of(times: AnswerTimes) -> dict[str, list[tuple[int, int]]]:
    """The points of each curve: (day, whole per cent)."""
    points = {
        row.label: [(day, share) for day, share in row.shares.items() if isinstance(share, int)] for row in times.rows
    }
    return {label: [(0, 0), *found] for label, found in points.items() if found}


def age_alternative(ages: OpenAges) -> str:
    """What the picture of ages says, for who doesn't see it."""
    oldest = ages.cells[SUM, len(BANDS) - 1] if ages.cells else 0
    return (
        "Liggande staplar, en för varje mottagare, delade efter hur länge remisserna har väntat. "
        f"{ages.total} är öppna. Väntat över 90 dagar: {oldest}. Alla tal står i tabellen."
    )


def answer_alternative(together: AnswerRow | None, curves: dict[str, list[tuple[int, int]]]) -> str:
    """What the picture of answers says, for who doesn't see it."""
    shares = together.shares if together else {}
    told = [f"{shares[day]} % inom {day} dagar" for day in SHARE_DAYS if isinstance(shares.get(day), int)]
    who = say_list([label.lower() for label in curves])
    together_told = f"Totalt {say_list(told)}. " if told else ""
    return f"Kurvor över andelen som har fått svar: {who}. {together_told}Alla tal står i tabellen."


# ---------- pictures ----------
def draw_ages(rows: list[dict[str, Any]]) -> Any:
    """A bar for each receiver: the bands that are shown, then what is left of a sum that is. None without any."""
    rows = [row for row in reversed(rows) if row["agency"]]
    bars = [bar_of(row) for row in rows]
    longest = max(map(sum, bars), default=0)
    if not longest:
        return None
    edges = f".bar rect, .legend rect {{stroke: {INK}}} .serie-{len(BANDS)} .bar rect {{stroke-dasharray: 4, 3}}"
    chart = HorizontalStackedBar(
        **frame((*BAND_COLOURS, SHEET), edges, width=WIDTH, value_colors=(*BAND_INKS, INK)),
        height=120 + 36 * len(rows),
        print_values=True,
        print_zeroes=False,
        margin_bottom=40,
        y_labels=range(0, longest + 1, max(1, longest // 4)),
        range=(0, longest),
        legend_at_bottom_columns=3,
    )
    chart.x_labels = [bar_name(row) for row in rows]
    for place, name in enumerate([*BAND_NAMES, str(Hidden.ALSO)]):
        said_as = bar_number if place < len(BANDS) else no_number
        chart.add(name, [bar[place] or None for bar in bars], formatter=said_as)
    chart.value_formatter = number
    return chart


def bar_of(row: dict[str, Any]) -> list[int]:
    """The lengths of a line's bar; the last is what its sum has more than the bands that are shown."""
    shown = [0 if isinstance(value, Hidden) else value for value in row["values"]]
    return [*shown, 0 if isinstance(row["sum"], Hidden) else row["sum"] - sum(shown)]


def number(value: float) -> str:
    return f"{value:.0f}"


def bar_number(value: float) -> str:
    """pygal takes a bar that is not there for one of nought, and a hidden count is not nought."""
    return number(value) if value else ""


def no_number(value: float) -> str:
    """The table says no number either."""
    return ""


def bar_name(row: dict[str, Any]) -> str:
    hidden = any(isinstance(value, Hidden) for value in row["values"])
    return f"{row['agency'].short_name}{' *' if hidden else ''}"


def draw_answers(curves: dict[str, list[tuple[int, int]]]) -> Any:
    """A curve for each group, drawn between the days that the table holds. None without curves."""
    if not curves:
        return None
    last = max(day for points in curves.values() for day, _ in points)
    lines = "".join(
        f".serie-{at} .line {{stroke-width: 2.5; stroke-dasharray: {CURVES[label][1]}}} "
        for at, label in enumerate(curves)
    )
    chart = XY(
        **frame(tuple(CURVES[label][0] for label in curves), lines, width=WIDTH),
        height=320,
        margin_bottom=48,
        range=(0, 100),
        y_labels=[0, 25, 50, 75, 100],
        x_labels=[day for day in (0, 14, 30, 60, 90, 120, 180) if day <= last],
        x_value_formatter=number,
        value_formatter=lambda share: f"{share:.0f}\xa0%",
        x_title="Dagar sedan remissen skickades",
        legend_at_bottom_columns=3,
        dots_size=3.5,
    )
    for label, points in curves.items():
        chart.add(f"{label}, {CURVES[label][2]}", points)
    return chart
