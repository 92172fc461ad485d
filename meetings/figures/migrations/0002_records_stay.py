"""A frozen month stays as it was frozen (house.md 4.8, L32). See pathway's migration of the same name."""

from django.db import migrations

TABLES = ("snapshot", "whatwechange")
REFUSE = """
CREATE TRIGGER figures_{table}_no_{verb} BEFORE {verb} ON figures_{table}
BEGIN SELECT RAISE(ABORT, 'figures_{table} is never changed'); END;
"""


def guard(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        return
    for table in TABLES:
        for verb in ("UPDATE", "DELETE"):
            schema_editor.execute(REFUSE.format(table=table, verb=verb))


class Migration(migrations.Migration):
    dependencies = [("figures", "0001_initial")]
    operations = [migrations.RunPython(guard, migrations.RunPython.noop)]
