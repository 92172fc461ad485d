"""The agenda prepares itself: each item with what has been collected, for whom, and what is said where it is not."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meetings.figures.models import Goal, Snapshot
from meetings.models import AgendaItem, DecisionReport, GroupSeat, Meeting, Proposal, SeatHolder
from meetings.states import ActionState, DecisionState, GenderAnswer, ItemKind, MeetingState, ProposalState
from meetings.steering.models import CoFinancing
from referrals.states import ReferralState
from tests.cast import Cast, make_participant
from tests.figures.frozen import frozen
from tests.figures.stage import discharges
from tests.meetings.cast import make_group, make_item, make_seat, put_in
from tests.referrals.boards import copies
from tests.referrals.journeys import bring_to
from tests.steering.prepared_pages import (
    action,
    address,
    decision,
    disputed,
    done,
    held,
    item_of,
    part,
    text_of,
    words,
)
from tests.steering.stage import Steering, freeze, last_months, make_steering
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db]
AsHat = Callable[[Hat], Client]
REVIEW, DECISIONS = ItemKind.ACTION_REVIEW, ItemKind.DECISION_REVIEW
FIGURES, GENDER = ItemKind.FIGURES, ItemKind.GENDER_EQUALITY
DISPUTES, SEATS = ItemKind.DISPUTES, ItemKind.REPRESENTATION


@pytest.fixture
def stage(cast: Cast) -> Steering:
    return make_steering(cast)


@pytest.fixture
def chair(stage: Steering, as_hat: AsHat) -> Client:
    return as_hat(stage.cast.chair)


def sent(stage: Steering, *, days_ago: int = 0) -> None:
    Meeting.objects.filter(pk=stage.meeting.pk).update(
        state=MeetingState.CALLED, called_at=timezone.now() - timedelta(days=days_ago)
    )
    stage.meeting.refresh_from_db()


# ---------- what was to be done ----------
def test_last_meetings_actions_stand_there_with_what_became_of_them(stage: Steering, chair: Client) -> None:
    before = held(stage.group, 40)
    for text, due in (("Räkna platserna", -9), ("Ring regionen", -2), ("Boka lokal", 9), ("Skriv till alla", 3)):
        row = action(before, stage.cast, text, due=due)
        if text == "Räkna platserna":
            done(row)
        if text == "Skriv till alla":
            done(row, ActionState.DROPPED, "Regionen gör det själv.")
    said = part(chair, stage.meeting, REVIEW)
    assert "En klar, en sen, en öppen, en struken." in said
    order = [said.index(text) for text in ("Ring regionen", "Boka lokal", "Räkna platserna", "Skriv till alla")]
    assert order == sorted(order)
    assert "Vuxenpsykiatrin" in said
    assert "Därför: Regionen gör det själv." in said
    assert "skulle ha varit klar" in said


def test_an_older_action_stands_there_while_it_was_open_at_the_last_meeting(stage: Steering, chair: Client) -> None:
    older, before = held(stage.group, 90), held(stage.group, 40)
    done(action(older, stage.cast, "Gjort sedan sist", due=-1))
    old = action(older, stage.cast, "Gjort för länge sedan", due=-60)
    done(old)
    type(old).objects.filter(pk=old.pk).update(closed_at=before.starts_at - timedelta(days=5))
    action(older, stage.cast, "Aldrig gjort", due=-50)
    said = part(chair, stage.meeting, REVIEW)
    assert "Gjort sedan sist" in said
    assert "Aldrig gjort" in said
    assert "Gjort för länge sedan" not in said


def test_without_an_earlier_meeting_it_says_so(stage: Steering, chair: Client) -> None:
    said = part(chair, stage.meeting, REVIEW)
    assert "Gruppen har inga uppgifter från ett tidigare möte." in said
    held(stage.group, 40)
    assert "Inga uppgifter sedan mötet" in part(chair, stage.meeting, REVIEW)


# ---------- decisions ----------
def test_decisions_that_are_followed_come_back_with_what_was_last_said(stage: Steering, chair: Client) -> None:
    before = held(stage.group, 40)
    late = decision(before, "Öppna en gemensam lokal", due=-5, owner=stage.cast.soc.agency)
    for days, text in ((9, "Vi letar."), (2, "Kontraktet är skrivet.")):
        at = timezone.now() - timedelta(days=days)
        DecisionReport.objects.create(decision=late, text=text, state=DecisionState.OPEN, due_on=late.due_on, at=at)
    decision(before, "Möt regionen i vår", due=20, owner_role=stage.cast.chair)
    decision(before, "Det gäller bara", due=None)
    closed = decision(before, "Det är gjort", due=-9, owner=stage.cast.soc.agency)
    type(closed).objects.filter(pk=closed.pk).update(state=DecisionState.DONE, closed_at=timezone.now())
    said = part(chair, stage.meeting, DECISIONS)
    assert "5 dagar sen" in said
    assert "Kontraktet är skrivet." in said
    assert "Vi letar." not in said
    assert said.index("Öppna en gemensam lokal") < said.index("Möt regionen i vår")
    assert "Ingen har sagt något om det än." in said
    assert "Det gäller bara" not in said
    assert "Det är gjort" not in said
    assert f'href="/beslut/{late.pk}/"' in chair.get(address(stage.meeting)).content.decode()


def test_what_is_decided_at_this_very_meeting_is_not_followed_up_at_it(stage: Steering, chair: Client) -> None:
    decision(stage.meeting, "Nyss beslutat", due=5, owner=stage.cast.soc.agency)
    assert "Nyss beslutat" not in part(chair, stage.meeting, DECISIONS)


# ---------- figures ----------
def test_the_frozen_month_stands_with_women_men_total_target_and_verdict(stage: Steering, chair: Client) -> None:
    snapshot = freeze(stage)
    said = part(chair, stage.meeting, FIGURES)
    assert "version 1" in said
    for piece in ("Kvinnor 86 % 37 av 43", "Män 84 % 48 av 57", "Totalt 85 % 85 av 100", "Mål 50 %.", "Uppfyllt"):
        assert piece in said
    assert "Inte svarat: 44." in said
    assert "Vuxenpsykiatrin Piteå 6 5 färre än 5 13" in said
    assert Goal.objects.count() == 5
    body = chair.get(address(stage.meeting)).content.decode()
    assert 'd="M0 2h85v8H0z"' in body
    assert "None" not in body
    assert snapshot.version == 1


def test_before_any_month_is_frozen_the_page_says_that_none_is(stage: Steering, chair: Client) -> None:
    assert "Ingen månad är låst än." in part(chair, stage.meeting, FIGURES)
    assert "Ingen månad är låst än." in part(chair, stage.meeting, GENDER)
    page = words(chair, address(stage.meeting))
    assert "Sex av åtta punkter är förberedda." in page
    check = page.partition("Klar att skicka?")[2]
    assert "Ingen månad är låst än." in check


def test_a_month_that_has_ended_and_is_not_frozen_is_named(stage: Steering, chair: Client) -> None:
    earlier = last_months(2)[0]
    freeze(stage, earlier)
    said = words(chair, address(stage.meeting))
    assert "är inte låsta än. Här står" in said
    assert "Månadens siffror är låsta" not in said
    freeze(stage)
    said = words(chair, address(stage.meeting))
    assert "är inte låsta än" not in said
    assert "Månadens siffror är låsta" in said


def test_the_meetings_own_month_is_never_shown(stage: Steering, chair: Client) -> None:
    """Only what had ended before the meeting's day: what is frozen later belongs to the next one."""
    months = last_months(3)
    for month in months:
        freeze(stage, month)
    day = months[2].replace(day=10)
    at = timezone.now().replace(year=day.year, month=day.month, day=10)
    Meeting.objects.filter(pk=stage.meeting.pk).update(starts_at=at, ends_at=at + timedelta(hours=2), started_at=None)
    shown = Snapshot.objects.get(month=months[1])
    assert f"{months[1].year}" in part(chair, stage.meeting, FIGURES)
    assert f"t.o.m. {(months[2] - timedelta(days=1)).day} " in part(chair, stage.meeting, FIGURES)
    assert shown.version == 1


