"""Every page and state of routines and mandates, of agreements on time, and of the months' time reports."""

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from meetings.steering.models import Adoption, Document, TimeEntry
from meetings.steering.states import DocumentKind, TimeSource
from tests.cast import Cast, make_user
from tests.journeys.meeting_pages import LONG
from tests.journeys.pages import Stop, press
from tests.journeys.steering_pages import filled
from tests.journeys.way_pages import unfold_all
from tests.steering.papers import agree, make_document, newest, report_of
from tests.steering.stage import last_months, make_steering
from workspace.models import Cooperation, CooperationRole
from workspace.states import CooperationRoleKind


class PaperPages:
    """Documents of every kind and state; a month that is a draft, one late, one sent; and a cooperation without any."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        make_steering(cast)
        elsewhere = Cooperation.objects.get(name="Samverkan Arvidsjaur")
        self.nobody = CooperationRole.objects.create(
            cooperation=elsewhere, user=make_user("tom", "Tove", "Tom"), role=CooperationRoleKind.COORDINATOR
        )
        self._documents()
        self._time()

    def _documents(self) -> None:
        cast = self.cast
        self.routine = make_document(cast, LONG, published=2, draft=True)
        self.plan = make_document(cast, "Plan för året", kind=DocumentKind.PLAN, published=3)
        make_document(cast, "Uppdraget", kind=DocumentKind.MANDATE, agency=cast.psyk.agency)
        self.draft = make_document(cast, "Ny budget", kind=DocumentKind.BUDGET, published=0, draft=True)
        self.ended = make_document(cast, "Gammal rutin")
        Document.objects.filter(pk=self.ended.pk).update(ended_on=timezone.localdate())
        Adoption.objects.create(
            version=newest(self.plan),
            agency=cast.soc.agency,
            member=cast.soc_manager,
            adopted_on=timezone.localdate(),
            registration="SN 2026/0412-" + "7" * 20,
        )

    def _time(self) -> None:
        cast, months = self.cast, last_months(3)
        self.agreement = agree(cast)
        agree(cast, cast.psyk)
        ended = agree(cast, cast.fk, to_on=timezone.localdate() - timedelta(days=9))
        self.sent = report_of(self.agreement, months[0], sent=True, comment=f"Vi var fler i år. {LONG}")
        self.late = report_of(self.agreement, months[1])
        self.empty = report_of(self.agreement, months[2])
        report_of(ended, months[0])
        for report in (self.sent, self.late):
            TimeEntry.objects.create(report=report, source=TimeSource.OWN, text=LONG, people=2, minutes=180)

    # ---------- the stops ----------
    def stops(self) -> Iterator[Stop]:
        yield from self._read()
        yield from self._written()
        yield from self._reports()
        yield from self._agreements()

    def _read(self) -> Iterator[Stop]:
        cast, plan, routine = self.cast, f"/rutiner/{self.plan.pk}", f"/rutiner/{self.routine.pk}"
        for name, who in (("coordinator", cast.coordinator), ("chair", cast.chair), ("manager", cast.soc_manager)):
            yield Stop(f"documents, {name}", who, "/rutiner/", unfold_all)
            yield Stop(f"document, {name}", who, f"{plan}/", unfold_all)
        yield Stop("documents, none", self.nobody, "/rutiner/")
        yield Stop("document, to adopt", cast.psyk_manager, f"{plan}/")
        yield Stop("document, an old version", cast.fk, f"{plan}/1/")
        yield Stop("document, ended", cast.chair, f"/rutiner/{self.ended.pk}/")
        yield Stop("document, a draft", cast.coordinator, f"{routine}/3/")
        yield Stop("document, never published", cast.coordinator, f"/rutiner/{self.draft.pk}/")
        yield Stop("document, what differs", cast.fk, f"{routine}/2/skillnad/")
        yield Stop("document, hidden", cast.outsider, f"{plan}/", status=404)

    def _written(self) -> Iterator[Stop]:
        who, change = self.cast.coordinator, f"/rutiner/{self.routine.pk}/andra/"
        yield Stop("new document", who, "/rutiner/nytt/")
        yield Stop("new document with errors", who, "/rutiner/nytt/", press("Spara utkastet"))
        yield Stop("change document", who, change)
        yield Stop("change document with errors", who, change, filled("Spara utkastet", text=""))
        adopt = filled(f"Vi har antagit version {newest(self.plan).number}", adopted_on="i går kväll")
        yield Stop("adopt with errors", self.cast.psyk_manager, f"/rutiner/{self.plan.pk}/", adopt)

    def _reports(self) -> Iterator[Stop]:
        soc, at = self.cast.soc, f"/tid/{self.late.pk}/"
        hours = f"hours_{TimeEntry.objects.get(report=self.late).pk}"
        for name, who in (
            ("reporter", soc),
            ("manager", self.cast.soc_manager),
            ("coordinator", self.cast.coordinator),
        ):
            yield Stop(f"time, {name}", who, "/tid/")
        yield Stop("time, nothing yet", self.nobody, "/tid/")
        yield Stop("time report", soc, at)
        yield Stop("time report, empty", soc, f"/tid/{self.empty.pk}/")
        yield Stop("time report, sent", soc, f"/tid/{self.sent.pk}/")
        wrong = filled("Spara", **{hours: "många", "new_hours": "2", "new_on": "förr"})
        yield Stop("time report with errors", soc, at, wrong)

    def _agreements(self) -> Iterator[Stop]:
        who = self.cast.coordinator
        change = f"/tid/avtal/{self.agreement.pk}/"
        yield Stop("agreements on time", who, "/tid/avtal/", unfold_all)
        yield Stop("agreements on time, none", self.nobody, "/tid/avtal/")
        yield Stop("new agreement on time", who, "/tid/avtal/nytt/")
        yield Stop("new agreement on time with errors", who, "/tid/avtal/nytt/", press("Spara avtalet"))
        yield Stop("change agreement on time", who, change)
        yield Stop("change agreement on time with errors", who, change, filled("Spara avtalet", hours="", to_on="2001"))
