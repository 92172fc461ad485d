"""What staff does about the participant's page: who may, what is shown once, what the page says, who hears a call."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from tests.cast import SECRET_NAME, Cast, make_member, make_participant
from tests.meetings.talks import make_phone
from workspace import actions
from workspace.errors import NotAllowed
from workspace.models import (
    Absence,
    AuditEntry,
    Browser,
    FunctionMember,
    Membership,
    OutsideContact,
    PageCode,
    PageLink,
    Participant,
)
from workspace.queries import help_hearers
from workspace.rules import Hat
from workspace.states import MemberRole
from workspace.swedish import say_date

pytestmark = [pytest.mark.django_db]
AsHat = Callable[[Hat], Client]
OUTSIDE = "/enhet/utanfor/"
VERBS = ("lank", "kod", "stang")


def page(person: Participant, verb: str = "") -> str:
    return f"/deltagare/{person.pk}/sida/" + (f"{verb}/" if verb else "")


def text_of(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def link_in(response: Any) -> str:
    return re.search(r'id="lank"[^>]*>(http[^<]*/min-sida/lank/[\w-]+/)<', response.content.decode())[1]  # type: ignore[index]


def code_in(response: Any) -> str:
    return re.search(r"\b(\d{3} \d{3})\b", text_of(response))[1]  # type: ignore[index]


def everything_kept() -> str:
    """Every column of what is kept about the page, and the record."""
    tables = (PageLink, PageCode, Browser, AuditEntry)
    return repr([list(table.objects.values()) for table in tables])


# ---------- who may ----------
@pytest.mark.parametrize("state", ["nothing", "link", "bound", "blocked", "closed"])
def test_who_may_see_the_page_and_make_a_link_and_a_code_in_every_state(cast: Cast, as_hat: AsHat, state: str) -> None:
    if state == "link":
        actions.make_page_link(by=cast.soc, participant=cast.person)
    elif state != "nothing":
        make_phone(cast)
    if state == "blocked":
        PageCode.objects.update(wrong=5)
    if state == "closed":
        actions.close_page(by=cast.soc, participant=cast.person)
    hats: dict[str, Hat] = {**cast.members, "coordinator": cast.coordinator, "chair": cast.chair}
    for name, hat in hats.items():
        client = as_hat(hat)
        may = name in {"soc", "soc_2"}
        shown = client.get(page(cast.person))
        assert shown.status_code == (200 if may else 404), name
        assert may or SECRET_NAME not in shown.content.decode()
        kept = everything_kept() if not may else ""
        for verb in VERBS:
            assert client.get(page(cast.person, verb)).status_code == 405
            done = client.post(page(cast.person, verb))
            assert done.status_code == (404 if not may else 302 if verb == "stang" else 200), (name, verb)
        assert may or everything_kept() == kept


def test_a_manager_with_a_reason_sees_how_things_stand_and_makes_nothing(cast: Cast, as_hat: AsHat) -> None:
    actions.state_reason(by=cast.soc_manager, participant=cast.person, reason="klagomål")
    client = as_hat(cast.soc_manager)
    shown = client.get(page(cast.person))
    assert shown.status_code == 200 and "Gör en länk" not in text_of(shown)
    for verb in VERBS:
        assert client.post(page(cast.person, verb)).status_code == 403
    assert not PageLink.objects.exists() and not PageCode.objects.exists()


def test_whoever_is_not_signed_in_is_sent_to_sign_in_and_huge_numbers_are_no_fault(cast: Cast, as_hat: AsHat) -> None:
    assert Client().post(page(cast.person, "lank"))["Location"].startswith("/logga-in/")
    for number in (0, 10**9, 10**30):
        assert as_hat(cast.soc).get(f"/deltagare/{number}/sida/").status_code == 404
        assert as_hat(cast.soc).post(f"/deltagare/{number}/sida/kod/").status_code == 404


def test_the_actions_refuse_other_agencies_managers_and_nobody_is_told(cast: Cast) -> None:
    for by in (cast.psyk, cast.fk, cast.outsider, cast.soc_manager):
        for verb in (actions.make_page_link, actions.make_page_code, actions.close_page):
            with pytest.raises(NotAllowed):
                verb(by=by, participant=cast.person)


# ---------- shown once ----------
@pytest.mark.embedded
def test_link_and_code_are_each_shown_once_never_together_and_kept_nowhere(
    cast: Cast, as_hat: AsHat, caplog: pytest.LogCaptureFixture
) -> None:
    client = as_hat(cast.soc)
    linked = client.post(page(cast.person, "lank"))
    coded = client.post(page(cast.person, "kod"))
    link, code = link_in(linked), code_in(coded)
    token = link.rsplit("/", 2)[1]
    for answer in (linked, coded):
        assert answer.status_code == 200 and "no-store" in answer["Cache-Control"]
        assert "Ge koden på plats, aldrig i samma meddelande som länken." in text_of(answer)
    assert not re.search(r"\b\d{3} ?\d{3}\b", text_of(linked)) and "/min-sida/lank/" not in coded.content.decode()
    digits = code.replace(" ", "")
    for address in (page(cast.person), f"/deltagare/{cast.person.pk}/", "/"):
        shown = client.get(address).content.decode()
        assert token not in shown and code not in shown and digits not in shown
    assert token not in everything_kept() + caplog.text + repr(dict(client.session))
    assert digits not in "".join(PageCode.objects.values_list("hashed", flat=True)).partition("$")[0] + caplog.text
    phone = Client()
    assert phone.post(f"/min-sida/lank/{token}/").status_code == 302
    assert phone.post("/min-sida/kod/", {"kod": code}).status_code == 302


def test_the_same_button_again_makes_a_new_one_and_the_old_stops_working(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.soc)
    first, second = (link_in(client.post(page(cast.person, "lank"))) for _ in range(2))
    assert first != second
    path = [link.removeprefix("http://testserver") for link in (first, second)]
    assert [Client().get(each).status_code for each in path] == [410, 200]


def test_the_link_goes_to_the_address_that_the_page_was_read_at(cast: Cast, as_hat: AsHat) -> None:
    shown = as_hat(cast.soc).post(page(cast.person, "lank"), headers={"host": "localhost:8600"})
    assert link_in(shown).startswith("http://localhost:8600/min-sida/lank/")


def test_every_act_leaves_one_row_in_the_record(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.soc)
    for verb in VERBS:
        client.post(page(cast.person, verb))
    client.get(page(cast.person))
    rows = AuditEntry.objects.filter(what__startswith="own_page").order_by("pk")
    assert [(row.act, row.what) for row in rows] == [
        ("write", "own_page.link"),
        ("read", "own_page"),
        ("write", "own_page.code"),
        ("read", "own_page"),
        ("write", "own_page.close"),
        ("read", "own_page"),
    ]
    assert {(row.participant_id, row.membership_id) for row in rows} == {(cast.person.pk, cast.soc.pk)}


# ---------- what the page says ----------
def test_the_page_says_plainly_how_things_stand(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.soc)

    def says() -> str:
        return text_of(client.get(page(cast.person)))

    assert "har ingen sida som går att öppna" in says() and "Stäng sidan" not in says()
    token = actions.make_page_link(by=cast.soc_2, participant=cast.person)
    assert "Länken är inte öppnad än, gäller till" in says() and f"av {cast.soc_2.user}" in says()
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        assert "Länken öppnades aldrig och gick ut" in text_of(as_hat(cast.soc).get(page(cast.person)))
    phone = Client()
    phone.post(f"/min-sida/lank/{token}/")
    today = timezone.localdate()
    assert f"Sidan är öppnad i en webbläsare sedan {say_date(today)}." in says() and "behöver en kod" in says()
    digits = actions.make_page_code(by=cast.soc, participant=cast.person)
    assert "kan öppna sidan." in says() and "spärrad" not in says()
    for number in range(5):
        phone.post("/min-sida/kod/", {"kod": f"{(int(digits) + 1 + number) % 10**6:06}"})
    assert "Koden är spärrad efter fem felaktiga försök. Ge en ny när ni ses." in says()
    client.post(page(cast.person, "kod"))
    assert "spärrad" not in says()
    asks = client.get(page(cast.person)).content.decode()
    assert asks.index("<summary>Stäng sidan</summary>") < asks.index("/stang/") < asks.index("Ja, stäng sidan nu")
    assert "Sidan är stängd." in text_of(client.post(page(cast.person, "stang"), follow=True))
    assert f"Sidan är stängd sedan {say_date(today)}." in says() and "Ingen kod är gjord än" not in says()
    assert "Koden slutade gälla när sidan stängdes." in says() and "Ja, stäng sidan nu" not in says()
    actions.make_page_link(by=cast.soc, participant=cast.person)
    assert "Sidan är stängd" not in says() and "Länken är inte öppnad än" in says()
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        assert "öppnad i en webbläsare" not in text_of(as_hat(cast.soc).get(page(cast.person)))


def test_no_title_of_these_pages_holds_a_name(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.soc)
    answers = [client.get(page(cast.person)), *(client.post(page(cast.person, verb)) for verb in ("lank", "kod"))]
    answers += [client.get(f"/deltagare/{cast.person.pk}/{name}/") for name in ("kontakt", "behov", "visa")]
    for answer in answers:
        title = re.search(r"<title>(.*?)</title>", answer.content.decode())[1]  # type: ignore[index]
        assert answer.status_code == 200 and SECRET_NAME not in title and "Åström" not in title


# ---------- who hears a call for help ----------
def hearers(cast: Cast) -> set[int]:
    return help_hearers(Participant.objects.get(pk=cast.person.pk))


def name(cast: Cast, member: Membership | None) -> None:
    actions.name_outside_contact(by=cast.soc_manager, contact=member)


@pytest.fixture
def outside(cast: Cast) -> Membership:
    """A colleague at soc who does not work at the participant's desk."""
    return make_member(cast.soc.agency, "utanfor", None)


