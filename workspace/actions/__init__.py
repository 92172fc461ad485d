"""The verbs of the ground floor. The only room that writes."""

from workspace.actions.absences import end_absence, register_absence
from workspace.actions.accounts import make_sign_in_link, set_password, use_sign_in_link, wear_hat
from workspace.actions.consents import (
    confirm_consent,
    end_disclosures,
    end_rows,
    lock_live_rows,
    make_disclosure,
    record_consent,
)
from workspace.actions.contacts import name_outside_contact, save_contact, save_needs
from workspace.actions.own_page import (
    begin_visit,
    close_page,
    leave_page,
    make_page_code,
    make_page_link,
    open_page_link,
    touch_visit,
)
from workspace.actions.participants import change_participant, register_participant, state_reason
from workspace.actions.records import record_act, record_lists_read, record_reads
from workspace.actions.transactions import action, lock_participant, perform_once

__all__ = [
    "action",
    "begin_visit",
    "change_participant",
    "close_page",
    "confirm_consent",
    "end_absence",
    "end_disclosures",
    "end_rows",
    "leave_page",
    "lock_live_rows",
    "lock_participant",
    "make_disclosure",
    "make_page_code",
    "make_page_link",
    "make_sign_in_link",
    "name_outside_contact",
    "open_page_link",
    "perform_once",
    "record_act",
    "record_consent",
    "record_lists_read",
    "record_reads",
    "register_absence",
    "register_participant",
    "save_contact",
    "save_needs",
    "set_password",
    "state_reason",
    "touch_visit",
    "use_sign_in_link",
    "wear_hat",
]
