"""What a provider has to tell us: a table. Client, mock provider and contract read the same one.

::

    class Acme(Backend):
        name = "acme"
        url = "https://api.acme.example"
        token: Secret

        protocols = {
            "rest": Protocol(
                Rest(body="json"),
                Field("token", "token"),
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

import inspect
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any, ClassVar, dataclass_transform
from urllib.parse import quote, quote_plus

from smsbridge.codecs import Unreadable, flat
from smsbridge.errors import (
    Attempt,
    ConfigError,
    InvalidMessage,
    OutcomeUnknown,
    Reason,
    SendError,
    Unsupported,
)
from smsbridge.exchange import Broken
from smsbridge.message import Message, Options, Status, Submission
from smsbridge.oauth import TokenRefused
from smsbridge.operation import Operation, Protocol, message_values
from smsbridge.outcome import Case, Outcome, Words, broken, judge, rejected
from smsbridge.secret import Secret
from smsbridge.site import Site, check_address
from smsbridge.template import plain, render

if TYPE_CHECKING:
    from smsbridge.auth import Credentials
    from smsbridge.codecs import Note
    from smsbridge.exchange import Exchange, Response, Session

_LEAST_PRIVATE = 4
_LEAST_DIGITS = 7
MOST_SECONDS = 3600


@dataclass_transform(kw_only_default=True)
class _Table:
    """Makes each subclass a frozen dataclass."""

    def __init_subclass__(cls) -> None:
        """Make the subclass a frozen dataclass; a plain ``url = …`` is the default of that key."""
        super().__init_subclass__()
        if "protocols" in cls.__dict__ and cls.__dict__["protocols"] and not hasattr(cls, "name"):
            raise TypeError(f"{cls.__name__} has protocols, but no name")
        base = cls.__mro__[1]
        own = inspect.get_annotations(cls)
        inherited = {f.name: f.type for f in fields(base)} if is_dataclass(base) else {}
        cls.__annotations__ = own | {
            name: kind
            for name, kind in inherited.items()
            if name in cls.__dict__ and name not in own
        }
        dataclass(frozen=True, kw_only=True)(cls)


class Backend(_Table):
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

    url: str = ""
    protocol: str = ""
    timeout: float = 30.0
    ca: str = ""
    client_cert: str = ""
    proxy: Secret | None = None
    cleartext_hosts: tuple[str, ...] = ()
    wsdl: str = ""
    wsdl_sha256: str = ""

    def __post_init__(self) -> None:
        """Refuse a config that can't be used."""
        for key in (key for key in fields(self) if is_secret(key)):
            value = getattr(self, key.name)
            if isinstance(value, str) and value:
                object.__setattr__(self, key.name, Secret(value))
            elif value and not isinstance(value, Secret):
                raise ConfigError(f"{key.name}: give text, or a Secret")
        if self.protocols:
            self._check_protocol()
        number = isinstance(self.timeout, int | float) and not isinstance(self.timeout, bool)
        if not number or not 0 < self.timeout <= MOST_SECONDS:
            raise ConfigError("timeout: give seconds, above 0 and up to 3600")
        object.__setattr__(self, "timeout", float(self.timeout))

    def _check_protocol(self) -> None:
        if not self.protocol:
            usable = (name for name in self.protocols if not self._missing(name))
            object.__setattr__(self, "protocol", next(usable, next(iter(self.protocols))))
        if self.protocol not in self.protocols:
            raise ConfigError(
                f"protocol {self.protocol!r}: {self.name} offers {', '.join(self.protocols)}"
            )
        if missing := self._missing(self.protocol):
            raise ConfigError(f"{self.name} over {self.protocol} needs {' and '.join(missing)}")
        self.site().checked(self.url)
        if "://" in self.wsdl:
            check_address("wsdl", self.wsdl)
        if self.proxy:
            check_address("proxy", self.proxy.reveal(), credentials=True)

    def _missing(self, protocol: str) -> list[str]:
        wanted = self.protocols[protocol].auth.credentials
        return [key for key in wanted if not getattr(self, key, None)]

    def site(self) -> Site:
        """Return where this backend is."""
        return Site(
            url=self.url,
            host=self.url if self.url != type(self).url else "",
            wsdl=self.wsdl,
            wsdl_sha256=self.wsdl_sha256,
            cleartext_hosts=self.cleartext_hosts,
        )

    def credentials(self) -> Credentials:
        """Return every secret and credential of the config in plain, by key."""
        keys = {key for p in self.protocols.values() for key in p.auth.credentials}
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
        operation = self._operation("send", message, session)
        protocol = self.protocols[self.protocol]
        attempt = self.attempt(message, session)
        credentials, site = self.credentials(), self.site()
        wire = self.filled(operation, message) | protocol.auth.fields(credentials)
        failure: SendError
        try:
            request = yield from protocol.codec.encode(site, session, operation.call, wire)
            response = yield from protocol.auth.carry(request, credentials, site, session)
        except Broken as error:
            failure = broken(error, attempt)
        except TokenRefused as error:
            why = "the token call was refused"
            failure = rejected(why, attempt, Reason.AUTHENTICATION, error.code)
        else:
            outcome = self.outcome(operation, message, response, session, attempt)
            if isinstance(outcome, Submission):
                return outcome
            failure = outcome
        raise failure

    def outcome(
        self,
        operation: Operation,
        message: Message,
        response: Response,
        session: Session,
        attempt: Attempt,
    ) -> Outcome:
        """Return what the provider's answer to a send proves."""
        case = Case(
            words=Words(
                accepted=operation.accepted, rejected=operation.rejected, statuses=self.statuses
            ),
            attempt=attempt,
            now=session.now(),
            mask=self._mask(message, session),
        )
        try:
            return judge(response, self._answer(operation, response, session), case)
        except Exception as error:  # noqa: BLE001  (the message has left: lose no outcome)
            return OutcomeUnknown(f"the answer can't be judged: {type(error).__name__}", attempt)

    def attempt(self, message: Message, session: Session) -> Attempt:
        """Return what names this try."""
        return Attempt(
            backend=self.name,
            protocol=self.protocol,
            reference=message.reference,
            started=session.now(),
        )

    def filled(self, operation: Operation, message: Message) -> dict[str, str]:
        """Return the provider's fields for a message; those without a value are left out."""
        values = message_values(message)
        rendered = {path: render(value, values) for path, value in operation.fields.items()}
        return {path: value for path, value in rendered.items() if value is not None}

    def taken(self, operation: Operation, given: Mapping[str, Any], _note: Note) -> Message:
        """Return the message that the provider makes of its fields: the table, read backwards.

        Used by the mock provider. Raises `InvalidMessage` for what the provider would refuse; a
        leniency that was needed is noted.
        """
        wire = dict(flat(given))
        values = {
            name: str(wire[path])
            for path, template in operation.fields.items()
            if (name := plain(template)) and wire.get(path) is not None
        }
        return Message(recipient=values.get("recipient", ""), text=values.get("text", ""))

    def _operation(self, name: str, message: Message, session: Session) -> Operation:
        operation = self.protocols[self.protocol].operations().get(name)
        if operation is None:
            raise self._unsupported(name, lambda other: name in other.operations())
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
            what = f"carry {lacking[0]}" if lacking[0] != "channels" else name
            raise self._unsupported(
                f"{what} by {values['channels']}",
                lambda other: (
                    name in other.operations()
                    and lacking[0] not in other.operations()[name].lacks(values)
                ),
            )
        if message.send_at is not None and message.send_at <= session.now():
            raise InvalidMessage(f"send_at {message.send_at}: give a time in the future")
        return operation

    def _unsupported(self, what: str, able: Callable[[Protocol], bool]) -> Unsupported:
        others = [name for name, protocol in self.protocols.items() if able(protocol)]
        hint = f"{' and '.join(others)} can" if others else "no protocol of it can"
        return Unsupported(f"{self.name} over {self.protocol} can't {what}; {hint}")

    def _answer(
        self, operation: Operation, response: Response, session: Session
    ) -> Mapping[str, Any] | str:
        codec = self.protocols[self.protocol].codec
        try:
            return codec.decode(self.site(), session, operation.call, response)
        except Unreadable as error:
            return f"the answer can't be read: {error}"
        except Exception as error:  # noqa: BLE001  (the message has left: lose no outcome)
            return f"the answer can't be read: {type(error).__name__}"

    def _mask(self, message: Message, session: Session) -> Callable[[str], str]:
        number = message.recipient
        ends = [number[start:] for start in range(len(number) - _LEAST_DIGITS + 1)]
        plain = [*self.secrets(), *session.hidden, *ends, message.text]
        hidden = sorted({f(v) for v in plain for f in (str, quote, quote_plus)}, key=len)[::-1]

        def mask(word: str) -> str:
            for value in hidden:
                if len(value) >= _LEAST_PRIVATE:
                    word = word.replace(value, "•••")
            return word

        return mask


def is_secret(key: Field[Any]) -> bool:
    """Tell whether a config key of a backend is declared as a `Secret`."""
    return "Secret" in str(key.type)
