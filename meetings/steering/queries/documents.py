"""Routines, mandates, plans and budgets: who reads them, who adopts them, and who has not (R50–R52, R98)."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import Http404

from meetings.figures.rules import decides_changes
from meetings.models import SeatHolder
from meetings.rules import STEERING_ROLES, of_hat, seated
from meetings.states import GroupKind
from meetings.steering.models import Adoption, Document, DocumentVersion, ReadConfirmation
from workspace.models import Agency, Cooperation, CooperationAgency, CooperationRole, Membership
from workspace.rules import Hat, active_on, is_manager
from workspace.states import CooperationRoleKind

# Of a cooperation's roles those that its routines bind. The evaluator and the elected boards only read (R26, R31).
BOUND_ROLES = STEERING_ROLES | {CooperationRoleKind.COORDINATOR}


# ---------- who ----------
def arranges_documents(hat: Hat, cooperation_id: int) -> bool:
    """Writes and publishes the cooperation's documents: its coordinator and its chair."""
    return isinstance(hat, CooperationRole) and decides_changes(hat) and hat.cooperation_id == cooperation_id


def _sits(hat: Membership) -> QuerySet[SeatHolder]:
    return SeatHolder.objects.filter(seated(), membership=hat, seat__group__ended_on__isnull=True)


def _managed(hat: Hat) -> QuerySet[CooperationAgency]:
    """The cooperations that the agency of a manager takes part in today."""
    parties = CooperationAgency.objects.filter(active_on(), agency__left_on__isnull=True)
    return parties.filter(agency=hat.agency_id) if is_manager(hat) else parties.none()


def cooperations_read_by(hat: Hat) -> QuerySet[Cooperation]:
    """The cooperations whose documents this hat reads: where it sits in a group, has a role, or manages a party."""
    if isinstance(hat, CooperationRole):
        return Cooperation.objects.filter(pk=hat.cooperation_id)
    found = Q(pk__in=_sits(hat).values("seat__group__cooperation")) | Q(pk__in=_managed(hat).values("cooperation"))
    return Cooperation.objects.filter(found).order_by("name", "pk")


def cooperations_adopted_in(hat: Hat) -> set[int]:
    """Where this hat says what its agency adopts: its manager, and who holds its seat in a steering group."""
    if not isinstance(hat, Membership):
        return set()
    held = _sits(hat).filter(seat__group__kind=GroupKind.STEERING).values("seat__group__cooperation")
    found = Q(cooperation__in=held) | Q(pk__in=_managed(hat).values("pk"))
    parties = CooperationAgency.objects.filter(active_on(), agency=hat.agency_id).filter(found)
    return set(parties.values_list("cooperation", flat=True))


def can_adopt(hat: Hat, document: Document) -> bool:
    """Whether this hat may say that its agency adopts the document. One agency's mandate is adopted by that alone."""
    if not isinstance(hat, Membership) or document.agency_id not in {None, hat.agency_id}:
        return False
    return document.cooperation_id in cooperations_adopted_in(hat)


def is_bound(hat: Hat) -> bool:
    """Whether this hat, which reads a cooperation's documents, can say that it has read them."""
    return isinstance(hat, Membership) or hat.role in BOUND_ROLES


# ---------- documents ----------
def documents_visible_to(hat: Hat) -> QuerySet[Document]:
    """The documents this hat reads: published ones; whoever writes them also those that only have a draft."""
    found = Document.objects.filter(cooperation__in=cooperations_read_by(hat).values("pk")).select_related(
        "cooperation", "agency"
    )
    if isinstance(hat, CooperationRole) and decides_changes(hat):
        return found
    return found.filter(Exists(DocumentVersion.objects.filter(document=OuterRef("pk"), published_at__isnull=False)))


def access_document(hat: Hat, pk: int) -> Document:
    """One document this hat reads, or the same 404 as for one that does not exist."""
    document = documents_visible_to(hat).filter(pk=pk).first()
    if document is None:
        raise Http404
    return document


