"""Exactly the parts that were told are in the told desk's page, and nobody else has a page (L11, R33)."""

import re
from collections.abc import Callable
from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.cast import SECRET_NAME, Cast, make_member, make_participant
from tests.pathway.share_stage import (
    ALL,
    MARKERS,
    NEVER,
    REASON,
    full_way,
    in_days,
    many_told,
    markers_in,
    tell,
    told,
    way_consent,
)
from tests.pathway.stage import enrolled
from tests.referrals.journeys import undone
from workspace.actions import state_reason
from workspace.front.actions.consents import withdraw_consent
from workspace.front.actions.way_shares import stop_telling
from workspace.front.consumers import group_of_topic
from workspace.models import AuditEntry, Consent, ConsentRow, CooperationRole, Function
from workspace.pathway.models import ActionPlan, Enrolment, PartShare
from workspace.pathway.states import Part
from workspace.rules import Hat
from workspace.states import AuditAct, CooperationRoleKind

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]
MISSING = 10**9
OF_PERSON = ("told_way", "told_way_fragment")


def everybody(cast: Cast) -> dict[str, Hat]:
    evaluator = CooperationRole.objects.create(
        cooperation=cast.cooperation, user=cast.chair.user, role=CooperationRoleKind.EVALUATOR
    )
    elected = CooperationRole.objects.create(
        cooperation=cast.cooperation, user=cast.chair.user, role=CooperationRoleKind.ELECTED
    )
    roles: dict[str, Hat] = {"coordinator": cast.coordinator, "chair": cast.chair}
    return {**cast.members, **roles, "evaluator": evaluator, "elected": elected}


def page(client: Client, way: Enrolment, name: str = "told_way") -> Any:
    return client.get(reverse(name, args=[way.pk]))


def without_address(answer: Any) -> bytes:
    """The answer, but for the address asked for and the key of the page's forms."""
    return re.sub(rb"\b\w{64}\b", b"", answer.content).replace(answer.request["PATH_INFO"].encode(), b"")


def none_of_it(text: str) -> None:
    assert SECRET_NAME not in text and "Åström" not in text and "070-000 00 00" not in text
    assert markers_in(text) == set()


# ---------- which parts ----------
def test_exactly_the_parts_that_were_told_are_in_the_page(cast: Cast, as_hat: AsHat) -> None:
    way = told(cast, ())
    client = as_hat(cast.psyk)
    chosen = [set(some) for number in range(1, len(ALL) + 1) for some in combinations(ALL, number)]
    for parts in chosen:
        with undone():
            tell(cast, way, sorted(parts))
            for name in OF_PERSON:
                answer = page(client, way, name)
                assert answer.status_code == 200
                text = answer.content.decode()
                assert markers_in(text) == parts, (name, parts)
                assert SECRET_NAME in text and "1984" in text and "070-000 00 00" in text
                assert SECRET_NAME not in "".join(re.findall("<title>.*?</title>", text))
                assert text.count("data-expires-at") == len(parts) + 1


def test_part_by_part_what_is_taken_back_or_withdrawn_goes_and_the_rest_stays(cast: Cast, as_hat: AsHat) -> None:
    way = told(cast)
    client = as_hat(cast.psyk)
    for part in ALL:
        row = ConsentRow.objects.get(category=part)
        share = PartShare.objects.get(part=part)
        for act in (
            lambda: stop_telling(by=cast.soc, share=share),  # noqa: B023
            lambda: withdraw_consent(by=cast.soc, consent=row.consent, row_ids=[row.pk]),  # noqa: B023
        ):
            with undone():
                act()
                assert markers_in(page(client, way).content.decode()) == set(ALL) - {part}
                assert markers_in(page(as_hat(cast.soc), way, "told_way").content.decode()) == set()


def test_what_is_read_is_as_it_is_now_but_the_plan_is_as_it_was_shown(cast: Cast, as_hat: AsHat) -> None:
    way = told(cast)
    way.area_texts.create(area="work", voice="staff", number=1, text="Nytt om arbete", written_by=cast.soc)
    text = page(as_hat(cast.psyk), way).content.decode()
    assert "Nytt om arbete" in text and "Planord som inte är visade" not in text
    assert "nedskrivna av Socialtjänsten Piteå" in text


# ---------- who ----------
STATES: dict[str, tuple[Callable[[Cast, Enrolment], Any], set[Part]]] = {
    "none told": (lambda cast, way: None, set()),
    "one part": (lambda cast, way: tell(cast, way, (Part.PHASE,)), {Part.PHASE}),
    "all parts": (lambda cast, way: tell(cast, way), set(ALL)),
    "withdrawn": (lambda cast, way: (tell(cast, way), withdraw_all(cast)), set()),
    "taken back": (lambda cast, way: (tell(cast, way), take_back_all(cast)), set()),
    "only identity withdrawn": (lambda cast, way: (tell(cast, way), withdraw_all(cast, "identity")), set()),
}


