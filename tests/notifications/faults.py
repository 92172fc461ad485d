"""What the tests of faults share."""

import contextlib
from collections.abc import Callable, Generator

from notifications.models import Notification
from referrals.models import Referral
from tests.cast import Cast, draft, give_consent
from tests.daphne import Daphne
from tests.wire import Answer, Page, Visitor, open_pages
from workspace.models import Membership

Start = Callable[..., Daphne]


def ready(cast: Cast, count: int = 1) -> list[Referral]:
    """Drafts that can be sent, all on one consent."""
    give_consent(cast, back=("status", "answer"))
    return [draft(cast) for _ in range(count)]


def send(visitor: Visitor, referral: Referral, **how: object) -> Answer:
    return visitor.post(f"/remisser/{referral.pk}/granska/", **how)  # type: ignore[arg-type]


def rows_of(hat: Membership) -> list[tuple[int, int]]:
    return list(Notification.objects.filter(membership=hat).order_by("seq").values_list("pk", "seq"))


@contextlib.contextmanager
def outsider_hears_nothing(cast: Cast, server: Daphne) -> Generator[None]:
    """An outsider's page, following the protocol through whatever the test does."""
    page = Page(Visitor(server, cast.outsider), [server], poll=0.5)
    with open_pages([page]):
        yield
    assert page.shown == [] and page.reloads == 0 and page.faults == []
    assert not rows_of(cast.outsider)
