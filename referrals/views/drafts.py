"""Writing a referral, in four steps that can be taken in any order."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from referrals import actions
from referrals.errors import MissingGround
from referrals.forms import AddressForm, DraftForm, GroundForm, WayForm
from referrals.models import Referral
from referrals.queries import access_referral, current_leg, lacking_sections, needed_grounds
from referrals.rules import BACKGROUND, TEXT_CATEGORIES
from referrals.states import ReferralState, Way
from workspace.doors import MemberRequest, do_once, log_reads, member_page
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.queries import access_participant, categories, limits_towards
from workspace.swedish import say_time

STEPS = (
    ("draft_address", "Vem och vart"),
    ("draft_ground", "Får vi dela?"),
    ("draft_text", "Frågan"),
    ("draft_review", "Läs igenom och skicka"),
)


def _draft(request: MemberRequest, pk: int) -> Referral:
    """A draft of the member's own; 409 for a referral that has left the desk."""
    referral = access_referral(request.hat, pk)
    if referral.state != ReferralState.DRAFT or referral.sender.agency_id != request.hat.agency_id:
        raise SomebodyWasFaster("Remissen är inte ett utkast. Så här ser den ut nu.")
    return referral


def _context(request: MemberRequest, referral: Referral, step: str, **more: Any) -> dict[str, Any]:
    """What every step shows; logs the person it names."""
    log_reads(request, "referral", referral.pk, [referral.participant_id])
    names = [name for name, _ in STEPS]
    steps = [
        {
            "number": number,
            "label": label,
            "url": reverse(name, args=[referral.pk]),
            "now": name == step,
            "done": number - 1 < names.index(step),
        }
        for number, (name, label) in enumerate(STEPS, start=1)
    ]
    return {
        "referral": referral,
        "person": referral.participant,
        "steps": steps,
        "limits": limits_towards(request.hat, referral.participant, referral.receiver.agency),
        "background": BACKGROUND,
        **more,
    }


@member_page
def new_referral(request: MemberRequest, participant_pk: int) -> HttpResponse:
    """Begin a draft for one of the member's participants."""
    person = access_participant(request.hat, participant_pk)
    form = AddressForm(request.POST or None, member=request.hat)
    if request.method == "POST" and form.is_valid():

        def perform() -> str:
            referral = actions.start_referral(
                by=request.hat,
                participant=person,
                receiver=form.cleaned_data["receiver"],
                kind=form.cleaned_data["kind"],
            )
            return reverse("draft_ground", args=[referral.pk])

        return do_once(request, "start_referral", perform)
    log_reads(request, "participant", person.pk, [person.pk])
    steps = [{"number": n, "label": label, "now": n == 1} for n, (_, label) in enumerate(STEPS, start=1)]
    return render(request, "referrals/draft_address.html", {"form": form, "person": person, "steps": steps})


@member_page
def draft_address(request: MemberRequest, pk: int) -> HttpResponse:
    """Step 1: where it goes and what it asks for."""
    referral = _draft(request, pk)
    initial = {"receiver": referral.receiver_id, "kind": referral.kind_id}
    form = AddressForm(request.POST or None, member=request.hat, initial=initial)
    if request.method == "POST" and form.is_valid():
        actions.readdress_draft(
            by=request.hat,
            referral=referral,
            receiver=form.cleaned_data["receiver"],
            kind=form.cleaned_data["kind"],
        )
        return redirect("draft_ground", pk=pk)
    return render(request, "referrals/draft_address.html", _context(request, referral, "draft_address", form=form))


@member_page
def draft_ground(request: MemberRequest, pk: int) -> HttpResponse:
    """Step 2: on which ground; for consent, what it covers and what is missing."""
    referral = _draft(request, pk)
    leg = current_leg(referral)
    initial = {"ground": leg.ground_id, "reason": leg.ground_reason}
    form = GroundForm(request.POST or None, recipient=referral.receiver.agency, initial=initial)
    if request.method == "POST" and form.is_valid():
        actions.change_draft_ground(
            by=request.hat,
            referral=referral,
            ground=form.cleaned_data["ground"],
            reason=form.cleaned_data["reason"],
        )
        return redirect("draft_text", pk=pk)
    more = {"form": form, "leg": leg, "grounds": needed_grounds(referral)}
    return render(request, "referrals/draft_ground.html", _context(request, referral, "draft_ground", **more))


