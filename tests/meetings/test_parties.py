"""Who is in a conversation: let in, replaced, let out, and on what an agency speaks (R29, R30, L6)."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from meetings.actions.conversations import plan_conversation
from meetings.actions.parties import add_caseworker, add_person, change_member, remove_party, state_ground
from meetings.errors import AlreadyActive, CircleNotCovered
from meetings.models import Conversation, Party, SectionReader
from meetings.states import ConversationKind, ConversationState, PartyKind
from notifications.models import Notification
from tests.cast import Cast, give_consent, make_member
from tests.meetings.talk_tools import (
    EVERYBODY,
    MARKERS,
    AsHat,
    hats,
    kinds_told,
    leaks,
    mails,
    pks,
    told,
    wants_mail,
)
from tests.meetings.talks import Talk, make_agreement, make_talk, talk_consent
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.front.actions.consents import withdraw_consent
from workspace.models import Disclosure, FunctionMember, Ground

pytestmark = pytest.mark.django_db
S = ConversationState
OVER = (S.HELD, S.CANCELLED, S.CLOSED)


def address(talk: Talk, name: str, *more: int) -> str:
    return reverse(name, args=[talk.conversation.pk, *more])


def fk_in(cast: Cast, talk: Talk) -> Party:
    talk_consent(cast, cast.fk.agency)
    return add_caseworker(by=cast.soc, conversation=talk.conversation, desk=(cast.fk_desk, cast.fk))


# ---------- in ----------
def test_an_agency_let_in_later_reads_and_is_told_and_the_desks_follow(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, S.INVITED)
    wants_mail(cast.person)
    talk_consent(cast, cast.fk.agency)
    answer = as_hat(cast.soc).post(address(talk, "add_party"), {f"enhet{cast.fk_desk.pk}": cast.fk.pk})
    assert answer.status_code == 302 and kinds_told() == {"conversation.added"}
    assert told("conversation.added", talk.conversation.pk) == pks(cast.fk) and mails(cast.person) == 1
    desks = sorted([cast.soc_desk.pk, cast.psyk_desk.pk, cast.fk_desk.pk])
    assert talk.fresh().desks == " ".join(map(str, desks))
    assert as_hat(cast.fk).get(address(talk, "conversation")).status_code == 200


def test_one_without_consent_is_named_and_not_let_in(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast)
    give_consent(cast, recipient=cast.fk.agency, codes=("identity",))
    page = as_hat(cast.soc).post(address(talk, "add_party"), {f"enhet{cast.fk_desk.pk}": cast.fk.pk})
    assert "Samtycket täcker inte Försäkringskassan Norr." in page.content.decode()
    assert talk.conversation.parties.count() == 3 and kinds_told() == set()
    assert as_hat(cast.fk).get(address(talk, "conversation")).status_code == 404


def test_letting_in_or_out_never_makes_two_with_the_same_desks(cast: Cast) -> None:
    talk_consent(cast, cast.psyk.agency), talk_consent(cast, cast.fk.agency)
    desks = ([(cast.psyk_desk, cast.psyk)], [(cast.psyk_desk, cast.psyk), (cast.fk_desk, cast.fk)])
    two, three = (
        plan_conversation(
            by=cast.soc,
            participant=cast.person,
            kind=ConversationKind.CONVERSATION,
            about="x",
            minutes=60,
            how="place",
            where="",
            link="",
            others=others,
        )
        for others in desks
    )
    with pytest.raises(AlreadyActive) as refusal:
        add_caseworker(by=cast.soc, conversation=two, desk=(cast.fk_desk, cast.fk))
    assert refusal.value.pk == three.pk and two.parties.count() == 3
    with pytest.raises(AlreadyActive):
        remove_party(by=cast.soc, party=three.parties.get(agency=cast.fk.agency))
    assert three.parties.get(agency=cast.fk.agency).left_at is None
    assert not Disclosure.objects.exclude(ended_at=None).exists()


def test_an_agency_that_lost_it_can_come_in_anew_with_a_new_consent(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, with_fk=True)
    consent = talk.consents[cast.psyk.agency_id]
    withdraw_consent(by=cast.soc, consent=consent, row_ids=list(consent.rows.values_list("pk", flat=True)))
    assert "Åtkomsten upphörde" in as_hat(cast.psyk).get(address(talk, "conversation")).content.decode()
    desk = (cast.psyk_desk, cast.psyk)
    with pytest.raises(CircleNotCovered):
        add_caseworker(by=cast.soc, conversation=talk.conversation, desk=desk)
    talk_consent(cast, cast.psyk.agency)
    add_caseworker(by=cast.soc, conversation=talk.conversation, desk=desk)
    assert "Åtkomsten upphörde" not in as_hat(cast.psyk).get(address(talk, "conversation")).content.decode()
    assert talk.conversation.parties.filter(agency=cast.psyk.agency, left_at=None).count() == 1
    with pytest.raises(NotAllowed, match="redan med"):
        add_caseworker(by=cast.soc, conversation=talk.conversation, desk=desk)


PEOPLE: dict[str, dict[str, str]] = {
    "stodperson": {"name": "Stödis", "agreed_on": "2026-01-02"},
    "tolk": {"name": "Tolkförmedlingen"},
    "arbetsgivare": {"name": "Bageriet", "part": "de första tio minuterna", "agreed_on": "2026-01-02"},
}


@pytest.mark.parametrize("kind", PEOPLE)
def test_people_without_an_account_come_by_the_participants_yes(cast: Cast, as_hat: AsHat, kind: str) -> None:
    talk = make_talk(cast)
    wants_mail(cast.person)
    where, client = f"{address(talk, 'add_party')}?slag={kind}", as_hat(cast.soc)
    for lacking in PEOPLE[kind]:
        page = client.post(where, {**PEOPLE[kind], lacking: ""}).content.decode()
        assert "behöver rättas" in page and talk.conversation.parties.count() == 3
    if "agreed_on" in PEOPLE[kind]:
        ahead = f"{timezone.localdate() + timedelta(days=2)}"
        assert "har inte varit än" in client.post(where, {**PEOPLE[kind], "agreed_on": ahead}).content.decode()
    assert client.post(where, PEOPLE[kind]).status_code == 302
    made = talk.conversation.parties.latest("pk")
    assert (made.name, made.part) == (PEOPLE[kind]["name"], PEOPLE[kind].get("part", ""))
    assert kinds_told() == set() and mails(cast.person) == 1
    theirs = as_hat(cast.psyk).get(address(talk, "conversation")).content.decode()
    assert PEOPLE[kind]["name"] in theirs and "sa ja" not in theirs
    client.post(address(talk, "remove_party", made.pk))
    made.refresh_from_db()
    assert made.left_at is not None and kinds_told() == set()


def test_nobody_comes_along_without_a_yes_whoever_calls_the_action(cast: Cast) -> None:
    talk = make_talk(cast)
    today = timezone.localdate()
    bad: list[dict[str, Any]] = [
        {"kind": PartyKind.SUPPORT, "name": "A"},
        {"kind": PartyKind.SUPPORT, "name": "A", "agreed_on": today + timedelta(days=1)},
        {"kind": PartyKind.EMPLOYER, "name": "A", "agreed_on": today},
        {"kind": PartyKind.CASEWORKER, "name": "A"},
        {"kind": PartyKind.PARTICIPANT, "name": "A"},
    ]
    for words in bad:
        with pytest.raises(NotAllowed):
            add_person(by=cast.soc, conversation=talk.conversation, **words)
    assert talk.conversation.parties.count() == 3


# ---------- who may ----------
def acts(cast: Cast, talk: Talk) -> dict[str, tuple[str, dict[str, Any]]]:
    """The convener's own acts, as forms."""
    return {
        "add": (address(talk, "add_party"), {f"enhet{cast.fk_desk.pk}": cast.fk.pk}),
        "support": (f"{address(talk, 'add_party')}?slag=stodperson", PEOPLE["stodperson"]),
        "remove": (address(talk, "remove_party", talk.parties["psyk"].pk), {}),
    }


