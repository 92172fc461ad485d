"""The participant takes back a consent on their own page: everything that rested on it ends at once (L8)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from meetings.models import AgendaItem, CircleSeat
from notifications.models import Notification
from referrals.models import ReferralEvent
from referrals.queries import referrals_visible_to
from referrals.states import ReferralState, Verb
from tests.cast import SECRET_NAME, SECRET_TEXT, Cast, draft, give_consent, make_participant, sent
from tests.meetings.cases import meeting_consent, put
from tests.meetings.cast import make_room
from tests.meetings.talks import make_phone
from tests.referrals.journeys import WAYS, walk
from workspace import actions
from workspace.actions.consents import RowInput
from workspace.errors import NotAllowed
from workspace.front.actions.consents import withdraw_consent
from workspace.models import AuditEntry, Browser, Category, Consent, ConsentRow, Disclosure
from workspace.rules import Hat, disclosure_lives
from workspace.states import ConsentForm

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

AsHat = Callable[[Hat], Client]


def take_back(browser: Browser, consent: Consent, *codes: str) -> None:
    rows = consent.rows.filter(category__in=codes) if codes else consent.rows.all()
    withdraw_consent(by=browser, consent=consent, row_ids=list(rows.values_list("pk", flat=True)))


def told(kind: str) -> set[str]:
    rows = list(Notification.objects.filter(kind=kind).values_list("membership__user__username", flat=True))
    assert len(rows) == len(set(rows))
    return set(rows)


@pytest.mark.parametrize("state", sorted(set(WAYS) - {ReferralState.DRAFT, ReferralState.WITHDRAWN}))
def test_a_referral_ends_for_the_receiver_and_both_sides_are_told(cast: Cast, as_hat: AsHat, state: str) -> None:
    consent = give_consent(cast, follow_up=True)
    referral = walk(cast, draft(cast), *WAYS[ReferralState(state)])
    was_open, was_read = referral.is_open, referral in referrals_visible_to(cast.psyk)
    Notification.objects.all().delete()
    browser = make_phone(cast).browser
    take_back(browser, consent)
    page = as_hat(cast.psyk).get(f"/remisser/{referral.pk}/").content.decode()
    assert SECRET_NAME not in page and SECRET_TEXT not in page
    referral.refresh_from_db()
    if was_open and was_read:
        assert referral.state == ReferralState.WITHDRAWN
    event = ReferralEvent.objects.filter(referral=referral, verb=Verb.GROUND_WITHDRAWN).first()
    if event:
        assert (event.member_id, event.agency_id) == (None, None)
        line = AuditEntry.objects.get(what="referral.ground_withdrawn")
        assert (line.browser_id, line.membership_id) == (browser.pk, None)
        own = as_hat(cast.soc).get(f"/remisser/{referral.pk}/").content.decode()
        assert "Samtycket är återkallat" in own and "None" not in own
        assert "registrerade att samtycket" not in own
        paper = as_hat(cast.soc).post(f"/remisser/{referral.pk}/till-akt/")
        assert paper.status_code == 200
    notice = Notification.objects.filter(kind="referral.access_ended").first()
    if notice:
        assert told("referral.access_ended") == {"soc", "soc2", "psyk", "psyk2"}
        assert notice.acting_agency == cast.soc.agency and not told("consent.withdrawn")
        assert "registrerade att samtycket" in as_hat(cast.psyk).get("/handelser/").content.decode()
    else:
        assert told("consent.withdrawn") == {"soc", "soc2"}


def test_chosen_rows_end_and_the_others_stay(cast: Cast) -> None:
    referral = sent(cast, social="Hemligt om boende")
    consent = Consent.objects.get()
    take_back(make_phone(cast).browser, consent, "social")
    referral.refresh_from_db()
    assert referral.state == ReferralState.SENT
    ended = Disclosure.objects.exclude(disclosure_lives())
    assert set(ended.values_list("category", flat=True)) == {"social"}
    assert set(ConsentRow.objects.filter(withdrawn_at=None).values_list("category", flat=True)) == {
        "identity",
        "question",
    }
    assert told("consent.withdrawn") == {"soc", "soc2"} and told("referral.access_ended") == set()


def test_rows_of_another_consent_are_left_alone_and_a_second_time_does_nothing(cast: Cast) -> None:
    one, other = give_consent(cast), give_consent(cast, recipient=cast.fk.agency)
    browser = make_phone(cast).browser
    pks = list(ConsentRow.objects.values_list("pk", flat=True))
    for _ in range(2):
        withdraw_consent(by=browser, consent=one, row_ids=pks)
    assert not other.rows.filter(withdrawn_at__isnull=False).exists()
    assert one.rows.filter(withdrawn_by=None, withdrawn_at__isnull=False).count() == 2
    assert AuditEntry.objects.filter(what="consent.withdraw").count() == 1
    assert told("consent.withdrawn") == {"soc", "soc2"}


def test_any_consent_of_the_own_participant_whoever_obtained_it_and_no_one_elses(cast: Cast) -> None:
    today = timezone.localdate()
    status = Category.objects.get(pk="status")
    theirs = actions.record_consent(
        by=cast.psyk,
        agency=cast.psyk.agency,
        participant=cast.person,
        form=ConsentForm.ORAL,
        given_on=today,
        rows=[RowInput(cast.psyk.agency, cast.fk.agency, status, "x", today + timedelta(days=9))],
    )
    stranger = make_phone(cast, make_participant(cast.soc_desk, "Annan")).browser
    with pytest.raises(NotAllowed):
        take_back(stranger, theirs)
    assert not ConsentRow.objects.filter(withdrawn_at__isnull=False).exists()
    take_back(make_phone(cast).browser, theirs)
    assert ConsentRow.objects.filter(withdrawn_at__isnull=False, withdrawn_by=None).count() == 1
    assert told("consent.withdrawn") == set(), "soc is no party to what psyk may tell fk"


@pytest.mark.parametrize("role", ["soc_manager", "psyk", "psyk_manager", "fk", "outsider"])
def test_no_other_hat_takes_it_back(cast: Cast, role: str) -> None:
    consent = give_consent(cast)
    with pytest.raises(NotAllowed):
        withdraw_consent(
            by=getattr(cast, role), consent=consent, row_ids=list(consent.rows.values_list("pk", flat=True))
        )
    assert consent.rows.filter(withdrawn_at__isnull=True).count() == 2


def test_a_case_on_a_meeting_closes_for_the_circle_and_the_holders_are_told(cast: Cast, as_hat: AsHat) -> None:
    room = make_room(cast)
    consent = meeting_consent(cast)
    case = put(room)
    Notification.objects.all().delete()
    take_back(make_phone(cast).browser, consent)
    assert told("meeting.case_access_ended") == {"soc", "soc2", "psyk", "psyk2"}
    notice = Notification.objects.filter(kind="meeting.case_access_ended").first()
    assert notice and notice.acting_agency == cast.soc.agency
    assert told("consent.withdrawn") == set()
    assert not CircleSeat.objects.filter(disclosure_lives("identity__"), case=case, agency=cast.psyk.agency_id).exists()
    assert AgendaItem.objects.filter(pk=case.item_id).exists()


def test_who_registers_for_the_person_is_named_as_before(cast: Cast) -> None:
    consent = give_consent(cast)
    withdraw_consent(by=cast.soc, consent=consent, row_ids=list(consent.rows.values_list("pk", flat=True)))
    assert set(consent.rows.values_list("withdrawn_by", flat=True)) == {cast.soc.pk}
    assert told("consent.withdrawn") == set()
