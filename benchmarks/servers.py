"""Mock servers under load: ours, and those that a user would pick, each with so many fixtures.

A fixture is the answer to one message. What is measured is the CPU time of the server, whatever
processes it is made of, by request.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.peers.model import KEY, NotThere, message
from benchmarks.rounds import Runner, environment, need
from benchmarks.target import ANSWER, ID, PATIENCE, Place, end, kept_port, listens

CLIENTS = 16
FEW, MANY = 10, 1000
Forms = Sequence[Mapping[str, str]]
_TICK = os.sysconf("SC_CLK_TCK")
_HTTPSERVER = """
import json, sys
from pytest_httpserver import HTTPServer
given = json.load(open(sys.argv[1]))
server = HTTPServer(host="127.0.0.1", port=int(sys.argv[2]))
for body in given["bodies"]:
    expected = server.expect_request("/sendsms/", method="POST", data=body)
    expected.respond_with_json(given["answer"])
with server:  # it listens when it knows what to answer
    sys.stdin.read()
"""


@dataclass(frozen=True, kw_only=True)
class Server:
    """A mock server: ``command`` writes what it needs into a folder, and returns how to start it.

    ``tool``: the command that must be on the path, and ``install``: what brings it.
    """

    name: str
    command: Callable[[Path, int, Forms], list[str]]
    fixtures: int = FEW
    packages: tuple[str, ...] = ()
    tool: str = ""
    install: str = ""


def _forms(fixtures: int) -> list[dict[str, str]]:
    """Return the fields that each fixture answers."""
    return [_form(number) for number in range(fixtures)]


def _form(number: int) -> dict[str, str]:
    recipient, text = message(number)
    return {"apikey": KEY, "recipients": recipient, "message": text}


def _ours(folder: Path, port: int, forms: Forms) -> list[str]:
    lines = [
        "smsbridge-fixture: 1",
        "id: bench/many",
        "title: An answer for each number",
        "provenance:",
        "  {source: ASSUMED, evidence: made up, date: '2026-11-22', verified: null,",
        "  review-after: 180d}",
        "interactions:",
    ]
    answer = json.dumps(ANSWER)
    for place, form in enumerate(forms):
        lines.append(f"  - id: n{place}")
        lines.append(f"    request: {{path: /sendsms/, form: {json.dumps(form)}}}")
        lines.append(f"    response: {{json: {answer}}}")
    (folder / "many.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    block = f'[backends.bench]\nbackend = "smsmobileapi"\napi_key = "{KEY}"\n'
    (folder / "smsbridge.toml").write_text(block, encoding="utf-8")
    script = str(Path(sys.executable).parent / "smsbridge")
    scenario = ("--scenario", str(folder / "many.yaml"))
    return [sys.executable, script, "mock", "bench", "--port", str(port), *scenario]


def _httpserver(folder: Path, port: int, forms: Forms) -> list[str]:
    given = folder / "given.json"
    given.write_text(
        json.dumps({"bodies": list(map(urlencode, forms)), "answer": ANSWER}), encoding="utf-8"
    )
    return [sys.executable, "-c", _HTTPSERVER, str(given), str(port)]


def _wiremock(folder: Path, port: int, forms: Forms) -> list[str]:
    mappings = folder / "mappings"
    mappings.mkdir()
    stubs = [
        {
            "request": {
                "method": "POST",
                "urlPath": "/sendsms/",
                "bodyPatterns": [{"equalTo": urlencode(form)}],
            },
            "response": {"status": 200, "jsonBody": ANSWER},
        }
        for form in forms
    ]
    (mappings / "all.json").write_text(json.dumps({"mappings": stubs}), encoding="utf-8")
    options = ("--disable-banner", "--no-request-journal", "--bind-address", "127.0.0.1")
    return ["wiremock", "--port", str(port), "--root-dir", str(folder), *options]


def _prism(folder: Path, port: int, _: Forms) -> list[str]:
    text = {"schema": {"type": "object"}, "example": ANSWER}
    send = {
        "requestBody": {
            "content": {"application/x-www-form-urlencoded": {"schema": {"type": "object"}}}
        },
        "responses": {"200": {"description": "Taken", "content": {"application/json": text}}},
    }
    document = {
        "openapi": "3.0.3",
        "info": {"title": "bench", "version": "1"},
        "paths": {"/sendsms/": {"post": send}},
    }
    file = folder / "openapi.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return ["prism", "mock", str(file), "--port", str(port), "--host", "127.0.0.1", "-v", "silent"]


SERVERS = (
    Server(name="smsbridge mock", command=_ours),
    Server(name="smsbridge mock, 1,000 fixtures", command=_ours, fixtures=MANY),
    Server(name="pytest-httpserver", command=_httpserver, packages=("pytest-httpserver",)),
    Server(
        name="pytest-httpserver, 1,000 fixtures",
        command=_httpserver,
        fixtures=MANY,
        packages=("pytest-httpserver",),
    ),
    Server(name="WireMock", command=_wiremock, tool="wiremock", install="npm install -g wiremock"),
    Server(
        name="Prism", command=_prism, tool="prism", install="npm install -g @stoplight/prism-cli"
    ),
)


@contextmanager
def serve(server: Server) -> Iterator[tuple[int, int]]:
    """Run a mock server, and yield its process and its port."""
    need(server.packages)
    if server.tool and shutil.which(server.tool) is None:
        raise NotThere(f"not installed: {server.install}")
    with tempfile.TemporaryDirectory(prefix="smsbridge-bench-") as named, kept_port() as port:
        folder = Path(named)
        command = server.command(folder, port, _forms(server.fixtures))
        with (folder / "output.log").open("wb") as output:
            process = subprocess.Popen(  # noqa: S603  (the commands above)
                command,
                cwd=folder,
                env=environment(Place(url="")),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            if not listens(process, port):
                said = (folder / "output.log").read_text(encoding="utf-8", errors="replace")
                raise RuntimeError(f"{server.name} doesn't start: {said[-2000:]}")
            yield process.pid, port
        finally:
            _end_all(process)


def _end_all(process: subprocess.Popen[bytes]) -> None:
    """End a server, and what it started."""
    if process.stdin:
        process.stdin.close()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    end(process)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def request_body(number: int) -> bytes:
    """Return the form that the fixture of this number answers."""
    return urlencode(_form(number)).encode()


def server_runners(count: int) -> dict[str, Runner]:
    """Return a runner for each server: its CPU seconds for each request of 16 clients."""

    def runner(server: Server) -> Runner:
        def run() -> float:
            with serve(server) as (process, port):
                bodies = [request_body(number) for number in range(server.fixtures)]
                load(port, bodies, count)  # Java, above all, gets quicker for a while
                before = cpu_of_session(process)
                load(port, bodies, count)
                return (cpu_of_session(process) - before) / count

        return run

    return {server.name: runner(server) for server in SERVERS}


def cpu_of_session(leader: int) -> float:
    """Return the CPU seconds that the processes of a session have taken, by Linux's /proc."""
    ticks = 0
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = file.read_text(encoding="utf-8").rpartition(")")[2].split()
            if int(fields[3]) == leader:
                ticks += int(fields[11]) + int(fields[12])
    return ticks / _TICK


