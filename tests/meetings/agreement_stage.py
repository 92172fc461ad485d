"""An agreement of a talk, walked to where a test begins: written, shared, sent, answered."""

from collections.abc import Collection
from datetime import timedelta

from django.utils import timezone

from meetings.actions import commitments, sections
from meetings.actions.agreement_sending import send_agreement, withdraw_copies
from meetings.actions.agreements import answer_agreement
from meetings.actions.sections import Common
from meetings.models import Agreement, AgreementCopy, AgreementVersion, Commitment
from meetings.queries.agreement_drafts import common_version
from meetings.states import ConversationKind, ConversationState
from notifications.models import Notification
from tests.cast import Cast
from tests.meetings.talks import OWN_WORDS, Talk, make_talk
from workspace.models import Agency, Ground, Membership

TEXTS = {name: f"Hemlig del från {name}" for name in ("soc", "psyk", "fk")}
TASKS = {name: f"Hemlig uppgift för {name}" for name in ("soc", "psyk", "fk", "participant")}
GOALS = "Hemligt mål om arbete"
NEEDS, OTHERS = "Hemligt behov av boendestöd", "Hemlig mormor hjälper till"
ALL_WORDS = [OWN_WORDS, GOALS, *TEXTS.values(), *TASKS.values()]


def member_of(cast: Cast, name: str) -> Membership:
    found: Membership = getattr(cast, name)
    return found


def agencies_of(talk: Talk) -> list[str]:
    return [name for name in talk.parties if name != "participant"]


def write_all(talk: Talk, words: str = OWN_WORDS) -> Agreement:
    """Everybody has written their part and a task; nothing is shared."""
    cast, conversation = talk.cast, talk.fresh()
    due = timezone.localdate() + timedelta(days=10)
    if words:
        sections.write_own_words(by=cast.soc, conversation=conversation, text=words, version=0)
    for name in agencies_of(talk):
        by = member_of(cast, name)
        sections.write_section(by=by, conversation=conversation, text=TEXTS[name], version=0)
        commitments.add_commitment(
            by=by, conversation=conversation, party=talk.parties[name], text=TASKS[name], due_on=due
        )
    commitments.add_commitment(
        by=cast.soc, conversation=conversation, party=talk.parties["participant"], text=TASKS["participant"], due_on=due
    )
    agreement = Agreement.objects.get(conversation=conversation)
    is_sip = conversation.kind == ConversationKind.SIP
    common = Common(
        goals=GOALS,
        next_on=timezone.localdate() + timedelta(days=90),
        needs=NEEDS if is_sip else "",
        others=OTHERS if is_sip else "",
        lead=cast.soc.agency if is_sip else None,
    )
    sections.write_common(by=cast.soc, conversation=conversation, common=common, version=common_version(agreement))
    agreement.refresh_from_db()
    return agreement


def state_grounds(talk: Talk, code: str = "harm_test") -> None:
    """Each other agency's officer has said on what ground it tells."""
    for name in agencies_of(talk)[1:]:
        party = talk.parties[name]
        party.ground, party.ground_reason = Ground.objects.get(pk=code), "Prövat"
        party.stated_by = member_of(talk.cast, name)
        party.save()


def share_all(talk: Talk) -> None:
    state_grounds(talk)
    for name in agencies_of(talk):
        sections.share_section(by=member_of(talk.cast, name), conversation=talk.fresh())


def sent_talk(
    cast: Cast, *, with_fk: bool = False, kind: ConversationKind = ConversationKind.CONVERSATION
) -> tuple[Talk, AgreementVersion]:
    """An agreement that has been sent to everybody."""
    talk = make_talk(cast, ConversationState.HELD, kind=kind, with_fk=with_fk)
    write_all(talk)
    share_all(talk)
    return talk, send_agreement(by=cast.soc, conversation=talk.fresh())


def copy_of(version: AgreementVersion, talk: Talk, name: str) -> AgreementCopy:
    return AgreementCopy.objects.select_related("version", "party__conversation").get(
        version=version, party=talk.parties[name]
    )


def confirm_all(talk: Talk, version: AgreementVersion) -> None:
    for name in agencies_of(talk):
        answer_agreement(by=member_of(talk.cast, name), copy=copy_of(version, talk, name), verdict="confirmed")
    answer_agreement(by=talk.cast.soc, copy=copy_of(version, talk, "participant"), verdict="confirmed", way="phone")


def task_of(talk: Talk, name: str) -> Commitment:
    return Commitment.objects.select_related(
        "section__party__function", "section__agreement__conversation__participant"
    ).get(section__party=talk.parties[name])


def said_in(text: str) -> list[str]:
    """Which of the secret words a text holds."""
    return [word for word in ALL_WORDS if word in text]


def agency_of(cast: Cast, name: str) -> Agency:
    return member_of(cast, name).agency


class Told:
    """Who has been told what since it was made."""

    def __init__(self, cast: Cast) -> None:
        self.names = {member.pk: name for name, member in cast.members.items()}
        self.names |= {member.pk: f"two_hats{i}" for i, member in enumerate(cast.two_hats)}
        self.after = Notification.objects.order_by("-pk").values_list("pk", flat=True).first() or 0

    def now(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        rows = Notification.objects.filter(pk__gt=self.after)
        for kind, pk in rows.values_list("kind", "membership"):
            found.setdefault(kind, set()).add(self.names[pk])
        return found


def withdraw(talk: Talk, names: Collection[str], reason: str = "Den gick till fel myndighet") -> None:
    parties = [talk.parties[name] for name in names]
    withdraw_copies(by=talk.cast.soc, conversation=talk.fresh(), parties=parties, reason=reason)
