"""Every page and state of the participant's way, what is told of it, the participant's own side of it, and the figures.

Built upon `make_way_world`: a way with something in every part.
"""

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Page

from meetings.figures.models import Freezing, Goal, PublishedFigure
from meetings.figures.suppression import ANY, Band
from tests.cast import Cast, make_participant, make_user
from tests.figures.frozen import frozen
from tests.figures.stage import AUGUST
from tests.journeys.meeting_pages import LONG
from tests.journeys.pages import Act, Stop, press
from tests.meetings.talks import Phone, make_phone
from tests.pathway.plan_stage import Planned, planned
from tests.pathway.share_stage import full_way, tell, way_consent
from tests.pathway.stage import enrolled
from tests.pathway.walks import discharged
from tests.pathway.way_world import make_way_world
from workspace.front.actions.own_look import choose_look
from workspace.front.actions.way_shares import stop_telling
from workspace.models import Cooperation, CooperationRole, Participant
from workspace.pathway.actions.plan_steps import drop_step, finish_step
from workspace.pathway.actions.ratings import show_ratings
from workspace.pathway.models import Activity, Enrolment, FollowUp, PhaseStay, PlanVersion, SelfRating, SurveyRequest
from workspace.pathway.states import Part, Statement
from workspace.states import CooperationRoleKind

OWN = "/min-sida/"
LIMITS = {"warned": 5, "over": -3}  # days from today


def person_of(cast: Cast, name: str) -> Participant:
    return make_participant(cast.soc_desk, first=f"Namn{name}", last="Öberg-Långström")


def rated(way: Enrolment) -> None:
    """Three days of own numbers, with holes."""
    today = timezone.localdate()
    for number, days in enumerate((60, 30, 7)):
        for place, statement in enumerate(Statement):
            if (number + place) % 3:
                SelfRating.objects.create(
                    enrolment=way, rated_on=today - timedelta(days=days), statement=statement, value=2 + number + place
                )


def clear_and(button: str, *fields: str) -> Act:
    """Empty these fields and send the form."""

    def act(page: Page) -> None:
        for name in fields:
            page.locator(f"main [name={name}]").fill("")
        press(button)(page)

    return act


def stale(page: Page) -> None:
    """Somebody saved the text first: both are shown."""
    page.locator("main textarea").fill(f"Skrivet samtidigt. {LONG}")
    page.locator("main input[name=version]").evaluate("field => { field.value = '0' }")
    press("Spara")(page)


