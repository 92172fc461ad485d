"""«För till akt»: a tagged PDF of exactly what this side may see, and an act that is written down (L40, L41)."""

import io
import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from referrals import actions
from referrals.models import Referral
from referrals.states import AnswerScope, Outcome, ReferralState, SupplementCode
from tests.cast import SECRET_NAME, SECRET_TEXT, Cast, draft, make_cast
from tests.referrals.journeys import bring_to, footprint, withdraw
from workspace.models import AuditEntry, Participant
from workspace.papers import NOWHERE, NotOurs, make_pdf, own_file
from workspace.rules import Hat

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]
S = ReferralState
SECRETS = (
    SECRET_NAME,
    SECRET_TEXT,
    "Åström",
    "Samtalskontakt",
    "070-000",
    "Hemlig hälsa",
    "Samtycke",
    "Piteå. Muntligt",
)


def file(client: Client, referral: Referral) -> Any:
    return client.post(f"/remisser/{referral.pk}/till-akt/")


def reader(got: Any) -> PdfReader:
    assert (got.status_code, got.headers["Content-Type"]) == (200, "application/pdf")
    return PdfReader(io.BytesIO(got.content))


def text_of(got: Any) -> str:
    """All that the paper says, without line breaks."""
    return " ".join(" ".join(page.extract_text() for page in reader(got).pages).split())


def leaked(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text]


# ---------- what it says ----------
def test_the_sender_gets_everything_of_its_own_on_paper(db: None, as_hat: AsHat) -> None:
    with time_machine.travel(datetime(2026, 11, 5, 9, 0, tzinfo=UTC)):
        cast = make_cast()
        referral = bring_to(cast, S.ACCEPTED, health="Hemlig hälsa: å ä ö Å Ä Ö, Ánte Čáppa, Gáppa, Åŋŧa")
        actions.decide_referral(by=cast.psyk, referral=referral, outcome=Outcome.PARTLY, text="Vi börjar i maj.")
    Referral.objects.filter(pk=referral.pk).update(workbook_number="R042")
    with time_machine.travel(datetime(2026, 11, 22, 13, 5, tzinfo=UTC)):
        text = text_of(file(as_hat(cast.soc), referral))
    for words in (
        f"Remiss {referral.number}",
        f"Vårt nummer i Samverkansrum {referral.number}",
        "Nummer i arbetsboken R042",
        "Diarienummer hos oss ______________",
        "Avsändare Socialtjänsten Piteå",
        "Mottagare Vuxenpsykiatrin Piteå",
        f"Gäller {SECRET_NAME} Åström, född 1984, Piteå",
        "Skickad 5 nov. 2026",
        "Läge Delvis beviljad",
        "Grund: Samtycke. Personen har sagt ja, och vet till vad (OSL 12:2, 10:1).",
        "Skriftligt",
        f"Vad vi frågar {SECRET_TEXT} Vuxenpsykiatrin får läsa till och med 4 maj 2027.",
        "Hälsa Hemlig hälsa: å ä ö Å Ä Ö, Ánte Čáppa, Gáppa, Åŋŧa",
        "Svar från Vuxenpsykiatrin Vi börjar i maj.",
        "5 nov. 2026, 10.00. Socialtjänsten skickade remissen. Soc Testsson.",
        "Vuxenpsykiatrin beslutade: Delvis beviljad. Psyk Testsson. ”Vi börjar i maj.”",
        "Framtagen ur Samverkansrum 22 nov. 2026, 14.05 av Soc Testsson, Socialtjänsten Piteå.",
        "Sida 1 av ",
    ):
        assert words in text, (words, text)
    assert "i dag" not in text and "i går" not in text


def test_the_receiver_gets_what_it_may_read_and_not_the_senders_own(cast: Cast, as_hat: AsHat) -> None:
    referral = bring_to(cast, S.RECEIVED, health="Hemlig hälsa")
    withdraw(cast, "health")
    Referral.objects.filter(pk=referral.pk).update(workbook_number="R042")
    text = text_of(file(as_hat(cast.psyk), referral))
    for words in (SECRET_NAME, SECRET_TEXT, "Samtalskontakt", "Vi får läsa till och med", "Vad de frågar"):
        assert words in text, words
    for words in ("Hemlig hälsa", "R042", "Skriftligt", "började skriva"):
        assert words not in text, words
    assert "Vuxenpsykiatrin kunde läsa till" in text_of(file(as_hat(cast.soc), referral))


