"""Minutes that reached the wrong person are taken back: notice, reason, audit; nothing is left to open (peers.md 1)."""

from collections.abc import Callable

import pytest
from django.test import Client

from meetings.actions.approvals import approve_minutes, object_to_minutes
from meetings.actions.minutes import correct_minutes
from meetings.actions.withdrawing import withdraw_minutes
from meetings.models import Attendance, Meeting, MeetingEvent, Minutes, MinutesRecipient, MinutesSeal
from meetings.queries.minutes import approvals_owed
from meetings.states import MinutesState
from notifications.models import Notification
from tests.meetings.cast import Room
from tests.meetings.minutes_stage import (
    NOTE,
    OPEN_DECISION,
    Held,
    attend,
    last_notice,
    make_held,
    sent_by_soc,
    told_since,
)
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import AuditEntry
from workspace.rules import Hat

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]
WHY = "Skickat till fel myndighet"


@pytest.fixture
def held(room: Room) -> Held:
    return make_held(room)


def state_of(held: Held) -> str:
    return Meeting.objects.values_list("minutes_state", flat=True).get(pk=held.meeting.pk)


def take_back(held: Held, minutes: Minutes, *rows: Attendance) -> None:
    chosen = MinutesRecipient.objects.filter(minutes=minutes, attendance__in=rows)
    withdraw_minutes(
        by=held.room.cast.soc, minutes=minutes, recipients=set(chosen.values_list("pk", flat=True)), reason=WHY
    )


@pytest.mark.embedded
def test_whoever_got_it_wrongly_can_open_nothing_of_it_and_reads_why(held: Held, as_hat: AsHat) -> None:
    cast, path = held.room.cast, f"/moten/{held.meeting.pk}/protokoll/"
    minutes = sent_by_soc(held)
    assert NOTE in as_hat(cast.fk).get(path).content.decode()
    take_back(held, minutes, held.fk)
    got = as_hat(cast.fk).get(path)
    text = got.content.decode()
    assert got.status_code == 200 and "Protokollet är återkallat för dig" in text and WHY in text
    for words in (NOTE, OPEN_DECISION, "Praktikplatser", "Psyk Testsson"):
        assert words not in text, words
    for arm in ("1/", "1/utskrift/", "1/pdf/"):
        assert as_hat(cast.fk).get(f"{path}{arm}").status_code == 404, arm
    for arm in ("1/text/", "1/lage/", "1/bredvid/"):  # an open page: it is led to the page that says why
        got = as_hat(cast.fk).get(f"{path}{arm}")
        assert (got.status_code, got.headers["Location"]) == (302, path), arm
    box = as_hat(cast.fk).get(f"{path}ruta/").content.decode()
    assert "Protokollet är återkallat för dig." in box
    assert NOTE in as_hat(cast.psyk).get(path).content.decode()


def test_they_are_told_and_their_earlier_notices_of_it_are_closed(held: Held) -> None:
    cast = held.room.cast
    minutes = sent_by_soc(held)
    mark = last_notice()
    take_back(held, minutes, held.fk)
    assert told_since(mark) == {("meeting.minutes_withdrawn", cast.fk.pk)}
    open_now = Notification.objects.filter(membership=cast.fk, closed_at__isnull=True)
    assert [row.kind for row in open_now] == ["meeting.minutes_withdrawn"]
    assert Notification.objects.filter(membership=cast.psyk, closed_at__isnull=True).exists()


def test_it_is_written_down_with_its_reason(held: Held, as_hat: AsHat) -> None:
    minutes = sent_by_soc(held)
    take_back(held, minutes, held.fk)
    event = MeetingEvent.objects.get(verb="minutes_withdraw")
    assert (event.text, event.member) == (WHY, held.room.cast.soc)
    entry = AuditEntry.objects.get(what="meeting.minutes_withdraw")
    assert (entry.object_id, entry.membership_id) == (held.meeting.pk, held.room.cast.soc.pk)
    row = MinutesRecipient.objects.get(minutes=minutes, attendance=held.fk)
    assert row.withdrawn_at and row.withdrawn_reason == WHY
    text = as_hat(held.room.cast.psyk).get(f"/moten/{held.meeting.pk}/protokoll/").content.decode()
    assert "Återkallat " in text and WHY in text


