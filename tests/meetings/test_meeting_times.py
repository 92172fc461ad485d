"""One meeting, over HTTP: moved, cancelled, outside the series, with another group; and answers asked for again."""

from collections.abc import Iterator
from datetime import date, time, timedelta

import pytest
import time_machine
from django.utils import timezone

from meetings.actions.series import open_extra_meeting
from meetings.models import Attendance, Group, Meeting, MeetingEvent, Series
from meetings.schedule import span
from meetings.states import MeetingState, MeetingVerb
from notifications.models import Notification
from tests.meetings.cast import Room, make_group, make_seat
from tests.meetings.series import NOW, AsHat, answer_all, make_series, opened, silenced, told
from workspace.errors import NotAllowed


@pytest.fixture
def november() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def quiet(november: None, room: Room) -> Room:
    return silenced(room)


# ---------- one meeting ----------
def test_a_moved_meeting_asks_those_who_had_answered_again_and_says_so_before(quiet: Room, as_hat: AsHat) -> None:
    meeting = opened(make_series(quiet, as_hat))
    answer_all(meeting, quiet.cast.soc)
    url = f"/moten/{meeting.pk}/tid/"
    client = as_hat(quiet.cast.soc)
    assert "Tre har redan svarat. De får frågan igen" in client.get(url).content.decode()
    form = {"day": "25 nov. 2026", "begins": "10", "ends": "11.30", "place": "Rum Norr"}
    assert client.post(url, form).status_code == 302
    meeting.refresh_from_db()
    assert (meeting.starts_at, meeting.ends_at) == span(date(2026, 11, 25), time(10), time(11, 30))
    assert (meeting.place, meeting.state, meeting.occurs_on) == ("Rum Norr", "called", date(2026, 11, 26))
    rows = Attendance.objects.filter(meeting=meeting, asked_at__isnull=False)
    assert {(row.answer, row.comment, row.answered_at, row.asked_at) for row in rows} == {
        ("", "", None, timezone.now())
    }
    assert rows.count() == 3
    event = MeetingEvent.objects.get(meeting=meeting, verb=MeetingVerb.MOVE)
    assert (event.member, event.text) == (quiet.cast.soc, "Från 26 nov. 2026, 13.00 till 25 nov. 2026, 10.00.")
    assert told("meeting.moved") == {quiet.cast.psyk.pk, quiet.cast.fk.pk}
    notice = Notification.objects.filter(kind="meeting.moved").first()
    assert notice is not None
    assert (notice.number, notice.object_id, notice.acting_agency) == ("25 nov. 2026", meeting.pk, None)


def test_another_place_at_the_same_time_leaves_the_answers(quiet: Room, as_hat: AsHat) -> None:
    meeting = opened(make_series(quiet, as_hat))
    answer_all(meeting, quiet.cast.soc)
    form = {"day": "26 nov. 2026", "begins": "13", "ends": "15", "place": "Rum Norr"}
    assert as_hat(quiet.cast.coordinator).post(f"/moten/{meeting.pk}/tid/", form).status_code == 302
    assert set(Attendance.objects.filter(asked_at__isnull=False).values_list("answer", flat=True)) == {"coming"}
    assert told("meeting.new_place") == {quiet.cast.soc.pk, quiet.cast.psyk.pk, quiet.cast.fk.pk}
    assert told("meeting.moved") == set()


def test_the_same_time_and_place_again_is_no_change(quiet: Room, as_hat: AsHat) -> None:
    meeting = opened(make_series(quiet, as_hat))
    answer_all(meeting, quiet.cast.soc)
    form = {"day": "26 nov. 2026", "begins": "13", "ends": "15", "place": "Rum Älven"}
    as_hat(quiet.cast.soc).post(f"/moten/{meeting.pk}/tid/", form)
    assert not MeetingEvent.objects.filter(meeting=meeting, verb=MeetingVerb.MOVE).exists()
    assert not Notification.objects.exists()


def test_before_the_call_nobody_is_told_of_a_move(quiet: Room, as_hat: AsHat) -> None:
    meeting = opened(make_series(quiet, as_hat))
    form = {"day": "25 nov. 2026", "begins": "10", "ends": "11"}
    as_hat(quiet.cast.soc).post(f"/moten/{meeting.pk}/tid/", form)
    assert not Notification.objects.exists()


def test_who_has_lost_their_seat_is_not_told_where_the_meeting_went(quiet: Room, as_hat: AsHat) -> None:
    meeting = opened(make_series(quiet, as_hat))
    answer_all(meeting, quiet.cast.soc)
    quiet.fk_seat.holders.update(to_on=timezone.localdate() - timedelta(days=1))
    form = {"day": "25 nov. 2026", "begins": "10", "ends": "11"}
    as_hat(quiet.cast.soc).post(f"/moten/{meeting.pk}/tid/", form)
    assert told("meeting.moved") == {quiet.cast.psyk.pk}


@pytest.mark.parametrize(("begins", "ends", "taken"), [("9", "10", False), ("9", "11", True), ("11", "12", False)])
def test_two_meetings_of_a_group_do_not_overlap(
    quiet: Room, as_hat: AsHat, begins: str, ends: str, taken: bool
) -> None:
    make_series(quiet, as_hat)
    client = as_hat(quiet.cast.soc)
    url = f"/moten/grupp/{quiet.group.pk}/mote/"
    assert client.post(url, {"day": "25 nov. 2026", "begins": "10", "ends": "11"}).status_code == 302
    again = client.post(url, {"day": "25 nov. 2026", "begins": begins, "ends": ends})
    assert again.status_code == (422 if taken else 302)
    assert ("Gruppen har redan ett möte då" in again.content.decode()) == taken
    inside = {"day": "25 nov. 2026", "begins": "10.30", "ends": "10.45"}
    assert client.post(f"/moten/{opened(Series.objects.get()).pk}/tid/", inside).status_code == 422


