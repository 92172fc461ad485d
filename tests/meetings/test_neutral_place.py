"""«Platsen får stå i kalendrar»: off until somebody ticks it, and carried by every form of a place (issue 8.1)."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from meetings.actions.conversations import change_conversation
from meetings.models import (
    Attendance,
    Conversation,
    ConversationEvent,
    Invitation,
    InvitationAnswer,
    Meeting,
    MeetingEvent,
    Series,
)
from meetings.states import Answer, ConversationState, How, MeetingState
from notifications.models import Notification
from tests.cast import Cast
from tests.meetings.cast import Room, put_in
from tests.meetings.series import NOW, AsHat, answer_all, make_series, opened, plan, save, silenced, told
from tests.meetings.talk_calls import WHERE, meet, needs_interpreter
from tests.meetings.talks import Talk, make_talk
from workspace.models import AuditEntry
from workspace.swedish import say_date, say_time

LABEL = "Platsen får stå i kalendrar"
WHY = "Kollegor kan se din kalender."
S = ConversationState


@pytest.fixture
def november() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def quiet(november: None, room: Room) -> Room:
    return silenced(room)


def form_of(meeting: Meeting, **more: str) -> dict[str, str]:
    """What the form of a meeting's time sends, where nothing is changed."""
    begins, ends = timezone.localtime(meeting.starts_at), timezone.localtime(meeting.ends_at)
    clocks = {"begins": say_time(begins), "ends": say_time(ends)}
    return {"day": say_date(begins.date()), **clocks, "place": meeting.place, **more}


def ticked(page: Any, name: str = "place_is_neutral") -> bool:
    return bool(page.context["form"][name].value())


# ---------- meetings ----------
def test_the_box_stands_beside_the_place_with_its_reason_and_is_not_ticked(quiet: Room, as_hat: AsHat) -> None:
    client, group = as_hat(quiet.cast.soc), quiet.group.pk
    addresses = [f"/moten/grupp/{group}/serie/ny/", f"/moten/grupp/{group}/mote/", f"/moten/{quiet.meeting.pk}/tid/"]
    for address in addresses:
        page = client.get(address)
        assert LABEL in page.content.decode() and WHY in page.content.decode() and not ticked(page)


@pytest.mark.parametrize("tick", [True, False])
def test_a_meeting_opened_from_a_series_takes_its_box(quiet: Room, as_hat: AsHat, tick: bool) -> None:
    series = make_series(quiet, as_hat, **({"place_is_neutral": "on"} if tick else {}))
    assert (series.place_is_neutral, opened(series).place_is_neutral) == (tick, tick)
    client = as_hat(quiet.cast.soc)
    assert ticked(client.get(f"/moten/grupp/{quiet.group.pk}/serie/")) is tick
    assert ticked(client.get(f"/moten/{opened(series).pk}/tid/")) is tick


def test_the_next_meeting_of_the_series_has_the_box_of_the_series_and_not_of_the_last(
    quiet: Room, as_hat: AsHat
) -> None:
    series = make_series(quiet, as_hat, place_is_neutral="on")
    client, first = as_hat(quiet.cast.soc), opened(series)
    assert client.post(f"/moten/{first.pk}/tid/", form_of(first)).status_code == 302
    assert client.post(f"/moten/{first.pk}/stall-in/", {"reason": "Sjukdom"}).status_code == 302
    first.refresh_from_db()
    assert (first.place_is_neutral, opened(series).place_is_neutral) == (False, True)


def test_an_extra_meeting_has_the_box_that_was_ticked_for_it(quiet: Room, as_hat: AsHat) -> None:
    client, url = as_hat(quiet.cast.soc), f"/moten/grupp/{quiet.group.pk}/mote/"
    form = {"begins": "10", "ends": "11", "place": "Stadshuset, rum 3"}
    client.post(url, {**form, "day": "25 nov. 2026", "place_is_neutral": "on"})
    client.post(url, {**form, "day": "26 nov. 2026"})
    client.post(url, {**form, "day": "27 nov. 2026", "place": "", "place_is_neutral": "on"})
    made = Meeting.objects.filter(series=None, state=MeetingState.PLANNED).order_by("starts_at")
    assert [one.place_is_neutral for one in made] == [True, False, False]  # no box without a place


def test_a_change_of_only_the_box_is_kept_and_stands_in_the_history_and_nobody_is_asked_or_told(
    quiet: Room, as_hat: AsHat
) -> None:
    meeting = opened(make_series(quiet, as_hat))
    answer_all(meeting, quiet.cast.soc)
    asked = list(Attendance.objects.order_by("pk").values_list("pk", "answer", "asked_at"))
    client = as_hat(quiet.cast.psyk)
    for tick, events in ((True, 1), (True, 1), (False, 2)):
        form = form_of(meeting, **({"place_is_neutral": "on"} if tick else {}))
        assert client.post(f"/moten/{meeting.pk}/tid/", form).status_code == 302
        meeting.refresh_from_db()
        assert meeting.place_is_neutral is tick
        rows = MeetingEvent.objects.filter(meeting=meeting, verb="place_in_calendars")
        assert rows.count() == events
        assert set(rows.values_list("member", "text")) == {(quiet.cast.psyk.pk, "")}
        assert AuditEntry.objects.filter(what="meeting.place_in_calendars").count() == events
    assert list(Attendance.objects.order_by("pk").values_list("pk", "answer", "asked_at")) == asked
    assert {row[1] for row in asked if row[2]} == {Answer.COMING}
    assert not Notification.objects.exists()


