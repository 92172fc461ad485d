"""Who follows a cooperation's figures, who arranges them, and which definitions hold at a moment."""

from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from meetings.figures.states import HEALTH_EVENTS, Event
from workspace.models import CooperationRole
from workspace.rules import Hat
from workspace.states import CooperationRoleKind

FOLLOWING = frozenset(CooperationRoleKind.values)  # every role of the cooperation; no agency's hat (R26, R31)
DECIDING = frozenset({CooperationRoleKind.COORDINATOR, CooperationRoleKind.CHAIR})
LEAST_THRESHOLD, THRESHOLD = 3, 5


def follows_figures(hat: Hat) -> bool:
    """Whether this hat reads a cooperation's figures: its roles. A manager reads its own agency's agreement only."""
    return isinstance(hat, CooperationRole) and hat.role in FOLLOWING


def decides_changes(hat: Hat) -> bool:
    """Whether this hat writes what the cooperation changes: its coordinator and chair (R95)."""
    return isinstance(hat, CooperationRole) and hat.role in DECIDING


def can_lower_threshold(event: str) -> bool:
    """Goals that say nothing of health may be shown in smaller numbers, where an agreement says so (L58)."""
    return event not in HEALTH_EVENTS and event in Event.values


def known_at(cutoff: datetime) -> Q:
    """Records as they were known at a moment: written by then, and not yet superseded."""
    return Q(recorded_at__lte=cutoff) & (Q(superseded_at__isnull=True) | Q(superseded_at__gt=cutoff))


def agreed_at(cutoff: datetime) -> Q:
    """Agreements that held at a moment."""
    return Q(made_at__lte=cutoff) & (Q(ended_at__isnull=True) | Q(ended_at__gt=cutoff))


def defined_at(cutoff: datetime) -> Q:
    """Goals that held at a moment. Those that come with the product always have."""
    made = Q(made_by__isnull=True) | Q(made_at__lte=cutoff)
    return made & (Q(ended_on__isnull=True) | Q(ended_on__gte=timezone.localdate(cutoff)))
