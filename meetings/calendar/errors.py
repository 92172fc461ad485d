"""What the calendar's floor refuses."""

from workspace.errors import Refusal


class MailboxGone(Refusal):
    """The mailbox for answers cannot be read. The sentence holds neither address nor password."""
