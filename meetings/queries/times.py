"""Proposed times, who can when, and what the system suggests (issue 5.3)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Q
from django.http import Http404
from django.utils import timezone

from meetings.models import Attendance, BusyTime, Conversation, Party, TimeAnswer, TimeOption
from meetings.queries.conversations import Access, access_conversation, parties_of
from meetings.states import Answer, ConversationState, MeetingState, PartyKind
from workspace.clocks import add_working_days, day_off
from workspace.models import Absence, Membership
from workspace.rules import Hat
from workspace.swedish import say_list, say_time, say_weekday_date

MUST_COME = {PartyKind.PARTICIPANT, PartyKind.CASEWORKER}
MOST_AT_ONCE = 8  # times proposed in one go
SUGGESTED = 3
FROM_WORKING_DAY = 3  # the first day that is suggested: the letter has to reach the participant
WITHIN = timedelta(days=28)  # calendar days ahead that are looked through
OPENS, CLOSES = 9, 16  # hours on Stockholm's clock: begins no earlier, ends no later
PREFERRED = (10, 13, 15)  # one hour for each suggestion, so that they differ
Span = tuple[datetime, datetime]


def end_after(starts_at: datetime, minutes: int) -> datetime:
    """So many minutes later, in real minutes also where the clocks change."""
    return starts_at.astimezone(UTC) + timedelta(minutes=minutes)


def open_options(conversation: Conversation) -> list[TimeOption]:
    """The times that can be answered now: proposed, ahead, and the conversation has no time yet."""
    if conversation.state != ConversationState.PREPARING:
        return []
    found = TimeOption.objects.filter(conversation=conversation, withdrawn_at__isnull=True)
    found = found.select_related("conversation")
    return list(found.filter(starts_at__gt=timezone.now()))


def access_option(hat: Hat, pk: int) -> tuple[Access, TimeOption]:
    """A proposed time in a conversation this hat may open, or the same 404 as for one that does not exist."""
    option = TimeOption.objects.select_related("conversation").filter(pk=pk).first()
    if option is None:
        raise Http404
    return access_conversation(hat, option.conversation_id), option


def newest_answers(options: Iterable[TimeOption]) -> dict[tuple[int, int], TimeAnswer]:
    """By the number of the option and of the party, the answer that counts."""
    rows = TimeAnswer.objects.filter(option__in=[option.pk for option in options]).select_related("member__agency")
    return {(row.option_id, row.party_id): row for row in rows.order_by("at", "pk")}


def works_of(party: Party, options: Sequence[TimeOption]) -> dict[int, bool]:
    """By the number of the option, whether it works for a party; an option it has not answered is not there."""
    found = newest_answers(options)
    return {option: row.works for (option, of), row in found.items() if of == party.pk}


def name_of(party: Party) -> str:
    """Who a party is, said to the other parties: never by name."""
    return party.agency.name if party.agency is not None else str(party.get_kind_display())


# ---------- what the system suggests ----------
@dataclass(frozen=True)
class Suggestion:
    """The best of the proposed times, said as a sentence, and new times where none suits all."""

    sentence: str
    option: TimeOption | None = None
    suits_all: bool = False
    new: tuple[datetime, ...] = ()


@dataclass(frozen=True)
class _Weighed:
    """One proposed time and what those who must come have said of it. Whoever convenes can, unless they say not."""

    option: TimeOption
    can: list[Party]
    cannot: list[Party]
    silent: list[Party]

    @property
    def rank(self) -> tuple[bool, bool, int, int, datetime]:
        """The least is best: the participant can, the most can, the fewest can't, the earliest."""
        no = any(party.kind == PartyKind.PARTICIPANT for party in self.cannot)
        yes = any(party.kind == PartyKind.PARTICIPANT for party in self.can)
        return no, not yes, -len(self.can), len(self.cannot), self.option.starts_at


