"""Every address of the product."""

from allauth.account.views import LoginView
from django.urls import include, path
from health_check.views import HealthCheckView

from workspace.front.views import accounts

urlpatterns = [
    path("logga-in/", LoginView.as_view(), name="account_login"),
    path("logga-ut/", accounts.sign_out, name="account_logout"),
    # allauth names this address in its forms; nobody signs up on the web (AccountAdapter).
    path("logga-in/nytt/", LoginView.as_view(), name="account_signup"),
    path("health/", HealthCheckView.as_view(checks=["health_check.checks.Database"]), name="health"),
    path("", include("notifications.urls")),
    path("", include("referrals.urls")),
    path("", include("meetings.urls")),
    path("", include("meetings.calendar.urls")),
    path("", include("meetings.figures.urls")),
    path("", include("meetings.steering.urls")),
    path("", include("workspace.front.urls")),
]
