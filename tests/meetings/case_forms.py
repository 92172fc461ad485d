"""Every form of a case: who posts it, where, and what."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from meetings.models import Case
from tests.cast import Cast
from tests.meetings.cases import meeting_consent, put, running
from tests.meetings.cast import Room, make_room
from workspace.rules import Hat

Form = Callable[[], tuple[Hat, str, dict[str, Any]]]


def case_forms(cast: Cast) -> dict[str, Form]:
    """Those of a case: put on the agenda, changed, written under, taken to the file. soc's, with psyk in the circle."""
    days = str(timezone.localdate() + timedelta(days=9))

    def ready(*, talked: bool = True) -> tuple[Room, Case]:
        room = make_room(cast)
        meeting_consent(cast, cast.psyk.agency, cast.fk.agency)
        case = put(room)
        return room, running(room, case) if talked else case

    def new() -> tuple[Hat, str, dict[str, Any]]:
        room = make_room(cast)
        meeting_consent(cast)
        about = {"participant": cast.person.pk, "question": "Vad nu?", "minutes": "20"}
        told = {"informed_on": str(timezone.localdate()), "seats": [room.psyk_seat.pk]}
        return cast.soc, f"/moten/{room.meeting.pk}/arende/ny/", about | told

    def consent() -> tuple[Hat, str, dict[str, Any]]:
        said = {"agencies": [cast.psyk.agency_id], "purpose": "se", "form": "oral", "valid_until": "2099-12-31"}
        return cast.soc, f"/deltagare/{cast.person.pk}/samtycke/mote/", said | {"given_on": "2026-01-01"}

    def circle() -> tuple[Hat, str, dict[str, Any]]:
        room, case = ready(talked=False)
        return cast.soc, f"/moten/arende/{case.pk}/krets/", {"seats": [room.psyk_seat.pk, room.fk_seat.pk]}

    def under(end: str, hat: Hat = cast.soc, *, talked: bool = True, **data: Any) -> Form:
        return lambda: (hat, f"/moten/arende/{ready(talked=talked)[1].pk}/{end}/", data)

    task = {"uppgift-text": "Ring", "uppgift-who": f"a{cast.psyk.agency_id}", "uppgift-due_on": days}
    return {
        "meeting_consent": consent,
        "new_case": new,
        "case_circle": circle,
        "withdraw_case": under("ta-bort", talked=False),
        "case_note": under("anteckning", text="Vår text", base_version="0"),
        "case_no_note": under("ingen-anteckning", base_version="0"),
        "case_table": under("bordet", text="Till bordet"),
        "case_ground": under("grund", cast.psyk, ground="consent", confirmed="on"),
        "case_decision": under("beslut", **{"beslut-text": "Vi träffas"}),
        "case_action": under("uppgift", **task),
    }
