"""Fetches the foreign files in workspace/static/vendor with npm and checks each against its sha256.

`make vendor` fetches and writes; `python tools/vendor.py --check` only compares what is on disk, without a network.
Nothing is written unless every file is the one we expect. The registry is whatever npm is set up to use.
"""

import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

STATIC = Path(__file__).resolve().parent.parent / "workspace" / "static"

CSS = "@digdir/designsystemet-css@1.22.0"
WEB = "@digdir/designsystemet-web@1.22.0"
INTER = "@fontsource-variable/inter@5.3.0"
FLOATING = "@floating-ui/dom@1.8.0"
SORTABLE = "sortablejs@1.15.6"

# file under workspace/static, package, path inside the package, sha256 of the file as we keep it
FILES = [
    (
        "vendor/designsystemet/designsystemet.css",
        CSS,
        "dist/src/index.css",
        "2cde59fd79f14cef7ecfd37cbe9838ed7e075935e7a7ddf9d6fd0b695ac94b12",
    ),
    (
        "vendor/designsystemet/LICENSE-css",
        CSS,
        "LICENSE",
        "4512b49c86d9d8c6c87c29fe6e709340ebfd22d83db03675a5434d6a6509ad7b",
    ),
    (
        "vendor/designsystemet/designsystemet.js",
        WEB,
        "dist/umd/index.js",
        "9563719a37d6e6e7a04225b4f00c67ef1d462e3fc99be2660b4b08f2932ab72a",
    ),
    (
        "vendor/designsystemet/LICENSE-web",
        WEB,
        "LICENSE",
        "4512b49c86d9d8c6c87c29fe6e709340ebfd22d83db03675a5434d6a6509ad7b",
    ),
    (
        "vendor/designsystemet/LICENSE-floating-ui",
        FLOATING,
        "LICENSE",
        "0e4c9a9b6c71019cbbea3bdc20b01223110a9035700f9c960c8fcbf78c2325ce",
    ),
    (
        "vendor/inter/inter-latin-wght-normal.woff2",
        INTER,
        "files/inter-latin-wght-normal.woff2",
        "3100e775e8616cd2611beecfa23a4263d7037586789b43f035236a2e6fbd4c62",
    ),
    (
        "vendor/inter/inter-latin-ext-wght-normal.woff2",
        INTER,
        "files/inter-latin-ext-wght-normal.woff2",
        "34b9c504cab7a73e37b746343a449132e56cf7b5481af2cb81dc74dcff25c956",
    ),
    ("vendor/inter/LICENSE", INTER, "LICENSE", "3b0a5fca3d17942cde889069889dedbbbd075e9b599968c82a95f4d944e9b345"),
    (
        "vendor/sortablejs/sortable.js",
        SORTABLE,
        "Sortable.min.js",
        "6d0a831fc19b4bae851797ad3393157e861afb7862459c11226359b27e2c4337",
    ),
    (
        "vendor/sortablejs/LICENSE",
        SORTABLE,
        "LICENSE",
        "e94dfc31e800d169257569db270457c9f028440c9ccae41e7eb78b2db18f1298",
    ),
]

# Made from our own configuration, not fetched: only checked.
THEME = ("theme/samverkan.css", "671af93f80a2857f8e34c52e525deff750b1b488dc1b9ee1e738dbfd84942af2")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def without_map(content: bytes) -> bytes:
    """Drop the pointer to a source map we do not ship: the static files' manifest would look for it and fail."""
    return re.sub(rb"\n?(//# sourceMappingURL=\S+|/\*# sourceMappingURL=\S+ \*/)\s*\Z", b"\n", content)


def fetch(package: str, into: Path) -> Path:
    """Download one package as npm publishes it, run none of its scripts, and return the archive."""
    before = set(into.iterdir())
    command = ["npm", "pack", package, "--silent", "--ignore-scripts", "--pack-destination", str(into)]
    subprocess.run(command, check=True, cwd=into, stdout=subprocess.DEVNULL)
    return (set(into.iterdir()) - before).pop()


def read(archive: Path, path: str) -> bytes:
    with tarfile.open(archive) as package:
        member = package.extractfile(f"package/{path}")
        if member is None:
            raise SystemExit(f"{archive.name} has no file {path}")
        return without_map(member.read())


def fetch_all() -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        archives = {package: fetch(package, Path(folder)) for package in dict.fromkeys(row[1] for row in FILES)}
        return {name: read(archives[package], path) for name, package, path, _ in FILES}


def on_disk() -> dict[str, bytes]:
    names = [row[0] for row in FILES] + [THEME[0]]
    return {name: (STATIC / name).read_bytes() if (STATIC / name).exists() else b"" for name in names}


def strangers(found: dict[str, bytes]) -> list[str]:
    expected = {name: digest for name, _, _, digest in FILES} | dict([THEME])
    return [
        f"{name}: {sha256(content)}, expected {expected[name]}"
        for name, content in found.items()
        if sha256(content) != expected[name]
    ]


def main() -> None:
    check_only = "--check" in sys.argv[1:]
    found = on_disk() if check_only else fetch_all()
    if wrong := strangers(found):
        raise SystemExit("Not the files we know:\n  " + "\n  ".join(wrong))
    if not check_only:
        for name, content in found.items():
            (STATIC / name).parent.mkdir(parents=True, exist_ok=True)
            (STATIC / name).write_bytes(content)
    print(f"{len(found)} files {'match' if check_only else 'fetched and checked'}.")


if __name__ == "__main__":
    main()
