"""Every form of the product: who posts it, where, and what."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from referrals import actions as referral_actions
from referrals.models import Referral, SavedFilter
from referrals.states import AnswerScope, ReferralState
from tests.calendar.calendar_forms import CALENDAR_FORMS, calendar_forms
from tests.cast import Cast, give_consent
from tests.figures.figure_forms import FIGURE_FORMS, figure_forms
from tests.meetings.forms import meeting_forms
from tests.meetings.talk_forms import TALK_FORMS, talk_forms
from tests.notifications.choice_forms import CHOICE_FORMS, choice_forms
from tests.notifications.push_forms import PUSH_FORMS, push_forms
from tests.notifications.webhook_forms import WEBHOOK_FORMS, webhook_forms
from tests.pathway.way_forms import WAY_FORMS, way_forms
from tests.referrals.journeys import bring_to
from tests.steering.paper_forms import PAPER_FORMS, paper_forms
from workspace.models import Consent
from workspace.rules import Hat

S = ReferralState
Form = Callable[[], tuple[Hat, str, dict[str, Any]]]


def board_forms(cast: Cast) -> dict[str, Form]:
    """Those of the coordinator's board."""

    def reminder() -> tuple[Hat, str, dict[str, Any]]:
        referral = bring_to(cast, S.SENT, follow_up=True)
        return cast.coordinator, "/bevaka/paminn/", {"remiss": [referral.pk], "text": "Hur går det?"}

    def dropping() -> tuple[Hat, str, dict[str, Any]]:
        saved = SavedFilter.objects.create(role=cast.coordinator, name="Måndag", query="urval=sena")
        return cast.coordinator, "/bevaka/urval/ta-bort/", {"filter": saved.pk}

    return {
        "board_remind": reminder,
        "save_filter": lambda: (cast.coordinator, "/bevaka/urval/?urval=sena", {"name": "Måndag"}),
        "drop_filter": dropping,
    }


def on(cast: Cast, state: ReferralState, hat: Hat, path: str, **data: Any) -> Form:
    return lambda: (hat, f"/remisser/{bring_to(cast, state).pk}/{path}/", data)


def clock_forms(cast: Cast) -> dict[str, Form]:
    """Those of supplements, suggestions, dates, reminders and disputes."""

    def lapsed() -> tuple[Hat, str, dict[str, Any]]:
        referral = bring_to(cast, S.ACCEPTED)
        Referral.objects.filter(pk=referral.pk).update(lapsed_at=timezone.now())
        return cast.soc, f"/remisser/{referral.pk}/fornya/", {}

    def silent() -> tuple[Hat, str, dict[str, Any]]:
        referral = bring_to(cast, S.RECEIVED, scope=AnswerScope.NONE)
        return cast.soc, f"/remisser/{referral.pk}/sluta-vanta/", {}

    def disputed() -> tuple[Hat, str, dict[str, Any]]:
        referral = bring_to(cast, S.RETURNED)
        referral_actions.dispute_referral(by=cast.soc, referral=referral)
        return cast.soc, f"/remisser/{referral.pk}/ansvar-lost/", {"code": "receiver"}

    soc, psyk, soon = cast.soc, cast.psyk, timezone.localdate() + timedelta(days=20)
    return {
        "referral_start": on(cast, S.ACCEPTED, psyk, "borja"),
        "referral_ask_supplement": on(cast, S.ACCEPTED, psyk, "be-om-komplettering", code="background", text="Mer?"),
        "referral_supplement": on(cast, S.WAITING, soc, "komplettera", question="Mer."),
        "referral_resume": on(cast, S.WAITING, psyk, "ga-vidare"),
        "referral_suggest_redirect": on(cast, S.RECEIVED, psyk, "foresla", receiver=cast.fk_desk.pk),
        "referral_request_cancel": on(cast, S.ACCEPTED, soc, "be-om-avbrott", code="moved"),
        "referral_confirm_cancel": on(cast, S.CANCEL_ASKED, psyk, "avbryt"),
        "referral_decline_cancel": on(cast, S.CANCEL_ASKED, psyk, "fortsatt"),
        "referral_reopen": on(cast, S.CLOSED, soc, "oppna-igen", code="new_facts"),
        "referral_renew_ground": lapsed,
        "referral_leave_be": silent,
        "referral_new_date": on(cast, S.ACCEPTED, psyk, "nytt-datum", code="queue", until_on=str(soon)),
        "referral_pause": on(cast, S.ACCEPTED, psyk, "paus", code="in_care", until_on=str(soon)),
        "referral_remind": on(cast, S.SENT, soc, "paminn", text="Hur går det?"),
        "referral_note": on(cast, S.ACCEPTED, psyk, "meddelande", text="Tid bokad."),
        "referral_dispute": on(cast, S.RETURNED, soc, "ansvar"),
        "referral_settle": disputed,
        "referral_agency_note": on(cast, S.ACCEPTED, psyk, "anteckning", text="Ring på måndag."),
    }


