"""What the bell's marks and an open page's presence say on the socket: to exactly whom, and nothing besides."""

from datetime import timedelta

import pytest
from django.utils import timezone

from referrals import actions
from referrals.models import Referral, ReferralPresence
from referrals.states import AnswerScope, ReferralState, Verb
from tests.cast import give_consent
from tests.referrals.journeys import bring_to, walk
from tests.wire import Room, send_new
from workspace.models import ConsentRow

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]


def test_a_mark_and_its_undoing_reach_the_hats_other_pages_and_no_colleagues(room: Room) -> None:
    send_new(room)
    psyk = room.visitor(room.cast.psyk)
    tab, colleague = room.live(room.cast.psyk), room.live(room.cast.psyk_2)
    answer = psyk.post("/handelser/lasta/", {"till": "1"})
    mark = answer.location.partition("angra=")[2].replace("%3A", ":")
    assert psyk.post("/handelser/angra/", {"marke": mark}).location == "/handelser/"
    psyk.post("/handelser/lasta/", {"till": "0"})  # nothing was marked, and nothing is said
    assert tab.all() == [{"type": "changed", "topic": "bell"}] * 2
    assert colleague.all() == []


def test_that_a_page_is_open_is_hinted_once_to_the_other_side_and_as_a_part(room: Room) -> None:
    cast, referral = room.cast, bring_to(room.cast, ReferralState.ACCEPTED)
    topic = f"referral:{referral.pk}"
    sockets = {hat: room.live(getattr(cast, hat), topic) for hat in ("soc", "soc_2", "psyk", "psyk_2")}
    elsewhere = room.live(cast.soc)  # Idag
    path = f"/remisser/{referral.pk}/oppen/"
    for _ in range(3):
        assert room.visitor(cast.psyk).post(path).status == 200
    assert room.visitor(cast.psyk_2).post(path).status == 200
    hint = {"type": "changed", "topic": topic, "part": "presence"}
    assert {name: socket.all() for name, socket in sockets.items()} == {
        "soc": [hint], "soc_2": [hint], "psyk": [], "psyk_2": [],
    }  # fmt: skip
    ReferralPresence.objects.update(seen_at=timezone.now() - timedelta(seconds=76))
    room.visitor(cast.psyk).post(path)
    assert sockets["soc"].next() == hint, "it was gone, and is there again"
    assert elsewhere.all() == []


def test_a_former_receiver_hears_nothing_of_what_goes_on_and_of_its_own_lost_access(room: Room) -> None:
    cast = room.cast
    referral = sent_on_to_fk(room)
    topic = f"referral:{referral.pk}"
    former, now = room.live(cast.psyk, topic), room.live(cast.fk, topic)
    for hat in (cast.soc, cast.fk):
        assert room.visitor(hat).post(f"/remisser/{referral.pk}/oppen/").status == 200
    assert now.all() == [{"type": "changed", "topic": topic, "part": "presence"}]
    assert room.visitor(cast.fk).post(f"/remisser/{referral.pk}/acceptera/").status == 302
    assert now.all() == [{"type": "changed", "topic": topic}]
    assert former.all() == []
    row = ConsentRow.objects.filter(consent__agency=cast.soc.agency, recipient=cast.psyk.agency).first()
    assert row is not None
    answer = room.visitor(cast.soc).post(f"/samtycken/{row.consent_id}/aterkalla/", {"rows": own_rows(row)})
    assert answer.status == 302
    assert {"type": "changed", "topic": topic} in former.all()


def own_rows(row: ConsentRow) -> list[int]:
    """All that one consent lets the sender tell the former receiver."""
    return list(
        ConsentRow.objects.filter(consent=row.consent_id, recipient=row.recipient_id).values_list("pk", flat=True)
    )


def sent_on_to_fk(room: Room) -> Referral:
    cast = room.cast
    referral = walk(cast, bring_to(cast, ReferralState.RETURNED), Verb.REVISE)
    give_consent(cast, recipient=cast.fk.agency, back=("status", "answer"))
    actions.readdress_draft(by=cast.soc, referral=referral, receiver=cast.fk_desk, kind=referral.kind)
    actions.send_referral(by=cast.soc, referral=referral)
    actions.acknowledge_referral(by=cast.fk, referral=referral, scope=AnswerScope.STATUS_AND_TEXT)
    referral.refresh_from_db()
    return referral
