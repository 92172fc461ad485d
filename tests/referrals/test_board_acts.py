"""What is done from the coordinator's board: saved selections, reminders; and the steering group's page."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from notifications.models import Notification
from referrals.models import Referral, Reminder, SavedFilter
from referrals.states import AnswerScope
from referrals.states import ReferralState as S
from referrals.views.board import say_reminded
from tests.cast import SECRET_NAME, SECRET_TEXT, Cast, make_participant, make_user
from tests.referrals.boards import (
    copies,
    followed,
    link,
    page,
    rows_on,
)
from tests.referrals.journeys import bring_to
from workspace.models import AuditEntry, Cooperation, CooperationRole
from workspace.rules import Hat
from workspace.states import CooperationRoleKind

pytestmark = [pytest.mark.django_db]
AsHat = Callable[[Hat], Client]


def ago(days: int) -> datetime:
    return timezone.now() - timedelta(days=days)


# ---------- saved selections ----------
def save(client: Client, name: str, query: str = "urval=sena") -> Any:
    return client.post(f"/bevaka/urval/?{query}", {"name": name, "once": name})


@pytest.mark.embedded
def test_a_selection_is_saved_by_name_with_known_parameters_only(cast: Cast, as_hat: AsHat) -> None:
    client, psyk = as_hat(cast.coordinator), cast.psyk.agency_id
    followed(cast)
    odd = f"urval=obesvarade&vantar_pa={psyk}&slag=påhittat&kommun=999999&sok=Mira&vantat=30&efter=_9"
    got = save(client, " <b>Måndag</b> &  mer ", odd)
    assert got.status_code == 302
    saved = SavedFilter.objects.get()
    assert (saved.name, saved.query) == ("<b>Måndag</b> & mer", f"urval=obesvarade&vantar_pa={psyk}&vantat=30")
    body = page(client)
    assert "&lt;b&gt;Måndag&lt;/b&gt; &amp; mer</a>" in body
    assert "<b>Måndag" not in body
    assert f"/bevaka/?urval=obesvarade&amp;vantar_pa={psyk}&amp;vantat=30" in body


@pytest.mark.embedded
def test_a_name_used_again_replaces_and_twenty_is_the_most(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.coordinator)
    for number in range(20):
        SavedFilter.objects.create(role=cast.coordinator, name=f"Urval {number}", query="urval=alla")
    got = save(client, "Ett till")
    assert got.status_code == 422
    assert "Du har redan 20 sparade urval." in got.content.decode()
    assert save(client, "Urval 3", "urval=olost").status_code == 302
    assert SavedFilter.objects.count() == 20
    assert SavedFilter.objects.get(name="Urval 3").query == "urval=olost"
    for name, words in (("", "Skriv vad urvalet ska heta."), ("x" * 61, "för lång"), ("a\x07", "går att visa")):
        refused = save(client, name)
        assert (refused.status_code, words in refused.content.decode()) == (422, True)


@pytest.mark.embedded
def test_a_saved_selection_is_its_roles_own(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.coordinator)
    other = CooperationRole.objects.create(
        user=make_user("samo2"), cooperation=cast.cooperation, role=CooperationRoleKind.COORDINATOR
    )
    save(client, "Min måndag")
    saved = SavedFilter.objects.get()
    assert "Min måndag" not in page(as_hat(other))
    answers = [as_hat(other).post("/bevaka/urval/ta-bort/", {"filter": pk}) for pk in (saved.pk, 987654, "x", "")]
    assert {(got.status_code, got.content) for got in answers} == {(404, answers[0].content)}
    for hat in (cast.soc, cast.chair):
        for path in ("/bevaka/urval/", "/bevaka/urval/ta-bort/", "/bevaka/paminn/"):
            sent = {"name": "x", "filter": saved.pk, "text": "x", "remiss": 1}
            assert as_hat(hat).post(path, sent).status_code == 404
    assert SavedFilter.objects.count() == 1
    gone = [client.post("/bevaka/urval/ta-bort/", {"filter": saved.pk, "once": "k"}) for _ in range(2)]
    assert {(got.status_code, got.headers["Location"]) for got in gone} == {(302, "/bevaka/?urval=alla")}
    assert "Min måndag</a>" not in page(client)


def test_a_saved_selection_that_no_longer_fits_leaves_out_what_is_wrong(cast: Cast, as_hat: AsHat) -> None:
    first = followed(cast)
    for query in ("urval=borta&vantar_pa=987654", "urval=alla&slag=%00&vantat=alltid", "&&=;"):
        SavedFilter.objects.update_or_create(role=cast.coordinator, name="Gammalt", defaults={"query": query})
        client = as_hat(cast.coordinator)
        assert rows_on(page(client, link(page(client), "Gammalt"))) == [first.pk]


# ---------- reminding ----------
def remind(client: Client, rows: list[Any], text: str = "Hur går det?", once: str = "", query: str = "") -> Any:
    return client.post(f"/bevaka/paminn/?{query}", {"remiss": rows, "text": text, "once": once})


@pytest.mark.embedded
def test_many_are_reminded_at_once_and_who_is_reminded_today_is_left(cast: Cast, as_hat: AsHat) -> None:
    first = followed(cast)
    more = [one.pk for one in copies(first, 3)]
    client = as_hat(cast.coordinator)
    remind(client, [first.pk])
    page(client)
    got = remind(client, [first.pk, *more], query="urval=obesvarade&vantat=&sok=x")
    assert (got.status_code, got.headers["Location"]) == (302, "/bevaka/?urval=obesvarade")
    body = page(client, "urval=obesvarade")
    assert "3 påminda, 1 lämnad: den är redan påmind i dag." in body
    assert body.count("Påmind i dag") == 4
    assert set(Reminder.objects.values_list("text", "by_role")) == {("Hur går det?", cast.coordinator.pk)}
    told = set(
        Notification.objects.filter(kind="referral.reminded_by_coordinator").values_list("membership", flat=True)
    )
    assert told == {cast.psyk.pk, cast.psyk_2.pk}


@pytest.mark.embedded
def test_what_is_not_on_the_board_is_left_out_without_a_word(cast: Cast, as_hat: AsHat) -> None:
    first, hidden = followed(cast), bring_to(cast, S.SENT, person=make_participant(cast.soc_desk, "Annan"))
    client = as_hat(cast.coordinator)
    said = []
    for other in (hidden.pk, 987654):
        with time_machine.travel(timezone.now() + timedelta(days=len(said)), tick=False):
            client = as_hat(cast.coordinator)
            remind(client, [first.pk, other, "x", "²"])
            said.append("1 påmind." in page(client))
    assert said == [True, True]
    assert set(Reminder.objects.values_list("referral", flat=True)) == {first.pk}
    remind(client, [hidden.pk])
    assert "Ingen påmind. Det du valde finns inte längre på tavlan." in page(client)


@pytest.mark.embedded
def test_the_same_reminder_three_times_is_one(cast: Cast, as_hat: AsHat) -> None:
    first = followed(cast)
    client = as_hat(cast.coordinator)
    answers = [remind(client, [first.pk], once="samma") for _ in range(3)]
    assert {(got.status_code, got.headers["Location"]) for got in answers} == {(302, "/bevaka/?urval=alla")}
    assert Reminder.objects.values("made_on", "referral").distinct().count() == 1
    assert page(client).count("påmind.") == 1


def test_a_reminder_without_rows_or_text_or_with_too_much_keeps_what_was_chosen(cast: Cast, as_hat: AsHat) -> None:
    first = followed(cast)
    copies(first, 1)
    client = as_hat(cast.coordinator)
    for rows, text, words in (
        ([], "Hej", "Välj minst en remiss i listan."),
        ([first.pk], "", "Skriv påminnelsen."),
        ([first.pk], "x" * 501, "Texten är 1 tecken för lång."),
        ([first.pk], "a\x07b", "går att visa"),
    ):
        got = remind(client, rows, text, query="urval=alla")
        body = got.content.decode()
        assert (got.status_code, words in body) == (422, True)
        assert f'value="{first.pk}" checked' in body or not rows
        assert body.count(" checked") == len(rows)
    assert not Reminder.objects.exists()


def test_all_on_the_page_can_be_chosen_without_javascript(cast: Cast, as_hat: AsHat) -> None:
    copies(followed(cast), 31)
    client = as_hat(cast.coordinator)
    body = page(client, link(page(client, "urval=alla"), "Välj alla på sidan"))
    assert body.count(" checked") == len(rows_on(body)) == 30
    assert "30 valda" in body
    assert "Skriv inget om personen." in body


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ((4, 1, 1), "4 påminda, 1 lämnad: den är redan påmind i dag."),
        ((1, 0, 0), "1 påmind."),
        ((0, 2, 2), "Ingen påmind, 2 lämnade: de är redan påminda i dag."),
        ((3, 2, 1), "3 påminda, 2 lämnade: de är redan påminda i dag eller går inte att nå här."),
        ((3, 1, 0), "3 påminda, 1 lämnad: den går inte att nå här."),
    ],
)
def test_what_was_done_is_said(numbers: tuple[int, int, int], said: str) -> None:
    assert say_reminded(*numbers) == said


def test_reminders_reveal_nothing_that_the_sender_is_not_told(cast: Cast, as_hat: AsHat) -> None:
    silent = bring_to(cast, S.ACCEPTED, follow_up=True, scope=AnswerScope.NONE)
    body = page(as_hat(cast.coordinator), "urval=alla")
    row = body.partition(f'id="rad-{silent.pk}"')[2].partition("</tr>")[0]
    assert "Skickad" in row
    assert "Accepterad" not in row


# ---------- the steering group ----------
def test_the_steering_group_sees_disputes_as_numbers_agencies_and_days(cast: Cast, as_hat: AsHat) -> None:
    first = bring_to(cast, S.RETURNED, health=SECRET_TEXT)
    copied = followed(cast, "returned")
    Referral.objects.filter(pk=first.pk).update(disputed_at=ago(12))
    copies(copied, 1, disputed_at=ago(40))
    copies(copied, 1, disputed_at=ago(3))
    copies(copied, 1, disputed_at=ago(3), told_turn_id=None, told_state=S.CLOSED, turn_id=None, state=S.CLOSED)
    steering = CooperationRole.objects.create(
        user=make_user("styr"), cooperation=cast.cooperation, role=CooperationRoleKind.STEERING
    )
    before = AuditEntry.objects.count()
    for hat in (cast.chair, steering):
        body = as_hat(hat).get("/styrgrupp/ansvar/").content.decode()
        assert "Tre remisser har oklart ansvar. Hälften har varit oklara i 12 dagar eller mer." in body
        assert [word in body for word in (first.number, "Socialtjänsten Piteå", "Vuxenpsykiatrin Piteå")] == [True] * 3
        assert copied.number not in body
        assert body.index("40</td>") < body.index("12</td>") < body.index("3</td>")
        for gone in (SECRET_NAME, SECRET_TEXT, "Samtalskontakt", "Insats", "Återsänd", "1984", f"/remisser/{first.pk}"):
            assert gone not in body
        assert 'href="/styrgrupp/ansvar/" aria-current="page"' in body
    assert AuditEntry.objects.count() == before


def test_disputes_are_the_steering_groups_own(cast: Cast, as_hat: AsHat) -> None:
    first = bring_to(cast, S.RETURNED)
    Referral.objects.filter(pk=first.pk).update(disputed_at=ago(12))
    evaluator = CooperationRole.objects.create(
        user=make_user("folj"), cooperation=cast.cooperation, role=CooperationRoleKind.EVALUATOR
    )
    for hat in (cast.coordinator, evaluator, cast.soc, cast.psyk_manager):
        assert as_hat(hat).get("/styrgrupp/ansvar/").status_code == 404
    elsewhere = Cooperation.objects.create(name="Annan samverkan")
    foreign = CooperationRole.objects.create(
        user=make_user("annan"), cooperation=elsewhere, role=CooperationRoleKind.CHAIR
    )
    body = as_hat(foreign).get("/styrgrupp/ansvar/").content.decode()
    assert "Ingen remiss har oklart ansvar." in body
    assert first.number not in body
