#!/bin/sh
# See to it that the journeys have a browser: Debian's chromium, installed here where we may.
set -eu

for name in chromium chromium-browser google-chrome \
    "/Applications/Chromium.app/Contents/MacOS/Chromium" \
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
    if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Debian's chromium for the journeys ..."
    export DEBIAN_FRONTEND=noninteractive
    if apt-get update && apt-get install -y --no-install-recommends chromium fonts-noto-core; then
        exit 0
    fi
fi

echo "!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!" >&2
echo "!! The journeys need Debian's chromium (apt-get install chromium): NOT INSTALLED, !!" >&2
echo "!! so every browser test is SKIPPED.                                              !!" >&2
echo "!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!" >&2
case "${CI:-}" in
    true | 1) echo "In CI nothing may be skipped." >&2; exit 1 ;;
esac
