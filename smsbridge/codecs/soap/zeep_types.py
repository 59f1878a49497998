"""The types of a WSDL's schemas as plain data: the only file that imports zeep.

zeep makes a model of the schemas; it opens no connection and sees no secret. What we need of the
model becomes plain data, see `smsbridge.codecs.soap.model`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from smsbridge.codecs.soap.definitions import LOST, MessagePart
from smsbridge.codecs.soap.documents import Documents
from smsbridge.codecs.soap.envelope import ENCODING11
from smsbridge.codecs.soap.imports import schemas_of
from smsbridge.codecs.soap.model import BadWSDL, Need, Part, XSDType
from smsbridge.codecs.soap.port_operations import TOO_DEEP
from smsbridge.codecs.soap.reader import split
from smsbridge.codecs.soap.repairs import LostName
from smsbridge.codecs.soap.xsd_declared import Known
from smsbridge.mapping.path import TEXT

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_MOST_INSIDE = 8


def parse_schemas(documents: Documents) -> Any:
    """Return zeep's model of the schemas; raises `BadWSDL`."""
    from zeep import Settings
    from zeep.xsd import Schema as ZeepSchema

    lenient: Any = Settings(strict=False)  # what zeep parses we wrote ourselves, a moment ago
    model: Any = ZeepSchema(None, documents, documents.address, lenient)  # type: ignore[no-untyped-call]  # zeep has no types here
    inline = [schema for root in documents.wsdls() for schema in schemas_of(root)]
    try:
        model.add_documents(inline, documents.address)
    except BadWSDL:
        raise
    except RecursionError:
        raise BadWSDL(f"the WSDL's types {TOO_DEEP}") from None
    except Exception as error:  # a broken schema makes zeep raise nearly anything
        raise BadWSDL(f"can't read the WSDL: {trouble_with(error)}") from error
    return model


