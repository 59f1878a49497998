"""Writes an envelope from nested words, by the plan of a message."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from smsbridge.codecs.soap.envelope import ENCODING11, SOAP12, XSD, unsendable
from smsbridge.codecs.soap.model import (
    SUBTYPE,
    BadWSDL,
    Content,
    Misfit,
    Part,
    XSDType,
    optional,
)
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
    """Writes one kind of message. Raises `BadWSDL` for words that don't fit the plan."""

    def __init__(
        self, content: Content, version: str, types: Callable[[str], XSDType | None]
    ) -> None:
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
            kind = XSDType(parts=[optional(part) for part in self._content.headers], open=True)
            self._fill(header, kind, blocks, HEADER)
        body = etree.SubElement(root, f"{{{self._version}}}Body")
        alone = self._content.body.name  # else the parts are in the Body itself
        wrapper = etree.SubElement(body, self._content.body.tag) if alone else body
        self._fill(wrapper, self._content.body.type, words, "")
        if self._content.encoded:
            style = ENCODING12 if self._version == SOAP12 else ENCODING11
            wrapper.set(f"{{{self._version}}}encodingStyle", style)
        return etree.tostring(root, xml_declaration=True, encoding="utf-8")

    def alone(self, values: Mapping[str, Any]) -> str:
        """Return what would be in the Body, as XML."""
        from lxml import etree

        wrapper = etree.Element(self._content.body.tag)
        self._fill(wrapper, self._content.body.type, values, "")
        return etree.tostring(wrapper, encoding="unicode")

    def _part(self, parent: Element, part: Part, value: Any, path: str) -> None:
        from lxml import etree

        if part.name == TEXT:
            parent.text = self._word(part, value, path)
            return
        if part.name.startswith("@"):
            parent.set(part.tag, self._word(part, value, path))
            return
        values = value if isinstance(value, list) and part.type.item is None else [value]
        if len(values) > 1 and not part.repeated:
            raise BadWSDL(f"{path} may be given only once, not {len(values)} times", path)
        for index, item in enumerate(values):
            own = f"{path}[{index}]" if len(values) > 1 else path
            if refusal := _fixed_trouble(part, item):
                raise Misfit(f"{own}: {refusal}", own)
            self._fill(etree.SubElement(parent, part.tag), part.type, item, own)

    def _fill(self, element: Element, kind: XSDType, value: Any, path: str) -> None:
        if isinstance(value, Mapping) and SUBTYPE in value:
            value = dict(value)
            kind = self._subtype(element, kind, str(value.pop(SUBTYPE)), path)
        elif kind.abstract:
            own = f"{path}.{SUBTYPE}".lstrip(".")
            raise BadWSDL(f"{own} is missing: {kind.shown} is abstract; {_types_hint(kind)}", path)
        elif self._content.encoded and path and kind.name:
            element.set(_TYPE, self._prefixed_name(kind.name))
        if value is None:
            element.set(_NIL, "true")
        elif kind.item is not None:
            self._array(element, kind, kind.item, value, path)
        elif kind.simple:
            self._text(element, kind, value, path)
        else:
            self._tree(element, kind, _as_tree(kind, value, path), path)

    def _tree(self, element: Element, kind: XSDType, tree: Mapping[str, Any], path: str) -> None:
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
                raise BadWSDL(f"{own} is missing", own)
        _check_choices(kind, tree, path)
        if kind.open_at >= len(kind.parts) or not kind.open:
            self._frees(element, kind, free, path)

    def _frees(self, element: Element, kind: XSDType, free: Mapping[str, Any], path: str) -> None:
        for name, value in free.items():
            own = f"{path}.{name}".lstrip(".")
            if not kind.open:
                known = nearest(name, [part.name for part in kind.parts])
                raise BadWSDL(f"there is no {own!r}; {known}", own)
            self._free(element, name, value, own)

    def _free(self, element: Element, name: str, value: Any, path: str) -> None:
        """Write parts that the contract doesn't name, if the type is open."""
        from lxml import etree

        if value is None and name.startswith(("@", TEXT)):
            return
        if name == TEXT:
            element.text = self._free_word(value, path)
        elif name.startswith("@"):
            element.set(name[1:], self._free_word(value, path))
        else:
            for item in value if isinstance(value, list) else [value]:
                try:
                    child = etree.SubElement(element, name)
                except ValueError:
                    raise BadWSDL(f"{path!r} is not the name of an element", path) from None
                inner = item if isinstance(item, Mapping) else {TEXT: item}
                if item is None:
                    child.set(_NIL, "true")
                else:
                    self._tree(child, XSDType(open=True), inner, path)

    def _array(self, element: Element, kind: XSDType, held: XSDType, value: Any, path: str) -> None:
        from lxml import etree

        if isinstance(value, Mapping) and set(value) == {"item"}:
            value = value["item"]
        items = value if isinstance(value, list) else [value]
        if kind.name:
            element.set(_TYPE, self._prefixed_name(kind.name))
        of, size = self._prefixed_name(held.name), len(items)
        if self._version == SOAP12:  # part 2, §3.1.6
            element.set(f"{{{ENCODING12}}}itemType", of)
            element.set(f"{{{ENCODING12}}}arraySize", str(size))
        else:
            element.set(f"{{{ENCODING11}}}arrayType", f"{of}[{size}]")
        for index, item in enumerate(items):
            self._fill(etree.SubElement(element, "item"), held, item, f"{path}[{index}]")

    def _subtype(self, element: Element, declared: XSDType, name: str, path: str) -> XSDType:
        from lxml import etree

        own = f"{path}.{SUBTYPE}".lstrip(".")
        kind = next((one for one in declared.derived if one.local == name), None)
        if kind is None and declared.abstract:
            raise BadWSDL(
                f"{own}: {name!r} is not derived from {declared.shown}; "
                f"{_types_hint(declared, name)}",
                own,
            )
        kind = kind or self._types(name)
        if kind is None:
            raise BadWSDL(f"{own}: the WSDL has no type {name!r}", own)
        if kind.abstract:
            raise BadWSDL(f"{own}: {name} is abstract; {_types_hint(kind)}", own)
        element.set(_TYPE, etree.QName(kind.name))  # type: ignore[arg-type]  # the stubs lack it
        return kind

    def _text(self, element: Element, kind: XSDType, value: Any, path: str) -> None:
        element.text = self._word(kind, value, path)

    def _word(self, kind: XSDType | Part, value: Any, path: str) -> str:
        if isinstance(value, Mapping) and set(value) == {TEXT}:
            value = value[TEXT]
        if isinstance(value, Mapping | list):
            raise BadWSDL(f"{path} is text and can't hold other parts", path)
        word = "" if value is None else text(value)
        self.check_word(kind, word, path)
        return word

    def _free_word(self, value: Any, path: str) -> str:
        word = text(value)
        self.check_word(None, word, path)
        return word

    def check_word(self, kind: XSDType | Part | None, word: str, path: str) -> None:
        """Refuse a word that XML can't carry, or that is not of the kind which stands there."""
        if bad := unsendable(word):
            raise BadWSDL(f"{path} has U+{ord(bad[0]):04X}: XML can't carry it", path)
        if kind is not None and (refusal := kind.refusal(word)):
            raise Misfit(f"{path}: {refusal}", path)

    def _nsmap(self) -> dict[str, str]:
        held = [part.type for part in (self._content.body, *self._content.headers)]
        kinds = [inner for kind in held for inner in _kinds(kind, set())]
        found = {split(kind.name)[0] for kind in kinds}
        arrays = ENCODING11 in found or any(kind.item is not None for kind in kinds)
        spaces = sorted(found - {"", XSD, ENCODING11})
        numbered = {f"t{number}": space for number, space in enumerate(spaces)}
        own = {"SOAP-ENC": ENCODING11} if arrays else {}
        return {"xsi": XSI, "xsd": XSD, **own, **numbered}

    def _prefixed_name(self, name: str) -> str:
        namespace, local = split(name)
        prefixes = {space: prefix for prefix, space in self._prefixes.items()}
        return f"{prefixes.get(namespace, 'xsd')}:{local or 'anyType'}"


