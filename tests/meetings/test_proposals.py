"""What members want to talk about: who proposes, who reads, what the chair does with it, and who is told."""

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

from meetings.models import AgendaItem, Group, Meeting, MeetingEvent, Proposal
from meetings.states import MeetingState, ProposalState, Section
from notifications.models import Notification
from tests.meetings.cast import Room, make_group, make_seat, put_in
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
AsHat = Callable[[Hat], Client]
FORM = {"title": "Väntrum för tolksamtal", "why": "Det saknas.", "purpose": "decision", "minutes": "15"}
S = ProposalState


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def propose(room: Room, by: Any = None, **fields: Any) -> Proposal:
    fields = {"title": FORM["title"], "why": FORM["why"], "minutes": 15, "purpose": "decision"} | fields
    return Proposal.objects.create(group=room.group, member=by or room.cast.fk, **fields)


def told() -> set[tuple[str, int]]:
    return set(Notification.objects.values_list("kind", "membership"))


def everybody(room: Room) -> dict[str, Hat]:
    return {**room.cast.members, "coordinator": room.cast.coordinator, "chair": room.cast.chair}


def test_any_seat_holder_proposes_and_nobody_else(room: Room, as_hat: AsHat) -> None:
    path = f"/moten/grupp/{room.group.pk}/forslag/ny/"
    for name, hat in everybody(room).items():
        seated = name in {"soc", "soc_2", "psyk", "psyk_2", "fk"}
        assert as_hat(hat).get(path).status_code == (200 if seated else 404), name
        answer = as_hat(hat).post(path, FORM)
        assert answer.status_code == (302 if seated else 404), name
    assert Proposal.objects.count() == 5 and told() == set()
    one = Proposal.objects.get(member=room.cast.fk)
    assert (one.title, one.why, one.purpose) == (FORM["title"], FORM["why"], FORM["purpose"])
    assert (one.minutes, one.state) == (15, S.WAITING)


def test_a_proposal_waits_in_the_backlog_also_when_no_meeting_is_ahead(room: Room, as_hat: AsHat) -> None:
    put_in(room.meeting, MeetingState.CANCELLED)
    client, path = as_hat(room.cast.fk), f"/moten/grupp/{room.group.pk}/forslag/"
    assert "väntar tills det finns ett" in client.get(f"{path}ny/").content.decode()
    assert client.post(f"{path}ny/", FORM)["Location"] == path
    said = text_of(as_hat(room.cast.soc).get(path).content.decode())
    assert "Inget möte är inplanerat" in said and FORM["title"] in said and "Ta upp" not in said


def test_arrangers_read_all_and_others_their_own_and_the_number(room: Room, as_hat: AsHat) -> None:
    propose(room, why="Skälet från Försäkringskassan")
    propose(room, by=room.cast.soc_2, title="Gemensam blankett")
    for path in (f"/moten/{room.meeting.pk}/", f"/moten/{room.meeting.pk}/bit/forslag/"):
        for hat in (room.cast.soc, room.cast.psyk, room.cast.coordinator):
            html = as_hat(hat).get(path).content.decode()
            assert FORM["title"] in html and "Gemensam blankett" in html and "Ta upp" in html
        html = as_hat(room.cast.fk).get(path).content.decode()
        assert FORM["title"] in html and "Gemensam blankett" not in html
        assert ">Ta upp<" not in html and "Ta tillbaka" in html and '<span class="count">2</span>' in html
        html = as_hat(room.cast.psyk_2).get(path).content.decode()
        assert FORM["title"] not in html and "Två förslag väntar" in text_of(html)


def test_taken_up_it_becomes_an_item_and_its_proposer_is_told(room: Room, as_hat: AsHat) -> None:
    proposal = propose(room)
    answer = as_hat(room.cast.soc).post(f"/moten/{room.meeting.pk}/forslag/{proposal.pk}/ta-upp/")
    item = AgendaItem.objects.get(title=FORM["title"])
    assert answer["Location"] == f"/moten/{room.meeting.pk}/#punkt-{item.pk}"
    assert (item.meeting, item.section, item.presenter, item.minutes) == (
        room.meeting, Section.MATTERS, room.cast.fk, 15,
    )  # fmt: skip
    assert item.position == 4  # before the closing
    proposal.refresh_from_db()
    assert (proposal.state, proposal.item) == (S.ACCEPTED, item)
    assert told() == {("meeting.proposal_accepted", room.cast.fk.pk)}
    assert MeetingEvent.objects.filter(verb="accept_proposal", member=room.cast.soc).count() == 1
    again = as_hat(room.cast.psyk).post(f"/moten/{room.meeting.pk}/forslag/{proposal.pk}/ta-upp/")
    assert again.status_code == 404 and AgendaItem.objects.filter(title=FORM["title"]).count() == 1
    said = as_hat(room.cast.fk).get("/handelser/").content.decode()
    assert "Ditt förslag tas upp på mötet" in said


def test_whoever_takes_up_their_own_is_not_told(room: Room, as_hat: AsHat) -> None:
    proposal = propose(room, by=room.cast.soc)
    as_hat(room.cast.soc).post(f"/moten/{room.meeting.pk}/forslag/{proposal.pk}/ta-upp/")
    assert told() == set()


