"""«Hitta en tid»: what suits all, never whose calendar is in the way, and one click to the form (issue 8.4)."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meetings.models import Attendance, BusyTime, Conversation, Meeting, Party, TimeOption
from meetings.queries.times import busy_of, end_after
from meetings.states import Answer, ConversationState, PartyKind
from tests.cast import Cast, make_agency, make_member, make_participant
from tests.meetings.cast import Room, make_group, make_room, make_seat
from tests.meetings.series import AsHat, told
from tests.meetings.talk_calls import HATS, words
from tests.meetings.talks import Talk, make_talk
from workspace.models import Absence, AuditEntry, Membership
from workspace.states import AgencyKind

S = ConversationState
NOW = datetime(2026, 11, 23, 8, tzinfo=timezone.get_default_timezone())  # a Monday
FROM = date(2026, 11, 26)  # the third working day after it


@pytest.fixture
def monday() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def talk(monday: None, cast: Cast) -> Talk:
    return make_talk(cast, with_fk=True)


@pytest.fixture
def held(monday: None, cast: Cast) -> Room:
    return make_room(cast)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day, hour, minute))


def busy(member: Membership, begins: datetime, ends: datetime) -> None:
    BusyTime.objects.create(user=member.user, starts_at=begins, ends_at=ends)


def busy_but(member: Membership, *free: tuple[datetime, datetime]) -> None:
    """Busy for six weeks but for these spans."""
    since = NOW
    for begins, ends in sorted(free):
        busy(member, since, begins)
        since = ends
    busy(member, since, NOW + timedelta(days=42))


def shown(page: Any) -> list[datetime]:
    """The times on a page, in order."""
    assert page.status_code == 200, page.content.decode()[-2000:]
    return [start for day, times in page.context["days"] for start, _ in times]


def body(page: Any) -> str:
    """The words of a page without its head, where the reader's own name stands."""
    return words(page).partition("<main")[2]


def url_of(talk: Talk) -> str:
    return f"/samtal/{talk.conversation.pk}/hitta-tid/"


# ---------- a conversation ----------
def test_what_suits_all_lies_on_working_days_in_four_weeks_within_office_hours(talk: Talk, as_hat: AsHat) -> None:
    found = shown(as_hat(talk.cast.soc).get(url_of(talk)))
    days = sorted({timezone.localdate(one) for one in found})
    assert (days[0], days[-1]) == (FROM, date(2026, 12, 21))
    assert all(day.weekday() < 5 for day in days) and len(days) == 18
    assert {timezone.localtime(one).hour for one in found} == set(range(9, 16))


@pytest.mark.parametrize("who", ["soc", "psyk", "fk"])
@pytest.mark.parametrize("how", ["meeting", "conversation", "absence", "calendar"])
def test_nobody_is_found_busy_in_a_meeting_a_conversation_an_absence_or_their_own_calendar(
    talk: Talk, as_hat: AsHat, who: str, how: str
) -> None:
    member, day = getattr(talk.cast, who), date(2026, 12, 2)
    if how == "meeting":
        room = make_room(talk.cast)
        Meeting.objects.filter(pk=room.meeting.pk).update(starts_at=at(day, 11), ends_at=at(day, 13))
        Attendance.objects.create(meeting=room.meeting, member=member, answer=Answer.COMING)
    elif how == "conversation":
        other = make_talk(talk.cast, S.INVITED, person=make_participant(talk.cast.soc_desk, "Annan", "Person"))
        Conversation.objects.filter(pk=other.conversation.pk).update(starts_at=at(day, 11), ends_at=at(day, 13))
        Party.objects.filter(conversation=other.conversation).update(left_at=NOW)
        Party.objects.filter(pk=other.parties["psyk"].pk).update(member=member, left_at=None)
    elif how == "absence":
        Absence.objects.create(membership=member, from_on=day, to_on=day)
    else:
        busy(member, at(day, 11), at(day, 13))
    page = as_hat(talk.cast.soc).get(url_of(talk))
    that_day = [timezone.localtime(one).hour for one in shown(page) if timezone.localdate(one) == day]
    assert that_day == ([] if how == "absence" else [9, 10, 13, 14, 15])
    assert str(member.user) not in body(page) and "Hitta en tid" in body(page)


def test_the_participants_other_conversation_is_in_the_way_and_one_that_is_called_off_is_not(
    talk: Talk, as_hat: AsHat
) -> None:
    other = make_talk(talk.cast, S.INVITED)
    Party.objects.filter(conversation=other.conversation, kind=PartyKind.CASEWORKER).update(left_at=NOW)
    Conversation.objects.filter(pk=other.conversation.pk).update(starts_at=at(FROM, 10), ends_at=at(FROM, 11))
    client = as_hat(talk.cast.soc)
    assert at(FROM, 10) not in shown(client.get(url_of(talk)))
    Conversation.objects.filter(pk=other.conversation.pk).update(state=S.CANCELLED)
    assert at(FROM, 10) in shown(client.get(url_of(talk)))


