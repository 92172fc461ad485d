"""What the tests of times, calls and letters share."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connections
from django.test import Client
from django.utils import timezone

from meetings.actions.invitations import Appointment
from meetings.actions.times import propose_times
from meetings.models import Conversation, Invitation, Party, TimeAnswer, TimeOption
from meetings.queries.invitations import newest_invitation
from meetings.states import How, PartyKind
from notifications.models import Notification
from tests.cast import Cast
from tests.meetings.cast import in_days
from tests.meetings.talks import Talk
from workspace.errors import Refusal
from workspace.models import SupportNeeds
from workspace.rules import Hat
from workspace.states import InterpreterKind
from workspace.swedish import say_date

AsHat = Callable[[Hat], Client]
HATS = (
    *("soc", "soc_2", "soc_manager", "psyk", "psyk_2", "psyk_manager", "fk", "outsider"),
    *("coordinator", "chair"),
)
CONVENERS, PARTY = {"soc", "soc_2"}, {"psyk", "psyk_2"}
WHERE = "Storgatan 1, rum 4"


def told() -> dict[str, set[str]]:
    """Who has been told what, by username."""
    found: dict[str, set[str]] = {}
    for row in Notification.objects.select_related("membership__user"):
        found.setdefault(row.kind, set()).add(row.membership.user.username)
    return found


def words(answer: Any) -> str:
    return " ".join(str(answer.content.decode()).split())


def at_once(*acts: Callable[[], Any]) -> list[Refusal]:
    """Run acts at the same moment, each in a thread of its own; what they refused."""
    gate, refused, failed = threading.Barrier(len(acts)), [], []

    def run(act: Callable[[], Any]) -> None:
        try:
            gate.wait()
            act()
        except Refusal as refusal:
            refused.append(refusal)
        except Exception as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    return refused


# ---------- times ----------
def options(talk: Talk, *days: int) -> list[TimeOption]:
    made = propose_times(by=talk.cast.soc, conversation=talk.conversation, starts=[in_days(day) for day in days])
    Notification.objects.all().delete()
    return made


def say(talk: Talk, who: str, works: dict[int, bool]) -> None:
    """An answer from a party, laid without its door."""
    for pk, can in works.items():
        TimeAnswer.objects.create(option_id=pk, party=talk.parties[who], works=can)


# ---------- calls ----------
def appointment(days: int = 9, **fields: str) -> Appointment:
    return Appointment(in_days(days), **{"how": How.PLACE, "where": WHERE, **fields})


def meet(days: int = 9, **fields: str) -> dict[str, str]:
    """What the form of a call sends."""
    return {"day": say_date(in_days(days).date()), "begins": "13.00", "how": "place", "where": WHERE, **fields}


def needs_interpreter(cast: Cast, *, booked: bool = False) -> None:
    SupportNeeds.objects.create(participant=cast.person, interpreter=InterpreterKind.SPOKEN, language="dari")
    if booked:
        Conversation.objects.update(interpreter_booked_at=timezone.now(), interpreter_booked_by=cast.soc)


def own_call(talk: Talk, who: str = "psyk") -> Invitation:
    found = newest_invitation(talk.parties[who])
    assert found is not None
    return found


def support_of(talk: Talk) -> Party:
    return Party.objects.create(
        conversation=talk.conversation, kind=PartyKind.SUPPORT, name="Stina Stöd", agreed_on=timezone.localdate()
    )
