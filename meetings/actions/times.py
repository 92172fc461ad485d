"""Times: the convener proposes, each party says which work (issue 5.3)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.utils import timezone

from meetings.actions.conversation_steps import (
    GONE,
    ByParty,
    clear_party,
    hints_of,
    lock_conversation,
    notice_of,
    party_fields,
    require_convener,
    require_party,
    step,
    write_event,
)
from meetings.models import Conversation, Party, TimeAnswer, TimeOption
from meetings.queries.conversations import convener_told, parties_of, told_of
from meetings.queries.invitations import gets_letter
from meetings.queries.times import MOST_AT_ONCE, end_after, newest_answers, open_options
from meetings.states import ConversationState, ConversationVerb, PartyKind, Way
from notifications.actions import Notice, deliver, queue_participant_mail
from workspace.actions import action, lock_participant
from workspace.errors import NotAllowed
from workspace.models import Membership

TIMES = "times"  # the part of the page that shows them
PAST = "Tiden har redan varit. Välj en tid som ligger framåt."
NO_WAY = "Välj hur svaret kom: brev, telefon eller på plats."
OPTION_GONE = "En av tiderna gäller inte längre. Svara på dem som finns kvar."
HAS_TIME: dict[str, str] = {
    ConversationState.INVITED: "Samtalet har fått sin tid. Svara på kallelsen i stället.",
    ConversationState.HELD: "Samtalet är genomfört. Då behövs inget svar.",
    ConversationState.CANCELLED: "Samtalet är inställt. Då behövs inget svar.",
    ConversationState.CLOSED: "Samtalet är stängt. Då behövs inget svar.",
}


def lock_talk(conversation: Conversation) -> Conversation:
    """The conversation as it is now, held against a withdrawal at the same moment: the participant is locked first."""
    lock_participant(conversation.participant_id)
    return lock_conversation(conversation)


@action
def propose_times(*, by: Membership, conversation: Conversation, starts: Sequence[datetime]) -> list[TimeOption]:
    """Propose one to eight times, each as long as the conversation is meant to be. More can be proposed later.

    Locks the participant and the conversation. Writes the options that do not stand there already, the history and the
    audit; queues the participant's mail; tells the other agencies' caseworkers. Refuses whoever does not convene, a
    conversation that has its time or is over, none or too many, a time that has been, and times that all stand there.
    """
    conversation = lock_talk(conversation)
    require_convener(by, conversation)
    if conversation.state in HAS_TIME:
        raise NotAllowed("Tider föreslås innan kallelsen skickas. Ändra tiden i stället, om samtalet är kallat.")
    wanted = sorted(set(starts))
    if not wanted:
        raise NotAllowed("Skriv minst en tid.")
    if len(wanted) > MOST_AT_ONCE:
        raise NotAllowed(f"Föreslå högst {MOST_AT_ONCE} tider åt gången.")
    if wanted[0] <= timezone.now():
        raise NotAllowed(PAST)
    known = TimeOption.objects.filter(conversation=conversation, withdrawn_at__isnull=True)
    standing = set(known.values_list("starts_at", flat=True))
    made = [
        TimeOption(conversation=conversation, starts_at=at, ends_at=end_after(at, conversation.minutes))
        for at in wanted
        if at not in standing
    ]
    if not made:
        raise NotAllowed("De tiderna är redan föreslagna.")
    TimeOption.objects.bulk_create(made)
    step(conversation, ConversationVerb.PROPOSE, by=by)
    queue_participant_mail(participant=conversation.participant)
    told = told_of(conversation, besides=conversation.agency_id)
    deliver([notice_of("conversation.times", conversation, told, by=by)], hints_of(conversation, TIMES))
    return made


@action
def withdraw_time(*, by: Membership, option: TimeOption) -> None:
    """Take a proposed time away; what was answered is kept. It can be proposed anew.

    Locks the participant and the conversation. Writes the history and the audit. Tells nobody: the page shows it, and
    nobody is bound by a time that is only proposed. Refuses whoever does not convene, and a time that is gone already.
    """
    conversation = lock_talk(option.conversation)
    require_convener(by, conversation)
    if conversation.state in HAS_TIME:
        raise NotAllowed("Tiderna är inte öppna längre. Samtalet har fått sin tid, eller så blir det inte av.")
    open_now = TimeOption.objects.filter(pk=option.pk, withdrawn_at__isnull=True)
    if not open_now.update(withdrawn_at=timezone.now()):
        raise NotAllowed("Tiden är redan borttagen.")
    write_event(conversation, "withdraw_time", by=by)
    deliver([], hints_of(conversation, TIMES))


@action
def answer_times(
    *, by: ByParty, conversation: Conversation, works: Mapping[int, bool], party: Party | None = None, way: str = ""
) -> None:
    """Say which of the proposed times work: all or some. A later answer counts, from whichever device; all are kept.

    `works`: by the number of the option. `party` and `way`: registered by the convener for the participant, or for a
    party on paper. Locks the participant and the conversation, so that of two answers at once one is the newest. Writes
    an answer per option, the history and the audit; tells the convener's side, where something has changed. Refuses
    whoever has no part, a time that is gone or has been, a conversation that has its time or is over, and nothing
    answered; registering without a way, or for whoever answers here.
    """
    conversation = lock_talk(conversation)
    acting = _party(by, conversation, party, way)
    if conversation.state in HAS_TIME:
        raise NotAllowed(HAS_TIME[conversation.state])
    if not works:
        raise NotAllowed("Svara på minst en av tiderna.")
    options = {option.pk: option for option in open_options(conversation)}
    if not works.keys() <= options.keys():
        raise NotAllowed(OPTION_GONE)
    known, now = newest_answers(options.values()), timezone.now()
    before = {pk: row.works for (pk, of), row in known.items() if of == acting.pk}
    TimeAnswer.objects.bulk_create(
        TimeAnswer(option=options[pk], party=acting, works=can, way=way, at=now, **party_fields(by))
        for pk, can in works.items()
    )
    write_event(conversation, "answer_times", by=by)
    clear_party(conversation, acting, ["conversation.times"])
    is_news = any(before.get(pk) != can for pk, can in works.items())
    kinds = ("conversation.participant_times", "conversation.times_answered")
    deliver([answered_notice(kinds, conversation, acting, by)] if is_news else [], hints_of(conversation, TIMES))


def _party(by: ByParty, conversation: Conversation, party: Party | None, way: str) -> Party:
    """Whose answer it is: the actor's own party, or the one that the convener registers for."""
    if party is None and not way:
        return require_party(by, conversation)
    return party_registered_for(by, conversation, party, way)


