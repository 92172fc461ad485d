"""What could leak from the conversations: one that is held with its agreement sent, one that is called with a draft,
wishes, a plan, questions, a call for help, and the participant's own choices."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Model
from django.utils import timezone

from meetings.actions import commitments, sections
from meetings.models import (
    AgreementVersion,
    Commitment,
    Conversation,
    ConversationPlan,
    ConversationRequest,
    Invitation,
    OwnQuestion,
    Party,
    TimeOption,
)
from meetings.states import ConversationState, PartyKind, PlanBasis
from tests import addresses
from tests.cast import Cast
from tests.meetings.agreement_stage import ALL_WORDS, copy_of, sent_talk, task_of
from tests.meetings.cast import in_days
from tests.meetings.talks import ABOUT, OWN_WORDS, Talk, make_talk
from workspace.models import (
    Browser,
    Consent,
    Contact,
    HelpRequest,
    OutsideContact,
    PageCode,
    PageLink,
    SupportNeeds,
    Visit,
)
from workspace.states import Channel, HelpKind, InterpreterKind

DRAFTED = "Hemligt utkast till vår del"
DRAFTED_TASK = "Hemlig uppgift i utkastet"
WISHED_FORM = "Hemligt önskat sätt att ses"
SUPPORT = "Hemlig Stödperson"
QUESTION = "Hemlig egen fråga"
WISH = "Hemlig önskan om samtal"
BEFORE = "Hemlig fas två"
HELP = "Hemligt rop på hjälp"
HELP_ANSWER = "Hemligt svar på ropet"
ADDRESS = "hemlig.adress@exempel.se"
LANGUAGE = "hemligspråk"
# What nobody outside the participant's own desk reads, not even another agency that is in the conversation.
UNDISCLOSED = (DRAFTED, DRAFTED_TASK, QUESTION, WISH, BEFORE, HELP, HELP_ANSWER, ADDRESS)
TALK_MARKERS = (ABOUT, WISHED_FORM, SUPPORT, LANGUAGE, *ALL_WORDS, *UNDISCLOSED)


@dataclass
class TalkWorld:
    """soc convenes, psyk is a party, and nobody else knows of anything."""

    cast: Cast
    held: Talk
    version: AgreementVersion
    called: Talk
    support: Party
    option: TimeOption
    task: Commitment  # of soc's draft, which has not been laid before psyk
    wish: ConversationRequest
    plan: ConversationPlan
    question: OwnQuestion
    asked: HelpRequest
    consent: Consent

    def call_of(self, who: str) -> Invitation:
        return Invitation.objects.get(party=self.called.parties[who])

    def keys(self, name: str) -> list[Any]:
        """What an address of the conversations is asked with, the key that points at the thing itself last."""
        called, held = self.called.conversation.pk, self.held.conversation.pk
        own_task, own_copy = task_of(self.held, "participant"), copy_of(self.version, self.held, "participant")
        found: list[tuple[set[str], list[Any]]] = [
            (addresses.OF_CONVERSATION, [called]),
            (addresses.OF_PARTY, [called, self.called.parties["psyk"].pk]),
            (addresses.OF_REQUEST, [self.wish.pk]),
            (addresses.OF_PLAN, [self.plan.pk]),
            (addresses.OF_OPTION, [self.option.pk]),
            (addresses.OF_INVITATION, [self.call_of("psyk").pk]),
            (addresses.OF_AGREEMENT, [held]),
            (addresses.OF_AGREEMENT_VERSION, [held, self.version.number]),
            (addresses.OF_COMMITMENT, [self.task.pk]),
            (addresses.OF_HELP, [self.asked.pk]),
            (addresses.OF_OWN_INVITATION, [self.call_of("participant").pk]),
            (addresses.OF_OWN_TALK, [called]),
            (addresses.OF_OWN_QUESTION, [self.question.pk]),
            (addresses.OF_OWN_COPY, [own_copy.pk]),
            (addresses.OF_OWN_TASK, [own_task.pk]),
            (addresses.OF_OWN_YES, [self.consent.pk]),
        ]
        return next(keys for names, keys in found if name in names)


def make_talk_world(cast: Cast) -> TalkWorld:
    """Two conversations of soc's participant with psyk, everything in them secret, and what lies around them."""
    held, version = sent_talk(cast)
    called = make_talk(cast, ConversationState.INVITED)
    conversation, person = called.conversation, cast.person
    Conversation.objects.filter(pk=conversation.pk).update(wished_form=WISHED_FORM)
    support = Party.objects.create(
        conversation=conversation, kind=PartyKind.SUPPORT, name=SUPPORT, agreed_on=timezone.localdate()
    )
    sections.write_own_words(by=cast.soc, conversation=called.fresh(), text=OWN_WORDS, version=0)
    sections.write_section(by=cast.soc, conversation=conversation, text=DRAFTED, version=0)
    due = timezone.localdate() + timedelta(days=10)
    task = commitments.add_commitment(
        by=cast.soc, conversation=conversation, party=called.parties["soc"], text=DRAFTED_TASK, due_on=due
    )
    SupportNeeds.objects.create(participant=person, interpreter=InterpreterKind.SPOKEN, language=LANGUAGE)
    Contact.objects.create(participant=person, channel=Channel.EMAIL, address=ADDRESS)
    return TalkWorld(
        cast,
        held,
        version,
        called,
        support,
        option=TimeOption.objects.create(conversation=conversation, starts_at=in_days(5), ends_at=in_days(5, 14)),
        task=task,
        wish=ConversationRequest.objects.create(participant=person, reason=WISH),
        plan=ConversationPlan.objects.create(
            participant=person, basis=PlanBasis.BEFORE, before=BEFORE, due_on=due, member=cast.soc
        ),
        question=OwnQuestion.objects.create(participant=person, text=QUESTION),
        asked=HelpRequest.objects.create(
            participant=person,
            kind=HelpKind.DISADVANTAGE,
            text=HELP,
            answer=HELP_ANSWER,
            answered_by=cast.soc_manager,
            answered_at=timezone.now(),
        ),
        consent=held.consents[cast.psyk_desk.agency_id],
    )


OF_OWN_PAGE: tuple[type[Model], ...] = (
    Browser, Contact, HelpRequest, OutsideContact, PageCode, PageLink, SupportNeeds, Visit,
)  # fmt: skip
