"""The cast of the tests: who exists, made the same way each time. Everything here is invented."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from referrals import actions as referral_actions
from referrals.models import Referral, ReferralKind
from workspace import actions
from workspace.actions.consents import RowInput
from workspace.models import (
    Agency,
    Category,
    Consent,
    Cooperation,
    CooperationAgency,
    CooperationRole,
    Function,
    FunctionMember,
    Membership,
    Municipality,
    Organisation,
    Participant,
    UserAccount,
)
from workspace.states import AgencyKind, ConsentForm, CooperationRoleKind, Gender, MemberRole, SeatKind

PASSWORD = "ett långt lösenord"
SECRET_NAME = "Hemlighild"
SECRET_TEXT = "Hemligtexten om sömn"


@dataclass
class Cast:
    """Two members of each agency, a manager, two hats, a coordinator, a chair, and an outsider who sees nothing."""

    soc: Membership
    soc_2: Membership
    soc_manager: Membership
    psyk: Membership
    psyk_2: Membership
    psyk_manager: Membership
    fk: Membership
    outsider: Membership
    two_hats: tuple[Membership, Membership]
    coordinator: CooperationRole
    chair: CooperationRole
    soc_desk: Function
    psyk_desk: Function
    fk_desk: Function
    outside_desk: Function
    cooperation: Cooperation
    person: Participant

    @property
    def members(self) -> dict[str, Membership]:
        return {
            name: getattr(self, name)
            for name in ("soc", "soc_2", "soc_manager", "psyk", "psyk_2", "psyk_manager", "fk", "outsider")
        }


def make_user(username: str, first: str = "", last: str = "") -> UserAccount:
    """An account with the tests' password, hashed once: hashing is slow on purpose."""
    user = UserAccount(username=username, first_name=first or username.capitalize(), last_name=last or "Testsson")
    user.password = _hashed()
    user.save()
    return user


_hash: list[str] = []


def _hashed() -> str:
    if not _hash:
        from django.contrib.auth.hashers import make_password

        _hash.append(make_password(PASSWORD))
    return _hash[0]


def make_agency(code: str, name: str, kind: AgencyKind, municipality: str | None) -> tuple[Agency, Function]:
    organisation, _ = Organisation.objects.get_or_create(name=f"Huvudman för {name}")
    agency = Agency.objects.create(
        organisation=organisation,
        code=code,
        name=name,
        short_name=name.split()[0],
        kind=kind,
        municipality=Municipality.objects.get(name=municipality) if municipality else None,
    )
    return agency, Function.objects.create(agency=agency, name="Mottagning")


def make_member(
    agency: Agency,
    username: str | UserAccount,
    desk: Function | None,
    role: MemberRole = MemberRole.CASEWORKER,
    seat: SeatKind = SeatKind.ORDINARY,
) -> Membership:
    user = make_user(username) if isinstance(username, str) else username
    membership = Membership.objects.create(user=user, agency=agency, role=role)
    if desk:
        FunctionMember.objects.create(function=desk, membership=membership, kind=seat)
    return membership


def make_participant(
    desk: Function, first: str = SECRET_NAME, last: str = "Åström", place: str = "Piteå"
) -> Participant:
    return actions.register_participant(
        by=None,
        function=desk,
        first_name=first,
        last_name=last,
        gender=Gender.WOMAN,
        birth_year=1984,
        municipality=Municipality.objects.get(name=place),
        phone="070-000 00 00",
    )


