"""What the mock provider answers where nothing was recorded: made from tables and contracts.

ASSUMED: no provider was seen to answer so; the answers are only known to be valid.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from smsbridge.backends.base import Backend
from smsbridge.errors import Reason
from smsbridge.http.exchange import Response
from smsbridge.mapping.codec import Unreadable, Unwritable
from smsbridge.mapping.operation import Operation, Question
from smsbridge.mapping.path import STATUS
from smsbridge.mapping.words import When, ends_of, word_at
from smsbridge.message import Status
from smsbridge.serving.answers import AnswerWriter, first_pairs, row_of, status_words, word_of
from smsbridge.serving.call import ReceivedCall
from smsbridge.serving.provider_protocol import ProviderProtocol
from smsbridge.serving.soap import NoSuchOperation, ProviderSoap
from smsbridge.testing.mock.magic_numbers import recipient_rule
from smsbridge.testing.mock.verdict import quirks_refusal

if TYPE_CHECKING:
    from smsbridge.http.exchange import Request
    from smsbridge.mapping.codec import Note
    from smsbridge.testing.fixture.scenario import Scenario
    from smsbridge.testing.mock.history import History

_UNSENDABLE = (Reason.RECIPIENT, Reason.CONTENT, Reason.REQUEST, Reason.OTHER)
_ROW_REASONS: Mapping[str, tuple[Reason, ...]] = {
    "refusals": _UNSENDABLE,
    "unauthorized": (Reason.AUTHENTICATION,),
    "too-many": (Reason.RATE,),
}
_STATUSES = (Status.DELIVERED, Status.SENT, Status.ACCEPTED, Status.QUEUED)
_FAILURES = (Status.UNDELIVERED, Status.REJECTED)
_ACCEPTED = 202  # of a one-way operation (WS-I Basic Profile 1.1, R2714)


class GeneratedAnswers:
    """Makes answers for one backend from its history."""

    def __init__(
        self,
        backend: Backend,
        protocols: Sequence[ProviderProtocol],
        scenario: Scenario,
        history: History,
    ) -> None:
        """``scenario`` mints ids; ``history`` is what is remembered."""
        self._backend = backend
        self._protocols = protocols
        self._scenario = scenario
        self._history = history

    def answer(self, request: Request, call: ReceivedCall) -> Response:
        """Return the answer to a call that a table has."""
        try:
            return self._answer(request, call)
        except Unwritable as error:
            why = f"{error}, and the table wants another word"
            return call.protocol.codec.fault(request, "Server", why)

    def _answer(self, request: Request, call: ReceivedCall) -> Response:
        writer = AnswerWriter(call.protocol.codec, request, call.table.call)
        table = call.table
        if not call.known:
            return writer.refusal(table.rejected, (Reason.AUTHENTICATION,))
        if isinstance(table, Question):
            return writer.answer(dict(self._rows(call, table)), table.rejected)
        if not self._do_command(call):
            return writer.refusal(table.rejected, _UNSENDABLE)
        if table.rows:
            return writer.answer(self._recipient_rows(call, table))
        words = self._accepted_words(call, table)
        try:
            return writer.answer(words, table.rejected)
        except Unwritable:
            if not table.accepted.id:
                raise
            number = _as_number(words[table.accepted.id])  # some take an id of digits only
            return writer.answer({**words, table.accepted.id: number}, table.rejected)

    def sample_answer(
        self, request: Request, note: Note, *, refuses: bool = False
    ) -> Response | None:
        """Return a valid sample for an operation of a WSDL that no table has.

        ``refuses``: what needs a leniency is refused.
        """
        refusals: list[tuple[bool, str, Response]] = []
        codecs = (protocol.codec for protocol in self._protocols)
        for codec in (codec for codec in codecs if isinstance(codec, ProviderSoap)):
            port = codec.port
            noted: list[str] = []
            try:
                call = codec.read(tuple(port.operations), request, noted.append)
                if call and noted and refuses:
                    raise Unreadable(quirks_refusal(noted))  # noqa: TRY301  (refused as any other)
            except Unreadable as error:  # another port may take it: two may share an address
                known = not isinstance(error, NoSuchOperation)
                refusals.append((known, str(error), codec.refuse(request, error)))
                continue
            finally:
                for leniency in noted:
                    note(leniency)
            if call is not None and port.operation(call.name).output is None:
                return Response(status=_ACCEPTED)
            if call is not None:
                try:
                    return AnswerWriter(codec, request, call.name).answer({})
                except Unwritable as error:
                    return codec.fault(request, "Server", f"no sample of the answer: {error}")
        if not refusals:
            return None
        _, why, answer = max(refusals, key=lambda one: one[0])
        note(f"refused: {why}")
        return answer

    def _recipient_rows(self, call: ReceivedCall, table: Operation) -> dict[str, Any]:
        """Return the rows of a call to several recipients; a magic number has its own."""
        rows: list[dict[str, Any]] = []
        status: dict[str, Any] = {}
        for message in call.messages:
            words = self._accepted_words(call, table)
            status = {path: words.pop(path) for path in (STATUS,) if path in words}
            rule = recipient_rule(message.recipient) if call.others else None
            if rule and rule.fault:
                words = row_refusal(table, rule.fault)
            if words:
                rows.append(row_of(table, words, message.recipient))
        return {table.rows: rows, **status}

    def _accepted_words(self, call: ReceivedCall, table: Operation) -> dict[str, Any]:
        sample = call.protocol.codec.sample(call.table.call)
        marker = table.accepted
        words: dict[str, Any] = {
            path: word_of(word, word_at(sample, path) or "1") for path, word in first_pairs(marker)
        }
        if marker.id:
            wanted = When({"id": marker.match.get(marker.id, "*")})
            words[marker.id] = self._id(word_at(sample, marker.id), wanted, call)
        if marker.status and marker.status not in words:
            words[marker.status] = self._status_word()
        return words

    def _do_command(self, call: ReceivedCall) -> bool:
        """Do what a command asks for; return whether that was possible."""
        match call.operation:
            case "resend":
                return self._history.resend(call.values.get("id", ""))
            case "delete":
                return self._history.delete(call.values)
        return call.message is not None

    def _id(self, sample: str | None, wanted: When, call: ReceivedCall) -> str:
        if call.operation == "resend":
            return call.values["id"]
        made = self._scenario.mint("id")
        if (sample or "").isdigit() or not wanted.holds({"id": made}):
            made = _as_number(made)
        return made

    def _status_word(self) -> str:
        words = status_words(self._backend.statuses)
        return next((words[one] for one in _STATUSES if one in words), str(Status.ACCEPTED))

    def _rows(self, call: ReceivedCall, table: Question) -> Iterator[tuple[str, Any]]:
        for path, word in first_pairs(table.answered):
            yield path, word_of(word, "1")
        found = self._history.rows(call.operation, call.values)
        if table.rows and not found:
            yield table.rows, []
        for number, words in enumerate(found):
            prefix = f"{table.rows}[{number}]." if table.rows else ""
            for path, word in self._row(table, words):
                yield prefix + path, word

    def _row(self, table: Question, words: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """Yield the words of one row, each at the first path where a table looks for it."""
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
            for path, word in first_pairs(marks):
                yield path, word_of(word, words["error"])

    def _status_of(self, table: Question, status: Status | None) -> str:
        """Return the provider's word for a status, or for the best that there is."""
        words = status_words(table.statuses or self._backend.statuses)
        arrived = status is None or status in _STATUSES[:2]
        nearest = _STATUSES if arrived else (status, *reversed(_STATUSES))
        known = (words[one] for one in (status, *nearest) if one in words)
        return next(known, str(status or Status.ACCEPTED))


def row_refusal(table: Operation, fault: str) -> dict[str, Any]:
    """Return the words of a row that says what a fault would; none where no word of it does."""
    name = fault.partition(":")[0]
    untaken = [(path, *words) for path, words in table.not_sent.items() if path != STATUS]
    if name == "too-many" and untaken:
        return {untaken[0][0]: untaken[0][1]}
    for reason in _ROW_REASONS.get(name, ()):
        for path, words in table.rejected.items():
            word = next((w for w, meant in words.items() if meant is reason and w != "*"), None)
            if word is not None and path != STATUS:
                return {path: ends_of(word)[0]}
    return {}


def _as_number(made: str) -> str:
    """Return an id that was made, as digits."""
    return str(int(made[:7], 16))


def _time(path: str, iso: str) -> str | int:
    """Return a time as a field of that name would have it."""
    return int(datetime.fromisoformat(iso).timestamp()) if "timestamp" in path else iso
