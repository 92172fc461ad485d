"""Who is away, and who stands in: reminders and turns go by it, and no page of anybody else's shows it."""

from datetime import date

from django.utils import timezone

from workspace.actions.records import record_act
from workspace.actions.transactions import action
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Absence, Membership
from workspace.queries import absences_of, stand_ins_for
from workspace.states import AuditAct
from workspace.swedish import say_date


@action
def register_absence(*, by: Membership, from_on: date, to_on: date, stand_in: Membership | None = None) -> Absence:
    """Say that one is away, both days included, and who stands in. Writes the absence and an audit row; tells nobody.

    Locks the member's own row, so that two forms at once cannot overlap. Refuses days the wrong way round, an absence
    that has passed, one that overlaps another, and a stand-in who could not open what comes.
    """
    if to_on < from_on:
        raise NotAllowed("Sista dagen är före första dagen. Byt plats på dem.")
    if to_on < timezone.localdate():
        raise NotAllowed("Frånvaron har redan varit. Då behöver den inte registreras.")
    if stand_in is not None and not stand_ins_for(by).filter(pk=stand_in.pk).exists():
        raise NotAllowed("Den du valde kan inte öppna det som ligger hos dig. Välj någon som har plats vid din enhet.")
    Membership.objects.select_for_update(of=("self",)).get(pk=by.pk)
    other = absences_of(by).filter(from_on__lte=to_on, to_on__gte=from_on).first()
    if other is not None:
        span = f"{say_date(other.from_on)}–{say_date(other.to_on)}"
        raise SomebodyWasFaster(f"Du är redan frånvarande {span}. Ta bort den frånvaron först, eller välj andra dagar.")
    absence = Absence.objects.create(membership=by, from_on=from_on, to_on=to_on, stand_in=stand_in)
    record_act(by=by, act=AuditAct.WRITE, what="absence", object_id=absence.pk)
    return absence


@action
def end_absence(*, by: Membership, absence: Absence) -> None:
    """Take an absence away: one is there again. Writes an audit row; once. Refuses anybody else's."""
    if absence.membership_id != by.pk:
        raise NotAllowed("Det är bara du själv som tar bort din frånvaro.")
    if Absence.objects.filter(pk=absence.pk).delete()[0]:
        record_act(by=by, act=AuditAct.WRITE, what="absence.end", object_id=absence.pk)
