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
from workspace.models.own_page import (
    Browser,
    Contact,
    HelpRequest,
    OutsideContact,
    PageCode,
    PageLink,
    SupportNeeds,
    Visit,
)
from workspace.models.participants import Participant, StatedReason
from workspace.models.records import AuditEntry, IdempotencyKey, ImportedRow

__all__ = [
    "SMALL_MUNICIPALITY",
    "Absence",
    "Agency",
    "AuditEntry",
    "Browser",
    "Category",
    "Consent",
    "ConsentRow",
    "Contact",
    "Cooperation",
    "CooperationAgency",
    "CooperationRole",
    "Disclosure",
    "Function",
    "FunctionMember",
    "Ground",
    "HelpRequest",
    "IdempotencyKey",
    "ImportedRow",
    "Membership",
    "Municipality",
    "Organisation",
    "OutsideContact",
    "PageCode",
    "PageLink",
    "Participant",
    "SignInLink",
    "StatedReason",
    "SupportNeeds",
    "UserAccount",
    "Visit",
]
