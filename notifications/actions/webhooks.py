"""An agency's own case system is told: connected by its manager, and what it is to be told queued in the act itself."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from notifications.models import Notification, Webhook, WebhookMessage
from notifications.queries import live_webhooks, owed, webhooks_of
from notifications.registry import all_kinds
from notifications.sending.webhooks import make_key
from notifications.states import WebhookProblem
from workspace.actions import action, record_act
from workspace.errors import NotAllowed
from workspace.models import Agency, Membership
from workspace.outside.addresses import checked
from workspace.outside.sealing import opened, sealed
from workspace.rules import is_manager
from workspace.states import AuditAct

SALT = "notifications.webhooks"
MOST = 3  # webhooks of an agency
BOTH_SIGN = timedelta(hours=24)
KEPT, KEPT_DEAD = timedelta(days=30), timedelta(days=90)
TRIAL = "webhook.test"
FULL = f"Enheten har redan {MOST} kopplingar. Ta bort en som inte används, och gör sedan en ny."


# ---------- in the act ----------
def queue_webhook_messages(rows: Iterable[Notification]) -> None:
    """See to it that the own systems of those who are told hear of it: one message per notice and webhook.

    Call it inside an action. One query, and one more where somebody has a webhook. A referral's number goes along;
    the numbers of other things are days and words, and stay here.
    """
    told = {row.membership_id for row in rows}
    if not told:
        return
    listening: dict[int, list[int]] = {}
    for webhook, hat in live_webhooks().filter(agency__memberships__in=told).values_list("pk", "agency__memberships"):
        listening.setdefault(hat, []).append(webhook)
    wanted = dict.fromkeys(
        (webhook, row.kind, row.object_id, row.number)
        for row in rows
        for webhook in listening.get(row.membership_id, ())
    )
    if wanted:
        WebhookMessage.objects.bulk_create([_message(*each) for each in wanted])


def _message(webhook: int, kind: str, object_id: int, number: str) -> WebhookMessage:
    about = all_kinds()[kind].about
    return WebhookMessage(
        webhook_id=webhook,
        message_id=f"msg_{uuid.uuid4().hex}",
        kind=kind,
        about=about,
        object_id=object_id,
        number=number if about == "referral" else "",
    )


# ---------- by the manager ----------
@action
@sensitive_variables("key")
def make_webhook(*, by: Membership, address: str) -> str:
    """Connect the agency's own system at an address, and return the key to sign with, which is shown once.

    The same address again gets a new key, as by `change_key`: the first was shown to somebody who did not keep it, or
    the form was sent twice. Refuses anybody but a manager, an address that may not be reached (`Refused`), and more
    than `MOST` at a time.
    """
    _require_manager(by)
    known = checked(address, inside=settings.WEBHOOK_HOSTS)
    Agency.objects.select_for_update(no_key=True).get(pk=by.agency_id)
    ours = list(webhooks_of(by))
    same = next((webhook for webhook in ours if opened(webhook.address, salt=SALT) == str(known)), None)
    if same is not None:
        return change_key(by=by, webhook=same)
    if len(ours) >= MOST:
        raise NotAllowed(FULL)
    key = make_key()
    made = Webhook.objects.create(
        agency_id=by.agency_id,
        address=sealed(str(known), salt=SALT),
        host=known.host,
        signing_key=sealed(key, salt=SALT),
        made_by=by,
    )
    record_act(by=by, act=AuditAct.WRITE, what="webhook", object_id=made.pk)
    return key


@action
@sensitive_variables("key")
def change_key(*, by: Membership, webhook: Webhook) -> str:
    """Give a webhook a new key and return it. For 24 hours the key before signs too.

    Changed once more within them, that first key goes on signing and the one between, which nobody had time to use,
    is gone.
    """
    found = _locked(by, webhook)
    now, key = timezone.now(), make_key()
    if found.key_changed_at is None or found.key_changed_at <= now - BOTH_SIGN:
        found.previous_key = found.signing_key
        found.key_changed_at = now
    found.signing_key = sealed(key, salt=SALT)
    found.save(update_fields=["signing_key", "previous_key", "key_changed_at"])
    record_act(by=by, act=AuditAct.WRITE, what="webhook.key", object_id=found.pk)
    return key


@action
def send_trial(*, by: Membership, webhook: Webhook) -> None:
    """Queue a message about nothing: the minute sends it as any other. Refuses a webhook that is stopped."""
    found = _locked(by, webhook)
    if found.stopped_at:
        raise NotAllowed("Kopplingen är stoppad. Starta den först.")
    WebhookMessage.objects.create(
        webhook=found, message_id=f"msg_{uuid.uuid4().hex}", kind=TRIAL, about="webhook", object_id=found.pk
    )
    record_act(by=by, act=AuditAct.WRITE, what=TRIAL, object_id=found.pk)


@action
def stop_webhook(*, by: Membership, webhook: Webhook) -> None:
    """Send nothing more, and queue nothing: what waits is dead, and can be sent again. A repeat changes nothing."""
    if end_webhook(webhook=_locked(by, webhook), problem=WebhookProblem.STOPPED):
        record_act(by=by, act=AuditAct.WRITE, what="webhook.stop", object_id=webhook.pk)


def end_webhook(*, webhook: Webhook, problem: str, is_unwanted: bool = False) -> bool:
    """Stop a webhook and all that waits for it, with why. False where it was stopped already. Call it in an action."""
    now = timezone.now()
    running = Webhook.objects.filter(pk=webhook.pk, stopped_at__isnull=True)
    if not running.update(stopped_at=now, is_unwanted=is_unwanted):
        return False
    owed(WebhookMessage.objects.filter(webhook=webhook)).update(dead_at=now, claimed_at=None, last_error=problem)
    return True


@action
def start_webhook(*, by: Membership, webhook: Webhook) -> None:
    """Queue and send again from now on. What happened meanwhile was never queued. A repeat changes nothing."""
    found = _locked(by, webhook)
    if Webhook.objects.filter(pk=found.pk, stopped_at__isnull=False).update(stopped_at=None, is_unwanted=False):
        record_act(by=by, act=AuditAct.WRITE, what="webhook.start", object_id=found.pk)


@action
def remove_webhook(*, by: Membership, webhook: Webhook) -> None:
    """Take a webhook away with its address, its keys and all its messages."""
    found = _locked(by, webhook)
    record_act(by=by, act=AuditAct.WRITE, what="webhook.remove", object_id=found.pk)
    found.delete()


@action
def resend(*, by: Membership, webhook: Webhook, messages: QuerySet[WebhookMessage]) -> int:
    """Queue messages of a webhook again as if they had never been tried, under the same ids; returns how many.

    What is being sent at this moment is left to that. Refuses a webhook that is stopped.
    """
    found = _locked(by, webhook)
    if found.stopped_at:
        raise NotAllowed("Kopplingen är stoppad. Starta den först, och skicka sedan igen.")
    again = messages.filter(webhook=found, claimed_at__isnull=True).update(
        next_try_at=timezone.now(), first_tried_at=None, tries=0, delivered_at=None, dead_at=None, last_error=""
    )
    record_act(by=by, act=AuditAct.WRITE, what="webhook.resend", object_id=found.pk)
    return again


def resend_since(*, by: Membership, webhook: Webhook, since: datetime) -> int:
    """Queue again all that was made since a moment, also what came through: a system that has lost it knows the ids."""
    return resend(by=by, webhook=webhook, messages=WebhookMessage.objects.filter(made_at__gte=since))


@action
def forget_dead(*, by: Membership, webhook: Webhook) -> None:
    """Take away what did not come through: the manager has seen to it in another way."""
    found = _locked(by, webhook)
    WebhookMessage.objects.filter(webhook=found, dead_at__isnull=False).delete()
    record_act(by=by, act=AuditAct.WRITE, what="webhook.forget", object_id=found.pk)


def _require_manager(by: Membership) -> None:
    if not is_manager(by):
        raise NotAllowed("Bara enhetens chef kopplar ihop Samverkansrum med ett annat system.")


def _locked(by: Membership, webhook: Webhook) -> Webhook:
    """The webhook as it is now, for this manager's hands alone."""
    _require_manager(by)
    found = webhooks_of(by).select_for_update(no_key=True, of=("self",)).filter(pk=webhook.pk).first()
    if found is None:
        raise NotAllowed("Kopplingen är borttagen.")
    return found


# ---------- by the clock ----------
@action
def forget_webhook_messages() -> None:
    """Delete what was delivered 30 days ago, what died 90 days ago, and what waits for agencies that have left."""
    now = timezone.now()
    WebhookMessage.objects.filter(delivered_at__lt=now - KEPT).delete()
    WebhookMessage.objects.filter(dead_at__lt=now - KEPT_DEAD).delete()
    owed(WebhookMessage.objects.filter(webhook__agency__left_on__lte=timezone.localdate())).delete()
    Webhook.objects.filter(key_changed_at__lte=now - BOTH_SIGN).exclude(previous_key="").update(previous_key="")
