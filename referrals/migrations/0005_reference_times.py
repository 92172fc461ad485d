"""What each sender knows of what is already there; expected times with where they are known from (L24–L27)."""

from django.db import migrations
from django.db.models import Q

ENDED = ("recalled", "withdrawn", "closed")
AT_RECEIVER = ("sent", "received", "accepted")
OURS = "förvald tid"
# kind, step, length, unit, counted from, source
ANY = [
    (None, "sent", 5, "working_days", "step", OURS),
    (None, "received", 10, "working_days", "step", OURS),
    (None, "accepted", 20, "working_days", "step", OURS),
    (None, "in_progress", 90, "calendar_days", "received", OURS),
    (None, "waiting", 10, "working_days", "step", OURS),
    (None, "decided", 10, "working_days", "step", OURS),
    (None, "returned", 10, "working_days", "step", OURS),
    (None, "redirected", 10, "working_days", "step", OURS),
    (None, "cancel_asked", 5, "working_days", "step", OURS),
]
CARE = ("psychiatric_assessment", "neuropsychiatric_investigation", "counselling_contact")
LSS = ("companion_service", "contact_person", "daily_activity")
PER_KIND = [
    *((kind, "accepted", 90, "calendar_days", "received", "vårdgarantin") for kind in CARE),
    *((kind, "in_progress", 90, "calendar_days", "received", "vårdgarantin") for kind in CARE),
    *((kind, "in_progress", 120, "calendar_days", "received", "JO 7477-2017, riktmärke") for kind in LSS),
    *((kind, "decided", 3, "months", "step", "LSS 28 f §") for kind in LSS),
    ("activity_compensation", "in_progress", 4, "months", "received", "Försäkringskassans vanliga tid"),
    ("sickness_compensation", "in_progress", 7, "months", "received", "Försäkringskassans vanliga tid 2023"),
]
INVESTIGATIONS = ("neuropsychiatric_investigation", "work_capacity_investigation", "work_psychology_investigation")
NEEDS = {"work_capacity_investigation": ["work"], "work_psychology_investigation": ["work"]}


def tell(apps, schema_editor):
    """What the sender knows: the last thing that was not the receiver's, or that the receiver let be told."""
    referrals = apps.get_model("referrals", "Referral").objects.select_related("sender", "receiver")
    section = apps.get_model("referrals", "ReferralSection").objects
    for referral in referrals.iterator():
        lines = list(referral.events.order_by("at", "pk"))
        known = [line for line in lines if line.side != "receiver" or _told(section, referral, line)]
        last = known[-1] if known else None
        state = last.state if last else referral.state
        referral.told_state = state
        referral.told_at = last.at if last else referral.created_at
        if state == referral.state:
            referral.told_turn_id, referral.told_since = referral.turn_id, referral.turn_since
        else:
            at = referral.receiver_id if state in AT_RECEIVER else referral.sender_id
            referral.told_turn_id = None if state in ENDED else at
            referral.told_since = referral.told_at
        referral.told_outcome = referral.outcome if state in ("decided", "closed") else ""
        referral.step_since = max(
            (line.at for line in lines if line.state == referral.state), default=referral.created_at
        )
        referral.save()
        _leg_times(referral, known)


def _told(sections, referral, line):
    return (
        sections.filter(leg__referral=referral, category="status", author=line.agency_id, disclosure__isnull=False)
        .filter(disclosure__ends_at__gte=line.at)
        .filter(Q(disclosure__ended_at__isnull=True) | Q(disclosure__ended_at__gte=line.at))
        .exists()
    )


def _leg_times(referral, known):
    for leg in referral.legs.exclude(sent_at=None):
        answered = [line.at for line in known if line.leg_id == leg.pk and line.verb in ("decide", "return")]
        ended = [line.at for line in known if line.leg_id == leg.pk and line.state in ("recalled", "withdrawn")]
        leg.answered_at = min(answered, default=None)
        leg.ended_at = None if answered else min(ended, default=None)
        leg.save()


def fill(apps, schema_editor):
    kinds = apps.get_model("referrals", "ReferralKind").objects
    kinds.create(
        code="work_psychology_investigation",
        name="Arbetspsykologisk utredning",
        referral_class="investigation",
        receiver_kind="public_employment_service",
    )
    kinds.filter(code__in=INVESTIGATIONS).update(status_only=True)
    for code, categories in NEEDS.items():
        kinds.get(code=code).needs.set(categories)
    times = apps.get_model("referrals", "StepTime").objects
    for kind, step, length, unit, start, source in (*ANY, *PER_KIND):
        times.create(kind_id=kind, step=step, length=length, unit=unit, start=start, source=source)


class Migration(migrations.Migration):
    dependencies = [("referrals", "0004_clocks")]
    operations = [
        migrations.RunPython(tell, migrations.RunPython.noop),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
