"""Holds the house (docs/house.md 1, 2, 6, 7, 9): floors, rooms, who may write, annotations, sizes, plain pages.

Every test lists all it finds, as file:line. The tables are data: a new room or tool is added here with its reason.
"""

import ast
import re
from collections.abc import Callable, Iterator

import pytest

from tools.source import APPS, FLOORS, ROOT, Import, Module, cycles, floor_of, length, modules, own_files, shown

# Rooms that import nothing of ours.
NO_IMPORTS = (
    *("states", "wsgi", "settings", "apps", "postgres", "hub", "clocks", "swedish", "small_cells"),
    *("tables", "papers", "documents", "pictures", "redaction", "logs", "metrics", "outside", "sessions"),
)
# Which rooms a room may import: of its own app, and the same rooms of floors below.
ROOMS: dict[str, set[str]] = {
    "deadlines": {"states"},  # when an answer is due, and how that was reckoned: pure
    "schedule": {"states"},  # which days a series gives: pure
    "ical": {"ical", "schedule", "states"},  # calendar files, written and read: pure
    "suppression": {"suppression"},  # which counts of a goal's tables are hidden, over rows, pages and months: pure
    "arithmetic": {"states"},  # goals, shares, bands, and totals that their parts can give: pure
    "report": {"report", "arithmetic", "suppression", "states"},  # what a figures page shows, from a frozen month: pure
    "fetching": {"fetching"},  # gets a calendar from an address that may be hostile
    "sending": {"sending"},  # signs and sends one message to an address that may be hostile: pure
    "mailbox": {"errors"},  # reads a mailbox over IMAP; knows of no answers and no database
    "survival": set(),  # how long answers take, counting rightly those that have not come: pure
    "models": {"models", "deadlines", "states"},
    "rules": {"rules", "models", "deadlines", "states"},
    "queries": {
        *("queries", "rules", "models", "deadlines", "schedule", "survival", "states"),
        *("report", "arithmetic", "suppression"),
    },
    "errors": {"models", "states"},
    # `importing` is what a workbook says, read and checked, and `demo` what the demo tells: input, as a form's data is.
    "actions": {
        *("actions", "queries", "rules", "models", "deadlines", "schedule", "states", "errors", "importing", "demo"),
        *("report", "arithmetic", "suppression", "mailbox", "fetching", "sending"),
    },
    "notices": {"states"},
    "forms": {"forms", "queries", "rules", "models", "schedule", "states", "fetching"},
    "filters": {"queries", "rules", "models", "states"},
    "views": {
        *("views", "actions", "queries", "rules", "models", "deadlines", "schedule", "survival", "states"),
        *("errors", "forms", "filters", "context", "report"),
    },
    "consumers": {"queries", "rules", "models", "states"},
    "context": {"queries", "rules", "models", "states"},
    "importing": {"importing", "queries", "rules", "models", "states", "errors"},
    "demo": {"demo", "queries", "rules", "models", "states"},
    "management": {"importing", "demo", "actions", "queries", "rules", "models", "states", "errors"},
    # What runs by itself. Nothing imports it: it stands in no other row.
    "tasks": {"actions", "queries", "rules", "models", "states"},
    # wiring
    "urls": {"urls", "views"},
    "routing": {"consumers"},
    "asgi": {"routing"},
    "admin": {"models", "states"},
    "templatetags": {"models", "deadlines", "states", "rules"},
    # the ground floor's own: what stands between a request and a view
    "doors": {"actions", "queries", "rules", "models", "states"},
    "middleware": {"views", "queries", "rules", "models", "states"},  # views: what is answered before all else
    "sign_in": {"models"},
    "live": {"hub"},
    "registry": {"states"},
    **{room: set() for room in NO_IMPORTS},
}
# What another app may import at all.
OPEN_ROOMS = {"models", "states", "rules", "queries", "actions"}
ANY = set(ROOMS)
# Tools: modules that more rooms than the table's may use, with who and why.
TOOLS: dict[str, set[str]] = {
    "workspace.clocks": ANY,  # days and moments: pure
    "workspace.swedish": ANY,  # how things are said and sorted: pure
    "workspace.errors": ANY,  # what an action refuses: named by whoever raises or catches it
    # The one door to the wire. Views: sign-out and hat switch write nothing but the session, and close its sockets.
    "workspace.live": {"actions", "consumers", "views"},
    "referrals.survival": {"queries"},  # waits counted rightly: of referrals, and of enrolments in the figures: pure
    "workspace.doors": {"views"},  # what every view passes
    "workspace.forms": {"forms", "views"},  # fields and forms that several floors' pages show
    "workspace.pathway.forms": {"views"},  # the shape of what is written on a way, whose pages lie at the front door
    "workspace.small_cells": {"queries", "suppression", "views"},  # which counts are hidden: pure
    "workspace.tables": {"views"},  # rows to a file for a spreadsheet: pure
    "workspace.documents": {"views"},  # words to a document for Word: pure
    "workspace.papers": {"views"},  # a page to a PDF: pure but for our own styles and fonts
    "workspace.pictures": {"views"},  # what every picture of a table shares, of referrals and of meetings: pure
    "meetings.ical": {"actions", "queries", "views"},  # calendar files, written and read: pure
    "meetings.schedule": {"actions", "queries", "views", "forms", "ical"},  # which days a series gives: pure
    "meetings.figures.report": {"queries", "report", "views"},  # a frozen month and what may be said of it: pure
    "meetings.figures.arithmetic": {"actions", "queries", "report", "views"},  # shares and months of it: pure
    "meetings.forms.decisions": {"forms", "views"},  # a decision's form, which the standing item's form extends
    "workspace.outside": {"actions", "forms", "fetching", "sending"},  # addresses outside, asked and kept sealed: pure
    "workspace.redaction": {"settings", "logs"},  # what no log may say: pure
    "workspace.metrics": {"views", "queries", "tasks", "logs", "live", "hub", "consumers"},  # counts for /metrics
    "workspace.middleware": {"consumers", "views"},  # a socket and a hat switch find the hat as a request does
    "notifications.registry": {"notices", "queries", "actions", "forms", "views"},  # kinds: worded, told, chosen about
}
WRITING = {"actions", "sessions"}  # the latter: what Django itself keeps a session with
NO_OBJECTS = {"views", "consumers", "templatetags", "doors", "middleware", "context", "sign_in"}
ALWAYS_WRITES = {
    *("save", "create", "bulk_create", "bulk_update", "get_or_create", "update_or_create"),
    *("asave", "acreate", "abulk_create", "abulk_update", "aget_or_create", "aupdate_or_create"),
}
BROAD = {"Exception", "BaseException"}
NAMESPACES = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
DOTTED = re.compile(rf"(?:{'|'.join(APPS)})(?:\.\w+)+")
LONGEST_FUNCTION, LONGEST_FILE = 50, 400