def test_the_managers_hear_until_somebody_is_named(cast: Cast, outside: Membership) -> None:
    second = make_member(cast.soc.agency, "socchef2", None, MemberRole.MANAGER)
    assert hearers(cast) == {cast.soc_manager.pk, second.pk}
    name(cast, outside)
    assert hearers(cast) == {outside.pk}
    name(cast, None)
    assert hearers(cast) == {cast.soc_manager.pk, second.pk}


def test_nobody_of_the_daily_team_hears_under_any_hat(cast: Cast, outside: Membership) -> None:
    name(cast, cast.soc_2)  # at the participant's desk
    assert hearers(cast) == {cast.soc_manager.pk}
    name(cast, outside)
    cast.person.helpers.add(outside)
    assert hearers(cast) == {cast.soc_manager.pk}
    both = make_member(cast.soc.agency, cast.soc_2.user, None, MemberRole.MANAGER)
    assert both.pk not in hearers(cast)
    FunctionMember.objects.create(function=cast.soc_desk, membership=cast.soc_manager)
    assert hearers(cast) == set()


def test_who_is_away_is_replaced_and_a_call_reaches_an_absent_manager_rather_than_nobody(
    cast: Cast, outside: Membership
) -> None:
    today = timezone.localdate()
    name(cast, outside)
    away = Absence.objects.create(membership=outside, from_on=today, to_on=today)
    assert hearers(cast) == {cast.soc_manager.pk}
    Absence.objects.filter(pk=away.pk).update(stand_in=cast.soc)  # of the daily team: no
    assert hearers(cast) == {cast.soc_manager.pk}
    Absence.objects.create(membership=cast.soc_manager, from_on=today, to_on=today)
    assert hearers(cast) == {cast.soc_manager.pk}
    Absence.objects.filter(pk=away.pk).update(stand_in=make_member(cast.soc.agency, "vikarie", None))
    assert hearers(cast) == {Membership.objects.get(user__username="vikarie").pk}


