"""What the front door tells people. No word needs the thing itself, and none says who it is about."""

from notifications.registry import NoticeKind, register

# Said by nobody: the participant has no agency to say it for.
register(NoticeKind("help.asked", "någon behöver hjälp av dig som står utanför, {number}", "help_request"))
# Said by nobody: the participant took it back on their own page.
register(NoticeKind("consent.withdrawn", "en deltagare tog tillbaka ett samtycke, {number}", "participant"))
# Somebody's way. Said by nobody: the clock says it.
register(
    NoticeKind("way.phase_ends", "en fas tar slut snart, {number}", "way"),
    NoticeKind("way.phase_over", "en fas har nått sin sista dag, {number}: bestäm vad som händer nu", "way"),
)
# Said by nobody: the participant answered on their own page.
register(NoticeKind("way.plan_answered", "en deltagare svarade på sin handlingsplan, {number}", "way_plan"))
# Of a way: the day says which telling, and nothing says whose way it is.
register(
    NoticeKind("way.part_told", "berättade om någons väg, {number}", "told_way"),
    NoticeKind("way.part_ended", "berättar inte längre det de berättade {number} om någons väg", "told_way"),
)
# A placement. Said by nobody: the clock says it, by the day it is due.
register(NoticeKind("way.follow_up_due", "dags att följa upp hur det går på en arbetsplats, {number}", "follow_up"))
