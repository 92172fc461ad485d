"""What each verb on a referral's page asks for, does, and then says."""

from typing import Any

from django import forms

from referrals import actions
from referrals.forms import (
    AskSupplementForm,
    CancelForm,
    DecideForm,
    MessageForm,
    NewDateForm,
    PauseForm,
    RecallForm,
    RedirectForm,
    RemindForm,
    ReopenForm,
    ReturnForm,
    ScopeForm,
    SettleForm,
    SupplementForm,
    no_text_without_leave,
)
from referrals.models import Referral
from referrals.queries import ReferralShown, needed_grounds
from referrals.rules import (
    TEXT_CATEGORIES,
    acts_for,
    can_ask_cancel,
    can_close,
    can_dispute,
    can_do,
    can_leave_be,
    can_recall,
    can_remind,
    can_renew,
    can_reopen,
    can_set_date,
    can_settle,
    can_tell,
)
from referrals.states import (
    UNDER_WAY,
    AnswerScope,
    CancelCode,
    DelayCode,
    Outcome,
    PauseCode,
    RecallCode,
    ReferralState,
    ReopenCode,
    ReturnCode,
    SettleCode,
    Side,
    SupplementCode,
    Verb,
)
from workspace.models import Category, Membership
from workspace.queries import desks_reached_from
from workspace.rules import is_caseworker

S, V = ReferralState, Verb
PLAIN: dict[Verb, type[forms.Form]] = {
    V.ACKNOWLEDGE: ScopeForm,
    V.ALLOW_ANSWER: ScopeForm,
    V.DECIDE: DecideForm,
    V.RETURN: ReturnForm,
    V.RECALL: RecallForm,
    V.ASK_SUPPLEMENT: AskSupplementForm,
    V.REQUEST_CANCEL: CancelForm,
    V.REOPEN: ReopenForm,
    V.SETTLE: SettleForm,
    V.NEW_DATE: NewDateForm,
    V.PAUSE: PauseForm,
}
WITH_CONTEXT = {V.SUPPLEMENT, V.SUGGEST_REDIRECT, V.REMIND, V.NOTE}
# Texts to the sender that take leave to write.
ANSWERING = {V.DECIDE, V.RETURN, V.ASK_SUPPLEMENT, V.SUGGEST_REDIRECT}
# Done with a press of a button in the list below the main one, or a form that unfolds: verb, what it is called there,
# what its button says, and a word before.
MORE: tuple[tuple[Verb, str, str, str], ...] = (
    (V.START, "", "Börja arbeta med remissen", ""),
    (V.RESUME, "", "Gå vidare utan komplettering", ""),
    (
        V.ASK_SUPPLEMENT,
        "Be om komplettering",
        "Be om komplettering",
        "Det blir avsändarens tur. Er klocka står stilla.",
    ),
    (V.NEW_DATE, "Pågår, nytt datum", "Lova det datumet", "Ingen påminner er före den dagen."),
    (V.PAUSE, "Stanna klockan", "Stanna klockan", "Klockan går igen dagen efter."),
    (V.REMIND, "Påminn", "Skicka påminnelsen", ""),
    (V.NOTE, "Skriv till båda", "Skriv till båda", ""),
    (V.SUGGEST_REDIRECT, "Föreslå en annan mottagare", "Föreslå mottagaren", "Avsändaren avgör om frågan skickas dit."),
    (
        V.DISPUTE,
        "Oklart ansvar",
        "Anmäl till styrgruppen",
        "Styrgruppen ser nummer och dagar. Det är fortfarande er tur.",
    ),
    (V.SETTLE, "Ansvaret är utrett", "Registrera", ""),
    (V.REQUEST_CANCEL, "Be att få avbryta", "Be att få avbryta", "Mottagaren svarar om arbetet avbryts."),
    (
        V.LEAVE_BE,
        "Sluta vänta på svar här",
        "Sluta vänta",
        "Mottagaren kan arbeta vidare. Hos er är remissen avslutad.",
    ),
)


def verbs_for(by: Membership, shown: ReferralShown) -> set[Verb]:
    """What this hat may do now: the table, the side, and what the side may know."""
    referral = shown.referral
    if shown.side == Side.RECEIVER and referral.receiver.agency_id != by.agency_id:
        return set()  # it has gone on to somebody else
    verbs: set[Verb] = set()
    for side in acts_for(by, referral):
        verbs |= _of_receiver(by, shown) if side == Side.RECEIVER else _of_sender(by, shown)
        verbs |= {V.CLOSE} if can_close(by, referral, side) else set()
    if can_set_date(by, referral) and not shown.lapsed:
        verbs |= {V.NEW_DATE, V.PAUSE}
    return verbs


