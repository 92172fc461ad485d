"""How far a long reading has come, for whoever waits at a terminal."""

import time
from collections.abc import Callable
from typing import Protocol

QUIET_FOR = 1.0  # seconds; what is done sooner needs no bar
EVERY = 0.1  # seconds between two lines


class Terminal(Protocol):
    """What Django's `self.stderr` offers."""

    def isatty(self) -> bool: ...

    def write(self, msg: str, style_func: Callable[[str], str] | None, ending: str | None) -> None: ...


class Progress:
    """«Läser in: 140 av 900 rader», rewritten in place once the work has taken a second. Silent but at a terminal."""

    def __init__(
        self, out: Terminal, clock: Callable[[], float] = time.monotonic, says: str = "Läser in: {} av {} rader"
    ) -> None:
        self.out, self.clock, self.says = out, clock, says
        self.seen = out.isatty()
        self.began = self.told = clock()
        self.width = 0

    def __call__(self, done: int, total: int) -> None:
        """One more row is done. Writes at most ten times a second."""
        now = self.clock()
        if self.seen and now - self.began >= QUIET_FOR and (now - self.told >= EVERY or done == total):
            self.told = now
            self._write(self.says.format(done, total))

    def end(self) -> None:
        """Leave the line blank, for what is said next."""
        if self.width:
            self._write("")
            self._write("")

    def _write(self, text: str) -> None:
        self.out.write(f"\r{text:<{self.width}}", str, "")
        self.width = len(text)
