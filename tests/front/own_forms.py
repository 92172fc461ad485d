"""Every form of the participant's own page: where it is posted, and what. Called, each makes what it needs."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.urls import reverse

from meetings.actions.agreements import close_commitment
from meetings.actions.own_questions import ask_question
from meetings.models import AgreementCopy, Commitment, Invitation, TimeOption
from meetings.states import ConversationState
from tests.cast import Cast
from tests.meetings.agreement_stage import sent_talk, task_of
from tests.meetings.cast import in_days
from tests.meetings.talks import Phone, Talk, make_talk
from tests.pathway.activity_stage import asked_survey, way_in
from tests.pathway.plan_stage import plan_in_words, plan_shown
from workspace.models import Consent
from workspace.pathway.actions.ratings import show_ratings
from workspace.pathway.states import Area

Form = Callable[[], tuple[str, dict[str, Any]]]
S = ConversationState


def agreed_forms(cast: Cast, phone: Phone) -> dict[str, Form]:
    """Those of an agreement that the participant has got."""

    def own_copy() -> AgreementCopy:
        talk, version = sent_talk(cast)
        return AgreementCopy.objects.get(version=version, party=talk.parties["participant"])

    def task(*, done: bool = False) -> Commitment:
        found = task_of(sent_talk(cast)[0], "participant")
        if done:
            close_commitment(by=phone.browser, commitment=found)
        return found

    return {
        "own_agree": lambda: (reverse("own_agree", args=[own_copy().pk]), {}),
        "own_differ": lambda: (reverse("own_differ", args=[own_copy().pk]), {"text": "Jag vill börja senare."}),
        "own_task_done": lambda: (reverse("own_task_done", args=[task().pk]), {}),
        "own_task_undo": lambda: (reverse("own_task_undo", args=[task(done=True).pk]), {}),
    }


def way_forms(cast: Cast, phone: Phone) -> dict[str, Form]:
    """Those of whoever is on a way."""

    def shown() -> int:
        return plan_shown(cast, plan_in_words(cast), path_kind="public_employment_service").pk

    def own_plan_words() -> tuple[str, dict[str, Any]]:
        way_in(cast)
        return reverse("own_plan_words"), {"own_words": "Jag vill ut.", "strengths": "Jag är lugn.", "version": "1"}

    def own_area() -> tuple[str, dict[str, Any]]:
        way_in(cast)
        return reverse("own_area", args=[Area.WORK]), {"text": "Jag vill bygga hus.", "version": "0"}

    def own_survey() -> tuple[str, dict[str, Any]]:
        asked = asked_survey(cast, way_in(cast))
        return reverse("own_survey", args=[asked.pk]), {"useful": "4", "listened": "5", "equal": "no"}

    def own_ratings() -> tuple[str, dict[str, Any]]:
        way_in(cast)
        return reverse("own_ratings"), {"everyday": "1", "wellbeing": "10", "people": "5"}

    def curve(name: str, *, seen: bool) -> tuple[str, dict[str, Any]]:
        way_in(cast)
        if seen:
            show_ratings(by=phone.browser)
        return reverse(name), {}

    return {
        "own_plan_words": own_plan_words,
        "own_plan_agree": lambda: (reverse("own_plan_agree", args=[shown()]), {}),
        "own_plan_differ": lambda: (reverse("own_plan_differ", args=[shown()]), {"text": "Jag vill börja senare."}),
        "own_area": own_area,
        "own_survey": own_survey,
        "own_ratings": own_ratings,
        "own_ratings_show": lambda: curve("own_ratings_show", seen=False),
        "own_ratings_hide": lambda: curve("own_ratings_hide", seen=True),
    }


def own_forms(cast: Cast, phone: Phone) -> dict[str, Form]:
    """Address name -> what is posted where, from that phone."""

    def called() -> Talk:
        return make_talk(cast, S.INVITED)

    def question() -> tuple[Talk, int]:
        return called(), ask_question(by=phone.browser, text="Får jag ta med mig någon?").pk

    def own_answer() -> tuple[str, dict[str, Any]]:
        call = Invitation.objects.get(party=called().parties["participant"])
        return reverse("own_answer", args=[call.pk]), {"answer": "coming", "text": "Jag tar bussen."}

    def own_times() -> tuple[str, dict[str, Any]]:
        talk, starts = make_talk(cast), in_days(8)
        option = TimeOption.objects.create(
            conversation=talk.conversation, starts_at=starts, ends_at=starts + timedelta(hours=1)
        )
        return reverse("own_times", args=[talk.conversation.pk]), {f"tid-{option.pk}": "ja"}

    def own_show() -> tuple[str, dict[str, Any]]:
        talk, pk = question()
        return reverse("own_show", args=[pk]), {"samtal": talk.conversation.pk}

    def own_words() -> tuple[str, dict[str, Any]]:
        return reverse("own_words", args=[called().conversation.pk]), {"text": "Jag vill ut.", "version": "0"}

    def own_withdraw() -> tuple[str, dict[str, Any]]:
        called()
        return reverse("own_withdraw", args=[Consent.objects.latest("pk").pk]), {}

    return {
        "own_look": lambda: (reverse("own_look"), {"easy": "1", "large": "1"}),
        "own_answer": own_answer,
        "own_times": own_times,
        "own_wish": lambda: (reverse("own_wish"), {"text": "Jag vill byta tid."}),
        "own_ask": lambda: (reverse("own_ask"), {"text": "Hur lång tid tar det?"}),
        "own_show": own_show,
        "own_remove": lambda: (reverse("own_remove", args=[question()[1]]), {}),
        "own_words": own_words,
        **agreed_forms(cast, phone),
        "own_withdraw": own_withdraw,
        "own_help": lambda: (reverse("own_help"), {"kind": "disadvantage", "text": "Ingen svarar."}),
        **way_forms(cast, phone),
    }


OWN_FORMS = [
    "own_look", "own_answer", "own_times", "own_wish", "own_ask", "own_show", "own_remove", "own_words", "own_agree",
    "own_differ", "own_task_done", "own_task_undo", "own_withdraw", "own_help", "own_plan_words", "own_plan_agree",
    "own_plan_differ", "own_area", "own_survey", "own_ratings", "own_ratings_show", "own_ratings_hide",
]  # fmt: skip
OWN_WAY_FORMS = OWN_FORMS[OWN_FORMS.index("own_plan_words") :]
# Address name and the field of words that anybody may type in.
OWN_TEXTS = [
    *((name, "text") for name in ("own_answer", "own_wish", "own_ask", "own_words", "own_differ", "own_help")),
    ("own_plan_words", "own_words"),
    ("own_plan_words", "strengths"),
    ("own_plan_differ", "text"),
    ("own_area", "text"),
]
READ_ONLY = {"own", "own_areas", "own_ratings_picture"}  # pages without a form of their own
