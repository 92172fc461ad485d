"""«Jag behöver hjälp» and «Jag känner mig missgynnad»: to somebody outside the daily team (R77, R78)."""

from django.utils import timezone

from notifications.actions import Notice, clear_notices, deliver, queue_participant_mail
from workspace.actions import action, lock_participant, record_act
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Browser, HelpRequest, Membership
from workspace.queries import help_hearers
from workspace.states import AuditAct, HelpKind
from workspace.swedish import say_date

MOST_WAITING = 10  # unanswered at a time


@action
def ask_for_help(*, by: Browser, kind: HelpKind, text: str) -> HelpRequest:
    """Ask somebody outside the daily team for help, or say that one feels wronged.

    Locks the participant, writes the request and an audit row; then whoever hears this participant is told
    (`help_hearers`). Where nobody does it is kept all the same, for whoever is named later. Refuses a complaint without
    words, and more than `MOST_WAITING` without an answer.
    """
    participant = lock_participant(by.participant_id)
    if kind == HelpKind.DISADVANTAGE and not text:
        raise NotAllowed("Skriv vad som har hänt.")
    if HelpRequest.objects.filter(participant=participant, answered_at__isnull=True).count() >= MOST_WAITING:
        raise NotAllowed("Du har redan skrivit flera gånger. Vänta på svar, eller ring.")
    asked = HelpRequest.objects.create(participant=participant, kind=kind, text=text)
    record_act(by=by, act=AuditAct.WRITE, what="help.ask", object_id=asked.pk)
    told = frozenset(help_hearers(participant))
    deliver([Notice("help.asked", say_date(timezone.localdate(asked.made_at)), asked.pk, None, told)])
    return asked


@action
def open_help(*, by: Membership, asked: HelpRequest) -> None:
    """Remember who read a request first, and when, so that the participant sees that somebody has.

    Writes an audit row, the first time. Tells nobody. Refuses whoever does not hear the participant.
    """
    _require_hearer(by, asked)
    unopened = HelpRequest.objects.filter(pk=asked.pk, opened_at__isnull=True)
    if unopened.update(opened_at=timezone.now(), opened_by=by):
        _record(by, "help.open", asked)


@action
def answer_help(*, by: Membership, asked: HelpRequest, text: str) -> None:
    """Answer a request, once. The participant reads it on their page.

    Locks the participant, writes the answer and an audit row, and sees to it that the participant hears that there is
    something to read. Refuses whoever does not hear the participant, and a request that has its answer.
    """
    participant = lock_participant(asked.participant_id)
    _require_hearer(by, asked)
    waiting = HelpRequest.objects.filter(pk=asked.pk, answered_at__isnull=True)
    if not waiting.update(answer=text, answered_at=timezone.now(), answered_by=by):
        raise SomebodyWasFaster("Någon hann före och har svarat. Läs svaret först.")
    clear_notices(kinds=["help.asked"], object_id=asked.pk)
    _record(by, "help.answer", asked)
    queue_participant_mail(participant=participant)


def _require_hearer(by: Membership, asked: HelpRequest) -> None:
    if by.pk not in help_hearers(asked.participant):
        raise NotAllowed("Det är bara den som står utanför gruppen runt personen som läser och svarar.")


def _record(by: Membership, what: str, asked: HelpRequest) -> None:
    record_act(by=by, act=AuditAct.WRITE, what=what, object_id=asked.pk, participant_id=asked.participant_id)
