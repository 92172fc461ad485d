"""The only ways to read a referral: what a hat may see of it, and nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.http import Http404
from django.utils import timezone

from referrals.models import Referral, ReferralEvent, ReferralKind, ReferralLeg, ReferralSection
from referrals.rules import ANSWER, FOLLOW_UP, IDENTITY, QUESTION, STATUS, TEXT_CATEGORIES, side_of
from referrals.states import ReferralState, Side, Verb
from workspace.models import AuditEntry, Category, ConsentRow, CooperationRole, Function, Membership, Participant
from workspace.queries import categories, desks_of, live_rows, participants_visible_to
from workspace.rules import Hat, disclosure_lives, is_caseworker, is_coordinator, is_manager
from workspace.states import AuditAct

SENDERS_OWN_VERBS = (Verb.CREATE, Verb.REVISE)
# Whose turn each step is, as far as a side that is not told more can know.
TURN_BY_STATE = {
    ReferralState.DRAFT: Side.SENDER,
    ReferralState.SENT: Side.RECEIVER,
    ReferralState.RECEIVED: Side.RECEIVER,
    ReferralState.ACCEPTED: Side.RECEIVER,
    ReferralState.DECIDED: Side.SENDER,
    ReferralState.RETURNED: Side.SENDER,
}


# ---------- which referrals ----------
def _incoming(member: Membership) -> Q:
    sent = Exists(ReferralLeg.objects.filter(referral=OuterRef("pk"), sent_at__isnull=False))
    return Q(sent, receiver__in=desks_of(member).values("pk"))


def _outgoing(member: Membership) -> Q:
    return Q(participant__in=participants_visible_to(member).values("pk"), sender__agency=member.agency_id)


def _people(referrals: QuerySet[Referral]) -> QuerySet[Referral]:
    return referrals.select_related(
        "kind",
        "sender__agency__municipality",
        "receiver__agency",
        "participant__function__agency",
        "participant__municipality",
        "turn__agency",
    )


def referrals_visible_to(member: Hat) -> QuerySet[Referral]:
    """The referrals this hat may open: those of participants it may open, and those sent to its desks.

    Annotated with what this side knows: `shown_state`, `shown_outcome`, `status_told`, `identity_lives`. A manager
    opens after a stated reason; a role in a cooperation opens none.
    """
    referrals = _people(Referral.objects.all())
    if is_caseworker(member):
        referrals = referrals.filter(_incoming(member) | _outgoing(member))
    elif is_manager(member):
        referrals = referrals.filter(
            _of_agency(member),
            participant__statedreason__membership=member,
            participant__statedreason__ends_at__gt=timezone.now(),
        ).distinct()
    else:
        return referrals.none()
    return with_what_is_known(referrals, member.agency_id)


def _of_agency(member: Membership) -> Q:
    sent = Exists(ReferralLeg.objects.filter(referral=OuterRef("pk"), sent_at__isnull=False))
    return Q(sender__agency=member.agency_id) | Q(sent, receiver__agency=member.agency_id)


def work_list_of(manager: Hat) -> QuerySet[Referral]:
    """What waits at the manager's agency: number, clock and holder; no person (house.md 3). Longest waiting first."""
    if not is_manager(manager):
        return Referral.objects.none()
    open_ones = _people(Referral.objects.filter(turn__agency=manager.agency_id)).select_related("holder__user")
    return with_what_is_known(open_ones, manager.agency_id).order_by("turn_since", "pk")


def access_work_list_item(manager: Hat, pk: int) -> Referral:
    """A referral of the manager's agency, to state a reason for opening; 404 for any other."""
    if is_manager(manager):
        referral = _people(Referral.objects.filter(_of_agency(manager), pk=pk)).distinct().first()
        if referral is not None:
            return referral
    raise Http404


def access_referral(member: Hat, pk: int) -> Referral:
    """One referral this hat may open, or the same 404 as for one that does not exist."""
    referral = referrals_visible_to(member).filter(pk=pk).first()
    if referral is None:
        raise Http404
    return referral