def test_every_version_so_far_is_closed_to_them(held: Held, as_hat: AsHat) -> None:
    cast, path = held.room.cast, f"/moten/{held.meeting.pk}/protokoll/"
    first = sent_by_soc(held)
    object_to_minutes(by=cast.soc, minutes=first, comment="Ändra")
    second = sent_by_soc(held, reason="Rättat")
    take_back(held, first, held.fk)
    for version in (first.version, second.version):
        assert as_hat(cast.fk).get(f"{path}{version}/").status_code == 404


def test_the_next_version_leaves_them_out_unless_ticked_again(held: Held, as_hat: AsHat) -> None:
    cast, path = held.room.cast, f"/moten/{held.meeting.pk}/protokoll/"
    first = sent_by_soc(held)
    approve_minutes(by=cast.soc, minutes=first)
    take_back(held, first, held.fk)
    correct_minutes(by=cast.soc, meeting=held.meeting, reason="Rättat")
    page = as_hat(cast.soc).get(f"{path}skicka/").content.decode()
    ticked = page.split('name="recipients"')
    assert [" checked" in piece.partition(">")[0] for piece in ticked[1:]].count(False) == 1
    second = sent_by_soc(held, reason="Rättat", left_out=(held.fk,))
    assert not second.recipients.filter(attendance=held.fk).exists()
    object_to_minutes(by=cast.soc, minutes=second, comment="En till")
    third = sent_by_soc(held, reason="Rättat igen")
    assert third.recipients.filter(attendance=held.fk, withdrawn_at__isnull=True).exists()
    assert as_hat(cast.fk).get(path).status_code == 200 and NOTE in as_hat(cast.fk).get(path).content.decode()
    assert as_hat(cast.fk).get(f"{path}1/").status_code == 404, "what was taken back stays taken back"


def test_the_page_takes_back_once(held: Held, as_hat: AsHat) -> None:
    minutes = sent_by_soc(held)
    client, path = as_hat(held.room.cast.psyk), f"/moten/{held.meeting.pk}/protokoll/1/aterkalla/"
    row = MinutesRecipient.objects.get(minutes=minutes, attendance=held.fk)
    text = client.get(path).content.decode()
    assert "Fk Testsson, Försäkringskassan Norr" in text and "Soc Testsson, " not in text
    wrong = client.post(path, {"recipients": [], "reason": "", "once": "a"})
    assert wrong.status_code == 422 and "Två saker behöver rättas" in wrong.content.decode()
    for _ in range(2):
        assert client.post(path, {"recipients": [row.pk], "reason": WHY, "once": "b"}).status_code == 302
    assert MeetingEvent.objects.filter(verb="minutes_withdraw").count() == 1
    assert client.post(path, {"recipients": [row.pk], "reason": WHY, "once": "c"}).status_code == 422


def test_what_cannot_be_taken_back_is_refused_kindly(held: Held) -> None:
    cast, minutes = held.room.cast, sent_by_soc(held)
    with pytest.raises(NotAllowed, match="alltid"):
        take_back(held, minutes, held.psyk)
    with pytest.raises(NotAllowed, match="Välj"):
        take_back(held, minutes)
    row = MinutesRecipient.objects.get(minutes=minutes, attendance=held.fk)
    with pytest.raises(NotAllowed, match="varför"):
        withdraw_minutes(by=cast.soc, minutes=minutes, recipients={row.pk}, reason=" ")
    take_back(held, minutes, held.fk)
    with pytest.raises(SomebodyWasFaster):
        withdraw_minutes(by=cast.soc, minutes=minutes, recipients={row.pk}, reason=WHY)


