"""The papers are PDF/UA-1, and the checker that says so finds what is wrong in papers that were spoilt on purpose."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DecodedStreamObject, NameObject, TextStringObject

from tests.pdf_ua import faults_of, outline_of, text_of
from workspace.papers import make_pdf

PAPER = """<!doctype html><html lang="sv"><head><meta charset="utf-8">
<title>Protokoll åäö</title><link rel="stylesheet" href="/static/css/case_file.css">
<link rel="stylesheet" href="/static/css/minutes_paper.css"></head>
<body><main><h1>Protokoll åäö</h1><p>Hej <strong>du</strong>, <a href="https://samverkansrum.invalid/">läs mer</a>.</p>
<table class="there"><thead><tr><th scope="col">Vem</th><th scope="col">Var</th></tr></thead>
<tbody><tr><th scope="row">Elin</th><td>Piteå</td></tr><tr><th scope="row">Åsa</th><td>Luleå</td></tr></tbody></table>
<section><h2>Först</h2><ul><li>en sak<br>på två rader</li><li>en till</li></ul></section>
<section><h2>Sedan</h2><h3>Beslut</h3><ol start="3"><li>tredje</li><li>fjärde</li></ol><p class="asis">a
b</p></section></main></body></html>"""


def made(html: str = PAPER) -> bytes:
    pdf = make_pdf(html)
    assert pdf is not None
    return pdf


def spoilt(change: Callable[[PdfWriter], None], html: str = PAPER) -> list[str]:
    """The faults of a good paper after one change."""
    writer = PdfWriter(clone_from=io.BytesIO(made(html)))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return faults_of(out.getvalue())


def elements(writer: PdfWriter, kind: str) -> list[Any]:
    found = (held.get_object() for held in writer._objects if held is not None)
    return [made for made in found if isinstance(made, dict) and made.get("/S") == f"/{kind}"]


# ---------- good papers ----------
def test_a_paper_has_no_fault_and_is_read_in_its_order() -> None:
    assert faults_of(made()) == []
    assert outline_of(made()) == [
        *(("H1", "Protokoll åäö"), ("P", "Hej du, läs mer.")),
        *(("TH", "Vem"), ("TH", "Var"), ("TH", "Elin"), ("TD", "Piteå"), ("TH", "Åsa"), ("TD", "Luleå")),
        *(("H2", "Först"), ("Lbl", "•"), ("LBody", "en sak på två rader"), ("Lbl", "•"), ("LBody", "en till")),
        *(("H2", "Sedan"), ("H3", "Beslut"), ("Lbl", "3."), ("LBody", "tredje"), ("Lbl", "4."), ("LBody", "fjärde")),
        ("P", "a b"),
    ]


def test_title_and_language_are_the_pages_own() -> None:
    pdf = made(PAPER.replace('lang="sv"', 'lang="se"').replace("<title>Protokoll åäö", "<title>Beavdegirji č"))
    reader: Any = PdfReader(io.BytesIO(pdf))
    assert (reader.metadata.title, reader.trailer["/Root"]["/Lang"]) == ("Beavdegirji č", "se")
    assert faults_of(pdf, "se") == [] and faults_of(pdf) == ["Språket är inte sv (11-006)"]


def test_what_stands_in_the_margins_is_read_by_nobody() -> None:
    pdf = made()
    assert "Sida 1 av 1" in " ".join(PdfReader(io.BytesIO(pdf)).pages[0].extract_text().split())
    assert "Sida 1" not in text_of(pdf)


def test_a_paper_over_many_pages_has_no_fault_and_repeats_its_table_heads() -> None:
    rows = "".join(f'<tr><th scope="row">Rad {n}</th><td>å{n}</td></tr>' for n in range(150))
    items = "".join(f"<li>{'sak ' * 40}{n}</li>" for n in range(60))
    html = PAPER.replace("</tbody>", f"{rows}</tbody>").replace("</ul>", f"{items}</ul>")
    pdf = made(html)
    assert len(PdfReader(io.BytesIO(pdf)).pages) > 5
    assert faults_of(pdf) == []
    assert outline_of(pdf).count(("TH", "Vem")) > 2


def test_a_paragraph_in_a_list_item_lies_in_its_body() -> None:
    html = PAPER.replace("minutes_paper.css", "case_file.css").replace("<li>en till</li>", "<li><p>en till</p></li>")
    assert [fault for fault in faults_of(made(html)) if fault.startswith("L")] == [
        "Läsordningen skiljer sig vid 13: taggarna säger «•», sidan «en sak» (09-001)"  # signs outside the line
    ]


# ---------- spoilt papers ----------
def test_a_pdf_without_tags_is_found() -> None:
    from weasyprint import HTML

    faults = faults_of(HTML(string=PAPER.replace("link rel", "meta name")).write_pdf())
    assert {fault.rpartition("(")[2][:6] for fault in faults} >= {"06-001", "06-002", "01-006", "01-005", "07-001"}


def drop(name: str) -> Callable[[PdfWriter], None]:
    return lambda writer: writer._root_object.pop(NameObject(name), None) and None


def retag(old: str, new: str) -> Callable[[PdfWriter], None]:
    """The first element of a kind becomes another."""
    return lambda writer: elements(writer, old)[0].update({NameObject("/S"): NameObject(f"/{new}")})


def without(kind: str, name: str) -> Callable[[PdfWriter], None]:
    return lambda writer: elements(writer, kind)[0].pop(name)


def untitled(writer: PdfWriter) -> None:
    stream = DecodedStreamObject()
    metadata: Any = writer._root_object["/Metadata"].get_object()
    stream.set_data(metadata.get_data().replace("Protokoll åäö".encode(), b""))
    stream.update({NameObject("/Type"): NameObject("/Metadata"), NameObject("/Subtype"): NameObject("/XML")})
    writer._root_object[NameObject("/Metadata")] = writer._add_object(stream)


def all_cells_are_data(writer: PdfWriter) -> None:
    for cell in elements(writer, "TH"):
        cell[NameObject("/S")] = NameObject("/TD")


def one_cell_less(writer: PdfWriter) -> None:
    elements(writer, "TR")[1]["/K"].pop()


def other_order(writer: PdfWriter) -> None:
    kids = elements(writer, "Part")[0]["/K"]
    kids[0], kids[1] = kids[1], kids[0]


def painted_beside(writer: PdfWriter) -> None:
    """Something is painted that no tag and no artifact holds."""
    stream = DecodedStreamObject()
    content: Any = writer.pages[0].get_contents()
    stream.set_data(content.get_data() + b"\n0 0 10 10 re f")
    writer.pages[0][NameObject("/Contents")] = writer._add_object(stream)


def silent_link(writer: PdfWriter) -> None:
    annotations: Any = writer.pages[0]["/Annots"]
    annotations[0].get_object()[NameObject("/Contents")] = TextStringObject("")


def no_font_file(writer: PdfWriter) -> None:
    for held in writer._objects:
        made: Any = held.get_object() if held is not None else None
        if isinstance(made, dict) and made.get("/Type") == "/FontDescriptor":
            for name in ("/FontFile", "/FontFile2", "/FontFile3"):
                made.pop(name, None)


def no_unicode(writer: PdfWriter) -> None:
    for held in writer._objects:
        made: Any = held.get_object() if held is not None else None
        if isinstance(made, dict):
            made.pop("/ToUnicode", None)


@pytest.mark.parametrize(
    ("change", "number"),
    [
        (drop("/MarkInfo"), "06-001"),
        (drop("/Metadata"), "06-002"),
        (drop("/ViewerPreferences"), "07-001"),
        (drop("/Lang"), "11-006"),
        (drop("/StructTreeRoot"), "01-006"),
        (untitled, "06-003"),
        (retag("H1", "P"), "14-002"),
        (retag("H2", "H4"), "14-003"),
        (retag("Sect", "Avdelning"), "02-001"),
        (retag("LBody", "P"), "09-005"),
        (retag("Link", "Span"), "28-011"),
        (retag("TD", "P"), "09-004"),
        (all_cells_are_data, "15-003"),
        (one_cell_less, "15-004"),
        (without("TH", "/A"), "15-003"),
        (other_order, "09-001"),
        (without("P", "/K"), "01-005"),
        (painted_beside, "01-005"),
        (silent_link, "28-012"),
        (lambda writer: writer.pages[0].pop("/Tabs") and None, "28-008"),
        (no_font_file, "31-009"),
        (no_unicode, "31-027"),
    ],
)
def test_each_fault_is_found(change: Callable[[PdfWriter], None], number: str) -> None:
    assert [fault for fault in spoilt(change) if number in fault], spoilt(change)


def test_a_copy_that_was_not_spoilt_has_no_fault() -> None:
    assert spoilt(lambda writer: None) == []


def test_a_table_without_header_cells_and_a_heading_that_skips_are_found_in_the_page_too() -> None:
    plain = PAPER.replace("<th ", "<td ").replace("</th>", "</td>").replace("<h3>", "<h5>").replace("</h3>", "</h5>")
    faults = " ".join(faults_of(made(plain)))
    assert "15-003" in faults and "H5 «Beslut» kommer efter nivå 2 (14-002, 14-003)" in faults
