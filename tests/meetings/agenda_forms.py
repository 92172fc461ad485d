"""The forms of the agenda, of proposals, and of what came of it: who posts them, where, and what."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from meetings.models import ActionItem, AgendaItem, Decision, Proposal, TableText, TemplateItem
from meetings.states import ActionState, MeetingState
from tests.cast import Cast
from tests.meetings.cast import Room, make_item, make_room, put_in
from tests.meetings.minutes_stage import make_case
from workspace.rules import Hat

Posted = tuple[Hat, str, dict[str, Any]]
ITEM = {"title": "Väntrum", "section": "matters", "purpose": "decision", "minutes": "20", "presenter": ""}


def agenda_forms(cast: Cast) -> dict[str, Callable[[], Posted]]:
    """Those of a meeting's items, and of the group's own agenda."""

    def on(act: str, data: dict[str, Any]) -> Callable[[], Posted]:
        def post() -> Posted:
            item = make_item(make_room(cast).meeting)
            return cast.soc, f"/moten/{item.meeting_id}/punkt/{item.pk}/{act}/", data

        return post

    def add() -> Posted:
        return cast.soc, f"/moten/{make_room(cast).meeting.pk}/dagordning/ny/", ITEM

    def place() -> Posted:
        item = make_item(make_room(cast).meeting)
        return cast.soc, f"/moten/{item.meeting_id}/dagordning/ordna/", {"item": item.pk, "after": ""}

    def uninvite() -> Posted:
        item = make_item(make_room(cast).meeting)
        guest = item.guests.create(membership=cast.psyk_manager)
        return cast.soc, f"/moten/{item.meeting_id}/punkt/{item.pk}/gast/{guest.pk}/ta-bort/", {}

    return {
        "add_item": add,
        "place_item": place,
        "change_item": on("andra", ITEM),
        "move_item": on("flytta", {"vart": "upp"}),
        "remove_item": on("ta-bort", {}),
        "invite_to_item": on("bjud-in", {"membership": cast.psyk_manager.pk}),
        "take_back_invitation": uninvite,
    } | template_forms(cast)


def template_forms(cast: Cast) -> dict[str, Callable[[], Posted]]:
    """Those of the agenda that a group's meetings begin with."""

    def line(act: str, data: dict[str, Any]) -> Callable[[], Posted]:
        def post() -> Posted:
            group = make_room(cast).group
            found = TemplateItem.objects.get(group=group, title="Nästa möte")
            return cast.soc, f"/moten/grupp/{group.pk}/dagordning/{found.pk}/{act}/", data

        return post

    def add_line() -> Posted:
        return cast.soc, f"/moten/grupp/{make_room(cast).group.pk}/dagordning/ny/", ITEM

    def place_line() -> Posted:
        group = make_room(cast).group
        last = TemplateItem.objects.get(group=group, title="Nästa möte")
        return cast.soc, f"/moten/grupp/{group.pk}/dagordning/ordna/", {"item": last.pk, "after": ""}

    return {
        "add_template_item": add_line,
        "place_template_item": place_line,
        "change_template_item": line("andra", ITEM),
        "move_template_item": line("flytta", {"vart": "upp"}),
        "remove_template_item": line("ta-bort", {}),
    }


def follow_up_forms(cast: Cast) -> dict[str, Callable[[], Posted]]:
    """Those of proposals, decisions and actions."""
    in_a_week = timezone.localdate() + timedelta(days=7)
    new = {"text": "Ring", "who": f"a{cast.fk.agency_id}", "due_on": str(in_a_week)}

    def running() -> AgendaItem:
        return make_item(put_in(make_room(cast).meeting, MeetingState.IN_PROGRESS))

    def written(what: str, data: dict[str, Any]) -> Callable[[], Posted]:
        def post() -> Posted:
            item = running()
            return cast.psyk, f"/moten/{item.meeting_id}/punkt/{item.pk}/{what}/", data

        return post

    def remove() -> Posted:
        decision = Decision.objects.create(item=running(), agency=cast.soc.agency, text="Ja.")
        return cast.soc, f"/moten/beslut/{decision.pk}/ta-bort/", {}

    def given(act: str, data: dict[str, Any], **fields: Any) -> Callable[[], Posted]:
        def post() -> Posted:
            known = {"text": "Ring", "agency": cast.psyk.agency, "due_on": in_a_week} | fields
            made = ActionItem.objects.create(item=running(), author=cast.soc.agency, **known)
            return cast.soc, f"/moten/uppgifter/{made.pk}/{act}/", data

        return post

    def refer() -> Posted:
        item, _ = make_case(room := make_room(cast), room.meeting)
        text = TableText.objects.create(case=item.case, agency=cast.soc.agency, member=cast.soc, text="Boka")
        made = ActionItem.objects.create(
            item=item, author=cast.soc.agency, text="Boka", agency=cast.psyk.agency, due_on=in_a_week, said=text
        )
        return cast.soc, f"/moten/uppgifter/{made.pk}/remiss/", {}

    done = {"state": ActionState.DONE, "closed_at": timezone.now()}
    return {
        "add_decision": written("beslut", {"text": "Vi provar."}),
        "add_action": written("uppgift", new),
        "remove_decision": remove,
        "change_action": given("andra", new),
        "close_action": given("klar", {}),
        "drop_action": given("stryk", {"reason": "Behövs inte."}),
        "reopen_action": given("oppna-igen", {}, **done),
        "refer_action": refer,
    } | proposal_forms(cast)


def proposal_forms(cast: Cast) -> dict[str, Callable[[], Posted]]:
    """Those of what members want to talk about."""

    def proposed() -> tuple[Room, Proposal]:
        room = make_room(cast)
        return room, Proposal.objects.create(group=room.group, title="Väntrum", member=cast.fk)

    def propose() -> Posted:
        return cast.fk, f"/moten/grupp/{make_room(cast).group.pk}/forslag/ny/", {**ITEM, "why": ""}

    def accept() -> Posted:
        room, proposal = proposed()
        return cast.soc, f"/moten/{room.meeting.pk}/forslag/{proposal.pk}/ta-upp/", {}

    def hand_back() -> Posted:
        return cast.soc, f"/moten/forslag/{proposed()[1].pk}/lamna-tillbaka/", {"reason": "Hör till styrgruppen."}

    def take_back() -> Posted:
        return cast.fk, f"/moten/forslag/{proposed()[1].pk}/ta-tillbaka/", {}

    return {
        "new_proposal": propose,
        "accept_proposal": accept,
        "return_proposal": hand_back,
        "take_back_proposal": take_back,
    }
