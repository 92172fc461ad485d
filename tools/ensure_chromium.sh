#!/bin/sh
# See to it that the tests have what Debian, not PyPI, brings: Pango for the PDFs, chromium for the journeys.
# Installed here where we may.
set -eu

may_install() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1
}

# WeasyPrint loads Pango and HarfBuzz when it is imported. Without them its tests fail, in words of their own.
if ! .venv/bin/python -W ignore -c 'import weasyprint' >/dev/null 2>&1; then
    if may_install; then
        echo "Installing Debian's Pango for the PDFs ..."
        export DEBIAN_FRONTEND=noninteractive
        apt-get update && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 ||
            echo "Pango could not be installed: the tests of the PDFs will fail." >&2
    else
        echo "The tests of the PDFs need Pango (Debian: apt-get install libpango-1.0-0 libpangoft2-1.0-0" >&2
        echo "libharfbuzz-subset0; macOS: brew install pango). Without it they will fail." >&2
    fi
fi

for name in chromium chromium-browser google-chrome \
    "/Applications/Chromium.app/Contents/MacOS/Chromium" \
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
    if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done

if may_install; then
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
