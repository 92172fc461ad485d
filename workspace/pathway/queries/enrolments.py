"""Somebody's way, for whoever may open the participant."""

from django.db.models import QuerySet
from django.http import Http404

from workspace.models import Cooperation, CooperationAgency, Membership, Participant
from workspace.pathway.models import Enrolment, PhaseStay
from workspace.queries import access_participant
from workspace.rules import active_on


def ways_of(participant: Participant) -> QuerySet[Enrolment]:
    """All a participant's enrolments, the newest first. Ask only where the participant may be opened."""
    return (
        Enrolment.objects.filter(participant=participant)
        .select_related("cooperation", "agency", "participant__function__agency", "participant__municipality")
        .order_by("-enrolled_on", "-pk")
    )


def access_way(member: Membership, pk: int) -> Enrolment:
    """A way of a participant this member may open, or the same 404 as for one that does not exist."""
    found = Enrolment.objects.filter(pk=pk, participant__isnull=False).values_list("participant", flat=True).first()
    person = access_participant(member, found or 0)
    way = ways_of(person).filter(pk=pk).first()
    if way is None:
        raise Http404
    return way


def present_stay(enrolment: Enrolment) -> PhaseStay | None:
    """The phase somebody is in now; None once they are discharged."""
    return enrolment.stays.filter(to_on__isnull=True).select_related("phase").first()


def cooperations_open_to(member: Membership) -> QuerySet[Cooperation]:
    """The cooperations that this member's agency takes part in today, by name; also those still being set up."""
    parties = CooperationAgency.objects.filter(active_on(), agency=member.agency_id)
    return Cooperation.objects.filter(pk__in=parties.values("cooperation")).order_by("name")
