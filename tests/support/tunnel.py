"""A provider behind TLS, and a proxy that tunnels to it (RFC 9110 §9.3.6), for both transports."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import NamedTuple

import trustme

from support.fault_server import FaultServer, answer


class Secured(NamedTuple):
    """A server's TLS for one name, and the file of its issuer."""

    tls: ssl.SSLContext
    ca: str


def secured(folder: Path, name: str) -> Secured:
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(tls)
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    return Secured(tls=tls, ca=str(folder / "ca.pem"))


class Tunnel:
    """What a proxy does to each connection: ``asked`` has the first line of each, ``heads`` all."""

    def __init__(self, target: FaultServer, refusal: int = 0) -> None:
        self.asked: list[bytes] = []
        self.heads: list[bytes] = []
        self._target = target
        self._refusal = refusal
        self._over = Event()

    def __call__(self, client: socket.socket) -> None:
        head = client.recv(65_536)
        self.heads.append(head)
        self.asked.append(head.partition(b"\r\n")[0])
        if self._refusal:
            client.sendall(answer(self._refusal))
            return
        with socket.create_connection(("127.0.0.1", self._target.port), 5) as there:
            client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            client.settimeout(0.01)
            there.settimeout(0.01)
            for _ in range(500):
                if self._over.is_set() or not (_moved(client, there) and _moved(there, client)):
                    return

    def close(self) -> None:
        self._over.set()


def _moved(source: socket.socket, target: socket.socket) -> bool:
    """Pass on what is there; tell whether the source is still open."""
    with suppress(TimeoutError):
        data = source.recv(65_536)
        target.sendall(data)
        return bool(data)
    return True
