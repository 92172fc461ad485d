"""Reading what a hat has been told."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone

from notifications.models import (
    Counter,
    DigestMail,
    Epoch,
    Follow,
    KindChoice,
    MailTrouble,
    Notification,
    PushBrowser,
    QuietHours,
    Webhook,
    WebhookMessage,
)
from notifications.registry import NoticeKind, all_kinds
from notifications.rules import ROLE_REMINDERS, Choice, default_choice, is_quiet, quiet_at, read_stop_token
from notifications.states import DigestRhythm, Reader, Urgency
from workspace.models import CooperationRole, Membership, UserAccount
from workspace.queries import memberships_worn_today
from workspace.rules import Hat, active_on, is_manager


def epoch() -> str:
    """The present epoch, as the wire says it."""
    return str(Epoch.objects.values_list("value", flat=True).get(pk=1))


def last_seq(member: Membership) -> int:
    """The highest sequence number this hat has been given; 0 before the first."""
    return Counter.objects.filter(pk=member.pk).values_list("last_seq", flat=True).first() or 0


def stand(memberships: Iterable[int]) -> tuple[str, dict[int, int]]:
    """The present epoch, and the highest sequence number of each of these hats that has been told anything."""
    return epoch(), dict(Counter.objects.filter(pk__in=memberships).values_list("pk", "last_seq"))


def notifications_of(member: Membership) -> QuerySet[Notification]:
    """What this hat has been told and can still open, newest first."""
    return (
        Notification.objects.filter(membership=member, closed_at__isnull=True)
        .select_related("acting_agency")
        .order_by("-seq")
    )


def notifications_since(member: Membership, since: datetime) -> QuerySet[Notification]:
    return notifications_of(member).filter(made_at__gte=since)


def notifications_about(member: Membership, kind_prefix: str, object_id: int) -> QuerySet[Notification]:
    """What this hat has been told of one thing."""
    return Notification.objects.filter(membership=member, kind__startswith=kind_prefix, object_id=object_id)


def notifications_leading_to(member: Membership, address: str, object_id: int) -> QuerySet[Notification]:
    """What this hat has been told that leads to one page."""
    codes = [kind.code for kind in all_kinds().values() if kind.address == address]
    return Notification.objects.filter(membership=member, kind__in=codes, object_id=object_id)


def unread_count(member: Membership) -> int:
    return Notification.objects.filter(membership=member, read_at__isnull=True, closed_at__isnull=True).count()


def sequence_after(membership_id: int, seq: int) -> list[tuple[int, int]]:
    """(id, seq) of everything told after `seq`, in order. Closed and read ones too: the sequence has no gaps."""
    return list(
        Notification.objects.filter(membership_id=membership_id, seq__gt=seq).order_by("seq").values_list("pk", "seq")
    )


# ---------- mail that does not get through ----------
SETTLED = timedelta(days=2)  # so long after a mail was taken no bounce of it is to be expected


def trouble_lives() -> Q:
    """Troubles with mail that still are: the address is the same, and no mail has been taken that stayed."""
    stayed = Q(taken_at__isnull=True) | Q(taken_at__gt=timezone.now() - SETTLED)
    return Q(address=F("user__email")) & stayed


def mail_trouble_of(user: UserAccount) -> MailTrouble | None:
    """That mail to this person does not get through, if so."""
    return MailTrouble.objects.filter(trouble_lives(), user=user).first()


def mail_troubles_at(member: Membership) -> QuerySet[MailTrouble]:
    """Those at a manager's own agency whom mail does not reach, since longest first; nobody for anybody else.

    Names of colleagues, and so within the agency only. One query.
    """
    if not is_manager(member):
        return MailTrouble.objects.none()
    hats = Membership.objects.filter(active_on(), agency=member.agency_id)
    found = MailTrouble.objects.filter(trouble_lives(), user__in=hats.values("user"), user__is_active=True)
    return found.select_related("user").order_by("since", "pk")


# ---------- the bell ----------
def bell_stand(member: Membership) -> tuple[str, int, int]:
    """The present epoch, the highest sequence number this hat has been given, and how much it has not read. One query,
    since every page asks."""
    unread = (
        Notification.objects.filter(membership=member, read_at__isnull=True, closed_at__isnull=True)
        .order_by()
        .values("membership")
        .annotate(number=Count("pk"))
    )
    counter = Counter.objects.filter(pk=member.pk)
    row = Epoch.objects.filter(pk=1).annotate(
        last=Coalesce(Subquery(counter.values("last_seq")), 0), unread=Coalesce(Subquery(unread.values("number")), 0)
    )
    value, last, number = row.values_list("value", "last", "unread").get()
    return str(value), last, number


def unread_first(member: Membership, most: int) -> QuerySet[Notification]:
    """What this hat has not read, what asks most of it first, and then the newest; at most so many."""
    return notifications_of(member).filter(read_at__isnull=True).order_by("urgency", "-seq")[:most]


def read_before(member: Membership, before: int | None, most: int) -> QuerySet[Notification]:
    """What this hat has read, newest first, told before a sequence number; at most so many."""
    found = notifications_of(member).filter(read_at__isnull=False)
    return (found if before is None else found.filter(seq__lt=before))[:most]


def marked_at(member: Membership, moment: datetime) -> int:
    """How much of what this hat has been told was marked as read at exactly that moment."""
    return notifications_of(member).filter(read_at=moment).count()


# ---------- choices ----------
def choices_of(users: Iterable[int], kinds: Collection[str]) -> dict[tuple[int, str], Choice]:
    """How each of these people hears of each of these kinds, by (user, kind): as chosen, else by default. One query."""
    people = set(users)
    found = {
        (pk, code): default_choice(all_kinds()[code].urgency if code in all_kinds() else Urgency.KNOW)
        for pk in people
        for code in kinds
    }
    for row in KindChoice.objects.filter(user__in=people, kind__in=kinds):
        found[row.user_id, row.kind] = Choice(row.on_page, DigestRhythm(row.mail), row.push)
    return found


def quiet_hours_of(user: UserAccount) -> QuietHours | None:
    """When nothing is mailed or pushed to this person; None where they have chosen nothing."""
    return QuietHours.objects.filter(user=user).first()


def awake(user: str, now: datetime) -> Q:
    """Rows of people who are not in their quiet hours. `user` is the path to them, for example "membership__user"."""
    own = QuietHours.objects.filter(user=OuterRef(user))
    is_awake = Q(Exists(own.exclude(quiet_at(now))))
    return is_awake if is_quiet(None, now) else is_awake | ~Q(Exists(own))


def kinds_for(hats: Iterable[Membership | CooperationRole]) -> list[NoticeKind]:
    """The kinds that somebody who wears these hats can be told of. A role in a cooperation is told of none."""
    worn = [hat for hat in hats if isinstance(hat, Membership)]
    readers = {Reader.ANYBODY} if worn else set()
    readers |= {Reader.MANAGER if is_manager(hat) else Reader.DESK for hat in worn}
    return [kind for kind in all_kinds().values() if kind.reader in readers]


def is_reminded_by_role(hats: Iterable[Membership | CooperationRole]) -> bool:
    """Whether one of these hats is a role that the chasing can reach by mail: `ROLE_REMINDERS`."""
    return any(isinstance(hat, CooperationRole) for hat in hats)


def follow_of(member: Membership, about: str, object_id: int) -> bool | None:
    """Whether a hat follows a thing or has unfollowed it; None where it has said nothing."""
    own = Follow.objects.filter(membership=member, about=about, object_id=object_id)
    return own.values_list("follows", flat=True).first()


def follow_shown(member: Membership, about: str, object_id: int, *, adds: bool) -> dict[str, object]:
    """What `notifications/_follow.html` shows. `adds`: following tells of more than the hat is told of anyway."""
    follows = follow_of(member, about, object_id)
    return {"about": about, "pk": object_id, "follows": follows, "adds": adds}


def followers_of(about: str, object_id: int) -> QuerySet[Membership]:
    """The hats that follow a thing. Whoever tells them asks first whether they may still open it."""
    return memberships_worn_today().filter(
        follows__about=about, follows__object_id=object_id, follows__follows=True, user__is_active=True
    )


# ---------- web push ----------
def push_browsers_of(user: UserAccount) -> QuerySet[PushBrowser]:
    """The browsers in which this person is told, the oldest first."""
    return PushBrowser.objects.filter(user=user).order_by("made_at", "pk")


def access_push_browser(user: UserAccount, pk: int) -> PushBrowser:
    """One of a person's own browsers; 404 for anybody else's, as for one that is not there."""
    return get_object_or_404(push_browsers_of(user), pk=pk)


def pushes_due(now: datetime) -> QuerySet[PushBrowser]:
    """Browsers to be told now: a trial was asked for, or something unread has come since they were last told.

    Of a kind that their person has chosen to be pushed or, having chosen nothing, whose urgency says so; in a hat that
    they may wear today; outside their quiet hours. Longest waited first.
    """
    chosen = KindChoice.objects.filter(user=OuterRef("membership__user"), kind=OuterRef("kind"))
    by_default = Q(urgency__in=[each for each in Urgency if default_choice(each).push]) & ~Exists(chosen)
    unread = Notification.objects.filter(
        by_default | Exists(chosen.filter(push=True)),
        membership__in=memberships_worn_today().values("pk"),
        membership__user=OuterRef("user"),
        made_at__gt=OuterRef("told_until"),
        read_at__isnull=True,
        closed_at__isnull=True,
    )
    is_due = Q(trial_at__isnull=False) | (Exists(unread) & awake("user", now))
    return PushBrowser.objects.filter(is_due, user__is_active=True, not_before__lte=now).order_by("not_before", "pk")


def mail_stopped_by(token: str) -> tuple[UserAccount, list[str]] | None:
    """Whose digest mail a token names, and the kinds it was for; None for a token that is none of ours.

    Where the mail is no longer known (a restored backup), every kind: whoever asks for no more mail gets none.
    """
    named = read_stop_token(token)
    user = UserAccount.objects.filter(pk=named[0]).first() if named else None
    if named is None or user is None:
        return None
    mail = DigestMail.objects.filter(user=user, day=named[1]).first()
    return user, list(mail.kinds) if mail and mail.kinds else [*all_kinds(), ROLE_REMINDERS]


# ---------- agencies' own systems ----------
SHOWN = 20  # of the last messages of a webhook


def live_webhooks() -> QuerySet[Webhook]:
    """Those that are told: not stopped, of agencies that have not left."""
    stays = Q(agency__left_on__isnull=True) | Q(agency__left_on__gt=timezone.localdate())
    return Webhook.objects.filter(stays, stopped_at__isnull=True)


def owed(messages: QuerySet[WebhookMessage]) -> QuerySet[WebhookMessage]:
    """Those that are still to be sent."""
    return messages.filter(delivered_at__isnull=True, dead_at__isnull=True)


def webhooks_owed(now: datetime) -> list[tuple[int, bool]]:
    """Webhooks that something is due for, and whether something of what waits has failed there. In no order, so that
    no receiver that hangs is always first."""
    waits = owed(WebhookMessage.objects.filter(webhook=OuterRef("pk")))
    found = live_webhooks().filter(Exists(waits.filter(next_try_at__lte=now)))
    return list(found.order_by("?").values_list("pk", Exists(waits.filter(tries__gt=0))))


def webhooks_of(member: Hat) -> QuerySet[Webhook]:
    """The webhooks of a manager's own agency; nobody else has any."""
    if not is_manager(member):
        return Webhook.objects.none()
    return Webhook.objects.filter(agency=member.agency_id).order_by("pk")


def access_webhook(member: Hat, pk: int) -> Webhook:
    """One of them, or the same 404 as for one that does not exist."""
    found = webhooks_of(member).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def webhooks_shown(member: Hat) -> QuerySet[Webhook]:
    """As `webhooks_of`, each with its last messages (`last`), what is dead (`dead`) and how much of each there is."""
    newest = WebhookMessage.objects.order_by("-pk")
    some = Prefetch("messages", newest[:SHOWN], to_attr="last")
    dead = Prefetch("messages", newest.filter(dead_at__isnull=False)[:SHOWN], to_attr="dead")
    return (
        webhooks_of(member)
        .prefetch_related(some, dead)
        .annotate(
            dead_count=Count("messages", filter=Q(messages__dead_at__isnull=False)),
            owed_count=Count("messages", filter=Q(messages__delivered_at__isnull=True, messages__dead_at__isnull=True)),
        )
    )


def dead_messages_at(member: Hat) -> int:
    """How many messages to the systems of a manager's own agency did not come through."""
    return WebhookMessage.objects.filter(webhook__in=webhooks_of(member), dead_at__isnull=False).count()
