"""Tasks of agreements: in the draft, in the lists, reminded of, done, and made a referral."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from meetings.actions import commitments
from meetings.actions.agreement_sending import correct_agreement, withdraw_copies
from meetings.actions.agreements import close_commitment, reopen_commitment
from meetings.actions.commitments import remind_of_commitments
from meetings.models import Commitment
from meetings.queries.commitments import commitments_owed, own_commitments
from meetings.states import ConversationState
from notifications.models import Notification, ParticipantMail
from referrals.models import Referral, ReferralSection
from tests.cast import Cast
from tests.meetings.agreement_stage import TASKS, sent_talk, task_of, write_all
from tests.meetings.talks import Talk, make_phone, make_talk
from workspace.clocks import add_working_days
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Contact, Disclosure
from workspace.rules import Hat
from workspace.states import EndReason

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]
TUESDAY = date(2026, 11, 24)


def reminded(kind: str) -> list[int]:
    return sorted(Notification.objects.filter(kind=kind).values_list("membership", flat=True))


def due(talk: Talk, name: str, day: date) -> Commitment:
    task = task_of(talk, name)
    Commitment.objects.filter(pk=task.pk).update(due_on=day)
    task.refresh_from_db()
    return task


def lose(talk: Talk, name: str) -> None:
    Disclosure.objects.filter(pk=talk.parties[name].question_id).update(
        ended_at=timezone.now(), ended_why=EndReason.WITHDRAWN
    )


# ---------- in the draft ----------
@pytest.mark.parametrize(
    ("name", "writes"),
    [
        ("soc", {"soc", "participant"}),
        ("soc_2", {"soc", "participant"}),
        ("soc_manager", set()),
        ("psyk", {"psyk"}),
        ("psyk_2", {"psyk"}),
        ("psyk_manager", set()),
        ("fk", set()),
        ("outsider", set()),
    ],
)
def test_each_writes_its_own_tasks_and_the_convener_the_participants(cast: Cast, name: str, writes: set[str]) -> None:
    talk = make_talk(cast, ConversationState.HELD)
    done = set()
    for whose, party in talk.parties.items():
        try:
            commitments.add_commitment(
                by=cast.members[name], conversation=talk.fresh(), party=party, text="Ringa", due_on=TUESDAY
            )
            done.add(whose)
        except NotAllowed:
            pass
    assert done == writes and Commitment.objects.count() == len(writes)


def test_a_task_in_the_draft_is_changed_and_taken_out_by_whose_it_is(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, ConversationState.HELD)
    write_all(talk)
    task = task_of(talk, "psyk")
    change, remove = reverse("change_commitment", args=[task.pk]), reverse("remove_commitment", args=[task.pk])
    for other in (cast.soc, cast.fk, cast.outsider):
        assert as_hat(other).post(change, {"text": "Annat", "due_on": "2027-01-04"}).status_code == 404
        assert as_hat(other).post(remove).status_code == 404
    assert as_hat(cast.psyk).post(change, {"text": "Ringa", "due_on": "2027-01-04"}).status_code == 302
    task.refresh_from_db()
    assert (task.text, task.due_on) == ("Ringa", date(2027, 1, 4))
    assert as_hat(cast.psyk_2).post(remove).status_code == 302
    assert not Commitment.objects.filter(pk=task.pk).exists()


def test_a_task_of_the_draft_stands_in_no_list(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, ConversationState.HELD)
    write_all(talk)
    for member in (cast.soc, cast.psyk):
        assert commitments_owed(member) == []
        assert TASKS["psyk"] not in as_hat(member).get(reverse("actions") + "?vilka=alla").content.decode()
    assert own_commitments(cast.person) == []


# ---------- in the lists ----------
def test_a_sent_task_stands_in_the_list_of_whose_it_is(cast: Cast, as_hat: AsHat) -> None:
    talk, _ = sent_talk(cast)
    names = {"mina": ["psyk"], "var": ["psyk"], "alla": ["soc", "psyk", "participant"]}
    for whose, expected in names.items():
        page = as_hat(cast.psyk).get(reverse("actions") + f"?vilka={whose}").content.decode()
        assert [name for name, text in TASKS.items() if text in page] == expected, whose
    mine = as_hat(cast.soc).get(reverse("actions")).content.decode()
    assert [name for name, text in TASKS.items() if text in mine] == ["soc", "participant"]
    assert [row.text for row in commitments_owed(cast.psyk_2)] == [TASKS["psyk"]]
    assert [row.text for row in own_commitments(cast.person)] == [TASKS["participant"]]
    for nobody in (cast.psyk_manager, cast.fk, cast.outsider, cast.soc_manager):
        assert commitments_owed(nobody) == []
    assert talk.fresh()


def test_idag_looks_fourteen_days_ahead(cast: Cast) -> None:
    talk, _ = sent_talk(cast)
    today = timezone.localdate()
    for days, seen in ((14, True), (15, False), (-3, True)):
        due(talk, "psyk", today + timedelta(days=days))
        assert bool(commitments_owed(cast.psyk)) == seen, days


def test_it_leaves_the_list_with_the_access_and_when_it_is_taken_back(cast: Cast) -> None:
    talk, _ = sent_talk(cast, with_fk=True)
    lose(talk, "psyk")
    assert commitments_owed(cast.psyk) == []
    parties = [talk.parties["fk"], talk.parties["participant"]]
    withdraw_copies(by=cast.soc, conversation=talk.fresh(), parties=parties, reason="Fel")
    assert commitments_owed(cast.fk) == [] and own_commitments(cast.person) == []
    assert len(commitments_owed(cast.soc)) == 1


# ---------- done ----------
@pytest.mark.parametrize(
    ("name", "closes"),
    [
        ("soc", {"soc", "participant"}),
        ("soc_2", {"soc", "participant"}),
        ("soc_manager", set()),
        ("psyk", {"psyk"}),
        ("psyk_2", {"psyk"}),
        ("psyk_manager", set()),
        ("fk", {"fk"}),
        ("outsider", set()),
    ],
)
def test_a_task_is_done_by_whose_it_is(cast: Cast, as_hat: AsHat, name: str, closes: set[str]) -> None:
    talk, _ = sent_talk(cast, with_fk=True)
    client = as_hat(cast.members[name])
    for whose in talk.parties:
        got = client.post(reverse("close_commitment", args=[task_of(talk, whose).pk]), {"tillbaka": "uppgifter"})
        assert got.status_code == 302 if whose in closes else got.status_code in {403, 404}
    assert {whose for whose in talk.parties if task_of(talk, whose).state == "done"} == closes


def test_the_participant_says_that_a_task_is_done_and_undoes_it(cast: Cast) -> None:
    talk, _ = sent_talk(cast)
    phone, task = make_phone(cast), task_of(talk, "participant")
    close_commitment(by=phone.browser, commitment=task)
    with pytest.raises(SomebodyWasFaster):
        close_commitment(by=cast.soc, commitment=task)
    assert task_of(talk, "participant").closed_at is not None
    reopen_commitment(by=phone.browser, commitment=task)
    assert (task_of(talk, "participant").state, task_of(talk, "participant").closed_at) == ("open", None)
    with pytest.raises(NotAllowed):
        close_commitment(by=phone.browser, commitment=task_of(talk, "psyk"))


# ---------- reminded ----------
def test_on_its_day_once_then_late_and_each_fifth_working_day(cast: Cast) -> None:
    talk, _ = sent_talk(cast)
    task = due(talk, "psyk", TUESDAY)
    for name in ("soc", "participant"):
        due(talk, name, TUESDAY + timedelta(days=200))
    days = {}
    for after in range(-2, 16):
        today = TUESDAY + timedelta(days=after)
        for _again in range(2):
            before = Notification.objects.count()
            remind_of_commitments(today)
            for row in Notification.objects.order_by("pk")[before:]:
                days.setdefault(today, []).append((row.kind, row.membership_id))
    first = add_working_days(TUESDAY, 1)
    assert days == {
        TUESDAY: [("agreement.task_due", cast.psyk.pk)],
        first: [("agreement.task_late", cast.psyk.pk)],
        add_working_days(first, 5): [("agreement.task_late", cast.psyk.pk)],
        add_working_days(first, 10): [("agreement.task_late", cast.psyk.pk)],
    }
    task.refresh_from_db()
    assert task.reminded_on == add_working_days(first, 10)


def test_nothing_is_late_on_a_day_off_but_its_own_day_is_said(cast: Cast) -> None:
    talk, _ = sent_talk(cast)
    friday, sunday = date(2026, 11, 27), date(2026, 11, 29)
    due(talk, "psyk", friday)
    due(talk, "soc", sunday)
    remind_of_commitments(sunday)
    assert (reminded("agreement.task_due"), reminded("agreement.task_late")) == ([cast.soc.pk], [])
    remind_of_commitments(date(2026, 11, 30))
    assert reminded("agreement.task_late") == sorted([cast.psyk.pk, cast.soc.pk])


@pytest.mark.parametrize("why", ["done", "ended", "taken back", "left out", "draft"])
def test_never_of_what_is_done_left_out_or_nobodys_any_more(cast: Cast, why: str) -> None:
    talk, _ = sent_talk(cast) if why != "draft" else (make_talk(cast, ConversationState.HELD), None)
    if why == "draft":
        write_all(talk)
    task = due(talk, "psyk", TUESDAY)
    if why == "done":
        close_commitment(by=cast.psyk, commitment=task)
    elif why == "ended":
        lose(talk, "psyk")
    elif why == "taken back":
        withdraw_copies(by=cast.soc, conversation=talk.fresh(), parties=[talk.parties["psyk"]], reason="Fel")
    elif why == "left out":
        correct_agreement(by=cast.soc, conversation=talk.fresh(), reason="Rätt")
        commitments.remove_commitment(by=cast.psyk, commitment=task)
    for after in range(30):
        remind_of_commitments(TUESDAY + timedelta(days=after))
    assert cast.psyk.pk not in reminded("agreement.task_due") + reminded("agreement.task_late")


def test_the_participant_hears_by_mail_that_there_is_something_to_read(cast: Cast) -> None:
    talk, _ = sent_talk(cast)
    Contact.objects.create(participant=cast.person, channel="email", address="x@example.se")
    due(talk, "participant", TUESDAY)
    remind_of_commitments(TUESDAY)
    assert ParticipantMail.objects.count() == 1
    assert reminded("agreement.task_due") == []


def test_another_day_in_a_correction_is_reminded_of_anew(cast: Cast) -> None:
    talk, _ = sent_talk(cast)
    task = due(talk, "psyk", TUESDAY)
    remind_of_commitments(TUESDAY)
    correct_agreement(by=cast.soc, conversation=talk.fresh(), reason="Ny dag")
    later = TUESDAY + timedelta(days=7)
    commitments.change_commitment(by=cast.psyk, commitment=task, text="Ringa", due_on=later)
    remind_of_commitments(later)
    assert reminded("agreement.task_due") == [cast.psyk.pk] * 2


# ---------- a referral ----------
def test_another_agencys_task_becomes_a_draft_referral_to_its_desk(cast: Cast, as_hat: AsHat) -> None:
    talk, _ = sent_talk(cast)
    task = task_of(talk, "psyk")
    address = reverse("refer_commitment", args=[task.pk])
    for other in (cast.psyk, cast.fk, cast.outsider, cast.soc_manager):
        assert as_hat(other).post(address).status_code == 404
    got = as_hat(cast.soc).post(address)
    referral = Referral.objects.get()
    assert got.status_code == 302 and str(referral.pk) in got.url
    assert (referral.state, referral.receiver, referral.participant) == ("draft", cast.psyk_desk, cast.person)
    assert ReferralSection.objects.filter(text=TASKS["psyk"]).exists() or TASKS["psyk"] in str(referral.__dict__)
    as_hat(cast.soc).post(address)
    assert Referral.objects.count() == 1 and task_of(talk, "psyk").referral == referral
    for name in ("soc", "participant"):
        own = reverse("refer_commitment", args=[task_of(talk, name).pk])
        assert as_hat(cast.soc).post(own).status_code == 404


def test_late_is_said_with_words_in_the_list(cast: Cast, as_hat: AsHat) -> None:
    with time_machine.travel(timezone.now()):
        talk, _ = sent_talk(cast)
        due(talk, "psyk", timezone.localdate() - timedelta(days=2))
        page = as_hat(cast.psyk).get(reverse("actions")).content.decode()
    assert "2 dagar sen" in page and "En uppgift är sen" in page
