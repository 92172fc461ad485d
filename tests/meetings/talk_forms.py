"""Every form of the conversations, their agreements and what lies around them: who posts it, where, and what."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from meetings.actions.commitments import close_commitment
from meetings.actions.plans import make_plan
from meetings.actions.requests import request_conversation
from meetings.models import ConversationPlan
from meetings.states import ConversationState, PlanBasis
from tests.cast import Cast
from tests.meetings.agreement_stage import (
    confirm_all,
    sent_talk,
    share_all,
    state_grounds,
    task_of,
    write_all,
)
from tests.meetings.cast import in_days
from tests.meetings.talk_calls import meet, options, own_call, support_of
from tests.meetings.talk_tools import talk_form
from tests.meetings.talks import Talk, make_phone, make_talk, talk_consent
from workspace.front.actions.help import ask_for_help
from workspace.models import HelpRequest
from workspace.rules import Hat
from workspace.states import HelpKind
from workspace.swedish import say_date

Posted = tuple[Hat, str, dict[str, Any]]
Form = Callable[[], Posted]
S = ConversationState


def at(name: str, talk: Talk, *more: int) -> str:
    return reverse(name, args=[talk.conversation.pk, *more])


def soon(days: int = 20) -> str:
    return str(timezone.localdate() + timedelta(days=days))


def conversation_forms(cast: Cast) -> dict[str, Form]:
    """Those of a conversation, its parties and wishes for one."""

    def new_conversation() -> Posted:
        talk_consent(cast, cast.psyk.agency)
        form = talk_form((cast.psyk_desk, cast.psyk))
        return cast.soc, reverse("new_conversation", args=[cast.person.pk]), form

    def change_conversation() -> Posted:
        return cast.soc, at("change_conversation", make_talk(cast)), talk_form()

    def book_interpreter() -> Posted:
        return cast.soc, at("book_interpreter", make_talk(cast)), {"bokad": "1"}

    def decide_form() -> Posted:
        talk = make_talk(cast)
        talk.conversation.wished_form = "utomhus"
        talk.conversation.save()
        return cast.soc, at("decide_form", talk), {"decision": "Vi ses ute."}

    def add_party() -> Posted:
        talk = make_talk(cast)
        talk_consent(cast, cast.fk.agency)
        return cast.soc, at("add_party", talk), {f"enhet{cast.fk_desk.pk}": cast.fk.pk}

    def change_party() -> Posted:
        talk = make_talk(cast)
        return cast.psyk, at("change_party", talk, talk.parties["psyk"].pk), {"member": cast.psyk_2.pk}

    def remove_party() -> Posted:
        talk = make_talk(cast)
        return cast.soc, at("remove_party", talk, support_of(talk).pk), {}

    def conversation_ground() -> Posted:
        return cast.psyk, at("conversation_ground", make_talk(cast)), {"ground": "harm_test", "reason": "Prövat"}

    def ask_conversation() -> Posted:
        return cast.psyk, at("ask_conversation", make_talk(cast, S.HELD)), {"reason": "Det har hänt något."}

    def answer_request() -> Posted:
        talk = make_talk(cast, S.HELD)
        wish = request_conversation(
            by=cast.psyk, participant=cast.person, reason="Det har hänt något.", earlier=talk.conversation
        )
        return cast.soc, reverse("answer_request", args=[wish.pk]), {"accepted": "0", "answer": "Vi ses i mars."}

    one = (new_conversation, change_conversation, book_interpreter, decide_form, add_party, change_party)
    return {form.__name__: form for form in (*one, remove_party, conversation_ground, ask_conversation, answer_request)}


def time_forms(cast: Cast) -> dict[str, Form]:
    """Those of times and calls."""

    def propose_times() -> Posted:
        return cast.soc, at("propose_times", make_talk(cast)), {"day_1": say_date(in_days(8).date()), "begins_1": "9"}

    def add_suggested() -> Posted:
        return cast.soc, at("add_suggested", make_talk(cast)), {"starts": in_days(8).isoformat()}

    def answer_times() -> Posted:
        talk = make_talk(cast)
        (option,) = options(talk, 8)
        return cast.psyk, at("answer_times", talk), {f"tid_{option.pk}": "ja"}

    def withdraw_time() -> Posted:
        (option,) = options(make_talk(cast), 8)
        return cast.soc, reverse("withdraw_time", args=[option.pk]), {}

    def invite() -> Posted:
        return cast.soc, at("invite", make_talk(cast)), meet()

    def invite_late() -> Posted:
        talk = make_talk(cast, S.INVITED)
        return cast.soc, at("invite_late", talk, support_of(talk).pk), {}

    def move_conversation() -> Posted:
        return cast.soc, at("move_conversation", make_talk(cast, S.INVITED)), meet(12)

    def cancel_conversation() -> Posted:
        return cast.soc, at("cancel_conversation", make_talk(cast, S.INVITED)), {"reason": "Snöstorm"}

    def hold_conversation() -> Posted:
        return cast.soc, at("hold_conversation", make_talk(cast, S.INVITED, days=-1)), {}

    def answer_invitation() -> Posted:
        talk = make_talk(cast, S.INVITED)
        return cast.psyk, at("answer_invitation", talk), {"answer": "coming", "comment": "", "kallelse": ""}

    def register_answer() -> Posted:
        call = own_call(make_talk(cast, S.INVITED), "participant")
        return cast.soc, reverse("register_answer", args=[call.pk]), {"answer": "coming", "way": "phone"}

    one = (propose_times, add_suggested, answer_times, withdraw_time, invite, invite_late, move_conversation)
    more = (cancel_conversation, hold_conversation, answer_invitation, register_answer)
    return {form.__name__: form for form in (*one, *more)}


def agreement_forms(cast: Cast) -> dict[str, Form]:
    """Those of an agreement, until it is sent."""

    def held() -> Talk:
        return make_talk(cast, S.HELD)

    def written() -> Talk:
        talk = held()
        write_all(talk)
        return talk

    def write_own_words() -> Posted:
        return cast.soc, at("write_own_words", held()), {"text": "Jag vill ut.", "base_version": "0"}

    def write_section() -> Posted:
        return cast.psyk, at("write_section", held()), {"text": "Vi hjälper till.", "base_version": "0"}

    def write_common() -> Posted:
        return cast.soc, at("write_common", held()), {"goals": "Prova", "next_on": soon(), "base": ""}

    def share_section() -> Posted:
        talk = written()
        state_grounds(talk)
        return cast.psyk, at("share_section", talk), {}

    def add_commitment() -> Posted:
        return cast.psyk, at("add_commitment", held()), {"text": "Boka en tid", "due_on": soon()}

    def send_agreement() -> Posted:
        talk = written()
        share_all(talk)
        return cast.soc, at("send_agreement", talk), {}

    one = (write_own_words, write_section, write_common, share_section, add_commitment, send_agreement)
    return {form.__name__: form for form in one}


def sent_forms(cast: Cast) -> dict[str, Form]:
    """Those of an agreement that has been sent."""

    def sent() -> Talk:
        return sent_talk(cast)[0]

    def correct_agreement() -> Posted:
        return cast.soc, at("correct_agreement", sent()), {"reason": "Fel datum"}

    def withdraw_agreement() -> Posted:
        talk = sent()
        chosen = {"parties": [talk.parties["psyk"].pk], "reason": "Fel myndighet"}
        return cast.soc, at("withdraw_agreement", talk), chosen

    def answer_agreement() -> Posted:
        return cast.psyk, at("answer_agreement", sent(), 1), {"verdict": "differs", "text": "Fel dag"}

    def register_agreement_answer() -> Posted:
        return cast.soc, at("register_agreement_answer", sent(), 1), {"verdict": "confirmed", "way": "phone"}

    one = (correct_agreement, withdraw_agreement, answer_agreement, register_agreement_answer)
    return {form.__name__: form for form in one}


def commitment_forms(cast: Cast) -> dict[str, Form]:
    """Those of tasks: in the draft, and from the lists."""

    def drafted(name: str) -> str:
        talk = make_talk(cast, S.HELD)
        write_all(talk)
        return reverse(name, args=[task_of(talk, "psyk").pk])

    def agreed() -> Talk:
        talk, version = sent_talk(cast)
        confirm_all(talk, version)
        return talk

    def change_commitment() -> Posted:
        return cast.psyk, drafted("change_commitment"), {"text": "Boka två tider", "due_on": soon(30)}

    def remove_commitment() -> Posted:
        return cast.psyk, drafted("remove_commitment"), {}

    def close() -> Posted:
        task = task_of(agreed(), "psyk")
        return cast.psyk, reverse("close_commitment", args=[task.pk]), {}

    def reopen_commitment() -> Posted:
        task = task_of(agreed(), "psyk")
        close_commitment(by=cast.psyk, commitment=task)
        return cast.psyk, reverse("reopen_commitment", args=[task.pk]), {}

    def refer_commitment() -> Posted:
        task = task_of(agreed(), "psyk")
        return cast.soc, reverse("refer_commitment", args=[task.pk]), {}

    return {
        "change_commitment": change_commitment,
        "remove_commitment": remove_commitment,
        "close_commitment": close,
        "reopen_commitment": reopen_commitment,
        "refer_commitment": refer_commitment,
    }


def plan_forms(cast: Cast) -> dict[str, Form]:
    """Those of when a conversation is due."""

    def plan() -> ConversationPlan:
        due = timezone.localdate() + timedelta(days=30)
        return make_plan(by=cast.soc, participant=cast.person, basis=PlanBasis.EVERY, months=3, before="", due_on=due)

    def new_plan() -> Posted:
        data = {"often": "3", "before": "", "due_on": soon(60)}
        return cast.soc, reverse("new_plan", args=[cast.person.pk]), data

    def postpone_plan() -> Posted:
        data = {"due_on": soon(60), "reason": "Semester"}
        return cast.soc, reverse("postpone_plan", args=[plan().pk]), data

    def set_aside_plan() -> Posted:
        return cast.soc, reverse("set_aside_plan", args=[plan().pk]), {"code": "settled"}

    return {form.__name__: form for form in (new_plan, postpone_plan, set_aside_plan)}


def staff_forms(cast: Cast) -> dict[str, Form]:
    """Those of staff about the participant's page."""
    person = cast.person.pk

    def help_request() -> Posted:
        ask_for_help(by=make_phone(cast).browser, kind=HelpKind.HELP, text="Ring mig")
        asked = HelpRequest.objects.latest("pk")
        return cast.soc_manager, reverse("help_request", args=[asked.pk]), {"text": "Jag ringer."}

    chosen = {"channel": "email", "address": "namn@exempel.se", "words": "plain"}
    needs = {"interpreter": "spoken", "language": "dari", "breaks": "on"}
    return {
        "contact": lambda: (cast.soc, reverse("contact", args=[person]), chosen),
        "support_needs": lambda: (cast.soc, reverse("support_needs", args=[person]), needs),
        "outside_contact": lambda: (cast.soc_manager, reverse("outside_contact"), {"contact": ""}),
        "help_request": help_request,
    }


