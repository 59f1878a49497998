"""Reads a request as the provider does: protocol, operation, credentials and fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from smsbridge.backends.base import Backend
from smsbridge.errors import InvalidMessage
from smsbridge.http.exchange import Request, Response
from smsbridge.mapping.call_values import REQUEST_VALUES
from smsbridge.mapping.codec import Note, Unreadable
from smsbridge.mapping.filters import text
from smsbridge.mapping.operation import MADE, Operation, Question
from smsbridge.mapping.path import at, flat
from smsbridge.mapping.path import names as names_in
from smsbridge.mapping.reread import field_at, reread, values_in
from smsbridge.mapping.template import RECIPIENTS, Kept, Template, names
from smsbridge.mapping.words import When
from smsbridge.message import Message
from smsbridge.serving.codec import Call
from smsbridge.serving.proof import Proof
from smsbridge.serving.provider_protocol import ProviderProtocol
from smsbridge.serving.rest import json_response

_Read = Callable[[Mapping[str, Any]], Mapping[str, Any]]
SENDING = ("send", "resend")
IN_HEADER = "header:"
"""How the path of a field begins that is in an HTTP header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedCall:
    """A call of an operation.

    ``given``: all its fields. ``known``: the credentials are right. ``message``: None if the
    provider would refuse it; then ``trouble`` says why. ``others``: the messages to further
    recipients. ``own``: the fields that carry credentials. ``leniencies``: those needed to read it.
    ``twice``: the fields that have two values.
    """

    protocol: ProviderProtocol
    operation: str
    table: Operation | Question
    given: Mapping[str, Any]
    known: bool
    message: Message | None
    own: frozenset[str]
    trouble: str = ""
    leniencies: tuple[str, ...] = ()
    twice: frozenset[str] = frozenset()
    others: tuple[Message, ...] = ()
    _values: Kept[dict[str, str]] = field(
        init=False, repr=False, compare=False, default_factory=Kept
    )

    @property
    def values(self) -> Mapping[str, str]:
        """The values of the call by our names, from its table read backwards."""
        if not self._values:
            self._values.append(values_in(self.given, self.table.places()))
        return self._values[0]

    @property
    def messages(self) -> tuple[Message, ...]:
        """All its messages; empty if the provider would refuse them."""
        return (self.message, *self.others) if self.message else ()

    @property
    def proving(self) -> frozenset[str]:
        """The fields that carry credentials; ``own`` also has the table's other own values."""
        private = {*self.protocol.table.auth.credentials, "token"}
        others = self.own - self.table.places().keys()
        placed = self.table.plan.places_carry.items()
        return others | {path for path, carried in placed if not private.isdisjoint(carried)}

    @property
    def fields(self) -> dict[str, Any]:
        """The provider's fields, without those that identify the caller."""
        return {name: value for name, value in self.given.items() if name not in self.own}


def is_sending(protocols: Sequence[ProviderProtocol], head: Request) -> bool:
    """Return whether a request is a send, judging by its head if the body is missing."""
    is_routed = False
    for protocol in protocols:
        operations = protocol.table.operations()
        calls = {table.call: name for name, table in operations.items()}
        if not calls or (is_routed and protocol.codec.needs_wsdl):
            continue
        try:
            call = protocol.codec.read(tuple(calls), head, _ignore)
            named = call.name if call else None
        except Unreadable:
            sending = (table.call for name, table in operations.items() if name in SENDING)
            named = protocol.codec.call_by_head(head) or next(sending, "")
        if named is not None and calls.get(named) in SENDING:
            return True
        is_routed |= named is not None and not protocol.codec.needs_wsdl
    return False


def refuse(
    protocols: Sequence[ProviderProtocol],
    head: Request,
    status: int,
    why: str,
    code: str = "Client",
) -> Response:
    """Return a refusal of a request, judging by its head: a fault if it was to a SOAP port.

    ``code``: the fault's.
    """
    for protocol in protocols:
        try:
            call = protocol.codec.read(protocol.calls(), replace(head, body=b""), _ignore)
        except Unreadable:  # an empty envelope, and only a port reads one
            return replace(protocol.codec.fault(head, code, why), status=status)
        except ValueError:  # the target is not a URL, so not a port either
            break
        if call is not None:
            break
    return json_response(status, {"error": status, "message": why})


def serve_wsdl(
    protocols: Sequence[ProviderProtocol], request: Request, url: str
) -> Response | None:
    """Return the WSDL if a request asks for it; ``url`` is the provider's.

    A call of a route loads no WSDL, unless its query asks for one.
    """
    asked = {name.lower() for name, _ in parse_qsl(request.query, keep_blank_values=True)}
    routed = (_reads(one, request) for one in protocols if not one.codec.needs_wsdl)
    if not asked & {"wsdl", "document"} and any(routed):
        return None
    answers = (protocol.codec.serve_wsdl(request, url) for protocol in protocols)
    return next((answer for answer in answers if answer), None)


