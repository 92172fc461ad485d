"""The standing item is closed with a decision or with «Ingen avvikelse» and why: never empty, never both (R15)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from meetings.actions.gender import close_gender_item
from meetings.models import Attendance, Decision, DecisionReport, DecisionVote, Meeting, MeetingEvent
from meetings.queries.deciding import DecisionInput
from meetings.queries.drafting import draft_of
from meetings.queries.standing import answer_seen
from meetings.states import DecisionState, GenderAnswer, ItemKind, MeetingState, MinutesState, Procedure
from notifications.models import Notification
from tests.cast import Cast
from tests.figures.test_figures_page import page, text_of
from tests.meetings.talk_calls import at_once
from tests.steering.gender_stage import PLAN_MADE, address, form_of, gender_of, history, lay, ways
from tests.steering.stage import Steering, make_steering, running
from workspace.models import AuditEntry
from workspace.rules import Hat
from workspace.swedish import say_date

AsHat = Callable[[Hat], Client]
AVSLUTA = "avsluta/"
BOTH = "inte båda"
WORDS = "Varje myndighet går igenom sina tio äldsta remisser till kvinnor"
WHY = "Kvinnor och män väntar lika länge."


@pytest.fixture
def stage(cast: Cast) -> Steering:
    found = make_steering(cast)
    running(found)
    found.meeting.refresh_from_db()
    return found


def soon(days: int = 40) -> str:
    return say_date(timezone.localdate() + timedelta(days=days))


def close(client: Client, stage: Steering, **data: Any) -> Any:
    return client.post(address(stage.meeting, AVSLUTA), form_of(stage.meeting, **data))


def closed(stage: Steering) -> tuple[str, str]:
    item = gender_of(stage.meeting)
    return item.gender_answer, item.gender_text


# ---------- a decision ----------
@pytest.mark.django_db
def test_a_decision_closes_it_and_stands_in_the_register_with_owner_day_and_measure(
    stage: Steering, as_hat: AsHat
) -> None:
    lay(stage, 1, ways((20, 40), (36, 40)))
    chair, agency = as_hat(stage.cast.chair), stage.cast.psyk.agency
    got = close(
        chair, stage, answer="decision", text=WORDS, why="Det skiljer.", who=f"a{agency.pk}", due_on=soon(),
        indicator=PLAN_MADE,
    )  # fmt: skip
    assert got.status_code == 302 and got["Location"] == address(stage.meeting)
    assert closed(stage) == (GenderAnswer.DECISION, WORDS)
    one = Decision.objects.get()
    assert (one.text, one.why, one.owner, one.indicator, one.state) == (
        WORDS, "Det skiljer.", agency, PLAN_MADE, DecisionState.OPEN,
    )  # fmt: skip
    assert one.role == stage.cast.chair and one.item == gender_of(stage.meeting)
    told = set(Notification.objects.filter(kind="decision.given").values_list("membership", flat=True))
    assert told == {stage.cast.psyk_manager.pk}, "who holds the agency's seat, and nobody else"
    assert MeetingEvent.objects.filter(verb="answer_gender", role=stage.cast.chair).count() == 1
    assert AuditEntry.objects.filter(what="meeting.answer_gender").count() == 1
    said = text_of(page(chair, address(stage.meeting)))
    assert "Så stängdes punkten" in said and WORDS in said and "Beslutet kommer tillbaka av sig självt." in said


@pytest.mark.django_db
def test_votes_and_dissent_follow_the_decision(stage: Steering, as_hat: AsHat) -> None:
    rows = list(Attendance.objects.filter(meeting=stage.meeting).order_by("pk"))
    votes = {f"vote_{row.pk}": "for" for row in rows[:3]} | {f"vote_{rows[3].pk}": "against"}
    dissent = {f"dissent_{rows[3].pk}": "Jag ville vänta."}
    got = close(as_hat(stage.cast.chair), stage, answer="decision", text=WORDS, procedure="vote", **votes, **dissent)
    assert got.status_code == 302
    assert Decision.objects.get().procedure == Procedure.VOTE
    assert DecisionVote.objects.count() == 4 and DecisionVote.objects.get(vote="against").dissent == "Jag ville vänta."


# ---------- no deviation ----------
@pytest.mark.django_db
def test_no_deviation_takes_a_reason_and_tells_nobody(stage: Steering, as_hat: AsHat) -> None:
    before = Notification.objects.count()
    got = close(as_hat(stage.cast.chair), stage, answer="no_deviation", reason=WHY)
    assert got.status_code == 302 and closed(stage) == (GenderAnswer.NO_DEVIATION, WHY)
    assert not Decision.objects.exists() and Notification.objects.count() == before


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({}, "Välj Beslut eller Ingen avvikelse."),
        ({"answer": "decision"}, "Skriv vad ni beslutar."),
        ({"answer": "decision", "text": " \n "}, "Skriv vad ni beslutar."),
        ({"answer": "no_deviation"}, "Skriv varför ni inte ser någon avvikelse."),
        ({"answer": "no_deviation", "reason": "\u200b  "}, "Skriv varför ni inte ser någon avvikelse."),
        ({"answer": "no_deviation", "reason": WHY, "text": WORDS}, BOTH),
        ({"answer": "decision", "reason": WHY, "text": WORDS}, BOTH),
        ({"answer": "kanske", "text": WORDS}, "Välj Beslut eller Ingen avvikelse."),
        ({"answer": "decision", "text": WORDS, "indicator": "goal:none"}, "Välj ett mått i listan."),
        ({"answer": "decision", "text": WORDS, "who": "a999999999999"}, "Välj någon i listan."),
        ({"answer": "decision", "text": WORDS, "due_on": "31 juni"}, "är inget datum"),
        ({"answer": "decision", "text": WORDS, "due_on": "1 jan. 2020"}, "har redan varit"),
        ({"answer": "decision", "text": WORDS, "due_on": "31 dec. 2099"}, "Välj vem som ansvarar"),
    ],
)
def test_it_is_never_closed_empty_nor_with_both_at_once(
    stage: Steering, as_hat: AsHat, data: dict[str, str], sentence: str
) -> None:
    got = close(as_hat(stage.cast.chair), stage, **data)
    said = text_of(got.content.decode())
    assert got.status_code == 422 and sentence in said
    assert closed(stage) == ("", "") and not Decision.objects.exists()
    for typed in ("text", "reason"):
        assert data.get(typed, "").strip(" \n\u200b") in said, "nothing that was typed is lost"


@pytest.mark.django_db
def test_a_two_hundred_page_paste_is_refused_with_a_sentence_and_kept(stage: Steering, as_hat: AsHat) -> None:
    pasted = "Sidan är lång. " * 40_000
    for data in ({"answer": "decision", "text": pasted}, {"answer": "no_deviation", "reason": pasted}):
        got = close(as_hat(stage.cast.chair), stage, **data)
        said = got.content.decode()
        assert got.status_code == 422 and "tecken för lång. Högst 1000 får plats." in said
        assert said.count("Sidan är lång.") >= 40_000
    assert closed(stage) == ("", "")


@pytest.mark.django_db
def test_a_bad_day_left_from_a_decision_does_not_stop_no_deviation(stage: Steering, as_hat: AsHat) -> None:
    got = close(as_hat(stage.cast.chair), stage, answer="no_deviation", reason=WHY, due_on="31 juni", who="a9")
    assert got.status_code == 302 and closed(stage) == (GenderAnswer.NO_DEVIATION, WHY)


@pytest.mark.django_db
def test_it_closes_though_no_month_is_frozen(stage: Steering, as_hat: AsHat) -> None:
    chair = as_hat(stage.cast.chair)
    assert "Ingen månad är låst än." in text_of(page(chair, address(stage.meeting)))
    assert close(chair, stage, answer="no_deviation", reason=WHY).status_code == 302


# ---------- changed ----------
@pytest.mark.django_db
def test_an_answer_is_changed_while_the_minutes_are_a_draft(stage: Steering, as_hat: AsHat) -> None:
    chair, agency = as_hat(stage.cast.chair), stage.cast.psyk.agency
    close(chair, stage, answer="decision", text=WORDS, who=f"a{agency.pk}", due_on=soon())
    html = page(chair, address(stage.meeting))
    assert WORDS in html and f'value="a{agency.pk}" selected' in html, "the form begins with what stands"
    seen = html.split('name="seen" value="')[1].split('"')[0]
    got = close(chair, stage, answer="no_deviation", reason=WHY, text=WORDS, who=f"a{agency.pk}", seen=seen)
    assert got.status_code == 302 and closed(stage) == (GenderAnswer.NO_DEVIATION, WHY)
    assert not Decision.objects.exists()
    assert not Notification.objects.filter(kind="decision.given", closed_at__isnull=True).exists()


@pytest.mark.django_db
def test_a_decision_that_somebody_has_reported_on_stands(stage: Steering, as_hat: AsHat) -> None:
    chair, agency = as_hat(stage.cast.chair), stage.cast.psyk.agency
    close(chair, stage, answer="decision", text=WORDS, who=f"a{agency.pk}", due_on=soon())
    DecisionReport.objects.create(
        decision=Decision.objects.get(), role=stage.cast.chair, text="Klart", state=DecisionState.OPEN
    )
    seen = page(chair, address(stage.meeting)).split('name="seen" value="')[1].split('"')[0]
    for data in ({"answer": "no_deviation", "reason": WHY}, {"answer": "decision", "text": "Något annat"}):
        got = close(chair, stage, seen=seen, **data)
        assert got.status_code == 403 and "Någon har skrivit vad som har hänt med beslutet" in got.content.decode()
    assert closed(stage) == (GenderAnswer.DECISION, WORDS) and Decision.objects.get().text == WORDS


@pytest.mark.django_db
def test_another_decision_under_the_item_stands_in_the_way_of_no_deviation(stage: Steering, as_hat: AsHat) -> None:
    chair, item = as_hat(stage.cast.chair), gender_of(stage.meeting)
    chair.post(reverse("add_decision", args=[stage.meeting.pk, item.pk]), {"text": "Vi bjuder in en föreläsare"})
    got = close(chair, stage, answer="no_deviation", reason=WHY)
    assert got.status_code == 403 and "Under punkten står ett beslut." in got.content.decode()
    assert closed(stage)[0] == ""


@pytest.mark.django_db
def test_no_decision_is_written_beside_no_deviation(stage: Steering, as_hat: AsHat) -> None:
    chair, item = as_hat(stage.cast.chair), gender_of(stage.meeting)
    close(chair, stage, answer="no_deviation", reason=WHY)
    got = chair.post(reverse("add_decision", args=[stage.meeting.pk, item.pk]), {"text": "Ändå"})
    assert got.status_code == 403 and "Punkten är stängd med Ingen avvikelse." in got.content.decode()
    assert not Decision.objects.exists()


# ---------- who and when ----------
@pytest.mark.django_db
def test_only_who_leads_or_has_the_pen_closes_it(stage: Steering, as_hat: AsHat) -> None:
    data = {"answer": "no_deviation", "reason": WHY}
    for hat in (stage.cast.soc_manager, stage.cast.fk, stage.steering):
        assert 'name="answer"' not in page(as_hat(hat), address(stage.meeting)), hat
        got = close(as_hat(hat), stage, **data)
        assert got.status_code == 403 and closed(stage) == ("", ""), hat
    pen = Attendance.objects.get(meeting=stage.meeting, member=stage.cast.fk)
    Meeting.objects.filter(pk=stage.meeting.pk).update(pen=pen)
    assert close(as_hat(stage.cast.fk), stage, **data).status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "minutes", "status"),
    [
        (MeetingState.PLANNED, MinutesState.DRAFT, 403),
        (MeetingState.CALLED, MinutesState.DRAFT, 403),
        (MeetingState.IN_PROGRESS, MinutesState.DRAFT, 302),
        (MeetingState.HELD, MinutesState.DRAFT, 302),
        (MeetingState.HELD, MinutesState.SENT, 403),
        (MeetingState.HELD, MinutesState.APPROVED, 403),
        (MeetingState.CANCELLED, MinutesState.DRAFT, 403),
        (MeetingState.NOT_HELD, MinutesState.DRAFT, 403),
    ],
)
def test_it_closes_during_the_meeting_and_while_the_minutes_are_a_draft(
    stage: Steering, as_hat: AsHat, state: MeetingState, minutes: MinutesState, status: int
) -> None:
    Meeting.objects.filter(pk=stage.meeting.pk).update(state=state, minutes_state=minutes)
    got = close(as_hat(stage.cast.chair), stage, answer="no_deviation", reason=WHY)
    assert got.status_code == status
    assert closed(stage)[0] == (GenderAnswer.NO_DEVIATION if status == 302 else "")
    assert ('name="answer"' in page(as_hat(stage.cast.chair), address(stage.meeting))) is (status == 302)


@pytest.mark.django_db
def test_without_quorum_nothing_is_decided_but_no_deviation_is_said(stage: Steering, as_hat: AsHat) -> None:
    Attendance.objects.filter(meeting=stage.meeting, seat__isnull=False).update(present_how="", present_at=None)
    chair = as_hat(stage.cast.chair)
    assert "Mötet är inte beslutsfört" in page(chair, address(stage.meeting))
    got = close(chair, stage, answer="decision", text=WORDS)
    assert got.status_code == 403 and "Mötet är inte beslutsfört" in got.content.decode()
    assert WORDS in got.content.decode() and not Decision.objects.exists()
    assert close(chair, stage, answer="no_deviation", reason=WHY).status_code == 302


# ---------- two at once, and twice ----------
@pytest.mark.django_db
def test_the_second_of_two_sees_what_the_first_wrote_and_keeps_own_words(stage: Steering, as_hat: AsHat) -> None:
    close(as_hat(stage.cast.coordinator), stage, answer="no_deviation", reason=WHY)
    got = close(as_hat(stage.cast.chair), stage, answer="decision", text=WORDS)
    said = got.content.decode()
    assert got.status_code == 409 and "Någon hann före." in said and WORDS in said and WHY in said
    assert closed(stage) == (GenderAnswer.NO_DEVIATION, WHY) and not Decision.objects.exists()


@pytest.mark.postgres
def test_two_chairs_who_close_it_at_the_same_moment_close_it_once(cast: Cast, committed_db: None) -> None:
    stage = make_steering(cast)
    running(stage)
    item = gender_of(stage.meeting)
    item.meeting = Meeting.objects.get(pk=stage.meeting.pk)

    def decide(by: Hat, words: str) -> Callable[[], None]:
        return lambda: close_gender_item(by=by, item=item, decision=DecisionInput(words), seen="")

    refused = at_once(decide(cast.chair, "Ett"), decide(cast.coordinator, "Två"))
    assert len(refused) == 1 and refused[0].status == 409
    assert Decision.objects.count() == 1 and Decision.objects.get().text == closed(stage)[1]


@pytest.mark.django_db
def test_the_same_form_twice_writes_one_decision(stage: Steering, as_hat: AsHat) -> None:
    chair = as_hat(stage.cast.chair)
    for _ in range(2):
        assert close(chair, stage, answer="decision", text=WORDS, once="samma").status_code == 302
    assert Decision.objects.count() == 1


# ---------- the room's quick answer, and the minutes ----------
@pytest.mark.django_db
def test_the_rooms_quick_answer_writes_the_decision_too(stage: Steering, as_hat: AsHat) -> None:
    chair, item = as_hat(stage.cast.chair), gender_of(stage.meeting)
    room = f"/moten/{stage.meeting.pk}/rum/?punkt={item.pk}"
    assert f'href="{address(stage.meeting)}"' in page(chair, room), "a way to the page with the figures"
    quick = reverse("item_gender", args=[item.pk])
    assert chair.post(quick, {"g-answer": "decision", "g-text": " "}).status_code == 422
    assert chair.post(quick, {"g-answer": "decision", "g-text": WORDS}).status_code == 302
    assert Decision.objects.get().text == WORDS
    Decision.objects.update(indicator=PLAN_MADE)
    assert chair.post(quick, {"g-answer": "decision", "g-text": "Andra ord", **seen_now(stage)}).status_code == 302
    one = Decision.objects.get()
    assert (one.text, one.indicator) == ("Andra ord", PLAN_MADE), "the rest of it stays"
    assert chair.post(quick, {"g-answer": "no_deviation", "g-text": WHY, **seen_now(stage)}).status_code == 302
    assert not Decision.objects.exists() and closed(stage) == (GenderAnswer.NO_DEVIATION, WHY)


def seen_now(stage: Steering) -> dict[str, str]:
    return {"g-seen": answer_seen(gender_of(stage.meeting))}


@pytest.mark.django_db
def test_a_room_page_from_before_overwrites_nothing_and_keeps_what_was_typed(stage: Steering, as_hat: AsHat) -> None:
    quick = reverse("item_gender", args=[gender_of(stage.meeting).pk])
    coordinator = as_hat(stage.cast.coordinator)
    assert coordinator.post(quick, {"g-answer": "decision", "g-text": WORDS}).status_code == 302
    got = as_hat(stage.cast.chair).post(quick, {"g-answer": "no_deviation", "g-text": WHY})
    said = got.content.decode()
    assert got.status_code == 409 and "Någon hann före." in said and WHY in said and WORDS in said
    assert f'name="g-seen" value="{answer_seen(gender_of(stage.meeting))}"' in said, "sent again, it is meant"
    assert closed(stage) == (GenderAnswer.DECISION, WORDS) and Decision.objects.get().text == WORDS


@pytest.mark.django_db
@pytest.mark.parametrize("more", ["votes", "owner", "why", "proposals"])
def test_the_room_leaves_a_decision_with_more_than_words_alone(stage: Steering, as_hat: AsHat, more: str) -> None:
    row, agency = Attendance.objects.filter(meeting=stage.meeting).order_by("pk")[0], stage.cast.psyk.agency
    data: dict[str, str] = {
        "votes": {"procedure": "vote", f"vote_{row.pk}": "for"},
        "owner": {"who": f"a{agency.pk}", "due_on": soon()},
        "why": {"why": "Det skiljer."},
        "proposals": {"proposals": "Soc: öppna."},
    }[more]
    chair, item = as_hat(stage.cast.chair), gender_of(stage.meeting)
    close(chair, stage, answer="decision", text=WORDS, **data)
    room = page(chair, f"/moten/{stage.meeting.pk}/rum/?punkt={item.pk}")
    assert "Ändra det på punktens sida" in room and 'name="g-answer"' not in room
    for answer in ("decision", "no_deviation"):
        typed = {"g-answer": answer, "g-text": "Andra ord", **seen_now(stage)}
        got = chair.post(reverse("item_gender", args=[item.pk]), typed)
        assert got.status_code == 403 and "Ändra det på punktens egen sida." in got.content.decode()
    assert closed(stage) == (GenderAnswer.DECISION, WORDS) and Decision.objects.get().text == WORDS


@pytest.mark.django_db
def test_the_minutes_say_the_decision_once(stage: Steering, as_hat: AsHat) -> None:
    close(as_hat(stage.cast.chair), stage, answer="decision", text=WORDS)
    stage.meeting.refresh_from_db()
    part = next(one for one in draft_of(stage.meeting).parts if one.content.get("kind") == ItemKind.GENDER_EQUALITY)
    assert part.content["gender_answer"] == "Beslut"
    assert str(part.content).count(WORDS) == 1, "under its decisions"


@pytest.mark.django_db
def test_taking_the_decision_away_leaves_the_item_unanswered(stage: Steering, as_hat: AsHat) -> None:
    chair = as_hat(stage.cast.chair)
    close(chair, stage, answer="decision", text=WORDS)
    chair.post(reverse("remove_decision", args=[Decision.objects.get().pk]))
    assert closed(stage) == ("", "")
    got = chair.post(f"/moten/{stage.meeting.pk}/rum/avsluta/")
    assert got.status_code == 403 and "Jämställdhet är inte besvarad." in got.content.decode()
    assert WORDS not in page(chair, history(stage))
