"""What every verb of a conversation keeps: the lock, the table, the history, the audit row, the hints (house.md 4)."""

from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from meetings.models import Conversation, ConversationEvent, Party
from meetings.queries.conversations import Access, agencies_in, find_access
from meetings.states import ConversationState, ConversationVerb, How, PartyKind, conversation_transition_of
from notifications.actions import Notice, clear_notices
from workspace.actions import record_act
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.live import Hint, changed
from workspace.models import Agency, Browser, Membership
from workspace.rules import is_caseworker
from workspace.states import AuditAct
from workspace.swedish import say_date

FASTER = "Någon hann före. Så här ser det ut nu."
GONE = "Samtalet går inte att nå längre. Det kan vara borttaget, eller så har samtycket tagits tillbaka."
NOT_CONVENER = "Det är handläggarna hos den som kallar till samtalet som gör det."
READS = timedelta(days=365)  # that a conversation's agencies can read it, and never longer than the consent
ByParty = Membership | Browser  # who acts for a party
ASKED = ("conversation.times", "conversation.invited", "conversation.moved")  # what asks a party for an answer


def lock_conversation(conversation: Conversation) -> Conversation:
    """The conversation as it is now, locked. After the participant and the consent rows, before the counters."""
    return (
        Conversation.objects.select_for_update(of=("self",))
        .select_related("participant__function__agency", "agency", "convener__user", "convener__agency", "plan")
        .get(pk=conversation.pk)
    )


def require_open(by: Membership, conversation: Conversation) -> Access:
    """The member's place under the locks, or the refusal of whoever has lost it meanwhile."""
    access = find_access(by, conversation.pk)
    if access is None or not access.is_open:
        raise NotAllowed(GONE)
    return access


def require_convener(by: Membership, conversation: Conversation) -> Access:
    """A caseworker of the convener's agency who may open the participant."""
    access = require_open(by, conversation)
    if not (is_caseworker(by) and access.convenes):
        raise NotAllowed(NOT_CONVENER)
    return access


def require_party(by: ByParty, conversation: Conversation) -> Party:
    """The party that this actor acts for: their agency's, or the participant's own. Refuses whoever has none."""
    if isinstance(by, Browser):
        if by.participant_id != conversation.participant_id:
            raise NotAllowed(GONE)
        return Party.objects.get(conversation=conversation, kind=PartyKind.PARTICIPANT)
    party = require_open(by, conversation).party
    if party is None or party.left_at is not None or not is_caseworker(by):
        raise NotAllowed("Det är handläggarna som är med i samtalet som gör det.")
    return party


def step(conversation: Conversation, verb: ConversationVerb, *, by: ByParty | None, **fields: Any) -> None:
    """Move a locked conversation by the table, change its fields, clear what asked the parties for an answer, and
    write its history and audit row.

    `SomebodyWasFaster` where it no longer is where the page thought. `by` None is the clock.
    """
    row = conversation_transition_of(conversation.state, verb)
    if row is None:
        raise SomebodyWasFaster(FASTER)
    moved = Conversation.objects.filter(pk=conversation.pk, state=conversation.state)
    if not moved.update(state=row.target, **fields):
        raise SomebodyWasFaster(FASTER)
    conversation.state = ConversationState(row.target)
    for name, value in fields.items():
        setattr(conversation, name, value)
    if verb != ConversationVerb.PROPOSE:
        # It has its time, another time, or none any more: what was asked before is nobody's to answer.
        clear_notices(kinds=ASKED, object_id=conversation.pk)
    write_event(conversation, verb, by=by)


def clear_party(conversation: Conversation, party: Party, kinds: Collection[str]) -> None:
    """A party has done what these kinds asked of it: everybody's at its agency. One on paper has no notices."""
    if party.agency_id is not None:
        members = Membership.objects.filter(agency=party.agency_id).values_list("pk", flat=True)
        clear_notices(kinds=kinds, object_id=conversation.pk, memberships=members)


def write_event(conversation: Conversation, verb: str, *, by: ByParty | None) -> None:
    """One row of the conversation's history and one audit row, without a word about anybody."""
    now = timezone.now()
    ConversationEvent.objects.create(conversation=conversation, verb=verb, at=now, **party_fields(by))
    Conversation.objects.filter(pk=conversation.pk).update(last_act_at=now)
    record_act(
        by=by,
        act=AuditAct.WRITE,
        what=f"conversation.{verb}",
        object_id=conversation.pk,
        participant_id=conversation.participant_id,
    )


def may_tell(how: str, where: str, where_is_neutral: bool) -> bool:
    """Whether a place may stand in calendars: only a place can be neutral, never a telephone number."""
    return where_is_neutral and how == How.PLACE and bool(where)


def party_fields(by: ByParty | None) -> dict[str, Any]:
    """An actor as the two fields of `ByParty`; None is the clock."""
    if isinstance(by, Browser):
        return {"member": None, "browser": by}
    return {"member": by, "browser": None}


# ---------- who is told ----------
def notice_of(
    kind: str,
    conversation: Conversation,
    recipients: Iterable[int],
    *,
    by: ByParty | None = None,
    followers: frozenset[int] = frozenset(),
) -> Notice:
    """A notice about a conversation: named by its day, or before it has one by the day it was begun. Never to who acts.

    The acting agency is the member's; the participant and the clock have none, and their kinds are whole sentences.
    """
    agency: Agency | None = by.agency if isinstance(by, Membership) else None
    own = {by.pk} if isinstance(by, Membership) else set()
    day = timezone.localdate(conversation.starts_at or conversation.made_at)
    return Notice(kind, say_date(day), conversation.pk, agency, frozenset(recipients) - own, followers - own)


def hints_of(conversation: Conversation, part: str = "", also: Iterable[int] = ()) -> list[tuple[str, Hint]]:
    """The hints that a conversation has changed, to the agencies that may know of it, one group each.

    `also`: agencies that have just lost it, whose open pages must close.
    """
    agencies = sorted({*agencies_in(conversation), *also})
    return [changed("conversation", conversation.pk, f"myndighet{pk}", part) for pk in agencies]
