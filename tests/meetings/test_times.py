"""Proposed times: who may propose and answer, who is told, two answers at once."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from meetings.actions.times import answer_times, propose_times, withdraw_time
from meetings.models import Conversation, ConversationEvent, Party, TimeAnswer, TimeOption
from meetings.queries.times import newest_answers, open_options, works_of
from meetings.states import ConversationState, PartyKind
from notifications.models import Notification
from tests.cast import SECRET_NAME, Cast, make_participant
from tests.meetings.cast import in_days
from tests.meetings.talk_calls import CONVENERS, HATS, PARTY, AsHat, at_once, options, say, told, words
from tests.meetings.talks import ABOUT, Talk, make_phone, make_talk
from workspace.errors import NotAllowed
from workspace.models import Absence, Agency, AuditEntry
from workspace.swedish import say_date

S = ConversationState


@pytest.fixture
def talk(cast: Cast) -> Talk:
    return make_talk(cast)


# ---------- proposing ----------
@pytest.mark.embedded
@pytest.mark.parametrize("state", list(S))
def test_only_the_convener_proposes_and_only_before_the_call(cast: Cast, as_hat: AsHat, state: S) -> None:
    talk = make_talk(cast, state)
    path = f"/samtal/{talk.conversation.pk}/tider/"
    for number, name in enumerate(HATS, start=10):
        before = TimeOption.objects.count()
        data = {"day_1": say_date((in_days(number)).date()), "begins_1": "10"}
        got = as_hat(getattr(cast, name)).post(path, data)
        may = 302 if state == S.PREPARING else 200
        expected = may if name in CONVENERS else 403 if name in PARTY else 404
        assert got.status_code == expected, (name, words(got))
        assert TimeOption.objects.count() - before == (1 if expected == 302 else 0), name
        if expected == 200:
            assert "innan kallelsen skickas" in words(got)
        if expected in {403, 404}:
            assert SECRET_NAME not in words(got) and ABOUT not in words(got)


@pytest.mark.django_db
def test_the_other_agencies_are_told_of_proposed_times_and_nobody_else(cast: Cast) -> None:
    talk = make_talk(cast, with_fk=True)
    propose_times(by=cast.soc_2, conversation=talk.conversation, starts=[in_days(7), in_days(8)])
    assert told() == {"conversation.times": {"psyk", "fk"}}
    assert AuditEntry.objects.filter(what="conversation.propose", participant_id=talk.person.pk).count() == 1
    assert ConversationEvent.objects.filter(verb="propose").count() == 1


@pytest.mark.django_db
def test_a_time_lasts_as_long_as_the_conversation_is_meant_to(talk: Talk) -> None:
    Conversation.objects.filter(pk=talk.conversation.pk).update(minutes=90)
    [made] = options(talk, 7)
    assert made.ends_at - made.starts_at == timedelta(minutes=90)


@pytest.mark.django_db
def test_times_can_be_proposed_again_later_and_one_that_stands_is_not_doubled(talk: Talk) -> None:
    options(talk, 7)
    assert len(options(talk, 7, 8)) == 1
    with pytest.raises(NotAllowed, match="redan föreslagna"):
        propose_times(by=talk.cast.soc, conversation=talk.conversation, starts=[in_days(7)])
    assert len(open_options(talk.fresh())) == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("days", "sentence"), [([], "minst en"), (list(range(1, 10)), "högst 8"), ([3, -1], "redan varit")]
)
def test_none_too_many_and_past_times_are_refused(talk: Talk, days: list[int], sentence: str) -> None:
    with pytest.raises(NotAllowed, match=sentence):
        propose_times(by=talk.cast.soc, conversation=talk.conversation, starts=[in_days(day) for day in days])
    assert not TimeOption.objects.exists() and not Notification.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({}, "Skriv minst en dag"),
        ({"day_1": "12 december 2030", "begins_1": ""}, "Skriv när samtalet börjar"),
        ({"day_1": "", "begins_1": "10"}, "Skriv vilken dag"),
        ({"day_1": "i övermorgon", "begins_1": "10"}, "är inget datum"),
        ({"day_1": "1 jan 2020", "begins_1": "10"}, "har redan varit"),
        ({"day_1": "1 jan 2099", "begins_1": "10"}, "för långt fram"),
        ({"day_1": "IDAG", "begins_1": "25.00"}, "är ingen tid"),
        ({"day_1": "IDAG", "begins_1": "03.00"}, "mellan 06.00 och 22.00"),
        ({"day_1": "SEN", "begins_1": "10", "day_2": "SEN", "begins_2": "10.00"}, "står här redan"),
        ({"day_8": "SEN", "begins_8": "x" * 5000}, "är ingen tid"),
        ({"day_1": "\x00", "begins_1": "\x00"}, "Nolltecken"),
    ],
)
def test_bad_times_get_a_sentence_at_the_field_and_nothing_is_lost(
    talk: Talk, as_hat: AsHat, data: dict[str, str], sentence: str
) -> None:
    days = {"IDAG": say_date(timezone.localdate()), "SEN": say_date(in_days(9).date())}
    sent = {"once": "x" * 10, **{key: days.get(value, value) for key, value in data.items()}}
    got = as_hat(talk.cast.soc).post(f"/samtal/{talk.conversation.pk}/tider/", sent)
    assert got.status_code == 200 and not TimeOption.objects.exists()
    if "\x00" not in sent.get("day_1", ""):
        assert sentence in words(got), words(got)
        assert all(value in got.content.decode() for key, value in sent.items() if value and key != "once")


@pytest.mark.django_db
def test_a_day_off_is_allowed_with_a_word_of_warning(talk: Talk, as_hat: AsHat) -> None:
    saturday = timezone.localdate() + timedelta(days=(5 - timezone.localdate().weekday()) % 7 + 7)
    client = as_hat(talk.cast.soc)
    data = {"day_1": say_date(saturday), "begins_1": "10"}
    got = client.post(f"/samtal/{talk.conversation.pk}/tider/", data)
    assert got.status_code == 302 and TimeOption.objects.count() == 1
    assert "ledig dag (lördag)" in str(list(got.wsgi_request._messages))  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_the_same_form_sent_twice_proposes_once(talk: Talk, as_hat: AsHat) -> None:
    client = as_hat(talk.cast.soc)
    data = {"day_1": say_date(in_days(9).date()), "begins_1": "10", "once": "abc"}
    for _ in range(2):
        assert client.post(f"/samtal/{talk.conversation.pk}/tider/", data).status_code == 302
    assert TimeOption.objects.count() == 1
    assert Notification.objects.filter(kind="conversation.times").count() == 1


# ---------- taking away ----------
@pytest.mark.embedded
@pytest.mark.parametrize("state", list(S))
def test_only_the_convener_takes_a_time_away_and_only_before_the_call(cast: Cast, as_hat: AsHat, state: S) -> None:
    talk = make_talk(cast, state)
    for number, name in enumerate(HATS):
        option = TimeOption.objects.create(
            conversation=talk.conversation,
            starts_at=in_days(9 + number),
            ends_at=in_days(9 + number) + timedelta(hours=1),
        )
        got = as_hat(getattr(cast, name)).post(f"/samtal/tid/{option.pk}/ta-bort/")
        allowed = name in CONVENERS and state == S.PREPARING
        expected = 302 if allowed else 403 if name in CONVENERS | PARTY else 404
        assert got.status_code == expected, name
        option.refresh_from_db()
        assert bool(option.withdrawn_at) == allowed
        if expected == 404:
            missing = as_hat(getattr(cast, name)).post("/samtal/tid/999999/ta-bort/")
            assert missing.content == got.content
    assert not Notification.objects.exists()


@pytest.mark.django_db
def test_a_time_taken_away_cannot_be_answered_and_can_be_proposed_anew(talk: Talk) -> None:
    [option] = options(talk, 7)
    withdraw_time(by=talk.cast.soc, option=option)
    with pytest.raises(NotAllowed, match="gäller inte längre"):
        answer_times(by=talk.cast.psyk, conversation=talk.conversation, works={option.pk: True})
    with pytest.raises(NotAllowed, match="redan borttagen"):
        withdraw_time(by=talk.cast.soc, option=option)
    assert len(options(talk, 7)) == 1


# ---------- answering ----------
@pytest.mark.embedded
@pytest.mark.parametrize("state", list(S))
def test_every_hat_answers_times_for_its_own_party_only_while_they_are_open(
    cast: Cast, as_hat: AsHat, state: S
) -> None:
    talk = make_talk(cast, state)
    option = TimeOption.objects.create(
        conversation=talk.conversation, starts_at=in_days(9), ends_at=in_days(9) + timedelta(hours=1)
    )
    sentences = {S.INVITED: "fått sin tid", S.HELD: "genomfört", S.CANCELLED: "inställt", S.CLOSED: "stängt"}
    for name in HATS:
        before = TimeAnswer.objects.count()
        path = f"/samtal/{talk.conversation.pk}/tider/svar/"
        got = as_hat(getattr(cast, name)).post(path, {f"tid_{option.pk}": "ja"})
        has_part = name in CONVENERS | PARTY
        expected = (302 if state == S.PREPARING else 403) if has_part else 404
        assert got.status_code == expected, (name, words(got))
        assert TimeAnswer.objects.count() - before == (expected == 302)
        if expected == 302:
            own = talk.parties["soc" if name in CONVENERS else "psyk"]
            assert TimeAnswer.objects.latest("pk").party_id == own.pk
        if expected == 403:
            assert sentences[state] in words(got)


@pytest.mark.django_db
def test_the_participant_answers_in_a_browser_and_the_convener_is_told(cast: Cast) -> None:
    talk = make_talk(cast)
    first, second = options(talk, 7, 8)
    phone = make_phone(cast)
    answer_times(by=phone.browser, conversation=talk.conversation, works={first.pk: True, second.pk: False})
    assert works_of(talk.parties["participant"], [first, second]) == {first.pk: True, second.pk: False}
    assert told() == {"conversation.participant_times": {"soc"}}
    assert Notification.objects.get().acting_agency is None
    row = TimeAnswer.objects.first()
    assert row is not None and row.browser == phone.browser and row.member is None


@pytest.mark.django_db
def test_another_persons_browser_answers_nothing(cast: Cast) -> None:
    talk = make_talk(cast)
    [option] = options(talk, 7)
    other = make_phone(cast, make_participant(cast.soc_desk, "Annan", "Person"), visit=False)
    with pytest.raises(NotAllowed):
        answer_times(by=other.browser, conversation=talk.conversation, works={option.pk: True})
    assert not TimeAnswer.objects.exists()


@pytest.mark.django_db
def test_an_agencys_answer_is_told_to_the_convener_once_and_again_only_when_it_changes(cast: Cast) -> None:
    talk = make_talk(cast, with_fk=True)
    [option] = options(talk, 7)
    for works in (True, True, False):
        answer_times(by=cast.psyk, conversation=talk.conversation, works={option.pk: works})
    rows = Notification.objects.filter(kind="conversation.times_answered")
    assert {row.membership_id for row in rows} == {cast.soc.pk} and rows.count() == 2
    assert rows[0].acting_agency == cast.psyk.agency
    assert [row.works for row in TimeAnswer.objects.order_by("pk")] == [True, True, False]
    assert works_of(talk.parties["psyk"], [option]) == {option.pk: False}


@pytest.mark.django_db
def test_the_answer_of_somebody_who_stands_in_is_told_to_whoever_stands_in_for_the_convener(cast: Cast) -> None:
    talk = make_talk(cast)
    [option] = options(talk, 7)
    today = timezone.localdate()
    Absence.objects.create(membership=cast.soc, from_on=today, to_on=today, stand_in=cast.soc_2)
    answer_times(by=cast.psyk, conversation=talk.conversation, works={option.pk: True})
    assert told() == {"conversation.times_answered": {"soc2"}}


@pytest.mark.django_db
def test_some_times_can_be_answered_and_the_others_later(talk: Talk) -> None:
    first, second = options(talk, 7, 8)
    answer_times(by=talk.cast.psyk, conversation=talk.conversation, works={first.pk: True})
    answer_times(by=talk.cast.psyk, conversation=talk.conversation, works={second.pk: False})
    assert works_of(talk.parties["psyk"], [first, second]) == {first.pk: True, second.pk: False}
    with pytest.raises(NotAllowed, match="minst en"):
        answer_times(by=talk.cast.psyk, conversation=talk.conversation, works={})


@pytest.mark.django_db
def test_a_time_of_another_conversation_or_one_that_has_been_is_refused(cast: Cast) -> None:
    talk = make_talk(cast)
    [option] = options(talk, 7)
    with time_machine.travel(in_days(8), tick=False), pytest.raises(NotAllowed, match="gäller inte längre"):
        answer_times(by=cast.psyk, conversation=talk.conversation, works={option.pk: True})
    with pytest.raises(NotAllowed, match="gäller inte längre"):
        answer_times(by=cast.psyk, conversation=talk.conversation, works={option.pk + 1: True})


@pytest.mark.django_db
def test_an_agency_whose_ground_is_gone_answers_nothing(talk: Talk) -> None:
    [option] = options(talk, 7)
    party = talk.parties["psyk"]
    assert party.identity is not None
    type(party.identity).objects.filter(pk=party.identity_id).update(ended_at=timezone.now(), ended_why="withdrawn")
    with pytest.raises(NotAllowed):
        answer_times(by=talk.cast.psyk, conversation=talk.conversation, works={option.pk: True})
    assert not TimeAnswer.objects.exists()


@pytest.mark.django_db
def test_the_convener_registers_for_the_participant_and_for_those_on_paper_alone(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, with_fk=True)
    [option] = options(talk, 7)
    support = Party.objects.create(
        conversation=talk.conversation, kind=PartyKind.SUPPORT, name="Stina Stöd", agreed_on=timezone.localdate()
    )
    Agency.objects.filter(pk=cast.fk.agency_id).update(by_letter=True)
    allowed = {talk.parties["participant"].pk, talk.parties["fk"].pk, support.pk}
    for party in (*talk.parties.values(), support):
        Notification.objects.all().delete()
        path = f"/samtal/{talk.conversation.pk}/tider/svar/?part={party.pk}"
        got = as_hat(cast.soc_2).post(path, {f"tid_{option.pk}": "nej", "way": "phone"})
        assert (got.status_code == 302) == (party.pk in allowed), party.kind
        assert works_of(party, [option]) == ({option.pk: False} if party.pk in allowed else {})
        kind = "participant_times" if party.kind == PartyKind.PARTICIPANT else "times_answered"
        assert told() == ({f"conversation.{kind}": {"soc"}} if party.pk in allowed else {})
    row = TimeAnswer.objects.get(party=support)
    assert (row.way, row.member) == ("phone", cast.soc_2)
    for name in ("psyk", "psyk_2"):
        path = f"/samtal/{talk.conversation.pk}/tider/svar/?part={support.pk}"
        assert as_hat(getattr(cast, name)).post(path, {f"tid_{option.pk}": "ja", "way": "phone"}).status_code == 403


@pytest.mark.django_db
def test_registering_needs_a_known_way_and_a_browser_registers_nothing(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast)
    [option] = options(talk, 7)
    path = f"/samtal/{talk.conversation.pk}/tider/svar/?part={talk.parties['participant'].pk}"
    got = as_hat(cast.soc).post(path, {f"tid_{option.pk}": "ja"})
    assert "Välj hur svaret kom" in words(got)
    for huge in ("9" * 25, "x", "999999"):
        assert as_hat(cast.soc).get(f"/samtal/{talk.conversation.pk}/tider/svar/?part={huge}").status_code == 404
    phone = make_phone(cast, visit=False)
    with pytest.raises(NotAllowed):
        answer_times(
            by=phone.browser,
            conversation=talk.conversation,
            works={option.pk: True},
            party=talk.parties["psyk"],
            way="phone",
        )
    assert not TimeAnswer.objects.exists()


@pytest.mark.django_db
def test_an_odd_answer_gets_a_sentence(talk: Talk, as_hat: AsHat) -> None:
    [option] = options(talk, 7)
    path = f"/samtal/{talk.conversation.pk}/tider/svar/"
    client = as_hat(talk.cast.psyk)
    assert "minst en av tiderna" in words(client.post(path, {"once": "a"}))
    assert "Passar eller Passar inte" in words(client.post(path, {f"tid_{option.pk}": "kanske"}))
    assert "gäller inte längre" in words(client.post(path, {f"tid_{'9' * 25}": "ja"}))
    assert not TimeAnswer.objects.exists()


@pytest.mark.postgres
@pytest.mark.parametrize("second", [False, True])
def test_the_same_time_answered_from_two_devices_at_once_is_kept_twice_and_one_counts(
    cast: Cast, committed_db: None, second: bool
) -> None:
    talk = make_talk(cast)
    [option] = options(talk, 7)
    browser = make_phone(cast, visit=False).browser

    def answer(works: bool) -> None:
        answer_times(by=browser, conversation=talk.conversation, works={option.pk: works})

    assert at_once(lambda: answer(True), lambda: answer(second)) == []
    rows = list(TimeAnswer.objects.order_by("at", "pk"))
    assert sorted(row.works for row in rows) == sorted([True, second])
    assert newest_answers([option])[option.pk, talk.parties["participant"].pk] == rows[-1]
    # The convener hears of what changed: the second of two that say the same is no news.
    assert Notification.objects.filter(kind="conversation.participant_times").count() == (1 if second else 2)


# ---------- what the page shows ----------
@pytest.mark.django_db
def test_the_convener_reads_every_answer_and_another_agency_only_its_own(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, with_fk=True)
    [option] = options(talk, 7)
    say(talk, "fk", {option.pk: False})
    path = f"/samtal/{talk.conversation.pk}/"
    ours, theirs = words(as_hat(cast.soc).get(path)), words(as_hat(cast.psyk).get(path))
    assert "Försäkringskassan Norr: passar inte" in ours and "Vuxenpsykiatrin Piteå: <span" in ours
    assert "passar inte" not in theirs and "Kan inte:" not in theirs
    assert "/tider/svar/" in theirs and "ta-bort" not in theirs and "/kalla/" not in theirs
