"""Signed means locked: the database takes no more parts, answers or versions past a seal (house.md 4.8, L42).

On PostgreSQL the application's role may not change or remove these rows (`prepare_database`); the triggers here refuse
what it may do, which is to add: past a seal, out of order, or without the line of history that says the same. Whoever
inserts and whoever seals wait for each other, so that nothing slips in between; a snapshot from before the seal would
not see it, so these tables are written in READ COMMITTED only. What history must agree with is checked at commit.
The triggers refuse the owner's updates and deletes too: a migration that must change such a row disables them first.

SQLite has no roles: triggers refuse the same, and INSERT OR REPLACE, which deletes past a delete trigger. They stop
mistakes, not somebody who holds the file.
"""

from django.db import migrations

SEALED = ("minutes", "minutespart", "minutesapproval", "minutesseal", "minutesaddendum", "minutesposting")
NEW_ON_SQLITE = ("minutesseal", "minutesaddendum", "minutesposting", "decisionreport")
NO_REPLACE = (*SEALED, "decisionreport", "meetingevent")
SAID = "('minutes_send', 'minutes_approved', 'minutes_sealed', 'minutes_addendum', 'minutes_post')"

# ---------- PostgreSQL ----------
FUNCTION = """
CREATE FUNCTION {name} RETURNS {returns} LANGUAGE plpgsql SECURITY INVOKER SET search_path = public, pg_temp AS $body$
{body}
$body$
"""
HAT = "coalesce('m' || NEW.member_id, 'r' || NEW.role_id, '')"
AT = """to_char(NEW.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') || '+00:00'"""
REFUSE = "RAISE EXCEPTION 'minutes: %', {why} USING ERRCODE = 'restrict_violation'"


def refuse(why):
    return REFUSE.format(why=f"'{why}'")


