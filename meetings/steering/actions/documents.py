"""A document is written, published, adopted by agencies, read by people, and ended (R50–R52, R98)."""

from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone

from meetings.rules import hat_fields, of_hat
from meetings.steering.errors import DoesNotHold
from meetings.steering.models import LONGEST_TEXT, Adoption, Document, DocumentVersion, ReadConfirmation
from meetings.steering.queries.documents import (
    arranges_documents,
    can_adopt,
    cooperations_read_by,
    current_of,
    digest_of,
    draft_of,
    is_bound,
    parties_of,
    readers_of,
    state_of,
    title_taken,
)
from meetings.steering.states import DocumentKind
from notifications.actions import Notice, close_notices, deliver
from workspace.actions import action, record_act
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Agency, Cooperation
from workspace.rules import Hat
from workspace.states import AuditAct
from workspace.swedish import say_date

PUBLISHED = "document.published"
MEANWHILE = "Någon annan har ändrat utkastet medan du skrev. Din text står kvar här. Jämför innan du sparar."
NEWER = "En nyare version är publicerad. Läs den först."
ENDED = "Dokumentet är avslutat. Det går inte att ändra."


def _require_arranger(by: Hat, cooperation_id: int) -> None:
    if not arranges_documents(by, cooperation_id):
        raise NotAllowed("Det är samordnaren och ordföranden som skriver och publicerar dokumenten.")


def _lock(document: Document) -> Document:
    """Versions of one document change one at a time. Refuses one that has ended."""
    found = Document.objects.select_for_update(of=("self",)).select_related("cooperation", "agency").get(pk=document.pk)
    if found.ended_on is not None:
        raise SomebodyWasFaster(ENDED)
    return found


def _audit(by: Hat, verb: str, document: Document) -> None:
    record_act(by=by, act=AuditAct.WRITE, what=f"document.{verb}", object_id=document.pk)


def _check_text(text: str) -> str:
    text = text.strip()
    if not text:
        raise DoesNotHold("Skriv texten.")
    if len(text) > LONGEST_TEXT:
        raise DoesNotHold(f"Texten är för lång. Högst {LONGEST_TEXT} tecken får plats.")
    return text


def _check_title(cooperation: Cooperation, kind: str, title: str, besides: int | None = None) -> str:
    title = title.strip()
    if not title:
        raise DoesNotHold("Skriv vad dokumentet heter.")
    if title_taken(cooperation, kind, title, besides):
        raise DoesNotHold(f"{title} finns redan. Välj ett annat namn, eller skriv en ny version av det som finns.")
    return title


# ---------- to write ----------
@action
def start_document(
    *, by: Hat, cooperation: Cooperation, kind: DocumentKind, title: str, text: str, agency: Agency | None = None
) -> Document:
    """Begin a document with its first draft, which only the coordinator and the chair read. Audit row; tells nobody.

    Locks the cooperation. Refuses whoever arranges no documents there, a title that another of the kind has, an empty
    or too long text, one agency for anything but a mandate, and an agency that is not in the cooperation today.
    """
    _require_arranger(by, cooperation.pk)
    Cooperation.objects.select_for_update(of=("self",)).get(pk=cooperation.pk)
    title, text = _check_title(cooperation, kind, title), _check_text(text)
    if agency is not None:
        if kind != DocumentKind.MANDATE:
            raise DoesNotHold("Bara ett uppdrag kan gälla en enda myndighet.")
        if agency.pk not in {party.pk for party in parties_of([cooperation.pk]).get(cooperation.pk, [])}:
            raise DoesNotHold("Välj en myndighet som är med i samverkan.")
    document = Document.objects.create(cooperation=cooperation, kind=kind, title=title, agency=agency)
    DocumentVersion.objects.create(document=document, number=1, text=text, **hat_fields(by))
    _audit(by, "start", document)
    return document


@action
def save_draft(*, by: Hat, document: Document, text: str, change: str, base: str, title: str = "") -> DocumentVersion:
    """Write the draft of the next version, or begin it. `base` is what the form was begun from (`state_of`).

    The title changes only before anything is published: what agencies have adopted keeps its name. Audit row; tells
    nobody. Locks the document. Refuses whoever arranges no documents, an empty or too long text, a new version that
    does not say what is new, and with `SomebodyWasFaster` a document that has ended and a draft that somebody else has
    begun, changed or published meanwhile.
    """
    _require_arranger(by, document.cooperation_id)
    found = _lock(document)
    draft, current = draft_of(found), current_of(found)
    if state_of(found) != base:
        raise SomebodyWasFaster(MEANWHILE)
    text, change = _check_text(text), change.strip()
    if current is not None and not change:
        raise DoesNotHold("Skriv vad som är nytt.")
    if current is None and title:
        found.title = _check_title(found.cooperation, found.kind, title, found.pk)
        found.save(update_fields=["title"])
    if draft is None:
        number = (current.number if current else 0) + 1
        draft = DocumentVersion(document=found, number=number)
    draft.text, draft.change, draft.made_at = text, change if current else "", timezone.now()
    for name, value in hat_fields(by).items():
        setattr(draft, name, value)
    draft.save()
    _audit(by, "draft", found)
    return draft


