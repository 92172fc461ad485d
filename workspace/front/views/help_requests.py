"""What participants ask somebody outside the daily team for: read and answered (R77, R78)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from notifications.actions import mark_read
from notifications.queries import notifications_about
from workspace.doors import MemberRequest, do_once, log_reads, member_page
from workspace.front.actions.help import answer_help, open_help
from workspace.front.forms import AnswerHelpForm
from workspace.front.queries.help import access_help, help_requests_for
from workspace.rules import is_manager


@member_page
def help_requests(request: MemberRequest) -> HttpResponse:
    """What this hat hears."""
    rows = help_requests_for(request.hat)
    log_reads(request, "help_requests", None, [row.participant_id for row in rows])
    return render(request, "front/help_requests.html", {"rows": rows, "chooses": is_manager(request.hat)})


@member_page
def help_request(request: MemberRequest, pk: int) -> HttpResponse:
    """One of them. Opening it tells the participant that somebody has read it; the answer goes to their page."""
    asked = access_help(request.hat, pk)
    form = AnswerHelpForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():

        def perform() -> str:
            answer_help(by=request.hat, asked=asked, text=form.cleaned_data["text"])
            messages.success(request, "Svaret är skickat. Deltagaren läser det på sin sida.")
            return reverse("help_request", args=[pk])

        return do_once(request, f"answer_help {pk}", perform)
    log_reads(request, "help_request", pk, [asked.participant_id])
    open_help(by=request.hat, asked=asked)
    mark_read(by=request.hat, notifications=notifications_about(request.hat, "help.", pk))
    return render(
        request, "front/help_request.html", {"asked": asked, "form": form}, status=422 if form.errors else 200
    )
