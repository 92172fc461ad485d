"""Decisions: how a group comes to one, who answers for it, and what becomes of it until it is closed."""

from dataclasses import replace
from datetime import date

from django.utils import timezone

from meetings.actions.steps import FASTER, lock_meeting, notice_of, topics_of, write_event
from meetings.models import ActionItem, AgendaItem, Decision, DecisionReport, DecisionVote, Meeting, TableText
from meetings.queries import attends
from meetings.queries.deciding import (
    DecisionInput,
    VoteInput,
    answering_roles,
    can_decide,
    can_own,
    is_seated_for,
    lacks_quorum,
    needs_quorum,
    person_voting,
    voters_of,
)
from meetings.queries.decisions import answerers_of, can_report
from meetings.queries.follow_up import can_rewrite
from meetings.queries.meetings import is_guest_only
from meetings.queries.standing import answering_decision
from meetings.rules import can_change_content, can_lead, hat_fields, is_arranger
from meetings.states import DecisionState, GenderAnswer, ItemKind, MeetingState, Procedure, Vote
from notifications.actions import Notice, close_notices, deliver
from workspace.actions import action, record_act
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Agency, Membership
from workspace.rules import Hat
from workspace.states import AuditAct

__all__ = ["DecisionInput", "VoteInput"]  # the shape of what `decide` takes, for whoever calls it

PART = "outcomes"
FROZEN = "Anteckningarna är skickade för justering. Det som står i dem ändras genom en rättelse."
WRITING = {MeetingState.IN_PROGRESS, MeetingState.HELD}
NOT_YOURS = "Det är den som ansvarar för beslutet, eller den som ordnar mötet, som skriver vad som har hänt."

GUEST = "Du är inbjuden till punkten. Besluten skriver de som har en plats i gruppen."
NOT_LEADING = "Det är den som leder mötet eller har pennan som skriver beslutet."
NOT_ARRANGER = "Det är den som ordnar mötet som väljer vilket mått som visar om beslutet hjälpte."


# ---------- what decisions and actions share ----------
def writable(by: Hat, item: AgendaItem, said: TableText | None) -> Meeting:
    """The meeting of an item this hat may write under, locked."""
    meeting = lock_meeting(item.meeting)
    if attends(by, meeting, item).access == "outside":
        raise NotAllowed("Din myndighet är inte med på den här punkten.")
    if meeting.state not in WRITING:
        raise NotAllowed("Mötet har inte börjat. Beslut och uppgifter skrivs när punkten tas upp.")
    if not can_change_content(meeting):
        raise NotAllowed(FROZEN)
    if item.kind == ItemKind.CASE and said is None:
        raise NotAllowed("Det som sägs om en person läggs på bordet, så att det är klart vem som får läsa det.")
    return meeting


def write_act(meeting: Meeting, item: AgendaItem, verb: str, *, by: Hat) -> None:
    """The history and the audit. Of a case the audit alone: all who are called read the meeting's history, and that
    something happens under a case is itself news, which only its circle may have."""
    if item.kind != ItemKind.CASE:
        write_event(meeting, verb, by=by)
        return
    what, person = f"meeting.{verb}", item.case.participant_id
    record_act(by=by, act=AuditAct.WRITE, what=what, object_id=meeting.pk, participant_id=person)


def author_of(by: Hat) -> Agency | None:
    return by.agency if isinstance(by, Membership) else None


# ---------- made in the meeting ----------
@action
def decide(*, by: Hat, item: AgendaItem, data: DecisionInput) -> Decision:
    """Write down what was decided under an item, how, and who sees to it, in the agency's name (a role's has none).

    Locks the meeting; writes the decision, its votes, the history and the audit; tells whoever answers for it (with
    nobody named: all who hold the agency's seats; a role is told by its own page); hints at those who see the item.
    With an owner and a day (a calendar day, the whole of it) it is followed until it is closed, else it stands.
    Refuses somebody outside the item or only invited to it; where quorum is needed, or votes are given, whoever neither
    leads nor has the pen; a meeting that has not begun, or whose minutes are on their way; a case's item;
    too few agencies there where quorum is needed; votes by somebody who is not there, two of one person, or that
    contradict the procedure; an owner without a day or a day without an owner; a day that has been; an owner without
    a seat. Source: L42, R99.
    """
    decision, notices = write_decision(by=by, item=item, data=data)
    deliver(notices, topics_of(decision.item.meeting, decision.item, PART))
    return decision


