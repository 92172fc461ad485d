"""What the meetings' floor tells people, by the meeting's day. No word needs the meeting itself."""

from notifications.registry import NoticeKind, register
from notifications.states import Reader, Urgency

PAGE, MINUTES, TALK, AGREEMENT = "meeting", "minutes", "conversation", "agreement"
ACT, KNOW, NEWS = Urgency.ACT, Urgency.KNOW, Urgency.NEWS


def meeting(verb: str, says: str, urgency: Urgency, label: str, address: str = PAGE) -> NoticeKind:
    """One that is about a meeting, whichever of its pages it leads to."""
    return NoticeKind(f"meeting.{verb}", says, address, urgency, label)


# The call. Said by nobody: whole sentences.
register(
    "Möten",
    meeting("called", "du är kallad till mötet {number}", ACT, "Du kallas till ett möte"),
    meeting("changed", "dagordningen är ändrad för mötet {number}", KNOW, "Dagordningen ändras"),
    meeting("deputy_asked", "du får frågan som ersättare till mötet {number}", ACT, "Du får frågan som ersättare"),
    meeting(
        "ordinary_comes",
        "du behöver inte svara, för ordinarie kommer till mötet {number}",
        KNOW,
        "Ordinarie kommer, du behövs inte",
    ),
    meeting("ordinary_too", "ordinarie kommer också till mötet {number}", KNOW, "Ordinarie kommer också"),
)
# The call. Said by an agency: «Vuxenpsykiatrin Piteå saknar representant till mötet 15 dec. 2026».
register(
    "Möten",
    meeting(
        "cannot_come", "har fått förhinder och frågar en ersättare till mötet {number}", KNOW, "Någon får förhinder"
    ),
    meeting("seat_empty", "saknar representant till mötet {number}", KNOW, "En myndighet saknar representant"),
    meeting("other_time", "önskar en annan tid för mötet {number}", KNOW, "Någon önskar en annan tid"),
)
# The room, the agenda and proposals. Said by nobody: whoever begins may have no agency.
register(
    "Möten",
    meeting("started", "mötet {number} har börjat", ACT, "Mötet har börjat utan dig", "room"),
    meeting("invited_to_item", "du är inbjuden till en punkt på mötet {number}", KNOW, "Du bjuds in till en punkt"),
    meeting("proposal_accepted", "ditt förslag tas upp på mötet {number}", NEWS, "Ditt förslag tas upp"),
    NoticeKind(
        "proposal.returned",
        "ditt förslag till dagordningen kom tillbaka med ett skäl",
        "proposals",
        KNOW,
        "Ditt förslag kommer tillbaka",
        "group",
    ),
    NoticeKind(
        "proposal.merged",
        "ditt förslag till dagordningen är ihopslaget med ett annat",
        "proposals",
        NEWS,
        "Ditt förslag slås ihop med ett annat",
        "group",
    ),
    meeting("proposals_due", "det är dags att lämna förslag till mötet {number}", KNOW, "Dags att lämna förslag"),
    meeting("agenda_due", "dagordningen till mötet {number} ska skickas", ACT, "Dagordningen ska skickas"),
    meeting("papers_due", "läs underlaget till mötet {number}", ACT, "Underlaget är att läsa", "prepared"),
)
# Groups and series. Said by nobody: a coordinator, who has no agency, moves and cancels too.
register(
    "Möten",
    meeting("moved", "mötet {number} har fått ny tid", ACT, "Ett möte får ny tid, svara igen"),
    meeting("new_place", "mötet {number} har fått ny plats", KNOW, "Ett möte får ny plats"),
    meeting("cancelled", "mötet {number} är inställt", KNOW, "Ett möte ställs in"),
    meeting("not_held", "mötet {number} blev inte av", KNOW, "Ett möte blev inte av"),
    NoticeKind(
        "group.gap",
        "det är {number} sedan en av dina grupper träffades",
        "group",
        KNOW,
        "En grupp har inte träffats på länge",
    ),
)
# Cases. Said by an agency, to the seats of the circle alone: «Socialtjänsten Piteå tar upp ett ärende på mötet …».
# Never about whom. The first leads to the case, and is closed when access ends: «case.», so that its number is not
# taken for a meeting's. The others lead to the meeting.
register(
    "Möten",
    NoticeKind("case.added", "tar upp ett ärende på mötet {number}", "case", KNOW, "Ett ärende tas upp"),
    # Said by nobody: the meeting has been moved.
    NoticeKind(
        "case.cut_short",
        "ett ärende räcker inte till det flyttade mötet {number}, ta upp det på nytt",
        "case",
        ACT,
        "Ett ärende ska tas upp på nytt",
    ),
    meeting("case_withdrawn", "tog bort ett ärende från mötet {number}", KNOW, "Ett ärende tas bort"),
    meeting("case_left", "tog bort er från ett ärende på mötet {number}", KNOW, "Ni är inte längre med i ett ärende"),
    meeting(
        "case_access_ended",
        "registrerade att ett samtycke är återkallat, mötet {number}",
        KNOW,
        "Ett samtycke för ett ärende återkallas",
    ),
)
# Minutes: whole sentences, since a coordinator, who has no agency, sends them too. All lead to the minutes.
register(
    "Protokoll",
    meeting(
        "minutes_sent",
        "protokollet från mötet {number} är skickat till dig",
        NEWS,
        "Ett protokoll är att läsa",
        MINUTES,
    ),
    meeting(
        "minutes_to_approve",
        "protokollet från mötet {number} väntar på din justering",
        ACT,
        "Ett protokoll väntar på din justering",
        MINUTES,
    ),
    meeting("minutes_corrected", "protokollet från mötet {number} är rättat", NEWS, "Ett protokoll är rättat", MINUTES),
    meeting(
        "minutes_objected",
        "någon vill ha en ändring i protokollet från mötet {number}",
        ACT,
        "Någon vill ha en ändring",
        MINUTES,
    ),
    meeting(
        "minutes_approved", "protokollet från mötet {number} är justerat", NEWS, "Ett protokoll är justerat", MINUTES
    ),
    meeting(
        "minutes_addendum",
        "protokollet från mötet {number} har fått ett tillägg",
        NEWS,
        "Ett protokoll får ett tillägg",
        MINUTES,
    ),
    meeting(
        "minutes_to_sign",
        "protokollet från mötet {number} väntar ännu på din justering",
        ACT,
        "Påminnelse om din justering",
        MINUTES,
    ),
    meeting(
        "minutes_unsigned",
        "alla har inte justerat protokollet från mötet {number} än",
        ACT,
        "Alla har inte justerat",
        MINUTES,
    ),
    meeting(
        "minutes_due",
        "protokollet från mötet {number} ska snart vara justerat",
        ACT,
        "Ett protokoll ska snart vara justerat",
        MINUTES,
    ),
    meeting(
        "minutes_late",
        "protokollet från mötet {number} är inte justerat i tid",
        ACT,
        "Ett protokoll är inte justerat i tid",
        MINUTES,
    ),
    meeting("minutes_to_post", "protokollet från mötet {number} ska anslås", ACT, "Ett protokoll ska anslås", MINUTES),
    meeting(
        "minutes_to_post_late",
        "protokollet från mötet {number} är inte anslaget i tid",
        ACT,
        "Ett protokoll är inte anslaget i tid",
        MINUTES,
    ),
    meeting(
        "minutes_withdrawn",
        "protokollet från mötet {number} är återkallat för dig",
        KNOW,
        "Ett protokoll återkallas för dig",
        MINUTES,
    ),
)
# Said by nobody: whoever wrote it may have no agency, and the clock has none.
register(
    "Beslut och uppgifter",
    meeting("action_given", "du har fått en uppgift från mötet {number}", ACT, "Du får en uppgift"),
    NoticeKind(
        "decision.given",
        "du ansvarar för ett beslut från mötet {number}",
        "decision",
        ACT,
        "Du får ansvar för ett beslut",
    ),
    NoticeKind(
        "decision.due",
        "ett beslut från mötet {number} ska vara genomfört inom en vecka",
        "decision",
        ACT,
        "Ett beslut ska snart vara genomfört",
    ),
    NoticeKind("decision.late", "ett beslut från mötet {number} är sent", "decision", ACT, "Ett beslut är sent"),
)


