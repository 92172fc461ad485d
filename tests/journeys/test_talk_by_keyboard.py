"""The participant, on a phone, and an agency answer a call and an agreement by keyboard alone."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from meetings.models import AgreementAnswer, InvitationAnswer, OwnQuestion
from meetings.states import ConversationState
from tests.cast import Cast
from tests.journeys.conftest import NewPerson
from tests.journeys.test_accessibility import FOCUSED, tab_to, use
from tests.meetings.agreement_stage import sent_talk
from tests.meetings.talks import make_talk
from workspace.actions import make_page_code, make_page_link

QUESTION = "Får jag ta med min hund"
WHERE_FOCUS_IS = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect();
  return { top: box.top + scrollY, left: box.left, bottom: box.bottom + scrollY };
}"""


def walk(page: Page) -> list[str]:
    """Tab through the whole page: each stop is seen, and they come in the order they are read."""
    names: list[str] = []
    before: dict[str, float] | None = None
    for _ in range(60):
        page.keyboard.press("Tab")
        at, now = page.evaluate(FOCUSED), page.evaluate(WHERE_FOCUS_IS)
        if at["tag"] == "BODY":
            return names
        assert at["ring"], f"focus is not seen on {at}"
        if before and not names[-1].startswith("Hoppa"):
            is_after = now["top"] >= before["bottom"] - 4 or now["left"] > before["left"]
            assert is_after, f"«{at['name'].strip()}» comes before «{names[-1]}» on the screen, and after it with Tab"
        names.append(at["name"].strip())
        before = now
    raise AssertionError(f"Tab never leaves {page.url}")


def way_in(people: Cast) -> tuple[str, str]:
    """A link, and the code that goes with it."""
    by, person = people.soc, people.person
    return make_page_link(by=by, participant=person), make_page_code(by=by, participant=person)


def type_into(page: Page, field: str, text: str) -> None:
    tab_to(page, field)
    page.keyboard.type(text)


def test_the_participant_and_an_agency_answer_by_keyboard_alone(
    people: Cast, in_thread: Callable[..., Any], person: NewPerson
) -> None:
    def stage() -> tuple[int, int, str, str]:
        _, version = sent_talk(people)
        talk = make_talk(people, ConversationState.INVITED)
        return talk.conversation.pk, version.agreement.conversation_id, *way_in(people)

    invited, sent, token, code = in_thread(stage)
    small = person(viewport={"width": 360, "height": 740}).open(f"/min-sida/lank/{token}/")
    use(small, "Öppna sidan här")
    type_into(small, "Din kod, sex siffror", code)
    with small.expect_navigation():
        small.keyboard.press("Enter")
    names = walk(small)
    assert names[:2] == ["Hoppa till innehållet", "Lämna sidan"]
    answers = [names.index(name) for name in ("Jag kommer", "Annan tid", "Jag kan inte")]
    assert answers == sorted(answers) and answers[-1] < names.index("Spara frågan")
    use(small, "Jag kommer", "Space")
    expect(small.locator(".said")).to_have_text("Ditt svar är skickat. Du kommer.")
    type_into(small, "Skriv en ny fråga", QUESTION)
    use(small, "Spara frågan")
    expect(small.locator(".mine").first).to_contain_text(QUESTION)

    psyk = person(people.psyk).open(f"/samtal/{invited}/")
    use(psyk, "Läs och svara")
    use(psyk, "Jag kommer", "Space")
    expect(psyk.get_by_text("Ni har svarat: Kommer")).to_be_visible()
    psyk.goto(psyk.url.replace(f"/samtal/{invited}/", f"/samtal/{sent}/overenskommelse/"))
    use(psyk, "Bekräfta er del")
    expect(psyk.get_by_role("heading", name="Väntar på svar")).to_be_visible()
    assert [row.answer for row in InvitationAnswer.objects.order_by("pk")] == ["coming", "coming"]
    assert (AgreementAnswer.objects.get().verdict, OwnQuestion.objects.get().text) == ("confirmed", QUESTION)


# ---------- by thumb ----------
SMALL_TARGETS = """within => [...document.querySelectorAll(within)].flatMap(one => {
  const box = one.getBoundingClientRect();
  const small = one.checkVisibility() && !one.closest("p, .ds-skip-link") && (box.height < 43.9 || box.width < 43.9);
  return small ? [`${one.textContent.trim()}: ${Math.round(box.width)}×${Math.round(box.height)}`] : [];
})"""


def test_what_is_pressed_on_a_phone_is_large_enough(
    people: Cast, in_thread: Callable[..., Any], person: NewPerson
) -> None:
    def stage() -> tuple[str, str]:
        sent_talk(people)
        make_talk(people, ConversationState.INVITED)
        return way_in(people)

    token, code = in_thread(stage)
    small = person(viewport={"width": 360, "height": 740}).open(f"/min-sida/lank/{token}/")
    small.get_by_role("button", name="Öppna sidan här").click()
    small.get_by_label("Din kod, sex siffror").fill(code)
    small.get_by_role("button", name="Öppna sidan").click()
    expect(small.locator("h1")).to_contain_text("Hej")
    assert small.evaluate(SMALL_TARGETS, "a[href], button, summary, label.pick") == []
    for width in (360, 320):  # the five pages of a caseworker stand on one row
        page = person(people.soc, viewport={"width": width, "height": 740}).open("/samtal/")
        assert page.evaluate(SMALL_TARGETS, ".nav a") == []
        rows = {round(link.bounding_box()["y"]) for link in page.locator(".nav a").all()}  # type: ignore[index]
        assert len(rows) == 1, width