def test_a_snapshot_corrected_after_the_agenda_went_out_shows_both(stage: Steering, chair: Client) -> None:
    first = freeze(stage, made_at=timezone.now() - timedelta(days=9))
    sent(stage, days_ago=5)
    assert "rättats" not in part(chair, stage.meeting, FIGURES)
    yesterday = timezone.now() - timedelta(days=1)
    frozen(
        stage.cast.cooperation,
        first.month,
        2,
        ways=discharges()[:-40],
        made_at=yesterday,
        reason="Fyrtio var skrivna två gånger.",
    )
    said = part(chair, stage.meeting, FIGURES)
    assert "Siffrorna har rättats sedan dagordningen skickades." in said
    assert "Därför: Fyrtio var skrivna två gånger." in said
    assert "Som det skickades, version 1" in said
    assert "Alla rättade siffror, version 2" in said
    changed = said.partition("Vad som har ändrats")[2].partition("Som det skickades, version 1 ")[2]
    assert "Arbete eller studier, totalt 85 % (85 av 100)" in changed
    before, _, after = said.partition("Alla rättade siffror, version 2")
    assert "Totalt 85 % 85 av 100" in before
    assert "Totalt 85 % 85 av 100" not in after
    assert "Arbete eller studier av dem" in after
    assert "version 2" in part(chair, stage.meeting, GENDER)
    assert first.version == 1


