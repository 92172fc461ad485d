"""«Jag behöver hjälp» and «Jag känner mig missgynnad» (R77, R78)."""

from django.http import HttpResponse
from django.urls import reverse

from workspace.doors import VisitRequest
from workspace.front.actions.help import ask_for_help
from workspace.front.forms import HelpForm
from workspace.front.queries.own_page import own_help, signed, talker_of
from workspace.front.views.own_frame import SAID, do_there, own_view, show
from workspace.queries import help_hearers
from workspace.states import HelpKind

# What has just been sent, by its name in the address.
SENT = {
    "hjalp": "Vi har fått det du skrev. Svaret kommer här.",
    "vill-ha-hjalp": "Vi har fått veta att du vill ha hjälp. Svaret kommer här.",
}


@own_view
def help_page(request: VisitRequest) -> HttpResponse:
    """Says first who reads it; then asks; below, what has been asked before and what was answered."""
    form = HelpForm(request.POST if request.method == "POST" else None, initial={"kind": request.GET.get("val", "")})
    if request.method == "POST" and form.is_valid():
        kind = HelpKind(form.cleaned_data["kind"])
        return do_there(
            request,
            "own_help",
            lambda: ask_for_help(by=request.browser, kind=kind, text=form.cleaned_data["text"]),
            f"{reverse('own_help')}?{SAID}={'hjalp' if form.cleaned_data['text'] else 'vill-ha-hjalp'}",
            lambda refusal: _page(request, form, refusal.status, refused=refusal.sentence),
        )
    return _page(request, form, 422 if form.errors else 200)


def _page(request: VisitRequest, form: HelpForm, status: int, refused: str = "") -> HttpResponse:
    person = request.participant
    return show(
        request,
        "own_help",
        form=form,
        helps=[(asked, signed(asked)) for asked in own_help(person)],
        heard=bool(help_hearers(person)),
        talker=talker_of(person),
        sent=SENT.get(request.GET.get(SAID, "")) if request.method == "GET" else None,
        refused=refused,
        status=status,
    )
