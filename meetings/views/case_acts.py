"""What is done under a case: the own note, the table and the ground for it, decisions, actions, the file."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from meetings.actions.case_notes import file_case, save_note, say_none_needed
from meetings.actions.table import decide_case, give_case_action, lay_on_table, state_ground
from meetings.errors import NoteHasMoved
from meetings.forms.cases import DecisionForm, GroundForm, NoteForm, TableForm
from meetings.models import CaseNote
from meetings.queries.cases import Standing, open_standing, people_of, read_case, standing_of, took_part
from meetings.queries.circles import grounds_towards, told_under
from meetings.views.cases import action_form
from meetings.views.notes import room_address
from workspace.doors import MemberRequest, do_once, download, log_reads, member_page
from workspace.errors import NotAllowed
from workspace.papers import make_pdf
from workspace.swedish import say_time

ROOM = "rum"  # a field of forms that were sent from the room: they lead back there


def after(request: MemberRequest, standing: Standing) -> str:
    """Where an act leads: back to the room it was done in, or to the case's own page."""
    if request.POST.get(ROOM) == "1" or request.GET.get(ROOM) == "1":
        return room_address(standing.meeting, standing.case.item)
    return reverse("case", args=[standing.case.pk])


# ---------- the own note ----------
@require_POST
@member_page
def note(request: MemberRequest, pk: int) -> HttpResponse:
    """Save the own note. From the script (X-Autosave) the answer is plain data, from the form a page.

    «Lämna till bordet» saves it too, and goes on to what is to be laid there.
    """
    standing = standing_of(request.hat, pk)
    form, is_script = NoteForm(request.POST), bool(request.headers.get("X-Autosave"))
    if not form.is_valid():
        says = " ".join(str(error) for errors in form.errors.values() for error in errors)
        if is_script:
            return JsonResponse({"says": says}, status=422)
        return _note_page(request, standing, form, status=422)

    def save() -> CaseNote:
        data = form.cleaned_data
        return save_note(by=request.hat, case=standing.case, text=data["text"], version=data["base_version"])

    def perform() -> str:
        save()
        if "lay" in request.POST and standing.is_open:
            back = "?rum=1" if request.POST.get(ROOM) == "1" else ""
            return reverse("case_table", args=[pk]) + back
        messages.success(request, "Anteckningen är sparad.")
        return after(request, standing)

    try:
        if is_script:
            saved = save()
            return JsonResponse({"version": saved.version, "saved": say_time(saved.saved_at), "seen": ""})
        return do_once(request, f"case_note {pk}", perform)
    except NoteHasMoved as refusal:
        if is_script:
            return HttpResponse(refusal.sentence, content_type="text/plain; charset=utf-8", status=403)
        return _note_page(request, standing, form, theirs=refusal)


def _note_page(
    request: MemberRequest, standing: Standing, form: NoteForm, *, theirs: NoteHasMoved | None = None, status: int = 409
) -> HttpResponse:
    """The note with what was written in the field and, where a colleague was first, the colleague's text above it."""
    if theirs is not None:
        form = NoteForm(initial={"text": form.cleaned_data["text"], "base_version": theirs.version})
    log_reads(request, "case", standing.case.pk, people_of(standing.case))
    context = {
        "form": form,
        "case": standing.case,
        "meeting": standing.meeting,
        "theirs": theirs.theirs if theirs else None,
        "in_room": request.POST.get(ROOM) == "1",
        "back": after(request, standing),
    }
    return render(request, "meetings/case_note.html", context, status=status)


@require_POST
@member_page
def no_note(request: MemberRequest, pk: int) -> HttpResponse:
    """«Vi behöver ingen anteckning»."""
    standing = standing_of(request.hat, pk)
    version = request.POST.get("base_version", "")

    def perform() -> str:
        number = int(version) if version.isdecimal() and len(version) < 10 else 0
        say_none_needed(by=request.hat, case=standing.case, version=number)
        messages.success(request, "Ni har sagt att ni inte behöver någon anteckning. Ni kan skriva en ändå.")
        return after(request, standing)

    return do_once(request, f"case_no_note {pk}", perform)


# ---------- the table ----------
Act = Callable[[], object]


