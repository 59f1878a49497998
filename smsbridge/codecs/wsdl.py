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
    Envelope,
)
from smsbridge.codecs.values import XSI, split
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
            return bundled(_SCHEMAS[url])[0]
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

    def by_action(self, action: str) -> str:
        """Return the operation of a SOAPAction; empty if none has it."""
        return next((n for n in self.operations if action and self.action(n) == action), "")

    def write(
        self, name: str, direction: Direction, values: Mapping[str, Any], version: str = ""
    ) -> bytes:
        """Return the envelope of a message; raises `BadContract` for fields that don't fit."""
        from lxml import etree

        operation = self._operation(name)
        message = getattr(operation, direction)
        try:
            envelope = message.serialize(**values).content
        except Exception as error:  # noqa: BLE001  (zeep raises nearly anything)
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
            tree = envelope.values.of(envelope.child)
            return tree if isinstance(tree, dict) else {}
        strict = direction == "output"
        if not strict and (name, direction) in self.encoded and not _typed(envelope.child):
            note("no xsi:type")
        return _parts(envelope, message.body.type, note, strict=strict)

    def first_part(self, name: str, direction: Direction) -> str:
        """Return the name of the first part of a message."""
        return str(getattr(self._operation(name), direction).body.type.elements[0][0])

    def _operation(self, name: str) -> Any:
        if name not in self.operations:
            known = ", ".join(sorted(self.operations))
            raise BadContract(f"the WSDL has no operation {name}; it has {known}")
        return self.operations[name]


def bundled(resource: str) -> tuple[bytes, Path | None]:
    """Return a contract or schema that ships in a package, ``package:file``, and its folder."""
    package, _, name = resource.partition(":")
    folder = files(package)
    return folder.joinpath(name).read_bytes(), folder if isinstance(folder, Path) else None


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
    address = (port.binding_options or {}).get("address")
    if not address:
        raise BadContract(f"the port {port.name} has no address")
    return Contract(
        address=address,
        version=port.binding.nsmap["soap-env"],
        operations=dict(port.binding._operations),  # noqa: SLF001  (zeep's one list)
        encoded=frozenset(_encoded(provided.loaded, port.binding.name.localname)),
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
    """Return an envelope with the encodingStyle and the types that ``encoded`` asks for."""
    from lxml import etree

    wrapper = envelope[-1][0]
    spaces = sorted({space for space in _type_spaces(body, set()) if space} - {XSD, ENCODING11})
    nsmap: Any = {  # the stubs know no default prefix
        **envelope.nsmap,
        "xsi": XSI,
        "xsd": XSD,
        "SOAP-ENC": ENCODING11,
        **{f"t{number}": space for number, space in enumerate(spaces)},
    }
    root = etree.Element(envelope.tag, nsmap=nsmap)
    root.extend(list(envelope))
    style = ENCODING12 if version == SOAP12 else ENCODING11
    wrapper.set(f"{{{split(root)[0]}}}encodingStyle", style)
    prefixes = {uri: prefix for prefix, uri in nsmap.items()}
    _type_children(wrapper, body, prefixes)
    etree.cleanup_namespaces(root, keep_ns_prefixes=["xsi", "xsd", *nsmap.keys() - {"SOAP-ENC"}])
    return root


def _type_spaces(declared: Any, seen: set[Any]) -> Iterator[str]:
    for _, child in getattr(declared, "elements", ()):
        kind = child.type
        if kind is not None and kind.qname is not None and kind.qname not in seen:
            seen.add(kind.qname)
            yield split(str(kind.qname))[0]
            yield from _type_spaces(kind, seen)


def _type_children(element: Element, declared: Any, prefixes: Mapping[str, str]) -> None:
    types = {name: child.type for name, child in getattr(declared, "elements", ())}
    for child in element:
        kind = types.get(split(child)[1])
        if kind is not None and kind.qname is not None and not child.get(f"{{{XSI}}}nil"):
            _type(child, kind, prefixes)


def _type(element: Element, kind: Any, prefixes: Mapping[str, str]) -> None:
    array = getattr(kind, "_array_type", None)
    element.set(f"{{{XSI}}}type", _prefixed(kind, prefixes))
    if array is None:
        _type_children(element, kind, prefixes)
        return
    held = _prefixed(array.array_type, prefixes)
    element.set(f"{{{ENCODING11}}}arrayType", f"{held}[{len(element)}]")
    for item in element:
        item.set(f"{{{XSI}}}type", held)
        _type_children(item, array.array_type, prefixes)


def _prefixed(kind: Any, prefixes: Mapping[str, str]) -> str:
    namespace, local = split(str(kind.qname))
    return f"{prefixes.get(namespace, 'xsd')}:{local}"


def _typed(wrapper: Element) -> bool:
    return any(child.get(f"{{{XSI}}}type") for child in wrapper)


def _parts(envelope: Envelope, body: Any, note: Note, *, strict: bool) -> dict[str, Any]:
    declared = {name: split(str(part.type.qname))[1] for name, part in body.elements}
    given = [(*split(child), child) for child in envelope.child]
    spaces = {space for space, _, _ in given} - {""}
    if spaces:
        note("a part in a namespace")
    if strict and spaces - {split(envelope.child)[0]}:
        raise Unreadable("it has a part in a namespace of its own")
    named = [(name, child) for _, name, child in given]
    if not strict and given and not any(name in declared for name, _ in named):
        note("positional arguments")
        if len(given) > len(declared):
            raise Unreadable("it has more arguments than the contract")
        named = [(name, child) for name, (_, child) in zip(declared, named, strict=False)]
    parts: dict[str, Any] = {}
    for name, child in named:
        if name in parts:
            raise Unreadable("it has the same part twice")
        said = child.get(f"{{{XSI}}}type", "").rpartition(":")[2]
        wanted = declared.get(name, "string")
        if said and said != wanted:
            note("another xsi:type")
        parts[name] = envelope.values.of(child, wanted)
    return parts
