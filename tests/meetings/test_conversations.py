"""A conversation: planned with desks that the consent reaches (R11, L5, L6, L9, L20)."""

import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from meetings.actions.conversations import plan_conversation
from meetings.errors import AlreadyActive, CircleNotCovered
from meetings.models import Conversation, ConversationEvent
from meetings.states import ConversationKind, ConversationState
from tests.cast import Cast, give_consent, make_agency, make_member
from tests.meetings.talk_tools import (
    EVERYBODY,
    MISSING,
    AsHat,
    hats,
    kinds_told,
    leaks,
    mails,
    newest,
    pks,
    talk_form,
    told,
    wants_mail,
    withdraw_all,
)
from tests.meetings.talks import ABOUT, make_talk, talk_consent
from tests.referrals.races import at_once
from workspace.clocks import end_of
from workspace.models import AuditEntry, CooperationAgency, Disclosure
from workspace.states import AgencyKind

pytestmark = pytest.mark.django_db
S = ConversationState


def new_address(cast: Cast) -> str:
    return reverse("new_conversation", args=[cast.person.pk])


# ---------- planned ----------
def test_planning_tells_the_named_caseworker_and_the_participant_and_nobody_else(cast: Cast, as_hat: AsHat) -> None:
    talk_consent(cast, cast.psyk.agency)
    wants_mail(cast.person)
    answer = as_hat(cast.soc).post(new_address(cast), talk_form((cast.psyk_desk, cast.psyk)))
    made = newest()
    assert answer.status_code == 302 and answer["Location"] == reverse("conversation", args=[made.pk])
    assert kinds_told() == {"conversation.added"} and told("conversation.added", made.pk) == pks(cast.psyk)
    assert mails(cast.person) == 1
    assert made.desks == " ".join(map(str, sorted([cast.soc_desk.pk, cast.psyk_desk.pk])))
    kinds = [(party.kind, party.agency_id) for party in made.parties.all()]
    assert kinds == [("participant", None), ("caseworker", cast.soc.agency_id), ("caseworker", cast.psyk.agency_id)]
    assert list(ConversationEvent.objects.values_list("verb", "member")) == [("plan", cast.soc.pk)]
    assert AuditEntry.objects.filter(what="conversation.plan", object_id=made.pk).count() == 1


def test_the_two_disclosures_last_a_year_and_never_longer_than_the_consent(cast: Cast, as_hat: AsHat) -> None:
    short = timezone.localdate() + timedelta(days=20)
    talk_consent(cast, cast.psyk.agency, until=short)
    talk_consent(cast, cast.fk.agency, until=timezone.localdate() + timedelta(days=800))
    as_hat(cast.soc).post(new_address(cast), talk_form((cast.psyk_desk, cast.psyk), (cast.fk_desk, cast.fk)))
    ends = {}
    for party in newest().parties.filter(identity__isnull=False):
        assert party.identity and party.question
        assert (party.identity.category_id, party.question.category_id) == ("identity", "meeting")
        ends[party.agency_id] = (party.identity.ends_at, party.question.ends_at)
    assert ends[cast.psyk.agency_id] == (end_of(short), end_of(short))
    year = timezone.now() + timedelta(days=365)
    assert all(abs(at - year) < timedelta(minutes=5) for at in ends[cast.fk.agency_id])


@pytest.mark.parametrize("codes", [("identity",), ("meeting",), ("identity", "question")])
def test_an_agency_that_the_consent_does_not_reach_is_named_and_nobody_is_told(
    cast: Cast, as_hat: AsHat, codes: tuple[str, ...]
) -> None:
    talk_consent(cast, cast.psyk.agency)
    give_consent(cast, recipient=cast.fk.agency, codes=codes)
    form = talk_form((cast.psyk_desk, cast.psyk), (cast.fk_desk, cast.fk))
    page = as_hat(cast.soc).post(new_address(cast), form).content.decode()
    assert "Samtycket täcker inte Försäkringskassan Norr. Ingenting har lämnats ut." in page
    assert ABOUT in page and f'value="{cast.fk.pk}" selected' in page
    assert not Conversation.objects.exists() and not Disclosure.objects.exists() and kinds_told() == set()


