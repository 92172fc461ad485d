"""Filters over what a hat may see. django-filter has no Swedish catalogue, so every label is ours."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import django_filters
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from referrals.models import Referral, ReferralKind
from referrals.queries import row_by_row
from referrals.states import OPEN_STATES, ReferralClass, ReferralState
from workspace.clocks import end_of
from workspace.models import SMALL_MUNICIPALITY, Agency, Cooperation, Function, Municipality, Participant

WAITED = [("14", "Minst 14 dagar"), ("30", "Minst 30 dagar"), ("90", "Minst 90 dagar"), ("180", "Minst 180 dagar")]


class ReferralFilter(django_filters.FilterSet):
    """The member's own list: whose turn, direction, open or ended."""

    tur = django_filters.ChoiceFilter(
        label="Vems tur", empty_label="Allas", choices=[("var", "Er tur"), ("deras", "Deras tur")], method="by_turn"
    )
    riktning = django_filters.ChoiceFilter(
        label="Riktning",
        empty_label="Till och från oss",
        choices=[("in", "Till oss"), ("ut", "Från oss")],
        method="by_direction",
    )
    lage = django_filters.ChoiceFilter(
        label="Läge",
        empty_label="Öppna",
        choices=[("avslutade", "Avslutade"), ("alla", "Alla")],
        method="by_state",
    )

    def __init__(self, *args: Any, agency: Agency, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.agency = agency

    def by_turn(self, referrals: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        ours = {"turn__agency": self.agency}
        return referrals.filter(**ours) if value == "var" else referrals.exclude(**ours)

    def by_direction(self, referrals: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        ours = {"sender__agency": self.agency}
        return referrals.exclude(**ours) if value == "in" else referrals.filter(**ours)

    def by_state(self, referrals: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        if value == "avslutade":
            return referrals.exclude(shown_state__in=OPEN_STATES)
        return referrals

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        found: QuerySet[Any] = super().filter_queryset(queryset)
        if not self.form.cleaned_data.get("lage"):
            found = found.filter(shown_state__in=OPEN_STATES)
        return found


TABS = {
    "sena": "Sena",
    "veckan": "Den här veckan",
    "obesvarade": "Obesvarade",
    "stannat": "Stannat av",
    "olost": "Oklart ansvar",
    "alla": "Öppna",
}
STALLED_AFTER = 30  # days without anything that the sender knows of


def in_tab(rows: QuerySet[Any], tab: str) -> QuerySet[Any]:
    """The rows of the board under one of its tabs. The week ends on Sunday; what is late has not also stalled."""
    today = timezone.localdate()
    sunday = today + timedelta(days=6 - today.weekday())
    match tab:
        case "sena":
            return rows.filter(last_day__lt=today)
        case "veckan":
            return rows.filter(last_day__gte=today, last_day__lte=sunday)
        case "obesvarade":
            return rows.filter(row_by_row(told_state=ReferralState.SENT))
        case "stannat":
            return rows.filter(row_by_row(told_at__lt=days_ago(STALLED_AFTER)), last_day__gte=today)
        case "olost":
            return rows.filter(disputed_at__isnull=False)
        case _:
            return rows


def days_ago(number: int) -> datetime:
    """What happened before this moment is at least so many calendar days old, as `days_since` counts."""
    return end_of(timezone.localdate() - timedelta(days=number))


class BoardFilter(django_filters.FilterSet):
    """The coordinator's board, rows of `board_of`. Filtering by class never finds what a small municipality hides.

    Desks and kinds are looked up first: the board's own query has no joins that could grow with what has ended.
    """

    vantar_pa = django_filters.ModelChoiceFilter(
        label="Väntar på", empty_label="Alla myndigheter", queryset=Agency.objects.none(), method="by_agency"
    )
    slag = django_filters.ChoiceFilter(
        label="Slag", empty_label="Alla slag", choices=ReferralClass.choices, method="by_class"
    )
    kommun = django_filters.ModelChoiceFilter(
        label="Kommun", empty_label="Alla kommuner", queryset=Municipality.objects.none(), method="by_municipality"
    )
    vantat = django_filters.ChoiceFilter(
        label="Väntat minst", empty_label="Hur länge som helst", choices=WAITED, method="by_days"
    )

    def __init__(self, *args: Any, cooperation: Cooperation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["vantar_pa"].field.queryset = cooperation.agencies.order_by("name")
        self.filters["kommun"].field.queryset = cooperation.municipalities.order_by("name")

    def by_agency(self, rows: QuerySet[Any], name: str, value: Agency) -> QuerySet[Any]:
        return rows.filter(row_by_row(told_turn__in=desks_where(agency=value)))

    def by_class(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        kinds = list(ReferralKind.objects.filter(referral_class=value).values_list("pk", flat=True))
        home = Participant.objects.filter(pk=OuterRef("participant_id")).values("municipality__inhabitants")[:1]
        small = desks_where(agency__municipality__inhabitants__lt=SMALL_MUNICIPALITY)
        shown = ~Q(sender__in=small) & Q(at_home__gte=SMALL_MUNICIPALITY)
        return rows.alias(at_home=Subquery(home)).filter(row_by_row(shown, kind__in=kinds))

    def by_municipality(self, rows: QuerySet[Any], name: str, value: Municipality) -> QuerySet[Any]:
        return rows.filter(row_by_row(sender__in=desks_where(agency__municipality=value)))

    def by_days(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(row_by_row(sent_at__lt=days_ago(int(value))))


def desks_where(**agency: Any) -> list[int]:
    return list(Function.objects.filter(**agency).values_list("pk", flat=True))


def kept_query(data: Mapping[str, str], cooperation: Cooperation) -> dict[str, str]:
    """What may stand in an address of the board or in a saved selection: known parameters with values that exist."""
    form = BoardFilter(data, queryset=Referral.objects.none(), cooperation=cooperation).form
    form.is_valid()
    kept = {name: data[name] for name in form.fields if form.cleaned_data.get(name)}
    return {"urval": data["urval"], **kept} if data.get("urval") in TABS else kept