def test_handed_back_it_carries_a_reason_that_its_proposer_reads(room: Room, as_hat: AsHat) -> None:
    proposal = propose(room)
    path = f"/moten/forslag/{proposal.pk}/lamna-tillbaka/"
    empty = as_hat(room.cast.psyk).post(path, {"reason": " "})
    assert empty.status_code == 422 and "Skriv varför" in empty.content.decode()
    answer = as_hat(room.cast.psyk).post(path, {"reason": "Hör till styrgruppen.", "meeting": room.meeting.pk})
    assert answer["Location"] == f"/moten/{room.meeting.pk}/#forslag"
    assert told() == {("proposal.returned", room.cast.fk.pk)}
    backlog = f"/moten/grupp/{room.group.pk}/forslag/"
    assert "Hör till styrgruppen." in as_hat(room.cast.fk).get(backlog).content.decode()
    assert "Hör till styrgruppen." not in as_hat(room.cast.soc).get(backlog).content.decode()
    notice = as_hat(room.cast.fk).get("/handelser/").content.decode()
    assert f'href="{backlog}"' in notice and "kom tillbaka med ett skäl" in notice


def test_ones_own_is_taken_back_while_it_waits(room: Room, as_hat: AsHat) -> None:
    proposal = propose(room)
    path = f"/moten/forslag/{proposal.pk}/ta-tillbaka/"
    assert as_hat(room.cast.soc).post(path).status_code == 403
    assert as_hat(room.cast.psyk_2).post(path).status_code == 404
    assert as_hat(room.cast.fk).post(path).status_code == 302 and not Proposal.objects.exists()
    done = propose(room, state=S.RETURNED)
    assert as_hat(room.cast.fk).post(f"/moten/forslag/{done.pk}/ta-tillbaka/").status_code == 409
    assert told() == set()


@pytest.mark.parametrize("state", list(MeetingState))
def test_who_takes_up_and_hands_back_in_every_state(room: Room, as_hat: AsHat, state: MeetingState) -> None:
    put_in(room.meeting, state)
    ahead = state in {MeetingState.PLANNED, MeetingState.CALLED}
    arrangers = {"soc", "psyk", "coordinator"}
    for name, hat in everybody(room).items():
        proposal, client = propose(room), as_hat(hat)
        taken = client.post(f"/moten/{room.meeting.pk}/forslag/{proposal.pk}/ta-upp/").status_code
        other = {"fk": 403}.get(name, 404)  # others do not see it; whose it is may not take it up
        assert taken == ((302 if ahead else 403) if name in arrangers else other), (name, taken)
        proposal = propose(room)
        back = client.post(f"/moten/forslag/{proposal.pk}/lamna-tillbaka/", {"reason": "Nej."}).status_code
        assert back == (302 if name in arrangers else other), (name, back)


def test_another_groups_proposal_is_not_taken_up_here(room: Room, as_hat: AsHat) -> None:
    other = make_group(room.cast, "Projektgruppen")
    make_seat(other, room.cast.soc_desk, room.cast.soc)
    proposal = Proposal.objects.create(group=other, title="x", member=room.cast.soc)
    answer = as_hat(room.cast.soc).post(f"/moten/{room.meeting.pk}/forslag/{proposal.pk}/ta-upp/")
    assert answer.status_code == 403 and "hör till en annan grupp" in answer.content.decode()
    assert proposal.title not in [item.title for item in room.meeting.items.all()]


def test_at_a_joint_meeting_each_proposes_in_their_own_group(room: Room, as_hat: AsHat) -> None:
    other = make_group(room.cast, "Projektgruppen")
    make_seat(other, room.cast.psyk_desk, room.cast.psyk_manager)
    Meeting.objects.filter(pk=room.meeting.pk).update(joined_group=other)
    for hat, group in ((room.cast.fk, room.group), (room.cast.psyk_manager, other)):
        client = as_hat(hat)
        html = client.get(f"/moten/{room.meeting.pk}/").content.decode()
        for address in (f"/moten/grupp/{group.pk}/forslag/ny/", f"/moten/grupp/{group.pk}/forslag/"):
            assert f'href="{address}"' in html and client.get(address).status_code == 200


def test_thirty_proposals_take_as_many_questions_as_one(room: Room, as_hat: AsHat) -> None:
    client = as_hat(room.cast.soc)

    def asked() -> list[int]:
        found = []
        for path in (f"/moten/{room.meeting.pk}/bit/forslag/", f"/moten/grupp/{room.group.pk}/forslag/"):
            with CaptureQueriesContext(connection) as queries:
                client.get(path)
            found.append(len(queries))
        return found

    propose(room)
    few = asked()
    for _ in range(29):
        propose(room)
    assert asked() == few


def test_an_ended_group_takes_no_more(room: Room, as_hat: AsHat) -> None:
    Group.objects.filter(pk=room.group.pk).update(ended_on=timezone.localdate() - timedelta(days=1))
    answer = as_hat(room.cast.soc).post(f"/moten/grupp/{room.group.pk}/forslag/ny/", {**FORM, "title": "En till"})
    assert answer.status_code == 403 and "avslutad" in answer.content.decode()
