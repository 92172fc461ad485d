"""Which numbers of a month may be shown, over rows, columns, totals, shares and all earlier months. Pure.

`exact` of `publish` holds the exact Tables behind `earlier`, one for each and in its order: without them nobody can
tell whether two months together give something away, so it is refused (ValueError) where they are not as many.
"""

from meetings.figures.suppression.periods import Period, closed_periods
from meetings.figures.suppression.publishing import publish
from meetings.figures.suppression.shapes import ANY, OTHERS, Band, Line, Question, Shown, ShownQuestion, Tables

__all__ = [
    "ANY",
    "OTHERS",
    "Band",
    "Line",
    "Period",
    "Question",
    "Shown",
    "ShownQuestion",
    "Tables",
    "closed_periods",
    "publish",
]
