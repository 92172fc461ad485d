"""What happens to an agreement when two act at the same moment: one of them is first, and nothing is half done."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from meetings.actions.agreement_sending import correct_agreement, send_agreement
from meetings.actions.agreements import answer_agreement
from meetings.actions.sections import share_section
from meetings.models import Agreement, AgreementAnswer, AgreementCopy, AgreementVersion, SectionReader
from meetings.states import AgreementState, ConversationState
from notifications.models import Notification
from tests.cast import Cast
from tests.meetings.agreement_stage import copy_of, sent_talk, share_all, withdraw, write_all
from tests.meetings.talk_calls import at_once
from tests.meetings.talk_tools import withdraw_all
from tests.meetings.talks import Talk, make_phone, make_talk
from workspace.errors import Refusal
from workspace.models import Membership

pytestmark = pytest.mark.postgres


def answering(talk: Talk, version: AgreementVersion, name: str, by: Any = None) -> Callable[[], None]:
    copy = copy_of(version, talk, name)
    by = by or getattr(talk.cast, name)
    return lambda: answer_agreement(by=by, copy=copy, verdict="confirmed")


def sentences(refused: list[Refusal]) -> list[str]:
    return [refusal.sentence for refusal in refused]


def test_sent_by_two_at_once_is_one_version_with_one_copy_to_each(cast: Cast, committed_db: None) -> None:
    talk = make_talk(cast, ConversationState.HELD)
    write_all(talk)
    share_all(talk)

    def send(by: Membership) -> None:
        send_agreement(by=by, conversation=talk.conversation)

    assert len(at_once(lambda: send(cast.soc), lambda: send(cast.soc_2))) == 1
    assert AgreementVersion.objects.count() == 1
    assert AgreementCopy.objects.count() == 3
    told = Notification.objects.filter(kind="agreement.sent", membership=cast.psyk)
    assert told.count() == 1


def test_the_last_two_answers_at_once_confirm_it_once(cast: Cast, committed_db: None) -> None:
    talk, version = sent_talk(cast)
    phone = make_phone(cast, visit=False)
    answering(talk, version, "soc")()
    acts = [answering(talk, version, "psyk"), answering(talk, version, "participant", phone.browser)]
    assert sentences(at_once(*acts)) == []
    assert Agreement.objects.get().state == AgreementState.CONFIRMED
    confirmed = Notification.objects.filter(kind="agreement.confirmed").values_list("membership", flat=True)
    assert len(confirmed) == len(set(confirmed)) and cast.soc.pk in confirmed


def test_an_answer_and_a_correction_at_once_leave_a_draft_that_nobody_has_confirmed(
    cast: Cast, committed_db: None
) -> None:
    talk, version = sent_talk(cast)
    correcting = at_once(
        answering(talk, version, "psyk"),
        lambda: correct_agreement(by=cast.soc, conversation=talk.conversation, reason="Fel dag"),
    )
    assert len(correcting) <= 1, "the answer comes first, or is told that a new version comes"
    assert Agreement.objects.get().state == AgreementState.DRAFT
    assert AgreementAnswer.objects.count() == 1 - len(correcting)
    second = send_agreement(by=cast.soc, conversation=talk.fresh())
    assert not AgreementAnswer.objects.filter(version=second).exists(), "each answers the new version anew"


def test_taken_back_while_the_others_answer_is_confirmed_without_the_one_it_was_taken_from(
    cast: Cast, committed_db: None
) -> None:
    talk, version = sent_talk(cast, with_fk=True)
    phone = make_phone(cast, visit=False)
    answering(talk, version, "soc")()
    answering(talk, version, "participant", phone.browser)()
    assert sentences(at_once(answering(talk, version, "psyk"), lambda: withdraw(talk, ["fk"]))) == []
    assert Agreement.objects.get().state == AgreementState.CONFIRMED


def test_a_part_laid_forward_at_the_moment_of_a_withdrawal_is_read_by_nobody_afterwards(
    cast: Cast, committed_db: None
) -> None:
    talk = make_talk(cast, ConversationState.HELD)
    write_all(talk)
    at_once(
        lambda: share_section(by=cast.soc, conversation=talk.conversation),
        lambda: withdraw_all(cast, talk.consents[cast.psyk.agency_id]),
    )
    living = SectionReader.objects.filter(disclosure__ended_at__isnull=True, disclosure__ends_at__gt=timezone.now())
    assert not living.filter(agency=cast.psyk.agency).exists()
