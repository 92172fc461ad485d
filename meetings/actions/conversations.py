"""A conversation: planned, changed, its interpreter and its form of meeting, and closed by rule (R11, L52, L55)."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from meetings.actions.conversation_steps import (
    FASTER,
    READS,
    hints_of,
    lock_conversation,
    may_tell,
    notice_of,
    require_convener,
    step,
    write_event,
)
from meetings.errors import AlreadyActive, CircleNotCovered
from meetings.models import Conversation, ConversationPlan, ConversationRequest, Party
from meetings.queries.conversations import talk_followers, told_for, told_of
from meetings.queries.talk_parties import Pair, covering, desk_set, has_both_principals, others_in, who_can_come
from meetings.queries.talks import active_with, stale_conversations
from meetings.states import ConversationKind, ConversationState, ConversationVerb, PartyKind, RequestState
from notifications.actions import Notice, clear_notices, deliver, queue_participant_mail
from workspace.actions import action, lock_live_rows, lock_participant, make_disclosure
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.live import Hint, changed
from workspace.models import Agency, Category, ConsentRow, Disclosure, Function, Ground, Membership, Participant
from workspace.queries import desks_reached_from, participants_visible_to
from workspace.rules import is_caseworker

NOT_ACTIVE = "Samtalet är inte på gång längre. Planera ett nytt i stället."
NO_PRINCIPALS = "Ett SIP-möte behöver både kommunen och regionen. Välj någon av den som saknas."
CONSENT = "consent"
Desk = tuple[Function, Membership]  # a desk and who comes from there


@action
def plan_conversation(
    *,
    by: Membership,
    participant: Participant,
    kind: ConversationKind,
    about: str,
    minutes: int,
    how: str,
    where: str,
    link: str,
    where_is_neutral: bool = False,
    others: Sequence[Desk],
    wished_form: str = "",
    request: ConversationRequest | None = None,
    plan: ConversationPlan | None = None,
) -> Conversation:
    """Begin a conversation about one's own participant with other agencies' desks: all of them, or none (L5, L6).

    Locks the participant and the live consent rows. Writes the conversation, its parties, two disclosures to each
    other agency (365 days, never longer than the consent), its history and audit rows; marks the wish it came of. Tells
    the caseworkers named, and the participant. Refuses: a hat that may not open the participant; no other agency; a
    desk outside the cooperation, or a person who is not there; a SIP without both principals (L20); an agency that
    the consent does not cover (`CircleNotCovered`); one that is active with the same desks (`AlreadyActive`).
    """
    person = lock_participant(participant.pk)
    rows = lock_live_rows(person.pk, by.agency_id)
    if not is_caseworker(by) or not participants_visible_to(by).filter(pk=person.pk).exists():
        raise NotAllowed("Du kan ordna samtal om dina egna deltagare.")
    require_desks(by.agency_id, others)
    agencies = [desk.agency for desk, _ in others]
    if kind == ConversationKind.SIP and not has_both_principals([by.agency, *agencies]):
        raise NotAllowed(NO_PRINCIPALS)
    if plan is not None and plan.participant_id != person.pk:
        raise NotAllowed("Planen gäller någon annan. Läs in sidan igen.")
    covered = require_covered(rows, agencies)
    desks = sorted([person.function_id, *(desk.pk for desk, _ in others)])
    fields = {"kind": kind, "about": about, "minutes": minutes, "how": how, "where": where, "link": link}
    fields |= {"where_is_neutral": may_tell(how, where, where_is_neutral)}
    conversation = _make(by, person, desks, **fields, wished_form=wished_form, plan=plan)
    Party.objects.create(conversation=conversation, kind=PartyKind.PARTICIPANT)
    own = {"agency": by.agency, "function": person.function, "member": by}
    Party.objects.create(conversation=conversation, kind=PartyKind.CASEWORKER, **own)
    parties = [let_in(by, conversation, desk, covered[desk[0].agency_id]) for desk in others]
    write_event(conversation, ConversationVerb.PLAN, by=by)
    notices = [added_notice(conversation, party, by=by) for party in parties]
    notices += _grant(request, conversation, by=by) if request else []
    clear_notices(kinds=["plan.due"], object_id=person.pk)
    queue_participant_mail(participant=person)
    deliver(notices, request_hints(request) if request else [])
    return conversation


def _make(by: Membership, person: Participant, desks: Iterable[int], **fields: Any) -> Conversation:
    """The row itself. The constraint is asked last, in a savepoint: somebody may have planned at the same moment."""
    words = say_desks(desks)
    known = active_with(person, words)
    if known is not None:
        raise AlreadyActive(known.pk)
    try:
        with transaction.atomic():
            return Conversation.objects.create(participant=person, agency=by.agency, convener=by, desks=words, **fields)
    except IntegrityError:
        known = active_with(person, words)
        if known is None:
            raise
    raise AlreadyActive(known.pk)


def _grant(request: ConversationRequest, conversation: Conversation, *, by: Membership) -> list[Notice]:
    """The wish led to this conversation. One that nobody had answered is answered now."""
    wish = ConversationRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    if wish.participant_id != conversation.participant_id or wish.led_to_id or wish.state == RequestState.DECLINED:
        raise SomebodyWasFaster(FASTER)
    was_waiting = wish.state == RequestState.WAITING
    wish.state, wish.led_to = RequestState.ACCEPTED, conversation
    if was_waiting:
        wish.answered_at, wish.answered_by = timezone.now(), by
        clear_notices(kinds=["request.asked"], object_id=wish.pk)
    wish.save(update_fields=["state", "led_to", "answered_at", "answered_by"])
    return answered_notices(wish, by=by) if was_waiting else []


def answered_notices(wish: ConversationRequest, *, by: Membership) -> list[Notice]:
    """To whoever asked for a caseworker's agency, as long as it is in the conversation it asked from."""
    if wish.earlier is None or wish.member is None:
        return []
    asked = Party.objects.filter(
        conversation=wish.earlier, agency=wish.member.agency_id, kind=PartyKind.CASEWORKER, left_at__isnull=True
    ).select_related("member", "function", "identity", "question")
    told = {pk for party in asked if lives(party) for pk in told_for(party)}
    return [notice_of("conversation.request_answered", wish.earlier, told - {by.pk})]


