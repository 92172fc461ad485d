"""What is kept when a server is killed, a form is sent again, or PostgreSQL is restarted."""

import http.client
import random
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from referrals.models import Referral, ReferralEvent
from tests.cast import Cast
from tests.infrastructure import close_connections
from tests.notifications.faults import Start, outsider_hears_nothing, ready, rows_of, send
from tests.services import Postgres
from tests.wire import Page, Visitor, open_pages, wait_until
from workspace.front.consumers import CHECK_EVERY, SIGNED_OUT
from workspace.models import Disclosure, Membership

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


# ---------- a server killed ----------
@pytest.mark.parametrize("seed", range(3))
def test_a_killed_server_loses_nothing_and_a_repeated_form_acts_once(daphne: Start, cast: Cast, seed: int) -> None:
    """kill -9 while forms are being sent; whoever got no answer sends the same form again, with the same key."""
    doomed, other = daphne(), daphne()
    chance = random.Random(seed)
    drafts = ready(cast, 12)
    soc, page = Visitor(doomed, cast.soc), Page(Visitor(other, cast.psyk), [doomed, other], poll=1)

    def send_until_answered(referral: Referral) -> int:
        key = uuid.uuid4().hex
        for attempt in range(20):
            try:
                return soc.post(
                    f"/remisser/{referral.pk}/granska/", {"once": key}, server=(doomed, other)[attempt % 2]
                ).status
            except (OSError, http.client.HTTPException):  # no answer: the browser would show its own page
                time.sleep(0.1)
        return 0

    with outsider_hears_nothing(cast, other), open_pages([page]), ThreadPoolExecutor(4) as pool:
        sending = [pool.submit(send_until_answered, referral) for referral in drafts]
        time.sleep(chance.uniform(0.02, 0.25))
        doomed.kill()
        time.sleep(0.2)
        doomed.start()
        assert {future.result() for future in sending} == {302}
        assert page.wait_for(len(drafts))
    assert page.shown == rows_of(cast.psyk)
    assert [seq for _, seq in page.shown] == list(range(1, 13))
    assert ReferralEvent.objects.filter(verb="send").count() == len(drafts)
    assert Disclosure.objects.count() == 2 * len(drafts)
    assert set(Referral.objects.values_list("state", flat=True)) == {"sent"}


@pytest.mark.parametrize("step", ["granska", "ta-emot", "acceptera", "besluta", "avsluta"])
def test_the_same_form_sent_again_leads_to_the_same_place(daphne: Start, cast: Cast, step: str) -> None:
    """The answer was lost, or the button was pressed twice: one effect, and the page of the result (house.md 4.5)."""
    here, there = daphne(), daphne()
    (referral,) = ready(cast)
    verbs = ["create"]
    for who, path, form, verb in [
        ("soc", "granska", {}, "send"),
        ("psyk", "ta-emot", {"scope": "status"}, "acknowledge"),
        ("psyk", "acceptera", {}, "accept"),
        ("psyk", "besluta", {"outcome": "granted"}, "decide"),
        ("soc", "avsluta", {}, "close"),
    ]:
        visitor, address = Visitor(here, cast.members[who]), f"/remisser/{referral.pk}/{path}/"
        verbs.append(verb)
        once = form | {"once": f"key of {path}"}
        if path != step:
            assert visitor.post(address, once).status == 302
            continue
        with ThreadPoolExecutor(4) as pool:
            at_once = list(pool.map(lambda server: visitor.post(address, once, server=server), [here, there] * 2))  # noqa: B023
        later = visitor.post(address, once, server=there)
        answers = [(answer.status, answer.location) for answer in [*at_once, later]]
        assert answers == [(302, f"/remisser/{referral.pk}/")] * 5
        assert list(referral.events.order_by("pk").values_list("verb", flat=True)) == verbs
        break
    with outsider_hears_nothing(cast, here):
        time.sleep(0.2)


# ---------- PostgreSQL ----------
ENDS_ITS_CONNECTION = """
CREATE FUNCTION end_connection() RETURNS trigger LANGUAGE plpgsql
AS 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END';
CREATE TRIGGER end_connection BEFORE UPDATE ON django_session EXECUTE FUNCTION end_connection()
"""


def test_a_database_lost_after_the_act_is_our_fault_and_the_same_form_again_gets_its_result(
    daphne: Start, cast: Cast, postgres_server: Postgres
) -> None:
    """The act is committed; saving the session, which carries «Remissen är skickad.», fails."""
    server = daphne()
    soc, (referral,) = Visitor(server, cast.soc), ready(cast)
    with psycopg.connect(postgres_server.owner_url, autocommit=True) as owner:
        owner.execute(ENDS_ITS_CONNECTION)
        try:
            first = send(soc, referral, data={"once": "the same"})
        finally:
            owner.execute("DROP FUNCTION end_connection CASCADE")
    assert first.status == 500 and "Titta efter om det du gjorde finns med" in first.text
    assert send(soc, referral, data={"once": "the same"}).status == 302
    assert ReferralEvent.objects.filter(verb="send").count() == 1
    with outsider_hears_nothing(cast, server), Visitor(server, cast.psyk).open() as socket:
        socket.say_seen(0)
        assert [hint["type"] for hint in socket.until("live")] == ["notification.created", "live"]


def test_after_a_restart_of_postgresql_the_next_requests_work(
    daphne: Start, cast: Cast, postgres_server: Postgres
) -> None:
    server = daphne()
    soc, drafts = Visitor(server, cast.soc), ready(cast, 10)
    with ThreadPoolExecutor(4) as pool:  # several connections in the pool, as in a day's work
        assert {answer.status for answer in pool.map(soc.get, ["/"] * 12)} == {200}
    assert send(soc, drafts[0]).status == 302
    postgres_server.restart()
    close_connections(pools=True)
    answers = [send(soc, referral) for referral in drafts[1:]]
    assert [answer.status for answer in answers] == [302] * 9
    assert max(answer.seconds for answer in answers) < 5
    with outsider_hears_nothing(cast, server), Visitor(server, cast.psyk).open() as socket:
        socket.say_seen(0)
        assert len(socket.until("live")) == 11


def test_open_sockets_survive_a_restart_of_postgresql(daphne: Start, cast: Cast, postgres_server: Postgres) -> None:
    server = daphne()
    soc, drafts = Visitor(server, cast.soc), ready(cast, 3)
    page = Page(Visitor(server, cast.psyk), [server], poll=0.5)
    with open_pages([page]):
        assert send(soc, drafts[0]).status == 302
        assert page.wait_for(1, 3)
        postgres_server.restart()
        close_connections(pools=True)
        for referral in drafts[1:]:
            assert wait_until(lambda referral=referral: send(soc, referral).status == 302, 5)  # type: ignore[misc]
        assert page.wait_for(3, 8)
    assert page.shown == rows_of(cast.psyk)
    with outsider_hears_nothing(cast, server):
        time.sleep(0.2)


@pytest.mark.long
def test_the_minutes_look_goes_on_after_a_restart_of_postgresql(
    daphne: Start, cast: Cast, postgres_server: Postgres
) -> None:
    """One failed look must not be the last: an ended membership would keep its socket until the process ends."""
    server = daphne()
    with Visitor(server, cast.psyk).follow() as socket, Visitor(server, cast.soc).follow() as bystander:
        postgres_server.restart()
        close_connections(pools=True)
        time.sleep(CHECK_EVERY + 2)
        Membership.objects.filter(pk=cast.psyk.pk).delete()
        assert socket.close_code(CHECK_EVERY + 5) == SIGNED_OUT
        assert bystander.is_alive_and_quiet()