HOLD = f"""
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    {refuse("written in read committed only")};
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('meetings_minutes', meeting));
END
"""
NEVER = f"BEGIN {refuse('never changed')}; END"
ON_VERSION = f"""
DECLARE newest record; now_state text;
BEGIN
  PERFORM meetings_hold_minutes(NEW.meeting_id);
  SELECT m.version, m.head ->> 'mode' AS mode, s.id AS seal INTO newest FROM meetings_minutes m
    LEFT JOIN meetings_minutesseal s ON s.minutes_id = m.id
    WHERE m.meeting_id = NEW.meeting_id ORDER BY m.version DESC LIMIT 1;
  IF NEW.version <> coalesce(newest.version, 0) + 1 THEN {refuse("versions come in order")}; END IF;
  SELECT minutes_state INTO now_state FROM meetings_meeting WHERE id = NEW.meeting_id;
  IF newest.seal IS NOT NULL AND (newest.mode = 'formal' OR now_state = 'approved') THEN {refuse("sealed")}; END IF;
  RETURN NEW;
END
"""
# A part, an answer or a seal: of a version that no seal stands at or after.
ON_CONTENT = f"""
DECLARE own record;
BEGIN
  SELECT meeting_id, version INTO own FROM meetings_minutes WHERE id = NEW.minutes_id;
  PERFORM meetings_hold_minutes(own.meeting_id);
  IF EXISTS (SELECT 1 FROM meetings_minutesseal s JOIN meetings_minutes m ON m.id = s.minutes_id
      WHERE m.meeting_id = own.meeting_id AND m.version >= own.version) THEN {refuse("sealed")}; END IF;
  IF TG_TABLE_NAME = 'meetings_minutespart'
      AND EXISTS (SELECT 1 FROM meetings_minutesrecipient r WHERE r.minutes_id = NEW.minutes_id) THEN
    {refuse("already sent")};
  END IF;
  RETURN NEW;
END
"""
ON_ADDENDUM = f"""
DECLARE own record; before record;
BEGIN
  SELECT m.meeting_id, s.digest INTO own FROM meetings_minutes m
    LEFT JOIN meetings_minutesseal s ON s.minutes_id = m.id WHERE m.id = NEW.minutes_id;
  PERFORM meetings_hold_minutes(own.meeting_id);
  IF own.digest IS NULL THEN {refuse("not sealed")}; END IF;
  SELECT number, digest INTO before FROM meetings_minutesaddendum WHERE minutes_id = NEW.minutes_id
    ORDER BY number DESC LIMIT 1;
  IF NEW.number <> coalesce(before.number, 0) + 1 THEN {refuse("addenda come in order")}; END IF;
  IF NEW.digest <> encode(sha256(convert_to(coalesce(before.digest, own.digest) || E'\\n' || NEW.number || E'\\n'
      || {HAT} || E'\\n' || {AT} || E'\\n' || NEW.author || E'\\n' || NEW.text, 'UTF8')), 'hex') THEN
    {refuse("another digest")};
  END IF;
  RETURN NEW;
END
"""
ON_POSTING = f"""
DECLARE own record;
BEGIN
  SELECT m.meeting_id, m.head ->> 'mode' AS mode, s.id AS seal INTO own FROM meetings_minutes m
    LEFT JOIN meetings_minutesseal s ON s.minutes_id = m.id WHERE m.id = NEW.minutes_id;
  PERFORM meetings_hold_minutes(own.meeting_id);
  IF own.seal IS NULL OR own.mode IS DISTINCT FROM 'formal' THEN {refuse("not sealed formal minutes")}; END IF;
  RETURN NEW;
END
"""
# A line of history that the seals are compared with is true when it is written.
ON_EVENT = f"""
DECLARE sent integer;
BEGIN
  PERFORM meetings_hold_minutes(NEW.meeting_id);
  IF NEW.verb = 'minutes_send' THEN
    SELECT count(*) INTO sent FROM meetings_meetingevent WHERE meeting_id = NEW.meeting_id AND verb = 'minutes_send';
    IF EXISTS (SELECT 1 FROM meetings_minutes m WHERE m.meeting_id = NEW.meeting_id AND m.version = sent + 1
        AND m.reason = NEW.text AND m.member_id IS NOT DISTINCT FROM NEW.member_id
        AND m.role_id IS NOT DISTINCT FROM NEW.role_id) THEN RETURN NEW; END IF;
  ELSIF NEW.verb IN ('minutes_approved', 'minutes_sealed') THEN
    IF EXISTS (SELECT 1 FROM meetings_minutesseal s JOIN meetings_minutes m ON m.id = s.minutes_id
        WHERE m.meeting_id = NEW.meeting_id AND s.digest = NEW.text) THEN RETURN NEW; END IF;
  ELSIF NEW.verb = 'minutes_addendum' THEN
    IF EXISTS (SELECT 1 FROM meetings_minutesaddendum a JOIN meetings_minutes m ON m.id = a.minutes_id
        WHERE m.meeting_id = NEW.meeting_id AND a.digest = NEW.text) THEN RETURN NEW; END IF;
  ELSIF EXISTS (SELECT 1 FROM meetings_minutesposting p JOIN meetings_minutes m ON m.id = p.minutes_id
      JOIN meetings_minutesseal s ON s.minutes_id = m.id WHERE m.meeting_id = NEW.meeting_id
      AND NEW.text = encode(sha256(convert_to(s.digest || E'\\n' || to_char(p.posted_on, 'YYYY-MM-DD') || E'\\n'
      || {HAT.replace("NEW.", "p.")} || E'\\n' || {AT.replace("NEW.", "p.")} || E'\\n' || p.where, 'UTF8')), 'hex'))
      THEN RETURN NEW;
  END IF;
  {refuse("history says what has happened")};
END
"""
ON_STATE = f"""
DECLARE newest record;
BEGIN
  IF NEW.minutes_state = OLD.minutes_state THEN RETURN NEW; END IF;
  PERFORM meetings_hold_minutes(OLD.id);
  SELECT m.head ->> 'mode' AS mode, s.sealed_at INTO newest FROM meetings_minutes m
    LEFT JOIN meetings_minutesseal s ON s.minutes_id = m.id
    WHERE m.meeting_id = OLD.id ORDER BY m.version DESC LIMIT 1;
  IF NOT FOUND THEN RETURN NEW; END IF;
  IF NEW.minutes_state = 'approved' AND newest.sealed_at IS NULL THEN {refuse("not sealed")}; END IF;
  IF OLD.minutes_state = 'approved' AND newest.sealed_at IS NOT NULL AND (newest.mode = 'formal'
      OR NOT EXISTS (SELECT 1 FROM meetings_meetingevent e WHERE e.meeting_id = OLD.id
        AND e.verb = 'minutes_correct' AND e.at >= newest.sealed_at)) THEN {refuse("sealed")}; END IF;
  RETURN NEW;
END
"""
# At commit: what has been added stands in the history.
AT_COMMIT = f"""
DECLARE own bigint; found boolean;
BEGIN
  IF TG_TABLE_NAME = 'meetings_minutes' THEN
    SELECT count(*) >= NEW.version INTO found FROM meetings_meetingevent
      WHERE meeting_id = NEW.meeting_id AND verb = 'minutes_send';
  ELSE
    SELECT meeting_id INTO own FROM meetings_minutes WHERE id = NEW.minutes_id;
    IF TG_TABLE_NAME = 'meetings_minutesposting' THEN
      found := EXISTS (SELECT 1 FROM meetings_meetingevent WHERE meeting_id = own AND verb = 'minutes_post');
    ELSE
      found := EXISTS (SELECT 1 FROM meetings_meetingevent WHERE meeting_id = own AND text = NEW.digest
        AND verb IN ('minutes_approved', 'minutes_sealed', 'minutes_addendum'));
    END IF;
  END IF;
  IF NOT found THEN {refuse("not in the history")}; END IF;
  RETURN NULL;
END
"""
BODIES = {
    "never_minutes": NEVER,
    "on_minutes": ON_VERSION,
    "on_minutes_content": ON_CONTENT,
    "on_minutes_addendum": ON_ADDENDUM,
    "on_minutes_posting": ON_POSTING,
    "on_minutes_event": ON_EVENT,
    "on_minutes_state": ON_STATE,
    "on_minutes_commit": AT_COMMIT,
}
ON_INSERT = {
    "minutes": "on_minutes",
    "minutespart": "on_minutes_content",
    "minutesapproval": "on_minutes_content",
    "minutesseal": "on_minutes_content",
    "minutesaddendum": "on_minutes_addendum",
    "minutesposting": "on_minutes_posting",
}
ROW = "FOR EACH ROW EXECUTE FUNCTION"


