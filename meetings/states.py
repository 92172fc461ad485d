"""Closed lists of the meetings' floor, and where each verb leads. Pure data."""

from typing import NamedTuple

from django.db.models import TextChoices


class GroupKind(TextChoices):
    """R1, R6, R8, R10, R12."""

    COOPERATION = "cooperation", "Samverkansgrupp"
    PROJECT = "project", "Projektgrupp"
    STATUS = "status", "Lägesträff"
    STEERING = "steering", "Styrgrupp"
    REFERENCE = "reference", "Referensgrupp"


# Only these ever have a person on the agenda (R10: a reference group has no case access; a steering group decides).
GROUPS_WITH_CASES = {GroupKind.COOPERATION, GroupKind.PROJECT, GroupKind.STATUS}
# These are to meet at least every 35 days (R1).
MONTHLY_GROUPS = {GroupKind.COOPERATION, GroupKind.PROJECT, GroupKind.STATUS}
LONGEST_GAP = 35  # calendar days without a held meeting; days of the months a series leaves out are not counted


class Repeats(TextChoices):
    MONTHLY = "monthly", "Varje månad"
    WEEKLY = "weekly", "Varje vecka"


class Ordinal(TextChoices):
    """Which of its weekdays in a month. The value is what RFC 5545 writes before the day in BYDAY."""

    FIRST = "1", "första"
    SECOND = "2", "andra"
    THIRD = "3", "tredje"
    FOURTH = "4", "fjärde"
    LAST = "-1", "sista"


class MeetingState(TextChoices):
    PLANNED = "planned", "Planerat"
    CALLED = "called", "Kallat"
    IN_PROGRESS = "in_progress", "Pågår"
    HELD = "held", "Genomfört"
    CANCELLED = "cancelled", "Inställt"
    NOT_HELD = "not_held", "Blev inte av"


NEVER_HELD = {MeetingState.CANCELLED, MeetingState.NOT_HELD}


class MeetingVerb(TextChoices):
    CALL = "call", "skickade dagordningen"
    MOVE = "move", "ändrade tiden"
    CANCEL = "cancel", "ställde in mötet"
    START = "start", "började mötet"
    RESUME = "resume", "öppnade mötet igen"
    FINISH = "finish", "avslutade mötet"
    LAPSE = "lapse", "mötet blev inte av"


class Side(TextChoices):
    """Who may: whoever arranges the group's meetings, whoever leads the meeting, or only time itself."""

    ARRANGER = "arranger", "den som ordnar mötet"
    LEADER = "leader", "den som leder mötet"
    CLOCK = "clock", "klockan"


class Transition(NamedTuple):
    verb: MeetingVerb
    sources: frozenset[MeetingState]
    target: MeetingState | None  # None: it stays where it is
    side: Side


_M, _V = MeetingState, MeetingVerb
AHEAD = frozenset({_M.PLANNED, _M.CALLED})
TRANSITIONS = (
    Transition(_V.CALL, AHEAD, _M.CALLED, Side.ARRANGER),  # again: sends what has changed
    Transition(_V.MOVE, AHEAD, None, Side.ARRANGER),
    Transition(_V.CANCEL, AHEAD, _M.CANCELLED, Side.ARRANGER),
    Transition(_V.START, AHEAD, _M.IN_PROGRESS, Side.LEADER),
    Transition(_V.FINISH, frozenset({_M.IN_PROGRESS}), _M.HELD, Side.LEADER),
    Transition(_V.RESUME, frozenset({_M.HELD}), _M.IN_PROGRESS, Side.LEADER),  # while no minutes have been sent
    Transition(_V.LAPSE, AHEAD, _M.NOT_HELD, Side.CLOCK),  # 7 days after its end
)
LAPSES_AFTER = 7  # calendar days from the end of a meeting that nobody started until it is said not to have been held


def transition_of(state: str, verb: MeetingVerb) -> Transition | None:
    """The row of the table for this step from this state; None where there is none."""
    return next((row for row in TRANSITIONS if row.verb == verb and MeetingState(state) in row.sources), None)


class ItemKind(TextChoices):
    ORDINARY = "ordinary", "Punkt"
    GENDER_EQUALITY = "gender_equality", "Jämställdhet"
    ACTION_REVIEW = "action_review", "Uppgifter sedan sist"
    CASE = "case", "Ärende"
    DECISION_REVIEW = "decision_review", "Beslut att följa upp"
    FIGURES = "figures", "Mål och väntetider"
    DISPUTES = "disputes", "Oklart ansvar"
    REPRESENTATION = "representation", "Representation"


# What the product prepares by itself: the item's page shows it, and nobody has to collect it (R93).
PREPARED_KINDS = {
    ItemKind.ACTION_REVIEW,
    ItemKind.DECISION_REVIEW,
    ItemKind.GENDER_EQUALITY,
    ItemKind.FIGURES,
    ItemKind.DISPUTES,
    ItemKind.REPRESENTATION,
}


