"""One port of a WSDL: how each of its messages is written, read and checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, cast

from smsbridge.codecs.soap.envelope import ADDRESSING, Envelope, detail_tag
from smsbridge.codecs.soap.forms import Form, make_form
from smsbridge.codecs.soap.model import (
    BadWSDL,
    Content,
    Misfit,
    Part,
    WSDLOperation,
    XSDType,
    optional,
)
from smsbridge.codecs.soap.reader import said_type, split
from smsbridge.codecs.soap.sampler import sample
from smsbridge.codecs.soap.writer import Writer
from smsbridge.codecs.soap.xml import parse_ours
from smsbridge.codecs.soap.xsd_values import has_values, respell
from smsbridge.mapping.codec import Note, SoapFault, Spellings, Unreadable
from smsbridge.mapping.path import ANSWER, HEADER, nest
from smsbridge.text.suggest import nearest

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

    from smsbridge.codecs.soap.xsd_validate import Schema

_RESULT = ("http://www.w3.org/2003/05/soap-rpc", "result")
"""It names the part that is the return value (SOAP 1.2 part 2 §4.2.1), as the contract does."""

_BESIDE = {name for _, name in ADDRESSING}
"""The header blocks that say nothing of what was done."""

_MOST_FORMS = 100
Direction = Literal["input", "output"]


class Ports(dict[str, "Port"]):
    """The ports of a WSDL that can be used, by name.

    ``refused``: the others, each with its service and why it can't be used.
    """

    def __init__(
        self, ports: Mapping[str, Port], refused: Mapping[str, tuple[str, str]] | None = None
    ) -> None:
        """Create it; see the class for the arguments."""
        super().__init__(ports)
        self.refused = dict(refused or {})

    def only(self, name: str) -> Ports:
        """Return the same with the port of a name alone."""
        used = {name: self[name]} if name in self else {}
        return Ports(used, {name: self.refused[name]} if name in self.refused else {})


ANOTHER_NAMESPACE = "another namespace"
"""The leniency of a call whose element has the right name in a wrong namespace."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Port:
    """One port of a service: where it is, its version of SOAP (a namespace), its operations.

    ``types`` finds a type by its local name; ``schema`` is what a literal body must fit.
    ``documents``: the WSDL and what it imports, by address, unchanged.
    """

    service: str
    name: str
    address: str
    version: str
    operations: Mapping[str, WSDLOperation]
    types: Callable[[str], XSDType | None]
    schema: Schema
    documents: Mapping[str, bytes]
    _forms: dict[tuple[str, ...], Form | None] = field(init=False, repr=False, default_factory=dict)
    _valued: dict[tuple[str, ...], bool] = field(init=False, repr=False, default_factory=dict)

    def action(self, name: str) -> str:
        """Return the SOAPAction of an operation; empty if it has none."""
        return self.operation(name).action

    def by_action(self, action: str) -> str:
        """Return the operation of a SOAPAction; empty if none has it."""
        return next((o.name for o in self._usable() if action and o.action == action), "")

    def by_child(self, qname: str) -> str:
        """Return the operation whose input is an element; empty if there is none."""
        namespace, local = split(qname)
        first = [(o, _first_element(o.input, self.version)) for o in self._usable()]
        found = [o for o, (_, name) in first if name == local]
        exact = (o.name for o, named in first if named == (namespace, local))
        return next(exact, found[0].name if len(found) == 1 else "")

    def write(
        self, name: str, direction: Direction, values: Mapping[str, Any], version: str = ""
    ) -> bytes:
        """Return the envelope of a message; raises `BadWSDL` for fields that don't fit."""
        content = self.content(name, direction)
        try:
            return Writer(content, version or self.version, self.types).envelope(values)
        except ValueError as error:  # lxml raises it for an invalid XML name
            path = error.path if isinstance(error, BadWSDL) else ""
            kind = Misfit if isinstance(error, Misfit) else BadWSDL
            raise kind(f"operation {name}: {error}", path) from None

    def request(self, name: str, values: Mapping[str, Any]) -> bytes:
        """Return the envelope of a call; raises `Misfit` where the schema refuses a value."""
        written = self.write(name, "input", values)
        self._require_fit(name, written)
        return written

    def call(self, name: str, fields: Mapping[str, Any]) -> bytes:
        """Return the envelope of a call of fields by path, as `request` does of nested words."""
        shape = (name, *fields)
        form = self._forms.get(shape)
        written = form.fill(fields) if form else None
        if form is None or written is None:
            written = self.request(name, nest(fields))
            if shape not in self._forms and len(self._forms) < _MOST_FORMS:
                self._forms[shape] = self._make_form(name, fields, written)
        elif (words := form.watch(fields)) != form.passed:
            self._require_fit(name, written)
            form.passed = words
        return written

    def _make_form(self, name: str, fields: Mapping[str, Any], written: bytes) -> Form | None:
        """Return the form of a call, if filling it gives what was written."""
        content = self.operation(name).input
        form = make_form(content, self.version, self.types, fields)
        if form is None or form.fill(fields) != written:
            return None
        if content.encoded or not self.schema.usable:
            return form
        free, probes = form.probes(fields)
        taken = all(one is not None and self._misfit(name, one) is None for one in probes)
        if not taken or self.schema.has_keys:
            free = set()
        form.watched = tuple(path for path in fields if path not in free)
        form.passed = form.watch(fields)
        return form

    def _require_fit(self, name: str, written: bytes) -> None:
        if refusal := self._misfit(name, written):
            raise Misfit(f"operation {name}: {refusal}")

    def _misfit(self, name: str, written: bytes) -> str | None:
        """Return why the schema refuses a call, or None."""
        content = self.operation(name).input
        if content.encoded:
            return None
        return self._refusal(name, content, parse_ours(written)[-1])

    def shape_trouble(self, name: str, values: Mapping[str, Any]) -> str | None:
        """Return which element or attribute of a call is missing or unexpected, whatever they hold.

        Raises `BadWSDL` for fields that don't fit.
        """
        body = parse_ours(self.write(name, "input", values))[-1]
        return self._refusal(name, self.operation(name).input, body, shape=True)

    def detail(self, name: str, words: Mapping[str, Any], version: str) -> str:
        """Return a fault's detail as XML; a declared fault's missing parts become samples."""
        faults = self.operation(name).faults
        kind = XSDType(parts=[optional(part) for part in faults], open=True)
        namespace, tag = detail_tag(version)
        told = dict(words)
        for part in faults:
            given, known = told.get(part.name), sample(part.type, optional=False)
            if isinstance(given, Mapping) and isinstance(known, Mapping):
                told[part.name] = {**known, **given}
        content = Content(body=Part(name=tag, namespace=namespace, type=kind))
        return Writer(content, version, self.types).alone(told)

    def read(
        self, name: str, direction: Direction, envelope: Envelope, note: Note = lambda _: None
    ) -> dict[str, Any]:
        """Return the fields of a message, an answer's in its wrapper; raises `Unreadable`."""
        content = self.content(name, direction)
        declared = (content.body.namespace, content.body.name)
        strict = direction == "output"
        if not content.body.name:
            fields = _free_parts(envelope, content)
            return fields | _answer_mark(envelope, content, strict=strict) | _headers(envelope)
        if strict and split(envelope.child) != declared:
            raise Unreadable("the Body holds another element than the contract names")
        if not strict and split(envelope.child)[0] != declared[0]:
            note(ANOTHER_NAMESPACE)
        if self.operation(name).style == "rpc":
            if not strict and content.encoded and not _has_types(envelope):
                note("no xsi:type")
            fields = _parts(envelope, content, note, strict=strict)
        else:
            tree = envelope.values.of(envelope.child)
            fields = tree if isinstance(tree, dict) else {"#text": tree} if tree else {}
        mark = _answer_mark(envelope, content, strict=strict)
        return (mark or fields) | _headers(envelope)

    def respell(self, name: str, answer: Mapping[str, Any], words: Spellings) -> Mapping[str, Any]:
        """Return an answer or a fault; a word equal to one of ``words`` gets that spelling."""
        is_fault = isinstance(answer, SoapFault)
        shape = (name, str(is_fault), *words)
        known = self._valued.get(shape)
        if known is False:
            return answer
        own = {path: said for path, said in words.items() if path.startswith("fault.") is is_fault}
        kind = self._answer_type(name, is_fault=is_fault) if own else XSDType()
        if known is None and len(self._valued) < _MOST_FORMS:
            self._valued[shape] = has_values(kind, own)
        return cast("Mapping[str, Any]", respell(answer, kind, own)) if own else answer

    def _answer_type(self, name: str, *, is_fault: bool) -> XSDType:
        if is_fault:
            detail = Part(name="detail", type=XSDType(parts=self.operation(name).faults))
            return XSDType(parts=[Part(name="fault", type=XSDType(parts=[detail]))])
        content = self.content(name, "output")
        blocks = Part(name=HEADER, type=XSDType(parts=content.headers))
        return XSDType(parts=[blocks, *content.body.type.parts], item=content.body.type.item)

    def refusal(self, name: str, direction: Direction, envelope: Envelope) -> str | None:
        """Return why a message doesn't fit the schema, or None; SOAP encoding has no schema."""
        content = self.content(name, direction)
        held = [envelope.child] if content.body.name else envelope.children
        return self._refusal(name, content, held)

    def _refusal(
        self, name: str, content: Content, body: Iterable[Element], *, shape: bool = False
    ) -> str | None:
        if content.encoded:
            return None
        is_rpc = self.operation(name).style == "rpc"
        refusals = (self.schema.refusal(element, rpc=is_rpc, shape=shape) for element in body)
        return next((refusal for refusal in refusals if refusal), None)

    def content(self, name: str, direction: Direction) -> Content:
        """Return what a message holds."""
        content = (
            self.operation(name).input if direction == "input" else self.operation(name).output
        )
        if content is None:
            raise BadWSDL(f"operation {name} is one-way: it has no answer")
        return content

    def operation(self, name: str) -> WSDLOperation:
        """Return an operation."""
        if name not in self.operations:
            known = nearest(name, self.operations)
            raise BadWSDL(f"the WSDL has no operation {name!r}; {known}", name)
        return self.operations[name]

    def troubles(self) -> dict[str, str]:
        """Return why each operation can't be used that can't, by its name."""
        found: dict[str, str] = {}
        for name in self.operations:
            try:
                self.operations[name]
            except BadWSDL as error:
                found[name] = str(error)
        return found

    def _usable(self) -> Iterator[WSDLOperation]:
        """Yield the operations that can be used; one that can't doesn't affect the others."""
        for name in self.operations:
            with suppress(BadWSDL):
                yield self.operations[name]


