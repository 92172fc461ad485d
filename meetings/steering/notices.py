"""What the steering groups' floor tells people. Said by nobody: whole sentences, none of which needs the object."""

from notifications.registry import NoticeKind, register

register(
    NoticeKind("document.published", "ett dokument att läsa är publicerat, version {number}", "document"),
    NoticeKind("time_report.due", "er tidrapport ska skickas senast {number}", "time_report"),
    NoticeKind("time_report.late", "er tidrapport skulle ha skickats senast {number}", "time_report"),
)
