"""Who has no right learns nothing: not from pages, refusals, forms, filters, headers, logs or rows (house.md 4.3)."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.core import serializers
from django.test import Client
from django.urls import reverse

from meetings.models import MeetingEvent
from notifications.models import Notification
from referrals.models import ReferralEvent
from tests import addresses as known
from tests.addresses import (
    OF_ANYTHING,
    OF_HELP,
    OF_MEETINGS,
    OF_STAFF,
    OF_TALKS,
    OF_TOKEN,
    OF_WAYS,
    POST_ONLY,
    REFUSED_METHODS,
    addresses,
    said,
)
from tests.cast import SECRET_NAME, SECRET_TEXT, Cast, give_consent, make_member, make_participant
from tests.meetings.agreement_stage import ALL_WORDS, TASKS
from tests.meetings.talk_world import HELP
from tests.meetings.world import written
from tests.referrals.journeys import footprint, undone
from tests.world import MARKERS, MISSING, World, answer, make_small_world, make_whole_world
from workspace.actions import make_sign_in_link
from workspace.models import AuditEntry, Consent, IdempotencyKey
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db]
AsHat = Callable[[Hat], Client]
NO_RIGHT = ("outsider", "fk", "soc_manager", "psyk_manager", "coordinator", "chair")
# Who may open the group's meetings: fk sits there and the coordinator arranges them, both outside the case; psyk is in
# its circle, but not told of the decision and the action; the cooperation's chair follows which agencies were there.
# Of conversations: psyk is a party, and knows of what is the convener's alone only that it is; managers hear calls for
# help, and coordinator and chair nothing at all.
# Documents are read by whoever sits in a group; of a time report the agency reads lines and the cooperation sums.
READ_PAPERS = {"document"} | known.OF_DOCUMENT_VERSION
ARRANGED_PAPERS = known.OF_DOCUMENT | known.OF_DOCUMENT_VERSION | known.OF_CO_FINANCING | known.OF_TIME_MONTH
ARRANGED_PAPERS |= {"time_report"}
OPEN_TO = {
    "fk": (known.OF_MEETINGS - known.OF_CASES) | READ_PAPERS,
    "coordinator": (known.OF_MEETINGS - known.OF_CASES) | known.OF_ROLES_FIGURES | ARRANGED_PAPERS,
    "psyk": (known.OF_MEETINGS - known.OF_DECISION - known.OF_ACTION)
    | (known.OF_TALKS - known.OF_CONVENER - known.OF_REQUEST - known.OF_PLAN - known.OF_COMMITMENT)
    | known.OF_TOLD
    | READ_PAPERS,
    "soc_manager": known.OF_HELP | known.OF_FIGURES_PARTY | READ_PAPERS | known.OF_TIME_REPORT,
    "chair": known.OF_ATTENDANCE | known.OF_MONTH_READ | known.OF_MONTH_AND_GOAL | {"figures_change"} | ARRANGED_PAPERS,
}


# ---------- every address there is ----------
WITH_KEY = {name: parameters for name, _, parameters in addresses() if parameters}
PLAIN = sorted({f"/{route}" for _, route, parameters in addresses() if not parameters} - {"/logga-ut/", "/health/"})


@pytest.mark.embedded
def test_every_address_with_a_key_has_a_case_here() -> None:
    assert set(WITH_KEY) == OF_ANYTHING


@pytest.fixture
def world(cast: Cast) -> World:
    return make_small_world(cast)


@pytest.fixture
def whole_world(cast: Cast) -> World:
    """With meetings."""
    return make_whole_world(cast)


@pytest.mark.parametrize("who", ["outsider", "fk", "psyk", "soc_manager", "coordinator", "chair"])
def test_hidden_and_missing_answer_alike(whole_world: World, as_hat: AsHat, who: str) -> None:
    world = whole_world
    hidden = world.draft if who == "psyk" else world.sent
    client, form = as_hat(getattr(world.cast, who)), world.form
    before = footprint(), written()
    for name in sorted(OF_STAFF - OPEN_TO.get(who, set())):
        if name == "open_with_reason" and who.endswith("_manager"):
            continue  # on the manager's own list: the next test
        for method in ("get", "post"):
            found = answer(client, method, world.path(name, hidden), form)
            nothing = answer(client, method, world.path(name, hidden, missing=True), form)
            assert found == nothing, (name, method)
            assert found[0] == (405 if name in REFUSED_METHODS[method] else 404), (name, method)
    assert (footprint(), written()) == before


@pytest.mark.embedded
def test_a_manager_states_a_reason_for_the_own_agencys_referrals_only(world: World, as_hat: AsHat) -> None:
    elsewhere = make_member(world.cast.fk.agency, "fkchef", None, role=world.cast.soc_manager.role)  # type: ignore[arg-type]
    cases = [(elsewhere, world.sent), (elsewhere, world.draft), (world.cast.psyk_manager, world.draft)]
    for manager, referral in cases:
        client = as_hat(manager)
        for method in ("get", "post"):
            found = answer(client, method, world.path("open_with_reason", referral), {"reason": "Därför"})
            assert found == answer(client, method, world.path("open_with_reason", referral, missing=True), {})
    assert not world.cast.person.statedreason_set.exists()


def test_the_anonymous_are_led_to_the_sign_in_whatever_they_ask_for(whole_world: World) -> None:
    world = whole_world
    for name in sorted(OF_STAFF):
        for method in ("get", "post"):
            own, other = (world.path(name, world.sent, missing=missing) for missing in (False, True))
            got, nothing = (getattr(Client(), method)(path) for path in (own, other))
            if name in REFUSED_METHODS[method]:
                assert got.status_code == nothing.status_code == 405
                continue
            assert got.status_code == nothing.status_code == 302
            assert got.headers["Location"] == f"/logga-in/?next={own}"
            assert nothing.headers["Location"] == f"/logga-in/?next={other}"
    for path in PLAIN:
        if not path.startswith("/logga-in/"):
            body = Client().get(path).content.decode()
            assert not [marker for marker in MARKERS if marker in body]


@pytest.mark.embedded
def test_a_used_link_and_one_that_never_was_answer_alike(cast: Cast) -> None:
    token = make_sign_in_link(user=cast.soc.user)
    make_sign_in_link(user=cast.soc.user)  # the first stops working
    for method in ("get", "post"):
        used = getattr(Client(), method)(f"/lank/{token}/")
        never = getattr(Client(), method)("/lank/påhittad/")
        assert (used.status_code, used.content) == (never.status_code, never.content)
        assert used.status_code == 410


# ---------- planted words ----------
SEARCHES = [f"/deltagare/?{query}" for query in ("sok=hemlig", "sok=", "page=99")]
SEARCHES += [f"/remisser/?{query}" for query in ("lage=alla", "lage=alla&riktning=in&tur=deras", "page=2")]
SEARCHES += ["/remisser/lista/?lage=alla", "/bevaka/?slag=measure", "/samtal/?visa=tidigare"]
SEARCHES += ["/moten/uppgifter/?vilka=alla", "/moten/uppgifter/lista/?vilka=alla"]
# What is shown to whoever it was disclosed to: psyk is a party of the conversations, the manager hears calls for help.
TOLD = (SECRET_NAME, "Åström")
SHOWN = {
    "receiver": {
        **dict.fromkeys(("/", "/idag/vantar/"), (TASKS["psyk"],)),
        **dict.fromkeys(("/moten/uppgifter/", "/moten/uppgifter/lista/"), (*TOLD, *ALL_WORDS)),
        **dict.fromkeys(("/samtal/", "/delat/"), TOLD),
    },
    "soc_manager": {**dict.fromkeys(("/", "/idag/vantar/"), TOLD), "/hjalp/": (*TOLD, HELP)},
}


def test_planted_words_reach_nobody_without_the_right(
    whole_world: World, as_hat: AsHat, caplog: pytest.LogCaptureFixture
) -> None:
    world, cast = whole_world, whole_world.cast
    caplog.set_level(logging.INFO)
    hats: dict[str, Hat] = {name: getattr(cast, name) for name in NO_RIGHT}
    hats["receiver"] = cast.psyk
    for who, hat in hats.items():
        client = as_hat(hat)
        paths = [*PLAIN, *SEARCHES]
        if who != "receiver":  # who reads the lists before opening: their words reveal nothing either
            paths.append(world.path("referral", world.sent))
            hidden = OF_MEETINGS | OF_TALKS | OF_WAYS | (OF_HELP - OPEN_TO.get(who, set()))
            paths += [world.path(name, world.sent) for name in sorted(hidden - POST_ONLY)]
        for path in paths:
            got = client.get(path)
            seen = said(got.content) + str(got.headers)
            if path.startswith("/deltagare/?sok=hemlig"):
                assert "Inga" in seen or "Ingen" in seen or got.status_code == 404
            shown = SHOWN.get(who, {}).get(path.partition("?")[0], ())
            assert not [marker for marker in MARKERS if marker in seen and marker not in shown], (who, path)
            assert who != "outsider" or world.sent.number not in seen, path
        for name in ("referral_recall", "withdraw_consent", "draft_text"):
            refused = client.post(world.path(name, world.draft), world.form).content.decode()
            assert not [marker for marker in MARKERS if marker in refused], (who, name)
    logged = " ".join(record.getMessage() + str(record.exc_text) for record in caplog.records)
    assert not [marker for marker in MARKERS if marker in logged]


@pytest.mark.embedded
def test_rows_of_record_and_of_notice_hold_no_word_of_a_person(whole_world: World, as_hat: AsHat) -> None:
    world = whole_world
    soc, psyk = as_hat(world.cast.soc), as_hat(world.cast.psyk)
    soc.get(f"/deltagare/?sok={SECRET_NAME}")
    psyk.get(world.path("referral", world.sent))
    psyk.post(world.path("referral_acknowledge", world.sent), {"scope": "status_and_text", "once": SECRET_NAME[:3]})
    manager = as_hat(world.cast.psyk_manager)
    manager.post(world.path("open_with_reason", world.sent), {"reason": "Klagomål"})
    for name in ("case", "minutes_version", "room"):
        assert soc.get(world.path(name, world.sent)).status_code == 200
    soc.post(world.path("case_table", world.sent), {"text": SECRET_TEXT, "once": "b"})
    for model in (AuditEntry, Notification, ReferralEvent, MeetingEvent, IdempotencyKey):
        rows = serializers.serialize("json", model.objects.all(), ensure_ascii=False)
        assert len(rows) > 10, model
        assert not [marker for marker in (*MARKERS, "Klagomål") if marker in rows], model


def test_nobody_is_logged_by_name_when_things_go_wrong(
    world: World, as_hat: AsHat, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="django.request")
    caplog.set_level(logging.DEBUG, logger="samverkansrum")
    soc = as_hat(world.cast.soc)
    soc.post("/deltagare/ny/", {"first_name": SECRET_NAME, "last_name": "x" * 90})
    soc.post(world.path("draft_review", world.sent))
    soc.post(world.path("referral_revise", world.sent))
    soc.post(world.path("draft_text", world.draft), {"question": SECRET_TEXT * 900})
    Client(enforce_csrf_checks=True).post("/logga-in/", {"login": SECRET_NAME, "password": SECRET_TEXT})
    assert not [record for record in caplog.records if any(marker in record.getMessage() for marker in MARKERS)]


# ---------- hats ----------
@pytest.mark.embedded
def test_two_hats_have_one_hats_rights_at_a_time(world: World, as_hat: AsHat) -> None:
    cast = world.cast
    right = make_member(cast.psyk.agency, cast.two_hats[1].user, cast.psyk_desk)
    wrong = cast.two_hats[1]
    client = as_hat(wrong)
    path = world.path("referral", world.sent)
    assert client.get(path).status_code == 404
    assert client.get("/roll/byt/", {"hat": right.hat_key}).status_code == 405
    assert client.get(path).status_code == 404, "a GET switches nothing"
    assert client.get(f"{path}?hat={right.hat_key}").status_code == 404
    assert client.post("/roll/byt/", {"hat": cast.soc.hat_key}).status_code == 404, "somebody else's hat"
    assert client.post("/roll/byt/", {"hat": right.hat_key, "next": "https://example.org/"}).url == "/"  # type: ignore[attr-defined]
    assert SECRET_TEXT in client.get(path).content.decode()
    client.post("/roll/byt/", {"hat": wrong.hat_key})
    assert client.get(path).status_code == 404
    for page in ("/", "/remisser/?lage=alla", "/handelser/", "/handelser/klocka/"):
        assert world.sent.number not in client.get(page).content.decode()


@pytest.mark.embedded
def test_what_one_hat_was_told_in_passing_is_not_shown_to_the_next(cast: Cast, as_hat: AsHat) -> None:
    client = as_hat(cast.two_hats[0])
    form = {"function": cast.fk_desk.pk, "first_name": SECRET_NAME, "last_name": "Åström", "birth_year": 1984,
            "gender": "woman", "municipality": cast.person.municipality_id, "once": "a"}  # fmt: skip
    assert client.post("/deltagare/ny/", form).status_code == 302  # the message waits for the next page
    client.post("/roll/byt/", {"hat": cast.two_hats[1].hat_key})
    assert SECRET_NAME not in client.get("/").content.decode()


def test_a_manager_reads_with_a_reason_and_writes_nothing(whole_world: World, as_hat: AsHat) -> None:
    world = whole_world
    manager = as_hat(world.cast.soc_manager)
    assert manager.post(world.path("open_with_reason", world.sent), {"reason": "Klagomål"}).status_code == 302
    assert SECRET_TEXT in manager.get(world.path("referral", world.sent)).content.decode()
    Consent.objects.filter(pk=world.consent.pk).update(to_be_confirmed=True)
    before, changed = (footprint(), written()), set()
    for name in sorted(OF_STAFF - OF_HELP - known.OF_FIGURES_PARTY - known.OF_DOCUMENT_VERSION - {"open_with_reason"}):
        with undone():
            manager.post(world.path(name, world.draft if name.startswith("draft") else world.sent), world.form)
            after = footprint() | {"AuditEntry": before[0]["AuditEntry"]}, written()
            if after != before or not Consent.objects.filter(pk=world.consent.pk, to_be_confirmed=True).exists():
                changed.add(name)
    assert changed == set()


# ---------- what is sent in ----------
def foreign(world: World) -> list[tuple[str, dict[str, Any]]]:
    """Posts that name something the poster may not choose."""
    cast, form = world.cast, world.form
    person = make_participant(cast.soc_desk, "Annan", "Person")
    other = give_consent(cast, person=person)
    rows = [str(pk) for pk in other.rows.values_list("pk", flat=True)]
    someone = {"first_name": "A", "last_name": "B", "birth_year": 1984, "gender": "woman"}
    home = cast.person.municipality_id
    address, text = world.path("draft_address", world.draft), world.path("draft_text", world.draft)
    return [
        (world.path("new_referral", world.sent), form | {"receiver": cast.outside_desk.pk}),
        (world.path("new_referral", world.sent), form | {"receiver": cast.soc_desk.pk}),
        (world.path("new_referral", world.sent), form | {"kind": "påhittad"}),
        (world.path("new_referral", world.sent), form | {"kind": "work_training"}),
        (address, form | {"receiver": cast.outside_desk.pk}),
        (address, form | {"receiver": MISSING}),
        (address, form | {"receiver": "x\x00"}),
        (world.path("draft_ground", world.draft), {"ground": "insured_permits", "reason": "x"}),
        (world.path("draft_ground", world.draft), {"ground": "x\x00", "reason": "x"}),
        (text, {"question": "a\x07b"}),
        ("/deltagare/ny/", someone | {"function": cast.psyk_desk.pk, "municipality": home}),
        ("/deltagare/ny/", someone | {"function": cast.soc_desk.pk, "municipality": MISSING}),
        ("/deltagare/ny/", someone | {"function": cast.soc_desk.pk, "municipality": home, "gender": "påhittat"}),
        (world.path("new_consent", world.sent), form | {"recipient": cast.outside_desk.agency_id}),
        (world.path("new_consent", world.sent), form | {"recipient": cast.soc.agency_id}),
        (world.path("new_consent", world.sent), form | {"categories": ["identity", "follow_up"]}),
        (world.path("new_consent", world.sent), form | {"categories": ["identity", "påhittad"]}),
        (world.path("new_consent", world.sent), form | {"may_answer": ["health"]}),
        (world.path("new_consent", world.sent), form | {"form": "workbook"}),
        (world.path("withdraw_consent", world.sent), {"rows": rows}),
        (world.path("withdraw_consent", world.sent), {"rows": [*form["rows"], rows[0]]}),
        ("/roll/byt/", {"hat": cast.psyk.hat_key}),
    ]


@pytest.mark.embedded
def test_foreign_ids_in_forms_are_refused_without_effect(world: World, as_hat: AsHat) -> None:
    soc = as_hat(world.cast.soc)
    posts = foreign(world)
    before = footprint()
    for path, data in posts:
        got = soc.post(path, {**data, "once": "a"})
        assert got.status_code in {200, 404, 422}, (path, data, got.status_code)
        assert footprint() | {"AuditEntry": before["AuditEntry"]} == before, (path, data)


LONG = "x" * 4001
BAD = ("x\x00y", "x\x07y", "x\u202ey", LONG)


@pytest.mark.embedded
@pytest.mark.parametrize("bad", BAD, ids=["null", "bell", "turned", "oversized"])
def test_texts_nobody_can_read_are_refused_with_a_sentence(world: World, as_hat: AsHat, bad: str) -> None:
    cast, form = world.cast, world.form
    soc, manager = as_hat(cast.soc), as_hat(cast.soc_manager)
    person = {"function": cast.soc_desk.pk, "first_name": "A", "last_name": "B", "birth_year": 1984, "gender": "woman",
              "municipality": cast.person.municipality_id}  # fmt: skip
    posts = [(soc, "/deltagare/ny/", person | {field: bad}) for field in ("first_name", "phone")]
    posts += [(soc, world.path("new_consent", world.sent), form | {field: bad}) for field in ("purpose", "limits")]
    posts += [(soc, world.path("draft_text", world.draft), {field: bad}) for field in ("question", "health")]
    posts += [(soc, world.path("draft_ground", world.draft), {"ground": "harm_test", "reason": bad})]
    posts += [(manager, world.path("open_with_reason", world.sent), {"reason": bad})]
    before = footprint()
    for client, path, data in posts:
        got = client.post(path, {**data, "once": "a"})
        body = got.content.decode()
        assert got.status_code in {200, 422}, (path, data)
        assert "ds-validation-message" in body or 'aria-invalid="true"' in body, path
        assert "\x07" not in body.replace("x\x07y", "")
        assert footprint() | {"AuditEntry": before["AuditEntry"]} == before, (path, data)


ODD = ["/deltagare/?sok=%00", f"/deltagare/?sok={'å' * 3000}", "/remisser/?tur=%00&page=%00", "/lank/%00/"]
ODD += ["/moten/grupp/1/serie/dag/?dag=%00", "/moten/uppgifter/?vilka=%00&page=%00", f"/moten/arende/{'9' * 25}/"]
ODD += ["/moten/1/rum/?punkt=%00", f"/moten/{'9' * 25}/protokoll/{'9' * 25}/", "/moten/1/arende/ny/?deltagare=%00"]
ODD += ["/bevaka/?kommun=%00&vantar_pa=x", f"/remisser/{'9' * 25}/", f"/deltagare/1/samtycke/?remiss={'9' * 25}"]


@pytest.mark.embedded
@pytest.mark.parametrize("where", ODD, ids=lambda path: path[:30])
def test_no_address_makes_the_server_fail(world: World, as_hat: AsHat, where: str) -> None:
    for hat in (world.cast.soc, world.cast.coordinator):
        client = as_hat(hat)
        client.raise_request_exception = False
        assert client.get(where).status_code < 500, hat


def test_a_null_character_in_a_forms_key_is_no_failure_of_the_server(world: World, as_hat: AsHat) -> None:
    client = as_hat(world.cast.psyk)
    client.raise_request_exception = False
    got = client.post(world.path("referral_acknowledge", world.sent), {"scope": "status", "once": "\x00"})
    assert got.status_code < 500


# ---------- the frame of every answer ----------
@pytest.mark.embedded
def test_a_form_without_its_token_is_refused_in_swedish(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.cast.soc.user, backend="workspace.sign_in.PasswordBackend")
    before = footprint()
    for name in ("referral_recall", "withdraw_consent", "draft_text", "draft_review"):
        got = client.post(world.path(name, world.sent), world.form)
        assert got.status_code == 403
        assert "Sidan hann bli för gammal" in got.content.decode()
        assert "no-store" in got.headers["Cache-Control"]
    assert footprint() == before


def test_a_get_of_what_is_posted_is_405_and_the_rest_is_not(whole_world: World, as_hat: AsHat) -> None:
    world, client = whole_world, as_hat(whole_world.cast.soc)
    refused = set()
    for name, _, parameters in addresses():
        if name not in OF_TOKEN | {"account_logout", "health"}:
            path = world.path(name, world.sent) if parameters else reverse(name)
            if client.get(path).status_code == 405:
                refused.add(name)
    assert refused == POST_ONLY


def test_nothing_signed_in_is_kept_by_a_browser_and_nothing_inline_runs(whole_world: World, as_hat: AsHat) -> None:
    world, client = whole_world, as_hat(whole_world.cast.soc)
    paths = [*PLAIN, *(world.path(name, world.sent) for name in sorted(set(WITH_KEY) - OF_TOKEN)), "/finns-inte/"]
    paths.remove("/metrics")  # answered to machines before all else, as /health/ is: no page, and no session
    for path in paths:
        got = client.get(path)
        assert "no-store" in got.headers["Cache-Control"], path
        assert "private" in got.headers["Cache-Control"], path
        policy = got.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        for part in ("object-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"):
            assert part in policy
        assert not [word for word in ("unsafe", "*", "http:", "https:", "script-src") if word in policy]
        assert got.headers["X-Frame-Options"] == "DENY"
        assert got.headers["X-Content-Type-Options"] == "nosniff"
