"""What members want to talk about: proposed, taken up, handed back with a reason, taken back."""

from dataclasses import replace

from django.utils import timezone

from meetings.actions.agenda import PART, ItemInput, write_item
from meetings.actions.steps import FASTER, lock_meeting, notice_of, require_arranger, topics_of, write_event
from meetings.models import AgendaItem, Group, Meeting, Proposal
from meetings.queries import groups_visible_to
from meetings.queries.agenda import holds_a_seat
from meetings.rules import hat_fields, is_arranger
from meetings.states import AHEAD, ProposalState, Purpose, Section
from notifications.actions import Notice, deliver
from workspace.actions import action, record_act
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.live import Hint
from workspace.models import Membership
from workspace.rules import Hat
from workspace.states import AuditAct


def _hints(group: Group) -> list[tuple[str, Hint]]:
    """Hints to the group's meetings ahead, whose pages show what waits."""
    ahead = Meeting.objects.filter(group=group, state__in=AHEAD).select_related("group", "joined_group")
    return [hint for meeting in ahead for hint in topics_of(meeting, None, PART)]


def _take(proposal: Proposal, **fields: object) -> Proposal:
    """Move a waiting proposal on, once. Refuses one that no longer waits."""
    if not Proposal.objects.filter(pk=proposal.pk, state=ProposalState.WAITING).update(**fields):
        raise SomebodyWasFaster(FASTER)
    return proposal


@action
def propose_item(*, by: Membership, group: Group, title: str, why: str, purpose: Purpose, minutes: int) -> Proposal:
    """Ask for something to be talked about. It waits in the group's backlog until an arranger takes it up (4minitz).

    Writes an audit row, hints at the agendas ahead. Tells nobody: it shows where the agenda is made. Refuses whoever
    has no seat in the group, and a group that has ended.
    """
    if not isinstance(by, Membership) or not groups_visible_to(by).filter(pk=group.pk).exists():
        raise NotAllowed("Bara den som har en plats i gruppen kan föreslå en punkt.")
    if group.ended_on is not None and group.ended_on < timezone.localdate():
        raise NotAllowed("Gruppen är avslutad och har inga fler möten.")
    proposal = Proposal.objects.create(
        group=group, title=title, why=why, purpose=purpose, minutes=minutes, **hat_fields(by)
    )
    record_act(by=by, act=AuditAct.WRITE, what="proposal.make", object_id=proposal.pk)
    deliver([], _hints(group))
    return proposal


@action
def accept_proposal(*, by: Hat, proposal: Proposal, meeting: Meeting) -> AgendaItem:
    """Take up a proposal in a meeting ahead: an item among the matters, presented by whoever proposed it.

    Locks the meeting, makes the item, writes the history, tells the proposer. Refuses whoever does not arrange the
    meeting, another group's proposal, a meeting that has begun, and a full agenda; `SomebodyWasFaster` where the
    proposal no longer waits.
    """
    locked = lock_meeting(meeting)
    require_arranger(by, locked)
    if proposal.group_id not in {locked.group_id, locked.joined_group_id}:
        raise NotAllowed("Förslaget hör till en annan grupp.")
    if locked.state not in AHEAD:
        raise NotAllowed("Mötet har redan börjat eller blir inte av. Ta upp förslaget på nästa möte.")
    proposer = proposal.member
    data = ItemInput(
        title=proposal.title,
        section=Section.MATTERS,
        purpose=Purpose(proposal.purpose),
        minutes=proposal.minutes,
        presenter=proposer if proposer and holds_a_seat(proposer, locked) else None,
    )
    items = list(AgendaItem.objects.filter(meeting=locked).order_by("position", "pk"))
    item = write_item(locked, items, data)
    _take(proposal, state=ProposalState.ACCEPTED, item=item, reason="")
    write_event(locked, "accept_proposal", by=by)
    told = notice_of("meeting.proposal_accepted", locked, [proposer.pk] if proposer else [], by=by)
    deliver([replace(told, acting_agency=None)], topics_of(locked, None, PART))
    return item


@action
def return_proposal(*, by: Hat, proposal: Proposal, reason: str) -> None:
    """Hand a proposal back with the reason, which its proposer reads. Tells the proposer.

    Refuses whoever does not arrange the group's meetings; `SomebodyWasFaster` where it no longer waits.
    """
    if not is_arranger(by, proposal.group):
        raise NotAllowed("Det är ordföranden, sekreteraren och samordnaren som ordnar mötet.")
    _take(proposal, state=ProposalState.RETURNED, reason=reason)
    record_act(by=by, act=AuditAct.WRITE, what="proposal.return", object_id=proposal.pk)
    told = {proposal.member_id} if proposal.member_id and proposal.hat_key != by.hat_key else set()
    notice = Notice("proposal.returned", "", proposal.group_id, None, frozenset(told))
    deliver([notice], _hints(proposal.group))


@action
def take_back_proposal(*, by: Membership, proposal: Proposal) -> None:
    """Take back one's own proposal while it waits. It goes. Tells nobody.

    Refuses another's proposal; `SomebodyWasFaster` where it no longer waits.
    """
    if proposal.hat_key != by.hat_key:
        raise NotAllowed("Du kan bara ta tillbaka ett förslag som du själv har lagt.")
    pk, group = proposal.pk, proposal.group
    if not Proposal.objects.filter(pk=pk, state=ProposalState.WAITING).delete()[0]:
        raise SomebodyWasFaster(FASTER)
    record_act(by=by, act=AuditAct.WRITE, what="proposal.take_back", object_id=pk)
    deliver([], _hints(group))
