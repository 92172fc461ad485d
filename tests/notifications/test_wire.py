"""docs/wire.md through real sockets: replay, hints, bad messages. Every act is a form's POST."""

import json
import time
import uuid
from typing import Any

import pytest
from django.utils import timezone

from notifications.models import Counter, Notification
from notifications.queries import epoch
from referrals.models import Referral
from tests.cast import SECRET_NAME, SECRET_TEXT, Cast, draft
from tests.infrastructure import EMBEDDED
from tests.wire import Room, ready, send_new, seqs
from workspace.front.consumers import BAD_MESSAGE
from workspace.models import AuditEntry, Consent, FunctionMember, UserAccount

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]
BELL = {"type": "changed", "topic": "bell"}
ALONE = {"alone": True} if EMBEDDED else {}  # without Redis no other process is heard


# ---------- seen, replay, live ----------
def test_seen_is_answered_with_the_replay_and_then_live(room: Room) -> None:
    for _ in range(3):
        send_new(room)
    rows = list(Notification.objects.filter(membership=room.cast.psyk).order_by("seq").values_list("pk", "seq"))
    assert [seq for _, seq in rows] == [1, 2, 3]
    socket = room.keep(room.visitor(room.cast.psyk).open())
    for seen in (0, 2, 3):
        socket.say_seen(seen)
        expected = [{"type": "notification.created", "id": pk, "seq": seq} for pk, seq in rows[seen:]]
        assert socket.until("live") == [*expected, {"type": "live", "seq": 3, "epoch": epoch()} | ALONE]
    send_new(room)
    newest = Notification.objects.get(membership=room.cast.psyk, seq=4)
    assert socket.next() == {"type": "notification.created", "id": newest.pk, "seq": 4}


def test_nothing_comes_before_seen(room: Room) -> None:
    silent = room.keep(room.visitor(room.cast.psyk).open())
    send_new(room)
    assert silent.all() == []
    silent.say_seen(0)
    assert seqs(silent.until("live")) == [1]


def test_read_and_closed_notices_stay_in_the_replay(room: Room) -> None:
    referral = send_new(room)
    room.visitor(room.cast.psyk).get(f"/remisser/{referral.pk}/")
    assert Notification.objects.get(membership=room.cast.psyk).read_at
    room.visitor(room.cast.soc).post(f"/remisser/{referral.pk}/aterta/", {"code": "wrong_person"})
    socket = room.keep(room.visitor(room.cast.psyk).open())
    socket.say_seen(0)
    assert seqs(socket.until("live")) == [1, 2]


def test_a_gap_is_filled_by_asking_again(room: Room) -> None:
    send_new(room)
    socket = room.live(room.cast.psyk)
    # Two numbers whose hints are lost: made without the server, as a hint lost on the way.
    counter = Counter.objects.get(membership=room.cast.psyk)
    for _ in range(2):
        counter.last_seq += 1
        counter.save()
        Notification.objects.create(
            membership=room.cast.psyk, seq=counter.last_seq, kind="referral.sent", number="R-1", object_id=1
        )
    send_new(room)
    assert socket.next()["seq"] == 4
    socket.say_seen(1)
    assert seqs(socket.until("live")) == [2, 3, 4]
    send_new(room)
    assert socket.next()["seq"] == 5


def test_an_unknown_epoch_and_a_page_ahead_of_the_server_are_told_to_reload(room: Room) -> None:
    send_new(room)
    socket = room.keep(room.visitor(room.cast.psyk).open())
    for page_epoch, seq in (("", 1), (str(uuid.uuid4()), 0), (epoch().upper(), 0), (None, 2), (None, 2**63 - 1)):
        socket.say_seen(seq, page_epoch)
        assert socket.next() == {"type": "reload"}
    socket.say_seen(1)
    assert socket.next()["type"] == "live"


def test_a_page_starts_its_socket_where_it_was_rendered(room: Room) -> None:
    send_new(room)
    text = room.visitor(room.cast.psyk).get("/").text
    assert 'data-socket="/ws/"' in text
    assert f'data-epoch="{epoch()}" data-seq="1"' in text


def test_a_coordinators_socket_has_no_notices_and_starts_at_nought(room: Room) -> None:
    socket = room.keep(room.visitor(room.cast.coordinator).open())
    socket.say_seen(0)
    assert socket.next() == {"type": "live", "seq": 0, "epoch": epoch()} | ALONE


