"""A new version while people work: behind nginx, both roles replaced in turn as deploy/upgrade.sh does it (B10)."""

import time
from contextlib import ExitStack

import pytest

from notifications.queries import last_seq
from tests.cast import Cast
from tests.chaos.stage import BrowserPage, Client, make_pairs, told_of
from tests.daphne import server_environment
from tests.running.calls import PRODUCTION, ByProxy
from tests.running.nginx import NO_NGINX, PROGRAM, Nginx
from tests.servers import Server
from tests.wire import open_pages, wait_until

ACTS, CLIENTS = 500, 10


@pytest.mark.long
@pytest.mark.postgres
@pytest.mark.skipif(PROGRAM is None, reason=NO_NGINX)
@pytest.mark.django_db(transaction=True)
def test_five_hundred_acts_lose_nothing_while_every_process_is_replaced(cast: Cast) -> None:
    pairs = make_pairs(cast, CLIENTS // 2)
    env = server_environment(**PRODUCTION)
    with ExitStack() as stack:
        web = stack.enter_context(Server(env, role="web"))
        sockets = [stack.enter_context(Server(env, role="sockets")) for _ in range(2)]
        nginx = stack.enter_context(Nginx(web=[web.port], sockets=[server.port for server in sockets]))
        clients, pages, first = [], {}, {}
        for number, pair in enumerate(pairs):
            for hat in (pair.soc, pair.psyk):
                first[hat.pk] = last_seq(hat)
                page = BrowserPage(ByProxy(nginx, hat), [nginx], seed=hat.pk)  # type: ignore[list-item]
                page.last = first[hat.pk]
                pages[hat.pk] = page
                acts = ACTS // CLIENTS
                clients.append(Client(ByProxy(nginx, hat), pair.referral, f"{number}-{hat.pk}", acts, pause=0.05))
        outsider = BrowserPage(ByProxy(nginx, cast.outsider), [nginx], seed=1)  # type: ignore[list-item]
        with open_pages([*pages.values(), outsider]):
            for client in clients:
                client.start()
            rounds = 0
            while any(client.is_alive() for client in clients):
                web.reload()
                for server in sockets:
                    server.reload()
                    time.sleep(1)  # the pages come back before the next is taken
                rounds += 1
            for client in clients:
                client.join(120)
            hats = [hat for pair in pairs for hat in (pair.soc, pair.psyk)]
            assert wait_until(lambda: all(pages[hat.pk].last >= last_seq(hat) for hat in hats), 40)
        answers = sum((client.answers for client in clients), start=type(clients[0].answers)())
        shown = {pk: page.shown for pk, page in pages.items()}
    print(f"\nupgrade: rounds {rounds}, answers {dict(answers)}, connections {[p.connections for p in pages.values()]}")
    assert rounds >= 1
    assert answers == {"302": ACTS}  # not one error, not even one that was tried again
    for hat in hats:
        assert shown[hat.pk] == told_of(hat, first[hat.pk])
    assert sum(map(len, shown.values())) == ACTS
    assert outsider.shown == [] and outsider.reloads == 0
    assert all(page.faults == [] and page.reloads == 0 for page in pages.values())