def test_a_new_place_or_time_keeps_the_box_as_the_form_says(quiet: Room, as_hat: AsHat) -> None:
    meeting = opened(make_series(quiet, as_hat, place_is_neutral="on"))
    answer_all(meeting, quiet.cast.soc)
    client, url = as_hat(quiet.cast.soc), f"/moten/{meeting.pk}/tid/"
    client.post(url, form_of(meeting, place="Rum Norr", place_is_neutral="on"))
    meeting.refresh_from_db()
    assert (meeting.place, meeting.place_is_neutral) == ("Rum Norr", True)
    assert told("meeting.new_place") == {quiet.cast.psyk.pk, quiet.cast.fk.pk}
    client.post(url, form_of(meeting, place="Psykiatrin, plan 2", begins="10", ends="11"))
    meeting.refresh_from_db()
    assert (meeting.place, meeting.place_is_neutral) == ("Psykiatrin, plan 2", False)


@pytest.mark.parametrize("state", sorted(set(MeetingState) - {MeetingState.PLANNED, MeetingState.CALLED}))
def test_the_box_of_a_meeting_that_has_begun_or_is_over_is_not_changed(
    quiet: Room, as_hat: AsHat, state: MeetingState
) -> None:
    meeting = put_in(quiet.meeting, state)
    answer = as_hat(quiet.cast.soc).post(f"/moten/{meeting.pk}/tid/", form_of(meeting, place_is_neutral="on"))
    meeting.refresh_from_db()
    assert answer.status_code in {409, 422} and not meeting.place_is_neutral


def test_a_changed_series_carries_its_box_to_the_opened_meeting_and_a_moved_day_keeps_the_meetings_own(
    quiet: Room, as_hat: AsHat
) -> None:
    series = make_series(quiet, as_hat)
    meeting = opened(series)
    answer_all(meeting, quiet.cast.soc)
    client = as_hat(quiet.cast.soc)
    url = f"/moten/grupp/{quiet.group.pk}/serie/"
    assert save(client, url, place_is_neutral="on").status_code == 302
    meeting.refresh_from_db()
    assert meeting.place_is_neutral and Series.objects.latest("pk").place_is_neutral and not series.place_is_neutral
    assert not Notification.objects.exists()  # neither time nor place is another
    day = {"where": "annan", "day": "25 nov. 2026"}
    assert client.post(f"/moten/grupp/{quiet.group.pk}/serie/dag/?dag=2026-11-26", day).status_code == 302
    meeting.refresh_from_db()
    assert str(timezone.localdate(meeting.starts_at)) == "2026-11-25" and meeting.place_is_neutral


def test_the_box_is_still_ticked_when_the_days_of_a_series_are_shown(quiet: Room, as_hat: AsHat) -> None:
    url = f"/moten/grupp/{quiet.group.pk}/serie/ny/"
    page = as_hat(quiet.cast.soc).post(url, plan(place_is_neutral="on"))
    assert page.status_code == 200 and ticked(page)


# ---------- conversations ----------
def called(talk: Talk, client: Client, **more: str) -> Conversation:
    assert client.post(f"/samtal/{talk.conversation.pk}/kalla/", meet(**more)).status_code == 302
    return talk.fresh()


def test_a_conversations_box_goes_from_its_plan_to_its_call(cast: Cast, as_hat: AsHat) -> None:
    talk, client = make_talk(cast), as_hat(cast.soc)
    change, call = (f"/samtal/{talk.conversation.pk}/{word}/" for word in ("andra", "kalla"))
    assert LABEL in client.get(change).content.decode() and not ticked(client.get(call), "where_is_neutral")
    form = {"about": "Praktik", "kind": "conversation", "minutes": "60", "how": "place", "where": WHERE}
    assert client.post(change, {**form, "where_is_neutral": "on"}).status_code == 302
    assert talk.fresh().where_is_neutral and ticked(client.get(call), "where_is_neutral")
    assert called(talk, client, where_is_neutral="on").where_is_neutral


def test_the_call_without_the_box_takes_it_away(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast)
    Conversation.objects.update(where_is_neutral=True)
    assert not called(talk, as_hat(cast.soc)).where_is_neutral


