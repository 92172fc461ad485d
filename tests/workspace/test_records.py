"""What is written down: reads, acts, repeats, and who is told (house.md 4.1, 4.4, 4.5, 4.6, 8)."""

from collections import Counter as Tally
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from threading import Barrier
from typing import Any

import pytest
from django.apps import apps
from django.db import OperationalError, connection
from django.test import Client
from django.test.signals import template_rendered
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications.models import Counter, Notification, ParticipantMail
from referrals import actions as referral_actions
from referrals.models import Referral, ReferralKind, ReferralLeg, SavedFilter
from referrals.states import AnswerScope, ReferralState, Verb
from tests.addresses import GET_ONLY, OF_FIGURES, OF_TOLD, OF_WAYS, POST_ONLY, addresses
from tests.cast import Cast, draft, give_consent, make_cast, make_member, make_participant, sent
from tests.infrastructure import close_connections
from tests.meetings.world import written
from tests.referrals.journeys import ALL, DO, bring_to, footprint, undone, walk
from tests.workspace.forms import FORMS, UNLOGGED, UNREPEATED, forms
from workspace import actions
from workspace.models import AuditEntry, Consent, FunctionMember, Membership, Participant, StatedReason
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db]
AsHat = Callable[[Hat], Client]
S, V = ReferralState, Verb


def reads_since(mark: int) -> list[tuple[str, str, int | None]]:
    rows = AuditEntry.objects.filter(pk__gt=mark, act__in=("read", "refresh")).order_by("pk")
    return list(rows.values_list("act", "what", "participant_id"))


def mark() -> int:
    return AuditEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


# ---------- reading ----------
@pytest.mark.embedded
def test_every_page_with_a_person_writes_one_row_per_person_before_it_is_rendered(cast: Cast, as_hat: AsHat) -> None:
    other = make_participant(cast.soc_desk, "Annan", "Person")
    referral, unsent = bring_to(cast, S.RETURNED), draft(cast, person=other)
    consent, one, two = Consent.objects.first(), cast.person.pk, other.pk
    assert consent is not None
    own, new, person = f"/remisser/{referral.pk}/", f"/remisser/{unsent.pk}/", f"/deltagare/{one}/"
    received = bring_to(cast, S.SENT)
    theirs = f"/remisser/{received.pk}/"
    table: list[tuple[Hat, str, str, set[int]]] = [
        (cast.soc, "/deltagare/", "participants", {one, two}),
        (cast.soc, person, "participant", {one}),
        (cast.soc, f"{person}remiss/", "participant", {one}),
        (cast.soc, f"{person}samtycke/", "participant", {one}),
        (cast.soc, f"/samtycken/{consent.pk}/aterkalla/", "participant", {one}),
        (cast.soc, "/remisser/", "referrals", {one, two}),
        (cast.soc, "/remisser/lista/", "referrals", {one, two}),
        (cast.soc, "/", "today", {one, two}),
        (cast.soc, "/idag/vantar/", "today", {one, two}),
        *((cast.soc, f"{own}{piece}", "referral", {one}) for piece in ("", "del/huvud/", "del/lage/", "del/sidan/")),
        *((cast.soc, f"{new}{step}/", "referral", {two}) for step in ("vart", "grund", "fraga", "granska")),
        (cast.psyk, theirs, "referral", {one}),
        (cast.psyk, f"{theirs}del/lage/", "referral", {one}),
        (cast.psyk, "/", "", set()),
        (cast.psyk, "/remisser/?lage=alla", "", set()),
        (cast.psyk, "/handelser/", "", set()),
        (cast.psyk, "/handelser/klocka/", "", set()),
        (cast.psyk_manager, "/enheten/", "", set()),
        (cast.coordinator, "/bevaka/", "", set()),
        (cast.outsider, own, "", set()),
    ]
    for hat, path, what, people in table:
        client, before = as_hat(hat), mark()
        rendered: list[int] = []

        def note(rendered: list[int] = rendered, before: int = before, **_: Any) -> None:
            rendered.append(len(reads_since(before)))

        template_rendered.connect(note)
        try:
            client.get(path)
        finally:
            template_rendered.disconnect(note)
        rows = reads_since(before)
        assert Tally(rows) == Tally({("read", what, pk): 1 for pk in people}), path
        assert rendered[0] == len(people), f"{path}: rendered before the rows were written"
        for entry in AuditEntry.objects.filter(pk__gt=before, act="read"):
            assert (entry.user_id, f"m{entry.membership_id}") == (hat.user_id, hat.hat_key)
            assert len(entry.session_digest) == 16


