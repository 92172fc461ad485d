"""Proposals to a steering group: by seat and by role, ordered, merged, handed back, and by somebody who has left."""

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

from meetings.actions import proposals as actions
from meetings.models import AgendaItem, ItemGuest, Proposal, SeatHolder
from meetings.states import ProposalState, Purpose
from notifications.models import Notification
from tests.cast import Cast
from tests.meetings.cast import make_group, make_item, make_seat
from tests.referrals.races import at_once, outcomes
from tests.steering.stage import Steering, make_steering
from workspace.errors import NotAllowed
from workspace.models import AuditEntry, CooperationRole, Membership
from workspace.rules import Hat

# ruff: noqa: B023  (the threads have ended before the loop goes on)
pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
AsHat = Callable[[Hat], Client]
FORM = {
    "title": "Gemensam ingång",
    "why": "Vi skickar folk fram och tillbaka.",
    "wanted": "Styrgruppen beslutar om en gemensam ingång från mars.",
    "link": "https://exempel.se/underlag",
    "purpose": "decision",
    "minutes": "20",
}
S = ProposalState


@pytest.fixture
def stage(cast: Cast) -> Steering:
    return make_steering(cast)


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def propose(stage: Steering, by: Hat, title: str, **fields: Any) -> Proposal:
    hat = {"role": by} if isinstance(by, CooperationRole) else {"member": by}
    last = Proposal.objects.count()
    return Proposal.objects.create(group=stage.group, title=title, position=last + 1, **hat, **fields)


def backlog(stage: Steering) -> str:
    return f"/moten/grupp/{stage.group.pk}/forslag/"


def told(kind: str = "") -> set[tuple[str, int]]:
    found = Notification.objects.filter(kind=kind) if kind else Notification.objects.all()
    return set(found.values_list("kind", "membership"))


def waiting(stage: Steering) -> list[str]:
    found = Proposal.objects.filter(group=stage.group, state=S.WAITING).order_by("position", "made_at", "pk")
    return list(found.values_list("title", flat=True))


def everybody(stage: Steering) -> dict[str, Hat]:
    return {**stage.cast.members, **stage.roles}


# ---------- who proposes ----------
def test_seat_holders_the_chair_and_who_steers_propose_and_nobody_else(stage: Steering, as_hat: AsHat) -> None:
    allowed = {"soc_manager", "psyk_manager", "fk", "soc_2", "chair", "steering"}
    for name, hat in everybody(stage).items():
        client, expected = as_hat(hat), name in allowed
        assert client.get(f"{backlog(stage)}ny/").status_code == (200 if expected else 404), name
        assert client.post(f"{backlog(stage)}ny/", FORM).status_code == (302 if expected else 404), name
    assert Proposal.objects.count() == len(allowed) and told() == set()
    one = Proposal.objects.get(role=stage.steering)
    assert (one.wanted, one.link, one.member) == (FORM["wanted"], FORM["link"], None)
    assert AuditEntry.objects.filter(what="proposal.make").count() == len(allowed)


def test_a_role_proposes_in_no_other_group_of_the_cooperation(stage: Steering, as_hat: AsHat) -> None:
    other = make_group(stage.cast, "Samverkansgruppen")
    for role in (stage.steering, stage.cast.chair, stage.cast.coordinator):
        assert as_hat(role).post(f"/moten/grupp/{other.pk}/forslag/ny/", FORM).status_code == 404
        with pytest.raises(NotAllowed):
            actions.propose_item(by=role, group=other, title="x", why="", purpose=Purpose.DECISION, minutes=5)
    assert not Proposal.objects.exists()


def test_a_role_reads_the_answer_on_the_page_for_it_has_no_notices(stage: Steering, as_hat: AsHat) -> None:
    taken, back = propose(stage, stage.steering, "Tas upp"), propose(stage, stage.steering, "Kommer tillbaka")
    chair, client = as_hat(stage.cast.chair), as_hat(stage.steering)
    assert chair.post(f"/moten/{stage.meeting.pk}/forslag/{taken.pk}/ta-upp/").status_code == 302
    assert chair.post(f"/moten/forslag/{back.pk}/lamna-tillbaka/", {"reason": "Hör till drift."}).status_code == 302
    said = text_of(client.get(backlog(stage)).content.decode())
    assert "Svar på dina förslag" in said and "Tas upp på mötet" in said and "Lämnad tillbaka: Hör till drift." in said
    assert told() == set()
    item = AgendaItem.objects.get(title="Tas upp")
    assert (item.presenter, item.presenter_role) == (None, stage.steering)


