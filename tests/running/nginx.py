"""A real nginx with deploy/nginx.conf as it stands, but for names of files, ports and the certificate."""

import re
import shutil
import signal
import socket
import ssl
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.daphne import ROOT
from tests.processes import ServiceError, end, free_port, new_folder, reaper
from tests.running.calls import NAME

PROGRAM = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
NO_NGINX = "no nginx: install Debian's (apt-get install nginx-light)"
MAIN = """
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/main-error.log notice;
events {{ worker_connections 4096; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    access_log {folder}/other.log;
    include {folder}/samverkansrum.conf;
}}
"""


class Nginx:
    """nginx in front of the given ports. `url` is https, with a certificate of the day (`trust`)."""

    host = "127.0.0.1"

    def __init__(self, *, web: list[int], sockets: list[int]) -> None:
        assert PROGRAM is not None
        self.folder = new_folder("nginx")
        self.folder.chmod(0o755)
        self.port, self.plain_port = free_port(), free_port()
        self._process: subprocess.Popen[bytes] | None = None
        make_certificate(self.folder)
        (self.folder / "samverkansrum.conf").write_text(self._ours(web, sockets))
        (self.folder / "nginx.conf").write_text(MAIN.format(folder=self.folder))

    def _ours(self, web: list[int], sockets: list[int]) -> str:
        text = (ROOT / "deploy" / "nginx.conf").read_text()
        text = re.sub(r"( *server 127\.0\.0\.1:8001)([^;]*;)", lambda m: servers(web, m[2]), text)
        text = re.sub(r" *server 127\.0\.0\.1:9002[^;]*;\n", "", text)
        text = re.sub(r"( *server 127\.0\.0\.1:9001)([^;]*;)", lambda m: servers(sockets, m[2]), text)
        text = re.sub(r"listen \[::\]:\d+[^;]*;", "", text)
        text = text.replace("listen 80;", f"listen 127.0.0.1:{self.plain_port};")
        text = text.replace("listen 443 ", f"listen 127.0.0.1:{self.port} ")
        text = text.replace("/var/log/nginx/", f"{self.folder}/").replace("/etc/ssl/samverkansrum/", f"{self.folder}/")
        return text

    @property
    def url(self) -> str:
        """Where it listens; to be called with `trust` (`tests.running.calls`)."""
        return f"http://{self.host}:{self.port}"

    @property
    def logs(self) -> str:
        """All that it has written, in every log."""
        return "".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log")))

    @property
    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))

    def command(self, *words: str) -> list[str]:
        assert PROGRAM is not None
        return [PROGRAM, "-e", f"{self.folder}/main-error.log", "-p", str(self.folder), "-c", "nginx.conf", *words]

    def check(self) -> "subprocess.CompletedProcess[str]":
        """`nginx -t`."""
        return subprocess.run(self.command("-t"), capture_output=True, text=True, check=False)

    def start(self) -> Self:
        self._process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, start_new_session=True)
        reaper.watch(self._process.pid, signal.SIGTERM)
        until = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError as error:
                if self._process.poll() is not None or time.monotonic() > until:
                    raise ServiceError(f"nginx did not start:\n{self.logs}") from error
                time.sleep(0.05)

    def stop(self) -> None:
        if self._process is not None:
            end(self._process, signal.SIGTERM)
            self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def servers(ports: list[int], rest: str) -> str:
    return "\n".join(f"    server 127.0.0.1:{port}{rest}" for port in ports)


def make_certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
    builder = builder.not_valid_after(now + timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    made = builder.sign(key, hashes.SHA256())
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "privkey.pem").write_bytes(key.private_bytes(*private))
