"""The forms of what a person chooses about notices."""

from collections.abc import Callable
from typing import Any

from tests.cast import Cast, sent
from workspace.rules import Hat

Form = Callable[[], tuple[Hat, str, dict[str, Any]]]


def choice_forms(cast: Cast) -> dict[str, Form]:
    """Address name -> who posts what where. Called, each makes what it needs."""
    page, quiet = "/aviseringar/", {"begins": "19.00", "ends": "06.30"}
    return {
        "notice_choices": lambda: (cast.soc, page, {"mail-referral.message": "weekly"}),
        "notice_role_choice": lambda: (cast.coordinator, f"{page}roll/", {}),
        "notice_quiet_hours": lambda: (cast.soc, f"{page}tysta-timmar/", quiet),
        "reset_notice_choices": lambda: (cast.soc, f"{page}aterstall/", {}),
        "follow": lambda: (cast.soc, f"/folj/referral/{sent(cast).pk}/", {"folj": "0"}),
    }


CHOICE_FORMS = ["notice_choices", "notice_role_choice", "notice_quiet_hours", "reset_notice_choices", "follow"]