def test_a_role_takes_back_its_own_and_nobody_elses(stage: Steering, as_hat: AsHat) -> None:
    own, other = propose(stage, stage.steering, "Min"), propose(stage, stage.cast.fk, "En annans")
    client = as_hat(stage.steering)
    assert client.post(f"/moten/forslag/{other.pk}/ta-tillbaka/").status_code == 404
    assert client.post(f"/moten/forslag/{own.pk}/ta-tillbaka/").status_code == 302
    assert waiting(stage) == ["En annans"]


# ---------- what is written ----------
@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("link", "javascript:alert(1)", "Länken"),
        ("link", "ftp://exempel.se/x", "Länken behöver börja med https."),
        ("link", "data:text/html,x", "Länken"),
        ("link", "https://exempel.se/" + "x" * 500, "för lång"),
        ("wanted", "Sida efter sida. " * 40_000, "tecken för lång"),  # 200 pages
        ("why", "Sida efter sida. " * 40_000, "tecken för lång"),
        ("title", "x" * 121, "tecken för lång"),
    ],
)
def test_what_cannot_stand_is_said_at_the_field_and_nothing_typed_is_lost(
    stage: Steering, as_hat: AsHat, field: str, value: str, says: str
) -> None:
    answer = as_hat(stage.steering).post(f"{backlog(stage)}ny/", FORM | {field: value})
    html = unescape(answer.content.decode())
    assert answer.status_code == 422 and says in html and value.strip() in html
    assert not Proposal.objects.exists()


def test_the_link_is_a_link_that_tells_nothing_of_where_it_was_read(stage: Steering, as_hat: AsHat) -> None:
    actions.propose_item(
        by=stage.cast.fk,
        group=stage.group,
        title="Ingång",
        why="",
        purpose=Purpose.DECISION,
        minutes=5,
        wanted="Ja <b>tack</b>",
        link="https://exempel.se/a",
    )
    link = '<a href="https://exempel.se/a" rel="noopener noreferrer">https://exempel.se/a</a>'
    for path in (backlog(stage), f"/moten/{stage.meeting.pk}/"):
        html = as_hat(stage.cast.chair).get(path).content.decode()
        assert link in html and "Ja &lt;b&gt;tack&lt;/b&gt;" in html
    with pytest.raises(NotAllowed):
        actions.propose_item(
            by=stage.cast.fk,
            group=stage.group,
            title="x",
            why="",
            purpose=Purpose.DECISION,
            minutes=5,
            link="javascript:x",
        )


def test_taken_up_the_item_shows_who_why_the_wanted_decision_and_the_link_to_all_who_are_called(
    stage: Steering, as_hat: AsHat
) -> None:
    form = text_of(as_hat(stage.cast.fk).get(f"{backlog(stage)}ny/").content.decode())
    assert (
        "Tas punkten upp läser alla som kallas till mötet, och de som är inbjudna till punkten, rubriken, vem som "
        "föreslog den, varför, det önskade beslutet och länken."
    ) in form
    kept = propose(stage, stage.cast.fk, "Ingång", why="Folk går vilse", wanted="Vi gör så.", link="https://x.se/")
    propose(stage, stage.steering, "En dörr", why="Samma sak", state=S.MERGED, merged_into=kept)
    item = actions.accept_proposal(by=stage.cast.chair, proposal=kept, meeting=stage.meeting)
    assert AgendaItem.objects.get(title="Ingång").proposal == kept
    ItemGuest.objects.create(item=item, membership=stage.cast.psyk)
    for hat in (stage.cast.soc_manager, stage.steering, stage.cast.coordinator, stage.cast.psyk):
        for path in ("", "bit/dagordning/", "dagordning/skriv-ut/"):
            html = as_hat(hat).get(f"/moten/{stage.meeting.pk}/{path}").content.decode()
            said = text_of(html)
            for piece in (f", {stage.cast.fk.user}", "Folk går vilse", "Vi gör så.", "Samma sak", ": En dörr"):
                assert piece in said, (hat, path, piece)
            assert 'href="https://x.se/"' in html


def test_a_guest_of_another_item_reads_nothing_of_it(stage: Steering, as_hat: AsHat) -> None:
    proposal = propose(stage, stage.cast.fk, "Ingång", why="Folk går vilse")
    actions.accept_proposal(by=stage.cast.chair, proposal=proposal, meeting=stage.meeting)
    ItemGuest.objects.create(item=make_item(stage.meeting), membership=stage.cast.psyk)
    assert "Folk går vilse" not in as_hat(stage.cast.psyk).get(f"/moten/{stage.meeting.pk}/").content.decode()


