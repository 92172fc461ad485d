"""What a person chooses about notices, on the page, and what it does to what they are told."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.db.models import Q
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from notifications.actions import Notice, deliver, save_choices
from notifications.models import Counter, KindChoice, Notification, QuietHours
from notifications.queries import choices_of, unread_count
from notifications.registry import all_kinds
from notifications.rules import ROLE_REMINDERS, Choice, default_choice, is_quiet, quiet_at
from notifications.states import DigestRhythm, Reader, Urgency
from tests.cast import Cast, make_member
from workspace.clocks import day_off
from workspace.errors import NotAllowed
from workspace.models import AuditEntry, Membership
from workspace.rules import Hat
from workspace.states import MemberRole

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
AsHat = Callable[[Hat], Client]
STOCKHOLM = ZoneInfo("Europe/Stockholm")
D, W, N = DigestRhythm
NEWS, KNOW, ACT = "referral.accepted", "referral.message", "referral.sent"


def form_of(client: Client) -> dict[str, str]:
    """The choices as the page shows them, as a browser would send them back."""
    form = client.get("/aviseringar/").context["form"]
    return {
        name: form[name].value() if name.startswith("mail-") else "on" for name in form.fields if form[name].value()
    }


def chosen(hat: Hat) -> dict[str, tuple[bool, str, bool]]:
    return {row.kind: (row.on_page, row.mail, row.push) for row in KindChoice.objects.filter(user=hat.user_id)}


def tell(kind: str, *members: Membership, pk: int = 7) -> None:
    deliver([Notice(kind, "R-1", pk, None, frozenset(one.pk for one in members))])


# ---------- the page ----------
def test_the_page_says_how_it_is_for_whoever_chooses_nothing(cast: Cast, as_hat: AsHat) -> None:
    page = as_hat(cast.soc).get("/aviseringar/")
    words = page.content.decode()
    groups = page.context["groups"]
    assert words.count("Inga egna val") == len(groups) >= 6
    assert words.count('<details class="notice-group">') == len(groups)
    for text in ("Remissen är beslutad", "Tysta timmar", 'value="18.00"', 'value="07.00"', "Aviseringar"):
        assert text in words
    assert "Återställ" not in words and "None" not in words


def test_saving_the_page_unchanged_chooses_nothing(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.soc)
    assert client.post("/aviseringar/", form_of(client)).status_code == 302
    assert chosen(cast.soc) == {}


def test_only_what_is_another_than_the_default_is_kept_and_going_back_forgets_it(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.soc)
    form = form_of(client)
    other = {**form, f"mail-{NEWS}": W, f"mail-{ACT}": N, f"push-{KNOW}": "on"}
    del other[f"page-{NEWS}"]
    client.post("/aviseringar/", other)
    assert chosen(cast.soc) == {NEWS: (False, W, False), ACT: (True, N, True), KNOW: (True, D, True)}
    words = client.get("/aviseringar/").content.decode()
    assert "Du har valt annat för 3 händelser" in words and "Återställ" in words
    client.post("/aviseringar/", form)
    assert chosen(cast.soc) == {}
    assert AuditEntry.objects.filter(what="notices.choose").count() == 2


def test_mail_about_all_under_a_heading_is_chosen_at_once_and_nothing_else_about_it(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.soc)
    number = client.get("/aviseringar/").context["form"].subjects.index("Protokoll")
    client.post("/aviseringar/", {**form_of(client), f"all-{number}": W})
    kinds = [kind for kind in client.get("/aviseringar/").context["form"].kinds if kind.subject == "Protokoll"]
    usual = {kind.code: default_choice(kind.urgency) for kind in kinds}
    assert len(kinds) > 1
    assert chosen(cast.soc) == {code: (choice.on_page, W, choice.push) for code, choice in usual.items()}
    wrong = client.post("/aviseringar/", {**form_of(client), f"all-{number}": "hourly"})
    assert wrong.status_code == 422 and "Välj hur ofta det ska komma mejl." in wrong.content.decode()
    assert len(chosen(cast.soc)) == len(kinds)


def test_choices_are_the_persons_in_all_their_hats_and_nobody_elses(cast: Cast, as_hat: AsHat) -> None:
    first, second = cast.two_hats
    client = as_hat(first)
    client.post("/aviseringar/", {**form_of(client), f"mail-{KNOW}": N})
    assert f'value="{N}" selected' in as_hat(second).get("/aviseringar/").content.decode()
    assert not KindChoice.objects.exclude(user=first.user_id).exists()
    tell(KNOW, second, cast.soc)
    assert unread_count(second) == unread_count(cast.soc) == 1


@pytest.mark.parametrize("path", ["", "aterstall/", "tysta-timmar/", "roll/"])
def test_only_who_is_signed_in_chooses_and_only_by_post(cast: Cast, as_hat: AsHat, path: str) -> None:
    assert Client().post(f"/aviseringar/{path}").status_code == 302
    if path:
        assert as_hat(cast.soc).get(f"/aviseringar/{path}").status_code == 405


def test_a_role_has_no_notices_and_chooses_about_its_reminders_alone(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.coordinator)
    page = client.get("/aviseringar/")
    assert page.context["groups"] == [] and "Påminnelser i samverkan" in page.content.decode()
    client.post("/aviseringar/roll/", {})
    assert chosen(cast.coordinator) == {ROLE_REMINDERS: (True, N, False)}
    client.post("/aviseringar/roll/", {"mail": "on"})
    assert chosen(cast.coordinator) == {}


@pytest.mark.parametrize("who", ["soc", "soc_manager", "psyk", "coordinator"])
def test_nobody_is_asked_about_what_never_comes_to_them(cast: Cast, as_hat: AsHat, who: str) -> None:
    hat = getattr(cast, who)
    kinds = {kind.code for kind in as_hat(hat).get("/aviseringar/").context["form"].kinds}
    other = Reader.DESK if who == "soc_manager" else Reader.MANAGER
    expected = set() if who == "coordinator" else {k.code for k in all_kinds().values() if k.reader != other}
    assert kinds == expected


def test_the_page_asks_as_much_for_one_choice_as_for_all(cast: Cast, as_hat: AsHat) -> None:
    def queries() -> int:
        client = as_hat(cast.soc)
        with CaptureQueriesContext(connection) as seen:
            client.get("/aviseringar/")
        return len(seen)

    few = queries()
    KindChoice.objects.bulk_create(
        KindChoice(user=cast.soc.user, kind=code, on_page=True, mail=W, push=True) for code in all_kinds()
    )
    assert queries() == few <= 14


# ---------- hostile ----------
def test_what_waits_for_its_reader_cannot_be_turned_off_on_the_page(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.soc)
    form = form_of(client)
    acts = [kind.code for kind in all_kinds().values() if kind.urgency == Urgency.ACT]
    assert not any(f"page-{code}" in form for code in acts)
    client.post("/aviseringar/", {**form, f"mail-{ACT}": W, f"page-{ACT}": ""})
    assert chosen(cast.soc) == {ACT: (True, W, True)}
    with pytest.raises(NotAllowed, match="väntar på dig"):
        save_choices(by=cast.soc, choices={ACT: Choice(False, D, True)})
    KindChoice.objects.update(on_page=False)  # as if an older version had let them
    tell(ACT, cast.soc)
    assert unread_count(cast.soc) == 1


def test_unknown_kinds_in_a_form_choose_nothing(cast: Cast, as_hat: AsHat) -> None:
    bad = {"mail-finns.inte": N, "push-finns.inte": "on", "mail-": N, "mail-referral.overdue_manager": N, "x": "y"}
    assert as_hat(cast.soc).post("/aviseringar/", bad).status_code == 302
    assert chosen(cast.soc) == {}  # a manager's kind is none of a caseworker's
    with pytest.raises(NotAllowed):
        save_choices(by=cast.soc, choices={"finns.inte": Choice(True, N, False)})


@pytest.mark.parametrize("value", ["hourly", "", "DAILY", "daily\x00", "x" * 10_000])
def test_a_rhythm_that_is_none_is_said_at_its_place_and_keeps_the_rest(cast: Cast, as_hat: AsHat, value: str) -> None:
    client = as_hat(cast.soc)
    page = client.post("/aviseringar/", {**form_of(client), f"mail-{KNOW}": value, f"push-{NEWS}": "on"})
    words = page.content.decode()
    assert page.status_code == 422 and "Välj hur ofta" in words and '<details class="notice-group" open>' in words
    assert page.context["form"][f"push-{NEWS}"].value() is True
    assert chosen(cast.soc) == {}


def test_a_thousand_fields_are_refused_and_never_break_anything(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.soc)
    few = {f"mail-x{number}": D for number in range(100)}
    assert client.post("/aviseringar/", few).status_code == 302
    assert client.post("/aviseringar/", {f"mail-x{number}": D for number in range(1000)}).status_code == 400
    assert chosen(cast.soc) == {}


def test_the_form_has_room_for_more_kinds_than_there_are(cast: Cast, as_hat: AsHat, settings: Settings) -> None:
    make_member(cast.soc.agency, cast.soc.user, None, MemberRole.MANAGER)
    form = as_hat(cast.soc).get("/aviseringar/").context["form"]
    assert len(form.fields) * 1.5 < settings.DATA_UPLOAD_MAX_NUMBER_FIELDS


def test_the_same_form_sent_three_times_is_one_act(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.soc)
    for _ in range(3):
        client.post("/aviseringar/", {f"mail-{KNOW}": N, "once": "samma"})
        client.post("/aviseringar/aterstall/", {"once": "annan"})
    assert AuditEntry.objects.filter(what="notices.choose").count() == 1
    assert AuditEntry.objects.filter(what="notices.reset").count() == 1


# ---------- quiet hours ----------
@pytest.mark.parametrize(
    ("begins", "ends", "kept"),
    [
        ("18", "7", (18, 0, 7, 0)),
        ("17.30", "06:45", (17, 30, 6, 45)),
        ("2200", "0500", (22, 0, 5, 0)),
        ("8", "8", (8, 0, 8, 0)),
    ],
)
def test_quiet_hours_are_taken_in_the_ways_people_write_them(
    cast: Cast, as_hat: AsHat, begins: str, ends: str, kept: tuple[int, ...]
) -> None:
    as_hat(cast.soc).post("/aviseringar/tysta-timmar/", {"begins": begins, "ends": ends})
    row = QuietHours.objects.get(user=cast.soc.user)
    assert (row.begins.hour, row.begins.minute, row.ends.hour, row.ends.minute) == kept and not row.days_off


@pytest.mark.parametrize("bad", ["25", "24.00", "18.60", "kväll", "-1", "1e3", "", "18\x0000", "٣", "9" * 5000])
def test_times_that_are_none_are_said_and_nothing_is_lost(cast: Cast, as_hat: AsHat, bad: str) -> None:
    page = as_hat(cast.soc).post("/aviseringar/tysta-timmar/", {"begins": "19.30", "ends": bad, "days_off": "on"})
    assert page.status_code == 422 and not QuietHours.objects.exists()
    words = page.content.decode()
    assert 'value="19.30"' in words and ("är ingen tid" in words or "Skriv när" in words)


def test_somebody_always_has_an_hour_a_day_in_which_mail_can_come(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.soc)
    page = client.post("/aviseringar/tysta-timmar/", {"begins": "07.30", "ends": "07.00"})
    assert "Lämna minst en timme" in page.content.decode() and not QuietHours.objects.exists()
    client.post("/aviseringar/tysta-timmar/", {"begins": "08.00", "ends": "07.00"})
    assert QuietHours.objects.exists()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=STOCKHOLM)


@pytest.mark.parametrize(
    ("moment", "quiet"),
    [
        ("2027-03-01T06:59", True), ("2027-03-01T07:00", False), ("2027-03-01T17:59", False),
        ("2027-03-01T18:00", True), ("2027-03-02T00:00", True), ("2027-03-06T12:00", True),
        ("2027-03-26T12:00", True), ("2027-06-25T12:00", True),
    ],
)  # fmt: skip
def test_who_has_chosen_nothing_is_left_in_peace_at_night_and_on_days_off(moment: str, quiet: bool) -> None:
    assert is_quiet(None, at(moment)) is quiet


def test_quiet_hours_follow_the_wall_clock_on_the_nights_when_it_changes() -> None:
    night = QuietHours(begins=time(2, 30), ends=time(3, 30), days_off=False)
    utc = ZoneInfo("UTC")
    spring = [datetime(2027, 3, 28, 0, 45, tzinfo=utc) + timedelta(minutes=30 * n) for n in range(4)]
    assert [timezone.localtime(one).hour for one in spring] == [1, 3, 3, 4]
    assert [is_quiet(night, one) for one in spring] == [False, True, False, False]
    autumn = [datetime(2027, 10, 30, 23, 45, tzinfo=utc) + timedelta(minutes=60 * n) for n in range(4)]
    assert [timezone.localtime(one).hour for one in autumn] == [1, 2, 2, 3]
    assert [is_quiet(night, one) for one in autumn] == [False, True, True, False]


def test_the_database_and_python_agree_on_who_is_quiet_at_any_moment(cast: Cast) -> None:
    spans = [(18, 7), (7, 18), (0, 0), (0, 23), (23, 0), (12, 12), (2, 3)]
    users = [member.user for member in cast.members.values()][: len(spans)]
    rows = []
    for (begins, ends), user in zip(spans, users, strict=True):
        rows.append(
            QuietHours.objects.create(user=user, begins=time(begins), ends=time(ends), days_off=begins % 2 == 0)
        )
    for hours in range(0, 24 * 8):
        for minutes in (0, 1, 59):
            moment = at("2027-03-25T00:00") + timedelta(hours=hours, minutes=minutes)
            found = set(QuietHours.objects.filter(quiet_at(moment)).values_list("pk", flat=True))
            assert found == {row.pk for row in rows if is_quiet(row, moment)}, moment
    assert day_off(at("2027-03-26T00:00").date())


# ---------- what a choice does ----------
def test_what_is_turned_off_is_told_as_read_and_leaves_no_gap(cast: Cast) -> None:
    save_choices(by=cast.soc, choices={KNOW: Choice(False, N, False)})
    for kind in (NEWS, KNOW, ACT, KNOW, NEWS):
        tell(kind, cast.soc, cast.soc_2)
    for member, unread in ((cast.soc, 3), (cast.soc_2, 5)):
        rows = Notification.objects.filter(membership=member).order_by("seq")
        assert [row.seq for row in rows] == [1, 2, 3, 4, 5] and unread_count(member) == unread
        assert [row.urgency for row in rows] == [all_kinds()[row.kind].urgency for row in rows]
    assert set(Notification.objects.filter(read_at__isnull=False).values_list("kind", "membership")) == {
        (KNOW, cast.soc.pk)
    }


def test_delivering_asks_as_much_for_thirty_as_for_one(cast: Cast) -> None:
    crowd = [make_member(cast.psyk.agency, f"manga{number}", cast.psyk_desk) for number in range(30)]
    for member in crowd[::3]:
        KindChoice.objects.create(user=member.user, kind=KNOW, on_page=False, mail=N, push=False)
    tell(NEWS, *crowd)

    def queries(*members: Membership) -> int:
        with CaptureQueriesContext(connection) as seen:
            tell(KNOW, *members)
        return len(seen)

    assert queries(crowd[0]) == queries(*crowd) <= 7
    assert Counter.objects.filter(Q(last_seq=2) | Q(last_seq=3)).count() == 30


def test_choices_of_many_people_are_one_question(cast: Cast, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    save_choices(by=cast.soc, choices={KNOW: Choice(True, W, True)})
    users = [member.user_id for member in cast.members.values()]
    with django_assert_num_queries(1):
        found = choices_of(users, [*all_kinds()])
    assert len(found) == len(set(users)) * len(all_kinds())
    assert found[cast.soc.user_id, KNOW] == Choice(True, W, True)
    assert found[cast.psyk.user_id, KNOW] == default_choice(Urgency.KNOW)


def test_resetting_forgets_every_choice_and_no_other_persons(cast: Cast, as_hat: AsHat) -> None:
    for member in (cast.soc, cast.psyk):
        save_choices(by=member, choices={KNOW: Choice(False, N, False)})
        QuietHours.objects.create(user=member.user)
    as_hat(cast.soc).post("/aviseringar/aterstall/", {})
    assert chosen(cast.soc) == {} and chosen(cast.psyk) != {}
    assert list(QuietHours.objects.values_list("user", flat=True)) == [cast.psyk.user_id]


def test_a_manager_with_a_desk_hat_too_chooses_about_both(cast: Cast, as_hat: AsHat) -> None:
    make_member(cast.soc.agency, cast.psyk.user, None, MemberRole.MANAGER)
    found: Any = as_hat(cast.psyk).get("/aviseringar/").context["form"].kinds
    assert {kind.code for kind in found} == set(all_kinds())