def forms(cast: Cast) -> dict[str, Form]:
    """Every form there is: who posts it, where, what. Called, each makes what it needs."""

    def withdrawal() -> tuple[Hat, str, dict[str, Any]]:
        consent = give_consent(cast)
        return cast.soc, f"/samtycken/{consent.pk}/aterkalla/", {"rows": [str(row.pk) for row in consent.rows.all()]}

    def confirmation() -> tuple[Hat, str, dict[str, Any]]:
        consent = give_consent(cast)
        Consent.objects.update(to_be_confirmed=True)
        return cast.soc, f"/samtycken/{consent.pk}/bekrafta/", {}

    someone = {"function": cast.soc_desk.pk, "first_name": "A", "last_name": "B", "birth_year": 1984, "gender": "woman"}
    consent = {"recipient": cast.psyk.agency_id, "categories": ["identity"], "purpose": "se", "form": "oral"}
    days = {"valid_until": "2099-12-31", "given_on": "2026-01-01"}
    person, soc, psyk = f"/deltagare/{cast.person.pk}/", cast.soc, cast.psyk
    return {
        "new_participant": lambda: (soc, "/deltagare/ny/", someone | {"municipality": cast.person.municipality_id}),
        "change_participant": lambda: (soc, f"{person}andra/", someone | {"municipality": cast.person.municipality_id}),
        "new_consent": lambda: (soc, f"{person}samtycke/", consent | days),
        "withdraw_consent": withdrawal,
        "confirm_consent": confirmation,
        "new_referral": lambda: (soc, f"{person}remiss/", {"receiver": cast.psyk_desk.pk, "kind": "other"}),
        "draft_address": on(cast, S.DRAFT, soc, "vart", receiver=cast.fk_desk.pk, kind="other"),
        "draft_ground": on(cast, S.DRAFT, soc, "grund", ground="harm_test", reason="Prövat"),
        "draft_text": on(cast, S.DRAFT, soc, "fraga", question="Ny", health="Ny"),
        "draft_review": on(cast, S.DRAFT, soc, "granska"),
        "referral_acknowledge": on(cast, S.SENT, psyk, "ta-emot", scope="status_and_text"),
        "referral_allow_answer": on(cast, S.RECEIVED, psyk, "fa-svara", scope="status"),
        "referral_accept": on(cast, S.RECEIVED, psyk, "acceptera"),
        "referral_decide": on(cast, S.ACCEPTED, psyk, "besluta", outcome="granted", text="Svar"),
        "referral_return": on(cast, S.RECEIVED, psyk, "skicka-tillbaka", code="other"),
        "referral_revise": on(cast, S.RETURNED, soc, "ratta"),
        "referral_close": on(cast, S.DECIDED, soc, "avsluta"),
        "referral_recall": on(cast, S.SENT, soc, "aterta", code="not_needed"),
        **clock_forms(cast),
        "open_with_reason": on(cast, S.SENT, cast.psyk_manager, "oppna", reason="Klagomål"),
        **board_forms(cast),
        **{name: form for name, form in meeting_forms(cast).items() if name not in UNREPEATED},
        **talk_forms(cast),
        **way_forms(cast),
        **figure_forms(cast),
        **paper_forms(cast),
        **calendar_forms(cast),
        **webhook_forms(cast),
        **push_forms(cast),
        **choice_forms(cast),
    }


