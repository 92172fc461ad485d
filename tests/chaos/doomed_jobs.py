"""What `manage.py run_huey` does with its queue, by processes that kill themselves at a chosen statement.

The product knows nothing of it. Started once by test_jobs.py; each line on standard input is one process, forked when
Django has been loaded: at which statement to die (0: not at all), before or after it, and how many seconds after BEGAN
its clock stands. Answers with the signal that ended it (0: the queue is empty) and how many statements it made.
"""

import itertools
import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import django
import time_machine

BEGAN = datetime(2026, 3, 11, 9, tzinfo=UTC)  # ten on a Wednesday: at night and on a Sunday no mails are sent


def doom(at: int, after: bool, said: int) -> None:
    """Count the statements of every connection from now on, and kill this process at one of them."""
    from django.db.backends.signals import connection_created

    numbers = itertools.count(1)

    def watched(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        number = next(numbers)
        os.pwrite(said, f"{number:<8}".encode(), 0)
        if number == at and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        result = execute(sql, params, many, context)
        if number == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    def watch(connection: Any, **_: Any) -> None:
        if watched not in connection.execute_wrappers:
            connection.execute_wrappers.append(watched)

    doom.kept = watch  # type: ignore[attr-defined]  # signals hold their receivers weakly
    connection_created.connect(watch)


def work() -> None:
    """As a worker of huey's consumer: take a job off the queue, run it, until there is none."""
    from huey.contrib.djhuey import HUEY

    while (task := HUEY.dequeue()) is not None:
        HUEY.execute(task)


def main() -> None:
    django.setup()
    from workspace.front import tasks  # noqa: F401  (huey knows a job by its name once it is loaded)

    said = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        os.pwrite(said, b"0       ", 0)
        child = os.fork()
        if not child:
            doom(order["at"], order["after"], said)
            with time_machine.travel(BEGAN + timedelta(seconds=order["later"])):
                work()
            os._exit(0)
        _, status = os.waitpid(child, 0)
        number = int(os.pread(said, 8, 0))
        print(json.dumps({"signal": os.WTERMSIG(status), "exit": os.WEXITSTATUS(status), "made": number}), flush=True)


if __name__ == "__main__":
    main()
