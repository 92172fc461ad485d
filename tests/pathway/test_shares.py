"""Telling another agency parts of somebody's way: what covers it, who is told, what stands afterwards."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from notifications.models import Notification
from tests.cast import SECRET_NAME, Cast, give_consent
from tests.pathway.share_stage import ALL, REASON, full_way, in_days, tell, told, way_consent
from tests.pathway.stage import enrolled
from tests.referrals.journeys import undone
from workspace.clocks import end_of
from workspace.errors import NotAllowed, Refusal, SomebodyWasFaster
from workspace.front.actions.way_shares import stop_telling, tell_way
from workspace.models import (
    Agency,
    AuditEntry,
    ConsentRow,
    Cooperation,
    CooperationAgency,
    Disclosure,
    Ground,
)
from workspace.pathway.models import Enrolment, PartShare
from workspace.pathway.queries.shares import agencies_told
from workspace.pathway.states import Part
from workspace.rules import Hat
from workspace.states import AuditAct, EndReason

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]
PHASE, PLAN = Part.PHASE, Part.PLAN


def notified() -> dict[str, set[str]]:
    """Who has been told what: usernames by kind."""
    found: dict[str, set[str]] = {}
    for row in Notification.objects.filter(kind__startswith="way.part").select_related("membership__user"):
        found.setdefault(row.kind, set()).add(row.membership.user.username)
    return found


def here(way: Enrolment, desk: Any = None) -> str:
    return reverse("tell_way", args=[way.pk]) + (f"?till={desk.pk}" if desk else "")


# ---------- the act ----------
def test_each_part_is_a_share_and_a_disclosure_and_only_the_told_desk_hears_of_it(cast: Cast) -> None:
    way = told(cast, (PHASE, PLAN))
    shares = list(PartShare.objects.order_by("pk"))
    assert [share.part for share in shares] == ["phase", "plan"]
    assert {share.function for share in shares} == {cast.psyk_desk}
    assert agencies_told(way, PHASE, Part.HEALTH) == [cast.psyk.agency] and agencies_told(way, Part.HEALTH) == []
    made = Disclosure.objects.filter(participant=cast.person)
    assert sorted(made.values_list("category", flat=True)) == ["identity", "phase", "plan"]
    for one in made:
        assert one.recipient == cast.psyk.agency and one.discloser == cast.soc.agency and one.officer == cast.soc
        assert one.ground_id == "consent" and one.consent_row and one.purpose == "ordna en samtalskontakt"
        assert one.ends_at == end_of(in_days(180)), "it ends with its consent row"
    assert notified() == {"way.part_told": {"psyk", "psyk2"}}
    notice = Notification.objects.filter(kind="way.part_told")[0]
    assert notice.object_id == way.pk and SECRET_NAME not in notice.number
    acts = AuditEntry.objects.filter(participant_id=cast.person.pk, act=AuditAct.DISCLOSE)
    assert {row.what for row in acts} == {"disclosure.identity", "disclosure.phase", "disclosure.plan"}
    assert AuditEntry.objects.filter(what="way.tell", object_id=way.pk).count() == 1


def test_nothing_lasts_longer_than_365_days(cast: Cast) -> None:
    way = full_way(cast)
    way_consent(cast, until=in_days(3000))
    tell(cast, way, (PHASE,))
    share = PartShare.objects.select_related("disclosure", "identity").get()
    for one in (share.disclosure, share.identity):
        assert timedelta(days=364) < one.ends_at - timezone.now() <= timedelta(days=365)


def test_what_the_consent_does_not_hold_is_not_told(cast: Cast) -> None:
    way = enrolled(cast)
    yesterday = timezone.localdate() - timedelta(days=1)
    cases: dict[str, Callable[[], Any]] = {
        "no consent": lambda: None,
        "another part": lambda: way_consent(cast, (PLAN,)),
        "another agency": lambda: way_consent(cast, ALL, to=cast.fk_desk),
        "not whose way it is": lambda: way_consent(cast, ALL, identity=False),
        "only whose way it is": lambda: way_consent(cast, ()),
        "run out": lambda: way_consent(cast, ALL, until=yesterday),
        "withdrawn": lambda: ConsentRow.objects.filter(consent=way_consent(cast)).update(withdrawn_at=timezone.now()),
        "the other way round": lambda: give_consent(cast, codes=("identity",), back=tuple(ALL)),
    }
    for name, lay in cases.items():
        with undone():
            lay()
            with pytest.raises(NotAllowed) as refused:
                tell(cast, way, (PHASE,))
            assert "Samtycke saknas" in refused.value.sentence, name
            assert not PartShare.objects.exists() and not Disclosure.objects.exists(), name
            assert not Notification.objects.exists(), name
    way_consent(cast, (PHASE,))
    with pytest.raises(NotAllowed, match="kartläggningen: hälsa"):
        tell(cast, way, (PHASE, Part.HEALTH))
    assert tell(cast, way, (PHASE,))


def test_health_is_told_by_itself(cast: Cast) -> None:
    way = full_way(cast)
    way_consent(cast, (Part.ASSESSMENT,))
    tell(cast, way, (Part.ASSESSMENT,))
    with pytest.raises(NotAllowed, match="hälsa"):
        tell(cast, way, (Part.HEALTH,))


def test_another_ground_is_stated_with_its_reason_and_covers_whose_way_it_is(cast: Cast) -> None:
    way = enrolled(cast)
    with pytest.raises(NotAllowed, match="Skriv varför menprövning gäller"):
        tell(cast, way, (PHASE,), ground="harm_test")
    tell(cast, way, (PHASE,), ground="harm_test", reason=REASON)
    for one in Disclosure.objects.all():
        assert (one.ground_id, one.consent_row, one.reason) == ("harm_test", None, REASON)
    assert Disclosure.objects.count() == 2


def test_a_ground_that_the_law_does_not_know_for_the_recipient_is_refused(cast: Cast) -> None:
    way = enrolled(cast)
    with pytest.raises(NotAllowed, match="går inte att använda"):
        tell(cast, way, (PHASE,), ground="insured_permits", reason=REASON)  # of Försäkringskassan only (L9)
    assert tell(cast, way, (PHASE,), to=cast.fk_desk, ground="insured_permits", reason=REASON)
    Ground.objects.filter(pk="harm_test").update(valid_to=timezone.localdate() - timedelta(days=1))
    with pytest.raises(NotAllowed, match="går inte att använda"):
        tell(cast, way, (PHASE,), ground="harm_test", reason=REASON)


def test_only_desks_of_the_ways_cooperation_can_be_told(cast: Cast) -> None:
    way = enrolled(cast)
    elsewhere = Cooperation.objects.get(name="Samverkan Arvidsjaur")
    CooperationAgency.objects.create(cooperation=elsewhere, agency=cast.soc.agency)
    for desk in (cast.outside_desk, cast.soc_desk):
        with pytest.raises(NotAllowed, match="Den enheten"):
            tell(cast, way, (PHASE,), to=desk, ground="harm_test", reason=REASON)
    Agency.objects.filter(pk=cast.psyk.agency_id).update(by_letter=True)
    with pytest.raises(NotAllowed, match="Den enheten"):
        tell(cast, way, (PHASE,), ground="harm_test", reason=REASON)


def test_only_caseworkers_of_the_ways_agency_tell_and_take_back(cast: Cast) -> None:
    way = told(cast, (PHASE,))
    share = PartShare.objects.get()
    for name, by in cast.members.items():
        with undone():
            may = name in {"soc", "soc_2"}
            ground = Ground.objects.get(pk="consent")
            for act in (
                lambda: tell_way(by=by, enrolment=way, desk=cast.psyk_desk, parts=(PLAN,), ground=ground),  # noqa: B023
                lambda: stop_telling(by=by, share=share),  # noqa: B023
            ):
                try:
                    act()
                except Refusal as refused:
                    assert not may and isinstance(refused, NotAllowed), name
                else:
                    assert may, name


def test_what_they_already_read_is_not_told_again_unless_it_lasts_longer(cast: Cast) -> None:
    way = told(cast, (PHASE,))
    with pytest.raises(SomebodyWasFaster, match="redan berättat"):
        tell(cast, way, (PHASE,))
    assert [share.part for share in tell(cast, way, (PHASE, PLAN))] == ["plan"]
    way_consent(cast, (PHASE,), until=in_days(300))
    (share,) = tell(cast, way, (PHASE,))
    assert share.disclosure.ends_at == end_of(in_days(300))
    stop_telling(by=cast.soc, share=share)  # both of them end
    assert not PartShare.objects.filter(part=PHASE, ended_at=None).exists()


# ---------- taking back ----------
def test_a_part_taken_back_ends_its_disclosure_and_the_desk_is_told_once(cast: Cast) -> None:
    told(cast, (PHASE, PLAN))
    share = PartShare.objects.get(part=PLAN)
    stop_telling(by=cast.soc_2, share=share)
    share.refresh_from_db()
    assert share.ended_at and share.disclosure.ended_why == EndReason.TAKEN_BACK
    assert share.identity.ended_at is None, "it is still told whose phase it is"
    assert notified() == {"way.part_told": {"psyk", "psyk2"}, "way.part_ended": {"psyk", "psyk2"}}
    assert not Notification.objects.filter(closed_at__isnull=False).exists(), "there is still something to read"
    with pytest.raises(SomebodyWasFaster):
        stop_telling(by=cast.soc, share=share)
    last = PartShare.objects.get(part=PHASE)
    stop_telling(by=cast.soc, share=last)
    last.refresh_from_db()
    assert last.identity.ended_why == EndReason.TAKEN_BACK
    closed = Notification.objects.filter(closed_at__isnull=False)
    assert {row.kind for row in closed} == {"way.part_told"} and closed.count() == 2


# ---------- the pages ----------
def test_the_desk_is_chosen_first_then_the_parts_and_why(cast: Cast, as_hat: AsHat) -> None:
    way = full_way(cast)
    way_consent(cast, (PHASE,))
    client = as_hat(cast.soc)
    first = client.get(here(way)).content.decode()
    assert "Vuxenpsykiatrin Piteå, Mottagning" in first and "Arvidsjaur" not in first
    second = client.get(here(way, cast.psyk_desk)).content.decode()
    assert second.count("Samtycke saknas") == 4 and second.count("Samtycke till och med") == 1
    assert "Den försäkrade medger" not in second
    answer = client.post(here(way, cast.psyk_desk), {"parts": ["phase"], "ground": "consent", "once": "a"})
    assert answer.status_code == 302 and answer.headers["Location"] == reverse("way", args=[way.pk])
    again = client.post(here(way, cast.psyk_desk), {"parts": ["phase"], "ground": "consent", "once": "a"})
    assert again.status_code == 302 and PartShare.objects.count() == 1
    page = client.get(reverse("way", args=[way.pk])).content.decode()
    assert "Var på vägen" in page and "Sluta berätta" in page
    stop = reverse("stop_telling", args=[PartShare.objects.get().pk])
    assert client.get(stop).status_code == 405
    assert client.post(stop, {"once": "b"}).status_code == 302
    assert "Sluta berätta" not in client.get(reverse("way", args=[way.pk])).content.decode()


def test_bad_input_is_answered_with_a_sentence_and_keeps_what_was_typed(cast: Cast, as_hat: AsHat) -> None:
    way = enrolled(cast)
    client, path = as_hat(cast.soc), here(way, cast.psyk_desk)
    bad: tuple[tuple[dict[str, Any], str], ...] = (
        ({"ground": "consent"}, "Kryssa för vad ni vill berätta."),
        ({"parts": ["allt"], "ground": "consent"}, "Välj bland delarna."),
        ({"parts": ["phase"]}, "Välj varför ni får berätta."),
        ({"parts": ["phase"], "ground": "insured_permits"}, "går inte att använda"),
        ({"parts": ["phase"], "ground": "x\x00"}, "tecken är inte tillåtna"),
        ({"parts": ["phase"], "ground": "consent"}, "Samtycke saknas för vem det gäller och var på vägen"),
        ({"parts": ["phase"], "ground": "harm_test"}, "Skriv varför menprövning gäller."),
        ({"parts": ["phase"], "ground": "harm_test", "reason": "å" * 5001}, "4501 tecken för lång"),
        ({"parts": ["phase"], "ground": "harm_test", "reason": "a\x00b"}, "tecken som inte går att visa"),
    )
    for data, sentence in bad:
        answer = client.post(path, data)
        assert answer.status_code == 200 and sentence in answer.content.decode(), data
        assert not PartShare.objects.exists()
    kept = client.post(path, {"parts": ["plan"], "ground": "harm_test", "reason": ""}).content.decode()
    assert 'value="plan"' in kept and 'value="harm_test"' in kept and kept.count("checked") == 2
    for till in ("", "9" * 30, "-1", "x", str(cast.outside_desk.pk), "\x00"):
        answer = client.get(reverse("tell_way", args=[way.pk]), {"till": till})
        assert answer.status_code == 200 and "Välj" in answer.content.decode()
    for pk in (10**18, 10**30):
        assert client.get(f"/vagen/{pk}/beratta/").status_code == 404
        assert client.post(f"/vagen/berattat/{pk}/sluta/").status_code == 404
        assert client.get(f"/delat/{pk}/").status_code == 404


# ---------- the consent ----------
def test_a_consent_for_the_way_says_which_agencies_may_read_which_parts(cast: Cast, as_hat: AsHat) -> None:
    client, path = as_hat(cast.soc), reverse("way_consent", args=[cast.person.pk])
    form = {
        "agencies": [cast.psyk.agency_id, cast.fk.agency_id],
        "parts": ["phase", "health"],
        "purpose": "planera mina nästa steg",
        "valid_until": in_days(90).isoformat(),
        "form": "written",
        "given_on": timezone.localdate().isoformat(),
        "limits": "",
    }
    page = client.get(path).content.decode()
    assert "Samtycke för vägen" in page and "Kartläggningen: hälsa" in page and "Arvidsjaur" not in page
    assert client.post(path, form).status_code == 302
    rows = {(row.recipient_id, row.category_id) for row in ConsentRow.objects.filter(discloser=cast.soc.agency)}
    codes = {"identity", "phase", "health"}
    assert rows == {(agency, code) for agency in (cast.psyk.agency_id, cast.fk.agency_id) for code in codes}
    assert {row.valid_until for row in ConsentRow.objects.all()} == {in_days(90)}
    for name, value, sentence in (
        ("agencies", [], "Kryssa för minst en myndighet."),
        ("agencies", [cast.outsider.agency_id], "Välj bland myndigheterna"),
        ("agencies", ["9" * 30], "Välj bland myndigheterna"),
        ("agencies", ["x"], "Välj bland myndigheterna"),
        ("parts", [], "Kryssa för vad ni får berätta om."),
        ("parts", ["identity"], "Välj bland delarna."),
        ("parts", ["phase", "\x00"], "tecken är inte tillåtna"),
        ("valid_until", "2020-01-01", "har redan varit"),
        ("purpose", "", "Skriv vad det ska leda till."),
    ):
        answer = client.post(path, {**form, name: value})
        assert answer.status_code == 200 and sentence in answer.content.decode(), (name, value)
    assert ConsentRow.objects.count() == 6


def test_only_caseworkers_who_may_open_the_participant_record_it(cast: Cast, as_hat: AsHat) -> None:
    path = reverse("way_consent", args=[cast.person.pk])
    hats: dict[str, Hat] = {**cast.members, "coordinator": cast.coordinator, "chair": cast.chair}
    for name, hat in hats.items():
        assert as_hat(hat).get(path).status_code == (200 if name in {"soc", "soc_2"} else 404), name


def test_the_referrals_consent_form_keeps_its_own_list(cast: Cast, as_hat: AsHat) -> None:
    page = as_hat(cast.soc).get(reverse("new_consent", args=[cast.person.pk])).content.decode()
    assert "Handlingsplan" not in page and "Var på vägen" not in page and "Kontaktuppgifter" in page


def test_the_pages_of_a_told_part_say_who_else_reads_it(cast: Cast, as_hat: AsHat) -> None:
    way, soc = full_way(cast), as_hat(cast.soc)
    way_consent(cast)
    pages = {
        "way": Part.PHASE, "way_plan": Part.PLAN, "way_assessment": Part.HEALTH, "new_activity": Part.ACTIVITIES,
    }  # fmt: skip

    def readers(name: str) -> str:
        page = soc.get(reverse(name, args=[way.pk])).content.decode()
        return "".join(piece.partition("</p>")[0] for piece in page.split('<p class="readers">')[1:])

    assert not [name for name in pages if "Vuxenpsykiatrin" in readers(name)]
    tell(cast, way, list(pages.values()))
    assert not [name for name in pages if "Vuxenpsykiatrin" not in readers(name)]
