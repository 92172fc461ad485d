"""An agency's manager lets its counts into a cooperation's figures; who reads those; and what is changed by them."""

from itertools import pairwise

import pytest
from django.http import Http404

from meetings.figures.actions.agreements import agree_to_figures, end_agreement_on_figures
from meetings.figures.actions.changes import write_change
from meetings.figures.actions.freezing import freeze_month
from meetings.figures.actions.published import write_published
from meetings.figures.errors import DoesNotHold
from meetings.figures.models import FiguresAgreement
from meetings.figures.queries import (
    access_figures,
    access_goal,
    access_own_cooperation,
    access_published,
    agreements_of,
    changes_of,
    goals_of,
    report_of,
)
from meetings.figures.queries.known import agreed_agencies
from tests.cast import Cast, make_user
from tests.figures.stage import AUGUST, SEPTEMBER, Way, know, moment, norrsken
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import AuditEntry, Cooperation, CooperationRole
from workspace.states import CooperationRoleKind


def role(cooperation: Cooperation, kind: str) -> CooperationRole:
    return CooperationRole.objects.create(cooperation=cooperation, user=make_user(f"{kind}{cooperation.pk}"), role=kind)


# ---------- whose counts ----------
def test_only_a_manager_of_an_agency_in_the_cooperation_agrees_and_ends_it(cast: Cast) -> None:
    for name, hat in cast.members.items():
        if name not in {"soc_manager", "psyk_manager"}:
            with pytest.raises(NotAllowed):
                agree_to_figures(by=hat, cooperation=cast.cooperation)
    with pytest.raises(NotAllowed):
        agree_to_figures(by=cast.soc_manager, cooperation=Cooperation.objects.get(name="Samverkan Arvidsjaur"))
    agreement = agree_to_figures(by=cast.soc_manager, cooperation=cast.cooperation)
    with pytest.raises(SomebodyWasFaster):
        agree_to_figures(by=cast.soc_manager, cooperation=cast.cooperation)
    for hat in (cast.soc, cast.psyk_manager, cast.psyk, cast.outsider):
        with pytest.raises(NotAllowed):
            end_agreement_on_figures(by=hat, agreement=agreement)
    end_agreement_on_figures(by=cast.soc_manager, agreement=agreement)
    with pytest.raises(SomebodyWasFaster):
        end_agreement_on_figures(by=cast.soc_manager, agreement=agreement)
    agree_to_figures(by=cast.soc_manager, cooperation=cast.cooperation)
    assert FiguresAgreement.objects.count() == 2
    told = list(AuditEntry.objects.filter(what__startswith="figures.").values_list("what", flat=True))
    assert told == ["figures.agree", "figures.agree.end", "figures.agree"]


def test_what_held_at_the_cutoff_is_counted(cast: Cast) -> None:
    agency = cast.soc_desk.agency
    agreement = agree_to_figures(by=cast.soc_manager, cooperation=cast.cooperation)
    FiguresAgreement.objects.filter(pk=agreement.pk).update(made_at=moment(2014, 8, 5), ended_at=moment(2014, 9, 5))
    days = [moment(2014, *day) for day in ((8, 4), (8, 5), (9, 4), (9, 5))]
    assert [agreed_agencies(cast.cooperation, day) for day in days] == [[], [agency], [agency], []]
    know(cast.cooperation, agency, [Way()] * 12)
    assert [
        report_of(freeze_month(cooperation=cast.cooperation, month=month)).people for month in (AUGUST, SEPTEMBER)
    ] == [
        12,
        0,
    ]


def test_a_manager_reads_its_own_agreements_and_nobody_else_any(cast: Cast) -> None:
    assert [(own.cooperation, own.agreement) for own in agreements_of(cast.soc_manager)] == [(cast.cooperation, None)]
    agreement = agree_to_figures(by=cast.soc_manager, cooperation=cast.cooperation)
    assert access_own_cooperation(cast.soc_manager, cast.cooperation.pk).agreement == agreement
    assert access_own_cooperation(cast.psyk_manager, cast.cooperation.pk).agreement is None
    for hat in (cast.soc, cast.psyk, cast.outsider, cast.coordinator, cast.chair):
        with pytest.raises(Http404):
            agreements_of(hat)
    with pytest.raises(Http404):
        access_own_cooperation(cast.soc_manager, Cooperation.objects.get(name="Samverkan Arvidsjaur").pk)


# ---------- who reads ----------
def test_every_role_of_the_cooperation_reads_its_figures_and_no_agencys_hat_does(cast: Cast) -> None:
    for kind in CooperationRoleKind.values:
        hat = role(cast.cooperation, kind)
        assert access_figures(hat) == cast.cooperation
    for member in cast.members.values():
        with pytest.raises(Http404):
            access_figures(member)


def test_a_role_reads_nothing_of_another_cooperation(cast: Cast) -> None:
    freeze_month(cooperation=norrsken(cast), month=AUGUST)
    goal = goals_of(cast.cooperation)[0]
    elsewhere = role(Cooperation.objects.get(name="Samverkan Arvidsjaur"), CooperationRoleKind.COORDINATOR)
    figure = write_published(by=cast.coordinator, goal=goal, source="Hemligt", total=9, parts={})
    with pytest.raises(Http404):
        access_goal(elsewhere, goal.pk)
    with pytest.raises(Http404):
        access_published(elsewhere, figure.pk)
    assert access_published(cast.coordinator, figure.pk) == figure
    assert access_goal(cast.chair, goal.pk) == goal


# ---------- what we change ----------
def test_the_coordinator_and_the_chair_write_what_is_changed_and_who_sees_to_it(cast: Cast) -> None:
    snapshot = freeze_month(cooperation=cast.cooperation, month=AUGUST)
    psyk = cast.psyk_desk.agency
    write_change(by=cast.chair, snapshot=snapshot, text="Kortare väg in", owner=psyk)
    write_change(by=cast.coordinator, snapshot=snapshot, text=" Fler platser ")
    changes = list(changes_of(cast.cooperation))
    assert {(one.text, one.owner) for one in changes} == {("Kortare väg in", psyk), ("Fler platser", None)}
    assert all(later.made_at <= earlier.made_at for earlier, later in pairwise(changes))
    others = [role(cast.cooperation, kind) for kind in ("steering", "evaluator", "elected")]
    elsewhere = role(Cooperation.objects.get(name="Samverkan Arvidsjaur"), "chair")
    for hat in (*others, elsewhere, *cast.members.values()):
        with pytest.raises(NotAllowed):
            write_change(by=hat, snapshot=snapshot, text="Hemligtexten")
    for wrong in ({"text": " "}, {"text": "Något", "owner": cast.outside_desk.agency}):
        with pytest.raises(DoesNotHold):
            write_change(by=cast.chair, snapshot=snapshot, **wrong)
    assert changes_of(cast.cooperation).count() == 2
