"""No seal is set on minutes that those who are asked have not signed, whoever writes it into the database (L42)."""

from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from meetings.actions.approvals import approve_minutes, object_to_minutes, replace_adjuster
from meetings.actions.minutes import correct_minutes
from meetings.models import Meeting, MeetingEvent, Minutes, MinutesApproval, MinutesRecipient, MinutesSeal
from meetings.queries.drafting import Data
from meetings.queries.sealing import seal_digest, signers_of
from meetings.rules import hat_fields
from meetings.states import MinutesState
from tests.meetings.cast import Room
from tests.meetings.minutes_stage import Held, make_held, sent_by_soc
from tests.meetings.seal_attacks import forgeries
from tests.meetings.seal_stage import verify
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


@pytest.fixture
def held(room: Room) -> Held:
    return make_held(room)


def forge(minutes: Minutes, signers: list[Data] | None = None) -> None:
    """What the last signature writes, in its order and with true digests, without asking anybody."""
    named, now = signers_of(minutes) if signers is None else signers, timezone.now()
    with transaction.atomic():
        digest = seal_digest(minutes, named, now)
        MinutesSeal.objects.create(minutes=minutes, signers=named, sealed_at=now, digest=digest)
        Meeting.objects.filter(pk=minutes.meeting_id).update(minutes_state=MinutesState.APPROVED)
        MeetingEvent.objects.create(meeting_id=minutes.meeting_id, verb="minutes_approved", text=digest)
        connection.check_constraints()


def say_yes(minutes: Minutes, hat: Hat) -> None:
    MinutesApproval.objects.create(minutes=minutes, answer="approved", **hat_fields(hat))


def nobody(held: Held) -> Minutes:
    return sent_by_soc(held)


def one_of_two(held: Held) -> Minutes:
    minutes = sent_by_soc(held, held.soc, held.psyk)
    approve_minutes(by=held.room.cast.psyk, minutes=minutes)
    return minutes


def an_objection(held: Held) -> Minutes:
    minutes = one_of_two(held)
    object_to_minutes(by=held.room.cast.soc, minutes=minutes, comment="Fel namn")
    Meeting.objects.filter(pk=minutes.meeting_id).update(minutes_state=MinutesState.SENT)
    return minutes


def a_draft(held: Held) -> Minutes:
    minutes = sent_by_soc(held)
    say_yes(minutes, held.room.cast.soc)
    Meeting.objects.filter(pk=minutes.meeting_id).update(minutes_state=MinutesState.DRAFT)
    return minutes


def somebody_not_asked(held: Held) -> Minutes:
    minutes = sent_by_soc(held)
    say_yes(minutes, held.room.cast.soc)
    say_yes(minutes, held.room.cast.fk)
    return minutes


def taken_back_from_who_signed(held: Held) -> Minutes:
    minutes = sent_by_soc(held)
    say_yes(minutes, held.room.cast.soc)
    MinutesRecipient.objects.filter(minutes=minutes, is_adjuster=True).update(withdrawn_at=timezone.now())
    return minutes


def an_older_version(held: Held) -> Minutes:
    minutes = sent_by_soc(held, held.psyk)
    say_yes(minutes, held.room.cast.psyk)
    Meeting.objects.filter(pk=minutes.meeting_id).update(minutes_state=MinutesState.DRAFT)
    held.meeting.refresh_from_db()
    sent_by_soc(held, reason="Rättat")
    return minutes


STAGES = (
    nobody,
    one_of_two,
    an_objection,
    a_draft,
    somebody_not_asked,
    taken_back_from_who_signed,
    an_older_version,
)


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.__name__)
def test_the_database_takes_no_seal_that_nobody_signed_for(held: Held, stage: Callable[[Held], Minutes]) -> None:
    minutes = stage(held)
    with pytest.raises(DatabaseError, match="not signed"):
        forge(minutes)
    assert not MinutesSeal.objects.exists() and verify()[0] == 0


def test_nor_one_in_other_names_than_theirs_who_signed(held: Held) -> None:
    minutes = sent_by_soc(held)
    say_yes(minutes, held.room.cast.soc)
    true = signers_of(minutes)
    for named in ([], [*true, *true], [{**true[0], "hat": held.room.cast.psyk.hat_key}], [*true, {"hat": ""}]):
        with pytest.raises(DatabaseError, match="not signed"):
            forge(minutes, named)
    forge(minutes)
    assert MinutesSeal.objects.count() == 1


def test_no_statement_sets_a_seal_on_minutes_that_wait(held: Held) -> None:
    one_of_two(held)
    for statement in forgeries():
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, None)
    assert not MinutesSeal.objects.exists()


# ---------- and what the product does, it takes ----------
def test_it_takes_the_seal_when_a_role_has_signed_and_again_after_a_correction(held: Held) -> None:
    cast = held.room.cast
    minutes = sent_by_soc(held, held.coordinator, held.psyk)
    for hat in (cast.psyk, cast.coordinator):
        approve_minutes(by=hat, minutes=minutes)
    held.meeting.refresh_from_db()
    correct_minutes(by=cast.soc, meeting=held.meeting, reason="Rätt datum")
    held.meeting.refresh_from_db()
    approve_minutes(by=cast.soc, minutes=sent_by_soc(held, reason="Rätt datum"))
    assert MinutesSeal.objects.count() == 2 and verify()[0] == 0


def test_it_takes_the_seal_when_somebody_signed_in_anothers_place(held: Held) -> None:
    cast = held.room.cast
    minutes = sent_by_soc(held)
    rows = {row.attendance_id: row.pk for row in MinutesRecipient.objects.filter(minutes=minutes)}
    replace_adjuster(by=cast.psyk, minutes=minutes, leaves=rows[held.soc.pk], comes=rows[held.psyk.pk])
    approve_minutes(by=cast.psyk, minutes=minutes)
    assert MinutesSeal.objects.count() == 1 and verify()[0] == 0
