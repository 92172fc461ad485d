"""Who reads which minutes, and what of them: the circle its case, others only its times; reads are written down."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meetings.actions.approvals import approve_minutes
from meetings.actions.minutes import correct_minutes
from meetings.models import (
    AgendaItem,
    Decision,
    ItemGuest,
    Minutes,
    MinutesRecipient,
    SeatHolder,
)
from meetings.states import MeetingState
from notifications.models import Counter
from tests.cast import make_member
from tests.meetings.cast import Room, make_item, put_in
from tests.meetings.minutes_stage import (
    CASE_WORDS,
    OWN,
    SAID,
    Held,
    attend,
    invite,
    make_held,
    sent_by_soc,
)
from workspace.models import AuditEntry, Disclosure
from workspace.rules import Hat
from workspace.states import EndReason

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]


@pytest.fixture
def held(room: Room) -> Held:
    return make_held(room)


def page(held: Held) -> str:
    return f"/moten/{held.meeting.pk}/protokoll/"


def leaked(text: str) -> list[str]:
    return [word for word in CASE_WORDS if word in text]


def end(disclosure: Disclosure) -> None:
    Disclosure.objects.filter(pk=disclosure.pk).update(ended_at=timezone.now(), ended_why=EndReason.WITHDRAWN)


# ---------- reading ----------
@pytest.mark.embedded
def test_the_circle_reads_the_case_and_others_only_its_times(held: Held, as_hat: AsHat) -> None:
    cast = held.room.cast
    sent_by_soc(held)
    texts = {hat.hat_key: as_hat(hat).get(page(held)).content.decode() for hat in (cast.soc, cast.psyk)}
    assert leaked(texts[cast.soc.hat_key]) == [SAID, OWN]
    assert leaked(texts[cast.psyk.hat_key]) == [SAID], "soc's own action was disclosed to nobody"
    for hat, sentence in ((cast.fk, "Er verksamhet deltog inte."), (cast.coordinator, "Du deltog inte.")):
        text = as_hat(hat).get(page(held)).content.decode()
        assert leaked(text) == [], hat
        assert sentence in text and "Ett ärende" in text


def test_a_disclosure_that_ends_takes_its_line_and_consent_the_whole_case(held: Held, as_hat: AsHat) -> None:
    cast = held.room.cast
    sent_by_soc(held)
    end(held.answer)
    assert leaked(as_hat(cast.soc).get(page(held)).content.decode()) == [OWN]
    end(held.identity)
    text = as_hat(cast.psyk).get(page(held)).content.decode()
    assert leaked(text) == [] and "Ni har inte längre tillgång till det här ärendet." in text
    fragment = as_hat(cast.psyk).get(f"{page(held)}1/text/").content.decode()
    assert leaked(fragment) == []


def test_the_same_rule_holds_for_the_draft(held: Held, as_hat: AsHat) -> None:
    assert leaked(as_hat(held.room.cast.coordinator).get(page(held)).content.decode()) == []
    assert leaked(as_hat(held.room.cast.soc).get(page(held)).content.decode()) == [SAID, OWN]


def test_showing_a_case_is_logged_and_showing_the_rest_is_not(held: Held, as_hat: AsHat) -> None:
    cast = held.room.cast
    sent_by_soc(held)
    for hat, people in ((cast.soc, [cast.person.pk]), (cast.fk, []), (cast.coordinator, [])):
        for path in (page(held), f"{page(held)}1/utskrift/", f"{page(held)}1/text/"):
            mark = AuditEntry.objects.count()
            as_hat(hat).get(path)
            rows = AuditEntry.objects.order_by("pk")[mark:]
            read = [row.participant_id for row in rows if row.act == "read"]
            assert read == people, (hat, path)
            assert all(row.what == "minutes" and row.object_id == held.meeting.pk for row in rows if row.act == "read")


def test_it_opens_for_recipients_and_arrangers_and_for_nobody_else(held: Held, as_hat: AsHat) -> None:
    cast = held.room.cast
    guest = make_member(cast.outsider.agency, "gast", None)
    invite(held.item, guest)
    sent_by_soc(held, left_out=(held.fk,))
    arms = ("", "1/", "1/utskrift/", "1/pdf/", "1/text/", "1/lage/", "1/bredvid/", "0/text/", "0/lage/")
    for hat in (cast.fk, cast.soc_2, cast.outsider, guest, cast.chair, cast.soc_manager):
        for arm in arms:
            assert as_hat(hat).get(f"{page(held)}{arm}").status_code == 404, (hat, arm)
    for hat in (cast.soc, cast.psyk, cast.coordinator):
        for arm in ("", "1/", "1/utskrift/", "1/text/", "1/lage/", "1/bredvid/"):
            assert as_hat(hat).get(f"{page(held)}{arm}").status_code == 200, (hat, arm)
        assert as_hat(hat).get(f"{page(held)}2/").status_code == 404
        assert as_hat(hat).get(f"{page(held)}0/text/").status_code == 302, "the draft has become a version"


def test_whoever_leaves_the_group_no_longer_opens_it(held: Held, as_hat: AsHat) -> None:
    sent_by_soc(held)
    assert as_hat(held.room.cast.fk).get(page(held)).status_code == 200
    SeatHolder.objects.filter(membership=held.room.cast.fk).update(to_on=timezone.localdate() - timedelta(days=1))
    assert as_hat(held.room.cast.fk).get(page(held)).status_code == 404


def test_whoever_only_comes_for_one_item_now_no_longer_opens_it(held: Held, as_hat: AsHat) -> None:
    sent_by_soc(held)
    fk = held.room.cast.fk
    SeatHolder.objects.filter(membership=fk).update(to_on=timezone.localdate() - timedelta(days=1))
    ItemGuest.objects.create(item=held.item, membership=fk)
    assert as_hat(fk).get(f"/moten/{held.meeting.pk}/").status_code == 200
    for arm in ("", "1/", "1/pdf/", "1/utskrift/", "1/text/"):
        assert as_hat(fk).get(f"{page(held)}{arm}").status_code == 404, arm


def test_the_first_reading_is_noted_and_arrangers_see_it(held: Held, as_hat: AsHat) -> None:
    cast = held.room.cast
    minutes = sent_by_soc(held)
    client = as_hat(cast.fk)
    client.get(page(held))
    read = MinutesRecipient.objects.get(minutes=minutes, attendance=held.fk).read_at
    assert read is not None
    client.get(page(held))
    assert MinutesRecipient.objects.get(minutes=minutes, attendance=held.fk).read_at == read
    assert MinutesRecipient.objects.filter(minutes=minutes, read_at__isnull=False).count() == 1
    for hat, seen in ((cast.soc, True), (cast.coordinator, True), (cast.fk, False)):
        assert ("Vem har läst" in as_hat(hat).get(page(held)).content.decode()) is seen, hat


def test_the_meetings_page_says_how_the_minutes_stand(held: Held, as_hat: AsHat) -> None:
    cast, path = held.room.cast, f"/moten/{held.meeting.pk}/protokoll/ruta/"
    left_out = attend(held.meeting, cast.soc_2, held.room.soc_seat)

    def said(hat: Hat) -> str:
        return as_hat(hat).get(path).content.decode()

    assert "Läs utkastet" in said(cast.soc) and "Protokollet är inte skickat än." in said(cast.fk)
    sent_by_soc(held, held.psyk, left_out=(left_out,))
    assert "Läs och justera" in said(cast.psyk) and "Protokollet väntar på justering." in said(cast.fk)
    assert "Protokollet har gått till dem som kallades till mötet." in said(cast.soc_2)
    assert as_hat(cast.outsider).get(path).status_code == 404
    approve_minutes(by=cast.psyk, minutes=Minutes.objects.get())
    assert "Protokollet är justerat och låst." in said(cast.fk)
    put_in(held.meeting, MeetingState.CALLED)
    assert "Protokoll" not in said(cast.fk)


def test_forty_items_ask_as_often_as_six(held: Held, as_hat: AsHat) -> None:
    cast = held.room.cast
    clients = {"soc": as_hat(cast.soc), "fk": as_hat(cast.fk)}

    def measured(version: int) -> dict[tuple[str, str], int]:
        found = {}
        for name, client in clients.items():
            for path in ("", "utskrift/", "text/", "lage/", "bredvid/"):
                address = f"{page(held)}{version}/{path}"
                client.get(address)
                with CaptureQueriesContext(connection) as seen:
                    assert client.get(address).status_code == 200
                found[name, path] = len(seen)
        return found

    def sending(reason: str = "") -> int:
        with CaptureQueriesContext(connection) as seen:
            sent_by_soc(held, reason=reason)
        return len(seen)

    for member in (cast.fk, cast.psyk):  # a first notice takes one question more
        Counter.objects.create(membership=member)
    first, few = sending(), measured(1)
    approve_minutes(by=cast.soc, minutes=Minutes.objects.get())
    correct_minutes(by=cast.soc, meeting=held.meeting, reason="Fler punkter")
    while AgendaItem.objects.filter(meeting=held.meeting).count() < 40:
        item = make_item(held.meeting, "En punkt till")
        Decision.objects.create(item=item, agency=cast.psyk.agency, text="Ja")
    assert sending("Fler punkter") == first
    assert measured(2) == few
