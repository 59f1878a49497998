"""What a provider has to tell us: a table. Client, mock provider and contract read the same one.

::

    class Acme(Backend):
        name = "acme"
        url = "https://api.acme.example"
        token: Secret

        protocols = {
            "rest": Protocol(
                Rest(body="json"),
                Fields({"token": "{token}"}),
                send=Operation(
                    "POST /v1/messages",
                    fields={"to": "{recipient}", "text": "{text}", "ref": "{reference}"},
                    accepted=When({"state": "QUEUED"}, id="id"),
                    rejected={"code": {"12": Reason.RECIPIENT, "40": Reason.AUTHENTICATION}},
                ),
            ),
        }
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from smsbridge.call import answered, called
from smsbridge.codecs import Unreadable
from smsbridge.errors import (
    Attempt,
    InvalidMessage,
    NoAnswer,
    NotSent,
    OutcomeUnknown,
    Rejected,
    SendError,
    Unsupported,
)
from smsbridge.exchange import Broken
from smsbridge.mask import endings, masker
from smsbridge.message import Message, Options, Status, Submission
from smsbridge.operation import Operation, Protocol, Question, made_values, message_values
from smsbridge.outcome import Case, Outcome, Words, broken, judge, rejected, word_at
from smsbridge.rows import Row, read_rows
from smsbridge.settings import Settings
from smsbridge.template import reread
from smsbridge.token import TokenRefused

if TYPE_CHECKING:
    from smsbridge.codecs import Note
    from smsbridge.exchange import Exchange, Response, Session


class Backend(Settings):
    """A provider's table. A subclass becomes a frozen dataclass; its fields are its config keys.

    ``url``: base address. ``protocol``: one of ``protocols``, the first by default. ``timeout``:
    seconds for a whole call, token included. ``ca``: PEM file of issuers, instead of the public
    ones. ``client_cert``: PEM file with certificate and key. ``proxy``: URL, instead of the
    environment's. ``cleartext_hosts``: hosts that may be spoken to without TLS. ``wsdl``: path or
    URL, instead of the contract that ships; ``wsdl_sha256`` pins it.
    """

    statuses: ClassVar[Mapping[str, Status]] = {}
    options: ClassVar[type[Options] | None] = None
    by_block: ClassVar[bool] = False  # its tables are those of a block of config

    @classmethod
    def of_block(
        cls, _name: str, block: Mapping[str, Any]
    ) -> tuple[type[Backend], Mapping[str, Any]]:
        """Return the class that a block of config makes, and the keys that are left for it."""
        return cls, block

    def check(self) -> None:
        """Hold the tables to what can be known before a call; raises `ConfigError`."""

    def ready(self, _session: Session) -> Exchange[None]:
        """Do what must be done once before the first call."""
        yield from ()

    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        """Send one message: a `Submission`, or one of the errors of `smsbridge.errors`."""
        operation = self._sendable(message, session)
        attempt = self.attempt(message, session)
        counted = message.text if operation.carries() & {"encoding", "segments"} else None
        values = message_values(message) | made_values(session, counted)
        failure: SendError
        try:
            response = yield from self._called(operation, values, session)
        except Broken as error:
            failure = broken(error, attempt)
        except TokenRefused as error:
            mask = self._mask(session, message)
            failure = rejected(mask(error.why), attempt, error.reason, mask(error.code))
        else:
            outcome = self.outcome(operation, message, response, session, attempt)
            if isinstance(outcome, Submission):
                return outcome
            failure = outcome
        raise failure

    def outcome(
        self,
        operation: Operation | Question,
        message: Message | None,
        response: Response,
        session: Session,
        attempt: Attempt,
    ) -> Outcome:
        """Return what the provider's answer proves."""
        case = Case(
            words=Words(
                accepted=operation.taken, rejected=operation.rejected, statuses=self.statuses
            ),
            attempt=attempt,
            now=session.now(),
            mask=self._mask(session, message),
        )
        codec = self.protocols[self.protocol].codec
        try:
            answer = answered(codec, operation.call, response, self.site(), session)
            return judge(response, answer, case)
        except Exception as error:  # noqa: BLE001  (the message has left: lose no outcome)
            return OutcomeUnknown(f"the answer can't be judged: {type(error).__name__}", attempt)

    def _mask(self, session: Session, message: Message | None = None) -> Callable[[str], str]:
        private = [*endings(message.recipient), message.text] if message else []
        return masker([*self.secrets(), *session.hidden, *private])

    def ask(
        self, question: str, values: Mapping[str, Any], session: Session
    ) -> Exchange[list[Row]]:
        """Return the rows of an answer to ``status``, ``sent`` or ``received``; or `NoAnswer`."""
        table = self._askable(question, values)
        attempt = Attempt(
            backend=self.name, protocol=self.protocol, reference="", started=session.now()
        )
        outcome: Outcome
        try:
            response = yield from self._called(table, {**values, **made_values(session)}, session)
        except Broken as error:
            outcome = NotSent(error.why, attempt, retry=error.retry)
        except TokenRefused as error:
            mask = self._mask(session)
            outcome = rejected(mask(error.why), attempt, error.reason, mask(error.code))
        else:
            outcome = self.outcome(table, None, response, session, attempt)
        if isinstance(outcome, Submission):
            try:
                return list(read_rows(table, outcome.answer, self.statuses))
            except Unreadable as error:
                raise NoAnswer(str(error), self.name) from None
        if isinstance(outcome, Rejected):
            raise outcome
        retry, after = getattr(outcome, "retry", True), getattr(outcome, "retry_after", None)
        raise NoAnswer(outcome.why, self.name, retry=retry, retry_after=after)

    def attempt(self, message: Message, session: Session) -> Attempt:
        """Return what names this try."""
        return Attempt(
            backend=self.name,
            protocol=self.protocol,
            reference=message.reference,
            started=session.now(),
        )

    def taken(self, operation: Operation, given: Mapping[str, Any], _note: Note) -> Message:
        """Return the message that the provider makes of its fields: the table, read backwards.

        Used by the mock provider. Raises `InvalidMessage` for what the provider would refuse; a
        leniency that was needed is noted.
        """
        values = dict(
            found
            for path, template in operation.fields.items()
            if (word := word_at(given, path)) is not None and (found := reread(template, word))
        )
        number = values.get("recipient", "")
        number = f"+{number}" if number.isdigit() else number
        return Message(recipient=number, text=values.get("text", ""))

    def _called(
        self, table: Operation | Question, values: Mapping[str, Any], session: Session
    ) -> Exchange[Response]:
        yield from self.ready(session)
        protocol = self.protocols[self.protocol]
        credentials = self.credentials()
        return (yield from called(protocol, table, values, credentials, self.site(), session))

    def _askable(self, question: str, values: Mapping[str, Any]) -> Question:
        if not self.protocols:
            raise Unsupported(f"{self.name} can't answer {question}")
        table = self.protocols[self.protocol].operations().get(question)
        if not isinstance(table, Question):
            raise self._unsupported(
                f"answer {question}", lambda other: question in other.operations()
            )
        if lacking := sorted(values.keys() - table.carries()):
            raise Unsupported(f"{self.name} can't ask {question} by {lacking[0]}")
        return table

    def _sendable(self, message: Message, session: Session) -> Operation:
        operation = self.protocols[self.protocol].send
        if operation is None:
            raise self._unsupported("send", lambda other: other.send is not None)
        if self.options is not None and not isinstance(message.options, self.options | None):
            kind = type(message.options).__name__
            raise Unsupported(f"{self.name} takes {self.options.__name__}, not {kind}")
        values = message_values(message)
        lacking = operation.lacks(values)
        if lacking and lacking[0] in operation.carries():
            raise Unsupported(
                f"{self.name} can't carry {lacking[0]} by {values['channels']}; "
                "by another channel it can"
            )
        if lacking:
            what = f"carry {lacking[0]}" if lacking[0] != "channels" else "send"
            raise self._unsupported(
                f"{what} by {values['channels']}",
                lambda other: other.send is not None and lacking[0] not in other.send.lacks(values),
            )
        if message.send_at is not None and message.send_at <= session.now():
            raise InvalidMessage(f"send_at {message.send_at}: give a time in the future")
        return operation

    def _unsupported(self, what: str, able: Callable[[Protocol], bool]) -> Unsupported:
        others = [name for name, protocol in self.protocols.items() if able(protocol)]
        hint = f"{' and '.join(others)} can" if others else "no protocol of it can"
        if self.by_block:
            hint = "its block has no table or field for it"
        return Unsupported(f"{self.name} over {self.protocol} can't {what}; {hint}")
