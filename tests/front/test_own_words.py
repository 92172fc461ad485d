"""How the participant's page reads: LIX at most 35, lower in easy words, plain Swedish, months written out.

LIX (Björnsson 1968) is words per sentence plus the share of words longer than six letters. A heading, a button, an item
of a list is a sentence by itself, as it is for whoever reads or hears it.
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import reverse

from meetings.actions.requests import answer_request
from meetings.models import AgreementCopy, ConversationRequest, Invitation, OwnQuestion, TimeOption
from meetings.states import ConversationState
from tests.cast import Cast
from tests.front.own_stage import OWN, Stage, make_stage, sent_agreement
from tests.meetings.cast import in_days
from tests.pathway.activity_stage import active, asked_survey, discharge_by_hand, way_in
from tests.pathway.plan_stage import plan_in_words, plan_shown
from workspace.actions import make_page_link
from workspace.front.actions.help import answer_help, ask_for_help
from workspace.front.views.own_page import SAYS
from workspace.models import Consent, Contact, UserAccount
from workspace.states import HelpKind

S = ConversationState
MOST, MOST_EASY = 35, 30
WORD = re.compile(r"[^\W_]+(?:[-’'][^\W_]+)*")
BLOCKS = {"p", "li", "h1", "h2", "h3", "legend", "label", "br", "div", "section", "form", "blockquote"}
BLOCKS |= {"caption", "th", "tr"}  # of a table: a head is a sentence, and so is a line of numbers
# What is there to be pressed, and the frame, are no sentences: they would make any page look easy.
UNREAD = {"head", "header", "script", "textarea", "button", "summary"}
UNREAD_CLASSES = {"aids", "ds-button", "ds-skip-link", "sr", "crumb", "toasts"}
VOID = {"meta", "link", "input", "br", "path", "circle"}
SHORT_MONTHS = re.compile(r"\b(jan|feb|aug|sep|sept|okt|nov|dec)\b\.?")
ENGLISH = {"the", "and", "you", "your", "this", "that", "with", "not", "none", "true", "false", "required", "field"}
pytestmark = pytest.mark.django_db


class Seen(HTMLParser):
    """What is read of a page, each block a sentence."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.open: list[bool] = []  # of each open tag: whether it and what is in it is left out

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        classes = set((dict(attrs).get("class") or "").split())
        if tag in BLOCKS:
            self.parts.append("\n")
        if tag not in VOID:
            self.open.append(self.is_left_out or tag in UNREAD or bool(classes & UNREAD_CLASSES))

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS:
            self.parts.append("\n")
        if tag not in VOID:
            self.open.pop()

    @property
    def is_left_out(self) -> bool:
        return bool(self.open) and self.open[-1]

    def handle_data(self, data: str) -> None:
        if not self.is_left_out:
            self.parts.append(re.sub(r"\s+", " ", data))


def sentences(html: str) -> list[list[str]]:
    seen = Seen()
    seen.feed(html)
    lines = re.split(r"[.:!?](?=\s|$)|\n", "".join(seen.parts))
    return [words for line in lines if (words := WORD.findall(line))]


def lix(html: str) -> float:
    """Words per sentence, plus words of more than six letters in a hundred."""
    said = sentences(html)
    words = [word for sentence in said for word in sentence]
    return len(words) / len(said) + 100 * sum(len(word) > 6 for word in words) / len(words)


def test_lix_is_reckoned_as_in_the_book() -> None:
    assert lix("<p>Jag bor här. Du bor här.</p>") == 3
    assert lix("<p>Arbetsförmedlingen ska undersöka möjligheten.</p>") == 4 + 75


# ---------- the pages, in every state ----------
def _next_talk(cast: Cast) -> Iterator[tuple[str, str]]:
    stage = make_stage(cast)
    client = stage.phone.client
    client.post(reverse("own_ask"), {"text": "Kan jag börja klockan 10?"})
    client.post(reverse("own_ask"), {"text": "Får jag ta med min hund?"})
    client.post(reverse("own_show", args=[OwnQuestion.objects.latest("pk").pk]), {"samtal": stage.talk.conversation.pk})
    yield from _looked_at(stage, "called", OWN)
    own = Invitation.objects.get(party=stage.talk.parties["participant"])
    client.post(reverse("own_answer", args=[own.pk]), {"answer": "coming"})
    yield from _looked_at(stage, "answered", OWN)
    for how in ("phone", "link"):
        Invitation.objects.filter(pk=own.pk).update(how=how, where="070-111 22 33")
        yield from _looked_at(stage, how, OWN)
    stage.put(starts_at=in_days(-2), ends_at=in_days(-1))
    Invitation.objects.filter(pk=own.pk).update(starts_at=in_days(-2), ends_at=in_days(-1))
    yield from _looked_at(stage, "been", OWN)
    for state in (S.CANCELLED, S.CLOSED):
        stage.put(state=state)
        yield from _looked_at(stage, state, OWN)