def with_what_is_known(referrals: QuerySet[Referral], agency_id: int | None) -> QuerySet[Referral]:
    """Annotate what a side may know. `agency_id` None is somebody who knows what the sender knows: the coordinator."""
    events = ReferralEvent.objects.filter(referral=OuterRef("pk")).order_by("-at", "-pk")
    told = Exists(
        ReferralSection.objects.filter(
            leg__referral=OuterRef("referral"),
            category=STATUS,
            disclosure__isnull=False,
            disclosure__ends_at__gte=OuterRef("at"),
        ).filter(Q(disclosure__ended_at__isnull=True) | Q(disclosure__ended_at__gte=OuterRef("at")))
    )
    for_sender = Subquery(events.filter(~Q(side=Side.RECEIVER) | told).values("state")[:1])
    for_receiver = Subquery(events.exclude(verb__in=SENDERS_OWN_VERBS).values("state")[:1])
    is_sender: Q | Value = Value(True) if agency_id is None else Q(sender__agency=agency_id)
    live = ReferralSection.objects.filter(disclosure_lives("disclosure__"), leg__referral=OuterRef("pk"))
    return referrals.annotate(
        shown_state=Case(When(is_sender, then=for_sender), default=for_receiver, output_field=CharField()),
        status_told=Exists(live.filter(category=STATUS)),
        identity_lives=Exists(live.filter(category=IDENTITY, author=F("leg__referral__sender__agency"))),
    ).annotate(
        shown_outcome=Case(When(shown_state__in=("decided", "closed"), then=F("outcome")), default=Value("")),
    )


def waiting_for(member: Membership) -> QuerySet[Referral]:
    """What waits for this hat's desks, longest first: "Väntar på dig"."""
    return (
        referrals_visible_to(member)
        .filter(turn__in=desks_of(member).values("pk"))
        .order_by(F("answer_wished_on").asc(nulls_last=True), "turn_since", "pk")
    )


def referrals_of(member: Hat, participant: Participant) -> QuerySet[Referral]:
    """The referrals of one participant that this hat may open, newest first."""
    return referrals_visible_to(member).filter(participant=participant).order_by("-created_at")


def board_of(role: Hat) -> QuerySet[Referral]:
    """The coordinator's rows: open referrals whose consent lets this cooperation follow them up (house.md 3)."""
    if not is_coordinator(role):
        return Referral.objects.none()
    followed = ReferralSection.objects.filter(
        disclosure_lives("disclosure__"),
        leg__referral=OuterRef("pk"),
        category=FOLLOW_UP,
        disclosure__recipient_cooperation=role.cooperation_id,
    )
    rows = _people(Referral.objects.filter(Exists(followed), turn__isnull=False, sent_at__isnull=False))
    at_sender = [state for state, side in TURN_BY_STATE.items() if side == Side.SENDER]
    return (
        with_what_is_known(rows, None)
        .annotate(
            shown_turn_agency=Case(
                When(shown_state=F("state"), then=F("turn__agency")),
                When(shown_state__in=at_sender, then=F("sender__agency")),
                default=F("receiver__agency"),
            )
        )
        .order_by("sent_at", "pk")
    )


def board_counted_only(role: CooperationRole) -> int:
    """How many open referrals of the cooperation's agencies are only counted: they lack consent to follow-up."""
    of_cooperation = Referral.objects.filter(
        sender__agency__cooperations=role.cooperation_id, turn__isnull=False, sent_at__isnull=False
    )
    return of_cooperation.count() - board_of(role).filter(pk__in=of_cooperation.values("pk")).count()


def boards_of(referral: Referral) -> list[int]:
    """The cooperations whose boards hold this referral."""
    return list(
        ReferralSection.objects.filter(
            leg__referral=referral, category=FOLLOW_UP, disclosure__recipient_cooperation__isnull=False
        )
        .values_list("disclosure__recipient_cooperation", flat=True)
        .distinct()
    )


def kinds_for(receiver: Function) -> QuerySet[ReferralKind]:
    """What can be asked of this desk."""
    return ReferralKind.objects.filter(Q(receiver_kind="") | Q(receiver_kind=receiver.agency.kind))


def current_leg(referral: Referral) -> ReferralLeg:
    """The leg being written or travelled now."""
    return referral.legs.select_related("receiver__agency", "ground").order_by("-position")[0]


# ---------- one referral, as plain data ----------
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
    status_told: bool
    answer_told: bool
    answer_silent: bool
    access_ended_at: datetime | None
    access_ended_why: str
    expires_at: datetime | None
    outcome: str
    sections: list[SectionShown] = field(default_factory=list)
    answers: list[SectionShown] = field(default_factory=list)
    own_texts: list[SectionShown] = field(default_factory=list)
    events: list[EventShown] = field(default_factory=list)
    ground: str = ""
    ground_reason: str = ""


