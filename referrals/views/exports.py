"""What leaves Samverkansrum as a file: lists for a spreadsheet, and a referral for the agency's own case file."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from referrals.actions.filing import file_referral
from referrals.filters import ReferralFilter
from referrals.queries import access_referral, read_referral, referrals_visible_to
from referrals.queries.exports import ground_of, texts_filed
from referrals.states import ReferralState, ReturnCode, Side
from referrals.views.board import board_row, selection_of
from referrals.views.lists import row_of
from workspace.doors import HatRequest, MemberRequest, RoleRequest, download, log_reads, member_page, role_page
from workspace.models import Function
from workspace.papers import make_pdf
from workspace.queries import consents_between
from workspace.tables import FORMS, Table, Value

MOST = 5_000
LIST_COLUMNS = [
    *("Nummer", "Riktning", "Myndighet", "Ärende", "Deltagare", "Född"),
    *("Läge", "Vems tur", "Senast", "Skickad", "Väntat, dagar"),
]
BOARD_COLUMNS = ["Nummer", "Från", "Till", "Slag", "Läge", "Vems tur", "Senast", "Skickad", "Väntat, dagar"]


# ---------- lists ----------
@require_GET
@member_page
def referral_list(request: MemberRequest, form: str) -> HttpResponse:
    """The member's list with its filters, all its pages, as one file. Logged as the page is."""
    found = referrals_visible_to(request.hat).order_by("-shown_at", "-pk")
    chosen = ReferralFilter(request.GET, queryset=found, agency=request.hat.agency)
    referrals = list(chosen.qs[: MOST + 1])
    if len(referrals) > MOST:
        return too_many(request, "referrals")
    rows = [row_of(referral, request.hat) for referral in referrals]
    log_reads(request, "referrals", None, [row["person"].pk for row in rows if row["person"]])
    return file_of(Table("Remisser", LIST_COLUMNS, [list_line(row) for row in rows]), form, "remisser")


@require_GET
@role_page
def board(request: RoleRequest, form: str) -> HttpResponse:
    """The coordinator's board with its filters as one file. No person, so nothing to log."""
    rows = [board_row(referral) for referral in selection_of(request).rows[: MOST + 1]]
    if len(rows) > MOST:
        return too_many(request, "board")
    return file_of(Table("Bevaka remisser", BOARD_COLUMNS, [board_line(row) for row in rows]), form, "bevaka")


def list_line(row: dict[str, Any]) -> list[Value]:
    """A row of the list, cell by cell: what the page shows of it and nothing else."""
    person = row["person"]
    return [
        row["referral"].number,
        "till" if row["ours"] else "från",
        row["them"].agency.name,
        str(row["kind"]) if row["kind"] else "visas när du öppnar",
        person.full_name if person else "",
        person.birth_year if person else None,
        row["label"],
        turn_words(row["turn"], row["our_turn"]),
        row["due_on"],
        *waited(row["days"]),
    ]


def board_line(row: dict[str, Any]) -> list[Value]:
    """A row of the board, cell by cell."""
    return [
        row["number"],
        row["sender"].name,
        row["receiver"].name,
        row["class"] or "visas inte",
        f"{row['label']}. Oklart ansvar" if row["disputed"] else row["label"],
        row["turn"].agency.short_name if row["turn"] else "Ingens tur",
        row["due_on"],
        *waited(row["days"]),
    ]


def turn_words(turn: Function | None, ours: bool) -> str:
    if turn is None:
        return "Ingens tur"
    return "Er tur" if ours else "Deras tur"


def waited(days: int | None) -> list[Value]:
    """The day it was sent and the days since: the number alone would be wrong tomorrow, in a file."""
    return [None if days is None else timezone.localdate() - timedelta(days=days), days]


def file_of(table: Table, form: str, name: str) -> HttpResponse:
    """A download whose name says what and when, never whom. `HatMiddleware` lets no browser store it."""
    make, kind = FORMS[form]
    return download(make(table), kind, f"{name}-{timezone.localdate()}.{form}")


def too_many(request: HatRequest, page: str) -> HttpResponse:
    """Back to the list, filters kept, with a sentence: a file that silently lacks rows would be believed."""
    messages.warning(
        request,
        "Urvalet har fler än 5 000 remisser. Så många ryms inte i en fil. Välj ett mindre urval och hämta igen.",
    )
    query = request.GET.urlencode()
    return redirect(f"{reverse(page)}?{query}" if query else reverse(page))


# ---------- the case file ----------
@require_POST
@member_page
def case_file(request: MemberRequest, pk: int) -> HttpResponse:
    """A referral as a tagged PDF for the agency's own case file: what its page says to this side, on paper.

    The act and the read are written first. Where no PDF can be made, the same page is shown, ready to print. Making
    one takes its time: where something has ended meanwhile (L8, B12), no file is sent, and the page says how it stands.
    """
    referral = access_referral(request.hat, pk)
    shown = read_referral(request.hat, referral)
    file_referral(by=request.hat, referral=referral)
    log_reads(request, "referral", pk, [referral.participant_id] if shown.person else [])
    ours = shown.side == Side.SENDER
    context = {
        "shown": shown,
        "referral": referral,
        "ours": ours,
        "them": shown.receiver.agency if ours else referral.sender.agency,
        "state": ReferralState(shown.state),
        "return_reason": ReturnCode(referral.return_code).label
        if referral.return_code and shown.state == ReferralState.RETURNED
        else "",
        "texts": texts_filed(shown),
        "ground": ground_of(shown),
        "consents": consents_between(request.hat, referral.participant, referral.receiver.agency) if ours else [],
        "agency": request.hat.agency,
        "by": str(request.user),
        "made_at": timezone.now(),
    }
    pdf = make_pdf(render_to_string("referrals/case_file.html", context))
    if pdf is None:
        return render(request, "referrals/case_file.html", {**context, "no_pdf": True})
    now = read_referral(request.hat, access_referral(request.hat, pk))
    if (now.person, texts_filed(now)) != (shown.person, context["texts"]):
        messages.info(request, "Remissen ändrades medan filen gjordes. Se hur den är nu, och gör en ny fil.")
        return redirect("referral", pk)
    return download(pdf, "application/pdf", f"remiss-{referral.number}-{timezone.localdate()}.pdf")
