"""One port of a WSDL: how each of its messages is written, read and checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from smsbridge.codecs.soap.envelope import Envelope, detail_tag
from smsbridge.codecs.soap.model import (
    BadContract,
    Content,
    Declared,
    Kind,
    Misfit,
    Part,
    Port,
    optional,
    sample,
)
from smsbridge.codecs.soap.reader import XSI, split
from smsbridge.codecs.soap.writer import Writer
from smsbridge.codecs.soap.xsd_values import respell
from smsbridge.mapping.codec import Note, SoapFault, Spellings, Unreadable
from smsbridge.mapping.path import HEADER
from smsbridge.text.suggest import nearest

if TYPE_CHECKING:
    from smsbridge.codecs.soap.xsd_validate import Schema

_RESULT = ("http://www.w3.org/2003/05/soap-rpc", "result")
"""It names the part that is the answer's own (SOAP 1.2 part 2 §4.2.1), as the contract does."""

Direction = Literal["input", "output"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Contract:
    """``types`` finds a type by its local name; ``schema`` is what a literal body must fit.

    ``documents``: the WSDL and what it imports, by address, as they came.
    """

    port: Port
    types: Callable[[str], Kind | None]
    schema: Schema
    documents: Mapping[str, bytes]

    @property
    def address(self) -> str:
        """Where to call it."""
        return self.port.address

    @property
    def version(self) -> str:
        """Its version of SOAP, a namespace."""
        return self.port.version

    @property
    def operations(self) -> Mapping[str, Declared]:
        """Its operations, by name."""
        return self.port.operations

    def action(self, name: str) -> str:
        """Return the SOAPAction of an operation; empty if it has none."""
        return self.operation(name).action

    def by_action(self, action: str) -> str:
        """Return the operation of a SOAPAction; empty if none has it."""
        return next((o.name for o in self._usable() if action and o.action == action), "")

    def by_child(self, qname: str) -> str:
        """Return the operation whose input stands in an element; empty if none."""
        namespace, local = split(qname)
        found = [o for o in self._usable() if o.input.body.name == local]
        exact = (o.name for o in found if o.input.body.namespace == namespace)
        return next(exact, found[0].name if len(found) == 1 else "")

    def write(
        self, name: str, direction: Direction, values: Mapping[str, Any], version: str = ""
    ) -> bytes:
        """Return the envelope of a message; raises `BadContract` for fields that don't fit."""
        content = self.content(name, direction)
        try:
            return Writer(content, version or self.version, self.types).envelope(values)
        except ValueError as error:  # lxml's, for a name that is none in XML
            path = error.path if isinstance(error, BadContract) else ""
            kind = Misfit if isinstance(error, Misfit) else BadContract
            raise kind(f"operation {name}: {error}", path) from None

    def request(self, name: str, values: Mapping[str, Any]) -> bytes:
        """Return the envelope of a call; raises `Misfit` where the schema refuses a value."""
        from lxml import etree

        written = self.write(name, "input", values)
        ours = etree.XMLParser(huge_tree=True)  # written a moment ago
        body = etree.fromstring(written, ours)[-1][0]
        declared = self.operation(name)
        if not declared.input.encoded and (
            refusal := self.schema.refusal(body, rpc=declared.style == "rpc")
        ):
            raise Misfit(f"operation {name}: {refusal}")
        return written

    def detail(self, name: str, words: Mapping[str, Any], version: str) -> str:
        """Return a fault's detail as XML; of one that is declared, what is missing is a sample."""
        faults = self.operation(name).faults
        kind = Kind(parts=[optional(part) for part in faults], open=True)
        namespace, tag = detail_tag(version)
        told = dict(words)
        for part in faults:
            given, known = told.get(part.name), sample(part.kind, optional=False)
            if isinstance(given, Mapping) and isinstance(known, Mapping):
                told[part.name] = {**known, **given}
        content = Content(body=Part(name=tag, namespace=namespace, kind=kind))
        return Writer(content, version, self.types).alone(told)

    def read(
        self, name: str, direction: Direction, envelope: Envelope, note: Note = lambda _: None
    ) -> dict[str, Any]:
        """Return the fields of a message: of an answer in the expected wrapper, or `Unreadable`."""
        content = self.content(name, direction)
        declared = (content.body.namespace, content.body.name)
        strict = direction == "output"
        if strict and split(envelope.child) != declared:
            raise Unreadable("the Body holds another element than the contract names")
        if not strict and split(envelope.child)[0] != declared[0]:
            note("another namespace")
        if self.operation(name).style == "rpc":
            if not strict and content.encoded and not _typed(envelope):
                note("no xsi:type")
            fields = _parts(envelope, content, note, strict=strict)
        else:
            tree = envelope.values.of(envelope.child)
            fields = tree if isinstance(tree, dict) else {"#text": tree} if tree else {}
        return fields | ({HEADER: envelope.headers} if envelope.headers else {})

    def respell(self, name: str, answer: Mapping[str, Any], words: Spellings) -> Mapping[str, Any]:
        """Return an answer, or a fault; what is equal to one of ``words`` is spelt as there."""
        is_fault = isinstance(answer, SoapFault)
        own = {path: said for path, said in words.items() if path.startswith("fault.") is is_fault}
        if not own:
            return answer
        if is_fault:
            detail = Part(name="detail", kind=Kind(parts=self.operation(name).faults))
            kind = Kind(parts=[Part(name="fault", kind=Kind(parts=[detail]))])
        else:
            content = self.content(name, "output")
            blocks = Part(name=HEADER, kind=Kind(parts=content.headers))
            kind = Kind(parts=[blocks, *content.body.kind.parts], item=content.body.kind.item)
        return cast("Mapping[str, Any]", respell(answer, kind, own))

    def refusal(self, name: str, direction: Direction, envelope: Envelope) -> str | None:
        """Return what the schema has against a message, or None; SOAP encoding has none."""
        content = self.content(name, direction)
        if content.encoded:
            return None
        return self.schema.refusal(envelope.child, rpc=self.operation(name).style == "rpc")

    def content(self, name: str, direction: Direction) -> Content:
        """Return what a message holds."""
        content = (
            self.operation(name).input if direction == "input" else self.operation(name).output
        )
        if content is None:
            raise BadContract(f"operation {name} is one-way: it has no answer")
        return content

    def operation(self, name: str) -> Declared:
        """Return an operation."""
        if name not in self.operations:
            known = nearest(name, self.operations)
            raise BadContract(f"the WSDL has no operation {name!r}; {known}", name)
        return self.operations[name]

    def _usable(self) -> Iterator[Declared]:
        """Yield the operations that can be used: one with attachments leaves the others be."""
        for name in self.operations:
            with suppress(BadContract):
                yield self.operations[name]


def _typed(envelope: Envelope) -> bool:
    return any(child.get(f"{{{XSI}}}type") for child in envelope.child)


def _parts(envelope: Envelope, content: Content, note: Note, *, strict: bool) -> dict[str, Any]:
    declared = {part.name: part.kind.base for part in content.body.kind.parts}
    given = [(*split(child), child) for child in envelope.child if split(child) != _RESULT]
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
        wanted = declared.get(name) or "string"
        if said and said != wanted and name in declared and declared[name]:
            note("another xsi:type")
        parts[name] = envelope.values.of(child, wanted)
    return parts