@pytest.mark.parametrize("state", list(S))
def test_only_the_conveners_caseworkers_let_in_and_out_and_only_before_it_is_held(
    cast: Cast, as_hat: AsHat, state: ConversationState
) -> None:
    talk = make_talk(cast, state)
    talk_consent(cast, cast.fk.agency)
    before = list(Party.objects.order_by("pk").values())
    for name in EVERYBODY:
        if state not in OVER and name in {"soc", "soc_2"}:
            continue
        for path, data in acts(cast, talk).values():
            answer = as_hat(hats(cast)[name]).post(path, data)
            assert answer.status_code == (409 if name in {"soc", "soc_2"} else 404), (name, path)
            if name not in {"soc", "soc_2"}:
                assert leaks(answer.content) == []
    assert list(Party.objects.order_by("pk").values()) == before and kinds_told() == set()


@pytest.mark.parametrize("state", list(S))
def test_each_agency_changes_who_of_its_own_comes_and_nobody_elses(
    cast: Cast, as_hat: AsHat, state: ConversationState
) -> None:
    for name in EVERYBODY:
        for side, new in (("psyk", cast.psyk_2), ("soc", cast.soc_2)):
            Conversation.objects.update(state=S.CANCELLED)
            Notification.objects.all().delete()
            talk = make_talk(cast, state)
            path = address(talk, "change_party", talk.parties[side].pk)
            answer = as_hat(hats(cast)[name]).post(path, {"member": new.pk})
            may = name in {side, f"{side}_2"}
            assert answer.status_code == (404 if not may else 302 if state not in OVER else 409), (name, side)
            changed = may and state not in OVER
            party = Party.objects.get(pk=talk.parties[side].pk)
            assert (party.member_id == new.pk) == changed
            assert told("conversation.added") == (pks(new) - pks(hats(cast)[name]) if changed else set())  # type: ignore[arg-type]
            assert talk.fresh().convener_id == (new.pk if changed and side == "soc" else cast.soc.pk)


