"""What each of three agencies may read of an agreement, at every stage, byte by byte: page, fragment, paper, list."""

import io
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from meetings.actions import sections
from meetings.actions.agreement_sending import correct_agreement, send_agreement, withdraw_copies
from meetings.actions.agreements import answer_agreement
from meetings.models import AgreementVersion
from meetings.states import ConversationState
from tests.cast import SECRET_NAME, Cast
from tests.meetings.agreement_stage import (
    ALL_WORDS,
    GOALS,
    TASKS,
    TEXTS,
    confirm_all,
    copy_of,
    said_in,
    sent_talk,
    share_all,
    state_grounds,
    write_all,
)
from tests.meetings.talks import ABOUT, OWN_WORDS, Talk, make_talk
from workspace.models import ConsentRow, Disclosure
from workspace.rules import Hat
from workspace.states import EndReason

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]
ALL = set(ALL_WORDS)
PARTICIPANTS_TASK, COMMON = TASKS["participant"], GOALS


def own(name: str) -> set[str]:
    return {TEXTS[name], TASKS[name]}


def at(name: str, talk: Talk, *more: int) -> str:
    return reverse(name, args=[talk.conversation.pk, *more])


def paper(client: Client, talk: Talk, number: int = 1) -> str:
    got = client.post(at("agreement_pdf", talk, number))
    if got.status_code != 200:
        return ""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(got.content)).pages).split())


def read_by(client: Client, talk: Talk, *, and_paper: bool = False) -> set[str]:
    """All secret words that reach somebody by any address of the agreement."""
    found: set[str] = set()
    addresses = [at("agreement", talk), at("agreement_fragment", talk), at("agreement_fragment", talk) + "?version=1"]
    addresses += [at("agreement_version", talk, 1), at("share_section", talk), at("send_agreement", talk)]
    addresses += [at("write_own_words", talk), at("write_section", talk), at("write_common", talk)]
    addresses += [at("answer_agreement", talk, 1), reverse("actions") + "?vilka=alla", reverse("actions_fragment")]
    for address in addresses:
        got = client.get(address)
        assert got.status_code in {200, 404}, (address, got.status_code)
        found |= set(said_in(got.content.decode()))
    return found | (set(said_in(paper(client, talk))) if and_paper else set())


def three(as_hat: AsHat, talk: Talk, **more: bool) -> dict[str, set[str]]:
    return {name: read_by(as_hat(getattr(talk.cast, name)), talk, **more) for name in ("soc", "psyk", "fk")}


def lose_consent(talk: Talk, name: str) -> None:
    """The person has taken back what soc may tell one agency."""
    agency = getattr(talk.cast, name).agency
    rows = ConsentRow.objects.filter(recipient=agency, discloser=talk.cast.soc.agency)
    rows.update(withdrawn_at=timezone.now())
    Disclosure.objects.filter(consent_row__in=rows).update(ended_at=timezone.now(), ended_why=EndReason.WITHDRAWN)


def test_a_draft_is_read_part_by_part_as_each_is_laid_before_the_others(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, ConversationState.HELD, with_fk=True)
    write_all(talk)
    state_grounds(talk)
    convener = own("soc") | {COMMON, PARTICIPANTS_TASK}
    assert three(as_hat, talk) == {
        "soc": {OWN_WORDS} | convener,
        "psyk": {OWN_WORDS} | own("psyk"),
        "fk": {OWN_WORDS} | own("fk"),
    }
    sections.share_section(by=cast.psyk, conversation=talk.fresh())
    assert three(as_hat, talk) == {
        "soc": {OWN_WORDS} | convener | own("psyk"),
        "psyk": {OWN_WORDS} | own("psyk"),
        "fk": {OWN_WORDS} | own("fk") | own("psyk"),
    }
    sections.share_section(by=cast.soc, conversation=talk.fresh())
    assert three(as_hat, talk) == {
        "soc": {OWN_WORDS} | convener | own("psyk"),
        "psyk": {OWN_WORDS} | convener | own("psyk"),
        "fk": ALL,
    }


@pytest.mark.parametrize("stage", ["sent", "confirmed"])
def test_the_whole_is_read_by_all_three_and_by_nobody_else(cast: Cast, as_hat: AsHat, stage: str) -> None:
    talk, version = sent_talk(cast, with_fk=True)
    if stage == "confirmed":
        confirm_all(talk, version)
    assert three(as_hat, talk, and_paper=True) == {"soc": ALL, "psyk": ALL, "fk": ALL}
    for name in ("psyk_manager", "soc_manager", "outsider"):
        client = as_hat(cast.members[name])
        assert read_by(client, talk) == set() and paper(client, talk) == ""
        assert client.get(at("agreement", talk)).status_code == 404
    for role in (cast.coordinator, cast.chair):
        for address in (at("agreement", talk), at("agreement_version", talk, 1), at("agreement_fragment", talk)):
            assert as_hat(role).get(address).status_code == 404
        listed = as_hat(role).get(reverse("actions")).content.decode()
        assert said_in(listed) == [] and SECRET_NAME not in listed


