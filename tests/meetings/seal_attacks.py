"""Every SQL statement that is tried against sealed minutes: of both databases, of PostgreSQL, of SQLite (L42)."""

from collections.abc import Iterator

from tests.meetings.seal_stage import KEPT

TABLES = tuple(model._meta.db_table for model in KEPT)


def columns() -> Iterator[tuple[str, str]]:
    for model in KEPT:
        for field in model._meta.concrete_fields:
            yield model._meta.db_table, str(field.column)


def statements_of_both() -> Iterator[str]:
    """What both databases understand."""
    for table, column in columns():
        yield f"UPDATE {table} SET {column} = NULL"
        yield f"UPDATE {table} SET {column} = (SELECT max({column}) FROM {table} t WHERE t.id <> {table}.id)"
    for table in TABLES:
        yield f"DELETE FROM {table}"
        yield f"DELETE FROM {table} WHERE id IN (SELECT id FROM {table})"
        yield f"DROP TABLE meetings_never_{table}"
    answer = "INSERT INTO meetings_minutesapproval (minutes_id, answer, comment, at, member_id)"
    of_answer = "FROM meetings_minutesapproval LIMIT 1"
    yield f"{answer} SELECT minutes_id, 'approved', '', CURRENT_TIMESTAMP, member_id {of_answer}"
    yield f"{answer} SELECT minutes_id, 'objected', 'Nej', CURRENT_TIMESTAMP, NULL FROM meetings_minutesseal"
    part = "INSERT INTO meetings_minutespart (minutes_id, item_id, position, is_case, content)"
    yield f"{part} SELECT minutes_id, item_id, 99, is_case, content FROM meetings_minutespart"
    seal = "INSERT INTO meetings_minutesseal (minutes_id, signers, digest, sealed_at)"
    yield f"{seal} SELECT minutes_id, signers, 'x', CURRENT_TIMESTAMP FROM meetings_minutesseal"
    own = "INSERT INTO meetings_minutes (meeting_id, version, reason, sent_at, head, attendance, digest)"
    for version in (0, 1, 2, 3, 32767):
        copied = "CURRENT_TIMESTAMP, head, attendance, digest FROM meetings_minutes"
        yield f"{own} SELECT meeting_id, {version}, '', {copied}"
    more = "INSERT INTO meetings_minutesaddendum (minutes_id, number, text, author, at, digest)"
    for number in (0, 1, 3, 9):
        yield f"{more} SELECT minutes_id, {number}, 'X', 'Y', CURRENT_TIMESTAMP, digest FROM meetings_minutesaddendum"
    board = 'INSERT INTO meetings_minutesposting (minutes_id, posted_on, "where", at)'
    of_board = "FROM meetings_minutesseal, (SELECT posted_on FROM meetings_minutesposting) p"
    yield f"{board} SELECT minutes_id, posted_on, 'Annan tavla', CURRENT_TIMESTAMP {of_board}"
    said = "INSERT INTO meetings_meetingevent (meeting_id, verb, at, text)"
    for verb in ("minutes_send", "minutes_approved", "minutes_sealed", "minutes_addendum", "minutes_post"):
        for text in ("''", "'x'", f"'{'0' * 64}'"):
            yield f"{said} SELECT meeting_id, '{verb}', CURRENT_TIMESTAMP, {text} FROM meetings_minutes"
    for state in ("draft", "sent"):
        yield f"UPDATE meetings_meeting SET minutes_state = '{state}'"
        yield f"UPDATE meetings_meeting SET minutes_state = '{state}', state = 'planned'"
    yield "DELETE FROM meetings_meeting"
    yield "DELETE FROM meetings_agendaitem"


def forgeries() -> Iterator[str]:
    """A seal on minutes that wait, in nobody's name, in somebody's, and in an asked one's."""
    seal = "INSERT INTO meetings_minutesseal (minutes_id, signers, digest, sealed_at)"
    for signers in ("[]", "{}", '[{"hat": "m1"}]', '["m1"]'):
        yield f"{seal} SELECT id, '{signers}', digest, CURRENT_TIMESTAMP FROM meetings_minutes"
    asked = "meetings_minutesrecipient r JOIN meetings_attendance t ON t.id = r.attendance_id"
    named = "CAST('[{\"hat\": \"m' || t.member_id || '\"}]' AS jsonb)"
    yield f"{seal} SELECT r.minutes_id, {named}, '0', CURRENT_TIMESTAMP FROM {asked} WHERE r.is_adjuster"


def upserts() -> Iterator[str]:
    for table, column in columns():
        fields = ", ".join(f'"{name}"' for own, name in columns() if own == table)
        again = f'ON CONFLICT (id) DO UPDATE SET "{column}" = NULL'
        yield f"INSERT INTO {table} ({fields}) SELECT {fields} FROM {table} WHERE true ON CONFLICT DO NOTHING"
        yield f"INSERT INTO {table} ({fields}) SELECT {fields} FROM {table} WHERE true {again}"


