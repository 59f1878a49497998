"""A loopback proxy that leads every host to one mock, with a certificate for each host."""

from __future__ import annotations

import http.client
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import trustme

SECONDS = 60
_OF_THE_HOP = ("connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade")


class LeadingProxy:
    """The proxy. ``target`` is the address of the mock that it leads to; ``hosts`` who was meant.

    ``clock`` is a path at which clients ask a provider for its time, in seconds, before they sign.

    ``ca`` is the file of the issuer that its clients must trust.
    """

    def __init__(self, folder: Path) -> None:
        self._authority = trustme.CA()
        self._contexts: dict[str, ssl.SSLContext] = {}
        self.ca = folder / "ca.pem"
        self._authority.cert_pem.write_to_path(str(self.ca))
        self.target = ""
        self.clock = ""
        self.hosts: list[str] = []
        self._server = ThreadingHTTPServer(
            ("127.0.0.1", 0), type("_", (_Handler,), {"proxy": self})
        )
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def environment(self) -> dict[str, str]:
        """Return what makes a client in any language use the proxy, and trust it."""
        ca = str(self.ca)
        return {
            **dict.fromkeys(("HTTPS_PROXY", "https_proxy", "http_proxy"), self.address),
            **dict.fromkeys(("NO_PROXY", "no_proxy"), ""),
            **dict.fromkeys(
                ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"), ca
            ),
        }

    def context(self, host: str) -> ssl.SSLContext:
        """Return the TLS of a host."""
        if host not in self._contexts:
            made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._authority.issue_cert(host).configure_cert(made)
            self._contexts[host] = made
        return self._contexts[host]

    def ask(self, handler: _Handler) -> None:
        """Pass a request on to the mock, and its answer back."""
        size = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(size) if size else b""
        where = urlsplit(handler.path)
        if where.path == self.clock:
            handler.answer(200, [("Content-Type", "application/json")], b"%d" % time.time())
            return
        path = where.path + (f"?{where.query}" if where.query else "")
        there = http.client.HTTPConnection(urlsplit(self.target).netloc, timeout=SECONDS)
        there.putrequest(handler.command, path, skip_host=True, skip_accept_encoding=True)
        for name, value in handler.headers.items():
            if name.lower() not in _OF_THE_HOP:
                there.putheader(name, value)
        there.endheaders(body)
        answer = there.getresponse()
        said = answer.read()
        there.close()
        handler.answer(answer.status, answer.getheaders(), said)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = SECONDS
    proxy: LeadingProxy

    def do_CONNECT(self) -> None:
        host, _, port = self.path.rpartition(":")
        self.proxy.hosts.append(host)
        self.send_response_only(200, "Connected")
        self.end_headers()
        self.wfile.flush()
        self.close_connection = False
        if port == "80":
            return
        self.connection = self.proxy.context(host).wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb", self.rbufsize)
        self.wfile = self.connection.makefile("wb", 0)

    def answer(self, status: int, headers: Iterable[tuple[str, str]], said: bytes) -> None:
        """Write an answer."""
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in (*_OF_THE_HOP, "content-length", "date", "server"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Return what answers a method: http.server asks for ``do_POST`` and the like."""
        if not name.startswith("do_"):
            raise AttributeError(name)
        return self._tunnel if name == "do_CONNECT" else self._ask

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except OSError:  # a client that ends the connection
            self.close_connection = True

    def finish(self) -> None:
        super().finish()
        self.connection.close()  # the server knows only the socket that TLS has taken over

    def _ask(self) -> None:
        self.proxy.ask(self)

    def log_message(self, *_: object) -> None:
        pass
