"""The way in to the participant's page: a link that opens once, a code with five tries, and the way out."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from tests.cast import SECRET_NAME, Cast, make_participant
from tests.meetings.talks import make_phone
from tests.referrals.races import at_once
from workspace import actions
from workspace.actions import own_page
from workspace.doors import BROWSER_COOKIE, VISIT_COOKIE
from workspace.front.urls.own_page import urlpatterns
from workspace.models import AuditEntry, Browser, PageCode, PageLink, Participant, Visit
from workspace.rules import OWN_PATH, Hat

pytestmark = [pytest.mark.django_db]
AsHat = Callable[[Hat], Client]
CODE, LEAVE = f"{OWN_PATH}kod/", f"{OWN_PATH}lamna/"
WRONG = "Koden stämmer inte. Efter fem försök behöver du en ny kod. Den får du när vi ses."
SECRETS = (SECRET_NAME, "Åström", "Socialtjänsten", "Samverkansrum")


def page_of(token: str) -> str:
    return f"{OWN_PATH}lank/{token}/"


def link_to(cast: Cast, person: Participant | None = None) -> str:
    return actions.make_page_link(by=cast.soc, participant=person or cast.person)


def other_than(digits: str) -> str:
    return f"{(int(digits) + 1) % 10**6:06}"


def plain(response: Any) -> str:
    """What an answer says, without what differs each time."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())


def is_in(client: Client) -> bool:
    response = client.get(OWN_PATH)
    assert response.status_code == 200 or (response.status_code, response["Location"]) == (302, CODE)
    return response.status_code == 200


def says_nothing(response: Any) -> bool:
    assert "no-store" in response["Cache-Control"]
    return not any(secret in response.content.decode() for secret in SECRETS)


# ---------- the link ----------
@pytest.mark.embedded
def test_a_link_is_shown_by_get_and_used_up_by_the_button_and_the_page_waits_for_the_code(cast: Cast) -> None:
    token = link_to(cast)
    digits = actions.make_page_code(by=cast.soc, participant=cast.person)
    client = Client()
    for _ in range(3):  # a mail scanner
        shown = client.get(page_of(token))
        assert shown.status_code == 200 and says_nothing(shown) and not shown.cookies.get(BROWSER_COOKIE)
    opened = client.post(page_of(token))
    assert (opened.status_code, opened["Location"]) == (302, CODE)
    assert not is_in(client) and says_nothing(client.get(CODE))
    entered = client.post(CODE, {"kod": f" {digits[:3]} {digits[3:]} "})
    assert (entered.status_code, entered["Location"]) == (302, OWN_PATH)
    assert is_in(client) and SECRET_NAME in client.get(OWN_PATH).content.decode()


def test_the_cookies_are_sent_to_the_own_page_only_and_never_to_scripts(cast: Cast) -> None:
    phone = make_phone(cast)
    for name, lasts in ((BROWSER_COOKIE, 30 * 24 * 3600), (VISIT_COOKIE, "")):
        cookie = phone.client.cookies[name]
        assert (cookie["path"], cookie["samesite"], cookie["max-age"]) == (OWN_PATH, "Lax", lasts)
        assert cookie["httponly"] is True
    kept = [*Browser.objects.values_list("digest", flat=True), *Visit.objects.values_list("digest", flat=True)]
    assert not {phone.client.cookies[name].value for name in (BROWSER_COOKIE, VISIT_COOKIE)} & set(kept)


def test_production_sends_the_cookies_over_https_only(cast: Cast, settings: Any) -> None:
    settings.PRODUCTION = True
    phone = make_phone(cast)
    assert phone.client.cookies[BROWSER_COOKIE]["secure"] and phone.client.cookies[VISIT_COOKIE]["secure"]


def test_the_answer_to_a_link_and_its_address_go_to_no_other_host(cast: Cast) -> None:
    response = Client().get(page_of(link_to(cast)))
    assert response["Referrer-Policy"] == "same-origin"
    assert "default-src 'self'" in response["Content-Security-Policy"]


