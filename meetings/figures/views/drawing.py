"""The pictures of a goal, drawn with pygal: its bars and its way over time, both with the target's line.

Readable without colour: every bar has its name, its number and an edge, every line its own dashes, and what is hidden
has neither. A band is drawn to what is certain, then as far as it may go with a dashed edge.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

from pygal import HorizontalStackedBar, Line

from workspace.pictures import BRAND, INK, INK_2, SHEET, frame

WIDTH, ROW, ROOM = 420, 32, 46  # units; the page scales the picture
LONG = (480, 340)
MOST_NAMES = 6  # of months under a picture
NUMBERS_AT = 12  # units to the right of 100 %
GROUPS = ("woman", "man", "unknown", "total")
DASHES = {"woman": "9 4", "man": "2 4", "unknown": "1 6", "total": "none"}
STROKES = {"woman": "streckad", "man": "prickad", "unknown": "gles", "total": "hel"}
LIGHT = (SHEET, INK, INK_2, "#d8dada", BRAND)
DARK = ("#232929", "#ececec", "#a5a8a8", "#3a4242", "#7cc4cf")  # the theme's own colours when it is dark


@dataclass(frozen=True)
class Bar:
    """One group's share: whole per cent between `low` and `high`, the same where it is known; None where hidden."""

    group: str
    label: str
    said: str
    low: int | None
    high: int | None


@dataclass(frozen=True)
class Curve:
    """One group's shares, month by month; None where a month shows none."""

    group: str
    label: str
    shares: list[int | None]


def draw_bars(bars: Sequence[Bar], target: int) -> Any:
    """A bar for each group under the other, their numbers in a column of their own, and the target across them."""
    rows = list(reversed(bars))  # pygal draws upwards
    chart = HorizontalStackedBar(
        **frame((BRAND, SHEET), css_of(), width=WIDTH, text=15, value_colors=(INK, INK)),
        height=height_of(bars),
        show_legend=False,
        print_values=True,
        range=(0, 100),
        y_labels=[
            {"value": 0, "label": "0"},
            {"value": target, "label": f"Mål {target} %"},
            *([{"value": 100, "label": "100 %"}] if target <= 75 else []),
        ],
        y_labels_major=[target],
        margin_right=84,
    )
    chart.x_labels = [bar.label for bar in rows]
    chart.add("", [{"value": bar.low or 0, "formatter": said(bar)} for bar in rows])
    chart.add("", [(bar.high or 0) - (bar.low or 0) for bar in rows], formatter=lambda _: "")
    looks = [*(bar.group for bar in rows), *("maybe" for _ in rows)]
    chart.add_xml_filter(lambda root: with_looks(root, looks))
    chart.add_xml_filter(lambda root: target_on_top(root, "v"))
    chart.add_xml_filter(numbers_in_a_column)
    return chart


def height_of(bars: Sequence[Bar]) -> int:
    return ROOM + ROW * len(bars)


def said(bar: Bar) -> Callable[[float], str]:
    return lambda _: bar.said


def draw_curves(curves: Sequence[Curve], months: Sequence[str], target: int) -> Any:
    """A line for each group over the months, broken where a month shows nothing. None where no month shows any."""
    drawn = [curve for curve in curves if any(share is not None for share in curve.shares)]
    if not drawn:
        return None
    groups = [curve.group for curve in drawn]
    chart = Line(
        **frame((INK,) * len(drawn), css_of(groups), width=LONG[0], text=15),
        height=LONG[1],
        range=(0, 100),
        y_labels=[*({"value": at, "label": f"{at} %"} for at in (0, 25, 50, 75, 100) if abs(at - target) > 4),
                  {"value": target, "label": f"Mål {target} %"}],
        y_labels_major=[target],
        x_label_rotation=0,
        legend_at_bottom_columns=2,
        allow_interruptions=True,
        dots_size=4,
        margin_bottom=64,
        show_minor_x_labels=len(months) <= MOST_NAMES,
        x_labels_major_count=min(MOST_NAMES, len(months)),
    )  # fmt: skip
    chart.x_labels = list(months)
    for curve in drawn:
        chart.add(f"{curve.label}, {STROKES[curve.group]}", list(curve.shares), formatter=lambda share: f"{share} %")
    chart.add_xml_filter(lambda root: target_on_top(root, "h"))
    return chart


