"""The demo's steering group, by the product's own actions: two meetings behind it, what they decided, the next one."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from meetings.actions.approvals import approve_minutes
from meetings.actions.attendance import tick_present
from meetings.actions.calls import call_meeting
from meetings.actions.decisions import DecisionInput, VoteInput, decide
from meetings.actions.gender import answer_gender_equality, close_gender_item
from meetings.actions.groups import add_seat, create_group, seat_members
from meetings.actions.minutes import send_minutes
from meetings.actions.notes import save_note
from meetings.actions.proposals import propose_item
from meetings.actions.room import finish_meeting, go_to_item, start_meeting, take_pen
from meetings.actions.series import open_extra_meeting
from meetings.models import AgendaItem, Attendance, Group, Meeting
from meetings.rules import of_hat
from meetings.states import AHEAD, GenderAnswer, GroupKind, ItemKind, MeetingState, Procedure, Purpose, Vote
from meetings.steering.actions.co_financing import Terms, agree_on_time
from meetings.steering.actions.documents import adopt_document, confirm_read, publish_document, start_document
from meetings.steering.actions.time_filling import make_time_reports
from meetings.steering.models import Document
from meetings.steering.queries.documents import current_of, state_of
from workspace.front.actions.made import Made, Step
from workspace.front.demo import steering as given
from workspace.front.demo.cast import PITEA
from workspace.front.demo.clock import day_ago, day_ahead, moment
from workspace.models import Municipality

CALLED = 14  # calendar days before a meeting that its agenda is sent


def steering_steps(made: Made) -> list[Step]:
    """Everything that happens around the group, each with its moment."""
    steps: list[Step] = [(moment(given.BEGAN, "10.00", made.now), _step(_make_group, made))]
    today = timezone.localdate(made.now)
    for days_ago in (given.FIRST, given.SECOND):
        day = day_ago(days_ago, today)
        called = timezone.make_aware(datetime.combine(day - timedelta(days=CALLED), time(8, 30)))
        steps.append((called - timedelta(minutes=30), _step(_open, made, day)))
        steps.append((called, _step(_call, made)))
        for at, perform in (
            ("09.01", _begin),
            ("09.10", _write),
            ("09.40", _decide),
            ("10.50", _finish),
            ("15.30", _send),
        ):
            steps.append((moment(days_ago, at, made.now), _step(perform, made, days_ago)))
        steps.append((moment(days_ago - 2, "08.20", made.now), _step(_sign, made, given.ADJUSTER)))
        steps.append((moment(days_ago - 3, "13.10", made.now), _step(_sign, made, given.CHAIR)))
    next_day = day_ahead(1, today + timedelta(days=given.AHEAD))
    steps.append((moment(9, "14.00", made.now), _step(_open, made, next_day)))
    steps.append((moment(4, "11.20", made.now), _step(_propose, made)))
    for one in given.DOCUMENTS:
        steps.append((moment(one.published, "13.00", made.now), _step(_publish, made, one)))
        steps.append((moment(one.published - 5, "09.15", made.now), _step(_adopt, made, one)))
    steps.append((moment(given.BEGAN, "11.00", made.now), _step(_agree_on_time, made)))
    steps.append((moment(0, "06.10", made.now), _step(make_time_reports)))
    return steps


def _step(perform: Callable[..., object], *args: object) -> Callable[[], object]:
    return lambda: perform(*args)


# ---------- the group ----------
def _make_group(made: Made) -> None:
    by = made.roles[given.ARRANGER]
    places = list(Municipality.objects.filter(name=given.MUNICIPALITY))
    group = create_group(
        by=by,
        cooperation=made.cooperations[PITEA],
        kind=GroupKind.STEERING,
        name=given.GROUP,
        municipalities=places,
        quorum=given.QUORUM,
    )
    for agency, who in given.SEATS:
        seat = add_seat(by=by, group=group, desk=made.desks[agency], from_on=timezone.localdate())
        seat_members(by=by, seat=seat, ordinary=made.members[who], deputies=[])


def _group() -> Group:
    return Group.objects.select_related("cooperation").get(name=given.GROUP)


def _meetings() -> QuerySet[Meeting]:
    return Meeting.objects.filter(group__name=given.GROUP).select_related("group__cooperation")


def _ahead() -> Meeting:
    return _meetings().filter(state__in=AHEAD).earliest("starts_at")


def _under_way() -> Meeting:
    return _meetings().get(state=MeetingState.IN_PROGRESS)


def _last() -> Meeting:
    return _meetings().filter(state=MeetingState.HELD).latest("starts_at")


def _open(made: Made, day: date) -> None:
    begins, ends = (timezone.make_aware(datetime.combine(day, at)) for at in (given.BEGINS, given.ENDS))
    by = made.roles[given.ARRANGER]
    open_extra_meeting(by=by, group=_group(), starts_at=begins, ends_at=ends, place=given.PLACE)


def _call(made: Made) -> None:
    call_meeting(by=made.roles[given.CHAIR], meeting=_ahead())


# ---------- a meeting ----------
def _begin(made: Made, days_ago: int) -> None:
    """The chair begins and has the pen; who came is ticked."""
    by = made.roles[given.CHAIR]
    meeting = start_meeting(by=by, meeting=_ahead())
    for _, who in given.SEATS:
        if who not in given.MISSED.get(days_ago, ()):
            tick_present(by=by, meeting=meeting, who=made.members[who], present=True)
    take_pen(by=by, meeting=meeting)


def _write(made: Made, days_ago: int) -> None:
    item = AgendaItem.objects.get(meeting=_under_way(), kind=ItemKind.FIGURES)
    save_note(by=made.roles[given.CHAIR], item=item, text=given.NOTES[days_ago], base_version=0)


def _decide(made: Made, days_ago: int) -> None:
    """The meeting's decision. Where it is about something else, the standing item is closed by itself."""
    by, meeting, one = made.roles[given.CHAIR], _under_way(), given.DECISIONS[days_ago]
    gender = AgendaItem.objects.get(meeting=meeting, kind=ItemKind.GENDER_EQUALITY)
    if one.kind == ItemKind.GENDER_EQUALITY:
        close_gender_item(by=by, item=gender, decision=_input(made, meeting, one))
        return
    decide(by=by, item=AgendaItem.objects.get(meeting=meeting, kind=one.kind), data=_input(made, meeting, one))
    answer_gender_equality(by=by, item=gender, answer=GenderAnswer.NO_DEVIATION, text=given.NO_DEVIATION)


