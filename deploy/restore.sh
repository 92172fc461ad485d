#!/bin/bash
# Puts the database back as it was in a backup. Everything written since is gone.
#   deploy/restore.sh FILE.dump samverkan     the second word is the name of the database, to say that you mean it
# Before: systemctl stop samverkan-web.socket 'samverkan-web@*' 'samverkan-jobs@*'. The sockets may stay: open pages
# then learn by themselves that what they show is no more, and load anew.
# With DATABASE_OWNER_URL and the product's own settings in the environment, in the folder of the code.
set -euo pipefail
export LC_ALL=C  # the same order of the tables' names on every machine
: "${DATABASE_OWNER_URL:?the address of the database as its owner}"
dump=${1:?the backup, FILE.dump}
meant=${2:?the name of the database, to say that you mean it}
rows=${dump%.dump}.rows
python=${PYTHON:-.venv/bin/python}
sql() { psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 --dbname="$DATABASE_OWNER_URL" "$@"; }

[ -s "$dump" ] && [ -s "$rows" ] || { echo "No backup at $dump, or its .rows is missing." >&2; exit 2; }
database=$(sql --command='SELECT current_database()')
[ "$database" = "$meant" ] || { echo "The database is called $database, not $meant: nothing done." >&2; exit 2; }

# One transaction: until it is done everybody sees the old, and if it fails nothing has happened. DROP OWNED takes what
# the owner's role has in this database, also tables that are newer than the backup.
{
    echo 'BEGIN; SET LOCAL lock_timeout = 0; DROP OWNED BY CURRENT_USER CASCADE;'
    pg_restore --no-owner --no-privileges --file=- "$dump"
    echo 'COMMIT;'
} | sql >/dev/null

# Is everything there? Counted before anything else writes.
counted() {
    sql <<'SQL' | tr '|' ' ' | sort
SELECT format('SELECT %L, count(*) FROM public.%I', tablename, tablename) FROM pg_tables WHERE schemaname = 'public'
\gexec
SQL
}
counted | diff "$rows" - || { echo "The rows are not those of the backup (above)." >&2; exit 3; }

# Rights, and what the code has changed since the backup; then the seals of the minutes; last of all the new epoch, by
# which open pages learn that their numbers are from another world.
"$python" manage.py prepare_database --verbosity 0
"$python" manage.py verify_minutes
"$python" manage.py new_epoch
