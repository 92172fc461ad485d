"""Decisions and actions: who writes and reads them, who is told, the list of them, and referrals made of them."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meetings.actions import agenda, follow_up
from meetings.models import (
    ActionItem,
    AgendaItem,
    Decision,
    ItemGuest,
    Meeting,
    MeetingEvent,
    SeatHolder,
    TableReader,
    TableText,
)
from meetings.queries.follow_up import actions_visible_to, decisions_visible_to, open_actions_of
from meetings.states import ActionState, ItemKind, MeetingState, MinutesState
from notifications.models import Notification
from referrals.models import Referral
from tests.meetings.cast import Room, make_item, make_meeting, make_seat, put_in
from tests.meetings.minutes_stage import disclose, make_case
from workspace.errors import NotAllowed
from workspace.models import AuditEntry, Disclosure, Function, FunctionMember
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
AsHat = Callable[[Hat], Client]
S, A = MeetingState, ActionState
SAID = "Vi bokar en tid för Hemlighild."
LIST = "/moten/uppgifter/"


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


@pytest.fixture
def item(room: Room) -> AgendaItem:
    """An ordinary item of a meeting that goes on."""
    return make_item(put_in(room.meeting, S.IN_PROGRESS))


def due(days: int) -> Any:
    return timezone.localdate() + timedelta(days=days)


def give(room: Room, item: AgendaItem, **fields: Any) -> ActionItem:
    """An action of soc's, given to psyk."""
    known = {"text": "Fråga om väntrum", "agency": room.cast.psyk.agency, "due_on": due(9)}
    author = {"author": room.cast.soc.agency, "member": room.cast.soc}
    return ActionItem.objects.create(item=item, **(known | author | fields))


def case_action(room: Room, item: AgendaItem, agency: Any = None) -> ActionItem:
    """Psyk's word on the table, told to soc: something for an agency of the circle to do."""
    case = item.case
    said = TableText.objects.create(case=case, agency=room.cast.psyk.agency, member=room.cast.psyk, text=SAID)
    TableReader.objects.create(
        text=said, agency=room.cast.soc.agency, disclosure=disclose(room.cast.psyk, room.cast.soc, room, "answer")
    )
    to = agency or room.cast.psyk.agency
    return give(room, item, text=SAID, agency=to, author=room.cast.psyk.agency, member=room.cast.psyk, said=said)


def told() -> set[tuple[str, int]]:
    return set(Notification.objects.values_list("kind", "membership"))


def everybody(room: Room) -> dict[str, Hat]:
    cast = room.cast
    return {**cast.members, "elsewhere": cast.two_hats[1], "coordinator": cast.coordinator, "chair": cast.chair}


def form(room: Room, **fields: Any) -> dict[str, Any]:
    return {"text": "Ring Arbetsförmedlingen", "who": f"a{room.cast.fk.agency_id}", "due_on": str(due(5))} | fields


# ---------- written in the meeting ----------
@pytest.mark.parametrize("state", list(MeetingState))
def test_who_writes_decisions_and_actions_and_when(room: Room, as_hat: AsHat, state: MeetingState) -> None:
    item = make_item(put_in(room.meeting, state))
    seated = {"soc", "soc_2", "psyk", "psyk_2", "fk", "coordinator"}
    expected = 302 if state in {S.IN_PROGRESS, S.HELD} else 403
    for name, hat in everybody(room).items():
        path = f"/moten/{room.meeting.pk}/punkt/{item.pk}"
        client = as_hat(hat)
        got = {
            client.post(f"{path}/beslut/", {"text": "Vi provar."}).status_code,
            client.post(f"{path}/uppgift/", form(room)).status_code,
        }
        assert got == {expected if name in seated else 404}, name
    made = 6 if expected == 302 else 0
    assert (Decision.objects.count(), ActionItem.objects.count()) == (made, made)


def test_what_is_written_carries_its_agency_and_the_coordinators_none(room: Room, item: AgendaItem) -> None:
    by_psyk = follow_up.add_decision(by=room.cast.psyk, item=item, text="Ja.")
    by_role = follow_up.add_decision(by=room.cast.coordinator, item=item, text="Nej.")
    assert (by_psyk.agency, by_psyk.member, by_role.agency) == (room.cast.psyk.agency, room.cast.psyk, None)
    assert by_role.role == room.cast.coordinator


