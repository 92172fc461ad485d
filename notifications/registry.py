"""Every kind of notice the product sends, found in each app's notices.py."""

from typing import NamedTuple

from django.utils.module_loading import autodiscover_modules

from notifications.states import Reader, Urgency


class NoticeKind(NamedTuple):
    """Words and address of a notice. No word needs the object: number, acting agency and verb say it all.

    `says` completes "Vuxenpsykiatrin Piteå …" and holds {number}; `address` is a url name that takes the object's pk.
    `label` says it as something that happens, where people choose: «En remiss kommer in». `thing` is what kind of thing
    the pk is of, where the code's first word does not say it.
    """

    code: str
    says: str
    address: str
    urgency: Urgency
    label: str
    thing: str = ""
    reader: Reader = Reader.ANYBODY
    subject: str = ""  # the heading it stands under where people choose; `register` sets it

    @property
    def about(self) -> str:
        """What kind of thing it is about: notices with the same, and the same pk, are about one thing."""
        return self.thing or self.code.partition(".")[0]


_kinds: dict[str, NoticeKind] = {}


def register(subject: str, *kinds: NoticeKind) -> None:
    """Make kinds known, under the heading where people choose about them."""
    for kind in kinds:
        _kinds[kind.code] = kind._replace(subject=subject)


def all_kinds() -> dict[str, NoticeKind]:
    """Every kind by its code; loads each app's notices.py the first time."""
    if not _kinds:
        autodiscover_modules("notices")
    return _kinds
