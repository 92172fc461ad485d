"""Taking back a consent on one's own page. What a consent says is shown at the office (level 2)."""

from django.http import HttpResponse

from workspace.doors import VisitRequest
from workspace.front.actions.consents import withdraw_consent
from workspace.front.queries.own_page import access_yes
from workspace.front.views.own_frame import do_there, home, own_view, show
from workspace.front.views.own_page import refused_there


@own_view
def withdraw(request: VisitRequest, pk: int) -> HttpResponse:
    """«Dra tillbaka»: says what happens; by the button it happens at once."""
    yes = access_yes(request.participant, pk)
    if request.method != "POST":
        return show(request, "own_withdraw", yes=yes)
    return do_there(
        request,
        f"own_withdraw {pk}",
        lambda: withdraw_consent(by=request.browser, consent=yes.consent, row_ids=yes.rows),
        home("tillbaka", "vem"),
        lambda refusal: refused_there(request, refusal, "Det gick inte. Ring dem du brukar träffa."),
    )
