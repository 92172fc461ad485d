"""For each kind that waits for somebody: something it is about, who waits for it besides who acts, and the act."""

from collections.abc import Callable
from datetime import date, timedelta

from django.utils import timezone

from meetings.actions import attendance, calls, commitments, plans, requests, room, sealing
from meetings.actions.agreement_sending import correct_agreement
from meetings.actions.agreements import answer_agreement
from meetings.actions.approvals import approve_minutes, object_to_minutes
from meetings.actions.cases import withdraw_case
from meetings.actions.decisions import report_decision
from meetings.actions.follow_up import close_action
from meetings.actions.invitations import answer_invitation
from meetings.actions.times import answer_times
from meetings.models import ActionItem, Decision, Group
from meetings.states import Answer, ConversationState, DecisionState, GroupKind, MeetingState, PlanBasis, SetAside
from meetings.steering.actions.documents import confirm_read
from meetings.steering.actions.time_reports import send_report
from referrals.models import Referral
from referrals.states import ReferralState, Verb
from tests.cast import Cast, give_consent
from tests.meetings.agreement_stage import copy_of, sent_talk, task_of
from tests.meetings.cases import meeting_consent, put
from tests.meetings.cast import make_room, put_in
from tests.meetings.minutes_stage import Held, make_held, sent_by_soc
from tests.meetings.seal_stage import formal_held, locked
from tests.meetings.talk_calls import options, own_call
from tests.meetings.talks import make_talk
from tests.pathway.activity_stage import active, day, way_in
from tests.pathway.stage import enrolled
from tests.referrals.journeys import bring_to, do
from tests.steering.papers import agree, make_document, newest, report_of
from workspace.front.actions.help import answer_help
from workspace.front.actions.way import extend_phase
from workspace.front.actions.way_activities import record_follow_up
from workspace.models import HelpRequest, Membership
from workspace.pathway.models import FollowUp
from workspace.pathway.queries.phases import newest_decision
from workspace.states import HelpKind

S, V = ReferralState, Verb
Waiting = tuple[int, Membership, Callable[[], object]]  # the thing, who waits for it, what is done
Stage = Callable[[Cast], Waiting]


# ---------- referrals ----------
def step(state: ReferralState, verb: Verb, by: str, waits: str) -> Stage:
    """One side takes a step, and a colleague there waits for it no more."""

    def stage(cast: Cast) -> Waiting:
        referral = bring_to(cast, state)
        return referral.pk, getattr(cast, waits), lambda: do(getattr(cast, by), referral, verb)

    return stage


def renewed(cast: Cast) -> Waiting:
    referral = bring_to(cast, S.ACCEPTED)
    give_consent(cast)
    Referral.objects.filter(pk=referral.pk).update(lapsed_at=timezone.now(), turn=cast.soc_desk)
    return referral.pk, cast.soc_2, lambda: do(cast.soc, referral, V.RENEW_GROUND)


RECEIVER = step(S.RECEIVED, V.ACCEPT, "psyk", "psyk_2")
SENDER = step(S.RETURNED, V.REVISE, "soc", "soc_2")
REFERRALS: dict[str, Stage] = {
    "referral.sent": step(S.SENT, V.ACKNOWLEDGE, "psyk", "psyk_2"),
    "referral.supplement_asked": step(S.WAITING, V.SUPPLEMENT, "soc", "soc_2"),
    "referral.supplemented": step(S.IN_PROGRESS, V.DECIDE, "psyk", "psyk_2"),
    "referral.decided": step(S.DECIDED, V.CLOSE, "soc", "soc_2"),
    "referral.returned": SENDER,
    "referral.redirected": step(S.REDIRECTED, V.REVISE, "soc", "soc_2"),
    "referral.cancel_asked": step(S.CANCEL_ASKED, V.DECLINE_CANCEL, "psyk", "psyk_2"),
    "referral.reopened": RECEIVER,
    "referral.reminded": RECEIVER,
    "referral.due": RECEIVER,
    "referral.overdue": RECEIVER,
    "referral.overdue_manager": step(S.RECEIVED, V.ACCEPT, "psyk", "psyk_manager"),
    "referral.reminded_by_coordinator": RECEIVER,
    "referral.ground_to_renew": renewed,
    "referral.receiver_left": SENDER,
}


