"""What an agency has adopted and who has read it stays as it was said (house.md 4.8).

On PostgreSQL the application's role may not change these tables (`prepare_database`). SQLite has no roles: there
triggers refuse the same. They stop mistakes, not somebody who holds the file.
"""

from django.db import migrations

TABLES = ("adoption", "readconfirmation")
REFUSE = """
CREATE TRIGGER steering_{table}_no_{verb} BEFORE {verb} ON steering_{table}
BEGIN SELECT RAISE(ABORT, 'steering_{table} is never changed'); END;
"""


def guard(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        return
    for table in TABLES:
        for verb in ("UPDATE", "DELETE"):
            schema_editor.execute(REFUSE.format(table=table, verb=verb))


class Migration(migrations.Migration):
    dependencies = [("steering", "0001_initial")]
    operations = [migrations.RunPython(guard, migrations.RunPython.noop)]
