"""A referral's journey as one table: from, verb, to, and which side may; and the closed lists around it (R63–R67)."""

from typing import NamedTuple

from django.db.models import TextChoices


class ReferralState(TextChoices):
    DRAFT = "draft", "Utkast"
    SENT = "sent", "Skickad"
    RECEIVED = "received", "Mottagen"
    ACCEPTED = "accepted", "Accepterad"
    IN_PROGRESS = "in_progress", "Pågår"
    WAITING = "waiting", "Väntar på komplettering"
    DECIDED = "decided", "Beslutad"
    RETURNED = "returned", "Återsänd"
    REDIRECTED = "redirected", "Annan mottagare föreslagen"
    CANCEL_ASKED = "cancel_asked", "Avsändaren vill avbryta"
    RECALLED = "recalled", "Återtagen"
    CANCELLED = "cancelled", "Avbruten"
    WITHDRAWN = "withdrawn", "Samtycket är återkallat"
    CLOSED = "closed", "Avslutad"


S = ReferralState
ENDED_STATES = frozenset({S.RECALLED, S.CANCELLED, S.WITHDRAWN, S.CLOSED})
OPEN_STATES = frozenset(S) - ENDED_STATES
# The receiver still owes an answer.
UNANSWERED_STATES = frozenset({S.SENT, S.RECEIVED, S.ACCEPTED, S.IN_PROGRESS, S.WAITING, S.CANCEL_ASKED})
# The receiver has taken it in, and works with it.
UNDER_WAY = frozenset({S.ACCEPTED, S.IN_PROGRESS, S.WAITING})


class Side(TextChoices):
    SENDER = "sender", "avsändare"
    RECEIVER = "receiver", "mottagare"
    SYSTEM = "system", "systemet"


# Whose turn each open step is, while the ground lives.
TURN_BY_STATE = {
    S.DRAFT: Side.SENDER,
    S.SENT: Side.RECEIVER,
    S.RECEIVED: Side.RECEIVER,
    S.ACCEPTED: Side.RECEIVER,
    S.IN_PROGRESS: Side.RECEIVER,
    S.WAITING: Side.SENDER,
    S.DECIDED: Side.SENDER,
    S.RETURNED: Side.SENDER,
    S.REDIRECTED: Side.SENDER,
    S.CANCEL_ASKED: Side.RECEIVER,
}


class Verb(TextChoices):
    """What can be done, with the words of the history: «Vi skickade remissen» and «De tog emot den»."""

    CREATE = "create", "började skriva"
    SEND = "send", "skickade remissen"
    ACKNOWLEDGE = "acknowledge", "tog emot den"
    ACCEPT = "accept", "accepterade remissen"
    START = "start", "började arbeta med den"
    ASK_SUPPLEMENT = "ask_supplement", "bad om komplettering"
    SUPPLEMENT = "supplement", "kompletterade"
    RESUME = "resume", "gick vidare utan komplettering"
    DECIDE = "decide", "beslutade"
    RETURN = "return", "skickade tillbaka den"
    SUGGEST_REDIRECT = "suggest_redirect", "föreslog en annan mottagare"
    REVISE = "revise", "började skriva på nytt"
    RECALL = "recall", "återtog remissen"
    REQUEST_CANCEL = "request_cancel", "bad att få avbryta"
    CONFIRM_CANCEL = "confirm_cancel", "avbröt arbetet"
    DECLINE_CANCEL = "decline_cancel", "fortsätter arbetet"
    CLOSE = "close", "avslutade remissen"
    REOPEN = "reopen", "öppnade remissen igen"
    GROUND_WITHDRAWN = "ground_withdrawn", "registrerade att samtycket är återkallat"
    RECEIVER_LEFT = "receiver_left", "Mottagaren lämnade samverkan"
    # These move nothing, but belong in the history.
    ALLOW_ANSWER = "allow_answer", "ändrade vad som får svaras"
    GROUND_LAPSED = "ground_lapsed", "Samtycket gick ut"
    RENEW_GROUND = "renew_ground", "förnyade grunden"
    NEW_DATE = "new_date", "lovade svar ett nytt datum"
    PAUSE = "pause", "stannade klockan"
    REMIND = "remind", "påminde"
    DISPUTE = "dispute", "anmälde oklart ansvar"
    SETTLE = "settle", "registrerade vem som har ansvaret"
    LEAVE_BE = "leave_be", "slutade vänta på svar här"
    NOTE = "note", "skrev till båda"


class Transition(NamedTuple):
    source: ReferralState
    verb: Verb
    target: ReferralState
    side: Side


