"""What a person chooses about notices: how each kind reaches them, when they are left in peace, and no more mail."""

from collections.abc import Collection, Mapping
from datetime import time

from notifications.models import KindChoice, QuietHours
from notifications.registry import all_kinds
from notifications.rules import ROLE_REMINDERS, Choice, default_choice, hours_left, may_leave_page
from notifications.states import DigestRhythm, Urgency
from workspace.actions import action, record_act
from workspace.errors import NotAllowed
from workspace.models import UserAccount
from workspace.rules import Hat
from workspace.states import AuditAct

LEAST_OPEN = 1  # hour a day; the sweep comes every ten minutes
UNKNOWN = "En av händelserna finns inte längre. Läs in sidan igen."


@action
def save_choices(*, by: Hat, choices: Mapping[str, Choice]) -> None:
    """Write how some kinds reach the person who wears this hat, in all their hats. Other kinds stay as they are.

    A row only where it is another than the default, so that a better default reaches everybody else. Audit row; tells
    nobody. Refuses an unknown kind, and to turn off on the page what waits for its reader.
    """
    if not all(code in all_kinds() or code == ROLE_REMINDERS for code in choices):
        raise NotAllowed(UNKNOWN)
    if any(not chosen.on_page and not may_leave_page(_urgency(code)) for code, chosen in choices.items()):
        raise NotAllowed("Det som väntar på dig står alltid kvar på sidan.")
    _write(by.user_id, choices)
    _record(by, "notices.choose")


def _urgency(code: str) -> Urgency:
    return all_kinds()[code].urgency if code in all_kinds() else Urgency.KNOW


def _write(user: int, choices: Mapping[str, Choice]) -> None:
    other = {code: chosen for code, chosen in choices.items() if chosen != default_choice(_urgency(code))}
    KindChoice.objects.filter(user=user, kind__in=choices.keys() - other.keys()).delete()
    KindChoice.objects.bulk_create(
        [
            KindChoice(user_id=user, kind=code, on_page=chosen.on_page, mail=chosen.mail, push=chosen.push)
            for code, chosen in sorted(other.items())
        ],
        update_conflicts=True,
        unique_fields=["user", "kind"],
        update_fields=["on_page", "mail", "push"],
    )


@action
def save_quiet_hours(*, by: Hat, begins: time, ends: time, days_off: bool) -> None:
    """Write when this person is left in peace, by Stockholm's clock. Mails and pushes wait; the page does not.

    Audit row; tells nobody. Refuses times that leave less than an hour of the day, or no mail would ever come.
    """
    if hours_left(begins, ends) < LEAST_OPEN:
        raise NotAllowed("Lämna minst en timme på dygnet då mejl får komma.")
    QuietHours.objects.update_or_create(
        user_id=by.user_id, defaults={"begins": begins, "ends": ends, "days_off": days_off}
    )
    _record(by, "notices.quiet")


@action
def reset_choices(*, by: Hat) -> None:
    """As if this person had never chosen: every kind by its default, the ordinary quiet hours. Audit row.

    What they follow or have unfollowed stays, and so do the browsers that are told.
    """
    KindChoice.objects.filter(user=by.user_id).delete()
    QuietHours.objects.filter(user=by.user_id).delete()
    _record(by, "notices.reset")


@action
def stop_mails(*, user: UserAccount, kinds: Collection[str]) -> None:
    """No more mail to this person because of these kinds; page and push stay as chosen (RFC 8058).

    By whoever has the address in the mail, signed in or not. Audit row by nobody. Harmless when repeated.
    """
    codes = {code for code in kinds if code in all_kinds() or code == ROLE_REMINDERS}
    known = {row.kind: row for row in KindChoice.objects.select_for_update().filter(user=user, kind__in=codes)}
    chosen = {}
    for code in codes:
        row, usual = known.get(code), default_choice(_urgency(code))
        on_page, push = (row.on_page, row.push) if row else (usual.on_page, usual.push)
        chosen[code] = Choice(on_page, DigestRhythm.NEVER, push)
    _write(user.pk, chosen)
    record_act(by=None, act=AuditAct.WRITE, what="notices.stop_mails", object_id=user.pk)


def _record(by: Hat, what: str) -> None:
    record_act(by=by, act=AuditAct.WRITE, what=what, object_id=by.user_id)
