"""The main job, from invitation to withdrawal, by several people at once on the coordinator's own workbook."""

import re
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect

from referrals.models import Referral
from tests.daphne import Daphne
from tests.front.workbooks import PITEA
from tests.journeys.browsers import Person, choose, text_of, took, watch, watch_gone
from tests.journeys.conftest import Measure, NewPerson
from workspace.models import AuditEntry, Participant, UserAccount

pytestmark = pytest.mark.embedded

PASSWORD = "en bil som heter Åke"
NAME, QUESTION, SOCIAL = "Mirabell Sandelius", "Kan ni erbjuda en samtalskontakt i vår?", "Bor ensam sedan i somras."
ANSWER = "Första samtalet är bokat till april."


@pytest.fixture
def links(server: Daphne, in_thread: Callable[..., Any]) -> dict[str, str]:
    """The workbook read, and each person's link by user name, as the coordinator gets them on paper."""
    said = StringIO()
    in_thread(call_command, "import_start", str(PITEA), stdout=StringIO())
    in_thread(call_command, "invite", "--all", host=server.url, stdout=said)
    return {line.split()[0]: line.split()[-1] for line in said.getvalue().splitlines() if "/lank/" in line}


# ---------- steps ----------
def sign_in_by_link(person: Person, link: str) -> Page:
    page = person.context.new_page()
    page.goto(link)
    page.get_by_role("button", name="Logga in").click()
    expect(page.get_by_text("Välj ett lösenord")).to_be_visible()
    return page


def choose_password(page: Page) -> None:
    page.locator("details.account summary").click()
    page.get_by_role("link", name="Byt lösenord").click()
    page.get_by_label("Nytt lösenord").fill(PASSWORD)
    page.get_by_label("Samma lösenord igen").fill(PASSWORD)
    page.get_by_role("button", name="Spara lösenordet").click()
    expect(page.get_by_text("Lösenordet är bytt.")).to_be_visible()


def sign_in_again(page: Page, username: str) -> None:
    page.locator("details.account summary").click()
    page.get_by_role("button", name="Logga ut").click()
    page.get_by_label("Användarnamn").fill(username)
    page.get_by_label("Lösenord").fill(PASSWORD)
    page.get_by_role("button", name="Logga in").click()
    expect(page.get_by_role("heading", name="Idag", level=1)).to_be_visible()


def see_today(page: Page) -> None:
    for part in ("Väntar på dig", "Har hänt sedan i går", "Kommer"):
        expect(page.get_by_role("heading", name=part)).to_be_visible()
    expect(page.locator("details.account summary")).to_contain_text("Socialtjänsten Piteå")


def register(page: Page) -> None:
    page.get_by_role("link", name="Deltagare", exact=True).click()
    page.get_by_role("link", name="Registrera deltagare").click()
    page.get_by_label("Förnamn").fill(NAME.split()[0])
    page.get_by_label("Efternamn").fill(NAME.split()[1])
    page.get_by_label("Födelseår").fill("1991")
    page.get_by_role("radio", name="Kvinna").check()
    page.get_by_role("button", name="Registrera", exact=True).click()
    expect(page.get_by_role("heading", name=NAME, level=1)).to_be_visible()


def write(page: Page) -> None:
    """Steps 1 to 3, and the fourth without a ground for anything."""
    page.get_by_role("link", name="Skriv remiss").click()
    choose(page.get_by_label("Till vem?"), "Vuxenpsykiatrin")
    page.get_by_label("Vad gäller det?").select_option("counselling_contact")
    page.get_by_role("button", name="Fortsätt").click()
    expect(page.get_by_role("radio", name=re.compile("^Samtycke"))).to_be_checked()
    page.get_by_role("button", name="Fortsätt till frågan").click()
    page.get_by_label("Vad frågar ni om?").fill(QUESTION)
    page.get_by_label("Behov av stöd i vardagen").fill(SOCIAL)
    page.get_by_label("När behöver ni svar?").fill("1 dec. 2099")
    page.get_by_role("button", name="Läs igenom").click()
    expect(page.locator("#saknas li")).to_have_count(3)


