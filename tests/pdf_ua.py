"""A checker of PDF/UA-1: the points of the Matterhorn Protocol 1.1 that a machine can judge, on what our papers hold.

Numbers such as 14-003 are the protocol's failure conditions. It stands in for veraPDF, and reads with pypdf alone.
`faults_of` gives every fault in a sentence; `outline_of` and `text_of` what is read when the tags are followed.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.pdf_tags import STANDARD, Node, Paper

ROWS_OF = {"THead", "TBody", "TFoot"}
# What may stand directly in what (09-004 to 09-008), both ways.
INSIDE = {
    "LI": {"L"},
    "LBody": {"LI"},
    "Lbl": {"LI"},
    "TR": {"Table", *ROWS_OF},
    "TH": {"TR"},
    "TD": {"TR"},
    **{kind: {"Table"} for kind in ROWS_OF},
}
HOLDS = {
    "L": {"LI", "L", "Caption"},
    "LI": {"Lbl", "LBody"},
    "Table": {"TR", "Caption", *ROWS_OF},
    "TR": {"TH", "TD"},
    **{kind: {"TR"} for kind in ROWS_OF},
}
Faults = Iterator[str]


# ---------- the document ----------
def document_faults(paper: Paper, lang: str) -> Faults:
    root = paper.root
    marked = root.get("/MarkInfo", {}).get_object() if "/MarkInfo" in root else {}
    if not marked.get("/Marked"):
        yield "Dokumentet är inte märkt som taggat (06-001, MarkInfo/Marked)"
    if marked.get("/Suspects"):
        yield "Dokumentet säger att taggarna är osäkra (26-001)"
    metadata = root["/Metadata"].get_object().get_data().decode() if "/Metadata" in root else ""
    if not re.search(r"pdfuaid:part(?:>|=\")1", metadata):
        yield "XMP säger inte PDF/UA-1 (06-002)"
    title = re.search(r"<dc:title>.*?<rdf:li[^>]*>([^<]+)</rdf:li>", metadata, re.DOTALL)
    title = title or re.search(r"<dc:title>([^<]+)</dc:title>", metadata)
    if not title or not title[1].strip():
        yield "XMP har ingen titel (06-003)"
    shown = (
        root.get("/ViewerPreferences", {}).get_object().get("/DisplayDocTitle") if "/ViewerPreferences" in root else ""
    )
    if str(shown).lower() != "true":
        yield "Titeln visas inte i fönstret (07-001, 07-002)"
    if not str(root.get("/Lang", "")).startswith(lang):
        yield f"Språket är inte {lang} (11-006)"
    if paper.tree is None:
        yield "Dokumentet har inget träd av taggar (01-006)"
    for kind in {node.kind for node in paper.nodes} - STANDARD:
        yield f"{kind} är ingen standardtagg och har ingen roll (02-001)"


# ---------- the tree ----------
def mark_faults(paper: Paper) -> Faults:
    """Each mark has one element, and the parent tree says the same."""
    holders = [(mark, node) for node in paper.nodes for mark in node.kids if not isinstance(mark, Node)]
    used = Counter(mark for mark, _ in holders)
    painted = Counter(paper.content.marks)
    for at, mcid in painted:
        if used[at, mcid] != 1:
            yield f"Sida {at + 1}: MCID {mcid} har {used[at, mcid]} element (01-005)"
        if painted[at, mcid] > 1:
            yield f"Sida {at + 1}: MCID {mcid} finns {painted[at, mcid]} gånger"
    for at, mcid in used.keys() - painted.keys():
        yield f"Sida {at + 1}: MCID {mcid} står i trädet men inte på sidan"
    parents = parents_of(paper)
    for (at, mcid), node in holders:
        row = parents.get(paper.reader.pages[at].get("/StructParents", -1), [])
        if not isinstance(row, list) or len(row) <= mcid or getattr(row[mcid], "idnum", None) != node.number:
            yield f"Sida {at + 1}: ParentTree pekar fel för MCID {mcid}"


def parents_of(paper: Paper) -> dict[int, Any]:
    if not paper.tree or "/ParentTree" not in paper.tree:
        return {}
    nums = paper.tree["/ParentTree"].get_object().get("/Nums", [])
    pairs = zip(nums[::2], nums[1::2], strict=True)
    found = {int(key): value for key, value in pairs}
    return {key: value.get_object() if isinstance(value.get_object(), list) else value for key, value in found.items()}


def order_faults(paper: Paper) -> Faults:
    """What is read by the tags comes in the order it is painted, page by page (09-001)."""
    read = [mark for kid in paper.top.nodes for mark in kid.marks()]
    painted = [mark for mark in paper.content.marks if mark in set(read)]
    for number, (one, other) in enumerate(zip(read, painted, strict=False)):
        if one != other:
            words = paper.content.text[one].strip()[:40], paper.content.text[other].strip()[:40]
            yield f"Läsordningen skiljer sig vid {number}: taggarna säger «{words[0]}», sidan «{words[1]}» (09-001)"
            return


def nesting_faults(paper: Paper) -> Faults:
    for node in paper.nodes:
        above = node.parent.kind if node.parent else ""
        if node.kind in INSIDE and above not in INSIDE[node.kind]:
            yield f"{node.kind} står i {above} (09-004 till 09-006)"
        if node.kind in HOLDS:
            wrong = {kid.kind if isinstance(kid, Node) else "text" for kid in node.kids} - HOLDS[node.kind]
            if wrong:
                yield f"{node.kind} har {', '.join(sorted(wrong))} i sig (09-004 till 09-006)"
        if node.kind == "LI" and [kid.kind for kid in node.nodes].count("LBody") != 1:
            yield "LI har inte en enda LBody (09-005)"
        if node.kind in ("Figure", "Formula") and not (node.raw.get("/Alt") or node.raw.get("/ActualText")):
            yield f"{node.kind} saknar beskrivning (13-004)"


def heading_faults(paper: Paper) -> Faults:
    last = 0
    for node in paper.nodes:
        if re.fullmatch(r"H[1-6]", node.kind):
            level = int(node.kind[1])
            if level > last + 1:
                yield f"{node.kind} «{paper.text(node)}» kommer efter nivå {last} (14-002, 14-003)"
            if not paper.text(node):
                yield f"{node.kind} är tom"
            last = level
        elif node.kind == "H":
            yield "H och H1 blandas (14-007)"
    if not last:
        yield "Det finns ingen rubrik"


# ---------- tables ----------
def table_faults(paper: Paper) -> Faults:
    names = {str(node.raw["/ID"]) for node in paper.nodes if "/ID" in node.raw}
    if names and (not paper.tree or "/IDTree" not in paper.tree):
        yield "Det finns ID men inget IDTree (ISO 32000-1, 14.7.2)"
    for table in (node for node in paper.nodes if node.kind == "Table"):
        rows = [kid for kid in table.walk() if kid.kind == "TR" and nearest(kid, "Table") is table]
        if not rows:
            yield "En tabell har inga rader"
        heads = [cell for row in rows for cell in row.nodes if cell.kind == "TH"]
        if not heads:
            yield "En tabell har inga rubrikceller (15-003)"
        for cell in heads:
            if cell.attribute("/Scope") not in ("/Row", "/Column", "/Both"):
                yield f"TH «{paper.text(cell)}» saknar Scope (15-003)"
        for cell in (cell for row in rows for cell in row.nodes):
            for name in cell.attribute("/Headers") or []:
                if str(name) not in names:
                    yield f"{cell.kind} «{paper.text(cell)}» pekar på en rubrikcell som inte finns"
        if len(set(widths_of(rows))) > 1:
            yield f"Tabellens rader är olika breda: {widths_of(rows)} (15-004)"


def nearest(node: Node, kind: str) -> Node | None:
    above = node.parent
    while above and above.kind != kind:
        above = above.parent
    return above


def widths_of(rows: list[Node]) -> list[int]:
    """How many columns each row fills, with spans of its own and from the rows above."""
    hanging: Counter[int] = Counter()
    widths = []
    for at, row in enumerate(rows):
        width = hanging[at]
        for cell in row.nodes:
            across = int(cell.attribute("/ColSpan") or 1)
            for down in range(1, int(cell.attribute("/RowSpan") or 1)):
                hanging[at + down] += across
            width += across
        widths.append(width)
    return widths


# ---------- links and fonts ----------
def annotation_faults(paper: Paper) -> Faults:
    held = {number: node for node in paper.nodes for number in node.annotations}
    parents = parents_of(paper)
    for at, page in enumerate(paper.reader.pages):
        annotations = page.get("/Annots", [])
        annotations = annotations.get_object() if hasattr(annotations, "get_object") else annotations
        if annotations and page.get("/Tabs") != "/S":
            yield f"Sida {at + 1}: tabbordningen följer inte taggarna (28-008)"
        for reference in annotations:
            annotation, node = reference.get_object(), held.get(reference.idnum)
            if annotation.get("/Subtype") == "/Link" and (node is None or node.kind != "Link"):
                yield f"Sida {at + 1}: en länk står inte i något Link-element (28-011)"
            elif node is None:
                yield f"Sida {at + 1}: {annotation.get('/Subtype')} står inte i trädet (28-002)"
            if not annotation.get("/Contents"):
                yield f"Sida {at + 1}: en länk saknar Contents (28-012)"
            if getattr(parents.get(annotation.get("/StructParent", -1)), "idnum", None) != (node and node.number):
                yield f"Sida {at + 1}: ParentTree pekar fel för en länk (28-011)"
    for node in paper.nodes:
        if node.kind == "Link" and not node.annotations:
            yield f"Link «{paper.text(node)}» pekar inte på någon länk (28-011)"


def font_faults(paper: Paper) -> Faults:
    for page in paper.reader.pages:
        for font in page.get("/Resources", {}).get_object().get("/Font", {}).values():
            raw = font.get_object()
            inner = raw["/DescendantFonts"][0].get_object() if "/DescendantFonts" in raw else raw
            descriptor = inner.get("/FontDescriptor", {}).get_object()
            if not {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor):
                yield f"Typsnittet {raw.get('/BaseFont')} är inte inbäddat (31-009)"
            if "/ToUnicode" not in raw:
                yield f"Typsnittet {raw.get('/BaseFont')} saknar ToUnicode (31-027)"


CHECKS = (*(mark_faults, order_faults, nesting_faults, heading_faults, table_faults, annotation_faults, font_faults),)


def faults_of(pdf: bytes, lang: str = "sv") -> list[str]:
    """All that is wrong, each fault once, in the order of the checks. Empty for a paper that everybody can read."""
    paper = Paper(pdf)
    found = [*document_faults(paper, lang), *paper.content.faults]
    if paper.tree is not None:
        found += [fault for check in CHECKS for fault in check(paper)]
    return list(dict.fromkeys(found))


def outline_of(pdf: bytes) -> list[tuple[str, str]]:
    """What each heading, paragraph, list item and cell says, in the order of the tags."""
    paper = Paper(pdf)
    kinds = {"P", "H1", "H2", "H3", "H4", "Lbl", "LBody", "TH", "TD"}
    return [(node.kind, paper.text(node)) for node in paper.nodes if node.kind in kinds]


def text_of(pdf: bytes) -> str:
    """All that the tags read aloud."""
    paper = Paper(pdf)
    return " ".join(paper.text(kid) for kid in paper.top.nodes)
