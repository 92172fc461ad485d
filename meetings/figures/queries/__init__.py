"""The only ways to read figures. `known` and `around` read across agencies, aggregates only. Import from here."""

from meetings.figures.queries.access import (
    OwnAgreement,
    access_figures,
    access_goal,
    access_own_cooperation,
    access_published,
    agreements_of,
    changes_in_month,
    changes_of,
    freezing_of,
    goals_of,
    planned_of,
)
from meetings.figures.queries.freezing import recount
from meetings.figures.queries.months import months_of, snapshot_of, versions_of
from meetings.figures.queries.reports import report_of, series_of, shown_bases

__all__ = [
    "OwnAgreement",
    "access_figures",
    "access_goal",
    "access_own_cooperation",
    "access_published",
    "agreements_of",
    "changes_in_month",
    "changes_of",
    "freezing_of",
    "goals_of",
    "months_of",
    "planned_of",
    "recount",
    "report_of",
    "series_of",
    "shown_bases",
    "snapshot_of",
    "versions_of",
]
