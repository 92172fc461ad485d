"""A person on an agenda: put there, the circle changed, taken off. The most dangerous verbs of the floor (L15–L17).

Nobody is put there uninformed, and nobody is told who is not covered by the person's consent: all or nothing. No verb
of a case writes the meeting's history, which everybody who is called reads: the audit alone holds it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from meetings.actions.agenda import ItemInput, write_item
from meetings.actions.carrying import close_up
from meetings.actions.steps import lock_meeting, notice_of, topics_of
from meetings.errors import CircleNotCovered
from meetings.models import AgendaItem, Case, CircleSeat, GroupSeat, Meeting, TableReader
from meetings.queries.cases import Standing, find_standing, holders_of
from meetings.queries.circles import (
    allows_anonymous,
    can_change_circle,
    can_put_case,
    can_withdraw_case,
    names_a_participant,
    own_seats,
    question_category,
    seats_called,
)
from meetings.queries.meetings import circle_lives
from meetings.states import ItemKind, MeetingState, Purpose, Section
from notifications.actions import Notice, close_notices, deliver
from workspace.actions import action, end_disclosures, lock_live_rows, lock_participant, make_disclosure, record_act
from workspace.clocks import end_of
from workspace.errors import NotAllowed
from workspace.live import Hint, changed
from workspace.models import Agency, Category, ConsentRow, Disclosure, Ground, Membership, Participant
from workspace.queries import participants_visible_to
from workspace.states import AuditAct, EndReason

IDENTITY = "identity"
TITLE = "Ärende"
LASTS = timedelta(days=90)  # calendar days after the meeting's day that the circle can read
GONE = "Ärendet går inte att nå längre. Det kan vara borttaget, eller så har samtycket tagits tillbaka."
NOT_HERE = "Ett ärende läggs upp av en handläggare med plats i gruppen, före eller under mötet."
NAMED = "Texten har namnet på en av era deltagare. Utan namn får den inte peka ut någon. Skriv om den."
Pair = tuple[ConsentRow, ConsentRow]  # what lets an agency know who, and what


@action
def put_case(
    *,
    by: Membership,
    meeting: Meeting,
    participant: Participant | None,
    question: str,
    minutes: int,
    seats: Sequence[GroupSeat],
    informed_on: date | None,
) -> Case:
    """Put a person on a meeting's agenda, for the seats chosen and nobody else. No participant: without identity.

    Locks the participant, the live consent rows and the meeting, in that order, and asks the consent again under the
    locks. Writes the item, the case, its circle, two disclosures to each other agency, audit rows; tells the holders of
    the circle's seats, and hints that the agenda has changed. Refuses: a hat without a seat; a person it may not open;
    a person who has not been informed (L16) or is there already; a circle of one agency; an agency that the consent
    does not cover (`CircleNotCovered`); without identity where the group does not allow it, or with a name (L17).
    """
    person, rows = _lock_person(by, participant)
    locked = lock_meeting(meeting)
    if not can_put_case(by, locked):
        raise NotAllowed(NOT_HERE)
    _check_about(by, locked, person, question, informed_on)
    chosen = _whole_circle(by, locked, seats)
    others = _others(by.agency_id, chosen)
    covered = _covered(rows, others, locked) if person is not None else {}
    case = Case.objects.create(
        item=_make_item(by, locked, minutes),
        agency=by.agency,
        participant=person,
        question=question,
        informed_on=informed_on if person is not None else None,
        member=by,
    )
    told = {agency.pk: _disclose(by, case, agency, covered.get(agency.pk)) for agency in others}
    _seat(case, chosen, told)
    record_case(by, "case.put", case)
    notices = [case_notice("case.added", case, holders_of(case, _agencies(chosen)), by=by)]
    deliver(notices, topics_of(locked, None, "agenda"))
    return case


@action
def change_circle(*, by: Membership, case: Case, seats: Sequence[GroupSeat]) -> None:
    """Let other seats into a case's circle, or out of it. Own seats stay.

    Locks as `put_case`. Who comes in is covered by the consent and told; who goes out loses access at once: before the
    meeting the seat goes, later it stays with its ended disclosures, so that the agency keeps its own note. Refuses
    whoever is not the owner's caseworker in the circle, a meeting that is over, an agency without consent, a circle of
    one agency, and letting somebody out of a case without identity once the meeting has begun.
    """
    person, rows = _lock_person(by, case.participant)
    meeting = lock_meeting(case.item.meeting)
    standing = require_open(by, case)
    if not can_change_circle(by, standing):
        raise NotAllowed(
            "Det är handläggarna hos den som la upp ärendet som ändrar kretsen, fram till att mötet är slut."
        )
    chosen = _whole_circle(by, meeting, seats)
    living = list(CircleSeat.objects.filter(circle_lives(), case=case).select_related("identity", "question"))
    wanted = {seat.pk for seat in chosen}
    told = {row.agency_id: (row.identity, row.question) for row in living}
    incoming = [seat for seat in chosen if seat.pk not in {row.seat_id for row in living}]
    new = [agency for agency in _others(by.agency_id, incoming) if agency.pk not in told]
    covered = _covered(rows, new, meeting) if person is not None else {}
    told |= {agency.pk: _disclose(by, case, agency, covered.get(agency.pk)) for agency in new}
    out = [row for row in living if row.seat_id not in wanted]
    lost = {row.agency_id for row in out} - _agencies(chosen)
    left = holders_of(case, lost)
    _let_out(case, meeting, out, lost)
    close_notices(kind_prefix="case.added", object_id=case.pk, memberships=left)
    notices = [notice_of("meeting.case_left", meeting, left, by=by)]
    _seat(case, incoming, told)
    notices.append(case_notice("case.added", case, holders_of(case, {agency.pk for agency in new}), by=by))
    record_case(by, "case.circle", case)
    deliver(notices, hints_to(meeting, {row.agency_id for row in living} | _agencies(chosen)))


@action
def withdraw_case(*, by: Membership, case: Case) -> None:
    """Take a case off the agenda before anybody has talked of it. What was disclosed ends now; the record of it stays.

    Locks the participant and the meeting; ends the disclosures, closes the notices of it, deletes item, case and
    circle, tells those who were in it, hints at the agenda. Refuses whoever is not the owner's caseworker in the
    circle, and a meeting that has begun: then it is left out of the talk, and every agency says so in its note.
    """
    if case.participant_id:
        lock_participant(case.participant_id)
    meeting = lock_meeting(case.item.meeting)
    standing = require_open(by, case)
    if not can_withdraw_case(by, standing):
        raise NotAllowed(
            "Mötet har börjat. Hoppa över ärendet i stället, och välj att ni inte behöver någon anteckning."
        )
    agencies = set(CircleSeat.objects.filter(circle_lives(), case=case).values_list("agency", flat=True))
    told = holders_of(case, agencies)
    rows = CircleSeat.objects.filter(case=case)
    held = Disclosure.objects.filter(Q(pk__in=rows.values("identity")) | Q(pk__in=rows.values("question")))
    end_disclosures(held, why=EndReason.RECALLED, at=timezone.now())
    close_notices(kind_prefix="case.", object_id=case.pk, memberships=told)
    record_case(by, "case.withdraw", case)
    AgendaItem.objects.get(pk=case.item_id).delete()
    close_up(meeting)
    hints = [*topics_of(meeting, None, "agenda"), *hints_to(meeting, agencies)]
    deliver([notice_of("meeting.case_withdrawn", meeting, told, by=by)], hints)


# ---------- checks ----------
def require_open(by: Membership, case: Case) -> Standing:
    """The member's place in a case under the locks, or the refusal of whoever has lost it meanwhile."""
    standing = find_standing(by, case.pk)
    if standing is None or not standing.is_open:
        raise NotAllowed(GONE)
    return standing


