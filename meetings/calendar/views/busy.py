"""A person's own calendar, of which only the busy times are kept: given, changed and taken away by themselves alone."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from meetings.calendar.actions.busy import give_address, give_file, remove_busy
from meetings.calendar.forms.busy import BusyForm
from meetings.calendar.queries.busy import busy_context, window
from meetings.calendar.states import BusyProblem
from meetings.ical.busy import Busy, busy_in
from meetings.ical.lines import UnreadCalendar
from workspace.doors import AnyHatRequest, do_once, hat_page


@hat_page
@sensitive_variables()
def busy(request: AnyHatRequest) -> HttpResponse:
    """Give the address of one's own calendar or a file of it, in place of what was given before."""
    form = BusyForm(request.POST, request.FILES) if request.method == "POST" else BusyForm()
    if form.is_bound and form.is_valid():
        address = form.cleaned_data["address"]
        read = None if address else _read(form)
        if address or read is not None:
            return do_once(request, "give_busy", lambda: _give(request, address, read))
    context = {"busy_form": form, **busy_context(request.user)}
    return render(request, "calendar/busy.html", context, status=422 if form.errors else 200)


def _read(form: BusyForm) -> Busy | None:
    """What a file says. Read before the transaction begins: it may take a second."""
    try:
        return busy_in(form.cleaned_data["file"].read(), *window(timezone.now()))
    except UnreadCalendar as error:
        form.add_error("file", BusyProblem(error.code).label)
        return None


def _give(request: AnyHatRequest, address: str, read: Busy | None) -> str:
    if read is None:
        give_address(by=request.hat, address=address)
        messages.success(request, "Adressen är sparad. Tiderna hämtas inom tio minuter.")
    else:
        give_file(by=request.hat, busy=read)
        messages.success(request, "Filen är läst. Bara tiderna är sparade.")
    return reverse("calendar")


@require_POST
@hat_page
def remove(request: AnyHatRequest) -> HttpResponse:
    """Take away one's own calendar and its busy times, at once."""

    def act() -> str:
        remove_busy(by=request.hat)
        messages.success(request, "Din kalender och dina upptagna tider är borttagna.")
        return reverse("calendar")

    return do_once(request, "remove_busy", act)
