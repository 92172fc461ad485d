"""On what an agency may speak under a case, to whom, all or nothing; and what a withdrawal does to it."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from meetings.actions.cases import change_circle
from meetings.actions.grounds import on_ground_lost
from meetings.actions.minutes import send_minutes
from meetings.actions.table import lay_on_table
from meetings.models import ActionItem, AgendaItem, Case, CircleSeat, Decision, TableReader, TableText
from meetings.queries.follow_up import access_action, access_decision
from meetings.states import GenderAnswer, ItemKind
from notifications.models import Notification
from tests.cast import SECRET_NAME, SECRET_TEXT, Cast
from tests.meetings.cases import (
    OWN_NOTE,
    SAID,
    AsHat,
    confirmed,
    held,
    leaks,
    meeting_consent,
    put,
    running,
    said,
)
from tests.meetings.cast import Room, make_room
from tests.meetings.minutes_stage import attend
from tests.referrals.races import DONE, at_once, no_live_disclosure_on_an_ended_row, sequences_have_no_gaps
from workspace.errors import Refusal
from workspace.front.actions.consents import withdraw_consent
from workspace.models import ConsentRow, Disclosure
from workspace.rules import disclosure_lives

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(room: Room) -> Case:
    """All three agencies in the circle."""
    meeting_consent(room.cast, room.cast.psyk.agency, room.cast.fk.agency)
    return running(room, put(room, room.psyk_seat, room.fk_seat))


def at(name: str, case: Case) -> str:
    return reverse(name, args=[case.pk])


def take_back(room: Room, *, discloser: Any = None, recipient: Any = None) -> None:
    rows = ConsentRow.objects.filter(withdrawn_at__isnull=True)
    rows = rows.filter(discloser=discloser) if discloser else rows
    rows = rows.filter(recipient=recipient) if recipient else rows
    for row in rows.select_related("consent"):
        withdraw_consent(by=room.cast.soc, consent=row.consent, row_ids=[row.pk])


def test_the_owner_speaks_on_consent_to_every_other_agency_and_no_more(room: Room, case: Case) -> None:
    before = set(Disclosure.objects.values_list("pk", flat=True))
    text = said(case, room.cast.soc)
    soc, psyk, fk = (hat.agency_id for hat in (room.cast.soc, room.cast.psyk, room.cast.fk))
    made = Disclosure.objects.exclude(pk__in=before)
    assert sorted(made.values_list("discloser", "recipient", "category", "ground", "purpose")) == sorted(
        (soc, other, "meeting", "consent", "ordna en plan") for other in (psyk, fk)
    )
    assert set(text.readers.values_list("agency", flat=True)) == {psyk, fk}
    assert {row.consent_row.discloser_id for row in made if row.consent_row} == {soc}


def test_what_the_person_says_of_another_is_no_ground_before_an_officer_there_confirms(
    room: Room, case: Case, as_hat: AsHat
) -> None:
    client = as_hat(room.cast.psyk)
    got = client.post(at("case_table", case), {"text": SAID})
    assert "Säg först på vilken grund" in got.content.decode() and SAID in got.content.decode()
    assert not TableText.objects.exists()
    got = client.post(at("case_ground", case), {"ground": "consent"})
    assert "Kryssa för att personen har sagt ja" in got.content.decode()
    assert client.post(at("case_ground", case), {"ground": "consent", "confirmed": "on"}).status_code == 302
    seat = CircleSeat.objects.get(agency=room.cast.psyk.agency)
    assert (seat.ground_id, seat.stated_by) == ("consent", room.cast.psyk)
    assert client.post(at("case_table", case), {"text": SAID}).status_code == 302
    assert set(TableReader.objects.values_list("agency", flat=True)) == {
        room.cast.soc.agency_id,
        room.cast.fk.agency_id,
    }


def test_a_consent_that_lacks_one_of_the_circle_refuses_all_and_names_it(room: Room, case: Case, as_hat: AsHat) -> None:
    cast = room.cast
    take_back(room, discloser=cast.psyk.agency, recipient=cast.fk.agency)
    client = as_hat(cast.psyk)
    got = client.post(at("case_ground", case), {"ground": "consent", "confirmed": "on"})
    assert "täcker inte Försäkringskassan Norr" in got.content.decode()
    assert not CircleSeat.objects.filter(ground__isnull=False).exists()
    # the officer's own assessment is another ground, with its reason
    got = client.post(at("case_ground", case), {"ground": "harm_test", "reason": ""})
    assert "Skriv vad ni har prövat" in got.content.decode()
    client.post(at("case_ground", case), {"ground": "harm_test", "reason": "Inget men"})
    assert client.post(at("case_table", case), {"text": SAID}).status_code == 302
    told = Disclosure.objects.filter(discloser=cast.psyk.agency)
    assert {(row.ground_id, row.reason, row.consent_row_id) for row in told} == {("harm_test", "Inget men", None)}
    assert {row.recipient_id for row in told} == {cast.soc.agency_id, cast.fk.agency_id}


def test_a_row_taken_back_after_the_ground_was_stated_refuses_the_next_text(room: Room, case: Case) -> None:
    confirmed(case, room.cast.psyk)
    said(case, room.cast.psyk)
    take_back(room, discloser=room.cast.psyk.agency, recipient=room.cast.fk.agency)
    with pytest.raises(Refusal, match="täcker inte Försäkringskassan Norr"):
        said(case, room.cast.psyk, "Mer")
    assert TableText.objects.count() == 1


def test_a_ground_that_holds_for_one_agency_only_is_not_offered_for_several(
    room: Room, case: Case, as_hat: AsHat
) -> None:
    page = as_hat(room.cast.psyk).get(at("case_ground", case)).content.decode()
    assert 'value="harm_test"' in page and 'value="insured_permits"' not in page
    got = as_hat(room.cast.psyk).post(at("case_ground", case), {"ground": "insured_permits", "reason": "x"})
    assert got.status_code == 200 and not CircleSeat.objects.filter(ground__isnull=False).exists()


def test_decisions_and_actions_are_each_authored_by_one_agency(room: Room, case: Case, as_hat: AsHat) -> None:
    cast = room.cast
    confirmed(case, cast.psyk)
    assert as_hat(cast.psyk).post(at("case_decision", case), {"beslut-text": "Vi träffas"}).status_code == 302
    soon = timezone.localdate() + timedelta(days=9)
    form = {"uppgift-text": "Ring", "uppgift-who": f"m{cast.fk.pk}", "uppgift-due_on": str(soon), "once": "z"}
    for _ in range(2):
        assert as_hat(cast.soc).post(at("case_action", case), form).status_code == 302
    decision, action = Decision.objects.get(), ActionItem.objects.get()
    assert decision.agency == cast.psyk.agency and decision.said and decision.said.agency == cast.psyk.agency
    assert (action.author, action.agency, action.responsible) == (cast.soc.agency, cast.fk.agency, cast.fk)
    assert set(Notification.objects.filter(kind="meeting.action_given").values_list("membership", flat=True)) == {
        cast.fk.pk
    }
    page = as_hat(cast.fk).get(at("case", case)).content.decode()
    assert "Vi träffas" in page and "Ring" in page
    got = as_hat(cast.soc).post(at("case_action", case), form | {"uppgift-who": f"m{cast.outsider.pk}", "once": "y"})
    assert got.status_code == 200 and ActionItem.objects.count() == 1


# ---------- lost ----------
def test_who_loses_identity_is_out_and_the_rest_go_on(
    room: Room, case: Case, as_hat: AsHat, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    cast = room.cast
    said(case, cast.soc)
    Notification.objects.filter(kind="meeting.case_access_ended").delete()
    take_back(room, discloser=cast.soc.agency, recipient=cast.fk.agency)
    told = Notification.objects.filter(kind="meeting.case_access_ended")
    fk, owners = {cast.fk.pk, cast.two_hats[0].pk}, {cast.soc_2.pk}
    assert set(told.values_list("membership", flat=True)) == fk | owners
    open_notices = Notification.objects.filter(kind="case.added", closed_at__isnull=True)
    assert set(open_notices.values_list("membership", flat=True)) == {cast.soc_2.pk, cast.psyk.pk, cast.psyk_2.pk}
    assert SECRET_TEXT in as_hat(cast.psyk).get(at("case", case)).content.decode()
    assert SECRET_TEXT not in as_hat(cast.fk).get(at("case", case)).content.decode()
    said(case, cast.soc, "Efteråt")
    assert not TableReader.objects.filter(text__text="Efteråt", agency=cast.fk.agency).exists()


def test_the_hint_of_a_lost_ground_goes_to_the_circle_alone(room: Room) -> None:
    """Also to who has just lost it; a third agency of the group learns nothing."""
    consent = meeting_consent(room.cast)
    case = put(room)
    notices, hints = on_ground_lost(list(consent.rows.all()), by=room.cast.soc, agency=room.cast.soc.agency)
    sides = {f"topic.meeting.{room.meeting.pk}.myndighet{hat.agency_id}" for hat in (room.cast.soc, room.cast.psyk)}
    assert {group for group, _ in hints} == sides
    assert all(set(hint) == {"type", "topic"} for _, hint in hints)
    assert {notice.object_id for notice in notices} == {room.meeting.pk} and case.pk


def test_a_text_whose_own_ground_is_lost_goes_and_the_case_stays(room: Room, case: Case, as_hat: AsHat) -> None:
    cast = room.cast
    confirmed(case, cast.psyk)
    said(case, cast.psyk)
    take_back(room, discloser=cast.psyk.agency, recipient=cast.fk.agency)
    at_fk = as_hat(cast.fk).get(at("case", case)).content.decode()
    assert SECRET_TEXT in at_fk and SAID not in at_fk
    assert SAID in as_hat(cast.soc).get(at("case", case)).content.decode()
    assert not Notification.objects.filter(kind="meeting.case_access_ended").exists()


def test_when_nobody_else_is_left_nothing_is_laid_on_the_table(room: Room, case: Case) -> None:
    take_back(room, discloser=room.cast.soc.agency)
    with pytest.raises(Refusal, match="Ingen annan är med"):
        said(case, room.cast.soc)


def test_who_has_lost_the_case_reads_no_other_agencys_word_though_that_ones_consent_lives(
    room: Room, case: Case, as_hat: AsHat
) -> None:
    """fk may still tell psyk; soc may not, and psyk is out of the case. Its own words stay its own."""
    cast, soon = room.cast, str(timezone.localdate() + timedelta(days=9))
    for hat, word in ((cast.fk, SAID), (cast.psyk, OWN_NOTE)):
        confirmed(case, hat)
        task = {"uppgift-text": word, "uppgift-who": f"a{cast.psyk.agency_id}", "uppgift-due_on": soon}
        assert as_hat(hat).post(at("case_action", case), task).status_code == 302
        assert as_hat(hat).post(at("case_decision", case), {"beslut-text": word}).status_code == 302
    held(case)
    item = AgendaItem.objects.filter(meeting=room.meeting, kind=ItemKind.GENDER_EQUALITY)
    item.update(gender_answer=GenderAnswer.NO_DEVIATION, gender_text="Lika många.")
    present = [
        attend(room.meeting, hat, seat) for hat, seat in ((cast.soc, room.soc_seat), (cast.psyk, room.psyk_seat))
    ]
    send_minutes(by=cast.soc, meeting=room.meeting, adjusters={present[0].pk}, left_out=set(), reason="")
    pages = ["/moten/uppgifter/?vilka=alla", "/moten/uppgifter/lista/?vilka=alla", at("case", case), "/"]
    pages += [f"/moten/{room.meeting.pk}/{end}" for end in ("protokoll/1/", "protokoll/1/utskrift/")]
    pages += [f"/moten/{room.meeting.pk}/rum/bit/{piece}/?punkt={case.item_id}" for piece in ("utfall", "arende")]

    def read() -> str:
        return " ".join(as_hat(cast.psyk).get(page).content.decode() for page in pages)

    assert SAID in read() and OWN_NOTE in read()
    take_back(room, discloser=cast.soc.agency, recipient=cast.psyk.agency)
    assert Disclosure.objects.filter(
        disclosure_lives(), discloser=cast.fk.agency, recipient=cast.psyk.agency
    ).exists(), "what fk may tell psyk still lives"
    assert leaks(read(), (SAID, SECRET_TEXT, SECRET_NAME)) == []
    own = as_hat(cast.psyk).get(pages[0]).content.decode()
    assert OWN_NOTE in own and OWN_NOTE in as_hat(cast.psyk).get(at("case", case)).content.decode()
    with pytest.raises(Http404):
        access_action(cast.psyk, ActionItem.objects.get(author=cast.fk.agency).pk)
    with pytest.raises(Http404):
        access_decision(cast.psyk, Decision.objects.get(agency=cast.fk.agency).pk)
    assert SAID in as_hat(cast.soc).get(pages[0]).content.decode(), "the others go on"


@pytest.mark.django_db(transaction=True)
def test_laying_on_the_table_against_withdrawing(cast: Cast) -> None:
    """Whichever comes first: no disclosure lives on a row that was taken back."""
    room, seen = make_room(cast), Counter[str]()
    consent = meeting_consent(cast)
    case = running(room, put(room))
    for number in range(12):
        late = random.Random(number).uniform(0, 0.01)
        laid, withdrew = at_once(
            lambda: bool(lay_on_table(by=cast.soc, case=case, text=SAID)) and None,
            lambda: withdraw_consent(
                by=cast.soc,
                consent=consent,  # noqa: B023
                row_ids=list(consent.rows.values_list("pk", flat=True)),  # noqa: B023
            ),
            head_start=(late, 0.005),
        )
        assert withdrew == DONE
        seen["laid" if laid == DONE else "refused"] += 1
        assert no_live_disclosure_on_an_ended_row()
        consent = meeting_consent(cast)
        change_circle(by=cast.soc, case=case, seats=[room.psyk_seat])
    assert sum(seen.values()) == 12 and sequences_have_no_gaps()
