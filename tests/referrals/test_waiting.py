"""Waiting in pictures and tables: who sees it, what is counted, what is hidden, and that a picture says no more."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from referrals.models import Referral, ReferralKind, ReferralLeg
from referrals.states import AnswerScope, ReferralState, Verb
from tests.cast import SECRET_NAME, SECRET_TEXT, Cast, make_participant, make_user
from tests.referrals.journeys import bring_to, walk
from workspace.models import AuditEntry, CooperationRole, Function, Participant
from workspace.rules import Hat
from workspace.states import CooperationRoleKind, Gender

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
AsHat = Callable[[Hat], Client]
NOW = datetime(2027, 3, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)
STOCKHOLM = ZoneInfo("Europe/Stockholm")
PAGE, AGES, ANSWERS = "/bevaka/vantan/", "/bevaka/vantan/alder.svg", "/bevaka/vantan/svar.svg"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """It is NOW before anybody exists."""
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


# ---------- what is sent ----------
def person(cast: Cast, gender: str = Gender.WOMAN) -> Participant:
    found = make_participant(cast.soc_desk, first="Person")
    Participant.objects.filter(pk=found.pk).update(gender=gender)
    return found


def legs(
    cast: Cast,
    who: Participant,
    waits: Iterable[tuple[int, int | None]],
    *,
    receiver: Function | None = None,
    ended: bool = False,
) -> None:
    """Rows as the verbs leave them: (sent so many days ago, answered or ended after so many days or not yet)."""
    receiver, kind = receiver or cast.psyk_desk, ReferralKind.objects.get(pk="counselling_contact")
    for ago, after in waits:
        sent_at = NOW - ago * DAY
        until = None if after is None else sent_at + after * DAY
        referral = Referral.objects.create(
            participant=who, kind=kind, sender=cast.soc_desk, receiver=receiver, state="sent", told_state="sent",
            turn=receiver, told_turn=receiver, sent_at=sent_at,
        )  # fmt: skip
        ReferralLeg.objects.create(
            referral=referral, receiver=receiver, kind=kind, sent_at=sent_at,
            answered_at=None if ended else until, ended_at=until if ended else None,
        )  # fmt: skip


def both_sexes(cast: Cast) -> tuple[Participant, Participant]:
    """Thirty women's and twenty men's: half of the women's answered within ten days, half of the men's within forty."""
    woman, man = person(cast), person(cast, Gender.MAN)
    legs(cast, woman, [(200, 10)] * 15 + [(200, 40)] * 5 + [(200, None)] * 10)
    legs(cast, man, [(200, 20)] * 5 + [(200, 40)] * 5 + [(200, None)] * 10)
    return woman, man


# ---------- what is read ----------
def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def cells_of(row: str) -> list[str]:
    return [text_of(cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)]


def tables(client: Client, query: str = "") -> list[list[list[str]]]:
    """The tables of the page: lines of cells, heads left out."""
    bodies = re.findall(r"<tbody.*?</tbody>", client.get(PAGE + query).content.decode(), re.DOTALL)
    return [[cells_of(row) for row in re.findall(r"<tr.*?</tr>", body, re.DOTALL)] for body in bodies]


def drawn(client: Client, path: str) -> tuple[str, dict[str, list[str]]]:
    """A picture, and the values it holds, by name of series."""
    got = client.get(path)
    assert got.headers["Content-Type"] == "image/svg+xml" and "no-store" in got.headers["Cache-Control"]
    svg, ns = got.content.decode(), "{http://www.w3.org/2000/svg}"
    groups = [(g.get("class", ""), g) for g in ElementTree.fromstring(svg).iter(f"{ns}g")]
    names = [text.text or "" for kind, g in groups if kind == "legends" for text in g.iter(f"{ns}text")]
    values: dict[str, list[str]] = {}
    for number, name in enumerate(names):
        series = [g for kind, g in groups if kind.startswith(f"series serie-{number} ")]
        told = [desc.text for g in series for desc in g.iter(f"{ns}desc") if desc.get("class") == "value"]
        values[name] = [text for text in told if text]
    return svg, values


# ---------- who sees it ----------
@pytest.mark.parametrize("path", [PAGE, AGES, ANSWERS])
def test_only_those_who_follow_the_cooperation_see_it(cast: Cast, as_hat: AsHat, path: str) -> None:
    both_sexes(cast)

    def role(kind: CooperationRoleKind) -> CooperationRole:
        user = make_user(f"{kind}-waiting")
        return CooperationRole.objects.create(cooperation=cast.cooperation, user=user, role=kind)

    for hat in (cast.coordinator, cast.chair, role(CooperationRoleKind.STEERING)):
        assert as_hat(hat).get(path).status_code == 200, hat
    missing = as_hat(cast.soc).get("/finns-inte/").content
    for member in (*cast.members.values(), *cast.two_hats):
        got = as_hat(member).get(path)
        assert got.status_code == 404 and got.content[:200] == missing[:200], member
    assert as_hat(role(CooperationRoleKind.EVALUATOR)).get(path).status_code == 404
    assert Client().get(path).status_code == 302
    assert as_hat(cast.coordinator).post(path).status_code == 405


def test_another_cooperation_s_referrals_are_not_counted(cast: Cast, as_hat: AsHat) -> None:
    both_sexes(cast)
    before = tables(as_hat(cast.coordinator))
    legs(cast, person(cast), [(200, 3)] * 40 + [(20, None)] * 20, receiver=cast.outside_desk)
    legs(cast, person(cast), [(200, 3)] * 40 + [(20, None)] * 20, receiver=cast.fk_desk)
    Referral.objects.filter(receiver=cast.fk_desk).update(sender=cast.outside_desk)
    assert tables(as_hat(cast.coordinator)) == before


def test_no_person_and_no_text_is_on_the_page_and_nothing_is_logged(cast: Cast, as_hat: AsHat) -> None:
    both_sexes(cast)
    bring_to(cast, ReferralState.SENT, follow_up=True)
    client, before = as_hat(cast.coordinator), AuditEntry.objects.count()
    shown = "".join(client.get(path).content.decode() for path in (PAGE, AGES, ANSWERS))
    assert not [word for word in (SECRET_NAME, SECRET_TEXT, "Åström", "Samtals", "R-1", "1984") if word in shown]
    assert AuditEntry.objects.count() == before


# ---------- what is counted ----------
def test_what_the_verbs_leave_is_counted_as_the_sender_knows_it(
    cast: Cast, as_hat: AsHat, clock: time_machine.Traveller
) -> None:
    """Five answered after twenty days, five recalled after ten, and five with a receiver that answers silently."""
    answered = [bring_to(cast, ReferralState.ACCEPTED) for _ in range(5)]
    silent = [bring_to(cast, ReferralState.ACCEPTED, scope=AnswerScope.NONE) for _ in range(5)]
    recalled = [bring_to(cast, ReferralState.SENT) for _ in range(5)]
    clock.move_to(NOW + 10 * DAY)
    for referral in recalled:
        walk(cast, referral, Verb.RECALL)
    clock.move_to(NOW + 20 * DAY)
    for referral in answered:
        walk(cast, referral, Verb.DECIDE)
    for referral in silent:
        walk(cast, referral, Verb.DECIDE, scope=AnswerScope.NONE)
    clock.move_to(NOW + 60 * DAY)
    ages, answers, _ = tables(as_hat(cast.coordinator))
    assert ages == [["Vuxenpsykiatrin Piteå", "0", "0", "5", "0", "5"], ["Alla mottagare", "0", "0", "5", "0", "5"]]
    # Ten were still waiting on day 20: five of ten, not five of fifteen.
    assert answers[-1] == ["Totalt", "15", "5", "5", "5", "20", "0 %", "50 %", "för tidigt"]


def test_an_age_is_whole_days_in_stockholm(cast: Cast, as_hat: AsHat) -> None:
    """Two minutes apart, before and after midnight there: 15 days and 14."""
    who, midnight = person(cast), datetime(2027, 2, 24, tzinfo=STOCKHOLM)
    for sent_at in (midnight - timedelta(minutes=1), midnight + timedelta(minutes=1)):
        legs(cast, who, [(0, None)] * 6)
        ReferralLeg.objects.filter(sent_at=NOW).update(sent_at=sent_at)
    for ago in (30, 31, 90, 91):
        legs(cast, who, [(ago, None)] * 5)
    assert tables(as_hat(cast.coordinator))[0][-1] == ["Alla mottagare", "6", "11", "10", "5", "32"]


def test_women_men_and_all_have_their_median_and_shares(cast: Cast, as_hat: AsHat) -> None:
    both_sexes(cast)
    client = as_hat(cast.coordinator)
    answers = tables(client)[1]
    assert answers == [
        ["Kvinnor", "30", "20", "10", "0", "10", "50 %", "50 %", "67 %"],
        ["Män", "20", "10", "10", "0", "40", "0 %", "25 %", "50 %"],
        ["Totalt", "50", "30", "20", "0", "40", "30 %", "40 %", "60 %"],
    ]
    assert "<h1>Hälften får svar inom 40 dagar</h1>" in client.get(PAGE).content.decode()


def test_a_median_that_is_not_reached_says_so(cast: Cast, as_hat: AsHat) -> None:
    legs(cast, person(cast), [(100, 5)] * 6 + [(100, None)] * 9)
    client = as_hat(cast.coordinator)
    assert tables(client)[1][-1][1:] == ["15", "6", "9", "0", "ännu inte nådd", "40 %", "40 %", "40 %"]
    assert "<h1>Mindre än hälften har fått svar</h1>" in client.get(PAGE).content.decode()


def test_two_periods_share_no_referral_and_what_is_open_is_shown_however_old(cast: Cast, as_hat: AsHat) -> None:
    who, client = person(cast), as_hat(cast.coordinator)
    legs(cast, who, [(364, 5)] * 11 + [(366, 7)] * 12 + [(729, 7)] * 5 + [(800, 9)] * 13 + [(800, None)] * 6)
    assert tables(client)[1][-1][1] == "11"
    assert tables(client, "?period=24")[1][-1][1] == "17"
    assert tables(client, "?period=skräp") == tables(client)
    assert [tables(client, query)[0][-1][4:] for query in ("", "?period=24")] == [["6", "6"]] * 2


def test_of_very_many_the_newest_are_counted_and_the_page_says_so(cast: Cast, as_hat: AsHat) -> None:
    who = person(cast)
    legs(cast, who, [(300, 10)] * 7)
    leg = ReferralLeg(referral=Referral.objects.latest("pk"), receiver=cast.psyk_desk, sent_at=NOW - 200 * DAY)
    many = [
        ReferralLeg(referral=leg.referral, receiver=leg.receiver, position=n, sent_at=leg.sent_at)
        for n in range(2, 20_002)
    ]
    ReferralLeg.objects.bulk_create(many, batch_size=2_000)
    client = as_hat(cast.coordinator)
    assert tables(client)[1][-1][1:4] == ["20000", "0", "20000"]
    assert "De 20\xa0000 som skickades senast är räknade." in client.get(PAGE).content.decode()


# ---------- what is hidden ----------
def test_a_small_count_is_hidden_with_what_would_tell_it(cast: Cast, as_hat: AsHat) -> None:
    who = person(cast)
    legs(cast, who, [(5, None)] * 3 + [(40, None)] * 9)
    legs(cast, who, [(5, None)] * 7 + [(40, None)] * 8, receiver=cast.fk_desk)
    assert tables(as_hat(cast.coordinator))[0] == [
        ["Försäkringskassan Norr", "dolt", "0", "dolt", "0", "15"],
        ["Vuxenpsykiatrin Piteå", "färre än 5", "0", "dolt", "0", "12"],
        ["Alla mottagare", "10", "0", "17", "0", "27"],
    ]
    svg, values = drawn(as_hat(cast.coordinator), AGES)
    assert values == {name: [] for name in ("0–14", "15–30", "31–90", "över 90", "dolt")}
    assert "Vuxenpsykiatrin *" in svg and "Försäkringskassan *" in svg


def test_few_are_only_told_to_be_few(cast: Cast, as_hat: AsHat) -> None:
    legs(cast, person(cast), [(5, None)] * 4)
    client = as_hat(cast.coordinator)
    assert tables(client) == []
    page = client.get(PAGE).content.decode()
    assert {client.get(path).status_code for path in (AGES, ANSWERS)} == {404}
    assert "Färre än 5 remisser väntar på svar." in page and "Färre än 5 remisser skickades under perioden." in page
    assert "<img" not in page


def test_nothing_sent_is_said_kindly(cast: Cast, as_hat: AsHat) -> None:
    page = as_hat(cast.coordinator).get(PAGE).content.decode()
    assert "Ingen remiss väntar på svar" in page and "Inga remisser skickades under perioden" in page


def test_women_and_men_are_told_both_or_neither(cast: Cast, as_hat: AsHat) -> None:
    """Nine men are too few; the women's shares and the whole's would tell theirs."""
    legs(cast, person(cast), [(200, 10)] * 10 + [(200, None)] * 20)
    legs(cast, person(cast, Gender.MAN), [(200, 20)] * 9)
    client = as_hat(cast.coordinator)
    answers = tables(client)[1]
    assert answers[0] == ["Kvinnor", "30", "10", "20", "0", *["dolt"] * 4]
    assert answers[1] == ["Män", "9", "9", "0", "0", *["för få"] * 4]
    assert answers[2][5:] == ["ännu inte nådd", "26 %", "49 %", "49 %"]
    svg, values = drawn(client, ANSWERS)
    assert list(values) == ["Totalt, hel"] and "Kvinnor" not in svg
    assert "Kurvan visar bara alla tillsammans." in client.get(PAGE).content.decode()


def test_few_of_unknown_sex_are_counted_apart_and_many_in_the_whole(cast: Cast, as_hat: AsHat) -> None:
    both_sexes(cast)
    before, nobody_knows, client = tables(as_hat(cast.coordinator))[1], person(cast, Gender.UNKNOWN), as_hat(cast.chair)
    legs(cast, nobody_knows, [(200, 3)] * 3)
    few = tables(client)[1]
    assert few == [*before, ["Uppgift saknas, ej i totalt", "färre än 5", *["räknas bara"] * 7]]
    legs(cast, nobody_knows, [(200, 3)] * 7)
    many = tables(client)[1]
    assert [row[0] for row in many] == ["Kvinnor", "Män", "Uppgift saknas", "Totalt"]
    assert many[2][1:] == ["10", "10", "0", "0", *["räknas bara"] * 4] and many[3][1:3] == ["60", "40"]


def test_no_share_tells_a_hidden_number_of_answers(cast: Cast, as_hat: AsHat) -> None:
    """Two ended without an answer, so the answers are hidden: a share by a late day would tell both."""
    who = person(cast)
    legs(cast, who, [(300, 10)] * 12 + [(300, 80)] * 8 + [(300, None)] * 10)
    legs(cast, who, [(300, 100)] * 2, ended=True)
    row = tables(as_hat(cast.coordinator))[1][-1]
    assert row == ["Totalt", "32", "dolt", "10", "färre än 5", "dolt", "38 %", "38 %", "dolt"]


# ---------- pictures ----------
def test_the_pictures_hold_the_tables_numbers(cast: Cast, as_hat: AsHat) -> None:
    both_sexes(cast)
    legs(cast, person(cast), [(5, None)] * 7 + [(50, None)] * 8 + [(300, None)] * 9, receiver=cast.fk_desk)
    client = as_hat(cast.coordinator)
    ages, _, days = tables(client)
    _, bars = drawn(client, AGES)
    for place, name in enumerate(("0–14", "15–30", "31–90", "över 90")):
        numbers = [row[place + 1] for row in reversed(ages[:-1])]
        assert bars[name] == [number for number in numbers if number != "0"], name
    _, curves = drawn(client, ANSWERS)
    for place, points in enumerate(curves.values()):
        told = [f"{row[0].split()[0]}: {row[place + 1]}" for row in days if "%" in row[place + 1]]
        assert [point.replace("\xa0", " ") for point in points] == ["0: 0 %", *told]


def test_the_pictures_are_plain_images_without_script_or_foreign_address(cast: Cast, as_hat: AsHat) -> None:
    both_sexes(cast)
    client = as_hat(cast.coordinator)
    for path in (AGES, ANSWERS):
        svg, _ = drawn(client, path)
        assert set(re.findall(r"https?://[^\s\"'<]*", svg)) <= {
            "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink",
        }  # fmt: skip
        assert not re.search(r"<script|<!--|@import|url\(|xml-stylesheet|\son\w+=|href", svg)
    page = client.get(PAGE).content.decode()
    alternatives = re.findall(r'<img class="picture" src="([^"]+)" alt="([^"]+)">', page)
    assert [path for path, _ in alternatives] == [AGES, f"{ANSWERS}?period=12"]
    assert "20 är öppna. Väntat över 90 dagar: 20." in alternatives[0][1]
    assert "Totalt 30 % inom 14 dagar, 40 % inom 30 dagar och 60 % inom 90 dagar." in alternatives[1][1]


def test_thirty_referrals_take_as_many_questions_as_one(cast: Cast, as_hat: AsHat) -> None:
    client, who = as_hat(cast.coordinator), person(cast)

    def questions() -> list[int]:
        found = []
        for path in (PAGE, AGES, ANSWERS):
            with CaptureQueriesContext(connection) as asked:
                client.get(path)
            found.append(len(asked))
        return found

    legs(cast, who, [(20, None)])
    few = questions()
    legs(cast, who, [(20, None)] * 14 + [(50, 5)] * 15)
    assert questions() == few
