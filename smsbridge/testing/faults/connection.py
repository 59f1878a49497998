"""What a fault does to a connection, or to an address where nothing can be reached."""

from __future__ import annotations

import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import responses
from importlib.resources import as_file, files
from itertools import cycle, islice

from smsbridge.http.exchange import Response
from smsbridge.testing.faults.table import Fault

PACE = 0.2
_MOST_SECONDS = 600
_MOST_DRIPS = 3000
_SLOW = 0.5
_POLL = 0.05
_WAITING = 4
_FIRST = 1024
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: on, for 0 seconds
_ANY = Response(
    status=200,
    headers={"Content-Type": "application/json"},
    body=b'{"result": {"error": 0, "sent": "1", "note": "sent by mobile"}}',
)
NO_HOST = "https://sms-mock.invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """A connection to which a fault is applied.

    ``over`` is set when the server stops; ``pace``: seconds between the bytes of what drips.
    """

    sock: socket.socket
    over: threading.Event
    fault: Fault
    pace: float = PACE

    @property
    def answer(self) -> Response:
        """The answer that would have come."""
        return self.fault.answer or _ANY


def play_fault(wire: Wire) -> None:
    """Apply a fault to a connection; the server closes it afterwards."""
    with suppress(OSError):  # the client may be gone
        _DONE[wire.fault.name](wire)


def as_bytes(answer: Response, *more: str) -> bytes:
    """Return an answer as it stands on the wire, with more lines in its head."""
    kept = (f"{k}: {v}" for k, v in answer.headers.items() if k.lower() != "content-length")
    status = f"HTTP/1.1 {answer.status} {responses.get(answer.status, '')}"
    length = f"Content-Length: {len(answer.body)}"
    head = "\r\n".join([status, *kept, length, *more, "", ""])
    return head.encode("latin-1", "replace") + answer.body


def _reset(wire: Wire) -> None:
    wire.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)


def _close(_wire: Wire) -> None:
    """Do nothing before the socket is closed."""


def _silence(wire: Wire) -> None:
    wire.over.wait(_MOST_SECONDS)


def _reset_in_the_middle(wire: Wire) -> None:
    """Read a little more than the server has, then reset."""
    if select.select([wire.sock], [], [], _POLL)[0]:
        wire.sock.recv(_FIRST)
    _reset(wire)


def _stale(wire: Wire) -> None:
    """Answer, keep the connection, and reset it as soon as it is used again."""
    wire.sock.sendall(as_bytes(wire.answer))
    for _ in range(int(_MOST_SECONDS / _POLL)):
        if wire.over.is_set() or select.select([wire.sock], [], [], _POLL)[0]:
            break
    _reset(wire)


def _half_headers(wire: Wire) -> None:
    head = as_bytes(wire.answer).partition(b"\r\n\r\n")[0]
    wire.sock.sendall(head + b"\r\nX-Cut")


def _half_body(wire: Wire) -> None:
    head, end, body = as_bytes(wire.answer).partition(b"\r\n\r\n")
    wire.sock.sendall(head + end + body[: len(body) // 2])


def _drip_body(wire: Wire) -> None:
    head, end, body = as_bytes(wire.answer).partition(b"\r\n\r\n")
    wire.sock.sendall(head + end)
    _drip(wire, body)


def _drip_headers(wire: Wire) -> None:
    wire.sock.sendall(b"HTTP/1.1 200 OK\r\n")
    _drip(wire, islice(cycle(b"X-Drip: drop\r\n"), _MOST_DRIPS))


def _drip(wire: Wire, data: Iterable[int]) -> None:
    wire.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for one in data:
        wire.sock.sendall(bytes([one]))
        if wire.over.wait(wire.pace):
            return


def _garbage(wire: Wire) -> None:
    wire.sock.sendall(b"\x00\x01SSH-2.0-not-http\r\n\r\n")


def _bad_framing(wire: Wire) -> None:
    odd = {
        "lengths": f"Content-Length: {len(wire.answer.body) + 1}",
        "cr": "X-Odd: a\rb",
    }
    wire.sock.sendall(as_bytes(wire.answer, odd[wire.fault.way]))


def _slow(wire: Wire) -> None:
    wire.over.wait(_SLOW)
    wire.sock.sendall(as_bytes(wire.answer, "Connection: close"))


_DONE: Mapping[str, Callable[[Wire], None]] = {
    "refused": _reset,
    "no-such-host": _reset,
    "connect-timeout": _silence,
    "bad-tls": _reset,
    "reset-on-accept": _reset,
    "reset-mid-request": _reset_in_the_middle,
    "never-reads": _silence,
    "reset-after-request": _reset,
    "close-after-request": _close,
    "stale-connection": _stale,
    "silence": _silence,
    "half-headers": _half_headers,
    "half-body": _half_body,
    "drip-body": _drip_body,
    "drip-headers": _drip_headers,
    "garbage": _garbage,
    "bad-framing": _bad_framing,
    "token-race": _slow,
}


def untrusted_tls() -> ssl.SSLContext:
    """Return the SSLContext of a server whose certificate has an unknown issuer."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with as_file(files("smsbridge.testing").joinpath("untrusted.pem")) as pem:
        context.load_cert_chain(pem)
    return context


@contextmanager
def unreachable(name: str, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Yield an address that can't be reached, by a fault's name; raises `OSError` from binding."""
    if name == "no-such-host":
        yield NO_HOST
        return
    with socket.socket() as bound:
        bound.bind((host, port))
        waiting = [socket.socket() for _ in range(_WAITING)] if name == "connect-timeout" else []
        try:
            if waiting:
                bound.listen(0)
            for one in waiting:  # they fill the queue: further ones neither open nor fail
                one.setblocking(False)
                one.connect_ex(bound.getsockname())
            yield f"http://{host}:{bound.getsockname()[1]}"
        finally:
            for one in waiting:
                one.close()
