"""Every address of the product, read from its resolver, so that a new one without a case is noticed."""

import io
import zipfile
from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver
from pypdf import PdfReader

# What the key in an address points at. A new address belongs to one of these, or the tests fail.
OF_PERSON = {
    "participant", "change_participant", "new_consent", "meeting_consent", "new_referral", "new_conversation",
    "new_plan", "own_page_staff", "own_page_link", "own_page_code", "own_page_close", "contact", "support_needs",
    "level_two", "enrol", "way_consent",
}  # fmt: skip
OF_CONSENT = {"withdraw_consent", "confirm_consent"}
OF_REFERRAL = {
    "referral", "referral_fragment", "open_with_reason", "draft_address", "draft_ground", "draft_text", "draft_review",
    "draft_autosave", "referral_acknowledge", "referral_allow_answer", "referral_accept", "referral_decide",
    "referral_return", "referral_revise", "referral_close", "referral_recall", "case_file",
    "referral_start", "referral_ask_supplement", "referral_supplement", "referral_resume", "referral_suggest_redirect",
    "referral_request_cancel", "referral_confirm_cancel", "referral_decline_cancel", "referral_reopen",
    "referral_renew_ground", "referral_leave_be", "referral_new_date", "referral_pause", "referral_remind",
    "referral_note", "referral_dispute", "referral_settle", "referral_agency_note",
    "presence_fragment", "say_referral_open",
}  # fmt: skip
OF_TOKEN = {"sign_in_link", "own_link", "calendar_feed", "unsubscribe"}
OF_FOLLOW = {"follow"}  # what about, then its key
OF_CALENDAR = {"calendar_link", "end_feed_address"}  # a person's own, whatever hat they wear
OF_PUSH = {"push_trial", "push_off"}  # a person's own browser, whatever hat they wear
OF_ABSENCE = {"end_absence"}
OF_WEBHOOK = {  # of an agency's manager alone
    "change_webhook_key", "try_webhook", "stop_webhook", "start_webhook", "remove_webhook", "resend_webhook_since",
    "resend_webhook_message", "forget_dead_messages",
}  # fmt: skip
OF_HELP = {"help_request"}

# The meetings': by what the address says, one after the other. The last key is the one that may be missing.
OF_GROUP = {
    "group", "change_group", "end_group", "group_seats", "new_series", "change_series", "series_day", "new_meeting",
    "find_group_time",
    "agenda_template", "add_template_item", "place_template_item", "add_prepared_template_item",
    "proposals", "new_proposal",
}  # fmt: skip
OF_SEAT = {"group_seat", "end_seat"}
OF_HOLDER = {"end_holder"}
OF_TEMPLATE_ITEM = {"change_template_item", "move_template_item", "remove_template_item"}
OF_PROPOSAL = {"return_proposal", "take_back_proposal", "move_proposal", "merge_proposal"}
OF_MEETING = {
    "meeting", "meeting_seats_fragment", "meeting_agenda_fragment", "meeting_head_fragment", "meeting_checks_fragment",
    "meeting_proposals_fragment", "move_meeting", "cancel_meeting", "call_meeting", "answer_call", "tick_present",
    "restore_standing", "add_prepared_item",
    "add_item", "place_item", "agenda_print", "room", "room_fragment", "room_start", "room_go", "room_extend",
    "room_finish", "room_resume", "room_pen", "room_here", "new_case", "prepared",
}  # fmt: skip
OF_MEETING_AND_PROPOSAL = {"accept_proposal"}
OF_MEETING_AND_ITEM = {"change_item", "move_item", "remove_item", "invite_to_item", "add_decision", "add_action"}
OF_MEETING_AND_ITEM |= {"prepared_item"}
OF_MEETING |= {"gender_item", "gender_answer_fragment", "close_gender_item", "meeting_ics"}
OF_GUEST = {"take_back_invitation"}
OF_ITEM = {"item_gender", "note_save", "note_merge"}
OF_DECISION = {"remove_decision", "decision", "report_decision", "reopen_decision", "choose_indicator"}
OF_ACTION = {"change_action", "close_action", "drop_action", "reopen_action", "refer_action"}
OF_CASE = {
    "case", "case_fragment", "case_circle", "withdraw_case", "case_note", "case_no_note", "case_table", "case_ground",
    "case_decision", "case_action", "case_filed",
}  # fmt: skip
OF_HELD = {"minutes", "minutes_post", "minutes_send", "minutes_correct", "minutes_box_fragment"}
OF_MINUTES = {
    "minutes_version", "minutes_text_fragment", "minutes_state_fragment", "minutes_side_fragment", "minutes_paper",
    "minutes_addendum", "minutes_replace", "minutes_pdf", "minutes_word",
    "minutes_approve", "minutes_object", "minutes_withdraw",
}  # fmt: skip
OF_ATTENDANCE = {"attendance_matrix", "attendance_matrix_picture", "gender_history"}  # agencies and numbers, of a group
# What is about a person: hidden also from who sits in the meeting, and from its coordinator.
OF_CASES = OF_ITEM | OF_DECISION | OF_ACTION | OF_CASE
OF_MEETINGS = (
    OF_CASES | OF_GROUP | OF_SEAT | OF_HOLDER | OF_TEMPLATE_ITEM | OF_PROPOSAL | OF_MEETING | OF_MEETING_AND_PROPOSAL
    | OF_MEETING_AND_ITEM | OF_GUEST | OF_HELD | OF_MINUTES | OF_ATTENDANCE
)  # fmt: skip