# ---------- meetings ----------
def answered(cast: Cast) -> Waiting:
    there = make_room(cast)
    calls.call_meeting(by=cast.soc, meeting=there.meeting)
    say = lambda: attendance.answer_call(by=cast.psyk, meeting=there.meeting, answer=Answer.COMING)  # noqa: E731
    return there.meeting.pk, cast.psyk, say


def resumed_and_finished(cast: Cast) -> Waiting:
    held = make_held(make_room(cast))
    put_in(held.meeting, MeetingState.IN_PROGRESS)
    return held.meeting.pk, cast.psyk, lambda: room.finish_meeting(by=cast.soc, meeting=held.meeting)


def of_steering(act: Callable[[Cast, object], object]) -> Stage:
    def stage(cast: Cast) -> Waiting:
        there = make_room(cast)
        Group.objects.filter(pk=there.group.pk).update(kind=GroupKind.STEERING)
        return there.meeting.pk, cast.psyk, lambda: act(cast, there.meeting)

    return stage


def cut_short(cast: Cast) -> Waiting:
    there = make_room(cast)
    meeting_consent(cast)
    case = put(there)
    return case.pk, cast.soc, lambda: withdraw_case(by=cast.soc, case=case)


def signed(waits: str) -> Stage:
    def stage(cast: Cast) -> Waiting:
        held = make_held(make_room(cast))
        minutes = sent_by_soc(held, held.psyk)
        return held.meeting.pk, getattr(cast, waits), lambda: approve_minutes(by=cast.psyk, minutes=minutes)

    return stage


def corrected(cast: Cast) -> Waiting:
    held: Held = make_held(make_room(cast))
    object_to_minutes(by=cast.psyk, minutes=sent_by_soc(held, held.psyk), comment="En rad saknas")
    return held.meeting.pk, cast.soc, lambda: sent_by_soc(held, held.psyk, reason="Raden är med")


def posted(cast: Cast) -> Waiting:
    held = formal_held(make_room(cast))
    locked(held)
    post = lambda: sealing.post_minutes(  # noqa: E731
        by=cast.soc, meeting=held.meeting, posted_on=timezone.localdate(), where="piteå.se"
    )
    return held.meeting.pk, cast.psyk, post


def closed_action(cast: Cast) -> Waiting:
    held = make_held(make_room(cast))
    row = ActionItem.objects.select_related("item__meeting__group", "agency").get(item=held.item)
    ActionItem.objects.exclude(pk=row.pk).delete()  # while another of soc's is open it is still waited for
    return held.meeting.pk, cast.soc_2, lambda: close_action(by=cast.soc, action_item=row)


def reported(cast: Cast) -> Waiting:
    held = make_held(make_room(cast))
    Decision.objects.filter(item=held.item).update(
        state=DecisionState.OPEN, owner=cast.soc.agency, responsible=cast.soc, due_on=timezone.localdate()
    )
    row = Decision.objects.select_related("item__meeting__group").get(item=held.item)
    say = lambda: report_decision(by=cast.soc, decision=row, text="Klart", state=DecisionState.DONE)  # noqa: E731
    return row.pk, cast.soc_2, say


MEETINGS: dict[str, Stage] = {
    "meeting.called": answered,
    "meeting.deputy_asked": answered,
    "meeting.moved": answered,
    "meeting.started": resumed_and_finished,
    "meeting.agenda_due": of_steering(lambda cast, meeting: calls.call_meeting(by=cast.soc, meeting=meeting)),
    "meeting.papers_due": of_steering(lambda cast, meeting: room.start_meeting(by=cast.soc, meeting=meeting)),
    "meeting.minutes_to_approve": signed("psyk"),
    "meeting.minutes_to_sign": signed("psyk"),
    "meeting.minutes_unsigned": signed("soc"),
    "meeting.minutes_due": signed("soc"),
    "meeting.minutes_late": signed("soc"),
    "meeting.minutes_objected": corrected,
    "meeting.minutes_to_post": posted,
    "meeting.minutes_to_post_late": posted,
    "meeting.action_given": closed_action,
    "case.cut_short": cut_short,
    **dict.fromkeys(("decision.given", "decision.due", "decision.late"), reported),
}


# ---------- conversations ----------
def times_answered(cast: Cast) -> Waiting:
    talk = make_talk(cast)
    [option] = options(talk, 5)
    say = lambda: answer_times(by=cast.psyk, conversation=talk.fresh(), works={option.pk: True})  # noqa: E731
    return talk.conversation.pk, cast.psyk_2, say


