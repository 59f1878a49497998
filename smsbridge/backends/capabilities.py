"""What a backend can do over a protocol, by its tables, and the errors for what it can't do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from smsbridge.errors import InvalidMessage, Unsupported
from smsbridge.mapping.call_values import REQUEST_VALUES, generated_values, message_values
from smsbridge.mapping.operation import Operation, Protocol, Question
from smsbridge.mapping.template import RECIPIENTS
from smsbridge.message import Channel
from smsbridge.text.segments import Encoding

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.http.exchange import Session
    from smsbridge.mapping.auth import Auth
    from smsbridge.message import Message

_ALWAYS = {"recipient", RECIPIENTS, "text", "channels", "callback"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """One backend over one protocol. ``origin`` is its distribution, or why it is broken.

    ``webhooks``: what its provider sends to us, ``arrived`` or ``reported``.
    """

    backend: str
    protocol: str
    operations: list[str] = field(default_factory=list)
    channels: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    webhooks: list[str] = field(default_factory=list)
    origin: str


def capabilities(name: str, backend: type[Backend], origin: str) -> Iterator[Capability]:
    """Yield what a backend, by the name of its entry point, can do over each of its protocols."""
    if backend.by_block:
        says = ["what its block says"]
        yield Capability(backend=name, protocol="-", operations=says, origin=origin)
    elif not backend.protocols:
        yield Capability(
            backend=name,
            protocol=backend.protocol,
            operations=["send"],
            channels=[str(channel) for channel in Channel],
            options=["all"],
            origin=origin,
        )
    for protocol, table in backend.protocols.items():
        send = table.send
        yield Capability(
            backend=name,
            protocol=protocol,
            operations=list(table.operations()),
            channels=sorted(send.channels()) if send else [],
            options=_options(backend, table) if send else [],
            webhooks=sorted({str(one.kind) for one in backend.webhooks} - {"other"}),
            origin=origin,
        )


def _options(backend: type[Backend], protocol: Protocol) -> list[str]:
    """Return the values of the send table that a caller may give, beside number and text."""
    assert protocol.send  # noqa: S101  (it is asked of those that send)
    constants = backend.values.keys() - {"sender"}
    made = {*REQUEST_VALUES, *constants, *_own_values(protocol.auth)}
    return sorted(protocol.send.carries() - _ALWAYS - made)


def _own_values(auth: Auth) -> set[str]:
    """Return the values of the tables that no caller gives: credentials, and a login's token."""
    return {*auth.credentials, *getattr(auth, "own_values", ())}


def table_to_send(
    backend: Backend,
    message: Message,
    session: Session,
    values: dict[str, Any] | None = None,
) -> Operation:
    """Return the table that sends a message; raises `Unsupported` or `InvalidMessage`.

    ``values``: those that the message has itself, where they are known.
    """
    values = message_values(message) if values is None else values
    operation = backend.protocols[backend.protocol].send
    if operation is None:
        raise unsupported_error(backend, "send", lambda other: other.send is not None)
    if backend.options is not None and not isinstance(message.options, backend.options | None):
        kind = type(message.options).__name__
        raise Unsupported(f"{backend.name} takes {backend.options.__name__}, not {kind}")
    if operation.counts():
        values = {**values, **generated_values(session, message.text)}
    lacking = operation.lacks(values)
    if lacking and lacking[0] in operation.carries():
        by, other = f"by {values['channels']}", "by another channel"
        encoded = (values | {"encoding": str(one)} for one in Encoding)
        if operation.counts() and any(not operation.lacks(one) for one in encoded):
            by, other = f"in {values['encoding']}", "in another encoding"
        raise Unsupported(f"{backend.name} can't carry {lacking[0]} {by}; it can {other}")
    if lacking:
        what = f"carry {lacking[0]}" if lacking[0] != "channels" else "send"
        raise unsupported_error(
            backend,
            f"{what} by {values['channels']}",
            lambda other: other.send is not None and lacking[0] not in other.send.lacks(values),
        )
    if message.send_at is not None and message.send_at <= session.now():
        raise InvalidMessage(f"send_at {message.send_at}: give a time in the future")
    return operation


def table_to_ask(backend: Backend, question: str, values: Mapping[str, Any]) -> Question:
    """Return the table of a question with those values; raises `Unsupported`."""
    table = backend.find_table(question, f"answer {question}")
    if not isinstance(table, Question):
        raise unsupported_error(backend, f"answer {question}", lambda _: False)
    if lacking := sorted(values.keys() - table.plan.needs(values)):
        raise Unsupported(f"{backend.name} can't ask {question} by {lacking[0]}")
    return table


def table_to_command(backend: Backend, command: str, values: Mapping[str, Any]) -> Operation:
    """Return the table of a command with those values; raises `Unsupported`."""
    table = backend.find_table(command, command)
    if not isinstance(table, Operation):
        raise unsupported_error(backend, command, lambda _: False)
    if lacking := sorted(values.keys() - table.carries()):
        raise Unsupported(f"{backend.name} can't {command} by {lacking[0]}")
    return table


def unsupported_error(backend: Backend, what: str, able: Callable[[Protocol], bool]) -> Unsupported:
    """Return the error for what a protocol can't do; it names those for which ``able`` holds."""
    others = [name for name, protocol in backend.protocols.items() if able(protocol)]
    hint = f"{' and '.join(others)} can" if others else "none of its protocols can"
    if backend.by_block:
        hint = "its block has no table or field for it"
    return Unsupported(f"{backend.name} over {backend.protocol} can't {what}; {hint}")