def test_only_somebody_at_the_own_desk_can_come_instead(cast: Cast) -> None:
    talk = make_talk(cast)
    elsewhere = make_member(cast.psyk.agency, "psyk9", None)
    for member in (elsewhere, cast.psyk_manager, cast.soc_2, cast.outsider):
        with pytest.raises(NotAllowed, match="går inte att välja"):
            change_member(by=cast.psyk, party=talk.parties["psyk"], member=member)
    FunctionMember.objects.filter(membership=cast.psyk).delete()
    Notification.objects.create(
        membership=cast.psyk, seq=900, kind="conversation.added", number="x", object_id=talk.conversation.pk
    )
    change_member(by=cast.psyk, party=talk.parties["psyk"], member=cast.psyk_2)
    assert told("conversation.added") == pks(cast.psyk_2)  # the one who has no seat there can no longer open it


# ---------- out ----------
def test_an_agency_let_out_loses_everything_at_once_and_is_told(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, S.INVITED, with_fk=True)
    agreement = make_agreement(talk)
    section = agreement.sections.get(party=talk.parties["soc"])
    shown = talk.parties["psyk"].question
    assert shown is not None
    said = Disclosure.objects.get(pk=shown.pk)
    said.pk = None
    said.save(force_insert=True)
    SectionReader.objects.create(section=section, agency=cast.psyk.agency, disclosure=said)
    for seq, kind in enumerate(("conversation.invited", "agreement.shared"), start=700):
        for member in (cast.psyk, cast.psyk_2, cast.fk):
            Notification.objects.create(
                membership=member, seq=seq, kind=kind, number="x", object_id=talk.conversation.pk
            )
    wants_mail(cast.person)
    assert as_hat(cast.soc).post(address(talk, "remove_party", talk.parties["psyk"].pk)).status_code == 302
    assert told("conversation.left", talk.conversation.pk) == pks(cast.psyk) and mails(cast.person) == 1
    assert told("conversation.invited") == told("agreement.shared") == pks(cast.fk)
    ended = Disclosure.objects.filter(recipient=cast.psyk.agency)
    assert {(one.ended_why, one.ended_at is not None) for one in ended} == {("recalled", True)} and len(ended) == 3
    page = as_hat(cast.psyk).get(address(talk, "conversation")).content.decode()
    assert "Åtkomsten upphörde" in page and leaks(page) == []
    assert not Disclosure.objects.filter(recipient=cast.fk.agency).exclude(ended_at=None).exists()
    assert str(cast.psyk_desk.pk) not in talk.fresh().desks.split()
    assert "Inte med längre" in as_hat(cast.soc).get(address(talk, "conversation")).content.decode()
    assert "Inte med längre" not in as_hat(cast.fk).get(address(talk, "conversation")).content.decode()