# ---------- what pygal leaves to us ----------
def css_of(lines: Sequence[str] = ()) -> str:
    """Colours of both schemes: the picture follows the reader's, as the page does. `lines` are the lines' groups."""
    light, dark = _scheme(lines, *LIGHT), _scheme(lines, *DARK)
    return f"{light} @media (prefers-color-scheme: dark) {{{dark}}}"


def _scheme(lines: Sequence[str], sheet: str, ink: str, ink_2: str, rule: str, brand: str) -> str:
    rules = {
        ".background": f"fill: {sheet}",
        "text": f"fill: {ink}",
        "text.major, text.value": "font-weight: 600",
        ".rect": f"stroke: {ink}; stroke-width: 1.5",
        ".woman": f"fill: {brand}",
        ".man": f"fill: {ink_2}",
        ".unknown, .total": f"fill: {sheet}",
        ".maybe": f"fill: {sheet}; stroke-dasharray: 5 3",
        ".none": "display: none",
        ".guide.line": f"stroke: {rule}",
        ".axis.line": f"stroke: {ink_2}",
        ".halo": f"stroke: {sheet}; stroke-width: 7; fill: none",
        ".target": f"stroke: {ink}; stroke-width: 2.5; fill: none",
    }
    for at, group in enumerate(lines):
        colour = {"woman": brand, "man": ink_2}.get(group, ink)
        drawn = f"stroke: {colour}; stroke-width: 2.5; stroke-dasharray: {DASHES[group]}; fill: none"
        rules[f".serie-{at} .line"] = drawn
        rules[f".serie-{at} .dot, #activate-serie-{at} rect"] = f"fill: {colour}; stroke: {colour}"
    return "".join(f"{where} {{{what.replace(';', ' !important;')} !important}}" for where, what in rules.items())


def with_looks(root: Element, looks: Sequence[str]) -> Element:
    """Each piece of a bar with the class of its group; a piece of no length isn't drawn."""
    pieces = [node for node in root.iter() if node.get("class", "").startswith("rect ")]
    for node, look in zip(pieces, looks, strict=True):
        node.set("class", f"rect {look if float(node.get('width', '0')) else 'none'}")
    return root


def target_on_top(root: Element, way: str) -> Element:
    """Move the target's line over bars and lines, with an edge of the ground so that it shows on dark bars too.

    `way` is the path's own word for it: v stands, h lies.
    """
    parents = {child: parent for parent in root.iter() for child in parent}
    marked = [node for node in root.iter() if "major guide" in node.get("class", "")]
    for line in [node for node in marked if f" {way}" in node.get("d", "")]:
        guides = parents[line]
        plot = parents[parents[guides]]
        guides.remove(line)
        for look in ("halo", "target"):
            plot.append(Element(line.tag, {**line.attrib, "class": look}))
    return root


def numbers_in_a_column(root: Element) -> Element:
    """All numbers at the same place to the right of 100 %, whatever their bars' lengths are."""
    widest = max((_right(node) for node in root.iter() if node.get("class") == "background"), default=0.0)
    plot = next((node for node in root.iter() if node.get("class") == "plot"), root)
    width = next((_right(node) for node in plot if node.get("class") == "background"), widest)
    for text in [node for node in root.iter() if node.get("class") == "value" and node.tag.endswith("text")]:
        text.set("text-anchor", "start")
        text.set("x", f"{width + NUMBERS_AT:.1f}")
    return root


def _right(node: Element) -> float:
    return float(node.get("x", "0")) + float(node.get("width", "0"))