def withdraw_all(cast: Cast, *codes: str) -> None:
    for consent in Consent.objects.all():
        rows = consent.rows.filter(category__in=codes) if codes else consent.rows.all()
        withdraw_consent(by=cast.soc, consent=consent, row_ids=rows.values_list("pk", flat=True))


def take_back_all(cast: Cast) -> None:
    for share in PartShare.objects.all():
        stop_telling(by=cast.soc, share=share)


def test_only_the_desk_that_was_told_reads_and_only_while_it_is_told(cast: Cast, as_hat: AsHat) -> None:
    way = full_way(cast)
    way_consent(cast)
    way_consent(cast, to=cast.fk_desk)  # a consent alone shows nothing
    other_desk = Function.objects.create(agency=cast.psyk.agency, name="En annan mottagning")
    hats = everybody(cast)
    hats["other desk"] = make_member(cast.psyk.agency, "psyk9", other_desk)
    state_reason(by=cast.soc_manager, participant=cast.person, reason="Tillsyn")
    clients = {name: as_hat(hat) for name, hat in hats.items()}
    gone = {
        (name, address): client.get(reverse(address, args=[MISSING]))
        for name, client in clients.items()
        for address in OF_PERSON
    }
    for state, (lay, parts) in STATES.items():
        with undone():
            lay(cast, way)
            was_told = state != "none told"
            for name, client in clients.items():
                theirs = name in {"psyk", "psyk_2"}
                for address in OF_PERSON:
                    answer = page(client, way, address)
                    text = answer.content.decode()
                    if theirs and parts:
                        assert answer.status_code == 200 and markers_in(text) == parts, (state, name)
                        continue
                    none_of_it(text)
                    if theirs and was_told:
                        assert answer.status_code == 200 and "Du har inte längre tillgång" in text, (state, name)
                        continue
                    missing = gone[name, address]
                    assert answer.status_code == missing.status_code == 404, (state, name)
                    assert without_address(answer) == without_address(missing), (state, name)
                listed = client.get(reverse("told_ways"))
                is_member = isinstance(hats[name], type(cast.soc))
                assert listed.status_code == (200 if is_member else 404), name
                assert (SECRET_NAME in listed.content.decode()) == (theirs and bool(parts)), (state, name)


def test_it_ends_by_itself_when_its_time_has_run_out(cast: Cast, as_hat: AsHat) -> None:
    way = full_way(cast)
    way_consent(cast, until=in_days(30))
    way_consent(cast, (Part.PHASE,), until=in_days(60))
    tell(cast, way)
    for days, parts in ((29, set(ALL)), (31, {Part.PHASE}), (59, {Part.PHASE}), (61, set())):
        with time_machine.travel(timezone.now() + timedelta(days=days)):
            client = as_hat(cast.psyk)
            text = page(client, way).content.decode()
            assert markers_in(text) == parts, days
            listed = client.get(reverse("told_ways")).content.decode()
            assert (SECRET_NAME in text) == (SECRET_NAME in listed) == bool(parts), days
            if not parts:
                assert "Ni fick läsa till och med" in text
                none_of_it(text)


def test_whose_way_it_is_lasts_no_longer_than_it_was_let_to_and_takes_the_parts_with_it(
    cast: Cast, as_hat: AsHat
) -> None:
    way = full_way(cast)
    way_consent(cast, (), until=in_days(10))
    way_consent(cast, identity=False, until=in_days(60))
    tell(cast, way)
    assert PartShare.objects.filter(disclosure__ends_at__gt=timezone.now() + timedelta(days=50)).exists()
    with time_machine.travel(timezone.now() + timedelta(days=12)):
        none_of_it(page(as_hat(cast.psyk), way).content.decode())


def test_why_it_was_told_is_seen_but_not_the_officers_reason(cast: Cast, as_hat: AsHat) -> None:
    way = full_way(cast)
    tell(cast, way, (Part.PHASE,), ground="harm_test", reason=REASON)
    text = page(as_hat(cast.psyk), way).content.decode()
    assert "Menprövning" in text and REASON not in text


def test_a_hat_reads_only_with_its_own_agency(cast: Cast, as_hat: AsHat) -> None:
    """Told to fk, where somebody also works at another agency: with that hat it does not exist."""
    way = full_way(cast)
    way_consent(cast, to=cast.fk_desk)
    tell(cast, way, to=cast.fk_desk)
    fk, out = cast.two_hats
    assert page(as_hat(fk), way).status_code == 200
    assert page(as_hat(out), way).status_code == 404
    assert page(as_hat(cast.psyk), way).status_code == 404


