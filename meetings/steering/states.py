"""Closed lists of the steering groups' floor. Pure data."""

from django.db.models import TextChoices


class DocumentKind(TextChoices):
    """R50, R51, R98."""

    ROUTINE = "routine", "Rutin"
    MANDATE = "mandate", "Uppdrag"
    PLAN = "plan", "Plan"
    BUDGET = "budget", "Budget"


class ReportState(TextChoices):
    """Of an agency's time report for a month."""

    DRAFT = "draft", "Utkast"
    SENT = "sent", "Skickad"


class TimeSource(TextChoices):
    """Where a line of a time report comes from."""

    MEETING = "meeting", "Möte"
    CONVERSATION = "conversation", "Trepartssamtal"
    ACTIVITY = "activity", "Aktivitet"
    OWN = "own", "Egen rad"


REPORT_DUE_DAY = 15  # of the month after: the whole day counts
REMINDED_BEFORE = (7, 1)  # calendar days before it; on the day after it the agency's manager is told (R53)
