"""What was mailed follows its reader: taken back when they want no mails, and called anew where they read now."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from meetings.actions.series import change_day
from meetings.calendar.models import CalendarMail, Entry
from meetings.calendar.states import Method
from meetings.models import Group
from tests.calendar.mailbox import Got, sent, who
from tests.calendar.stage import TUESDAYS, at, empty_room, give_addresses, later, make_series, open_single, own
from tests.cast import Cast
from tests.meetings.cast import Room
from tests.notifications.post import PostOffice
from workspace.models import UserAccount
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db, pytest.mark.embedded, pytest.mark.usefixtures("november")]
AsHat = Callable[[Hat], Client]


@pytest.fixture
def room(cast: Cast, post: PostOffice) -> Room:
    give_addresses()
    return empty_room(cast)


def choose(as_hat: AsHat, hat: Hat, *, by_mail: bool) -> None:
    data = {"reminder": "", **({"by_mail": "on"} if by_mail else {})}
    assert as_hat(hat).post("/kalender/val/", data).status_code == 302


def moves(hat: Hat, email: str) -> None:
    UserAccount.objects.filter(pk=hat.user_id).update(email=email)


def by_method(found: list[Got], method: str) -> list[Got]:
    return [one for one in found if one.method == method]


def test_turning_the_mails_off_takes_back_what_is_ahead_and_on_calls_anew(
    room: Room, post: PostOffice, as_hat: AsHat
) -> None:
    series = make_series(room.group)
    open_single(room.group, TUESDAYS[0])
    open_single(room.group, TUESDAYS[1] + timedelta(days=2))
    first = [one for one in sent(post) if who([one]) == ["soc"]]
    change_day(by=room.cast.soc, series=series, on=TUESDAYS[2], day=TUESDAYS[2] + timedelta(days=1))
    sent(post)
    with at(TUESDAYS[0], 16):
        choose(as_hat, room.cast.soc, by_mail=False)
        off = sent(post)
        assert [(*who([one]), one.method) for one in off] == [("soc", "CANCEL")] * 2, "not what is over"
        assert {one.uid for one in off} < {one.uid for one in first}
        for one in off:
            assert one.subject.startswith("Borttaget ur kalendern: möte i Samverkansrum ")
            assert "Mötet i sig är inte ändrat." in one.body and "behöver inte komma" not in one.body
            assert "recurrence-id" not in one.event
        assert sent(post) == []
        change_day(by=room.cast.soc, series=series, on=TUESDAYS[3], day=TUESDAYS[3] + timedelta(days=1))
        assert "soc" not in who(sent(post)) and own(room.cast.soc)[0].text, "the feed goes on"
        choose(as_hat, room.cast.soc, by_mail=True)
        on = sent(post)
        assert [(*who([one]), one.method) for one in on] == [("soc", "REQUEST")] * 2
        for one in on:
            (before,) = [mail for mail in off if mail.uid == one.uid]
            assert min(one.sequences) > max(before.sequences)
            assert one.subject.startswith("Möte i Samverkansrum ")
        assert sorted(len(one.events) for one in on) == [1, 3]
        assert sent(post) == []


def test_off_and_on_again_before_the_next_round_is_no_mail(room: Room, post: PostOffice, as_hat: AsHat) -> None:
    open_single(room.group, TUESDAYS[0])
    sent(post)
    choose(as_hat, room.cast.soc, by_mail=False)
    choose(as_hat, room.cast.soc, by_mail=True)
    assert sent(post) == []


def test_off_while_the_server_is_down_drops_what_nobody_has_heard_of(
    room: Room, post: PostOffice, as_hat: AsHat
) -> None:
    open_single(room.group, TUESDAYS[0])
    post.stop()
    sent(post)
    choose(as_hat, room.cast.soc, by_mail=False)
    sent(post)
    assert not CalendarMail.objects.filter(user=room.cast.soc.user_id).exists()
    post.start()
    assert "soc" not in who(sent(post))


def test_a_closed_account_has_its_calls_taken_back(room: Room, post: PostOffice) -> None:
    make_series(room.group)
    sent(post)
    UserAccount.objects.filter(pk=room.cast.psyk.user_id).update(is_active=False)
    (one,) = sent(post)
    assert (*who([one]), one.method) == ("psyk", "CANCEL")
    assert sent(post) == []
    UserAccount.objects.filter(pk=room.cast.psyk.user_id).update(is_active=True)
    (one,) = sent(post)
    assert (*who([one]), one.method) == ("psyk", "REQUEST")


# ---------- another address ----------
def test_another_address_is_called_anew_and_the_old_one_taken_back(room: Room, post: PostOffice) -> None:
    series = make_series(room.group)
    change_day(by=room.cast.soc, series=series, on=TUESDAYS[2], day=TUESDAYS[2] + timedelta(days=1))
    sent(post)
    moves(room.cast.soc, "ny@kommun.example")
    new, old = sent(post)
    assert (new.to, new.method, len(new.events)) == ("ny@kommun.example", "REQUEST", 2)
    assert new.subject.startswith("Möte i Samverkansrum ")
    assert str(new.events[0]["attendee"]) == "mailto:ny@kommun.example"
    assert (old.to, old.method, str(old.event["attendee"])) == ("soc@exempel.se", "CANCEL", "mailto:soc@exempel.se")
    assert old.uid == new.uid and min(new.sequences) > max(old.sequences), "also where both lead to one calendar"
    assert sent(post) == []
    assert set(Entry.objects.filter(user=room.cast.soc.user_id).values_list("mailed_to", flat=True)) == {new.to}


@pytest.mark.parametrize("email", ["", "x"])
def test_an_address_that_is_taken_away_takes_back_and_waits_for_the_next(
    room: Room, post: PostOffice, email: str
) -> None:
    open_single(room.group, TUESDAYS[0])
    sent(post)
    moves(room.cast.soc, email)
    (one,) = sent(post)
    assert (one.to, one.method) == ("soc@exempel.se", "CANCEL")
    assert sent(post) == []
    give_addresses()
    (one,) = sent(post)
    assert (one.to, one.method) == ("soc@exempel.se", "REQUEST")


def test_what_is_not_sent_yet_never_goes_to_an_address_that_is_no_more(room: Room, post: PostOffice) -> None:
    open_single(room.group, TUESDAYS[0])
    post.stop()
    sent(post)
    moves(room.cast.soc, "ny@kommun.example")
    post.start()
    found = sent(post)
    assert {one.method for one in found} == {"REQUEST"}
    assert "ny@kommun.example" in [one.to for one in found] and "soc@exempel.se" not in [one.to for one in found]
    assert not CalendarMail.objects.filter(method=Method.CANCEL).exists()


def test_what_is_cancelled_for_all_says_so_at_the_old_address_too(room: Room, post: PostOffice) -> None:
    make_series(room.group)
    sent(post)
    moves(room.cast.soc, "ny@kommun.example")
    with later():
        Group.objects.filter(pk=room.group.pk).update(ended_on=TUESDAYS[0])
        found = sent(post)
    assert [one.to for one in by_method(found, "CANCEL")] == ["soc@exempel.se"]
