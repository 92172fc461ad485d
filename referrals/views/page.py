"""A referral's page and the verbs on it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from notifications.actions import mark_read
from notifications.queries import notifications_about
from referrals import actions
from referrals.forms import DecideForm, RecallForm, ReturnForm, ScopeForm, no_text_without_leave
from referrals.models import Referral
from referrals.queries import ReferralShown, access_referral, noted_answer, read_referral, readers_of
from referrals.rules import can_close, can_do, can_recall, can_return
from referrals.states import AnswerScope, Outcome, RecallCode, ReferralState, ReturnCode, Side, Verb
from workspace.doors import MemberRequest, do_once, log_reads, member_page
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Membership
from workspace.queries import consents_between
from workspace.rules import is_caseworker

PIECES = {"huvud": "head", "lage": "main", "sidan": "aside"}
# Form, by the verb it belongs to.
FORMS = {
    Verb.ACKNOWLEDGE: ScopeForm,
    Verb.ALLOW_ANSWER: ScopeForm,
    Verb.DECIDE: DecideForm,
    Verb.RETURN: ReturnForm,
    Verb.RECALL: RecallForm,
}


def verbs_for(request: MemberRequest, shown: ReferralShown) -> set[Verb]:
    """What this hat may do now: the table, the side, and what the side may know."""
    referral, side, told = shown.referral, shown.side, shown.status_told
    by = request.hat
    if side == Side.RECEIVER and referral.receiver.agency_id != by.agency_id:
        return set()  # it has gone on to somebody else
    verbs = {verb for verb in (Verb.ACKNOWLEDGE, Verb.ACCEPT, Verb.DECIDE) if can_do(by, referral, verb, side)}
    if side == Side.SENDER:
        if can_recall(by, referral, told):
            verbs.add(Verb.RECALL)
        verbs |= {Verb.REVISE} if can_do(by, referral, Verb.REVISE, side) else set()
    else:
        verbs |= {Verb.RETURN} if can_return(by, referral, told) else set()
        taken_in = referral.state in {ReferralState.RECEIVED, ReferralState.ACCEPTED, ReferralState.DECIDED}
        if taken_in and is_caseworker(by):
            verbs.add(Verb.ALLOW_ANSWER)
    return verbs | ({Verb.CLOSE} if can_close(by, referral, side) else set())


def answer_sentence(shown: ReferralShown) -> str:
    """The answer first: one sentence that says how it stands (design.md 1)."""
    them = shown.receiver.agency.short_name
    ours = shown.side == Side.SENDER
    who = them if ours else "Ni"
    match ReferralState(shown.state):
        case ReferralState.DRAFT:
            return "Remissen är inte skickad än"
        case ReferralState.SENT if shown.answer_silent and ours:
            return "Skickad. Svar lämnas inte i Samverkansrum"
        case ReferralState.SENT:
            return f"{who} ska ta emot remissen"
        case ReferralState.RECEIVED:
            return f"{who} ska ta ställning till remissen"
        case ReferralState.ACCEPTED:
            return f"{who} ska svara"
        case ReferralState.DECIDED | ReferralState.CLOSED if shown.outcome:
            verdict = {
                Outcome.GRANTED: "beviljade det som remissen gällde",
                Outcome.PARTLY: "beviljade en del av det som remissen gällde",
                Outcome.REFUSED: "gav avslag",
                Outcome.NOT_EXAMINED: "prövade inte frågan",
            }[Outcome(shown.outcome)]
            return f"{who} {verdict}"
        case ReferralState.DECIDED:
            return "Ni har beslutat"
        case ReferralState.RETURNED:
            return f"{who} skickade tillbaka remissen"
        case ReferralState.RECALLED:
            return "Remissen är återtagen"
        case ReferralState.WITHDRAWN:
            return "Samtycket är återkallat"
        case _:
            return "Remissen är avslutad"


def forms_for(shown: ReferralShown, verbs: set[Verb], bound: dict[Verb, Any]) -> dict[str, Any]:
    """The forms of the page, by verb. A form that was refused keeps what was typed."""
    noted = noted_answer(shown.referral) if Verb.ACKNOWLEDGE in verbs or Verb.ALLOW_ANSWER in verbs else set()
    scope = AnswerScope.STATUS_AND_TEXT if shown.answer_told else AnswerScope.STATUS
    initial = {Verb.ALLOW_ANSWER: {"scope": scope if shown.status_told else AnswerScope.NONE}}
    forms: dict[str, Any] = {}
    for verb in verbs & set(FORMS):
        form = bound.get(verb) or FORMS[verb](auto_id=f"id_{verb}_%s", initial=initial.get(verb))
        if verb in {Verb.DECIDE, Verb.RETURN}:
            no_text_without_leave(form, shown.answer_told)
        forms[verb.value] = form
    return {"forms": forms, "noted": noted}


def page_context(
    request: MemberRequest, referral: Referral, bound: dict[Verb, Any] | None = None, refused: str = ""
) -> dict[str, Any]:
    """Everything the page and its fragments show, as plain data; writes the audit row before anything is rendered."""
    shown = read_referral(request.hat, referral)
    verbs = verbs_for(request, shown)
    log_reads(request, "referral", referral.pk, [referral.participant_id] if shown.person else [])
    context = {
        "shown": shown,
        "referral": referral,
        "ours": shown.side == Side.SENDER,
        "them": shown.receiver if shown.side == Side.SENDER else referral.sender,
        "answer": answer_sentence(shown),
        "state": ReferralState(shown.state),
        "verbs": {verb.value for verb in verbs},
        "read_by": readers_of(request.hat, shown),
        "consents": consents_between(request.hat, referral.participant, referral.receiver.agency)
        if shown.side == Side.SENDER
        else [],
        "return_reason": ReturnCode(referral.return_code).label
        if referral.return_code and shown.state == ReferralState.RETURNED
        else "",
        "topic": f"referral:{referral.pk}",
        "refused": refused,
        "due": {"due_on": shown.wished_on},
        **forms_for(shown, verbs, bound or {}),
    }
    return context


def respond(request: MemberRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Render, and let an open page know when access has ended, so that it empties itself at once."""
    response = render(request, template, context, status=status)
    if context["shown"].access_ended_at:
        response["X-Access-Ended"] = "1"
    return response


