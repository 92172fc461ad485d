"""What stands on the figures' pages beside the report: one month by its key, parties, meetings ahead, corrections."""

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone

from meetings.figures.models import Freezing, Snapshot
from meetings.figures.queries.access import access_figures
from meetings.models import Meeting
from meetings.queries.meetings import meetings_visible_to
from meetings.states import AHEAD, GroupKind
from workspace.models import Agency, Cooperation, CooperationAgency, Municipality
from workspace.rules import Hat, active_on, is_coordinator

AHEAD_SHOWN = 2  # steering meetings named on the page


def access_snapshot(hat: Hat, pk: int) -> Snapshot:
    """A frozen month of the cooperation, by its key, or the same 404 as for one that does not exist."""
    found = Snapshot.objects.filter(cooperation=access_figures(hat), pk=pk).select_related("cooperation")
    snapshot = found.defer("counts").first()
    if snapshot is None:
        raise Http404
    return snapshot


def all_versions(cooperation: Cooperation) -> QuerySet[Snapshot]:
    """Every frozen month in every version, the newest first, without the numbers."""
    found = Snapshot.objects.filter(cooperation=cooperation)
    return found.defer("counts", "shown").order_by("-month", "-version")


def parties_of(cooperation: Cooperation) -> QuerySet[Agency]:
    """The agencies that are in a cooperation today."""
    parties = CooperationAgency.objects.filter(active_on(), cooperation=cooperation)
    return Agency.objects.filter(pk__in=parties.values("agency")).order_by("name", "pk")


def municipalities_of(cooperation: Cooperation) -> list[str]:
    names = Municipality.objects.filter(pk__in=cooperation.municipalities.values("pk")).order_by("name")
    return list(names.values_list("name", flat=True))


def steering_meetings(hat: Hat) -> list[Meeting]:
    """The steering group's next meetings, as far as the hat may open them."""
    visible = meetings_visible_to(hat).filter(group__kind=GroupKind.STEERING)
    ahead = visible.filter(state__in=AHEAD, ends_at__gt=timezone.now())
    return list(ahead.order_by("starts_at", "pk")[:AHEAD_SHOWN])


# ---------- a correction ----------
def access_freezing(hat: Hat, pk: int) -> Freezing:
    """A correction and how far it has come, for the coordinator who may ask for one; else a 404."""
    found = None
    if is_coordinator(hat):
        found = Freezing.objects.filter(cooperation=hat.cooperation_id, pk=pk).first()
    if found is None:
        raise Http404
    return found


def newest_version(freezing: Freezing) -> int | None:
    """The key of the newest version of the month that is corrected."""
    found = Snapshot.objects.filter(cooperation=freezing.cooperation_id, month=freezing.month)
    return found.order_by("-version").values_list("pk", flat=True).first()