def test_where_no_time_suits_all_the_page_gives_those_that_suit_all_but_one_and_not_who(
    talk: Talk, as_hat: AsHat
) -> None:
    busy_but(talk.cast.psyk, (at(FROM, 9), at(FROM, 10)))
    busy(talk.cast.fk, at(FROM, 9), at(FROM, 12))
    page = as_hat(talk.cast.soc).get(url_of(talk))
    assert "Ingen tid passar alla. De här passar alla utom en." in words(page)
    assert at(FROM, 9) in shown(page) and at(FROM, 10) not in shown(page) and at(FROM, 12) in shown(page)
    busy_but(talk.cast.fk)
    busy_but(talk.cast.soc)
    page = as_hat(talk.cast.soc).get(url_of(talk))
    assert "Ingen tid på 60 minuter passar alla" in words(page) and shown(page) == []


def test_of_two_nobody_hears_that_the_other_one_is_the_one_who_can_not(monday: None, cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast)
    busy_but(cast.psyk)
    page = as_hat(cast.soc).get(url_of(talk))
    assert shown(page) == [] and "alla utom en" not in words(page)


def test_the_page_is_the_same_whoever_is_in_the_way_and_whoever_has_given_a_calendar(talk: Talk, as_hat: AsHat) -> None:
    pages = []
    for member in (talk.cast.soc, talk.cast.psyk, talk.cast.fk):
        BusyTime.objects.all().delete()
        busy(member, at(FROM, 9), at(FROM, 16))
        pages.append(body(as_hat(talk.cast.soc).get(url_of(talk))))
    assert pages[0] and len(set(pages)) == 1
    assert "Vuxenpsykiatrin Piteå" in pages[0] and "Försäkringskassan Norr" in pages[0]


@pytest.mark.parametrize(
    ("asked", "minutes"), [("30", 30), ("120", 120), ("45", 60), ("x", 60), ("", 60), ("9" * 40, 60)]
)
def test_the_length_is_chosen_and_anything_else_is_the_conversations_own(
    talk: Talk, as_hat: AsHat, asked: str, minutes: int
) -> None:
    page = as_hat(talk.cast.soc).get(url_of(talk), {"minuter": asked})
    assert page.context["minutes"] == minutes and shown(page)
    last = max(timezone.localtime(one).time() for one in shown(page))
    assert last.hour * 60 + last.minute + minutes <= 16 * 60
    assert ("Samtalet är planerat till 60 minuter" in words(page)) == (minutes != 60)
    assert ("?tid=" in page.content.decode()) == (minutes == 60)  # a time of another length is not proposed


def test_one_click_fills_the_form_of_proposed_times_and_one_more_adds_to_it(talk: Talk, as_hat: AsHat) -> None:
    client = as_hat(talk.cast.soc)
    url = client.get(url_of(talk)).context["days"][0][1][1][1]
    form = client.get(url).content.decode()
    assert 'value="26 nov. 2026"' in form and 'value="10.00"' in form
    more = client.get(f"{url_of(talk)}?{url.partition('?')[2]}")
    assert at(FROM, 10) not in shown(more) and "Valda tider" in words(more)
    second = more.context["days"][1][1][0][1]
    page = client.get(second)
    assert 'value="27 nov. 2026"' in page.content.decode() and "Hitta en tid till" in words(page)
    sent = {name: page.context["form"][name].value() for name in ("day_1", "begins_1", "day_2", "begins_2")}
    assert client.post(second, sent).status_code == 302
    starts = list(TimeOption.objects.values_list("starts_at", flat=True))
    assert starts == [at(FROM, 10), at(date(2026, 11, 27), 9)]
    assert not {at(FROM, 10), at(date(2026, 11, 27), 9)} & set(shown(client.get(url_of(talk))))


