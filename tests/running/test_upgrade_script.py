"""deploy/upgrade.sh by its own steps: what it asks of systemd, in which order, and that it stops at the first fault."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.daphne import ROOT
from tests.processes import new_folder

UNITS = {
    "samverkan-web@*": ("samverkan-web@a.service", "samverkan-web@b.service"),
    "samverkan-sockets@*": ("samverkan-sockets@9001.service", "samverkan-sockets@9002.service"),
    "samverkan-jobs@*": ("samverkan-jobs@1.service",),
}
# The machine's programs: each writes what it was asked for, and fails where its words hold what FAIL says.
STAND_IN = """#!/bin/sh
echo "$(basename "$0") $*" >>"$SAID"
if [ "$1" = list-units ]; then
    case "$*" in {lists} esac
fi
case "$*" in *"$FAIL"*) exit 1 ;; esac
"""


def upgrade(fail: str = "nothing") -> tuple[int, list[str], str]:
    """Its exit code, what it did step by step, and what it said."""
    folder = new_folder("upgrade")
    rows = {
        pattern: "".join(rf"{unit} loaded active running x\n" for unit in units) for pattern, units in UNITS.items()
    }
    lists = " ".join(f"*'{pattern}') printf '{text}' ;;" for pattern, text in rows.items())
    for name in ("systemctl", "systemd-run", "curl", "sleep"):
        (folder / name).write_text(STAND_IN.replace("{lists}", lists))
        (folder / name).chmod(0o755)
    said = folder / "said"
    done = subprocess.run(
        [str(ROOT / "deploy" / "upgrade.sh")],
        env={"PATH": f"{folder}:{os.environ['PATH']}", "SAID": str(said), "FAIL": fail},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, steps(said), done.stderr


def steps(said: Path) -> list[str]:
    found = []
    for line in said.read_text().splitlines():
        program, *words = line.split()
        if program == "systemd-run":
            owner = "EnvironmentFile=/etc/samverkansrum/owner.env" in line
            found.append(f"{words[words.index('manage.py') + 1]}{' as the owner' if owner else ''}")
        elif program == "curl":
            found.append(f"ask {words[-1]}")
        elif words[0] == "restart":
            found.append(words[1].removesuffix(".service"))
    return found


WHOLE = [
    *("check", "prepare_database as the owner", "samverkan-web@a", "samverkan-web@b"),
    *("samverkan-sockets@9001", "ask http://127.0.0.1:9001/health/"),
    *("samverkan-sockets@9002", "ask http://127.0.0.1:9002/health/", "samverkan-jobs@1"),
]


@pytest.mark.embedded
def test_it_checks_migrates_and_replaces_one_process_after_the_other() -> None:
    assert upgrade()[:2] == (0, WHOLE)


@pytest.mark.embedded
@pytest.mark.parametrize(
    ("fail", "last"),
    [
        ("manage.py check", "check"),
        ("prepare_database", "prepare_database as the owner"),
        ("restart samverkan-web@a", "samverkan-web@a"),
    ],
)
def test_it_stops_at_the_first_fault_and_leaves_the_rest_as_it_was(fail: str, last: str) -> None:
    code, done, _ = upgrade(fail)
    assert code != 0 and done == WHOLE[: WHOLE.index(last) + 1]


@pytest.mark.embedded
def test_sockets_that_do_not_answer_are_the_last_that_is_replaced() -> None:
    code, done, said = upgrade(":9001/health/")
    assert code == 1 and "samverkan-sockets@9001.service does not answer" in said
    assert set(done[5:]) == {"ask http://127.0.0.1:9001/health/"} and len(done) == 5 + 60