def test_sent_again_the_agenda_carries_the_corrected_version(stage: Steering, chair: Client) -> None:
    freeze(stage, made_at=timezone.now() - timedelta(days=9))
    sent(stage, days_ago=5)
    freeze(stage, version=2, made_at=timezone.now() - timedelta(days=1), reason="Två fick fel kön.")
    sent(stage)
    said = part(chair, stage.meeting, FIGURES)
    assert "rättats" not in said
    assert "version 2" in said


def test_a_later_month_frozen_after_the_agenda_went_out_is_mentioned(stage: Steering, chair: Client) -> None:
    freeze(stage, last_months(2)[0])
    sent(stage, days_ago=1)
    freeze(stage, made_at=timezone.now())
    said = part(chair, stage.meeting, FIGURES)
    assert "har låsts sedan dagordningen skickades. Här står de som skickades." in said
    assert "inte låsta än" not in said


# ---------- the standing item, disputes, representation ----------
def test_the_standing_item_says_how_it_was_answered_last(stage: Steering, chair: Client) -> None:
    before = held(stage.group, 40)
    AgendaItem.objects.create(
        meeting=before, kind=GENDER, position=1, title="Jämställdhet",
        gender_answer=GenderAnswer.NO_DEVIATION, gender_text="Lika många fick plats.",
    )  # fmt: skip
    freeze(stage)
    said = part(chair, stage.meeting, GENDER)
    assert "Ingen avvikelse" in said
    assert "Lika många fick plats." in said


def test_disputed_referrals_are_numbers_agencies_and_days(stage: Steering, as_hat: AsHat) -> None:
    first = bring_to(stage.cast, ReferralState.RETURNED, health="Hemlig hälsa")
    disputed(first, 12)
    second = bring_to(stage.cast, ReferralState.RETURNED, person=make_participant(stage.cast.soc_desk, "Annan"))
    disputed(second, 40)
    for hat in (stage.cast.chair, stage.steering, stage.cast.coordinator, stage.cast.soc_manager):
        said = part(as_hat(hat), stage.meeting, DISPUTES)
        assert "Två remisser har oklart ansvar" in said
        assert "Socialtjänsten Piteå Vuxenpsykiatrin Piteå 2 40" in said
        body = as_hat(hat).get(address(stage.meeting)).content.decode()
        assert first.number not in body
        assert second.number not in body


def test_without_disputes_it_says_so(stage: Steering, chair: Client) -> None:
    bring_to(stage.cast, ReferralState.RETURNED)
    assert "Ingen remiss har oklart ansvar i dag" in part(chair, stage.meeting, DISPUTES)