# ---------- an act reaches exactly the right hats ----------
Act = tuple[str, str, dict[str, Any]]
SOC, PSYK, NOBODY = {"soc", "soc_2"}, {"psyk", "psyk_2"}, set[str]()
ACKNOWLEDGE: Act = ("psyk", "ta-emot", {"scope": "status_and_text"})
# What is done, who is told of it, and who had it waiting: their bells look again.
JOURNEYS: dict[str, list[tuple[Act, set[str], set[str]]]] = {
    "to its end": [
        (("soc", "granska", {}), PSYK, NOBODY),
        (ACKNOWLEDGE, SOC, PSYK),
        (("psyk_2", "acceptera", {}), SOC, NOBODY),
        (("psyk", "besluta", {"outcome": "partly", "text": SECRET_TEXT}), SOC, NOBODY),
        (("soc", "avsluta", {}), PSYK, SOC),
    ],
    "back and again": [
        (("soc_2", "granska", {}), PSYK, NOBODY),
        (ACKNOWLEDGE, SOC, PSYK),
        (("psyk", "skicka-tillbaka", {"code": "incomplete", "text": SECRET_TEXT}), SOC, NOBODY),
        (("soc", "ratta", {}), NOBODY, SOC),
        (("soc", "granska", {}), PSYK, NOBODY),
    ],
    "taken back": [
        (("soc", "granska", {}), PSYK, NOBODY),
        (("soc", "aterta", {"code": "wrong_receiver"}), PSYK, PSYK),
    ],
    "without leave to answer": [
        (("soc", "granska", {}), PSYK, NOBODY),
        (("psyk", "ta-emot", {"scope": "none"}), NOBODY, PSYK),
        (("psyk", "acceptera", {}), NOBODY, NOBODY),
        (("psyk", "besluta", {"outcome": "refused"}), NOBODY, NOBODY),
        (("psyk", "fa-svara", {"scope": "status"}), SOC, NOBODY),
    ],
}


@pytest.mark.parametrize("journey", JOURNEYS)
def test_each_act_is_hinted_within_a_second_to_exactly_those_it_concerns(room: Room, journey: str) -> None:
    cast, referral = room.cast, ready(room.cast)
    # Managers with a seat at the desk look at work lists; they are not told of each act.
    for desk, manager in ((cast.soc_desk, cast.soc_manager), (cast.psyk_desk, cast.psyk_manager)):
        FunctionMember.objects.create(function=desk, membership=manager)
    sockets = {name: room.live(hat) for name, hat in cast.members.items()}
    sockets |= {"coordinator": room.live(cast.coordinator), "chair": room.live(cast.chair)}
    sockets["two_hats"] = room.live(cast.two_hats[0])
    for (who, step, form), told, waited in JOURNEYS[journey]:
        answer = room.visitor(cast.members[who]).post(f"/remisser/{referral.pk}/{step}/", form)
        assert answer.status == 302, (step, answer.text[:2000])
        for name in sorted(told | waited):
            hints = sockets[name].burst()
            assert (BELL in hints) == (name in waited), (step, name, hints)
            told_of = [hint for hint in hints if hint["type"] == "notification.created"]
            assert len(told_of) == (name in told) and len(hints) <= 3, (step, name, hints)
        time.sleep(0.15)
        silent = {name: socket.all(0.01) for name, socket in sockets.items()}
        assert not any(silent.values()), (step, silent)


def test_a_withdrawal_is_hinted_to_the_receiver(room: Room) -> None:
    cast, referral = room.cast, send_new(room)
    assert SECRET_TEXT in room.visitor(cast.psyk).get(f"/remisser/{referral.pk}/").text
    psyk, psyk_2, soc = room.live(cast.psyk), room.live(cast.psyk_2), room.live(cast.soc)
    page = room.live(cast.psyk, page_topic := f"referral:{referral.pk}")
    assert withdraw(room).status == 302
    for socket in (psyk, psyk_2):
        assert {hint["type"] for hint in socket.burst()} == {"changed", "notification.created"}
    assert {hint.get("topic") for hint in page.burst()} == {"bell", None, page_topic}
    assert soc.all() == []
    answer = room.visitor(cast.psyk).get(f"/remisser/{referral.pk}/del/lage/")
    assert SECRET_TEXT not in answer.text and SECRET_NAME not in answer.text


def withdraw(room: Room) -> Any:
    consent = Consent.objects.get(agency=room.cast.soc.agency_id)
    rows = list(consent.rows.values_list("pk", flat=True))
    return room.visitor(room.cast.soc).post(f"/samtycken/{consent.pk}/aterkalla/", {"rows": rows})


