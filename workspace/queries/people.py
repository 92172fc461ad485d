"""The only ways to read people, hats, participants and consents."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone

from workspace.models import (
    Absence,
    Agency,
    AuditEntry,
    Browser,
    Category,
    Consent,
    ConsentRow,
    Cooperation,
    CooperationAgency,
    CooperationRole,
    Function,
    Ground,
    IdempotencyKey,
    Membership,
    Municipality,
    Participant,
    SignInLink,
    UserAccount,
)
from workspace.rules import HAT, Hat, active_on, ground_valid, is_caseworker, is_manager, row_lives, session_holds
from workspace.states import AuditAct, CooperationRoleKind, CooperationState, MemberRole
from workspace.swedish import search_key


# ---------- hats ----------
def account_of_session(session: Mapping[str, Any]) -> UserAccount | None:
    """The account a session is signed in as, while it holds; None for the anonymous."""
    pk = session.get(SESSION_KEY)
    account = UserAccount.objects.filter(pk=pk).first() if pk else None
    return account if session_holds(session, account) else None


def memberships_worn_today() -> QuerySet[Membership]:
    """Those that somebody may wear today: they run, and their agency has not left."""
    return Membership.objects.filter(active_on(), agency__left_on__isnull=True)


def hats_of_sessions(keys: set[str]) -> dict[str, str | None]:
    """Which hat each of these sessions has chosen (None: it never had to); sessions that no longer hold are left out.

    A session holds while it runs, its account is active and its password is the one it signed in with.
    """
    sessions = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    data = {row.session_key: row.get_decoded() for row in sessions}
    accounts = UserAccount.objects.in_bulk([int(session.get(SESSION_KEY, 0)) for session in data.values()])
    return {
        key: session.get(HAT)
        for key, session in data.items()
        if session_holds(session, accounts.get(int(session.get(SESSION_KEY, 0))))
    }


def hats_of(user: UserAccount) -> list[Hat]:
    """Every hat a person may wear today, agencies first. Empty for an account that has none."""
    memberships = (
        memberships_worn_today().filter(user=user).select_related("agency", "user").order_by("agency__name", "pk")
    )
    roles = (
        CooperationRole.objects.filter(active_on(), user=user)
        .select_related("cooperation", "user")
        .order_by("cooperation__name", "pk")
    )
    return [*memberships, *roles]


def active_hats(keys: set[str]) -> set[str]:
    """Those of the hat keys that may still be worn today."""
    numbers = {kind: [int(key[1:]) for key in keys if key[0] == kind] for kind in "mr"}
    memberships = memberships_worn_today().filter(pk__in=numbers["m"])
    roles = CooperationRole.objects.filter(active_on(), pk__in=numbers["r"])
    return {f"m{pk}" for pk in memberships.values_list("pk", flat=True)} | {
        f"r{pk}" for pk in roles.values_list("pk", flat=True)
    }


def desks_of(member: Membership) -> QuerySet[Function]:
    """The desks where this hat has a seat."""
    return Function.objects.filter(seats__membership=member).select_related("agency").order_by("name")


def receiving_desks(member: Membership) -> QuerySet[Function]:
    """Where a referral from this member's agency can go."""
    return desks_reached_from(member.agency_id)


def desks_reached_from(agency_id: int) -> QuerySet[Function]:
    """Desks of other agencies that share a cooperation with this one."""
    parties = CooperationAgency.objects.filter(
        active_on(), cooperation__in=running_cooperations(agency_id).values("pk")
    )
    return (
        Function.objects.filter(agency__left_on__isnull=True, agency__in=parties.values("agency"))
        .exclude(agency=agency_id)
        .select_related("agency")
        .order_by("agency__name", "name")
    )


def partner_agencies(member: Membership) -> QuerySet[Agency]:
    """Other agencies in the member's cooperations: whom a consent can name."""
    return Agency.objects.filter(pk__in=receiving_desks(member).values("agency")).order_by("name")


def shared_cooperation(one: Agency, other: Agency) -> Cooperation | None:
    """The running cooperation of both agencies: its coordinator may follow what goes between them, by consent."""
    both = running_cooperations(one.pk).filter(pk__in=running_cooperations(other.pk).values("pk"))
    return both.order_by("pk").first()


def running_cooperations(agency_id: int) -> QuerySet[Cooperation]:
    """The cooperations an agency takes part in today."""
    parties = CooperationAgency.objects.filter(active_on(), agency=agency_id)
    return Cooperation.objects.filter(state=CooperationState.RUNNING, pk__in=parties.values("cooperation"))


