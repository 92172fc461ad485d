"""Filters over what a hat may see. django-filter has no Swedish catalogue, so every label is ours."""

from datetime import timedelta
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone

from referrals.states import OPEN_STATES, ReferralClass
from workspace.models import SMALL_MUNICIPALITY, Agency, Cooperation, Municipality

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


class BoardFilter(django_filters.FilterSet):
    """The coordinator's board. Filtering by class never finds what is hidden in a small municipality."""

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
        return rows.filter(shown_turn_agency=value.pk)

    def by_class(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(
            kind__referral_class=value,
            participant__municipality__inhabitants__gte=SMALL_MUNICIPALITY,
        ).exclude(sender__agency__municipality__inhabitants__lt=SMALL_MUNICIPALITY)

    def by_municipality(self, rows: QuerySet[Any], name: str, value: Municipality) -> QuerySet[Any]:
        return rows.filter(sender__agency__municipality=value)

    def by_days(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(sent_at__lte=timezone.now() - timedelta(days=int(value)))