def _times(cast: Cast) -> Iterator[tuple[str, str]]:
    stage = make_stage(cast, S.PREPARING)
    yield from _looked_at(stage, "planned", OWN)
    for day in (5, 6):
        TimeOption.objects.create(
            conversation=stage.talk.conversation, starts_at=in_days(day, 10), ends_at=in_days(day, 11)
        )
    yield from _looked_at(stage, "times", OWN)
    for said in SAYS:
        yield from _looked_at(stage, f"said {said}", f"{OWN}?sagt={said}")


def _agreed(cast: Cast) -> Iterator[tuple[str, str]]:
    stage = make_stage(cast, S.HELD)
    yield from _looked_at(stage, "no words", OWN)
    yield from _looked_at(stage, "words", reverse("own_words", args=[stage.talk.conversation.pk]))
    sent_agreement(stage)
    yield from _looked_at(stage, "agreed", OWN)
    sent_agreement(stage, reason="Du ska prova en timme.")
    own = stage.talk.parties["participant"]
    copy = AgreementCopy.objects.filter(party=own).latest("pk")
    yield from _looked_at(stage, "differs", reverse("own_differ", args=[copy.pk]))
    stage.phone.client.post(reverse("own_agree", args=[copy.pk]))
    yield from _looked_at(stage, "confirmed", OWN)
    AgreementCopy.objects.filter(party=own).update(withdrawn_at=in_days(0), withdrawn_reason="Det var fel text.")
    yield from _looked_at(stage, "taken back", OWN)


def _other_pages(cast: Cast) -> Iterator[tuple[str, str]]:
    stage = make_stage(cast, S.HELD)
    client = stage.phone.client
    consent = Consent.objects.get(participant=cast.person)
    yield from _looked_at(stage, "wish", reverse("own_wish"))
    yield from _looked_at(stage, "withdraw", reverse("own_withdraw", args=[consent.pk]))
    yield from _looked_at(stage, "help", reverse("own_help"))
    yield from _looked_at(stage, "missing", reverse("own_words", args=[999]), status=404)
    client.post(reverse("own_wish"), {"text": "Jag vill byta tid."})
    yield from _looked_at(stage, "wished", OWN)
    wish = ConversationRequest.objects.get()
    for accepted in (True, False):
        ConversationRequest.objects.update(state="waiting", answered_at=None)
        answer_request(by=cast.soc, request=wish, accepted=accepted, answer="Vi ses snart.")
        yield from _looked_at(stage, f"answered {accepted}", OWN)
    asked = ask_for_help(by=stage.phone.browser, kind=HelpKind.HELP, text="Jag vill byta.")
    yield from _looked_at(stage, "asked", reverse("own_help"))
    answer_help(by=cast.soc_manager, asked=asked, text="Jag ringer dig i dag.")
    yield from _looked_at(stage, "heard", f"{reverse('own_help')}?sagt=hjalp")
    UserAccount.objects.filter(pk=cast.soc_manager.user_id).update(is_active=False)
    yield from _looked_at(stage, "nobody", reverse("own_help"))
    for url in (reverse("own_wish"), reverse("own_help"), reverse("own_ask")):
        yield "error", client.post(url, {"kind": "disadvantage", "text": ""}).content.decode()
    client.post(reverse("own_withdraw", args=[consent.pk]))
    yield from _looked_at(stage, "no consents", OWN)


def _plan(cast: Cast) -> Iterator[tuple[str, str]]:
    stage = make_stage(cast)
    made = plan_in_words(cast)
    yield from _looked_at(stage, "no plan words", OWN)
    yield from _looked_at(stage, "plan words", reverse("own_plan_words"))
    yield from _looked_at(stage, "about me", reverse("own_areas"))
    yield from _looked_at(stage, "area", reverse("own_area", args=["wishes"]))
    for url in (reverse("own_plan_words"), reverse("own_area", args=["wishes"])):
        yield "plan error", stage.phone.client.post(url, {}).content.decode()
    stage.phone.client.post(reverse("own_plan_words"), {"own_words": "Jag vill jobba med djur.", "version": "1"})
    moved = {"own_words": "Jag vill bo vid en sjö.", "version": "1"}
    yield "plan moved", stage.phone.client.post(reverse("own_plan_words"), moved).content.decode()
    for path in ({"path_kind": "region_psychiatry"}, {"no_path_reason": "Vi väntar på svar."}):
        version = plan_shown(cast, made, **path)
        yield from _looked_at(stage, f"plan {path}", OWN)
    yield from _looked_at(stage, "plan differs", reverse("own_plan_differ", args=[version.pk]))
    for verdict in ("agree", "differ"):
        stage.phone.client.post(reverse(f"own_plan_{verdict}", args=[version.pk]), {"text": "Jag vill vänta."})
        yield from _looked_at(stage, f"plan {verdict}", OWN)


