"""Level 2, shown to the participant at the office: consents in full, and who has read (L37)."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from tests.cast import SECRET_NAME, Cast, give_consent, make_participant
from tests.meetings.talks import make_phone, make_talk
from workspace import actions
from workspace.actions.consents import RowInput
from workspace.front.actions.consents import withdraw_consent
from workspace.models import Agency, AuditEntry, Category, Participant
from workspace.queries import days_read, who_has_read
from workspace.rules import Hat
from workspace.states import AuditAct, ConsentForm

pytestmark = [pytest.mark.django_db]
AsHat = Callable[[Hat], Client]


def page(person: Participant, more: str = "") -> str:
    return f"/deltagare/{person.pk}/visa/{more}"


def text_of(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def read(cast: Cast, hat: Hat, *, person: Participant | None = None, at: datetime | None = None) -> None:
    """Somebody opens something about the participant."""
    with time_machine.travel(at or timezone.now(), tick=False):
        actions.record_reads(
            by=hat,
            session_digest="s",
            what="referral",
            object_id=1,
            participants=[(person or cast.person).pk],
            refreshed=set(),
        )


def noon(days_ago: int = 0) -> datetime:
    return timezone.localtime().replace(hour=12, minute=4, second=0, microsecond=0) - timedelta(days=days_ago)


# ---------- who may ----------
def test_only_those_who_may_open_the_participant_show_it_and_that_is_logged(cast: Cast, as_hat: AsHat) -> None:
    hats: dict[str, Hat] = {**cast.members, "coordinator": cast.coordinator, "chair": cast.chair}
    make_talk(cast)  # psyk has a consent, and a conversation with the person
    for role, hat in hats.items():
        answer = as_hat(hat).get(page(cast.person))
        may = role in {"soc", "soc_2"}
        assert answer.status_code == (200 if may else 404), role
        assert may or SECRET_NAME not in answer.content.decode()
    actions.state_reason(by=cast.soc_manager, participant=cast.person, reason="klagomål")
    assert as_hat(cast.soc_manager).get(page(cast.person)).status_code == 200
    logged = AuditEntry.objects.filter(what="level_two", act="read", participant_id=cast.person.pk)
    assert set(logged.values_list("membership_id", flat=True)) == {cast.soc.pk, cast.soc_2.pk, cast.soc_manager.pk}
    assert Client().get(page(cast.person))["Location"].startswith("/logga-in/")
    assert as_hat(cast.soc).get(f"/deltagare/{10**30}/visa/").status_code == 404


def test_the_participants_own_visit_gives_no_way_here(cast: Cast) -> None:
    assert make_phone(cast).client.get(page(cast.person))["Location"].startswith("/logga-in/")


# ---------- consents ----------
def test_a_consent_is_said_in_full_who_tells_whom_what_for_what_and_until_when(cast: Cast, as_hat: AsHat) -> None:
    consent = give_consent(cast, codes=("identity", "question"), back=("status",), until=timezone.localdate())
    said = text_of(as_hat(cast.soc).get(page(cast.person)))
    row = consent.rows.order_by("pk")[0]
    purpose = row.purpose[:1].lower() + row.purpose[1:]
    soc, psyk = cast.soc.agency.name, cast.psyk.agency.name
    assert (
        f"Jag säger ja till att {soc} berättar för {psyk} om mina kontaktuppgifter och vad jag behöver hjälp med , "
        f"för att {purpose}." in said
    )
    assert f"Jag säger ja till att {psyk} berättar för {soc} om hur det går med remissen" in said
    assert "Det gäller till och med" in said and "Du drog tillbaka" not in said
    withdraw_consent(by=cast.soc, consent=consent, row_ids=[row.pk])
    said = text_of(as_hat(cast.soc).get(page(cast.person)))
    assert "Du drog tillbaka det" in said and "om mina kontaktuppgifter ," in said
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert "Nu gäller det inte." in text_of(as_hat(cast.soc).get(page(cast.person)))


def test_rows_between_two_others_and_other_peoples_consents_are_not_here(cast: Cast, as_hat: AsHat) -> None:
    psyk, fk = cast.psyk.agency, cast.fk.agency
    rows = [
        RowInput(
            psyk, Agency.objects.get(pk=to), Category.objects.get(pk="health"), "Hemlig nytta", timezone.localdate()
        )
        for to in (fk.pk,)
    ]
    actions.record_consent(
        by=cast.psyk,
        agency=psyk,
        participant=cast.person,
        form=ConsentForm.ORAL,
        given_on=timezone.localdate(),
        limits="Hemlig gräns",
        rows=rows,
    )
    other = make_participant(cast.soc_desk, first="Annan")
    give_consent(cast, person=other)
    said = text_of(as_hat(cast.soc).get(page(cast.person)))
    assert "Du har inte sagt ja till något här." in said
    assert "emlig nytta" not in said and "Hemlig gräns" not in said and fk.name not in said


def test_each_yes_has_the_number_it_has_on_the_phone_and_in_that_order(cast: Cast, as_hat: AsHat) -> None:
    for recipient in (cast.psyk.agency, cast.fk.agency):
        give_consent(cast, recipient=recipient)
    phone = make_phone(cast).client.get("/min-sida/").content.decode()
    client = as_hat(cast.soc)
    shown, staff = text_of(client.get(page(cast.person))), text_of(client.get(f"/deltagare/{cast.person.pk}/"))
    for said in (phone, shown):
        assert said.index("Ja nummer 1") < said.index("Ja nummer 2")
    for number, agency in enumerate((cast.psyk.agency, cast.fk.agency), start=1):
        assert agency.name in shown.partition(f"Ja nummer {number}")[2].partition("Ja nummer")[0]
        assert agency.short_name in staff.partition(f"Ja nummer {number}:")[2].partition("Ja nummer")[0]


def test_what_all_tell_each_other_and_one_tells_several_is_one_sentence_each(cast: Cast, as_hat: AsHat) -> None:
    soc, psyk, fk = cast.soc.agency, cast.psyk.agency, cast.fk.agency
    health, status = (Category.objects.get(pk=pk) for pk in ("health", "status"))
    until = timezone.localdate()
    ways = [(one, other) for one in (soc, psyk, fk) for other in (soc, psyk, fk) if one != other]
    rows = [RowInput(*way, health, "Få hjälp", until) for way in ways]
    rows += [RowInput(soc, other, status, "svar på remiss R-1003", until) for other in (psyk, fk)]
    actions.record_consent(
        by=cast.soc,
        agency=soc,
        participant=cast.person,
        form=ConsentForm.ORAL,
        given_on=until,
        limits="Ingenting om min bror",
        rows=rows,
    )
    said = text_of(as_hat(cast.soc).get(page(cast.person)))
    assert said.count("Jag säger ja till att") == 2
    together = f"{soc.name}, {psyk.name} och {fk.name} berättar för varandra om min hälsa , för att få hjälp."
    assert together in said
    assert f"{soc.name} berättar för {psyk.name} och {fk.name} om hur det går med remissen . Det är till för:" in said
    assert "Du har också sagt: ”Ingenting om min bror”" in said and "får ingen berätta" not in said


# ---------- who has read ----------
@pytest.mark.embedded
def test_who_has_read_is_agency_desk_and_time_without_anybodys_name(cast: Cast, as_hat: AsHat) -> None:
    for hat in (cast.soc, cast.psyk, cast.psyk_2, cast.psyk_manager):
        read(cast, hat, at=noon(3))
    read(cast, cast.psyk, at=noon(3) + timedelta(seconds=20))  # the same minute
    read(cast, cast.psyk, at=noon(3) + timedelta(minutes=6))
    actions.state_reason(by=cast.soc_manager, participant=cast.person, reason="Hemligt skäl")
    response = as_hat(cast.soc).get(page(cast.person))
    said = text_of(response)
    assert "Vuxenpsykiatrin Piteå , Mottagning Läste klockan 12.04 och 12.10." in said
    assert "Socialtjänsten Piteå , Mottagning Läste klockan 12.04." in said
    assert "Vuxenpsykiatrin Piteå , chef Läste klockan 12.04." in said
    assert "Socialtjänsten Piteå , chef Läste klockan" in said  # opened with a reason
    assert "Hemligt skäl" not in said
    for member in cast.members.values():
        assert str(member.user) not in said and member.user.username not in said.split()
    assert "no-store" in response["Cache-Control"]


def test_reading_again_others_and_the_participants_own_visits_are_left_out_and_telling_is_said(cast: Cast) -> None:
    other = make_participant(cast.soc_desk, first="Annan")
    read(cast, cast.fk, person=other)
    make_phone(cast).client.get("/min-sida/")
    actions.record_act(by=cast.fk, act=AuditAct.REFRESH, what="referral", participant_id=cast.person.pk)
    actions.record_act(by=cast.fk, act=AuditAct.WRITE, what="referral", participant_id=cast.person.pk)
    actions.record_act(by=None, act=AuditAct.READ, what="referral", participant_id=cast.person.pk)
    assert not days_read(cast.person).exists()
    make_talk(cast)  # soc tells psyk
    [(day, [reading])] = who_has_read(cast.person, list(days_read(cast.person)))
    assert (day, reading.agency, reading.where) == (timezone.localdate(), cast.soc.agency, "Mottagning")
    assert not reading.read and set(reading.told) == {"en annan myndighet"}


def test_whom_was_told_is_named_where_the_screens_own_agency_told_or_was_told(cast: Cast, as_hat: AsHat) -> None:
    make_talk(cast)  # soc tells psyk
    actions.record_act(by=cast.fk, act=AuditAct.DISCLOSE, what="x", object_id=10**9, participant_id=cast.person.pk)
    said = text_of(as_hat(cast.soc).get(page(cast.person)))
    assert f"Lämnade ut uppgifter till {cast.psyk.agency.name} klockan" in said
    assert "för någon annan" not in said and cast.fk.agency.name not in said  # of a disclosure nobody knows: nothing
    days = list(days_read(cast.person))
    for screen, whom in ((cast.psyk, cast.psyk.agency.name), (cast.fk, "en annan myndighet")):
        told = [name for _, of in who_has_read(cast.person, days, screen.agency) for one in of for name in one.told]
        assert told == [whom]


def test_a_role_that_has_read_is_named_by_its_cooperation(cast: Cast) -> None:
    read(cast, cast.coordinator)
    [(_, [reading])] = who_has_read(cast.person, list(days_read(cast.person)))
    assert (reading.agency, reading.where) == (None, "Samordnare, Samverkan Piteå")


@pytest.mark.embedded
def test_days_are_stockholms_and_come_fourteen_at_a_time(cast: Cast, as_hat: AsHat) -> None:
    midnight = timezone.localtime().replace(hour=0, minute=30, second=0, microsecond=0)
    for days in range(1, 21):
        read(cast, cast.psyk, at=midnight - timedelta(days=days))
    found = list(days_read(cast.person))
    assert found == [timezone.localdate() - timedelta(days=days) for days in range(1, 21)]
    client = as_hat(cast.soc)
    first, second = (text_of(client.get(page(cast.person, more))) for more in ("", "?page=2"))
    # Today's own reading is the first day of the first page.
    assert first.count("Läste klockan 00.30.") == 13 and second.count("Läste klockan 00.30.") == 7
    assert "Tidigare dagar" in first and "Senare dagar" in second
    for odd in ("?page=0", "?page=x", f"?page={10**30}", "?page=%00"):
        assert client.get(page(cast.person, odd)).status_code == 200


def test_the_page_has_no_head_no_bell_and_nothing_of_anybody_else(cast: Cast, as_hat: AsHat) -> None:
    other = make_participant(cast.soc_desk, first="Annanperson")
    client = as_hat(cast.soc)
    client.post(f"/deltagare/{other.pk}/behov/", {"breaks": "on"})  # a message waits
    response = client.get(page(cast.person))
    raw = response.content.decode()
    assert "Annanperson" not in raw and "Behoven är sparade" not in raw and "data-socket" not in raw
    assert str(cast.soc.user) not in raw and "Lämna sidan" not in raw
