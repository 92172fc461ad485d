"""The rows of the start page, as plain data."""

from dataclasses import dataclass
from datetime import date, datetime

from workspace.models import Agency


@dataclass
class ToDo:
    """One thing that waits for the reader."""

    row_id: str
    title: str
    url: str
    number: str
    about: str
    button: str
    due_on: date | None
    since: datetime


@dataclass
class Happening:
    row_id: str
    at: datetime
    agency: Agency | None
    says: str
    after: str
    number: str
    url: str
    fresh: bool


@dataclass
class Coming:
    on: date
    title: str
    url: str
    about: str