class TypeReader:
    """Makes the types of one message plain. Two threads never share one that is half made.

    ``notes``: what was read otherwise than it stands. ``place``: what was looked at last.
    """

    def __init__(
        self, schemas: Any, known: Known, lost: Mapping[str, LostName], *, encoded: bool
    ) -> None:
        """Take ``encoded`` for whether the message is: an array may then be known by its name."""
        self._schemas = schemas
        self._known = known
        self._lost = lost
        self._encoded = encoded
        self._kinds: dict[int, XSDType] = {}
        self._arrays: dict[str, XSDType] = {}
        self.place = ""
        self.notes: list[str] = []

    def lost_name(self, qname: str) -> LostName | None:
        """Return what a type of ours stands for; None for any other type."""
        space, name = split(qname)
        return self._lost[name] if space == LOST else None

    def message_part(self, declared: MessagePart) -> Part:
        """Return a part of a message: its element, or one of its type that has its name."""
        self.place = f"part {declared.name}"
        if declared.element:
            element = self._schemas.get_element(declared.element)
            if self._known.is_abstract_element(self._known.node(element)):
                name = split(declared.element)[1]
                raise BadWSDL(f"part {declared.name} has the element {name}, which is abstract")
            return self.part(element)
        return Part(name=declared.name, type=self.kind(self._schemas.get_type(declared.type)))

    def part(self, element: Any, *, required: bool = True) -> Part:
        """Return what zeep's element is; ``required``: whether what holds it must be there."""
        namespace, name = split(str(element.qname))
        if (lost := self.lost_name(str(element.qname))) is not None:  # of a base that is lost
            raise BadWSDL(f"{self.place} {lost.why}")
        ours = _lost_base(element.type, self._lost)
        self.place = name if ours is None or ours.kind == "type" else "it"  # of a name of ours
        many = _is_many(element)
        return Part(
            name=name,
            namespace=namespace,
            type=self.kind(element.type, self._known.node(element)),
            required=required and int(element.min_occurs) > 0,
            repeated=many,
            nillable=bool(element.nillable),
            fixed=self._attribute(element, "fixed"),
            default=self._attribute(element, "default"),
        )

    def _attribute(self, made: Any, name: str) -> str | None:
        node = self._known.node(made)
        return None if node is None else node.get(name)

    def _read_lost(self, lost: LostName) -> XSDType:
        """Return the array that a type is by what it is called; raises `BadWSDL` for any other."""
        if not (lost.item and self._encoded):
            raise BadWSDL(f"{self.place} {lost.why}")
        if lost.name not in self._arrays:
            found = self._arrays[lost.name] = XSDType(name=f"{{{ENCODING11}}}Array")
            place = self.place
            found.item = self.kind(self._schemas.get_type(lost.item))
            self.notes.append(f"{place} {lost.why}: it is read as an {found.shown}")
        return self._arrays[lost.name]

    def kind(self, declared: Any, node: Element | None = None) -> XSDType:
        """Return what zeep's type is; ``node`` declares what is of it, if it has no name."""
        from zeep import xsd

        if id(declared) in self._kinds:
            return self._kinds[id(declared)]
        qname = str(declared.qname or "")
        if lost := _lost_base(declared, self._lost):
            return self._read_lost(lost)
        kind = self._kinds[id(declared)] = XSDType(name=qname if declared.is_global else "")
        if isinstance(declared, xsd.ComplexType):
            kind.abstract = declared.is_global and self._known.is_abstract(qname)
            self._fill(kind, declared)
            if kind.abstract:
                kind.derived = [self.kind(one) for one in self._known.types_for(qname)]
        elif isinstance(declared, xsd.AnySimpleType):
            named = self._known.simple_name(declared, node)
            self._fill_simple(kind, named, split(str(declared._default_qname))[1])  # noqa: SLF001  (the built-in's name)
        else:
            kind.open = True
        return kind

    def _fill_simple(self, kind: XSDType, name: str, base: str, depth: int = 0) -> None:
        facets = self._known.facets
        kind.base = base
        kind.name = "" if facets.is_anonymous(name) else name
        kind.words, kind.limits = facets.words(name), facets.limits(name)
        inner = [
            self._simple_of(one, depth) for one in (facets.list_type(name), *facets.members(name))
        ]
        kind.listed, kind.members = inner[0], tuple(one for one in inner[1:] if one is not None)
        if kind.members and not kind.words and all(one.words for one in kind.members):
            every = (word for one in kind.members for word in one.words)
            kind.words = tuple(dict.fromkeys(every))

    def _simple_of(self, name: str, depth: int) -> XSDType | None:
        """Return the type of the words of a list, or a member of a union."""
        if not name or depth > _MOST_INSIDE:
            return None
        kind = XSDType()
        self._fill_simple(kind, name, self._known.facets.builtin(name), depth + 1)
        kind.name = "" if "/" in kind.name.rpartition("}")[2] else kind.name
        return kind

    def _fill(self, kind: XSDType, declared: Any) -> None:
        from zeep import xsd

        array = declared._array_type  # noqa: SLF001  (nothing else tells)
        if array is not None or kind.name == f"{{{ENCODING11}}}Array":
            kind.item = self._item(declared, array)
            return
        for _, attribute in declared.attributes:
            if attribute.name is None:
                continue
            node = self._known.node(attribute)
            if node is not None and node.get("use") == "prohibited":
                continue
            namespace, name = split(str(attribute.qname))
            held = self.kind(attribute.type, node)
            part = Part(
                name=f"@{name}",
                namespace=namespace,
                type=held if held.simple else XSDType(base="anySimpleType"),
                required=bool(attribute.required) or self._known.is_required_attribute(node),
                fixed=self._attribute(attribute, "fixed"),
                default=self._attribute(attribute, "default"),
            )
            kind.parts.append(part)
        held = declared._element  # noqa: SLF001  (elements_nested is in no order)
        if not isinstance(held, xsd.Element):
            if held is not None:
                self._collect(kind, held, required=True)
        elif isinstance(held.type, xsd.AnySimpleType):
            kind.parts.append(Part(name=TEXT, type=self.kind(held.type)))
        elif not isinstance(
            held.type, xsd.ComplexType
        ):  # anything; a base without content has none
            kind.open, kind.open_at = True, len(kind.parts)

    def _item(self, declared: Any, array: Any) -> XSDType:
        """Return what an array holds: by its arrayType, else by its one element, else anything.

        SOAP 1.1 §5.4.2; WSDL 1.1 §2.2 recommends arrayType, and doesn't demand it.
        """
        from zeep import xsd

        if array is not None and array.array_type is not None:
            return self.kind(array.array_type)
        held = declared._element  # noqa: SLF001  (as above)
        found = list(held) if isinstance(held, xsd.Sequence) else []
        if len(found) == 1 and isinstance(found[0], xsd.Element):
            return self.part(found[0]).type
        return XSDType(open=True)

    def _collect(self, kind: XSDType, held: Any, *, required: bool, many: bool = False) -> _Order:
        """Add the elements of a sequence, a choice or a group, in their order.

        Returns the names that it added, and what it needs of them where it is there.
        """
        from zeep import xsd

        there = int(held.min_occurs) > 0
        here, again = required and there, many or _is_many(held)
        if isinstance(held, xsd.Group):
            order = self._collect(kind, held.child, required=here, many=again)
            return _Order(order.names, order.needs if there else [])
        choice, start = isinstance(held, xsd.Choice), len(kind.needs)
        orders: list[_Order] = []
        for element in held:
            if isinstance(element, xsd.Element):
                must = here and not choice
                orders.append(self._collect_element(kind, element, required=must, many=again))
            elif isinstance(element, xsd.Any):
                kind.open, kind.open_at = True, len(kind.parts)
            else:
                orders.append(
                    self._collect(kind, element, required=here and not choice, many=again)
                )
        every = frozenset(name for order in orders for name in order.names)
        needs = [need for order in orders for need in order.needs]
        if choice:
            needs = [every] if every and not kind.open else []
            if here:
                kind.one_of += needs
            if not again:
                _exclude(kind, [order.names for order in orders if order.names], start)
        elif not here:
            kind.needs += [Need(every, need) for need in needs if need != every]
        return _Order(every, needs if there else [])

    def _collect_element(
        self, kind: XSDType, element: Any, *, required: bool, many: bool
    ) -> _Order:
        """Add an element, or what can replace it: those of its substitution group."""
        there = int(element.min_occurs) > 0
        own = self._substitutes(element)
        parts = [self.part(one, required=required and len(own) == 1) for one in own]
        names = frozenset(part.name for part in parts)
        for part in parts:
            part.required &= there
            part.repeated = many or _is_many(element)
        kind.parts += parts
        if len(names) > 1:
            if not (many or _is_many(element)):
                kind.choices.append(tuple(frozenset({part.name}) for part in parts))
            if required and there:
                kind.one_of.append(names)
        return _Order(names, [names] if there and names else [])

    def _substitutes(self, element: Any) -> list[Any]:
        """Return the elements that may stand where one is named (XSD 1.0 part 1 §3.3.4)."""
        members = [
            self._schemas.get_element(name)
            for name in self._known.substitutes(self._known.node(element))
        ]
        if not self._known.is_abstract_element(self._known.node(element)):
            return [element, *members]
        if not members and int(element.min_occurs) > 0:
            name = split(str(element.qname))[1]
            raise BadWSDL(f"{name} is abstract, and the WSDL has no element that can replace it")
        return members


