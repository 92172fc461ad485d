"""The survey after an activity: asked of a person, answered by nobody in particular (R42, R43)."""

from django.utils import timezone

from workspace.actions import action, lock_participant, record_act
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Browser
from workspace.pathway.models import Activity, SurveyAnswer, SurveyRequest
from workspace.pathway.queries.activities import activities_to_ask_about
from workspace.pathway.queries.surveys import is_open
from workspace.pathway.states import Equal
from workspace.states import AuditAct

POINTS = range(1, 6)
ANSWERED = "Du har redan svarat. Tack för det."


@action
def ask_survey(*, activity: Activity) -> bool:
    """Ask the participant how an activity was that has ended lately; once. Inside the sweep's own action.

    Locks the participant and writes the request; the caller sees to it that the participant hears of it. False where
    there is nothing to ask any more.
    """
    lock_participant(activity.enrolment.participant_id or 0)
    if not activities_to_ask_about().filter(pk=activity.pk).exists():
        return False
    SurveyRequest.objects.create(activity=activity)
    return True


@action
def answer_survey(*, by: Browser, asked: SurveyRequest, useful: int, listened: int, equal: Equal) -> None:
    """Answer once, anonymously: the answer goes to a table of its own, the request only learns that there is one.

    Locks the participant; marks the request; writes the answer with the kind of activity, the present month (so
    that a month that has been frozen never gets new answers), sex and cooperation, under a random key; and an audit row
    that says only that a survey was answered: no key of the answer, and not which survey. Tells nobody. Refuses
    another's survey, one that has its answer, one that is too old, and values outside 1–5. Units: points.

    What somebody who can read the database itself could still guess, which no page and no role of the product can:
    - Where few answered of one kind, month, sex and cooperation, their answers are among few; where one was, it is
      theirs. Figures hide such cells.
    - The row lies in the table where PostgreSQL put it (`ctid`) and carries the number of its transaction (`xmin`),
      which the request, the audit row and the form's key carry too, until the rows are frozen or rewritten. So do the
      write-ahead log and two backups taken before and after.
    - The audit row has the moment; whoever watches the tables at that moment sees which answer is new.
    Source: R42, R43, L58.
    """
    participant = lock_participant(by.participant_id)
    now = (
        SurveyRequest.objects.select_related("activity__enrolment")
        .filter(pk=asked.pk, activity__enrolment__participant=participant, activity__cancelled_at__isnull=True)
        .first()
    )
    if now is None:
        raise NotAllowed("Frågorna finns inte längre.")
    if not is_open(now):
        raise SomebodyWasFaster(ANSWERED if now.is_answered else "Det har gått för lång tid. Du kan inte svara nu.")
    if useful not in POINTS or listened not in POINTS or equal not in Equal.values:
        raise NotAllowed("Välj ett svar på varje fråga.")
    if not SurveyRequest.objects.filter(pk=now.pk, is_answered=False).update(is_answered=True):
        raise SomebodyWasFaster(ANSWERED)
    SurveyAnswer.objects.create(
        cooperation_id=now.activity.enrolment.cooperation_id,
        kind_id=now.activity.kind_id,
        month=timezone.localdate().replace(day=1),
        gender=participant.gender,
        useful=useful,
        listened=listened,
        equal=equal,
    )
    record_act(by=by, act=AuditAct.WRITE, what="survey.answer")