@pytest.mark.embedded
def test_a_list_is_logged_in_one_insert(cast: Cast, as_hat: AsHat) -> None:
    for number in range(6):
        make_participant(cast.soc_desk, f"Person{number}")
    client = as_hat(cast.soc)
    with CaptureQueriesContext(connection) as seen:
        client.get("/deltagare/")
    inserts = [q for q in seen.captured_queries if 'INSERT INTO "workspace_auditentry"' in q["sql"]]
    assert len(inserts) == 1


@pytest.mark.embedded
def test_what_htmx_asks_for_again_in_the_same_session_is_a_refresh(cast: Cast, as_hat: AsHat) -> None:
    referral = bring_to(cast, S.SENT)
    client, fragment = as_hat(cast.psyk), f"/remisser/{referral.pk}/del/lage/"
    before = mark()
    client.get(fragment, headers={"HX-Request": "true"})
    client.get(f"/remisser/{referral.pk}/")
    client.get(fragment, headers={"HX-Request": "true"})
    as_hat(cast.psyk).get(fragment, headers={"HX-Request": "true"})
    assert [act for act, _, _ in reads_since(before)] == ["read", "read", "refresh", "read"]


@pytest.mark.embedded
def test_somebody_new_on_a_list_that_refreshes_itself_is_read_and_not_refreshed(cast: Cast, as_hat: AsHat) -> None:
    draft(cast)
    client = as_hat(cast.soc)
    client.get("/remisser/")
    new = make_participant(cast.soc_desk, "Ny", "Person")
    draft(cast, person=new)
    before = mark()
    client.get("/remisser/lista/", headers={"HX-Request": "true"})
    assert Tally(reads_since(before)) == Tally(
        {("refresh", "referrals", cast.person.pk): 1, ("read", "referrals", new.pk): 1}
    )


# ---------- one transaction ----------
class FailingAt:
    """The database refuses its n-th write. Counts them when n is 0."""

    def __init__(self, number: int = 0) -> None:
        self.number, self.seen = number, 0

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(("INSERT", "UPDATE", "DELETE")):
            self.seen += 1
            if self.seen == self.number:
                raise OperationalError("the disk is full")
        return execute(sql, params, many, context)

    def watching(self) -> AbstractContextManager[None]:
        return connection.execute_wrapper(self)


def acts(cast: Cast, state: ReferralState, verb: Verb) -> Callable[[], Any]:
    referral = bring_to(cast, state)
    by = cast.soc if verb in {V.SEND, V.REVISE, V.RECALL, V.CLOSE, V.GROUND_WITHDRAWN} else cast.psyk
    return lambda: DO[verb](by, referral, ALL)


def ground_acts(cast: Cast) -> dict[str, Callable[[], Any]]:
    kind = ReferralKind.objects.get(pk="other")
    draft(cast)
    return {
        "register": lambda: make_participant(cast.soc_desk, "Ny"),
        "consent": lambda: give_consent(cast, back=("status",), follow_up=True),
        "start": lambda: referral_actions.start_referral(
            by=cast.soc, participant=cast.person, receiver=cast.psyk_desk, kind=kind
        ),
        "save": lambda: referral_actions.save_draft(
            by=cast.soc,
            referral=Referral.objects.get(),
            texts={"question": "Ny", "health": "Ny"},
            answer_wished_on=timezone.localdate(),
        ),
        "reason": lambda: actions.state_reason(by=cast.soc_manager, participant=cast.person, reason="Klagomål"),
    }


ACTS = [
    (S.DRAFT, V.SEND), (S.SENT, V.ACKNOWLEDGE), (S.RECEIVED, V.ACCEPT), (S.ACCEPTED, V.DECIDE), (S.RECEIVED, V.RETURN),
    (S.RETURNED, V.REVISE), (S.SENT, V.RECALL), (S.DECIDED, V.CLOSE), (S.ACCEPTED, V.GROUND_WITHDRAWN),
]  # fmt: skip


@pytest.mark.embedded
@pytest.mark.parametrize("act", [*ACTS, "register", "consent", "start", "save", "reason"], ids=str)
def test_an_act_that_fails_at_any_of_its_writes_leaves_nothing(
    cast: Cast, act: tuple[ReferralState, Verb] | str
) -> None:
    perform = ground_acts(cast)[act] if isinstance(act, str) else acts(cast, *act)
    before = footprint()
    counting = FailingAt()
    with undone():
        with counting.watching():
            perform()
        after = footprint()
    assert after["AuditEntry"] > before["AuditEntry"] or act == "save"
    assert isinstance(act, str) or after["ReferralEvent"] == before["ReferralEvent"] + 1
    assert counting.seen > 1
    for number in range(1, counting.seen + 1):
        with FailingAt(number).watching(), pytest.raises(OperationalError):
            perform()
        assert footprint() == before, f"write {number} of {counting.seen} failed and left something"
    assert not StatedReason.objects.exists()


