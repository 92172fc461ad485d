"""A manager says whether the agency's enrolments are counted in a cooperation's figures."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from meetings.figures.actions.agreements import agree_to_figures, end_agreement_on_figures
from meetings.figures.queries import access_own_cooperation, agreements_of
from workspace.doors import MemberRequest, do_once, member_page
from workspace.errors import SomebodyWasFaster


@require_GET
@member_page
def agreement(request: MemberRequest) -> HttpResponse:
    """What is counted, and where the agency is in. For a manager; nothing here is about a person."""
    rows = agreements_of(request.hat)
    if rows and all(row.agreement for row in rows):
        headline = "Ni är med i siffrorna"
    elif any(row.agreement for row in rows):
        headline = "Ni är med i en del av siffrorna"
    else:
        headline = "Ni är inte med i siffrorna"
    return render(request, "figures/agreement.html", {"rows": rows, "headline": headline})


@require_POST
@member_page
def agree(request: MemberRequest, pk: int) -> HttpResponse:
    cooperation = access_own_cooperation(request.hat, pk).cooperation

    def act() -> str:
        agree_to_figures(by=request.hat, cooperation=cooperation)
        messages.success(request, f"Ni är med i siffrorna för {cooperation.name}.")
        return reverse("figures_agreement")

    return do_once(request, "figures_agree", act)


@require_POST
@member_page
def end(request: MemberRequest, pk: int) -> HttpResponse:
    found = access_own_cooperation(request.hat, pk)

    def act() -> str:
        if found.agreement is None:
            raise SomebodyWasFaster("Ni är inte med i siffrorna.")
        end_agreement_on_figures(by=request.hat, agreement=found.agreement)
        messages.success(request, f"Ni är inte längre med i siffrorna för {found.cooperation.name}.")
        return reverse("figures_agreement")

    return do_once(request, "figures_end_agreement", act)
