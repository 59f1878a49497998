"""The contract of each SOAP port, read from a WSDL: its operations, and what their messages hold.

`definitions` reads what the WSDL declares, `zeep_types` the types of its schemas; both become plain
data here, see `smsbridge.codecs.soap.model`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from smsbridge.codecs.soap.definitions import (
    LOST,
    BoundMessage,
    BoundOperation,
    DeclaredPort,
    Definitions,
    MessagePart,
)
from smsbridge.codecs.soap.documents import Documents
from smsbridge.codecs.soap.model import BadWSDL, Content, Part, WSDLOperation, XSDType
from smsbridge.codecs.soap.port import Port, Ports
from smsbridge.codecs.soap.port_operations import TOO_DEEP, PortOperations
from smsbridge.codecs.soap.reader import split
from smsbridge.codecs.soap.xsd_declared import Declared, Known
from smsbridge.codecs.soap.xsd_facets import Facets
from smsbridge.codecs.soap.xsd_validate import Schema
from smsbridge.codecs.soap.zeep_types import TypeReader, parse_schemas, trouble_with
from smsbridge.mapping.path import HEADER, TEXT

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_MTOM = "{http://schemas.xmlsoap.org/ws/2004/09/policy/optimizedmimeserialization}"
_MTOM_ELEMENT = f"{_MTOM}OptimizedMimeSerialization"
_POLICIES = ("http://schemas.xmlsoap.org/ws/2004/09/policy", "http://www.w3.org/ns/ws-policy")
_TRUE = ("true", "1")


def parse_ports(documents: Documents) -> Ports:
    """Return the contract of every SOAP port of a WSDL, by name; raises `BadWSDL`."""
    documents.gather()
    roots = list(documents.loaded.values())
    if any(_is_demanded(found) for root in roots for found in root.iter(_MTOM_ELEMENT)):
        raise BadWSDL("the WSDL requires MTOM (attachments), which smsbridge does not support")
    numbered = Declared(roots)
    with numbered.put_numbers():
        schemas = parse_schemas(documents)
    model = _Model(schemas, documents, numbered)
    declared = list(Definitions(documents.loaded[documents.address], roots).ports())
    names = [port.name for port in declared]
    found: dict[str, Port] = {}
    refused: dict[str, tuple[str, str]] = {}
    for port in declared:
        name = port.name if names.count(port.name) == 1 else f"{port.service}.{port.name}"
        if port.trouble:
            refused[name] = port.service, port.trouble
        else:
            found[name] = model.port(name, port)
    return Ports(found, refused)


def _is_demanded(assertion: Element) -> bool:
    return all(assertion.get(f"{{{space}}}Optional") not in _TRUE for space in _POLICIES)


class _Model:
    """zeep's model of the schemas of one WSDL, made plain piece by piece."""

    def __init__(self, schemas: Any, documents: Documents, declared: Declared) -> None:
        self._schemas = schemas
        self._documents = documents
        roots = list(documents.loaded.values())
        self._known = Known(schemas, roots, Facets(roots), declared)

    def port(self, name: str, declared: DeclaredPort) -> Port:
        bound = declared.operations
        operations = PortOperations(bound, lambda called: self._operation(bound[called]))
        return Port(
            service=declared.service,
            name=name,
            address=declared.address,
            version=declared.version,
            operations=operations,
            types=self._type,
            schema=Schema(self._documents.loaded, lambda: list(_wrappers(operations))),
            documents=self._documents.raw,
        )

    def _plain(self, *, encoded: bool = False) -> TypeReader:
        return TypeReader(self._schemas, self._known, self._documents.lost, encoded=encoded)

    def _type(self, name: str) -> XSDType | None:
        found = (t for t in self._schemas.types if t.qname and split(str(t.qname))[1] == name)
        return next((self._plain().kind(kind) for kind in found), None)

    def _operation(self, bound: BoundOperation) -> WSDLOperation:
        if bound.trouble:
            raise BadWSDL(bound.trouble)
        notes = list(bound.notes)
        asked, answered = bound.input, bound.output
        reader = _MessageReader(bound, self._plain, notes)
        return WSDLOperation(
            name=bound.name,
            action=bound.action,
            style=bound.style,
            input=reader.content(asked, "input"),
            output=reader.content(answered, "output") if answered is not None else None,
            faults=list(reader.faults()),
            notes=notes,
        )


class _MessageReader:
    """Makes the messages of one operation plain."""

    def __init__(
        self, bound: BoundOperation, plain: Callable[..., TypeReader], notes: list[str]
    ) -> None:
        self._bound = bound
        self._plain = plain
        self._notes = notes

    def content(self, message: BoundMessage, direction: str) -> Content:
        plain = self._plain(encoded=message.encoded)
        make = self._wrapper if self._bound.style == "rpc" else self._document
        try:
            body = make(plain, message, direction)
            headers = [part for one in message.headers for part in self._header(plain, one)]
        except (BadWSDL, RecursionError):
            raise
        except Exception as error:  # a schema may make zeep raise nearly anything
            why = f"its {direction} can't be read, at {plain.place}: {trouble_with(error)}"
            raise BadWSDL(why) from error
        self._notes += [note for note in plain.notes if note not in self._notes]
        return Content(body=body, headers=headers, encoded=message.encoded)

    def _wrapper(self, plain: TypeReader, message: BoundMessage, direction: str) -> Part:
        """Return the wrapper of an rpc call, named by its operation (WSDL 1.1 §3.5)."""
        name = self._bound.name + ("Response" if direction == "output" else "")
        parts = [plain.message_part(part) for part in message.parts]
        return Part(name=name, namespace=message.namespace, type=XSDType(parts=parts))

    def _document(self, plain: TypeReader, message: BoundMessage, direction: str) -> Part:
        """Return the one element of a Body; without a name, what is in the Body itself."""
        for part in message.parts:
            if not part.element and split(part.type)[0] != LOST:
                raise BadWSDL(
                    f"its {direction} has the part {part.name} of a type: in document style the "
                    "Body itself would be of that type, and only a part of an element is supported"
                )
        parts = [plain.message_part(part) for part in message.parts]
        if len(parts) != 1:
            return Part(name="", type=XSDType(parts=parts))
        if parts[0].type.simple:  # a bare element that is text
            parts[0].type = XSDType(parts=[Part(name=TEXT, type=parts[0].type)])
        return parts[0]

    def _header(self, plain: TypeReader, part: MessagePart) -> Iterator[Part]:
        if (lost := plain.lost_name(part.type)) is None:
            yield plain.message_part(part)
            return
        block = lost.name if lost.name.startswith("{") else lost.said
        self._notes.append(
            f"{HEADER}.{block} {lost.why}: it is left out, and a field of that name writes it"
        )

    def faults(self) -> Iterator[Part]:
        plain = self._plain()
        for part in self._bound.faults:
            try:
                yield plain.message_part(part)
            except (BadWSDL, RecursionError) as error:
                why = error if isinstance(error, BadWSDL) else f"its types {TOO_DEEP}"
                self._notes.append(f"its fault {part.name} can't be read: {why}")
            except Exception as error:  # noqa: BLE001  (as for a message)
                self._notes.append(f"its fault {part.name} can't be read: {trouble_with(error)}")


def _wrappers(operations: Mapping[str, WSDLOperation]) -> Iterator[Part]:
    """Yield the bodies of rpc/literal messages, of those operations that can be used."""
    for name in operations:
        with suppress(BadWSDL):
            operation = operations[name]
            for content in (operation.input, operation.output):
                if operation.style == "rpc" and content is not None and not content.encoded:
                    yield content.body