def talk_forms(cast: Cast) -> dict[str, Form]:
    """Address name -> who posts what where."""
    return {
        **conversation_forms(cast),
        **time_forms(cast),
        **agreement_forms(cast),
        **sent_forms(cast),
        **commitment_forms(cast),
        **plan_forms(cast),
        **staff_forms(cast),
    }


TALK_FORMS = [
    "new_conversation", "change_conversation", "book_interpreter", "decide_form", "add_party", "change_party",
    "remove_party", "conversation_ground", "ask_conversation", "answer_request", "propose_times", "add_suggested",
    "answer_times", "withdraw_time", "invite", "invite_late", "move_conversation", "cancel_conversation",
    "hold_conversation", "answer_invitation", "register_answer", "write_own_words", "write_section", "write_common",
    "share_section", "add_commitment", "send_agreement", "correct_agreement", "withdraw_agreement",
    "answer_agreement", "register_agreement_answer", "change_commitment", "remove_commitment", "close_commitment",
    "reopen_commitment", "refer_commitment", "new_plan", "postpone_plan", "set_aside_plan", "contact",
    "support_needs", "outside_contact", "help_request",
]  # fmt: skip
# What stands in these forms to be read by people: each refuses what nobody can read, with a sentence at the field.
TEXTS = {
    "new_conversation": ("about", "where", "wished_form"), "change_conversation": ("about", "where", "wished_form"),
    "decide_form": ("decision",), "conversation_ground": ("reason",), "ask_conversation": ("reason",),
    "answer_request": ("answer",), "invite": ("where",), "move_conversation": ("where",),
    "cancel_conversation": ("reason",), "answer_invitation": ("comment",), "register_answer": ("comment",),
    "write_own_words": ("text",), "write_section": ("text",), "write_common": ("goals",), "add_commitment": ("text",),
    "correct_agreement": ("reason",), "withdraw_agreement": ("reason",), "answer_agreement": ("text",),
    "register_agreement_answer": ("text",), "change_commitment": ("text",), "postpone_plan": ("reason",),
    "contact": ("address",), "support_needs": ("language",), "help_request": ("text",),
}  # fmt: skip