@member_page
def referral(request: MemberRequest, pk: int) -> HttpResponse:
    """One referral. Opening it is logged and marks its notices as read; it acknowledges nothing."""
    found = access_referral(request.hat, pk)
    if found.state == ReferralState.DRAFT and not found.sent_at:
        return redirect("draft_review", pk=pk)
    mark_read(by=request.hat, notifications=notifications_about(request.hat, "referral.", pk))
    return respond(request, "referrals/page.html", page_context(request, found))


@member_page
def fragment(request: MemberRequest, pk: int, piece: str) -> HttpResponse:
    """One region of the page, as it is now. Seen on a page that is in sight, its notices are read."""
    if piece not in PIECES:
        raise Http404
    found = access_referral(request.hat, pk)
    if piece == "lage" and request.headers.get("X-Visible") == "1":
        mark_read(by=request.hat, notifications=notifications_about(request.hat, "referral.", pk))
    return respond(request, f"referrals/_{PIECES[piece]}.html", page_context(request, found))


# ---------- verbs ----------
def _acknowledge(by: Membership, referral: Referral, data: Any) -> str:
    actions.acknowledge_referral(by=by, referral=referral, scope=AnswerScope(data["scope"]))
    return "Remissen är mottagen."


def _allow_answer(by: Membership, referral: Referral, data: Any) -> str:
    actions.allow_answer(by=by, referral=referral, scope=AnswerScope(data["scope"]))
    return "Det ni får svara är ändrat."


def _accept(by: Membership, referral: Referral, data: Any) -> str:
    actions.accept_referral(by=by, referral=referral)
    return "Remissen är accepterad."


def _decide(by: Membership, referral: Referral, data: Any) -> str:
    outcome, text = Outcome(data["outcome"]), data.get("text", "")
    actions.decide_referral(by=by, referral=referral, outcome=outcome, text=text)
    return "Beslutet är registrerat."


def _return(by: Membership, referral: Referral, data: Any) -> str:
    code, text = ReturnCode(data["code"]), data.get("text", "")
    actions.return_referral(by=by, referral=referral, code=code, text=text)
    return "Remissen är tillbaka hos avsändaren."


def _close(by: Membership, referral: Referral, data: Any) -> str:
    actions.close_referral(by=by, referral=referral)
    return "Remissen är avslutad."


def _recall(by: Membership, referral: Referral, data: Any) -> str:
    actions.recall_referral(by=by, referral=referral, code=RecallCode(data["code"]))
    return "Remissen är återtagen. Mottagaren kan inte längre läsa den."


# What each verb does with its form's data, and what it then says.
ACTS = {
    Verb.ACKNOWLEDGE: _acknowledge,
    Verb.ALLOW_ANSWER: _allow_answer,
    Verb.ACCEPT: _accept,
    Verb.DECIDE: _decide,
    Verb.RETURN: _return,
    Verb.CLOSE: _close,
    Verb.RECALL: _recall,
}


@require_POST
@member_page
def act(request: MemberRequest, pk: int, name: str) -> HttpResponse:
    """Run one verb from its form: once, back to the page; refused: the page again, with what was typed."""
    verb = Verb(name)
    referral = access_referral(request.hat, pk)
    form = FORMS[verb](request.POST, auto_id=f"id_{verb}_%s") if verb in FORMS else None
    if form is not None and not form.is_valid():
        return respond(request, "referrals/page.html", page_context(request, referral, {verb: form}), 422)

    def perform() -> str:
        messages.success(request, ACTS[verb](request.hat, referral, form.cleaned_data if form else {}))
        return reverse("referral", args=[pk])

    try:
        return do_once(request, f"{verb}_referral {pk}", perform)
    except SomebodyWasFaster as refusal:
        now = access_referral(request.hat, pk)
        context = page_context(request, now, refused=_who(request, now, refusal))
        return respond(request, "referrals/page.html", context, 409)
    except NotAllowed as refusal:
        bound = {verb: form} if form else {}
        now = access_referral(request.hat, pk)
        return respond(request, "referrals/page.html", page_context(request, now, bound, refusal.sentence), 403)


def _who(request: MemberRequest, referral: Referral, refusal: SomebodyWasFaster) -> str:
    """Name who was faster, where this side may see it."""
    events = read_referral(request.hat, referral).events
    if events and events[-1].person and events[-1].person != str(request.user):
        return refusal.sentence.replace("Någon hann före", f"{events[-1].person} hann före")
    return refusal.sentence.replace("Någon hann före", "Det är redan gjort")


@require_POST
@member_page
def revise(request: MemberRequest, pk: int) -> HttpResponse:
    """Take a returned referral up again, and go to its text."""
    found = access_referral(request.hat, pk)

    def perform() -> str:
        actions.revise_referral(by=request.hat, referral=found)
        return reverse("draft_text", args=[pk])

    return do_once(request, f"revise_referral {pk}", perform)
