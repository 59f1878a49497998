"""The services, ports, operations and messages of a WSDL, as its documents say: no schemas here.

WSDL 1.1: https://www.w3.org/TR/wsdl.html. Whatever is wrong with one port or operation is kept at
that one, as its ``trouble``; a header or a fault that is left out, in its ``notes``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from smsbridge.codecs.soap.envelope import SOAP11, SOAP12
from smsbridge.codecs.soap.reader import split
from smsbridge.text.masking import public_address

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

WSDL_SPACE = "http://schemas.xmlsoap.org/wsdl/"
_WSDL = f"{{{WSDL_SPACE}}}"
_VERSIONS = {f"{WSDL_SPACE}soap/": SOAP11, f"{WSDL_SPACE}soap12/": SOAP12}
_HTTP = ("http://schemas.xmlsoap.org/soap/http", "http://www.w3.org/2003/05/soap/bindings/HTTP/")
_MIME = f"{{{WSDL_SPACE}mime/}}multipartRelated"
LOST = "urn:smsbridge:lost"
"""The namespace of the types that stand for names that lead nowhere, see `repairs`."""
NOT_SOAP = "is not a SOAP port"
_XML = "http://www.w3.org/XML/1998/namespace"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePart:
    """A part of a message: the name of its element or of its type, and that as it is written."""

    name: str
    element: str = ""
    type: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundMessage:
    """A message as a binding sends it: what is in its Body, and its header blocks.

    ``namespace``: that of the wrapper of an rpc call.
    """

    parts: Sequence[MessagePart] = ()
    headers: Sequence[MessagePart] = ()
    namespace: str = ""
    encoded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundOperation:
    """An operation of a binding; ``trouble`` says why it can't be used, if it can't."""

    name: str
    action: str = ""
    style: str = "document"
    input: BoundMessage = BoundMessage()
    output: BoundMessage | None = None
    faults: Sequence[MessagePart] = ()
    notes: Sequence[str] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredPort:
    """A port of a service; ``trouble`` says why it can't be used, if it can't."""

    service: str
    name: str
    address: str = ""
    version: str = ""
    operations: Mapping[str, BoundOperation] = field(default_factory=dict)
    trouble: str = ""


class Definitions:
    """What the documents of a WSDL define, except their schemas."""

    def __init__(self, main: Element, others: Iterable[Element]) -> None:
        """Take the documents: ``main`` is the WSDL itself, ``others`` are what it imports."""
        roots = [main, *(root for root in others if root is not main)]
        self._roots = [root for root in roots if root.tag == f"{_WSDL}definitions"]
        self._found = {
            kind: _by_name(self._roots, kind) for kind in ("message", "portType", "binding")
        }

    def ports(self) -> Iterator[DeclaredPort]:
        """Yield every port of the main document, or where it has no service, of the others."""
        for root in self._roots:
            services = root.findall(f"{_WSDL}service")
            for service in services:
                for port in service.iterfind(f"{_WSDL}port"):
                    yield self._port(service.get("name", ""), port)
            if services:
                return

    def _port(self, service: str, port: Element) -> DeclaredPort:
        name = port.get("name", "")
        said = port.get("binding", "")
        binding = self._find("binding", port, said)
        if binding is None:
            why = f"port {name} names the binding {said}, which the WSDL doesn't have"
            return DeclaredPort(service=service, name=name, trouble=why)
        space, soap = _extension(binding, "binding")
        if soap is None:
            return DeclaredPort(service=service, name=name, trouble=f"port {name} {NOT_SOAP}")
        transport = soap.get("transport", _HTTP[0])
        if transport not in _HTTP:
            said = f"the transport {public_address(transport)}" if transport else "no transport"
            why = f"port {name} is of {said}, which is not HTTP"
            return DeclaredPort(service=service, name=name, trouble=why)
        _, place = _extension(port, "address")
        said = binding.get("type", "")
        offered = self._find("portType", binding, said)
        if offered is None:
            why = f"port {name}: its binding names the portType {said}, which the WSDL doesn't have"
            return DeclaredPort(service=service, name=name, trouble=why)
        return DeclaredPort(
            service=service,
            name=name,
            address="" if place is None else place.get("location", ""),
            version=_VERSIONS[space],
            operations=dict(self._operations(binding, offered, soap.get("style", "document"))),
        )

    def _operations(
        self, binding: Element, offered: Element, style: str
    ) -> Iterator[tuple[str, BoundOperation]]:
        abstract = {one.get("name", ""): one for one in offered.iterfind(f"{_WSDL}operation")}
        bound = {one.get("name", ""): one for one in binding.iterfind(f"{_WSDL}operation")}
        for name, one in bound.items():
            reader = _OperationReader(self._find, name, one)
            if name in abstract:
                yield name, reader.read(abstract[name], style)
            else:
                yield name, reader.refuse("is not in the portType")
        for name in abstract.keys() - bound.keys():
            reader = _OperationReader(self._find, name, abstract[name])
            yield name, reader.refuse("is in the portType, and the binding doesn't have it")

    def _find(self, kind: str, at: Element, said: str) -> Element | None:
        """Return what a name means where it is written: by its namespace, else one without."""
        space, local = _qualify(at, said)
        found = self._found[kind]
        return found.get((space, local), found.get(("", local)))


class _OperationReader:
    """Reads one operation of a binding."""

    def __init__(self, find: _Find, name: str, bound: Element) -> None:
        self._find = find
        self._name = name
        self._bound = bound
        self._notes: list[str] = []

    def refuse(self, why: str) -> BoundOperation:
        return BoundOperation(name=self._name, trouble=f"operation {self._name} {why}")

    def read(self, abstract: Element, style: str) -> BoundOperation:
        _, soap = _extension(self._bound, "operation")
        given: dict[Any, Any] = {} if soap is None else {**soap.attrib}
        style = str(given.get("style", style))
        if next(self._bound.iter(_MIME), None) is not None:
            return self.refuse("sends attachments (MIME), which are not supported")
        if abstract.find(f"{_WSDL}input") is None:
            return self.refuse("has no input: the provider would be the one to send it")
        messages: dict[str, BoundMessage | None] = {}
        for direction in ("input", "output"):
            offered = abstract.find(f"{_WSDL}{direction}")
            if offered is None:
                messages[direction] = None
                continue
            said = offered.get("message", "")
            message = self._find("message", offered, said)
            if message is None:
                why = f"has an {direction} of the message {said}, which the WSDL doesn't have"
                return self.refuse(why)
            messages[direction] = self._message(message, direction)
        return BoundOperation(
            name=self._name,
            action=str(given.get("soapAction", "")),
            style=style,
            input=messages["input"] or BoundMessage(),
            output=messages["output"],
            faults=list(self._faults(abstract)),
            notes=list(dict.fromkeys(self._notes)),
        )

    def _message(self, message: Element, direction: str) -> BoundMessage:
        parts = list(_parts(message))
        bound = self._bound.find(f"{_WSDL}{direction}")
        _, body = (None, None) if bound is None else _extension(bound, "body")
        headers = []
        for header in () if bound is None else _extensions(bound, "header"):
            at = self._find("message", header, header.get("message", ""))
            named = header.get("part", "")
            held = () if at is None else _parts(at)
            found = next((one for one in held if one.name == named), None)
            if found is None:
                where = f"{header.get('message', '')}, part {named}"
                self._notes.append(f"a header block is left out: the WSDL has no message {where}")
                continue
            headers.append(found)
            if at is message:
                parts = [one for one in parts if one.name != named]
        given: dict[Any, Any] = {} if body is None else {**body.attrib}
        if "parts" in given:
            wanted = str(given["parts"]).split()
            parts = [one for one in _parts(message) if one.name in wanted]
        return BoundMessage(
            parts=parts,
            headers=headers,
            namespace=str(given.get("namespace", "")),
            encoded=given.get("use") == "encoded",
        )

    def _faults(self, abstract: Element) -> Iterator[MessagePart]:
        for fault in abstract.iterfind(f"{_WSDL}fault"):
            said = fault.get("message", "")
            message = self._find("message", fault, said)
            if message is None:
                name = fault.get("name", "")
                self._notes.append(
                    f"its fault {name} names the message {said}, which the WSDL doesn't have"
                )
                continue
            yield from (one for one in _parts(message) if one.element or split(one.type)[0] == LOST)


def qualified_name(at: Element, said: str) -> str | None:
    """Return a qualified name, ``{namespace}local``, of one as written; None if it is not one."""
    space, local = _qualify(at, said, default=at.nsmap.get(None) or "")
    if space is None or not local or ":" in local:
        return None
    return f"{{{space}}}{local}" if space else local


if TYPE_CHECKING:
    from collections.abc import Callable

    _Find = Callable[[str, Element, str], Element | None]


def _qualify(at: Element, said: str, default: str | None = None) -> tuple[str | None, str]:
    prefix, colon, local = said.strip().partition(":")
    if colon:
        return (_XML if prefix == "xml" else at.nsmap.get(prefix)), local
    root = at.getroottree().getroot()
    return (root.get("targetNamespace", "") if default is None else default), prefix


def _by_name(roots: Iterable[Element], kind: str) -> dict[tuple[str | None, str], Element]:
    found: dict[tuple[str | None, str], Element] = {}
    for root in roots:
        for one in root.iterfind(f"{_WSDL}{kind}"):
            found.setdefault((root.get("targetNamespace", ""), one.get("name", "")), one)
    return found


def _extensions(at: Element, name: str) -> Iterator[Element]:
    yield from (one for one in at if split(one)[0] in _VERSIONS and split(one)[1] == name)


def _extension(at: Element, name: str) -> tuple[str, Element | None]:
    """Return the first child of a name that is of SOAP, and its namespace."""
    found = next(_extensions(at, name), None)
    return ("", None) if found is None else (split(found)[0], found)


def _parts(message: Element) -> Iterator[MessagePart]:
    for part in message.iterfind(f"{_WSDL}part"):
        element, kind = part.get("element"), part.get("type")
        said = element or kind or ""
        name = qualified_name(part, said) or ""
        yield MessagePart(
            name=part.get("name", ""),
            element=name if element else "",
            type="" if element else name,
            said=said,
        )
