"""The parts of an agreement while it is a draft: own words, what is common, each agency's own part, and sharing it."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from meetings.actions import sections as actions
from meetings.actions.sections import NO_GROUND, Common
from meetings.errors import TextHasMoved
from meetings.forms.agreements import CommonForm, SectionForm
from meetings.queries.agreement_drafts import DraftShown, common_version, read_draft
from meetings.queries.agreement_lacks import principals_in, sections_by_party
from meetings.queries.agreement_readers import agreeing_parties, find_agreement, participant_party
from meetings.queries.conversations import Access, access_conversation
from meetings.states import ConversationKind
from meetings.views.agreements import is_convener, log_person
from meetings.views.commitments import posted
from workspace.doors import MemberRequest, do_once, member_page
from workspace.errors import NotAllowed

READ_BY = "Läses av dem som ni har lagt fram den för"


def act_page(
    request: MemberRequest, access: Access, form: forms.Form, act: Callable[[], object], **words: Any
) -> HttpResponse:
    """One page with one form: done once, or shown again with what was written and why it was refused.

    `words`: name, title, button, done; perhaps lede, readers, fresh (the form anew, begun from the newer text).
    """
    theirs, needs_ground, status = None, False, 200
    pk = access.conversation.pk
    if request.method == "POST" and form.is_valid():

        def perform() -> str:
            act()
            messages.success(request, words["done"])
            return reverse("agreement", args=[pk])

        try:
            return do_once(request, f"{words['name']} {pk}", perform)
        except TextHasMoved as refusal:
            theirs, status = refusal, 409
            form = words["fresh"](refusal)
        except NotAllowed as refusal:
            needs_ground, status = refusal.sentence == NO_GROUND, 403
            form.add_error(None, refusal.sentence)
    elif request.method == "POST":
        status = 422
    log_person(request, access)
    context = {
        "form": form,
        "conversation": access.conversation,
        "person": access.conversation.participant,
        "is_sip": access.conversation.kind == ConversationKind.SIP,
        "theirs": theirs,
        "needs_ground": needs_ground,
        **words,
    }
    return render(request, "meetings/agreement_act.html", context, status=status)


def _text_form(request: MemberRequest, text: str, version: int, label: str) -> SectionForm:
    return SectionForm(posted(request), initial={"text": text, "base_version": version}, label=label)


def _text_page(
    request: MemberRequest, access: Access, text: str, version: int, act: Callable[[str, int], object], **words: Any
) -> HttpResponse:
    """A page for one text, begun from a version. Where a newer one came between, both are shown."""
    form = _text_form(request, text, version, words["label"])

    def fresh(refusal: TextHasMoved) -> SectionForm:
        kept = {"text": form.cleaned_data["text"], "base_version": refusal.version}
        return SectionForm(initial=kept, label=words["label"])

    def perform() -> None:
        act(form.cleaned_data["text"], form.cleaned_data["base_version"])

    return act_page(request, access, form, perform, fresh=fresh, **words)


@member_page
def own_words(request: MemberRequest, pk: int) -> HttpResponse:
    """The convener takes down the participant's own words, which is then said."""
    access = access_conversation(request.hat, pk)
    if not is_convener(access):
        raise Http404
    section = sections_by_party(find_agreement(access.conversation)).get(participant_party(access.conversation).pk)

    def act(text: str, version: int) -> None:
        actions.write_own_words(by=request.hat, conversation=access.conversation, text=text, version=version)

    return _text_page(
        request,
        access,
        section.text if section else "",
        section.version if section else 0,
        act,
        name="write_own_words",
        title="Deltagarens egna ord",
        label="Hur beskriver deltagaren sin situation?",
        lede="Skriv med deltagarens egna ord. Det syns att det är du som har skrivit ner dem.",
        button="Spara",
        done="Deltagarens ord är sparade.",
        readers="Läses av alla som är med i samtalet",
    )


@member_page
def own_section(request: MemberRequest, pk: int) -> HttpResponse:
    """An agency writes its own part."""
    access = access_conversation(request.hat, pk)
    shown = read_draft(access)
    section = shown.own.section if shown.own else None

    def act(text: str, version: int) -> None:
        actions.write_section(by=request.hat, conversation=access.conversation, text=text, version=version)

    is_shared = section is not None and section.shared_at is not None
    return _text_page(
        request,
        access,
        section.text if section else "",
        section.version if section else 0,
        act,
        name="write_section",
        title="Er del",
        label="Vad bidrar ni med?",
        lede="Skriv så att deltagaren förstår. Det ni ska göra till en viss dag skriver ni som uppgifter.",
        button="Spara",
        done="Er del är sparad.",
        readers="Läses av dem som ni har lagt fram den för"
        if is_shared
        else "Läses bara av er tills ni lägger fram den",
    )


@member_page
def common(request: MemberRequest, pk: int) -> HttpResponse:
    """The convener writes what is common."""
    access = access_conversation(request.hat, pk)
    if not is_convener(access):
        raise Http404
    form = _common_form(posted(request), access)

    def act() -> None:
        data = form.cleaned_data
        said = Common(
            goals=data["goals"],
            next_on=data["next_on"],
            needs=data.get("needs", ""),
            others=data.get("others", ""),
            lead=data.get("lead"),
        )
        actions.write_common(by=request.hat, conversation=access.conversation, common=said, version=data["base"])

    def fresh(refusal: TextHasMoved) -> CommonForm:
        kept = {name: form.data.get(name, "") for name in form.fields}
        return _common_form(None, access, {**kept, "base": common_version(find_agreement(access.conversation))})

    return act_page(
        request,
        access,
        form,
        act,
        fresh=fresh,
        name="write_common",
        title="Det gemensamma",
        lede="Mål och nästa samtal. Var och en skriver själv vad den ska göra.",
        button="Spara",
        done="Det gemensamma är sparat.",
        readers="Läses av dem som ni lägger fram er del för",
    )


def _common_form(data: Any, access: Access, initial: dict[str, Any] | None = None) -> CommonForm:
    found, is_sip = find_agreement(access.conversation), access.conversation.kind == ConversationKind.SIP
    leads = principals_in(agreeing_parties(access.conversation)) if is_sip else []
    begun = {
        "goals": found.goals if found else "",
        "next_on": found.next_on if found else None,
        "needs": found.needs if found else "",
        "others": found.others if found else "",
        "lead": str(found.lead_id or "") if found else "",
        "base": common_version(found),
    }
    return CommonForm(data, initial=initial or begun, is_sip=is_sip, leads=leads, was=found.next_on if found else None)


@member_page
def share(request: MemberRequest, pk: int) -> HttpResponse:
    """«Lägg fram er del»: read through what the others will read, and who they are."""
    access = access_conversation(request.hat, pk)
    shown: DraftShown = read_draft(access)

    def act() -> None:
        actions.share_section(by=request.hat, conversation=access.conversation)

    own = shown.own
    return act_page(
        request,
        access,
        forms.Form(posted(request)),
        act,
        name="share_section",
        title="Lägg fram er del",
        lede="De andra läser det från nu, och deltagaren när överenskommelsen är skickad. "
        "Ni kan ändra det tills den skickas, men det som har lästs har lästs.",
        button="Lägg fram er del",
        done="Er del är framlagd.",
        own=own,
        common=shown.common if access.convenes else None,
        told=own.not_told if own else [],
        # What the participant is to do is the convener's to tell, with what is common.
        participants=next((part for part in shown.parts if part.is_participant), None) if access.convenes else None,
    )
