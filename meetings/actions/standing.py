"""The places of an agenda's items, and what stands on every agenda: gender equality, never last (R15)."""

from collections.abc import MutableSequence, Sequence
from typing import TypeVar

from meetings.models import AgendaItem, Meeting, TemplateItem
from meetings.queries.agenda import stands_last
from meetings.states import TEMPLATES, GroupKind, ItemKind, Section, TemplateLine
from workspace.errors import NotAllowed

Line = TypeVar("Line", AgendaItem, TemplateItem)

SECTIONS = list(Section)
NOT_LAST = "Jämställdhet får inte stå sist. Det sista på en dagordning hinns sällan med."
MISSING = "Jämställdhet saknas på dagordningen. Sätt tillbaka punkten och skicka sedan."
# How the product says each of the kinds that it prepares, and the closing of an agenda.
PREPARED: dict[ItemKind, TemplateLine] = {
    line[1]: line for line in TEMPLATES[GroupKind.STEERING] if line[1] != ItemKind.ORDINARY
}
CLOSING: TemplateLine = TEMPLATES[GroupKind.STEERING][-1]


# ---------- places ----------
def end_of_section(items: Sequence[AgendaItem | TemplateItem], section: str) -> int:
    """Where in the agenda a section ends: the index for one more item of it."""
    last = SECTIONS.index(Section(section))
    return sum(1 for item in items if SECTIONS.index(Section(item.section)) <= last)


def fitting_section(own: str, before: Sequence[str], behind: Sequence[str]) -> str:
    """The section nearest an item's own that fits between those of the items before and behind it."""
    place = SECTIONS.index(Section(own))
    if before:
        place = max(place, SECTIONS.index(Section(before[-1])))
    if behind:
        place = min(place, SECTIONS.index(Section(behind[0])))
    return SECTIONS[place]


def put_in_order(items: Sequence[AgendaItem]) -> None:
    """Write the positions of a meeting's items as the list has them. One statement, of those that have moved."""
    moved = []
    for position, item in enumerate(items, start=1):
        if item.position != position:
            item.position = position
            moved.append(item)
    AgendaItem.objects.bulk_update(moved, ["position", "section"])


# ---------- gender equality ----------
def refuse_last(items: Sequence[AgendaItem | TemplateItem]) -> None:
    """Refuse an order that leaves gender equality last, also of nothing else. Ask before it is written."""
    if stands_last(items):
        raise NotAllowed(NOT_LAST)


def keep_from_last(items: MutableSequence[Line]) -> None:
    """Where something else than an arranger's choice has left gender equality last, put it before the last other.

    For what may not be refused: a case that its agency takes back, what is settled before the meeting, the opening.
    Changes the list and the item; `put_in_order` writes it. Where nothing else is left it stays, and is not sent.
    """
    if len(items) > 1 and stands_last(items):
        gender = items.pop()
        at = len(items) - 1
        gender.section = fitting_section(gender.section, [item.section for item in items[:at]], [items[at].section])
        items.insert(at, gender)


def let_it_stand(items: list[AgendaItem], meeting: Meeting) -> None:
    """See to that gender equality is among a new meeting's items and not last; changes the list, writes nothing.

    A template that has lost it gets it at the end of the follow-up, and an agenda of nothing else a closing after it.
    """
    if not any(item.kind == ItemKind.GENDER_EQUALITY for item in items):
        item = as_item(PREPARED[ItemKind.GENDER_EQUALITY], meeting)
        items.insert(end_of_section(items, item.section), item)
    if len(items) == 1:
        items.append(as_item(CLOSING, meeting))
    keep_from_last(items)


def as_item(line: TemplateLine, meeting: Meeting) -> AgendaItem:
    """An unsaved item as the product words it, without a place."""
    section, kind, title, purpose, minutes = line
    return AgendaItem(
        meeting=meeting, kind=kind, section=section, position=0, title=title, purpose=purpose, minutes=minutes
    )