def test_nothing_is_written_or_changed_when_the_minutes_are_on_their_way(
    room: Room, as_hat: AsHat, item: AgendaItem
) -> None:
    made = give(room, item)
    decision = follow_up.add_decision(by=room.cast.soc, item=item, text="Ja.")
    Meeting.objects.filter(pk=room.meeting.pk).update(state=S.HELD, minutes_state=MinutesState.SENT)
    client, path = as_hat(room.cast.soc), f"/moten/{room.meeting.pk}/punkt/{item.pk}"
    posts = {
        f"{path}/beslut/": {"text": "Nytt."},
        f"{path}/uppgift/": form(room),
        f"{LIST}{made.pk}/andra/": form(room),
        f"/moten/beslut/{decision.pk}/ta-bort/": {},
    }
    for address, data in posts.items():
        answer = client.post(address, data)
        assert answer.status_code == 403 and "skickade för justering" in answer.content.decode(), address
    assert client.post(f"{LIST}{made.pk}/klar/").status_code == 302  # what is done is done all the same


def test_whoever_it_is_given_to_is_told_and_nobody_else(room: Room, item: AgendaItem) -> None:
    cast = room.cast
    follow_up.add_action(
        by=cast.soc, item=item, text="En", agency=cast.psyk.agency, responsible=cast.psyk_2, due_on=due(1)
    )
    assert told() == {("meeting.action_given", cast.psyk_2.pk)}
    Notification.objects.all().delete()
    follow_up.add_action(by=cast.soc, item=item, text="Två", agency=cast.fk.agency, responsible=None, due_on=due(1))
    assert told() == {("meeting.action_given", cast.fk.pk), ("meeting.action_given", cast.two_hats[0].pk)}
    Notification.objects.all().delete()
    follow_up.add_action(by=cast.soc, item=item, text="Tre", agency=cast.soc.agency, responsible=None, due_on=due(1))
    assert told() == {("meeting.action_given", cast.soc_2.pk)}


def test_an_action_goes_to_an_agency_with_a_seat_and_somebody_who_holds_it(
    room: Room, as_hat: AsHat, item: AgendaItem
) -> None:
    cast = room.cast
    for agency, person in (
        (cast.outsider.agency, None),
        (cast.psyk.agency, cast.fk),
        (cast.psyk.agency, cast.psyk_manager),
    ):
        with pytest.raises(NotAllowed):
            follow_up.add_action(by=cast.soc, item=item, text="x", agency=agency, responsible=person, due_on=due(1))
    path = f"/moten/{room.meeting.pk}/punkt/{item.pk}/uppgift/"
    for data in (
        form(room, who=f"m{cast.outsider.pk}"),
        form(room, who=f"a{cast.outsider.agency_id}"),
        form(room, due_on="i går"),
        form(room, due_on=str(due(-1))),
        form(room, text=""),
        form(room, text="x" * 501),
    ):
        answer = as_hat(cast.soc).post(path, data)
        assert answer.status_code == 422 and "behöver rättas" in answer.content.decode()
    assert not ActionItem.objects.exists() and told() == set()


def test_a_guest_gives_tasks_under_its_own_item_but_never_decides(room: Room, as_hat: AsHat, item: AgendaItem) -> None:
    other, guest = make_item(room.meeting, "Något annat"), room.cast.psyk_manager
    agenda.invite_to_item(by=room.cast.soc, item=item, membership=guest)
    client, path = as_hat(guest), f"/moten/{room.meeting.pk}/punkt"
    assert client.post(f"{path}/{item.pk}/uppgift/", form(room)).status_code == 302
    for one in (item, other):
        assert client.post(f"{path}/{one.pk}/beslut/", {"text": "Ja."}).status_code == 403
    assert client.post(f"{path}/{other.pk}/uppgift/", form(room)).status_code == 403


def test_only_its_agency_and_arrangers_change_what_was_written(room: Room, as_hat: AsHat, item: AgendaItem) -> None:
    for name, hat in everybody(room).items():
        made, decision = give(room, item), Decision.objects.create(item=item, agency=room.cast.soc.agency, text="x")
        may, sees = name in {"soc", "soc_2", "psyk", "coordinator"}, name in {"psyk_2", "fk"}
        expected = 302 if may else 403 if sees else 404
        got = as_hat(hat).post(f"{LIST}{made.pk}/andra/", form(room, text="Annat")).status_code
        assert got == expected, name
        assert as_hat(hat).post(f"/moten/beslut/{decision.pk}/ta-bort/").status_code == expected, name
        assert Decision.objects.filter(pk=decision.pk).exists() != may
        made.refresh_from_db()
        assert (made.text == "Annat") == may


