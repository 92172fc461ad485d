"""Records stay as they were written (house.md 4.8).

On PostgreSQL the application's role may not change them, and a trigger holds that a disclosure ends once. SQLite has
no roles: there triggers refuse the same. They stop mistakes, not somebody who holds the file.
"""

from django.db import migrations

REFUSE = """
CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is never changed'); END;
"""
ONLY_ITS_END = """
CREATE TRIGGER workspace_disclosure_only_its_end BEFORE UPDATE ON workspace_disclosure
WHEN NEW.participant_id IS NOT OLD.participant_id OR NEW.discloser_id IS NOT OLD.discloser_id
  OR NEW.recipient_id IS NOT OLD.recipient_id OR NEW.recipient_cooperation_id IS NOT OLD.recipient_cooperation_id
  OR NEW.category_id IS NOT OLD.category_id OR NEW.purpose IS NOT OLD.purpose OR NEW.ground_id IS NOT OLD.ground_id
  OR NEW.consent_row_id IS NOT OLD.consent_row_id OR NEW.officer_id IS NOT OLD.officer_id
  OR NEW.reason IS NOT OLD.reason OR NEW.made_at IS NOT OLD.made_at OR NEW.ends_at IS NOT OLD.ends_at
  OR OLD.ended_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a disclosure only ends, once'); END;
"""
ENDS_ONCE = """
CREATE FUNCTION workspace_disclosure_ends_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'a disclosure only ends, once'; END $$;
CREATE TRIGGER workspace_disclosure_ends_once BEFORE UPDATE ON workspace_disclosure
FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL) EXECUTE FUNCTION workspace_disclosure_ends_once();
"""


def guard(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(ENDS_ONCE)
        return
    for verb in ("UPDATE", "DELETE"):
        schema_editor.execute(REFUSE.format(table="workspace_auditentry", verb=verb))
    schema_editor.execute(REFUSE.format(table="workspace_disclosure", verb="DELETE"))
    schema_editor.execute(ONLY_ITS_END)


class Migration(migrations.Migration):
    dependencies = [("workspace", "0002_reference_data")]
    operations = [migrations.RunPython(guard, migrations.RunPython.noop)]