# Whose open page changes where it is not both sides': that it changed is itself a word about the other side.
ONE_SIDED = {
    ("back and again", "ratta"): {"sender"},
    ("without leave to answer", "acceptera"): {"receiver"},
    ("without leave to answer", "besluta"): {"receiver"},
}


@pytest.mark.parametrize("journey", JOURNEYS)
def test_an_open_referral_hears_of_every_act_its_side_may_know(room: Room, journey: str) -> None:
    cast, referral = room.cast, ready(room.cast)
    topic = f"referral:{referral.pk}"
    pages = {"sender": room.live(cast.soc, topic)}
    elsewhere = room.live(cast.soc, f"referral:{send_new(room).pk}")
    for (who, step, form), *_ in JOURNEYS[journey]:
        assert room.visitor(cast.members[who]).post(f"/remisser/{referral.pk}/{step}/", form).status == 302
        told = ONE_SIDED.get((journey, step), set(pages)) & set(pages)
        for side in sorted(told):
            assert pages[side].hears({"type": "changed", "topic": topic}), (step, side)
        rest = {side: [hint.get("topic") for hint in page.all(0.2)] for side, page in pages.items()}
        assert not any(topic in topics for topics in rest.values()), (step, rest)
        if "receiver" not in pages:
            pages["receiver"] = room.live(cast.psyk, topic)
    assert topic not in {hint.get("topic") for hint in elsewhere.all()}


def test_the_coordinators_board_is_told_of_followed_referrals_only(room: Room) -> None:
    cast = room.cast
    board = room.live(cast.coordinator, f"board:{cast.coordinator.cooperation_id}")
    bare = room.live(cast.coordinator)
    followed = send_new(room)
    assert board.next(1) == {"type": "changed", "topic": f"board:{cast.coordinator.cooperation_id}"}
    assert room.visitor(cast.psyk).post(f"/remisser/{followed.pk}/ta-emot/", {"scope": "status"}).status == 302
    assert board.next(1)["type"] == "changed"
    Consent.objects.get(agency=cast.soc.agency_id).rows.filter(category="follow_up").update(
        withdrawn_at=timezone.now(), withdrawn_by=cast.soc
    )
    unfollowed = draft(cast)
    assert room.visitor(cast.soc).post(f"/remisser/{unfollowed.pk}/granska/").status == 302
    assert board.all() == bare.all() == []


def test_reading_the_bell_in_one_tab_is_hinted_to_the_others(room: Room) -> None:
    send_new(room)
    tab, colleague = room.live(room.cast.psyk), room.live(room.cast.psyk_2)
    assert room.visitor(room.cast.psyk).post("/handelser/lasta/").status == 302
    assert tab.next(1) == {"type": "changed", "topic": "bell"}
    assert colleague.all() == []


# ---------- hints, never content ----------
def secrets_of(cast: Cast) -> list[str]:
    person = cast.person
    referral = Referral.objects.get()
    users = UserAccount.objects.values_list("username", "first_name", "last_name")
    return [
        *(SECRET_NAME, person.last_name, SECRET_TEXT, person.phone, str(person.municipality), str(person.birth_year)),
        *(referral.number, referral.kind_id, referral.kind.name, "partly", "incomplete", "referral.sent"),
        *(cast.soc.agency.name, cast.soc.agency.short_name, cast.soc.agency.code, cast.psyk.agency.code),
        *(word for names in users for word in names if len(word) > 3),
    ]


def test_frames_hold_nothing_but_numbers_and_the_topic(room: Room) -> None:
    cast, referral = room.cast, ready(room.cast)
    topic = f"referral:{referral.pk}"
    sockets = [room.live(cast.soc, topic), room.live(cast.soc_2)]
    for (who, step, form), *_ in JOURNEYS["to its end"][:4]:
        assert room.visitor(cast.members[who]).post(f"/remisser/{referral.pk}/{step}/", form).status == 302
        if step == "granska":
            sockets += [room.live(cast.psyk, topic), room.live(cast.psyk_2)]
            sockets.append(room.live(cast.coordinator, f"board:{cast.coordinator.cooperation_id}"))
    withdraw(room)
    shapes = {
        "notification.created": {"type", "id", "seq"},
        "live": {"type", "seq", "epoch"},
        "changed": {"type", "topic"},
    }
    frames = 0
    for socket in sockets:
        for message in socket.all():
            assert set(message) - {"alone"} == shapes[message["type"]]
            assert all(type(message[key]) is int for key in {"id", "seq"} & set(message))
            assert message.get("topic", topic) in {topic, f"board:{cast.coordinator.cooperation_id}", "bell"}
            frames += 1
    assert frames > 12
    raw = "\n".join(str(frame) for socket in sockets for frame in socket.raw)
    assert not [word for word in secrets_of(cast) if word in raw or json.dumps(word)[1:-1] in raw]