def _types_hint(kind: XSDType, name: str = "") -> str:
    """Return which types are derived from an abstract one, as a hint."""
    if not kind.derived:
        return "the WSDL has no type derived from it"
    return nearest(name, [one.local for one in kind.derived])


def _fixed_trouble(part: Part, value: Any) -> str | None:
    """Return why a part does not take a value, where it may have one only."""
    if isinstance(value, Mapping) and set(value) == {TEXT}:
        value = value[TEXT]
    plain = part.fixed is not None and not isinstance(value, Mapping | list | None)
    return part.refusal(text(value)) if plain else None


def _check_choices(kind: XSDType, tree: Mapping[str, Any], path: str) -> None:
    """Refuse a structure that has none of a choice, or more than one."""
    parts = {part.name: part for part in kind.parts}
    given = [name for name in parts if not _is_nothing(parts[name], tree.get(name, _NOTHING))]

    def paths(names: Iterable[str]) -> list[str]:
        return [f"{path}.{name}".lstrip(".") for name in names]

    for choice in kind.choices:
        every = frozenset().union(*choice)
        own = [name for name in given if name in every]
        if own and not any(names.issuperset(own) for names in choice):
            sets = [" and ".join(paths(n for n in parts if n in names)) for names in choice]
            whole = ", ".join(sets)
            others = (name for name in own if not any({own[0], name} <= one for one in choice))
            second = next(others, own[-1])
            raise BadWSDL(
                f"at most one: {whole}; {', '.join(paths(own))} are given",
                *paths([second]),
            )
    for names in kind.one_of:
        if not names & tree.keys():
            raise BadWSDL(f"{' or '.join(paths(sorted(names)))} is missing", path)
    for need in kind.needs:
        if not need.names.intersection(given) and (with_ := need.given.intersection(given)):
            missing, beside = " or ".join(paths(sorted(need.names))), paths([min(with_)])[0]
            raise BadWSDL(f"{missing} is missing: {beside} needs it", missing)


def _as_tree(kind: XSDType, value: Any, path: str) -> Mapping[str, Any]:
    """Return a value in the form of its type: an array type gets an array of one."""
    if isinstance(value, Mapping):
        return value
    if value == "" and not kind.part(TEXT):
        return {}
    if kind.part(TEXT) or (kind.open and not kind.parts and not isinstance(value, list)):
        return {TEXT: value}
    elements = [part for part in kind.parts if not part.name.startswith("@")]
    if len(elements) == 1 and elements[0].repeated:
        return {elements[0].name: value}
    inner = ", ".join(part.name for part in kind.parts) or "nothing"
    raise BadWSDL(f"{path} is not text: it holds {inner}", path)


def _is_nothing(part: Part, value: Any) -> bool:
    """Return whether a value leaves a part out: None, an empty list, or a nil attribute."""
    if part.name.startswith("@") and value is None:
        return True
    return value is _NOTHING or (value == [] and part.type.item is None)


def _kinds(kind: XSDType, seen: set[int]) -> Iterator[XSDType]:
    if id(kind) in seen:
        return
    seen.add(id(kind))
    yield kind
    for inner in [*(part.type for part in kind.parts), *([kind.item] if kind.item else [])]:
        yield from _kinds(inner, seen)