def test_without_an_adjuster_left_the_minutes_are_a_draft_again(held: Held) -> None:
    Attendance.objects.filter(pk=held.fk.pk).update(present_how="ticked")
    held.fk.refresh_from_db()
    minutes = sent_by_soc(held, held.fk)
    take_back(held, minutes, held.fk)
    assert state_of(held) == MinutesState.DRAFT and approvals_owed(held.room.cast.fk) == []


def test_when_all_the_others_have_approved_they_are_approved(held: Held) -> None:
    cast = held.room.cast
    Attendance.objects.filter(pk=held.fk.pk).update(present_how="ticked")
    held.fk.refresh_from_db()
    minutes = sent_by_soc(held, held.fk, held.psyk)
    approve_minutes(by=cast.psyk, minutes=minutes)
    mark = last_notice()
    take_back(held, minutes, held.fk)
    assert state_of(held) == MinutesState.APPROVED
    assert told_since(mark) == {
        ("meeting.minutes_withdrawn", cast.fk.pk),
        ("meeting.minutes_approved", cast.psyk.pk),
    }


@pytest.mark.embedded
def test_nothing_is_sealed_on_the_word_of_somebody_it_was_taken_back_from(held: Held) -> None:
    cast = held.room.cast
    Attendance.objects.filter(pk=held.fk.pk).update(present_how="ticked")
    held.fk.refresh_from_db()
    stays = attend(held.meeting, cast.two_hats[0], held.room.fk_seat)
    minutes = sent_by_soc(held, held.fk, stays)
    approve_minutes(by=cast.fk, minutes=minutes)
    take_back(held, minutes, held.fk)
    assert state_of(held) == MinutesState.SENT, "one who is asked has it still"
    take_back(held, minutes, stays)
    assert state_of(held) == MinutesState.DRAFT and not MinutesSeal.objects.exists()
    held.meeting.refresh_from_db()
    approve_minutes(by=cast.soc, minutes=sent_by_soc(held, reason="Rätt mottagare", left_out=(held.fk, stays)))
    assert state_of(held) == MinutesState.APPROVED


@pytest.mark.embedded
def test_who_is_left_signs_after_it_was_taken_back_from_one_who_had(held: Held) -> None:
    cast = held.room.cast
    Attendance.objects.filter(pk=held.fk.pk).update(present_how="ticked")
    held.fk.refresh_from_db()
    minutes = sent_by_soc(held, held.fk, held.psyk)
    approve_minutes(by=cast.fk, minutes=minutes)
    take_back(held, minutes, held.fk)
    assert state_of(held) == MinutesState.SENT
    approve_minutes(by=cast.psyk, minutes=minutes)
    assert state_of(held) == MinutesState.APPROVED and MinutesSeal.objects.count() == 1


def test_somebody_taken_back_from_does_not_read_the_draft_by_the_pen(held: Held, as_hat: AsHat) -> None:
    cast = held.room.cast
    minutes = sent_by_soc(held)
    take_back(held, minutes, held.fk)
    object_to_minutes(by=cast.soc, minutes=minutes, comment="Ändra")
    Meeting.objects.filter(pk=held.meeting.pk).update(pen=held.fk)
    text = as_hat(cast.fk).get(f"/moten/{held.meeting.pk}/protokoll/").content.decode()
    assert "Protokollet är återkallat för dig" in text and NOTE not in text


def test_a_deputy_of_the_same_agency_keeps_it(held: Held, as_hat: AsHat) -> None:
    attend(held.meeting, held.room.cast.two_hats[0], held.room.fk_seat)
    minutes = sent_by_soc(held)
    take_back(held, minutes, held.fk)
    text = as_hat(held.room.cast.two_hats[0]).get(f"/moten/{held.meeting.pk}/protokoll/").content.decode()
    assert NOTE in text
