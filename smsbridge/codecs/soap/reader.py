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

XSI = "http://www.w3.org/2001/XMLSchema-instance"
_OTHERS = (
    XSI,
    "http://www.w3.org/XML/",
    "http://schemas.xmlsoap.org/soap/",
    "http://www.w3.org/2003/05/soap-",
)
_BASE64 = ("base64Binary", "base64")
_ARRAY = ("arrayType", "itemType", "arraySize")  # the last two are SOAP 1.2's
_TRUE = ("1", "true")
_MOST_VALUES = 5_000
_MOST_DEPTH = 80


class Values:
    """Reads the elements of one Body; resolves ``href`` within it, within limits."""

    def __init__(self, body: Element, note: Note) -> None:
        """Index the ids of a body; raises `Unreadable` where references are ambiguous."""
        self._note = note
        self._ids = _ids(body)
        self._count = 0

    def of(self, element: Element, declared: str = "string", depth: int = 0) -> Any:
        """Return the value of an element.

        ``declared`` is the contract's type, which beats ``xsi:type``: base64 for text is decoded.
        """
        self._count += 1
        if self._count > _MOST_VALUES or depth > _MOST_DEPTH:
            raise Unreadable("references (href) in a circle, or too many values")
        element = self._resolved(element)
        if element.get(f"{{{XSI}}}nil") in _TRUE:
            return None
        said = element.get(f"{{{XSI}}}type", "").rpartition(":")[2]
        attributes = {split(str(name)): str(value) for name, value in element.attrib.items()}
        if said == "Map":
            self._note("an associative array")
            items = [item for item in element if len(item)]
            if len({_key(item) for item in items}) != len(items):
                raise Unreadable("an associative array has a key twice")
            return {_key(item): self.of(item[-1], depth=depth + 1) for item in items}
        if said == "Array" or any(space and name in _ARRAY for space, name in attributes):
            return [self.of(item, depth=depth + 1) for item in element]
        own = {f"@{name}": said for (space, name), said in attributes.items() if _is_own(space)}
        if len(element) or own.keys() - self._encoding(element):
            return self._tree(element, own, depth)
        if said in _BASE64 and declared not in _BASE64:
            self._note("base64 for text")
            return _unbase64(element.text or "")
        return element.text or ""

    def _encoding(self, element: Element) -> set[str]:
        """Return the attributes that are of SOAP's encoding, and no words of the service."""
        referred = {"@id"} if element.get("id") in self._ids else set()
        return {"@href", "@encodingStyle", *referred}

    def _tree(self, element: Element, own: Mapping[str, str], depth: int) -> dict[str, Any]:
        tree: dict[str, Any] = dict(own)
        if not len(element):
            tree[TEXT] = element.text or ""
        for child in element:
            name, value = split(child)[1], self.of(child, depth=depth + 1)
            if name not in tree:
                tree[name] = value
            elif isinstance(tree[name], list):
                tree[name].append(value)
            else:
                tree[name] = [tree[name], value]
        return tree

    def _resolved(self, element: Element) -> Element:
        for _ in range(_MOST_DEPTH):
            href = element.get("href") if not len(element) else None
            if href is None or not href.startswith("#"):
                return element
            if (element.text or "").strip():
                raise Unreadable("a value and a reference (href) to another")
            self._note("a value by reference (href)")
            if href[1:] not in self._ids:
                raise Unreadable("a reference (href) that leads nowhere")
            element = self._ids[href[1:]]
        raise Unreadable("references (href) in a circle")


def _is_own(space: str) -> bool:
    """Tell whether the attributes of a namespace are words of a service, and not of XML or SOAP."""
    return not space.startswith(_OTHERS)


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


def _ids(body: Element) -> dict[str, Element]:
    found: dict[str, Element] = {}
    referenced = any("href" in element.attrib for element in body.iter())
    for name, element in _named(body):
        if referenced and name in found:
            raise Unreadable("two elements have the same id")
        found[name] = element
    return found


def _named(body: Element) -> Iterator[tuple[str, Element]]:
    for element in body:  # SOAP 1.1 §5.4.1: what is referred to stands right below the Body
        if name := element.get("id"):
            yield name, element


def _unbase64(content: str) -> str:
    try:
        return base64.b64decode("".join(content.split()), validate=True).decode()
    except (binascii.Error, ValueError):
        raise Unreadable("base64 that holds no text") from None
