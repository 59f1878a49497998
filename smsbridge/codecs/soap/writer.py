"""An envelope from nested words, as the plan of a message says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from smsbridge.codecs.soap.envelope import ENCODING11, SOAP12, XSD, unsendable
from smsbridge.codecs.soap.model import BadContract, Content, Kind, Misfit, Part, optional
from smsbridge.codecs.soap.reader import ENCODING12, XSI, split
from smsbridge.mapping.filters import text
from smsbridge.mapping.path import HEADER, TEXT
from smsbridge.text.suggest import nearest

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_TYPE = f"{{{XSI}}}type"
_NIL = f"{{{XSI}}}nil"
_NOTHING = object()


class Writer:
    """Writes one kind of message. Raises `BadContract` for words that don't fit the plan."""

    def __init__(self, content: Content, version: str, types: Callable[[str], Kind | None]) -> None:
        """``version`` of SOAP is a namespace; ``types`` finds a type by its local name."""
        self._content = content
        self._version = version
        self._types = types
        self._prefixes = self._nsmap() if content.encoded else {}

    def envelope(self, values: Mapping[str, Any]) -> bytes:
        """Return the envelope of nested words, in UTF-8."""
        from lxml import etree

        nsmap: Any = {"soap-env": self._version} | self._prefixes  # the stubs want bytes too
        root = etree.Element(f"{{{self._version}}}Envelope", nsmap=nsmap)
        words = dict(values)
        if blocks := words.pop(HEADER, None):
            header = etree.SubElement(root, f"{{{self._version}}}Header")
            for name in blocks if isinstance(blocks, Mapping) else ():
                self._content.find(f"{HEADER}.{name}")
            kind = Kind(parts=[optional(part) for part in self._content.headers], open=True)
            self._fill(header, kind, blocks, HEADER)
        body = etree.SubElement(root, f"{{{self._version}}}Body")
        wrapper = etree.SubElement(body, self._content.body.tag)
        self._fill(wrapper, self._content.body.kind, words, "")
        if self._content.encoded:
            style = ENCODING12 if self._version == SOAP12 else ENCODING11
            wrapper.set(f"{{{self._version}}}encodingStyle", style)
        return etree.tostring(root, xml_declaration=True, encoding="utf-8")

    def alone(self, values: Mapping[str, Any]) -> str:
        """Return what would stand in the Body, as XML."""
        from lxml import etree

        wrapper = etree.Element(self._content.body.tag)
        self._fill(wrapper, self._content.body.kind, values, "")
        return etree.tostring(wrapper, encoding="unicode")

    def _part(self, parent: Element, part: Part, value: Any, path: str) -> None:
        from lxml import etree

        if part.name == TEXT:
            self._text(parent, part.kind, value, path)
            return
        if part.name.startswith("@"):
            parent.set(part.tag, self._word(part.kind, value, path))
            return
        values = value if isinstance(value, list) and part.kind.item is None else [value]
        if len(values) > 1 and not part.repeated:
            raise BadContract(f"{path} stands once; {len(values)} are given", path)
        for index, item in enumerate(values):
            own = f"{path}[{index}]" if len(values) > 1 else path
            self._fill(etree.SubElement(parent, part.tag), part.kind, item, own)

    def _fill(self, element: Element, kind: Kind, value: Any, path: str) -> None:
        if isinstance(value, Mapping) and "@xsi:type" in value:
            value = dict(value)
            kind = self._subtype(element, str(value.pop("@xsi:type")), path)
        elif self._content.encoded and path and kind.name:
            element.set(_TYPE, self._prefixed(kind.name))
        if value is None:
            element.set(_NIL, "true")
        elif kind.item is not None:
            self._array(element, kind, kind.item, value, path)
        elif kind.simple:
            self._text(element, kind, value, path)
        else:
            self._tree(element, kind, _as_tree(kind, value, path), path)

    def _tree(self, element: Element, kind: Kind, tree: Mapping[str, Any], path: str) -> None:
        from lxml import etree

        named = {part.name for part in kind.parts}
        left = {name: value for name, value in tree.items() if name in named}
        free = {name: value for name, value in tree.items() if name not in named}
        for number, part in enumerate(kind.parts):
            if number == kind.open_at:
                self._frees(element, kind, free, path)
            own = f"{path}.{part.name}".lstrip(".")
            value = left.pop(part.name, _NOTHING)
            if not _is_nothing(part, value):
                self._part(element, part, value, own)
            elif part.required and part.nillable:
                etree.SubElement(element, part.tag).set(_NIL, "true")
            elif part.required:
                raise BadContract(f"{own} is missing", own)
        for names in kind.one_of:
            if not names & tree.keys():
                own = " or ".join(f"{path}.{name}".lstrip(".") for name in sorted(names))
                raise BadContract(f"{own} is missing", path)
        if kind.open_at >= len(kind.parts) or not kind.open:
            self._frees(element, kind, free, path)

    def _frees(self, element: Element, kind: Kind, free: Mapping[str, Any], path: str) -> None:
        for name, value in free.items():
            own = f"{path}.{name}".lstrip(".")
            if not kind.open:
                known = nearest(name, [part.name for part in kind.parts])
                raise BadContract(f"there is no {own!r}; {known}", own)
            self._free(element, name, value, own)

    def _free(self, element: Element, name: str, value: Any, path: str) -> None:
        """Write what the contract doesn't name, where it takes anything."""
        from lxml import etree

        if value is None and name.startswith(("@", TEXT)):
            return
        if name == TEXT:
            element.text = _sendable(text(value), path)
        elif name.startswith("@"):
            element.set(name[1:], _sendable(text(value), path))
        else:
            for item in value if isinstance(value, list) else [value]:
                child = etree.SubElement(element, name)
                inner = item if isinstance(item, Mapping) else {TEXT: item}
                if item is None:
                    child.set(_NIL, "true")
                else:
                    self._tree(child, Kind(open=True), inner, path)

    def _array(self, element: Element, kind: Kind, held: Kind, value: Any, path: str) -> None:
        from lxml import etree

        if isinstance(value, Mapping) and set(value) == {"item"}:
            value = value["item"]
        items = value if isinstance(value, list) else [value]
        if kind.name:
            element.set(_TYPE, self._prefixed(kind.name))
        of, size = self._prefixed(held.name), len(items)
        if self._version == SOAP12:  # part 2, §3.1.6
            element.set(f"{{{ENCODING12}}}itemType", of)
            element.set(f"{{{ENCODING12}}}arraySize", str(size))
        else:
            element.set(f"{{{ENCODING11}}}arrayType", f"{of}[{size}]")
        for index, item in enumerate(items):
            self._fill(etree.SubElement(element, "item"), held, item, f"{path}[{index}]")

    def _subtype(self, element: Element, name: str, path: str) -> Kind:
        from lxml import etree

        kind = self._types(name)
        if kind is None:
            raise BadContract(f"{path}.@xsi:type: the WSDL has no type {name!r}", path)
        element.set(_TYPE, etree.QName(kind.name))  # type: ignore[arg-type]  # the stubs lack it
        return kind

    def _text(self, element: Element, kind: Kind, value: Any, path: str) -> None:
        element.text = self._word(kind, value, path)

    def _word(self, kind: Kind, value: Any, path: str) -> str:
        if isinstance(value, Mapping) and set(value) == {TEXT}:
            value = value[TEXT]
        if isinstance(value, Mapping | list):
            raise BadContract(f"{path} is text, and holds no others", path)
        word = "" if value is None else _sendable(text(value), path)
        if refusal := kind.refusal(word):
            raise Misfit(f"{path}: {refusal}", path)
        return word

    def _nsmap(self) -> dict[str, str]:
        held = [part.kind for part in (self._content.body, *self._content.headers)]
        kinds = [inner for kind in held for inner in _kinds(kind, set())]
        found = {split(kind.name)[0] for kind in kinds}
        arrays = ENCODING11 in found or any(kind.item is not None for kind in kinds)
        spaces = sorted(found - {"", XSD, ENCODING11})
        numbered = {f"t{number}": space for number, space in enumerate(spaces)}
        own = {"SOAP-ENC": ENCODING11} if arrays else {}
        return {"xsi": XSI, "xsd": XSD, **own, **numbered}

    def _prefixed(self, name: str) -> str:
        namespace, local = split(name)
        prefixes = {space: prefix for prefix, space in self._prefixes.items()}
        return f"{prefixes.get(namespace, 'xsd')}:{local or 'anyType'}"