def test_agencies_that_lacked_a_representative_are_counted_group_by_group(stage: Steering, chair: Client) -> None:
    cast = stage.cast
    local = make_group(cast)
    soc, psyk = make_seat(local, cast.soc_desk, cast.soc), make_seat(local, cast.psyk_desk, cast.psyk)
    before = held(stage.group, 60, (cast.soc_manager, stage.soc_seat), (cast.psyk_manager, stage.psyk_seat))
    for ago in (50, 20, 10):
        held(local, ago, (cast.soc, soc), *(((cast.psyk, psyk),) if ago == 10 else ()))
    held(local, 90)  # before the group last met
    said = part(chair, stage.meeting, SEATS)
    assert "Vuxenpsykiatrin Piteå Samverkansgruppen Piteå 2 av 3 möten" in said
    assert "Försäkringskassan Norr Styrgruppen 1 av 1 möten" in said
    assert "Socialtjänsten" not in said.partition("Saknar plats")[0]
    for name in (str(cast.psyk.user), str(cast.fk.user), "Psyk", "psyk2"):
        assert name not in said
    assert before.pk != stage.meeting.pk


def test_an_agency_without_a_seat_is_said_and_whether_it_pays(stage: Steering, chair: Client) -> None:
    cast = stage.cast
    GroupSeat.objects.filter(pk=stage.fk_seat.pk).update(to_on=timezone.localdate() - timedelta(days=1))
    CoFinancing.objects.create(
        cooperation=cast.cooperation, agency=cast.fk.agency, hours=10, from_on=timezone.localdate()
    )
    SeatHolder.objects.filter(seat=stage.psyk_seat).update(to_on=timezone.localdate() - timedelta(days=1))
    said = part(chair, stage.meeting, SEATS)
    assert "Saknar plats i Styrgruppen Försäkringskassan Norr medfinansierar" in said
    assert "Ingen sitter på platsen Vuxenpsykiatrin Piteå Styrgruppen" in said


# ---------- proposals and ordinary items ----------
def test_a_members_proposal_stands_with_who_why_wanted_decision_and_link(stage: Steering, chair: Client) -> None:
    item = make_item(stage.meeting, "Praktik i vår")
    proposal = Proposal.objects.create(
        group=stage.group, title="Praktik i vår", why="Fler behöver plats.", wanted="Vi öppnar tio platser.",
        link="https://exempel.se/praktik", member=stage.cast.soc_manager, item=item, state=ProposalState.ACCEPTED,
    )  # fmt: skip
    Proposal.objects.create(
        group=stage.group, title="Platser på lager", why="Lagret ringde.", member=stage.cast.fk,
        state=ProposalState.MERGED, merged_into=proposal,
    )  # fmt: skip
    body = chair.get(address(stage.meeting, item)).content.decode()
    said = text_of(body)
    for piece in (
        "Socchef Testsson, Socialtjänsten",
        "Fler behöver plats.",
        "Vi öppnar tio platser.",
        "Lagret ringde.",
    ):
        assert piece in said
    assert 'href="https://exempel.se/praktik" rel="noreferrer"' in body


def test_an_ordinary_item_that_nobody_presents_is_not_prepared(stage: Steering, chair: Client) -> None:
    freeze(stage)
    item = make_item(stage.meeting, "Lokaler")
    page = words(chair, address(stage.meeting))
    assert "Åtta av nio punkter är förberedda." in page
    assert "Ingen har sagt vem som drar punkten." in page
    AgendaItem.objects.filter(pk=item.pk).update(presenter=stage.cast.soc_manager)
    assert "Alla punkter är förberedda." in words(chair, address(stage.meeting))