def party_registered_for(by: ByParty, conversation: Conversation, party: Party | None, way: str) -> Party:
    """The party that staff write an answer down for, as the convener alone may: the participant, or one on paper."""
    if not isinstance(by, Membership):
        raise NotAllowed(GONE)
    require_convener(by, conversation)
    if way not in Way.values:
        raise NotAllowed(NO_WAY)
    found = next((one for one in parties_of(conversation) if party is not None and one.pk == party.pk), None)
    if found is None:
        raise NotAllowed("Den parten är inte med i samtalet längre.")
    if not gets_letter(found):
        raise NotAllowed("Den parten svarar själv, här i Samverkansrum.")
    return found


def answered_notice(kinds: tuple[str, str], conversation: Conversation, party: Party, by: ByParty) -> Notice:
    """That a party has answered, to the convener's side: the participant's kind, or the one an agency says.

    Of somebody on paper, who has no agency, it is said by the agency that wrote it down.
    """
    told = convener_told(conversation) - ({by.pk} if isinstance(by, Membership) else set())
    if party.kind == PartyKind.PARTICIPANT:
        return notice_of(kinds[0], conversation, told)
    said = notice_of(kinds[1], conversation, told, by=by)
    return said if party.agency is None else replace(said, acting_agency=party.agency)
