"""«Hur har jag det?»: the participant's own numbers, their curve, and who may see it (R40)."""

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from pygal import XY

from workspace.doors import VisitRequest
from workspace.errors import Refusal
from workspace.front.queries.own_ratings import own_side
from workspace.front.views.own_frame import SAID, do_there, own_view, show
from workspace.pathway.actions.ratings import hide_ratings, rate, show_ratings
from workspace.pathway.forms.own_ratings import RatingForm
from workspace.pathway.queries.ratings import RatedDay, newest_way, own_rated_days, rated_today
from workspace.pathway.states import Statement
from workspace.pictures import BRAND, INK, INK_2, frame, picture
from workspace.swedish import MONTHS, say_full_date

SAYS = {
    "sparat": "Dina siffror är sparade.",
    "visas": "Nu ser din handläggare din kurva.",
    "visas-inte": "Nu ser ingen annan din kurva.",
}
NOT_NOW = "Det går inte att spara nu. Du är inte inskriven."


@own_view
def ratings(request: VisitRequest) -> HttpResponse:
    """The five statements, today's numbers where there are any, and the curve so far."""
    if request.method != "POST":
        return _page(request)
    form = RatingForm(request.POST)
    if not form.is_valid():
        return _page(request, form=form, status=422)
    return do_there(
        request,
        "own_ratings",
        lambda: rate(by=request.browser, values=form.said),
        _said("sparat"),
        lambda refusal: _refused(request, refusal),
    )


@own_view
def show_curve(request: VisitRequest) -> HttpResponse:
    """«Visa min kurva för min handläggare»."""
    if request.method != "POST":
        return redirect("own_ratings")
    return do_there(
        request,
        "own_ratings_show",
        lambda: show_ratings(by=request.browser),
        _said("visas"),
        lambda refusal: _refused(request, refusal),
    )


@own_view
def hide_curve(request: VisitRequest) -> HttpResponse:
    """«Sluta visa»: at once."""
    if request.method != "POST":
        return redirect("own_ratings")
    return do_there(
        request,
        "own_ratings_hide",
        lambda: hide_ratings(by=request.browser),
        _said("visas-inte"),
        lambda refusal: _refused(request, refusal),
    )


@own_view
def ratings_picture(request: VisitRequest) -> HttpResponse:
    """The curve as an image; the same page as for what is missing where there is none."""
    return picture(draw(own_rated_days(request.participant)))


def _page(request: VisitRequest, *, form: RatingForm | None = None, status: int = 200, **more: Any) -> HttpResponse:
    today = rated_today(request.participant)
    days = own_rated_days(request.participant)
    way = newest_way(request.participant)
    context = {
        **own_side(request.participant),
        "form": form or RatingForm(initial={name: str(value) for name, value in today.items()}),
        "rated_today": bool(today),
        "days": days[::-1],
        "statements": [statement.label for statement in Statement],
        "lines": line_names(),
        "alternative": alternative(days),
        # Earlier ways are the participant's alone, unless they were shown too.
        "since": way.enrolled_on if way and days and days[0].on < way.enrolled_on else None,
        "way": way,
        "says": SAYS.get(request.GET.get(SAID, ""), ""),
        **more,
    }
    if form is not None and form.non_field_errors():
        context["refused"] = " ".join(str(error) for error in form.non_field_errors())
    return show(request, "own_ratings", status=status, **context)


def _refused(request: VisitRequest, refusal: Refusal) -> HttpResponse:
    return _page(request, refused=NOT_NOW, status=refusal.status)


def _said(name: str) -> str:
    return f"{reverse('own_ratings')}?{SAID}={name}"


# ---------- the picture ----------
WIDTH, LETTER, DATES = 400, 16, 4  # units; the page scales it. At most so many dates under the curve
# Each line has its own dashes, and a letter at its end, so that no colour need be told from another. The page says
# which is which, beside the picture: there the words are as large as the reader wants them.
LINES = (
    ("A", INK, "none", "hel linje"),
    ("B", BRAND, "10, 4", "streck"),
    ("C", INK_2, "2, 4", "prickar"),
    ("D", BRAND, "12, 4, 2, 4", "streck och prick"),
    ("E", INK_2, "20, 6", "långa streck"),
)


def line_names() -> list[tuple[str, str, str]]:
    """Which line is which: its letter, the statement, and how it is drawn."""
    return [(line[0], statement.label, line[3]) for line, statement in zip(LINES, Statement, strict=True)]


def alternative(days: list[RatedDay]) -> str:
    """What the picture says, for who doesn't see it."""
    if not days:
        return ""
    last = days[-1]
    told = [f"{label} {value}" for label, value in last.cells if value is not None]
    return f"En linje för varje fråga. Senast, {say_full_date(last.on)}: {'. '.join(told)}. Alla tal står i tabellen."


def draw(days: list[RatedDay]) -> Any:
    """A line for each statement, from 1 to 10 over the days. None without ratings."""
    if not days:
        return None
    css = "".join(
        f".serie-{at} .line {{stroke-width: 2.5; stroke-dasharray: {dashes}}} "
        for at, (_, _, dashes, _) in enumerate(LINES)
    )
    css += f".text-overlay text {{transform: translateY(-{LETTER}px)}}"  # pygal writes it a line below its point
    first, last = days[0].on.toordinal(), days[-1].on.toordinal()
    spaces = max(1, min(DATES - 1, last - first))
    chart = XY(
        **frame(
            tuple(colour for _, colour, _, _ in LINES),
            css,
            width=WIDTH,
            value_colors=(INK,) * len(LINES),
            value_label_font_size=LETTER,
        ),
        height=340,
        margin_right=64,
        range=(1, 10),
        xrange=(first - 1, last + max(1, (last - first) // 12)),
        y_labels=list(range(1, 11)),
        x_labels=sorted({first + (last - first) * at // spaces for at in range(spaces + 1)}),
        x_value_formatter=_short_day,
        value_formatter=lambda value: f"{value:.0f}",
        show_legend=False,
        dots_size=3.5,
        print_labels=True,
    )
    names = _end_names(days)
    for (letter, *_), statement in zip(LINES, Statement, strict=True):
        points = [(day.on.toordinal(), day.values[statement]) for day in days if statement in day.values]
        values: list[Any] = [{"value": point} for point in points]
        if values and letter in names:
            values[-1]["label"] = names[letter]
        chart.add(letter, values)
    return chart


def _end_names(days: list[RatedDay]) -> dict[str, str]:
    """The letters at the end of each line: together at the first of those that end in the same place."""
    ends: dict[tuple[int, int], list[str]] = {}
    for (letter, *_), statement in zip(LINES, Statement, strict=True):
        rated = [day for day in days if statement in day.values]
        if rated:
            ends.setdefault((rated[-1].on.toordinal(), rated[-1].values[statement]), []).append(letter)
    return {letters[0]: " ".join(letters) for letters in ends.values()}


def _short_day(ordinal: float) -> str:
    day = date.fromordinal(int(ordinal))
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
