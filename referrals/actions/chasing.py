"""Chasing what is late: friendly on the day, then again, then the manager, then the coordinator (peers.md 3.2).

Nothing here is remembered but the rows it writes: a sweep that is cut off, or run twice, writes what is missing and no
more.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from django.utils import timezone

from notifications.actions import Notice, deliver, queue_digests
from referrals.actions.moves import lock, require_side, topics, write_event
from referrals.models import Referral, Reminder, StepTime
from referrals.queries import (
    awaits_renewal,
    coordinators_to_remind,
    ground_ends_on,
    is_reminded,
    is_told,
    last_by_hand,
    late_from,
    referrals_past_due,
    referrals_with_ground_ending,
    step_time,
    there_at,
    those_to_remind,
)
from referrals.rules import audience_for, can_remind
from referrals.states import ReminderLevel, Side, Verb
from workspace.actions import action
from workspace.clocks import add_working_days, day_off
from workspace.errors import SomebodyWasFaster
from workspace.live import changed
from workspace.models import CooperationRole, Membership
from workspace.states import MemberRole

L = ReminderLevel
KINDS = {L.DUE: "referral.due", L.SECOND: "referral.overdue", L.MANAGER: "referral.overdue_manager"}
NO_TIMES = StepTime()  # the ordinary intervals, where the expected time has been taken away since


def chase(today: date | None = None) -> int:
    """Remind of everything that is late, one transaction per referral. Returns how many levels were reached.

    Working days only: what falls due on a day off is reminded of on the next working day.
    """
    today = today or timezone.localdate()
    if day_off(today):
        return 0
    warned = sum(warn_of_ground(referral=referral, today=today) for referral in referrals_with_ground_ending(today))
    return warned + sum(chase_referral(referral=referral, today=today) for referral in referrals_past_due(today))


@action
def chase_referral(*, referral: Referral, today: date) -> bool:
    """Reach the next level of one late referral, if its day has come; at most one level a day.

    Levels in order, in working days after the due day by the step's own intervals: due (0), second, manager,
    coordinator. Between two levels lies at least the time that lies between them in the table, counted also from a
    reminder by hand, so that nobody is reminded four times the day after an import or a stop. Where a level has
    nobody to remind, the next counts. A step with a new due day begins again, and so does one that was paused or
    whose turn went over. Writes reminders and notices, and queues a role's one mail of the day. Returns whether a level
    was reached.
    """
    referral = lock(referral)
    due_on = late_from(referral)
    if due_on is None or due_on > today:
        return False
    step = referral.told_state if awaits_renewal(referral) else referral.state
    times = step_time(referral.kind, referral.receiver.agency, step) or NO_TIMES
    offsets = {
        L.DUE: 0,
        L.SECOND: times.second_after,
        L.MANAGER: times.manager_after,
        L.COORDINATOR: times.coordinator_after,
    }
    rows = Reminder.objects.filter(referral=referral, step_since=referral.step_since, level__in=offsets)
    done = dict(rows.filter(due_on=due_on).values_list("level", "made_on"))
    last = max([*done.values(), *filter(None, [last_by_hand(referral)])], default=None)
    before = 0
    for level, offset in offsets.items():
        if level not in done:
            gap = max(offset - before, 1 if level != L.DUE else times.second_after)
            early = last is not None and today < add_working_days(last, gap)
            if early or today < add_working_days(due_on, offset):
                return False
            members, roles = _recipients(referral, level, today)
            if members or roles:
                _remind(referral, level, due_on, members, roles, today)
                return True
        before = offset
    return False


def _recipients(referral: Referral, level: str, today: date) -> tuple[set[int], list[CooperationRole]]:
    if level == L.COORDINATOR:
        return set(), coordinators_to_remind(referral)
    return those_to_remind(referral, level, today), []


def _remind(
    referral: Referral,
    level: L,
    due_on: date,
    members: Iterable[int],
    roles: Iterable[CooperationRole],
    today: date,
) -> None:
    """Write who is reminded, and tell them on the page; a role, which has no notices, by the mail of the day.

    The sweep mails the others what they have not read in half an hour (`notifications.actions.queue_unread`).

    A manager, also one who is reminded since nobody is at the desk, opens a referral by stating a reason.
    """
    members, roles = sorted(members), list(roles)
    common = {
        "referral": referral,
        "level": level,
        "step_since": referral.step_since,
        "due_on": due_on,
        "made_on": today,
    }
    rows = [Reminder(member_id=pk, **common) for pk in members] + [Reminder(role=role, **common) for role in roles]
    Reminder.objects.bulk_create(rows)
    managed = Membership.objects.filter(pk__in=members, role=MemberRole.MANAGER).exists()
    kind = KINDS[L.MANAGER if managed else level] if members else ""
    notices = [Notice(kind, referral.number, referral.pk, None, frozenset(members))] if members else []
    deliver(notices, [changed("board", role.cooperation_id) for role in roles])
    queue_digests(day=today, roles=[role.pk for role in roles])


@action
def warn_of_ground(*, referral: Referral, today: date) -> bool:
    """Tell the sender's desk, 30 and 7 calendar days ahead, that the ground runs out (house.md 3). Once each."""
    referral = lock(referral)
    ends_on = ground_ends_on(referral)
    if ends_on is None or ends_on > today + timedelta(days=30):
        return False
    level = L.GROUND_7 if ends_on <= today + timedelta(days=7) else L.GROUND_30
    if Reminder.objects.filter(referral=referral, level=level, due_on=ends_on).exists():
        return False
    members = sorted(there_at(referral, Side.SENDER, today))
    Reminder.objects.bulk_create(
        Reminder(
            referral=referral,
            level=level,
            member_id=pk,
            step_since=referral.step_since,
            due_on=ends_on,
            made_on=today,
        )
        for pk in members
    )
    deliver([Notice("referral.ground_ends", referral.number, referral.pk, None, frozenset(members))])
    return bool(members)