def _answer_mark(envelope: Envelope, content: Content, *, strict: bool) -> dict[str, Any]:
    """Return the mark of a declared empty answer: there is nothing else that says a word."""
    if not (strict and content.empty) or envelope.headers.keys() - _BESIDE:
        return {}
    said = envelope.values.of(envelope.child)
    return {} if said is None or str(said).strip() else {ANSWER: content.answer}


def _first_element(content: Content, version: str) -> tuple[str, str]:
    """Return namespace and name of what stands first in a Body, or of the Body that is empty."""
    if content.body.name:
        return content.body.namespace, content.body.name
    parts = content.body.type.parts
    return (parts[0].namespace, parts[0].name) if parts else (version, "Body")


def _free_parts(envelope: Envelope, content: Content) -> dict[str, Any]:
    """Return what is in the Body without a wrapper, each part once."""
    declared = {part.tag: part.name for part in content.body.type.parts}
    found: dict[str, Any] = {}
    for child in envelope.children:
        name = declared.get(str(child.tag))
        if name is None or name in found:
            raise Unreadable("the Body holds another element than the contract names")
        found[name] = envelope.values.of(child)
    return found


def _headers(envelope: Envelope) -> dict[str, Any]:
    return {HEADER: envelope.headers} if envelope.headers else {}


def _has_types(envelope: Envelope) -> bool:
    return any(said_type(child) for child in envelope.child)


def _parts(envelope: Envelope, content: Content, note: Note, *, strict: bool) -> dict[str, Any]:
    declared = {part.name: part.type.base for part in content.body.type.parts}
    kinds = {} if strict else {part.name: part.type for part in content.body.type.parts}
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
        said = said_type(child)
        wanted = declared.get(name) or "string"
        if said and said != wanted and name in declared and declared[name]:
            note("another xsi:type")
        parts[name] = envelope.values.of(child, wanted, kind=kinds.get(name))
    return parts
