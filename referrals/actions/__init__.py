"""The verbs of a referral. Each says in visible lines who is told."""

from referrals.actions.answers import allow_answer
from referrals.actions.drafts import change_draft_ground, readdress_draft, save_draft, start_referral
from referrals.actions.grounds import on_ground_lost
from referrals.actions.journey import (
    accept_referral,
    acknowledge_referral,
    close_referral,
    decide_referral,
    recall_referral,
    return_referral,
    revise_referral,
)
from referrals.actions.sending import send_referral

__all__ = [
    "accept_referral",
    "acknowledge_referral",
    "allow_answer",
    "change_draft_ground",
    "close_referral",
    "decide_referral",
    "on_ground_lost",
    "readdress_draft",
    "recall_referral",
    "return_referral",
    "revise_referral",
    "save_draft",
    "send_referral",
    "start_referral",
]
