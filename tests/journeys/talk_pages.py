"""Every page and state of the conversations, as staff sees them, and the papers that come of them."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

from django.template.loader import render_to_string
from django.utils import timezone
from playwright.sync_api import Page

from meetings.actions.agreement_sending import correct_agreement, send_agreement
from meetings.actions.agreements import answer_agreement
from meetings.actions.own_questions import ask_question, show_question
from meetings.actions.plans import make_plan
from meetings.actions.requests import answer_request, request_conversation
from meetings.models import AgreementVersion, Conversation, Invitation, InvitationAnswer, Party
from meetings.queries.agreements import access_version, participants_copy, shown_to_participant
from meetings.queries.conversations import access_conversation
from meetings.queries.letters import letter_of
from meetings.states import Answer, ConversationKind, ConversationState, PartyKind, PlanBasis
from meetings.views.agreement_acts import paper_context
from tests.cast import Cast, make_participant
from tests.journeys.meeting_pages import LONG
from tests.journeys.pages import Act, Stop, press
from tests.meetings.agreement_stage import (
    agencies_of,
    confirm_all,
    copy_of,
    member_of,
    share_all,
    state_grounds,
    task_of,
    withdraw,
    write_all,
)
from tests.meetings.cast import in_days
from tests.meetings.talk_calls import options, own_call, say
from tests.meetings.talks import Talk, make_phone, make_talk
from workspace.doors import MemberRequest
from workspace.front.actions.consents import withdraw_consent
from workspace.models import Browser, ConsentRow, SupportNeeds
from workspace.states import InterpreterKind

S = ConversationState
SIP = ConversationKind.SIP
WORDS = f"Jag vill jobba med djur. {LONG}"


def shown_as(html: str) -> Act:
    """A paper that the server sends as a PDF, as the page it is made of: it is that page where no PDF can be made."""

    def act(page: Page) -> None:
        address = page.url.rstrip("/") + "/som-sida"
        page.route(address, lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"))
        page.goto(address)
        page.unroute(address)

    return act


class TalkWorld:
    """The cast with a conversation, and an agreement, in each state; each of a person of its own."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.asking = self._asking()
        self.new = self._talk("ny")
        self.called = self._called()
        self.over = self._talk("nyss", S.HELD)
        Conversation.objects.filter(pk=self.over.conversation.pk).update(state=S.INVITED)
        self.ended = {state: self._talk(state, S.INVITED) for state in (S.CANCELLED, S.CLOSED)}
        for state, talk in self.ended.items():
            why = f"Rummet är upptaget. {LONG}" if state == S.CANCELLED else ""
            Conversation.objects.filter(pk=talk.conversation.pk).update(state=state, ended_why=why)
        self.draft, self.ready = self._draft("utkast"), self._draft("klar")
        share_all(self.ready)
        self.bare = self._talk("tom", S.HELD)
        self.sent, self.first = self._sent("skickad")
        self.differs, version = self._sent("annorlunda")
        mine = copy_of(version, self.differs, "participant")
        answer_agreement(by=cast.soc, copy=mine, verdict="differs", text=f"För mycket. {LONG}", way="letter")
        self.correcting, _ = self._sent("rattas")
        correct_agreement(by=cast.soc, conversation=self.correcting.fresh(), reason=f"Två timmar. {LONG}")
        self.confirmed = self._confirmed()
        self.sip_draft, self.sip = self._draft("plan", SIP), self._sent("planen", SIP)[0]
        self.taken_back, _ = self._sent("atertagen")
        withdraw(self.taken_back, ["psyk"])
        self.lost = self._lost()
        self.waiting, self.answered = self._wishes()
        self.plan = make_plan(
            by=cast.soc,
            participant=self.new.person,
            basis=PlanBasis.EVERY,
            months=3,
            before="",
            due_on=in_days(9).date(),
        )

    # ---------- how each came to be ----------
    def _talk(self, name: str, state: S = S.PREPARING, kind: ConversationKind = ConversationKind.CONVERSATION) -> Talk:
        person = make_participant(self.cast.soc_desk, first=f"Namn{name}", last="Öberg-Långström")
        talk = make_talk(self.cast, state, person=person, kind=kind, days=6)
        about = f"Hur det går med praktiken. {LONG}"
        Conversation.objects.filter(pk=talk.conversation.pk).update(about=about, where=f"Stadshuset. {LONG}")
        talk.fresh()
        return talk

    def _asking(self) -> Talk:
        """Times are proposed and partly answered; an interpreter is needed and not booked; a form is wished for."""
        talk = self._talk("tider")
        SupportNeeds.objects.create(
            participant=talk.person, interpreter=InterpreterKind.SPOKEN, language="nordsamiska", breaks=True
        )
        self.times = options(talk, 5, 8, 12)
        first, second, third = (option.pk for option in self.times)
        say(talk, "psyk", {first: True, second: False, third: True})
        say(talk, "participant", {first: False, second: False})
        Conversation.objects.filter(pk=talk.conversation.pk).update(wished_form=f"Utomhus. {LONG}")
        return talk

    def _called(self) -> Talk:
        """Called, with answers of each kind, somebody on paper, somebody not called, and a question that is shown."""
        talk, person = self._talk("kallad", S.INVITED), PartyKind.SUPPORT
        talk.parties["support"] = Party.objects.create(
            conversation=talk.conversation, kind=person, name=f"Stina {LONG}"[:100], agreed_on=timezone.localdate()
        )
        call = own_call(talk)
        for answer, comment in ((Answer.COMING, ""), (Answer.OTHER_TIME, f"Hellre fredag. {LONG}")):
            InvitationAnswer.objects.create(invitation=call, member=self.cast.psyk, answer=answer, comment=comment)
        mine = own_call(talk, "participant")
        InvitationAnswer.objects.create(invitation=mine, member=self.cast.soc, answer=Answer.COMING, way="phone")
        Invitation.objects.filter(pk=call.pk).update(read_at=timezone.now())
        browser = make_phone(self.cast, talk.person, visit=False).browser
        question = ask_question(by=browser, text=f"Får jag ta med min hund? {LONG}")
        show_question(by=browser, question=question, conversation=talk.conversation)
        return talk

    def _draft(self, name: str, kind: ConversationKind = ConversationKind.CONVERSATION) -> Talk:
        talk = self._talk(name, S.HELD, kind)
        write_all(talk, WORDS)
        return talk

    def _sent(self, name: str, kind: ConversationKind = ConversationKind.CONVERSATION) -> tuple[Talk, AgreementVersion]:
        talk = self._draft(name, kind)
        share_all(talk)
        return talk, send_agreement(by=self.cast.soc, conversation=talk.fresh())

    def _confirmed(self) -> Talk:
        talk, _ = self._sent("alla")
        correct_agreement(by=self.cast.soc, conversation=talk.fresh(), reason="Dagen var fel.")
        confirm_all(talk, send_agreement(by=self.cast.soc, conversation=talk.fresh()))
        return talk

    def _lost(self) -> Talk:
        """A yes was taken back after the agreement was sent."""
        talk, _ = self._sent("tillbaka")
        consent = talk.consents[self.cast.psyk.agency_id]
        rows = list(ConsentRow.objects.filter(consent=consent).values_list("pk", flat=True))
        withdraw_consent(by=self.cast.soc, consent=consent, row_ids=rows)
        return talk

    def _wishes(self) -> tuple[int, int]:
        asked = request_conversation(
            by=self.cast.psyk, participant=self.confirmed.person, reason=LONG, earlier=self.confirmed.fresh()
        )
        browser: Browser = make_phone(self.cast, self.sent.person, visit=False).browser
        own = request_conversation(by=browser, participant=self.sent.person, reason=f"Vi behöver ses. {LONG}")
        answer_request(by=self.cast.soc, request=own, accepted=True, answer="Ja, gärna.")
        return asked.pk, own.pk

    # ---------- the stops ----------
    def stops(self) -> Iterator[Stop]:
        yield from self._lists()
        yield from self._pages()
        yield from self._forms()
        yield from self._parties()
        yield from self._calls()
        yield from self._plans()
        yield from self._drafts()
        yield from self._versions()
        yield from self._papers()

    def _lists(self) -> Iterator[Stop]:
        cast, soc = self.cast, self.cast.soc
        new = f"/deltagare/{self.cast.person.pk}/samtal/nytt/"
        yield Stop("conversations", soc, "/samtal/")
        yield Stop("conversations of another agency", cast.psyk, "/samtal/")
        yield Stop("conversations, earlier", soc, "/samtal/?visa=tidigare")
        yield Stop("conversations, empty", cast.outsider, "/samtal/")
        yield Stop("new conversation", soc, new)
        yield Stop("new conversation with errors", soc, new, press("Planera samtalet"))
        yield Stop("request", soc, f"/samtal/onskan/{self.waiting}/")
        yield Stop("request with errors", soc, f"/samtal/onskan/{self.waiting}/", press("Skicka svaret"))
        yield Stop("request, answered", soc, f"/samtal/onskan/{self.answered}/")
        yield Stop("Idag with conversations", soc, "/")
        yield Stop("Idag with conversations, receiver", cast.psyk, "/")
        yield Stop("actions with tasks", soc, "/moten/uppgifter/")
        yield Stop("participant with conversations", soc, f"/deltagare/{self.new.person.pk}/")
        yield Stop("404 on a conversation", cast.fk, f"/samtal/{self.called.conversation.pk}/", status=404)

    def _pages(self) -> Iterator[Stop]:
        talks = {"times": self.asking, "new": self.new, "called": self.called, "over": self.over, "held": self.bare}
        talks |= {"cancelled": self.ended[S.CANCELLED], "closed": self.ended[S.CLOSED], "agreed": self.confirmed}
        for name, talk in talks.items():
            for side in ("soc", "psyk"):
                yield Stop(
                    f"conversation, {name}, {side}", getattr(self.cast, side), f"/samtal/{talk.conversation.pk}/"
                )
        lost = f"/samtal/{self.lost.conversation.pk}/"
        yield Stop("conversation, convener alone", self.cast.soc, lost)
        yield Stop("conversation, access ended", self.cast.psyk, lost)

    def _forms(self) -> Iterator[Stop]:
        soc, asking, called = self.cast.soc, *(f"/samtal/{t.conversation.pk}" for t in (self.asking, self.called))
        empty = press("Skicka kallelsen")
        yield Stop("change conversation", soc, f"{asking}/andra/")
        yield Stop("change conversation, called", soc, f"{called}/andra/")
        yield Stop("wished form", soc, f"{asking}/sattet/")
        yield Stop("wished form with errors", soc, f"{asking}/sattet/", press("Spara"))
        yield Stop("times", soc, f"{asking}/tider/")
        yield Stop("times with errors", soc, f"{asking}/tider/", press("Föreslå tiderna"))
        yield Stop("times, answer", self.cast.psyk, f"{asking}/tider/svar/")
        part = self.asking.parties["participant"].pk
        yield Stop("times, registered", soc, f"{asking}/tider/svar/?part={part}")
        yield Stop("times, registered with errors", soc, f"{asking}/tider/svar/?part={part}", press("Spara svaret"))
        yield Stop("invite without interpreter", soc, f"{asking}/kalla/?tid={self.times[0].pk}")
        yield Stop("invite without interpreter, errors", soc, f"{asking}/kalla/", empty)
        yield Stop("invite", soc, f"/samtal/{self.new.conversation.pk}/kalla/")
        yield Stop("ask for a conversation", self.cast.psyk, f"/samtal/{self.sent.conversation.pk}/onska/")

    def _parties(self) -> Iterator[Stop]:
        soc, asking = self.cast.soc, f"/samtal/{self.asking.conversation.pk}"
        yield Stop("add party", soc, f"{asking}/part/ny/")
        yield Stop("add party with errors", soc, f"{asking}/part/ny/", press("Lägg till"))
        for kind in ("stodperson", "tolk", "arbetsgivare"):
            yield Stop(f"add {kind}", soc, f"{asking}/part/ny/?slag={kind}", press("Lägg till"))
        own = self.asking.parties["psyk"].pk
        yield Stop("change caseworker", self.cast.psyk, f"{asking}/part/{own}/andra/")
        ground = f"/samtal/{self.draft.conversation.pk}/grund/"
        yield Stop("conversation ground", self.cast.psyk, ground)
        yield Stop("conversation ground with errors", self.cast.psyk, ground, press("Spara grunden"))

    def _calls(self) -> Iterator[Stop]:
        cast, called = self.cast, f"/samtal/{self.called.conversation.pk}"
        register = f"/samtal/kallelse/{own_call(self.called, 'participant').pk}/svar/"
        yield Stop("invitation", cast.psyk, f"/samtal/{self.over.conversation.pk}/kallelse/")
        yield Stop("invitation, answered", cast.psyk, f"{called}/kallelse/")
        yield Stop("invitation, own", cast.soc, f"{called}/kallelse/")
        yield Stop("register answer", cast.soc, register)
        yield Stop("register answer with errors", cast.soc, register, press("Spara svaret"))
        yield Stop("move", cast.soc, f"{called}/andra-tid/")
        yield Stop("cancel", cast.soc, f"{called}/stall-in/")
        yield Stop("cancel with errors", cast.soc, f"{called}/stall-in/", press("Ställ in samtalet"))
        yield Stop("hold", cast.soc, f"/samtal/{self.over.conversation.pk}/genomfort/")

    def _plans(self) -> Iterator[Stop]:
        soc, new, plan = self.cast.soc, f"/deltagare/{self.cast.person.pk}/samtal/plan/", f"/samtal/plan/{self.plan.pk}"
        yield Stop("new plan", soc, new)
        yield Stop("new plan with errors", soc, new, press("Spara"))
        yield Stop("plan, change", soc, f"/deltagare/{self.new.person.pk}/samtal/plan/")
        yield Stop("plan, postpone", soc, f"{plan}/skjut-upp/")
        yield Stop("plan, postpone with errors", soc, f"{plan}/skjut-upp/", press("Skjut upp samtalet"))
        yield Stop("plan, set aside", soc, f"{plan}/behovs-inte/")

    def _drafts(self) -> Iterator[Stop]:
        soc, psyk = self.cast.soc, self.cast.psyk
        pages = {"nothing written": self.bare, "draft": self.draft, "ready": self.ready, "correcting": self.correcting}
        pages |= {"SIP draft": self.sip_draft, "taken back": self.taken_back, "ended": self.lost}
        for name, talk in pages.items():
            for side in ("soc", "psyk"):
                path = f"/samtal/{talk.conversation.pk}/overenskommelse/"
                yield Stop(f"agreement, {name}, {side}", getattr(self.cast, side), path)
        draft, sip = (f"/samtal/{t.conversation.pk}/overenskommelse" for t in (self.draft, self.sip_draft))
        state_grounds(self.sip_draft)
        yield Stop("own words, by staff", soc, f"{draft}/egna-ord/")
        yield Stop("section", psyk, f"{draft}/er-del/")
        yield Stop("common", soc, f"{draft}/gemensamt/")
        yield Stop("common of a SIP", soc, f"{sip}/gemensamt/")
        yield Stop("new task", soc, f"{draft}/uppgift/")
        yield Stop("new task with errors", soc, f"{draft}/uppgift/", press("Spara uppgiften"))
        yield Stop("change task", psyk, f"/samtal/uppgift/{task_of(self.draft, 'psyk').pk}/andra/")
        yield Stop("share without ground", psyk, f"{draft}/lagg-fram/")
        yield Stop("share without ground, refused", psyk, f"{draft}/lagg-fram/", press("Lägg fram er del"))
        yield Stop("share", psyk, f"{sip}/lagg-fram/")
        yield Stop("share, convener", soc, f"{sip}/lagg-fram/")
        yield Stop("send, something lacks", soc, f"{draft}/skicka/")
        yield Stop("send", soc, f"/samtal/{self.ready.conversation.pk}/overenskommelse/skicka/")
        yield Stop("send again", soc, f"/samtal/{self.correcting.conversation.pk}/overenskommelse/skicka/")

    def _versions(self) -> Iterator[Stop]:
        soc, psyk = self.cast.soc, self.cast.psyk
        pages = {"sent": self.sent, "differs": self.differs, "confirmed": self.confirmed, "SIP": self.sip}
        for name, talk in pages.items():
            for side in ("soc", "psyk"):
                path = f"/samtal/{talk.conversation.pk}/overenskommelse/"
                yield Stop(f"agreement, {name}, {side}", getattr(self.cast, side), path)
        sent = f"/samtal/{self.sent.conversation.pk}/overenskommelse"
        yield Stop("agreement, earlier version", psyk, f"/samtal/{self.confirmed.conversation.pk}/overenskommelse/1/")
        yield Stop("answer agreement", psyk, f"{sent}/1/svar/?svar=andring")
        yield Stop("answer agreement with errors", psyk, f"{sent}/1/svar/?svar=andring", press("Svara"))
        yield Stop("register agreement answer", soc, f"{sent}/1/deltagarens-svar/", press("Spara svaret"))
        yield Stop("correct", soc, f"{sent}/ratta/", press("Öppna för rättelse"))
        yield Stop("withdraw agreement", soc, f"{sent}/aterkalla/")
        yield Stop("withdraw agreement with errors", soc, f"{sent}/aterkalla/", press("Återkalla"))

    def _papers(self) -> Iterator[Stop]:
        cast_, soc = self.cast, self.cast.soc
        for name, talk in (("agreement", self.confirmed), ("SIP", self.sip)):
            for side in agencies_of(talk):
                member = member_of(cast_, side)
                request = cast(MemberRequest, SimpleNamespace(hat=member, user=member.user))
                access = access_conversation(member, talk.conversation.pk)
                version = access_version(access, 1)
                context: dict[str, Any] = {**paper_context(request, access, version), "no_pdf": True}
                html = render_to_string("meetings/agreement_paper.html", context)
                yield Stop(f"paper of {name}, {side}", member, "/samtal/", shown_as(html))
                copy = participants_copy(version)
                if side == "soc" and copy is not None:
                    context["version"] = shown_to_participant(copy)
                    html = render_to_string("meetings/agreement_letter.html", context)
                    yield Stop(f"letter of {name}", soc, "/samtal/", shown_as(html))
        for who in ("participant", "psyk"):
            letter = {"letter": letter_of(own_call(self.called, who)), "made_on": timezone.localdate(), "no_pdf": True}
            html = render_to_string("meetings/invitation_letter.html", {**letter, "back": "/samtal/"})
            yield Stop(f"letter of a call, {who}", soc, "/samtal/", shown_as(html))
