"""The forms of the agenda, of proposals, and of what came of it: who posts them, where, and what."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from meetings.models import ActionItem, AgendaItem, Decision, Proposal, TableText, TemplateItem
from meetings.states import ActionState, DecisionState, ItemKind, MeetingState
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

    def restore() -> Posted:
        meeting = make_room(cast).meeting
        AgendaItem.objects.filter(meeting=meeting, kind=ItemKind.GENDER_EQUALITY).delete()
        return cast.soc, f"/moten/{meeting.pk}/dagordning/jamstalldhet/", {}

    def prepare() -> Posted:
        meeting = make_room(cast).meeting
        AgendaItem.objects.filter(meeting=meeting, kind=ItemKind.ACTION_REVIEW).delete()
        return cast.soc, f"/moten/{meeting.pk}/dagordning/forberedd/", {"kind": "action_review"}

    return {
        "restore_standing": restore,
        "add_prepared_item": prepare,
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
            found = TemplateItem.objects.get(group=group, title="Uppgifter sedan sist")
            return cast.soc, f"/moten/grupp/{group.pk}/dagordning/{found.pk}/{act}/", data

        return post

    def add_line() -> Posted:
        return cast.soc, f"/moten/grupp/{make_room(cast).group.pk}/dagordning/ny/", ITEM

    def place_line() -> Posted:
        group = make_room(cast).group
        last = TemplateItem.objects.get(group=group, title="Uppgifter sedan sist")
        return cast.soc, f"/moten/grupp/{group.pk}/dagordning/ordna/", {"item": last.pk, "after": ""}

    def prepare_line() -> Posted:
        group = make_room(cast).group
        TemplateItem.objects.filter(group=group, kind=ItemKind.ACTION_REVIEW).delete()
        return cast.soc, f"/moten/grupp/{group.pk}/dagordning/forberedd/", {"kind": "action_review"}

    return {
        "add_prepared_template_item": prepare_line,
        "add_template_item": add_line,
        "place_template_item": place_line,
        "change_template_item": line("andra", ITEM),
        "move_template_item": line("flytta", {"vart": "upp"}),
        "remove_template_item": line("ta-bort", {}),
    }


def follow_up_forms(cast: Cast) -> dict[str, Callable[[], Posted]]:
    """Those of proposals, decisions and actions."""
    return decision_forms(cast) | action_forms(cast) | proposal_forms(cast)


def running(cast: Cast) -> AgendaItem:
    """An item of a meeting that is in progress."""
    return make_item(put_in(make_room(cast).meeting, MeetingState.IN_PROGRESS))


def written(cast: Cast, what: str, data: dict[str, Any]) -> Callable[[], Posted]:
    """Psyk writes a decision or an action on an item of a meeting in progress."""

    def post() -> Posted:
        item = running(cast)
        return cast.psyk, f"/moten/{item.meeting_id}/punkt/{item.pk}/{what}/", data

    return post


def decision_forms(cast: Cast) -> dict[str, Callable[[], Posted]]:
    """Those of decisions: made, removed, reported on, opened again, measured."""
    in_a_week = timezone.localdate() + timedelta(days=7)

    def remove() -> Posted:
        decision = Decision.objects.create(item=running(cast), agency=cast.soc.agency, text="Ja.")
        return cast.soc, f"/moten/beslut/{decision.pk}/ta-bort/", {}

    def decided(act: str, data: dict[str, Any], state: DecisionState = DecisionState.OPEN) -> Callable[[], Posted]:
        def post() -> Posted:
            known = {"owner": cast.psyk.agency, "due_on": in_a_week, "state": state}
            made = Decision.objects.create(item=running(cast), agency=cast.soc.agency, text="Ja.", **known)
            return cast.soc, f"/beslut/{made.pk}/{act}/", data

        return post

    return {
        "add_decision": written(cast, "beslut", {"text": "Vi provar."}),
        "remove_decision": remove,
        "report_decision": decided("rapport", {"state": "done", "text": "Vi har provat."}),
        "reopen_decision": decided("oppna", {"text": "Det blev fel."}, DecisionState.DONE),
        "choose_indicator": decided("matt", {"indicator": ""}),
    }


def action_forms(cast: Cast) -> dict[str, Callable[[], Posted]]:
    """Those of actions: given, changed, closed, dropped, opened again, made a referral."""
    in_a_week = timezone.localdate() + timedelta(days=7)
    new = {"text": "Ring", "who": f"a{cast.fk.agency_id}", "due_on": str(in_a_week)}

    def given(act: str, data: dict[str, Any], **fields: Any) -> Callable[[], Posted]:
        def post() -> Posted:
            known = {"text": "Ring", "agency": cast.psyk.agency, "due_on": in_a_week} | fields
            made = ActionItem.objects.create(item=running(cast), author=cast.soc.agency, **known)
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
        "add_action": written(cast, "uppgift", new),
        "change_action": given("andra", new),
        "close_action": given("klar", {}),
        "drop_action": given("stryk", {"reason": "Behövs inte."}),
        "reopen_action": given("oppna-igen", {}, **done),
        "refer_action": refer,
    }


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

    def move() -> Posted:
        room, proposal = proposed()
        Proposal.objects.create(group=room.group, title="Före", member=cast.soc)
        return cast.soc, f"/moten/forslag/{proposal.pk}/flytta/", {"vart": "ner"}

    def merge() -> Posted:
        room, proposal = proposed()
        other = Proposal.objects.create(group=room.group, title="Blir kvar", member=cast.psyk_2)
        return cast.soc, f"/moten/forslag/{proposal.pk}/sla-ihop/", {"into": other.pk}

    return {
        "move_proposal": move,
        "merge_proposal": merge,
        "new_proposal": propose,
        "accept_proposal": accept,
        "return_proposal": hand_back,
        "take_back_proposal": take_back,
    }
