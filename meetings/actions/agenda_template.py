"""The agenda that a group's next meetings begin with. No change here touches a meeting that has been opened."""

from meetings.actions.agenda import GONE, MOST_ITEMS, ItemInput
from meetings.actions.standing import PREPARED, end_of_section, fitting_section, keep_from_last, refuse_last
from meetings.models import Group, TemplateItem
from meetings.queries.agenda import can_be_prepared, presenters_of
from meetings.rules import is_arranger
from meetings.states import ItemKind
from workspace.actions import action, record_act
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.rules import Hat
from workspace.states import AuditAct


def _lines(by: Hat, group: Group) -> list[TemplateItem]:
    """The lines in order, with the group locked, for somebody who arranges its meetings."""
    if not is_arranger(by, group):
        raise NotAllowed("Det är ordföranden, sekreteraren och samordnaren som ordnar gruppens möten.")
    Group.objects.select_for_update(of=("self",)).get(pk=group.pk)
    return list(TemplateItem.objects.filter(group=group).order_by("position", "pk"))


def _one_of(lines: list[TemplateItem], pk: int) -> TemplateItem:
    for line in lines:
        if line.pk == pk:
            return line
    raise SomebodyWasFaster(GONE)


def _put_in_order(by: Hat, group: Group, lines: list[TemplateItem], what: str) -> None:
    for position, line in enumerate(lines, start=1):
        line.position = position
    TemplateItem.objects.bulk_update(lines, ["position", "section"])
    record_act(by=by, act=AuditAct.WRITE, what=f"group.{what}", object_id=group.pk)


def _check(group: Group, data: ItemInput) -> None:
    if data.presenter is not None and not presenters_of([group.pk]).filter(pk=data.presenter.pk).exists():
        raise NotAllowed("Den som ska hålla i punkten behöver ha en plats i gruppen.")
    if data.presenter_role is not None and data.presenter_role.cooperation_id != group.cooperation_id:
        raise NotAllowed("Den samordnaren hör inte till gruppens samverkan.")


@action
def add_line(*, by: Hat, group: Group, data: ItemInput) -> TemplateItem:
    """A line last in its section. Locks the group, writes an audit row, tells nobody.

    Refuses whoever does not arrange the group's meetings, more lines than an agenda holds, a presenter without a seat,
    and an order that leaves gender equality last (R15).
    """
    lines = _lines(by, group)
    _refuse_full(lines)
    _check(group, data)
    at = end_of_section(lines, data.section)
    line = TemplateItem.objects.create(
        group=group,
        position=at + 1,
        title=data.title,
        section=data.section,
        purpose=data.purpose,
        minutes=data.minutes,
        presenter=data.presenter,
        presenter_role=data.presenter_role,
    )
    lines.insert(at, line)
    refuse_last(lines)
    _put_in_order(by, group, lines, "add_line")
    return line


def _refuse_full(lines: list[TemplateItem]) -> None:
    if len(lines) >= MOST_ITEMS:
        raise NotAllowed(f"En dagordning har högst {MOST_ITEMS} punkter. Ta bort någon först.")


@action
def add_prepared_line(*, by: Hat, group: Group, kind: ItemKind) -> TemplateItem:
    """A line that the product prepares, at the end of the follow-up, once; again gives the one that stands there.

    Locks the group, writes an audit row, tells nobody. Refuses as `add_line`, and a kind that is not prepared for the
    group (R93).
    """
    lines = _lines(by, group)
    if kind not in can_be_prepared(group):
        raise NotAllowed("Den punkten förbereds inte för den här gruppen.")
    there = next((line for line in lines if line.kind == kind), None)
    if there is not None:
        return there
    _refuse_full(lines)
    section, _, title, purpose, minutes = PREPARED[kind]
    line = TemplateItem(group=group, kind=kind, section=section, title=title, purpose=purpose, minutes=minutes)
    lines.insert(end_of_section(lines, section), line)
    keep_from_last(lines)
    line.position = len(lines)
    line.save()
    _put_in_order(by, group, lines, "add_line")
    return line


@action
def change_line(*, by: Hat, line: TemplateItem, data: ItemInput) -> None:
    """Say something else of a line; another section moves it to that section's end.

    Refuses as `add_line`, and another title for gender equality (R15).
    """
    lines = _lines(by, line.group)
    found = _one_of(lines, line.pk)
    if found.kind == ItemKind.GENDER_EQUALITY and data.title != found.title:
        raise NotAllowed("Jämställdhet är en stående punkt och behåller sitt namn.")
    if (data.presenter, data.presenter_role) != (found.presenter, found.presenter_role):
        _check(line.group, data)
    if data.section != found.section:
        lines.remove(found)
        found.section = data.section
        lines.insert(end_of_section(lines, data.section), found)
        refuse_last(lines)
    found.title, found.purpose, found.minutes = data.title, data.purpose, data.minutes
    found.presenter, found.presenter_role = data.presenter, data.presenter_role
    found.save(update_fields=["title", "purpose", "minutes", "presenter", "presenter_role"])
    _put_in_order(by, line.group, lines, "change_line")


@action
def remove_line(*, by: Hat, line: TemplateItem) -> None:
    """Take a line away. Refuses gender equality, which stands on every agenda, and what would leave it last (R15)."""
    lines = _lines(by, line.group)
    found = _one_of(lines, line.pk)
    if found.kind == ItemKind.GENDER_EQUALITY:
        raise NotAllowed("Jämställdhet står på varje dagordning. Punkten kan besvaras, men inte tas bort.")
    lines.remove(found)
    refuse_last(lines)
    found.delete()
    _put_in_order(by, line.group, lines, "remove_line")


@action
def move_line(*, by: Hat, line: TemplateItem, up: bool) -> None:
    """Move a line one step. At the end nothing happens. Refuses as `place_line`."""
    lines = _lines(by, line.group)
    at = lines.index(_one_of(lines, line.pk)) + (-1 if up else 1)
    if 0 <= at < len(lines):
        _place(by, lines, _one_of(lines, line.pk), at)


@action
def place_line(*, by: Hat, line: TemplateItem, after: int | None) -> None:
    """Move a line to straight after another, or first. Its section follows.

    Refuses whoever does not arrange the group's meetings, and an order that leaves gender equality last (R15).
    """
    lines = _lines(by, line.group)
    found = _one_of(lines, line.pk)
    others = [other for other in lines if other is not found]
    _place(by, lines, found, 0 if after is None else others.index(_one_of(others, after)) + 1)


def _place(by: Hat, lines: list[TemplateItem], line: TemplateItem, at: int) -> None:
    lines.remove(line)
    lines.insert(at, line)
    refuse_last(lines)
    line.section = fitting_section(line.section, [o.section for o in lines[:at]], [o.section for o in lines[at + 1 :]])
    _put_in_order(by, line.group, lines, "move_line")
