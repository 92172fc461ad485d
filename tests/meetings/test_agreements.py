"""The draft of an agreement: who writes what, who reads it, and the act of laying one's part before the others."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from meetings.actions import sections
from meetings.actions.agreements import write_own_words
from meetings.actions.sections import Common
from meetings.errors import CircleNotCovered, TextHasMoved
from meetings.models import Agreement, Section, SectionReader
from meetings.queries.agreement_drafts import common_version
from meetings.states import ConversationState
from notifications.models import Notification
from tests.cast import Cast, make_participant
from tests.meetings.agreement_stage import GOALS, TASKS, TEXTS, share_all, state_grounds, write_all
from tests.meetings.talks import OWN_WORDS, Talk, make_phone, make_talk
from workspace.errors import NotAllowed
from workspace.models import AuditEntry, Disclosure, Ground
from workspace.rules import Hat

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]


def at(name: str, talk: Talk) -> str:
    return reverse(name, args=[talk.conversation.pk])


def section(talk: Talk, name: str) -> Section:
    return Section.objects.get(party=talk.parties[name])


def told(kind: str) -> set[int]:
    return set(Notification.objects.filter(kind=kind).values_list("membership", flat=True))


# ---------- who writes ----------
def test_whoever_writes_first_opens_the_agreement_with_a_part_for_each(cast: Cast) -> None:
    talk = make_talk(cast, ConversationState.INVITED, with_fk=True)
    sections.write_section(by=cast.psyk, conversation=talk.conversation, text="Vi kan börja i maj", version=0)
    assert Agreement.objects.count() == 1
    assert set(Section.objects.values_list("party", flat=True)) == {party.pk for party in talk.parties.values()}
    assert section(talk, "psyk").text == "Vi kan börja i maj" and section(talk, "soc").text == ""


@pytest.mark.parametrize("state", ["preparing", "cancelled", "closed"])
def test_no_agreement_is_written_before_the_call_or_in_one_that_was_called_off(cast: Cast, state: str) -> None:
    talk = make_talk(cast, ConversationState(state))
    with pytest.raises(NotAllowed, match="kallat"):
        sections.write_section(by=cast.soc, conversation=talk.conversation, text="Text", version=0)
    assert not Section.objects.exists()


@pytest.mark.parametrize(
    ("name", "writes"),
    [
        ("soc", {"words", "common", "section"}),
        ("soc_2", {"words", "common", "section"}),
        ("soc_manager", set()),
        ("psyk", {"section"}),
        ("psyk_2", {"section"}),
        ("psyk_manager", set()),
        ("fk", set()),
        ("outsider", set()),
    ],
)
def test_each_writes_its_own_part_and_the_convener_what_is_common(cast: Cast, name: str, writes: set[str]) -> None:
    talk = make_talk(cast, ConversationState.HELD)
    by = cast.members[name]

    def words() -> None:
        write_own_words(by=by, conversation=talk.conversation, text="Ord", version=0)

    def common() -> None:
        said = Common(goals="Mål")
        sections.write_common(by=by, conversation=talk.conversation, common=said, version="")

    def own() -> None:
        sections.write_section(by=by, conversation=talk.conversation, text="Text", version=0)

    done = set()
    for what, act in {"words": words, "common": common, "section": own}.items():
        try:
            act()
            done.add(what)
        except NotAllowed:
            pass
    assert done == writes
    written = set(Section.objects.exclude(text="").values_list("party__agency", flat=True)) - {None}
    assert written == ({by.agency_id} if "section" in writes else set())


def test_the_participant_writes_their_own_words_and_nobody_writes_over_them(cast: Cast) -> None:
    talk, phone = make_talk(cast, ConversationState.INVITED), make_phone(cast)
    write_own_words(by=phone.browser, conversation=talk.conversation, text=OWN_WORDS, version=0)
    assert (section(talk, "participant").text, section(talk, "participant").taken_down_by) == (OWN_WORDS, None)
    with pytest.raises(NotAllowed, match="själv"):
        write_own_words(by=cast.soc, conversation=talk.conversation, text="Något annat", version=1)
    assert section(talk, "participant").text == OWN_WORDS


def test_words_taken_down_say_by_whom_on_every_page(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, ConversationState.HELD)
    got = as_hat(cast.soc).post(at("write_own_words", talk), {"text": OWN_WORDS, "base_version": "0"})
    assert got.status_code == 302
    for member in (cast.soc, cast.psyk):
        page = as_hat(member).get(at("agreement", talk)).content.decode()
        assert OWN_WORDS in page and "Nedskrivet av Soc Testsson, Socialtjänsten Piteå." in page


def test_a_browser_of_somebody_else_writes_nothing(cast: Cast) -> None:
    other = make_participant(cast.soc_desk, first="Annan")
    talk, phone = make_talk(cast, ConversationState.HELD), make_phone(cast, other)
    with pytest.raises(NotAllowed):
        write_own_words(by=phone.browser, conversation=talk.conversation, text="Ord", version=0)
    assert not Section.objects.exists()


# ---------- two at the same time ----------
def test_a_text_that_met_a_newer_one_is_kept_beside_it(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, ConversationState.HELD)
    sections.write_section(by=cast.psyk, conversation=talk.conversation, text="Första", version=0)
    sections.write_section(by=cast.psyk_2, conversation=talk.conversation, text="Kollegans", version=1)
    got = as_hat(cast.psyk).post(at("write_section", talk), {"text": "Min nya", "base_version": "1"})
    page = got.content.decode()
    assert got.status_code == 409 and "Kollegans" in page and "Min nya" in page and 'value="2"' in page
    assert section(talk, "psyk").text == "Kollegans"
    again = as_hat(cast.psyk).post(at("write_section", talk), {"text": "Båda", "base_version": "2"})
    assert again.status_code == 302 and section(talk, "psyk").text == "Båda"


def test_what_is_common_is_not_written_over_either(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, ConversationState.HELD)
    sections.write_common(by=cast.soc, conversation=talk.conversation, common=Common(goals="Ett"), version="")
    with pytest.raises(TextHasMoved):
        sections.write_common(by=cast.soc_2, conversation=talk.conversation, common=Common(goals="Två"), version="")
    got = as_hat(cast.soc_2).post(at("write_common", talk), {"goals": "Två", "next_on": "", "base": ""})
    page = got.content.decode()
    assert got.status_code == 409 and "Mål: Ett" in page and "Två" in page
    now = common_version(Agreement.objects.get())
    assert now in page
    as_hat(cast.soc_2).post(at("write_common", talk), {"goals": "Ett och två", "next_on": "", "base": now})
    assert Agreement.objects.get().goals == "Ett och två"


# ---------- sharing ----------
def test_an_unshared_part_is_read_by_its_own_agency_alone(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, ConversationState.HELD, with_fk=True)
    write_all(talk)
    for name, reads in {"soc": ["soc"], "psyk": ["psyk"], "fk": ["fk"]}.items():
        page = as_hat(getattr(cast, name)).get(at("agreement", talk)).content.decode()
        assert [other for other, text in TEXTS.items() if text in page] == reads, name
        assert OWN_WORDS in page and (GOALS in page) == (name == "soc")


def test_sharing_is_one_disclosure_to_each_other_agency_and_tells_the_convener(cast: Cast) -> None:
    talk = make_talk(cast, ConversationState.HELD, with_fk=True)
    write_all(talk)
    state_grounds(talk)
    before = set(Disclosure.objects.values_list("pk", flat=True))
    sections.share_section(by=cast.psyk, conversation=talk.conversation)
    made = Disclosure.objects.exclude(pk__in=before)
    assert {(one.discloser_id, one.recipient_id, one.category_id, one.ground_id) for one in made} == {
        (cast.psyk.agency_id, other.agency_id, "meeting", "harm_test") for other in (cast.soc, cast.fk)
    }
    assert {reader.agency_id for reader in SectionReader.objects.all()} == {cast.soc.agency_id, cast.fk.agency_id}
    assert told("agreement.shared") == {cast.soc.pk}
    assert (
        AuditEntry.objects.filter(act="disclose", participant_id=cast.person.pk, agency_id=cast.psyk.agency_id).count()
        == 2
    )
    sections.share_section(by=cast.psyk, conversation=talk.conversation)
    assert Disclosure.objects.exclude(pk__in=before).count() == 2  # again: nobody new


def test_another_agency_says_its_ground_first_and_is_led_there(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, ConversationState.HELD)
    write_all(talk)
    got = as_hat(cast.psyk).post(at("share_section", talk), {})
    assert got.status_code == 403
    assert "Säg först på vilken grund ni får berätta." in got.content.decode()
    assert at("conversation_ground", talk) in got.content.decode()
    assert not SectionReader.objects.exists()


def test_the_convener_shares_on_consent_alone_with_all_or_nobody(cast: Cast) -> None:
    talk = make_talk(cast, ConversationState.HELD, with_fk=True)
    write_all(talk)
    talk.consents[cast.fk.agency_id].rows.filter(category="meeting", discloser=cast.soc.agency).update(
        withdrawn_at=timezone.now()
    )
    with pytest.raises(CircleNotCovered, match="Försäkringskassan"):
        sections.share_section(by=cast.soc, conversation=talk.conversation)
    assert not SectionReader.objects.exists()


def test_consent_as_the_ground_of_another_agency_reaches_all_of_them(cast: Cast) -> None:
    talk = make_talk(cast, ConversationState.HELD, with_fk=True)
    write_all(talk)
    state_grounds(talk, "consent")
    with pytest.raises(CircleNotCovered, match="Försäkringskassan"):
        sections.share_section(by=cast.psyk, conversation=talk.conversation)
    talk.parties["psyk"].ground = Ground.objects.get(pk="harm_test")
    talk.parties["psyk"].save()
    sections.share_section(by=cast.psyk, conversation=talk.conversation)
    assert SectionReader.objects.count() == 2


def test_before_sharing_all_that_the_others_will_read_is_shown(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, ConversationState.HELD)
    write_all(talk)
    page = as_hat(cast.soc).get(at("share_section", talk)).content.decode()
    for words in (TEXTS["soc"], TASKS["soc"], GOALS, TASKS["participant"], "Vuxenpsykiatrin Piteå"):
        assert words in page
    assert TEXTS["psyk"] not in page


def test_an_empty_part_is_not_shared(cast: Cast) -> None:
    talk = make_talk(cast, ConversationState.HELD)
    state_grounds(talk)
    with pytest.raises(NotAllowed, match="Skriv något"):
        sections.share_section(by=cast.psyk, conversation=talk.conversation)


def test_a_shared_part_goes_on_being_written_before_the_same_readers(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, ConversationState.HELD)
    write_all(talk)
    share_all(talk)
    sections.write_section(by=cast.psyk, conversation=talk.conversation, text="Nya ord", version=1)
    assert "Nya ord" in as_hat(cast.soc).get(at("agreement", talk)).content.decode()
    assert section(talk, "psyk").shared_at is not None


# ---------- bad input ----------
@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("write_section", {"text": "x" * 4001, "base_version": "0"}),
        ("write_section", {"text": "a\x00b", "base_version": "0"}),
        ("write_section", {"text": "a", "base_version": "9" * 40}),
        ("write_own_words", {"text": "x" * 4001, "base_version": "0"}),
        ("write_common", {"goals": "x" * 4001, "next_on": "", "base": ""}),
        ("write_common", {"goals": "a", "next_on": "1 januari 1990", "base": ""}),
        ("write_common", {"goals": "a", "next_on": "snart", "base": "x" * 100}),
        ("add_commitment", {"party": "9" * 30, "text": "a", "due_on": "i morgon"}),
        ("add_commitment", {"party": "", "text": "x" * 501, "due_on": "1 januari 1990"}),
    ],
)
def test_bad_input_is_answered_at_the_field(cast: Cast, as_hat: AsHat, name: str, data: dict[str, str]) -> None:
    talk = make_talk(cast, ConversationState.HELD)
    got = as_hat(cast.soc).post(at(name, talk), data)
    assert got.status_code == 422 and b"ds-error-summary" in got.content
    assert not Agreement.objects.exists()


def test_pages_say_no_name_in_title_or_address(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, ConversationState.HELD)
    page = as_hat(cast.psyk).get(at("agreement", talk)).content.decode()
    title = page[page.index("<title>") : page.index("</title>")]
    assert "Överenskommelse" in title and cast.person.first_name not in title and cast.person.last_name not in title
    assert cast.person.full_name in page
    assert AuditEntry.objects.filter(act="read", participant_id=cast.person.pk, agency_id=cast.psyk.agency_id).exists()
