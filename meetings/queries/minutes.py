"""Who may read which minutes, and what of them: the one rule for the page, the print and the PDF (peers.md 1)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import Http404
from django.utils import timezone

from meetings.models import (
    AgendaItem,
    Attendance,
    Case,
    CircleSeat,
    Meeting,
    MeetingEvent,
    Minutes,
    MinutesApproval,
    MinutesPart,
    MinutesRecipient,
    MinutesSeal,
    NoteVersion,
    SeatHolder,
    TableText,
)
from meetings.queries.drafting import Data, Draft, Part, draft_of, person_of, side_of_hat
from meetings.queries.meetings import access_meeting, is_guest_only, items_of, meetings_visible_to
from meetings.rules import STEERING_ROLES, has_pen, is_arranger, of_hat, seated
from meetings.states import GroupKind, ItemKind, MeetingState, MinutesState
from workspace.models import CooperationRole, Membership
from workspace.rules import Hat, active_on, disclosure_lives
from workspace.states import CooperationRoleKind

GENDER_MISSING = "Jämställdhet saknas på dagordningen. Sätt tillbaka punkten och svara på den."
APPROVED_WITHIN = timedelta(days=14)  # from the meeting's day (KL 5:69; our groups are only told of it, L42)


# ---------- who may read ----------
def minutes_readable_by(hat: Hat, meeting: Meeting) -> QuerySet[Minutes]:
    """The versions this hat may open, newest first: an arranger all, others those sent to them and not taken back.

    `meeting` is one the hat sees. Whoever is invited to a single item gets no minutes.
    """
    versions = Minutes.objects.filter(meeting=meeting).select_related("member__user", "role__user").order_by("-version")
    if is_guest_only(hat, meeting):
        return versions.none()
    if is_arranger(hat, meeting.group):
        return versions
    return versions.filter(Exists(_received(hat).filter(minutes=OuterRef("pk"), withdrawn_at__isnull=True)))


def _received(hat: Hat) -> QuerySet[MinutesRecipient]:
    return MinutesRecipient.objects.filter(of_hat(hat, "attendance__"))


def may_read_draft(hat: Hat, meeting: Meeting) -> bool:
    """The draft of a held meeting: for whoever arranges it and whoever holds the pen."""
    if meeting.state != MeetingState.HELD or meeting.minutes_state != MinutesState.DRAFT:
        return False
    if is_guest_only(hat, meeting):
        return False
    return is_arranger(hat, meeting.group) or (has_pen(hat, meeting) and withdrawn_from(hat, meeting) is None)


def withdrawn_from(hat: Hat, meeting: Meeting) -> MinutesRecipient | None:
    """The newest row of minutes that were taken back from this hat; an arranger reads them all the same."""
    if is_arranger(hat, meeting.group) or is_guest_only(hat, meeting):
        return None
    rows = _received(hat).filter(minutes__meeting=meeting, withdrawn_at__isnull=False)
    return rows.select_related("minutes").order_by("-minutes__version").first()


def access_minutes(hat: Hat, pk: int, version: int) -> tuple[Meeting, Minutes]:
    """One version that this hat may open, or the same 404 as for one that does not exist."""
    meeting = access_meeting(hat, pk)
    minutes = minutes_readable_by(hat, meeting).filter(version=version).first()
    if minutes is None:
        raise Http404
    return meeting, minutes


# ---------- what they read ----------
@dataclass
class PartShown:
    """An item of the minutes as one hat may read it. `access` as in `ItemShown`; "outside" has only its times.

    "ended": as outside, for somebody who sat in the case's circle and has lost access since.
    """

    number: int
    starts_at: datetime
    ends_at: datetime
    access: str
    content: Data

    @property
    def title(self) -> str:
        return str(self.content.get("title") or "Ett ärende")


@dataclass
class MinutesShown:
    """Minutes as one hat may read them: a version, or the draft where `minutes` is None."""

    meeting: Meeting
    minutes: Minutes | None
    head: Data
    attendance: list[Data]
    parts: list[PartShown]
    participants: list[int]  # whom the case parts shown are about: to be logged before they are rendered


def read_draft(hat: Hat, meeting: Meeting) -> MinutesShown:
    """The draft as this hat may read it. 404 for whoever may not."""
    if not may_read_draft(hat, meeting):
        raise Http404
    return _shown(hat, meeting, None, draft_of(meeting))


def read_minutes(hat: Hat, meeting: Meeting, minutes: Minutes) -> MinutesShown:
    """A version as this hat may read it now. Ask `access_minutes` first. Constant number of queries."""
    return _shown(hat, meeting, minutes, frozen(minutes))


def frozen(minutes: Minutes) -> Draft:
    """A version as it was sent, whole. For no reader: its digest can be compared with the one that was written."""
    parts = [
        Part(row.item_id, row.position, row.is_case, row.content)
        for row in MinutesPart.objects.filter(minutes=minutes).order_by("position", "pk")
    ]
    return Draft(minutes.head, minutes.attendance, parts)


def _shown(hat: Hat, meeting: Meeting, minutes: Minutes | None, whole: Draft) -> MinutesShown:
    access = {shown.item.pk: shown.access for shown in items_of(hat, meeting)}
    circle = [part.item_id for part in whole.parts if part.is_case and access.get(part.item_id) == "circle"]
    readable = readable_texts(hat, circle) if circle and isinstance(hat, Membership) else set()
    for pk in _circles_left(hat, [part.item_id for part in whole.parts if part.is_case and part.item_id not in circle]):
        access[pk] = "ended"
    parts = [_part_shown(hat, part, access.get(part.item_id, "outside"), readable) for part in whole.parts]
    people = Case.objects.filter(item__in=circle, participant__isnull=False) if circle else Case.objects.none()
    participants = list(people.values_list("participant", flat=True)) if circle else []
    return MinutesShown(meeting, minutes, whole.head, whole.attendance, parts, [pk for pk in participants if pk])


def _part_shown(hat: Hat, part: Part, access: str, readable: set[int]) -> PartShown:
    content = part.content
    number, times = content["number"], (moment_of(content["from"]), moment_of(content["to"]))
    if part.is_case and access == "circle" and isinstance(hat, Membership):
        lines = {
            kind: [line for line in content[kind] if line["author"]["pk"] == hat.agency_id or line["said"] in readable]
            for kind in ("decisions", "actions")
        }
        return PartShown(number, *times, "circle", {**lines, "reached": content["reached"]})
    if part.is_case:
        return PartShown(number, *times, "ended" if access == "ended" else "outside", {})
    return PartShown(number, *times, "open", content)


def _circles_left(hat: Hat, items: list[int]) -> list[int]:
    """Of these case items, which are closed to the hat, those whose circle has a seat it sits on."""
    if not items or not isinstance(hat, Membership):
        return []
    held = SeatHolder.objects.filter(seated(), membership=hat).values("seat")
    circle = CircleSeat.objects.filter(case__item__in=items, agency=hat.agency_id, seat__in=held)
    return list(circle.values_list("case__item", flat=True))


def readable_texts(member: Membership, items: Iterable[int]) -> set[int]:
    """What agencies laid on these cases' tables that the member's agency may read now: its own, and what was disclosed
    to it while that lives. Without identity there is no disclosure that could end."""
    ours = Q(readers__agency=member.agency_id)
    lives = disclosure_lives("readers__disclosure__") | Q(
        readers__disclosure__isnull=True, case__participant__isnull=True
    )
    found = TableText.objects.filter(Q(agency=member.agency_id) | (ours & lives), case__item__in=list(items))
    return set(found.values_list("pk", flat=True))


def moment_of(text: str) -> datetime:
    return datetime.fromisoformat(text)


# ---------- sending ----------
def recipients_possible(meeting: Meeting) -> list[Attendance]:
    """Whom the minutes may be sent to: called or there for a seat they still hold, or with a row in a role they wear.

    Guests of single items are not among them. By agency and name; constant number of queries.
    """
    groups = [group for group in (meeting.group, meeting.joined_group) if group]
    seats = SeatHolder.objects.filter(seated(), seat__group__in=groups).values("membership")
    worn = Q(member__in=Membership.objects.filter(active_on(), agency__left_on__isnull=True, pk__in=seats))
    for group in groups:
        roles = Q(role__role=CooperationRoleKind.COORDINATOR)
        if group.kind == GroupKind.STEERING:
            roles |= Q(role__role__in=STEERING_ROLES)
        worn |= roles & Q(role__cooperation=group.cooperation_id) & active_on_role()
    asked = Q(asked_at__isnull=False) | ~Q(present_how="")
    if any(group.kind == GroupKind.STEERING for group in groups):
        asked |= Q(role__isnull=False)  # they get a row when the meeting ends, also where they were not in the room
    rows = Attendance.objects.filter(asked, worn, meeting=meeting)
    rows = rows.select_related("member__user", "member__agency", "role__user", "seat")
    return sorted(rows, key=lambda row: (side_of_hat(row)["name"], person_of(row), row.pk))


def steering_roles(meeting: Meeting) -> list[CooperationRole]:
    """Who steers or coordinates today, of the steering groups whose meeting it is: they get the minutes."""
    groups = [group for group in (meeting.group, meeting.joined_group) if group and group.kind == GroupKind.STEERING]
    kinds = {*STEERING_ROLES, CooperationRoleKind.COORDINATOR}
    rows = CooperationRole.objects.filter(active_on(), cooperation__in={group.cooperation_id for group in groups})
    return list(rows.filter(role__in=kinds).order_by("pk"))


def active_on_role() -> Q:
    today = timezone.localdate()
    return Q(role__from_on__lte=today) & (Q(role__to_on__isnull=True) | Q(role__to_on__gte=today))


def reason_given(meeting: Meeting) -> str:
    """Why the minutes were opened to be corrected: what the next version begins by saying."""
    events = MeetingEvent.objects.filter(meeting=meeting, verb="minutes_correct").order_by("-at", "-pk")
    opened = events.first()
    sent = Minutes.objects.filter(meeting=meeting).order_by("-version").first()
    return opened.text if opened and sent and opened.at > sent.sent_at else ""


def withdrawn_before(meeting: Meeting) -> set[int]:
    """Attendances from whom some version of these minutes has been taken back."""
    rows = MinutesRecipient.objects.filter(minutes__meeting=meeting, withdrawn_at__isnull=False)
    return set(rows.values_list("attendance", flat=True))


@dataclass(frozen=True)
class Obstacle:
    """What has to be done before the minutes can be sent. `item` is where; None: it stands on no agenda."""

    sentence: str
    item_id: int | None


def obstacles_to_sending(meeting: Meeting) -> list[Obstacle]:
    """Texts that wait to be merged, and gender equality missing or without an answer (R15). Never of a case by name."""
    waiting = NoteVersion.objects.filter(item__meeting=meeting, version__isnull=True, merged_at__isnull=True)
    items = dict(
        waiting.exclude(item__kind=ItemKind.CASE).order_by("item__position").values_list("item", "item__title")
    )
    found = [
        Obstacle(f"Två har skrivit i ”{title}” samtidigt. Välj vad som ska stå där innan protokollet skickas.", pk)
        for pk, title in items.items()
    ]
    gender = list(AgendaItem.objects.filter(meeting=meeting, kind=ItemKind.GENDER_EQUALITY).order_by("position", "pk"))
    if not gender:
        found.append(Obstacle(GENDER_MISSING, None))
    unanswered = next((item for item in gender if not item.gender_answer), None)
    if unanswered:
        sentence = "Punkten Jämställdhet är inte besvarad. Skriv ett beslut eller välj Ingen avvikelse."
        found.append(Obstacle(sentence, unanswered.pk))
    return found


# ---------- approving ----------
def newest_version(meeting: Meeting) -> Minutes | None:
    return Minutes.objects.filter(meeting=meeting).order_by("-version").first()


def recipients_of(minutes: Minutes) -> list[MinutesRecipient]:
    """Whom a version was sent to, by agency and name, those it was taken back from too."""
    rows = MinutesRecipient.objects.filter(minutes=minutes).select_related(
        "attendance__member__user", "attendance__member__agency", "attendance__role__user"
    )
    return sorted(rows, key=lambda row: (side_of_hat(row.attendance)["name"], person_of(row.attendance), row.pk))


def approvals_of(minutes: Minutes) -> list[MinutesApproval]:
    """The answers to a version, in order."""
    rows = MinutesApproval.objects.filter(minutes=minutes)
    return list(rows.select_related("member__user", "member__agency", "role__user").order_by("at", "pk"))


def adjusters_waited_for(minutes: Minutes) -> list[MinutesRecipient]:
    """Those asked to approve a version who have not answered."""
    answered = {row.hat_key for row in approvals_of(minutes)}
    return [
        row
        for row in recipients_of(minutes)
        if row.is_adjuster and row.withdrawn_at is None and row.attendance.hat_key not in answered
    ]


def adjusters_left(minutes: Minutes) -> bool:
    """Somebody asked to approve a version has it still: only on their word is it sealed."""
    asked = MinutesRecipient.objects.filter(minutes=minutes, is_adjuster=True, withdrawn_at__isnull=True)
    return asked.exists()


def versions_approved(meeting_id: int) -> dict[int, datetime]:
    """When each version was approved, by its key: when it was sealed."""
    return dict(MinutesSeal.objects.filter(minutes__meeting=meeting_id).values_list("minutes", "sealed_at"))


def replacements(minutes: Minutes) -> list[MinutesRecipient]:
    """Who can be asked to sign in another's place: who was there, got the version, and is not asked already."""
    there = [row for row in recipients_of(minutes) if row.withdrawn_at is None and row.attendance.present_how]
    still = {row.pk for row in recipients_possible(minutes.meeting)}
    return [row for row in there if not row.is_adjuster and row.attendance_id in still]


