"""A referral's page and the verbs on it."""

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from notifications.actions import mark_read
from notifications.queries import follow_shown, notifications_about
from referrals import actions
from referrals.deadlines import Deadline, explain
from referrals.errors import MissingGround
from referrals.forms import NoteForm
from referrals.models import Referral
from referrals.queries import (
    ReferralShown,
    access_referral,
    deadline_of,
    deadline_told,
    is_parked,
    needed_grounds,
    noted_answer,
    notes_of,
    read_referral,
    readers_of,
)
from referrals.rules import VITAL
from referrals.states import Outcome, ReferralState, ReturnCode, Side, SupplementCode, Verb
from referrals.views.acts import MORE, form_for, verbs_for
from referrals.views.acts import perform as perform_verb
from referrals.views.presence import presence_context
from workspace.doors import MemberRequest, do_once, log_reads, member_page
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Membership
from workspace.queries import consents_between
from workspace.rules import is_caseworker

PIECES = {"huvud": "head", "lage": "main", "sidan": "aside"}


# How it stands, by step: of the other side's doing or one's own. {who} is the receiver.
STANDS = {
    ReferralState.DRAFT: "Remissen är inte skickad än",
    ReferralState.SENT: "{who} ska ta emot remissen",
    ReferralState.RECEIVED: "{who} ska ta ställning till remissen",
    ReferralState.ACCEPTED: "{who} ska svara",
    ReferralState.IN_PROGRESS: "{who} arbetar med frågan",
    ReferralState.WAITING: "{sender} ska komplettera remissen",
    ReferralState.DECIDED: "{who} har beslutat",
    ReferralState.RETURNED: "{who} skickade tillbaka remissen",
    ReferralState.REDIRECTED: "{who} föreslog {suggested}",
    ReferralState.CANCEL_ASKED: "{sender} vill avbryta",
    ReferralState.RECALLED: "Remissen är återtagen",
    ReferralState.CANCELLED: "{who} avbröt arbetet",
    ReferralState.WITHDRAWN: "Samtycket är återkallat",
    ReferralState.CLOSED: "Remissen är avslutad",
}
VERDICTS = {
    Outcome.GRANTED: "{who} beviljade det som remissen gällde",
    Outcome.PARTLY: "{who} beviljade en del av det som remissen gällde",
    Outcome.REFUSED: "{who} gav avslag",
    Outcome.NOT_EXAMINED: "{who} prövade inte frågan",
}


def answer_sentence(shown: ReferralShown) -> str:
    """The answer first: one sentence that says how it stands (design.md 1)."""
    referral, state = shown.referral, ReferralState(shown.state)
    ours = shown.side == Side.SENDER
    if shown.lapsed:
        return "Samtycket har gått ut. Förnya det så att de kan läsa igen" if ours else "Samtycket har gått ut"
    if shown.answer_silent and ours and state == ReferralState.SENT:
        return "Skickad. Svar lämnas inte i Samverkansrum"
    if state == ReferralState.RETURNED and referral.return_code == ReturnCode.RECEIVER_LEFT:
        return "Mottagaren har lämnat samverkan. Välj en annan"
    ended = state in {ReferralState.DECIDED, ReferralState.CLOSED}
    sentence = VERDICTS[Outcome(shown.outcome)] if ended and shown.outcome else STANDS[state]
    return sentence.format(
        who=shown.receiver.agency.short_name if ours else "Ni",
        sender="Ni" if ours else referral.sender.agency.short_name,
        suggested=shown.suggested.agency.name if shown.suggested else "en annan mottagare",
    )


