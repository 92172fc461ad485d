#!/bin/bash
# A new version without anybody noticing: run as root when /opt/samverkansrum/current leads to the new code, with its
# .venv made. Stops at the first fault; what is already replaced goes on, and the rest is as it was.
set -euo pipefail
# As the units do it: what stands in the files is seen by no other user.
run() {
    systemd-run --quiet --wait --collect --pipe --property=WorkingDirectory=/opt/samverkansrum/current \
        --property=EnvironmentFile=/etc/samverkansrum/env "$@"
}
python=/opt/samverkansrum/current/.venv/bin/python
running() { systemctl list-units --plain --no-legend --state=active "$1" | awk '{ print $1 }'; }

run --uid=samverkan $python manage.py check --deploy --fail-level WARNING
# Only what the old code can live with (docs/running.md): it still runs.
run --property=EnvironmentFile=/etc/samverkansrum/owner.env $python manage.py prepare_database

for unit in $(running 'samverkan-web@*'); do
    systemctl restart "$unit"  # returns when gunicorn says that it is ready; the other takes what comes meanwhile
done
for unit in $(running 'samverkan-sockets@*'); do
    port=${unit#*@}
    systemctl restart "$unit"
    for _ in $(seq 60); do
        sleep 0.5
        curl --silent --fail --max-time 5 --output /dev/null "http://127.0.0.1:${port%.service}/health/" && continue 2
    done
    echo "$unit does not answer: the rest is left as it was." >&2
    exit 1
done
for unit in $(running 'samverkan-jobs@*'); do
    systemctl restart "$unit"
done
