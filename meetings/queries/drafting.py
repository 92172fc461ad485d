"""What a meeting's minutes say, put together from its items as they are now: the draft, and what a version freezes."""

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from meetings.models import ActionItem, AgendaItem, Attendance, Decision, GroupSeat, ItemGuest, Meeting
from meetings.queries.decisions import how_said, owner_said, with_votes
from meetings.states import ActionState, GenderAnswer, ItemKind, Purpose
from workspace.models import Agency, CooperationRole, Membership
from workspace.rules import active_on
from workspace.states import CooperationRoleKind
from workspace.swedish import say_date, sort_key

Data = dict[str, Any]
ROLE_SHAPE = "samo"  # the shape before the coordinator's name (design.md 5)


@dataclass(frozen=True)
class Part:
    """One item in the minutes. `content` is plain data; of a case only what agencies said, each with its author."""

    item_id: int
    position: int
    is_case: bool
    content: Data


@dataclass(frozen=True)
class Draft:
    head: Data
    attendance: list[Data]
    parts: list[Part]

    @property
    def digest(self) -> str:
        """sha256 over all of it, written the same way each time: what is frozen can be proved unchanged (L42)."""
        parts = [[part.position, part.item_id, part.is_case, part.content] for part in self.parts]
        everything = [self.head, self.attendance, parts]
        text = json.dumps(everything, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def draft_of(meeting: Meeting) -> Draft:
    """A held meeting's minutes as they would be sent now. As many queries for forty items as for four (R14).

    For no reader: `queries.minutes` decides who is shown what of it. No participant is named in it by us, and of a case
    neither title, presenter nor question, since each could point at somebody.
    """
    attendance, guests = _attendance_of(meeting)
    return Draft(_head_of(meeting, attendance), attendance, _parts_of(meeting, guests))


# ---------- who was there ----------
def person_of(row: Attendance) -> str:
    hat = row.member or row.role
    return str(hat.user) if hat else ""


def side_of_hat(row: Attendance) -> Data:
    """The agency, or the role, that somebody came for: name and shape as they are now."""
    if row.member is not None:
        return agency_data(row.member.agency)
    return role_data(row.role)


def agency_data(agency: Agency) -> Data:
    return {"pk": agency.pk, "name": agency.name, "short": agency.short_name, "shape": agency.shape}


def role_data(role: CooperationRole | None) -> Data:
    label = str(CooperationRoleKind(role.role).label).capitalize() if role else "Samordnare"
    return {"pk": None, "name": label, "short": label, "shape": ROLE_SHAPE}


def present_at(meeting: Meeting) -> QuerySet[Attendance]:
    """Those who were there, with their names and agencies."""
    rows = Attendance.objects.filter(meeting=meeting).exclude(present_how="")
    return rows.select_related("member__user", "member__agency", "role__user", "seat__function__agency")


def _attendance_of(meeting: Meeting) -> tuple[list[Data], set[int]]:
    """Each agency with a seat that day and who came for it, then the roles; and the guests who came, by membership.

    Guests stand under their item, never here: that an agency was there for a case is known to the case's circle only.
    """
    rows = sorted(present_at(meeting), key=lambda row: sort_key(*_names(row)))
    groups = meeting.group_ids
    day = timezone.localdate(meeting.starts_at)
    seats = GroupSeat.objects.filter(active_on(day), group__in=groups).select_related("function__agency")
    agencies = {seat.function.agency_id: seat.function.agency for seat in seats}
    people: dict[int, list[str]] = defaultdict(list)
    roles: dict[str, Data] = {}
    guests = set()
    for row in rows:
        if row.role is not None:
            line = roles.setdefault(row.role.role, {"agency": role_data(row.role), "people": [], "represented": True})
            line["people"].append(person_of(row))
        elif row.seat is not None:
            agencies.setdefault(row.seat.function.agency_id, row.seat.function.agency)
            people[row.seat.function.agency_id].append(person_of(row))
        elif row.member_id:
            guests.add(row.member_id)
    named = sorted(agencies.values(), key=lambda agency: sort_key(agency.name, ""))
    lines = [
        {"agency": agency_data(agency), "people": people[agency.pk], "represented": bool(people[agency.pk])}
        for agency in named
    ]
    return lines + [roles[kind] for kind in sorted(roles)], guests


def _names(row: Attendance) -> tuple[str, str]:
    hat = row.member or row.role
    return (hat.user.last_name, hat.user.first_name) if hat else ("", "")


def _head_of(meeting: Meeting, attendance: list[Data]) -> Data:
    seats = [line for line in attendance if line["agency"]["pk"]]
    return {
        "group": meeting.group.name,
        "joined": meeting.joined_group.name if meeting.joined_group else "",
        "place": meeting.place,
        "began": _iso(meeting.started_at or meeting.starts_at),
        "ended": _iso(meeting.finished_at or meeting.ends_at),
        "quorum": meeting.group.quorum,
        "mode": meeting.group.minutes_mode,
        "seats": len(seats),
        "represented": sum(line["represented"] for line in seats),
        "chair": str(meeting.group.chair.user) if meeting.group.chair else "",
        "secretary": str(meeting.group.secretary.user) if meeting.group.secretary else "",
    }


def _iso(at: datetime) -> str:
    return timezone.localtime(at).replace(second=0, microsecond=0).isoformat()


# ---------- what was said ----------
def _parts_of(meeting: Meeting, present_guests: set[int]) -> list[Part]:
    items = list(
        AgendaItem.objects.filter(meeting=meeting)
        .select_related("presenter__user", "presenter__agency", "presenter_role__user", "carried_from__meeting")
        .order_by("position", "pk")
    )
    decisions, actions, guests = _decisions_of(meeting), _actions_of(meeting), _guests_of(meeting, present_guests)
    begun = any(item.started_at for item in items)
    parts, at = [], meeting.started_at or meeting.starts_at
    for number, item in enumerate(items, start=1):
        at = item.started_at or at
        ends = item.ended_at or at + timedelta(minutes=item.minutes)
        content: Data = {
            "number": number,
            "from": _iso(at),
            "to": _iso(ends),
            "reached": bool(item.started_at) or not begun,
            "decisions": decisions[item.pk],
            "actions": actions[item.pk],
        }
        is_case = item.kind == ItemKind.CASE
        if not is_case:
            content |= _open_content(item) | {"guests": guests[item.pk]}
            if item.gender_text in [line["text"] for line in decisions[item.pk]]:
                content["gender_text"] = ""  # the decision that closed the item says it, and is not said twice
        parts.append(Part(item.pk, number, is_case, content))
        at = ends
    return parts


def _open_content(item: AgendaItem) -> Data:
    """What everybody at the table heard of an item that is no case."""
    presenter = item.presenter or item.presenter_role
    return {
        "title": item.title,
        "kind": item.kind,
        "purpose": str(Purpose(item.purpose).label),
        "presenter": str(presenter.user) if presenter else "",
        "presenter_of": _side_of_presenter(presenter),
        "carried_from": timezone.localdate(item.carried_from.meeting.starts_at).isoformat()
        if item.carried_from
        else "",
        "note": item.note,
        "gender_answer": str(GenderAnswer(item.gender_answer).label) if item.gender_answer else "",
        "gender_text": item.gender_text,
    }


def _side_of_presenter(presenter: Membership | CooperationRole | None) -> str:
    if isinstance(presenter, Membership):
        return presenter.agency.short_name
    return str(role_data(presenter)["name"]).lower() if presenter else ""


def _decisions_of(meeting: Meeting) -> dict[int, list[Data]]:
    """What was decided, how, and who sees to it (L42). Two queries. Of a case the words alone."""
    found: dict[int, list[Data]] = defaultdict(list)
    rows = with_votes(Decision.objects.filter(item__meeting=meeting)).select_related(
        "agency", "role", "owner", "owner_role", "responsible__user", "item"
    )
    for row in rows.order_by("made_at", "pk"):
        words: Data = {
            "author": agency_data(row.agency) if row.agency else role_data(row.role),
            "at": _iso(row.made_at),
            "text": row.text,
            "said": row.said_id,
        }
        found[row.item_id].append(words if row.item.kind == ItemKind.CASE else words | _come_to(row))
    return found


def _come_to(decision: Decision) -> Data:
    """How a decision was come to, and who answers for it. Versions sent before this was kept lack it."""
    return {
        "proposals": decision.proposals,
        "why": decision.why,
        "how": how_said(decision),
        "votes": [
            {
                "who": person_of(one.attendance),
                "of": side_of_hat(one.attendance)["short"],
                "vote": str(one.get_vote_display()) if one.vote else "",
                "dissent": one.dissent,
            }
            for one in decision.votes.all()
        ],
        "owner": owner_said(decision),
        "due_on": decision.due_on.isoformat() if decision.due_on else "",
    }


def told_of_decision(line: Data) -> list[str]:
    """A frozen decision's lines after its words, as the minutes say them: nothing of what a version does not have."""
    votes = line.get("votes", [])
    # With words alone nobody has said how it was come to, and so the minutes say nothing of it either.
    if not any(line.get(key) for key in ("proposals", "why", "votes", "owner")):
        return []
    told = [f"{label}: {line[key]}" for key, label in (("proposals", "Förslag"), ("why", "Skäl")) if line[key]]
    named = ", ".join(f"{one['who']} {one['vote'].lower()}" for one in votes if one["vote"])
    told.append(f"{line['how']} ({named})." if named else f"{line['how']}.")
    told += [f"Reservation, {one['who']}, {one['of']}: {one['dissent']}" for one in votes if one["dissent"]]
    if line["owner"]:
        told.append(f"Ansvarig: {line['owner']}, senast {say_date(date.fromisoformat(line['due_on']))}.")
    return told


def _actions_of(meeting: Meeting) -> dict[int, list[Data]]:
    """What is to be done. What was struck out before the minutes were sent is not agreed on, and is left out."""
    found: dict[int, list[Data]] = defaultdict(list)
    rows = ActionItem.objects.filter(item__meeting=meeting).exclude(state=ActionState.DROPPED)
    for row in rows.select_related("author", "agency", "responsible__user", "role").order_by("due_on", "pk"):
        found[row.item_id].append(
            {
                "author": agency_data(row.author) if row.author else role_data(row.role),
                "agency": agency_data(row.agency),
                "who": str(row.responsible.user) if row.responsible else "",
                "due_on": row.due_on.isoformat(),
                "text": row.text,
                "said": row.said_id,
            }
        )
    return found


def _guests_of(meeting: Meeting, present: set[int]) -> dict[int, list[str]]:
    """Who came for which item. A case's part takes none of it."""
    found: dict[int, list[str]] = defaultdict(list)
    rows = ItemGuest.objects.filter(item__meeting=meeting, membership__in=present)
    for row in rows.select_related("membership__user", "membership__agency").order_by("pk"):
        found[row.item_id].append(f"{row.membership.user}, {row.membership.agency.name}")
    return found
