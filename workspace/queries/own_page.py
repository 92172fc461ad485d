"""Who is visiting the participant's page, and what they have chosen about it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Prefetch, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from workspace.clocks import end_of, start_of
from workspace.models import (
    Agency,
    AuditEntry,
    Browser,
    Consent,
    Contact,
    CooperationRole,
    Disclosure,
    FunctionMember,
    Membership,
    OutsideContact,
    PageCode,
    PageLink,
    Participant,
    SupportNeeds,
    Visit,
)
from workspace.queries.people import managers_of, present_of
from workspace.rules import active_on
from workspace.states import AuditAct

IDLE = timedelta(minutes=20)  # a visit that nobody has touched for this long has ended
LONGEST_VISIT = timedelta(hours=2)
MOST_WRONG = 5  # tries of the code, after which a new one is given in person


def link_that_opens(token_digest: str) -> PageLink | None:
    """The link behind a token's digest, if it has not been opened, taken back or run out."""
    return (
        PageLink.objects.filter(
            token_digest=token_digest, opened_at__isnull=True, ended_at__isnull=True, expires_at__gt=timezone.now()
        )
        .select_related("participant__function__agency", "made_by")
        .first()
    )


def browser_of(digest: str) -> Browser | None:
    """The browser behind its cookie, while the page can be visited from there."""
    return (
        Browser.objects.filter(digest=digest, ended_at__isnull=True, ends_at__gt=timezone.now())
        .select_related("participant__function__agency", "participant__municipality")
        .first()
    )


def visit_of(browser: Browser, digest: str) -> Visit | None:
    """The visit behind its cookie, in this browser, while it goes on."""
    now = timezone.now()
    found = Visit.objects.filter(
        browser=browser, digest=digest, ended_at__isnull=True, last_at__gt=now - IDLE, began_at__gt=now - LONGEST_VISIT
    ).first()
    if found is not None:
        found.browser = browser
    return found


def contact_of(participant: Participant) -> Contact:
    """How the participant wants to be told and to read; what nobody has chosen is as it is for everybody."""
    return Contact.objects.filter(participant=participant).first() or Contact(participant=participant)


def needs_of(participant: Participant) -> SupportNeeds:
    """What makes a meeting work for the participant; nothing, where nobody has asked."""
    return SupportNeeds.objects.filter(participant=participant).first() or SupportNeeds(participant=participant)


# ---------- the page as staff sees it ----------
@dataclass(frozen=True)
class PageState:
    """How things stand with a participant's page. Nothing here can open it, or says when it is read."""

    link: PageLink | None  # unopened, and still good
    old_link: PageLink | None  # the newest, where it ran out before anybody opened it
    code: PageCode | None
    browsers: list[Browser]
    closed_at: datetime | None  # when staff closed it, where nothing has been made since

    @property
    def is_blocked(self) -> bool:
        return self.code is not None and self.code.wrong >= MOST_WRONG

    @property
    def is_closed(self) -> bool:
        """There is nothing left to close."""
        return not (self.link or self.code or self.browsers)


def page_state(participant: Participant) -> PageState:
    """The state of a participant's page, for staff who may open the participant."""
    now = timezone.now()
    link = PageLink.objects.filter(participant=participant).select_related("made_by__user").order_by("-pk").first()
    waits = link is not None and link.opened_at is None and link.ended_at is None
    good = link is not None and link.expires_at > now
    code = PageCode.objects.filter(participant=participant).select_related("made_by__user").first()
    return PageState(
        link=link if waits and good else None,
        old_link=link if waits and not good else None,
        code=code,
        browsers=list(
            Browser.objects.filter(participant=participant, ended_at__isnull=True, ends_at__gt=now)
            .select_related("link__made_by__user")
            .order_by("bound_at", "pk")
        ),
        closed_at=None if code else _closed_at(participant, link),
    )


def _closed_at(participant: Participant, newest: PageLink | None) -> datetime | None:
    """When staff last closed the page, if no link has been made after that."""
    closed = AuditEntry.objects.filter(participant_id=participant.pk, act=AuditAct.WRITE, what="own_page.close")
    at = closed.order_by("-at").values_list("at", flat=True).first()
    return at if at is not None and (newest is None or newest.made_at < at) else None


def consent_numbers(participant: Participant) -> dict[int, int]:
    """The number of each consent among all that the participant has given: the same on the phone and at the office."""
    given = Consent.objects.filter(participant=participant).order_by("pk").values_list("pk", flat=True)
    return {pk: number for number, pk in enumerate(given, start=1)}


# ---------- who has read about me (level 2, L37) ----------
READS = (AuditAct.READ, AuditAct.OPEN_WITH_REASON)


@dataclass
class Reading:
    """What one desk did about the participant on one day. No name of anybody of the staff's."""

    agency: Agency | None
    where: str  # the desk, «chef» for somebody without one, or the role and its cooperation
    read: list[datetime] = field(default_factory=list)  # once a minute
    told: dict[str, list[datetime]] = field(default_factory=dict)  # by whom it let know something: when


def _read_or_told(participant: Participant) -> QuerySet[AuditEntry]:
    """What people with a hat read and told about the participant, who is not among them."""
    return AuditEntry.objects.filter(
        Q(membership_id__isnull=False) | Q(cooperation_role_id__isnull=False),
        participant_id=participant.pk,
        act__in=[*READS, AuditAct.DISCLOSE],
        browser_id__isnull=True,
    )


def days_read(participant: Participant) -> QuerySet[AuditEntry, date]:
    """The days on which somebody read about the participant, the newest first."""
    days = _read_or_told(participant).annotate(day=TruncDate("at")).values_list("day", flat=True)
    return days.distinct().order_by("-day")


