"""Groups and seats, over HTTP: who makes and changes what, what is warned of, and what one sees."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meetings.actions import calls
from meetings.models import Attendance, Group, GroupSeat, Meeting, SeatHolder, TemplateItem
from meetings.queries.groups import asked_members
from meetings.states import TEMPLATES, Answer, GroupKind, MeetingState
from notifications.models import Notification
from tests.cast import Cast, make_agency, make_member
from tests.meetings.cast import Room, make_group, make_meeting, make_room, make_seat, put_in
from workspace.models import AuditEntry, CooperationAgency, CooperationRole, Municipality, UserAccount
from workspace.rules import Hat
from workspace.states import AgencyKind, CooperationRoleKind, SeatKind

AsHat = Callable[[Hat], Client]
TODAY = timezone.localdate


def hats_of(cast: Cast) -> dict[str, Hat]:
    steering = CooperationRole.objects.create(
        cooperation=cast.cooperation,
        user=UserAccount.objects.create(username="styr"),
        role=CooperationRoleKind.STEERING,
    )
    return {**cast.members, "coordinator": cast.coordinator, "chair": cast.chair, "steering": steering}


# In the room the social services chair, the psychiatry is secretary, and all three agencies' people sit.
ARRANGERS = {"soc", "psyk", "coordinator"}
SEATED = ARRANGERS | {"soc_2", "psyk_2", "fk"}


def new_group_form(**more: Any) -> dict[str, Any]:
    piteå = Municipality.objects.get(name="Piteå")
    return {"kind": "cooperation", "name": "Ny grupp", "municipalities": [piteå.pk], "quorum": "3", **more}


# ---------- who may ----------
def test_only_the_coordinator_makes_a_group_and_to_others_the_page_does_not_exist(cast: Cast, as_hat: AsHat) -> None:
    for name, hat in hats_of(cast).items():
        client = as_hat(hat)
        expected = name == "coordinator"
        assert client.get("/moten/grupp/ny/").status_code == (200 if expected else 404), name
        status = client.post("/moten/grupp/ny/", new_group_form(name=f"Grupp {name}")).status_code
        assert status == (302 if expected else 404), name
        assert Group.objects.filter(name=f"Grupp {name}").exists() == expected, name


def group_verbs(room: Room) -> dict[str, tuple[str, dict[str, Any]]]:
    """Every form about a group and its seats, with what is posted."""
    group, seat = room.group, room.fk_seat
    base = f"/moten/grupp/{group.pk}"
    deputy = seat.holders.get(kind=SeatKind.DEPUTY)
    places = [place.pk for place in group.municipalities.all()]
    changed = {"name": "Nytt namn", "municipalities": places, "quorum": "2", "chair": room.cast.soc.pk}
    return {
        "change_group": (f"{base}/andra/", {**changed, "secretary": room.cast.psyk.pk}),
        "add_seat": (f"{base}/platser/", {"desk": _free_desk(room), "from_on": str(TODAY())}),
        "end_holder": (f"{base}/platser/{seat.pk}/{deputy.pk}/lamna/", {}),
        "seat_members": (f"{base}/platser/{seat.pk}/", {"ordinary": room.cast.fk.pk}),
        "end_seat": (f"{base}/platser/{seat.pk}/avsluta/", {"last_on": str(TODAY())}),
        "end_group": (f"{base}/avsluta/", {}),
    }


def _free_desk(room: Room) -> int:
    agency, desk = make_agency("af-t", "Arbetsförmedlingen Piteå", AgencyKind.PUBLIC_EMPLOYMENT_SERVICE, None)
    CooperationAgency.objects.create(cooperation=room.cast.cooperation, agency=agency)
    return desk.pk


@pytest.mark.parametrize("verb", ["change_group", "add_seat", "seat_members", "end_holder", "end_seat", "end_group"])
def test_a_groups_verbs_are_the_arrangers_and_unknown_to_whoever_has_no_seat(
    room: Room, as_hat: AsHat, verb: str
) -> None:
    url, data = group_verbs(room)[verb]
    for name, hat in hats_of(room.cast).items():
        if name in ARRANGERS:
            continue
        assert as_hat(hat).post(url, data).status_code == (403 if name in SEATED else 404), name
    assert Group.objects.filter(pk=room.group.pk, name="Samverkansgruppen Piteå", ended_on=None).exists()
    assert GroupSeat.objects.filter(group=room.group, to_on=None).count() == 3
    assert SeatHolder.objects.filter(seat__group=room.group, to_on=None).count() == 6


@pytest.mark.parametrize("name", sorted(ARRANGERS))
def test_each_arranger_may_do_each_of_a_groups_verbs(room: Room, as_hat: AsHat, name: str) -> None:
    client = as_hat(hats_of(room.cast)[name])
    for verb, (url, data) in group_verbs(room).items():
        response = client.post(url, data)
        assert response.status_code == 302, (verb, response.content.decode()[:4000])
    group = Group.objects.get(pk=room.group.pk)
    assert (group.name, group.ended_on) == ("Nytt namn", TODAY())
    done = set(AuditEntry.objects.filter(what__startswith="group.").values_list("what", flat=True))
    assert done == {f"group.{verb}" for verb in ("change", "add_seat", "seat_members", "end_holder", "end_seat", "end")}


def test_a_group_and_its_pages_are_the_same_404_as_one_that_is_not_there(room: Room, as_hat: AsHat) -> None:
    other = make_group(room.cast, "Hemlig grupp")
    for path in ("", "andra/", "platser/", f"platser/{room.fk_seat.pk}/", "serie/", "serie/ny/", "mote/"):
        client = as_hat(room.cast.fk)
        hidden = client.get(f"/moten/grupp/{other.pk}/{path}")
        missing = client.get(f"/moten/grupp/999999/{path}")
        assert (hidden.status_code, missing.status_code) == (404, 404)
        assert hidden.content == missing.content
        assert "Hemlig grupp" not in hidden.content.decode()


def test_a_seat_is_reached_only_under_its_own_group(room: Room, as_hat: AsHat) -> None:
    other = make_group(room.cast, "En annan grupp")
    elsewhere = make_seat(other, room.cast.fk_desk, room.cast.fk)
    client = as_hat(room.cast.coordinator)
    assert client.get(f"/moten/grupp/{room.group.pk}/platser/{elsewhere.pk}/").status_code == 404
    holder = elsewhere.holders.get()
    url = f"/moten/grupp/{room.group.pk}/platser/{room.fk_seat.pk}/{holder.pk}/lamna/"
    assert client.post(url).status_code == 404


# ---------- a group ----------
@pytest.mark.parametrize("kind", GroupKind.values)
def test_a_new_group_begins_with_the_agenda_of_its_kind(cast: Cast, as_hat: AsHat, kind: str) -> None:
    as_hat(cast.coordinator).post("/moten/grupp/ny/", new_group_form(kind=kind))
    group = Group.objects.get(name="Ny grupp")
    lines = TemplateItem.objects.filter(group=group).values_list("section", "kind", "title", "purpose", "minutes")
    assert list(lines) == [tuple(line) for line in TEMPLATES[GroupKind(kind)]]
    assert (group.kind, group.quorum, group.cooperation) == (kind, 3, cast.cooperation)


def test_a_group_has_one_or_two_municipalities_and_only_the_cooperations(cast: Cast, as_hat: AsHat) -> None:
    ours = Municipality.objects.filter(name__in=("Piteå", "Luleå", "Boden"))
    cast.cooperation.municipalities.set(ours)
    client = as_hat(cast.coordinator)
    stranger = Municipality.objects.get(name="Arvidsjaur")
    everybody = [place.pk for place in ours]
    for places in ([], everybody[:3], [stranger.pk], [everybody[0], stranger.pk]):
        if len(places) == 3 or places != everybody[:3]:
            page = client.post("/moten/grupp/ny/", new_group_form(municipalities=places))
            assert page.status_code == 422, places
    assert not Group.objects.exists()
    assert client.post("/moten/grupp/ny/", new_group_form(municipalities=everybody[:2])).status_code == 302
    assert Group.objects.get().municipalities.count() == 2


def test_two_groups_of_one_cooperation_have_different_names(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.coordinator)
    client.post("/moten/grupp/ny/", new_group_form())
    page = client.post("/moten/grupp/ny/", new_group_form())
    assert page.status_code == 422
    assert "Det finns redan en grupp som heter Ny grupp" in page.content.decode()


def test_the_same_form_twice_makes_one_group(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.coordinator)
    first, again = (client.post("/moten/grupp/ny/", new_group_form(once="en-nyckel")) for _ in range(2))
    assert first["Location"] == again["Location"]
    assert Group.objects.count() == 1


def test_chair_and_secretary_need_a_seat_in_the_group(room: Room, as_hat: AsHat) -> None:
    url, data = group_verbs(room)["change_group"]
    client = as_hat(room.cast.coordinator)
    page = client.post(url, {**data, "chair": room.cast.soc_manager.pk})
    assert page.status_code == 422
    assert "Välj någon som har en plats i gruppen." in page.content.decode()
    assert client.post(url, {**data, "chair": room.cast.fk.pk}).status_code == 302
    assert Group.objects.get(pk=room.group.pk).chair == room.cast.fk


# ---------- consultation without identity (L17) ----------
@pytest.mark.parametrize(("inhabitants", "allowed"), [(19_999, False), (20_000, True)])
def test_consultation_without_identity_is_off_from_the_start_in_a_small_municipality(
    cast: Cast, as_hat: AsHat, inhabitants: int, allowed: bool
) -> None:
    Municipality.objects.filter(name="Piteå").update(inhabitants=inhabitants)
    as_hat(cast.coordinator).post("/moten/grupp/ny/", new_group_form())
    assert Group.objects.get().anonymous_cases is allowed


def test_in_a_small_municipality_it_is_turned_on_beside_the_warning_only(room: Room, as_hat: AsHat) -> None:
    Municipality.objects.filter(name="Piteå").update(inhabitants=5_000)
    url, data = group_verbs(room)["change_group"]
    client = as_hat(room.cast.soc)
    page = client.get(url).content.decode()
    assert "Ort, ålder och ovanliga uppgifter kan peka ut" in page
    assert client.post(url, {**data, "anonymous_cases": "on"}).status_code == 422
    assert not Group.objects.get(pk=room.group.pk).anonymous_cases
    ticked = {**data, "anonymous_cases": "on", "has_read_warning": "on"}
    assert client.post(url, ticked).status_code == 302
    assert Group.objects.get(pk=room.group.pk).anonymous_cases
    assert client.post(url, {**data, "anonymous_cases": "on"}).status_code == 302  # asked once


@pytest.mark.parametrize("kind", ["steering", "reference"])
def test_a_group_that_has_no_cases_is_not_asked(cast: Cast, as_hat: AsHat, kind: str) -> None:
    client = as_hat(cast.coordinator)
    client.post("/moten/grupp/ny/", new_group_form(kind=kind))
    group = Group.objects.get()
    url = f"/moten/grupp/{group.pk}/andra/"
    assert "utan att säga vem" not in client.get(url).content.decode()
    form = new_group_form(name="Med nytt namn", anonymous_cases="on", has_read_warning="on")
    assert client.post(url, form).status_code == 302
    group.refresh_from_db()
    assert (group.name, group.anonymous_cases) == ("Med nytt namn", False)


def test_in_a_large_municipality_nothing_is_asked(room: Room, as_hat: AsHat) -> None:
    url, data = group_verbs(room)["change_group"]
    client = as_hat(room.cast.soc)
    assert "Ort, ålder" not in client.get(url).content.decode()
    assert client.post(url, {**data, "anonymous_cases": "on"}).status_code == 302
    assert Group.objects.get(pk=room.group.pk).anonymous_cases


# ---------- seats ----------
def test_a_seat_belongs_to_a_desk_of_the_cooperation_and_a_desk_has_one(room: Room, as_hat: AsHat) -> None:
    url = f"/moten/grupp/{room.group.pk}/platser/"
    client = as_hat(room.cast.soc)
    for desk in (room.cast.outside_desk, room.cast.fk_desk):
        assert client.post(url, {"desk": desk.pk, "from_on": str(TODAY())}).status_code == 422
    assert room.cast.outside_desk.agency.name not in client.get(url).content.decode()
    desk = _free_desk(room)
    assert client.post(url, {"desk": desk, "from_on": str(TODAY())}).status_code == 302
    assert GroupSeat.objects.filter(group=room.group, function=desk).count() == 1


def test_who_sits_on_a_seat_is_said_in_one_form_and_the_order_is_kept(room: Room, as_hat: AsHat) -> None:
    agency = room.cast.fk.agency
    new, newer = (make_member(agency, name, room.cast.fk_desk) for name in ("fkny", "fknyare"))
    url = f"/moten/grupp/{room.group.pk}/platser/{room.fk_seat.pk}/"
    data = {"ordinary": new.pk, "deputy_1": newer.pk, "deputy_2": room.cast.fk.pk}
    assert as_hat(room.cast.coordinator).post(url, data).status_code == 302
    now = SeatHolder.objects.filter(seat=room.fk_seat, to_on=None).values_list("membership", "kind", "order")
    assert list(now) == [(new.pk, "ordinary", 1), (newer.pk, "deputy", 1), (room.cast.fk.pk, "deputy", 2)]
    ended = SeatHolder.objects.filter(seat=room.fk_seat, to_on__isnull=False)
    assert {one.membership for one in ended} == {room.cast.fk, room.cast.two_hats[0]}
    assert {one.to_on for one in ended} == {TODAY() - timedelta(days=1)}


@pytest.mark.parametrize("who", ["outsider", "psyk"])
def test_nobody_of_another_agency_sits_on_a_seat(room: Room, as_hat: AsHat, who: str) -> None:
    url = f"/moten/grupp/{room.group.pk}/platser/{room.fk_seat.pk}/"
    page = as_hat(room.cast.soc).post(url, {"ordinary": getattr(room.cast, who).pk})
    assert page.status_code == 422
    assert SeatHolder.objects.get(seat=room.fk_seat, kind="ordinary", to_on=None).membership == room.cast.fk


def test_one_person_sits_once_on_a_seat(room: Room, as_hat: AsHat) -> None:
    url = f"/moten/grupp/{room.group.pk}/platser/{room.fk_seat.pk}/"
    page = as_hat(room.cast.soc).post(url, {"ordinary": room.cast.fk.pk, "deputy_1": room.cast.fk.pk})
    assert page.status_code == 422
    assert "står redan på platsen" in page.content.decode()


def test_fewer_than_two_people_on_a_seat_and_an_agency_without_one_are_said(room: Room, as_hat: AsHat) -> None:
    page = as_hat(room.cast.psyk_2).get(f"/moten/grupp/{room.group.pk}/").content.decode()
    assert "Platsen saknar" not in page
    room.fk_seat.holders.filter(kind=SeatKind.DEPUTY).delete()
    _free_desk(room)
    page = as_hat(room.cast.psyk_2).get(f"/moten/grupp/{room.group.pk}/").content.decode()
    assert "Försäkringskassan Norr: Platsen saknar ersättare. Blir den ordinarie sjuk är myndigheten borta." in page
    assert "Arbetsförmedlingen Piteå är med i samverkan men har ingen plats här." in page
    room.fk_seat.holders.all().delete()
    page = as_hat(room.cast.psyk_2).get(f"/moten/grupp/{room.group.pk}/").content.decode()
    assert "Ingen sitter här än" in page


# ---------- somebody leaves between the call and the meeting ----------
def test_who_leaves_a_seat_after_the_call_loses_it_all_and_the_deputy_is_asked(room: Room, as_hat: AsHat) -> None:
    calls.call_meeting(by=room.cast.soc, meeting=room.meeting)
    Notification.objects.all().delete()
    holder = room.fk_seat.holders.get(membership=room.cast.fk)
    url = f"/moten/grupp/{room.group.pk}/platser/{room.fk_seat.pk}/{holder.pk}/lamna/"
    assert as_hat(room.cast.coordinator).post(url).status_code == 302
    assert as_hat(room.cast.fk).get(f"/moten/{room.meeting.pk}/").status_code == 404
    assert not Attendance.objects.filter(meeting=room.meeting, member=room.cast.fk).exists()
    deputy = room.cast.two_hats[0]
    assert Attendance.objects.get(meeting=room.meeting, member=deputy).asked_at is not None
    told = set(Notification.objects.values_list("membership", flat=True))
    assert deputy.pk in told
    assert room.cast.fk.pk not in told


def test_a_chair_who_leaves_their_seat_is_not_the_chair_any_more(room: Room, as_hat: AsHat) -> None:
    url = f"/moten/grupp/{room.group.pk}/platser/{room.soc_seat.pk}/"
    as_hat(room.cast.coordinator).post(url, {"ordinary": room.cast.soc_2.pk})
    assert Group.objects.get(pk=room.group.pk).chair is None
    page = as_hat(room.cast.psyk).get(f"/moten/grupp/{room.group.pk}/").content.decode()
    assert "Gruppen har ingen ordförande" in page


def test_a_seat_ends_after_its_last_day_and_calls_its_people_no_more(room: Room, as_hat: AsHat) -> None:
    calls.call_meeting(by=room.cast.soc, meeting=room.meeting)
    url = f"/moten/grupp/{room.group.pk}/platser/{room.fk_seat.pk}/avsluta/"
    client = as_hat(room.cast.soc)
    assert client.post(url, {"last_on": str(TODAY() - timedelta(days=1))}).status_code == 422
    assert client.post(url, {"last_on": str(TODAY() + timedelta(days=2))}).status_code == 302
    assert GroupSeat.objects.get(pk=room.fk_seat.pk).to_on == TODAY() + timedelta(days=2)
    assert not Attendance.objects.filter(meeting=room.meeting, member=room.cast.fk).exists()
    assert as_hat(room.cast.fk).get(f"/moten/grupp/{room.group.pk}/").status_code == 200  # until then


def test_an_ended_group_cancels_what_lies_ahead_and_tells_everybody_asked(room: Room, as_hat: AsHat) -> None:
    calls.call_meeting(by=room.cast.soc, meeting=room.meeting)
    asked = asked_members(room.meeting)
    Notification.objects.all().delete()
    as_hat(room.cast.soc).post(f"/moten/grupp/{room.group.pk}/avsluta/")
    assert Meeting.objects.get(pk=room.meeting.pk).state == MeetingState.CANCELLED
    told = Notification.objects.filter(kind="meeting.cancelled").values_list("membership", flat=True)
    assert set(told) == asked - {room.cast.soc.pk} == {room.cast.psyk.pk, room.cast.fk.pk}


# ---------- pages ----------
def test_the_first_page_shows_ones_own_meetings_soonest_first_with_ones_answer(room: Room, as_hat: AsHat) -> None:
    later = make_meeting(room.group, days=20)
    other = make_group(room.cast, "Psykiatrins egen grupp")
    make_seat(other, room.cast.psyk_desk, room.cast.psyk, room.cast.psyk_2)
    hidden = make_meeting(other, days=3)
    calls.call_meeting(by=room.cast.soc, meeting=room.meeting)
    Attendance.objects.filter(meeting=room.meeting, member=room.cast.fk).update(answer=Answer.COMING)
    page = as_hat(room.cast.fk).get("/moten/").content.decode()
    assert page.index(f"/moten/{room.meeting.pk}/") < page.index(f"/moten/{later.pk}/")
    assert "Kommer" in page
    assert f"/moten/{hidden.pk}/" not in page
    assert "Psykiatrins egen grupp" not in page
    assert f"/moten/{hidden.pk}/" in as_hat(room.cast.psyk).get("/moten/").content.decode()
    assert "Inte svarat" in as_hat(room.cast.psyk).get("/moten/").content.decode()


@pytest.mark.parametrize("name", ["outsider", "soc_manager", "chair"])
def test_who_has_no_group_gets_a_calm_page(room: Room, as_hat: AsHat, name: str) -> None:
    page = as_hat(hats_of(room.cast)[name]).get("/moten/").content.decode()
    assert "Inga möten framåt" in page
    assert "Ingen grupp ännu" in page
    # The chair follows how often agencies come to it (R4).
    assert (room.group.name in page) == (name == "chair")


def test_buttons_are_shown_to_those_who_may_press_them(room: Room, as_hat: AsHat) -> None:
    for name, hat in hats_of(room.cast).items():
        page = as_hat(hat).get(f"/moten/grupp/{room.group.pk}/")
        head = as_hat(hat).get(f"/moten/{room.meeting.pk}/bit/huvud/")
        assert page.status_code == head.status_code == (200 if name in SEATED else 404), name
        for text in ("Ändra gruppen", "Nytt möte", "Lägg upp en serie"):
            assert (text in page.content.decode()) == (name in ARRANGERS), (name, text)
        for text in ("Ändra tid", "Ställ in"):
            assert (text in head.content.decode()) == (name in ARRANGERS), (name, text)


def test_a_page_has_one_filled_button(room: Room, as_hat: AsHat) -> None:
    client = as_hat(room.cast.coordinator)
    base = f"/moten/grupp/{room.group.pk}"
    for url in ("/moten/", f"{base}/", f"{base}/andra/", f"{base}/platser/", f"{base}/mote/", "/moten/grupp/ny/"):
        page = client.get(url).content.decode()
        assert page.count('class="ds-button"') - page.count('class="ds-button" data-variant') == 1, url


def test_the_lists_cost_the_same_for_one_row_and_thirty(cast: Cast, as_hat: AsHat) -> None:
    first = make_room(cast)
    client = as_hat(cast.soc)
    urls = ("/moten/", f"/moten/grupp/{first.group.pk}/")
    costs = {url: _cost(client, url) for url in urls}
    for number in range(29):
        group = make_group(cast, f"Grupp {number}")
        make_seat(group, cast.soc_desk, cast.soc, cast.soc_2)
        make_meeting(group, days=number + 8)
        make_meeting(first.group, days=number + 8)
        put_in(make_meeting(first.group, days=number + 50), MeetingState.HELD)
    for number in range(12):
        agency, desk = make_agency(f"x{number}", f"Verksamhet {number}", AgencyKind.SOCIAL_SERVICES, "Piteå")
        CooperationAgency.objects.create(cooperation=cast.cooperation, agency=agency)
        make_seat(first.group, desk, make_member(agency, f"x{number}", desk))
    assert {url: _cost(client, url) for url in urls} == costs


def _cost(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as found:
        assert client.get(url).status_code == 200
    return len(found)
