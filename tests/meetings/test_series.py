"""How often a group meets, over HTTP: days off proposed away, one day changed, and all from now on."""

from collections.abc import Iterator
from datetime import date, time
from typing import Any

import pytest
import time_machine

from meetings.models import Attendance, Meeting, Series, SeriesException
from meetings.schedule import span
from meetings.states import GroupKind, MeetingState
from tests.cast import Cast
from tests.meetings.cast import Room, make_group, make_meeting, put_in
from tests.meetings.series import NOW, AsHat, answer_all, make_series, opened, plan, save, shown_in, silenced, told
from tests.meetings.test_groups import ARRANGERS, SEATED, hats_of


@pytest.fixture
def november() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def quiet(november: None, room: Room) -> Room:
    return silenced(room)


# ---------- who may ----------
def series_verbs(room: Room, series: Series) -> dict[str, tuple[str, dict[str, Any]]]:
    base, meeting = f"/moten/grupp/{room.group.pk}", opened(series)
    time_form = {"day": "25 nov. 2026", "begins": "10", "ends": "11"}
    return {
        "move_meeting": (f"/moten/{meeting.pk}/tid/", time_form),
        "cancel_meeting": (f"/moten/{meeting.pk}/stall-in/", {"reason": "Snöstorm"}),
        "new_meeting": (f"{base}/mote/", {"day": "5 nov. 2026", "begins": "10", "ends": "11"}),
        "series_day": (f"{base}/serie/dag/?dag=2027-02-25", {"where": "inget"}),
        "change_series": (f"{base}/serie/", plan()),
        "new_series": (f"{base}/serie/ny/", plan()),
    }


@pytest.mark.parametrize(
    "verb", ["move_meeting", "cancel_meeting", "new_meeting", "series_day", "change_series", "new_series"]
)
def test_a_series_verbs_are_the_arrangers_and_unknown_to_whoever_has_no_seat(
    quiet: Room, as_hat: AsHat, verb: str
) -> None:
    series = make_series(quiet, as_hat)
    url, data = series_verbs(quiet, series)[verb]
    before = list(Meeting.objects.order_by("pk").values())
    for name, hat in hats_of(quiet.cast).items():
        if name in ARRANGERS:
            continue
        for response in (as_hat(hat).get(url), as_hat(hat).post(url, data)):
            assert response.status_code == (403 if name in SEATED else 404), name
    assert list(Meeting.objects.order_by("pk").values()) == before
    assert Series.objects.count() == 1


@pytest.mark.parametrize("name", sorted(ARRANGERS))
def test_each_arranger_may_do_each_of_them(quiet: Room, as_hat: AsHat, name: str) -> None:
    series = make_series(quiet, as_hat)
    client = as_hat(hats_of(quiet.cast)[name])
    for verb in ("move_meeting", "new_meeting", "series_day", "cancel_meeting"):
        url, data = series_verbs(quiet, series)[verb]
        response = client.post(url, data)
        assert response.status_code == 302, (verb, response.content.decode()[-3000:])
    changed = save(client, f"/moten/grupp/{quiet.group.pk}/serie/", weekday="2")
    assert changed.status_code == 302


def test_a_steering_group_is_arranged_by_the_cooperations_chair_too(november: None, cast: Cast, as_hat: AsHat) -> None:
    group = make_group(cast, "Styrgruppen", GroupKind.STEERING)
    url, form = f"/moten/grupp/{group.pk}/mote/", {"day": "5 nov. 2026", "begins": "10", "ends": "11"}
    hats = hats_of(cast)
    expected = {"chair": 302, "steering": 403, "soc": 404, "outsider": 404}
    assert {name: as_hat(hats[name]).post(url, form).status_code for name in expected} == expected


