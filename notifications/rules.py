"""What a person gets who has chosen nothing, and when nothing is mailed or pushed to them."""

from dataclasses import dataclass
from datetime import date, datetime, time

from django.core.signing import BadSignature, Signer
from django.db.models import F, Q
from django.utils import timezone

from notifications.models import QuietHours
from notifications.states import DigestRhythm, Urgency
from workspace.clocks import day_off

# What the chasing says to a role in a cooperation, which has no notices: a kind that is chosen about, and never told.
ROLE_REMINDERS = "role.reminders"


@dataclass(frozen=True)
class Choice:
    """How one person hears of one kind. `on_page` False: it stands in the list as read, and the bell stays still."""

    on_page: bool
    mail: DigestRhythm
    push: bool


_DEFAULTS = {
    Urgency.ACT: Choice(True, DigestRhythm.DAILY, True),
    Urgency.KNOW: Choice(True, DigestRhythm.DAILY, False),
    Urgency.NEWS: Choice(True, DigestRhythm.NEVER, False),
}


def default_choice(urgency: Urgency) -> Choice:
    """What holds for kinds of an urgency until somebody chooses otherwise."""
    return _DEFAULTS[urgency]


def may_leave_page(urgency: Urgency) -> bool:
    """Whether a reader may turn a kind off on the page: never what waits for them, or it would wait for ever."""
    return urgency != Urgency.ACT


def is_quiet(quiet_hours: QuietHours | None, moment: datetime) -> bool:
    """Whether nothing is mailed or pushed to somebody at a moment. None: they have chosen nothing.

    By Stockholm's wall clock, also on the nights when it changes. From `begins` up to but not with `ends`; over
    midnight where it begins later than it ends; never where both are the same. The whole of a day off, if so chosen.
    """
    hours = quiet_hours or QuietHours()
    now = timezone.localtime(moment)
    if hours.days_off and day_off(now.date()):
        return True
    clock = now.time()
    if hours.begins <= hours.ends:
        return hours.begins <= clock < hours.ends
    return clock >= hours.begins or clock < hours.ends


def hours_left(begins: time, ends: time) -> float:
    """How many hours of a day two times leave open."""
    minutes = (ends.hour - begins.hour) * 60 + ends.minute - begins.minute
    return 24 - (minutes % (24 * 60)) / 60


def quiet_at(moment: datetime) -> Q:
    """`is_quiet` as a condition on rows of quiet hours. Of who has no row, `is_quiet(None, …)` is asked."""
    now = timezone.localtime(moment)
    clock = now.time()
    within = Q(begins__lte=clock, ends__gt=clock) & Q(begins__lte=F("ends"))
    over_midnight = Q(begins__gt=F("ends")) & (Q(begins__lte=clock) | Q(ends__gt=clock))
    off = Q(days_off=True) if day_off(now.date()) else Q(pk__in=[])
    return within | over_midnight | off


# ---------- the way to stop mails ----------
_signer = Signer(salt="notifications.stop", sep=".")  # in an address a colon is written in two ways


def stop_token(user: int, day: date) -> str:
    """What lets whoever holds a digest mail stop such mails. It names the mail, nothing it was for, and never ends."""
    return _signer.sign(f"{user}-{day:%Y%m%d}")


def read_stop_token(token: str) -> tuple[int, date] | None:
    """(user, day) of the mail that a token of ours names; None for any other text."""
    try:
        user, _, day = _signer.unsign(token).partition("-")
        return int(user), datetime.strptime(day, "%Y%m%d").date()
    except (BadSignature, ValueError):
        return None