def test_what_is_told_of_a_proposal_is_read_when_the_backlog_is_opened(stage: Steering, as_hat: AsHat) -> None:
    one, two = propose(stage, stage.cast.fk, "Ett"), propose(stage, stage.cast.fk, "Två")
    actions.merge_proposal(by=stage.cast.chair, proposal=one, into=two)
    actions.return_proposal(by=stage.cast.chair, proposal=two, reason="Inte nu.")
    unread = Notification.objects.filter(membership=stage.cast.fk, read_at=None)
    assert {row.kind for row in unread} == {"proposal.merged", "proposal.returned"}
    as_hat(stage.cast.soc_manager).get(backlog(stage))
    assert unread.all().count() == 2
    as_hat(stage.cast.fk).get(backlog(stage))
    assert not unread.all().exists()


# ---------- order ----------
def test_new_ones_come_last_and_the_chair_orders_those_that_wait(stage: Steering, as_hat: AsHat) -> None:
    for title in ("Ett", "Två", "Tre"):
        actions.propose_item(
            by=stage.cast.fk, group=stage.group, title=title, why="", purpose=Purpose.DECISION, minutes=5
        )
    assert waiting(stage) == ["Ett", "Två", "Tre"]
    three = Proposal.objects.get(title="Tre")
    chair = as_hat(stage.cast.chair)
    gone = chair.post(f"/moten/forslag/{three.pk}/flytta/", {"vart": "upp"})
    assert gone["Location"] == f"{backlog(stage)}#upp-{three.pk}" and waiting(stage) == ["Ett", "Tre", "Två"]
    html = chair.get(backlog(stage)).content.decode()
    assert f'id="upp-{three.pk}"' in html and html.index("Tre</h2>") < html.index("Två</h2>")
    aside = chair.get(f"/moten/{stage.meeting.pk}/bit/forslag/").content.decode()
    assert aside.index(">Tre<") < aside.index(">Två<")
    for _ in range(4):  # past the top nothing happens
        assert chair.post(f"/moten/forslag/{three.pk}/flytta/", {"vart": "upp"}).status_code == 302
    chair.post(f"/moten/forslag/{three.pk}/flytta/", {"vart": "ner"})
    assert waiting(stage) == ["Ett", "Tre", "Två"]


def test_who_orders_and_merges(stage: Steering, as_hat: AsHat) -> None:
    one, two = propose(stage, stage.cast.fk, "Ett"), propose(stage, stage.cast.soc_manager, "Två")
    for name, hat in everybody(stage).items():
        arranges, own = name in {"chair", "coordinator"}, name == "fk"
        client = as_hat(hat)
        got = client.post(f"/moten/forslag/{one.pk}/flytta/", {"vart": "ner"}).status_code
        assert got == (302 if arranges else 403 if own else 404), name
        assert client.get(f"/moten/forslag/{one.pk}/sla-ihop/").status_code == (200 if arranges else 404), name
        if not arranges:
            assert client.post(f"/moten/forslag/{one.pk}/sla-ihop/", {"into": two.pk}).status_code == 404, name
    assert Proposal.objects.filter(state=S.WAITING).count() == 2


# ---------- merged ----------
def test_merged_one_is_kept_and_shows_the_other_and_both_proposers_are_told(stage: Steering, as_hat: AsHat) -> None:
    kept = propose(stage, stage.cast.soc_manager, "Gemensam ingång")
    other = propose(stage, stage.cast.fk, "En dörr in", why="Samma sak", wanted="En dörr.", link="https://x.se/")
    client = as_hat(stage.cast.chair)
    page = client.get(f"/moten/forslag/{other.pk}/sla-ihop/").content.decode()
    assert "Gemensam ingång (" in page and "En dörr in (" not in page
    gone = client.post(f"/moten/forslag/{other.pk}/sla-ihop/", {"into": kept.pk})
    assert gone["Location"] == f"{backlog(stage)}#forslag-{kept.pk}"
    other.refresh_from_db()
    assert (other.state, other.merged_into) == (S.MERGED, kept)
    assert told() == {("proposal.merged", stage.cast.fk.pk), ("proposal.merged", stage.cast.soc_manager.pk)}
    for path in (backlog(stage), f"/moten/{stage.meeting.pk}/bit/forslag/"):
        said = text_of(client.get(path).content.decode())
        assert "Ihopslaget hit En dörr in" in said and str(stage.cast.fk.user) in said
        assert "Samma sak" in said and "En dörr." in said
    mine = text_of(as_hat(stage.cast.fk).get(backlog(stage)).content.decode())
    assert "Ihopslaget med: Gemensam ingång. Väntar på den som ordnar mötet." in mine
    notice = as_hat(stage.cast.fk).get("/handelser/").content.decode()
    assert "ihopslaget med ett annat" in notice and f'href="{backlog(stage)}"' in notice


