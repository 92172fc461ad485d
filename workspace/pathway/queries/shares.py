"""What of a way has been told to other agencies, seen from whoever told it and from the desk that was told."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Max, Q, QuerySet
from django.http import Http404
from django.utils import timezone

from workspace.models import Agency, ConsentRow, CooperationAgency, Function, FunctionMember, Membership
from workspace.pathway.models import Activity, AreaText, Enrolment, PartShare, PhaseStay, PlanVersion
from workspace.pathway.queries.enrolments import access_way
from workspace.pathway.states import Area, Part, StepState, Voice
from workspace.queries import desks_of, live_rows, receiving_desks
from workspace.rules import Hat, active_on, disclosure_lives, is_caseworker
from workspace.states import AgencyKind, EndReason

IDENTITY = "identity"  # no part is told without telling whose way it is
PARTS = [Part(code) for code in Part.values]


def share_lives(prefix: str = "", now: datetime | None = None) -> Q:
    """Shares that are read now: not ended, and both disclosures in force. `prefix` is the path to them."""
    now = now or timezone.now()
    both = disclosure_lives(f"{prefix}disclosure__", now) & disclosure_lives(f"{prefix}identity__", now)
    return Q(**{f"{prefix}ended_at__isnull": True}) & both


def ends_at_of(share: PartShare) -> datetime:
    """When a share that lives will have run out."""
    return min(share.disclosure.ends_at, share.identity.ends_at)


def living_shares(enrolment: Enrolment) -> QuerySet[PartShare]:
    """What is told of a way now, to whomever."""
    return PartShare.objects.filter(share_lives(), enrolment=enrolment).select_related(
        "disclosure__ground", "disclosure__consent_row", "identity__consent_row", "function__agency"
    )


def _in_order(shares: Iterable[PartShare]) -> list[PartShare]:
    """One for each desk and part, the longest lasting, in the order of the parts."""
    found: dict[tuple[int, str], PartShare] = {}
    for share in sorted(shares, key=ends_at_of):
        found[share.function_id, share.part] = share
    return sorted(found.values(), key=lambda share: PARTS.index(Part(share.part)))


# ---------- as those who tell see it ----------
@dataclass(frozen=True)
class Told:
    """One part, as it is told to a desk."""

    share: PartShare
    ends_at: datetime


def told_of(enrolment: Enrolment) -> list[tuple[Function, list[Told]]]:
    """By desk, what it is told of a way now. Ask only where the way may be opened."""
    found: dict[Function, list[Told]] = {}
    for share in _in_order(living_shares(enrolment)):
        found.setdefault(share.function, []).append(Told(share, ends_at_of(share)))
    return sorted(found.items(), key=lambda item: (item[0].agency.name, item[0].name, item[0].pk))


def agencies_told(enrolment: Enrolment, *parts: Part) -> list[Agency]:
    """Which other agencies read these parts of a way now: for «Läses av» beside what is written there."""
    desks = living_shares(enrolment).filter(part__in=parts).values("recipient")
    return list(Agency.objects.filter(pk__in=desks).order_by("name"))


def access_share(member: Membership, pk: int) -> PartShare:
    """A share of a way this member may open, living or not; else the same 404 as for one that does not exist."""
    share = PartShare.objects.filter(pk=pk).select_related("function__agency").first()
    if share is None:
        raise Http404
    share.enrolment = access_way(member, share.enrolment_id)
    return share


def desks_to_tell(member: Membership, enrolment: Enrolment) -> QuerySet[Function]:
    """The desks that can be told: of the other agencies in the way's cooperation, where somebody can read here."""
    parties = CooperationAgency.objects.filter(active_on(), cooperation=enrolment.cooperation_id)
    return receiving_desks(member).filter(agency__in=parties.values("agency"), agency__by_letter=False)


@dataclass(frozen=True)
class Covered:
    """The consent rows that let an agency be told, by part; `identity` is that of whose way it is."""

    identity: ConsentRow | None
    parts: dict[Part, ConsentRow]

    def lacks(self, parts: Collection[Part]) -> list[str]:
        """What the consent does not hold of these parts, in words."""
        lacking = [part.label.lower() for part in PARTS if part in parts and part not in self.parts]
        return lacking if self.identity else ["vem det gäller", *lacking]


