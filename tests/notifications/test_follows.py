"""Following a referral, a meeting or a conversation, and being left in peace about it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from meetings.actions import series
from meetings.actions.invitations import cancel_conversation, move_conversation
from meetings.models import SeatHolder
from meetings.states import ConversationState
from notifications.models import Follow, Notification
from notifications.queries import unread_count
from notifications.states import Urgency
from referrals import actions
from referrals.states import AnswerScope
from tests.cast import Cast, make_member, sent
from tests.meetings.calling import call_quietly
from tests.meetings.cast import Room, in_days, make_room
from tests.meetings.talk_calls import appointment
from tests.meetings.talks import Talk, make_talk
from tests.notifications.test_choices import tell
from workspace.models import AuditEntry, Disclosure, FunctionMember, Membership
from workspace.rules import Hat
from workspace.states import MemberRole

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
AsHat = Callable[[Hat], Client]


def follow(client: Client, about: str, pk: int, *, follows: bool = True) -> int:
    return client.post(f"/folj/{about}/{pk}/", {"folj": "1" if follows else "0"}).status_code


def told(kind: str) -> dict[str, tuple[int, bool]]:
    """Who was told: how urgent it was, and whether it was told as unread."""
    rows = Notification.objects.filter(kind=kind).select_related("membership__user")
    return {row.membership.user.username: (row.urgency, row.read_at is None) for row in rows}


# ---------- who may ----------
def test_only_who_may_open_a_thing_follows_it_and_hidden_is_as_missing(cast: Cast, as_hat: AsHat) -> None:
    room, talk, referral = make_room(cast), make_talk(cast), sent(cast)
    things = {"referral": referral.pk, "meeting": room.meeting.pk, "conversation": talk.conversation.pk}
    may = {
        "referral": {"soc", "soc_2", "psyk", "psyk_2"},
        "meeting": {"soc", "soc_2", "psyk", "psyk_2", "fk"},
        "conversation": {"soc", "soc_2", "psyk", "psyk_2"},
    }
    for about, pk in things.items():
        for name, hat in {**cast.members, "coordinator": cast.coordinator, "chair": cast.chair}.items():
            client = as_hat(hat)
            status = follow(client, about, pk)
            assert status == (302 if name in may[about] else 404), (about, name)
            if status == 404:
                hidden = client.post(f"/folj/{about}/{pk}/", {"folj": "1"}).content
                assert hidden == client.post(f"/folj/{about}/999999/", {"folj": "1"}).content
    assert Follow.objects.count() == sum(map(len, may.values()))
    assert as_hat(cast.soc).get(f"/folj/referral/{referral.pk}/").status_code == 405


def test_a_manager_who_has_stated_a_reason_reads_and_follows_nothing(cast: Cast, as_hat: AsHat) -> None:
    talk, referral, manager = make_talk(cast), sent(cast), as_hat(cast.soc_manager)
    assert manager.post(f"/remisser/{referral.pk}/oppna/", {"reason": "Klagomål"}).status_code == 302
    for about, path in (
        ("referral", f"/remisser/{referral.pk}/"),
        ("conversation", f"/samtal/{talk.conversation.pk}/"),
    ):
        pk = int(path.rsplit("/", 2)[1])
        page = manager.get(path)
        assert page.status_code == 200 and "/folj/" not in page.content.decode(), about
        assert follow(manager, about, pk) == follow(manager, about, pk, follows=False) == 403
    assert not Follow.objects.exists()


@pytest.mark.parametrize("about", ["case", "participant", "way", "x", "Referral"])
def test_nothing_else_can_be_followed(cast: Cast, as_hat: AsHat, about: str) -> None:
    assert follow(as_hat(cast.soc), about, cast.person.pk) == 404
    assert not Follow.objects.exists()


def test_the_pages_offer_it_and_show_how_it_is(cast: Cast, as_hat: AsHat) -> None:
    room, talk, referral = make_room(cast), make_talk(cast), sent(cast)
    for about, path, adds in (
        ("referral", f"/remisser/{referral.pk}/", False),
        ("meeting", f"/moten/{room.meeting.pk}/", True),
        ("conversation", f"/samtal/{talk.conversation.pk}/", True),
    ):
        client = as_hat(cast.psyk)
        pk = int(path.rsplit("/", 2)[1])
        page = client.get(path).content.decode()
        assert (">Följ<" in page, ">Sluta följa<" in page) == (adds, True), about
        follow(client, about, pk, follows=False)
        page = client.get(path).content.decode()
        assert (">Följ<" in page, ">Sluta följa<" in page) == (True, False) and "Du följer inte det här" in page
        follow(client, about, pk)
        page = client.get(path).content.decode()
        assert (">Följ<" in page, ">Sluta följa<" in page) == (False, True)
    assert AuditEntry.objects.filter(what__startswith="unfollow.").count() == 3
    assert "Sluta följa" not in as_hat(cast.coordinator).get(f"/moten/{room.meeting.pk}/").content.decode()


# ---------- left in peace ----------
def test_whoever_has_unfollowed_is_told_as_read_but_for_what_waits_for_them(cast: Cast, as_hat: AsHat) -> None:
    referral = sent(cast)
    follow(as_hat(cast.soc), "referral", referral.pk, follows=False)
    actions.acknowledge_referral(by=cast.psyk, referral=referral, scope=AnswerScope.STATUS)
    assert told("referral.acknowledged") == {"soc": (Urgency.NEWS, False), "soc2": (Urgency.NEWS, True)}
    tell("referral.message", cast.soc, pk=referral.pk + 1)
    tell("referral.due", cast.soc, pk=referral.pk)
    assert unread_count(cast.soc) == 2
    seqs = Notification.objects.filter(membership=cast.soc).order_by("seq").values_list("seq", flat=True)
    assert list(seqs) == [1, 2, 3]
    follow(as_hat(cast.soc), "referral", referral.pk)
    tell("referral.message", cast.soc, pk=referral.pk)
    assert unread_count(cast.soc) == 3


# ---------- told of more ----------
def cancel(room: Room) -> None:
    series.cancel_meeting(by=room.cast.soc, meeting=room.meeting, reason="Sjukdom")


def test_a_deputy_who_follows_a_meeting_is_told_what_becomes_of_it(cast: Cast, as_hat: AsHat) -> None:
    room = call_quietly(make_room(cast))
    assert follow(as_hat(cast.psyk_2), "meeting", room.meeting.pk) == 302
    starts = in_days(9)
    series.move_meeting(by=cast.soc, meeting=room.meeting, starts_at=starts, ends_at=starts + timedelta(hours=2))
    assert told("meeting.moved") == {
        "psyk": (Urgency.ACT, True),
        "fk": (Urgency.ACT, True),
        "psyk2": (Urgency.KNOW, True),  # nothing in it is for the deputy to do
    }
    room.meeting.refresh_from_db()
    cancel(room)
    assert set(told("meeting.cancelled")) == {"psyk", "fk", "psyk2"}


@pytest.mark.parametrize("lost", ["the seat", "the hat", "the agency", "the account"])
def test_following_gives_no_right_it_is_asked_again_when_something_is_told(
    cast: Cast, as_hat: AsHat, lost: str
) -> None:
    room = call_quietly(make_room(cast))
    follow(as_hat(cast.psyk_2), "meeting", room.meeting.pk)
    yesterday = timezone.localdate() - timedelta(days=1)
    if lost == "the seat":
        SeatHolder.objects.filter(membership=cast.psyk_2).update(from_on=yesterday, to_on=yesterday)
    elif lost == "the hat":
        Membership.objects.filter(pk=cast.psyk_2.pk).update(from_on=yesterday, to_on=yesterday)
    elif lost == "the account":
        cast.psyk_2.user.is_active = False
        cast.psyk_2.user.save()
    else:
        agency = cast.psyk.agency
        agency.left_on = yesterday
        agency.save()
    cancel(room)
    assert "psyk2" not in told("meeting.cancelled")


def followed(cast: Cast, as_hat: AsHat) -> Talk:
    talk = make_talk(cast, ConversationState.INVITED)
    for hat in (cast.psyk_2, cast.soc_2):
        assert follow(as_hat(hat), "conversation", talk.conversation.pk) == 302
    return talk


def test_colleagues_who_follow_a_conversation_are_told_what_becomes_of_it(cast: Cast, as_hat: AsHat) -> None:
    talk = followed(cast, as_hat)
    move_conversation(by=cast.soc, conversation=talk.conversation, meeting=appointment())
    assert told("conversation.moved") == {
        "psyk": (Urgency.ACT, True), "psyk2": (Urgency.KNOW, True), "soc2": (Urgency.KNOW, True)
    }  # fmt: skip
    cancel_conversation(by=cast.soc_2, conversation=talk.fresh(), reason="Sjukdom")
    assert set(told("conversation.cancelled")) == {"soc", "psyk", "psyk2"}


@pytest.mark.parametrize("lost", ["the disclosure", "the desk", "is a manager now"])
def test_who_may_open_a_conversation_no_longer_is_told_of_it_no_longer(cast: Cast, as_hat: AsHat, lost: str) -> None:
    talk = followed(cast, as_hat)
    if lost == "the disclosure":
        Disclosure.objects.filter(recipient=cast.psyk.agency).update(ended_at=timezone.now(), ended_why="withdrawn")
    elif lost == "the desk":
        FunctionMember.objects.filter(membership__in=[cast.psyk_2, cast.soc_2]).delete()
    else:
        Membership.objects.filter(pk__in=[cast.psyk_2.pk, cast.soc_2.pk]).update(role=MemberRole.MANAGER)
    cancel_conversation(by=cast.soc, conversation=talk.fresh(), reason="Sjukdom")
    expected = {"the disclosure": {"soc2"}, "the desk": {"psyk"}, "is a manager now": {"psyk"}}
    assert set(told("conversation.cancelled")) == expected[lost]


def test_a_follow_never_crosses_to_another_agency_or_desk(cast: Cast) -> None:
    """Rows made by hand, as if a rule of a page had once let them in."""
    room, talk = call_quietly(make_room(cast)), make_talk(cast, ConversationState.INVITED)
    elsewhere = make_member(cast.psyk.agency, "annan_enhet", None)
    for hat in (cast.outsider, elsewhere, cast.psyk_manager, cast.fk):
        for about, pk in (("meeting", room.meeting.pk), ("conversation", talk.conversation.pk)):
            Follow.objects.create(membership=hat, about=about, object_id=pk, follows=True)
    cancel(room)
    cancel_conversation(by=cast.soc, conversation=talk.fresh(), reason="Sjukdom")
    assert set(told("meeting.cancelled")) == {"psyk", "fk"}
    assert set(told("conversation.cancelled")) == {"psyk"}