def replaces() -> Iterator[str]:
    """SQLite's ways past a delete trigger."""
    for table, column in columns():
        fields = [name for own, name in columns() if own == table]
        listed = ", ".join(f'"{name}"' for name in fields)
        for value in ("NULL", "'annat'", "1", "'{}'"):
            picked = ", ".join(value if name == column and name != "id" else f'"{name}"' for name in fields)
            yield f"INSERT OR REPLACE INTO {table} ({listed}) SELECT {picked} FROM {table}"
            yield f"REPLACE INTO {table} ({listed}) SELECT {picked} FROM {table}"
            yield f'UPDATE OR REPLACE {table} SET "{column}" = {value}'
    events = "INSERT OR REPLACE INTO meetings_meetingevent (id, meeting_id, verb, at, text)"
    yield f"{events} SELECT id, meeting_id, 'x', at, '' FROM meetings_meetingevent"
    yield "UPDATE OR REPLACE meetings_meetingevent SET text = ''"


def on_columns() -> Iterator[str]:
    """Past what stops a plain UPDATE, and at the columns themselves."""
    for table, column in columns():
        yield f"WITH x AS (UPDATE {table} SET {column} = NULL RETURNING 1) SELECT count(*) FROM x"
        yield f"MERGE INTO {table} t USING {table} s ON t.id = s.id WHEN MATCHED THEN UPDATE SET {column} = NULL"
        yield f"ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT NULL"
        yield f"ALTER TABLE {table} DROP COLUMN {column}"


def on_tables() -> Iterator[str]:
    """Their triggers off or gone, all rows at once, the table taken over, or another laid in front of it."""
    for table in (*TABLES, "meetings_meetingevent", "meetings_meeting"):
        for act in ("DISABLE TRIGGER ALL", "DISABLE TRIGGER USER", f"DISABLE TRIGGER {table}_guard", "DISABLE RULE x"):
            yield f"ALTER TABLE {table} {act}"
        yield f"DROP TRIGGER {table}_guard ON {table}"
        yield f"DROP TRIGGER {table}_never ON {table}"
        yield f"DROP TABLE {table} CASCADE"
        yield f"TRUNCATE {table}"
        yield f"TRUNCATE {table} CASCADE"
        yield f"ALTER TABLE {table} OWNER TO current_user"
        yield f"ALTER TABLE {table} RENAME TO gone"
        yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
        yield f"GRANT ALL ON {table} TO current_user"
        yield f"GRANT ALL ON {table} TO PUBLIC"
        yield f"CREATE RULE r AS ON SELECT TO {table} DO INSTEAD SELECT 1"
        skip = "FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()"
        yield f"CREATE TRIGGER t BEFORE UPDATE ON {table} {skip}"
        yield f"CREATE TEMPORARY TABLE {table} AS SELECT * FROM public.{table} WHERE false"
        yield f"CREATE TEMPORARY VIEW {table} AS SELECT 1"
        yield f"SELECT 1 AS x INTO TEMPORARY {table}"
        yield f"CREATE TABLE public.own_{table} AS SELECT * FROM {table}"
        yield f"COPY {table} FROM PROGRAM 'echo 1'"
        yield f"COPY {table} FROM '/etc/hostname'"
        yield f"WITH x AS (DELETE FROM {table} RETURNING 1) SELECT count(*) FROM x"
        yield f"MERGE INTO {table} t USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE"
        yield f"UPDATE pg_class SET relhastriggers = false WHERE relname = '{table}'"


def on_roles(owner: str) -> Iterator[str]:
    """To become somebody who may."""
    for role in (owner, "postgres", "pg_write_all_data", "pg_execute_server_program"):
        yield f"SET ROLE {role}"
        yield f"SET SESSION AUTHORIZATION {role}"
        yield f"GRANT {role} TO current_user"
        yield f"ALTER ROLE {role} PASSWORD 'x'"


def on_functions() -> Iterator[str]:
    """What the triggers call, gone, led astray or emptied."""
    for name in (
        "never_minutes",
        "on_minutes",
        "on_minutes_content",
        "on_minutes_addendum",
        "on_minutes_state",
        "on_minutes_seal",
    ):
        yield f"DROP FUNCTION meetings_{name}() CASCADE"
        yield f"ALTER FUNCTION meetings_{name}() SET search_path = pg_temp"
        yield (
            f"CREATE OR REPLACE FUNCTION meetings_{name}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
        )


def on_server(database: str) -> Iterator[str]:
    """The settings, the catalogue and the database itself."""
    yield "SET session_replication_role = replica"
    yield "SET LOCAL session_replication_role = replica"
    yield "SELECT set_config('session_replication_role', 'replica', false)"
    yield "UPDATE pg_trigger SET tgenabled = 'D'"
    yield "DELETE FROM pg_trigger"
    yield "DO 'BEGIN DELETE FROM meetings_minutespart; END'"
    yield "DO 'BEGIN EXECUTE ''ALTER TABLE meetings_minutes DISABLE TRIGGER ALL''; END'"
    yield "CREATE SCHEMA pg_other"
    yield "CREATE EXTENSION dblink"
    yield "ALTER SYSTEM SET session_replication_role = replica"
    yield f"ALTER DATABASE {database} SET session_replication_role = replica"
    yield f"ALTER DATABASE {database} OWNER TO current_user"
    yield f"GRANT TEMPORARY ON DATABASE {database} TO current_user"
    yield "ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC"


def statements_of_postgresql(owner: str, database: str) -> Iterator[str]:
    """What PostgreSQL understands."""
    yield from upserts()
    yield from on_columns()
    yield from on_tables()
    yield from on_roles(owner)
    yield from on_functions()
    yield from on_server(database)