def _from(sources: tuple[ReferralState, ...], verb: Verb, target: ReferralState, side: Side) -> list[Transition]:
    return [Transition(source, verb, target, side) for source in sources]


AT_RECEIVER = (S.SENT, S.RECEIVED, S.ACCEPTED, S.IN_PROGRESS, S.CANCEL_ASKED)
TRANSITIONS = (
    Transition(S.DRAFT, Verb.SEND, S.SENT, Side.SENDER),
    Transition(S.SENT, Verb.ACKNOWLEDGE, S.RECEIVED, Side.RECEIVER),
    Transition(S.RECEIVED, Verb.ACCEPT, S.ACCEPTED, Side.RECEIVER),
    Transition(S.ACCEPTED, Verb.START, S.IN_PROGRESS, Side.RECEIVER),
    *_from((S.ACCEPTED, S.IN_PROGRESS), Verb.ASK_SUPPLEMENT, S.WAITING, Side.RECEIVER),
    Transition(S.WAITING, Verb.SUPPLEMENT, S.IN_PROGRESS, Side.SENDER),
    Transition(S.WAITING, Verb.RESUME, S.IN_PROGRESS, Side.RECEIVER),
    *_from((S.ACCEPTED, S.IN_PROGRESS), Verb.DECIDE, S.DECIDED, Side.RECEIVER),
    Transition(S.DECIDED, Verb.CLOSE, S.CLOSED, Side.SENDER),
    Transition(S.RECEIVED, Verb.RETURN, S.RETURNED, Side.RECEIVER),
    *_from((S.RECEIVED, S.ACCEPTED, S.IN_PROGRESS), Verb.SUGGEST_REDIRECT, S.REDIRECTED, Side.RECEIVER),
    *_from((S.RETURNED, S.REDIRECTED), Verb.REVISE, S.DRAFT, Side.SENDER),
    *_from((S.RETURNED, S.REDIRECTED), Verb.CLOSE, S.CLOSED, Side.SENDER),
    *_from((S.SENT, S.RECEIVED), Verb.RECALL, S.RECALLED, Side.SENDER),
    *_from((S.ACCEPTED, S.IN_PROGRESS, S.WAITING), Verb.REQUEST_CANCEL, S.CANCEL_ASKED, Side.SENDER),
    Transition(S.CANCEL_ASKED, Verb.CONFIRM_CANCEL, S.CANCELLED, Side.RECEIVER),
    Transition(S.CANCEL_ASKED, Verb.DECLINE_CANCEL, S.IN_PROGRESS, Side.RECEIVER),
    *_from((S.CLOSED, S.CANCELLED), Verb.REOPEN, S.RECEIVED, Side.SENDER),
    *(Transition(state, Verb.GROUND_WITHDRAWN, S.WITHDRAWN, Side.SYSTEM) for state in S if state in OPEN_STATES),
    *_from((*AT_RECEIVER, S.WAITING, S.DECIDED, S.CLOSED), Verb.RECEIVER_LEFT, S.RETURNED, Side.SYSTEM),
    # A receiver without leave to tell the sender its answer ends what only it knows the end of.
    Transition(S.DECIDED, Verb.CLOSE, S.CLOSED, Side.RECEIVER),
)


class Outcome(TextChoices):
    GRANTED = "granted", "Beviljad"
    PARTLY = "partly", "Delvis beviljad"
    REFUSED = "refused", "Avslag"
    NOT_EXAMINED = "not_examined", "Inte prövad"


class ReturnCode(TextChoices):
    WRONG_RECEIVER = "wrong_receiver", "Fel mottagare"
    INCOMPLETE = "incomplete", "Uppgifter saknas"
    NOT_OUR_TARGET_GROUP = "not_our_target_group", "Personen tillhör inte vår målgrupp"
    ALREADY_KNOWN = "already_known", "Vi arbetar redan med frågan"
    RECEIVER_LEFT = "receiver_left", "Mottagaren lämnade samverkan"
    OTHER = "other", "Annat skäl"


class RecallCode(TextChoices):
    WRONG_RECEIVER = "wrong_receiver", "Fel mottagare"
    WRONG_PERSON = "wrong_person", "Fel person"
    WRONG_CONTENT = "wrong_content", "Fel uppgifter i remissen"
    NOT_NEEDED = "not_needed", "Frågan är redan löst"


