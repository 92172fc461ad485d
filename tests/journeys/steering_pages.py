"""Every page and state of the steering groups, with who sees it and how to get there.

One group with a meeting ahead, one going on and three that were held; one group with formal minutes; and a cooperation
where nothing has been done yet.
"""

from collections.abc import Iterator

from django.utils import timezone
from playwright.sync_api import Page

from meetings.actions.addenda import add_addendum
from meetings.actions.approvals import approve_minutes
from meetings.actions.calls import call_meeting
from meetings.actions.minutes import send_minutes
from meetings.actions.sealing import post_minutes
from meetings.models import (
    AgendaItem,
    Attendance,
    Decision,
    DecisionReport,
    DecisionVote,
    Group,
    Meeting,
    Minutes,
    Proposal,
    TemplateItem,
)
from meetings.states import (
    DecisionState,
    GenderAnswer,
    GroupKind,
    ItemKind,
    MeetingState,
    MinutesMode,
    Procedure,
    ProposalState,
    Vote,
)
from referrals.states import ReferralState
from tests.cast import Cast, make_user
from tests.journeys.meeting_pages import LONG
from tests.journeys.pages import Act, Stop, press
from tests.journeys.way_pages import unfold_all
from tests.meetings.cast import make_group, make_item, make_meeting, make_seat, put_in
from tests.meetings.minutes_stage import attend
from tests.referrals.journeys import bring_to
from tests.steering.gender_stage import PLAN_MADE, decided, gender_of, held, lay, ways
from tests.steering.papers import agree
from tests.steering.prepared_pages import action, decision, disputed, done
from tests.steering.stage import make_steering, there
from workspace.models import Cooperation, CooperationRole
from workspace.rules import Hat
from workspace.states import CooperationRoleKind


def opened(button: str, details: str) -> Act:
    """Unfold a form, and send it as it is."""

    def act(page: Page) -> None:
        page.locator(f"{details} > summary").click()
        page.locator(details).get_by_role("button", name=button, exact=True).click()
        page.wait_for_load_state()

    return act


def filled(button: str, **fields: str) -> Act:
    """Fill these fields, and send the form."""

    def act(page: Page) -> None:
        for name, value in fields.items():
            page.locator(f"main [name={name}]").fill(value)
        press(button)(page)

    return act


def gender_decision(page: Page) -> None:
    """A decision without words or a day."""
    page.locator("main input[name=answer][value=decision]").check()
    page.locator("main [name=who]").select_option(index=1)
    press("Stäng punkten")(page)


def gender_both(page: Page) -> None:
    page.locator("main input[name=answer][value=decision]").check()
    page.locator("main [name=text]").fill(LONG)
    page.locator("main input[name=answer][value=no_deviation]").check()
    page.locator("main [name=reason]").fill(LONG)
    press("Stäng punkten")(page)


def vote_against(page: Page) -> None:
    """More who said no than yes, and nobody who answers for it."""
    page.locator("main [name=text]").fill(f"Vi provar. {LONG}")
    page.locator("#roster summary").click()
    for one in page.locator("main [name^=vote_]").all():
        one.select_option("against")
    press("Spara beslutet")(page)


