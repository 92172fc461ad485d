"""`make chaos`: the bars of reliability with their own numbers, and the raw counts behind each (docs/chaos.md).

Runs tests/chaos/ in its long form, which `make test` runs in a short one. Fails when a count is not what it should be.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def run(only: str, report: Path) -> int:
    """pytest's own answer: 0 where every bar is held."""
    command = [sys.executable, "-m", "pytest", "tests/chaos", "--long", "-q", *(["-k", only] if only else [])]
    env = os.environ | {"CHAOS": "long", "CHAOS_REPORT": str(report)}
    return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode


def print_counts(report: Path) -> None:
    print("\n| bar | counted |\n|---|---|")
    for line in report.read_text().splitlines():
        counts = json.loads(line)
        bar = counts.pop("bar")
        words = (f"{name.replace('_', ' ')} {value}" for name, value in counts.items())
        print(f"| {bar} | {', '.join(words)} |")


def main() -> int:
    """Run, print the counts; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="only the tests whose names fit, as pytest's -k")
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        failed = run(options.only, Path(file.name))
        print_counts(Path(file.name))
    print(f"\n{(time.monotonic() - began) / 60:.0f} minutes; {'MISSED: see above' if failed else 'every bar is held'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