# ---------- repeats ----------
@pytest.mark.embedded
def test_every_address_that_writes_about_a_person_is_among_the_forms(cast: Cast) -> None:
    with CaptureQueriesContext(connection) as seen:
        assert sorted(forms(cast)) == sorted(FORMS)
    assert not seen, "a form makes what it needs when it is sent, not when it is listed"
    keyed = {name for name, _, parameters in addresses() if parameters and name.startswith("referral_")}
    assert keyed - {"referral_fragment"} <= set(FORMS)
    assert POST_ONLY - set(FORMS) == set(UNREPEATED)
    assert set(FORMS) >= (OF_WAYS | OF_FIGURES) - GET_ONLY - OF_TOLD


def all_rows() -> dict[str, Any]:
    """What a form could write, to be compared before and after."""
    apart = (ReferralLeg, SavedFilter, ParticipantMail, StatedReason)
    floors = ("pathway", "figures", "steering")
    models = [*(model for floor in floors for model in apps.get_app_config(floor).get_models()), *apart]
    rows = {model._meta.label: list(model._default_manager.order_by("pk").values()) for model in models}
    return footprint() | written() | rows


@pytest.mark.embedded
@pytest.mark.parametrize("name", FORMS)
def test_the_same_form_three_times_has_one_effect_and_one_answer(cast: Cast, as_hat: AsHat, name: str) -> None:
    hat, path, data = forms(cast)[name]()
    client, before, begun = as_hat(hat), all_rows(), mark()

    def post() -> tuple[int, str, dict[str, Any]]:
        got = client.post(path, {**data, "once": "samma nyckel"})
        return got.status_code, got.headers.get("Location", ""), all_rows()

    first = post()
    assert first[0] == 302, first
    changed = {what for what, rows in first[2].items() if rows != before[what]} - {"IdempotencyKey"}
    assert changed, "the form did nothing"
    logged = AuditEntry.objects.filter(pk__gt=begun).exclude(act__in=("read", "refresh")).exists()
    assert logged is (name not in UNLOGGED), "whoever asks afterwards cannot see who did it"
    assert reads_since(begun) == [], "nothing was shown"
    assert post() == first
    assert post() == first


@pytest.mark.postgres
@pytest.mark.parametrize("name", ["new_participant", "new_referral", "draft_review", "referral_acknowledge"])
def test_the_same_form_twice_at_the_same_moment_has_one_effect(committed_db: None, as_hat: AsHat, name: str) -> None:
    hat, path, data = forms(make_cast())[name]()
    clients, gate = [as_hat(hat), as_hat(hat)], Barrier(2)

    def post(client: Client) -> tuple[int, str]:
        gate.wait(10)
        try:
            got = client.post(path, {**data, "once": "samma nyckel"})
            return got.status_code, got.headers.get("Location", "")
        finally:
            close_connections()

    rows = Participant.objects.count(), Referral.objects.count(), Notification.objects.count()
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(post, clients)
    assert first == second
    assert first[0] == 302
    after = Participant.objects.count(), Referral.objects.count(), Notification.objects.count()
    made = {"new_participant": (1, 0, 0), "new_referral": (0, 1, 0)}.get(name, (0, 0, 2))
    assert tuple(new - old for new, old in zip(after, rows, strict=True)) == made


# ---------- who is told ----------
OURS, THEIRS, NOBODY = {"soc", "soc_2", "helper"}, {"psyk", "psyk_2"}, set[str]()
TOLD = [
    ((V.SEND,), ALL, THEIRS),
    ((V.SEND, V.ACKNOWLEDGE), ALL, OURS),
    ((V.SEND, V.ACKNOWLEDGE), AnswerScope.NONE, NOBODY),
    ((V.SEND, V.ACKNOWLEDGE, V.ALLOW_ANSWER), AnswerScope.STATUS, OURS),
    ((V.SEND, V.ACKNOWLEDGE, V.ACCEPT), ALL, OURS),
    ((V.SEND, V.ACKNOWLEDGE, V.ACCEPT), AnswerScope.NONE, NOBODY),
    ((V.SEND, V.ACKNOWLEDGE, V.ACCEPT, V.DECIDE), AnswerScope.STATUS, OURS),
    ((V.SEND, V.ACKNOWLEDGE, V.ACCEPT, V.DECIDE), AnswerScope.NONE, NOBODY),
    ((V.SEND, V.ACKNOWLEDGE, V.ACCEPT, V.DECIDE, V.CLOSE), ALL, THEIRS),
    ((V.SEND, V.ACKNOWLEDGE, V.ACCEPT, V.DECIDE, V.CLOSE), AnswerScope.NONE, NOBODY),
    ((V.SEND, V.ACKNOWLEDGE, V.RETURN), ALL, OURS),
    ((V.SEND, V.ACKNOWLEDGE, V.RETURN, V.REVISE), ALL, NOBODY),
    ((V.SEND, V.ACKNOWLEDGE, V.RETURN, V.CLOSE), ALL, THEIRS),
    ((V.SEND, V.RECALL), ALL, THEIRS),
    ((V.SEND, V.ACKNOWLEDGE, V.GROUND_WITHDRAWN), ALL, THEIRS),
]


