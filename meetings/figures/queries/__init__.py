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
from meetings.figures.queries.reports import measure_over_time, report_of, reports_of, series_of, shown_bases
from meetings.figures.report.differences import Difference, TooFew, largest_difference
from meetings.figures.report.measures import (
    Measure,
    NotCompared,
    Point,
    measure_of,
    measures_of,
    not_compared_in,
    series_of_measure,
)
from meetings.figures.report.talk import chance_sentence, shares_sentence, talk_about

__all__ = [
    "Difference",
    "Measure",
    "NotCompared",
    "OwnAgreement",
    "Point",
    "TooFew",
    "access_figures",
    "access_goal",
    "access_own_cooperation",
    "access_published",
    "agreements_of",
    "chance_sentence",
    "changes_in_month",
    "changes_of",
    "freezing_of",
    "goals_of",
    "largest_difference",
    "measure_of",
    "measure_over_time",
    "measures_of",
    "months_of",
    "not_compared_in",
    "planned_of",
    "recount",
    "report_of",
    "reports_of",
    "series_of",
    "series_of_measure",
    "shares_sentence",
    "shown_bases",
    "snapshot_of",
    "talk_about",
    "versions_of",
]