def _reads(protocol: ProviderProtocol, request: Request) -> bool:
    try:
        return protocol.read(request, _ignore) is not None
    except Unreadable:
        return True


def read_call(  # noqa: PLR0913  (all are needed to read a call)
    backend: Backend,
    protocols: Sequence[ProviderProtocol],
    request: Request,
    tokens: Collection[str],
    note: Note,
    *,
    dialled: bool = False,
    with_headers: bool = False,
) -> ReceivedCall | Response | None:
    """Return the call in a request, the answer to an unreadable one, or None.

    ``protocols`` are the backend's; ``tokens`` the issued ones. ``note`` is called with each
    leniency that was needed. ``dialled``: numbers are as dialled in its ``default_region``.
    ``with_headers``: what its HTTP headers carry counts as fields.
    """
    found = _find_call(protocols, request, note)
    if not isinstance(found, tuple):
        return found
    protocol, call, leniencies = found
    for leniency in leniencies:
        note(leniency)
    operation, table = _operation(protocol.table.operations(), call)
    call = replace(call, fields=_with_lists(table, call.fields))
    if with_headers:
        table, call = _with_headers(protocol, table, call, request)
    sending = operation == "send"
    converts = dialled and backend.default_region
    read: _Read = partial(_with_number, backend, table) if converts else lambda given: given
    messages, trouble = _messages(backend, table, call, note, read) if sending else ([], "")
    credentials = backend.credentials()
    auth = protocol.table.auth
    configured = set(auth.credentials) <= credentials.keys()
    return ReceivedCall(
        protocol=protocol,
        operation=operation,
        table=table,
        given=call.fields,
        known=Proof(protocol, table, call.fields, request).is_valid(
            credentials, tokens, is_strict=False
        ),
        message=messages[0] if messages else None,
        others=tuple(messages[1:]),
        own=frozenset(auth.fields(credentials) if configured else ())
        | table.places().keys() - table.fields.keys(),
        trouble=trouble,
        leniencies=tuple(leniencies),
        twice=call.twice,
    )


def _find_call(
    protocols: Sequence[ProviderProtocol], request: Request, note: Note
) -> tuple[ProviderProtocol, Call, list[str]] | Response | None:
    """Return a call, by the protocol whose auth it uses, and what leniencies it took."""
    found: list[tuple[ProviderProtocol, Call, list[str]]] = []
    is_routed = False
    for protocol in protocols:
        if not protocol.calls() or (is_routed and protocol.codec.needs_wsdl):
            continue
        leniencies: list[str] = []
        try:
            call = protocol.read(request, leniencies.append)
        except Unreadable as error:
            note(f"refused: {error}")
            return protocol.codec.refuse(request, error)
        if call:
            found.append((protocol, call, leniencies))
            is_routed |= not protocol.codec.needs_wsdl
    if not found:
        return None
    used = (one for one in found if one[0].auth.is_used(request, one[1].fields))
    return next(used, found[0])


def read_wsdl_call(protocols: Sequence[ProviderProtocol], request: Request) -> ReceivedCall | None:
    """Return the call of a WSDL's operation, even if no table has it; else None.

    Its table has only the name, and its credentials are unknown.
    """
    for protocol in protocols:
        call = None
        with suppress(Unreadable):
            call = _wsdl_call(protocol, request)
        if call is not None:
            return ReceivedCall(
                protocol=protocol,
                operation="",
                table=Operation(call.name, {}, When({"status": "*"})),  # unused
                given=call.fields,
                known=True,
                message=None,
                own=frozenset(),
            )
    return None


def is_known_call(protocol: ProviderProtocol, request: Request) -> bool:
    """Return whether a request calls an operation of a WSDL, well or badly."""
    try:
        return _wsdl_call(protocol, request) is not None
    except Unreadable:
        return True


def _wsdl_call(protocol: ProviderProtocol, request: Request) -> Call | None:
    codec = protocol.codec
    return codec.read(codec.known_calls(), request, _ignore) if codec.needs_wsdl else None


def credentials_in(
    protocols: Sequence[ProviderProtocol], request: Request, names: Collection[str]
) -> dict[str, str] | None:
    """Return which of the named credentials a request has, by config key.

    None if it is an unreadable call or token request.
    """
    is_routed = unread = False
    for protocol in protocols:
        if is_routed and protocol.codec.needs_wsdl:
            continue
        try:
            call = protocol.read(request, _ignore)
        except Unreadable:
            unread = True
            continue
        is_routed |= call is not None and not protocol.codec.needs_wsdl
        found = protocol.auth.credentials_in(request, call.fields if call else {}, names)
        if found:
            return found
    return None if unread else {}


