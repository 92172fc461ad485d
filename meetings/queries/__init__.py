"""The only ways to read what the meetings' floor holds."""

from meetings.queries.meetings import (
    access_group,
    access_meeting,
    attendance_of,
    attends,
    groups_visible_to,
    is_guest_only,
    items_of,
    meetings_visible_to,
    open_seats,
    sides_of,
)

__all__ = [
    "access_group",
    "access_meeting",
    "attendance_of",
    "attends",
    "groups_visible_to",
    "is_guest_only",
    "items_of",
    "meetings_visible_to",
    "open_seats",
    "sides_of",
]
