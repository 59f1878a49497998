"""What the mock provider answers where nothing was recorded: made from tables and contracts.

ASSUMED: no provider was seen to answer so; the answers are only known to be valid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from smsbridge.backends.base import Backend
from smsbridge.errors import Reason
from smsbridge.http.exchange import Response
from smsbridge.mapping.codec import Unreadable, Unwritable
from smsbridge.mapping.operation import Operation, Question
from smsbridge.mapping.path import STATUS
from smsbridge.mapping.words import ends_of
from smsbridge.message import Status
from smsbridge.serving.answers import AnswerWriter, row_of, status_words
from smsbridge.serving.call import ReceivedCall
from smsbridge.serving.provider_protocol import ProviderProtocol
from smsbridge.serving.soap import NoSuchOperation, ProviderSoap
from smsbridge.serving.table_answers import TableAnswers, fits_id, writer_of
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
        self._protocols = protocols
        self._scenario = scenario
        self._history = history
        self._answers = TableAnswers(
            statuses=backend.statuses, status_word=_status_word, zone=backend.zone()
        )

    def answer(self, request: Request, call: ReceivedCall) -> Response:
        """Return the answer to a call that a table has."""
        try:
            return self._answer(request, call)
        except Unwritable as error:
            why = f"{error}, and the table wants another word"
            return call.protocol.codec.fault(request, "Server", why)

    def _answer(self, request: Request, call: ReceivedCall) -> Response:
        table = call.table
        if not call.known:
            return self._refuse(request, call, Reason.AUTHENTICATION)
        if isinstance(table, Question):
            found = self._history.rows(call.operation, call.values)
            return self._answers.rows(request, call, found)
        if not self._do_command(call):
            return self._refuse(request, call, *_UNSENDABLE)
        if table.rows:
            return writer_of(request, call).answer(self._recipient_rows(call, table))
        known = self._id(call, table)
        try:
            return self._answers.acceptance(request, call, known, None)
        except Unwritable:
            if not table.accepted.id:
                raise  # some take an id of digits only
            return self._answers.acceptance(request, call, _as_number(known), None)

    def _refuse(self, request: Request, call: ReceivedCall, *reasons: Reason) -> Response:
        return writer_of(request, call).refusal(call.table.rejected, reasons)

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
            words = self._answers.yes_words(call, table, self._id(call, table), None)
            status = {path: words.pop(path) for path in (STATUS,) if path in words}
            rule = recipient_rule(message.recipient) if call.others else None
            if rule and rule.fault:
                words = row_refusal(table, rule.fault)
            if words:
                rows.append(row_of(table, words, message.recipient))
        return {table.rows: rows, **status}

    def _do_command(self, call: ReceivedCall) -> bool:
        """Do what a command asks for; return whether that was possible."""
        match call.operation:
            case "resend":
                return self._history.resend(call.values.get("id", ""))
            case "delete":
                return self._history.delete(call.values)
        return call.message is not None

    def _id(self, call: ReceivedCall, table: Operation) -> str:
        if call.operation == "resend":
            return call.values["id"]
        made = self._scenario.mint("id")
        return made if fits_id(call.protocol.codec, table, made) else _as_number(made)


def _status_word(statuses: Mapping[str, Status], status: Status | None) -> str:
    """Return the provider's word for a status, or for the best that there is."""
    words = status_words(statuses)
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
