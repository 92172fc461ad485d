"""What a steering group changes because of a month's figures, and who sees to it (R95)."""

from meetings.figures.actions.goals import audit
from meetings.figures.errors import DoesNotHold
from meetings.figures.models import Snapshot, WhatWeChange
from meetings.figures.rules import decides_changes
from workspace.actions import action
from workspace.errors import NotAllowed
from workspace.models import Agency, CooperationAgency, CooperationRole
from workspace.rules import Hat, active_on


@action
def write_change(*, by: Hat, snapshot: Snapshot, text: str, owner: Agency | None = None) -> WhatWeChange:
    """Write beside a frozen month what is changed, and which agency sees to it. Only ever added to.

    Audit row; tells nobody. Refuses whoever is neither coordinator nor chair of that cooperation, an empty text, and an
    agency that is not in the cooperation today.
    """
    if not isinstance(by, CooperationRole) or not decides_changes(by) or by.cooperation_id != snapshot.cooperation_id:
        raise NotAllowed("Det är samordnaren och ordföranden som skriver vad ni ändrar.")
    if not text.strip():
        raise DoesNotHold("Skriv vad ni ändrar.")
    parties = CooperationAgency.objects.filter(active_on(), cooperation=snapshot.cooperation_id)
    if owner is not None and not parties.filter(agency=owner).exists():
        raise DoesNotHold("Välj en myndighet som är med i samverkan.")
    change = WhatWeChange.objects.create(snapshot=snapshot, text=text.strip(), owner=owner, made_by=by)
    audit(by, "change", change.pk)
    return change
