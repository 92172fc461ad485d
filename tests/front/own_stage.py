"""A participant's page in every state it has, with short real words in it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from meetings.actions.agreement_sending import correct_agreement, send_agreement
from meetings.actions.commitments import add_commitment
from meetings.actions.sections import share_section, write_own_words
from meetings.models import Agreement, AgreementVersion, Conversation, Party
from meetings.states import ConversationState
from tests.cast import Cast
from tests.meetings.cast import in_days
from tests.meetings.talks import Phone, Talk, make_phone, make_talk
from workspace.models import Ground

OWN = "/min-sida/"


@dataclass
class Stage:
    """soc's participant, who is Mira, with a phone and a conversation with soc and psyk."""

    cast: Cast
    talk: Talk
    phone: Phone

    def page(self, url: str = OWN) -> str:
        response = self.phone.client.get(url)
        assert response.status_code == 200, (url, response.status_code)
        return response.content.decode()

    def put(self, **fields: object) -> None:
        Conversation.objects.filter(pk=self.talk.conversation.pk).update(**fields)
        self.talk.fresh()


def make_stage(cast: Cast, state: ConversationState = ConversationState.INVITED, *, days: int = 7) -> Stage:
    cast.person.first_name = "Mira"
    cast.person.save()
    for hat, first, phone in ((cast.soc, "Elin", "070-111 22 33"), (cast.psyk, "Jonas", "")):
        hat.user.first_name, hat.user.phone = first, phone
        hat.user.save()
    stage = Stage(cast, make_talk(cast, state, days=days), make_phone(cast))
    stage.put(about="Hur du kan börja på praktik.")
    return stage


def sent_agreement(stage: Stage, reason: str = "") -> AgreementVersion:
    """The agreement of a conversation that has been held, sent to everybody; with a reason, its corrected version."""
    conversation, parties, by = stage.talk.fresh(), stage.talk.parties, stage.cast.soc
    if reason:
        correct_agreement(by=by, conversation=conversation, reason=reason)
    else:
        ground = Ground.objects.get(pk="consent")
        Party.objects.filter(pk=parties["psyk"].pk).update(
            ground=ground, stated_by=stage.cast.psyk, stated_at=timezone.now()
        )
        write_own_words(by=stage.phone.browser, conversation=conversation, text="Jag vill jobba med djur.", version=0)
        day = timezone.localdate() + timedelta(days=20)
        add: dict[str, Any] = {"by": by, "conversation": conversation}
        add_commitment(**add, party=parties["participant"], text="Prova två timmar i veckan.", due_on=day)
        add_commitment(**add, party=parties["soc"], text="Fråga om hjälp att åka dit.", due_on=day)
        psyk: dict[str, Any] = {"by": stage.cast.psyk, "conversation": conversation}
        add_commitment(**psyk, party=parties["psyk"], text="Boka en tid till.", due_on=day)
        Agreement.objects.filter(conversation=conversation).update(
            goals="Du provar på att jobba.", next_on=in_days(30).date()
        )
        share_section(by=by, conversation=conversation)
        share_section(**psyk)
    return send_agreement(by=by, conversation=conversation)
