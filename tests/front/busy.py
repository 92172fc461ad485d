"""A caseworker with much to do: referrals, meetings, conversations and ways, each of the kinds that Idag shows."""

from dataclasses import replace

from django.utils import timezone

from meetings.models import Commitment, Conversation, ConversationPlan, Decision, Section
from meetings.states import ConversationState, DecisionState, MeetingState
from referrals.models import Referral
from referrals.states import Verb
from tests.cast import Cast, give_consent, make_participant, sent
from tests.meetings.cast import Room, in_days, make_item, make_meeting, put_in
from tests.meetings.minutes_stage import attend, make_held, sent_by_soc
from tests.meetings.talk_calls import options
from tests.meetings.talks import make_agreement, make_talk
from tests.pathway.activity_stage import active, day, way_in
from tests.referrals.journeys import walk
from workspace.pathway.models import FollowUp, PhaseStay

S = ConversationState


def add_referrals(cast: Cast, number: int) -> None:
    """One at the other agency with an answer wished for, and one that has come back."""
    away, back = (make_participant(cast.soc_desk, f"Remiss{number}{place}") for place in "ab")
    Referral.objects.filter(pk=sent(cast, person=away).pk).update(answer_wished_on=timezone.localdate())
    walk(cast, sent(cast, person=back), Verb.ACKNOWLEDGE, Verb.RETURN)


def add_meetings(room: Room, number: int) -> None:
    """One held, with minutes to approve, a note owed, an action and a decision; one ahead to answer."""
    cast = room.cast
    stage = make_held(replace(room, meeting=make_meeting(room.group, days=-number)))
    sent_by_soc(stage, stage.soc)
    Decision.objects.create(
        item=make_item(stage.meeting),
        text="Vi följer upp",
        agency=cast.soc.agency,
        member=cast.soc,
        owner=cast.soc.agency,
        responsible=cast.soc,
        due_on=timezone.localdate(),
        state=DecisionState.OPEN,
    )
    ahead = put_in(make_meeting(room.group, days=number + 8), MeetingState.CALLED)
    attend(ahead, cast.soc, room.soc_seat, present=False)


def add_talks(cast: Cast, number: int) -> None:
    """One without a time, one called, one whose time has been, one with a part and a task, and one that is planned."""
    states = (S.PREPARING, S.INVITED, S.INVITED, S.HELD)
    people = [make_participant(cast.soc_desk, f"Samtal{number}{place}") for place in "abcde"]
    talks = [make_talk(cast, state, person=person) for state, person in zip(states, people, strict=False)]
    options(talks[0], 3)
    Conversation.objects.filter(pk=talks[2].conversation.pk).update(starts_at=in_days(-1), ends_at=in_days(-1, 14))
    own = Section.objects.get(agreement=make_agreement(talks[3]), party=talks[3].parties["soc"])
    Commitment.objects.create(section=own, text=f"Uppgift {number}", due_on=day(0), sent_at=timezone.now())
    ConversationPlan.objects.create(participant=people[4], months=3, due_on=day(0), member=cast.soc)


def add_ways(cast: Cast, number: int) -> None:
    """One whose phase is over, with a placement to follow up today and one later, and a consent that runs out."""
    person = make_participant(cast.soc_desk, f"Vag{number}")
    way = way_in(cast, person=person)
    give_consent(cast, person=person, until=day(9))
    PhaseStay.objects.filter(enrolment=way).update(limit_on=day(-1))
    activity = active(cast, way, from_on=day(-30), to_on=day(60))
    activity.follow_ups.all().delete()
    for due_on in (day(0), day(9)):
        FollowUp.objects.create(activity=activity, due_on=due_on)
