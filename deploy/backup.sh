#!/bin/bash
# One backup of the whole database into a folder: the dump, and how many rows it holds of each table.
#   deploy/backup.sh FOLDER        with DATABASE_OWNER_URL in the environment (deploy/owner.env.example)
# Backups older than KEEP_DAYS days (35) are removed: what has been erased must not live on in them.
# The programs of PostgreSQL on PATH must be as new as the server.
set -euo pipefail
export LC_ALL=C  # the same order of the tables' names on every machine
umask 077
: "${DATABASE_OWNER_URL:?the address of the database as its owner}"
folder=${1:?the folder to write to}
name=samverkansrum-$(date -u +%Y%m%dT%H%M%SZ)

mkdir -p "$folder"
trap 'rm -f "$folder/.$name".*' EXIT
pg_dump --format=custom --dbname="$DATABASE_OWNER_URL" --file="$folder/.$name.dump"
# Read through from beginning to end: a dump that can't be read is none. What it holds is counted on the way.
pg_restore --data-only --file=- "$folder/.$name.dump" |
    awk '/^COPY public\./ { table = $2; sub(/^public\./, "", table); rows[table] = 0; inside = 1; next }
         /^\\\.$/ { inside = 0 }
         inside { rows[table]++ }
         END { for (table in rows) print table, rows[table] }' | sort >"$folder/.$name.rows"
[ -s "$folder/.$name.rows" ]
mv "$folder/.$name.rows" "$folder/$name.rows"
mv "$folder/.$name.dump" "$folder/$name.dump"
find "$folder" -maxdepth 1 -name 'samverkansrum-*' -type f -mtime +"${KEEP_DAYS:-35}" -delete
echo "$folder/$name.dump"
