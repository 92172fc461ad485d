"""What waits for a hat in conversations: answers, sections, agreements and what the convener has to do next."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from meetings.models import (
    AgreementAnswer,
    AgreementCopy,
    AgreementVersion,
    Conversation,
    Invitation,
    InvitationAnswer,
    Party,
    Section,
    TimeAnswer,
    TimeOption,
)
from meetings.queries.conversations import party_lives
from meetings.states import AgreementState, AgreementVerdict, Answer, ConversationState, PartyKind
from workspace.models import Membership
from workspace.queries import absences_on, desks_of, participants_visible_to
from workspace.rules import active_on

S = ConversationState
HINDERED = (Answer.OTHER_TIME, Answer.NOT_COMING)


class Duty(StrEnum):
    """What somebody has to do in a conversation: the first four as a party, the others as the convener."""

    TIMES = "times"  # say of every proposed time whether it works
    CALL = "call"  # answer the call of the newest round
    SECTION = "section"  # one's own part of an agreement, once the conversation has been held
    CONFIRM = "confirm"  # the newest version, sent and still waited for
    PROPOSE = "propose"  # there is no time that anybody can answer
    INVITE = "invite"  # everybody who is asked has answered the times: one is to be chosen
    INTERPRETER = "interpreter"  # the participant needs one, and nobody has booked it (L55)
    HINDERED = "hindered"  # called and not over, and somebody wants another time or cannot come
    DIFFERENCE = "difference"  # the participant sees the newest version differently, and it still waits
    OUTCOME = "outcome"  # its time has been, and nobody has said whether it was held
    WRITE = "write"  # it has been held, and nobody has begun to write what was agreed
    SEND = "send"  # the draft that every agency has laid forward its part of
    CORRECT = "correct"  # an agency wants a change in the newest version


@dataclass(frozen=True)
class Owed:
    """One thing to do. `pk` is the section's or the copy's; of any other duty the conversation's."""

    duty: Duty
    talk: Conversation
    since: datetime
    pk: int
    due_on: date | None = None


def parties_held(member: Membership) -> QuerySet[Party]:
    """The parties this hat is to act for today: in person, or at their desk while the person named is away or gone."""
    away = absences_on(timezone.localdate()).values("membership")
    works_here = Membership.objects.filter(active_on(), user__is_active=True)
    missing = Q(member__in=away) | ~Q(member__in=works_here.values("pk"))
    mine = Q(member=member) | missing & Q(function__in=desks_of(member).values("pk"))
    return (
        Party.objects.filter(mine, party_lives(), kind=PartyKind.CASEWORKER, agency=member.agency_id)
        .select_related("conversation__agency", "conversation__participant")
        .order_by("pk")
    )


# ---------- of a party ----------
def _open_options() -> QuerySet[TimeOption]:
    return TimeOption.objects.filter(withdrawn_at__isnull=True, starts_at__gt=timezone.now())


def _unanswered() -> Exists:
    """There is a proposed time that it has not answered."""
    answered = TimeAnswer.objects.filter(option=OuterRef("pk"), party=OuterRef(OuterRef("pk")))
    return Exists(_open_options().filter(~Exists(answered), conversation=OuterRef("conversation")))


def _call() -> QuerySet[Invitation]:
    """Its call of the newest round, while that is ahead and nobody has answered it."""
    return Invitation.objects.filter(
        ~Exists(InvitationAnswer.objects.filter(invitation=OuterRef("pk"))),
        party=OuterRef("pk"),
        round=OuterRef("conversation__round"),
        ends_at__gt=timezone.now(),
    )


def _newest_copies() -> QuerySet[AgreementCopy]:
    """Copies of the newest version of each agreement."""
    newest = AgreementVersion.objects.filter(agreement=OuterRef("version__agreement")).order_by("-number")
    return AgreementCopy.objects.filter(version=Subquery(newest.values("pk")[:1]), withdrawn_at__isnull=True)


def _copy() -> QuerySet[AgreementCopy]:
    """Its copy of the newest version, which it has not answered."""
    answered = AgreementAnswer.objects.filter(version=OuterRef("version"), party=OuterRef("party"))
    return _newest_copies().filter(~Exists(answered), party=OuterRef("pk"))


# ---------- of a party's conversation ----------
def _silent() -> Exists:
    """Somebody who is asked has not answered the times."""
    asked = Party.objects.filter(
        party_lives(),
        conversation=OuterRef("conversation"),
        kind__in=[PartyKind.PARTICIPANT, PartyKind.CASEWORKER],
    ).exclude(agency=F("conversation__agency"))
    return Exists(asked.filter(_unanswered()))


def _hindered() -> Exists:
    last = InvitationAnswer.objects.filter(invitation=OuterRef("pk")).order_by("-at", "-pk")
    return Exists(
        Invitation.objects.annotate(said=Subquery(last.values("answer")[:1])).filter(
            party_lives("party__"),
            conversation=OuterRef("conversation"),
            round=OuterRef("conversation__round"),
            said__in=HINDERED,
        )
    )