# ---------- who is there ----------
def absences_on(day: date) -> QuerySet[Absence]:
    """Who is away on a day, with who stands in."""
    return Absence.objects.filter(from_on__lte=day, to_on__gte=day).select_related("membership", "stand_in")


def absences_of(member: Membership) -> QuerySet[Absence]:
    """A member's own absences that have not passed, the next first."""
    return (
        Absence.objects.filter(membership=member, to_on__gte=timezone.localdate())
        .select_related("stand_in__user")
        .order_by("from_on", "pk")
    )


def colleagues_of(member: Membership) -> QuerySet[Membership]:
    """Who can stand in for a member: active hats of the same agency, managers aside."""
    return (
        memberships_worn_today()
        .filter(agency=member.agency_id, user__is_active=True)
        .exclude(pk=member.pk)
        .exclude(role=MemberRole.MANAGER)
        .select_related("user")
        .order_by("user__first_name", "user__last_name", "pk")
    )


def stand_ins_for(member: Membership) -> QuerySet[Membership]:
    """Colleagues who can open what a member works with: at one of its desks; for a manager, another manager."""
    if is_manager(member):
        return (
            managers_of(member.agency).exclude(pk=member.pk).select_related("user").order_by("user__first_name", "pk")
        )
    return colleagues_of(member).filter(seats__function__in=desks_of(member).values("pk")).distinct()


def managers_of(agency: Agency) -> QuerySet[Membership]:
    """The managers of an agency who can sign in today."""
    return memberships_worn_today().filter(agency=agency, role=MemberRole.MANAGER, user__is_active=True)


def coordinators_of(cooperations: Iterable[int]) -> QuerySet[CooperationRole]:
    """The coordinators of these cooperations who can sign in today."""
    return CooperationRole.objects.filter(
        active_on(), cooperation__in=list(cooperations), role=CooperationRoleKind.COORDINATOR, user__is_active=True
    ).order_by("pk")


def present_of(members: Iterable[Membership], day: date | None = None) -> set[int]:
    """Of these hats, those who are there on a day (today); whoever is away is replaced by a stand-in who is there."""
    wanted = list(members)
    away = {absence.membership_id: absence.stand_in_id for absence in absences_on(day or timezone.localdate())}
    found = {member.pk for member in wanted if member.pk not in away}
    stand_ins = {away[member.pk] for member in wanted if member.pk in away} - {None, *away}
    active = memberships_worn_today().filter(pk__in=[*found, *stand_ins], user__is_active=True)
    return set(active.values_list("pk", flat=True))


def present_at_desk(desk: Function) -> set[int]:
    """Those who work at a desk and are there today, or who stands in; where nobody is there, all who work there."""
    seated = Membership.objects.filter(seats__function=desk, agency__left_on__isnull=True).exclude(
        role=MemberRole.MANAGER
    )
    return present_of(seated) or set(seated.values_list("pk", flat=True))


def present_instead_of(member: Membership, day: date | None = None) -> Membership | None:
    """The member if there, else who stands in; None if neither can act, so that the work is the whole desk's."""
    return Membership.objects.filter(pk__in=present_of([member], day)).first()


# ---------- participants ----------
def participants_visible_to(member: Hat) -> QuerySet[Participant]:
    """Whom this hat may open: the members of the owning desk and named helpers; a manager after a stated reason.

    A role in a cooperation opens nobody.
    """
    everybody = Participant.objects.select_related("function__agency", "municipality")
    if is_caseworker(member):
        return everybody.filter(
            Q(function__in=desks_of(member).values("pk")) | Q(helpers=member), function__agency=member.agency_id
        ).distinct()
    if is_manager(member):
        return everybody.filter(
            statedreason__membership=member,
            statedreason__ends_at__gt=timezone.now(),
            function__agency=member.agency_id,
        ).distinct()
    return everybody.none()


def participants_found(member: Hat, text: str) -> QuerySet[Participant]:
    """The member's own participants whose name holds every word of `text`, sorted as a telephone book."""
    found = participants_visible_to(member)
    for word in search_key(text).split():
        found = found.filter(search_key__contains=word)
    return found.order_by("sort_key", "pk")


def namesakes(member: Hat, name: str, birth_year: int | None, besides: Participant | None = None) -> bool:
    """Whether somebody (else) of that name and year is already among the participants the hat may open."""
    if birth_year is None:
        return False
    same = participants_visible_to(member).filter(search_key=search_key(name), birth_year=birth_year)
    return (same.exclude(pk=besides.pk) if besides else same).exists()


