"""A real IMAP server for the tests: Debian's dovecot on loopback, with its own mailbox and nothing of the system's."""

import grp
import imaplib
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from urllib.parse import quote

import pytest

from tests.processes import ServiceError, end, free_port, new_folder, reaper
from tests.start import CI

PROGRAM = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
MISSING = "no dovecot: tools/ensure_calendar_clients.sh installs it (Debian: apt-get install dovecot-imapd)"
# In CI a missing one fails; elsewhere it is skipped, loudly.
needs_dovecot = pytest.mark.skipif(PROGRAM is None and not CI, reason=MISSING)
# All of them have to be written another way in an address.
USER, PASSWORD = "svar", "hemligt/los@ord %20"
FOLDER, ON_THE_WIRE = "Svar på möten & annat", '"Svar p&AOU- m&APY-ten &- annat"'  # RFC 3501 5.1.3
CONFIG = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail
first_valid_uid = 0
first_valid_gid = 0
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/users
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mail
}}
"""


class Dovecot:
    """`start`, `stop`, `put` a mail, and which are `seen`. `url` is what REPLY_MAILBOX names."""

    def __init__(self) -> None:
        if PROGRAM is None:
            raise ServiceError(MISSING)
        self.folder, self.port = new_folder("dovecot"), free_port()
        self._process: subprocess.Popen[bytes] | None = None
        # As root the mails lie as `nobody`; dovecot's own processes are Debian's accounts for it, or all are ours.
        own = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.getuid())
        group = grp.getgrgid(own.pw_gid).gr_name
        names = ("dovecot", "dovecot", "dovenull") if os.geteuid() == 0 else (own.pw_name, group, own.pw_name)
        self.folder.chmod(0o711)
        (self.folder / "mail").mkdir(mode=0o700)
        os.chown(self.folder / "mail", own.pw_uid, own.pw_gid)
        users = self.folder / "users"
        users.write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n")
        users.chmod(0o644)
        internal, internal_group, login = names
        text = CONFIG.format(
            folder=self.folder,
            port=self.port,
            user=own.pw_name,
            group=group,
            internal=internal,
            internal_group=internal_group,
            login=login,
        )
        (self.folder / "dovecot.conf").write_text(text)

    @property
    def url(self) -> str:
        return self.url_of()

    def url_of(self, password: str = PASSWORD, folder: str = FOLDER) -> str:
        return f"imap://{USER}:{quote(password, safe='')}@127.0.0.1:{self.port}/{quote(folder)}"

    def start(self, seconds: float = 10) -> "Dovecot":
        """Start it; returns when somebody can sign in."""
        assert PROGRAM is not None
        command = [PROGRAM, "-F", "-c", str(self.folder / "dovecot.conf")]
        with (self.folder / "out").open("ab") as out:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        reaper.watch(self._process.pid, signal.SIGTERM)
        until = time.monotonic() + seconds
        while time.monotonic() < until and self._process.poll() is None:
            with suppress(OSError, imaplib.IMAP4.error), self.signed_in() as server:
                server.create(ON_THE_WIRE)
                return self
            time.sleep(0.05)
        self.stop()
        said = [(self.folder / name).read_text() for name in ("out", "log") if (self.folder / name).exists()]
        raise ServiceError("dovecot did not start:\n" + "\n".join(said))

    def stop(self) -> None:
        if self._process is not None:
            end(self._process, signal.SIGTERM)
            self._process = None

    @contextmanager
    def signed_in(self) -> Generator[imaplib.IMAP4]:
        with imaplib.IMAP4("127.0.0.1", self.port, timeout=5) as server:
            server.login(USER, PASSWORD)
            yield server

    def put(self, *mails: bytes) -> None:
        """Lay mails in the folder, unread, as they are."""
        with self.signed_in() as server:
            for mail in mails:
                said, why = server.append(ON_THE_WIRE, "", "", mail)
                assert said == "OK", why

    def seen(self) -> list[bool]:
        """Whether each mail in the folder is marked as read, the oldest first."""
        with self._opened(readonly=True) as server:
            _, found = server.fetch("1:*", "(FLAGS)")
            return [rb"\Seen" in one for one in found if isinstance(one, bytes)]

    def unmark(self) -> None:
        with self._opened() as server:
            server.store("1:*", "-FLAGS", r"(\Seen)")

    def empty(self) -> None:
        with self.signed_in() as server:
            server.delete(ON_THE_WIRE)
            server.create(ON_THE_WIRE)

    @contextmanager
    def _opened(self, *, readonly: bool = False) -> Generator[imaplib.IMAP4]:
        with self.signed_in() as server:
            server.select(ON_THE_WIRE, readonly=readonly)
            yield server