def test_a_time_that_has_been_is_refused(quiet: Room, as_hat: AsHat) -> None:
    client = as_hat(quiet.cast.soc)
    page = client.post(f"/moten/grupp/{quiet.group.pk}/mote/", {"day": "2 nov. 2026", "begins": "8", "ends": "9"})
    assert page.status_code == 422
    assert "Den tiden har redan varit" in page.content.decode()


def test_a_cancelled_meeting_says_why_tells_everybody_asked_and_the_next_opens(quiet: Room, as_hat: AsHat) -> None:
    series = make_series(quiet, as_hat)
    meeting = opened(series)
    answer_all(meeting, quiet.cast.soc)
    url = f"/moten/{meeting.pk}/stall-in/"
    assert as_hat(quiet.cast.coordinator).post(url, {"reason": ""}).status_code == 422
    assert as_hat(quiet.cast.coordinator).post(url, {"reason": "Halva gruppen är sjuk"}).status_code == 302
    assert told("meeting.cancelled") == {quiet.cast.soc.pk, quiet.cast.psyk.pk, quiet.cast.fk.pk}
    assert opened(series).occurs_on == date(2026, 12, 24)
    assert opened(series).starts_at == span(date(2026, 12, 23), time(13), time(15))[0]
    head = as_hat(quiet.cast.fk).get(f"/moten/{meeting.pk}/bit/huvud/").content.decode()
    assert "Inställt" in head
    assert "Halva gruppen är sjuk" in head


def test_a_meeting_that_somebody_else_moved_meanwhile_is_shown_first(quiet: Room, as_hat: AsHat) -> None:
    meeting = opened(make_series(quiet, as_hat))
    url, seen = f"/moten/{meeting.pk}/tid/", meeting.starts_at.isoformat()
    form = {"day": "25 nov. 2026", "begins": "10", "ends": "11", "shown": seen}
    assert as_hat(quiet.cast.psyk).post(url, form).status_code == 302
    late = as_hat(quiet.cast.soc).post(url, {**form, "day": "24 nov. 2026"})
    assert late.status_code == 422
    assert "Någon hann före. Mötet är nu 25 nov. 2026, 10.00." in late.content.decode()
    meeting.refresh_from_db()
    assert meeting.starts_at == span(date(2026, 11, 25), time(10), time(11))[0]


# ---------- joint meetings (R5) ----------
def test_a_joint_meeting_is_with_a_group_that_one_arranges_too(quiet: Room, as_hat: AsHat) -> None:
    other = make_group(quiet.cast, "Samverkansgruppen Norra")
    make_seat(other, quiet.cast.fk_desk, quiet.cast.fk)
    Group.objects.filter(pk=other.pk).update(chair=quiet.cast.fk, secretary=None)
    url = f"/moten/grupp/{quiet.group.pk}/mote/"
    form = {"day": "25 nov. 2026", "begins": "10", "ends": "11", "joined_group": other.pk}
    assert "Norra" not in as_hat(quiet.cast.soc).get(url).content.decode()
    as_hat(quiet.cast.soc).post(url, form)
    assert not Meeting.objects.filter(joined_group=other).exists()
    Meeting.objects.all().update(state=MeetingState.CANCELLED)
    assert as_hat(quiet.cast.coordinator).post(url, form).status_code == 302
    meeting = Meeting.objects.get(joined_group=other)
    assert as_hat(quiet.cast.fk).get(f"/moten/{meeting.pk}/").status_code == 200
    taken = as_hat(quiet.cast.fk).post(
        f"/moten/grupp/{other.pk}/mote/", {"day": "25 nov. 2026", "begins": "10.30", "ends": "12"}
    )
    assert taken.status_code == 422  # the joined group meets then


@pytest.mark.parametrize("which", ["own", "other"])
@pytest.mark.parametrize("rule", [{"kind": "steering"}, {"minutes_mode": "formal"}], ids=["steering", "minutes"])
def test_groups_that_go_by_different_rules_have_no_joint_meeting(
    quiet: Room, as_hat: AsHat, which: str, rule: dict[str, str]
) -> None:
    other = make_group(quiet.cast, "Samverkansgruppen Norra")
    make_seat(other, quiet.cast.fk_desk, quiet.cast.fk)
    url, client = f"/moten/grupp/{quiet.group.pk}/mote/", as_hat(quiet.cast.coordinator)
    assert "Norra" in client.get(url).content.decode()
    Group.objects.filter(pk=quiet.group.pk if which == "own" else other.pk).update(**rule)
    assert "Norra" not in client.get(url).content.decode()
    quiet.group.refresh_from_db()
    other.refresh_from_db()
    starts_at, ends_at = span(date(2026, 11, 25), time(10), time(11))
    with pytest.raises(NotAllowed, match="gemensamma möten"):
        open_extra_meeting(
            by=quiet.cast.coordinator, group=quiet.group, starts_at=starts_at, ends_at=ends_at, joined_group=other
        )
    assert not Meeting.objects.filter(joined_group=other).exists()
