"""What a lost ground does to conversations: that agency reads no more of them, from now on (L8, house.md 3)."""

from collections.abc import Iterable, Sequence

from django.db.models import Q
from django.utils import timezone

from meetings.actions.agreement_settling import settle
from meetings.actions.conversation_steps import hints_of, lock_conversation, notice_of
from meetings.models import Conversation, Party, SectionReader
from meetings.queries.conversation_grounds import lapsed_in, unclosed_by
from meetings.queries.conversations import convener_told, told_for
from meetings.states import PartyKind
from notifications.actions import Notice, close_notices, deliver
from workspace.actions import action, record_act
from workspace.live import Hint
from workspace.models import Browser, ConsentRow, Disclosure, Membership
from workspace.states import AuditAct, EndReason

Told = tuple[list[Notice], list[tuple[str, Hint]]]
ABOUT = ("conversation.", "agreement.")  # the notices that lead into a conversation


def on_ground_lost(rows: Sequence[ConsentRow], *, by: Membership | Browser) -> Told:
    """Close what rested on withdrawn consent rows. Inside an action that has locked the participant and the rows.

    The disclosures have ended with the rows, and access with them; the parties stay as rows. Locks the conversations;
    the notices of a party that has just lost one are closed, and it and the convener are told: that it was registered,
    or, where the participant did it, that it is so. Hints go to the agencies that are in the conversation and to the
    ones that lost it. Returns both; delivers nothing.
    """
    taken = {row.pk for row in rows}
    parties = (
        Party.objects.filter(
            Q(identity__consent_row__in=taken) | Q(question__consent_row__in=taken),
            kind=PartyKind.CASEWORKER,
            left_at__isnull=True,
        )
        .select_related("identity", "question", "member", "function")
        .order_by("pk")
    )
    lost: dict[int, list[Party]] = {}
    for party in parties:
        if _just_ended(party, taken):
            lost.setdefault(party.conversation_id, []).append(party)
    read = SectionReader.objects.filter(disclosure__consent_row__in=taken)
    touched = {*lost, *read.values_list("section__agreement__conversation", flat=True)}
    notices: list[Notice] = []
    hints: list[tuple[str, Hint]] = []
    for conversation in Conversation.objects.filter(pk__in=touched).order_by("pk"):
        locked, out = lock_conversation(conversation), lost.get(conversation.pk, [])
        notices += [*_tell(locked, out, by), *settle(locked, by=by)] if out else []
        hints += hints_of(locked, also=[party.agency_id for party in out if party.agency_id])
    return notices, hints


def _just_ended(party: Party, taken: set[int]) -> bool:
    """Both disclosures lived until these rows were taken back: whoever had lost it before is not told again."""
    told = (party.identity, party.question)
    return all(one is not None and _lived(one, taken) for one in told)


def _lived(one: Disclosure, taken: set[int]) -> bool:
    by_these = one.consent_row_id in taken and one.ended_why == EndReason.WITHDRAWN
    return one.ends_at > timezone.now() and (one.ended_at is None or by_these)


def _tell(conversation: Conversation, out: Sequence[Party], by: Membership | Browser) -> list[Notice]:
    agencies = {party.agency_id for party in out if party.agency_id}
    _close(conversation, unclosed_by(conversation, agencies))
    told = convener_told(conversation).union(*(told_for(party) for party in out))
    kind = "conversation.access_ended" if isinstance(by, Membership) else "conversation.withdrawn"
    return [notice_of(kind, conversation, told, by=by)]


def _close(conversation: Conversation, memberships: Iterable[int]) -> None:
    readers = set(memberships)
    for prefix in ABOUT:
        close_notices(kind_prefix=prefix, object_id=conversation.pk, memberships=readers)


@action
def close_lapsed_talk(*, conversation: Conversation) -> None:
    """Close the notices of a conversation for the agencies whose ground has run out.

    Locks the conversation, and asks again under the lock. One audit row; tells nobody of the end, since the page said
    from the start when it would come; an agreement that waited for nobody else is confirmed, and told. Harmless when
    repeated.
    """
    locked = lock_conversation(conversation)
    out = lapsed_in(locked)
    if out:
        _close(locked, out)
        record_act(
            by=None,
            act=AuditAct.WRITE,
            what="conversation.lapsed",
            object_id=locked.pk,
            participant_id=locked.participant_id,
        )
        deliver(settle(locked, by=None), hints_of(locked))
