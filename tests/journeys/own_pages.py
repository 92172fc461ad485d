"""Every page and state of the participant's own page, on a phone, and what staff does about it."""

from collections.abc import Iterator

from playwright.sync_api import Page

from meetings.actions.agreement_sending import correct_agreement, send_agreement
from meetings.actions.own_questions import ask_question, show_question
from meetings.actions.requests import answer_request, request_conversation
from meetings.models import AgreementVersion, Conversation
from meetings.states import ConversationKind, ConversationState
from tests.cast import Cast, make_participant
from tests.journeys.meeting_pages import LONG
from tests.journeys.pages import Stop, press
from tests.meetings.agreement_stage import copy_of, share_all, withdraw, write_all
from tests.meetings.talk_calls import options
from tests.meetings.talks import Phone, Talk, make_phone, make_talk
from workspace.actions import make_page_link
from workspace.front.actions.help import answer_help, ask_for_help
from workspace.front.actions.own_look import choose_look
from workspace.models import Consent, PageCode, Participant
from workspace.states import HelpKind

S = ConversationState
OWN, WORDS = "/min-sida/", "Jag vill jobba med djur."
LOOKS = {"easy": {"easy_read": True}, "large": {"large_text": True}, "both": {"easy_read": True, "large_text": True}}


def lose_the_visit(page: Page) -> None:
    """What was typed waits while the code is asked for: the visit ends before the form is sent."""
    cookies = [one for one in page.context.cookies() if one.get("name") != "besok"]
    page.context.clear_cookies()
    page.context.add_cookies(cookies)  # type: ignore[arg-type]
    page.get_by_label("Skriv en ny fråga").fill("Får jag ta med min hund?")
    press("Spara frågan")(page)


