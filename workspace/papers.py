"""A page to a tagged PDF (PDF/UA-1), where the server has what that takes. Fetches nothing but our own static files."""

import logging
from mimetypes import guess_type
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders

log = logging.getLogger("samverkansrum")
# Where a paper seems to lie. Nothing is asked there: `own_file` answers.
NOWHERE = "https://samverkansrum.invalid"
FETCHED = (".css", ".woff2")


class NotOurs(Exception):
    """A paper asked for something that is none of our styles or fonts."""


def make_pdf(html: str) -> bytes | None:
    """A page as a tagged PDF; None, and a line in the log, where WeasyPrint or its libraries (Pango) are missing.

    Its title and its language are the page's own: `<title>` and `<html lang>`. Each `<ol>` begins where it says.
    Takes half a second and more: call it when the transaction has ended (house.md 4.7).
    """
    try:
        # It loads Pango when imported, which a server may lack: everything else must work there.
        from weasyprint import HTML
        from weasyprint.urls import URLFetcher, URLFetcherResponse
    except (ImportError, OSError) as error:
        log.warning("no PDF can be made here: %s", type(error).__name__)
        return None

    class OwnFiles(URLFetcher):
        """Our styles and fonts, from where they lie. Anything else, on the network or the disk, is refused."""

        def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
            path = own_file(url)
            return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": guess_type(path.name)[0] or ""})

    page = HTML(string=html, base_url=NOWHERE, url_fetcher=OwnFiles())
    pdf: bytes = page.write_pdf(pdf_variant="pdf/ua-1", presentational_hints=True, finisher=finish_tags)
    return pdf


# ---------- what WeasyPrint 70 leaves undone for PDF/UA-1 ----------
def finish_tags(document: Any, pdf: Any) -> None:
    """Before the PDF is written: what stands in the margins is no content, header cells say of what, names are found
    by their tree, and a list item's paragraphs lie in its body. `tests/pdf_ua.py` judges the outcome."""
    tree = next(made for made in pdf.objects if kind_of(made) == "/StructTreeRoot")
    elements = {made.number: made for made in pdf.objects if kind_of(made) == "/StructElem"}
    for element in list(elements.values()):
        kids = [elements[number_of(kid)] for kid in element["K"] if number_of(kid) in elements]
        if element["S"] == "/TR":
            _say_scope(kids)
        elif element["S"] == "/LI":
            _fill_body(pdf, element, kids)
    _name_cells(pdf, tree, elements)
    _free_margins(pdf, tree)


def kind_of(made: Any) -> Any:
    return made.get("Type") if isinstance(made, dict) else None


def number_of(kid: Any) -> int | None:
    """The object behind a reference, as «12 0 R»; None for the number of a mark on the page."""
    return int(kid.split()[0]) if isinstance(kid, bytes) else None


def _say_scope(cells: list[Any]) -> None:
    """A header cell beside cells of data is its row's; one among header cells its column's."""
    scope = "/Row" if any(cell["S"] == "/TD" for cell in cells) else "/Column"
    for cell in cells:
        if cell["S"] == "/TH":
            cell["A"]["Scope"] = scope


def _fill_body(pdf: Any, item: Any, kids: list[Any]) -> None:
    """A list item holds a label and a body: paragraphs that lie beside them move into a body."""
    loose = [kid for kid in kids if kid["S"] not in ("/Lbl", "/LBody")]
    if not loose:
        return
    body = type(item)({"Type": "/StructElem", "S": "/LBody", "Pg": item["Pg"], "P": item.reference})
    pdf.add_object(body)
    moved = {kid.reference for kid in loose}
    body["K"] = type(item["K"])([kid for kid in item["K"] if kid in moved])
    item["K"] = type(item["K"])([*[kid for kid in item["K"] if kid not in moved], body.reference])
    for kid in loose:
        kid["P"] = body.reference


def _name_cells(pdf: Any, tree: Any, elements: dict[int, Any]) -> None:
    named = sorted((element for element in elements.values() if "ID" in element), key=lambda cell: cell["ID"].string)
    if named:
        names = [part for cell in named for part in (cell["ID"], cell.reference)]
        found = type(tree)({"Names": type(tree["K"])(names)})
        pdf.add_object(found)
        tree["IDTree"] = found.reference


def _free_margins(pdf: Any, tree: Any) -> None:
    """The head and foot of each page get tags that hang nowhere. They are no content: artifacts, read by nobody."""
    objects = {made.number: made for made in pdf.objects}
    reached: set[int] = set()
    waiting = [number_of(kid) for kid in tree["K"]]
    while waiting:
        number = waiting.pop()
        if number is not None and number not in reached:
            reached.add(number)
            waiting += [number_of(kid) for kid in objects[number].get("K", [])]
    nums = objects[number_of(tree["ParentTree"])]["Nums"]
    marks = dict(zip(nums[::2], nums[1::2], strict=True))
    for page in (made for made in pdf.objects if kind_of(made) == "/Page"):
        held = marks[page["StructParents"]]
        loose = {mark for mark, reference in enumerate(held) if number_of(reference) not in reached}
        for mark in loose:
            held[mark] = "null"
        drawn = objects[number_of(page["Contents"])].stream
        for at, piece in enumerate(drawn):
            if isinstance(piece, dict) and piece.get("MCID") in loose:
                drawn[at - 1], drawn[at] = "/Artifact", type(page)({"Type": "/Pagination"})


def own_file(url: str) -> Path:
    """The file behind the address of one of our styles or fonts. Raises `NotOurs` for every other address."""
    parts = urlsplit(url)
    path = unquote(parts.path)
    if f"{parts.scheme}://{parts.netloc}" == NOWHERE and path.startswith(settings.STATIC_URL):
        inside = path.removeprefix(settings.STATIC_URL)
        found = finders.find(inside) if inside.endswith(FETCHED) and ".." not in inside else None
        if found:
            return Path(found)
    raise NotOurs(parts.scheme)