def refused(page: Page, *missing: str, not_missing: str = "") -> None:
    """Send, and be told which ground there is none for."""
    page.get_by_role("button", name="Skicka remissen").click()
    summary = page.locator(".ds-error-summary")
    expect(summary).to_contain_text("Remissen är inte skickad")
    expect(summary).to_be_focused()
    for name in missing:
        expect(summary).to_contain_text(name)
        expect(page.locator("#saknas")).to_contain_text(name)
    if not_missing:
        expect(page.locator("#saknas")).not_to_contain_text(not_missing)


def consent(page: Page, *categories: str, back: tuple[str, ...] = (), follow_up: bool = False) -> None:
    """Record row by row what the person says yes to, hearing it as a sentence."""
    page.locator("#saknas").get_by_role("link", name="Registrera samtycke").click()
    for box in page.locator("input[name=categories]").all():
        box.uncheck()
    sentence = page.locator("[data-spoken]")
    expect(sentence).to_contain_text("vad?")
    for category in categories:
        page.get_by_role("checkbox", name=re.compile(f"^{category}")).check()
    page.get_by_label("Till vilken nytta?").fill("ordna en samtalskontakt")
    expect(sentence).to_contain_text("ordna en samtalskontakt")
    page.get_by_label("Gäller till och med").fill("31 dec. 2099")
    page.get_by_role("radio", name="Skriftligt").check()
    page.get_by_label(re.compile("inte att ni berättar")).fill("Inget om ekonomi")
    for name in back:
        page.get_by_role("checkbox", name=name).check()
    page.get_by_label("Samordnaren får följa upp remissen").set_checked(follow_up)
    page.get_by_role("button", name="Spara samtycket").click()
    expect(page.get_by_text("Samtycket är registrerat.")).to_be_visible()


def review_again(page: Page) -> None:
    """From the ground, where a consent leads back to, through the text that is kept, to the last step."""
    page.get_by_role("button", name="Fortsätt till frågan").click()
    expect(page.get_by_label("Vad frågar ni om?")).to_have_value(QUESTION)
    page.get_by_role("button", name="Läs igenom").click()


def send_and_be_seen(soc: Page, sender: Person, psyk: Person, number: str, measured: Measure) -> None:
    """It is with the receiver within a second, on pages that stand open, and the words reveal nothing."""
    idag, lista = psyk.context.pages
    bell = int(idag.locator("#bell").get_attribute("data-unread") or "-1")
    for page in (idag, lista):
        watch(psyk.live(page), number)
    soc.get_by_role("button", name="Skicka remissen").click()
    expect(soc.get_by_text("Remissen är skickad.")).to_be_visible()
    sent_at = sender.acted_at()
    expect(idag.locator("#vantar")).to_contain_text(number)
    expect(idag.locator("#bell")).to_have_attribute("data-unread", str(bell + 1))
    expect(idag).to_have_title(re.compile(rf"^\({bell + 1}\) "))
    expect(idag.locator("#wire")).to_contain_text("Nyss:")
    expect(lista.locator("#lista")).to_contain_text(number)
    measured("sent: psychiatry's Idag shows it", took(idag, number, sent_at))
    measured("sent: psychiatry's list shows it", took(lista, number, sent_at))
    for page in (idag, lista):
        for secret in (*NAME.split(), QUESTION, SOCIAL, "Samtalskontakt till"):
            assert secret not in page.content()
    expect(lista.locator("tr", has_text=number)).to_contain_text("visas när du öppnar")


def open_it(lista: Page, number: str, pk: int) -> None:
    """Opening shows it and is logged; it acknowledges nothing."""
    lista.get_by_role("link", name=number).click()
    for words in (NAME, QUESTION, SOCIAL):
        expect(lista.locator("main")).to_contain_text(words)
    lista.reload()
    expect(lista.locator("aside", has_text="Vem har läst")).to_contain_text("Björn Viklund")
    expect(lista.locator("#remiss-lage")).to_contain_text("Ni ska ta emot remissen")
    readers = AuditEntry.objects.filter(what="referral", object_id=pk, act="read").values_list("user_id", flat=True)
    assert UserAccount.objects.get(username="anv13").pk in readers
    assert Referral.objects.get(pk=pk).state == "sent"


