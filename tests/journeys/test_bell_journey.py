"""The bell in real browsers: a burst, a cut line, two devices, a keyboard, and who else has the page open."""

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from playwright.sync_api import Page, expect

from notifications.actions import Notice, deliver
from referrals.models import Referral
from referrals.states import ReferralState
from tests.cast import Cast, make_participant, sent
from tests.daphne import Daphne
from tests.journeys.conftest import NewPerson
from tests.referrals.journeys import bring_to
from workspace.actions import action
from workspace.models import Membership

InThread = Callable[..., Any]
TYPED = "Vi har pratat med henne och hon"
# What a screen reader would say: each time the words of the status line become others, with the time (ms).
LISTEN = """() => {
  window.__said = [];
  const line = document.querySelector("#wire p");
  new MutationObserver(() => window.__said.push([performance.now(), line.textContent.trim()]))
    .observe(line, { childList: true, characterData: true, subtree: true });
}"""
# The row at the middle of the window, and how far down it is.
EYE = """() => {
  const row = document.elementFromPoint(innerWidth / 2, innerHeight / 2).closest("[data-row]");
  return [row.id, row.getBoundingClientRect().top];
}"""
WHERE = "id => document.getElementById(id).getBoundingClientRect().top"
FOCUS = "() => document.activeElement.closest('[data-row]')?.id ?? document.activeElement.id"


@action
def tell(member: Membership, first: int, last: int, kind: str = "referral.sent") -> None:
    """One notice for each of these things."""
    numbers = range(first, last + 1)
    deliver([Notice(kind, f"R-{pk}", pk, None, frozenset({member.pk})) for pk in numbers])


def title(page: Page, unread: int) -> None:
    expect(page).to_have_title(re.compile(rf"^\({unread}\) " if unread else r"^(?!\()"))
    expect(page.locator("#bell")).to_have_attribute("data-unread", str(unread))


def test_twenty_at_once_are_one_announcement_per_five_seconds_and_all_counted(
    people: Cast, person: NewPerson, in_thread: InThread
) -> None:
    mine = person(people.psyk)
    page = mine.live(mine.open("/deltagare/"))
    page.evaluate(LISTEN)
    for number in range(1, 21):
        in_thread(tell, people.psyk, number, number)
    title(page, 20)
    expect(page.locator("#wire")).to_contain_text("R-20", timeout=12_000)
    said = page.evaluate("() => window.__said")
    assert said and len(said) <= 3, said
    gaps = [later[0] - earlier[0] for earlier, later in pairwise(said)]
    assert all(gap >= 4_900 for gap in gaps), said


def test_the_line_is_cut_and_joined_and_nothing_jumps_or_loses_focus(
    people: Cast, person: NewPerson, in_thread: InThread
) -> None:
    def referrals(first: int, last: int) -> None:
        for number in range(first, last + 1):
            sent(people, person=make_participant(people.soc_desk, f"Nr{number}"))

    in_thread(referrals, 1, 20)
    referral: Referral = in_thread(bring_to, people, ReferralState.ACCEPTED)
    mine = person(people.psyk, quiet=False)
    idag, page = mine.live(mine.open("/")), mine.live(mine.open(f"/remisser/{referral.pk}/"))
    field = page.get_by_label("Svar till avsändaren")
    field.press_sequentially(TYPED)
    idag.bring_to_front()
    idag.locator("#vantar [data-row]").nth(12).scroll_into_view_if_needed()
    idag.mouse.move(2, 2)  # on nothing that would be held for it
    row, top = idag.evaluate(EYE)
    before = int(idag.locator("#bell").get_attribute("data-unread") or 0)
    mine.context.set_offline(True)
    for one in (idag, page):
        expect(one.locator("#wire")).to_contain_text(
            re.compile(r"Ingen anslutning, visar läget \d\d\.\d\d\. Det du skriver finns kvar\.")
        )
    in_thread(referrals, 21, 24)
    in_thread(tell, people.psyk, 900, 900)
    field.press_sequentially(" ville")
    expect(idag.locator("#bell")).to_have_attribute("data-unread", str(before))
    mine.context.set_offline(False)
    title(idag, before + 5)
    expect(idag.locator("#vantar")).to_contain_text("24")
    assert abs(idag.evaluate(WHERE, row) - top) <= 2, "the row under the eye stays"
    title(page, before + 5)
    expect(field).to_be_focused()
    expect(field).to_have_value(TYPED + " ville")
    field.press_sequentially(" mer")
    expect(field).to_have_value(TYPED + " ville mer")