@pytest.mark.parametrize("state", MeetingState.values)
def test_a_meeting_moves_and_is_cancelled_only_before_it_begins(
    november: None, room: Room, as_hat: AsHat, state: str
) -> None:
    put_in(room.meeting, MeetingState(state))
    client = as_hat(room.cast.soc)
    ahead = state in {MeetingState.PLANNED, MeetingState.CALLED}
    form = {"day": "25 nov. 2026", "begins": "10", "ends": "11"}
    assert client.post(f"/moten/{room.meeting.pk}/tid/", form).status_code == (302 if ahead else 409)
    cancelled = client.post(f"/moten/{room.meeting.pk}/stall-in/", {"reason": "Snöstorm"})
    assert cancelled.status_code == (302 if ahead else 409)
    assert Meeting.objects.get(pk=room.meeting.pk).state == (MeetingState.CANCELLED if ahead else state)


# ---------- a new series ----------
def test_a_series_is_said_back_with_its_days_and_those_off_are_proposed_away(quiet: Room, as_hat: AsHat) -> None:
    page = as_hat(quiet.cast.soc).post(f"/moten/grupp/{quiet.group.pk}/serie/ny/", plan())
    text = page.content.decode()
    assert "Fjärde torsdagen varje månad 13–15, inte juli." in text
    assert "Torsdag 24 dec. 2026 är julafton" in text
    assert "Flytta till onsdag 23 dec. 2026" in text
    assert "Flytta till onsdag 30 dec. 2026" in text  # the Thursday after is off too
    assert "Ha mötet ändå, torsdag 24 dec. 2026" in text
    assert len(page.context["days"]) == 12
    assert not Series.objects.exists()


@pytest.mark.parametrize(
    ("choice", "moved"),
    [
        ("2026-12-23", {date(2026, 12, 24): date(2026, 12, 23)}),
        ("2026-12-30", {date(2026, 12, 24): date(2026, 12, 30)}),
        ("inget", {date(2026, 12, 24): None}),
        ("behall", {}),
    ],
)
def test_what_is_chosen_for_a_day_off_becomes_an_exception(
    quiet: Room, as_hat: AsHat, choice: str, moved: dict[date, date | None]
) -> None:
    url = f"/moten/grupp/{quiet.group.pk}/serie/ny/"
    client = as_hat(quiet.cast.soc)
    page = client.post(url, plan())
    rest = {f"dag-{name}": "inget" for name in page.context["off"].fields if name != "2026-12-24"}
    data = {**plan(), **rest, "dag-2026-12-24": choice, "shown": shown_in(page)}
    assert client.post(url, data).status_code == 302
    saved = dict(SeriesException.objects.filter(on__year=2026).values_list("on", "moved_to"))
    assert saved == moved
    meeting = opened(Series.objects.get())
    assert (meeting.starts_at, meeting.ends_at) == span(date(2026, 11, 26), time(13), time(15))
    assert (meeting.place, meeting.state, meeting.occurs_on) == ("Rum Älven", "planned", date(2026, 11, 26))
    assert meeting.items.filter(kind="gender_equality").count() == 1


def test_nothing_is_saved_but_what_has_been_shown(quiet: Room, as_hat: AsHat) -> None:
    url = f"/moten/grupp/{quiet.group.pk}/serie/ny/"
    client = as_hat(quiet.cast.soc)
    page = client.post(url, plan())
    other = client.post(url, {**plan(weekday="2"), "shown": shown_in(page)})
    assert other.status_code == 200
    assert "Fjärde onsdagen" in other.content.decode()
    assert not Series.objects.exists()
    unanswered = client.post(url, {**plan(), "shown": shown_in(page)})
    assert unanswered.status_code == 422
    assert "Välj vad som händer med mötet." in unanswered.content.decode()
    assert not Series.objects.exists()


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"begins": "efter lunch"}, "är ingen tid"),
        ({"begins": "3"}, "mellan 06.00 och 22.00"),
        ({"ends": "12"}, "slutar innan det börjar"),
        ({"from_on": "2 nov. 2025"}, "har redan varit"),
        ({"from_on": "1 jan. 2099"}, "för långt fram"),
        ({"to_on": "4 nov. 2026"}, "Serien ger inget möte alls"),
        ({"to_on": "1 nov. 2026"}, "är före"),
        ({"months_off": [str(month) for month in range(1, 13)]}, "Lämna minst en kvar"),
        ({"link": "javascript:alert(1)"}, "Länken"),
        ({"link": "ftp://exempel.se/fil"}, "behöver börja med https"),
        ({"weekday": "9"}, "9"),
        ({"rhythm": "weekly-0"}, "weekly-0"),
        ({"place": "x" * 121}, "för lång"),
    ],
)
def test_what_makes_no_series_is_refused_at_its_field(
    quiet: Room, as_hat: AsHat, more: dict[str, Any], says: str
) -> None:
    page = as_hat(quiet.cast.soc).post(f"/moten/grupp/{quiet.group.pk}/serie/ny/", plan(**more))
    assert page.status_code == 422
    assert says in page.content.decode()


