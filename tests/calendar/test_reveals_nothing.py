"""A calendar is seen by colleagues: no feed, mail or download holds a text of anything it is about (L50)."""

import inspect
import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from email import policy
from email.parser import BytesParser
from typing import Any

import pytest
from django.apps import apps
from django.db.models import CharField, JSONField, TextField
from django.template.loader import get_template
from django.test import Client
from django.utils import timezone

from meetings.actions.attendance import answer_call
from meetings.actions.calls import call_meeting
from meetings.actions.invitations import cancel_conversation
from meetings.actions.series import cancel_meeting, move_meeting
from meetings.calendar.actions import wording
from meetings.calendar.models import Entry
from meetings.models import AgendaItem, Attendance, Conversation, Group, ItemGuest, Meeting
from meetings.states import Answer, ConversationState, MeetingState
from tests.calendar.calendar_forms import make_address
from tests.calendar.mailbox import sent
from tests.calendar.stage import SITE, TUESDAYS, empty_room, give_addresses, make_series, open_single, when
from tests.cast import Cast, make_participant
from tests.meetings.cast import Room, make_group, make_item, make_seat
from tests.meetings.talks import make_talk
from tests.notifications.post import PostOffice
from workspace.models import Agency, Function, UserAccount
from workspace.rules import Hat

pytestmark = [pytest.mark.django_db, pytest.mark.embedded, pytest.mark.usefixtures("november")]
AsHat = Callable[[Hat], Client]

NEUTRAL = "Samlingssalen, plan 2; ring på"
INJECTED = "\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:Injicerad\r\n"
MARKS = ("Markgrupp", "Markpunkt", "Markfråga", "Markmyndighet", "Markdisk", "Marknamn", "Markdeltagare")
MARKS += ("Markplats", "Markskäl", "Markkommentar", "Markled")
# What every file says of itself, whatever it is about; mails have sentences of their own besides.
OWN_WORDS = f"Möte i Samverkansrum Logga in för att läsa mer Samverkansrum {NEUTRAL} {SITE} BEGIN VEVENT SUMMARY"


def marked(room: Room) -> None:
    """Words of their own in all that a meeting or a conversation is about, some of them hostile."""
    for group in Group.objects.all():
        Group.objects.filter(pk=group.pk).update(name=f"Markgrupp {group.pk}{INJECTED}")
    for agency in Agency.objects.all():
        Agency.objects.filter(pk=agency.pk).update(
            name=f"Markmyndighet {agency.pk}", short_name=f"Markmyndighet{agency.pk}"
        )
    for desk in Function.objects.all():
        Function.objects.filter(pk=desk.pk).update(name=f"Markdisk {desk.pk}")
    UserAccount.objects.update(first_name="Marknamn", last_name=f"Marknamnsson{INJECTED}")
    AgendaItem.objects.update(title=f"Markpunkt {INJECTED}")


def meet(cast: Cast, room: Room) -> tuple[Meeting, Conversation]:
    """A series, meetings that are called, moved and cancelled, a guest, answers, and conversations."""
    make_series(room.group, place="Markplats", place_is_neutral=False, link="https://video.exempel.se/Markled")
    other = make_group(cast, "Markgrupp två")
    make_seat(other, cast.soc_desk, cast.soc)
    make_series(other, weekday=2, place=NEUTRAL, place_is_neutral=True)
    called = open_single(room.group, TUESDAYS[0], state=MeetingState.PLANNED)
    Meeting.objects.filter(pk=called.pk).update(place="Markplats", link="https://video.exempel.se/Markled")
    called.refresh_from_db()
    item = make_item(called, f"Markpunkt {INJECTED}")
    ItemGuest.objects.create(item=item, membership=cast.outsider)
    call_meeting(by=cast.soc, meeting=called)
    answer_call(by=cast.psyk, meeting=called, answer=Answer.OTHER_TIME, comment=f"Markkommentar {INJECTED}")
    person = make_participant(cast.soc_desk, first="Markdeltagare", last="Markdeltagarsson")
    talk = make_talk(cast, ConversationState.INVITED, with_fk=True, person=person).conversation
    Conversation.objects.filter(pk=talk.pk).update(about=f"Markfråga {INJECTED}", where="Markplats")
    second = make_talk(cast, ConversationState.INVITED, days=9).conversation
    Conversation.objects.filter(pk=second.pk).update(about="Markfråga två", where=NEUTRAL, where_is_neutral=True)
    return called, talk


def change(cast: Cast, room: Room, called: Meeting) -> None:
    moved, gone = open_single(room.group, TUESDAYS[1]), open_single(room.group, TUESDAYS[2])
    starts_at, ends_at = when(TUESDAYS[1] + timedelta(days=1))
    move_meeting(by=cast.soc, meeting=moved, starts_at=starts_at, ends_at=ends_at, place="Markplats")
    cancel_meeting(by=cast.soc, meeting=gone, reason=f"Markskäl {INJECTED}")
    last = Conversation.objects.latest("pk")
    cancel_conversation(by=cast.soc, conversation=last, reason="Markskäl två")
    Attendance.objects.filter(meeting=called).update(comment="Markkommentar")