def test_the_server_dies_and_comes_back_and_the_half_written_form_stands(
    people: Cast, person: NewPerson, in_thread: InThread, server: Daphne
) -> None:
    referral: Referral = in_thread(bring_to, people, ReferralState.ACCEPTED)
    mine = person(people.psyk, quiet=False)
    page = mine.live(mine.open(f"/remisser/{referral.pk}/"))
    field = page.get_by_label("Svar till avsändaren")
    field.press_sequentially(TYPED)
    before = int(page.locator("#bell").get_attribute("data-unread") or 0)
    server.kill()
    expect(page.locator("#wire")).to_contain_text("Ingen anslutning, visar läget ")
    in_thread(tell, people.psyk, 900, 902)
    server.start()
    title(page, before + 3)
    expect(field).to_be_focused()
    expect(field).to_have_value(TYPED)
    expect(page.locator("#wire")).to_contain_text("Anslutningen är tillbaka. 3 händelser", timeout=12_000)


def test_what_is_read_on_one_device_is_read_on_the_other_at_once_and_can_be_undone(
    people: Cast, person: NewPerson, in_thread: InThread
) -> None:
    in_thread(tell, people.psyk, 1, 3)
    desk, phone = person(people.psyk), person(people.psyk)
    page, other, shown = desk.open("/handelser/"), phone.open("/deltagare/"), phone.open("/handelser/")
    phone.live(other)
    phone.live(shown)
    title(other, 3)
    page.get_by_role("button", name="Markera alla som lästa").click()
    expect(page.get_by_text("Tre händelser är nu lästa.")).to_be_visible()
    title(other, 0)
    expect(shown.locator("#handelser .new")).to_have_count(0)
    page.get_by_role("button", name="Ångra").click()
    title(page, 3)
    title(other, 3)
    expect(shown.locator("#handelser .new")).to_have_count(3)


def test_the_bell_and_its_list_by_keyboard_alone(people: Cast, person: NewPerson, in_thread: InThread) -> None:
    in_thread(tell, people.psyk, 1, 3)
    in_thread(tell, people.psyk, 2, 2, "referral.new_date")
    mine = person(people.psyk)
    page = mine.open("/deltagare/")
    search = page.get_by_role("searchbox").or_(page.get_by_role("textbox")).first
    search.focus()
    page.keyboard.press("Alt+Shift+KeyH")
    expect(search).to_be_focused()  # never out of a field
    page.get_by_role("link", name="Deltagare", exact=True).focus()
    page.keyboard.press("Alt+Shift+KeyH")
    expect(page.locator("#bell-link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Händelser", level=1)).to_be_visible()
    mine.live(page)
    rows = ["sak-referral-2", "sak-referral-3", "sak-referral-1"]
    page.locator(f"#{rows[0]} summary").focus()
    assert walked(page, "j", "ArrowDown", "j", "k", "ArrowUp") == [rows[1], rows[2], rows[2], rows[1], rows[0]]
    page.keyboard.press("Enter")  # opens the two of the same referral
    lines = page.locator(f"#{rows[0]} [data-row]")
    expect(lines.first).to_be_visible()
    assert walked(page, "j", "j", "j") == [lines.nth(0).get_attribute("id"), lines.nth(1).get_attribute("id"), rows[1]]
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Markera som läst: har skickat remiss R-3")).to_be_focused()
    page.keyboard.press("Enter")
    title(page, 3)
    expect(page.locator(f"#{rows[1]}")).to_have_count(0)
    assert page.evaluate(FOCUS) == rows[2], "the row that came in its place"
    assert page.locator(f"#{rows[0]} details").evaluate("one => one.open"), "what was opened stays so"


def walked(page: Page, *keys: str) -> list[str]:
    found = []
    for key in keys:
        page.keyboard.press(key)
        found.append(page.evaluate(FOCUS))
    return found


def test_each_side_sees_that_the_other_has_it_open_and_nothing_else_moves(
    people: Cast, person: NewPerson, in_thread: InThread
) -> None:
    referral: Referral = in_thread(bring_to, people, ReferralState.ACCEPTED)
    sender, receiver = person(people.soc), person(people.psyk)
    page = sender.live(sender.open(f"/remisser/{referral.pk}/"))
    line = page.locator("#har-oppen")
    expect(line).to_have_text("")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    other = receiver.open(f"/remisser/{referral.pk}/")
    expect(line).to_have_text("Mottagaren har den öppen")
    expect(other.locator("#har-oppen")).to_have_text("Avsändaren har den öppen")
    paths = {url.removeprefix(sender.server.url) for url in asked}
    assert paths <= {f"/remisser/{referral.pk}/oppen-hos/", f"/remisser/{referral.pk}/oppen/"}, paths
    expect(page.locator("#wire")).not_to_contain_text("Nyss")
    for one in (page, other):
        expect(one.locator("#har-oppen")).not_to_contain_text(re.compile("Testsson|psykiatri", re.IGNORECASE))