class Section(TextChoices):
    """The parts of an agenda, in this order."""

    OPENING = "opening", "Inledning"
    FOLLOW_UP = "follow_up", "Uppföljning"
    MATTERS = "matters", "Frågor"
    CLOSING = "closing", "Avslutning"


class Purpose(TextChoices):
    INFORMATION = "information", "Information"
    DISCUSSION = "discussion", "Samtal"
    DECISION = "decision", "Beslut"


class GenderAnswer(TextChoices):
    """How the standing item is closed. It can be answered, not removed (R15)."""

    DECISION = "decision", "Beslut"
    NO_DEVIATION = "no_deviation", "Ingen avvikelse"


class ProposalState(TextChoices):
    WAITING = "waiting", "Väntar"
    ACCEPTED = "accepted", "Tas upp"
    RETURNED = "returned", "Lämnad tillbaka"
    MERGED = "merged", "Ihopslagen med en annan"


class Answer(TextChoices):
    """The answer to a call. Empty until there is one."""

    COMING = "coming", "Kommer"
    OTHER_TIME = "other_time", "Annan tid"
    NOT_COMING = "not_coming", "Kan inte"


class PresentHow(TextChoices):
    TICKED = "ticked", "avprickad"
    JOINED = "joined", "med i rummet"


class ActionState(TextChoices):
    OPEN = "open", "Öppen"
    DONE = "done", "Klar"
    DROPPED = "dropped", "Struken"


class DecisionState(TextChoices):
    """What has become of a decision. One with somebody responsible and a day is followed until it is closed."""

    STANDS = "stands", "Gäller"
    OPEN = "open", "Följs upp"
    DONE = "done", "Genomfört"
    DROPPED = "dropped", "Gäller inte längre"


class Procedure(TextChoices):
    """How a group came to its decision (L42)."""

    UNANIMOUS = "unanimous", "Alla var överens"
    VOTE = "vote", "Röstning"


class Vote(TextChoices):
    FOR = "for", "Ja"
    AGAINST = "against", "Nej"
    ABSTAINED = "abstained", "Avstår"


class MinutesMode(TextChoices):
    """By which rules a group's minutes are approved (L42)."""

    PROJECT = "project", "Projekt: justeras här"
    FORMAL = "formal", "Formellt: inom 14 dagar, med anslag"


class MinutesState(TextChoices):
    """Of the meeting's minutes as a whole; each version sent is frozen (L42)."""

    DRAFT = "draft", "Utkast"
    SENT = "sent", "Skickat för justering"
    APPROVED = "approved", "Justerat"


class MinutesAnswer(TextChoices):
    APPROVED = "approved", "Godkänner"
    OBJECTED = "objected", "Vill ha en ändring"


# The agenda a new group begins with, as (section, kind, title, purpose, minutes); gender equality in each (R14, R15).
TemplateLine = tuple[Section, ItemKind, str, Purpose, int]
_OPENING: TemplateLine = (Section.OPENING, ItemKind.ORDINARY, "Runda: nytt sedan sist", Purpose.INFORMATION, 15)
_ACTIONS: TemplateLine = (Section.FOLLOW_UP, ItemKind.ACTION_REVIEW, "Uppgifter sedan sist", Purpose.DISCUSSION, 15)
_GENDER: TemplateLine = (Section.FOLLOW_UP, ItemKind.GENDER_EQUALITY, "Jämställdhet", Purpose.DECISION, 15)
_CLOSING: TemplateLine = (Section.CLOSING, ItemKind.ORDINARY, "Nästa möte", Purpose.INFORMATION, 10)
_DECISIONS: TemplateLine = (Section.FOLLOW_UP, ItemKind.DECISION_REVIEW, "Beslut att följa upp", Purpose.DISCUSSION, 15)
_FIGURES: TemplateLine = (Section.FOLLOW_UP, ItemKind.FIGURES, "Mål och väntetider", Purpose.DISCUSSION, 20)
_DISPUTES: TemplateLine = (Section.FOLLOW_UP, ItemKind.DISPUTES, "Oklart ansvar", Purpose.DISCUSSION, 10)
_SEATS: TemplateLine = (Section.FOLLOW_UP, ItemKind.REPRESENTATION, "Representation", Purpose.DISCUSSION, 10)
TEMPLATES: dict[GroupKind, tuple[TemplateLine, ...]] = {
    GroupKind.COOPERATION: (_OPENING, _ACTIONS, _GENDER, _CLOSING),
    GroupKind.PROJECT: (_ACTIONS, _GENDER, _CLOSING),
    GroupKind.STATUS: (_GENDER, _ACTIONS),
    GroupKind.STEERING: (_OPENING, _ACTIONS, _DECISIONS, _GENDER, _FIGURES, _DISPUTES, _SEATS, _CLOSING),
    GroupKind.REFERENCE: (_OPENING, _GENDER, _CLOSING),
}