def test_a_weekly_series_proposes_no_day_where_it_meets_already(quiet: Room, as_hat: AsHat) -> None:
    page = as_hat(quiet.cast.soc).post(
        f"/moten/grupp/{quiet.group.pk}/serie/ny/", plan(rhythm="weekly-1", from_on="14 dec. 2026", months_off=[])
    )
    field = page.context["off"].fields["2026-12-24"]
    days = [value for value, _ in field.choices]
    assert days == ["2026-12-23", "2026-12-30", "inget", "behall"]
    data = {**plan(rhythm="weekly-1", from_on="14 dec. 2026", months_off=[]), "shown": shown_in(page)}
    data |= {f"dag-{name}": "2026-12-30" if "12-" in name else "inget" for name in page.context["off"].fields}
    again = as_hat(quiet.cast.soc).post(f"/moten/grupp/{quiet.group.pk}/serie/ny/", data)
    assert again.status_code == 422
    assert "30 dec. 2026 är redan vald för ett annat möte" in again.content.decode()


def test_a_group_has_one_series_at_a_time(quiet: Room, as_hat: AsHat) -> None:
    make_series(quiet, as_hat)
    url = f"/moten/grupp/{quiet.group.pk}/serie/ny/"
    assert as_hat(quiet.cast.soc).get(url)["Location"] == f"/moten/grupp/{quiet.group.pk}/serie/"
    assert save(as_hat(quiet.cast.psyk), url).status_code == 409
    assert Series.objects.count() == 1


# ---------- one day, and all from now on ----------
def test_a_day_of_a_series_is_moved_or_taken_away_with_its_opened_meeting(quiet: Room, as_hat: AsHat) -> None:
    series = make_series(quiet, as_hat)
    meeting = opened(series)
    answer_all(meeting, quiet.cast.soc)
    client, url = as_hat(quiet.cast.soc), f"/moten/grupp/{quiet.group.pk}/serie/dag/?dag=2026-11-26"
    assert "Tre har redan svarat." in client.get(url).content.decode()
    assert client.post(url, {"where": "annan", "day": ""}).status_code == 422
    assert client.post(url, {"where": "annan", "day": "24 nov. 2026"}).status_code == 302
    meeting.refresh_from_db()
    assert meeting.starts_at == span(date(2026, 11, 24), time(13), time(15))[0]
    assert told("meeting.moved") == {quiet.cast.psyk.pk, quiet.cast.fk.pk}
    assert client.post(url, {"where": "inget"}).status_code == 302
    meeting.refresh_from_db()
    assert meeting.state == MeetingState.CANCELLED
    assert told("meeting.cancelled") == {quiet.cast.psyk.pk, quiet.cast.fk.pk}
    assert opened(series).occurs_on == date(2026, 12, 24)


@pytest.mark.parametrize("address", ["2026-11-27", "2026-10-22", "inte-en-dag", "", "2027-07-22", "9999-12-23"])
def test_a_day_that_the_series_does_not_give_is_no_page(quiet: Room, as_hat: AsHat, address: str) -> None:
    make_series(quiet, as_hat)
    url = f"/moten/grupp/{quiet.group.pk}/serie/dag/?dag={address}"
    assert as_hat(quiet.cast.soc).get(url).status_code == 404


