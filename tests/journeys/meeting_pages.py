"""Every page and state of the meetings, with who sees it and how to get there."""

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Page

from meetings.actions.approvals import approve_minutes
from meetings.actions.calls import call_meeting
from meetings.actions.notes import save_note
from meetings.actions.withdrawing import withdraw_minutes
from meetings.models import ActionItem, AgendaItem, Attendance, Decision, Group, Meeting, Proposal, Series, TemplateItem
from meetings.states import Answer, ItemKind, MeetingState, Repeats
from tests.cast import Cast
from tests.journeys.pages import Act, Stop, press
from tests.meetings import cases, rooms
from tests.meetings.cast import Room, in_days, make_group, make_item, make_meeting, make_room, put_in
from tests.meetings.minutes_stage import Held, invite, make_held, sent_by_soc
from workspace.rules import Hat

LONG = "Försörjningsstödshandläggarsamordning och arbetsmarknadsenhetens verksamhetsplanering"


def unfolded(details: str, button: str) -> Act:
    """Unfold a form, and send it empty."""

    def act(page: Page) -> None:
        page.locator(f"{details} summary").click()
        press(button)(page)

    return act


class MeetingWorld:
    """The cast with groups whose meetings are ahead, going on, at a case, held, sent, approved, taken back."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        cases.meeting_consent(cast, cast.psyk.agency, cast.fk.agency)
        self.ahead = self._ahead()
        self.running = self._running()
        self.at_case = self._room("Vid ett ärende")
        self.case = cases.running(self.at_case, cases.put(self.at_case))
        cases.confirmed(self.case, cast.psyk)
        cases.said(self.case, cast.psyk)
        make_item(self.at_case.meeting, "Nästa möte")
        self.over = self._room("Nyss slut")
        put_in(self.over.meeting, MeetingState.HELD)
        self.draft = make_held(self._room("Utkast"))
        self.sent = make_held(self._room("Skickat"))
        sent_by_soc(self.sent, self.sent.soc, self.sent.psyk)
        self.approved = self._approved()
        self.empty = make_group(cast, "Tom grupp")
        self.guest = cast.psyk_manager

    # ---------- how each came to be ----------
    def _room(self, name: str) -> Room:
        made = make_room(self.cast)
        Group.objects.filter(pk=made.group.pk).update(name=name)
        made.group.refresh_from_db()
        made.meeting.refresh_from_db()
        return made

    def _ahead(self) -> Room:
        """Called, with answers, a case, a guest, proposals, and an action that is late."""
        room, cast = self._room("Framåt"), self.cast
        held = put_in(make_meeting(room.group, days=-30), MeetingState.HELD)
        Meeting.objects.filter(pk=held.pk).update(starts_at=in_days(-30), ends_at=in_days(-30, 15))
        late = make_item(held, LONG)
        ActionItem.objects.create(
            item=late,
            author=cast.psyk.agency,
            member=cast.psyk,
            text=LONG,
            agency=cast.soc.agency,
            responsible=cast.soc,
            due_on=timezone.localdate() - timedelta(days=3),
        )
        self.item = make_item(room.meeting, LONG)
        AgendaItem.objects.filter(pk=self.item.pk).update(presenter=cast.fk, carried_from=late)
        invite(self.item, cast.psyk_manager, present=False)
        self.case_ahead = cases.put(room)
        for title in (LONG, "Väntrum"):
            Proposal.objects.create(group=room.group, title=title, why="För att vi behöver det.", member=cast.fk)
        call_meeting(by=cast.soc, meeting=room.meeting)
        for member, said in ((cast.psyk, Answer.NOT_COMING), (cast.soc, Answer.COMING), (cast.fk, Answer.OTHER_TIME)):
            Attendance.objects.filter(meeting=room.meeting, member=member).update(
                answer=said, comment="Jag är på Hamngatan då", answered_at=timezone.now()
            )
        day = in_days(7).date()
        self.series = Series.objects.create(
            group=room.group,
            repeats=Repeats.WEEKLY,
            weekday=day.weekday(),
            begins="13:00",
            ends="15:00",
            from_on=day,
            months_off=[7],
        )
        return room

    def _running(self) -> Room:
        """Going on, at its first item, with text that waits to be merged, and what came of it."""
        room, cast = self._room("Pågår"), self.cast
        make_item(room.meeting, LONG)
        meeting = rooms.running(room)
        self.at = meeting.items.all()[0]
        save_note(by=cast.soc, item=self.at, text=f"Två platser är klara.\n{LONG}", base_version=0)
        save_note(by=cast.fk, item=self.at, text=f"Tre platser är klara.\n{LONG}", base_version=0)
        Decision.objects.create(item=self.at, agency=cast.psyk.agency, member=cast.psyk, text=f"Vi provar. {LONG}")
        self.action = ActionItem.objects.create(
            item=self.at,
            author=cast.soc.agency,
            member=cast.soc,
            text="Ring vårdcentralen",
            agency=cast.soc.agency,
            due_on=timezone.localdate() + timedelta(days=9),
        )
        for member, seat in ((cast.soc, room.soc_seat), (cast.fk, room.fk_seat)):
            row, _ = Attendance.objects.get_or_create(meeting=meeting, member=member, defaults={"seat": seat})
            Attendance.objects.filter(pk=row.pk).update(seen_at=timezone.now() + timedelta(hours=1))
        return room

    def _approved(self) -> Held:
        held = make_held(self._room("Justerat"))
        first = sent_by_soc(held)
        withdraw_minutes(by=self.cast.soc, minutes=first, recipients={
            row.pk for row in first.recipients.filter(attendance=held.fk)
        }, reason="Fel mottagare")  # fmt: skip
        approve_minutes(by=self.cast.soc, minutes=first)
        return held

    # ---------- the stops ----------
    def stops(self) -> Iterator[Stop]:
        yield from self._groups()
        yield from self._agenda()
        yield from self._meeting()
        yield from self._rooms()
        yield from self._cases()
        yield from self._minutes()

    def _groups(self) -> Iterator[Stop]:
        cast, soc, group = self.cast, self.cast.soc, f"/moten/grupp/{self.ahead.group.pk}"
        seat = self.ahead.psyk_seat.pk
        yield Stop("meetings", soc, "/moten/")
        yield Stop("meetings, empty", cast.outsider, "/moten/")
        yield Stop("meetings of the coordinator", cast.coordinator, "/moten/")
        yield Stop("group", soc, f"{group}/")
        yield Stop("group of a member", cast.fk, f"{group}/")
        yield Stop("group without anything", cast.coordinator, f"/moten/grupp/{self.empty.pk}/")
        yield Stop("new group", cast.coordinator, "/moten/grupp/ny/")
        yield Stop("new group with errors", cast.coordinator, "/moten/grupp/ny/", press("Skapa gruppen"))
        yield Stop("change group", soc, f"{group}/andra/")
        yield Stop("seats", soc, f"{group}/platser/")
        yield Stop("seat", soc, f"{group}/platser/{seat}/")
        yield Stop("new meeting", soc, f"{group}/mote/")
        yield Stop("new meeting with errors", soc, f"{group}/mote/", press("Öppna mötet"))
        new = f"/moten/grupp/{self.running.group.pk}/serie/ny/"
        yield Stop("new series", soc, new)
        yield Stop("new series with errors", soc, new, press("Visa dagarna"))
        yield Stop("new series, its days", soc, new, self._days)
        yield Stop("change series", soc, f"{group}/serie/")
        yield Stop("day of a series", soc, f"{group}/serie/dag/?dag={self.series.from_on.isoformat()}")
        yield Stop("matrix", soc, f"{group}/narvaro/")
        yield Stop("template", soc, f"{group}/dagordning/")
        yield Stop("template, new line", soc, f"{group}/dagordning/ny/")
        line = TemplateItem.objects.filter(group=self.ahead.group).first()
        assert line
        yield Stop("template, a line", soc, f"{group}/dagordning/{line.pk}/andra/")

    @staticmethod
    def _days(page: Page) -> None:
        page.get_by_label("Börjar").fill("13")
        page.get_by_label("Slutar").fill("15")
        press("Visa dagarna")(page)

    def _agenda(self) -> Iterator[Stop]:
        cast, soc, meeting = self.cast, self.cast.soc, f"/moten/{self.ahead.meeting.pk}"
        group = f"/moten/grupp/{self.ahead.group.pk}"
        yield Stop("proposals", soc, f"{group}/forslag/")
        yield Stop("proposals, own", cast.fk, f"{group}/forslag/")
        yield Stop("new proposal", cast.fk, f"{group}/forslag/ny/")
        yield Stop("new item", soc, f"{meeting}/dagordning/ny/")
        yield Stop("new item with errors", soc, f"{meeting}/dagordning/ny/", press("Lägg till punkten"))
        yield Stop("change item", soc, f"{meeting}/punkt/{self.item.pk}/andra/")
        yield Stop("agenda printed", cast.fk, f"{meeting}/dagordning/skriv-ut/")
        yield Stop("actions", soc, "/moten/uppgifter/")
        yield Stop("actions, empty", cast.outsider, "/moten/uppgifter/")
        yield Stop("change action", soc, f"/moten/uppgifter/{self.action.pk}/andra/")

    def _meeting(self) -> Iterator[Stop]:
        cast, meeting = self.cast, f"/moten/{self.ahead.meeting.pk}"
        sides: dict[str, Hat] = {"chair": cast.soc, "ordinary who can't": cast.psyk, "deputy": cast.psyk_2}
        sides |= {"outside the case": cast.fk, "coordinator": cast.coordinator, "guest": cast.psyk_manager}
        for name, who in sides.items():
            yield Stop(f"meeting ahead, {name}", who, f"{meeting}/")
        yield Stop("meeting going on", cast.fk, f"/moten/{self.running.meeting.pk}/")
        yield Stop("meeting held", cast.soc, f"/moten/{self.draft.meeting.pk}/")
        yield Stop("meeting held, approved", cast.fk, f"/moten/{self.approved.meeting.pk}/")
        yield Stop("answer", cast.psyk, f"{meeting}/svar/")
        yield Stop("other time", soc := cast.soc, f"{meeting}/tid/")
        yield Stop("cancel", soc, f"{meeting}/stall-in/")
        yield Stop("Idag with meetings", cast.soc, "/")

    def _rooms(self) -> Iterator[Stop]:
        cast = self.cast
        running, at_case = (f"/moten/{room.meeting.pk}/rum/" for room in (self.running, self.at_case))
        gender = AgendaItem.objects.get(meeting=self.running.meeting, kind=ItemKind.GENDER_EQUALITY)
        yield Stop("lobby, chair", cast.soc, f"/moten/{self.ahead.meeting.pk}/rum/")
        yield Stop("lobby", cast.fk, f"/moten/{self.ahead.meeting.pk}/rum/")
        yield Stop("room, with the pen", cast.soc, running)
        yield Stop("room", cast.fk, running)
        yield Stop("new decision with errors", cast.fk, running, unfolded("#nytt-beslut", "Spara beslutet"))
        yield Stop("new action with errors", cast.fk, running, unfolded("#ny-uppgift", "Spara uppgiften"))
        yield Stop("room of a coordinator", cast.coordinator, running)
        yield Stop("room, gender equality", cast.soc, f"{running}?punkt={gender.pk}")
        yield Stop("room, gender equality with errors", cast.soc, f"{running}?punkt={gender.pk}", press("Spara svaret"))
        yield Stop("room at a case, own", cast.soc, at_case)
        yield Stop("room at a case, in the circle", cast.psyk, at_case)
        yield Stop("room at a case, outside", cast.fk, at_case)
        yield Stop("room after the meeting", cast.soc, f"/moten/{self.over.meeting.pk}/rum/")
        merge = f"/moten/punkt/{self.at.pk}/anteckning/slaihop/"
        yield Stop("merge", cast.soc, merge)
        yield Stop("merge, without the pen", cast.fk, merge)

    def _cases(self) -> Iterator[Stop]:
        cast, case = self.cast, f"/moten/arende/{self.case.pk}"
        new = f"/moten/{self.running.meeting.pk}/arende/ny/"
        yield Stop("new case", cast.soc, new)
        yield Stop("new case with errors", cast.soc, new, press("Ta upp ärendet"))
        yield Stop("case", cast.soc, f"{case}/")
        yield Stop("case, in the circle", cast.psyk, f"{case}/")
        yield Stop("case ahead", cast.soc, f"/moten/arende/{self.case_ahead.pk}/")
        yield Stop("circle", cast.soc, f"/moten/arende/{self.case_ahead.pk}/krets/")
        yield Stop("ground", cast.soc, f"{case}/grund/")
        yield Stop("ground with errors", cast.soc, f"{case}/grund/", press("Spara grunden"))
        yield Stop("table", cast.psyk, f"{case}/bordet/")
        yield Stop("case decision with errors", cast.psyk, f"{case}/beslut/", press("Spara beslutet"))
        yield Stop("case action with errors", cast.psyk, f"{case}/uppgift/", press("Spara uppgiften"))
        consent = f"/deltagare/{cast.person.pk}/samtycke/mote/"
        yield Stop("meeting consent", cast.soc, consent)
        yield Stop("meeting consent with errors", cast.soc, consent, press("Spara samtycket"))
        yield Stop("404 on a case", cast.fk, f"{case}/", status=404)

    def _minutes(self) -> Iterator[Stop]:
        cast = self.cast
        draft, sent, approved = (
            f"/moten/{held.meeting.pk}/protokoll" for held in (self.draft, self.sent, self.approved)
        )
        yield Stop("minutes, draft", cast.soc, f"{draft}/")
        yield Stop("minutes, to send", cast.soc, f"{draft}/skicka/")
        yield Stop("minutes, not to send yet", cast.soc, f"/moten/{self.over.meeting.pk}/protokoll/skicka/")
        yield Stop("minutes, sent", cast.soc, f"{sent}/")
        yield Stop("minutes, to approve", cast.psyk, f"{sent}/")
        yield Stop("minutes, outside the case", cast.fk, f"{sent}/")
        yield Stop("minutes, to take back", cast.soc, f"{sent}/1/aterkalla/")
        yield Stop("minutes, to take back with errors", cast.soc, f"{sent}/1/aterkalla/", press("Återkalla"))
        yield Stop("minutes, approved", cast.soc, f"{approved}/")
        yield Stop("minutes, approved, of a reader", cast.psyk, f"{approved}/")
        yield Stop("minutes, taken back", cast.fk, f"{approved}/")
        yield Stop("minutes on paper", cast.soc, f"{approved}/1/utskrift/")
