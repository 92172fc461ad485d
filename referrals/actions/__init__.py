"""The verbs of a referral. Each says in visible lines who is told."""

from referrals.actions.answers import allow_answer
from referrals.actions.cancelling import confirm_cancel, decline_cancel, leave_be, reopen_referral, request_cancel
from referrals.actions.chasing import chase, remind_by_hand, remind_from_board
from referrals.actions.dates import dispute_referral, pause_clock, set_new_date, settle_dispute
from referrals.actions.drafts import change_draft_ground, readdress_draft, save_draft, start_referral
from referrals.actions.filters import drop_filter, save_filter
from referrals.actions.grounds import lapse_referral, on_ground_lost, renew_ground
from referrals.actions.journey import (
    accept_referral,
    acknowledge_referral,
    close_referral,
    decide_referral,
    recall_referral,
    return_referral,
    revise_referral,
    start_referral_work,
    suggest_redirect,
)
from referrals.actions.leaving import return_from_left_agencies
from referrals.actions.notes import write_agency_note, write_message
from referrals.actions.sending import send_referral
from referrals.actions.supplements import ask_supplement, resume_referral, supplement_referral

__all__ = [
    "accept_referral",
    "acknowledge_referral",
    "allow_answer",
    "ask_supplement",
    "change_draft_ground",
    "chase",
    "close_referral",
    "confirm_cancel",
    "decide_referral",
    "decline_cancel",
    "dispute_referral",
    "drop_filter",
    "lapse_referral",
    "leave_be",
    "on_ground_lost",
    "pause_clock",
    "readdress_draft",
    "recall_referral",
    "remind_by_hand",
    "remind_from_board",
    "renew_ground",
    "reopen_referral",
    "request_cancel",
    "resume_referral",
    "return_from_left_agencies",
    "return_referral",
    "revise_referral",
    "save_draft",
    "save_filter",
    "send_referral",
    "set_new_date",
    "settle_dispute",
    "start_referral",
    "start_referral_work",
    "suggest_redirect",
    "supplement_referral",
    "write_agency_note",
    "write_message",
]
