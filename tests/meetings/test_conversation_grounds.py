"""Consent withdrawn, or run out, between invitation and meeting: who reads no more, and who is told (L8)."""

import contextlib
import time
from collections.abc import Callable, Generator
from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from meetings.actions.conversation_grounds import on_ground_lost
from meetings.models import Party, SectionReader
from meetings.queries.conversations import agencies_in, find_access
from meetings.states import ConversationState
from notifications.actions import Notice, deliver
from notifications.models import Notification
from tests.cast import SECRET_NAME, Cast, give_consent, make_participant
from tests.daphne import Daphne
from tests.meetings.talks import ABOUT, Talk, make_agreement, make_phone, make_talk
from tests.referrals.races import at_once, no_live_disclosure_on_an_ended_row, sequences_have_no_gaps
from tests.wire import Room as Screens
from tests.wire import Visitor, refusal_of
from workspace.actions import end_disclosures, make_disclosure, register_absence
from workspace.clocks import end_of
from workspace.errors import NotAllowed
from workspace.front.actions.consents import withdraw_consent
from workspace.front.actions.expiry import expire_disclosures
from workspace.models import AuditEntry, Browser, Category, ConsentRow, Disclosure, Ground, Membership
from workspace.states import EndReason

pytestmark = [pytest.mark.django_db]

S = ConversationState
By = Membership | Browser
ENDED = {"conversation.access_ended", "conversation.withdrawn"}


def rows_of(talk: Talk, member: Membership, *codes: str) -> list[int]:
    """What soc may tell that member's agency, in these categories (all of them)."""
    rows = ConsentRow.objects.filter(consent=talk.consents[member.agency_id], recipient=member.agency_id)
    return list((rows.filter(category__in=codes) if codes else rows).values_list("pk", flat=True))


def take_back(talk: Talk, by: By, member: Membership, *codes: str) -> None:
    withdraw_consent(by=by, consent=talk.consents[member.agency_id], row_ids=rows_of(talk, member, *codes))


def told(*kinds: str) -> dict[str, set[str]]:
    """Who has been told what: usernames by kind. Fails where anybody was told twice."""
    found: dict[str, set[str]] = {}
    rows = Notification.objects.filter(kind__in=kinds) if kinds else Notification.objects.all()
    for row in rows.select_related("membership__user"):
        names = found.setdefault(row.kind, set())
        assert row.membership.user.username not in names
        names.add(row.membership.user.username)
    return found


def earlier(talk: Talk) -> dict[int, Notification]:
    """Everybody at psyk, fk and soc has earlier notices of the conversation and its agreement; psyk of another too."""
    cast, pk = talk.cast, talk.conversation.pk
    everybody = frozenset(hat.pk for hat in (cast.soc, cast.psyk, cast.psyk_2, cast.fk))
    with transaction.atomic():
        deliver(
            [
                Notice("conversation.invited", "1", pk, cast.soc.agency, everybody),
                Notice("agreement.sent", "1", pk, cast.soc.agency, everybody),
                Notice("conversation.invited", "2", pk + 1000, cast.soc.agency, frozenset({cast.psyk.pk})),
                Notice("meeting.called", "3", pk, None, frozenset({cast.psyk.pk})),
            ]
        )
    return {row.pk: row for row in Notification.objects.all()}


def still_open(before: dict[int, Notification]) -> set[tuple[str, int, str]]:
    rows = Notification.objects.filter(pk__in=before, closed_at__isnull=True).select_related("membership__user")
    return {(row.kind, row.object_id, row.membership.user.username) for row in rows}


def opens(talk: Talk, *members: Membership) -> list[bool]:
    accesses = [find_access(member, talk.conversation.pk) for member in members]
    return [bool(access and access.is_open) for access in accesses]


