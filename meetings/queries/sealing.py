"""The seal on approved minutes: what it is a digest of, and whether what lies in the database still agrees (L42)."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.utils import timezone

from meetings.models import ByHat, Meeting, Minutes, MinutesAddendum, MinutesApproval, MinutesPosting, MinutesSeal
from meetings.queries.drafting import Data, agency_data, role_data
from meetings.states import MinutesAnswer, MinutesMode

SHORT = 12  # letters of a digest that people compare
POSTED_WITHIN = timedelta(days=2)  # calendar days after the approval (KL 8:12)
APPEAL_WITHIN = timedelta(days=21)  # from the notice (KL 13:5)


# ---------- what is sealed ----------
def is_formal(minutes: Minutes) -> bool:
    """Sent while its group's minutes were formal: what the group changes to afterwards is no matter."""
    return bool(minutes.head.get("mode") == MinutesMode.FORMAL)


def moment(at: datetime) -> str:
    """The same on both databases, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def digest_of(data: Any) -> str:
    """sha256 over plain data, written the same way each time."""
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def answers_to(minutes: Minutes) -> list[MinutesApproval]:
    rows = MinutesApproval.objects.filter(minutes=minutes)
    return list(rows.select_related("member__user", "member__agency", "role__user").order_by("at", "pk"))


def name_and_side(row: ByHat) -> tuple[str, str]:
    """«Elin Hedberg» and «Socialtjänsten Piteå», as they are called now; both empty for the system."""
    hat = row.member or row.role
    side = agency_data(row.member.agency) if row.member else role_data(row.role)
    return (str(hat.user), side["name"]) if hat else ("", "")


def signers_of(minutes: Minutes) -> list[Data]:
    """Who has signed, as they are called now, in the order they signed: what the seal keeps."""
    found = []
    for row in answers_to(minutes):
        if row.answer == MinutesAnswer.APPROVED:
            name, side = name_and_side(row)
            found.append({"hat": row.hat_key, "name": name, "side": side, "at": moment(row.at)})
    return found


def seal_digest(minutes: Minutes, signers: list[Data], sealed_at: datetime) -> str:
    """Over the version's own digest, everybody who signed, and how it came about: every version up to this one with
    its reason, who sent it and each answer. So that also what came before stands as it was."""
    versions = Minutes.objects.filter(meeting=minutes.meeting_id, version__lte=minutes.version).order_by("version")
    return digest_of(
        {
            "meeting": minutes.meeting_id,
            "versions": [_version_data(row) for row in versions],
            "signers": signers,
            "sealed_at": moment(sealed_at),
        }
    )


def _version_data(minutes: Minutes) -> Data:
    answers = [
        {"hat": row.hat_key, "answer": row.answer, "comment": row.comment, "at": moment(row.at)}
        for row in answers_to(minutes)
    ]
    return {
        "version": minutes.version,
        "reason": minutes.reason,
        "sent_at": moment(minutes.sent_at),
        "by": minutes.hat_key,
        "digest": minutes.digest,
        "answers": answers,
    }


# These two are lines, not JSON: PostgreSQL counts them again when they are written (migration 0007).
def addendum_digest(before: str, row: MinutesAddendum) -> str:
    """Over the digest before it (of the first: the seal's) and the addendum itself."""
    lines = [before, str(row.number), row.hat_key, moment(row.at), row.author, row.text]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def posting_digest(seal: MinutesSeal, row: MinutesPosting) -> str:
    """Over the seal's digest and the notice: kept in the meeting's history."""
    lines = [seal.digest, row.posted_on.isoformat(), row.hat_key, moment(row.at), row.where]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def chained(seal: MinutesSeal, rows: Iterable[MinutesAddendum]) -> str:
    """The digest that the next addendum begins with."""
    return next((row.digest for row in sorted(rows, key=lambda row: -row.number)), seal.digest)


# ---------- read ----------
def seal_of(minutes: Minutes) -> MinutesSeal | None:
    return MinutesSeal.objects.filter(minutes=minutes).first()


def newest_seal(meeting: Meeting) -> MinutesSeal | None:
    """The seal of the newest version that has one."""
    rows = MinutesSeal.objects.filter(minutes__meeting=meeting).select_related("minutes")
    return rows.order_by("-minutes__version").first()


@dataclass
class SealShown:
    """What the page and the paper say of a sealed version."""

    row: MinutesSeal
    addenda: list[MinutesAddendum]
    posting: MinutesPosting | None
    formal: bool

    @property
    def approved_on(self) -> date:
        return timezone.localdate(self.row.sealed_at)

    @property
    def post_by(self) -> date:
        """The day the notice should stand by. Said, never enforced; that it is a day off gives no more time here."""
        return self.approved_on + POSTED_WITHIN

    @property
    def post_late(self) -> bool:
        return (self.posting.posted_on if self.posting else timezone.localdate()) > self.post_by

    @property
    def short(self) -> str:
        """«4f2a91bc 07de»: the beginning, in groups of four letters."""
        return in_groups(self.row.digest[:SHORT])

    @property
    def full(self) -> str:
        return in_groups(self.row.digest)


def in_groups(digest: str) -> str:
    """A digest in groups of four, so that two people can compare it aloud."""
    return " ".join(digest[at : at + 4] for at in range(0, len(digest), 4))


def seal_shown(minutes: Minutes) -> SealShown | None:
    """None where the version has no seal. Three queries."""
    row = seal_of(minutes)
    if row is None:
        return None
    addenda = list(MinutesAddendum.objects.filter(minutes=minutes).order_by("number"))
    posting = MinutesPosting.objects.filter(minutes=minutes).first()
    return SealShown(row, addenda, posting, is_formal(minutes))