def test_the_told_desk_opens_nothing_else_of_the_person(cast: Cast, as_hat: AsHat) -> None:
    way = told(cast)
    client = as_hat(cast.psyk)
    share = PartShare.objects.first()
    assert share is not None
    for name in ("way", "tell_way"):
        assert client.get(reverse(name, args=[way.pk])).status_code == 404
    assert client.post(reverse("stop_telling", args=[share.pk])).status_code == 404
    for name in ("participant", "way_consent", "level_two"):
        assert client.get(reverse(name, args=[cast.person.pk])).status_code == 404
    assert PartShare.objects.filter(ended_at=None).count() == len(ALL)


def test_managers_see_what_is_told_after_a_reason_and_change_nothing(cast: Cast, as_hat: AsHat) -> None:
    way = told(cast, (Part.PHASE,))
    share = PartShare.objects.get()
    client = as_hat(cast.soc_manager)
    assert client.get(reverse("tell_way", args=[way.pk])).status_code == 404
    state_reason(by=cast.soc_manager, participant=cast.person, reason="Tillsyn")
    assert "Sluta berätta" not in client.get(reverse("way", args=[way.pk])).content.decode()
    answer = client.post(
        reverse("tell_way", args=[way.pk]) + f"?till={cast.psyk_desk.pk}", {"parts": ["plan"], "ground": "consent"}
    )
    assert answer.status_code == 403
    assert client.post(reverse("stop_telling", args=[share.pk])).status_code == 403
    assert PartShare.objects.filter(ended_at=None).count() == 1


# ---------- live ----------
def test_only_who_reads_it_now_is_hinted_of_it(cast: Cast) -> None:
    way = told(cast, (Part.PHASE,))
    topic = f"way:{way.pk}"
    for name, hat in everybody(cast).items():
        group = group_of_topic(hat, topic)
        wanted = f"topic.way.{way.pk}.myndighet{cast.psyk.agency_id}" if name in {"psyk", "psyk_2"} else None
        assert group == wanted, name
    take_back_all(cast)
    assert group_of_topic(cast.psyk, topic) is None


# ---------- who has read ----------
def test_a_read_is_logged_and_the_participant_sees_that_they_have_read(cast: Cast, as_hat: AsHat) -> None:
    way = told(cast, (Part.PHASE,))
    client = as_hat(cast.psyk)
    client.get(reverse("told_ways"))
    page(client, way)
    reads = AuditEntry.objects.filter(participant_id=cast.person.pk, act=AuditAct.READ, what="way.told")
    assert [(row.membership_id, row.object_id) for row in reads.order_by("pk")] == [
        (cast.psyk.pk, None),
        (cast.psyk.pk, way.pk),
    ]
    page(as_hat(cast.fk), way)
    assert reads.count() == 2
    take_back_all(cast)
    page(client, way)  # says only that it has ended
    assert reads.count() == 2
    shown = as_hat(cast.soc).get(reverse("level_two", args=[cast.person.pk])).content.decode()
    assert "Vuxenpsykiatrin Piteå" in shown.split("De här har läst om dig")[1]
    assert "var på vägen jag är" in shown and "min handlingsplan" in shown and "min hälsa" in shown
    assert "Lämnade ut uppgifter till Vuxenpsykiatrin Piteå" in shown


# ---------- as many questions for many ----------
def test_the_list_asks_as_often_for_thirty_as_for_one(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.psyk)

    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(reverse("told_ways")).status_code == 200
        return len(queries)

    many_told(cast, 1)
    client.get(reverse("told_ways"))
    one = asked()
    many_told(cast, 29, first=1)
    assert asked() == one
    text = client.get(reverse("told_ways")).content.decode()
    assert text.count("data-expires-at") == 30


def test_the_way_in_is_shown_only_where_there_is_something(cast: Cast, as_hat: AsHat) -> None:
    path, words = reverse("participants"), "Det andra har berättat för oss"
    make_participant(cast.psyk_desk, first="Någon", last="Annan")
    client = as_hat(cast.psyk)
    assert words not in client.get(path).content.decode()
    way_consent(cast, (Part.PHASE,))
    tell(cast, enrolled(cast), (Part.PHASE,))
    assert words in client.get(path).content.decode()
    assert words not in as_hat(cast.soc).get(path).content.decode()


def test_the_markers_are_there_to_be_leaked(cast: Cast) -> None:
    """What the tests above look for does stand in the records."""
    way = full_way(cast)
    plan = ActionPlan.objects.get(enrolment=way)
    held = " ".join(
        [
            *way.area_texts.values_list("text", flat=True),
            *way.activities.values_list("where", flat=True),
            *way.activities.values_list("follow_ups__text", flat=True).exclude(follow_ups=None),
            *plan.versions.values_list("content", flat=True),
            plan.obstacles,
            plan.own_words,
            *way.stays.values_list("decisions__reason", flat=True),
        ]
    )
    wanted = {word for part, words in MARKERS.items() if part != Part.PHASE for word in words}
    wanted |= set(NEVER) - {REASON, "Jag klarar min vardag"}
    assert not [word for word in wanted if word not in held]