Offences = Iterator[str]
MODULES = modules()
NAMES = set(MODULES)


def none_of(offences: Iterator[str]) -> None:
    """Fail with the whole list."""
    found = sorted(set(offences))
    assert not found, f"{len(found)}:\n" + "\n".join(found)


def in_product(check: Callable[[Module], Offences]) -> Offences:
    for module in MODULES.values():
        yield from check(module)


# ---------- floors and rooms ----------
def tool_of(target: str) -> str | None:
    return next((tool for tool in TOOLS if f"{target}.".startswith(f"{tool}.")), None)


def climbs(module: Module) -> Offences:
    """Imports from a floor above, and dotted strings that name one (`include`, foreign keys)."""
    floor = FLOORS.index(module.app)
    for found in module.imports(NAMES):
        if FLOORS.index(MODULES[found.target].app) > floor:
            yield f"{module.at(found.line)} {module.app} imports {found.target} from a floor above"
    for node in ast.walk(module.tree):
        text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
        if DOTTED.fullmatch(text) and FLOORS.index(floor_of(text)) > floor:
            yield f"{module.at(node.lineno)} {module.app} names {text} on a floor above"


def refused(module: Module, found: Import) -> str:
    """Why the tables refuse an import; "" where they allow it."""
    target = MODULES[found.target]
    tool = tool_of(found.target)
    if tool is not None:
        allowed = module.room in TOOLS[tool] or tool_of(module.name) == tool
        if allowed or (module.app == target.app and target.room in ROOMS.get(module.room, set())):
            return ""
        return f"room «{module.room}» may not use the tool {tool}"
    if module.app != target.app and target.room not in OPEN_ROOMS:
        return f"room «{target.room}» is not open to other apps"
    if target.room not in ROOMS.get(module.room, set()):
        return f"room «{module.room}» may not import room «{target.room}»"
    return ""


def wrong_doors(module: Module) -> Offences:
    for found in module.imports(NAMES):
        why = refused(module, found)
        if why:
            yield f"{module.at(found.line)} {module.name} imports {found.target}: {why}"


def hidden_imports(module: Module) -> Offences:
    for found in module.imports(NAMES):
        if found.in_function:
            yield f"{module.at(found.line)} imports {found.target} inside a function"


