"""The first thing a test run does: start the services and say in the environment where they are.

Loaded with `-p tests.start` (pyproject.toml), because pytest-django reads the settings before any conftest is
imported. What can wait until then lies in tests/infrastructure.py.
"""

import gc
import os
from collections.abc import Generator

import pytest

from tests.processes import new_folder, reaper
from tests.services import Postgres, Redis

EMBEDDED = os.environ.get("SAMVERKAN_TEST_BACKEND", "") == "embedded"
CI = os.environ.get("CI", "").lower() in {"true", "1"}

SERVICES = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")

# Thousands of tests make a million objects that stay; collecting after every 700 walks them all again and again.
gc.set_threshold(100_000, 20, 100)

postgres_key = pytest.StashKey[Postgres]()
redis_key = pytest.StashKey[Redis]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also run the tests marked long (make test LONG=1)")


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    """Runs around, and so before, pytest-django's own, which reads the settings."""
    asked = early_config.known_args_namespace
    if not (asked.help or asked.version):
        try:
            prepare_environment(early_config)
        except BaseException:
            stop_services(early_config)
            raise
    yield


def prepare_environment(config: pytest.Config) -> None:
    """Start what the backend needs and set every name the settings read, so that nothing leaks in from outside."""
    works = "PYTEST_XDIST_WORKER" in os.environ
    if works:
        for name in SERVICES:
            os.environ.pop(name, None)  # the controller's: every worker has services of its own
    controls = not works and bool(getattr(config.known_args_namespace, "numprocesses", None))
    if controls and not EMBEDDED and any(os.environ.get(name) for name in SERVICES):
        raise pytest.UsageError("-n gives every process a database of its own: not with DATABASE_URL or REDIS_URL.")
    folder = new_folder("data")
    values = {
        "DJANGO_SETTINGS_MODULE": "workspace.settings",
        "SECRET_KEY": "only-for-tests",
        "ALLOWED_HOSTS": "127.0.0.1,localhost,testserver",
        "POLL_SECONDS": "60",
        "DEMO": "0",
        "DATA_DIR": str(folder),
        # Playwright's sync API keeps an event loop running in the thread of the test, and Django then refuses the
        # ORM there though nothing is awaited. Servers are started without it (tests/daphne.py).
        "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
    }
    if EMBEDDED or controls:
        values |= {"DATABASE_URL": f"sqlite:///{folder / 'test.sqlite3'}", "DATABASE_OWNER_URL": "", "REDIS_URL": ""}
    else:
        postgres = config.stash[postgres_key] = Postgres.from_environment()
        redis = config.stash[redis_key] = Redis.from_environment()
        postgres.start()
        redis.start()
        values |= {
            "DATABASE_URL": postgres.app_url,
            "DATABASE_OWNER_URL": postgres.owner_url,
            "REDIS_URL": redis.url,
        }
    os.environ.update(values)


def stop_services(config: pytest.Config) -> None:
    """Stop what we started and remove its files."""
    if redis := config.stash.get(redis_key, None):
        redis.stop()
    if postgres := config.stash.get(postgres_key, None):
        postgres.stop()
    reaper.close()


def pytest_unconfigure(config: pytest.Config) -> None:
    stop_services(config)