def test_no_more_times_are_chosen_than_can_be_proposed_at_once_and_odd_ones_are_passed_over(
    talk: Talk, as_hat: AsHat
) -> None:
    client = as_hat(talk.cast.soc)
    good = [f"2026-12-0{day}T0{hour}:00Z" for day in (1, 2, 3, 4) for hour in (8, 9, 9)]
    odd = ["", "x" * 5000, "2026-12-01", "9999-12-31T23:59Z", "2020-01-01T10:00Z", "2026-12-01T10:00"]
    assert client.get(url_of(talk), {"tid": odd}).context["chosen"] == []
    page = client.get(url_of(talk), {"tid": [*good, *good]})
    assert len(page.context["chosen"]) <= 8 and "None" not in words(page)
    full = [f"2026-12-{day:02}T09:00Z" for day in range(1, 12)]
    page = client.get(url_of(talk), {"tid": full})
    assert len(page.context["chosen"]) == 8 and "Fler tider går inte att föreslå på en gång" in words(page)
    assert all(url == "" for _, times in page.context["days"] for _, url in times)
    form = client.get(f"/samtal/{talk.conversation.pk}/tider/", {"tid": full})
    assert form.status_code == 200 and form.context["form"]["day_8"].value() == "8 dec. 2026"


@pytest.mark.parametrize("state", sorted(set(S) - {S.PREPARING}))
def test_times_are_looked_for_before_the_call_only(monday: None, cast: Cast, as_hat: AsHat, state: S) -> None:
    answer = as_hat(cast.soc).get(url_of(make_talk(cast, state)))
    assert answer.status_code == 403 and "Tider söks innan kallelsen skickas" in words(answer)


@pytest.mark.parametrize("who", HATS)
def test_only_the_conveners_caseworkers_look_for_a_time_and_the_read_is_logged(
    talk: Talk, as_hat: AsHat, who: str
) -> None:
    before = AuditEntry.objects.filter(participant_id=talk.person.pk).count()
    answer = as_hat(getattr(talk.cast, who)).get(url_of(talk))
    convenes, party = who in {"soc", "soc_2"}, who in {"psyk", "psyk_2", "psyk_manager", "fk", "soc_manager"}
    assert answer.status_code in ({200} if convenes else {403, 404} if party else {404})
    assert AuditEntry.objects.filter(participant_id=talk.person.pk).count() - before == int(convenes)


def test_the_page_of_a_conversation_and_its_form_lead_there_for_the_convener_alone(talk: Talk, as_hat: AsHat) -> None:
    for address in (f"/samtal/{talk.conversation.pk}/", f"/samtal/{talk.conversation.pk}/tider/"):
        assert url_of(talk) in as_hat(talk.cast.soc).get(address).content.decode()
    assert url_of(talk) not in as_hat(talk.cast.psyk).get(f"/samtal/{talk.conversation.pk}/").content.decode()


# ---------- a group ----------
def test_a_groups_ordinary_holders_are_counted_and_the_deputies_are_not(held: Room, as_hat: AsHat) -> None:
    url, day = f"/moten/grupp/{held.group.pk}/hitta-tid/", date(2026, 12, 2)
    busy(held.cast.psyk, at(day, 9), at(day, 12))
    busy(held.cast.psyk_2, at(day, 12), at(day, 16))
    page = as_hat(held.cast.coordinator).get(url)
    assert [timezone.localtime(one).hour for one in shown(page) if timezone.localdate(one) == day] == [12, 13, 14, 15]
    for name in ("Socialtjänsten Piteå", "Vuxenpsykiatrin Piteå", "Försäkringskassan Norr"):
        assert name in words(page)
    assert min(timezone.localdate(one) for one in shown(page)) == date(2026, 11, 24)
    assert str(held.cast.psyk.user) not in body(page)


def test_the_group_is_never_asked_when_it_already_meets(held: Room, as_hat: AsHat) -> None:
    found = shown(as_hat(held.cast.soc).get(f"/moten/grupp/{held.group.pk}/hitta-tid/", {"minuter": "30"}))
    begins, ends = held.meeting.starts_at, held.meeting.ends_at
    assert not [one for one in found if begins < end_after(one, 30) and one < ends]
    same_day = [one for one in found if timezone.localdate(one) == timezone.localdate(begins)]
    assert ends in same_day and begins - timedelta(minutes=60) in same_day


def test_one_click_fills_the_form_of_an_extra_meeting(held: Room, as_hat: AsHat) -> None:
    client = as_hat(held.cast.soc)
    page = client.get(f"/moten/grupp/{held.group.pk}/hitta-tid/", {"minuter": "90"})
    url = page.context["days"][0][1][0][1]
    form = client.get(url)
    values = {name: form.context["form"][name].value() for name in ("day", "begins", "ends")}
    assert values == {"day": "24 nov. 2026", "begins": "09.00", "ends": "10.30"}
    assert client.post(url, values).status_code == 302
    made = Meeting.objects.latest("pk")
    assert (made.starts_at, made.ends_at) == (at(date(2026, 11, 24), 9), at(date(2026, 11, 24), 10, 30))
    assert told("meeting.called") == set()


