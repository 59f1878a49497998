"""XML elements as plain values: text, None, lists, and dicts by local name."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from smsbridge.mapping.codec import Note, Unreadable
from smsbridge.mapping.path import TEXT

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

    from smsbridge.codecs.soap.model import XSDType

ENCODING12 = "http://www.w3.org/2003/05/soap-encoding"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
_INSTANCES = (
    XSI,
    "http://www.w3.org/2000/10/XMLSchema-instance",
    "http://www.w3.org/1999/XMLSchema-instance",
)
_OTHERS = (
    *_INSTANCES,
    "http://www.w3.org/XML/",
    "http://schemas.xmlsoap.org/soap/",
    "http://www.w3.org/2003/05/soap-",
)
_BASE64 = ("base64Binary", "base64")
_ARRAY = ("arrayType", "itemType", "arraySize")  # the last two are SOAP 1.2's
_TRUE = ("1", "true")
_IDS = ("id", f"{{{ENCODING12}}}id")
_REFERENCES = ("href", f"{{{ENCODING12}}}ref")  # SOAP 1.1 §5.4.1, SOAP 1.2 part 2 §3.1.5
_MOST_DEPTH = 80


class Values:
    """Reads the elements of one Body; resolves references within it, within limits."""

    def __init__(self, body: Element, note: Note, most: int) -> None:
        """Index what a body refers to; raises `Unreadable` if references are ambiguous.

        ``most``: how many values may be read; a value counts each time it is referred to.
        """
        self._note = note
        self._ids = _by_id(body)
        self._count = 0
        self._most = most

    def of(
        self,
        element: Element,
        declared: str = "string",
        depth: int = 0,
        kind: XSDType | None = None,
    ) -> Any:
        """Return the value of an element.

        ``declared`` is the contract's type, which takes precedence over ``xsi:type``: base64 in
        place of text is decoded. ``kind``: the whole type, by which an array is known that doesn't
        say that it is one, as zeep's don't.
        """
        self._count += 1
        if self._count > self._most or depth > _MOST_DEPTH:
            raise Unreadable("references (href) in a circle, or too many values")
        element = self._resolve(element)
        if _instance(element, "nil") in _TRUE or _instance(element, "null") in _TRUE:
            return None
        said = said_type(element)
        attributes = {split(str(name)): str(value) for name, value in element.attrib.items()}
        if said == "Map":
            self._note("an associative array")
            items = [item for item in element if len(item)]
            if len({_key(item) for item in items}) != len(items):
                raise Unreadable("an associative array has a key twice")
            return {_key(item): self.of(item[-1], depth=depth + 1) for item in items}
        inner = kind.item if kind else None
        is_array = said == "Array" or (inner is not None and len(element))
        if is_array or any(space and name in _ARRAY for space, name in attributes):
            return [self.of(item, depth=depth + 1, kind=inner) for item in element]
        own = {f"@{name}": said for (space, name), said in attributes.items() if _is_own(space)}
        if len(element) or own.keys() - self._encoding_attributes(element):
            return self._tree(element, own, depth, kind)
        if said in _BASE64 and declared not in _BASE64:
            self._note("base64 for text")
            return _unbase64(element.text or "")
        return element.text or ""

    def _encoding_attributes(self, element: Element) -> set[str]:
        """Return the attributes that belong to SOAP encoding, not to the service."""
        referred = {"@id"} if self.has_reference_to(element) else set()
        return {"@href", "@encodingStyle", *referred}

    def has_reference_to(self, element: Element) -> bool:
        """Return whether another element of the body refers to this one."""
        return any(self._ids.get(name) is element for name in _names(element))

    def _tree(
        self, element: Element, own: Mapping[str, str], depth: int, kind: XSDType | None
    ) -> dict[str, Any]:
        tree: dict[str, Any] = dict(own)
        if not len(element):
            tree[TEXT] = element.text or ""
        for child in element:
            name = split(child)[1]
            part = kind.part(name) if kind else None
            value = self.of(child, depth=depth + 1, kind=part.type if part else None)
            if name not in tree:
                tree[name] = value
            elif isinstance(tree[name], list):
                tree[name].append(value)
            else:
                tree[name] = [tree[name], value]
        return tree

    def _resolve(self, element: Element) -> Element:
        for _ in range(_MOST_DEPTH):
            wanted = _reference(element)
            if wanted is None:
                return element
            if (element.text or "").strip():
                raise Unreadable("a value and a reference (href) to another")
            self._note("a value by reference (href)")
            if wanted not in self._ids:
                raise Unreadable("a reference (href) that leads nowhere")
            element = self._ids[wanted]
        raise Unreadable("references (href) in a circle")


def _is_own(space: str) -> bool:
    """Return whether attributes in a namespace belong to the service, not to XML or SOAP."""
    return not space.startswith(_OTHERS)


def said_type(element: Element) -> str:
    """Return the local name of the ``xsi:type`` of an element, of drafts of 1999 and 2000 too."""
    return _instance(element, "type").rpartition(":")[2]


def _instance(element: Element, name: str) -> str:
    found = (element.get(f"{{{space}}}{name}") for space in _INSTANCES)
    return next((str(said) for said in found if said is not None), "")


def split(name: Element | str) -> tuple[str, str]:
    """Return namespace and local name of an element or of a qualified name."""
    qualified = name if isinstance(name, str) else str(name.tag)
    namespace, _, local = qualified.rpartition("}")
    return namespace.removeprefix("{"), local


def all_text(element: Element | None) -> str:
    """Return the text of an element and of all that is in it."""
    return "" if element is None else "".join(map(str, element.itertext())).strip()


def _key(item: Element) -> str:
    return all_text(item[0])


def _reference(element: Element) -> str | None:
    """Return the id that an element without children refers to, or None."""
    if len(element):
        return None
    old, new = (element.get(name) for name in _REFERENCES)
    if old is not None and old.startswith("#"):
        return old[1:]
    return None if new is None else new.removeprefix("#")  # PHP writes the # here too


def _names(element: Element) -> Iterator[str]:
    yield from (name for one in _IDS if (name := element.get(one)))


def _by_id(body: Element) -> dict[str, Element]:
    """Return the elements that others refer to, by id: PHP puts the id on the first use."""
    wanted = {one for element in body.iter() if (one := _reference(element)) is not None}
    found: dict[str, Element] = {}
    for element in body.iter() if wanted else ():
        for name in wanted.intersection(_names(element)):
            if found.setdefault(name, element) is not element:
                raise Unreadable("two elements have the same id")
    return found


def _unbase64(content: str) -> str:
    try:
        return base64.b64decode("".join(content.split()), validate=True).decode()
    except (binascii.Error, ValueError):
        raise Unreadable("base64 that holds no text") from None
