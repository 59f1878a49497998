"""A server of PostgreSQL for the tests: one for each process of theirs, on a port of loopback."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme

from support.sockets import kept_port
from support.tools import missing, need, need_module

SECONDS = 30.0
_DEBIAN = Path("/usr/lib/postgresql")
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "fsync": "off",  # no test takes the machine's power away
    "shared_buffers": "64MB",
    "log_min_messages": "warning",
}

_POOLER = """
[databases]
* = host=127.0.0.1 port={server} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
server_round_robin = {in_turn:d}
"""


def need_postgres() -> Path:
    """Return the folder of the server's commands; without it skip, or fail in CI."""
    need_module("psycopg", "'.[postgres]'")
    found = shutil.which("postgres")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(_DEBIAN.glob("*/bin"), reverse=True)
    whole = [one for one in folders if (one / "initdb").exists() and (one / "postgres").exists()]
    return whole[0] if whole else missing("PostgreSQL", "apt-get install postgresql")


@dataclass
class Server:
    """A server that runs."""

    binaries: Path
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def start(self) -> None:
        """Start it, and wait until it answers."""
        given = [f"-c{name}={value}" for name, value in _SETTINGS.items()]
        command = [f"{self.binaries}/postgres", "-D", f"{self.folder}/data", "-p", str(self.port)]
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen([*command, *given], stderr=log, **_as_somebody())
        until = time.monotonic() + SECONDS
        while not self._answers():
            assert self.runs, self._log()
            assert time.monotonic() < until, self._log()
            time.sleep(0.05)

    @property
    def runs(self) -> bool:
        """Whether its process runs."""
        return self.process is not None and self.process.poll() is None

    def stop(self, number: int = signal.SIGINT) -> None:
        """Stop it: SIGINT ends its sessions, SIGQUIT is a crash of it."""
        if self.process and self.runs:
            self.process.send_signal(number)
            try:
                self.process.wait(SECONDS)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait(SECONDS)
                pytest.fail(f"it did not stop: {self._log()}")

    def url(self, database: str) -> str:
        """Return the URL of a database."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def ask(self, command: str, database: str = "postgres") -> list[Any]:
        """Return the rows that a command gives, committed at once."""
        import psycopg

        with psycopg.connect(self.url(database), autocommit=True, connect_timeout=5) as connection:
            answer = connection.execute(command.encode())
            return answer.fetchall() if answer.description else []

    @contextmanager
    def database(self) -> Iterator[str]:
        """Yield the URL of an empty database, until the end of the block.

        A test may have failed after it stopped the server; it is started then.
        """
        if not self.runs:
            self.start()
        name = f"t{next(self.numbers)}"
        self.ask(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
        try:
            yield self.url(name)
        finally:
            if self.runs:
                self.ask(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def tls(self) -> Iterator[Path]:
        """Speak TLS too, as localhost, until the end of the block; yield its authority's file."""
        authority, certificate = self.folder / "authority.pem", self.folder / "server.pem"
        made = trustme.CA()
        made.cert_pem.write_to_path(authority)
        made.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(certificate)
        certificate.chmod(0o600)
        if who := _as_somebody().get("user"):
            os.chown(certificate, who, -1)
        for name in ("ssl_cert_file", "ssl_key_file"):
            self.ask(f"ALTER SYSTEM SET {name} TO '{certificate}'")
        self._have_tls("on")
        try:
            yield authority
        finally:
            self._have_tls("off")

    def _have_tls(self, word: str) -> None:
        self.ask(f"ALTER SYSTEM SET ssl TO {word}")
        self.ask("SELECT pg_reload_conf()")
        until = time.monotonic() + SECONDS
        while self.ask("SHOW ssl") != [(word,)]:
            assert time.monotonic() < until, self._log()
            time.sleep(0.05)

    def _log(self) -> str:
        return (self.folder / "server.log").read_text()

    def _answers(self) -> bool:
        import psycopg

        try:
            self.ask("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def running_server() -> Iterator[Server]:
    """Run a server until the end of the block."""
    binaries = need_postgres()
    folder = Path(tempfile.mkdtemp(prefix="smsbridge-postgres-"))
    who = _as_somebody()
    if who:
        os.chown(folder, who["user"], who["group"])
    with kept_port() as port:
        server = Server(binaries, folder, port)
        try:
            command = [f"{binaries}/initdb", "-D", f"{folder}/data", "-U", "postgres"]
            subprocess.run(
                [*command, "-A", "trust", "--no-sync", "--no-locale", "-E", "UTF8"],
                check=True,
                capture_output=True,
                timeout=60,
                **who,
            )
            server.start()
            yield server
        finally:
            server.stop()
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running_pooler(server: Server, mode: str, *, in_turn: bool = False) -> Iterator[int]:
    """Run PgBouncer in front of a server until the end of the block; yield its port.

    ``in_turn``: it takes the session that has been free longest, not the last one.
    """
    command = need("pgbouncer", "pgbouncer")
    folder = Path(tempfile.mkdtemp(prefix="smsbridge-pgbouncer-"))
    with kept_port() as port:
        config = folder / "pgbouncer.ini"
        text = _POOLER.format(server=server.port, port=port, mode=mode, in_turn=in_turn)
        config.write_text(text, encoding="utf-8")
        folder.chmod(0o755)  # it runs as somebody else
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen([command, config], stderr=log, **_as_somebody())
        try:
            until = time.monotonic() + SECONDS
            while not _is_heard(port):
                assert time.monotonic() < until, (folder / "log").read_text()
                time.sleep(0.05)
            yield port
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(SECONDS)
            shutil.rmtree(folder, ignore_errors=True)


def _is_heard(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


def _as_somebody() -> dict[str, Any]:
    """Return whom the server runs as: it refuses to be root."""
    if os.getuid() != 0:
        return {"cwd": "/"}
    known = {one.pw_name: one for one in pwd.getpwall()}
    found = known.get("postgres") or known["nobody"]
    return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": [], "cwd": "/"}
