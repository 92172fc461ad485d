"""Every address of the product, read from its resolver, so that a new one without a case is noticed."""

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver

# What the key in an address points at. A new address belongs to one of these, or the tests fail.
OF_PERSON = {"participant", "change_participant", "new_consent", "new_referral"}
OF_CONSENT = {"withdraw_consent", "confirm_consent"}
OF_REFERRAL = {
    "referral", "referral_fragment", "open_with_reason", "draft_address", "draft_ground", "draft_text", "draft_review",
    "draft_autosave", "referral_acknowledge", "referral_allow_answer", "referral_accept", "referral_decide",
    "referral_return", "referral_revise", "referral_close", "referral_recall",
}  # fmt: skip
OF_TOKEN = {"sign_in_link"}
POST_ONLY = {name for name in OF_REFERRAL if name.startswith("referral_")} - {"referral_fragment"}
POST_ONLY |= {"draft_autosave", "confirm_consent", "switch_hat", "read_all"}


def addresses(resolver: URLResolver | None = None, before: str = "") -> Iterator[tuple[str, str, list[str]]]:
    """(name, route, names of parameters) of every address of the product."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from addresses(entry, route)
        else:
            assert isinstance(entry, URLPattern)
            yield entry.name or route, route, list(entry.pattern.converters)