def suggestion(conversation: Conversation) -> Suggestion | None:
    """What the convener is helped to do next; None where the conversation has its time, or is over.

    Never says whose calendar was the reason: new times are those when none of the parties is known to be busy.
    """
    if conversation.state != ConversationState.PREPARING:
        return None
    options, parties = open_options(conversation), parties_of(conversation)
    if not options:
        new = new_times(conversation, parties)
        return Suggestion("Inga tider är föreslagna än." if new else "", new=new)
    weighed = _weigh(conversation, options, [party for party in parties if party.kind in MUST_COME])
    answered = [one for one in weighed if one.cannot or any(_is_other(conversation, party) for party in one.can)]
    if not answered:
        return Suggestion("Ingen har svarat än.")
    suiting = [one for one in answered if not one.cannot]
    if suiting:
        best = min(suiting, key=lambda one: one.rank)
        return Suggestion(_all_can(best), best.option, suits_all=True)
    best = min(answered, key=lambda one: one.rank)
    return Suggestion(_some_can(best), best.option, new=new_times(conversation, parties))


def _is_other(conversation: Conversation, party: Party) -> bool:
    return party.agency_id != conversation.agency_id


def _weigh(conversation: Conversation, options: list[TimeOption], parties: list[Party]) -> list[_Weighed]:
    answers = newest_answers(options)
    found = []
    for option in options:
        said = {party.pk: answers.get((option.pk, party.pk)) for party in parties}
        works = {pk: row.works if row else None for pk, row in said.items()}
        for party in parties:
            if works[party.pk] is None and not _is_other(conversation, party):
                works[party.pk] = True
        found.append(
            _Weighed(
                option,
                can=[party for party in parties if works[party.pk] is True],
                cannot=[party for party in parties if works[party.pk] is False],
                silent=[party for party in parties if works[party.pk] is None],
            )
        )
    return found


def say_start(at: datetime) -> str:
    """«torsdag 26 nov. 2026 kl. 10.00»."""
    return f"{say_weekday_date(timezone.localdate(at))} kl. {say_time(at)}"


def _names(parties: list[Party]) -> str:
    names = say_list([name_of(party) for party in parties])
    return names[:1].upper() + names[1:]


def _all_can(best: _Weighed) -> str:
    when = say_start(best.option.starts_at)
    if not best.silent:
        return f"{when[:1].upper()}{when[1:]} passar alla."
    return f"{when[:1].upper()}{when[1:]} passar alla som har svarat. Har inte svarat: {_names(best.silent)}."


def _some_can(best: _Weighed) -> str:
    when, silent = say_start(best.option.starts_at), f" Har inte svarat: {_names(best.silent)}." if best.silent else ""
    return f"Ingen tid passar alla. Bäst är {when}. Kan inte: {_names(best.cannot)}.{silent}"


