"""The agenda that each of a group's next meetings begins with."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from meetings.actions import agenda_template as actions
from meetings.actions.agenda import ItemInput
from meetings.forms.agenda import ItemForm
from meetings.models import Group, TemplateItem
from meetings.queries import access_group
from meetings.queries.agenda import access_line, can_be_prepared, presenters_of, presenting_roles, template_of
from meetings.rules import is_arranger
from meetings.states import PREPARED_KINDS, ItemKind
from workspace.doors import AnyHatRequest, do_once, hat_page
from workspace.errors import NotAllowed


def arranged_group(request: AnyHatRequest, pk: int) -> Group:
    """A group whose meetings this hat arranges; 403 for one it only takes part in."""
    group = access_group(request.hat, pk)
    if not is_arranger(request.hat, group):
        raise NotAllowed("Det är ordföranden, sekreteraren och samordnaren som ordnar gruppens möten.")
    return group


def _form(request: AnyHatRequest, group: Group, known: TemplateItem | None = None) -> ItemForm:
    people, roles = presenters_of([group.pk]), presenting_roles(group)
    return ItemForm(request.POST or None, people=people, roles=roles, known=known)


def _page(group: Group, anchor: str = "rader") -> str:
    return f"{reverse('agenda_template', args=[group.pk])}#{anchor}"


@hat_page
def agenda_template(request: AnyHatRequest, pk: int) -> HttpResponse:
    """The lines, for those who have a seat to read and those who arrange to change."""
    group = access_group(request.hat, pk)
    lines = list(template_of(group))
    rows = [
        {
            "line": line,
            "part": "" if at and lines[at - 1].section == line.section else line.get_section_display(),
            "presenter": str((line.presenter or line.presenter_role).user)  # type: ignore[union-attr]
            if line.presenter or line.presenter_role
            else "Alla",
            "stands": line.kind == ItemKind.GENDER_EQUALITY,
            "prepared": line.kind in PREPARED_KINDS,
        }
        for at, line in enumerate(lines)
    ]
    context = {"group": group, "rows": rows, "may_change": is_arranger(request.hat, group)}
    context["minutes"] = sum(line.minutes for line in lines)
    there = {line.kind for line in lines}
    can = can_be_prepared(group) if context["may_change"] else set()
    context["prepared"] = [(kind.value, kind.label) for kind in ItemKind if kind in can and kind not in there]
    return render(request, "meetings/agenda_template.html", context)


@hat_page
def add_line(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Add a line."""
    group = arranged_group(request, pk)
    form = _form(request, group)
    if request.method == "POST" and form.is_valid():

        def perform() -> str:
            line = actions.add_line(by=request.hat, group=group, data=ItemInput(**form.said))
            messages.success(request, "Punkten står på de möten som öppnas från och med nu.")
            return _page(group, f"punkt-{line.pk}")

        return do_once(request, f"add_line {pk}", perform)
    context = {"group": group, "form": form}
    return render(request, "meetings/line_form.html", context, status=422 if form.errors else 200)


@require_POST
@hat_page
def add_prepared_line(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Add a line that the product prepares."""
    group = arranged_group(request, pk)
    found = request.POST.get("kind", "")
    if found not in can_be_prepared(group):
        raise Http404
    kind = ItemKind(found)

    def perform() -> str:
        line = actions.add_prepared_line(by=request.hat, group=group, kind=kind)
        messages.success(request, f"{line.title} står på de möten som öppnas från och med nu.")
        return _page(group, f"punkt-{line.pk}")

    return do_once(request, f"add_prepared_line {pk} {kind}", perform)


@hat_page
def change_line(request: AnyHatRequest, pk: int, line_pk: int) -> HttpResponse:
    """Change a line."""
    group = arranged_group(request, pk)
    line = access_line(group, line_pk)
    form = _form(request, group, line)
    if request.method == "POST" and form.is_valid():

        def perform() -> str:
            actions.change_line(by=request.hat, line=line, data=ItemInput(**form.said))
            messages.success(request, "Ändringen gäller möten som öppnas från och med nu.")
            return _page(group, f"punkt-{line.pk}")

        return do_once(request, f"change_line {line_pk}", perform)
    removable = line.kind != ItemKind.GENDER_EQUALITY
    context = {"group": group, "line": line, "form": form, "removable": removable}
    return render(request, "meetings/line_form.html", context, status=422 if form.errors else 200)


@require_POST
@hat_page
def remove_line(request: AnyHatRequest, pk: int, line_pk: int) -> HttpResponse:
    """Take a line away."""
    group = access_group(request.hat, pk)
    line = access_line(group, line_pk)

    def perform() -> str:
        actions.remove_line(by=request.hat, line=line)
        messages.success(request, "Punkten är borttagen. Möten som redan är öppnade behåller den.")
        return _page(group)

    return do_once(request, f"remove_line {line_pk}", perform)


@require_POST
@hat_page
def move_line(request: AnyHatRequest, pk: int, line_pk: int) -> HttpResponse:
    """One step up or down, back to the same button."""
    group = access_group(request.hat, pk)
    line = access_line(group, line_pk)
    up = request.POST.get("vart") == "upp"

    def perform() -> str:
        actions.move_line(by=request.hat, line=line, up=up)
        return _page(group, f"{'upp' if up else 'ner'}-{line_pk}")

    return do_once(request, f"move_line {line_pk}", perform)


@require_POST
@hat_page
def place_line(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Where a line was dropped: straight after another, or first."""
    group = access_group(request.hat, pk)
    numbers = [request.POST.get(name, "") for name in ("item", "after")]
    line_pk, after = (int(text) if text.isdecimal() and len(text) < 10 else None for text in numbers)
    line = access_line(group, line_pk or 0)

    def perform() -> str:
        actions.place_line(by=request.hat, line=line, after=after)
        return _page(group, f"punkt-{line.pk}")

    return do_once(request, f"place_line {line.pk}", perform)