def answer(psyk: Page, receiver: Person, soc: Page, sender: Person, measured: Measure) -> None:
    """Each step of psychiatry's shows on the sender's open page by itself."""

    def step(button: str, shown: str) -> None:
        watch(sender.live(soc), shown)
        psyk.get_by_role("button", name=button).click()
        expect(soc.locator("main")).to_contain_text(shown)
        measured(f"«{button}»: the sender's open page shows «{shown}»", took(soc, shown, receiver.acted_at()))

    psyk.get_by_role("radio", name=re.compile("^Ja, läget och text")).check()
    step("Ta emot remissen", "De tog emot den")
    step("Acceptera remissen", "De accepterade remissen")
    psyk.get_by_role("radio", name="Beviljad", exact=True).check()
    psyk.get_by_label("Svar till avsändaren").fill(ANSWER)
    step("Registrera beslutet", ANSWER)


def read_history(soc: Page) -> None:
    """Two lanes, and each event says who, which agency, what and when."""
    expect(soc.locator("#remiss-lage h2").first).to_have_text("Vuxenpsykiatrin beviljade det som remissen gällde")
    ours, theirs = soc.locator(".lanes li.ours"), soc.locator(".lanes li.theirs")
    expect(ours).to_contain_text(["Vi började skriva", "Vi skickade remissen"])
    for event in ours.all():
        expect(event).to_contain_text("Socialtjänsten Piteå, Amina Utsi")
    expect(theirs).to_have_count(3)
    expect(theirs).to_contain_text(["De tog emot den", "De accepterade remissen", "De beslutade"])
    for event in theirs.all():
        expect(event).to_contain_text("Vuxenpsykiatrin, Björn Viklund")
        expect(event.locator("time")).to_have_text(re.compile(r"\d\d\.\d\d"))
    expect(soc.locator("aside", has_text="Vem har läst")).to_contain_text("Handläggare")
    left, right = ours.first.locator(".ev").bounding_box(), theirs.first.locator(".ev").bounding_box()
    assert left and right
    assert left["x"] + left["width"] <= right["x"], "the lanes are not beside each other"


def withdraw(soc: Page, sender: Person, receiver: Person, psyk: Page, before: Page, measured: Measure) -> None:
    """Access ends on the open page within a second, and does not come back with Back."""
    ended = "Du har inte längre tillgång till det här"
    watch(receiver.live(psyk), ended)
    watch_gone(psyk, QUESTION, NAME)
    said = soc.locator(".ground-item", has_text="kontaktuppgifter")
    said.get_by_role("link", name="Registrera återkallelse").click()
    soc.get_by_role("button", name="Registrera återkallelsen").click()
    expect(soc.get_by_text("Återkallelsen är registrerad.")).to_be_visible()
    expect(psyk.locator("main")).to_contain_text(ended)
    expect(psyk.locator("main")).not_to_contain_text(NAME)
    measured("withdrawn: psychiatry's open page says so", took(psyk, ended, sender.acted_at()))
    for secret in (QUESTION, NAME):
        measured("withdrawn: the text is gone from it", took(psyk, secret, sender.acted_at(), gone=True))
    psyk.get_by_role("link", name="Idag", exact=True).click()
    psyk.go_back()
    for page in (psyk, before):
        if page is before:
            page.go_back()
        expect(page.locator("main")).to_contain_text(ended)
        for secret in (*NAME.split(), QUESTION, SOCIAL, "070-"):
            assert secret not in page.content()
        # What stays (house.md 3): number, the act, the date, the number of the disclosures.
        expect(page.locator(".lanes")).to_contain_text("Vi tog emot den")


def see_the_board(board: Page, number: str, state: str, turn: str) -> None:
    row = board.locator("#tavla tr", has_text=number)
    for words in ("Socialtjänsten Piteå", "Vuxenpsykiatrin Piteå", "Insats", state, turn):
        expect(row).to_contain_text(words)
    expect(row.locator("td").nth(4)).to_have_text(re.compile(r"Väntat\s*0\s*dagar"))
    shown = text_of(board)
    assert "Samtalskontakt" not in shown
    for secret in (*NAME.split(), QUESTION, SOCIAL):
        assert secret not in board.content()
    for first, last in Participant.objects.values_list("first_name", "last_name"):
        assert f"{first} {last}" not in shown


