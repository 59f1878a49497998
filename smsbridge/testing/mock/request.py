"""A request as the provider hears it: over which protocol, which operation, who, and what."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from smsbridge.backends.base import Backend
from smsbridge.codecs.rest import json_response
from smsbridge.codecs.soap.codec import Soap
from smsbridge.errors import InvalidMessage
from smsbridge.http.exchange import Request, Response
from smsbridge.mapping.codec import Call, Note, Unreadable
from smsbridge.mapping.filters import text
from smsbridge.mapping.operation import Operation, Protocol, Question
from smsbridge.mapping.path import at
from smsbridge.mapping.template import names, render, reread
from smsbridge.message import Message
from smsbridge.text.secrets import same


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A call of an operation.

    ``known``: the credentials are right. ``message``: None where the provider would refuse it.
    ``own``: the fields that say who calls.
    """

    name: str
    protocol: Protocol
    operation: str
    table: Operation | Question
    call: Call
    known: bool
    message: Message | None
    own: frozenset[str]

    @property
    def values(self) -> dict[str, str]:
        """The values of the call, by our names: its table, read backwards."""
        places = self.table.places()
        words = (
            (template, self.call.fields.get(path) if path[0] == "{" else at(self.call.fields, path))
            for path, template in places.items()
        )
        found: dict[str, str] = {}
        for one, word in words:
            found |= reread(one, text(word)) if word not in (None, "") else {}
        return found

    @property
    def fields(self) -> dict[str, Any]:
        """The provider's fields, less those that say who calls."""
        return {name: value for name, value in self.call.fields.items() if name not in self.own}


SENDING = ("send", "resend")


def sends(backend: Backend, request: Request) -> bool:
    """Return whether a request is a call that sends; of one without its body, by its head."""
    for protocol in backend.protocols.values():
        operations = protocol.operations()
        calls = {table.call: name for name, table in operations.items()}
        if not calls:
            continue
        try:
            call = protocol.codec.read(backend.site(), tuple(calls), request, lambda _: None)
            named = call.name if call else None
        except Unreadable:
            codec = protocol.codec
            named = codec.by_head(backend.site(), request) if isinstance(codec, Soap) else ""
            named = named or next((t.call for n, t in operations.items() if n in SENDING), "")
        if named is not None and calls.get(named) in SENDING:
            return True
    return False


def refusal(backend: Backend, head: Request, status: int, why: str) -> Response:
    """Return the answer that refuses a request by its head: a fault where it was to a SOAP port."""
    for codec in (protocol.codec for protocol in backend.protocols.values()):
        try:
            if isinstance(codec, Soap):
                codec.read(backend.site(), (), replace(head, body=b""), lambda _: None)
        except Unreadable:  # an empty envelope, and only a port reads one
            return replace(codec.fault(head, "Client", why), status=status)
    return json_response(status, {"error": status, "message": why})


def hear(
    backend: Backend, request: Request, tokens: Collection[str], note: Note
) -> Heard | Response | None:
    """Return the call that a request makes, the answer to an unreadable one, or None."""
    found: list[tuple[str, Protocol, Call, list[str]]] = []
    for name, protocol in backend.protocols.items():
        calls = tuple(operation.call for operation in protocol.operations().values())
        if not calls:  # a WSDL without a table
            continue
        needed: list[str] = []
        try:
            call = protocol.codec.read(backend.site(), calls, request, needed.append)
        except Unreadable as error:
            note(f"refused: {error}")
            return protocol.codec.refuse(request, error)
        if call:
            found.append((name, protocol, call, needed))
    if not found:
        return None
    presented = (f for f in found if f[1].auth.presented(request, f[2].fields))
    name, protocol, call, needed = next(presented, found[0])
    for leniency in needed:
        note(leniency)
    operation, table = _operation(protocol.operations(), call)
    message = _message(backend, table, call, note) if operation == "send" else None
    credentials = backend.credentials()
    configured = set(protocol.auth.credentials) <= credentials.keys()
    return Heard(
        name=name,
        protocol=protocol,
        operation=operation,
        table=table,
        call=call,
        known=protocol.auth.valid(request, call.fields, credentials, tokens)
        and _said_rightly(table, call, request, credentials),
        message=message,
        own=frozenset(protocol.auth.fields(credentials) if configured else ())
        | table.places().keys() - table.fields.keys(),
    )


def _said_rightly(
    table: Operation | Question, call: Call, request: Request, credentials: Mapping[str, str]
) -> bool:
    """Return whether the credentials that a table has in its own fields and headers are right."""
    told = {
        path: call.fields.get(path) if path.startswith("{") else at(call.fields, path)
        for path in table.places()
    }
    held = {name: request.header(name) for name in table.headers}
    return all(
        same(text(given[name]), text(render(template, credentials)))
        for templates, given in ((table.places(), told), (table.headers, held))
        for name, template in templates.items()
        if (used := set(names(template))) and used <= credentials.keys()
    )


def _operation(
    operations: Mapping[str, Operation | Question], call: Call
) -> tuple[str, Operation | Question]:
    """Return the table of a call; of several on one route the first whose fields are all there."""
    found = [(name, table) for name, table in operations.items() if table.call == call.name]
    whole = (one for one in found if all(at(call.fields, path) for path in one[1].fields))
    return next(whole, found[-1])


def _message(
    backend: Backend, table: Operation | Question, call: Call, note: Note
) -> Message | None:
    if not isinstance(table, Operation):
        return None
    try:
        return backend.taken(table, call.fields, note)
    except InvalidMessage:
        return None
