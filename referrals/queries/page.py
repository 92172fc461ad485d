"""One referral as plain data: what one side may see. What is not here cannot be rendered."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from referrals.models import AgencyNote, Referral, ReferralKind, ReferralLeg, ReferralSection
from referrals.queries.visible import SENDERS_OWN_VERBS, turn_shown
from referrals.rules import ANSWER, IDENTITY, STATUS, TEXT_CATEGORIES, side_of
from referrals.states import ReferralState, SectionRole, Side, Verb
from workspace.models import Agency, AuditEntry, Function, Membership, Participant
from workspace.states import AuditAct


@dataclass
class SectionShown:
    category: str
    name: str
    text: str
    ends_at: datetime | None
    ours: bool = False
    agency: Agency | None = None
    at: datetime | None = None


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
    until_on: date | None
    suggested: Function | None
    by_system: bool
    registered: bool  # by the sender, for an agency without an account


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
    due_on: date | None
    lapsed: bool
    disputed_at: datetime | None
    by_letter: bool
    on_consent: bool
    # Other agencies that can read a leg of this now; for the sender, who answers for it.
    readers: list[Agency]
    suggested: Function | None = None
    lacked: str = ""
    sections: list[SectionShown] = field(default_factory=list)
    supplements: list[SectionShown] = field(default_factory=list)
    messages: list[SectionShown] = field(default_factory=list)
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
    sections = _sections_of(referral, legs)
    asked = [s for s in sections if s.leg_id == leg.pk and s.author_id == referral.sender.agency_id]
    identity = next((s for s in asked if s.category_id == IDENTITY), None)
    access = identity.disclosure if identity else None
    may_see = side == Side.SENDER or (identity is not None and _lives(identity, now))
    state = referral.shown_state  # type: ignore[attr-defined]
    turn = turn_shown(referral, state, side)
    answers = [s for s in sections if s.category_id == ANSWER]
    lines = _events(member, referral, side, sections, {one.pk for one in legs}, may_see)
    told = [s for s in sections if s.category_id == STATUS and s.author_id == referral.receiver.agency_id]
    receiver_lost_at, ended_why = _ended(access, now)
    running = side == Side.SENDER or leg.receiver_id == referral.receiver_id
    return ReferralShown(
        referral=referral,
        side=side,
        state=state,
        open=turn is not None,
        turn=turn,
        our_turn=turn is not None and turn.agency_id == member.agency_id,
        person=referral.participant if may_see else None,
        **_asked_for(referral, leg, side, may_see),
        status_told=referral.status_told,  # type: ignore[attr-defined]
        answer_told=any(_lives(s, now) and s.author_id == referral.receiver.agency_id for s in answers if not s.text),
        answer_silent=_is_silent(referral, told),
        access_ended_at=receiver_lost_at if side == Side.RECEIVER else None,
        access_ended_why=ended_why,
        receiver_lost_at=receiver_lost_at,
        answer_lost=side == Side.SENDER and any(s.text and not _reads(s, member, may_see, now) for s in answers),
        expires_at=access.ends_at if access and may_see and side == Side.RECEIVER else None,
        outcome=referral.shown_outcome,  # type: ignore[attr-defined]
        due_on=referral.shown_due_on if running else None,  # type: ignore[attr-defined]
        lapsed=referral.lapsed_at is not None and running,
        disputed_at=referral.disputed_at if running else None,
        by_letter=referral.receiver.agency.by_letter,
        on_consent=leg.ground_id == "consent",
        suggested=next((e.suggested for e in reversed(lines) if e.suggested), None),
        lacked=next((e.code for e in reversed(lines) if e.verb == Verb.ASK_SUPPLEMENT), ""),
        readers=_readers(legs, sections, now) if side == Side.SENDER else [],
        **_texts(member, asked, [s for s in answers if s.leg_id in _told_in(legs)], may_see, now),
        events=lines,
    )


def _told_in(legs: list[ReferralLeg]) -> set[int]:
    """The legs whose answer stands on the page: the one that runs, and while that is a draft the one before it."""
    sent = [leg.pk for leg in legs if leg.sent_at]
    return {legs[-1].pk, *sent[-1:]}


def _readers(legs: list[ReferralLeg], sections: list[ReferralSection], now: datetime) -> list[Agency]:
    """Who can read who it is about, in the order it was sent: an earlier receiver keeps its own leg (house.md 3)."""
    open_to = {s.leg_id for s in sections if s.category_id == IDENTITY and _lives(s, now)}
    return list(dict.fromkeys(leg.receiver.agency for leg in legs if leg.pk in open_to))


def _sections_of(referral: Referral, legs: list[ReferralLeg]) -> list[ReferralSection]:
    return list(
        ReferralSection.objects.filter(leg__in=legs)
        .select_related("category", "disclosure", "author", "leg__receiver__agency")
        .order_by("leg__position", "category__order", "written_at")
    )


def _asked_for(referral: Referral, leg: ReferralLeg, side: Side, may_see: bool) -> dict[str, Any]:
    """What is asked, of whom and on which ground: the sender as it is written now, a receiver as its leg was sent."""
    asked = referral if side == Side.SENDER else leg
    return {
        "kind": asked.kind if may_see else None,
        "wished_on": asked.answer_wished_on if may_see else None,
        "receiver": asked.receiver,
        "sent_at": leg.sent_at or referral.sent_at,
        "ground": leg.ground.name if may_see else "",
        "ground_reason": leg.ground_reason if side == Side.SENDER else "",
    }


def _legs_of(member: Membership, referral: Referral, side: Side) -> list[ReferralLeg]:
    """The legs a side has anything to do with: the sender all, a receiver those sent to its own agency."""
    legs = referral.legs.select_related("receiver__agency", "ground", "kind").order_by("position")
    if side == Side.SENDER:
        return list(legs)
    return list(legs.filter(sent_at__isnull=False, receiver__agency=member.agency_id))


def _texts(
    member: Membership, asked: list[ReferralSection], answers: list[ReferralSection], may_see: bool, now: datetime
) -> dict[str, Any]:
    """What this side may read, by what it is: the leg's own text, supplements, messages, the answer."""
    asked = [s for s in asked if s.text and s.category_id in TEXT_CATEGORIES and _reads(s, member, may_see, now)]
    answers = [s for s in answers if s.text and _reads(s, member, may_see, now)]

    def shown(sections: list[ReferralSection], role: SectionRole) -> list[SectionShown]:
        return [_shown(s, member) for s in sections if s.role == role]

    return {
        "sections": shown(asked, SectionRole.LEG),
        "supplements": shown(asked, SectionRole.SUPPLEMENT),
        "messages": sorted(shown([*asked, *answers], SectionRole.NOTE), key=lambda one: one.at or now),
        "answers": shown(answers, SectionRole.LEG),
    }