def test_the_receiver_gets_nothing_of_the_person_after_the_withdrawal_but_its_own_writing(
    cast: Cast, as_hat: AsHat
) -> None:
    referral = bring_to(cast, S.ACCEPTED, health="Hemlig hälsa")
    actions.decide_referral(by=cast.psyk, referral=referral, outcome=Outcome.GRANTED, text="Vårt eget svar")
    withdraw(cast, "identity", "question", "health")
    text = text_of(file(as_hat(cast.psyk), referral))
    assert leaked(text.replace("Samtycket är återkallat", "")) == []
    for words in (referral.number, "Socialtjänsten Piteå", "Åtkomsten upphörde", "Vårt eget svar", "Psyk Testsson"):
        assert words in text, words
    entry = AuditEntry.objects.filter(membership_id=cast.psyk.pk, what="referral", act="read")
    assert not entry.exists()


def test_what_was_added_and_written_on_the_way_stands_under_its_own_heading(cast: Cast, as_hat: AsHat) -> None:
    referral = bring_to(cast, S.ACCEPTED, health="Hemlig hälsa")
    code = SupplementCode.BACKGROUND
    actions.ask_supplement(by=cast.psyk, referral=referral, code=code, text="Hur är det hemma?")
    actions.supplement_referral(by=cast.soc, referral=referral, texts={"health": "Tillagd hälsa"})
    actions.write_message(by=cast.soc, referral=referral, category="question", text="Ring före elva")
    actions.write_message(by=cast.psyk, referral=referral, category="answer", text="Vi ringer i morgon")
    actions.write_agency_note(by=cast.soc, referral=referral, text="Bara för oss")
    for hat, own in ((cast.soc, True), (cast.psyk, False)):
        text = text_of(file(as_hat(hat), referral))
        for words in ("Komplettering Hälsa, ", "Tillagd hälsa", "Meddelanden Socialtjänsten, ", "Ring före elva"):
            assert words in text, words
        assert "Vuxenpsykiatrin bad om komplettering" in text
        assert f"Vi ringer i morgon {'Vi' if own else 'Socialtjänsten'} får läsa till och med" in text
        assert "Bara för oss" not in text
    withdraw(cast, "health")
    text = text_of(file(as_hat(cast.psyk), referral))
    assert "Tillagd hälsa" not in text and "Hemlig hälsa" not in text and "Ring före elva" in text
    text = text_of(file(as_hat(cast.soc), referral))
    assert "Tillagd hälsa Vuxenpsykiatrin kunde läsa till" in text
    assert "Ring före elva Vuxenpsykiatrin får läsa till" in text


def test_access_that_has_run_out_leaves_the_text_off_the_paper(cast: Cast, as_hat: AsHat) -> None:
    referral = bring_to(cast, S.RECEIVED, health="Hemlig hälsa")
    with time_machine.travel(datetime.now(UTC) + timedelta(days=200)):
        text = text_of(file(as_hat(cast.psyk), referral))
    assert leaked(text.replace("Samtycket har gått ut", "")) == []
    assert "Samtycket har gått ut" in text


def test_a_silent_receivers_steps_stand_on_no_paper_of_the_senders(cast: Cast, as_hat: AsHat) -> None:
    referral = bring_to(cast, S.DECIDED, scope=AnswerScope.NONE)
    text = text_of(file(as_hat(cast.soc), referral))
    for words in ("tog emot", "accepterade", "beslutade", "Beviljad", "Psyk", "Beslutad"):
        assert words not in text, words
    assert "Läge Skickad" in text
    own = text_of(file(as_hat(cast.psyk), referral))
    assert "Läge Beviljad" in own and "Vuxenpsykiatrin beslutade: Beviljad" in own


def test_what_the_paper_says_stands_on_the_page(cast: Cast, as_hat: AsHat) -> None:
    """Whatever is secret and stands on the paper also stands on the page, on each side, in every state."""
    for state in S:
        if state != S.DRAFT:
            referral = bring_to(cast, state, health="Hemlig hälsa", scope=AnswerScope.STATUS)
            for hat in (cast.soc, cast.psyk):
                client = as_hat(hat)
                page = client.get(f"/remisser/{referral.pk}/").content.decode()
                paper = without_pdf(client, referral)
                assert [word for word in leaked(paper) if word not in page] == [], (state, hat)