def test_the_last_other_agency_the_own_and_the_participant_stay(cast: Cast) -> None:
    talk = make_talk(cast)
    for name in ("psyk", "soc", "participant"):
        with pytest.raises(NotAllowed):
            remove_party(by=cast.soc, party=talk.parties[name])
    fk_in(cast, talk)
    remove_party(by=cast.soc, party=talk.parties["psyk"])
    with pytest.raises(SomebodyWasFaster):
        remove_party(by=cast.soc, party=talk.parties["psyk"])
    assert told("conversation.left") == pks(cast.psyk)


def test_a_sip_keeps_both_its_principals(cast: Cast) -> None:
    talk = make_talk(cast, kind=ConversationKind.SIP, with_fk=True)
    with pytest.raises(NotAllowed, match="både kommunen och regionen"):
        remove_party(by=cast.soc, party=talk.parties["psyk"])
    remove_party(by=cast.soc, party=talk.parties["fk"])


# ---------- the ground ----------
def test_another_agency_speaks_on_what_its_own_officer_has_confirmed(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast)
    path = address(talk, "conversation_ground")
    assert "Säg på vilken grund" in as_hat(cast.psyk).get(address(talk, "conversation")).content.decode()
    page = as_hat(cast.psyk).post(path, {"ground": "consent"}).content.decode()
    assert "Kryssa för att personen har sagt ja" in page
    assert as_hat(cast.psyk).post(path, {"ground": "consent", "confirmed": "on"}).status_code == 302
    party = Party.objects.get(pk=talk.parties["psyk"].pk)
    assert (party.ground_id, party.stated_by_id) == ("consent", cast.psyk.pk) and kinds_told() == set()
    assert "Ändra grunden" in as_hat(cast.psyk).get(address(talk, "conversation")).content.decode()


def test_consent_must_let_the_agency_tell_each_of_the_others(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, with_fk=True)  # psyk may tell soc at meetings, and nobody has said that it may tell fk
    path = address(talk, "conversation_ground")
    page = as_hat(cast.psyk).post(path, {"ground": "consent", "confirmed": "on"}).content.decode()
    assert "Samtycket täcker inte Försäkringskassan Norr." in page
    assert Party.objects.get(pk=talk.parties["psyk"].pk).ground_id is None
    with pytest.raises(NotAllowed, match="paragraf"):
        state_ground(by=cast.psyk, conversation=talk.conversation, ground=_other_ground())
    state_ground(by=cast.psyk, conversation=talk.conversation, ground=_other_ground(), reason="Prövat 10 kap.")
    assert Party.objects.get(pk=talk.parties["psyk"].pk).ground_reason == "Prövat 10 kap."
    assert "Prövat 10 kap." not in as_hat(cast.soc).get(address(talk, "conversation")).content.decode()


def _other_ground() -> Ground:
    return Ground.objects.filter(recipient_kind="").exclude(pk="consent")[0]


@pytest.mark.parametrize("name", [name for name in EVERYBODY if name not in {"psyk", "psyk_2"}])
def test_nobody_else_states_a_ground(cast: Cast, as_hat: AsHat, name: str) -> None:
    talk = make_talk(cast)
    client, path = as_hat(hats(cast)[name]), address(talk, "conversation_ground")
    for answer in (client.get(path), client.post(path, {"ground": "consent", "confirmed": "on"})):
        assert answer.status_code == 404 and leaks(answer.content, MARKERS) == []
    assert Party.objects.filter(ground__isnull=False).count() == 0
