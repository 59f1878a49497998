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

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from smsbridge.auth.token import TokenRefused
from smsbridge.backends.abilities import Abilities
from smsbridge.errors import (
    Attempt,
    ConfigError,
    NoAnswer,
    OutcomeUnknown,
    Rejected,
    SendError,
)
from smsbridge.http.exchange import Broken
from smsbridge.mapping.codec import Unreadable
from smsbridge.mapping.operation import (
    Operation,
    Question,
    made_values,
    message_values,
    spellings,
)
from smsbridge.mapping.outcome import Case, Outcome, broken, judge, rejected
from smsbridge.mapping.path import STATUS
from smsbridge.mapping.request import answered, called
from smsbridge.mapping.rows import read_received, read_sent
from smsbridge.mapping.template import TIME_ZONE, reread
from smsbridge.mapping.words import Words, word_at
from smsbridge.message import Message, Submission, fingerprint
from smsbridge.text.masking import codes_alone

if TYPE_CHECKING:
    from smsbridge.http.exchange import Exchange, Response, Session
    from smsbridge.mapping.codec import Note


_OF_THE_LOG = ("status", "sent")
_LATER = {STATUS: ("503",)}  # to a question, which sends nothing: ask later


class Backend(Abilities):
    """A provider's table. A subclass becomes a frozen dataclass; its fields are its config keys.

    ``url``: base address. ``protocol``: one of ``protocols``, the first by default. ``timeout``:
    seconds for a whole call, token included. ``ca``: PEM file of issuers, instead of the public
    ones. ``client_cert``: PEM file with certificate and key. ``proxy``: URL, instead of the
    environment's. ``cleartext_hosts``: hosts that may be spoken to without TLS. ``wsdl``: path or
    URL, instead of the contract that ships; ``wsdl_sha256`` pins it. ``default_region``: where a
    number without + is dialled, such as ``GB``. ``time_zone``: that of times which the provider
    writes without one, such as ``Europe/Lisbon``. ``retry``: how often a send is tried, if it is
    proved that a repeat is safe; once by default. ``limit``: calls a second, and at once.
    ``answer_limit``, ``element_limit``: how many bytes, and elements of XML, an answer may have.
    ``log``: the backend that has the log, where this one has none.
    """

    log: Backend | None = None

    def __post_init__(self) -> None:
        """Refuse a config that can't be used."""
        super().__post_init__()
        if self.log is not None and not isinstance(self.log, Backend):
            raise ConfigError("log: give a Backend", ("log",))

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

    def parts(self) -> Mapping[str, Backend]:
        """Return the backends that it is made of, by name: ``log``, where another holds its log."""
        return {"log": self.log} if self.log else {}

    def senders(self) -> Iterator[tuple[str, Backend]]:
        """Yield what a send may go by, each with its name: the backend itself, without one."""
        yield "", self

    def at(self, via: tuple[str, ...]) -> Backend:
        """Return the part that carries a request."""
        return self.parts()[via[0]].at(via[1:]) if via else self

    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        """Send one message: a `Submission`, or one of the errors of `smsbridge.errors`."""
        operation = self.sendable(message, session)
        attempt = self.attempt(message, session)
        counted = message.text if operation.counts() else None
        values = message_values(message) | made_values(session, counted)
        outcome = yield from self._concluded(operation, values, attempt, session, message)
        if isinstance(outcome, Submission):
            return outcome
        if isinstance(outcome, OutcomeUnknown):  # it may have waited for its turn before it left
            earliest = session.now() - timedelta(seconds=self.timeout)
            started = max(attempt.started, earliest)
            raise OutcomeUnknown(outcome.why, replace(attempt, started=started))
        raise outcome

    def resend(self, known: str, reference: str, session: Session) -> Exchange[Submission]:
        """Send a message again that the provider has, by its id: a second send, by intent."""
        operation = self.commandable("resend", {"id": known})
        attempt = self._attempt(session, reference)
        values = {"id": known, **made_values(session)}
        outcome = yield from self._concluded(operation, values, attempt, session)
        if isinstance(outcome, Submission):
            return replace(outcome, id=outcome.id or known)
        raise outcome

    def delete(self, values: Mapping[str, Any], session: Session) -> Exchange[None]:
        """Delete from the provider's log; raises `NoAnswer` or `Rejected`."""
        operation = self.commandable("delete", values)
        attempt = self._attempt(session)
        values = {**values, **made_values(session)}
        yield from self._asked(operation, values, attempt, session)

    def _asked(
        self,
        table: Operation | Question,
        values: Mapping[str, Any],
        attempt: Attempt,
        session: Session,
    ) -> Exchange[Submission]:
        """Make a call that may be repeated; raises `NoAnswer` or `Rejected`."""
        try:
            outcome = yield from self._judged(table, values, attempt, session)
        except Broken as error:
            raise self._no_answer(error) from None
        if isinstance(outcome, Submission):
            return outcome
        raise outcome if isinstance(outcome, Rejected) else self._no_answer(outcome)

    def _concluded(
        self,
        table: Operation | Question,
        values: Mapping[str, Any],
        attempt: Attempt,
        session: Session,
        message: Message | None = None,
    ) -> Exchange[Outcome]:
        """Make a call, and return what it came to."""
        try:
            return (yield from self._judged(table, values, attempt, session, message))
        except Broken as error:
            return broken(error, attempt)

    def _judged(
        self,
        table: Operation | Question,
        values: Mapping[str, Any],
        attempt: Attempt,
        session: Session,
        message: Message | None = None,
    ) -> Exchange[Outcome]:
        """Make a call, and return what a whole answer proves; raises `Broken`."""
        try:
            response = yield from self._called(table, values, session)
        except TokenRefused as error:
            code = self._shows(session, message, error.known)(error.code)
            why = error.why or f"the token call was refused: {code!r}"
            return rejected(why, attempt, error.reason, code)
        return self.outcome(table, message, response, session, attempt)

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
                accepted=operation.taken,
                rejected=operation.rejected,
                statuses=self.statuses,
                not_sent=_LATER if not attempt.reference else getattr(operation, "not_sent", {}),
            ),
            attempt=attempt,
            now=session.now(),
            scheme=self.protocols[self.protocol].auth.scheme,
            mask=self._shows(session, message, _words(operation)),
        )
        codec = self.protocols[self.protocol].codec
        try:
            words = spellings(operation, self.statuses)
            answer = answered(codec, operation.call, response, self.site(), session, words)
            return judge(response, answer, case)
        except Exception as error:  # noqa: BLE001  (the message has left: lose no outcome)
            return OutcomeUnknown(f"the answer can't be judged: {type(error).__name__}", attempt)

    def _shows(
        self, session: Session, message: Message | None, known: Collection[str]
    ) -> Callable[[str], str]:
        """Return what shows a word of the provider: one that a table names, or a short code."""
        private = [message.recipient, message.text] if message else []
        return codes_alone([*self.secrets(), *session.hidden, *private], known)

    def answering(self, name: str, part: str = "") -> tuple[str, ...]:
        """Return the way to whoever answers a question: a part, or the backend with its log."""
        if part and part in self.parts():
            return (part, *self.parts()[part].answering(name))
        by_log = self.log is not None and name in _OF_THE_LOG and self.question(name) is None
        return ("log",) if by_log else ()

    def ask(self, question: str, values: Mapping[str, Any], session: Session) -> Exchange[Any]:
        """Return the rows of an answer to ``status``, ``sent`` or ``received``; or `NoAnswer`."""
        table = self.askable(question, values)
        attempt = self._attempt(session)
        given = {**values, **made_values(session)}
        found = yield from self._asked(table, given, attempt, session)
        try:
            if question == "received":
                return read_received(table, found.answer, self.zone())
            return read_sent(table, found.answer, self.statuses, self.zone())
        except Unreadable as error:
            raise NoAnswer(str(error), self.name, protocol=self.protocol) from None

    def _no_answer(self, outcome: SendError | Broken) -> NoAnswer:
        retry, after = getattr(outcome, "retry", True), getattr(outcome, "retry_after", None)
        why, protocol = outcome.why, self.protocol
        return NoAnswer(why, self.name, protocol=protocol, retry=retry, retry_after=after)

    def attempt(self, message: Message, session: Session) -> Attempt:
        """Return what names this try."""
        known = fingerprint(message.recipient, message.text)
        return replace(self._attempt(session, message.reference), fingerprint=known)

    def _attempt(self, session: Session, reference: str = "") -> Attempt:
        return Attempt(
            backend=self.name,
            protocol=self.protocol,
            reference=reference,
            started=session.now(),
        )

    def taken(self, operation: Operation, given: Mapping[str, Any], _note: Note) -> Message:
        """Return the message that the provider makes of its fields: the table, read backwards.

        Used by the mock provider. Raises `InvalidMessage` for what the provider would refuse; a
        leniency that was needed is noted.
        """
        values: dict[str, str] = {}
        for path, template in operation.fields.items():
            if (word := word_at(given, path)) is not None:
                values |= reread(template, word)
        number = values.get("recipient", "")
        number = f"+{number}" if number.isdigit() else number
        return Message(recipient=number, text=values.get("text", ""))

    def _called(
        self, table: Operation | Question, values: Mapping[str, Any], session: Session
    ) -> Exchange[Response]:
        yield from self.ready(session)
        protocol = self.protocols[self.protocol]
        credentials = self.credentials()
        values = {**values, TIME_ZONE: self.zone()}
        return (yield from called(protocol, table, values, credentials, self.site(), session))


def _words(table: Operation | Question) -> frozenset[str]:
    """Return the words of refusal that a table names."""
    return frozenset(word for reasons in table.rejected.values() for word in reasons)
