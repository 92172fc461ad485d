"""The standing item on gender equality is closed: by a decision, or by no deviation and why. Never empty (R15)."""

from dataclasses import replace

from meetings.actions.decisions import close_told, write_decision
from meetings.actions.steps import FASTER, lock_meeting, topics_of, write_event
from meetings.models import AgendaItem, Decision, DecisionReport, Meeting
from meetings.queries.deciding import DecisionInput
from meetings.queries.standing import answer_seen, answering_decision, has_more_than_words
from meetings.rules import can_change_content, can_lead
from meetings.states import GenderAnswer, ItemKind, MeetingState
from notifications.actions import Notice, deliver
from workspace.actions import action
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.rules import Hat

REPORTED = "Någon har skrivit vad som har hänt med beslutet, så det står kvar. Skriv ett nytt beslut under punkten."
MORE = "Beslutet har mer än text: ansvarig, dag, skäl, förslag eller röster. Ändra det på punktens egen sida."
LONGEST_ANSWER = 1000  # characters: what the item keeps of it


@action
def close_gender_item(
    *, by: Hat, item: AgendaItem, reason: str = "", decision: DecisionInput | None = None, seen: str | None = None
) -> None:
    """Close the item with a decision, or with «Ingen avvikelse» and its reason. Can be changed until minutes are sent.

    In order: the decision that was the answer before goes (or, where only «Ingen avvikelse» stood, nothing); the new
    one is written, with its votes; the item's answer; the history and the audit; whoever answers for the decision is
    told; hints at those who see the item. `seen` is the answer that the page showed (`answer_seen`).

    Refuses both at once and neither; other items; a meeting that has not begun; whoever neither leads nor has the pen;
    minutes that are on their way; a decision that has been reported on; «Ingen avvikelse» beside a decision; and what
    `decide` refuses. `SomebodyWasFaster` where the item has another answer than the page showed. Source: R15.
    """
    if decision is not None and reason.strip():
        raise NotAllowed("Skriv antingen ett beslut eller varför ni inte ser någon avvikelse, inte båda.")
    meeting, found = _open(by, item, seen)
    notices = _no_deviation(found, reason.strip()) if decision is None else _decided(by, found, decision)
    write_event(meeting, "answer_gender", by=by)
    deliver(notices, topics_of(meeting, found, part="outcomes"))


@action
def answer_gender_equality(
    *, by: Hat, item: AgendaItem, answer: GenderAnswer, text: str, seen: str | None = None
) -> None:
    """The same with words alone, from the room. A decision that is there keeps its measure.

    Refuses also to change a decision that has more than words: that is done on the item's page, which shows it all.
    """
    meeting, found = _open(by, item, seen)
    words = text.strip()
    if has_more_than_words(found) and (answer != GenderAnswer.DECISION or words != found.gender_text):
        raise NotAllowed(MORE)
    if answer == GenderAnswer.NO_DEVIATION:
        notices = _no_deviation(found, words)
    else:
        before = answering_decision(found) if found.gender_answer == GenderAnswer.DECISION else None
        anew = DecisionInput(words)
        notices = _decided(by, found, anew) if before is None else _say_anew(found, before, words)
    write_event(meeting, "answer_gender", by=by)
    deliver(notices, topics_of(meeting, found, part="outcomes"))


# ---------- what they share ----------
def _open(by: Hat, item: AgendaItem, seen: str | None) -> tuple[Meeting, AgendaItem]:
    """The meeting and the item as they are now, locked, where this hat may answer it."""
    meeting = lock_meeting(item.meeting)
    if item.kind != ItemKind.GENDER_EQUALITY:
        raise NotAllowed("Bara den stående punkten om jämställdhet besvaras så.")
    if meeting.state not in {MeetingState.IN_PROGRESS, MeetingState.HELD}:
        raise NotAllowed("Punkten besvaras under mötet.")
    if not can_lead(by, meeting):
        raise NotAllowed("Det är den som leder mötet eller har pennan som skriver svaret.")
    if not can_change_content(meeting):
        raise NotAllowed("Protokollet är redan skickat. En rättelse blir en ny version av det.")
    found = AgendaItem.objects.select_related("meeting").get(pk=item.pk)
    found.meeting = meeting
    if seen is not None and seen != answer_seen(found):
        raise SomebodyWasFaster(FASTER)
    return meeting, found


def _decided(by: Hat, item: AgendaItem, data: DecisionInput) -> list[Notice]:
    """The item's answer is a decision: the register has it, and it comes back by itself."""
    words = data.text.strip()
    if not words:
        raise NotAllowed("Skriv vad ni beslutar.")
    _check_length(words)
    _take_away_answer(item)
    AgendaItem.objects.filter(pk=item.pk).update(gender_answer="", gender_text="")
    _, notices = write_decision(by=by, item=item, data=replace(data, text=words))
    _answer(item, GenderAnswer.DECISION, words)
    return notices


def _say_anew(item: AgendaItem, decision: Decision, words: str) -> list[Notice]:
    """Other words for the decision that closed the item; all else of it stays."""
    if not words:
        raise NotAllowed("Skriv vad ni beslutar.")
    _check_length(words)
    if words != decision.text:
        _require_unreported(decision)
        Decision.objects.filter(pk=decision.pk).update(text=words)
        _answer(item, GenderAnswer.DECISION, words)
    return []


def _no_deviation(item: AgendaItem, why: str) -> list[Notice]:
    if not why:
        raise NotAllowed("Skriv varför ni inte ser någon avvikelse.")
    _check_length(why)
    _take_away_answer(item)
    if Decision.objects.filter(item=item.pk).exists():
        raise NotAllowed("Under punkten står ett beslut. Ta bort det först, eller svara Beslut.")
    _answer(item, GenderAnswer.NO_DEVIATION, why)
    return []


def _answer(item: AgendaItem, answer: GenderAnswer, text: str) -> None:
    AgendaItem.objects.filter(pk=item.pk).update(gender_answer=answer, gender_text=text)


def _take_away_answer(item: AgendaItem) -> None:
    """The decision that closed the item before goes with its votes, and whoever was told of it is told no more."""
    before = answering_decision(item) if item.gender_answer == GenderAnswer.DECISION else None
    if before is None:
        return
    _require_unreported(before)
    number = before.pk
    before.delete()
    close_told(number)


def _require_unreported(decision: Decision) -> None:
    if DecisionReport.objects.filter(decision=decision.pk).exists():
        raise NotAllowed(REPORTED)


def _check_length(words: str) -> None:
    if len(words) > LONGEST_ANSWER:
        raise NotAllowed(f"Texten är {len(words) - LONGEST_ANSWER} tecken för lång. Högst {LONGEST_ANSWER} får plats.")