def test_who_has_left_hears_nothing(cast: Cast, outside: Membership) -> None:
    name(cast, outside)
    Membership.objects.filter(pk=outside.pk).update(
        from_on=timezone.localdate() - timedelta(days=9), to_on=timezone.localdate() - timedelta(days=1)
    )
    assert hearers(cast) == {cast.soc_manager.pk}
    cast.soc_manager.user.is_active = False
    cast.soc_manager.user.save()
    assert hearers(cast) == set()


def test_a_manager_names_who_hears_and_others_find_no_such_page(cast: Cast, as_hat: AsHat, outside: Membership) -> None:
    hats: dict[str, Hat] = {**cast.members, "coordinator": cast.coordinator, "chair": cast.chair}
    for role, hat in hats.items():
        manager = role in {"soc_manager", "psyk_manager"}
        assert as_hat(hat).get(OUTSIDE).status_code == (200 if manager else 404), role
        if not manager:
            assert as_hat(hat).post(OUTSIDE, {"contact": outside.pk}).status_code == 404
    assert not OutsideContact.objects.exists()
    client = as_hat(cast.soc_manager)
    assert "Enhetens chefer tar emot." in text_of(client.get(OUTSIDE))
    assert "De som vill ha hjälp / Vem som tar emot" in text_of(client.get(OUTSIDE))
    assert client.post(OUTSIDE, {"contact": outside.pk})["Location"] == OUTSIDE
    assert OutsideContact.objects.get().membership == outside
    assert f"{outside.user} tar emot." in text_of(client.get(OUTSIDE))
    assert AuditEntry.objects.filter(what="outside_contact", membership_id=cast.soc_manager.pk).count() == 1
    for wrong in (cast.psyk.pk, 10**30, "x", -1):
        refused = client.post(OUTSIDE, {"contact": wrong})
        assert refused.status_code == 200 and "Välj någon som arbetar hos er i dag." in text_of(refused)
    assert client.post(OUTSIDE, {"contact": "\x00"}).status_code == 200
    with pytest.raises(NotAllowed):
        actions.name_outside_contact(by=cast.soc_manager, contact=cast.psyk)
    with pytest.raises(NotAllowed):
        actions.name_outside_contact(by=cast.soc, contact=outside)
    assert client.post(OUTSIDE, {"contact": ""}).status_code == 302 and not OutsideContact.objects.exists()


def test_a_participant_of_another_desk_is_heard_by_the_first_desks_member(cast: Cast) -> None:
    desk = cast.soc.agency.functions.create(name="Vuxen")
    other = make_participant(desk, first="Annan")
    name(cast, cast.soc)
    assert help_hearers(other) == {cast.soc.pk}
