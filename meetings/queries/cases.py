"""Who may read what of a case, and what each agency still owes its own file (L15–L17).

Two ways in, and no third: «open», a seat of the circle whose agency's access lives; and «kept», a seat of the circle
whose agency's access has ended after the talk began. Kept, an agency reads what it has itself written, and no more.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone

from meetings.models import (
    ActionItem,
    AgendaItem,
    Attendance,
    Case,
    CaseNote,
    CircleSeat,
    Decision,
    Meeting,
    SeatHolder,
    TableText,
)
from meetings.queries.meetings import circle_lives, own_circle_seats, told_to
from meetings.rules import seated
from meetings.states import NEVER_HELD, ActionState, MeetingState
from workspace.models import Agency, Membership, Participant
from workspace.rules import Hat

TALKED = {MeetingState.IN_PROGRESS, MeetingState.HELD}  # where notes are written and texts laid on the table


# ---------- ways in ----------
@dataclass(frozen=True)
class Standing:
    """A member's place in a case: the circle seat, and when its agency's access ended (None: it lives)."""

    case: Case
    seat: CircleSeat
    ended_at: datetime | None

    @property
    def is_open(self) -> bool:
        return self.ended_at is None

    @property
    def meeting(self) -> Meeting:
        return self.case.item.meeting


def access_ended(seat: CircleSeat) -> datetime | None:
    """When a circle seat's agency lost the case; None while its access lives. Asks nothing of the database."""
    if seat.agency_id == seat.case.agency_id:
        return None
    if seat.case.is_anonymous:
        return seat.case.made_at if seat.case.item.meeting.state in NEVER_HELD else None
    now, moments = timezone.now(), []
    for told in (seat.identity, seat.question):
        if told is None:
            return seat.case.made_at
        if told.ended_at is not None or told.ends_at <= now:
            moments.append(min(told.ended_at or told.ends_at, told.ends_at))
    return min(moments, default=None)


def _is_kept(seat: CircleSeat) -> bool:
    """Access ended after the talk had begun: the agency heard it, so its own note of it stays its own (L15)."""
    ended, began = access_ended(seat), seat.case.item.started_at or seat.case.item.meeting.started_at
    return ended is not None and began is not None and ended > began


def _has_written(seat: CircleSeat) -> bool:
    own = {"case": seat.case_id, "agency": seat.agency_id}
    return CaseNote.objects.filter(**own).exists() or TableText.objects.filter(**own).exists()


def _seats_of(member: Membership) -> QuerySet[CircleSeat]:
    return (
        own_circle_seats(member)
        .select_related("case__item__meeting__group", "case__item__meeting__joined_group")
        .select_related("case__participant", "case__agency", "case__member__user", "identity", "question", "ground")
        .order_by("pk")
    )


def find_standing(hat: Hat, pk: int) -> Standing | None:
    """The hat's place in a case, open or kept; None for whoever has none, and for a case that does not exist."""
    seats = list(_seats_of(hat).filter(case__pk=pk)) if isinstance(hat, Membership) else []
    for seat in seats:
        if access_ended(seat) is None:
            return Standing(seat.case, seat, None)
    for seat in seats:
        if _is_kept(seat) or _has_written(seat):
            return Standing(seat.case, seat, access_ended(seat))
    return None


def standing_of(hat: Hat, pk: int) -> Standing:
    """As `find_standing`, or the same 404 for hidden and missing."""
    standing = find_standing(hat, pk)
    if standing is None:
        raise Http404
    return standing


def open_standing(hat: Hat, pk: int) -> Standing:
    """The hat's place in a case whose content it may read now; else the same 404."""
    standing = standing_of(hat, pk)
    if not standing.is_open:
        raise Http404
    return standing


def standing_under(hat: Hat, item: AgendaItem) -> Standing:
    """As `open_standing`, by the item of the agenda."""
    case = Case.objects.filter(item=item).values_list("pk", flat=True).first()
    return open_standing(hat, case or 0)


# ---------- what is read ----------
Said = TableText | Decision | ActionItem


@dataclass
class TextShown:
    """A text on the table, or a decision or an action that was said there."""

    row: Said
    agency: Agency
    ours: bool
    by: str
    expires_at: datetime | None


@dataclass
class CaseShown:
    """A case as one member may see it now. Kept: neither who nor what, only what the own agency has written."""

    standing: Standing
    person: Participant | None = None
    question: str = ""
    expires_at: datetime | None = None
    circle: list[Agency] = field(default_factory=list)
    texts: list[TextShown] = field(default_factory=list)
    decisions: list[TextShown] = field(default_factory=list)
    actions: list[TextShown] = field(default_factory=list)
    note: CaseNote | None = None
    needs_ground: bool = False  # before the own agency lays anything on the table

    @property
    def case(self) -> Case:
        return self.standing.case

    @property
    def is_ours(self) -> bool:
        return self.standing.seat.agency_id == self.case.agency_id

    @property
    def others(self) -> list[Agency]:
        return [agency for agency in self.circle if agency.pk != self.standing.seat.agency_id]


def people_of(case: Case) -> list[int]:
    """Whom a read of the case is logged for; nobody where no identity was told."""
    return [case.participant_id] if case.participant_id else []


def circle_of(case: Case) -> list[Agency]:
    """The agencies that can read the case now, its owner among them, by name."""
    living = CircleSeat.objects.filter(circle_lives(), case=case)
    return list(Agency.objects.filter(pk__in=living.values("agency")).order_by("name"))