FORMS = [
    "new_participant", "change_participant", "new_consent", "withdraw_consent", "confirm_consent",
    "new_referral", "draft_address", "draft_ground", "draft_text", "draft_review", "referral_acknowledge",
    "referral_allow_answer", "referral_accept", "referral_decide", "referral_return", "referral_revise",
    "referral_close", "referral_recall", "referral_start", "referral_ask_supplement", "referral_supplement",
    "referral_resume", "referral_suggest_redirect", "referral_request_cancel", "referral_confirm_cancel",
    "referral_decline_cancel", "referral_reopen", "referral_renew_ground", "referral_leave_be", "referral_new_date",
    "referral_pause", "referral_remind", "referral_note", "referral_dispute", "referral_settle",
    "referral_agency_note", "open_with_reason",
    "board_remind", "save_filter", "drop_filter",
]  # fmt: skip
FORMS += [
    "new_group", "change_group", "end_group", "add_seat", "seat_members", "end_seat", "end_holder",
    "new_meeting", "move_meeting", "cancel_meeting", "new_series", "change_series", "series_day",
    "call_meeting", "answer_call", "tick_present", "minutes_send", "minutes_approve", "minutes_object",
    "minutes_addendum", "minutes_post", "minutes_replace", "minutes_correct", "minutes_withdraw", "add_item",
    "place_item", "change_item", "move_item", "remove_item",
    "invite_to_item", "take_back_invitation", "add_template_item", "place_template_item",
    "change_template_item", "move_template_item", "remove_template_item", "add_decision", "add_action",
    "report_decision", "reopen_decision", "choose_indicator",
    "remove_decision", "change_action", "close_action", "drop_action", "reopen_action", "refer_action",
    "new_proposal", "accept_proposal", "return_proposal", "take_back_proposal", "meeting_consent", "new_case",
    "restore_standing", "add_prepared_item", "add_prepared_template_item", "move_proposal", "merge_proposal",
    "case_circle", "withdraw_case", "case_note", "case_no_note", "case_table", "case_ground", "case_decision",
    "case_action", "room_start", "room_go", "room_extend", "room_finish", "room_resume", "room_pen",
    "item_gender", "close_gender_item", "note_save", "note_merge",
]  # fmt: skip
FORMS += TALK_FORMS + WAY_FORMS + FIGURE_FORMS + PAPER_FORMS + CALENDAR_FORMS
FORMS += WEBHOOK_FORMS + PUSH_FORMS + CHOICE_FORMS
# What is posted and is not among them, and why.
UNREPEATED = {
    "draft_autosave": "saved again while somebody types; it has a version of its own",
    "case_file": "answers with a paper: each is made and logged anew",
    "case_filed": "answers with a paper: each is made and logged anew",
    "agreement_pdf": "answers with a paper: each is made and logged anew",
    "agreement_letter": "answers with a paper: each is made and logged anew",
    "invitation_letter": "answers with a paper: each is made and logged anew",
    "own_page_link": "answers with a link, which is kept nowhere and so cannot be shown again",
    "own_page_code": "answers with a code, which is kept nowhere and so cannot be shown again",
    "make_feed_address": "answers with an address, which is kept nowhere: one sent again takes the first one's place",
    "make_webhook": "answers with a key, which is kept sealed: one sent again gives the same system a new key",
    "change_webhook_key": "answers with a key, which is kept sealed: one sent again gives a new key",
    "own_page_close": "closed is closed, and each time is logged",
    "switch_hat": "changes the session and nothing else",
    "read_all": "read is read; that a repeat leads to the same undoing: tests/notifications/test_bell.py",
    "undo_read_all": "undone once: tests/notifications/test_bell.py",
    "mark_notices": "read is read, and unread unread",
    "say_referral_open": "says that the page is still open: that the moment moves is what it is for",
    "end_absence": "a repeat finds no absence: tests/front/test_absence.py",
    "room_here": "says that the page is still open: that the moment moves is what it is for",
}
# What leaves no act in the audit, and why.
UNLOGGED = {
    "draft_address": "a draft is its desk's alone until it is sent, and that is logged",
    "draft_ground": "a draft is its desk's alone until it is sent, and that is logged",
    "draft_text": "a draft is its desk's alone until it is sent, and that is logged",
    "save_filter": "about nobody, and read by nobody else",
    "drop_filter": "about nobody, and read by nobody else",
    "note_merge": "within a minute of the note it grew from, whose act is logged",
}