@action
def add_decision(*, by: Hat, item: AgendaItem, text: str, said: TableText | None = None) -> Decision:
    """The same with words alone: everybody was agreed, and it stands. `said` is what was laid on a case's table."""
    decision, notices = write_decision(by=by, item=item, data=DecisionInput(text), said=said)
    deliver(notices, topics_of(decision.item.meeting, decision.item, PART))
    return decision


def write_decision(
    *, by: Hat, item: AgendaItem, data: DecisionInput, said: TableText | None = None
) -> tuple[Decision, list[Notice]]:
    """The same for a verb that delivers by itself: returns its notices. Call it inside an action.

    Of a case the words alone: who said them stands with what was laid on the table, and what is to be done of a person
    is an action.
    """
    meeting = writable(by, item, said)
    if item.kind == ItemKind.CASE:
        data = DecisionInput(data.text)
    else:
        _check(by, meeting, item, data)
    decision = Decision.objects.create(
        item=item,
        agency=author_of(by),
        text=data.text,
        said=said,
        proposals=data.proposals,
        why=data.why,
        procedure=data.procedure,
        owner=data.owner,
        responsible=data.responsible,
        owner_role=data.owner_role,
        due_on=data.due_on,
        indicator=data.indicator,
        state=DecisionState.OPEN if data.is_followed else DecisionState.STANDS,
        **hat_fields(by),
    )
    DecisionVote.objects.bulk_create(
        DecisionVote(decision=decision, attendance_id=one.attendance, vote=one.vote, dissent=one.dissent)
        for one in data.votes
        if one.vote or one.dissent
    )
    write_act(meeting, item, "add_decision", by=by)
    return decision, _given(by, meeting, decision) if data.is_followed else []


def _check(by: Hat, meeting: Meeting, item: AgendaItem, data: DecisionInput) -> None:
    check_deciding(by, meeting, item, with_votes=bool(data.votes))
    lacking = lacks_quorum(meeting) if needs_quorum(meeting, item) else ""
    if lacking:
        raise NotAllowed(lacking)
    if AgendaItem.objects.filter(pk=item.pk, gender_answer=GenderAnswer.NO_DEVIATION).exists():
        raise NotAllowed("Punkten är stängd med Ingen avvikelse. Ändra svaret till Beslut i stället.")
    _check_votes(meeting, data)
    _check_owner(meeting, item, data)


def check_deciding(by: Hat, meeting: Meeting, item: AgendaItem, *, with_votes: bool = False) -> None:
    """Refuse whoever may not write decisions under the item. How others voted, only who leads or has the pen writes."""
    if is_guest_only(by, meeting):
        raise NotAllowed(GUEST)
    if not can_decide(by, meeting, item) or (with_votes and not can_lead(by, meeting)):
        raise NotAllowed(NOT_LEADING)


def _check_votes(meeting: Meeting, data: DecisionInput) -> None:
    there = {row.pk: row for row in voters_of(meeting)} if data.votes else {}
    said = [one.attendance for one in data.votes]
    if not set(there).issuperset(said):
        raise NotAllowed("Bara den som är med på mötet för en myndighet kan rösta. Pricka av närvaron först.")
    if len(set(said)) < len(said) or not {one.vote for one in data.votes} <= {"", *Vote.values}:
        raise NotAllowed("Skriv en röst för var och en: ja, nej eller avstår.")
    voting = [person_voting(there[one.attendance]) for one in data.votes if one.vote]
    twice = next((person for person in voting if voting.count(person) > 1), None)
    if twice is not None:
        raise NotAllowed(f"{twice} är med i två roller, men har en röst. Skriv rösten på den ena av dem.")
    votes = [one.vote for one in data.votes if one.vote]
    against = votes.count(Vote.AGAINST)
    if data.procedure == Procedure.UNANIMOUS and against:
        raise NotAllowed("Någon röstade nej. Välj Röstning, eller ändra rösten.")
    if data.procedure == Procedure.VOTE and not votes:
        raise NotAllowed("Skriv hur var och en röstade.")
    if against > votes.count(Vote.FOR):
        raise NotAllowed("Fler röstade nej än ja. Skriv det beslut som de flesta stod bakom.")


