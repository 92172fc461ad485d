"""Every address of the product."""

from allauth.account.views import LoginView
from django.urls import include, path

from workspace.front.views import accounts, health

urlpatterns = [
    path("logga-in/", LoginView.as_view(), name="account_login"),
    path("logga-ut/", accounts.sign_out, name="account_logout"),
    # allauth names this address in its forms; nobody signs up on the web (AccountAdapter).
    path("logga-in/nytt/", LoginView.as_view(), name="account_signup"),
    # Answered before all else by workspace/front/middleware.py; here so that they have a name.
    path("health/", health.health, name="health"),
    path("metrics", health.metrics, name="metrics"),
    path("", include("notifications.urls")),
    path("", include("referrals.urls")),
    path("", include("meetings.urls")),
    path("", include("meetings.calendar.urls")),
    path("", include("meetings.figures.urls")),
    path("", include("meetings.steering.urls")),
    path("", include("workspace.front.urls")),
]
