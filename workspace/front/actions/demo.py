"""Making the demo: its people, their consents and their referrals, by the product's own actions."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from notifications.actions import mark_read
from notifications.queries import notifications_of
from referrals import actions as referrals
from referrals.models import Referral, ReferralKind
from referrals.states import (
    AnswerScope,
    CancelCode,
    DelayCode,
    Outcome,
    RecallCode,
    ReturnCode,
    SupplementCode,
    Verb,
)
from workspace.actions import action, record_consent, record_reads, register_participant
from workspace.actions.consents import RowInput
from workspace.front.actions.consents import withdraw_consent
from workspace.front.actions.demo_meetings import meeting_steps
from workspace.front.actions.demo_steering import steering_steps
from workspace.front.actions.demo_talks import talk_steps
from workspace.front.actions.demo_ways import way_steps
from workspace.front.actions.expiry import expire_disclosures
from workspace.front.actions.made import Made, Step
from workspace.front.demo.acts import Act, Story
from workspace.front.demo.cast import (
    AGENCIES,
    COOPERATIONS,
    PASSWORD,
    PEOPLE,
    PITEA,
    USERS,
    PersonGiven,
    UserGiven,
)
from workspace.front.demo.clock import day_ahead, moment, shifted_clock
from workspace.front.demo.consents import CONSENTS, ConsentGiven
from workspace.front.demo.queries import holds_other_data, is_made
from workspace.front.demo.stories import READ_NOTICES, STORIES
from workspace.models import (
    Agency,
    Category,
    Cooperation,
    CooperationAgency,
    CooperationRole,
    Function,
    FunctionMember,
    Ground,
    Membership,
    Municipality,
    Organisation,
    UserAccount,
)

BEGINNING = 260  # working days ago, when the agencies began to cooperate


@action
def make_demo() -> bool:
    """Fill an empty database with the demo, dated from today. False if it is there already.

    Everything in one transaction. What happened on earlier days is done by the real actions in the order it happened,
    with the clock set back, so that history, audit rows, disclosures and notices are those that the actions write.
    Raises ValueError on a database with other data; the caller has asked `holds_other_data` first.
    """
    if holds_other_data():
        raise ValueError("the database holds other data than the demo's")
    if is_made():
        return False
    now = timezone.now()
    made = Made(now)
    with shifted_clock(moment(BEGINNING, "08.00", now)) as clock:
        _make_agencies(made)
        _make_users(made)
        for at, perform in sorted(_steps(made), key=lambda step: step[0]):
            clock.at = at
            perform()
    return True


# ---------- who is who ----------
def _make_agencies(made: Made) -> None:
    places = {place.name: place for place in Municipality.objects.all()}
    for given in AGENCIES:
        organisation, _ = Organisation.objects.get_or_create(name=given.organisation)
        agency = Agency.objects.create(
            organisation=organisation,
            code=given.code,
            name=given.name,
            short_name=given.short_name,
            kind=given.kind,
            municipality=places.get(given.municipality),
        )
        made.agencies[given.code] = agency
        made.desks[given.code] = Function.objects.create(agency=agency)
    for name, place, codes in COOPERATIONS:
        cooperation = made.cooperations[name] = Cooperation.objects.create(name=name)
        cooperation.municipalities.add(places[place])
        CooperationAgency.objects.bulk_create(
            CooperationAgency(cooperation=cooperation, agency=made.agencies[code]) for code in codes
        )


def _make_users(made: Made) -> None:
    # Hashing takes its time on purpose; one hash serves them all.
    password = make_password(PASSWORD)
    for given in USERS:
        user = UserAccount.objects.create(
            username=given.username,
            email=f"{given.username}@example.invalid",
            first_name=given.first_name,
            last_name=given.last_name,
            password=password,
            is_demo=True,
        )
        _give_hats(made, given, user)


def _give_hats(made: Made, given: UserGiven, user: UserAccount) -> None:
    for seat in given.seats:
        member = Membership.objects.create(user=user, agency=made.agencies[seat.agency], role=seat.role)
        key = given.username if len(given.seats) == 1 else f"{given.username}/{seat.agency}"
        made.members[key] = member
        if seat.seat is not None:
            desk = made.desks[seat.agency]
            FunctionMember.objects.create(
                function=desk, membership=member, kind=seat.seat, order=desk.seats.count() + 1
            )
    if given.cooperation_role is not None:
        made.roles[given.username] = CooperationRole.objects.create(
            cooperation=made.cooperations[PITEA], user=user, role=given.cooperation_role
        )


# ---------- what happened, and when ----------
def _steps(made: Made) -> list[Step]:
    """Everything that happens, each with its moment."""
    places = {place.name: place for place in Municipality.objects.all()}
    categories = {category.pk: category for category in Category.objects.all()}

    def at(days_ago: int, time: str) -> datetime:
        return moment(days_ago, time, made.now)

    steps: list[Step] = []
    for person in PEOPLE:
        steps.append((at(person.days_ago, "08.30"), _step(_register, made, person, places[person.municipality])))
    for consent in CONSENTS:
        steps.append((at(consent.days_ago, consent.at), _step(_consent, made, consent, categories)))
    for number, story in enumerate(STORIES):
        for act in story.acts:
            steps.append((at(act.days_ago, act.at), _step(_act, made, number, story, act)))
    steps += meeting_steps(made)
    steps += talk_steps(made)
    steps += way_steps(made)
    steps += steering_steps(made)
    steps.append((at(1, "06.00"), _step(expire_disclosures)))
    for days_ago, time, who in READ_NOTICES:
        steps.append((at(days_ago, time), _step(_read_notices, made.members[who])))
    return steps


def _step(perform: Callable[..., object], *args: object) -> Callable[[], object]:
    return lambda: perform(*args)


def _register(made: Made, given: PersonGiven, municipality: Municipality) -> None:
    by = made.members[given.by]
    made.people[given.key] = register_participant(
        by=by,
        function=made.desks[by.agency.code],
        first_name=given.first_name,
        last_name=given.last_name,
        gender=given.gender,
        birth_year=given.birth_year,
        municipality=municipality,
        phone=given.phone,
    )


def _consent(made: Made, given: ConsentGiven, categories: dict[str, Category]) -> None:
    by = made.members[given.by]
    receiver = made.agencies[given.to]
    told: list[tuple[Agency, Agency | Cooperation, str]] = [
        *((by.agency, receiver, code) for code in given.tells),
        *((receiver, by.agency, code) for code in given.back),
    ]
    if given.follow_up:
        told.append((by.agency, made.cooperations[given.follow_up], "follow_up"))
    made.consents[given.key] = record_consent(
        by=None if given.by_import else by,
        agency=by.agency,
        participant=made.people[given.person],
        form=given.form,
        given_on=timezone.localdate(),
        rows=[
            RowInput(
                discloser=discloser,
                recipient=recipient,
                category=categories[code],
                purpose=given.purpose,
                valid_until=timezone.localdate(made.now) + timedelta(days=given.days_left),
            )
            for discloser, recipient, code in told
        ],
        limits=given.limits,
        to_be_confirmed=given.by_import,
    )


def _read_notices(member: Membership) -> None:
    mark_read(by=member, notifications=notifications_of(member))


# ---------- one step of a referral ----------
def _act(made: Made, number: int, story: Story, act: Act) -> None:
    """What somebody did in a referral, after having opened its page."""
    by = made.members[act.by]
    if act.verb == Verb.CREATE:
        made.referrals[number] = _begin(made, story, by)
        return
    referral = made.referrals[number]
    record_reads(
        by=by,
        session_digest="",
        what="referral",
        object_id=referral.pk,
        participants=[referral.participant_id],
        refreshed=(),
    )
    _perform(made, story, act, by, referral)


def _begin(made: Made, story: Story, by: Membership) -> Referral:
    referral = referrals.start_referral(
        by=by,
        participant=made.people[story.person],
        receiver=made.desks[story.to],
        kind=ReferralKind.objects.get(pk=story.kind),
    )
    if story.ground != "consent":
        ground = Ground.objects.get(pk=story.ground)
        referrals.change_draft_ground(by=by, referral=referral, ground=ground, reason=story.ground_reason)
    wished = None if story.wished is None else day_ahead(story.wished, timezone.localdate(made.now))
    referrals.save_draft(by=by, referral=referral, texts=story.texts, answer_wished_on=wished)
    return referral


def _perform(made: Made, story: Story, act: Act, by: Membership, referral: Referral) -> None:
    match act.verb:
        case Verb.SEND:
            referrals.send_referral(by=by, referral=referral)
        case Verb.ACKNOWLEDGE:
            referrals.acknowledge_referral(by=by, referral=referral, scope=AnswerScope(act.code))
        case Verb.ACCEPT:
            referrals.accept_referral(by=by, referral=referral)
        case Verb.DECIDE:
            referrals.decide_referral(by=by, referral=referral, outcome=Outcome(act.code), text=act.text)
        case Verb.RETURN:
            referrals.return_referral(by=by, referral=referral, code=ReturnCode(act.code), text=act.text)
        case Verb.REVISE:
            referrals.revise_referral(by=by, referral=referral)
        case Verb.CLOSE:
            referrals.close_referral(by=by, referral=referral)
        case Verb.RECALL:
            referrals.recall_referral(by=by, referral=referral, code=RecallCode(act.code))
        case Verb.GROUND_WITHDRAWN:
            consent = made.consents[story.consent]
            rows = set(consent.rows.values_list("pk", flat=True))
            withdraw_consent(by=by, consent=consent, row_ids=rows)
        case _:
            _perform_clocked(made, act, by, referral)


def _perform_clocked(made: Made, act: Act, by: Membership, referral: Referral) -> None:
    match act.verb:
        case Verb.START:
            referrals.start_referral_work(by=by, referral=referral)
        case Verb.ASK_SUPPLEMENT:
            referrals.ask_supplement(by=by, referral=referral, code=SupplementCode(act.code), text=act.text)
        case Verb.SUGGEST_REDIRECT:
            referrals.suggest_redirect(by=by, referral=referral, receiver=made.desks[act.code], text=act.text)
        case Verb.REQUEST_CANCEL:
            referrals.request_cancel(by=by, referral=referral, code=CancelCode(act.code))
        case Verb.CONFIRM_CANCEL:
            referrals.confirm_cancel(by=by, referral=referral)
        case Verb.DISPUTE:
            referrals.dispute_referral(by=by, referral=referral)
        case Verb.NEW_DATE:
            until_on = day_ahead(act.days, timezone.localdate())
            referrals.set_new_date(by=by, referral=referral, code=DelayCode(act.code), until_on=until_on)
        case _:
            raise ValueError(f"the demo has no {act.verb}")
