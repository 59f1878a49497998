"""What the mock provider answers where nothing was recorded: made from tables and contracts.

ASSUMED: no provider was heard to answer so. What is valid is all that is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from smsbridge.backends.base import Backend
from smsbridge.codecs.soap.codec import Soap, Unserved
from smsbridge.codecs.soap.model import BadContract
from smsbridge.errors import Reason
from smsbridge.http.exchange import Response
from smsbridge.mapping.codec import Unreadable
from smsbridge.mapping.operation import Operation, Question
from smsbridge.mapping.sample_answers import Asked, word_of
from smsbridge.mapping.words import When, word_at
from smsbridge.message import Status

if TYPE_CHECKING:
    from smsbridge.http.exchange import Request
    from smsbridge.mapping.codec import Note
    from smsbridge.testing.fixture.scenario import Scenario
    from smsbridge.testing.mock.history import History
    from smsbridge.testing.mock.request import Heard

_UNSENDABLE = (Reason.RECIPIENT, Reason.CONTENT, Reason.REQUEST, Reason.OTHER)
_STATUSES = (Status.DELIVERED, Status.SENT, Status.ACCEPTED, Status.QUEUED)
_FAILURES = (Status.UNDELIVERED, Status.REJECTED)
_ACCEPTED = 202  # of a one-way operation (WS-I Basic Profile 1.1, R2714)


class Assumed:
    """Answers for one backend, from what its history remembers."""

    def __init__(self, backend: Backend, scenario: Scenario, history: History) -> None:
        """``scenario`` mints ids; ``history`` is what is remembered."""
        self._backend = backend
        self._scenario = scenario
        self._history = history

    def answer(self, request: Request, heard: Heard) -> Response:
        """Return the answer to a call that a table has."""
        try:
            return self._answer(request, heard)
        except BadContract as error:
            why = f"{error}, and the table wants another word"
            return heard.protocol.codec.fault(request, "Server", why)

    def _answer(self, request: Request, heard: Heard) -> Response:
        asked = Asked(heard.protocol.codec, self._backend.site(), request, heard.call.name)
        table = heard.table
        if not heard.known:
            return asked.refusal(table.rejected, (Reason.AUTHENTICATION,))
        if isinstance(table, Question):
            return asked.answer(dict(self._rows(heard, table)), table.rejected)
        if not self._done(heard):
            return asked.refusal(table.rejected, _UNSENDABLE)
        return asked.answer(self._accepted(heard, table), table.rejected)

    def sampled(self, request: Request, note: Note) -> Response | None:
        """Return a valid sample for an operation of a WSDL that no table has."""
        site = self._backend.site()
        codecs = (protocol.codec for protocol in self._backend.protocols.values())
        refusals: list[tuple[bool, str, Response]] = []
        for codec in (codec for codec in codecs if isinstance(codec, Soap)):
            contract = codec.contract(site)
            try:
                call = codec.read(site, tuple(contract.operations), request, note)
            except Unreadable as error:  # another port may take it: two may share an address
                known = not isinstance(error, Unserved)
                refusals.append((known, str(error), codec.refuse(request, error)))
                continue
            if call is not None and contract.operation(call.name).output is None:
                return Response(status=_ACCEPTED)
            if call is not None:
                return Asked(codec, site, request, call.name).answer({})
        if not refusals:
            return None
        _, why, answer = max(refusals, key=lambda one: one[0])
        note(f"refused: {why}")
        return answer

    def _accepted(self, heard: Heard, table: Operation) -> dict[str, Any]:
        sample = heard.protocol.codec.sample(self._backend.site(), heard.call.name)
        marker = table.accepted
        words: dict[str, Any] = {
            path: word_of(word, word_at(sample, path) or "1") for path, word in marker.match.items()
        }
        if marker.id:
            wanted = When({"id": marker.match.get(marker.id, "*")})
            words[marker.id] = self._id(word_at(sample, marker.id), wanted, heard)
        if marker.status and marker.status not in words:
            words[marker.status] = self._status_word()
        return words

    def _done(self, heard: Heard) -> bool:
        """Do what a command asks for; tell whether it could be done."""
        match heard.operation:
            case "resend":
                return self._history.resend(heard.values.get("id", ""))
            case "delete":
                return self._history.delete(heard.values)
        return heard.message is not None

    def _id(self, sample: str | None, wanted: When, heard: Heard) -> str:
        if heard.operation == "resend":
            return heard.values["id"]
        made = self._scenario.mint("id")
        if (sample or "").isdigit() or not wanted.holds({"id": made}):
            made = str(int(made[:7], 16))
        return made

    def _status_word(self) -> str:
        words = {status: word for word, status in self._backend.statuses.items()}
        return next((words[one] for one in _STATUSES if one in words), str(Status.ACCEPTED))

    def _rows(self, heard: Heard, table: Question) -> Iterator[tuple[str, Any]]:
        for path, word in table.answered.match.items():
            yield path, word_of(word, "1")
        found = self._history.rows(heard.operation, heard.values)
        if table.rows and not found:
            yield table.rows, []
        for number, words in enumerate(found):
            prefix = f"{table.rows}[{number}]." if table.rows else ""
            for path, word in self._row(table, words):
                yield prefix + path, word

    def _row(self, table: Question, words: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """Yield the words of one row, at the first of the places where a table looks for each."""
        status = words["status"]
        for name in table.row:
            path, *more = table.paths(name)[0].split(" ")
            if name == "status":
                yield path, self._status_of(table, status)
            elif name == "at":
                yield path, _time(path, words[name])
            elif name in words and not more:
                yield path, words[name]
        if status in _FAILURES:
            by_provider = status is Status.REJECTED and table.refused.match
            marks = table.refused if by_provider else table.failed
            for path, word in marks.match.items():
                yield path, word_of(word, words["error"])

    def _status_of(self, table: Question, status: Status | None) -> str:
        """Return the provider's word for a status, or for the best that there is."""
        words = {one: word for word, one in (table.statuses or self._backend.statuses).items()}
        arrived = status is None or status in _STATUSES[:2]
        nearest = _STATUSES if arrived else (status, *reversed(_STATUSES))
        known = (words[one] for one in (status, *nearest) if one in words)
        return next(known, str(status or Status.ACCEPTED))


def _time(path: str, iso: str) -> str | int:
    """Return a time as a field of that name would have it."""
    return int(datetime.fromisoformat(iso).timestamp()) if "timestamp" in path else iso
