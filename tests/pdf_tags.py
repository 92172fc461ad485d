"""A PDF as its tags tell it: the tree of elements, and what each page paints under which mark. Reads with pypdf."""

import io
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pypdf import PdfReader
from pypdf.generic import ContentStream

# ISO 32000-1, 14.8.4
STANDARD = {
    *("Document", "Part", "Art", "Sect", "Div", "BlockQuote", "Caption", "TOC", "TOCI", "Index", "NonStruct"),
    *("Private", "P", "H", "H1", "H2", "H3", "H4", "H5", "H6", "L", "LI", "Lbl", "LBody", "Table", "TR", "TH", "TD"),
    *("THead", "TBody", "TFoot", "Span", "Quote", "Note", "Reference", "BibEntry", "Code", "Link", "Annot", "Ruby"),
    *("RB", "RT", "RP", "Warichu", "WT", "WP", "Figure", "Formula", "Form"),
}
PAINTS = {b"Tj", b"TJ", b"'", b'"', b"Do", b"EI", b"INLINE IMAGE", b"sh"}
PAINTS |= {b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*", b"S", b"s"}
SHOWS = {b"Tj", b"TJ", b"'", b'"'}
Mark = tuple[int, int]  # page and MCID


@dataclass
class Node:
    """An element of the structure. `kids` are elements, marks, and the annotations it holds (by object number)."""

    kind: str
    raw: Any
    number: int
    parent: "Node | None"
    kids: list["Node | Mark"] = field(default_factory=list)
    annotations: list[int] = field(default_factory=list)

    @property
    def nodes(self) -> list["Node"]:
        return [kid for kid in self.kids if isinstance(kid, Node)]

    def walk(self) -> Iterator["Node"]:
        yield self
        for kid in self.nodes:
            yield from kid.walk()

    def marks(self) -> Iterator[Mark]:
        for kid in self.kids:
            if isinstance(kid, Node):
                yield from kid.marks()
            else:
                yield kid

    def attribute(self, name: str) -> Any:
        found = self.raw["/A"].get_object() if "/A" in self.raw else []
        for one in found if isinstance(found, list) else [found]:
            if name in one.get_object():
                return one.get_object()[name]
        return None


@dataclass
class Content:
    """What the pages paint: the marks in the order they are painted, their text, and what is wrong there."""

    marks: list[Mark] = field(default_factory=list)
    text: dict[Mark, str] = field(default_factory=lambda: defaultdict(str))
    line: dict[Mark, float] = field(default_factory=dict)  # how far down the page
    faults: list[str] = field(default_factory=list)


class Paper:
    """A PDF, read once."""

    def __init__(self, pdf: bytes) -> None:
        self.reader = PdfReader(io.BytesIO(pdf))
        self.root: Any = self.reader.trailer["/Root"]
        self.pages = {page.indirect_reference.idnum: at for at, page in enumerate(self.reader.pages)}  # type: ignore[union-attr]
        self.tree = self.root.get("/StructTreeRoot", {}).get_object() if "/StructTreeRoot" in self.root else None
        self.roles = self.tree.get("/RoleMap", {}) if self.tree else {}
        self.top = Node("StructTreeRoot", self.tree, 0, None)
        if self.tree:
            self._read_kids(self.top, self.tree.get("/K"), None)
        self.content = Content()
        for at in range(len(self.reader.pages)):
            read_page(self, at)

    @property
    def nodes(self) -> list[Node]:
        return [node for kid in self.top.nodes for node in kid.walk()]

    def _read_kids(self, node: Node, kids: Any, page: int | None) -> None:
        found = kids.get_object() if hasattr(kids, "get_object") else kids
        for kid in found if isinstance(found, list) else [] if found is None else [found]:
            raw = kid.get_object()
            if isinstance(raw, int):
                node.kids.append((-1 if page is None else page, int(raw)))
                continue
            at = self.pages.get(raw.raw_get("/Pg").idnum) if "/Pg" in raw else page
            if raw.get("/Type") == "/OBJR":
                node.annotations.append(raw.raw_get("/Obj").idnum)
            elif raw.get("/Type") == "/MCR":
                node.kids.append((-1 if at is None else at, int(raw["/MCID"])))
            else:
                new = Node(self._role(str(raw["/S"])), raw, getattr(kid, "idnum", 0), node)
                node.kids.append(new)
                self._read_kids(new, raw.get("/K"), at)

    def _role(self, name: str) -> str:
        for _ in range(len(self.roles) + 1):
            if name[1:] in STANDARD or name not in self.roles:
                break
            name = str(self.roles[name])
        return name[1:]

    def text(self, node: Node) -> str:
        """What an element says; a new line is a new word, also where nothing but the line parts the two."""
        said, line = "", None
        for mark in node.marks():
            now = (mark[0], self.content.line.get(mark))
            said += (" " if line and line != now else "") + self.content.text[mark]
            line = now
        return " ".join(said.split())


# ---------- what the pages paint ----------
def read_page(paper: Paper, at: int) -> None:
    """Every painting operator stands in an artifact or under an MCID (01-003 to 01-005), and what is said there."""
    page, content = paper.reader.pages[at], paper.content
    resources = page.get("/Resources", {}).get_object()
    fonts = {name: font_of(font.get_object()) for name, font in resources.get("/Font", {}).items()}
    stack: list[Mark | str | None] = []
    letters: dict[str, str] = {}
    line = 0.0
    stream = page.get_contents()
    operations = ContentStream(stream, paper.reader).operations if stream is not None else []
    for operands, operator in operations:
        if operator in (b"BDC", b"BMC"):
            mark = mark_of(at, operands, resources)
            if mark and any(stack):
                content.faults.append(f"Sida {at + 1}: {mark} står inne i {next(filter(None, stack))} (01-001, 01-002)")
            if isinstance(mark, tuple):
                content.marks.append(mark)
            stack.append(mark)
        elif operator == b"EMC":
            stack.pop()
        elif operator == b"Tm":
            line = float(operands[5])
        elif operator == b"Tf":
            letters = fonts.get(operands[0], {})
        elif operator in PAINTS:
            inside = next(filter(None, stack), None)
            if inside is None:
                content.faults.append(f"Sida {at + 1}: {operator.decode()} målar utan tagg (01-005)")
            said = text_shown(operands, letters) if operator in SHOWS else ""
            if "\0" in said:
                content.faults.append(f"Sida {at + 1}: ett tecken saknar Unicode (10-001)")
            if isinstance(inside, tuple):
                content.text[inside] += said
                content.line.setdefault(inside, line)


def mark_of(at: int, operands: list[Any], resources: Any) -> Mark | str | None:
    if operands[0] == "/Artifact":
        return "Artifact"
    properties = operands[1] if len(operands) > 1 else {}
    if isinstance(properties, str):
        properties = resources["/Properties"][properties].get_object()
    return (at, int(properties["/MCID"])) if "/MCID" in properties else None


def font_of(font: Any) -> dict[str, str]:
    """What each code of a font stands for, from its ToUnicode; nothing where it has none."""
    if "/ToUnicode" not in font:
        return {}
    source = font["/ToUnicode"].get_object().get_data().decode("latin-1")
    letters = {}
    for block in re.findall(r"beginbfchar(.*?)endbfchar", source, re.DOTALL):
        for code, text in re.findall(r"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>", block):
            letters[code.lower()] = bytes.fromhex(text).decode("utf-16-be")
    return letters


def text_shown(operands: list[Any], letters: dict[str, str]) -> str:
    """The text of one operator; a code without a letter is a NUL."""
    parts = operands[-1] if isinstance(operands[-1], list) else [operands[-1]]
    said = ""
    for part in parts:
        if isinstance(part, str | bytes):
            code = (getattr(part, "original_bytes", None) or (part if isinstance(part, bytes) else part.encode())).hex()
            said += "".join(letters.get(code[i : i + 4], "\0") for i in range(0, len(code), 4))
    return said