@pytest.mark.parametrize(
    ("how", "more"), [(How.PHONE, {"where": "070-123 45 67"}), (How.LINK, {"link": "https://mote.example/1"})]
)
def test_only_a_place_can_be_neutral_never_a_number_or_a_link(
    cast: Cast, as_hat: AsHat, how: How, more: dict[str, str]
) -> None:
    talk = make_talk(cast)
    Conversation.objects.update(where_is_neutral=True, where=WHERE)
    change_conversation(by=cast.soc, conversation=talk.fresh(), about="Praktik", how=how, **more)  # type: ignore[arg-type]
    assert not talk.fresh().where_is_neutral
    assert not called(talk, as_hat(cast.soc), how=how, where_is_neutral="on", **more).where_is_neutral


def move_form(conversation: Conversation, **more: str) -> dict[str, str]:
    assert conversation.starts_at is not None
    begins = timezone.localtime(conversation.starts_at)
    day = {"day": say_date(begins.date()), "begins": say_time(begins)}
    return {**day, "how": conversation.how, "where": conversation.where, **more}


def test_a_change_of_only_the_box_calls_nobody_anew(cast: Cast, as_hat: AsHat) -> None:
    talk, client = make_talk(cast, S.INVITED), as_hat(cast.soc)
    InvitationAnswer.objects.create(
        invitation=Invitation.objects.filter(party=talk.parties["psyk"]).get(), answer=Answer.COMING, member=cast.psyk
    )
    calls = Invitation.objects.count()
    url = f"/samtal/{talk.conversation.pk}/andra-tid/"
    page = client.post(url, move_form(talk.conversation, where_is_neutral="on"), follow=True)
    assert "Ändringen är sparad." in page.content.decode() and "ny kallelse" not in page.content.decode()
    assert (talk.fresh().where_is_neutral, talk.fresh().round, Invitation.objects.count()) == (True, 1, calls)
    assert ConversationEvent.objects.filter(conversation=talk.conversation, verb="place_in_calendars").count() == 1
    assert AuditEntry.objects.filter(what="conversation.place_in_calendars").count() == 1
    assert not Notification.objects.exists()
    again = client.post(url, move_form(talk.conversation, where_is_neutral="on"))
    assert "Tiden och platsen är redan så" in again.content.decode()


def test_the_box_alone_asks_nothing_of_the_interpreter_that_is_booked(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, S.INVITED)
    needs_interpreter(cast, booked=True)
    form = move_form(talk.conversation, where_is_neutral="on", interpreter="booked")
    as_hat(cast.soc).post(f"/samtal/{talk.conversation.pk}/andra-tid/", form)
    assert talk.fresh().where_is_neutral and talk.fresh().interpreter_booked_at


def test_a_moved_conversation_takes_the_box_of_the_form_and_says_that_all_are_called(cast: Cast, as_hat: AsHat) -> None:
    talk, client = make_talk(cast, S.INVITED), as_hat(cast.soc)
    Conversation.objects.update(where_is_neutral=True)
    url = f"/samtal/{talk.conversation.pk}/andra-tid/"
    assert ticked(client.get(url), "where_is_neutral")
    page = client.post(url, move_form(talk.conversation, where="Psykiatrin, plan 2"), follow=True)
    assert "Ändringen är sparad. Alla har fått en ny kallelse." in page.content.decode()
    assert (talk.fresh().where_is_neutral, talk.fresh().round) == (False, 2)


@pytest.mark.parametrize("who", ["soc_manager", "psyk", "fk", "outsider"])
def test_nobody_but_the_conveners_caseworkers_ticks_the_box(cast: Cast, as_hat: AsHat, who: str) -> None:
    talk = make_talk(cast, S.INVITED)
    form = move_form(talk.conversation, where_is_neutral="on")
    answer = as_hat(getattr(cast, who)).post(f"/samtal/{talk.conversation.pk}/andra-tid/", form)
    assert answer.status_code in {403, 404} and not talk.fresh().where_is_neutral


def test_a_box_that_was_ticked_for_another_place_is_asked_for_anew(quiet: Room, as_hat: AsHat) -> None:
    meeting = opened(make_series(quiet, as_hat))
    Meeting.objects.filter(pk=meeting.pk).update(place="Stadshuset", place_is_neutral=True)
    meeting.refresh_from_db()
    client, path = as_hat(quiet.cast.soc), f"/moten/{meeting.pk}/tid/"
    assert 'value="Stadshuset"' in client.get(path).content.decode().split('name="place_is_neutral"')[1].split(">")[0]
    elsewhere = form_of(meeting) | {"place": "Beroendemottagningen", "place_is_neutral": "Stadshuset"}
    page = client.post(path, elsewhere)
    assert "Platsen är ny. Kryssa i igen" in page.content.decode() and not ticked(page)
    meeting.refresh_from_db()
    assert meeting.place == "Stadshuset"
    client.post(path, elsewhere | {"place_is_neutral": "on"})
    meeting.refresh_from_db()
    assert (meeting.place, meeting.place_is_neutral) == ("Beroendemottagningen", True)