def test_what_was_merged_follows_and_its_proposers_are_told_what_became_of_it(stage: Steering, as_hat: AsHat) -> None:
    cast, client = stage.cast, as_hat(stage.cast.chair)
    first, second = propose(stage, cast.fk, "Först"), propose(stage, cast.soc_manager, "Sedan")
    third = propose(stage, cast.psyk_manager, "Kvar")
    for one, into in ((first, second), (second, third)):
        assert client.post(f"/moten/forslag/{one.pk}/sla-ihop/", {"into": into.pk}).status_code == 302
    first.refresh_from_db()
    assert first.merged_into == third
    Notification.objects.all().delete()
    client.post(f"/moten/{stage.meeting.pk}/forslag/{third.pk}/ta-upp/")
    everyone = {("meeting.proposal_accepted", one.pk) for one in (cast.fk, cast.soc_manager, cast.psyk_manager)}
    assert told() == everyone
    said = text_of(as_hat(cast.fk).get(backlog(stage)).content.decode())
    assert "Ihopslaget med: Kvar. Tas upp på mötet" in said


def test_handed_back_is_told_to_those_merged_into_it_too(stage: Steering, as_hat: AsHat) -> None:
    kept, other = propose(stage, stage.cast.soc_manager, "Kvar"), propose(stage, stage.cast.fk, "Med")
    actions.merge_proposal(by=stage.cast.coordinator, proposal=other, into=kept)
    Notification.objects.all().delete()
    as_hat(stage.cast.chair).post(f"/moten/forslag/{kept.pk}/lamna-tillbaka/", {"reason": "Inte nu."})
    assert told() == {("proposal.returned", stage.cast.fk.pk), ("proposal.returned", stage.cast.soc_manager.pk)}
    assert "Lämnad tillbaka: Inte nu." in text_of(as_hat(stage.cast.fk).get(backlog(stage)).content.decode())


def test_when_the_kept_one_is_taken_back_what_was_merged_waits_again(stage: Steering, as_hat: AsHat) -> None:
    kept, other = propose(stage, stage.cast.soc_manager, "Kvar"), propose(stage, stage.cast.fk, "Med")
    actions.merge_proposal(by=stage.cast.chair, proposal=other, into=kept)
    assert as_hat(stage.cast.soc_manager).post(f"/moten/forslag/{kept.pk}/ta-tillbaka/").status_code == 302
    other.refresh_from_db()
    assert (other.state, other.merged_into, waiting(stage)) == (S.WAITING, None, ["Med"])


def test_merged_with_itself_another_groups_or_nothing_is_said_at_the_field(stage: Steering, as_hat: AsHat) -> None:
    one = propose(stage, stage.cast.fk, "Ett")
    other = make_group(stage.cast, "Samverkansgruppen")
    make_seat(other, stage.cast.fk_desk, stage.cast.fk)
    elsewhere = Proposal.objects.create(group=other, title="Annan grupp", member=stage.cast.fk)
    done = propose(stage, stage.cast.fk, "Klart", state=S.RETURNED)
    client, path = as_hat(stage.cast.chair), f"/moten/forslag/{one.pk}/sla-ihop/"
    for into in (one.pk, elsewhere.pk, done.pk, "", "9" * 40, "²", "x"):
        answer = client.post(path, {"into": into})
        assert answer.status_code == 422 and "välj" in text_of(answer.content.decode()).lower(), into
    for target, says in ((one, "sig självt"), (elsewhere, "olika grupper")):
        with pytest.raises(NotAllowed, match=says):
            actions.merge_proposal(by=stage.cast.chair, proposal=one, into=target)
    assert waiting(stage) == ["Ett"] and told() == set()
    for act in ("flytta", "sla-ihop", "ta-tillbaka", "lamna-tillbaka"):
        assert client.post(f"/moten/forslag/{'9' * 40}/{act}/", {}).status_code == 404


