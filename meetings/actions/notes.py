"""The shared notes of the room. No word is ever lost: what meets a newer text is kept aside and merged by hand."""

from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from meetings.actions.steps import topics_of
from meetings.models import AgendaItem, Meeting, NoteVersion
from meetings.queries.room import can_hold_pen, last_version
from meetings.rules import can_change_content, has_pen, hat_fields
from meetings.states import ItemKind, MeetingState
from notifications.actions import deliver
from workspace.actions import action, record_act
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.rules import Hat
from workspace.states import AuditAct

SAME_ROW = timedelta(minutes=1)


@action
def save_note(*, by: Hat, item: AgendaItem, text: str, base_version: int, waiting: int | None = None) -> NoteVersion:
    """Save what was typed in an item's note, begun from a version of it.

    Where another version came first, or the pen has been taken over, the text is kept aside (a `NoteVersion` without
    a version) and the pen's holder is told that it waits. `waiting` is such a text of this same page: it goes on
    growing there. In order: the note, its version, an audit row for each new one, a hint to those who read it. Refuses
    a case item (it has no shared note), a guest, and notes whose minutes are on their way.
    """
    meeting = _lock(item)
    item = AgendaItem.objects.get(pk=item.pk)
    _require_open(by, meeting, item)
    last = last_version(item)
    if last is not None and text == item.note:
        return last  # said already: the answer was lost on the way, or two pages hold the same text
    if waiting is None and has_pen(by, meeting):
        # A text that holds every letter of the newest, and more, takes nothing from anybody whatever it began from:
        # so a save whose answer the network lost goes through when it is sent again.
        base = item.note_version if has_grown(item.note, text) else base_version
        if AgendaItem.objects.filter(pk=item.pk, note_version=base).update(
            note=text, note_version=F("note_version") + 1
        ):
            row = _keep(by, item, last, text)
            deliver([], topics_of(meeting, item, part="note"))
            return row
    row = _set_aside(by, item, text, base_version, waiting)
    deliver([], topics_of(meeting, item, part="pen"))
    return row


def _lock(item: AgendaItem) -> Meeting:
    """The item's meeting, locked, with no more than a save asks of it: it is done at every pause in the typing."""
    return Meeting.objects.select_for_update(of=("self",)).select_related("pen").get(pk=item.meeting_id)


def _require_open(by: Hat, meeting: Meeting, item: AgendaItem) -> None:
    if item.kind == ItemKind.CASE:
        raise NotAllowed("Ett ärende har ingen gemensam anteckning. Varje myndighet skriver sin egen.")
    if meeting.state not in {MeetingState.IN_PROGRESS, MeetingState.HELD}:
        raise NotAllowed("Anteckningarna skrivs under mötet.")
    if not can_change_content(meeting):
        raise NotAllowed("Protokollet är redan skickat. En rättelse blir en ny version av det.")
    if not has_pen(by, meeting) and not can_hold_pen(by, meeting):
        raise NotAllowed("Den som är inbjuden till en punkt skriver inga anteckningar.")


def has_grown(old: str, new: str) -> bool:
    """Whether a text is another with something put in at one place: then every letter of it is still there."""
    if new.startswith(old):
        return True
    if len(new) < len(old):
        return False
    start = next(at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b)
    return new.endswith(old[start:])


def _keep(by: Hat, item: AgendaItem, last: NoteVersion | None, text: str) -> NoteVersion:
    """The row of an accepted save.

    One save for each pause in the typing would make thousands of rows of 50 kB. The same hat's saves within a minute
    share a row, but only where the text has grown: what was taken away stands in the row before.
    """
    now = timezone.now()
    fields = hat_fields(by)
    if (
        last is not None
        and last.hat_key == by.hat_key
        and last.saved_at > now - SAME_ROW
        and has_grown(last.text, text)
    ):
        last.text, last.version = text, item.note_version + 1
        last.save(update_fields=["text", "version"])
        return last
    record_act(by=by, act=AuditAct.WRITE, what="meeting.note", object_id=item.meeting_id)
    return NoteVersion.objects.create(
        item=item, version=item.note_version + 1, base=item.note_version, text=text, saved_at=now, **fields
    )


def _set_aside(by: Hat, item: AgendaItem, text: str, base_version: int, waiting: int | None) -> NoteVersion:
    """Keep a text that met a newer one. A page that has one waiting writes on in it: it is one text that grows."""
    own = NoteVersion.objects.filter(
        pk=waiting or 0, item=item, version__isnull=True, merged_at__isnull=True, **hat_fields(by)
    ).first()
    if own is not None:
        own.text, own.saved_at = text, timezone.now()
        own.save(update_fields=["text", "saved_at"])
        return own
    record_act(by=by, act=AuditAct.WRITE, what="meeting.note_aside", object_id=item.meeting_id)
    return NoteVersion.objects.create(item=item, version=None, base=base_version, text=text, **hat_fields(by))


@action
def merge_note(
    *, by: Hat, item: AgendaItem, waiting: int, waiting_seen: str, text: str, base_version: int
) -> NoteVersion:
    """Save what was made of the note and a text that waited; that text stays as a row, merged.

    `waiting_seen` is when that text was saved as the page showed it (ISO 8601): it may have grown since. Refuses
    whoever has not the pen, and `SomebodyWasFaster` where the note or the text has changed since the page was shown:
    then both are shown anew, with what was typed.
    """
    meeting = _lock(item)
    item = AgendaItem.objects.get(pk=item.pk)
    _require_open(by, meeting, item)
    if not has_pen(by, meeting):
        raise NotAllowed("Det är den som har pennan som slår ihop. Du kan ta över pennan.")
    waits = NoteVersion.objects.filter(pk=waiting, item=item, version__isnull=True, merged_at__isnull=True).first()
    if waits is None or waits.saved_at.isoformat() != waiting_seen or item.note_version != base_version:
        raise SomebodyWasFaster("Texten ändrades medan du läste. Här är den som den står nu, och det du skrev.")
    NoteVersion.objects.filter(pk=waits.pk).update(merged_at=timezone.now())
    AgendaItem.objects.filter(pk=item.pk).update(note=text, note_version=F("note_version") + 1)
    row = _keep(by, item, last_version(item), text)
    deliver([], topics_of(meeting, item, part="note pen"))
    return row