def _lock_person(by: Membership, participant: Participant | None) -> tuple[Participant | None, list[ConsentRow]]:
    if participant is None:
        return None, []
    person = lock_participant(participant.pk)
    return person, lock_live_rows(person.pk, by.agency_id)


def _check_about(
    by: Membership, meeting: Meeting, person: Participant | None, question: str, informed_on: date | None
) -> None:
    if person is None:
        if not allows_anonymous(meeting):
            raise NotAllowed("Gruppen talar inte om ärenden utan namn.")
        if names_a_participant(by, question):
            raise NotAllowed(NAMED)
        return
    if not participants_visible_to(by).filter(pk=person.pk).exists():
        raise NotAllowed("Du kan ta upp dina egna deltagare.")
    if informed_on is None or informed_on > timezone.localdate():
        raise NotAllowed("Berätta först för personen att ni tar upp det här, och skriv vilken dag det var.")
    if Case.objects.filter(item__meeting=meeting, participant=person).exists():
        raise NotAllowed("Personen finns redan på dagordningen för det här mötet.")


def _whole_circle(by: Membership, meeting: Meeting, seats: Iterable[GroupSeat]) -> list[GroupSeat]:
    """The seats chosen and one's own, all of them seats of the meeting today, with at least one other agency."""
    called = {seat.pk: seat for seat in seats_called(meeting)}
    wanted = {seat.pk for seat in seats}
    if wanted - set(called):
        raise NotAllowed("En av platserna finns inte i gruppen längre. Läs in sidan igen.")
    wanted |= {seat.pk for seat in own_seats(by, called.values())}
    chosen = [seat for pk, seat in called.items() if pk in wanted]
    if not _others(by.agency_id, chosen):
        raise NotAllowed("Välj minst en annan myndighet. Annars är det ingen samverkan.")
    return chosen


