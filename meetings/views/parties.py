"""Who is in a conversation: let in, replaced, let out; and on what an agency speaks there."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from meetings.actions.parties import add_caseworker, add_person, change_member, remove_party, state_ground
from meetings.forms.cases import GroundForm
from meetings.forms.conversations import AddCaseworkerForm, EmployerForm, InterpreterForm, MemberForm, SupportForm
from meetings.models import Party
from meetings.queries.circles import grounds_towards
from meetings.queries.conversations import Access, access_conversation, agencies_in
from meetings.queries.talk_page import party_in
from meetings.queries.talk_parties import desks_to_ask, others_in, who_can_come
from meetings.states import PartyKind
from meetings.views.conversations import arranged, talk_act
from workspace.doors import MemberRequest, do_once, member_page
from workspace.rules import is_caseworker

# In the address, the kind of whoever is let in, its title, and its form.
ON_PAPER: dict[str, tuple[PartyKind, str, type[forms.Form]]] = {
    "stodperson": (PartyKind.SUPPORT, "Lägg till en stödperson", SupportForm),
    "tolk": (PartyKind.INTERPRETER, "Lägg till en tolk", InterpreterForm),
    "arbetsgivare": (PartyKind.EMPLOYER, "Lägg till en arbetsgivare", EmployerForm),
}


@member_page
def add(request: MemberRequest, pk: int) -> HttpResponse:
    """Let somebody in: an agency, or with ?slag= a support person, an interpreter or an employer."""
    access = arranged(request, pk)
    chosen = request.GET.get("slag", "")
    if chosen in ON_PAPER:
        return _add_person(request, access, *ON_PAPER[chosen])
    choices = desks_to_ask(request.hat, access.conversation.participant, besides=agencies_in(access.conversation))
    form = AddCaseworkerForm(request.POST or None, choices=choices)

    def act() -> None:
        add_caseworker(by=request.hat, conversation=access.conversation, desk=form.chosen[0])

    return talk_act(
        request,
        access,
        form,
        act,
        name="add_party",
        title="Lägg till en myndighet",
        button="Lägg till",
        done="Myndigheten är med i samtalet och har fått veta det.",
        desks=True,
    )


def _add_person(
    request: MemberRequest, access: Access, kind: PartyKind, title: str, shape: type[forms.Form]
) -> HttpResponse:
    form = shape(request.POST or None)

    def act() -> None:
        add_person(by=request.hat, conversation=access.conversation, kind=kind, **form.cleaned_data)

    done = f"{kind.label} är tillagd."
    words = {"name": f"add_{kind}", "title": title, "button": "Lägg till", "done": done}
    return talk_act(request, access, form, act, **words, to_participant=True)


def _party(access: Access, party_pk: int) -> Party:
    """Somebody who is in the conversation now, or 404."""
    party = party_in(access.conversation, party_pk)
    if party is None:
        raise Http404
    return party


@require_POST
@member_page
def remove(request: MemberRequest, pk: int, party_pk: int) -> HttpResponse:
    """Let a party out. 404 for whoever does not arrange the conversation."""
    access = arranged(request, pk)
    party = _party(access, party_pk)

    def perform() -> str:
        remove_party(by=request.hat, party=party)
        messages.success(request, f"{party.agency or party.get_kind_display()} är inte med i samtalet längre.")
        return reverse("conversation", args=[pk])

    return do_once(request, f"remove_party {party_pk}", perform)


@member_page
def change(request: MemberRequest, pk: int, party_pk: int) -> HttpResponse:
    """Who comes from one's own desk. 404 for other agencies' parties."""
    access = access_conversation(request.hat, pk)
    party = _party(access, party_pk)
    own = access.party
    if own is None or own.pk != party.pk or own.function is None or not is_caseworker(request.hat):
        raise Http404
    form = MemberForm(request.POST or None, people=list(who_can_come(own.function)), initial={"member": own.member_id})

    def act() -> None:
        change_member(by=request.hat, party=party, member=form.chosen)

    return talk_act(
        request,
        access,
        form,
        act,
        name=f"change_party {party_pk}",
        title="Byt handläggare",
        button="Spara",
        done="Handläggaren är bytt.",
        to_participant=True,
    )


@member_page
def ground(request: MemberRequest, pk: int) -> HttpResponse:
    """An officer says why the agency may speak. Asked once per conversation; 404 for the convener."""
    access = access_conversation(request.hat, pk)
    if access.convenes or access.party is None or not is_caseworker(request.hat):
        raise Http404
    others = others_in(access.conversation, than=request.hat.agency_id)
    known = access.party.ground_id
    form = GroundForm(request.POST or None, grounds=grounds_towards(others), initial={"ground": known})

    def act() -> None:
        data = form.cleaned_data
        state_ground(by=request.hat, conversation=access.conversation, ground=data["ground"], reason=data["reason"])

    return talk_act(
        request,
        access,
        form,
        act,
        name="conversation_ground",
        title="Varför får ni berätta?",
        button="Spara grunden",
        done="Grunden är sparad. Nu kan ni lägga fram er del.",
        others=others,
        about_ground=True,
    )
