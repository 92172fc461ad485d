"""What the meetings' floor tells people, by the meeting's day. No word needs the meeting itself."""

from notifications.registry import NoticeKind, register

PAGE = "meeting"

# Minutes: whole sentences, since a coordinator, who has no agency, sends them too. All lead to the minutes.
register(
    NoticeKind("meeting.minutes_sent", "protokollet från mötet {number} är skickat till dig", "minutes"),
    NoticeKind("meeting.minutes_to_approve", "protokollet från mötet {number} väntar på din justering", "minutes"),
    NoticeKind("meeting.minutes_corrected", "protokollet från mötet {number} är rättat", "minutes"),
    NoticeKind("meeting.minutes_objected", "någon vill ha en ändring i protokollet från mötet {number}", "minutes"),
    NoticeKind("meeting.minutes_approved", "protokollet från mötet {number} är justerat", "minutes"),
    NoticeKind("meeting.minutes_addendum", "protokollet från mötet {number} har fått ett tillägg", "minutes"),
    NoticeKind("meeting.minutes_to_sign", "protokollet från mötet {number} väntar ännu på din justering", "minutes"),
    NoticeKind("meeting.minutes_unsigned", "alla har inte justerat protokollet från mötet {number} än", "minutes"),
    NoticeKind("meeting.minutes_due", "protokollet från mötet {number} ska snart vara justerat", "minutes"),
    NoticeKind("meeting.minutes_late", "protokollet från mötet {number} är inte justerat i tid", "minutes"),
    NoticeKind("meeting.minutes_to_post", "protokollet från mötet {number} ska anslås", "minutes"),
    NoticeKind("meeting.minutes_to_post_late", "protokollet från mötet {number} är inte anslaget i tid", "minutes"),
    NoticeKind("meeting.minutes_withdrawn", "protokollet från mötet {number} är återkallat för dig", "minutes"),
)
# The call. Said by nobody: whole sentences.
register(
    NoticeKind("meeting.called", "du är kallad till mötet {number}", PAGE),
    NoticeKind("meeting.changed", "dagordningen är ändrad för mötet {number}", PAGE),
    NoticeKind("meeting.deputy_asked", "du får frågan som ersättare till mötet {number}", PAGE),
    NoticeKind("meeting.ordinary_comes", "du behöver inte svara, för ordinarie kommer till mötet {number}", PAGE),
    NoticeKind("meeting.ordinary_too", "ordinarie kommer också till mötet {number}", PAGE),
)
# The call. Said by an agency: «Vuxenpsykiatrin Piteå saknar representant till mötet 15 dec. 2026».
register(
    NoticeKind("meeting.cannot_come", "har fått förhinder och frågar en ersättare till mötet {number}", PAGE),
    NoticeKind("meeting.seat_empty", "saknar representant till mötet {number}", PAGE),
    NoticeKind("meeting.other_time", "önskar en annan tid för mötet {number}", PAGE),
)

# The room. Said by nobody: whoever begins may have no agency.
register(NoticeKind("meeting.started", "mötet {number} har börjat", "room"))
# The agenda, proposals and actions. Said by nobody: whole sentences.
register(
    NoticeKind("meeting.invited_to_item", "du är inbjuden till en punkt på mötet {number}", PAGE),
    NoticeKind("meeting.proposal_accepted", "ditt förslag tas upp på mötet {number}", PAGE),
    NoticeKind("proposal.returned", "ditt förslag till dagordningen kom tillbaka med ett skäl", "proposals"),
    NoticeKind("proposal.merged", "ditt förslag till dagordningen är ihopslaget med ett annat", "proposals"),
    NoticeKind("meeting.proposals_due", "det är dags att lämna förslag till mötet {number}", PAGE),
    NoticeKind("meeting.agenda_due", "dagordningen till mötet {number} ska skickas", PAGE),
    NoticeKind("meeting.papers_due", "läs underlaget till mötet {number}", "prepared"),
    NoticeKind("meeting.action_given", "du har fått en uppgift från mötet {number}", PAGE),
)
# Decisions. Said by nobody: whoever wrote it may have no agency, and the clock has none. They lead to the decision.
register(
    NoticeKind("decision.given", "du ansvarar för ett beslut från mötet {number}", "decision"),
    NoticeKind("decision.due", "ett beslut från mötet {number} ska vara genomfört inom en vecka", "decision"),
    NoticeKind("decision.late", "ett beslut från mötet {number} är sent", "decision"),
)

