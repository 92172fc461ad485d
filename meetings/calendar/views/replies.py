"""An answer that somebody gave in their own calendar, as a file: for where no mail came through."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from meetings.calendar.actions.replies import take_mail
from meetings.calendar.forms.replies import ReplyForm
from meetings.calendar.models import ReceivedReply
from meetings.calendar.states import Outcome, Why
from meetings.ical.replies import read_file
from meetings.states import Answer
from workspace.doors import AnyHatRequest, do_once, hat_page
from workspace.swedish import say_time, say_weekday_date

WRITTEN = {Answer.COMING: "du kommer", Answer.NOT_COMING: "du inte kan", Answer.OTHER_TIME: "du vill ha en annan tid"}
PROPOSED = "Ditt förslag på en annan tid gäller nästa möte i serien."
AGAIN = "Det svaret har vi redan läst."


@hat_page
def upload_reply(request: AnyHatRequest) -> HttpResponse:
    """The form by itself, and what became of the file that was sent with it."""
    form = ReplyForm(request.POST, request.FILES) if request.method == "POST" else ReplyForm()
    if request.method != "POST" or not form.is_valid():
        return _page(request, form)
    mail = read_file(form.cleaned_data["reply"], request.user.email)
    if not mail.replies:
        form.add_error("reply", Why.NO_REPLY.label)
        return _page(request, form)

    def act() -> str:
        for row, is_new in take_mail(mail, given_by=request.user):
            if row.outcome in {Outcome.TAKEN, Outcome.WAITING}:
                messages.success(request, say_taken(row) if is_new else f"{AGAIN} {say_taken(row)}")
            else:
                messages.warning(request, f"{'' if is_new else f'{AGAIN} '}Vi skrev inget. {Why(row.why).label}")
        return reverse("upload_reply")

    return do_once(request, "upload_reply", act)


def _page(request: HttpRequest, form: ReplyForm) -> HttpResponse:
    return render(request, "calendar/reply_upload.html", {"reply_form": form}, status=422 if form.errors else 200)


def say_taken(row: ReceivedReply) -> str:
    """What was written, or what waits, of one answer."""
    said = WRITTEN[Answer(row.answer)]
    if row.starts_at is None and row.answer == Answer.OTHER_TIME:
        return PROPOSED
    if row.starts_at is None:
        return (
            f"Vi har skrivit att {said} på de möten i serien som är öppna och som du inte har svarat på. "
            "De som öppnas senare får samma svar."
        )
    at = timezone.localtime(row.starts_at)
    when = f"{say_weekday_date(at.date())} kl. {say_time(at)}"
    if row.outcome == Outcome.WAITING:
        return f"Vi skriver att {said} {when} så snart kallelsen till det mötet är skickad."
    return f"Vi har skrivit att {said} {when}."