def read_referral(member: Membership, referral: Referral) -> ReferralShown:
    """What the member's side may see of a referral it has accessed, as plain data (house.md 3, 4.4)."""
    now = timezone.now()
    side = side_of(member, referral)
    sections = list(
        ReferralSection.objects.filter(leg__referral=referral)
        .select_related("category", "disclosure", "leg__ground")
        .order_by("leg__position", "category__order", "written_at")
    )
    latest_sent = [s for s in sections if s.leg.sent_at] or sections
    position = max((s.leg.position for s in (sections if side == Side.SENDER else latest_sent)), default=1)
    asked = [s for s in sections if s.author_id == referral.sender.agency_id and s.leg.position == position]
    identity = next((s for s in asked if s.category_id == IDENTITY), None)
    access = identity.disclosure if identity else None
    may_see = side == Side.SENDER or (access is not None and access.ended_at is None and access.ends_at > now)
    state = referral.shown_state  # type: ignore[attr-defined]
    turn = turn_shown(referral, state)
    answers = [s for s in sections if s.category_id == ANSWER]
    told = [s for s in sections if s.category_id == STATUS and s.disclosure]
    leg = asked[0].leg if asked else current_leg(referral)
    ended_at, ended_why = _ended(access, now) if side == Side.RECEIVER else (None, "")
    return ReferralShown(
        referral=referral,
        side=side,
        state=state,
        open=turn is not None,
        turn=turn,
        our_turn=turn is not None and turn.agency_id == member.agency_id,
        person=referral.participant if may_see else None,
        kind=referral.kind if may_see else None,
        wished_on=referral.answer_wished_on if may_see else None,
        status_told=referral.status_told,  # type: ignore[attr-defined]
        answer_told=any(_lives(s, now) for s in sections if s.category_id == ANSWER and not s.text),
        answer_silent=_is_silent(referral, told),
        access_ended_at=ended_at,
        access_ended_why=ended_why,
        expires_at=access.ends_at if access and may_see and side == Side.RECEIVER else None,
        outcome=referral.shown_outcome,  # type: ignore[attr-defined]
        sections=[_shown(s) for s in asked if _has_text(s) and _reads(s, side, may_see, now)],
        answers=[_shown(s) for s in answers if s.text and (side == Side.RECEIVER or _lives(s, now))],
        events=_events(member, referral, side, sections, now),
        ground=leg.ground.name if may_see else "",
        ground_reason=leg.ground_reason if side == Side.SENDER else "",
    )


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


def turn_shown(referral: Referral, state: str) -> Function | None:
    """The desk whose turn it is, as far as somebody who is shown this state can know."""
    if state == referral.state:
        return referral.turn
    side = TURN_BY_STATE.get(ReferralState(state))
    if side is None:
        return None
    return referral.sender if side == Side.SENDER else referral.receiver


def _is_silent(referral: Referral, told: list[ReferralSection]) -> bool:
    """The receiver has taken it in and has not said that it may tell: "svar lämnas inte i Samverkansrum"."""
    return not told and referral.state in {ReferralState.RECEIVED, ReferralState.ACCEPTED, ReferralState.DECIDED}


def _events(
    member: Membership, referral: Referral, side: Side, sections: list[ReferralSection], now: datetime
) -> list[EventShown]:
    told = [s.disclosure for s in sections if s.category_id == STATUS and s.disclosure]
    shown = []
    for event in referral.events.select_related("agency", "member__user", "section__disclosure"):
        if side == Side.RECEIVER and event.verb in SENDERS_OWN_VERBS:
            continue
        untold = not any(d.ends_at >= event.at and (d.ended_at is None or d.ended_at >= event.at) for d in told)
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


@dataclass
class NeededGround:
    """A section of a draft, and the consent row it may rest on; None where the ground is missing."""

    category: Category
    row: ConsentRow | None


def needed_grounds(
    referral: Referral, rows: Iterable[ConsentRow] | None = None, *, everything: bool = False
) -> list[NeededGround]:
    """What sending this draft takes: identity, the question, and each background section that has text.

    `rows` are the live consent rows, locked by the one who sends; read here for a page that only shows them.
    `everything` asks for all that could be written, to show what the person lets us tell.
    """
    leg = current_leg(referral)
    written = set(leg.sections.exclude(text="").values_list("category_id", flat=True))
    needed = {IDENTITY, QUESTION} | (set(TEXT_CATEGORIES) if everything else written & set(TEXT_CATEGORIES))
    if rows is None:
        rows = live_rows(referral.participant, referral.sender.agency)
    best: dict[str, ConsentRow] = {}
    for row in rows:
        if row.recipient_id == referral.receiver.agency_id:
            held = best.get(row.category_id)
            if held is None or held.valid_until < row.valid_until:
                best[row.category_id] = row
    return [NeededGround(c, best.get(c.pk)) for c in categories() if c.pk in needed]


def noted_answer(referral: Referral) -> set[str]:
    """What the sender has noted that the person lets the receiver tell back: "status", "answer". No ground yet."""
    rows = live_rows(referral.participant, referral.receiver.agency).filter(recipient=referral.sender.agency_id)
    return {row.category_id for row in rows}
