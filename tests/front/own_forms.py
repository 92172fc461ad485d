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
from workspace.models import Consent

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
    }


OWN_FORMS = [
    "own_look", "own_answer", "own_times", "own_wish", "own_ask", "own_show", "own_remove", "own_words", "own_agree",
    "own_differ", "own_task_done", "own_task_undo", "own_withdraw", "own_help",
]  # fmt: skip
OWN_TEXTS = ("own_answer", "own_wish", "own_ask", "own_words", "own_differ", "own_help")
