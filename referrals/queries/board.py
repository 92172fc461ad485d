"""The coordinator's board: referrals without persons (house.md 3).

Everything here reads what is open, by partial indexes, and never all of it: pages are found by the last row before
them, and figures stop at `MOST`. So a page costs the same however much has ended (docs/bench.md).
"""

from collections import Counter
from collections.abc import Collection
from datetime import date, datetime
from typing import Any, NamedTuple, TypeGuard

from django.db.models import Case, Max, OuterRef, Q, QuerySet, Subquery, Value, When
from django.http import Http404

from referrals.models import LAST_DAY, Referral, ReferralEvent, ReferralSection, SavedFilter
from referrals.queries.visible import with_people
from referrals.rules import FOLLOW_UP, VITAL
from referrals.states import Verb
from workspace.models import Consent, CooperationRole, Function
from workspace.rules import Hat, disclosure_lives, is_coordinator
from workspace.states import CooperationRoleKind

STEERING = {CooperationRoleKind.STEERING, CooperationRoleKind.CHAIR}
MOST = 1_000  # a figure above it is said as «över 1 000»


def board_of(role: Hat) -> QuerySet[Any]:
    """The coordinator's rows: open referrals whose consent lets this cooperation follow them up (house.md 3).

    In the order of their last day, soonest first, those without one last; reads only what is open, by its own index.
    The coordinator knows what the sender knows: the columns `told_*`. Rows can be filtered by `last_day`.
    """
    if not is_coordinator(role):
        return Referral.objects.none()
    return _open_by_last_day(role).filter(followed__isnull=False)


def _open_by_last_day(role: CooperationRole) -> QuerySet[Any]:
    """What is open to the sender, with `followed`: the row of its consent to follow-up, if it lives.

    A scalar subquery and no EXISTS: PostgreSQL would make a join of that and read all sections there ever were.
    """
    followed = ReferralSection.objects.filter(
        disclosure_lives("disclosure__"),
        leg__referral=OuterRef("pk"),
        category=FOLLOW_UP,
        disclosure__recipient_cooperation=role.cooperation_id,
    )
    return (
        with_people(Referral.objects.filter(told_turn__isnull=False, sent_at__isnull=False))
        .alias(last_day=LAST_DAY, followed=Subquery(followed.values("pk")[:1]))
        .order_by("last_day", "pk")
    )


def row_by_row(*rules: Q, **values: Any) -> Case:
    """A filter that is asked of each row in the board's own order.

    As it stands in a CASE, PostgreSQL neither takes an index that also holds what has ended, nor believes that so few
    rows fit that it had better read and sort all that is open.
    """
    return Case(When(Q(*rules, **values), then=Value(True)), default=Value(False))


# ---------- pages ----------
class Place(NamedTuple):
    """A row's place on the board: its last day (`date.max` for none) and its key."""

    day: date
    pk: int


END = Place(date.max, 2**63 - 1)  # after every row


class BoardPage(NamedTuple):
    """Some rows in order, and the places before and after which there is more to read."""

    rows: list[Referral]
    before: Place | None
    after: Place | None


def page_of_board(rows: QuerySet[Any], size: int, *, after: Place | None, before: Place | None) -> BoardPage:
    """The rows that follow a place or precede it; the first ones where neither is given or nothing is left there.

    Going back, a page that is not full is the first page. Before `END` lies the last page.
    """
    if before:
        found = _places(_ahead_of(rows, before).reverse(), size + 1)
        full = len(found) > size
        if full or before == END:
            shown = found[:size][::-1]
            return BoardPage(_referrals(shown), shown[0] if full else None, None if before == END else shown[-1])
    elif after and (found := _places(_behind(rows, after), size + 1)):
        return BoardPage(_referrals(found[:size]), found[0], found[size - 1] if len(found) > size else None)
    found = _places(rows, size + 1)
    return BoardPage(_referrals(found[:size]), None, found[size - 1] if len(found) > size else None)


def _behind(rows: QuerySet[Any], place: Place) -> QuerySet[Any]:
    return rows.filter(last_day__gte=place.day).exclude(last_day=place.day, pk__lte=place.pk)


