"""What members want to talk about: proposed, put in order, merged, taken up, handed back with a reason, taken back."""

from dataclasses import replace

from django.db.models import Max
from django.utils import timezone

from meetings.actions.agenda import PART, ItemInput, write_item
from meetings.actions.standing import refuse_last
from meetings.actions.steps import FASTER, lock_meeting, notice_of, require_arranger, topics_of, write_event
from meetings.models import AgendaItem, Group, Meeting, Proposal
from meetings.queries import groups_visible_to
from meetings.queries.agenda import holds_a_seat
from meetings.queries.proposals import can_propose, is_there, waiting_in
from meetings.rules import hat_fields, is_arranger
from meetings.states import AHEAD, ProposalState, Purpose, Section
from notifications.actions import Notice, deliver
from workspace.actions import action, record_act
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.live import Hint
from workspace.models import Membership
from workspace.rules import Hat
from workspace.states import AuditAct

NOT_ARRANGER = "Det är ordföranden, sekreteraren och samordnaren som ordnar mötet."


def _hints(group: Group) -> list[tuple[str, Hint]]:
    """Hints to the group's meetings ahead, whose pages show what waits."""
    ahead = Meeting.objects.filter(group=group, state__in=AHEAD).select_related("group", "joined_group")
    return [hint for meeting in ahead for hint in topics_of(meeting, None, PART)]


def _take(proposal: Proposal, **fields: object) -> Proposal:
    """Move a waiting proposal on, once. Refuses one that no longer waits."""
    if not Proposal.objects.filter(pk=proposal.pk, state=ProposalState.WAITING).update(**fields):
        raise SomebodyWasFaster(FASTER)
    return proposal


def _lock_waiting(by: Hat, group: Group) -> list[Proposal]:
    """What waits in a group in its order, locked, for somebody who arranges its meetings."""
    if not is_arranger(by, group):
        raise NotAllowed(NOT_ARRANGER)
    Group.objects.select_for_update(of=("self",)).get(pk=group.pk)
    list(waiting_in(group).order_by("pk").select_for_update())  # in one order, whatever the chair's is
    return list(waiting_in(group))


def _proposers(proposal: Proposal, by: Hat) -> set[int]:
    """The memberships behind a proposal, and behind those merged into it; never who acts. A role has no notices."""
    rows = [proposal, *Proposal.objects.filter(merged_into=proposal)]
    return {row.member_id for row in rows if row.member_id and row.hat_key != by.hat_key}


# ---------- members ----------
@action
def propose_item(
    *,
    by: Hat,
    group: Group,
    title: str,
    why: str,
    purpose: Purpose,
    minutes: int,
    wanted: str = "",
    link: str = "",
) -> Proposal:
    """Ask for something to be talked about. It waits, last, in the group's backlog until an arranger takes it up.

    Locks the group, writes an audit row, hints at the agendas ahead. Tells nobody: it shows where the agenda is made.
    Refuses whoever has no seat in the group, nor steers where it is a steering group; a group that has ended; and a
    link that is not to a page. Source: 4minitz.
    """
    if not groups_visible_to(by).filter(pk=group.pk).exists() or not can_propose(by, group):
        raise NotAllowed("Bara den som har en plats i gruppen kan föreslå en punkt.")
    if group.ended_on is not None and group.ended_on < timezone.localdate():
        raise NotAllowed("Gruppen är avslutad och har inga fler möten.")
    if link and not link.startswith(("https://", "http://")):
        raise NotAllowed("Länken behöver börja med https.")
    Group.objects.select_for_update(of=("self",)).get(pk=group.pk)
    last = Proposal.objects.filter(group=group).aggregate(last=Max("position"))["last"] or 0
    proposal = Proposal.objects.create(
        group=group,
        title=title,
        why=why,
        wanted=wanted,
        link=link,
        purpose=purpose,
        minutes=minutes,
        position=last + 1,
        **hat_fields(by),
    )
    record_act(by=by, act=AuditAct.WRITE, what="proposal.make", object_id=proposal.pk)
    deliver([], _hints(group))
    return proposal


@action
def take_back_proposal(*, by: Hat, proposal: Proposal) -> None:
    """Take back one's own proposal while it waits. It goes; what was merged into it waits again. Tells nobody.

    Refuses another's proposal; `SomebodyWasFaster` where it no longer waits.
    """
    if proposal.hat_key != by.hat_key:
        raise NotAllowed("Du kan bara ta tillbaka ett förslag som du själv har lagt.")
    pk, group = proposal.pk, proposal.group
    # Locked first, so that nothing is merged into it meanwhile.
    if Proposal.objects.select_for_update().filter(pk=pk, state=ProposalState.WAITING).first() is None:
        raise SomebodyWasFaster(FASTER)
    Proposal.objects.filter(merged_into=pk).update(state=ProposalState.WAITING, merged_into=None)
    if not Proposal.objects.filter(pk=pk, state=ProposalState.WAITING).delete()[0]:
        raise SomebodyWasFaster(FASTER)
    record_act(by=by, act=AuditAct.WRITE, what="proposal.take_back", object_id=pk)
    deliver([], _hints(group))