def test_one_that_has_been_answered_meanwhile_is_neither_merged_nor_moved(stage: Steering, as_hat: AsHat) -> None:
    one, two = propose(stage, stage.cast.fk, "Ett"), propose(stage, stage.cast.soc_manager, "Två")
    Proposal.objects.filter(pk=one.pk).update(state=S.RETURNED, reason="Nej.")
    client = as_hat(stage.cast.chair)
    assert client.post(f"/moten/forslag/{one.pk}/sla-ihop/", {"into": two.pk}).status_code == 409
    assert client.post(f"/moten/forslag/{one.pk}/flytta/", {"vart": "ner"}).status_code == 409


# ---------- who has left ----------
@pytest.mark.parametrize("how", ["seat", "hat", "role"])
def test_a_proposal_of_somebody_who_has_left_stays_with_the_name_and_nobody_presents_it(
    stage: Steering, as_hat: AsHat, how: str
) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    by: Hat = stage.steering if how == "role" else stage.cast.fk
    proposal = propose(stage, by, "Kvar efter mig")
    if how == "seat":
        SeatHolder.objects.filter(seat=stage.fk_seat, membership=stage.cast.fk).update(to_on=yesterday)
    elif how == "hat":
        Membership.objects.filter(pk=stage.cast.fk.pk).update(from_on=yesterday, to_on=yesterday)
    else:
        CooperationRole.objects.filter(pk=stage.steering.pk).update(from_on=yesterday, to_on=yesterday)
    client = as_hat(stage.cast.chair)
    for path in (backlog(stage), f"/moten/{stage.meeting.pk}/bit/forslag/"):
        said = text_of(client.get(path).content.decode())
        assert "Kvar efter mig" in said and str(by.user) in said and "har lämnat gruppen" in said
    assert client.post(f"/moten/{stage.meeting.pk}/forslag/{proposal.pk}/ta-upp/").status_code == 302
    item = AgendaItem.objects.get(title="Kvar efter mig")
    assert (item.presenter, item.presenter_role) == (None, None)


def test_those_who_are_still_there_are_not_said_to_have_left(stage: Steering, as_hat: AsHat) -> None:
    propose(stage, stage.cast.fk, "Ett")
    propose(stage, stage.steering, "Två")
    assert "har lämnat gruppen" not in as_hat(stage.cast.chair).get(backlog(stage)).content.decode()


# ---------- many, and at once ----------
def test_thirty_with_as_many_merged_take_as_many_questions_as_one(stage: Steering, as_hat: AsHat) -> None:
    client = as_hat(stage.cast.chair)

    def more() -> None:
        kept = propose(stage, stage.cast.fk, "Kvar")
        propose(stage, stage.steering, "Med", state=S.MERGED, merged_into=kept)

    def asked() -> list[int]:
        found = []
        for path in (f"/moten/{stage.meeting.pk}/bit/forslag/", backlog(stage)):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(path).status_code == 200
            found.append(len(queries))
        return found

    more()
    few = asked()
    for _ in range(29):
        more()
    assert asked() == few


@pytest.mark.django_db(transaction=True)
def test_two_chairs_who_merge_each_into_the_other_leave_one(cast: Cast) -> None:
    stage = make_steering(cast)
    for _ in range(5):
        one, two = propose(stage, cast.fk, "Ett"), propose(stage, cast.soc_manager, "Två")
        results = at_once(
            lambda: actions.merge_proposal(by=cast.chair, proposal=one, into=two),
            lambda: actions.merge_proposal(by=cast.coordinator, proposal=two, into=one),
        )
        assert outcomes(results) == {"done": 1, "SomebodyWasFaster": 1}
        assert len(waiting(stage)) == 1
        Proposal.objects.exclude(merged_into=None).delete()
        Proposal.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_taken_up_and_merged_at_the_same_moment_only_one_of_them_happens(cast: Cast) -> None:
    stage = make_steering(cast)
    one, two = propose(stage, cast.fk, "Ett"), propose(stage, cast.soc_manager, "Två")
    results = at_once(
        lambda: actions.accept_proposal(by=cast.chair, proposal=one, meeting=stage.meeting),
        lambda: actions.merge_proposal(by=cast.coordinator, proposal=one, into=two),
        lambda: actions.take_back_proposal(by=cast.fk, proposal=one),
    )
    assert outcomes(results)["SomebodyWasFaster"] == 2, results
    assert AgendaItem.objects.filter(title="Ett").count() <= 1
