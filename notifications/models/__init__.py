"""The post office: notices, what each person has chosen about them, and what leaves the house because of them."""

from notifications.models.choices import KindChoice, QuietHours
from notifications.models.mails import DigestMail, MailTrouble, OutgoingMail, ParticipantMail, SentMail
from notifications.models.notices import Counter, Epoch, Follow, Notification
from notifications.models.pushes import PushBrowser
from notifications.models.webhooks import Webhook, WebhookMessage

__all__ = [
    "Counter",
    "DigestMail",
    "Epoch",
    "Follow",
    "KindChoice",
    "MailTrouble",
    "Notification",
    "OutgoingMail",
    "ParticipantMail",
    "PushBrowser",
    "QuietHours",
    "SentMail",
    "Webhook",
    "WebhookMessage",
]