def make_cast() -> Cast:
    soc, soc_desk = make_agency("soc-t", "Socialtjänsten Piteå", AgencyKind.SOCIAL_SERVICES, "Piteå")
    psyk, psyk_desk = make_agency("psyk-t", "Vuxenpsykiatrin Piteå", AgencyKind.REGION_PSYCHIATRY, "Piteå")
    fk, fk_desk = make_agency("fk-t", "Försäkringskassan Norr", AgencyKind.SOCIAL_INSURANCE_AGENCY, None)
    out, out_desk = make_agency("soc-a", "Socialtjänsten Arvidsjaur", AgencyKind.SOCIAL_SERVICES, "Arvidsjaur")
    cooperation = Cooperation.objects.create(name="Samverkan Piteå")
    cooperation.municipalities.set(Municipality.objects.filter(name="Piteå"))
    elsewhere = Cooperation.objects.create(name="Samverkan Arvidsjaur")
    for party in (soc, psyk, fk):
        CooperationAgency.objects.create(cooperation=cooperation, agency=party)
    for party in (out, fk):
        CooperationAgency.objects.create(cooperation=elsewhere, agency=party)
    twice = make_user("twohats", "Två", "Hattar")
    return Cast(
        soc=make_member(soc, "soc", soc_desk),
        soc_2=make_member(soc, "soc2", soc_desk, seat=SeatKind.DEPUTY),
        soc_manager=make_member(soc, "socchef", None, MemberRole.MANAGER),
        psyk=make_member(psyk, "psyk", psyk_desk),
        psyk_2=make_member(psyk, "psyk2", psyk_desk, seat=SeatKind.DEPUTY),
        psyk_manager=make_member(psyk, "psykchef", None, MemberRole.MANAGER),
        fk=make_member(fk, "fk", fk_desk),
        outsider=make_member(out, "outsider", out_desk),
        two_hats=(make_member(fk, twice, fk_desk), make_member(out, twice, out_desk)),
        coordinator=CooperationRole.objects.create(
            cooperation=cooperation, user=make_user("samordnare"), role=CooperationRoleKind.COORDINATOR
        ),
        chair=CooperationRole.objects.create(
            cooperation=cooperation, user=make_user("ordforande"), role=CooperationRoleKind.CHAIR
        ),
        soc_desk=soc_desk,
        psyk_desk=psyk_desk,
        fk_desk=fk_desk,
        outside_desk=out_desk,
        cooperation=cooperation,
        person=make_participant(soc_desk),
    )


def give_consent(
    cast: Cast,
    *,
    person: Participant | None = None,
    recipient: Agency | None = None,
    codes: tuple[str, ...] = ("identity", "question"),
    back: tuple[str, ...] = (),
    follow_up: bool = False,
    until: date | None = None,
) -> Consent:
    """A consent to the psychiatry, as soc records it. `back` is what the person lets the receiver tell."""
    person = person or cast.person
    ours = person.function.agency
    recipient = recipient or cast.psyk_desk.agency
    until = until or timezone.localdate() + timedelta(days=180)
    by_code = Category.objects.in_bulk()
    rows = [RowInput(ours, recipient, by_code[code], "ordna en samtalskontakt", until) for code in codes]
    rows += [RowInput(recipient, ours, by_code[code], "ordna en samtalskontakt", until) for code in back]
    if follow_up:
        rows.append(RowInput(ours, cast.cooperation, by_code["follow_up"], "uppföljning", until))
    return actions.record_consent(
        by=cast.soc,
        agency=ours,
        participant=person,
        form=ConsentForm.WRITTEN,
        given_on=timezone.localdate(),
        rows=rows,
    )


def draft(cast: Cast, *, person: Participant | None = None, text: str = SECRET_TEXT, **texts: str) -> Referral:
    referral = referral_actions.start_referral(
        by=cast.soc,
        participant=person or cast.person,
        receiver=cast.psyk_desk,
        kind=ReferralKind.objects.get(pk="counselling_contact"),
    )
    referral_actions.save_draft(
        by=cast.soc, referral=referral, texts={"question": text, **texts}, answer_wished_on=None
    )
    return referral


def sent(cast: Cast, *, person: Participant | None = None, follow_up: bool = False, **texts: str) -> Referral:
    """A referral sent on a consent that covers what it says."""
    give_consent(cast, person=person, codes=("identity", "question", *texts), follow_up=follow_up)
    referral = draft(cast, person=person, **texts)
    referral_actions.send_referral(by=cast.soc, referral=referral)
    referral.refresh_from_db()
    return referral