def _check_owner(meeting: Meeting, item: AgendaItem, data: DecisionInput) -> None:
    owned = data.owner is not None or data.owner_role is not None
    if data.owner is not None and data.owner_role is not None:
        raise NotAllowed("Välj en som ansvarar: en myndighet eller en roll.")
    if owned and data.due_on is None:
        raise NotAllowed("Skriv en sista dag, så att beslutet kan följas upp.")
    if data.due_on is not None and not owned:
        raise NotAllowed("Välj vem som ansvarar för att det blir gjort till den dagen.")
    if data.due_on is not None and data.due_on < timezone.localdate():
        raise NotAllowed("Den sista dagen har redan varit.")
    if data.owner is not None and not can_own(meeting, data.owner):
        raise NotAllowed(f"{data.owner.name} har ingen plats i gruppen, så den kan inte ansvara för beslutet.")
    if data.responsible is not None and not is_seated_for(meeting, item, data.responsible, data.owner):
        raise NotAllowed("Den personen har ingen plats för myndigheten. Välj någon annan, eller bara myndigheten.")
    if data.owner_role is not None and data.owner_role not in answering_roles(meeting):
        raise NotAllowed("Den rollen kan inte ansvara för ett beslut i den här gruppen.")


def _given(by: Hat, meeting: Meeting, decision: Decision) -> list[Notice]:
    return [notice_about("decision.given", meeting, decision, answerers_of(decision), by=by)]


def notice_about(
    kind: str, meeting: Meeting, decision: Decision, recipients: set[int], *, by: Hat | None = None
) -> Notice:
    """A notice about a decision, named by its meeting's day, which leads to the decision. Said by nobody."""
    return replace(notice_of(kind, meeting, recipients, by=by), object_id=decision.pk, acting_agency=None)


# ---------- taken away while the minutes are a draft ----------
@action
def remove_decision(*, by: Hat, decision: Decision) -> None:
    """Take away a decision that was written wrongly, with its votes, while the minutes are a draft.

    In order: the decision; whoever was told of it is told no more; the standing item's answer, where this was it or
    the item's only decision (it is unanswered again); the history, the audit, the hints. What lies on the table
    stays there.
    Refuses whoever is neither of its agency nor (outside cases) arranges the meeting, and one that somebody has
    reported on: that has happened, and stands.
    """
    meeting = lock_meeting(decision.item.meeting)
    check_rewriting(by, meeting, decision)
    if DecisionReport.objects.filter(decision=decision.pk).exists():
        raise NotAllowed("Någon har skrivit vad som har hänt med beslutet. Skriv att det inte gäller längre i stället.")
    answered = AgendaItem.objects.filter(pk=decision.item_id, gender_answer=GenderAnswer.DECISION).first()
    answer = answering_decision(answered) if answered else None
    if not Decision.objects.filter(pk=decision.pk).delete()[0]:
        raise SomebodyWasFaster(FASTER)
    close_told(decision.pk)
    if answered and (answer == decision or not Decision.objects.filter(item=decision.item_id).exists()):
        AgendaItem.objects.filter(pk=answered.pk).update(gender_answer="", gender_text="")
    write_act(meeting, decision.item, "remove_decision", by=by)
    deliver([], topics_of(meeting, decision.item, PART))


def close_told(decision: int) -> None:
    """What was told of the decision leaves everybody's lists: also of those who no longer answer for it."""
    close_notices(kind_prefix="decision.", object_id=decision)


