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
TEMPLATES: dict[GroupKind, tuple[TemplateLine, ...]] = {
    GroupKind.COOPERATION: (_OPENING, _ACTIONS, _GENDER, _CLOSING),
    GroupKind.PROJECT: (_ACTIONS, _GENDER, _CLOSING),
    GroupKind.STATUS: (_ACTIONS, _GENDER),
    GroupKind.STEERING: (_OPENING, _ACTIONS, _GENDER, _CLOSING),
    GroupKind.REFERENCE: (_OPENING, _GENDER, _CLOSING),
}