# ---------- arrangers ----------
@action
def move_proposal(*, by: Hat, proposal: Proposal, up: bool) -> None:
    """Move a waiting proposal one step among those that wait. At the end nothing happens.

    Locks the group, writes an audit row, hints at the agendas ahead, tells nobody. Refuses whoever does not arrange
    the group's meetings; `SomebodyWasFaster` where it no longer waits.
    """
    waiting = _lock_waiting(by, proposal.group)
    at = next((at for at, one in enumerate(waiting) if one.pk == proposal.pk), None)
    if at is None:
        raise SomebodyWasFaster(FASTER)
    to = at + (-1 if up else 1)
    if not 0 <= to < len(waiting):
        return
    waiting.insert(to, waiting.pop(at))
    for position, one in enumerate(waiting, start=1):
        one.position = position
    Proposal.objects.bulk_update(waiting, ["position"])
    record_act(by=by, act=AuditAct.WRITE, what="proposal.move", object_id=proposal.pk)
    deliver([], _hints(proposal.group))


@action
def merge_proposal(*, by: Hat, proposal: Proposal, into: Proposal) -> None:
    """Let one waiting proposal go into another of the same group, which is kept and shows what was merged into it.

    Locks the group and what waits, writes an audit row, tells both proposers, hints at the agendas ahead. What had
    been merged into the first follows. Refuses whoever does not arrange the group's meetings, a proposal and itself,
    and two groups; `SomebodyWasFaster` where one of them no longer waits.
    """
    if proposal.pk == into.pk:
        raise NotAllowed("Ett förslag går inte att slå ihop med sig självt. Välj ett annat.")
    if proposal.group_id != into.group_id:
        raise NotAllowed("Förslagen hör till olika grupper.")
    waiting = {one.pk for one in _lock_waiting(by, proposal.group)}
    if not {proposal.pk, into.pk} <= waiting:
        raise SomebodyWasFaster(FASTER)
    Proposal.objects.filter(merged_into=proposal).update(merged_into=into)
    _take(proposal, state=ProposalState.MERGED, merged_into=into, reason="")
    record_act(by=by, act=AuditAct.WRITE, what="proposal.merge", object_id=proposal.pk)
    told = {one.member_id for one in (proposal, into) if one.member_id and one.hat_key != by.hat_key}
    notice = Notice("proposal.merged", "", proposal.group_id, None, frozenset(told))
    deliver([notice], _hints(proposal.group))


@action
def accept_proposal(*, by: Hat, proposal: Proposal, meeting: Meeting) -> AgendaItem:
    """Take up a proposal in a meeting ahead: an item among the matters, presented by whoever proposed it.

    Nobody presents it who has left the group. Locks the meeting, makes the item, writes the history, tells the
    proposers, also of what was merged into it. Refuses whoever does not arrange the meeting, another group's proposal,
    a meeting that has begun, and a full agenda; `SomebodyWasFaster` where the proposal no longer waits.
    """
    locked = lock_meeting(meeting)
    require_arranger(by, locked)
    if proposal.group_id not in {locked.group_id, locked.joined_group_id}:
        raise NotAllowed("Förslaget hör till en annan grupp.")
    if locked.state not in AHEAD:
        raise NotAllowed("Mötet har redan börjat eller blir inte av. Ta upp förslaget på nästa möte.")
    member, role = proposal.member, proposal.role
    ours = role is not None and role.cooperation_id == locked.group.cooperation_id and is_there(proposal)
    data = ItemInput(
        title=proposal.title,
        section=Section.MATTERS,
        purpose=Purpose(proposal.purpose),
        minutes=proposal.minutes,
        presenter=member if isinstance(member, Membership) and holds_a_seat(member, locked) else None,
        presenter_role=role if ours else None,
    )
    items = list(AgendaItem.objects.filter(meeting=locked).order_by("position", "pk"))
    item = write_item(locked, items, data)
    refuse_last(items)
    _take(proposal, state=ProposalState.ACCEPTED, item=item, reason="")
    write_event(locked, "accept_proposal", by=by)
    told = notice_of("meeting.proposal_accepted", locked, _proposers(proposal, by), by=by)
    deliver([replace(told, acting_agency=None)], topics_of(locked, None, PART))
    return item


@action
def return_proposal(*, by: Hat, proposal: Proposal, reason: str) -> None:
    """Hand a proposal back with the reason, which its proposer reads. Tells the proposers, also of what was merged.

    Refuses whoever does not arrange the group's meetings; `SomebodyWasFaster` where it no longer waits.
    """
    if not is_arranger(by, proposal.group):
        raise NotAllowed(NOT_ARRANGER)
    _take(proposal, state=ProposalState.RETURNED, reason=reason)
    record_act(by=by, act=AuditAct.WRITE, what="proposal.return", object_id=proposal.pk)
    notice = Notice("proposal.returned", "", proposal.group_id, None, frozenset(_proposers(proposal, by)))
    deliver([notice], _hints(proposal.group))
