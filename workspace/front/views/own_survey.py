"""«Hur var det?»: three questions after an activity. Nobody sees whose the answers are (R42, R43)."""

from django.http import HttpResponse

from workspace.doors import VisitRequest
from workspace.front.views.own_frame import do_there, home, own_view, show
from workspace.front.views.own_page import own_again, refused_there
from workspace.pathway.actions.surveys import answer_survey
from workspace.pathway.forms.own_ratings import SurveyForm
from workspace.pathway.queries.surveys import access_own_survey, is_open
from workspace.pathway.states import Equal
from workspace.queries import contact_of

GONE = "Du har redan svarat, eller så har det gått för lång tid."


@own_view
def survey(request: VisitRequest, pk: int) -> HttpResponse:
    """Answer, or let it be. Answered once, the form is not there any more."""
    asked = access_own_survey(request.participant, pk)
    if not is_open(asked):
        return own_again(request, refused=GONE, status=409)
    easy = contact_of(request.participant).easy_read
    form = SurveyForm(request.POST if request.method == "POST" else None, easy=easy)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        return do_there(
            request,
            f"own_survey {pk}",
            lambda: answer_survey(
                by=request.browser,
                asked=asked,
                useful=said["useful"],
                listened=said["listened"],
                equal=Equal(said["equal"]),
            ),
            home("enkat", "enkat"),
            lambda refusal: refused_there(request, refusal, GONE),
        )
    return show(request, "own_survey", form=form, asked=asked, status=422 if form.errors else 200)
