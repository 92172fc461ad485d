"""A referral's journey as one table: from, verb, to, and which side may (issue "Samverkansrum runs", 6)."""

from typing import NamedTuple

from django.db.models import TextChoices


class ReferralState(TextChoices):
    DRAFT = "draft", "Utkast"
    SENT = "sent", "Skickad"
    RECEIVED = "received", "Mottagen"
    ACCEPTED = "accepted", "Accepterad"
    DECIDED = "decided", "Beslutad"
    RETURNED = "returned", "Återsänd"
    RECALLED = "recalled", "Återtagen"
    WITHDRAWN = "withdrawn", "Samtycket är återkallat"
    CLOSED = "closed", "Avslutad"


S = ReferralState
OPEN_STATES = frozenset({S.DRAFT, S.SENT, S.RECEIVED, S.ACCEPTED, S.DECIDED, S.RETURNED})
ENDED_STATES = frozenset(S) - OPEN_STATES
# The receiver still owes an answer.
UNANSWERED_STATES = frozenset({S.SENT, S.RECEIVED, S.ACCEPTED})


class Side(TextChoices):
    SENDER = "sender", "avsändare"
    RECEIVER = "receiver", "mottagare"
    SYSTEM = "system", "systemet"


class Verb(TextChoices):
    """What can be done, with the words of the history: «Vi skickade remissen» and «De tog emot den»."""

    CREATE = "create", "började skriva"
    SEND = "send", "skickade remissen"
    ACKNOWLEDGE = "acknowledge", "tog emot den"
    ACCEPT = "accept", "accepterade remissen"
    DECIDE = "decide", "beslutade"
    RETURN = "return", "skickade tillbaka den"
    REVISE = "revise", "började rätta den"
    RECALL = "recall", "återtog remissen"
    CLOSE = "close", "avslutade remissen"
    GROUND_WITHDRAWN = "ground_withdrawn", "registrerade att samtycket är återkallat"
    # Moves nothing, but belongs in the history.
    ALLOW_ANSWER = "allow_answer", "ändrade vad som får svaras"


class Transition(NamedTuple):
    source: ReferralState
    verb: Verb
    target: ReferralState
    side: Side


TRANSITIONS = (
    Transition(S.DRAFT, Verb.SEND, S.SENT, Side.SENDER),
    Transition(S.SENT, Verb.ACKNOWLEDGE, S.RECEIVED, Side.RECEIVER),
    Transition(S.RECEIVED, Verb.ACCEPT, S.ACCEPTED, Side.RECEIVER),
    Transition(S.ACCEPTED, Verb.DECIDE, S.DECIDED, Side.RECEIVER),
    Transition(S.DECIDED, Verb.CLOSE, S.CLOSED, Side.SENDER),
    Transition(S.RECEIVED, Verb.RETURN, S.RETURNED, Side.RECEIVER),
    Transition(S.RETURNED, Verb.REVISE, S.DRAFT, Side.SENDER),
    Transition(S.RETURNED, Verb.CLOSE, S.CLOSED, Side.SENDER),
    Transition(S.SENT, Verb.RECALL, S.RECALLED, Side.SENDER),
    Transition(S.RECEIVED, Verb.RECALL, S.RECALLED, Side.SENDER),
    *(Transition(state, Verb.GROUND_WITHDRAWN, S.WITHDRAWN, Side.SYSTEM) for state in S if state in OPEN_STATES),
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
    OTHER = "other", "Annat skäl"


class RecallCode(TextChoices):
    WRONG_RECEIVER = "wrong_receiver", "Fel mottagare"
    WRONG_PERSON = "wrong_person", "Fel person"
    WRONG_CONTENT = "wrong_content", "Fel uppgifter i remissen"
    NOT_NEEDED = "not_needed", "Frågan är redan löst"


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