@action
def publish_document(*, by: Hat, document: Document, base: str) -> DocumentVersion:
    """Publish the draft as it was shown: from now on its text stands, under a digest, and agencies can adopt it.

    Locks the document; moves the draft; closes what was told of the version before; audit row; tells everybody who
    holds a seat in the cooperation's groups. Refuses whoever arranges no documents; `SomebodyWasFaster` where the draft
    has been published or changed since `base`, and where the document has ended.
    """
    _require_arranger(by, document.cooperation_id)
    found = _lock(document)
    draft = draft_of(found)
    if draft is None:
        raise SomebodyWasFaster("Utkastet är redan publicerat.")
    if state_of(found) != base:
        raise SomebodyWasFaster("Utkastet har ändrats. Läs det som det är nu innan du publicerar det.")
    draft.published_at, draft.digest = timezone.now(), digest_of(found.title, draft.text)
    for name, value in hat_fields(by).items():
        setattr(draft, name, value)
    draft.save(update_fields=["published_at", "digest", "member", "role"])
    _close_told(found)
    _audit(by, "publish", found)
    told = frozenset(int(reader.key[1:]) for reader in readers_of(draft) if reader.agency)
    deliver([Notice(PUBLISHED, str(draft.number), found.pk, None, told)])
    return draft


def _close_told(document: Document) -> None:
    """What was told of the document leaves everybody's lists."""
    close_notices(kind_prefix=PUBLISHED, object_id=document.pk)


@action
def end_document(*, by: Hat, document: Document) -> None:
    """The document holds no longer from today. It can be read as before; a draft of it is never published.

    Locks the document; closes what was told of it; audit row; tells nobody. Refuses whoever arranges no documents;
    `SomebodyWasFaster` where it has ended.
    """
    _require_arranger(by, document.cooperation_id)
    found = _lock(document)
    found.ended_on = timezone.localdate()
    found.save(update_fields=["ended_on"])
    _close_told(found)
    _audit(by, "end", found)


# ---------- to take as one's own ----------
@action
def adopt_document(*, by: Hat, version: DocumentVersion, adopted_on: date, registration: str = "") -> Adoption:
    """An agency takes the version that holds as its own, from a day, with its own diarienummer. Only ever added to.

    Locks the document; audit row; tells nobody: the list shows it. Refuses whoever is neither the agency's manager nor
    holds its seat in a steering group, another agency's mandate, a day ahead or before the publication;
    `SomebodyWasFaster` where the agency has adopted the version, a newer one is published or the document has ended.
    Units: `adopted_on` is a calendar day. Source: R50, R52.
    """
    if not can_adopt(by, version.document):
        raise NotAllowed("Det är chefen, eller den som har plats i styrgruppen, som antar för myndigheten.")
    document = _lock(version.document)
    found = current_of(document)
    if found is None or found.pk != version.pk or found.published_at is None:
        raise SomebodyWasFaster(NEWER)
    published = timezone.localdate(found.published_at)
    if adopted_on > timezone.localdate():
        raise DoesNotHold(f"{say_date(adopted_on)} har inte varit än. Skriv dagen då ni antog dokumentet.")
    if adopted_on < published:
        raise DoesNotHold(f"Versionen publicerades {say_date(published)}. Den kan inte antas före det.")
    agency = by.agency  # type: ignore[union-attr]  # `can_adopt` has seen that it is a member
    try:
        with transaction.atomic():
            adoption = Adoption.objects.create(
                version=found, agency=agency, adopted_on=adopted_on, registration=registration, **hat_fields(by)
            )
    except IntegrityError as error:
        raise SomebodyWasFaster("Er myndighet har redan antagit den här versionen.") from error
    _audit(by, "adopt", document)
    return adoption


@action
def confirm_read(*, by: Hat, version: DocumentVersion) -> None:
    """Somebody says that they have read the version that holds. Once: again it changes nothing.

    Locks the document; closes what this hat was told of it; audit row; tells nobody. Refuses whoever does not read the
    cooperation's documents, and roles that follow it only; `SomebodyWasFaster` as `adopt_document`. Source: R51.
    """
    if not is_bound(by) or not cooperations_read_by(by).filter(pk=version.document.cooperation_id).exists():
        raise NotAllowed("Det är de som är med i samverkan som säger att de har läst.")
    document = _lock(version.document)
    found = current_of(document)
    if found is None or found.pk != version.pk:
        raise SomebodyWasFaster(NEWER)
    if ReadConfirmation.objects.filter(of_hat(by), version=found).exists():
        return
    ReadConfirmation.objects.create(version=found, **hat_fields(by))
    if hat_fields(by)["member"] is not None:
        close_notices(kind_prefix=PUBLISHED, object_id=document.pk, memberships=[by.pk])
    _audit(by, "read", document)
