"""When one is away, and who stands in."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from workspace.doors import MemberRequest, do_once, member_page
from workspace.forms import AbsenceForm
from workspace.front.actions import absences as actions
from workspace.queries import absences_of


@member_page
def absences(request: MemberRequest) -> HttpResponse:
    """One's own absences that have not passed, and a form for one more."""
    form = AbsenceForm(request.POST or None, member=request.hat)
    if request.method == "POST" and form.is_valid():

        def perform() -> str:
            actions.register_absence(by=request.hat, **form.cleaned_data)
            messages.success(request, "Frånvaron är sparad.")
            return reverse("absences")

        return do_once(request, "register_absence", perform)
    return render(request, "front/absences.html", {"form": form, "absences": list(absences_of(request.hat))})


@require_POST
@member_page
def end_absence(request: MemberRequest, pk: int) -> HttpResponse:
    """Take one's own absence away; 404 for anybody else's."""
    absence = get_object_or_404(absences_of(request.hat), pk=pk)

    def perform() -> str:
        actions.end_absence(by=request.hat, absence=absence)
        messages.success(request, "Frånvaron är borttagen.")
        return reverse("absences")

    return do_once(request, f"end_absence {pk}", perform)