def without_pdf(client: Client, referral: Referral) -> str:
    """The same page as HTML, which is quick."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "weasyprint", None)
        content: str = file(client, referral).content.decode()
    return content


def test_others_get_the_answer_of_what_does_not_exist(cast: Cast, as_hat: AsHat) -> None:
    referral = bring_to(cast, S.SENT, follow_up=True)
    before = footprint()
    for hat in (cast.outsider, cast.fk, cast.coordinator, cast.chair, cast.soc_manager, cast.psyk_manager):
        client = as_hat(hat)
        hidden, missing = file(client, referral), client.post("/remisser/987654/till-akt/")
        assert hidden.status_code == missing.status_code == 404
        assert hidden.content == missing.content
    assert footprint() == before
    assert as_hat(cast.soc).get(f"/remisser/{referral.pk}/till-akt/").status_code == 405


# ---------- an act that is written down ----------
def test_filing_is_one_act_and_one_read_and_changes_nothing_else(cast: Cast, as_hat: AsHat) -> None:
    referral = bring_to(cast, S.RECEIVED)
    client, before, entries = as_hat(cast.psyk), footprint(referral), AuditEntry.objects.count()
    file(client, referral)
    written = AuditEntry.objects.order_by("pk")[entries:]
    assert [(e.act, e.what, e.object_id, e.participant_id, e.membership_id) for e in written] == [
        ("write", "referral.filed", referral.pk, cast.person.pk, cast.psyk.pk),
        ("read", "referral", referral.pk, cast.person.pk, cast.psyk.pk),
    ]
    assert footprint(referral) == {**before, "AuditEntry": before["AuditEntry"] + 2}


def test_a_draft_that_was_never_sent_is_no_paper(cast: Cast, as_hat: AsHat) -> None:
    referral = draft(cast)
    before = footprint(referral)
    got = file(as_hat(cast.soc), referral)
    assert got.status_code == 403
    assert "Den kan föras till akten när den är skickad." in got.content.decode()
    assert footprint(referral) == before


def test_the_name_of_the_file_names_nobody_and_no_browser_stores_it(cast: Cast, as_hat: AsHat) -> None:
    referral = bring_to(cast, S.SENT)
    got = file(as_hat(cast.soc), referral)
    name = f"remiss-{referral.number}-{timezone.localdate()}.pdf"
    assert got.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert "no-store" in got.headers["Cache-Control"]


# ---------- the paper itself ----------
def test_the_pdf_is_tagged_swedish_titled_and_numbers_its_pages(
    cast: Cast, as_hat: AsHat, caplog: pytest.LogCaptureFixture
) -> None:
    referral = bring_to(cast, S.SENT, health="Långt.\n\n" * 200)
    pdf = reader(file(as_hat(cast.soc), referral))
    assert [record.getMessage() for record in caplog.records if record.name == "weasyprint"] == []
    catalog: Any = pdf.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"] == True  # noqa: E712 - pypdf's own kind of boolean
    assert catalog["/Lang"] == "sv"
    assert catalog["/ViewerPreferences"]["/DisplayDocTitle"] == True  # noqa: E712
    assert tags(catalog["/StructTreeRoot"]) >= {"/Document", "/H1", "/H2", "/H3", "/P", "/L", "/LI"}
    assert pdf.metadata is not None
    assert pdf.metadata.title == f"Remiss {referral.number}"
    assert b"pdfuaid:part" in (pdf.xmp_metadata.stream.get_data() if pdf.xmp_metadata else b"")
    pages = [page.extract_text() for page in pdf.pages]
    assert len(pages) > 2
    assert [f"Sida {number} av {len(pages)}" in text for number, text in enumerate(pages, start=1)] == [True] * len(
        pages
    )
    fonts = {str(font.get_object()["/BaseFont"]) for page in pdf.pages for font in page["/Resources"]["/Font"].values()}
    assert fonts and all("+Paper" in font for font in fonts), fonts


def tags(node: Any) -> set[str]:
    """The kinds of structure in a tagged PDF."""
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, list):
        return set().union(*map(tags, node)) if node else set()
    if not hasattr(node, "get"):
        return set()
    found = {str(node["/S"])} if "/S" in node else set()
    return found | (tags(node["/K"]) if "/K" in node else set())


def test_what_somebody_typed_is_text_and_never_markup(cast: Cast, as_hat: AsHat) -> None:
    Participant.objects.filter(pk=cast.person.pk).update(last_name='<img src="file:///etc/hostname">')
    referral = bring_to(cast, S.SENT)
    assert "född 1984" in text_of(file(as_hat(cast.soc), referral))
    assert "<img src=" in text_of(file(as_hat(cast.soc), referral))


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "https://example.se/static/css/case_file.css",
        "http://samverkansrum.invalid/static/css/case_file.css",
        f"{NOWHERE}/static/../workspace/settings.py",
        f"{NOWHERE}/static/css/%2e%2e/%2e%2e/settings.css",
        f"{NOWHERE}/static/js/live.js",
        f"{NOWHERE}/static/css/finns-inte.css",
        f"{NOWHERE}/remisser/1/",
        "data:text/css,p{}",
    ],
)
def test_a_paper_fetches_nothing_but_our_own_styles_and_fonts(address: str) -> None:
    with pytest.raises(NotOurs):
        own_file(address)


def test_a_paper_with_foreign_parts_is_made_without_them(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, logger="weasyprint"):
        made = make_pdf(
            '<html lang="sv"><title>t</title><link rel="stylesheet" href="https://127.0.0.1:1/x.css">'
            '<img alt="a" src="file:///etc/passwd"><p>Text</p></html>'
        )
    assert made is not None
    assert "Text" in PdfReader(io.BytesIO(made)).pages[0].extract_text()
    refused = [record.getMessage() for record in caplog.records]
    assert len([message for message in refused if "NotOurs" in message]) == 2, refused


def test_the_transaction_has_ended_before_the_paper_is_made(
    committed_db: None, as_hat: AsHat, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = make_cast()
    referral = bring_to(cast, S.SENT)
    open_when_read: list[bool] = []
    styles = own_styles(open_when_read)
    client = as_hat(cast.soc)
    monkeypatch.setattr("django.contrib.staticfiles.finders.find", styles)
    assert reader(file(client, referral))
    assert open_when_read and not any(open_when_read)


def test_what_is_withdrawn_while_the_paper_is_made_goes_out_on_no_paper(
    cast: Cast, as_hat: AsHat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Making it takes its time, and the answer must be what may be read when it is sent (B12)."""
    referral = bring_to(cast, S.ACCEPTED, health="Hemlig hälsa")
    left = iter([True])
    monkeypatch.setattr(
        "django.contrib.staticfiles.finders.find",
        finding(lambda: withdraw(cast, "identity", "question", "health") if next(left, False) else None),
    )
    client = as_hat(cast.psyk)
    got = file(client, referral)
    assert (got.status_code, got.headers["Location"]) == (302, f"/remisser/{referral.pk}/")
    page = client.get(got.headers["Location"]).content.decode()
    assert "Remissen ändrades medan filen gjordes." in page
    assert leaked(page.replace("Samtycket är återkallat", "")) == []


