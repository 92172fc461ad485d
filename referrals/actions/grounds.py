"""What a lost ground does to referrals: withdrawn, it ends them; run out, it waits to be renewed (house.md 3)."""

from collections.abc import Sequence

from django.db.models import Max
from django.utils import timezone

from notifications.actions import Notice, close_notices, deliver
from referrals.actions.answers import end_answer
from referrals.actions.moves import (
    ASKED,
    GROUND,
    REMINDED,
    clear_asked,
    desk_of,
    last_hand,
    lock,
    move,
    notice,
    require_side,
    topics,
    write_event,
)
from referrals.actions.sending import disclose_section, let_coordinator_follow
from referrals.errors import MissingGround
from referrals.models import Referral, ReferralSection
from referrals.queries import current_leg, deadline_of, deadline_told, question_lives
from referrals.rules import ANSWER, FOLLOW_UP, LAPSING, STATUS, VITAL, audience_for, wire_side
from referrals.states import TURN_BY_STATE, ReferralState, SectionRole, Side, Verb
from workspace.actions import action, lock_live_rows
from workspace.clocks import add_working_days
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.live import Hint, changed
from workspace.models import Agency, Browser, Category, ConsentRow, Membership
from workspace.queries import grounds_for

RENEW_WITHIN = 5  # working days that the sender has for renewing a ground before it is reminded


def on_ground_lost(
    rows: Sequence[ConsentRow], *, by: Membership | Browser, agency: Agency
) -> tuple[list[Notice], list[tuple[str, Hint]]]:
    """End what rests on withdrawn consent rows. Inside an action that has locked the participant and the rows.

    A referral whose identity or question rested on one becomes withdrawn if it was open, with history and audit row;
    the receiver's earlier notices of it are closed and one new says that access has ended; where the participant did
    it, the sender is told too, since nobody there knows. A referral that lost only another section, or follow-up, stays
    as it is. `agency` is in whose name it is said. Returns the notices and hints for open pages; delivers nothing.
    """
    lost = ReferralSection.objects.filter(disclosure__consent_row__in=rows).select_related("leg__receiver")
    by_referral: dict[int, list[ReferralSection]] = {}
    for section in lost:
        by_referral.setdefault(section.leg.referral_id, []).append(section)
    referrals = (
        Referral.objects.select_for_update(of=("self",))
        .filter(pk__in=by_referral)
        .select_related("sender__agency", "receiver__agency", "participant__function")
        .order_by("pk")
    )
    notices: list[Notice] = []
    hints: list[tuple[str, Hint]] = []
    for referral in referrals:
        hints += topics(referral)
        # Who received an earlier sending has its page open too, and reads no more of it either.
        readers = {section.leg.receiver.agency_id for section in by_referral[referral.pk]}
        hints += [changed("referral", referral.pk, wire_side(pk)) for pk in readers - {referral.receiver.agency_id}]
        if not _lost_vital(referral, by_referral[referral.pk]):
            continue
        # What the receiver was told it may answer was about this referral, and ends with it.
        end_answer(by, referral, (STATUS, ANSWER))
        if referral.is_open:
            move(referral, Verb.GROUND_WITHDRAWN, Side.SYSTEM, by=by, disputed_at=None, lapsed_at=None)
        elif referral.told_turn_id:
            _end_for_sender(referral, by)
        told = set(audience_for(referral, Side.RECEIVER).values_list("pk", flat=True))
        close_notices(kind_prefix="referral.", object_id=referral.pk, memberships=told)
        if isinstance(by, Browser):
            told |= set(audience_for(referral, Side.SENDER).values_list("pk", flat=True))
        told -= {by.pk} if isinstance(by, Membership) else set()
        notices.append(Notice("referral.access_ended", referral.number, referral.pk, agency, frozenset(told)))
    return notices, hints


def _end_for_sender(referral: Referral, by: Membership | Browser) -> None:
    """What the receiver has ended in silence ends for the sender as if it had been open: else that would tell."""
    now = timezone.now()
    write_event(referral, Verb.GROUND_WITHDRAWN, Side.SYSTEM, by=by)
    Referral.objects.filter(pk=referral.pk).update(
        told_state=ReferralState.WITHDRAWN,
        told_at=now,
        told_turn=None,
        told_since=now,
        told_due_on=None,
        lapsed_at=None,
    )
    clear_asked(referral, Side.SENDER, ASKED + GROUND)


def _lost_vital(referral: Referral, lost: Sequence[ReferralSection]) -> bool:
    """Identity or question of the leg last sent is among what was lost. Earlier legs have had their answer."""
    last_sent = referral.legs.filter(sent_at__isnull=False).aggregate(Max("position"))["position__max"]
    return any(
        section.category_id in VITAL
        and section.role == SectionRole.LEG
        and section.author_id == referral.sender.agency_id
        and section.leg.position == last_sent
        for section in lost
    )


