"""Every page and state of the product, with who sees it and how to get there."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from playwright.sync_api import Page

from referrals.models import Referral
from referrals.states import AnswerScope, ReferralState
from tests.cast import Cast, draft, make_participant, make_user
from tests.meetings.talks import Phone
from tests.referrals.journeys import bring_to
from workspace.actions import make_sign_in_link
from workspace.models import Consent, FunctionMember, Membership
from workspace.rules import Hat
from workspace.states import MemberRole

S = ReferralState
Act = Callable[[Page], None]
SIDES = ("soc", "psyk")


class Stop(NamedTuple):
    """One page in one state."""

    name: str
    who: Hat | str | Phone | None  # a hat; a user name, for somebody without one; a participant's phone; nobody
    path: str
    act: Act | None = None
    status: int = 200


def press(button: str) -> Act:
    """Send a form, and wait for the page that answers."""

    def act(page: Page) -> None:
        with page.expect_navigation():
            page.get_by_role("button", name=button, exact=True).click()

    return act


def unfold(selector: str) -> Act:
    return lambda page: page.locator(f"{selector} summary").click()


def stale(path: str) -> Act:
    """Acknowledge what has been acknowledged: one of the page's own forms, sent where an old page would send it."""

    def act(page: Page) -> None:
        page.evaluate("path => { document.querySelector('#remiss-sidan form').action = path }", path)
        press("Acceptera remissen")(page)

    return act