def signals(module: Module) -> Offences:
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        base = (node.module or "") if isinstance(node, ast.ImportFrom) else ""
        for alias in node.names:
            full = f"{base}.{alias.name}".strip(".")
            if full.startswith("django.dispatch") or "signals" in full.split("."):
                yield f"{module.at(node.lineno)} uses signals: {full}"


def test_every_module_lies_in_a_room_of_the_house() -> None:
    none_of(
        f"{shown(module.path)} room «{module.room}» is not in ROOMS: add it with what it may import"
        for module in MODULES.values()
        if module.room and module.room not in ROOMS
    )


def test_a_floor_imports_only_from_floors_below() -> None:
    none_of(in_product(climbs))


def test_rooms_import_only_what_their_row_allows() -> None:
    none_of(in_product(wrong_doors))


def test_nothing_of_ours_is_imported_inside_a_function() -> None:
    none_of(in_product(hidden_imports))


def test_nobody_uses_signals() -> None:
    none_of(in_product(signals))


def test_our_modules_import_each_other_without_cycles() -> None:
    graph = {name: {found.target for found in module.imports(NAMES)} for name, module in MODULES.items()}
    none_of(" <-> ".join(ring) for ring in cycles(graph))


# ---------- reading and writing ----------
def writes(module: Module) -> Offences:
    """Calls that write rows. `update` and `delete` count when called as on a queryset: not as on a dict or a cache."""
    if module.room in WRITING:
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name, bare = node.func.attr, not node.args
            if (
                name in ALWAYS_WRITES
                or (name in {"update", "aupdate"} and bare and node.keywords)
                or (name in {"delete", "adelete"} and bare)
            ):
                yield f"{module.at(node.lineno)} .{name}() in room «{module.room}»: only actions write"


def managers(module: Module) -> Offences:
    if module.room in NO_OBJECTS:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Attribute) and node.attr in {"objects", "_default_manager", "_base_manager"}:
                yield f"{module.at(node.lineno)} .{node.attr} in room «{module.room}»: ask queries"


def test_only_actions_write() -> None:
    none_of(in_product(writes))


def test_views_sockets_and_templates_read_through_queries() -> None:
    none_of(in_product(managers))


# ---------- functions and files ----------
def unannotated(module: Module) -> Offences:
    methods = {
        id(node)
        for owner in ast.walk(module.tree)
        if isinstance(owner, ast.ClassDef)
        for node in owner.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and not any(isinstance(mark, ast.Name) and mark.id == "staticmethod" for mark in node.decorator_list)
    }
    for function in module.functions():
        given = function.args
        everything = [*given.posonlyargs, *given.args][1 if id(function) in methods else 0 :]
        everything += [*given.kwonlyargs, *(argument for argument in (given.vararg, given.kwarg) if argument)]
        missing = [argument.arg for argument in everything if argument.annotation is None]
        missing += [] if function.returns else ["return"]
        if missing:
            yield f"{module.at(function.lineno)} {function.name}: not annotated: {', '.join(missing)}"


def broad_excepts(module: Module) -> Offences:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ExceptHandler):
            kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            if any(kind is None or (isinstance(kind, ast.Name) and kind.id in BROAD) for kind in kinds):
                yield f"{module.at(node.lineno)} catches everything"


def long_functions(module: Module) -> Offences:
    for function in module.functions():
        if length(function) > LONGEST_FUNCTION:
            yield f"{module.at(function.lineno)} {function.name}: {length(function)} lines"


def all_python() -> list[Module]:
    """Everything of ours in Python but migrations: the product, its tests and its tools."""
    return [Module.read(path) for path in own_files(".py") if "migrations" not in path.parts]


def not_tests() -> list[Module]:
    return [module for module in all_python() if module.app != "tests"]


def test_all_signatures_are_annotated() -> None:
    none_of(offence for module in not_tests() for offence in unannotated(module))


def test_no_exception_is_caught_by_the_name_of_all() -> None:
    none_of(offence for module in not_tests() for offence in broad_excepts(module))


def test_no_function_is_longer_than_fifty_lines() -> None:
    none_of(offence for module in all_python() for offence in long_functions(module))


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    none_of(
        f"{shown(path)} {lines} lines"
        for path in own_files(".py", ".js", ".css", ".html")
        if not {"vendor", "theme", "migrations"} & set(path.relative_to(ROOT).parts)
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    )


# ---------- pages ----------
INLINE = {
    r"<script(?![^>]*\ssrc=)[^>]*>": "inline script",
    r"<script[^>]*>\s*[^<\s]": "inline script",
    r"<style[\s>]": "inline style",
    r"<[a-z][^>]*\sstyle\s*=": "style attribute",
    r"<[a-z][^>]*\s(?:on[a-z]+|hx-on[:\w-]*)\s*=": "handler attribute",
    r"""=\s*["']?\s*javascript:""": "javascript: address",
}
FOREIGN = re.compile(r"""https?://[^\s"'<>)\\`]*|(?:\b(?:src|href|action)=["']?|url\(["']?|["'`])//[\w-]+\.[^\s"')]*""")