def _ahead_of(rows: QuerySet[Any], place: Place) -> QuerySet[Any]:
    return rows.filter(last_day__lte=place.day).exclude(last_day=place.day, pk__gte=place.pk)


def _places(rows: QuerySet[Any], most: int) -> list[Place]:
    return [Place(day or date.max, pk) for day, pk in rows.values_list("told_due_on", "pk")[:most]]


def _referrals(places: list[Place]) -> list[Referral]:
    """The rows themselves, by their keys: joins over a page's rows cannot grow with what has ended."""
    found = with_people(Referral.objects.all()).in_bulk([place.pk for place in places])
    return [found[place.pk] for place in places if place.pk in found]


# ---------- figures ----------
def count_some(rows: QuerySet[Any]) -> int:
    """How many there are, but never more than `MOST` + 1."""
    return rows.values("pk")[: MOST + 1].count()


def waited_for(rows: QuerySet[Any]) -> Counter[str]:
    """How many of the first `MOST` + 1 rows wait for each agency, by name, as far as is told."""
    desks = Counter(rows.values_list("told_turn", flat=True)[: MOST + 1])
    names = Function.objects.filter(pk__in=list(desks)).values_list("pk", "agency__name")
    agencies: Counter[str] = Counter()
    for pk, name in names:
        agencies[name] += desks[pk]
    return agencies


def board_counted_only(role: CooperationRole) -> int:
    """How many open referrals of the cooperation's agencies are only counted: they lack consent to follow-up.

    Never more than `MOST` + 1.
    """
    desks = list(Function.objects.filter(agency__cooperations=role.cooperation_id).values_list("pk", flat=True))
    return count_some(
        _open_by_last_day(role).filter(row_by_row(sender__in=desks, receiver__in=desks), followed__isnull=True)
    )


def last_reminded(referrals: Collection[int]) -> dict[int, datetime]:
    """When somebody last reminded of each by hand, which sender and coordinator know."""
    by_hand = ReferralEvent.objects.filter(referral__in=referrals, verb=Verb.REMIND)
    return dict(by_hand.order_by().values_list("referral").annotate(last=Max("at")))


# ---------- disputed responsibility ----------
def sees_disputes(role: Hat) -> TypeGuard[CooperationRole]:
    """The steering group and its chair (R67)."""
    return isinstance(role, CooperationRole) and role.role in STEERING


def disputes_of(role: Hat) -> QuerySet[Referral]:
    """What the steering group sees of disputed responsibility (R67): which agencies, since when; the longest first."""
    if not sees_disputes(role):
        return Referral.objects.none()
    return (
        Referral.objects.filter(
            disputed_at__isnull=False,
            told_turn__isnull=False,
            sender__agency__cooperations=role.cooperation_id,
            receiver__agency__cooperations=role.cooperation_id,
        )
        .select_related("sender__agency", "receiver__agency")
        .order_by("disputed_at", "pk")
    )


# ---------- saved filters ----------
def saved_filters_of(role: CooperationRole) -> QuerySet[SavedFilter]:
    return SavedFilter.objects.filter(role=role)


def access_saved_filter(role: Hat, pk: int) -> SavedFilter:
    """One of this role's own selections, else 404."""
    found = SavedFilter.objects.filter(role=role, pk=pk).first() if is_coordinator(role) else None
    if found is None:
        raise Http404
    return found


# ---------- what rests on a consent ----------
def resting_on(consent: Consent) -> QuerySet[Referral]:
    """The open referrals whose identity or question rests on this consent: they close if it is withdrawn."""
    sections = ReferralSection.objects.filter(disclosure__consent_row__consent=consent, category__in=VITAL)
    return Referral.objects.filter(pk__in=sections.values("leg__referral"), turn__isnull=False).order_by("pk")


def boards_of(referral: Referral) -> list[int]:
    """The cooperations whose boards hold this referral."""
    return list(
        ReferralSection.objects.filter(
            leg__referral=referral, category=FOLLOW_UP, disclosure__recipient_cooperation__isnull=False
        )
        .values_list("disclosure__recipient_cooperation", flat=True)
        .distinct()
    )
