"""What the sweep looks at: steps past their day, grounds about to run out, desks that have left."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from referrals.models import Referral, ReferralLeg, ReferralSection
from referrals.rules import FOLLOW_UP, LAPSING, VITAL, audience_for
from referrals.states import ReferralState, ReminderLevel, SectionRole, Side, Verb
from workspace.clocks import ONE_DAY, end_of, start_of
from workspace.models import CooperationRole, Membership
from workspace.queries import coordinators_of, managers_of, present_of
from workspace.rules import disclosure_lives


def referrals_past_due(today: date) -> QuerySet[Referral]:
    """Open referrals whose step's last day is today or has passed. However many have ended, only these are read.

    Also those whose ground the sender is to renew, by the day it knows of.
    """
    return (
        Referral.objects.filter(
            Q(turn__isnull=False, due_on__lte=today)
            | Q(lapsed_at__isnull=False, told_turn=F("sender"), told_due_on__lte=today)
        )
        .select_related("kind", "turn__agency", "sender__agency", "receiver__agency", "participant", "holder")
        .order_by("due_on", "pk")
    )


def _with_last_leg() -> QuerySet[Referral]:
    """Referrals whose receiver needs the question and may not have lost it, each with the leg last sent."""
    sent = ReferralLeg.objects.filter(referral=OuterRef("pk"), sent_at__isnull=False).order_by("-position")
    return Referral.objects.filter(told_state__in=LAPSING, lapsed_at=None).annotate(
        last_leg=Subquery(sent.values("pk")[:1])
    )


def referrals_out_of_ground() -> QuerySet[Referral]:
    """Referrals whose question may no longer be read, and that nobody has marked yet.

    By the leg last sent: what an earlier receiver may still read is nothing to the one who has the work.
    """
    live = ReferralSection.objects.filter(
        disclosure_lives("disclosure__"), leg=OuterRef("last_leg"), category__in=VITAL, role=SectionRole.LEG
    )
    return _with_last_leg().filter(
        ~Exists(live.filter(category="identity")) | ~Exists(live.filter(category="question"))
    )


def referrals_with_ground_ending(today: date) -> QuerySet[Referral]:
    """Referrals whose question may be read for at most 30 days more."""
    ending = ReferralSection.objects.filter(
        disclosure_lives("disclosure__"),
        leg=OuterRef("last_leg"),
        category__in=VITAL,
        role=SectionRole.LEG,
        disclosure__ends_at__lte=start_of(today + timedelta(days=31)),
    )
    return _with_last_leg().filter(Exists(ending)).select_related("sender__agency", "receiver__agency", "participant")


def referrals_at_left_agencies() -> QuerySet[Referral]:
    """Referrals that a sender still waits for, and that lie with a receiver that has left the cooperation."""
    today = timezone.localdate()
    return Referral.objects.filter(
        receiver__agency__left_on__lte=today, told_turn__isnull=False, sent_at__isnull=False
    ).exclude(state__in=[ReferralState.DRAFT, ReferralState.RETURNED, ReferralState.REDIRECTED])


def awaits_renewal(referral: Referral) -> bool:
    """The sender is to renew the ground. It is chased by what it knows, whatever a silent receiver has done since."""
    return referral.lapsed_at is not None and referral.told_turn_id == referral.sender_id


def _turn_since(referral: Referral) -> datetime:
    return referral.told_since if awaits_renewal(referral) else referral.turn_since


def late_from(referral: Referral) -> date | None:
    """The day from which whoever has the turn is late: the step's last day, but not before the turn came or a pause
    ended. None where nobody has it, or the step has no last day.

    A ground that runs out hands the turn over in the middle of a step, and time can be stopped when the day has
    passed: nobody is chased for what was another's, or while time stands still.
    """
    due_on = referral.told_due_on if awaits_renewal(referral) else referral.due_on if referral.turn_id else None
    if due_on is None:
        return None
    since = _turn_since(referral)
    until_on = referral.events.filter(verb=Verb.PAUSE, at__gte=since).aggregate(last=Max("until_on"))["last"]
    days = [due_on, timezone.localdate(since)]
    return max([*days, until_on + ONE_DAY] if until_on else days)


def _there(members: Iterable[Membership], able: Iterable[Membership], day: date) -> set[int]:
    """Who is there of these, or stands in for them, and is able to open what they are told of."""
    return present_of(members, day) & {member.pk for member in able}


def there_at(referral: Referral, side: Side, day: date) -> set[int]:
    """Who is there on one side on a day, of those who can open the referral."""
    desk = list(audience_for(referral, side))
    return _there(desk, desk, day)


def those_to_remind(referral: Referral, level: str, day: date) -> set[int]:
    """Which hats a level reminds: whoever has the work, else the desk, those who are there; then their manager.

    An agency without an account cannot be reminded: there the sender's desk is, whose duty it is to chase. To renew
    a ground is the whole desk's.
    """
    renewal = awaits_renewal(referral)
    theirs = referral.turn_id == referral.receiver_id and not referral.receiver.agency.by_letter and not renewal
    side = Side.RECEIVER if theirs else Side.SENDER
    managers = list(managers_of(referral.receiver.agency if theirs else referral.sender.agency))
    if level == ReminderLevel.MANAGER:
        return _there(managers, managers, day)
    if level not in {ReminderLevel.DUE, ReminderLevel.SECOND}:
        return set()
    desk = list(audience_for(referral, side))
    worker = [] if renewal else [member for member in desk if member.pk == referral.holder_id]
    return _there(worker, desk, day) or _there(desk, desk, day) or _there(managers, managers, day)


def coordinators_to_remind(referral: Referral) -> list[CooperationRole]:
    """Coordinators who may follow this referral now, of a step and a day that the sender knows of, and no other."""
    if (referral.told_state, referral.told_due_on) != (referral.state, referral.due_on):
        return []
    followed = ReferralSection.objects.filter(
        disclosure_lives("disclosure__"), leg__referral=referral, category=FOLLOW_UP
    )
    return list(coordinators_of(followed.values_list("disclosure__recipient_cooperation", flat=True)))


def last_by_hand(referral: Referral) -> date | None:
    """The day somebody last reminded by hand whoever has the turn now."""
    event = referral.events.filter(verb=Verb.REMIND, at__gte=_turn_since(referral)).order_by("-at").first()
    return timezone.localdate(event.at) if event else None


def is_reminded(referral: Referral, day: date) -> bool:
    """Somebody has reminded of it by hand that day, whatever step it is in."""
    return referral.events.filter(verb=Verb.REMIND, at__gte=start_of(day), at__lt=end_of(day)).exists()