def talk(code: str, says: str, urgency: Urgency, label: str, address: str = TALK) -> NoticeKind:
    """One that is about a conversation, whichever of its pages it leads to."""
    return NoticeKind(code, says, address, urgency, label, TALK, Reader.DESK)


# Three-party conversations, named by their day. Said by an agency: «Socialtjänsten Piteå kallar dig till …».
register(
    "Samtal",
    talk("conversation.added", "tar med dig i ett trepartssamtal, {number}", KNOW, "Du tas med i ett samtal"),
    talk(
        "conversation.left", "tog bort er från ett trepartssamtal, {number}", KNOW, "Ni är inte längre med i ett samtal"
    ),
    talk("conversation.times", "föreslår tider för ett trepartssamtal, {number}", ACT, "Tider föreslås"),
    talk(
        "conversation.times_answered", "har svarat på tiderna för samtalet, {number}", NEWS, "Någon svarar på tiderna"
    ),
    talk("conversation.invited", "kallar dig till samtalet {number}", ACT, "Du kallas till ett samtal"),
    talk(
        "conversation.moved", "har ändrat tid eller plats för samtalet {number}", ACT, "Ett samtal flyttas, svara igen"
    ),
    talk("conversation.cancelled", "har ställt in samtalet, {number}", KNOW, "Ett samtal ställs in"),
    talk("conversation.answered", "har svarat på kallelsen till samtalet {number}", NEWS, "Någon svarar på kallelsen"),
    talk("conversation.held", "har skrivit att samtalet {number} är genomfört", NEWS, "Ett samtal är genomfört"),
    talk(
        "conversation.access_ended",
        "registrerade att ett samtycke är återkallat, samtalet {number}",
        KNOW,
        "Ett samtycke återkallas",
    ),
)
# Said by nobody, since the participant or the clock has no agency: whole sentences. «request.» and «plan.» are about
# something else than a conversation, so that their numbers are not taken for one's.
register(
    "Samtal",
    NoticeKind(
        "request.asked",
        "någon önskar ett trepartssamtal, {number}",
        "answer_request",
        ACT,
        "Någon önskar ett samtal",
        reader=Reader.DESK,
    ),
    talk(
        "conversation.request_answered", "din önskan om ett samtal har fått svar, {number}", KNOW, "Din önskan får svar"
    ),
    talk(
        "conversation.participant_times",
        "deltagaren har svarat på tiderna för samtalet, {number}",
        NEWS,
        "Deltagaren svarar på tiderna",
    ),
    talk(
        "conversation.participant_answered",
        "deltagaren har svarat på kallelsen till samtalet {number}",
        NEWS,
        "Deltagaren svarar på kallelsen",
    ),
    talk(
        "conversation.question", "deltagaren visar en fråga inför samtalet {number}", KNOW, "Deltagaren visar en fråga"
    ),
    talk(
        "conversation.closed",
        "samtalet stängdes, för ingenting hade hänt på länge, {number}",
        KNOW,
        "Ett samtal stängs",
    ),
    talk(
        "conversation.withdrawn",
        "ett samtycke är återkallat, samtalet {number}",
        KNOW,
        "Deltagaren återkallar ett samtycke",
    ),
    NoticeKind(
        "plan.due",
        "ett trepartssamtal ska hållas senast {number}",
        "participant",
        ACT,
        "Det är dags för ett samtal",
        "participant",
        Reader.DESK,
    ),
)
register(
    "Överenskommelser",
    talk(
        "agreement.shared",
        "har lagt fram sin del av överenskommelsen från samtalet {number}",
        NEWS,
        "En del läggs fram",
        AGREEMENT,
    ),
    talk(
        "agreement.sent",
        "skickar överenskommelsen från samtalet {number}",
        ACT,
        "En överenskommelse väntar på svar",
        AGREEMENT,
    ),
    talk(
        "agreement.corrected",
        "har rättat överenskommelsen från samtalet {number}",
        ACT,
        "En överenskommelse är rättad, svara igen",
        AGREEMENT,
    ),
    talk(
        "agreement.answered",
        "har bekräftat sin del av överenskommelsen från samtalet {number}",
        NEWS,
        "Någon bekräftar sin del",
        AGREEMENT,
    ),
    talk(
        "agreement.differs",
        "vill ha en ändring i överenskommelsen från samtalet {number}",
        ACT,
        "Någon vill ha en ändring",
        AGREEMENT,
    ),
    talk(
        "agreement.withdrawn",
        "har återkallat överenskommelsen från samtalet {number}",
        KNOW,
        "En överenskommelse återkallas",
    ),
    talk(
        "agreement.participant_answered",
        "deltagaren har svarat på överenskommelsen från {number}",
        NEWS,
        "Deltagaren svarar",
        AGREEMENT,
    ),
    talk(
        "agreement.confirmed",
        "alla har svarat på överenskommelsen från samtalet {number}",
        NEWS,
        "Alla har svarat",
        AGREEMENT,
    ),
    talk(
        "agreement.task_due",
        "en uppgift från samtalet {number} ska vara klar i dag",
        ACT,
        "En uppgift ska vara klar i dag",
        AGREEMENT,
    ),
    talk("agreement.task_late", "en uppgift från samtalet {number} är sen", ACT, "En uppgift är sen", AGREEMENT),
)