def finds_nothing(outsider: Person, page: Page, number: str, pk: int, person_pk: int) -> None:
    """Lists, filters, addresses, socket: no trace, and the forbidden answers as the unknown does."""
    for path in ("/", "/deltagare/?sok=Mirabell", "/remisser/", "/remisser/?lage=alla", "/handelser/"):
        outsider.go(page, path)
        assert number not in page.content()
        assert NAME not in page.content()
    said = set()
    for path in (f"/remisser/{pk}/", "/remisser/999999/", f"/deltagare/{person_pk}/", f"/remisser/{pk}/granska/"):
        answered = page.goto(outsider.server.url + path)
        assert answered
        said.add((answered.status, page.content()))
    assert len(said) == 1
    assert said.pop()[0] == 404
    code = page.evaluate(
        """topic => new Promise(done => {
          const socket = new WebSocket(`ws://${location.host}/ws/?topic=${topic}`);
          socket.onopen = () => done("open");
          socket.onclose = () => done("closed");
        })""",
        f"referral:{pk}",
    )
    assert code == "closed"


# ---------- the journey ----------
def test_a_referral_travels_between_two_agencies(links: dict[str, str], person: NewPerson, measured: Measure) -> None:
    sender, receiver, coordinator, outsider = person(), person(), person(), person(quiet=False)
    soc = sign_in_by_link(sender, links["anv01"])
    see_today(soc)
    choose_password(soc)
    sign_in_again(soc, "anv01")
    register(soc)
    write(soc)
    refused(soc, "kontaktuppgifter", "det ni frågar om", "behov av stöd i vardagen")
    consent(soc, "Kontaktuppgifter", "Det ni frågar om")
    review_again(soc)
    refused(soc, "behov av stöd i vardagen", not_missing="kontaktuppgifter")
    consent(soc, "Behov av stöd i vardagen", back=("Hur det går", "Svar med text"), follow_up=True)
    review_again(soc)
    expect(soc.locator("#saknas")).to_have_count(0)

    idag = sign_in_by_link(receiver, links["anv13"])
    choose_password(idag)
    lista, board = receiver.open("/remisser/"), sign_in_by_link(coordinator, links["anv05"])
    coordinator.go(board, "/bevaka/?urval=alla&fore=slut")  # what has longest left lies last: ours
    referral = Referral.objects.latest("pk")
    send_and_be_seen(soc, sender, receiver, referral.number, measured)
    see_the_board(board, referral.number, "Skickad", "Vuxenpsykiatrin")
    open_it(lista, referral.number, referral.pk)
    earlier = receiver.open(f"/remisser/{referral.pk}/")
    receiver.go(earlier, "/handelser/")
    answer(lista, receiver, soc, sender, measured)
    read_history(soc)
    see_the_board(board, referral.number, "Beslutad", "Socialtjänsten")
    stranger = sign_in_by_link(outsider, links["anv19"])
    finds_nothing(outsider, stranger, referral.number, referral.pk, referral.participant_id)
    withdraw(soc, sender, receiver, lista, earlier, measured)
    expect(board.locator("#tavla")).not_to_contain_text(referral.number)


def test_psychiatry_sends_it_back_with_a_reason(
    people: Any, in_thread: Callable[..., Any], person: NewPerson, measured: Measure
) -> None:
    from referrals.states import ReferralState
    from tests.referrals.journeys import bring_to

    referral = in_thread(bring_to, people, ReferralState.RECEIVED)
    receiver, sender = person(people.psyk), person(people.soc)
    psyk, soc = receiver.open(f"/remisser/{referral.pk}/"), sender.open(f"/remisser/{referral.pk}/")
    psyk.locator("#skicka-tillbaka summary").click()
    psyk.get_by_role("radio", name="Uppgifter saknas").check()
    psyk.locator("#skicka-tillbaka").get_by_label("Skriv till avsändaren").fill("Vilken mottagning gick hon på?")
    watch(sender.live(soc), "Vilken mottagning gick hon på?")
    psyk.locator("#skicka-tillbaka").get_by_role("button", name="Skicka tillbaka").click()
    expect(soc.locator("main")).to_contain_text("Vilken mottagning gick hon på?")
    measured(
        "returned: the sender's open page says why", took(soc, "Vilken mottagning gick hon på?", receiver.acted_at())
    )
    expect(soc.locator("#remiss-lage")).to_contain_text("Skäl: Uppgifter saknas")
    soc.get_by_role("button", name="Rätta och skicka igen").click()
    expect(soc.get_by_label("Vad frågar ni om?")).not_to_be_empty()
