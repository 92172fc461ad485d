"""Who may read what a participant asked for: whoever hears them now, and never the daily team (R77, R78)."""

from django.db.models import Exists, Q
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from workspace.front.queries.rows import ToDo
from workspace.models import HelpRequest, Membership, OutsideContact, Participant
from workspace.queries import absences_on, help_hearers, help_hearers_of
from workspace.rules import is_manager
from workspace.swedish import say_date

SHOWN = 100  # of a list; answered ones leave it last


def help_requests_for(member: Membership) -> list[HelpRequest]:
    """What this hat hears, those without an answer first, the newest first among them."""
    asking = list(Participant.objects.filter(function__agency=member.agency_id, help_requests__isnull=False).distinct())
    if not asking:
        return []
    heard = [pk for pk, hearers in help_hearers_of(member.agency, asking).items() if member.pk in hearers]
    found = HelpRequest.objects.filter(participant__in=heard).select_related(
        "participant__function__agency", "opened_by__user", "answered_by__user"
    )
    waiting_first = found.alias(waits=Q(answered_at__isnull=True)).order_by("-waits", "-made_at", "-pk")
    return list(waiting_first[:SHOWN])


def access_help(member: Membership, pk: int) -> HelpRequest:
    """One of those, or the same 404 as for one that does not exist."""
    asked = (
        HelpRequest.objects.filter(pk=pk, participant__function__agency=member.agency_id)
        .select_related("participant__function__agency", "opened_by__user", "answered_by__user")
        .first()
    )
    if asked is None or member.pk not in help_hearers(asked.participant):
        raise Http404
    return asked


def help_to_dos(member: Membership) -> tuple[list[ToDo], list[int]]:
    """What this hat hears and nobody has answered, for the start page; and whose names that shows."""
    asking = HelpRequest.objects.filter(answered_at__isnull=True, participant__function__agency=member.agency_id)
    if not is_manager(member):  # who is none, is not named and stands in for nobody hears nobody: one question then
        named = OutsideContact.objects.filter(membership=member)
        asking = asking.filter(Exists(named) | Exists(absences_on(timezone.localdate()).filter(stand_in=member)))
    found = list(asking.select_related("participant").order_by("-made_at", "-pk"))
    hearers = help_hearers_of(member.agency, [one.participant for one in found]) if found else {}
    waiting = [one for one in found if member.pk in hearers[one.participant_id]][:SHOWN]
    rows = [
        ToDo(
            row_id=f"hjalp-{asked.pk}",
            title="Svara någon som behöver hjälp",
            url=reverse("help_request", args=[asked.pk]),
            number=say_date(timezone.localdate(asked.made_at)),
            about=asked.participant.full_name,
            button="Läs",
            due_on=None,
            since=asked.made_at,
        )
        for asked in waiting
    ]
    return rows, [asked.participant_id for asked in waiting]
