"""A SOAP contract, read from its WSDL: the only file that imports zeep.

zeep makes a model of the WSDL and its schemas; it opens no connection and sees no secret. What we
need of the model becomes plain data, see `smsbridge.codecs.soap.model`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smsbridge.codecs.soap.contract import Contract
from smsbridge.codecs.soap.documents import Documents, Source, sha256
from smsbridge.codecs.soap.envelope import SOAP11, SOAP12
from smsbridge.codecs.soap.model import BadContract, Content, Declared, Kind, Part, Port
from smsbridge.codecs.soap.reader import split
from smsbridge.codecs.soap.xsd_facets import Facets
from smsbridge.codecs.soap.xsd_validate import Schema
from smsbridge.mapping.path import TEXT
from smsbridge.text.suggest import listed

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
_MIME = "{http://schemas.xmlsoap.org/wsdl/mime/}multipartRelated"
_MTOM = "{http://schemas.xmlsoap.org/ws/2004/09/policy/optimizedmimeserialization}"
_MTOM_ELEMENT = f"{_MTOM}OptimizedMimeSerialization"
_POLICIES = ("http://schemas.xmlsoap.org/ws/2004/09/policy", "http://www.w3.org/ns/ws-policy")
_TRUE = ("true", "1")
_DEEP = "are made of others, too many steps deep"
_BODIES = (
    "{http://schemas.xmlsoap.org/wsdl/soap/}body",
    "{http://schemas.xmlsoap.org/wsdl/soap12/}body",
)


def load_contract(
    document: bytes | Source, folder: Path | None = None, pin: str = "", port: str = ""
) -> Contract:
    """Return the contract of one port of a WSDL; raises `BadContract`.

    ``folder`` holds what it may import. ``pin``: its SHA-256, in hex. ``port``: which one, where it
    has several.
    """
    source = Source(document=document, folder=folder) if isinstance(document, bytes) else document
    if pin and sha256(source.document) != pin.lower():
        raise BadContract("the WSDL is not the one that wsdl_sha256 pins")
    ports = load_ports(source)
    return ports[_chosen(ports, port)]


@lru_cache(maxsize=32)
def load_ports(source: Source) -> Mapping[str, Contract]:
    """Return the contract of every SOAP port of a WSDL, by name; raises `BadContract`."""
    from zeep.wsdl import Document

    provided = Documents(source)
    try:
        wsdl: Any = Document(source.address, provided)  # type: ignore[arg-type]  # zeep uses load() alone
    except BadContract:
        raise
    except RecursionError:
        raise BadContract(f"the WSDL's types {_DEEP}") from None
    except Exception as error:  # a broken WSDL makes zeep raise nearly anything
        raise BadContract(f"zeep can't read the WSDL: {type(error).__name__}: {error}") from error
    documents = list(provided.loaded.values())
    if provided.loaded[source.address].tag != f"{_WSDL}definitions":
        raise BadContract("it is XML, but no WSDL 1.1")
    if any(_demanded(found) for root in documents for found in root.iter(_MTOM_ELEMENT)):
        raise BadContract("the WSDL demands MTOM (attachments), which smsbridge does not speak")
    model = _Model(wsdl, documents)
    ports = [
        (service.name, port)
        for service in wsdl.services.values()
        for port in service.ports.values()
        if getattr(port.binding, "nsmap", {}).get("soap-env") in (SOAP11, SOAP12)
    ]
    names = [port.name for _, port in ports]
    found = {}
    for service, port in ports:
        name = port.name if names.count(port.name) == 1 else f"{service}.{port.name}"
        found[name] = model.contract(service, name, port, provided)
    return found


def _chosen(ports: Mapping[str, Contract], wanted: str) -> str:
    names = listed(ports) or "none"
    if wanted:
        if wanted not in ports:
            raise BadContract(f"the WSDL has no SOAP port {wanted!r}; it has {names}", "port")
        return wanted
    first = [name for name, found in ports.items() if found.version == SOAP11] or list(ports)
    if len(first) != 1:
        hint = "; say port = one of them" if first else ""
        raise BadContract(f"the WSDL must have one SOAP port; it has {names}{hint}")
    return first[0]


def _demanded(assertion: Element) -> bool:
    return all(assertion.get(f"{{{space}}}Optional") not in _TRUE for space in _POLICIES)


class _Operations(Mapping[str, Declared]):
    """The operations of a port, each made plain when it is asked for."""

    def __init__(self, names: Iterable[str], make: Callable[[str], Declared]) -> None:
        self._names = dict.fromkeys(names)
        self._make = make
        self._made: dict[str, Declared] = {}

    def __getitem__(self, name: str) -> Declared:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._made:
            try:
                self._made[name] = self._make(name)
            except RecursionError:
                raise BadContract(f"operation {name}: its types {_DEEP}") from None
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class _Model:
    """zeep's model of one WSDL, made plain piece by piece."""

    def __init__(self, wsdl: Any, documents: list[Element]) -> None:
        self._wsdl = wsdl
        self._documents = documents
        self._facets = Facets(documents)

    def contract(self, service: str, name: str, port: Any, provided: Documents) -> Contract:
        address = (port.binding_options or {}).get("address")
        if not address:
            raise BadContract(f"the port {port.name} has no address")
        declared = port.binding._operations  # noqa: SLF001  (zeep's one list)
        bound = self._bound(port.binding.name.localname)
        operations = _Operations(
            declared, lambda name: self._declared(declared[name], bound.get(name, []))
        )
        return Contract(
            port=Port(
                service=service,
                name=name,
                address=address,
                version=port.binding.nsmap["soap-env"],
                operations=operations,
            ),
            types=self._type,
            schema=Schema(provided.loaded, lambda: list(_wrappers(operations))),
            documents=provided.raw,
        )

    def _type(self, name: str) -> Kind | None:
        found = (t for t in self._wsdl.types.types if t.qname and split(str(t.qname))[1] == name)
        return next((_Plain(self._facets).kind(kind) for kind in found), None)

    def _bound(self, binding: str) -> Mapping[str, list[Element]]:
        """Return the operations of a binding as they stand in the documents, by name."""
        found: dict[str, list[Element]] = {}
        for document in self._documents:
            for one in document.iterfind(f"{_WSDL}binding[@name='{binding}']/{_WSDL}operation"):
                found.setdefault(one.get("name", ""), []).append(one)
        return found

    def _declared(self, operation: Any, bound: list[Element]) -> Declared:
        name = operation.name
        if any(next(found.iter(_MIME), None) is not None for found in bound):
            raise BadContract(f"operation {name} sends attachments (MIME), which are not taken")
        details = [
            part.element
            for fault in operation.abstract.fault_messages.values()
            for part in fault.parts.values()
            if part.element is not None
        ]
        plain = _Plain(self._facets)
        return Declared(
            name=name,
            action=operation.soapaction or "",
            style=operation.style,
            input=plain.content(operation, "input", bound),
            output=plain.content(operation, "output", bound) if _answers(operation) else None,
            faults=[plain.part(detail) for detail in details],
        )


