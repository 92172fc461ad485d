"""One referral as plain data: what one side may see. What is not here cannot be rendered."""

from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils import timezone

from referrals.models import Referral, ReferralKind, ReferralLeg, ReferralSection
from referrals.queries.visible import SENDERS_OWN_VERBS, turn_shown
from referrals.rules import ANSWER, IDENTITY, STATUS, TEXT_CATEGORIES, side_of
from referrals.states import ReferralState, Side
from workspace.models import AuditEntry, Function, Membership, Participant
from workspace.states import AuditAct


@dataclass
class SectionShown:
    category: str
    name: str
    text: str
    ends_at: datetime | None


@dataclass
class EventShown:
    at: datetime
    verb: str
    ours: bool
    agency: str
    person: str
    code: str
    text: str
    by_import: bool


@dataclass
class ReferralShown:
    """Everything one side may see of a referral. What is not here cannot be rendered."""

    referral: Referral
    side: Side
    state: str
    open: bool
    turn: Function | None
    our_turn: bool
    person: Participant | None
    kind: ReferralKind | None
    wished_on: date | None
    receiver: Function
    sent_at: datetime | None
    status_told: bool
    answer_told: bool
    answer_silent: bool
    access_ended_at: datetime | None
    access_ended_why: str
    receiver_lost_at: datetime | None
    answer_lost: bool
    expires_at: datetime | None
    outcome: str
    sections: list[SectionShown] = field(default_factory=list)
    answers: list[SectionShown] = field(default_factory=list)
    events: list[EventShown] = field(default_factory=list)
    ground: str = ""
    ground_reason: str = ""


def read_referral(member: Membership, referral: Referral) -> ReferralShown:
    """What the member's side may see of a referral it has accessed, as plain data (house.md 3, 4.4)."""
    now = timezone.now()
    side = side_of(member, referral)
    legs = _legs_of(member, referral, side)
    leg = legs[-1]
    every = list(
        ReferralSection.objects.filter(leg__referral=referral)
        .select_related("category", "disclosure")
        .order_by("leg__position", "category__order", "written_at")
    )
    own_legs = {one.pk for one in legs}
    sections = [s for s in every if s.leg_id in own_legs]
    asked = [s for s in sections if s.author_id == referral.sender.agency_id and s.leg_id == leg.pk]
    identity = next((s for s in asked if s.category_id == IDENTITY), None)
    access = identity.disclosure if identity else None
    may_see = side == Side.SENDER or (identity is not None and _lives(identity, now))
    state = referral.shown_state  # type: ignore[attr-defined]
    turn = turn_shown(referral, state)
    answers = [s for s in sections if s.category_id == ANSWER]
    told = [s for s in sections if s.category_id == STATUS and s.author_id == referral.receiver.agency_id]
    receiver_lost_at, ended_why = _ended(access, now)
    ended_at = receiver_lost_at if side == Side.RECEIVER else None
    return ReferralShown(
        referral=referral,
        side=side,
        state=state,
        open=turn is not None,
        turn=turn,
        our_turn=turn is not None and turn.agency_id == member.agency_id,
        person=referral.participant if may_see else None,
        kind=(referral.kind if side == Side.SENDER else leg.kind) if may_see else None,
        wished_on=(referral.answer_wished_on if side == Side.SENDER else leg.answer_wished_on) if may_see else None,
        receiver=referral.receiver if side == Side.SENDER else leg.receiver,
        sent_at=leg.sent_at or referral.sent_at,
        status_told=referral.status_told,  # type: ignore[attr-defined]
        answer_told=any(_lives(s, now) and s.author_id == referral.receiver.agency_id for s in answers if not s.text),
        answer_silent=_is_silent(referral, told),
        access_ended_at=ended_at,
        access_ended_why=ended_why,
        receiver_lost_at=receiver_lost_at,
        answer_lost=side == Side.SENDER and any(s.text and not _lives(s, now) for s in answers),
        expires_at=access.ends_at if access and may_see and side == Side.RECEIVER else None,
        outcome=referral.shown_outcome,  # type: ignore[attr-defined]
        sections=[_shown(s) for s in asked if _has_text(s) and _reads(s, side, may_see, now)],
        answers=[_shown(s) for s in answers if s.text and (side == Side.RECEIVER or _lives(s, now))],
        events=_events(member, referral, side, sections, own_legs),
        ground=leg.ground.name if may_see else "",
        ground_reason=leg.ground_reason if side == Side.SENDER else "",
    )


