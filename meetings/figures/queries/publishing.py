"""What may be shown of a month's exact numbers, beside everything that has been shown before (L57, L58).

Reads nothing. Every number that leaves a frozen month goes through `publish`, `closed_periods`, `leads`
or `hide_small`.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from meetings.figures.arithmetic import months_between
from meetings.figures.queries.known import DISCHARGE, PLAN
from meetings.figures.queries.leads import Month
from meetings.figures.report.build import places_of
from meetings.figures.report.canonical import (
    Json,
    shown_from_json,
    shown_to_json,
    tables_from_json,
)
from meetings.figures.suppression import ANY, Line, Period, Shown, Tables, closed_periods, publish
from workspace.small_cells import SUM, THRESHOLD, hide_small, is_small
from workspace.states import Gender

APART = (Gender.WOMAN.value, Gender.MAN.value)
POPULATIONS = ("discharged", "enrolled", "surveys")
Earlier = Sequence[tuple[Json, Json]]  # exact and shown, in the order they were frozen


def publish_month(month: date, counts: Json, earlier: Earlier) -> Json:
    """The second text of a snapshot, from the first and from all earlier ones."""
    as_of = f"{month:%Y-%m}"
    exact = {name: tables_from_json(counts[name]) for name in POPULATIONS}
    discharged = _publish(as_of, "discharged", exact, earlier)
    told = [shown_from_json(shown["discharged"]) for _, shown in earlier if shown["discharged"]]
    beside = [one.lines for one in [*told, discharged] if one] + _ends(closed_before(earlier))
    enrolled = _publish(as_of, "enrolled", exact, earlier, beside)
    surveys = _publish(as_of, "surveys", exact, earlier)
    shown = {"discharged": discharged, "enrolled": enrolled, "surveys": surveys}
    leads = Month(as_of, counts, discharged, enrolled)
    referrals = {"referrals": _referrals(as_of, counts, earlier)} if "referrals" in counts else {}
    return referrals | {
        "as_of": as_of,
        "agencies": [name for _, name in counts["agencies"]],
        **{name: counts[name] for name in ("goals", "planned", "attendance", "kinds")},
        **{name: shown_to_json(one) if one else None for name, one in shown.items()},
        "leads": {until: leads.publish(until, earlier) for until in (PLAN, DISCHARGE)},
        "periods": _periods(counts, enrolled, earlier),
        "waiting": _waiting(counts["waiting"], dict(counts["agencies"])),
    }


def _publish(
    as_of: str, name: str, exact: dict[str, Tables], earlier: Earlier, beside: Sequence[Mapping[Line, int]] = ()
) -> Shown | None:
    before = [
        (tables_from_json(counts[name]), shown_from_json(shown[name])) for counts, shown in earlier if shown.get(name)
    ]
    return publish(
        as_of,
        exact[name],
        [shown for _, shown in before],
        exact=[tables for tables, _ in before],
        beside=beside,
    )


# ---------- those who have been referred ----------
def _referrals(as_of: str, counts: Json, earlier: Earlier) -> Json | None:
    """By receiving agency and sex, with the agencies' names; also of those that stand on from an earlier month."""
    shown = _publish(as_of, "referrals", {"referrals": tables_from_json(counts["referrals"])}, earlier)
    if shown is None:
        return None
    names: dict[str, str] = {}
    for _, content in earlier:
        names |= content["referrals"]["names"] if content.get("referrals") else {}
    names |= dict(counts["agencies"])
    return {**shown_to_json(shown), "names": {code: names[code] for code in places_of(shown) if code in names}}


# ---------- waiting ----------
def _waiting(rows: list[list[Any]], names: Mapping[str, str]) -> Json:
    """By agency and age with their sums, or nothing where there are too few in all."""
    counts = [numbers for _, *numbers in rows]
    total = sum(map(sum, counts))
    cells = hide_small(counts, keep=[(SUM, SUM)]) if total >= THRESHOLD else None
    if cells is None:
        return {"rows": []}
    columns = [*range(len(counts[0])), SUM]
    lines = [*sorted((names[row[0]], at) for at, row in enumerate(rows)), ("", SUM)]
    return {"rows": [[name, *(_said(cells[at, column]) for column in columns)] for name, at in lines]}


def _said(count: int | str) -> int | str:
    return count if isinstance(count, int) else str(count)


# ---------- planned and actual ----------
def _periods(counts: Json, enrolled: Shown | None, earlier: Earlier) -> list[Json]:
    """Women and men enrolled, months taken together until none is small; what has been shown stays as it was.

    Nothing new is closed while women and men are not shown apart among the enrolled.
    """
    closed = closed_before(earlier)
    lines = [shown["lines"] for _, content in earlier if (shown := content["enrolled"])]
    known = [{(m, g): n for m, g, n in rows} for rows in lines] + ([enrolled.lines] if enrolled else [])
    if enrolled is not None and all((ANY, gender) in enrolled.lines for gender in APART):
        beside = [{g: one[ANY, g] for g in APART} for one in known if all((ANY, g) in one for g in APART)]
        wholes = [one[ANY, ANY] for one in known if (ANY, ANY) in one and not all((ANY, g) in one for g in APART)]
        found = closed_periods(_monthly(counts["months"]), closed, beside=beside)
        closed = [*closed, *_safe(found[len(closed) :], closed, wholes)]
    return [{"first": one.first, "last": one.last, "counts": dict(one.counts)} for one in closed]


def closed_before(earlier: Earlier) -> list[Period]:
    """The periods that have been shown, by the newest snapshot: each keeps those of the one before."""
    told = earlier[-1][1]["periods"] if earlier else []
    return [Period(one["first"], one["last"], one["counts"]) for one in told]


def _monthly(rows: list[list[Any]]) -> list[tuple[str, dict[str, int]]]:
    """Every month from the first to the last, in order, also those in which nobody was enrolled."""
    if not rows:
        return []
    found: dict[str, dict[str, int]] = {}
    for month in months_between(*(date.fromisoformat(f"{row[0]}-01") for row in (rows[0], rows[-1]))):
        found[f"{month:%Y-%m}"] = dict.fromkeys(APART, 0)
    for month_name, _, gender, count in rows:
        if gender in APART:
            found[month_name][gender] += count
    return list(found.items())


def _safe(new: Sequence[Period], closed: Sequence[Period], wholes: Sequence[int]) -> list[Period]:
    """Those of the new periods whose sum lies no few people from a total that is or was shown without women and men."""
    kept: list[Period] = []
    ended = sum(sum(one.counts.values()) for one in closed)
    for period in new:
        ended += sum(period.counts.values())
        if any(is_small(abs(whole - ended)) for whole in wholes):
            break
        kept.append(period)
    return kept


def _ends(periods: Sequence[Period]) -> list[dict[Line, int]]:
    """How many had been enrolled when each shown period ended, as lines."""
    found: list[dict[Line, int]] = []
    sums = dict.fromkeys(APART, 0)
    for period in periods:
        sums = {gender: sums[gender] + period.counts.get(gender, 0) for gender in APART}
        found.append({**{(ANY, gender): count for gender, count in sums.items()}, (ANY, ANY): sum(sums.values())})
    return found