def versions_of(hat: Hat, document: Document) -> list[DocumentVersion]:
    """The versions this hat reads, the newest first, without their texts. A draft only to whoever writes it."""
    found = DocumentVersion.objects.filter(document=document).defer("text").select_related("member__user", "role__user")
    if not arranges_documents(hat, document.cooperation_id):
        found = found.filter(published_at__isnull=False)
    return list(found.order_by("-number"))


def access_version(hat: Hat, pk: int, number: int) -> DocumentVersion:
    """One version of a document, as `versions_of`, or the same 404 as for one that does not exist."""
    document = access_document(hat, pk)
    found = DocumentVersion.objects.filter(document=document, number=min(number, 40_000))
    if not arranges_documents(hat, document.cooperation_id):
        found = found.filter(published_at__isnull=False)
    version = found.select_related("member__user", "role__user").first()
    if version is None:
        raise Http404
    version.document = document
    return version


def current_of(document: Document) -> DocumentVersion | None:
    """The version that holds: the newest that is published."""
    published = DocumentVersion.objects.filter(document=document, published_at__isnull=False)
    return published.select_related("member__user", "role__user").order_by("-number").first()


def draft_of(document: Document) -> DocumentVersion | None:
    return DocumentVersion.objects.filter(document=document, published_at__isnull=True).first()


def version_before(version: DocumentVersion) -> DocumentVersion | None:
    """The published version before this one."""
    earlier = DocumentVersion.objects.filter(document=version.document_id, published_at__isnull=False)
    return earlier.filter(number__lt=version.number).order_by("-number").first()


def digest_of(*parts: str) -> str:
    """sha256 of texts, each kept apart from the next: of title and text as published, or of a draft as it was shown."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def state_of(document: Document) -> str:
    """What a form about the next version is begun from: the draft as it is, or which version holds where there is none.

    What it was begun from differs from what stands as soon as somebody else has saved or published anything.
    """
    draft = draft_of(document)
    if draft is not None:
        return digest_of(document.title, draft.text, draft.change)
    current = current_of(document)
    return f"version {current.number}" if current else ""


# ---------- who has, and who has not ----------
def adopters_of(document: Document, parties: Iterable[Agency]) -> list[Agency]:
    """Of the cooperation's agencies those that are to adopt the document."""
    return [agency for agency in parties if document.agency_id in {None, agency.pk}]


def parties_of(cooperations: Iterable[int]) -> dict[int, list[Agency]]:
    """The agencies that take part in each of these cooperations today, by name. One query."""
    found: dict[int, list[Agency]] = {}
    rows = CooperationAgency.objects.filter(
        active_on(), cooperation__in=list(cooperations), agency__left_on__isnull=True
    ).select_related("agency")
    for row in rows.order_by("agency__name", "pk"):
        found.setdefault(row.cooperation_id, []).append(row.agency)
    return found


def adoptions_of(version: DocumentVersion) -> list[Adoption]:
    """Who has adopted a version, the first first."""
    return list(Adoption.objects.filter(version=version).select_related("agency", "member__user"))


@dataclass(frozen=True)
class Reader:
    """Somebody who is to read a document."""

    key: str  # the hat's
    name: str
    agency: Agency | None = None
    role: str = ""


def readers_of(version: DocumentVersion) -> list[Reader]:
    """Who is to say that they have read a version: whoever holds a seat in one of the cooperation's groups today, its
    coordinator, its chair and its steering group; not whoever published it. Two queries."""
    cooperation = version.document.cooperation_id
    held = SeatHolder.objects.filter(seated(), seat__group__cooperation=cooperation, seat__group__ended_on__isnull=True)
    members = Membership.objects.filter(
        active_on(), pk__in=held.values("membership"), user__is_active=True, agency__left_on__isnull=True
    ).select_related("user", "agency")
    roles = CooperationRole.objects.filter(
        active_on(), cooperation=cooperation, role__in=BOUND_ROLES, user__is_active=True
    ).select_related("user")
    found = [
        Reader(one.hat_key, str(one.user), one.agency)
        for one in members.order_by("agency__name", "user__first_name", "user__last_name", "pk")
    ]
    found += [
        Reader(one.hat_key, str(one.user), role=one.get_role_display())
        for one in roles.order_by("role", "user__first_name", "user__last_name", "pk")
    ]
    return [reader for reader in found if reader.key != version.hat_key]


