"""Being away: one act over the ground floor and the meetings, so that a deputy is called at once (house.md 1)."""

from datetime import date

from meetings.actions.attendance import on_absence, on_absence_ended
from notifications.actions import deliver
from workspace import actions as ground
from workspace.actions import action
from workspace.models import Absence, Membership


@action
def register_absence(*, by: Membership, from_on: date, to_on: date, stand_in: Membership | None = None) -> Absence:
    """Say that one is away. At meetings on those days it counts as «Kan inte»: a deputy is asked, and chairs told.

    Refuses what the ground floor's `register_absence` refuses.
    """
    absence = ground.register_absence(by=by, from_on=from_on, to_on=to_on, stand_in=stand_in)
    deliver(on_absence(absence=absence))
    return absence


@action
def end_absence(*, by: Membership, absence: Absence) -> None:
    """Take an absence away: one is asked again to the meetings ahead that it covered. Refuses anybody else's."""
    ground.end_absence(by=by, absence=absence)
    deliver(on_absence_ended(absence=absence))
