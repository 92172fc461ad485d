"""How the product is doing, for /health/ and /metrics: whether it can work, and what waits to leave the house."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.models import Count, Min, Q
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily, Metric
from redis import Redis
from redis.exceptions import RedisError

from notifications.models import DigestMail, ParticipantMail, PushBrowser, WebhookMessage
from workspace import metrics

STOP_AFTER = "-c statement_timeout=2000"  # ms
UNSENT = Q(sent_at__isnull=True)


@cache
def _migrations_known() -> frozenset[tuple[str, str]]:
    """The last ones that this code knows. Read from the files once."""
    return frozenset(MigrationLoader(None).graph.leaf_nodes())


def migrations_missing() -> bool:
    """Whether the database is older than the code. A newer one is as it should be in the middle of an upgrade.

    One query on a connection of its own, which is opened and asked for 2 s at most: where all of the pool's are busy
    this process is not ill. Raises DatabaseError where the database does not answer.
    """
    own = connection.copy()
    if own.vendor == "postgresql":
        own.settings_dict = {**own.settings_dict, "OPTIONS": {"connect_timeout": 2, "options": STOP_AFTER}}
    try:
        with own.cursor() as cursor:
            cursor.execute("SELECT app, name FROM django_migrations")
            return bool(_migrations_known() - set(cursor.fetchall()))
    finally:
        own.close()


def wire_answers() -> bool:
    """Whether Redis answers within a second. Without REDIS_URL there is nothing to ask."""
    if not settings.REDIS_URL:
        return True
    try:
        with Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1) as redis:
            return bool(redis.ping())
    except (OSError, RedisError):
        return False


class Waiting:
    """A collector: how much waits in each queue, how long the oldest has waited, and when each clock last ran."""

    def collect(self) -> Iterator[Metric]:
        now = timezone.now()
        length = GaugeMetricFamily("samverkan_waiting", "Not yet sent", labels=["queue"])
        age = GaugeMetricFamily("samverkan_waiting_oldest_seconds", "Age of the oldest not yet sent", labels=["queue"])
        for queue, found in queues().items():
            length.add_metric([queue], found["waiting"])
            oldest = found["oldest"]
            age.add_metric([queue], (now - oldest).total_seconds() if oldest else 0)
        ran = GaugeMetricFamily("samverkan_job_age_seconds", "Since each clock last ran", labels=["job"])
        for job, seconds in metrics.ages_of_jobs().items():
            ran.add_metric([job], seconds)
        yield from (length, age, ran)


def queues() -> dict[str, dict[str, Any]]:
    """By queue: `waiting`, and when the `oldest` was made. One query each."""
    counted = {"waiting": Count("pk"), "oldest": Min("made_at")}
    due = WebhookMessage.objects.filter(delivered_at__isnull=True)
    return {
        "digest": DigestMail.objects.filter(UNSENT).aggregate(**counted),
        "participant": ParticipantMail.objects.filter(UNSENT).aggregate(**counted),
        "webhook": due.filter(dead_at__isnull=True).aggregate(**counted),
        "webhook_dead": due.filter(dead_at__isnull=False).aggregate(**counted),
        "push_failing": PushBrowser.objects.filter(tries__gt=0).aggregate(**counted),
    }
