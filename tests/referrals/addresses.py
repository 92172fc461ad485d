"""Every address of the product, read from its resolver, so that a new one without a case is noticed."""

import io
import zipfile
from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver

# What the key in an address points at. A new address belongs to one of these, or the tests fail.
OF_PERSON = {"participant", "change_participant", "new_consent", "new_referral"}
OF_CONSENT = {"withdraw_consent", "confirm_consent"}
OF_REFERRAL = {
    "referral", "referral_fragment", "open_with_reason", "draft_address", "draft_ground", "draft_text", "draft_review",
    "draft_autosave", "referral_acknowledge", "referral_allow_answer", "referral_accept", "referral_decide",
    "referral_return", "referral_revise", "referral_close", "referral_recall", "case_file",
    "referral_start", "referral_ask_supplement", "referral_supplement", "referral_resume", "referral_suggest_redirect",
    "referral_request_cancel", "referral_confirm_cancel", "referral_decline_cancel", "referral_reopen",
    "referral_renew_ground", "referral_leave_be", "referral_new_date", "referral_pause", "referral_remind",
    "referral_note", "referral_dispute", "referral_settle", "referral_agency_note",
}  # fmt: skip
OF_TOKEN = {"sign_in_link"}
OF_ABSENCE = {"end_absence"}
POST_ONLY = {name for name in OF_REFERRAL if name.startswith("referral_")} - {"referral_fragment"}
POST_ONLY |= {
    "draft_autosave",
    "case_file",
    "confirm_consent",
    "switch_hat",
    "read_all",
    "end_absence",
    "board_remind",
    "save_filter",
    "drop_filter",
}


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
    """All the text of an answer, also of an Excel file."""
    if not content.startswith(b"PK"):
        return content.decode()
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        return " ".join(parts.read(name).decode() for name in parts.namelist())
