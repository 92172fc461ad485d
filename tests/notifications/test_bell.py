"""The list of notices: by consequence, each thing once, at a fixed cost; and the marks, which can be undone."""

import re
from collections.abc import Callable, Iterable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications.actions import Notice, deliver
from notifications.models import Notification
from notifications.states import Urgency
from tests.cast import Cast
from workspace.actions import action
from workspace.models import Membership
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
AsHat = Callable[[Hat], Client]
LIST = "/handelser/"
HEADINGS = [urgency.label for urgency in Urgency]


@action
def _deliver(notices: list[Notice]) -> None:
    deliver(notices)


def tell(member: Membership, *rows: tuple[str, int], by: Membership | None = None) -> list[Notification]:
    """One notice of each (kind, thing)."""
    agency = by.agency if by else None
    _deliver([Notice(kind, f"R-{pk}", pk, agency, frozenset({member.pk})) for kind, pk in rows])
    return list(Notification.objects.filter(membership=member).order_by("seq"))


def page(client: Client, query: str = "") -> str:
    return " ".join(client.get(LIST + query).content.decode().split())


def in_order(text: str, words: Iterable[str]) -> bool:
    places = [text.find(word) for word in words]
    return -1 not in places and places == sorted(places)


def unread(member: Membership) -> set[int]:
    return set(
        Notification.objects.filter(membership=member, read_at__isnull=True, closed_at__isnull=True).values_list(
            "seq", flat=True
        )
    )


def mark_all(client: Client, till: int, once: str = "") -> str:
    answer = client.post("/handelser/lasta/", {"till": till, "once": once})
    assert answer.status_code == 302
    return str(answer.url)


def undo(client: Client, where: str, once: str = "") -> str:
    """Press «Ångra» on the page that the mark led to."""
    (mark,) = re.findall(r'name="marke" value="([^"]+)"', client.get(where).content.decode())
    answer = client.post("/handelser/angra/", {"marke": mark, "once": once}, follow=True)
    return " ".join(answer.content.decode().split())


# ---------- the list ----------
def test_unread_comes_first_by_consequence_then_what_is_read_newest_first(cast: Cast, as_hat: AsHat) -> None:
    tell(
        cast.psyk,
        ("referral.sent", 1), ("referral.closed", 2), ("referral.new_date", 3), ("referral.sent", 4),
        ("referral.closed", 5), ("referral.closed", 6),
    )  # fmt: skip
    Notification.objects.filter(object_id__in=[5, 6]).update(read_at=timezone.now())
    text = page(as_hat(cast.psyk))
    act, know, news = HEADINGS
    assert in_order(text, [act, "R-4", "R-1", know, "R-3", news, "R-2", 'id="lasta">Läst', "R-6", "R-5"])
    assert text.count("data-row") == 6 and "(4) Händelser" in text


def test_several_of_one_thing_are_one_line_under_what_asks_most_and_open_to_their_own(
    cast: Cast, as_hat: AsHat
) -> None:
    tell(cast.psyk, ("referral.closed", 7), ("referral.sent", 7), ("referral.new_date", 7), ("meeting.cancelled", 7))
    text = page(as_hat(cast.psyk), "")
    assert text.count("3 nya i R-7</summary>") == 1, "a meeting of the same number is another thing"
    assert HEADINGS[0] in text and HEADINGS[2] not in text
    opened = text.split("3 nya i R-7</summary>")[1].split("</details>")[0]
    assert in_order(opened, ["Lovade ett nytt datum", "Har skickat", "Avslutade"])
    assert opened.count('href="/remisser/7/"') == 3
    form = text.split('id="sak-referral-7"')[1].split("</form>")[0]
    assert form.count('name="notis"') == 3, "one press marks them all"


