"""The assessment in nine areas: two voices apart, what stood before, two who write at once (R33–R35)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from tests.cast import Cast, make_participant
from tests.meetings.talk_calls import at_once
from tests.meetings.talks import make_phone
from tests.pathway.plan_stage import OWN_WORDS, STAFF_WORDS, end
from tests.pathway.stage import enrolled
from tests.referrals.journeys import undone
from workspace import actions
from workspace.errors import NotAllowed
from workspace.models import AuditEntry
from workspace.pathway.actions.assessments import THEIR_OWN, write_area
from workspace.pathway.errors import TextHasMoved
from workspace.pathway.models import AreaText, Enrolment
from workspace.pathway.queries.assessments import read_area, read_assessment
from workspace.pathway.states import Area, Voice
from workspace.rules import Hat

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]
A, V = Area, Voice


def write(by: Any, way: Enrolment, text: str, voice: Voice = V.STAFF, version: int = 0, area: Area = A.WORK) -> None:
    write_area(by=by, enrolment=way, area=area, voice=voice, text=text, version=version)


def page_of(way: Enrolment) -> str:
    return reverse("way_assessment", args=[way.pk])


def form_of(way: Enrolment, voice: str = "vi", area: str = "work") -> str:
    return reverse("write_area", args=[way.pk, area, voice])


# ---------- the page ----------
def test_nine_areas_hold_two_voices_beside_each_other(cast: Cast, as_hat: AsHat) -> None:
    way = enrolled(cast)
    write(cast.soc, way, STAFF_WORDS)
    write(cast.soc_2, way, OWN_WORDS, V.PARTICIPANT)
    body = as_hat(cast.soc).get(page_of(way)).content.decode()
    for area in Area:
        assert area.label in body
    assert STAFF_WORDS in body and OWN_WORDS in body
    assert f"{cast.person.first_name} skriver" in body and "Vi skriver" in body
    assert f"Nedskrivet av {cast.soc_2.user}" in body
    assert "None" not in body


def test_the_page_costs_as_much_for_much_text_as_for_none(cast: Cast, django_assert_max_num_queries: Any) -> None:
    way = enrolled(cast)
    with django_assert_max_num_queries(1):
        read_assessment(way)
    for number in range(5):
        for area in Area:
            write(cast.soc, way, f"Text {number}", version=number, area=area)
    with django_assert_max_num_queries(1):
        read_assessment(way)


def test_a_text_is_written_read_and_the_one_before_it_kept(cast: Cast, as_hat: AsHat) -> None:
    way, client = enrolled(cast), as_hat(cast.soc)
    for version, text in enumerate(("Den första texten", "Den andra texten")):
        got = client.post(form_of(way), {"text": text, "version": version, "once": f"a{version}"})
        assert (got.status_code, got.headers["Location"]) == (302, page_of(way))
    body = client.get(page_of(way)).content.decode()
    assert "Så stod det före" in body and "Den första texten" in body
    assert [row.number for row in AreaText.objects.all()] == [1, 2]
    assert AuditEntry.objects.filter(what="way.area", participant_id=cast.person.pk).count() == 2
    client.post(form_of(way), {"text": "Den andra texten", "version": 2})
    assert AreaText.objects.count() == 2, "the same text again is nothing new"
    client.post(form_of(way), {"text": "", "version": 2})
    assert read_area(way, A.WORK).staff.text == "", "words can be taken back"


def test_the_read_is_logged_before_the_page_is_shown(cast: Cast, as_hat: AsHat) -> None:
    way = enrolled(cast)
    as_hat(cast.soc).get(page_of(way))
    assert AuditEntry.objects.filter(what="way", act="read", participant_id=cast.person.pk).count() == 1


# ---------- whose words ----------
def test_staff_take_words_down_until_the_participant_has_written_there(cast: Cast, as_hat: AsHat) -> None:
    way, phone = enrolled(cast), make_phone(cast)
    client = as_hat(cast.soc)
    assert client.post(form_of(way, "deltagaren"), {"text": "Nedskrivet", "version": 0}).status_code == 302
    write(phone.browser, way, OWN_WORDS, V.PARTICIPANT, version=1)
    for version in ("2", "1", ""):
        got = client.post(form_of(way, "deltagaren"), {"text": "Ändrat av personal", "version": version})
        assert got.status_code == 403
        assert THEIR_OWN in got.content.decode() and "Ändrat av personal" in got.content.decode()
    assert client.get(form_of(way, "deltagaren")).status_code == 403
    assert form_of(way, "deltagaren") not in client.get(page_of(way)).content.decode()
    assert read_area(way, A.WORK).participant.text == OWN_WORDS
    assert client.post(form_of(way, "deltagaren", "housing"), {"text": "Boende", "version": 0}).status_code == 302
    assert client.post(form_of(way, "vi"), {"text": "Vårt", "version": 0}).status_code == 302


def test_the_participant_makes_words_that_were_taken_down_their_own_by_saving_them(cast: Cast) -> None:
    way, phone = enrolled(cast), make_phone(cast)
    write(cast.soc, way, OWN_WORDS, V.PARTICIPANT)
    write(phone.browser, way, OWN_WORDS, V.PARTICIPANT, version=1)
    assert read_area(way, A.WORK).participant.is_theirs
    with pytest.raises(NotAllowed):
        write(cast.soc, way, "Annat", V.PARTICIPANT, version=2)


def test_the_participant_never_writes_as_staff_nor_on_anothers_way(cast: Cast) -> None:
    way, phone = enrolled(cast), make_phone(cast)
    other = make_phone(cast, make_participant(cast.soc_desk, "Annan", "Person"))
    for by, voice in ((phone.browser, V.STAFF), (other.browser, V.PARTICIPANT), (other.browser, V.STAFF)):
        with pytest.raises(NotAllowed):
            write(by, way, "Fel", voice)
    assert not AreaText.objects.exists()


def test_the_database_refuses_a_text_by_nobody_by_two_and_staffs_words_from_a_browser(cast: Cast) -> None:
    way, browser = enrolled(cast), make_phone(cast).browser
    for bad in (
        {"voice": "staff"},
        {"voice": "participant", "browser": browser, "written_by": cast.soc},
        {"voice": "staff", "browser": browser},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            AreaText.objects.create(enrolment=way, area="work", text="x", **bad)


# ---------- who may ----------
def test_only_caseworkers_at_the_desk_write_while_the_way_goes_on(cast: Cast, as_hat: AsHat) -> None:
    way = enrolled(cast)
    write(cast.soc, way, STAFF_WORDS)
    hats: dict[str, Hat] = {**cast.members, "coordinator": cast.coordinator, "chair": cast.chair}
    for ended in (False, True):
        for name, hat in hats.items():
            for voice in ("vi", "deltagaren"):
                with undone():
                    if ended:
                        end(way)
                    if name == "soc_manager":
                        actions.state_reason(by=cast.soc_manager, participant=cast.person, reason="Klagomål")
                    client = as_hat(hat)
                    read, url = client.get(page_of(way)), form_of(way, voice, "housing")
                    wrote = client.post(url, {"text": "Nytt", "version": 0})
                    reads = name in {"soc", "soc_2", "soc_manager"}
                    writes = name in {"soc", "soc_2"} and not ended
                    assert read.status_code == (200 if reads else 404), (name, ended)
                    assert wrote.status_code == (302 if writes else 403 if reads else 404), (name, ended)
                    assert (STAFF_WORDS in read.content.decode()) == reads
                    assert AreaText.objects.filter(text="Nytt").exists() == writes
                    if reads and not writes:
                        assert url not in read.content.decode(), (name, ended)


def test_a_manager_without_a_reason_and_a_number_of_nothing_meet_the_same_page(cast: Cast, as_hat: AsHat) -> None:
    way = enrolled(cast)
    hidden = as_hat(cast.soc_manager).get(page_of(way))
    missing = as_hat(cast.soc_manager).get(reverse("way_assessment", args=[way.pk + 99]))
    assert hidden.status_code == missing.status_code == 404


# ---------- two at once, and bad input ----------
def test_the_second_of_two_writers_is_told_the_newer_text_and_loses_nothing(cast: Cast, as_hat: AsHat) -> None:
    way = enrolled(cast)
    write(cast.soc_2, way, "Kollegans nya text")
    client = as_hat(cast.soc)
    got = client.post(form_of(way), {"text": "Min egen text", "version": 0})
    body = got.content.decode()
    assert got.status_code == 409
    assert "Någon sparade den här först" in body and "Kollegans nya text" in body and "Min egen text" in body
    assert 'name="version" value="1"' in body, "the next try is on top of the newer text"
    assert client.post(form_of(way), {"text": "Båda texterna", "version": 1}).status_code == 302


@pytest.mark.postgres
def test_two_who_save_at_the_same_moment_leave_one_text_and_one_refusal(cast: Cast, committed_db: None) -> None:
    way = enrolled(cast)
    refused = at_once(lambda: write(cast.soc, way, "Elins text"), lambda: write(cast.soc_2, way, "Annas text"))
    (said,) = refused
    assert isinstance(said, TextHasMoved) and said.theirs == AreaText.objects.get().text


def test_bad_input_is_a_sentence_at_its_field_and_nothing_typed_is_lost(cast: Cast, as_hat: AsHat) -> None:
    way, client = enrolled(cast), as_hat(cast.soc)
    for text in ("x" * 4001, "a\x00b", "a\u202eb"):
        got = client.post(form_of(way), {"text": text, "version": 0})
        assert got.status_code == 422 and 'aria-invalid="true"' in got.content.decode()
    assert "x" * 4001 in client.post(form_of(way), {"text": "x" * 4001, "version": 0}).content.decode()
    for version in ("9" * 30, "-1", "²", "\x00", "ett"):
        with undone():
            assert client.post(form_of(way), {"text": "Kort", "version": version}).status_code == 409
    for path in (form_of(way, "de"), form_of(way, "vi", "finns-inte"), reverse("way_assessment", args=[10**20])):
        assert client.get(path).status_code == 404
    assert not AreaText.objects.exists()
