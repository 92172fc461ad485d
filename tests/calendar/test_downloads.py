"""A meeting or conversation as a file, and where the link in a calendar leads (issue 8.5, L50)."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import icalendar
import pytest
from django.test import Client
from django.utils import timezone

from meetings.calendar.models import PersonalCalendar
from meetings.models import Conversation, Meeting, Series
from meetings.states import ConversationState, MeetingState
from tests.calendar.calendar_forms import MISSING_UID, make_entry
from tests.cast import SECRET_NAME, Cast
from tests.meetings.cast import Room, make_item, make_room, put_in
from tests.meetings.talks import ABOUT, Talk, make_talk
from tests.world import answer
from workspace.models import AuditEntry
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
AsHat = Callable[[Hat], Client]


@pytest.fixture
def room(cast: Cast) -> Room:
    return make_room(cast)


@pytest.fixture
def talk(cast: Cast) -> Talk:
    return make_talk(cast, ConversationState.INVITED)


def event_in(got: Any) -> icalendar.Event:
    assert got.status_code == 200
    (event,) = icalendar.Calendar.from_ical(got.content).walk("VEVENT")
    assert isinstance(event, icalendar.Event)
    return event


def path_of(event: icalendar.Event) -> str:
    return "/" + str(event["url"]).split("/", 3)[3]


# ---------- a file ----------
def test_a_meetings_file_is_for_whoever_may_open_the_meeting(room: Room, as_hat: AsHat) -> None:
    cast, may = room.cast, {"soc", "soc_2", "psyk", "psyk_2", "fk", "two_hats", "coordinator"}
    hats = {**cast.members, "two_hats": cast.two_hats[0], "coordinator": cast.coordinator, "chair": cast.chair}
    for name, hat in hats.items():
        client = as_hat(hat)
        page, got = (client.get(f"/moten/{room.meeting.pk}/{end}") for end in ("", "kalender.ics"))
        assert got.status_code == page.status_code == (200 if name in may else 404), name
        if name not in may:
            assert answer(client, "get", f"/moten/{room.meeting.pk}/kalender.ics") == answer(
                client, "get", "/moten/987654/kalender.ics"
            )
    assert Client().get(f"/moten/{room.meeting.pk}/kalender.ics").status_code == 302


def test_a_meetings_file_says_when_and_nothing_of_what_or_whom(room: Room, as_hat: AsHat) -> None:
    make_item(room.meeting, "Hemlig punkt")
    got = as_hat(room.cast.soc).get(f"/moten/{room.meeting.pk}/kalender.ics")
    assert got.headers["Content-Disposition"] == 'attachment; filename="mote.ics"'
    assert got.headers["Content-Type"].startswith("text/calendar")
    event = event_in(got)
    assert str(event["summary"]) == "Möte i Samverkansrum"
    assert event["dtstart"].dt == room.meeting.starts_at and event["dtend"].dt == room.meeting.ends_at
    said = got.content.decode().replace("\r\n ", "")
    for secret in ("Älven", room.group.name, "Hemlig", "Piteå", "ATTENDEE", "ORGANIZER", "VALARM", "grupp"):
        assert secret not in said, secret
    Meeting.objects.update(place_is_neutral=True)
    PersonalCalendar.objects.create(user=room.cast.soc.user, reminder=15)
    said = as_hat(room.cast.soc).get(f"/moten/{room.meeting.pk}/kalender.ics").content.decode()
    assert "LOCATION:Rum Älven" in said and "TRIGGER:-PT15M" in said


@pytest.mark.parametrize("state", list(MeetingState))
def test_a_meeting_that_will_not_be_held_is_no_file(room: Room, as_hat: AsHat, state: MeetingState) -> None:
    put_in(room.meeting, state)
    client = as_hat(room.cast.psyk)
    gone = state in {MeetingState.CANCELLED, MeetingState.NOT_HELD}
    assert client.get(f"/moten/{room.meeting.pk}/kalender.ics").status_code == (404 if gone else 200)
    offered = (
        f'href="/moten/{room.meeting.pk}/kalender.ics"' in client.get(f"/moten/{room.meeting.pk}/").content.decode()
    )
    assert offered == (state in {MeetingState.PLANNED, MeetingState.CALLED, MeetingState.IN_PROGRESS})


@pytest.mark.parametrize("state", list(ConversationState))
def test_a_conversations_file_is_for_its_parties_once_it_has_a_time(
    cast: Cast, as_hat: AsHat, state: ConversationState
) -> None:
    talk = make_talk(cast, state)
    has_time = state in {ConversationState.INVITED, ConversationState.HELD}
    hats: dict[str, Hat] = {**cast.members, "coordinator": cast.coordinator, "chair": cast.chair}
    for name, hat in hats.items():
        expected = 200 if has_time and name in {"soc", "soc_2", "psyk", "psyk_2"} else 404
        assert as_hat(hat).get(f"/samtal/{talk.conversation.pk}/kalender.ics").status_code == expected, name
    page = as_hat(cast.psyk).get(f"/samtal/{talk.conversation.pk}/").content.decode()
    assert ("Hämta till kalendern" in page) == (state == ConversationState.INVITED)


def test_a_conversations_file_tells_nothing_of_it_and_is_logged_as_its_page_is(talk: Talk, as_hat: AsHat) -> None:
    got = as_hat(talk.cast.psyk).get(f"/samtal/{talk.conversation.pk}/kalender.ics")
    assert got.headers["Content-Disposition"] == 'attachment; filename="mote.ics"'
    said = got.content.decode().replace("\r\n ", "")
    for secret in ("samtal", "Samtal", "Stadshuset", ABOUT, SECRET_NAME, "Åström", "deltagare", "Socialtjänsten"):
        assert secret not in said, secret
    row = AuditEntry.objects.filter(what="conversation", participant_id=talk.person.pk).latest("pk")
    assert (row.act, row.membership_id) == ("read", talk.cast.psyk.pk)
    Conversation.objects.update(where_is_neutral=True)
    assert "LOCATION:Stadshuset\\, rum Älven" in as_hat(talk.cast.psyk).get(
        f"/samtal/{talk.conversation.pk}/kalender.ics"
    ).content.decode().replace("\r\n ", "")


def test_it_is_called_what_it_is_in_the_own_calendar_and_else_the_same_each_time(room: Room, as_hat: AsHat) -> None:
    path = f"/moten/{room.meeting.pk}/kalender.ics"
    first, again = (event_in(as_hat(room.cast.soc).get(path)) for _ in range(2))
    other = event_in(as_hat(room.cast.psyk).get(path))
    assert str(first["uid"]) == str(again["uid"]) != str(other["uid"])
    entry = make_entry(room.cast.soc, room.meeting, sequence=3)
    own = event_in(as_hat(room.cast.soc).get(path))
    assert (str(own["uid"]), int(own["sequence"])) == (str(entry.uid), 3)
    assert str(event_in(as_hat(room.cast.psyk).get(path))["uid"]) == str(other["uid"])


def test_a_day_of_a_series_is_never_given_the_series_own_name(room: Room, as_hat: AsHat) -> None:
    """A file with the series' uid would take its place in the calendar."""
    series = make_entry(room.cast.soc, meeting=None, series=series_of(room))
    path = f"/moten/{room.meeting.pk}/kalender.ics"
    assert str(event_in(as_hat(room.cast.soc).get(path))["uid"]) != str(series.uid)
    make_entry(room.cast.soc, room.meeting, uid=series.uid, instead_of=room.meeting.starts_at, series=series.series)
    assert str(event_in(as_hat(room.cast.soc).get(path))["uid"]) != str(series.uid)


