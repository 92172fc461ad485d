"""An agency lets its counts into a cooperation's figures, and takes that back."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from meetings.figures.actions.goals import audit
from meetings.figures.models import FiguresAgreement
from workspace.actions import action
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Cooperation, CooperationAgency, Membership
from workspace.rules import active_on, is_manager

ALREADY = "Ni är redan med i siffrorna."


def _require_manager(by: Membership) -> None:
    if not is_manager(by):
        raise NotAllowed("Det är chefen som bestämmer om er myndighet är med i siffrorna.")


@action
def agree_to_figures(*, by: Membership, cooperation: Cooperation) -> FiguresAgreement:
    """From now on the agency's enrolments are counted in the cooperation's figures, also those of before.

    Months that are frozen stay as they were. Audit row; tells nobody. Refuses whoever is no manager of it, an agency
    that is not in the cooperation, and `SomebodyWasFaster` where one already holds.
    """
    _require_manager(by)
    if not CooperationAgency.objects.filter(active_on(), cooperation=cooperation, agency=by.agency_id).exists():
        raise NotAllowed("Er myndighet är inte med i den samverkan.")
    try:
        with transaction.atomic():
            agreement = FiguresAgreement.objects.create(cooperation=cooperation, agency=by.agency, made_by=by)
    except IntegrityError as error:
        raise SomebodyWasFaster(ALREADY) from error
    audit(by, "agree", agreement.pk)
    return agreement


@action
def end_agreement_on_figures(*, by: Membership, agreement: FiguresAgreement) -> None:
    """From now on nothing of the agency is counted: neither in coming months nor in corrections of earlier ones.

    What has been frozen stays. Audit row; tells nobody. Refuses whoever is no manager of that agency;
    `SomebodyWasFaster` where it has ended.
    """
    _require_manager(by)
    if agreement.agency_id != by.agency_id:
        raise NotAllowed("Det är chefen som bestämmer om er myndighet är med i siffrorna.")
    moved = FiguresAgreement.objects.filter(pk=agreement.pk, ended_at__isnull=True).update(
        ended_at=timezone.now(), ended_by=by
    )
    if not moved:
        raise SomebodyWasFaster("Ni är inte längre med i siffrorna.")
    audit(by, "agree.end", agreement.pk)