def own_styles(seen: list[bool]) -> Callable[[str], str]:
    """Django's finder, noting whether a transaction is open when the paper asks for a style."""
    return finding(lambda: seen.append(connection.in_atomic_block))


def finding(first: Callable[[], Any]) -> Callable[[str], str]:
    """Django's finder, which does something first when the paper asks for a style."""
    from django.contrib.staticfiles import finders

    find = finders.find

    def act_and_find(path: str, *rest: Any) -> Any:
        first()
        return find(path, *rest)

    return act_and_find


# ---------- a server without Pango ----------
MISSING = {
    "Pango is missing": "raise OSError(\"cannot load library 'libpango-1.0-0'\")",
    "WeasyPrint is missing": "raise ImportError('weasyprint')",
}


@pytest.mark.parametrize("why", MISSING)
def test_a_server_that_makes_no_pdf_shows_the_page_to_print(
    cast: Cast, as_hat: AsHat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    (tmp_path / "weasyprint").mkdir()
    (tmp_path / "weasyprint" / "__init__.py").write_text(MISSING[why])
    for name in [name for name in sys.modules if name.partition(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path)
    referral = bring_to(cast, S.SENT)
    entries = AuditEntry.objects.count()
    got = file(as_hat(cast.soc), referral)
    assert (got.status_code, got.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    page = got.content.decode()
    assert "PDF kan inte göras på den här servern. Skriv ut sidan i stället." in page
    assert SECRET_TEXT in page
    assert "Content-Disposition" not in got.headers
    assert "no-store" in got.headers["Cache-Control"]
    assert AuditEntry.objects.count() == entries + 2