# ---------- cases ----------
def test_under_a_case_nothing_is_written_that_was_not_laid_on_the_table(room: Room, as_hat: AsHat) -> None:
    item, _ = make_case(room, put_in(room.meeting, S.IN_PROGRESS))
    before = (Decision.objects.count(), ActionItem.objects.count())
    path = f"/moten/{room.meeting.pk}/punkt/{item.pk}"
    for hat in (room.cast.soc, room.cast.psyk, room.cast.fk, room.cast.coordinator):
        for answer in (
            as_hat(hat).post(f"{path}/beslut/", {"text": "x"}),
            as_hat(hat).post(f"{path}/uppgift/", form(room, who=f"a{room.cast.psyk.agency_id}")),
        ):
            assert answer.status_code in {403, 422}
    assert (Decision.objects.count(), ActionItem.objects.count()) == before


def test_a_cases_actions_are_read_by_who_wrote_them_and_who_they_were_told_to_while_that_lives(
    room: Room, as_hat: AsHat
) -> None:
    item, (_, _, answer) = make_case(room, put_in(room.meeting, S.HELD))
    made, decision = case_action(room, item), item.decisions.get()
    own = item.actions.exclude(pk=made.pk).get()  # soc's, told to nobody

    def read(hat: Hat) -> tuple[set[int], set[int]]:
        return {one.pk for one in actions_visible_to(hat)}, {one.pk for one in decisions_visible_to(hat)}

    assert read(room.cast.psyk) == ({made.pk}, {decision.pk})
    assert read(room.cast.soc) == ({made.pk, own.pk}, {decision.pk})
    for name, hat in everybody(room).items():
        if name not in {"soc", "soc_2", "psyk", "psyk_2"}:
            assert read(hat) == (set(), set()), name
            page = as_hat(hat).get(f"{LIST}?vilka=alla").content.decode()
            assert "Hemlighild" not in page, name
            assert as_hat(hat).post(f"{LIST}{made.pk}/klar/").status_code == 404, name
    Disclosure.objects.filter(pk=answer.pk).update(ended_at=timezone.now(), ended_why="withdrawn")
    assert read(room.cast.soc) == ({made.pk, own.pk}, set())
    Disclosure.objects.filter(category="answer", ended_at=None).update(ended_at=timezone.now(), ended_why="withdrawn")
    assert read(room.cast.soc) == ({own.pk}, set())
    assert read(room.cast.psyk) == ({made.pk}, {decision.pk})  # its own stays its own


def test_a_colleague_outside_the_circle_reads_nothing_of_the_case(room: Room) -> None:
    """A second seat of the same agency, which is not in the circle."""
    item, _ = make_case(room, put_in(room.meeting, S.HELD))
    case_action(room, item)
    SeatHolder.objects.filter(membership=room.cast.psyk_2).delete()
    other = Function.objects.create(agency=room.cast.psyk.agency, name="Öppenvården")
    make_seat(room.group, other, room.cast.psyk_2)
    open_one = give(room, make_item(room.meeting))
    assert [one.pk for one in actions_visible_to(room.cast.psyk_2)] == [open_one.pk]
    assert not decisions_visible_to(room.cast.psyk_2).exists()
    ItemGuest.objects.create(item=item, membership=room.cast.psyk_2)  # until it is let in
    assert actions_visible_to(room.cast.psyk_2).count() == 2


def test_a_cases_action_is_logged_as_a_read_and_leaves_no_word_in_the_meetings_history(
    room: Room, as_hat: AsHat
) -> None:
    item, _ = make_case(room, put_in(room.meeting, S.HELD))
    made, events = case_action(room, item), MeetingEvent.objects.count()
    reads = AuditEntry.objects.filter(participant_id=room.cast.person.pk, what="meeting.actions")
    assert SAID in as_hat(room.cast.psyk).get(LIST).content.decode() and reads.count() == 1
    assert as_hat(room.cast.psyk).post(f"{LIST}{made.pk}/stryk/", {"reason": "Hemlighild vill inte"}).status_code == 302
    made.refresh_from_db()
    assert (made.state, made.reason, MeetingEvent.objects.count()) == (A.DROPPED, "", events)
    assert AuditEntry.objects.filter(what="meeting.drop_action", participant_id=room.cast.person.pk).count() == 1


