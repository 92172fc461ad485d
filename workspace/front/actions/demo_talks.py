"""The demo's conversations, by the product's own actions: one that ended in an agreement, one called, one planned."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from meetings.actions.agreement_sending import send_agreement
from meetings.actions.agreements import answer_agreement, close_commitment, write_own_words
from meetings.actions.commitments import add_commitment
from meetings.actions.conversations import plan_conversation
from meetings.actions.invitations import Appointment, answer_invitation, hold_conversation, invite, read_invitation
from meetings.actions.own_questions import ask_question, show_question
from meetings.actions.parties import state_ground
from meetings.actions.plans import make_plan
from meetings.actions.requests import request_conversation
from meetings.actions.sections import Common, share_section, write_common, write_section
from meetings.actions.times import answer_times, propose_times
from meetings.models import (
    AgreementCopy,
    Commitment,
    Conversation,
    ConversationRequest,
    Invitation,
    Party,
    TimeOption,
)
from meetings.states import Answer, ConversationKind, ConversationState, How, PartyKind, PlanBasis
from workspace.actions import make_page_code, make_page_link, open_page_link, record_consent
from workspace.actions.accounts import digest_of
from workspace.actions.consents import RowInput
from workspace.actions.contacts import save_contact, save_needs
from workspace.front.actions.made import Made, Step
from workspace.front.demo import talks as given
from workspace.front.demo.clock import day_ago, day_ahead, moment
from workspace.models import Browser, Category, Ground, Membership, PageLink, Participant
from workspace.queries import link_that_opens
from workspace.states import Channel, ConsentForm, NeutralWords

LASTED, HELD_AGO, TIME = 60, 14, "13.00"  # minutes; working days ago that the last one was held, and the clock


def talk_steps(made: Made) -> list[Step]:
    """Everything that happens in the conversations, each with its moment."""
    return [
        (moment(days_ago, at, made.now), _step(perform, made))
        for days_ago, at, perform in (
            (26, "10.00", _consent),
            (26, "10.10", _prepare),
            (25, "09.15", _plan_last),
            (24, "10.40", _answer_last_times),
            (23, "09.05", _invite_last),
            (22, "14.30", _answer_last),
            (HELD_AGO, "14.20", _hold),
            (HELD_AGO, "15.10", _write),
            (HELD_AGO - 1, "09.30", _share_and_send),
            (HELD_AGO - 2, "11.15", _confirm),
            (6, "18.40", _wish),
            (5, "09.10", _plan_next),
            (4, "08.50", _answer_next_times),
            (3, "09.20", _invite_next),
            (2, "13.05", _answer_next),
            (2, "15.30", _finish_task),
            (1, "19.10", _ask),
            (1, "14.15", _plan_theirs),
        )
    ]


def participant_way_in() -> tuple[str, str] | None:
    """A new link and code to the page of the demo's participant, for whoever tries it; None where there is none."""
    person = Participant.objects.filter(conversations__isnull=False, first_name="Mira").first()
    by = Membership.objects.filter(user__username=given.CONVENER).first()
    if person is None or by is None:
        return None
    return make_page_link(by=by, participant=person), make_page_code(by=by, participant=person)


def _step(perform: Callable[[Made], object], made: Made) -> Callable[[], object]:
    return lambda: perform(made)


def _at(day: date, clock: str) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.fromisoformat(clock.replace(".", ":"))))


def _talk(person: str, made: Made, state: ConversationState) -> Conversation:
    found: Conversation = Conversation.objects.get(participant=made.people[person], state=state)
    return found


def _phone(made: Made) -> Browser:
    return Browser.objects.filter(participant=made.people[given.PERSON]).latest("pk")


# ---------- before ----------
def _consent(made: Made) -> None:
    """Mira and Ove let the two agencies talk with each other about them."""
    categories = Category.objects.in_bulk(["identity", "meeting"])
    until = timezone.localdate(made.now) + timedelta(days=180)
    for person, by, other, purpose in (
        (given.PERSON, given.CONVENER, given.OTHER_AGENCY, given.PURPOSE),
        (given.THEIRS, given.THEIR_CONVENER, given.THEIR_AGENCY, given.THEIR_PURPOSE),
    ):
        ours, theirs = made.members[by].agency, made.agencies[other]
        record_consent(
            by=made.members[by],
            agency=ours,
            participant=made.people[person],
            form=ConsentForm.WRITTEN,
            given_on=timezone.localdate(),
            rows=[
                RowInput(ours, theirs, categories["identity"], purpose, until),
                RowInput(ours, theirs, categories["meeting"], purpose, until),
                RowInput(theirs, ours, categories["meeting"], purpose, until),
            ],
        )