def _lives(section: ReferralSection, now: datetime) -> bool:
    d = section.disclosure
    return d is not None and d.ended_at is None and d.ends_at > now


def _reads(section: ReferralSection, member: Membership, may_see: bool, now: datetime) -> bool:
    """One's own writing always; another's while its disclosure lives, and the question with it."""
    return section.author_id == member.agency_id or (may_see and _lives(section, now))


def _shown(section: ReferralSection, member: Membership) -> SectionShown:
    ends = section.disclosure.ends_at if section.disclosure else None
    ours = section.author_id == member.agency_id
    name, at = section.category.name, section.written_at
    # An answer is its receiver's, also where the sender has written down what came by letter.
    said_by = section.leg.receiver.agency if section.category_id == ANSWER else section.author
    return SectionShown(section.category_id, name, section.text, ends, ours, said_by, at)


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
    not_taken_in = {ReferralState.DRAFT, ReferralState.SENT}
    silent = not any(section.disclosure for section in told) and not referral.receiver.agency.by_letter
    return silent and referral.told_state in not_taken_in and referral.state not in not_taken_in


def _events(
    member: Membership,
    referral: Referral,
    side: Side,
    sections: list[ReferralSection],
    legs: set[int],
    may_see: bool,
) -> list[EventShown]:
    now = timezone.now()
    told = [(s.author_id, s.disclosure) for s in sections if s.category_id == STATUS and s.disclosure]
    shown = []
    for event in referral.events.select_related("agency", "member__user", "section__disclosure", "suggested__agency"):
        if side == Side.RECEIVER and (event.verb in SENDERS_OWN_VERBS or event.leg_id not in legs):
            continue
        # What came by letter the sender has registered itself, whoever the referral has gone on to since.
        registered = event.member is not None and event.member.agency_id == referral.sender.agency_id
        untold = not registered and not any(
            author == event.agency_id and d.ends_at >= event.at and (d.ended_at is None or d.ended_at >= event.at)
            for author, d in told
        )
        if side == Side.SENDER and event.side == Side.RECEIVER and untold:
            continue
        ours = event.agency_id == member.agency_id
        section = event.section
        text = section.text if section and _reads(section, member, may_see, now) else ""
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
                until_on=event.until_on,
                suggested=event.suggested,
                by_system=event.side == Side.SYSTEM and event.agency_id is None,
                registered=registered and event.side == Side.RECEIVER,
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


def notes_of(member: Membership, referral: Referral) -> list[AgencyNote]:
    """What the member's own agency has noted for itself about a referral it has accessed."""
    return list(AgencyNote.objects.filter(referral=referral, agency=member.agency_id).select_related("author__user"))