def _act(request: MemberRequest, standing: Standing, form: forms.Form, act: Act, **words: Any) -> HttpResponse:
    """One page with one form: done once, or shown again with what was written and why it was refused."""
    if request.method == "POST" and form.is_valid():

        def perform() -> str:
            act()
            messages.success(request, words["done"])
            return str(words.get("then") or after(request, standing))

        try:
            return do_once(request, f"{words['name']} {standing.case.pk}", perform)
        except NotAllowed as refusal:
            form.add_error(None, refusal.sentence)
    log_reads(request, "case", standing.case.pk, people_of(standing.case))
    context = {
        "form": form,
        "shown": read_case(request.hat, standing),
        "meeting": standing.meeting,
        "back": after(request, standing),
        "in_room": ROOM in request.POST or ROOM in request.GET,
        **words,
    }
    return render(request, "meetings/case_act.html", context)


@member_page
def table(request: MemberRequest, pk: int) -> HttpResponse:
    """«Lämna till bordet»: read through what is to be laid there, and who will read it. The note is suggested."""
    standing = open_standing(request.hat, pk)
    shown = read_case(request.hat, standing)
    own = shown.note.text[:4000] if shown.note else ""
    form = TableForm(request.POST or None, initial={"text": own})

    def act() -> None:
        lay_on_table(by=request.hat, case=standing.case, text=form.cleaned_data["text"])

    return _act(
        request,
        standing,
        form,
        act,
        name="case_table",
        title="Lämna till bordet",
        button="Lämna till bordet",
        done="Texten ligger på bordet.",
        to_others=True,
    )


@member_page
def ground(request: MemberRequest, pk: int) -> HttpResponse:
    """An officer says why the agency may speak. Asked once per case."""
    standing = open_standing(request.hat, pk)
    others = read_case(request.hat, standing).others
    form = GroundForm(request.POST or None, grounds=grounds_towards(others))

    def act() -> None:
        data = form.cleaned_data
        state_ground(by=request.hat, case=standing.case, ground=data["ground"], reason=data["reason"])

    return _act(
        request,
        standing,
        form,
        act,
        name="case_ground",
        title="Varför får ni berätta?",
        button="Spara grunden",
        done="Grunden är sparad. Nu kan ni lämna till bordet.",
        to_others=False,
    )


@member_page
def decision(request: MemberRequest, pk: int) -> HttpResponse:
    standing = open_standing(request.hat, pk)
    form = DecisionForm(request.POST or None, prefix="beslut")

    def act() -> None:
        decide_case(by=request.hat, case=standing.case, text=form.cleaned_data["text"])

    return _act(
        request,
        standing,
        form,
        act,
        name="case_decision",
        title="Nytt beslut",
        button="Spara beslutet",
        done="Beslutet är sparat.",
        to_others=True,
    )


@member_page
def action(request: MemberRequest, pk: int) -> HttpResponse:
    standing = open_standing(request.hat, pk)
    form = action_form(read_case(request.hat, standing), request.POST or None)

    def act() -> None:
        agency, member = form.cleaned_data["who"]
        give_case_action(
            by=request.hat,
            case=standing.case,
            text=form.cleaned_data["text"],
            agency=agency,
            responsible=member,
            due_on=form.cleaned_data["due_on"],
        )

    return _act(
        request,
        standing,
        form,
        act,
        name="case_action",
        title="Ny uppgift",
        button="Spara uppgiften",
        done="Uppgiften är sparad.",
        to_others=True,
    )


# ---------- the file ----------
@require_POST
@member_page
def case_file(request: MemberRequest, pk: int) -> HttpResponse:
    """A case as a tagged PDF for the agency's own file: its own note, and what it may read now. The act comes first."""
    standing = standing_of(request.hat, pk)
    file_case(by=request.hat, case=standing.case)
    log_reads(request, "case", pk, people_of(standing.case))
    context = {
        "shown": read_case(request.hat, standing),
        "meeting": standing.meeting,
        "part": took_part(standing.case) if standing.is_open else [],
        "under": told_under(standing),
        "agency": request.hat.agency,
        "by": str(request.user),
        "made_at": timezone.now(),
    }
    pdf = make_pdf(render_to_string("meetings/case_file.html", context))
    if pdf is None:
        return render(request, "meetings/case_file.html", {**context, "no_pdf": True})
    name = f"arende-mote-{timezone.localdate(standing.meeting.starts_at)}.pdf"
    return download(pdf, "application/pdf", name)
