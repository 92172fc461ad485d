"""Minutes on the screen, on paper and as a PDF: what one hat may read of them, from one function of the queries."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_GET

from meetings.actions.minutes import mark_minutes_read
from meetings.forms.minutes import CorrectForm, ObjectForm
from meetings.models import Meeting, Minutes
from meetings.queries import access_meeting
from meetings.queries.drafting import Data, told_of_decision
from meetings.queries.minutes import (
    MinutesShown,
    PartShown,
    access_minutes,
    approvals_owed,
    approve_by,
    may_read_draft,
    minutes_readable_by,
    moment_of,
    read_draft,
    read_minutes,
    withdrawn_from,
)
from meetings.queries.minutes_side import ApprovalShown, VersionShown, approvals_shown, readers_shown, versions_shown
from meetings.rules import is_arranger
from meetings.states import MeetingState, MinutesState
from meetings.views.minutes_lock import can_correct, lock_context, lock_forms, lock_said
from notifications.actions import mark_read
from notifications.queries import notifications_about
from workspace.documents import typed
from workspace.doors import AnyHatRequest, download, hat_page, log_reads
from workspace.models import Membership
from workspace.papers import make_pdf
from workspace.swedish import say_count, say_date, say_time

DRAFT = 0  # the version number of the draft in addresses


# ---------- the text ----------
def text_context(request: AnyHatRequest, shown: MinutesShown) -> dict[str, Any]:
    """What the minutes say to this reader, as plain data: the same for the screen, the print and the PDF."""
    head = shown.head
    return {
        "meeting": shown.meeting,
        "is_member": isinstance(request.hat, Membership),
        "version": shown.minutes.version if shown.minutes else DRAFT,
        "minutes": shown.minutes,
        "head": {
            **head,
            "began": moment_of(head["began"]),
            "ended": moment_of(head["ended"]),
            "quorum_said": quorum_said(head["represented"], head["seats"], head["quorum"]),
            "led_by": led_by(head),
        },
        "attendance": shown.attendance,
        "parts": [part_context(part, is_member=isinstance(request.hat, Membership)) for part in shown.parts],
    }


def led_by(head: Data) -> str:
    """«Ordförande i gruppen: Elin Hedberg. Sekreterare: Mattias Rova.», or nothing."""
    chair = f"Ordförande i gruppen: {head['chair']}." if head["chair"] else ""
    secretary = f"Sekreterare: {head['secretary']}." if head["secretary"] else ""
    return f"{chair} {secretary}".strip()


def quorum_said(represented: int, seats: int, quorum: int) -> str:
    """«Fyra av fem myndigheter var med. Det räcker: gruppen kan besluta när minst två myndigheter är med.»"""
    here = say_count(represented, "", "").strip().capitalize() if represented else "Ingen"
    enough = "Det räcker" if represented >= quorum else "Det räcker inte"
    return (
        f"{here} av {say_count(seats, 'myndighet', 'myndigheter')} var med. "
        f"{enough}: gruppen kan besluta när minst {say_count(quorum, 'myndighet', 'myndigheter')} är med."
    )


def part_context(part: PartShown, *, is_member: bool) -> dict[str, Any]:
    """An item as plain data, with the sentences that the screen, the papers and Word share."""
    content = part.content
    return {
        **content,
        "number": part.number,
        "title": part.title,
        "access": part.access,
        "closed": closed_said(part, is_member),
        "about": about_said(part),
        "note_blocks": typed(content.get("note", "")),
        "decisions": [{**line, "told": told_of_decision(line)} for line in content.get("decisions", [])],
        "actions": [{**line, "owed": owed_said(line)} for line in content.get("actions", [])],
    }


def closed_said(part: PartShown, is_member: bool) -> str:
    """What somebody outside a case reads instead of it; empty for what is open to them."""
    times = f"Ärende, {say_time(part.starts_at)}–{say_time(part.ends_at)}."
    if part.access == "outside":
        return f"{times} {'Er verksamhet deltog inte' if is_member else 'Du deltog inte'}."
    return f"{times} Ni har inte längre tillgång till det här ärendet." if part.access == "ended" else ""


def about_said(part: PartShown) -> str:
    """«13.10–13.30. Diskussion. Elin Hedberg, Soc. Från mötet 3 maj 2026.»"""
    content = part.content
    reached = f"{say_time(part.starts_at)}–{say_time(part.ends_at)}"
    presenter = f"{content['presenter']}, {content['presenter_of']}" if content.get("presenter") else ""
    carried = content.get("carried_from")
    said = [
        reached if content.get("reached") else "Punkten hanns inte med",
        content.get("purpose"),
        presenter,
        f"Från mötet {say_date(date.fromisoformat(carried))}" if carried else "",
    ]
    return ". ".join(filter(None, said)) + "."


def owed_said(line: Data) -> str:
    """«, Elin Hedberg, senast 3 maj 2026»: after whose task it is."""
    who = f", {line['who']}" if line["who"] else ""
    return f"{who}, senast {say_date(date.fromisoformat(line['due_on']))}"


def opened(request: AnyHatRequest, meeting: Meeting, minutes: Minutes | None) -> MinutesShown:
    """The minutes as this hat may read them; its first reading and the reads of persons are written down first."""
    if minutes is None:
        shown = read_draft(request.hat, meeting)
    else:
        shown = read_minutes(request.hat, meeting, minutes)
        mark_minutes_read(by=request.hat, minutes=minutes)
    log_reads(request, "minutes", meeting.pk, shown.participants)
    return shown


# ---------- the page ----------
def chosen(request: AnyHatRequest, meeting: Meeting) -> Minutes | None:
    """What the page of a meeting's minutes shows this hat: the draft (None), or the newest version it may open.

    404 where it may open neither.
    """
    if may_read_draft(request.hat, meeting):
        return None
    minutes = minutes_readable_by(request.hat, meeting).first()
    if minutes is None:
        raise Http404
    return minutes


@hat_page
def minutes(request: AnyHatRequest, pk: int) -> HttpResponse:
    """A meeting's minutes. Opening them marks their notices as read; for whom they were taken back the page says so."""
    meeting = access_meeting(request.hat, pk)
    if isinstance(request.hat, Membership):
        mark_read(by=request.hat, notifications=notifications_about(request.hat, "meeting.minutes", pk))
    withdrawn = withdrawn_from(request.hat, meeting)
    if withdrawn is not None and not minutes_readable_by(request.hat, meeting).exists():
        context = {"meeting": meeting, "withdrawn": withdrawn, "topic": f"meeting:{pk}"}
        return render(request, "meetings/minutes_withdrawn.html", context)
    return minutes_page(request, meeting, chosen(request, meeting))


