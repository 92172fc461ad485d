"""Reads our own source for the tests that hold the house and for `make measures`. Standard library only."""

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
APPS = ("workspace", "notifications", "referrals", "meetings")
# Floors that lie in a folder of another, by the name of that folder (house.md 1).
FRONT, PATHWAY, CALENDAR, FIGURES, STEERING = "front", "pathway", "calendar", "figures", "steering"
INNER = {
    "workspace.front": FRONT,
    "workspace.pathway": PATHWAY,
    "meetings.calendar": CALENDAR,
    "meetings.figures": FIGURES,
    "meetings.steering": STEERING,
}
FLOORS = ("workspace", PATHWAY, "notifications", "referrals", "meetings", CALENDAR, FIGURES, STEERING, FRONT)
FRONT_FILES = {"workspace.settings", "workspace.urls", "workspace.asgi"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Import(NamedTuple):
    """One import of a module of ours."""

    line: int
    target: str
    in_function: bool


def own_files(*endings: str) -> list[Path]:
    """Every file of the repository with one of these endings (all if none is given), but what .gitignore names.

    Walks instead of asking git: the tests also run where there is none.
    """
    lines = (ROOT / ".gitignore").read_text().splitlines()
    ignored = [line.strip().rstrip("/") for line in lines if line.strip() and not line.startswith("#")] + [".git"]
    found = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = sorted(name for name in folders if not any(fnmatch(name, pattern) for pattern in ignored))
        for name in sorted(files):
            if (not endings or name.endswith(endings)) and not any(fnmatch(name, pattern) for pattern in ignored):
                found.append(Path(folder) / name)
    return found


def shown(path: Path) -> str:
    """A path as it stands in a report: from the root of the repository."""
    return path.relative_to(ROOT).as_posix()


@dataclass(frozen=True)
class Module:
    """One Python file of ours, parsed."""

    name: str
    path: Path
    text: str

    @classmethod
    def read(cls, path: Path) -> "Module":
        parts = path.relative_to(ROOT).with_suffix("").parts
        return cls(".".join(parts[:-1] if parts[-1] == "__init__" else parts), path, path.read_text(encoding="utf-8"))

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def app(self) -> str:
        """The floor it lies on: an app's name, or that of an inner floor."""
        return FRONT if self.name in FRONT_FILES else floor_of(self.name)

    @property
    def room(self) -> str:
        """The room in its app: `referrals.actions.sending` lies in «actions». Empty for the app's own `__init__`."""
        folder = next(
            (inner for inner in INNER if f"{self.name}.".startswith(f"{inner}.")), self.name.partition(".")[0]
        )
        return self.name.removeprefix(folder).lstrip(".").partition(".")[0]

    def at(self, line: int) -> str:
        return f"{shown(self.path)}:{line}"

    def functions(self) -> Iterator[Function]:
        for node in ast.walk(self.tree):
            if isinstance(node, Function):
                yield node

    def imports(self, known: set[str]) -> list[Import]:
        """What it imports among the modules in `known`. `from app import room` counts as an import of the room."""
        inner = {id(node) for function in self.functions() for node in ast.walk(function)}
        found = []
        for node in ast.walk(self.tree):
            targets: set[str] = set()
            if isinstance(node, ast.Import):
                targets = {nearest(alias.name, known) for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                base = self._absolute(node)
                targets = {nearest(f"{base}.{alias.name}", known) for alias in node.names}
            else:
                continue
            found += [Import(node.lineno, target, id(node) in inner) for target in sorted(targets - {"", self.name})]
        return found

    def _absolute(self, node: ast.ImportFrom) -> str:
        """The full name of the module in `from … import`, also where it is relative."""
        if not node.level:
            return node.module or ""
        package = self.name.split(".") if self.path.name == "__init__.py" else self.name.split(".")[:-1]
        return ".".join([*package[: len(package) - node.level + 1], *([node.module] if node.module else [])])


def floor_of(name: str) -> str:
    """The floor that a dotted name lies on."""
    return next((floor for inner, floor in INNER.items() if f"{name}.".startswith(f"{inner}.")), name.partition(".")[0])


def nearest(name: str, known: set[str]) -> str:
    """The module of ours in which a dotted name lies; "" if in none."""
    while name and name not in known:
        name = name.rpartition(".")[0]
    return name


def modules(*, migrations: bool = False) -> dict[str, Module]:
    """The product's own modules by name."""
    found = [Module.read(path) for path in own_files(".py") if path.relative_to(ROOT).parts[0] in APPS]
    return {module.name: module for module in found if migrations or "migrations" not in module.path.parts}


def cycles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Import cycles, each as the sorted names that reach one another."""

    def reach(start: str) -> set[str]:
        seen: set[str] = set()
        ahead = list(graph.get(start, ()))
        while ahead:
            name = ahead.pop()
            if name not in seen:
                seen.add(name)
                ahead += graph.get(name, ())
        return seen

    reached = {name: reach(name) for name in graph}
    rings = {
        tuple(sorted({name, *(other for other in reached[name] if name in reached.get(other, ()))}))
        for name in graph
        if name in reached[name]
    }
    return [list(ring) for ring in sorted(rings)]


def length(function: Function) -> int:
    """Lines from `def` to the end, decorators not counted."""
    return (function.end_lineno or function.lineno) - function.lineno + 1