# ---------- who is told, and who is not ----------
@pytest.mark.embedded
@pytest.mark.parametrize("state", S)
@pytest.mark.parametrize("by_phone", [False, True], ids=["by staff", "by phone"])
def test_who_loses_it_and_the_convener_are_told_and_nobody_else(cast: Cast, state: S, by_phone: bool) -> None:
    talk = make_talk(cast, state, with_fk=True)
    before = earlier(talk)
    phone = make_phone(cast).browser if by_phone else None
    take_back(talk, phone or cast.soc_2, cast.psyk)
    kind = "conversation.withdrawn" if by_phone else "conversation.access_ended"
    assert told(*ENDED, "consent.withdrawn", "referral.access_ended") == {kind: {"psyk", "soc"}}
    notice = Notification.objects.filter(kind=kind).first()
    assert notice and notice.object_id == talk.conversation.pk
    assert notice.acting_agency == (None if by_phone else cast.soc.agency)
    pk = talk.conversation.pk
    kept = {(kind, pk, name) for kind in ("conversation.invited", "agreement.sent") for name in ("soc", "fk")}
    assert still_open(before) == kept | {("conversation.invited", pk + 1000, "psyk"), ("meeting.called", pk, "psyk")}
    assert opens(talk, cast.soc, cast.psyk, cast.psyk_2, cast.fk, cast.outsider) == [True, False, False, True, False]
    assert talk.parties["psyk"].left_at is None and Party.objects.get(pk=talk.parties["psyk"].pk).left_at is None
    assert talk.fresh().state == state, "the conversation goes on with those who are left"


@pytest.mark.embedded
def test_the_one_who_registers_it_is_not_told(cast: Cast) -> None:
    talk = make_talk(cast, S.INVITED)
    take_back(talk, cast.soc, cast.psyk)
    assert told(*ENDED) == {"conversation.access_ended": {"psyk"}}


@pytest.mark.embedded
@pytest.mark.parametrize("code", ["identity", "meeting"])
def test_either_of_the_two_is_enough_and_the_other_tells_nothing_more(cast: Cast, code: str) -> None:
    talk = make_talk(cast, S.INVITED)
    take_back(talk, cast.soc_2, cast.psyk, code)
    assert told(*ENDED) == {"conversation.access_ended": {"psyk", "soc"}}
    assert opens(talk, cast.psyk) == [False]
    take_back(talk, cast.soc_2, cast.psyk)
    assert told(*ENDED) == {"conversation.access_ended": {"psyk", "soc"}}


@pytest.mark.embedded
def test_rows_on_which_no_party_rests_tell_nobody_of_it(cast: Cast) -> None:
    """What psyk may tell soc, a consent to somebody else, and one whose party has left."""
    talk = make_talk(cast, S.INVITED, with_fk=True)
    back = ConsentRow.objects.filter(discloser=cast.psyk.agency_id)
    withdraw_consent(
        by=cast.soc, consent=talk.consents[cast.psyk.agency_id], row_ids=list(back.values_list("pk", flat=True))
    )
    other = give_consent(cast, recipient=cast.psyk.agency)
    withdraw_consent(by=cast.soc, consent=other, row_ids=list(other.rows.values_list("pk", flat=True)))
    Party.objects.filter(pk=talk.parties["fk"].pk).update(left_at=timezone.now())
    take_back(talk, cast.soc, cast.fk)
    assert told(*ENDED) == {} and opens(talk, cast.psyk) == [True]


@pytest.mark.embedded
def test_who_had_been_taken_out_or_run_out_before_is_not_told(cast: Cast) -> None:
    recalled, lapsed = make_talk(cast, S.INVITED), make_talk(cast, S.HELD)
    identity = Disclosure.objects.filter(pk=recalled.parties["psyk"].identity_id)
    end_disclosures(identity, why=EndReason.RECALLED, at=timezone.now())
    take_back(recalled, cast.soc_2, cast.psyk)
    with time_machine.travel(timezone.now() + timedelta(days=400), tick=False):
        take_back(lapsed, cast.soc_2, cast.psyk)
    assert told(*ENDED) == {}


@pytest.mark.embedded
def test_an_absent_convener_and_an_absent_party_are_replaced(cast: Cast) -> None:
    today = timezone.localdate()
    for member, stand_in in ((cast.soc, cast.soc_2), (cast.psyk, cast.psyk_2)):
        register_absence(by=member, from_on=today, to_on=today, stand_in=stand_in)
    talk = make_talk(cast, S.INVITED)
    take_back(talk, make_phone(cast).browser, cast.psyk)
    assert told(*ENDED) == {"conversation.withdrawn": {"soc2", "psyk2"}}