def _legs_of(member: Membership, referral: Referral, side: Side) -> list[ReferralLeg]:
    """The legs a side has anything to do with: the sender all, a receiver those sent to its own agency."""
    legs = referral.legs.select_related("receiver__agency", "ground", "kind").order_by("position")
    if side == Side.SENDER:
        return list(legs)
    return list(legs.filter(sent_at__isnull=False, receiver__agency=member.agency_id))


def _has_text(section: ReferralSection) -> bool:
    return section.category_id in TEXT_CATEGORIES and bool(section.text)


def _lives(section: ReferralSection, now: datetime) -> bool:
    d = section.disclosure
    return d is not None and d.ended_at is None and d.ends_at > now


def _reads(section: ReferralSection, side: Side, may_see: bool, now: datetime) -> bool:
    return side == Side.SENDER or (may_see and _lives(section, now))


def _shown(section: ReferralSection) -> SectionShown:
    ends = section.disclosure.ends_at if section.disclosure else None
    return SectionShown(section.category_id, section.category.name, section.text, ends)


def _ended(access: object, now: datetime) -> tuple[datetime | None, str]:
    """When and why the receiver's access ended; (None, "") while it lives."""
    ended_at = getattr(access, "ended_at", None)
    if ended_at is not None:
        return ended_at, access.get_ended_why_display()  # type: ignore[attr-defined]
    ends_at = getattr(access, "ends_at", None)
    if ends_at is not None and ends_at <= now:
        return ends_at, "Samtycket har gått ut"
    return None, ""


def _is_silent(referral: Referral, told: list[ReferralSection]) -> bool:
    """The receiver has taken it in and has not said that it may tell: "svar lämnas inte i Samverkansrum"."""
    taken_in = {ReferralState.RECEIVED, ReferralState.ACCEPTED, ReferralState.DECIDED, ReferralState.CLOSED}
    return not any(section.disclosure for section in told) and referral.state in taken_in


def _events(
    member: Membership, referral: Referral, side: Side, sections: list[ReferralSection], legs: set[int]
) -> list[EventShown]:
    now = timezone.now()
    told = [(s.author_id, s.disclosure) for s in sections if s.category_id == STATUS and s.disclosure]
    shown = []
    for event in referral.events.select_related("agency", "member__user", "section__disclosure"):
        if side == Side.RECEIVER and (event.verb in SENDERS_OWN_VERBS or event.leg_id not in legs):
            continue
        untold = not any(
            author == event.agency_id and d.ends_at >= event.at and (d.ended_at is None or d.ended_at >= event.at)
            for author, d in told
        )
        if side == Side.SENDER and event.side == Side.RECEIVER and untold:
            continue
        ours = event.agency_id == member.agency_id
        section = event.section
        text = section.text if section and (ours or _lives(section, now)) else ""
        shown.append(
            EventShown(
                at=event.at,
                verb=event.verb,
                ours=ours,
                agency=event.agency.short_name if event.agency else "",
                person=str(event.member.user) if event.member else "",
                code=event.code,
                text=text,
                by_import=event.by_import,
            )
        )
    return shown


@dataclass
class ReaderShown:
    agency: str
    shape: str
    person: str
    ours: bool
    at: datetime


def readers_of(member: Membership, shown: ReferralShown) -> list[ReaderShown]:
    """Who has opened the referral, last time each.

    One's own people by name. The sender sees the receiver's by role, and only where the receiver lets its status be
    told; the receiver never sees who reads at the sender.
    """
    referral = shown.referral
    entries = AuditEntry.objects.filter(
        what="referral", object_id=referral.pk, act=AuditAct.READ, membership_id__isnull=False
    ).order_by("-at")[:200]
    last: dict[int, datetime] = {}
    for entry in entries:
        last.setdefault(entry.membership_id, entry.at)  # type: ignore[arg-type]
    people = Membership.objects.select_related("user", "agency").in_bulk(list(last))
    return [
        ReaderShown(
            agency=people[pk].agency.short_name,
            shape=people[pk].agency.shape,
            person=str(people[pk].user) if people[pk].agency_id == member.agency_id else people[pk].get_role_display(),
            ours=people[pk].agency_id == member.agency_id,
            at=at,
        )
        for pk, at in last.items()
        if people[pk].agency_id == member.agency_id or (shown.side == Side.SENDER and shown.status_told)
    ]
