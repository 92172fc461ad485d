#!/bin/sh
# See to it that the tests have the clients that read our calendars, and a mailbox server: khal, vdirsyncer and dovecot
# from Debian, ical.js from npm by a lock with checksums. Installed here where we may.
set -eu

clients=tests/ical/clients

has() {
    command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ]
}

wanted=""
has khal || wanted="$wanted khal"
has vdirsyncer || wanted="$wanted vdirsyncer"
has dovecot || wanted="$wanted dovecot-imapd"
has node || wanted="$wanted nodejs"
has npm || wanted="$wanted npm"

if [ -n "$wanted" ] && [ "$(id -u)" = 0 ] && has apt-get; then
    echo "Installing Debian's$wanted for the tests of the calendars ..."
    export DEBIAN_FRONTEND=noninteractive
    # The tests start a dovecot of their own: the package shall not begin to serve this machine.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        trap 'rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod +x "$policy"
    fi
    # shellcheck disable=SC2086
    if apt-get update && apt-get install -y --no-install-recommends $wanted; then wanted=""; fi
fi

# npm writes that file last of all.
if has npm && [ ! "$clients/node_modules/.package-lock.json" -nt "$clients/package-lock.json" ]; then
    echo "Installing ical.js from npm for the tests of the calendars ..."
    npm ci --prefix "$clients" --ignore-scripts --no-audit --no-fund --loglevel=error || true
fi
[ -f "$clients/node_modules/ical.js/package.json" ] || wanted="$wanted ical.js"

[ -n "$wanted" ] || exit 0
echo "!! Missing for the tests of the calendars:$wanted" >&2
echo "!! (Debian: apt-get install khal vdirsyncer dovecot-imapd nodejs npm). What needs them is SKIPPED." >&2
case "${CI:-}" in
    true | 1) echo "In CI nothing may be skipped." >&2; exit 1 ;;
esac