def inline(text: str) -> Iterator[tuple[int, str]]:
    """Line and kind of everything the content security policy would stop. Template tags are blanked first."""
    blank = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", lambda m: re.sub(r"[^\n]", "_", m[0]), text, flags=re.DOTALL)
    for pattern, what in INLINE.items():
        for found in re.finditer(pattern, blank, flags=re.IGNORECASE):
            yield blank.count("\n", 0, found.start()) + 1, what


def foreign(text: str) -> Iterator[tuple[int, str]]:
    """Line and address of everything on another host. The names of XML namespaces are no addresses."""
    for found in FOREIGN.finditer(text.replace("%3A", ":").replace("%2F", "/")):
        if not any(found[0].startswith(name) for name in NAMESPACES):
            yield text.count("\n", 0, found.start()) + 1, found[0]


def test_no_page_holds_script_or_style_of_its_own() -> None:
    pages = [(shown(path), 0, path.read_text(encoding="utf-8")) for path in own_files(".html")]
    pages += [
        (shown(module.path), node.lineno - 1, node.value)
        for module in MODULES.values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "<" in node.value
    ]
    none_of(f"{name}:{before + line} {what}" for name, before, text in pages for line, what in inline(text))


def test_nothing_is_loaded_from_another_host() -> None:
    none_of(
        f"{shown(path)}:{line} {address}"
        for path in own_files(".html", ".js", ".css", ".svg")
        if "vendor" not in path.parts
        for line, address in foreign(path.read_text(encoding="utf-8"))
    )


# ---------- the checks themselves see what they should ----------
BITES = [
    (climbs, "workspace.rules", "from referrals.models import Referral"),
    (climbs, "referrals.views", "from workspace.front.context import said"),
    (climbs, "workspace.models", "owner = 'referrals.Referral'"),
    (wrong_doors, "referrals.states", "from referrals.models import Referral"),
    (wrong_doors, "referrals.views", "from notifications import views"),
    (wrong_doors, "referrals.actions", "from referrals.forms import DraftForm"),
    (wrong_doors, "referrals.queries", "from workspace.doors import log_reads"),
    (wrong_doors, "referrals.rules", "from workspace.queries import hats_of"),
    (hidden_imports, "referrals.rules", "def f():\n    from referrals.models import Referral"),
    (signals, "referrals.models", "from django.db.models.signals import post_save"),
    (signals, "referrals.models", "from django.dispatch import receiver"),
    (writes, "referrals.views", "Referral.objects.filter(pk=1).update(state='sent')"),
    (writes, "referrals.forms", "form.save()"),
    (writes, "referrals.queries", "rows.delete()"),
    (managers, "referrals.views", "Referral.objects.all()"),
    (unannotated, "referrals.rules", "class A:\n    def f(self, x) -> int: ..."),
    (unannotated, "referrals.rules", "async def f(*, x: int): ..."),
    (broad_excepts, "referrals.rules", "try: ...\nexcept (ValueError, Exception): ..."),
    (broad_excepts, "referrals.rules", "try: ...\nexcept: ..."),
    (long_functions, "referrals.rules", "def f():\n" + "    x = 1\n" * 50),
]


@pytest.mark.parametrize(("check", "name", "text"), BITES)
def test_the_checks_find_what_they_look_for(check: Callable[[Module], Offences], name: str, text: str) -> None:
    assert list(check(Module(name, ROOT / f"{name.replace('.', '/')}.py", text)))


@pytest.mark.parametrize("text", ["shown.update({'a': 1})", "digest.update(b'a')", "cache.delete('a')", "seen.add(1)"])
def test_what_is_no_row_may_be_changed_anywhere(text: str) -> None:
    assert not list(writes(Module("referrals.views", ROOT / "referrals/views.py", text)))


def test_the_page_checks_find_what_they_look_for() -> None:
    for text in ("<script>x</script>", "<style>", '<p {% if a > b %}x{% endif %} style="a">', '<a onclick="x()">'):
        assert list(inline(text)), text
    assert not list(inline('<script src="{% static "js/live.js" %}" defer></script><p data-on="x">'))
    assert list(foreign("@import url(//fonts.example.se/a.css)"))
    assert list(foreign('<a href="https://example.se/">')) and not list(foreign('xmlns="http://www.w3.org/2000/svg"'))
