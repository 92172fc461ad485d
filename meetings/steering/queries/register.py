"""The register of decisions: what a hat may read of them across years, filtered and searched. No person (R26, R31)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeGuard

from django.db.models import Q, QuerySet
from django.utils import timezone

from meetings.models import Decision
from meetings.queries.decisions import (
    DEFINITE,
    Decided,
    group_decisions,
    how_said,
    is_late,
    owner_said,
    steering_decisions,
    with_votes,
)
from meetings.rules import goes_to_meetings
from meetings.states import DecisionState
from workspace.models import CooperationRole
from workspace.rules import Hat
from workspace.states import CooperationRoleKind
from workspace.swedish import search_key

MOST_SEARCHED = 5000  # decisions, the newest: a cooperation's of many years; SQLite does not fold å ä ö, so we compare
MOST_IN_FILE = 5000  # rows
LATE = "sena"
STATES: dict[str, tuple[str, DecisionState]] = {
    "foljs": ("Följs upp", DecisionState.OPEN),
    LATE: ("Sena", DecisionState.OPEN),
    "genomforda": ("Genomförda", DecisionState.DONE),
    "galler": ("Gäller, följs inte upp", DecisionState.STANDS),
    "inte-langre": ("Gäller inte längre", DecisionState.DROPPED),
}


@dataclass(frozen=True)
class Sought:
    """What is asked for. Empty: everything."""

    year: int | None = None
    group: int | None = None
    state: str = ""  # a key of STATES
    owner: str = ""  # a and an agency's number, or r and a role
    words: str = ""


@dataclass(frozen=True)
class Line:
    """One decision as the register shows it. `pk` is None where only the minutes may be read."""

    pk: int | None
    on: date
    group: str
    item: str
    text: str
    author: str
    proposals: str = ""
    why: str = ""
    how: str = ""
    owner: str = ""
    due_on: date | None = None
    state: str = ""
    label: str = ""
    is_late: bool = False


@dataclass(frozen=True)
class Choices:
    """What there is to filter by, as (value, label)."""

    years: list[tuple[str, str]]
    groups: list[tuple[str, str]]
    states: list[tuple[str, str]]
    owners: list[tuple[str, str]]


def reads_minutes_only(hat: Hat) -> TypeGuard[CooperationRole]:
    """Follows the cooperation without sitting at its tables: reads what approved minutes of steering groups say."""
    return isinstance(hat, CooperationRole) and not goes_to_meetings(hat)


# ---------- at the tables ----------
def found_for(hat: Hat, sought: Sought) -> QuerySet[Decision]:
    """The decisions of the register that this hat reads and asks for, the newest meeting first."""
    found = _filtered(hat, sought)
    if sought.words:
        found = found.filter(pk__in=_with_words(found, sought.words))
    return with_votes(found)


def _filtered(hat: Hat, sought: Sought) -> QuerySet[Decision]:
    """By everything but the words. A joint meeting's stand under both its groups."""
    found = group_decisions(hat)
    if sought.year:
        found = found.filter(item__meeting__starts_at__year=sought.year)
    if sought.group:
        held = Q(item__meeting__group__pk=sought.group) | Q(item__meeting__joined_group__pk=sought.group)
        found = found.filter(held)
    if sought.state:
        found = found.filter(state=STATES[sought.state][1])
        if sought.state == LATE:
            found = found.filter(due_on__lt=timezone.localdate())
    if sought.owner:
        kind, which = sought.owner[0], sought.owner[1:]
        found = found.filter(owner__pk=int(which)) if kind == "a" else found.filter(owner_role__role=which)
    return found


def limits_of(hat: Hat, sought: Sought, count: int) -> list[str]:
    """What the search did not reach and the file does not hold, each in a sentence; nothing where all is there.

    `count`: how many were found. One query where words are asked for.
    """
    said = []
    if sought.words and not reads_minutes_only(hat) and _filtered(hat, sought).count() > MOST_SEARCHED:
        newest = _thousands(MOST_SEARCHED)
        said.append(f"Sökningen gäller de {newest} senaste besluten. Välj år eller grupp för att söka bland de äldre.")
    if count > MOST_IN_FILE:
        newest, older = _thousands(MOST_IN_FILE), _thousands(count - MOST_IN_FILE)
        said.append(f"Filen har de {newest} senaste besluten. {older} äldre är inte med. Välj år eller grupp.")
    return said


