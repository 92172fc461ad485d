"""Every form of the meetings' floor: who posts it, where, and what. One function per noun, collected below."""

from collections.abc import Callable
from typing import Any

from meetings.actions import calls
from meetings.actions.approvals import approve_minutes
from meetings.forms.series import DaysOffForm, SeriesForm
from meetings.models import Group, Series
from meetings.queries.series import rule_of
from meetings.schedule import coming, sentence
from meetings.states import MeetingState
from tests.cast import Cast
from tests.meetings.agenda_forms import agenda_forms, follow_up_forms
from tests.meetings.case_forms import case_forms
from tests.meetings.cast import Room, in_days, make_room, put_in
from tests.meetings.minutes_stage import Held, make_held, sent_by_soc
from tests.meetings.room_forms import room_forms
from workspace.models import Municipality
from workspace.rules import Hat

Form = Callable[[], tuple[Hat, str, dict[str, Any]]]


def attendance_forms(cast: Cast) -> dict[str, Form]:
    """Those of the call, its answers and who was there."""

    def called() -> Room:
        found = make_room(cast)
        calls.call_meeting(by=cast.soc, meeting=found.meeting)
        return found

    def call() -> tuple[Hat, str, dict[str, Any]]:
        return cast.soc, f"/moten/{make_room(cast).meeting.pk}/kalla/", {}

    def answer() -> tuple[Hat, str, dict[str, Any]]:
        return cast.psyk, f"/moten/{called().meeting.pk}/svar/", {"answer": "coming", "comment": ""}

    def tick() -> tuple[Hat, str, dict[str, Any]]:
        meeting = put_in(called().meeting, MeetingState.IN_PROGRESS)
        return cast.soc, f"/moten/{meeting.pk}/narvaro/", {"who": cast.fk.hat_key, "present": "1"}

    return {"call_meeting": call, "answer_call": answer, "tick_present": tick}


def minutes_forms(cast: Cast) -> dict[str, Form]:
    """Those of the minutes: sent, approved, objected to, corrected, taken back."""

    def address(held: Held, tail: str) -> str:
        return f"/moten/{held.meeting.pk}/protokoll/{tail}/"

    def sent() -> Held:
        held = make_held(make_room(cast))
        sent_by_soc(held)
        return held

    def send() -> tuple[Hat, str, dict[str, Any]]:
        held = make_held(make_room(cast))
        chosen = {"adjusters": [held.soc.pk], "recipients": [row.pk for row in held.all.values()]}
        return cast.soc, address(held, "skicka"), chosen

    def approve() -> tuple[Hat, str, dict[str, Any]]:
        return cast.soc, address(sent(), "1/justera"), {}

    def object_to() -> tuple[Hat, str, dict[str, Any]]:
        return cast.soc, address(sent(), "1/andring"), {"comment": "Ett beslut saknas"}

    def correct() -> tuple[Hat, str, dict[str, Any]]:
        held = sent()
        approve_minutes(by=cast.soc, minutes=held.meeting.minutes_versions.get())
        return cast.soc, address(held, "ratta"), {"reason": "Fel datum"}

    def withdraw() -> tuple[Hat, str, dict[str, Any]]:
        held = sent()
        row = held.meeting.minutes_versions.get().recipients.get(attendance=held.fk)
        return cast.soc, address(held, "1/aterkalla"), {"recipients": [row.pk], "reason": "Fel person"}

    return {
        "minutes_send": send,
        "minutes_approve": approve,
        "minutes_object": object_to,
        "minutes_correct": correct,
        "minutes_withdraw": withdraw,
    }