def test_a_conversation_needs_another_agency_and_one_desk_of_each(cast: Cast, as_hat: AsHat) -> None:
    talk_consent(cast, cast.psyk.agency)
    page = as_hat(cast.soc).post(new_address(cast), talk_form()).content.decode()
    assert "Välj minst en handläggare hos en annan myndighet." in page and ABOUT in page
    second = type(cast.psyk_desk).objects.create(agency=cast.psyk.agency, name="Öppenvård")
    other = make_member(cast.psyk.agency, "psyk3", second)
    page = as_hat(cast.soc).post(new_address(cast), talk_form((cast.psyk_desk, cast.psyk), (second, other)))
    assert "Välj en enhet per myndighet." in page.content.decode() and not Conversation.objects.exists()


def test_desks_outside_the_cooperation_and_managers_can_not_be_chosen(cast: Cast, as_hat: AsHat) -> None:
    talk_consent(cast, cast.psyk.agency)
    page = as_hat(cast.soc).get(new_address(cast)).content.decode()
    assert "Vuxenpsykiatrin Piteå, Mottagning" in page and "Socialtjänsten Arvidsjaur" not in page
    for desk, member in ((cast.outside_desk, cast.outsider), (cast.psyk_desk, cast.psyk_manager)):
        as_hat(cast.soc).post(new_address(cast), talk_form((desk, member)))
        with pytest.raises(Exception, match=r"Läs in sidan igen|minst en"):
            _plan(cast, [(desk, member)])
    assert not Conversation.objects.exists()


def _plan(cast: Cast, others: list, **words: object) -> Conversation:  # type: ignore[type-arg]
    place = {"minutes": 60, "how": "place", "where": "", "link": ""}
    said = {"kind": ConversationKind.CONVERSATION, "about": ABOUT, **place}
    return plan_conversation(by=cast.soc, participant=cast.person, others=others, **{**said, **words})  # type: ignore[arg-type]


def test_a_sip_needs_both_the_municipality_and_the_region(cast: Cast, as_hat: AsHat) -> None:
    for agency in (cast.psyk.agency, cast.fk.agency):
        talk_consent(cast, agency)
    form = talk_form((cast.fk_desk, cast.fk), kind="sip")
    page = as_hat(cast.soc).post(new_address(cast), form).content.decode()
    assert "Ett SIP-möte behöver både kommunen och regionen. Välj någon av den som saknas." in page
    assert not Conversation.objects.exists()
    both = talk_form((cast.fk_desk, cast.fk), (cast.psyk_desk, cast.psyk), kind="sip")
    assert as_hat(cast.soc).post(new_address(cast), both).status_code == 302 and newest().kind == "sip"


def test_the_same_desks_twice_are_led_to_the_one_that_goes_on(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast)
    page = as_hat(cast.soc).post(new_address(cast), talk_form((cast.psyk_desk, cast.psyk))).content.decode()
    assert "Det finns redan ett samtal på gång med samma enheter." in page
    assert f'href="{reverse("conversation", args=[talk.conversation.pk])}"' in page and ABOUT in page
    assert Conversation.objects.count() == 1 and kinds_told() == set()
    talk_consent(cast, cast.fk.agency)
    other = talk_form((cast.psyk_desk, cast.psyk), (cast.fk_desk, cast.fk))
    assert as_hat(cast.soc).post(new_address(cast), other).status_code == 302
    Conversation.objects.filter(pk=talk.conversation.pk).update(state=S.CANCELLED)
    again = as_hat(cast.soc).post(new_address(cast), talk_form((cast.psyk_desk, cast.psyk)))
    assert again.status_code == 302 and Conversation.objects.count() == 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.embedded
def test_two_who_plan_the_same_at_the_same_moment_get_one(cast: Cast) -> None:
    talk_consent(cast, cast.psyk.agency)
    refused: list[str] = []

    def plan() -> None:
        try:
            _plan(cast, [(cast.psyk_desk, cast.psyk)])
        except AlreadyActive as refusal:
            refused.append(refusal.sentence)

    at_once(*[plan] * 4)
    assert Conversation.objects.count() == 1 and len(refused) == 3 and Disclosure.objects.count() == 2


