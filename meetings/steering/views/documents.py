"""The pages of routines, mandates, plans and budgets: the list, a document, its versions, and what differs."""

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from meetings.queries.groups import agencies_of
from meetings.steering.actions.documents import (
    adopt_document,
    confirm_read,
    end_document,
    publish_document,
    save_draft,
    start_document,
)
from meetings.steering.forms.documents import AdoptForm, DraftForm, NewDocumentForm
from meetings.steering.models import Document, DocumentVersion
from meetings.steering.queries.documents import (
    access_document,
    access_version,
    adopters_of,
    adoptions_of,
    arranges_documents,
    can_adopt,
    confirmed,
    cooperations_read_by,
    current_of,
    documents_listed,
    draft_of,
    is_bound,
    parties_of,
    state_of,
    unread_shown_to,
    version_before,
    versions_of,
)
from meetings.steering.states import DocumentKind
from notifications.actions import mark_read
from notifications.queries import notifications_about
from workspace.documents import typed
from workspace.doors import AnyHatRequest, do_once, hat_page
from workspace.errors import Refusal
from workspace.models import CooperationRole, Membership

KINDS = {
    DocumentKind.ROUTINE: "Rutiner",
    DocumentKind.MANDATE: "Uppdrag",
    DocumentKind.PLAN: "Planer",
    DocumentKind.BUDGET: "Budgetar",
}


def saved(request: AnyHatRequest, said: str, url: str) -> str:
    messages.success(request, said)
    return url


# ---------- the list ----------
@require_GET
@hat_page
def documents(request: AnyHatRequest) -> HttpResponse:
    """What this hat has to read or adopt first, then every document by kind."""
    cooperations = list(cooperations_read_by(request.hat))
    if not cooperations:
        raise Http404
    rows = documents_listed(request.hat)
    living = [row for row in rows if row.document.ended_on is None]
    arranges = arranges_documents(request.hat, cooperations[0].pk)
    context = {
        "arranges": arranges,
        "several": len(cooperations) > 1,
        "mine": [row for row in living if row.is_mine],
        "kinds": [
            (kind.value, label, found)
            for kind, label in KINDS.items()
            if (found := [row for row in living if row.document.kind == kind])
        ],
        "ended": [row for row in rows if row.document.ended_on is not None],
    }
    return render(request, "steering/documents.html", context)


# ---------- to write ----------
@hat_page
def new_document(request: AnyHatRequest) -> HttpResponse:
    """Begin a document: its kind, its name and its first draft."""
    hat = request.hat
    if not isinstance(hat, CooperationRole) or not arranges_documents(hat, hat.cooperation_id):
        raise Http404
    cooperation = hat.cooperation
    form = NewDocumentForm(request.POST or None, agencies=agencies_of(cooperation))

    def act() -> str:
        made = start_document(by=hat, cooperation=cooperation, **form.cleaned_data)
        return saved(request, "Utkastet är sparat. Läs igenom det innan du publicerar.", address(made, 1))

    return _form_page(
        request, "new_document", form, act, title="Nytt dokument", button="Spara utkastet", back=reverse("documents")
    )