def test_hidden_and_missing_are_the_same_page(cast: Cast, as_hat: AsHat) -> None:
    talk, _ = sent_talk(cast)
    client = as_hat(cast.outsider)
    hidden, missing = (
        client.get(at("agreement", talk)),
        client.get(reverse("agreement", args=[talk.conversation.pk + 99])),
    )
    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert hidden.content == missing.content


def test_a_consent_taken_back_from_one_leaves_it_its_own_words_alone(cast: Cast, as_hat: AsHat) -> None:
    talk, version = sent_talk(cast, with_fk=True)
    confirm_all(talk, version)
    lose_consent(talk, "fk")
    assert three(as_hat, talk, and_paper=True) == {"soc": ALL, "psyk": ALL, "fk": own("fk")}
    client = as_hat(cast.fk)
    for address in (at("agreement", talk), at("agreement_version", talk, 1), at("agreement_fragment", talk)):
        page = client.get(address).content.decode()
        assert SECRET_NAME not in page and ABOUT not in page and "Det stämmer" not in page, address
    assert SECRET_NAME not in paper(client, talk)
    assert client.get(at("agreement_fragment", talk)).headers["X-Access-Ended"] == "1"
    assert client.get(at("write_section", talk)).status_code == 404
    for address in (at("answer_agreement", talk, 1), at("share_section", talk)):
        assert client.post(address, {"verdict": "confirmed"}).status_code == 404


def test_what_one_agency_told_another_ends_by_itself(cast: Cast, as_hat: AsHat) -> None:
    """fk's own telling to psyk ends: psyk reads the rest, and neither fk's text, its tasks nor its answer's words."""
    talk, version = sent_talk(cast, with_fk=True)
    answer_agreement(by=cast.fk, copy=copy_of(version, talk, "fk"), verdict="differs", text="Hemlig ändring")
    client = as_hat(cast.psyk)
    assert "Hemlig ändring" in client.get(at("agreement", talk)).content.decode()
    told = Disclosure.objects.filter(discloser=cast.fk.agency, recipient=cast.psyk.agency)
    told.update(ended_at=timezone.now(), ended_why=EndReason.WITHDRAWN)
    assert read_by(client, talk, and_paper=True) == ALL - own("fk")
    page = client.get(at("agreement", talk)).content.decode()
    assert "Hemlig ändring" not in page and "Ni kan inte läsa den här delen." in page
    assert "Hemlig ändring" in as_hat(cast.soc).get(at("agreement", talk)).content.decode()


def test_what_ends_on_a_day_says_so_to_the_open_page(cast: Cast, as_hat: AsHat) -> None:
    talk, _ = sent_talk(cast)
    assert "data-expires-at" in as_hat(cast.psyk).get(at("agreement", talk)).content.decode()


def test_taken_back_is_not_read_again_in_a_correction(cast: Cast, as_hat: AsHat) -> None:
    talk, _ = sent_talk(cast, with_fk=True)
    parties = [talk.parties["fk"]]
    withdraw_copies(by=cast.soc, conversation=talk.fresh(), parties=parties, reason="Fel myndighet")
    assert read_by(as_hat(cast.fk), talk, and_paper=True) == own("fk")
    correct_agreement(by=cast.soc, conversation=talk.fresh(), reason="Rättning")
    assert read_by(as_hat(cast.fk), talk) == own("fk")
    send_agreement(by=cast.soc, conversation=talk.fresh())
    assert read_by(as_hat(cast.fk), talk) == own("fk")
    assert as_hat(cast.fk).get(at("agreement_version", talk, 2)).status_code == 404


def test_nothing_typed_by_another_reaches_a_script(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, ConversationState.HELD)
    evil = "<script>alert(1)</script>"
    write_all(talk, words=evil)
    share_all(talk)
    send_agreement(by=cast.soc, conversation=talk.fresh())
    page = as_hat(cast.psyk).get(at("agreement", talk)).content.decode()
    assert evil not in page and "&lt;script&gt;" in page
    assert AgreementVersion.objects.get().content["parts"][0]["text"] == evil