def test_a_day_is_not_moved_to_where_the_series_meets_already(quiet: Room, as_hat: AsHat) -> None:
    make_series(quiet, as_hat)
    url = f"/moten/grupp/{quiet.group.pk}/serie/dag/?dag=2027-02-25"
    page = as_hat(quiet.cast.soc).post(url, {"where": "annan", "day": "28 jan. 2027"})
    assert page.status_code == 422
    assert "Två möten hamnar på samma dag, 28 jan. 2027" in page.content.decode()


def test_a_changed_series_takes_its_opened_meeting_along_and_asks_again(quiet: Room, as_hat: AsHat) -> None:
    old = make_series(quiet, as_hat)
    meeting = opened(old)
    answer_all(meeting, quiet.cast.soc)
    client, url = as_hat(quiet.cast.psyk), f"/moten/grupp/{quiet.group.pk}/serie/"
    assert "Fjärde torsdagen varje månad 13–15" in client.get(url).content.decode()
    page = client.post(url, plan(ordinal="3", weekday="1", begins="9", ends="11")).content.decode()
    assert "Mötet 26 nov. 2026 flyttas till 17 nov. 2026, 09.00. Tre har redan svarat. De får frågan igen." in page
    assert save(client, url, ordinal="3", weekday="1", begins="9", ends="11").status_code == 302
    old.refresh_from_db()
    new = Series.objects.latest("pk")
    assert (old.to_on, new.from_on) == (date(2026, 11, 2), date(2026, 11, 3))
    meeting.refresh_from_db()
    assert (meeting.series, meeting.occurs_on) == (new, date(2026, 11, 17))
    assert meeting.starts_at == span(date(2026, 11, 17), time(9), time(11))[0]
    assert not Attendance.objects.filter(meeting=meeting).exclude(answer="").exists()
    assert told("meeting.moved") == {quiet.cast.soc.pk, quiet.cast.fk.pk}
    assert Meeting.objects.filter(state=MeetingState.CALLED).count() == 1


def test_a_meeting_that_no_day_of_the_new_series_matches_is_cancelled(quiet: Room, as_hat: AsHat) -> None:
    meeting = opened(make_series(quiet, as_hat))
    answer_all(meeting, quiet.cast.soc)
    client, url = as_hat(quiet.cast.soc), f"/moten/grupp/{quiet.group.pk}/serie/"
    page = client.post(url, plan(months_off=["7", "11"])).content.decode()
    assert "Mötet 26 nov. 2026 ställs in" in page
    assert save(client, url, months_off=["7", "11"]).status_code == 302
    meeting.refresh_from_db()
    assert meeting.state == MeetingState.CANCELLED
    assert told("meeting.cancelled") == {quiet.cast.psyk.pk, quiet.cast.fk.pk}
    assert opened(Series.objects.latest("pk")).occurs_on == date(2026, 12, 24)


def test_meetings_before_the_change_and_outside_the_series_stay(quiet: Room, as_hat: AsHat) -> None:
    meeting = opened(make_series(quiet, as_hat))
    extra = make_meeting(quiet.group, days=40)
    save(as_hat(quiet.cast.soc), f"/moten/grupp/{quiet.group.pk}/serie/", from_on="1 jan. 2027", weekday="2")
    before = meeting.starts_at, extra.starts_at
    for one in (meeting, extra):
        one.refresh_from_db()
    assert (meeting.starts_at, extra.starts_at) == before
    assert {one.state for one in (meeting, extra)} == {MeetingState.PLANNED}


def test_a_series_that_another_changed_meanwhile_is_shown_anew_before_it_is_changed(quiet: Room, as_hat: AsHat) -> None:
    make_series(quiet, as_hat)
    client, url = as_hat(quiet.cast.soc), f"/moten/grupp/{quiet.group.pk}/serie/"
    page = client.post(url, plan(weekday="1"))
    off = {f"dag-{name}": field.initial for name, field in page.context["off"].fields.items()}
    assert save(as_hat(quiet.cast.psyk), url, weekday="2").status_code == 302
    late = client.post(url, {**off, **plan(weekday="1"), "shown": shown_in(page)})
    assert late.status_code == 200
    assert Series.objects.get(to_on__isnull=True).weekday == 2
    assert Meeting.objects.filter(state=MeetingState.PLANNED, series__isnull=False).count() == 1