@pytest.mark.embedded
@pytest.mark.parametrize(("verbs", "scope", "told"), TOLD)
def test_exactly_these_are_told(cast: Cast, verbs: tuple[Verb, ...], scope: AnswerScope, told: set[str]) -> None:
    names: dict[int, str] = {member.pk: name for name, member in cast.members.items()}
    helper = make_member(cast.soc.agency, "hjalp", None)
    cast.person.helpers.add(helper)
    names[helper.pk] = "helper"
    FunctionMember.objects.create(
        function=cast.psyk_desk, membership=cast.psyk_manager
    )  # a seat does not tell a manager
    gone = make_member(cast.psyk.agency, "slutat", cast.psyk_desk)
    Membership.objects.filter(pk=gone.pk).update(from_on="2020-01-01", to_on="2020-12-31")
    give_consent(cast)
    referral = walk(cast, draft(cast), *verbs[:-1], scope=scope)
    before = set(Notification.objects.values_list("pk", flat=True))
    walk(cast, referral, verbs[-1], scope=scope)
    new = Notification.objects.exclude(pk__in=before)
    assert sorted(names[row.membership_id] for row in new) == sorted(told)
    assert {(row.number, row.object_id) for row in new} <= {(referral.number, referral.pk)}
    for counter in Counter.objects.all():
        numbers = list(Notification.objects.filter(membership=counter.pk).order_by("pk").values_list("seq", flat=True))
        assert numbers == list(range(1, counter.last_seq + 1))


@pytest.mark.embedded
def test_the_actor_is_not_told_even_with_a_hat_on_the_other_side(cast: Cast) -> None:
    seat = make_member(cast.soc.agency, cast.psyk.user, cast.soc_desk)
    referral = bring_to(cast, S.SENT)
    referral_actions.acknowledge_referral(by=cast.psyk, referral=referral, scope=ALL)
    told = set(Notification.objects.filter(kind="referral.acknowledged").values_list("membership", flat=True))
    assert told - {seat.pk} == {cast.soc.pk, cast.soc_2.pk}
    assert cast.psyk.pk not in told


# ---------- how many questions ----------
def test_a_list_asks_as_often_for_thirty_rows_as_for_one(
    cast: Cast, as_hat: AsHat, capsys: pytest.CaptureFixture[str]
) -> None:
    pages: list[tuple[Hat, str]] = [(cast.soc, path) for path in ("/", "/remisser/?lage=alla", "/deltagare/")]
    pages += [(cast.psyk, path) for path in ("/", "/remisser/?lage=alla", "/handelser/", "/handelser/klocka/")]
    pages += [
        (cast.psyk_manager, "/enheten/"),
        (cast.coordinator, "/bevaka/"),
        (cast.soc, f"/deltagare/{cast.person.pk}/"),
    ]
    clients = {hat.hat_key: as_hat(hat) for hat, _ in pages}

    def measured() -> dict[tuple[str, str], int]:
        found = {}
        for hat, path in pages:
            clients[hat.hat_key].get(path)
            with CaptureQueriesContext(connection) as seen:
                assert clients[hat.hat_key].get(path).status_code == 200
            found[hat.hat_key, path] = len(seen)
        return found

    sent(cast, follow_up=True)
    draft(cast)
    one = measured()
    for number in range(29):
        sent(cast, person=make_participant(cast.soc_desk, f"Person{number}") if number % 2 else None, follow_up=True)
        draft(cast)
    assert measured() == one
    today = {key: count for key, count in one.items() if key[1] == "/"}
    with capsys.disabled():
        print("\nqueries:", {f"{key} {path}": count for (key, path), count in one.items()})
    assert max(today.values()) <= 40  # one for each kind of thing that can wait
