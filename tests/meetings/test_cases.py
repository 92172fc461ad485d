"""A person on an agenda: who may put one there, whom the consent must reach, who is told, and who comes and goes."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meetings.models import AgendaItem, Case, CircleSeat, Group, Meeting, MeetingEvent
from meetings.queries.meetings import circle_agencies, items_of, sides_of
from meetings.states import GroupKind, ItemKind, MeetingState, Section
from notifications.models import Notification
from tests.cast import SECRET_NAME, SECRET_TEXT, make_participant
from tests.meetings.cases import AsHat, confirmed, leaks, meeting_consent, put, running, said
from tests.meetings.cast import Room, make_group, make_item, make_seat, put_in
from workspace.clocks import end_of
from workspace.models import AuditEntry, Disclosure
from workspace.states import EndReason

pytestmark = pytest.mark.django_db


def filled(room: Room, **more: Any) -> dict[str, Any]:
    data = {
        "participant": room.cast.person.pk, "question": SECRET_TEXT, "minutes": "20",
        "seats": [room.psyk_seat.pk], "informed_on": str(timezone.localdate()), "once": "k1",
    }  # fmt: skip
    return {**data, **more}


def address(room: Room) -> str:
    return f"/moten/{room.meeting.pk}/arende/ny/"


def told(kind: str) -> set[int]:
    return set(Notification.objects.filter(kind=kind).values_list("membership", flat=True))


# ---------- put there ----------
def test_a_case_is_put_on_the_agenda_and_disclosed_to_its_circle_alone(room: Room, as_hat: AsHat) -> None:
    meeting_consent(room.cast, room.cast.psyk.agency, room.cast.fk.agency)
    for _ in range(2):  # the same form twice does it once
        got = as_hat(room.cast.soc).post(address(room), filled(room))
        assert got.status_code == 302
    case = Case.objects.get()
    assert (case.item.kind, case.item.title, case.item.section) == (ItemKind.CASE, "Ärende", Section.MATTERS)
    assert case.item.presenter == room.cast.soc
    made = set(Disclosure.objects.values_list("discloser", "recipient", "category", "ground"))
    soc, psyk = room.cast.soc.agency_id, room.cast.psyk.agency_id
    assert made == {(soc, psyk, "identity", "consent"), (soc, psyk, "meeting", "consent")}
    assert {row.seat_id: bool(row.identity_id) for row in CircleSeat.objects.all()} == {
        room.soc_seat.pk: False,
        room.psyk_seat.pk: True,
    }
    assert told("case.added") == {room.cast.soc_2.pk, room.cast.psyk.pk, room.cast.psyk_2.pk}
    assert circle_agencies(case.item) == {soc, psyk}
    assert sides_of(room.meeting, case.item) == sorted([f"myndighet{soc}", f"myndighet{psyk}"])


def test_a_case_stands_after_the_other_matters_and_before_the_closing(room: Room) -> None:
    other = make_item(room.meeting)
    AgendaItem.objects.filter(meeting=room.meeting, section=Section.CLOSING).update(position=99)
    meeting_consent(room.cast)
    case = put(room)
    order = [shown.item.pk for shown in items_of(room.cast.soc, room.meeting)]
    assert order.index(case.item_id) == order.index(other.pk) + 1
    last = AgendaItem.objects.get(pk=order[-1])
    assert last.section == Section.CLOSING


def test_reading_ends_with_the_consent_or_ninety_days_after_the_meeting(room: Room) -> None:
    consent = meeting_consent(room.cast)
    until = consent.rows.values_list("valid_until", flat=True)[0]
    put(room)
    assert {row.ends_at for row in Disclosure.objects.all()} == {end_of(until)}
    long = make_participant(room.cast.soc_desk, "Lång", "Varaktig")
    meeting_consent(room.cast, person=long, until=timezone.localdate() + timedelta(days=900))
    case = put(room, person=long)
    last = end_of(timezone.localdate(room.meeting.ends_at) + timedelta(days=90))
    assert {row.ends_at for row in Disclosure.objects.filter(participant=case.participant)} == {last}


@pytest.mark.parametrize("codes", [("meeting",), ("identity",), ()])
def test_a_consent_that_does_not_reach_everybody_refuses_and_keeps_what_was_written(
    room: Room, as_hat: AsHat, codes: tuple[str, ...]
) -> None:
    cast = room.cast
    consent = meeting_consent(cast, cast.psyk.agency, cast.fk.agency)
    consent.rows.filter(recipient=cast.fk.agency).exclude(category__in=codes).update(withdrawn_at=timezone.now())
    got = as_hat(cast.soc).post(address(room), filled(room, seats=[room.psyk_seat.pk, room.fk_seat.pk]))
    body = got.content.decode()
    assert got.status_code == 200
    assert "täcker inte Försäkringskassan Norr" in body
    assert "Vuxenpsykiatrin Piteå." not in body.split("täcker inte")[1].split("</")[0]
    assert SECRET_TEXT in body and f"/deltagare/{cast.person.pk}/samtycke/mote/" in body
    assert not Case.objects.exists() and not Disclosure.objects.exists() and not Notification.objects.exists()


def test_a_consent_that_has_run_out_reaches_nobody(room: Room, as_hat: AsHat) -> None:
    meeting_consent(room.cast, until=timezone.localdate() + timedelta(days=1))
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        got = as_hat(room.cast.soc).post(address(room), filled(room))
    assert "täcker inte Vuxenpsykiatrin Piteå" in got.content.decode()
    assert not Case.objects.exists()


def test_a_joint_meeting_needs_consent_for_just_that(room: Room) -> None:
    other = make_group(room.cast, "Samverkansgruppen Älvsbyn")
    Meeting.objects.filter(pk=room.meeting.pk).update(joined_group=other)
    meeting = Meeting.objects.get(pk=room.meeting.pk)
    consent = meeting_consent(room.cast)
    with pytest.raises(Exception, match="täcker inte Vuxenpsykiatrin Piteå"), transaction.atomic():
        put(room, meeting=meeting)
    consent.rows.update(withdrawn_at=timezone.now())
    meeting_consent(room.cast, joint=True)
    put(room, meeting=meeting)
    assert set(Disclosure.objects.values_list("category", flat=True)) == {"identity", "joint_meeting"}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"informed_on": ""}, "Berätta först för personen"),
        ({"informed_on": str(timezone.localdate() + timedelta(days=2))}, "har inte varit än"),
        ({"participant": ""}, "Välj vem det gäller"),
        ({"question": ""}, "Skriv vad ni vill tala om"),
        ({"minutes": "hundra"}, "Skriv ett antal minuter"),
        ({"minutes": "999"}, "högst 120"),
        ({"seats": []}, "Välj minst en annan myndighet"),
        ({"seats": ["98765"]}, "finns inte i gruppen"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(room: Room, as_hat: AsHat, change: dict[str, Any], says: str) -> None:
    meeting_consent(room.cast)
    got = as_hat(room.cast.soc).post(address(room), filled(room, **change))
    assert got.status_code == 200 and says in got.content.decode()
    assert not Case.objects.exists()


def test_nobody_stands_on_an_agenda_uninformed_whatever_the_code_does(room: Room) -> None:
    meeting_consent(room.cast)
    case = put(room)
    with pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(informed_on=None)


def test_somebody_elses_participant_cannot_be_put_there(room: Room, as_hat: AsHat) -> None:
    stranger = make_participant(room.cast.psyk_desk, "Främmande", "Person")
    got = as_hat(room.cast.soc).post(address(room), filled(room, participant=stranger.pk))
    assert "Välj någon av era deltagare" in got.content.decode()
    got = as_hat(room.cast.soc).get(address(room))
    assert "Främmande" not in got.content.decode()


def test_a_person_stands_on_an_agenda_once(room: Room, as_hat: AsHat) -> None:
    meeting_consent(room.cast)
    put(room)
    got = as_hat(room.cast.soc_2).post(address(room), filled(room))
    assert "finns redan på dagordningen" in got.content.decode()
    assert Case.objects.count() == 1


def test_who_may_put_a_case_where_and_when(room: Room, as_hat: AsHat) -> None:
    cast = room.cast
    client, others = as_hat(cast.soc), [as_hat(hat) for hat in (cast.soc_manager, cast.outsider, cast.coordinator)]
    for kind in GroupKind:
        for state in MeetingState:
            Group.objects.filter(pk=room.group.pk).update(kind=kind)
            put_in(room.meeting, state)
            talks = kind in {GroupKind.COOPERATION, GroupKind.PROJECT, GroupKind.STATUS}
            now = state in {MeetingState.PLANNED, MeetingState.CALLED, MeetingState.IN_PROGRESS}
            assert client.get(address(room)).status_code == (200 if talks and now else 404), (kind, state)
    Group.objects.filter(pk=room.group.pk).update(kind=GroupKind.COOPERATION)
    put_in(room.meeting, MeetingState.CALLED)
    for other in others:
        got = other.get(address(room))
        assert got.status_code == 404 and leaks(got.content) == []


def test_the_readers_of_the_form_are_logged(room: Room, as_hat: AsHat) -> None:
    as_hat(room.cast.soc).get(address(room))
    logged = AuditEntry.objects.filter(what="case_form", participant_id=room.cast.person.pk)
    assert [entry.membership_id for entry in logged] == [room.cast.soc.pk]


def test_the_meetings_history_says_nothing_of_a_case(room: Room) -> None:
    meeting_consent(room.cast)
    before = MeetingEvent.objects.count()
    case = running(room, put(room))
    said(case, room.cast.soc)
    assert MeetingEvent.objects.count() == before
    acts = AuditEntry.objects.filter(what__startswith="case.").values_list("what", flat=True)
    assert list(acts) == ["case.put", "case.table"]


# ---------- without identity ----------
def test_without_identity_is_off_until_the_group_says_so(room: Room, as_hat: AsHat) -> None:
    form = filled(room, participant="", informed_on="", without_name="on", question="Hur gör ni med resor?")
    got = as_hat(room.cast.soc).post(address(room), form)
    assert got.status_code == 200 and not Case.objects.exists()
    assert "utan att säga vem" not in got.content.decode()
    Group.objects.update(anonymous_cases=True)
    page = as_hat(room.cast.soc).get(address(room)).content.decode()
    assert "Ort, ålder, familj och ovanliga fakta kan peka ut" in page
    assert as_hat(room.cast.soc).post(address(room), form | {"once": "k2"}).status_code == 302
    case = Case.objects.get()
    assert case.is_anonymous and case.informed_on is None and not Disclosure.objects.exists()
    assert circle_agencies(case.item) == {room.cast.soc.agency_id, room.cast.psyk.agency_id}


@pytest.mark.parametrize("text", [f"Hur går det för {SECRET_NAME}?", f"{SECRET_NAME}s resor", "hemlighild åström"])
def test_without_identity_a_name_of_ones_own_is_refused(room: Room, as_hat: AsHat, text: str) -> None:
    Group.objects.update(anonymous_cases=True)
    form = filled(room, participant="", informed_on="", without_name="on", question=text)
    got = as_hat(room.cast.soc).post(address(room), form)
    assert "namnet på en av era deltagare" in got.content.decode()
    assert not Case.objects.exists()
    case = running(room, put(room, anonymous=True, question="Hur gör ni med resor?"))
    got = as_hat(room.cast.soc).post(f"/moten/arende/{case.pk}/bordet/", {"text": text})
    assert "namnet på en av era deltagare" in got.content.decode()


# ---------- the circle changes ----------
def test_a_seat_that_comes_in_is_covered_and_told(room: Room, as_hat: AsHat) -> None:
    cast = room.cast
    meeting_consent(cast, cast.psyk.agency)
    case = put(room)
    path, both = f"/moten/arende/{case.pk}/krets/", {"seats": [room.psyk_seat.pk, room.fk_seat.pk]}
    got = as_hat(cast.soc).post(path, both)
    assert "täcker inte Försäkringskassan Norr" in got.content.decode()
    meeting_consent(cast, cast.fk.agency)
    Notification.objects.all().delete()
    assert as_hat(cast.soc).post(path, both).status_code == 302
    assert told("case.added") == {cast.fk.pk, cast.two_hats[0].pk}
    assert Disclosure.objects.filter(recipient=cast.fk.agency).count() == 2
    assert Disclosure.objects.filter(recipient=cast.psyk.agency).count() == 2
    assert as_hat(cast.fk).get(f"/moten/arende/{case.pk}/").status_code == 200


@pytest.mark.parametrize("began", [False, True])
def test_a_seat_that_goes_out_loses_the_case_at_once(room: Room, as_hat: AsHat, began: bool) -> None:
    cast = room.cast
    meeting_consent(cast, cast.psyk.agency, cast.fk.agency)
    case = put(room, room.psyk_seat, room.fk_seat)
    if began:
        case = running(room, case)
        said(case, cast.soc)
    got = as_hat(cast.soc).post(f"/moten/arende/{case.pk}/krets/", {"seats": [room.psyk_seat.pk]})
    assert got.status_code == 302
    gone = Disclosure.objects.filter(recipient=cast.fk.agency)
    assert {row.ended_why for row in gone} == {EndReason.RECALLED} and gone.count() == (3 if began else 2)
    assert not Disclosure.objects.filter(recipient=cast.psyk.agency, ended_at__isnull=False).exists()
    assert told("meeting.case_left") == {cast.fk.pk, cast.two_hats[0].pk}
    assert leaks(as_hat(cast.fk).get(f"/moten/arende/{case.pk}/").content) == []
    open_notices = Notification.objects.filter(kind="case.added", closed_at__isnull=True)
    assert set(open_notices.values_list("membership", flat=True)) == {cast.soc_2.pk, cast.psyk.pk, cast.psyk_2.pk}
    meeting_consent(cast, cast.fk.agency)  # and in again
    both = {"seats": [room.psyk_seat.pk, room.fk_seat.pk]}
    assert as_hat(cast.soc).post(f"/moten/arende/{case.pk}/krets/", both).status_code == 302
    assert as_hat(cast.fk).get(f"/moten/arende/{case.pk}/").status_code == 200


def test_only_the_owner_changes_the_circle_or_takes_the_case_away(room: Room, as_hat: AsHat) -> None:
    meeting_consent(room.cast)
    case = put(room)
    for hat in (room.cast.psyk, room.cast.fk, room.cast.coordinator):
        for end in ("krets", "ta-bort"):
            assert as_hat(hat).post(f"/moten/arende/{case.pk}/{end}/", {"seats": [room.fk_seat.pk]}).status_code == 404
    assert set(case.circle.values_list("seat", flat=True)) == {room.soc_seat.pk, room.psyk_seat.pk}


def test_a_second_seat_of_the_same_agency_shares_what_was_disclosed(room: Room, as_hat: AsHat) -> None:
    cast = room.cast
    desk = replace(cast).psyk_desk.agency.functions.create(name="Öppenvården")
    second = make_seat(room.group, desk, cast.psyk_2)
    meeting_consent(cast)
    case = put(room, room.psyk_seat, second)
    assert Disclosure.objects.count() == 2
    as_hat(cast.soc).post(f"/moten/arende/{case.pk}/krets/", {"seats": [second.pk]})
    assert not Disclosure.objects.filter(ended_at__isnull=False).exists()
    assert as_hat(cast.psyk).get(f"/moten/arende/{case.pk}/").status_code == 404
    assert as_hat(cast.psyk_2).get(f"/moten/arende/{case.pk}/").status_code == 200


# ---------- taken away ----------
def test_a_case_is_taken_off_before_the_meeting_and_nobody_reads_it(room: Room, as_hat: AsHat) -> None:
    cast = room.cast
    meeting_consent(cast)
    case = put(room)
    got = as_hat(cast.soc).post(f"/moten/arende/{case.pk}/ta-bort/", {"once": "a"})
    assert got.status_code == 302 and not Case.objects.exists()
    assert not AgendaItem.objects.filter(kind=ItemKind.CASE).exists()
    assert {row.ended_why for row in Disclosure.objects.all()} == {EndReason.RECALLED}
    assert told("meeting.case_withdrawn") == {cast.soc_2.pk, cast.psyk.pk, cast.psyk_2.pk}
    assert not Notification.objects.filter(kind="case.added", closed_at__isnull=True).exists()


def test_a_case_that_has_been_talked_of_stays(room: Room, as_hat: AsHat) -> None:
    meeting_consent(room.cast)
    case = running(room, put(room))
    got = as_hat(room.cast.soc).post(f"/moten/arende/{case.pk}/ta-bort/", {})
    assert got.status_code == 403 and "Hoppa över ärendet" in got.content.decode()
    assert Case.objects.filter(pk=case.pk).exists()


def test_the_ground_is_stated_once_and_the_decision_is_laid_on_the_table(room: Room, as_hat: AsHat) -> None:
    meeting_consent(room.cast)
    case = running(room, put(room))
    confirmed(case, room.cast.psyk)
    path = f"/moten/arende/{case.pk}/beslut/"
    assert as_hat(room.cast.psyk).post(path, {"beslut-text": "Vi börjar i januari"}).status_code == 302
    page = as_hat(room.cast.soc).get(f"/moten/arende/{case.pk}/").content.decode()
    assert "Vi börjar i januari" in page
    assert page.count("Vi börjar i januari") == 1  # a decision, not a text as well


# ---------- how much it costs ----------
def test_a_case_and_its_form_cost_as_much_for_one_row_as_for_thirty(room: Room, as_hat: AsHat) -> None:
    meeting_consent(room.cast)
    case = running(room, put(room))
    client = as_hat(room.cast.soc)

    def cost(path: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    said(case, room.cast.soc)
    paths = (f"/moten/arende/{case.pk}/", f"/moten/arende/{case.pk}/bit/", address(room))
    client.get(paths[0])  # the notice is read once
    before = [cost(path) for path in paths]
    for number in range(29):
        make_participant(room.cast.soc_desk, f"Person{number}", "Extra")
        said(case, room.cast.soc, f"Text {number}")
    assert [cost(path) for path in paths] == before


def test_opening_the_case_reads_its_notice(room: Room, as_hat: AsHat) -> None:
    meeting_consent(room.cast)
    case = put(room)
    as_hat(room.cast.psyk).get(f"/moten/arende/{case.pk}/")
    unread = Notification.objects.filter(kind="case.added", read_at__isnull=True)
    assert set(unread.values_list("membership", flat=True)) == {room.cast.soc_2.pk, room.cast.psyk_2.pk}