@pytest.mark.parametrize(
    "query", [{"dag": "x", "fran": "99"}, {"dag": "2026-13-01"}, {"fran": "\x00", "till": "kl"}, {}]
)
def test_an_odd_address_leaves_the_form_of_a_meeting_empty(held: Room, as_hat: AsHat, query: dict[str, str]) -> None:
    page = as_hat(held.cast.soc).get(f"/moten/grupp/{held.group.pk}/mote/", query)
    assert page.status_code == 200 and not any(page.context["form"][name].value() for name in ("day", "begins", "ends"))


@pytest.mark.parametrize("who", HATS)
def test_only_who_arranges_the_group_looks_for_its_times(held: Room, as_hat: AsHat, who: str) -> None:
    client, url = as_hat(getattr(held.cast, who)), f"/moten/grupp/{held.group.pk}/hitta-tid/"
    arranges = who in {"soc", "psyk", "coordinator"}
    group = client.get(f"/moten/grupp/{held.group.pk}/")
    expected = {200} if arranges else {403} if group.status_code == 200 else {404}
    assert client.get(url).status_code in expected
    assert (url in group.content.decode()) == arranges
    if arranges:
        assert url in client.get(f"/moten/grupp/{held.group.pk}/mote/").content.decode()


def test_a_group_without_anybody_says_so(monday: None, cast: Cast, as_hat: AsHat) -> None:
    group = make_group(cast, "Tom grupp")
    page = as_hat(cast.coordinator).get(f"/moten/grupp/{group.pk}/hitta-tid/")
    assert "Ingen är med än" in words(page)


# ---------- time itself ----------
def test_christmas_and_a_week_that_is_all_off_are_passed_over(cast: Cast, as_hat: AsHat) -> None:
    with time_machine.travel(datetime(2026, 12, 18, 8, tzinfo=timezone.get_default_timezone()), tick=False):
        talk = make_talk(cast)
        Absence.objects.create(membership=cast.psyk, from_on=date(2026, 12, 28), to_on=date(2027, 1, 3))
        days = {timezone.localdate(one) for one in shown(as_hat(cast.soc).get(url_of(talk)))}
    off = {date(2026, 12, day) for day in range(24, 32)} | {date(2027, 1, day) for day in (1, 2, 3, 6, 9, 10)}
    assert not days & off and {date(2026, 12, 23), date(2027, 1, 4), date(2027, 1, 5), date(2027, 1, 15)} <= days


@pytest.mark.parametrize("sunday", [date(2027, 3, 28), date(2027, 10, 31)])
def test_the_times_stand_on_the_wall_clock_on_both_sides_of_a_clock_change(
    cast: Cast, as_hat: AsHat, sunday: date
) -> None:
    with time_machine.travel(at(sunday - timedelta(days=10), 8), tick=False):
        talk = make_talk(cast)
        found = shown(as_hat(cast.soc).get(url_of(talk)))
        assert {timezone.localtime(one).time().strftime("%H.%M") for one in found} == {
            f"{h:02}.00" for h in range(9, 16)
        }
        assert len({timezone.localtime(one).utcoffset() for one in found}) == 2


# ---------- size ----------
def test_the_page_asks_as_often_of_two_as_of_thirty(held: Room, as_hat: AsHat) -> None:
    client, url = as_hat(held.cast.soc), f"/moten/grupp/{held.group.pk}/hitta-tid/"

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        return len(queries)

    few = count()
    for number in range(27):
        agency, desk = make_agency(f"m{number}", f"Myndighet {number}", AgencyKind.SOCIAL_SERVICES, "Piteå")
        member = make_member(agency, f"medlem{number}", desk)
        make_seat(held.group, desk, member)
        busy(member, at(FROM, 9), at(FROM, 10))
        Attendance.objects.create(meeting=held.meeting, member=member, answer=Answer.COMING)
        Absence.objects.create(membership=member, from_on=FROM, to_on=FROM)
    assert count() == few


def test_who_is_called_and_has_not_answered_is_counted_as_coming(room: Room) -> None:
    member, now = room.cast.fk, timezone.now()
    row = Attendance.objects.create(meeting=room.meeting, member=member)
    told = {"": 1, Answer.COMING: 1, Answer.OTHER_TIME: 1, Answer.NOT_COMING: 0}
    for asked_at, expected in ((None, {**told, "": 0, Answer.OTHER_TIME: 0}), (now, told)):
        for answer, number in expected.items():
            Attendance.objects.filter(pk=row.pk).update(answer=answer, asked_at=asked_at)
            assert len(busy_of([member], now)[member.user_id]) == number, (asked_at, answer)
