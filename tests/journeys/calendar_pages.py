"""Every page and state of the calendars, with who sees it and how to get there."""

import uuid
from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Page

from meetings.calendar.actions.keeping import keep_all
from meetings.calendar.models import Entry, FeedAddress, PersonalCalendar
from meetings.models import BusySource, BusyTime
from tests.cast import Cast
from tests.journeys.meeting_pages import LONG
from tests.journeys.pages import Act, Stop, press
from tests.meetings.calling import call
from tests.meetings.cast import make_room
from tests.meetings.talks import make_talk
from workspace.models import UserAccount

NO_REPLY = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:PUBLISH\r\nEND:VCALENDAR\r\n"
HOST = "kalender." + "mycket-langt-namn." * 9 + "exempel.se"


def uploaded(field: str, button: str) -> Act:
    """A file that is no answer and holds no day."""

    def act(page: Page) -> None:
        page.set_input_files(
            f"main [name={field}]", {"name": "mote.ics", "mimeType": "text/calendar", "buffer": NO_REPLY}
        )
        press(button)(page)

    return act


def from_file(page: Page) -> None:
    page.get_by_text("Har du mötet som kalenderfil?").click()
    uploaded("kalenderfil", "Hämta ur filen")(page)


def named(page: Page) -> None:
    page.locator("main [name=name]").fill("Outlook på jobbet")
    press("Gör en adress")(page)


class CalendarPages:
    """soc has nothing, fk has everything, psyk has calendars that went wrong, and somebody wears two hats."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.room = make_room(cast)
        call(self.room)
        self.talk = make_talk(cast).conversation
        UserAccount.objects.filter(pk__in=[cast.soc.user_id, cast.fk.user_id]).update(email="ett.langt.namn@exempel.se")
        keep_all()
        fk, psyk = cast.fk.user, cast.psyk.user
        PersonalCalendar.objects.update_or_create(user=fk, defaults={"reminder": 60, "by_mail": True})
        now = timezone.now()
        for number in range(5):
            name = f"{LONG}"[:60] if number == 4 else f"Telefonen {number}"
            FeedAddress.objects.create(user=fk, name=name, digest=uuid.uuid4().hex * 2, read_at=now if number else None)
        BusySource.objects.create(user=fk, host=HOST, sealed_address="x", tried_at=now, fetched_at=now)
        BusyTime.objects.create(user=fk, starts_at=now, ends_at=now + timedelta(hours=1))
        BusySource.objects.create(user=psyk, host=HOST, sealed_address="x", tried_at=now, problem="redirect")
        two = cast.two_hats[0]
        self.other = Entry.objects.create(
            user=two.user, member=two, meeting=self.room.meeting, starts_at=now, ends_at=now + timedelta(hours=1)
        )

    def stops(self) -> Iterator[Stop]:
        cast, group, meeting, talk = self.cast, self.room.group.pk, self.room.meeting.pk, self.talk.pk
        yield Stop("Kalendern, tom", cast.soc, "/kalender/")
        yield Stop("Kalendern, full", cast.fk, "/kalender/")
        yield Stop("Kalendern utan e-postadress", cast.psyk, "/kalender/")
        yield Stop("Kalendern hos samordnaren", cast.coordinator, "/kalender/")
        yield Stop("Adress utan namn", cast.psyk, "/kalender/", press("Gör en adress"))
        yield Stop("Adressen visas", cast.psyk, "/kalender/", named)
        yield Stop("Egen kalender", cast.soc, "/kalender/upptagen/")
        yield Stop("Egen kalender, inget givet", cast.soc, "/kalender/upptagen/", press("Spara"))
        yield Stop("Egen kalender, byts", cast.fk, "/kalender/upptagen/")
        yield Stop("Svar som inget är", cast.soc, "/kalender/", uploaded("reply", "Ladda upp svaret"))
        yield Stop("En annan roll", cast.two_hats[1], f"/kalender/{self.other.uid}/")
        yield Stop("Hitta en tid för gruppen", cast.soc, f"/moten/grupp/{group}/hitta-tid/")
        yield Stop("Hitta en tid, länge", cast.soc, f"/moten/grupp/{group}/hitta-tid/?minuter=120")
        yield Stop("Nytt möte med tid", cast.soc, f"/moten/grupp/{group}/mote/?dag=2027-03-01&fran=10.00&till=11.00")
        yield Stop("Nytt möte ur en fil", cast.soc, f"/moten/grupp/{group}/mote/", from_file)
        yield Stop("Mötet med nedladdning", cast.soc, f"/moten/{meeting}/")
        yield Stop("Hitta en tid för samtalet", cast.soc, f"/samtal/{talk}/hitta-tid/")
