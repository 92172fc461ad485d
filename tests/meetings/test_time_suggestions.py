"""What the system suggests: of the proposed times, and new ones where none suits all. Never whose calendar it was."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from meetings.models import Attendance, Conversation, Party, TimeAnswer, TimeOption
from meetings.queries.times import end_after, free_times, open_options, suggestion
from meetings.states import Answer, ConversationState, PartyKind
from tests.cast import Cast, make_participant
from tests.meetings.cast import make_room
from tests.meetings.talk_calls import AsHat, options, say
from tests.meetings.talks import Talk, make_talk
from workspace.models import Absence

S = ConversationState


@pytest.fixture
def talk(cast: Cast) -> Talk:
    return make_talk(cast)


# ---------- what is suggested ----------
@pytest.mark.django_db
def test_nothing_is_suggested_before_anybody_has_answered_but_new_times_where_none_is_proposed(talk: Talk) -> None:
    first = suggestion(talk.fresh())
    assert first is not None and len(first.new) == 3 and first.option is None
    options(talk, 7)
    waiting = suggestion(talk.fresh())
    assert waiting is not None and waiting.sentence == "Ingen har svarat än." and waiting.new == ()


@pytest.mark.django_db
def test_the_time_that_suits_all_is_suggested_the_earliest_first(talk: Talk) -> None:
    made = options(talk, 7, 8, 9)
    for who in ("participant", "psyk"):
        say(talk, who, {made[0].pk: who == "psyk", made[1].pk: True, made[2].pk: True})
    found = suggestion(talk.fresh())
    assert found is not None and found.suits_all and found.option == made[1]
    assert found.sentence.endswith("passar alla.") and found.new == ()


@pytest.mark.django_db
def test_who_has_not_answered_is_named(talk: Talk) -> None:
    made = options(talk, 7)
    say(talk, "participant", {made[0].pk: True})
    found = suggestion(talk.fresh())
    assert found is not None and found.suits_all
    assert found.sentence.endswith("passar alla som har svarat. Har inte svarat: Vuxenpsykiatrin Piteå.")


@pytest.mark.django_db
def test_where_none_suits_all_the_participant_goes_first_then_the_most_agencies(cast: Cast) -> None:
    talk = make_talk(cast, with_fk=True)
    made = options(talk, 7, 8, 9)
    say(talk, "participant", {made[0].pk: False, made[1].pk: True, made[2].pk: True})
    say(talk, "psyk", {made[0].pk: True, made[1].pk: False, made[2].pk: False})
    say(talk, "fk", {made[0].pk: True, made[1].pk: False, made[2].pk: True})
    found = suggestion(talk.fresh())
    assert found is not None and not found.suits_all and found.option == made[2]
    assert "Ingen tid passar alla." in found.sentence
    assert found.sentence.endswith("Kan inte: Vuxenpsykiatrin Piteå.")
    assert len(found.new) == 3 and not {option.starts_at for option in made} & set(found.new)


@pytest.mark.django_db
def test_who_comes_along_on_paper_does_not_decide_the_time(talk: Talk) -> None:
    made = options(talk, 7)
    support = Party.objects.create(
        conversation=talk.conversation, kind=PartyKind.SUPPORT, name="Stina", agreed_on=timezone.localdate()
    )
    say(talk, "participant", {made[0].pk: True})
    say(talk, "psyk", {made[0].pk: True})
    TimeAnswer.objects.create(option=made[0], party=support, works=False)
    found = suggestion(talk.fresh())
    assert found is not None and found.suits_all


@pytest.mark.django_db
@pytest.mark.parametrize("state", [S.INVITED, S.HELD, S.CANCELLED, S.CLOSED])
def test_nothing_is_suggested_when_the_conversation_has_its_time_or_is_over(cast: Cast, state: S) -> None:
    assert suggestion(make_talk(cast, state).conversation) is None


@pytest.mark.django_db
def test_new_times_avoid_meetings_conversations_and_absences_of_every_caseworker(cast: Cast) -> None:
    talk = make_talk(cast)
    first = suggestion(talk.fresh())
    assert first is not None
    meeting_at, other_at, away_on = first.new
    room = make_room(cast)
    type(room.meeting).objects.filter(pk=room.meeting.pk).update(
        starts_at=meeting_at, ends_at=meeting_at + timedelta(hours=2)
    )
    Attendance.objects.create(meeting=room.meeting, member=cast.psyk, answer=Answer.COMING)
    other = make_talk(cast, S.INVITED, person=make_participant(cast.soc_desk, "Annan", "Person"))
    Conversation.objects.filter(pk=other.conversation.pk).update(
        starts_at=other_at, ends_at=other_at + timedelta(hours=1)
    )
    day = timezone.localdate(away_on)
    Absence.objects.create(membership=cast.psyk, from_on=day, to_on=day)
    found = suggestion(talk.fresh())
    assert found is not None and len(found.new) == 3
    assert meeting_at not in found.new and other_at not in found.new
    assert day not in {timezone.localdate(at) for at in found.new}
    assert "Vuxenpsykiatrin" not in found.sentence  # never whose calendar it was


@pytest.mark.django_db
def test_a_meeting_that_was_answered_no_is_no_hindrance(cast: Cast) -> None:
    talk = make_talk(cast)
    first = suggestion(talk.fresh())
    assert first is not None
    room = make_room(cast)
    type(room.meeting).objects.filter(pk=room.meeting.pk).update(
        starts_at=first.new[0], ends_at=first.new[0] + timedelta(hours=2)
    )
    Attendance.objects.create(meeting=room.meeting, member=cast.psyk, answer=Answer.NOT_COMING)
    assert suggestion(talk.fresh()) == first


@pytest.mark.django_db
def test_suggested_times_are_added_with_one_click_and_nothing_else_is(talk: Talk, as_hat: AsHat) -> None:
    client, path = as_hat(talk.cast.soc), f"/samtal/{talk.conversation.pk}/tider/forslag/"
    found = suggestion(talk.fresh())
    assert found is not None
    page = client.get(f"/samtal/{talk.conversation.pk}/").content.decode()
    value = " ".join(at.isoformat() for at in found.new)
    assert value in page
    for bad in ("", "9999-99-99", "2026-12-01T10:00", "x" * 4001, "9999-12-31T23:59:00+00:00"):
        assert client.post(path, {"starts": bad}).status_code == 403
    assert as_hat(talk.cast.psyk).post(path, {"starts": value}).status_code == 403
    assert as_hat(talk.cast.outsider).post(path, {"starts": value}).status_code == 404
    assert not TimeOption.objects.exists()
    assert client.post(path, {"starts": value}).status_code == 302
    assert [option.starts_at for option in open_options(talk.fresh())] == sorted(found.new)


# ---------- the pure core ----------
def at(day: date, hour: int) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour)))


def free(now: datetime, **words: Any) -> tuple[datetime, ...]:
    return free_times(**{"busy": [], "away": set(), "taken": set(), "minutes": 60, "now": now, **words})


def test_free_times_lie_on_three_working_days_within_four_weeks_and_office_hours() -> None:
    monday = date(2026, 11, 23)
    found = free(at(monday, 8))
    assert found == (at(date(2026, 11, 26), 10), at(date(2026, 12, 4), 13), at(date(2026, 12, 14), 15))


def test_free_times_pass_over_christmas() -> None:
    now = at(date(2026, 12, 18), 8)
    off = {date(2026, 12, day) for day in (24, 25, 26, 31)} | {date(2027, 1, 1), date(2027, 1, 6)}
    away = {date(2026, 12, 18) + timedelta(days=number) for number in range(40)} - off
    assert free(now, away=away) == ()


@pytest.mark.parametrize("spring", [date(2027, 3, 28), date(2026, 10, 25)])
def test_free_times_stand_on_the_wall_clock_on_both_sides_of_a_clock_change(spring: date) -> None:
    found = free(at(spring - timedelta(days=10), 8))
    assert [timezone.localtime(one).hour for one in found] == [10, 13, 15]
    assert {one.utcoffset() for one in found} == {timedelta(hours=1), timedelta(hours=2)}


def test_the_length_is_in_real_minutes_also_where_the_clocks_change() -> None:
    late = timezone.make_aware(datetime(2026, 10, 25, 1, 30))
    assert end_after(late, 120) - late.astimezone(end_after(late, 120).tzinfo) == timedelta(minutes=120)


def test_a_long_conversation_ends_before_four_and_one_too_long_for_a_day_is_not_suggested() -> None:
    monday = at(date(2026, 11, 23), 8)
    assert {timezone.localtime(one).hour for one in free(monday, minutes=240)} <= {9, 10, 11, 12}
    assert free(monday, minutes=8 * 60) == ()


def test_busy_hours_and_taken_times_are_left_out_and_an_adjoining_meeting_is_not() -> None:
    monday, day = at(date(2026, 11, 23), 8), date(2026, 11, 26)
    away = {day + timedelta(days=number) for number in range(1, 40)}
    busy = [(at(day, 9), at(day, 11)), (at(day, 12), at(day, 16))]
    assert free(monday, away=away, busy=busy) == (at(day, 11),)
    assert free(monday, away=away, busy=busy, taken={at(day, 11)}) == ()


def test_with_two_free_days_both_are_suggested() -> None:
    monday, day = at(date(2026, 11, 23), 8), date(2026, 11, 26)
    away = {day + timedelta(days=number) for number in range(2, 40)}
    assert [timezone.localdate(one) for one in free(monday, away=away)] == [day, day + timedelta(days=1)]
