"""There and back: our invitation by a real mail server, each program's answer by a real mailbox, the attendance."""

import io
from collections.abc import Callable, Generator
from datetime import datetime, timedelta
from email.message import EmailMessage

import icalendar
import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from meetings.actions.calls import call_meeting
from meetings.actions.openings import open_next
from meetings.actions.series import move_meeting
from meetings.calendar.actions.keeping import keep_all
from meetings.calendar.actions.mailing import send_calendar_mails
from meetings.calendar.actions.replies import apply_waiting
from meetings.models import InvitationAnswer
from meetings.states import Answer, ConversationState
from tests.calendar.answers import CLIENTS, Said
from tests.calendar.dovecot import Dovecot, needs_dovecot
from tests.calendar.replying import answer_of, answers_of, give_addresses
from tests.calendar.stage import NOW, TUESDAYS, at, empty_room, later, make_series
from tests.cast import Cast
from tests.meetings.calling import call, region, text_of
from tests.meetings.cast import make_room
from tests.meetings.talks import make_talk
from tests.notifications.post import PostOffice
from workspace.models import Membership
from workspace.rules import Hat

AsHat = Callable[[Hat], Client]
pytestmark = [needs_dovecot, pytest.mark.usefixtures("november")]
WORDS = {Answer.COMING: "ACCEPTED", Answer.NOT_COMING: "DECLINED"}


@pytest.fixture(scope="module")
def server() -> Generator[Dovecot]:
    dovecot = Dovecot().start()
    yield dovecot
    dovecot.stop()


@pytest.fixture
def mailbox(server: Dovecot, post: PostOffice, settings: Settings) -> Dovecot:
    server.empty()
    settings.REPLY_MAILBOX = server.url
    return server


def invitations_to(hat: Membership, post: PostOffice) -> list[icalendar.Event]:
    """What somebody's program finds in the mails that have come to them, the newest last. Then the post is emptied."""
    with later():  # changes within a minute are one mail
        keep_all()
    with later(4):
        send_calendar_mails()
    hat.user.refresh_from_db()
    mine = [mail for mail in post.mails if mail["To"] == hat.user.email]
    post.raw.clear()
    return [event for mail in mine for event in _events(mail)]


def _events(mail: EmailMessage) -> list[icalendar.Event]:
    part = next(part for part in mail.walk() if part.get_content_type() == "text/calendar")
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return list(icalendar.Calendar.from_ical(content).walk("VEVENT"))


def reply_to(event: icalendar.Event, answer: str, minutes: int, **more: object) -> Said:
    """The answer that a program makes out of nothing but the invitation."""
    instead_of = event.get("RECURRENCE-ID")
    said = Said(
        uid=str(event["UID"]),
        address=str(event["ATTENDEE"]).removeprefix("mailto:"),
        starts_at=event["DTSTART"].dt,
        ends_at=event["DTEND"].dt,
        sequence=int(event["SEQUENCE"]),
        partstat=WORDS[Answer(answer)],
        instead_of=instead_of.dt if instead_of else None,
        stamp=timezone.now() + timedelta(minutes=minutes),
    )
    return said.but(**more) if more else said


def read() -> str:
    out = io.StringIO()
    call_command("read_replies", stdout=out)
    return out.getvalue()


def test_invitation_answer_and_attendance_of_a_meeting(
    cast: Cast, post: PostOffice, mailbox: Dovecot, as_hat: AsHat
) -> None:
    """Each of the seven programs, in turn; the meeting's page says what each answered."""
    give_addresses()
    room = make_room(cast)
    call(room)
    [invitation] = invitations_to(cast.psyk, post)

    for number, client in enumerate(CLIENTS):
        answer = (Answer.COMING, Answer.NOT_COMING)[number % 2]
        with at(NOW + timedelta(minutes=10 + number)):
            mailbox.put(reply_to(invitation, answer, 0, comment=f"Från {client}").as_mail(client))
            assert "Inskrivna: 1." in read(), client

            assert answer_of(cast.psyk, room.meeting) == (answer, f"Från {client}")
            shown = text_of(region(as_hat(cast.soc), room))
            assert f"Från {client}" in shown and ("kan inte:" in shown) is (answer == Answer.NOT_COMING), client


def test_invitation_answer_and_the_parties_of_a_conversation(
    cast: Cast, post: PostOffice, mailbox: Dovecot, as_hat: AsHat
) -> None:
    give_addresses()
    talk = make_talk(cast, ConversationState.INVITED)
    [invitation] = invitations_to(cast.psyk, post)

    for number, client in enumerate(CLIENTS):
        with at(NOW + timedelta(minutes=10 + number)):
            mailbox.put(reply_to(invitation, Answer.NOT_COMING, 0, comment=f"Från {client}").as_mail(client))
            assert "Inskrivna: 1." in read(), client

    answers = InvitationAnswer.objects.filter(invitation__party=talk.parties["psyk"]).order_by("pk")
    assert list(answers.values_list("answer", "comment")) == [(Answer.NOT_COMING, f"Från {one}") for one in CLIENTS]
    page = as_hat(cast.soc).get(f"/samtal/{talk.conversation.pk}/").content.decode()
    assert "Från open_xchange" in text_of(page)


def test_a_series_goes_round_with_an_occurrence_that_differs(cast: Cast, post: PostOffice, mailbox: Dovecot) -> None:
    """Accepted as a whole; then one moved occurrence, whose earlier answer is not given to the new time."""
    give_addresses()
    room = empty_room(cast)
    tuesdays = make_series(room.group)
    [whole] = invitations_to(cast.psyk, post)
    with at(NOW + timedelta(minutes=10)):
        mailbox.put(reply_to(whole, Answer.COMING, 0).as_mail("outlook"))
        assert "Väntar: 1." in read()

    meeting = open_next(series=tuesdays)
    assert meeting is not None
    with at(NOW + timedelta(minutes=15)):
        assert apply_waiting() == 1
    first = datetime(TUESDAYS[0].year, TUESDAYS[0].month, TUESDAYS[0].day, 13, tzinfo=NOW.tzinfo)
    assert answers_of(cast.psyk) == {first: Answer.COMING}

    with at(NOW + timedelta(minutes=20)):
        move_meeting(
            by=cast.soc,
            meeting=meeting,
            starts_at=first + timedelta(days=1),
            ends_at=first + timedelta(days=1, hours=2),
            place="",
            link="",
        )
        news = [event for event in invitations_to(cast.psyk, post) if event.get("RECURRENCE-ID")]
        [moved] = news
        early = reply_to(whole, Answer.NOT_COMING, 1, instead_of=first)
        late = reply_to(moved, Answer.NOT_COMING, 2, comment="Inte onsdag")
    with at(NOW + timedelta(minutes=30)):
        mailbox.put(early.as_mail("outlook"), late.as_mail("exchange"))
        assert "Väntar: 1. Utan verkan: 1." in read()
        call_meeting(by=cast.soc, meeting=meeting)
        assert apply_waiting() == 1
    assert answer_of(cast.psyk, meeting) == (Answer.NOT_COMING, "Inte onsdag")