def page_context(
    request: MemberRequest,
    referral: Referral,
    bound: dict[Verb, Any] | None = None,
    refused: str = "",
    piece: str = "",
) -> dict[str, Any]:
    """What the page shows, or one piece of it, as plain data; writes the audit row before anything is rendered."""
    shown = read_referral(request.hat, referral)
    context: dict[str, Any] = {
        "shown": shown,
        "referral": referral,
        "ours": shown.side == Side.SENDER,
        "them": shown.receiver if shown.side == Side.SENDER else referral.sender,
        "state": ReferralState(shown.state),
        "topic": f"referral:{referral.pk}",
        "refused": refused,
    }
    if piece in {"", "main"}:
        context |= {"answer": answer_sentence(shown), "reason": came_back_reason(shown), "clock": clock_of(shown)}
    if piece in {"", "aside"}:
        context |= _aside(request.hat, shown, bound or {})
    if not piece:
        context |= presence_context(request.hat, referral) | {"says_open": is_caseworker(request.hat)}
    log_reads(request, "referral", referral.pk, [referral.participant_id] if shown.person else [])
    return context


def _aside(by: Membership, shown: ReferralShown, bound: dict[Verb, Any]) -> dict[str, Any]:
    """What can be done, on which ground, who has read it, and the agency's own notes."""
    referral, verbs = shown.referral, verbs_for(by, shown)
    forms = {verb.value: bound.get(verb) or form_for(verb, by, shown) for verb in verbs}
    asks_scope = {Verb.ACKNOWLEDGE, Verb.ALLOW_ANSWER} & verbs
    return {
        "verbs": {verb.value for verb in verbs},
        "forms": {name: form for name, form in forms.items() if form is not None},
        "more": [
            {
                "verb": verb.value,
                "address": f"referral_{verb}",
                "title": title,
                "button": button,
                "help": help_text,
                "form": forms[verb.value],
            }
            for verb, title, button, help_text in MORE
            if verb in verbs
        ],
        "noted": noted_answer(referral) if asks_scope else set(),
        "read_by": readers_of(by, shown),
        "consents": [
            item
            for agency in dict.fromkeys([referral.receiver.agency, *shown.readers])
            for item in consents_between(by, referral.participant, agency)
        ]
        if shown.side == Side.SENDER
        else [],
        "renewable": Verb.RENEW_GROUND in verbs and can_be_renewed(shown),
        "notes": notes_of(by, referral),
        "note_form": NoteForm(auto_id="id_anteckning_%s") if is_caseworker(by) else None,
    }


def can_be_renewed(shown: ReferralShown) -> bool:
    """There is something to renew the ground on already."""
    return not shown.on_consent or all(item.row for item in needed_grounds(shown.referral) if item.category.pk in VITAL)


def came_back_reason(shown: ReferralShown) -> str:
    """Why it is the sender's turn again, from the closed lists."""
    if shown.state == ReferralState.RETURNED:
        # By the history first: what the sender writes anew afterwards is nothing the receiver is shown.
        codes = [event.code for event in shown.events if event.verb in {Verb.RETURN, Verb.RECEIVER_LEFT}]
        code = codes[-1] if codes else shown.referral.return_code
        return ReturnCode(code).label if code else ""
    if shown.state == ReferralState.WAITING and shown.lacked:
        return SupplementCode(shown.lacked).label
    return ""


BAR, HATCH = 760, 9  # the width of the clock's picture in its own units, and between the lines of a pause


def clock_of(shown: ReferralShown) -> dict[str, Any] | None:
    """The step's last day and how it was reckoned, where this side knows the step; None where there is no clock.

    A receiver that tells nothing here has a clock that the sender sees stand at the sending.
    """
    if not shown.open or shown.due_on is None or shown.lapsed:
        return None
    found = deadline_told(shown.referral) if shown.side == Side.SENDER else deadline_of(shown.referral)
    today = timezone.localdate()
    if found is None or found.due_on != shown.due_on:
        return {"due_on": shown.due_on, "why": []}
    return {
        "due_on": shown.due_on,
        "start_on": found.start_on,
        "why": explain(found, today),
        "parked": shown.state == shown.referral.state and is_parked(shown.referral),
        **_bar(found, today),
    }