def _covered(rows: Iterable[ConsentRow], others: Sequence[Agency], meeting: Meeting) -> Mapping[int, Pair]:
    """The two rows behind each agency, those that last longest. Refuses when any lacks one, naming all that do."""
    best = {(row.recipient_id, row.category_id): row for row in sorted(rows, key=lambda row: row.valid_until)}
    about = question_category(meeting)
    found, lacking = {}, []
    for agency in others:
        who, what = best.get((agency.pk, IDENTITY)), best.get((agency.pk, about))
        if who is None or what is None:
            lacking.append(agency.name)
        else:
            found[agency.pk] = (who, what)
    if lacking:
        raise CircleNotCovered(lacking)
    return found


# ---------- writing ----------
def reads_until(meeting: Meeting) -> datetime:
    """The moment a circle's reading ends: 90 days after the meeting's day, and never later than the consent."""
    return end_of(timezone.localdate(meeting.ends_at) + LASTS)


def _make_item(by: Membership, meeting: Meeting, minutes: int) -> AgendaItem:
    items = list(AgendaItem.objects.filter(meeting=meeting).order_by("position", "pk"))
    data = ItemInput(title=TITLE, section=Section.MATTERS, purpose=Purpose.DISCUSSION, minutes=minutes, presenter=by)
    item = write_item(meeting, items, data)
    AgendaItem.objects.filter(pk=item.pk).update(kind=ItemKind.CASE)
    item.kind = ItemKind.CASE
    return item


def _disclose(
    by: Membership, case: Case, agency: Agency, pair: Pair | None
) -> tuple[Disclosure | None, Disclosure | None]:
    if case.participant is None or pair is None:
        return None, None
    consent = Ground.objects.get(pk="consent")
    about = Category.objects.in_bulk([row.category_id for row in pair])
    who, what = (
        make_disclosure(
            by=by,
            participant=case.participant,
            discloser=case.agency,
            recipient=agency,
            category=about[row.category_id],
            purpose=row.purpose,
            ground=consent,
            consent_row=row,
            ends_at=reads_until(case.item.meeting),
        )
        for row in pair
    )
    return who, what


def _seat(
    case: Case, seats: Iterable[GroupSeat], told: Mapping[int, tuple[Disclosure | None, Disclosure | None]]
) -> None:
    for seat in seats:
        who, what = told.get(seat.function.agency_id, (None, None))
        CircleSeat.objects.update_or_create(
            case=case, seat=seat, defaults={"agency": seat.function.agency, "identity": who, "question": what}
        )


def _let_out(case: Case, meeting: Meeting, rows: Sequence[CircleSeat], lost: Collection[int]) -> None:
    """Take seats out of the circle; `lost` are the agencies without another seat there, whose access ends now."""
    began = meeting.state == MeetingState.IN_PROGRESS
    if lost and began and case.is_anonymous:
        raise NotAllowed("Mötet har börjat. Då går ingen att ta ur ett ärende utan namn.")
    told = CircleSeat.objects.filter(case=case, agency__in=lost)
    said = TableReader.objects.filter(text__case=case, text__agency=case.agency_id, agency__in=lost)
    of_case = Q(pk__in=told.values("identity")) | Q(pk__in=told.values("question"))
    ended = Disclosure.objects.filter(of_case | Q(pk__in=said.values("disclosure")))
    end_disclosures(ended, why=EndReason.RECALLED, at=timezone.now())
    gone = [row.pk for row in rows if not began or row.agency_id not in lost]
    CircleSeat.objects.filter(pk__in=gone).delete()


def record_case(by: Membership, what: str, case: Case) -> None:
    record_act(by=by, act=AuditAct.WRITE, what=what, object_id=case.pk, participant_id=case.participant_id)


# ---------- who is told ----------
def case_notice(kind: str, case: Case, recipients: Iterable[int], *, by: Membership) -> Notice:
    """A notice that leads to the case itself; named by the meeting's day, as every notice of a meeting."""
    return replace(notice_of(kind, case.item.meeting, recipients, by=by), object_id=case.pk)


def hints_to(meeting: Meeting, agencies: Iterable[int], part: str = "") -> list[tuple[str, Hint]]:
    """Hints to these agencies' sides only, also those that have just lost what they saw."""
    return [changed("meeting", meeting.pk, f"myndighet{pk}", part) for pk in sorted(set(agencies))]


def _others(own: int, seats: Iterable[GroupSeat]) -> list[Agency]:
    found = {seat.function.agency_id: seat.function.agency for seat in seats if seat.function.agency_id != own}
    return list(found.values())


def _agencies(seats: Iterable[GroupSeat]) -> set[int]:
    return {seat.function.agency_id for seat in seats}
