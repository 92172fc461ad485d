"""Who is who, and whose is what (house.md 3). One file per noun; import from here."""

from workspace.models.authorities import (
    SMALL_MUNICIPALITY,
    Absence,
    Agency,
    Cooperation,
    CooperationAgency,
    CooperationRole,
    Function,
    FunctionMember,
    Membership,
    Municipality,
    Organisation,
    SignInLink,
    UserAccount,
)
from workspace.models.consents import Category, Consent, ConsentRow, Disclosure, Ground
from workspace.models.participants import Participant, StatedReason
from workspace.models.records import AuditEntry, IdempotencyKey, ImportedRow

__all__ = [
    "SMALL_MUNICIPALITY",
    "Absence",
    "Agency",
    "AuditEntry",
    "Category",
    "Consent",
    "ConsentRow",
    "Cooperation",
    "CooperationAgency",
    "CooperationRole",
    "Disclosure",
    "Function",
    "FunctionMember",
    "Ground",
    "IdempotencyKey",
    "ImportedRow",
    "Membership",
    "Municipality",
    "Organisation",
    "Participant",
    "SignInLink",
    "StatedReason",
    "UserAccount",
]
