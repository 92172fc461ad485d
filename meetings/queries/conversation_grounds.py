"""Notices that lead into a conversation somebody has lost."""

from collections.abc import Iterable

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from meetings.models import Conversation, Party
from meetings.queries.conversations import party_lives
from meetings.states import PartyKind
from notifications.models import Notification

# These say that access has ended: they came after it, and are what is left to read.
SAY_IT_ENDED = {"conversation.left", "conversation.access_ended", "conversation.withdrawn", "agreement.withdrawn"}


def _open_notices() -> QuerySet[Notification]:
    about = Q(kind__startswith="conversation.") | Q(kind__startswith="agreement.")
    return Notification.objects.filter(about, closed_at__isnull=True)


def unclosed_by(conversation: Conversation, agencies: Iterable[int]) -> set[int]:
    """The memberships at these agencies with an open notice of a conversation."""
    found = _open_notices().filter(object_id=conversation.pk, membership__agency__in=list(agencies))
    return set(found.values_list("membership", flat=True))


def _lapsed() -> QuerySet[Notification]:
    """Open notices of a conversation for an agency whose ground has run out by itself."""
    theirs = Party.objects.filter(
        conversation=OuterRef("object_id"), agency=OuterRef("membership__agency"), kind=PartyKind.CASEWORKER
    ).exclude(conversation__agency=F("agency"))
    now = timezone.now()
    out = theirs.filter(Q(identity__ends_at__lte=now) | Q(question__ends_at__lte=now), left_at__isnull=True)
    found = _open_notices().exclude(kind__in=SAY_IT_ENDED)
    return found.filter(Exists(out), ~Exists(theirs.filter(party_lives())))


def conversations_out_of_ground() -> QuerySet[Conversation]:
    """The conversations that some agency has lost, while notices to it still lead there. For the sweep."""
    return Conversation.objects.filter(pk__in=_lapsed().values("object_id")).order_by("pk")


def lapsed_in(conversation: Conversation) -> set[int]:
    """The memberships whose notices of this conversation lead nowhere."""
    return set(_lapsed().filter(object_id=conversation.pk).values_list("membership", flat=True))