def approve_by(meeting: Meeting) -> date:
    """The day the minutes should be approved by: 14 days from the meeting's (L42). Said, never enforced."""
    return timezone.localdate(meeting.starts_at) + APPROVED_WITHIN


def approvals_owed(hat: Hat) -> list[Minutes]:
    """The minutes this hat is asked to approve and has not answered, oldest first, with their meetings."""
    newer = Minutes.objects.filter(meeting=OuterRef("meeting"), version__gt=OuterRef("version"))
    asked = _received(hat).filter(minutes=OuterRef("pk"), is_adjuster=True, withdrawn_at__isnull=True)
    answered = MinutesApproval.objects.filter(of_hat(hat), minutes=OuterRef("pk"))
    rows = Minutes.objects.filter(
        Exists(asked),
        ~Exists(newer),
        ~Exists(answered),
        meeting__in=meetings_visible_to(hat).values("pk"),
        meeting__minutes_state=MinutesState.SENT,
    )
    return list(rows.select_related("meeting__group").order_by(F("sent_at"), "pk"))


def arrangers_told(meeting: Meeting) -> set[int]:
    """The chair and the secretary, where they still sit in the group."""
    named = {pk for pk in (meeting.group.chair_id, meeting.group.secretary_id) if pk}
    held = SeatHolder.objects.filter(seated(), membership__in=named, seat__group=meeting.group_id)
    worn = Membership.objects.filter(active_on(), pk__in=held.values("membership"))
    return set(worn.values_list("pk", flat=True))


def present_choices(possible: Iterable[Attendance]) -> list[Attendance]:
    """Those of the recipients who were there: only they can say that the minutes are right."""
    return [row for row in possible if row.present_how]


def said_of(row: Attendance) -> str:
    """«Elin Hedberg, Socialtjänsten Piteå»."""
    return f"{person_of(row)}, {side_of_hat(row)['name']}"