def _thousands(number: int) -> str:
    return f"{number:,}".replace(",", "\N{NO-BREAK SPACE}")


def _with_words(found: QuerySet[Decision], words: str) -> list[int]:
    """Those in which every word stands: in the text, the reasons, the proposals or the item's title. One query."""
    asked = search_key(words).split()
    rows = found.values_list("pk", "text", "why", "proposals", "item__title")[:MOST_SEARCHED]
    kept = []
    for pk, *texts in rows:
        said = search_key(" ".join(texts))
        if all(word in said for word in asked):
            kept.append(pk)
    return kept


def choices_for(hat: Hat) -> Choices:
    """The years, groups and owners that this hat's decisions have. Five queries."""
    found = group_decisions(hat).order_by()
    years = sorted(set(found.values_list("item__meeting__starts_at__year", flat=True)), reverse=True)
    groups = set(found.values_list("item__meeting__group__pk", "item__meeting__group__name"))
    joint = found.filter(item__meeting__joined_group__isnull=False)
    groups |= set(joint.values_list("item__meeting__joined_group__pk", "item__meeting__joined_group__name"))
    agencies = found.filter(owner__isnull=False).values_list("owner__pk", "owner__name").distinct()
    roles = found.filter(owner_role__isnull=False).values_list("owner_role__role", flat=True).distinct()
    owners = [(f"a{pk}", name) for pk, name in sorted(agencies, key=lambda row: search_key(row[1]))]
    owners += [(f"r{role}", DEFINITE[CooperationRoleKind(role)]) for role in sorted(set(roles))]
    return Choices(
        [(str(year), str(year)) for year in years],
        [(str(pk), name) for pk, name in sorted(groups, key=lambda row: search_key(row[1]))],
        [(code, label) for code, (label, _) in STATES.items()],
        owners,
    )


def late_count(hat: Hat) -> int:
    """How many of all that this hat reads are late."""
    return group_decisions(hat).order_by().filter(state=DecisionState.OPEN, due_on__lt=timezone.localdate()).count()


def line_of(decision: Decision) -> Line:
    meeting = decision.item.meeting
    late = is_late(decision)
    return Line(
        pk=decision.pk,
        on=timezone.localdate(meeting.starts_at),
        group=meeting.group.name,
        item=decision.item.title,
        text=decision.text,
        author=author_said(decision),
        proposals=decision.proposals,
        why=decision.why,
        how=how_said(decision),
        owner=owner_said(decision),
        due_on=decision.due_on,
        state=decision.state,
        label="Sent" if late else str(decision.get_state_display()),
        is_late=late,
    )


def author_said(decision: Decision) -> str:
    """The agency that wrote it, or the role."""
    if decision.agency is not None:
        return decision.agency.name
    return str(CooperationRoleKind(decision.role.role).label).capitalize() if decision.role else ""


# ---------- for those who only follow ----------
def minutes_for(role: CooperationRole, sought: Sought) -> list[Line]:
    """The same lines out of approved minutes. One query."""
    return [_line_of(one) for one in _sought_in(steering_decisions(role.cooperation), sought)]


def _sought_in(found: Sequence[Decided], sought: Sought) -> list[Decided]:
    asked = search_key(sought.words).split()
    return [
        one
        for one in found
        if (not sought.year or one.on.year == sought.year)
        and all(word in search_key(f"{one.text} {one.item}") for word in asked)
    ]


def minutes_choices(role: CooperationRole) -> Choices:
    years = sorted({one.on.year for one in steering_decisions(role.cooperation)}, reverse=True)
    return Choices([(str(year), str(year)) for year in years], [], [], [])


def _line_of(one: Decided) -> Line:
    return Line(None, one.on, one.group, one.item, one.text, one.author)