@action
def remind_by_hand(*, by: Membership, referral: Referral, text: str) -> None:
    """The sender reminds the receiver, in words it has looked through. Counts as a reminder: the next waits its time.

    Writes the reminders with the text, history, audit row; tells those at the receiver's desk who are there, by a
    notice that holds nothing of the text; everybody where nobody is. Once a day. Refuses
    while, as far as the sender knows, the turn is not the receiver's.
    """
    referral = lock(referral)
    require_side(by, referral, Side.SENDER)
    if not can_remind(by, referral, is_told(referral)):
        raise SomebodyWasFaster("Det är inte mottagarens tur. Så här ser det ut nu.")
    today = timezone.localdate()
    if is_reminded(referral, today):
        raise SomebodyWasFaster("Ni har redan påmint i dag. Så här ser det ut nu.")
    told = frozenset(there_at(referral, Side.RECEIVER, today) or _everybody(referral, Side.RECEIVER))
    _write_by_hand(referral, told, text, by=by)
    write_event(referral, Verb.REMIND, Side.SENDER, by=by)
    reminder = Notice("referral.reminded", referral.number, referral.pk, by.agency, told)
    deliver([reminder], topics(referral))


def _everybody(referral: Referral, side: Side) -> set[int]:
    return set(audience_for(referral, side).values_list("pk", flat=True))


def _write_by_hand(referral: Referral, members: Iterable[int], text: str, **by: Membership | CooperationRole) -> None:
    """Rows of a reminder by hand; `by` is `by=` a colleague or `by_role=` a coordinator."""
    today = timezone.localdate()
    Reminder.objects.bulk_create(
        Reminder(
            referral=referral,
            level=L.BY_HAND,
            member_id=pk,
            step_since=referral.step_since,
            due_on=referral.told_due_on or today,
            made_on=today,
            text=text,
            **by,
        )
        for pk in sorted(members)
    )


@action
def remind_from_board(*, role: CooperationRole, referrals: Iterable[Referral], text: str) -> tuple[int, int]:
    """The coordinator reminds many at once, in neutral words: each desk that, as far as is told, has the turn.

    One reminder per referral and day, with history and notices. The coordinator reaches a
    desk, never a person's data. Returns (reminded, left alone): a desk reminded today, one that cannot be reached
    here, and a referral that has moved on since the board was shown are left alone.
    """
    today = timezone.localdate()
    reached = left = 0
    notices: list[Notice] = []
    hints = []
    for shown in sorted(referrals, key=lambda one: (one.participant_id, one.pk)):
        referral = lock(shown)
        members = _at_turn(referral, today)
        if not members or is_reminded(referral, today):
            left += 1
            continue
        _write_by_hand(referral, members, text, by_role=role)
        write_event(referral, Verb.REMIND, Side.SYSTEM, by=None)
        notices.append(Notice("referral.reminded_by_coordinator", referral.number, referral.pk, None, members))
        hints += topics(referral)
        reached += 1
    deliver(notices, hints)
    return reached, left


def _at_turn(referral: Referral, today: date) -> frozenset[int]:
    """Who is there at the desk whose turn it is, as far as is told; nobody where the desk has no account."""
    if referral.told_turn_id is None:
        return frozenset()
    theirs = referral.told_turn_id == referral.receiver_id and not referral.receiver.agency.by_letter
    return frozenset(there_at(referral, Side.RECEIVER if theirs else Side.SENDER, today))
