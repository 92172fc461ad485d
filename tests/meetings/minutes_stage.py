"""A held meeting whose minutes can be sent: who was there, what was said, and a case with one agency outside."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from meetings.actions.minutes import send_minutes
from meetings.models import (
    ActionItem,
    AgendaItem,
    Attendance,
    Case,
    CircleSeat,
    Decision,
    GroupSeat,
    ItemGuest,
    Meeting,
    Minutes,
    TableReader,
    TableText,
)
from meetings.rules import hat_fields
from meetings.states import GenderAnswer, ItemKind, MeetingState, PresentHow
from notifications.models import Notification
from tests.cast import SECRET_NAME, SECRET_TEXT
from tests.meetings.cast import Room, make_item, put_in
from workspace.models import Category, Disclosure, Ground, Membership
from workspace.rules import Hat

SAID = "Psykiatrin börjar i maj"  # a decision of the case, laid on the table for soc
OWN = "Soc bokar lokalen"  # an action of the case that only soc may read
OPEN_DECISION = "Vi tar fram en gemensam blankett"
OPEN_ACTION = "Skriv ett utkast till blanketten"
NOTE = "Två platser är klara.\nEn tredje är på väg."
CASE_WORDS = (SECRET_NAME, "Åström", SECRET_TEXT, SAID, OWN)


@dataclass
class Held:
    """The room's meeting, held. soc and psyk were there, fk was asked; the coordinator sat in."""

    room: Room
    meeting: Meeting
    soc: Attendance
    psyk: Attendance
    fk: Attendance
    coordinator: Attendance
    item: AgendaItem
    case_item: AgendaItem
    identity: Disclosure  # what lets psyk be in the case's circle, with `question`
    question: Disclosure
    answer: Disclosure  # what lets soc read what psyk said

    @property
    def psyk_seat(self) -> GroupSeat:
        return self.room.psyk_seat

    @property
    def all(self) -> dict[str, Attendance]:
        return {"soc": self.soc, "psyk": self.psyk, "fk": self.fk, "coordinator": self.coordinator}


def attend(meeting: Meeting, hat: Hat, seat: GroupSeat | None = None, *, present: bool = True) -> Attendance:
    return Attendance.objects.create(
        meeting=meeting,
        seat=seat,
        asked_at=timezone.now() - timedelta(days=7),
        present_how=PresentHow.JOINED if present else "",
        present_at=timezone.now() if present else None,
        **hat_fields(hat),
    )


def disclose(held_by: Membership, to: Membership, room: Room, category: str) -> Disclosure:
    return Disclosure.objects.create(
        participant=room.cast.person,
        discloser=held_by.agency,
        recipient=to.agency,
        category=Category.objects.get(pk=category),
        purpose="gemensam planering",
        ground=Ground.objects.get(pk="harm_test"),
        officer=held_by,
        reason="prövat",
        ends_at=timezone.now() + timedelta(days=90),
    )


def make_held(room: Room) -> Held:
    cast, meeting = room.cast, put_in(room.meeting, MeetingState.HELD)
    AgendaItem.objects.filter(meeting=meeting, kind=ItemKind.GENDER_EQUALITY).update(
        gender_answer=GenderAnswer.NO_DEVIATION, gender_text="Lika många kvinnor och män har fått plats."
    )
    item = make_item(meeting)
    AgendaItem.objects.filter(pk=item.pk).update(note=NOTE, note_version=1, presenter=cast.fk)
    Decision.objects.create(item=item, agency=cast.psyk.agency, member=cast.psyk, text=OPEN_DECISION)
    due = timezone.localdate() + timedelta(days=30)
    ActionItem.objects.create(
        item=item,
        author=cast.psyk.agency,
        member=cast.psyk,
        text=OPEN_ACTION,
        agency=cast.soc.agency,
        responsible=cast.soc,
        due_on=due,
    )
    case_item, disclosures = make_case(room, meeting)
    return Held(
        room,
        meeting,
        attend(meeting, cast.soc, room.soc_seat),
        attend(meeting, cast.psyk, room.psyk_seat),
        attend(meeting, cast.fk, room.fk_seat, present=False),
        attend(meeting, cast.coordinator),
        item,
        case_item,
        *disclosures,
    )


def make_case(room: Room, meeting: Meeting) -> tuple[AgendaItem, tuple[Disclosure, Disclosure, Disclosure]]:
    """A case of soc's with psyk in its circle and fk outside. Its title names the person, which nobody should do."""
    cast = room.cast
    item = make_item(meeting, f"Om {SECRET_NAME}", ItemKind.CASE)
    case = Case.objects.create(
        item=item,
        agency=cast.soc.agency,
        participant=cast.person,
        question=SECRET_TEXT,
        informed_on=timezone.localdate(),
        member=cast.soc,
    )
    identity, question = (disclose(cast.soc, cast.psyk, room, code) for code in ("identity", "question"))
    answer = disclose(cast.psyk, cast.soc, room, "answer")
    CircleSeat.objects.create(case=case, seat=room.soc_seat, agency=cast.soc.agency)
    CircleSeat.objects.create(
        case=case, seat=room.psyk_seat, agency=cast.psyk.agency, identity=identity, question=question
    )
    said = TableText.objects.create(case=case, agency=cast.psyk.agency, member=cast.psyk, text=SAID)
    TableReader.objects.create(text=said, agency=cast.soc.agency, disclosure=answer)
    Decision.objects.create(item=item, agency=cast.psyk.agency, member=cast.psyk, text=SAID, said=said)
    own = TableText.objects.create(case=case, agency=cast.soc.agency, member=cast.soc, text=OWN)
    ActionItem.objects.create(
        item=item,
        author=cast.soc.agency,
        member=cast.soc,
        text=OWN,
        agency=cast.soc.agency,
        due_on=timezone.localdate() + timedelta(days=9),
        said=own,
    )
    return item, (identity, question, answer)


def invite(item: AgendaItem, guest: Membership, *, present: bool = True) -> Attendance:
    """Somebody comes for one item, without a seat."""
    ItemGuest.objects.create(item=item, membership=guest)
    return attend(item.meeting, guest, present=present)


def sent_by_soc(held: Held, *adjusters: Attendance, reason: str = "", left_out: tuple[Attendance, ...] = ()) -> Minutes:
    minutes = send_minutes(
        by=held.room.cast.soc,
        meeting=held.meeting,
        adjusters={row.pk for row in adjusters or (held.soc,)},
        left_out={row.pk for row in left_out},
        reason=reason,
    )
    held.meeting.refresh_from_db()
    return minutes


def told_since(before: int) -> set[tuple[str, int]]:
    """(kind, membership) of every notice after one."""
    return set(Notification.objects.filter(pk__gt=before).values_list("kind", "membership"))


def last_notice() -> int:
    return Notification.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