def _prepare(made: Made) -> None:
    """What Mira needs, how she wants to be told, her page in her phone, and how often they are to meet."""
    by, person = made.members[given.CONVENER], made.people[given.PERSON]
    save_needs(
        by=by,
        participant=person,
        interpreter="",
        language="",
        hearing_loop=False,
        pick_up=False,
        calm_room=True,
        easy_read=False,
        large_print=False,
        breaks=True,
    )
    save_contact(
        by=by,
        participant=person,
        channel=Channel.EMAIL,
        address="mira@exempel.se",
        words=NeutralWords.SHORT,
        easy_read=False,
        large_text=False,
    )
    link: PageLink | None = link_that_opens(digest_of(make_page_link(by=by, participant=person)))
    make_page_code(by=by, participant=person)
    if link is not None:
        open_page_link(link=link)
    make_plan(
        by=by,
        participant=person,
        basis=PlanBasis.EVERY,
        months=given.EVERY,
        before="",
        due_on=timezone.localdate() + timedelta(days=30),
    )


def _begin(made: Made, about: str, wish: ConversationRequest | None = None) -> Conversation:
    found: Conversation = plan_conversation(
        by=made.members[given.CONVENER],
        participant=made.people[given.PERSON],
        kind=ConversationKind.CONVERSATION,
        about=about,
        minutes=LASTED,
        how=How.PLACE,
        where=given.PLACE,
        where_is_neutral=True,
        link="",
        others=[(made.desks[given.OTHER_AGENCY], made.members[given.OTHER])],
        request=wish,
    )
    return found


def _answer_times(made: Made, talk: Conversation) -> None:
    options = list(TimeOption.objects.filter(conversation=talk))
    works = {option.pk: number != 1 for number, option in enumerate(options)}
    answer_times(by=made.members[given.OTHER], conversation=talk, works=works)
    answer_times(by=_phone(made), conversation=talk, works={pk: True for pk in works})


def _invite(made: Made, talk: Conversation, starts: datetime) -> None:
    invite(
        by=made.members[given.CONVENER],
        conversation=talk,
        meeting=Appointment(starts_at=starts, how=How.PLACE, where=given.PLACE, where_is_neutral=True),
    )


def _come(made: Made, talk: Conversation, *, phone: bool) -> None:
    calls = {call.party.kind: call for call in Invitation.objects.filter(conversation=talk, party__agency__isnull=True)}
    theirs = Invitation.objects.get(conversation=talk, party__agency=made.agencies[given.OTHER_AGENCY])
    read_invitation(by=made.members[given.OTHER], invitation=theirs)
    answer_invitation(by=made.members[given.OTHER], invitation=theirs, answer=Answer.COMING)
    if phone:
        read_invitation(by=_phone(made), invitation=calls[PartyKind.PARTICIPANT])
        answer_invitation(by=_phone(made), invitation=calls[PartyKind.PARTICIPANT], answer=Answer.COMING)


# ---------- the last one ----------
def _last_day(made: Made) -> date:
    return day_ago(HELD_AGO, timezone.localdate(made.now))


def _plan_last(made: Made) -> None:
    talk, day = _begin(made, given.ABOUT_LAST), _last_day(made)
    starts = [_at(day, clock) for clock in ("10.00", TIME, "15.00")]
    propose_times(by=made.members[given.CONVENER], conversation=talk, starts=starts)


def _answer_last_times(made: Made) -> None:
    _answer_times(made, _talk(given.PERSON, made, ConversationState.PREPARING))


def _invite_last(made: Made) -> None:
    _invite(made, _talk(given.PERSON, made, ConversationState.PREPARING), _at(_last_day(made), TIME))


def _answer_last(made: Made) -> None:
    _come(made, _talk(given.PERSON, made, ConversationState.INVITED), phone=True)


def _hold(made: Made) -> None:
    talk = _talk(given.PERSON, made, ConversationState.INVITED)
    hold_conversation(by=made.members[given.CONVENER], conversation=talk)