class WayPages:
    """The way's pages for staff: full, with nothing, shown and answered, warned of, past its limit, discharged."""

    def __init__(self, cast: Cast) -> None:
        self.cast, self.world = cast, make_way_world(cast)
        self.ways: dict[str, Enrolment] = {"full": self.world.way}
        for name in ("bare", *LIMITS, "discharged", "corrected"):
            self.ways[name] = enrolled(cast, person=person_of(cast, name))
        for name, days in LIMITS.items():
            PhaseStay.objects.filter(enrolment=self.ways[name]).update(limit_on=timezone.localdate() + timedelta(days))
        for name in ("discharged", "corrected"):
            discharged(cast.soc, self.ways[name], ended_on=timezone.localdate())
        self.shown = self._shown()
        self.ways["shown"] = self.shown.way
        self._show_the_curve()
        self.done = FollowUp.objects.filter(done_on__isnull=False)[0]
        self.taken_back = self._taken_back()

    def _shown(self) -> Planned:
        """A plan with a step of each kind, shown and answered by nobody."""
        made = planned(self.cast, person=person_of(self.cast, "plan"))
        made.show()
        finish_step(by=self.cast.soc, step=made.step("soc"))
        drop_step(by=self.cast.soc, step=made.step("psyk"), reason=f"Det behövs inte. {LONG}")
        return made

    def _show_the_curve(self) -> None:
        rated(self.world.way)
        show_ratings(by=make_phone(self.cast).browser)

    def _taken_back(self) -> Enrolment:
        person = person_of(self.cast, "slut")
        way_consent(self.cast, person=person)
        way = enrolled(self.cast, person=person)
        for share in tell(self.cast, way, [Part.PHASE]):
            stop_telling(by=self.cast.soc, share=share)
        return way

    # ---------- the stops ----------
    def stops(self) -> Iterator[Stop]:
        yield from self._way()
        yield from self._writing()
        yield from self._steps()
        yield from self._activities()
        yield from self._ends()
        yield from self._telling()

    def _way(self) -> Iterator[Stop]:
        soc, person = self.cast.soc, self.cast.person.pk
        nobody = person_of(self.cast, "inget").pk
        yield Stop("Idag with phases", soc, "/")
        yield Stop("participant on a way", soc, f"/deltagare/{person}/")
        yield Stop("enrol", soc, f"/deltagare/{nobody}/vagen/ny/")
        yield Stop("enrol with errors", soc, f"/deltagare/{nobody}/vagen/ny/", clear_and("Skriv in", "enrolled_on"))
        yield Stop("enrolled already", soc, f"/deltagare/{person}/vagen/ny/", status=409)
        for name, way in self.ways.items():
            yield Stop(f"way, {name}", soc, f"/vagen/{way.pk}/")
        yield Stop("way, hidden", self.cast.outsider, f"/vagen/{self.world.way.pk}/", status=404)

        def no_reason(page: Page) -> None:
            page.locator("main input[name=what][value=extend]").check()
            press("Bestäm")(page)

        for name in ("bare", "over"):
            yield Stop(f"decide, {name}", soc, f"/vagen/{self.ways[name].pk}/fas/")
        yield Stop("decide with errors", soc, f"/vagen/{self.ways['over'].pk}/fas/", press("Bestäm"))
        yield Stop("decide without a reason", soc, f"/vagen/{self.ways['over'].pk}/fas/", no_reason)

    def _writing(self) -> Iterator[Stop]:
        soc, full, bare = self.cast.soc, f"/vagen/{self.world.way.pk}", f"/vagen/{self.ways['bare'].pk}"

        def both(page: Page) -> None:
            page.locator("main [name=path_kind]").select_option(index=1)
            page.locator("main [name=path_other]").fill("Folkhögskolan")
            press("Spara")(page)

        def too_long(page: Page) -> None:
            page.locator("main textarea").first.fill("Jag vill. " * 500)
            press("Spara")(page)

        for name in ("full", "bare", "discharged"):
            at = f"/vagen/{self.ways[name].pk}"
            yield Stop(f"assessment, {name}", soc, f"{at}/kartlaggning/")
            yield Stop(f"plan, {name}", soc, f"{at}/plan/")
        yield Stop("plan, shown", soc, f"/vagen/{self.shown.way.pk}/plan/")
        yield Stop("plan, history", soc, f"/vagen/{self.shown.way.pk}/plan/", unfold_all)
        yield Stop("area, ours", soc, f"{full}/kartlaggning/housing/vi/")
        yield Stop("area, theirs", soc, f"{full}/kartlaggning/income/deltagaren/")
        yield Stop("area, too long", soc, f"{full}/kartlaggning/housing/vi/", too_long)
        yield Stop("area, somebody was first", soc, f"{full}/kartlaggning/housing/vi/", stale)
        yield Stop("plan words", soc, f"{bare}/plan/ord/")
        yield Stop("plan words, too long", soc, f"{bare}/plan/ord/", too_long)
        yield Stop("obstacles", soc, f"{full}/plan/hinder/")
        yield Stop("path", soc, f"{bare}/plan/vag/")
        yield Stop("path with errors", soc, f"{bare}/plan/vag/", both)
        version = f"{full}/plan/version/{self.world.version.number}"
        yield Stop("plan version", soc, f"{version}/")
        yield Stop("register answer", soc, f"{version}/svar/")
        yield Stop("register answer with errors", soc, f"{version}/svar/", press("Spara svaret"))

    def _steps(self) -> Iterator[Stop]:
        soc, at = self.cast.soc, f"/vagen/{self.shown.way.pk}/plan"
        goal, step = f"{at}/mal/{self.shown.goal.pk}", f"{at}/steg/{self.shown.steps['disputed'].pk}"
        yield Stop("new goal", soc, f"{at}/mal/")
        yield Stop("new goal with errors", soc, f"{at}/mal/", press("Spara målet"))
        yield Stop("change goal", soc, f"{goal}/")
        yield Stop("new step", soc, f"{goal}/steg/")
        yield Stop("new step with errors", soc, f"{goal}/steg/", press("Spara steget"))
        yield Stop("change step", soc, f"{step}/")
        yield Stop("drop step", soc, f"{step}/gors-inte/")
        yield Stop("drop step with errors", soc, f"{step}/gors-inte/", press("Spara"))

    def _activities(self) -> Iterator[Stop]:
        soc, new = self.cast.soc, f"/vagen/{self.world.way.pk}/aktivitet/"
        activity, follow = f"/vagen/aktivitet/{self.world.activity.pk}", f"/vagen/uppfoljning/{self.world.follow_up.pk}"
        yield Stop("new activity", soc, new)
        yield Stop("new activity with errors", soc, new, press("Spara"))
        for name, path in (("change", "andra"), ("end", "avsluta"), ("cancel", "stall-in")):
            yield Stop(f"{name} activity", soc, f"{activity}/{path}/")
        yield Stop("end activity with errors", soc, f"{activity}/avsluta/", clear_and("Avsluta", "to_on"))
        yield Stop("new follow-up", soc, f"{activity}/uppfoljning/")
        yield Stop("new follow-up with errors", soc, f"{activity}/uppfoljning/", clear_and("Spara", "due_on"))
        yield Stop("follow-up", soc, f"{follow}/")
        yield Stop("follow-up with errors", soc, f"{follow}/", press("Spara"))
        yield Stop("follow-up, done", soc, f"/vagen/uppfoljning/{self.done.pk}/")
        yield Stop("move follow-up", soc, f"{follow}/dag/")
        yield Stop("remove follow-up", soc, f"{follow}/ta-bort/")

    def _ends(self) -> Iterator[Stop]:
        soc, at = self.cast.soc, f"/vagen/{self.world.way.pk}"
        bare = f"/vagen/{self.ways['bare'].pk}"
        correct = f"/vagen/{self.ways['corrected'].pk}/utskrivning/ratta/"

        def treatment(page: Page) -> None:
            page.locator("main input[name=reason][value=needs_treatment]").check()
            press("Registrera utskrivning")(page)

        def corrected(page: Page) -> None:
            page.locator("main [name=correction_reason]").fill(f"Det var en annan dag. {LONG}")
            press("Rätta")(page)

        yield Stop("discharge", soc, f"{at}/utskrivning/")
        yield Stop("discharge with errors", soc, f"{bare}/utskrivning/", press("Registrera utskrivning"))
        yield Stop("discharge, treatment first", soc, f"{at}/utskrivning/", treatment)
        yield Stop("treatment declined", soc, f"{at}/tackat-nej/")
        yield Stop("treatment declined, no day", soc, f"{at}/tackat-nej/", clear_and("Spara", "declined_on"))
        yield Stop("correct discharge", soc, correct)
        yield Stop("correct discharge with errors", soc, correct, press("Rätta"))
        yield Stop("way, discharge corrected", soc, correct, corrected)

    def _telling(self) -> Iterator[Stop]:
        soc, psyk, desk = self.cast.soc, self.cast.psyk, self.cast.psyk_desk.pk
        at, bare = f"/vagen/{self.world.way.pk}/beratta/", f"/vagen/{self.ways['bare'].pk}/beratta/"
        consent = f"/deltagare/{self.cast.person.pk}/samtycke/vagen/"
        yield Stop("tell, whom", soc, at)
        yield Stop("tell, whom with errors", soc, at, press("Fortsätt"))
        yield Stop("tell", soc, f"{at}?till={desk}")
        yield Stop("tell with errors", soc, f"{bare}?till={desk}", press("Berätta"))
        yield Stop("way consent", soc, consent)
        yield Stop("way consent with errors", soc, consent, press("Spara samtycket"))
        yield Stop("told list", psyk, "/delat/")
        yield Stop("told list, empty", self.cast.fk, "/delat/")
        yield Stop("told", psyk, f"/delat/{self.world.way.pk}/")
        yield Stop("told, ended", psyk, f"/delat/{self.taken_back.pk}/")
        yield Stop("told, hidden", self.cast.fk, f"/delat/{self.world.way.pk}/", status=404)


