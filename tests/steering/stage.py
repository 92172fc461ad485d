"""A steering group as tests need it: seats, the cooperation's roles, a meeting ahead, months frozen."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from meetings.figures.models import Snapshot
from meetings.models import Attendance, Group, GroupSeat, Meeting
from meetings.states import GroupKind, MeetingState
from tests.cast import Cast, make_user
from tests.figures.frozen import frozen
from tests.meetings.cast import make_group, make_meeting, make_seat, put_in
from tests.meetings.minutes_stage import attend
from workspace.clocks import add_months
from workspace.models import CooperationRole
from workspace.states import CooperationRoleKind


@dataclass
class Steering:
    """Who decides: soc's and psyk's managers and fk hold seats, the cooperation's chair leads, a steering member sits
    there by role. The coordinator arranges too. An evaluator and an elected member only follow. No membership chairs.
    """

    cast: Cast
    group: Group
    soc_seat: GroupSeat
    psyk_seat: GroupSeat
    fk_seat: GroupSeat
    steering: CooperationRole
    evaluator: CooperationRole
    elected: CooperationRole
    meeting: Meeting

    @property
    def seats(self) -> tuple[tuple[object, GroupSeat], ...]:
        return (
            (self.cast.soc_manager, self.soc_seat),
            (self.cast.psyk_manager, self.psyk_seat),
            (self.cast.fk, self.fk_seat),
        )

    @property
    def roles(self) -> dict[str, CooperationRole]:
        return {
            "chair": self.cast.chair,
            "coordinator": self.cast.coordinator,
            "steering": self.steering,
            "evaluator": self.evaluator,
            "elected": self.elected,
        }


def make_role(cast: Cast, username: str, kind: CooperationRoleKind) -> CooperationRole:
    return CooperationRole.objects.create(cooperation=cast.cooperation, user=make_user(username), role=kind)


def make_steering(cast: Cast, *, days: int = 30) -> Steering:
    """The group and its next meeting, `days` calendar days ahead; its agenda is not sent."""
    group = make_group(cast, "Styrgruppen", GroupKind.STEERING)
    Group.objects.filter(pk=group.pk).update(chair=None, secretary=None)
    group.refresh_from_db()
    return Steering(
        cast=cast,
        group=group,
        soc_seat=make_seat(group, cast.soc_desk, cast.soc_manager, cast.soc_2),
        psyk_seat=make_seat(group, cast.psyk_desk, cast.psyk_manager),
        fk_seat=make_seat(group, cast.fk_desk, cast.fk),
        steering=make_role(cast, "styr", CooperationRoleKind.STEERING),
        evaluator=make_role(cast, "folj", CooperationRoleKind.EVALUATOR),
        elected=make_role(cast, "namnd", CooperationRoleKind.ELECTED),
        meeting=make_meeting(group, days=days),
    )


def there(stage: Steering, meeting: Meeting | None = None) -> dict[str, Attendance]:
    """Everybody of the three seats, the chair and the steering member are at the meeting."""
    meeting = meeting or stage.meeting
    rows = {hat.user.username: attend(meeting, hat, seat) for hat, seat in stage.seats}  # type: ignore[attr-defined, arg-type]
    for role in (stage.cast.chair, stage.steering):
        rows[role.user.username] = attend(meeting, role)
    return rows


def running(stage: Steering) -> Meeting:
    """The meeting ahead, begun half an hour ago, with everybody there."""
    meeting = put_in(stage.meeting, MeetingState.IN_PROGRESS)
    there(stage, meeting)
    return meeting


def last_months(count: int = 3) -> list[date]:
    """The first days of the newest months that have ended, the oldest first."""
    first = timezone.localdate().replace(day=1)
    return [add_months(first, -ago) for ago in range(count, 0, -1)]


def freeze(
    stage: Steering, month: date | None = None, version: int = 1, *, made_at: datetime | None = None, reason: str = ""
) -> Snapshot:
    """A frozen month with the workbook's 223 discharges; the newest ended one if none is named, on its second day."""
    month = month or last_months(1)[0]
    after = add_months(month, 1)
    at = made_at or timezone.make_aware(datetime(after.year, after.month, 1, 3)) + timedelta(days=1)
    return frozen(stage.cast.cooperation, month, version, made_at=min(at, timezone.now()), reason=reason)
