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
from dataclasses import fields
from typing import TYPE_CHECKING, Any, ClassVar

from smsbridge.call import answered, called
from smsbridge.codecs import Unreadable
from smsbridge.codecs.rest import Rest
from smsbridge.errors import (
    Attempt,
    ConfigError,
    InvalidMessage,
    NoAnswer,
    NotSent,
    OutcomeUnknown,
    Rejected,
    SendError,
    Unsupported,
)
from smsbridge.exchange import Broken
from smsbridge.keys import Keys, is_secret
from smsbridge.mask import endings, masker
from smsbridge.message import Message, Options, Status, Submission
from smsbridge.operation import Operation, Protocol, Question, made_values, message_values
from smsbridge.outcome import Case, Outcome, Words, broken, judge, rejected, word_at
from smsbridge.rows import Row, read_rows
from smsbridge.secret import Secret
from smsbridge.site import Site, check_address
from smsbridge.template import reread
from smsbridge.token import TokenRefused

if TYPE_CHECKING:
    from smsbridge.auth import Credentials
    from smsbridge.codecs import Note
    from smsbridge.exchange import Exchange, Response, Session

MOST_SECONDS = 3600


class Backend(Keys):
    """A provider's table. A subclass becomes a frozen dataclass; its fields are its config keys.

    ``url``: base address. ``protocol``: one of ``protocols``, the first by default. ``timeout``:
    seconds for a whole call, token included. ``ca``: PEM file of issuers, instead of the public
    ones. ``client_cert``: PEM file with certificate and key. ``proxy``: URL, instead of the
    environment's. ``cleartext_hosts``: hosts that may be spoken to without TLS. ``wsdl``: path or
    URL, instead of the contract that ships; ``wsdl_sha256`` pins it.
    """

    name: ClassVar[str]
    protocols: ClassVar[Mapping[str, Protocol]] = {}
    statuses: ClassVar[Mapping[str, Status]] = {}
    options: ClassVar[type[Options] | None] = None
    by_block: ClassVar[bool] = False  # its tables are those of a block of config

    url: str = ""
    protocol: str = ""
    timeout: float = 30.0
    ca: str = ""
    client_cert: str = ""
    proxy: Secret | None = None
    cleartext_hosts: tuple[str, ...] = ()
    wsdl: str = ""
    wsdl_sha256: str = ""

    def __init_subclass__(cls) -> None:
        """Refuse a table without a name."""
        if cls.__dict__.get("protocols") and not hasattr(cls, "name"):
            raise TypeError(f"{cls.__name__} has protocols, but no name")
        super().__init_subclass__()

    def __post_init__(self) -> None:
        """Refuse a config that can't be used."""
        for key in (key for key in fields(self) if is_secret(key)):
            value = getattr(self, key.name)
            if isinstance(value, str) and value:
                try:
                    object.__setattr__(self, key.name, Secret(value))
                except ConfigError:
                    raise ConfigError(f"{key.name}: is no valid text", (key.name,)) from None
            elif value and not isinstance(value, Secret):
                raise ConfigError(f"{key.name}: give text, or a Secret", (key.name,))
        if self.protocols:
            self._check_protocol()
        number = isinstance(self.timeout, int | float) and not isinstance(self.timeout, bool)
        if not number or not 0 < self.timeout <= MOST_SECONDS:
            raise ConfigError("timeout: give seconds, above 0 and up to 3600", ("timeout",))
        object.__setattr__(self, "timeout", float(self.timeout))

    def _check_protocol(self) -> None:
        if not self.protocol:
            usable = (name for name in self.protocols if not self._missing(name))
            object.__setattr__(self, "protocol", next(usable, next(iter(self.protocols))))
        if self.protocol not in self.protocols:
            offered = ", ".join(self.protocols)
            why = f"protocol {self.protocol!r}: {self.name} offers {offered}"
            raise ConfigError(why, ("protocol",))
        if missing := self._missing(self.protocol):
            raise ConfigError(f"{self.name} over {self.protocol} needs {' and '.join(missing)}")
        rest = isinstance(self.protocols[self.protocol].codec, Rest)
        if "#" in self.url or (rest and "?" in self.url):
            raise ConfigError(
                "url: it has a query or a fragment, which belong into a route", ("url",)
            )
        if self.url or type(self).url:
            self.site().checked(self.url)
        if "://" in self.wsdl:
            check_address("wsdl", self.wsdl)
        if self.proxy:
            check_address("proxy", self.proxy.reveal(), credentials=True)

    def _missing(self, protocol: str) -> list[str]:
        wanted = self.protocols[protocol].auth.credentials
        return [key for key in wanted if not getattr(self, key, None)]

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

    def site(self) -> Site:
        """Return where this backend is."""
        return Site(
            url=self.url,
            host=self.url if self.url != type(self).url else "",
            whole=not type(self).url,
            wsdl=self.wsdl,
            wsdl_sha256=self.wsdl_sha256,
            cleartext_hosts=self.cleartext_hosts,
        )

    def credentials(self) -> Credentials:
        """Return every secret and credential of the config in plain, by key."""
        keys = dict.fromkeys(key for p in self.protocols.values() for key in p.auth.credentials)
        given = {key: getattr(self, key, None) for key in keys}
        return {
            key: value.reveal() if isinstance(value, Secret) else str(value)
            for key, value in given.items()
            if value
        }

    def secrets(self) -> list[str]:
        """Return the values that nobody may see."""
        given = (getattr(self, key.name) for key in fields(self))
        return [value.reveal() for value in given if isinstance(value, Secret)]

    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        """Send one message: a `Submission`, or one of the errors of `smsbridge.errors`."""
        operation = self._sendable(message, session)
        attempt = self.attempt(message, session)
        values = message_values(message) | made_values(session, message.text)
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