# The conversations': of the convener's participant, and so of nobody who is not in them.
OF_CONVERSATION = {
    "conversation", "conversation_fragment", "change_conversation", "book_interpreter", "decide_form", "add_party",
    "conversation_ground", "ask_conversation", "propose_times", "add_suggested", "answer_times", "invite",
    "find_talk_time",
    "move_conversation", "cancel_conversation", "hold_conversation", "invitation", "answer_invitation",
    "conversation_ics",
}  # fmt: skip
OF_PARTY = {"change_party", "remove_party", "invite_late"}
OF_REQUEST = {"answer_request"}
OF_PLAN = {"postpone_plan", "set_aside_plan"}
OF_OPTION = {"withdraw_time"}
OF_INVITATION = {"register_answer", "invitation_letter"}
OF_AGREEMENT = {
    "agreement", "agreement_fragment", "write_own_words", "write_section", "write_common", "share_section",
    "add_commitment", "send_agreement", "correct_agreement", "withdraw_agreement",
}  # fmt: skip
OF_AGREEMENT_VERSION = {
    "agreement_version", "answer_agreement", "register_agreement_answer", "agreement_pdf", "agreement_letter",
}  # fmt: skip
OF_COMMITMENT = {
    "change_commitment", "remove_commitment", "close_commitment", "reopen_commitment", "refer_commitment",
}  # fmt: skip
# Done by the convener's side alone: for another party they do not exist. The rest is refused with a sentence, or is
# theirs too.
OF_CONVENER = {
    "change_conversation", "book_interpreter", "decide_form", "add_party", "remove_party", "write_own_words",
    "write_common", "send_agreement", "correct_agreement", "withdraw_agreement", "register_agreement_answer",
    "agreement_letter",
}  # fmt: skip
OF_TALKS = (
    OF_CONVERSATION | OF_PARTY | OF_REQUEST | OF_PLAN | OF_OPTION | OF_INVITATION | OF_AGREEMENT
    | OF_AGREEMENT_VERSION | OF_COMMITMENT
)  # fmt: skip
# The participant's own, in a browser of theirs: no hat opens them, and nobody is led to the staff's sign-in.
OF_OWN_INVITATION = {"own_answer"}
OF_OWN_TALK = {"own_times", "own_words"}
OF_OWN_QUESTION = {"own_show", "own_remove"}
OF_OWN_COPY = {"own_agree", "own_differ"}
OF_OWN_TASK = {"own_task_done", "own_task_undo"}
OF_OWN_YES = {"own_withdraw"}
OF_OWN_PLAN = {"own_plan_agree", "own_plan_differ"}
OF_OWN_SURVEY = {"own_survey"}
OF_OWN_AREA = {"own_area"}  # a word for its key, the same for everybody
OF_OWN_WAY = OF_OWN_PLAN | OF_OWN_SURVEY | OF_OWN_AREA
OF_OWN = OF_OWN_INVITATION | OF_OWN_TALK | OF_OWN_QUESTION | OF_OWN_COPY | OF_OWN_TASK | OF_OWN_YES | OF_OWN_WAY
# Those without a key, within a visit.
OWN = {"own", "own_look", "own_wish", "own_ask", "own_help", "own_plan_words", "own_areas"}
OWN |= {"own_ratings", "own_ratings_picture", "own_ratings_show", "own_ratings_hide"}
OWN_WAY_IN = {"own_code", "own_leave"}  # for anybody: they say nothing
# Somebody's way: of the agency that walks it with them, but what it has told another.
OF_WAY = {
    "way", "way_picture", "phase_decide", "discharge", "correct_discharge", "treatment_declined", "new_activity",
    "way_ratings_picture", "way_assessment", "write_area", "way_plan", "show_plan", "plan_version",
    "register_plan_answer", "write_plan_words", "write_plan_obstacles", "write_plan_path", "add_plan_goal", "tell_way",
}  # fmt: skip
OF_WAY_GOAL = {"change_plan_goal", "remove_plan_goal", "add_plan_step"}
OF_WAY_STEP = {"change_plan_step", "finish_plan_step", "reopen_plan_step", "drop_plan_step"}
OF_ACTIVITY = {"change_activity", "end_activity", "cancel_activity", "new_follow_up"}
OF_FOLLOW_UP = {"follow_up", "move_follow_up", "remove_follow_up"}
OF_SHARE = {"stop_telling"}
OF_TOLD = {"told_way", "told_way_fragment"}
OF_WAYS = OF_WAY | OF_WAY_GOAL | OF_WAY_STEP | OF_ACTIVITY | OF_FOLLOW_UP | OF_SHARE | OF_TOLD
# The figures: of the roles of a cooperation, and the agreement on them of an agency's manager.
OF_MONTH_READ = {"figures_month", "figures_xlsx", "figures_csv", "figures_finsam", "figures_finsam_xlsx"}
OF_MONTH = OF_MONTH_READ | {"figures_change", "figures_freeze"}
OF_MONTH_AND_GOAL = {"figures_goal", "figures_goal_bars", "figures_goal_curve"}
OF_GOAL = {"figures_end_goal", "figures_threshold", "figures_published"}
OF_PUBLISHED = {"figures_remove_published"}
OF_FREEZING = {"figures_freezing"}
OF_FIGURES_PARTY = {"figures_agree"}
OF_FIGURES_AGREEMENT = {"figures_end_agreement"}
OF_ROLES_FIGURES = OF_MONTH | OF_MONTH_AND_GOAL | OF_GOAL | OF_PUBLISHED | OF_FREEZING
OF_FIGURES = OF_ROLES_FIGURES | OF_FIGURES_PARTY | OF_FIGURES_AGREEMENT
# What a cooperation works by, and the time that agencies put in: of who is in it, and an agency's lines its own.
OF_DOCUMENT = {"document", "change_document", "publish_document", "end_document"}
OF_DOCUMENT_VERSION = {"document_version", "document_changes", "adopt_document", "confirm_document"}
OF_CO_FINANCING = {"change_co_financing"}
OF_TIME_REPORT = {"time_report", "time_report_reopen", "time_report_csv"}
OF_TIME_MONTH = {"time_sums_csv"}
OF_PAPERS = OF_DOCUMENT | OF_DOCUMENT_VERSION | OF_CO_FINANCING | OF_TIME_REPORT | OF_TIME_MONTH
OF_STAFF = (
    OF_PERSON | OF_CONSENT | OF_REFERRAL | OF_ABSENCE | OF_HELP | OF_MEETINGS | OF_TALKS | OF_WAYS | OF_FIGURES
    | OF_PAPERS | OF_CALENDAR | OF_WEBHOOK | OF_PUSH | OF_FOLLOW
)  # fmt: skip
OF_ANYTHING = OF_STAFF | OF_TOKEN | OF_OWN
POST_ONLY = {name for name in OF_REFERRAL if name.startswith("referral_")} - {"referral_fragment"}
POST_ONLY |= {
    "draft_autosave",
    "case_file",
    "confirm_consent",
    "switch_hat",
    "read_all",
    "undo_read_all",
    "mark_notices",
    "say_referral_open",
    "end_absence",
    "board_remind",
    "save_filter",
    "drop_filter",
}
POST_ONLY |= {
    "accept_proposal", "add_action", "call_meeting", "choose_indicator", "report_decision", "reopen_decision",
    "case_filed", "case_no_note", "case_note",
    "close_action", "drop_action", "end_group", "end_holder", "end_seat", "invite_to_item", "item_gender",
    "minutes_addendum", "minutes_post", "minutes_replace",
    "minutes_approve", "minutes_correct", "minutes_object", "move_item", "move_template_item", "note_save",
    "place_item", "place_template_item", "refer_action", "remove_decision", "remove_item",
    "remove_template_item", "reopen_action", "return_proposal", "room_extend", "room_finish", "room_go",
    "room_here", "room_pen", "room_resume", "room_start", "take_back_invitation", "take_back_proposal",
    "tick_present", "withdraw_case", "restore_standing", "add_prepared_item", "add_prepared_template_item",
    "move_proposal",
}  # fmt: skip
POST_ONLY |= {
    "add_suggested", "agreement_letter", "agreement_pdf", "answer_invitation", "book_interpreter",
    "close_commitment", "invitation_letter", "invite_late", "own_page_close", "own_page_code", "own_page_link",
    "refer_commitment", "remove_commitment", "remove_party", "reopen_commitment", "withdraw_time",
}  # fmt: skip
POST_ONLY |= {
    "show_plan", "remove_plan_goal", "finish_plan_step", "reopen_plan_step", "stop_telling", "figures_remove_published",
    "figures_change", "figures_agree", "figures_end_agreement",
}  # fmt: skip
GET_ONLY = {
    "agreement", "agreement_fragment", "agreement_version",
    "actions", "actions_fragment", "attendance_matrix", "attendance_matrix_picture", "minutes_paper",
    "minutes_pdf", "minutes_word",
    "way", "way_picture", "way_ratings_picture", "way_assessment", "way_plan", "plan_version", "figures",
    "decision", "decisions", "decisions_xlsx", "decisions_csv",
    "figures_agreement",
}  # fmt: skip
GET_ONLY |= OF_MONTH_READ | OF_MONTH_AND_GOAL | OF_FREEZING
GET_ONLY |= {"steering", "prepared", "prepared_item"}
GET_ONLY |= {"gender_item", "gender_answer_fragment", "gender_history"}
POST_ONLY |= {"close_gender_item"}
GET_ONLY |= {"documents", "document", "document_version", "document_changes"}
GET_ONLY |= {"co_financing", "time_reports", "time_report_csv", "time_sums_csv"}
POST_ONLY |= {"publish_document", "end_document", "adopt_document", "confirm_document", "time_report_reopen"}
GET_ONLY |= {"meeting_ics", "conversation_ics"}
GET_ONLY |= {"find_talk_time", "find_group_time"}
POST_ONLY |= {"choose_calls", "make_feed_address", "end_feed_address", "remove_busy_calendar"}
POST_ONLY |= OF_WEBHOOK - {"stop_webhook", "remove_webhook"} | {"make_webhook"}
POST_ONLY |= OF_PUSH | {"push_on"}
POST_ONLY |= OF_FOLLOW | {"notice_role_choice", "notice_quiet_hours", "reset_notice_choices"}
GET_ONLY |= {"service_worker"}
REFUSED_METHODS = {"get": POST_ONLY, "post": GET_ONLY}  # answered 405, whoever asks


def addresses(resolver: URLResolver | None = None, before: str = "") -> Iterator[tuple[str, str, list[str]]]:
    """(name, route, names of parameters) of every address of the product."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from addresses(entry, route)
        else:
            assert isinstance(entry, URLPattern)
            yield entry.name or route, route, list(entry.pattern.converters)


def said(content: bytes) -> str:
    """All the text of an answer, also of an Excel file and of a PDF."""
    if content.startswith(b"%PDF"):
        return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    if not content.startswith(b"PK"):
        return content.decode()
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        return " ".join(parts.read(name).decode() for name in parts.namelist())
