"""A backend is the table of a provider. Client, mock provider and contract read the same table.

::

    @backend
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

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import tzinfo
from typing import TYPE_CHECKING, Any, ClassVar

from smsbridge.backends.capabilities import (
    table_to_ask,
    table_to_command,
    table_to_send,
    unsupported_error,
)
from smsbridge.backends.class_check import check_by_wsdl
from smsbridge.backends.config_check import check_config
from smsbridge.backends.config_fields import backend, check_decorated
from smsbridge.backends.limits import Limit, Retry
from smsbridge.backends.table_call import TableCall
from smsbridge.errors import Attempt, ConfigError, NoAnswer, Unsupported
from smsbridge.http.address import ANSWER_LIMIT, ELEMENT_LIMIT, Site
from smsbridge.mapping.call_values import generated_values, message_values
from smsbridge.mapping.codec import Unreadable
from smsbridge.mapping.operation import Operation, Protocol, Question
from smsbridge.mapping.reread import reread_all
from smsbridge.mapping.rows import AnswerRows, read_received, read_sent
from smsbridge.mapping.template import RECIPIENTS, Template
from smsbridge.mapping.times import zone_of
from smsbridge.mapping.words import word_at
from smsbridge.message import Channel, Message, Options, Status, Submission, fingerprint
from smsbridge.text.phone import e164
from smsbridge.text.secrets import Secret

if TYPE_CHECKING:
    from smsbridge.http.exchange import Exchange, Response, Session
    from smsbridge.mapping.auth import Credentials
    from smsbridge.mapping.codec import Note
    from smsbridge.mapping.outcome import SendEnd
    from smsbridge.webhooks.table import Webhook

__all__ = ["Backend", "backend"]

_OF_THE_LOG = ("status", "sent")
_LAST = frozenset(
    {Status.DELIVERED, Status.READ, Status.UNDELIVERED, Status.EXPIRED, Status.REJECTED}
)


@backend
class Backend:
    """A provider's table. A subclass has the decorator `backend`; its fields are its config keys.

    ``url``: base address. ``protocol``: one of ``protocols``, the first by default. ``timeout``:
    seconds for a whole call, token included. ``ca``: PEM file of issuers, instead of the public
    ones. ``client_cert``: PEM file with certificate and key. ``proxy``: URL, instead of the
    environment's. ``cleartext_hosts``: hosts that may be called without TLS. ``wsdl``: path or URL,
    instead of the contract that ships; ``wsdl_sha256``: the hash that it must have.
    ``default_region``: the country in which a number without + is dialled, such as ``GB``.
    ``time_zone``: the zone of times that the provider writes without one, such as
    ``Europe/Lisbon``. ``retry``: how often a send is tried, if a repeat is proved to be safe; once
    by default. ``limit``: calls per second, and at once. ``answer_limit``, ``element_limit``: how
    many bytes, and elements of XML, an answer may have. ``log``: the backend whose log is used if
    this one has none. ``transport``: ``curl``, for which the extra ``fast`` must be installed, or
    empty for the default. ``callback``: the address of your app to which the provider reports, if a
    send tells it.

    >>> @backend
    ... class Tiny(Backend):
    ...     name = "tiny"
    ...     url = "https://api.tiny.example"
    ...     token: Secret
    ...     protocols = {
    ...         "rest": Protocol(
    ...             Rest(body="json"),
    ...             Fields({"token": "{token}"}),
    ...             send=Operation(
    ...                 "POST /messages",
    ...                 {"to": "{recipient}", "text": "{text}"},
    ...                 accepted=When({"state": "QUEUED"}, id="id"),
    ...             ),
    ...         )
    ...     }
    >>> Client(Tiny(token="SECRET"))
    <Client tiny over rest>
    """

    name: ClassVar[str]
    protocols: ClassVar[Mapping[str, Protocol]] = {}
    statuses: ClassVar[Mapping[str, Status]] = {}
    options: ClassVar[type[Options] | None] = None
    webhooks: ClassVar[Sequence[Webhook]] = ()
    values: ClassVar[Mapping[str, Any]] = {}
    by_block: ClassVar[bool] = False  # its tables are those of a block of config
    key_types: ClassVar[Mapping[str, Any]]  # of each config key; the decorator sets it
    _known_keys: ClassVar[tuple[object, tuple[str, ...]]]

    url: str = ""
    protocol: str = ""
    timeout: float = 30.0
    ca: str = ""
    client_cert: str = ""
    client_cert_password: Secret | None = None
    proxy: Secret | None = None
    cleartext_hosts: tuple[str, ...] = ()
    wsdl: str = ""
    wsdl_sha256: str = ""
    default_region: str = ""
    time_zone: str = ""
    retry: Retry | None = None
    limit: Limit | None = None
    answer_limit: int = ANSWER_LIMIT
    element_limit: int = ELEMENT_LIMIT
    log: Backend | None = None
    transport: str = ""
    callback: str = ""

    def __post_init__(self) -> None:
        """Refuse a config that can't be used."""
        check_decorated(type(self))
        check_config(self)
        object.__setattr__(self, "_site", self._make_site())  # nothing of it changes any more
        if self.log is not None and not isinstance(self.log, Backend):
            raise ConfigError("log: give a Backend", ("log",))

    @classmethod
    def of_block(
        cls, _name: str, block: Mapping[str, Any]
    ) -> tuple[type[Backend], Mapping[str, Any]]:
        """Return the class that a block of config makes, and the keys that are left for it."""
        return cls, block

    def check(self) -> None:
        """Check the tables as far as possible before a call; raises `ConfigError`.

        Over SOAP these are the tables of the chosen protocol, against the WSDL if it is a file.
        """
        check_by_wsdl(self)

    def ready(self, _session: Session) -> Exchange[None]:
        """Do what must be done once before the first call."""
        yield from ()

    def members(self) -> Mapping[str, Backend]:
        """Return the backends that it sends through, by name; empty if it sends by itself."""
        return {}

    def by_name(self) -> Mapping[str, Backend]:
        """Return every backend that one of its requests may be for, by the name on the request.

        Its own name is empty; another backend's log is ``/log``, that of a member ``NAME/log``.
        """
        own: dict[str, Backend] = {"": self, **self.members()}
        return own | {f"{name}/log": one.log for name, one in own.items() if one.log}

    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        """Send one message: a `Submission`, or one of the errors of `smsbridge.errors`."""
        values = message_values(message)
        if self.callback:
            values["callback"] = self.callback
        operation = table_to_send(self, message, session, values)
        attempt = self.attempt(message, session)
        if made := operation.plan.made:
            counted = message.text if operation.counts() else None
            values |= generated_values(session, counted, made)
        call = TableCall(
            backend=self, table=operation, attempt=attempt, session=session, message=message
        )
        outcome = yield from call.send(values)
        if isinstance(outcome, Submission):
            return outcome
        raise call.with_its_start(outcome)

    def resend(self, known: str, reference: str, session: Session) -> Exchange[Submission]:
        """Ask the provider to send a message again, by its id: a deliberate second send."""
        operation = table_to_command(self, "resend", {"id": known})
        attempt = replace(self._attempt(session, reference), via=session.backend)
        call = TableCall(backend=self, table=operation, attempt=attempt, session=session)
        outcome = yield from call.send({"id": known, **generated_values(session)})
        if isinstance(outcome, Submission):
            return replace(outcome, id=outcome.id or known)
        raise outcome

    def delete(self, values: Mapping[str, Any], session: Session) -> Exchange[None]:
        """Delete from the provider's log; raises `NoAnswer` or `Rejected`."""
        operation = table_to_command(self, "delete", values)
        attempt = self._attempt(session)
        call = TableCall(backend=self, table=operation, attempt=attempt, session=session)
        yield from call.ask({**values, **generated_values(session)})

    def outcome(
        self,
        operation: Operation | Question,
        message: Message | None,
        response: Response,
        session: Session,
        attempt: Attempt,
    ) -> SendEnd:
        """Return what the provider's answer proves."""
        call = TableCall(
            backend=self, table=operation, attempt=attempt, session=session, message=message
        )
        return call.judge(response)

    def who_answers(self, question: str, member: str = "") -> str:
        """Return the name of the backend that answers a question: it, a member, or their log."""
        asked = self.members().get(member, self)
        name = member if asked is not self else ""
        by_log = asked.log and question in _OF_THE_LOG and asked.question(question) is None
        return f"{name}/log" if by_log else name

    def ask(self, question: str, values: Mapping[str, Any], session: Session) -> Exchange[Any]:
        """Return the rows of an answer to ``status``, ``sent`` or ``received``; or `NoAnswer`."""
        table = table_to_ask(self, question, values)
        attempt = self._attempt(session)
        call = TableCall(backend=self, table=table, attempt=attempt, session=session)
        found = yield from call.ask({**values, **generated_values(session)})
        try:
            if question == "received":
                return AnswerRows(read_received(table, found.answer, self.zone()), found.exchange)
            rows = read_sent(table, found.answer, self.statuses, self.zone())
            return AnswerRows(rows, found.exchange)
        except Unreadable as error:
            unread = NoAnswer(str(error), self.name, protocol=self.protocol)
            unread.exchange = found.exchange
            raise unread from None

    def attempt(self, message: Message, session: Session) -> Attempt:
        """Return the `Attempt` that names this try."""
        return Attempt(
            backend=self.name,
            protocol=self.protocol,
            reference=message.reference,
            started=session.now(),
            fingerprint=fingerprint(message.recipient, message.text),
            via=session.backend,
        )

    def _attempt(self, session: Session, reference: str = "") -> Attempt:
        return Attempt(
            backend=self.name,
            protocol=self.protocol,
            reference=reference,
            started=session.now(),
        )

    def taken(self, operation: Operation, given: Mapping[str, Any], note: Note) -> Message:
        """Return the message that the provider reads from its fields: the table, read backwards.

        Used by the mock provider. Raises `InvalidMessage` for a message that the provider would
        refuse; notes each leniency that was needed.
        """
        pairs: list[tuple[Template, str]] = []
        for path, template in operation.places().items():
            in_route = path.startswith("{")  # a place of the route: {recipient}
            if (word := given.get(path) if in_route else word_at(given, path)) is not None:
                pairs.append((template, word))
        values = reread_all(pairs)
        said = values.get("recipient") or values.get(RECIPIENTS, "")
        number = said.strip(" ")
        if number != said:  # a + that is not escaped in a query or form is a blank
            note("a number with blanks around it, or a literal +")
        number = f"+{number}" if number.isdigit() else number
        channels: Any = values.get("channels", Channel.SMS).lower().split("+")
        return Message(recipient=number, text=values.get("text", ""), channels=channels)

    def question(self, name: str) -> Question | None:
        """Return the table of a question, or None."""
        protocol = self.protocols.get(self.protocol)
        table = protocol.operations().get(name) if protocol else None
        return table if isinstance(table, Question) else None

    def find_table(self, name: str, what: str) -> Operation | Question:
        """Return the table of an operation; raises `Unsupported` if it can't do ``what``."""
        if not self.protocols:
            raise Unsupported(f"{self.name} can't {what}")
        table = self.protocols[self.protocol].operations().get(name)
        if table is None:
            raise unsupported_error(self, what, lambda other: name in other.operations())
        return table

    def ends(self, table: Question | None) -> frozenset[Status]:
        """Return the final statuses of a message, with ``sent`` if the log can't tell more."""
        words = (table and table.statuses) or self.statuses
        return _LAST if Status.DELIVERED in words.values() else _LAST | {Status.SENT}

    def number(self, given: str) -> str:
        """Return a number as E.164: as it is, or as dialled in the ``default_region``."""
        return e164(given, self.default_region) if self.default_region else given

    def zone(self) -> tzinfo | None:
        """Return the zone of times that the provider writes, and takes, without one."""
        return zone_of(self.time_zone)

    def site(self) -> Site:
        """Return where this backend is."""
        known = vars(self).get("_site")
        return known if known is not None else self._make_site()

    def _make_site(self) -> Site:
        return Site(
            url=self.url,
            host=self.url if self.url != type(self).url else "",
            whole=not type(self).url,
            wsdl=self.wsdl,
            wsdl_sha256=self.wsdl_sha256,
            cleartext_hosts=self.cleartext_hosts,
            answer_limit=self.answer_limit,
            element_limit=self.element_limit,
        )

    def credentials(self) -> Credentials:
        """Return every secret and credential of the config in plain, by key."""
        given = {key: getattr(self, key, None) for key in self._keys_of_auths()}
        return {
            key: value.reveal() if isinstance(value, Secret) else str(value)
            for key, value in given.items()
            if value
        }

    @classmethod
    def _keys_of_auths(cls) -> tuple[str, ...]:
        known = vars(cls).get("_known_keys")
        if known is None or known[0] is not cls.protocols:
            keys = (key for one in cls.protocols.values() for key in one.auth.credentials)
            known = cls._known_keys = (cls.protocols, tuple(dict.fromkeys(keys)))
        found: tuple[str, ...] = known[1]
        return found

    def secrets(self) -> list[str]:
        """Return the private values."""
        given = (getattr(self, key.name) for key in fields(self))
        return [value.reveal() for value in given if isinstance(value, Secret)]
