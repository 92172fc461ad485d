"""The live room through its pages: who sees what, how it moves on, who is here."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meetings.actions.room import say_here, start_meeting
from meetings.models import AgendaItem, Attendance, ItemGuest, Meeting, MeetingEvent, SeatHolder
from meetings.queries import items_of
from meetings.queries.room import outside_item
from meetings.queries.standing import answer_seen
from meetings.states import Answer, ItemKind, MeetingState, MinutesState
from notifications.models import Notification
from tests.cast import SECRET_TEXT, make_agency, make_member
from tests.meetings.cast import Room, make_item, put_in
from tests.meetings.rooms import PIECES, circle_of, cleaned, go_to, running
from workspace.models import AuditEntry
from workspace.rules import Hat
from workspace.states import AgencyKind

AsHat = Callable[[Hat], Client]
pytestmark = pytest.mark.django_db


def page(client: Client, room: Room, query: str = "") -> str:
    answer = client.get(f"/moten/{room.meeting.pk}/rum/{query}")
    assert answer.status_code == 200, answer.content.decode()[:2000]
    return answer.content.decode()


def piece(client: Client, room: Room, name: str, query: str = "") -> str:
    answer = client.get(f"/moten/{room.meeting.pk}/rum/bit/{name}/{query}")
    assert answer.status_code == 200, name
    return answer.content.decode()


def post(client: Client, room: Room, step: str, **data: Any) -> Any:
    return client.post(f"/moten/{room.meeting.pk}/rum/{step}/", data)


# ---------- before, during, after ----------
def test_a_meeting_is_begun_by_its_chair_and_opens_the_first_item(room: Room, as_hat: AsHat) -> None:
    soc, fk = as_hat(room.cast.soc), as_hat(room.cast.fk)
    assert "Mötet har inte börjat" in page(fk, room) and "Börja mötet" not in page(fk, room)
    assert post(fk, room, "borja").status_code == 403
    assert "Börja mötet" in page(soc, room)
    assert post(soc, room, "borja").status_code == 302
    meeting = Meeting.objects.get(pk=room.meeting.pk)
    assert (meeting.state, meeting.current_item) == (MeetingState.IN_PROGRESS, meeting.items.first())
    assert meeting.pen == Attendance.objects.get(meeting=meeting, member=room.cast.soc)
    assert meeting.pen.present_how == "joined"
    assert "1. Runda: nytt sedan sist" in page(fk, room)
    assert list(MeetingEvent.objects.filter(meeting=meeting, verb="start").values_list("member", flat=True)) == [
        room.cast.soc.pk
    ]


def test_the_secretary_who_is_here_gets_the_pen(room: Room, as_hat: AsHat) -> None:
    assert post(as_hat(room.cast.psyk), room, "har").status_code == 204
    post(as_hat(room.cast.soc), room, "borja")
    assert Meeting.objects.get(pk=room.meeting.pk).pen.member == room.cast.psyk  # type: ignore[union-attr]


def test_whoever_said_yes_and_is_not_here_is_told_that_it_has_begun(room: Room, as_hat: AsHat) -> None:
    cast = room.cast
    for member, answer in (
        (cast.soc, Answer.COMING),
        (cast.psyk, Answer.COMING),
        (cast.fk, Answer.COMING),
        (cast.soc_2, Answer.NOT_COMING),
        (cast.psyk_2, ""),
    ):
        Attendance.objects.create(meeting=room.meeting, member=member, answer=answer)
    say_here(by=cast.psyk, meeting=room.meeting)
    start_meeting(by=cast.soc, meeting=room.meeting)
    told = Notification.objects.filter(kind="meeting.started")
    assert set(told.values_list("membership", flat=True)) == {cast.fk.pk}
    assert told.get().acting_agency is None
    page(as_hat(cast.fk), room)
    assert told.get().read_at is not None


def test_the_next_item_ends_one_and_begins_the_other_and_going_back_keeps_the_notes(room: Room, as_hat: AsHat) -> None:
    meeting = running(room)
    first, second = meeting.items.all()[:2]
    AgendaItem.objects.filter(pk=first.pk).update(note="Det vi sa", note_version=1)
    soc = as_hat(room.cast.soc)
    post(soc, room, "punkt", leaving=first.pk)
    first.refresh_from_db(), second.refresh_from_db(), meeting.refresh_from_db()
    assert meeting.current_item == second and first.ended_at and second.started_at and not second.ended_at
    post(soc, room, "punkt", leaving=second.pk, to=first.pk)
    first.refresh_from_db(), meeting.refresh_from_db()
    assert meeting.current_item == first and first.ended_at is None and first.note == "Det vi sa"


def test_two_who_press_next_move_the_meeting_once(room: Room, as_hat: AsHat) -> None:
    meeting = running(room)
    first, second = meeting.items.all()[:2]
    assert post(as_hat(room.cast.soc), room, "punkt", leaving=first.pk).status_code == 302
    late = as_hat(room.cast.psyk).post(f"/moten/{meeting.pk}/rum/punkt/", {"leaving": first.pk}, follow=True)
    assert "Någon hann före" in late.content.decode()
    meeting.refresh_from_db()
    assert meeting.current_item == second


def test_five_more_minutes_are_given_to_the_item_that_the_page_showed(room: Room, as_hat: AsHat) -> None:
    meeting = running(room)
    first, second = meeting.items.all()[:2]
    soc = as_hat(room.cast.soc)
    post(soc, room, "mer-tid", leaving=first.pk)
    post(soc, room, "mer-tid", leaving=second.pk)
    assert [item.minutes for item in meeting.items.all()[:2]] == [first.minutes + 5, second.minutes]
    AgendaItem.objects.filter(pk=first.pk).update(minutes=600)
    assert post(soc, room, "mer-tid", leaving=first.pk).status_code == 403


def test_the_time_left_is_said_in_words_and_then_how_long_over(room: Room, as_hat: AsHat) -> None:
    meeting = running(room)
    fk = as_hat(room.cast.fk)
    now = timezone.now()
    AgendaItem.objects.filter(pk=meeting.current_item_id).update(started_at=now, minutes=6)
    with time_machine.travel(now + timedelta(seconds=10), tick=False):
        assert ">6 min</b>" in piece(fk, room, "huvud") and "kvar, till" in piece(fk, room, "huvud")
    with time_machine.travel(now + timedelta(minutes=9, seconds=30), tick=False):
        late = piece(fk, room, "huvud")
        assert ">3 min</b>" in late and "över, skulle sluta" in late and "timer late" in late


def test_a_meeting_cannot_end_while_gender_equality_is_unanswered(room: Room, as_hat: AsHat) -> None:
    meeting = running(room)
    soc = as_hat(room.cast.soc)
    refused = post(soc, room, "avsluta")
    assert refused.status_code == 403
    assert "Jämställdhet är inte besvarad. Skriv ett beslut eller Ingen avvikelse." in refused.content.decode()
    item = meeting.items.get(kind=ItemKind.GENDER_EQUALITY)
    address = f"/moten/punkt/{item.pk}/jamstalldhet/"
    assert soc.post(address, {"g-answer": "no_deviation", "g-text": " "}).status_code == 422
    assert as_hat(room.cast.fk).post(address, {"g-answer": "decision", "g-text": "x"}).status_code == 403
    assert soc.post(address, {"g-answer": "no_deviation", "g-text": "Hälften kvinnor."}).status_code == 302
    assert "Hälften kvinnor." in page(as_hat(room.cast.fk), room, f"?punkt={item.pk}")
    assert post(soc, room, "avsluta").status_code == 302
    meeting.refresh_from_db()
    assert (meeting.state, meeting.current_item) == (MeetingState.HELD, None)
    assert not meeting.items.filter(started_at__isnull=False, ended_at__isnull=True).exists()
    assert "Mötet är avslutat" in page(soc, room)
    # It can be changed, until the minutes are on their way.
    item.refresh_from_db()
    again = {"g-answer": "decision", "g-text": "Fler pappor.", "g-seen": answer_seen(item)}
    assert soc.post(address, again).status_code == 302
    Meeting.objects.filter(pk=meeting.pk).update(minutes_state=MinutesState.SENT)
    assert soc.post(address, {"g-answer": "decision", "g-text": "Ändrat."}).status_code == 403
    assert AgendaItem.objects.get(pk=item.pk).gender_text == "Fler pappor."


def test_a_finished_meeting_opens_again_where_it_ended_until_its_minutes_are_sent(room: Room, as_hat: AsHat) -> None:
    meeting = running(room)
    last = meeting.current_item
    meeting.items.filter(kind=ItemKind.GENDER_EQUALITY).update(gender_answer="decision", gender_text="Ja.")
    soc = as_hat(room.cast.soc)
    post(soc, room, "avsluta")
    post(soc, room, "oppna-igen")
    meeting.refresh_from_db()
    assert (meeting.state, meeting.current_item) == (MeetingState.IN_PROGRESS, last)
    post(soc, room, "avsluta")
    Meeting.objects.filter(pk=meeting.pk).update(minutes_state=MinutesState.SENT)
    assert post(soc, room, "oppna-igen").status_code == 403


# ---------- the pen ----------
def test_when_the_chairs_browser_dies_another_takes_the_pen_and_leads_on(room: Room, as_hat: AsHat) -> None:
    meeting = running(room)
    fk = as_hat(room.cast.fk)
    assert post(fk, room, "punkt", leaving=meeting.current_item_id).status_code == 403
    assert post(fk, room, "pennan").status_code == 302
    assert "Du har pennan." in page(fk, room) and "Nästa punkt" in page(fk, room)
    assert post(fk, room, "punkt", leaving=meeting.current_item_id).status_code == 302
    assert Attendance.objects.get(meeting=meeting, member=room.cast.fk).present_at is not None
    post(as_hat(room.cast.coordinator), room, "pennan")
    assert Meeting.objects.get(pk=meeting.pk).pen.role == room.cast.coordinator  # type: ignore[union-attr]


ROLES = ("soc", "soc_2", "psyk", "fk", "coordinator", "chair", "guest", "soc_manager", "outsider")
ARRANGE, SEATS = {"soc", "psyk", "coordinator"}, {"soc", "soc_2", "psyk", "fk", "coordinator"}
VERBS: dict[str, dict[MeetingState, set[str]]] = {
    "borja": {MeetingState.PLANNED: ARRANGE, MeetingState.CALLED: ARRANGE},
    "punkt": {MeetingState.IN_PROGRESS: ARRANGE},
    "mer-tid": {MeetingState.IN_PROGRESS: ARRANGE},
    "avsluta": {MeetingState.IN_PROGRESS: ARRANGE},
    "oppna-igen": {MeetingState.HELD: ARRANGE},
    "pennan": {MeetingState.IN_PROGRESS: SEATS, MeetingState.HELD: SEATS},  # afterwards: whoever was there
}


@pytest.mark.parametrize("step", VERBS)
def test_each_verb_is_for_its_side_in_its_states_and_nobody_else(room: Room, as_hat: AsHat, step: str) -> None:
    cast, meeting = room.cast, room.meeting
    first = meeting.items.all()[0]
    guest = make_member(cast.outsider.agency, "guest", None)
    ItemGuest.objects.create(item=first, membership=guest)
    meeting.items.filter(kind=ItemKind.GENDER_EQUALITY).update(gender_answer="decision")
    hats: dict[str, Hat] = {name: guest if name == "guest" else getattr(cast, name) for name in ROLES}
    clients = {name: as_hat(hat) for name, hat in hats.items()}
    found: dict[MeetingState, set[str]] = {}
    for state in MeetingState:
        for name in ROLES:
            put_in(meeting, state)
            Meeting.objects.filter(pk=meeting.pk).update(current_item=first, pen=None)
            before = MeetingEvent.objects.filter(meeting=meeting).count()
            answer = post(clients[name], room, step, leaving=first.pk)
            assert answer.status_code in {302, 403, 404}, (name, state, answer.status_code)
            assert (answer.status_code == 404) == (name in {"chair", "soc_manager", "outsider"}), (name, state)
            if MeetingEvent.objects.filter(meeting=meeting).count() > before:
                found.setdefault(state, set()).add(name)
    assert found == VERBS[step]


# ---------- case items ----------
def test_who_is_outside_a_case_sees_only_that_it_is_there_and_when_it_is_back(room: Room, as_hat: AsHat) -> None:
    meeting = running(room)
    case, after = make_item(meeting, SECRET_TEXT, ItemKind.CASE), make_item(meeting, "Praktikplatser i vår")
    circle_of(room, case, room.soc_seat, room.psyk_seat)
    for member in (room.cast.soc, room.cast.psyk, room.cast.fk):
        say_here(by=member, meeting=meeting)
    go_to(meeting, case)
    number = next(shown.number for shown in items_of(room.cast.soc, meeting) if shown.item == after)
    for hat in (room.cast.fk, room.cast.coordinator):
        say_here(by=hat, meeting=meeting)
        client = as_hat(hat)
        for text in (page(client, room), page(client, room, f"?punkt={case.pk}")):
            assert SECRET_TEXT not in text and "Ett ärende som din myndighet inte är med på" in text
            assert f"Du kommer tillbaka av dig själv till punkt {number}, ungefär" in text
        assert SECRET_TEXT not in "".join(piece(client, room, name) for name in PIECES)
        here = piece(client, room, "har")
        assert "Socialtjänsten" not in here and "myndigheter" not in here and "Vuxenpsykiatrin" not in here
    inside = page(as_hat(room.cast.psyk), room)
    assert SECRET_TEXT in inside and "väntar utanför punkten" in inside
    assert "Punkten ses av Socialtjänsten, Vuxenpsykiatrin. Inte med: Försäkringskassan." in " ".join(inside.split())


def test_a_case_whose_access_has_ended_goes_from_the_page_at_once(room: Room, as_hat: AsHat) -> None:
    meeting = running(room)
    case = make_item(meeting, SECRET_TEXT, ItemKind.CASE)
    circle = circle_of(room, case, room.soc_seat, room.psyk_seat)
    go_to(meeting, case)
    psyk = as_hat(room.cast.psyk)
    address = f"/moten/{meeting.pk}/rum/bit/arende/?visar={case.pk}"
    assert f'data-live="{address}"' in page(psyk, room)
    assert "X-Access-Ended" not in psyk.get(address).headers
    circle.circle.filter(seat=room.psyk_seat).delete()
    go_to(meeting, meeting.items.all()[0])  # also where the meeting has moved on while somebody was typing there
    for name in PIECES:
        ended = psyk.get(f"/moten/{meeting.pk}/rum/bit/{name}/?visar={case.pk}")
        assert ended.headers["X-Access-Ended"] == "1" and SECRET_TEXT not in ended.content.decode(), name
    assert "X-Access-Ended" not in as_hat(room.cast.fk).get(f"/moten/{meeting.pk}/rum/bit/arende/").headers


def test_a_guest_sees_nothing_of_the_others_items_and_waits_for_their_own(room: Room, as_hat: AsHat) -> None:
    meeting = running(room)
    guest = make_member(room.cast.outsider.agency, "guest", None)
    own = make_item(meeting, "Flyktvägen")
    ItemGuest.objects.create(item=own, membership=guest)
    AgendaItem.objects.filter(pk=meeting.current_item_id).update(note=SECRET_TEXT)
    say_here(by=room.cast.soc, meeting=meeting)
    say_here(by=guest, meeting=meeting)
    client = as_hat(guest)
    text = page(client, room)
    assert SECRET_TEXT not in text and "Runda" not in text and str(room.cast.soc.user) not in text
    assert "Din punkt börjar ungefär" in text and "Ta över pennan" not in text
    assert Attendance.objects.get(meeting=meeting, member=guest).present_at is None
    assert SECRET_TEXT not in page(client, room, f"?punkt={meeting.current_item_id}")
    go_to(meeting, own)
    say_here(by=guest, meeting=meeting)
    assert "Flyktvägen" in page(client, room) and str(room.cast.soc.user) in page(client, room)
    assert Attendance.objects.get(meeting=meeting, member=guest).present_at is not None


def test_presence_and_agenda_agree_on_who_is_outside(room: Room, as_hat: AsHat) -> None:
    meeting, cast = running(room), room.cast
    case = make_item(meeting, "Ärendet", ItemKind.CASE)
    circle_of(room, case, room.soc_seat, room.psyk_seat)
    guest, invited = make_member(cast.outsider.agency, "guest", None), make_member(cast.psyk.agency, "invited", None)
    ItemGuest.objects.create(item=meeting.items.all()[1], membership=guest)
    ItemGuest.objects.create(item=case, membership=invited)
    hats: list[Hat] = [cast.soc, cast.soc_2, cast.psyk, cast.psyk_2, cast.fk, guest, invited, cast.coordinator]
    for hat in hats:
        say_here(by=hat, meeting=meeting)
    rows = {row.hat_key: row for row in Attendance.objects.filter(meeting=meeting)}
    for item in meeting.items.all():
        out = outside_item(meeting, item, list(rows.values()))
        for hat in hats:
            access = next(shown.access for shown in items_of(hat, meeting) if shown.item == item)
            assert (access == "outside") == (rows[hat.hat_key].pk in out), (hat.hat_key, item.kind)


# ---------- here now ----------
def test_here_now_is_whoever_was_heard_of_within_75_seconds(room: Room, as_hat: AsHat) -> None:
    meeting, fk = running(room), as_hat(room.cast.fk)
    now = timezone.now()
    audited = AuditEntry.objects.count()
    with time_machine.travel(now, tick=False) as clock:
        say_here(by=room.cast.psyk, meeting=meeting)
        clock.move_to(now + timedelta(seconds=70))
        post(fk, room, "har")
        text = piece(fk, room, "har")
        assert "2 av 3 myndigheter" in text and str(room.cast.psyk.user) in text
        clock.move_to(now + timedelta(seconds=80))
        text = piece(fk, room, "har")
        assert "1 av 3 myndigheter" in text and "Inte här: Socialtjänsten Piteå, Vuxenpsykiatrin Piteå" in text
        post(fk, room, "har", leaving="1")
        assert "Ingen är här än." in piece(fk, room, "har")
    assert AuditEntry.objects.count() == audited
    assert Attendance.objects.get(meeting=meeting, member=room.cast.fk).present_how == "joined"


def test_without_a_script_a_button_says_that_one_is_here(room: Room, as_hat: AsHat) -> None:
    running(room)
    fk = as_hat(room.cast.fk)
    assert "Jag är här" in page(fk, room)
    assert post(fk, room, "har", once="k1").headers["Location"] == f"/moten/{room.meeting.pk}/rum/"
    assert "Fk Testsson" in page(fk, room)


def test_nobody_is_here_in_a_meeting_that_is_over(room: Room, as_hat: AsHat) -> None:
    put_in(room.meeting, MeetingState.HELD)
    post(as_hat(room.cast.fk), room, "har")
    assert not Attendance.objects.filter(meeting=room.meeting).exists()


# ---------- the same for everybody, and as cheap for many ----------
def test_a_late_joiner_sees_what_the_others_see(room: Room, as_hat: AsHat) -> None:
    meeting = running(room)
    fk, soc = as_hat(room.cast.fk), as_hat(room.cast.soc)
    for hat in (room.cast.soc, room.cast.fk):
        say_here(by=hat, meeting=meeting)
    page(fk, room)
    items = list(meeting.items.all())
    for text, base in (("Ett", 0), ("Ett och två", 1)):
        soc.post(f"/moten/punkt/{items[0].pk}/anteckning/", {"text": text, "base_version": base})
    post(soc, room, "mer-tid", leaving=items[0].pk)
    post(soc, room, "punkt", leaving=items[0].pk)
    soc.post(f"/moten/punkt/{items[1].pk}/anteckning/", {"text": "Tredje", "base_version": 0})
    late = as_hat(room.cast.psyk_2)
    with time_machine.travel(timezone.now(), tick=False):
        for query in ("", f"?punkt={items[0].pk}"):
            for name in PIECES:
                ours, theirs = piece(fk, room, name, query), piece(late, room, name, query)
                assert cleaned(ours) == cleaned(theirs), name
                assert cleaned(ours) in cleaned(page(fk, room, query)), name
    assert "Ett och två" in piece(late, room, "anteckning", f"?punkt={items[0].pk}")


def test_the_room_costs_as_much_with_40_items_and_30_people(room: Room, as_hat: AsHat) -> None:
    meeting = running(room)
    case = make_item(meeting, "Ärendet", ItemKind.CASE)
    circle_of(room, case, room.soc_seat, room.fk_seat)
    fk = as_hat(room.cast.fk)
    say_here(by=room.cast.soc, meeting=meeting)
    for query in ("", f"?punkt={case.pk}"):
        page(fk, room, query)
    small = [queries_of(fk, room, query) for query in ("", f"?punkt={case.pk}")]
    for number in range(35):
        make_item(meeting, f"Punkt {number}", ItemKind.CASE if number % 7 == 0 else ItemKind.ORDINARY)
    for number in range(29):
        body, desk = make_agency(f"many-{number}", f"Verksamhet {number}", AgencyKind.SOCIAL_SERVICES, None)
        member = make_member(body, f"many{number}", desk)
        SeatHolder.objects.create(seat=room.fk_seat, membership=member, kind="deputy", order=number + 5)
        Attendance.objects.create(meeting=meeting, member=member, seen_at=timezone.now())
    large = [queries_of(fk, room, query) for query in ("", f"?punkt={case.pk}")]
    assert small == large, (small, large)


def queries_of(client: Client, room: Room, query: str) -> int:
    with CaptureQueriesContext(connection) as caught:
        page(client, room, query)
    return len(caught)


def test_the_room_is_missing_for_whoever_has_no_part_in_it(room: Room, as_hat: AsHat) -> None:
    running(room)
    missing = as_hat(room.cast.fk).get("/moten/999999/rum/")
    for hat in (room.cast.outsider, room.cast.soc_manager, room.cast.chair, room.cast.two_hats[1]):
        client = as_hat(hat)
        for path in ("", *(f"bit/{name}/" for name in PIECES)):
            answer = client.get(f"/moten/{room.meeting.pk}/rum/{path}")
            assert answer.status_code == 404 == missing.status_code, (hat, path)
        for step in (*VERBS, "har"):
            assert post(client, room, step, leaving=0).status_code == 404, (hat, step)
    assert not re.search(r"\bNone\b", page(as_hat(room.cast.fk), room))
