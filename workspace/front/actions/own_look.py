"""How the participant's page is to look: the participant's own choice."""

from workspace.actions import action, lock_participant, record_act
from workspace.models import Browser, Contact
from workspace.states import AuditAct


@action
def choose_look(*, by: Browser, easy_read: bool | None = None, large_text: bool | None = None) -> None:
    """Choose easy words or large text, on every device; None leaves it as it is. One audit row; tells nobody."""
    participant = lock_participant(by.participant_id)
    chosen = {"easy_read": easy_read, "large_text": large_text}
    contact, _ = Contact.objects.update_or_create(
        participant=participant, defaults={name: value for name, value in chosen.items() if value is not None}
    )
    record_act(by=by, act=AuditAct.WRITE, what="contact", object_id=contact.pk)
