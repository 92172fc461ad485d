"""Ways as the figures see them: records without persons, as far as a test needs. Everything here is invented."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from io import StringIO
from pathlib import Path
from typing import Any

from django.utils import timezone

from meetings.figures.models import FiguresAgreement
from tests.cast import Cast
from workspace.models import Agency, Cooperation, Municipality
from workspace.pathway.models import Enrolment, EnrolmentRecord
from workspace.pathway.states import EnrolmentState, Income, Outcome

DISCHARGES = Path(__file__).parent.parent / "data" / "pitea" / "utskrivningar.csv"
AUGUST, SEPTEMBER, OCTOBER = date(2014, 8, 1), date(2014, 9, 1), date(2014, 10, 1)
OUTCOMES = {
    "arbete": Outcome.WORK,
    "studier": Outcome.STUDIES,
    "sjukersättning": Outcome.SICKNESS_COMPENSATION,
    "aktivitetsersättning": Outcome.ACTIVITY_COMPENSATION,
    "LSS-insats": Outcome.DISABILITY_ACT,
    "vård": Outcome.CARE,
    "åter till Arbetsförmedlingen": Outcome.BACK_TO_EMPLOYMENT_SERVICE,
    "flyttat": Outcome.MOVED,
}
GENDERS = {"kvinna": "woman", "man": "man"}
ANSWERS = {"ja": "yes", "nej": "no", "": ""}


def moment(year: int, month: int, day: int, hour: int = 12) -> datetime:
    return timezone.make_aware(datetime(year, month, day, hour))


@dataclass(frozen=True)
class Way:
    """What is known of one way: a woman of Piteå who is discharged with everything done, if nothing is said."""

    place: str = "Piteå"
    gender: str = "woman"
    enrolled_on: date = date(2014, 1, 15)
    ended_on: date | None = date(2014, 6, 15)
    facts: dict[str, Any] = field(default_factory=dict)


DONE = {
    "plan_made": True,
    "plan_completed": True,
    "completed_time": True,
    "path_identified": True,
    "increased": "yes",
    "picture": "yes",
    "outcome": Outcome.WORK,
}


def know(
    cooperation: Cooperation,
    agency: Agency,
    ways: Iterable[Way],
    recorded_at: datetime | None = None,
) -> list[EnrolmentRecord]:
    """Enrolments without participants and what is known of them, from a moment on (all along, if none is said)."""
    places = {place.name: place for place in Municipality.objects.all()}
    ways, at = list(ways), recorded_at or moment(2010, 1, 1)
    enrolments = Enrolment.objects.bulk_create(
        Enrolment(
            agency=agency,
            cooperation=cooperation,
            enrolled_on=way.enrolled_on,
            ended_on=max(way.ended_on, way.enrolled_on) if way.ended_on else None,
            state=EnrolmentState.DISCHARGED if way.ended_on else EnrolmentState.ONGOING,
        )
        for way in ways
    )
    return EnrolmentRecord.objects.bulk_create(
        EnrolmentRecord(
            enrolment=enrolment,
            agency=agency,
            cooperation=cooperation,
            municipality=places[way.place],
            gender=way.gender,
            birth_year=1984,
            enrolled_on=way.enrolled_on,
            ended_on=way.ended_on,
            income_before=Income.NOT_STATED,
            recorded_at=at,
            **{**(DONE if way.ended_on else {}), **way.facts},
        )
        for enrolment, way in zip(enrolments, ways, strict=True)
    )


def learn(record: EnrolmentRecord, at: datetime, **facts: Any) -> EnrolmentRecord:
    """From a moment on something else is known of a way."""
    new = EnrolmentRecord.objects.get(pk=record.pk)
    EnrolmentRecord.objects.filter(pk=record.pk).update(superseded_at=at)
    new.pk, new.recorded_at = None, at
    for name, value in facts.items():
        setattr(new, name, value)
    new.save(force_insert=True)
    return new


def agreed(cooperation: Cooperation, *agencies: Agency, at: datetime | None = None) -> list[FiguresAgreement]:
    """Agreements that have held since 2010, if nothing else is said."""
    return [
        FiguresAgreement.objects.create(cooperation=cooperation, agency=agency, made_at=at or moment(2010, 1, 1))
        for agency in agencies
    ]


def discharges() -> list[Way]:
    """The 223 discharges of the workbook."""
    rows = csv.DictReader(StringIO(DISCHARGES.read_text(encoding="latin-1")), delimiter=";")
    return [
        Way(
            place=row["Kommun"],
            gender=GENDERS[row["Kön"]],
            enrolled_on=date.fromisoformat(row["Inskriven"]),
            ended_on=date.fromisoformat(row["Utskriven"]),
            facts={
                "plan_made": row["Handlingsplan upprättad"] == "ja",
                "plan_completed": row["Handlingsplan fullföljd"] == "ja",
                "completed_time": row["Fullföljt sin tid"] == "ja",
                "path_identified": row["Identifierat sin väg"] == "ja",
                "increased": ANSWERS[row["Möjligheterna har ökat"]],
                "picture": ANSWERS[row["Bild av möjligheterna"]],
                "outcome": OUTCOMES[row["Utfall"]],
            },
        )
        for row in rows
    ]


def norrsken(cast: Cast) -> Cooperation:
    """The cast's cooperation, with the 223 discharges known all along, of an agency that has agreed."""
    agency = cast.soc_desk.agency
    agreed(cast.cooperation, agency)
    know(cast.cooperation, agency, discharges())
    return cast.cooperation
