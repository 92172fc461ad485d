"""What a kind of referral asks for: sections it needs, an answer without text, its own times, its last day of use."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from referrals import actions
from referrals.models import Referral, ReferralKind, ReferralSection, StepTime
from referrals.queries import step_time
from referrals.states import AnswerScope, ReferralState, Verb
from tests.cast import Cast, draft, give_consent
from tests.referrals.journeys import ALL, do, footprint, walk
from workspace.errors import NotAllowed
from workspace.models import Category
from workspace.rules import Hat
from workspace.swedish import say_date

pytestmark = [pytest.mark.django_db]
AsHat = Callable[[Hat], Client]
S, V = ReferralState, Verb
KIND = "counselling_contact"


def page(client: Client, referral: Referral, path: str = "") -> str:
    return client.get(f"/remisser/{referral.pk}/{path}").content.decode()


def post(client: Client, referral: Referral, path: str, **data: str) -> int:
    return client.post(f"/remisser/{referral.pk}/{path}/", data).status_code


def unread(found: dict[str, object]) -> dict[str, object]:
    """What was shown is logged, and no effect of what was refused."""
    return found | {"AuditEntry": 0}


# ---------- sections it needs ----------
def test_a_section_that_the_kind_needs_must_be_written_before_it_is_sent(cast: Cast, as_hat: AsHat) -> None:
    ReferralKind.objects.get(pk=KIND).needs.set([Category.objects.get(pk="work")])
    give_consent(cast, codes=("identity", "question", "work"))
    referral, soc = draft(cast), as_hat(cast.soc)
    review = page(soc, referral, "granska/")
    assert "Samtalskontakt behöver" in review and "arbete och studier" in review
    before = unread(footprint())
    assert post(soc, referral, "granska") == 422
    with pytest.raises(NotAllowed, match="Samtalskontakt behöver också: arbete och studier"):
        do(cast.soc, referral, V.SEND)
    assert unread(footprint()) == before
    texts = {"question": "Fråga", "work": "Har prövat praktik"}
    actions.save_draft(by=cast.soc, referral=referral, texts=texts, answer_wished_on=None)
    assert "Samtalskontakt behöver" not in page(soc, referral, "granska/")
    assert post(soc, referral, "granska") == 302
    referral.refresh_from_db()
    assert referral.state == S.SENT


def test_what_the_product_ships_says_which_kinds_need_what() -> None:
    needing = {kind.pk: set(kind.needs.values_list("pk", flat=True)) for kind in ReferralKind.objects.all()}
    assert {kind: needs for kind, needs in needing.items() if needs} == {
        "work_capacity_investigation": {"work"},
        "work_psychology_investigation": {"work"},
    }


# ---------- an answer without text ----------
@pytest.fixture
def investigation(cast: Cast) -> Referral:
    """Sent to the psychiatry as a neuropsychiatric investigation, whose result is never told here."""
    give_consent(cast, back=("status", "answer"))
    referral = draft(cast)
    kind = ReferralKind.objects.get(pk="neuropsychiatric_investigation")
    actions.readdress_draft(by=cast.soc, referral=referral, receiver=cast.psyk_desk, kind=kind)
    return walk(cast, referral, V.SEND)


@pytest.mark.embedded
def test_the_result_of_an_investigation_has_no_field_and_is_refused_everywhere(
    cast: Cast, as_hat: AsHat, investigation: Referral
) -> None:
    psyk = as_hat(cast.psyk)
    assert 'value="status_and_text"' not in page(psyk, investigation)
    before = unread(footprint())
    assert post(psyk, investigation, "ta-emot", scope="status_and_text") == 422
    with pytest.raises(NotAllowed, match="resultatet lämnas inte här"):
        do(cast.psyk, investigation, V.ACKNOWLEDGE, ALL)
    assert unread(footprint()) == before
    walk(cast, investigation, V.ACKNOWLEDGE, V.ACCEPT, scope=AnswerScope.STATUS)
    assert post(psyk, investigation, "fa-svara", scope="status_and_text") == 422
    with pytest.raises(NotAllowed, match="resultatet lämnas inte här"):
        do(cast.psyk, investigation, V.ALLOW_ANSWER, ALL)
    body = page(psyk, investigation)
    assert "Svar till avsändaren" not in body and "Skriv till båda" not in body
    for path, data in (("besluta", {"outcome": "granted"}), ("meddelande", {})):
        assert post(psyk, investigation, path, text="Utlåtandet i sin helhet", **data) in {302, 403}
    assert not ReferralSection.objects.filter(text__contains="Utlåtandet").exists()


# ---------- no longer in use ----------
def retire(day: date | None = None) -> None:
    ReferralKind.objects.filter(pk=KIND).update(retired_on=day or timezone.localdate())


def test_a_retired_kind_is_not_offered_and_a_draft_of_it_is_refused_kindly(cast: Cast, as_hat: AsHat) -> None:
    give_consent(cast)
    referral, soc = draft(cast), as_hat(cast.soc)
    new = f"/deltagare/{cast.person.pk}/remiss/"
    assert f'value="{KIND}"' in soc.get(new).content.decode()
    retire()
    assert f'value="{KIND}"' not in soc.get(new).content.decode()
    data = {"receiver": str(cast.psyk_desk.pk), "kind": KIND}
    before = Referral.objects.count()
    assert soc.post(new, data).status_code in {200, 422}
    assert Referral.objects.count() == before
    kept = unread(footprint())
    answer = soc.post(f"/remisser/{referral.pk}/granska/", {})
    assert answer.status_code == 422
    assert "Samtalskontakt går inte att fråga om längre. Välj något annat" in answer.content.decode()
    assert unread(footprint()) == kept


def test_a_kind_can_be_asked_for_until_its_day(cast: Cast, as_hat: AsHat) -> None:
    give_consent(cast)
    referral = draft(cast)
    retire(timezone.localdate() + timedelta(days=1))
    assert f'value="{KIND}"' in as_hat(cast.soc).get(f"/deltagare/{cast.person.pk}/remiss/").content.decode()
    do(cast.soc, referral, V.SEND)


def test_what_was_sent_before_its_kind_was_retired_goes_on(cast: Cast, as_hat: AsHat) -> None:
    give_consent(cast)
    referral = walk(cast, draft(cast), V.SEND)
    retire()
    walk(cast, referral, V.ACKNOWLEDGE, V.ACCEPT, V.DECIDE, V.CLOSE)
    assert referral.state == S.CLOSED
    assert "Samtalskontakt" in page(as_hat(cast.psyk), referral)


# ---------- expected times ----------
@pytest.fixture
def times(cast: Cast) -> dict[str, StepTime]:
    """One for each way to be exact, none like the other."""
    StepTime.objects.all().delete()
    kind, psyk = ReferralKind.objects.get(pk=KIND), cast.psyk.agency
    wholes = {"any": (None, None), "agency": (None, psyk), "kind": (kind, None), "both": (kind, psyk)}
    return {
        name: StepTime.objects.create(
            kind=of, agency=at, step=S.SENT, length=10 + number, unit="calendar_days", source=f"källan {name}"
        )
        for number, (name, (of, at)) in enumerate(wholes.items())
    }


def test_the_most_exact_time_counts(cast: Cast, times: dict[str, StepTime]) -> None:
    kind, other = ReferralKind.objects.get(pk=KIND), ReferralKind.objects.get(pk="other")
    assert step_time(other, cast.fk.agency, S.SENT) == times["any"]
    assert step_time(other, cast.psyk.agency, S.SENT) == times["agency"]
    assert step_time(kind, cast.fk.agency, S.SENT) == times["kind"]
    for best in ("both", "kind", "agency", "any"):
        assert step_time(kind, cast.psyk.agency, S.SENT) == times[best]
        times[best].delete()
    assert step_time(kind, cast.psyk.agency, S.SENT) is None


def test_the_page_explains_the_last_day_with_its_source(cast: Cast, as_hat: AsHat, times: dict[str, StepTime]) -> None:
    give_consent(cast)
    referral = walk(cast, draft(cast), V.SEND)
    assert referral.due_on is not None
    for hat in (cast.soc, cast.psyk):
        body = page(as_hat(hat), referral)
        assert "Så har vi räknat" in body
        assert "13 dagar enligt källan both." in body
        assert say_date(timezone.localdate()) in body
        assert "källan kind" not in body


def test_the_last_day_that_the_sender_knows_is_explained_alike_whatever_a_silent_receiver_does(
    cast: Cast, as_hat: AsHat, times: dict[str, StepTime]
) -> None:
    give_consent(cast)
    referral = walk(cast, draft(cast), V.SEND, V.ACKNOWLEDGE, scope=AnswerScope.NONE)
    soc = as_hat(cast.soc)
    reckoned = page(soc, referral).partition('id="rakning"')[2].partition("</details>")[0]
    assert "källan both" in reckoned
    walk(cast, referral, V.ACCEPT, V.START, scope=AnswerScope.NONE)
    assert page(soc, referral).partition('id="rakning"')[2].partition("</details>")[0] == reckoned
