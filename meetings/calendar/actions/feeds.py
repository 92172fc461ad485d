"""What a person chooses of their calendar: calls by mail, the reminder, and addresses to subscribe to."""

import secrets

from django.db.models import Q
from django.utils import timezone

from meetings.calendar.actions.keeping import rewrite_texts
from meetings.calendar.models import Entry, FeedAddress, PersonalCalendar
from meetings.calendar.queries.feeds import NOTED, addresses_of
from meetings.calendar.states import MOST_ADDRESSES
from workspace.actions import action, record_act
from workspace.actions.accounts import digest_of
from workspace.errors import NotAllowed
from workspace.models import UserAccount
from workspace.rules import Hat
from workspace.states import AuditAct

TOO_MANY = f"Du har redan {MOST_ADDRESSES} adresser. Ta bort en som inte används, och gör sedan en ny."


def lock_calendar(user: UserAccount) -> PersonalCalendar:
    """The row of a person's choices, made where there is none: what is done to their calendar is done in turns."""
    PersonalCalendar.objects.get_or_create(user=user)
    return PersonalCalendar.objects.select_for_update().get(pk=user.pk)


@action
def make_address(*, by: Hat, name: str) -> str:
    """Give the person behind a hat a new address for their feed. Returns its token, which is kept nowhere.

    An address of the same name that nothing has been fetched from ends: its token was shown to somebody who did not
    keep it, or the form was sent twice. Refuses more than `MOST_ADDRESSES` at a time.
    """
    lock_calendar(by.user)
    live = addresses_of(by.user)
    live.filter(name=name, read_at__isnull=True).update(ended_at=timezone.now())
    if live.count() >= MOST_ADDRESSES:
        raise NotAllowed(TOO_MANY)
    token = secrets.token_urlsafe(32)
    made = FeedAddress.objects.create(user=by.user, name=name, digest=digest_of(token))
    record_act(by=by, act=AuditAct.WRITE, what="feed_address", object_id=made.pk)
    return token


@action
def end_address(*, by: Hat, address: FeedAddress) -> None:
    """Take an address away: from now on it gives what one gives that never was. A repeat changes nothing."""
    if addresses_of(by.user).filter(pk=address.pk).update(ended_at=timezone.now()):
        record_act(by=by, act=AuditAct.WRITE, what="feed_address.end", object_id=address.pk)


@action
def note_read(*, address: int) -> None:
    """Write down that a calendar has fetched from an address, at most once an hour."""
    now = timezone.now()
    due = Q(read_at__isnull=True) | Q(read_at__lte=now - NOTED)
    FeedAddress.objects.filter(due, pk=address).update(read_at=now)


@action
def choose_calls(*, by: Hat, by_mail: bool, reminder: int | None) -> None:
    """Say whether calls come by mail too, and when the calendar reminds (minutes before; None: never).

    Where they come no more the next round of mails takes back what has been mailed and is not over yet.
    A new reminder writes the feed's events anew. Locks the events first, as the keeping of a group does.
    """
    events = Entry.objects.select_for_update(of=("self",)).filter(user=by.user, ended_at__isnull=True)
    list(events.order_by("pk").values_list("pk"))
    calendar = lock_calendar(by.user)
    other = calendar.reminder != reminder
    calendar.by_mail, calendar.reminder = by_mail, reminder
    calendar.save(update_fields=["by_mail", "reminder"])
    record_act(by=by, act=AuditAct.WRITE, what="calendar")
    if other:
        rewrite_texts(user=by.user)
