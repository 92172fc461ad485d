"""Every form of the meetings' floor: who posts it, where, and what. One function per noun, collected below."""

from collections.abc import Callable
from typing import Any

from meetings.actions import calls
from meetings.actions.approvals import approve_minutes
from meetings.forms.series import DaysOffForm, SeriesForm
from meetings.models import Group, Series
from meetings.queries.series import rule_of
from meetings.schedule import coming, sentence
from meetings.states import MeetingState, MinutesMode
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


def minutes_address(held: Held, tail: str) -> str:
    """Of the minutes of a meeting."""
    return f"/moten/{held.meeting.pk}/protokoll/{tail}/"


def sent_minutes(cast: Cast) -> Held:
    """A meeting whose minutes are sent and not yet approved."""
    held = make_held(make_room(cast))
    sent_by_soc(held)
    return held


def minutes_forms(cast: Cast) -> dict[str, Form]:
    """Those of the minutes: sent, approved, objected to, corrected, taken back."""

    def send() -> tuple[Hat, str, dict[str, Any]]:
        held = make_held(make_room(cast))
        chosen = {"adjusters": [held.soc.pk], "recipients": [row.pk for row in held.all.values()]}
        return cast.soc, minutes_address(held, "skicka"), chosen

    def approve() -> tuple[Hat, str, dict[str, Any]]:
        held = sent_minutes(cast)
        return cast.soc, minutes_address(held, "1/justera"), {"digest": held.meeting.minutes_versions.get().digest}

    def object_to() -> tuple[Hat, str, dict[str, Any]]:
        return cast.soc, minutes_address(sent_minutes(cast), "1/andring"), {"comment": "Ett beslut saknas"}

    def correct() -> tuple[Hat, str, dict[str, Any]]:
        held = sent_minutes(cast)
        approve_minutes(by=cast.soc, minutes=held.meeting.minutes_versions.get())
        return cast.soc, minutes_address(held, "ratta"), {"reason": "Fel datum"}

    return (
        {
            "minutes_send": send,
            "minutes_approve": approve,
            "minutes_object": object_to,
            "minutes_correct": correct,
        }
        | recipient_forms(cast)
        | locked_forms(cast)
    )


def recipient_forms(cast: Cast) -> dict[str, Form]:
    """Those of whom sent minutes are with: taken back from them, signed by another."""

    def replace() -> tuple[Hat, str, dict[str, Any]]:
        held = sent_minutes(cast)
        rows = held.meeting.minutes_versions.get().recipients
        chosen = {"leaves": rows.get(attendance=held.soc).pk, "comes": rows.get(attendance=held.psyk).pk}
        return cast.soc, minutes_address(held, "1/byt-justerare"), chosen

    def withdraw() -> tuple[Hat, str, dict[str, Any]]:
        held = sent_minutes(cast)
        row = held.meeting.minutes_versions.get().recipients.get(attendance=held.fk)
        return cast.soc, minutes_address(held, "1/aterkalla"), {"recipients": [row.pk], "reason": "Fel person"}

    return {"minutes_withdraw": withdraw, "minutes_replace": replace}


def locked_forms(cast: Cast) -> dict[str, Form]:
    """Those of minutes that are approved and locked: an addendum, a notice on the board."""

    def locked(mode: MinutesMode = MinutesMode.PROJECT) -> Held:
        found = make_room(cast)
        Group.objects.filter(pk=found.group.pk).update(minutes_mode=mode)
        found.meeting.group.refresh_from_db()
        held = make_held(found)
        approve_minutes(by=cast.soc, minutes=sent_by_soc(held))
        return held

    def addendum() -> tuple[Hat, str, dict[str, Any]]:
        return cast.soc, minutes_address(locked(), "1/tillagg"), {"text": "Bilagan saknades"}

    def post() -> tuple[Hat, str, dict[str, Any]]:
        posted = {"posted_on": str(in_days(0).date()), "where": "Anslagstavlan"}
        return cast.soc, minutes_address(locked(MinutesMode.FORMAL), "anslag"), posted

    return {"minutes_addendum": addendum, "minutes_post": post}


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
