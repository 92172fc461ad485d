"""The agreement of a conversation: its page, its versions, and the piece of the conversation's page that leads here."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from meetings.actions.agreements import read_copy
from meetings.queries.agreement_drafts import DraftShown, may_write, needs_ground, read_draft
from meetings.queries.agreement_lacks import newest_version, principals_in, waited_for
from meetings.queries.agreement_readers import agreeing_parties, find_agreement
from meetings.queries.agreements import (
    VersionShown,
    access_version,
    copies_of,
    participants_copy,
    say_differing,
    withdrawable_from,
)
from meetings.queries.conversations import Access, find_access
from meetings.states import AgreementState, ConversationKind
from meetings.views.commitments import task_rows
from notifications.actions import mark_read
from notifications.queries import notifications_about
from workspace.doors import MemberRequest, log_reads, member_page
from workspace.rules import is_caseworker

DRAFT = AgreementState.DRAFT


def place_in(request: MemberRequest, pk: int) -> Access:
    """The hat's place in a conversation, open or ended; 404 for whoever has none."""
    access = find_access(request.hat, pk)
    if access is None:
        raise Http404
    return access


def is_convener(access: Access) -> bool:
    """Whether this hat arranges the conversation, and so the agreement."""
    return access.is_open and access.convenes and is_caseworker(access.member)


def log_person(request: MemberRequest, access: Access) -> None:
    log_reads(request, "conversation", access.conversation.pk, [access.conversation.participant_id])


# ---------- the page ----------
@require_GET
@member_page
def agreement(request: MemberRequest, pk: int) -> HttpResponse:
    """The agreement as it stands: the draft while it is written, then the newest version that lies with the agency."""
    access = place_in(request, pk)
    mark_read(by=request.hat, notifications=notifications_about(request.hat, "agreement.", pk))
    return _page(request, access, None)


@require_GET
@member_page
def version(request: MemberRequest, pk: int, number: int) -> HttpResponse:
    """One version as it was sent, also an earlier one. 404 for one that does not lie with the hat's agency."""
    return _page(request, place_in(request, pk), number)


def _page(request: MemberRequest, access: Access, number: int | None) -> HttpResponse:
    context = main_context(request, access, number)
    if number is not None and context["version"] is None:
        raise Http404
    context["topic"] = f"conversation:{access.conversation.pk}" if access.is_open else ""
    return render(request, "meetings/agreement.html", context)


@require_GET
@member_page
def fragment(request: MemberRequest, pk: int) -> HttpResponse:
    """The same as it is now. Where something has been taken from the reader it is put in by force."""
    access = place_in(request, pk)
    wanted = request.GET.get("version", "")
    number = int(wanted) if wanted.isdecimal() and len(wanted) < 6 else None
    context = main_context(request, access, number)
    response = render(request, "meetings/_agreement_main.html", context)
    if context["ended"]:
        response.headers["X-Access-Ended"] = "1"
    return response


def main_context(request: MemberRequest, access: Access, number: int | None) -> dict[str, Any]:
    """What `_agreement_main.html` shows; logs the read, and the first reading of a copy."""
    log_person(request, access)
    found, convenes = find_agreement(access.conversation), is_convener(access)
    copies = copies_of(access)
    wants_version = bool(copies) and (number is not None or (found is not None and found.state != DRAFT))
    known = number is None or number in {copy.version.number for copy in copies}
    shown = access_version(access, number) if wants_version and known else None
    common = {
        "conversation": access.conversation,
        "person": access.conversation.participant if access.is_open else None,
        "is_sip": access.conversation.kind == ConversationKind.SIP,
        "access": access,
        "convenes": convenes,
        "agency": request.hat.agency,
        "number": number,
        "version": None,
        "draft": None,
    }
    if shown is not None:
        read_copy(by=request.hat, copy=shown.copy)
        return common | version_context(access, shown, convenes) | {"ended": not shown.is_open}
    draft = read_draft(access)
    return common | draft_context(access, draft, convenes) | {"ended": not draft.reader.is_open}


def draft_context(access: Access, draft: DraftShown, convenes: bool) -> dict[str, Any]:
    writes = may_write(access, draft)
    own = access.party if access.party is not None and access.party.left_at is None else None
    parties = agreeing_parties(access.conversation) if draft.reader.is_open else []
    is_mine = own is not None and is_caseworker(access.member)
    lacks_ground = is_mine and own is not None and writes and needs_ground(own, parties)
    sent = draft.agreement is not None and draft.agreement.state != DRAFT
    return {
        "draft": draft,
        "writes_own": writes and is_mine,
        "writes_common": writes and convenes,
        "needs_ground": lacks_ground,
        "others": [party.agency for party in parties if party.agency_id != access.member.agency_id],
        "copies": copies_of(access),
        "leads": principals_in(parties),
        "sent_to_others": sent,
    }


def version_context(access: Access, shown: VersionShown, convenes: bool) -> dict[str, Any]:
    own = shown.my_answer
    answers = shown.may_answer and is_caseworker(access.member) and access.party is not None
    return {
        "version": shown,
        "differs": say_differing(shown) if convenes else "",
        "answers": answers and own is not None and own.verdict != "confirmed",
        "may_change_answer": answers and own is not None and own.verdict == "confirmed",
        "registers": shown.may_answer and convenes and participants_copy(shown) is not None,
        "corrects": convenes and shown.is_newest and shown.agreement.state != DRAFT,
        "withdraws": convenes and bool(withdrawable_from(access.conversation)),
        "letter": participants_copy(shown) if convenes else None,
        "task_rows": task_rows(access.member, [task.row for part in shown.parts for task in part.tasks if task.row]),
    }


# ---------- on the conversation's page ----------
def agreement_box(request: MemberRequest, access: Access) -> dict[str, Any]:
    """What `_talk_agreement.html` shows: a piece of the conversation's page that leads to the agreement."""
    pk = access.conversation.pk
    mark_read(by=request.hat, notifications=notifications_about(request.hat, "agreement.withdrawn", pk))
    draft = read_draft(access)
    newest = next(iter(copies_of(access)), None)
    owed = False
    if newest is not None and draft.reader.is_open and draft.agreement and draft.agreement.state == AgreementState.SENT:
        latest = newest_version(draft.agreement)
        waiting = waited_for(latest) if latest else []
        owed = any(party.agency_id == access.member.agency_id for party in waiting)
    return {
        "agreement_box": {
            "conversation": access.conversation,
            "agreement": draft.agreement,
            "draft": draft,
            "newest": newest,
            "owed": owed,
            "writes": may_write(access, draft) and is_caseworker(access.member),
            "is_ready": draft.own is not None and draft.own.section is not None and bool(draft.own.section.shared_at),
        }
    }