class SupplementCode(TextChoices):
    """What the receiver lacks, from a list, so that it can be asked for without telling anything about the person."""

    QUESTION_UNCLEAR = "question_unclear", "Frågan behöver bli tydligare"
    BACKGROUND = "background", "Mer bakgrund"
    EARLIER_EFFORTS = "earlier_efforts", "Vad ni redan har prövat"
    CONTACT = "contact", "Hur vi når personen"
    OTHER = "other", "Annat"


class CancelCode(TextChoices):
    NOT_NEEDED = "not_needed", "Frågan är redan löst"
    PERSON_DECLINED = "person_declined", "Personen vill inte gå vidare"
    MOVED = "moved", "Personen har flyttat"
    OTHER = "other", "Annat skäl"


class ReopenCode(TextChoices):
    NEW_FACTS = "new_facts", "Något nytt har kommit fram"
    NOT_CARRIED_OUT = "not_carried_out", "Det som beslutades blev inte av"
    CLOSED_BY_MISTAKE = "closed_by_mistake", "Den avslutades av misstag"


class DelayCode(TextChoices):
    """«Pågår, nytt datum»: why, from a fixed list."""

    WAITING_FOR_STATEMENT = "waiting_for_statement", "Väntar på intyg eller utlåtande"
    MEETING_BOOKED = "meeting_booked", "Möte eller besök är bokat"
    INVESTIGATION_GOES_ON = "investigation_goes_on", "Utredningen pågår"
    STAFFING = "staffing", "Personalläget"
    QUEUE = "queue", "Kö till insatsen"


class PauseCode(TextChoices):
    """Why the clock may lawfully stop. Another agency's decision is warned about (JO 5076-2012)."""

    PERSON_ASKED = "person_asked", "Personen har bett om uppskov"
    PERSON_UNREACHABLE = "person_unreachable", "Personen går inte att nå"
    IN_CARE = "in_care", "Personen vårdas på annat håll"
    OTHER_AGENCY = "other_agency", "En annan myndighet ska besluta först"


class SettleCode(TextChoices):
    RECEIVER = "receiver", "Mottagaren har ansvaret"
    SENDER = "sender", "Avsändaren har ansvaret"
    SHARED = "shared", "Ansvaret är delat"
    OTHER_AGENCY = "other_agency", "En annan myndighet har ansvaret"


class Way(TextChoices):
    """How a leg goes out: here, or to an agency without an account."""

    HERE = "here", "I Samverkansrum"
    LETTER = "letter", "Med brev"
    PHONE = "phone", "Per telefon"


class SectionRole(TextChoices):
    """What a piece of text is in the journey: three things that are never mixed (with the agency's own note)."""

    LEG = "leg", "Remissen"
    SUPPLEMENT = "supplement", "Komplettering"
    NOTE = "note", "Meddelande"


class TimeUnit(TextChoices):
    CALENDAR_DAYS = "calendar_days", "dagar"
    WORKING_DAYS = "working_days", "arbetsdagar"
    MONTHS = "months", "månader"


class StartEvent(TextChoices):
    """What a step's time is counted from."""

    SENT = "sent", "remissen skickades"
    RECEIVED = "received", "remissen togs emot"
    STEP = "step", "steget började"


class ReminderLevel(TextChoices):
    """Who is reminded, and how late: peers.md 3.2."""

    DUE = "due", "Påminnelse på förfallodagen"
    SECOND = "second", "Andra påminnelsen"
    MANAGER = "manager", "Till chefen"
    COORDINATOR = "coordinator", "Till samordnaren"
    BY_HAND = "by_hand", "Påminnelse för hand"
    # Ahead of time, to the sender: the ground will have to be renewed.
    GROUND_30 = "ground_30", "Samtycket går ut inom 30 dagar"
    GROUND_7 = "ground_7", "Samtycket går ut inom 7 dagar"


class ReferralClass(TextChoices):
    """What the coordinator sees instead of the kind."""

    INVESTIGATION = "investigation", "Utredning"
    MEASURE = "measure", "Insats"
    COMPENSATION = "compensation", "Ersättning"
    OTHER = "other", "Annat"


class AnswerScope(TextChoices):
    """What the receiver may tell the sender (house.md 3, the answer's direction)."""

    NONE = "none", "Nej, vi svarar inte här"
    STATUS = "status", "Ja, läget"
    STATUS_AND_TEXT = "status_and_text", "Ja, läget och text"


def target_of(source: str, verb: Verb, side: Side) -> ReferralState | None:
    """Where the table leads, or None where it says no."""
    for row in TRANSITIONS:
        if (row.source, row.verb, row.side) == (source, verb, side):
            return row.target
    return None
