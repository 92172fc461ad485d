"""How a referral moves: by the table, once, with its history, its audit row and its notices (house.md 4.1, 4.2)."""

from typing import Any

from django.utils import timezone

from notifications.actions import Notice, clear_notices
from referrals.models import Referral, ReferralEvent, ReferralLeg
from referrals.queries import boards_of, current_leg, deadline_of, is_told
from referrals.rules import LAPSING, audience_for, listening
from referrals.states import ENDED_STATES, TURN_BY_STATE, ReferralState, Side, Verb, target_of
from workspace.actions import lock_participant, record_act
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.live import Hint, changed
from workspace.models import Browser, Function, Membership
from workspace.queries import present_instead_of
from workspace.rules import is_caseworker
from workspace.states import AuditAct

FASTER = "Någon hann före. Så här ser det ut nu."
LAPSED = "Samtycket har gått ut. Avsändaren behöver förnya det först."
# What asks somebody for a step, and is done when the step is taken; and what asks the sender for a ground.
REMINDED = tuple(
    f"referral.{one}" for one in ("reminded", "due", "overdue", "overdue_manager", "reminded_by_coordinator")
)
ASKED = (
    *("referral.sent", "referral.supplement_asked", "referral.supplemented", "referral.decided", "referral.returned"),
    *("referral.redirected", "referral.cancel_asked", "referral.reopened", "referral.receiver_left", *REMINDED),
)
GROUND = ("referral.ground_ends", "referral.ground_to_renew")
ANSWERING = {Verb.DECIDE, Verb.RETURN, Verb.SUGGEST_REDIRECT, Verb.CONFIRM_CANCEL}
# What the receiver may still do when it no longer may read the question.
WITHOUT_READING = {Verb.CONFIRM_CANCEL, Verb.CLOSE}


def lock(referral: Referral) -> Referral:
    """The referral as it is now, locked: first its participant, then itself (house.md 4.7)."""
    participant = lock_participant(referral.participant_id)
    # The participant is at hand: with it this would join nine tables, which takes PostgreSQL longer to plan than to do.
    found = (
        Referral.objects.select_for_update(of=("self",))
        .select_related("kind", "sender__agency", "receiver__agency")
        .get(pk=referral.pk)
    )
    found.participant = participant
    return found


def require_side(by: Membership, referral: Referral, side: Side) -> None:
    """Refuse a hat that is not a caseworker's on this side.

    An agency without an account acts by letter and phone: there the sender registers what it has done (R72).
    """
    desk = referral.sender if side == Side.SENDER or referral.receiver.agency.by_letter else referral.receiver
    if not is_caseworker(by) or by.agency_id != desk.agency_id:
        raise NotAllowed("Du kan inte göra det här i den roll du har nu.")


def require_step(referral: Referral, verb: Verb, side: Side) -> ReferralState:
    """Where the table leads from the step the referral is in now; refuse where it leads nowhere, or nothing is read."""
    target = target_of(referral.state, verb, side)
    if target is None:
        raise SomebodyWasFaster(FASTER)
    if referral.lapsed_at and side == Side.RECEIVER and verb not in WITHOUT_READING:
        raise NotAllowed(LAPSED)
    return target


def move(
    referral: Referral,
    verb: Verb,
    side: Side,
    *,
    by: Membership | Browser | None,
    line: dict[str, Any] | None = None,
    **fields: Any,
) -> bool:
    """Move a locked referral by the table, write its history and audit row, set its clock anew, and clear what asked
    for the step.

    `line` goes into the history row (code, section, suggested), `fields` into the referral. The turn follows the
    table, and the work goes back to whoever last had it on that side, or stands in. Returns whether the sender knows.

    The update is conditional on the old state: if the page that asked was old, or somebody else got there first,
    nothing is written and `SomebodyWasFaster` is raised.
    """
    target = require_step(referral, verb, side)
    told = side != Side.RECEIVER or is_told(referral)
    turn, had_turn = desk_of(referral, target, told), referral.turn_id
    now = timezone.now()
    moved = Referral.objects.filter(pk=referral.pk, state=referral.state).update(
        state=target,
        turn=turn,
        turn_since=now,
        step_since=now,
        holder=_holder(referral, turn, side, by),
        **fields,
    )
    if not moved:
        raise SomebodyWasFaster(FASTER)
    referral.refresh_from_db()
    write_event(referral, verb, side, by=by, **(line or {}))
    if told:
        _mark_leg(referral, verb, target)
    set_clock(referral, told=told)
    _clear_asked(referral, had_turn, told)
    return told


def _clear_asked(referral: Referral, had_turn: int | None, told: bool) -> None:
    """The step is taken, and whoever had the turn is asked for it no more: everybody there, at once. The sender's only
    where it may know. Of one that has ended nothing is asked at all."""
    ended = not referral.is_open
    if ended or had_turn != referral.sender_id:
        clear_asked(referral, Side.RECEIVER, ASKED)
    if told and (ended or had_turn == referral.sender_id):
        clear_asked(referral, Side.SENDER, ASKED + GROUND if ended else ASKED)


