"""How a participant wants to be reached and met, and who at the agency hears their calls for help."""

from django.utils import timezone

from workspace.actions.own_page import require_own
from workspace.actions.records import record_act
from workspace.actions.transactions import action, lock_participant
from workspace.errors import NotAllowed
from workspace.models import Contact, Membership, OutsideContact, Participant, SupportNeeds
from workspace.queries import outside_contacts
from workspace.rules import is_manager
from workspace.states import AuditAct, Channel


@action
def save_contact(
    *,
    by: Membership,
    participant: Participant,
    channel: str,
    address: str,
    words: str,
    easy_read: bool,
    large_text: bool,
) -> Contact:
    """Write down how the participant wants to be told that there is something to read, and how the page is to look.

    Without a channel no address is kept. Writes the contact and an audit row; tells nobody, and sends nothing. Refuses
    anybody but a caseworker of the participant's agency. Source: L50.
    """
    require_own(by, participant)
    lock_participant(participant.pk)
    if channel == Channel.NONE:
        address = ""
    contact, _ = Contact.objects.update_or_create(
        participant=participant,
        defaults={
            "channel": channel,
            "address": address,
            "words": words,
            "easy_read": easy_read,
            "large_text": large_text,
        },
    )
    record_act(by=by, act=AuditAct.WRITE, what="contact", object_id=contact.pk, participant_id=participant.pk)
    return contact


@action
def save_needs(
    *,
    by: Membership,
    participant: Participant,
    interpreter: str,
    language: str,
    hearing_loop: bool,
    pick_up: bool,
    calm_room: bool,
    easy_read: bool,
    large_print: bool,
    breaks: bool,
) -> SupportNeeds:
    """Write down what makes a meeting work for the participant: what is needed, never why.

    Without an interpreter no language is kept. Writes the needs and an audit row; tells nobody. Refuses anybody but a
    caseworker of the participant's agency. Source: R49, L55.
    """
    require_own(by, participant)
    lock_participant(participant.pk)
    needs, _ = SupportNeeds.objects.update_or_create(
        participant=participant,
        defaults={
            "interpreter": interpreter,
            "language": language if interpreter else "",
            "hearing_loop": hearing_loop,
            "pick_up": pick_up,
            "calm_room": calm_room,
            "easy_read": easy_read,
            "large_print": large_print,
            "breaks": breaks,
            "saved_at": timezone.now(),
        },
    )
    record_act(by=by, act=AuditAct.WRITE, what="needs", object_id=needs.pk, participant_id=participant.pk)
    return needs


@action
def name_outside_contact(*, by: Membership, contact: Membership | None) -> None:
    """Say who at one's own agency hears participants' calls for help; None leaves it to the managers.

    Writes or takes away the row, and an audit row; tells nobody. Refuses anybody but a manager, and somebody who is
    not at the agency today. Whoever turns out to work with the participant who calls is passed by (`help_hearers`).
    Source: R77, R78.
    """
    if not is_manager(by):
        raise NotAllowed("Det är en chef som väljer vem som tar emot.")
    if contact is None:
        OutsideContact.objects.filter(agency=by.agency_id).delete()
    elif outside_contacts(by.agency).filter(pk=contact.pk).exists():
        OutsideContact.objects.update_or_create(agency=by.agency, defaults={"membership": contact})
    else:
        raise NotAllowed("Den du valde arbetar inte hos er i dag. Välj någon annan.")
    record_act(by=by, act=AuditAct.WRITE, what="outside_contact", object_id=contact.pk if contact else None)
