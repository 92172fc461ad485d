"""The time of a referral's step: its rule, and what has stopped or moved it."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db.models import F, Q
from django.utils import timezone

from referrals.deadlines import Deadline, Extension, Pause, Rule, deadline
from referrals.models import Referral, ReferralEvent, ReferralKind, StepTime
from referrals.queries.drafts import current_leg
from referrals.states import TRANSITIONS, DelayCode, PauseCode, ReferralState, Side, StartEvent, Verb
from workspace.models import Agency

SUPPLEMENT, GROUND = "komplettering väntades", "samtycket hade gått ut"
AWAITED = {Verb.ASK_SUPPLEMENT: SUPPLEMENT, Verb.GROUND_LAPSED: GROUND}
ENDS_AWAITING = {
    Verb.SUPPLEMENT: SUPPLEMENT,
    Verb.RESUME: SUPPLEMENT,
    Verb.REQUEST_CANCEL: SUPPLEMENT,
    Verb.RENEW_GROUND: GROUND,
}
MOVING = {row.verb for row in TRANSITIONS}


def step_time(kind: ReferralKind, receiver: Agency, step: str) -> StepTime | None:
    """The expected time of a step: the most exact row for this kind and receiver."""
    return (
        StepTime.objects.filter(Q(kind=kind) | Q(kind=None), Q(agency=receiver) | Q(agency=None), step=step)
        .order_by(F("kind").asc(nulls_last=True), F("agency").asc(nulls_last=True))
        .first()
    )


def deadline_of(referral: Referral) -> Deadline | None:
    """The running step's last day, with everything that explains it; None for a step without an expected time.

    Counted from the sending, the receipt or the step's own start. A pause counts wherever it falls after that; a new
    date holds for the step in which it was set. Three or four queries, whatever the length of the history.
    """
    events = list(current_leg(referral).events.select_related("member__user"))
    return _reckon(referral, referral.state, referral.step_since, events)


def deadline_told(referral: Referral) -> Deadline | None:
    """The same of the step that the sender knows of, by what it has been told: nothing a silent receiver did counts."""
    events = list(current_leg(referral).events.select_related("member__user"))
    known = [event for event in events if event.side != Side.RECEIVER or event.at <= referral.told_at]
    since = referral.step_since
    if referral.told_state != referral.state:
        since = max((event.at for event in known if event.verb in MOVING), default=referral.told_since)
    return _reckon(referral, referral.told_state, since, known)


def _reckon(referral: Referral, step: str, since: datetime, events: list[ReferralEvent]) -> Deadline | None:
    rule = step_time(referral.kind, referral.receiver.agency, step)
    if rule is None:
        return None
    start = _start(rule, events, since)
    pauses = [pause for pause in _pauses(events) if pause.until_on >= start]
    return deadline(Rule(rule.length, rule.unit, rule.source), start, pauses, list(_extensions(events, since)))


def _start(rule: StepTime, events: list[ReferralEvent], since: datetime) -> date:
    verbs = {StartEvent.SENT: (Verb.SEND,), StartEvent.RECEIVED: (Verb.ACKNOWLEDGE, Verb.REOPEN)}.get(
        StartEvent(rule.start), ()
    )
    at = [event.at for event in events if event.verb in verbs]
    return timezone.localdate(at[-1] if at else since)


def _pauses(events: list[ReferralEvent]) -> Iterable[Pause]:
    """What was decided to stand still, and the days a supplement or a ground was waited for."""
    since: dict[str, ReferralEvent] = {}
    for event in events:
        if event.verb == Verb.PAUSE and event.from_on and event.until_on:
            yield Pause(event.from_on, event.until_on, PauseCode(event.code).label.lower(), _name(event))
        elif event.verb in AWAITED:
            since[AWAITED[Verb(event.verb)]] = event
        elif event.verb in ENDS_AWAITING:
            why = ENDS_AWAITING[Verb(event.verb)]
            begun = since.pop(why, None)
            last = timezone.localdate(event.at) - timedelta(days=1)
            if begun is not None and last >= timezone.localdate(begun.at):
                yield Pause(timezone.localdate(begun.at), last, why, _name(begun))


def _extensions(events: list[ReferralEvent], since: datetime) -> Iterable[Extension]:
    for event in events:
        if event.verb == Verb.NEW_DATE and event.until_on and event.at >= since:
            made_on = timezone.localdate(event.at)
            yield Extension(event.until_on, DelayCode(event.code).label.lower(), _name(event), made_on)


def _name(event: ReferralEvent) -> str:
    return str(event.member.user) if event.member else ""


def is_parked(referral: Referral) -> bool:
    """Time stands still only because another agency is to decide (JO 5076-2012): a warning, not a right."""
    last = referral.events.filter(verb=Verb.PAUSE, at__gte=referral.step_since).order_by("-at", "-pk").first()
    return (
        referral.state != ReferralState.WAITING
        and last is not None
        and last.code == PauseCode.OTHER_AGENCY
        and last.until_on is not None
        and last.until_on >= timezone.localdate()
    )
