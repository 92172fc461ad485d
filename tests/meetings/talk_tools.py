"""What the tests of conversations share: the form of a new one, who was told what, and who may do what."""

from collections.abc import Callable, Iterable
from typing import Any

from django.test import Client

from meetings.models import Conversation
from notifications.models import Notification, ParticipantMail
from tests.cast import SECRET_NAME, Cast
from tests.meetings.talks import ABOUT, OWN_WORDS
from workspace.front.actions.consents import withdraw_consent
from workspace.models import Consent, Contact, Function, Membership, Participant
from workspace.rules import Hat
from workspace.states import Channel

AsHat = Callable[[Hat], Client]
QUESTION = "Hemlig fråga från deltagaren"
MARKERS = (SECRET_NAME, "Åström", ABOUT, OWN_WORDS, QUESTION, "Stadshuset, rum Älven")
MISSING = 987_654
EVERYBODY = (
    *("soc", "soc_2", "soc_manager", "psyk", "psyk_2", "psyk_manager", "fk", "outsider"),
    *("coordinator", "chair"),
)


def hats(cast: Cast) -> dict[str, Hat]:
    return {name: getattr(cast, name) for name in EVERYBODY}


def talk_form(*others: tuple[Function, Membership], **words: Any) -> dict[str, Any]:
    """The form of a new conversation, with these desks."""
    said = {"kind": "conversation", "about": ABOUT, "minutes": "60", "how": "place", "where": "Rum Älven", "link": ""}
    return {**said, "wished_form": "", **{f"enhet{desk.pk}": member.pk for desk, member in others}, **words}


def told(kind: str, object_id: int | None = None) -> set[int]:
    """Who has been told this, in open notices; each once."""
    rows = Notification.objects.filter(kind=kind, closed_at__isnull=True)
    found = list((rows.filter(object_id=object_id) if object_id else rows).values_list("membership", flat=True))
    assert len(found) == len(set(found))
    return set(found)


def kinds_told() -> set[str]:
    return set(Notification.objects.filter(closed_at__isnull=True).values_list("kind", flat=True))


def pks(*members: Membership) -> set[int]:
    return {member.pk for member in members}


def wants_mail(person: Participant) -> None:
    Contact.objects.create(participant=person, channel=Channel.EMAIL, address="hemlig@exempel.se")


def mails(person: Participant) -> int:
    return ParticipantMail.objects.filter(participant=person).count()


def leaks(body: bytes | str, markers: Iterable[str] = MARKERS) -> list[str]:
    text = body.decode() if isinstance(body, bytes) else body
    return [marker for marker in markers if marker in text]


def newest() -> Conversation:
    return Conversation.objects.latest("pk")


def withdraw_all(cast: Cast, consent: Consent) -> None:
    rows = list(consent.rows.values_list("pk", flat=True))
    withdraw_consent(by=cast.soc, consent=consent, row_ids=rows)
