"""A referral's codes in words. The labels themselves live in states.py."""

from django import template

from referrals.states import AnswerScope, Outcome, RecallCode, ReferralState, ReturnCode, Verb

register = template.Library()

CODES = {
    Verb.DECIDE: Outcome,
    Verb.RETURN: ReturnCode,
    Verb.RECALL: RecallCode,
    Verb.ALLOW_ANSWER: AnswerScope,
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
def code_label(code: str, verb: str) -> str:
    choices = CODES.get(Verb(verb))
    return choices(code).label if choices else ""