@pytest.mark.embedded
def test_both_agencies_lost_in_two_acts_leave_nobody_to_talk_with(cast: Cast) -> None:
    talk = make_talk(cast, S.INVITED, with_fk=True)
    assert len(agencies_in(talk.conversation)) > 1
    take_back(talk, cast.soc_2, cast.psyk)
    assert len(agencies_in(talk.conversation)) > 1
    take_back(talk, cast.soc_2, cast.fk)
    assert len(agencies_in(talk.conversation)) == 1
    last = Notification.objects.filter(kind="conversation.access_ended").order_by("-pk")[:2]
    assert {row.membership.user.username for row in last} == {"fk", "soc"}


@pytest.mark.embedded
def test_the_hints_go_to_those_in_it_and_the_one_that_lost_it(cast: Cast) -> None:
    talk = make_talk(cast, S.INVITED, with_fk=True)
    other = make_talk(cast, S.INVITED, person=make_participant(cast.soc_desk, "Annan"))
    rows = list(ConsentRow.objects.filter(pk__in=rows_of(talk, cast.psyk)))
    end_disclosures(Disclosure.objects.filter(consent_row__in=rows), why=EndReason.WITHDRAWN, at=timezone.now())
    notices, hints = on_ground_lost(rows, by=cast.soc)
    agencies = {member.agency_id for member in (cast.soc, cast.psyk, cast.fk)}
    assert {group for group, _ in hints} == {
        f"topic.conversation.{talk.conversation.pk}.myndighet{a}" for a in agencies
    }
    assert all(set(hint) == {"type", "topic"} for _, hint in hints)
    assert {notice.object_id for notice in notices} == {talk.conversation.pk} != {other.conversation.pk}


@pytest.mark.embedded
def test_a_shared_section_that_rested_on_the_rows_hints_and_nobody_is_told(cast: Cast) -> None:
    talk = make_talk(cast, S.HELD, with_fk=True)
    section = make_agreement(talk).sections.get(party=talk.parties["soc"])
    row = ConsentRow.objects.get(consent=give_consent(cast, codes=("meeting",)))
    disclosure = make_disclosure(
        by=cast.soc,
        participant=cast.person,
        discloser=cast.soc.agency,
        recipient=cast.psyk.agency,
        category=Category.objects.get(pk="meeting"),
        purpose="x",
        ground=Ground.objects.get(pk="consent"),
        consent_row=row,
        ends_at=end_of(row.valid_until),
    )
    SectionReader.objects.create(section=section, agency=cast.psyk.agency, disclosure=disclosure)
    notices, hints = on_ground_lost([row], by=cast.soc)
    assert notices == [] and len(hints) == 3


# ---------- the participant themselves ----------
@pytest.mark.embedded
def test_a_browser_takes_back_only_what_is_its_own_participants(cast: Cast) -> None:
    talk = make_talk(cast, S.INVITED)
    other = make_phone(cast, make_participant(cast.soc_desk, "Annan")).browser
    with pytest.raises(NotAllowed):
        take_back(talk, other, cast.psyk)
    assert opens(talk, cast.psyk) == [True] and told(*ENDED, "consent.withdrawn") == {}


@pytest.mark.embedded
def test_the_history_names_the_browser_and_no_member(cast: Cast) -> None:
    talk, browser = make_talk(cast, S.INVITED), make_phone(cast).browser
    take_back(talk, browser, cast.psyk)
    rows = ConsentRow.objects.filter(pk__in=rows_of(talk, cast.psyk))
    assert {(row.withdrawn_by_id, row.withdrawn_at is None) for row in rows} == {(None, False)}
    entry = AuditEntry.objects.get(what="consent.withdraw")
    assert (entry.browser_id, entry.membership_id, entry.participant_id) == (browser.pk, None, cast.person.pk)