def unfold_all(page: Page) -> None:
    for one in page.locator("main details").all():
        one.locator("summary").click()


class OwnWayPages:
    """The participant's own side: a full way, plain and easy to read; a plan that was answered; nothing; discharged."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        world = make_way_world(cast)
        self.phones: dict[str, Phone] = {"full": make_phone(cast)}
        self.surveys = {"full": world.survey.pk}
        self.versions = {"full": world.version.pk}
        rated(world.way)
        show_ratings(by=self.phones["full"].browser)
        self._easy()
        for name in ("confirmed", "differs", "written", "discharged"):
            self._answered(name)
        bare = person_of(cast, "bare")
        enrolled(cast, person=bare)
        self.phones["bare"] = make_phone(cast, bare)

    def _easy(self) -> None:
        person = person_of(self.cast, "easy")
        way = full_way(self.cast, person=person)
        rated(way)
        phone = self.phones["easy"] = make_phone(self.cast, person)
        activity = Activity.objects.filter(enrolment=way, cancelled_at__isnull=True)[0]
        self.surveys["easy"] = SurveyRequest.objects.create(activity=activity).pk
        self.versions["easy"] = PlanVersion.objects.get(plan__enrolment=way).pk
        choose_look(by=phone.browser, easy_read=True, large_text=True)

    def _answered(self, name: str) -> None:
        made = planned(self.cast, person=person_of(self.cast, name))
        phone = self.phones[name] = make_phone(self.cast, made.way.participant)
        if name == "written":  # one's own words, and a plan not yet shown
            phone.client.post(f"{OWN}plan/ord/", {"own_words": LONG, "strengths": "Djur.", "version": "1"})
            return
        at = f"{OWN}plan/{made.show().pk}"
        if name == "confirmed":
            phone.client.post(f"{at}/stammer/")
        if name == "differs":
            phone.client.post(f"{at}/annorlunda/", {"text": f"Jag vill något annat. {LONG}"})
        if name == "discharged":
            discharged(self.cast.soc, made.way, ended_on=timezone.localdate())

    # ---------- the stops ----------
    def stops(self) -> Iterator[Stop]:
        for name, phone in self.phones.items():
            yield Stop(f"own way, {name}", phone, OWN)
            yield Stop(f"own ratings, {name}", phone, f"{OWN}hur-jag-har-det/")
        yield Stop("own way, just answered", self.phones["confirmed"], f"{OWN}?sagt=plan-stammer")
        yield Stop("own way, the answer again", self.phones["confirmed"], OWN, unfold_all)
        yield Stop("own ratings, just shown", self.phones["full"], f"{OWN}hur-jag-har-det/?sagt=visas")
        yield Stop("own ratings, all numbers", self.phones["full"], f"{OWN}hur-jag-har-det/", unfold_all)
        for name in ("full", "easy"):
            yield from self._forms(name, self.phones[name])
        yield Stop("own survey, somebody else's", self.phones["bare"], f"{OWN}hur-var-det/99999/", status=404)

    def _forms(self, name: str, phone: Phone) -> Iterator[Stop]:
        differ = f"{OWN}plan/{self.versions[name]}/annorlunda/"
        survey = f"{OWN}hur-var-det/{self.surveys[name]}/"
        yield Stop(f"own words, {name}", phone, f"{OWN}plan/ord/")
        words = clear_and("Spara mina ord", "own_words", "strengths")
        yield Stop(f"own words with errors, {name}", phone, f"{OWN}plan/ord/", words)
        yield Stop(f"own differs, {name}", phone, differ)
        yield Stop(f"own differs with errors, {name}", phone, differ, press("Skicka"))
        yield Stop(f"own areas, {name}", phone, f"{OWN}om-mig/?sagt=om-mig")
        yield Stop(f"own area, {name}", phone, f"{OWN}om-mig/income/")
        yield Stop(f"own area with errors, {name}", phone, f"{OWN}om-mig/income/", clear_and("Spara mina ord", "text"))
        yield Stop(f"own survey, {name}", phone, survey)
        yield Stop(f"own survey with errors, {name}", phone, survey, press("Skicka svaret"))
        yield Stop(f"own ratings with errors, {name}", phone, f"{OWN}hur-jag-har-det/", press("Spara"))


class FiguresPages:
    """The figures of a full month and of one that shows next to nothing, for each role; and a manager's agreement."""

    def __init__(self, cast: Cast) -> None:
        self.cast, self.world = cast, make_way_world(cast)
        self.target: Goal = Goal.objects.get(cooperation=cast.cooperation, event="plan_made")
        named = {"threshold_agreement": "Samverkansavtalet 12 mars 2026, punkt 4", "threshold_reason": LONG}
        Goal.objects.filter(pk=self.target.pk).update(threshold=3, **named)
        for goal in Goal.objects.filter(cooperation=cast.cooperation):
            PublishedFigure.objects.get_or_create(goal=goal, source="Slutrapporten", total=96)
        women, men = (ANY, "woman"), (ANY, "man")
        hide = {("path_identified", women): None, ("path_identified", men): Band(90, None)}
        self.month = frozen(cast.cooperation, AUGUST, hide=hide).pk
        self.version = frozen(cast.cooperation, AUGUST, 2, reason=f"En utskrivning var fel. {LONG}").pk
        self.freezing = Freezing.objects.create(
            cooperation=cast.cooperation, month=AUGUST, reason="Rättad", asked_by=cast.coordinator, done=1, total=3
        ).pk
        self.elsewhere = self._role(Cooperation.objects.get(name="Samverkan Arvidsjaur"), CooperationRoleKind.CHAIR)
        self.evaluator, self.elected = (
            self._role(cast.cooperation, kind) for kind in (CooperationRoleKind.EVALUATOR, CooperationRoleKind.ELECTED)
        )

    @staticmethod
    def _role(cooperation: Cooperation, kind: CooperationRoleKind) -> CooperationRole:
        user = make_user(f"siffror-{kind.value}", "Sixten", "Siffra")
        return CooperationRole.objects.create(cooperation=cooperation, user=user, role=kind)

    # ---------- the stops ----------
    def stops(self) -> Iterator[Stop]:
        yield from self._read()
        yield from self._written()
        boss, other = self.cast.soc_manager, self.cast.psyk_manager
        yield Stop("figures agreement, not in", boss, "/enhet/siffror/")
        yield Stop("figures agreement", other, "/enhet/siffror/")

    def _read(self) -> Iterator[Stop]:
        month = f"/uppfoljning/manad/{self.month}/"
        yield Stop("figures, newest", self.cast.coordinator, "/uppfoljning/")
        yield Stop("figures, none", self.elsewhere, "/uppfoljning/")
        readers = {"chair": self.cast.chair, "evaluator": self.evaluator, "elected": self.elected}
        for name, who in {"coordinator": self.cast.coordinator, **readers}.items():
            yield Stop(f"figures, {name}", who, month)
        yield Stop("figures, second version", self.cast.coordinator, f"/uppfoljning/manad/{self.version}/", unfold_all)
        for goal in Goal.objects.filter(cooperation=self.cast.cooperation):
            yield Stop(f"goal {goal.event}", self.cast.coordinator, f"{month}mal/{goal.pk}/")
        newest = f"/uppfoljning/manad/{self.world.snapshot.pk}/mal/{self.target.pk}/"
        yield Stop("goal of a month without", self.cast.coordinator, newest)
        yield Stop("Finsam", self.cast.coordinator, f"{month}finsam/")
        yield Stop("decisions", self.evaluator, "/beslut/")
        yield Stop("figures, hidden", self.cast.soc, month, status=404)

    def _written(self) -> Iterator[Stop]:
        who, goal = self.cast.coordinator, f"/uppfoljning/mal/{self.target.pk}"
        freeze = f"/uppfoljning/manad/{self.month}/las/"
        forms = {
            "change": (f"/uppfoljning/manad/{self.month}/", "Spara det vi ändrar"),
            "new goal": ("/uppfoljning/mal/nytt/", "Lägg till målet"),
            "threshold": (f"{goal}/grans/", "Spara gränsen"),
            "published": (f"{goal}/publicerat/", "Spara siffran"),
            "planned": ("/uppfoljning/planerat/", "Spara planen"),
            "freeze": (freeze, "Lås en ny version"),
        }

        def no_agreement(page: Page) -> None:
            for name in ("agreement", "reason"):
                page.locator(f"main [name={name}]").fill("")
            page.locator("main input[name=threshold][value='4']").check()
            press("Spara gränsen")(page)

        for name, (path, button) in forms.items():
            if name != "change":
                yield Stop(f"figures {name}", who, path)
            yield Stop(f"figures {name} with errors", who, path, no_agreement if name == "threshold" else press(button))
        yield Stop("figures end goal", who, f"{goal}/avsluta/")
        yield Stop("figures freezing, going on", who, f"/uppfoljning/lasning/{self.freezing}/")
        yield Stop("figures freezing, finished", who, f"/uppfoljning/lasning/{self.world.freezing.pk}/")