def test_a_link_that_does_not_open_says_the_same_whether_it_ever_existed(cast: Cast) -> None:
    used, taken_back, old, closed = (link_to(cast, make_participant(cast.soc_desk, first=n)) for n in "ABCD")
    Client().post(page_of(used))
    actions.make_page_link(by=cast.soc, participant=PageLink.objects.order_by("pk")[1].participant)
    PageLink.objects.filter(token_digest=own_page.digest_of(old)).update(expires_at=timezone.now())
    actions.close_page(by=cast.soc, participant=PageLink.objects.order_by("pk")[3].participant)
    answers = set()
    for token in (used, taken_back, old, closed, "gissad", "%00", "å" * 400, "x" * 4000):
        for method in ("get", "post"):
            client = Client()
            response = getattr(client, method)(page_of(token))
            assert response.status_code == 410 and says_nothing(response) and not response.cookies.get(BROWSER_COOKIE)
            answers.add(plain(response))
    assert len(answers) == 1
    assert Browser.objects.count() == 1


def test_a_link_lasts_seven_days_and_a_browser_thirty(cast: Cast) -> None:
    late = link_to(cast)
    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1), tick=False):
        assert Client().post(page_of(late)).status_code == 410
    phone = make_phone(cast, visit=False)
    began = timezone.now()
    with time_machine.travel(began + timedelta(days=30, minutes=-5), tick=False) as traveller:
        phone.client.post(CODE, {"kod": phone.digits})
        assert is_in(phone.client)
        traveller.shift(timedelta(minutes=6))  # in the middle of a visit
        assert not is_in(phone.client)
        assert WRONG in phone.client.post(CODE, {"kod": phone.digits}).content.decode()


def test_a_forwarded_link_opens_on_the_first_device_only(cast: Cast) -> None:
    token, first, second = link_to(cast), Client(), Client()
    assert first.get(page_of(token)).status_code == second.get(page_of(token)).status_code == 200
    assert first.post(page_of(token)).status_code == 302
    assert second.post(page_of(token)).status_code == 410
    digits = actions.make_page_code(by=cast.soc, participant=cast.person)
    assert second.post(CODE, {"kod": digits}).status_code == 403 and not is_in(second)
    assert first.post(CODE, {"kod": digits}).status_code == 302 and is_in(first)


def test_a_new_link_in_the_same_browser_ends_what_it_was_bound_as(cast: Cast) -> None:
    phone = make_phone(cast)
    other = make_participant(cast.soc_desk, first="Annan")
    assert phone.client.post(page_of(link_to(cast, other))).status_code == 302
    assert not is_in(phone.client)
    assert list(Browser.objects.filter(ended_at=None).values_list("participant", flat=True)) == [other.pk]
    assert WRONG in phone.client.post(CODE, {"kod": phone.digits}).content.decode()  # no code has been given for them


def test_no_link_opens_where_staff_is_signed_in_and_it_is_not_used_up(cast: Cast, as_hat: AsHat) -> None:
    token, staff = link_to(cast), as_hat(cast.soc)
    answers = [getattr(staff, method)(page_of(t)) for t in (token, "gissad") for method in ("get", "post")]
    assert {response.status_code for response in answers} == {403}
    assert len({plain(response) for response in answers}) == 1 and not Browser.objects.exists()
    assert Client().post(page_of(token)).status_code == 302


