"""Validates an element against the schemas of a WSDL, with libxml2."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from posixpath import basename
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr, unescape

from smsbridge.codecs.soap.envelope import XSD
from smsbridge.codecs.soap.reader import split
from smsbridge.codecs.soap.xsd_limits import make_lean

if TYPE_CHECKING:
    from lxml.etree import XMLSchema
    from lxml.etree import _Element as Element

    from smsbridge.codecs.soap.model import Part

_XS = f"{{{XSD}}}"
_KEYS = re.compile(rb"<(?:[^\s<>:]+:)?(?:key|unique|keyref)[\s/>]")
_MOVES = (f"{_XS}import", f"{_XS}include", f"{_XS}redefine")
_MOST_MESSAGE = 1_000
_RPC = "urn:smsbridge:rpc"
_REFERENCES = ("type", "ref", "base", "itemType", "memberTypes", "substitutionGroup", "refer")
_DECLARED = re.compile(r'\bxmlns:?([^\s="]*)="([^"]*)"')
_ALL = "urn:smsbridge:all"  # a schema without a namespace can't import another without one
_SHAPE = (1866, 1867, 1868, 1871)
"""libxml2's numbers for an element or attribute that is missing, or isn't expected."""
_QUOTED = re.compile(
    r"(: (?:\[facet '\w+'\] )?)(?:The (?:\w+ )?value )?'.*' (?=(?:is|has|must|does|of) )", re.DOTALL
)


@dataclass(eq=False)
class Schema:
    """The schemas of one WSDL, compiled on first use.

    ``documents``: the WSDL and all it imports, by address. ``wrappers``: the bodies of rpc calls,
    which no schema declares (WSDL 1.1 §3.5). ``made`` returns the `sources`, where they were made
    before.
    """

    documents: Mapping[str, Element]
    wrappers: Callable[[], list[Part]] = list
    made: Callable[[], Mapping[str, bytes] | None] | None = None

    def refusal(self, element: Element, *, rpc: bool = False, shape: bool = False) -> str | None:
        """Return what is wrong with an element, without quoting it; None if nothing is known.

        ``shape``: only which elements and attributes are there counts, not what they hold.
        """
        from lxml import etree

        if self._compiled is None:
            return None
        if rpc:
            element = _own(element)
            element.tag = f"{{{_RPC}}}{split(element)[1]}"
        try:
            self._compiled.assertValid(element)
        except etree.DocumentInvalid as error:
            log: list[Any] = list(error.error_log)  # type: ignore[call-overload]  # the stubs lack it
            if shape:
                log = [entry for entry in log if entry.type in _SHAPE]
                return _plain(log[0].message) if log else None
            return _plain(log[0].message) if log else "it does not fit the schema"
        except etree.LxmlError:  # libxml2 gave up: a pattern took too long
            return None
        return None

    @property
    def usable(self) -> bool:
        """Whether libxml2 could compile the schemas."""
        return self._compiled is not None

    @cached_property
    def has_keys(self) -> bool:
        """Whether it holds words to each other, by xs:key, xs:unique or xs:keyref."""
        return any(_KEYS.search(source) for source in (self.sources or {}).values())

    @cached_property
    def sources(self) -> Mapping[str, bytes] | None:
        """What libxml2 is given, by address; None where it would not read it."""
        from lxml import etree

        if self.made is not None:
            return self.made()
        try:
            return self._sources()
        except etree.LxmlError:  # a namespace that is not a URI, which it won't read a second time
            return None

    @cached_property
    def _compiled(self) -> XMLSchema | None:
        from lxml import etree

        if (found := self.sources) is None:
            return None
        sources = found

        class Sources(etree.Resolver):
            def resolve(self, url: str, _: str, context: Any) -> Any:  # type: ignore[override]  # the stubs lack context
                return self.resolve_string(sources.get(url, b"<none/>"), context, base_url=url)

        parser = etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False)
        parser.resolvers.add(Sources())
        try:
            return etree.XMLSchema(etree.fromstring(sources[""], parser))
        except etree.LxmlError:
            return None

    def _sources(self) -> dict[str, bytes]:
        """Return the schemas by address: of a namespace libxml2 reads one, so it includes all."""
        from lxml import etree

        spaces = self._spaces()
        if wrappers := self.wrappers():
            spaces[_RPC] = [_rpc(wrappers)]
        places = {space: f"smsbridge:{number}" for number, space in enumerate(spaces)}
        sources = {"": _schema(_ALL, "".join(_import(*item) for item in places.items()))}
        found: dict[str, Element] = {}
        for space, schemas in spaces.items():
            prepared = [_prepare(schema, space, places) for schema in schemas]
            unique = {etree.tostring(schema): schema for schema in prepared}.values()
            parts = {f"{places[space]}.{number}": part for number, part in enumerate(unique)}
            inner = "".join(f"<xs:include schemaLocation={quoteattr(part)}/>" for part in parts)
            sources[places[space]] = _schema(space, inner)
            found |= parts
        make_lean(found.values())
        return sources | {
            place: etree.tostring(schema, encoding="utf-8") for place, schema in found.items()
        }

    def _spaces(self) -> dict[str, list[Element]]:
        found = [
            (address, schema)
            for address, root in self.documents.items()
            for schema in root.iter(f"{_XS}schema")
        ]
        including: dict[str, list[tuple[str, str]]] = {}
        for address, schema in found:
            own = schema.get("targetNamespace", "")
            for include in schema.iterfind(f"{_XS}include"):
                place = basename(include.get("schemaLocation", ""))
                including.setdefault(place, []).append((address, own))
        spaces: dict[str, list[Element]] = {}
        taken_over: dict[str, list[str]] = {}
        for address, schema in found:
            if own := schema.get("targetNamespace", ""):
                spaces.setdefault(own, []).append(schema)
                continue
            if address not in taken_over:
                taken_over[address] = sorted(_including_spaces(address, including)) or [""]
            for space in taken_over[address]:
                spaces.setdefault(space, []).append(schema)
        return spaces


def _including_spaces(address: str, including: Mapping[str, list[tuple[str, str]]]) -> set[str]:
    """Return the namespaces of all that include a schema that has none (XSD 1.0 §4.2.1).

    ``including``: by the name of a file, who includes it: its address and namespace.
    """
    found: set[str] = set()
    seen, waiting = {address}, [address]
    while waiting:
        for other, space in including.get(basename(waiting.pop()), ()):
            if space:
                found.add(space)
            elif other not in seen:
                seen.add(other)
                waiting.append(other)
    return found


def _prepare(schema: Element, own: str, places: Mapping[str, str]) -> Element:
    """Return a schema of a namespace that imports the others by our addresses."""
    from lxml import etree

    ours = _own(schema)
    for moved in ours.findall("*"):
        if moved.tag in _MOVES:
            ours.remove(moved)
    never = {own} if ours.get("targetNamespace") else {own, ""}  # it has that of who includes it
    for space in sorted((_referred_spaces(ours) & places.keys()) - never):
        imported = _import(space, places[space], declared=f' xmlns:xs="{XSD}"')
        ours.insert(0, etree.fromstring(imported))
    return ours


def _referred_spaces(schema: Element) -> set[str]:
    """Return the namespaces that its references may be in, imported by it or not."""
    from lxml import etree

    declared = {"": {""}, "xml": {"http://www.w3.org/XML/1998/namespace"}}
    for prefix, space in _DECLARED.findall(etree.tostring(schema, encoding="unicode")):
        declared.setdefault(prefix, set()).add(unescape(space, {"&quot;": '"'}))
    words = (
        word
        for element in schema.iter(f"{_XS}*")
        for name in _REFERENCES
        for word in (element.get(name) or "").split()
    )
    prefixes = {word.rpartition(":")[0] for word in words}
    return {space for prefix in prefixes for space in declared.get(prefix, ())}


def _own(element: Element) -> Element:
    """Return a copy with every prefix that is declared around it: values may use them too."""
    from lxml import etree

    return etree.fromstring(etree.tostring(element, encoding="utf-8", with_tail=False))


def _import(space: str, place: str, declared: str = "") -> str:
    namespace = f" namespace={quoteattr(space)}" if space else ""
    return f"<xs:import{declared}{namespace} schemaLocation={quoteattr(place)}/>"


def _schema(space: str, inner: str) -> bytes:
    target = f" targetNamespace={quoteattr(space)}" if space else ""
    return f'<xs:schema xmlns:xs="{XSD}"{target}>{inner}</xs:schema>'.encode()


def _rpc(wrappers: Iterable[Part]) -> Element:
    """Return a schema of the wrappers of rpc calls: each part once, in any order."""
    from lxml import etree

    root = etree.Element(f"{_XS}schema", {"targetNamespace": _RPC}, nsmap={"xs": XSD})
    for wrapper in {wrapper.name: wrapper for wrapper in wrappers}.values():
        element = etree.SubElement(root, f"{_XS}element", name=wrapper.name)
        parts = etree.SubElement(etree.SubElement(element, f"{_XS}complexType"), f"{_XS}all")
        for part in wrapper.type.parts:
            if part.namespace:  # an element (WSDL 1.1 §3.5 lets it be one)
                nsmap = {"t": part.namespace}
                etree.SubElement(parts, f"{_XS}element", nsmap=nsmap, ref=f"t:{part.name}")
                continue
            namespace, local = split(part.type.name or f"{_XS}anyType")
            nsmap = {"t": namespace} if namespace else {}
            named = f"t:{local}" if namespace else local
            etree.SubElement(parts, f"{_XS}element", nsmap=nsmap, name=part.name, type=named)
    return root


def _plain(message: str) -> str:
    """Return libxml2's words without namespaces, and without the value that it quotes."""
    if len(message) > _MOST_MESSAGE:  # libxml2 cuts it, and what it quotes then has no end
        return "it does not fit the schema"
    message = _QUOTED.sub(r"\1The value ", message, count=1)
    message = re.sub(r"key-sequence \[.*\]", "key-sequence", message, flags=re.DOTALL)
    return re.sub(r"(?<=[' (])\{[^{}']*\}(?=[^\s{}'])", "", message)
