"""The agenda: what is on it, in which order, for how long, who reads it, and who may change it."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from meetings.actions import agenda as actions
from meetings.forms.agenda import ProposalForm
from meetings.models import AgendaItem, ItemGuest, Meeting, MeetingEvent, Proposal
from meetings.states import ItemKind, MeetingState, ProposalState, Purpose, Section
from notifications.models import Notification
from tests.cast import SECRET_NAME
from tests.meetings.cast import Room, in_days, make_item, make_meeting, put_in
from tests.meetings.minutes_stage import make_case
from workspace.models import Membership
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
AsHat = Callable[[Hat], Client]
FORM = {"title": "Väntrum", "section": "matters", "purpose": "decision", "minutes": "20", "presenter": ""}
OPEN = {MeetingState.PLANNED, MeetingState.CALLED, MeetingState.IN_PROGRESS}


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def page(client: Client, room: Room) -> str:
    return client.get(f"/moten/{room.meeting.pk}/").content.decode()


def region(client: Client, room: Room) -> str:
    return text_of(client.get(f"/moten/{room.meeting.pk}/bit/dagordning/").content.decode())


def titles(meeting: Meeting) -> list[str]:
    return list(AgendaItem.objects.filter(meeting=meeting).order_by("position", "pk").values_list("title", flat=True))


def sections(meeting: Meeting) -> list[str]:
    return list(AgendaItem.objects.filter(meeting=meeting).order_by("position", "pk").values_list("section", flat=True))


def item_of(room: Room, title: str = "", kind: str = "") -> AgendaItem:
    found = AgendaItem.objects.filter(meeting=room.meeting)
    return found.get(title=title) if title else found.get(kind=kind)


def address(room: Room, item: AgendaItem, act: str) -> str:
    return f"/moten/{room.meeting.pk}/punkt/{item.pk}/{act}/"


def told(code: str) -> set[int]:
    return set(Notification.objects.filter(kind=code, closed_at=None).values_list("membership", flat=True))


def hats(room: Room) -> dict[str, Hat]:
    cast = room.cast
    return {
        **cast.members,
        "elsewhere": cast.two_hats[1],
        "coordinator": cast.coordinator,
        "chair": cast.chair,
    }


# ---------- shown ----------
def test_items_have_presenter_purpose_minutes_and_running_times(room: Room, as_hat: AsHat) -> None:
    item = make_item(room.meeting)
    AgendaItem.objects.filter(pk=item.pk).update(presenter=room.cast.fk, section=Section.CLOSING, purpose="decision")
    said = region(as_hat(room.cast.psyk), room)
    assert "Dagordning Fem punkter, 2 timmar" in said
    assert "Inledning 13.00 Runda: nytt sedan sist Alla · Information 15 min" in said
    assert "Avslutning 13.45 Nästa möte" in said
    assert f"13.55 Praktikplatser i vår {room.cast.fk.user} · Beslut 20 min" in said
    assert "för mycket" not in said


def test_what_does_not_fit_is_said_in_minutes(room: Room, as_hat: AsHat) -> None:
    for _ in range(4):
        make_item(room.meeting)  # 80 on top of 55, in 120
    assert "15 minuter för mycket" in region(as_hat(room.cast.fk), room)
    assert "15 minuter för mycket" in text_of(as_hat(room.cast.soc).get(f"/moten/{room.meeting.pk}/").content.decode())


def test_an_agency_outside_a_case_sees_that_it_is_there_and_when_and_no_more(room: Room, as_hat: AsHat) -> None:
    item, _ = make_case(room, room.meeting)
    AgendaItem.objects.filter(pk=item.pk).update(presenter=room.cast.soc_2)
    for path in ("", "bit/dagordning/", "dagordning/skriv-ut/"):
        inside = as_hat(room.cast.psyk).get(f"/moten/{room.meeting.pk}/{path}").content.decode()
        outside = as_hat(room.cast.fk).get(f"/moten/{room.meeting.pk}/{path}").content.decode()
        assert item.title in inside and "Ett ärende som din myndighet inte är med på" in outside
        assert SECRET_NAME not in outside
        if path:
            assert str(room.cast.soc_2.user) not in outside and "13.55" in outside


def test_a_guest_sees_only_the_item_it_is_invited_to(room: Room, as_hat: AsHat) -> None:
    mine, other = make_item(room.meeting, "Bara den här"), make_item(room.meeting, "Något annat hemligt")
    actions.invite_to_item(by=room.cast.soc, item=mine, membership=room.cast.soc_manager)
    assert other.title in region(as_hat(room.cast.soc), room)
    for path in ("", "bit/dagordning/", "dagordning/skriv-ut/"):
        html = as_hat(room.cast.soc_manager).get(f"/moten/{room.meeting.pk}/{path}").content.decode()
        assert mine.title in html and "En annan punkt" in html
        assert other.title not in html and "Runda" not in html
    assert "Föreslå en punkt" not in page(as_hat(room.cast.soc_manager), room)


# ---------- who may, and when ----------
@pytest.mark.parametrize("state", list(MeetingState))
def test_only_arrangers_change_and_only_until_the_meeting_is_over(
    room: Room, as_hat: AsHat, state: MeetingState
) -> None:
    item = make_item(room.meeting)
    put_in(room.meeting, state)
    expected = dict.fromkeys(hats(room), 404) | {"soc_2": 403, "psyk_2": 403, "fk": 403}
    expected |= dict.fromkeys(("soc", "psyk", "coordinator"), 302 if state in OPEN else 403)
    for name, hat in hats(room).items():
        client, before = as_hat(hat), titles(room.meeting)
        posts: dict[str, dict[str, Any]] = {
            f"/moten/{room.meeting.pk}/dagordning/ny/": FORM,
            address(room, item, "andra"): FORM | {"title": item.title},
            address(room, item, "flytta"): {"vart": "upp"},
            f"/moten/{room.meeting.pk}/dagordning/ordna/": {"item": item.pk, "after": ""},
            address(room, item, "bjud-in"): {"membership": room.cast.psyk_manager.pk},
            address(room, item, "ta-bort"): {},
        }
        if expected[name] == 404:  # the meeting is missing to them, whatever the address says after it
            posts = dict(list(posts.items())[::3])
        got = {path: client.post(path, data).status_code for path, data in posts.items()}
        assert set(got.values()) == {expected[name]}, (name, got)
        if expected[name] != 302:
            assert titles(room.meeting) == before
        else:
            item = make_item(room.meeting)


def test_every_act_is_in_the_history(room: Room, as_hat: AsHat) -> None:
    client, item = as_hat(room.cast.coordinator), make_item(room.meeting)
    client.post(f"/moten/{room.meeting.pk}/dagordning/ny/", FORM)
    client.post(address(room, item, "andra"), FORM | {"title": "Ny rubrik"})
    client.post(address(room, item, "flytta"), {"vart": "upp"})
    client.post(address(room, item, "ta-bort"))
    verbs = MeetingEvent.objects.filter(meeting=room.meeting, role=room.cast.coordinator).values_list("verb", flat=True)
    assert list(verbs) == ["add_item", "change_item", "move_item", "remove_item"]
    assert not Notification.objects.exists()


def test_gender_equality_cannot_be_removed_or_renamed(room: Room, as_hat: AsHat) -> None:
    item = item_of(room, kind=ItemKind.GENDER_EQUALITY)
    client = as_hat(room.cast.soc)
    refused = client.post(address(room, item, "ta-bort"))
    assert refused.status_code == 403 and "kan besvaras, men inte tas bort" in refused.content.decode()
    client.post(address(room, item, "andra"), FORM | {"title": "Fika", "presenter": room.cast.psyk.hat_key})
    item.refresh_from_db()
    assert (item.title, item.presenter, item.minutes) == ("Jämställdhet", room.cast.psyk, 20)
    assert "Ta bort punkten" not in client.get(address(room, item, "andra")).content.decode()


def test_a_case_is_moved_by_arrangers_but_changed_only_by_its_agency(room: Room, as_hat: AsHat) -> None:
    item, _ = make_case(room, room.meeting)
    for hat, expected in ((room.cast.psyk, 403), (room.cast.coordinator, 404)):
        assert as_hat(hat).post(address(room, item, "ta-bort")).status_code == expected
        assert as_hat(hat).post(address(room, item, "andra"), FORM).status_code == expected
        assert as_hat(hat).post(address(room, item, "bjud-in"), {"membership": 1}).status_code in {404, 422}
    assert as_hat(room.cast.coordinator).post(address(room, item, "flytta"), {"vart": "upp"}).status_code == 302
    assert titles(room.meeting)[-2] == item.title


def test_an_item_that_has_begun_is_not_removed(room: Room, as_hat: AsHat) -> None:
    item = make_item(put_in(room.meeting, MeetingState.IN_PROGRESS))
    AgendaItem.objects.filter(pk=item.pk).update(started_at=room.meeting.started_at)
    assert as_hat(room.cast.soc).post(address(room, item, "ta-bort")).status_code == 403
    assert AgendaItem.objects.filter(pk=item.pk).exists()


def test_another_meetings_item_is_not_reached_by_this_ones_address(room: Room, as_hat: AsHat) -> None:
    other = make_item(make_meeting(room.group, days=40))
    assert as_hat(room.cast.soc).get(address(room, other, "andra")).status_code == 404
    assert as_hat(room.cast.soc).post(address(room, other, "ta-bort")).status_code == 404


# ---------- order ----------
def test_an_item_comes_last_in_its_section_and_in_a_running_meeting_last_of_all(room: Room, as_hat: AsHat) -> None:
    client = as_hat(room.cast.soc)
    client.post(f"/moten/{room.meeting.pk}/dagordning/ny/", FORM | {"section": "opening", "title": "Hälsning"})
    assert titles(room.meeting)[:2] == ["Runda: nytt sedan sist", "Hälsning"]
    put_in(room.meeting, MeetingState.IN_PROGRESS)
    client.post(f"/moten/{room.meeting.pk}/dagordning/ny/", FORM | {"section": "opening", "title": "Kom på"})
    assert titles(room.meeting)[-1] == "Kom på" and sections(room.meeting)[-1] == Section.CLOSING


def test_buttons_move_one_step_and_lead_back_to_the_same_button(room: Room, as_hat: AsHat) -> None:
    client, item = as_hat(room.cast.psyk), make_item(room.meeting, "Sist av allt")
    gone = client.post(address(room, item, "flytta"), {"vart": "upp"})
    assert gone["Location"] == f"/moten/{room.meeting.pk}/#upp-{item.pk}"
    assert f'id="upp-{item.pk}"' in page(client, room)
    assert titles(room.meeting)[2:] == ["Jämställdhet", "Sist av allt", "Nästa möte"]
    client.post(address(room, item, "flytta"), {"vart": "upp"})
    assert titles(room.meeting)[2:] == ["Sist av allt", "Jämställdhet", "Nästa möte"]
    assert sections(room.meeting) == ["opening", "follow_up", "follow_up", "follow_up", "closing"]
    for _ in range(5):  # past the top nothing happens
        client.post(address(room, item, "flytta"), {"vart": "upp"})
    assert titles(room.meeting)[0] == "Sist av allt" and sections(room.meeting)[0] == "opening"
    client.post(address(room, item, "flytta"), {"vart": "ner"})
    assert titles(room.meeting)[1] == "Sist av allt"


def test_a_drop_places_an_item_after_another_and_sections_keep_their_order(room: Room, as_hat: AsHat) -> None:
    client, first = as_hat(room.cast.soc), item_of(room, "Runda: nytt sedan sist")
    last = item_of(room, "Nästa möte")
    assert "data-reorder-form" in page(client, room)
    gone = client.post(f"/moten/{room.meeting.pk}/dagordning/ordna/", {"item": first.pk, "after": last.pk})
    assert gone["Location"].endswith(f"#punkt-{first.pk}")
    assert titles(room.meeting)[-1] == first.title and sections(room.meeting)[-1] == Section.CLOSING
    client.post(f"/moten/{room.meeting.pk}/dagordning/ordna/", {"item": first.pk, "after": ""})
    assert titles(room.meeting)[0] == first.title
    order = [list(Section).index(Section(found)) for found in sections(room.meeting)]
    assert order == sorted(order)


@pytest.mark.parametrize("data", [{}, {"item": "x"}, {"item": "99999999"}, {"item": "1" * 40}, {"item": "²"}])
def test_a_drop_of_nothing_is_404(room: Room, as_hat: AsHat, data: dict[str, str]) -> None:
    assert as_hat(room.cast.soc).post(f"/moten/{room.meeting.pk}/dagordning/ordna/", data).status_code == 404


def test_a_drop_after_an_item_that_has_gone_says_so(room: Room, as_hat: AsHat) -> None:
    item = item_of(room, "Nästa möte")
    answer = as_hat(room.cast.soc).post(f"/moten/{room.meeting.pk}/dagordning/ordna/", {"item": item.pk, "after": "9"})
    assert answer.status_code == 409 and "finns inte kvar" in answer.content.decode()


# ---------- what is written ----------
def test_presenters_are_seat_holders_the_coordinator_or_everybody(room: Room, as_hat: AsHat) -> None:
    client, path = as_hat(room.cast.soc), f"/moten/{room.meeting.pk}/dagordning/ny/"
    client.post(path, FORM | {"title": "En", "presenter": room.cast.psyk_2.hat_key})
    client.post(path, FORM | {"title": "Två", "presenter": room.cast.coordinator.hat_key})
    assert item_of(room, "En").presenter == room.cast.psyk_2
    assert item_of(room, "Två").presenter_role == room.cast.coordinator
    for key in (room.cast.outsider.hat_key, room.cast.chair.hat_key, "m0", "x"):
        answer = client.post(path, FORM | {"title": "Tre", "presenter": key})
        assert answer.status_code == 422 and "Välj någon som har plats i gruppen." in answer.content.decode()
    assert not AgendaItem.objects.filter(title="Tre").exists()


def test_text_pasted_from_word_reads_as_it_looks(room: Room, as_hat: AsHat) -> None:
    pasted = "\ufeffVänt\u00adrum\u200b för\u00a0 tolk\r\nsamtal \u200b"
    as_hat(room.cast.soc).post(f"/moten/{room.meeting.pk}/dagordning/ny/", FORM | {"title": pasted})
    assert "Väntrum för tolk samtal" in titles(room.meeting)
    assert ProposalForm({"title": "\u200b\u00ad", "purpose": "decision", "minutes": "1"}).errors["title"]


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("title", "", "Skriv vad punkten handlar om."),
        ("title", "x" * 121, "Texten är 1 tecken för lång."),
        ("title", "Nytt\x07stycke", "tecken som inte går att visa"),
        ("minutes", "0", "minst en minut"),
        ("minutes", "999", "högst 480 minuter"),
        ("minutes", "tio", "med siffror"),
        ("section", "x", ""),
    ],
)
def test_what_cannot_stand_is_said_at_the_field(room: Room, as_hat: AsHat, field: str, value: str, says: str) -> None:
    answer = as_hat(room.cast.soc).post(f"/moten/{room.meeting.pk}/dagordning/ny/", FORM | {field: value})
    assert answer.status_code == 422 and says in answer.content.decode() and len(titles(room.meeting)) == 4


def test_the_form_says_who_reads_and_that_names_do_not_belong(room: Room, as_hat: AsHat) -> None:
    html = as_hat(room.cast.soc).get(f"/moten/{room.meeting.pk}/dagordning/ny/").content.decode()
    assert "Skriv inga namn på deltagare här. Ärenden om en person läggs som ärende." in html
    assert "Läses av alla i gruppen" in html


# ---------- many ----------
def test_two_hundred_items_fit_in_as_many_questions_as_one_and_no_more_are_taken(room: Room, as_hat: AsHat) -> None:
    client = as_hat(room.cast.soc)
    make_item(room.meeting)
    page(client, room)

    def asked() -> list[int]:
        found = []
        for path in ("", "bit/dagordning/", "dagordning/skriv-ut/", "bit/klart/", "bit/forslag/"):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(f"/moten/{room.meeting.pk}/{path}").status_code == 200
            found.append(len(queries))
        return found

    few = asked()
    AgendaItem.objects.bulk_create(
        AgendaItem(meeting=room.meeting, section="closing", position=at, title=f"Punkt {at}", presenter=room.cast.fk)
        for at in range(6, 201)
    )
    assert asked() == few
    answer = client.post(f"/moten/{room.meeting.pk}/dagordning/ny/", FORM)
    assert answer.status_code == 403 and "högst 200 punkter" in answer.content.decode()
    last = item_of(room, "Punkt 200")
    assert client.post(f"/moten/{room.meeting.pk}/dagordning/ordna/", {"item": last.pk}).status_code == 302
    assert titles(room.meeting)[0] == "Punkt 200" and len(titles(room.meeting)) == 200


# ---------- guests ----------
def test_somebody_of_the_cooperation_is_invited_told_and_no_longer_invited(room: Room, as_hat: AsHat) -> None:
    client, item, guest = as_hat(room.cast.soc), make_item(room.meeting), room.cast.psyk_manager
    assert as_hat(guest).get(f"/moten/{room.meeting.pk}/").status_code == 404
    client.post(address(room, item, "bjud-in"), {"membership": guest.pk})
    client.post(address(room, item, "bjud-in"), {"membership": guest.pk})  # again: nothing new
    assert told("meeting.invited_to_item") == {guest.pk} and ItemGuest.objects.count() == 1
    assert Notification.objects.count() == 1
    assert as_hat(guest).get(f"/moten/{room.meeting.pk}/").status_code == 200
    assert f"Inbjudna till punkten: {guest.user}" in region(client, room)
    client.post(address(room, item, f"gast/{ItemGuest.objects.get().pk}/ta-bort"))
    assert told("meeting.invited_to_item") == set()
    assert as_hat(guest).get(f"/moten/{room.meeting.pk}/").status_code == 404


def test_neither_a_stranger_nor_a_seat_holder_is_invited(room: Room, as_hat: AsHat) -> None:
    client, item = as_hat(room.cast.soc), make_item(room.meeting)
    for hat in (room.cast.outsider, room.cast.fk, room.cast.psyk_2):
        answer = client.post(address(room, item, "bjud-in"), {"membership": hat.pk})
        assert answer.status_code == 422 and "går inte att bjuda in" in answer.content.decode()
    assert not ItemGuest.objects.exists() and not Notification.objects.exists()


def test_removing_an_item_closes_its_invitations_and_its_proposal_waits_again(room: Room, as_hat: AsHat) -> None:
    item, kept = make_item(room.meeting), make_item(room.meeting)
    both, one = room.cast.soc_manager, room.cast.psyk_manager
    for where, guest in ((item, both), (kept, both), (item, one)):
        actions.invite_to_item(by=room.cast.soc, item=where, membership=guest)
    proposal = Proposal.objects.create(
        group=room.group, title="x", member=room.cast.fk, state=ProposalState.ACCEPTED, item=item
    )
    as_hat(room.cast.soc).post(address(room, item, "ta-bort"))
    assert told("meeting.invited_to_item") == {both.pk}
    proposal.refresh_from_db()
    assert (proposal.state, proposal.item) == (ProposalState.WAITING, None)


# ---------- before it is sent ----------
def test_arrangers_see_what_is_left_before_the_agenda_is_sent(room: Room, as_hat: AsHat) -> None:
    said = text_of(page(as_hat(room.cast.coordinator), room))
    assert "Klart att skicka?" in said and "Skicka dagordningen" in said
    assert "Mejlet säger bara att det finns något att läsa" in said and "Senast" in said
    for hat in (room.cast.fk, room.cast.psyk_2):
        assert "Klart att skicka?" not in page(as_hat(hat), room)
        assert "Klart" not in as_hat(hat).get(f"/moten/{room.meeting.pk}/bit/klart/").content.decode()
    put_in(room.meeting, MeetingState.HELD)
    assert "Klart att skicka?" not in page(as_hat(room.cast.soc), room)


def test_a_presenter_who_has_left_an_agency_without_anybody_and_a_late_agenda_are_seen(
    room: Room, as_hat: AsHat
) -> None:
    client = as_hat(room.cast.soc)
    done = '<li class="ok"><span class="i i-check" role="img" aria-label="Klart"></span><span>Tider och ansvarig'
    html = page(client, room)
    assert done in html and "Ingen myndighet saknas" in html and "Skulle ha skickats" not in html
    AgendaItem.objects.filter(meeting=room.meeting, kind="ordinary").update(presenter=room.cast.fk)
    room.fk_seat.holders.all().delete()
    Meeting.objects.filter(pk=room.meeting.pk).update(starts_at=in_days(3), ends_at=in_days(3, 15))
    html = page(client, room)
    assert done not in html and "En myndighet saknas" in html and "Skulle ha skickats" in html


def test_an_item_form_sent_twice_makes_one_item(room: Room, as_hat: AsHat) -> None:
    client = as_hat(room.cast.soc)
    for _ in range(2):
        client.post(f"/moten/{room.meeting.pk}/dagordning/ny/", FORM | {"once": "samma"})
    assert titles(room.meeting).count("Väntrum") == 1
    assert item_of(room, "Väntrum").purpose == Purpose.DECISION and isinstance(room.cast.soc, Membership)
