"""The only ways to read a referral: what a hat may see of it, and nothing else."""

from referrals.queries.board import board_counted_only, board_of, boards_of, resting_on
from referrals.queries.drafts import NeededGround, current_leg, needed_grounds, noted_answer
from referrals.queries.page import ReferralShown, read_referral, readers_of
from referrals.queries.visible import (
    access_referral,
    access_work_list_item,
    referrals_of,
    referrals_visible_to,
    turn_shown,
    waiting_for,
    with_what_is_known,
    work_list_of,
)

__all__ = [
    "NeededGround",
    "ReferralShown",
    "access_referral",
    "access_work_list_item",
    "board_counted_only",
    "board_of",
    "boards_of",
    "current_leg",
    "needed_grounds",
    "noted_answer",
    "read_referral",
    "readers_of",
    "referrals_of",
    "referrals_visible_to",
    "resting_on",
    "turn_shown",
    "waiting_for",
    "with_what_is_known",
    "work_list_of",
]
