"""Every form of the live room: who posts it, where, and what."""

from collections.abc import Callable
from typing import Any

from meetings.actions.notes import save_note
from meetings.models import AgendaItem, Meeting, NoteVersion
from meetings.queries.standing import answer_seen
from meetings.states import ItemKind, MeetingState
from tests.cast import Cast
from tests.meetings.cast import make_room, put_in
from tests.meetings.rooms import running
from workspace.rules import Hat

Form = Callable[[], tuple[Hat, str, dict[str, Any]]]


def going(cast: Cast) -> tuple[Meeting, AgendaItem]:
    """A meeting that is running, with what it must answer answered, and its first item."""
    meeting = running(make_room(cast))
    meeting.items.filter(kind=ItemKind.GENDER_EQUALITY).update(gender_answer="decision", gender_text="Ja.")
    return meeting, meeting.items.all()[0]


def room_forms(cast: Cast) -> dict[str, Form]:
    """Address name -> who posts what where."""

    def start() -> tuple[Hat, str, dict[str, Any]]:
        return cast.soc, f"/moten/{make_room(cast).meeting.pk}/rum/borja/", {}

    def step(name: str, hat: Hat = cast.soc) -> Form:
        def made() -> tuple[Hat, str, dict[str, Any]]:
            meeting, first = going(cast)
            return hat, f"/moten/{meeting.pk}/rum/{name}/", {"leaving": first.pk}

        return made

    def resume() -> tuple[Hat, str, dict[str, Any]]:
        meeting, _ = going(cast)
        put_in(meeting, MeetingState.HELD)
        return cast.soc, f"/moten/{meeting.pk}/rum/oppna-igen/", {}

    return {
        "room_start": start,
        "room_go": step("punkt"),
        "room_extend": step("mer-tid"),
        "room_finish": step("avsluta"),
        "room_resume": resume,
        "room_pen": step("pennan", cast.fk),
        "room_here": step("har", cast.fk),
    } | item_forms(cast)


def item_forms(cast: Cast) -> dict[str, Form]:
    """Those of one item in the room: the gender question and the notes."""

    def gender() -> tuple[Hat, str, dict[str, Any]]:
        item = going(cast)[0].items.get(kind=ItemKind.GENDER_EQUALITY)
        data = {"g-answer": "no_deviation", "g-text": "Lika många.", "g-seen": answer_seen(item)}
        return cast.soc, f"/moten/punkt/{item.pk}/jamstalldhet/", data

    def close_gender() -> tuple[Hat, str, dict[str, Any]]:
        meeting = running(make_room(cast))
        return cast.soc, f"/moten/{meeting.pk}/jamstalldhet/avsluta/", {"answer": "decision", "text": "Fler pappor."}

    def note() -> tuple[Hat, str, dict[str, Any]]:
        return cast.soc, f"/moten/punkt/{going(cast)[1].pk}/anteckning/", {"text": "Ett", "base_version": 0}

    def merge() -> tuple[Hat, str, dict[str, Any]]:
        item = going(cast)[1]
        save_note(by=cast.soc, item=item, text="Ett", base_version=0)
        waits: NoteVersion = save_note(by=cast.soc, item=item, text="Två", base_version=0)
        seen = {"base_version": 1, "waiting": waits.pk, "waiting_seen": waits.saved_at.isoformat()}
        return cast.soc, f"/moten/punkt/{item.pk}/anteckning/slaihop/", {**seen, "text": "Ett och två"}

    return {
        "item_gender": gender,
        "close_gender_item": close_gender,
        "note_save": note,
        "note_merge": merge,
    }