def unknown_fields(call: ReceivedCall) -> Iterator[tuple[str, Any]]:
    """Yield each field of a call that isn't in its table: its path, without indexes."""
    known = {field_name(path) for path in (*call.table.fields, *call.own)}
    for path, word in flat(call.fields):
        if (name := field_name(path)) not in known:
            yield name, word


def field_name(path: str) -> str:
    """Return a path without indexes; an unknown field's name may not be a valid path."""
    try:
        return names_in(path)
    except ValueError:
        return "of a name that no table can have"


def _operation(
    operations: Mapping[str, Operation | Question], call: Call
) -> tuple[str, Operation | Question]:
    """Return the table of a call; of several on one route, the first whose fields all match."""
    found = [(name, table) for name, table in operations.items() if table.call == call.name]
    whole = (one for one in found if all(at(call.fields, path) for path in one[1].fields))
    return next(whole, found[-1])


def _messages(
    backend: Backend, table: Operation | Question, call: Call, note: Note, read: _Read
) -> tuple[list[Message], str]:
    """Return the messages of a send, or why the provider would refuse them."""
    if not isinstance(table, Operation):
        return [], ""
    try:
        each = [backend.taken(table, read(given), note) for given in _of_each(table, call.fields)]
    except InvalidMessage as error:
        return [], str(error)
    numbers = {message.recipient: message for message in each}
    if len(numbers) < len(each):
        note("a number that is given twice")
    return list(numbers.values()), ""


def _with_number(
    backend: Backend, table: Operation | Question, given: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return the fields of a call, with a dialled number converted to E.164."""
    for path, template in table.places().items():
        word = text(field_at(given, path))
        read = reread(template, word)
        number = read.get("recipient") or read.get(RECIPIENTS, "")
        if number and number[0] not in "+ ":  # a space may be an unescaped +
            return {**given, path: word.replace(number, backend.number(number), 1)}
    return given


def _with_lists(table: Operation | Question, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return fields with ``to[0]`` and ``to[1]`` read as the ``to[]`` of a table.

    That is how PHP's http_build_query writes a list.
    """
    lists = dict[str, Any]()
    for path in table.fields:
        if path.endswith("[]") and path not in given:
            item = re.compile(re.escape(path[:-1]) + r"[0-9]{1,4}\]")
            lists |= {name: path for name in given if item.fullmatch(name)}
    found = {
        path: [given[name] for name in lists if lists[name] == path] for path in lists.values()
    }
    single = {path: words[0] if len(words) == 1 else words for path, words in found.items()}
    return {name: word for name, word in given.items() if name not in lists} | single


def _with_headers(
    protocol: ProviderProtocol, table: Operation | Question, call: Call, request: Request
) -> tuple[Operation | Question, Call]:
    """Return a table and a call in which HTTP headers that carry values are fields."""
    fields = fields_in_headers(protocol, table)
    if not fields:
        return table, call
    found = {path: request.header(path.removeprefix(IN_HEADER)) for path in fields}
    words = {path: word for path, word in found.items() if word}
    return (
        replace(table, fields={**table.fields, **fields}),
        replace(call, fields={**call.fields, **words}),
    )


def fields_in_headers(
    protocol: ProviderProtocol, table: Operation | Question
) -> dict[str, Template]:
    """Return the HTTP headers of a table that carry values, each as a field.

    Those that prove who calls, such as a signature, are not among them.
    """
    own = {*protocol.table.auth.credentials, "token", *REQUEST_VALUES}
    return {
        f"{IN_HEADER}{name}": template
        for name, template in table.headers.items()
        if own.isdisjoint(carried := {*names(template)}) and carried.difference(MADE)
    }


def _of_each(table: Operation, given: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Split the fields of a call to several recipients into one set for each."""
    for path, template in table.places().items():
        if RECIPIENTS not in names(template) or (found := field_at(given, path)) in (None, "", []):
            continue
        if isinstance(found, list):
            each = [text(one) for one in found if one is not None]
            return [{**given, path: one} for one in each if one.strip()] or [given]
        whole = reread(template, text(found)).get(RECIPIENTS, "")
        each = [one for one in whole.split(",") if one.strip()]
        return [{**given, path: text(found).replace(whole, one, 1)} for one in each] or [given]
    return [given]


def _ignore(_: str) -> None:
    """Ignore a leniency."""