def who_has_read(
    participant: Participant, days: Sequence[date], screen: Agency | None = None
) -> list[tuple[date, list[Reading]]]:
    """Who has read about the participant on these days (a page of `days_read`): agency, desk and time (L37).

    A reader with several desks is shown with all of them: which of them a page was opened for is not kept. Whom
    somebody told is named where `screen`, whose page it stands on, told or was told; between two others it is not.
    """
    if not days:
        return []
    entries = list(
        _read_or_told(participant).filter(at__gte=start_of(min(days)), at__lt=end_of(max(days))).order_by("at")
    )
    agencies = Agency.objects.in_bulk({entry.agency_id for entry in entries if entry.agency_id})
    wheres, whom = _wheres(entries), _whom(entries, screen)
    found: dict[date, dict[tuple[int, str], Reading]] = {day: {} for day in sorted(days, reverse=True)}
    for entry in entries:
        where = wheres.get((entry.membership_id, entry.cooperation_role_id), "")
        key = (entry.agency_id or 0, where)
        told = entry.act == AuditAct.DISCLOSE
        if told and entry.object_id not in whom:
            continue
        groups = found.setdefault(timezone.localdate(entry.at), {})
        reading = groups.setdefault(key, Reading(agencies.get(entry.agency_id or 0), where))
        times = reading.told.setdefault(whom[entry.object_id], []) if told else reading.read
        minute = entry.at.replace(second=0, microsecond=0)
        if minute not in times:
            times.append(minute)
    return [(day, list(groups.values())) for day, groups in found.items() if groups]


def _whom(entries: Iterable[AuditEntry], screen: Agency | None) -> dict[int | None, str]:
    """By disclosure, to whom it went, as it may stand on that agency's screen."""
    numbers = {entry.object_id for entry in entries if entry.act == AuditAct.DISCLOSE and entry.object_id}
    found: dict[int | None, str] = {}
    for made in Disclosure.objects.filter(pk__in=numbers).select_related("recipient", "recipient_cooperation"):
        if screen is None or screen.pk not in {made.discloser_id, made.recipient_id}:
            found[made.pk] = "en annan myndighet" if made.recipient else "samordnaren"
        elif made.recipient:
            found[made.pk] = made.recipient.name
        else:
            found[made.pk] = f"samordnaren i {made.recipient_cooperation}"
    return found


def _wheres(entries: Iterable[AuditEntry]) -> dict[tuple[int | None, int | None], str]:
    """By the hats of these entries: the names of its desks, or the role."""
    entries = list(entries)
    wheres: dict[tuple[int | None, int | None], str] = {}
    members = Membership.objects.filter(pk__in={entry.membership_id for entry in entries if entry.membership_id})
    for member in members.prefetch_related(Prefetch("seats", FunctionMember.objects.select_related("function"))):
        desks = sorted(seat.function.name for seat in member.seats.all())
        wheres[member.pk, None] = ", ".join(desks) or member.get_role_display()
    numbers = {entry.cooperation_role_id for entry in entries if entry.cooperation_role_id}
    for role in CooperationRole.objects.filter(pk__in=numbers).select_related("cooperation"):
        wheres[None, role.pk] = f"{role.get_role_display().capitalize()}, {role.cooperation.name}"
    return wheres


# ---------- who hears a call for help ----------
def outside_contacts(agency: Agency) -> QuerySet[Membership]:
    """Whom an agency can name to hear calls for help: anybody of its own who can sign in today."""
    found = Membership.objects.filter(active_on(), agency=agency, agency__left_on__isnull=True, user__is_active=True)
    return found.select_related("user").order_by("user__first_name", "user__last_name", "pk")


def outside_contact_of(agency: Agency) -> Membership | None:
    """Who has been named, and can still sign in."""
    named = OutsideContact.objects.filter(agency=agency).values("membership")
    return outside_contacts(agency).filter(pk__in=named).first()


def help_hearers(participant: Participant) -> set[int]:
    """Who hears when the participant needs help or feels wronged: never anybody of the daily team (R77, R78).

    Whoever the agency has named, or who stands in; else its managers who are there; else all its managers, since a
    call must not wait for somebody's return. Empty where the agency has nobody.
    """
    return help_hearers_of(participant.function.agency, [participant])[participant.pk]


def help_hearers_of(agency: Agency, participants: Collection[Participant]) -> dict[int, set[int]]:
    """By participant of the agency, who hears them. As many questions for thirty of them as for one."""
    named = Membership.objects.filter(pk__in=OutsideContact.objects.filter(agency=agency).values("membership"))
    managers = list(managers_of(agency))
    steps = (present_of(named), present_of(managers), {manager.pk for manager in managers})
    person_of = dict(Membership.objects.filter(pk__in=set().union(*steps)).values_list("pk", "user"))
    teams = _daily(participants)
    found: dict[int, set[int]] = {}
    for participant in participants:
        outside = ({pk for pk in step if person_of[pk] not in teams[participant.pk]} for step in steps)
        found[participant.pk] = next(filter(None, outside), set())
    return found


def _daily(participants: Collection[Participant]) -> dict[int, set[int]]:
    """By participant, the accounts of the daily team: all their hats, under whichever they work there."""
    desks: dict[int, set[int]] = {participant.function_id: set() for participant in participants}
    for desk, user in FunctionMember.objects.filter(function__in=desks).values_list("function", "membership__user"):
        desks[desk].add(user)
    found = {participant.pk: set(desks[participant.function_id]) for participant in participants}
    helping = Membership.objects.filter(helps__in=found)
    for pk, user in helping.values_list("helps", "user"):
        found[pk].add(user)
    return found
