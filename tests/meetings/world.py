"""What could leak from the meetings: a case in a running meeting, minutes of another, notes, texts, an action."""

from dataclasses import dataclass, replace
from typing import Any

from django.apps import apps

from meetings.actions.case_notes import save_note
from meetings.models import ActionItem, Case, Decision, ItemGuest, Minutes, Proposal, TableText, TemplateItem
from tests import addresses
from tests.cast import SECRET_TEXT, Cast
from tests.meetings.cases import meeting_consent, put, running, said
from tests.meetings.cast import Room, in_days, make_item, make_meeting, make_room
from tests.meetings.minutes_stage import Held, attend, make_held, sent_by_soc
from tests.meetings.talk_world import OF_OWN_PAGE


@dataclass
class MeetingWorld:
    """A group where soc, psyk and fk sit. All that is secret is soc's, with psyk in its circle and fk outside."""

    room: Room  # its meeting goes on, at the case
    held: Held
    minutes: Minutes
    case: Case
    decision: Decision
    action: ActionItem
    guest: ItemGuest
    proposal: Proposal

    def keys(self, name: str) -> list[Any]:
        """What an address of the meetings' floor is asked with, the key that points at the thing itself last."""
        group, meeting, item = self.room.group.pk, self.room.meeting.pk, self.case.item_id
        seat = self.room.soc_seat
        found: list[tuple[set[str], list[Any]]] = [
            (addresses.OF_GROUP | addresses.OF_ATTENDANCE, [group]),
            (addresses.OF_SEAT, [group, seat.pk]),
            (addresses.OF_HOLDER, [group, seat.pk, seat.holders.all()[0].pk]),
            (addresses.OF_TEMPLATE_ITEM, [group, TemplateItem.objects.filter(group=group)[0].pk]),
            (addresses.OF_PROPOSAL, [self.proposal.pk]),
            (addresses.OF_MEETING, [meeting]),
            (addresses.OF_MEETING_AND_PROPOSAL, [meeting, self.proposal.pk]),
            (addresses.OF_MEETING_AND_ITEM, [meeting, item]),
            (addresses.OF_GUEST, [meeting, self.guest.item_id, self.guest.pk]),
            (addresses.OF_ITEM, [item]),
            (addresses.OF_DECISION, [self.decision.pk]),
            (addresses.OF_ACTION, [self.action.pk]),
            (addresses.OF_CASE, [self.case.pk]),
            (addresses.OF_HELD, [self.held.meeting.pk]),
            (addresses.OF_MINUTES, [self.held.meeting.pk, self.minutes.version]),
        ]
        return next(keys for names, keys in found if name in names)


def make_world(cast: Cast) -> MeetingWorld:
    """Two meetings of one group: one held with its minutes sent to everybody, one that is at soc's case now."""
    room = make_room(cast)
    held = make_held(room)
    minutes = sent_by_soc(held)
    meeting_consent(cast)
    room = replace(room, meeting=make_meeting(room.group, days=1))
    case = running(room, put(room))
    room.meeting.refresh_from_db()
    for hat, seat in ((cast.soc, room.soc_seat), (cast.psyk, room.psyk_seat), (cast.fk, room.fk_seat)):
        attend(room.meeting, hat, seat)
    said(case, cast.soc, SECRET_TEXT)
    save_note(by=cast.soc, case=case, text=SECRET_TEXT, version=0)
    # Laid on the table for nobody: also psyk, which is in the circle, must not read them.
    own = [TableText.objects.create(case=case, agency=cast.soc.agency, member=cast.soc, text=SECRET_TEXT) for _ in "12"]
    decision = Decision.objects.create(
        item=case.item, agency=cast.soc.agency, member=cast.soc, text=SECRET_TEXT, said=own[0]
    )
    action = ActionItem.objects.create(
        item=case.item,
        author=cast.soc.agency,
        member=cast.soc,
        text=SECRET_TEXT,
        agency=cast.psyk.agency,
        due_on=in_days(2).date(),
        said=own[1],
    )
    guest = ItemGuest.objects.create(item=make_item(room.meeting), membership=cast.soc_2)
    proposal = Proposal.objects.create(group=room.group, title="Väntrum", member=cast.soc)
    return MeetingWorld(room, held, minutes, case, decision, action, guest, proposal)


def written() -> dict[str, list[dict[str, Any]]]:
    """Every row of the meetings' floor and of the participant's page, to be compared before and after."""
    models = [*apps.get_app_config("meetings").get_models(), *OF_OWN_PAGE]
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in models}