# ---------- run out ----------
@pytest.mark.embedded
def test_a_ground_that_runs_out_closes_the_notices_once_and_tells_nobody(cast: Cast) -> None:
    talk = make_talk(cast, S.INVITED, with_fk=True)
    before = earlier(talk)
    with time_machine.travel(timezone.now() + timedelta(days=200), tick=False):
        keep_alive(talk, "fk")
        count = Notification.objects.count()
        assert expire_disclosures() == 1
        assert expire_disclosures() == 0
        assert Notification.objects.count() == count
        assert {name for _, pk, name in still_open(before) if pk == talk.conversation.pk} == {"soc", "fk", "psyk"}
        assert ("meeting.called", talk.conversation.pk, "psyk") in still_open(before)
        assert not any(name == "psyk2" for *_, name in still_open(before))
    assert AuditEntry.objects.filter(what="conversation.lapsed").count() == 1


def keep_alive(talk: Talk, name: str) -> None:
    """A new consent and new disclosures for a party, as inviting it anew makes them."""
    cast, party = talk.cast, talk.parties[name]
    assert party.agency
    consent = give_consent(cast, recipient=party.agency, codes=("identity", "meeting"))
    for field, code in (("identity", "identity"), ("question", "meeting")):
        row = ConsentRow.objects.get(consent=consent, category=code)
        disclosure = make_disclosure(
            by=cast.soc,
            participant=cast.person,
            discloser=cast.soc.agency,
            recipient=party.agency,
            category=row.category,
            purpose="x",
            ground=Ground.objects.get(pk="consent"),
            consent_row=row,
            ends_at=end_of(row.valid_until),
        )
        setattr(party, field, disclosure)
    party.save()


@pytest.mark.embedded
def test_what_says_that_access_ended_stays_open_when_the_rest_runs_out(cast: Cast) -> None:
    talk = make_talk(cast, S.INVITED)
    take_back(talk, cast.soc_2, cast.psyk)
    with time_machine.travel(timezone.now() + timedelta(days=200), tick=False):
        assert expire_disclosures() == 0
    assert not Notification.objects.filter(kind="conversation.access_ended", closed_at__isnull=False).exists()


# ---------- within a second, through real sockets ----------
@pytest.fixture
def screens(daphne: Callable[..., Daphne], committed_db: None, cast: Cast) -> Generator[Screens]:
    with contextlib.ExitStack() as stack:
        yield Screens(daphne(), cast, stack)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("by_phone", [False, True], ids=["by staff", "by phone"])
def test_an_open_page_of_the_one_that_loses_it_hears_within_a_second_and_closes(
    screens: Screens, by_phone: bool
) -> None:
    cast = screens.cast
    talk = make_talk(cast, S.INVITED, with_fk=True)
    topic = f"conversation:{talk.conversation.pk}"
    browser = make_phone(cast).browser if by_phone else None
    colleague, fk = screens.live(cast.psyk_2, topic), screens.live(cast.fk, topic)
    visitor, page = Visitor(screens.server, cast.psyk_2), f"/samtal/{talk.conversation.pk}/"
    assert ABOUT in visitor.get(page).text
    began = time.monotonic()
    take_back(talk, browser or cast.soc_2, cast.psyk)
    heard = colleague.until("changed", seconds=2)
    assert time.monotonic() - began < 1
    assert heard[-1]["topic"] == topic
    assert fk.until("changed", seconds=2)[-1]["topic"] == topic
    assert refusal_of(visitor, topic)[0] == 403
    after = visitor.get(page)
    assert after.status in {200, 404}
    assert not any(word in after.text for word in (ABOUT, SECRET_NAME, "rum Älven"))
    assert ABOUT in Visitor(screens.server, cast.fk).get(page).text, "the others go on"
    assert screens.outsiders_heard_nothing()


@pytest.mark.django_db(transaction=True)
def test_staff_and_the_phone_at_once_take_back_once(cast: Cast) -> None:
    for _ in range(4):
        talk = make_talk(cast, S.CANCELLED)
        browser = make_phone(cast).browser
        at_once(
            lambda talk=talk: take_back(talk, cast.soc_2, cast.psyk),  # type: ignore[misc]
            lambda talk=talk, browser=browser: take_back(talk, browser, cast.psyk),  # type: ignore[misc]
        )
        rows = Notification.objects.filter(object_id=talk.conversation.pk, kind__in=ENDED)
        assert len(set(rows.values_list("kind", flat=True))) == 1
        assert sorted(rows.values_list("membership__user__username", flat=True)) == ["psyk", "soc"]
        assert no_live_disclosure_on_an_ended_row()
    assert sequences_have_no_gaps()