def _as_tree(kind: Kind, value: Any, path: str) -> Mapping[str, Any]:
    """Return a value as what its type holds: an array parameter gets an array of one."""
    if isinstance(value, Mapping):
        return value
    if kind.part(TEXT) or (kind.open and not kind.parts and not isinstance(value, list)):
        return {TEXT: value}
    elements = [part for part in kind.parts if not part.name.startswith("@")]
    if len(elements) == 1 and elements[0].repeated:
        return {elements[0].name: value}
    inner = ", ".join(part.name for part in kind.parts) or "nothing"
    raise BadContract(f"{path} is not text: it holds {inner}", path)


def _is_nothing(part: Part, value: Any) -> bool:
    """Return whether a value leaves a part out: none, no item, or an attribute that is nil."""
    if part.name.startswith("@") and value is None:
        return True
    return value is _NOTHING or (value == [] and part.kind.item is None)


def _sendable(word: str, path: str) -> str:
    if bad := unsendable(word):
        raise BadContract(f"{path} has U+{ord(bad[0]):04X}: XML can't carry it", path)
    return word


def _kinds(kind: Kind, seen: set[int]) -> Iterator[Kind]:
    if id(kind) in seen:
        return
    seen.add(id(kind))
    yield kind
    for inner in [*(part.kind for part in kind.parts), *([kind.item] if kind.item else [])]:
        yield from _kinds(inner, seen)
