"""Questions of which one tells something of another, counted together: what is hidden in one must be in the others too.

«Vad hände sedan?» tells of every goal about work, studies and success; two goals with the same event, or among the
same people, tell of each other. Reads as `known` does: aggregates only.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Count, Q

from meetings.figures.queries.known import OUTCOMES, Definition, Moment, known_ways
from meetings.figures.states import Did, Event, Population
from workspace.pathway.states import SUCCESS, WORK_OR_STUDIES, YesNo

Joint = dict[tuple[str, ...], dict[tuple[str, str, tuple[str, ...]], int]]
OUTCOMES_CODE = "outcomes"
OUTCOME_EVENTS = {Event.WORK_OR_STUDIES: WORK_OR_STUDIES, Event.SUCCESS: SUCCESS}
FIELDS = (
    "outcome", "increased", "picture", "plan_made", "path_identified", "plan_completed", "completed_time",
)  # fmt: skip
CODES = {outcome: code for code, outcomes in OUTCOMES.items() for outcome in outcomes}
ROW_OF_POPULATION = {Population.COMPLETED_PLAN: "plan_completed", Population.COMPLETED_TIME: "completed_time"}


def columns_of(definition: Definition) -> list[str]:
    """What decides where somebody stands to a goal."""
    event = Event(definition.event)
    found = ["outcome" if event in OUTCOME_EVENTS else event.value]
    if definition.population != Population.DISCHARGED:
        found.append(ROW_OF_POPULATION[Population(definition.population)])
    return found


def groups_of(definitions: Sequence[Definition]) -> list[tuple[str, ...]]:
    """Codes of questions that share a column, «outcomes» among them; each in one group, none alone."""
    groups: list[tuple[set[str], set[str]]] = [({OUTCOMES_CODE}, {"outcome"})]
    for definition in definitions:
        names, columns = {definition.code}, set(columns_of(definition))
        for group in [one for one in groups if one[1] & columns]:
            groups.remove(group)
            names |= group[0]
            columns |= group[1]
        groups.append((names, columns))
    return sorted(tuple(sorted(names)) for names, _ in groups if len(names) > 1)


def count_joint(at: Moment, definitions: Sequence[Definition]) -> Joint:
    """Where the discharged stand to the questions of each group at once, by municipality and gender. One query."""
    groups = groups_of(definitions)
    by_code = {definition.code: definition for definition in definitions}
    together = [by_code[name] for names in groups for name in names if name in by_code]
    columns = [name for name in FIELDS if any(name in columns_of(one) for one in together)]
    rows = (
        known_ways(at)
        .filter(Q(ended_on__lte=at.last))
        .values("municipality__name", "gender", *columns)
        .annotate(count=Count("pk"))
    )
    found: Joint = {names: defaultdict(int) for names in groups}
    for row in rows:
        for names in groups:
            atom = tuple(
                CODES[row["outcome"]] if name == OUTCOMES_CODE else stands(by_code[name], row) for name in names
            )
            found[names][row["municipality__name"], row["gender"], atom] += row["count"]
    return {names: dict(counts) for names, counts in found.items()}


def stands(definition: Definition, row: Mapping[str, Any]) -> str:
    """Where somebody of whom these columns are known stands to a goal; the same as `count_ways` counts in SQL."""
    population, event = Population(definition.population), Event(definition.event)
    if population in ROW_OF_POPULATION and not row[ROW_OF_POPULATION[population]]:
        return Did.OUTSIDE.value
    if event in OUTCOME_EVENTS:
        did = row["outcome"] in OUTCOME_EVENTS[event] if row["outcome"] else None
    elif event in {Event.INCREASED, Event.PICTURE}:
        did = row[event.value] == YesNo.YES if row[event.value] else None
    else:
        did = bool(row[event.value])
    return {True: Did.YES, False: Did.NO, None: Did.NO_ANSWER}[did].value
