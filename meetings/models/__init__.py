"""The meetings' nouns."""

from meetings.models.agenda import (
    LONGEST_NOTE,
    ActionItem,
    AgendaItem,
    Decision,
    ItemGuest,
    NoteVersion,
    Proposal,
)
from meetings.models.cases import Case, CaseNote, CircleSeat, TableReader, TableText
from meetings.models.groups import Group, GroupSeat, SeatHolder, Series, SeriesException, TemplateItem
from meetings.models.meetings import Attendance, Meeting, MeetingEvent
from meetings.models.minutes import Minutes, MinutesApproval, MinutesPart, MinutesRecipient

__all__ = [
    "LONGEST_NOTE",
    "ActionItem",
    "AgendaItem",
    "Attendance",
    "Case",
    "CaseNote",
    "CircleSeat",
    "Decision",
    "Group",
    "GroupSeat",
    "ItemGuest",
    "Meeting",
    "MeetingEvent",
    "Minutes",
    "MinutesApproval",
    "MinutesPart",
    "MinutesRecipient",
    "NoteVersion",
    "Proposal",
    "SeatHolder",
    "Series",
    "SeriesException",
    "TableReader",
    "TableText",
    "TemplateItem",
]
