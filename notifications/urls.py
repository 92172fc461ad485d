from django.urls import path

from notifications.views import bell, choices, push, unsubscribe, webhooks

urlpatterns = [
    path("handelser/", bell.notifications, name="notifications"),
    path("handelser/lista/", bell.notifications_fragment, name="notifications_fragment"),
    path("handelser/klocka/", bell.bell, name="bell"),
    path("handelser/lasta/", bell.read_all, name="read_all"),
    path("handelser/angra/", bell.undo_read_all, name="undo_read_all"),
    path("handelser/markera/", bell.mark, name="mark_notices"),
    path("aviseringar/", choices.choices, name="notice_choices"),
    path("aviseringar/roll/", choices.role_choice, name="notice_role_choice"),
    path("aviseringar/tysta-timmar/", choices.quiet_hours, name="notice_quiet_hours"),
    path("aviseringar/aterstall/", choices.reset, name="reset_notice_choices"),
    path("mejlstopp/<str:token>/", unsubscribe.unsubscribe, name="unsubscribe"),
    path("aviseringar/webblasare/", push.turn_on, name="push_on"),
    path("aviseringar/webblasare/<int:pk>/prov/", push.trial, name="push_trial"),
    path("aviseringar/webblasare/<int:pk>/ta-bort/", push.remove, name="push_off"),
    path("enhet/kopplingar/", webhooks.webhooks, name="webhooks"),
    path("enhet/kopplingar/ny/", webhooks.make_webhook, name="make_webhook"),
    path("enhet/kopplingar/<int:pk>/nyckel/", webhooks.change_webhook_key, name="change_webhook_key"),
    path("enhet/kopplingar/<int:pk>/prov/", webhooks.try_webhook, name="try_webhook"),
    path("enhet/kopplingar/<int:pk>/stoppa/", webhooks.stop_webhook, name="stop_webhook"),
    path("enhet/kopplingar/<int:pk>/starta/", webhooks.start_webhook, name="start_webhook"),
    path("enhet/kopplingar/<int:pk>/ta-bort/", webhooks.remove_webhook, name="remove_webhook"),
    path("enhet/kopplingar/<int:pk>/skicka-igen/", webhooks.resend_webhook_since, name="resend_webhook_since"),
    path("enhet/kopplingar/<int:pk>/<int:message>/", webhooks.resend_webhook_message, name="resend_webhook_message"),
    path("enhet/kopplingar/<int:pk>/glom/", webhooks.forget_dead_messages, name="forget_dead_messages"),
    path("sw.js", push.service_worker, name="service_worker"),
]
