"""Every page and state of the notices and of what people choose about them, with who sees it and how to get there."""

import uuid
from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Page

from notifications.actions import Notice, deliver
from notifications.models import (
    DigestMail,
    Follow,
    KindChoice,
    MailTrouble,
    Notification,
    PushBrowser,
    QuietHours,
    Webhook,
    WebhookMessage,
)
from notifications.registry import all_kinds
from notifications.rules import stop_token
from notifications.states import DigestRhythm
from tests.cast import Cast, sent
from tests.journeys.meeting_pages import LONG
from tests.journeys.pages import Stop, press
from tests.meetings.cast import make_room
from tests.notifications.hook import PAGE as SYSTEMS
from tests.notifications.hook import make_messages, make_system
from workspace.actions import action
from workspace.models import Membership

CHOICES = "/aviseringar/"
HOST = "system." + "mycket-langt-namn." * 9 + "exempel.se"


@action
def tell(member: Membership, agency_of: Membership) -> None:
    """One of each kind, some of the same thing, and half of it read."""
    for number, kind in enumerate(sorted(all_kinds())):
        agency = agency_of.agency if number % 3 else None
        deliver([Notice(kind, f"R-{number // 2}", number // 2, agency, frozenset({member.pk}))])
    rows = Notification.objects.filter(membership=member).values_list("pk", flat=True).order_by("pk")
    Notification.objects.filter(pk__in=list(rows)[: len(rows) // 2]).update(read_at=timezone.now())


def unfold_all(page: Page) -> None:
    page.evaluate("() => document.querySelectorAll('main details').forEach((one) => { one.open = true; })")


def of_no_rhythm(page: Page) -> None:
    """What no reader can do with the mouse: a choice that there is not."""
    page.evaluate("() => { document.querySelector('main select').options[0].value = 'hourly'; }")
    page.evaluate("() => { document.querySelector('main select').selectedIndex = 0; }")
    press("Spara valen")(page)


def no_time(page: Page) -> None:
    page.get_by_label("Till klockan").fill("i kväll")
    press("Spara tysta timmar")(page)


def no_address(page: Page) -> None:
    page.get_by_label("Adress till ert system").fill("http://intranat/")
    press("Gör kopplingen")(page)


class NoticePages:
    """psyk has been told of everything, soc has chosen much and mail does not reach them, fk has nothing."""

    def __init__(self, cast: Cast) -> None:
        self.cast, now = cast, timezone.now()
        tell(cast.psyk, cast.soc)
        self.referral, self.room = sent(cast), make_room(cast)
        Follow.objects.create(membership=cast.fk, about="meeting", object_id=self.room.meeting.pk, follows=True)
        Follow.objects.create(membership=cast.soc, about="referral", object_id=self.referral.pk, follows=False)
        soc = cast.soc.user
        KindChoice.objects.bulk_create(
            KindChoice(user=soc, kind=code, on_page=True, mail=DigestRhythm.WEEKLY, push=True) for code in all_kinds()
        )
        QuietHours.objects.create(user=soc)
        soc.email = "ett.mycket.langt.namn.pa.en.person@kommunens-forvaltning.exempel.se"
        soc.save()
        MailTrouble.objects.create(user=soc, address=soc.email, code="5.1.1", is_final=True)
        for name in ("Chrome på Windows", "En webbläsare"):
            PushBrowser.objects.create(user=soc, name=name, address_digest=uuid.uuid4().hex, trial_at=now)
        today = timezone.localdate()
        DigestMail.objects.create(user=soc, day=today, kinds=sorted(all_kinds())[:3])
        self.stop = f"/mejlstopp/{stop_token(soc.pk, today)}/"
        self._connect()

    def _connect(self) -> None:
        now = timezone.now()
        running, stopped = (make_system(self.cast.soc_manager, "https://system.exempel.se/in") for _ in range(2))
        Webhook.objects.filter(pk=running.pk).update(host=HOST)
        Webhook.objects.filter(pk=stopped.pk).update(host="tyst.exempel.se", stopped_at=now, is_unwanted=True)
        make_messages(running, 30)
        rows = WebhookMessage.objects.filter(webhook=running)
        rows.filter(object_id__lte=25).update(dead_at=now, tries=9, last_error="500", number=LONG[:20])
        rows.filter(object_id=26).update(delivered_at=now)
        rows.filter(object_id=27).update(tries=1, last_error="slow", next_try_at=now + timedelta(hours=1))
        self.running = running.pk

    def stops(self) -> Iterator[Stop]:
        cast = self.cast
        yield Stop("Händelser, fulla", cast.psyk, "/handelser/", unfold_all)
        yield Stop("Händelser, alla markerade", cast.psyk, "/handelser/", press("Markera alla som lästa"))
        yield Stop("Händelser, äldre", cast.psyk, "/handelser/?fore=40")
        yield Stop("Händelser, tomma", cast.outsider, "/handelser/")
        yield Stop("Aviseringar, inget valt", cast.fk, CHOICES)
        yield Stop("Aviseringar, öppnade", cast.fk, CHOICES, unfold_all)
        yield Stop("Aviseringar, valda", cast.soc, CHOICES)
        yield Stop("Aviseringar, valda och öppnade", cast.soc, CHOICES, unfold_all)
        yield Stop("Aviseringar hos chefen", cast.soc_manager, CHOICES, unfold_all)
        yield Stop("Aviseringar hos samordnaren", cast.coordinator, CHOICES)
        yield Stop("Aviseringar, ingen rytm", cast.fk, CHOICES, of_no_rhythm)
        yield Stop("Aviseringar, ingen tid", cast.fk, CHOICES, no_time)
        yield Stop("Sluta få mejl", None, self.stop)
        yield Stop("Sluta få mejl, inloggad", cast.soc, self.stop)
        yield Stop("Sluta få mejl, gjort", None, self.stop, press("Sluta skicka mejl"))
        yield Stop("Sluta få mejl, trasig länk", None, "/mejlstopp/x/", status=404)
        yield Stop("Remissen som ingen följer", cast.soc, f"/remisser/{self.referral.pk}/")
        yield Stop("Mötet som följs", cast.fk, f"/moten/{self.room.meeting.pk}/")
        yield Stop("Enheten med mejl som inte når fram", cast.soc_manager, "/enheten/")
        yield from self._systems()

    def _systems(self) -> Iterator[Stop]:
        manager, one = self.cast.soc_manager, f"{SYSTEMS}{self.running}/"
        yield Stop("Kopplingar", manager, SYSTEMS, unfold_all)
        yield Stop("Kopplingar, tomma", self.cast.psyk_manager, SYSTEMS)
        yield Stop("Kopplingar, fel adress", self.cast.psyk_manager, SYSTEMS, no_address)
        yield Stop("Kopplingen stoppas", manager, f"{one}stoppa/")
        yield Stop("Kopplingen tas bort", manager, f"{one}ta-bort/")
        yield Stop("Kopplingens nya nyckel", manager, SYSTEMS, self._new_key)
        yield Stop("Enhetens första sida", manager, "/")

    def _new_key(self, page: Page) -> None:
        with page.expect_navigation():
            page.locator("form[action$='/nyckel/'] button").first.click()