def _input(made: Made, meeting: Meeting, one: given.DecisionGiven) -> DecisionInput:
    votes = []
    if one.against:
        against = {made.members[who].pk for who in one.against}
        for row in Attendance.objects.filter(meeting=meeting, member__isnull=False).exclude(present_how=""):
            no = row.member_id in against
            votes.append(VoteInput(row.pk, Vote.AGAINST if no else Vote.FOR, one.dissent if no else ""))
    owner = made.members[one.owner]
    today = timezone.localdate(made.now)
    return DecisionInput(
        text=one.text,
        proposals=one.proposals,
        why=one.why,
        procedure=Procedure.VOTE if votes else Procedure.UNANIMOUS,
        votes=votes,
        owner=owner.agency,
        responsible=owner,
        due_on=day_ahead(one.days, today),
        indicator=one.indicator,
    )


def _finish(made: Made, days_ago: int) -> None:
    """Walk through what is left of the agenda, and end the meeting."""
    by = made.roles[given.CHAIR]
    for _ in range(AgendaItem.objects.filter(meeting=_under_way(), started_at__isnull=True).count()):
        meeting = _under_way()
        go_to_item(by=by, meeting=meeting, leaving=meeting.current_item_id or 0)
    finish_meeting(by=by, meeting=_under_way())


def _send(made: Made, days_ago: int) -> None:
    meeting = _last()
    hats = made.members[given.ADJUSTER], made.roles[given.CHAIR]
    adjusters = [Attendance.objects.get(of_hat(hat), meeting=meeting).pk for hat in hats]
    send_minutes(by=made.roles[given.ARRANGER], meeting=meeting, adjusters=adjusters)


def _sign(made: Made, who: str) -> None:
    minutes = _last().minutes_versions.latest("version")
    approve_minutes(by=made.members.get(who) or made.roles[who], minutes=minutes)


# ---------- the next one ----------
def _propose(made: Made) -> None:
    for one in given.PROPOSALS:
        propose_item(
            by=made.members[one.by],
            group=_group(),
            title=one.title,
            why=one.why,
            wanted=one.wanted,
            link=one.link,
            purpose=Purpose.DECISION,
            minutes=15,
        )


# ---------- routines and time ----------
def _publish(made: Made, one: given.DocumentGiven) -> None:
    by, cooperation = made.roles[given.ARRANGER], made.cooperations[PITEA]
    document = start_document(by=by, cooperation=cooperation, kind=one.kind, title=one.title, text=one.text)
    publish_document(by=by, document=document, base=state_of(document))


def _adopt(made: Made, one: given.DocumentGiven) -> None:
    document = Document.objects.get(title=one.title)
    version = current_of(document)
    if version is None:
        raise ValueError(f"{one.title} is not published")
    for who in one.adopted:
        adopt_document(by=made.members[who], version=version, adopted_on=timezone.localdate())
    for who in one.read:
        confirm_read(by=made.members[who], version=version)


def _agree_on_time(made: Made) -> None:
    first = timezone.localdate().replace(day=1)
    for who, hours, budget_line in given.TIME:
        manager = made.members[who]
        terms = Terms(hours, budget_line, manager, manager, first, None)
        agree_on_time(
            by=made.roles[given.ARRANGER], cooperation=made.cooperations[PITEA], agency=manager.agency, terms=terms
        )