def covered_by(rows: Iterable[ConsentRow], recipient: Agency) -> Covered:
    """Of what the participant lets us tell today, what this agency may be told; of several rows the longest lasting."""
    longest: dict[str, ConsentRow] = {}
    for row in sorted(rows, key=lambda row: (row.valid_until, row.pk)):
        if row.recipient_id == recipient.pk:
            longest[row.category_id] = row
    return Covered(longest.get(IDENTITY), {part: longest[part] for part in PARTS if part in longest})


def consent_for(enrolment: Enrolment, recipient: Agency) -> Covered:
    """As `covered_by`, for a page: what the consents cover today."""
    person = enrolment.participant
    return covered_by(live_rows(person, enrolment.agency), recipient) if person else Covered(None, {})


def rests_on(rows: Collection[ConsentRow]) -> QuerySet[PartShare]:
    """The shares that rest on these rows, by what they tell or by whose way it is."""
    taken = [row.pk for row in rows]
    on_them = Q(disclosure__consent_row__in=taken) | Q(identity__consent_row__in=taken)
    return PartShare.objects.filter(on_them, ended_at__isnull=True).select_related(
        "disclosure", "identity", "enrolment__agency", "function__agency"
    )


# ---------- as the desk that was told sees it ----------
@dataclass(frozen=True)
class AreaSaid:
    """One area of the assessment: the participant's own words, and what staff wrote."""

    label: str
    own: AreaText | None
    staff: AreaText | None


@dataclass(frozen=True)
class StepSaid:
    text: str
    who: str  # the agency that has it, or that nobody has
    due_on: date
    state: str


@dataclass(frozen=True)
class PlanSaid:
    """The plan as the participant was last shown it. Obstacles, staff's own note, are not in what was shown."""

    shown_at: datetime
    own_words: str
    strengths: str
    taken_down: bool
    goals: list[tuple[str, list[StepSaid]]]
    path: str


@dataclass
class ToldPart:
    """A part as it is now: stays, a plan, areas or activities, whichever it consists of."""

    part: Part
    share: PartShare
    expires_at: datetime
    stays: list[PhaseStay] = field(default_factory=list)
    plan: PlanSaid | None = None
    areas: list[AreaSaid] = field(default_factory=list)
    activities: list[Activity] = field(default_factory=list)


@dataclass
class ToldWay:
    """What a desk has been told of somebody's way. Without parts it has been told, and reads it no more."""

    enrolment: Enrolment
    parts: list[ToldPart]
    last: PartShare  # the newest of all that was told

    @property
    def expires_at(self) -> datetime | None:
        """When the last part goes, and with it whose way it is."""
        return max((part.expires_at for part in self.parts), default=None)

    @property
    def ended_at(self) -> datetime | None:
        """When it ended, where it has: the end of the part that was told last."""
        if self.parts:
            return None
        ends = [
            self.last.ended_at,
            *(one.ended_at or one.ends_at for one in (self.last.disclosure, self.last.identity)),
        ]
        return min(at for at in ends if at is not None)

    @property
    def ended_why(self) -> EndReason | None:
        """Why: None where its time has run out."""
        whys = [one.ended_why for one in (self.last.disclosure, self.last.identity) if one.ended_why]
        return EndReason(whys[0]) if whys else None


def _told_to(member: Hat) -> QuerySet[PartShare]:
    """Everything told to this hat's desks, of any time. Managers and roles in a cooperation are told nothing."""
    if not is_caseworker(member):
        return PartShare.objects.none()
    return PartShare.objects.filter(function__in=desks_of(member).values("pk"), recipient=member.agency_id)


def ways_told_to(member: Hat) -> QuerySet[Enrolment]:
    """The ways of which this hat's desks are told something now, the last told first."""
    living = _told_to(member).filter(share_lives())
    found = Enrolment.objects.filter(pk__in=living.values("enrolment"), participant__isnull=False)
    return (
        found.select_related("participant__municipality", "agency")
        .annotate(told_at=Max("shares__made_at", filter=Q(shares__in=living.values("pk"))))
        .order_by("-told_at", "-pk")
    )


def parts_told(member: Hat, enrolments: Collection[Enrolment]) -> dict[int, list[Told]]:
    """By way, the parts this hat's desks are told now. As many questions for thirty ways as for one."""
    shares = _told_to(member).filter(share_lives(), enrolment__in=enrolments).select_related("disclosure", "identity")
    longest: dict[tuple[int, str], PartShare] = {}
    for share in sorted(shares, key=ends_at_of):
        longest[share.enrolment_id, share.part] = share
    found: dict[int, list[Told]] = {}
    for share in sorted(longest.values(), key=lambda share: PARTS.index(Part(share.part))):
        found.setdefault(share.enrolment_id, []).append(Told(share, ends_at_of(share)))
    return found


