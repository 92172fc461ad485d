"""What was decided, written and answered on somebody's way stays as it was written (house.md 4.8).

On PostgreSQL the application's role may not change these tables (`prepare_database`). SQLite has no roles: there
triggers refuse the same. They stop mistakes, not somebody who holds the file.
"""

from django.db import migrations

TABLES = ("phasedecision", "discharge", "areatext", "planversion", "plananswer", "planevent", "surveyanswer")
REFUSE = """
CREATE TRIGGER pathway_{table}_no_{verb} BEFORE {verb} ON pathway_{table}
BEGIN SELECT RAISE(ABORT, 'pathway_{table} is never changed'); END;
"""
# What was counted stays; that it no longer holds is all that is ever added to it.
COUNTED = (
    "enrolment_id, agency_id, cooperation_id, municipality_id, gender, birth_year, enrolled_on, ended_on, plan_on,"
    " plan_made, plan_completed, completed_time, path_identified, increased, picture, outcome, income_before,"
    " income_after, recorded_at"
)
ONLY_SUPERSEDED = f"""
CREATE TRIGGER pathway_enrolmentrecord_only_superseded BEFORE UPDATE OF {COUNTED} ON pathway_enrolmentrecord
BEGIN SELECT RAISE(ABORT, 'pathway_enrolmentrecord is only superseded'); END;
"""


def guard(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        return
    for table in TABLES:
        for verb in ("UPDATE", "DELETE"):
            schema_editor.execute(REFUSE.format(table=table, verb=verb))
    schema_editor.execute(REFUSE.format(table="enrolmentrecord", verb="DELETE"))
    schema_editor.execute(ONLY_SUPERSEDED)


class Migration(migrations.Migration):
    dependencies = [("pathway", "0002_reference_data")]
    operations = [migrations.RunPython(guard, migrations.RunPython.noop)]
