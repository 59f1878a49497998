"""A SOAP contract, read from its WSDL: the only file that imports zeep.

zeep derives the shape of each message from the WSDL; it opens no connection and sees no secret.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from smsbridge.codecs import Note, Unreadable
from smsbridge.codecs.envelope import (
    ENCODING11,
    ENCODING12,
    SOAP11,
    SOAP12,
    XSD,
    XSI,
    Envelope,
    split,
)
from smsbridge.xml import WSDL, BadXML, parse_xml

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

Direction = Literal["input", "output"]

_HERE = "http://bundled.invalid/"
_SCHEMAS = {ENCODING11: "smsbridge.wsdl:soapenc.xsd"}
_BODIES = (
    "{http://schemas.xmlsoap.org/wsdl/soap/}body",
    "{http://schemas.xmlsoap.org/wsdl/soap12/}body",
)
_WSDL = "{http://schemas.xmlsoap.org/wsdl/}"


class BadContract(ValueError):
    """A WSDL that can't be used. Its text says why."""


@dataclass
class _Files:
    """What zeep may load: the WSDL, the files beside it, and the schemas that ship with us."""

    document: bytes
    folder: Path | None
    loaded: list[Element] = field(default_factory=list)

    def load(self, url: str) -> bytes:
        from lxml import etree

        try:
            root = parse_xml(self._read(url), WSDL)
        except BadXML as error:
            raise BadContract(f"{url.removeprefix(_HERE) or 'the WSDL'}: {error}") from None
        self.loaded.append(root)
        return etree.tostring(root)

    def _read(self, url: str) -> bytes:
        if url == _HERE:
            return self.document
        if url in _SCHEMAS:
            return bundled(_SCHEMAS[url])
        beside = url.removeprefix(_HERE)
        if beside != url and self.folder is not None:
            path = (self.folder / beside).resolve()
            if path.is_relative_to(self.folder.resolve()) and path.is_file():
                return path.read_bytes()
        raise BadContract(f"it imports {beside}, which is no file beside it; nothing is fetched")


@dataclass(frozen=True, slots=True)
class Contract:
    """What a WSDL says: one address, and how each operation is written and read."""

    address: str
    version: str
    operations: Mapping[str, Any]
    encoded: frozenset[tuple[str, Direction]]

    def action(self, name: str) -> str:
        """Return the SOAPAction of an operation; empty if it has none."""
        return self._operation(name).soapaction or ""

    def write(
        self, name: str, direction: Direction, values: Mapping[str, Any], version: str = ""
    ) -> bytes:
        """Return the envelope of a message; raises `BadContract` for fields that don't fit."""
        from lxml import etree
        from zeep.exceptions import Error

        operation = self._operation(name)
        message = getattr(operation, direction)
        try:
            envelope = message.serialize(**values).content
        except (Error, TypeError, ValueError) as error:
            raise BadContract(f"operation {name}: {error}") from None
        if operation.style == "rpc" and direction == "output":
            wrapper = envelope[-1][0]
            wrapper.tag = f"{{{split(wrapper)[0]}}}{name}Response"
        if (name, direction) in self.encoded:
            envelope = _annotated(envelope, message.body.type, version or self.version)
        written = etree.tostring(envelope, xml_declaration=True, encoding="utf-8")
        if version and version != self.version:
            written = written.replace(self.version.encode(), version.encode(), 1)
        return written

    def read(
        self, name: str, direction: Direction, envelope: Envelope, note: Note = lambda _: None
    ) -> dict[str, Any]:
        """Return the fields of a message: of an answer in the expected wrapper, or `Unreadable`."""
        operation = self._operation(name)
        message = getattr(operation, direction)
        namespace, wrapper = split(str(message.body.qname))
        if operation.style == "rpc" and direction == "output":
            wrapper = f"{name}Response"
        if direction == "output" and split(envelope.child) != (namespace, wrapper):
            raise Unreadable("the Body holds another element than the contract names")
        if direction == "input" and split(envelope.child)[0] != namespace:
            note("another namespace")
        if operation.style != "rpc":
            tree = envelope.value(envelope.child, note=note)
            return tree if isinstance(tree, dict) else {}
        return dict(_parts(envelope, message.body.type, note, positional=direction == "input"))

    def first_part(self, name: str, direction: Direction) -> str:
        """Return the name of the first part of a message."""
        return str(getattr(self._operation(name), direction).body.type.elements[0][0])

    def _operation(self, name: str) -> Any:
        if name not in self.operations:
            known = ", ".join(sorted(self.operations))
            raise BadContract(f"the WSDL has no operation {name}; it has {known}")
        return self.operations[name]