# ---------- bad messages ----------
GOOD = {"type": "seen", "epoch": "e", "seq": 0}
MARK = "Hemligdata"  # planted in bad messages: must not be found in the log
BAD: dict[str, str | bytes] = {
    "not json": MARK,
    "empty": "",
    "half": '{"type": "seen", "epo',
    "a list": json.dumps([GOOD]),
    "a number": "7",
    "null": "null",
    "deep": "[" * 500,
    "another type": json.dumps(GOOD | {"type": "notification.created"}),
    "no type": json.dumps({"epoch": "e", "seq": 0}),
    "type not a string": json.dumps(GOOD | {"type": ["seen"]}),
    "no epoch": json.dumps({"type": "seen", "seq": 0}),
    "no seq": json.dumps({"type": "seen", "epoch": "e"}),
    "one key too many": json.dumps(GOOD | {"name": MARK}),
    "epoch a number": json.dumps(GOOD | {"epoch": 4}),
    "epoch null": json.dumps(GOOD | {"epoch": None}),
    "seq a string": json.dumps(GOOD | {"seq": "0"}),
    "seq a bool": json.dumps(GOOD | {"seq": True}),
    "seq a float": json.dumps(GOOD | {"seq": 1.0}),
    "seq null": json.dumps(GOOD | {"seq": None}),
    "seq not a number": '{"type": "seen", "epoch": "e", "seq": NaN}',
    "seq negative": json.dumps(GOOD | {"seq": -1}),
    "seq beyond the database": json.dumps(GOOD | {"seq": 2**63}),
    "seq of 400 digits": '{"type": "seen", "epoch": "e", "seq": ' + "9" * 400 + "}",
    "epoch too long": json.dumps(GOOD | {"epoch": MARK * 60}),
    "bytes": json.dumps(GOOD).encode(),
    "bytes that are no text": b"\xff\xfe\x00",
    "one megabyte": json.dumps(GOOD | {"epoch": "x" * 1_000_000}),
    "one megabyte of bytes": b"\0" * 1_000_000,
}


def test_a_bad_message_closes_the_socket_is_logged_and_harms_nobody(room: Room) -> None:
    visitor, bystander = room.visitor(room.cast.psyk), room.live(room.cast.psyk_2)
    began = len(room.server.log)
    answers = {}
    for name, message in BAD.items():
        before = len(room.server.log)
        with visitor.follow() as socket:
            socket.say(message)
            code = socket.close_code()
            logged = "socket message refused" in room.server.log[before:]
            answers[name] = (code, socket.heard, logged)
    assert {name: answer for name, answer in answers.items() if answer != (BAD_MESSAGE, [], True)} == {}
    assert BAD_MESSAGE == 4400
    log = room.server.log[began:]
    assert MARK not in log and "Traceback" not in log
    assert bystander.is_alive_and_quiet()
    assert room.live(room.cast.psyk).is_alive_and_quiet()


def test_an_odd_epoch_is_only_unknown(room: Room) -> None:
    socket = room.live(room.cast.psyk)
    for odd in ("", "\0", "å" * 60, "' OR 1=1 --", "\ud800"):
        socket.say(json.dumps(GOOD | {"epoch": odd}))
        assert socket.next() == {"type": "reload"}


# ---------- staying open ----------
def test_a_socket_idle_for_eight_seconds_stays_open_and_hears(room: Room) -> None:
    """redis-py 8 with channels-redis 4.3.0 ended every idle socket after five (libraries.md, trap 1)."""
    socket, silent = room.live(room.cast.psyk), room.keep(room.visitor(room.cast.psyk_2).open())
    time.sleep(8)
    send_new(room)
    assert socket.next(1)["seq"] == 1
    silent.say_seen(0)
    assert seqs(silent.until("live")) == [1]


def test_a_hundred_sockets_that_come_and_go_leave_the_server_well(room: Room) -> None:
    visitor = room.visitor(room.cast.psyk)
    for number in range(100):
        with visitor.open() as socket:
            if number % 3 == 0:
                socket.say_seen(0)
            if number % 2:
                socket.cut()
    before = AuditEntry.objects.count()
    socket = room.live(room.cast.psyk)
    send_new(room)
    assert socket.next(1)["seq"] == 1
    assert AuditEntry.objects.count() > before
