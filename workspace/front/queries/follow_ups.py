"""What follow-ups of placements put on the start page (R77)."""

from django.urls import reverse

from workspace.clocks import start_of
from workspace.front.queries.rows import Coming, Day, ToDo
from workspace.pathway.models import ActivityKind, FollowUp
from workspace.swedish import say_date

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


def follow_up_to_dos(day: Day) -> tuple[list[ToDo], list[int]]:
    """What this hat has to follow up today or is late with, and the participants whose names that shows."""
    due = [one for one in day.follow_ups if one.due_on <= day.today]
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


def follow_ups_coming(day: Day) -> tuple[list[Coming], list[int]]:
    """What is to be followed up later; and whose names that shows."""
    found = [one for one in day.follow_ups if one.due_on > day.today]
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
