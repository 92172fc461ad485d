"""A referral brought to any of its states by the verbs themselves, and everything it leaves behind."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from notifications.models import Counter, Notification
from referrals import actions
from referrals.models import Referral, ReferralEvent, ReferralLeg, ReferralSection
from referrals.states import (
    AnswerScope,
    CancelCode,
    Outcome,
    RecallCode,
    ReferralState,
    ReopenCode,
    ReturnCode,
    SettleCode,
    Side,
    SupplementCode,
    Verb,
)
from tests.cast import Cast, draft, give_consent
from workspace.front.actions.consents import withdraw_consent
from workspace.models import (
    AuditEntry,
    Consent,
    ConsentRow,
    Disclosure,
    Function,
    IdempotencyKey,
    Membership,
    Participant,
)
from workspace.queries import desks_reached_from

S, V = ReferralState, Verb
ALL = AnswerScope.STATUS_AND_TEXT

# The verbs that lead from a draft to each state.
WAYS: dict[ReferralState, tuple[Verb, ...]] = {
    S.DRAFT: (),
    S.SENT: (V.SEND,),
    S.RECEIVED: (V.SEND, V.ACKNOWLEDGE),
    S.ACCEPTED: (V.SEND, V.ACKNOWLEDGE, V.ACCEPT),
    S.IN_PROGRESS: (V.SEND, V.ACKNOWLEDGE, V.ACCEPT, V.START),
    S.WAITING: (V.SEND, V.ACKNOWLEDGE, V.ACCEPT, V.ASK_SUPPLEMENT),
    S.DECIDED: (V.SEND, V.ACKNOWLEDGE, V.ACCEPT, V.DECIDE),
    S.REDIRECTED: (V.SEND, V.ACKNOWLEDGE, V.SUGGEST_REDIRECT),
    S.CANCEL_ASKED: (V.SEND, V.ACKNOWLEDGE, V.ACCEPT, V.REQUEST_CANCEL),
    S.CANCELLED: (V.SEND, V.ACKNOWLEDGE, V.ACCEPT, V.REQUEST_CANCEL, V.CONFIRM_CANCEL),
    S.RETURNED: (V.SEND, V.ACKNOWLEDGE, V.RETURN),
    S.RECALLED: (V.SEND, V.RECALL),
    S.WITHDRAWN: (V.SEND, V.GROUND_WITHDRAWN),
    S.CLOSED: (V.SEND, V.ACKNOWLEDGE, V.ACCEPT, V.DECIDE, V.CLOSE),
}
OF_SENDER = {
    V.SEND, V.REVISE, V.RECALL, V.CLOSE, V.GROUND_WITHDRAWN, V.SUPPLEMENT, V.REQUEST_CANCEL, V.REOPEN, V.RENEW_GROUND,
    V.LEAVE_BE, V.REMIND, V.DISPUTE, V.SETTLE,
}  # fmt: skip
Act = Callable[[Membership, Referral, AnswerScope], None]


def _withdraw(by: Membership, referral: Referral, scope: AnswerScope) -> None:
    """Everything the sender has been allowed to tell this receiver."""
    rows = ConsentRow.objects.filter(participant=referral.participant_id, discloser=referral.sender.agency_id)
    for consent in Consent.objects.filter(participant=referral.participant_id, agency=referral.sender.agency_id):
        withdraw_consent(by=by, consent=consent, row_ids=list(rows.values_list("pk", flat=True)))


def other_desk(referral: Referral) -> Function:
    """Another desk that the sender can send to; where there is none, one that it could before its agency left."""
    there = desks_reached_from(referral.sender.agency_id), Function.objects.filter(agency__left_on__isnull=False)
    others = (desks.exclude(agency=referral.receiver.agency_id).order_by("pk") for desks in there)
    desk = next(filter(None, (desks.first() for desks in others)), None)
    assert desk is not None
    return desk


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
    V.START: lambda by, r, scope: actions.start_referral_work(by=by, referral=r),
    V.ASK_SUPPLEMENT: lambda by, r, scope: actions.ask_supplement(by=by, referral=r, code=SupplementCode.BACKGROUND),
    V.SUPPLEMENT: lambda by, r, scope: actions.supplement_referral(by=by, referral=r, texts={"question": "Mer."}),
    V.RESUME: lambda by, r, scope: actions.resume_referral(by=by, referral=r),
    V.SUGGEST_REDIRECT: lambda by, r, scope: actions.suggest_redirect(by=by, referral=r, receiver=other_desk(r)),
    V.REQUEST_CANCEL: lambda by, r, scope: actions.request_cancel(by=by, referral=r, code=CancelCode.NOT_NEEDED),
    V.CONFIRM_CANCEL: lambda by, r, scope: actions.confirm_cancel(by=by, referral=r),
    V.DECLINE_CANCEL: lambda by, r, scope: actions.decline_cancel(by=by, referral=r),
    V.REOPEN: lambda by, r, scope: actions.reopen_referral(by=by, referral=r, code=ReopenCode.NEW_FACTS),
    V.RENEW_GROUND: lambda by, r, scope: actions.renew_ground(by=by, referral=r),
    V.LEAVE_BE: lambda by, r, scope: actions.leave_be(by=by, referral=r),
    V.REMIND: lambda by, r, scope: actions.remind_by_hand(by=by, referral=r, text="Hur går det?"),
    V.DISPUTE: lambda by, r, scope: actions.dispute_referral(by=by, referral=r),
    V.SETTLE: lambda by, r, scope: actions.settle_dispute(by=by, referral=r, code=SettleCode.RECEIVER),
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


# One question for all that is counted: a referral's acts are tried thousands of times.
COUNTS = {model.__name__: f"SELECT count(*) FROM {model._meta.db_table}" for model in COUNTED} | {
    "ended": f"SELECT count(ended_at) FROM {Disclosure._meta.db_table}",
    "withdrawn": f"SELECT count(withdrawn_at) FROM {ConsentRow._meta.db_table}",
    "unread": f"SELECT count(*) FROM {Notification._meta.db_table} WHERE read_at IS NULL AND closed_at IS NULL",
}
COUNT = "SELECT " + ", ".join(f"({part})" for part in COUNTS.values())
ROWS = {
    "rows": f"SELECT * FROM {Referral._meta.db_table} ORDER BY id",
    "texts": f"SELECT leg_id, category_id, text, disclosure_id FROM {ReferralSection._meta.db_table} ORDER BY id",
    "told": f"SELECT membership_id, last_seq FROM {Counter._meta.db_table} ORDER BY membership_id",
}


def footprint(*referrals: Referral) -> dict[str, Any]:
    """All that an act could change, to be compared before and after one that was refused."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT)
        found: dict[str, Any] = dict(zip(COUNTS, cursor.fetchone(), strict=True))
        for name, question in ROWS.items():
            cursor.execute(question)
            found[name] = cursor.fetchall()
    if referrals:
        found["rows"] = list(Referral.objects.filter(pk__in=[r.pk for r in referrals]).order_by("pk").values())
    return found


@contextmanager
def undone() -> Generator[None]:
    """Whatever happens inside is rolled back: one journey serves many tries."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
