"""`make measures`: how large the functions are, how much is said about them, how much is tested (docs/house.md 9).

For seeing, not for padding. What is held by a test stands in tests/test_house.py. Standard library only.
"""

import io
import statistics
import sys
import tokenize
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.source import APPS, FRONT, Function, Module, cycles, length, modules, own_files

AIM_MEDIAN, AIM_P90 = 8, 25
AIM_COMMENTS, AIM_TESTS = (3, 6), 1.3
LONGEST = 10


def lines_of(text: str) -> tuple[int, int]:
    """Lines of code, docstrings among them, and lines with a comment. Blank lines are neither."""
    code: set[int] = set()
    comments: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            comments.add(token.start[0])
        elif token.type not in {tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}:
            code.update(range(token.start[0], token.end[0] + 1))
    return len(code), len(comments)


def functions_of(files: Iterable[Module]) -> list[tuple[int, str, str]]:
    """Length, name and place of every function, longest first."""

    def row(module: Module, function: Function) -> tuple[int, str, str]:
        return length(function), function.name, module.at(function.lineno)

    return sorted((row(module, function) for module in files for function in module.functions()), reverse=True)


def percentile(numbers: list[int], share: float) -> int:
    """The number that this share of them does not exceed."""
    ordered = sorted(numbers)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def show_floor(name: str, files: list[Module]) -> None:
    """One line of the table."""
    code, comments = map(sum, zip(*(lines_of(module.text) for module in files), strict=True))
    lengths = [size for size, _, _ in functions_of(files)]
    sizes = f"{statistics.median(lengths):>6.0f} {percentile(lengths, 0.9):>5}" if lengths else f"{'-':>6} {'-':>5}"
    lines = sum(len(module.text.splitlines()) for module in files)
    share = 100 * comments / code if code else 0
    print(f"{name:<16}{len(files):>6}{lines:>8}{len(lengths):>11} {sizes}{share:>10.1f} %")


def main() -> None:
    product = modules()
    tests = [Module.read(path) for path in own_files(".py") if Module.read(path).app == "tests"]
    print(f"{'':<16}{'files':>6}{'lines':>8}{'functions':>11} {'median':>6} {'p90':>5}{'comments':>12}")
    for floor in (*APPS, FRONT):
        files = [module for module in product.values() if module.app == floor]
        if files:
            show_floor(floor, files)
    show_floor("the product", list(product.values()))
    if tests:
        show_floor("tests", tests)
    print(f"{'we aim at':<33}{'':>8} {AIM_MEDIAN:>6} {AIM_P90:>5}{'{}-{} %'.format(*AIM_COMMENTS):>12}")

    code = sum(lines_of(module.text)[0] for module in product.values())
    tested = sum(lines_of(module.text)[0] for module in tests)
    print(f"\ntest:code {tested / code:.2f} (we aim at {AIM_TESTS} or more); migrations are not counted")

    known = set(product)
    rings = cycles({name: {found.target for found in module.imports(known)} for name, module in product.items()})
    print(f"import cycles {len(rings)} (we aim at 0)")
    for ring in rings:
        print(f"  {' <-> '.join(ring)}")

    print(f"\nthe {LONGEST} longest functions")
    for size, name, place in functions_of(product.values())[:LONGEST]:
        print(f"{size:>5}  {name:<32} {place}")


if __name__ == "__main__":
    main()
