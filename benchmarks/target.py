"""What every sender of the benchmark talks to: an nginx with fixed answers, over HTTP and TLS.

It answers from its config alone, so it is never what a measurement waits for.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
WSDL = ROOT / "wsdl" / "sendsms.wsdl"
ID = "5f0e6c1d9a"
ANSWER = {"result": {"error": "0", "id": ID, "sent": "1", "note": ""}}
TOKEN = "benchmark-token"  # noqa: S105  (of the fixed answer)
NAMESPACE = "urn:sendsms"
SOAP_ANSWER = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<SOAP-ENV:Envelope SOAP-ENV:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"'
    ' xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    '<SOAP-ENV:Body><ns1:sendSmsResponse xmlns:ns1="{namespace}">'
    '<return xsi:type="xsd:string">{answer}</return>'
    "</ns1:sendSmsResponse></SOAP-ENV:Body></SOAP-ENV:Envelope>"
)
TWILIO_ANSWER = {"sid": ID, "status": "queued", "to": "+12025550123", "body": "Hello"}
TOKEN_ANSWER = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 86400}

_SYSTEM = "/usr/sbin:/sbin"
"""Where Debian puts servers; it is not on the path of everybody."""
PATIENCE = 30
"""Seconds within which a server must listen, and end."""

_PAUSE = 0.02


class MissingServer(Exception):
    """nginx is not installed; the message says what to install."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where to send: a base URL, and a PEM file of issuers, which is empty without TLS."""

    url: str
    ca: str = ""
    wsdl: str = str(WSDL)

    @property
    def port(self) -> int:
        """The port of the base URL."""
        return int(self.url.rpartition(":")[2])

    @property
    def rest(self) -> str:
        """Where a message is sent over REST."""
        return f"{self.url}/sendsms/"

    @property
    def soap(self) -> str:
        """Where a message is sent over SOAP."""
        return f"{self.url}/sendsms/wsdl/server.php"


@dataclass(frozen=True, kw_only=True)
class Target:
    """A server that runs: its two places, and its version."""

    plain: Place
    tls: Place
    version: str


@contextmanager
def serve(path: str = f"{os.environ.get('PATH', '')}:{_SYSTEM}") -> Iterator[Target]:
    """Run an nginx of our own, and yield the target; raises `MissingServer` without nginx.

    ``path``: the folders where it is looked for.
    """
    command = shutil.which("nginx", path=path)
    if command is None:
        raise MissingServer("the target of the benchmark is nginx: apt-get install nginx")
    with (
        tempfile.TemporaryDirectory(prefix="smsbridge-bench-") as named,
        kept_port() as plain,
        kept_port() as tls,
    ):
        folder = Path(named)
        bundle = _write_certificates(folder)
        config = folder / "nginx.conf"
        config.write_text(_config(folder, plain, tls), encoding="utf-8")
        arguments = ("-e", "stderr", "-p", str(folder), "-c", str(config), "-g", "daemon off;")
        with (folder / "output.log").open("wb") as output:
            process = subprocess.Popen(  # noqa: S603  (nginx, found on the path)
                [command, *arguments], stdout=output, stderr=output, stdin=subprocess.DEVNULL
            )
        try:
            if not listens(process, plain):
                said = (folder / "output.log").read_text(encoding="utf-8", errors="replace")
                raise MissingServer(f"nginx doesn't start: {said}")
            yield Target(
                plain=Place(url=f"http://127.0.0.1:{plain}"),
                tls=Place(url=f"https://127.0.0.1:{tls}", ca=bundle),
                version=_version(command),
            )
        finally:
            end(process)


def _config(folder: Path, plain: int, tls: int) -> str:
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "\n".join(f"    {kind}_temp_path {folder}/{kind};" for kind in kinds)
    user = "user root;" if os.geteuid() == 0 else ""
    answers = "\n".join(
        f"        location {path} {{ default_type {kind}; return {status} {_quote(text)}; }}"
        for path, kind, status, text in (
            ("/", "application/json", 200, json.dumps(ANSWER)),
            ("/sendsms/wsdl/", '"text/xml; charset=utf-8"', 200, soap_answer()),
            ("/oauth2/token", "application/json", 200, json.dumps(TOKEN_ANSWER)),
            ("/2010-04-01/", "application/json", 201, json.dumps(TWILIO_ANSWER)),
        )
    )
    return f"""
{user}
worker_processes 1;
pid {folder}/nginx.pid;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 600s;
{temporary}
    server {{
        listen 127.0.0.1:{plain} backlog=4096;
        listen 127.0.0.1:{tls} ssl backlog=4096;
        ssl_certificate {folder}/server.pem;
        ssl_certificate_key {folder}/server.pem;
{answers}
    }}
}}
"""


def soap_answer() -> str:
    """Return the envelope of the answer: JSON as text, as the provider has it."""
    from xml.sax.saxutils import escape

    return SOAP_ANSWER.format(namespace=NAMESPACE, answer=escape(json.dumps(ANSWER)))


def _quote(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _write_certificates(folder: Path) -> str:
    """Write the server's certificate, and a bundle as long as a user's: certifi's and ours."""
    import certifi
    import trustme

    ca = trustme.CA()
    ca.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
    bundle = folder / "ca.pem"
    bundle.write_bytes(Path(certifi.where()).read_bytes() + ca.cert_pem.bytes())
    return str(bundle)


def _version(command: str) -> str:
    said = subprocess.run([command, "-v"], capture_output=True, text=True, check=True)  # noqa: S603  (nginx, found on the path)
    return said.stderr.strip().rpartition("/")[2]


@contextmanager
def kept_port() -> Iterator[int]:
    """Yield a port of loopback that nobody else is given until the end of the block.

    A server that is told this port can listen there, as servers set ``SO_REUSEADDR``.
    """
    with socket.socket() as kept:
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(("127.0.0.1", 0))
        yield kept.getsockname()[1]


def listens(process: subprocess.Popen[bytes], port: int) -> bool:
    """Wait until somebody listens, and return whether it is so before the process ends."""
    late = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < late:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        time.sleep(_PAUSE)
    return False


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process, by force if it takes too long."""
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(PATIENCE)
