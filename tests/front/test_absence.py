"""When one is away: registered and taken away, who can stand in, and that work and reminders go by it."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from referrals import actions as referral_actions
from referrals.states import ReferralState, ReturnCode, Verb
from tests.cast import Cast, make_cast, make_member
from tests.referrals.journeys import bring_to, do
from tests.referrals.races import at_once
from workspace import actions
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Absence, AuditEntry, Function, FunctionMember, Membership
from workspace.queries import stand_ins_for
from workspace.rules import Hat
from workspace.states import MemberRole

pytestmark = [pytest.mark.django_db]
AsHat = Callable[[Hat], Client]
S, V = ReferralState, Verb
PAGE = "/franvaro/"


def day(ahead: int) -> date:
    return timezone.localdate() + timedelta(days=ahead)


def post(client: Client, first: date | str, last: date | str, stand_in: Membership | None = None, **more: Any) -> Any:
    data = {"from_on": str(first), "to_on": str(last), "stand_in": stand_in.pk if stand_in else "", **more}
    return client.post(PAGE, data)


def absences() -> set[tuple[int, date, date, int | None]]:
    return set(Absence.objects.values_list("membership", "from_on", "to_on", "stand_in"))


# ---------- the page ----------
@pytest.mark.embedded
def test_an_absence_is_registered_shown_and_taken_away(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.soc)
    assert f'href="{PAGE}"' in client.get("/").content.decode()
    assert "Du är borta" not in client.get(PAGE).content.decode()
    assert post(client, day(1), day(8), cast.soc_2).headers["Location"] == PAGE
    assert absences() == {(cast.soc.pk, day(1), day(8), cast.soc_2.pk)}
    page = client.get(PAGE).content.decode()
    assert "Frånvaron är sparad." in page and f"{cast.soc_2.user} tar över." in page
    absence = Absence.objects.get()
    assert client.post(f"{PAGE}{absence.pk}/ta-bort/").headers["Location"] == PAGE
    assert absences() == set()
    assert "Frånvaron är borttagen." in client.get(PAGE).content.decode()
    written = AuditEntry.objects.filter(what__startswith="absence").order_by("pk")
    assert [(entry.what, entry.object_id, entry.membership_id) for entry in written] == [
        ("absence", absence.pk, cast.soc.pk),
        ("absence.end", absence.pk, cast.soc.pk),
    ]


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (8, 1, "är före"),
        (-9, -2, "har redan varit"),
        (5, 12, "Du är redan frånvarande"),
        (20, 30, "Du är redan frånvarande"),
        (12, 15, "Du är redan frånvarande"),
        (1, 40, "Du är redan frånvarande"),
    ],
)
def test_days_that_cannot_be_are_refused_kindly_and_what_was_typed_stays(
    cast: Cast, as_hat: AsHat, first: int, last: int, said: str
) -> None:
    client = as_hat(cast.soc)
    post(client, day(10), day(20))
    before = absences()
    got = post(client, day(first), day(last), cast.soc_2)
    assert got.status_code == 200
    page = got.content.decode()
    assert said in page and "behöver rättas" in page and f'value="{cast.soc_2.pk}" selected' in page
    assert absences() == before


def test_days_beside_each_other_and_one_that_has_begun_are_fine(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.soc)
    for first, last in ((-3, 2), (3, 3), (4, 9)):
        assert post(client, day(first), day(last)).status_code == 302
    assert len(absences()) == 3


def test_no_days_or_nonsense_is_refused_with_a_sentence(cast: Cast, as_hat: AsHat) -> None:
    page = post(as_hat(cast.soc), "", "i morgon").content.decode()
    assert "Skriv första dagen." in page and "är inget datum" in page
    assert absences() == set()


def test_the_same_form_again_has_one_effect(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.soc)
    for _ in range(3):
        assert post(client, day(1), day(2), once="samma nyckel").headers["Location"] == PAGE
    absence = Absence.objects.get()
    for _ in range(3):
        got = client.post(f"{PAGE}{absence.pk}/ta-bort/", {"once": "en annan"})
        assert got.headers["Location"] == PAGE
    assert absences() == set()


@pytest.mark.parametrize("who", ["soc_2", "soc_manager", "psyk", "outsider", "coordinator", "chair"])
def test_an_absence_is_nobody_elses_to_see_or_to_take_away(cast: Cast, as_hat: AsHat, who: str) -> None:
    post(as_hat(cast.soc), day(0), day(8), cast.soc_2)
    absence, client = Absence.objects.get(), as_hat(getattr(cast, who))
    hidden, missing = (client.post(f"{PAGE}{pk}/ta-bort/") for pk in (absence.pk, absence.pk + 999))
    assert (hidden.status_code, hidden.content) == (missing.status_code, missing.content)
    assert hidden.status_code == 404
    page = client.get(PAGE)
    assert page.status_code == (404 if who in {"coordinator", "chair"} else 200)
    assert "tar över." not in page.content.decode()
    assert absences() == {(cast.soc.pk, day(0), day(8), cast.soc_2.pk)}


def test_a_role_in_a_cooperation_is_not_led_to_the_page(cast: Cast, as_hat: AsHat) -> None:
    assert PAGE not in as_hat(cast.coordinator).get("/bevaka/").content.decode()


def test_that_somebody_is_away_is_on_nobody_elses_page(cast: Cast, as_hat: AsHat) -> None:
    referral = bring_to(cast, S.ACCEPTED, follow_up=True)
    own = f"/remisser/{referral.pk}/"
    paths = [
        *((hat, path) for hat in (cast.soc, cast.psyk_2) for path in (own, "/", "/remisser/")),
        (cast.psyk_manager, "/enheten/"),
        (cast.coordinator, "/bevaka/"),
    ]

    def pages() -> list[str]:
        found = [as_hat(hat).get(path).content.decode() for hat, path in paths]
        return ["".join(line for line in page.splitlines() if "csrf" not in line) for page in found]

    with time_machine.travel(timezone.now(), tick=False):  # a page says at which minute it was read
        pages()  # what has been read is marked as read
        before = pages()
        Absence.objects.create(membership=cast.psyk, from_on=day(-1), to_on=day(9), stand_in=cast.psyk_2)
        assert pages() == before


# ---------- who can stand in ----------
def offered(client: Client) -> str:
    return client.get(PAGE).content.decode().partition('name="stand_in"')[2].partition("</select>")[0]


def test_those_at_ones_own_desks_are_offered_and_others_refused_kindly(cast: Cast, as_hat: AsHat) -> None:
    agency = cast.soc.agency
    second = Function.objects.create(agency=agency, name="Mottagning två")
    elsewhere = make_member(agency, "annanenhet", second)
    shared = make_member(agency, "bada", cast.soc_desk)
    FunctionMember.objects.create(function=second, membership=shared)
    without, gone = make_member(agency, "utanplats", None), make_member(agency, "slutat", cast.soc_desk)
    gone.user.is_active = False
    gone.user.save()
    names = offered(as_hat(cast.soc))
    assert set(stand_ins_for(cast.soc)) == {cast.soc_2, shared}
    assert all(str(member.user) in names for member in (cast.soc_2, shared))
    for other in (elsewhere, without, gone, cast.soc, cast.soc_manager, cast.psyk):
        assert f'value="{other.pk}"' not in names
        page = post(as_hat(cast.soc), day(1), day(2), other).content.decode()
        assert "Välj någon som har plats vid din enhet." in page, other.user
        with pytest.raises(NotAllowed, match="har plats vid din enhet"):
            actions.register_absence(by=cast.soc, from_on=day(1), to_on=day(2), stand_in=other)
    assert absences() == set()


def test_another_manager_stands_in_for_a_manager(cast: Cast, as_hat: AsHat) -> None:
    other = make_member(cast.soc.agency, "chef2", None, MemberRole.MANAGER)
    assert set(stand_ins_for(cast.soc_manager)) == {other}
    assert post(as_hat(cast.soc_manager), day(1), day(2), other).status_code == 302


# ---------- what goes by it ----------
def returned(cast: Cast, stand_in: Membership | None) -> Membership | None:
    """Who has the work when a referral comes back to soc, who is away."""
    referral = bring_to(cast, S.RECEIVED)
    actions.register_absence(by=cast.soc, from_on=day(0), to_on=day(3), stand_in=stand_in)
    referral_actions.return_referral(by=cast.psyk, referral=referral, code=ReturnCode.INCOMPLETE)
    referral.refresh_from_db()
    return referral.holder


@pytest.mark.embedded
def test_the_work_comes_back_to_the_stand_in_who_can_open_it(cast: Cast, as_hat: AsHat) -> None:
    assert returned(cast, cast.soc_2) == cast.soc_2
    number = cast.soc_2.held.get().pk
    assert as_hat(cast.soc_2).get(f"/remisser/{number}/").status_code == 200


def test_without_a_stand_in_the_work_is_the_whole_desks(cast: Cast) -> None:
    assert returned(cast, None) is None


def test_after_the_absence_is_taken_away_the_work_comes_back_to_oneself(cast: Cast) -> None:
    absence = actions.register_absence(by=cast.soc, from_on=day(0), to_on=day(3), stand_in=cast.soc_2)
    actions.end_absence(by=cast.soc, absence=absence)
    actions.end_absence(by=cast.soc, absence=absence)
    assert AuditEntry.objects.filter(what="absence.end").count() == 1
    referral = bring_to(cast, S.RECEIVED)
    do(cast.psyk, referral, V.RETURN)
    assert referral.holder == cast.soc


def test_a_caller_that_is_no_form_is_refused_the_same(cast: Cast) -> None:
    def register(first: int, last: int) -> Absence:
        return actions.register_absence(by=cast.soc, from_on=day(first), to_on=day(last))

    for first, last in ((2, 1), (-3, -1)):
        with pytest.raises(NotAllowed):
            register(first, last)
    absence = register(1, 4)
    with pytest.raises(SomebodyWasFaster, match="redan frånvarande"):
        register(4, 6)
    with pytest.raises(NotAllowed, match="bara du själv"):
        actions.end_absence(by=cast.soc_2, absence=absence)
    assert absences() == {(cast.soc.pk, day(1), day(4), None)}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_absences_at_the_same_moment_do_not_overlap() -> None:
    cast = make_cast()

    def register() -> None:
        actions.register_absence(by=cast.soc, from_on=day(1), to_on=day(4))

    for _ in range(5):
        results = at_once(register, register)
        assert len(absences()) == 1
        assert [type(one) for one in results].count(SomebodyWasFaster) == 1
        Absence.objects.all().delete()