def _bar(found: Deadline, today: date) -> dict[str, Any]:
    """The clock as a picture: what has gone, what stood still, and today, in units of the bar."""
    whole = max((found.due_on - found.start_on).days, 1)

    def at(day: date) -> int:
        return round(BAR * min(max((day - found.start_on).days / whole, 0), 1))

    still = [(at(pause.from_on), at(pause.until_on + timedelta(days=1))) for pause in found.pauses]
    return {
        "done": at(today),
        "still": [{"x": first, "width": last - first} for first, last in still],
        "hatch": " ".join(f"M{x} 13l11-12" for first, last in still for x in range(first, last - HATCH, HATCH)),
        "past_days": max((today - found.start_on).days, 0),
        "all_days": whole,
    }


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
    return respond(request, "referrals/page.html", page_context(request, found) | _follow(request, pk))


def _follow(request: MemberRequest, pk: int) -> dict[str, Any]:
    """Whoever may open a referral is told of it anyway, but for managers, who are told of none of its acts."""
    if not is_caseworker(request.hat):
        return {}
    return {"follow": follow_shown(request.hat, "referral", pk, adds=False)}


@member_page
def fragment(request: MemberRequest, pk: int, piece: str) -> HttpResponse:
    """One region of the page, as it is now. Seen on a page that is in sight, its notices are read."""
    if piece not in PIECES:
        raise Http404
    found = access_referral(request.hat, pk)
    if piece == "lage" and request.headers.get("X-Visible") == "1":
        mark_read(by=request.hat, notifications=notifications_about(request.hat, "referral.", pk))
    name = PIECES[piece]
    return respond(request, f"referrals/_{name}.html", page_context(request, found, piece=name))


# ---------- verbs ----------
@require_POST
@member_page
def act(request: MemberRequest, pk: int, name: str) -> HttpResponse:
    """Run one verb from its form: once, back to the page; refused: the page again, with what was typed."""
    verb = Verb(name)
    referral = access_referral(request.hat, pk)
    form = form_for(verb, request.hat, read_referral(request.hat, referral), request.POST)
    if form is not None and not form.is_valid():
        return respond(request, "referrals/page.html", page_context(request, referral, {verb: form}), 422)

    def perform() -> str:
        messages.success(request, perform_verb(verb, request.hat, referral, form.cleaned_data if form else {}))
        return reverse("referral", args=[pk])

    try:
        return do_once(request, f"{verb}_referral {pk}", perform)
    except SomebodyWasFaster as refusal:
        now = access_referral(request.hat, pk)
        context = page_context(request, now, refused=_who(request, now, refusal))
        return respond(request, "referrals/page.html", context, 409)
    except (NotAllowed, MissingGround) as refusal:
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
    """Take up again what came back, and go to its text, or first to what the new receiver can be asked for."""
    found = access_referral(request.hat, pk)

    def perform() -> str:
        actions.revise_referral(by=request.hat, referral=found)
        draft = access_referral(request.hat, pk)
        fits = draft.kind.receiver_kind in {"", draft.receiver.agency.kind}
        return reverse("draft_text" if fits else "draft_address", args=[pk])

    return do_once(request, f"revise_referral {pk}", perform)


@require_POST
@member_page
def write_note(request: MemberRequest, pk: int) -> HttpResponse:
    """Note something for one's own agency."""
    found = access_referral(request.hat, pk)
    form = NoteForm(request.POST, auto_id="id_anteckning_%s")
    if not form.is_valid():
        context = page_context(request, found) | {"note_form": form}
        return respond(request, "referrals/page.html", context, 422)

    def perform() -> str:
        actions.write_agency_note(by=request.hat, referral=found, text=form.cleaned_data["text"])
        messages.success(request, "Anteckningen är sparad. Bara ni ser den.")
        return reverse("referral", args=[pk])

    return do_once(request, f"note_referral {pk}", perform)