def every_text() -> set[str]:
    """Each word of five letters or more that is written in the database, but by the calendars themselves, and that
    no file says by itself. Codes of ours, such as a state, are no text, nor is a number drawn at random for a mail."""
    found: set[str] = set()
    for model in apps.get_models():
        if model._meta.app_label == "calendar":
            continue
        names = [
            one.name
            for one in model._meta.concrete_fields
            if isinstance(one, CharField | TextField) and not isinstance(one, JSONField) and not one.choices
            if one.name != "message_id"
        ]
        for row in model._default_manager.values_list(*names) if names else ():
            found |= {str(value) for value in row if value}
    mail = get_template("calendar/mail.txt").template.source  # type: ignore[attr-defined]
    own = f"{OWN_WORDS} {inspect.getsource(wording)} {mail}".casefold()
    return {word for text in found for word in re.findall(r"[^\W\d_]{5,}", text) if word.casefold() not in own}


def plain(ics: str) -> str:
    return ics.replace("\r\n", "\n").replace("\n ", "")


def revealing(text: str, words: Iterable[str]) -> list[str]:
    """Which of the words stand in it, as whole words."""
    return sorted(set(re.findall(r"[^\W\d_]{5,}", text)) & set(words))


def feeds() -> dict[str, str]:
    found = {}
    for user in UserAccount.objects.filter(calendar_entries__isnull=False).distinct():
        hat: Any = type("Worn", (), {"user": user})
        make_address(hat, f"hemlig-{user.pk}")
        got = Client().get(f"/kalender/hemlig-{user.pk}.ics")
        assert got.status_code == 200
        found[user.username] = plain(got.content.decode())
    return found


def mailed(post: PostOffice) -> list[tuple[str, str]]:
    """The whole of each mail, headers and decoded parts, without its own reader's address."""
    found = []
    for raw, recipients in zip(post.raw, post.recipients, strict=True):
        mail = BytesParser(policy=policy.default).parsebytes(raw)
        parts = [str(part.get_payload(decode=True), "utf-8") for part in mail.walk() if not part.is_multipart()]
        headers = [f"{name}: {value}" for name, value in mail.items()]
        (to,) = recipients
        found.append((to, plain("\n".join([*headers, *parts])).replace(to, "")))
    return found


def test_no_text_of_what_it_is_about_is_in_any_feed_mail_or_download(
    cast: Cast, post: PostOffice, as_hat: AsHat
) -> None:
    give_addresses()
    room = empty_room(cast)
    called, talk = meet(cast, room)
    marked(room)
    sent(post)
    change(cast, room, called)
    marked(room)
    sent(post, minutes=4)
    words = every_text()
    assert len(words) > 300 and all(any(word.startswith(mark) for word in words) for mark in MARKS)

    found: list[tuple[str, str]] = list(feeds().items())
    assert {name for name, _ in found} >= {"soc", "psyk", "fk", "samordnare", "outsider"}
    for address in (f"/moten/{called.pk}/kalender.ics", f"/samtal/{talk.pk}/kalender.ics"):
        got = as_hat(cast.soc).get(address)
        assert got.status_code == 200
        found.append((address, plain(got.content.decode())))
    mails = mailed(post)
    assert len(mails) > 10 and {"METHOD:CANCEL", "METHOD:REQUEST"} <= set(re.findall("METHOD:[A-Z]+", str(mails)))
    for name, text in [*found, *mails]:
        assert revealing(text, words) == [], name
        assert "Injicerad" not in text and "Mark" not in text, name
        assert set(re.findall("^SUMMARY.*$", text, re.MULTILINE)) == {"SUMMARY:Möte i Samverkansrum"}, name
        assert set(re.findall("^LOCATION:(.*)$", text, re.MULTILINE)) <= {
            NEUTRAL.replace(",", "\\,").replace(";", "\\;")
        }
    assert any("LOCATION:Samlingssalen" in text for _, text in found)


def test_links_lead_to_nothing_but_a_random_name_behind_sign_in(cast: Cast, post: PostOffice) -> None:
    give_addresses()
    meet(cast, empty_room(cast))
    sent(post)
    link = re.compile(rf"{re.escape(SITE)}/kalender/[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}/")
    for name, text in [*feeds().items(), *mailed(post)]:
        urls = re.findall(r"https?://[^\s\"<>\\,;]+", text)
        assert urls and all(link.fullmatch(url) for url in urls), (name, urls)
    uid = Entry.objects.filter(user=cast.soc.user)[0].uid
    got = Client().get(f"/kalender/{uid}/")
    assert got.status_code == 302 and "/logga-in" in got.headers["Location"]


def test_no_name_is_the_same_in_two_peoples_calendars(cast: Cast, post: PostOffice) -> None:
    """Two colleagues who compare their calendars see the same times, and nothing that ties them to one thing."""
    give_addresses()
    meet(cast, empty_room(cast))
    sent(post)
    found = feeds()
    uids = {name: set(re.findall("^UID:(.*)$", text, re.MULTILINE)) for name, text in found.items()}
    assert sum(map(len, uids.values())) == len(set().union(*uids.values())) > 10
    assert not Entry.objects.filter(text__contains="ATTENDEE").exists()
    assert timezone.localtime().month == 11
