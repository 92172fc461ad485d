"""What the steering groups' floor tells people. Said by nobody: whole sentences, none of which needs the object."""

from notifications.registry import NoticeKind, register
from notifications.states import Urgency

ACT = Urgency.ACT
register(
    "Dokument och tidrapporter",
    NoticeKind(
        "document.published",
        "ett dokument att läsa är publicerat, version {number}",
        "document",
        ACT,
        "Ett dokument är att läsa",
    ),
    NoticeKind(
        "time_report.due", "er tidrapport ska skickas senast {number}", "time_report", ACT, "En tidrapport ska skickas"
    ),
    NoticeKind(
        "time_report.late",
        "er tidrapport skulle ha skickats senast {number}",
        "time_report",
        ACT,
        "En tidrapport är sen",
    ),
)