def check_rewriting(by: Hat, meeting: Meeting, row: ActionItem | Decision) -> None:
    """Refuse whoever may not change what was written, and minutes that are on their way."""
    if not can_rewrite(by, row):
        raise NotAllowed("Det är myndigheten som skrev det, eller den som ordnar mötet, som kan ändra det.")
    if not can_change_content(meeting):
        raise NotAllowed(FROZEN)


# ---------- followed until it is closed ----------
@action
def report_decision(
    *, by: Hat, decision: Decision, text: str, state: DecisionState, due_on: date | None = None
) -> DecisionReport:
    """Say what has become of a decision: it goes on (perhaps to a new day), it is done, or it holds no more.

    Locks the meeting; moves the decision, whose reminders begin anew with a new day; adds the report; what was told of
    it is closed where it is done, holds no more or has a new day; writes the history; hints at those who see the item.
    Tells nobody: it comes back at the next meeting, and the register shows it. Refuses whoever neither answers for it
    nor arranges the meetings, a day that has been, and `SomebodyWasFaster` where it has been closed meanwhile. Minutes
    on their way are no hindrance: this is after them.
    """
    if state not in {DecisionState.OPEN, DecisionState.DONE, DecisionState.DROPPED}:
        raise NotAllowed("Välj om det pågår, är genomfört eller inte gäller längre.")
    return _report(by, decision, "report_decision", {DecisionState.OPEN}, state, text, due_on)


@action
def reopen_decision(*, by: Hat, decision: Decision, text: str, due_on: date | None = None) -> DecisionReport:
    """Follow a closed decision again, with the reason and perhaps a new day. Otherwise as `report_decision`."""
    closed = {DecisionState.DONE, DecisionState.DROPPED}
    return _report(by, decision, "reopen_decision", closed, DecisionState.OPEN, text, due_on)


def _report(
    by: Hat,
    decision: Decision,
    verb: str,
    sources: set[DecisionState],
    state: DecisionState,
    text: str,
    due_on: date | None,
) -> DecisionReport:
    meeting = lock_meeting(decision.item.meeting)
    if not can_report(by, decision):
        raise NotAllowed(NOT_YOURS)
    is_open = state == DecisionState.OPEN
    fields: dict[str, object] = {"state": state, "closed_at": None if is_open else timezone.now()}
    now = Decision.objects.filter(pk=decision.pk).values_list("due_on", flat=True).first()
    due_on = (due_on or now) if is_open else now
    if due_on is not None and due_on != now:
        if due_on < timezone.localdate():
            raise NotAllowed("Den nya dagen har redan varit.")
        fields |= {"due_on": due_on, "told_ahead_at": None, "told_late_at": None}
    if not Decision.objects.filter(pk=decision.pk, state__in=sources).update(**fields):
        raise SomebodyWasFaster(FASTER)
    made = DecisionReport.objects.create(decision=decision, text=text, state=state, due_on=due_on, **hat_fields(by))
    if not is_open or "due_on" in fields:
        close_told(decision.pk)
    write_act(meeting, decision.item, verb, by=by)
    deliver([], topics_of(meeting, decision.item, PART))
    return made


@action
def choose_indicator(*, by: Hat, decision: Decision, indicator: str) -> None:
    """Say which measure shows whether a decision helped (a code of the figures; empty: none).

    Locks the meeting, writes the history, hints at those who see the item. Refuses whoever does not arrange the
    group's meetings. Whether there is such a measure is asked by the form.
    """
    meeting = lock_meeting(decision.item.meeting)
    if not is_arranger(by, meeting.group):
        raise NotAllowed(NOT_ARRANGER)
    if not Decision.objects.filter(pk=decision.pk).exclude(item__kind=ItemKind.CASE).update(indicator=indicator[:80]):
        raise SomebodyWasFaster(FASTER)
    write_act(meeting, decision.item, "choose_indicator", by=by)
    deliver([], topics_of(meeting, decision.item, PART))
