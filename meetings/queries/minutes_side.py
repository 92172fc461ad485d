"""What stands beside the minutes: which versions there are, who has answered, who has read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from meetings.models import Minutes, MinutesRecipient
from meetings.queries.drafting import ROLE_SHAPE, Data, agency_data, person_of, role_data, side_of_hat
from meetings.queries.minutes import approvals_of, recipients_of, versions_approved
from meetings.queries.sealing import seal_of
from meetings.states import MinutesAnswer


@dataclass
class VersionShown:
    minutes: Minutes
    approved_at: datetime | None


def versions_shown(versions: Sequence[Minutes]) -> list[VersionShown]:
    """The versions a hat may open, as they were given, with when each was approved. Two queries for any number."""
    if not versions:
        return []
    approved = versions_approved(versions[0].meeting_id)
    return [VersionShown(minutes, approved.get(minutes.pk)) for minutes in versions]


@dataclass
class ApprovalShown:
    """Somebody who is to approve a version, with their answer; empty while there is none."""

    name: str
    side: Data
    answer: str
    comment: str
    at: datetime | None

    @property
    def label(self) -> str:
        return {"": "Väntar", MinutesAnswer.APPROVED: "Justerat", MinutesAnswer.OBJECTED: "Vill ha en ändring"}[
            self.answer
        ]


def approvals_shown(minutes: Minutes) -> list[ApprovalShown]:
    """Of a sealed version those who signed, as the seal has them; else every adjuster with the last answer, then
    objections by whoever arranges the meeting."""
    sealed = seal_of(minutes)
    if sealed is not None:
        return _signed(minutes, sealed.signers)
    last = {row.hat_key: row for row in approvals_of(minutes)}
    shown = []
    for recipient in recipients_of(minutes):
        row = recipient.attendance
        answer = last.pop(row.hat_key, None) if recipient.is_adjuster else None
        if recipient.is_adjuster and (answer or recipient.withdrawn_at is None):
            shown.append(
                ApprovalShown(
                    person_of(row),
                    side_of_hat(row),
                    answer.answer if answer else "",
                    answer.comment if answer else "",
                    answer.at if answer else None,
                )
            )
    for answer in last.values():
        hat = answer.member or answer.role
        side = agency_data(answer.member.agency) if answer.member else role_data(answer.role)
        shown.append(ApprovalShown(str(hat.user) if hat else "", side, answer.answer, answer.comment, answer.at))
    return shown


def _signed(minutes: Minutes, signers: Sequence[Data]) -> list[ApprovalShown]:
    shapes = {row.hat_key: row.member.agency.shape for row in approvals_of(minutes) if row.member}
    return [
        ApprovalShown(
            line["name"],
            {"name": line["side"], "shape": shapes.get(line["hat"], ROLE_SHAPE)},
            MinutesAnswer.APPROVED,
            "",
            datetime.fromisoformat(line["at"]),
        )
        for line in signers
    ]


@dataclass
class ReaderShown:
    row: MinutesRecipient
    name: str
    side: Data


def readers_shown(minutes: Minutes) -> list[ReaderShown]:
    """«Vem har läst»: whom a version was sent to, by agency and name, when they opened it, and who lost it."""
    return [ReaderShown(row, person_of(row.attendance), side_of_hat(row.attendance)) for row in recipients_of(minutes)]