class _Plain:
    """Makes the types of one operation plain. Two threads never share one that is half made."""

    def __init__(self, facets: Facets) -> None:
        self._facets = facets
        self._kinds: dict[int, Kind] = {}

    def content(self, operation: Any, direction: str, bound: list[Element]) -> Content:
        message = getattr(operation, direction)
        body = message.body
        if body is None or message._is_body_wrapped:  # noqa: SLF001  (nothing else tells)
            parts = "several parts" if body is not None else "no part"
            raise BadContract(
                f"operation {operation.name}: its {direction} has {parts} in the Body; one is taken"
            )
        part = self.part(body)
        if part.kind.simple:  # a bare element that is text
            part.kind = Kind(parts=[Part(name=TEXT, kind=part.kind)])
        if operation.style == "rpc" and direction == "output":
            part.name = f"{operation.name}Response"
        headers = message.header.type.elements if message.header is not None else []
        return Content(
            body=part,
            headers=[self.part(element) for _, element in headers],
            encoded=any(
                found.get("use") == "encoded"
                for element in bound
                for path in _BODIES
                for found in element.iterfind(f"{_WSDL}{direction}/{path}")
            ),
        )

    def part(self, element: Any, *, required: bool = True) -> Part:
        namespace, name = split(str(element.qname))
        many = element.max_occurs == "unbounded" or element.max_occurs > 1
        return Part(
            name=name,
            namespace=namespace,
            kind=self.kind(element.type),
            required=required and int(element.min_occurs) > 0,
            repeated=many,
            nillable=bool(element.nillable),
        )

    def kind(self, declared: Any) -> Kind:
        from zeep import xsd

        if id(declared) in self._kinds:
            return self._kinds[id(declared)]
        qname = str(declared.qname or "")
        kind = self._kinds[id(declared)] = Kind(name=qname if declared.is_global else "")
        if isinstance(declared, xsd.ComplexType):
            self._fill(kind, declared)
        elif isinstance(declared, xsd.AnySimpleType):
            kind.base = split(str(declared._default_qname))[1]  # noqa: SLF001  (the built-in's name)
            kind.name = "" if self._facets.unnamed(qname) else qname
            kind.words, kind.limits = self._facets.words(qname), self._facets.limits(qname)
        else:
            kind.open = True
        return kind

    def _fill(self, kind: Kind, declared: Any) -> None:
        from zeep import xsd

        array = declared._array_type  # noqa: SLF001  (nothing else tells)
        if array is not None:
            kind.item = self.kind(array.array_type)
            return
        for _, attribute in declared.attributes:
            if attribute.name is None:
                continue
            namespace, name = split(str(attribute.qname))
            part = Part(
                name=f"@{name}",
                namespace=namespace,
                kind=self.kind(attribute.type),
                required=bool(attribute.required),
            )
            kind.parts.append(part)
        held = declared._element  # noqa: SLF001  (elements_nested has no order of its own)
        if isinstance(held, xsd.Element):
            kind.parts.append(Part(name=TEXT, kind=self.kind(held.type)))
        elif held is not None:
            self._collect(kind, held, required=True)

    def _collect(self, kind: Kind, held: Any, *, required: bool) -> None:
        """Add the elements of a sequence, a choice or a group, in their order."""
        from zeep import xsd

        if isinstance(held, xsd.Group):
            self._collect(kind, held.child, required=required and held.min_occurs > 0)
            return
        here = required and int(held.min_occurs) > 0
        many = held.max_occurs == "unbounded" or held.max_occurs > 1
        start = len(kind.parts)
        for element in held:
            if isinstance(element, xsd.Element):
                part = self.part(element, required=here and not isinstance(held, xsd.Choice))
                part.repeated |= many
                kind.parts.append(part)
            elif isinstance(element, xsd.Any):
                kind.open, kind.open_at = True, len(kind.parts)
            else:
                self._collect(kind, element, required=here and not isinstance(held, xsd.Choice))
        names = frozenset(part.name for part in kind.parts[start:])
        if isinstance(held, xsd.Choice) and here and names and not kind.open:
            kind.one_of.append(names)


def _wrappers(operations: Mapping[str, Declared]) -> Iterator[Part]:
    """Yield the bodies of rpc/literal messages, of those operations that can be used."""
    for name in operations:
        with suppress(BadContract):
            operation = operations[name]
            for content in (operation.input, operation.output):
                if operation.style == "rpc" and content is not None and not content.encoded:
                    yield content.body


def _answers(operation: Any) -> bool:
    return operation.output is not None and operation.output.body is not None
