"""What is counted while the product runs, for `/metrics`. No label holds an id or anything about a person.

Of gunicorn's processes each keeps its counts in a file (PROMETHEUS_MULTIPROC_DIR, which `serve` sets), so that any one
of them can answer for all. The other roles are one process each.
"""

import os
import time
from pathlib import Path
from typing import Any

from django.core.cache import cache
from django.db import connection
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
requests = Counter("samverkan_requests", "Requests answered, by route and class of status", ["route", "status"])
seconds = Histogram("samverkan_request_seconds", "How long they took", ["route"], buckets=BUCKETS)
pool = Gauge(
    "samverkan_database_pool", "Connections held, idle, and threads that wait", ["state"], multiprocess_mode="livesum"
)
sockets = Gauge("samverkan_open_sockets", "Open sockets", multiprocess_mode="livesum")
closed = Counter("samverkan_sockets_closed", "Sockets closed by us: overflow, ended, refused", ["why"])
hints = Counter("samverkan_hints", "Hints: published, lost (Redis away), handed_over to a socket", ["step"])
published, lost, handed_over = (hints.labels(step) for step in ("published", "lost", "handed_over"))
catch_ups = Counter("samverkan_catch_ups", "Sockets given what was committed and never hinted at")
wire_away = Gauge("samverkan_wire_away", "1 while the line to Redis is lost", multiprocess_mode="livemax")

JOBS = ("sweep", "each_minute")


def note_request(route: str, status: int, took: float) -> None:
    requests.labels(route, f"{status // 100}xx").inc()
    seconds.labels(route).observe(took)
    held = getattr(connection, "pool", None)
    if held is not None:
        stats = held.get_stats()
        pool.labels("held").set(stats.get("pool_size", 0))
        pool.labels("idle").set(stats.get("pool_available", 0))
        pool.labels("waiting").set(stats.get("requests_waiting", 0))


def note_run(job: str) -> None:
    """A clock of ours has just run. Kept where all processes see it."""
    cache.set(f"job-ran:{job}", time.time(), None)


def ages_of_jobs() -> dict[str, float]:
    """Seconds since each clock last ran; who never has is left out."""
    ran = cache.get_many([f"job-ran:{job}" for job in JOBS])
    return {job: time.time() - ran[f"job-ran:{job}"] for job in JOBS if f"job-ran:{job}" in ran}


def as_text(*more: Any) -> bytes:
    """Everything, in Prometheus's text format, with what these collectors add."""
    registry = CollectorRegistry()
    for each in more:
        registry.register(each)
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if not folder:
        return generate_latest(REGISTRY) + generate_latest(registry)
    for path in Path(folder).glob("gauge_live*_*.db"):
        pid = path.stem.rpartition("_")[2]
        if not Path(f"/proc/{pid}").exists():
            mark_process_dead(int(pid), folder)
    MultiProcessCollector(registry, folder)
    return generate_latest(registry)
