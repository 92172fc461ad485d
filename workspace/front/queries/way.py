"""What the pages say of where somebody is on their way; and whether treatment has been asked for."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Exists, F, OuterRef
from django.urls import reverse
from django.utils import timezone

from referrals.models import Referral, ReferralLeg
from referrals.states import ReferralState
from workspace.clocks import start_of
from workspace.front.queries.rows import ToDo
from workspace.models import Membership, Participant
from workspace.pathway.models import Discharge, Enrolment, PhaseStay
from workspace.pathway.queries import ways_of
from workspace.pathway.queries.discharges import latest_discharges
from workspace.pathway.queries.phases import open_stays_of, stays_ending
from workspace.pathway.rules import GIVES_TREATMENT, days_left, is_ending
from workspace.rules import is_caseworker
from workspace.swedish import say_date

# A referral in one of these, as its sender knows it, is with nobody who could give treatment.
NOT_THERE = frozenset(
    {
        *(ReferralState.DRAFT, ReferralState.RETURNED, ReferralState.REDIRECTED),
        *(ReferralState.RECALLED, ReferralState.CANCELLED, ReferralState.WITHDRAWN),
    }
)


# ---------- in words ----------
def in_sentence(label: str) -> str:
    """A label within a sentence: «arbete», but «LSS-insats»."""
    return label[:1].lower() + label[1:] if label[1:2].islower() else label


def say_left(days: int) -> str:
    """«13 dagar kvar», «1 dag kvar»."""
    return f"{days} {'dag' if days == 1 else 'dagar'} kvar"


def headline(way: Enrolment, stay: PhaseStay | None, ended: Discharge | None, today: date | None = None) -> str:
    """The answer: where somebody is on their way, and what is to be decided. Asks nothing of the database."""
    today = today or timezone.localdate()
    if way.ended_on is not None:
        outcome = f": {in_sentence(ended.get_outcome_display())}" if ended else ""
        return f"Utskriven {say_date(way.ended_on)}{outcome}"
    if stay is None:
        return f"Inskriven {say_date(way.enrolled_on)}"
    left = days_left(stay, today)
    if stay.limit_on is None or left is None:
        return f"{stay.phase} sedan {say_date(stay.from_on)}"
    if left > 0:
        return f"{stay.phase} tar slut {say_date(stay.limit_on)}: {say_left(left)}"
    if left == 0:
        return f"{stay.phase} tar slut i dag. Bestäm vad som händer nu"
    return f"{stay.phase} skulle ha tagit slut {say_date(stay.limit_on)}. Bestäm vad som händer nu"


# ---------- on the participant's page ----------
@dataclass(frozen=True)
class WayShown:
    """One way as a row: the answer, and whether something is to be decided."""

    way: Enrolment
    says: str
    is_ending: bool
    is_ongoing: bool


def ways_shown(participant: Participant) -> list[WayShown]:
    """All a participant's ways, the newest first. Ask only where the participant may be opened."""
    ways = list(ways_of(participant))
    stays, ended = open_stays_of(ways), latest_discharges(ways)
    today, found = timezone.localdate(), []
    for way in ways:
        stay = stays.get(way.pk)
        says = headline(way, stay, ended.get(way.pk), today)
        found.append(WayShown(way, says, stay is not None and is_ending(stay, today), way.ended_on is None))
    return found


# ---------- on the start page ----------
def way_to_dos(member: Membership) -> tuple[list[ToDo], list[int]]:
    """The phases this hat is to decide about, and the participants whose names that shows."""
    if not is_caseworker(member):
        return [], []
    items, people = [], []
    for stay in stays_ending(member):
        person, limit_on = stay.enrolment.participant, stay.limit_on
        if person is None or limit_on is None:
            continue
        people.append(person.pk)
        items.append(
            ToDo(
                row_id=f"vagen-fas-{stay.pk}",
                title=f"Bestäm om {in_sentence(stay.phase.name)}",
                url=reverse("way", args=[stay.enrolment_id]),
                number=say_date(limit_on),
                about=person.full_name,
                button="Bestäm",
                due_on=limit_on,
                since=start_of(limit_on - timedelta(days=stay.phase.warn_days)),
            )
        )
    return items, people


# ---------- treatment first ----------
def treatment_referral(way: Enrolment) -> Referral | None:
    """The newest referral to somebody who gives treatment, sent since the enrolment and not come back (R60)."""
    sent = ReferralLeg.objects.filter(
        referral=OuterRef("pk"), receiver=OuterRef("receiver"), sent_at__gte=start_of(way.enrolled_on)
    )
    return (
        Referral.objects.filter(
            Exists(sent),
            participant=way.participant_id,
            sender__agency=way.agency_id,
            receiver__agency__kind__in=GIVES_TREATMENT,
        )
        .exclude(receiver__agency=F("sender__agency"))
        .exclude(told_state__in=NOT_THERE)
        .select_related("receiver__agency")
        .order_by("-sent_at", "-pk")
        .first()
    )