# ---------- the list ----------
def test_the_list_is_mine_my_agencys_or_all_with_the_late_first(room: Room, as_hat: AsHat, item: AgendaItem) -> None:
    cast = room.cast
    give(room, item, text="Sen", due_on=due(-3))
    give(room, item, text="Min", responsible=cast.psyk, due_on=due(2))
    give(room, item, text="Kollegans", responsible=cast.psyk_2, due_on=due(1))
    give(room, item, text="Andras", agency=cast.fk.agency)
    give(room, item, text="Klar i går", state=A.DONE, closed_at=timezone.now() - timedelta(days=1))
    give(room, item, text="Klar för länge sedan", state=A.DONE, closed_at=timezone.now() - timedelta(days=31))

    def listed(hat: Hat, whose: str) -> list[str]:
        html = as_hat(hat).get(f"{LIST}?vilka={whose}").content.decode()
        return re.findall(r'<h2 class="hyph">([^<]+)</h2>', html)

    assert listed(cast.psyk, "mina") == listed(cast.psyk, "") == ["Sen", "Min", "Klar i går"]
    assert listed(cast.psyk, "var") == ["Sen", "Kollegans", "Min", "Klar i går"]
    assert listed(cast.psyk, "alla") == ["Sen", "Kollegans", "Min", "Andras", "Klar i går"]
    assert listed(cast.coordinator, "mina") == listed(cast.psyk, "alla")
    assert listed(cast.outsider, "alla") == listed(cast.chair, "alla") == []
    said = text_of(as_hat(cast.psyk).get(LIST).content.decode())
    assert "En uppgift är sen" in said and "3 dagar sen" in said and "Om 2 dagar" in said and "Klar i går" in said
    assert [one.text for one in open_actions_of(cast.psyk)] == ["Sen", "Min"]
    assert open_actions_of(cast.outsider) == []


@pytest.mark.parametrize("verb", ["klar", "stryk", "oppna-igen"])
@pytest.mark.parametrize("state", list(ActionState))
def test_who_closes_drops_and_opens_again_in_every_state(
    room: Room, as_hat: AsHat, item: AgendaItem, state: ActionState, verb: str
) -> None:
    target = {"klar": A.DONE, "stryk": A.DROPPED, "oppna-igen": A.OPEN}[verb]
    fits = (state == A.OPEN) != (verb == "oppna-igen")
    for name, hat in everybody(room).items():
        made = give(room, item, state=state, closed_at=None if state == A.OPEN else timezone.now())
        may, sees = name in {"psyk", "psyk_2", "soc", "coordinator"}, name in {"soc_2", "fk"}
        got = as_hat(hat).post(f"{LIST}{made.pk}/{verb}/", {"reason": "Behövs inte.", "tillbaka": "uppgifter"})
        expected = (302 if fits else 409) if may else 403 if sees else 404
        assert got.status_code == expected, name
        made.refresh_from_db()
        assert made.state == (target if expected == 302 else state)
        assert (made.closed_at is None) == (made.state == A.OPEN)
        if expected == 302:
            assert got["Location"] == LIST
    assert told() == set()


def test_a_dropped_action_says_why_and_needs_a_reason(room: Room, as_hat: AsHat, item: AgendaItem) -> None:
    made, client = give(room, item), as_hat(room.cast.psyk)
    answer = client.post(f"{LIST}{made.pk}/stryk/", {"reason": ""})
    assert answer.status_code == 422 and "Skriv varför den inte ska göras." in answer.content.decode()
    client.post(f"{LIST}{made.pk}/stryk/", {"reason": "Rummet finns redan."})
    assert "Struken: Rummet finns redan." in as_hat(room.cast.fk).get(f"{LIST}?vilka=alla").content.decode()


