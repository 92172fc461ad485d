"""A referral's codes in words. The labels themselves live in states.py."""

from django import template

from referrals.states import (
    AnswerScope,
    CancelCode,
    DelayCode,
    Outcome,
    PauseCode,
    RecallCode,
    ReferralState,
    ReopenCode,
    ReturnCode,
    SettleCode,
    SupplementCode,
    Verb,
)

register = template.Library()

CODES = {
    Verb.DECIDE: Outcome,
    Verb.RETURN: ReturnCode,
    Verb.RECALL: RecallCode,
    Verb.ALLOW_ANSWER: AnswerScope,
    Verb.ASK_SUPPLEMENT: SupplementCode,
    Verb.REQUEST_CANCEL: CancelCode,
    Verb.REOPEN: ReopenCode,
    Verb.NEW_DATE: DelayCode,
    Verb.PAUSE: PauseCode,
    Verb.SETTLE: SettleCode,
    Verb.RECEIVER_LEFT: ReturnCode,
}
# What nobody on either side did.
BY_NOBODY = {
    Verb.GROUND_LAPSED: "Samtycket gick ut",
    Verb.GROUND_WITHDRAWN: "Samtycket är återkallat",  # by the participant, on their own page
    Verb.RECEIVER_LEFT: "Mottagaren lämnade samverkan",
    Verb.REMIND: "Samordnaren påminde",
}


@register.filter
def state_label(state: str) -> str:
    return ReferralState(state).label


@register.filter
def outcome_label(outcome: str) -> str:
    return Outcome(outcome).label


@register.filter
def verb_label(verb: str) -> str:
    """«skickade remissen»."""
    return Verb(verb).label


@register.filter
def system_label(verb: str) -> str:
    """«Samtycket gick ut», as a whole sentence."""
    return BY_NOBODY.get(Verb(verb), Verb(verb).label)


@register.filter
def code_label(code: str, verb: str) -> str:
    choices = CODES.get(Verb(verb))
    return choices(code).label if choices else ""