# ---------- three-party conversations (R11) ----------
class ConversationKind(TextChoices):
    CONVERSATION = "conversation", "Trepartssamtal"
    SIP = "sip", "SIP-möte"


class ConversationState(TextChoices):
    PREPARING = "preparing", "Förbereds"
    INVITED = "invited", "Kallat"
    HELD = "held", "Genomfört"
    CANCELLED = "cancelled", "Inställt"
    CLOSED = "closed", "Stängt"  # by rule: nothing happened for too long


class ConversationVerb(TextChoices):
    PLAN = "plan", "började planera samtalet"
    PROPOSE = "propose", "föreslog tider"
    INVITE = "invite", "skickade kallelsen"
    MOVE = "move", "ändrade tid eller plats"
    CANCEL = "cancel", "ställde in samtalet"
    HOLD = "hold", "skrev att samtalet har hållits"
    CLOSE = "close", "samtalet stängdes"


class ConversationTransition(NamedTuple):
    """Only the convener moves a conversation; the last verb is the clock's."""

    verb: ConversationVerb
    sources: frozenset[ConversationState]
    target: ConversationState


_C, _W = ConversationState, ConversationVerb
ACTIVE = frozenset({_C.PREPARING, _C.INVITED})  # one at a time per participant and set of desks
CONVERSATION_TRANSITIONS = (
    ConversationTransition(_W.PROPOSE, frozenset({_C.PREPARING}), _C.PREPARING),
    ConversationTransition(_W.INVITE, frozenset({_C.PREPARING}), _C.INVITED),
    ConversationTransition(_W.MOVE, frozenset({_C.INVITED}), _C.INVITED),
    ConversationTransition(_W.CANCEL, ACTIVE, _C.CANCELLED),
    ConversationTransition(_W.HOLD, frozenset({_C.INVITED}), _C.HELD),
    ConversationTransition(_W.CLOSE, ACTIVE, _C.CLOSED),
)
CLOSES_AFTER_TIME = 30  # calendar days from the time of a conversation that nobody has said was held
CLOSES_UNPLANNED = 90  # calendar days without any act in one that never got a time


def conversation_transition_of(state: str, verb: ConversationVerb) -> ConversationTransition | None:
    """The row of the table for this step from this state; None where there is none."""
    rows = (row for row in CONVERSATION_TRANSITIONS if row.verb == verb)
    return next((row for row in rows if ConversationState(state) in row.sources), None)


class PartyKind(TextChoices):
    PARTICIPANT = "participant", "Deltagaren"
    CASEWORKER = "caseworker", "Handläggare"
    SUPPORT = "support", "Stödperson"
    INTERPRETER = "interpreter", "Tolk"
    EMPLOYER = "employer", "Arbetsgivare"


# They have no account and no page: a letter, and what staff register of their answer.
ON_PAPER = {PartyKind.SUPPORT, PartyKind.INTERPRETER, PartyKind.EMPLOYER}


class How(TextChoices):
    PLACE = "place", "På plats"
    PHONE = "phone", "På telefon"
    LINK = "link", "Med länk"


class Way(TextChoices):
    """How an answer came. Empty: given by the party itself, here."""

    LETTER = "letter", "brev"
    PHONE = "phone", "telefon"
    IN_PERSON = "in_person", "på plats"


class RequestState(TextChoices):
    WAITING = "waiting", "Väntar på svar"
    ACCEPTED = "accepted", "Blir av"
    DECLINED = "declined", "Blir inte av"


class PlanBasis(TextChoices):
    """When a conversation is due by agreement."""

    EVERY = "every", "Med jämna mellanrum"
    BEFORE = "before", "Före något som ska hända"


HOW_OFTEN = {
    1: "varje månad",
    2: "varannan månad",
    3: "var tredje månad",
    4: "var fjärde månad",
    6: "varje halvår",
    12: "varje år",
}


class PlanState(TextChoices):
    OPEN = "open", "Gäller"
    SET_ASIDE = "set_aside", "Behövs inte"
    DONE = "done", "Genomfört"


class SetAside(TextChoices):
    """Why a conversation that was due is not needed. Coded: a free text could hold what does not belong here."""

    DECLINED = "declined", "Deltagaren vill inte ha samtal nu"
    SETTLED = "settled", "Frågan är redan löst"
    OTHER_MEETING = "other_meeting", "Ett annat möte tar upp det"
    MEASURE_ENDED = "measure_ended", "Insatsen är avslutad"
    MOVED = "moved", "Deltagaren har flyttat"


class AgreementState(TextChoices):
    DRAFT = "draft", "Utkast"
    SENT = "sent", "Skickad"
    CONFIRMED = "confirmed", "Bekräftad"


class AgreementVerdict(TextChoices):
    """A party's answer to a version that was sent."""

    CONFIRMED = "confirmed", "Det stämmer"
    DIFFERS = "differs", "Jag ser det annorlunda"