def group_forms(cast: Cast) -> dict[str, Form]:
    """Those of groups, seats, series and one meeting's time."""

    def base() -> tuple[Room, str]:
        found = make_room(cast)
        return found, f"/moten/grupp/{found.group.pk}"

    def place() -> int:
        return Municipality.objects.get(name="Piteå").pk

    def new_group() -> tuple[Hat, str, dict[str, Any]]:
        data = {"kind": "project", "name": "Projektgruppen", "municipalities": [place()], "quorum": "2"}
        return cast.coordinator, "/moten/grupp/ny/", data

    def change_group() -> tuple[Hat, str, dict[str, Any]]:
        return cast.soc, f"{base()[1]}/andra/", {"name": "Nytt namn", "municipalities": [place()], "quorum": "2"}

    def end_group() -> tuple[Hat, str, dict[str, Any]]:
        return cast.soc, f"{base()[1]}/avsluta/", {}

    def add_seat() -> tuple[Hat, str, dict[str, Any]]:
        found, url = base()
        found.fk_seat.delete()
        return cast.soc, f"{url}/platser/", {"desk": cast.fk_desk.pk, "from_on": str(in_days(0).date())}

    def seat_members() -> tuple[Hat, str, dict[str, Any]]:
        found, url = base()
        return cast.soc, f"{url}/platser/{found.soc_seat.pk}/", {"ordinary": cast.soc.pk, "deputy_1": cast.soc_2.pk}

    def end_seat() -> tuple[Hat, str, dict[str, Any]]:
        found, url = base()
        return cast.soc, f"{url}/platser/{found.fk_seat.pk}/avsluta/", {"last_on": str(in_days(3).date())}

    def end_holder() -> tuple[Hat, str, dict[str, Any]]:
        found, url = base()
        holder = found.fk_seat.holders.get(membership=cast.fk)
        return cast.soc, f"{url}/platser/{found.fk_seat.pk}/{holder.pk}/lamna/", {}

    def new_meeting() -> tuple[Hat, str, dict[str, Any]]:
        return cast.soc, f"{base()[1]}/mote/", {"day": str(in_days(9).date()), "begins": "9", "ends": "10"}

    def move_meeting() -> tuple[Hat, str, dict[str, Any]]:
        data = {"day": str(in_days(9).date()), "begins": "9", "ends": "10"}
        return cast.soc, f"/moten/{base()[0].meeting.pk}/tid/", data

    def cancel_meeting() -> tuple[Hat, str, dict[str, Any]]:
        return cast.soc, f"/moten/{base()[0].meeting.pk}/stall-in/", {"reason": "Snöstorm"}

    one = (new_group, change_group, end_group, add_seat, seat_members, end_seat, end_holder)
    return {form.__name__: form for form in (*one, new_meeting, move_meeting, cancel_meeting)} | series_forms(cast)


def series_forms(cast: Cast) -> dict[str, Form]:
    """Those of a series. The first two are sent as somebody does who has been shown the days."""
    first = in_days(1).date()
    plan = {"rhythm": "weekly-1", "weekday": str(first.weekday()), "begins": "8", "ends": "9", "from_on": str(first)}

    def shown(old: Series | None) -> dict[str, Any]:
        form = SeriesForm(plan, series=old)
        assert form.is_valid(), form.errors
        rule = rule_of(form.plan())
        said = sentence(rule, form.plan().begins, form.plan().ends)
        off = DaysOffForm(None, plan=form.plan()).off
        chosen = {f"dag-{day.isoformat()}": "inget" for day in off}
        return {**plan, **chosen, "shown": f"{old.pk if old else ''} {rule.from_on} {said}"}

    def new_series() -> tuple[Hat, str, dict[str, Any]]:
        group = make_room(cast).group
        return cast.soc, f"/moten/grupp/{group.pk}/serie/ny/", shown(None)

    def running(group: Group) -> Series:
        return Series.objects.create(group=group, weekday=first.weekday(), begins="10:00", ends="11:00", from_on=first)

    def change_series() -> tuple[Hat, str, dict[str, Any]]:
        group = make_room(cast).group
        return cast.soc, f"/moten/grupp/{group.pk}/serie/", shown(running(group))

    def series_day() -> tuple[Hat, str, dict[str, Any]]:
        group = make_room(cast).group
        series = running(group)
        (day, *_) = coming(rule_of(series), {}, first, 1)
        return cast.soc, f"/moten/grupp/{group.pk}/serie/dag/?dag={day.on}", {"where": "inget"}

    return {"new_series": new_series, "change_series": change_series, "series_day": series_day}


def meeting_forms(cast: Cast) -> dict[str, Form]:
    """Address name -> who posts what where."""
    return {
        **group_forms(cast),
        **attendance_forms(cast),
        **minutes_forms(cast),
        **agenda_forms(cast),
        **follow_up_forms(cast),
        **case_forms(cast),
        **room_forms(cast),
    }
