"""One conversation walked from the first plan to the last call for help, by soc, psyk, fk and the participant's phone.

Each step is one act of one party, through its action; `test_who_is_told.py` says who hears of each.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from meetings.actions import invitations, own_questions, parties, plans, requests, times
from meetings.actions.commitments import remind_of_commitments
from meetings.actions.conversations import change_conversation, close_stale, decide_form, plan_conversation
from meetings.models import Conversation, ConversationRequest, OwnQuestion, Party
from meetings.queries.times import open_options
from meetings.states import CLOSES_UNPLANNED, ConversationKind, PartyKind, PlanBasis
from tests.cast import Cast
from tests.meetings.agreement_stage import task_of
from tests.meetings.cast import in_days
from tests.meetings.talk_calls import appointment, own_call
from tests.meetings.talks import ABOUT, Phone, Talk, make_phone, talk_consent
from workspace.clocks import add_working_days
from workspace.front.actions.consents import withdraw_consent
from workspace.front.actions.help import answer_help, ask_for_help, open_help
from workspace.models import Browser, Consent, Contact, Function, HelpRequest, Membership
from workspace.states import Channel, HelpKind

PHONE = "phone"


@dataclass
class Walk:
    """Where the walk is: the conversation it is about, and another beside it."""

    cast: Cast
    phone: Phone
    consents: dict[str, Consent]
    parties: dict[str, Party] = field(default_factory=dict)
    number: int = 0
    beside: int = 0
    kept: dict[str, Any] = field(default_factory=dict)

    @property
    def conversation(self) -> Conversation:
        return Conversation.objects.get(pk=self.number)

    @property
    def other(self) -> Conversation:
        return Conversation.objects.get(pk=self.beside)

    @property
    def talk(self) -> Talk:
        return Talk(self.cast, self.conversation, self.parties)

    def who(self, name: str) -> Membership:
        found: Membership = getattr(self.cast, name)
        return found

    def by(self, name: str) -> Membership | Browser:
        return self.phone.browser if name == PHONE else self.who(name)

    def put(self, **fields: Any) -> None:
        Conversation.objects.filter(pk=self.number).update(**fields)


def make_walk(cast: Cast) -> Walk:
    """Consents to both agencies, the participant's phone, and mail as their choice."""
    consents = {name: talk_consent(cast, getattr(cast, name).agency) for name in ("psyk", "fk")}
    Contact.objects.create(participant=cast.person, channel=Channel.EMAIL, address="hemlig@exempel.se")
    return Walk(cast, make_phone(cast), consents)


# ---------- planned ----------
def _plan(walk: Walk, *others: tuple[Function, Membership], **more: Any) -> Conversation:
    words: dict[str, Any] = {"kind": ConversationKind.CONVERSATION, "about": ABOUT, "minutes": 60}
    place = {"how": "place", "where": "Rum Älven", "link": ""}
    person = walk.cast.person
    return plan_conversation(by=walk.cast.soc, participant=person, others=others, **words, **place, **more)


def plan(walk: Walk) -> None:
    conversation = _plan(walk, (walk.cast.psyk_desk, walk.cast.psyk), wished_form="Hemma")
    walk.number = conversation.pk
    walk.parties["participant"] = conversation.parties.get(kind=PartyKind.PARTICIPANT)
    for name in ("soc", "psyk"):
        walk.parties[name] = conversation.parties.get(agency=walk.who(name).agency)


def add_agency(walk: Walk) -> None:
    desk = (walk.cast.fk_desk, walk.cast.fk)
    walk.parties["fk"] = parties.add_caseworker(by=walk.cast.soc, conversation=walk.conversation, desk=desk)


def add_support(walk: Walk) -> None:
    walk.parties["support"] = parties.add_person(
        by=walk.cast.soc,
        conversation=walk.conversation,
        kind=PartyKind.SUPPORT,
        name="Stina Stöd",
        agreed_on=timezone.localdate(),
    )


def change_to(walk: Walk, name: str, member: str) -> None:
    parties.change_member(by=walk.who("psyk_2"), party=walk.parties[name], member=walk.who(member))


def change(walk: Walk) -> None:
    change_conversation(by=walk.cast.soc, conversation=walk.conversation, about="Annat", wished_form="Hemma")


def decide(walk: Walk) -> None:
    decide_form(by=walk.cast.soc, conversation=walk.conversation, decision="Ja, hemma")


# ---------- times and calls ----------
def propose(walk: Walk) -> None:
    times.propose_times(by=walk.cast.soc, conversation=walk.conversation, starts=[in_days(5), in_days(6)])


def answer_times(walk: Walk, name: str) -> None:
    works = {option.pk: True for option in open_options(walk.conversation)}
    times.answer_times(by=walk.by(name), conversation=walk.conversation, works=works)


def register_times(walk: Walk, name: str, by: str) -> None:
    works = {option.pk: False for option in open_options(walk.conversation)}
    party = walk.parties[name]
    times.answer_times(by=walk.who(by), conversation=walk.conversation, works=works, party=party, way="phone")


def withdraw_time(walk: Walk) -> None:
    times.withdraw_time(by=walk.cast.soc, option=open_options(walk.conversation)[0])