@action
def lapse_referral(*, referral: Referral) -> None:
    """Mark that the ground has run out: access has ended by itself, the state stays, the turn is the sender's to renew.

    Once per lapse, also if the sweep runs twice; a ground renewed meanwhile is left alone. History, and both sides'
    desks are told. The sender sees the same whatever a receiver that gives no answer here has done.
    """
    referral = lock(referral)
    if referral.lapsed_at or referral.told_state not in LAPSING or question_lives(referral):
        return
    now = timezone.now()
    due_on = add_working_days(timezone.localdate(), RENEW_WITHIN)
    fields: dict[str, object] = {
        "lapsed_at": now,
        "told_turn": referral.sender,
        "told_since": now,
        "told_due_on": due_on,
    }
    if referral.state in LAPSING:
        mine = last_hand(referral, Side.SENDER)
        fields |= {"turn": referral.sender, "turn_since": now, "holder": mine, "due_on": due_on}
    Referral.objects.filter(pk=referral.pk).update(**fields)
    write_event(referral, Verb.GROUND_LAPSED, Side.SYSTEM, by=None)
    told = [
        notice(referral, "referral.ground_to_renew", Side.SENDER, by=None),
        notice(referral, "referral.ground_lapsed", Side.RECEIVER, by=None),
    ]
    clear_asked(referral, Side.SENDER, GROUND)
    deliver(told, topics(referral))


@action
def renew_ground(*, by: Membership, referral: Referral) -> None:
    """The sender discloses anew what had run out, on consent rows that live today or the leg's other ground.

    Locks the rows; writes one disclosure per section of the running leg that has a ground again (identity and the
    question must have), follow-up too; the turn goes back to where the step has it, and the receiver is told.
    Refuses a referral whose ground has not run out, and one without a ground for identity or question
    (`MissingGround`).
    """
    referral = lock(referral)
    require_side(by, referral, Side.SENDER)
    if referral.lapsed_at is None:
        raise SomebodyWasFaster("Grunden gäller redan. Så här ser det ut nu.")
    leg = current_leg(referral)
    on_consent = leg.ground_id == "consent"
    if not grounds_for(referral.receiver.agency).filter(pk=leg.ground_id).exists():
        raise NotAllowed("Grunden gäller inte längre. Avbryt remissen och skriv en ny på en annan grund.")
    rows = lock_live_rows(referral.participant_id, by.agency_id)
    mine = {row.category_id: row for row in rows if row.recipient_id == referral.receiver.agency_id}
    if on_consent and VITAL - set(mine):
        raise MissingGround(list(Category.objects.filter(pk__in=VITAL - set(mine))), referral.receiver.agency.name)
    for section in leg.sections.filter(author=by.agency).exclude(category=FOLLOW_UP).select_related("category"):
        if not on_consent or section.category_id in mine:
            row = mine[section.category_id] if on_consent else None
            section.disclosure = disclose_section(by, referral, leg, section.category, row)
            section.save(update_fields=["disclosure"])
    let_coordinator_follow(by, referral, leg, rows, {row.consent_id for row in mine.values()})
    write_event(referral, Verb.RENEW_GROUND, Side.SENDER, by=by)
    _back_to_work(referral)
    clear_asked(referral, Side.SENDER, GROUND + REMINDED)
    deliver([notice(referral, "referral.ground_renewed", Side.RECEIVER, by=by)], topics(referral))


def _back_to_work(referral: Referral) -> None:
    """The turn is where the step has it, and for the sender where the step that it knows of has it.

    The days without a ground do not count in the step's time.
    """
    now = timezone.now()
    referral.lapsed_at = None
    known = ReferralState(referral.told_state)
    told_turn = referral.sender if TURN_BY_STATE[known] == Side.SENDER else referral.receiver
    told, due = deadline_told(referral), deadline_of(referral)
    fields: dict[str, object] = {
        "lapsed_at": None,
        "told_turn": told_turn,
        "told_since": now,
        "told_due_on": told.due_on if told else None,
    }
    if referral.is_open:
        fields["due_on"] = due.due_on if due else None
    if referral.state in LAPSING:
        turn = desk_of(referral, ReferralState(referral.state))
        at = Side.SENDER if turn == referral.sender else Side.RECEIVER
        fields |= {"turn": turn, "turn_since": now, "holder": last_hand(referral, at)}
    Referral.objects.filter(pk=referral.pk).update(**fields)