def on_postgresql():
    yield FUNCTION.format(name="meetings_hold_minutes(meeting bigint)", returns="void", body=HOLD)
    for name, body in BODIES.items():
        yield FUNCTION.format(name=f"meetings_{name}()", returns="trigger", body=body)
    for table in SEALED:
        own = f"meetings_{table}"
        yield f"CREATE TRIGGER {own}_never BEFORE UPDATE OR DELETE ON {own} {ROW} meetings_never_minutes()"
        yield f"CREATE TRIGGER {own}_guard BEFORE INSERT ON {own} {ROW} meetings_{ON_INSERT[table]}()"
    for table in ("minutes", "minutesseal", "minutesaddendum", "minutesposting"):
        own = f"meetings_{table}"
        yield (
            f"CREATE CONSTRAINT TRIGGER {own}_said AFTER INSERT ON {own} DEFERRABLE INITIALLY DEFERRED "
            f"{ROW} meetings_on_minutes_commit()"
        )
    yield (
        "CREATE TRIGGER meetings_meetingevent_guard BEFORE INSERT ON meetings_meetingevent FOR EACH ROW "
        f"WHEN (NEW.verb IN {SAID}) EXECUTE FUNCTION meetings_on_minutes_event()"
    )
    yield (
        "CREATE TRIGGER meetings_meeting_minutes_guard BEFORE UPDATE OF minutes_state ON meetings_meeting "
        f"{ROW} meetings_on_minutes_state()"
    )


# ---------- SQLite ----------
STOP = "BEGIN SELECT RAISE(ABORT, 'meetings_{table}: {why}'); END"
OWN = "SELECT meeting_id FROM meetings_minutes WHERE id = NEW.minutes_id"
SEALED_FROM = f"""EXISTS (SELECT 1 FROM meetings_minutesseal s JOIN meetings_minutes m ON m.id = s.minutes_id
  WHERE m.meeting_id = ({OWN}) AND m.version >= (SELECT version FROM meetings_minutes WHERE id = NEW.minutes_id))"""
NEWEST = """(SELECT {what} FROM meetings_minutes m LEFT JOIN meetings_minutesseal s ON s.minutes_id = m.id
  WHERE m.meeting_id = {meeting} ORDER BY m.version DESC LIMIT 1)"""


def newest(what, meeting):
    return NEWEST.format(what=what, meeting=meeting)


