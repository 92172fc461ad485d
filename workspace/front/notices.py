"""What the front door tells people. No word needs the thing itself, and none says who it is about."""

from notifications.registry import NoticeKind, register
from notifications.states import Reader, Urgency

ACT, KNOW, NEWS = Urgency.ACT, Urgency.KNOW, Urgency.NEWS
WAY, PERSON, DESK = "way", "participant", Reader.DESK

# Said by nobody: the participant has no agency to say it for.
register(
    "Deltagare och väg",
    NoticeKind(
        "help.asked",
        "någon behöver hjälp av dig som står utanför, {number}",
        "help_request",
        ACT,
        "Någon behöver din hjälp",
    ),
    # The participant took it back on their own page.
    NoticeKind(
        "consent.withdrawn",
        "en deltagare tog tillbaka ett samtycke, {number}",
        PERSON,
        KNOW,
        "En deltagare tar tillbaka ett samtycke",
        PERSON,
        DESK,
    ),
)
# Somebody's way. Said by nobody: the clock says it, or the participant answered on their own page.
register(
    "Deltagare och väg",
    NoticeKind("way.phase_ends", "en fas tar slut snart, {number}", WAY, ACT, "En fas tar snart slut", reader=DESK),
    NoticeKind(
        "way.phase_over",
        "en fas har nått sin sista dag, {number}: bestäm vad som händer nu",
        WAY,
        ACT,
        "En fas har nått sin sista dag",
        reader=DESK,
    ),
    NoticeKind(
        "way.plan_answered",
        "en deltagare svarade på sin handlingsplan, {number}",
        "way_plan",
        KNOW,
        "En deltagare svarar på planen",
        reader=DESK,
    ),
    # A placement, by the day it is due: its number is another than the way's.
    NoticeKind(
        "way.follow_up_due",
        "dags att följa upp hur det går på en arbetsplats, {number}",
        "follow_up",
        ACT,
        "En arbetsplats ska följas upp",
        "follow_up",
        DESK,
    ),
    # Said by an agency. The day says which telling, and nothing says whose way it is.
    NoticeKind(
        "way.part_told",
        "berättade om någons väg, {number}",
        "told_way",
        NEWS,
        "En annan enhet berättar om en väg",
        reader=DESK,
    ),
    NoticeKind(
        "way.part_ended",
        "berättar inte längre det de berättade {number} om någons väg",
        "told_way",
        KNOW,
        "En enhet slutar berätta",
        reader=DESK,
    ),
)
