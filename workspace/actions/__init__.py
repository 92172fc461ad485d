"""The verbs of the ground floor. The only room that writes."""

from workspace.actions.absences import end_absence, register_absence
from workspace.actions.accounts import make_sign_in_link, set_password, use_sign_in_link, wear_hat
from workspace.actions.consents import confirm_consent, end_disclosures, end_rows, make_disclosure, record_consent
from workspace.actions.participants import change_participant, register_participant, state_reason
from workspace.actions.records import record_act, record_reads
from workspace.actions.transactions import action, lock_participant, perform_once

__all__ = [
    "action",
    "change_participant",
    "confirm_consent",
    "end_absence",
    "end_disclosures",
    "end_rows",
    "lock_participant",
    "make_disclosure",
    "make_sign_in_link",
    "perform_once",
    "record_act",
    "record_consent",
    "record_reads",
    "register_absence",
    "register_participant",
    "set_password",
    "state_reason",
    "use_sign_in_link",
    "wear_hat",
]
