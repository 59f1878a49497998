"""What a message would become on the wire: sends nothing, and shows no credential."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, NoReturn

from smsbridge.backends.config_fields import is_secret
from smsbridge.codecs.rest import JSON
from smsbridge.errors import SmsbridgeError
from smsbridge.http.exchange import Request, Response, Session, drive
from smsbridge.mapping.filters import text
from smsbridge.mapping.operation import message_values
from smsbridge.mapping.template import names, render
from smsbridge.text.secrets import Secret
from smsbridge.text.segments import segments

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.message import Message

_MASK = "{}-MASKED"
_MOST_FORCING = 8
_RECIPIENT = re.compile(r"\{recipient[^{}]*\}")


class _Reached(Exception):
    """The message itself would leave now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """What a send would do: its requests, the message's last, and the masks that they hold."""

    requests: list[Request]
    masks: Mapping[str, str]


def explain(backend: Backend, message: Message) -> Explained:
    """Return what a send would do. Its WSDL is a file; nothing leaves. Raises what it would.

    A mask that the contract takes for no value, of a number for one, gives way to digits.
    """
    masks = _masks(backend, lambda name, _: _MASK.format(name.upper()))
    try:
        return Explained(requests=_requests(backend, message, masks), masks=masks)
    except SmsbridgeError as error:
        masks = _masks(backend, lambda _, value: re.sub("[0-9]", "0", re.sub("[^0-9]", "X", value)))
        try:
            return Explained(requests=_requests(backend, message, masks), masks=masks)
        except SmsbridgeError:
            raise error from None


def _masks(backend: Backend, mask: Callable[[str, str], str]) -> dict[str, str]:
    """Return a mask for each secret that a send needs, by key."""
    protocol = backend.protocols.get(backend.protocol)
    if protocol is None or protocol.send is None:
        return {}
    keys = {key.name for key in fields(backend) if is_secret(key)}
    needed = keys & {*protocol.auth.credentials, *protocol.send.carries()}
    given = backend.credentials()
    return {name: mask(name, given[name]) for name in given if name in needed}


def _requests(backend: Backend, message: Message, masks: Mapping[str, str]) -> list[Request]:
    """Return the requests of a send, with a mask in the place of each secret."""
    if not backend.protocols:
        return []
    secrets: dict[str, Any] = {name: Secret(mask) for name, mask in masks.items()}
    backend = replace(backend, **{**_none(backend), **secrets})
    auth = backend.protocols[backend.protocol].auth
    credentials, site = backend.credentials(), backend.site()
    found: list[Request] = []

    def carry(request: Request) -> Response:
        found.append(request)
        answer = auth.answer(request, credentials, site, lambda name: _MASK.format(name.upper()))
        before = request.share or (answer and answer.header("www-authenticate"))
        return answer if answer and before else _reached()

    with suppress(_Reached):
        drive(backend.send(message, Session()), carry)
    return found


def _none(backend: Backend) -> dict[str, Any]:
    """Return nothing for each secret."""
    return {key.name: None for key in fields(backend) if is_secret(key)}


def _reached() -> NoReturn:
    raise _Reached


def number_sent(backend: Backend, message: Message) -> list[str]:
    """Return the recipient as each field of the table has it."""
    table = backend.protocols[backend.protocol].send if backend.protocols else None
    values = message_values(message)
    found: list[Any] = []
    for path, template in table.templates() if table else ():
        if path:
            found += [render(template, values)] if "recipient" in set(names(template)) else []
        else:  # the route, of which the number is a step
            found += [render(place, values) for place in _RECIPIENT.findall(str(template))]
    return list(dict.fromkeys(text(word) for word in found if word)) or [message.recipient]


def text_needs(message: Message) -> str:
    """Return how a text is sent by SMS: its encoding, its segments, and what forces UCS-2."""
    needs = segments(message.text)
    parts = f"{needs.count} segment{'s' if needs.count != 1 else ''}"
    why = [char if char.isprintable() else f"U+{ord(char):04X}" for char in needs.forcing]
    more = " …" if len(why) > _MOST_FORCING else ""
    by = f" for {' '.join(why[:_MOST_FORCING])}{more}" if why else ""
    characters = f"{len(message.text)} character{'s' if len(message.text) != 1 else ''}"
    return f"{characters}, {needs.encoding}{by}, {parts}"


def shown(request: Request) -> Iterator[str]:
    """Yield the lines of a request, with XML and JSON indented."""
    yield f"{request.method} {request.url}"
    for name, value in request.headers.items():
        yield f"{name}: {value}"
    if request.body:
        yield ""
        yield from _body(request).splitlines()


def _body(request: Request) -> str:
    kind = request.header("content-type").partition(";")[0]
    if kind == JSON:
        return json.dumps(json.loads(request.body), indent=2, ensure_ascii=False)
    if kind.endswith("xml"):
        from lxml import etree

        root = etree.fromstring(request.body)
        etree.indent(root)
        return etree.tostring(root, encoding="unicode")
    return request.body.decode()
