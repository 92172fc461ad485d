"""Registering people, and a manager's way to them."""

from datetime import date

from django.utils import timezone

from workspace.actions.records import record_act
from workspace.actions.transactions import action
from workspace.errors import NotAllowed
from workspace.models import Function, Membership, Municipality, Participant, StatedReason
from workspace.rules import REASON_LASTS, can_register_participant, is_manager, owns
from workspace.states import AuditAct
from workspace.swedish import search_key, sort_key


@action
def register_participant(
    *,
    by: Membership | None,
    function: Function,
    first_name: str,
    last_name: str,
    gender: str,
    birth_year: int,
    municipality: Municipality,
    phone: str = "",
    enrolled_on: date | None = None,
) -> Participant:
    """Register a person at a desk of one's own agency.

    Writes the participant with folded sort and search keys, and an audit row. Tells nobody: being a participant is
    itself secret (L14). `by` is None for an import. Refuses a manager, and a desk of another agency.
    """
    if by is not None and not (can_register_participant(by) and function.agency_id == by.agency_id):
        raise NotAllowed("Du kan registrera deltagare vid din egen enhet, som handläggare.")
    participant = Participant.objects.create(
        function=function,
        first_name=first_name,
        last_name=last_name,
        gender=gender,
        birth_year=birth_year,
        municipality=municipality,
        phone=phone,
        enrolled_on=enrolled_on or timezone.localdate(),
        sort_key=sort_key(last_name, first_name),
        search_key=search_key(f"{first_name} {last_name}")[:200],
    )
    act = AuditAct.WRITE if by else AuditAct.IMPORT
    record_act(by=by, act=act, what="participant", object_id=participant.pk, participant_id=participant.pk)
    return participant


@action
def change_participant(
    *,
    by: Membership,
    participant: Participant,
    function: Function,
    first_name: str,
    last_name: str,
    gender: str,
    birth_year: int,
    municipality: Municipality,
    phone: str,
) -> None:
    """Correct what was registered about a person. Writes an audit row; tells nobody.

    Those who may read the person's contact details read the corrected ones. Refuses anybody but a caseworker of the
    person's agency, and a desk of another agency.
    """
    if not (can_register_participant(by) and owns(by, participant) and function.agency_id == by.agency_id):
        raise NotAllowed("Du kan ändra uppgifter om deltagare vid din egen enhet, som handläggare.")
    Participant.objects.filter(pk=participant.pk).update(
        function=function,
        first_name=first_name,
        last_name=last_name,
        gender=gender,
        birth_year=birth_year,
        municipality=municipality,
        phone=phone,
        sort_key=sort_key(last_name, first_name),
        search_key=search_key(f"{first_name} {last_name}")[:200],
    )
    record_act(
        by=by,
        act=AuditAct.WRITE,
        what="participant.change",
        object_id=participant.pk,
        participant_id=participant.pk,
    )


@action
def state_reason(*, by: Membership, participant: Participant, reason: str) -> StatedReason:
    """A manager opens a person for one hour, saying why. The reason is kept and the opening is logged.

    Refuses anybody but a manager. The caller checks that the person is on a work list of the manager's agency.
    """
    if not is_manager(by):
        raise NotAllowed("Bara en chef öppnar med angivet skäl.")
    stated = StatedReason.objects.create(
        membership=by, participant=participant, reason=reason, ends_at=timezone.now() + REASON_LASTS
    )
    record_act(
        by=by,
        act=AuditAct.OPEN_WITH_REASON,
        what="participant",
        object_id=stated.pk,
        participant_id=participant.pk,
    )
    return stated
