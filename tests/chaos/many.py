"""What it takes to have very many pages open: sessions by the thousand, and what a process holds of memory."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connections
from django.utils import timezone
from django.utils.crypto import get_random_string

from workspace.models import Membership


def sessions_of(hats: Sequence[Membership]) -> list[str]:
    """Signed-in sessions, as the sign-in page leaves them, in one insert."""
    store, until = SessionStore(), timezone.now() + timedelta(hours=8)
    rows = [
        Session(
            session_key=get_random_string(32, "abcdefghijklmnopqrstuvwxyz0123456789"),
            expire_date=until,
            session_data=store.encode(
                {
                    SESSION_KEY: str(hat.user_id),
                    BACKEND_SESSION_KEY: "workspace.sign_in.PasswordBackend",
                    HASH_SESSION_KEY: hat.user.get_session_auth_hash(),
                    "hat": hat.hat_key,
                }
            ),
        )
        for hat in hats
    ]
    Session.objects.bulk_create(rows)
    return [row.session_key for row in rows]


def memory_of(pid: int) -> int:
    """KiB that a process holds."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def in_a_loop(work: Callable[[], Any]) -> Any:
    try:
        return asyncio.run(work())
    finally:
        connections.close_all()
