"""Reads the documents and fails when the product has something they do not mention, or the other way round."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from meetings.states import (
    CONVERSATION_TRANSITIONS,
    AgreementState,
    ConversationState,
    ConversationVerb,
    MeetingState,
    MeetingVerb,
    MinutesState,
)
from meetings.states import TRANSITIONS as MEETING_TRANSITIONS
from notifications.registry import all_kinds
from notifications.rules import default_choice, may_leave_page
from notifications.states import Urgency
from referrals.states import OPEN_STATES, TRANSITIONS, ReferralState, Verb
from tools.source import ROOT, Module, modules, own_files, shown

DOCS = ("README.md", "CHANGELOG.md", "docs/house.md", "docs/wire.md", "docs/testing.md")
# In the layer between processes, never said to a browser: the envelope, and what closes a socket.
# Ours between consumers, and ASGI's own.
ONLY_INSIDE = {"hint", "close", "websocket.accept", "websocket.close", "message", "subscribe"}
# Put together here, so that this file does not hold what it forbids.
INDEXES = ["py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "npm" + "js.com", "yarn" + "pkg.com"]
INDEXES += ["/sim" + "ple/", "--index" + "-url", "--extra-index" + "-url"]
MACHINE_PATHS = ["/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/", "/Use" + "rs/"]


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def coded(text: str) -> set[str]:
    """Everything between single backticks, outside fenced blocks."""
    return set(re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL)))


def section(name: str, heading: str) -> str:
    """The text under a heading of the second level."""
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text_of(name), flags=re.DOTALL | re.MULTILINE)
    assert found, f"{name} has no section «{heading}»"
    return found[1]


def first_cells(text: str) -> set[str]:
    """What stands between backticks in the first cell of each row of the tables."""
    return {word for line in text.splitlines() if line.startswith("|") for word in coded(line.split("|")[1])}


def test_all_the_documents_exist() -> None:
    assert [name for name in DOCS if not (ROOT / name).is_file()] == []


# ---------- states and notices ----------
def state_rows() -> dict[str, list[str]]:
    """The table of states: the other cells of each row, by state."""
    lines = [line for line in section("docs/house.md", "Referral states").splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in line.strip("| ").split("|")] for line in lines]
    return {row[0].strip("`"): row[1:] for row in cells}


def test_the_states_in_the_house_are_those_that_exist_with_their_labels() -> None:
    assert {state: row[0] for state, row in state_rows().items()} == {s.value: s.label for s in ReferralState}


def test_the_house_says_which_states_are_open() -> None:
    assert {state for state, row in state_rows().items() if row[1] == "yes"} == {s.value for s in OPEN_STATES}


def test_the_meetings_states_and_verbs_stand_in_the_house() -> None:
    lines = [line for line in section("docs/house.md", "Meetings").splitlines() if line.startswith("| `")]
    rows = {cells[0].strip(" `"): cells[1:] for cells in (line.strip("| ").split("|") for line in lines)}
    labels = {state.value: state.label for state in (*MeetingState, *MinutesState)}
    assert {state: cells[0].strip() for state, cells in rows.items()} == labels
    assert {verb.value for verb in MeetingVerb} - {"resume"} <= coded("\n".join(lines))
    for step in MEETING_TRANSITIONS:
        for source in step.sources - {MeetingState.CALLED}:
            words = rows[source.value][1]
            assert f"`{step.verb}`" in words and step.side.value in words, (source, step.verb)


def test_the_conversations_states_and_verbs_stand_in_the_house() -> None:
    lines = [line for line in section("docs/house.md", "Conversations").splitlines() if line.startswith("| `")]
    rows = {cells[0].strip(" `"): cells[1:] for cells in (line.strip("| ").split("|") for line in lines)}
    labels = {state.value: state.label for state in (*ConversationState, *AgreementState)}
    assert {state: cells[0].strip() for state, cells in rows.items()} == labels
    for step in CONVERSATION_TRANSITIONS:
        for source in step.sources:
            assert f"`{step.verb}` → {step.target}" in rows[source.value][1], (source, step.verb)
    assert {row.verb for row in CONVERSATION_TRANSITIONS} == set(ConversationVerb) - {ConversationVerb.PLAN}


def test_every_verb_stands_in_the_house() -> None:
    assert {verb.value for verb in Verb} - coded(section("docs/house.md", "Referral states")) == set()


def test_every_transition_stands_in_the_row_of_its_state() -> None:
    missing = []
    for step in TRANSITIONS:
        if step.verb in {Verb.GROUND_WITHDRAWN, Verb.RECEIVER_LEFT}:
            continue
        words = "|".join(state_rows()[step.source])
        if not re.search(rf"`{step.verb}` → {step.target}\b", words) or step.side not in words:
            missing.append(f"{step.source}: {step.verb} → {step.target} ({step.side})")
    assert missing == []
    words = section("docs/house.md", "Referral states")
    assert f"`{Verb.GROUND_WITHDRAWN}` → {ReferralState.WITHDRAWN} leads out of every open state" in words
    assert f"`{Verb.RECEIVER_LEFT}` → {ReferralState.RETURNED} leads out of every state" in words


def test_the_kinds_of_notice_in_the_house_are_those_that_exist() -> None:
    assert first_cells(section("docs/house.md", "Notice kinds")) == set(all_kinds())


def test_the_house_says_what_holds_for_whoever_chooses_nothing() -> None:
    lines = [line for line in section("docs/house.md", "Notices and choices").splitlines() if line.startswith("| `")]
    expected = []
    for urgency in Urgency:
        usual = default_choice(urgency)
        page = "yes" if may_leave_page(urgency) else "always"
        cells = (f"`{urgency.name}`", urgency.label, page, usual.mail.value, "yes" if usual.push else "no")
        expected.append(f"| {' | '.join(cells)} |")
        assert usual.on_page
    assert lines == expected


# ---------- the wire ----------
def messages_of(module: Module) -> set[str]:
    """Types of the messages a module makes: `{"type": "…"}`, and the one it compares with to let it in."""
    found = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "type" and isinstance(value, ast.Constant):
                    found.add(str(value.value))
        if isinstance(node, ast.Compare) and '["type"]' in ast.unparse(node.left).replace("'", '"'):
            found |= {str(other.value) for other in node.comparators if isinstance(other, ast.Constant)}
    return found - ONLY_INSIDE


def messages_in_code() -> set[str]:
    return {message for module in modules().values() for message in messages_of(module)}


def messages_in_docs() -> set[str]:
    return set(re.findall(r'"type": "([\w.]+)"', text_of("docs/wire.md")))


def test_every_message_of_the_socket_stands_in_the_wire_document() -> None:
    assert {"seen", "live", "notification.created"} <= messages_in_code()
    assert messages_in_code() - messages_in_docs() == set()


def test_the_wire_document_names_no_message_that_nobody_sends() -> None:
    assert messages_in_docs() - messages_in_code() == set()


def test_every_code_that_closes_a_socket_stands_in_the_wire_document() -> None:
    codes = set(re.findall(r"\b4[0-9]{3}\b", text_of("workspace/front/consumers.py")))
    assert codes and codes - set(re.findall(r"\b4[0-9]{3}\b", text_of("docs/wire.md"))) == set()


# ---------- settings, commands, libraries ----------
def settings_read() -> set[str]:
    """Names read from the environment: `env.kind("NAME", …)`."""
    return {
        str(node.args[0].value)
        for node in ast.walk(Module.read(ROOT / "workspace/settings.py").tree)
        if isinstance(node, ast.Call)
        and (ast.unparse(node.func) == "env" or ast.unparse(node.func).startswith("env."))
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }


def test_the_settings_in_the_house_are_those_that_are_read() -> None:
    assert "DATABASE_URL" in settings_read()
    assert first_cells(section("docs/house.md", "Settings")) == settings_read()


def test_what_steers_the_tests_stands_in_the_testing_document() -> None:
    used = {name for path in own_files(".py") for name in re.findall(r"SAMVERKAN_TEST_[A-Z]+", path.read_text())}
    assert used - set(re.findall(r"SAMVERKAN_TEST_[A-Z]+", text_of("docs/testing.md"))) == set()


def commands() -> set[str]:
    return {
        path.stem
        for path in own_files(".py")
        if path.parts[-3:-1] == ("management", "commands") and not path.stem.startswith("_")
    }


def test_the_commands_in_the_house_are_those_that_exist() -> None:
    assert set(re.findall(r"manage\.py (\w+)", section("docs/house.md", "Commands"))) == commands()


def test_the_make_targets_in_the_house_are_those_that_exist() -> None:
    targets = re.findall(r"^\.PHONY:(.*)$", text_of("Makefile"), flags=re.MULTILINE)
    assert set(re.findall(r"`make (\w+)`", section("docs/house.md", "Commands"))) == set(" ".join(targets).split())


def test_no_document_names_a_command_that_does_not_exist() -> None:
    named = {name for doc in DOCS if (ROOT / doc).is_file() for name in re.findall(r"manage\.py (\w+)", text_of(doc))}
    assert named - commands() - {"migrate", "createsuperuser", "runserver", "run_huey"} == set()


@pytest.mark.parametrize("name", ["requirements.in", "requirements-dev.in"])
def test_every_library_we_take_stands_in_the_house(name: str) -> None:
    taken = set(re.findall(r"^([a-z][a-z0-9-]*)", text_of(name), flags=re.MULTILINE))
    text = section("docs/house.md", "Libraries taken and why, with licence")
    assert [library for library in sorted(taken) if not re.search(rf"(?<![\w-]){library}(?![\w-])", text)] == []


# ---------- links and what must not stand anywhere ----------
def anchors(text: str) -> set[str]:
    """The addresses of a document's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(path: Path) -> Iterator[str]:
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    links = re.findall(r"\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)", text) + re.findall(r"""(?:src|href)=["']([^"']+)""", text)
    for link in links:
        if re.match(r"[a-z]+:", link):
            continue
        place, _, anchor = link.partition("#")
        target = path.parent / place if place else path
        if not target.exists():
            yield f"{shown(path)}: {link} leads nowhere"
        elif anchor and target.suffix == ".md" and anchor not in anchors(target.read_text(encoding="utf-8")):
            yield f"{shown(path)}: {link}: no such heading"


def files_named(path: Path) -> Iterator[str]:
    """Files named in a document, as `folder/file.ending`, that are not there."""
    for word in coded(path.read_text(encoding="utf-8")):
        if re.fullmatch(r"[\w.-]+(?:/[\w.-]+)+\.(?:py|md|sh|js|css|html)", word) and not (ROOT / word).exists():
            yield f"{shown(path)}: {word} does not exist"


def test_links_in_the_documents_lead_somewhere() -> None:
    assert [fault for path in own_files(".md") for fault in broken_links(path)] == []


def test_files_named_in_the_documents_exist() -> None:
    names = [ROOT / name for name in DOCS if (ROOT / name).is_file()]
    assert [fault for path in names for fault in files_named(path)] == []


@pytest.mark.parametrize("forbidden", [INDEXES, MACHINE_PATHS], ids=["package indexes", "paths of a machine"])
def test_no_file_names_a_place_of_somebodys_own(forbidden: list[str]) -> None:
    found = []
    for path in own_files():
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(lines, start=1):
            found += [f"{shown(path)}:{number} {word}" for word in forbidden if word in line]
    assert found == []