class SteeringPages:
    """The world: see the module."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.stage = make_steering(cast)
        self.group = self.stage.group
        for ago in (9, 1):
            lay(self.stage, ago, ways((10 if ago == 9 else 20, 40), (36, 40)))
        self._before()
        self.running = put_in(make_meeting(self.group, days=60), MeetingState.IN_PROGRESS)
        there(self.stage, self.running)
        self.matter = make_item(self.running, LONG)
        self.ahead = self._ahead()
        self.sealed = self._minutes(Group.objects.get(pk=self.group.pk), self.held[-1])
        self.formal = self._formal()
        self._nothing()

    # ---------- how each came to be ----------
    def _before(self) -> None:
        """Held meetings: decisions of every state, actions of every kind, the item closed empty three times."""
        cast, soc = self.cast, self.cast.soc
        self.followed = decided(self.stage, 200, f"Vi frågar kvinnor och män samma sak. {LONG}", indicator=PLAN_MADE)
        self.held = [held(self.stage, days, GenderAnswer.NO_DEVIATION, f"{LONG} {days}") for days in (150, 90, 40)]
        last = self.held[-1]
        rows = there(self.stage, last)
        self.late = decision(last, f"Öppna en gemensam lokal. {LONG}", due=-5, owner=soc.agency, responsible=soc)
        Decision.objects.filter(pk=self.late.pk).update(
            procedure=Procedure.VOTE, proposals=LONG, why=f"Det behövs. {LONG}", member=soc, agency=soc.agency
        )
        for row, vote in ((rows["socchef"], Vote.FOR), (rows["psykchef"], Vote.AGAINST)):
            DecisionVote.objects.create(decision=self.late, attendance=row, vote=vote, dissent=LONG)
        DecisionReport.objects.create(
            decision=self.late, member=soc, text=f"Vi letar. {LONG}", state=DecisionState.OPEN, due_on=self.late.due_on
        )
        self.closed = decision(last, "Möt regionen", due=-9, owner=cast.psyk.agency)
        Decision.objects.filter(pk=self.closed.pk).update(state=DecisionState.DONE, closed_at=timezone.now())
        decision(last, "Det gäller bara")
        for text, due in ((LONG, -9), ("Ring regionen", 9), ("Boka lokal", -2)):
            given = action(last, cast, text, due=due)
            if text == "Boka lokal":
                done(given)

    def _ahead(self) -> Meeting:
        """Sent, with what was proposed on it; the month was corrected afterwards; proposals that wait; one returned."""
        meeting, cast = self.stage.meeting, self.cast
        item = make_item(meeting, f"Lokal. {LONG}")
        fields = {"why": LONG, "wanted": f"Vi hyr en lokal. {LONG}", "link": "https://example.org/" + "lokaler/" * 9}
        kept = Proposal.objects.create(
            group=self.group, title=LONG, member=cast.soc_manager, state=ProposalState.ACCEPTED, item=item, **fields
        )
        Proposal.objects.create(
            group=self.group, title="Ett rum", role=self.stage.steering, state=ProposalState.MERGED, merged_into=kept
        )
        for number, title in enumerate((LONG, "Introduktion", "Praktik")):
            self.waiting = Proposal.objects.create(
                group=self.group, title=title, member=cast.soc_manager, position=number, **fields
            )
        Proposal.objects.create(
            group=self.group, title="Fest", member=cast.soc_manager, state=ProposalState.RETURNED, reason=LONG
        )
        call_meeting(by=cast.chair, meeting=meeting)
        lay(self.stage, 1, ways((22, 40), (36, 40)), version=2, reason=f"En var fel. {LONG}", made_at=timezone.now())
        disputed(bring_to(cast, ReferralState.RECEIVED), 9)
        agree(cast, cast.outsider)
        meeting.refresh_from_db()
        return meeting

    def _minutes(self, group: Group, meeting: Meeting) -> Minutes:
        """Sent, and signed by two: sealed."""
        adjusters = Attendance.objects.filter(
            meeting=meeting, member__in=(self.cast.soc_manager, self.cast.psyk_manager)
        )
        minutes = send_minutes(
            by=self.cast.chair, meeting=meeting, adjusters={row.pk for row in adjusters}, left_out=set(), reason=""
        )
        for member in (self.cast.soc_manager, self.cast.psyk_manager):
            approve_minutes(by=member, minutes=minutes)
        return minutes

    def _formal(self) -> dict[str, Meeting]:
        """Formal minutes: to be signed, sealed and not posted, sealed with an addendum and posted."""
        group = make_group(self.cast, "Formella styrgruppen", GroupKind.STEERING)
        Group.objects.filter(pk=group.pk).update(chair=None, secretary=None, minutes_mode=MinutesMode.FORMAL)
        group.refresh_from_db()
        self.formal_group = group
        seats = {
            self.cast.soc_manager: make_seat(group, self.cast.soc_desk, self.cast.soc_manager),
            self.cast.psyk_manager: make_seat(group, self.cast.psyk_desk, self.cast.psyk_manager),
        }
        found = {}
        for number, name in enumerate(("draft", "sent", "sealed", "posted"), start=1):
            meeting = put_in(make_meeting(group, days=100 + number), MeetingState.HELD)
            rows = [attend(meeting, hat, seat) for hat, seat in seats.items()]
            attend(meeting, self.cast.chair)
            AgendaItem.objects.filter(pk=gender_of(meeting).pk).update(
                gender_answer=GenderAnswer.NO_DEVIATION, gender_text=LONG
            )
            found[name] = meeting
            if name == "sent":
                adjusters = {row.pk for row in rows}
                send_minutes(by=self.cast.chair, meeting=meeting, adjusters=adjusters, left_out=set(), reason="")
            elif name != "draft":
                self._seal_formal(meeting, posted=name == "posted")
        return found

    def _seal_formal(self, meeting: Meeting, *, posted: bool) -> None:
        minutes = self._minutes(self.formal_group, meeting)
        if posted:
            add_addendum(by=self.cast.chair, minutes=minutes, text=f"Rätt dag är den tredje. {LONG}")
            post_minutes(by=self.cast.chair, meeting=meeting, posted_on=timezone.localdate(), where="Anslagstavlan")

    def _nothing(self) -> None:
        elsewhere = Cooperation.objects.get(name="Samverkan Arvidsjaur")
        self.nobody: dict[str, CooperationRole] = {
            kind.value: CooperationRole.objects.create(
                cooperation=elsewhere, user=make_user(f"tom-{kind.value}", "Tove", "Tom"), role=kind
            )
            for kind in (CooperationRoleKind.CHAIR, CooperationRoleKind.COORDINATOR)
        }

    # ---------- the stops ----------
    def stops(self) -> Iterator[Stop]:
        yield from self._prepared()
        yield from self._gender()
        yield from self._decisions()
        yield from self._proposals()
        yield from self._sealed()

    def _prepared(self) -> Iterator[Stop]:
        cast, at = self.cast, f"/moten/{self.ahead.pk}/underlag"
        everybody: dict[str, Hat] = {"manager": cast.soc_manager, **self.stage.roles}
        del everybody["evaluator"], everybody["elected"]
        for name, who in everybody.items():
            yield Stop(f"steering, {name}", who, "/styrgrupp/")
            yield Stop(f"prepared, {name}", who, f"{at}/")
        yield Stop("steering, nothing", self.nobody["chair"], "/styrgrupp/")
        yield Stop("prepared, all unfolded", cast.chair, f"{at}/", unfold_all)
        yield Stop("prepared, going on", cast.chair, f"/moten/{self.running.pk}/underlag/")
        yield Stop("prepared, held", cast.chair, f"/moten/{self.held[-1].pk}/underlag/")
        yield Stop("prepared, hidden", cast.outsider, f"{at}/", status=404)
        for item in AgendaItem.objects.filter(meeting=self.ahead).order_by("position"):
            yield Stop(f"prepared item {item.position} {item.kind}", self.stage.steering, f"{at}/{item.pk}/")

    def _gender(self) -> Iterator[Stop]:
        chair, steers = self.cast.chair, self.stage.steering
        going = f"/moten/{self.running.pk}/jamstalldhet/"
        yield Stop("gender, ahead and corrected", chair, f"/moten/{self.ahead.pk}/jamstalldhet/", unfold_all)
        yield Stop("gender, going on, chair", chair, going)
        yield Stop("gender, going on, who steers", steers, going)
        yield Stop("gender, everything unfolded", chair, going, unfold_all)
        yield Stop("gender with errors", chair, going, press("Stäng punkten"))
        yield Stop("gender, a decision with errors", chair, going, gender_decision)
        yield Stop("gender, both answers", chair, going, gender_both)
        yield Stop("gender, closed empty", steers, f"/moten/{self.held[0].pk}/jamstalldhet/")
        yield Stop("gender, closed with a decision", steers, f"/moten/{self.followed.item.meeting_id}/jamstalldhet/")
        yield Stop("gender history", chair, f"/moten/grupp/{self.group.pk}/jamstalldhet/")
        yield Stop("gender history, one agency", self.cast.fk, f"/moten/grupp/{self.group.pk}/jamstalldhet/")
        yield Stop("gender history, other group", chair, f"/moten/grupp/{self.formal_group.pk}/jamstalldhet/")

    def _decisions(self) -> Iterator[Stop]:
        cast, late, closed = self.cast, f"/beslut/{self.late.pk}/", f"/beslut/{self.closed.pk}/"
        new = f"/moten/{self.running.pk}/punkt/{self.matter.pk}/beslut/"
        readers: dict[str, Hat] = {"manager": cast.soc_manager, **self.stage.roles}
        for name, who in readers.items():
            yield Stop(f"register, {name}", who, "/beslut/")
        yield Stop("register, none", self.nobody["chair"], "/beslut/")
        yield Stop("register, nothing found", cast.chair, "/beslut/?sok=zzzz")
        yield Stop("decision, late", cast.chair, late, unfold_all)
        yield Stop("decision, of a member", cast.psyk_manager, late)
        yield Stop("decision, with a measure", cast.chair, f"/beslut/{self.followed.pk}/")
        yield Stop("decision, closed", cast.chair, closed)
        yield Stop("report with errors", cast.chair, late, press("Spara uppföljningen"))
        yield Stop("reopen with errors", cast.chair, closed, opened("Följ upp igen", "#oppna-igen"))
        yield Stop("steering decision", cast.chair, new, unfold_all)
        yield Stop("steering decision with errors", cast.chair, new, press("Spara beslutet"))
        yield Stop("steering decision, most against", cast.chair, new, vote_against)

    def _proposals(self) -> Iterator[Stop]:
        chair, at = self.cast.chair, f"/moten/grupp/{self.group.pk}"
        waiting, line = self.waiting.pk, TemplateItem.objects.filter(group=self.group, kind=ItemKind.FIGURES)[0]
        hand_back = opened("Lämna tillbaka", f"#lamna-{waiting}")
        sides: dict[str, Hat] = {"chair": chair, "manager": self.cast.soc_manager, "nobody's": self.stage.steering}
        for name, who in sides.items():
            yield Stop(f"steering proposals, {name}", who, f"{at}/forslag/")
        yield Stop("steering proposals, no reason", chair, f"{at}/forslag/", hand_back)
        yield Stop("merge proposals", chair, f"/moten/forslag/{waiting}/sla-ihop/")
        yield Stop("merge proposals with errors", chair, f"/moten/forslag/{waiting}/sla-ihop/", press("Slå ihop"))
        wrong = filled("Föreslå punkten", link="gopher://lokal", title="")
        yield Stop("steering proposal with errors", self.stage.steering, f"{at}/forslag/ny/", wrong)
        yield Stop("steering template", chair, f"{at}/dagordning/")
        yield Stop("steering template, a prepared line", chair, f"{at}/dagordning/{line.pk}/andra/")
        for name, meeting in (("ahead", self.ahead), ("going on", self.running)):
            yield Stop(f"steering meeting, {name}", chair, f"/moten/{meeting.pk}/")
            yield Stop(f"steering room, {name}", self.stage.steering, f"/moten/{meeting.pk}/rum/")

    def _sealed(self) -> Iterator[Stop]:
        chair, steers = self.cast.chair, self.stage.steering
        project = f"/moten/{self.held[-1].pk}/protokoll"
        at = {name: f"/moten/{meeting.pk}/protokoll" for name, meeting in self.formal.items()}
        yield Stop("sealed minutes, chair", chair, f"{project}/", unfold_all)
        yield Stop("sealed minutes, a reader", steers, f"{project}/")
        yield Stop("sealed minutes on paper", chair, f"{project}/1/utskrift/")
        yield Stop("correct with errors", chair, f"{project}/", unfolding("Öppna för rättelse", "Rätta protokollet"))
        yield Stop("formal minutes, draft", chair, f"{at['draft']}/")
        yield Stop("formal minutes, to send", chair, f"{at['draft']}/skicka/")
        yield Stop("formal minutes, sent", chair, f"{at['sent']}/", unfold_all)
        yield Stop("formal minutes, to sign", self.cast.soc_manager, f"{at['sent']}/", unfold_all)
        yield Stop("formal minutes, not posted", chair, f"{at['sealed']}/", unfold_all)
        yield Stop("posting with errors", chair, f"{at['sealed']}/", unfolding("Notera anslaget", "Notera anslaget"))
        yield Stop("formal minutes, posted, added to", chair, f"{at['posted']}/", unfold_all)
        yield Stop("addendum with errors", chair, f"{at['posted']}/", unfolding("Lägg till", "Skriv ett tillägg"))
        yield Stop("formal minutes on paper", chair, f"{at['posted']}/1/utskrift/")


def unfolding(button: str, summary: str) -> Act:
    """Unfold what a summary says, and send its form as it is."""

    def act(page: Page) -> None:
        details = page.locator("details", has=page.locator("summary", has_text=summary)).last
        if details.get_attribute("open") is None:
            details.locator("summary").click()
        with page.expect_navigation():
            details.get_by_role("button", name=button, exact=True).click()

    return act