FORMAL, SEAL, SEALED_AT = "m.head ->> '$.mode'", "s.id", "s.sealed_at"
HAS_SEAL = "EXISTS (SELECT 1 FROM meetings_minutesseal s WHERE s.minutes_id = NEW.minutes_id)"
NEXT_NUMBER = "(SELECT coalesce(max(number), 0) + 1 FROM meetings_minutesaddendum WHERE minutes_id = NEW.minutes_id)"
SENT = "(SELECT count(*) FROM meetings_meetingevent WHERE meeting_id = NEW.meeting_id AND verb = 'minutes_send')"
CONDITIONS = (
    (
        "minutes",
        "INSERT",
        f"NEW.version <> coalesce({newest('m.version', 'NEW.meeting_id')}, 0) + 1"
        f" OR ({newest(SEAL, 'NEW.meeting_id')} IS NOT NULL AND ({newest(FORMAL, 'NEW.meeting_id')} = 'formal'"
        " OR (SELECT minutes_state FROM meetings_meeting WHERE id = NEW.meeting_id) = 'approved'))",
    ),
    (
        "minutespart",
        "INSERT",
        f"{SEALED_FROM} OR EXISTS (SELECT 1 FROM meetings_minutesrecipient r WHERE r.minutes_id = NEW.minutes_id)",
    ),
    ("minutesapproval", "INSERT", SEALED_FROM),
    ("minutesseal", "INSERT", SEALED_FROM),
    ("minutesaddendum", "INSERT", f"NOT {HAS_SEAL} OR NEW.number <> {NEXT_NUMBER}"),
    (
        "minutesposting",
        "INSERT",
        f"NOT {HAS_SEAL} OR coalesce((SELECT head ->> '$.mode' FROM meetings_minutes WHERE id = NEW.minutes_id), '')"
        " <> 'formal' OR EXISTS (SELECT 1 FROM meetings_minutesposting p WHERE p.minutes_id = NEW.minutes_id)",
    ),
    (
        "meetingevent",
        "INSERT",
        f"""(NEW.verb = 'minutes_send' AND NOT EXISTS (SELECT 1 FROM meetings_minutes m
          WHERE m.meeting_id = NEW.meeting_id AND m.version = {SENT} + 1 AND m.reason = NEW.text
          AND m.member_id IS NEW.member_id AND m.role_id IS NEW.role_id))
        OR (NEW.verb IN ('minutes_approved', 'minutes_sealed') AND NOT EXISTS (SELECT 1 FROM meetings_minutesseal s
          JOIN meetings_minutes m ON m.id = s.minutes_id WHERE m.meeting_id = NEW.meeting_id AND s.digest = NEW.text))
        OR (NEW.verb = 'minutes_addendum' AND NOT EXISTS (SELECT 1 FROM meetings_minutesaddendum a
          JOIN meetings_minutes m ON m.id = a.minutes_id WHERE m.meeting_id = NEW.meeting_id AND a.digest = NEW.text))
        OR (NEW.verb = 'minutes_post' AND (NOT EXISTS (SELECT 1 FROM meetings_minutesposting p
          JOIN meetings_minutes m ON m.id = p.minutes_id WHERE m.meeting_id = NEW.meeting_id)
          OR EXISTS (SELECT 1 FROM meetings_meetingevent WHERE meeting_id = NEW.meeting_id AND verb = NEW.verb)))""",
    ),
    (
        "meeting",
        "UPDATE OF minutes_state",
        f"""NEW.minutes_state <> OLD.minutes_state AND (
          (NEW.minutes_state = 'approved' AND {newest("m.id", "OLD.id")} IS NOT NULL
            AND {newest(SEAL, "OLD.id")} IS NULL)
          OR (OLD.minutes_state = 'approved' AND {newest(SEAL, "OLD.id")} IS NOT NULL
            AND ({newest(FORMAL, "OLD.id")} = 'formal' OR NOT EXISTS (SELECT 1 FROM meetings_meetingevent e
              WHERE e.meeting_id = OLD.id AND e.verb = 'minutes_correct' AND e.at >= {newest(SEALED_AT, "OLD.id")}))))
        """,
    ),
)


def on_sqlite():
    for table in NEW_ON_SQLITE:
        for verb in ("UPDATE", "DELETE"):
            stop = STOP.format(table=table, why="never changed")
            yield f"CREATE TRIGGER meetings_{table}_no_{verb} BEFORE {verb} ON meetings_{table} {stop}"
    for table in NO_REPLACE:
        stop = STOP.format(table=table, why="never replaced")
        yield (
            f"CREATE TRIGGER meetings_{table}_no_replace BEFORE INSERT ON meetings_{table} "
            f"WHEN EXISTS (SELECT 1 FROM meetings_{table} WHERE id = NEW.id) {stop}"
        )
    for table, verb, when in CONDITIONS:
        stop = STOP.format(table=table, why="sealed, or out of order")
        yield f"CREATE TRIGGER meetings_{table}_minutes_guard BEFORE {verb} ON meetings_{table} WHEN {when} {stop}"


def guard(apps, schema_editor):
    statements = on_postgresql() if schema_editor.connection.vendor == "postgresql" else on_sqlite()
    for statement in statements:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("meetings", "0006_steering_templates")]
    operations = [migrations.RunPython(guard, migrations.RunPython.noop)]