def is_told(member: Hat, pk: int) -> bool:
    """This hat's desks are told something of that way now, or have been."""
    return _told_to(member).filter(enrolment__pk=pk).exists()


def access_told(member: Hat, pk: int) -> ToldWay:
    """A way that one of this hat's desks has been told of, with the parts that still live.

    The same 404 for a way nobody told it of as for one that does not exist.
    """
    mine = _told_to(member).filter(enrolment__pk=pk, enrolment__participant__isnull=False)
    last = mine.select_related("disclosure", "identity").order_by("-made_at", "-pk").first()
    if last is None:
        raise Http404
    way = Enrolment.objects.select_related("participant__municipality", "agency", "cooperation").get(pk=pk)
    living = mine.filter(share_lives()).select_related("disclosure__ground", "identity")
    longest = {share.part: share for share in sorted(living, key=ends_at_of)}
    parts = [ToldPart(part, longest[part], ends_at_of(longest[part])) for part in PARTS if part in longest]
    for told in parts:
        _fill(told, way)
    return ToldWay(way, parts, last)


def _fill(told: ToldPart, way: Enrolment) -> None:
    """The part as it is now; nothing of any other."""
    match told.part:
        case Part.PHASE:
            told.stays = list(way.stays.select_related("phase"))
        case Part.PLAN:
            newest = PlanVersion.objects.filter(plan__enrolment=way).order_by("-number").first()
            told.plan = _plan(newest) if newest else None
        case Part.ASSESSMENT:
            told.areas = _areas(way, [area for area in Area if area != Area.HEALTH])
        case Part.HEALTH:
            told.areas = _areas(way, [Area.HEALTH])
        case Part.ACTIVITIES:
            told.activities = list(way.activities.filter(cancelled_at__isnull=True).select_related("kind"))


def _plan(version: PlanVersion) -> PlanSaid:
    said: dict[str, Any] = json.loads(version.content)
    goals = [(goal["text"], [_step(step) for step in goal["steps"]]) for goal in said["goals"]]
    path = AgencyKind(said["path_kind"]).label if said["path_kind"] else said["path_other"]
    if not path and said["no_path_reason"]:
        path = f"Ingen väg än: {said['no_path_reason']}"
    return PlanSaid(
        version.made_at,
        said["own_words"],
        said["strengths"],
        said["taken_down"],
        goals,
        path[:1].upper() + path[1:],
    )


def _step(step: dict[str, Any]) -> StepSaid:
    who = step["responsible_name"] or "Oklart ansvar"
    return StepSaid(step["text"], who, date.fromisoformat(step["due_on"]), StepState(step["state"]).label)


def _areas(way: Enrolment, areas: list[Area]) -> list[AreaSaid]:
    """What was last written in each of these areas, by either voice. Areas in which nobody wrote are left out."""
    texts = AreaText.objects.filter(enrolment=way, area__in=areas).order_by("number")
    newest = {(text.area, text.voice): text for text in texts}
    said = {key: text for key, text in newest.items() if text.text}
    return [
        AreaSaid(area.label, said.get((area, Voice.PARTICIPANT)), said.get((area, Voice.STAFF)))
        for area in areas
        if (area, Voice.PARTICIPANT) in said or (area, Voice.STAFF) in said
    ]


# ---------- what has run out by itself ----------
def lapsed_shares() -> QuerySet[PartShare]:
    """Shares whose time has run out, and that nobody has seen to yet."""
    now = timezone.now()
    out = Q(disclosure__ends_at__lte=now) | Q(identity__ends_at__lte=now)
    out |= Q(disclosure__ended_at__isnull=False) | Q(identity__ended_at__isnull=False)
    return PartShare.objects.filter(out, ended_at__isnull=True)


def ways_with_lapsed_shares() -> QuerySet[Enrolment]:
    """The ways that have such shares. For the sweep."""
    return Enrolment.objects.filter(pk__in=lapsed_shares().values("enrolment")).order_by("pk")


def members_told(enrolment: Enrolment) -> set[int]:
    """Who works at a desk that is told something of the way now."""
    desks = living_shares(enrolment).values("function")
    return set(FunctionMember.objects.filter(function__in=desks).values_list("membership", flat=True))
