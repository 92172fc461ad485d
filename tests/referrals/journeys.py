"""A referral brought to any of its states by the verbs themselves, and everything it leaves behind."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from notifications.models import Counter, Notification
from referrals import actions
from referrals.models import Referral, ReferralEvent, ReferralLeg, ReferralSection
from referrals.states import AnswerScope, Outcome, RecallCode, ReferralState, ReturnCode, Side, Verb
from tests.cast import Cast, draft, give_consent
from workspace.front.actions.consents import withdraw_consent
from workspace.models import AuditEntry, Consent, ConsentRow, Disclosure, IdempotencyKey, Membership, Participant

S, V = ReferralState, Verb
ALL = AnswerScope.STATUS_AND_TEXT

# The verbs that lead from a draft to each state.
WAYS: dict[ReferralState, tuple[Verb, ...]] = {
    S.DRAFT: (),
    S.SENT: (V.SEND,),
    S.RECEIVED: (V.SEND, V.ACKNOWLEDGE),
    S.ACCEPTED: (V.SEND, V.ACKNOWLEDGE, V.ACCEPT),
    S.DECIDED: (V.SEND, V.ACKNOWLEDGE, V.ACCEPT, V.DECIDE),
    S.RETURNED: (V.SEND, V.ACKNOWLEDGE, V.RETURN),
    S.RECALLED: (V.SEND, V.RECALL),
    S.WITHDRAWN: (V.SEND, V.GROUND_WITHDRAWN),
    S.CLOSED: (V.SEND, V.ACKNOWLEDGE, V.ACCEPT, V.DECIDE, V.CLOSE),
}
OF_SENDER = {V.SEND, V.REVISE, V.RECALL, V.CLOSE, V.GROUND_WITHDRAWN}
Act = Callable[[Membership, Referral, AnswerScope], None]


def _withdraw(by: Membership, referral: Referral, scope: AnswerScope) -> None:
    """Everything the sender has been allowed to tell this receiver."""
    rows = ConsentRow.objects.filter(participant=referral.participant_id, discloser=referral.sender.agency_id)
    for consent in Consent.objects.filter(participant=referral.participant_id, agency=referral.sender.agency_id):
        withdraw_consent(by=by, consent=consent, row_ids=list(rows.values_list("pk", flat=True)))


DO: dict[Verb, Act] = {
    V.SEND: lambda by, r, scope: actions.send_referral(by=by, referral=r),
    V.ACKNOWLEDGE: lambda by, r, scope: actions.acknowledge_referral(by=by, referral=r, scope=scope),
    V.ALLOW_ANSWER: lambda by, r, scope: actions.allow_answer(by=by, referral=r, scope=scope),
    V.ACCEPT: lambda by, r, scope: actions.accept_referral(by=by, referral=r),
    V.DECIDE: lambda by, r, scope: actions.decide_referral(by=by, referral=r, outcome=Outcome.GRANTED),
    V.RETURN: lambda by, r, scope: actions.return_referral(by=by, referral=r, code=ReturnCode.INCOMPLETE),
    V.REVISE: lambda by, r, scope: actions.revise_referral(by=by, referral=r),
    V.RECALL: lambda by, r, scope: actions.recall_referral(by=by, referral=r, code=RecallCode.WRONG_RECEIVER),
    V.CLOSE: lambda by, r, scope: actions.close_referral(by=by, referral=r),
    V.GROUND_WITHDRAWN: _withdraw,
}


def do(by: Membership, referral: Referral, verb: Verb, scope: AnswerScope = ALL) -> None:
    """One verb through its action; the referral is read again afterwards, also when refused."""
    try:
        DO[verb](by, referral, scope)
    finally:
        referral.refresh_from_db()


def walk(cast: Cast, referral: Referral, *verbs: Verb, scope: AnswerScope = ALL) -> Referral:
    """Verbs one after the other, each by the side whose it is (closing: by whoever has the turn)."""
    for verb in verbs:
        ours = verb in OF_SENDER
        if verb == V.CLOSE and referral.turn_id is not None:
            ours = referral.turn_id == cast.soc_desk.pk
        do(cast.soc if ours else cast.psyk, referral, verb, scope)
    return referral


def bring_to(
    cast: Cast,
    state: ReferralState | str,
    *,
    scope: AnswerScope = ALL,
    person: Participant | None = None,
    follow_up: bool = False,
    **texts: str,
) -> Referral:
    """A referral from soc to psyk, in that state by actions. With scope NONE the receiver is silent throughout."""
    give_consent(cast, person=person, codes=("identity", "question", *texts), follow_up=follow_up)
    referral = walk(cast, draft(cast, person=person, **texts), *WAYS[ReferralState(state)], scope=scope)
    assert referral.state == state
    return referral


def side_member(cast: Cast, side: Side) -> Membership:
    return cast.soc if side == Side.SENDER else cast.psyk


def withdraw(cast: Cast, *codes: str, by: Membership | None = None) -> None:
    """Withdraw those categories of every consent about the cast's person that `by` (soc) has obtained."""
    by = by or cast.soc
    for consent in Consent.objects.filter(agency=by.agency_id):
        rows = consent.rows.filter(category__in=codes).values_list("pk", flat=True)
        withdraw_consent(by=by, consent=consent, row_ids=list(rows))


COUNTED = (
    ReferralEvent, ReferralLeg, ReferralSection, Notification, Disclosure, AuditEntry, Consent, ConsentRow, Participant,
    IdempotencyKey,
)  # fmt: skip


def footprint(*referrals: Referral) -> dict[str, Any]:
    """All that an act could change, to be compared before and after one that was refused."""
    rows = Referral.objects.filter(pk__in=[r.pk for r in referrals]).order_by("pk")
    found: dict[str, Any] = {model.__name__: model.objects.count() for model in COUNTED}
    found["rows"] = list(rows.values()) if referrals else list(Referral.objects.order_by("pk").values())
    found["texts"] = list(ReferralSection.objects.order_by("pk").values("leg", "category", "text", "disclosure"))
    found["ended"] = Disclosure.objects.filter(ended_at__isnull=False).count()
    found["withdrawn"] = ConsentRow.objects.filter(withdrawn_at__isnull=False).count()
    found["told"] = list(Counter.objects.order_by("pk").values_list("pk", "last_seq"))
    found["unread"] = Notification.objects.filter(read_at__isnull=True, closed_at__isnull=True).count()
    return found


@contextmanager
def undone() -> Generator[None]:
    """Whatever happens inside is rolled back: one journey serves many tries."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
