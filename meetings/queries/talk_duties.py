"""What waits for a hat in conversations: answers, sections, agreements and what the convener has to do next."""

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from meetings.models import (
    Agreement,
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


def _open_options() -> QuerySet[TimeOption]:
    return TimeOption.objects.filter(withdrawn_at__isnull=True, starts_at__gt=timezone.now())


def _unanswered() -> Exists:
    """Of a party: there is a proposed time that it has not answered."""
    answered = TimeAnswer.objects.filter(option=OuterRef("pk"), party=OuterRef(OuterRef("pk")))
    return Exists(_open_options().filter(~Exists(answered), conversation=OuterRef("conversation")))


def times_owed(member: Membership) -> list[Party]:
    """Parties that are asked, and have not said of every proposed time whether it works. The convener asks."""
    asked = parties_held(member).exclude(agency=F("conversation__agency"))
    return list(asked.filter(_unanswered(), conversation__state=S.PREPARING))


def calls_owed(member: Membership) -> list[Invitation]:
    """Calls of the newest round, to other agencies' conversations, that nobody has answered; the next first."""
    return list(
        Invitation.objects.filter(
            ~Exists(InvitationAnswer.objects.filter(invitation=OuterRef("pk"))),
            party__in=parties_held(member).exclude(agency=F("conversation__agency")),
            conversation__state=S.INVITED,
            round=F("conversation__round"),
            ends_at__gt=timezone.now(),
        )
        .select_related("conversation__agency", "conversation__participant")
        .order_by("starts_at", "pk")
    )


def sections_owed(member: Membership) -> list[Section]:
    """Own parts of an agreement that are not shared yet, of conversations that have been held."""
    return list(
        Section.objects.filter(
            party__in=parties_held(member),
            shared_at__isnull=True,
            agreement__state=AgreementState.DRAFT,
            agreement__conversation__state=S.HELD,
        )
        .select_related("agreement__conversation__agency", "agreement__conversation__participant")
        .order_by("pk")
    )


def agreements_unwritten(member: Membership) -> list[Conversation]:
    """Conversations of one's own that have been held, and nobody has begun to write what was agreed."""
    return list(_convened(member).filter(~Exists(Agreement.objects.filter(conversation=OuterRef("pk"))), state=S.HELD))


def agreements_to_answer(member: Membership) -> list[AgreementCopy]:
    """Copies of the newest version, sent and still waited for, that this hat's party has not answered."""
    newest = AgreementVersion.objects.filter(agreement=OuterRef("version__agreement")).order_by("-number")
    answered = AgreementAnswer.objects.filter(version=OuterRef("version"), party=OuterRef("party"))
    return list(
        AgreementCopy.objects.filter(
            ~Exists(answered),
            party__in=parties_held(member),
            version=Subquery(newest.values("pk")[:1]),
            version__agreement__state=AgreementState.SENT,
            withdrawn_at__isnull=True,
        )
        .select_related("version__agreement__conversation__agency", "version__agreement__conversation__participant")
        .order_by("pk")
    )


def _convened(member: Membership) -> QuerySet[Conversation]:
    """Conversations that this hat arranges: as the convener, or for one who is away."""
    return (
        Conversation.objects.filter(parties__in=parties_held(member), agency=member.agency_id)
        .filter(participant__in=participants_visible_to(member).values("pk"))
        .select_related("agency", "participant")
        .order_by("starts_at", "made_at", "pk")
        .distinct()
    )


def times_to_propose(member: Membership) -> list[Conversation]:
    """Conversations of one's own without a time that anybody can answer."""
    return list(
        _convened(member).filter(~Exists(_open_options().filter(conversation=OuterRef("pk"))), state=S.PREPARING)
    )


def calls_to_send(member: Membership) -> list[Conversation]:
    """Conversations of one's own where everybody who is asked has answered the times: one is to be chosen."""
    asked = Party.objects.filter(
        party_lives(), conversation=OuterRef("pk"), kind__in=[PartyKind.PARTICIPANT, PartyKind.CASEWORKER]
    ).exclude(agency=F("conversation__agency"))
    waiting = Exists(asked.filter(_unanswered()))
    return list(
        _convened(member).filter(
            ~waiting, Exists(_open_options().filter(conversation=OuterRef("pk"))), state=S.PREPARING
        )
    )


def agreements_to_send(member: Membership) -> list[Conversation]:
    """Conversations of one's own whose agreement is a draft that every agency has laid forward its part of."""
    unshared = Section.objects.filter(
        party_lives("party__"),
        party__conversation=OuterRef("pk"),
        party__kind=PartyKind.CASEWORKER,
        shared_at__isnull=True,
    )
    return list(_convened(member).filter(~Exists(unshared), state=S.HELD, agreement__state=AgreementState.DRAFT))


def agreements_to_correct(member: Membership) -> list[Conversation]:
    """Conversations of one's own where an agency wants a change in the newest version: it waits for a correction."""
    differing = _differing().filter(party__kind=PartyKind.CASEWORKER)
    return list(_convened(member).filter(Exists(differing), agreement__state=AgreementState.SENT))


def _differing() -> QuerySet[AgreementCopy]:
    """Of a conversation: the copies of its newest version whose party's newest answer sees something differently."""
    newest = AgreementVersion.objects.filter(agreement=OuterRef("version__agreement")).order_by("-number")
    last = AgreementAnswer.objects.filter(version=OuterRef("version"), party=OuterRef("party")).order_by("-at", "-pk")
    return AgreementCopy.objects.annotate(said=Subquery(last.values("verdict")[:1])).filter(
        party_lives("party__"),
        party__conversation=OuterRef("pk"),
        version=Subquery(newest.values("pk")[:1]),
        withdrawn_at__isnull=True,
        said=AgreementVerdict.DIFFERS,
    )


def outcomes_owed(member: Membership) -> list[Conversation]:
    """Conversations of one's own whose time has been, and nobody has said whether they were held."""
    return list(_convened(member).filter(state=S.INVITED, ends_at__lt=timezone.now()))


def answers_to_see(member: Membership) -> list[Conversation]:
    """Conversations of one's own, called and not over, where somebody wants another time or cannot come."""
    last = InvitationAnswer.objects.filter(invitation=OuterRef("pk")).order_by("-at", "-pk")
    hindered = Invitation.objects.annotate(said=Subquery(last.values("answer")[:1])).filter(
        party_lives("party__"),
        conversation=OuterRef("pk"),
        round=OuterRef("round"),
        said__in=[Answer.OTHER_TIME, Answer.NOT_COMING],
    )
    return list(_convened(member).filter(Exists(hindered), state=S.INVITED, ends_at__gt=timezone.now()))


def differences_to_see(member: Membership) -> list[Conversation]:
    """Conversations of one's own where the participant sees the newest version differently, and it still waits."""
    differing = _differing().filter(party__kind=PartyKind.PARTICIPANT)
    return list(_convened(member).filter(Exists(differing), agreement__state=AgreementState.SENT))


def interpreters_to_book(member: Membership) -> list[Conversation]:
    """Conversations ahead whose participant needs an interpreter that nobody has booked (L55)."""
    needed = Q(participant__needs__isnull=False) & ~Q(participant__needs__interpreter="")
    return list(
        _convened(member).filter(
            needed, state=S.INVITED, interpreter_booked_at__isnull=True, starts_at__gt=timezone.now()
        )
    )


def conversations_ahead(member: Membership) -> list[Conversation]:
    """Conversations with a time that lies ahead, for Idag's «Kommer»."""
    parties = parties_held(member)
    return list(
        Conversation.objects.filter(pk__in=parties.values("conversation"), state=S.INVITED, ends_at__gt=timezone.now())
        .select_related("agency", "participant")
        .order_by("starts_at", "pk")
    )
