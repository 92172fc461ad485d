"""The assessment in nine areas, the participant's words apart from staff's (R33–R35)."""

from workspace.actions import action, lock_participant, record_act
from workspace.errors import NotAllowed
from workspace.models import Browser, Membership
from workspace.pathway.actions.enrolments import require_own_way
from workspace.pathway.errors import TextHasMoved
from workspace.pathway.models import AreaText, Enrolment
from workspace.pathway.queries.assessments import FORM_VERSION
from workspace.pathway.states import Area, EnrolmentState, Voice
from workspace.states import AuditAct

ENDED = "Personen är utskriven. Det som är skrivet går att läsa men inte att ändra."
THEIR_OWN = "Deltagaren har själv skrivit det här. Det är bara deltagaren som kan ändra det."
NOT_THEIRS = "Det går bara att skriva på sin egen sida, med sina egna ord."

Writer = Membership | Browser  # staff, or the participant in a browser of theirs


def open_way(by: Writer, enrolment: Enrolment) -> Enrolment:
    """Lock the participant of a way that is to be written in, and read the way as it is now.

    Refuses whoever is neither the participant nor a caseworker of their agency, and a way that has ended.
    """
    participant = lock_participant(enrolment.participant_id or 0)
    if isinstance(by, Membership):
        require_own_way(by, participant)
    elif by.participant_id != participant.pk:
        raise NotAllowed(NOT_THEIRS)
    way = Enrolment.objects.select_related("participant__function__agency", "cooperation", "agency").get(
        pk=enrolment.pk
    )
    if way.state != EnrolmentState.ONGOING:
        raise NotAllowed(ENDED)
    return way


def record(by: Writer, what: str, way: Enrolment) -> None:
    """One audit row about a way, by staff or by the participant, in the transaction of the caller."""
    record_act(by=by, act=AuditAct.WRITE, what=f"way.{what}", object_id=way.pk, participant_id=way.participant_id)


@action
def write_area(*, by: Writer, enrolment: Enrolment, area: Area, voice: Voice, text: str, version: int) -> None:
    """Write in one area of the assessment, by one voice; the text before it is kept.

    Locks the participant, adds the text under the next number and an audit row; nothing where the text is the same.
    Tells nobody. Staff's words are staff's; the participant's are theirs, or taken down by staff, which is said.
    `version` is the number of the text that was begun from, 0 for none. Refuses others, a way that has ended, staff
    over what the participant has written there themselves, and `TextHasMoved` where a newer text came between (R35).
    """
    way = open_way(by, enrolment)
    texts = AreaText.objects.filter(enrolment=way, area=area, voice=voice)
    if isinstance(by, Browser):
        if voice != Voice.PARTICIPANT:
            raise NotAllowed(NOT_THEIRS)
    elif voice == Voice.PARTICIPANT and texts.filter(browser__isnull=False).exists():
        raise NotAllowed(THEIR_OWN)
    newest = texts.order_by("-number").first()
    number, before = (newest.number, newest.text) if newest else (0, "")
    becomes_own = isinstance(by, Browser) and newest is not None and newest.browser_id is None
    if text == before and not becomes_own:
        return
    if number != version and text != before:
        raise TextHasMoved(before, number)
    AreaText.objects.create(
        enrolment=way,
        area=area,
        voice=voice,
        form_version=FORM_VERSION,
        number=number + 1,
        text=text,
        written_by=by if isinstance(by, Membership) else None,
        browser=by if isinstance(by, Browser) else None,
    )
    record(by, "area", way)
