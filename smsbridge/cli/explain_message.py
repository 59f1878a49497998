"""What a send of a message would do, found without sending it, and with every secret masked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from smsbridge.auth.json_web_token import stand_in
from smsbridge.backends.config_fields import keys_of_type
from smsbridge.errors import SmsbridgeError
from smsbridge.serving.send_requests import requests_of_send
from smsbridge.text.count import count
from smsbridge.text.secrets import Secret

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.http.exchange import Request, Response
    from smsbridge.message import Message

_MASK = "{}-MASKED"
_MOST_FORCING = 8
_RECIPIENT = re.compile(r"\{recipient[^{}]*\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What a send would do: its requests, the message's last, and the masks that they hold.

    ``answers``: those that were assumed, of the first requests. ``warnings``: what the WSDL can't
    check.
    """

    requests: list[Request]
    masks: Mapping[str, str]
    answers: list[Response]
    warnings: list[str]


def explain_message(backend: Backend, message: Message) -> Explanation:
    """Return what a send would do. Only a WSDL at an address is fetched. Raises what it would.

    Where the contract accepts no mask, as where it wants a number, masks of digits are used.
    """
    from smsbridge.cli.wsdl_source import local_wsdl, wsdl_carrier, wsdl_warnings

    with local_wsdl(backend, wsdl_carrier(backend.timeout, backend)) as ready:
        ready.check()
        found = _masked_explanation(ready, message)
        found.warnings.extend(why for _, why in wsdl_warnings(ready))
    return found


def _masked_explanation(backend: Backend, message: Message) -> Explanation:
    masks = _masks(backend, lambda name, _: _MASK.format(name.upper()))
    try:
        return _explanation(backend, message, masks)
    except SmsbridgeError as error:
        masks = _masks(backend, lambda _, value: re.sub("[0-9]", "0", re.sub("[^0-9]", "X", value)))
        try:
            return _explanation(backend, message, masks)
        except SmsbridgeError:
            raise error from None


def _masks(backend: Backend, mask: Callable[[str, str], str]) -> dict[str, str]:
    """Return a mask for each secret that a send needs, by key."""
    protocol = backend.protocols.get(backend.protocol)
    if protocol is None or protocol.send is None:
        return {}
    carried = {*protocol.auth.credentials, *protocol.send.carries()}
    needed = carried.intersection(keys_of_type(backend, Secret))
    given = backend.credentials()
    return {name: mask(name, given[name]) for name in given if name in needed}


def _explanation(backend: Backend, message: Message, masks: Mapping[str, str]) -> Explanation:
    """Return the requests of a send, with a mask in the place of each secret."""
    if not backend.protocols:
        return Explanation(requests=[], masks=masks, answers=[], warnings=[])

    none: dict[str, Any] = dict.fromkeys(keys_of_type(backend, Secret))
    used = backend.protocols[backend.protocol].auth
    secrets: dict[str, Any] = {
        name: Secret(stand_in(used, name, mask)) for name, mask in masks.items()
    }
    masked = replace(backend, **{**none, **secrets})
    found = requests_of_send(masked, message, lambda name: _MASK.format(name.upper()))
    return Explanation(requests=found.all, masks=masks, answers=found.answers, warnings=[])


def recipient_on_wire(backend: Backend, message: Message) -> list[str]:
    """Return the recipient as each field of the table has it."""
    from smsbridge.mapping.call_values import message_values
    from smsbridge.mapping.filters import one_text
    from smsbridge.mapping.template import RECIPIENTS, names, render

    table = backend.protocols[backend.protocol].send if backend.protocols else None
    values = message_values(message)
    found: list[Any] = []
    for path, template in table.templates() if table else ():
        if path:
            carried = not {"recipient", RECIPIENTS}.isdisjoint(names(template))
            found += [render(template, values)] if carried else []
        else:  # the route, of which the number is a step
            found += [render(place, values) for place in _RECIPIENT.findall(str(template))]
    return list(dict.fromkeys(one_text(word) for word in found if word)) or [message.recipient]


def describe_text(message: Message) -> str:
    """Return how a text is sent by SMS: its encoding, its segments, and what forces UCS-2."""
    from smsbridge.text.segments import segments

    needs = segments(message.text)
    why = [char if char.isprintable() else f"U+{ord(char):04X}" for char in needs.forcing]
    more = " …" if len(why) > _MOST_FORCING else ""
    by = f" for {' '.join(why[:_MOST_FORCING])}{more}" if why else ""
    characters, parts = count(len(message.text), "character"), count(needs.count, "segment")
    return f"{characters}, {needs.encoding}{by}, {parts}"


def request_lines(request: Request) -> Iterator[str]:
    """Yield the lines of a request, with XML and JSON indented."""
    yield f"{request.method} {request.url}"
    for name, value in request.headers.items():
        yield f"{name}: {value}"
    if request.body:
        yield ""
        yield from _body(request).splitlines()


def _body(request: Request) -> str:
    from smsbridge.codecs.rest import JSON

    kind = request.header("content-type").partition(";")[0]
    if kind == JSON:
        return json.dumps(json.loads(request.body), indent=2, ensure_ascii=False)
    if kind.endswith("xml"):
        from lxml import etree

        root = etree.fromstring(request.body)
        etree.indent(root)
        return etree.tostring(root, encoding="unicode")
    return request.body.decode()