class World:
    """The cast with a referral in each state, and people who have nothing yet."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.referrals: dict[str, Referral] = {}
        for state in S:
            person = make_participant(cast.soc_desk, first=f"Namn{state.value.capitalize()}", last="Öberg-Långström")
            if state == S.DRAFT:
                self.draft = draft(cast, person=person, social="Behöver stöd.")
                continue
            self.referrals[state.value] = bring_to(cast, state, person=person, follow_up=True)
        silent = make_participant(cast.soc_desk, first="Namntyst", last="Öberg")
        self.referrals["silent"] = bring_to(cast, S.DECIDED, person=silent, scope=AnswerScope.NONE)
        self.complete = bring_to(cast, S.DRAFT, person=make_participant(cast.soc_desk, first="Namnhel", last="Ek"))
        self.consent = Consent.objects.filter(
            participant=self.referrals["sent"].participant_id, agency=cast.soc.agency_id
        ).get()
        self.empty = self._newcomer(cast)
        make_user("utan-roll", "Ulla", "Utanroll")
        self.link = make_sign_in_link(user=make_user("inbjuden", "Inga", "Inbjuden"))
        self.outside_manager = Membership.objects.create(
            user=make_user("chef-a", "Åsa", "Chef"), agency=cast.outsider.agency, role=MemberRole.MANAGER
        )

    @staticmethod
    def _newcomer(cast: Cast) -> Membership:
        membership = Membership.objects.create(user=make_user("ny", "Ny", "Nysson"), agency=cast.outsider.agency)
        FunctionMember.objects.create(function=cast.outside_desk, membership=membership, kind="ordinary")
        return membership

    # ---------- the stops ----------
    def stops(self) -> Iterator[Stop]:
        yield from self._way_in()
        yield from self._people()
        yield from self._drafts()
        yield from self._referrals()
        yield from self._lists()
        yield from self._refusals()

    def _way_in(self) -> Iterator[Stop]:
        twice = self.cast.two_hats[0].user.username
        yield Stop("sign-in", None, "/logga-in/")
        yield Stop("sign-in with errors", None, "/logga-in/", press("Logga in"))
        yield Stop("link", None, f"/lank/{self.link}/")
        yield Stop("link used", None, "/lank/gammal/", status=410)
        yield Stop("choose role", twice, "/roll/")
        yield Stop("no role", "utan-roll", "/roll/")
        yield Stop("set password", self.cast.soc, "/losenord/")
        yield Stop("set password with errors", self.cast.soc, "/losenord/", press("Spara lösenordet"))
        yield Stop("account menu", self.cast.two_hats[0], "/", unfold("details.account"))
        yield Stop("Idag", self.cast.soc, "/")
        yield Stop("Idag of the receiver", self.cast.psyk, "/")
        yield Stop("Idag, empty", self.empty, "/")
        yield Stop("no pages", self.cast.chair, "/")

    def _people(self) -> Iterator[Stop]:
        soc, person = self.cast.soc, self.referrals["accepted"].participant_id
        yield Stop("participants", soc, "/deltagare/")
        yield Stop("participants, empty", self.empty, "/deltagare/")
        yield Stop("participants, nobody found", soc, "/deltagare/?sok=xyzxyz")
        yield Stop("new participant", soc, "/deltagare/ny/")
        yield Stop("new participant with errors", soc, "/deltagare/ny/", press("Registrera"))
        yield Stop("participant", soc, f"/deltagare/{person}/")
        yield Stop("participant without anything", soc, f"/deltagare/{self.cast.person.pk}/")
        yield Stop(
            "participant whose consent has ended", soc, f"/deltagare/{self.referrals['withdrawn'].participant_id}/"
        )
        yield Stop("new consent", soc, f"/deltagare/{person}/samtycke/")
        yield Stop("new consent with errors", soc, f"/deltagare/{person}/samtycke/", press("Spara samtycket"))
        yield Stop("withdraw", soc, f"/samtycken/{self.consent.pk}/aterkalla/")

        def nothing_ticked(page: Page) -> None:
            for box in page.locator("input[name=rows]").all():
                box.uncheck()
            press("Registrera återkallelsen")(page)

        yield Stop("withdraw with errors", soc, f"/samtycken/{self.consent.pk}/aterkalla/", nothing_ticked)

    def _drafts(self) -> Iterator[Stop]:
        soc, address = self.cast.soc, f"/remisser/{self.draft.pk}"
        new = f"/deltagare/{self.cast.person.pk}/remiss/"
        yield Stop("new referral", soc, new)
        yield Stop("new referral with errors", soc, new, press("Fortsätt"))
        yield Stop("draft 1", soc, f"{address}/vart/")
        yield Stop("draft 2 without ground", soc, f"{address}/grund/")

        def other_ground(page: Page) -> None:
            page.locator("input[name=ground][value=harm_test]").check()
            press("Fortsätt till frågan")(page)

        def bad_day(page: Page) -> None:
            page.get_by_label("När behöver ni svar?").fill("i övermorgon kanske")
            press("Läs igenom")(page)

        yield Stop("draft 2 with errors", soc, f"{address}/grund/", other_ground)
        yield Stop("draft 3 without ground", soc, f"{address}/fraga/")
        yield Stop("draft 3 with errors", soc, f"{address}/fraga/", bad_day)
        yield Stop("draft 4 without ground", soc, f"{address}/granska/")
        yield Stop("draft 4 refused", soc, f"{address}/granska/", press("Skicka remissen"))
        for number, step in enumerate(("vart", "grund", "fraga", "granska"), start=1):
            yield Stop(f"draft {number} with ground", soc, f"/remisser/{self.complete.pk}/{step}/")

    def _referrals(self) -> Iterator[Stop]:
        for state, referral in self.referrals.items():
            for side in SIDES:
                yield Stop(f"referral {state}, {side}", getattr(self.cast, side), f"/remisser/{referral.pk}/")
        sent, received = self.referrals["sent"].pk, self.referrals["received"].pk
        psyk, soc = self.cast.psyk, self.cast.soc
        yield Stop("take back, unfolded", soc, f"/remisser/{sent}/", unfold("#aterta"))
        yield Stop("send back, unfolded", psyk, f"/remisser/{received}/", unfold("#skicka-tillbaka"))
        yield Stop("acknowledge with errors", psyk, f"/remisser/{sent}/", press("Ta emot remissen"))
        decide = press("Registrera beslutet")
        yield Stop("decide with errors", psyk, f"/remisser/{self.referrals['accepted'].pk}/", decide)
        again = stale(f"/remisser/{sent}/acceptera/")
        yield Stop("409 on a referral", psyk, f"/remisser/{received}/", again)
        yield Stop("409 on a draft", soc, f"/remisser/{sent}/granska/", status=409)

    def _lists(self) -> Iterator[Stop]:
        cast = self.cast
        yield Stop("list", cast.soc, "/remisser/")
        yield Stop("list of the receiver", cast.psyk, "/remisser/")
        yield Stop("list, empty", self.empty, "/remisser/")
        yield Stop("notifications", cast.psyk, "/handelser/")
        yield Stop("notifications, empty", self.empty, "/handelser/")
        yield Stop("board", cast.coordinator, "/bevaka/")
        yield Stop("board, empty", cast.coordinator, "/bevaka/?urval=sena")
        yield Stop("work list", cast.psyk_manager, "/enheten/")
        yield Stop("work list, empty", self.outside_manager, "/enheten/")
        opening = f"/remisser/{self.referrals['received'].pk}/oppna/"
        yield Stop("open with reason", cast.psyk_manager, opening)
        yield Stop("open with reason, errors", cast.psyk_manager, opening, press("Öppna remissen"))

    def _refusals(self) -> Iterator[Stop]:
        def without_token(page: Page) -> None:
            page.evaluate("document.querySelectorAll('[name=csrfmiddlewaretoken]').forEach(field => field.remove())")
            press("Logga in")(page)

        yield Stop("404", self.cast.outsider, f"/remisser/{self.referrals['sent'].pk}/", status=404)
        yield Stop("404, signed out", None, "/finns-inte/", status=404)
        yield Stop("403 csrf", None, "/logga-in/", without_token)
