"""One connection of a client, with the one to the provider that belongs to it.

What ends or breaks one of them ends the other in the same way.
"""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple, NoReturn
from urllib.parse import urlsplit

from smsbridge.http.answer import AnswerTooLarge, BadAnswer, Reading
from smsbridge.http.exchange import Request, Response
from smsbridge.serving.request_reading import BadRequest
from smsbridge.serving.rest import json_response
from smsbridge.testing.faults.connection import as_bytes
from smsbridge.testing.record.accepted_codings import read_codings
from smsbridge.testing.record.answer_relay import AnswerRelay
from smsbridge.testing.record.answered_client import AnsweredClient
from smsbridge.testing.record.exchange_keeper import MOST_REQUEST, ExchangeKeeper
from smsbridge.testing.record.relayed_request import RelayedRequest
from smsbridge.testing.record.sockets import IDLE_SECONDS, is_gone, ready, why_unreachable

CONTROL = "/_mock/"
_MOST_READ = 16 * 1024 * 1024
_PART = 65_536
_CONNECT_SECONDS = 30.0
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: on, for 0 seconds
_PER_HOP = ("proxy-connection", "proxy-authorization", "proxy-authenticate")
_LAST_WORDS = 2.0


class _Ended(Exception):
    """The connection is over; ``reset``: it broke."""

    def __init__(self, *, reset: bool = False) -> None:
        super().__init__(reset)
        self.reset = reset


class _Broke(NamedTuple):
    """How the provider's side ended: by a reset, or as any connection ends."""

    reset: bool