def test_what_several_agencies_have_done_in_one_thing_says_whose_each_is(cast: Cast, as_hat: AsHat) -> None:
    for by in (cast.fk, cast.soc, cast.soc):
        tell(cast.psyk, ("meeting.new_place", 7), by=by)
    header, opened = page(as_hat(cast.psyk)).split('id="sak-meeting-7"')[1].split("</form>")[0].split("<summary", 1)
    theirs, newest = cast.fk.agency.name, cast.soc.agency.name
    assert newest in header and theirs not in header
    assert opened.count(theirs) == 1 and newest not in opened.split("</details>")[0]


def test_what_can_no_longer_be_opened_and_what_others_were_told_is_not_there(cast: Cast, as_hat: AsHat) -> None:
    tell(cast.psyk, ("referral.sent", 1), ("referral.sent", 2))
    tell(cast.psyk_2, ("referral.sent", 3))
    Notification.objects.filter(object_id=2).update(closed_at=timezone.now())
    text = page(as_hat(cast.psyk))
    assert "R-1" in text and "R-2" not in text and "R-3" not in text
    for hat in (cast.outsider, cast.soc_manager):
        assert "R-1" not in page(as_hat(hat))
    assert as_hat(cast.coordinator).get(LIST).status_code == 404


def test_the_list_asks_as_often_for_thirty_as_for_one(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.psyk)

    def cost(address: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(address).status_code == 200
        return len(seen)

    def add(number: int) -> None:
        tell(cast.psyk, ("referral.sent", number), ("referral.closed", number), ("meeting.moved", number))
        newest = Notification.objects.filter(membership=cast.psyk).latest("seq")
        Notification.objects.filter(pk=newest.pk).update(read_at=timezone.now())

    add(1)
    addresses = (LIST, "/handelser/lista/", f"{LIST}?fore=999", "/handelser/klocka/")
    one = [cost(address) for address in addresses]
    for number in range(2, 31):
        add(number)
    assert [cost(address) for address in addresses] == one
    assert max(one) <= 8


def test_what_is_read_has_pages_back_to_the_first(cast: Cast, as_hat: AsHat) -> None:
    tell(cast.psyk, *[("referral.closed", number) for number in range(1, 76)])
    Notification.objects.update(read_at=timezone.now())
    tell(cast.psyk, ("referral.sent", 200))
    client, query, found = as_hat(cast.psyk), "", list[int]()
    for number in range(3):
        text = page(client, query)
        assert ("R-200" in text) is (number == 0), "what is unread stands on the first page alone"
        assert ("Till det nyaste" in text) is (number > 0)
        read = text.split('id="lasta"')[1]
        found += [int(pk) for pk in re.findall(r"remiss R-(\d+)</a>", read)]
        query = (re.findall(r'href="(\?fore=\d+)" rel="next"', text) or [""])[0]
    assert found == list(range(75, 0, -1)) and query == ""
    for odd in ("?fore=x", "?fore=-1", "?fore=" + "9" * 40, "?fore=²"):
        assert "R-200" in page(client, odd)


def test_more_unread_than_fit_are_said_and_come_as_these_are_read(cast: Cast, as_hat: AsHat) -> None:
    tell(cast.psyk, *[("referral.closed", number) for number in range(1, 206)], ("referral.sent", 500))
    text = page(as_hat(cast.psyk))
    assert text.count('class="new"') == 200 and "R-500" in text, "what asks most is among those"
    assert "Det finns fler olästa." in text


def test_nothing_yet_says_so(cast: Cast, as_hat: AsHat) -> None:
    assert "Inget har hänt än" in page(as_hat(cast.psyk))


# ---------- all read, and undone ----------
def test_exactly_what_was_marked_comes_back(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.psyk)
    tell(cast.psyk, *[("referral.sent", number) for number in range(1, 6)])
    Notification.objects.filter(seq=2).update(read_at=timezone.now() - timedelta(hours=1))
    where = mark_all(client, till=4)
    assert unread(cast.psyk) == {5}, "what came while the page was open has not been seen"
    assert "Tre händelser är nu lästa." in page(client, where.removeprefix(LIST))
    assert "Tre händelser är olästa igen." in undo(client, where)
    assert unread(cast.psyk) == {1, 3, 4, 5}


def test_a_repeat_marks_and_undoes_no_more(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.psyk)
    tell(cast.psyk, ("referral.sent", 1), ("referral.sent", 2))
    where = mark_all(client, till=2, once="a")
    tell(cast.psyk, ("referral.sent", 3))
    assert mark_all(client, till=9, once="a") == where and unread(cast.psyk) == {3}
    undo(client, where, once="b")
    assert unread(cast.psyk) == {1, 2, 3}
    second = mark_all(client, till=3, once="c")
    assert 'name="marke"' not in page(client, where.removeprefix(LIST)), "the first has nothing left to undo"
    undo(client, second, once="b")  # the same form again: it has been done
    assert unread(cast.psyk) == set()
    undo(client, second, once="d")
    assert unread(cast.psyk) == {1, 2, 3}


def test_each_mark_undoes_its_own(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.psyk)
    tell(cast.psyk, ("referral.sent", 1), ("referral.sent", 2))
    first = mark_all(client, till=1)
    mark_all(client, till=2)
    undo(client, first)
    assert unread(cast.psyk) == {1}


def test_with_nothing_to_mark_there_is_nothing_to_undo(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.psyk)
    assert mark_all(client, till=0) == LIST
    assert "Ångra" not in page(client)


def test_another_hats_marks_cannot_be_touched(cast: Cast, as_hat: AsHat) -> None:
    tell(cast.psyk, ("referral.sent", 1))
    tell(cast.psyk_2, ("referral.sent", 1))
    where = mark_all(as_hat(cast.psyk), till=1)
    (mark,) = re.findall(r'name="marke" value="([^"]+)"', as_hat(cast.psyk).get(where).content.decode())
    Notification.objects.update(read_at=Notification.objects.get(membership=cast.psyk).read_at)
    stranger = as_hat(cast.psyk_2)
    assert "Ångra" not in stranger.get(where).content.decode()
    for bad in (mark, "", "1:1", mark[:-1], "x" * 500):
        answer = stranger.post("/handelser/angra/", {"marke": bad}, follow=True)
        assert "Det går inte att ångra här." in answer.content.decode()
    assert unread(cast.psyk) == unread(cast.psyk_2) == set()
    own = Notification.objects.get(membership=cast.psyk)
    for som in ("olast", "last"):
        assert stranger.post("/handelser/markera/", {"notis": own.pk, "som": som}).status_code == 302
        assert unread(cast.psyk) == set()
    for path in ("/handelser/lasta/", "/handelser/angra/", "/handelser/markera/"):
        assert as_hat(cast.coordinator).post(path).status_code == 404


# ---------- one at a time ----------
def test_one_thing_is_marked_as_read_and_as_unread(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.psyk)
    rows = tell(cast.psyk, ("referral.sent", 1), ("referral.new_date", 1), ("referral.sent", 2))
    both = [rows[0].pk, rows[1].pk]
    assert client.post("/handelser/markera/", {"notis": both}).url == LIST
    assert unread(cast.psyk) == {3}
    answer = client.post("/handelser/markera/", {"notis": both[0], "som": "olast"}, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.content) == (204, b""), "a script fetches the list itself"
    assert unread(cast.psyk) == {1, 3}
    for odd in ("", "x", "-1", "9" * 40, "²"):
        assert client.post("/handelser/markera/", {"notis": odd}).status_code == 302
    assert unread(cast.psyk) == {1, 3}


def test_the_bell_and_the_title_count_what_is_unread(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.psyk)
    tell(cast.psyk, ("referral.sent", 1), ("referral.sent", 2))
    for path in ("/", LIST, "/remisser/"):
        text = client.get(path).content.decode()
        assert "<title>(2) " in text and 'data-unread="2"' in text and "Händelser: 2 olästa" in text
    bell = client.get("/handelser/klocka/").content.decode()
    assert 'href="/handelser/"' in bell and 'aria-keyshortcuts="Alt+Shift+H"' in bell
    mark_all(client, till=2)
    assert "<title>Idag" in client.get("/").content.decode()
