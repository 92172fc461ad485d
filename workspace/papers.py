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

    pdf: bytes = HTML(string=html, base_url=NOWHERE, url_fetcher=OwnFiles()).write_pdf(pdf_variant="pdf/ua-1")
    return pdf


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
