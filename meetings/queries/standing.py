"""How the standing item on gender equality is closed: its answer, and the decision that is the answer (R15)."""

import hashlib

from meetings.models import AgendaItem, Decision
from meetings.states import GenderAnswer


def answer_seen(item: AgendaItem) -> str:
    """The item's answer as a page showed it, so that two who close it at once are told apart. Empty: unanswered."""
    if not item.gender_answer:
        return ""
    return hashlib.sha256(f"{item.gender_answer}\n{item.gender_text}".encode()).hexdigest()[:16]


def answering_decision(item: AgendaItem) -> Decision | None:
    """The decision that closed the item: the newest with the answer's words. One query at the most."""
    if not item.gender_text:
        return None
    return Decision.objects.filter(item=item.pk, text=item.gender_text).order_by("-made_at", "-pk").first()


def has_more_than_words(item: AgendaItem) -> bool:
    """The item was closed with a decision that says who, by when, why, what was proposed or how each one voted."""
    one = answering_decision(item) if item.gender_answer == GenderAnswer.DECISION else None
    if one is None:
        return False
    said = (one.owner_id, one.owner_role_id, one.responsible_id, one.due_on, one.why, one.proposals)
    return any(said) or one.votes.exists()