# Groups and series. Said by nobody: a coordinator, who has no agency, moves and cancels too. «group.» is about a group,
# so that its number is not taken for a meeting's.
register(
    NoticeKind("meeting.moved", "mötet {number} har fått ny tid", PAGE),
    NoticeKind("meeting.new_place", "mötet {number} har fått ny plats", PAGE),
    NoticeKind("meeting.cancelled", "mötet {number} är inställt", PAGE),
    NoticeKind("meeting.not_held", "mötet {number} blev inte av", PAGE),
    NoticeKind("group.gap", "det är {number} sedan en av dina grupper träffades", "group"),
)

# Cases. Said by an agency, to the seats of the circle alone: «Socialtjänsten Piteå tar upp ett ärende på mötet …».
# Never about whom. The first leads to the case, and is closed when access ends: «case.», so that its number is not
# taken for a meeting's. The others lead to the meeting.
register(
    NoticeKind("case.added", "tar upp ett ärende på mötet {number}", "case"),
    # Said by nobody: the meeting has been moved.
    NoticeKind("case.cut_short", "ett ärende räcker inte till det flyttade mötet {number}, ta upp det på nytt", "case"),
    NoticeKind("meeting.case_withdrawn", "tog bort ett ärende från mötet {number}", PAGE),
    NoticeKind("meeting.case_left", "tog bort er från ett ärende på mötet {number}", PAGE),
    NoticeKind("meeting.case_access_ended", "registrerade att ett samtycke är återkallat, mötet {number}", PAGE),
)

# Three-party conversations, named by their day. Said by an agency: «Socialtjänsten Piteå kallar dig till …».
TALK, AGREEMENT = "conversation", "agreement"
register(
    NoticeKind("conversation.added", "tar med dig i ett trepartssamtal, {number}", TALK),
    NoticeKind("conversation.left", "tog bort er från ett trepartssamtal, {number}", TALK),
    NoticeKind("conversation.times", "föreslår tider för ett trepartssamtal, {number}", TALK),
    NoticeKind("conversation.times_answered", "har svarat på tiderna för samtalet, {number}", TALK),
    NoticeKind("conversation.invited", "kallar dig till samtalet {number}", TALK),
    NoticeKind("conversation.moved", "har ändrat tid eller plats för samtalet {number}", TALK),
    NoticeKind("conversation.cancelled", "har ställt in samtalet, {number}", TALK),
    NoticeKind("conversation.answered", "har svarat på kallelsen till samtalet {number}", TALK),
    NoticeKind("conversation.held", "har skrivit att samtalet {number} är genomfört", TALK),
    NoticeKind("conversation.access_ended", "registrerade att ett samtycke är återkallat, samtalet {number}", TALK),
    NoticeKind("agreement.shared", "har lagt fram sin del av överenskommelsen från samtalet {number}", AGREEMENT),
    NoticeKind("agreement.sent", "skickar överenskommelsen från samtalet {number}", AGREEMENT),
    NoticeKind("agreement.corrected", "har rättat överenskommelsen från samtalet {number}", AGREEMENT),
    NoticeKind("agreement.answered", "har bekräftat sin del av överenskommelsen från samtalet {number}", AGREEMENT),
    NoticeKind("agreement.differs", "vill ha en ändring i överenskommelsen från samtalet {number}", AGREEMENT),
    NoticeKind("agreement.withdrawn", "har återkallat överenskommelsen från samtalet {number}", TALK),
)
# Said by nobody, since the participant or the clock has no agency: whole sentences. «request.» and «plan.» are about
# something else than a conversation, so that their numbers are not taken for one's.
register(
    NoticeKind("request.asked", "någon önskar ett trepartssamtal, {number}", "answer_request"),
    NoticeKind("conversation.request_answered", "din önskan om ett samtal har fått svar, {number}", TALK),
    NoticeKind("conversation.participant_times", "deltagaren har svarat på tiderna för samtalet, {number}", TALK),
    NoticeKind("conversation.participant_answered", "deltagaren har svarat på kallelsen till samtalet {number}", TALK),
    NoticeKind("conversation.question", "deltagaren visar en fråga inför samtalet {number}", TALK),
    NoticeKind("conversation.closed", "samtalet stängdes, för ingenting hade hänt på länge, {number}", TALK),
    NoticeKind("conversation.withdrawn", "ett samtycke är återkallat, samtalet {number}", TALK),
    NoticeKind("agreement.participant_answered", "deltagaren har svarat på överenskommelsen från {number}", AGREEMENT),
    NoticeKind("agreement.confirmed", "alla har svarat på överenskommelsen från samtalet {number}", AGREEMENT),
    NoticeKind("agreement.task_due", "en uppgift från samtalet {number} ska vara klar i dag", AGREEMENT),
    NoticeKind("agreement.task_late", "en uppgift från samtalet {number} är sen", AGREEMENT),
    NoticeKind("plan.due", "ett trepartssamtal ska hållas senast {number}", "participant"),
)
