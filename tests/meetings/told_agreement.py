"""The walk's steps of the agreement: written, shared, sent, answered, corrected, withdrawn."""

from datetime import timedelta

from django.utils import timezone

from meetings.actions import agreement_sending, commitments, parties, sections
from meetings.actions.agreements import answer_agreement, read_copy
from meetings.actions.sections import Common
from meetings.models import Agreement, AgreementVersion, Section
from meetings.queries.agreement_drafts import common_version
from tests.meetings.agreement_stage import copy_of, task_of
from tests.meetings.talks import OWN_WORDS
from tests.meetings.told_walk import PHONE, Walk
from workspace.models import Browser, Ground


def own_words(walk: Walk) -> None:
    by = walk.phone.browser
    sections.write_own_words(by=by, conversation=walk.conversation, text=OWN_WORDS, version=0)


def write(walk: Walk, name: str) -> None:
    """An agency's own part, with a task; soc's holds the participant's too, and what is common."""
    by, conversation = walk.who(name), walk.conversation
    version = Section.objects.get(party=walk.parties[name]).version
    sections.write_section(by=by, conversation=conversation, text=f"Hemligt från {name}", version=version)
    due = timezone.localdate() + timedelta(days=20)
    mine = [name, "participant"] if name == "soc" else [name]
    for whose in mine:
        party = walk.parties[whose]
        commitments.add_commitment(by=by, conversation=conversation, party=party, text="Hemlig uppgift", due_on=due)
    if name == "soc":
        agreement = Agreement.objects.get(conversation=conversation)
        common = Common(goals="Hemligt mål", next_on=due)
        sections.write_common(by=by, conversation=conversation, common=common, version=common_version(agreement))


def state_ground(walk: Walk, name: str) -> None:
    ground = Ground.objects.get(pk="harm_test")
    parties.state_ground(by=walk.who(name), conversation=walk.conversation, ground=ground, reason="Prövat")


def share(walk: Walk, name: str) -> None:
    sections.share_section(by=walk.who(name), conversation=walk.conversation)


def send(walk: Walk) -> None:
    agreement_sending.send_agreement(by=walk.cast.soc, conversation=walk.conversation)


def correct(walk: Walk) -> None:
    agreement_sending.correct_agreement(by=walk.cast.soc, conversation=walk.conversation, reason="Fel dag")


def take_back(walk: Walk, name: str) -> None:
    agreement_sending.withdraw_copies(
        by=walk.cast.soc, conversation=walk.conversation, parties=[walk.parties[name]], reason="Fel myndighet"
    )


def read(walk: Walk, name: str) -> None:
    whose = "participant" if name == PHONE else name
    read_copy(by=walk.by(name), copy=copy_of(_newest(), walk.talk, whose))


def answer(walk: Walk, name: str, verdict: str = "confirmed") -> None:
    copy = copy_of(_newest(), walk.talk, "participant" if name == PHONE else name)
    text = "Det var inte så" if verdict == "differs" else ""
    answer_agreement(by=walk.by(name), copy=copy, verdict=verdict, text=text)


def done(walk: Walk, name: str) -> None:
    by = walk.by(name)
    task = task_of(walk.talk, "participant" if isinstance(by, Browser) else name)
    commitments.close_commitment(by=by, commitment=task)


def _newest() -> AgreementVersion:
    return AgreementVersion.objects.latest("number")