def clear_asked(referral: Referral, side: Side, kinds: tuple[str, ...]) -> None:
    """What these kinds asked of one side is done: everybody's at its agency, also who sits there no longer."""
    agency = referral.sender.agency_id if side == Side.SENDER else referral.receiver.agency_id
    members = Membership.objects.filter(agency=agency).values_list("pk", flat=True)
    clear_notices(kinds=kinds, object_id=referral.pk, memberships=members)


def desk_of(referral: Referral, state: ReferralState, told: bool = True) -> Function | None:
    """Whose turn a step is: the table's, but a decision nobody may be told of stays with the receiver, and a question
    that may no longer be read is the sender's to renew."""
    if state in ENDED_STATES:
        return None
    if state == ReferralState.DECIDED and not told:
        return referral.receiver
    if referral.lapsed_at and state in LAPSING:
        return referral.sender
    return referral.sender if TURN_BY_STATE[state] == Side.SENDER else referral.receiver


def _holder(
    referral: Referral, turn: Function | None, side: Side, by: Membership | Browser | None
) -> Membership | None:
    if turn is None:
        return None
    of = Side.SENDER if turn.pk == referral.sender_id else Side.RECEIVER
    return _member(by) if of == side else last_hand(referral, of)


def _member(by: Membership | Browser | None) -> Membership | None:
    """Who of an agency did it: nobody where the participant did, or the clock."""
    return by if isinstance(by, Membership) else None


def _mark_leg(referral: Referral, verb: Verb, target: ReferralState) -> None:
    """For the figures: the leg has had its answer, or its waiting has ended without one."""
    now = timezone.now()
    legs = ReferralLeg.objects.filter(pk=current_leg(referral).pk, sent_at__isnull=False)
    if verb == Verb.REOPEN:
        legs.update(answered_at=None, ended_at=None)
    elif verb in ANSWERING:
        legs.filter(answered_at=None).update(answered_at=now)
    elif target in ENDED_STATES or verb == Verb.RECEIVER_LEFT:
        legs.filter(answered_at=None, ended_at=None).update(ended_at=now)


def set_clock(referral: Referral, *, told: bool) -> None:
    """Write the step's last day, and where the sender may know, everything it now knows."""
    found = deadline_of(referral) if referral.is_open else None
    fields: dict[str, Any] = {"due_on": found.due_on if found else None}
    if told:
        fields |= {
            "told_state": referral.state,
            "told_at": timezone.now(),
            "told_turn": referral.turn,
            "told_since": referral.turn_since,
            "told_due_on": fields["due_on"],
            "told_outcome": referral.outcome,
        }
    Referral.objects.filter(pk=referral.pk).update(**fields)
    for name, value in fields.items():
        setattr(referral, name, value)


def write_event(
    referral: Referral, verb: Verb, side: Side, *, by: Membership | Browser | None, **line: Any
) -> ReferralEvent:
    """One line of history and its audit row. What an agency without an account does stands under its own name."""
    member = _member(by)
    agency_id = member.agency_id if member else None
    event = ReferralEvent.objects.create(
        referral=referral,
        leg=current_leg(referral),
        verb=verb,
        side=side,
        agency_id=referral.receiver.agency_id if member and side == Side.RECEIVER else agency_id,
        member=member,
        state=ReferralState(referral.state),
        **line,
    )
    record_act(
        by=by,
        act=AuditAct.WRITE,
        what=f"referral.{verb}",
        object_id=referral.pk,
        participant_id=referral.participant_id,
    )
    return event


def notice(referral: Referral, kind: str, side: Side, *, by: Membership | None) -> Notice:
    """A notice to everybody on one side who can open the referral, never to the one who acted, if somebody did."""
    told = frozenset(audience_for(referral, side).values_list("pk", flat=True))
    if by is None:
        return Notice(kind, referral.number, referral.pk, None, told)
    return Notice(kind, referral.number, referral.pk, by.agency, told - {by.pk})


def topics(referral: Referral, *, sender: bool = True, receiver: bool = True) -> list[tuple[str, Hint]]:
    """Hints for open pages: the referral's on each side that may know, and with the sender the boards that hold it."""
    hints = [changed("referral", referral.pk, listening(referral, Side.RECEIVER))] if receiver else []
    if sender:
        hints.append(changed("referral", referral.pk, listening(referral, Side.SENDER)))
        hints += [changed("board", pk) for pk in boards_of(referral)]
    return hints


def last_hand(referral: Referral, side: Side) -> Membership | None:
    """Whose work it is when the turn comes back to a side: who acted last there, or who stands in for them today.

    Only somebody who can open it there: else it is the whole desk's.
    """
    event = referral.events.filter(side=side, member__isnull=False).select_related("member").last()
    hand = present_instead_of(event.member) if event and event.member else None
    return hand if hand and audience_for(referral, side).filter(pk=hand.pk).exists() else None
