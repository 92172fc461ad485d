"""deploy/ and docs/running.md: what stands there is taken by the programs it is for, and names only what exists."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.urls import reverse
from redis import Redis as Client
from redis.exceptions import AuthenticationError, NoPermissionError

from tests.addresses import OF_TOKEN
from tests.daphne import NOT_FOR_SERVERS, ROOT, server_environment
from tests.processes import new_folder
from tests.running.calls import NAME
from tests.running.nginx import NO_NGINX, PROGRAM, Nginx
from tests.running.services import redis_as_deployed, run_program
from tests.services import Postgres
from tests.test_docs import settings_read
from workspace.front.management.commands.serve import Command as Serve
from workspace.hub import PREFIX
from workspace.redaction import redact

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
SERVICES = [path for path in UNITS if path.suffix == ".service"]
HARD = {
    "NoNewPrivileges=true", "ProtectSystem=strict", "ProtectHome=true", "PrivateTmp=true", "PrivateDevices=true",
    "ProtectKernelTunables=true", "ProtectControlGroups=true", "RestrictSUIDSGID=true", "MemoryDenyWriteExecute=true",
    "CapabilityBoundingSet=", "SystemCallFilter=@system-service", "UMask=0077",
}  # fmt: skip
HERE = "/opt/samverkansrum/current"


def entries(path: Path) -> list[tuple[str, str]]:
    lines = path.read_text().splitlines()
    return [(key, value) for line in lines if "=" in line and line[0] != "#" for key, _, value in [line.partition("=")]]


# ---------- systemd ----------
@pytest.mark.embedded
@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze (Debian: systemd)")
def test_systemd_takes_the_units_without_a_word() -> None:
    folder = new_folder("units")
    for unit in UNITS:
        text = unit.read_text().replace(f"{HERE}/.venv/bin/python", sys.executable).replace(HERE, str(ROOT))
        (folder / unit.name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", *(str(folder / unit.name) for unit in UNITS)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{folder}:"},
    )
    ours = [line for line in (done.stdout + done.stderr).splitlines() if "samverkan" in line]
    assert ours == [] and done.returncode == 0, done.stderr


@pytest.mark.embedded
@pytest.mark.parametrize("unit", SERVICES, ids=lambda path: path.name)
def test_every_service_is_shut_in_and_runs_as_nobody_special(unit: Path) -> None:
    assert HARD - set(unit.read_text().splitlines()) == set()
    found = dict(entries(unit))
    assert found["User"] in {"samverkan", "samverkan-backup"}
    wanted = "owner.env" if found["User"] == "samverkan-backup" else "env"
    assert found["EnvironmentFile"] == f"/etc/samverkansrum/{wanted}"


@pytest.mark.embedded
@pytest.mark.parametrize("unit", SERVICES, ids=lambda path: path.name)
def test_what_the_units_run_exists_with_these_options(unit: Path) -> None:
    started = [value.replace("%i", "9001").split() for key, value in entries(unit) if key == "ExecStart"]
    assert started
    for words in started:
        if words[0].endswith("backup.sh"):
            assert os.access(ROOT / words[0].removeprefix(f"{HERE}/"), os.X_OK)
            continue
        assert words[:2] == [f"{HERE}/.venv/bin/python", "manage.py"]
        command = load_command_class(get_commands()[words[2]], words[2])
        options = command.create_parser("manage.py", words[2]).parse_args(words[3:])
        if isinstance(command, Serve):
            assert (options.role == "web") == (options.fd == 3)


@pytest.mark.embedded
def test_what_serves_is_started_again_for_ever_and_what_is_done_by_the_clock_has_a_timer() -> None:
    for unit in SERVICES:
        found = dict(entries(unit))
        if found["Type"] == "oneshot":
            assert unit.with_suffix(".timer") in UNITS
        else:
            assert (found["Restart"], found["StartLimitIntervalSec"], found["KillMode"]) == ("always", "0", "mixed")


@pytest.mark.embedded
def test_what_the_units_ask_for_of_each_other_is_there() -> None:
    names = {path.name for path in UNITS}
    for unit in UNITS:
        for key, value in entries(unit):
            if key in {"Wants", "Requires", "Sockets", "Service", "PartOf"}:
                ours = [word for word in value.split() if word.startswith("samverkan")]
                assert {re.sub(r"@[^.]+", "@", word) for word in ours} <= names, (unit.name, value)


# ---------- settings ----------
def example(name: str) -> dict[str, str]:
    found = dict(entries(DEPLOY / name))
    assert all(line.startswith(("#", *found)) for line in (DEPLOY / name).read_text().splitlines() if line)
    return found


@pytest.mark.embedded
def test_every_setting_in_the_examples_exists_and_none_holds_a_secret() -> None:
    off = re.findall(r"^#([A-Z_]+)=", (DEPLOY / "env.example").read_text(), flags=re.MULTILINE)
    assert {*example("env.example"), *off} <= settings_read()
    assert set(example("owner.env.example")) == {"DATABASE_OWNER_URL", "PGPASSFILE"}
    text = (DEPLOY / "env.example").read_text() + (DEPLOY / "owner.env.example").read_text()
    assert [secret for secret in re.findall(r"://[^:/@\s]+:([^@\s]+)@", text) if secret != "…"] == []
    assert example("env.example")["SECRET_KEY"] == "…"


def test_the_example_is_a_production_start_that_django_finds_nothing_to_say_of() -> None:
    settings = {name: value.replace("…", "x1y2z3-" * 10) for name, value in example("env.example").items()}
    kept = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL", "DATA_DIR")}
    env = server_environment(**(settings | kept))
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={name: value for name, value in env.items() if name not in NOT_FOR_SERVERS},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout + done.stderr
    assert "no issues (2 silenced)" in said and "WARN" not in said.upper().replace("WARNING)", ""), said


# ---------- nginx ----------
@pytest.mark.embedded
@pytest.mark.skipif(PROGRAM is None, reason=NO_NGINX)
def test_nginx_takes_its_file() -> None:
    done = Nginx(web=[8001], sockets=[9001, 9002]).check()
    assert done.returncode == 0 and "warn" not in done.stderr, done.stderr


@pytest.mark.embedded
@pytest.mark.parametrize("name", sorted(OF_TOKEN))
def test_an_address_that_opens_something_is_in_no_log_of_nginx_and_none_of_ours(name: str) -> None:
    address = reverse(name, args=["bara-bokstaver"])
    text = (DEPLOY / "nginx.conf").read_text()
    kept_out = re.search(r"location ~ (\S+) \{\s+access_log off;\s+error_log /dev/null", text)
    assert kept_out is not None and re.search(kept_out[1], address)
    assert "bara-bokstaver" not in redact(f"GET {address} 200")


@pytest.mark.embedded
def test_nginx_asks_where_the_units_listen() -> None:
    text = (DEPLOY / "nginx.conf").read_text()
    assert f"server {dict(entries(DEPLOY / 'systemd' / 'samverkan-web.socket'))['ListenStream']} " in text
    ports = re.findall(r"samverkan-sockets@(\d+)", (DEPLOY / "systemd" / "samverkan.target").read_text())
    assert ports and re.findall(r"server 127\.0\.0\.1:(9\d+) ", text) == ports
    assert NAME in text


# ---------- PostgreSQL and Redis ----------
def reasons_missing(path: Path) -> Iterator[str]:
    """Lines with a setting that neither has a reason nor stands under one."""
    explained = False
    for line in path.read_text().splitlines():
        if line.startswith("#") or not line.strip():
            explained = line.startswith("#")
        elif "#" not in line and not explained:
            yield line


@pytest.mark.embedded
@pytest.mark.parametrize("name", ["postgresql.conf", "redis.conf"])
def test_every_setting_of_the_services_has_its_reason(name: str) -> None:
    assert list(reasons_missing(DEPLOY / name)) == []


@pytest.mark.postgres
def test_postgresql_takes_each_of_its_settings(postgres_server: Postgres) -> None:
    if not postgres_server.own:
        pytest.skip("somebody else's server has no programs for us")
    rows = re.findall(r"^(\w+) = ('[^']*'|[^#\s]+)", (DEPLOY / "postgresql.conf").read_text(), flags=re.MULTILINE)
    settings = {name: value.strip("'") for name, value in rows}
    assert float(settings["archive_timeout"]) <= 300 and settings["synchronous_commit"] == settings["fsync"] == "on"
    assert settings["log_error_verbosity"] == "terse" and settings["log_min_error_statement"] == "panic"
    for name, value in settings.items():
        done = run_program(postgres_server, "postgres", "-D", ".", "-c", f"{name}={value}", "-C", name)
        assert done.returncode == 0, (name, done.stderr)


@pytest.mark.postgres
def test_redis_takes_its_file_and_lets_the_product_do_what_it_does_and_no_more() -> None:
    with redis_as_deployed() as url:
        with Client.from_url(url) as client:
            with client.pubsub() as line:
                line.subscribe(f"{PREFIX}hat.m1")
                assert line.get_message(timeout=5)["type"] == "subscribe"
                assert client.publish(f"{PREFIX}hat.m1", "{}") == 1
                assert line.get_message(timeout=5)["data"] == b"{}"
                line.unsubscribe(f"{PREFIX}hat.m1")
                line.ping()
            for words in (("SET", "x", "1"), ("GET", "x"), ("KEYS", "*"), ("CONFIG", "GET", "*"), ("FLUSHALL",)):
                with pytest.raises(NoPermissionError):
                    client.execute_command(*words)
            with pytest.raises(NoPermissionError):
                client.publish("annat", "{}")
        with Client.from_url(url.replace("samverkan:BYT-UT-MIG@", "")) as nobody, pytest.raises(AuthenticationError):
            nobody.ping()


# ---------- scripts and the page ----------
@pytest.mark.embedded
@pytest.mark.parametrize("script", sorted(DEPLOY.glob("*.sh")), ids=lambda path: path.name)
def test_the_scripts_can_be_read_and_run(script: Path) -> None:
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
    assert os.access(script, os.X_OK)
    for command in re.findall(r"manage\.py (\w+)", script.read_text()):
        assert command in get_commands()


PAGE = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
# Variables of others: systemd's, PostgreSQL's clients', prometheus-client's and our own scripts'.
NOT_OURS = {"PGPASSFILE", "KEEP_DAYS", "PROMETHEUS_MULTIPROC_DIR", "PATH", "PYTHON"}


@pytest.mark.embedded
def test_every_command_setting_and_file_on_the_page_exists() -> None:
    assert set(re.findall(r"manage\.py (\w+)", PAGE)) <= set(get_commands())
    assert set(re.findall(r"`([A-Z][A-Z_]{3,})(?:=[^`]*)?`", PAGE)) - NOT_OURS <= settings_read()
    files = set(re.findall(r"`?((?:deploy|docs|tests|workspace|tools)/[\w./@-]+\.\w+)`?", PAGE))
    assert files and [name for name in sorted(files) if not (ROOT / name).exists()] == []
    assert {f"samverkan_{name}" for name in re.findall(r"`samverkan_(\w+)`", PAGE)} <= metrics_said()


def metrics_said() -> set[str]:
    texts = [(ROOT / name).read_text() for name in ("workspace/metrics.py", "workspace/front/queries/running.py")]
    return {name for text in texts for name in re.findall(r'"(samverkan_\w+)"', text)}


@pytest.mark.embedded
def test_every_file_of_deploy_and_every_metric_stands_on_the_page() -> None:
    for path in DEPLOY.rglob("*"):
        if path.is_file():
            assert path.name.partition("@")[0] in PAGE, path.name
    assert [name for name in sorted(metrics_said()) if name not in PAGE] == []
