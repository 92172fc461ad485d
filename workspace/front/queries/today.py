"""What the start page gathers from all floors, as plain data."""

from datetime import date, timedelta

from django.urls import reverse
from django.utils import timezone

from notifications.models import Notification
from notifications.queries import notifications_since
from notifications.registry import all_kinds
from referrals.states import ReferralState
from workspace.clocks import start_of
from workspace.front.queries.follow_ups import follow_up_to_dos, follow_ups_coming
from workspace.front.queries.help import help_to_dos
from workspace.front.queries.meetings import meeting_to_dos, meetings_coming
from workspace.front.queries.rows import SHOWN, Coming, Day, Happening, ToDo
from workspace.front.queries.talks import talk_to_dos, talks_coming
from workspace.front.queries.way import way_to_dos
from workspace.models import ConsentRow, Membership
from workspace.queries import participants_visible_to
from workspace.rules import row_lives

TITLES = {
    ReferralState.DRAFT: ("Skriv klart remissen till {them}", "Fortsätt"),
    ReferralState.SENT: ("Ta emot remissen från {them}", "Läs"),
    ReferralState.RECEIVED: ("Ta ställning till remissen från {them}", "Läs"),
    ReferralState.ACCEPTED: ("Svara {them}", "Svara"),
    ReferralState.DECIDED: ("Läs beslutet från {them} och avsluta", "Läs"),
    ReferralState.RETURNED: ("Rätta remissen som {them} skickade tillbaka", "Läs"),
    ReferralState.IN_PROGRESS: ("Svara {them}", "Svara"),
    ReferralState.WAITING: ("Komplettera remissen till {them}", "Komplettera"),
    ReferralState.REDIRECTED: ("Ta ställning till att {them} föreslår en annan", "Läs"),
    ReferralState.CANCEL_ASKED: ("Svara {them} som vill avbryta", "Svara"),
}


def to_do(member: Membership, day: Day | None = None) -> tuple[list[ToDo], list[int]]:
    """What waits for this hat, soonest first, and the participants whose names or affairs that shows."""
    day = day or Day(member)
    items: list[ToDo] = []
    people: list[int] = []
    gathered = meeting_to_dos(day), talk_to_dos(day), help_to_dos(member), way_to_dos(member), follow_up_to_dos(day)
    for rows, named in gathered:
        items += rows
        people += named
    for referral in day.referrals[0]:
        ours = referral.sender.agency_id == member.agency_id
        them = referral.receiver.agency if ours else referral.sender.agency
        title, button = TITLES.get(ReferralState(referral.state), ("", ""))
        if referral.state == ReferralState.DECIDED and not ours:
            title, button = "Avsluta remissen från {them}", "Läs"
        if referral.lapsed_at and ours:
            title, button = "Förnya samtycket för remissen till {them}", "Läs"
        about = ""
        if ours:
            about = f"{referral.kind.name} · {referral.participant.full_name}"
            people.append(referral.participant_id)
        items.append(
            ToDo(
                row_id=f"todo-{referral.pk}",
                title=title.format(them=them.short_name),
                url=reverse("referral", args=[referral.pk]),
                number=referral.number,
                about=about,
                button=button,
                due_on=referral.owed_on,
                since=referral.told_since if ours else referral.turn_since,
            )
        )
    return sorted(items, key=lambda item: (item.due_on or date.max, item.since))[:SHOWN], people


def said(notification: Notification) -> Happening:
    """A notification as a line of the feed."""
    kind = all_kinds()[notification.kind]
    before, _, after = kind.says.partition("{number}")
    return Happening(
        row_id=f"notis-{notification.pk}",
        at=notification.made_at,
        agency=notification.acting_agency,
        says=before.strip(),
        after=after.strip(),
        number=notification.number,
        url=reverse(kind.address, args=[notification.object_id]),
        fresh=notification.read_at is None,
    )


def happenings(member: Membership) -> list[Happening]:
    """What other agencies have done since the beginning of yesterday, newest first."""
    since = start_of(timezone.localdate() - timedelta(days=1))
    return [said(row) for row in notifications_since(member, since)[:SHOWN]]


def coming(member: Membership, day: Day | None = None) -> tuple[list[Coming], list[int]]:
    """Meetings, answers wished for and consents that run out within 30 days, soonest first; and whose names
    that shows."""
    day = day or Day(member)
    talks, talking = talks_coming(day)
    follow_ups, followed = follow_ups_coming(day)
    items, people = [*meetings_coming(day), *talks, *follow_ups], [*talking, *followed]
    for referral in day.referrals[1]:
        url = reverse("referral", args=[referral.pk])
        title, about = f"Svar önskas i {referral.number}", referral.receiver.agency.name
        items.append(Coming(referral.answer_wished_on, title, url, about))
    ending = (
        ConsentRow.objects.filter(row_lives(), discloser=member.agency_id, valid_until__lte=day.until)
        .filter(participant__in=participants_visible_to(member).values("pk"))
        .values_list("valid_until", "participant_id", "participant__first_name", "participant__last_name")
        .distinct()
        .order_by("valid_until")[:SHOWN]
    )
    for valid_until, pk, first, last in ending:
        url = reverse("participant", args=[pk])
        items.append(Coming(valid_until, "Samtycke går ut", url, f"{first} {last}"))
        people.append(pk)
    return sorted(items, key=lambda item: item.on)[:SHOWN], people
