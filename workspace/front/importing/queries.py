"""What the database already holds, as plain data for the checking."""

from dataclasses import dataclass, field

from django.utils import timezone

from referrals.models import Referral, ReferralEvent, ReferralKind, ReferralSection
from referrals.states import ReferralState, Verb
from workspace.front.importing.sheets import AGENCIES, COURSES, PARTICIPANTS, REFERRALS
from workspace.models import Agency, ImportedRow, Municipality, Participant, UserAccount


@dataclass
class Known:
    """What a workbook can refer to without bringing it along. Keys are casefolded."""

    agencies: dict[str, Agency] = field(default_factory=dict)
    municipalities: dict[str, Municipality] = field(default_factory=dict)
    kinds: dict[str, ReferralKind] = field(default_factory=dict)
    usernames: set[str] = field(default_factory=set)
    imported: dict[str, dict[str, ImportedRow]] = field(default_factory=dict)
    # The agency code of each participant that came from a workbook.
    participants: dict[str, str] = field(default_factory=dict)
    has_demo: bool = False


def what_is_known() -> Known:
    """Everything the checking compares with, in a handful of questions."""
    known = Known(
        agencies={agency.code.casefold(): agency for agency in Agency.objects.select_related("municipality")},
        municipalities={place.name.casefold(): place for place in Municipality.objects.all()},
        kinds={kind.name.casefold(): kind for kind in ReferralKind.objects.all()},
        usernames={name.casefold() for name in UserAccount.objects.values_list("username", flat=True)},
        has_demo=UserAccount.objects.filter(is_demo=True).exists(),
    )
    for row in ImportedRow.objects.all():
        known.imported.setdefault(row.sheet, {})[row.key.casefold()] = row
    rows = known.imported.get(PARTICIPANTS.name, {})
    people = Participant.objects.select_related("function__agency").in_bulk([row.object_id for row in rows.values()])
    known.participants = {key: people[row.object_id].function.agency.code for key, row in rows.items()}
    return known


def what_was_read(sheet: str, row: ImportedRow, known: Known) -> dict[str, str]:
    """What a row said when it was read, as far as the database can tell and nobody's name is in it; else empty."""
    if sheet == REFERRALS.name:
        return _referral_as_read(row.object_id, known)
    if sheet == AGENCIES.name:
        agency = Agency.objects.select_related("municipality").get(pk=row.object_id)
        place = agency.municipality.name if agency.municipality else ""
        return {"Namn": agency.name, "Typ": agency.get_kind_display(), "Kommun": place}
    return {}


def _referral_as_read(pk: int, known: Known) -> dict[str, str]:
    """Read off what never changes: the first leg, and the history that the import wrote."""
    referral = Referral.objects.select_related("kind", "sender__agency").get(pk=pk)
    leg = referral.legs.select_related("receiver__agency").get(position=1)
    events = {event.verb: event for event in ReferralEvent.objects.filter(referral=referral, by_import=True)}
    section = (
        ReferralSection.objects.filter(leg=leg, disclosure__consent_row__isnull=False)
        .select_related("disclosure__consent_row__consent")
        .first()
    )
    row = section.disclosure.consent_row if section and section.disclosure else None
    participants = {imported.object_id: imported.key for imported in known.imported.get(PARTICIPANTS.name, {}).values()}
    return {
        "Deltagare": participants.get(referral.participant_id, ""),
        "Från": referral.sender.agency.code,
        "Till": leg.receiver.agency.code,
        "Ärende": referral.kind.name.lower(),
        "Samtycke": row.consent.given_on.isoformat() if row else "",
        "Skickad": _day_of(events.get(Verb.SEND)),
        "Mottagen": _day_of(events.get(Verb.ACKNOWLEDGE)),
        "Besvarad": _day_of(events.get(Verb.DECIDE) or events.get(Verb.RETURN)),
        "Läge": _course_of(list(events.values())),
    }


def _day_of(event: ReferralEvent | None) -> str:
    return timezone.localdate(event.at).isoformat() if event else ""


def _course_of(events: list[ReferralEvent]) -> str:
    """The workbook's word for where the import left a referral."""
    reached = {ReferralState(event.state) for event in events}
    codes = {event.code for event in events}
    for word, course in COURSES.items():
        if course.state in reached and (not course.outcome or course.outcome in codes):
            return word
    return ""
