"""How the participant's page is to look: the participant's own choice."""

from workspace.actions import action, lock_participant, record_act
from workspace.models import Browser, Contact
from workspace.states import AuditAct


@action
def choose_look(*, by: Browser, easy_read: bool | None = None, large_text: bool | None = None) -> None:
    """Choose easy words or large text, on every device; None leaves it as it is. One audit row; tells nobody."""
    participant = lock_participant(by.participant_id)
    contact = Contact.objects.filter(participant=participant).first() or Contact(participant=participant)
    before = (contact.easy_read, contact.large_text)
    after = tuple(old if new is None else new for old, new in zip(before, (easy_read, large_text), strict=True))
    if after == before:
        return
    contact.easy_read, contact.large_text = after
    contact.save()
    record_act(by=by, act=AuditAct.WRITE, what="contact", object_id=contact.pk)