def _differs(kind: PartyKind) -> Exists:
    """A party of that kind sees the newest version differently, by its newest answer."""
    last = AgreementAnswer.objects.filter(version=OuterRef("version"), party=OuterRef("party")).order_by("-at", "-pk")
    return Exists(
        _newest_copies()
        .annotate(said=Subquery(last.values("verdict")[:1]))
        .filter(
            party_lives("party__"),
            party__conversation=OuterRef("conversation"),
            party__kind=kind,
            said=AgreementVerdict.DIFFERS,
        )
    )


def _unshared() -> Exists:
    """An agency has not laid forward its part."""
    return Exists(
        Section.objects.filter(
            party_lives("party__"),
            party__conversation=OuterRef("conversation"),
            party__kind=PartyKind.CASEWORKER,
            shared_at__isnull=True,
        )
    )


# ---------- all of it ----------
@dataclass(frozen=True)
class Talks:
    """The conversations a hat acts in: what it has to do there, and those whose time lies ahead, the next first."""

    owed: list[Owed]
    ahead: list[Conversation]


def talks_of(member: Membership) -> Talks:
    """For Idag. One query for any number; a convener's duties only of participants the hat may open."""
    section = Section.objects.filter(party=OuterRef("pk"), shared_at__isnull=True)
    held = parties_held(member).annotate(
        unanswered=_unanswered(),
        call_sent_at=Subquery(_call().values("sent_at")[:1]),
        called_to=Subquery(_call().values("starts_at")[:1]),
        section_owed=Subquery(section.values("pk")[:1]),
        copy_owed=Subquery(_copy().values("pk")[:1]),
        copy_sent_at=Subquery(_copy().values("version__sent_at")[:1]),
        agreement=F("conversation__agreement__state"),
        is_opened=Exists(participants_visible_to(member).filter(pk=OuterRef("conversation__participant"))),
        has_options=Exists(_open_options().filter(conversation=OuterRef("conversation"))),
        silent=_silent(),
        hindered=_hindered(),
        interpreter=F("conversation__participant__needs__interpreter"),
        unshared=_unshared(),
        participant_differs=_differs(PartyKind.PARTICIPANT),
        agency_differs=_differs(PartyKind.CASEWORKER),
    )
    owed: list[Owed] = []
    ahead: dict[int, Conversation] = {}
    convened: set[int] = set()
    now = timezone.now()
    for party in held:
        talk = party.conversation
        owed += _as_party(party, talk)
        if talk.agency_id == member.agency_id and talk.pk not in convened and party.is_opened:
            convened.add(talk.pk)
            owed += [Owed(duty, talk, talk.last_act_at, talk.pk) for duty in _as_convener(party, talk, now)]
        if talk.state == S.INVITED and talk.ends_at and talk.ends_at > now:
            ahead[talk.pk] = talk
    return Talks(owed, sorted(ahead.values(), key=lambda talk: (talk.starts_at or now, talk.pk)))


def _as_party(party: Any, talk: Conversation) -> Iterator[Owed]:
    """The convener asks, and so neither answers times nor a call."""
    if talk.agency_id != party.agency_id:
        if talk.state == S.PREPARING and party.unanswered:
            yield Owed(Duty.TIMES, talk, party.added_at, talk.pk)
        if talk.state == S.INVITED and party.call_sent_at:
            yield Owed(Duty.CALL, talk, party.call_sent_at, talk.pk, timezone.localdate(party.called_to))
    if party.section_owed and talk.state == S.HELD and party.agreement == AgreementState.DRAFT:
        yield Owed(Duty.SECTION, talk, talk.held_at or talk.made_at, party.section_owed)
    if party.copy_owed and party.agreement == AgreementState.SENT:
        yield Owed(Duty.CONFIRM, talk, party.copy_sent_at, party.copy_owed)


def _as_convener(party: Any, talk: Conversation, now: datetime) -> Iterator[Duty]:
    if talk.state == S.PREPARING and not party.has_options:
        yield Duty.PROPOSE
    if talk.state == S.PREPARING and party.has_options and not party.silent:
        yield Duty.INVITE
    if talk.state == S.INVITED and talk.starts_at and talk.ends_at:
        if party.interpreter and talk.interpreter_booked_at is None and talk.starts_at > now:
            yield Duty.INTERPRETER
        if party.hindered and talk.ends_at > now:
            yield Duty.HINDERED
        if talk.ends_at < now:
            yield Duty.OUTCOME
    if party.agreement == AgreementState.SENT and party.participant_differs:
        yield Duty.DIFFERENCE
    if talk.state == S.HELD and party.agreement is None:
        yield Duty.WRITE
    if talk.state == S.HELD and party.agreement == AgreementState.DRAFT and not party.unshared:
        yield Duty.SEND
    if party.agreement == AgreementState.SENT and party.agency_differs:
        yield Duty.CORRECT