def request_hints(wish: ConversationRequest) -> list[tuple[str, Hint]]:
    """To the pages of the conversation a wish came from: of whoever asked, and of whoever answers."""
    if wish.earlier is None or wish.member is None:
        return []
    return hints_to(wish.earlier, [wish.member.agency_id, wish.earlier.agency_id])


def lives(party: Party) -> bool:
    """Whether another agency's party can still read. Asks nothing of the database beyond its disclosures."""
    now = timezone.now()
    told = (party.identity, party.question)
    return all(one is not None and one.ended_at is None and one.ends_at > now for one in told)


# ---------- checks that planning and adding share ----------
def require_desks(own: int, others: Sequence[Desk]) -> None:
    """At least one other agency, each once, at a desk that can be reached, with somebody who is there."""
    if not others:
        raise NotAllowed("Välj minst en annan myndighet. Annars är det inget trepartssamtal.")
    agencies = [desk.agency_id for desk, _ in others]
    if len(set(agencies)) < len(agencies):
        raise NotAllowed("Välj en enhet per myndighet.")
    reached = set(desks_reached_from(own).filter(pk__in=[desk.pk for desk, _ in others]).values_list("pk", flat=True))
    for desk, member in others:
        if desk.pk not in reached or not who_can_come(desk).filter(pk=member.pk).exists():
            raise NotAllowed("En av handläggarna går inte att välja längre. Läs in sidan igen.")


def require_covered(rows: Iterable[ConsentRow], agencies: Sequence[Agency]) -> dict[int, Pair]:
    """The rows behind each agency; `CircleNotCovered` naming all that lack one."""
    covered = covering(rows)
    lacking = [agency.name for agency in agencies if agency.pk not in covered]
    if lacking:
        raise CircleNotCovered(lacking)
    return covered


def let_in(by: Membership, conversation: Conversation, desk: Desk, pair: Pair) -> Party:
    """Another agency's party, and the two disclosures it rests on. Inside an action that holds the consent rows."""
    function, member = desk
    about = Category.objects.in_bulk([row.category_id for row in pair])
    ground = Ground.objects.get(pk=CONSENT)
    who, what = (_tell(by, conversation, function.agency, row, about[row.category_id], ground) for row in pair)
    return Party.objects.create(
        conversation=conversation,
        kind=PartyKind.CASEWORKER,
        agency=function.agency,
        function=function,
        member=member,
        identity=who,
        question=what,
    )


def _tell(
    by: Membership, conversation: Conversation, agency: Agency, row: ConsentRow, category: Category, ground: Ground
) -> Disclosure:
    return make_disclosure(
        by=by,
        participant=conversation.participant,
        discloser=conversation.agency,
        recipient=agency,
        category=category,
        purpose=row.purpose,
        ground=ground,
        consent_row=row,
        ends_at=timezone.now() + READS,
    )


def added_notice(conversation: Conversation, party: Party, *, by: Membership) -> Notice:
    return notice_of("conversation.added", conversation, told_for(party), by=by)


def say_desks(desks: Iterable[int]) -> str:
    return " ".join(map(str, sorted(desks)))


def keep_desks(conversation: Conversation) -> None:
    """Write which desks are in a locked conversation now. Refuses a set that another active one has already."""
    desks = say_desks(desk_set(conversation))
    if desks == conversation.desks:
        return
    clash = active_with(conversation.participant, desks)
    if clash is not None:
        raise AlreadyActive(clash.pk)
    Conversation.objects.filter(pk=conversation.pk).update(desks=desks)
    conversation.desks = desks


