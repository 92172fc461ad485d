"""Minutes: what the draft says, what a version freezes, and to whom it is sent (L41, L42)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from meetings.actions.minutes import send_minutes
from meetings.models import (
    ActionItem,
    AgendaItem,
    Attendance,
    Decision,
    Group,
    Meeting,
    Minutes,
    MinutesPart,
    NoteVersion,
    SeatHolder,
)
from meetings.queries.minutes import frozen, recipients_possible
from meetings.states import GenderAnswer, ItemKind, MeetingState, MinutesState
from tests.cast import Cast, make_member
from tests.meetings.cast import Room, in_days, make_item, put_in
from tests.meetings.minutes_stage import (
    CASE_WORDS,
    NOTE,
    OPEN_ACTION,
    OPEN_DECISION,
    OWN,
    SAID,
    Held,
    attend,
    invite,
    last_notice,
    make_held,
    sent_by_soc,
    told_since,
)
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import CooperationRole, Membership
from workspace.rules import Hat
from workspace.states import CooperationRoleKind

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]


@pytest.fixture
def held(room: Room) -> Held:
    return make_held(room)


def page(held: Held) -> str:
    return f"/moten/{held.meeting.pk}/protokoll/"


# ---------- the draft ----------
def test_the_draft_says_who_was_there_and_what_was_said(held: Held, as_hat: AsHat) -> None:
    text = as_hat(held.room.cast.soc).get(page(held)).content.decode()
    for words in (
        "Protokollet är ett utkast",
        "Soc Testsson",
        "Psyk Testsson",
        "Samordnare Testsson",
        "Saknade representant",
        "Två av tre myndigheter var med. Det räcker: gruppen kan besluta när minst två myndigheter är med.",
        "Praktikplatser i vår",
        "Fk Testsson, Försäkringskassan",
        NOTE,
        OPEN_DECISION,
        OPEN_ACTION,
        "Soc Testsson, senast ",
        "Ingen avvikelse.",
        "Lika många kvinnor och män har fått plats.",
    ):
        assert words in text, words


def test_too_few_agencies_is_said(held: Held, as_hat: AsHat) -> None:
    Group.objects.filter(pk=held.room.group.pk).update(quorum=3)
    text = as_hat(held.room.cast.soc).get(page(held)).content.decode()
    assert "Det räcker inte: gruppen kan besluta när minst tre myndigheter är med." in text


def test_an_item_from_an_earlier_meeting_says_so_and_one_without_time_too(held: Held, as_hat: AsHat) -> None:
    earlier = Meeting.objects.create(
        group=held.room.group, starts_at=in_days(-40), ends_at=in_days(-40) + timedelta(hours=2)
    )
    AgendaItem.objects.filter(pk=held.item.pk).update(
        carried_from=make_item(earlier), started_at=timezone.now() - timedelta(minutes=20)
    )
    text = as_hat(held.room.cast.soc).get(page(held)).content.decode()
    assert "Från mötet " in text and "Punkten hanns inte med" in text


def test_a_guest_stands_under_the_open_item_and_never_for_a_case(held: Held, as_hat: AsHat) -> None:
    invite(held.item, make_member(held.room.cast.outsider.agency, "gast", None))
    invite(held.case_item, make_member(held.room.cast.psyk.agency, "hemlig", None))
    text = as_hat(held.room.cast.soc).get(page(held)).content.decode()
    assert "Inbjudna till punkten: Gast Testsson, Socialtjänsten Arvidsjaur." in text
    assert "Hemlig Testsson" not in text


def test_what_was_struck_out_is_not_in_the_minutes(held: Held, as_hat: AsHat) -> None:
    ActionItem.objects.filter(item=held.item).update(state="dropped", closed_at=timezone.now())
    assert OPEN_ACTION not in as_hat(held.room.cast.soc).get(page(held)).content.decode()


def test_only_whoever_arranges_or_holds_the_pen_reads_the_draft(held: Held, as_hat: AsHat) -> None:
    cast = held.room.cast
    missing = as_hat(cast.fk).get("/moten/999999/protokoll/")
    readers: dict[str, tuple[Hat, int]] = {
        "chair": (cast.soc, 200),
        "secretary": (cast.psyk, 200),
        "coordinator": (cast.coordinator, 200),
        "member": (cast.fk, 404),
        "deputy": (cast.soc_2, 404),
        "outsider": (cast.outsider, 404),
        "manager": (cast.psyk_manager, 404),
        "steering": (cast.chair, 404),
    }
    for name, (hat, status) in readers.items():
        got = as_hat(hat).get(page(held))
        assert got.status_code == status, name
        assert status == 200 or got.content == missing.content or hat.hat_key != cast.fk.hat_key
    Meeting.objects.filter(pk=held.meeting.pk).update(pen=held.fk)
    assert as_hat(cast.fk).get(page(held)).status_code == 200
    assert as_hat(cast.fk).get(f"{page(held)}skicka/").status_code == 404


def test_there_is_no_draft_before_the_meeting_has_been_held(held: Held, as_hat: AsHat) -> None:
    for state in MeetingState:
        put_in(held.meeting, state)
        wanted = 200 if state == MeetingState.HELD else 404
        assert as_hat(held.room.cast.soc).get(page(held)).status_code == wanted, state


# ---------- sending ----------
@pytest.mark.embedded
def test_sending_freezes_what_the_draft_said(held: Held, as_hat: AsHat) -> None:
    minutes = sent_by_soc(held)
    assert (minutes.version, minutes.reason, held.meeting.minutes_state) == (1, "", MinutesState.SENT)
    assert frozen(Minutes.objects.get(pk=minutes.pk)).digest == minutes.digest
    before = as_hat(held.room.cast.fk).get(page(held)).content.decode()
    AgendaItem.objects.filter(pk=held.item.pk).update(note="Något annat", title="Något annat")
    Decision.objects.filter(item=held.item).update(text="Något annat")
    Attendance.objects.filter(meeting=held.meeting).update(present_how="")
    Group.objects.filter(pk=held.room.group.pk).update(quorum=9)
    after = as_hat(held.room.cast.fk).get(page(held)).content.decode()
    assert NOTE in before and NOTE in after and "Något annat" not in after
    assert "minst två myndigheter" in after


def test_no_participant_and_no_words_of_a_case_but_its_outcomes_are_frozen(held: Held) -> None:
    part = MinutesPart.objects.get(minutes=sent_by_soc(held), is_case=True)
    assert set(part.content) == {"number", "from", "to", "reached", "decisions", "actions"}
    whole = str(part.content)
    assert [word for word in CASE_WORDS if word in whole] == [SAID, OWN]


@pytest.mark.embedded
def test_it_goes_to_exactly_those_called_or_there_who_still_sit_in_the_group(held: Held) -> None:
    cast, meeting = held.room.cast, held.meeting
    invite(held.item, make_member(cast.outsider.agency, "gast", None))
    gone = make_member(cast.psyk.agency, "slutat", None)
    SeatHolder.objects.create(seat=held.psyk_seat, membership=gone, kind="deputy", order=9)
    attend(meeting, gone, held.psyk_seat)
    Membership.objects.filter(pk=gone.pk).update(from_on="2020-01-01", to_on="2020-12-31")
    moved = make_member(cast.fk.agency, "bytt", None)
    attend(meeting, moved, held.room.fk_seat)
    joined = make_member(cast.fk.agency, "kom", None)
    SeatHolder.objects.create(seat=held.room.fk_seat, membership=joined, kind="deputy", order=9)
    came = attend(meeting, joined, held.room.fk_seat)
    Attendance.objects.filter(pk=came.pk).update(asked_at=None)
    unasked = attend(meeting, cast.soc_2, held.room.soc_seat, present=False)
    Attendance.objects.filter(pk=unasked.pk).update(asked_at=None)
    attend(meeting, cast.chair)  # a role that does not see a cooperation group
    mark = last_notice()
    minutes = sent_by_soc(held, held.psyk)
    assert set(minutes.recipients.values_list("attendance", flat=True)) == {
        *(row.pk for row in held.all.values()),
        came.pk,
    }
    assert told_since(mark) == {
        ("meeting.minutes_to_approve", cast.psyk.pk),
        ("meeting.minutes_sent", cast.fk.pk),
        ("meeting.minutes_sent", joined.pk),
    }


def test_a_role_of_another_cooperation_gets_nothing(held: Held, cast: Cast) -> None:
    other = CooperationRole.objects.create(
        cooperation=cast.outside_desk.agency.cooperations.get(),
        user=cast.coordinator.user,
        role=CooperationRoleKind.COORDINATOR,
    )
    row = attend(held.meeting, other)
    assert row.pk not in {found.pk for found in recipients_possible(held.meeting)}


def test_what_stands_in_the_way_is_said_with_the_way_there(held: Held, as_hat: AsHat) -> None:
    cast = held.room.cast
    NoteVersion.objects.create(item=held.item, version=None, base=0, text="Väntar", member=cast.psyk)
    gender = AgendaItem.objects.get(meeting=held.meeting, kind=ItemKind.GENDER_EQUALITY)
    AgendaItem.objects.filter(pk=gender.pk).update(gender_answer="")
    client = as_hat(cast.soc)
    text = client.get(f"{page(held)}skicka/").content.decode()
    assert "Två saker återstår" in text and "Praktikplatser i vår" in text and "Jämställdhet är inte besvarad" in text
    with pytest.raises(NotAllowed, match="samtidigt"):
        sent_by_soc(held)
    NoteVersion.objects.update(merged_at=timezone.now())
    got = client.post(f"{page(held)}skicka/", {"adjusters": [held.soc.pk], "recipients": [held.soc.pk]})
    assert got.status_code == 403 and "Jämställdhet är inte besvarad" in got.content.decode()
    AgendaItem.objects.filter(pk=gender.pk).update(gender_answer=GenderAnswer.DECISION)
    assert sent_by_soc(held).version == 1


def test_whoever_approves_was_there_and_gets_it(held: Held) -> None:
    for adjusters in ((), (held.fk,), (held.soc, held.fk)):
        with pytest.raises(NotAllowed, match="justera"):
            send_minutes(by=held.room.cast.soc, meeting=held.meeting, adjusters={row.pk for row in adjusters})
    with pytest.raises(NotAllowed, match="justera"):
        sent_by_soc(held, held.psyk, left_out=(held.psyk,))
    assert not Minutes.objects.exists()


def test_the_form_proposes_the_chair_and_everybody_and_sends(held: Held, as_hat: AsHat) -> None:
    client = as_hat(held.room.cast.psyk)
    text = client.get(f"{page(held)}skicka/").content.decode()
    assert text.count(" checked") == 1 + 4
    chosen = {"adjusters": [held.soc.pk, held.psyk.pk], "recipients": [row.pk for row in held.all.values()]}
    wrong = client.post(f"{page(held)}skicka/", {**chosen, "recipients": [held.soc.pk], "once": "a"})
    assert wrong.status_code == 422 and "Den som ska justera måste få protokollet." in wrong.content.decode()
    for _ in range(2):
        got = client.post(f"{page(held)}skicka/", {**chosen, "recipients": [held.soc.pk, held.psyk.pk], "once": "b"})
        assert (got.status_code, got.headers["Location"]) == (302, page(held))
    minutes = Minutes.objects.get()
    assert set(minutes.recipients.values_list("attendance", "is_adjuster")) == {
        (held.soc.pk, True),
        (held.psyk.pk, True),
    }
    assert client.post(f"{page(held)}skicka/", {**chosen, "once": "c"}).status_code == 409


def test_it_cannot_be_sent_twice_or_before_the_meeting_is_held(held: Held) -> None:
    sent_by_soc(held)
    with pytest.raises(SomebodyWasFaster):
        sent_by_soc(held, reason="igen")
    Meeting.objects.filter(pk=held.meeting.pk).update(state=MeetingState.IN_PROGRESS, minutes_state="draft")
    with pytest.raises(NotAllowed, match="hållits"):
        sent_by_soc(held, reason="igen")