def _of_receiver(by: Membership, shown: ReferralShown) -> set[Verb]:
    referral, told = shown.referral, shown.status_told
    stopping = {verb for verb in (V.CONFIRM_CANCEL,) if can_do(by, referral, verb, Side.RECEIVER)}
    if shown.lapsed:
        return stopping
    own = (V.ACKNOWLEDGE, V.ACCEPT, V.START, V.DECIDE, V.DECLINE_CANCEL)
    verbs = stopping | {verb for verb in own if can_do(by, referral, verb, Side.RECEIVER)}
    telling = (V.RETURN, V.ASK_SUPPLEMENT, V.RESUME, V.SUGGEST_REDIRECT)
    verbs |= {verb for verb in telling if can_tell(by, referral, verb, told)}
    if shown.by_letter or not is_caseworker(by):
        return verbs
    if referral.state in {S.RECEIVED, S.DECIDED, S.CANCEL_ASKED, *UNDER_WAY}:
        verbs.add(V.ALLOW_ANSWER)
    return verbs | ({V.NOTE} if shown.answer_told and shown.open else set())


def _of_sender(by: Membership, shown: ReferralShown) -> set[Verb]:
    referral, told = shown.referral, shown.status_told
    own = {verb for verb in (V.REVISE, V.SUPPLEMENT) if can_do(by, referral, verb, Side.SENDER)}
    allowed = {
        V.RECALL: can_recall(by, referral, told),
        V.REQUEST_CANCEL: can_ask_cancel(by, referral, told),
        V.REOPEN: can_reopen(by, referral, told) and shown.receiver_lost_at is None,
        V.RENEW_GROUND: can_renew(by, referral),
        V.LEAVE_BE: can_leave_be(by, referral, told),
        V.DISPUTE: can_dispute(by, referral),
        V.SETTLE: can_settle(by, referral),
        V.REMIND: can_remind(by, referral, told) and not shown.answer_silent,
        V.NOTE: told and shown.open and is_caseworker(by) and not (shown.by_letter or shown.lapsed),
    }
    return own | {verb for verb, yes in allowed.items() if yes}


def form_for(verb: Verb, by: Membership, shown: ReferralShown, data: Any = None) -> forms.Form | None:
    """The form of a verb, bound if there is data; None for a verb that is only a button."""
    if verb == V.ACKNOWLEDGE and shown.by_letter:
        return None  # the sender registers the receipt; nobody there answers here
    how: dict[str, Any] = {"data": data, "auto_id": f"id_{verb}_%s"}
    if verb in PLAIN:
        if verb in {V.ACKNOWLEDGE, V.ALLOW_ANSWER}:
            how["initial"] = {"scope": _scope_now(shown)} if verb == V.ALLOW_ANSWER else {}
        form = PLAIN[verb](**how)
    elif verb == V.SUPPLEMENT:
        form = SupplementForm(**how, categories=covered(shown))
    elif verb == V.SUGGEST_REDIRECT:
        reached = desks_reached_from(shown.referral.sender.agency_id).exclude(agency=shown.receiver.agency_id)
        form = RedirectForm(**how, desks=reached)
    elif verb == V.REMIND:
        form = RemindForm(**how, step=shown.state)
    elif verb == V.NOTE:
        form = MessageForm(**how, categories=covered(shown) if shown.side == Side.SENDER else [])
    else:
        return None
    if verb in ANSWERING:
        no_text_without_leave(form, shown.answer_told or shown.by_letter)
    if isinstance(form, ScopeForm) and shown.kind and shown.kind.status_only:
        form.only_status()
    return form


def _scope_now(shown: ReferralShown) -> AnswerScope:
    if shown.answer_told:
        return AnswerScope.STATUS_AND_TEXT
    return AnswerScope.STATUS if shown.status_told else AnswerScope.NONE


def covered(shown: ReferralShown) -> list[Category]:
    """The categories under which the sender may tell the receiver more today."""
    found = needed_grounds(shown.referral, everything=True)
    other_ground = not shown.on_consent
    return [item.category for item in found if item.category.pk in TEXT_CATEGORIES and (item.row or other_ground)]