@dataclass(kw_only=True)
class ProxiedConnection:
    """Passes on what one client and the provider say."""

    client: socket.socket
    keeper: ExchangeKeeper
    tls: ssl.SSLContext
    control: Callable[[Request], Response]
    opened: Callable[[socket.socket], None]
    over: threading.Event
    _provider: socket.socket | None = field(default=None, init=False)
    _late: bytes = field(default=b"", init=False)
    _answered: AnsweredClient = field(init=False)

    def serve(self) -> None:
        """Pass on requests and answers until one side ends the connection."""
        self.client.settimeout(IDLE_SECONDS)
        self.client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while not self.over.is_set():
                self._exchange()
        except _Ended as end:
            if end.reset:
                with suppress(OSError):
                    self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            else:
                self._say_goodbye()
        except OSError:
            pass  # the client is gone
        finally:
            if self._provider is not None:
                with suppress(OSError):
                    self._provider.close()

    def _say_goodbye(self) -> None:
        """Let the client read what it was sent: closing while it still writes would lose it."""
        with suppress(OSError):
            self.client.shutdown(socket.SHUT_WR)
            self.client.settimeout(_LAST_WORDS)
            while self.client.recv(_PART):
                pass

    def _exchange(self) -> None:
        reading = RelayedRequest(self._heads, MOST_REQUEST)
        passed, late = b"", self._late
        self._late = b""
        try:
            while not reading.has_head:
                data = late or self._from_client(reading)
                late = b""
                passed += reading.relay(data)
        except BadRequest as error:
            self._pass_unread(str(error), reading.held)
        if reading.target.startswith(CONTROL):
            self._answer_control(reading)
            return
        if reading.method == "CONNECT" or "://" in reading.target.partition("?")[0]:
            self._refuse(
                405, "this is not a forward proxy: give its address in place of the provider's"
            )
        self._open_provider()
        self._relay(reading, passed)

    def _from_client(self, reading: RelayedRequest) -> bytes:
        try:
            data = self._wait_for_request()
        except OSError:
            raise _Ended from None
        if not data:
            if reading.held and self._provider is None:
                self._pass_unread("it ended within its head", reading.held)
            raise _Ended
        return data

    def _wait_for_request(self) -> bytes:
        """Return what the client says; end the connection as soon as the provider ends it."""
        if self._provider is None:
            return self.client.recv(_PART)
        while True:
            if self.client in self._wait(self.client, self._provider):
                return self.client.recv(_PART)
            try:
                said = self._provider.recv(_PART)
            except OSError:
                raise _Ended(reset=True) from None
            if not said:
                raise _Ended
            self.keeper.note("bytes of the provider that answer no request")
            self.client.sendall(said)

    def _heads(self, lines: list[bytes]) -> list[bytes]:
        """Return a head as it goes to the provider: its host, and nothing for this proxy.

        It asks for no encoding that could not be recorded.
        """
        host = b"Host: " + urlsplit(self.keeper.move.provider).netloc.encode()
        kept, named = [lines[0]], False
        for line in lines[1:]:
            name = line.partition(b":")[0].strip().lower()
            if name == b"host":
                kept += [] if named else [host]
                named = True
            elif name.decode("latin-1") not in _PER_HOP:
                kept.append(read_codings(line))
        return kept if named else [kept[0], host, *kept[1:]]

    def _answer_control(self, reading: RelayedRequest) -> None:
        try:
            while not reading.whole:
                reading.relay(self._from_client(reading))
        except BadRequest as error:
            self._refuse(400, str(error))
        answer = self.control(self.keeper.request(reading))
        self.client.sendall(as_bytes(answer, "Connection: close"))
        raise _Ended

    def _refuse(self, status: int, why: str) -> NoReturn:
        answer = json_response(status, {"error": status, "message": f"smsbridge: {why}"})
        with suppress(OSError):
            self.client.sendall(as_bytes(answer, "Connection: close"))
        raise _Ended

    def _open_provider(self) -> socket.socket:
        """Return the connection to the provider; where there can't be one, say so, and end."""
        if self._provider is not None:
            return self._provider
        parts = urlsplit(self.keeper.move.provider)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            made = socket.create_connection((parts.hostname or "", port), _CONNECT_SECONDS)
            self.opened(made)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if parts.scheme == "https":
                made = self.tls.wrap_socket(made, server_hostname=parts.hostname)
                self.opened(made)
            made.settimeout(IDLE_SECONDS)
        except OSError as error:
            why = why_unreachable(error)
            self.keeper.note(f"a request: {why}")
            self._refuse(502, why)
        self._provider = made
        return made

    def _relay(self, reading: RelayedRequest, passed: bytes) -> None:
        """Pass one request on, and its answer back."""
        answer = Reading(reading.method, _MOST_READ)
        asks = reading.method == "GET"
        move_body = (lambda read: self.keeper.contract(reading, read)) if asks else None
        relay = AnswerRelay(answer, self._move_place, move_body)
        self._answered = AnsweredClient(self.client)
        try:
            self._to_provider(passed)
            self._pass_both(reading, relay)
        except BadAnswer as error:
            if not isinstance(error, AnswerTooLarge) and not answer.whole:
                self.keeper.keep_fault(reading, relay.fault(str(error)))
            else:
                self.keeper.note(f"an answer of more than {_MOST_READ} bytes")
            self._answered.send(relay.rest())
            self._pass_to_the_end()
        if not reading.whole:
            self.keeper.note("a request that was answered before its end")
        if not answer.kept_open and answer.status not in (204, 304):
            self._pass_to_the_end()
        self._late = reading.rest

    def _pass_both(self, reading: RelayedRequest, relay: AnswerRelay) -> None:
        """Pass on what either side says, until request and answer are whole."""
        answer, patient = relay.reading, True
        while not (answer.whole and (reading.whole or not answer.kept_open)):
            provider = self._open_provider()
            readable = self._wait(provider, *([self.client] if patient else []))
            if reading.whole and self.client in readable:
                if is_gone(self.client) and not self._answered.still_reads():
                    self._lose_client(reading, answer)
                patient = False  # it says no more, or the next request is there already
            elif provider in readable:
                self._pass_answer(reading, relay)
            else:
                self._pass_request(reading)
                if answer.whole and reading.whole:
                    self.keeper.keep(reading, answer)

    def _pass_answer(self, reading: RelayedRequest, relay: AnswerRelay) -> None:
        answer = relay.reading
        try:
            data = self._provider.recv(_PART) if self._provider else b""
        except ssl.SSLWantReadError:
            return
        except OSError:
            self._provider_broke(reading, relay, _Broke(reset=True))
            return
        if data or answer.status:
            try:
                passed = relay.feed(data)
            except BadAnswer:
                if data:
                    raise
                self._provider_broke(reading, relay, _Broke(reset=False))
                return
            if answer.whole and reading.whole:
                self.keeper.keep(reading, answer)  # before the client has it, who may cut at once
            self._answered.send(passed)
            return
        self._provider_broke(reading, relay, _Broke(reset=False))

    def _provider_broke(self, reading: RelayedRequest, relay: AnswerRelay, how: _Broke) -> None:
        """Keep how the provider ended the connection, and end the client's in the same way."""
        answer = relay.reading
        if not reading.whole:
            self.keeper.note("a request that the provider cut short")
        elif not answer.begun:
            self.keeper.keep_fault(
                reading, "reset-after-request" if how.reset else "close-after-request"
            )
        else:
            self.keeper.keep_fault(reading, "half-body" if answer.status else "half-headers")
        with suppress(OSError):
            self._answered.send(relay.rest())
        raise _Ended(reset=how.reset)

    def _lose_client(self, reading: RelayedRequest, answer: Reading) -> None:
        fault = "drip-headers" if answer.begun else "silence"
        self.keeper.keep_fault(reading, "drip-body" if answer.status else fault)
        raise _Ended

    def _pass_request(self, reading: RelayedRequest) -> None:
        data = self.client.recv(_PART)
        if not data:
            self.keeper.note("a request that the client did not finish")
            raise _Ended
        try:
            passed = reading.relay(data)
        except BadRequest as error:
            self._pass_unread(str(error), reading.held)
        else:
            self._to_provider(passed)

    def _to_provider(self, data: bytes) -> None:
        """Send to the provider; what it refuses to take, its answer or its end says why."""
        if self._provider is not None:
            with suppress(OSError):
                self._provider.sendall(data)

    def _pass_unread(self, why: str, held: bytes) -> None:
        """Pass on what is not understood, byte for byte, in both directions to the end."""
        self.keeper.note(f"something not understood: {why}")
        self._open_provider()
        self._to_provider(held)
        while self._provider is not None:
            for one in self._wait(self.client, self._provider):
                other = self._provider if one is self.client else self.client
                try:
                    data = one.recv(_PART)
                except OSError:
                    raise _Ended(reset=one is self._provider) from None
                if not data and one is self._provider:
                    raise _Ended
                if not data:
                    with suppress(OSError):
                        self._provider.shutdown(socket.SHUT_WR)
                    self._pass_to_the_end(listens=False)
                other.sendall(data)

    def _pass_to_the_end(self, *, listens: bool = True) -> None:
        """Pass on what the provider still says, and then end as it does.

        ``listens``: whether the client may still end it.
        """
        both = [self._provider, self.client] if listens else [self._provider]
        while self._provider is not None:
            waiting = self._wait(*filter(None, both))
            if self.client in waiting and is_gone(self.client):
                break
            try:
                data = self._provider.recv(_PART)
            except OSError:
                raise _Ended(reset=True) from None
            if not data:
                break
            self.client.sendall(data)
        raise _Ended

    def _wait(self, *sockets: socket.socket) -> list[socket.socket]:
        if not (found := ready(*sockets)):
            raise _Ended
        return found

    def _move_place(self, place: bytes) -> bytes:
        return self.keeper.move.place(place.decode("latin-1")).encode("latin-1", "replace")