def _draft_form(request: MemberRequest, referral: Referral) -> DraftForm:
    texts = dict(current_leg(referral).sections.values_list("category_id", "text"))
    initial: dict[str, Any] = {code: texts.get(code, "") for code in TEXT_CATEGORIES}
    initial["answer_wished_on"] = referral.answer_wished_on
    by_code = {category.pk: category for category in categories()}
    return DraftForm(request.POST or None, categories=by_code, initial=initial)


@member_page
def draft_text(request: MemberRequest, pk: int) -> HttpResponse:
    """Step 3: the question and its background. Kept while it is written."""
    referral = _draft(request, pk)
    form = _draft_form(request, referral)
    if request.method == "POST" and form.is_valid():
        actions.save_draft(
            by=request.hat,
            referral=referral,
            texts=form.texts,
            answer_wished_on=form.cleaned_data["answer_wished_on"],
        )
        return _after_text(request, referral)
    more = {"form": form, "on_consent": current_leg(referral).ground_id == "consent", "covered": _covered(referral)}
    return render(request, "referrals/draft_text.html", _context(request, referral, "draft_text", **more))


def _after_text(request: MemberRequest, referral: Referral) -> HttpResponse:
    """Where the button that was pressed leads: on, to the consent that is missing, or out for now."""
    if "consent" in request.POST:
        address = reverse("new_consent", args=[referral.participant_id])
        return redirect(f"{address}?remiss={referral.pk}")
    if "later" in request.POST:
        messages.success(request, "Utkastet är sparat.")
        return redirect("participant", pk=referral.participant_id)
    return redirect("draft_review", pk=referral.pk)


def _covered(referral: Referral) -> list[str]:
    """The categories the person lets us tell this receiver, whether written or not."""
    return [
        code
        for code in (item.category.pk for item in needed_grounds(referral, everything=True) if item.row)
        if code in TEXT_CATEGORIES
    ]


def plain(sentence: str, status: int = 200) -> HttpResponse:
    """One sentence, for the script that keeps a draft."""
    return HttpResponse(sentence, content_type="text/plain; charset=utf-8", status=status)


@require_POST
@member_page
def autosave(request: MemberRequest, pk: int) -> HttpResponse:
    """Keep a draft while it is being written. A date that is not yet whole waits."""
    referral = _draft(request, pk)
    form = _draft_form(request, referral)
    form.is_valid()
    too_long = [name for name in form.errors if name != "answer_wished_on"]
    if too_long:
        return plain("Utkastet är inte sparat än. En text behöver rättas.", status=409)
    actions.save_draft(
        by=request.hat,
        referral=referral,
        texts=form.texts,
        answer_wished_on=form.cleaned_data.get("answer_wished_on", referral.answer_wished_on),
    )
    return plain(f"Utkastet sparades {say_time(timezone.now())}.")


@member_page
def draft_review(request: MemberRequest, pk: int) -> HttpResponse:
    """Step 4: read it through, see what each section rests on, and send."""
    referral = _draft(request, pk)
    if request.method == "POST":
        form = WayForm(request.POST) if referral.receiver.agency.by_letter else None
        if form is not None and not form.is_valid():
            return _review(request, referral, "", status=422, form=form)

        def perform() -> str:
            way = Way(form.cleaned_data["way"]) if form else Way.HERE
            actions.send_referral(by=request.hat, referral=referral, way=way)
            messages.success(request, "Remissen är skickad.")
            return reverse("referral", args=[referral.pk])

        try:
            return do_once(request, f"send_referral {pk}", perform)
        except (MissingGround, NotAllowed) as refusal:
            return _review(request, referral, refusal.sentence, status=422)
    return _review(request, referral, "")


def _review(
    request: MemberRequest, referral: Referral, refused: str, status: int = 200, form: WayForm | None = None
) -> HttpResponse:
    leg = current_leg(referral)
    texts = dict(leg.sections.values_list("category_id", "text"))
    grounds = needed_grounds(referral)
    missing = [item for item in grounds if item.row is None] if leg.ground_id == "consent" else []
    more = {
        "leg": leg,
        "items": [{"ground": item, "text": texts.get(item.category.pk, "")} for item in grounds],
        "missing": missing,
        "has_question": bool(texts.get("question")),
        "lacking": lacking_sections(referral),
        "form": form or (WayForm() if referral.receiver.agency.by_letter else None),
        "refused": refused,
    }
    context = _context(request, referral, "draft_review", **more)
    return render(request, "referrals/draft_review.html", context, status=status)