def test_the_same_form_twice_plans_once(cast: Cast, as_hat: AsHat) -> None:
    talk_consent(cast, cast.psyk.agency)
    form = {**talk_form((cast.psyk_desk, cast.psyk)), "once": uuid.uuid4().hex}
    client = as_hat(cast.soc)
    first, second = (client.post(new_address(cast), form) for _ in range(2))
    assert first["Location"] == second["Location"] and Conversation.objects.count() == 1


@pytest.mark.parametrize("name", [name for name in EVERYBODY if name not in {"soc", "soc_2"}])
def test_only_who_may_open_the_participant_can_plan(cast: Cast, as_hat: AsHat, name: str) -> None:
    talk_consent(cast, cast.psyk.agency)
    client = as_hat(hats(cast)[name])
    form = talk_form((cast.psyk_desk, cast.psyk))
    missing = client.get(reverse("new_conversation", args=[MISSING]))
    for answer in (client.get(new_address(cast)), client.post(new_address(cast), form)):
        assert answer.status_code == 404 and leaks(answer.content) == []
    assert missing.status_code == 404 and not Conversation.objects.exists()


BAD: dict[str, dict[str, str]] = {
    "huge minutes": {"minutes": "9" * 30},
    "endless minutes": {"minutes": "9" * 5000},
    "no minutes": {"minutes": "en timme"},
    "nothing to talk of": {"about": ""},
    "too long": {"about": "å" * 2001},
    "nul in what": {"about": "hej\x00"},
    "nul in where": {"where": "hej\x00"},
    "odd link": {"link": "javascript:alert(1)"},
    "long link": {"link": f"https://{'a' * 400}.se"},
    "unknown kind": {"kind": "fika"},
    "unknown way": {"how": "brevduva"},
    "long wish": {"wished_form": "x" * 301},
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_bad_input_gets_a_sentence_and_nothing_is_lost(cast: Cast, as_hat: AsHat, bad: dict[str, str]) -> None:
    talk_consent(cast, cast.psyk.agency)
    said = "Detta ska finnas kvar"
    form = {**talk_form((cast.psyk_desk, cast.psyk)), "wished_form": said, **bad}
    answer = as_hat(cast.soc).post(new_address(cast), form)
    page = answer.content.decode()
    assert answer.status_code == 200 and "behöver rättas" in page and not Conversation.objects.exists()
    assert (form["wished_form"][:20] in page) and f'value="{cast.psyk.pk}"' in page
    assert "Ensure" not in page and "Enter a valid" not in page


@pytest.mark.parametrize("value", ["9" * 25, "abc", "-1", "\x00"])
def test_a_person_that_is_no_person_gets_a_sentence(cast: Cast, as_hat: AsHat, value: str) -> None:
    talk_consent(cast, cast.psyk.agency)
    form = {**talk_form(), f"enhet{cast.psyk_desk.pk}": value}
    page = as_hat(cast.soc).post(f"{new_address(cast)}?onskan={'9' * 40}", form)
    assert page.status_code == 200 and "går inte att välja längre" in page.content.decode()


def test_the_refusal_of_one_that_lost_its_consent_names_it(cast: Cast) -> None:
    """Also where the consent went between the page and the form: asked again under the locks."""
    consent = talk_consent(cast, cast.psyk.agency)
    withdraw_all(cast, consent)
    with pytest.raises(CircleNotCovered) as refusal:
        _plan(cast, [(cast.psyk_desk, cast.psyk)])
    assert refusal.value.lacking == ["Vuxenpsykiatrin Piteå"]


def test_a_municipality_unit_counts_as_the_municipality_of_a_sip(cast: Cast) -> None:
    unit, desk = make_agency("amv-t", "Arbetsmarknadsenheten Piteå", AgencyKind.LABOUR_MARKET_UNIT, "Piteå")
    CooperationAgency.objects.create(cooperation=cast.cooperation, agency=unit)
    member = make_member(unit, "amv", desk)
    talk_consent(cast, unit)
    assert _plan(cast, [(desk, member)]).kind == "conversation"
    with pytest.raises(Exception, match="både kommunen och regionen"):
        _plan(cast, [(desk, member)], kind=ConversationKind.SIP)
