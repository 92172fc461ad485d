"""The call: sent, moved, cancelled, held; each party's own, its answer and its letter."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from meetings.actions.invitations import (
    Appointment,
    answer_invitation,
    cancel_conversation,
    hold_conversation,
    invite,
    invite_late,
    move_conversation,
    note_letter,
    read_invitation,
)
from meetings.forms.invitations import (
    BUTTONS,
    CancelTalkForm,
    HoldForm,
    InvitationAnswerForm,
    InviteForm,
    MeetForm,
    MoveForm,
    RegisterAnswerForm,
)
from meetings.forms.times import say_off
from meetings.models import Invitation, Party, TimeOption
from meetings.queries.conversations import Access, access_conversation, parties_of
from meetings.queries.invitations import access_invitation, access_party, answer_of, newest_invitation
from meetings.queries.letters import letter_of
from meetings.queries.times import name_of, open_options
from meetings.states import ConversationState
from meetings.views.times import ANSWERABLE, act_page, arranges, arranging, own_part
from workspace.doors import MemberRequest, do_once, download, log_reads, member_page
from workspace.errors import NotAllowed
from workspace.papers import make_pdf
from workspace.queries import needs_of

S = ConversationState


def _appointment(form: MeetForm) -> Appointment:
    data = form.cleaned_data
    known = {name: data[name] for name in ("how", "where", "where_is_neutral", "link")}
    return Appointment(form.starts_at, **known)


def _needs_interpreter(access: Access) -> bool:
    return bool(needs_of(access.conversation.participant).interpreter)


def called_names(access: Access) -> list[tuple[Party, str]]:
    """Who gets a call of their own, as the convener reads it."""
    return [(party, party.name or name_of(party)) for party in parties_of(access.conversation)]


# ---------- by the convener ----------
def _option_in_address(request: MemberRequest, access: Access) -> TimeOption | None:
    """The proposed time that fills in the form; none for anything that is no open time of this conversation."""
    number = request.GET.get("tid", "")
    return next((option for option in open_options(access.conversation) if str(option.pk) == number), None)


@member_page
def call(request: MemberRequest, pk: int) -> HttpResponse:
    """Read through the call, and send it."""
    access = arranging(request, pk)
    conversation = access.conversation
    if conversation.state != S.PREPARING:
        raise NotAllowed("Kallelsen är redan skickad, eller så blir samtalet inte av.")
    option = _option_in_address(request, access)
    lacks = _needs_interpreter(access) and conversation.interpreter_booked_at is None
    form = InviteForm(
        request.POST or None,
        conversation=conversation,
        starts_at=option.starts_at if option else None,
        lacks_interpreter=lacks,
    )

    def act() -> str:
        unbooked = form.cleaned_data.get("unbooked", False)
        invite(by=request.hat, conversation=conversation, meeting=_appointment(form), unbooked_anyway=unbooked)
        return say_off([form.starts_at])

    return act_page(
        request,
        access,
        "talk_invite",
        form,
        act,
        name="invite",
        done="Kallelsen är skickad.",
        called=called_names(access),
        lacks_interpreter=lacks,
        needs=needs_of(conversation.participant),
    )


@require_POST
@member_page
def call_late(request: MemberRequest, pk: int, party: int) -> HttpResponse:
    """Call somebody who was added after the call."""
    access = arranging(request, pk)
    found = access_party(access, party)

    def perform() -> str:
        invite_late(by=request.hat, conversation=access.conversation, party=found)
        messages.success(request, "Kallelsen är skickad.")
        return reverse("conversation", args=[pk])

    return do_once(request, f"invite_late {pk} {party}", perform)


@member_page
def move(request: MemberRequest, pk: int) -> HttpResponse:
    """Another time or place: everybody is called anew."""
    access = arranging(request, pk)
    conversation = access.conversation
    if conversation.state != S.INVITED:
        raise NotAllowed("Tid och plats ändras för ett samtal som är kallat.")
    form = MoveForm(
        request.POST or None,
        conversation=conversation,
        starts_at=conversation.starts_at,
        needs_interpreter=_needs_interpreter(access),
    )

    def act() -> str:
        booked = form.interpreter_booked
        called = move_conversation(
            by=request.hat, conversation=conversation, meeting=_appointment(form), interpreter_booked=booked
        )
        return f"Alla har fått en ny kallelse. {say_off([form.starts_at])}".strip() if called else ""

    return act_page(
        request,
        access,
        "talk_move",
        form,
        act,
        name="move_conversation",
        done="Ändringen är sparad.",
        called=called_names(access),
    )


@member_page
def cancel(request: MemberRequest, pk: int) -> HttpResponse:
    """Cancel, with a reason for the parties."""
    access = arranging(request, pk)
    form = CancelTalkForm(request.POST or None)

    def act() -> None:
        cancel_conversation(by=request.hat, conversation=access.conversation, reason=form.cleaned_data["reason"])

    return act_page(
        request,
        access,
        "talk_cancel",
        form,
        act,
        name="cancel_conversation",
        done="Samtalet är inställt.",
        called=called_names(access),
    )


@member_page
def hold(request: MemberRequest, pk: int) -> HttpResponse:
    """Say that the conversation was held."""
    access = arranging(request, pk)
    form = HoldForm(request.POST if request.method == "POST" else None)

    def act() -> None:
        hold_conversation(by=request.hat, conversation=access.conversation)

    done = "Samtalet är genomfört. Skriv överenskommelsen medan du minns."
    return act_page(request, access, "talk_hold", form, act, name="hold_conversation", done=done)


# ---------- one's own call ----------
def _own(access: Access) -> Invitation:
    """The newest call of one's own party, or 404."""
    found = newest_invitation(access.party) if access.party else None
    if found is None:
        raise Http404
    return found


