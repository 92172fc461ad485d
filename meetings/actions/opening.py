"""A meeting comes into being: with its group's agenda, and gender equality on it (R14, R15)."""

from datetime import date, datetime

from django.utils import timezone

from meetings.actions.carrying import carry_over
from meetings.actions.standing import PREPARED, as_item, end_of_section, let_it_stand
from meetings.actions.steps import write_event
from meetings.models import AgendaItem, Group, Meeting, Series, TemplateItem
from meetings.queries.agenda import follows_decisions
from meetings.queries.groups import overlapping
from meetings.states import ItemKind
from workspace.actions import action
from workspace.errors import NotAllowed
from workspace.rules import Hat
from workspace.swedish import say_date


@action
def open_meeting(
    *,
    by: Hat | None,
    group: Group,
    starts_at: datetime,
    ends_at: datetime,
    place: str = "",
    place_is_neutral: bool = False,
    link: str = "",
    series: Series | None = None,
    occurs_on: date | None = None,
    joined_group: Group | None = None,
) -> Meeting:
    """Make a meeting with the group's agenda, what comes back from the last one, and its history's first row.

    Locks the group, so that two cannot open at the same time. Tells nobody: the call does. Refuses a time that another
    meeting of the group (or of the one it joins) has, cancelled ones aside. Later changes of the template or the series
    do not touch it. `by` None is the clock; who may is asked by the verbs that call this.
    """
    groups = [pk for pk in (group.pk, joined_group.pk if joined_group else None) if pk]
    list(Group.objects.select_for_update(of=("self",)).filter(pk__in=groups).order_by("pk"))
    other = overlapping(groups, starts_at, ends_at)
    if other is not None:
        day = say_date(timezone.localdate(other.starts_at))
        raise NotAllowed(f"Gruppen har redan ett möte då, {day}. Välj en annan tid.")
    meeting = Meeting.objects.create(
        group=group,
        joined_group=joined_group,
        series=series,
        occurs_on=occurs_on,
        starts_at=starts_at,
        ends_at=ends_at,
        place=place,
        place_is_neutral=place_is_neutral,
        link=link,
    )
    lay_agenda(meeting)
    carry_over(meeting)
    write_event(meeting, "open", by=by)
    return meeting


def lay_agenda(meeting: Meeting) -> None:
    """The template's lines as items. Gender equality stands among them and not last, whatever the template says (R15).

    A group that follows decisions gets an item for them, also where its template has none.
    """
    items = [
        AgendaItem(
            meeting=meeting,
            kind=line.kind,
            section=line.section,
            position=0,
            title=line.title,
            purpose=line.purpose,
            minutes=line.minutes,
            presenter_id=line.presenter_id,
            presenter_role_id=line.presenter_role_id,
        )
        for line in TemplateItem.objects.filter(group=meeting.group_id)
    ]
    kinds = {item.kind for item in items}
    if ItemKind.DECISION_REVIEW not in kinds and follows_decisions(meeting.group):
        item = as_item(PREPARED[ItemKind.DECISION_REVIEW], meeting)
        items.insert(end_of_section(items, item.section), item)
    let_it_stand(items, meeting)
    for position, item in enumerate(items, start=1):
        item.position = position
    AgendaItem.objects.bulk_create(items)
