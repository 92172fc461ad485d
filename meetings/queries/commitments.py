"""What parties have taken on in agreements: who reads it, whose list it stands on, what is late."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import Http404
from django.utils import timezone

from meetings.models import Commitment, SectionReader
from meetings.queries.agreement_readers import party_is_out
from meetings.queries.conversations import conversations_visible_to, own_parties, party_lives
from meetings.states import ActionState, PartyKind
from workspace.clocks import day_off, working_days_between
from workspace.models import Membership, Participant
from workspace.queries import participants_visible_to
from workspace.rules import Hat, disclosure_lives, is_caseworker

DONE_SHOWN = timedelta(days=30)  # how long what is done stands in the list
SOON = 14  # calendar days ahead that Idag looks
LATE_EVERY = 5  # working days between two reminders of what is late


def commitments_in_force() -> QuerySet[Commitment]:
    """Sent and still part of what was agreed, of parties that are in it now."""
    return (
        Commitment.objects.filter(party_lives("section__party__"), sent_at__isnull=False, removed_at__isnull=True)
        .filter(~party_is_out("section__party"))
        .select_related(
            "referral",
            "section__agreement__conversation__agency",
            "section__agreement__conversation__participant",
            "section__agreement__conversation__convener",
            "section__party__agency",
            "section__party__function",
            "section__party__member__user",
        )
    )


def commitments_visible_to(hat: Hat) -> QuerySet[Commitment]:
    """The tasks this hat may read: its own desk's, what others have told it, and the participant's.

    The participant's are the convener's to tell: read by whom the convener's own part is.
    """
    found = commitments_in_force()
    if not isinstance(hat, Membership):
        return found.none()
    open_to = Q(section__agreement__conversation__in=conversations_visible_to(hat).values("pk"))
    told = SectionReader.objects.filter(disclosure_lives("disclosure__"), agency=hat.agency_id)
    by_party = Exists(told.filter(section=OuterRef("section")))
    by_convener = Exists(
        told.filter(
            section__agreement=OuterRef("section__agreement"),
            section__party__agency=F("section__agreement__conversation__agency"),
        )
    )
    ours = Q(section__agreement__conversation__agency=hat.agency_id)
    participants = Q(section__party__kind=PartyKind.PARTICIPANT) & (ours | Q(by_convener))
    own = Q(section__party__in=own_parties(hat).values("pk"))
    same_agency = Q(section__party__agency=hat.agency_id)
    return found.filter(own | (open_to & (same_agency | Q(by_party) | participants)))


def access_commitment(hat: Hat, pk: int) -> Commitment:
    """One task this hat may read, or the same 404 as for one that does not exist."""
    found = commitments_visible_to(hat).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def access_drafted(hat: Hat, pk: int) -> Commitment:
    """A task in an agreement of a conversation this hat may open, sent or not, for whoever writes it; else 404."""
    found = (
        Commitment.objects.filter(
            section__agreement__conversation__in=conversations_visible_to(hat).values("pk"), removed_at__isnull=True
        )
        .select_related("section__party__agency", "section__agreement__conversation")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise Http404
    return found


def commitments_listed(hat: Hat, whose: str) -> list[Commitment]:
    """For the list of tasks: the open ones, late first, then what was done in the last 30 days.

    `whose`: "mina" (mine by name, and the participants' whose conversations I convene), "var" (my agency's and its
    participants') or "alla".
    """
    found = commitments_visible_to(hat).filter(
        Q(state=ActionState.OPEN) | Q(closed_at__gte=timezone.now() - DONE_SHOWN)
    )
    if not isinstance(hat, Membership):
        return []
    theirs = Q(section__party__kind=PartyKind.PARTICIPANT)
    if whose == "mina":
        convened = Q(section__agreement__conversation__convener=hat)
        found = found.filter(Q(section__party__member=hat) | theirs & convened)
    elif whose == "var":
        convened = Q(section__agreement__conversation__agency=hat.agency_id)
        found = found.filter(Q(section__party__agency=hat.agency_id) | theirs & convened)
    open_ones = found.filter(state=ActionState.OPEN).order_by("due_on", "pk")
    return [*open_ones, *found.exclude(state=ActionState.OPEN).order_by("-closed_at", "-pk")]


def commitments_owed(member: Membership) -> list[Commitment]:
    """For Idag: what the member's desk has taken on and is to do within 14 days, or late, soonest first. One query."""
    until = timezone.localdate() + timedelta(days=SOON)
    own = commitments_in_force().filter(section__party__in=own_parties(member).values("pk"))
    return list(own.filter(state=ActionState.OPEN, due_on__lte=until).order_by("due_on", "pk"))


def own_commitments(participant: Participant) -> list[Commitment]:
    """What the participant is to do, as their own page shows it: open ones by day, then those lately done."""
    found = commitments_in_force().filter(
        Q(state=ActionState.OPEN) | Q(closed_at__gte=timezone.now() - DONE_SHOWN),
        section__party__kind=PartyKind.PARTICIPANT,
        section__agreement__conversation__participant=participant,
    )
    return sorted(found, key=lambda row: (row.state != ActionState.OPEN, row.due_on, row.pk))


def people_of(rows: Iterable[Commitment]) -> list[int]:
    """The participants that these tasks are about, for the log of reads."""
    return sorted({row.section.agreement.conversation.participant_id for row in rows})


def closable(hat: Hat, rows: Sequence[Commitment]) -> set[int]:
    """Of tasks the hat can read: its own desk's, and the participant's where its agency convenes. In one query."""
    if not isinstance(hat, Membership) or not is_caseworker(hat):
        return set()
    theirs = {row.pk for row in rows if row.section.party.kind == PartyKind.PARTICIPANT}
    parties = {row.section.party_id for row in rows if row.section.party.agency_id == hat.agency_id}
    own = set(own_parties(hat).filter(pk__in=parties).values_list("pk", flat=True)) if parties else set()
    convened = {row.pk for row in rows if row.section.agreement.conversation.agency_id == hat.agency_id}
    return (theirs & convened) | {row.pk for row in rows if row.section.party_id in own}


def can_close(hat: Hat, row: Commitment) -> bool:
    return row.pk in closable(hat, [row])


def referable(hat: Hat, rows: Sequence[Commitment]) -> set[int]:
    """Of these, the ones this hat can make a referral of, or has: another agency's, of a participant it may open."""
    if not is_caseworker(hat):
        return set()
    about = {
        row.pk: row.section.agreement.conversation.participant_id
        for row in rows
        if row.section.party.agency_id is not None and row.section.party.agency_id != hat.agency_id
    }
    if not about:
        return set()
    opened = set(participants_visible_to(hat).filter(pk__in=about.values()).values_list("pk", flat=True))
    return {pk for pk, person in about.items() if person in opened}


# ---------- reminding ----------
def commitments_to_remind(today: date) -> QuerySet[Commitment]:
    """The open tasks whose day has come and that nobody has been reminded of today. For the sweep."""
    found = commitments_in_force().filter(state=ActionState.OPEN, due_on__lte=today)
    return found.filter(Q(reminded_on__isnull=True) | Q(reminded_on__lt=today)).order_by("pk")


def reminder_of(row: Commitment, today: date) -> str:
    """The kind of reminder to give of a task today; "" for none.

    On its day once, whatever day that is. Late on the first working day after it, then every fifth working day.
    """
    if row.due_on == today:
        return "" if row.reminded_on == today else "agreement.task_due"
    if row.due_on > today or day_off(today):
        return ""
    last = row.reminded_on
    if last is None or last <= row.due_on:
        return "agreement.task_late"
    return "agreement.task_late" if working_days_between(last, today) >= LATE_EVERY else ""