@hat_page
def version(request: AnyHatRequest, pk: int, version: int) -> HttpResponse:
    """One version of the minutes, also an earlier one."""
    return minutes_page(request, *access_minutes(request.hat, pk, version))


def minutes_page(
    request: AnyHatRequest,
    meeting: Meeting,
    minutes: Minutes | None,
    forms: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page with the text and what can be done; `forms` are those that were sent and refused."""
    context = text_context(request, opened(request, meeting, minutes)) | side_context(request, meeting, minutes, forms)
    return render(request, "meetings/minutes.html", context | {"topic": f"meeting:{meeting.pk}"}, status=status)


def side_context(
    request: AnyHatRequest, meeting: Meeting, minutes: Minutes | None, forms: dict[str, Any] | None = None
) -> dict[str, Any]:
    """How the minutes stand, who has answered and read, which versions there are, and what this hat can do."""
    arranges = is_arranger(request.hat, meeting.group)
    versions = versions_shown(list(minutes_readable_by(request.hat, meeting)))
    newest = versions[0] if versions else None
    current = minutes is None or (newest is not None and newest.minutes.pk == minutes.pk)
    waits = meeting.minutes_state == MinutesState.SENT and current and minutes is not None
    owed = waits and any(row.meeting_id == meeting.pk for row in approvals_owed(request.hat))
    row = next((row for row in versions if minutes is not None and row.minutes.pk == minutes.pk), None)
    return {
        "meeting": meeting,
        "minutes": minutes,
        "version": minutes.version if minutes else DRAFT,
        "shown_version": row,
        "state": meeting.minutes_state,
        "versions": versions,
        "is_newest": current,
        "arranges": arranges,
        "owed": owed,
        "approve_by": approve_by(meeting),
        "late": waits and approve_by(meeting) < timezone.localdate(),
        "approvals": approvals_shown(minutes) if minutes else [],
        "readers": readers_shown(minutes) if minutes and arranges else [],
        "forms": {
            "object": ObjectForm() if waits and (owed or arranges) else None,
            "correct": CorrectForm() if arranges and current and minutes and can_correct(meeting, minutes) else None,
            **lock_forms(meeting, minutes if arranges and current else None),
            **(forms or {}),
        },
    } | lock_context(meeting, minutes)


# ---------- fragments ----------
@hat_page
def text_fragment(request: AnyHatRequest, pk: int, version: int) -> HttpResponse:
    """The text of a version, or of the draft (0), as this hat may read it now. It holds no field, and what somebody
    no longer may read goes at once: it is swapped also under the reader's hands."""
    response = _fragment(request, pk, version, "text", lambda *named: text_context(request, opened(request, *named)))
    response["X-Access-Ended"] = "1"
    return response


@hat_page
def state_fragment(request: AnyHatRequest, pk: int, version: int) -> HttpResponse:
    """How the minutes stand, and what this hat can do."""
    return _fragment(request, pk, version, "state", lambda *named: side_context(request, *named))


@hat_page
def side_fragment(request: AnyHatRequest, pk: int, version: int) -> HttpResponse:
    """Who has answered, which versions there are, who has read."""
    return _fragment(request, pk, version, "side", lambda *named: side_context(request, *named))


Named = Callable[[Meeting, Minutes | None], dict[str, Any]]


def _fragment(request: AnyHatRequest, pk: int, version: int, piece: str, context: Named) -> HttpResponse:
    """One region. An open page whose text this hat no longer reads is led to the minutes as they are: it loads anew."""
    meeting = access_meeting(request.hat, pk)
    if version == DRAFT and may_read_draft(request.hat, meeting):
        return render(request, f"meetings/_minutes_{piece}.html", context(meeting, None))
    minutes = minutes_readable_by(request.hat, meeting).filter(version=version).first()
    if minutes is not None:
        return render(request, f"meetings/_minutes_{piece}.html", context(meeting, minutes))
    if withdrawn_from(request.hat, meeting) is None and not minutes_readable_by(request.hat, meeting).exists():
        raise Http404
    return redirect("minutes", pk=pk)


# ---------- paper ----------
@require_GET
@hat_page
def paper(request: AnyHatRequest, pk: int, version: int) -> HttpResponse:
    """A version to print: what the page says to this hat, and nothing else."""
    return render(request, "meetings/minutes_paper.html", paper_context(request, pk, version) | {"on_screen": True})


@require_GET
@hat_page
def pdf(request: AnyHatRequest, pk: int, version: int) -> HttpResponse:
    """A version as a tagged PDF, made when everything has been written; where none can be made, the page to print."""
    context = paper_context(request, pk, version)
    made = make_pdf(render_to_string("meetings/minutes_paper.html", context))
    if made is None:
        return render(request, "meetings/minutes_paper.html", {**context, "no_pdf": True})
    return download(made, "application/pdf", file_name(context, "pdf"))


def file_name(context: dict[str, Any], ending: str) -> str:
    """«protokoll-2026-11-22-version-1.pdf»: the meeting's day, and never whom."""
    day = timezone.localdate(context["meeting"].starts_at)
    return f"protokoll-{day}-version-{context['version']}.{ending}"


def paper_context(request: AnyHatRequest, pk: int, version: int) -> dict[str, Any]:
    """What a paper or a Word document of a version says to this hat. Its reading is written down."""
    meeting, minutes = access_minutes(request.hat, pk, version)
    context = text_context(request, opened(request, meeting, minutes))
    found = [row for row in versions_shown(list(minutes_readable_by(request.hat, meeting))) if row.minutes == minutes]
    said = paper_said(request, context["head"], found[0], approvals_shown(minutes))
    return context | {"said": said | lock_said(minutes)}


def paper_said(request: AnyHatRequest, head: Data, row: VersionShown, answers: list[ApprovalShown]) -> dict[str, Any]:
    """The sentences that only papers have, before and after the text."""
    hat, minutes, now = request.hat, row.minutes, timezone.now()
    side = hat.agency.name if isinstance(hat, Membership) else hat.cooperation.name
    day, sent = say_date(timezone.localdate(head["began"])), say_date(timezone.localdate(minutes.sent_at))
    approved = f"Justerat {say_date(timezone.localdate(row.approved_at))}." if row.approved_at else "Inte justerat."
    lead = [
        f"{day}, {say_time(head['began'])}–{say_time(head['ended'])}",
        head["place"],
        f"Tillsammans med {head['joined']}" if head["joined"] else "",
        f"Version {minutes.version}, skickad {sent}.",
    ]
    return {
        "title": f"Protokoll {head['group']} {day}",
        "lead": ". ".join(filter(None, lead)),
        "approved": approved,
        "corrected": f"Rättat {sent}:",
        "approvals": [approval_said(answer) for answer in answers],
        "made_at": now,
        "made": f"Framtagen ur Samverkansrum {say_date(timezone.localdate(now))}, {say_time(now)} av {request.user}, "
        f"{side}. Visar det som {side} fick läsa då. Protokollets kontrollsumma: {minutes.digest}.",
    }


def approval_said(row: ApprovalShown) -> str:
    at = f" {say_date(timezone.localdate(row.at))}" if row.at else ""
    return f"{row.name}, {row.side['name']}: {row.label.lower()}{at}."


# ---------- the box on the meeting's page ----------
def minutes_box(request: AnyHatRequest, meeting: Meeting) -> dict[str, Any]:
    """How the minutes stand for this hat, and the way to them. Nothing where the meeting has not begun."""
    box: dict[str, Any] = {"meeting": meeting}
    if meeting.state in {MeetingState.HELD, MeetingState.IN_PROGRESS}:
        readable = minutes_readable_by(request.hat, meeting).exists()
        box["minutes_box"] = {
            "state": meeting.minutes_state,
            "draft": may_read_draft(request.hat, meeting),
            "readable": readable,
            "withdrawn": not readable and withdrawn_from(request.hat, meeting) is not None,
            "owed": any(row.meeting_id == meeting.pk for row in approvals_owed(request.hat)),
            "approve_by": approve_by(meeting),
        }
    return box


@hat_page
def box_fragment(request: AnyHatRequest, pk: int) -> HttpResponse:
    meeting = access_meeting(request.hat, pk)
    return render(request, "meetings/_minutes_box.html", minutes_box(request, meeting))
