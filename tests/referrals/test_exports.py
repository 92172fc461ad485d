"""Lists as files: the rows of the page for that reader, nothing a spreadsheet would run, logged as the page is."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from referrals.models import Referral, ReferralKind
from referrals.states import ReferralState
from tests.cast import SECRET_NAME, SECRET_TEXT, Cast, draft, make_participant, sent
from tests.referrals.journeys import bring_to
from workspace.models import AuditEntry, Participant
from workspace.rules import Hat
from workspace.tables import Table, as_csv, as_xlsx

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]
S = ReferralState
TODAY = timezone.localdate()


def sheet(content: bytes) -> list[list[Any]]:
    rows = load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(values_only=True)
    return [list(row) for row in rows]


def midnight(day: date) -> datetime:
    """A day as a spreadsheet has it."""
    return datetime.combine(day, datetime.min.time())


def lines(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def xlsx(client: Client, path: str = "/remisser/lista.xlsx") -> list[list[Any]]:
    """The rows under the heading."""
    return sheet(client.get(path).content)[1:]


# ---------- the member's list ----------
def test_the_list_has_the_rows_of_the_page_for_the_sender_with_real_days(cast: Cast, as_hat: AsHat) -> None:
    referral, due = sent(cast), TODAY + timedelta(days=9)
    Referral.objects.filter(pk=referral.pk).update(told_due_on=due)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=3)):
        rows = sheet(as_hat(cast.soc).get("/remisser/lista.xlsx").content)
    assert rows == [
        [
            *("Nummer", "Riktning", "Myndighet", "Ärende", "Deltagare", "Född"),
            *("Läge", "Vems tur", "Senast", "Skickad", "Väntat, dagar"),
        ],
        [
            *(referral.number, "till", "Vuxenpsykiatrin Piteå", "Samtalskontakt", f"{SECRET_NAME} Åström", 1984),
            *("Skickad", "Deras tur", midnight(due), midnight(TODAY), 3),
        ],
    ]


def test_the_receiver_gets_neither_name_nor_kind_before_it_opens(cast: Cast, as_hat: AsHat) -> None:
    referral = sent(cast)
    for form in ("xlsx", "csv"):
        content = as_hat(cast.psyk).get(f"/remisser/lista.{form}").content
        rows: list[list[Any]] = sheet(content) if form == "xlsx" else lines(content)
        assert rows[1][:6] == [
            *(referral.number, "från", "Socialtjänsten Piteå", "visas när du öppnar"),
            *([None] * 2 if form == "xlsx" else [""] * 2),
        ]
        assert rows[1][7] == "Er tur"
        assert not [word for word in (SECRET_NAME, SECRET_TEXT, "Åström", "Samtals", "1984") if word in str(rows)]


def test_the_csv_opens_right_in_swedish_excel(cast: Cast, as_hat: AsHat) -> None:
    referral, due = sent(cast), TODAY + timedelta(days=9)
    Referral.objects.filter(pk=referral.pk).update(told_due_on=due)
    got = as_hat(cast.soc).get("/remisser/lista.csv")
    assert got.content.startswith(b"\xef\xbb\xbfNummer;Riktning;Myndighet;\xc3\x84rende;")
    assert got.content.endswith(f";Skickad;Deras tur;{due};{TODAY};0\r\n".encode())
    assert got.content.count(b"\r\n") == got.content.count(b"\n") == 2
    assert got.headers["Content-Type"] == "text/csv; charset=utf-8"


def test_the_filters_of_the_page_choose_the_rows_of_the_file(cast: Cast, as_hat: AsHat) -> None:
    waiting, ended, unsent = sent(cast), bring_to(cast, S.CLOSED), draft(cast)
    client = as_hat(cast.soc)
    for query in (
        "",
        "?tur=var",
        "?tur=deras",
        "?riktning=in",
        "?lage=alla",
        "?lage=avslutade",
        "?tur=skräp",
        "?page=2",
    ):
        page = client.get(f"/remisser/{query.replace('page=2', '')}").context["rows"]
        assert [row[0] for row in xlsx(client, f"/remisser/lista.xlsx{query}")] == [r["referral"].number for r in page]
    numbers = [row[0] for row in xlsx(client, "/remisser/lista.xlsx?lage=alla")]
    assert set(numbers) == {waiting.number, ended.number, unsent.number}


def test_a_file_has_all_the_pages_and_is_logged_as_the_page_is(cast: Cast, as_hat: AsHat) -> None:
    people = [make_participant(cast.soc_desk, first=f"Person{number}") for number in range(31)]
    for person in people:
        draft(cast, person=person)
    client = as_hat(cast.soc)
    before = AuditEntry.objects.count()
    assert len(xlsx(client)) == 31
    entries = AuditEntry.objects.order_by("pk")[before:]
    assert sorted(entry.participant_id for entry in entries) == sorted(person.pk for person in people)
    assert {(entry.act, entry.what, entry.membership_id, entry.object_id) for entry in entries} == {
        ("read", "referrals", cast.soc.pk, None)
    }
    as_hat(cast.psyk).get("/remisser/lista.xlsx")
    assert AuditEntry.objects.count() == before + 31


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_thirty_rows_take_as_many_questions_as_one(cast: Cast, as_hat: AsHat, form: str) -> None:
    member, coordinator = as_hat(cast.soc), as_hat(cast.coordinator)

    def questions() -> list[int]:
        found = []
        for client, path in ((member, f"/remisser/lista.{form}"), (coordinator, f"/bevaka/lista.{form}")):
            with CaptureQueriesContext(
                connection,
            ) as asked:
                assert client.get(path).status_code == 200
            found.append(len(asked))
        return found

    first = sent(cast, follow_up=True)
    few = questions()
    legs, sections = list(first.legs.all()), list(first.legs.get().sections.all())
    events = list(first.events.all())
    for number in range(29):
        copied(first, legs[0], sections, events, make_participant(cast.soc_desk, first=f"Person{number}"))
    assert len(xlsx(member)) == len(xlsx(coordinator, "/bevaka/lista.xlsx")) == 30
    assert questions() == few


def copied(referral: Referral, leg: Any, sections: list[Any], events: list[Any], person: Participant) -> None:
    """The same referral of somebody else, as rows: sending thirty through the verbs takes seconds."""
    referral.pk, referral.participant, referral._state.adding = None, person, True
    referral.save()
    leg.pk, leg.referral, leg._state.adding = None, referral, True
    leg.save()
    for row in (*sections, *events):
        row.pk, row.leg, row._state.adding = None, leg, True
        if hasattr(row, "referral_id"):
            row.referral = referral
        row.save()


def test_more_rows_than_a_file_holds_leads_back_to_the_list_with_a_sentence(cast: Cast, as_hat: AsHat) -> None:
    row = {
        "participant": cast.person, "kind": ReferralKind.objects.first(), "sender": cast.soc_desk,
        "receiver": cast.psyk_desk, "turn": cast.soc_desk, "told_turn": cast.soc_desk,
    }  # fmt: skip
    Referral.objects.bulk_create([Referral(**row) for _ in range(5_001)], batch_size=1_000)
    client = as_hat(cast.soc)
    before = AuditEntry.objects.count()
    got = client.get("/remisser/lista.xlsx?lage=alla")
    assert (got.status_code, got.headers["Location"]) == (302, "/remisser/?lage=alla")
    assert AuditEntry.objects.count() == before
    Referral.objects.filter(state=S.DRAFT).delete()
    assert (
        "Urvalet har fler än 5 000 remisser. Så många ryms inte i en fil." in client.get("/remisser/").content.decode()
    )


# ---------- the coordinator's board ----------
def test_the_board_has_its_rows_and_no_person(cast: Cast, as_hat: AsHat) -> None:
    referral = bring_to(cast, S.SENT, follow_up=True, health="Hemlig hälsa")
    sent(cast, person=make_participant(cast.soc_desk, first="Annan"))
    client = as_hat(cast.coordinator)
    before = AuditEntry.objects.count()
    rows = sheet(client.get("/bevaka/lista.xlsx").content)
    assert [[*row[:6], *row[7:]] for row in rows] == [
        ["Nummer", "Från", "Till", "Slag", "Läge", "Vems tur", "Skickad", "Väntat, dagar"],
        [
            *(referral.number, "Socialtjänsten Piteå", "Vuxenpsykiatrin Piteå"),
            *(referral.kind.get_referral_class_display(), "Skickad", "Vuxenpsykiatrin"),
            *(midnight(TODAY), 0),
        ],
    ]
    content = client.get("/bevaka/lista.csv").content.decode()
    assert referral.number in content
    assert not [w for w in (SECRET_NAME, SECRET_TEXT, "Åström", "Samtals", "hälsa", "1984") if w in content]
    assert AuditEntry.objects.count() == before


def test_the_class_is_hidden_in_the_file_where_it_is_on_the_page(cast: Cast, as_hat: AsHat) -> None:
    sent(cast, person=make_participant(cast.soc_desk, place="Arvidsjaur"), follow_up=True)
    assert xlsx(as_hat(cast.coordinator), "/bevaka/lista.xlsx")[0][3] == "visas inte"


def test_the_filters_and_the_tab_of_the_board_choose_the_rows(cast: Cast, as_hat: AsHat) -> None:
    old, new = sent(cast, follow_up=True), bring_to(cast, S.RECEIVED, follow_up=True)

    def numbers(query: str) -> list[str]:
        return [row[0] for row in xlsx(client, f"/bevaka/lista.xlsx{query}")]

    with time_machine.travel(datetime.now(UTC) + timedelta(days=40)):
        client = as_hat(cast.coordinator)
        assert numbers("") == numbers("?urval=alla") == numbers("?vantat=30") == [old.number, new.number]
        assert numbers("?urval=veckan") == numbers("?vantat=90") == []
        assert numbers("?urval=obesvarade") == [old.number]
        assert numbers(f"?vantar_pa={cast.soc.agency_id}") == []
        assert numbers("?urval=skräp") == [old.number, new.number]


# ---------- who, and how it is sent ----------
def test_each_file_is_only_for_those_of_its_page(cast: Cast, as_hat: AsHat) -> None:
    sent(cast, follow_up=True)
    for form in ("xlsx", "csv"):
        assert as_hat(cast.coordinator).get(f"/remisser/lista.{form}").status_code == 404
        assert as_hat(cast.chair).get(f"/bevaka/lista.{form}").status_code == 404
        assert as_hat(cast.soc).get(f"/bevaka/lista.{form}").status_code == 404
        assert Client().get(f"/remisser/lista.{form}").headers["Location"].startswith("/logga-in/")
    for stranger in (cast.outsider, cast.fk, cast.soc_manager):
        assert xlsx(as_hat(stranger)) == []


def test_a_file_is_stored_by_no_browser_and_its_name_names_nobody(cast: Cast, as_hat: AsHat) -> None:
    sent(cast)
    for hat, path, name in (
        (cast.soc, "/remisser/lista", "remisser"),
        (cast.coordinator, "/bevaka/lista", "bevaka"),
    ):
        for form in ("xlsx", "csv"):
            got = as_hat(hat).get(f"{path}.{form}")
            assert got.headers["Content-Disposition"] == f'attachment; filename="{name}-{TODAY}.{form}"'
            assert "no-store" in got.headers["Cache-Control"]
            assert as_hat(hat).post(f"{path}.{form}").status_code == 405


# ---------- what a spreadsheet would run ----------
RUN = ["=1+1", "+46 70", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1+1", "＝1", '=HYPERLINK("x";"y")']
KEPT = ["Åsa", "Ek-Ström", "a=b", "", "'x", "R-1001"]


def test_a_name_that_looks_like_a_formula_is_never_run(cast: Cast, as_hat: AsHat) -> None:
    draft(cast, person=make_participant(cast.soc_desk, first='=HYPERLINK("x")', last="Ek"))
    client = as_hat(cast.soc)
    book = load_workbook(io.BytesIO(client.get("/remisser/lista.xlsx").content))
    cell = book.worksheets[0]["E2"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == ('=HYPERLINK("x") Ek', "s", True)
    assert lines(client.get("/remisser/lista.csv").content)[1][4] == '\'=HYPERLINK("x") Ek'


def test_texts_that_begin_as_formulas_are_marked_and_others_left_alone() -> None:
    table = Table("Prov", ["=rubrik", "b"], [[text, 1] for text in (*RUN, *KEPT)])
    wanted = [f"'{text}" for text in RUN] + KEPT
    assert [row[0] for row in lines(as_csv(table))[1:]] == wanted
    cells = [row[0] for row in load_workbook(io.BytesIO(as_xlsx(table))).worksheets[0].iter_rows(min_row=2)]
    # The XML of a spreadsheet knows one line end.
    assert [cell.value or "" for cell in cells] == [text.replace("\r", "\n") for text in (*RUN, *KEPT)]
    assert "f" not in {cell.data_type for cell in cells}
    assert [bool(cell.quotePrefix) for cell in cells] == [True] * len(RUN) + [False] * len(KEPT)
    assert lines(as_csv(table))[0][0] == "'=rubrik"


def test_days_moments_numbers_and_blanks_are_what_they_are_in_a_spreadsheet() -> None:
    at = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
    table = Table("Prov", ["a", "b", "c", "d", "e"], [[date(2026, 11, 5), at, 3, None, "tv\x0bå"]])
    assert sheet(as_xlsx(table))[1] == [datetime(2026, 11, 5), datetime(2026, 11, 22, 9, 30), 3, None, "två"]
    assert lines(as_csv(table))[1] == ["2026-11-05", "2026-11-22 09:30", "3", "", "tv\x0bå"]
    made = load_workbook(io.BytesIO(as_xlsx(table))).worksheets[0]
    assert (made.title, made.freeze_panes, made.auto_filter.ref) == ("Prov", "A2", "A1:E2")
    assert (made["A2"].number_format, made["A2"].is_date) == ("yyyy-mm-dd", True)


def test_an_empty_list_is_a_file_with_its_headings(cast: Cast, as_hat: AsHat) -> None:
    assert [len(sheet(as_hat(cast.fk).get("/remisser/lista.xlsx").content)), len(lines(b"a;b\r\n"))] == [1, 1]
