"""What the tests of documents and of time share: a document with versions, an agreement, months, forms as posted."""

import html
import re
from datetime import date, datetime, timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from meetings.models import Group, Meeting
from meetings.states import MeetingState
from meetings.steering.models import CoFinancing, Document, DocumentVersion, TimeReport
from meetings.steering.queries.documents import digest_of
from meetings.steering.states import DocumentKind, ReportState
from notifications.models import Notification
from tests.cast import Cast
from tests.meetings.cast import make_meeting
from workspace.models import Agency, Membership

TEXT = "Så här gör vi.\n\n- Fråga först\n- Skriv sedan\n\n<b>Aldrig</b> utan samtycke."
OLD_TEXT = "Så här gör vi.\n\nFråga alltid."


def make_document(
    cast: Cast,
    title: str = "Rutin för samtycke",
    *,
    kind: DocumentKind = DocumentKind.ROUTINE,
    published: int = 1,
    draft: bool = False,
    agency: Agency | None = None,
) -> Document:
    """A document with so many published versions, each ten days older than the next, and perhaps a draft after them."""
    document = Document.objects.create(cooperation=cast.cooperation, kind=kind, title=title, agency=agency)
    for number in range(1, published + draft + 1):
        text = TEXT if number == published + draft else OLD_TEXT
        at = timezone.now() - timedelta(days=10 * (published - number + 1))
        is_draft = number > published
        DocumentVersion.objects.create(
            document=document,
            number=number,
            text=text,
            change="Ny punkt om tolk" if number > 1 else "",
            made_at=timezone.now() if is_draft else at,
            published_at=None if is_draft else at,
            digest="" if is_draft else digest_of(title, text),
            role=cast.coordinator,
        )
    return document


def newest(document: Document) -> DocumentVersion:
    return document.versions.latest("number")


def agree(cast: Cast, member: Membership | None = None, **fields: Any) -> CoFinancing:
    """soc's agreement of 40 hours a month, reported by soc, since a year ago; or of another member's agency."""
    member = member or cast.soc
    usual = {
        "hours": 40,
        "budget_line": "4711-22",
        "reporter": member,
        "from_on": timezone.localdate() - timedelta(days=365),
    }
    return CoFinancing.objects.create(cooperation=cast.cooperation, agency=member.agency, **(usual | fields))


def report_of(agreement: CoFinancing, month: date, *, sent: bool = False, **fields: Any) -> TimeReport:
    state = {"state": ReportState.SENT, "sent_at": timezone.now()} if sent else {}
    return TimeReport.objects.create(agreement=agreement, month=month, **(state | fields))


def held(group: Group, at: datetime, minutes: int = 90) -> Meeting:
    """A meeting that was held then, as long as it was planned."""
    meeting = make_meeting(group, days=400)
    ends = at + timedelta(minutes=minutes)
    times = {"starts_at": at, "ends_at": ends, "started_at": at, "finished_at": ends}
    Meeting.objects.filter(pk=meeting.pk).update(state=MeetingState.HELD, **times)
    meeting.refresh_from_db()
    return meeting


def told(kind: str) -> set[str]:
    """Who has a living notice of a kind."""
    rows = Notification.objects.filter(kind=kind, closed_at__isnull=True).select_related("membership__user")
    return {row.membership.user.username for row in rows}


def words(content: bytes) -> str:
    """A page's text."""
    plain = re.sub(r"<(script|style).*?</\1>", " ", content.decode(), flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", plain)).split())


def posted(client: Client, path: str) -> dict[str, str]:
    """The fields of the page's largest form, as a browser would send them."""
    found = client.get(path)
    assert found.status_code == 200, (path, found.status_code)
    forms = re.findall(r"<form[^>]*method=\"post\".*?</form>", found.content.decode(), flags=re.S)
    form = max(forms, key=len)
    data: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        kind = re.search(r'type="([^"]+)"', tag)
        if name and kind and kind[1] not in {"checkbox", "radio"} and name[1] != "csrfmiddlewaretoken":
            data[name[1]] = html.unescape(value[1]) if value else ""
    for name_, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\n?(.*?)</textarea>', form, flags=re.S):
        data[name_] = html.unescape(text)
    return data