# ---------- where a link leads ----------
def series_of(room: Room) -> Series:
    day = timezone.localdate()
    return Series.objects.create(group=room.group, weekday=1, begins="13:00", ends="15:00", from_on=day)


def led(client: Client, uid: uuid.UUID) -> Any:
    return client.get(f"/kalender/{uid}/")


def test_a_link_leads_to_the_meeting_or_the_conversation(room: Room, talk: Talk, as_hat: AsHat) -> None:
    client = as_hat(room.cast.soc)
    for thing, path in (
        (room.meeting, f"/moten/{room.meeting.pk}/"),
        (talk.conversation, f"/samtal/{talk.conversation.pk}/"),
    ):
        got = led(client, make_entry(room.cast.soc, thing).uid)
        assert (got.status_code, got.headers["Location"]) == (302, path)
        assert client.get(path).status_code == 200


def test_a_link_to_a_series_leads_to_its_next_meeting_and_else_to_the_group(room: Room, as_hat: AsHat) -> None:
    client, series = as_hat(room.cast.soc), series_of(room)
    entry = make_entry(room.cast.soc, meeting=None, series=series, recurrence={"rule": {"to_on": None}})
    moved = make_entry(room.cast.soc, room.meeting, uid=entry.uid, instead_of=timezone.now(), series=series)
    assert moved.uid == entry.uid
    assert led(client, entry.uid).headers["Location"] == f"/moten/grupp/{room.group.pk}/"
    Meeting.objects.filter(pk=room.meeting.pk).update(series=series, occurs_on=timezone.localdate())
    assert led(client, entry.uid).headers["Location"] == f"/moten/{room.meeting.pk}/"
    put_in(room.meeting, MeetingState.CANCELLED)
    assert led(client, entry.uid).headers["Location"] == f"/moten/grupp/{room.group.pk}/"
    Meeting.objects.filter(pk=room.meeting.pk).update(
        state=MeetingState.HELD,
        ends_at=timezone.now() - timedelta(days=1),
        starts_at=timezone.now() - timedelta(days=2),
    )
    assert led(client, entry.uid).headers["Location"] == f"/moten/grupp/{room.group.pk}/"