def _invitation_page(request: MemberRequest, access: Access, form: InvitationAnswerForm) -> HttpResponse:
    invitation, conversation = _own(access), access.conversation
    log_reads(request, "conversation", conversation.pk, [conversation.participant_id])
    answered = answer_of(invitation)
    is_answerable = conversation.state in ANSWERABLE and own_part(access) is not None
    context = {
        "form": form,
        "conversation": conversation,
        "invitation": invitation,
        "answered": answered,
        "others": [name_of(party) for party in parties_of(conversation) if party.pk != invitation.party_id],
        "buttons": [(value, str(label)) for value, label in BUTTONS.items()] if is_answerable else [],
        "has_begun": invitation.starts_at <= timezone.now(),
        "topic": f"conversation:{conversation.pk}",
    }
    return render(request, "meetings/invitation.html", context)


@member_page
def invitation(request: MemberRequest, pk: int) -> HttpResponse:
    """One's own call. Opening it is the read receipt."""
    access = access_conversation(request.hat, pk)
    own = _own(access)
    if own.read_at is None and own_part(access) is not None:
        read_invitation(by=request.hat, invitation=own)
    return _invitation_page(request, access, InvitationAnswerForm())


@require_POST
@member_page
def answer(request: MemberRequest, pk: int) -> HttpResponse:
    """Answer one's own call. `kallelse` is the one that was read: where it has been replaced, the new one is shown."""
    access = access_conversation(request.hat, pk)
    own = _own(access)
    number = request.POST.get("kallelse", "")
    if number.isdecimal() and len(number) < 10 and int(number) != own.pk:
        _, own = access_invitation(request.hat, int(number))
    form = InvitationAnswerForm(request.POST)
    if form.is_valid():

        def perform() -> str:
            data = form.cleaned_data
            answer_invitation(by=request.hat, invitation=own, answer=data["answer"], comment=data["comment"])
            messages.success(request, "Svaret är sparat.")
            return reverse("conversation", args=[pk])

        try:
            return do_once(request, f"answer_invitation {pk}", perform)
        except NotAllowed as refusal:
            form.add_error(None, refusal.sentence)
    return _invitation_page(request, access, form)


@member_page
def register(request: MemberRequest, pk: int) -> HttpResponse:
    """Write down an answer that came by letter, by phone or in person. `pk` is the call's."""
    access, found = access_invitation(request.hat, pk)
    if not arranges(access):
        arranging(request, access.conversation.pk)
    form = RegisterAnswerForm(request.POST or None)

    def act() -> None:
        data = form.cleaned_data
        answer_invitation(
            by=request.hat, invitation=found, answer=data["answer"], comment=data["comment"], way=data["way"]
        )

    return act_page(
        request,
        access,
        "talk_register",
        form,
        act,
        name=f"register_answer {pk}",
        done="Svaret är sparat.",
        title="Registrera svar",
        whose=found.party.name or name_of(found.party),
    )


# ---------- on paper ----------
@require_POST
@member_page
def letter(request: MemberRequest, pk: int) -> HttpResponse:
    """A party's call as a letter. That it was made is noted first. `pk` is the call's."""
    access, found = access_invitation(request.hat, pk)
    note_letter(by=request.hat, invitation=found)
    conversation = access.conversation
    log_reads(request, "conversation", conversation.pk, [conversation.participant_id])
    found.conversation = conversation
    context: dict[str, Any] = {"letter": letter_of(found), "made_on": timezone.localdate()}
    pdf = make_pdf(render_to_string("meetings/invitation_letter.html", context))
    if pdf is None:
        back = reverse("conversation", args=[conversation.pk])
        return render(request, "meetings/invitation_letter.html", {**context, "no_pdf": True, "back": back})
    name = f"kallelse-{timezone.localdate(found.starts_at)}.pdf"
    return download(pdf, "application/pdf", name)
