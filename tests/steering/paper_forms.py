"""The forms of documents and of time: who posts them, where, and what; and what the tests of secrecy open of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone

from meetings.steering.models import CoFinancing, Document, TimeReport
from meetings.steering.queries.documents import state_of
from meetings.steering.queries.time_reports import state_of_report
from tests import addresses
from tests.cast import Cast
from tests.steering.papers import TEXT, agree, make_document, report_of
from workspace.clocks import add_months
from workspace.rules import Hat
from workspace.swedish import say_date

Form = Callable[[], tuple[Hat, str, dict[str, Any]]]


@dataclass
class PaperWorld:
    """A document with two versions and a draft, soc's agreement, and soc's report of last month."""

    document: Document
    agreement: CoFinancing
    report: TimeReport

    def keys(self, name: str) -> list[Any]:
        month = self.report.month
        found: list[tuple[set[str], list[Any]]] = [
            (addresses.OF_DOCUMENT, [self.document.pk]),
            (addresses.OF_DOCUMENT_VERSION, [self.document.pk, 2]),
            (addresses.OF_CO_FINANCING, [self.agreement.pk]),
            (addresses.OF_TIME_REPORT, [self.report.pk]),
            (addresses.OF_TIME_MONTH, [month.year, month.month]),
        ]
        return next(keys for names, keys in found if name in names)


def make_paper_world(cast: Cast) -> PaperWorld:
    agreement = agree(cast)
    month = add_months(timezone.localdate().replace(day=1), -1)
    return PaperWorld(make_document(cast, published=2, draft=True), agreement, report_of(agreement, month))


def paper_forms(cast: Cast) -> dict[str, Form]:
    """Address name -> who posts what where. Called, each makes what it needs."""
    today = say_date(timezone.localdate())
    terms = {"agency": cast.soc.agency_id, "hours": "40", "reporter": cast.soc.pk, "from_on": "1 jan. 2026"}

    def written(name: str, hat: Hat, *keys: int, draft: bool = False, **data: str) -> Form:
        def form() -> tuple[Hat, str, dict[str, Any]]:
            document = make_document(cast, draft=draft)
            return hat, reverse(name, args=[document.pk, *keys]), {"base": state_of(document), **data}

        return form

    def reported(name: str, *, sent: bool = False, **data: str) -> Form:
        def form() -> tuple[Hat, str, dict[str, Any]]:
            report = make_paper_world(cast).report
            if sent:
                TimeReport.objects.filter(pk=report.pk).update(state="sent", sent_at=timezone.now(), member=cast.soc)
            return cast.soc, reverse(name, args=[report.pk]), {"base": state_of_report(report, []), **data}

        return form

    new = {"kind": "routine", "title": "Rutin för tolk", "text": TEXT}
    return {
        "new_document": lambda: (cast.coordinator, reverse("new_document"), new),
        "change_document": written("change_document", cast.chair, text="Nytt", change="Kortare"),
        "publish_document": written("publish_document", cast.coordinator, draft=True),
        "end_document": written("end_document", cast.coordinator),
        "adopt_document": written("adopt_document", cast.soc_manager, 1, adopted_on=today),
        "confirm_document": written("confirm_document", cast.soc_manager, 1),
        "new_co_financing": lambda: (cast.coordinator, reverse("new_co_financing"), terms),
        "change_co_financing": lambda: (
            cast.chair,
            reverse("change_co_financing", args=[agree(cast, budget_line="").pk]),
            {**terms, "hours": "20"},
        ),
        "time_report": reported("time_report", gor="skicka", comment="Allt med"),
        "time_report_reopen": reported("time_report_reopen", sent=True),
    }


PAPER_FORMS = [
    "new_document", "change_document", "publish_document", "end_document", "adopt_document", "confirm_document",
    "new_co_financing", "change_co_financing", "time_report", "time_report_reopen",
]  # fmt: skip