def invite(walk: Walk) -> None:
    invitations.invite(by=walk.cast.soc, conversation=walk.conversation, meeting=appointment())


def move(walk: Walk) -> None:
    invitations.move_conversation(by=walk.cast.soc, conversation=walk.conversation, meeting=appointment(10))


def read_call(walk: Walk, name: str) -> None:
    call = own_call(walk.talk, "participant" if name == PHONE else name)
    invitations.read_invitation(by=walk.by(name), invitation=call)


def answer_call(walk: Walk, name: str, answer: str = "coming") -> None:
    call = own_call(walk.talk, "participant" if name == PHONE else name)
    invitations.answer_invitation(by=walk.by(name), invitation=call, answer=answer)


def register_call(walk: Walk, name: str, by: str) -> None:
    call = own_call(walk.talk, name)
    invitations.answer_invitation(by=walk.who(by), invitation=call, answer="coming", way="letter")


def letter(walk: Walk) -> None:
    invitations.note_letter(by=walk.cast.soc, invitation=own_call(walk.talk, "support"))


def ask_question(walk: Walk) -> None:
    own_questions.ask_question(by=walk.phone.browser, text="Hemlig fråga")


def show_question(walk: Walk) -> None:
    question = OwnQuestion.objects.get()
    own_questions.show_question(by=walk.phone.browser, question=question, conversation=walk.conversation)


def remove_question(walk: Walk) -> None:
    own_questions.remove_question(by=walk.phone.browser, question=OwnQuestion.objects.get())


def hold(walk: Walk) -> None:
    walk.put(starts_at=in_days(-1), ends_at=in_days(-1, 14))
    invitations.hold_conversation(by=walk.cast.soc, conversation=walk.conversation)


# ---------- another conversation ----------
def plan_another(walk: Walk) -> None:
    both = [(walk.cast.psyk_desk, walk.cast.psyk), (walk.cast.fk_desk, walk.cast.fk)]
    walk.beside = _plan(walk, *both).pk


def remove_agency(walk: Walk) -> None:
    parties.remove_party(by=walk.cast.soc, party=walk.other.parties.get(agency=walk.cast.fk.agency))


def cancel(walk: Walk) -> None:
    invitations.cancel_conversation(by=walk.cast.soc, conversation=walk.other, reason="Det behövs inte")


def close_by_clock(walk: Walk) -> None:
    long_ago = timezone.now() - timedelta(days=CLOSES_UNPLANNED + 1)
    Conversation.objects.filter(pk=walk.beside).update(last_act_at=long_ago)
    assert close_stale() == 1


# ---------- tasks and plans ----------
def day_comes(walk: Walk, name: str, late: int = 0) -> None:
    """The day of a party's task comes, or some working days after it; nobody else's does."""
    task = task_of(walk.talk, name)
    day = date(2026, 11, 24)
    type(task).objects.exclude(pk=task.pk).update(due_on=day + timedelta(days=90))
    type(task).objects.filter(pk=task.pk).update(due_on=day)
    assert remind_of_commitments(add_working_days(day, late) if late else day) == 1


def make_plan(walk: Walk) -> None:
    plans.make_plan(
        by=walk.cast.soc,
        participant=walk.cast.person,
        basis=PlanBasis.EVERY,
        months=3,
        before="",
        due_on=timezone.localdate() + timedelta(days=5),
    )


def plan_comes_due(walk: Walk) -> None:
    assert plans.tell_due_plans() == 1
    assert plans.tell_due_plans() == 0


def ask_for_talk(walk: Walk, name: str) -> None:
    earlier = None if name == PHONE else walk.conversation
    walk.kept["wish"] = requests.request_conversation(
        by=walk.by(name), participant=walk.cast.person, reason="Hemlig önskan", earlier=earlier
    )


def answer_wish(walk: Walk, accepted: bool) -> None:
    wish: ConversationRequest = walk.kept["wish"]
    requests.answer_request(by=walk.cast.soc, request=wish, accepted=accepted, answer="Så blir det")


def plan_from_wish(walk: Walk) -> None:
    """A wish that nobody has answered is answered by planning."""
    walk.beside = _plan(walk, (walk.cast.psyk_desk, walk.cast.psyk), request=walk.kept["wish"]).pk


# ---------- consents and help ----------
def withdraw(walk: Walk, name: str, by: str) -> None:
    consent = walk.consents[name]
    rows = list(consent.rows.values_list("pk", flat=True))
    withdraw_consent(by=walk.by(by), consent=consent, row_ids=rows)


def ask_for_help_now(walk: Walk) -> None:
    walk.kept["help"] = ask_for_help(by=walk.phone.browser, kind=HelpKind.DISADVANTAGE, text="Hemligt rop").pk


def open_the_call(walk: Walk) -> None:
    open_help(by=walk.cast.soc_manager, asked=HelpRequest.objects.get(pk=walk.kept["help"]))


def answer_the_call(walk: Walk) -> None:
    asked = HelpRequest.objects.get(pk=walk.kept["help"])
    answer_help(by=walk.cast.soc_manager, asked=asked, text="Vi ringer dig")
