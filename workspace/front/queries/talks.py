"""What conversations put on the start page."""

from collections.abc import Callable
from datetime import date, datetime

from django.urls import reverse
from django.utils import timezone

from meetings.models import Conversation
from meetings.queries import talk_duties as duties
from meetings.queries.commitments import commitments_owed
from meetings.queries.plans import plans_due
from meetings.queries.talks import requests_waiting
from workspace.front.queries.rows import Coming, ToDo
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
        key: str = "",
    ) -> None:
        """One thing to do in a conversation. `key` where the address alone does not tell it from the others."""
        day = timezone.localdate(talk.starts_at) if talk.starts_at else None
        self.items.append(
            ToDo(
                row_id=f"samtal-{key or f'{address}-{talk.pk}'}",
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


def talk_to_dos(member: Membership) -> tuple[list[ToDo], list[int]]:
    """What this hat has to do for conversations, and the participants whose names that shows."""
    rows = Rows(member)
    # Most hats act for nobody in a conversation just now: one question then answers the thirteen that follow from it.
    if duties.parties_held(member).exists():
        _as_party(rows, member)
        _as_convener(rows, member)
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


def _as_party(rows: Rows, member: Membership) -> None:
    for party in duties.times_owed(member):
        rows.add(party.conversation, "conversation", "Svara vilka tider som passar", "Svara", party.added_at)
    for call in duties.calls_owed(member):
        day = timezone.localdate(call.starts_at)
        rows.add(call.conversation, "invitation", "Svara på kallelsen till samtalet", "Svara", call.sent_at, day)
    for section in duties.sections_owed(member):
        talk = section.agreement.conversation
        title = "Skriv er del av överenskommelsen"
        rows.add(talk, "agreement", title, "Skriv", talk.held_at or talk.made_at, key=f"del-{section.pk}")
    for copy in duties.agreements_to_answer(member):
        talk = copy.version.agreement.conversation
        title, key = "Bekräfta er del av överenskommelsen", f"svar-{copy.pk}"
        rows.add(talk, "agreement", title, "Läs", copy.version.sent_at, key=key)


CONVENER: tuple[tuple[Callable[[Membership], list[Conversation]], str, str, str], ...] = (
    (duties.times_to_propose, "conversation", "Föreslå tider för samtalet", "Föreslå"),
    (duties.calls_to_send, "invite", "Kalla till samtalet, alla har svarat om tiderna", "Kalla"),
    (duties.interpreters_to_book, "conversation", "Boka tolk till samtalet", "Boka"),
    (duties.answers_to_see, "conversation", "Någon vill ha en annan tid eller kan inte komma", "Läs"),
    (duties.differences_to_see, "agreement", "Deltagaren ser överenskommelsen annorlunda", "Läs"),
    (duties.outcomes_owed, "hold_conversation", "Skriv om samtalet blev av", "Skriv"),
    (duties.agreements_unwritten, "agreement", "Skriv vad ni bestämde", "Skriv"),
    (duties.agreements_to_send, "send_agreement", "Skicka överenskommelsen", "Skicka"),
    (duties.agreements_to_correct, "correct_agreement", "Rätta överenskommelsen, någon vill ha en ändring", "Rätta"),
)


def _as_convener(rows: Rows, member: Membership) -> None:
    for find, address, title, button in CONVENER:
        for talk in find(member):
            rows.add(talk, address, title, button, talk.last_act_at)


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


def talks_coming(member: Membership, until: date) -> tuple[list[Coming], list[int]]:
    """The hat's conversations up to a day, the next first, and whose names that shows."""
    rows, found = Rows(member), []
    for talk in duties.conversations_ahead(member):
        if talk.starts_at is None or timezone.localdate(talk.starts_at) > until:
            continue
        about = f"Kl. {say_time(talk.starts_at)}, {rows.whose(talk)}"
        url = reverse("conversation", args=[talk.pk])
        found.append(Coming(timezone.localdate(talk.starts_at), talk.get_kind_display(), url, about))
    return found, rows.people
