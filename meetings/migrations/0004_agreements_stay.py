"""What a party answered and what was agreed stays as it was written (house.md 4.8).

On PostgreSQL the application's role may not change these tables (`prepare_database`). SQLite has no roles: there
triggers refuse the same. They stop mistakes, not somebody who holds the file.
"""

from django.db import migrations

TABLES = (
    "conversationevent",
    "planevent",
    "timeanswer",
    "invitationanswer",
    "agreementversion",
    "agreementanswer",
)
REFUSE = """
CREATE TRIGGER meetings_{table}_no_{verb} BEFORE {verb} ON meetings_{table}
BEGIN SELECT RAISE(ABORT, 'meetings_{table} is never changed'); END;
"""


def guard(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        return
    for table in TABLES:
        for verb in ("UPDATE", "DELETE"):
            schema_editor.execute(REFUSE.format(table=table, verb=verb))


class Migration(migrations.Migration):
    dependencies = [("meetings", "0003_conversations")]
    operations = [migrations.RunPython(guard, migrations.RunPython.noop)]
