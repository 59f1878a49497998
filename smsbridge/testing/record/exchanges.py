"""What went through the proxy: each request with its answer, or with how the connection broke."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from smsbridge.http.exchange import Request, Response

MOST_EXCHANGES = 2000
MOST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedExchange:
    """A request with its answer, both without chunks and compression, in plain.

    ``connection``: the number of the client's connection. ``fault``: the word of what happened to
    the connection in place of an answer.
    """

    connection: int
    request: Request = field(repr=False)
    response: Response | None = field(default=None, repr=False)
    fault: str = ""


class Exchanges:
    """Keeps what went through the proxy, within a limit; safe to share between threads.

    ``notes``: what was passed on and not recorded, and why, with a count of each.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        """``tell`` is told of each kind of note once."""
        self.notes: Counter[str] = Counter()
        self._tell = tell
        self._turn = threading.Lock()
        self._kept: list[RecordedExchange] = []
        self._contracts: dict[str, bytes] = {}
        self._bytes = 0

    def keep(self, exchange: RecordedExchange) -> None:
        """Keep an exchange that has ended."""
        size = _size(exchange)
        with self._turn:
            full = len(self._kept) >= MOST_EXCHANGES or self._bytes + size > MOST_BYTES
            if not full:
                self._kept.append(exchange)
                self._bytes += size
        if full:
            self.note("an exchange beyond what one recording holds: cut it, or begin another")

    def keep_contract(self, address: str, document: bytes) -> None:
        """Keep a WSDL or a schema that the provider serves."""
        with self._turn:
            self._contracts[address] = document

    def contracts(self) -> dict[str, bytes]:
        """Return the WSDLs and schemas, by their addresses at the provider."""
        with self._turn:
            return dict(self._contracts)

    def take(self) -> list[RecordedExchange]:
        """Return what was kept since the last time, in the order in which it ended."""
        with self._turn:
            kept, self._kept, self._bytes = self._kept, [], 0
        return kept

    def give_back(self, exchanges: Sequence[RecordedExchange]) -> None:
        """Keep again what was taken and could not be written, before what came since."""
        with self._turn:
            self._kept = [*exchanges, *self._kept]
            self._bytes += sum(map(_size, exchanges))

    def note(self, what: str) -> None:
        """Note what was passed on and not recorded."""
        with self._turn:
            self.notes[what] += 1
            is_first = self.notes[what] == 1
        if is_first:
            self._tell(what)


def _size(exchange: RecordedExchange) -> int:
    answer = exchange.response
    return len(exchange.request.body) + (len(answer.body) if answer else 0)
