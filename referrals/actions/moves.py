"""How a referral moves: by the table, once, with its history, its audit row and its notices (house.md 4.1, 4.2)."""

from django.utils import timezone

from notifications.actions import Notice
from referrals.models import Referral, ReferralEvent, ReferralSection
from referrals.queries import boards_of, current_leg
from referrals.rules import audience_for
from referrals.states import ReferralState, Side, Verb, target_of
from workspace.actions import lock_participant, record_act
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.live import Hint, changed
from workspace.models import Function, Membership
from workspace.rules import is_caseworker
from workspace.states import AuditAct

FASTER = "Någon hann före. Så här ser det ut nu."


def lock(referral: Referral) -> Referral:
    """The referral as it is now, locked: first its participant, then itself (house.md 4.7)."""
    lock_participant(referral.participant_id)
    return (
        Referral.objects.select_for_update(of=("self",))
        .select_related("kind", "sender__agency", "receiver__agency", "participant__function__agency")
        .get(pk=referral.pk)
    )


def require_side(by: Membership, referral: Referral, side: Side) -> None:
    """Refuse a hat that is not a caseworker's on this side."""
    desk = referral.sender if side == Side.SENDER else referral.receiver
    if not is_caseworker(by) or by.agency_id != desk.agency_id:
        raise NotAllowed("Du kan inte göra det här i den roll du har nu.")


def move(
    referral: Referral,
    verb: Verb,
    side: Side,
    *,
    by: Membership | None,
    turn: Function | None,
    holder: Membership | None = None,
    code: str = "",
    section: ReferralSection | None = None,
    **fields: object,
) -> None:
    """Move a locked referral by the table, and write its history and audit row.

    The update is conditional on the old state: if the page that asked was old, or somebody else got there first,
    nothing is written and `SomebodyWasFaster` is raised.
    """
    target = target_of(referral.state, verb, side)
    if target is None:
        raise SomebodyWasFaster(FASTER)
    moved = Referral.objects.filter(pk=referral.pk, state=referral.state).update(
        state=target, turn=turn, turn_since=timezone.now(), holder=holder, **fields
    )
    if not moved:
        raise SomebodyWasFaster(FASTER)
    referral.state = target
    write_event(referral, verb, side, by=by, code=code, section=section)


def write_event(
    referral: Referral,
    verb: Verb,
    side: Side,
    *,
    by: Membership | None,
    code: str = "",
    section: ReferralSection | None = None,
) -> None:
    """One line of history and its audit row."""
    ReferralEvent.objects.create(
        referral=referral,
        leg=current_leg(referral),
        verb=verb,
        side=side,
        agency_id=by.agency_id if by else None,
        member=by,
        state=ReferralState(referral.state),
        code=code,
        section=section,
    )
    record_act(
        by=by,
        act=AuditAct.WRITE,
        what=f"referral.{verb}",
        object_id=referral.pk,
        participant_id=referral.participant_id,
    )


def notice(referral: Referral, kind: str, side: Side, *, by: Membership) -> Notice:
    """A notice to everybody on one side who can open the referral, never to the one who acted."""
    told = frozenset(audience_for(referral, side).exclude(pk=by.pk).values_list("pk", flat=True))
    return Notice(kind, referral.number, referral.pk, by.agency, told)


def topics(referral: Referral, *, sender: bool = True, receiver: bool = True) -> list[tuple[str, Hint]]:
    """Hints for open pages: the referral's on each side that may know, and with the sender the boards that hold it."""
    hints = [changed("referral", referral.pk, Side.RECEIVER)] if receiver else []
    if sender:
        hints += [changed("referral", referral.pk, Side.SENDER), *(changed("board", pk) for pk in boards_of(referral))]
    return hints


def last_hand(referral: Referral, side: Side) -> Membership | None:
    """Who acted last on a side: whose work it is again when the turn comes back."""
    event = referral.events.filter(side=side, member__isnull=False).select_related("member").last()
    return event.member if event else None