def _expires_at(seat: CircleSeat) -> datetime | None:
    ends = [told.ends_at for told in (seat.identity, seat.question) if told is not None]
    return min(ends, default=None) if seat.agency_id != seat.case.agency_id else None


def note_of(case: Case, agency_id: int) -> CaseNote | None:
    """One agency's own note. Ask for nobody else's agency than the member's own (L15)."""
    found = CaseNote.objects.filter(case=case, agency=agency_id)
    return found.select_related("member__user").first()


def _texts_of(case: Case, member: Membership, *, only_own: bool) -> dict[int, tuple[TableText, datetime | None]]:
    """The texts that the member's agency may read, each with when that ends: its own, and those told to it."""
    told = told_to(member.agency_id).filter(text__case=case)
    ends = {} if only_own else dict(told.values_list("text", "disclosure__ends_at"))
    found = TableText.objects.filter(Q(agency=member.agency_id) | Q(pk__in=ends), case=case)
    rows = found.select_related("agency", "member__user").order_by("made_at", "pk")
    return {row.pk: (row, ends.get(row.pk)) for row in rows}


def read_case(member: Membership, standing: Standing) -> CaseShown:
    """Everything one member may read of a case now. About ten queries for any number of texts.

    Texts, decisions and actions of another agency are here while their own disclosure to the reader's agency lives.
    """
    case, item = standing.case, standing.case.item
    shown = CaseShown(standing, note=note_of(case, member.agency_id), needs_ground=needs_ground(standing.seat))
    if standing.is_open:
        shown.person, shown.question = case.participant, case.question
        shown.expires_at, shown.circle = _expires_at(standing.seat), circle_of(case)
    texts = _texts_of(case, member, only_own=not standing.is_open)
    decided = list(Decision.objects.filter(item=item, said__in=texts).order_by("made_at", "pk"))
    given = ActionItem.objects.filter(item=item, said__in=texts).exclude(state=ActionState.DROPPED)
    to_do = list(given.select_related("agency", "responsible__user").order_by("due_on", "pk"))

    def seen(row: Said, said: int) -> TextShown:
        text, ends_at = texts[said]
        return TextShown(row, text.agency, text.agency_id == member.agency_id, str(text.member.user), ends_at)

    shown.decisions = [seen(row, row.said_id) for row in decided if row.said_id]
    shown.actions = [seen(row, row.said_id) for row in to_do if row.said_id]
    outcomes = set(Decision.objects.filter(said__in=texts).values_list("said", flat=True))
    outcomes |= set(ActionItem.objects.filter(said__in=texts).values_list("said", flat=True))
    shown.texts = [seen(text, pk) for pk, (text, _) in texts.items() if pk not in outcomes]
    return shown


@dataclass
class TookPart:
    """An agency of a case's circle and who of it was present, for a paper."""

    agency: Agency
    names: list[str]


def took_part(case: Case) -> list[TookPart]:
    """Who was there for the case: of each agency that can read it now, those present who hold its circle seats."""
    agencies = circle_of(case)
    seats = CircleSeat.objects.filter(case=case).values("seat")
    held = SeatHolder.objects.filter(seated(), seat__in=seats).values("membership")
    present = (
        Attendance.objects.filter(meeting=case.item.meeting_id, member__in=held)
        .exclude(present_how="")
        .select_related("member__user")
        .order_by("member__user__first_name", "pk")
    )
    names: dict[int, list[str]] = {}
    for row in present:
        if row.member is not None:
            names.setdefault(row.member.agency_id, []).append(str(row.member.user))
    return [TookPart(agency, names.get(agency.pk, [])) for agency in agencies]


# ---------- grounds ----------
def ground_stated(seat: CircleSeat) -> CircleSeat | None:
    """Where an officer of the seat's agency has said why it may speak in this case; None where nobody has (L6)."""
    stated = CircleSeat.objects.filter(case=seat.case_id, agency=seat.agency_id, ground__isnull=False)
    return stated.select_related("ground").order_by("-stated_at").first()


def needs_ground(seat: CircleSeat) -> bool:
    """Whether the seat's agency must say why before it speaks. The owner's consent is known, and without identity
    nobody is told of."""
    if seat.case.is_anonymous or seat.agency_id == seat.case.agency_id:
        return False
    return ground_stated(seat) is None


# ---------- what is owed ----------
def notes_owed(member: Membership) -> list[Case]:
    """For Idag: the cases that have been talked of, where the member's agency has neither a note nor said that it
    needs none (L15). Newest first; the circle seat is the member's own. Two queries for any number."""
    talked = Q(case__item__meeting__state=MeetingState.HELD) | Q(case__item__ended_at__isnull=False)
    done = CaseNote.objects.filter(agency=member.agency_id).filter(~Q(text="") | Q(none_needed=True))
    seats = _seats_of(member).filter(talked).exclude(case__in=done.values("case"))
    found = {seat.case_id: seat.case for seat in seats if access_ended(seat) is None or _is_kept(seat)}
    return sorted(found.values(), key=lambda case: (case.item.meeting.starts_at, case.pk), reverse=True)


def holders_of(case: Case, agencies: Iterable[int]) -> set[int]:
    """The members of these agencies who hold seats of the case's circle today: exactly those who can open its page."""
    held = SeatHolder.objects.filter(seated(), seat__in=CircleSeat.objects.filter(case=case).values("seat"))
    return set(held.filter(membership__agency__in=list(agencies)).values_list("membership", flat=True))