def _how_it_is(cast: Cast) -> Iterator[tuple[str, str]]:
    stage = make_stage(cast)
    way = way_in(cast)
    yield from _looked_at(stage, "on the way", OWN)
    yield from _looked_at(stage, "no curve", reverse("own_ratings"))
    asked = asked_survey(cast, way)
    active(cast, way, from_on=in_days(-20).date())
    yield from _looked_at(stage, "followed up, asked", OWN)
    survey = reverse("own_survey", args=[asked.pk])
    yield from _looked_at(stage, "survey", survey)
    client = stage.phone.client
    yield "survey error", client.post(survey, {}).content.decode()
    yield "ratings error", client.post(reverse("own_ratings"), {}).content.decode()
    client.post(reverse("own_ratings"), {"people": "4", "belief": "6"})
    yield from _looked_at(stage, "curve", f"{reverse('own_ratings')}?sagt=sparat")
    client.post(reverse("own_ratings_show"))
    yield from _looked_at(stage, "curve shown", f"{reverse('own_ratings')}?sagt=visas")
    yield from _looked_at(stage, "curve shown, own", OWN)
    client.post(survey, {"useful": "5", "listened": "3", "equal": "yes"})
    yield from _looked_at(stage, "answered", f"{OWN}?sagt=enkat")
    yield "answered again", client.post(survey, {"useful": "5", "listened": "3", "equal": "yes"}).content.decode()
    discharge_by_hand(way, in_days(0).date())
    yield "no way to rate", client.post(reverse("own_ratings"), {"people": "4"}).content.decode()
    yield from _looked_at(stage, "curve after the way", f"{reverse('own_ratings')}?sagt=visas-inte")


def _ways_in(cast: Cast) -> Iterator[tuple[str, str]]:
    stage = make_stage(cast)
    link = reverse("own_link", args=[make_page_link(by=cast.soc, participant=cast.person)])
    client = Client()
    yield "link", client.get(link).content.decode()
    yield "link used", client.get(reverse("own_link", args=["a" * 32])).content.decode()
    client.post(link)
    yield "code", client.get(reverse("own_code")).content.decode()
    for number in range(6):
        yield f"wrong {number}", client.post(reverse("own_code"), {"kod": "1"}).content.decode()
    yield "left", stage.phone.client.post(reverse("own_leave"), follow=True).content.decode()


def _looked_at(stage: Stage, name: str, url: str, status: int = 200) -> Iterator[tuple[str, str]]:
    """The page as it is, and in easy words."""
    found = []
    for easy in (False, True):
        Contact.objects.update_or_create(participant=stage.cast.person, defaults={"easy_read": easy})
        response = stage.phone.client.get(url)
        assert response.status_code == status, (name, response.status_code)
        found.append(response.content.decode())
    plain, easily = map(lix, found)
    print(f"{name:20} {plain:5.1f} {easily:5.1f}")  # seen with -s
    assert easily <= plain, (name, round(plain, 1), round(easily, 1))
    assert easily <= MOST_EASY, (name, round(easily, 1))
    yield name, found[0]
    yield f"{name}, easy", found[1]


@pytest.mark.parametrize(
    "pages", [_next_talk, _times, _agreed, _plan, _other_pages, _how_it_is, _ways_in], ids=lambda found: found.__name__
)
def test_every_page_for_the_participant_is_easy_to_read(cast: Cast, pages: object) -> None:
    assert callable(pages)
    too_hard = []
    for name, html in pages(cast):
        value = lix(html)
        if value > MOST:
            too_hard.append(f"{name}: {value:.1f}")
        words = {word.casefold() for sentence in sentences(html) for word in sentence}
        assert not words & ENGLISH, (name, words & ENGLISH)
        seen = Seen()
        seen.feed(html)
        assert not SHORT_MONTHS.search("".join(seen.parts)), name
    assert not too_hard
