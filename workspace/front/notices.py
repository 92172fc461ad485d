"""What the front door tells people. No word needs the thing itself, and none says who it is about."""

from notifications.registry import NoticeKind, register

# Said by nobody: the participant has no agency to say it for.
register(NoticeKind("help.asked", "någon behöver hjälp av dig som står utanför, {number}", "help_request"))
# Said by nobody: the participant took it back on their own page.
register(NoticeKind("consent.withdrawn", "en deltagare tog tillbaka ett samtycke, {number}", "participant"))