def call_answered(cast: Cast) -> Waiting:
    talk = make_talk(cast, ConversationState.INVITED)
    call = own_call(talk)
    return talk.conversation.pk, cast.psyk_2, lambda: answer_invitation(by=cast.psyk, invitation=call, answer="coming")


def request_answered(cast: Cast) -> Waiting:
    talk = make_talk(cast)
    wish = requests.request_conversation(
        by=cast.psyk, participant=talk.person, reason="Läget", earlier=talk.conversation
    )
    say = lambda: requests.answer_request(by=cast.soc, request=wish, accepted=False, answer="Nej")  # noqa: E731
    return wish.pk, cast.soc_2, say


def plan_set_aside(cast: Cast) -> Waiting:
    due_on = timezone.localdate() + timedelta(days=5)
    plan = plans.make_plan(
        by=cast.soc, participant=cast.person, basis=PlanBasis.EVERY, months=3, before="", due_on=due_on
    )
    code = next(iter(SetAside))
    return cast.person.pk, cast.soc_2, lambda: plans.set_aside_plan(by=cast.soc, plan=plan, code=code)


def agreement_answered(cast: Cast) -> Waiting:
    talk, version = sent_talk(cast)
    copy = copy_of(version, talk, "psyk")
    return talk.conversation.pk, cast.psyk_2, lambda: answer_agreement(by=cast.psyk, copy=copy, verdict="confirmed")


def agreement_opened(cast: Cast) -> Waiting:
    talk, _ = sent_talk(cast)
    correct = lambda: correct_agreement(by=cast.soc, conversation=talk.fresh(), reason="Fel dag")  # noqa: E731
    return talk.conversation.pk, cast.soc_2, correct


def task_closed(cast: Cast) -> Waiting:
    talk, _ = sent_talk(cast)
    task = task_of(talk, "psyk")
    return talk.conversation.pk, cast.psyk_2, lambda: commitments.close_commitment(by=cast.psyk, commitment=task)


TALKS: dict[str, Stage] = {
    "conversation.times": times_answered,
    "conversation.invited": call_answered,
    "conversation.moved": call_answered,
    "request.asked": request_answered,
    "plan.due": plan_set_aside,
    "agreement.sent": agreement_answered,
    "agreement.corrected": agreement_answered,
    "agreement.differs": agreement_opened,
    "agreement.task_due": task_closed,
    "agreement.task_late": task_closed,
}


# ---------- documents, time, ways, help ----------
def read(cast: Cast) -> Waiting:
    make_room(cast)
    document = make_document(cast)
    return document.pk, cast.psyk, lambda: confirm_read(by=cast.psyk, version=newest(document))


def report_sent(cast: Cast) -> Waiting:
    report = report_of(agree(cast), date(2026, 10, 1))
    return report.pk, cast.soc_manager, lambda: send_report(by=cast.soc, report=report)


def phase_decided(cast: Cast) -> Waiting:
    way = enrolled(cast)
    longer = timezone.localdate() + timedelta(days=300)
    extend = lambda: extend_phase(  # noqa: E731
        by=cast.soc, enrolment=way, limit_on=longer, reason="Sjukdom", seen=newest_decision(way)
    )
    return way.pk, cast.soc_2, extend


def followed_up(cast: Cast) -> Waiting:
    row = FollowUp.objects.create(activity=active(cast, way_in(cast)), due_on=day(0))
    return row.pk, cast.soc_2, lambda: record_follow_up(by=cast.soc, follow_up=row, done_on=day(0), text="Bra")


def helped(cast: Cast) -> Waiting:
    asked = HelpRequest.objects.create(participant=cast.person, kind=next(iter(HelpKind)), text="Hjälp")
    return asked.pk, cast.soc_manager, lambda: answer_help(by=cast.soc_manager, asked=asked, text="Jag ringer")


OTHERS: dict[str, Stage] = {
    "document.published": read,
    "time_report.due": report_sent,
    "time_report.late": report_sent,
    "way.phase_ends": phase_decided,
    "way.phase_over": phase_decided,
    "way.follow_up_due": followed_up,
    "help.asked": helped,
}
CLEARED: dict[str, Stage] = {**REFERRALS, **MEETINGS, **TALKS, **OTHERS}