def test_a_link_is_missing_to_everybody_else_and_asks_the_anonymous_to_sign_in(room: Room, as_hat: AsHat) -> None:
    uid = make_entry(room.cast.soc, room.meeting).uid
    for hat in (room.cast.psyk, room.cast.soc_2, room.cast.outsider, room.cast.coordinator, room.cast.chair):
        got, missing = (answer(as_hat(hat), "get", f"/kalender/{one}/") for one in (uid, MISSING_UID))
        assert got == missing and got[0] == 404, hat
    assert Client().get(f"/kalender/{uid}/").headers["Location"] == f"/logga-in/?next=/kalender/{uid}/"
    assert answer(as_hat(room.cast.soc), "get", f"/kalender/{MISSING_UID}/") == missing


def test_under_another_hat_the_page_offers_the_right_one_and_then_leads_there(room: Room, as_hat: AsHat) -> None:
    fk, elsewhere = room.cast.two_hats
    uid = make_entry(fk, room.meeting).uid
    client = as_hat(elsewhere)
    got = led(client, uid)
    body = got.content.decode()
    assert got.status_code == 200 and "Försäkringskassan Norr" in body and "Byt roll och öppna mötet" in body
    assert room.group.name not in body
    assert f'value="{fk.hat_key}"' in body and f'name="next" value="/kalender/{uid}/"' in body
    got = client.post(_switch(body), {"hat": fk.hat_key, "next": f"/kalender/{uid}/"}, follow=True)
    assert got.redirect_chain[-1][0] == f"/moten/{room.meeting.pk}/" and got.status_code == 200
    fk.from_on, fk.to_on = (timezone.localdate() - timedelta(days=days) for days in (9, 1))
    fk.save()
    assert led(as_hat(elsewhere), uid).status_code == 404


def _switch(body: str) -> str:
    return body.split("Mötet gäller en annan", 1)[1].split('action="', 1)[1].split('"', 1)[0]


def test_who_must_choose_a_hat_is_led_on_by_the_link_afterwards(room: Room) -> None:
    client, uid = Client(), make_entry(room.cast.two_hats[0], room.meeting).uid
    client.force_login(room.cast.two_hats[0].user, backend="workspace.sign_in.PasswordBackend")
    assert led(client, uid).headers["Location"].endswith(f"next=/kalender/{uid}/")


def test_the_link_in_a_file_leads_back_to_what_was_downloaded(room: Room, talk: Talk, as_hat: AsHat) -> None:
    things = {f"/moten/{room.meeting.pk}/": room.cast.coordinator, f"/samtal/{talk.conversation.pk}/": room.cast.psyk_2}
    for path, hat in things.items():
        client = as_hat(hat)
        link = path_of(event_in(client.get(f"{path}kalender.ics")))
        assert client.get(link).headers["Location"] == path
        for other in (room.cast.outsider, room.cast.soc):
            assert as_hat(other).get(link).status_code == 404