def _exclude(kind: XSDType, sets: list[frozenset[str]], start: int) -> None:
    """Say that the sets of names of a choice exclude each other.

    A name that is in several of them says nothing of what else is needed, of the needs from
    ``start``.
    """
    if len(sets) > 1:
        kind.choices.append(tuple(sets))
    count = Counter(name for names in sets for name in names)
    shared = {name for name, times in count.items() if times > 1}
    if shared:
        needs = [Need(need.given - shared, need.names) for need in kind.needs[start:]]
        kind.needs[start:] = [need for need in needs if need.given]


class _Order(NamedTuple):
    """The names of a sequence or a choice; of each of ``needs`` one stands in it."""

    names: frozenset[str]
    needs: list[frozenset[str]]


def _is_many(held: Any) -> bool:
    return bool(held.max_occurs == "unbounded" or held.max_occurs > 1)


def _lost_base(declared: Any, lost: Mapping[str, LostName]) -> LostName | None:
    """Return what a type of ours stands for, also where a type of text is made of it."""
    space, name = split(str(declared.qname or ""))
    if space == LOST:
        return lost.get(name)
    bases = (one.__name__ for one in type(declared).__mro__)
    return next((lost[one] for one in bases if one in lost), None)


def trouble_with(error: Exception) -> str:
    """Return what is wrong with a schema that zeep can't read, in our words."""
    return _TROUBLES.get(type(error).__name__, "a type is not as XML Schema has it")


_TROUBLES = {
    "LookupError": "a name of a schema leads nowhere",
    "NamespaceError": "a name is of a namespace without a schema",
    "XMLSyntaxError": "a document is not well-formed XML",
    "ZeepWarning": "a schema is not as XML Schema has it",
}
