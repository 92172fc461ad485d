"""A meeting's day and time taken from a calendar file: filled in, nothing saved, nothing typed lost (issue 8.5)."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from meetings.ical import dates
from meetings.models import Meeting, MeetingEvent
from meetings.views.dates import DONE, NO_END, ONLY_DAY
from tests.meetings.cast import Room, make_group
from tests.meetings.series import NOW, AsHat, silenced
from tests.meetings.talk_calls import HATS, words

LINES = "DTSTART;TZID=Europe/Stockholm:20261125T101500|DURATION:PT1H15M|LOCATION:Kåkå\\, rum 2"
TYPED = {
    "day": "x",
    "begins": "13",
    "ends": "15",
    "place": "Rum Norr",
    "place_is_neutral": "on",
    "link": "ingen",
}


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def quiet(room: Room) -> Room:
    return silenced(room)


@pytest.fixture(params=["new", "move"])
def url(request: pytest.FixtureRequest, room: Room) -> str:
    """Both forms that a file can be taken into."""
    return f"/moten/grupp/{room.group.pk}/mote/" if request.param == "new" else f"/moten/{room.meeting.pk}/tid/"


def file(lines: str = LINES, name: str = "möte.ics") -> SimpleUploadedFile:
    text = f"BEGIN:VCALENDAR|VERSION:2.0|PRODID:x|BEGIN:VEVENT|{lines}|END:VEVENT|END:VCALENDAR|"
    return SimpleUploadedFile(name, text.replace("|", "\r\n").encode(), "text/calendar")


def values(page: Any) -> dict[str, Any]:
    return {name: page.context["form"][name].value() for name in ("day", "begins", "ends", "place", "link")}


def rows() -> list[Any]:
    return [*Meeting.objects.order_by("pk").values(), *MeetingEvent.objects.order_by("pk").values()]


def test_the_button_fills_day_times_and_place_and_saves_nothing(room: Room, as_hat: AsHat, url: str) -> None:
    client, before = as_hat(room.cast.soc), rows()
    page = client.post(url, {**TYPED, "kalenderfil": file(), "fran_fil": "1"})
    assert page.status_code == 200 and rows() == before
    expected = {"day": "25 nov. 2026", "begins": "10.15", "ends": "11.30", "place": "Kåkå, rum 2"}
    assert values(page) == {**expected, "link": "ingen"}  # what was typed elsewhere stays as it was
    assert not page.context["form"]["place_is_neutral"].value() and DONE in words(page)
    sent = {**values(page), "link": ""}
    assert client.post(url, sent).status_code == 302
    made = Meeting.objects.get(place="Kåkå, rum 2")
    assert not made.place_is_neutral and rows() != before


def test_a_file_is_meant_also_when_the_forms_own_button_sends_it(room: Room, as_hat: AsHat, url: str) -> None:
    before = rows()
    page = as_hat(room.cast.soc).post(url, {"day": "25 nov. 2026", "begins": "9", "ends": "10", "kalenderfil": file()})
    assert page.status_code == 200 and rows() == before and values(page)["begins"] == "10.15"


def test_a_place_that_the_file_lacks_is_left_with_its_box(room: Room, as_hat: AsHat, url: str) -> None:
    given = {**TYPED, "kalenderfil": file("DTSTART:20261125T101500|DTEND:20261125T113000"), "fran_fil": "1"}
    page = as_hat(room.cast.soc).post(url, given)
    assert values(page)["place"] == "Rum Norr" and page.context["form"]["place_is_neutral"].value()


@pytest.mark.parametrize(
    ("lines", "begins", "ends", "said"),
    [
        ("DTSTART;VALUE=DATE:20261125", "13", "15", ONLY_DAY),
        ("DTSTART:20261125T101500", "10.15", "", NO_END),
        ("DTSTART:20250106T101500|DTEND:20250106T111500|RRULE:FREQ=WEEKLY", "10.15", "11.15", dates.REPEATED),
        (f"{LINES}|END:VEVENT|BEGIN:VEVENT|DTSTART:20261126T100000", "10.15", "11.30", dates.SEVERAL),
    ],
    ids=["day", "endless", "weekly", "several"],
)
def test_what_the_file_does_not_say_is_left_and_what_was_chosen_is_said(
    room: Room, as_hat: AsHat, url: str, lines: str, begins: str, ends: str, said: str
) -> None:
    page = as_hat(room.cast.soc).post(url, {**TYPED, "kalenderfil": file(lines), "fran_fil": "1"})
    assert (values(page)["begins"], values(page)["ends"]) == (begins, ends) and said in words(page)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (None, "Välj en fil först."),
        (SimpleUploadedFile("tom.ics", b""), "Filen är tom."),
        (SimpleUploadedFile("bild.png", b"\x89PNG\r\n"), dates.NO_CALENDAR),
        (SimpleUploadedFile("stor.ics", b"x" * (dates.LARGEST + 1)), dates.TOO_LARGE),
        (file("DTSTART:20201125T101500"), dates.PAST),
        (file(f"{LINES}|STATUS:CANCELLED"), dates.CANCELLED),
        (file(f"{LINES}|RRULE:FREQ=MINUTELY"), dates.TOO_OFTEN),
        (file(f"SUMMARY:utan tid{'å' * 300}"), dates.NO_TIME),
    ],
    ids=["none", "empty", "picture", "large", "past", "cancelled", "often", "timeless"],
)
def test_why_a_file_gives_no_date_stands_at_its_field_and_nothing_typed_is_lost(
    room: Room, as_hat: AsHat, url: str, given: SimpleUploadedFile | None, sentence: str
) -> None:
    before = rows()
    if given is not None:
        given.seek(0)
    page = as_hat(room.cast.soc).post(url, {**TYPED, "fran_fil": "1", **({"kalenderfil": given} if given else {})})
    assert page.status_code == 422 and sentence in words(page) and rows() == before
    assert values(page) == {name: TYPED[name] for name in values(page)}
    assert page.context["form"]["place_is_neutral"].value() and "<title>1 fel" in page.content.decode()
    assert "fel_" not in words(page) and "None" not in words(page)


def test_the_group_that_was_chosen_for_a_joint_meeting_stays(room: Room, as_hat: AsHat) -> None:
    other = make_group(room.cast, "Andra gruppen")
    given = {**TYPED, "joined_group": str(other.pk), "kalenderfil": file(), "fran_fil": "1"}
    page = as_hat(room.cast.coordinator).post(f"/moten/grupp/{room.group.pk}/mote/", given)
    assert page.context["form"]["joined_group"].value() == str(other.pk)


def test_a_meeting_that_somebody_moved_meanwhile_is_still_not_moved_by_the_old_form(quiet: Room, as_hat: AsHat) -> None:
    client = as_hat(quiet.cast.soc)
    Meeting.objects.filter(pk=quiet.meeting.pk).update(state="planned")
    url = f"/moten/{quiet.meeting.pk}/tid/"
    page = client.post(url, {**TYPED, "shown": "2026-11-01T10:00:00+00:00", "kalenderfil": file(), "fran_fil": "1"})
    assert page.context["shown"] == "2026-11-01T10:00:00+00:00"
    sent = {**values(page), "link": "", "shown": page.context["shown"]}
    assert "Någon hann före" in words(client.post(url, sent))


def test_the_form_that_took_a_file_is_saved_under_its_key_afterwards(quiet: Room, as_hat: AsHat) -> None:
    client, url = as_hat(quiet.cast.soc), f"/moten/grupp/{quiet.group.pk}/mote/"
    page = client.post(url, {"once": "nyckel-1", "kalenderfil": file(), "fran_fil": "1"})
    for _ in range(2):
        assert client.post(url, {**values(page), "once": "nyckel-1"}).status_code == 302
    assert Meeting.objects.filter(place="Kåkå, rum 2").count() == 1


@pytest.mark.parametrize("who", HATS)
def test_who_does_not_arrange_takes_no_date(room: Room, as_hat: AsHat, url: str, who: str) -> None:
    answer = as_hat(getattr(room.cast, who)).post(url, {"kalenderfil": file(), "fran_fil": "1"})
    assert answer.status_code in ({200} if who in {"soc", "psyk", "coordinator"} else {403, 404})