@hat_page
def change_document(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Write the draft of the next version. What somebody else wrote meanwhile is shown beside what was typed."""
    document = _arranged(request, pk)
    draft, current = draft_of(document), current_of(document)
    stands = draft or current
    initial = {"title": document.title, "text": stands.text if stands else "", "base": state_of(document)}
    initial["change"] = draft.change if draft else ""
    form = DraftForm(request.POST or None, initial=initial, is_first=current is None)

    def act() -> str:
        data = {"title": "", "change": "", **form.cleaned_data}
        made = save_draft(by=request.hat, document=document, **data)
        return saved(request, "Utkastet är sparat.", address(document, made.number))

    return _form_page(
        request,
        "change_document",
        form,
        act,
        title="Ändra utkastet" if draft else "Ny version",
        button="Spara utkastet",
        back=address(document, stands.number) if stands else reverse("documents"),
        document=document,
        stands=stands,
    )


def _form_page(
    request: AnyHatRequest, name: str, form: forms.Form, act: Callable[[], str], **context: Any
) -> HttpResponse:
    """Show a form; sent and right, do its act once. What the action refuses stands above the form, nothing is lost.

    Where somebody was faster the form goes on from what stands now, so that the next saving is a choice.
    """
    refused = 0
    if request.method == "POST" and form.is_valid():
        try:
            return do_once(request, name, act)
        except Refusal as refusal:
            if refusal.status not in {409, 422}:
                raise
            refused = refusal.status
            form.add_error(None, refusal.sentence)
    if refused == 409 and "base" in form.fields:
        form.data = {**dict(form.data.items()), "base": form.initial["base"]}
    context |= {"form": form, "meanwhile": refused == 409}
    status = refused or (422 if form.errors else 200)
    return render(request, "steering/document_form.html", context, status=status)


def _arranged(request: AnyHatRequest, pk: int) -> Document:
    """A document that this hat writes, and that has not ended. For everybody else these pages do not exist."""
    document = access_document(request.hat, pk)
    if not arranges_documents(request.hat, document.cooperation_id) or document.ended_on is not None:
        raise Http404
    return document


@require_POST
@hat_page
def publish(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Publish the draft as the page showed it."""
    document = _arranged(request, pk)

    def act() -> str:
        made = publish_document(by=request.hat, document=document, base=request.POST.get("base", ""))
        return saved(request, f"Version {made.number} är publicerad.", reverse("document", args=[pk]))

    return do_once(request, "publish_document", act)


@require_POST
@hat_page
def end(request: AnyHatRequest, pk: int) -> HttpResponse:
    """End a document."""
    document = access_document(request.hat, pk)
    if not arranges_documents(request.hat, document.cooperation_id):
        raise Http404

    def act() -> str:
        end_document(by=request.hat, document=document)
        return saved(request, f"{document.title} är avslutat.", reverse("documents"))

    return do_once(request, "end_document", act)


# ---------- to read ----------
def address(document: Document, number: int) -> str:
    return reverse("document_version", args=[document.pk, number])


@require_GET
@hat_page
def document(request: AnyHatRequest, pk: int) -> HttpResponse:
    """A document as it holds; one that is only a draft as its draft."""
    found = access_document(request.hat, pk)
    if isinstance(request.hat, Membership):
        mark_read(by=request.hat, notifications=notifications_about(request.hat, "document.", pk))
    current = current_of(found)
    return _page(request, access_version(request.hat, pk, current.number if current else 1))


@require_GET
@hat_page
def version(request: AnyHatRequest, pk: int, number: int) -> HttpResponse:
    """One version, also an old one."""
    return _page(request, access_version(request.hat, pk, number))


def _page(
    request: AnyHatRequest, shown: DocumentVersion, form: AdoptForm | None = None, status: int = 200
) -> HttpResponse:
    hat, found = request.hat, shown.document
    current = current_of(found)
    holds = current is not None and current.pk == shown.pk and found.ended_on is None
    arranges = arranges_documents(hat, found.cooperation_id)
    adoptions = adoptions_of(shown)
    adopted = {one.agency_id for one in adoptions}
    parties = adopters_of(found, parties_of([found.cooperation_id]).get(found.cooperation_id, []))
    unread, read, readers = unread_shown_to(hat, shown) if holds else ([], 0, 0)
    own_read = confirmed(shown).get(hat.hat_key)
    adopts = holds and can_adopt(hat, found) and hat.agency_id not in adopted  # type: ignore[union-attr]
    context = {
        "document": found,
        "version": shown,
        "current": current,
        "holds": holds,
        "blocks": typed(shown.text),
        "versions": versions_of(hat, found),
        "before": version_before(shown),
        "adoptions": adoptions,
        "missing": [one for one in parties if one.pk not in adopted] if holds else [],
        "adopters": len(parties),
        "unread": unread,
        "read": read,
        "readers": readers,
        "own_read": own_read,
        "confirms": holds and own_read is None and is_bound(hat) and shown.hat_key != hat.hat_key,
        "adopt_form": form or (AdoptForm(initial={"adopted_on": timezone.localdate()}) if adopts else None),
        "arranges": arranges and found.ended_on is None,
        "sees_names": arranges or isinstance(hat, Membership),
        "has_draft": draft_of(found) is not None,
        "base": state_of(found) if arranges and shown.published_at is None else "",
    }
    return render(request, "steering/document.html", context, status=status)


@require_POST
@hat_page
def adopt(request: AnyHatRequest, pk: int, number: int) -> HttpResponse:
    """Say that the agency adopts this version. What is wrong is said at the field, on the document's page."""
    found = access_version(request.hat, pk, number)
    form, status = AdoptForm(request.POST), 422

    def act() -> str:
        adopt_document(by=request.hat, version=found, **form.cleaned_data)
        return saved(request, "Det är sparat att ni har antagit dokumentet.", reverse("document", args=[pk]))

    if form.is_valid():
        try:
            return do_once(request, "adopt_document", act)
        except Refusal as refusal:
            if refusal.status not in {409, 422}:
                raise
            form.add_error(None if refusal.status == 409 else "adopted_on", refusal.sentence)
            status = refusal.status
    if not can_adopt(request.hat, found.document):
        raise Http404
    current = current_of(found.document)  # a newer one may have come: then what was typed stands beside that
    return _page(request, access_version(request.hat, pk, current.number) if current else found, form, status)


@require_POST
@hat_page
def confirm(request: AnyHatRequest, pk: int, number: int) -> HttpResponse:
    """«Jag har läst»."""
    found = access_version(request.hat, pk, number)

    def act() -> str:
        confirm_read(by=request.hat, version=found)
        return saved(request, "Det är sparat att du har läst.", reverse("document", args=[pk]))

    return do_once(request, "confirm_document", act)


# ---------- what differs ----------
@dataclass(frozen=True)
class Piece:
    """A paragraph that both versions have ("same"), or those in a row that only one has ("new", "gone")."""

    how: str
    text: str


@require_GET
@hat_page
def changes(request: AnyHatRequest, pk: int, number: int) -> HttpResponse:
    """What a version says that the one before did not, and the other way round."""
    shown = access_version(request.hat, pk, number)
    before = version_before(shown)
    if before is None:
        raise Http404
    pieces = differences(before.text, shown.text)
    context = {"document": shown.document, "version": shown, "before": before, "pieces": pieces}
    context["changed"] = sum(piece.how != "same" for piece in pieces)
    return render(request, "steering/document_changes.html", context)


def differences(before: str, after: str) -> list[Piece]:
    """Paragraph by paragraph, in the order of the new text; what is gone stands where it stood."""
    old, new = paragraphs(before), paragraphs(after)
    found: list[Piece] = []
    for tag, first, last, start, stop in difflib.SequenceMatcher(None, old, new).get_opcodes():
        if tag == "equal":
            found += [Piece("same", text) for text in new[start:stop]]
            continue
        for how, lines in (("gone", old[first:last]), ("new", new[start:stop])):
            found += [Piece(how, "\n".join(lines))] if lines else []
    return found


def paragraphs(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]
