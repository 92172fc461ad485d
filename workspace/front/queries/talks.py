"""What conversations put on the start page."""

from datetime import date, datetime

from django.urls import reverse
from django.utils import timezone

from meetings.models import Conversation
from meetings.queries.commitments import commitments_owed
from meetings.queries.plans import plans_due
from meetings.queries.talk_duties import Duty
from meetings.queries.talks import requests_waiting
from workspace.front.queries.rows import Coming, Day, ToDo
from workspace.models import Membership
from workspace.swedish import say_date, say_time


class Rows:
    """Gathers rows, and whom they show: by name one's own participants only."""

    def __init__(self, member: Membership) -> None:
        self.member = member
        self.items: list[ToDo] = []
        self.people: list[int] = []

    def add(
        self,
        talk: Conversation,
        address: str,
        title: str,
        button: str,
        since: datetime,
        due_on: date | None = None,
        *,
        key: str,
    ) -> None:
        """One thing to do in a conversation. `key` tells it from the others."""
        day = timezone.localdate(talk.starts_at) if talk.starts_at else None
        self.items.append(
            ToDo(
                row_id=f"samtal-{key}",
                title=title,
                url=reverse(address, args=[talk.pk]),
                number=say_date(day) if day else "Samtal",
                about=self.whose(talk),
                button=button,
                due_on=due_on,
                since=since,
            )
        )

    def whose(self, talk: Conversation) -> str:
        """Whom it is with: one's own participant by name, another agency's by that agency's name."""
        if talk.agency_id != self.member.agency_id:
            return talk.agency.name
        self.people.append(talk.participant_id)
        return talk.participant.full_name


# What to do, as a row says it: where it is done, its title and its button.
SAID: dict[Duty, tuple[str, str, str]] = {
    Duty.TIMES: ("conversation", "Svara vilka tider som passar", "Svara"),
    Duty.CALL: ("invitation", "Svara på kallelsen till samtalet", "Svara"),
    Duty.SECTION: ("agreement", "Skriv er del av överenskommelsen", "Skriv"),
    Duty.CONFIRM: ("agreement", "Bekräfta er del av överenskommelsen", "Läs"),
    Duty.PROPOSE: ("conversation", "Föreslå tider för samtalet", "Föreslå"),
    Duty.INVITE: ("invite", "Kalla till samtalet, alla har svarat om tiderna", "Kalla"),
    Duty.INTERPRETER: ("conversation", "Boka tolk till samtalet", "Boka"),
    Duty.HINDERED: ("conversation", "Någon vill ha en annan tid eller kan inte komma", "Läs"),
    Duty.DIFFERENCE: ("agreement", "Deltagaren ser överenskommelsen annorlunda", "Läs"),
    Duty.OUTCOME: ("hold_conversation", "Skriv om samtalet blev av", "Skriv"),
    Duty.WRITE: ("agreement", "Skriv vad ni bestämde", "Skriv"),
    Duty.SEND: ("send_agreement", "Skicka överenskommelsen", "Skicka"),
    Duty.CORRECT: ("correct_agreement", "Rätta överenskommelsen, någon vill ha en ändring", "Rätta"),
}


def talk_to_dos(day: Day) -> tuple[list[ToDo], list[int]]:
    """What this hat has to do for conversations, and the participants whose names that shows."""
    member = day.member
    rows = Rows(member)
    for owed in day.talks.owed:
        address, title, button = SAID[owed.duty]
        rows.add(owed.talk, address, title, button, owed.since, owed.due_on, key=f"{owed.duty}-{owed.pk}")
    _of_the_desk(rows, member)
    for plan in plans_due(member):
        rows.people.append(plan.participant_id)
        rows.items.append(
            ToDo(
                row_id=f"samtalsplan-{plan.pk}",
                title="Planera trepartssamtal",
                url=reverse("participant", args=[plan.participant_id]),
                number=say_date(plan.due_on),
                about=plan.participant.full_name,
                button="Visa",
                due_on=plan.due_on,
                since=plan.made_at,
            )
        )
    return rows.items, rows.people


def _of_the_desk(rows: Rows, member: Membership) -> None:
    for task in commitments_owed(member):
        talk = task.section.agreement.conversation
        rows.people.append(talk.participant_id)  # what is to be done is said of somebody, named or not
        key = f"uppgift-{task.pk}"
        rows.add(talk, "agreement", task.text, "Visa", task.sent_at or task.made_at, task.due_on, key=key)
    for wish in requests_waiting(member):
        rows.people.append(wish.participant_id)
        rows.items.append(
            ToDo(
                row_id=f"onskan-{wish.pk}",
                title="Svara på en önskan om samtal",
                url=reverse("answer_request", args=[wish.pk]),
                number=say_date(timezone.localdate(wish.made_at)),
                about=wish.participant.full_name,
                button="Svara",
                due_on=None,
                since=wish.made_at,
            )
        )


def talks_coming(day: Day) -> tuple[list[Coming], list[int]]:
    """The hat's conversations, the next first, and whose names that shows."""
    rows, found = Rows(day.member), []
    for talk in day.talks.ahead:
        if talk.starts_at is None or timezone.localdate(talk.starts_at) > day.until:
            continue
        about = f"Kl. {say_time(talk.starts_at)}, {rows.whose(talk)}"
        url = reverse("conversation", args=[talk.pk])
        found.append(Coming(timezone.localdate(talk.starts_at), talk.get_kind_display(), url, about))
    return found, rows.people
