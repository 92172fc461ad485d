"""What follow-ups of placements put on the start page (R77)."""

from datetime import date

from django.urls import reverse

from workspace.clocks import start_of
from workspace.front.queries.rows import Coming, ToDo
from workspace.models import Membership
from workspace.pathway.models import ActivityKind, FollowUp
from workspace.pathway.queries.activities import follow_ups_ahead, follow_ups_due
from workspace.swedish import say_date

SHOWN = 30  # of each list of the start page, the first due
# How the kinds that come with the product are said when they are known.
KNOWN = {
    "work_training": "arbetsträningen",
    "work_placement": "praktiken",
    "learning_place": "lärandeplatsen",
    "supported_employment": "anställningen med stöd",
}


def follow_up_title(kind: ActivityKind) -> str:
    """«Följ upp praktiken»."""
    return f"Följ upp {KNOWN.get(kind.pk, 'aktiviteten')}"


def follow_up_to_dos(member: Membership) -> tuple[list[ToDo], list[int]]:
    """What this hat has to follow up today or is late with, and the participants whose names that shows."""
    due = list(follow_ups_due(member)[:SHOWN])
    rows = [
        ToDo(
            row_id=f"uppfoljning-{one.pk}",
            title=follow_up_title(one.activity.kind),
            url=reverse("follow_up", args=[one.pk]),
            number=say_date(one.due_on),
            about=_name(one),
            button="Skriv",
            due_on=one.due_on,
            since=start_of(one.due_on),
        )
        for one in due
    ]
    return rows, _people(due)


def follow_ups_coming(member: Membership, until: date) -> tuple[list[Coming], list[int]]:
    """What is to be followed up later, up to a day; and whose names that shows."""
    found = list(follow_ups_ahead(member, until)[:SHOWN])
    rows = [
        Coming(one.due_on, follow_up_title(one.activity.kind), reverse("follow_up", args=[one.pk]), _name(one))
        for one in found
    ]
    return rows, _people(found)


def _name(follow_up: FollowUp) -> str:
    person = follow_up.activity.enrolment.participant
    return person.full_name if person else ""


def _people(follow_ups: list[FollowUp]) -> list[int]:
    people = (one.activity.enrolment.participant_id for one in follow_ups)
    return [pk for pk in people if pk is not None]
