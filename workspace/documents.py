"""Words to a document for Word (.docx): headings, paragraphs, lists and tables as what they are. Pure.

What somebody has typed is text and nothing else there: no field, no link, no macro, and nothing is fetched.
"""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import docx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.pkgwriter import PackageWriter
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph as WordParagraph

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
LANGUAGE = "sv-SE"
# What XML cannot hold.
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
BULLET = re.compile(r"[-*•–][ \t]+(?=\S)")
NUMBER = re.compile(r"(\d{1,4})[.)][ \t]+(?=\S)")


# ---------- what a document holds ----------
@dataclass(frozen=True)
class Heading:
    """Level 1 is the document's own."""

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    """`lead` stands out before the colon or the words that follow it; line breaks in the text stay."""

    text: str
    lead: str = ""


@dataclass(frozen=True)
class Listing:
    """A list: with numbers from `first`, or with bullets where that is None. Line breaks in a line stay."""

    lines: tuple[str, ...]
    first: int | None = None


@dataclass(frozen=True)
class Table:
    """A row of headings, which comes again on each page, and rows as wide; the first cell of each is its heading."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Heading | Paragraph | Listing | Table


@dataclass(frozen=True)
class Document:
    title: str
    author: str
    made_at: datetime
    blocks: tuple[Block, ...]


# ---------- what somebody has typed ----------
def typed(text: str) -> list[Paragraph | Listing]:
    """A typed text as paragraphs and lists. No word is changed or lost but the signs before the lines of a list.

    An empty line ends a paragraph. Lines that begin with «- », «* », «• » or «– » are a list, and so are lines that
    begin with «1. » or «1) » and count upwards one by one; a single line that does stays as it was typed.
    """
    blocks: list[Paragraph | Listing] = []
    for chunk in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").replace("\r", "\n")):
        lines = [line.strip() for line in chunk.split("\n") if line.strip()]
        at = 0
        while at < len(lines):
            block, at = _block_at(lines, at)
            blocks.append(block)
    return blocks


def _block_at(lines: list[str], at: int) -> tuple[Paragraph | Listing, int]:
    """The block that begins at a line, and where the next one begins."""
    for sign, found in ((BULLET, _bullets(lines, at)), (NUMBER, _numbers(lines, at))):
        if found > 1:
            first = NUMBER.match(lines[at])
            told = tuple(sign.sub("", line, count=1) for line in lines[at : at + found])
            return Listing(told, int(first[1]) if first else None), at + found
    until = next((row for row in range(at + 1, len(lines)) if _starts_list(lines, row)), len(lines))
    return Paragraph("\n".join(lines[at:until])), until


def _starts_list(lines: list[str], at: int) -> bool:
    """Two lines are looked at: no more is needed to see a list, and a long text stays quick."""
    return _bullets(lines[at : at + 2], 0) > 1 or _numbers(lines[at : at + 2], 0) > 1


def _bullets(lines: list[str], at: int) -> int:
    """How many lines from here have a sign before them."""
    return next((row for row in range(at, len(lines)) if not BULLET.match(lines[row])), len(lines)) - at


def _numbers(lines: list[str], at: int) -> int:
    """How many lines from here count upwards one by one."""
    found = NUMBER.match(lines[at])
    for row in range(at, len(lines)):
        mark = NUMBER.match(lines[row])
        if not found or not mark or int(mark[1]) != int(found[1]) + row - at:
            return row - at
    return len(lines) - at


# ---------- the file ----------
def as_docx(document: Document) -> bytes:
    """The document as a .docx: its title and language are set, its headings are Word's own, so that a screen reader
    and a table of contents find them. Letters that XML cannot hold are left out."""
    made = docx.Document()
    _without_thumbnail(made)
    _in_swedish(made)
    _on_a4(made.sections[0])
    _properties(made, document)
    for block in document.blocks:
        match block:
            case Heading():
                made.add_heading(clean(block.text), level=block.level)
            case Paragraph():
                _write(made.add_paragraph(), block.text, block.lead)
            case Listing():
                _add_list(made, block)
            case Table():
                _add_table(made, block)
    out = io.BytesIO()
    PackageWriter.write(out, made.part.package.rels, tuple(made.part.package.parts))
    return out.getvalue()


def clean(text: str) -> str:
    return NOT_XML.sub("", text.replace("\r\n", "\n"))


def _write(paragraph: WordParagraph, text: str, lead: str = "") -> None:
    if lead:
        paragraph.add_run(clean(lead)).bold = True
        text = f" {text}" if text else ""
    if text:
        paragraph.add_run(clean(text))


def _without_thumbnail(made: Any) -> None:
    """The library's blank document brings a picture of its first page, which is not ours."""
    relations = made.part.package.rels
    for key in [key for key, found in relations.items() if found.reltype == RELATIONSHIP_TYPE.THUMBNAIL]:
        del relations[key]


def _in_swedish(made: Any) -> None:
    """Swedish wherever Word looks for a language, and headings in ink instead of the blank document's pale blue."""
    for element in made.styles.element.iter(qn("w:lang")):
        element.set(qn("w:val"), LANGUAGE)
    for element in made.settings.element.iter(qn("w:themeFontLang")):
        element.set(qn("w:val"), LANGUAGE)
    for level in range(1, 5):
        made.styles[f"Heading {level}"].font.color.rgb = RGBColor(0, 0, 0)
    made.styles["Heading 1"].font.size = Pt(20)


def _on_a4(section: Any) -> None:
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Mm(25)


def _properties(made: Any, document: Document) -> None:
    known = made.core_properties
    known.title, known.author = clean(document.title)[:255], clean(document.author)[:255]
    known.language, known.comments, known.keywords = LANGUAGE, "", ""
    known.last_modified_by = "Samverkansrum"
    # Word takes times in UTC.
    known.created = known.modified = document.made_at.astimezone(UTC).replace(tzinfo=None, microsecond=0)


def _add_list(made: Any, listing: Listing) -> None:
    style = "List Bullet" if listing.first is None else "List Number"
    number = None if listing.first is None else _numbering(made, listing.first)
    for line in listing.lines:
        paragraph = made.add_paragraph(style=style)
        _write(paragraph, line)
        if number is not None:
            properties = paragraph._p.get_or_add_pPr().get_or_add_numPr()
            properties.get_or_add_ilvl().val, properties.get_or_add_numId().val = 0, number


def _numbering(made: Any, first: int) -> int:
    """A count of its own for one list: else Word counts on from the list before."""
    listed = made.styles["List Number"].element.pPr.numPr.numId.val
    counts = made.part.numbering_part.element
    kind = counts.num_having_numId(listed).abstractNumId.val
    new = counts.add_num(kind)
    new.add_lvlOverride(ilvl=0).add_startOverride(first)
    return int(new.numId)


def _add_table(made: Any, table: Table) -> None:
    grid = made.add_table(rows=0, cols=len(table.head), style="Table Grid")
    for row in (table.head, *table.rows):
        _add_row(grid, row, head=row is table.head)
    look = grid._tbl.tblPr.find(qn("w:tblLook"))
    if look is not None:
        look.set(qn("w:firstRow"), "1")
        look.set(qn("w:firstColumn"), "1")
    made.add_paragraph()


def _add_row(grid: Any, row: Sequence[str], *, head: bool) -> None:
    added = grid.add_row()
    properties = added._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    if head:
        properties.append(OxmlElement("w:tblHeader"))
    for at, (cell, text) in enumerate(zip(added.cells, row, strict=True)):
        _write(cell.paragraphs[0], "" if head or not at else text, text if head or not at else "")