class OwnWorld:
    """Participants with a phone each: nothing, times, a call, a draft, what was agreed, taken back, and a SIP."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.phones: dict[str, Phone] = {}
        self.talks: dict[str, Talk] = {}
        self._begin("new", S.PREPARING)
        options(self._begin("times", S.PREPARING), 5, 8)
        self._call(self._begin("called", S.INVITED))
        self._begin("over", S.HELD)
        cancelled = self._begin("cancelled", S.INVITED).conversation.pk
        Conversation.objects.filter(pk=cancelled).update(state=S.CANCELLED, ended_why="Rummet är upptaget.")
        for name in ("agreed", "differs", "taken back"):
            self._send(self._begin(name, S.HELD))
        self._send(self._begin("SIP", S.HELD, ConversationKind.SIP))
        self._go_on()
        self.phones["nothing"] = make_phone(cast, cast.person)
        for name, look in LOOKS.items():
            talk = self._begin(name, S.HELD)
            self._send(talk)
            self._call(self._begin_again(talk), name)
            choose_look(by=self.phones[name].browser, **look)
        self._ask_for_help()
        self.bound = make_phone(cast, self._person("bunden"), visit=False)
        self.waits, self.blocked, self.nobody = (self._person(name) for name in ("väntar", "spärrad", "inget"))
        self.unopened = make_page_link(by=cast.soc, participant=self.waits)
        make_phone(cast, self.blocked, visit=False)
        PageCode.objects.filter(participant=self.blocked).update(wrong=5)
        self.consent = Consent.objects.get(participant=self.talks["called"].person)

    # ---------- how each came to be ----------
    def _person(self, name: str) -> Participant:
        return make_participant(self.cast.soc_desk, first=f"Namn{name.split()[0]}", last="Öberg-Långström")

    def _begin(self, name: str, state: S, kind: ConversationKind = ConversationKind.CONVERSATION) -> Talk:
        talk = self.talks[name] = make_talk(self.cast, state, person=self._person(name), kind=kind, days=6)
        Conversation.objects.filter(pk=talk.conversation.pk).update(about=f"Hur det går. {LONG}")
        self.phones[name] = make_phone(self.cast, talk.person)
        return talk

    def _begin_again(self, talk: Talk) -> Talk:
        return make_talk(self.cast, S.INVITED, person=talk.person, days=9)

    def _call(self, talk: Talk, name: str = "called") -> None:
        """A question that is shown, one that is not, and a wish that waits."""
        by = self.phones[name].browser
        shown, _ = (ask_question(by=by, text=text) for text in ("Får jag ta med min hund?", f"Vem bestämmer? {LONG}"))
        show_question(by=by, question=shown, conversation=talk.conversation)
        request_conversation(by=by, participant=talk.person, reason=f"Vi behöver ses. {LONG}")

    def _send(self, talk: Talk) -> None:
        write_all(talk, WORDS)
        share_all(talk)
        send_agreement(by=self.cast.soc, conversation=talk.fresh())

    def _go_on(self) -> None:
        """What was seen differently and corrected, what was taken back, and a wish that got its no."""
        differs, soc = self.talks["differs"], self.cast.soc
        correct_agreement(by=soc, conversation=differs.fresh(), reason="Det ska stå två timmar.")
        version = send_agreement(by=soc, conversation=differs.fresh())
        assert version.number == 2
        agreed = self.talks["agreed"]
        first = AgreementVersion.objects.get(agreement__conversation=agreed.conversation)
        self.copy = copy_of(first, agreed, "participant").pk
        withdraw(self.talks["taken back"], ["participant"])
        person = self.talks["agreed"].person
        wish = request_conversation(by=self.phones["agreed"].browser, participant=person, reason="Vi behöver ses.")
        answer_request(by=soc, request=wish, accepted=False, answer="Vi ses i mars.")

    def _ask_for_help(self) -> None:
        by = self.phones["called"].browser
        self.asked = ask_for_help(by=by, kind=HelpKind.DISADVANTAGE, text=f"Ingen lyssnar. {LONG}")
        answered = ask_for_help(by=by, kind=HelpKind.HELP, text="")
        answer_help(by=self.cast.soc_manager, asked=answered, text="Jag ringer dig i morgon.")
        self.answered = answered

    # ---------- the stops ----------
    def stops(self) -> Iterator[Stop]:
        yield from self._way_in()
        yield from self._own()
        yield from self._acts()
        yield from self._staff()
        yield from self._helpers()
        yield Stop("left", self.phones["new"], OWN, press("Lämna sidan"))  # last: the visit ends

    def _way_in(self) -> Iterator[Stop]:
        link, code = f"{OWN}lank/{self.unopened}/", f"{OWN}kod/"
        yield Stop("own link", None, link)
        yield Stop("own link at the office", self.cast.soc, link, status=403)
        yield Stop("own link, used", None, f"{OWN}lank/gammal/", status=410)
        yield Stop("own code", self.bound, code)
        yield Stop("own code, wrong", self.bound, code, press("Öppna sidan"))
        yield Stop("own code, a form waits", self.phones["SIP"], OWN, lose_the_visit)

    def _own(self) -> Iterator[Stop]:
        for name, phone in self.phones.items():
            yield Stop(f"own page, {name}", phone, OWN)
        yield Stop("own page, just answered", self.phones["called"], f"{OWN}?sagt=kommer")
        yield Stop("own page, empty question", self.phones["called"], OWN, press("Spara frågan"))
        yield Stop("own page, no time", self.phones["times"], OWN, press("Skicka svar"))

    def _acts(self) -> Iterator[Stop]:
        pk = self.talks["over"].conversation.pk
        pages = {"own wish": ("over", "samtal/", "Skicka"), "own help": ("over", "hjalp/", "Skicka")}
        pages |= {"own words": ("over", f"ord/{pk}/", "Spara mina ord")}
        pages |= {"own differs": ("agreed", f"bestamt/{self.copy}/annorlunda/", "Skicka")}
        for name, (phone, path, button) in pages.items():
            yield Stop(name, self.phones[phone], OWN + path)
            yield Stop(f"{name} with errors", self.phones[phone], OWN + path, press(button))
        yield Stop("own help, answered", self.phones["called"], f"{OWN}hjalp/?val=help")
        yield Stop("own withdraw", self.phones["called"], f"{OWN}ja/{self.consent.pk}/")
        yield Stop("own missing", self.phones["called"], f"{OWN}ja/99999/", status=404)
        easy = self.phones["both"]
        yield Stop("own wish, easy", easy, f"{OWN}samtal/")
        yield Stop("own help, easy", easy, f"{OWN}hjalp/")

    def _staff(self) -> Iterator[Stop]:
        soc, person = self.cast.soc, self.talks["called"].person
        people = {"open": person, "link waits": self.waits, "blocked": self.blocked, "nothing": self.nobody}
        for name, one in people.items():
            yield Stop(f"own page of staff, {name}", soc, f"/deltagare/{one.pk}/sida/")
        first = f"/deltagare/{self.nobody.pk}"
        yield Stop("link, shown once", soc, f"{first}/sida/", press("Gör en länk"))
        yield Stop("code, shown once", soc, f"{first}/sida/", press("Gör en kod"))
        yield Stop("contact", soc, f"{first}/kontakt/")

        def no_address(page: Page) -> None:
            page.get_by_role("radio", name="Mejl").check()
            press("Spara")(page)

        def no_language(page: Page) -> None:
            page.get_by_label("Tolk", exact=True).select_option(index=1)
            press("Spara")(page)

        yield Stop("contact with errors", soc, f"{first}/kontakt/", no_address)
        yield Stop("needs", soc, f"{first}/behov/")
        yield Stop("needs with errors", soc, f"{first}/behov/", no_language)
        yield Stop("level two", soc, f"/deltagare/{person.pk}/visa/")
        yield Stop("level two, empty", soc, f"{first}/visa/")

    def _helpers(self) -> Iterator[Stop]:
        boss = self.cast.soc_manager
        yield Stop("outside contact", boss, "/enhet/utanfor/")
        yield Stop("help requests", boss, "/hjalp/")
        yield Stop("help requests, empty", self.cast.psyk_manager, "/hjalp/")
        yield Stop("help request", boss, f"/hjalp/{self.asked.pk}/")
        yield Stop("help request with errors", boss, f"/hjalp/{self.asked.pk}/", press("Skicka svaret"))
        yield Stop("help request, answered", boss, f"/hjalp/{self.answered.pk}/")
