"""Twelve months of presence: what is counted, who sees it, and that the picture says no more than its table."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from meetings.models import Attendance, Group, GroupSeat, ItemGuest, Meeting
from meetings.queries.matrix import attendance_matrix
from meetings.states import GroupKind, MeetingState
from tests.cast import make_agency, make_member
from tests.meetings.calling import text_of
from tests.meetings.cast import Room, make_group, make_item, make_seat
from workspace.models import Membership
from workspace.rules import Hat
from workspace.states import AgencyKind

pytestmark = [pytest.mark.django_db]
AsHat = Callable[[Hat], Client]
NOW = datetime(2027, 3, 10, 12, tzinfo=UTC)
MONTHS = ["april", "maj", "juni", "juli", "aug.", "sep.", "okt.", "nov.", "dec.", "jan. 2027", "feb.", "mars"]
SOC, PSYK, FK = "Socialtjänsten Piteå", "Vuxenpsykiatrin Piteå", "Försäkringskassan Norr"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """It is NOW before anybody exists."""
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


def page(group: Group) -> str:
    return f"/moten/grupp/{group.pk}/narvaro/"


def picture(group: Group) -> str:
    return f"/moten/grupp/{group.pk}/narvaro.svg"


def held(room: Room, year: int, month: int, *there: Membership, day: int = 2) -> Meeting:
    """A meeting held that day, and who was there. Seats as the call leaves them."""
    at = datetime(year, month, day, 12, tzinfo=UTC)
    meeting = Meeting.objects.create(
        group=room.group, starts_at=at, ends_at=at + timedelta(hours=2), state=MeetingState.HELD
    )
    seats = {
        room.cast.soc.agency_id: room.soc_seat,
        room.cast.psyk.agency_id: room.psyk_seat,
        room.cast.fk.agency_id: room.fk_seat,
    }
    for member in there:
        Attendance.objects.create(
            meeting=meeting, member=member, seat=seats.get(member.agency_id), present_how="ticked", present_at=at
        )
    return meeting


def lines(room: Room) -> dict[str, list[str]]:
    """Agency -> the words of its twelve months and its total."""
    return {
        line.agency.name: [cell.text for cell in line.cells] + [line.total.text]
        for line in attendance_matrix(room.group).lines
    }


def drawn(client: Client, room: Room) -> tuple[str, list[str], list[str]]:
    """The picture, what its dots say, and which of them are rings."""
    got = client.get(picture(room.group))
    assert got.headers["Content-Type"] == "image/svg+xml" and "no-store" in got.headers["Cache-Control"]
    svg, ns = got.content.decode(), "{http://www.w3.org/2000/svg}"
    groups = [g for g in ElementTree.fromstring(svg).iter(f"{ns}g") if g.get("class") == "dots"]
    said = [desc.text or "" for g in groups for desc in g.iter(f"{ns}desc") if desc.get("class") == "value"]
    rings = [dot.get("class") or "" for g in groups for dot in g.iter(f"{ns}circle")]
    return svg, said, [kind for kind in rings if "negative" in kind]


# ---------- what is counted ----------
def test_an_agency_is_represented_when_somebody_of_its_seat_was_there(room: Room) -> None:
    cast = room.cast
    held(room, 2027, 1, cast.soc, cast.psyk_2)  # a deputy represents as well
    held(room, 2027, 2, cast.soc, cast.soc_2, cast.fk)  # two of one agency are one
    held(room, 2027, 2, cast.psyk, day=9)
    Attendance.objects.create(meeting=held(room, 2027, 3), member=cast.fk, seat=room.fk_seat, answer="coming")
    none = ["inget möte"] * 9
    assert lines(room) == {
        FK: [*none, "0 av 1", "1 av 2", "0 av 1", "1 av 4"],
        SOC: [*none, "1 av 1", "1 av 2", "0 av 1", "2 av 4"],
        PSYK: [*none, "1 av 1", "1 av 2", "0 av 1", "2 av 4"],
    }


def test_only_held_meetings_of_twelve_months_count_by_the_day_in_stockholm(room: Room) -> None:
    held(room, 2026, 3, room.cast.fk)
    before, after = held(room, 2026, 3, room.cast.fk), held(room, 2026, 3, room.cast.fk)
    midnight = datetime(2026, 3, 31, 22, tzinfo=UTC)
    for meeting, at in ((before, midnight - timedelta(minutes=1)), (after, midnight)):
        Meeting.objects.filter(pk=meeting.pk).update(starts_at=at, ends_at=at + timedelta(hours=1))
    for state in set(MeetingState) - {MeetingState.HELD}:
        Meeting.objects.filter(pk=held(room, 2026, 5, room.cast.fk).pk).update(state=state)
    assert lines(room)[FK] == ["1 av 1", *["inget möte"] * 11, "1 av 1"]


def test_an_agency_without_a_seat_that_month_is_not_in(room: Room) -> None:
    for month in (1, 2, 3):
        held(room, 2027, month, room.cast.soc)
    GroupSeat.objects.filter(pk=room.fk_seat.pk).update(to_on=date(2027, 1, 31))
    GroupSeat.objects.filter(pk=room.psyk_seat.pk).update(from_on=date(2027, 2, 20))
    found = lines(room)
    assert found[FK][8:] == ["inget möte", "0 av 1", "inte med", "inte med", "0 av 1"]
    # In February the seat began after the meeting.
    assert found[PSYK] == [*["inte med"] * 11, "0 av 1", "0 av 1"]
    GroupSeat.objects.filter(pk=room.fk_seat.pk).update(from_on=date(2026, 1, 1), to_on=date(2026, 3, 31))
    assert FK not in lines(room)


def test_a_guest_of_an_item_represents_nobody_and_a_joint_meeting_counts_in_both_groups(room: Room) -> None:
    cast = room.cast
    meeting = held(room, 2027, 3, cast.soc)
    ItemGuest.objects.create(item=make_item(meeting), membership=cast.psyk_manager)
    Attendance.objects.create(meeting=meeting, member=cast.psyk_manager, present_how="joined")
    Attendance.objects.create(meeting=meeting, role=cast.coordinator, present_how="joined")
    other = make_group(cast, "Projektgruppen", GroupKind.PROJECT)
    seat = make_seat(other, cast.fk_desk, cast.fk)
    Meeting.objects.filter(pk=meeting.pk).update(joined_group=other)
    Attendance.objects.create(meeting=meeting, member=cast.fk, seat=seat, present_how="joined")
    assert lines(room)[PSYK][-1] == "0 av 1"
    assert lines(room)[FK][-1] == "1 av 1"  # by the other group's seat: it is the same agency that was there
    assert [line.total.text for line in attendance_matrix(other).lines] == ["1 av 1"]


# ---------- the page ----------
def test_the_page_and_the_picture_say_the_same_and_name_no_person(room: Room, as_hat: AsHat) -> None:
    cast, client = room.cast, as_hat(room.cast.soc_2)
    held(room, 2027, 2, cast.soc, cast.fk)
    held(room, 2027, 2, cast.soc, day=9)
    held(room, 2027, 3, cast.soc, cast.psyk)
    got = client.get(page(room.group))
    html = got.content.decode()
    body = re.search(r"<tbody.*?</tbody>", html, re.DOTALL)
    assert body is not None
    table = [
        [text_of(cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)]
        for row in re.findall(r"<tr.*?</tr>", body[0], re.DOTALL)
    ]
    assert table == [[name, *cells] for name, cells in lines(room).items()]
    assert [text_of(head) for head in re.findall(r"<th[^>]*columnheader[^>]*>.*?</th>", html)][1:-1] == MONTHS
    assert "Två myndigheter har saknats på något möte" in text_of(html)
    svg, said, rings = drawn(client, room)
    assert said == [cell for row in table for cell in row[1:-1] if " av " in cell]
    assert len(rings) == sum(cell.startswith("0 av") for row in table for cell in row[1:-1])
    assert "<script" not in svg and "http://www.w3.org" in svg and "kozea" not in svg.lower()
    main = html[html.index("<main") :]
    people = [str(getattr(cast, name).user) for name in ("soc", "soc_2", "psyk", "psyk_2", "fk")]
    assert not [person for person in people if person in main or person in svg]


def test_without_meetings_there_is_no_picture_and_the_page_says_so(room: Room, as_hat: AsHat) -> None:
    client = as_hat(room.cast.soc)
    html = client.get(page(room.group)).content.decode()
    assert "Inga möten är hållna ännu" in html and "<img" not in html
    assert client.get(picture(room.group)).status_code == 404
    GroupSeat.objects.all().delete()
    assert "Gruppen har inga platser" in as_hat(room.cast.coordinator).get(page(room.group)).content.decode()


def test_the_headline_is_the_answer(room: Room, as_hat: AsHat) -> None:
    cast = room.cast
    held(room, 2027, 2, cast.soc, cast.fk, cast.psyk)
    client = as_hat(cast.soc)
    assert "<h1>Alla myndigheter har varit med</h1>" in client.get(page(room.group)).content.decode()
    for day in (3, 4):
        held(room, 2027, 3, cast.soc, cast.fk, day=day)
    assert f"<h1>{PSYK} har saknats på två möten</h1>" in client.get(page(room.group)).content.decode()


@pytest.mark.parametrize("make", [page, picture])
def test_it_is_seen_by_who_may_open_the_group_and_the_steering_group_and_by_nobody_else(
    room: Room, as_hat: AsHat, make: Callable[[Group], str]
) -> None:
    held(room, 2027, 3, room.cast.soc)
    path = make(room.group)
    for name in ("soc", "soc_2", "psyk_2", "fk", "coordinator", "chair"):  # the chair follows it (R4)
        assert as_hat(getattr(room.cast, name)).get(path).status_code == 200, name
    for name in ("outsider", "soc_manager", "psyk_manager"):
        client = as_hat(getattr(room.cast, name))
        got, missing = client.get(path), client.get(path.replace(str(room.group.pk), "99999"))
        assert (got.status_code, got.content) == (404, missing.content), name
    assert as_hat(room.cast.soc).post(path).status_code == 405
    assert Client().get(path).status_code == 302


def test_one_meeting_and_thirty_cost_the_same(room: Room, as_hat: AsHat) -> None:
    client = as_hat(room.cast.soc)
    held(room, 2027, 3, room.cast.soc)

    def cost(path: str) -> int:
        client.get(path)
        with CaptureQueriesContext(connection) as found:
            client.get(path)
        return len(found)

    few = [cost(make(room.group)) for make in (page, picture)]
    for number in range(30):
        held(room, 2027, 1 + number % 3, room.cast.soc, room.cast.fk, day=1 + number % 9)
        agency, desk = make_agency(f"y{number}", f"Myndighet {number}", AgencyKind.DISABILITY_ACT, "Piteå")
        make_seat(room.group, desk, make_member(agency, f"y{number}", desk))
    assert [cost(make(room.group)) for make in (page, picture)] == few