def free_times(
    *, busy: Collection[Span], away: Collection[date], taken: Collection[datetime], minutes: int, now: datetime
) -> tuple[datetime, ...]:
    """Up to three whole hours in the coming four weeks when nobody is busy, on different days. Pure.

    Working days, from the third after today, within 09–16 on Stockholm's wall clock; the length in real minutes. The
    days are spread over those that have a free hour, and the hours differ where they can. `taken` is not given again.
    """
    today = timezone.localdate(now)
    first, last = add_working_days(today, FROM_WORKING_DAY), today + WITHIN
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    open_days = [day for day in days if not day_off(day) and day not in away]
    free = {day: hours for day in open_days if (hours := _free_hours(day, busy, taken, minutes))}
    number = min(SUGGESTED, len(free))
    chosen = [list(free)[index * len(free) // number] for index in range(number)]
    return tuple(
        min(free[day], key=lambda at: (abs(at.hour - wish), at)) for day, wish in zip(chosen, PREFERRED, strict=False)
    )


def _free_hours(day: date, busy: Collection[Span], taken: Collection[datetime], minutes: int) -> list[datetime]:
    closes = timezone.make_aware(datetime.combine(day, time(CLOSES)))
    hours = [timezone.make_aware(datetime.combine(day, time(hour))) for hour in range(OPENS, CLOSES)]
    spans = [(at, end_after(at, minutes)) for at in hours if at not in taken]
    return [
        begins
        for begins, ends in spans
        if ends <= closes and not any(begins < until and since < ends for since, until in busy)
    ]


def new_times(conversation: Conversation, parties: list[Party]) -> tuple[datetime, ...]:
    """Times when none of the caseworkers has another meeting, another conversation or an absence."""
    members = [party.member for party in parties if party.kind == PartyKind.CASEWORKER and party.member is not None]
    now = timezone.now()
    taken = TimeOption.objects.filter(conversation=conversation).values_list("starts_at", flat=True)
    return free_times(
        busy=busy_times(conversation, members, now),
        away=days_away(members, timezone.localdate(now), timezone.localdate(now) + WITHIN),
        taken=set(taken),
        minutes=conversation.minutes,
        now=now,
    )


def busy_times(conversation: Conversation, members: list[Membership], now: datetime) -> list[Span]:
    """When any of the members is busy, or the participant sits in another conversation."""
    found = [span for spans in busy_of(members, now, besides=conversation).values() for span in spans]
    return found + busy_with_participant(conversation, now)


def busy_of(members: Iterable[Membership], now: datetime, besides: Conversation | None = None) -> dict[int, list[Span]]:
    """By user, when they are called to a meeting and have not said no, sit in another conversation, or are busy
    elsewhere by the calendar they gave. People, not hats: who works in two places is one person. Three queries.
    """
    users = {member.user_id for member in members}
    coming = Attendance.objects.filter(
        Q(answer=Answer.COMING) | Q(asked_at__isnull=False) & ~Q(answer=Answer.NOT_COMING),
        member__user__in=users,
        meeting__state__in=[MeetingState.PLANNED, MeetingState.CALLED, MeetingState.IN_PROGRESS],
        meeting__ends_at__gt=now,
    ).values_list("member__user", "meeting__starts_at", "meeting__ends_at")
    talks = (
        Party.objects.filter(member__user__in=users, left_at__isnull=True)
        .filter(conversation__state=ConversationState.INVITED, conversation__ends_at__gt=now)
        .exclude(conversation=besides.pk if besides else None)
        .values_list("member__user", "conversation__starts_at", "conversation__ends_at")
    )
    own = BusyTime.objects.filter(user__in=users, ends_at__gt=now).values_list("user", "starts_at", "ends_at")
    found: dict[int, list[Span]] = {user: [] for user in users}
    for user, starts, ends in [*coming, *talks, *own]:
        if starts and ends:
            found[user].append((starts, ends))
    return found


def busy_with_participant(conversation: Conversation, now: datetime) -> list[Span]:
    """When the participant sits in another conversation."""
    others = Conversation.objects.filter(participant=conversation.participant_id).exclude(pk=conversation.pk)
    others = others.filter(state=ConversationState.INVITED, ends_at__gt=now)
    return [(one.starts_at, one.ends_at) for one in others if one.starts_at and one.ends_at]


def days_away(members: list[Membership], first: date, last: date) -> set[date]:
    """The days when any of the members has a registered absence."""
    return {day for days in days_away_of(members, first, last).values() for day in days}


def days_away_of(members: Iterable[Membership], first: date, last: date) -> dict[int, set[date]]:
    """By user, the days from one to another, both included, when they are registered as away, in any of their hats."""
    found: dict[int, set[date]] = {member.user_id: set() for member in members}
    rows = Absence.objects.filter(membership__user__in=list(found), from_on__lte=last, to_on__gte=first)
    for user, from_on, to_on in rows.values_list("membership__user", "from_on", "to_on"):
        begins, ends = max(from_on, first), min(to_on, last)
        found[user] |= {begins + timedelta(days=number) for number in range((ends - begins).days + 1)}
    return found
