"""Who is in a conversation: let in, replaced, let out, and on what an agency speaks (L5–L9, R29, R30).

Only the convener lets in and out; each agency chooses which of its own caseworkers comes.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from django.db.models import Q
from django.utils import timezone

from meetings.actions.agreement_settling import settle
from meetings.actions.conversation_steps import (
    hints_of,
    lock_conversation,
    notice_of,
    require_convener,
    require_open,
    write_event,
)
from meetings.actions.conversations import (
    CONSENT,
    NO_PRINCIPALS,
    NOT_ACTIVE,
    Desk,
    added_notice,
    hints_to,
    keep_desks,
    let_in,
    lock_to_arrange,
    require_covered,
    require_desks,
)
from meetings.errors import CircleNotCovered
from meetings.models import Conversation, Party, SectionReader
from meetings.queries.circles import grounds_towards
from meetings.queries.conversations import QUESTION, ended_of, told_for
from meetings.queries.talk_parties import has_both_principals, others_in, who_can_come
from meetings.states import ON_PAPER, ConversationKind, PartyKind
from notifications.actions import close_notices, deliver, queue_participant_mail
from workspace.actions import action, end_disclosures, lock_live_rows, lock_participant
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Agency, ConsentRow, Disclosure, Ground, Membership
from workspace.queries import desks_of
from workspace.rules import is_caseworker
from workspace.states import EndReason

LEFT = "Den är inte med i samtalet längre. Läs in sidan igen."
LAST = "Då blir ingen annan myndighet kvar. Ställ in samtalet i stället."


# ---------- in ----------
@action
def add_caseworker(*, by: Membership, conversation: Conversation, desk: Desk) -> Party:
    """Let one more agency into a conversation: a desk, and who comes from there.

    Locks the participant, the live consent rows and the conversation. Writes the party, its two disclosures, history
    and audit rows; tells whoever is named, and the participant. Refuses anybody but the convener's caseworkers, one
    that is over, a desk or person that cannot be chosen, an agency that is in it already, `CircleNotCovered`, and
    `AlreadyActive` where another active one has the same desks.
    """
    person = lock_participant(conversation.participant_id)
    rows = lock_live_rows(person.pk, by.agency_id)
    locked = lock_conversation(conversation)
    require_convener(by, locked)
    if not locked.is_active:
        raise SomebodyWasFaster(NOT_ACTIVE)
    require_desks(by.agency_id, [desk])
    agency = desk[0].agency
    if agency in others_in(locked, than=by.agency_id):
        raise NotAllowed(f"{agency.name} är redan med i samtalet.")
    covered = require_covered(rows, [agency])
    # Its access had ended without anybody letting it out: the row is history, and the agency comes in anew.
    Party.objects.filter(conversation=locked, agency=agency, left_at__isnull=True).update(left_at=timezone.now())
    party = let_in(by, locked, desk, covered[agency.pk])
    keep_desks(locked)
    write_event(locked, "add_party", by=by)
    queue_participant_mail(participant=person)
    deliver([added_notice(locked, party, by=by)], hints_of(locked))
    return party


@action
def add_person(
    *,
    by: Membership,
    conversation: Conversation,
    kind: PartyKind,
    name: str,
    part: str = "",
    agreed_on: date | None = None,
) -> Party:
    """Let in somebody without an account: a support person, an interpreter, or an employer for a part (R29, R30).

    Locks the participant and the conversation; writes the party, history and audit rows; the participant hears that
    there is something to read. Refuses anybody but the convener's caseworkers, one that is over, a support person or
    an employer that the participant has not said yes to, and an employer without a part.
    """
    locked = lock_to_arrange(by, conversation)
    if kind not in ON_PAPER:
        raise NotAllowed("Välj stödperson, tolk eller arbetsgivare.")
    if kind != PartyKind.INTERPRETER and (agreed_on is None or agreed_on > timezone.localdate()):
        raise NotAllowed("Fråga deltagaren först, och skriv vilken dag hen sa ja.")
    if kind == PartyKind.EMPLOYER and not part:
        raise NotAllowed("Skriv vilken del arbetsgivaren är med på.")
    party = Party.objects.create(
        conversation=locked,
        kind=kind,
        name=name,
        part=part if kind == PartyKind.EMPLOYER else "",
        agreed_on=agreed_on if kind != PartyKind.INTERPRETER else None,
    )
    write_event(locked, "add_party", by=by)
    queue_participant_mail(participant=locked.participant)
    deliver([], hints_of(locked))
    return party


@action
def change_member(*, by: Membership, party: Party, member: Membership) -> None:
    """Another caseworker of the same desk comes. Each agency chooses among its own.

    Locks the participant and the conversation. Writes the party (of the convener's own also who convenes), history and
    audit rows; tells whoever comes now; closes the notices of one who has no seat at the desk. The participant hears
    that there is something to read. Refuses other agencies' caseworkers, one that is over, and whoever is not there.
    """
    lock_participant(party.conversation.participant_id)
    locked = lock_conversation(party.conversation)
    access = require_open(by, locked)
    own = access.party
    if own is None or own.pk != party.pk or own.left_at is not None or not is_caseworker(by) or own.function is None:
        raise NotAllowed("Varje myndighet väljer själv vem som kommer.")
    if not locked.is_active:
        raise SomebodyWasFaster(NOT_ACTIVE)
    if not who_can_come(own.function).filter(pk=member.pk).exists():
        raise NotAllowed("Den handläggaren går inte att välja längre. Läs in sidan igen.")
    before = own.member
    if before is None or before.pk == member.pk:
        return
    own.member = member
    own.save(update_fields=["member"])
    if own.agency_id == locked.agency_id:
        Conversation.objects.filter(pk=locked.pk).update(convener=member)
        locked.convener = member
    if not desks_of(before).filter(pk=own.function.pk).exists():
        _close_notices(locked, [before.pk])
    write_event(locked, "change_party", by=by)
    queue_participant_mail(participant=locked.participant)
    deliver([notice_of("conversation.added", locked, told_for(own), by=by)], hints_of(locked))


# ---------- out ----------
@action
def remove_party(*, by: Membership, party: Party) -> None:
    """Let a party out before the conversation is held. An agency loses its access at once, and is told.

    Locks the participant and the conversation; ends what the convener's agency disclosed to it here, closes its
    notices of the conversation, writes history and audit rows. The participant hears that there is something to read.
    Refuses anybody but the convener's caseworkers, one that is over, the participant and the own agency, the last other
    agency, a SIP's only principal of its kind, and `AlreadyActive`.
    """
    locked = lock_to_arrange(by, party.conversation)
    gone = Party.objects.select_related("function", "member", "agency").get(pk=party.pk, conversation=locked)
    if gone.kind == PartyKind.PARTICIPANT or gone.agency_id == locked.agency_id:
        raise NotAllowed("Deltagaren och ni själva är alltid med.")
    if gone.left_at is not None:
        raise SomebodyWasFaster(LEFT)
    told: set[int] = set()
    if gone.agency is not None:
        told = _let_out(locked, gone, gone.agency)
    Party.objects.filter(pk=gone.pk).update(left_at=timezone.now())
    keep_desks(locked)
    write_event(locked, "remove_party", by=by)
    queue_participant_mail(participant=locked.participant)
    notices = [notice_of("conversation.left", locked, told, by=by), *settle(locked, by=by)]
    deliver(notices, hints_of(locked, also=also_of(gone)))


def also_of(gone: Party) -> list[int]:
    """The agency that has just lost the conversation, whose open pages must close."""
    return [gone.agency_id] if gone.agency_id else []


def _let_out(conversation: Conversation, gone: Party, agency: Agency) -> set[int]:
    """End an agency's access; who there is told: nobody, where it had lost it already."""
    others = others_in(conversation, than=agency.pk)
    if not [one for one in others if one.pk != conversation.agency_id]:
        raise NotAllowed(LAST)
    if conversation.kind == ConversationKind.SIP and not has_both_principals(others):
        raise NotAllowed(NO_PRINCIPALS)
    told = told_for(gone) if ended_of(gone) is None else set()
    said = SectionReader.objects.filter(
        section__agreement__conversation=conversation,
        section__party__agency=conversation.agency_id,
        agency=agency,
    )
    here = Q(pk__in=[gone.identity_id, gone.question_id]) | Q(pk__in=said.values("disclosure"))
    end_disclosures(Disclosure.objects.filter(here), why=EndReason.RECALLED, at=timezone.now())
    _close_notices(conversation, Membership.objects.filter(agency=agency).values_list("pk", flat=True))
    return told


def _close_notices(conversation: Conversation, memberships: Iterable[int]) -> None:
    for prefix in ("conversation.", "agreement."):
        close_notices(kind_prefix=prefix, object_id=conversation.pk, memberships=memberships)


# ---------- the ground ----------
@action
def state_ground(*, by: Membership, conversation: Conversation, ground: Ground, reason: str = "") -> None:
    """An officer says once for its agency why it may speak to the others. Again: another ground from now on.

    Consent: the officer confirms what the person has said, and it must let the agency tell every other one at meetings.
    Another ground: valid towards each of them, with a reason. Locks the participant, the agency's consent rows and the
    conversation; writes its party, history and audit rows; tells nobody. Refuses whoever is outside, the convener
    (its consent is known), and `CircleNotCovered`. Source: L6, L19.
    """
    person = lock_participant(conversation.participant_id)
    rows = lock_live_rows(person.pk, by.agency_id)
    locked = lock_conversation(conversation)
    access = require_open(by, locked)
    own = access.party
    if access.convenes or own is None or not is_caseworker(by):
        raise NotAllowed("Ni behöver inte säga någon grund här.")
    others = others_in(locked, than=by.agency_id)
    if ground not in grounds_towards(others):
        raise NotAllowed("Den grunden gäller inte för alla som är med. Välj en annan.")
    if ground.pk == CONSENT:
        require_told(rows, others)
    elif not reason:
        raise NotAllowed("Skriv vad ni har prövat, eller vilken paragraf det gäller.")
    Party.objects.filter(pk=own.pk).update(ground=ground, ground_reason=reason, stated_by=by, stated_at=timezone.now())
    write_event(locked, "ground", by=by)
    deliver([], hints_to(locked, [by.agency_id]))


def require_told(rows: Sequence[ConsentRow], others: Sequence[Agency]) -> dict[int, ConsentRow]:
    """The row that lets an agency speak at meetings to each of the others; `CircleNotCovered` naming who lacks one."""
    own = sorted((row for row in rows if row.category_id == QUESTION), key=lambda row: row.valid_until)
    found = {row.recipient_id: row for row in own if row.recipient_id}
    lacking = [agency.name for agency in others if agency.pk not in found]
    if lacking:
        raise CircleNotCovered(lacking)
    return found