def load(port: int, bodies: Sequence[bytes], count: int, clients: int = CLIENTS) -> None:
    """Send ``count`` requests from so many clients at once, each of which keeps its connection.

    Raises AssertionError for an answer that is not the one of a fixture.
    """
    left = iter(range(count))
    lock = threading.Lock()
    troubles: list[str] = []

    def work() -> None:
        client = _Client(port)
        while not troubles:
            with lock:
                number = next(left, None)
            if number is None:
                break
            try:
                client.post(bodies[number % len(bodies)])
            except (OSError, AssertionError, ValueError) as error:
                troubles.append(repr(error))
        client.close()

    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if troubles:
        raise AssertionError(troubles[0])


class _Client:
    """A client of raw sockets, so that the load costs less than the server."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def post(self, body: bytes) -> None:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), PATIENCE)
        self._socket.sendall(
            b"POST /sendsms/ HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (self._port, len(body), body)
        )
        got, length = b"", None
        while True:
            piece = self._socket.recv(65536)
            got += piece
            head, found, rest = got.partition(b"\r\n\r\n")
            low = head.lower()
            if found and b"content-length:" in low:
                length = int(low.partition(b"content-length:")[2].split(b"\r\n")[0])
            if found and length is None and rest.endswith(b"0\r\n\r\n"):
                break
            if found and length is not None and len(rest) >= length:
                break
            if not piece:
                raise ConnectionError("closed before the answer was whole")
        if b" 200 " not in head.partition(b"\r\n")[0] + b" " or ID.encode() not in rest:
            raise AssertionError(got[:500])
        if b"connection: close" in low or low.startswith(b"http/1.0"):
            self.close()

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


@dataclass(frozen=True, kw_only=True)
class Mock:
    """A ``smsbridge mock`` that runs, as it comes."""

    url: str
    key: str


@contextmanager
def serve_mock(folder: Path) -> Iterator[Mock]:
    """Run ``smsbridge mock`` with nothing but a port, and yield where it is."""
    script = str(Path(sys.executable).parent / "smsbridge")
    process = subprocess.Popen(  # noqa: S603  (our own command)
        [sys.executable, script, "mock", "--port", "0"],
        cwd=folder,
        env=environment(Place(url="")),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        ready = json.loads(process.stdout.readline()) if process.stdout else {}
        yield Mock(url=ready["address"], key=ready["credentials"]["api_key"])
    finally:
        if process.stdout:
            process.stdout.close()
        _end_all(process)
