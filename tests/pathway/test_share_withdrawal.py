"""A consent withdrawn closes what was told of a way at once; what runs out ends by itself (L8)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from notifications.models import Notification
from tests.cast import Cast, make_participant
from tests.meetings.talks import make_phone
from tests.pathway.share_stage import ALL, REASON, in_days, tell, told, way_consent
from tests.pathway.stage import enrolled
from tests.pathway.test_shares import notified
from tests.referrals.journeys import undone
from tests.referrals.races import at_once, no_live_disclosure_on_an_ended_row
from workspace.front.actions.consents import withdraw_consent
from workspace.front.actions.expiry import expire_disclosures
from workspace.front.actions.way_shares import stop_telling
from workspace.models import AuditEntry, Browser, Consent, ConsentRow, Disclosure, Membership
from workspace.pathway.models import PartShare
from workspace.pathway.states import Part
from workspace.rules import Hat
from workspace.states import EndReason

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]
BOTH = {"psyk", "psyk2"}


def withdraw(by: Membership | Browser, consent: Consent, *codes: str) -> None:
    rows = consent.rows.filter(category__in=codes) if codes else consent.rows.all()
    withdraw_consent(by=by, consent=consent, row_ids=rows.values_list("pk", flat=True))


def living() -> set[str]:
    return set(PartShare.objects.filter(ended_at=None).values_list("part", flat=True))


def test_withdrawn_everything_closes_and_the_desk_is_told_once(cast: Cast) -> None:
    way = told(cast)
    consent = Consent.objects.get()
    for by in (cast.soc, make_phone(cast).browser):
        with undone():
            withdraw(by, consent)
            assert living() == set()
            ended = Disclosure.objects.filter(ended_why=EndReason.WITHDRAWN)
            assert ended.count() == len(ALL) + 1 == Disclosure.objects.count()
            rows = Notification.objects.filter(kind="way.part_ended")
            assert sorted(row.membership.user.username for row in rows) == ["psyk", "psyk2"], "once each"
            assert {(row.object_id, row.acting_agency) for row in rows} == {(way.pk, cast.soc.agency)}
            first = Notification.objects.filter(kind="way.part_told")
            assert first.count() == 2 and not first.filter(closed_at=None).exists()
            others = Notification.objects.exclude(kind__startswith="way.part")
            who = {(row.kind, row.membership.user.username) for row in others}
            by_phone = {("consent.withdrawn", "soc"), ("consent.withdrawn", "soc2")}
            assert who == (by_phone if isinstance(by, Browser) else set())


def test_some_rows_close_their_parts_and_the_earlier_notice_stays(cast: Cast) -> None:
    told(cast, (Part.PHASE, Part.PLAN))
    withdraw(cast.soc, Consent.objects.get(), "plan")
    assert living() == {"phase"}
    assert notified() == {"way.part_told": BOTH, "way.part_ended": BOTH}
    assert not Notification.objects.filter(closed_at__isnull=False).exists()
    withdraw(cast.soc, Consent.objects.get(), "plan")
    assert Notification.objects.filter(kind="way.part_ended").count() == 2, "what was taken back already says nothing"


def test_without_whose_way_it_is_nothing_is_told(cast: Cast) -> None:
    told(cast, (Part.PHASE, Part.PLAN))
    withdraw(cast.soc, Consent.objects.get(), "identity")
    assert living() == set()
    assert not Disclosure.objects.filter(ended_at=None).exists()


def test_another_consent_and_another_ground_are_untouched(cast: Cast) -> None:
    way = told(cast, (Part.PHASE,))
    first = Consent.objects.get()
    tell(cast, way, (Part.PLAN,), ground="harm_test", reason=REASON)
    way_consent(cast, to=cast.fk_desk)
    tell(cast, way, (Part.HEALTH,), to=cast.fk_desk)
    withdraw(cast.soc, first)
    left = PartShare.objects.filter(ended_at=None).order_by("pk")
    assert [(share.part, share.function) for share in left] == [("plan", cast.psyk_desk), ("health", cast.fk_desk)]
    assert notified()["way.part_ended"] == BOTH
    assert no_live_disclosure_on_an_ended_row()


def test_a_part_that_is_told_on_another_ground_too_is_not_lost(cast: Cast) -> None:
    way = told(cast, (Part.PHASE,))
    tell(cast, way, (Part.PHASE,), ground="harm_test", reason=REASON)  # lasts longer than the consent
    withdraw(cast.soc, Consent.objects.get())
    assert living() == {"phase"}
    assert notified() == {"way.part_told": BOTH}, "they read what they read before: there is nothing to tell"


def test_a_new_consent_does_not_bring_back_what_was_closed(cast: Cast, as_hat: AsHat) -> None:
    way = told(cast, (Part.PHASE,))
    withdraw(cast.soc, Consent.objects.get())
    way_consent(cast)
    assert living() == set()
    assert "Fas 1" not in as_hat(cast.psyk).get(reverse("told_way", args=[way.pk])).content.decode()
    tell(cast, way, (Part.PHASE,))
    assert "Fas 1" in as_hat(cast.psyk).get(reverse("told_way", args=[way.pk])).content.decode()


def test_another_persons_consent_closes_nothing(cast: Cast) -> None:
    told(cast, (Part.PHASE,))
    other = make_participant(cast.soc_desk, first="Annan")
    withdraw(cast.soc, way_consent(cast, person=other))
    assert living() == {"phase"} and notified() == {"way.part_told": BOTH}


def test_the_page_that_withdraws_and_the_notices_lead_to_pages_that_open(cast: Cast, as_hat: AsHat) -> None:
    way = told(cast, (Part.PHASE,))
    consent = Consent.objects.get()
    client = as_hat(cast.soc)
    rows = [str(pk) for pk in consent.rows.values_list("pk", flat=True)]
    answer = client.post(reverse("withdraw_consent", args=[consent.pk]), {"rows": rows})
    assert answer.status_code == 302 and living() == set()
    listed = as_hat(cast.psyk).get(reverse("notifications")).content.decode()
    assert "berättar inte längre" in listed and "om någons väg, " not in listed
    gone = as_hat(cast.psyk).get(reverse("told_way", args=[way.pk]))
    assert gone.status_code == 200 and "Samtycket är återkallat" in gone.content.decode()


# ---------- by time ----------
def test_what_has_run_out_is_seen_to_by_the_sweep_and_tells_nobody(cast: Cast) -> None:
    way = enrolled(cast)
    way_consent(cast, (Part.PHASE,), until=in_days(10))
    way_consent(cast, (Part.PLAN,), until=in_days(20), identity=True)
    tell(cast, way, (Part.PHASE, Part.PLAN))
    assert expire_disclosures() == 0
    for days, left, closed in ((11, {"plan"}, 0), (21, set(), 2)):
        with time_machine.travel(timezone.now() + timedelta(days=days)):
            assert expire_disclosures() == 1
            assert living() == left
            assert Notification.objects.filter(closed_at__isnull=False).count() == closed
            assert expire_disclosures() == 0
    assert notified() == {"way.part_told": BOTH}
    assert AuditEntry.objects.filter(what="way.share_lapsed").count() == 2


def test_withdrawn_after_its_time_tells_nobody(cast: Cast) -> None:
    way = enrolled(cast)
    way_consent(cast, (Part.PHASE,), until=in_days(10))
    tell(cast, way, (Part.PHASE,))
    with time_machine.travel(timezone.now() + timedelta(days=12)):
        withdraw(cast.soc, Consent.objects.get())
    assert notified() == {"way.part_told": BOTH} and living() == set()


# ---------- at the same moment ----------
@pytest.mark.postgres
def test_told_and_withdrawn_at_once_nothing_lives_on_a_dead_row(cast: Cast, committed_db: None) -> None:
    way = enrolled(cast)
    for waits in ((0.0, 0.0), (0.0, 0.02), (0.02, 0.0), (0.0, 0.005), (0.005, 0.0)):
        consent = way_consent(cast, (Part.PHASE, Part.PLAN))
        results: list[Any] = at_once(
            lambda: tell(cast, way, (Part.PHASE, Part.PLAN)),
            lambda: withdraw(cast.soc, consent),  # noqa: B023
            head_start=waits,
        )
        assert results[1] == "done"
        assert not ConsentRow.objects.filter(withdrawn_at=None).exists()
        assert living() == set(), waits
        assert no_live_disclosure_on_an_ended_row() and not Disclosure.objects.filter(ended_at=None).exists()


@pytest.mark.postgres
def test_taken_back_by_two_at_once_it_is_said_once(cast: Cast, committed_db: None) -> None:
    way_consent(cast, (Part.PHASE,))
    (share,) = tell(cast, enrolled(cast), (Part.PHASE,))
    at_once(lambda: stop_telling(by=cast.soc, share=share), lambda: stop_telling(by=cast.soc_2, share=share))
    assert Notification.objects.filter(kind="way.part_ended").count() == 2