def test_the_standing_item_shows_what_is_open_late_first(room: Room, as_hat: AsHat) -> None:
    before = put_in(make_meeting(room.group, days=-30), S.HELD)
    Meeting.objects.filter(pk=before.pk).update(
        starts_at=timezone.now() - timedelta(days=30), started_at=timezone.now() - timedelta(days=30)
    )
    old = make_item(before)
    for at, text in ((8, "Senare"), (-2, "Sen ett"), (-1, "Sen två")):
        give(room, old, text=text, due_on=due(at))
    give(room, old, text="Gjord", state=A.DONE, closed_at=timezone.now())
    secret, _ = make_case(room, before)
    case_action(room, secret)
    html = as_hat(room.cast.fk).get(f"/moten/{room.meeting.pk}/bit/dagordning/").content.decode()
    said = text_of(html)
    assert "En klar sedan sist, två sena, en öppen till. De sena ligger först." in said
    assert said.index("Sen ett") < said.index("Sen två") < said.index("Senare")
    assert "Gjord" not in said and "Hemlighild" not in said
    inside = as_hat(room.cast.psyk).get(f"/moten/{room.meeting.pk}/bit/dagordning/").content.decode()
    assert SAID in inside
    assert AuditEntry.objects.filter(what="meeting.actions", participant_id=room.cast.person.pk).count() == 1


def test_thirty_actions_take_as_many_questions_as_one(room: Room, as_hat: AsHat, item: AgendaItem) -> None:
    client, secret = as_hat(room.cast.soc), make_case(room, room.meeting)[0]
    case_action(room, secret)

    def asked() -> list[int]:
        found = []
        for path in (f"{LIST}?vilka=alla", f"{LIST}lista/?vilka=alla"):
            with CaptureQueriesContext(connection) as queries:
                client.get(path)
            found.append(len(queries))
        return found

    give(room, item, responsible=room.cast.psyk)
    asked()
    few = asked()
    for _ in range(29):
        give(room, item, responsible=room.cast.psyk)
        give(room, item, agency=room.cast.fk.agency)
    assert asked() == few


# ---------- a referral ----------
def test_an_action_of_my_participant_becomes_a_referral_with_one_click(room: Room, as_hat: AsHat) -> None:
    item, _ = make_case(room, put_in(room.meeting, S.HELD))
    made = case_action(room, item)
    client = as_hat(room.cast.soc)
    assert "Skriv remiss" in client.get(f"{LIST}?vilka=alla").content.decode()
    first = client.post(f"{LIST}{made.pk}/remiss/")
    referral = Referral.objects.get()
    assert first["Location"] == f"/remisser/{referral.pk}/fraga/"
    assert (referral.participant, referral.sender, referral.receiver, referral.kind_id) == (
        room.cast.person, room.cast.soc_desk, room.cast.psyk_desk, "other",
    )  # fmt: skip
    assert SAID in client.get(first["Location"]).content.decode()
    made.refresh_from_db()
    assert made.referral == referral
    assert client.post(f"{LIST}{made.pk}/remiss/")["Location"] == first["Location"] and Referral.objects.count() == 1
    assert "Öppna remissen" in client.get(f"{LIST}?vilka=alla").content.decode()
    assert told() == set()  # a draft is nobody else's


def test_nobody_else_makes_a_referral_of_it(room: Room, as_hat: AsHat, item: AgendaItem) -> None:
    secret, _ = make_case(room, room.meeting)
    made, own, plain = case_action(room, secret), case_action(room, secret, room.cast.soc.agency), give(room, item)
    for name, hat in everybody(room).items():
        client = as_hat(hat)
        if name not in {"soc", "soc_2"}:
            assert client.post(f"{LIST}{made.pk}/remiss/").status_code == 404, name
            assert "Skriv remiss" not in client.get(f"{LIST}?vilka=alla").content.decode(), name
        for action in (own, plain):  # our own to do, and one that is of nobody
            assert client.post(f"{LIST}{action.pk}/remiss/").status_code == 404, name
    FunctionMember.objects.filter(membership=room.cast.soc).delete()
    assert as_hat(room.cast.soc).post(f"{LIST}{made.pk}/remiss/").status_code == 404
    assert not Referral.objects.exists()


def test_where_the_agency_has_left_the_group_the_draft_is_begun_by_hand(room: Room, as_hat: AsHat) -> None:
    item, _ = make_case(room, put_in(room.meeting, S.HELD))
    made = case_action(room, item)
    room.psyk_seat.to_on = due(-1)
    room.psyk_seat.save()
    answer = as_hat(room.cast.soc).post(f"{LIST}{made.pk}/remiss/")
    assert answer.status_code == 403 and "ingen plats i gruppen längre" in answer.content.decode()
    assert item.kind == ItemKind.CASE and not Referral.objects.exists()