def perform(verb: Verb, by: Membership, referral: Referral, data: dict[str, Any]) -> str:
    """Do a verb with its form's data, and return what to say afterwards."""
    run, sentence = ACTS[verb]
    run(by, referral, data)
    return sentence


def _code(action: Any, choices: Any) -> Any:
    return lambda by, referral, data: action(by=by, referral=referral, code=choices(data["code"]))


def _bare(action: Any) -> Any:
    return lambda by, referral, data: action(by=by, referral=referral)


def _with_text(action: Any, choices: Any) -> Any:
    return lambda by, referral, data: action(
        by=by, referral=referral, code=choices(data["code"]), text=data.get("text", "")
    )


def _until(action: Any, choices: Any) -> Any:
    return lambda by, referral, data: action(
        by=by, referral=referral, code=choices(data["code"]), until_on=data["until_on"]
    )


def _scope(action: Any) -> Any:
    return lambda by, referral, data: action(
        by=by, referral=referral, scope=AnswerScope(data.get("scope", AnswerScope.NONE))
    )


ACTS: dict[Verb, tuple[Any, str]] = {
    V.ACKNOWLEDGE: (_scope(actions.acknowledge_referral), "Remissen är mottagen."),
    V.ALLOW_ANSWER: (_scope(actions.allow_answer), "Det ni får svara är ändrat."),
    V.ACCEPT: (_bare(actions.accept_referral), "Remissen är accepterad."),
    V.START: (_bare(actions.start_referral_work), "Arbetet med remissen är påbörjat."),
    V.ASK_SUPPLEMENT: (_with_text(actions.ask_supplement, SupplementCode), "Avsändaren är ombedd att komplettera."),
    V.SUPPLEMENT: (
        lambda by, referral, data: actions.supplement_referral(by=by, referral=referral, texts=data),
        "Kompletteringen är skickad.",
    ),
    V.RESUME: (_bare(actions.resume_referral), "Arbetet fortsätter utan komplettering."),
    V.DECIDE: (
        lambda by, referral, data: actions.decide_referral(
            by=by, referral=referral, outcome=Outcome(data["outcome"]), text=data.get("text", "")
        ),
        "Beslutet är registrerat.",
    ),
    V.RETURN: (_with_text(actions.return_referral, ReturnCode), "Remissen är tillbaka hos avsändaren."),
    V.SUGGEST_REDIRECT: (
        lambda by, referral, data: actions.suggest_redirect(
            by=by, referral=referral, receiver=data["receiver"], text=data.get("text", "")
        ),
        "Förslaget är hos avsändaren.",
    ),
    V.CLOSE: (_bare(actions.close_referral), "Remissen är avslutad."),
    V.RECALL: (
        _code(actions.recall_referral, RecallCode),
        "Remissen är återtagen. Mottagaren kan inte längre läsa den.",
    ),
    V.REQUEST_CANCEL: (_code(actions.request_cancel, CancelCode), "Mottagaren är ombedd att avbryta."),
    V.CONFIRM_CANCEL: (_bare(actions.confirm_cancel), "Arbetet är avbrutet."),
    V.DECLINE_CANCEL: (_bare(actions.decline_cancel), "Avsändaren vet att arbetet fortsätter."),
    V.REOPEN: (_code(actions.reopen_referral, ReopenCode), "Remissen är öppen igen."),
    V.RENEW_GROUND: (_bare(actions.renew_ground), "Grunden är förnyad. Mottagaren kan läsa igen."),
    V.LEAVE_BE: (_bare(actions.leave_be), "Ni väntar inte längre på svar här."),
    V.NEW_DATE: (_until(actions.set_new_date, DelayCode), "Det nya datumet är sparat."),
    V.PAUSE: (_until(actions.pause_clock, PauseCode), "Klockan står stilla till och med den dagen."),
    V.REMIND: (
        lambda by, referral, data: actions.remind_by_hand(by=by, referral=referral, text=data["text"]),
        "Påminnelsen är skickad.",
    ),
    V.NOTE: (
        lambda by, referral, data: actions.write_message(
            by=by, referral=referral, category=data.get("category", ""), text=data["text"]
        ),
        "Båda kan läsa det du skrev.",
    ),
    V.DISPUTE: (_bare(actions.dispute_referral), "Styrgruppen ser att ansvaret är oklart."),
    V.SETTLE: (_code(actions.settle_dispute, SettleCode), "Det är registrerat vem som har ansvaret."),
}
