"""A way that is full of things that must not be seen, and the telling of its parts."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from django.utils import timezone

from tests.cast import Cast, give_consent, make_participant
from tests.pathway.stage import enrolled
from workspace.front.actions.way_shares import tell_way
from workspace.models import Consent, Function, Ground, Participant
from workspace.pathway.actions.assessments import write_area
from workspace.pathway.actions.plan_steps import Step, add_goal, add_step
from workspace.pathway.actions.plans import freeze_plan, write_obstacles, write_own_words, write_path
from workspace.pathway.models import (
    Activity,
    ActivityKind,
    Enrolment,
    FollowUp,
    PartShare,
    PhaseDecision,
    SelfRating,
)
from workspace.pathway.states import Area, Part, PhaseVerb, Statement, Voice

ALL = tuple(Part)
# What stands in each part, and nowhere else.
MARKERS: dict[Part, tuple[str, ...]] = {
    Part.PHASE: ("Fas 1",),
    Part.PLAN: (
        "Planord som ingen",
        "Planstyrka som ingen",
        "Planmål som ingen",
        "Plansteg som ingen",
        "Planväg som ingen",
    ),
    Part.ASSESSMENT: ("Egna ord om arbete", "Handläggarens ord om boende"),
    Part.HEALTH: ("Egna ord om hälsa", "Handläggarens ord om hälsa"),
    Part.ACTIVITIES: ("Verkstaden i Öjebyn",),
}
# What no other agency is ever told.
NEVER = (
    "Uppföljning som ingen", "Hinder som ingen", "Planord som inte är visade", "Skäl för fasen", "Inställd plats",
    "Äldre ord om arbete", "Jag klarar min vardag", "Skälet till grunden",
)  # fmt: skip
REASON = "Skälet till grunden"


def full_way(cast: Cast, *, person: Participant | None = None) -> Enrolment:
    """A way with something in every part, a plan that was shown and then changed, and what is never told."""
    way, today = enrolled(cast, person=person), timezone.localdate()
    own, staff = Voice.PARTICIPANT, Voice.STAFF
    texts = (
        (Area.WORK, own, "Äldre ord om arbete", 0),
        (Area.WORK, own, "Egna ord om arbete", 1),
        (Area.HOUSING, staff, "Handläggarens ord om boende", 0),
        (Area.HEALTH, own, "Egna ord om hälsa", 0),
        (Area.HEALTH, staff, "Handläggarens ord om hälsa", 0),
    )
    for area, voice, text, version in texts:
        write_area(by=cast.soc, enrolment=way, area=area, voice=voice, text=text, version=version)
    write_own_words(
        by=cast.soc, enrolment=way, own_words="Planord som ingen", strengths="Planstyrka som ingen", version=1
    )
    write_obstacles(by=cast.soc, enrolment=way, obstacles="Hinder som ingen", base="")
    goal = add_goal(by=cast.soc, enrolment=way, text="Planmål som ingen")
    add_step(by=cast.soc, goal=goal, step=Step(text="Plansteg som ingen", responsible=cast.soc.agency, due_on=today))
    write_path(by=cast.soc, enrolment=way, path_kind="", path_other="Planväg som ingen", no_path_reason="", base="")
    freeze_plan(by=cast.soc, enrolment=way)
    write_own_words(
        by=cast.soc, enrolment=way, own_words="Planord som inte är visade", strengths="Planstyrka", version=2
    )
    kind = ActivityKind.objects.order_by("order")[0]
    first = Activity.objects.create(
        enrolment=way, kind=kind, where="Verkstaden i Öjebyn", from_on=today, hours=4, made_by=cast.soc
    )
    FollowUp.objects.create(activity=first, due_on=today, done_on=today, text="Uppföljning som ingen")
    Activity.objects.create(
        enrolment=way,
        kind=kind,
        where="Inställd plats",
        from_on=today,
        hours=4,
        made_by=cast.soc,
        cancelled_at=timezone.now(),
    )
    PhaseDecision.objects.create(stay=way.stays.get(), verb=PhaseVerb.EXTEND, reason="Skäl för fasen")
    SelfRating.objects.create(enrolment=way, statement=Statement.EVERYDAY, value=3)
    return way


def way_consent(
    cast: Cast,
    parts: Iterable[str] = ALL,
    *,
    to: Function | None = None,
    person: Participant | None = None,
    until: date | None = None,
    identity: bool = True,
) -> Consent:
    """A consent of the person's to psyk's desk's agency: whose way it is, and these parts."""
    codes = (*(("identity",) if identity else ()), *(str(part) for part in parts))
    recipient = (to or cast.psyk_desk).agency
    return give_consent(cast, person=person, recipient=recipient, codes=codes, until=until)


def tell(
    cast: Cast,
    way: Enrolment,
    parts: Sequence[Part] = ALL,
    *,
    to: Function | None = None,
    ground: str = "consent",
    reason: str = "",
) -> list[PartShare]:
    """soc tells psyk's desk these parts."""
    return tell_way(
        by=cast.soc,
        enrolment=way,
        desk=to or cast.psyk_desk,
        parts=parts,
        ground=Ground.objects.get(pk=ground),
        reason=reason,
    )


def told(cast: Cast, parts: Sequence[Part] = ALL) -> Enrolment:
    """A full way of which psyk's desk is told these parts on consent."""
    way = full_way(cast)
    way_consent(cast)
    if parts:
        tell(cast, way, parts)
    return way


def many_told(cast: Cast, number: int, first: int = 0) -> None:
    """Ways of others, of which psyk is told two parts each."""
    for n in range(first, first + number):
        person = make_participant(cast.soc_desk, first=f"Person{n}")
        way_consent(cast, (Part.PHASE, Part.PLAN), person=person)
        tell(cast, enrolled(cast, person=person), (Part.PHASE, Part.PLAN))


def markers_in(text: str) -> set[Part]:
    """The parts of which something stands in a text; fails where a part is there by half, or what is never told."""
    assert not [words for words in NEVER if words in text]
    found = {part for part, words in MARKERS.items() if any(word in text for word in words)}
    for part in found:
        assert all(word in text for word in MARKERS[part]), part
    return found


def in_days(days: int) -> date:
    return timezone.localdate() + timedelta(days=days)
