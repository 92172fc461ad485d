"""A decision as it is written in the room: how it was come to, who voted, who sees to it, and what is refused."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from meetings.actions import decisions as actions
from meetings.actions.decisions import DecisionInput, VoteInput
from meetings.models import AgendaItem, Attendance, Decision, DecisionVote, Group, Meeting, Proposal
from meetings.states import (
    DecisionState,
    MeetingState,
    MinutesMode,
    MinutesState,
    Procedure,
    ProposalState,
    Vote,
)
from notifications.models import Notification
from tests.cast import Cast
from tests.meetings.cast import Room, make_item, make_room, put_in
from tests.meetings.minutes_stage import attend, invite, make_case
from tests.steering.stage import Steering, make_steering, running
from workspace.errors import NotAllowed
from workspace.models import AuditEntry, CooperationRole
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
AsHat = Callable[[Hat], Client]
S, D = MeetingState, DecisionState
FOR, AGAINST, ABSTAINED = Vote.FOR, Vote.AGAINST, Vote.ABSTAINED


@pytest.fixture
def stage(cast: Cast) -> Steering:
    return make_steering(cast)


@pytest.fixture
def item(stage: Steering) -> AgendaItem:
    """An ordinary item of the steering group's meeting, which goes on with everybody there. soc's manager writes."""
    item = make_item(running(stage), "Väntetider")
    give_pen(item, stage.cast.soc_manager)
    return item


def give_pen(item: AgendaItem, hat: Hat) -> None:
    Meeting.objects.filter(pk=item.meeting_id).update(pen=row_of(item, hat))


def due(days: int = 30) -> date:
    return timezone.localdate() + timedelta(days=days)


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def path_of(item: AgendaItem) -> str:
    return f"/moten/{item.meeting_id}/punkt/{item.pk}/beslut/"


def row_of(item: AgendaItem, hat: Hat) -> Attendance:
    kind = "member" if hat.hat_key.startswith("m") else "role"
    return Attendance.objects.get(meeting=item.meeting_id, **{kind: hat.pk})


def told() -> set[tuple[str, int, int]]:
    return set(Notification.objects.values_list("kind", "membership", "object_id"))


def written(stage: Steering, item: AgendaItem, **fields: Any) -> dict[str, Any]:
    return {
        "text": "Vi öppnar en kvällsmottagning",
        "proposals": "Soc: öppna. Fk: vänta.",
        "why": "Kvinnor väntar längre",
        "procedure": "vote",
        "who": f"m{stage.cast.psyk_manager.pk}",
        "due_on": str(due()),
        f"vote_{row_of(item, stage.cast.soc_manager).pk}": "for",
        f"vote_{row_of(item, stage.cast.psyk_manager).pk}": "for",
        f"vote_{row_of(item, stage.cast.fk).pk}": "against",
        f"dissent_{row_of(item, stage.cast.fk).pk}": "Vi vill vänta på budgeten",
        f"vote_{row_of(item, stage.cast.chair).pk}": "abstained",
    } | fields


# ---------- written ----------
def test_a_decision_holds_how_it_was_come_to_who_voted_and_who_sees_to_it(
    stage: Steering, item: AgendaItem, as_hat: AsHat
) -> None:
    client = as_hat(stage.cast.soc_manager)
    assert client.post(path_of(item), written(stage, item)).status_code == 302
    made = Decision.objects.get()
    assert (made.text, made.proposals, made.why, made.procedure, made.state) == (
        "Vi öppnar en kvällsmottagning",
        "Soc: öppna. Fk: vänta.",
        "Kvinnor väntar längre",
        Procedure.VOTE,
        D.OPEN,
    )
    assert (made.agency, made.owner, made.responsible, made.due_on) == (
        stage.cast.soc.agency,
        stage.cast.psyk.agency,
        stage.cast.psyk_manager,
        due(),
    )
    assert set(made.votes.values_list("attendance__member", "attendance__role", "vote", "dissent")) == {
        (stage.cast.soc_manager.pk, None, FOR, ""),
        (stage.cast.psyk_manager.pk, None, FOR, ""),
        (stage.cast.fk.pk, None, AGAINST, "Vi vill vänta på budgeten"),
        (None, stage.cast.chair.pk, ABSTAINED, ""),
    }
    assert AuditEntry.objects.filter(what="meeting.add_decision").count() == 1
    page = text_of(as_hat(stage.cast.chair).get(f"/beslut/{made.pk}/").content.decode())
    assert "Röstning: 2 ja, 1 nej, 1 avstår" in page and "Reservation: Vi vill vänta på budgeten" in page


def test_words_alone_are_enough_and_then_it_stands(stage: Steering, item: AgendaItem, as_hat: AsHat) -> None:
    assert as_hat(stage.cast.chair).post(path_of(item), {"text": "Vi tar det lugnt"}).status_code == 302
    made = Decision.objects.get()
    assert (made.state, made.procedure, made.owner, made.due_on) == (D.STANDS, Procedure.UNANIMOUS, None, None)
    assert not DecisionVote.objects.exists() and told() == set()


def test_dissent_is_written_down_also_without_a_vote(stage: Steering, item: AgendaItem, as_hat: AsHat) -> None:
    name = f"dissent_{row_of(item, stage.cast.fk).pk}"
    as_hat(stage.cast.soc_manager).post(path_of(item), {"text": "Ja", "procedure": "unanimous", name: "Inte vi"})
    made = DecisionVote.objects.get()
    assert (made.vote, made.dissent, made.attendance.member) == ("", "Inte vi", stage.cast.fk)
    page = text_of(as_hat(stage.cast.chair).get(f"/beslut/{made.decision_id}/").content.decode())
    assert "Utan röstning, med reservation" in page and "Alla var överens" not in page


def test_whoever_answers_for_it_is_told_and_nobody_else(stage: Steering, item: AgendaItem) -> None:
    cast, day = stage.cast, due()
    cases: list[tuple[DecisionInput, set[int]]] = [
        (
            DecisionInput("En", owner=cast.psyk.agency, responsible=cast.psyk_manager, due_on=day),
            {cast.psyk_manager.pk},
        ),
        (DecisionInput("Två", owner=cast.soc.agency, due_on=day), {cast.soc_2.pk}),  # not who writes it
        (DecisionInput("Tre", owner_role=cast.coordinator, due_on=day), set()),
        (DecisionInput("Fyra"), set()),
    ]
    for data, expected in cases:
        Notification.objects.all().delete()
        made = actions.decide(by=cast.soc_manager, item=item, data=data)
        assert told() == {("decision.given", pk, made.pk) for pk in expected}, data.text


def test_the_form_begins_with_what_was_proposed(stage: Steering, item: AgendaItem, as_hat: AsHat) -> None:
    first = Proposal.objects.create(
        group=stage.group, title="Kväll", wanted="Öppna kvällstid", member=stage.cast.fk, item=item, state="accepted"
    )
    Proposal.objects.create(
        group=stage.group,
        title="Helg",
        wanted="Öppna helger",
        member=stage.cast.psyk_manager,
        merged_into=first,
        state=ProposalState.MERGED,
    )
    page = as_hat(stage.cast.chair).get(path_of(item)).content.decode()
    shorts = stage.cast.fk.agency.short_name, stage.cast.psyk.agency.short_name
    assert re.search(r'<textarea[^>]*name="text"[^>]*>\s*Öppna kvällstid\s*</textarea>', page)
    assert f"{shorts[0]}: Öppna kvällstid\n{shorts[1]}: Öppna helger" in unescape(page)


def test_the_room_stays_at_the_item_that_was_decided(stage: Steering, item: AgendaItem, as_hat: AsHat) -> None:
    client = as_hat(stage.cast.chair)
    answer: Any = client.post(path_of(item), {"text": "Ja"})
    assert answer.url == f"/moten/{item.meeting_id}/rum/?punkt={item.pk}"
    Meeting.objects.filter(pk=item.meeting_id).update(current_item=item)
    answer = client.post(path_of(item), {"text": "Nej"})
    assert answer.url == f"/moten/{item.meeting_id}/rum/"
    page = text_of(client.get(answer.url).content.decode())
    assert "Beslut Ja" in page and "Beslut Nej" in page


# ---------- refused ----------
def refused(by: Hat, item: AgendaItem, data: DecisionInput) -> str:
    with pytest.raises(NotAllowed) as refusal:
        actions.decide(by=by, item=item, data=data)
    return refusal.value.sentence


def test_only_who_is_there_for_an_agency_votes(stage: Steering, item: AgendaItem) -> None:
    cast = stage.cast
    absent = attend(item.meeting, cast.soc_2, stage.soc_seat, present=False)
    guest = invite(item, cast.psyk_2)
    coordinator = attend(item.meeting, cast.coordinator)
    elsewhere = attend(make_room(cast).meeting, cast.soc)
    for row in (absent, guest, coordinator, elsewhere):
        votes = [VoteInput(row.pk, FOR)]
        said = refused(cast.soc_manager, item, DecisionInput("x", procedure=Procedure.VOTE, votes=votes))
        assert "Bara den som är med på mötet" in said
    twice = [VoteInput(row_of(item, cast.fk).pk, FOR)] * 2
    assert "en röst för var och en" in refused(cast.chair, item, DecisionInput("x", votes=twice))
    odd = [VoteInput(row_of(item, cast.fk).pk, "kanske")]
    assert "en röst för var och en" in refused(cast.chair, item, DecisionInput("x", votes=odd))
    assert not Decision.objects.exists()


def test_votes_that_contradict_how_it_was_come_to(stage: Steering, item: AgendaItem, as_hat: AsHat) -> None:
    cast = stage.cast
    fk, soc = row_of(item, cast.fk).pk, row_of(item, cast.soc_manager).pk
    one_no = [VoteInput(fk, AGAINST), VoteInput(soc, FOR)]
    assert "Någon röstade nej" in refused(cast.chair, item, DecisionInput("x", votes=one_no))
    assert "hur var och en röstade" in refused(cast.chair, item, DecisionInput("x", procedure=Procedure.VOTE))
    lost = DecisionInput("x", procedure=Procedure.VOTE, votes=[VoteInput(fk, AGAINST), VoteInput(soc, ABSTAINED)])
    assert "Fler röstade nej än ja" in refused(cast.chair, item, lost)
    client = as_hat(cast.chair)
    for data, sentence in (
        ({"procedure": "unanimous", f"vote_{fk}": "against"}, "Någon röstade nej"),
        ({"procedure": "vote"}, "hur var och en röstade"),
        ({"procedure": "vote", f"vote_{fk}": "against"}, "Fler röstade nej än ja"),
        ({"procedure": "dragkamp"}, "Välj ett av alternativen"),
        ({f"vote_{fk}": "ja tack"}, "Välj ja, nej eller avstår"),
    ):
        answer = client.post(path_of(item), {"text": "Kvällstid", **data})
        page = unescape(answer.content.decode())
        assert answer.status_code == 422 and sentence in page and "Kvällstid" in page, data
    assert not Decision.objects.exists()


def test_who_answers_and_by_when_belong_together(stage: Steering, item: AgendaItem, as_hat: AsHat) -> None:
    cast = stage.cast
    by, day = cast.soc_manager, due()
    refusals = {
        "Skriv en sista dag": DecisionInput("x", owner=cast.fk.agency),
        "Välj vem som ansvarar": DecisionInput("x", due_on=day),
        "har redan varit": DecisionInput("x", owner=cast.fk.agency, due_on=due(-1)),
        "har ingen plats i gruppen": DecisionInput("x", owner=cast.outsider.agency, due_on=day),
        "en myndighet eller en roll": DecisionInput("x", owner=cast.fk.agency, owner_role=cast.coordinator, due_on=day),
        "Den personen har ingen plats": DecisionInput("x", owner=cast.psyk.agency, responsible=cast.fk, due_on=day),
        "Den rollen kan inte ansvara": DecisionInput("x", owner_role=stage.evaluator, due_on=day),
    }
    for sentence, data in refusals.items():
        assert sentence in refused(by, item, data), sentence
    lonely = DecisionInput("x", responsible=cast.fk, due_on=day)
    assert refused(by, item, lonely)
    client, who = as_hat(by), f"a{cast.fk.agency_id}"
    for typed, sentence in (
        ({"who": who}, "Skriv en sista dag"),
        ({"due_on": str(day)}, "Välj vem som ansvarar"),
        ({"who": who, "due_on": str(due(-1))}, "har redan varit"),
        ({"who": f"a{cast.outsider.agency_id}", "due_on": str(day)}, "Välj någon i listan"),
        ({"who": "a99999999999999999999", "due_on": str(day)}, "Välj någon i listan"),
        ({"who": who, "due_on": "snart"}, "är inget datum"),
        ({"text": ""}, "Skriv vad som beslutades"),
        ({"text": "x" * 2001}, "tecken för lång"),
    ):
        answer = client.post(path_of(item), {"text": "Kvällstid", **typed})
        assert answer.status_code == 422 and sentence in unescape(answer.content.decode()), typed
    assert not Decision.objects.exists()
    assert client.post(path_of(item), {"text": "i dag", "who": who, "due_on": str(due(0))}).status_code == 302


@pytest.mark.parametrize("state", list(MeetingState))
def test_who_decides_and_when(stage: Steering, as_hat: AsHat, state: MeetingState) -> None:
    meeting = put_in(running(stage), state)
    item, cast = make_item(meeting), stage.cast
    hats: dict[str, Hat] = {**cast.members, **stage.roles}
    sees = {"soc_manager", "soc_2", "psyk_manager", "fk", "chair", "coordinator", "steering"}
    writes = {"chair", "coordinator", "psyk_manager"} if state in {S.IN_PROGRESS, S.HELD} else set()
    give_pen(item, cast.psyk_manager)
    for name, hat in hats.items():
        client = as_hat(hat)
        got = client.post(path_of(item), {"text": name}).status_code
        assert got == (302 if name in writes else 403 if name in sees else 404), name
        page = client.get(path_of(item)).status_code
        assert page == (200 if name in writes else 403 if name in sees else 404), name
    assert Decision.objects.count() == len(writes)


def test_who_is_only_invited_decides_nothing_and_in_other_groups_votes_are_written_by_who_leads(
    room: Room, as_hat: AsHat
) -> None:
    cast, item = room.cast, make_item(put_in(room.meeting, S.IN_PROGRESS))
    guest = invite(item, cast.soc_manager)
    voter = attend(item.meeting, cast.fk, room.fk_seat)
    client, shown = as_hat(cast.soc_manager), f"/moten/{item.meeting_id}/rum/?punkt={item.pk}"
    assert client.get(path_of(item)).status_code == 403
    answer = client.post(path_of(item), {"text": "x"})
    assert answer.status_code == 403 and "Du är inbjuden till punkten." in answer.content.decode()
    assert 'id="nytt-beslut"' not in client.get(shown).content.decode() and guest.present_how
    assert 'id="nytt-beslut"' in as_hat(cast.fk).get(shown).content.decode()
    for hat, status in ((cast.fk, 403), (cast.soc, 302)):
        data = {"text": "Ja", "procedure": "vote", f"vote_{voter.pk}": "for"}
        assert as_hat(hat).post(path_of(item), data).status_code == status
    assert as_hat(cast.fk).post(path_of(item), {"text": "Utan röster"}).status_code == 302
    assert Decision.objects.count() == 2


def test_one_person_with_two_hats_has_one_vote(stage: Steering, item: AgendaItem, as_hat: AsHat) -> None:
    cast = stage.cast
    CooperationRole.objects.filter(pk=stage.steering.pk).update(user=cast.fk.user)
    rows = row_of(item, cast.fk).pk, row_of(item, stage.steering).pk
    both = [VoteInput(pk, FOR) for pk in rows]
    assert "är med i två roller" in refused(cast.chair, item, DecisionInput("x", procedure=Procedure.VOTE, votes=both))
    data = {"text": "Kvällstid", "procedure": "vote"} | {f"vote_{pk}": "for" for pk in rows}
    answer = as_hat(cast.chair).post(path_of(item), data)
    assert answer.status_code == 422 and "har redan röstat i en annan roll" in answer.content.decode()
    assert not Decision.objects.exists()
    assert as_hat(cast.chair).post(path_of(item), data | {f"vote_{rows[1]}": ""}).status_code == 302


def test_who_has_voted_stays_ticked_until_the_decision_is_gone(
    stage: Steering, item: AgendaItem, as_hat: AsHat
) -> None:
    client, path = as_hat(stage.cast.chair), reverse("tick_present", args=[item.meeting_id])
    client.post(path_of(item), written(stage, item))
    untick = {"who": stage.cast.fk.hat_key, "present": "0"}
    answer = client.post(path, untick)
    assert answer.status_code == 403 and "har röstat. Ta bort beslutet först." in answer.content.decode()
    assert row_of(item, stage.cast.fk).present_how
    client.post(f"/moten/beslut/{Decision.objects.get().pk}/ta-bort/")
    client.post(path, untick)
    assert not row_of(item, stage.cast.fk).present_how


def test_nothing_is_decided_while_the_minutes_are_on_their_way(stage: Steering, item: AgendaItem) -> None:
    Meeting.objects.update(state=S.HELD, minutes_state=MinutesState.SENT)
    assert "skickade för justering" in refused(stage.cast.soc_manager, item, DecisionInput("x"))


# ---------- quorum ----------
def only_here(meeting: Meeting, *hats: Hat) -> None:
    Attendance.objects.filter(meeting=meeting).update(present_how="")
    for hat in hats:
        kind = "member" if hat.hat_key.startswith("m") else "role"
        Attendance.objects.filter(meeting=meeting, **{kind: hat.pk}).update(present_how="ticked")


def test_too_few_agencies_decide_nothing_in_a_steering_group_and_roles_are_no_agencies(
    stage: Steering, item: AgendaItem, as_hat: AsHat
) -> None:
    cast = stage.cast
    Group.objects.filter(pk=stage.group.pk).update(quorum=3)
    only_here(item.meeting, cast.fk, cast.chair, stage.steering)
    said = "Mötet är inte beslutsfört: 1 av minst tre myndigheter är här."
    assert refused(cast.chair, item, DecisionInput("x")) == said
    assert said in text_of(as_hat(cast.chair).get(path_of(item)).content.decode())
    answer = as_hat(cast.chair).post(path_of(item), {"text": "x"})
    assert answer.status_code == 403 and said in text_of(answer.content.decode())
    only_here(item.meeting, cast.fk, cast.soc_manager, cast.psyk_manager)
    assert actions.decide(by=cast.chair, item=item, data=DecisionInput("x")).pk


def test_two_people_of_one_agency_are_one(stage: Steering, item: AgendaItem) -> None:
    attend(item.meeting, stage.cast.soc_2, stage.soc_seat)
    only_here(item.meeting, stage.cast.soc_manager, stage.cast.soc_2)
    assert "1 av minst två" in refused(stage.cast.soc_manager, item, DecisionInput("x"))


def test_other_groups_are_told_and_decide_all_the_same_unless_their_minutes_are_formal(
    room: Room, as_hat: AsHat
) -> None:
    item = make_item(put_in(room.meeting, S.IN_PROGRESS))
    page = text_of(as_hat(room.cast.soc).get(path_of(item)).content.decode())
    assert "inte beslutsfört: 0 av minst två" in page and "Ni kan skriva beslutet ändå" in page
    assert as_hat(room.cast.soc).post(path_of(item), {"text": "Ja"}).status_code == 302
    Group.objects.filter(pk=room.group.pk).update(minutes_mode=MinutesMode.FORMAL)
    assert "inte beslutsfört" in refused(room.cast.soc, item, DecisionInput("x"))
    assert "den som leder mötet" in refused(room.cast.fk, item, DecisionInput("x"))


# ---------- cases ----------
def test_a_case_keeps_its_simple_form(room: Room, as_hat: AsHat) -> None:
    item, _ = make_case(room, put_in(room.meeting, S.IN_PROGRESS))
    Group.objects.filter(pk=room.group.pk).update(minutes_mode=MinutesMode.FORMAL)
    before = Decision.objects.count()
    for hat in (room.cast.soc, room.cast.psyk, room.cast.fk, room.cast.coordinator):
        assert as_hat(hat).get(path_of(item)).status_code == 403
    followed = DecisionInput("x", owner=room.cast.psyk.agency, due_on=due())
    assert "läggs på bordet" in refused(room.cast.soc, item, followed)
    assert Decision.objects.count() == before and not Decision.objects.filter(state=D.OPEN).exists()
