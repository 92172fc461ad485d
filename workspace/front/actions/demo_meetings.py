"""The demo's meetings, by the product's own actions: a year of them, the last one written down, the next one called."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from meetings.actions.agenda import ItemInput, add_item
from meetings.actions.approvals import approve_minutes
from meetings.actions.attendance import answer_call, tick_present
from meetings.actions.calls import call_meeting
from meetings.actions.cases import put_case
from meetings.actions.follow_up import add_action, add_decision, close_action
from meetings.actions.groups import add_seat, change_group, create_group, seat_members
from meetings.actions.minutes import send_minutes
from meetings.actions.notes import save_note
from meetings.actions.proposals import propose_item
from meetings.actions.room import answer_gender_equality, finish_meeting, go_to_item, start_meeting, take_pen
from meetings.actions.series import create_series
from meetings.models import ActionItem, AgendaItem, Attendance, Group, GroupSeat, Meeting, Series
from meetings.queries.series import days_of
from meetings.states import AHEAD, Answer, GenderAnswer, GroupKind, ItemKind, Ordinal, Purpose, Repeats
from workspace.actions import record_consent
from workspace.actions.consents import RowInput
from workspace.front.actions.made import Made, Step
from workspace.front.demo import meetings as given
from workspace.front.demo.cast import PITEA
from workspace.front.demo.clock import day_ahead, moment
from workspace.models import Category, Municipality
from workspace.states import ConsentForm

ABOUT_CALLED = 10  # calendar days before a meeting that its agenda is sent


def meeting_steps(made: Made) -> list[Step]:
    """Everything that happens around the group, each with its moment."""
    today = timezone.localdate(made.now)
    first = today - timedelta(days=given.YEAR)
    plan = _plan(first)
    days = [day for day in days_of(plan, first, today) if day < today]
    begun = _at(first, "09.00") - timedelta(days=20)
    steps: list[Step] = [(begun, _step(_make_group, made, plan))]
    for ago, day in enumerate(reversed(days)):
        called = max(_at(day, "08.15") - timedelta(days=ABOUT_CALLED), begun + timedelta(hours=1))
        if ago == 0:
            steps.append((called - timedelta(minutes=5), _step(_add_items, made, given.LAST_ITEMS)))
            steps += [(_at(day, clock), _step(_next_item, made)) for clock in given.NEXT_AT]
        steps.append((called, _step(_call, made)))
        steps.append((_at(day, "13.01"), _step(_begin, made, ago)))
        steps.append((_at(day, "13.05"), _step(_pass if ago else _write, made)))
        steps.append((_at(day, "14.50"), _step(_finish, made)))
    steps.append((_after(days[-1], made), _step(_send, made)))
    for days_ago, at, perform, *more in (
        (6, "10.05", _consent),
        (5, "15.20", _propose),
        (4, "09.30", _settle),
        (3, "09.45", _add_items, given.NEXT_ITEMS),
        (3, "10.30", _put_case),
        (3, "11.00", _call),
        (2, "10.10", _answer),
        (1, "16.10", _decline),
    ):
        steps.append((moment(days_ago, at, made.now), _step(perform, made, *more)))
    return steps


def _plan(first: date) -> Series:
    return Series(
        repeats=Repeats.MONTHLY,
        ordinal=Ordinal.THIRD,
        weekday=given.WEEKDAY,
        begins=given.BEGINS,
        ends=given.ENDS,
        from_on=first,
        months_off=given.MONTHS_OFF,
        place=given.PLACE,
        place_is_neutral=True,
    )


def _at(day: date, clock: str) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.fromisoformat(clock.replace(".", ":"))))


def _after(day: date, made: Made) -> datetime:
    """The day after the last meeting, but never ahead of now."""
    return min(_at(day + timedelta(days=1), "09.20"), made.now - timedelta(minutes=1))


def _step(perform: Callable[..., object], *args: object) -> Callable[[], object]:
    return lambda: perform(*args)


# ---------- the group, and the year behind it ----------
def _make_group(made: Made, plan: Series) -> None:
    by = made.roles[given.ARRANGER]
    cooperation = made.cooperations[PITEA]
    places = list(Municipality.objects.filter(name=given.MUNICIPALITY))
    group = create_group(
        by=by, cooperation=cooperation, kind=GroupKind.COOPERATION, name=given.GROUP, municipalities=places, quorum=3
    )
    for one in given.SEATS:
        seat = add_seat(by=by, group=group, desk=made.desks[one.agency], from_on=timezone.localdate())
        deputies = [made.members[name] for name in one.deputies]
        seat_members(by=by, seat=seat, ordinary=made.members[one.ordinary], deputies=deputies)
    change_group(
        by=by,
        group=group,
        name=group.name,
        municipalities=places,
        chair=made.members[given.CHAIR],
        secretary=made.members[given.SECRETARY],
        quorum=3,
        anonymous_cases=group.anonymous_cases,
        has_read_warning=False,
    )
    create_series(by=by, group=group, plan=plan, exceptions={})


def _meetings() -> QuerySet[Meeting]:
    """The cooperation group's: the steering group has its own."""
    return Meeting.objects.filter(group__name=given.GROUP).select_related("group")


def _ahead() -> Meeting:
    """The meeting that is next."""
    found: Meeting = _meetings().filter(state__in=AHEAD).earliest("starts_at")
    return found


def _under_way() -> Meeting:
    found: Meeting = _meetings().get(state="in_progress")
    return found


def _call(made: Made) -> None:
    call_meeting(by=made.members[given.CHAIR], meeting=_ahead())