# ---------- ready to be sent ----------
def test_whoever_arranges_sends_from_the_page(stage: Steering, as_hat: AsHat) -> None:
    freeze(stage)
    for who, hat in stage.roles.items():
        got = as_hat(hat).get(address(stage.meeting))
        if who in {"evaluator", "elected"}:
            assert got.status_code == 404
            continue
        assert ("Klar att skicka?" in got.content.decode()) is (who != "steering"), who
    form = as_hat(stage.cast.chair).get(address(stage.meeting)).content.decode().partition('id="klar"')[2]
    assert f'action="/moten/{stage.meeting.pk}/kalla/"' in form
    as_hat(stage.cast.chair).post(f"/moten/{stage.meeting.pk}/kalla/", {"seen": "", "once": "a"})
    stage.meeting.refresh_from_db()
    assert stage.meeting.state == MeetingState.CALLED
    assert "Skicka dagordningen igen" in words(as_hat(stage.cast.chair), address(stage.meeting))


@pytest.mark.parametrize("state", list(MeetingState))
def test_the_page_opens_whatever_state_the_meeting_is_in(stage: Steering, as_hat: AsHat, state: MeetingState) -> None:
    freeze(stage)
    meeting = put_in(stage.meeting, state)
    ahead = state in {MeetingState.PLANNED, MeetingState.CALLED}
    for hat in (stage.cast.chair, stage.steering, stage.cast.coordinator, stage.cast.psyk_manager):
        said = words(as_hat(hat), address(meeting))
        assert "Mål och väntetider" in said
        assert ("Klar att skicka?" in said) is (ahead and hat in {stage.cast.chair, stage.cast.coordinator})
        for item in AgendaItem.objects.filter(meeting=meeting):
            assert item.title in words(as_hat(hat), address(meeting, item))


def test_the_meetings_own_page_leads_to_it(stage: Steering, chair: Client) -> None:
    assert f'href="{address(stage.meeting)}"' in chair.get(f"/moten/{stage.meeting.pk}/").content.decode()


def test_an_item_of_another_meeting_is_not_there(stage: Steering, chair: Client) -> None:
    other = make_group(stage.cast, "Annan grupp")
    meeting = held(other, 3)
    item = make_item(meeting)
    assert chair.get(f"/moten/{stage.meeting.pk}/underlag/{item.pk}/").status_code == 404
    assert chair.get(f"/moten/{stage.meeting.pk}/underlag/{10**25}/").status_code == 404
    assert chair.get(f"/moten/{10**25}/underlag/").status_code == 404
    assert chair.post(address(stage.meeting)).status_code == 405


# ---------- as many questions for one as for thirty ----------
def fill(stage: Steering, number: int) -> None:
    cast = stage.cast
    for at in range(number):
        group = make_group(cast, f"Grupp {at} av {number}")
        meeting = held(group, 10 + at, (cast.soc, make_seat(group, cast.soc_desk, cast.soc)))
        make_seat(group, cast.psyk_desk, cast.psyk)
        before = held(stage.group, 60 + at)
        action(before, cast, f"Uppgift {at}", due=at - 5)
        row = decision(before, f"Beslut {at}", due=at - 5, owner=cast.soc.agency)
        DecisionReport.objects.create(decision=row, text="Pågår", state=DecisionState.OPEN, due_on=row.due_on)
        item = make_item(stage.meeting, f"Förslag {at}")
        Proposal.objects.create(
            group=stage.group, title=f"Förslag {at}", member=cast.soc_manager, item=item, state=ProposalState.ACCEPTED
        )
        assert meeting.pk


def test_the_page_asks_as_much_for_thirty_rows_as_for_one(stage: Steering, as_hat: AsHat) -> None:
    first = bring_to(stage.cast, ReferralState.RETURNED, follow_up=True)
    copies(first, 1, disputed_at=timezone.now() - timedelta(days=3))
    freeze(stage)
    counts: dict[str, set[int]] = {}
    for number in (1, 29):
        fill(stage, number)
        for who, hat in (("chair", stage.cast.chair), ("seat", stage.cast.soc_manager)):
            client = as_hat(hat)
            client.get(address(stage.meeting))
            for path in (address(stage.meeting), address(stage.meeting, item_of(stage.meeting, SEATS))):
                with CaptureQueriesContext(connection) as asked:
                    client.get(path)
                counts.setdefault(f"{who} {path}", set()).add(len(asked))
        copies(first, 28, disputed_at=timezone.now() - timedelta(days=3))
    assert all(len(found) == 1 for found in counts.values()), counts