def bundled(resource: str) -> bytes:
    """Return a contract or schema that ships in a package: ``package:file``."""
    package, _, name = resource.partition(":")
    return files(package).joinpath(name).read_bytes()


def load_contract(document: bytes, folder: Path | None, sha256: str = "") -> Contract:
    """Return the contract of a WSDL; ``folder`` holds what it may import. Raises `BadContract`."""
    if sha256 and hashlib.sha256(document).hexdigest() != sha256.lower():
        raise BadContract("the WSDL is not the one that wsdl_sha256 pins")
    return _load(document, folder)


@lru_cache(maxsize=32)
def _load(document: bytes, folder: Path | None) -> Contract:
    from zeep.wsdl import Document

    provided = _Files(document, folder)
    try:
        wsdl = Document(_HERE, provided)  # type: ignore[arg-type]  # zeep uses load() alone
    except BadContract:
        raise
    except Exception as error:  # a broken WSDL makes zeep raise nearly anything
        raise BadContract(f"zeep can't read the WSDL: {type(error).__name__}: {error}") from error
    port = _port(wsdl)
    operations: dict[str, Any] = dict(port.binding._operations)  # noqa: SLF001  (zeep's one list)
    encoded = set(_encoded(provided.loaded, port.binding.name.localname))
    return Contract(
        address=port.binding_options["address"],
        version=port.binding.nsmap["soap-env"],
        operations=operations,
        encoded=frozenset(encoded),
    )


def _port(wsdl: Any) -> Any:
    ports = [
        port
        for service in wsdl.services.values()
        for port in service.ports.values()
        if getattr(port.binding, "nsmap", {}).get("soap-env") in (SOAP11, SOAP12)
    ]
    first = [port for port in ports if port.binding.nsmap["soap-env"] == SOAP11] or ports
    if len(first) != 1:
        names = ", ".join(port.name for port in ports) or "none"
        raise BadContract(f"the WSDL must have one SOAP port; it has {names}")
    return first[0]


def _encoded(documents: list[Element], binding: str) -> Iterator[tuple[str, Direction]]:
    directions: tuple[Direction, ...] = ("input", "output")
    for document in documents:
        for found in document.iterfind(f"{_WSDL}binding[@name='{binding}']/{_WSDL}operation"):
            for direction in directions:
                for body in _BODIES:
                    element = found.find(f"{_WSDL}{direction}/{body}")
                    if element is not None and element.get("use") == "encoded":
                        yield str(found.get("name")), direction


def _annotated(envelope: Element, body: Any, version: str) -> Element:
    """Return an envelope with the encodingStyle and the ``xsi:type`` that ``encoded`` asks for."""
    from lxml import etree

    nsmap: Any = {**envelope.nsmap, "xsi": XSI, "xsd": XSD}  # the stubs know no default prefix
    root = etree.Element(envelope.tag, nsmap=nsmap)
    root.extend(list(envelope))
    wrapper = root[-1][0]
    soap = split(root)[0]
    wrapper.set(f"{{{soap}}}encodingStyle", ENCODING12 if version == SOAP12 else ENCODING11)
    _type_children(wrapper, body)
    return root


def _type_children(element: Element, declared: Any) -> None:
    types = {name: child.type for name, child in getattr(declared, "elements", ())}
    for child in element:
        kind = types.get(split(child)[1])
        if kind is None or kind.qname is None or child.get(f"{{{XSI}}}nil"):
            continue
        namespace, local = split(str(kind.qname))
        prefix = next((p for p, uri in child.nsmap.items() if uri == namespace and p), None)
        if prefix is not None:
            child.set(f"{{{XSI}}}type", f"{prefix}:{local}")
        _type_children(child, kind)


def _parts(
    envelope: Envelope, body: Any, note: Note, *, positional: bool
) -> Iterator[tuple[str, Any]]:
    declared = {name: split(str(part.type.qname))[1] for name, part in body.elements}
    given = [(split(child)[1], child) for child in envelope.child]
    if positional and given and not any(name in declared for name, _ in given):
        note("positional arguments")
        given = [(name, child) for name, (_, child) in zip(declared, given, strict=False)]
    for name, child in given:
        yield name, envelope.value(child, declared.get(name, "string"), note)
