"""Agreements on time: what each agency puts into the cooperation, for its coordinator and chair."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from meetings.queries.groups import agencies_of
from meetings.steering.actions.co_financing import Terms, agree_on_time, change_agreement
from meetings.steering.forms.co_financing import AgreementForm
from meetings.steering.queries.co_financing import (
    access_agreement,
    access_arranged,
    agencies_without_steering_seat,
    agreement_rows,
    people_for,
)
from workspace.doors import AnyHatRequest, do_once, hat_page
from workspace.errors import Refusal


@require_GET
@hat_page
def co_financing(request: AnyHatRequest) -> HttpResponse:
    """Every agreement, those that hold first, and which of the agencies have no seat in a steering group (R7)."""
    cooperation = access_arranged(request.hat)
    rows = agreement_rows(cooperation)
    context = {
        "cooperation": cooperation,
        "rows": [row for row in rows if not row.has_ended],
        "ended": [row for row in rows if row.has_ended],
        "without_seat": agencies_without_steering_seat(rows),
    }
    return render(request, "steering/co_financing.html", context)


@hat_page
def new(request: AnyHatRequest) -> HttpResponse:
    """Write a new agreement."""
    cooperation = access_arranged(request.hat)
    agencies = agencies_of(cooperation)
    form = AgreementForm(request.POST or None, agencies=agencies, people=people_for(agencies))

    def act() -> str:
        agency = form.cleaned_data["agency"]
        agree_on_time(by=request.hat, cooperation=cooperation, agency=agency, terms=_terms(form))
        messages.success(request, f"Avtalet med {agency.name} är sparat.")
        return reverse("co_financing")

    lede = "Så mycket tid lägger myndigheten varje månad. Tidrapporten kommer av sig själv när månaden är slut."
    return _form_page(request, "new_co_financing", form, act, title="Nytt avtal om tid", lede=lede)


@hat_page
def change(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Change an agreement, or end it."""
    agreement = access_agreement(request.hat, pk)
    agencies = agencies_of(agreement.cooperation)
    names = ("hours", "budget_line", "reporter", "contact", "from_on", "to_on")
    form = AgreementForm(
        request.POST or None,
        agencies=agencies,
        people=people_for(agencies, agreement),
        known=agreement,
        initial={name: getattr(agreement, name) for name in names},
    )

    def act() -> str:
        change_agreement(by=request.hat, agreement=agreement, terms=_terms(form))
        messages.success(request, f"Avtalet med {agreement.agency.name} är ändrat.")
        return reverse("co_financing")

    lede = "Nya timmar från en viss dag? Sätt en sista dag här, och skriv ett nytt avtal från dagen efter."
    return _form_page(request, "change_co_financing", form, act, title=f"Avtal med {agreement.agency.name}", lede=lede)


def _terms(form: forms.Form) -> Terms:
    return Terms(**{name: value for name, value in form.cleaned_data.items() if name != "agency"})


def _form_page(
    request: AnyHatRequest, name: str, form: forms.Form, act: Callable[[], str], **context: Any
) -> HttpResponse:
    """Show a form; sent and right, do its act once. What the action refuses stands above the form, nothing is lost."""
    refused = 0
    if request.method == "POST" and form.is_valid():
        try:
            return do_once(request, name, act)
        except Refusal as refusal:
            if refusal.status not in {409, 422}:
                raise
            refused = refusal.status
            form.add_error(None, refusal.sentence)
    status = refused or (422 if form.errors else 200)
    return render(request, "steering/co_financing_form.html", {"form": form, **context}, status=status)