def confirmed(version: DocumentVersion) -> dict[str, ReadConfirmation]:
    """Who has said that they have read a version, by the key of the hat."""
    return {row.hat_key: row for row in ReadConfirmation.objects.filter(version=version)}


def unread_shown_to(hat: Hat, version: DocumentVersion) -> tuple[list[Reader], int, int]:
    """Who has not said that they have read a version, as this hat may know, and how many have, of how many.

    Whoever arranges the documents sees everybody, an agency its own people, other roles nobody's names.
    """
    readers, done = readers_of(version), confirmed(version)
    missing = [reader for reader in readers if reader.key not in done]
    read = len(readers) - len(missing)
    if arranges_documents(hat, version.document.cooperation_id):
        return missing, read, len(readers)
    if isinstance(hat, Membership):
        own = [reader for reader in missing if reader.agency and reader.agency.pk == hat.agency_id]
        return own, read, len(readers)
    return [], read, len(readers)


# ---------- the list ----------
@dataclass
class DocumentRow:
    """A document in the list."""

    document: Document
    current: DocumentVersion | None
    draft: DocumentVersion | None
    adopters: int
    missing: list[Agency] = field(default_factory=list)  # have not adopted what holds
    to_read: bool = False
    to_adopt: bool = False

    @property
    def adopted(self) -> int:
        return self.adopters - len(self.missing)

    @property
    def is_mine(self) -> bool:
        return self.to_read or self.to_adopt


def documents_listed(hat: Hat) -> list[DocumentRow]:
    """Every document this hat reads, by kind and title. Six queries for any number."""
    versions = DocumentVersion.objects.defer("text", "change").order_by("number")
    documents = list(
        documents_visible_to(hat)
        .prefetch_related(Prefetch("versions", queryset=versions, to_attr="all_versions"))
        .order_by("cooperation__name", "cooperation", "kind", "title", "pk")
    )
    parties = parties_of({document.cooperation_id for document in documents})
    adopts = cooperations_adopted_in(hat)
    current = [one.pk for document in documents for one in _published(document)[-1:]]
    adopted: dict[int, set[int]] = {}
    for version, agency in Adoption.objects.filter(version__in=current).values_list("version", "agency"):
        adopted.setdefault(version, set()).add(agency)
    mine = ReadConfirmation.objects.filter(of_hat(hat), version__in=current)
    read = set(mine.values_list("version", flat=True))
    return [_row(hat, one, parties.get(one.cooperation_id, []), adopted, adopts, read) for one in documents]


def _published(document: Document) -> list[DocumentVersion]:
    found: list[DocumentVersion] = document.all_versions  # type: ignore[attr-defined]
    return [version for version in found if version.published_at]


def _row(
    hat: Hat,
    document: Document,
    parties: list[Agency],
    adopted: dict[int, set[int]],
    adopts: set[int],
    read: set[int],
) -> DocumentRow:
    published = _published(document)
    current = published[-1] if published else None
    drafts = [version for version in document.all_versions if not version.published_at]  # type: ignore[attr-defined]
    draft = drafts[0] if drafts and arranges_documents(hat, document.cooperation_id) else None
    adopters = adopters_of(document, parties)
    have = adopted.get(current.pk, set()) if current else set()
    row = DocumentRow(document, current, draft, len(adopters), [one for one in adopters if one.pk not in have])
    if current and document.ended_on is None:
        row.to_read = is_bound(hat) and current.pk not in read and current.hat_key != hat.hat_key
        own = isinstance(hat, Membership) and hat.agency_id in {one.pk for one in row.missing}
        row.to_adopt = own and document.cooperation_id in adopts
    return row


def title_taken(cooperation: Cooperation, kind: str, title: str, besides: int | None = None) -> bool:
    """Whether a document of this kind that has not ended is called so."""
    same = Document.objects.filter(cooperation=cooperation, kind=kind, title=title, ended_on__isnull=True)
    return same.exclude(pk__in=[besides] if besides else []).exists()
