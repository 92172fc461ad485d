#!/bin/sh
# See to it that the tests have what an operator has, from Debian: nginx for deploy/nginx.conf, `ip` for hosts of one's
# own in network namespaces. Installed here where we may.
set -eu

has() {
    command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ]
}

wanted=""
has nginx || wanted="$wanted nginx-light"
has ip || wanted="$wanted iproute2"
has systemd-analyze || wanted="$wanted systemd"

if [ -n "$wanted" ] && [ "$(id -u)" = 0 ] && has apt-get; then
    echo "Installing Debian's$wanted for the tests of deploy/ ..."
    export DEBIAN_FRONTEND=noninteractive
    # The tests start an nginx of their own: the package shall not begin to serve this machine.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        trap 'rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod +x "$policy"
    fi
    # shellcheck disable=SC2086
    if apt-get update && apt-get install -y --no-install-recommends $wanted; then wanted=""; fi
fi

[ -n "$wanted" ] || exit 0
echo "!! Missing for the tests of deploy/:$wanted (Debian: apt-get install nginx-light iproute2 systemd)." >&2
echo "!! What needs them is SKIPPED." >&2
case "${CI:-}" in
    true | 1) echo "In CI nothing may be skipped." >&2; exit 1 ;;
esac