def _write(made: Made) -> None:
    """Mira's own words, taken down; each agency's part; the tasks."""
    talk, by, other = _held(made), made.members[given.CONVENER], made.members[given.OTHER]
    write_own_words(by=_phone(made), conversation=talk, text=given.OWN_WORDS, version=0)
    next_on = timezone.localdate(made.now) + timedelta(days=75)
    common = Common(goals=given.GOALS, next_on=next_on)
    write_common(by=by, conversation=talk, common=common, version="")
    write_section(by=by, conversation=talk, text=given.CONVENER_PART, version=0)
    write_section(by=other, conversation=talk, text=given.OTHER_PART, version=0)
    today = timezone.localdate(made.now)
    for task in given.TASKS:
        _add_task(made, talk, task, max(day_ahead(task.days, today), timezone.localdate()))


def _held(made: Made) -> Conversation:
    return _talk(given.PERSON, made, ConversationState.HELD)


def _add_task(made: Made, talk: Conversation, task: given.TaskGiven, due_on: date) -> None:
    """The convener writes Mira's too: they agreed on it in the room."""
    whose = {"kind": PartyKind.PARTICIPANT} if task.party == "deltagaren" else {"member": made.members[task.party]}
    by = made.members[given.CONVENER if task.party == "deltagaren" else task.party]
    party = Party.objects.get(conversation=talk, **whose)
    add_commitment(by=by, conversation=talk, party=party, text=task.text, due_on=due_on)


def _share_and_send(made: Made) -> None:
    talk, by, other = _held(made), made.members[given.CONVENER], made.members[given.OTHER]
    state_ground(by=other, conversation=talk, ground=Ground.objects.get(pk="consent"))
    share_section(by=other, conversation=talk)
    share_section(by=by, conversation=talk)
    send_agreement(by=by, conversation=talk)


def _confirm(made: Made) -> None:
    """Each agency its own part, Mira the whole."""
    copies = AgreementCopy.objects.filter(version__agreement__conversation=_held(made)).select_related("party")
    for copy in copies:
        by = _phone(made) if copy.party.kind == PartyKind.PARTICIPANT else copy.party.member
        if by is not None:
            answer_agreement(by=by, copy=copy, verdict="confirmed")


# ---------- the next one ----------
def _wish(made: Made) -> None:
    request_conversation(by=_phone(made), participant=made.people[given.PERSON], reason=given.WISH)


def _next_at(made: Made) -> datetime:
    return _at(day_ahead(given.AHEAD, timezone.localdate(made.now)), given.AT)


def _plan_next(made: Made) -> None:
    talk = _begin(made, given.ABOUT_NEXT, ConversationRequest.objects.get(participant=made.people[given.PERSON]))
    starts = [_next_at(made), _next_at(made) + timedelta(hours=3), _next_at(made) + timedelta(hours=5)]
    propose_times(by=made.members[given.CONVENER], conversation=talk, starts=starts)


def _answer_next_times(made: Made) -> None:
    _answer_times(made, _talk(given.PERSON, made, ConversationState.PREPARING))


def _invite_next(made: Made) -> None:
    _invite(made, _talk(given.PERSON, made, ConversationState.PREPARING), _next_at(made))


def _answer_next(made: Made) -> None:
    _come(made, _talk(given.PERSON, made, ConversationState.INVITED), phone=False)


def _finish_task(made: Made) -> None:
    for task in given.TASKS:
        if task.done:
            close_commitment(by=made.members[task.party], commitment=Commitment.objects.get(text=task.text))


def _ask(made: Made) -> None:
    shown = ask_question(by=_phone(made), text=given.QUESTION_SHOWN)
    talk = _talk(given.PERSON, made, ConversationState.INVITED)
    show_question(by=_phone(made), question=shown, conversation=talk)
    ask_question(by=_phone(made), text=given.QUESTION_OWN)


# ---------- another agency's ----------
def _plan_theirs(made: Made) -> None:
    """Arbetsförmedlingen plans a conversation about Ove, and asks which times work."""
    by = made.members[given.THEIR_CONVENER]
    talk = plan_conversation(
        by=by,
        participant=made.people[given.THEIRS],
        kind=ConversationKind.CONVERSATION,
        about=given.THEIR_ABOUT,
        minutes=LASTED,
        how=How.PLACE,
        where="Arbetsförmedlingen, rum 2",
        link="",
        others=[(made.desks[given.THEIR_AGENCY], made.members[given.THEY_ASK])],
    )
    today = timezone.localdate(made.now)
    starts = [_at(day_ahead(days, today), "14.00") for days in given.THEIR_DAYS]
    propose_times(by=by, conversation=talk, starts=starts)