def _begin(made: Made, ago: int) -> None:
    """The chair begins; the secretary takes the pen, and who came is ticked."""
    chair, secretary = made.members[given.CHAIR], made.members[given.SECRETARY]
    meeting = start_meeting(by=chair, meeting=_ahead())
    for seat in given.SEATS:
        if ago not in seat.missed and seat.ordinary != given.CHAIR:
            tick_present(by=chair, meeting=meeting, who=made.members[seat.ordinary], present=True)
    take_pen(by=secretary, meeting=meeting)


def _pass(made: Made) -> None:
    """A meeting that left no more than its answer to the standing item."""
    item = AgendaItem.objects.get(meeting=_under_way(), kind=ItemKind.GENDER_EQUALITY)
    answer_gender_equality(
        by=made.members[given.SECRETARY],
        item=item,
        answer=GenderAnswer.NO_DEVIATION,
        text="Siffrorna är som förra månaden.",
    )


def _next_item(made: Made) -> None:
    meeting = _under_way()
    go_to_item(by=made.members[given.CHAIR], meeting=meeting, leaving=meeting.current_item_id or 0)


def _finish(made: Made) -> None:
    """Walk through what is left of the agenda, and end the meeting."""
    for _ in range(AgendaItem.objects.filter(meeting=_under_way(), started_at__isnull=True).count()):
        _next_item(made)
    finish_meeting(by=made.members[given.CHAIR], meeting=_under_way())


# ---------- the last meeting ----------
def _item(one: given.ItemGiven, made: Made) -> ItemInput:
    return ItemInput(
        title=one.title,
        section=given.SECTION,
        purpose=one.purpose,
        minutes=one.minutes,
        presenter=made.members.get(one.presenter),
        presenter_role=None if one.presenter else made.roles[given.ARRANGER],
    )


def _write(made: Made) -> None:
    """What was said, decided and given to somebody to do."""
    meeting, secretary = _under_way(), made.members[given.SECRETARY]
    for start, text in given.NOTES:
        item = AgendaItem.objects.get(meeting=meeting, title__startswith=start)
        save_note(by=secretary, item=item, text=text, base_version=0)
    gender = AgendaItem.objects.get(meeting=meeting, kind=ItemKind.GENDER_EQUALITY)
    answer_gender_equality(by=secretary, item=gender, answer=GenderAnswer.DECISION, text=given.GENDER)
    items = []
    for one in given.LAST_ITEMS:
        item = AgendaItem.objects.get(meeting=meeting, title=one.title)
        items.append(item)
        save_note(by=secretary, item=item, text=one.note, base_version=0)
        if one.decision:
            add_decision(by=secretary, item=item, text=one.decision)
    today = timezone.localdate(made.now)
    for number, todo in enumerate(given.ACTIONS):
        add_action(
            by=secretary,
            item=items[number % len(items)],
            text=todo.text,
            agency=made.agencies[todo.agency],
            responsible=made.members[todo.who],
            due_on=max(day_ahead(todo.days, today), timezone.localdate()),
        )


def _send(made: Made) -> None:
    """The minutes go out, and the chair approves them."""
    meeting = _meetings().filter(state="held").latest("starts_at")
    adjuster = Attendance.objects.get(meeting=meeting, member=made.members[given.CHAIR])
    minutes = send_minutes(by=made.members[given.SECRETARY], meeting=meeting, adjusters=[adjuster.pk])
    approve_minutes(by=made.members[given.CHAIR], minutes=minutes)


# ---------- the next meeting ----------
def _consent(made: Made) -> None:
    """Mira lets four agencies talk with each other about her."""
    categories = Category.objects.in_bulk(["identity", "meeting"])
    circle = [made.agencies[code] for code in given.CASE.circle]
    by = made.members[given.CASE.by]
    until = timezone.localdate(made.now) + timedelta(days=180)
    rows = [
        RowInput(teller, hearer, category, given.CASE.purpose, until)
        for teller in circle
        for hearer in circle
        for code, category in categories.items()
        if teller != hearer and (code == "meeting" or teller == by.agency)
    ]
    record_consent(
        by=by,
        agency=by.agency,
        participant=made.people[given.CASE.person],
        form=ConsentForm.WRITTEN,
        given_on=timezone.localdate(),
        rows=rows,
    )


def _propose(made: Made) -> None:
    group = Group.objects.get(name=given.GROUP)
    for one in given.PROPOSALS:
        propose_item(
            by=made.members[one.by], group=group, title=one.title, why=one.why, purpose=Purpose.DISCUSSION, minutes=15
        )


def _settle(made: Made) -> None:
    for todo in given.ACTIONS:
        if todo.done:
            close_action(by=made.members[todo.who], action_item=ActionItem.objects.get(text=todo.text))


def _add_items(made: Made, items: tuple[given.ItemGiven, ...]) -> None:
    for one in items:
        add_item(by=made.members[given.CHAIR], meeting=_ahead(), data=_item(one, made))


def _put_case(made: Made) -> None:
    meeting = _ahead()
    seats = GroupSeat.objects.filter(group=meeting.group, function__agency__code__in=given.CASE.circle)
    put_case(
        by=made.members[given.CASE.by],
        meeting=meeting,
        participant=made.people[given.CASE.person],
        question=given.CASE.question,
        minutes=15,
        seats=list(seats.select_related("function__agency")),
        informed_on=timezone.localdate(),
    )


def _answer(made: Made) -> None:
    for who in ("af-pitea", "lss-pitea"):
        answer_call(by=made.members[who], meeting=_ahead(), answer=Answer.COMING)
    answer_call(by=made.members["fk-norr"], meeting=_ahead(), answer=Answer.NOT_COMING)
    answer_call(by=made.members["fk-norr-2"], meeting=_ahead(), answer=Answer.COMING)


def _decline(made: Made) -> None:
    answer_call(by=made.members["psyk-pitea"], meeting=_ahead(), answer=Answer.NOT_COMING)