def test_a_forged_form_opens_no_link_and_begins_no_visit(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post(page_of(link_to(cast))).status_code == 403
    phone = make_phone(cast, visit=False)
    client.cookies = phone.client.cookies
    assert client.post(CODE, {"kod": phone.digits}).status_code == 403
    assert client.post(LEAVE).status_code == 403
    assert Browser.objects.count() == 1 and not Visit.objects.exists()


# ---------- the code ----------
@pytest.mark.embedded
def test_the_fifth_wrong_try_closes_the_door_and_every_answer_is_the_same(cast: Cast) -> None:
    phone = make_phone(cast, visit=False)
    answers = [phone.client.post(CODE, {"kod": other_than(phone.digits)}) for _ in range(7)]
    answers.append(phone.client.post(CODE, {"kod": phone.digits}))  # right, and too late
    answers.append(Client().post(CODE, {"kod": phone.digits}))  # bound to nobody
    without_code = make_phone(cast, make_participant(cast.soc_desk, first="Utan"), visit=False)
    PageCode.objects.filter(participant=without_code.browser.participant_id).delete()
    answers.append(without_code.client.post(CODE, {"kod": without_code.digits}))
    assert {response.status_code for response in answers} == {403}
    assert len({plain(response) for response in answers}) == 1 and WRONG in plain(answers[0])
    assert all(says_nothing(response) for response in answers)
    digits = actions.make_page_code(by=cast.soc, participant=cast.person)
    assert phone.client.post(CODE, {"kod": digits}).status_code == 302 and is_in(phone.client)
    refused = AuditEntry.objects.filter(act="refused", what="own_page.code", browser_id=phone.browser.pk)
    assert refused.count() == 5  # what was not looked at is not there


def test_a_right_code_counts_from_zero_again_and_what_is_no_code_is_not_counted(cast: Cast) -> None:
    phone = make_phone(cast, visit=False)
    for _ in range(3):
        for _ in range(4):
            assert phone.client.post(CODE, {"kod": other_than(phone.digits)}).status_code == 403
        for nothing in ("", "12345", "1234567", "hej", "\x00", "²²²²²²", "1" * 4000, "9" * 39):
            assert phone.client.post(CODE, {"kod": nothing}).status_code == 403
        assert phone.client.post(CODE).status_code == 403
        assert phone.client.post(CODE, {"kod": phone.digits}).status_code == 302
    assert PageCode.objects.get().wrong == 0
    arabic = phone.digits.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    assert phone.client.post(CODE, {"kod": arabic}).status_code == 302


def test_a_new_code_ends_the_visit_and_a_code_is_its_own_participants(cast: Cast) -> None:
    phone = make_phone(cast)
    other = make_participant(cast.soc_desk, first="Annan")
    assert is_in(phone.client)
    theirs = actions.make_page_code(by=cast.soc, participant=other)
    assert is_in(phone.client)
    ours = actions.make_page_code(by=cast.soc, participant=cast.person)
    assert not is_in(phone.client)
    PageCode.objects.filter(participant=other).update(hashed=own_page.hash_code(theirs))
    if theirs != ours:
        assert phone.client.post(CODE, {"kod": theirs}).status_code == 403
    assert phone.client.post(CODE, {"kod": ours}).status_code == 302


def test_the_code_is_kept_as_nothing_that_can_be_tried_without_the_secret_key(cast: Cast, settings: Any) -> None:
    phone = make_phone(cast, visit=False)
    kept = PageCode.objects.get().hashed
    assert phone.digits not in kept and own_page.code_is(phone.digits, kept)
    assert own_page.hash_code(phone.digits) != own_page.hash_code(phone.digits)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    assert own_page.code_is(phone.digits, kept)
    settings.SECRET_KEY_FALLBACKS = []
    assert not own_page.code_is(phone.digits, kept)


@pytest.mark.embedded
@pytest.mark.django_db(transaction=True)
def test_of_fifty_guesses_at_once_at_most_five_are_looked_at(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    phones = [make_phone(cast, visit=False) for _ in range(2)]
    right = phones[-1].digits
    looked: list[str] = []
    compare = own_page.code_is

    def watch(digits: str, hashed: str) -> bool:
        looked.append(digits)
        return compare(digits, hashed)

    monkeypatch.setattr(own_page, "code_is", watch)

    def guess(number: int) -> Callable[[], Any]:
        client = Client()
        client.cookies.update(phones[number % 2].client.cookies)
        return lambda: client.post(CODE, {"kod": f"{(int(right) + 1 + number) % 10**6:06}"}).status_code

    assert at_once(*[guess(number) for number in range(50)]) == [403] * 50
    assert len(looked) == 5 and PageCode.objects.get().wrong == 5
    for phone in phones:
        assert phone.client.post(CODE, {"kod": right}).status_code == 403
    assert len(looked) == 5 and not Visit.objects.exists()
    fresh = actions.make_page_code(by=cast.soc, participant=cast.person)
    assert phones[0].client.post(CODE, {"kod": fresh}).status_code == 302


@pytest.mark.embedded
@pytest.mark.django_db(transaction=True)
def test_of_two_who_open_a_link_at_once_one_gets_it(cast: Cast) -> None:
    for _ in range(5):
        token = link_to(cast)
        clients = [Client(), Client(), Client()]
        calls = [lambda client=client: client.post(page_of(token)).status_code for client in clients]  # noqa: B023
        assert sorted(at_once(*calls)) == [302, 410, 410]
    assert Browser.objects.count() == 5


@pytest.mark.embedded
@pytest.mark.django_db(transaction=True)
def test_a_page_closed_at_the_moment_of_the_code_has_no_visit_that_goes_on(cast: Cast) -> None:
    for _ in range(8):
        phone = make_phone(cast, visit=False)
        at_once(
            lambda: phone.client.post(CODE, {"kod": phone.digits}).status_code,  # noqa: B023
            lambda: actions.close_page(by=cast.soc, participant=cast.person),
        )
        assert not is_in(phone.client)
        assert not Visit.objects.filter(ended_at=None).exists() and not Browser.objects.filter(ended_at=None).exists()


# ---------- the visit ----------
def test_a_visit_ends_after_twenty_still_minutes_and_after_two_hours(cast: Cast) -> None:
    with time_machine.travel(timezone.now(), tick=False) as traveller:
        phone = make_phone(cast)
        traveller.shift(timedelta(minutes=19))
        assert is_in(phone.client)
        traveller.shift(timedelta(minutes=20, seconds=1))
        assert not is_in(phone.client)
        phone.client.post(CODE, {"kod": phone.digits})
        for _ in range(7):
            traveller.shift(timedelta(minutes=17))
            assert is_in(phone.client)
        traveller.shift(timedelta(minutes=2))
        assert not is_in(phone.client)


def test_a_form_sent_after_the_visit_waits_for_the_code_and_loses_no_word(cast: Cast) -> None:
    phone = make_phone(cast)
    where = f"{OWN_PATH}fraga/"
    typed = {"text": 'Min "långa" fråga\n<b>om praktik', "once": "k1"}
    Visit.objects.update(last_at=timezone.now() - timedelta(hours=1))
    asked = phone.client.post(where, typed)
    assert asked.status_code == 403 and "Det du skrev är kvar." in plain(asked)
    assert "&lt;b&gt;om praktik" in plain(asked) and f'name="efter" value="{where}"' in plain(asked)
    wrong = phone.client.post(CODE, {**typed, "efter": where, "kod": other_than(phone.digits)})
    assert WRONG in plain(wrong) and "&lt;b&gt;om praktik" in plain(wrong)
    right = phone.client.post(CODE, {**typed, "efter": where, "kod": phone.digits})
    assert right.status_code == 200 and f'action="{where}"' in plain(right) and "&lt;b&gt;om praktik" in plain(right)
    assert "no-store" in right["Cache-Control"] and phone.digits not in plain(right) and is_in(phone.client)
    assert phone.client.post(where, typed).status_code == 302  # what the button of that page sends
    for elsewhere in ("https://exempel.se/", "//exempel.se/", "/remisser/", "javascript:alert(1)"):
        sent = phone.client.post(CODE, {"efter": elsewhere, "kod": phone.digits})
        assert (sent.status_code, sent["Location"]) == (302, OWN_PATH)


def test_leaving_ends_the_visit_takes_the_cookie_and_says_nothing(cast: Cast) -> None:
    phone = make_phone(cast)
    visited = phone.client.cookies[VISIT_COOKIE].value
    assert "no-store" in phone.client.get(OWN_PATH)["Cache-Control"]  # Back asks the server again
    left = phone.client.post(LEAVE)
    assert (left.status_code, left["Location"]) == (302, LEAVE)
    assert left.cookies[VISIT_COOKIE].value == "" and left.cookies[VISIT_COOKIE]["path"] == OWN_PATH
    shown = phone.client.get(LEAVE)
    assert shown.status_code == 200 and "<title>Klart</title>" in plain(shown) and says_nothing(shown)
    assert "Din sida" not in plain(shown) and f'href="{CODE}"' in plain(shown)
    assert not is_in(phone.client)
    phone.client.cookies[VISIT_COOKIE] = visited  # somebody had copied it
    assert not is_in(phone.client)
    phone.client.post(CODE, {"kod": phone.digits})
    assert is_in(phone.client)


def test_leaving_is_the_same_where_the_visit_had_ended_by_itself_and_get_ends_nothing(cast: Cast) -> None:
    phone = make_phone(cast)
    assert phone.client.get(LEAVE)["Location"] == OWN_PATH and is_in(phone.client)
    Visit.objects.update(last_at=timezone.now() - timedelta(hours=1))
    for client in (phone.client, Client()):
        assert client.post(LEAVE)["Location"] == LEAVE
        assert "<title>Klart</title>" in plain(client.get(LEAVE))


def test_a_visit_holds_only_in_the_browser_it_began_in(cast: Cast) -> None:
    phone, other = make_phone(cast), make_phone(cast, make_participant(cast.soc_desk, first="Annan"), visit=False)
    other.client.cookies[VISIT_COOKIE] = phone.client.cookies[VISIT_COOKIE].value
    assert not is_in(other.client)
    thief = Client()
    thief.cookies[VISIT_COOKIE] = phone.client.cookies[VISIT_COOKIE].value
    assert not is_in(thief)


def test_a_code_entered_begins_a_visit_with_a_secret_of_its_own_and_ends_the_earlier(cast: Cast) -> None:
    phone = make_phone(cast)
    before = phone.client.cookies[VISIT_COOKIE].value
    phone.client.cookies[VISIT_COOKIE] = "planterad"
    phone.client.post(CODE, {"kod": phone.digits})
    assert phone.client.cookies[VISIT_COOKIE].value not in {before, "planterad"}
    assert Visit.objects.filter(ended_at=None).count() == 1


# ---------- after the page has been closed, and who else uses the browser ----------
@pytest.mark.embedded
def test_after_staff_has_closed_the_page_link_browser_visit_and_code_are_worth_nothing(cast: Cast) -> None:
    phone, other = make_phone(cast), make_phone(cast, make_participant(cast.soc_desk, first="Annan"))
    unopened = link_to(cast)
    actions.close_page(by=cast.soc, participant=cast.person)
    assert not is_in(phone.client) and is_in(other.client)
    assert Client().post(page_of(unopened)).status_code == 410
    answer = phone.client.post(CODE, {"kod": phone.digits})
    assert plain(answer) == plain(Client().post(CODE, {"kod": phone.digits}))
    assert phone.client.cookies[BROWSER_COOKIE].value == ""  # worth nothing, so it goes
    actions.make_page_code(by=cast.soc, participant=cast.person)
    assert Browser.objects.get(pk=phone.browser.pk).ended_at is not None


def test_a_visit_gives_no_way_into_the_staffs_pages_and_staff_none_into_the_visit(cast: Cast, as_hat: AsHat) -> None:
    phone = make_phone(cast)
    for address in ("/", "/deltagare/", f"/deltagare/{cast.person.pk}/", f"/deltagare/{cast.person.pk}/sida/"):
        assert phone.client.get(address)["Location"].startswith("/logga-in/")
    for hat in (*cast.members.values(), cast.coordinator, cast.chair):
        assert not is_in(as_hat(hat))


def test_staff_signed_in_in_the_same_browser_is_not_told_of_on_the_page(cast: Cast, as_hat: AsHat) -> None:
    phone, staff = make_phone(cast), as_hat(cast.soc)
    staff.cookies.update(phone.client.cookies)
    staff.post(f"/deltagare/{cast.person.pk}/behov/", {"calm_room": "on"})  # «Behoven är sparade.» waits
    page = staff.get(OWN_PATH)
    assert page.status_code == 200 and "Behoven är sparade" not in page.content.decode()
    assert staff.post(LEAVE).status_code == 302
    assert "Behoven är sparade" in staff.get("/").content.decode()  # still signed in, still told


def test_somebody_with_two_hats_and_none_chosen_can_still_visit(cast: Cast) -> None:
    phone = make_phone(cast)
    phone.client.force_login(cast.two_hats[0].user, backend="workspace.sign_in.PasswordBackend")
    assert is_in(phone.client)


def test_no_address_holds_a_name_or_a_number_of_anybody(cast: Cast) -> None:
    for pattern in urlpatterns:
        address = str(pattern.pattern)
        assert address.startswith(OWN_PATH.lstrip("/")) and not re.search("participant|namn|person", address)
    token = link_to(cast)
    assert SECRET_NAME not in token and len(token) == 32
