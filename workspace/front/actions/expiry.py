"""Grounds that have run out by themselves (house.md 1 and 3)."""

from meetings.actions.conversation_grounds import close_lapsed_talk
from meetings.actions.grounds import close_lapsed
from meetings.queries.circles import cases_out_of_ground
from meetings.queries.conversation_grounds import conversations_out_of_ground
from referrals import actions as referrals
from referrals.queries import referrals_out_of_ground
from workspace.front.actions.way_shares import close_lapsed_shares
from workspace.pathway.queries.shares import ways_with_lapsed_shares


def expire_disclosures() -> int:
    """See to everything that rests on a ground that has run out, one transaction each. Returns how many were seen to.

    Access has ended by itself: `ends_at` stands in every query. What remains is whose turn it is, the history and who
    is told; repeated by the sweep, harmlessly.
    """
    found = list(referrals_out_of_ground())
    for referral in found:
        referrals.lapse_referral(referral=referral)
    cases = list(cases_out_of_ground())
    for case in cases:
        close_lapsed(case=case)
    talks = list(conversations_out_of_ground())
    for talk in talks:
        close_lapsed_talk(conversation=talk)
    ways = list(ways_with_lapsed_shares())
    for way in ways:
        close_lapsed_shares(enrolment=way)
    return len(found) + len(cases) + len(talks) + len(ways)
