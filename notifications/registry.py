"""Every kind of notice the product sends, found in each app's notices.py."""

from typing import NamedTuple

from django.utils.module_loading import autodiscover_modules


class NoticeKind(NamedTuple):
    """Words and address of a notice. No word needs the object: number, acting agency and verb say it all.

    `says` completes "Vuxenpsykiatrin Piteå …" and holds {number}; `address` is a url name that takes the object's pk.
    """

    code: str
    says: str
    address: str


_kinds: dict[str, NoticeKind] = {}


def register(*kinds: NoticeKind) -> None:
    for kind in kinds:
        _kinds[kind.code] = kind


def all_kinds() -> dict[str, NoticeKind]:
    """Every kind by its code; loads each app's notices.py the first time."""
    if not _kinds:
        autodiscover_modules("notices")
    return _kinds