def access_participant(member: Hat, pk: int) -> Participant:
    """One participant this hat may open, or the same 404 as for one who does not exist."""
    participant = participants_visible_to(member).filter(pk=pk).first()
    if participant is None:
        raise Http404
    return participant


def municipalities() -> QuerySet[Municipality]:
    return Municipality.objects.order_by("name")


# ---------- consent ----------
def categories() -> QuerySet[Category]:
    """Every kind of information, in the order it is asked for."""
    return Category.objects.all()


def grounds_for(recipient: Agency) -> QuerySet[Ground]:
    """The grounds that can be named today for telling this agency something."""
    return Ground.objects.filter(ground_valid(recipient))


def consents_visible_to(member: Membership, participant: Participant) -> QuerySet[Consent]:
    """The consents the member's agency obtained or is named in, newest first."""
    return (
        Consent.objects.filter(participant=participant)
        .filter(Q(agency=member.agency_id) | Q(rows__discloser=member.agency_id) | Q(rows__recipient=member.agency_id))
        .select_related("agency", "obtained_by__user")
        .distinct()
        .order_by("-given_on", "-pk")
    )


def access_consent(member: Membership, pk: int) -> Consent:
    """A consent that the member's agency obtained, of a participant the member may open; else 404."""
    consent = (
        Consent.objects.filter(
            pk=pk, agency=member.agency_id, participant__in=participants_visible_to(member).values("pk")
        )
        .select_related("participant__function__agency", "participant__municipality", "agency", "obtained_by__user")
        .first()
    )
    if consent is None:
        raise Http404
    return consent


def rows_visible_to(member: Membership, consents: list[Consent]) -> QuerySet[ConsentRow]:
    """The rows of these consents to which the member's agency is a party: nobody sees another's rows."""
    return (
        ConsentRow.objects.filter(consent__in=consents)
        .filter(Q(discloser=member.agency_id) | Q(recipient=member.agency_id) | Q(consent__agency=member.agency_id))
        .select_related("discloser", "recipient", "recipient_cooperation", "category")
        .order_by("consent", "category__order", "pk")
    )


def consents_between(member: Membership, participant: Participant, recipient: Agency) -> list[dict[str, Any]]:
    """The member's consents of a participant towards one recipient, newest first, as plain data: rows told and not.

    A handful of rows for one page; `lives` says whether anything in the consent is in force today.
    """
    rows = (
        ConsentRow.objects.filter(participant=participant, discloser=member.agency_id, recipient=recipient)
        .select_related("consent__obtained_by__user", "category")
        .order_by("-consent__given_on", "-consent", "category__order")
    )
    today = timezone.localdate()
    found: dict[int, dict[str, Any]] = {}
    for row in rows:
        item = found.setdefault(row.consent_id, {"consent": row.consent, "rows": [], "lives": False})
        item["rows"].append(row)
        item["lives"] |= row.lives_on(today)
    return list(found.values())


def limits_towards(member: Membership, participant: Participant, recipient: Agency) -> list[str]:
    """What the person has said that the member's agency may not tell this recipient, in consents still in force."""
    live = live_rows(participant, member.agency).filter(recipient=recipient)
    consents = Consent.objects.filter(pk__in=live.values("consent")).exclude(limits="").order_by("-given_on")
    return list(dict.fromkeys(consents.values_list("limits", flat=True)))


def live_rows(participant: Participant, discloser: Agency) -> QuerySet[ConsentRow]:
    """What the participant lets this agency tell, today."""
    return ConsentRow.objects.filter(row_lives(), participant=participant, discloser=discloser).select_related(
        "category", "recipient", "recipient_cooperation", "consent"
    )


# ---------- records ----------
def result_of_form(user: UserAccount | Browser, key: str) -> str:
    """Where the form with this key has led; empty if it has not been sent. Of an account, or of the own page."""
    whose = Q(browser=user) if isinstance(user, Browser) else Q(user=user)
    done = IdempotencyKey.objects.filter(whose, key=key).values_list("result_url", flat=True)
    return done.first() or ""


def already_shown(session_digest: str, what: str, object_id: int | None) -> set[int | None]:
    """Whom this session has been shown on that page, so that showing them again is a refresh."""
    return set(
        AuditEntry.objects.filter(session_digest=session_digest, what=what, object_id=object_id, act=AuditAct.READ)
        .exclude(participant_id=None)
        .values_list("participant_id", flat=True)
    )


def sign_in_link(token_digest: str) -> SignInLink | None:
    """The link behind a token's digest if it can still be used."""
    return (
        SignInLink.objects.filter(token_digest=token_digest, used_at__isnull=True, expires_at__gt=timezone.now())
        .select_related("user")
        .first()
    )