def hints_to(conversation: Conversation, agencies: Iterable[int]) -> list[tuple[str, Hint]]:
    """Hints to these agencies' sides alone."""
    return [changed("conversation", conversation.pk, f"myndighet{pk}") for pk in sorted(set(agencies))]


def lock_to_arrange(by: Membership, conversation: Conversation) -> Conversation:
    """A conversation that goes on, locked after its participant, for its convener's caseworkers."""
    lock_participant(conversation.participant_id)
    locked = lock_conversation(conversation)
    require_convener(by, locked)
    if not locked.is_active:
        raise SomebodyWasFaster(NOT_ACTIVE)
    return locked


# ---------- changes ----------
@action
def change_conversation(
    *,
    by: Membership,
    conversation: Conversation,
    about: str,
    wished_form: str = "",
    kind: ConversationKind | None = None,
    minutes: int | None = None,
    how: str | None = None,
    where: str | None = None,
    where_is_neutral: bool | None = None,
    link: str | None = None,
) -> None:
    """Change what a conversation is about and, before the call is sent, its kind, length and place.

    Locks the participant and the conversation; writes history and audit rows; the participant hears that there is
    something to read. Refuses anybody but the convener's caseworkers, one that is over, and a SIP without both
    principals. None leaves a field as it is; of a conversation that is called, time and place are moved instead.
    """
    locked = lock_to_arrange(by, conversation)
    fields: dict[str, Any] = {"about": about, "wished_form": wished_form}
    if wished_form != locked.wished_form:
        fields["form_decision"] = ""  # it was about another wish
    asked = {"kind": kind, "minutes": minutes, "how": how, "where": where, "link": link}
    asked["where_is_neutral"] = where_is_neutral
    place = {name: value for name, value in asked.items() if value is not None}
    if place:
        now = {name: place.get(name, getattr(locked, name)) for name in ("how", "where", "where_is_neutral")}
        place["where_is_neutral"] = may_tell(**now)
    if place and locked.state != ConversationState.PREPARING:
        raise SomebodyWasFaster("Kallelsen är skickad. Ändra tid och plats där i stället.")
    if place.get("kind") == ConversationKind.SIP and not has_both_principals(others_in(locked, than=0)):
        raise NotAllowed(NO_PRINCIPALS)
    Conversation.objects.filter(pk=locked.pk).update(**fields, **place)
    write_event(locked, "change", by=by)
    queue_participant_mail(participant=locked.participant)
    deliver([], hints_of(locked))


@action
def book_interpreter(*, by: Membership, conversation: Conversation, booked: bool = True) -> None:
    """Say that the interpreter is booked, or is not after all (L55). Harmless when repeated.

    Locks as `change_conversation`; writes history and audit rows; hints at the convener's side alone, since the needs
    are shown there and nowhere else. Refuses anybody but the convener's caseworkers, and one that is over.
    """
    locked = lock_to_arrange(by, conversation)
    if booked == (locked.interpreter_booked_at is not None):
        return
    now = timezone.now() if booked else None
    Conversation.objects.filter(pk=locked.pk).update(
        interpreter_booked_at=now, interpreter_booked_by=by if booked else None
    )
    write_event(locked, "interpreter" if booked else "no_interpreter", by=by)
    deliver([], hints_to(locked, [locked.agency_id]))


@action
def decide_form(*, by: Membership, conversation: Conversation, decision: str) -> None:
    """Write down what was decided about a wished form of meeting (L52); the participant hears that there is an answer.

    Locks, writes and refuses as `book_interpreter`; also refuses where nobody has wished anything.
    """
    locked = lock_to_arrange(by, conversation)
    if not locked.wished_form:
        raise NotAllowed("Ingen har önskat något annat sätt att träffas.")
    Conversation.objects.filter(pk=locked.pk).update(form_decision=decision)
    write_event(locked, "form", by=by)
    queue_participant_mail(participant=locked.participant)
    deliver([], hints_to(locked, [locked.agency_id]))


# ---------- closed by rule ----------
def close_stale() -> int:
    """Close the conversations that nothing has happened in for too long; how many were closed. May run again."""
    closed = 0
    for conversation in stale_conversations():
        try:
            closed += close_conversation(conversation=conversation)
        except SomebodyWasFaster:
            continue
    return closed


@action
def close_conversation(*, conversation: Conversation) -> bool:
    """Close one stale conversation, and say so: to its caseworkers by a notice, to the participant that there is
    something to read. Locks the participant and the conversation, and asks the rule again under the lock."""
    person = lock_participant(conversation.participant_id)
    locked = lock_conversation(conversation)
    if not stale_conversations().filter(pk=locked.pk).exists():
        return False
    step(locked, ConversationVerb.CLOSE, by=None)
    queue_participant_mail(participant=person)
    notice = notice_of("conversation.closed", locked, told_of(locked), followers=talk_followers(locked))
    deliver([notice], hints_of(locked))
    return True
