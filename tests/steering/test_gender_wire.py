"""That the item was closed is hinted at to who is in the meeting, without a word of it; the outsider hears nothing."""

from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cast import Cast
from tests.daphne import Daphne, server_environment
from tests.steering.gender_stage import address, form_of
from tests.steering.stage import make_steering, running
from tests.wire import Room as Screens
from tests.wire import refusal_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]
WORDS = "Hemligt beslut om jämställdhet"


@pytest.fixture(scope="module")
def server(django_db_setup: Path | None) -> Generator[Daphne]:
    with Daphne(server_environment()) as process:
        yield process
        assert process.is_running()


def test_closing_the_item_is_hinted_at_and_said_to_nobody_outside(server: Daphne, cast: Cast) -> None:
    stage = make_steering(cast)
    meeting = running(stage)
    topic = f"meeting:{meeting.pk}"
    with ExitStack() as stack:
        screens = Screens(server, cast, stack)
        listening = {
            "fk": screens.live(cast.fk, topic),
            "psyk": screens.live(cast.psyk_manager, topic),
            "steering": screens.live(stage.steering, topic),
        }
        for hat in (cast.soc, cast.psyk_2, stage.evaluator):
            assert refusal_of(screens.visitor(hat), topic)[0] == 403
        data = form_of(meeting, answer="decision", text=WORDS)
        assert screens.visitor(cast.chair).post(address(meeting, "avsluta/"), data).status == 302
        hint = {"type": "changed", "topic": topic, "part": "outcomes"}
        heard = {name: socket.all(0.5) for name, socket in listening.items()}
        assert heard == {name: [hint] for name in listening}
        assert all(WORDS not in str(socket.raw) for socket in listening.values())
        assert WORDS in screens.visitor(cast.fk).get(address(meeting, "svar/")).text
        assert screens.outsiders_heard_nothing()
