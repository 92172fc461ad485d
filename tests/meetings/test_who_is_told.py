"""Everyone who must know is told, nobody else: one walk through a whole conversation, step by step (issue 5.8)."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import pytest

from notifications.models import Notification, ParticipantMail
from tests.cast import Cast
from tests.meetings import told_agreement as agreed
from tests.meetings import told_walk as walked
from tests.meetings.told_walk import PHONE, Walk, make_walk

pytestmark = pytest.mark.django_db
Told = dict[str, str]  # by kind: the names of those who are told, «soc psyk»
ALL = "soc psyk fk"


class Row(NamedTuple):
    """A step, who is told by a notice, and whether the participant hears that there is something to read."""

    step: str
    act: Callable[[Walk], None]
    told: Told
    mail: bool


NOBODY: Told = {}

PLANNED = (
    Row("soc plans with psyk", walked.plan, {"conversation.added": "psyk"}, True),
    Row("soc lets fk in", walked.add_agency, {"conversation.added": "fk"}, True),
    Row("soc lets a support person in", walked.add_support, NOBODY, True),
    Row(
        "psyk_2 comes instead of psyk, and says so itself", partial(walked.change_to, name="psyk", member="psyk_2"),
        NOBODY, True,
    ),
    Row(
        "psyk comes after all", partial(walked.change_to, name="psyk", member="psyk"),
        {"conversation.added": "psyk"}, True,
    ),
    Row("soc changes what it is about", walked.change, NOBODY, True),
    Row("soc decides on the wished form", walked.decide, NOBODY, True),
)  # fmt: skip
CALLED = (
    Row("soc proposes times", walked.propose, {"conversation.times": "psyk fk"}, True),
    Row("psyk answers", partial(walked.answer_times, name="psyk"), {"conversation.times_answered": "soc"}, False),
    Row("psyk answers the same again", partial(walked.answer_times, name="psyk"), NOBODY, False),
    Row("fk answers", partial(walked.answer_times, name="fk"), {"conversation.times_answered": "soc"}, False),
    Row("the phone answers", partial(walked.answer_times, name=PHONE),
        {"conversation.participant_times": "soc"}, False),
    Row("soc writes down the support's", partial(walked.register_times, name="support", by="soc"), NOBODY, False),
    Row(
        "soc_2 writes down what the participant said", partial(walked.register_times, name="participant", by="soc_2"),
        {"conversation.participant_times": "soc"}, False,
    ),
    Row("soc takes a time away", walked.withdraw_time, NOBODY, False),
    Row("soc calls", walked.invite, {"conversation.invited": "psyk fk"}, True),
    Row("psyk opens its call", partial(walked.read_call, name="psyk"), NOBODY, False),
    Row("the phone opens its call", partial(walked.read_call, name=PHONE), NOBODY, False),
    Row("soc makes a letter", walked.letter, NOBODY, False),
    Row("psyk comes", partial(walked.answer_call, name="psyk"), {"conversation.answered": "soc"}, False),
    Row("psyk says it again", partial(walked.answer_call, name="psyk"), NOBODY, False),
    Row("fk wants another time", partial(walked.answer_call, name="fk", answer="other_time"),
        {"conversation.answered": "soc"}, False),
    Row("the phone comes", partial(walked.answer_call, name=PHONE),
        {"conversation.participant_answered": "soc"}, False),
    Row("soc_2 writes down the support person's", partial(walked.register_call, name="support", by="soc_2"),
        {"conversation.answered": "soc"}, False),
    Row("the phone writes a question", walked.ask_question, NOBODY, False),
    Row("the phone shows it", walked.show_question, {"conversation.question": ALL}, False),
    Row("the phone takes it away", walked.remove_question, NOBODY, False),
    Row("soc moves", walked.move, {"conversation.moved": "psyk fk"}, True),
    Row("soc says that it was held", walked.hold, {"conversation.held": "psyk fk"}, False),
)  # fmt: skip
WRITTEN = (
    Row("the phone writes its own words", agreed.own_words, NOBODY, False),
    Row("soc writes", partial(agreed.write, name="soc"), NOBODY, False),
    Row("psyk writes", partial(agreed.write, name="psyk"), NOBODY, False),
    Row("fk writes", partial(agreed.write, name="fk"), NOBODY, False),
    Row("psyk states its ground", partial(agreed.state_ground, name="psyk"), NOBODY, False),
    Row("fk states its ground", partial(agreed.state_ground, name="fk"), NOBODY, False),
    Row("psyk shares", partial(agreed.share, name="psyk"), {"agreement.shared": "soc"}, False),
    Row("fk shares", partial(agreed.share, name="fk"), {"agreement.shared": "soc"}, False),
    Row("soc shares", partial(agreed.share, name="soc"), NOBODY, False),
    Row("soc sends", agreed.send, {"agreement.sent": "psyk fk"}, True),
    Row("psyk opens its copy", partial(agreed.read, name="psyk"), NOBODY, False),
    Row("the phone opens its copy", partial(agreed.read, name=PHONE), NOBODY, False),
    Row("psyk confirms", partial(agreed.answer, name="psyk"), {"agreement.answered": "soc"}, False),
    Row("fk wants a change", partial(agreed.answer, name="fk", verdict="differs"), {"agreement.differs": "soc"}, False),
    Row("the phone sees it differently", partial(agreed.answer, name=PHONE, verdict="differs"),
        {"agreement.participant_answered": ALL}, False),
    Row("soc opens it to correct it", agreed.correct, NOBODY, False),
    Row("soc sends it again", agreed.send, {"agreement.corrected": "psyk fk"}, True),
    Row("psyk confirms it", partial(agreed.answer, name="psyk"), {"agreement.answered": "soc"}, False),
    Row("fk confirms it", partial(agreed.answer, name="fk"), {"agreement.answered": "soc"}, False),
    Row("soc confirms it", partial(agreed.answer, name="soc"), NOBODY, False),
    Row("the phone confirms it, the last one", partial(agreed.answer, name=PHONE),
        {"agreement.participant_answered": ALL, "agreement.confirmed": ALL}, False),
)  # fmt: skip
AFTERWARDS = (
    Row("psyk's task comes due", partial(walked.day_comes, name="psyk"), {"agreement.task_due": "psyk"}, False),
    Row("psyk's task is late", partial(walked.day_comes, name="psyk", late=1), {"agreement.task_late": "psyk"}, False),
    Row("the participant's task comes due", partial(walked.day_comes, name="participant"), NOBODY, True),
    Row("the phone is done", partial(agreed.done, name=PHONE), NOBODY, False),
    Row("psyk is done", partial(agreed.done, name="psyk"), NOBODY, False),
    Row("soc agrees when the next one is due", walked.make_plan, NOBODY, False),
    Row("the next one is due", walked.plan_comes_due, {"plan.due": "soc soc_2"}, False),
    Row("the phone asks for one", partial(walked.ask_for_talk, name=PHONE), {"request.asked": "soc soc_2"}, False),
    Row("soc says no", partial(walked.answer_wish, accepted=False), NOBODY, True),
    Row("psyk asks for one", partial(walked.ask_for_talk, name="psyk"), {"request.asked": "soc"}, False),
    Row("soc says yes", partial(walked.answer_wish, accepted=True), {"conversation.request_answered": "psyk"}, False),
    Row("soc plans another", walked.plan_another, {"conversation.added": "psyk fk"}, True),
    Row("soc lets fk out of it", walked.remove_agency, {"conversation.left": "fk"}, True),
    Row("soc cancels it", walked.cancel, {"conversation.cancelled": "psyk"}, True),
    Row("fk asks for one", partial(walked.ask_for_talk, name="fk"), {"request.asked": "soc"}, False),
    Row("soc plans it, which answers", walked.plan_from_wish,
        {"conversation.request_answered": "fk", "conversation.added": "psyk"}, True),
    Row("the clock closes it", walked.close_by_clock, {"conversation.closed": "soc psyk"}, True),
    Row("soc takes the agreement back from fk", partial(agreed.take_back, name="fk"),
        {"agreement.withdrawn": "fk"}, False),
    # fk is in the first conversation alone now, psyk also in the cancelled and the closed one: a notice for each.
    Row("soc_2 registers that fk's consent is withdrawn", partial(walked.withdraw, name="fk", by="soc_2"),
        {"conversation.access_ended": "soc fk"}, False),
    Row("the phone withdraws psyk's", partial(walked.withdraw, name="psyk", by=PHONE),
        {"conversation.withdrawn": "soc psyk soc psyk soc psyk"}, False),
    Row("the phone asks for help", walked.ask_for_help_now, {"help.asked": "soc_manager"}, False),
    Row("the manager reads it", walked.open_the_call, NOBODY, False),
    Row("the manager answers", walked.answer_the_call, NOBODY, True),
)  # fmt: skip
WALK = (*PLANNED, *CALLED, *WRITTEN, *AFTERWARDS)


def names_of(cast: Cast) -> dict[int, str]:
    names = {member.pk: name for name, member in cast.members.items()}
    return names | {member.pk: f"two_hats_{n}" for n, member in enumerate(cast.two_hats)}


def since(mark: int, names: dict[int, str]) -> dict[str, list[str]]:
    """Who has been told what since then, as often as they were."""
    found: dict[str, list[str]] = {}
    for kind, pk in Notification.objects.filter(pk__gt=mark).values_list("kind", "membership"):
        found.setdefault(kind, []).append(names[pk])
    return {kind: sorted(told) for kind, told in found.items()}


@pytest.mark.embedded
def test_everyone_who_must_know_is_told_at_each_step_and_nobody_else(cast: Cast) -> None:
    walk, names = make_walk(cast), names_of(cast)
    heard: set[str] = set()
    for step, act, told, mail in WALK:
        ParticipantMail.objects.all().delete()
        mark = Notification.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        act(walk)
        assert since(mark, names) == {kind: sorted(who.split()) for kind, who in told.items()}, step
        assert ParticipantMail.objects.filter(participant=cast.person).exists() == mail, step
        assert not ParticipantMail.objects.exclude(participant=cast.person).exists(), step
        heard |= {name for who in since(mark, names).values() for name in who}
    assert heard == {"soc", "soc_2", "psyk", "fk", "soc_manager"}, "a manager hears of the call for help alone"


def test_no_notice_of_the_walk_holds_a_name_a_place_or_a_word_that_was_written(cast: Cast) -> None:
    walk = make_walk(cast)
    for row in WALK:
        row.act(walk)
    said = " ".join(f"{row.number} {row.kind}" for row in Notification.objects.all())
    assert "Hemlig" not in said and "hemlig" not in said and "Åström" not in said and "Stöd" not in said
    assert "Rum" not in said and "Storgatan" not in said
